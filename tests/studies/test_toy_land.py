"""The made-up town of twenty parcels: every figure here is worked by hand from its files."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.data.examples import examples_folder
from citycarbon.studies.run import Run, execute

GRID = 0.5978  # t/MWh, Jiangsu 2022


@pytest.fixture(scope="module")
def run() -> Run:
    return execute(examples_folder() / "toy-land")


def rows(run: Run, step: str) -> pl.DataFrame:
    return run.tables[step].to_polars()


def test_homes_of_the_west_share_their_electricity_and_the_east_has_none(run):
    # 14,000 MWh over six western parcels of 900 people; the east has meters of homes and no home, so its part has no place.
    found = rows(run, "by-parcel").filter(pl.col("sector") == "buildings.residential.urban")
    placed = dict(found.select("place", "value").iter_rows())
    assert placed["p01"] == pytest.approx(14000 * GRID / 6, rel=1e-12)
    assert placed["not_placed"] == pytest.approx(2600 * GRID, rel=1e-12)


def test_main_and_side_roads_take_seventy_and_thirty_per_cent(run):
    found = rows(run, "by-parcel").filter(pl.col("sector") == "transport.road")
    by_district = rows(run, "fuels").group_by("place").agg(pl.col("value").sum())
    west = by_district.filter(pl.col("place") == "west")["value"].item()
    # Main street: 600 of its metres lie in the west, 200 in p06; the ring's 800 m run on the border of columns 3 and 4.
    p06 = found.filter(pl.col("place") == "p06")["value"].sum()
    assert p06 == pytest.approx(0.7 * west * 200 / 600, rel=1e-9)


def test_totals_agree_and_what_has_no_place_is_a_caveat(run):
    for step in ("parcel-check", "cell-check"):
        found = rows(run, step)
        assert set(found.filter(pl.col("check") == "placed = inventory")["verdict"]) == {"agrees"}, step
        left = found.filter(pl.col("verdict") == "caveat")
        assert left["item"].to_list() == ["2022 buildings.residential.urban CO2e"], step
        assert left["value"].item() == pytest.approx(2600 * GRID, rel=1e-9)


@pytest.mark.parametrize("step", ["by-parcel", "by-cell", "by-hexagon"])
def test_the_inventory_is_on_parcels_cells_and_hexagons(run, step):
    whole = rows(run, "electricity")["value"].sum()
    placed = rows(run, step).filter(pl.col("sector") != "transport.road")["value"].sum()
    assert placed == pytest.approx(whole, rel=1e-9)


def test_sd_of_the_placed_total_is_that_of_the_inventory(run):
    from citycarbon.core.totals import total

    before = total(run.tables["electricity"], ["sector"]).sort("sector")
    after = total(run.tables["by-parcel"].filter(sector=before["sector"].to_list()), ["sector"]).sort("sector")
    assert after["sd"].to_list() == pytest.approx(before["sd"].to_list(), rel=1e-9)


def test_stacks_lie_in_their_cells(run):
    found = dict(rows(run, "stacks").select("place", "value").iter_rows())
    # (650, 690) and (660, 680) lie in row 2 and column 7 of 100 m cells; (930, 90) in row 8, column 10; the last is outside.
    assert found == {"r2c7": 200.0, "r8c10": 30.0, "not_placed": 5.0}


def test_elements_are_floor_area_land_green_and_people(run):
    found = {(p, e): v for p, e, v in rows(run, "elements").select("place", "element", "value").iter_rows()}
    assert found["p01", "residential_urban"] == pytest.approx(1.8 * 40_000)
    assert found["p04", "land_industrial_2"] == pytest.approx(4.0)
    assert found["p01", "green"] == pytest.approx(0.3 * 4.0)
    people = found.get(("p02", "population"), 0.0) + found.get(("p02", "population_near_transit"), 0.0)
    assert people == pytest.approx(900.0)


def test_calibration_by_hand(run):
    found = rows(run, "calibration").filter(pl.col("sector") == "buildings.public").row(0, named=True)
    # School 0.8 and hospital 1.5 of 40,000 m2 at 30 and 120 kWh/m2; metered 7,500 MWh.
    assert found["bottom_up"] == pytest.approx((0.8 * 40 * 30 + 1.5 * 40 * 120) * GRID, rel=1e-12)
    assert found["needed"] == pytest.approx(7500 / (0.8 * 40 * 30 + 1.5 * 40 * 120), rel=1e-12)
    assert found["verdict"] == "explained"


def test_plan_turns_works_to_green_and_builds_higher(run):
    found = rows(run, "plan-effect")
    shops = found.filter(pl.col("place") == "p03").row(0, named=True)
    assert shops["difference"] == pytest.approx(40_000 * 130 / 1000 * GRID, rel=1e-12)
    assert (shops["effect_density"], shops["driver"]) == (pytest.approx(shops["difference"]), "density")
    works = found.filter((pl.col("place") == "p04") & (pl.col("element") == "land_industrial_2")).row(0, named=True)
    assert works["difference"] == pytest.approx(-4 * 2200 * GRID, rel=1e-12)
    assert works["driver"] == "element gone"
    parts = found.select(pl.sum_horizontal("effect_land", "effect_density", "effect_intensity") - pl.col("difference"))
    assert parts.to_series().abs().max() < 1e-9


def test_published_evidence_that_disagrees_says_so(run):
    found = {(m, o): v for m, o, v in rows(run, "what-if").select("measure", "outcome", "verdict").iter_rows()}
    assert found["polycentricity", "total CO2"] == "conflicting"
    assert found["polycentricity", "transport CO2"] == "direction only"
    assert found["population_density", "vehicle-km"] == "agrees"
