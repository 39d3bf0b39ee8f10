"""Analytic propagation of standard deviations, with shared errors.

Comes in: standard deviations of activity and factor, and names of shared errors. Goes out: standard deviations of products
and sums. Inside an error group errors add linearly, between groups in quadrature; a product of two independent figures is
exact, not first order. Not for: shapes other than mean and sd, which :mod:`citycarbon.core.draws` handles by Monte Carlo.

Source: ipcc2006_v1_ch3, equations 3.1 and 3.2, with the covariance terms of shared factors kept; the product variance is
Goodman's exact formula Var(AF) = A²σF² + F²σA² + σA²σF².

The errors behind a coefficient are one text: ``1 lognormal 0.5 own:1 * 1 uniform 0.1 ncv:coal`` is a product of two factors, each
with its weight, its shape, its standard deviation over its value, and the name under which its error is shared. Parts of a sum
stand with ``+``; their weights are their shares of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import narwhals as nw
import polars as pl

from citycarbon.core import frames

if TYPE_CHECKING:
    from citycarbon.core.tables import EmissionTable


FACTOR_ERRORS = "factor_errors"
"""Column of factors and emissions that holds the text."""
TIMES, PLUS = " * ", " + "


class Part(NamedTuple):
    """Error of one factor in a product of sums: 1 + weight · (draw − 1), the draw of mean 1 and sd ``relative``."""

    term: int
    weight: float
    shape: str
    relative: float
    name: str


def error_of(value: pl.Expr, sd: pl.Expr, shape: pl.Expr, name: pl.Expr, weight: pl.Expr | None = None) -> pl.Expr:
    """Write the error of one factor; null where none is stated. A shape that is not stated is normal."""
    weight = pl.lit(1.0) if weight is None else weight
    named = pl.coalesce(name.cast(pl.String), pl.lit("")).str.replace_all(r" [*+] ", " ")
    text = pl.format(
        "{} {} {} {}", weight, pl.coalesce(shape.cast(pl.String), pl.lit("normal")), sd / value.abs(), named
    )
    return pl.when((sd > 0) & weight.is_finite()).then(text)


def error_of_row(row: Mapping[str, object], weight: pl.Expr | None = None) -> pl.Expr:
    """Write the error of one row of a factor table that a formula takes as it is; null where none is stated."""
    named = row.get("error_group") or row.get("factor_id")
    kinds = {"value": pl.Float64, "sd": pl.Float64, "distribution": pl.String}
    value, sd, shape = (pl.lit(row.get(name), kind) for name, kind in kinds.items())
    return error_of(value, sd, shape, pl.lit(named, pl.String), weight)


def relative_errors(errors: pl.Expr) -> pl.Expr:
    """Give the standard deviation over the value that texts of errors amount to, first order; null where none is stated."""
    return errors.map_elements(lambda text: relative_of(parts_of(text)), return_dtype=pl.Float64)


def errors_of_product(*errors: pl.Expr) -> pl.Expr:
    """Write the errors of a product of factors; null if none states one."""
    return _joined(errors, TIMES)


def errors_of_sum(*errors: pl.Expr) -> pl.Expr:
    """Write the errors of a sum whose parts were written with their shares as weights."""
    return _joined(errors, PLUS)


def _joined(errors: Sequence[pl.Expr], mark: str) -> pl.Expr:
    text = pl.concat_str(*errors, separator=mark, ignore_nulls=True)
    return pl.when(text != "").then(text)


def parts_of(text: str) -> list[Part]:
    """Read the parts of a text that :func:`errors_of_product` wrote."""
    made = []
    for number, term in enumerate(text.split(TIMES)):
        for part in term.split(PLUS):
            weight, shape, relative, name = part.split(" ", 3)
            made.append(Part(number, float(weight), shape, float(relative), name))
    return made


def relative_of(parts: Sequence[Part]) -> float:
    """Standard deviation of the whole over its value, first order, as methods state it."""
    return float(sum((part.weight * part.relative) ** 2 for part in parts) ** 0.5)


def product_sd(first: nw.Expr, first_sd: nw.Expr, second: nw.Expr, second_sd: nw.Expr) -> nw.Expr:
    """Give the sd of a product of two independent figures (exact); null sd counts as not stated, hence nil."""
    a_part = (second * first_sd).fill_null(0.0)
    b_part = (first * second_sd).fill_null(0.0)
    cross = (first_sd * second_sd).fill_null(0.0)
    return (a_part * a_part + b_part * b_part + cross * cross).sqrt()


def shared_errors(table: EmissionTable) -> list[nw.Expr]:
    """Give the error groups of rows that are about to be split by a column ``share``.

    Parts of one row share its error, so a row without a group gets one of its own; otherwise splitting would make the sum
    look more certain than the row was.
    """
    if not table.has("sd"):
        return []
    names = ("provenance_id", "place", "time", "sector", "activity", "scope", "gas", "scenario", "basis")
    own = nw.concat_str([table.text(name).cast(nw.String).fill_null("") for name in names], separator="|")
    made = []
    for name in ("error_group", "activity_error_group"):
        if name == "activity_error_group" and not table.has("sd_activity"):
            continue
        group = table.text(name).cast(nw.String)
        made.append(nw.when(group.is_null() & (nw.col("share") < 1)).then(own).otherwise(group).alias(name))
    return made


def combined_sd(table: EmissionTable, by: Sequence[str], result: pl.DataFrame) -> pl.DataFrame:
    """Add ``sd`` and ``sd_coverage`` to the sums of a table.

    Parameters
    ----------
    table
        Emission rows with ``sd``; ``error_group`` names errors that rows share. Where ``sd_activity`` and ``sd_factor``
        split the sd, ``error_group`` belongs to the factor's part and ``activity_error_group`` to the activity's.
    by
        Columns of the sums.
    result
        Sums, one row a group.
    """
    split = table.has("sd_activity") and table.has("sd_factor")
    sign = nw.when(nw.col("value") < 0).then(nw.lit(-1.0)).otherwise(nw.lit(1.0))
    frame = table.rows.with_columns(
        *[table.text(name).alias(name) for name in (*by, "error_group", "activity_error_group") if not table.has(name)],
        sign.alias("sign"),
    )
    missing = nw.col("sd").is_null()
    frame = frame.with_columns(
        nw.when(missing).then(nw.lit(0.0)).otherwise(nw.col("value").abs()).alias("stated"),
        nw.when(missing).then(nw.lit(0.0)).otherwise(nw.lit(1.0)).alias("named"),
        nw.col("value").abs().alias("size"),
    )
    if split:
        # A row without the split (from another method) has its whole sd under its error group.
        whole = nw.col("sd_activity").is_null() & nw.col("sd_factor").is_null()
        factor = nw.when(whole).then(nw.col("sd")).otherwise(nw.col("sd_factor")).fill_null(0.0)
        activity = nw.col("sd_activity").fill_null(0.0)
        rest = nw.col("sd") * nw.col("sd") - activity * activity - factor * factor
        sources = [("sd_factor", "error_group"), ("sd_activity", "activity_error_group")]
        frame = frame.with_columns(rest.alias("rest"), factor.alias("sd_factor"))
    else:
        sources = [("sd", "error_group")]
        frame = frame.with_columns(nw.lit(0.0).alias("rest"))
    keys = list(by) or ["unit"]
    if not by:
        frame = frame.with_columns(nw.lit("").alias("unit"))
    variances = [_variance(frame, keys, sd, group) for sd, group in sources]
    sizes = frames.small(frames.grouped(frame, keys, ["stated", "named", "size", "rest"]))
    variance = sizes.select(*keys, pl.col("rest").clip(lower_bound=0.0).alias("variance"))
    parts = pl.concat([_plain(each, keys) for each in (variance, *variances)])
    variance = parts.group_by(keys, maintain_order=True).agg(pl.col("variance").sum())
    found = variance.join(_plain(sizes, keys), on=keys, nulls_equal=True).select(
        *keys,
        pl.when(pl.col("named") > 0).then(pl.col("variance").sqrt()).alias("sd"),
        pl.when(pl.col("size") > 0).then(pl.col("stated") / pl.col("size")).alias("sd_coverage"),
    )
    if not by:
        return pl.concat([result, found.select("sd", "sd_coverage")], how="horizontal")
    return _plain(result, keys).join(found, on=keys, how="left", nulls_equal=True, maintain_order="left")


def _plain(frame: pl.DataFrame, keys: Sequence[str] = ()) -> pl.DataFrame:
    """Write labels as text; older pandas gives a label column without a label as numbers."""
    empty = [
        pl.lit(None, dtype=pl.String).alias(name)
        for name in keys
        if frame[name].dtype.is_float() and not frame[name].is_finite().any()
    ]
    return frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String), *empty)


def _variance(frame: frames.Frame, keys: list[str], sd: str, group: str) -> pl.DataFrame:
    """Square of sums inside a shared error, sum of squares where the error is a row's own."""
    own = nw.when(nw.col(group).is_null()).then(nw.col(sd).fill_null(0.0)).otherwise(nw.lit(0.0))
    shared = nw.when(nw.col(group).is_null()).then(nw.lit(0.0)).otherwise(nw.col(sd).fill_null(0.0) * nw.col("sign"))
    split = list(dict.fromkeys([*keys, group]))
    marked = frame.with_columns((own * own).alias("own"), shared.alias("shared"))
    # Groups come in any order, and sums of floating-point numbers depend on it: the order is settled first.
    rows = _plain(frames.small(frames.grouped(marked, split, ["own", "shared"]))).sort(split)
    variance = (pl.col("own") + pl.col("shared") ** 2).sum().alias("variance")
    return rows.group_by(keys, maintain_order=True).agg(variance)
