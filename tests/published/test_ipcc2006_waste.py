"""Waste by the IPCC 2006 Guidelines, volume 5.

Sources: chapter 3 (first-order decay, equations 3.1 to 3.6, table 3.3), chapter 4 (table 4.1), chapter 5 (equation 5.1, table
2.4 of chapter 2), chapter 6 (equations 6.1 and 6.4, table 6.3). The Guidelines print equations and default figures but no
worked numbers: what is checked here is that each default and each equation give what they say by arithmetic, which is written
out. The decay is checked against the recursion that the Guidelines print (equations 3.4 and 3.5), not against the closed form
that the method uses.

Tolerance: 1e-9 relative where the figures are exact fractions; half of the last digit where a product is quoted.
"""

from __future__ import annotations

from math import exp

import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.waste.biological_treatment import biological_treatment
from citycarbon.inventory.accounting.waste.incineration import BurntWasteTable, incineration
from citycarbon.inventory.accounting.waste.landfill_decay import DepositTable, landfill_decay
from citycarbon.inventory.accounting.waste.wastewater import (
    DomesticWastewaterTable,
    IndustrialWastewaterTable,
    domestic_wastewater,
    industrial_wastewater,
)

IPCC = shipped_library().choose(["ipcc2006"])
EXACT = 1e-9
TABLE_3_3 = {
    "bulk_msw": (0.05, 0.09, 0.065, 0.17),
    "food_waste": (0.06, 0.185, 0.085, 0.4),
    "sewage_sludge": (0.06, 0.185, 0.085, 0.4),
    "garden_waste": (0.05, 0.1, 0.065, 0.17),
    "paper_waste": (0.04, 0.06, 0.045, 0.07),
    "textile_waste": (0.04, 0.06, 0.045, 0.07),
    "wood_waste": (0.02, 0.03, 0.025, 0.035),
}
CLIMATES = ("boreal_temperate_dry", "boreal_temperate_wet", "tropical_dry", "tropical_wet")
DOC = {
    "food_waste": 0.15,
    "garden_waste": 0.20,
    "paper_waste": 0.40,
    "wood_waste": 0.43,
    "textile_waste": 0.24,
    "industrial_waste": 0.15,
}


def deposits(rows: list[dict[str, object]]) -> DepositTable:
    base = {"place": "A", "sector": "waste.landfill", "unit": "t", "site": "managed_anaerobic"}
    return DepositTable(pl.DataFrame([{**base, **row} for row in rows], infer_schema_length=None))


def test_one_deposit_gives_466_6667_t_in_all() -> None:
    """10 000 t · DOC 0.14 · DOC_F 0.5 · MCF 1 · F 0.5 · 16/12 = 466.6667 t CH4 over all years; 1e-4 t is its last digit."""
    row = {
        "time": "2000",
        "activity": "municipal_solid_waste",
        "value": 10000.0,
        "doc": 0.14,
        "climate": "tropical_wet",
    }
    made = landfill_decay(deposits([row]), IPCC, year_to=2300).to_polars()
    assert made["value"].sum() == pytest.approx(466.6667, abs=5e-5)
    assert made["value"].sum() == pytest.approx(10000 * 0.14 * 0.5 * 0.5 * 16 / 12, rel=EXACT)


@pytest.mark.parametrize("waste", list(TABLE_3_3))
@pytest.mark.parametrize("climate", CLIMATES)
def test_decay_of_table_3_3_by_the_recursion_of_the_guidelines(waste: str, climate: str) -> None:
    """Equations 3.4 and 3.5 step by step: three deposits, ten years."""
    k = TABLE_3_3[waste][CLIMATES.index(climate)]
    activity = waste.replace("bulk_msw", "municipal_solid_waste")
    amounts = {2000: 10000.0, 2001: 5000.0, 2004: 20000.0}
    rows: list[dict[str, object]] = [
        {"time": str(year), "activity": activity, "value": mass, "doc": 0.2, "climate": climate}
        for year, mass in amounts.items()
    ]
    made = dict(landfill_decay(deposits(rows), IPCC, year_to=2010).to_polars().select("time", "value").iter_rows())
    held = 0.0
    for year in range(2000, 2011):
        decomposed = held * (1 - exp(-k))
        held = amounts.get(year, 0.0) * 0.2 * 0.5 * 1.0 + held * exp(-k)
        assert made[str(year)] == pytest.approx(decomposed * 0.5 * 16 / 12, rel=EXACT)


@pytest.mark.parametrize("waste", list(DOC))
def test_degradable_carbon_of_table_2_4(waste: str) -> None:
    """What a tonne can give follows from its DOC: 1000 t · DOC · 0.5 · 1 · 0.5 · 16/12."""
    row: dict[str, object] = {"time": "2000", "activity": waste, "value": 1000.0, "decay_rate": 5.0}
    made = landfill_decay(deposits([row]), IPCC, year_to=2020).to_polars()
    assert made["value"].sum() == pytest.approx(1000 * DOC[waste] * 0.5 * 0.5 * 16 / 12, rel=EXACT)


@pytest.mark.parametrize(
    ("activity", "methane", "nitrous_oxide"),
    [
        ("composting", 4, 0.24),
        ("composting_dry", 10, 0.6),
        ("anaerobic_digestion", 0.8, 0),
        ("anaerobic_digestion_dry", 2, 0),
    ],
)
def test_biological_treatment_of_table_4_1(activity: str, methane: float, nitrous_oxide: float) -> None:
    """g per kg of waste treated, as corrected after the first printing, are t per 1000 t."""
    row = {
        "place": "A",
        "time": "2020",
        "sector": "waste.biological",
        "activity": activity,
        "value": 1000.0,
        "unit": "t",
    }
    made = biological_treatment(ActivityTable(pl.DataFrame([row])), IPCC).to_polars()
    assert dict(made.select("gas", "value").iter_rows()) == pytest.approx(
        {"CH4": methane, "N2O": nitrous_oxide}, rel=EXACT
    )


@pytest.mark.parametrize(
    ("waste", "dry", "carbon", "fossil"),
    [
        ("paper_waste", 0.9, 0.46, 0.01), ("textile_waste", 0.8, 0.5, 0.2), ("food_waste", 0.4, 0.38, 0),
        ("wood_waste", 0.85, 0.5, 0), ("garden_waste", 0.4, 0.49, 0), ("nappy_waste", 0.4, 0.7, 0.1),
        ("rubber_leather_waste", 0.84, 0.67, 0.2), ("plastic_waste", 1, 0.75, 1), ("inert_waste", 0.9, 0.03, 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("ending", "oxidised"), [("", 1.0), ("_open_burning", 0.58)])
def test_burnt_components_of_table_2_4(
    waste: str, dry: float, carbon: float, fossil: float, ending: str, oxidised: float
) -> None:
    """Equation 5.1: CO2 = SW · dm · CF · FCF · OF · 44/12; OF is 1 in a furnace and 0.58 in the open."""
    row = {
        "place": "A",
        "time": "2020",
        "sector": "waste.incineration",
        "activity": waste + ending,
        "value": 1e3,
        "unit": "t",
    }
    made = incineration(BurntWasteTable(pl.DataFrame([row])), IPCC).to_polars()
    found = dict(made.select("gas", "value").iter_rows())
    whole = 1000 * dry * carbon * oxidised * 44 / 12
    assert found["CO2"] == pytest.approx(whole * fossil, rel=EXACT)
    assert found["CO2-biogenic"] == pytest.approx(whole * (1 - fossil), rel=EXACT, abs=1e-12)


@pytest.mark.parametrize(
    ("treatment", "factor"),
    [
        ("sea_river_lake", 0.1), ("stagnant_sewer", 0.5), ("flowing_sewer", 0), ("aerobic_well_managed", 0),
        ("aerobic_overloaded", 0.3), ("anaerobic_digester_sludge", 0.8), ("anaerobic_reactor", 0.8),
        ("anaerobic_shallow_lagoon", 0.2), ("anaerobic_deep_lagoon", 0.8), ("septic_system", 0.5),
        ("latrine_dry_family", 0.1), ("latrine_dry_communal", 0.5), ("latrine_wet", 0.7),
        ("latrine_sediment_removed", 0.1),
    ],
)  # fmt: skip
def test_wastewater_of_table_6_3(treatment: str, factor: float) -> None:
    """CH4 = TOW · B0 · MCF: 0.6 kg per kg BOD in homes, 0.25 kg per kg COD in industry."""
    row = {"place": "A", "time": "2020", "value": 1000.0, "unit": "t", "treatment": treatment}
    home = pl.DataFrame([{**row, "sector": "waste.wastewater_domestic", "activity": "domestic_wastewater_bod"}])
    works = pl.DataFrame([{**row, "sector": "waste.wastewater_industrial", "activity": "industrial_wastewater_cod"}])
    made = domestic_wastewater(DomesticWastewaterTable(home), IPCC).to_polars()
    assert made["value"].to_list() == pytest.approx([600 * factor], rel=EXACT)
    made = industrial_wastewater(IndustrialWastewaterTable(works), IPCC).to_polars()
    assert made["value"].to_list() == pytest.approx([250 * factor], rel=EXACT)
