"""Writing one table: formulas disarmed, exact numbers, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable
from citycarbon.data.readers import read_table
from citycarbon.data.writers import disarm, write_table

ROWS = pl.DataFrame(
    {
        "place": ["柳园小区", "p2", "p3"],
        "time": ["2022", "2022", "2022"],
        "sector": ["s", "s", "s"],
        "activity": ["diesel", "diesel", "diesel"],
        "value": [0.1, 1 / 3, 1e-12],
        "unit": ["t", "t", "t"],
        "quality": ["=cmd|'/c calc'!A1", "+1+1", None],
    }
)
HOSTILE = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1"]


@pytest.mark.parametrize("cell", HOSTILE)
def test_formulas_are_disarmed(cell: str) -> None:
    assert disarm(pl.DataFrame({"a": [cell], "b": [1.0]}))["a"].to_list() == ["'" + cell]


@pytest.mark.parametrize("cell", ["a=b", "5", "", "柳园", "'quoted"])
def test_plain_text_stays(cell: str) -> None:
    assert disarm(pl.DataFrame({"a": [cell]}))["a"].to_list() == [cell]


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_table(ROWS, path)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "a mark for spreadsheet programs"
    assert b"'=cmd" in data
    assert b"\n=" not in data
    assert b",=" not in data
    back = read_table(path, ActivityTable)[0].to_polars()
    assert back["value"].to_list() == ROWS["value"].to_list(), "to the last bit"
    assert back["place"][0] == "柳园小区"


def test_xlsx(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_table(ROWS, path)
    sheet = openpyxl.load_workbook(path).active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [row[0] for row in cells] == ROWS["place"].to_list()
    assert [row[4] for row in cells] == pytest.approx(ROWS["value"].to_list(), rel=1e-15)
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds, "no cell is a formula"


def test_parquet_and_json(tmp_path: Path) -> None:
    write_table(ROWS, tmp_path / "a.parquet")
    assert pl.read_parquet(tmp_path / "a.parquet").equals(ROWS)
    write_table(ROWS, tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text("utf-8")
    assert json.loads(text) == ROWS.to_dicts()
    assert "柳园小区" in text


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet", "a.json"])
def test_a_file_is_replaced_whole(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    write_table(ROWS, path)
    write_table(ROWS.head(1), path)
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.xlsx", "a.parquet"])
def test_what_cannot_be_written_leaves_the_old_file(name: str, tmp_path: Path) -> None:
    """A column of Python objects has no form in any of the formats."""
    path = tmp_path / name
    write_table(ROWS, path)
    before = path.read_bytes()

    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError("no text of its own")

        __str__ = __repr__

    with pytest.raises(BaseException):  # noqa: B017 - whatever the writer says
        write_table(pl.DataFrame({"a": [Odd()]}, schema={"a": pl.Object}), path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "code"),
    [("a.ods", "file_kind_unknown"), ("a", "file_kind_unknown"), ("no/such/a.csv", "output_unwritable")],
)
def test_refusals(name: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_table(ROWS, tmp_path / name)
    assert caught.value.problems[0].code == code
    assert not list(tmp_path.iterdir())


def test_a_folder_stands_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError) as caught:
        write_table(ROWS, tmp_path / "a.csv")
    assert caught.value.problems[0].code == "file_is_folder"
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]
