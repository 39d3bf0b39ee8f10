"""From raw cells to a typed frame: which header means which column, what unit a header states, and which cells are numbers.

Comes in: a :class:`~citycarbon.data.sheets.RawSheet` and the declared columns of a table. Goes out: a typed Polars frame with
``provenance_id`` (file, sheet and row), or one error with every problem. Not for: rules over values, which the table checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from citycarbon.core.errors import InputError, Problems
from citycarbon.core.schema import Column
from citycarbon.core.units import conversion, parse, same_dimension
from citycarbon.data.cell_values import judge, periods, two_readings, visible
from citycarbon.data.library import activity_names, gas_names, header_aliases
from citycarbon.data.sheets import ROW, RawSheet
from citycarbon.data.spelling import CODED, codes_as_text, simple

_UNIT_IN_HEADER = re.compile(
    r"^(.*?)\s*[(（\[【]\s*(?:单位\s*[:：]?\s*|unit\s*[:：]\s*)?([^()（）\[\]【】]+(?:\([^()]*\))?)\s*[)）\]】]\s*$"
)
_UNIT_BEHIND_STROKE = re.compile(r"^([^/／]+?)\s*[/／]\s*(\S.*)$")
"""As GB 3101 heads its columns: 用电量/万kWh, a quantity over its unit."""


@dataclass(frozen=True)
class Matched:
    """A file column that was recognised: its header, the table's column, and the unit that the header states."""

    header: str
    index: int
    column: Column
    unit: str


def match_headers(
    sheet: RawSheet,
    columns: Sequence[Column],
    mapping: Mapping[str, str] | None = None,
    ignore: Sequence[str] = (),
) -> list[Matched]:
    """Recognise the headers of a sheet; nothing is guessed beyond the published alias list.

    Parameters
    ----------
    sheet
        Raw sheet.
    columns
        Columns that the table declares.
    mapping
        Table column to file header, from the study; it wins over aliases.
    ignore
        File headers to leave out.

    Raises
    ------
    SchemaError
        Unknown, doubled or missing columns, all at once.
    """
    problems = Problems()
    former = {old: column.name for column in columns for old in column.former}
    mapping = {former.get(name, name): header for name, header in (mapping or {}).items()}
    by_header = {header: name for name, header in mapping.items()}
    for name, header in mapping.items():
        if header not in sheet.header:
            problems.add("map_unknown", sheet.where(name), header, known=", ".join(filter(None, sheet.header)))
        if name not in {column.name for column in columns}:
            problems.add("column_unknown", sheet.where(name), name, known=_names(columns))
    known = {
        simple(alias): column
        for column in columns
        for alias in (*column.former, *header_aliases(column.name), column.name)
    }
    declared = {column.name: column for column in columns}
    found: dict[str, Matched] = {}
    for index, header in enumerate(sheet.header):
        if not header or header in ignore:
            continue
        base, unit = split_unit(header)
        if header in by_header:
            column = declared.get(by_header[header])
        else:
            column = known.get(simple(header)) or known.get(simple(base))
            unit = unit if simple(header) not in known else ""
            if column is not None and column.name in mapping:
                continue
        if column is None:
            problems.add("column_unknown", sheet.where(header, (sheet.top,)), header, known=_names(columns))
        elif column.name in found:
            problems.add(
                "column_duplicate", sheet.where(header, (sheet.top,)), f"{found[column.name].header}, {header}"
            )
        else:
            found[column.name] = Matched(header, index, column, unit)
    stated = bool(found.get("value") and found["value"].unit)
    for column in columns:
        if column.required and column.name not in found and not (column.name == "unit" and stated):
            aliases = ", ".join(header_aliases(column.name)[:6])
            problems.add("column_missing", sheet.where(column.name), "", column=column.name, aliases=aliases)
    problems.raise_all()
    return list(found.values())


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns)


def split_unit(header: str) -> tuple[str, str]:
    """Part a header into its words and the unit in brackets, or behind a stroke, if it is one."""
    match = _UNIT_IN_HEADER.match(header) or _UNIT_BEHIND_STROKE.match(header)
    if not match:
        return header, ""
    try:
        parse(match.group(2))
    except InputError:
        return header, ""
    return match.group(1), match.group(2).strip()


def typed_frame(
    sheet: RawSheet, matched: Sequence[Matched], given: Mapping[str, str] | None = None
) -> tuple[pl.DataFrame, Problems]:
    """Turn recognised columns into a typed frame; ``given`` adds constant columns that the study states.

    Returns
    -------
    frame, problems
        Cells that must be numbers and are not are named in the problems and stand in the frame as a number within the
        column's bounds, so that the table's own rules can be checked in the same go without naming them twice.
    """
    problems = Problems()
    frame = pl.DataFrame([_column(sheet, item, problems) for item in matched])
    frame = _with_header_units(sheet, frame, {item.column.name: item for item in matched}, problems)
    for name, text in (given or {}).items():
        if name in frame.columns:
            header = next((item.header for item in matched if item.column.name == name), name)
            problems.add("column_duplicate", sheet.where(header, (sheet.top,)), f"{header}, set: {name}={text}")
    prefix = f"{sheet.file}#{sheet.sheet}" if sheet.sheet else sheet.file
    trace = pl.format("{}:{}", pl.lit(prefix), sheet.rows[ROW]).alias("provenance_id")
    constants = [pl.lit(text).alias(name) for name, text in (given or {}).items() if name not in frame.columns]
    frame = frame.with_columns(*constants, *([] if "provenance_id" in frame.columns else [trace]))
    if "activity" in frame.columns:
        frame = frame.with_columns(activity_codes(frame["activity"]))
    if "gas" in frame.columns:
        frame = frame.with_columns(coded(frame["gas"], gas_names()))
    return frame, problems


def _with_header_units(
    sheet: RawSheet, frame: pl.DataFrame, items: Mapping[str, Matched], problems: Problems
) -> pl.DataFrame:
    """Take the unit of ``value`` from its header; refuse a header unit that a unit column or another header contradicts."""
    value, sd = items.get("value"), items.get("sd")
    stated = value.unit if value is not None else ""
    if stated and "unit" not in items:
        frame = frame.with_columns(pl.lit(stated).alias("unit"))
    for item in (value, sd):
        if item is None or not item.unit:
            continue
        others = frame["unit"].drop_nulls().unique().sort().to_list() if "unit" in frame.columns else []
        if any(not same_unit(item.unit, other) for other in others):
            found = f"{item.header}: {item.unit}; {', '.join(others[:5])}"
            problems.add("unit_stated_twice", sheet.where(item.header, (sheet.top,)), found)
    return frame


def contradicted(header: str, unit: str) -> str:
    """Give the unit that a header states if it is another one than somebody says its figures have; empty if it is not.

    Examples
    --------
    >>> contradicted("用电量（万千瓦时）", "kWh"), contradicted("用电量/万千瓦时", "万kWh"), contradicted("产量, t", "kg")
    ('万千瓦时', '', 't')
    """
    bracketed = split_unit(header)[1] if _UNIT_IN_HEADER.match(header) else ""
    stated = (bracketed or _unit_behind(header, unit)) if unit else ""
    return stated if stated and not same_unit(stated, unit) else ""


def _unit_behind(header: str, unit: str) -> str:
    """Give the unit that a header states behind a stroke, comma or blank, if it measures the same."""
    last = re.split(r"[/／,，:：\s]", header)[-1].strip()
    try:
        return last if last not in ("", header) and same_dimension(last, unit) else ""
    except InputError:
        return ""


def same_unit(first: str, second: str) -> bool:
    """Tell whether two unit texts mean the same amount; a unit that nobody knows is told elsewhere."""
    try:
        return same_dimension(first, second) and conversion(first, second) == 1.0
    except InputError:
        # A unit that nobody knows is named by the check of units.
        return True


def _column(sheet: RawSheet, item: Matched, problems: Problems) -> pl.Series:
    column = item.column
    cells = sheet.rows[f"column_{item.index + 1}"]
    if column.kind == "period":
        return periods(cells, workbook=sheet.numbers is not None).alias(column.name)
    if column.kind == "text":
        cells = codes_as_text(cells) if column.name in CODED else cells
        filled = cells.fill_null(column.default) if column.default is not None else cells
        return filled.alias(column.name)
    exact = sheet.numbers[f"column_{item.index + 1}"] if sheet.numbers is not None else None
    judged = judge(cells, exact)
    floats, share = judged.values, _scale("%", column)
    none = ~judged.plain & ~judged.percent & ~judged.endless & cells.is_not_null()
    broken = {"value_not_number": none, "value_not_finite": judged.endless}
    if share is None:
        broken["per_cent_misplaced"] = judged.percent
    if sheet.delimiter == ";":
        broken["decimals_unclear"] = two_readings(cells)
    if column.kind == "year":
        broken["value_not_whole"] = judged.plain & floats.is_finite() & (floats != floats.floor())
    scaled = _in_unit_of_column(sheet, item, problems)
    parts = pl.when(judged.percent).then(100.0 * (share or 0.01)).otherwise(1.0 if scaled is None else scaled)
    floats = pl.select(floats * parts).to_series() if scaled is not None or judged.percent.any() else floats
    for code, bad in broken.items():
        _note(sheet, item, cells, bad, code, problems)
        # The column's lower bound stands for a broken cell, so that no second rule complains of it.
        floats = pl.select(pl.when(bad.fill_null(False)).then(pl.lit(column.low or 0.0)).otherwise(floats)).to_series()
    if column.kind == "year":
        return floats.cast(pl.Int64, strict=False).alias(column.name)
    return floats.alias(column.name)


def _in_unit_of_column(sheet: RawSheet, item: Matched, problems: Problems) -> float | None:
    """Give what turns a figure in the unit of the header into the unit of the column; None if nothing does."""
    if not (item.unit and item.column.unit) or item.column.kind == "year":
        return None
    try:
        return _scale(item.unit, item.column, strict=True)
    except InputError as error:
        for each in error.problems:
            problems.add(each.code, sheet.where(item.header, (sheet.top,)), each.found, **dict(each.facts))
    return None


def _scale(unit: str, column: Column, *, strict: bool = False) -> float | None:
    """Give how much one of a unit is in the unit of a column; None if the column has none of this kind."""
    if not column.unit:
        return None
    try:
        # A yearly rate may be headed by its year or not: % and %/a are the same rate.
        yearly = column.unit in ("1/a", "1/yr") and same_dimension(unit, "1")
        return float(conversion(unit, "1" if yearly else column.unit))
    except InputError:
        if strict:
            raise
        return None


def _note(sheet: RawSheet, item: Matched, cells: pl.Series, bad: pl.Series, code: str, problems: Problems) -> None:
    rows = bad.fill_null(False).arg_true()
    if not len(rows):
        return
    first = rows.head(5)
    shown = ", ".join(visible(str(cell)) for cell in cells.gather(first).to_list()) + (
        f" … ({len(rows)})" if len(rows) > 5 else ""
    )
    problems.add(code, sheet.where(item.header, tuple(sheet.rows[ROW].gather(first).to_list())), shown)


def activity_codes(names: pl.Series) -> pl.Series:
    """Turn Chinese and English names of the activity list into codes; other names stay as they are."""
    return coded(names, activity_names())


def coded(names: pl.Series, known: dict[str, str]) -> pl.Series:
    """Write words by a list of folded spellings; words that are not in it stay as they are."""
    distinct = names.unique().drop_nulls().to_list()
    codes = {name: known.get(simple(name), name) for name in distinct}
    changed = {name: code for name, code in codes.items() if name != code}
    return names.replace(changed) if changed else names
