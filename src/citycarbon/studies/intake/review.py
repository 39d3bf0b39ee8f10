"""A file reviewed before it takes its place in a study: what headers mean, every problem by row, cells mended, the way back.

Comes in: an uploaded file, an input of a study, and what a person says about it. Goes out: a review; later the file in its place.
Not for: forms.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problem, Where
from citycarbon.core.schema import Column
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.data.cell_values import judge
from citycarbon.data.readers import TABULAR, FileOptions, raw_sheet, read_reviewed
from citycarbon.data.sheets import ROW, RawSheet
from citycarbon.data.typed import Matched, match_headers
from citycarbon.studies.intake.inputs import Input, codes_of

KEPT = ".kept"
"""Folder inside a study that holds what files were before."""
SHOWN_ROWS, SHOWN_PROBLEMS = 8, 200
Edit = tuple[int, str, str]
"""A mended cell: row as in the file, header, text."""


@dataclass(frozen=True)
class Said:
    """What a person says about an upload: which header is which column, what to leave out, sheet, encoding, mended cells."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    sheet: str | None = None
    encoding: str | None = None
    edits: tuple[Edit, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether nothing was said."""
        return self == Said()


@dataclass(frozen=True)
class Cell:
    """A cell that a problem names, to be mended where it stands."""

    row: int
    header: str
    text: str


@dataclass(frozen=True)
class Review:
    """What a file looks like: headers, the column that each one means (or nothing), first rows, problems, cells to mend."""

    headers: tuple[str, ...]
    matched: Mapping[str, str]
    columns: tuple[Column, ...]
    rows: int
    first: tuple[tuple[str, ...], ...]
    encoding: str
    sheet: str
    problems: tuple[Problem, ...]
    cells: tuple[Cell, ...]

    @property
    def good(self) -> bool:
        """Whether it can take its place."""
        return not self.problems


def review(path: Path, item: Input, said: Said, codes: Mapping[str, CodeList] | None = None) -> Review:
    """Look at an uploaded file as the study would read it.

    Parameters
    ----------
    path
        The uploaded file.
    item
        Input of the study whose place it is to take.
    said
        What a person says about it; an input with words of its own in the study file takes the file as it is.
    codes
        Places and sectors that the study knows.

    Raises
    ------
    InputError
        If the file cannot be read at all.
    """
    if path.suffix.lower() not in TABULAR:
        raise InputError("file_kind_unknown", Where(file=path.name), path.suffix or "—", kinds=", ".join(TABULAR))
    options = _options(item, said, codes)
    columns = tuple(item.table.columns)
    if path.suffix.lower() == ".parquet" or item.source.format is not None:
        problems = _problems(path, item, options)
        return Review((), {}, columns, 0, (), "", "", problems, ())
    raw = raw_sheet(path, path.name, options)
    raw = options.shape(raw) if options.shape else raw
    try:
        matched = match_headers(
            raw, [c for c in columns if c.name not in options.given], options.mapping, options.ignore
        )
        found = {each.header: each.column.name for each in matched}
    except InputError:
        found = _matched_one_by_one(raw, columns, options)
    problems = _problems(path, item, options)
    width = len(raw.header)
    first = tuple(tuple(str(cell or "") for cell in row[:width]) for row in _texts(raw).head(SHOWN_ROWS).rows())
    return Review(
        raw.header,
        found,
        columns,
        raw.rows.height,
        first,
        raw.encoding,
        raw.sheet,
        problems[:SHOWN_PROBLEMS],
        _cells(raw, problems),
    )


def _options(item: Input, said: Said, codes: Mapping[str, CodeList] | None = None) -> FileOptions:
    source = item.source
    known = dict(codes or {}) if item.table in (ActivityTable, EmissionTable) else {}
    shape = _mended(said.edits) if said.edits else None
    if item.plain:
        return FileOptions(said.sheet, said.encoding, dict(said.mapping), said.ignore, {}, known, shape, codes or {})
    return FileOptions(source.sheet, source.encoding, source.map, source.ignore, source.set, known, shape, codes or {})


def _mended(edits: Sequence[Edit]) -> Callable[[RawSheet], RawSheet]:
    """Give what puts mended texts into their cells."""

    def mend(raw: RawSheet) -> RawSheet:
        rows, numbers = raw.rows, raw.numbers
        names = [name for name in rows.columns if name != ROW]
        for row, header, text in edits:
            if header in raw.header:
                name = names[raw.header.index(header)]
                here = pl.col(ROW) == row
                rows = rows.with_columns(pl.when(here).then(pl.lit(text or None)).otherwise(pl.col(name)).alias(name))
                if numbers is not None and name in numbers.columns:
                    numbers = numbers.with_columns(pl.when(here).then(None).otherwise(pl.col(name)).alias(name))
        return replace(raw, rows=rows, numbers=numbers)

    return mend


def _problems(path: Path, item: Input, options: FileOptions) -> tuple[Problem, ...]:
    try:
        read_reviewed(path, item.table, options, path.name)
    except InputError as error:
        return error.problems
    return ()


def _matched_one_by_one(raw: RawSheet, columns: Sequence[Column], options: FileOptions) -> dict[str, str]:
    """What each header means by itself, where the whole does not fit yet."""
    found: dict[str, str] = {}
    free = [replace(column, required=False) for column in columns]
    for header in dict.fromkeys(filter(None, raw.header)):
        mapping = {name: each for name, each in options.mapping.items() if each == header}
        single = replace(raw, header=tuple(each if each == header else "" for each in raw.header))
        try:
            matched = match_headers(single, free, mapping, options.ignore)
        except InputError:
            continue
        found |= {each.header: each.column.name for each in matched}
    return found


def _texts(raw: RawSheet) -> pl.DataFrame:
    """Cells as text, a workbook's numbers in full."""
    names = [name for name in raw.rows.columns if name != ROW]
    return raw.rows.select(pl.col(name).cast(pl.String) for name in names)


def _cells(raw: RawSheet, problems: Sequence[Problem]) -> tuple[Cell, ...]:
    """Cells that problems name by row and header, each once."""
    names = [name for name in raw.rows.columns if name != ROW]
    wanted: dict[tuple[int, str], None] = {}
    for each in problems:
        if each.where.column in raw.header:
            wanted |= {(row, str(each.where.column)): None for row in each.where.rows if row > raw.top}
    if not wanted:
        return ()
    rows = raw.rows.filter(pl.col(ROW).is_in([row for row, _ in wanted]))
    known = {int(row[ROW]): row for row in rows.iter_rows(named=True)}
    return tuple(
        Cell(row, header, str(known[row][names[raw.header.index(header)]] or ""))
        for row, header in list(wanted)[:SHOWN_PROBLEMS]
        if row in known
    )


def take(folder: Path, item: Input, path: Path, said: Said) -> str:
    """Put an uploaded file in its place, keep what was there, and give the name under which that is kept.

    Parameters
    ----------
    folder
        Study folder.
    item
        Input whose place it takes.
    path
        The uploaded file.
    said
        What was said about it; a file about which nothing was said is taken byte by byte.

    Returns
    -------
    kept
        Name of the file that was there before, for :func:`put_back`; empty if there was none.

    Raises
    ------
    InputError
        Every problem of the file; a file of another kind than the study names. Nothing is changed then.
    """
    found = review(path, item, said, codes_of(folder))
    if found.problems:
        raise InputError.several(found.problems)
    target = folder / item.file
    if said.plain and path.suffix.lower() == item.suffix:
        content = path.read_bytes()
    elif item.plain and item.suffix == ".csv":
        content = _canonical(path, item, said)
    else:
        raise InputError("file_kind_unknown", Where(file=path.name), path.suffix or "—", kinds=item.suffix)
    kept = keep(folder, item.file)
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    fresh.write_bytes(content)
    fresh.replace(target)
    return kept


def _canonical(path: Path, item: Input, said: Said) -> bytes:
    """Write what a person said about a file into a plain csv: our own column names, mended cells, nothing that is left out."""
    options = _options(item, said)
    raw = raw_sheet(path, path.name, options)
    raw = options.shape(raw) if options.shape else raw
    matched: list[Matched] = match_headers(raw, list(item.table.columns), options.mapping, options.ignore)
    names = [name for name in raw.rows.columns if name != ROW]
    columns = []
    for each in matched:
        name, cells = names[each.index], raw.rows[names[each.index]].cast(pl.String)
        if each.column.kind == "number" and raw.numbers is not None and name in raw.numbers.columns:
            # A workbook's numbers are exact as floats; their texts may be rounded. A share in per cent keeps its sign.
            good = judge(cells).plain & raw.numbers[name].is_not_null()
            cells = cells.zip_with(~good, raw.numbers[name].cast(pl.String))
        columns.append(cells.alias(f"{each.column.name} ({each.unit})" if each.unit else each.column.name))
    return pl.DataFrame(columns).write_csv().encode("utf-8")


def keep(folder: Path, file: str) -> str:
    """Keep a copy of a file of a study under a name with the moment in it."""
    target = folder / file
    if not target.is_file():
        return ""
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f"-{time.time_ns() % 10**9:09d}"
    kept = folder / KEPT / f"{stamp}~{file.replace('/', '~')}"
    kept.parent.mkdir(exist_ok=True)
    shutil.copyfile(target, kept)
    return kept.name


def kept_files(folder: Path) -> list[tuple[str, str, str]]:
    """Give what is kept: name, file of the study, moment (UTC); the newest first."""
    found = []
    for path in sorted((folder / KEPT).glob("*~*"), reverse=True):
        stamp, _, file = path.name.partition("~")
        moment = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]} {stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}"
        found.append((path.name, file.replace("~", "/"), moment))
    return found


def put_back(folder: Path, name: str) -> str:
    """Put a kept file back in its place; what is there now is kept in turn. Gives the file of the study.

    Raises
    ------
    InputError
        ``file_missing`` if no such file is kept.
    """
    known = {each: file for each, file, _ in kept_files(folder)}
    if name not in known:
        raise InputError("file_missing", Where(file=name), name)
    target = folder / known[name]
    content = (folder / KEPT / name).read_bytes()
    keep(folder, known[name])
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    fresh.write_bytes(content)
    fresh.replace(target)
    return known[name]
