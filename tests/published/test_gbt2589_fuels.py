"""GB/T 2589 (2008 and 2020), provincial inventory guideline 2011 and enterprise guides: fuels by mass and volume.

Sources: GB/T 2589-2008 and GB/T 2589-2020, appendix A (calorific values and coal-equivalent coefficients); provincial
greenhouse gas inventory guideline 2011 (carbon contents, oxidation factors); default annex of the enterprise accounting
guides. Carbon dioxide is AD · NCV · CC · OF · 44/12, coal equivalent AD · p, or AD · NCV / 29.3076 where no coefficient is
printed. The two editions of GB/T 2589 have different calorific values, so every figure here names its set.

Tolerances: figures that a source prints are met to half of their last printed digit (1e-4 for the worked diesel, gasoline
and gas example, which is rounded to four decimals; 0.005 for the emission factors printed with two). Figures that are
multiplied out here from printed properties are met to 1e-9 relative, which is rounding of the computer alone.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.combustion import combustion
from citycarbon.inventory.sectors.standard_coal import standard_coal

CARBON = 44 / 12


def burnt(activity: str, value: float, unit: str) -> ActivityTable:
    """One row of fuel in a place without a region of its own."""
    row = {"place": ["works"], "time": ["2020"], "sector": ["industry"], "activity": [activity], "value": [value]}
    return ActivityTable(pl.DataFrame({**row, "unit": [unit]}))


def tonnes(activity: str, value: float, unit: str, edition: str) -> float:
    rows = combustion(burnt(activity, value, unit), shipped_library().choose([edition])).to_polars()
    assert rows.select("gas", "unit", "scope").rows() == [("CO2", "t", "1")]
    return float(rows["value"][0])


def coal(activity: str, value: float, unit: str, edition: str) -> float:
    rows = standard_coal(burnt(activity, value, unit), shipped_library().choose([edition])).to_polars()
    assert rows["unit"].to_list() == ["tce"]
    return float(rows["value"][0])


@pytest.mark.parametrize(
    ("fuel", "unit", "tce", "co2"),
    [
        ("diesel", "kg", 1.4571, 3.0959),
        ("gasoline", "kg", 1.4714, 2.9251),
        ("natural_gas", "m^3", 1.33, 2.1622),
    ],
)
def test_a_thousand_units_of_fuel(fuel: str, unit: str, tce: float, co2: float) -> None:
    """Worked example: 1000 kg of diesel and of gasoline, 1000 m³ of natural gas, rounded to four decimals."""
    factors = shipped_library().choose(["cn-2008"])
    row = combustion(burnt(fuel, 1000, unit), factors).to_polars()
    assert row["value"][0] == pytest.approx(co2, abs=1e-4)
    assert row["standard_coal"][0] == pytest.approx(tce, abs=1e-4)
    assert coal(fuel, 1000, unit, "cn-2008") == pytest.approx(tce, abs=1e-4)


@pytest.mark.parametrize(
    ("fuel", "ncv", "content", "oxidation"),
    [
        ("gasoline", 43.070, 18.9e-3, 0.98),
        ("diesel", 42.652, 20.2e-3, 0.98),
    ],
)
def test_chain_of_properties(fuel: str, ncv: float, content: float, oxidation: float) -> None:
    """43.070 · 18.9e-3 · 0.98 · 44/12 = 2.9251 and 42.652 · 20.2e-3 · 0.98 · 44/12 = 3.0959 t per t."""
    assert tonnes(fuel, 1, "t", "cn-2008") == pytest.approx(ncv * content * oxidation * CARBON, rel=1e-9)


@pytest.mark.parametrize(
    ("fuel", "unit", "printed"),
    [
        ("raw_coal", "t", 1.9003),
        ("coke_oven_gas", "1000*m^3", 0.8555),
        ("natural_gas", "1000*m^3", 2.16219),
    ],
)
def test_computed_factors_with_2008_values(fuel: str, unit: str, printed: float) -> None:
    """Factors computed from 2008 calorific values, with four or five decimals; coke oven gas by 17354 kJ/m3 and 13.58 t C/TJ."""
    assert tonnes(fuel, 1, unit, "cn-2008") == pytest.approx(printed, abs=5e-5)


@pytest.mark.parametrize(
    ("fuel", "printed"),
    [
        ("anthracite", 1.97),
        ("bituminous_coal", 1.86),
        ("lignite", 2.06),
        ("washed_coal", 2.45),
        ("middlings", 0.78),
        ("coke", 2.85),
        ("crude_oil", 3.02),
        ("fuel_oil", 3.17),
        ("kerosene", 3.03),
        ("lpg", 3.10),
    ],
)
def test_emission_factors_with_two_decimals(fuel: str, printed: float) -> None:
    """Emission factors [t CO2 per t] of a public database that quotes GB/T 2589-2008: two decimals, so within 0.005."""
    assert tonnes(fuel, 1, "t", "cn-2008") == pytest.approx(printed, abs=0.005)


def test_lng_needs_its_calorific_value_named() -> None:
    """2.58 t per t rests on 46 900 kJ/kg, which is no value of GB/T 2589-2008: by mass the set must refuse LNG."""
    library = shipped_library()
    with pytest.raises(InputError) as caught:
        combustion(burnt("lng", 1, "t"), library.choose(["cn-2008"]))
    assert [item.code for item in caught.value.problems] == ["unit_dimension"]
    both = library.choose(["public-copy-factor-database", "provincial-guideline-2011"])
    assert combustion(burnt("lng", 1, "t"), both).to_polars()["value"][0] == pytest.approx(2.58, abs=0.005)


@pytest.mark.parametrize(
    ("fuel", "kilojoule", "tce"),
    [
        ("raw_coal", 20934, 0.71429),
        ("natural_gas", 38931, 1.32836),
    ],
)
def test_coal_equivalent_from_calorific_value(fuel: str, kilojoule: float, tce: float) -> None:
    """20934 / 29307.6 = 0.71429 and 38931 / 29307.6 = 1.32836 (which the standard prints as 1.33): five decimals."""
    unit = "kJ/m^3" if fuel == "natural_gas" else "kJ/kg"
    only = FactorTable(
        pl.DataFrame({"quantity": "net_calorific_value", "activity": [fuel], "value": [float(kilojoule)], "unit": unit})
    )
    rows = standard_coal(burnt(fuel, 1000, unit.partition("/")[2]), only).to_polars()
    assert rows["value"][0] == pytest.approx(tce, abs=5e-6)


COEFFICIENTS_2020 = {
    "raw_coal": 0.7143, "washed_coal": 0.9000, "middlings": 0.2857, "coke": 0.9714, "crude_oil": 1.4286, "fuel_oil": 1.4286,
    "gasoline": 1.4714, "kerosene": 1.4714, "diesel": 1.4571, "lpg": 1.7143, "lng": 1.7572, "coal_tar": 1.1429,
    "refinery_gas": 1.5714, "methanol": 0.6794, "ethanol": 0.9144,
}  # fmt: skip
CALORIFIC_2020 = {
    "raw_coal": 20934, "washed_coal": 26377, "middlings": 8374, "coke": 28470, "crude_oil": 41868, "fuel_oil": 41868,
    "gasoline": 43124, "kerosene": 43124, "diesel": 42705, "lpg": 50242, "lng": 51498, "coal_tar": 33494,
    "refinery_gas": 46055, "methanol": 19913, "ethanol": 26800,
}  # fmt: skip
GASES_2020 = {"blast_furnace_gas": 0.1286, "producer_gas": 0.1786, "water_gas": 0.3571, "hydrogen": 0.3329}


@pytest.mark.parametrize(("fuel", "kgce"), COEFFICIENTS_2020.items())
def test_coefficients_of_2020(fuel: str, kgce: float) -> None:
    """The printed coefficient is used as it stands, and it is NCV / 29307.6 rounded.

    Tolerance of the second: half of the coefficient's last digit and half a kJ of the calorific value, 0.5e-4 + 0.5 / 29307.6
    (coal tar needs it: 8000 / 7000 kcal is 1.1429, but its 33494.4 kJ are printed as 33494).
    """
    assert coal(fuel, 1, "t", "cn-2020") == pytest.approx(kgce, rel=1e-12)
    assert kgce == pytest.approx(CALORIFIC_2020[fuel] / 29307.6, abs=0.5e-4 + 0.5 / 29307.6)


@pytest.mark.parametrize(("gas", "kgce"), GASES_2020.items())
def test_gas_coefficients_of_2020(gas: str, kgce: float) -> None:
    assert coal(gas, 1000, "m^3", "cn-2020") == pytest.approx(kgce, rel=1e-12)


def test_energy_carriers_of_2020() -> None:
    """Heat 0.03412 kgce/MJ and electricity 0.1229 kgce/kWh are printed equivalents (dang liang zhi).

    A heat or power row already has an energy unit, so the method converts it by 29.3076 GJ/tce; the printed digits are met
    to half of the last one.
    """
    assert coal("heat", 1000, "MJ", "cn-2020") == pytest.approx(0.03412, abs=5e-6)
    assert coal("electricity", 1000, "kWh", "cn-2020") == pytest.approx(0.1229, abs=1e-4)


def test_natural_gas_of_2020_is_the_middle_of_a_range() -> None:
    """Natural gas is printed as 32238 to 38979 kJ/m³ and 1.1000 to 1.3300 kgce/m³: midpoint, and sd = width / √12."""
    row = combustion(burnt("natural_gas", 1000, "m^3"), shipped_library().choose(["cn-2020"])).to_polars()
    middle, width = (32.238 + 38.979) / 2, 38.979 - 32.238
    assert row["value"][0] == pytest.approx(middle * 0.0153 * 0.99 * CARBON, rel=1e-9)
    assert row["standard_coal"][0] == pytest.approx((1.1 + 1.33) / 2, rel=1e-9)
    assert row["sd"][0] / row["value"][0] == pytest.approx(width / 12**0.5 / middle, rel=1e-6)


def test_2020_values_with_guideline_carbon() -> None:
    assert tonnes("diesel", 1, "t", "cn-2020") == pytest.approx(42.705 * 0.0202 * 0.98 * CARBON, rel=1e-9)
    assert tonnes("raw_coal", 1, "t", "cn-2020") == pytest.approx(20.934 * 0.02637 * 0.94 * CARBON, rel=1e-9)


# NCV [GJ/t], carbon content [t C/GJ] and oxidation [%] of the enterprise guides; gases in GJ per 10^4 m³.
ENTERPRISE = {
    "anthracite": (24.515, 0.02749, 94), "bituminous_coal": (23.204, 0.02618, 93), "lignite": (14.449, 0.02800, 96),
    "washed_coal": (26.344, 0.02540, 93), "other_washed_coal": (15.373, 0.02540, 90), "coal_briquette": (17.46, 0.03360, 90),
    "coke": (28.446, 0.02940, 93), "crude_oil": (42.62, 0.02010, 98), "fuel_oil": (40.19, 0.02110, 98),
    "gasoline": (44.80, 0.01890, 98), "diesel": (43.33, 0.02020, 98), "kerosene": (44.75, 0.01960, 98),
    "naphtha": (41.031, 0.0200, 98), "petroleum_coke": (31.00, 0.02750, 98), "refinery_gas": (46.05, 0.01820, 99),
    "lpg": (47.31, 0.01720, 99), "lng": (41.868, 0.01530, 99), "coal_tar": (33.453, 0.02200, 98),
    "crude_benzol": (41.816, 0.02270, 98),
}  # fmt: skip
ENTERPRISE_GASES = {
    "natural_gas": (389.31, 0.01530, 99), "coke_oven_gas": (173.854, 0.01360, 99), "blast_furnace_gas": (37.69, 0.07080, 99),
    "converter_gas": (79.54, 0.04960, 99), "carbide_furnace_gas": (111.19, 0.03951, 99), "other_coal_gas": (52.34, 0.01220, 99),
}  # fmt: skip


@pytest.mark.parametrize(("fuel", "properties"), ENTERPRISE.items())
def test_enterprise_defaults(fuel: str, properties: tuple[float, float, float]) -> None:
    ncv, content, percent = properties
    assert tonnes(fuel, 1, "t", "cn-enterprise") == pytest.approx(ncv * content * percent / 100 * CARBON, rel=1e-9)
    assert coal(fuel, 1, "t", "cn-enterprise") == pytest.approx(ncv / 29.3076, rel=1e-9)


@pytest.mark.parametrize(("fuel", "properties"), ENTERPRISE_GASES.items())
def test_enterprise_gases(fuel: str, properties: tuple[float, float, float]) -> None:
    ncv, content, percent = properties
    assert tonnes(fuel, 1, "万m^3", "cn-enterprise") == pytest.approx(ncv * content * percent / 100 * CARBON, rel=1e-9)


def test_editions_are_not_mixed() -> None:
    """Chinese guides mix the editions; here two sets for one fuel are refused, and alone they differ by 0.12 per cent."""
    library = shipped_library()
    with pytest.raises(InputError) as caught:
        combustion(burnt("diesel", 1, "t"), library.choose(["cn-2008", "cn-2020"]))
    assert {item.code for item in caught.value.problems} == {"editions_mixed"}
    with pytest.raises(InputError) as caught:
        standard_coal(burnt("natural_gas", 1, "m^3"), library.choose(["gbt2589-2008", "gbt2589-2020"]))
    assert [item.code for item in caught.value.problems] == ["factor_ambiguous"]
    ratio = tonnes("diesel", 1, "t", "cn-2020") / tonnes("diesel", 1, "t", "cn-2008")
    assert ratio == pytest.approx(42705 / 42652, rel=1e-9)
