"""``report.xlsx``: typed cells, totals that recompute, and no formula that came from input text.

Comes in: a study result. Goes out: a workbook with a summary, totals by sector and scope that are live sums over the rows,
the rows themselves, factors, checks and inputs; headings in Chinese and English. Not for: computing anything new.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.results import StudyResult
from citycarbon.core.sums import added
from citycarbon.data.references import citation

HEADINGS = {
    "place": "地点 place", "time": "年份 time", "sector": "部门 sector", "activity": "活动 activity", "scope": "范围 scope",
    "gas": "气体 gas", "scenario": "情景 scenario", "basis": "口径 basis", "value": "排放量 t CO2e", "sd": "标准差 sd",
    "notation": "标记 notation", "method": "方法 method", "provenance_id": "来源行 source row", "factor_id": "因子 factor",
    "rule": "匹配规则 rule", "energy": "热量 energy GJ", "standard_coal": "折标煤 tce", "unit": "单位 unit",
    "quantity": "物理量 quantity", "region": "区域 region", "valid_from": "起 from", "valid_to": "止 to",
    "edition": "版本 edition", "source": "来源 source", "licence": "许可 licence", "quality": "质量 quality",
    "note": "备注 note", "citation": "引文 citation", "severity": "类别 kind", "id": "检查项 check", "expected": "刊印 expected",
    "tolerance": "允差 tolerance", "en": "English", "zh": "中文", "name": "文件 file", "sha256": "SHA-256", "rows": "行数 rows",
    "encoding": "编码 encoding", "sheet": "工作表 sheet", "place_name": "地点名称 place name",
    "sector_name": "部门名称 sector name",
    "measure": "指标 measure",
}  # fmt: skip
ROWS_SHEET = "明细 rows"
LARGEST = 1_000_000
CREATED = datetime(2000, 1, 1)


def write_workbook(result: StudyResult, path: Path) -> None:
    """Write ``report.xlsx``."""
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": False,
    }
    with path.open("wb") as stream, xlsxwriter.Workbook(stream, options) as book:
        # Every formula is written with its result, which a reader may trust as it stands.
        book.calc_on_load = False
        book.set_properties({"title": result.meta["title"]["en"], "comments": "citycarbon", "created": CREATED})
        styles = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "number": book.add_format({"num_format": "#,##0.000"}),
            "plain": book.add_format({"num_format": "0.######"}),
            "title": book.add_format({"bold": True, "font_size": 16}),
            "sum": book.add_format({"bold": True, "top": 1, "num_format": "#,##0.000"}),
            "bold": book.add_format({"bold": True, "top": 1}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        summary = book.add_worksheet("摘要 summary")
        totals = book.add_worksheet("合计 totals")
        rows = _rows(result)
        places = _place_of_columns(rows)
        _write_frame(book, ROWS_SHEET, rows, styles)
        _totals(totals, result, rows, places, styles)
        _summary(summary, result, styles)
        if "intensities" in result.tables:
            _write_frame(book, "强度 intensity", result.tables["intensities"], styles)
        factors = result.tables["factors"]
        named = factors.with_columns(pl.col("source").map_elements(citation, return_dtype=pl.String).alias("citation"))
        _write_frame(book, "因子 factors", named, styles)
        checks = pl.DataFrame([check.as_dict() for check in result.checks], infer_schema_length=None)
        if checks.height:
            wanted = ["severity", "place", "id", "value", "expected", "tolerance", "unit", "zh", "en"]
            _write_frame(book, "检查 checks", checks.select(wanted), styles)
        inputs = [{k: getattr(o, k) for k in ("name", "sheet", "rows", "encoding", "sha256")} for o in result.origins]
        _write_frame(book, "输入 inputs", pl.DataFrame(inputs), styles)
        for sheet in book.worksheets():
            # A printed sheet is one page wide.
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)


def _rows(result: StudyResult) -> pl.DataFrame:
    frame = result.tables["emissions_co2e"]
    columns = ["place", "time", "sector", "activity", "scope", "gas", "scenario", "basis", "value", "sd", "notation",
               "energy", "standard_coal", "method", "factor_id", "rule", "provenance_id"]  # fmt: skip
    frame = frame.select(columns).head(LARGEST)
    for source, name in (("place", "place_name"), ("sector", "sector_name")):
        words = {
            code: result.label(code, "zh") + " " + result.label(code, "en") for code in frame[source].unique().to_list()
        }
        frame = frame.with_columns(
            pl.col(source).replace_strict(words, default=None, return_dtype=pl.String).alias(name)
        )
    kept = [name for name in frame.columns if frame[name].null_count() < frame.height or name == "value"]
    return frame.select(kept)


def _place_of_columns(rows: pl.DataFrame) -> dict[str, str]:
    """Give the absolute range of each column of the rows sheet."""
    last = rows.height + 1
    sheet = f"'{ROWS_SHEET}'"
    letters = {name: xl_col_to_name(index, col_abs=True) for index, name in enumerate(rows.columns)}
    return {name: f"{sheet}!{letter}$2:{letter}${last}" for name, letter in letters.items()}


def _write_frame(book: Any, name: str, frame: pl.DataFrame, styles: dict[str, Any]) -> None:
    """Write a frame with typed cells: text as text, numbers as numbers, nothing as formula."""
    sheet = book.add_worksheet(name)
    for column, heading in enumerate(frame.columns):
        sheet.write_string(0, column, HEADINGS.get(heading, heading), styles["head"])
        cells = frame[heading].to_list()
        numeric = frame[heading].dtype.is_numeric()
        for row, cell in enumerate(cells, start=1):
            if cell is None:
                continue
            if numeric:
                sheet.write_number(
                    row, column, cell, styles["number" if heading in ("value", "sd", "energy") else "plain"]
                )
            else:
                sheet.write_string(row, column, str(cell)[:32_000])
        longest = max([len(str(cell)) for cell in cells[:200] if cell is not None] + [8])
        sheet.set_column(column, column, min(48, max(10, longest + 2)))
    sheet.freeze_panes(1, 0)
    if frame.height:
        sheet.autofilter(0, 0, frame.height, max(frame.width - 1, 0))


def _totals(
    sheet: Any, result: StudyResult, rows: pl.DataFrame, places: dict[str, str], styles: dict[str, Any]
) -> None:
    """Write sector by scope for every account, as live sums over the rows; the cached value is the computed one."""
    totals = result.tables["totals"]
    row = 0
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 36)
    sheet.set_column(2, 9, 16)
    for (scenario, basis), part in totals.filter(pl.col("view") == "sector_scope").group_by(
        "scenario", "basis", maintain_order=True
    ):
        mine = added(part, ["sector", "scope"])
        cells = {(sector, scope): value for sector, scope, value in mine.iter_rows()}
        sectors, found = sorted({key[0] for key in cells}), sorted({key[1] for key in cells})
        rule = SCOPE_RULES[result.meta["scopes"]]
        scopes, aside = [each for each in found if each in rule], [each for each in found if each not in rule]
        sheet.write_string(row, 0, "情景 scenario", styles["head"])
        sheet.write_string(row, 1, str(scenario), styles["head"])
        sheet.write_string(row, 2, "口径 basis", styles["head"])
        sheet.write_string(row, 3, str(basis), styles["head"])
        sheet.write_string(row, 4, "t CO2e", styles["head"])
        account = row
        row += 1
        heads = ["部门 sector", "名称 name", *[f"范围 scope {scope}" for scope in scopes], "合计 total"]
        heads += [f"不计入 not counted: {scope}" for scope in aside]
        for column, text in enumerate(heads):
            sheet.write_string(row, column, text, styles["head"])
        first = row + 1
        for sector in sectors:
            row += 1
            sheet.write_string(row, 0, sector)
            sheet.write_string(row, 1, f"{result.label(sector, 'zh')} {result.label(sector, 'en')}")
            placed = [*enumerate(scopes, start=2), *enumerate(aside, start=3 + len(scopes))]
            for column, scope in placed:
                formula = _sum_of_rows(places, rows, account, str(basis), row, scope)
                sheet.write_formula(row, column, formula, styles["number"], cells.get((sector, scope)) or 0.0)
            last = xl_rowcol_to_cell(row, 1 + len(scopes))
            across = f"=SUM({xl_rowcol_to_cell(row, 2)}:{last})"
            whole = sum(cells.get((sector, scope)) or 0.0 for scope in scopes)
            sheet.write_formula(row, 2 + len(scopes), across, styles["number"], whole)
        row += 1
        sheet.write_string(row, 0, "合计 total", styles["bold"])
        columns = [*([scope] for scope in scopes), scopes, *([scope] for scope in aside)]
        for column, chosen in enumerate(columns, start=2):
            down = f"=SUM({xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(row - 1, column)})"
            whole = sum(cells.get((sector, scope)) or 0.0 for sector in sectors for scope in chosen)
            sheet.write_formula(row, column, down, styles["sum"], whole)
        row += 3


def _sum_of_rows(places: dict[str, str], rows: pl.DataFrame, account: int, basis: str, row: int, scope: str) -> str:
    """SUMIFS over the rows sheet; rows of basis ``all`` belong to every alternative.

    Criteria point to cells, so that no text of the input becomes part of a formula.
    """

    def one(which: str) -> str:
        wanted = {"sector": f'"="&$A{row + 1}', "scope": f'"{scope}"', "scenario": f'"="&$B${account + 1}', "basis": which,
                  "gas": '"CO2e"'}  # fmt: skip
        tests = ",".join(f"{places[name]},{test}" for name, test in wanted.items() if name in rows.columns)
        return f"SUMIFS({places['value']},{tests})"

    chosen = f'"="&$D${account + 1}'
    return "=" + "+".join(one(which) for which in (['"all"'] if basis == "all" else ['"all"', chosen]))


def _summary(sheet: Any, result: StudyResult, styles: dict[str, Any]) -> None:
    meta = result.meta
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 6, 22)
    sheet.write_string(0, 0, meta["title"]["zh"], styles["title"])
    sheet.write_string(1, 0, meta["title"]["en"], styles["title"])
    sheet.write_string(2, 0, meta["summary"]["zh"])
    sheet.write_string(3, 0, meta["summary"]["en"])
    facts = [("增温潜势 GWP", meta["gwp"]), ("范围规则 scopes", meta["scopes"]), ("citycarbon", meta["citycarbon"])]
    for row, (name, text) in enumerate(facts, start=5):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, str(text))
    row = 6 + len(facts)
    for column, text in enumerate(("年份 time", "情景 scenario", "口径 basis", "排放量 t CO2e", "标准差 sd")):
        sheet.write_string(row, column, text, styles["head"])
    for each in meta["totals"]:
        row += 1
        for column, name in enumerate(("time", "scenario", "basis")):
            sheet.write_string(row, column, str(each[name]))
        if each["value"] is not None:
            sheet.write_number(row, 3, each["value"], styles["number"])
        if each.get("sd") is not None:
            sheet.write_number(row, 4, each["sd"], styles["number"])
