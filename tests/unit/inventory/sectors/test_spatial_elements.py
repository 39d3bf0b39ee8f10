"""Elements of parcels, their energy and emissions, calibration and plans, on figures worked by hand; and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.errors import InputError
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.classifications import classification
from citycarbon.data.layers import Layer
from citycarbon.data.library.elements import (
    ElasticityTable,
    ElementFactorTable,
    ElementTable,
    PlanChangeTable,
    ProxyTable,
    elasticities,
    element_factors,
    element_rows,
    translation,
)  # fmt: skip
from citycarbon.data.references import references
from citycarbon.inventory.sectors.spatial_elements.calibrate import calibrate, calibrated
from citycarbon.inventory.sectors.spatial_elements.intensities import element_activity, element_emissions
from citycarbon.inventory.sectors.spatial_elements.of_parcels import elements_of_parcels
from citycarbon.inventory.sectors.spatial_elements.variant import plan_variant
from citycarbon.inventory.space.form.what_if import FormChangeTable, what_if
from citycarbon.inventory.space.plan import plan_effect

Make = Callable[..., EmissionTable]
UTM = "EPSG:32650"


def codes_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(InputError) as caught:
        call()
    return [problem.code for problem in caught.value.problems]


def parcels(**columns: list[object]) -> Layer:
    count = len(next(iter(columns.values())))
    edge = np.arange(count) * 100.0
    rows = pl.DataFrame({"place": [f"p{i}" for i in range(count)], **columns})
    return Layer("lots", rows, shapely.box(edge, 0, edge + 100, 100), UTM)


def elements(*rows: tuple[str, str, float, str], **columns: object) -> ElementTable:
    frame = pl.DataFrame(rows, schema=["place", "element", "value", "unit"], orient="row")
    frame = frame.with_columns(**{name: pl.lit(value) for name, value in columns.items()})
    return ElementTable(frame, fixed={"time": "2022", "sector": "buildings.public"})


def factors(*rows: tuple[str, str, float, str], **columns: object) -> ElementFactorTable:
    frame = pl.DataFrame(rows, schema=["element", "activity", "value", "unit"], orient="row")
    return ElementFactorTable(frame.with_columns(**{n: pl.lit(v) for n, v in columns.items()}), fixed={"source": "own"})


def test_uses_become_elements_by_the_longest_head_of_their_code():
    made = elements_of_parcels(parcels(land_use=["070102", "1001", "100103", "09"], far=[2.0, 0.0, 0.0, 1.0]),
                               time="2022", ratio_column="far").to_polars()  # fmt: skip
    assert made.select("element", "value", "unit").rows() == [
        ("residential_urban", 20_000.0, "m2"), ("land_industrial", 1.0, "ha"), ("land_industrial_3", 1.0, "ha"),
        ("commercial_undivided", 10_000.0, "m2"),
    ]  # fmt: skip


def test_stated_floor_area_stands_before_the_ratio_and_another_step_may_give_it():
    lots = parcels(land_use=["0804", "0804"], far=[1.0, 1.0], floor=[500.0, None])
    made = elements_of_parcels(lots, time="2022", ratio_column="far", floor_column="floor").to_polars()
    assert made["value"].to_list() == [500.0, 10_000.0]
    listed = ProxyTable(pl.DataFrame({"place": ["p1"], "value": [7.0]}), fixed={"proxy": "floor", "unit": "m2"})
    assert elements_of_parcels(lots, floor=listed, time="2022").to_polars().select("place", "value").rows() == [
        ("p1", 7.0)
    ]


def test_people_near_a_station_are_counted_apart():
    lots = parcels(land_use=["0701", "0701"], far=[1.0, 1.0], people=[100.0, 100.0])
    station = Layer("s", pl.DataFrame({"place": ["s"]}), shapely.points([[50.0, 50.0]]), UTM)
    made = elements_of_parcels(
        lots, station, time="2022", ratio_column="far", residents_column="people", walking_distance=100.0
    ).to_polars()
    near = {p: v for p, e, v in made.select("place", "element", "value").iter_rows() if e == "population_near_transit"}
    assert near["p0"] == pytest.approx(100.0)
    ring = shapely.buffer(shapely.Point(50, 50), 100.0, quad_segs=16)
    assert near["p1"] == pytest.approx(100 * ring.intersection(shapely.box(100, 0, 200, 100)).area / 1e4)


def test_wrong_parcels_are_refused():
    good = {"time": "2022", "ratio_column": "far"}
    assert codes_of(lambda: elements_of_parcels(parcels(use=["07"]), time="2022")) == ["land_use_missing"]
    assert codes_of(lambda: elements_of_parcels(parcels(land_use=["9901"], far=[1.0]), **good)) == ["element_unknown"]
    assert codes_of(lambda: elements_of_parcels(parcels(land_use=["0804"]), time="2022")) == ["floor_area_missing"]
    assert codes_of(lambda: elements_of_parcels(parcels(land_use=["0804"], far=[99.0]), **good)) == [
        "value_out_of_range"
    ]
    assert codes_of(lambda: elements_of_parcels(parcels(land_use=["0804"], far=["x"]), **good)) == ["value_not_number"]
    assert codes_of(lambda: elements_of_parcels(parcels(land_use=["0804"]), **good)) == ["parameter_wrong"]
    assert codes_of(lambda: elements_of_parcels(parcels(land_use=[None, "1401"]), time="2022")) == ["value_empty"]


def test_energy_carries_the_range_as_a_shared_error():
    rows = elements(("p", "school", 100.0, "m2"), ("q", "school", 300.0, "m2"))
    made = element_activity(rows, factors(("school", "electricity", 40.0, "kWh/m2"), low=20.0, high=50.0))
    frame = made.to_polars()
    assert frame["value"].to_list() == [4000.0, 12_000.0]
    assert frame["sd"].to_list() == pytest.approx([30 / math.sqrt(12) * 100, 30 / math.sqrt(12) * 300])
    assert frame["error_group"].unique().to_list() == ["element:school:electricity"]


def test_zone_and_age_decide_and_several_factors_are_refused():
    table = ElementFactorTable(pl.DataFrame({
        "element": "school", "activity": "electricity", "value": [40.0, 50.0, 60.0], "unit": "kWh/m2",
        "climate_zone": [None, "cold", "cold"], "age": [None, None, "old"], "source": ["a", "b", "c"],
    }))  # fmt: skip
    plain, cold = elements(("p", "school", 1.0, "m2")), elements(("p", "school", 1.0, "m2"), climate_zone="cold")
    old = elements(("p", "school", 1.0, "m2"), climate_zone="cold", age="old")
    assert [element_activity(each, table).to_polars()["value"].item() for each in (plain, cold, old)] == [
        40.0,
        50.0,
        60.0,
    ]
    twice = factors(("school", "electricity", 40.0, "kWh/m2"), ("school", "electricity", 41.0, "kWh/m2"))
    assert codes_of(lambda: element_activity(plain, twice)) == ["element_factors_several"]


def test_missing_factors_units_and_equivalents_are_named():
    rows = elements(("p", "school", 1.0, "m2"), ("p", "hospital", 1.0, "m2"))
    assert codes_of(lambda: element_activity(rows, factors(("school", "electricity", 1.0, "kWh/m2")))) == [
        "element_factor_missing"
    ]
    other = factors(("school", "electricity", 1.0, "kWh/person"), ("hospital", "electricity", 1.0, "kWh/m2"))
    assert codes_of(lambda: element_activity(rows, other)) == ["element_unit"]
    whole = factors(("school", "electricity_equivalent", 1.0, "kWh/m2"), ("hospital", "electricity", 1.0, "kWh/m2"))
    assert codes_of(lambda: element_activity(rows, whole)) == ["parameter_missing"]
    made = element_activity(rows, whole, equivalent="electricity").to_polars()
    assert made["activity"].unique().to_list() == ["electricity"]


def test_sinks_and_services_are_emissions_by_themselves():
    rows = elements(("p", "forest", 10.0, "ha"), ("p", "water", 2.0, "ha"), ("p", "school", 5.0, "m2"))
    own = factors(("forest", "land_or_service", -2000.0, "kg/ha"), ("water", "land_or_service", 1.0, "t/ha"), gas="CO2")
    made = element_emissions(rows, own).to_polars()
    assert made.select("scope", "flow", "value").rows() == [("sink", "removal", -20.0), ("1", "emission", 2.0)]
    empty = element_emissions(rows, factors(("park", "land_or_service", 1.0, "t/ha"), gas="CO2"))
    assert empty.to_polars().is_empty()


def test_calibration_stays_in_the_range_of_the_intensities(emissions: Make):
    bottom = emissions([60.0, 40.0, 5.0], sector=["a.x", "a.y", "b"], sd=[6.0, 2.0, 0.5], error_group=["g", "g", "h"])
    top = emissions([130.0, 7.0], sector=["a", "c"])
    found = {row["sector"]: row for row in calibrate(bottom, top).to_polars().iter_rows(named=True)}
    # Errors of one intensity add: sd 8 of 100, two of them 16 %.
    assert found["a"]["highest"] == pytest.approx(1.16)
    assert found["a"]["multiplier"] == pytest.approx(1.16)
    assert found["a"]["unexplained"] == pytest.approx(14.0)
    assert (found["a"]["verdict"], found["b"]["verdict"], found["c"]["verdict"]) == (
        "partly explained", "not in the inventory", "no element",
    )  # fmt: skip
    made = calibrated(bottom, calibrate(bottom, top))
    assert dict(total(made, ["sector"]).select("sector", "value").iter_rows()) == pytest.approx(
        {"a": 14.0, "a.x": 69.6, "a.y": 46.4, "b": 5.0, "c": 7.0}
    )


def test_heads_and_units_of_a_calibration_must_be_sound(emissions: Make):
    assert codes_of(lambda: calibrate(emissions([1.0]), emissions([1.0, 1.0], sector=["a", "a.b"]))) == [
        "sum_parent_child"
    ]
    assert codes_of(lambda: calibrate(emissions([1.0]), emissions([1.0], unit="kg", gas="CH4"))) == [
        "unit_mixed",
        "sum_gas",
    ]


def changes(**row: object) -> PlanChangeTable:
    return PlanChangeTable(pl.DataFrame({"change": ["c"], **{name: [value] for name, value in row.items()}}))


def test_changes_near_a_station_take_the_part_that_is_near():
    lots = parcels(land_use=["0701", "0701"])
    rows = elements(("p0", "school", 10.0, "m2"), ("p1", "school", 10.0, "m2"), land=10_000.0)
    station = Layer("s", pl.DataFrame({"place": ["s"]}), shapely.points([[-1000.0, 50.0]]), UTM)
    # A ring of 1,100 m reaches over the whole of p0 and about none of p1.
    made = plan_variant(rows, changes(element="school", near=1100.0, factor=2.0), lots, station).to_polars()
    assert made["value"].to_list() == pytest.approx([20.0, 10.0], rel=2e-2)
    assert made["scenario"].unique().to_list() == ["plan"]


def test_land_that_is_turned_holds_the_new_element_alone():
    lots = parcels(land_use=["0804", "0804"])
    rows = elements(("p0", "school", 10.0, "m2"), ("p1", "school", 10.0, "m2"), land=10_000.0)
    made = plan_variant(rows, changes(place="p0", new_element="green"), lots).to_polars()
    assert made.select("place", "element", "value", "unit").rows() == [
        ("p1", "school", 10.0, "m2"),
        ("p0", "green", 1.0, "ha"),
    ]
    made = plan_variant(rows, changes(place="p0", new_element="hospital", new_ratio=1.5), lots).to_polars()
    assert made.filter(pl.col("element") == "hospital")["value"].item() == 15_000.0


def test_wrong_changes_are_refused():
    lots, rows = parcels(land_use=["0804"]), elements(("p0", "school", 10.0, "m2"), land=10_000.0)
    for wrong, code in (
        ({"place": "p9", "factor": 2.0}, "plan_unknown"), ({"element": "x", "factor": 2.0}, "plan_unknown"),
        ({"near": 5.0, "factor": 2.0}, "parameter_missing"), ({"place": "p0"}, "plan_change_wrong"),
        ({"factor": 1.0, "new_element": "green"}, "plan_change_wrong"), ({"new_element": "moon"}, "plan_unknown"),
        ({"new_element": "hospital"}, "plan_change_wrong"),
    ):  # fmt: skip
        assert codes_of(lambda wrong=wrong: plan_variant(rows, changes(**wrong), lots)) == [code], wrong


def effect(now: tuple[float, float, float], then: tuple[float, float, float], emissions: Make) -> dict[str, object]:
    """Compare (amount, land, mass) of one element."""
    tables = []
    for amount, land, mass in (now, then):
        present = amount > 0
        rows = (
            elements(("p", "school", amount, "m2"), land=land)
            if present
            else elements(("q", "school", 1.0, "m2"), land=1.0)
        )
        place = "p" if present else "q"
        table = emissions(
            [mass if present else 0.0], place=place, provenance_id="elements:school:1", sector="buildings.public"
        )
        tables.append((rows, table))
    made = plan_effect(tables[0][0], tables[1][0], tables[0][1], tables[1][1]).to_polars()
    return made.filter(pl.col("place") == "p").row(0, named=True)


def test_effects_of_land_density_and_intensity_add_and_name_the_driver(emissions: Make):
    found = effect((100.0, 50.0, 10.0), (300.0, 60.0, 20.0), emissions)
    assert found["effect_land"] + found["effect_density"] + found["effect_intensity"] == pytest.approx(10.0, rel=1e-12)
    assert found["driver"] == "density"
    assert effect((100.0, 50.0, 10.0), (100.0, 50.0, 5.0), emissions)["effect_intensity"] == pytest.approx(-5.0)
    assert effect((100.0, 50.0, 10.0), (100.0, 50.0, 10.0), emissions)["driver"] == "unchanged"
    fresh = effect((0.0, 0.0, 0.0), (100.0, 50.0, 10.0), emissions)
    assert (fresh["driver"], fresh["effect_land"]) == ("new element", pytest.approx(10.0))


def test_emissions_of_no_element_cannot_be_compared(emissions: Make):
    rows, table = elements(("p", "school", 1.0, "m2")), emissions([1.0])
    assert codes_of(lambda: plan_effect(rows, rows, table, table)) == ["element_unnamed"]
    named = emissions([1.0], provenance_id="elements:school:1")
    assert codes_of(lambda: plan_effect(rows, rows, named, emissions([1.0], unit="kg"))) == ["unit_mixed"]


def test_evidence_spans_its_findings_and_says_when_it_conflicts(emissions: Make):
    own = ElasticityTable(pl.DataFrame({
        "measure": "m", "outcome": "total", "sector": "*", "value": [-0.5, -0.1, None], "low": [-0.7, None, None],
        "high": [-0.3, None, None], "sign": ["-", "-", "+"], "source": ["a", "b", "c"],
    }))  # fmt: skip
    found = (
        what_if(emissions([100.0]), FormChangeTable(pl.DataFrame({"measure": ["m"], "change": [10.0]})), own)
        .to_polars()
        .row(0, named=True)
    )
    assert found["difference"] == pytest.approx(100 * (1.1**-0.3 - 1))
    assert found["low"] == pytest.approx(100 * (1.1**-0.7 - 1))
    # The third finding says only that emissions grow, so nil is not ruled out.
    assert found["high"] == 0.0
    assert (found["studies"], found["up"], found["down"], found["verdict"]) == (2.0, 1.0, 2.0, "conflicting")


def test_a_sector_of_the_evidence_takes_its_own_part(emissions: Make):
    table = emissions([100.0, 40.0, 1.0], sector=["industry", "transport.road", "transportation"])
    own = ElasticityTable(
        pl.DataFrame(
            {"measure": ["m"], "outcome": "x", "sector": "transport", "value": 1.0, "sign": "+", "source": "a"}
        )
    )
    found = what_if(table, FormChangeTable(pl.DataFrame({"measure": ["m"], "change": [10.0]})), own).to_polars()
    assert found["current"].item() == 40.0
    assert found["difference"].item() == pytest.approx(4.0)


def test_unknown_and_double_measures_are_refused(emissions: Make):
    wrong = FormChangeTable(pl.DataFrame({"measure": ["beauty", "compactness", "compactness"], "change": 1.0}))
    assert codes_of(lambda: what_if(emissions([1.0]), wrong)) == ["measure_unknown", "row_duplicate"]


def test_the_shipped_tables_are_sourced_and_sound():
    rows, evidence = element_rows(), elasticities().to_polars()
    known = references()
    assert set(rows["source"]) | set(evidence["source"]) <= set(known)
    ranged = rows.filter(pl.col("low").is_not_null() & pl.col("high").is_not_null())
    assert ranged.filter((pl.col("low") > pl.col("value")) | (pl.col("high") < pl.col("value"))).is_empty()
    assert all(mark in ("seen", "abstract", "secondary") or mark.startswith("recalled ") for mark in rows["quality"])
    signs = evidence.filter(pl.col("value").is_not_null())
    assert signs.filter((pl.col("value") > 0) & (pl.col("sign") == "-")).is_empty()
    assert signs.filter((pl.col("value") < 0) & (pl.col("sign") == "+")).is_empty()
    uses = translation().to_polars()
    assert set(uses["sector"]) <= set(classification("spatial").parents)
    heads = {code for cell in uses["land_use"].drop_nulls() for code in cell.split("|")}
    assert heads <= set(classification("land_use").parents)


def test_every_land_use_on_land_stands_for_one_element():
    codes = [
        code
        for code in classification("land_use").parents
        if code != "not_mapped" and (code < "18" or code[:2] == "23")
    ]
    made = elements_of_parcels(
        parcels(land_use=codes, far=[1.0] * len(codes)), time="2022", ratio_column="far"
    ).to_polars()
    assert made.height == len(codes) > 130


def test_library_sources_are_chosen_by_name():
    assert "electricity" in element_factors(["thuberc2022"]).words("activity")
    assert codes_of(lambda: element_factors(["nobody"])) == ["edition_unknown"]
