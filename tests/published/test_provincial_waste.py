"""Waste by the Chinese guideline for provincial inventories (trial, 2011), chapter 6.

Source: 省级温室气体清单编制指南（试行）, 国家发展和改革委员会 2011. The guideline itself was not at hand;
equations and defaults are as recalled in the library, with their quality marks. It prints no worked
numbers: each is written out here.

Tolerance: half of the last digit of the quoted product; 1e-9 relative against the exact fraction.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.waste.incineration import BurntWasteTable, incineration
from citycarbon.inventory.accounting.waste.landfill_decay import DepositTable, landfill_decay
from citycarbon.inventory.accounting.waste.landfill_mass_balance import LandfillTable, landfill_mass_balance
from citycarbon.inventory.accounting.waste.recovered import RecoveryTable
from citycarbon.inventory.accounting.waste.wastewater import DomesticWastewaterTable, domestic_wastewater

FACTORS = shipped_library().choose(["provincial-guideline-2011", "ipcc2006"])
PROVINCIAL = shipped_library().choose(["provincial-guideline-2011"])
BASE = {"place": "CN", "time": "2015", "value": 1000.0, "unit": "t"}


@pytest.mark.parametrize(
    ("waste", "carbon", "fossil", "oxidised", "quoted"),
    [
        ("municipal_solid_waste", 0.20, 0.39, 0.95, 271.70),
        ("hazardous_waste", 0.01, 0.90, 0.97, 32.01),
        ("sewage_sludge", 0.30, 0.0, 0.95, 0.00),
    ],
)
def test_incineration(waste: str, carbon: float, fossil: float, oxidised: float, quoted: float) -> None:
    """E = IW · CCW · FCF · EF · 44/12: 1000 t of municipal waste give 271.70 t CO2."""
    table = BurntWasteTable(pl.DataFrame([{**BASE, "sector": "waste.incineration", "activity": waste}]))
    found = dict(incineration(table, PROVINCIAL).to_polars().select("gas", "value").iter_rows())
    assert found["CO2"] == pytest.approx(quoted, abs=0.005)
    assert found["CO2"] == pytest.approx(1000 * carbon * fossil * oxidised * 44 / 12, rel=1e-9)
    assert found["CO2-biogenic"] == pytest.approx(1000 * carbon * (1 - fossil) * oxidised * 44 / 12, rel=1e-9)


def landfilled(recovery: float | None = None, **row: object) -> float:
    base = {**BASE, "sector": "waste.landfill", "activity": "municipal_solid_waste", "site": "managed_anaerobic"}
    table = LandfillTable(pl.DataFrame([{**base, "doc": 0.14, "landfilled_share": 1.0, **row}]))
    gas = None
    if recovery is not None:
        gas = RecoveryTable(pl.DataFrame([{**BASE, "sector": "waste.landfill", "value": recovery}]))
    return float(landfill_mass_balance(table, FACTORS, gas).to_polars()["value"][0])


def test_landfill_mass_balance() -> None:
    """L0 = 1 · 0.14 · 0.5 · 0.5 · 16/12 = 0.0466667: 10 000 t give 466.6667 t; (466.6667 · 0.75 − 100) · 0.9 = 225 t."""
    assert landfilled(value=10000.0) == pytest.approx(466.6667, abs=5e-5)
    assert landfilled(100.0, value=10000.0, landfilled_share=0.75, cover="covered") == pytest.approx(225, rel=1e-9)


def test_mass_balance_is_the_decay_of_all_years_at_once() -> None:
    base = {**BASE, "sector": "waste.landfill", "activity": "municipal_solid_waste", "site": "managed_anaerobic"}
    row = {**base, "doc": 0.14, "climate": "tropical_wet"}
    decay = landfill_decay(DepositTable(pl.DataFrame([row])), FACTORS, year_to=2315).to_polars()
    assert decay["value"].sum() == pytest.approx(landfilled(), rel=1e-9)


@pytest.mark.parametrize(
    ("place", "ratio"),
    [
        ("CN", 0.46),
        ("河北", 0.45),
        ("吉林", 0.46),
        ("浙江", 0.43),
        ("河南", 0.49),
        ("海南", 0.47),
        ("云南", 0.51),
        ("甘肃", 0.41),
    ],
)
def test_domestic_wastewater_methane(place: str, ratio: float) -> None:
    """E = COD · BOD/COD · 0.6 · 0.165 with the ratio of each part of the country."""
    row = {**BASE, "place": place, "sector": "waste.wastewater_domestic", "activity": "domestic_wastewater_cod"}
    made = domestic_wastewater(DomesticWastewaterTable(pl.DataFrame([row])), FACTORS).to_polars()
    assert made["value"].to_list() == pytest.approx([1000 * ratio * 0.6 * 0.165], rel=1e-9)


def test_domestic_wastewater_nitrous_oxide() -> None:
    """E = Pop · Protein · 0.16 · 1.5 · 1.25 · 0.005 · 44/28: 1 M people with 30 kg a year give 70.714 t N2O."""
    row = {**BASE, "sector": "waste.wastewater_domestic", "activity": "domestic_wastewater_protein", "protein": 30.0}
    table = DomesticWastewaterTable(pl.DataFrame([{**row, "value": 1e6, "unit": "person"}]))
    made = domestic_wastewater(table, FACTORS).to_polars().row(0, named=True)
    assert made["gas"] == "N2O"
    assert made["value"] == pytest.approx(70.714, abs=0.0005)
    assert made["value"] == pytest.approx(1e6 * 0.030 * 0.16 * 1.5 * 1.25 * 0.005 * 44 / 28, rel=1e-9)
