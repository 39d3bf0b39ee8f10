"""Raw cells of text files and workbooks: header, rows as the user counts them, encodings."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from citycarbon.core.errors import InputError
from citycarbon.data.sheets import ROW, decode, looks_chinese, read_text, read_workbook


def made(tmp_path: Path, text: str, name: str = "a.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def book(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def code_of(caught: pytest.ExceptionInfo[InputError]) -> tuple[str, tuple[int, ...]]:
    return caught.value.problems[0].code, caught.value.problems[0].where.rows


@pytest.mark.parametrize(
    ("text", "header", "rows"),
    [
        ("a,b\n1,2\n3,4\n", ("a", "b"), [(2, "1", "2"), (3, "3", "4")]),
        ("a,b\r\n1,2\r\n", ("a", "b"), [(2, "1", "2")]),
        ("a,b\r1,2\r", ("a", "b"), [(2, "1", "2")]),
        ("\n \n,,\na,b\n\n1,2\n  ,\n3,4", ("a", "b"), [(6, "1", "2"), (8, "3", "4")]),
        ('"a, really","b\nof two lines"\n1,"x, ""y"""\n', ("a, really", "b\nof two lines"), [(2, "1", 'x, "y"')]),
        ("a;b\n1,5;2\n", ("a", "b"), [(2, "1,5", "2")]),
        ("a\tb\n1\t2\n", ("a", "b"), [(2, "1", "2")]),
        ("only\n1\n2\n", ("only",), [(2, "1"), (3, "2")]),
        ("a , b\n 1 ,　2　\n", ("a", "b"), [(2, "1", "2")]),
        ("a,b\n,2\n", ("a", "b"), [(2, None, "2")]),
    ],
    ids=["plain", "crlf", "cr only", "blank lines", "quotes", "semicolon", "tab", "one column", "blanks", "empty cell"],
)
def test_text(text: str, header: tuple[str, ...], rows: list[tuple[Any, ...]], tmp_path: Path) -> None:
    sheet = read_text(made(tmp_path, text), "shown.csv")
    assert sheet.header == header
    assert sheet.rows.rows() == rows
    assert sheet.rows.columns[0] == ROW
    assert sheet.where("b", (3,)).text() == "shown.csv, row 3, column b"


def test_the_header_row_is_known(tmp_path: Path) -> None:
    assert read_text(made(tmp_path, "\n\na,b\n1,2\n"), "a.csv").top == 3


def test_tsv_is_never_cut_at_commas(tmp_path: Path) -> None:
    assert read_text(made(tmp_path, "a,x\tb\n1\t2\n", "a.tsv"), "a.tsv").header == ("a,x", "b")


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("a,b,c\n1,2,3\n1,2\n", "row_ragged", 3),
        ("a,b,c\n1,2,3,4\n", "row_ragged", 2),
        ('a,b,c\n1,"x",3\n1,2\n', "row_ragged", 3),
        ("\n\na,b,c\n1,2\n", "row_ragged", 4),
        ('a,b\n1,2\n3,"4\n5,6\n', "quote_open", 3),
        ('a,b\n1,2\n3,4"x\n', "quote_open", 3),
        ("a,b\n", "file_empty", None),
        ("", "file_empty", None),
        (",,\n", "file_empty", None),
    ],
)
def test_broken_text(text: str, code: str, row: int | None, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_text(made(tmp_path, text), "a.csv")
    assert code_of(caught) == (code, () if row is None else (row,))


def test_every_ragged_row_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_text(made(tmp_path, "a,b\n1\n1,2\n1\n1,2,3\n"), "a.csv")
    assert [problem.where.rows[0] for problem in caught.value.problems] == [2, 4, 5]


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+A1", "-A1*2", "-(1)", "=cmd|'/c calc'!A0", '-"x"'])
def test_formulas_are_refused(cell: str, tmp_path: Path) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    with pytest.raises(InputError) as caught:
        read_text(made(tmp_path, f"a,b\n1,{quoted}\n"), "a.csv")
    assert code_of(caught) == ("formula_cell", (2,))


@pytest.mark.parametrize("cell", ["-5", "+5", "-", "--", "-.5", "—", "a=b", "-inf", "1-2"])
def test_what_only_looks_like_a_formula(cell: str, tmp_path: Path) -> None:
    assert read_text(made(tmp_path, f"a,b\n1,{cell}\n"), "a.csv").rows.row(0) == (2, "1", cell)


def test_a_long_chinese_cell_counts_in_characters(tmp_path: Path) -> None:
    assert read_text(made(tmp_path, "a\n" + "中" * 32_767 + "\n"), "a.csv").rows.height == 1
    with pytest.raises(InputError) as caught:
        read_text(made(tmp_path, "a\n" + "中" * 32_768 + "\n"), "a.csv")
    assert code_of(caught) == ("cell_too_long", (2,))


@pytest.mark.parametrize(
    ("data", "stated", "used"),
    [
        ("年".encode(), None, "utf-8"),
        ("年".encode("utf-8-sig"), None, "utf-8-sig"),
        ("年".encode("utf-8-sig"), "UTF_8", "utf-8"),
        ("活动数据，单位：吨".encode("gbk"), None, "gb18030"),
        ("年".encode("gbk"), "GBK", "gbk"),
        ("年".encode("utf-16"), None, "utf-16"),
        ("年".encode("utf-16"), "utf-16", "utf-16"),
        (b"plain", None, "utf-8"),
    ],
)
def test_decode(data: bytes, stated: str | None, used: str) -> None:
    text, encoding = decode(data, "a.csv", stated)
    assert encoding == used
    assert "\ufeff" not in text
    assert text[0] in "年活p"


@pytest.mark.parametrize(
    ("data", "stated", "code", "row"),
    [
        ("a\nb,年\n".encode("gbk"), "utf-8", "encoding_wrong", 2),
        ("年".encode(), "gb2312", "encoding_wrong", 1),
        (b"odd", "utf-16", "encoding_wrong", 1),
        (b"a", "latin-1", "encoding_unsupported", None),
        (b"a\nb\x00", None, "file_binary", 2),
        (b"a\x00", "utf-8", "file_binary", None),
        (b"a\n\xff\xff\n", None, "encoding_unknown", 2),
        ("a\nÄÖÜ äöü ß\n".encode("latin-1"), None, "encoding_unknown", 2),
    ],
)
def test_decode_refuses(data: bytes, stated: str | None, code: str, row: int | None) -> None:
    with pytest.raises(InputError) as caught:
        decode(data, "a.csv", stated)
    assert code_of(caught) == (code, () if row is None else (row,))


def test_what_reads_as_chinese() -> None:
    assert looks_chinese("城市碳核算，2022 年")
    assert not looks_chinese("鋌鑻鏋")
    assert not looks_chinese("only Latin")


def test_workbook(tmp_path: Path) -> None:
    rows = [[None, None], ["地点", "数量"], ["p1", 0.1], [None, None], ["p2", 3]]
    sheet = read_workbook(book(tmp_path / "a.xlsx", {"表": rows}), "a.xlsx")
    assert (sheet.header, sheet.sheet, sheet.top) == (("地点", "数量"), "表", 2)
    assert sheet.rows.select(ROW, "column_1").rows() == [(3, "p1"), (5, "p2")]
    assert sheet.numbers is not None
    assert sheet.numbers["column_2"].to_list() == [0.1, 3.0]


def test_workbook_cells_of_other_kinds(tmp_path: Path) -> None:
    rows = [["a", "b", "c"], [101, datetime.datetime(2019, 7, 1), "x"], [101.5, datetime.date(2019, 7, 31), True]]
    sheet = read_workbook(book(tmp_path / "a.xlsx", {"s": rows}), "a.xlsx", "s")
    assert sheet.rows["column_1"].to_list() == ["101", "101.5"], "a code that is a number keeps no .0"
    assert [cell[:10] for cell in sheet.rows["column_2"].to_list()] == ["2019-07-01", "2019-07-31"]


def test_error_cells_are_found_in_the_right_sheet(tmp_path: Path) -> None:
    """The parts of a workbook keep their numbers when sheets are moved."""
    path = tmp_path / "a.xlsx"
    workbook = xlsxwriter.Workbook(path)
    for name in ("first", "A & B", "last"):
        sheet = workbook.add_worksheet(name)
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_row(1, 0, ["x", 1])
        if name == "A & B":
            sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
            sheet.write(2, 0, "y")
    workbook.close()
    moved = openpyxl.load_workbook(path)
    moved.move_sheet("A & B", 1)
    moved["A & B"]["B3"] = "#DIV/0!"
    moved["A & B"]["B3"].data_type = "e"
    moved.save(path)
    assert read_workbook(path, "a.xlsx", "last").rows.height == 1
    with pytest.raises(InputError) as caught:
        read_workbook(path, "a.xlsx", "A & B")
    assert code_of(caught) == ("cell_error", (3,))


def test_a_computed_formula_is_read(tmp_path: Path) -> None:
    """A formula whose computed text is empty (t="str") is no formula without a value."""
    path = tmp_path / "a.xlsx"
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["a", "b"])
    sheet.write_formula(1, 0, "=400+20", None, 420)
    sheet.write_formula(1, 1, '=""', None, "q")
    workbook.close()
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w") as whole:
        for name, part in parts.items():
            # XlsxWriter asks for a computation at the next opening, a spreadsheet program does not.
            whole.writestr(name, part.replace(b"<v>q</v>", b"<v></v>").replace(b' fullCalcOnLoad="1"', b""))
    sheet_read = read_workbook(path, "a.xlsx")
    assert sheet_read.rows.select("column_1", "column_2").rows() == [("420", None)]


@pytest.mark.parametrize(
    ("sheets", "wanted", "code"),
    [
        ({"a": [["x"], [1]], "b": [["x"], [1]]}, None, "sheet_ambiguous"),
        ({"a": [["x"], [1]]}, "b", "sheet_missing"),
        ({"a": []}, "a", "file_empty"),
        ({"a": [["x"], ["=1+1"]]}, "a", "formula_uncomputed"),
        ({"a": [["x", "X"], [1, 2]]}, "a", "column_duplicate"),
        ({"a": [["x", None], [1, 2]]}, "a", "column_unnamed"),
    ],
)
def test_broken_workbooks(sheets: dict[str, Any], wanted: str | None, code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_workbook(book(tmp_path / "a.xlsx", sheets), "a.xlsx", wanted)
    assert caught.value.problems[0].code == code
