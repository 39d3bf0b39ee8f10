"""Errors as a whole: all mistakes at once, earlier results untouched, one shape on every face, and what is no error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
import yaml

from citycarbon.core.errors import CoverageError, DoubleCountError, InputError, SchemaError, UnitError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.examples import TEMPLATE, examples_folder
from citycarbon.data.readers import FileOptions, read_table
from citycarbon.interfaces.command import main
from citycarbon.studies import service

TOY = examples_folder() / TEMPLATE
GOOD = "place,time,sector,activity,value,unit\na,2022,s,diesel,{},t\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TOY, tmp_path / "toy"))


def replace(path: Path, old: str, new: str) -> None:
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), "utf-8")


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with its hash."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def broken_in_six_ways(study: Path) -> None:
    replace(study / "fuels.csv", ",800,t,", ",about 800,t,")
    replace(study / "fuels.csv", "p2,2022,transport", "p9,2022,transport")
    replace(study / "water.csv", "150000,t", "150000,bucket")
    replace(study / "lime_kiln.csv", "lime,product", "lime,output")
    replace(study / "study.yaml", "AR6-GWP100", "AR9-GWP100")
    (study / "works.csv").unlink()


def test_mistakes_of_several_files_come_out_together(study: Path) -> None:
    broken_in_six_ways(study)
    with pytest.raises(InputError) as caught:
        service.validate(study)
    places = [(problem.where.file, problem.code) for problem in caught.value.problems]
    assert sorted(places) == [
        ("fuels.csv", "place_unknown"),
        ("fuels.csv", "value_not_number"),
        ("lime_kiln.csv", "value_not_listed"),
        ("study.yaml", "metric_unknown"),
        ("water.csv", "unit_unknown"),
        ("works.csv", "file_missing"),
    ]


def test_mistakes_of_one_file_come_out_together(study: Path) -> None:
    path = study / "fuels.csv"
    replace(path, ",800,t,", ",NaN,t,")
    replace(path, ",500,t,", ",-500,t,")
    replace(path, "200,t", "200,bucket")
    replace(path, "p3,2022", "p3,2022-13")
    replace(path, "120000,m^3", ",m^3")
    with pytest.raises(InputError) as caught:
        service.validate(study)
    found = {(problem.code, problem.where.rows, problem.where.column) for problem in caught.value.problems}
    assert found == {
        ("value_not_finite", (5,), "value"), ("value_negative", (6,), "value"), ("unit_unknown", (7,), "unit"),
        ("time_wrong", (8,), "time"), ("value_empty", (4,), "value"),
    }  # fmt: skip


def test_text_in_one_cell_does_not_hide_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("地点,年份,部门,能源,消费量（t）\na,2022,s,diesel,x\na,2022,s,diesel,\n", "utf-8")
    with pytest.raises(SchemaError) as caught:
        read_table(path, ActivityTable)
    found = [(problem.code, problem.where.rows, problem.where.column) for problem in caught.value.problems]
    assert found == [("value_not_number", (2,), "消费量（t）"), ("value_empty", (3,), "消费量（t）")]


def test_the_kind_of_the_error_follows_the_problem(study: Path) -> None:
    for old, new, kind in (
        ("gasoline,800", "unobtainium,800", CoverageError), ("800,t,", "800,km,", UnitError), ("2022", "22", SchemaError),
    ):  # fmt: skip
        path = Path(shutil.copytree(study, study.parent / kind.__name__))
        replace(path / "fuels.csv", old, new)
        with pytest.raises(kind):
            service.validate(path)
    with (study / "fuels.csv").open("a", encoding="utf-8") as stream:
        stream.write("p1,2022,transport,gasoline,800,t,80,normal,M\n")
    with pytest.raises(DoubleCountError):
        service.validate(study)


def test_a_failed_run_leaves_everything_as_it_was(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    service.run(study, out)
    before = state(out)
    assert "result.json" in before
    broken_in_six_ways(study)
    everything = state(tmp_path)
    with pytest.raises(InputError):
        service.run(study, out)
    assert state(out) == before
    assert state(tmp_path) == everything
    assert {path.name for path in tmp_path.iterdir()} == {"toy", "results"}


def test_exit_code_and_chinese_on_standard_error(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken_in_six_ways(study)
    assert main(["validate", str(study), "--lang", "zh"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "发现 6 个问题" in err
    for phrase in (
        "应为数字的单元格含有文字 [value_not_number]",
        "位置: fuels.csv，第 5 行，列 value",
        "发现: about 800",
        "改法:",
    ):
        assert phrase in err
    assert "where:" not in err


def test_english_on_standard_error(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken_in_six_ways(study)
    assert main(["--lang", "en", "run", str(study), "--out", str(study.parent / "r"), "--no-cache"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "where: fuels.csv, row 5, column value" in err
    assert not (study.parent / "r").exists()


@pytest.mark.parametrize("command", ["validate", "run"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_json_is_one_document_on_standard_output(
    command: str, lang: str, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_in_six_ways(study)
    words = [command, str(study), "--json", "--lang", lang]
    assert main([*words, "--out", str(study.parent / "r"), "--no-cache"] if command == "run" else words) == 2
    out, _ = capsys.readouterr()
    document = json.loads(out)
    assert list(document) == ["errors"]
    assert len(document["errors"]) == 6
    for record in document["errors"]:
        assert list(record) == ["code", "problem", "where", "found", "expected", "fix"]
    record = next(each for each in document["errors"] if each["code"] == "value_not_number")
    assert record["where"] == {"file": "fuels.csv", "sheet": None, "rows": [5], "column": "value", "item": None}
    assert any("\u4e00" <= sign <= "\u9fff" for sign in record["fix"]) == (lang == "zh")


def test_wrong_usage_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["errors"][0]["code"] == "usage"


def test_the_program_itself_ends_with_two(study: Path) -> None:
    broken_in_six_ways(study)
    command = [sys.executable, "-m", "citycarbon.interfaces.command", "validate", str(study), "--lang", "zh"]
    ended = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "PYTHONUTF8": "1"}, timeout=120
    )
    assert ended.returncode == 2
    assert "发现 6 个问题" in ended.stderr.decode("utf-8")
    assert b"Traceback" not in ended.stderr


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD.replace("unit", "unit,\x1b[31mred").replace("{},t", "1,t,\x1b]0;x\x07"), "utf-8")
    with pytest.raises(InputError) as caught:
        read_table(path, ActivityTable)
    for lang in ("en", "zh"):
        assert "\x1b" not in caught.value.text(lang)
        assert "\x07" not in caught.value.text(lang)


def test_gbk_is_read_and_reported(study: Path) -> None:
    content = (study / "fuels.csv").read_text("utf-8").replace("gasoline", "汽油").replace("natural_gas", "天然气")
    expected = service.validate(study).meta["totals"]
    (study / "fuels.csv").write_bytes(content.encode("gbk"))
    result = service.validate(study)
    assert result.meta["totals"] == expected
    assert {origin.name: origin.encoding for origin in result.origins}["fuels.csv"] == "gb18030"


@pytest.mark.parametrize(
    ("encoding", "reported"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_encodings_that_are_read(encoding: str, reported: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("地点,年份,部门,能源,消费量,单位\n柳园小区,2022,居民生活,柴油,5,吨\n".encode(encoding))
    table, origin = read_table(path, ActivityTable)
    assert table.to_polars().select("place", "activity", "unit").row(0) == ("柳园小区", "diesel", "吨")
    assert origin.encoding == reported


@pytest.mark.parametrize(
    ("cell", "value"),
    [("３００．５", 300.5), ("1e3", 1000.0), ("+5", 5.0), (".5", 0.5), ("５", 5.0), (" 7 ", 7.0), ("1E-3", 0.001)],
)
def test_numbers_that_are_read(cell: str, value: float, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD.format(cell), "utf-8")
    assert read_table(path, ActivityTable)[0].to_polars()["value"].to_list() == [value]


@pytest.mark.parametrize("cell", ["-", "—", "--", "n/a", "0x10", "1_000", "5 t", "1/2", "true", "２吨"])
def test_cells_that_are_no_numbers(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD.format(cell), "utf-8")
    with pytest.raises(SchemaError) as caught:
        read_table(path, ActivityTable)
    assert [problem.code for problem in caught.value.problems] == ["value_not_number"]


def test_rows_are_those_of_the_file_in_every_table(tmp_path: Path) -> None:
    """A table that keeps no trace of its rows must not count them without the header."""
    path = tmp_path / "f.csv"
    path.write_text("activity,gas,value,unit\n\na,CO2,1,t/t\nb,CO2,,t/t\n", "utf-8")
    with pytest.raises(SchemaError) as caught:
        read_table(path, FactorTable)
    assert [(problem.code, problem.where.rows) for problem in caught.value.problems] == [("value_empty", (4,))]


def test_a_mistake_brings_no_others_along(study: Path) -> None:
    """Places, factors and a layer are broken: the steps that need them keep silent, the others are still checked."""
    replace(study / "places.csv", "p2,north", "p1,north")
    replace(study / "own_factors.csv", "t/MWh", "t/bucket")
    (study / "parcels.geojson").write_text("{", "utf-8")
    replace(study / "lime_kiln.csv", "t,0.003", "t,0.3")
    with pytest.raises(InputError) as caught:
        service.validate(study)
    found = {(problem.where.file, problem.code) for problem in caught.value.problems}
    assert found == {
        ("places.csv", "row_duplicate"), ("own_factors.csv", "unit_unknown"), ("parcels.geojson", "file_broken"),
        ("lime_kiln.csv", "balance_negative"),
    }  # fmt: skip


def test_problems_travel_between_processes(study: Path) -> None:
    import pickle

    broken_in_six_ways(study)
    with pytest.raises(InputError) as caught:
        service.validate(study)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.problems == caught.value.problems
    assert type(copy) is type(caught.value)


def test_constants_and_mapping_for_a_sheet_without_names(tmp_path: Path) -> None:
    """What a study may state instead of mending a file is no error."""
    path = tmp_path / "a.csv"
    path.write_text("where,amount of fuel,comment of clerk\na,5,x\n", "utf-8")
    options = FileOptions(
        mapping={"place": "where", "value": "amount of fuel"}, ignore=["comment of clerk"],
        given={"time": "2022", "sector": "s", "activity": "diesel", "unit": "t", "sd": "0.5"},
    )  # fmt: skip
    rows = read_table(path, ActivityTable, options)[0].to_polars()
    assert rows.select("place", "time", "value", "unit", "sd").row(0) == ("a", "2022", 5.0, "t", 0.5)


def test_the_study_file_may_be_gbk(study: Path) -> None:
    content = (study / "study.yaml").read_text("utf-8")
    (study / "study.yaml").write_bytes(content.encode("gb18030"))
    assert service.validate(study).meta["title"]["zh"] == yaml.safe_load(content)["title"]["zh"]


def test_results_hold_what_was_computed(study: Path, tmp_path: Path) -> None:
    """The check of the checks: an intact study runs, so the cases above fail for their own reason."""
    result = service.run(study, tmp_path / "out")
    assert isinstance(result.tables["emissions"], pl.DataFrame)
    assert result.tables["emissions"].height > 20
