"""Formats of a whole result by name, as the export command calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.exchange.result_formats import RESULT_FORMATS, ingest_iamc, write_result_as
from citycarbon.data.results import write_result
from citycarbon.studies import service

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder of the toy city."""
    made = tmp_path_factory.mktemp("results")
    write_result(service.validate(ROOT / "examples" / "toy-city"), made)
    return made


@pytest.mark.parametrize("name", list(RESULT_FORMATS))
def test_every_format_writes_each_of_its_endings(folder: Path, tmp_path: Path, name: str) -> None:
    form = RESULT_FORMATS[name]
    assert all(form.title)
    for ending in form.endings:
        written = write_result_as(name, tmp_path / f"a{ending}", folder, {})
        assert written[0] == tmp_path / f"a{ending}"
        assert all(path.stat().st_size for path in written)
    with pytest.raises(InputError, match="file_kind_unknown"):
        write_result_as(name, tmp_path / "a.json", folder, {})


def test_a_csv_has_its_code_list_beside_it(folder: Path, tmp_path: Path) -> None:
    written = write_result_as("iamc", tmp_path / "a.csv", folder, {"mass": "t"})
    assert [path.name for path in written] == ["a.csv", "a.variables.yaml"]


def test_options_that_a_format_does_not_know_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_result_as("iamc", tmp_path / "a.csv", folder, {"basis": "location", "year": "2020"})
    assert [problem.where.item for problem in caught.value.problems] == ["basis", "year"]
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="parameter_unknown"):
        ingest_iamc(tmp_path / "a.csv", {"place": "x"})


def test_reading_back_has_a_report(folder: Path, tmp_path: Path) -> None:
    write_result_as("iamc", tmp_path / "a.xlsx", folder, {})
    table, report = ingest_iamc(tmp_path / "a.xlsx", {})
    assert report.records == table.to_polars().height > 100
    assert {use.header for use in report.columns} >= {"model", "variable", "value"}
