"""Code lists and periods: trees without cycles, and every parent that stands beside its child is found."""

from __future__ import annotations

import pytest

from citycarbon.core.dimensions import BASES, SCOPE_RULES, SCOPES, CodeList, nested_periods
from citycarbon.core.errors import SchemaError

TREE = CodeList(
    "places",
    {"city": None, "north": "city", "south": "city", "block": "north", "house": "block", "island": None},
    {"city": ("City", "市"), "north": ("North", ""), "south": ("", "")},
)


def test_ancestors_are_given_nearest_first():
    assert TREE.ancestors("house") == ("block", "north", "city")
    assert TREE.ancestors("city") == ()


def test_nested_finds_parent_and_child():
    assert TREE.nested(["city", "north", "south"]) == [("city", "north"), ("city", "south")]


def test_nested_finds_a_grandparent_when_the_level_between_is_absent():
    assert TREE.nested(["city", "house"]) == [("city", "house")]


def test_nested_finds_every_pair_along_one_line():
    assert set(TREE.nested(["city", "north", "house"])) == {("city", "north"), ("north", "house"), ("city", "house")}


def test_siblings_and_separate_trees_are_not_nested():
    assert TREE.nested(["north", "south", "island"]) == []


def test_nested_passes_over_codes_of_no_list():
    assert TREE.nested(["city", "elsewhere"]) == []


def test_membership_and_the_line_of_known_codes():
    assert "block" in TREE
    assert "elsewhere" not in TREE
    assert TREE.known == "city, north, south, block, house, island"
    many = CodeList("many", {f"c{i}": None for i in range(40)})
    assert many.known.endswith("c11 … (40)")
    assert "c12" not in many.known


def test_labels_by_language_fall_back_to_the_code():
    assert TREE.label("city") == "City"
    assert TREE.label("city", "zh") == "市"
    assert TREE.label("north", "zh") == "north"
    assert TREE.label("south") == "south"
    assert TREE.label("house") == "house"


@pytest.mark.parametrize(
    "parents",
    [
        {"a": "a"},
        {"a": "b", "b": "a"},
        {"root": None, "a": "c", "b": "a", "c": "b"},
    ],
)
def test_a_cycle_is_refused(parents):
    with pytest.raises(SchemaError) as caught:
        CodeList("places", parents, file="places.csv")
    assert caught.value.problems[0].code == "code_cycle"
    assert caught.value.problems[0].where.file == "places.csv"


def test_a_cycle_is_named_by_a_code_that_stands_on_it_not_by_one_that_leads_to_it():
    with pytest.raises(SchemaError) as caught:
        CodeList("places", {"outside": "a", "a": "b", "b": "a"})
    assert caught.value.problems[0].found in ("a", "b")


def test_every_unknown_parent_is_told_at_once():
    with pytest.raises(SchemaError) as caught:
        CodeList("places", {"a": "x", "b": None, "c": "y"})
    assert [(item.code, item.found, item.where.item) for item in caught.value.problems] == [
        ("code_parent_unknown", "x", "a"),
        ("code_parent_unknown", "y", "c"),
    ]


def test_a_year_holds_its_months_and_a_month_its_days():
    assert nested_periods(["2019", "2019-07"]) == [("2019", "2019-07")]
    assert nested_periods(["2019-07", "2019-07-01"]) == [("2019-07", "2019-07-01")]
    assert nested_periods(["2019-07-01", "2019"]) == [("2019", "2019-07-01")]
    assert len(nested_periods(["2019", "2019-07", "2019-07-01"])) == 3


def test_periods_side_by_side_are_not_nested():
    assert nested_periods(["2018", "2019-01", "2019-02", "2020-01-01", "2020-01-02"]) == []


def test_scope_rules_and_bases_name_known_words_and_no_scope_twice():
    for scopes in SCOPE_RULES.values():
        assert set(scopes) <= set(SCOPES)
        assert len(set(scopes)) == len(scopes)
    assert SCOPE_RULES["territorial"] == ("1",)
    assert SCOPE_RULES["scope_1_2"] == ("1", "2")
    assert SCOPE_RULES["scope_1_2_3"] == ("1", "2", "3")
    assert "all" in BASES
