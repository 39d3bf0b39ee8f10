"""From raw cells to typed rows: headers in Chinese with units in brackets, mapping, periods, exact floats."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.readers import FileOptions, read_table
from citycarbon.data.sheets import ROW, RawSheet
from citycarbon.data.typed import activity_codes, match_headers, typed_frame
from citycarbon.inventory.accounting.building_life_cycle import WorksTable
from citycarbon.inventory.accounting.heat import SteamTable
from citycarbon.inventory.accounting.mass_balance import StreamTable

BASE = {"place": "a", "time": "2022", "sector": "s", "activity": "diesel", "value": "5", "unit": "t"}


def sheet(**columns: list[str | None]) -> RawSheet:
    """A raw sheet of the given headers."""
    rows = {f"column_{index + 1}": cells for index, cells in enumerate(columns.values())}
    height = len(next(iter(columns.values())))
    frame = pl.DataFrame({ROW: list(range(2, height + 2)), **rows}, schema_overrides=dict.fromkeys(rows, pl.String))
    return RawSheet("a.csv", "", tuple(columns), frame)


def typed(given: dict[str, str] | None = None, **columns: str | None) -> pl.DataFrame:
    raw = sheet(**{name: [cell] for name, cell in columns.items()})
    frame, problems = typed_frame(raw, match_headers(raw, ActivityTable.columns), given)
    problems.raise_all()
    return frame


def codes(caught: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("地点", "place"), ("区域", "place"), ("Place", "place"), ("PLACE ", "place"), ("area_name", "place"), ("年份", "time"),
        ("核算年度", "time"), ("能源品种", "activity"), ("energy carrier", "activity"), ("Energy-Carrier", "activity"),
        ("数据质量", "quality"), ("计量单位", "unit"), ("标准差", "sd"), ("情景", "scenario"),
    ],
)  # fmt: skip
def test_header_aliases(header: str, column: str) -> None:
    assert [item.column.name for item in _matched(header)] == [column]


def _matched(header: str) -> list[Any]:
    raw = sheet(**{header: ["x"]})
    return match_headers(raw, [each for each in ActivityTable.columns if not each.required or _is(each, header)])


def _is(column: Any, header: str) -> bool:
    from citycarbon.data.library import header_aliases
    from citycarbon.data.spelling import simple

    return simple(header) in {simple(alias) for alias in (column.name, *header_aliases(column.name))}


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("用电量（万kWh）", "万kWh"), ("用电量(kWh)", "kWh"), ("消费量【吨】", "吨"), ("消费量[t]", "t"), ("value (m^3)", "m^3"),
        ("用量（ 吨标准煤 ）", "吨标准煤"), ("amount (kg/(m^2*a))", "kg/(m^2*a)"),
    ],
)  # fmt: skip
def test_the_unit_stands_in_the_header(header: str, unit: str) -> None:
    columns = {**BASE, header: "5"}
    del columns["value"], columns["unit"]
    assert typed(**columns).select("value", "unit").row(0) == (5.0, unit)


def test_a_bracket_that_is_no_unit_belongs_to_the_name() -> None:
    columns = {**BASE, "消费量（合计）": "5"}
    del columns["value"]
    with pytest.raises(InputError) as caught:
        typed(**columns)
    assert sorted(codes(caught)) == ["column_missing", "column_unknown"]


def test_header_unit_and_unit_column_must_agree() -> None:
    columns = {**BASE, "消费量（t）": "5", "unit": "吨"}
    del columns["value"]
    assert typed(**columns)["unit"].to_list() == ["吨"]
    with pytest.raises(InputError) as caught:
        typed(**{**columns, "unit": "kg"})
    assert codes(caught) == ["unit_stated_twice"]


def test_the_unit_of_a_standard_deviation_must_be_that_of_the_value() -> None:
    columns = {**BASE, "用电量（万kWh）": "5", "标准差（kWh）": "400"}
    del columns["value"], columns["unit"]
    with pytest.raises(InputError) as caught:
        typed(**columns)
    assert codes(caught) == ["unit_stated_twice"]
    columns["标准差（万kWh）"] = columns.pop("标准差（kWh）")
    assert typed(**columns)["sd"].to_list() == [400.0]


def test_columns_of_a_fixed_unit_are_converted(tmp_path: Path) -> None:
    path = tmp_path / "steam.csv"
    path.write_text(
        "地点,年份,部门,介质,蒸汽量（kg）,压力（kPa）,温度（℃）\na,2022,s,superheated_steam,2500,800,250\n", "utf-8"
    )
    rows = read_table(path, SteamTable)[0].to_polars()
    assert rows.select("mass", "pressure", "temperature").row(0) == pytest.approx((2.5, 0.8, 250.0), rel=1e-15)


def test_per_cent_in_the_header_is_a_hundredth(tmp_path: Path) -> None:
    path = tmp_path / "streams.csv"
    path.write_text("地点,年份,部门,物料,进出,数量（t）,含碳量（%）\na,2022,s,coke,input,5,85\n", "utf-8")
    assert read_table(path, StreamTable)[0].to_polars()["carbon_content"].to_list() == [0.85]


def test_a_header_unit_of_another_dimension_is_named(tmp_path: Path) -> None:
    path = tmp_path / "steam.csv"
    path.write_text("place,time,sector,medium,mass (m^3),pressure\na,2022,s,saturated_steam,1,1\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_table(path, SteamTable)
    assert codes(caught) == ["unit_dimension"]
    assert caught.value.problems[0].where.column == "mass (m^3)"


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("2019", "2019"), ("2019.0", "2019"), ("2019年", "2019"), ("２０１９", "2019"), ("2019年7月", "2019-07"),
        ("2019年12月", "2019-12"), ("2019年7月5日", "2019-07-05"), ("2019/7", "2019-07"), ("2019/7/5", "2019-07-05"),
        ("2019-7", "2019-07"), ("201907", "2019-07"), ("20190731", "2019-07-31"), ("2019-07-31", "2019-07-31"),
        ("2019-07-01 00:00:00", "2019-07-01"), ("2019年07月", "2019-07"),
    ],
)  # fmt: skip
def test_periods(cell: str, period: str) -> None:
    assert typed(**{**BASE, "time": cell})["time"].to_list() == [period]


@pytest.mark.parametrize(
    "cell", ["19", "2019Q3", "2019-13", "201913", "July 2019", "2019.7", "2019-07-32", "2019-02-29"]
)
def test_no_periods(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(BASE) + "\n" + ",".join({**BASE, "time": cell}.values()) + "\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_table(path, ActivityTable)
    assert codes(caught) == ["time_wrong"]


def test_excel_dates_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["place", "time", "sector", "activity", "value", "unit"])
    book.active.append(["a", datetime.date(2019, 7, 5), "s", "diesel", 0.1, "t"])
    book.active.append(["a", 2019, "s", "diesel", 1 / 3, "t"])
    book.active.append([7, 201907, "s", "diesel", 123456789.125, "t"])
    book.active.append(["a", datetime.datetime(2019, 7, 1), "s", "柴油", "３.5", "t"])
    book.save(path)
    rows = read_table(path, ActivityTable)[0].to_polars()
    assert rows["time"].to_list() == ["2019-07-05", "2019", "2019-07", "2019-07-01"]
    assert rows["value"].to_list() == [0.1, 1 / 3, 123456789.125, 3.5], "to the last bit"
    assert rows["place"].to_list() == ["a", "a", "7", "a"]
    assert rows["activity"].to_list() == ["diesel"] * 4


def test_years_are_whole_numbers(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    text = "地点,部门,工程类型,改造开始年,改造结束年,面积（㎡）\na,works,新建,2022.0,2023,5\n"
    path.write_text(text, "utf-8")
    row = read_table(path, WorksTable)[0].to_polars().select("year_from", "year_to", "activity", "unit").row(0)
    assert row == (2022, 2023, "new_build", "㎡")
    path.write_text(text.replace("2022.0", "2022.5"), "utf-8")
    with pytest.raises(InputError) as caught:
        read_table(path, WorksTable)
    assert codes(caught) == ["value_not_whole"]


def test_mapping_wins_over_aliases() -> None:
    raw = sheet(地点=["wrong"], site_code=["right"])
    columns = [column for column in ActivityTable.columns if column.name == "place"]
    matched = match_headers(raw, columns, {"place": "site_code"})
    assert [(item.column.name, item.header) for item in matched] == [("place", "site_code")]


def test_mapping_and_ignoring_are_checked() -> None:
    raw = sheet(place=["a"], odd=["b"])
    columns = [column for column in ActivityTable.columns if column.name == "place"]
    assert len(match_headers(raw, columns, None, ["odd"])) == 1
    with pytest.raises(InputError) as caught:
        match_headers(raw, columns, {"place": "nowhere", "no_column": "odd"})
    assert sorted(set(codes(caught))) == ["column_missing", "column_unknown", "map_unknown"]


def test_given_constants() -> None:
    columns = {name: cell for name, cell in BASE.items() if name not in ("sector", "time")}
    raw = sheet(**{name: [cell] for name, cell in columns.items()})
    wanted = [column for column in ActivityTable.columns if column.name not in ("sector", "time")]
    frame, _ = typed_frame(raw, match_headers(raw, wanted), {"sector": "home", "time": "2021"})
    assert frame.select("sector", "time").row(0) == ("home", "2021")


def test_a_given_constant_does_not_override_the_file_in_silence() -> None:
    raw = sheet(**{name: [cell] for name, cell in BASE.items()})
    _, problems = typed_frame(raw, match_headers(raw, ActivityTable.columns), {"unit": "kg"})
    assert [(problem.code, problem.where.column) for problem in problems] == [("column_duplicate", "unit")]


def test_given_numbers_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("place,sector,activity,value,unit\na,works,new_build,5,m^2\n", "utf-8")
    options = FileOptions(given={"year_from": "2022", "year_to": "2023", "sd": "0.5"})
    row = read_table(path, WorksTable, options)[0].to_polars().select("year_from", "year_to", "sd").row(0)
    assert row == (2022, 2023, 0.5)
    with pytest.raises(InputError) as caught:
        read_table(path, WorksTable, FileOptions(given={"year_from": "soon", "year_to": "2023"}))
    assert codes(caught) == ["value_not_number"]


def test_names_of_activities_become_codes() -> None:
    names = pl.Series(["柴油", "Diesel", "diesel", "电", "蒸汽", "something else", None])
    assert activity_codes(names).to_list() == [
        "diesel",
        "diesel",
        "diesel",
        "electricity",
        "heat",
        "something else",
        None,
    ]


def test_provenance_names_file_and_row() -> None:
    raw = sheet(**{name: [cell, cell] for name, cell in BASE.items()})
    frame, _ = typed_frame(raw, match_headers(raw, ActivityTable.columns))
    assert frame["provenance_id"].to_list() == ["a.csv:2", "a.csv:3"]
    in_sheet = RawSheet("b.xlsx", "表", raw.header, raw.rows)
    frame, _ = typed_frame(in_sheet, match_headers(in_sheet, ActivityTable.columns))
    assert frame["provenance_id"][0] == "b.xlsx#表:2"


def test_region_names_of_a_factor_file_become_codes(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("能源,气体,省份,数值,单位\n电力,CO2,江苏,0.6,t/MWh\n", "utf-8")
    row = read_table(path, FactorTable)[0].to_polars().select("activity", "region", "quantity").row(0)
    assert row == ("electricity", "CN-JS", "emission_factor")
