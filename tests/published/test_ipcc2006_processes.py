"""IPCC 2006 Guidelines: clinker by chemistry and default, Tier 1 of products, lubricants, electrical equipment, coal.

Source: volume 3, chapter 2 (equation 2.4: EF = 0.785 × 0.65 = 0.51 t CO2/t clinker; with 2 % for kiln dust 0.52), chapter 3
(tables 3.3, 3.4, 3.28), chapter 4 (tables 4.10, 4.15), chapter 5 (CC 20 kg/GJ, ODU 0.2, so 14.67 t/TJ), chapter 8;
volume 2, chapter 4 (equations 4.1.3 to 4.1.8, 0.67e-6 Gg/m³). Oil and gas stand in the unit tests.

Tolerances: 0.51 and 0.52 are printed to two figures, so 0.005; 14.67 to 0.005; single factors are printed whole (1e-9 relative).
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.library import shipped_library, warming_metric
from citycarbon.inventory.accounting.industry.clinker_chemistry import ClinkerTable, clinker_chemistry
from citycarbon.inventory.accounting.industry.coal_fugitive import CoalMineTable, coal_fugitive
from citycarbon.inventory.accounting.industry.electrical_equipment import ElectricalTable, electrical_equipment
from citycarbon.inventory.accounting.industry.process import process
from citycarbon.inventory.accounting.industry.product_use import product_use

FACTORS = shipped_library().choose(["ipcc2006"])


def one(**cells: object) -> pl.DataFrame:
    return pl.DataFrame([{"place": "A", "time": "2006", "sector": "process", "unit": "t", **cells}])


def kiln(**cells: object) -> float:
    none = {"magnesium_oxide": 0.0, "non_carbonate_calcium_oxide": 0.0, "non_carbonate_magnesium_oxide": 0.0}
    table = ClinkerTable(one(value=1.0, calcium_oxide=0.65, **{**none, **cells}))
    return float(clinker_chemistry(table, FACTORS).to_polars()["value"][0])


def test_clinker_of_65_per_cent_lime() -> None:
    assert kiln(kiln_dust=0.0) == pytest.approx(0.51, abs=0.005)
    assert kiln(kiln_dust=0.0) == pytest.approx(0.510, abs=0.0005)


def test_two_per_cent_for_kiln_dust() -> None:
    assert kiln() == pytest.approx(0.52, abs=0.005)
    default = process(ActivityTable(one(activity="cement_clinker", value=1.0)), FACTORS).to_polars()["value"][0]
    assert default == pytest.approx(0.51 * 1.02, rel=1e-9)
    assert kiln() == pytest.approx(default, abs=0.0005)


def test_magnesia_counts_by_its_own_ratio() -> None:
    assert kiln(kiln_dust=0.0, magnesium_oxide=0.02) - kiln(kiln_dust=0.0) == pytest.approx(0.02 * 1.092, rel=1e-9)


@pytest.mark.parametrize(
    ("activity", "gas", "per_tonne"),
    [
        ("lime_high_calcium", "CO2", 0.75), ("lime_dolomitic", "CO2", 0.77), ("calcium_carbide", "CO2", 1.09),
        ("acetylene_from_carbide", "CO2", 1.10), ("crude_steel_bof", "CO2", 1.46), ("crude_steel_eaf", "CO2", 0.08),
        ("adipic_acid", "N2O", 0.300), ("nitric_acid_medium_pressure", "N2O", 0.007), ("nitric_acid_nscr", "N2O", 0.002),
        ("caprolactam", "N2O", 0.009), ("hcfc_22_old", "HFC-23", 0.04), ("ferrosilicon_75", "CO2", 4.0),
        ("magnesium_casting", "SF6", 0.001), ("lead", "CO2", 0.52), ("zinc", "CO2", 1.72), ("sinter", "CO2", 0.20),
    ],
)  # fmt: skip
def test_tier_1(activity: str, gas: str, per_tonne: float) -> None:
    row = process(ActivityTable(one(activity=activity, value=1000.0)), FACTORS).to_polars().row(0, named=True)
    assert row["gas"] == gas
    assert row["value"] == pytest.approx(1000 * per_tonne, rel=1e-9)


def test_aluminium_in_carbon_dioxide_equivalent() -> None:
    """Centre-worked prebake cells by AR4: 1.6 + 0.4e-3 · 7390 + 0.04e-3 · 12200 = 5.044 t CO2e per t."""
    made = process(ActivityTable(one(activity="aluminium_centre_work_prebake", value=1.0)), FACTORS)
    assert equivalent(made, "AR4-GWP100") == pytest.approx(1.6 + 2.956 + 0.488, rel=1e-9)


def equivalent(table: EmissionTable, metric: str) -> float:
    return float(total(table.to_co2e(warming_metric(metric)))["value"][0])


def test_lubricants() -> None:
    """20 kg C/GJ · 0.2 · 44/12 = 14.67 t CO2 per TJ."""
    table = ActivityTable(one(activity="lubricants", value=1.0).with_columns(unit=pl.lit("TJ")))
    assert product_use(table, FACTORS).to_polars()["value"][0] == pytest.approx(14.67, abs=0.005)


def test_electrical_equipment() -> None:
    """European closed-pressure equipment of 1000 kg leaks 2.6 % a year: 26 kg, 592.8 t CO2e by AR4."""
    rows = one(activity="closed_pressure_equipment", charge=1000.0).drop("unit")
    made = electrical_equipment(ElectricalTable(rows), FACTORS)
    assert equivalent(made, "AR4-GWP100") == pytest.approx(0.026 * 22800, rel=1e-9)


def test_coal_mining() -> None:
    """1 Mt underground, average: 18 m³/t and 2.5 m³/t after mining × 0.67e-6 Gg/m³ = 12.06 and 1.675 Gg."""
    names = ["coal_underground_average", "coal_underground_post_average"]
    table = pl.concat([one(activity=name, value=1e6) for name in names])
    made = coal_fugitive(CoalMineTable(table), FACTORS).with_unit("kt").to_polars()
    assert made["value"].to_list() == pytest.approx([12.06, 1.675], rel=1e-9)
