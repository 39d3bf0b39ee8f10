"""Findings on a balance: what closes, what does not, and what an inventory must not count twice."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import FactorTable
from citycarbon.inventory.sectors.balance_check import balance_check
from citycarbon.inventory.sectors.balance_lines import BalanceTable

FACTORS = FactorTable(
    pl.DataFrame(
        {
            "activity": ["washed_coal", "washed_coal", "coke", "coke"],
            "quantity": ["net_calorific_value", "carbon_content"] * 2,
            "value": [26.0, 0.025, 28.0, 0.029], "unit": ["GJ/t", "t/GJ"] * 2,
        }
    )
)  # fmt: skip


def table(rows: Sequence[tuple[str, str, float]], unit: str = "万吨") -> BalanceTable:
    frame = pl.DataFrame(rows, schema=["row", "activity", "value"], orient="row")
    return BalanceTable(frame.with_columns(place=pl.lit("A"), time=pl.lit("2022"), unit=pl.lit(unit)))


def check(
    rows: Sequence[tuple[str, str, float]], name: str, unit: str = "万吨", **more: object
) -> list[dict[str, object]]:
    found = balance_check(table(rows, unit), **more).to_polars()
    return found.filter(pl.col("check") == name).to_dicts()


@pytest.mark.parametrize(
    ("final", "difference", "verdict"),
    [
        (30.0, None, "agrees"), (30.1, None, "rounding"), (29.6, None, "caveat"), (28.0, None, "misfit"), (28.0, 2.0, "agrees"),
        (28.0, 1.0, "misfit"),
    ],
)  # fmt: skip
def test_the_identity_of_a_fuel(final: float, difference: float | None, verdict: str) -> None:
    """100.5 − 70.5 = 30 left for final consumption; 0.5 % of 100.5 is 0.5025, three printed figures explain 0.15."""
    rows = [("可供本地区消费的能源量", "原煤", 100.5), ("火力发电", "原煤", -70.5), ("终端消费量", "原煤", final)]
    rows += [("平衡差额", "原煤", difference)] if difference is not None else []
    (found,) = check(rows, "balance")
    assert found["verdict"] == verdict
    assert found["value"] == pytest.approx(30.0 - final)
    assert found["difference"] == pytest.approx(30.0 - final - (difference or 0.0))
    assert found["item"] == "2022 raw_coal"
    assert found["explanation_zh"]


def test_whole_numbers_may_be_exact() -> None:
    """9 − 8 = 1 is no rounding of whole numbers, although two halves would be."""
    (found,) = check([("可供本地区消费的能源量", "汽油", 9.0), ("终端消费量", "汽油", 8.0)], "balance")
    assert found["verdict"] == "misfit"


def test_a_table_of_consumption_alone_cannot_be_checked() -> None:
    (found,) = check([("工业", "汽油", 8.0)], "balance")
    assert (found["verdict"], found["explanation_en"][:12]) == ("caveat", "the table ha")


def test_a_fuel_without_supply_in_a_table_with_supply_is_a_misfit() -> None:
    rows = [("可供本地区消费的能源量", "汽油", 8.0), ("终端消费量", "汽油", 8.0), ("终端消费量", "柴油", 5.0)]
    assert [found["verdict"] for found in check(rows, "balance")] == ["agrees", "misfit"]


@pytest.mark.parametrize("whole", [8.6, 10.0])
def test_what_is_fed_back_may_be_in_the_row_above_or_beside_it(whole: float) -> None:
    """Refining 10 and fed back −1.4: a total of 8.6 adds them, a total of 10 contains the second."""
    rows = [("加工转换", "燃料油", whole), ("炼油", "燃料油", 10.0), ("油品再投入量(-)", "燃料油", -1.4)]
    assert check(rows, "parts of a row") == []
    rows = [("可供量", "燃料油", 0.1), *rows[1:], ("终端消费量", "燃料油", whole + 0.1)]
    assert check(rows, "balance")[0]["verdict"] in ("agrees", "rounding")


def test_parts_signs_and_contained_rows() -> None:
    rows = [
        ("终端消费量", "原煤", 30.0), ("工业", "原煤", 20.0), ("建筑业", "原煤", 5.5), ("用作原料、材料", "原煤", 21.0),
        ("出口量", "原煤", 3.0), ("居民生活", "原煤", -1.0),
    ]  # fmt: skip
    (parts,) = check(rows, "parts of a row")
    assert (parts["item"], parts["value"], parts["expected"], parts["verdict"]) == (
        "2022 raw_coal final",
        24.5,
        30.0,
        "misfit",
    )
    (inner,) = check(rows, "contained in a row")
    assert (inner["value"], inner["expected"], inner["verdict"]) == (21.0, 20.0, "misfit")
    assert {found["item"] for found in check(rows, "sign")} == {
        "2022 raw_coal supply.export",
        "2022 raw_coal final.residential",
    }


def test_total_consumption_is_final_losses_and_inputs() -> None:
    rows = [
        ("火力发电", "原煤", -40.5),
        ("炼焦", "原煤", -20.0),
        ("损失量", "原煤", 1.0),
        ("工业", "原煤", 30.0),
        ("消费量合计", "原煤", 91.5),
    ]
    assert check(rows, "total consumption")[0]["verdict"] == "agrees"
    rows[-1] = ("消费量合计", "原煤", 70.0)
    assert check(rows, "total consumption")[0]["verdict"] == "caveat"


def test_a_total_column_beside_its_columns() -> None:
    rows = [("工业", "煤合计", 30.5), ("工业", "原煤", 20.0), ("工业", "洗精煤", 8.0)]
    (found,) = check(rows, "total column")
    assert (found["value"], found["expected"], found["verdict"]) == (28.0, 30.5, "caveat")


def test_electricity_made_here_is_said_beside_its_use() -> None:
    rows = [
        ("火力发电", "原煤", -40.0), ("火力发电", "电力", 12.0), ("外省调入量", "电力", 20.0), ("本省调出量", "电力", -2.0),
        ("终端消费量", "电力", 29.5), ("损失量", "电力", 0.5),
    ]  # fmt: skip
    (made,) = check(rows, "made and used here")
    assert (made["value"], made["expected"], made["verdict"]) == (12.0, 29.5, "caveat")
    assert "one total may hold only one" in made["explanation_en"]
    (trade,) = check(rows, "net import")
    assert trade["value"] == 18.0
    assert "60.0 %" in trade["explanation_en"]
    assert check(rows[1:], "made and used here") == []


@pytest.mark.parametrize(("output", "count"), [(3190.5, 0), (9388.4, 1)])
def test_electricity_at_equal_value_is_suspected(output: float, count: int) -> None:
    """Figures of Shandong 2007: 8872.2 of coal and 200 of others in; 3190.5 out at calorific and 9388.4 at equal value."""
    rows = [("火力发电", "原煤", -8872.2), ("火力发电", "其他能源", -200.0), ("火力发电", "电力", output)]
    found = check(rows, "equal value", "万吨标准煤")
    assert len(found) == count
    assert all(each["verdict"] == "misfit" for each in found)


def test_what_is_not_burnt_is_listed() -> None:
    rows = [
        ("工业", "石脑油", 9.0),
        ("用作原料、材料", "石脑油", 8.0),
        ("建筑业", "石油沥青", 4.0),
        ("损失量", "天然气", 0.2),
    ]
    for name, item, value in (
        ("raw materials", "2022 naphtha", 8.0), ("products that are no fuels", "2022 bitumen", 4.0),
        ("fuel lost", "2022 natural_gas", 0.2),
    ):  # fmt: skip
        (found,) = check(rows, name)
        assert (found["item"], found["value"], found["verdict"]) == (item, value, "caveat")


def test_gas_of_blast_furnaces_beside_its_coke() -> None:
    rows = [("工业", "焦炭", 50.0), ("工业", "高炉煤气", 20.0), ("火力发电", "高炉煤气", -5.0)]
    (found,) = check(rows, "gas made from coke")
    assert found["value"] == 25.0
    assert "50.0 万吨" in found["explanation_en"]
    assert check(rows[1:], "gas made from coke") == []


def test_carbon_of_coking_is_a_finding() -> None:
    """10 · 10^4 t of washed coal hold 10e4 · 26 · 0.025 = 65000 t C, 7 · 10^4 t of coke 7e4 · 28 · 0.029 = 56840 t C."""
    rows = [("炼焦", "洗精煤", -10.0), ("炼焦", "焦炭", 7.0)]
    (found,) = check(rows, "carbon of transformation", factors=FACTORS)
    assert (found["value"], found["expected"]) == (pytest.approx(56840.0), pytest.approx(65000.0))
    assert (found["unit"], found["difference"]) == ("t", pytest.approx(-8160.0))
    (lacking,) = check([*rows, ("炼焦", "焦炉煤气", 1.0)], "carbon of transformation", factors=FACTORS)
    assert (lacking["value"], lacking["expected"]) == (None, None)
    assert "coke_oven_gas" in lacking["explanation_en"]
    assert check(rows, "carbon of transformation") == []


def test_a_tolerance_beyond_one_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        balance_check(table([("工业", "原煤", 1.0)]), tolerance=1.0)
    assert [problem.code for problem in caught.value.problems] == ["parameter_wrong"]
