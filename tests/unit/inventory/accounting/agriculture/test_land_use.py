"""Land as it lies: scopes of sources and sinks, units, editions, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError
from citycarbon.core.tables import ActivityTable, FactorTable, PlaceTable
from citycarbon.core.totals import total
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.land_use import METHOD_ID, land_use

PAPERS = "china-literature-land"


def land(*rows: dict[str, object]) -> ActivityTable:
    base = {
        "place": "A",
        "time": "2020",
        "sector": "land.cropland",
        "activity": "cropland",
        "value": 1000.0,
        "unit": "ha",
    }
    return ActivityTable(pl.DataFrame([{**base, **row} for row in rows]))


MIXED = land({}, {"activity": "forest_land", "sector": "land.forest", "value": 500.0})


def test_sources_are_scope_1_and_sinks_are_removals() -> None:
    rows = land_use(MIXED, shipped_library().choose([PAPERS])).to_polars()
    assert rows.select("activity", "scope", "flow", "gas", "unit", "method").rows() == [
        ("cropland", "1", "emission", "CO2", "t", METHOD_ID),
        ("forest_land", "sink", "removal", "CO2", "t", METHOD_ID),
    ]
    assert rows["value"].to_list() == pytest.approx([422 * 44 / 12, -322 * 44 / 12], rel=1e-9)


def test_the_territorial_total_holds_no_sink_and_the_rule_with_sinks_takes_them_away() -> None:
    made = land_use(MIXED, shipped_library().choose([PAPERS]))
    assert total(made, scopes="territorial")["value"][0] == pytest.approx(422 * 44 / 12)
    assert total(made, scopes="scope_1_2_3_sinks")["value"][0] == pytest.approx(100 * 44 / 12)
    with pytest.raises(InputError):
        total(made)


@pytest.mark.parametrize(("area", "unit"), [(1000.0, "ha"), (15000.0, "亩"), (10.0, "平方公里"), (1e7, "m^2")])
def test_areas_in_any_unit(area: float, unit: str) -> None:
    rows = land_use(land({"value": area, "unit": unit}), shipped_library().choose([PAPERS])).to_polars()
    assert rows["value"].to_list() == pytest.approx([422 * 44 / 12], rel=1e-9)


def test_measured_figures_of_a_city_win_over_the_province() -> None:
    """Forest of Guangzhou takes up 3.4 t per hectare, of Guangdong elsewhere 3.9."""
    places = PlaceTable(pl.DataFrame({"place": ["A", "B"], "region": ["广州", "广东"]}))
    table = land({"activity": "forest_land", "time": "2018"}, {"activity": "forest_land", "time": "2018", "place": "B"})
    guangdong = shipped_library().choose(["guangdong-lulucf-2018"])
    rows = land_use(table, guangdong, places, region_fallback=True).to_polars()
    assert dict(rows.select("place", "value").iter_rows()) == pytest.approx({"A": -3400.0, "B": -3900.0})


def test_urban_green_is_printed_per_square_metre() -> None:
    rows = land_use(land({"activity": "urban_tree", "sector": "land.settlement", "value": 1.0}),
                    shipped_library().choose(["public-copy-urban-green"])).to_polars()  # fmt: skip
    assert rows["value"].to_list() == pytest.approx([-25.0])


def test_built_up_land_has_no_coefficient_in_the_papers() -> None:
    with pytest.raises(CoverageError) as caught:
        land_use(land({"activity": "built_up_land"}), shipped_library().choose([PAPERS]))
    assert [each.code for each in caught.value.problems] == ["factor_missing"]


def test_a_month_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        land_use(land({"time": "2020-01"}), shipped_library().choose([PAPERS]))
    assert [each.code for each in caught.value.problems] == ["time_not_year"]


def test_two_sets_are_not_mixed() -> None:
    with pytest.raises(InputError) as caught:
        land_use(land({}), shipped_library().choose([PAPERS, "china-literature-land-alt"]))
    assert [each.code for each in caught.value.problems] == ["editions_mixed"]


def test_lazy_rows_stay_lazy() -> None:
    frame = pl.LazyFrame({"place": ["A"], "time": ["2020"], "sector": ["land.forest"], "activity": ["forest_land"],
                          "value": [500.0], "unit": ["ha"]})  # fmt: skip
    made = land_use(ActivityTable(frame), shipped_library().choose([PAPERS]))
    assert isinstance(made.rows.to_native(), pl.LazyFrame)
    assert made.to_polars().select("scope", "flow").rows() == [("sink", "removal")]


def test_the_error_of_a_coefficient_is_scaled_to_the_year() -> None:
    own = pl.DataFrame({"quantity": "carbon_stock_flux", "activity": ["cropland"], "gas": "CO2", "value": [100.0],
                        "sd": [10.0], "unit": "kg/(mu*a)"})  # fmt: skip
    rows = land_use(land({}), FactorTable(own)).to_polars()
    assert rows.select("value", "sd").row(0) == pytest.approx((1500.0, 150.0))
