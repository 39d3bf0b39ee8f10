"""Decoupling and STIRPAT against the printed cases of the specification, section 5, and panels against dummies.

Sources: Tapio (2005), bounds as closed in PMC10559243, table 3; noise-free recovery of coefficients, exact to 1e-8 as the
specification asks; fixed effects equal least squares with a dummy for each place (Frisch, Waugh and Lovell), to 1e-9.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.series import GroupTable, SeriesTable
from citycarbon.strategy.drivers import decoupling, stirpat

P = np.array([100, 102, 104.5, 106, 108.2, 110.9, 113, 115])
A = np.array([2, 2.15, 2.3, 2.42, 2.6, 2.71, 2.95, 3.1])
T = np.array([0.9, 0.87, 0.86, 0.83, 0.80, 0.79, 0.75, 0.74])


def panel(**measures) -> pl.DataFrame:
    """Rows of measures; an array is one place over years, a dictionary has an array a place."""
    rows = []
    for name, values in measures.items():
        for place, numbers in (values if isinstance(values, dict) else {"A": values}).items():
            rows += [(place, str(2000 + t), name, float(v), "u") for t, v in enumerate(numbers)]
    return pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row")


def test_stirpat_recovers_exact_coefficients():
    impact = np.exp(1.2) * P**0.8 * A**0.6 * T**0.9
    table = SeriesTable(panel(people=P, affluence=A, technology=T, impact=impact))
    made = stirpat(table, impact="impact", drivers="people, affluence, technology", model="ols").to_polars()
    assert made["value"].to_list()[:4] == pytest.approx([1.2, 0.8, 0.6, 0.9], abs=1e-8)


def test_auto_adds_ridge_where_drivers_go_together():
    impact = np.exp(1.2) * P**0.8 * A**0.6 * T**0.9
    table = SeriesTable(panel(people=P, affluence=A, technology=T, impact=impact))
    made = stirpat(table, impact="impact", drivers="people, affluence, technology").to_polars()
    assert made.filter(pl.col("term") == "ln people")["inflation"].to_list()[0] > 10
    assert set(made["model"]) == {"ols", "ridge"}


def test_turning_point_of_a_kuznets_curve():
    a = np.linspace(1, 9, 40)
    generator = np.random.default_rng(4)
    impact = np.exp(2 * np.log(a) - 0.5 * np.log(a) ** 2 + generator.normal(0, 0.01, 40))
    table = SeriesTable(panel(affluence=a, impact=impact))
    made = stirpat(table, impact="impact", drivers="affluence", quadratic="affluence", model="ols").to_polars()
    point = made.filter(pl.col("term") == "turning_point").row(0, named=True)
    assert point["low"] < np.exp(2.0) < point["high"]
    assert made.filter(pl.col("term") == "turning_point_inside")["value"].item() == 1


def test_fixed_effects_equal_dummies_and_find_the_truth():
    import statsmodels.api as sm

    generator = np.random.default_rng(3)
    places = [f"p{i}" for i in range(12)]
    people = {p: np.exp(generator.normal(3, 0.3, 15)) for p in places}
    wealth = {p: np.exp(generator.normal(1, 0.3, 15)) for p in places}
    impact = {
        p: np.exp(i * 0.2 + generator.normal(0, 0.02, 15)) * people[p] ** 0.9 * wealth[p] ** 0.4
        for i, p in enumerate(places)
    }
    table = SeriesTable(panel(people=people, wealth=wealth, impact=impact))
    made = stirpat(table, impact="impact", drivers="people, wealth", model="fixed_effects").to_polars()
    dummies = np.kron(np.eye(12), np.ones((15, 1)))
    x = np.column_stack([np.log(np.concatenate([each[p] for p in places])) for each in (people, wealth)])
    peer = sm.OLS(np.log(np.concatenate([impact[p] for p in places])), np.column_stack([x, dummies])).fit()
    assert made["value"].to_list()[:2] == pytest.approx(peer.params[:2].tolist(), rel=1e-9)
    for term, truth in zip(made.iter_rows(named=True), (0.9, 0.4), strict=False):
        assert abs(term["value"] - truth) < 4 * term["sd"]


@pytest.mark.parametrize(("emissions", "output", "elasticity", "state"), [
    (1.10, 1.25, 0.4, "weak decoupling"), (0.95, 1.05, -1.0, "strong decoupling"),
    (1.15, 1.10, 1.5, "expansive negative decoupling"), (0.85, 0.90, 1.5, "recessive decoupling"),
    (1.08, 1.10, 0.8, "weak decoupling"), (1.12, 1.10, 1.2, "expansive coupling"),
    (1.05, 0.95, -1.0, "strong negative decoupling"),
    (0.95, 0.90, 0.5, "weak negative decoupling"), (0.90, 0.90, 1.0, "recessive coupling"),
])  # fmt: skip
def test_states_of_tapio(emissions, output, elasticity, state):
    # Percentages as in the specification: multiplied by 100 first, so that 8 % over 10 % is exactly 0.8.
    c, g = np.array([100, round(100 * emissions, 6)]), np.array([100, round(100 * output, 6)])
    made = decoupling(SeriesTable(panel(co2=c, gdp=g))).to_polars().row(0, named=True)
    assert made["elasticity"] == pytest.approx(elasticity, abs=1e-12)
    assert made["state"] == state


def test_units_are_not_mixed_in_sums():
    """A sector in kt beside one in t would add up to nonsense."""
    rows = panel(co2=np.array([1.0, 2.0] * 6), gdp=np.array([1.0, 3.0] * 6))
    mixed = rows.with_columns(pl.when(pl.col("time") == "2003").then(pl.lit("kt")).otherwise("unit").alias("unit"))
    for method, given in ((decoupling, {}), (stirpat, {"drivers": "gdp"})):
        with pytest.raises(InputError) as caught:
            method(SeriesTable(mixed), **given)
        assert caught.value.problems[0].code == "measure_units"


def test_a_member_that_lacks_a_year_is_no_fall_of_its_group():
    both = {"p": np.array([1.0, 2, 4]), "q": np.array([1.0, 2, 3])}
    rows = panel(co2=both, gdp=both)
    groups = GroupTable(pl.DataFrame({"place": ["p", "q"], "group": "g"}))
    made = decoupling(SeriesTable(rows), groups).to_polars()
    assert made["emission_change"].to_list() == pytest.approx([1.0, 0.75])
    lacking = rows.filter(~((pl.col("place") == "q") & (pl.col("time") == "2002") & (pl.col("measure") == "co2")))
    with pytest.raises(InputError) as caught:
        decoupling(SeriesTable(lacking), groups)
    assert caught.value.problems[0].code == "series_gap"
