"""The printed report: what it says, its font, hostile text, and that it says the same as the tables."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from citycarbon.interfaces.reports.print import gather, num, write_print
from citycarbon.studies import service

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def result():
    return service.validate(ROOT / "examples" / "five-communities")


def texts(part):
    """Every text inside a part."""
    if isinstance(part, dict):
        return [each for value in part.values() for each in texts(value)]
    if isinstance(part, list):
        return [each for value in part for each in texts(value)]
    return [part] if isinstance(part, str) else []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_headline_and_the_table_of_sectors_agree_with_the_totals(result, lang):
    made = gather(result, lang)
    meta = [row for row in result.meta["totals"] if row["scenario"] == result.meta["scenarios"][0]]
    whole = meta[0]["value"]
    table = next(part for part in made["parts"] if part["kind"] == "table")
    assert table["rows"][-1][-2] == num(whole, 8)
    assert made["figures"][0]["label"] == ("Total" if lang == "en" else "总量")


def test_every_source_is_in_the_references(result):
    made = gather(result, "en")
    sources = result.tables["factors"]["source"].drop_nulls().n_unique()
    references = [
        part["text"] for part in made["parts"] if part["kind"] == "text" and re.match(r"\[\d+\] ", part["text"])
    ]
    assert len(references) == sources


def test_the_pdf_carries_its_font_and_its_words(result, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    for lang, wanted in (("zh", "范围一"), ("en", "Scope 1")):
        path = tmp_path / f"{lang}.pdf"
        write_print(result, path, lang)
        text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
        assert result.meta["title"][lang] in text
        assert wanted in text
        fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in fonts.splitlines()[2:]]
        assert rows
        assert all("NotoSansCJKsc" in row[0] for row in rows)
        assert all(row[-5] == "yes" for row in rows), "every font is embedded"


def test_text_is_never_code(result, tmp_path):
    evil = '#panic("x") $ ] } \\ "'
    hostile = replace(
        result,
        meta={**result.meta, "title": {"en": evil, "zh": evil}},
        labels=dict.fromkeys(result.labels, (evil, evil)),
    )
    write_print(hostile, tmp_path / "x.pdf", "en")
    assert (tmp_path / "x.pdf").read_bytes()[:5] == b"%PDF-"
    assert evil in texts(gather(hostile, "en"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1234567.0, "1,234,567"),
        (0.0000123456, "1.235e-05"),
        (12.3456, "12.35"),
        (None, "—"),
        (float("nan"), "—"),
    ],
)
def test_numbers_have_sensible_digits(value, text):
    assert num(value) == text


def test_a_long_table_says_where_the_rest_is(result):
    made = gather(replace(result, tables={**result.tables, "factors": pl.concat([result.tables["factors"]] * 8)}), "en")
    assert any("report.xlsx" in text for text in texts(made["parts"]))
