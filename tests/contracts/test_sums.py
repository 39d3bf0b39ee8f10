"""Sums have one home: whatever adds values of table rows goes through ``core.sums`` or ``core.totals``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "citycarbon"
HOME = {"core/sums.py", "core/totals.py", "data/printed/printed_totals.py"}
"""The last one adds to find out which row of a file is the sum of the others, before any of them is taken."""
VALUES = "value|amount|co2e|emission_co2e|energy|mass|inventory_value|taken"
BY_HAND = re.compile(rf'(?:col\("(?:{VALUES})"\)|\["(?:{VALUES})"\])(?:\.(?!is_)\w+\([^()]*\))*\.sum\(\)(?!\.over)')
"""A sum of a column of values; a share of a group (``.sum().over``) is none, for it stays beside its own row."""
MODULES = sorted(path for path in SOURCE.rglob("*.py") if str(path.relative_to(SOURCE)) not in HOME)


def code_of(path: Path) -> str:
    """Text of a module without the examples of its docstrings."""
    return re.sub(r'"""[\s\S]*?"""', "", path.read_text("utf-8"))


def test_no_module_adds_values_by_hand():
    found = {str(path.relative_to(SOURCE)): BY_HAND.findall(code_of(path)) for path in MODULES}
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize(
    "text", ['pl.col("value").sum()', 'rows["value"].drop_nulls().sum()', 'pl.col("amount").abs().sum()']
)
def test_a_sum_by_hand_is_seen(text):
    assert BY_HAND.search(text)


def test_who_groups_numbers_asks_first_whether_they_are_parts():
    asks = re.compile(r"\b(?:added|check_parts|check_periods|total|reviewed|shares_of)\(")
    for path in MODULES:
        text = code_of(path)
        if "number_sum(" in text:
            assert asks.search(text), path.relative_to(SOURCE)
