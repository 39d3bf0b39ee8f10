"""Series that cannot be forecast are told so; what can be is forecast the same however the work is shared."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.series import SeriesTable
from citycarbon.strategy.projection import back_test, forecast, forecast_peak, grey, series_check
from citycarbon.strategy.projection.outcomes import peak_outcomes, peak_rows
from citycarbon.strategy.projection.series import origins as rolling
from citycarbon.strategy.projection.series.models import forecasts_of


def series(values, first: int = 1990, place: str = "A") -> SeriesTable:
    rows = [(place, str(first + t), "co2", float(v), "t") for t, v in enumerate(values) if v is not None]
    return SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))


GROWING = [100 * 1.03**t * (1 + 0.01 * np.sin(3 * t)) for t in range(30)]


@pytest.mark.parametrize(("values", "code"), [
    ([1, 2, 3], "series_short"), ([*GROWING[:20], None, *GROWING[21:]], "series_gap"),
])  # fmt: skip
def test_short_and_broken_series_are_refused(values, code):
    for method in (back_test, forecast, forecast_peak):
        with pytest.raises(InputError) as caught:
            method(series(values), models="naive, gm11")
        assert caught.value.problems[0].code == code


def test_grey_models_need_values_above_zero():
    with pytest.raises(InputError) as caught:
        grey(series([3, 2, 1, 0, 1]))
    assert caught.value.problems[0].code == "series_not_positive"
    assert "1993" in caught.value.problems[0].where.text()


def test_models_that_a_series_does_not_suit_give_nothing_and_say_so():
    values = np.array([5.0, 3, 1, -1, -2, -4, -5, -7, -8, -9, -11, -13, -14, -16, -18, -19, -21, -22])
    made = forecasts_of(("naive", "gm11"), values, 3, 1)
    assert np.isfinite(made["naive"]).all()
    assert np.isnan(made["gm11"]).all()
    scores = back_test(series(values), models="gm11", horizons="1", first=10).to_polars()
    assert scores.filter(pl.col("model") == "gm11")["verdict"].to_list() == ["no forecast"]


@pytest.mark.parametrize("given", [
    {"models": "crystal ball"}, {"models": ""}, {"horizons": "0"}, {"horizons": "one"}, {"first": 2},
])  # fmt: skip
def test_wrong_parameters_are_told(given):
    with pytest.raises(InputError):
        back_test(series(GROWING), **given)


def test_bands_hold_their_share_and_widen():
    generator = np.random.default_rng(1)
    values = 100 * np.exp(np.cumsum(generator.normal(0.02, 0.03, 60)))
    for intervals in ("bootstrap", "conformal"):
        made = forecast(series(values), models="drift", horizon=8, first=20, intervals=intervals).to_polars()
        band = made.filter(pl.col("model") == "drift")
        width = (band["high"] - band["low"]).to_numpy()
        assert (band["low"] <= band["lower"]).all()
        assert (band["upper"] <= band["high"]).all()
        assert width[-1] > 1.5 * width[0]


def test_scenarios_are_not_mixed():
    two = pl.concat([
        series(GROWING).to_polars(), series(GROWING).to_polars().with_columns(pl.lit("other").alias("scenario")),
    ])  # fmt: skip
    with pytest.raises(InputError) as caught:
        back_test(SeriesTable(two), models="naive")
    assert caught.value.problems[0].code == "scenario_needed"
    assert back_test(SeriesTable(two), models="naive", scenario="other", horizons="1").to_polars().height == 2


def test_other_processes_give_the_same(monkeypatch):
    table = SeriesTable(
        pl.concat([series(np.array(GROWING) * (1 + i / 7), place=f"p{i}").to_polars() for i in range(3)])
    )
    monkeypatch.setattr(rolling, "_known", {})
    alone = back_test(table, models="arima", horizons="1", first=12, processes=1).to_polars()
    monkeypatch.setattr(rolling, "_known", {})
    shared = back_test(table, models="arima", horizons="1", first=12, processes=2).to_polars()
    assert alone.equals(shared)


def test_a_peak_needs_five_years_after_it():
    years = [str(2000 + t) for t in range(11)]
    up = np.arange(11.0)
    early, late, never = up.copy(), up.copy(), up.copy()
    early[5] = 50  # 2005, five years before the end
    late[6] = 50  # 2006, four years before the end
    found = peak_rows(np.array([early, late, never]), years, {"place": "A", "measure": "co2"})
    assert found["peak_time"].to_list() == ["2005", "later"]
    assert found["probability"].to_list() == pytest.approx([1 / 3, 2 / 3])
    said = dict(
        peak_outcomes(np.array([early, early, late]), years, "t", {}, [2004, 2005]).select("item", "value").iter_rows()
    )
    assert said["peak_year"] == 2005
    assert said["peak_level"] == 50
    assert said["peak_by_2004"] == 0
    assert said["peak_by_2005"] == pytest.approx(2 / 3)


def test_checks_of_a_quiet_series_agree():
    made = series_check(series(GROWING)).to_polars()
    assert made["verdict"].to_list() == ["agrees", "agrees"]
    zero = series_check(series([0, *GROWING])).to_polars()
    assert "series.zero" in zero["check"].to_list()


def test_a_sector_that_lacks_a_year_is_no_fall_of_the_sum():
    """The sum of sectors would fall by a half in 2001 and nobody would see why."""
    rows = [("A", str(1990 + t), s, "co2", 50.0 + t, "t") for t in range(25) for s in ("works", "homes")]
    rows = [row for row in rows if row[1:3] != ("2001", "homes")]
    table = SeriesTable(
        pl.DataFrame(rows, schema=["place", "time", "sector", "measure", "value", "unit"], orient="row")
    )
    for method in (back_test, forecast, series_check):
        with pytest.raises(InputError) as caught:
            method(table)
        assert caught.value.problems[0].code == "series_gap"
        assert "homes · 2001" in caught.value.problems[0].where.text()


def test_no_series_vanishes_from_a_forecast():
    """Grey models suit one of two places; the other is told and not left out."""
    low = series([5 - t for t in range(30)], place="B").to_polars()
    table = SeriesTable(pl.concat([series(GROWING).to_polars(), low]))
    with pytest.raises(InputError) as caught:
        forecast(table, models="gm11")
    assert [each.code for each in caught.value.problems] == ["forecast_none"]
    assert "B" in caught.value.problems[0].where.text()


def test_a_longer_question_keeps_the_answer_to_the_shorter():
    """Forecasts of the first steps do not depend on how many are asked for, so that one fit serves every horizon."""
    from citycarbon.strategy.projection.series.models import MODELS, forecast_values

    values = np.array([100 * 1.03**t * (1 + 0.02 * ((7 * t) % 5 - 2)) for t in range(30)])
    for model in MODELS:
        short, long_ = forecast_values(model, values, 3), forecast_values(model, values, 10)
        assert long_[:3] == pytest.approx(short, rel=1e-12), model


def test_the_lstm_learns_a_pattern_and_repeats_itself():
    """Growth that alternates is learnt: the net beats drift by far. The same seed gives the same numbers."""
    pytest.importorskip("jax")
    from citycarbon.strategy.projection.series.models import forecast_values

    values = 100 * np.exp(np.cumsum([0.06 if t % 2 else -0.04 for t in range(41)]))
    known, came = values[:38], values[38:]
    made = forecast_values("lstm", known, 3)
    drift = forecast_values("drift", known, 3)
    assert np.abs(made / came - 1).max() < 0.4 * np.abs(drift / came - 1).max()
    assert made.tolist() == forecast_values("lstm", known, 3).tolist()


def test_an_lstm_stands_beside_the_others_where_it_is_named():
    pytest.importorskip("jax")
    from citycarbon.strategy.projection.series.models import check_models

    assert "lstm" not in check_models("all")
    values = [100 * 1.02**t * (1 + 0.01 * ((7 * t) % 5 - 2)) for t in range(26)]
    made = back_test(series(values), models="lstm, theta", horizons="1", first=22).to_polars()
    row = made.filter(pl.col("model") == "lstm").row(0, named=True)
    assert row["origins"] == 4
    assert row["mape"] > 0
