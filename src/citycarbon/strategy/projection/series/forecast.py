"""Forecasts of series with intervals, and the peak that they imply.

Comes in: series by year. Goes out: forecasts with bands, and the chance of a peak by year. Not for: which model to trust
(``back_test``), nor stocks and measures (``citycarbon.strategy.projection.stocks``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.series import Floats, SeriesTable
from citycarbon.core.tables import OBSERVED
from citycarbon.strategy.projection.outcomes import (
    BandTable,
    OutcomeTable,
    PeakTable,
    band_rows,
    peak_outcomes,
    peak_rows,
)
from citycarbon.strategy.projection.series.models import check_models, forecasts_of
from citycarbon.strategy.projection.series.origins import roll_all
from citycarbon.strategy.projection.series.yearly import Yearly, yearly_series

INTERVALS = ("bootstrap", "conformal")
_LEAST_ERRORS = 5
_LEAST_BLOCKS = 10
_BLOCK = 5
"""Longest run of errors that is drawn whole [steps]: business cycles are about as long, and a history of fifty years still holds
enough different runs."""
DEFAULT = "naive, drift, theta, ets, arima, gm11, mngm, combination"


@dataclass(frozen=True)
class _Paths:
    """Forecast of one series by one model: point forecasts (horizon,) and drawn paths (draws, horizon)."""

    each: Yearly
    model: str
    point: Floats
    draws: Floats

    @property
    def times(self) -> list[str]:
        last = self.each.years[-1]
        return [str(last + self.each.step * (k + 1)) for k in range(len(self.point))]

    @property
    def labels(self) -> dict[str, str]:
        return {"place": self.each.place, "measure": self.each.measure, "model": self.model, "scenario": "projected"}

    def with_history(self) -> tuple[Floats, list[str]]:
        """Paths that begin with the observed values."""
        past = np.broadcast_to(self.each.values, (len(self.draws), len(self.each.values)))
        return np.concatenate([past, self.draws], axis=1), [*map(str, self.each.years), *self.times]


@method(
    id="strategy.projection.series.forecast",
    gives=BandTable,
    equation="y_{T+h} = ŷ_{T+h} (1 + e_{o,h}), o drawn from past origins, whole runs of errors at once",
    source="hyndman_athanasopoulos_2021",
    status="experimental",
    title=("Forecast of a series", "时间序列预测"),
)
def forecast(
    series: SeriesTable,
    *,
    measure: str | None = None,
    models: str = DEFAULT,
    horizon: int = 10,
    intervals: str = "bootstrap",
    first: int = 15,
    draws: int = 2000,
    seed: int = 1,
    processes: int = 0,
    scenario: str | None = None,
) -> BandTable:
    """Forecast each series by several models, with bands from the errors that the models made on past origins.

    Parameters
    ----------
    series
        Values by year, without gaps; sectors and activities are added up.
    measure
        Measure that is wanted; all of them if left out.
    models
        Models, joined by commas, as for ``back_test``.
    horizon
        [1] Steps ahead.
    intervals
        ``bootstrap``: runs of up to five steps of errors of past origins are drawn whole and joined, so that errors that go
        together stay together and bands widen. ``conformal``: bands are the errors of
        past origins at the same horizon; needs five origins for the farthest step.
    first
        [1] Values that the first past origin knows.
    draws
        [1] Number of drawn paths.
    seed
        [1] Seed of draws and network.
    processes
        [1] Processes to share the work; 0 for as many as there are processors.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    forecasts
        Observed values, and for each model the median and the quantiles of 5, 25, 75 and 95 %. A model that gives no finite
        forecast of a series is left out; ``back_test`` names it.

    Raises
    ------
    CoverageError
        If a series has gaps or fewer than five origins with errors.
    InputError
        Unknown models or intervals.

    References
    ----------
    Hyndman and Athanasopoulos (2021), section 5.5, for bootstrapped errors; Künsch (1989), blocks; Vovk et al. (2005) for
    conformal bands. Errors are relative, and taken from models that had not seen the value, so that bands are not too narrow.

    Examples
    --------
    >>> rows = [("A", str(1990 + t), "co2", 100 + 3.0 * t + (t * 7 % 5) / 5, "t") for t in range(30)]
    >>> table = SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))
    >>> made = forecast(table, models="drift", horizon=2).to_polars()
    >>> made.filter(pl.col("model") == "drift").select("time", pl.col("value").round(0)).rows()
    [('2020', 191.0), ('2021', 193.0)]
    """
    found = _paths(series, measure, models, horizon, intervals, first, draws, seed, processes, scenario)
    frames = []
    known: set[str] = set()
    for each in found:
        if each.each.name not in known:
            known.add(each.each.name)
            frames.append(_observed(each.each))
        frames.append(band_rows(each.draws, each.times, each.each.unit, each.labels))
    return BandTable(pl.concat(frames, how="diagonal"))


@method(
    id="strategy.projection.series.forecast_peak",
    gives=PeakTable,
    equation="P(peak = t) = share of drawn paths whose highest value, history included, is at t",
    source="hyndman_athanasopoulos_2021",
    status="experimental",
    title=("Peak year of forecasts", "预测达峰年份分布"),
)
def forecast_peak(
    series: SeriesTable,
    *,
    measure: str | None = None,
    models: str = DEFAULT,
    horizon: int = 20,
    first: int = 15,
    draws: int = 2000,
    seed: int = 1,
    processes: int = 0,
    scenario: str | None = None,
) -> PeakTable:
    """Tell how likely each year is to be that of the peak, by the drawn paths of each model.

    Parameters
    ----------
    series
        Values by year, without gaps; sectors and activities are added up.
    measure
        Measure that is wanted; all of them if left out.
    models
        Models, joined by commas, as for ``back_test``.
    horizon
        [1] Steps ahead.
    first
        [1] Values that the first past origin knows.
    draws
        [1] Number of drawn paths.
    seed
        [1] Seed of draws and network.
    processes
        [1] Processes to share the work; 0 for as many as there are processors.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    peak
        Chance by year and up to it; observed years count, so that a peak may be past. ``later`` is a
        highest value less than five years before the end of the paths.

    Raises
    ------
    CoverageError
        If a series has gaps or fewer than five origins with errors.
    InputError
        Unknown models.

    References
    ----------
    As for ``forecast``, bands by bootstrap. A series knows nothing of plans and measures: this is what the past alone says.

    Examples
    --------
    >>> rows = [("A", str(1990 + t), "co2", 100 + 3.0 * t + (t * 7 % 5) / 5, "t") for t in range(30)]
    >>> table = SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))
    >>> forecast_peak(table, models="drift", horizon=5).to_polars().select("peak_time", "probability").row(-1)[0]
    'later'
    """
    found = _paths(series, measure, models, horizon, "bootstrap", first, draws, seed, processes, scenario)
    return PeakTable(pl.concat([peak_rows(*each.with_history(), each.labels) for each in found]))


@method(
    id="strategy.projection.series.forecast_outcomes",
    gives=OutcomeTable,
    equation="quantiles over drawn paths of the year and level of the highest value",
    source="hyndman_athanasopoulos_2021",
    status="experimental",
    title=("Peak of forecasts, with intervals", "预测达峰结论与区间"),
)
def forecast_outcomes(
    series: SeriesTable,
    *,
    measure: str | None = None,
    models: str = DEFAULT,
    horizon: int = 20,
    by: str = "2030",
    first: int = 15,
    draws: int = 2000,
    seed: int = 1,
    processes: int = 0,
    scenario: str | None = None,
) -> OutcomeTable:
    """State peak year, peak level and the chance of a peak by given years, each with its interval and what it rests on.

    Parameters
    ----------
    series
        Values by year, without gaps; sectors and activities are added up.
    measure
        Measure that is wanted; all of them if left out.
    models
        Models, joined by commas, as for ``back_test``.
    horizon
        [1] Steps ahead.
    by
        Years by which a peak is asked for, joined by commas.
    first
        [1] Values that the first past origin knows.
    draws
        [1] Number of drawn paths.
    seed
        [1] Seed of draws and network.
    processes
        [1] Processes to share the work; 0 for as many as there are processors.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    outcomes
        By place, measure and model: ``peak_year``, ``peak_level``, ``peak_by_2030``, ``peak_later``. An empty year lies beyond
        the horizon.

    Raises
    ------
    CoverageError
        If a series has gaps or fewer than five origins with errors.
    InputError
        Unknown models or years.

    References
    ----------
    As for ``forecast_peak``. The interval of a chance (Wilson, 90 %) counts the independent runs of that length in the past: a
    history of fifty years without a peak does not exclude one in the next ten.

    Examples
    --------
    >>> rows = [("A", str(1990 + t), "co2", 190 - 3.0 * t + (t * 7 % 5) / 5, "t") for t in range(30)]
    >>> table = SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))
    >>> made = forecast_outcomes(table, models="drift", horizon=5).to_polars()
    >>> made.select("item", "value").row(0)
    ('peak_year', 1990.0)
    """
    words = [word.strip() for word in by.split(",") if word.strip()]
    if not all(word.isdigit() and len(word) == 4 for word in words):
        raise InputError("value_out_of_range", Where(item="by"), by, range="YYYY, YYYY")
    found = _paths(series, measure, models, horizon, "bootstrap", first, draws, seed, processes, scenario)
    frames = []
    for each in found:
        paths, times = each.with_history()
        years = [int(word) for word in words]
        worth = partial(_worth, len(each.each.values) - first, each.each.years[-1], horizon, each.each.step)
        frames.append(peak_outcomes(paths, times, each.each.unit, each.labels, years, worth))
    en = (
        f"the past alone, no plans and measures; {draws} paths of {horizon} steps; intervals of chances count past runs"
    )
    zh = f"仅依据历史，不含规划与措施；{draws} 条路径、{horizon} 步；概率区间按历史独立时段数计"
    return OutcomeTable(pl.concat(frames).with_columns(pl.lit(en).alias("note_en"), pl.lit(zh).alias("note_zh")))


def _worth(origins: int, last: int, horizon: int, step: int, by: int | None) -> float:
    """How many independent past runs of the same length a chance rests on: no peak in them does not make one impossible."""
    ahead = horizon if by is None else (by - last) / step
    return max(1.0, origins / max(1.0, ahead))


def _observed(each: Yearly) -> pl.DataFrame:
    return pl.DataFrame({"time": [str(year) for year in each.years], "value": each.values}).with_columns(
        pl.lit(each.place).alias("place"), pl.lit(each.measure).alias("measure"), pl.lit(each.unit).alias("unit"),
        pl.lit(OBSERVED).alias("scenario"), pl.lit(OBSERVED).alias("model"),
    )  # fmt: skip


def _paths(
    series: SeriesTable, measure: str | None, models: str, horizon: int, intervals: str, first: int, draws: int,
    seed: int, processes: int, scenario: str | None,
) -> list[_Paths]:  # fmt: skip
    """Forecast and draw; every series and model that gives a finite forecast."""
    wanted = check_models(models)
    problems = Problems()
    for name, value, low, high in (
        ("horizon", horizon, 1, 100),
        ("draws", draws, 100, 1_000_000),
        ("first", first, 4, 10_000),
    ):
        if not low <= value <= high:
            problems.add("value_out_of_range", Where(item=name), value, range=f"{low} <= {name} <= {high}")
    if intervals not in INTERVALS:
        problems.add("value_not_listed", Where(item="intervals"), intervals, known=", ".join(INTERVALS))
    problems.raise_all()
    needed = horizon if intervals == "conformal" else 1
    found = yearly_series(series, measure, scenario, least=first + _LEAST_ERRORS + needed - 1)
    rolled = roll_all(found, wanted, horizon, first, seed, processes)
    made: list[_Paths] = []
    for number, (each, origins) in enumerate(zip(found, rolled, strict=True)):
        before = len(made)
        points = forecasts_of(wanted, each.values, horizon, seed)
        for place, model in enumerate(wanted):
            errors = origins.errors(model)
            enough = np.isfinite(errors[:, :needed]).sum(axis=0).min() >= _LEAST_ERRORS
            if not (np.isfinite(points[model]).all() and enough):
                continue
            generator = np.random.default_rng([seed, number, place])
            made.append(_Paths(each, model, points[model], _drawn(points[model], errors, intervals, draws, generator)))
        if len(made) == before:
            problems.add("forecast_none", Where(item=each.name), ", ".join(wanted))
    problems.raise_all()
    return made


def _drawn(point: Floats, errors: Floats, intervals: str, draws: int, generator: np.random.Generator) -> Floats:
    """Paths (draws, horizon) around a forecast."""
    horizon = len(point)
    if intervals == "conformal":
        # One rank for a whole path, so that a path that is high stays high.
        rank = generator.random(draws)
        spread = [np.quantile(errors[np.isfinite(errors[:, h]), h], rank) for h in range(horizon)]
        return np.asarray(point * (1 + np.stack(spread, axis=1)))
    block = max(h for h in range(1, min(horizon, _BLOCK) + 1) if h == 1 or _complete(errors, h).sum() >= _LEAST_BLOCKS)
    known = 1 + errors[_complete(errors, block), :block]
    pieces = [known[generator.integers(len(known), size=draws)] for _ in range(-(-horizon // block))]
    carried, parts = np.ones((draws, 1)), []
    for piece in pieces:
        parts.append(carried * piece)
        carried = parts[-1][:, -1:]
    return np.asarray(point * np.concatenate(parts, axis=1)[:, :horizon])


def _complete(errors: Floats, steps: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Origins whose errors are known over a number of steps."""
    return np.asarray(np.isfinite(errors[:, :steps]).all(axis=1))
