"""The provincial summary as a workbook: cover, five tables, and the rows that they add.

Comes in: a study result whose study names the view ``provincial``. Goes out: a workbook in Chinese with English beside it, typed
cells, live sums with stored values, and no formula out of input text. Its tables 1 to 5 give a bureau what its checks ask for:
totals, energy, evidence, uncertainty, verification. Not for: choosing what the figures are (``content``, ``sums``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.data.exchange.provincial import evidence, sums
from citycarbon.data.exchange.provincial.content import Content, provincial_content
from citycarbon.data.exchange.provincial.sums import ROWS, TABLE_1, TABLE_2
from citycarbon.data.library import warming_metric
from citycarbon.data.references import citation
from citycarbon.data.writers import whole_file

CREATED = datetime(2000, 1, 1)
COVER, ACTIVITY, FACTORS, SPREAD, CHECKS = "说明", "表3-1 活动数据", "表3-2 排放因子", "表4 不确定性", "表5 核查"


def write_provincial(
    path: Path, result: StudyResult, *, time: str | None = None, scenario: str | None = None, basis: str | None = None
) -> None:
    """Write the provincial summary of one year.

    Parameters
    ----------
    path
        Workbook to write; it ends in ``.xlsx``.
    result
        Result of a study with ``views: [{to: provincial}]``.
    time, scenario, basis
        Which year, scenario and alternative; each may be left out where the account has only one.

    Raises
    ------
    InputError
        If the study does not name the view, a choice is open, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise InputError("file_kind_unknown", Where(file=str(path)), path.suffix or "—", kinds=".xlsx")
    content = provincial_content(result, time=time, scenario=scenario, basis=basis)
    with whole_file(path) as fresh:
        _write(fresh, content, result)


def _write(fresh: Path, content: Content, result: StudyResult) -> None:
    import xlsxwriter

    rows, places = sums.keyed(content), sums.Places()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with fresh.open("wb") as stream, xlsxwriter.Workbook(stream, options) as book:
        # Every formula is written with its result, which a reader may trust as it stands.
        book.calc_on_load = False
        book.set_properties({"title": str(result.meta["title"]["zh"]), "comments": "citycarbon", "created": CREATED})
        styles = _styles(book)
        sheets = {
            name: book.add_worksheet(name)
            for name in (COVER, TABLE_1, TABLE_2, ACTIVITY, FACTORS, SPREAD, CHECKS, ROWS)
        }
        _write_cover(sheets[COVER], content, result, styles)
        sums.write_table_1(sheets[TABLE_1], content, rows, styles, places)
        sums.write_table_2(sheets[TABLE_2], content, rows, result, styles, places)
        evidence.write_activity(sheets[ACTIVITY], content, result, styles)
        evidence.write_factors(sheets[FACTORS], result, styles)
        evidence.write_spread(sheets[SPREAD], content, result, styles)
        evidence.write_checks(sheets[CHECKS], content, rows, result, styles, places)
        sums.write_rows(sheets[ROWS], rows, result, styles)
        for sheet in book.worksheets():
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)


def _styles(book: Any) -> dict[str, Any]:
    made = {
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "align": "center", "bottom": 1}),
        "title": book.add_format({"bold": True, "font_size": 15}),
        "small": book.add_format({"italic": True, "font_color": "#555555"}),
        "bold": book.add_format({"bold": True}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "number": book.add_format({"num_format": "#,##0.0000##"}),
        "percent": book.add_format({"num_format": "0.0"}),
        "sum": book.add_format({"bold": True, "num_format": "#,##0.0000##", "top": 1}),
    }
    return made | {f"indent{depth}": book.add_format({"indent": depth, "bold": depth == 0}) for depth in range(4)}


def _write_cover(sheet: Any, content: Content, result: StudyResult, styles: Mapping[str, Any]) -> None:
    meta = result.meta
    sources = "；".join(citation(key) for key in warming_metric(content.metric).sources)
    sheet.write_string(0, 0, f"{meta['title']['zh']} {content.time} 年温室气体清单汇总表", styles["title"])
    sheet.write_string(
        1, 0, f"{meta['title']['en']}: summary of the greenhouse gas inventory {content.time}", styles["bold"]
    )
    facts = [
        ("年份 year", content.time), ("情景 scenario", content.scenario), ("口径 basis", content.basis),
        ("增温潜势 warming potentials", f"{content.metric}（{sources}）"),
        ("研究的总量口径 scopes of the study", meta["scopes"]), ("软件 software", f"citycarbon {meta['citycarbon']}"),
        ("说明 summary", meta["summary"]["zh"]), ("", meta["summary"]["en"]),
    ]  # fmt: skip
    row = 3
    for name, text in facts:
        sheet.write_string(row, 0, name, styles["bold"])
        sheet.write_string(row, 1, str(text)[: evidence.LONGEST], styles["wrap"])
        row += 1
    notes = (
        ("部门按省级温室气体清单编制指南；表1 只计范围一排放与碳汇，信息项（M）不计入总量。",
         "Sectors of the provincial guideline; table 1 counts scope 1 and sinks, memo items (M) are in no total."),
        ("调入（出）电力间接排放按全部外购电量计；若行政区内有上网发电，应扣除后以净调入量计。",
         "Indirect emissions of electricity are those of all electricity bought; where the area generates for the grid itself, "
         "take that off to have the net import."),
        ("表1、表2 为活公式，汇总“数据 rows”表；气体按质量，氟化气体按 CO2 当量。",
         "Tables 1 and 2 are live sums over the sheet “数据 rows”; gases in mass, fluorinated gases in CO2e."),
        ("空格表示没有数据，不等于零；标记 NE 未估算、NO 不发生、IE 已计入他处、C 保密。",
         "An empty cell is no figure and not zero; NE not estimated, NO not occurring, IE included elsewhere, C confidential."),
    )  # fmt: skip
    row += 1
    for chinese, english in notes:
        sheet.write_string(row, 0, "注 note", styles["bold"])
        sheet.set_row(row, 48)
        sheet.write_string(row, 1, f"{chinese}\n{english}", styles["wrap"])
        row += 1
    row += 1
    inputs = [[o.name, o.sheet, o.rows, o.encoding, o.sha256] for o in result.origins]
    evidence.write_grid(
        sheet, row, ("输入文件\ninput file", "工作表\nsheet", "行数\nrows", "编码\nencoding", "SHA-256"), inputs, styles
    )
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 90)
    sheet.set_column(2, 4, 16)
