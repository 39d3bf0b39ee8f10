"""Where a problem stands, when the method that found it cannot know: the file and row, or the step in the study file.

Comes in: an error of a method or of the assembly, and the tables behind it. Goes out: the same error with places. Not for: words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Problem, Where
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.studies.study_file import STUDY_FILE, Step


def at_step(error: InputError, step: Step, arguments: Mapping[str, Any]) -> InputError:
    """Name the rows with a bad unit, or else the step in the study file, in problems that name no file."""
    return InputError.several(_at_step(each, step, arguments) for each in error.problems)


def _at_step(each: Problem, step: Step, arguments: Mapping[str, Any]) -> Problem:
    if each.where.file:
        return each
    if each.code.startswith("unit_"):
        for table in (value for value in arguments.values() if isinstance(value, Table) and value.has("unit")):
            rows = table.to_polars()
            if "provenance_id" in rows.columns and each.found in rows["unit"].to_list():
                return _traced(each, rows.filter(pl.col("unit") == each.found), "unit")
    item = each.where.item
    named = f"{step.id}.{item}" if item in step.parameters else step.id
    if item and item not in (*step.parameters, step.id):
        named = f"{step.id}: {item}"
    return replace(each, where=replace(each.where, file=STUDY_FILE, item=named))


def of_gases(error: InputError, account: EmissionTable) -> InputError:
    """Show the row and the factor that brought a gas without a warming potential."""
    rows = account.to_polars()
    placed = []
    for each in error.problems:
        mine = rows.filter(pl.col("gas") == each.found).head(1)
        factor = mine["factor_id"][0] if mine.height else None
        placed.append(_traced(each, mine, "gas", factor) if mine.height else each)
    return InputError.several(placed)


def of_draws(error: InputError, rows: pl.DataFrame) -> InputError:
    """Turn the numbers of drawn rows into those of the files that they came from."""
    numbers = [(each, [row - 1 for row in each.where.rows if row <= rows.height]) for each in error.problems]
    return InputError.several(_traced(each, rows[indices], "sd") if indices else each for each, indices in numbers)


def in_file(error: InputError, file: str | None) -> InputError:
    """Name a file in problems that name none."""
    named = [replace(each, where=replace(each.where, file=each.where.file or file)) for each in error.problems]
    return InputError.several(named)


def _traced(each: Problem, rows: pl.DataFrame, column: str, item: str | None = None) -> Problem:
    """Place a problem at the first rows of a table, by their trace; without one the problem stays where it is."""
    sources = [str(source) for source in rows["provenance_id"].drop_nulls().head(5).to_list()]
    if not sources:
        return each
    return replace(each, where=Where.of(sources, column, item))
