"""Projections that start from an inventory: nothing is lost, rules are found, and what has none is named."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.series import SeriesTable
from citycarbon.core.tables import EmissionTable
from citycarbon.strategy.projection import inventory_lines, inventory_paths, project, simulate_outcomes
from citycarbon.strategy.projection.stocks.from_inventory import MoverTable
from citycarbon.strategy.projection.stocks.tables import PathTable


def emissions(*rows, **fixed) -> EmissionTable:
    base = {"place": "A", "time": "2020", "activity": "gas", "scope": "1", "gas": "CO2", "unit": "t"} | fixed
    return EmissionTable(pl.DataFrame([base | row for row in rows], infer_schema_length=None))


def movers(*rows) -> MoverTable:
    return MoverTable(pl.DataFrame(rows, schema=["sector", "activity", "formula"], orient="row"))


def drivers(**values) -> PathTable:
    rows = [
        (name, year, value) for name, pair in values.items() for year, value in zip(("2020", "2030"), pair, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=["driver", "time", "value"], orient="row")
    return PathTable(frame.with_columns(pl.col("value").cast(pl.Float64), pl.lit("1").alias("unit")))


ONES = drivers(people=(1, 1.1), heat=(1, 0.5), grid=(1, 0.2), trade=(1, 2), output=(1, 2), a=(1, 1), b=(1, 1), c=(1, 1))
ACCOUNT = emissions(
    {"sector": "buildings.homes", "value": 5.0},
    {"sector": "buildings.homes", "activity": "electricity", "scope": "2", "value": 3.0},
    {"sector": "buildings.shops", "value": 2.0, "place": "B"},
    {"sector": "land", "activity": "trees", "scope": "sink", "flow": "removal", "value": -1.0},
    {"sector": "waste", "gas": "CO2-biogenic", "value": 9.0},
    {"sector": "works", "value": None, "notation": "NE"},
)
RULES = movers(
    ("*", "*", "people"), ("buildings", "*", "people * heat"), ("buildings", "electricity|heat", "grid"),
    ("buildings.shops", "*", "trade"), ("land", "*", None),
)  # fmt: skip


def test_the_base_year_is_the_inventory_and_the_most_exact_rule_moves_it():
    lines = inventory_lines(ACCOUNT, RULES, ONES, year=2020)
    base = inventory_paths(ACCOUNT, year=2020)
    moved = drivers(people=(1, 1.1), heat=(1, 0.5), grid=(1, 0.2), trade=(1, 2))
    paths = PathTable(pl.concat([base.to_polars(), moved.to_polars()], how="diagonal"))
    made = project(paths, lines, start=2020, end=2030).to_polars()
    assert made.filter(pl.col("time") == "2020")["value"].sum() == pytest.approx(5 + 3 + 2 - 1, rel=1e-15)
    last = made.filter(pl.col("time") == "2030")
    value = {(sector, activity): v for sector, activity, v in last.select("sector", "activity", "value").iter_rows()}
    assert value == pytest.approx({
        ("buildings.homes", "gas"): 5 * 1.1 * 0.5, ("buildings.homes", "electricity"): 3 * 0.2, ("buildings.shops", "gas"): 4.0,
        ("land", "trees"): -1.0,
    })  # fmt: skip
    assert last.filter(pl.col("sector") == "land")["flow"].to_list() == ["removal"]


def test_places_may_be_added_up():
    lines = inventory_lines(ACCOUNT, RULES, ONES, year=2020, place="town").to_polars()
    assert lines["place"].unique().to_list() == ["town"]
    assert inventory_paths(ACCOUNT, year=2020, place="town").to_polars()["value"].sum() == 11.0


def test_what_has_no_rule_is_named_at_once():
    with pytest.raises(InputError) as caught:
        inventory_lines(ACCOUNT, movers(("buildings", "electricity", "grid")), ONES, year=2020)
    [problem] = caught.value.problems
    assert problem.code == "mover_missing"
    for name in ("buildings.homes · gas", "buildings.shops · gas", "land · trees"):
        assert name in problem.found


@pytest.mark.parametrize(("rules", "code"), [
    ([("buildings", "*", "a"), ("buildings", "*", "b"), ("*", "*", "c")], "row_duplicate"),
    ([("*", "*", "a + b")], "formula_wrong"),
    ([("*", "*", "a - b")], "formula_wrong"),
    ([("*", "*", " * a")], "formula_wrong"),
    ([("*", "*", "a * * b")], "formula_wrong"),
    ([("*", "*", "a * a")], "formula_wrong"),
])  # fmt: skip
def test_rules_that_contradict_or_cannot_be_read(rules, code):
    with pytest.raises(InputError) as caught:
        inventory_lines(ACCOUNT, movers(*rules), ONES, year=2020)
    assert {each.code for each in caught.value.problems} == {code}


def test_years_bases_and_signs():
    with pytest.raises(InputError) as caught:
        inventory_paths(ACCOUNT, year=2019)
    assert caught.value.problems[0].code == "period_wrong"
    both = emissions(
        {"sector": "s", "value": 1.0, "basis": "location"}, {"sector": "s", "value": 4.0, "basis": "market"}
    )
    assert inventory_paths(both, year=2020).to_polars()["value"].to_list() == [1.0]
    assert inventory_paths(both, year=2020, basis="market").to_polars()["value"].to_list() == [4.0]
    with pytest.raises(InputError) as caught:
        inventory_paths(emissions({"sector": "s", "value": 1.0, "basis": "location"}), year=2020, basis="both")
    assert caught.value.problems[0].code == "value_not_listed"


def test_a_name_with_strokes_stays_one_driver():
    odd = emissions({"sector": "iron/steel", "activity": "coke*2", "value": 1.0})
    lines = inventory_lines(odd, movers(("*", "*", "output")), ONES, year=2020)
    paths = pl.concat([inventory_paths(odd, year=2020).to_polars(), drivers(output=(1, 2)).to_polars()], how="diagonal")
    assert project(PathTable(paths), lines, start=2020, end=2030).to_polars()["value"].max() == 2.0


def outcome_notes(history, place="A"):
    only = emissions({"sector": "s", "value": 5.0})
    paths = pl.concat(
        [inventory_paths(only, year=2020).to_polars(), drivers(output=(1, 0.5)).to_polars()], how="diagonal"
    )
    rows = pl.DataFrame(
        {"place": place, "time": list(history), "measure": "gross", "value": list(history.values()), "unit": "t"}
    )
    made = simulate_outcomes(
        PathTable(paths), inventory_lines(only, movers(("*", "*", "output")), ONES, year=2020),
        history=SeriesTable(rows) if history else None, start=2020, end=2030, draws=10,
    )  # fmt: skip
    return made.to_polars()["note_en"][0]


def test_a_peak_says_what_of_the_past_it_has_not_seen():
    assert "2020, the first year, is the highest in 100% of draws" in outcome_notes({})
    assert "years without a figure could hold a higher one: 2012–2014, 2016–2019" in outcome_notes(
        {"2011": 4.0, "2015": 6.0}
    )
    assert "could hold" not in outcome_notes({str(year): 3.0 for year in range(2010, 2020)})


def test_history_of_another_place_is_not_left_out_silently():
    with pytest.raises(InputError) as caught:
        outcome_notes({"2019": 4.0}, place="a")
    assert caught.value.problems[0].code == "place_not_there"


def test_drivers_that_move_the_base_year_are_refused():
    """An income of 16 thousand instead of an index of 1 would multiply the inventory by sixteen."""
    for value in (16.0, 0.999):
        with pytest.raises(InputError) as caught:
            inventory_lines(ACCOUNT, movers(("*", "*", "people")), drivers(people=(value, 2)), year=2020)
        assert {each.code for each in caught.value.problems} == {"mover_base"}
        assert caught.value.problems[0].found == f"{value:.6g}"
    with pytest.raises(InputError) as caught:
        inventory_lines(ACCOUNT, movers(("*", "*", "people")), drivers(output=(1, 2)), year=2020)
    assert {each.code for each in caught.value.problems} == {"driver_missing"}
