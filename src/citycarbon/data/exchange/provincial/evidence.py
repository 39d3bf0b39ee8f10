"""The evidence sheets of the provincial workbook: activity data, factors, uncertainty and quality, verification.

Comes in: the content of the summary, the result and an open workbook. Goes out: tables 3 to 5 with typed cells. Not for: sums by
sector and fuel (:mod:`citycarbon.data.exchange.provincial.sums`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.results import StudyResult
from citycarbon.core.sums import whole
from citycarbon.data.classifications import classification
from citycarbon.data.exchange.provincial.content import ENERGY, LAND, MEMO, VIEW, Content
from citycarbon.data.exchange.provincial.sums import HEAD_HEIGHT, ROWS, SCOPE_TEXT, WAN, Places
from citycarbon.data.references import citation

LARGEST = 1_000_000
"""Rows of evidence that a sheet can hold."""
LONGEST = 32_000
"""Signs that a cell can hold."""
_SEVERITY = {"ok": "一致 ok", "note": "说明 note", "caveat": "限制 caveat", "misfit": "不符 misfit"}
_TWO_SIDED = 1.96
"""Standard deviations of a 95 % interval."""
_CLOSE = 1e-9


def write_grid(
    sheet: Any, first: int, heads: Sequence[str], cells: Sequence[Sequence[Any]], styles: Mapping[str, Any]
) -> int:
    """Write a heading and typed cells below it; give the first free row."""
    sheet.set_row(first, HEAD_HEIGHT)
    for column, text in enumerate(heads):
        sheet.write_string(first, column, text, styles["head"])
    for row, line in enumerate(cells, start=first + 1):
        for column, cell in enumerate(line):
            if isinstance(cell, bool) or cell is None:
                continue
            if isinstance(cell, int):
                sheet.write_number(row, column, cell)
            elif isinstance(cell, float):
                sheet.write_number(row, column, cell, styles["number"])
            else:
                sheet.write_string(row, column, str(cell)[:LONGEST])
    return first + 1 + len(cells)


def write_activity(sheet: Any, content: Content, result: StudyResult, styles: Mapping[str, Any]) -> None:
    """Write table 3-1: the activity rows of the year."""
    sheet.write_string(0, 0, f"表3-1 {content.time} 年活动数据", styles["title"])
    sheet.write_string(1, 0, "Table 3-1. Activity data with their source", styles["small"])
    heads = ("地点\nplace", "部门代码\nsector", "部门\nsector name", "活动\nactivity", "数量\namount", "单位\nunit", "标准差\nsd",
             "数据质量\nquality", "时间\ntime", "步骤\nstep", "来源（文件:行）\nsource (file:row)")  # fmt: skip
    zh = result.label
    rows = content.activity.sort("sector", "activity", "place", "provenance_id").head(LARGEST)
    cells = [
        (zh(r["place"], "zh"), r["sector"], zh(r["sector"], "zh"), zh(r["activity"], "zh"), r["value"], r["unit"], r["sd"],
         r["quality"], r["time"], r["step"], r["provenance_id"])
        for r in rows.iter_rows(named=True)
    ]  # fmt: skip
    end = write_grid(sheet, 2, heads, cells, styles)
    if content.activity.height > LARGEST:
        text = (
            f"仅列前 {LARGEST} 行，共 {content.activity.height} 行 / first {LARGEST} of {content.activity.height} rows"
        )
        sheet.write_string(end, 0, text, styles["bold"])
    sheet.set_column(0, 10, 18)
    sheet.freeze_panes(3, 0)


def write_factors(sheet: Any, result: StudyResult, styles: Mapping[str, Any]) -> None:
    """Write table 3-2: the factors of the account with their sources."""
    sheet.write_string(0, 0, "表3-2 排放因子及参数", styles["title"])
    sheet.write_string(1, 0, "Table 3-2. Emission factors and parameters with their source", styles["small"])
    heads = ("因子标识\nfactor", "物理量\nquantity", "活动\nactivity", "气体\ngas", "区域\nregion", "起\nfrom", "止\nto",
             "数值\nvalue", "单位\nunit", "标准差\nsd", "版本\nedition", "质量\nquality", "许可\nlicence", "来源\nsource",
             "备注\nnote")  # fmt: skip
    cells = [
        (r["factor_id"], r["quantity"], result.label(r["activity"], "zh"), r["gas"], r["region"], r["valid_from"], r["valid_to"],
         r["value"], r["unit"], r["sd"], r["edition"], r["quality"], r["licence"], citation(r["source"]) if r["source"] else None,
         r["note"])
        for r in result.tables["factors"].sort("factor_id").iter_rows(named=True)
    ]  # fmt: skip
    write_grid(sheet, 2, heads, cells, styles)
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 12, 15)
    sheet.set_column(13, 14, 60)
    sheet.freeze_panes(3, 1)


def write_spread(sheet: Any, content: Content, result: StudyResult, styles: Mapping[str, Any]) -> None:
    """Write table 4: standard deviations by code, draws, and grades of quality."""
    sheet.write_string(0, 0, "表4 不确定性与数据质量", styles["title"])
    sheet.write_string(1, 0, "Table 4. Uncertainty and data quality", styles["small"])
    heads = ("代码\ncode", "部门\nsector", "Sector", "范围\nscope", "排放量（万t CO2当量）\nemissions (10⁴ t CO2e)",
             "标准差（万t）\nsd (10⁴ t)", "95% 相对不确定性（±%）\n95 % interval (± %)",
             "标准差覆盖率\nshare with sd")  # fmt: skip
    tree = classification(VIEW)
    lines: list[tuple[Any, ...]] = [
        (r["code"], tree.label(r["code"], "zh"), tree.label(r["code"], "en"), SCOPE_TEXT[r["scope"]],
         *_in_wan(r["value"], r["sd"]), None, r["sd_coverage"])
        for r in content.spread.iter_rows(named=True)
    ]  # fmt: skip
    whole = _headline(content, result)
    if whole is not None:
        named = f"账户总量（按 {result.meta['scopes']}）"
        lines.append(("", named, "Total of the account", "", *_in_wan(whole["value"], whole.get("sd")), None, None))
    end = write_grid(sheet, 2, heads, lines, styles)
    for row, line in enumerate(lines, start=3):
        value, sd = line[4], line[5]
        if sd is not None and value:
            half = _TWO_SIDED * sd / abs(value) * 100
            sheet.write_formula(row, 6, f"={_TWO_SIDED}*F{row + 1}/ABS(E{row + 1})*100", styles["percent"], half)
    end = _write_draws(sheet, end + 1, content, result, styles)
    _write_quality(sheet, end + 1, content, result, styles)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 2, 36)
    sheet.set_column(3, 8, 18)


def _in_wan(value: float | None, sd: float | None) -> tuple[float | None, float | None]:
    return None if value is None else value / WAN, None if sd is None else sd / WAN


def _headline(content: Content, result: StudyResult) -> dict[str, Any] | None:
    """Give the total of the account for the chosen year, scenario and basis."""
    wanted = {"time": content.time, "scenario": content.scenario, "basis": content.basis}
    return next(
        (each for each in result.meta["totals"] if all(each[key] == word for key, word in wanted.items())), None
    )


def _write_draws(sheet: Any, first: int, content: Content, result: StudyResult, styles: Mapping[str, Any]) -> int:
    drawn = result.tables.get("uncertainty")
    if drawn is None:
        sheet.write_string(
            first, 0, "研究未要求蒙特卡洛模拟。 / The study asks for no Monte Carlo draws.", styles["small"]
        )
        return first + 1
    wanted = {"time": content.time, "scenario": content.scenario, "basis": content.basis}
    mine = drawn.filter(pl.col(name) == word for name, word in wanted.items())
    heads = ("研究部门代码\nsector of the study", "部门\nsector", "Sector", "抽样次数\ndraws", "均值（万t）\nmean",
             "标准差（万t）\nsd", "5%", "50%", "95%")  # fmt: skip
    cells = [
        (r["sector"], "合计" if r["sector"] == "total" else result.label(r["sector"], "zh"), result.label(r["sector"]),
         r["draws"], *[r[name] / WAN for name in ("mean", "sd", "p05", "p50", "p95")])
        for r in mine.iter_rows(named=True)
    ]  # fmt: skip
    sheet.write_string(first, 0, "蒙特卡洛模拟 Monte Carlo（万t CO2当量）", styles["bold"])
    return write_grid(sheet, first + 1, heads, cells, styles)


def _write_quality(sheet: Any, first: int, content: Content, result: StudyResult, styles: Mapping[str, Any]) -> None:
    """Count the grades of activity data and the marks of factors."""
    row = first
    graded_tables = {
        "活动数据质量 quality of activity data": content.activity,
        "因子质量 quality of factors": result.tables["factors"],
    }
    for title, frame in graded_tables.items():
        graded = frame.select(pl.col("quality").fill_null("未注明 not stated"))
        counted = graded.group_by("quality").agg(pl.len().cast(pl.Int64)).sort("quality")
        sheet.write_string(row, 0, title, styles["bold"])
        row = write_grid(sheet, row + 1, ("等级\ngrade", "行数\nrows"), counted.rows(), styles) + 1


@dataclass(frozen=True)
class _Live:
    """A check that recomputes: name, what it says, formula and stored value of both sides."""

    name: str
    text_zh: str
    text_en: str
    formula: str
    value: float
    expected: str
    expected_value: float


def write_checks(
    sheet: Any, content: Content, rows: pl.DataFrame, result: StudyResult, styles: Mapping[str, Any], places: Places
) -> None:
    """Write table 5: checks between the tables, which recompute, then those of the study."""
    sheet.write_string(0, 0, "表5 数据核查", styles["title"])
    sheet.write_string(1, 0, "Table 5. Verification; the first lines recompute (10⁴ t CO2e)", styles["small"])
    heads = ("核查项\ncheck", "内容\nwhat", "What", "数值\nvalue", "期望\nexpected", "结论\noutcome")
    for column, text in enumerate(heads):
        sheet.write_string(2, column, text, styles["head"])
    row = 3
    for check in _live_checks(content, rows, result, places):
        for column, text in enumerate((check.name, check.text_zh, check.text_en)):
            sheet.write_string(row, column, text)
        sheet.write_formula(row, 3, f"={check.formula}", styles["number"], check.value)
        if check.expected:
            sheet.write_formula(row, 4, f"={check.expected}", styles["number"], check.expected_value)
        else:
            sheet.write_number(row, 4, check.expected_value, styles["number"])
        agrees = abs(check.value - check.expected_value) <= _CLOSE * max(1.0, abs(check.expected_value))
        cells = f"ABS(D{row + 1}-E{row + 1})<={_CLOSE:.9f}*MAX(1,ABS(E{row + 1}))"
        outcome = "一致 ok" if agrees else "不符 misfit"
        sheet.write_formula(row, 5, f'=IF({cells},"一致 ok","不符 misfit")', None, outcome)
        row += 1
    listed = ("类别\nkind", "核查项\ncheck", "地点\nplace", "数值\nvalue", "期望\nexpected", "允差\ntolerance", "单位\nunit",
              "内容", "What")  # fmt: skip
    cells_of = [
        (_SEVERITY[c.severity], c.id, result.label(c.place, "zh") if c.place else "", c.value, c.expected, c.tolerance,
         c.unit, c.text[1], c.text[0])
        for c in result.checks
    ]  # fmt: skip
    write_grid(sheet, row + 1, listed, cells_of, styles)
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 2, 48)
    sheet.set_column(3, 6, 16)
    sheet.set_column(7, 8, 60)


def _live_checks(content: Content, rows: pl.DataFrame, result: StudyResult, places: Places) -> list[_Live]:
    """Give the checks between the tables: nothing is lost between rows, table 1, table 2 and the study's own total."""
    at, last = places.cells, rows.height + 1
    weights = f"'{ROWS}'!$L$2:$L${last}"
    parts = ["with_land", MEMO, *(line.code for line in content.apart)]
    made = [
        _Live("表1 = 数据", "总量、信息项与清单外各行之和等于全部数据", "total, memo items and lines apart are all rows",
              "+".join(at[name][0] for name in parts), sum(at[name][1] for name in parts),
              f"SUM({weights})/{WAN:.0f}", whole(rows, "co2e", free=["scope", "gas"]) / WAN),
        _Live("表1 两个总量", "两者之差等于土地利用变化和林业", "the totals differ by land-use change and forestry",
              f"{at['with_land'][0]}-{at['without_land'][0]}", at["with_land"][1] - at["without_land"][1], *at[LAND]),
        _Live("表2 = 表1", "分品种合计等于能源活动", "the sum of fuels is energy activities", *at["fuels"], *at[ENERGY]),
    ]  # fmt: skip
    total = _headline(content, result)
    if total is not None and total["value"] is not None:
        scopes = SCOPE_RULES[str(result.meta["scopes"])]
        sums = "+".join(f"SUMIF('{ROWS}'!$H$2:$H${last},\"{SCOPE_TEXT[scope]}\",{weights})" for scope in scopes)
        mine = whole(rows.filter(pl.col("scope").is_in(scopes)), "co2e", free=["scope", "gas"]) / WAN
        made.append(_Live("账户总量", f"数据按 {result.meta['scopes']} 之和等于研究的总量", "rows of its scopes are its total",
                          f"({sums})/{WAN:.0f}", mine, "", total["value"] / WAN))  # fmt: skip
    return made
