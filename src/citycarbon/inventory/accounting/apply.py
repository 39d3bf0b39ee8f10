"""Emission = activity × factor, once for all methods: matching, unit conversion, uncertainty and provenance.

Comes in: an activity table and factors. Goes out: an emission table in tonnes. Not for: the chain that makes a factor from
calorific value, carbon content and margins, which stands in the method's own module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from citycarbon.core import frames
from citycarbon.core.errors import InputError, Where
from citycarbon.core.tables import MATCH, ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.core.uncertainty import FACTOR_ERRORS, product_sd
from citycarbon.core.units import conversion, split_factor_unit
from citycarbon.data.lookup import NEED, LookupRules, YearRule, match_factors
from citycarbon.data.regions import region_code, require_region

TONNE = "t"


@dataclass(frozen=True)
class Account:
    """How the rows of one method are filed: scope, basis and the method's id."""

    method: str
    scope: str
    basis: str = "all"


def regions_of(names: Sequence[str], places: PlaceTable | None) -> dict[str, str | None]:
    """Give the region of each place: its own in the places table, its parent's, or the place itself if it is a region."""
    if places is None:
        return {name: region_code(name) for name in names}
    tree = places.code_list()
    stated = {
        place: require_region(region, Where(column="region", item=place))
        for place, region in places.to_polars().select("place", "region").iter_rows()
        if region
    }
    found: dict[str, str | None] = {}
    for name in names:
        line = (name, *tree.ancestors(name)) if name in tree else (name,)
        found[name] = next((stated[step] for step in line if step in stated), region_code(name))
    return found


def needs_of(activity: ActivityTable) -> pl.DataFrame:
    """Give the distinct place, time, sector, activity and unit of a table, with the first row that needs each."""
    frame = activity.rows
    for name in NEED:
        if not activity.has(name):
            frame = frame.with_columns(activity.text(name).alias(name))
    if not activity.has("provenance_id"):
        return frames.distinct(frame, list(NEED)).with_columns(pl.lit(None).cast(pl.String).alias("provenance_id"))
    first = frames.small(frame.group_by(*NEED).agg(nw.col("provenance_id").min()))
    return first.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)).sort(*NEED)


def match(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None,
    *,
    year_rule: YearRule = "exact",
    region_fallback: bool = False,
) -> pl.DataFrame:
    """Match the needs of an activity table to factors and express each factor as tonnes per activity unit.

    Returns
    -------
    coefficients
        place, time, sector, activity, unit, gas, coefficient [t per unit], coefficient_sd, factor_errors, factor_id,
        factor_group, rule, notation.
    """
    needs = needs_of(activity)
    regions = regions_of(needs["place"].unique().to_list(), places)
    rules = LookupRules(region_fallback, year_rule)
    matched = match_factors(needs, regions, factors.to_polars(), rules)
    return per_unit(matched)


def per_unit(matched: pl.DataFrame) -> pl.DataFrame:
    """Turn matched factors into tonnes of gas per unit of activity."""
    scales = {}
    for unit, factor_unit in matched.select("unit", "factor_unit").unique().drop_nulls().rows():
        mass, per = split_factor_unit(factor_unit)
        scales[(unit, factor_unit)] = conversion(mass, TONNE) * conversion(unit, per)
    table = pl.DataFrame(
        [(unit, factor, scale) for (unit, factor), scale in sorted(scales.items())],
        schema={"unit": pl.String, "factor_unit": pl.String, "scale": pl.Float64},
        orient="row",
    )
    return matched.join(table, on=["unit", "factor_unit"], how="left", maintain_order="left").with_columns(
        (pl.col("factor_value") * pl.col("scale")).alias("coefficient"),
        (pl.col("factor_sd") * pl.col("scale")).alias("coefficient_sd"),
    )


def multiply(
    activity: ActivityTable,
    coefficients: pl.DataFrame,
    account: Account,
    *,
    on: Sequence[str] = NEED,
    working: Sequence[str] = (),
) -> EmissionTable:
    """Join activity rows with coefficients and multiply: the one hot line of every account.

    Parameters
    ----------
    activity
        Rows of any engine.
    coefficients
        One row per key and gas: the key columns, ``gas``, ``coefficient`` [t per activity unit], and where known
        ``coefficient_sd``, ``factor_errors``, ``factor_id``, ``factor_group``, ``notation`` and working columns per
        activity unit.
    account
        Scope, basis and method of the rows.
    on
        Key columns; those that the activity table holds as a constant are filtered instead of joined.
    working
        Columns of ``coefficients`` to multiply with the activity and keep (``energy``, ``standard_coal``).

    Raises
    ------
    CoverageError
        If a row finds no coefficient.
    """
    keys = [name for name in on if activity.has(name)]
    for name in on:
        if name not in keys:
            coefficients = coefficients.filter(pl.col(name) == activity.constant(name))
    dropped = [name for name in on if name not in keys]
    small = coefficients.drop(dropped, strict=False).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(MATCH))
    eager = isinstance(activity.rows, nw.DataFrame)
    slim = _slim(small, keys, working)
    picked = _picked(activity.rows, slim, keys)
    joined = picked if picked is not None else _joined(activity.rows, slim, keys, numbered=eager)
    made: list[Any] = [(nw.col("value") * nw.col("coefficient")).alias("value"), *_uncertainty(activity, small)]
    made += [(nw.col("value") * nw.col(name)).alias(name) for name in working]
    frame = joined.with_columns(*made).drop("error_group", strict=False)
    if "factor_group" in frame.collect_schema().names():
        frame = frame.rename({"factor_group": "error_group"})
    if (small["coefficient"] < 0).any():
        frame = frame.with_columns(_flow())
    fixed = {"scope": account.scope, "basis": account.basis, "method": account.method, "unit": TONNE}
    fixed |= {key: text for key, text in activity.fixed.items() if key not in ("unit", "quality")}
    declared = {column.name for column in EmissionTable.columns if column.name not in fixed} | {MATCH, _ROW}
    frame = frame.select(*[name for name in frame.collect_schema().names() if name in declared])
    if eager and picked is None:
        # No engine promises the order of a join; results must not depend on it.
        frame = (frame if frame[_ROW].is_sorted() else frame.sort(_ROW, MATCH)).drop(_ROW)
    table = EmissionTable.trusted(frame, fixed=fixed, codes=activity.codes)
    _refuse_unmatched(table)
    return table.with_matched(small.select(MATCH, *keys, "gas"))


_ROW = "__row__"


def _flow() -> nw.Expr:
    """A coefficient below zero takes gas out of the air: its rows are removals."""
    return nw.when(nw.col("value") < 0).then(nw.lit("removal")).otherwise(nw.lit("emission")).alias("flow")


def _picked(rows: frames.Frame, coefficients: pl.DataFrame, keys: Sequence[str]) -> Any:
    """Give each eager row its one coefficient by number, so that no column of the rows is copied.

    Returns None where a plain join must do: lazy rows, keys with several gases, or rows without a coefficient.
    """
    if not isinstance(rows, nw.DataFrame) or not keys or coefficients.select(keys).is_duplicated().any():
        return None
    number = _numbers(rows.select(*keys), coefficients.select(*keys, MATCH), keys)
    if (number < 0).any():
        return None
    others = [name for name in coefficients.columns if name not in keys]
    chosen: Any = frames.like(coefficients.select(others), rows)
    chosen = chosen[number]
    return rows.with_columns(*(chosen[name] for name in others))


def _numbers(rows: nw.DataFrame[Any], coefficients: pl.DataFrame, keys: Sequence[str]) -> np.ndarray:
    """Give the number of the coefficient of each row, in the order of the rows; -1 for none."""
    numbered: Any = rows.with_row_index(_ROW)
    if rows.implementation.is_polars():
        # As a plan, Polars joins in pieces and in any order, which takes half the time and memory.
        numbered = numbered.lazy()
    found = _joined(numbered, coefficients, keys, numbered=False).select(_ROW, MATCH)
    eager = found.collect() if isinstance(found, nw.LazyFrame) else found
    number = np.empty(len(eager), dtype=np.int64)
    number[eager[_ROW].to_numpy()] = eager[MATCH].fill_null(-1).to_numpy()
    return number


def _joined(rows: frames.Frame, coefficients: pl.DataFrame, keys: Sequence[str], *, numbered: bool) -> Any:
    """Join on the keys; keys that are categories on one side become categories on the other."""
    kinds = rows.collect_schema()
    other: Any = frames.like(coefficients, rows)
    categories = [nw.col(name).cast(kinds[name]) for name in keys if kinds[name] != nw.String]
    other = other.with_columns(*categories) if categories else other
    table: Any = rows.with_row_index(_ROW) if numbered else rows  # type: ignore[call-arg]
    return table.join(other, on=list(keys), how="left") if keys else table.join(other, how="cross")


def _slim(coefficients: pl.DataFrame, keys: Sequence[str], working: Sequence[str]) -> pl.DataFrame:
    wanted = [
        *keys,
        "gas",
        "coefficient",
        "coefficient_sd",
        FACTOR_ERRORS,
        "factor_id",
        "factor_group",
        "rule",
        "notation",
        MATCH,
        *working,
    ]
    present = [name for name in wanted if name in coefficients.columns]
    empty = [
        name
        for name in ("coefficient_sd", FACTOR_ERRORS, "notation")
        if name in present and coefficients[name].null_count() == coefficients.height
    ]
    return coefficients.select(name for name in present if name not in empty)


def _uncertainty(activity: ActivityTable, coefficients: pl.DataFrame) -> list[Any]:
    has_factor = (
        "coefficient_sd" in coefficients.columns and coefficients["coefficient_sd"].null_count() < coefficients.height
    )
    has_activity = activity.has("sd")
    if not (has_factor or has_activity):
        return []
    value, coefficient = nw.col("value"), nw.col("coefficient")
    value_sd = nw.col("sd") if has_activity else nw.lit(None).cast(nw.Float64)
    factor_sd = nw.col("coefficient_sd") if has_factor else nw.lit(None).cast(nw.Float64)
    neither = value_sd.is_null() & factor_sd.is_null()
    sd = product_sd(value, value_sd, coefficient, factor_sd)
    columns = [
        nw.when(~neither).then(sd).alias("sd"),
        (coefficient.abs() * value_sd).alias("sd_activity"),
        (value.abs() * factor_sd).alias("sd_factor"),
    ]
    # The gases of one activity row share its error, so the row itself is their group where the user names none.
    several = coefficients.height > 1 and coefficients["gas"].n_unique() > 1 and activity.has("provenance_id")
    own = nw.col("provenance_id") if several and has_activity else None
    if activity.has("error_group"):
        named = nw.col("error_group")
        chosen = named if own is None else nw.when(named.is_null()).then(own).otherwise(named)
        columns.append(chosen.alias("activity_error_group"))
    elif own is not None:
        columns.append(own.alias("activity_error_group"))
    return columns


def _refuse_unmatched(table: EmissionTable) -> None:
    """An eager table is checked at once; a lazy one when it is summed or written, before any number leaves."""
    if frames.is_lazy(table.rows):
        return
    missing = nw.col("value").is_null()
    if table.has("notation"):
        missing = missing & nw.col("notation").is_null()
    count = frames.counts(table.rows, {"missing": missing})["missing"]
    if count:
        bad = frames.small(table.rows.filter(missing).head(1))
        shown = ", ".join(str(bad[name][0]) for name in ("activity", "place", "time") if name in bad.columns)
        facts = {"activity": shown, "region": "", "year": "", "editions": "the given table", "available": "—"}
        raise InputError("factor_missing", Where(column="activity"), f"{shown} ({count} ×)", **facts)
