"""Energy balance tables as provincial yearbooks print them: they are read as printed, and found to close.

Sources: Shandong Statistical Yearbook 2006, table 6-9 (coal and coke in 10^4 tce, 2005), page of the provincial bureau; Jilin
Statistical Yearbook 2016, table 7-13 (electricity in 10^8 kWh, 2014 and 2015). Both from stored copies of the bureaus' pages.

Tolerance: figures are printed to 0.1 and 0.01; a sum of n printed figures may be off by n + 1 halves of the last digit, which is
the verdict ``rounding``. Conversions are exact to 1e-9.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.exchange.balances import read_balance
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.combustion import combustion
from citycarbon.inventory.sectors.balance_check import balance_check
from citycarbon.inventory.sectors.balance_lines import BalanceTable
from citycarbon.inventory.sectors.energy_balance import energy_balance

SHANDONG = """\
6-9 能源平衡表(标准量),,,,,,
(2005年),,,,,,单位:万吨标准煤
类    别,煤合计,原 煤,洗精煤,其它洗煤,煤制品,焦 炭
一、可供本地区消费的能源量,17799.0,20092.2,-1897.2,-395.9,-0.1,494.7
1.年初库存量,874.2,768.7,103.0,2.2,0.3,30.1
2.一次能源生产量,10021.6,10021.6,,,,
3.回收能,,,,,,
4.外省(区、市)调入量,10831.6,10831.6,,,,533.3
5.进口量,,,,,,
6.我轮、机在外国加油量,,,,,,
7.本省(区、市)调出量(-),-2084.0,-520.7,-1168.7,-394.7,,
8.出口量(-),-720.9,,-720.9,,,
9.外轮、机在我国加油量(-),,,,,,
10.年末库存量(-),-1123.6,-1009.1,-110.6,-3.4,-0.4,-68.7
二、加工转换投入(-)产出(+)量,-11138.1,-13728.2,2170.6,415.3,4.2,1439.2
1.火力发电,-7519.5,-7432.6,-38.0,-48.9,,-0.1
2.供 热,-1533.2,-1530.0,-1.5,-1.7,,
3.煤炭洗选,-184.7,-4581.9,3931.4,465.9,,
4.炼 焦,-1836.4,-175.8,-1660.5,,,1440.8
5.炼 油,,,,,,
6.制 气,-63.2,-4.0,-59.2,,,
  # 焦炭再投入量(-),,,,,,-1.4
7.煤制品加工,-1.3,-3.9,-1.6,,4.2,
三、损失量,,,,,,
 # 运输和输配损失,,,,,,
四、终端消费量,6734.2,6423.0,273.3,19.2,18.6,1934.0
(一)第一产业,184.3,184.3,,,,
  1.农、林、牧、渔业,184.3,184.3,,,,
(二)第二产业,5906.4,5602.4,273.3,19.2,11.6,1934.0
  1.工 业,5861.9,5557.8,273.3,19.2,11.6,1934.0
    # 用作原料、材料,,,,,,
  2.建筑业,44.6,44.6,,,,
(三)第三产业,199.9,199.9,,,,
  1.交通运输、仓储和邮政业,78.4,78.4,,,,
  2.批发、零售业和住宿、餐饮业,70.8,70.8,,,,
  3.其 他,50.7,50.7,,,,
(四)生活消费,443.5,436.4,,,7.1,
  1.城 镇,159.2,153.6,,,5.6,
  2.乡 村,284.4,282.9,,,1.5,
五、平衡差额(+、-),-73.3,-59.1,0.1,0.2,-14.6,-0.1
"""

JILIN = {
    "一、可供本地区消费能源量": (54.91, 62.12, 190.49), "(二)一次能源生产量": (145.00, 114.63, 351.51),
    "(三)外省(区、市)调入量": (164.57, 147.73, 453.01), "(六)本省(区、市)调出量(-)": (-254.66, -200.24, -614.03),
    "二、加工转换投入(-)产出(+)量": (626.70, 589.83, 1808.68), "(一)火力发电": (626.70, 589.83, 1808.68),
    "四、终端消费量": (667.81, 651.96, 1999.20), "(一)第一产业": (10.82, 12.26, 37.59),
    "1. 农、林、牧、渔业": (10.82, 12.26, 37.59), "(二)第二产业": (451.28, 419.74, 1287.11),
    "1. 工业": (440.61, 409.93, 1257.03), "2.建筑业": (10.67, 9.81, 30.08), "(三)第三产业": (104.31, 113.09, 346.78),
    "1. 交通运输、仓储及邮政业": (17.87, 19.22, 58.94), "2. 批发、零售和住宿、餐饮业": (32.47, 34.88, 106.96),
    "3. 其他": (53.97, 58.99, 180.89), "(四)生活消费": (101.40, 106.87, 327.71), "1. 城镇": (65.51, 68.87, 211.19),
    "2. 乡村": (35.89, 38.00, 116.52), "五、平衡差额(+、-)": (13.80, -0.01, -0.03), "六、消费量合计": (667.81, 651.96, None),
}  # fmt: skip
"""Row: 2014 and 2015 in 10^8 kWh, 2015 in 10^4 tce at equal value."""


@pytest.fixture
def shandong(tmp_path: Path) -> BalanceTable:
    path = tmp_path / "sd0609.csv"
    path.write_bytes(SHANDONG.encode("gb18030"))
    return BalanceTable(read_balance(path, place="山东"))


def jilin(year: int) -> BalanceTable:
    """Electricity of one year; blank rows of the source are left out."""
    rows = [(name, values[year - 2014]) for name, values in JILIN.items()]
    frame = pl.DataFrame(rows, schema=["row", "value"], orient="row")
    constants = {"place": "吉林", "time": str(year), "activity": "电力", "unit": "亿千瓦时"}
    return BalanceTable(frame.with_columns(pl.lit(text).alias(name) for name, text in constants.items()))


def by_sector(balance: BalanceTable, **parameters: object) -> dict[tuple[str, str], float]:
    rows = energy_balance(balance, **parameters).to_polars()
    return {(sector, fuel): value for sector, fuel, value in rows.select("sector", "activity", "value").iter_rows()}


def test_every_printed_fuel_of_shandong_closes_to_the_printed_digit(shandong: BalanceTable) -> None:
    found = balance_check(shandong).to_polars()
    balances = found.filter(pl.col("check") == "balance")
    assert dict(balances.select("item", "verdict").iter_rows()) == {
        "2005 coal_total": "agrees",
        "2005 raw_coal": "rounding",  # 20092.2 − 13728.2 − 6423.0 = −59.0, printed −59.1
        "2005 washed_coal": "agrees",
        "2005 other_washed_coal": "agrees",
        "2005 coal_briquette": "rounding",  # −0.1 + 4.2 − 18.6 = −14.5, printed −14.6
        "2005 coke": "agrees",
    }
    values = dict(balances.select("item", "value").iter_rows())
    assert values["2005 coal_total"] == pytest.approx(-73.3, abs=1e-9)
    assert values["2005 raw_coal"] == pytest.approx(-59.0, abs=1e-9)
    assert "misfit" not in found["verdict"].to_list()


def test_coke_fed_back_belongs_to_transformation_although_its_row_is_marked_as_contained(
    shandong: BalanceTable,
) -> None:
    """1440.8 − 0.1 − 1.4 = 1439.3, printed 1439.2: without the row # 焦炭再投入量 it would be 1440.7, a misfit of 1.5."""
    found = balance_check(shandong).to_polars().filter(pl.col("item") == "2005 coke transformation")
    assert found.select("value", "expected", "verdict").rows() == [(pytest.approx(1439.3), 1439.2, "rounding")]


def test_a_large_printed_difference_is_said(shandong: BalanceTable) -> None:
    """Briquettes: 14.6 of 18.6 have no origin in the source."""
    found = balance_check(shandong).to_polars().filter(pl.col("check") == "statistical difference")
    assert found.select("item", "value", "verdict").rows() == [("2005 coal_briquette", -14.6, "caveat")]


def test_shandong_becomes_activity_without_totals_and_without_washing_and_coking(shandong: BalanceTable) -> None:
    made = by_sector(shandong)
    tce = 1e4 * 29.3076
    assert {fuel for _, fuel in made} == {"raw_coal", "washed_coal", "other_washed_coal", "coal_briquette", "coke"}
    assert made["energy.power_supplied", "raw_coal"] == pytest.approx(7432.6 * tce, rel=1e-9)
    assert made["energy.heat_supplied", "raw_coal"] == pytest.approx(1530.0 * tce, rel=1e-9)
    assert made["industry.other", "coke"] == pytest.approx(1934.0 * tce, rel=1e-9)
    assert made["buildings.residential.rural", "raw_coal"] == pytest.approx(282.9 * tce, rel=1e-9)
    # Raw coal burnt: plants and the parts of final consumption, not what was washed (4581.9), coked or gasified.
    raw = sum(value for (_, fuel), value in made.items() if fuel == "raw_coal")
    assert raw == pytest.approx((7432.6 + 1530.0 + 6423.1) * tce, rel=1e-9)


def test_emissions_of_raw_coal_are_energy_times_the_factor_per_energy(shandong: BalanceTable) -> None:
    """Coal equivalent goes straight to energy: 7432.6e4 tce · 29.3076 GJ · 0.02637 tC/GJ · 0.94 · 44/12."""
    table = energy_balance(shandong, carriers="fuels", leave_out="煤制品,焦炭,洗精煤,其他洗煤")
    rows = combustion(table, shipped_library().choose(["cn-2008"])).to_polars()
    power = rows.filter(pl.col("sector") == "energy.power_supplied")["value"].to_list()
    assert power == [pytest.approx(7432.6e4 * 29.3076 * 0.02637 * 0.94 * 44 / 12, rel=1e-6)]


@pytest.mark.parametrize(("year", "difference"), [(2014, 13.80), (2015, -0.01)])
def test_electricity_of_jilin_closes(year: int, difference: float) -> None:
    found = balance_check(jilin(year)).to_polars()
    (balance,) = found.filter(pl.col("check") == "balance").to_dicts()
    assert balance["verdict"] == "agrees"
    assert balance["value"] == pytest.approx(difference, abs=1e-9)
    (total,) = found.filter(pl.col("check") == "total consumption").to_dicts()
    assert total["verdict"] == "agrees"
    assert "misfit" not in found["verdict"].to_list()


def test_electricity_of_jilin_by_sector_adds_to_the_printed_total() -> None:
    made = by_sector(jilin(2015), carriers="electricity")
    assert made["buildings.commercial", "electricity"] == pytest.approx(34.88e5, rel=1e-9)
    assert made["buildings.residential.urban", "electricity"] == pytest.approx(68.87e5, rel=1e-9)
    assert sum(made.values()) == pytest.approx(651.96e5, rel=1e-9)
    (trade,) = balance_check(jilin(2015)).to_polars().filter(pl.col("check") == "net import").to_dicts()
    assert trade["value"] == pytest.approx(147.73 - 200.24, abs=1e-9)


def test_the_same_table_at_equal_value_is_refused(tmp_path: Path) -> None:
    """Its 1999.20e4 tce would be 2.5 times the electricity: 651.96e8 kWh · 0.1229 kgce/kWh is 801.3e4 tce."""
    path = tmp_path / "jl.csv"
    lines = ["7-13 电力能源平衡表(等价值),", "2015 单位:万吨标准煤,", "指标,电力"]
    lines += [f'"{name}",{"" if values[2] is None else values[2]}' for name, values in JILIN.items()]
    path.write_text("\n".join(lines), "utf-8")
    frame = read_balance(path, place="吉林")
    assert set(frame["activity"]) == {"electricity_equal_value"}
    with pytest.raises(InputError) as caught:
        energy_balance(BalanceTable(frame))
    assert [problem.code for problem in caught.value.problems] == ["balance_equal_value"]
