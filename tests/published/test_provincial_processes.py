"""Industrial processes of the guideline for provincial inventories.

Source: 省级温室气体清单编制指南（试行）2011, chapter 2 (processes) and sections 1.3 and 1.4 (coal, oil and gas). The
guideline itself was not at hand: its figures are recalled, or seen in copies, as the column quality of the library says.
These tests hold the library to them and the methods to their arithmetic; they do not confirm the figures.

Tolerance: the factors are printed to three figures and multiplied once, so only floating-point rounding (1e-9 relative).
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.industry.coal_fugitive import CoalMineTable, coal_fugitive
from citycarbon.inventory.accounting.industry.oil_gas_fugitive import oil_gas_fugitive
from citycarbon.inventory.accounting.industry.process import process
from citycarbon.inventory.accounting.industry.steel_process import steel_process

EDITION = "provincial-guideline-2011"
FACTORS = shipped_library().choose([EDITION])


def table(rows: list[tuple[str, float]], unit: str = "t") -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["activity", "value"], orient="row")
    return frame.with_columns(place=pl.lit("江苏"), time=pl.lit("2012"), sector=pl.lit("process"), unit=pl.lit(unit))


@pytest.mark.parametrize(
    ("activity", "gas", "per_tonne"),
    [
        ("cement_clinker", "CO2", 0.538), ("lime", "CO2", 0.683), ("calcium_carbide", "CO2", 1.154),
        ("adipic_acid", "N2O", 0.293), ("nitric_acid_high_pressure", "N2O", 0.0139),
        ("nitric_acid_medium_pressure", "N2O", 0.01177), ("nitric_acid_dual_pressure", "N2O", 0.008),
        ("hcfc_22", "HFC-23", 0.0292), ("hfc_134a_production", "HFC-134a", 0.005),
    ],
)  # fmt: skip
def test_tonnes_of_gas_per_tonne_of_product(activity: str, gas: str, per_tonne: float) -> None:
    row = process(ActivityTable(table([(activity, 1000.0)])), FACTORS).to_polars().row(0, named=True)
    assert (row["gas"], row["scope"]) == (gas, "1")
    assert row["value"] == pytest.approx(1000 * per_tonne, rel=1e-9)


def test_steel() -> None:
    """Limestone × 0.430 + dolomite × 0.474 + (pig iron × 4.1 % − steel × 0.248 %) · 44/12."""
    rows = [("limestone_flux", 300.0), ("dolomite_flux", 100.0), ("pig_iron", 2000.0), ("crude_steel", 2100.0)]
    made = steel_process(ActivityTable(table(rows)), FACTORS).to_polars()
    wanted = 300 * 0.430 + 100 * 0.474 + (2000 * 0.041 - 2100 * 0.00248) * 44 / 12
    assert made["value"].sum() == pytest.approx(wanted, rel=1e-9)


def test_products_together() -> None:
    """1 万 t each of clinker, lime and carbide in one account: 5380 + 6830 + 11 540 t."""
    rows = [("cement_clinker", 1.0), ("lime", 1.0), ("calcium_carbide", 1.0)]
    made = process(ActivityTable(table(rows, "万吨")), FACTORS).to_polars()
    assert made["value"].sum() == pytest.approx(5380 + 6830 + 11540, rel=1e-9)


def test_coal() -> None:
    """1 Mt of surface coal: 2 m³/t and 0.5 m³/t after mining, × 0.67 kg/m³ = 1340 and 335 t."""
    rows = [("coal_surface", 1e6), ("coal_post_surface", 1e6)]
    made = coal_fugitive(CoalMineTable(table(rows)), FACTORS).to_polars()
    assert made["value"].to_list() == pytest.approx([1340.0, 335.0], rel=1e-9)


def test_oil_and_gas() -> None:
    """A gas field of 40 wellheads, 2 gathering stations and 1 metering station: 100 + 55.8 + 8.47 t."""
    rows = [("gas_wellhead", 40.0), ("gas_gathering_station", 2.0), ("gas_metering_distribution_station", 1.0)]
    made = oil_gas_fugitive(ActivityTable(table(rows, "1")), FACTORS).to_polars()
    assert made["value"].sum() == pytest.approx(164.27, rel=1e-9)


def test_what_is_recalled_below_85_says_so() -> None:
    weak = FACTORS.to_polars().filter(pl.col("quality").str.extract(r"recalled-(\d\d)", 1).cast(pl.Int64) < 85)
    assert weak.filter(~pl.col("note").str.contains("needs confirmation|confirm"))["factor_id"].to_list() == []
