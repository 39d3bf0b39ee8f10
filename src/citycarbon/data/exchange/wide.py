"""Wide tables by a mapping file: one column a fact, and a small table that says what each column is.

Comes in: a csv or workbook, and a mapping with a row for every header. Goes out: long rows of activity data or emissions, and a
report of what was mapped. Not for: guessing; a header without a row in the mapping is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problem, Problems, Where
from citycarbon.core.schema import Column
from citycarbon.core.tables import ActivityTable, EmissionTable, Table
from citycarbon.core.tables.columns import PROVENANCE
from citycarbon.data import safety
from citycarbon.data.cell_values import part_of_year
from citycarbon.data.exchange.import_report import ColumnUse, ImportReport
from citycarbon.data.printed.nameless import nameless
from citycarbon.data.printed.printed_totals import printed_totals
from citycarbon.data.readers import KEYS, FileOptions, doubled_rows, raw_sheet, read_table, split_sheet
from citycarbon.data.sheets import ROW, RawSheet
from citycarbon.data.typed import contradicted, match_headers, typed_frame

FORMAT = "wide"
ROLES = ("place", "time", "value", "leave_out")
_LABELS = ("sector", "activity", "unit", "scope", "gas", "scenario", "quality")


class WideColumnTable(Table):
    """What each column of a wide table is: the place, the time, figures of one sector and activity, or left out."""

    columns = (
        Column("header", required=True, empty=False, meaning=("header in the file", "文件中的表头")),
        Column("role", required=True, empty=False, allowed=ROLES,
               meaning=("place, time, value, or leave_out", "地点、时间、数值或不读入")),
        Column("sector", meaning=("sector of the figures", "数值所属部门")),
        Column("activity", meaning=("activity of the figures", "数值所属活动")),
        Column("unit", meaning=("unit of the figures", "数值单位")),
        Column("scope", meaning=("scope, if the figures are emissions", "范围（数值为排放量时）")),
        Column("gas", meaning=("gas, if the figures are emissions", "气体（数值为排放量时）")),
        Column("scenario", meaning=("scenario of the figures", "情景")),
        Column("quality", meaning=("data quality of the figures", "数据质量")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@safety.netted
def read_wide(
    path: Path, columns: Path, *, given: Mapping[str, str] | None = None, encoding: str | None = None,
    shown: str | None = None, tell: Callable[[str], None] | None = None, declared: Mapping[str, CodeList] | None = None,
) -> tuple[ActivityTable | EmissionTable, ImportReport]:  # fmt: skip
    """Read a wide table.

    Parameters
    ----------
    path
        csv or xlsx; ``book.xlsx#Sheet`` names a sheet.
    columns
        Mapping file: header, role, sector, activity, unit, and for emissions scope and gas.
    given
        Place or time that the file does not state.
    encoding
        Encoding of a text file; detected if left out.
    shown
        Name to show in messages and provenance.
    tell
        Called at the start of each stage.
    declared
        Places and sectors that a study knows; a row of a total is refused if it is none of them.

    Returns
    -------
    table, report
        Activity data, or emissions if the mapping names a gas. An empty cell makes no row; a zero is a figure.

    Raises
    ------
    InputError
        Headers that the mapping does not know or that the file does not have, cells that are no numbers, all at once.
    """
    tell = tell or (lambda _: None)
    name, sheet = split_sheet(str(path))
    file, shown = Path(name), shown or Path(name).name
    safety.present(file, shown)
    tell("reading")
    raw = raw_sheet(file, shown, FileOptions(sheet, encoding))
    named, _ = read_table(columns, WideColumnTable, unique=("header",))
    meaning = named.to_polars()
    _check(raw, meaning, given or {}, columns.name)
    tell("typing")
    kind: type[ActivityTable | EmissionTable] = EmissionTable if meaning["gas"].drop_nulls().len() else ActivityTable
    long = _long(raw, meaning, given or {})
    if not long.rows.height:
        raise InputError("file_empty", Where(file=shown, sheet=raw.sheet or None), "")
    matched = match_headers(long, kind.columns)
    frame, problems = typed_frame(long, matched)
    tell("checking")
    where = Where(file=shown, sheet=raw.sheet or None)
    problems.extend(printed_totals(frame, kind, where, declared))
    problems.extend(nameless(frame, kind, where))
    problems.extend(_doubled(frame, kind, where))
    _check_times(frame, meaning, raw, problems)
    problems.raise_all()
    table = kind(frame, where=where)
    uses = [_use(raw, row) for row in meaning.iter_rows(named=True)]
    return table, ImportReport(FORMAT, shown, safety.sha256(file), raw.rows.height, frame.height, tuple(uses))


def _doubled(frame: pl.DataFrame, kind: type[Table], where: Where) -> list[Problem]:
    """Rows that say the same twice; two columns of one meaning are two facts, whatever they hold."""
    header = frame["provenance_id"].str.replace(r":[0-9]+$", "").alias("header")
    found = doubled_rows(frame.with_columns(header), ("place", "time", "header", *KEYS[kind][2:]), where)
    # A row that stands twice does so in each of its columns.
    return list({item.where.rows: item for item in found}.values())


def _check_times(frame: pl.DataFrame, meaning: pl.DataFrame, raw: RawSheet, problems: Problems) -> None:
    """Refuse a header that names a part of a year above figures that stand under another time."""
    yearly = bool(frame["time"].str.contains(r"^[0-9]{4}$").any())
    for header in meaning.filter(pl.col("role") == "value")["header"].to_list():
        part = part_of_year(header, months=yearly)
        if part is not None:
            problems.add("time_wrong", raw.where(header, (raw.top,)), part)


def _use(raw: RawSheet, row: Mapping[str, Any]) -> ColumnUse:
    cells = raw.rows[f"column_{raw.header.index(row['header']) + 1}"]
    said = " · ".join(row[name] for name in _LABELS if row[name])
    field = None if row["role"] == "leave_out" else said if row["role"] == "value" else row["role"]
    return ColumnUse(row["header"], field, len(cells) - cells.null_count())


def _check(raw: RawSheet, meaning: pl.DataFrame, given: Mapping[str, str], mapping: str) -> None:
    """Every header has a row in the mapping and every row a header; place and time are stated once; figures say what they are."""
    problems = Problems()
    known = meaning["header"].to_list()
    for header in (header for header in raw.header if header and header not in known):
        problems.add("column_unknown", raw.where(header, (raw.top,)), header, known=", ".join(known))
    for header in (header for header in known if header not in raw.header):
        problems.add(
            "map_unknown", Where(file=mapping, column="header"), header, known=", ".join(filter(None, raw.header))
        )
    for role in ("place", "time"):
        stated = meaning.filter(pl.col("role") == role).height + (role in given)
        if stated == 0:
            problems.add("column_missing", Where(file=mapping, column="role"), "", column=role, aliases="—")
        elif stated > 1:
            problems.add("column_duplicate", Where(file=mapping, column="role"), role)
    figures = meaning.filter(pl.col("role") == "value")
    for header, unit in figures.select("header", "unit").drop_nulls().iter_rows():
        if other := contradicted(header, unit):
            problems.add(
                "unit_stated_twice", Where(file=mapping, column="unit", item=header), f"{header}: {other}; {unit}"
            )
    emissions = figures["gas"].drop_nulls().len() > 0
    for name in ("sector", "activity", "unit", *(("scope", "gas") if emissions else ())):
        for header in figures.filter(pl.col(name).is_null())["header"].to_list():
            problems.add("value_empty", Where(file=mapping, column=name, item=header), "", column=name)
    problems.raise_all()


def _long(raw: RawSheet, meaning: pl.DataFrame, given: Mapping[str, str]) -> RawSheet:
    """Turn the columns of figures into rows, cells still as text; every row says which cell it came from."""
    cell = {header: f"column_{index + 1}" for index, header in enumerate(raw.header)}
    keys = [pl.lit(text).alias(name) for name, text in given.items()]
    for role in ("place", "time"):
        keys += [
            pl.col(cell[header]).alias(role) for header in meaning.filter(pl.col("role") == role)["header"].to_list()
        ]
    prefix = f"{raw.file}#{raw.sheet}" if raw.sheet else raw.file
    parts = []
    for row in meaning.filter(pl.col("role") == "value").iter_rows(named=True):
        labels = [pl.lit(row[name]).cast(pl.String).alias(name) for name in _LABELS]
        trace = pl.format("{}!{}:{}", pl.lit(prefix), pl.lit(row["header"]), pl.col(ROW)).alias("provenance_id")
        part = raw.rows.filter(pl.col(cell[row["header"]]).is_not_null())
        parts.append(part.select(ROW, *keys, *labels, pl.col(cell[row["header"]]).alias("value"), trace))
    long = pl.concat(parts)
    names = [
        name for name in long.columns if name != ROW and (name in ("value",) or long[name].null_count() < long.height)
    ]
    rows = long.select(ROW, *(pl.col(name).alias(f"column_{index + 1}") for index, name in enumerate(names)))
    return replace(raw, header=tuple(names), rows=rows, numbers=None)
