"""The reading desk: one table out of any readable file, its origin recorded, every problem in the words of the file."""

from __future__ import annotations

import os
import zipfile
from hashlib import sha256
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError, InputError, SchemaError
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.data import safety
from citycarbon.data.readers import FileOptions, read_table, split_sheet

TEXT = "place,time,sector,activity,value,unit\na,2022,s,diesel,5,t\nb,2022,s,diesel,6,t\n"
FACTOR = "factor_id,activity,gas,region,valid_from,valid_to,value,unit\n"


def written(tmp_path: Path, text: str, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def found(caught: pytest.ExceptionInfo[InputError]) -> list[tuple[str, tuple[int, ...], str | None]]:
    return [(problem.code, problem.where.rows, problem.where.column) for problem in caught.value.problems]


def test_origin_records_what_was_read(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)
    table, origin = read_table(path, ActivityTable, shown="folder/a.csv")
    assert (origin.name, origin.rows, origin.encoding, origin.size) == ("folder/a.csv", 2, "utf-8", len(TEXT))
    assert origin.sha256 == sha256(TEXT.encode()).hexdigest()
    assert table.to_polars()["provenance_id"].to_list() == ["folder/a.csv:2", "folder/a.csv:3"]


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.txt", "a.tsv", "a.xlsx", "a.parquet"])
def test_every_kind_gives_the_same_table(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    cells = [line.split(",") for line in TEXT.splitlines()]
    if name.endswith("tsv"):
        path.write_text(TEXT.replace(",", "\t"), "utf-8")
    elif name.endswith("xlsx"):
        book = openpyxl.Workbook()
        for row in cells:
            book.active.append([int(cell) if cell.isdigit() else cell for cell in row])
        book.save(path)
    elif name.endswith("parquet"):
        pl.read_csv(TEXT.encode(), schema_overrides={"time": pl.String, "value": pl.Float64}).write_parquet(path)
    else:
        path.write_text(TEXT, "utf-8")
    rows = read_table(path, ActivityTable)[0].to_polars().drop("provenance_id")
    assert rows.equals(read_table(written(tmp_path, TEXT, "b.csv"), ActivityTable)[0].to_polars().drop("provenance_id"))


def test_parquet_is_read_like_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame = pl.DataFrame({"site": ["a"], "place": ["wrong"], "time": [2022], "sector": ["s"], "activity": ["柴油"],
                          "value": [5], "unit": ["t"], "odd": [1]})  # fmt: skip
    frame.write_parquet(path)
    table, origin = read_table(path, ActivityTable, FileOptions(mapping={"place": "site"}, ignore=["odd"]))
    assert table.to_polars().select("place", "time", "activity", "value").row(0) == ("a", "2022", "diesel", 5.0)
    assert origin.encoding == "parquet"
    with pytest.raises(InputError) as caught:
        read_table(path, ActivityTable, FileOptions(mapping={"place": "no"}, given={"unit": "kg"}))
    assert sorted(code for code, _, _ in found(caught)) == ["column_duplicate", "map_unknown"]


def test_text_in_a_number_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.read_csv(TEXT.encode(), infer_schema=False).write_parquet(path)
    with pytest.raises(SchemaError) as caught:
        read_table(path, ActivityTable)
    assert found(caught)[0] == ("value_not_number", (), "value")


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        ("a.xlsx#用电", ("a.xlsx", "用电")),
        ("A.XLSX#1", ("A.XLSX", "1")),
        ("a.xlsx", ("a.xlsx", None)),
        ("a.xlsx#", ("a.xlsx", None)),
        ("a#b.csv", ("a#b.csv", None)),
        ("a.xlsm#x#y", ("a.xlsm", "x#y")),
    ],
)
def test_sheet_behind_the_file_name(file: str, parts: tuple[str, str | None]) -> None:
    assert split_sheet(file) == parts


def test_problems_name_the_columns_as_the_file_does(tmp_path: Path) -> None:
    path = written(tmp_path, "地点,年份,部门,能源品种,消费量（t）,标准差\na,2022-13,,柴油,-5,-1\n")
    with pytest.raises(SchemaError) as caught:
        read_table(path, ActivityTable)
    assert sorted(found(caught)) == [
        ("time_wrong", (2,), "年份"), ("value_empty", (2,), "部门"), ("value_negative", (2,), "标准差"),
        ("value_negative", (2,), "消费量（t）"),
    ]  # fmt: skip


def test_tables_without_a_trace_name_the_rows_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "\nplace,time,measure,value,unit\n\na,2022,population,-3,person\n")
    with pytest.raises(SchemaError) as caught:
        read_table(path, DenominatorTable)
    assert found(caught) == [("value_negative", (4,), "value")]
    path = written(tmp_path, FACTOR + "f,coal,CO2,CN,1700,2022,2,t/t\n,,CO2,CN,2020,2022,2,t/t\n")
    with pytest.raises(SchemaError) as caught:
        read_table(path, FactorTable)
    assert found(caught) == [("value_empty", (3,), "activity"), ("value_out_of_range", (2,), "valid_from")]


def test_a_dash_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        read_table(written(tmp_path, TEXT.replace(",5,", ",—,")), ActivityTable)
    assert found(caught) == [("value_not_number", (2,), "value")]


@pytest.mark.parametrize(
    ("kind", "text", "rows"),
    [
        (ActivityTable, TEXT + "b,2022,s,diesel,6,t\n", (3, 4)),
        (PlaceTable, "place,parent\na,\nb,a\na,\n", (2, 4)),
        (DenominatorTable, "place,time,measure,value,unit\na,2022,people,1,person\na,2022,people,2,person\n", (2, 3)),
        (
            EmissionTable,
            "place,time,sector,activity,scope,gas,value,unit\na,2022,s,x,1,CO2,1,t\na,2022,s,x,1,CO2,1,t\n",
            (2, 3),
        ),
    ],
)
def test_double_rows(kind: type[ActivityTable], text: str, rows: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(DoubleCountError) as caught:
        read_table(written(tmp_path, text), kind)
    assert [(code, numbers) for code, numbers, _ in found(caught)] == [("row_duplicate", rows)]


def test_two_meters_of_one_place_are_no_double_rows(tmp_path: Path) -> None:
    text = TEXT + "b,2022,s,diesel,7,t\nb,2022,s,diesel,6,kg\n"
    assert read_table(written(tmp_path, text), ActivityTable)[0].to_polars().height == 4


@pytest.mark.parametrize(
    ("rows", "code", "numbers"),
    [
        ("f,coal,CO2,CN,2020,2022,2,t/t\ng,coal,CO2,CN,2022,2024,3,t/t\n", "years_overlap", (2, 3)),
        ("f,coal,CO2,CN,,2022,2,t/t\ng,coal,CO2,CN,2010,2011,3,t/t\n", "years_overlap", (2, 3)),
        ("f,coal,CO2,CN,2023,2022,2,t/t\n", "years_reversed", (2,)),
        ("f,coal,CO2,CN,2020,2022,2,t\n", "factor_unit", (2,)),
        ("f,coal,CO2,CN,2020,2022,-2,t/t\n", "value_negative", (2,)),
        ("f,coal,CO2,Atlantis,2020,2022,2,t/t\n", "region_unknown", (2,)),
        ("f,coal,CO2,CN,2020,2022,2,t/bucket\n", "unit_unknown", (2,)),
        ("f,coal,CO2,CN,2020.5,2022,2,t/t\n", "value_not_whole", (2,)),
    ],
)
def test_broken_factor_files(rows: str, code: str, numbers: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_table(written(tmp_path, FACTOR + rows), FactorTable)
    assert [(problem.code, problem.where.rows) for problem in caught.value.problems] == [(code, numbers)]


@pytest.mark.parametrize(
    "rows",
    [
        "f,coal,CO2,CN,2020,2021,2,t/t\ng,coal,CO2,CN,2022,2024,3,t/t\n",
        "f,coal,CO2,CN,2020,2022,2,t/t\ng,coal,CH4,CN,2022,2024,3,t/t\n",
        "f,coal,CO2,CN,2020,2022,2,t/t\ng,coal,CO2,江苏,2020,2022,3,t/t\n",
        "f,coal,CO2,CN,,,2,t/t\n",
    ],
)
def test_sound_factor_files(rows: str, tmp_path: Path) -> None:
    assert read_table(written(tmp_path, FACTOR + rows), FactorTable)[0].to_polars().height == rows.count("\n")


def test_error_is_of_the_kind_of_its_first_problem(tmp_path: Path) -> None:
    with pytest.raises(CoverageError):
        read_table(written(tmp_path, FACTOR + "f,coal,CO2,Atlantis,,,2,t/t\n"), FactorTable)


@pytest.mark.parametrize("name", ["../a.csv", "b/../../a.csv", "/a.csv", "sub/../../x/a.csv"])
def test_paths_stay_inside(name: str, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(InputError) as caught:
        safety.inside(tmp_path / "x" / "study", name)
    assert caught.value.problems[0].code == "path_outside"


def test_paths_inside_may_go_around(tmp_path: Path) -> None:
    assert safety.inside(tmp_path, "b/../a.csv") == (tmp_path / "a.csv").resolve()


def test_chinese_folders_and_names(tmp_path: Path) -> None:
    folder = tmp_path / "城市 碳核算（2022）"
    folder.mkdir()
    assert read_table(written(folder, TEXT, "能源 数据.csv"), ActivityTable)[1].name == "能源 数据.csv"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "a.csv", ActivityTable)
    assert caught.value.problems[0].code == "file_unreadable"


def test_an_archive_is_measured_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(30):
            made.writestr(f"part{number}", b"0" * 1024**2)
    with pytest.raises(InputError) as caught:
        safety.archive(path, "a.xlsx", "xlsx")
    assert caught.value.problems[0].code == "archive_bomb"


def test_a_small_dense_archive_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("part", b"0" * 1024**2)
    safety.archive(path, "a.zip", "zip")


def test_the_long_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n" + b"x" * (safety.LONGEST_LINE + 10) + b"\n3,4\n")
    with pytest.raises(InputError) as caught:
        safety.text_lines(path, "a.csv")
    assert caught.value.problems[0].where.rows == (3,)


def test_labels_are_kept_as_codes_and_written_as_text(tmp_path: Path) -> None:
    path = tmp_path / "fuels.csv"
    path.write_text("place,time,sector,activity,value,unit\na,2020,s,diesel,1,t\n", encoding="utf-8")
    table, _ = read_table(path, ActivityTable)
    kinds = table.rows.to_native().schema
    assert all(kinds[name] == pl.Categorical for name in ("place", "time", "sector", "activity", "unit"))
    assert kinds["provenance_id"] == pl.String
    assert table.to_polars().schema["activity"] == pl.String
