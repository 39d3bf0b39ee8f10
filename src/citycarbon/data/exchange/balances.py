"""Energy balance tables as yearbooks print them: fuels as columns, Chinese or English row names, units in the head.

Comes in: a csv file or workbook of one place and year, with titles above and notes below, a head of one or several lines,
numbering, ``#`` and ``其中:`` marks, and continued tables (续表) under one another. Goes out: a long frame, one figure a row,
with the row and sheet it stands in. Not for: tables with years as columns, and not for checking or using the balance
(``inventory.sectors.balance_check`` and ``energy_balance``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.schema import PERIOD
from citycarbon.core.units import parse
from citycarbon.data import safety
from citycarbon.data.cell_values import NUMBER, judge, part_of_year, periods, two_readings
from citycarbon.data.exchange.balance_names import balance_columns, balance_rows, column_code, row_code
from citycarbon.data.printed.headings import LOOKED_AT, delimiter_of, separator
from citycarbon.data.readers import split_sheet
from citycarbon.data.sheets import decode
from citycarbon.data.spelling import narrow
from citycarbon.data.typed import same_unit
from citycarbon.data.workbooks.loading import Workbook

USUAL = "usual"
_BLANK = ("", "-", "--", "—", "——", "–", "−", "…", "...", "/", "·")
_UNIT = re.compile(r"单位\s*[::]\s*[(]?([^\s,;)]+)|\(\s*(10 ?000 tons(?: of SCE)?|10\^?4 tce)\s*\)", re.IGNORECASE)
_BRACKETS = re.compile(r"[(（\[]([^()（）\[\]]+)[)）\]]\s*$")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_VALUES = ("当量值", "等价值", "当量", "等价")
_COUNTERS = ("代码", "行次", "序号", "编号", "No", "Code")
_PRINTED_UNITS = {
    "10000tonsofsce": "万吨标准煤", "10000tons": "万吨", "10^4tce": "万吨标准煤", "104tce": "万吨标准煤",
    "100millioncum": "亿立方米", "100millioncu.m": "亿立方米", "10billionkj": "万百万千焦", "100millionkwh": "亿千瓦小时",
    "100millionkw.h": "亿千瓦小时", "10000tce": "万吨标准煤",
}  # fmt: skip
"""Unit texts of English yearbooks that are counts and words, and no unit expressions."""


@dataclass(frozen=True)
class _Grid:
    """Cells of a sheet as text, with the row numbers that the user sees; ``numbers`` holds exact workbook floats."""

    shown: str
    sheet: str
    rows: list[int]
    cells: list[list[str]]
    numbers: list[list[float | None]] | None
    delimiter: str = ","

    def where(self, rows: Sequence[int] = (), column: str | None = None) -> Where:
        return Where(self.shown, self.sheet or None, tuple(rows[:5]), column)

    @property
    def prefix(self) -> str:
        return f"{self.shown}#{self.sheet}" if self.sheet else self.shown


@dataclass(frozen=True)
class _Block:
    """One table of a sheet: the lines of its head, the lines of its body, and where the first fuel stands."""

    head: range
    body: range
    first: int


@safety.netted
def read_balance(
    path: Path | str,
    *,
    place: str,
    time: str | None = None,
    sheet: str | None = None,
    unit: str | None = None,
    encoding: str | None = None,
) -> pl.DataFrame:
    """Read an energy balance with fuels as columns.

    Parameters
    ----------
    path
        csv or xlsx file; ``book.xlsx#Sheet`` names a sheet.
    place
        Place that the balance is of.
    time
        Year of the balance; read from the title above the table if it states exactly one.
    sheet
        Sheet of a workbook with several.
    unit
        Unit of the columns whose head states none: a unit such as ``万吨标准煤``, or ``usual`` for the units that yearbooks
        print (万吨, 亿立方米, 亿千瓦小时, 万百万千焦). Nothing is assumed without it.
    encoding
        Encoding of a text file; detected if left out.

    Returns
    -------
    balance
        place, time, row (code of the list of balance rows), activity (code of the list of columns), value, unit and
        provenance_id ``file#sheet:row``. Blank cells and dashes are left out; totals and figures at equal value are kept
        under codes of their own.

    Raises
    ------
    InputError
        Every unknown row or column, missing unit, doubled row and cell that is no number, at once.
    """
    name, stated = split_sheet(str(path))
    grid = _grid(Path(name), sheet or stated, encoding)
    problems = Problems()
    blocks = _blocks(grid)
    if not blocks:
        known = ", ".join(balance_columns()["name_zh"].head(12).to_list())
        problems.add("column_missing", grid.where(), "", column="原煤, 汽油, 电力 …", aliases=known)
    problems.raise_all()
    title = " ".join(cell for line in grid.cells[: blocks[0].head.start] for cell in line if cell)
    year = _stated_time(time, grid, problems) if time else _year(title, grid, problems)
    parts = [_block(grid, block, _stated_unit(grid, block, title, unit, problems), unit, problems) for block in blocks]
    frame = pl.concat(parts)
    if "等价" in title or "发电煤耗" in title:
        # Electricity and heat of such a table contain the coal it took to make them; the fuels are the same.
        equal = {code: f"{code}_equal_value" for code in ("electricity", "heat", "energy_total")}
        frame = frame.with_columns(pl.col("activity").replace(equal))
    _refuse_doubled(frame, grid, problems)
    problems.raise_all()
    trace = pl.format("{}:{}", pl.lit(grid.prefix), pl.col("line")).alias("provenance_id")
    return frame.select(
        pl.lit(place).alias("place"), pl.lit(year).alias("time"), "row", "activity", "value", "unit", trace
    )


def is_printed_balance(path: Path | str, *, sheet: str | None = None, encoding: str | None = None) -> bool:
    """Tell whether a file is a balance with fuels as columns, for which :func:`read_balance` is, or a long table."""
    name, stated = split_sheet(str(path))
    return bool(_blocks(_grid(Path(name), sheet or stated, encoding)))


def _grid(path: Path, sheet: str | None, encoding: str | None) -> _Grid:
    """Read all cells of a sheet, blank lines included, so that row numbers are those of the file."""
    shown = path.name
    safety.present(path, shown)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return _workbook(path, shown, sheet)
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        kinds = ".csv, .tsv, .txt, .xlsx, .xlsm"
        raise InputError("file_kind_unknown", Where(file=shown), path.suffix or "—", kinds=kinds)
    safety.text_lines(path, shown)
    text, _ = decode(path.read_bytes(), shown, encoding)
    stated = separator(text)
    text = text if stated is None else text[text.find("\n") :]
    lines = text.split("\n", 4 * LOOKED_AT)
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    delimiter = stated or delimiter_of(lines[0], lines[1 : 4 * LOOKED_AT], usual)
    rows, cells, before = [], [], 0
    csv.field_size_limit(safety.LONGEST_LINE)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    for line in reader:
        rows.append(before + 1)
        cells.append([cell.strip() for cell in line])
        before = reader.line_num
    return _Grid(shown, "", rows, cells, None, delimiter)


def _workbook(path: Path, shown: str, sheet: str | None) -> _Grid:
    book = Workbook.open(path, shown)
    sheet = book.sheet(sheet)
    text, exact = book.cells(sheet)
    cells = [[str(cell or "").strip() for cell in line] for line in text.iter_rows()]
    return _Grid(shown, sheet, list(range(1, len(cells) + 1)), cells, [list(line) for line in exact.iter_rows()])


def _blocks(grid: _Grid) -> list[_Block]:
    """Find the tables of a sheet: each begins with a line that names fuels and ends before the next such line."""
    found: list[_Block] = []
    named = [[index for index, cell in enumerate(line) if cell and column_code(cell)] for line in grid.cells]
    starts: list[int] = []
    open_head = False
    for line, columns in enumerate(named):
        fact = row_code_of(grid.cells[line]) is not None
        if columns and not fact and not open_head and (len(columns) > 1 or not starts):
            starts.append(line)
            open_head = True
        elif fact:
            open_head = False
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(grid.cells)
        body = next((line for line in range(start + 1, end) if row_code_of(grid.cells[line]) is not None), None)
        if body is not None:
            found.append(_Block(range(start, body), range(body, end), min(named[start])))
    return found


def row_code_of(line: Sequence[str], section: str | None = None) -> str | None:
    """Give the code of the first cell of a line that is the name of a balance row; number cells end the search."""
    labels = []
    for cell in line:
        if re.match(NUMBER, cell):
            break
        labels.append(cell)
    named = [cell for cell in labels if cell]
    for cell in (*named[:3], "".join(named[:2])):
        code = row_code(cell, section or "supply")
        if code is not None:
            return code
    return None


def _stated_time(time: str, grid: _Grid, problems: Problems) -> str:
    """Give the time that the caller states, in the form of tables."""
    stated = str(periods(pl.Series([time]))[0])
    if not PERIOD.fullmatch(stated):
        problems.add("time_wrong", grid.where((), "time"), time)
    return stated


def _year(title: str, grid: _Grid, problems: Problems) -> str:
    """Give the one year that the title states; a balance of some of its months is none of the year."""
    years = sorted(set(_YEAR.findall(title)))
    part = part_of_year(title)
    if len(years) != 1 or part is not None:
        found = ", ".join(years) + (f" ({part})" if part else "")
        problems.add("parameter_missing", grid.where(), found or title[:60], column="time")
    return years[0] if years else ""


def _stated_unit(grid: _Grid, block: _Block, title: str, unit: str | None, problems: Problems) -> str | None:
    """Give the unit of the whole table: that of its title or corner, or what the caller states for a table without one."""
    corner = " ".join(cell for line in block.head for cell in grid.cells[line][: block.first] if cell)
    printed = None
    for text in (corner, title):
        match = _UNIT.search(text.replace("：", ":").replace("（", "(").replace("）", ")"))
        if match:
            printed = _as_unit(match.group(1) or match.group(2))
            break
    if unit is None or unit == USUAL:
        return printed
    try:
        parse(unit)
    except InputError as error:
        problems.absorb(error)
    if printed is not None and not same_unit(printed, unit):
        problems.add("unit_stated_twice", grid.where([grid.rows[block.head.start]], "unit"), f"{printed}; {unit}")
    return unit


def _as_unit(text: str) -> str | None:
    """Read a unit text; None if it is no unit."""
    cleaned = text.strip().strip("()（）[]").strip()
    printed = _PRINTED_UNITS.get(re.sub(r"\s", "", cleaned).casefold())
    if printed is not None:
        return printed
    try:
        quantity = parse(cleaned)
    except InputError:
        return None
    return None if quantity.dimensionless or not cleaned else cleaned


def _block(grid: _Grid, block: _Block, stated: str | None, asked: str | None, problems: Problems) -> pl.DataFrame:
    """Read one table: columns by their heads, rows by their names, cells as numbers."""
    columns = _columns(grid, block, stated, asked, problems)
    last = block.first
    lines: list[tuple[int, str]] = []
    section: str | None = None
    header = next((cell for line in block.head for cell in grid.cells[line][:last] if cell), "项目")
    for line in block.body:
        label = [cell for cell in grid.cells[line][:last] if cell]
        code = row_code_of(grid.cells[line][:last], section)
        filled = any(_filled(grid, line, index) for index in columns)
        if code is not None:
            section = code.split(".")[0]
            lines.append((line, code))
        elif filled:
            where = grid.where([grid.rows[line]], header)
            known = ", ".join(balance_rows()["name_zh"].to_list())
            problems.add("value_not_listed", where, " ".join(label) or "—", known=known)
    cells = [
        (grid.rows[line], row, code, unit, head, *_cell(grid, line, index))
        for line, row in lines
        for index, (code, unit, head) in columns.items()
    ]
    schema = {"line": pl.Int64, "row": pl.String, "activity": pl.String, "unit": pl.String, "head": pl.String,
              "text": pl.String, "exact": pl.Float64}  # fmt: skip
    return _numbers(pl.DataFrame(cells, schema=schema, orient="row"), grid, problems)


def _numbers(frame: pl.DataFrame, grid: _Grid, problems: Problems) -> pl.DataFrame:
    """Turn cells into numbers; blanks and dashes are nothing, other words are problems."""
    blank = narrow(frame["text"]).str.replace_all(r"\s", "").is_in(list(_BLANK))
    frame = frame.filter(~blank)
    # Where semicolons part the cells, a comma may stand for decimals.
    semicolons = grid.delimiter == ";"
    judged = judge(frame["text"], frame["exact"], grouped=not semicolons)
    # A share in per cent is no amount of energy.
    values = judged.values.set(judged.percent, None)
    doubtful = two_readings(frame["text"]) if semicolons else pl.repeat(False, frame.height, eager=True)
    for (head,), group in frame.filter(doubtful).group_by("head", maintain_order=True):
        shown = ", ".join(group["text"].head(5).to_list())
        problems.add("decimals_unclear", grid.where(group["line"].to_list(), str(head)), shown)
    frame = frame.filter(~doubtful).with_columns(values.filter(~doubtful).alias("value"))
    bad = frame.filter(pl.col("value").is_null() | ~pl.col("value").is_finite())
    for (head,), group in bad.group_by("head", maintain_order=True):
        shown = ", ".join(group["text"].head(5).to_list())
        problems.add("value_not_number", grid.where(group["line"].to_list(), str(head)), shown)
    return frame.drop_nulls("value").select("line", "row", "activity", "value", "unit")


def _columns(
    grid: _Grid, block: _Block, stated: str | None, asked: str | None, problems: Problems
) -> dict[int, tuple[str, str, str]]:
    """Give code, unit and head of each column of a table; unknown heads and missing units are problems."""
    width = max(len(grid.cells[line]) for line in (*block.head, *block.body))
    usual = dict(balance_columns().select("code", "unit").iter_rows())
    found: dict[int, tuple[str, str, str]] = {}
    heads = [_head(grid, block, index) for index in range(width)]
    for index in range(width):
        names, unit = heads[index]
        filled = [line for line in block.body if _filled(grid, line, index)]
        numeric = [line for line in filled if re.match(NUMBER, grid.cells[line][index].replace(",", ""))]
        if index < block.first and (not numeric or "".join(names) in _COUNTERS):
            continue
        if not filled:
            continue
        code = next((code for name in ("".join(names), " ".join(names), *names) if (code := column_code(name))), None)
        head = "".join(names) or f"{index + 1}"
        where = grid.where([grid.rows[block.head.start]], head)
        if code is None and not names:
            problems.add("column_unnamed", where, grid.cells[filled[0]][index])
            continue
        if code is None:
            problems.add("column_unknown", where, head, known=", ".join(balance_columns()["name_zh"].to_list()))
            continue
        unit = unit or stated or (usual[code] if asked == USUAL else None)
        if unit is None:
            problems.add("parameter_missing", where, head, column=f"unit: {usual[code]}")
            continue
        found[index] = (code, unit, head)
    return found


def _head(grid: _Grid, block: _Block, index: int) -> tuple[list[str], str | None]:
    """Give the name pieces and the unit of a column; a merged head above 当量值 and 等价值 stands at its first column."""
    names: list[str] = []
    unit: str | None = None
    for line in block.head:
        text = grid.cells[line][index] if index < len(grid.cells[line]) else ""
        if not text:
            below = [_at(grid, lower, index) for lower in block.head if lower > line]
            if any(cell.strip("()（）") in _VALUES for cell in below):
                text = next((_at(grid, line, left) for left in range(index - 1, -1, -1) if _at(grid, line, left)), "")
        match = _BRACKETS.search(text)
        inner = _as_unit(match.group(1)) if match else None
        if inner is not None and match is not None:
            text, unit = text[: match.start()], inner
        elif (whole := _as_unit(text) if text and column_code(text) is None else None) is not None:
            text, unit = "", whole
        if text.strip():
            names.append(text.strip())
    return names, unit


def _at(grid: _Grid, line: int, index: int) -> str:
    return grid.cells[line][index] if index < len(grid.cells[line]) else ""


def _cell(grid: _Grid, line: int, index: int) -> tuple[str, float | None]:
    exact = grid.numbers[line][index] if grid.numbers is not None and index < len(grid.numbers[line]) else None
    return _at(grid, line, index), exact


def _filled(grid: _Grid, line: int, index: int) -> bool:
    return _at(grid, line, index) not in _BLANK


def _refuse_doubled(frame: pl.DataFrame, grid: _Grid, problems: Problems) -> None:
    """A figure that stands twice for one row and fuel is a doubled row or column, not two facts."""
    twice = frame.filter(pl.struct("row", "activity").is_duplicated())
    for (row,), group in twice.group_by("row", maintain_order=True):
        lines = group["line"].unique(maintain_order=True).to_list()
        shown = ", ".join(group["activity"].unique(maintain_order=True).head(5).to_list())
        problems.add("row_duplicate", grid.where(lines), f"{row}: {shown}", key="row, activity")
