"""Level and trend assessment of key categories.

Source: IPCC 2006 Guidelines, volume 1, chapter 4, equations 4.1 (level), 4.2 (trend), 4.3 (trend where the base year is zero),
4.4 and 4.5 (with uncertainty). The example tables of the chapter's annex were not at hand, so the figures below are worked from
the equations with pencil and paper; the method keeps the status experimental. Tolerance: rounding of binary fractions.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.tables import EmissionTable
from citycarbon.inventory.accounting.review import key_categories

BASE = {"power": 500.0, "road": 200.0, "homes": 250.0, "cement": 50.0, "forest": -100.0}
NOW = {"power": 400.0, "road": 320.0, "homes": 250.0, "cement": 30.0, "forest": -90.0, "cooling": 20.0}


def rows() -> EmissionTable:
    """Two years of a small inventory in kt CO2e."""
    cells = [(year, sector, value) for year, part in (("1990", BASE), ("2020", NOW)) for sector, value in part.items()]
    frame = pl.DataFrame(cells, schema=["time", "sector", "value"], orient="row").with_columns(
        pl.when(pl.col("value") < 0).then(pl.lit("removal")).otherwise(pl.lit("emission")).alias("flow")
    )
    fixed = {"place": "A", "activity": "all", "scope": "1", "gas": "CO2e", "unit": "kt"}
    return EmissionTable(frame, fixed=fixed)


def test_level_assessment() -> None:
    """Equation 4.1: Σ|E| = 400 + 320 + 250 + 90 + 30 + 20 = 1110; 95 % is crossed by the forest: 1060 / 1110 = 95.5 %."""
    made = key_categories(rows()).to_polars().filter(pl.col("time") == "2020")
    assert made["sector"].to_list() == ["power", "road", "homes", "forest", "cement", "cooling"]
    assert made["weight"].to_list() == pytest.approx([each / 1110 for each in (400, 320, 250, 90, 30, 20)], rel=1e-12)
    assert made["key"].to_list() == ["yes"] * 4 + ["no"] * 2


def test_trend_assessment() -> None:
    """Equations 4.2 and 4.3: Σ|E0| = 1100, ΣE0 = 900, ΣEt = 930, so the inventory's own trend is 30/900 = 1/30.

    power 500/1100·|−0.2 − 1/30| = 0.10606; road 200/1100·|0.6 − 1/30| = 0.10303; homes 250/1100·|0 − 1/30| = 0.0075758;
    cement 50/1100·|−0.4 − 1/30| = 0.019697; forest 100/1100·|0.1 − 1/30| = 0.0060606; cooling 20/1100 = 0.018182.
    """
    made = key_categories(rows(), base_year=1990).to_polars().filter(pl.col("assessment") == "trend")
    expected = {
        "power": 500 / 1100 * (0.2 + 1 / 30), "road": 200 / 1100 * (0.6 - 1 / 30), "cement": 50 / 1100 * (0.4 + 1 / 30),
        "cooling": 20 / 1100, "homes": 250 / 1100 / 30, "forest": 100 / 1100 * (0.1 - 1 / 30),
    }  # fmt: skip
    assert made["sector"].to_list() == list(expected)
    assert made["weight"].to_list() == pytest.approx(list(expected.values()), rel=1e-12)
    assert made["weight"].to_list() == pytest.approx(
        [0.106061, 0.103030, 0.019697, 0.018182, 0.007576, 0.006061], abs=1e-6
    )
    assert made["cumulative"][-1] == pytest.approx(1.0, abs=1e-12)
    assert made["key"].to_list() == ["yes"] * 5 + ["no"]
