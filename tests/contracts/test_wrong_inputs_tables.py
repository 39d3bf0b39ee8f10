"""Tables as people keep them: rows of totals, titles and notes around a table, sheets, options, own output as input."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from citycarbon.core.errors import InputError, Where
from citycarbon.core.series import SeriesTable, single_scenario
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable
from citycarbon.data.exchange.formats import exchange_format
from citycarbon.data.exchange.iamc.reader import read_iamc
from citycarbon.data.exchange.records import RecordTable
from citycarbon.data.exchange.sector_fuel import read_sector_fuel
from citycarbon.data.exchange.wide import read_wide
from citycarbon.data.printed.printed_totals import total_word
from citycarbon.data.readers import FileOptions, read_table
from citycarbon.data.writers import write_table
from citycarbon.interfaces.cli.show import number, tonnes
from citycarbon.interfaces.command import main
from citycarbon.interfaces.reports.print import num
from citycarbon.inventory.accounting.reported.recompute import recompute
from citycarbon.studies import service
from citycarbon.studies.intake.inputs import inputs_of
from citycarbon.studies.intake.review import Said, review

HEAD = "place,time,sector,activity,value,unit"
PLACES = (
    "place,parent,level,region,name_zh,name_en\n{whole},,city,江苏,城,City\n"
    "d1,{whole},district,,甲,D1\nd2,{whole},district,,乙,D2\n"
)
STUDY = """citycarbon: 1
id: s
title: {en: "F", zh: "浮"}
gwp: AR6-GWP100
places: places.csv
steps:
  - id: el
    method: inventory.accounting.electricity
    tables: {activity: act.csv, factors: {editions: [mee-average-2022]}}
account: [el]
"""


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def book(path: Path, sheets: dict[str, Sequence[Sequence[object]]], hidden: Sequence[str] = ()) -> Path:
    with xlsxwriter.Workbook(path) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for number, cells in enumerate(rows):
                sheet.write_row(number, 0, cells)
            if name in hidden:
                sheet.hide()
    return path


def codes(error: InputError) -> list[str]:
    return [problem.code for problem in error.problems]


def refused(path: Path, table: type = ActivityTable, **options: object) -> InputError:
    with pytest.raises(InputError) as caught:
        read_table(path, table, FileOptions(**options))  # type: ignore[arg-type]
    return caught.value


def districts(name: str, column: str = "place", values: Sequence[float] = (10, 20, 30)) -> list[str]:
    rows = []
    for label, value in zip(("d1", "d2", name), values, strict=True):
        place, sector = (label, "homes") if column == "place" else ("d1", label)
        rows.append(f'"{place}",2022,"{sector}",electricity,{value},MWh')
    return [HEAD, *rows]


# Rows of totals

TOTALS = (
    "合计", "总计", "小计", "共计", "累计", "总和", "全市", "全区", "全县", "全省", "市合计",
    "全市合计", "合　计", "合 计", "合計", "總計",
    "（合计）", "合计：", "合计（万千瓦时）", "其中：工业",
    "工业小计", "Total", "TOTAL", "Ｔｏｔａｌ", "Sum", "Subtotal", "sub-total", "Sub Total",
    "Grand total", "All", "ALL", "Total (all districts)", "total:", "City total", "Total of districts", "all districts", "计",
)  # fmt: skip


@pytest.mark.parametrize("name", TOTALS)
@pytest.mark.parametrize("column", ["place", "sector"])
def test_a_row_of_a_total_gives_no_number(name: str, column: str, tmp_path: Path) -> None:
    # The last row agrees with the sum of the others, to rounding, or not at all: the word is enough.
    for values in ((10, 20, 30), (10.04, 20.04, 30.1), (10, 20, 95)):
        error = refused(write(tmp_path / "t.csv", *districts(name, column, values)))
        assert codes(error) == ["total_row"]
        assert error.problems[0].where == Where("t.csv", None, (4,), column)


@pytest.mark.parametrize(
    "name",
    [
        "全椒县",
        "Totnes",
        "总部",
        "全南县",
        "Sumy",
        "Allston",
        "合肥",
        "总后勤部",
        "Total Energies",
        "All Saints",
        "all other industry",
        "A",
    ],
)
def test_a_name_that_only_looks_like_a_total_is_read(name: str, tmp_path: Path) -> None:
    table, _ = read_table(write(tmp_path / "t.csv", *districts(name, values=(10, 20, 7))), ActivityTable)
    assert table.to_polars().height == 3
    assert total_word(name) is None


def test_a_whole_without_its_parts_is_a_place(tmp_path: Path) -> None:
    rows = ["全市,2022,homes,electricity,10,MWh", "全市,2022,shops,electricity,20,MWh"]
    assert read_table(write(tmp_path / "t.csv", HEAD, *rows), ActivityTable)[0].to_polars()["value"].sum() == 30
    assert codes(refused(write(tmp_path / "t.csv", HEAD, *(row.replace("全市", "合计") for row in rows)))) == [
        "total_row"
    ]


def test_a_name_whose_figures_are_the_sums_of_all_others_is_a_total(tmp_path: Path) -> None:
    values = ((1203.5, 877.25, 2080.75), (1188.1, 902.4, 2090.5))
    lines = [f"{name},{year},homes,electricity,{value},MWh"
             for year, figures in zip((2021, 2022), values, strict=True)
             for name, value in zip(("d1", "d2", "Springfield"), figures, strict=True)]  # fmt: skip
    error = refused(write(tmp_path / "t.csv", HEAD, *lines))
    assert codes(error) == ["total_row"]
    assert error.problems[0].where.rows == (4, 7)
    # One year in which it is more than the sum: a place of its own.
    read_table(write(tmp_path / "t.csv", HEAD, *lines[:-1], lines[-1].replace("2090.5", "2091.5")), ActivityTable)
    # Round figures prove nothing: 10 + 20 = 30 happens.
    read_table(write(tmp_path / "t.csv", *districts("d3")), ActivityTable)


@pytest.mark.parametrize(
    ("table", "header", "rows"),
    [
        (
            DenominatorTable,
            "place,time,measure,value,unit",
            ["d1,2022,population,1,person", "合计,2022,population,1,person"],
        ),
        (SeriesTable, "place,time,measure,value,unit", ["d1,2022,energy,1,tce", "Total,2022,energy,1,tce"]),
        (
            SeriesTable,
            "place,time,sector,measure,value,unit",
            ["d1,2022,industry,energy,1,tce", "d1,2022,合计,energy,1,tce"],
        ),
    ],
)
def test_every_table_that_a_reader_builds_is_looked_at(
    table: type, header: str, rows: list[str], tmp_path: Path
) -> None:
    path = write(tmp_path / "t.csv", header, *rows)
    assert codes(refused(path, table)) == ["total_row"]
    frame = pl.read_csv(path, infer_schema_length=0).with_columns(pl.col("value").cast(pl.Float64))
    frame.write_parquet(tmp_path / "t.parquet")
    assert codes(refused(tmp_path / "t.parquet", table)) == ["total_row"]


def test_all_is_the_word_of_series_for_the_whole_of_a_measure(tmp_path: Path) -> None:
    rows = ["d1,2022,all,population,5,person", "d1,2022,industry,energy,1,tce", "d1,2022,homes,energy,1,tce"]
    assert read_table(write(tmp_path / "t.csv", "place,time,sector,measure,value,unit", *rows), SeriesTable)


def test_a_wide_table_and_its_review_name_the_total(tmp_path: Path) -> None:
    columns = write(tmp_path / "cols.csv", "header,role,sector,activity,unit", "district,place,,,", "year,time,,,",
                    "Homes (MWh),value,homes,electricity,MWh")  # fmt: skip
    wide = write(tmp_path / "w.csv", "district,year,Homes (MWh)", "d1,2022,10", "d2,2022,20", "合计,2022,30")
    with pytest.raises(InputError) as caught:
        read_wide(wide, columns)
    assert codes(caught.value) == ["total_row"]
    with pytest.raises(InputError) as caught:
        exchange_format("wide", reading=True).read(wide, {"columns": columns})  # type: ignore[misc]
    assert caught.value.problems[0].where.rows == (4,)


def study_of(folder: Path, rows: Sequence[str], whole: str = "city") -> Path:
    folder.mkdir()
    write(folder / "act.csv", HEAD, *rows)
    (folder / "places.csv").write_text(PLACES.format(whole=whole), "utf-8")
    (folder / "study.yaml").write_text(STUDY, "utf-8")
    return folder


def test_a_study_and_a_call_name_the_total(tmp_path: Path) -> None:
    rows = ["d1,2022,homes,electricity,10,MWh", "d1,2022,shops,electricity,20,MWh", "d1,2022,合计,electricity,30,MWh"]
    study = study_of(tmp_path / "st", rows)
    with pytest.raises(InputError) as caught:
        service.validate(study)
    assert codes(caught.value) == ["total_row"]
    seen = review(study / "act.csv", next(item for item in inputs_of(study) if item.file == "act.csv"), Said())
    assert [problem.code for problem in seen.problems] == ["total_row"]
    with pytest.raises(InputError) as caught:
        service.call("inventory.accounting.electricity",
                     {"activity": str(study / "act.csv"), "factors": "library:mee-average-2022"}, {}, region="江苏")  # fmt: skip
    assert codes(caught.value) == ["total_row"]


def test_a_declared_whole_stands_in_a_tree_that_keeps_it_from_its_parts(tmp_path: Path) -> None:
    alone = study_of(tmp_path / "alone", ["全市,2022,homes,electricity,10,MWh"], "全市")
    assert service.validate(alone)
    beside = study_of(
        tmp_path / "beside", ["全市,2022,homes,electricity,30,MWh", "d1,2022,homes,electricity,10,MWh"], "全市"
    )
    with pytest.raises(InputError) as caught:
        service.validate(beside)
    assert set(codes(caught.value)) == {"sum_parent_child"}


# What stands around a table

ROW = "A,2022,industry,diesel,100,t"


@pytest.mark.parametrize(
    "above",
    [["2022年各区用电,,,,,"], ["2022年各区用电"], ["2022年各区用电", "单位：吨"], ["2022年各区用电,,,,,单位：吨", ",,,,,"],
     ["Fuel use, by district"], ['"Fuel use, by district",,,,,'], ["表1,,,,,", "2022年,,,,,"], ["T,T,T,T,T,T"]],
)  # fmt: skip
def test_a_title_is_one_problem(above: list[str], tmp_path: Path) -> None:
    error = refused(write(tmp_path / "title.csv", *above, HEAD, ROW))
    assert codes(error) == ["title_row"]
    assert f"row {len(above) + 1}" in str(error)
    cells = [line.replace('"', "").split(",") for line in (*above, HEAD, ROW)]
    error = refused(book(tmp_path / "title.xlsx", {"S": cells}))
    assert codes(error) == ["title_row"]


def test_a_line_of_units_is_one_problem(tmp_path: Path) -> None:
    head = "地点,年份,部门,能源品种,数量,单位"
    for line in (",,,,吨,", "单位,,,,吨,", ",,,,（吨）,"):
        assert codes(refused(write(tmp_path / "u.csv", head, line, ROW, ROW.replace("100", "7")))) == ["unit_row"]


@pytest.mark.parametrize("name", ["t.csv", "t.txt"])
@pytest.mark.parametrize("mark", [",", ";", "|"])
def test_the_line_of_excel_that_names_the_separator_is_read(mark: str, name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, f"sep={mark}", HEAD.replace(",", mark), ROW.replace(",", mark))
    table, _ = read_table(path, ActivityTable)
    assert table.to_polars().row(0, named=True)["provenance_id"] == f"{name}:3"


@pytest.mark.parametrize("note", ["注：不含外购热力", "资料来源：统计局,,,,,", "Source: statistics office", "单位：吨,,,,,",
                                  "* preliminary", "© 2024",
                                  "资料来源：统计局,,,,,2023年", "figures are preliminary"])  # fmt: skip
def test_notes_below_a_table_are_one_problem(note: str, tmp_path: Path) -> None:
    error = refused(write(tmp_path / "n.csv", HEAD, ROW, ROW.replace("A", "B"), "", note, "注：另一条"))
    assert codes(error) == ["notes_below"]
    assert error.problems[0].where.rows == (5, 6)
    cells = [[*line.split(",")] for line in (HEAD, ROW, note)]
    if "preliminary" not in note or "*" in note:
        assert codes(refused(book(tmp_path / "n.xlsx", {"S": cells}))) == ["notes_below"]


def test_the_last_line_of_a_scenario_data_base_is_read(tmp_path: Path) -> None:
    head = ["Model,Scenario,Region,Variable,Unit,2020", "m,s,World,Emissions|CO2,Mt CO2/yr,15"]
    for last in ("© IIASA 2024, all rights reserved", '"© IIASA, Laxenburg"', "© IIASA,,,,,"):
        table, _ = read_iamc(write(tmp_path / "iamc.csv", *head, last))
        assert table.to_polars()["value"].to_list() == [15.0]


# Sheets and idle options

MATRIX = [
    ["", "Raw Coal", "Scope 1 Total"],
    ["", "Mt CO2", "Mt CO2"],
    ["Total Consumption", 3, 3],
    ["Urban", 1, 1],
    ["Rural", 2, 2],
]


def test_sheets_of_ceads_workbooks(tmp_path: Path) -> None:
    provinces = book(tmp_path / "Emission_Inventories_for_30_Provinces_2019.xlsx",
                     {"NOTE": [["note"]], "Sum": [["x"]], "Shanghai": MATRIX, "Jiangsu ": MATRIX})  # fmt: skip
    for sheet in ("Shanghai", "Jiangsu"):
        table, _ = read_sector_fuel(provinces, place="P", sheet=sheet)
        assert set(table.to_polars()["time"]) == {"2019"}
        assert table.to_polars().filter(pl.col("part") == "cell")["value"].to_list() == [1.0, 2.0]
    with pytest.raises(InputError) as caught:
        read_sector_fuel(provinces, place="P")
    assert codes(caught.value) == ["sheet_ambiguous"]
    assert "Shanghai" in str(caught.value)
    with pytest.raises(InputError) as caught:
        read_sector_fuel(provinces, place="P", sheet="Anhui")
    assert "Anhui" in caught.value.problems[0].found
    assert "Jiangsu" in str(caught.value)
    years = book(tmp_path / "years.xlsx", {"NOTE": [["note"]], "2018": MATRIX, "2019 ": MATRIX})
    assert set(read_sector_fuel(years, place="P")[0].to_polars()["time"]) == {"2018", "2019"}
    assert set(read_sector_fuel(years, place="P", sheet="2019")[0].to_polars()["time"]) == {"2019"}
    bare = book(tmp_path / "bare.xlsx", {"Shanghai": MATRIX})
    with pytest.raises(InputError) as caught:
        read_sector_fuel(bare, place="P")
    assert codes(caught.value) == ["parameter_missing"]
    assert set(read_sector_fuel(bare, place="P", time="2019")[0].to_polars()["time"]) == {"2019"}


def test_a_hidden_sheet_is_not_in_the_way_and_blanks_around_a_name_do_not_matter(tmp_path: Path) -> None:
    cells = [line.split(",") for line in (HEAD, ROW)]
    path = book(tmp_path / "b.xlsx", {"数据 ": cells, "lists": [["x"]]}, hidden=["lists"])
    for sheet in (None, "数据", "数据 "):
        assert read_table(path, ActivityTable, FileOptions(sheet))[0].to_polars().height == 1


@pytest.mark.parametrize(
    ("stated", "idle"),
    [
        ("{file: act.csv, sheet: A}", "sheet"),
        ("{file: act.csv, format: wide, columns: act.csv, map: {place: x}}", "map"),
        ("{file: act.csv, format: wide, columns: act.csv, only: {place: x}}", "only"),
        ("{file: act.csv, format: wide, columns: act.csv, set: {sector: x}}", "set: sector"),
        ("{file: act.csv, format: energy_balance, words: {a: b}, set: {place: A}}", "words"),
        ("{file: act.csv, format: ceads, sheet: A}", "sheet"),
        ("{file: act.csv, format: citycatalyst, ignore: [a]}", "ignore"),
        ("{file: act.csv, format: citycatalyst, sheet: a}", "sheet"),
    ],
)
def test_an_option_without_effect_is_refused_by_name(stated: str, idle: str, tmp_path: Path) -> None:
    study = study_of(tmp_path / "st", ["d1,2022,homes,electricity,10,MWh"])
    (study / "study.yaml").write_text(STUDY.replace("activity: act.csv", f"activity: {stated}"), "utf-8")
    with pytest.raises(InputError) as caught:
        service.validate(study)
    assert ("option_idle", idle) in [(problem.code, problem.found) for problem in caught.value.problems]


# Smaller things


def test_a_name_that_begins_with_a_hyphen_is_no_formula(tmp_path: Path) -> None:
    names = ["-East-wing", "-A", "+plus", "-B2-level"]
    rows = [f"{name},2022,industry,diesel,100,t" for name in names]
    table, _ = read_table(write(tmp_path / "t.csv", HEAD, *rows), ActivityTable)
    assert table.to_polars()["place"].to_list() == names
    for cell in ("=A1", "-A1", "+SUM(A1:A2)", "@x", "-2+cmd|' /C calc'!A0"[2:]):
        assert "formula_cell" in codes(
            refused(write(tmp_path / "f.csv", HEAD, f'"{cell}",2022,industry,diesel,1,t'))
        ), cell


def test_an_empty_name_is_no_place(tmp_path: Path) -> None:
    columns = {"time": ["2022"], "sector": ["i"], "activity": ["diesel"], "value": [1.0], "unit": ["t"]}
    for name in ("", "  "):
        frame = pl.DataFrame({"place": [name], **columns})
        frame.write_parquet(tmp_path / "t.parquet")
        assert codes(refused(tmp_path / "t.parquet")) == ["value_empty"]
    with pytest.raises(InputError) as caught:
        ActivityTable(pl.DataFrame({"place": [""], **columns}))
    assert codes(caught.value) == ["value_empty"]


def test_a_table_of_several_scenarios_is_told_what_a_method_can_do(tmp_path: Path) -> None:
    path = tmp_path / "em.csv"
    head = "place,time,sector,activity,scope,gas,scenario,value,unit"
    write(path, head, "A,2020,road,diesel,1,CO2,observed,1,t", "A,2020,road,diesel,1,CO2,deep,2,t")
    with pytest.raises(InputError) as caught:
        service.call("strategy.projection.stocks.inventory_paths", {"emissions": str(path)}, {"year": 2020})
    # The method has no parameter 'scenario', and no fix may speak of one.
    assert set(codes(caught.value)) <= {"sum_alternatives", "scenario_single"}
    assert "parameter" not in caught.value.problems[0].fix("en")
    rows = pl.DataFrame({"scenario": ["observed", "deep"]})
    with pytest.raises(InputError) as caught:
        single_scenario(rows)
    assert "only: {scenario: NAME}" in caught.value.problems[0].fix("en")


def test_a_layer_of_a_file_is_named_in_a_call(tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    shapely = pytest.importorskip("shapely")
    shapes = geopandas.GeoDataFrame({"place": ["p1"]}, geometry=[shapely.box(0, 0, 100, 100)], crs="EPSG:32650")
    path = tmp_path / "two.gpkg"
    for name in ("blocks", "lots"):
        shapes.to_file(path, layer=name)
    target = {"targets": f"{path}#lots"}
    with pytest.raises(InputError) as caught:
        service.call("inventory.space.area_shares", {"sources": str(path), **target}, {})
    assert codes(caught.value) == ["layer_ambiguous"]
    assert "#NAME" in caught.value.problems[0].fix("en")
    _, made, _ = service.call("inventory.space.area_shares", {"sources": f"{path}#blocks", **target}, {})
    assert made.to_polars()["share"].to_list() == [1.0]
    _, made, _ = service.call("inventory.space.area_shares", {"sources": f"grid:50:{path}#blocks", **target}, {})
    assert made.to_polars().height == 4
    with pytest.raises(InputError) as caught:
        service.call("inventory.space.area_shares", {"sources": f"{path}#nowhere", **target}, {})
    assert codes(caught.value) == ["layer_missing"]


def test_no_face_writes_a_negative_zero(tmp_path: Path) -> None:
    assert [number(value, 6) for value in (-0.0, -1e-4, 0.0)] == ["0.000000", "-1.00000e-04", "0.000000"]
    assert tonnes(-0.0, "zh") == "0.0000 吨"
    assert num(-0.0) == "0"
    write_table(pl.DataFrame({"value": [-0.0, -1.0]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8-sig").split() == ["value", "0.0", "-1.0"]


@pytest.mark.parametrize(
    ("form", "option"),
    [("wide", "--place=A"), ("wide", "--map=place=x"), ("wide", "--notation=RN=NO"), ("activity", "--year=2022"),
     ("activity", "--columns=x"), ("citycatalyst", "--map=place=x"), ("ecrf", "--encoding=utf-8"), ("iamc", "--place=A")],
)  # fmt: skip
def test_an_option_that_a_format_ignores_is_refused(
    form: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.csv", HEAD, ROW)
    assert main(["ingest", str(path), "--format", form, option]) == 2
    shown = capsys.readouterr()
    assert "parameter_unknown" in shown.out + shown.err
    assert option.split("=")[0] in shown.out + shown.err


# The unit of a file


def records(place: str, figures: Sequence[tuple[float, float]]) -> RecordTable:
    rows = pl.DataFrame({
        "place": place, "inventory_year": 2022, "gpc_number": "I.1.1", "emission_co2": [gas for gas, _ in figures],
        "emission_co2e": [total for _, total in figures],
        "provenance_id": [f"{place}.csv:{row + 2}" for row in range(len(figures))],
    })  # fmt: skip
    return RecordTable(rows)


def test_the_rows_of_a_file_settle_the_unit_of_its_gases() -> None:
    closed = [(1_234_500.0, 1234.5), (88_000.0, 88.0)]
    made = recompute(records("kg", [*closed, (512_744_096.0, 1_014_532.0)])).to_polars()
    told = made.filter(pl.col("verdict") == "misfit")
    assert told["value"].to_list() == [512_744.096]
    assert "-49.46 %" in told["explanation_en"][0] or "49.46 %" in told["explanation_en"][0]
    made = recompute(records("kg", [*closed, (1_371_000_100.0, 1_371_100.2)])).to_polars()
    told = made.filter(pl.col("verdict") == "misfit")
    assert told["value"].to_list() == [1_371_000.1]
    assert "1000" not in told["explanation_en"][0]
    # A file in which nothing settles the unit is read as its heading says.
    bare = recompute(records("open", [(512_744_096.0, 1_014_532.0)])).to_polars()
    assert bare.filter(pl.col("verdict") == "misfit")["value"].to_list() == [512_744_096.0]


# Own output is own input


def test_two_equal_rows_of_a_file_are_two_facts_to_the_next_method(tmp_path: Path) -> None:
    rows = pl.DataFrame({
        "place": "ZZ TST", "inventory_year": 2022, "gpc_number": ["V.1", "V.1", "V.2"], "emission_co2e": [50.0, 50.0, -300.0],
        "provenance_id": ["x.csv:6", "x.csv:7", "x.csv:8"],
    })  # fmt: skip
    rows.write_csv(tmp_path / "rec.csv")
    _, made, _ = service.call("inventory.accounting.reported_inventory", {"records": str(tmp_path / "rec.csv")}, {})
    for ending in ("csv", "parquet", "xlsx"):
        write_table(made.to_polars(), tmp_path / f"em.{ending}")
        _, totals, _ = service.call(
            "inventory.accounting.gpc_totals", {"emissions": str(tmp_path / f"em.{ending}")}, {}
        )
        # 50 t twice, less 300 t.
        assert -200.0 in totals.to_polars()["value"].to_list()
    bare = made.to_polars().drop("provenance_id")
    write_table(bare, tmp_path / "bare.csv")
    assert "row_duplicate" in codes(refused(tmp_path / "bare.csv", EmissionTable))
    same = made.to_polars().with_columns(pl.lit("yearbook 2022").alias("provenance_id"))
    write_table(same, tmp_path / "same.csv")
    assert "row_duplicate" in codes(refused(tmp_path / "same.csv", EmissionTable))


# One fuel by two ways

ROAD = """citycarbon: 1
id: s
title: {en: "F", zh: "浮"}
gwp: AR6-GWP100
steps:
  - {id: sold, method: inventory.sectors.fuel_sales, tables: {sales: sold.csv}}
  - {id: driven, method: inventory.sectors.vehicle_use, tables: {fleet: fleet.csv}}
  - {id: a, method: inventory.accounting.combustion, tables: {activity: {step: sold}, factors: {editions: [cn-2020]}}}
  - {id: b, method: inventory.accounting.combustion, tables: {activity: {step: driven}, factors: {editions: [cn-2020]}}}
account: [a, b]
"""


def test_road_fuel_by_sales_and_by_distance_is_a_finding_that_names_both(tmp_path: Path) -> None:
    write(
        tmp_path / "sold.csv",
        "place,time,sector,activity,value,unit,share",
        "CN,2022,transport.road.private,gasoline,1000,t,0.8",
    )
    fleet = "place,time,sector,vehicle,activity,vehicles,distance,value,unit,density"
    write(tmp_path / "fleet.csv", fleet, "CN,2022,transport.road.private,car,gasoline,1000,12000,8,L/100km,0.75")
    write(tmp_path / "study.yaml", ROAD)
    found = [check for check in service.validate(tmp_path).checks if check.id == "road_fuel.twice"]
    assert [check.severity for check in found] == ["misfit"]
    assert "step sold" in found[0].text[0]
    assert "step driven" in found[0].text[0]
    assert "CN 2022 gasoline" in found[0].text[0]
    write(tmp_path / "study.yaml", ROAD.replace("account: [a, b]", "account: [a]"))
    assert "road_fuel.twice" not in [check.id for check in service.validate(tmp_path).checks]
