"""Heat of steam and hot water from readings, its two routes to CO2, and states that do not exist."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, SchemaError
from citycarbon.core.tables import FactorTable
from citycarbon.inventory.accounting.heat import METHOD_ID, SteamTable, heat

NUMBERS = ("mass", "pressure", "temperature", "return_temperature", "feed_enthalpy")
FACTORS = [
    {"factor_id": "heat", "activity": "heat", "gas": "CO2", "value": 0.1, "unit": "t/GJ"},
    {"factor_id": "coal", "activity": "standard_coal", "gas": "CO2", "value": 2.5, "unit": "t/tce"},
]
PRINTED = {
    "factor_id": "scc",
    "quantity": "standard_coal_coefficient",
    "activity": "heat",
    "value": 0.03412,
    "unit": "kgce/MJ",
}


def factors(*rows: dict[str, object]) -> FactorTable:
    return FactorTable(pl.DataFrame(list(rows), infer_schema_length=None))


def readings(*rows: dict[str, object]) -> SteamTable:
    base = {
        "place": "works",
        "time": "2020",
        "sector": "s",
        "medium": "hot_water",
        "mass": 1000.0,
        "provenance_id": None,
    }
    filled = [{**base, **dict.fromkeys(NUMBERS[1:]), **row} for row in rows]
    kinds = {**dict.fromkeys(NUMBERS, pl.Float64), "provenance_id": pl.String}
    return SteamTable(pl.DataFrame(filled, schema_overrides=kinds))


WATER = {"temperature": 80.0, "return_temperature": 30.0}


def test_hot_water_by_energy() -> None:
    """1000 t · 4.1868 · 50 K = 209.34 GJ, · 0.1 t/GJ = 20.934 t; coal equivalent over 29.3076 GJ/tce."""
    row = heat(readings(WATER), factors(*FACTORS)).to_polars().row(0, named=True)
    assert row["energy"] == pytest.approx(209.34, rel=1e-12)
    assert row["value"] == pytest.approx(20.934, rel=1e-12)
    assert row["standard_coal"] == pytest.approx(209.34 / 29.3076, rel=1e-12)
    filed = (row["scope"], row["basis"], row["method"], row["activity"], row["factor_id"])
    assert filed == ("2", "location", METHOD_ID, "heat", "heat")


def test_hot_water_by_standard_coal() -> None:
    """209.34 GJ · 0.03412 = 7.1426808 tce, · 2.5 = 17.856702 t."""
    made = heat(readings(WATER), factors(*FACTORS, PRINTED), route="standard_coal").to_polars().row(0, named=True)
    assert made["energy"] == pytest.approx(209.34, rel=1e-12)
    assert made["standard_coal"] == pytest.approx(7.1426808, rel=1e-12)
    assert made["value"] == pytest.approx(17.856702, rel=1e-12)
    assert (made["activity"], made["factor_id"]) == ("standard_coal", "coal")


def test_the_coal_equivalent_may_be_printed_in_any_unit() -> None:
    """34.12 kgce/GJ is 0.03412 kgce/MJ."""
    other = {**PRINTED, "value": 34.12, "unit": "kgce/GJ"}
    made = heat(readings(WATER), factors(*FACTORS, other), route="standard_coal").to_polars()
    assert made["standard_coal"][0] == pytest.approx(7.1426808, rel=1e-12)


def test_steam_over_its_own_feed_water() -> None:
    """The enthalpy of feed water cancels: 10 kJ/kg less of it are 10 GJ more for 1000 t."""
    steam = {"medium": "saturated_steam", "pressure": 0.5}
    made = heat(
        readings(steam, {**steam, "feed_enthalpy": 73.74}, {**steam, "feed_enthalpy": 83.74}), factors(*FACTORS)
    )
    standard, warm, same = made.to_polars()["energy"].to_list()
    assert warm - standard == pytest.approx(10.0, rel=1e-9)
    assert same == pytest.approx(standard, rel=1e-12)
    parameter = heat(readings(steam), factors(*FACTORS), feed_water_enthalpy=73.74).to_polars()["energy"][0]
    assert parameter == pytest.approx(warm, rel=1e-12)


def test_superheated_steam_holds_more_than_saturated() -> None:
    saturated = {"medium": "saturated_steam", "pressure": 1.0}
    hotter = {"medium": "superheated_steam", "pressure": 1.0, "temperature": 250.0}
    low, high = heat(readings(saturated, hotter), factors(*FACTORS)).to_polars()["energy"].to_list()
    assert low == pytest.approx(2777.1 - 83.74, abs=0.05)
    assert high == pytest.approx(2943.2 - 83.74, abs=0.1)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"medium": "saturated_steam"}, "pressure"),
        ({"medium": "superheated_steam", "pressure": 1.0}, "temperature"),
        ({"medium": "hot_water", "temperature": 80.0}, "return_temperature"),
        ({"medium": "saturated_steam", "pressure": 25.0}, "22.06"),
        ({"medium": "saturated_steam", "pressure": 0.0001}, "0.000612"),
        ({"medium": "superheated_steam", "pressure": 1.0, "temperature": 150.0}, "hotter than saturation"),
        ({"medium": "hot_water", "temperature": 30.0, "return_temperature": 80.0}, "temperature >= return_temperature"),
        ({"medium": "saturated_steam", "pressure": 1.0, "feed_enthalpy": 3000.0}, "feed enthalpy"),
    ],
)
def test_states_that_do_not_exist(row: dict[str, object], told: str) -> None:
    with pytest.raises(SchemaError) as caught:
        heat(readings(WATER, {**row, "provenance_id": "steam.csv:9"}), factors(*FACTORS))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.file, problem.where.rows) == ("steam_state", "steam.csv", (9,))
    assert told in problem.expected()


def test_every_bad_reading_is_told() -> None:
    bad = readings({"medium": "saturated_steam"}, WATER, {"medium": "superheated_steam", "pressure": 1.0})
    with pytest.raises(SchemaError) as caught:
        heat(bad, factors(*FACTORS))
    assert [problem.where.rows for problem in caught.value.problems] == [(1,), (3,)]


def test_a_supercritical_state_beside_a_wet_one() -> None:
    """30 MPa and 700 K is past the critical point and fine; 1 MPa and 150 °C is water, whatever stands beside it."""
    fine = {"medium": "superheated_steam", "pressure": 30.0, "temperature": 426.85}
    assert heat(readings(fine), factors(*FACTORS)).to_polars()["energy"][0] == pytest.approx(2631.49 - 83.74, abs=0.01)
    with pytest.raises(SchemaError) as caught:
        heat(readings(fine, {**fine, "pressure": 1.0, "temperature": 150.0}), factors(*FACTORS))
    assert [problem.where.rows for problem in caught.value.problems] == [(2,)]


def test_water_that_comes_back_as_warm_carried_no_heat() -> None:
    rows = heat(readings({"temperature": 60.0, "return_temperature": 60.0}, WATER), factors(*FACTORS)).to_polars()
    assert rows["value"].to_list() == [0.0, pytest.approx(20.934)]


def test_heat_without_factor_is_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        heat(readings(WATER), factors(PRINTED))
    assert caught.value.problems[0].code == "factor_missing"


def test_two_factors_of_standard_coal_are_refused() -> None:
    """2.7725, 2.66, 2.493 and 2.4567 t per tce are conventions: two of them at once cannot be meant."""
    with pytest.raises(CoverageError) as caught:
        heat(
            readings(WATER),
            factors(*FACTORS, {**FACTORS[1], "factor_id": "other", "value": 2.66}),
            route="standard_coal",
        )
    assert caught.value.problems[0].code == "factor_ambiguous"


def test_two_coal_equivalents_of_heat_are_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        heat(readings(WATER), factors(*FACTORS, PRINTED, {**PRINTED, "factor_id": "old", "value": 0.0341}))
    assert caught.value.problems[0].code == "factor_ambiguous"
