"""The workbook: typed cells, live totals that agree with the computed ones, no formula from input text."""

from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook

from citycarbon.core.results import StudyResult
from citycarbon.interfaces.reports.workbook import write_workbook
from citycarbon.studies import service

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def result():
    """The toy city, computed once."""
    return service.validate(ROOT / "examples" / "toy-city")


def test_totals_are_formulas_whose_cached_values_are_the_computed_totals(result, tmp_path):
    path = tmp_path / "report.xlsx"
    write_workbook(result, path)
    live = load_workbook(path)["合计 totals"]
    cached = load_workbook(path, data_only=True)["合计 totals"]
    formulas = [cell for row in live.iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert any("SUMIFS" in cell.value for cell in formulas)
    rows = list(cached.iter_rows(values_only=True))
    column = next(row for row in rows if row[0] == "部门 sector").index("合计 total")
    sums = {row[0]: row[column] for row in rows if row[0]}
    assert sums["合计 total"] == pytest.approx(result.meta["totals"][0]["value"], rel=1e-12)


def test_live_sums_recompute_from_the_rows(result, tmp_path):
    path = tmp_path / "report.xlsx"
    write_workbook(result, path)
    book = load_workbook(path, data_only=True)
    rows = list(book["明细 rows"].iter_rows(values_only=True))
    head = [name.split(" ")[-1] if name != "排放量 t CO2e" else "value" for name in rows[0]]
    sector, scope = head.index("sector"), head.index("scope")
    found: dict[tuple[str, str], float] = {}
    gas = head.index("gas")
    for row in (row for row in rows[1:] if row[gas] == "CO2e"):
        key = (row[sector], row[scope])
        found[key] = found.get(key, 0.0) + (row[head.index("value")] or 0.0)
    totals = result.tables["totals"].filter(pl.col("view") == "sector_scope")
    for name, number, value in totals.drop_nulls("value").select("sector", "scope", "value").iter_rows():
        assert found[(name, number)] == pytest.approx(value, rel=1e-9)


def test_numbers_are_numbers(result, tmp_path):
    path = tmp_path / "report.xlsx"
    write_workbook(result, path)
    sheet = load_workbook(path)["明细 rows"]
    column = [cell.value for cell in sheet[1]].index("排放量 t CO2e")
    notation = [cell.value for cell in sheet[1]].index("标记 notation")
    cells = [(row[column].value, row[notation].value) for row in sheet.iter_rows(min_row=2)]
    assert all(isinstance(value, (int, float)) or (value is None and key) for value, key in cells)


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", '=HYPERLINK("http://x")', '"&A1&"'])
def test_no_formula_comes_from_input_text(result, tmp_path, text):
    tables = {
        name: frame.with_columns(
            pl.lit(text).alias(column) for column in frame.columns if column in ("place", "scenario")
        )
        for name, frame in result.tables.items()
    }
    hostile = StudyResult(result.meta, tables, result.layers, result.origins, result.checks, result.labels)
    path = tmp_path / "report.xlsx"
    write_workbook(hostile, path)
    for sheet in load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert text not in cell.value
                    assert cell.value.startswith(("=SUM(", "=SUMIFS("))


def test_same_result_gives_the_same_bytes(result, tmp_path):
    write_workbook(result, tmp_path / "a.xlsx")
    write_workbook(result, tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
