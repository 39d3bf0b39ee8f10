"""The ingest and export commands: review on screen and as json, exit codes, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from citycarbon.data.exchange.citycatalyst import HEADERS
from citycarbon.interfaces.command import main

CAPTURE = pytest.CaptureFixture[str]
FUEL = "u1,I.1.1,Homes,,7.45,t CO2e,Gas,10,TJ,,,,kg/TJ,2000,2800,2650,s1,Statistics"
NONE = "N/A,I.7.1,Coal,RN,,t CO2e,,,,,,,,,,,,"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "inventory-A-2022.csv"
    path.write_text("\n".join([",".join(HEADERS), FUEL, NONE]), "utf-8")
    return path


@pytest.mark.parametrize(
    ("lang", "words"), [("en", ("2 rows read, 1 records", "kg CO2e")), ("zh", ("读入 2 行，1 条记录", "kg CO2e"))]
)
def test_what_is_refused_ends_with_two_after_the_review(
    lang: str, words: tuple[str, ...], file: Path, capsys: CAPTURE
) -> None:
    out = file.parent / "records.csv"
    assert main(["ingest", str(file), "--format", "citycatalyst", "--out", str(out), "--lang", lang]) == 2
    shown, problems = capsys.readouterr()
    assert all(word in shown for word in words)
    assert "notation_unknown" in problems
    assert "RN × 1" in problems
    assert not out.exists()


def test_with_a_meaning_it_is_read_and_written(file: Path, capsys: CAPTURE) -> None:
    out = file.parent / "records.csv"
    words = ["ingest", str(file), "--format", "citycatalyst", "--notation", "RN=NO", "--out", str(out), "--lang", "en"]
    assert main(words) == 0
    assert "RN" in capsys.readouterr().out
    assert main(["call", "inventory.accounting.reported_inventory", "--records", str(out), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["sector"], row["value"], row["notation"]) for row in rows] == [
        ("I.1.1", 7.45, None),
        ("I.7.1", None, "NO"),
    ]


def test_json_holds_report_and_problems_in_one_object(file: Path, capsys: CAPTURE) -> None:
    assert main(["ingest", str(file), "--format", "citycatalyst", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["errors"][0]["code"] == "notation_unknown"
    assert told["errors"][0]["where"]["rows"] == [3]
    assert {use["header"]: use["field"] for use in told["columns"]} == HEADERS
    assert (told["rows"], told["records"]) == (2, 1)


def test_words_that_are_no_pairs_and_unknown_formats(file: Path, capsys: CAPTURE) -> None:
    assert main(["ingest", str(file), "--format", "citycatalyst", "--notation", "RN", "--lang", "en"]) == 2
    assert "WORD=KEY" in capsys.readouterr().err
    assert main(["ingest", str(file), "--format", "ciris", "--lang", "en"]) == 2
    assert "citycatalyst, ecrf" in capsys.readouterr().err
    assert main(["export", str(file.parent), "ecrf", "--out", "x.xlsx", "--lang", "en"]) == 2
    assert "result_missing" in capsys.readouterr().err
