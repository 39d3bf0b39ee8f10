"""Land that changes its use: four pools or a coefficient, gains and losses, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import PlaceTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.land_conversion import (
    METHOD_ID,
    ConversionTable,
    PoolTable,
    land_conversion,
)


def changed(*rows: dict[str, object]) -> ConversionTable:
    base = {"place": "A", "time": "2018", "sector": "land.conversion", "from_land": "forest", "to_land": "built_up",
            "value": 10.0, "unit": "ha", "provenance_id": None}  # fmt: skip
    return ConversionTable(
        pl.DataFrame([{**base, **row} for row in rows], schema_overrides={"provenance_id": pl.String})
    )


def pools(*codes: str) -> PoolTable:
    """Forest 60 + 15 + 90 + 5 = 170, built-up 5 + 1 + 60 + 0 = 66, farm 3 + 2 + 80 + 0 = 85 t C/ha."""
    known = {"forest": (60.0, 15.0, 90.0, 5.0), "built_up": (5.0, 1.0, 60.0, 0.0), "farm": (3.0, 2.0, 80.0, 0.0)}
    rows = [(code, *known[code]) for code in codes or tuple(known)]
    return PoolTable(pl.DataFrame(rows, schema=["lucode", "c_above", "c_below", "c_soil", "c_dead"], orient="row"))


def test_a_loss_is_an_emission_and_a_gain_a_removal() -> None:
    """10 ha: (170 − 66) · 10 · 44/12 lost; 4 ha from farm to forest: (85 − 170) · 4 · 44/12 gained."""
    rows = land_conversion(changed({}, {"from_land": "farm", "to_land": "forest", "value": 4.0}), pools()).to_polars()
    assert rows["value"].to_list() == pytest.approx([1040 * 44 / 12, -340 * 44 / 12], rel=1e-12)
    assert rows.select("activity", "scope", "flow", "method").rows() == [
        ("forest_to_built_up", "1", "emission", METHOD_ID),
        ("farm_to_forest", "sink", "removal", METHOD_ID),
    ]
    assert rows["rule"][0] == "stock 170.0 - 66.0 t C/ha"


@pytest.mark.parametrize(("area", "unit"), [(150.0, "亩"), (0.1, "km^2"), (1e5, "m^2")])
def test_areas_in_any_unit(area: float, unit: str) -> None:
    rows = land_conversion(changed({"value": area, "unit": unit}), pools()).to_polars()
    assert rows["value"].to_list() == pytest.approx([1040 * 44 / 12], rel=1e-12)


def test_land_that_stays_what_it_is_changes_nothing() -> None:
    assert land_conversion(changed({"to_land": "forest"}), pools()).to_polars()["value"].to_list() == [0.0]


@pytest.mark.parametrize(("region", "figure"), [("广东", 48.7), ("广州", 25.5), ("深圳", 27.7)])
def test_a_coefficient_instead_of_pools(region: str, figure: float) -> None:
    places = PlaceTable(pl.DataFrame({"place": ["A"], "region": [region]}))
    guangdong = shipped_library().choose(["guangdong-lulucf-2018"])
    rows = land_conversion(changed({}), factors=guangdong, places=places, region_fallback=True).to_polars()
    assert rows.select("value", "scope").rows() == [(pytest.approx(10 * figure), "1")]


def test_one_of_pools_and_factors_is_needed() -> None:
    with pytest.raises(InputError) as caught:
        land_conversion(changed({}))
    assert [each.code for each in caught.value.problems] == ["parameter_missing"]
    with pytest.raises(InputError) as caught:
        land_conversion(changed({}), pools(), shipped_library().choose(["guangdong-lulucf-2018"]))
    assert [each.code for each in caught.value.problems] == ["parameter_wrong"]


def test_unknown_uses_and_doubled_pools_are_told_together() -> None:
    table = changed(
        {"to_land": "airport", "provenance_id": "land.csv:2"}, {"from_land": "sea", "provenance_id": "land.csv:3"}
    )
    with pytest.raises(InputError) as caught:
        land_conversion(table, pools("forest", "built_up", "forest"))
    found = [(each.code, each.where.column, each.where.rows) for each in caught.value.problems]
    assert ("row_duplicate", "lucode", ()) in found
    assert ("factor_missing", "to_land", (2,)) in found
    assert ("factor_missing", "from_land", (3,)) in found


def test_an_empty_pool_is_refused_and_not_zero() -> None:
    with pytest.raises(InputError) as caught:
        PoolTable(pl.DataFrame({"lucode": ["a"], "c_above": [1.0], "c_below": [None], "c_soil": [1.0], "c_dead": [0.0]},
                               schema_overrides={"c_below": pl.Float64}))  # fmt: skip
    assert [each.code for each in caught.value.problems] == ["value_empty"]


def test_an_area_that_is_none_and_a_month_are_refused() -> None:
    with pytest.raises(InputError):
        land_conversion(changed({"unit": "t"}), pools())
    with pytest.raises(InputError) as caught:
        land_conversion(changed({"time": "2018-03"}), pools())
    assert [each.code for each in caught.value.problems] == ["time_not_year"]
