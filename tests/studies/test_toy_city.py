"""The toy city by hand: every step from first principles, activity data and factors typed in, to 1e-9.

Factors: GB/T 2589-2008 calorific values; provincial guideline 2011 carbon contents and oxidation; MEE 2022 factor of Jiangsu;
enterprise guides for heat (0.11 t/GJ, hot water 4.1868 kJ/(kg K)); HJ 76-2017; GB/T 51366-2019 for water; ASHRAE 34 for R-410A;
IPCC 2006 leak rate; CCICED 2021 for works; AR6 GWP100. The saturated steam of 1 MPa has 2777.12 kJ/kg (IAPWS-IF97 tables).
"""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.results import StudyResult
from citycarbon.data.examples import TEMPLATE, examples_folder
from citycarbon.studies import service
from citycarbon.studies.cache import StepCache

TOY = examples_folder() / TEMPLATE
C = 44 / 12
GRID = 0.5978  # t/MWh
GWP = {"HFC-32": 771.0, "HFC-125": 3740.0, "HFC-134a": 1530.0}

# place, sector, activity: t of CO2, amount times GJ per amount times t C per GJ times oxidised share
FUELS = {
    ("p1", "buildings.residential", "natural_gas"): 300_000 * 38.931e-3 * 15.3e-3 * 0.99 * C,
    ("p4", "buildings.residential", "natural_gas"): 180_000 * 38.931e-3 * 15.3e-3 * 0.99 * C,
    ("p2", "buildings.commercial", "natural_gas"): 120_000 * 38.931e-3 * 15.3e-3 * 0.99 * C,
    ("p1", "transport", "gasoline"): 800 * 43.070 * 18.9e-3 * 0.98 * C,
    ("p4", "transport", "gasoline"): 500 * 43.070 * 18.9e-3 * 0.98 * C,
    ("p2", "transport", "diesel"): 200 * 42.652 * 20.2e-3 * 0.98 * C,
    ("p3", "industry.energy", "bituminous_coal"): 1500 * 20.908 * 26.1e-3 * 0.93 * C,
}
# Meters of August, 15 per cent of the year; the other meters in 10 MWh.
ELECTRICITY = {
    ("p1", "buildings.residential", "electricity"): 450 / 0.15 * GRID,
    ("p4", "buildings.residential", "electricity"): 300 / 0.15 * GRID,
    ("p2", "buildings.commercial", "electricity"): 4200 * GRID,
    ("p3", "industry.energy", "electricity"): 3100 * GRID,
    ("p5", "power_and_heat", "electricity"): 950 * GRID,
    ("p6", "buildings.public", "electricity"): 1500 * GRID,
}
PROCESS = {("p3", "industry.process", "carbon_balance"): (5000 * 0.114 - 2800 * 0.003 - 100 * 0.02) * C}
HOT_WATER = {("p6", "buildings.public", "heat"): 40_000 * 4.1868 * (80 - 55) * 1e-3 * 0.11}
WATER = {
    ("p1", "buildings.residential", "tap_water"): 150_000 * 0.168e-3,
    ("p4", "buildings.residential", "tap_water"): 100_000 * 0.168e-3,
    ("p6", "buildings.public", "tap_water"): 12_000 * 0.168e-3,
}
WORKS = {("p6", "works", "green_retrofit"): 8000 * 0.24, ("p6", "works", "demolition"): 500 * 0.05}
R410A = (600 * 0.05 + 50 * (1 - 0.6)) * 1e-3  # t, half HFC-32 and half HFC-125
R134A = 200 * 0.055 * 1e-3  # t, default leak rate of stationary air conditioning
COOLING = {
    ("p2", "buildings.commercial", "r410a"): R410A * (0.5 * GWP["HFC-32"] + 0.5 * GWP["HFC-125"]),
    ("p6", "buildings.public", "HFC-134a"): R134A * GWP["HFC-134a"],
}
STEAM = ("p2", "buildings.commercial", "heat")
STEAM_TONNES = 900 * (2777.12 - 83.7) * 1e-3 * 0.11
STEAM_TOLERANCE = 900 * 0.005 * 1e-3 * 0.11  # half the last printed digit of the enthalpy


def stack() -> dict[tuple[str, str, str], float]:
    """Hours of the stack: dry CO2 by volume times wet flow at 120 °C and 101.3 kPa with 8 % water; gaps by the largest before."""
    contents = [10, 10.1, 10.2, 10.3, 10.4, 10, 10.1, None, 10.3, 10.4, 10, 10.1, 10.2, 10.3, 10.4, None, 10.1, 10.2, 10.3,
                10.4, 10, 10.1, 10.2, 10.3]  # fmt: skip
    flows = [80e3, 80.5e3, 81e3] * 8
    hours = [
        None if content is None
        else content / 100 * flow * 273.15 / (273.15 + 120) * 101.3 / 101.325 * (1 - 0.08) * 44.01 / 22.414 / 1000
        for content, flow in zip(contents, flows, strict=True)
    ]  # fmt: skip
    measured = [value for value in hours if value is not None]
    filled = [
        max(value for value in hours[:hour] if value is not None) for hour, value in enumerate(hours) if value is None
    ]
    place = ("p5", "power_and_heat")
    return {(*place, "flue_gas"): sum(measured), (*place, "flue_gas_substituted"): sum(filled)}


EXACT = {**FUELS, **ELECTRICITY, **PROCESS, **HOT_WATER, **WATER, **WORKS, **COOLING, **stack()}


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return service.validate(TOY)


@pytest.fixture(scope="module")
def sums(result: StudyResult) -> dict[tuple[str, str, str], float]:
    rows = result.tables["emissions_co2e"].group_by("place", "sector", "activity").agg(pl.col("value").sum())
    return {(place, sector, activity): value for place, sector, activity, value in rows.iter_rows()}


@pytest.mark.parametrize("key", EXACT, ids=" ".join)
def test_every_row_by_hand(key: tuple[str, str, str], sums: dict[tuple[str, str, str], float]) -> None:
    assert sums[key] == pytest.approx(EXACT[key], rel=1e-9)


def test_steam_by_the_printed_enthalpy(sums: dict[tuple[str, str, str], float]) -> None:
    assert sums[STEAM] == pytest.approx(STEAM_TONNES, abs=STEAM_TOLERANCE)


def test_nothing_else_is_counted(sums: dict[tuple[str, str, str], float]) -> None:
    assert set(sums) == {*EXACT, STEAM}


def test_total(result: StudyResult) -> None:
    (total,) = result.meta["totals"]
    by_hand = sum(EXACT.values()) + STEAM_TONNES
    assert total["value"] == pytest.approx(by_hand, abs=STEAM_TOLERANCE + 1e-9 * by_hand)
    assert (total["unit"], total["time"], total["scenario"], total["basis"]) == ("t", "2022", "observed", "location")


@pytest.mark.parametrize(("view", "position"), [("place", 0), ("sector", 1), ("activity", 2)])
def test_totals_by_view(view: str, position: int, result: StudyResult) -> None:
    expected: dict[str, float] = {}
    for key, value in {**EXACT, STEAM: STEAM_TONNES}.items():
        expected[key[position]] = expected.get(key[position], 0.0) + value
    rows = result.tables["totals"].filter(pl.col("view") == view)
    got = dict(rows.select(view, "value").iter_rows())
    assert got == pytest.approx(expected, abs=STEAM_TOLERANCE, rel=1e-9)


def test_scopes(result: StudyResult) -> None:
    rows = result.tables["totals"].filter(pl.col("view") == "scope")
    got = dict(rows.select("scope", "value").iter_rows())
    heat = HOT_WATER[("p6", "buildings.public", "heat")] + STEAM_TONNES
    assert got["1"] == pytest.approx(sum({**FUELS, **PROCESS, **COOLING, **stack()}.values()), rel=1e-9)
    assert got["2"] == pytest.approx(sum(ELECTRICITY.values()) + heat, abs=STEAM_TOLERANCE)
    assert got["3"] == pytest.approx(sum({**WATER, **WORKS}.values()), rel=1e-9)


def test_meters_of_the_peak_month(result: StudyResult) -> None:
    rows = result.tables["activity"].filter(pl.col("step") == "home-electricity")
    assert dict(rows.select("place", "value").iter_rows()) == pytest.approx({"p1": 3e6, "p4": 2e6}, rel=1e-9)


def test_coal_equivalent(result: StudyResult) -> None:
    """Printed coefficients of GB/T 2589-2008; bituminous coal has none and goes by 29.3076 GJ/tce."""
    rows = result.tables["step_coal-equivalent"].group_by("activity").agg(pl.col("value").sum())
    assert dict(rows.iter_rows()) == pytest.approx({
        "natural_gas": 600_000 * 1.33e-3, "gasoline": 1300 * 1.4714, "diesel": 200 * 1.4571,
        "bituminous_coal": 1500 * 20.908 / 29.3076,
    }, rel=1e-9)  # fmt: skip


def test_heat_of_the_meters(result: StudyResult) -> None:
    rows = result.tables["emissions"].filter(pl.col("activity") == "heat")
    heat = dict(rows.select("place", "energy").iter_rows())
    assert heat["p6"] == pytest.approx(40_000 * 4.1868 * 25 * 1e-3, rel=1e-9)
    assert heat["p2"] == pytest.approx(900 * (2777.12 - 83.7) * 1e-3, abs=900 * 0.005e-3)


def test_gases_of_the_blend(result: StudyResult) -> None:
    rows = result.tables["emissions"].filter(pl.col("activity") == "r410a")
    assert dict(rows.select("gas", "value").iter_rows()) == pytest.approx(
        {"HFC-32": R410A / 2, "HFC-125": R410A / 2}, rel=1e-9
    )


def test_standard_deviation_of_the_total(result: StudyResult) -> None:
    """Meters are independent; the grid factor's error (0.03 of 0.5978) is one and the same in every row."""
    per_unit = {key: EXACT[key] for key in FUELS}
    stated = {"natural_gas": 0.05, "gasoline": 0.1, "diesel": 0.15, "bituminous_coal": 0.03}
    own = sum((value * stated[key[2]]) ** 2 for key, value in per_unit.items())
    own += sum((mwh * GRID) ** 2 for mwh in (84, 62, 19, 30))
    shared = sum(ELECTRICITY.values()) * 0.03 / GRID
    (total,) = result.meta["totals"]
    assert total["sd"] == pytest.approx((own + shared**2) ** 0.5, rel=1e-3)
    drawn = result.tables["uncertainty"].filter(pl.col("sector") == "total")
    assert drawn["sd"][0] == pytest.approx(total["sd"], rel=0.03)
    assert drawn["mean"][0] == pytest.approx(total["value"], rel=1e-3)


def test_intensities(result: StudyResult) -> None:
    rows = result.tables["intensities"].filter(pl.col("sector") == "total")
    by_place = {place: sum(value for key, value in EXACT.items() if key[0] == place) for place in ("p1", "p3", "p4")}
    got = {(place, measure): value for place, measure, value in rows.select("place", "measure", "value").iter_rows()}
    assert got[("p1", "population")] == pytest.approx(by_place["p1"] / 3000, rel=1e-9)
    assert got[("p4", "population")] == pytest.approx(by_place["p4"] / 2000, rel=1e-9)
    assert got[("p3", "floor_area")] == pytest.approx(by_place["p3"] / 20_000, rel=1e-9)


def test_every_number_can_be_traced(result: StudyResult) -> None:
    trace = result.tables["provenance"]
    files = set(trace["file"].to_list())
    assert {"fuels.csv", "electricity.xlsx#用电", "steam.csv", "stack.csv", "water.csv", "works.csv"} <= files
    assert trace["sha256"].null_count() == 0
    hashes = {origin.name: origin.sha256 for origin in result.origins}
    for file, digest in trace.select("file", "sha256").unique().iter_rows():
        name = file.partition("#")[0]
        assert digest == hashes[name] == sha256((TOY / name).read_bytes()).hexdigest()
    assert trace["equation"].null_count() == 0


def test_checks_hold(result: StudyResult) -> None:
    assert {check.severity for check in result.checks} <= {"ok", "note", "caveat"}
    assert next(check for check in result.checks if check.id == "conservation").severity == "ok"


def state(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_twice_the_same_bytes(tmp_path: Path) -> None:
    service.run(TOY, tmp_path / "a", cache=StepCache(tmp_path / "cache"))
    service.run(TOY, tmp_path / "b", cache=StepCache(tmp_path / "cache"))
    service.run(TOY, tmp_path / "c")
    assert state(tmp_path / "a") == state(tmp_path / "b") == state(tmp_path / "c")
    assert "emissions.parquet" in state(tmp_path / "a")


def test_one_byte_of_an_input_changes_its_hash_and_nothing_else(tmp_path: Path) -> None:
    study = Path(shutil.copytree(TOY, tmp_path / "toy"))
    service.run(study, tmp_path / "a")
    profile = (study / "monthly_profile.csv").read_bytes()
    (study / "monthly_profile.csv").write_bytes(profile.replace(b"invented", b"Invented", 1))
    service.run(study, tmp_path / "b")
    before, after = (json.loads((tmp_path / name / "result.json").read_text("utf-8")) for name in ("a", "b"))
    changed = [
        new["name"]
        for old, new in zip(before["inputs"], after["inputs"], strict=True)
        if old["sha256"] != new["sha256"]
    ]
    assert changed == ["monthly_profile.csv"]
    assert before["totals"] == after["totals"]
    assert before["tables"]["emissions"] == after["tables"]["emissions"]


def test_one_figure_changes_what_depends_on_it(tmp_path: Path) -> None:
    study = Path(shutil.copytree(TOY, tmp_path / "toy"))
    store = StepCache(tmp_path / "cache")
    first = service.run(study, tmp_path / "a", cache=store)
    water = (study / "water.csv").read_text("utf-8")
    (study / "water.csv").write_text(water.replace("150000", "150001"), "utf-8")
    second = service.run(study, tmp_path / "b", cache=store)
    assert second.meta["totals"][0]["value"] - first.meta["totals"][0]["value"] == pytest.approx(0.168e-3, rel=1e-6)
    keys = ["place", "sector", "activity", "gas"]
    both = first.tables["emissions"].join(second.tables["emissions"], on=keys, suffix="_new")
    differ = both.filter(pl.col("value") != pl.col("value_new"))
    assert differ.select(keys).rows() == [("p1", "buildings.residential", "tap_water", "CO2e")]
