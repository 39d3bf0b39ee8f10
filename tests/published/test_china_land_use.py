"""Land-use coefficients of Chinese papers and of Guangdong.

Sources: coefficients of Chinese land-use carbon papers (t C per hectare and year: cropland 0.422, forest −0.644, grassland
−0.021, water −0.253, unused −0.005; recalled, 85 %), with the worked sum 422 − 322 − 4.2 − 25.3 − 0.25 = 70.25 t C = 257.583 t
CO2; Lyu et al. 2023, Acta Geographica Sinica 78 (3), table 7: a hectare of forest that became built-up land in Guangdong gave
off 48.7 t CO2 in 2018.

Tolerance: the sum is printed to 0.001 t, so half of that; the coefficients are stored with nine decimals, 2e-8 of the smallest.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable, PlaceTable
from citycarbon.core.totals import total
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.land_conversion import ConversionTable, land_conversion
from citycarbon.inventory.accounting.agriculture.land_use import land_use

AREAS = {
    "cropland": (1000.0, 422.0),
    "forest_land": (500.0, -322.0),
    "grassland": (200.0, -4.2),
    "water_area": (100.0, -25.3),
    "unused_land": (50.0, -0.25),
}


def test_the_worked_sum() -> None:
    table = ActivityTable(
        pl.DataFrame(
            {"place": "A", "time": "2020", "sector": "land", "activity": list(AREAS), "unit": "ha",
             "value": [area for area, _ in AREAS.values()]}
        )
    )  # fmt: skip
    made = land_use(table, shipped_library().choose(["china-literature-land"]))
    rows = dict(made.to_polars().select("activity", "value").iter_rows())
    assert rows == pytest.approx({use: carbon * 44 / 12 for use, (_, carbon) in AREAS.items()}, rel=1e-7)
    net = total(made, scopes="scope_1_2_3_sinks")["value"][0]
    assert net == pytest.approx(257.583, abs=0.0005)
    assert net * 12 / 44 == pytest.approx(70.25, abs=0.0005)
    assert total(made, scopes="territorial")["value"][0] == pytest.approx(1547.333, abs=0.0005)


def test_a_hectare_of_forest_built_over_in_guangdong() -> None:
    changed = pl.DataFrame({"place": ["G"], "time": ["2018"], "sector": ["land.conversion"], "from_land": ["forest"],
                            "to_land": ["built_up"], "value": [1.0], "unit": ["ha"]})  # fmt: skip
    places = PlaceTable(pl.DataFrame({"place": ["G"], "region": ["广东"]}))
    factors = shipped_library().choose(["guangdong-lulucf-2018"])
    made = land_conversion(ConversionTable(changed), factors=factors, places=places, region_fallback=True)
    assert made.to_polars()["value"].to_list() == pytest.approx([48.7], rel=1e-12)
