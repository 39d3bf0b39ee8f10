"""Grid factors of China: 2019 baseline margins, average factors of 2021 and 2022, the two national series.

Sources: Ministry of Ecology and Environment, baseline emission factors of regional grids 2019 (published 2020-12-29) and
2015; the ministry with the National Bureau of Statistics, average CO2 factors of electricity 2021 and 2022 (national, seven
regions, thirty provinces, none for Tibet); national factor for enterprise reporting under the emission trading scheme.
Combined margin: CDM methodological tool 07 (50/50, and 75/25 for wind and solar).

Tolerances: factors are printed with four decimals and copied, so 1e-12 relative; a combined margin of two four-decimal figures
is exact in six decimals (0.58955, 0.690825), so 1e-9 relative.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.apply import match
from citycarbon.inventory.accounting.electricity import electricity

MARGINS_2019 = {
    "NORTH": (0.9419, 0.4819), "NORTHEAST": (1.0826, 0.2399), "EAST": (0.7921, 0.3870), "CENTRAL": (0.8587, 0.2854),
    "NORTHWEST": (0.8922, 0.4407), "SOUTH": (0.8042, 0.2135),
}  # fmt: skip
MARGINS_2015 = {
    "NORTH": (1.0416, 0.4780),
    "EAST": (0.8112, 0.5945),
    "CENTRAL": (0.9515, 0.3500),
    "SOUTH": (0.8959, 0.3648),
}
MEMBERS = {
    "NORTH": "北京 天津 河北 山西 内蒙古 山东", "NORTHEAST": "辽宁 吉林 黑龙江", "EAST": "上海 江苏 浙江 安徽 福建",
    "CENTRAL": "河南 湖北 湖南 江西 四川 重庆", "NORTHWEST": "陕西 甘肃 青海 宁夏 新疆", "SOUTH": "广东 广西 云南 贵州 海南",
}  # fmt: skip
REGIONS = {
    "NORTH": (0.7120, 0.6776), "NORTHEAST": (0.6012, 0.5564), "EAST": (0.5992, 0.5617), "CENTRAL": (0.5354, 0.5395),
    "NORTHWEST": (0.5951, 0.5857), "SOUTH": (0.4326, 0.3869), "SOUTHWEST": (0.2113, 0.2268),
}  # fmt: skip
PROVINCES = {
    "北京": (0.5688, 0.5580), "天津": (0.7355, 0.7041), "河北": (0.7901, 0.7252), "山西": (0.7222, 0.7096),
    "内蒙古": (0.7025, 0.6849), "辽宁": (0.5876, 0.5626), "吉林": (0.5629, 0.4932), "黑龙江": (0.6342, 0.5368),
    "上海": (0.5834, 0.5849), "江苏": (0.6451, 0.5978), "浙江": (0.5422, 0.5153), "安徽": (0.7075, 0.6782),
    "福建": (0.4711, 0.4092), "江西": (0.5835, 0.5752), "山东": (0.6838, 0.6410), "河南": (0.6369, 0.6058),
    "湖北": (0.3672, 0.4364), "湖南": (0.5138, 0.4900), "广东": (0.4715, 0.4403), "广西": (0.5154, 0.4044),
    "海南": (0.4524, 0.4184), "重庆": (0.4743, 0.5227), "四川": (0.1255, 0.1404), "贵州": (0.5182, 0.4989),
    "云南": (0.1235, 0.1073), "陕西": (0.6336, 0.6558), "甘肃": (0.4955, 0.4772), "青海": (0.1326, 0.1567),
    "宁夏": (0.6546, 0.6423), "新疆": (0.6577, 0.6231),
}  # fmt: skip


def used(place: str, year: str, value: float = 1000.0) -> ActivityTable:
    row = {"place": [place], "time": [year], "sector": ["home"], "activity": ["electricity"], "value": [value]}
    return ActivityTable(pl.DataFrame({**row, "unit": ["MWh"]}))


def factor(place: str, year: str, *editions: str, **rules: object) -> float:
    made = electricity(used(place, year), shipped_library().choose(editions), **rules)
    return float(made.to_polars()["value"][0]) / 1000


def refused(place: str, year: str, *editions: str, **rules: object) -> str:
    with pytest.raises(InputError) as caught:
        electricity(used(place, year), shipped_library().choose(editions), **rules)
    (problem,) = caught.value.problems
    return problem.code


@pytest.mark.parametrize("grid", MARGINS_2019)
def test_combined_margins_2019(grid: str) -> None:
    """Half and half for each of the six grids, three quarters and one quarter for wind and solar power, in every province."""
    operating, build = MARGINS_2019[grid]
    for province in MEMBERS[grid].split():
        half = factor(province, "2019", "mee-baseline-2019")
        quarter = factor(province, "2019", "mee-baseline-2019", operating_margin_weight=0.75)
        assert half == pytest.approx((operating + build) / 2, rel=1e-9)
        assert quarter == pytest.approx(0.75 * operating + 0.25 * build, rel=1e-9)
    only = factor(f"CN-GRID6-{grid}", "2019", "mee-baseline-2019", operating_margin_weight=1.0)
    assert only == pytest.approx(operating, rel=1e-12)


def test_combined_margin_of_east_china() -> None:
    """Printed examples: 0.58955 and 0.690825 t/MWh."""
    assert factor("上海", "2019", "mee-baseline-2019") == pytest.approx(0.58955, rel=1e-9)
    east75 = factor("上海", "2019", "mee-baseline-2019", operating_margin_weight=0.75)
    assert east75 == pytest.approx(0.690825, rel=1e-9)


def test_there_are_six_grids_in_2019() -> None:
    """Hainan was a grid of its own only in the editions 2008 to 2010; in 2019 there are six, and Tibet is in none."""
    rows = shipped_library().rows.filter(pl.col("edition") == "mee-baseline-2019")
    assert sorted(rows["region"].unique().to_list()) == sorted(f"CN-GRID6-{grid}" for grid in MARGINS_2019)
    assert refused("西藏", "2019", "mee-baseline-2019") == "factor_missing"
    assert refused("西藏", "2019", "mee-baseline-2019", region_fallback=True) == "factor_missing"


@pytest.mark.parametrize("grid", MARGINS_2015)
def test_margins_2015(grid: str) -> None:
    operating, build = MARGINS_2015[grid]
    made = factor(f"CN-GRID6-{grid}", "2015", "mee-baseline-2015")
    assert made == pytest.approx((operating + build) / 2, rel=1e-9)


@pytest.mark.parametrize("place", PROVINCES)
def test_provincial_averages(place: str) -> None:
    for year, printed in zip(("2021", "2022"), PROVINCES[place], strict=True):
        assert factor(place, year, f"mee-average-{year}") == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize("grid", REGIONS)
def test_regional_averages(grid: str) -> None:
    for year, printed in zip(("2021", "2022"), REGIONS[grid], strict=True):
        assert factor(f"CN-GRID7-{grid}", year, f"mee-average-{year}") == pytest.approx(printed, rel=1e-12)


def test_tibet_falls_to_its_region_only_when_told() -> None:
    """The editions print no value for Tibet; the region that holds it, southwest, serves by region_fallback and is named."""
    assert refused("西藏", "2021", "mee-average-2021") == "factor_missing"
    assert factor("西藏", "2021", "mee-average-2021", region_fallback=True) == pytest.approx(0.2113, rel=1e-12)
    found = match(used("西藏", "2021"), shipped_library().choose(["mee-average-2021"]), None, region_fallback=True)
    assert found["rule"].to_list() == ["FALLBACK from CN-XZ to CN-GRID7-SOUTHWEST; valid 2021-2021"]


def test_a_province_with_its_own_factor_does_not_fall_back() -> None:
    assert factor("四川", "2021", "mee-average-2021", region_fallback=True) == pytest.approx(0.1255, rel=1e-12)


def test_a_wrong_year_needs_a_rule_and_says_so() -> None:
    assert refused("江苏", "2023", "mee-average-2022") == "factor_missing"
    assert refused("江苏", "2021", "mee-average-2022", year_rule="latest") == "factor_missing"
    factors = shipped_library().choose(["mee-average-2022"])
    for year, rule in (("2023", "latest"), ("2023", "nearest"), ("2021", "nearest")):
        assert factor("江苏", year, "mee-average-2022", year_rule=rule) == pytest.approx(0.5978, rel=1e-12)
        found = match(used("江苏", year), factors, None, year_rule=rule)
        assert found["rule"].to_list() == [f"region CN-JS; YEAR {year} uses the factor valid 2022-2022"]


def test_the_two_national_series_are_not_mixed() -> None:
    """Statistical averages 0.5568, 0.5366 and 0.5306; enterprise factors 0.6101, 0.5810 and 0.5703: one at a time."""
    for year, printed in {"2021": 0.5568, "2022": 0.5366, "2023": 0.5306}.items():
        assert factor("中国", year, "mee-average") == pytest.approx(printed, rel=1e-12)
    for year, printed in {"2015": 0.6101, "2021": 0.5810, "2022": 0.5703}.items():
        assert factor("中国", year, "mee-ets-national") == pytest.approx(printed, rel=1e-12)
    assert factor("中国", "2021", "mee-ets-guide-2021") == pytest.approx(0.5839, rel=1e-12)
    assert refused("中国", "2022", "mee-average", "mee-ets-national") == "editions_mixed"
    assert refused("中国", "2021", "mee-ets-guide-2021", "mee-ets-national") == "editions_mixed"
    assert refused("中国", "2023", "mee-ets-national") == "factor_missing"


def test_a_series_of_years_names_the_edition_of_each() -> None:
    """0.6451 t/MWh in 2021 and 0.5978 in 2022 for Jiangsu, both editions named: each serves its own year."""
    both = ("mee-average-2021", "mee-average-2022")
    assert factor("江苏", "2021", *both) == pytest.approx(0.6451, rel=1e-12)
    assert factor("江苏", "2022", *both) == pytest.approx(0.5978, rel=1e-12)
    assert refused("西藏", "2021", "mee-average-2021", "mee-average") == "editions_mixed"


def test_footprints_of_generation_are_no_grid_factors() -> None:
    """Life-cycle footprints (coal power 0.9440 kg/kWh) describe products; as scope 2 factors they are not found."""
    rows = shipped_library().choose(["generation-life-cycle-2023"]).to_polars()
    assert dict(rows.select("activity", "value").iter_rows())["coal_power"] == 0.9440
    assert refused("中国", "2023", "generation-life-cycle-2023") == "factor_missing"


def test_market_basis_uses_the_average_without_traded_green_power() -> None:
    """0.5942 (2021) and 0.5856 (2022) exclude market-traded non-fossil power and serve as the residual mix."""
    assert factor("上海", "2021", "mee-average", basis="market") == pytest.approx(0.5942, rel=1e-12)
    assert factor("上海", "2022", "mee-average", basis="market") == pytest.approx(0.5856, rel=1e-12)
    assert refused("上海", "2021", "mee-average-2021", basis="market") == "parameter_missing"
