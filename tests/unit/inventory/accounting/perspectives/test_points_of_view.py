"""Perspectives: what each counts, what it leaves out and why, and alternatives that are never added."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import DoubleCountError
from citycarbon.core.tables import EmissionTable
from citycarbon.inventory.accounting.perspectives.points_of_view import points_of_view


def account(*rows: dict[str, object]) -> EmissionTable:
    base = {
        "place": "A",
        "time": "2022",
        "activity": "raw_coal",
        "gas": "CO2e",
        "unit": "t",
        "basis": "all",
        "flow": "emission",
    }
    return EmissionTable(pl.DataFrame([{**base, **row} for row in rows], infer_schema_length=None))


CITY = account(
    {"sector": "energy.power_supplied", "scope": "1", "value": 50.0},
    {"sector": "buildings.commercial", "scope": "1", "activity": "natural_gas", "value": 30.0},
    {"sector": "buildings.commercial", "scope": "2", "activity": "electricity", "value": 20.0},
    {"sector": "upstream.materials", "scope": "3", "activity": "rebar", "value": 7.0},
    {"sector": "land.forest", "scope": "sink", "activity": "forest_land", "value": -4.0, "flow": "removal"},
)


def totals(table: EmissionTable) -> dict[str, float | None]:
    rows = points_of_view(table, classification_name="city").to_polars().filter(pl.col("counted") == "total")
    return dict(rows.select("perspective", "value").iter_rows())


def test_electricity_counts_once_in_each_perspective() -> None:
    """Territorial 50 + 30; with supply chain 30 + 20 + 7, the plant's 50 being in what the users bought."""
    assert totals(CITY) == {"territorial": 80.0, "supply_chain": 57.0, "final_consumption": None, "life_cycle": None}


def test_what_is_left_out_is_named_with_its_reason() -> None:
    rows = points_of_view(CITY, classification_name="city").to_polars().filter(pl.col("counted") == "no")
    found = set(rows.select("perspective", "sector", "value", "reason_en").rows())
    assert ("supply_chain", "energy.power_supplied", 50.0, "counted where the energy is used") in found
    assert ("territorial", "upstream.materials", 7.0, "emitted outside the boundary") in found
    assert ("territorial", "land.forest", -4.0, "removals and biogenic CO2 are stated apart") in found


def test_counted_and_left_out_together_are_the_account() -> None:
    rows = points_of_view(CITY, classification_name="city").to_polars().filter(pl.col("counted") != "total")
    sums = dict(rows.group_by("perspective").agg(pl.col("value").sum()).iter_rows())
    assert sums == {"territorial": 103.0, "supply_chain": 103.0}


def test_perspectives_that_need_a_footprint_say_so() -> None:
    rows = points_of_view(CITY, classification_name="city").to_polars()
    hooks = rows.filter(pl.col("perspective").is_in(["final_consumption", "life_cycle"]))
    assert hooks["notation"].to_list() == ["NE", "NE"]
    assert hooks["value"].null_count() == 2


def test_location_and_market_stand_side_by_side() -> None:
    rows = [
        {"sector": "buildings.commercial", "scope": "2", "activity": "electricity", "value": value, "basis": basis}
        for value, basis in ((20.0, "location"), (5.0, "market"))
    ]
    made = points_of_view(account(*rows), classification_name="city").to_polars()
    chain = made.filter((pl.col("perspective") == "supply_chain") & (pl.col("counted") == "total"))
    assert dict(chain.select("basis", "value").iter_rows()) == {"location": 20.0, "market": 5.0}


def test_mass_and_co2e_are_not_added() -> None:
    rows = [{"sector": "buildings.commercial", "scope": "1", "value": 1.0}] * 2
    with pytest.raises(DoubleCountError) as caught:
        points_of_view(account({**rows[0], "gas": "CH4"}, rows[1]), classification_name="city")
    assert caught.value.problems[0].code == "sum_gas"
