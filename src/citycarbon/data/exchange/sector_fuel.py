"""Matrices of emissions by sector and fuel, as the CEADs inventories print them: sectors down, fuels across, totals around.

Comes in: the national workbook (a sheet a year), a workbook of provinces (a sheet each) or the table of provinces (a block a
province and year). Goes out: a long
table of cells and printed totals with codes of the lists ``ceads`` and ``ceads_fuels``. Not for: adding up the cells, which
the methods do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.results import Origin
from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE, PROVENANCE
from citycarbon.core.units import conversion, same_dimension
from citycarbon.data import safety
from citycarbon.data.cell_values import judge, periods, two_readings
from citycarbon.data.classifications import classification_rows
from citycarbon.data.sheets import ROW, RawSheet, read_text, read_workbook
from citycarbon.data.spelling import simple
from citycarbon.data.workbooks.loading import Workbook

PARTS = ("cell", "sector_total", "fuel_total", "total")
TOTAL_ROWS = ("total", "totalconsumption")
TOTAL_COLUMN = "scope1total"
UNIT = "Mt"
_MILLION_TONNES = ("milliontonnes", "milliontonnesco2", "millionmetrictons", "milliontons")
_YEAR_SHEET = re.compile(r"^(1|2)\d{3}$")
_YEAR_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


class SectorFuelTable(Table):
    """Emissions by sector and fuel with the totals that the source prints beside them."""

    holds_totals = True
    columns = (
        PLACE,
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        Column("sector", meaning=("sector; empty in a total over sectors", "部门；各部门合计行为空")),
        Column("activity", meaning=("fuel or process; empty in a total over fuels", "燃料或过程；各燃料合计为空")),
        Column("scope", meaning=("GHG Protocol scope", "范围")),
        Column("part", required=True, empty=False, allowed=PARTS,
               meaning=("cell, or which printed total", "单元格，或何种刊印合计")),
        Column("value", "number", required=True, empty=False, low=0, meaning=("emission as printed, in unit", "刊印排放量")),
        Column("unit", required=True, empty=False, meaning=("unit of value", "单位")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@safety.netted
def read_sector_fuel(
    path: Path,
    shown: str | None = None,
    *,
    place: str | None = None,
    only: Mapping[str, str] | None = None,
    sheet: str | None = None,
    time: str | None = None,
    encoding: str | None = None,
) -> tuple[SectorFuelTable, Origin]:
    """Read a CEADs file.

    Parameters
    ----------
    path
        ``.xlsx`` with a sheet a year or a sheet a province, or ``.csv`` with the columns province, year and sector.
    shown
        Name to show in messages and provenance.
    place
        Place of a workbook that names none.
    only
        Column of the csv to the text that wanted rows have, for example ``{"province": "Shanghai"}``.
    sheet
        The one sheet of a workbook that is wanted; every sheet whose name is a year if left out.
    time
        Year of a sheet whose name is none; read from the name of the file if it holds one year.
    encoding
        Encoding of a csv; detected if left out.

    Raises
    ------
    InputError
        Unknown sectors or fuels, cells that are no numbers, a missing place: all at once.
    """
    shown = shown or path.name
    safety.present(path, shown)
    if path.suffix.lower() == ".csv":
        frame, used = _provinces(read_text(path, shown, encoding), only or {})
    elif place is None:
        raise InputError("parameter_missing", Where(file=shown), "", column="place")
    else:
        frame, used = _sheets(path, shown, place, _wanted(path, shown, sheet, time)), "xlsx"
    table = SectorFuelTable(frame, where=Where(file=shown))
    return table, Origin(shown, safety.sha256(path), path.stat().st_size, frame.height, used)


def _sectors() -> dict[str, str]:
    rows = classification_rows("ceads").select("code", "printed_name").drop_nulls()
    return {simple(name): code for code, name in rows.iter_rows()}


def _fuels() -> dict[str, tuple[str, str]]:
    """Printed column to activity code and scope."""
    rows = classification_rows("ceads_fuels").select("code", "printed_name", "printed_name_csv", "scope")
    names = [(name, code, scope) for code, first, second, scope in rows.iter_rows() for name in (first, second)]
    return {simple(name): (code, scope) for name, code, scope in names if name}


def _provinces(raw: RawSheet, only: Mapping[str, str]) -> tuple[pl.DataFrame, str]:
    header = {name: f"column_{index + 1}" for index, name in enumerate(raw.header)}
    problems = Problems()
    for name in ("province", "year", "sector", *only):
        if name not in header:
            problems.add("column_missing", raw.where(name), "", column=name, aliases="—")
    problems.raise_all()
    rows = raw.rows
    for name, text in only.items():
        rows = rows.filter(pl.col(header[name]) == text)
        if not rows.height:
            known = ", ".join(raw.rows[header[name]].drop_nulls().unique().sort().head(12).to_list())
            raise InputError("value_not_listed", raw.where(name), text, known=known)
    rows = rows.with_columns(periods(rows[header["year"]]).alias(header["year"]))
    keys = {"place": header["province"], "time": header["year"], "printed": header["sector"]}
    columns = [name for name in raw.header if name not in ("province", "year", "sector")]
    frame = rows.select(pl.col(ROW), *(pl.col(column).alias(name) for name, column in keys.items()),
                        *(pl.col(header[name]).alias(name) for name in columns))  # fmt: skip
    return _long(frame, columns, raw.file, raw.top, semicolons=raw.delimiter == ";"), raw.encoding


def _wanted(path: Path, shown: str, sheet: str | None, time: str | None) -> dict[str, str]:
    """Give the sheets that are read and the year of each.

    Raises
    ------
    InputError
        If the workbook has no such sheet, none that is named by a year, or the year of a sheet is stated nowhere or twice.
    """
    time = None if time is None else str(periods(pl.Series([time]))[0])
    book = Workbook.open(path, shown)
    names = book.visible
    years = {name: name.strip() for name in names if _YEAR_SHEET.match(name.strip())}
    if sheet is None and years:
        chosen = years
    else:
        found = book.sheet(sheet)
        year = years.get(found) or time or _year_of(shown, found)
        chosen = {found: year}
    if time is not None and any(year != time for year in chosen.values()):
        shown_years = ", ".join(chosen.values())
        raise InputError("value_not_listed", Where(file=shown, item="set.time"), time, known=shown_years)
    return chosen


def _year_of(shown: str, sheet: str) -> str:
    years = sorted(set(_YEAR_IN_NAME.findall(Path(shown).stem)))
    if len(years) != 1:
        raise InputError("parameter_missing", Where(file=shown, sheet=sheet), ", ".join(years), column="set: {time: …}")
    return str(years[0])


def _sheets(path: Path, shown: str, place: str, wanted: Mapping[str, str]) -> pl.DataFrame:
    parts = []
    for name, year in wanted.items():
        raw = read_workbook(path, shown, name, corner=True)
        columns = [cell for cell in raw.header[1:] if cell]
        wanted = {cell: f"column_{raw.header.index(cell) + 1}" for cell in columns}
        frame = raw.rows.select(pl.col(ROW), pl.lit(place).alias("place"), pl.lit(year).alias("time"),
                                pl.col("column_1").alias("printed"),
                                *(pl.col(column).alias(cell) for cell, column in wanted.items()))  # fmt: skip
        _refuse_units(raw, shown, name)
        # The row below the header names the unit of each column.
        frame = frame.filter(pl.col("printed").is_not_null())
        parts.append(_long(frame, columns, f"{shown}#{name}", raw.top))
    return pl.concat(parts)


def _refuse_units(raw: RawSheet, shown: str, sheet: str) -> None:
    """Refuse a sheet whose corner, or the row below its header, states another unit than million tonnes.

    Raises
    ------
    InputError
        ``value_not_listed`` with the cell that states it.
    """
    problems = Problems()
    corner = re.search(r"(?:units?|单位)\s*[:：]\s*(.+)$", raw.header[0], re.IGNORECASE)
    stated = [(raw.top, "—", corner.group(1))] if corner else []
    bare = raw.rows.filter(pl.col("column_1").is_null())
    for row in bare.iter_rows(named=True):
        stated += [(row[ROW], head, row[f"column_{index + 1}"]) for index, head in enumerate(raw.header)
                   if row[f"column_{index + 1}"] is not None]  # fmt: skip
    for number, head, text in stated:
        unit = text.strip("()（）[]【】 ")
        try:
            same = same_dimension(unit, UNIT) and float(conversion(unit, UNIT)) == 1.0
        except InputError:
            same = simple(unit) in _MILLION_TONNES
        if not same and len(problems) < 5:
            problems.add("value_not_listed", Where(shown, sheet, (number,), head), text, known=f"{UNIT} CO2, {UNIT}")
    problems.raise_all()


def _long(frame: pl.DataFrame, columns: list[str], file: str, top: int, *, semicolons: bool = False) -> pl.DataFrame:
    """One row a cell; names become codes, and what is no number or has no code is named."""
    problems = Problems()
    name, _, sheet = file.partition("#")
    fuels, sectors = _fuels(), _sectors()
    for header in columns:
        if simple(header) not in fuels and simple(header) != TOTAL_COLUMN:
            problems.add("column_unknown", Where(name, sheet or None, (top,), header), header, known=", ".join(fuels))
    printed = {text: simple(text) for text in frame["printed"].unique().drop_nulls().to_list()}
    for text, folded in sorted(printed.items()):
        if folded not in sectors and folded not in TOTAL_ROWS:
            hits = tuple(frame.filter(pl.col("printed") == text)[ROW].head(5).to_list())
            problems.add("sector_unknown", Where(name, sheet or None, hits, "sector"), text, known=", ".join(sectors))
    problems.raise_all()
    long = frame.unpivot(columns, index=[ROW, "place", "time", "printed"], variable_name="column", value_name="text")
    judged = judge(long["text"])
    long = long.with_columns(judged.values.set(~judged.plain | judged.endless, None).alias("value"))
    bad = long.filter(pl.col("value").is_null())
    for (column,), wrong in bad.group_by("column", maintain_order=True):
        hits = tuple(wrong[ROW].head(5).to_list())
        shown = ", ".join(str(cell) for cell in wrong["text"].head(5).to_list())
        problems.add("value_not_number", Where(name, sheet or None, hits, str(column)), shown)
    for (column,), group in long.filter(two_readings(long["text"]) & semicolons).group_by(
        "column", maintain_order=True
    ):
        hits = tuple(group[ROW].head(5).to_list())
        problems.add("decimals_unclear", Where(name, sheet or None, hits, str(column)), str(group["text"][0]))
    for (printed_name,), group in long.filter(pl.struct("place", "time", "printed", "column").is_duplicated()).group_by(
        "printed", maintain_order=True
    ):
        hits = tuple(group[ROW].unique(maintain_order=True).head(5).to_list())
        problems.add("row_duplicate", Where(name, sheet or None, hits), str(printed_name), key="place, time, sector")
    problems.raise_all()
    codes = {text: sectors.get(folded) for text, folded in printed.items()}
    activity = {column: fuels.get(simple(column), (None, "1"))[0] for column in columns}
    scope = {column: fuels.get(simple(column), (None, "1"))[1] for column in columns}
    made = long.select(
        "place", "time",
        pl.col("printed").replace_strict(codes, return_dtype=pl.String).alias("sector"),
        pl.col("column").replace_strict(activity, return_dtype=pl.String).alias("activity"),
        pl.col("column").replace_strict(scope, return_dtype=pl.String).alias("scope"),
        "value", pl.lit(UNIT).alias("unit"),
        pl.format("{}!{}:{}", pl.lit(file), "column", ROW).alias("provenance_id"),
    )  # fmt: skip
    whole, of_fuels = pl.col("sector").is_null(), pl.col("activity").is_null()
    kind = (
        pl.when(whole & of_fuels).then(pl.lit("total")).when(whole).then(pl.lit("fuel_total"))
        .when(of_fuels).then(pl.lit("sector_total")).otherwise(pl.lit("cell"))
    )  # fmt: skip
    return made.with_columns(kind.alias("part"))
