"""Which activities belong to a method: the guard that keeps one tonne of coke out of two accounts.

Comes in: the rows of a method and the factors it was given. Goes out: nothing, or one problem for each activity of another
kind; and formula parameters picked from a factor table. Not for: choosing factors of activities, which
:mod:`citycarbon.data.lookup` does.
"""

from __future__ import annotations

from collections.abc import Collection

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.errors import Problems, Where
from citycarbon.core.tables import Table
from citycarbon.core.trace import row_of
from citycarbon.data.library import activities

EMISSION_FACTOR = "emission_factor"


def codes_of(kind: str) -> set[str]:
    """Give the listed activities of one kind."""
    return set(activities().filter(pl.col("kind") == kind)["activity"].to_list())


def refuse_elsewhere(table: Table, kind: str, *, also: Collection[str] = ()) -> None:
    """Refuse rows whose activity the activity list files under another kind.

    An activity that the list does not know is the user's own and may stand: its factor must be the user's own too.

    Raises
    ------
    DoubleCountError
        Every activity of another kind, with its rows.
    """
    listed = set(activities()["activity"].to_list())
    allowed = codes_of(kind) | set(also)
    problems = Problems()
    for name in table.words("activity"):
        if name in listed and name not in allowed:
            problems.add("activity_elsewhere", rows_with(table, name), name, wanted=kind)
    problems.raise_all()


def rows_with(table: Table, activity: str) -> Where:
    """Give the file and first rows of an activity."""
    if not (table.has("provenance_id") and table.has("activity")):
        return Where(column="activity")
    same = nw.col("activity").cast(nw.String) == activity
    found = (
        frames.small(table.rows.filter(same).select("provenance_id").head(5))["provenance_id"].drop_nulls().to_list()
    )
    return Where.of(found, "activity")


def place_of(row: dict[str, object], column: str) -> Where:
    """Give the place of one row in the user's file."""
    return Where.of(row, column)


def numbers(sources: Collection[str]) -> tuple[int, ...]:
    """Give the row numbers at the end of provenance ids, without those that have none."""
    return tuple(number for number in map(row_of, sources) if number)


def parameter(factors: pl.DataFrame, quantity: str, activity: str, problems: Problems) -> dict[str, object]:
    """Pick the one row of a formula parameter; rows that agree are one, rows that differ are a problem, and so is none.

    Returns
    -------
    row
        The row, or an empty dictionary after a problem.
    """
    rows = factors.filter((pl.col("quantity") == quantity) & (pl.col("activity") == activity)).sort("factor_id")
    facts = {"activity": f"{activity} ({quantity})", "region": "—", "year": "—"}
    if rows.is_empty():
        shown = ", ".join(factors["edition"].drop_nulls().unique().sort().to_list()) or "—"
        problems.add("factor_missing", Where(column="quantity"), quantity, editions=shown, available="—", **facts)
        return {}
    if rows.select("value", "unit").unique().height > 1:
        shown = ", ".join(rows["factor_id"].drop_nulls().to_list())
        problems.add("factor_ambiguous", Where(column="quantity"), shown, editions=shown, **facts)
        return {}
    return rows.row(0, named=True)
