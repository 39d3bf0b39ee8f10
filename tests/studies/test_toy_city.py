"""The toy city by hand: every step from first principles, activity data and factors typed in, to 1e-9.

Factors: GB/T 2589-2008 calorific values; provincial guideline 2011 carbon contents and oxidation; MEE 2022 factor of Jiangsu;
enterprise guides for heat (0.11 t/GJ, hot water 4.1868 kJ/(kg K)); HJ 76-2017; GB/T 51366-2019 for water; ASHRAE 34 for R-410A;
IPCC 2006 leak rate; CCICED 2021 for works; provincial guideline 2011 for processes, farming and waste; IPCC 2006 for landfills,
composting, mines, gas networks and switchgear; AR6 GWP100. The saturated steam of 1 MPa has 2777.12 kJ/kg (IAPWS-IF97 tables).
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.results import StudyResult
from citycarbon.data.examples import examples_folder
from citycarbon.studies import service
from citycarbon.studies.cache import StepCache

TOY = examples_folder() / "toy-city"
C = 44 / 12
GRID = 0.5978  # t/MWh
GWP = {"HFC-32": 771.0, "HFC-125": 3740.0, "HFC-134a": 1530.0}
FOSSIL, CH4, N2O, SF6 = 29.8, 27.0, 273.0, 25_200.0
N = 44 / 28

# place, sector, activity: t of CO2, amount times GJ per amount times t C per GJ times oxidised share
FUELS = {
    ("p1", "buildings.residential", "natural_gas"): 300_000 * 38.931e-3 * 15.3e-3 * 0.99 * C,
    ("p4", "buildings.residential", "natural_gas"): 180_000 * 38.931e-3 * 15.3e-3 * 0.99 * C,
    ("p2", "buildings.commercial", "natural_gas"): 120_000 * 38.931e-3 * 15.3e-3 * 0.99 * C,
    ("p1", "transport.road.private", "gasoline"): 800 * 43.070 * 18.9e-3 * 0.98 * C,
    ("p4", "transport.road.private", "gasoline"): 500 * 43.070 * 18.9e-3 * 0.98 * C,
    ("p2", "transport.road.freight", "diesel"): 200 * 42.652 * 20.2e-3 * 0.98 * C,
    ("p3", "industry.minerals", "bituminous_coal"): 1500 * 20.908 * 26.1e-3 * 0.93 * C,
}
# Meters of August, 15 per cent of the year; the other meters in 10 MWh.
ELECTRICITY = {
    ("p1", "buildings.residential", "electricity"): 450 / 0.15 * GRID,
    ("p4", "buildings.residential", "electricity"): 300 / 0.15 * GRID,
    ("p2", "buildings.commercial", "electricity"): 4200 * GRID,
    ("p3", "industry.minerals", "electricity"): 3100 * GRID,
    ("p5", "energy.plant_own_use", "electricity"): 950 * GRID,
    ("p6", "buildings.public", "electricity"): 1500 * GRID,
}
PROCESS = {("p3", "process.lime", "carbon_balance"): (5000 * 0.114 - 2800 * 0.003 - 100 * 0.02) * C}
HOT_WATER = {("p6", "buildings.public", "heat"): 40_000 * 4.1868 * (80 - 55) * 1e-3 * 0.11}
WATER = {
    ("p1", "upstream.water", "tap_water"): 150_000 * 0.168e-3,
    ("p4", "upstream.water", "tap_water"): 100_000 * 0.168e-3,
    ("p6", "upstream.water", "tap_water"): 12_000 * 0.168e-3,
}
WORKS = {
    ("p6", "upstream.building_works", "green_retrofit"): 8000 * 0.24,
    ("p6", "upstream.building_works", "demolition"): 500 * 0.05,
}
R410A = (600 * 0.05 + 50 * (1 - 0.6)) * 1e-3  # t, half HFC-32 and half HFC-125
R134A = 200 * 0.055 * 1e-3  # t, default leak rate of stationary air conditioning
COOLING = {
    ("p2", "product_use.refrigeration", "r410a"): R410A * (0.5 * GWP["HFC-32"] + 0.5 * GWP["HFC-125"]),
    ("p6", "product_use.refrigeration", "HFC-134a"): R134A * GWP["HFC-134a"],
}
# Ten buses, 60,000 km each, 30 L per 100 km, 0.84 kg per L.
BUSES = {("p6", "transport.road.public", "diesel"): 10 * 60_000 * 0.3 * 0.84e-3 * 42.652 * 20.2e-3 * 0.98 * C}
INDUSTRY = {
    ("p9", "process.cement", "cement_clinker"): 1000 * 0.538,
    ("p9", "process.carbide", "calcium_carbide"): 200 * 1.154,
    ("p9", "process.steel", "limestone_flux"): 120 * 0.430,
    ("p9", "process.steel", "dolomite_flux"): 50 * 0.474,
    ("p9", "process.steel", "steel_decarburisation"): (900 * 0.041 - 1000 * 0.00248) * C,
    ("p9", "product_use.other", "lubricants"): 10 * 40.2 * 20e-3 * 0.2 * C,
    ("p5", "product_use.electrical_equipment", "power_equipment"): (1000 * 0.005 + 40 * 0.05 + 60 * 0.02) * 1e-3 * SF6,
    ("p9", "fugitive.coal", "coal_surface_average"): 10_000 * 1.2 * 0.67e-3 * FOSSIL,
    ("p9", "fugitive.oil_gas", "gas_distribution"): 1e6 * (0.0018e-3 * FOSSIL + 0.0000955e-3),
}
PIGS = 3650 * 180 / 365
STRAW = 100 * 1.304147 * 0.87 * 0.1 * 0.9  # t burnt: residue ratio (1 - 0.434) / 0.434, dry, lit, combustion factor
FARM = {
    ("p7", "agriculture.enteric", "dairy_cattle"): 100 * 88.1e-3 * CH4,
    ("p7", "agriculture.enteric", "swine"): PIGS * 1e-3 * CH4,
    ("p7", "agriculture.manure", "dairy_cattle"): 100 * (8.33e-3 * CH4 + 2.065e-3 * N2O),
    ("p7", "agriculture.manure", "swine"): PIGS * (5.08e-3 * CH4 + 0.175e-3 * N2O),
    ("p7", "agriculture.rice", "single_rice"): 20 * 215.5e-3 * CH4,
    ("p7", "agriculture.soils", "fertiliser_nitrogen"): 10 * 0.0109 * N * N2O,
    ("p7", "agriculture.soils", "nitrogen_deposition"): 10 * 0.1 * 0.01 * N * N2O,
    ("p7", "agriculture.soils", "nitrogen_leaching"): 10 * 0.2 * 0.0075 * N * N2O,
    ("p7", "agriculture.residue_burning", "wheat_crop"): STRAW * (2.7e-3 * CH4 + 0.07e-3 * N2O),
    ("p7", "land.cropland", "cropland"): 20 * 0.422 * C,
    ("p7", "land.conversion", "forest_to_built_up"): (170 - 66) * C,
}
DECAY = 1 - math.exp(-0.4)
POTENTIAL = 0.15 * 0.5 * 1 * 0.5 * 16 / 12  # t CH4 per t of food waste
LANDFILL = 1000 * POTENTIAL * math.exp(-0.4) * DECAY + 800 * POTENTIAL * DECAY
WASTE = {
    ("p8", "waste.landfill", "food_waste"): (LANDFILL - 2) * (1 - 0.1) * CH4,
    ("p8", "waste.biological", "composting"): 500 * (4e-3 * CH4 + 0.24e-3 * N2O),
    ("p8", "waste.incineration", "municipal_solid_waste"): 1000 * (0.2 * 0.39 * 0.95 * C + 0.2e-6 * CH4 + 50e-6 * N2O),
    ("p8", "waste.wastewater_domestic", "domestic_wastewater_cod"): 100 * 0.43 * 0.6 * 0.165 * CH4,
    ("p8", "waste.wastewater_domestic", "domestic_wastewater_protein"):
        5000 * 30e-3 * 0.16 * 1.5 * 1.25 * 0.005 * N * N2O,
    ("p8", "waste.wastewater_industrial", "industrial_wastewater_cod"): 10 * 0.25 * 0.8 * CH4,
}  # fmt: skip
NEW = {**INDUSTRY, **FARM, **WASTE, **BUSES}
FOREST = ("p7", "land.forest", "forest_land")
SINK = -10 * 0.644 * C
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
    place = ("p5", "energy.power_supplied")
    return {(*place, "flue_gas"): sum(measured), (*place, "flue_gas_substituted"): sum(filled)}


EXACT = {**FUELS, **ELECTRICITY, **PROCESS, **HOT_WATER, **WATER, **WORKS, **COOLING, **stack(), **NEW}


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return service.validate(TOY)


@pytest.fixture(scope="module")
def sums(result: StudyResult) -> dict[tuple[str, str, str], float]:
    counted = result.tables["emissions_co2e"].filter(pl.col("gas") == "CO2e")
    value = pl.when(pl.col("value").count() > 0).then(pl.col("value").sum()).alias("value")
    rows = counted.group_by("place", "sector", "activity").agg(value)
    return {(place, sector, activity): value for place, sector, activity, value in rows.iter_rows()}


@pytest.mark.parametrize("key", EXACT, ids=" ".join)
def test_every_row_by_hand(key: tuple[str, str, str], sums: dict[tuple[str, str, str], float]) -> None:
    assert sums[key] == pytest.approx(EXACT[key], rel=1e-9)


def test_steam_by_the_printed_enthalpy(sums: dict[tuple[str, str, str], float]) -> None:
    assert sums[STEAM] == pytest.approx(STEAM_TONNES, abs=STEAM_TOLERANCE)


def test_nothing_else_is_counted(sums: dict[tuple[str, str, str], float], result: StudyResult) -> None:
    assert {key for key, value in sums.items() if value is not None} == {*EXACT, STEAM, FOREST}
    noted = result.tables["emissions"].filter(pl.col("notation").is_not_null())
    assert set(noted.select("place", "sector", "activity", "notation").rows()) == {
        ("p5", "transport.rail", "diesel", "NO"), ("p5", "transport.aviation", "kerosene", "NE"),
    }  # fmt: skip


def test_the_forest_takes_up_and_stays_out_of_the_total(
    sums: dict[tuple[str, str, str], float], result: StudyResult
) -> None:
    assert sums[FOREST] == pytest.approx(SINK, rel=1e-9)
    rows = result.tables["emissions"].filter(pl.col("sector") == "land.forest")
    assert rows.select("scope", "flow").rows() == [("sink", "removal")]


def test_biogenic_carbon_of_waste_is_a_memo(result: StudyResult) -> None:
    memo = result.tables["emissions"].filter(pl.col("gas") == "CO2-biogenic")
    assert memo["value"].to_list() == pytest.approx([1000 * 0.2 * 0.61 * 0.95 * C], rel=1e-9)


@pytest.mark.parametrize("name", ["gpc", "ipcc2006", "provincial", "spatial", "tokyo", "crf"])
def test_every_view_has_the_total(name: str, result: StudyResult) -> None:
    (total,) = result.meta["totals"]
    view = result.tables["views"].filter(pl.col("list") == name)
    assert view["value"].sum() == pytest.approx(total["value"], rel=1e-9)
    assert next(check for check in result.checks if check.id == f"conservation.view.{name}").severity == "ok"


def test_gpc_levels_by_their_rules(result: StudyResult) -> None:
    """BASIC: fuel, purchased energy and waste; BASIC+ adds processes, products, farming and land; the stack feeds the grid."""
    levels = dict(result.tables["reporting_levels"].select("level", "value").iter_rows())
    plant = sum(stack().values())
    heat = HOT_WATER[("p6", "buildings.public", "heat")] + STEAM_TONNES
    fugitive = [
        INDUSTRY["p9", "fugitive.coal", "coal_surface_average"],
        INDUSTRY["p9", "fugitive.oil_gas", "gas_distribution"],
    ]
    basic = sum({**FUELS, **BUSES, **ELECTRICITY, **WASTE}.values()) + heat + sum(fugitive)
    plus = sum({**PROCESS, **COOLING, **INDUSTRY, **FARM}.values()) - sum(fugitive)
    assert levels["BASIC"] == pytest.approx(basic, abs=STEAM_TOLERANCE)
    assert levels["BASIC+"] == pytest.approx(basic + plus, abs=STEAM_TOLERANCE)
    scope_1 = sum({**FUELS, **PROCESS, **COOLING, **NEW}.values()) + plant
    assert levels["territorial"] == pytest.approx(scope_1, rel=1e-9)


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
    rows = result.tables["totals"].filter((pl.col("view") == view) & pl.col("value").is_not_null())
    got = dict(rows.select(view, "value").iter_rows())
    assert got == pytest.approx(expected, abs=STEAM_TOLERANCE, rel=1e-9)


def test_scopes(result: StudyResult) -> None:
    rows = result.tables["totals"].filter(pl.col("view") == "scope")
    got = dict(rows.select("scope", "value").iter_rows())
    heat = HOT_WATER[("p6", "buildings.public", "heat")] + STEAM_TONNES
    assert got["1"] == pytest.approx(sum({**FUELS, **PROCESS, **COOLING, **NEW, **stack()}.values()), rel=1e-9)
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


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a run without a cache, in a process of its own with four threads, whatever the tests have."""
    folder = tmp_path_factory.mktemp("bare") / "results"
    code = "import sys; from pathlib import Path; from citycarbon.studies import service; service.run(*map(Path, sys.argv[1:]))"
    subprocess.run([sys.executable, "-c", code, TOY, folder], check=True, env={**os.environ, "POLARS_MAX_THREADS": "4"})
    return folder


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StepCache]:
    """Results of a first run with a cache, and the cache."""
    folder = tmp_path_factory.mktemp("stored")
    store = StepCache(folder / "cache")
    service.run(TOY, folder / "results", cache=store)
    return folder / "results", store


def test_twice_the_same_bytes(tmp_path: Path, bare: Path, stored: tuple[Path, StepCache]) -> None:
    first, store = stored
    service.run(TOY, tmp_path / "again", cache=store)
    assert state(first) == state(tmp_path / "again") == state(bare)
    assert "emissions.parquet" in state(first)


def test_one_byte_of_an_input_changes_its_hash_and_nothing_else(tmp_path: Path, bare: Path) -> None:
    study = Path(shutil.copytree(TOY, tmp_path / "toy"))
    profile = (study / "monthly_profile.csv").read_bytes()
    (study / "monthly_profile.csv").write_bytes(profile.replace(b"invented", b"Invented", 1))
    service.run(study, tmp_path / "results")
    before, after = (json.loads((folder / "result.json").read_text("utf-8")) for folder in (bare, tmp_path / "results"))
    changed = [
        new["name"]
        for old, new in zip(before["inputs"], after["inputs"], strict=True)
        if old["sha256"] != new["sha256"]
    ]
    assert changed == ["monthly_profile.csv"]
    assert before["totals"] == after["totals"]
    assert before["tables"]["emissions"] == after["tables"]["emissions"]


def test_one_figure_changes_what_depends_on_it(tmp_path: Path, stored: tuple[Path, StepCache]) -> None:
    study = Path(shutil.copytree(TOY, tmp_path / "toy"))
    first, store = service.load(stored[0]), stored[1]
    water = (study / "water.csv").read_text("utf-8")
    (study / "water.csv").write_text(water.replace("150000", "150001"), "utf-8")
    second = service.run(study, tmp_path / "b", cache=store)
    assert second.meta["totals"][0]["value"] - first.meta["totals"][0]["value"] == pytest.approx(0.168e-3, rel=1e-6)
    keys = ["place", "sector", "activity", "gas"]
    both = first.tables["emissions"].join(second.tables["emissions"], on=keys, suffix="_new")
    differ = both.filter(pl.col("value") != pl.col("value_new"))
    assert differ.select(keys).rows() == [("p1", "upstream.water", "tap_water", "CO2e")]


def test_the_projection_begins_with_the_account(result: StudyResult) -> None:
    """The first year of both paths is the headline total; removals make the net."""
    bands = result.tables["step_paths-to-2060"].filter((pl.col("time") == "2022") & (pl.col("sector") == "all"))
    headline = result.meta["totals"][0]["value"]
    for scenario in ("baseline", "low carbon"):
        value = dict(bands.filter(pl.col("scenario") == scenario).select("measure", "value").iter_rows())
        assert value["gross"] == pytest.approx(headline, rel=1e-12)
        assert value["gross"] - value["net"] == pytest.approx(23.6133333, rel=1e-6)
