"""Bands that hold what they say, and forecasts that do not depend on the unit of a series.

Cases in which figures were once wrong, rebuilt here.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.series import SeriesTable
from citycarbon.strategy.projection import back_test, forecast, forecast_outcomes, forecast_peak, series_check
from citycarbon.strategy.projection.series.bands import Known, grows_by_rates, past_coverage, spread_of
from citycarbon.strategy.projection.series.grey_models import fit_grey
from citycarbon.strategy.projection.series.models import MODELS, forecast_values
from citycarbon.strategy.projection.series.scores import crps

WALKS, KNOWN, AHEAD = 300, 40, 10
CHECKED = (1, 5, 10)


def table(columns: dict[str, np.ndarray], unit: str = "t", first: int = 1980) -> SeriesTable:
    rows = [
        (place, str(first + t), "co2", float(v), unit)
        for place, values in columns.items()
        for t, v in enumerate(values)
    ]
    return SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))


@pytest.fixture(scope="module")
def walks() -> np.ndarray:
    """Random walks of forty values, ten more to come."""
    return 500 + np.cumsum(np.random.default_rng(3).normal(0, 5, (WALKS, KNOWN + AHEAD)), axis=1)


def inside(made: pl.DataFrame, model: str, walks: np.ndarray, horizon: int) -> np.ndarray:
    rows = made.filter((pl.col("model") == model) & (pl.col("time") == str(1980 + KNOWN - 1 + horizon))).sort("place")
    came = walks[:, KNOWN - 1 + horizon]
    return (rows["low"].to_numpy() <= came) & (came <= rows["high"].to_numpy())


@pytest.fixture(scope="module")
def made(walks) -> dict[str, pl.DataFrame]:
    known = table({f"w{i:03d}": row[:KNOWN] for i, row in enumerate(walks)})
    asked = {"horizon": AHEAD, "draws": 1000, "processes": 1}
    return {
        "bootstrap": forecast(known, models="naive, drift, theta", **asked).to_polars(),
        "conformal": forecast(known, models="naive", intervals="conformal", **asked).to_polars(),
        "scores": back_test(known, models="theta", horizons="1, 3, 5", processes=1).to_polars(),
    }


@pytest.mark.parametrize("intervals", ["bootstrap", "conformal"])
@pytest.mark.parametrize("horizon", CHECKED)
def test_bands_of_the_model_that_made_a_walk_hold_nine_tenths(made, walks, intervals, horizon):
    """They held .81 one year ahead and .72 ten years ahead; by conformal ranks .78 and .51."""
    share = inside(made[intervals], "naive", walks, horizon).mean()
    assert share == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / WALKS))


@pytest.mark.parametrize("horizon", CHECKED)
def test_bands_of_the_model_that_the_back_test_chooses_hold_nine_tenths(made, walks, horizon):
    scores = made["scores"].group_by("place", "model").agg(pl.col("mase").mean())
    best = scores.sort("mase", "model").group_by("place", maintain_order=True).first().sort("place")["model"].to_list()
    assert len(set(best)) == 3
    held = {name: inside(made["bootstrap"], name, walks, horizon) for name in set(best)}
    share = np.mean([held[name][row] for row, name in enumerate(best)])
    assert share == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / WALKS))


def test_a_chance_of_a_past_peak_comes_true_as_often_as_said(walks):
    """Where it said 7 %, 28 % came true."""
    known = table({f"w{i:03d}": row[:KNOWN] for i, row in enumerate(walks)})
    found = forecast_peak(known, models="naive", horizon=AHEAD, draws=500, processes=1).to_polars()
    # The last of forty values is 2019.
    past = found.filter(pl.col("peak_time") <= "2019").group_by("place").agg(pl.col("probability").sum())
    said = dict(past.iter_rows())
    chances = np.array([said.get(f"w{i:03d}", 0.0) for i in range(WALKS)])
    really = walks.argmax(axis=1) < KNOWN
    low, high = chances < 0.6, chances >= 0.6
    assert min(low.sum(), high.sum()) >= 100
    for rows in (low, high):
        assert really[rows].mean() == pytest.approx(chances[rows].mean(), abs=0.10)


GT = np.array([8.0 + 8.2 * (t / 24) ** 1.3 + 0.15 * np.sin(1.7 * t) for t in range(25)])


@pytest.mark.parametrize("size", [1e9, 3.6e-7])
def test_a_forecast_does_not_depend_on_the_unit(size):
    """Theta gave 16.7447 Gt and 16,588,707,977 t for the same 25 years."""
    for model in (*MODELS, "seasonal-4"):
        assert forecast_values(model, GT * size, 3) / size == pytest.approx(forecast_values(model, GT, 3), rel=1e-9), (
            model
        )


def test_bands_scores_and_peaks_do_not_depend_on_the_unit():
    asked = {"models": "naive, theta, gm11, combination", "draws": 200, "processes": 1}
    small, large = table({"A": GT}, "Gt"), table({"A": GT * 1e9}, "t")
    numbers = ["value", "low", "lower", "upper", "high"]
    a = forecast(small, horizon=4, **asked).to_polars()
    b = forecast(large, horizon=4, **asked).to_polars()
    assert b.select(pl.col(numbers) / 1e9).to_numpy() == pytest.approx(
        a.select(numbers).to_numpy(), rel=1e-9, nan_ok=True
    )
    assert a["coverage"].to_list() == b["coverage"].to_list()
    assert (
        forecast_peak(small, horizon=6, **asked)
        .to_polars()
        .equals(forecast_peak(large, horizon=6, **asked).to_polars())
    )
    scores = ["mape", "mase", "crps", "coverage"]
    a, b = (
        back_test(each, models="theta", horizons="1").to_polars().select(scores).to_numpy() for each in (small, large)
    )
    assert a == pytest.approx(b, rel=1e-9)


def test_another_place_or_model_leaves_the_draws_of_the_first_as_they_are():
    alone = forecast(table({"B": GT}), models="drift", horizon=3, draws=200).to_polars()
    both = forecast(table({"A": GT[::-1], "B": GT}), models="naive, drift", horizon=3, draws=200).to_polars()
    kept = both.filter((pl.col("place") == "B") & (pl.col("model") != "naive"))
    assert kept.equals(alone.select(kept.columns))


@pytest.mark.parametrize("values", [np.zeros(30), np.full(30, 7.0), np.full(30, -7e9), np.arange(30.0) * 1e9 + 1])
def test_constant_zero_and_straight_series_are_answered(values):
    found = forecast(
        table({"A": values}), models="naive, drift, theta, ets, combination", horizon=2, processes=1
    ).to_polars()
    rows = found.filter(pl.col("scenario") == "projected")
    assert rows.height == 10
    drift = rows.filter(pl.col("model") == "drift")
    assert drift["value"].to_numpy() == pytest.approx(values[-1] + (values[1] - values[0]) * np.arange(1, 3))
    assert (drift["high"] - drift["low"]).to_numpy() == pytest.approx(0, abs=1e-9 * (np.abs(values).max() or 1))
    assert all("no width" in note for note in drift["note_en"])
    scores = back_test(table({"A": values}), models="theta", horizons="1").to_polars()
    assert scores.height == 3
    assert scores.filter(pl.col("mape").is_nan() | pl.col("mase").is_nan()).height == 0
    checks = series_check(table({"A": values})).to_polars()["check"].to_list()
    assert ("series.constant" in checks) == (np.ptp(values) == 0)


def test_zeros_between_values_and_values_below_zero_have_bands():
    generator = np.random.default_rng(4)
    for values in (np.where(generator.random(40) < 0.5, 0, generator.random(40)), generator.normal(0, 1, 40)):
        rows = forecast(table({"A": values}), models="naive, theta", horizon=3).to_polars().drop_nulls("low")
        assert rows.height == 6
        assert (rows["low"] < rows["value"]).all()
        assert (rows["value"] < rows["high"]).all()


@pytest.mark.parametrize("count", [1, 2, 19])
def test_a_past_that_is_too_short_is_refused(count):
    with pytest.raises(InputError) as caught:
        forecast(table({"A": GT[:count]}), models="naive")
    assert caught.value.problems[0].code == "series_short"


def test_a_past_too_short_to_see_what_bands_hold_is_told():
    found = forecast(table({"A": GT[:20]}), models="naive", horizon=2).to_polars().drop_nulls("low")
    assert found["coverage"].to_list() == [None, None]
    assert "too short" in found["note_en"][0]
    assert "历史过短" in found["note_zh"][0]


def test_a_band_that_held_too_little_is_told_in_every_answer():
    """Steps that grow by a third each year, up or down, outgrow every band of the years before."""
    signs = np.where(np.random.default_rng(5).random(40) < 0.5, -1, 1)
    values = 1000 + np.cumsum(signs * 1.33 ** np.arange(40))
    asked = {"models": "naive", "horizon": 6, "draws": 200}
    found = forecast(table({"A": values}), **asked).to_polars().drop_nulls("low")
    assert found["coverage"].max() < 0.8
    for made in (found, forecast_peak(table({"A": values}), **asked), forecast_outcomes(table({"A": values}), **asked)):
        rows = made.drop_nulls("note_en") if isinstance(made, pl.DataFrame) else made.to_polars()
        assert rows["note_en"].str.contains("too narrow in the past").all()
        assert rows["note_zh"].str.contains("区间过窄").all()


def test_drawn_errors_have_the_spread_that_was_fitted():
    """Margins of the paths are the bands: errors of one size at every horizon do not widen, those of a walk do."""
    generator = np.random.default_rng(6)
    for power in (0.0, 1.0):
        errors = generator.normal(0, 1, (400, 10)) * np.arange(1, 11) ** (power / 2)
        drawn = spread_of(errors).draws(4001, np.random.default_rng(1))
        assert drawn.shape == (4001, 10)
        sd = np.quantile(drawn, 0.95, axis=0) / 1.645 / 1.02
        assert sd == pytest.approx(np.arange(1, 11) ** (power / 2), rel=0.12)
        assert np.quantile(drawn, 0.5, axis=0) == pytest.approx(0, abs=0.02)
    assert spread_of(errors[:4]) is None


def test_errors_of_a_pattern_grow_by_cycles_and_count_as_few_where_they_go_together():
    """Bands of a pattern on a walk held .83 ten steps ahead: errors of one cycle were taken to grow within it."""
    generator = np.random.default_rng(9)
    alone = generator.normal(0, 1, (400, 12)) * np.sqrt(np.ceil(np.arange(1, 13) / 4))
    spread = spread_of(alone, period=4)
    drawn = spread.draws(8001, np.random.default_rng(1))
    sd = np.quantile(drawn, 0.95, axis=0) / 1.645 / 1.02
    assert sd == pytest.approx(np.sqrt(np.repeat([1, 2, 3], 4)), rel=0.07)
    assert sd[:4] == pytest.approx(sd[0], rel=0.03)
    together = np.convolve(generator.normal(0, 1, 403), np.full(4, 0.5), "valid")
    few = spread_of(np.repeat(together[:, None], 4, axis=1), period=4)
    assert spread.known == pytest.approx(400, rel=0.25)
    assert few.known == pytest.approx(100, rel=0.25)


def test_coverage_of_the_past_knows_only_the_past():
    """What comes later changes neither the share of what came before nor the quantiles that stood then."""
    errors = np.random.default_rng(7).normal(0, 1, (30, 4))
    later = errors.copy()
    later[20:] *= 50
    a, b = Known.of(errors).quantiles(2)[0], Known.of(later).quantiles(2)[0]
    assert a[:16] == pytest.approx(b[:16])
    assert a[16:] != pytest.approx(b[16:])
    assert past_coverage(errors)[1] == 25 * 4
    assert past_coverage(later)[0] < past_coverage(errors)[0]


def test_growth_by_rates_is_told_from_growth_by_steps():
    generator = np.random.default_rng(8)
    rates = sum(grows_by_rates(30 * np.exp(np.cumsum(generator.normal(0.05, 0.06, 40)))) for _ in range(50))
    steps = sum(grows_by_rates(60 + np.cumsum(generator.normal(1.5, 3, 40))) for _ in range(50))
    assert rates > 40
    assert steps < 15
    assert not grows_by_rates(np.array([1.0, 2, 0, 3, 4]))
    assert not grows_by_rates(-np.exp(np.arange(9.0)))


def test_a_weighted_score_is_that_of_repeated_values():
    assert crps(np.array([3.0, 1.0]), 2.0, np.array([0.75, 0.25])) == pytest.approx(crps(np.array([1.0, 3, 3, 3]), 2.0))


def test_a_pattern_comes_again():
    pattern = np.array([10.0, -5, 8, -13])
    values = 100 + 0.5 * np.arange(42) + pattern[np.arange(42) % 4]
    made = forecast_values("seasonal-4", values, 6)
    assert made == pytest.approx(100 + 0.5 * np.arange(42, 48) + pattern[np.arange(42, 48) % 4])
    with pytest.raises(InputError):
        forecast(table({"A": values}), models="seasonal-1")


@pytest.mark.parametrize("model", [name for name in MODELS if name not in ("lstm", "combination")])
@pytest.mark.parametrize("value", [5.0, 7e12, 1e-9])
def test_every_model_answers_a_series_of_one_value_by_that_value(model, value):
    """GM(1,1) lost all digits where a series does not grow, and forecast 0 for 5, 5, 5."""
    made = forecast_values(model, np.full(30, value), 3)
    assert made == pytest.approx([value] * 3, rel=1e-6)


def test_grey_models_of_a_series_that_hardly_grows_are_its_continuation():
    still = 5 + 1e-12 * np.arange(25)
    assert fit_grey(still).values(28)[-3:] == pytest.approx([5.0] * 3, rel=1e-9)
    assert (fit_grey(np.full(12, 5.0)).posterior_ratio, fit_grey(np.full(12, 5.0)).small_error_probability) == (
        0.0,
        1.0,
    )
    # Growth that is not small is as it was: 2.874 … of the textbooks.
    assert fit_grey(np.array([2.874, 3.278, 3.337, 3.390, 3.679])).values(6)[-1] == pytest.approx(3.75065581)


def test_a_grey_forecast_below_zero_is_none():
    spike = np.array([1e-6] * 29 + [1e6])
    assert np.isnan(forecast_values("gm11", spike, 3)).all()


def test_a_peak_is_not_stated_for_a_year_beyond_the_paths():
    """It told the chance up to the last year, 0.57, as the chance by 2090."""
    made = forecast_outcomes(
        table({"A": GT}), models="naive", horizon=10, by="2010, 2090", draws=200, processes=1
    ).to_polars()
    found = dict(made.select("item", "value").iter_rows())
    assert found["peak_by_2090"] is None
    assert found["peak_by_2010"] is not None


def test_months_in_a_series_of_years_are_told_as_months():
    monthly = SeriesTable(pl.DataFrame({"place": "A", "time": [f"20{y}-{m:02d}" for y in (20, 21) for m in range(1, 13)],
                                        "measure": "co2", "value": 1.0, "unit": "t"}))  # fmt: skip
    with pytest.raises(InputError) as caught:
        forecast(monthly, models="naive", processes=1)
    assert {item.code for item in caught.value.problems} == {"time_not_year"}
