"""Imports in the background: they end by themselves, tell how far they are, and say why they failed."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from citycarbon.interfaces.cli import jobs
from citycarbon.interfaces.command import main

ROWS = "place,time,sector,activity,value,unit,meter\nA,2022,s,diesel,1,t,x\nB,2022,s,diesel,2,t,y\n"


def ingest(folder: Path, text: str, *more: str) -> int:
    (folder / "rows.csv").write_text(text, "utf-8")
    command = ["ingest", str(folder / "rows.csv"), "--format", "activity", "--out", str(folder / "rows.parquet"), *more]
    return main(command)


def test_a_plain_table_is_reviewed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ingest(tmp_path, ROWS, "--ignore", "meter") == 0
    told = capsys.readouterr().out
    assert "2 rows read, 2 records" in told
    assert pl.read_parquet(tmp_path / "rows.parquet")["value"].to_list() == [1.0, 2.0]


def test_an_unknown_header_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest(tmp_path, ROWS) == 2
    assert "column_unknown" in capsys.readouterr().err
    assert not (tmp_path / "rows.parquet").exists()


def test_an_import_in_the_background_ends_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = tmp_path / "job"
    assert ingest(tmp_path, ROWS, "--ignore", "meter", "--background", str(job)) == 0
    assert main(["job", str(job), "--wait"]) == 0
    assert "2 rows read, 2 records" in capsys.readouterr().out
    status = json.loads((job / "status.json").read_text("utf-8"))
    assert (status["state"], status["rows"], status["code"]) == ("done", 2, 0)
    assert pl.read_parquet(tmp_path / "rows.parquet").height == 2


def test_a_failed_import_keeps_its_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = tmp_path / "job"
    assert ingest(tmp_path, ROWS.replace(",2,t", ",much,t"), "--ignore", "meter", "--background", str(job)) == 0
    assert main(["job", str(job), "--wait"]) == 2
    assert "value_not_number" in capsys.readouterr().out
    assert not (tmp_path / "rows.parquet").exists()


def test_a_job_whose_process_is_gone_has_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = {"state": "running", "stage": "reading", "process": 2**22 + 1, "started": 0}
    (tmp_path / "status.json").write_text(json.dumps(status), "utf-8")
    (tmp_path / "errors.txt").write_text("killed", "utf-8")
    assert main(["job", str(tmp_path)]) == 2
    assert "failed" in capsys.readouterr().out


def test_a_folder_without_a_job_and_a_folder_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["job", str(tmp_path)]) == 2
    assert "file_missing" in capsys.readouterr().err
    assert ingest(tmp_path, ROWS, "--background", str(tmp_path)) == 2
    assert "output_exists" in capsys.readouterr().err


def test_notes_go_nowhere_without_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(jobs.VARIABLE, raising=False)
    jobs.note(stage="reading")
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv(jobs.VARIABLE, str(tmp_path))
    jobs.note(stage="typing")
    assert json.loads((tmp_path / "status.json").read_text("utf-8")) == {"stage": "typing"}
