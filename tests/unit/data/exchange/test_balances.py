"""Reading of energy balances as they are printed: heads, units, marks, blanks, and everything that must not pass silently."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from citycarbon.core.errors import InputError
from citycarbon.data.exchange.balance_names import (
    balance_columns,
    balance_rows,
    column_code,
    column_spellings,
    folded,
    row_code,
    row_spellings,
)
from citycarbon.data.exchange.balances import is_printed_balance, read_balance
from citycarbon.data.library import activities, shipped_rows

TABLE = """\
某市能源平衡表（实物量）,,,,
2022年,,,,
项　　目,原 煤,汽油,天然气,电力
,（万吨）,(万吨),亿立方米,（亿千瓦小时）
一、可供本地区消费的能源量,100,"1,020.5",－,50
　1.一次能源生产量,,,,10
四、终端消费量,40,—,3.0,60
　1.工业,40,…,2,40
　　其中：用作原料、材料,5,,,
注：电力按当量值。,,,,
"""


def write(folder: Path, text: str, name: str = "balance.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def codes(caught: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [problem.code for problem in caught.value.problems]


def cells(frame: pl.DataFrame) -> dict[tuple[str, str], float]:
    return {(row, fuel): value for row, fuel, value in frame.select("row", "activity", "value").iter_rows()}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig"])
def test_a_table_with_title_units_marks_and_note(tmp_path: Path, encoding: str) -> None:
    frame = read_balance(write(tmp_path, TABLE, encoding=encoding), place="某市")
    assert frame.columns == ["place", "time", "row", "activity", "value", "unit", "provenance_id"]
    assert cells(frame) == {
        ("supply", "raw_coal"): 100.0, ("supply", "gasoline"): 1020.5, ("supply", "electricity"): 50.0,
        ("supply.primary", "electricity"): 10.0, ("final", "raw_coal"): 40.0, ("final", "natural_gas"): 3.0,
        ("final", "electricity"): 60.0, ("final.industry", "raw_coal"): 40.0, ("final.industry", "natural_gas"): 2.0,
        ("final.industry", "electricity"): 40.0, ("final.industry.non_energy", "raw_coal"): 5.0,
    }  # fmt: skip
    units = dict(frame.select("activity", "unit").unique().iter_rows())
    assert units == {"raw_coal": "万吨", "gasoline": "万吨", "natural_gas": "亿立方米", "electricity": "亿千瓦小时"}
    assert set(frame["time"]) == {"2022"}
    assert set(frame.filter(pl.col("row") == "final.industry")["provenance_id"]) == {"balance.csv:8"}


def test_a_workbook_keeps_exact_numbers_sheet_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("说明").write(0, 0, "空")
    sheet = book.add_worksheet("2021")
    sheet.merge_range(0, 0, 0, 3, "能源平衡表 2021")
    sheet.write_row(2, 0, ["", "原煤"])
    sheet.merge_range(2, 2, 2, 3, "电 力")
    sheet.write_row(3, 0, ["", "万吨", "当量值", "等价值"])
    sheet.write_row(4, 0, ["四、终端消费量", 1 / 3, 10, 25])
    sheet.write_row(5, 0, ["  1.工业", "-", 0.7])
    book.close()
    frame = read_balance(f"{path}#2021", place="A", unit="万吨标准煤")
    assert cells(frame) == {
        ("final", "raw_coal"): 1 / 3, ("final", "electricity"): 10.0, ("final", "electricity_equal_value"): 25.0,
        ("final.industry", "electricity"): 0.7,
    }  # fmt: skip
    assert frame["provenance_id"].to_list()[-1] == "book.xlsx#2021:6"
    assert frame["unit"].unique(maintain_order=True).to_list() == ["万吨", "万吨标准煤"]
    with pytest.raises(InputError) as caught:
        read_balance(path, place="A", unit="usual")
    assert codes(caught) == ["sheet_ambiguous"]


def test_a_continued_table_stands_below_the_first(tmp_path: Path) -> None:
    text = "2020,,\n单位：万吨标准煤,,\n项目,原煤,焦炭\n四、终端消费量,10,20\n"
    text += "续表,,\n项目,汽油,电力\n四、终端消费量,3,4\n1.工业,1,\n"
    frame = read_balance(write(tmp_path, text), place="A")
    assert cells(frame) == {
        ("final", "raw_coal"): 10.0, ("final", "coke"): 20.0, ("final", "gasoline"): 3.0, ("final", "electricity"): 4.0,
        ("final.industry", "gasoline"): 1.0,
    }  # fmt: skip


def test_recovered_energy_means_what_its_section_means(tmp_path: Path) -> None:
    text = "2020 单位:万吨标准煤,\n项目,焦炉煤气\n一、可供本地区消费的能源量,5\n3.回收能,1\n"
    text += "二、加工转换投入(-)产出(+)量,7\n9.回收能,7\n"
    found = cells(read_balance(write(tmp_path, text), place="A"))
    assert found["supply.recovered", "coke_oven_gas"] == 1.0
    assert found["transformation.recovered", "coke_oven_gas"] == 7.0


def test_an_english_table_in_two_languages_of_head(tmp_path: Path) -> None:
    text = (
        '"6-8 Energy Balance Sheet, 2007",,\n(10 000 tons of SCE),,\nCategory,Crude,Coke\n,Coal,\n'
        "Total Energy Available for Local,24489.9,-182.3\nConsumption,,\nThermal Power,-8489.3,-4.0\nFinal Consumption,6813.5,1\n"
    )
    frame = read_balance(write(tmp_path, text), place="Shandong")
    assert cells(frame)["transformation.thermal_power", "raw_coal"] == -8489.3
    assert set(frame["unit"]) == {"万吨标准煤"}


def test_everything_unknown_is_named_with_its_row_at_once(tmp_path: Path) -> None:
    text = "2020 单位:万吨,,,\n项目,原煤,木炭,汽油\n四、终端消费量,10,1,x\n1.工业,5,,\n特殊用户,5,,\n1.工业,5,,\n无数字的行,,,\n"
    with pytest.raises(InputError) as caught:
        read_balance(write(tmp_path, text), place="A")
    assert sorted(codes(caught)) == ["column_unknown", "row_duplicate", "value_not_listed", "value_not_number"]
    found = {problem.code: problem for problem in caught.value.problems}
    assert found["column_unknown"].found == "木炭"
    assert (found["value_not_listed"].found, found["value_not_listed"].where.rows) == ("特殊用户", (5,))
    assert (found["value_not_number"].where.column, found["value_not_number"].where.rows) == ("汽油", (3,))
    assert found["row_duplicate"].where.rows == (4, 6)


def test_a_unit_is_stated_or_asked_for_and_never_assumed(tmp_path: Path) -> None:
    text = "2020,,\n项目,原煤,电力\n四、终端消费量,10,20\n"
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_balance(path, place="A")
    assert codes(caught) == ["parameter_missing", "parameter_missing"]
    usual = read_balance(path, place="A", unit="usual")
    assert usual["unit"].to_list() == ["万吨", "亿千瓦小时"]
    assert read_balance(path, place="A", unit="万吨标准煤")["unit"].to_list() == ["万吨标准煤"] * 2
    with pytest.raises(InputError) as caught:
        read_balance(path, place="A", unit="桶桶")
    assert codes(caught) == ["unit_unknown"]


def test_the_year_is_in_the_title_or_stated(tmp_path: Path) -> None:
    path = write(tmp_path, "能源平衡表 单位:万吨\n项目,原煤\n四、终端消费量,10\n")
    with pytest.raises(InputError) as caught:
        read_balance(path, place="A")
    assert codes(caught) == ["parameter_missing"]
    assert read_balance(path, place="A", time="2019")["time"].to_list() == ["2019"]


@pytest.mark.parametrize("text", ["姓名,年龄\n张三,5\n", "项目,原煤\n甲,5\n", "一、可供本地区消费的能源量,5\n"])
def test_a_file_that_is_no_balance_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_balance(write(tmp_path, text), place="A", time="2020", unit="usual")
    assert codes(caught) == ["column_missing"]


def test_a_line_number_column_is_no_fuel(tmp_path: Path) -> None:
    text = "2020 单位:万吨,,\n项目,代码,原煤\n四、终端消费量,26,10\n1.工业,27,4\n"
    assert cells(read_balance(write(tmp_path, text), place="A")) == {
        ("final", "raw_coal"): 10.0,
        ("final.industry", "raw_coal"): 4.0,
    }


def test_missing_files_and_other_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_balance(tmp_path / "none.csv", place="A")
    assert codes(caught) == ["file_missing"]
    with pytest.raises(InputError) as caught:
        read_balance(write(tmp_path, "x", "a.pdf"), place="A")
    assert codes(caught) == ["file_kind_unknown"]


def test_lists_are_trees_whose_names_mean_one_thing() -> None:
    rows, columns = balance_rows(), balance_columns()
    for listed in (rows, columns):
        assert listed["code"].is_unique().all()
        assert set(listed["parent"].drop_nulls()) <= set(listed["code"])
    sectors = set(shipped_rows("classifications/lists/city.csv")["code"])
    assert set(rows["sector"].drop_nulls()) <= sectors
    fuels = columns.filter(pl.col("kind").is_in(["fuel", "carrier"]))["code"]
    assert set(fuels) <= set(activities()["activity"])
    twice = {name for name, found in row_spellings().items() if len(found) > 1}
    assert {code for name in twice for code in row_spellings()[name]} == {
        "supply.recovered",
        "transformation.recovered",
    }
    assert all(len(found) == 1 for found in column_spellings().values())
    for code, zh, en in rows.select("code", "name_zh", "name_en").iter_rows():
        assert row_code(zh, code.split(".")[0]) == row_code(en, code.split(".")[0]) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("五、平衡差额(+、-)", "difference"), ("10.年末库存量(-)", "supply.stock_end"), ("①工业", "final.industry"),
        ("  # 焦炭再投入量(-)", "transformation.gas_making.coke_reinput"), ("库存增（-）、减（+）量", "supply.stock_change"),
        ("（二）加工转换投入（-）产出（+）量", "transformation"), ("批发、零售和住宿、餐饮业", "final.commerce"),
        ("2. 一次能源生产量", "supply.primary"), ("随便", None),
    ],
)  # fmt: skip
def test_printed_row_names(name: str, code: str | None) -> None:
    assert row_code(name) == code


def test_folding_keeps_different_names_apart() -> None:
    assert folded("其他煤气") != folded("其他焦化产品")
    assert column_code("液化\n石油气") == "lpg"
    assert column_code("液化天然气") == "lng"
    assert column_code("天然气") == "natural_gas"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        (TABLE, True),
        ("地区,年份,row,品种,value,单位\nA市,2022,1.工业,原煤,4,万吨\nA市,2022,建筑业,原煤,4,万吨\n", False),
        ("row,activity,value\n1.工业,原煤,4\n建筑业,汽油,4\n", False),
    ],
)
def test_a_printed_table_is_told_from_a_long_one(tmp_path: Path, text: str, printed: bool) -> None:
    assert is_printed_balance(write(tmp_path, text)) is printed
