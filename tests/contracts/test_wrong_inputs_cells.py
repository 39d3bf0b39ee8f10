"""Cells are judged before they are folded: marks, spans, shares, hours and workbooks of other writers, each right or refused."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from citycarbon.core.errors import InputError, Problem, Where
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.exchange.balances import read_balance
from citycarbon.data.exchange.iamc.reader import read_iamc
from citycarbon.data.exchange.sector_fuel import read_sector_fuel
from citycarbon.data.exchange.wide import read_wide
from citycarbon.data.readers import FileOptions, read_table
from citycarbon.data.sheets import read_workbook
from citycarbon.inventory.accounting.industry.electrical_equipment import ElectricalTable
from citycarbon.inventory.accounting.mass_balance import StreamTable
from citycarbon.inventory.accounting.stack_monitor import StackTable, stack_monitor
from citycarbon.inventory.sectors.fuel_sales import SalesTable
from citycarbon.studies import service
from citycarbon.studies.catalogue import find_method
from citycarbon.studies.intake.inputs import input_of
from citycarbon.studies.intake.review import Said, review, take
from citycarbon.studies.run import checked_parameter

HEAD = "place,time,sector,activity,value,unit\n"
MARKED = [
    "120①",
    "12²",
    "120⑴",
    "120₁",
    "120*",
    "120⒈",
    "120㈠",
    "1½",
    "½",
    "Ⅻ",
    "١٢٣",
    "१२",
    "𝟏𝟐",
    "120ª",
    "120⁺",
    "120❶",
    "㉑",
]
ODD_NUMBERS = [
    "1,234.5", "1.234,5", "1,0", "1 234", "1\u00a0234", "-", "—", "…", "n/a", "<0.1", "~5", "0x10", "1_000", "(5)", "NaN", "inf",
    "1e400", "5 t", "约5", "5?", "1.2.3", "12\u200b0", "true", "１，２３４", "#N/A", "null", "95%",
]  # fmt: skip
SPANS = [
    "2022年1-6月", "2022/1-6", "2022年1-3月", "2022年1—6月", "2022年1~6月", "2022年1～6月", "2022年1至6月", "2022年1到6月",
    "2022年上半年",
    "2022年一季度", "2022Q1", "2022-Q1", "2022H1", "2022年1-6月累计", "截至2022年6月", "2022年1月-6月", "2022-01~2022-06",
    "2022-2023",
    "2022年第1季度", "2022年1－6月", "2022.1-6", "2022-01/2022-06", "2022/1/6月", "1-6月", "2022年1、2月",
]  # fmt: skip


def text_file(tmp_path: Path, text: str, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def problems(read: Callable[..., Any], *args: Any, **more: Any) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read(*args, **more)
    return list(caught.value.problems)


def activity(tmp_path: Path, **cells: str) -> Path:
    row = {
        "place": "A",
        "time": "2022",
        "sector": "industry",
        "activity": "diesel",
        "value": "120",
        "unit": "t",
        **cells,
    }
    return text_file(tmp_path, HEAD + ",".join(f'"{cell}"' for cell in row.values()) + "\n")


def rows_of(path: Path, table: Any = ActivityTable, **more: Any) -> pl.DataFrame:
    frame: pl.DataFrame = read_table(path, table, **more)[0].to_polars()
    return frame


def book(tmp_path: Path, *lines: list[Any], formats: dict[str, str] | None = None, head: str = HEAD) -> Path:
    """A workbook of openpyxl; ``formats`` gives cells a number format."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for line in [head.strip().split(","), *lines]:
        sheet.append(line)
    for cell, code in (formats or {}).items():
        sheet[cell].number_format = code
    path = tmp_path / "a.xlsx"
    workbook.save(path)
    return path


# Marks beside figures


@pytest.mark.parametrize("cell", [*MARKED, *ODD_NUMBERS])
def test_what_is_no_plain_number_is_refused(cell: str, tmp_path: Path) -> None:
    found = problems(read_table, activity(tmp_path, value=cell), ActivityTable)
    assert found[0].code in ("value_not_number", "value_not_finite", "per_cent_misplaced", "formula_cell")
    assert (found[0].where.rows, found[0].where.column, len(found)) == ((2,), "value", 1)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("１２０", 120), ("１２０．５", 120.5), ("+5", 5), ("＋5", 5), ("5e3", 5000), (".5", 0.5), ("5.", 5), (" 120 ", 120),
     ("120\u200b", 120),
     ("\ufeff7", 7), ("120\u00a0", 120)],
)  # fmt: skip
def test_a_number_is_one_in_any_width(cell: str, value: float, tmp_path: Path) -> None:
    assert rows_of(activity(tmp_path, value=cell))["value"].to_list() == [value]


def test_invisible_signs_are_shown(tmp_path: Path) -> None:
    (found,) = problems(read_table, activity(tmp_path, value="12\u200b0"), ActivityTable)
    assert found.found == "12<U+200B>0"


@pytest.mark.parametrize("cell", ["15²", "15①", "true", "15*", "٣"])
def test_marks_in_iamc(cell: str, tmp_path: Path) -> None:
    head = "Model,Scenario,Region,Variable,Unit"
    wide = text_file(tmp_path, f"{head},2020\nm,s,World,Emissions|CO2,Mt CO2/yr,{cell}\n")
    assert [each.code for each in problems(read_iamc, wide)] == ["value_not_number"]
    long = text_file(tmp_path, f"{head},Year,Value\nm,s,World,Emissions|CO2,Mt CO2/yr,2020,{cell}\n", "long.csv")
    assert [each.code for each in problems(read_iamc, long)] == ["value_not_number"]


def test_truth_values_of_a_workbook_are_no_figures(tmp_path: Path) -> None:
    head = "model,scenario,region,variable,unit,2020"
    path = book(tmp_path, ["m", "s", "r", "v", "t", True], ["m", "s", "r", "w", "t", 2], head=head)
    assert [(each.code, each.where.rows) for each in problems(read_iamc, path)] == [("value_not_number", (2,))]
    path = book(tmp_path, ["A", 2022, "s", "diesel", True, "t"])
    assert [(each.code, each.found) for each in problems(read_table, path, ActivityTable)] == [
        ("value_not_number", "true")
    ]


@pytest.mark.parametrize("dtype", [pl.Boolean, pl.Date, pl.Duration])
def test_parquet_holds_numbers_or_is_refused(dtype: Any, tmp_path: Path) -> None:
    row = {"place": ["A"], "time": ["2022"], "sector": ["s"], "activity": ["diesel"], "unit": ["t"]}
    pl.DataFrame(row).with_columns(pl.lit(1).cast(pl.Int64).cast(dtype).alias("value")).write_parquet(
        tmp_path / "a.parquet"
    )
    assert [each.code for each in problems(read_table, tmp_path / "a.parquet", ActivityTable)] == ["value_not_number"]


BALANCE = "能源平衡表 2020,,\n单位：万吨标准煤,,\n项目,原煤,汽油\n一次能源生产量,{cell},\n进口量,2,3\n"


@pytest.mark.parametrize("cell", ["1①", '"1,0"', "1²", "1 0", "95%", '"12,34"'])
def test_marks_in_an_energy_balance(cell: str, tmp_path: Path) -> None:
    path = text_file(tmp_path, BALANCE.format(cell=cell))
    assert "value_not_number" in {each.code for each in problems(read_balance, path, place="A")}


@pytest.mark.parametrize(
    ("cell", "value"), [('"1,234.5"', 1234.5), ("1 234", 1234), ("１２", 12), ("−3", -3), ("3", 3)]
)
def test_printed_figures_of_an_energy_balance(cell: str, value: float, tmp_path: Path) -> None:
    frame = read_balance(text_file(tmp_path, BALANCE.format(cell=cell)), place="A")
    assert frame.filter(pl.col("activity") == "raw_coal")["value"].to_list()[0] == value


def test_marks_in_ceads_own_factors_wide_tables_and_constants(tmp_path: Path) -> None:
    path = text_file(tmp_path, "province,year,sector,Raw Coal\nShanghai,2019,Urban,12²\n")
    assert "value_not_number" in {each.code for each in problems(read_sector_fuel, path)}
    path = text_file(tmp_path, "activity,gas,region,value,unit,source\ndiesel,CO2,CN,3①,t/t,lab\n")
    assert [each.code for each in problems(read_table, path, FactorTable)] == ["value_not_number"]
    columns = text_file(
        tmp_path,
        "header,role,sector,activity,unit\n区县,place,,,\n年份,time,,,\n电,value,homes,electricity,kWh\n",
        "c.csv",
    )
    path = text_file(tmp_path, "区县,年份,电\n东区,2022,12①\n")
    assert [each.code for each in problems(read_wide, path, columns)] == ["value_not_number"]
    path = text_file(tmp_path, "区县,年份,电\n东区,2022年1-6月,12\n")
    assert [each.code for each in problems(read_wide, path, columns)] == ["time_wrong"]
    plain = text_file(tmp_path, "place,sector,activity,unit\nA,s,diesel,t\n")
    options = FileOptions(given={"value": "12²", "time": "2022"})
    assert [each.code for each in problems(read_table, plain, ActivityTable, options)] == ["value_not_number"]
    options = FileOptions(given={"value": "12", "time": "2022年1-6月"})
    assert [each.code for each in problems(read_table, plain, ActivityTable, options)] == ["time_wrong"]
    options = FileOptions(given={"value": "12", "time": "2022年7月"})
    assert rows_of(plain, options=options)["time"].to_list() == ["2022-07"]


@pytest.mark.parametrize("text", ["1_0", "12²", "nan", "1,5", "true", "١٢", True])
def test_a_parameter_is_judged_like_a_cell(text: Any) -> None:
    known = {each.name: each for each in find_method("inventory.sectors.spatial_elements.calibrate").parameters}
    assert checked_parameter(known["range_share"], "０.5", Where()) == 0.5
    assert [each.code for each in problems(checked_parameter, known["range_share"], text, Where())] == [
        "parameter_not_number"
    ]


@pytest.mark.parametrize("writer", ["openpyxl", "xlsxwriter"])
@pytest.mark.parametrize("kind", ["superscript", "subscript", "strike"])
def test_raised_lowered_and_struck_digits_of_a_workbook(writer: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    line = ["A", 2022, "s", "diesel"]
    if writer == "openpyxl":
        font = InlineFont(strike=True) if kind == "strike" else InlineFont(vertAlign=kind)
        path = book(tmp_path, [*line, CellRichText("12", TextBlock(font, "2")), "t"])
    else:
        with xlsxwriter.Workbook(path) as workbook:
            sheet = workbook.add_worksheet()
            for number, cells in enumerate([HEAD.strip().split(","), line]):
                sheet.write_row(number, 0, cells)
            how = {
                "superscript": {"font_script": 1},
                "subscript": {"font_script": 2},
                "strike": {"font_strikeout": True},
            }[kind]
            sheet.write_rich_string(1, 4, "12", workbook.add_format(how), "2", workbook.add_format())
            sheet.write(1, 5, "t")
    (found,) = problems(read_table, path, ActivityTable)
    assert (found.code, found.where.rows, found.where.column) == ("value_not_number", (2,), "value")
    assert found.found == {"superscript": "12²", "subscript": "12₂", "strike": "122\u0336"}[kind]


def test_raised_signs_in_units_and_headers_stay_readable(tmp_path: Path) -> None:
    raised = CellRichText("m", TextBlock(InlineFont(vertAlign="superscript"), "3"))
    path = book(tmp_path, ["A", 2022, "s", "natural_gas", 5, raised])
    assert rows_of(path)["unit"].to_list() == ["m3"]


# Spans


@pytest.mark.parametrize(
    "cell", [*SPANS, "2022年1月①", "2022①", "２０２２年①月", "٢٠٢٢", "2022-02-30", "22年7月", "2022年13月"]
)
def test_no_single_period_is_refused(cell: str, tmp_path: Path) -> None:
    (found,) = problems(read_table, activity(tmp_path, time=cell), ActivityTable)
    assert (found.code, found.where.rows, found.where.column) == ("time_wrong", (2,), "time")
    assert "span" in found.text("en")
    assert "时段" in found.text("zh")


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_spans_in_workbooks_and_parquet(kind: str, tmp_path: Path) -> None:
    path = book(tmp_path, ["A", "2022年1-6月", "s", "diesel", 1.0, "t"])
    if kind == "parquet":
        row = {"place": "A", "time": "2022年1-6月", "sector": "s", "activity": "diesel", "value": 1.0, "unit": "t"}
        path = tmp_path / "a.parquet"
        pl.DataFrame([row]).write_parquet(path)
    assert [each.code for each in problems(read_table, path, ActivityTable)] == ["time_wrong"]


@pytest.mark.parametrize(
    ("cell", "period"),
    [("2022/7/1", "2022-07-01"), ("2022/7/1 0:00", "2022-07-01"), ("2022-07-01T00:00:00", "2022-07-01"),
     ("２０２２年７月", "2022-07"),
     ("2022 年 7 月", "2022-07"), ("2022年7月1日", "2022-07-01"), ("2022年7月1号", "2022-07-01"), ("202207", "2022-07")],
)  # fmt: skip
def test_a_real_period_stays_right(cell: str, period: str, tmp_path: Path) -> None:
    assert rows_of(activity(tmp_path, time=cell))["time"].to_list() == [period]


def test_a_study_refuses_cumulative_months(tmp_path: Path) -> None:
    cells = "".join(f"d1,2022年1-{month}月,homes,electricity,{10 * month},MWh\n" for month in (3, 6, 9, 12))
    text_file(tmp_path, HEAD + cells, "act.csv")
    text_file(
        tmp_path,
        "place,parent,level,region,name_zh,name_en\ncity,,city,江苏,城,City\nd1,city,district,,甲,D1\n",
        "places.csv",
    )
    step = "steps:\n  - id: el\n    method: inventory.accounting.electricity\n"
    tables = "    tables: {activity: act.csv, factors: {editions: [mee-average-2022]}}\naccount: [el]\n"
    text_file(
        tmp_path,
        f"citycarbon: 1\nid: s\ntitle: {{en: F, zh: 浮}}\ngwp: AR6-GWP100\nplaces: places.csv\n{step}{tables}",
        "study.yaml",
    )
    (found,) = problems(service.validate, tmp_path)
    assert (found.code, found.where.rows) == ("time_wrong", (2, 3, 4, 5))


# Dates, months, hours and shares of workbooks


@pytest.mark.parametrize(
    ("code", "period"),
    [('yyyy"年"m"月"', "2020-08"), ("yyyy-mm", "2020-08"), ("mmm-yy", "2020-08"), ("[$-804]yyyy\\年m\\月;@", "2020-08"),
     ("yyyy", None),
     ("yyyy/m/d", "2020-08-01"), ("yyyy-mm-dd hh:mm", "2020-08-01"), ("yyyy\\-mm\\-dd;@", "2020-08-01")],
)  # fmt: skip
def test_a_date_is_what_its_format_shows(code: str, period: str | None, tmp_path: Path) -> None:
    day = datetime.date(2020, 1, 1) if code == "yyyy" else datetime.date(2020, 8, 1)
    path = book(tmp_path, ["A", day, "s", "diesel", 1, "t"], formats={"B2": code})
    assert rows_of(path)["time"].to_list() == [period or "2020"]


def test_month_ends_are_months_and_other_days_stay_days(tmp_path: Path) -> None:
    days = [datetime.date(2020, 2, 29), datetime.date(2020, 2, 15)]
    path = book(
        tmp_path, *[["A", day, "s", "diesel", 1, "t"] for day in days], formats={"B2": "yyyy-mm", "B3": "yyyy-mm"}
    )
    assert rows_of(path)["time"].to_list() == ["2020-02", "2020-02-15"]


@pytest.mark.parametrize(
    ("cell", "code", "shown"),
    [(datetime.date(2026, 1, 6), 'm"月"d"日"', "2026-01-06 (m"), (datetime.timedelta(hours=24), "[h]:mm", "24:00:00 ([h]:mm)"),
     (datetime.time(1, 0), "h:mm", "01:00:00 (h:mm)"), (datetime.date(2022, 7, 1), "d-mmm", "2022-07-01 (d-mmm)"),
     (2022, "yyyy-mm-dd", "1905-07-14"), (0, "yyyy-mm-dd", "1899-12-3"),
     (datetime.datetime(2022, 7, 1, 1), "yyyy/m/d h:mm", "2022-07-01 01")],
)  # fmt: skip
def test_a_format_that_shows_no_period_is_named(cell: Any, code: str, shown: str, tmp_path: Path) -> None:
    path = book(tmp_path, ["A", cell, "s", "diesel", 1, "t"], formats={"B2": code})
    (found,) = problems(read_table, path, ActivityTable)
    assert (found.code, found.where.rows) == ("time_wrong", (2,))
    assert shown in found.found


@pytest.mark.parametrize(
    ("cell", "moment"), [(44743, "2022-07-01"), ("44743", "2022-07-01"), (44743.0416666, "2022-07-01 01:00")]
)
def test_a_bare_serial_number_is_refused_with_its_day(cell: Any, moment: str, tmp_path: Path) -> None:
    (found,) = problems(read_table, book(tmp_path, ["A", cell, "s", "diesel", 1, "t"]), ActivityTable)
    assert found.code == "time_serial"
    assert moment in found.expected()


def test_month_cells_of_meters(tmp_path: Path) -> None:
    share = "".join(f"electricity,{month},{0.12 if month == 8 else 0.08}\n" for month in range(1, 13))
    profile = text_file(tmp_path, "activity,month,share\n" + share, "profile.csv")
    head = "地点,月份,部门,能源品种,用电量(kWh)"
    line = ["柳园小区", datetime.date(2020, 8, 1), "居住", "电", 120]
    path = book(tmp_path, line, head=head, formats={"B2": 'yyyy"年"m"月"'})
    tables = {"readings": str(path), "profile": str(profile)}
    made = service.call("inventory.sectors.peak_month", tables, {})[1].to_polars()
    assert made.select("time", "value").row(0) == ("2020", pytest.approx(1000.0))
    tables["readings"] = str(book(tmp_path, line, head=head, formats={"B2": "yyyy-mm-dd"}))
    (found,) = problems(service.call, "inventory.sectors.peak_month", tables, {})
    assert found.code == "time_not_month"
    assert "figure" not in found.text()


def test_years_of_iamc(tmp_path: Path) -> None:
    head = "Model,Scenario,Region,Variable,Unit,Year,Value"
    day = datetime.date(2020, 1, 1)
    path = book(tmp_path, ["m", "s", "r", "v", "t", day, 5], head=head, formats={"F2": "yyyy"})
    assert read_iamc(path)[0].to_polars()["time"].to_list() == ["2020"]
    path = text_file(tmp_path, f"{head}\nm,s,r,v,t,2020-01-01,5\n")
    assert [(each.code, each.where.rows) for each in problems(read_iamc, path)] == [("value_not_whole", (2,))]
    path = book(tmp_path, ["m", "s", "r", "v", "t", 5], head="Model,Scenario,Region,Variable,Unit,2020")
    workbook = openpyxl.load_workbook(path)
    workbook.active["F1"].value, workbook.active["F1"].number_format = day, "yyyy"
    workbook.save(path)
    assert read_iamc(path)[0].to_polars()["time"].to_list() == ["2020"]


STACK = "place,hour,sector,concentration,concentration_basis,flow_rate,flue_temperature,flue_pressure,moisture"


def stack(tmp_path: Path, *hours: Any, code: str = "General") -> Path:
    lines = [["S", hour, "power", 12, "dry", 1e6, 50, 101.325, 0.1] for hour in hours]
    return book(tmp_path, *lines, head=STACK, formats={f"B{row}": code for row in range(2, len(hours) + 2)})


@pytest.mark.parametrize(
    ("hour", "code"),
    [("2022-07-01 01", "@"), ("2022/7/1 1:00", "@"), (datetime.datetime(2022, 7, 1, 1), "yyyy/m/d h:mm"),
     ("2022-07-01T01:00:00", "@"),
     (44743.0416666, "yyyy/m/d h:mm"), (44743 + 1 / 24, "m/d/yy h:mm"), ("2022年7月1日 1时", "@")],
)  # fmt: skip
def test_hours_as_a_spreadsheet_writes_them(hour: Any, code: str, tmp_path: Path) -> None:
    made = stack_monitor(read_table(stack(tmp_path, hour, code=code), StackTable)[0], period="day").to_polars()
    assert made.select("time", "value").row(0) == ("2022-07-01", pytest.approx(179.2474, rel=1e-6))


@pytest.mark.parametrize(
    ("hour", "code", "problem"),
    [("2022-07-01 24:00", "@", "time_not_hour"), (datetime.time(1, 0), "h:mm", "time_not_hour"),
     ("2022-07-01 05:30", "@", "time_not_hour"),
     (44743.0416666, "General", "time_serial"), (datetime.datetime(2022, 7, 1, 1), "h:mm", "time_not_hour"),
     ("1:00", "@", "time_not_hour"),
     (datetime.timedelta(hours=25), "[h]:mm", "time_not_hour"), ("2022-07-01 1①", "@", "time_not_hour")],
)  # fmt: skip
def test_what_is_no_hour_is_refused(hour: Any, code: str, problem: str, tmp_path: Path) -> None:
    table = read_table(stack(tmp_path, hour, code=code), StackTable)[0]
    assert [each.code for each in problems(stack_monitor, table)] == [problem]


def test_days_counted_from_1904(tmp_path: Path) -> None:
    path = book(tmp_path, ["A", 44044 - 1462, "s", "diesel", 1, "t"], formats={"B2": 'yyyy"年"m"月"'})
    rewrite(path, {"xl/workbook.xml": lambda text: text.replace("<workbookPr", '<workbookPr date1904="1"', 1)})
    assert rows_of(path)["time"].to_list() == ["2020-08"]


@pytest.mark.parametrize("number", [27, 36, 50, 52, 57])
def test_formats_that_chinese_excel_has_by_number_alone(number: int, tmp_path: Path) -> None:
    """What 2020年8月 becomes when typed: a style with the number 57 and no code."""
    path = book(tmp_path, ["A", datetime.date(2020, 8, 1), "s", "diesel", 1, "t"], formats={"B2": "mmm-yy"})
    rewrite(path, {"xl/styles.xml": lambda text: text.replace('numFmtId="17"', f'numFmtId="{number}"')})
    assert rows_of(path)["time"].to_list() == ["2020-08"]


# per cent

SALES = "place,time,sector,activity,value,unit,share"


@pytest.mark.parametrize(
    ("cell", "share"),
    [("95%", 0.95), ("95 %", 0.95), ("９５％", 0.95), ("0.95", 0.95), ("2.6%", 0.026), ("0.5%", 0.005), ("100%", 1.0)],
)
def test_per_cent_of_a_share(cell: str, share: float, tmp_path: Path) -> None:
    path = text_file(tmp_path, f"{SALES}\nA,2022,s,diesel,1,t,{cell}\n")
    assert rows_of(path, SalesTable)["share"].to_list() == [share]


def test_a_share_is_held_to_one(tmp_path: Path) -> None:
    (found,) = problems(read_table, text_file(tmp_path, f"{SALES}\nA,2022,s,diesel,1,t,95\n"), SalesTable)
    assert found.code == "value_out_of_range"
    assert "write 0.95 or 95 %" in found.fix()
    head = "place,time,sector,activity,charge,leak_rate,end_of_life,recovery,filled,filling_loss"
    path = text_file(tmp_path, f"{head}\nA,2020,p,closed,1000,2.6%,,95 %,,\n")
    assert rows_of(path, ElectricalTable).select("leak_rate", "recovery").row(0) == (0.026, 0.95)


def test_per_cent_formats_of_a_workbook(tmp_path: Path) -> None:
    line = ["A", 2022, "s", "diesel", 1, "t"]
    path = book(tmp_path, [*line, 0.95], [*line[:4], 2, "t", "95%"], head=SALES, formats={"G2": "0%"})
    assert rows_of(path, SalesTable)["share"].to_list() == [0.95, 0.95]
    head = "地点,年份,部门,物料,进出,数量（t）,含碳量（%）"
    cells = [
        ["a", 2022, "s", kind, "input", 5, share] for kind, share in (("coke", 0.85), ("coal", 85), ("oil", "85%"))
    ]
    path = book(tmp_path, *cells, head=head, formats={"G2": "0.0%"})
    assert rows_of(path, StreamTable)["carbon_content"].to_list() == [0.85, 0.85, 0.85]


def test_per_cent_of_the_percent_column(tmp_path: Path) -> None:
    path = stack(tmp_path, "2022-07-01 01")
    workbook = openpyxl.load_workbook(path)
    workbook.active["D2"].value, workbook.active["D2"].number_format = 0.12, "0%"
    workbook.save(path)
    assert rows_of(path, StackTable)["concentration"].to_list() == [pytest.approx(12.0, rel=1e-15)]


@pytest.mark.parametrize("cell", ["95%", 0.95])
def test_per_cent_where_no_share_stands(cell: Any, tmp_path: Path) -> None:
    path = book(tmp_path, ["A", 2022, "s", "diesel", cell, "t"], formats={"E2": "0%"})
    assert [(each.code, each.found) for each in problems(read_table, path, ActivityTable)] == [
        ("per_cent_misplaced", "95%")
    ]


# Workbooks of other writers


def rewrite(path: Path, changes: dict[str, Callable[[str], str]]) -> None:
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, part in parts.items():
            text = changes[name](part.decode()) if name in changes else None
            whole.writestr(name, part if text is None else text.encode())


TRANSITIONAL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
ERROR = '<c r="C3" t="e"><v>#N/A</v></c>'
WRITERS: dict[str, tuple[str, str]] = {
    "excel": (ERROR, "cell_error"),
    "order of attributes": ('<c t="e" r="C3"><v>#N/A</v></c>', "cell_error"),
    "single quotes": ("<c r='C3' t='e'><v>#N/A</v></c>", "cell_error"),
    "no place": ('<c t="e"><v>#N/A</v></c>', "cell_error"),
    "blanks": ('<c  r = "C3"\n t = "e" ><v>#N/A</v></c>', "cell_error"),
    "computed": ('<c r="C3" t="e"><f>C2*B9</f><v>#REF!</v></c>', "cell_error"),
    "formula": ('<c r="C3"><f>C2*2</f></c>', "formula_uncomputed"),
    "formula, empty": ('<c r="C3"><f>C2*2</f><v></v></c>', "formula_uncomputed"),
    "formula, closed": ('<c r="C3"><f>C2*2</f><v/></c>', "formula_uncomputed"),
    "formula, shared": ('<c r="C3"><f t="shared" si="0"/></c>', "formula_uncomputed"),
    "formula, style first": ('<c s="0" r="C3"><f>C2*2</f></c>', "formula_uncomputed"),
    "formula of text": ('<c r="C3" t="str"><f>C2*2</f></c>', "formula_uncomputed"),
    "formula of empty text": ('<c r="C3" t="str"><f>C2*2</f><v></v></c>', "formula_uncomputed"),
    "comment between": ('<c r="C3"><!-- x --><f>C2*2</f><!-- y --><v><!-- z --></v></c>', "formula_uncomputed"),
}
WIDE = (
    "header,role,sector,activity,unit\n区县,place,,,\n年份,time,,,\n居民用电(万千瓦时),value,homes,electricity,万kWh\n"
)


def plain_book(tmp_path: Path, cell: str, *, prefix: str = "", namespace: str = TRANSITIONAL, calc: str = "") -> Path:
    """A workbook as a writer of its own would make it: only the parts that must be there."""
    relation = "http://purl.oclc.org/ooxml/officeDocument/relationships" if namespace == STRICT else (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships")  # fmt: skip
    texts = [["区县", "年份", "居民用电(万千瓦时)"], ["东区"], ["西区"]]
    words = [[f'<c t="inlineStr"><is><t>{word}</t></is></c>' for word in line] for line in texts]
    lines = [words[0], [*words[1], "<c><v>2022</v></c><c><v>1200</v></c>"], [*words[2], "<c><v>2022</v></c>", cell]]
    rows = "".join("<row>" + "".join(line) + "</row>" for line in lines)
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>"
    if prefix:
        sheet = re.sub(r"<(/?)(\w)", rf"<\1{prefix}:\2", sheet)
    declared = f'xmlns:{prefix}="{namespace}"' if prefix else f'xmlns="{namespace}"'
    sheet = sheet.replace("worksheet>", f"worksheet {declared}>", 1)
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" Type="{relation}/officeDocument" '
        f'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{namespace}" xmlns:r="{relation}"><sheets>'
        f'<sheet name="S" sheetId="1" r:id="x"/></sheets>'
        f"{calc}</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="x" '
        f'Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    }  # fmt: skip
    path = tmp_path / "w.xlsx"
    with zipfile.ZipFile(path, "w") as whole:
        for name, text in parts.items():
            whole.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}')
    text_file(tmp_path, WIDE, "cols.csv")
    return path


@pytest.mark.parametrize("form", ["plain", "prefix", "strict"])
@pytest.mark.parametrize("name", WRITERS)
def test_odd_cells_of_any_writer_are_named(name: str, form: str, tmp_path: Path) -> None:
    cell, code = WRITERS[name]
    namespace = STRICT if form == "strict" else TRANSITIONAL
    path = plain_book(tmp_path, cell, prefix="x" if form == "prefix" else "", namespace=namespace)
    (found,) = problems(read_wide, path, tmp_path / "cols.csv")
    assert (found.code, found.where.rows, found.where.column) == (code, (3,), "C")


@pytest.mark.parametrize("calc", ['<calcPr fullCalcOnLoad="1"/>', "<calcPr fullCalcOnLoad='true' calcId='0'/>",
                                  '<calcPr calcMode="manual"/>',
                                  '<calcPr calcCompleted="0"/>'])  # fmt: skip
def test_results_that_the_workbook_itself_does_not_vouch_for(calc: str, tmp_path: Path) -> None:
    path = plain_book(tmp_path, '<c r="C3"><f>C2*2</f><v>0</v></c>', calc=calc)
    (found,) = problems(read_wide, path, tmp_path / "cols.csv")
    assert (found.code, found.where.rows, found.where.column) == ("formula_uncomputed", (3,), "C")
    assert "→ 0" in found.found


@pytest.mark.parametrize("calc", ["", '<calcPr calcId="191029"/>', '<calcPr calcMode="auto" fullCalcOnLoad="0"/>'])
def test_results_of_a_spreadsheet_program_are_read(calc: str, tmp_path: Path) -> None:
    table, _ = read_wide(plain_book(tmp_path, '<c r="C3"><f>C2*2</f><v>2400</v></c>', calc=calc), tmp_path / "cols.csv")
    assert table.to_polars()["value"].to_list() == [1200.0, 2400.0]


def test_formulas_of_xlsxwriter_hold_zero_and_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        for number, line in enumerate([HEAD.strip().split(","), ["A", 2022, "s", "diesel", "", "t"]]):
            sheet.write_row(number, 0, line)
        sheet.write_formula(1, 4, "=60*2")
    (found,) = problems(read_table, path, ActivityTable)
    assert (found.code, found.where.rows, found.where.column) == ("formula_uncomputed", (2,), "E")


def test_a_part_with_a_document_type_is_refused(tmp_path: Path) -> None:
    """Entities, of which bombs are made, need a document type."""
    path = plain_book(tmp_path, ERROR)
    bomb = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    rewrite(path, {"xl/worksheets/sheet1.xml": lambda text: text.replace("\n", f"\n{bomb}", 1)})
    assert [each.code for each in problems(read_workbook, path, "w.xlsx")] == ["file_broken"]


def test_the_sheet_may_begin_anywhere(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for row, line in enumerate([SALES.split(","), ["A", 2022, "s", "diesel", 1, "t", 0.5]]):
        for column, cell in enumerate(line):
            workbook.active.cell(row + 4, column + 3, cell)
    workbook.active["I5"].number_format = "0%"
    workbook.save(tmp_path / "a.xlsx")
    assert read_workbook(tmp_path / "a.xlsx", "a.xlsx").rows["column_7"].to_list() == ["50%"]
    assert rows_of(tmp_path / "a.xlsx", SalesTable)["share"].to_list() == [0.5]


def test_merged_cells_are_named(tmp_path: Path) -> None:
    path = book(tmp_path, ["A", 2022, "s", "diesel", 1, "t"], [None, 2022, "s", "petrol", 1, "t"])
    workbook = openpyxl.load_workbook(path)
    workbook.active.merge_cells("A2:A3")
    workbook.save(path)
    (found,) = problems(read_table, path, ActivityTable)
    assert (found.code, found.where.rows, found.found) == ("cell_merged", (3,), "A2:A3")


@pytest.mark.parametrize("place", ["서울특별시", "부산광역시 해운대구"])
def test_korean_text_is_not_read_as_chinese(place: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((HEAD + f"{place},2022,industry,diesel,100,t\n").encode("euc-kr"))
    assert [each.code for each in problems(read_table, path, ActivityTable)] == ["encoding_unknown"]


@pytest.mark.parametrize("place", ["滨湖区", "罗湖", "柳园小区", "甲", "江宁区", "福田", "鼓楼区"])
def test_chinese_text_stays_chinese(place: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((HEAD + f"{place},2022,industry,diesel,100,t\n").encode("gbk"))
    assert rows_of(path)["place"].to_list() == [place]


def test_an_upload_is_judged_and_written_out_like_every_file(tmp_path: Path) -> None:
    """A workbook that a person takes in becomes a csv of the same figures, shares in per cent included."""
    head = "地点,年份,部门,物料,进出,数量（t）,含碳量（%）"
    lines = [
        ["a", datetime.date(2022, 7, 1), "s", kind, "input", 1 / 3, share]
        for kind, share in (("coke", 0.85), ("coal", 85))
    ]
    path = book(tmp_path, *lines, head=head, formats={"G2": "0%", "B2": "yyyy-mm", "B3": "yyyy-mm"})
    text_file(tmp_path, "", "streams.csv")
    study = "citycarbon: 1\nid: s\ntitle: {en: F, zh: 浮}\ngwp: AR6-GWP100\n"
    study += "steps:\n  - id: m\n    method: inventory.accounting.mass_balance\n"
    text_file(tmp_path, study + "    tables: {streams: streams.csv}\naccount: [m]\n", "study.yaml")
    item = input_of(tmp_path, "m.streams")
    assert review(path, item, Said()).good
    take(tmp_path, item, path, Said())
    rows = rows_of(tmp_path / "streams.csv", StreamTable)
    assert rows.select("time", "value", "carbon_content").rows() == [("2022-07", 1 / 3, 0.85)] * 2
    lines[0][5] = "12²"
    found = review(book(tmp_path, *lines, head=head), item, Said())
    assert [(each.code, each.where.rows) for each in found.problems] == [("value_not_number", (2,))]
    assert [(cell.row, cell.text) for cell in found.cells] == [(2, "12²")]
