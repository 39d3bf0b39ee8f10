"""National CO2 of three countries: drivers close on the published series, and the back-test says what the documentation says."""

from __future__ import annotations

import os

import polars as pl
import pytest

from citycarbon.data import datasets
from citycarbon.data.examples import examples_folder
from citycarbon.studies.service import validate


@pytest.fixture(scope="module")
def result():
    if datasets.missing_files("national_timeseries") and not os.environ.get("CI"):
        pytest.skip("data set national_timeseries is not at hand")
    return validate(examples_folder() / "china")


def test_totals_are_those_of_the_global_carbon_budget(result):
    """11,472,369,170 t for China in 2021, as its file has it."""
    rows = result.tables["emissions"].filter((pl.col("place") == "CN") & (pl.col("time") == "2021"))
    assert rows["value"].to_list() == [11472369170.0]
    assert result.meta["yearly"]


def test_effects_by_five_year_plan_close_and_add_up(result):
    effects = result.tables["step_drivers"]
    totals = effects.filter(pl.col("factor") == "total")
    assert totals.height == 3 * 11
    assert (totals["residual"].abs() < 1e-12).all()
    china = effects.filter((pl.col("place") == "CN") & (pl.col("time_from") == "2000"))
    value = dict(china.select("factor", "value").iter_rows())
    assert value["gdp / population"] > value["energy / gdp"] > value["population"] > 0 > value["co2 / energy"]
    assert sum(v for k, v in value.items() if k != "total") == pytest.approx(value["total"], rel=1e-12)


def test_the_documentation_says_what_the_back_test_found(result):
    scores = result.tables["step_back-test"].filter(pl.col("verdict") != "baseline")
    assert scores.height == 108
    better = scores.filter(pl.col("verdict") == "better than naive")
    assert better.select("place", "model", "horizon").rows() == [("IN", "ets", 1.0)]
    assert "one of 108 comparisons" in (examples_folder().parent / "docs" / "decide.md").read_text("utf-8").replace(
        "\n", " "
    )
    assert set(scores["horizon"]) == {1.0, 3.0, 5.0, 10.0}
    assert (scores["origins"] >= 43).all()


def test_peak_statements_have_intervals_and_say_what_they_rest_on(result):
    said = result.tables["step_outcomes"]
    assert said["note_en"].str.contains("no plans and measures").all()
    chances = said.filter(pl.col("item").str.starts_with("peak_by"))
    assert (chances["high"] - chances["low"] > 0.1).all()
    american = said.filter((pl.col("place") == "US") & (pl.col("item") == "peak_year"))
    assert american["value"].to_list() == [2005.0] * american.height
