"""Intensities are total over total; what has no or two denominators is refused."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError
from citycarbon.core.tables import DenominatorTable, EmissionTable
from citycarbon.inventory.accounting.intensity import intensity

Make = Callable[..., EmissionTable]


def below(*rows: tuple[str, str, str, float, str]) -> DenominatorTable:
    return DenominatorTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))


PERSONS = ("a", "2020", "population", 4.0, "person")


def found(table: object) -> dict[str, float]:
    return dict(table.to_polars().select("sector", "value").iter_rows())


def test_total_over_total(emissions: Make) -> None:
    made = intensity(emissions([3.0, 1.0], sector=["home", "road"]), below(PERSONS))
    assert found(made) == {"home": 0.75, "road": 0.25, "total": 1.0}
    assert made.to_polars()["unit"].unique().to_list() == ["t/person"]


def test_several_measures_and_units(emissions: Make) -> None:
    made = intensity(emissions([8.0]), below(PERSONS, ("a", "2020", "floor_area", 2.0, "m^2"))).to_polars()
    whole = made.filter(pl.col("sector") == "total").select("measure", "value", "unit").sort("measure").rows()
    assert whole == [("floor_area", 4.0, "t/m^2"), ("population", 2.0, "t/person")]


def test_a_compound_denominator_is_bracketed(emissions: Make) -> None:
    made = intensity(emissions([8.0]), below(("a", "2020", "use", 2.0, "m^2*a"))).to_polars()
    assert made["unit"].unique().to_list() == ["t/(m^2*a)"]


def test_months_use_the_denominator_of_their_year(emissions: Make) -> None:
    made = intensity(emissions([2.0, 6.0], time=["2020-01", "2020-02"]), below(PERSONS)).to_polars()
    rows = made.filter(pl.col("sector") == "total").select("time", "value").rows()
    assert rows == [("2020-01", 0.5), ("2020-02", 1.5)]


def test_bases_stay_apart(emissions: Make) -> None:
    table = emissions([4.0, 2.0], basis=["location", "market"], scope="2")
    made = intensity(table, below(PERSONS)).to_polars().filter(pl.col("sector") == "total")
    assert dict(made.select("basis", "value").iter_rows()) == {"location": 1.0, "market": 0.5}


def test_scopes_follow_a_named_rule(emissions: Make) -> None:
    table = emissions([4.0, 2.0, 2.0], scope=["1", "2", "3"])
    for rule, expected in {"territorial": 1.0, "scope_1_2": 1.5, "scope_1_2_3": 2.0}.items():
        assert found(intensity(table, below(PERSONS), scopes=rule))["total"] == expected


def test_the_error_is_divided_too(emissions: Make) -> None:
    made = intensity(emissions([8.0], sd=[2.0]), below(PERSONS)).to_polars()
    assert made["sd"].to_list() == [0.5, 0.5]


def test_a_place_and_year_without_denominator_is_refused(emissions: Make) -> None:
    with pytest.raises(CoverageError) as caught:
        intensity(emissions([1.0, 1.0, 1.0], place=["a", "b", "a"], time=["2020", "2020", "2021"]), below(PERSONS))
    assert [(p.code, p.found) for p in caught.value.problems] == [
        ("denominator_missing", "a, 2021"), ("denominator_missing", "b, 2020"),
    ]  # fmt: skip


def test_nobody_is_no_denominator(emissions: Make) -> None:
    with pytest.raises(CoverageError):
        intensity(emissions([1.0]), below(("a", "2020", "population", 0.0, "person")))


def test_less_than_one_is_a_denominator(emissions: Make) -> None:
    assert found(intensity(emissions([1.0]), below(("a", "2020", "output", 0.5, "CNY"))))["total"] == 2.0


def test_two_figures_of_one_measure_are_refused(emissions: Make) -> None:
    with pytest.raises(DoubleCountError) as caught:
        intensity(emissions([1.0]), below(PERSONS, ("a", "2020", "population", 5.0, "person")))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("row_duplicate", "a, 2020, population")


def test_different_gases_are_not_divided_together(emissions: Make) -> None:
    made = intensity(emissions([4.0, 1.0], gas=["CO2", "CH4"]), below(PERSONS)).to_polars()
    assert made.filter(pl.col("sector") == "total").select("gas", "value").sort("gas").rows() == [
        ("CH4", 0.25),
        ("CO2", 1.0),
    ]
