"""Water supply: one edition at a time, volume or mass as it prints its factor."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, UnitError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.water import METHOD_ID, water


def used(value: float, unit: str, activity: str = "tap_water") -> ActivityTable:
    row = {
        "place": ["A"],
        "time": ["2020"],
        "sector": ["home"],
        "activity": [activity],
        "value": [value],
        "unit": [unit],
    }
    return ActivityTable(pl.DataFrame(row))


@pytest.mark.parametrize(
    ("edition", "unit", "kilograms"),
    [("green-handbook", "m^3", 0.91), ("gbt51366-2019", "t", 0.168), ("public-copy-water-0344", "万立方米", 3440.0)],
)
def test_editions_by_their_own_unit(edition: str, unit: str, kilograms: float) -> None:
    row = water(used(1.0, unit), shipped_library().choose([edition])).to_polars().row(0, named=True)
    assert row["value"] == pytest.approx(kilograms / 1000, rel=1e-12)
    assert (row["scope"], row["method"]) == ("3", METHOD_ID)


@pytest.mark.parametrize("unit", ["m^3", "t"])
def test_the_unit_of_a_meter_does_not_choose_between_editions(unit: str) -> None:
    """0.91 kg/m³ and 0.168 kg/t differ fivefold; named together they are refused, whatever the meter counts."""
    with pytest.raises(CoverageError) as caught:
        water(used(1.0, unit), shipped_library().choose(["green-handbook", "gbt51366-2019"]))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("editions_mixed", "gbt51366-2019, green-handbook")


def test_a_volume_needs_a_factor_per_volume() -> None:
    per_tonne = FactorTable(pl.DataFrame({"activity": ["tap_water"], "gas": "CO2e", "value": [0.168], "unit": "kg/t"}))
    with pytest.raises(UnitError):
        water(used(1.0, "m^3"), per_tonne)


def test_a_cubic_metre_of_tap_water_is_a_tonne_in_the_edition_that_says_so() -> None:
    made = [water(used(1.0, unit), shipped_library().choose(["gbt51366-2019"])).to_polars() for unit in ("m^3", "t")]
    assert made[0]["value"].to_list() == pytest.approx(made[1]["value"].to_list(), rel=1e-12)


def test_other_properties_of_water_are_no_emission_factor() -> None:
    rows = FactorTable(
        pl.DataFrame(
            {"activity": "tap_water", "quantity": ["emission_factor", "standard_coal_coefficient"], "gas": ["CO2", None],
             "value": [0.5, 0.1], "unit": ["kg/m^3", "kgce/m^3"]}
        )
    )  # fmt: skip
    assert water(used(1000.0, "m^3"), rows).to_polars().select("gas", "value").rows() == [("CO2", pytest.approx(0.5))]


def test_other_activities_are_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        water(used(1.0, "m^3", "rain"), shipped_library().choose(["green-handbook"]))
    assert caught.value.problems[0].code == "factor_missing"
