"""The method record: what the faces read off a plain function, and that calling it calls the function."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from typing import Literal

import polars as pl
import pytest

from citycarbon.core.method import MISSING, Method, method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable


@method(
    id="inventory.test.sample",
    gives=EmissionTable,
    equation="E = AD · EF",
    source="some_source",
    status="experimental",
    title=("Sample", "样例"),
    version=3,
)
def sample(
    activity: ActivityTable,
    factors: FactorTable | None,
    places: PlaceTable | None = None,
    *,
    weight: float = 0.5,
    basis: Literal["location", "market"] = "location",
    years: Sequence[int] = (),
    undocumented: str = "x",
) -> tuple[object, ...]:
    """Account a sample
    over two lines.

    More text that is no summary.

    Parameters
    ----------
    activity
        Fuel burnt [t].
    factors
        Factors of
        each fuel.
    weight
        [1] weight of the margin.
    years
        [a] years, in order.
    """
    return activity, factors, places, weight, basis, years, undocumented


def test_calling_the_method_calls_its_function():
    table = ActivityTable(
        pl.DataFrame(
            {"place": ["a"], "time": ["2020"], "sector": ["s"], "activity": ["x"], "value": [1.0], "unit": ["t"]}
        )
    )
    assert sample(table, None, weight=0.7) == (table, None, None, 0.7, "location", (), "x")


def test_it_reads_like_its_function():
    assert sample.__doc__ == sample.function.__doc__
    assert sample.__name__ == "sample"
    assert sample.__module__ == __name__
    assert inspect.signature(sample) == inspect.signature(sample.function)


def test_its_record_says_what_was_declared():
    assert (sample.id, sample.gives, sample.equation) == ("inventory.test.sample", EmissionTable, "E = AD · EF")
    assert (sample.source, sample.status, sample.version) == ("some_source", "experimental", 3)
    assert sample.label() == "Sample"
    assert sample.label("zh") == "样例"


def test_a_method_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        sample.version = 4


def test_the_version_is_one_unless_raised():
    made = method(id="x", gives=EmissionTable, equation="", source="", status="validated", title=("", ""))(lambda: None)
    assert isinstance(made, Method)
    assert made.version == 1


def test_the_summary_is_the_first_sentence_on_one_line():
    assert sample.summary == "Account a sample over two lines."


def test_tables_are_found_also_where_they_are_optional():
    assert sample.takes == (ActivityTable, FactorTable, PlaceTable)
    found = {item.name: item for item in sample.parameters}
    assert [name for name, item in found.items() if item.table] == ["activity", "factors", "places"]
    assert not found["activity"].optional
    assert found["activity"].default is MISSING
    assert found["factors"].optional  # None is allowed though there is no default
    assert found["places"].optional
    assert found["places"].default is None


def test_parameters_keep_their_order_and_read_unit_and_meaning_from_the_docstring():
    assert [item.name for item in sample.parameters] == [
        "activity", "factors", "places", "weight", "basis", "years", "undocumented",
    ]  # fmt: skip
    found = {item.name: item for item in sample.parameters}
    assert (found["weight"].unit, found["weight"].meaning) == ("1", "weight of the margin.")
    assert (found["weight"].kind, found["weight"].default) == (float, 0.5)
    assert (found["years"].unit, found["years"].meaning) == ("a", "years, in order.")
    assert found["factors"].meaning == "Factors of each fuel."
    assert found["weight"].optional
    assert found["activity"].unit == ""  # a unit stands first, in square brackets
    assert (found["undocumented"].unit, found["undocumented"].meaning) == ("", "")


def test_a_literal_becomes_a_choice_of_words():
    basis = next(item for item in sample.parameters if item.name == "basis")
    assert (basis.kind, basis.choices, basis.default) == (str, ("location", "market"), "location")
    assert all(item.choices == () for item in sample.parameters if item.name != "basis")


def test_a_parameterised_type_shows_its_origin():
    years = next(item for item in sample.parameters if item.name == "years")
    assert years.kind is Sequence
    assert years.table is None
