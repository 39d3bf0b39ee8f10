"""Totals of an emission table under the rules on what may be added.

Comes in: an :class:`~citycarbon.core.tables.EmissionTable`. Goes out: a small frame with sums and their standard deviation.
Not for: regrouping between code lists, which keeps residual rows and belongs to ``inventory.accounting``.

The rules: place, time and sector add inside one code list, never a parent with its child; scope adds only by a named rule;
gas only when there is one gas (or CO2e by one metric); scenario and basis are alternatives and never add; one source under
two methods raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.sums import clash, nested
from citycarbon.core.tables import MATCH, EmissionTable
from citycarbon.core.uncertainty import combined_sd

LABELS = ("method", "flow", "factor_id", "metric", "error_group", "methane_origin")
"""Columns that are no dimension and may still be kept apart in a total."""


def total(table: EmissionTable, by: Sequence[str] = (), *, scopes: str | None = None) -> Any:
    """Sum emissions by some dimensions; every other dimension is checked and summed.

    Parameters
    ----------
    table
        Emission rows of one unit.
    by
        Dimensions, or columns of :data:`LABELS`, to keep; each once.
    scopes
        Name of a rule of :data:`~citycarbon.core.dimensions.SCOPE_RULES`; needed when several scopes are to be added.

    Returns
    -------
    frame
        Same kind of frame as the table holds, one row a group: the ``by`` columns, ``value`` (null if no row of the group
        has a number), ``unit``, ``rows``, ``without_number`` and, where the table states uncertainty, ``sd`` and
        ``sd_coverage`` (share of the absolute value whose sd is stated).

    Raises
    ------
    DoubleCountError
        If the rows are not parts of one whole.
    CoverageError
        If a row has neither a number nor a notation key.
    InputError
        If ``by`` names something else, or a column twice.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": ["a", "b"], "time": "2020", "sector": "s", "activity": "diesel", "scope": "1",
    ...                      "gas": "CO2", "value": [1.0, 2.0], "unit": "t"})
    >>> total(EmissionTable(rows))["value"].to_list()
    [3.0]
    """
    _check_by(by)
    table = _in_scopes(table, scopes)
    stored = [name for name in (*EmissionTable.dimensions, "method", "unit", "metric") if table.has(name)]
    keys = list(dict.fromkeys([*stored, *[name for name in by if table.has(name)]]))
    parts = _parts(table, keys)
    _check(table, parts, by, scopes)
    groups = parts.with_columns(
        pl.lit(table.constant(name), dtype=pl.String).alias(name) for name in (*by, "unit") if name not in parts.columns
    )
    result = groups.group_by(by or "unit", maintain_order=True).agg(
        pl.when(pl.col("rows").sum() > pl.col("without_number").sum()).then(pl.col("value").sum()).alias("value"),
        *([pl.col("unit").first()] if by else []),
        pl.col("rows").sum(),
        pl.col("without_number").sum(),
    )
    result = result.select(*by, "value", "unit", "rows", "without_number").sort(list(by)) if by else result
    if not by:
        result = result.select("value", "unit", "rows", "without_number")
    if table.has("sd") and result.height:
        result = combined_sd(table, by, result)
    return frames.like(result, table.rows).to_native()


def _check_by(by: Sequence[str]) -> None:
    allowed = (*EmissionTable.dimensions, *LABELS)
    if isinstance(by, str) or len(set(by)) < len(by) or not set(by) <= set(allowed):
        shown = by if isinstance(by, str) else ", ".join(map(str, by))
        raise InputError("parameter_wrong", Where(item="by"), shown, expected_value=f"[{', '.join(allowed)}]")


def _in_scopes(table: EmissionTable, scopes: str | None) -> EmissionTable:
    if scopes is None:
        return table
    if scopes not in SCOPE_RULES:
        raise InputError("sum_scope", Where(item=scopes), scopes, known=", ".join(SCOPE_RULES))
    return table.filter(scope=SCOPE_RULES[scopes])


def _parts(table: EmissionTable, keys: list[str]) -> pl.DataFrame:
    """Group once by every stored dimension: the one pass over the data."""
    value = nw.col("value")
    frame = table.rows
    sums = ["value"]
    if table.has("notation"):
        noted = value.is_null() & ~nw.col("notation").is_null()
        frame = frame.with_columns(nw.when(noted).then(nw.lit(1)).otherwise(nw.lit(0)).alias("noted"))
        sums.append("noted")
    short, matched = keys, table.matched
    if matched is not None:
        short = [MATCH, *[name for name in keys if name not in matched.columns]]
    grouped = frames.grouped(frame, short, sums, rows="rows", counts={"numbers": "value"})
    parts = frames.small(grouped).with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    if matched is not None:
        determined = [name for name in keys if name in matched.columns]
        parts = parts.with_columns(pl.col(MATCH).cast(pl.Int64)).join(
            matched.select(MATCH, *determined), on=MATCH, how="left"
        )
        parts = parts.drop(MATCH)
    excused = pl.col("noted") if "noted" in parts.columns else pl.lit(0)
    without = pl.col("rows").cast(pl.Int64) - pl.col("numbers").cast(pl.Int64)
    parts = parts.with_columns(
        pl.col("rows").cast(pl.Int64),
        without.alias("without_number"),
        (without - excused).cast(pl.Int64).alias("unnoted"),
    )
    return parts.sort(keys or "rows")


def _check(table: EmissionTable, parts: pl.DataFrame, by: Sequence[str], scopes: str | None) -> None:
    problems = Problems()
    if parts["unnoted"].sum():
        problems.add("number_missing", Where(column="value"), f"{parts['unnoted'].sum()} ×")
    units = _values(table, parts, "unit")
    if len(units) > 1:
        clash(problems, "unit", units)
    for dimension in ("gas", "scenario", "basis", "scope", "metric"):
        found = _values(table, parts, dimension)
        if dimension == "basis":
            found = [value for value in found if value != "all"]
        if len(found) > 1 and dimension not in by and not (dimension == "scope" and scopes):
            clash(problems, dimension, found)
    for dimension in ("place", "sector", "time"):
        if dimension not in by:
            _check_nested(table, parts, dimension, by, problems)
    _check_methods(parts, problems)
    problems.raise_all()


def _check_nested(
    table: EmissionTable, parts: pl.DataFrame, dimension: str, by: Sequence[str], problems: Problems
) -> None:
    if dimension not in parts.columns:
        return
    codes = table.codes.get(dimension)
    # A tree, and the calendar, hold for the whole table; of codes without one only those of one group are compared.
    kept = [name for name in by if name in parts.columns] if codes is None and dimension == "sector" else []
    for parent, child in nested(parts, kept, dimension, codes)[:5]:
        problems.add("sum_parent_child", Where(column=dimension), f"{parent} ⊃ {child}", dimension=dimension)


def _check_methods(parts: pl.DataFrame, problems: Problems) -> None:
    """Refuse one source (all dimensions equal) that two methods have counted."""
    if "method" not in parts.columns or parts["method"].n_unique() < 2:
        return
    keys = [name for name in EmissionTable.dimensions if name in parts.columns]
    twice = parts.group_by(keys).agg(pl.col("method").unique().sort()).filter(pl.col("method").list.len() > 1)
    for row in twice.sort(keys).head(5).iter_rows(named=True):
        source = ", ".join(str(row[key]) for key in keys)
        problems.add("sum_two_methods", Where(item=source), " + ".join(map(str, row["method"])))


def _values(table: EmissionTable, parts: pl.DataFrame, name: str) -> list[str]:
    if name in parts.columns:
        return sorted(str(value) for value in parts[name].unique().to_list() if value is not None)
    constant = table.constant(name)
    return [] if constant is None else [constant]
