"""Shanghai as CEADs printed it: cells add to printed totals, five views have one total, energy says what it is.

The data set is not part of the project. Without it these tests are skipped, and say so; in CI they fail instead.
"""

from __future__ import annotations

import csv
import os

import polars as pl
import pytest

from citycarbon.core.results import StudyResult
from citycarbon.data.datasets import locate, missing_files
from citycarbon.data.examples import examples_folder
from citycarbon.data.exchange.sector_fuel import read_sector_fuel
from citycarbon.inventory.accounting.reported.sector_fuel import sector_fuel_check
from citycarbon.studies.assemble import run_to_result
from citycarbon.studies.run import Run, execute

SET = "china_ceads"
PROVINCES = "ceads_province_sector_fuel_selected_years.csv"
NATIONAL = "ceads_national_sector_fuel_1997_2019.xlsx"
VIEWS = ("gpc", "ipcc2006", "provincial", "spatial", "tokyo")
pytestmark = pytest.mark.skipif(
    bool(missing_files(SET)) and not os.environ.get("CI"),
    reason=f"data set {SET} is not here: citycarbon data get {SET}",
)


@pytest.fixture(scope="module")
def run() -> Run:
    return execute(examples_folder() / "shanghai")


@pytest.fixture(scope="module")
def result(run: Run) -> StudyResult:
    return run_to_result(run)


def printed() -> dict[str, float]:
    """Scope 1 totals of Shanghai by year, read by the standard library alone [t]."""
    with locate(SET, PROVINCES).open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["province"] == "Shanghai" and row["sector"] == "TOTAL"]
    return {row["year"]: float(row["Scope_1_Total"]) * 1e6 for row in rows}


def test_the_account_is_the_printed_total_within_the_rounding_of_its_cells(result: StudyResult) -> None:
    """Cells are printed to 10 t; 47 × 18 of them may miss the total by 4,230 t, and miss it by less than 100."""
    totals = {row["time"]: row["value"] for row in result.meta["totals"]}
    assert totals.keys() == printed().keys() == {"2000", "2005", "2010", "2015", "2017", "2019"}
    for year, value in printed().items():
        assert totals[year] == pytest.approx(value, abs=200)


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_has_the_total_of_the_account(result: StudyResult, name: str) -> None:
    views = result.tables["views"].filter(pl.col("list") == name)
    sums = dict(views.group_by("time").agg(pl.col("value").sum()).iter_rows())
    for row in result.meta["totals"]:
        assert sums[row["time"]] == pytest.approx(row["value"], rel=1e-9)
    checks = {check.id: check for check in result.checks}
    assert checks[f"conservation.view.{name}"].severity == "ok"


def test_flows_add_to_the_account(result: StudyResult) -> None:
    sums = dict(result.tables["flows"].group_by("time").agg(pl.col("value").sum()).iter_rows())
    for row in result.meta["totals"]:
        assert sums[row["time"]] == pytest.approx(row["value"], rel=1e-9)


def test_what_tokyo_has_no_place_for_is_named(result: StudyResult) -> None:
    (residual,) = [check for check in result.checks if check.id == "view.residual.tokyo"]
    assert "Production and Supply of Electric Power" in residual.text[0]
    assert "no end use" in residual.text[0]


def test_the_national_workbook_adds_up_for_every_year_and_fuel() -> None:
    """23 years of 21 columns, 47 sectors and a total: every printed total within 1e-6 of its cells."""
    matrix, origin = read_sector_fuel(locate(SET, NATIONAL), place="China")
    found = sector_fuel_check(matrix).to_polars()
    assert found["item"].to_list() == [str(year) for year in range(1997, 2020)]
    assert set(found["verdict"]) == {"agrees"}
    assert float(found["value"].max()) < 1e-7  # type: ignore[arg-type]
    assert origin.rows == 23 * 48 * 22


def test_a_changed_cell_is_found() -> None:
    matrix, _ = read_sector_fuel(locate(SET, NATIONAL), place="China")
    rows = matrix.to_polars()
    hit = (rows["time"] == "2010") & (rows["sector"] == "urban") & (rows["activity"] == "lpg")
    changed = type(matrix)(
        rows.with_columns(pl.when(hit).then(pl.col("value") * 1.01).otherwise("value").alias("value"))
    )
    found = sector_fuel_check(changed).to_polars().filter(pl.col("verdict") == "misfit")
    assert found["item"].to_list() == ["2010", "2010 · lpg", "2010 · total", "2010 · urban"]


def test_energy_says_that_it_is_worked_back(result: StudyResult) -> None:
    energy = result.tables["step_energy"]
    assert set(energy["quality"]) == {"L: back-calculated from emissions, no statistic"}
    gas = energy.filter((pl.col("time") == "2019") & (pl.col("activity") == "natural_gas"))["value"].sum()
    assert gas == pytest.approx(19.69286e6 / (0.0153 * 0.99 * 44 / 12), rel=1e-6)


def test_the_trend_of_each_sector_is_that_of_the_account(run: Run) -> None:
    """The paths continue the rates of 2010 to 2019 to 2035: computed again from the account, group by group."""
    folder = examples_folder() / "shanghai"
    movers = pl.read_csv(folder / "movers.csv")
    group = {
        code: row["formula"].split(" activity")[0]
        for row in movers.iter_rows(named=True)
        for code in row["sector"].split("|")
    }
    rows = run.tables["inventory"].to_polars().with_columns(pl.col("sector").cast(pl.String))
    rows = rows.with_columns(pl.col("sector").replace_strict(group, default=group["*"]).alias("group"))
    sums = rows.group_by("group", "time").agg(pl.col("value").sum())
    of = {(name, time): value for name, time, value in sums.iter_rows()}
    paths = pl.read_csv(folder / "paths.csv", infer_schema=False)
    trend = paths.filter((pl.col("time") == "2035") & (pl.col("scenario") == "all"))
    assert trend.height == len(set(group.values()))
    for driver, value in trend.select("driver", "value").iter_rows():
        name = driver.removesuffix(" activity")
        expected = (of[name, "2019"] / of[name, "2010"]) ** (16 / 9)
        assert float(value) == (1.0 if name == "gas supply" else pytest.approx(expected, abs=5e-4)), name


def test_the_projection_begins_with_the_inventory(run: Run) -> None:
    projected = run.tables["projected"].to_polars()
    first = projected.filter((pl.col("time") == "2019") & (pl.col("scenario") == "baseline"))["value"].sum()
    inventory = run.tables["inventory"].to_polars().filter(pl.col("time") == "2019")
    in_tonnes = {"t": 1.0, "kt": 1e3, "Mt": 1e6}[inventory["unit"][0]]
    assert first == pytest.approx(inventory["value"].sum() * in_tonnes, rel=1e-12)
    notes = run.tables["outcomes-to-2060"].to_polars()["note_en"]
    assert notes.str.contains("2011–2014").all(), "the peak may lie in years that CEADs does not print"
