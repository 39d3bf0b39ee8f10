"""Generation at its end uses: shares by use, losses, what stays, errors that are shared, the boundary."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import DoubleCountError
from citycarbon.core.tables import ActivityTable, EmissionTable, PlaceTable
from citycarbon.core.totals import total
from citycarbon.inventory.accounting.perspectives.end_use import end_use


def emissions(*rows: dict[str, object]) -> EmissionTable:
    base = {"place": "plant", "time": "2022", "sector": "energy.power_supplied", "activity": "raw_coal", "scope": "1",
            "gas": "CO2", "value": 100.0, "unit": "t"}  # fmt: skip
    return EmissionTable(pl.DataFrame([{**base, **row} for row in rows], infer_schema_length=None))


def use(*rows: tuple[str, str, str, float, str]) -> ActivityTable:
    schema = {"place": pl.String, "sector": pl.String, "activity": pl.String, "value": pl.Float64, "unit": pl.String}
    return ActivityTable(pl.DataFrame(rows, schema=schema, orient="row").with_columns(time=pl.lit("2022")))


def made(table: EmissionTable) -> list[tuple[str, str, float]]:
    return sorted(table.to_polars().select("place", "sector", "value").rows())


USERS = use(
    ("a", "buildings.residential", "electricity", 30.0, "MWh"),
    ("b", "industry.other", "electricity", 60_000.0, "kWh"),
    ("a", "energy.network_losses", "electricity", 10.0, "MWh"),
    ("b", "buildings.public", "heat", 500.0, "GJ"),
)


def test_power_and_heat_go_to_their_own_users_and_losses_stay_visible() -> None:
    rows = emissions({}, {"sector": "energy.heat_supplied", "value": 7.0}, {"sector": "process.cement", "value": 5.0})
    assert made(end_use(rows, USERS)) == [
        ("a", "buildings.residential", 30.0),
        ("a", "energy.network_losses", 10.0),
        ("b", "buildings.public", 7.0),
        ("b", "industry.other", 60.0),
        ("plant", "process.cement", 5.0),
    ]


def test_generation_without_a_known_use_stays_where_it_is() -> None:
    only_power = use(("a", "buildings.residential", "electricity", 1.0, "MWh"))
    rows = emissions({"sector": "energy.heat_supplied"}, {"time": "2021"})
    assert made(end_use(rows, only_power)) == [
        ("plant", "energy.heat_supplied", 100.0),
        ("plant", "energy.power_supplied", 100.0),
    ]


def test_the_rule_says_where_it_came_from_and_the_error_is_shared() -> None:
    table = end_use(emissions({"sd": 10.0, "rule": "matched"}), USERS)
    rows = table.to_polars().filter(pl.col("sector") == "industry.other")
    assert rows["rule"][0] == "matched; re-assigned from energy.power_supplied by use of electricity × 0.6"
    assert pl.DataFrame(total(table))["sd"][0] == pytest.approx(10.0, rel=1e-12)


def test_purchased_electricity_beside_the_plant_is_refused() -> None:
    with pytest.raises(DoubleCountError) as caught:
        end_use(emissions({}, {"scope": "2", "activity": "electricity", "sector": "buildings.public"}), USERS)
    assert caught.value.problems[0].code == "sum_scope_2_beside_plant"


def test_users_outside_the_built_up_boundary_are_named() -> None:
    built_up = PlaceTable(pl.DataFrame({"place": ["a"], "parent": [None]}, schema_overrides={"parent": pl.String}))
    found = {(place, sector) for place, sector, _ in made(end_use(emissions({}), USERS, built_up))}
    assert ("outside_boundary", "industry.other") in found
    assert ("a", "buildings.residential") in found
