"""Three reported inventories: every row is recomputed or named with its reason; totals follow the rules of the GPC.

The data set is not part of the project. Without it these tests are skipped, and say so; in CI they fail instead.
"""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook

from citycarbon.core.results import StudyResult
from citycarbon.data.datasets import locate, missing_files
from citycarbon.data.examples import examples_folder
from citycarbon.data.exchange.citycatalyst import read_citycatalyst
from citycarbon.data.exchange.ecrf.writing import write_ecrf
from citycarbon.studies import service
from citycarbon.studies.assemble import run_to_result
from citycarbon.studies.exchange import export
from citycarbon.studies.run import execute

SET = "city_inventories_citycatalyst"
FILES = {
    "BR_ACZ": "inventory-BR_ACZ-2022.csv",
    "BR_ARC": "inventory-BR_ARC-2022.csv",
    "CL_ARI": "inventory-CL_ARI-2022.csv",
}
pytestmark = pytest.mark.skipif(
    bool(missing_files(SET)) and not os.environ.get("CI"),
    reason=f"data set {SET} is not here: citycarbon data get {SET}",
)


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return run_to_result(execute(examples_folder() / "gpc-three"))


def stated(place: str) -> list[dict[str, str]]:
    """Rows of a file as the standard library reads them."""
    with locate(SET, FILES[place]).open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("place", FILES)
def test_every_stated_total_is_in_the_account(place: str, result: StudyResult) -> None:
    whole = sum(float(row["Total Emissions"]) for row in stated(place) if row["Total Emissions"])
    rows = result.tables["emissions_co2e"].filter((pl.col("place") == place) & (pl.col("gas") == "CO2e"))
    assert rows["value"].sum() == pytest.approx(whole, rel=1e-12)
    assert rows.height == len(stated(place))
    keys = sum(1 for row in stated(place) if row["Notation Key"])
    assert rows["notation"].drop_nulls().len() == keys


@pytest.mark.parametrize("place", FILES)
def test_basic_by_the_numbers_alone(place: str, result: StudyResult) -> None:
    """BASIC: I and II with last digit 1 or 2 (I.4.4 out), III with last digit 1 or 2; BASIC+ adds .3 of I and II, IV and V."""
    basic = plus = 0.0
    for row in stated(place):
        sector, _, rest = row["GPC Reference Number"].partition(".")
        value, last = float(row["Total Emissions"] or 0), rest[-1]
        if sector in ("I", "II", "III") and last in "12":
            basic += value
        elif (sector in ("I", "II") and last == "3") or sector in ("IV", "V"):
            plus += value
    rows = result.tables["emissions_co2e"].filter(pl.col("place") == place)
    kept = rows.filter(pl.col("sector").str.contains(r"^(I|II|III)\.\d\.[12]$"))
    assert kept["value"].sum() == pytest.approx(basic, rel=1e-12)
    assert rows.filter(pl.col("gas") == "CO2e")["value"].sum() == pytest.approx(basic + plus, rel=1e-12)


def test_levels_of_all_three(result: StudyResult) -> None:
    levels = dict(result.tables["reporting_levels"].select("level", "value").iter_rows())
    (total,) = result.meta["totals"]
    assert levels["BASIC"] < levels["BASIC+"] == pytest.approx(total["value"], rel=1e-12)


def test_the_one_row_that_does_not_add_up_is_named(result: StudyResult) -> None:
    """IV.1 Chemical: 25,010.84 + 1,667.59 = 26,678.44 t of gases beside a stated total of 28,588.50 t."""
    (misfit,) = [check for check in result.checks if check.severity == "misfit"]
    assert misfit.place == "CL_ARI"
    assert "IV.1" in misfit.id
    assert misfit.value == pytest.approx(25010.84295 + 1667.594025, rel=1e-9)
    assert misfit.expected == pytest.approx(28588.499, abs=5e-4)


def test_every_other_row_is_checked_or_counted_with_its_reason(result: StudyResult) -> None:
    """Checked rows, and rows that allow no check, are together all rows of the three files."""
    checked = [c for c in result.checks if c.id.startswith(("sum of gases", "activity × factor"))]
    apart = [c for c in result.checks if c.id.startswith("not checked")]
    assert len(checked) + sum(int(c.value or 0) for c in apart) >= sum(len(stated(place)) for place in FILES)
    assert all(check.text[0] and check.text[1] for check in apart)


def test_every_view_has_the_total(result: StudyResult) -> None:
    for name in ("gpc", "ipcc2006", "crf"):
        assert next(c for c in result.checks if c.id == f"conservation.view.{name}").severity == "ok"


def cells(path: Path) -> dict[tuple[str, str], object]:
    """Every filled cell of a workbook, formulas by their stored value."""
    book = load_workbook(path, data_only=True)
    return {(sheet.title, cell.coordinate): cell.value for sheet in book for row in sheet.iter_rows() for cell in row
            if cell.value is not None}  # fmt: skip


def test_ecrf_to_study_to_ecrf_keeps_every_cell(tmp_path: Path) -> None:
    """A workbook with metadata, notation keys and three gases goes through a study and comes out cell by cell the same."""
    records, _ = read_citycatalyst(locate(SET, FILES["BR_ACZ"]), notation={"RN": "NE"})
    metadata = {
        "Name of city": "Cidade A",
        "Inventory year": "2022",
        "Country": "Brazil",
        "Global Warming Potential": "AR5",
    }
    first, study, second = tmp_path / "first.xlsx", tmp_path / "study", tmp_path / "second.xlsx"
    write_ecrf(first, metadata, records)
    study.mkdir()
    shutil.copy(first, study / "reported.xlsx")
    (study / "study.yaml").write_text(STUDY, "utf-8")
    service.run(study, tmp_path / "results")
    export(tmp_path / "results", "ecrf", second)
    before, after = cells(first), cells(second)
    assert before.keys() == after.keys()
    assert {key: value for key, value in before.items() if after[key] != value} == {}


STUDY = """
citycarbon: 1
id: round-trip
title: {en: Round trip, zh: 往返}
gwp: AR5-GWP100
classification: gpc
steps:
  - id: reported
    method: inventory.accounting.reported_inventory
    tables: {records: {file: reported.xlsx, format: ecrf, set: {place: A}}}
account: [reported]
"""
