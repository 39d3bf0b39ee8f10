"""Spatial-element models: what they recover, what they refuse, and how wide they say to be."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.errors import InputError
from citycarbon.core.series import SeriesTable
from citycarbon.data.layers import Layer
from citycarbon.data.library.elements import ProxyTable
from citycarbon.strategy.projection.elements.importance import element_importance, element_response
from citycarbon.strategy.projection.elements.prediction import element_check, element_prediction
from citycarbon.strategy.projection.elements.sample_case import forty_places
from citycarbon.strategy.projection.elements.skill import element_skill
from citycarbon.strategy.projection.elements.spread import residuals_of

pytest.importorskip("sklearn")
SIDE = 30
PLACES = [f"p{i}" for i in range(SIDE * SIDE)]
X, Y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))


def town(curve, seed=1, noise=0.05):
    """Nine hundred cells: floor and road at random, emissions by a curve of both."""
    draws = np.random.default_rng(seed)
    floor, road = draws.gamma(2.0, 1000, SIDE * SIDE), draws.uniform(0, 500, SIDE * SIDE)
    value = curve(floor, road) * (1 + noise * draws.standard_normal(SIDE * SIDE))
    amounts = pl.concat([
        pl.DataFrame({"place": PLACES, "proxy": name, "value": each, "unit": unit})
        for name, each, unit in (("floor", floor, "m2"), ("road", road, "m"))
    ])  # fmt: skip
    boxes = shapely.box(100.0 * X.ravel(), 100.0 * Y.ravel(), 100.0 * X.ravel() + 100, 100.0 * Y.ravel() + 100)
    return (
        series(np.maximum(value, 0)),
        ProxyTable(amounts),
        Layer("cells", pl.DataFrame({"place": PLACES}), boxes, "EPSG:32650"),
    )


def series(values, **columns):
    rows = {"place": PLACES[: len(values)], "time": "2020", "measure": "co2e", "value": values, "unit": "t"}
    return SeriesTable(pl.DataFrame(rows | columns))


def straight(floor, road):
    return 0.05 * floor + 0.2 * road


def bent(floor, road):
    """What linear intensities cannot say: large buildings use more than their share, roads matter beside them only."""
    return 1e-5 * floor**2 + 1e-4 * floor * road


def codes(call, *given, **named):
    with pytest.raises(InputError) as caught:
        call(*given, **named)
    return [each.code for each in caught.value.problems]


def test_linear_town_is_recovered_and_richer_models_are_not_called_better():
    made = element_skill(*town(straight), block=500).to_polars()
    verdict = dict(made.select("model", "verdict").iter_rows())
    assert verdict["linear"] == "better"
    assert verdict["boosting"] != "better"
    assert verdict["network"] != "better"
    assert made.filter(pl.col("model") == "linear")["r2"][0] > 0.95


def test_a_bent_town_needs_a_richer_model():
    made = element_skill(*town(bent), block=500).to_polars()
    assert dict(made.select("model", "verdict").iter_rows())["boosting"] == "better"


def test_elements_without_meaning_have_no_skill_and_say_so():
    _, elements, cells = town(straight)
    chance = series(np.random.default_rng(5).gamma(1.0, 10.0, len(PLACES)))
    made = element_skill(chance, elements, cells, models="boosting", block=500).to_polars()
    assert made["verdict"].to_list()[1] != "better"
    assert made.filter(pl.col("model") == "boosting")["reference"][0] == "even", (
        "without linear, it is held against even"
    )
    found = element_check(chance, elements, cells, block=500).to_polars()
    assert found.filter(pl.col("check") == "elements.skill")["verdict"].to_list() == ["caveat"]


def test_neighbours_do_not_tell_a_place_its_value():
    """Emissions that are one number a block: blocked folds see no skill where the elements only number the cells of a block."""
    _, _, cells = town(straight)
    block = 5 * (X // 5).ravel() + 100 * (Y // 5).ravel()
    levels = np.random.default_rng(2).gamma(1.0, 10.0, 4000)[block]
    where = ProxyTable(pl.concat([
        pl.DataFrame({"place": PLACES, "proxy": name, "value": axis.ravel().astype(float), "unit": "m"})
        for name, axis in (("east", X), ("north", Y))
    ]))  # fmt: skip
    given = {"models": "boosting"}
    blocked = element_skill(series(levels), where, cells, block=500, **given).to_polars()["r2"][1]
    single = element_skill(series(levels), where, cells, block=100, **given).to_polars()["r2"][1]
    assert single > 0.5 > 0.1 > blocked


def test_intervals_hold_what_they_promise():
    made = element_skill(*town(straight, noise=0.3), models="linear", block=500).to_polars()
    assert made["inside"].to_list()[1] == pytest.approx(0.9, abs=0.03), "900 cells: two standard errors of 0.9 are 0.02"


@pytest.mark.parametrize("count", [20, 99, 1000])
def test_interval_of_alike_errors(count):
    errors = np.random.default_rng(3).standard_normal(count)
    low, high = residuals_of(np.full(count, 10.0), 10.0 + errors).around(np.array([10.0]))
    inside = np.mean((errors >= low - 10) & (errors <= high - 10))
    assert inside >= 0.9


def test_importance_finds_the_cause_and_response_its_slope():
    given = town(straight)
    made = element_importance(*given, model="linear", block=500).to_polars()
    assert made["element"].to_list() == ["floor", "road"]
    assert (made["low"] <= made["importance"]).all()
    response = element_response(*given, model="linear", grid_points=2, block=500).to_polars()
    floor = response.filter(pl.col("element") == "floor")
    slope = (floor["value"][1] - floor["value"][0]) / (floor["element_amount"][1] - floor["element_amount"][0])
    assert slope == pytest.approx(0.05, rel=0.02), "900 cells with 5 % noise"
    assert (response["low"] <= response["value"] + 1e-9).all()


def test_elements_that_say_the_same_are_told():
    evidence, elements, cells = town(straight)
    rows = elements.to_polars()
    twin = rows.filter(pl.col("proxy") == "floor").with_columns(pl.lit("floor again").alias("proxy"))
    made = element_importance(
        evidence, ProxyTable(pl.concat([rows, twin])), cells, model="linear", block=500
    ).to_polars()
    assert made["inflation"].null_count() == 3, "no number where one element tells another exactly"


def test_a_plan_is_predicted_inside_and_refused_outside():
    evidence, elements, cells = town(straight)
    plan = pl.DataFrame(
        {"place": ["p0", "new", "p2"], "proxy": "floor", "value": [2000.0, 1500.0, 60_000.0], "unit": "m2"}
    )
    given = {"plan_lists": "whole", "model": "linear", "block": 500}
    made = element_prediction(evidence, elements, cells, ProxyTable(plan), **given).to_polars()
    row = {each["place"]: each for each in made.iter_rows(named=True)}
    assert row["p0"]["value"] == pytest.approx(0.05 * 2000, rel=0.02)
    assert row["p0"]["low"] < row["p0"]["value"] < row["p0"]["high"]
    assert row["new"]["present"] == 0.0
    assert (row["p2"]["verdict"], row["p2"]["value"], row["p2"]["element"]) == ("outside", None, "floor")
    assert row["all"]["value"] is None, "no total without all of its parts"
    shown = element_prediction(evidence, elements, cells, ProxyTable(plan), outside="show", **given).to_polars()
    assert shown["value"].null_count() == 0
    assert shown.filter(pl.col("verdict") == "outside")["high"].null_count() == 2, "no interval where nothing is known"
    known = (
        element_prediction(evidence, elements, cells, ProxyTable(plan.head(2)), **given).to_polars().row(-1, named=True)
    )
    assert known["place"] == "all"
    assert known["low"] < known["value"] < known["high"]
    found = element_check(evidence, elements, cells, element_prediction(evidence, elements, cells, ProxyTable(plan), **given),
                          model="linear", block=500).to_polars()  # fmt: skip
    assert found["verdict"].to_list() == ["agrees", "agrees", "caveat"]
    assert "p2 (floor)" in found["explanation_en"][2]


def test_changes_keep_what_the_plan_does_not_list():
    evidence, elements, cells = town(straight)
    plan = ProxyTable(pl.DataFrame({"place": ["p0"], "proxy": ["floor"], "value": [2000.0], "unit": ["m2"]}))
    road = elements.to_polars().filter((pl.col("place") == "p0") & (pl.col("proxy") == "road"))["value"][0]
    both = {
        name: element_prediction(
            evidence, elements, cells, plan, plan_lists=name, model="linear", block=500
        ).to_polars()["value"][0]
        for name in ("whole", "changes")
    }
    assert both["changes"] - both["whole"] == pytest.approx(0.2 * road, rel=0.05)
    nothing = plan.to_polars().with_columns(value=pl.lit(0.0))
    gone = element_prediction(
        evidence, elements, cells, ProxyTable(nothing), plan_lists="changes", model="linear", block=500
    )
    assert gone.to_polars()["value"][0] == pytest.approx(0.2 * road, rel=0.05), "a listed zero is a change"


def test_what_cannot_be_learnt_is_refused():
    evidence, elements, cells = town(straight)
    rows = evidence.to_polars()
    assert codes(element_skill, evidence, elements, cells, models="forest") == ["value_not_listed"]
    assert codes(element_skill, evidence, elements, cells, measure="nox") == ["value_not_listed"]
    assert codes(element_skill, evidence, elements, cells, block=0) == ["parameter_wrong"]
    assert codes(element_skill, evidence, elements, cells, block=1e6) == ["too_few_places"]
    assert codes(element_skill, SeriesTable(rows.head(12)), elements, cells, block=100) == ["too_few_places"]
    low = SeriesTable(rows.with_columns(pl.when(pl.col("place") == "p3").then(-1.0).otherwise("value").alias("value")))
    assert codes(element_skill, low, elements, cells) == ["value_out_of_range"]
    twice = SeriesTable(pl.concat([rows, rows.with_columns(time=pl.lit("2021"))]))
    assert codes(element_skill, twice, elements, cells) == ["parameter_missing"]
    assert element_skill(twice, elements, cells, time="2021", models="linear", block=500).to_polars()["r2"][1] > 0.9
    mixed = SeriesTable(rows.with_columns(unit=pl.when(pl.col("place") == "p3").then(pl.lit("kt")).otherwise("unit")))
    assert codes(element_skill, mixed, elements, cells) == ["measure_units"]
    amounts = elements.to_polars()
    none = ProxyTable(amounts.with_columns(value=pl.when(pl.col("proxy") == "road").then(0.0).otherwise("value")))
    assert codes(element_skill, evidence, none, cells) == ["proxy_zero"]
    degrees = Layer("cells", cells.rows, cells.geometry, "EPSG:4326")
    assert codes(element_skill, evidence, elements, degrees) == ["layer_in_degrees"]


def test_a_plan_of_other_elements_or_units_is_refused():
    given = forty_places()
    for proxy, unit, code in (("towers", "1", "value_not_listed"), ("floor", "ha", "unit_mixed")):
        plan = ProxyTable(pl.DataFrame({"place": ["c0"], "proxy": [proxy], "value": [1.0], "unit": [unit]}))
        assert codes(element_prediction, *given, plan, plan_lists="whole", model="linear", block=200) == [code]
    plan = ProxyTable(pl.DataFrame({"place": ["c0"], "proxy": ["floor"], "value": [1.0], "unit": ["m2"]}))
    assert codes(element_prediction, *given, plan, plan_lists="some", block=200) == ["value_not_listed"]


def test_places_without_evidence_teach_nothing():
    evidence, elements, cells = town(straight)
    half = SeriesTable(evidence.to_polars().filter(pl.int_range(pl.len()) % 2 == 0))
    made = element_skill(half, elements, cells, models="linear", block=500).to_polars()
    assert made["places"].to_list() == [450.0, 450.0]
    assert made["r2"][1] > 0.9, "absent is not zero"


def test_the_sum_of_few_places_is_less_sure_than_that_of_many():
    evidence, elements, cells = town(straight, noise=0.3)
    floor = elements.to_polars().filter(pl.col("proxy") == "floor")
    width = {}
    for count in (2, 25, 225):
        plan = ProxyTable(floor.head(count))
        made = element_prediction(evidence, elements, cells, plan, plan_lists="changes", model="linear", block=500)
        row = made.to_polars().row(-1, named=True)
        width[count] = (row["high"] - row["low"]) / row["value"]
    assert width[2] > 2 * width[25] > 4 * width[225] > 0
    # Errors of 30 % that do not go together: 90 % of the sums of 25 places lie within 1.645 x 2 x 0.3 / 5 or so, sizes differing.
    assert width[25] == pytest.approx(1.645 * 2 * 0.3 / 5, rel=0.5)
