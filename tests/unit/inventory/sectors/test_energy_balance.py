"""Activity from a small balance worked by hand, and every table that must be refused.

The city: raw coal 100 (power 40, heat 10, coking 20, industry 25 of which 3 as raw material, households 5), petrol 8 (transport
5, services 2, households 1), natural gas 6 (industry 4, households 1.9, lost 0.1), electricity made 12, bought 18, used 29, lost
1, heat made 500, used 480, lost 20. Units: 万吨, 亿立方米, 亿千瓦小时, 万百万千焦.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.inventory.sectors.balance_lines import BalanceTable, leaves, settled
from citycarbon.inventory.sectors.energy_balance import SplitTable, energy_balance

UNITS = {
    "原煤": "万吨",
    "焦炭": "万吨",
    "汽油": "万吨",
    "天然气": "亿立方米",
    "电力": "亿千瓦小时",
    "热力": "万百万千焦",
}
CITY = [
    ("可供本地区消费的能源量", "原煤", 100.0), ("外省（区、市）调入量", "原煤", 100.0),
    ("加工转换投入(-)产出(+)量", "原煤", -70.0), ("火力发电", "原煤", -40.0), ("供热", "原煤", -10.0), ("炼焦", "原煤", -20.0),
    ("终端消费量", "原煤", 30.0), ("工业", "原煤", 25.0), ("#用作原料、材料", "原煤", 3.0), ("居民生活", "原煤", 5.0),
    ("城镇", "原煤", 1.0), ("乡村", "原煤", 4.0), ("平衡差额", "原煤", 0.0), ("消费量合计", "原煤", 100.0),
    ("炼焦", "焦炭", 15.0), ("外省（区、市）调入量", "焦炭", -0.0), ("工业", "焦炭", 15.0),
    ("可供本地区消费的能源量", "汽油", 8.0), ("终端消费量", "汽油", 8.0), ("交通运输、仓储和邮政业", "汽油", 5.0),
    ("其他", "汽油", 2.0), ("居民生活", "汽油", 1.0),
    ("可供本地区消费的能源量", "天然气", 6.0), ("损失量", "天然气", 0.1), ("终端消费量", "天然气", 5.9), ("工业", "天然气", 4.0),
    ("居民生活", "天然气", 1.9),
    ("可供本地区消费的能源量", "电力", 18.0), ("外省（区、市）调入量", "电力", 18.0), ("火力发电", "电力", 12.0),
    ("损失量", "电力", 1.0), ("终端消费量", "电力", 29.0), ("工业", "电力", 20.0), ("居民生活", "电力", 9.0),
    ("供热", "热力", 500.0), ("损失量", "热力", 20.0), ("终端消费量", "热力", 480.0), ("居民生活", "热力", 480.0),
]  # fmt: skip


def table(rows: Sequence[tuple[str, str, float]], units: dict[str, str] | None = None, **more: object) -> BalanceTable:
    frame = pl.DataFrame(rows, schema=["row", "activity", "value"], orient="row")
    frame = frame.with_columns(
        pl.col("activity").replace_strict(units or UNITS, default="万吨").alias("unit"),
        pl.format("balance.csv:{}", pl.int_range(2, pl.len() + 2)).alias("provenance_id"),
    )
    constants = {"place": "A", "time": "2022", **more}
    return BalanceTable(frame.with_columns(pl.lit(value).alias(name) for name, value in constants.items()))


def changed(row: str, fuel: str, value: float | None) -> list[tuple[str, str, float]]:
    """The city with one figure changed, or without it."""
    made = [(name, each, value if (name, each) == (row, fuel) else old) for name, each, old in CITY]
    return [(name, each, number) for name, each, number in made if number is not None]


def found(rows: BalanceTable, split: SplitTable | None = None, **parameters: object) -> dict[tuple[str, str], float]:
    made = energy_balance(rows, split, **parameters).to_polars()
    return {(s, a): v for s, a, v in made.select("sector", "activity", "value").iter_rows()}


def refused(rows: BalanceTable, split: SplitTable | None = None, **parameters: object) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        energy_balance(rows, split, **parameters)
    return [(problem.code, problem.found) for problem in caught.value.problems]


def test_the_city_by_hand() -> None:
    assert found(table(CITY)) == {
        ("energy.power_supplied", "raw_coal"): 40.0,
        ("energy.heat_supplied", "raw_coal"): 10.0,
        ("industry.other", "raw_coal"): 22.0,  # 25 − 3 as raw material
        ("industry.other", "coke"): 15.0,
        ("industry.other", "natural_gas"): 4.0,
        ("industry.other", "electricity"): pytest.approx(20e5),  # 20e8 kWh in MWh
        ("transport.other", "gasoline"): 5.0,
        ("buildings.public", "gasoline"): 2.0,
        ("buildings.residential", "gasoline"): 1.0,
        ("buildings.residential", "natural_gas"): 1.9,
        ("buildings.residential", "electricity"): pytest.approx(9e5),
        ("buildings.residential", "heat"): pytest.approx(480e4),  # 480 · 10^4 · GJ
        ("buildings.residential.urban", "raw_coal"): 1.0,
        ("buildings.residential.rural", "raw_coal"): 4.0,
        ("energy.network_losses", "electricity"): pytest.approx(1e5),
        ("energy.network_losses", "heat"): pytest.approx(20e4),
    }


def test_rows_keep_unit_order_and_origin() -> None:
    made = energy_balance(table(CITY)).to_polars()
    first = made.row(0, named=True)
    assert (first["sector"], first["unit"], first["provenance_id"]) == (
        "energy.power_supplied",
        "万吨",
        "balance.csv:5",
    )
    units = dict(made.select("activity", "unit").unique().iter_rows())
    assert units == {
        "raw_coal": "万吨", "coke": "万吨", "gasoline": "万吨", "natural_gas": "亿立方米", "electricity": "MWh", "heat": "GJ",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("carriers", "fuels"),
    [("fuels", {"raw_coal", "coke", "gasoline", "natural_gas"}), ("electricity", {"electricity"}), ("heat", {"heat"})],
)
def test_one_account_takes_one_kind(carriers: str, fuels: set[str]) -> None:
    assert {fuel for _, fuel in found(table(CITY), carriers=carriers)} == fuels


def test_fuel_lost_is_burnt_only_on_demand() -> None:
    assert found(table(CITY), losses="burnt")["energy.other", "natural_gas"] == 0.1


def test_rows_of_industry_and_services_go_where_the_caller_says() -> None:
    made = found(table(CITY), industry_sector="industry.ferrous", other_sector="buildings.commercial")
    assert made["industry.ferrous", "coke"] == 15.0
    assert made["buildings.commercial", "gasoline"] == 2.0
    assert refused(table(CITY), industry_sector="steel")[0][0] == "sector_unknown"


def test_petrol_of_services_and_households_becomes_transport() -> None:
    """Half of the petrol of services and all of that of households; coal of households stays, the total stays."""
    split = SplitTable(
        pl.DataFrame(
            {
                "row": ["其他", "居民生活"],
                "activity": ["汽油", "汽油"],
                "sector": "transport.road.private",
                "share": [0.5, 1.0],
            }
        )
    )
    made = found(table(CITY), split, carriers="fuels")
    assert made["buildings.public", "gasoline"] == 1.0
    assert ("buildings.residential", "gasoline") not in made
    moved = energy_balance(table(CITY), split).to_polars().filter(pl.col("sector") == "transport.road.private")
    assert moved["value"].to_list() == [1.0, 1.0]
    assert sum(value for (_, fuel), value in made.items() if fuel == "gasoline") == pytest.approx(8.0 - 1.0)


def test_shares_of_all_fuels_give_way_to_those_of_one() -> None:
    split = SplitTable(
        pl.DataFrame(
            {
                "row": ["工业", "工业", "工业"], "activity": [None, "焦炭", "焦炭"],
                "sector": ["industry.chemicals", "industry.ferrous", "industry.minerals"], "share": [0.25, 0.8, 0.2],
            }
        )
    )  # fmt: skip
    made = found(table(CITY), split, carriers="fuels")
    assert made["industry.chemicals", "natural_gas"] == 1.0
    assert made["industry.other", "natural_gas"] == 3.0
    assert made["industry.ferrous", "coke"] == pytest.approx(12.0)
    assert ("industry.other", "coke") not in made


def test_shares_of_a_row_hold_for_its_parts_unless_a_part_has_its_own() -> None:
    """Households stand as urban 1 and rural 4 of coal: half of all, but all of rural, and a group passes down."""
    rows = {
        "row": ["居民生活", "乡村"],
        "activity": ["原煤", "原煤"],
        "sector": "energy.heat_supplied",
        "share": [0.5, 1.0],
    }
    made = found(table(CITY), SplitTable(pl.DataFrame(rows)), carriers="fuels")
    assert made["buildings.residential.urban", "raw_coal"] == 0.5
    assert ("buildings.residential.rural", "raw_coal") not in made
    group = SplitTable(pl.DataFrame({"row": ["第三产业"], "sector": "transport.road", "share": [1.0]}))
    moved = energy_balance(table(CITY), group, carriers="fuels").to_polars()
    assert moved.filter(pl.col("sector") == "transport.road")["value"].to_list() == [5.0, 2.0]


def test_a_share_that_stands_twice_is_refused() -> None:
    rows = {"row": ["工业", "1.工业"], "activity": ["焦炭", "coke"], "sector": "industry.ferrous", "share": [0.4, 0.4]}
    assert refused(table(CITY), SplitTable(pl.DataFrame(rows))) == [
        ("row_duplicate", "final.industry, coke, industry.ferrous")
    ]


def test_shares_beyond_one_and_unknown_words_are_refused() -> None:
    shares = {
        "row": ["工业", "工业", "渔船"],
        "activity": ["焦炭", "焦炭", "木炭"],
        "sector": ["industry.ferrous", "x", "transport"],
    }
    split = SplitTable(pl.DataFrame({**shares, "share": [0.8, 0.3, 0.1]}))
    assert [code for code, _ in refused(table(CITY), split)] == [
        "value_not_listed", "value_not_listed", "sector_unknown", "value_out_of_range",
    ]  # fmt: skip


def test_coal_equivalent_becomes_energy() -> None:
    """1e4 tce of coal is 293076 GJ; 1e4 tce of electricity is 293076 GJ / 3.6 = 81410 MWh."""
    units = dict.fromkeys(UNITS, "万吨标准煤")
    made = found(table([("工业", "原煤", 1.0), ("工业", "电力", 1.0), ("工业", "热力", 1.0)], units))
    assert made == {
        ("industry.other", "raw_coal"): pytest.approx(293076.0),
        ("industry.other", "electricity"): pytest.approx(81410.0),
        ("industry.other", "heat"): pytest.approx(293076.0),
    }


def test_totals_groups_and_equal_values_are_never_added() -> None:
    rows = [
        ("终端消费量", "原煤", 10.0), ("第二产业", "原煤", 10.0), ("工业", "原煤", 9.0), ("建筑业", "原煤", 1.0),
        ("消费量合计", "原煤", 10.0), ("终端消费量", "煤合计", 10.0), ("工业", "煤合计", 9.0), ("工业", "电力", 2.0),
        ("工业", "电力（等价值）", 6.0),
    ]  # fmt: skip
    made = found(table(rows, {**UNITS, "电力（等价值）": "万吨标准煤"}))
    assert made == {
        ("industry.other", "raw_coal"): 9.0, ("construction", "raw_coal"): 1.0,
        ("industry.other", "electricity"): pytest.approx(2e5),
    }  # fmt: skip


def test_own_use_of_plants_is_a_row_of_its_own_and_no_second_one() -> None:
    made = found(table([("工业", "电力", 20.0), ("厂用电", "电力", 3.0)]))
    assert made == {
        ("industry.other", "electricity"): pytest.approx(17e5),
        ("energy.plant_own_use", "electricity"): pytest.approx(3e5),
    }


def test_products_that_are_no_fuels_are_left_out_unless_a_plant_burnt_them() -> None:
    rows = [
        ("工业", "润滑油", 5.0),
        ("建筑业", "石油沥青", 9.0),
        ("火力发电", "石油沥青", -0.5),
        ("工业", "石油焦", 2.0),
    ]
    assert found(table(rows)) == {("energy.power_supplied", "bitumen"): 0.5, ("industry.other", "petroleum_coke"): 2.0}


def test_zero_rows_need_no_factor_and_columns_can_be_left_out() -> None:
    rows = [("工业", "其他能源", 0.0), ("工业", "原煤", 1.0), ("建筑业", "其他能源", 2.0)]
    assert found(table(rows), leave_out="其他能源") == {("industry.other", "raw_coal"): 1.0}
    assert found(table(rows))["construction", "other_energy"] == 2.0
    assert refused(table(rows), leave_out="木炭") == [("parameter_wrong", "木炭")]


def test_uncertainty_of_industry_without_raw_material() -> None:
    """sd 3 of 25 and sd 4 of 10, printed independently: 15 ± 5."""
    frame = table([("工业", "原煤", 25.0), ("用作原料、材料", "原煤", 10.0)]).to_polars()
    frame = frame.with_columns(pl.Series("sd", [3.0, 4.0]))
    row = energy_balance(BalanceTable(frame)).to_polars().row(0, named=True)
    assert (row["value"], row["sd"]) == (15.0, pytest.approx(5.0))


def test_an_open_balance_is_one_problem_a_fuel_with_figures() -> None:
    """Coal 110 − 70 − 30 = 10 beside a stated 0; petrol 9 − 8 = 1."""
    rows = changed("可供本地区消费的能源量", "原煤", 110.0)
    rows = [
        (name, fuel, 9.0 if (name, fuel) == ("可供本地区消费的能源量", "汽油") else value) for name, fuel, value in rows
    ]
    problems = [item for item in refused(table(rows)) if item[0] == "balance_open"]
    assert [found.split(":")[0] for _, found in problems] == ["raw_coal", "gasoline"]
    assert "110 + (-70) − 0 − 30 = 10 万吨 (+10, 9.09%)" in problems[0][1]
    with pytest.raises(InputError) as caught:
        energy_balance(table(rows))
    assert next(p for p in caught.value.problems if p.code == "balance_open").where.rows == (13 + 1,)


def test_a_stated_difference_closes_the_balance_and_tolerance_widens_it() -> None:
    rows = [
        (name, fuel, 90.0 if name.startswith(("可供", "外省")) and fuel == "原煤" else value)
        for name, fuel, value in CITY
    ]
    assert refused(table(rows))[0][0] == "balance_open"
    closed = [(name, fuel, -10.0 if name == "平衡差额" else value) for name, fuel, value in rows]
    assert found(table(closed))["industry.other", "raw_coal"] == 22.0
    assert found(table(rows), tolerance=0.2)["industry.other", "raw_coal"] == 22.0
    assert refused(table(CITY), tolerance=1.5)[0][0] == "parameter_wrong"


def test_parts_that_do_not_add_are_refused() -> None:
    """Urban and rural households 1 + 2, stated 5; raw material 26 of industry 25."""
    assert refused(table(changed("乡村", "原煤", 2.0))) == [("balance_parts", "raw_coal: 3, 5 万吨")]
    assert refused(table(changed("#用作原料、材料", "原煤", 26.0))) == [("balance_parts", "raw_coal: 26, 25 万吨")]


def test_a_group_without_parts_has_no_sector() -> None:
    assert refused(table([("第三产业", "汽油", 5.0)])) == [("balance_undivided", "gasoline")]
    split = SplitTable(pl.DataFrame({"row": ["第三产业"], "sector": ["transport.other"], "share": [1.0]}))
    assert found(table([("第三产业", "汽油", 5.0)]), split) == {("transport.other", "gasoline"): 5.0}
    assert refused(table([("加工转换", "原煤", -5.0), ("工业", "原煤", 1.0)])) == [("balance_undivided", "raw_coal")]


def test_negative_consumption_and_positive_input_are_refused() -> None:
    rows = [("工业", "原煤", -1.0), ("火力发电", "原煤", 5.0), ("火力发电", "电力", 1.0)]
    assert refused(table(rows)) == [("value_out_of_range", "raw_coal -1"), ("value_out_of_range", "raw_coal 5")]


def test_doubled_rows_and_unknown_names_are_refused() -> None:
    assert refused(table([("工业", "原煤", 1.0), ("1.工业", "原煤", 1.0)])) == [
        ("row_duplicate", "A, 2022, raw_coal, final.industry")
    ]
    assert refused(table([("渔船", "原煤", 1.0), ("工业", "木炭", 1.0)])) == [
        ("value_not_listed", "渔船"), ("value_not_listed", "木炭"),
    ]  # fmt: skip
    assert refused(table([("回收能", "原煤", 1.0)])) == [("value_not_listed", "回收能")]


def test_units_of_two_kinds_are_refused_and_of_one_kind_joined() -> None:
    frame = table([("工业", "原煤", 1.0), ("建筑业", "原煤", 500.0)]).to_polars()
    joined = frame.with_columns(pl.Series("unit", ["万吨", "吨"]))
    assert found(BalanceTable(joined)) == {
        ("industry.other", "raw_coal"): 1.0,
        ("construction", "raw_coal"): pytest.approx(0.05),
    }
    mixed = frame.with_columns(pl.Series("unit", ["万吨", "亿立方米"]))
    assert [code for code, _ in refused(BalanceTable(mixed))] == ["unit_dimension"]
    assert refused(table([("工业", "电力", 1.0)], {"电力": "万吨"})) == [("unit_dimension", "万吨 (electricity)")]


def test_a_row_left_blank_is_the_sum_of_its_parts() -> None:
    lines = settled(
        table([("焦炭再投入量", "焦炭", -1.4), ("炼焦", "焦炭", 10.0), ("城镇", "汽油", 2.0), ("乡村", "汽油", 1.0)])
    )
    coke = lines.whole.filter(pl.col("activity") == "coke").row(0, named=True)
    assert (coke["transformation.gas_making"], coke["transformation"]) == (-1.4, pytest.approx(8.6))
    assert lines.whole.filter(pl.col("activity") == "gasoline")["final"].to_list() == [3.0]
    assert leaves(lines, "final")["row"].to_list() == ["final.residential.urban", "final.residential.rural"]
