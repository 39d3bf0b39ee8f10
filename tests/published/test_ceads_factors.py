"""The factors that CEADs used stand in its published inventories: every cell of a fuel is a whole multiple of 0.01 × factor.

Energy balances print fuels in steps of 0.01 (10^4 t or 10^8 m3), so the cells of one fuel and one sector are n × 0.01 × factor.
At the right factor the phases of all cells coincide: their resultant is near 1, elsewhere near 0.2. The edition ``ceads-2018``
must hold factors at which it is high, within 0.1 %, which is what the printed digits of its parts allow.

Shan et al. 2018, Scientific Data 5, 170201; cells of 30 provinces and six years. The data set is not part of the project.
"""

from __future__ import annotations

import os

import numpy as np
import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable
from citycarbon.data.datasets import locate, missing_files
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.combustion import combustion

SET = "china_ceads"
FILE = "ceads_province_sector_fuel_selected_years.csv"
pytestmark = pytest.mark.skipif(
    bool(missing_files(SET)) and not os.environ.get("CI"), reason=f"data set {SET} is not here"
)

FUELS = {
    "raw_coal": "Raw_Coal", "coal_briquette": "Briquettes", "washed_coal": "Cleaned_Coal",
    "other_washed_coal": "Other_Washed_Coal", "coke": "Coke", "coke_oven_gas": "Coke_Oven_Gas", "other_coal_gas": "Other_Gas",
    "gasoline": "Gasoline", "kerosene": "Kerosene", "diesel": "Diesel_Oil", "fuel_oil": "Fuel_Oil", "lpg": "LPG",
    "natural_gas": "Natural_Gas",
}  # fmt: skip
GASES = ("coke_oven_gas", "other_coal_gas", "natural_gas")
SECTORS = {"farming": "Farming", "construction": "Construction", "trade_catering": "Wholesale", "other_services": "Others",
           "urban": "Urban", "rural": "Rural"}  # fmt: skip
PRINTED = {
    ("raw_coal", "farming"): 1.6440, ("raw_coal", "rural"): 1.4630, ("coal_briquette", "construction"): 1.3992,
    ("coal_briquette", "urban"): 1.2452, ("washed_coal", "farming"): 2.0714, ("washed_coal", "urban"): 1.8434,
    ("other_washed_coal", "construction"): 1.2104, ("other_washed_coal", "urban"): 1.0771, ("coke", "farming"): 2.8766,
    ("coke_oven_gas", "urban"): 1.15297e-3, ("other_coal_gas", "urban"): 0.59593e-3, ("crude_oil", "farming"): 3.003,
    ("gasoline", "rural"): 2.9268, ("kerosene", "urban"): 3.0351, ("diesel", "farming"): 3.0938,
    ("fuel_oil", "construction"): 3.1682, ("lpg", "rural"): 3.1308, ("refinery_gas", "urban"): 3.341,
    ("natural_gas", "urban"): 2.16075e-3,
}  # fmt: skip
"""Factors that the cells of 1998 to 2019 imply [t per t, t per m3]."""


def factor(fuel: str, sector: str) -> float:
    """What the account makes of one tonne, or one cubic metre, by the edition [t CO2]."""
    unit = "m^3" if fuel in GASES else "t"
    rows = pl.DataFrame(
        {"place": "A", "time": "2010", "sector": sector, "activity": fuel, "value": [1.0], "unit": unit}
    )
    return float(combustion(ActivityTable(rows), shipped_library().choose(["ceads-2018"])).to_polars()["value"][0])


@pytest.fixture(scope="module")
def cells() -> pl.DataFrame:
    return pl.read_csv(locate(SET, FILE), infer_schema=False)


def step(fuel: str, factor: float) -> float:
    """CO2 of one step of the balance [Mt]: 100 t of a fuel, 10^6 m3 of a gas."""
    return factor if fuel in GASES else factor * 1e-4


def resultant(values: np.ndarray, length: float) -> float:
    return float(abs(np.exp(2j * np.pi * values / length).mean()))


def best_near(cells: pl.DataFrame, fuel: str, sector: str, factor: float) -> tuple[float, int]:
    """Best resultant within 0.15 % of a factor, of the cells of at most 1000 steps; and how many cells there are."""
    rows = cells.filter(pl.col("sector").str.starts_with(SECTORS[sector]))[FUELS[fuel]].cast(pl.Float64)
    length = step(fuel, factor)
    values = rows.filter((rows > 0) & (rows < 1000 * length)).unique().to_numpy()
    if not len(values):
        return 0.0, 0
    return max(resultant(values, length * each) for each in np.linspace(0.9985, 1.0015, 61)), len(values)


@pytest.mark.parametrize(("fuel", "sector"), PRINTED)
def test_the_edition_gives_the_factor_that_the_inventories_imply(fuel: str, sector: str) -> None:
    assert factor(fuel, sector) == pytest.approx(PRINTED[fuel, sector], rel=1.1e-3)


def test_the_cells_of_the_inventories_are_multiples_of_the_factors(cells: pl.DataFrame) -> None:
    found = {
        (fuel, sector): best_near(cells, fuel, sector, factor(fuel, sector)) for fuel in FUELS for sector in SECTORS
    }
    enough = {key: round(best, 2) for key, (best, count) in found.items() if count >= 18}
    assert len(enough) >= 50
    assert {key: best for key, best in enough.items() if best < 0.7} == {}


def test_092_for_all_coal_is_what_the_cells_deny(cells: pl.DataFrame) -> None:
    """With 0.92 raw coal would be 1.8563 t/t: 13 % and 27 % above what farming and households show."""
    old = 20.908 * 0.02632 * 0.92 * 44 / 12
    assert old / factor("raw_coal", "farming") == pytest.approx(1.129, abs=2e-3)
    assert old / factor("raw_coal", "urban") == pytest.approx(1.269, abs=2e-3)
    for sector in ("farming", "construction", "urban"):
        assert best_near(cells, "raw_coal", sector, old)[0] < 0.6
