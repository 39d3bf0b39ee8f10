"""GB/T 51366-2019, standard for building carbon emission calculation: materials of appendix D.

Source: GB/T 51366-2019, appendix D (materials, kg CO2e per t or m³; tap water 0.168 kg/t) as quoted by a public page, and the
formula C_sc = Σ M_i · F_i. The factors of the library are multiplied with the quantities of a building, with nothing between.

Tolerance: all factors are whole numbers or short decimals and the sum is printed exactly, so 1e-9 relative.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.apply import Account, match, multiply
from citycarbon.inventory.accounting.intensity import intensity
from citycarbon.inventory.accounting.water import water

BILL = {
    "concrete_c30": (2700.0, "m^3", 796.5),
    "rebar": (330.0, "t", 772.2),
    "shale_hollow_brick": (900.0, "m^3", 183.6),
    "cement_opc": (60.0, "t", 44.1),
    "flat_glass": (30.0, "t", 33.9),
    "aluminium_sheet": (6.0, "t", 171.0),
}


def building(year: str) -> EmissionTable:
    amounts = list(BILL.values())
    bill = pl.DataFrame(
        {
            "place": "block", "time": year, "sector": "materials", "activity": list(BILL),
            "value": [amount for amount, _, _ in amounts], "unit": [unit for _, unit, _ in amounts],
        }
    )  # fmt: skip
    activity = ActivityTable(bill)
    factors = shipped_library().choose(["gbt51366-2019"], ["life_cycle_factor"])
    return multiply(activity, match(activity, factors, None), Account("test", "3"))


def test_materials_of_a_building() -> None:
    """796.5 + 772.2 + 183.6 + 44.1 + 33.9 + 171.0 = 2001.3 t CO2e."""
    rows = building("2020").to_polars()
    made = dict(rows.select("activity", "value").iter_rows())
    assert made == pytest.approx({name: tonnes for name, (_, _, tonnes) in BILL.items()}, rel=1e-9)
    assert rows["value"].sum() == pytest.approx(2001.3, rel=1e-9)
    assert rows["gas"].unique().to_list() == ["CO2e"]


def test_materials_per_floor_area() -> None:
    """Over 6000 m² of floor: 333.55 kg/m²."""
    area = {"place": ["block"], "time": ["2020"], "measure": ["floor_area"], "value": [6000.0], "unit": ["m^2"]}
    made = intensity(building("2020").with_unit("kg"), DenominatorTable(pl.DataFrame(area))).to_polars()
    whole = made.filter(pl.col("sector") == "total")
    assert whole.select("value", "unit").rows() == [(pytest.approx(333.55, rel=1e-9), "kg/m^2")]


def test_tap_water() -> None:
    """0.168 kg CO2e per tonne of tap water."""
    used = {"place": ["home"], "time": ["2020"], "sector": ["home"], "activity": ["tap_water"], "value": [1000.0]}
    made = water(ActivityTable(pl.DataFrame({**used, "unit": ["t"]})), shipped_library().choose(["gbt51366-2019"]))
    assert made.to_polars().select("gas", "value").rows() == [("CO2e", pytest.approx(0.168, rel=1e-9))]


def test_the_standard_does_not_serve_years_before_it() -> None:
    with pytest.raises(InputError) as caught:
        building("2018")
    assert {item.code for item in caught.value.problems} == {"factor_missing"}
    assert len(caught.value.problems) == len(BILL)
