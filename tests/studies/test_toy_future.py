"""The made-up cities: effects close, contributions add up, and chances are chances."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.data.examples import examples_folder
from citycarbon.studies.run import execute
from citycarbon.studies.service import validate


@pytest.fixture(scope="module")
def result():
    return validate(examples_folder() / "toy-future")


def test_effects_close_for_cities_together_and_apart(result):
    effects = result.tables["step_drivers"]
    totals = effects.filter(pl.col("factor") == "total")
    assert (totals["residual"].abs() < 1e-12).all()
    parts = (
        effects.filter(pl.col("part_of") == "all")
        .group_by("time", "factor", maintain_order=True)
        .agg(pl.col("value").sum())
    )
    whole = effects.filter(pl.col("part_of").is_null()).select("time", "factor", pl.col("value").alias("whole"))
    both = whole.join(parts, on=["time", "factor"], how="left")
    assert both["value"].to_list() == pytest.approx(both["whole"].to_list(), rel=1e-9, abs=1e-6)


def test_the_total_is_that_of_the_account(result):
    account = result.tables["emissions_co2e"].group_by("time").agg(pl.col("value").sum() / 1e3).sort("time")
    by_time = dict(account.iter_rows())
    for row in (
        result.tables["step_drivers"]
        .filter(pl.col("part_of").is_null() & (pl.col("factor") == "total"))
        .iter_rows(named=True)
    ):
        assert row["end"] == pytest.approx(by_time[row["time"]], rel=1e-9)
        assert row["start"] == pytest.approx(by_time[row["time_from"]], rel=1e-9)


def test_chances_add_to_one_and_never_fall(result):
    peak = result.tables["step_peak"]
    for _, part in peak.group_by("place", "model", maintain_order=True):
        assert part["probability"].sum() == pytest.approx(1.0)
        assert part["by_then"].is_sorted()
    assert result.tables["step_outcomes"].filter(pl.col("low") > pl.col("value")).is_empty()
    assert result.tables["step_outcomes"].filter(pl.col("high") < pl.col("value")).is_empty()


def test_a_break_in_growth_reaches_the_report(result):
    assert any(check.id.startswith("series.break") and check.severity == "caveat" for check in result.checks)


def test_feedback_of_the_price_holds_heat_down():
    """Lines take their drivers from the Vensim model: people × floor × heat × factor, and a levy lowers them."""
    run = execute(examples_folder() / "toy-future")
    rows = (
        run.tables["heat-with-feedback"].to_polars().filter((pl.col("place") == "valley") & (pl.col("time") == "2060"))
    )
    value = dict(rows.select("scenario", "value").iter_rows())
    model = run.tables["feedback"].to_polars().filter(pl.col("time") == "2060")
    for scenario in ("baseline", "low carbon"):
        of = dict(model.filter(pl.col("scenario") == scenario).select("driver", "value").iter_rows())
        expected = 900_000 * of["Floor per person"] * of["Heating per floor"] * 0.0561
        assert value[scenario] == pytest.approx(expected, rel=1e-9)
    assert value["low carbon"] < 0.9 * value["baseline"]
