"""Forecasts of series with intervals, and the peak that they imply.

Comes in: series by year. Goes out: forecasts with bands, and the chance of a peak by year. Not for: which model to trust
(``back_test``), nor stocks and measures (``citycarbon.strategy.projection.stocks``).
"""

from __future__ import annotations

from functools import partial

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.series import SeriesTable
from citycarbon.core.tables import OBSERVED
from citycarbon.strategy.projection.outcomes import (
    BandTable,
    OutcomeTable,
    PeakTable,
    band_rows,
    peak_outcomes,
    peak_rows,
)
from citycarbon.strategy.projection.series.bands import LEAST_ERRORS
from citycarbon.strategy.projection.series.models import check_models
from citycarbon.strategy.projection.series.origins import roll_all
from citycarbon.strategy.projection.series.paths import INTERVALS, Paths, paths_of
from citycarbon.strategy.projection.series.yearly import Yearly, yearly_series

DEFAULT = "naive, drift, theta, ets, arima, gm11, mngm, combination"


_VALUE = Column("value", "number", required=True, empty=False, meaning=("forecast, or observed", "预测值或观测值"))
_NOTES = (
    Column("note_en", meaning=("what is to be said of the band, in English", "区间说明，英文")),
    Column("note_zh", meaning=("what is to be said of the band, in Chinese", "区间说明，中文")),
)


class ForecastTable(BandTable):
    """Paths with bands of one model each, and what such bands held in the past."""

    columns = (
        *(_VALUE if column.name == "value" else column for column in BandTable.columns),
        Column(
            "coverage", "number", low=0, high=1, unit="1", meaning=("share inside the 90 % band", "90% 区间覆盖率")
        ),
        *_NOTES,
    )  # fmt: skip
    __slots__ = ()


class ForecastPeakTable(PeakTable):
    """Chance of the peak by year, by one model each, with what is to be said of its bands."""

    columns = (*PeakTable.columns, *_NOTES)
    __slots__ = ()


@method(
    id="strategy.projection.series.forecast",
    gives=ForecastTable,
    equation="y_{T+h} = ŷ_{T+h} + e_h,  e ~ Σ_b w_b t_n(0, s_b h^b),  w_b ∝ p_b Π_h N(e_{o,h}; 0, s_b h^b)^{n_h}",
    source="citycarbon_bands",
    status="experimental",
    title=("Forecast of a series", "时间序列预测"),
    version=3,
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
) -> ForecastTable:
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
        ``bootstrap``: paths are drawn whole from the distribution that was fitted to the errors of past origins at all horizons
        (a parametric bootstrap), by Student's t. ``conformal``: the errors one step ahead by their own rank (n + 1) p instead,
        Student's t where that is beyond the last of them; farther steps widen alike.
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
        Observed values, and for each model its forecast and the quantiles of 5, 25, 75 and 95 %. ``coverage`` is the share of
        past values that the band of 90 % held by what was known then, over all horizons; below 0.8 a note says so. A model that
        gives no finite forecast of a series is left out; ``back_test`` names it.

    Raises
    ------
    CoverageError
        If a series has gaps or fewer than five origins with errors.
    InputError
        Unknown models or intervals.

    References
    ----------
    Errors are those of models that had not seen the value; logarithms where the series grows by rates, else differences. Their
    variance is s h^b, mixed over b (``bands``); paths are fractional Brownian motion, Mandelbrot and Van Ness (1968); Vovk et al.
    (2005) for conformal ranks. ``benchmarks/bands.py`` prints what the bands hold, by process, model and horizon.

    Examples
    --------
    >>> rows = [("A", str(1990 + t), "co2", 100 + 3.0 * t + (t * 7 % 5) / 5, "t") for t in range(30)]
    >>> table = SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))
    >>> made = forecast(table, models="drift", horizon=2).to_polars()
    >>> made.filter(pl.col("model") == "drift").select("time", pl.col("value").round(0)).rows()
    [('2020', 191.0), ('2021', 194.0)]
    """
    found = _paths(series, measure, models, horizon, intervals, first, draws, seed, processes, scenario)
    frames = []
    known: set[str] = set()
    for each in found:
        if each.each.name not in known:
            known.add(each.each.name)
            frames.append(_observed(each.each))
        rows = band_rows(each.draws, each.times, each.each.unit, each.labels).with_columns(
            pl.Series("value", each.point)
        )
        share = each.coverage if each.cases else None
        frames.append(each.noted(rows).with_columns(pl.lit(share, pl.Float64).alias("coverage")))
    return ForecastTable(pl.concat(frames, how="diagonal"))


@method(
    id="strategy.projection.series.forecast_peak",
    gives=ForecastPeakTable,
    equation="P(peak = t) = share of drawn paths whose highest value, history included, is at t",
    source="hyndman_athanasopoulos_2021",
    status="experimental",
    title=("Peak year of forecasts", "预测达峰年份分布"),
    version=3,
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
) -> ForecastPeakTable:
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
    return ForecastPeakTable(pl.concat([each.noted(peak_rows(*each.with_history(), each.labels)) for each in found]))


@method(
    id="strategy.projection.series.forecast_outcomes",
    gives=OutcomeTable,
    equation="quantiles over drawn paths of the year and level of the highest value",
    source="hyndman_athanasopoulos_2021",
    status="experimental",
    title=("Peak of forecasts, with intervals", "预测达峰结论与区间"),
    version=3,
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
        the horizon, and so does a year whose chance is empty.

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
    en = (
        f"the past alone, no plans and measures; {draws} paths of {horizon} steps; intervals of chances count past runs"
    )
    zh = f"仅依据历史，不含规划与措施；{draws} 条路径、{horizon} 步；概率区间按历史独立时段数计"
    frames = []
    for each in found:
        paths, times = each.with_history()
        years = [int(word) for word in words]
        worth = partial(_worth, len(each.each.values) - first, each.each.years[-1], horizon, each.each.step)
        frames.append(each.noted(peak_outcomes(paths, times, each.each.unit, each.labels, years, worth), (en, zh)))
    return OutcomeTable(pl.concat(frames))


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
) -> list[Paths]:  # fmt: skip
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
    found = yearly_series(series, measure, scenario, least=first + LEAST_ERRORS)
    rolled = roll_all(found, wanted, horizon, first, seed, processes)
    made: list[Paths] = []
    for each, origins in zip(found, rolled, strict=True):
        drawn = paths_of(each, origins, wanted, horizon, draws, seed, intervals)
        made += drawn
        if not drawn:
            problems.add("forecast_none", Where(item=each.name), ", ".join(wanted))
    problems.raise_all()
    return made
