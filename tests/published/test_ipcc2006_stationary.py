"""IPCC 2006 Guidelines, volume 2: Tier 1 factors of stationary combustion (chapter 2) and of road transport (chapter 3).

Source: tables 2.2 to 2.5 of chapter 2 (kg per TJ on net calorific value, by sector), tables 3.2.1 and 3.2.2 of chapter 3
(road), table 1.2 of chapter 1 (calorific values). Warming potentials of the fourth, fifth and sixth IPCC assessment reports
as collected by the globalwarmingpotentials data set.

Tolerances: the CO2e figures of the worked examples are printed to 0.1 kg, so 0.05 kg; single factors are printed whole, and
only floating-point rounding (1e-9 relative) is allowed.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.core.totals import total
from citycarbon.data.library import shipped_library, warming_metric
from citycarbon.inventory.accounting.combustion import combustion

CO2 = {
    "anthracite": 98300, "coking_coal": 94600, "bituminous_coal": 94600, "sub_bituminous_coal": 96100, "lignite": 101000,
    "coke": 107000, "crude_oil": 73300, "gasoline": 69300, "kerosene": 71900, "diesel": 74100, "fuel_oil": 77400,
    "lpg": 63100, "natural_gas": 56100, "municipal_solid_waste": 91700,
}  # fmt: skip
COALS = ("anthracite", "coking_coal", "bituminous_coal", "sub_bituminous_coal", "lignite", "coke")
LIQUIDS = ("crude_oil", "gasoline", "kerosene", "diesel", "fuel_oil")
METHANE = {
    **dict.fromkeys(COALS, (1, 10, 300)), **dict.fromkeys(LIQUIDS, (3, 10, 10)), "lpg": (1, 5, 5), "natural_gas": (1, 5, 5),
    "wood": (30, 300, 300),
}  # fmt: skip
NITROUS = {**dict.fromkeys(COALS, 1.5), **dict.fromkeys(LIQUIDS, 0.6), "lpg": 0.1, "natural_gas": 0.1, "wood": 4}
SECTORS = ("energy_industries", "commercial", "residential")
CALORIFIC = {"bituminous_coal": 25.8, "gasoline": 44.3, "diesel": 43.0, "lpg": 47.3, "natural_gas": 48.0, "coke": 28.2}


def burn(fuel: str, sector: str, value: float = 1.0, unit: str = "TJ") -> EmissionTable:
    row = {
        "place": ["plant"],
        "time": ["2020"],
        "sector": [sector],
        "activity": [fuel],
        "value": [value],
        "unit": [unit],
    }
    return combustion(ActivityTable(pl.DataFrame(row)), shipped_library().choose(["ipcc-2006"]))


def kilograms(table: EmissionTable, gas: str) -> float:
    rows = table.with_unit("kg").to_polars().filter(pl.col("gas") == gas)
    assert rows.height == 1
    return float(rows["value"][0])


def equivalent(table: EmissionTable, metric: str) -> float:
    return float(total(table.with_unit("kg").to_co2e(warming_metric(metric)))["value"][0])


@pytest.mark.parametrize(("fuel", "factor"), CO2.items())
def test_carbon_dioxide(fuel: str, factor: float) -> None:
    assert kilograms(burn(fuel, "energy_industries"), "CO2") == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize("sector", SECTORS)
@pytest.mark.parametrize("fuel", METHANE)
def test_methane_and_nitrous_oxide_depend_on_the_sector(fuel: str, sector: str) -> None:
    made = burn(fuel, sector)
    assert kilograms(made, "CH4") == pytest.approx(METHANE[fuel][SECTORS.index(sector)], rel=1e-9)
    assert kilograms(made, "N2O") == pytest.approx(NITROUS[fuel], rel=1e-9)


@pytest.mark.parametrize(
    ("fuel", "sector", "metric", "printed"),
    [
        ("diesel", "energy_industries", "AR4-GWP100", 74353.8),
        ("diesel", "energy_industries", "AR5-GWP100", 74343.0),
        ("diesel", "energy_industries", "AR6-GWP100", 74344.8),
        ("natural_gas", "energy_industries", "AR4-GWP100", 56154.8),
        ("natural_gas", "energy_industries", "AR5-GWP100", 56154.5),
        ("natural_gas", "energy_industries", "AR6-GWP100", 56154.3),
        ("gasoline", "road", "AR5-GWP100", 72120.0),
    ],
)
def test_one_terajoule_in_co2_equivalent(fuel: str, sector: str, metric: str, printed: float) -> None:
    """Worked examples: 1 TJ of diesel, natural gas and road gasoline, printed to 0.1 kg CO2e."""
    assert equivalent(burn(fuel, sector), metric) == pytest.approx(printed, abs=0.05)


def test_road_factors_are_not_the_stationary_ones() -> None:
    """Road gasoline with an oxidation catalyst emits 25 kg CH4 and 8 kg N2O a TJ, road diesel 3.9 and 3.9."""
    gasoline, diesel = burn("gasoline", "road"), burn("diesel", "road")
    assert (kilograms(gasoline, "CH4"), kilograms(gasoline, "N2O")) == pytest.approx((25, 8), rel=1e-9)
    assert (kilograms(diesel, "CH4"), kilograms(diesel, "N2O")) == pytest.approx((3.9, 3.9), rel=1e-9)
    assert kilograms(diesel, "CO2") == pytest.approx(74100, rel=1e-9)


@pytest.mark.parametrize(("fuel", "terajoule_per_gigagram"), CALORIFIC.items())
def test_calorific_values(fuel: str, terajoule_per_gigagram: float) -> None:
    """One Gg of fuel holds the printed number of TJ, and emits that number times the factor per TJ."""
    rows = burn(fuel, "commercial", 1, "kt").to_polars()
    assert rows["energy"].to_list() == pytest.approx([terajoule_per_gigagram * 1000] * 3, rel=1e-9)
    co2 = rows.filter(pl.col("gas") == "CO2")["value"][0]
    assert co2 == pytest.approx(CO2[fuel] * terajoule_per_gigagram / 1000, rel=1e-9)


def test_a_cubic_metre_of_natural_gas() -> None:
    """38.931 MJ/m³ × 56.1 kg/GJ = 2.18403 kg CO2 per m³ (five decimals): Chinese calorific value with the IPCC factor."""
    rows = shipped_library().rows.filter(
        pl.col("factor_id").is_in(["gbt2589-2008.ncv.natural_gas", "ipcc2006.ef.natural_gas.co2"])
    )
    row = {"place": ["home"], "time": ["2020"], "sector": ["residential"], "activity": ["natural_gas"], "value": [1.0]}
    made = combustion(ActivityTable(pl.DataFrame({**row, "unit": ["m^3"]})), FactorTable(rows))
    assert kilograms(made, "CO2") == pytest.approx(2.18403, abs=5e-6)


def test_a_sector_without_methane_factor_is_not_a_silent_co2_total() -> None:
    """Tier 1 has no CH4 for a sector of one's own naming: two rows say NE, and the sum counts them as without number."""
    made = burn("diesel", "film studios")
    rows = made.to_polars()
    assert rows.select("gas", "notation").sort("gas").rows() == [("CH4", "NE"), ("CO2", None), ("N2O", "NE")]
    assert rows.filter(pl.col("notation") == "NE")["value"].null_count() == 2
    summed = total(made.to_co2e(warming_metric("AR5-GWP100")))
    assert summed.select("rows", "without_number").rows() == [(3, 2)]
    assert summed["value"][0] == pytest.approx(74.1, rel=1e-9)


def test_wood_is_a_memo_item() -> None:
    """Wood emits 112 000 kg of biogenic CO2 a TJ, outside CO2e; its CH4 and N2O count (4 kg N2O, 300 kg CH4 at home)."""
    made = burn("wood", "residential")
    assert kilograms(made, "CO2-biogenic") == pytest.approx(112000, rel=1e-9)
    rows = made.with_unit("kg").to_co2e(warming_metric("AR5-GWP100")).to_polars()
    counted = rows.filter(pl.col("gas") == "CO2e")["value"].sum()
    assert counted == pytest.approx(300 * 28 + 4 * 265, rel=1e-9)
    assert rows.filter(pl.col("gas") == "CO2-biogenic")["value"].to_list() == pytest.approx([112000])
