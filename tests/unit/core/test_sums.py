"""What may be added: scenario, basis and metric never, a year never with its months, a code never with what is part of it."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError
from citycarbon.core.series import SeriesTable, chosen_scenario
from citycarbon.core.sums import added, check_parts, largest, whole, yearly

ROW = {"place": "a", "time": "2022", "sector": "homes", "unit": "t", "scenario": "observed", "value": 1.0}
PLACES = CodeList("places", {"city": None, "a": "city", "b": "city"})


def rows(*changes):
    return pl.DataFrame([ROW | change for change in changes])


def refused(call, *arguments, **more):
    with pytest.raises(InputError) as caught:
        call(*arguments, **more)
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scenario": "low"}, "sum_alternatives"),
        ({"time": "2022-01"}, "sum_parent_child"),
        ({"time": "2022-01-31"}, "sum_parent_child"),
        ({"unit": "kg"}, "unit_mixed"),
    ],
)
def test_what_is_no_part_is_refused_unless_it_is_kept_apart(change, code):
    both = rows({}, change)
    assert refused(added, both, ["place"]) == [code]
    assert refused(whole, both) == [code]
    assert added(both, ["place", *change]).height == 2


def test_a_place_is_not_added_to_what_contains_it():
    both = rows({}, {"place": "city"})
    assert refused(added, both, ["time"], codes={"place": PLACES}) == ["sum_parent_child"]
    assert added(both, ["time"])["value"].to_list() == [2.0]
    assert added(rows({}, {"place": "b"}), ["time"], codes={"place": PLACES})["value"].to_list() == [2.0]


def test_only_rows_of_one_sum_are_held_against_each_other():
    both = rows(
        {"sector": "homes"},
        {"sector": "shops", "time": "2022-01"},
        {"sector": "shops", "scenario": "low", "time": "2022-01"},
    )
    assert refused(check_parts, both, ["sector"]) == ["sum_alternatives"]
    check_parts(both.head(2), ["sector"])


def test_every_clash_is_told_at_once():
    both = rows({}, {"scenario": "low", "unit": "kg", "time": "2022-07"})
    assert refused(check_parts, both) == ["sum_alternatives", "unit_mixed", "sum_parent_child"]


def test_rows_for_every_basis_belong_to_each():
    mixed = rows({"basis": "all"}, {"basis": "location"})
    assert whole(mixed) == 2.0
    assert refused(whole, rows({"basis": "market"}, {"basis": "location"})) == ["sum_alternatives"]


def test_no_number_is_no_zero():
    bare = pl.DataFrame([ROW | {"value": None}, ROW | {"place": "b"}], schema_overrides={"value": pl.Float64})
    assert added(bare, ["place"])["value"].to_list() == [None, 1.0]


def test_scopes_add_by_a_rule_only():
    both = rows({"scope": "1"}, {"scope": "3"})
    assert refused(added, both, ["place"]) == ["sum_scope"]
    assert added(both, ["place"], scopes="scope_1_2")["value"].to_list() == [1.0]


def test_the_largest_of_years_is_no_sum_of_them():
    assert largest(rows({}, {"time": "2023", "value": -5.0}), ["time"]) == -5.0
    assert largest(rows({}).clear(), ["time"]) == 0.0


def test_months_become_their_year_and_never_stand_beside_it():
    months = yearly(rows({"time": "2022-01"}, {"time": "2022-02"}))
    assert added(months, ["time"]).rows() == [("2022", 2.0)]
    assert refused(yearly, rows({}, {"time": "2022-01"})) == ["sum_parent_child"]


@pytest.mark.parametrize(
    "change",
    [{"time": "2020-03"}, {"sector": "homes"}, {"activity": "gas"}],
    ids=["a year and its month", "all sectors and one", "all activities and one"],
)
def test_a_series_holds_no_whole_beside_its_part(change):
    row = {"place": "a", "time": "2020", "measure": "co2", "value": 1.0, "unit": "t"}
    table = SeriesTable(pl.DataFrame([row | {"sector": "all", "activity": "all"} | each for each in ({}, change)]))
    assert refused(chosen_scenario, table.to_polars()) == ["sum_parent_child"]
