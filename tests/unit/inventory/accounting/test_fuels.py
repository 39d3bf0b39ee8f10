"""Fuel properties become factors per energy and per amount; heat and coal equivalent of a unit."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.chemistry import CARBON_TO_CO2
from citycarbon.core.errors import CoverageError, InputError
from citycarbon.core.tables import FactorTable
from citycarbon.inventory.accounting.fuels import fuel_factors, heat_content

NCV = {"factor_id": "ncv", "quantity": "net_calorific_value", "value": 40.0, "unit": "MJ/kg"}
CONTENT = {"factor_id": "cc", "quantity": "carbon_content", "value": 20.0, "unit": "kg/GJ"}
OXIDATION = {"factor_id": "of", "quantity": "oxidation_factor", "value": 0.9, "unit": "1"}
COEFFICIENT = {"factor_id": "scc", "quantity": "standard_coal_coefficient", "value": 1.4, "unit": "kgce/kg"}


def properties(*rows: dict[str, object]) -> FactorTable:
    return FactorTable(pl.DataFrame([{"activity": "oil", **row} for row in rows], infer_schema_length=None))


def made(*rows: dict[str, object]) -> pl.DataFrame:
    return fuel_factors(properties(*rows)).to_polars()


def test_chain_per_energy_and_per_amount() -> None:
    """CC · OF · 44/12 = 0.02 · 0.9 · 44/12 = 0.066 t/GJ; times 40 GJ/t is 2.64 t/t."""
    rows = made(NCV, CONTENT, OXIDATION)
    found = rows.select("quantity", "gas", "unit", "value", "factor_id").rows()
    assert found == [
        ("emission_factor", "CO2", "t/GJ", pytest.approx(0.066, rel=1e-12), "of*cc"),
        ("emission_factor", "CO2", "t/t", pytest.approx(2.64, rel=1e-12), "ncv*of*cc"),
    ]
    assert pytest.approx(11 / 3, rel=1e-15) == CARBON_TO_CO2


def test_a_calorific_value_per_volume_gives_a_factor_per_volume() -> None:
    rows = made({**NCV, "value": 35.0, "unit": "MJ/m^3"}, CONTENT, OXIDATION)
    assert dict(rows.select("unit", "value").iter_rows())["t/m^3"] == pytest.approx(0.066 * 0.035, rel=1e-12)


def test_a_stated_reference_state_is_kept() -> None:
    rows = made({**NCV, "value": 35.0, "unit": "MJ/Nm3"}, CONTENT, OXIDATION)
    assert "t/Nm3" in rows["unit"].to_list()
    assert "t/m^3" not in rows["unit"].to_list()


def test_factors_per_energy_are_carried_over_and_given_per_amount() -> None:
    """4 kg CH4 per TJ at 40 GJ/t is 0.00016 kg per kg."""
    rows = made(NCV, {"factor_id": "ch4", "quantity": "emission_factor", "gas": "CH4", "value": 4.0, "unit": "kg/TJ"})
    found = dict(rows.select("unit", "value").iter_rows())
    assert found["kg/TJ"] == 4.0
    assert found["t/t"] == pytest.approx(4e-3 / 1e3 * 40, rel=1e-12)
    assert rows["gas"].unique().to_list() == ["CH4"]


def test_a_factor_per_amount_is_not_multiplied_by_the_calorific_value() -> None:
    rows = made(NCV, {"factor_id": "x", "quantity": "emission_factor", "gas": "CO2", "value": 3.1, "unit": "t/t"})
    assert rows.select("unit", "value").rows() == [("t/t", 3.1)]


def test_the_sector_of_a_factor_stays() -> None:
    per_sector = {"quantity": "emission_factor", "gas": "CH4", "value": 4.0, "unit": "kg/TJ", "sector": "road"}
    assert made(NCV, per_sector)["sector"].to_list() == ["road", "road"]


def test_relative_errors_add_in_quadrature() -> None:
    """3 % of the content and 4 % of the oxidation are 5 % of the factor; with 12 % of the NCV 13 % per amount."""
    rows = made({**NCV, "sd": 4.8}, {**CONTENT, "sd": 0.6}, {**OXIDATION, "sd": 0.036})
    relative = rows.select(pl.col("sd") / pl.col("value"))["sd"].to_list()
    assert relative == pytest.approx([0.05, 0.13], rel=1e-9)


def test_the_weaker_quality_remark_wins() -> None:
    rows = made(
        {**NCV, "quality": "recalled-80"}, {**CONTENT, "quality": "verified"}, {**OXIDATION, "quality": "secondary"}
    )
    assert rows["quality"].to_list() == ["secondary", "recalled-80"]


def test_carbon_without_oxidation_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        made(NCV, CONTENT)
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("parameter_missing", "oil")
    assert "oxidation_factor: oil" in problem.expected()


def test_properties_without_ids_still_combine() -> None:
    bare = [{key: value for key, value in row.items() if key != "factor_id"} for row in (NCV, CONTENT, OXIDATION)]
    assert made(*bare)["value"].to_list() == pytest.approx([0.066, 2.64], rel=1e-12)


# --- heat content -------------------------------------------------------------------------------------------------------


def content(unit: str, *rows: dict[str, object]) -> tuple[float | None, float | None]:
    found = heat_content(pl.DataFrame({"activity": ["oil"], "unit": [unit]}), properties(*rows))
    return found["energy"][0], found["standard_coal"][0]


def test_the_printed_coefficient_wins_over_the_calorific_value() -> None:
    assert content("kg", NCV, COEFFICIENT) == (pytest.approx(0.04), pytest.approx(0.0014))
    assert content("万吨", NCV, COEFFICIENT) == (pytest.approx(4e5), pytest.approx(14000.0))


def test_without_coefficient_the_calorific_value_over_29_3076() -> None:
    assert content("t", NCV) == (pytest.approx(40.0), pytest.approx(40 / 29.3076, rel=1e-12))


def test_a_unit_of_energy_needs_no_property() -> None:
    assert content("MWh", NCV, COEFFICIENT) == (pytest.approx(3.6), pytest.approx(3.6 / 29.3076, rel=1e-12))


def test_what_the_properties_do_not_say_is_empty() -> None:
    assert content("m^3", NCV, COEFFICIENT) == (None, None)
    assert content("t", CONTENT) == (None, None)


def test_plain_cubic_metres_and_normal_cubic_metres_stay_apart() -> None:
    per_normal = {**NCV, "unit": "MJ/Nm3"}
    assert content("m^3", per_normal) == (None, None)
    assert content("Nm3", per_normal)[0] == pytest.approx(0.04)


def test_two_different_figures_are_refused_and_two_equal_ones_are_not() -> None:
    with pytest.raises(CoverageError) as caught:
        content("t", NCV, {**NCV, "factor_id": "other", "value": 41.0})
    assert caught.value.problems[0].code == "factor_ambiguous"
    assert content("t", NCV, {**NCV, "factor_id": "other", "value": 40000.0, "unit": "kJ/kg"})[0] == pytest.approx(40.0)


def test_a_property_of_one_sector_makes_a_factor_of_that_sector_only() -> None:
    """Oxidation 0.8 in homes and 0.9 elsewhere; carbon content and calorific value hold for both."""
    rows = made(NCV, CONTENT, OXIDATION, {**OXIDATION, "factor_id": "of.homes", "sector": "homes", "value": 0.8})
    found = {(sector, unit): value for sector, unit, value in rows.select("sector", "unit", "value").iter_rows()}
    assert found == {
        (None, "t/GJ"): pytest.approx(0.066, rel=1e-12), ("homes", "t/GJ"): pytest.approx(0.066 * 8 / 9, rel=1e-12),
        (None, "t/t"): pytest.approx(2.64, rel=1e-12), ("homes", "t/t"): pytest.approx(2.64 * 8 / 9, rel=1e-12),
    }  # fmt: skip


def test_two_sectors_of_two_properties_are_not_mixed() -> None:
    rows = made({**CONTENT, "sector": "homes"}, {**OXIDATION, "sector": "steel"})
    assert rows.height == 0
