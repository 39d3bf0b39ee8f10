"""What a person sees in a table and what is read are one: formats, headers and titles that say more, names that name nothing."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.styles import Font

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable
from citycarbon.data.exchange.balances import read_balance
from citycarbon.data.exchange.citycatalyst import HEADERS, read_citycatalyst
from citycarbon.data.exchange.iamc.reader import read_iamc
from citycarbon.data.exchange.sector_fuel import read_sector_fuel
from citycarbon.data.exchange.wide import read_wide
from citycarbon.data.readers import FileOptions, read_table
from citycarbon.data.shaping.columns import Wanted
from citycarbon.data.writers import write_table
from citycarbon.inventory.sectors.fuel_sales import SalesTable

HEAD = "place,time,sector,activity,value,unit"
ROW = "A,2022,industry,diesel,100,t"


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def book(path: Path, lines: Sequence[Sequence[Any]], formats: dict[str, str] | None = None, head: str = HEAD) -> Path:
    made = openpyxl.Workbook()
    for line in [head.split(","), *lines]:
        made.active.append(line)
    for cell, code in (formats or {}).items():
        made.active[cell].number_format = code
    made.save(path)
    return path


def rows(path: Path, table: Any = ActivityTable, **more: Any) -> pl.DataFrame:
    frame: pl.DataFrame = read_table(path, table, FileOptions(**more))[0].to_polars()
    return frame


def codes(read: Callable[..., Any], *args: Any, **more: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(*args, **more)
    return [each.code for each in caught.value.problems]


# Number formats


@pytest.mark.parametrize(
    "code",
    [
        "#,##0,",
        "0.00,,",
        '0!.0,"万"',
        '0"."0,',
        '0"万"',
        '0.0"万吨"',
        '#,##0" kg"',
        '"约"0',
        '0"①"',
        "0万",
        '[>=100]0.0,"千";0',
        '"保密"',
    ],
)
def test_a_format_that_says_more_than_the_number_is_refused(code: str, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A", 2022, "s", "diesel", 12000, "t"]], {"E2": code})
    assert codes(read_table, path, ActivityTable) == ["value_not_number"]


@pytest.mark.parametrize(
    "code",
    [
        "#,##0.00",
        '_ * #,##0.00_ ;_ * "-"??_ ',
        "0.00E+00",
        "[$¥-804]#,##0",
        '"¥"#,##0',
        "000000",
        "# ?/?",
        "[Red]0;[Blue]-0",
        '[>=99999]0.0,"万";0',
        "General",
        "0.00_);(0.00)",
    ],
)
def test_a_format_of_decimals_money_or_colour_says_nothing(code: str, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A", 2022, "s", "diesel", 12000, "t"]], {"E2": code})
    assert rows(path)["value"].to_list() == [12000.0]


def test_words_of_a_format_are_read_as_they_are_seen(tmp_path: Path) -> None:
    line = [7, 22, "s", "diesel", 1, "t", 95]
    path = book(tmp_path / "a.xlsx", [line], {"A2": "000", "B2": '"20"00', "G2": '0"%"'}, HEAD + ",share")
    assert rows(path, SalesTable).select("place", "time", "share").row(0) == ("007", "2022", 0.95)
    path = book(tmp_path / "a.xlsx", [["A", 2022, "s", "diesel", 1, "t"]], {"B2": '0"年"'})
    assert rows(path)["time"].to_list() == ["2022"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (datetime.date(2022, 6, 1), 'yyyy"年1-"m"月"'),
        (datetime.date(2022, 7, 1), 'yyyy"年上半年"'),
        (datetime.date(2022, 7, 1), '"Q3" yyyy'),
        (datetime.date(2022, 6, 30), '"截至"yyyy"年"m"月"'),
        (datetime.date(2022, 7, 1), 'yyyy"年"m"月累计"'),
        (2022, "yyyy"),
        (2022, "yyyy-mm"),
    ],
)
def test_a_date_with_words_or_a_year_taken_for_a_day_is_no_period(cell: Any, code: str, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A", cell, "s", "diesel", 1, "t"]], {"B2": code})
    assert codes(read_table, path, ActivityTable) == ["time_wrong"]


def test_a_struck_out_figure_is_none(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A", 2022, "s", "diesel", 1, "t"], ["B", 2022, "s", "diesel", 7, "t"]])
    made = openpyxl.load_workbook(path)
    made.active["E3"].font = Font(strike=True)
    made.save(path)
    with pytest.raises(InputError) as caught:
        read_table(path, ActivityTable)
    assert [(each.code, each.where.rows, each.found) for each in caught.value.problems] == [
        ("value_not_number", (3,), "7\u0336")
    ]


def test_blank_sheets_of_a_new_workbook_are_not_in_the_way(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A", 2022, "s", "diesel", 1, "t"]])
    made = openpyxl.load_workbook(path)
    made.create_sheet("Sheet2")
    made.create_sheet("Sheet3")
    made.save(path)
    assert rows(path).height == 1


# Headers and titles

COLUMNS = ("header,role,sector,activity,unit", "区县,place,,,", "年份,time,,,")


def wide(tmp_path: Path, header: str, unit: str, *lines: str) -> pl.DataFrame:
    columns = write(tmp_path / "c.csv", *COLUMNS, f"{header},value,homes,electricity,{unit}")
    frame: pl.DataFrame = read_wide(write(tmp_path / "w.csv", f"区县,年份,{header}", *lines), columns)[0].to_polars()
    return frame


@pytest.mark.parametrize(
    ("header", "unit"), [("居民用电(万千瓦时)", "kWh"), ("居民用电（万千瓦时）", "MWh"), ("居民用电/万千瓦时", "亿kWh")]
)
def test_a_mapping_does_not_overrule_the_unit_of_a_header(header: str, unit: str, tmp_path: Path) -> None:
    assert codes(wide, tmp_path, header, unit, "东区,2022,1200") == ["unit_stated_twice"]
    raw = write(tmp_path / "r.csv", f"区县,年份,{header}", "东区,2022,1200")
    wanted = Wanted(
        {"place": "区县", "time": "年份"}, wide={header: {"sector": "s", "activity": "electricity", "unit": unit}}
    )
    mapping = {"place": "区县", "time": "年份"}
    assert codes(read_table, raw, ActivityTable, FileOptions(mapping=mapping, shape=wanted)) == ["unit_stated_twice"]


def test_a_mapping_with_the_unit_of_the_header_is_read(tmp_path: Path) -> None:
    assert wide(tmp_path, "居民用电(万千瓦时)", "万kWh", "东区,2022,1200", "西区,2022,")["value"].to_list() == [1200.0]


@pytest.mark.parametrize("part", ["1-6月", "1—9月", "上半年", "一季度", "7月"])
def test_a_header_of_a_part_of_the_year_is_no_year(part: str, tmp_path: Path) -> None:
    assert codes(wide, tmp_path, f"{part}居民用电(MWh)", "MWh", "东区,2022,5") == ["time_wrong"]
    assert wide(tmp_path, "7月居民用电(MWh)", "MWh", "东区,2022-07,5").height == 1
    assert wide(tmp_path, "1-12月居民用电(MWh)", "MWh", "东区,2022,5").height == 1


def test_rows_that_stand_twice_are_told_in_any_unit_and_format(tmp_path: Path) -> None:
    assert codes(wide, tmp_path, "电(MWh)", "MWh", "东区,2022,5", "东区,2022年,5.0") == ["row_duplicate"]
    for again in (
        "A,2022,industry,diesel,100,吨",
        "A,2022,industry,柴油,100000,kg",
        "A,2022年,industry,diesel,0.01,万吨",
    ):
        assert codes(read_table, write(tmp_path / "a.csv", HEAD, ROW, again), ActivityTable) == ["row_duplicate"]
    assert rows(write(tmp_path / "a.csv", HEAD, ROW, "A,2022,industry,diesel,100,kg")).height == 2
    ceads = write(tmp_path / "p.csv", "province,year,sector,Raw Coal", *["Shanghai,2019年,Urban,1"] * 2)
    assert codes(read_sector_fuel, ceads) == ["row_duplicate"]


BALANCE = ("{title},,", "单位：万吨标准煤,,", "项目,原煤,汽油", "一次能源生产量,1,", "进口量,2,3")


def balance(tmp_path: Path, title: str = "能源平衡表 2020", **more: Any) -> pl.DataFrame:
    path = write(tmp_path / "b.csv", *(line.format(title=title) for line in BALANCE))
    return read_balance(path, place="A", **more)


def test_titles_of_balances(tmp_path: Path) -> None:
    for title in ("2022年1-6月能源平衡表", "2022年上半年能源平衡表", "2022年一季度能源平衡表", "能源平衡表 2019-2020"):
        assert codes(balance, tmp_path, title) == ["parameter_missing"]
    assert set(balance(tmp_path, "2022年1—12月能源平衡表")["time"]) == {"2022"}
    assert set(balance(tmp_path, time="2021年")["time"]) == {"2021"}
    for time in ("2022年1-6月", "abc"):
        assert codes(balance, tmp_path, time=time) == ["time_wrong"]
    assert codes(balance, tmp_path, unit="吨标准煤") == ["unit_stated_twice"]
    assert set(balance(tmp_path, unit="万吨标煤")["unit"]) == {"万吨标煤"}


MATRIX = [["Urban", 1, 1], ["Rural", 2, 2]]


@pytest.mark.parametrize("unit", ["kt CO2", "万吨", "t", "mt CO2"])
def test_a_matrix_in_another_unit_is_refused(unit: str, tmp_path: Path) -> None:
    head = ",Raw Coal,Scope 1 Total"
    path = book(tmp_path / "x_2019.xlsx", [[None, unit, "Mt CO2"], *MATRIX], head=head)
    assert codes(read_sector_fuel, path, place="P") == ["value_not_listed"]
    path = book(tmp_path / "x_2019.xlsx", MATRIX, head=f"Unit: {unit}" + head)
    assert codes(read_sector_fuel, path, place="P") == ["value_not_listed"]
    path = book(tmp_path / "x_2019.xlsx", [[None, "Mt CO2", "百万吨"], *MATRIX], head="单位：Mt" + head)
    assert read_sector_fuel(path, place="P")[0].to_polars().height == 4


def test_a_total_without_its_unit_is_asked_for(tmp_path: Path) -> None:
    cells = dict.fromkeys(HEADERS, "") | {
        "GPC Reference Number": "I.1.1",
        "Total Emissions": "50",
        "Total Emission Units": "t CO2e",
    }

    def file(cells: dict[str, str], name: str = "inventory-X-2022.csv") -> Path:
        return write(tmp_path / name, ",".join(cells), ",".join(cells.values()))

    assert read_citycatalyst(file(cells))[0].to_polars().height == 1
    assert codes(read_citycatalyst, file(cells | {"Total Emission Units": ""})) == ["value_not_listed"]
    bare = {name: cell for name, cell in cells.items() if name != "Total Emission Units"}
    assert codes(read_citycatalyst, file(bare)) == ["column_missing"]
    assert codes(read_citycatalyst, file(cells, "inventory-X-2022-2023.csv")) == ["value_empty"]


# Names that name nothing, totals


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("—", "name_missing"),
        ("〃", "name_missing"),
        ("同上", "name_missing"),
        ("N/A", "name_missing"),
        ("nan", "name_missing"),
        ("#REF!", "cell_error"),
        ("#N/A", "cell_error"),
        ("4.40303E+11", "code_cut"),
    ],
)
def test_a_mark_is_no_place(word: str, code: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEAD, ROW, ROW.replace("A", word))
    assert codes(read_table, path, ActivityTable) == [code]
    frame = pl.read_csv(path, infer_schema_length=0).with_columns(pl.col("value").cast(pl.Float64))
    frame.write_parquet(tmp_path / "a.parquet")
    assert codes(read_table, tmp_path / "a.parquet", ActivityTable) == [code]
    assert codes(wide, tmp_path, "电(MWh)", "MWh", "东区,2022,5", f"{word},2022,6") == [code]


def test_names_like_marks_are_read(tmp_path: Path) -> None:
    names = ["*", "NA", "1号楼", "x", "-East-wing", "440303", "1E", "无锡"]
    assert (
        rows(write(tmp_path / "a.csv", HEAD, *(ROW.replace("A", name) for name in names)))["place"].to_list() == names
    )


@pytest.mark.parametrize(
    "name",
    [
        "一、全市",
        "1.全市",
        "（一）全市",
        "全市①",
        "#工业",
        "内：工业",
        "含：工业",
        "总用电量",
        "所有地区",
        "共12家",
        "Total excl. households",
        "Sum of all",
        "Thereof households",
        "tot.",
    ],
)
def test_more_words_for_a_total(name: str, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        HEAD,
        ROW,
        ROW.replace("A", "B").replace("100", "7"),
        ROW.replace("A", name).replace("100", "95"),
    )
    assert codes(read_table, path, ActivityTable) == ["total_row"]


def test_rounded_parts_add_to_a_rounded_total(tmp_path: Path) -> None:
    years = {2020: (12.3, 4.5, 16.9), 2021: (13.1, 4.9, 17.9), 2022: (14.2, 5.1, 19.3)}
    lines = [
        f"{name},{year},homes,electricity,{value},MWh"
        for year, figures in years.items()
        for name, value in zip(("d1", "d2", "X"), figures, strict=True)
    ]
    assert codes(read_table, write(tmp_path / "a.csv", HEAD, *lines), ActivityTable) == ["total_row"]
    assert rows(write(tmp_path / "a.csv", HEAD, *lines[:3])).height == 3
    assert rows(write(tmp_path / "a.csv", HEAD, *lines[:-1], lines[-1].replace("19.3", "19.6"))).height == 9


# Dialects, encodings, other formats


def test_figures_between_semicolons(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEAD.replace(",", ";"), ROW.replace(",", ";").replace("100", "1.234"))
    assert codes(read_table, path, ActivityTable) == ["decimals_unclear"]
    for plain in ("1234", "0.234", "12.5", "1234.567"):
        write(path, HEAD.replace(",", ";"), ROW.replace(",", ";").replace("100", plain))
        assert rows(path)["value"].to_list() == [float(plain)]
    path = write(tmp_path / "i.csv", "Model;Scenario;Region;Variable;Unit;2020", "m;s;World;E;Mt;15.500")
    assert codes(read_iamc, path) == ["decimals_unclear"]
    path = write(
        tmp_path / "b.csv",
        *(line.format(title="能源平衡表 2020").replace(",", ";").replace("2", "2,5") for line in BALANCE[2:]),
    )
    assert "value_not_number" in codes(read_balance, path, place="A", time="2020", unit="万吨标准煤")


@pytest.mark.parametrize(("mark", "above"), [(";", "Use, by district"), ("|", None), (";", None)])
def test_what_parts_the_cells_is_what_stands_in_every_line(mark: str, above: str | None, tmp_path: Path) -> None:
    head = HEAD.replace(",", mark)
    path = write(tmp_path / "a.csv", *([above] if above else []), head, ROW.replace(",", mark))
    if above:
        assert codes(read_table, path, ActivityTable) == ["title_row"]
    else:
        assert rows(path).height == 1


@pytest.mark.parametrize(
    ("place", "encoding"),
    [
        ("서울", "euc-kr"),
        ("종로구", "euc-kr"),
        ("東京都", "euc-jp"),
        ("横浜市", "euc-jp"),
        ("大阪", "shift-jis"),
        ("台北市", "big5"),
        ("東京", "iso2022_jp"),
    ],
)
def test_other_encodings_are_asked_for_and_may_be_stated(place: str, encoding: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEAD, ROW.replace("A", place), encoding=encoding)
    assert codes(read_table, path, ActivityTable) == ["encoding_unknown"]
    if encoding != "iso2022_jp":
        assert rows(path, encoding=encoding)["place"].to_list() == [place]


@pytest.mark.parametrize("place", ["武侯", "武昌", "玄武", "秦淮", "鼓楼", "宜兴", "奉贤", "丁", "福田", "姑苏"])
def test_short_chinese_names_stay_chinese(place: str, tmp_path: Path) -> None:
    assert rows(write(tmp_path / "a.csv", HEAD, ROW.replace("A", place), encoding="gbk"))["place"].to_list() == [place]


def test_utf_16_without_a_mark_may_be_stated(tmp_path: Path) -> None:
    for order in ("utf-16-le", "utf-16-be"):
        path = write(tmp_path / "a.csv", HEAD, ROW, encoding=order)
        assert rows(path, encoding="utf-16").height == rows(path, encoding=order).height == 1


def test_times_of_parquet_are_those_of_a_text_file(tmp_path: Path) -> None:
    row = {"place": "A", "sector": "s", "activity": "柴油", "value": 1.0, "unit": "t"}
    times = {"2022": 2022.0, "2022-07": "2022年7月", "2022-07-01": datetime.datetime(2022, 7, 1)}
    for period, cell in times.items():
        pl.DataFrame([row | {"time": cell}]).with_columns(pl.col("activity").cast(pl.Categorical)).write_parquet(
            tmp_path / "a.parquet"
        )
        assert rows(tmp_path / "a.parquet").select("time", "activity").row(0) == (period, "diesel")
    pl.DataFrame([row | {"time": datetime.datetime(2022, 7, 1, 5)}]).write_parquet(tmp_path / "a.parquet")
    assert codes(read_table, tmp_path / "a.parquet", ActivityTable) == ["time_wrong"]
    pl.DataFrame([row | {"time": "2022", "place": ["A"]}]).write_parquet(tmp_path / "a.parquet")
    assert codes(read_table, tmp_path / "a.parquet", ActivityTable) == ["column_nested"]


def test_rows_of_json_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEAD, ROW, ROW.replace("A", "B").replace("100", "0.1"))
    frame = rows(path).drop("provenance_id")
    write_table(frame, tmp_path / "a.json")
    assert rows(tmp_path / "a.json").drop("provenance_id").equals(frame)
    cells = dict(zip(HEAD.split(","), ["A", 2022, "s", "diesel", 5, "t"], strict=True))
    for value, code in (
        (True, "value_not_number"),
        ("12²", "value_not_number"),
        (None, "value_empty"),
        ([1], "column_nested"),
        (float("nan"), "value_not_finite"),
    ):
        (tmp_path / "b.json").write_text(json.dumps([cells | {"value": value}]), "utf-8")
        assert codes(read_table, tmp_path / "b.json", ActivityTable) == [code]
    for text in ("{}", "[1]", "[", '[{"a": 1, "a": 2}]'):
        (tmp_path / "b.json").write_text(text, "utf-8")
        assert codes(read_table, tmp_path / "b.json", ActivityTable)[0] in ("file_broken", "column_duplicate")


@pytest.mark.parametrize("cell", ["2022年7月份", "2022年度"])
def test_more_forms_of_one_period(cell: str, tmp_path: Path) -> None:
    assert rows(write(tmp_path / "a.csv", HEAD, ROW.replace("2022", cell)))["time"].to_list() in (["2022-07"], ["2022"])


@pytest.mark.parametrize("note", ["1、本表为快报数", "制表人：张三,审核人：李四,日期：2023年1月", "本表数据由各区上报"])
def test_more_notes_below_a_table(note: str, tmp_path: Path) -> None:
    cells = [line.split(",") for line in (ROW, ROW.replace("A", "B"), note)]
    assert codes(read_table, book(tmp_path / "a.xlsx", cells), ActivityTable) == ["notes_below"]
