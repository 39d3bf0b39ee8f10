"""The sheets of the provincial workbook whose figures recompute: the rows, table 1 by sector and gas, table 2 by fuel.

Comes in: the content of the summary and an open workbook. Goes out: sheets with live sums whose stored values are the computed
ones. Criteria point to cells of our own making, so that no text of the input becomes part of a formula. Not for: evidence
(:mod:`citycarbon.data.exchange.provincial.writer`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_rowcol_to_cell

from citycarbon.core.results import StudyResult
from citycarbon.core.units import TCE_IN_GJ
from citycarbon.data.exchange.provincial.content import ENERGY, FAMILIES, LAND, MASS_GASES, MEMO, Content, Line

ROWS = "数据 rows"
TABLE_1, TABLE_2 = "表1 总量", "表2 能源活动"
WAN = 10_000.0
"""Tonnes of a 万吨."""
HEAD_HEIGHT = 50
"""Points of a heading of up to three lines; not every program fits a row to its text."""
SCOPE_TEXT = {"1": "范围一 scope 1", "2": "范围二 scope 2", "3": "范围三 scope 3", "sink": "碳汇 sinks",
              "biogenic": "生物源 biogenic"}  # fmt: skip
COLUMNS = (*MASS_GASES, *FAMILIES)
_GAS_HEADS = {
    "CO2": "二氧化碳（万t）\nCO2 (10⁴ t)", "CH4": "甲烷（万t）\nCH4 (10⁴ t)", "N2O": "氧化亚氮（万t）\nN2O (10⁴ t)",
    "HFC": "氢氟碳化物（万t CO2当量）\nHFCs (10⁴ t CO2e)", "PFC": "全氟化碳（万t CO2当量）\nPFCs (10⁴ t CO2e)",
    "SF6": "六氟化硫（万t CO2当量）\nSF6 (10⁴ t CO2e)",
    "OTHER": "其他及未分气体（万t CO2当量）\nother, gas not told (10⁴ t CO2e)",
}  # fmt: skip
_KEYS = ("key_gas", "key_line", "key_fuel_gas", "key_fuel")
_LETTERS = {
    "key_gas": "A",
    "key_line": "B",
    "key_fuel_gas": "C",
    "key_fuel": "D",
    "scope": "H",
    "mass": "J",
    "co2e": "L",
}


@dataclass
class Places:
    """Where figures stand that other sheets point to: name to (sheet cell, stored value)."""

    cells: dict[str, tuple[str, float]] = field(default_factory=dict)

    def note(self, name: str, sheet: str, row: int, column: int, value: float) -> None:
        """Remember a cell."""
        self.cells[name] = (f"'{sheet}'!{xl_rowcol_to_cell(row, column)}", value)


def keyed(content: Content) -> pl.DataFrame:
    """Give the rows with the keys by which formulas find them; the number of a fuel stands for its name."""
    energy = (pl.col("line") == ENERGY) | pl.col("line").str.starts_with(f"{ENERGY}.")
    numbers = dict(content.fuels.select("activity", "number").iter_rows())
    number = pl.col("activity").replace_strict(numbers, default=None, return_dtype=pl.Int64)
    fuel = pl.when(energy).then(pl.format("F{}", number))
    line = pl.lit("P") + pl.col("line")
    return content.rows.with_columns(
        (line + "|" + pl.col("family")).alias("key_gas"), line.alias("key_line"),
        (fuel + "|" + pl.col("family")).alias("key_fuel_gas"), fuel.alias("key_fuel"),
        (pl.col("mass") * pl.col("gwp")).alias("co2e"),
    )  # fmt: skip


def write_rows(sheet: Any, rows: pl.DataFrame, result: StudyResult, styles: Mapping[str, Any]) -> None:
    """Write the rows that the formulas add; mass times potential is live."""
    heads = ("键 key", "键 key", "键 key", "键 key", "表1 行\nline", "省级代码\ncode", "活动\nactivity", "范围\nscope",
             "气体\ngas", "质量 t\nmass", "增温潜势\nGWP", "CO2当量 t\nCO2e", "热量 GJ\nheat", "标记\nnotation")  # fmt: skip
    sheet.set_row(0, HEAD_HEIGHT)
    for column, text in enumerate(heads):
        sheet.write_string(0, column, text, styles["head"])
    for number, row in enumerate(rows.iter_rows(named=True), start=1):
        name = f"{result.label(row['activity'], 'zh')} {result.label(row['activity'])}"
        texts = [*[row[key] for key in _KEYS], row["line"], row["code"], name, SCOPE_TEXT[row["scope"]], row["gas"]]
        for column, text in enumerate(texts):
            if text is not None:
                sheet.write_string(number, column, text)
        sheet.write_number(number, 10, row["gwp"])
        if row["mass"] is not None:
            sheet.write_number(number, 9, row["mass"], styles["number"])
            sheet.write_formula(number, 11, f"=J{number + 1}*K{number + 1}", styles["number"], row["co2e"])
        if row["energy"] is not None:
            sheet.write_number(number, 12, row["energy"], styles["number"])
        if row["notation"] is not None:
            sheet.write_string(number, 13, row["notation"])
    sheet.set_column(0, 3, 14, None, {"level": 1, "hidden": True})
    sheet.set_column(4, 13, 15)
    sheet.freeze_panes(1, 0)


def _sum_if(key: str, criterion: str, wanted: str, height: int) -> str:
    last = height + 1
    keys, values = _LETTERS[key], _LETTERS[wanted]
    return f"SUMIF('{ROWS}'!${keys}$2:${keys}${last},{criterion},'{ROWS}'!${values}$2:${values}${last})"


def _added(rows: pl.DataFrame, name: str) -> float | None:
    """Add a column; nothing to add is no figure, and never zero."""
    values = rows[name].drop_nulls()
    return float(values.sum()) if values.len() else None


class _Table1:
    """Writes table 1: every code of the guideline, parents as sums of the cells below them."""

    def __init__(self, sheet: Any, content: Content, rows: pl.DataFrame, styles: Mapping[str, Any]) -> None:
        self.sheet, self.content, self.rows, self.styles = sheet, content, rows, styles
        # Position of a code and column to its figure.
        self.values: dict[tuple[str, int], float | None] = {}
        self.at: dict[str, int] = {}
        self.last = 3 + len(COLUMNS)

    def place(self, first: int) -> int:
        """Give each line its row: two totals, the codes, then what stands apart; give the first free row."""
        for number, code in enumerate(("with_land", "without_land", *(line.code for line in self.content.lines))):
            self.at[code] = first + number
        after = first + len(self.at) + 1
        self.at |= {line.code: after + number for number, line in enumerate(self.content.apart)}
        return after + len(self.content.apart)

    def children(self, code: str | None) -> list[str]:
        """Codes directly below a code."""
        return [line.code for line in self.content.lines if line.parent == code]

    def direct(self, code: str, column: int) -> float | None:
        """Sum of the rows that stand at a code itself."""
        mine = self.rows.filter(pl.col("line") == code)
        if column == self.last:
            # Biogenic CO2 has mass and no weight: no figure in CO2e, which is not the same as zero.
            return _added(mine.filter(pl.col("gwp") > 0), "co2e")
        gas = COLUMNS[column - 3]
        return _added(mine.filter(pl.col("family") == gas), "mass" if gas in MASS_GASES else "co2e")

    def compute(self, line: Line) -> None:
        """Compute a line from its rows and the lines below it, which come first."""
        for column in range(3, self.last + 1):
            parts = [self.values[(code, column)] for code in self.children(line.code)]
            parts += [_wan(self.direct(line.code, column))] if line.direct else []
            numbers = [part for part in parts if part is not None]
            self.values[(line.code, column)] = sum(numbers) if numbers else None

    def write(self, line: Line) -> None:
        """Write a line with its live sums."""
        row = self.at[line.code]
        style = "sum" if line.parent is None and line in self.content.lines else "number"
        self.sheet.write_string(row, 0, line.code)
        name = self.styles[f"indent{min(line.depth, 3)}"]
        self.sheet.write_string(row, 1, line.name_zh, name)
        self.sheet.write_string(row, 2, line.name_en, name)
        below = self.children(line.code) if line in self.content.lines else []
        for column in range(3, self.last + 1):
            value = self.values[(line.code, column)]
            if value is None:
                continue
            parts = []
            if below:
                parts.append(f"SUM({','.join(xl_rowcol_to_cell(self.at[code], column) for code in below)})")
            if line.direct:
                parts.append(self.formula(row, column))
            self.sheet.write_formula(row, column, "=" + "+".join(parts), self.styles[style], value)
        noted = self.rows.filter((pl.col("line") == line.code) & pl.col("notation").is_not_null())["notation"]
        if noted.len():
            self.sheet.write_string(row, self.last + 1, "; ".join(noted.unique().sort().to_list()))

    def formula(self, row: int, column: int) -> str:
        """Live sum of the rows that stand at the code of a row."""
        if column == self.last:
            return _sum_if("key_line", f'"P"&$A{row + 1}', "co2e", self.rows.height) + f"/{WAN:.0f}"
        gas = COLUMNS[column - 3]
        wanted = "mass" if gas in MASS_GASES else "co2e"
        return _sum_if("key_gas", f'"P"&$A{row + 1}&"|{gas}"', wanted, self.rows.height) + f"/{WAN:.0f}"

    def write_total(self, code: str, chinese: str, english: str, tops: list[str]) -> None:
        """Write one of the two totals."""
        row = self.at[code]
        self.sheet.write_string(row, 1, chinese, self.styles["bold"])
        self.sheet.write_string(row, 2, english, self.styles["bold"])
        for column in range(3, self.last + 1):
            numbers = [value for top in tops if (value := self.values[(top, column)]) is not None]
            self.values[(code, column)] = sum(numbers) if numbers else None
            if not numbers:
                continue
            cells = ",".join(xl_rowcol_to_cell(self.at[top], column) for top in tops)
            self.sheet.write_formula(row, column, f"=SUM({cells})", self.styles["sum"], sum(numbers))


def _wan(value: float | None) -> float | None:
    return None if value is None else value / WAN


def write_table_1(sheet: Any, content: Content, rows: pl.DataFrame, styles: Mapping[str, Any], places: Places) -> None:
    """Write table 1 and note where its totals stand."""
    sheet.write_string(0, 0, f"表1 {content.time} 年温室气体排放总量", styles["title"])
    sheet.write_string(
        1, 0, f"Table 1. Greenhouse gas emissions of {content.time}; CO2e by {content.metric}", styles["small"]
    )
    table = _Table1(sheet, content, rows, styles)
    heads = ["代码\ncode", "部门\nsector", "Sector", *[_GAS_HEADS[gas] for gas in COLUMNS],
             "合计（万t CO2当量）\ntotal (10⁴ t CO2e)", "标记\nnotation"]  # fmt: skip
    sheet.set_row(2, HEAD_HEIGHT)
    for column, text in enumerate(heads):
        sheet.write_string(2, column, text, styles["head"])
    end = table.place(3)
    for line in (*reversed(content.lines), *content.apart):
        table.compute(line)
    tops = [code for code in table.children(None) if code != MEMO]
    table.write_total("with_land", "总量（包括土地利用变化和林业）", "Total with land-use change and forestry", tops)
    table.write_total("without_land", "总量（不包括土地利用变化和林业）", "Total without land-use change and forestry",
                      [code for code in tops if code != LAND])  # fmt: skip
    for line in (*content.lines, *content.apart):
        table.write(line)
    if content.apart:
        text = "清单以外、账户以内（不计入总量） / in the account and outside this list, in no total"
        sheet.write_string(table.at[content.apart[0].code] - 1, 0, text, styles["bold"])
    note = "空格表示账户中没有该项数据，不等于零。 / An empty cell is no figure of the account; it is not zero."
    sheet.write_string(end + 1, 0, note, styles["small"])
    for name in ("with_land", "without_land", ENERGY, LAND, MEMO, *(line.code for line in content.apart)):
        places.note(name, TABLE_1, table.at[name], table.last, table.values[(name, table.last)] or 0.0)
    sheet.set_column(0, 0, 9)
    sheet.set_column(1, 1, 36)
    sheet.set_column(2, 2, 44)
    sheet.set_column(3, table.last + 1, 16)
    sheet.freeze_panes(3, 3)


def write_table_2(
    sheet: Any, content: Content, rows: pl.DataFrame, result: StudyResult, styles: Mapping[str, Any], places: Places
) -> None:
    """Write table 2: what is burnt under energy activities, fuel by fuel, with its heat and gases."""
    sheet.write_string(0, 0, f"表2 {content.time} 年能源活动（分品种）", styles["title"])
    sheet.write_string(1, 0, "Table 2. Energy activities by fuel or process", styles["small"])
    heads = ("序号\nno.", "品种\nfuel", "Fuel", "消费量\namount", "单位\nunit", "热量（TJ）\nheat", "折标煤（万tce）\n10⁴ tce",
             "二氧化碳（万t）\nCO2 (10⁴ t)", "甲烷（万t）\nCH4 (10⁴ t)", "氧化亚氮（万t）\nN2O (10⁴ t)",
             "合计（万t CO2当量）\ntotal (10⁴ t CO2e)")  # fmt: skip
    sheet.set_row(2, HEAD_HEIGHT)
    for column, text in enumerate(heads):
        sheet.write_string(2, column, text, styles["head"])
    sums: dict[int, float] = {}
    first = 3
    for index, fuel in enumerate(content.fuels.iter_rows(named=True)):
        row = first + index
        sheet.write_number(row, 0, fuel["number"])
        sheet.write_string(row, 1, result.label(fuel["activity"], "zh"))
        sheet.write_string(row, 2, result.label(fuel["activity"]))
        if fuel["amount"] is not None:
            sheet.write_number(row, 3, fuel["amount"], styles["number"])
        if fuel["unit"]:
            sheet.write_string(row, 4, fuel["unit"])
        if fuel["energy"] is not None:
            sheet.write_number(row, 5, fuel["energy"] / 1000.0, styles["number"])
            coal = fuel["energy"] / TCE_IN_GJ / WAN
            sheet.write_formula(row, 6, f"=F{row + 1}*1000/{TCE_IN_GJ}/{WAN:.0f}", styles["number"], coal)
            _add(sums, 5, fuel["energy"] / 1000.0)
            _add(sums, 6, coal)
        _write_gases(sheet, row, rows.filter(pl.col("key_fuel") == f"F{fuel['number']}"), rows.height, styles, sums)
    last = first + content.fuels.height
    sheet.write_string(last, 1, "合计", styles["bold"])
    sheet.write_string(last, 2, "Total", styles["bold"])
    for column, value in sorted(sums.items()):
        cells = f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(max(last - 1, first), column)}"
        sheet.write_formula(last, column, f"=SUM({cells})", styles["sum"], value)
    places.note("fuels", TABLE_2, last, 10, sums.get(10, 0.0))
    sheet.set_column(0, 0, 7)
    sheet.set_column(1, 10, 18)
    sheet.freeze_panes(3, 3)


def _add(sums: dict[int, float], column: int, value: float) -> None:
    """Add to a column; one without any figure stays without a sum."""
    sums[column] = sums.get(column, 0.0) + value


def _write_gases(
    sheet: Any, row: int, mine: pl.DataFrame, height: int, styles: Mapping[str, Any], sums: dict[int, float]
) -> None:
    """Write the gases of a fuel as live sums over the rows."""
    for column, gas in ((7, "CO2"), (8, "CH4"), (9, "N2O"), (10, "")):
        part = mine if not gas else mine.filter(pl.col("family") == gas)
        value = _added(part, "mass" if gas else "co2e")
        if value is None:
            continue
        key, criterion = ("key_fuel_gas", f'"F"&$A{row + 1}&"|{gas}"') if gas else ("key_fuel", f'"F"&$A{row + 1}')
        formula = _sum_if(key, criterion, "mass" if gas else "co2e", height)
        sheet.write_formula(row, column, f"={formula}/{WAN:.0f}", styles["number"], value / WAN)
        _add(sums, column, value / WAN)
