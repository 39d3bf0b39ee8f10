"""Findings and results: the closed words of a verdict, plain values for json, labels by language."""

from __future__ import annotations

import dataclasses
import json

import polars as pl
import pytest

from citycarbon.core.errors import SchemaError
from citycarbon.core.findings import VERDICTS, FindingTable
from citycarbon.core.results import Check, Origin, StudyResult

FINDING = {
    "check": ["sum of parts"],
    "place": ["a"],
    "item": ["total"],
    "value": [10.0],
    "expected": [10.2],
    "tolerance": [0.05],
    "difference": [-0.2],
    "unit": ["t"],
    "verdict": ["misfit"],
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_finding_has_one_of_the_listed_verdicts(verdict):
    assert FindingTable(pl.DataFrame({**FINDING, "verdict": [verdict]})).to_polars()["verdict"].to_list() == [verdict]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("verdict", "fine", "value_not_listed"),
        ("verdict", None, "value_empty"),
        ("tolerance", -0.1, "value_negative"),
        ("difference", float("nan"), "value_not_finite"),
    ],
)
def test_a_finding_that_breaks_its_declaration_is_refused(column, cell, code):
    with pytest.raises(SchemaError) as caught:
        FindingTable(pl.DataFrame({**FINDING, column: [cell]}))
    assert (code, column) in [(item.code, item.where.column) for item in caught.value.problems]


def test_a_finding_may_have_no_number_where_nothing_was_printed():
    frame = pl.DataFrame({**FINDING, "expected": [None], "difference": [None]})
    assert FindingTable(frame).to_polars()["expected"].to_list() == [None]


def test_a_check_is_plain_values_in_both_languages():
    check = Check("conservation", "ok", ("parts add", "分项相加"), 1.0, 1.0, 1e-9, "t", "city")
    assert json.loads(json.dumps(check.as_dict())) == {
        "id": "conservation", "severity": "ok", "place": "city", "value": 1.0, "expected": 1.0, "tolerance": 1e-9,
        "unit": "t", "en": "parts add", "zh": "分项相加",
    }  # fmt: skip


def test_a_result_gives_labels_by_language_and_is_frozen():
    result = StudyResult(
        {}, {}, labels={"a": ("A town", "甲镇"), "b": ("B town", "")}, origins=(Origin("f", "0" * 64, 1, 1),)
    )
    assert [result.label("a"), result.label("a", "zh"), result.label("b", "zh"), result.label("c")] == [
        "A town",
        "甲镇",
        "b",
        "c",
    ]
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.tables = {}
