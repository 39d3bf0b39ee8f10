"""The reading desk: any readable file becomes a checked table, with its origin recorded.

Comes in: a path, the table class that is wanted, and what the study states about the file. Goes out: the table and its
:class:`~citycarbon.core.results.Origin`. Not for: layers with geometry (:mod:`citycarbon.data.layers`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import polars as pl

from citycarbon.core.errors import InputError, Problem, Problems, Where, problem
from citycarbon.core.results import Origin
from citycarbon.core.schema import Column, row_of
from citycarbon.core.tables import ActivityTable, Table
from citycarbon.core.units import parse
from citycarbon.data import safety
from citycarbon.data.sheets import RawSheet, read_text, read_workbook
from citycarbon.data.typed import match_headers, typed_frame

TABULAR = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet")
TableT = TypeVar("TableT", bound=Table)


@dataclass(frozen=True)
class FileOptions:
    """What a study or caller states about a file: sheet, encoding, column mapping, columns to ignore, constant columns."""

    sheet: str | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    ignore: Sequence[str] = ()
    given: Mapping[str, str] = field(default_factory=dict)


def read_table(
    path: Path, table: type[TableT], options: FileOptions | None = None, shown: str | None = None
) -> tuple[TableT, Origin]:
    """Read a file as a table.

    Parameters
    ----------
    path
        File; ``NAME.xlsx#SHEET`` is split by the caller.
    table
        Class of the table that is wanted.
    options
        What is stated about the file.
    shown
        Name to show in messages and provenance; the file name by default.

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once.
    """
    options = options or FileOptions()
    shown = shown or path.name
    safety.present(path, shown)
    suffix = path.suffix.lower()
    if suffix not in TABULAR:
        raise InputError("file_kind_unknown", Where(file=shown), suffix or "—", kinds=", ".join(TABULAR))
    where = Where(file=shown)
    problems = Problems()
    if suffix == ".parquet":
        frame, sheet, encoding = _parquet(path, options, shown), "", "parquet"
    else:
        raw = raw_sheet(path, shown, options)
        matched = match_headers(raw, _with_given(table, options), options.mapping, options.ignore)
        frame, problems = typed_frame(raw, matched, options.given)
        sheet, encoding = raw.sheet, raw.encoding
        where = Where(file=shown, sheet=sheet or None)
    checked = _check(frame, table, where, problems)
    return checked, Origin(shown, safety.sha256(path), path.stat().st_size, frame.height, encoding, sheet)


def _check(frame: pl.DataFrame, table: type[TableT], where: Where, problems: Problems) -> TableT:
    """Check values, units and doubled rows in one go and raise every problem; cells already named are not named twice."""
    named = {item.where.column for item in problems} if len(problems) else set()
    checked: TableT | None = None
    try:
        declared = {column.name for column in table.columns}
        checked = table(frame if "provenance_id" in declared else frame.drop("provenance_id"), where=where)
    except InputError as error:
        problems.extend(item for item in error.problems if item.code != "value_empty" or item.where.column not in named)
    problems.extend(_bad_units(frame, where))
    problems.extend(_doubled_rows(frame, table, where))
    problems.raise_all()
    if checked is None:
        raise AssertionError("a table was refused without a problem")
    return checked


def _bad_units(frame: pl.DataFrame, where: Where) -> list[Problem]:
    found = []
    for unit in frame["unit"].drop_nulls().unique().sort().to_list() if "unit" in frame.columns else []:
        try:
            parse(str(unit))
        except InputError as error:
            rows = _rows(frame.filter(pl.col("unit") == unit))
            found.append(problem(error.problems[0].code, Where(where.file, where.sheet, rows, "unit"), unit))
    return found


def _doubled_rows(frame: pl.DataFrame, table: type[Table], where: Where) -> list[Problem]:
    """The same figure for the same place, time, sector and activity twice is a double entry, not two facts."""
    if not issubclass(table, ActivityTable):
        return []
    keys = [
        name for name in ("place", "time", "sector", "activity", "scenario", "value", "unit") if name in frame.columns
    ]
    twice = frame.filter(pl.struct(keys).is_duplicated() & pl.col("value").is_not_null())
    if not twice.height:
        return []
    shown = ", ".join(str(cell) for cell in twice.select(keys).row(0))
    return [problem("row_duplicate", Where(where.file, where.sheet, _rows(twice)), shown, key=", ".join(keys))]


def _rows(frame: pl.DataFrame) -> tuple[int, ...]:
    return tuple(number for item in frame["provenance_id"].head(5).to_list() if (number := row_of(item)))


def _with_given(table: type[Table], options: FileOptions) -> list[Column]:
    """Columns that the study states as constants are not required in the file."""
    return [replace(column, required=column.required and column.name not in options.given) for column in table.columns]


def raw_sheet(path: Path, shown: str, options: FileOptions) -> RawSheet:
    """Read the cells of a text file or workbook."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return read_workbook(path, shown, options.sheet)
    return read_text(path, shown, options.encoding)


def _parquet(path: Path, options: FileOptions, shown: str) -> pl.DataFrame:
    """Read parquet; column names are the table's own or mapped, text is never turned into numbers."""
    try:
        frame = pl.read_parquet(path)
    except Exception as error:
        raise InputError("file_broken", Where(file=shown), str(error), kind="parquet") from error
    problems = Problems()
    for name, header in options.mapping.items():
        if header not in frame.columns:
            problems.add("map_unknown", Where(file=shown, column=name), header, known=", ".join(frame.columns))
    problems.raise_all()
    frame = frame.drop([name for name in options.ignore if name in frame.columns])
    frame = frame.rename({header: name for name, header in options.mapping.items()})
    frame = frame.with_columns(pl.lit(text).alias(name) for name, text in options.given.items())
    if not frame.height:
        raise InputError("file_empty", Where(file=shown), "")
    if "provenance_id" not in frame.columns:
        row = pl.int_range(1, pl.len() + 1)
        frame = frame.with_columns(pl.format("{}:{}", pl.lit(shown), row).alias("provenance_id"))
    return frame


def split_sheet(name: str) -> tuple[str, str | None]:
    """Split ``book.xlsx#Sheet1`` into file and sheet."""
    file, mark, sheet = name.partition("#")
    return (file, sheet or None) if mark and file.lower().endswith((".xlsx", ".xlsm")) else (name, None)
