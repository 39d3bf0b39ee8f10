"""Files cut to what a study wants: rows, words and columns put below one another, with the rows of the file kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.series import SeriesTable
from citycarbon.data.readers import FileOptions, read_table
from citycarbon.data.shaping.columns import Wanted

TEXT = "Land,Year,GDP,CO2\nChina,1990,5,7.5\nChina,1991,,8\nIndia,1990,2,1\nIndia,2001,3,2\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nations.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def read(path: Path, **wanted) -> SeriesTable:
    shape = Wanted(**wanted)
    table, _ = read_table(path, SeriesTable, FileOptions(mapping=shape.keys, shape=shape))
    return table


KEYS = {"place": "Land", "time": "Year"}
WIDE = {"GDP": {"measure": "gdp", "unit": "USD"}, "CO2": {"measure": "co2", "unit": "t"}}


def test_columns_become_rows_and_say_where_they_stood(file):
    rows = read(file, keys=KEYS, wide=WIDE, words={"China": "CN"}).to_polars()
    assert rows.height == 7
    first = rows.row(0, named=True)
    assert (first["place"], first["time"], first["measure"], first["value"], first["unit"]) == (
        "CN",
        "1990",
        "gdp",
        5.0,
        "USD",
    )
    assert first["provenance_id"] == "nations.csv!GDP:2"


def test_rows_are_chosen_by_words_and_ranges(file):
    assert read(file, keys=KEYS, wide=WIDE, only={"Land": "China|Brazil"}).to_polars().height == 3
    assert read(file, keys=KEYS, wide=WIDE, only={"Year": "..1990"}).to_polars().height == 4
    assert read(file, keys=KEYS, wide=WIDE, only={"Year": "1991..", "Land": "India"}).to_polars().height == 2


@pytest.mark.parametrize(("wanted", "code"), [
    ({"keys": KEYS, "wide": WIDE, "only": {"Land": "Mars"}}, "rows_none_wanted"),
    ({"keys": KEYS, "wide": {"Coal": {"measure": "x", "unit": "t"}}}, "map_unknown"),
    ({"keys": KEYS, "wide": WIDE, "only": {"Region": "x"}}, "map_unknown"),
])  # fmt: skip
def test_what_is_not_there_is_told(file, wanted, code):
    with pytest.raises(InputError) as caught:
        read(file, **wanted)
    assert caught.value.problems[0].code == code


def test_text_in_a_column_of_figures_is_named_with_its_row(tmp_path):
    path = tmp_path / "nations.csv"
    path.write_text(TEXT.replace("7.5", "about 7"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(path, keys=KEYS, wide=WIDE)
    assert caught.value.problems[0].code == "value_not_number"


def test_rows_of_a_parquet_file_are_not_chosen_silently(tmp_path):
    import polars as pl

    path = tmp_path / "nations.parquet"
    pl.DataFrame({"place": ["CN"], "time": ["1990"], "measure": ["co2"], "value": [1.0], "unit": ["t"]}).write_parquet(
        path
    )
    with pytest.raises(InputError) as caught:
        read(path, only={"place": "IN"})
    assert caught.value.problems[0].code == "shape_idle"
