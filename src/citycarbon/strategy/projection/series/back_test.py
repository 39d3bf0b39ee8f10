"""Back-test of forecasts: which models beat the best naive forecast, at which horizon, and whether that may be chance.

Comes in: series by year. Goes out: scores by model and horizon with a verdict. Not for: the forecast itself (``forecast``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.series import Floats, SeriesTable
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE
from citycarbon.strategy.projection.series.bands import Known
from citycarbon.strategy.projection.series.models import BASELINES, check_models
from citycarbon.strategy.projection.series.origins import Errors, Origins, roll_all
from citycarbon.strategy.projection.series.scores import crps_rows, diebold_mariano, holm
from citycarbon.strategy.projection.series.yearly import Yearly, yearly_series

VERDICTS = (
    "better than naive",
    "not better than naive",
    "worse than naive",
    "baseline",
    "too few origins",
    "no forecast",
)
_CHANCE = 0.05
DEFAULT = "naive, drift, theta, ets, arima, gm11, mngm, combination"


class BackTestTable(Table):
    """Scores of models on origins that they had not seen, by place, measure and horizon."""

    columns = (
        PLACE,
        Column("measure", required=True, empty=False, meaning=("what is counted", "指标")),
        Column("horizon", "number", required=True, low=1, unit="1", meaning=("steps ahead", "预测步数")),
        Column("model", required=True, empty=False, meaning=("model", "模型")),
        Column("verdict", required=True, empty=False, allowed=VERDICTS, meaning=("outcome of the test", "检验结论")),
        Column("origins", "number", required=True, low=0, unit="1", meaning=("origins with a value to compare", "起点数")),
        Column("mape", "number", low=0, unit="1", meaning=("mean absolute percentage error", "平均绝对百分比误差")),
        Column("mase", "number", low=0, unit="1", meaning=("error in mean steps of the past", "平均绝对标准化误差")),
        Column("bias", "number", unit="1", meaning=("mean of forecast over value, less 1", "平均偏差")),
        Column("crps", "number", low=0, unit="1", meaning=("ranked probability score over value", "连续分级概率评分")),
        Column("coverage", "number", low=0, high=1, unit="1", meaning=("share inside the 90 % band", "90% 区间覆盖率")),
        Column("best_naive", required=True, empty=False, meaning=("baseline that it is compared with", "对照基线")),
        Column("statistic", "number", unit="1", meaning=("Diebold-Mariano statistic", "DM 统计量")),
        Column("p_value", "number", low=0, high=1, unit="1", meaning=("chance, adjusted by Holm", "Holm 校正后的 p 值")),
    )  # fmt: skip
    __slots__ = ()


@method(
    id="strategy.projection.series.back_test",
    gives=BackTestTable,
    equation="MASE_h = mean |y − ŷ_h| / mean |Δy|;  DM = mean d / √(2π f_d(0)/n), d = |e| − |e_naive|",
    source="diebold_mariano_1995",
    status="validated",
    title=("Back-test of forecasts", "预测回测"),
    version=3,
)
def back_test(
    series: SeriesTable,
    *,
    measure: str | None = None,
    models: str = DEFAULT,
    horizons: str = "1, 3, 5",
    first: int = 15,
    seed: int = 1,
    processes: int = 0,
    scenario: str | None = None,
) -> BackTestTable:
    """Forecast from every past origin and compare with what came.

    Parameters
    ----------
    series
        Values by year, without gaps; sectors and activities are added up.
    measure
        Measure that is wanted; all of them if left out.
    models
        Models, joined by commas: naive, drift, theta, ets, arima, gm11, gm11_rolling, mngm, mngm_arima, mngm_bpnn, lstm,
        seasonal-4 (a pattern that comes again after 4 steps; 2 to 24), combination (mean of the others named); ``all`` for every
        single one but lstm and seasonal ones. The baselines naive and drift are always run.
    horizons
        [1] Steps ahead that are scored, joined by commas.
    first
        [1] Values that the first origin knows.
    seed
        [1] Seed of the network.
    processes
        [1] Processes to share the work; 0 for as many as there are processors.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    scores
        By place, measure, horizon and model: ``verdict`` against the baseline with the smaller mean absolute error there
        (better or worse only if the Diebold-Mariano p, adjusted by Holm over the models of that horizon, is below 0.05), origins,
        MAPE, MASE, bias; CRPS over the value and coverage of the 90 % band, both by the spread that ``forecast`` would have
        drawn at each origin from the errors known then, where five or more were.

    Raises
    ------
    CoverageError
        If a series has no origin, or has gaps.
    InputError
        Unknown models or horizons.

    References
    ----------
    Tashman (2000) for rolling origins; Hyndman and Koehler (2006) for MASE; Gneiting and Raftery (2007) for CRPS; Diebold and
    Mariano (1995) with the correction of Harvey, Leybourne and Newbold (1997); Holm (1979). The loss is the absolute error.

    Examples
    --------
    >>> rows = [("A", str(1990 + t), "co2", 100 + 3.0 * t + (t * 7 % 5) / 5, "t") for t in range(30)]
    >>> table = SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))
    >>> made = back_test(table, models="naive, drift, gm11", horizons="1", first=10).to_polars()
    >>> made.select("model", "verdict", "origins", "best_naive").rows()
    [('naive', 'baseline', 20.0, 'drift'), ('drift', 'baseline', 20.0, 'drift'), ('gm11', 'worse than naive', 20.0, 'drift')]
    """
    named = check_models(models)
    wanted = tuple(dict.fromkeys([*BASELINES, *named]))
    steps = _horizons(horizons)
    if first < 4:
        raise InputError("value_out_of_range", Where(item="first"), first, range="first >= 4")
    found = yearly_series(series, measure, scenario, least=first + min(steps))
    rolled = roll_all(found, named, max(steps), first, seed, processes)
    rows: list[tuple[Any, ...]] = []
    for each, origins in zip(found, rolled, strict=True):
        bands = {name: _Bands.of(origins.errors(name)) for name in wanted}
        for h in steps:
            rows += _scored(each, origins, wanted, h, bands)
    schema = {column.name: pl.Float64 if column.kind == "number" else pl.String for column in BackTestTable.columns}
    made = pl.DataFrame(rows, schema=schema, orient="row")
    numbers = [name for name, kind in schema.items() if kind == pl.Float64]
    return BackTestTable(made.with_columns(pl.col(name).fill_nan(None) for name in numbers))


def _horizons(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or not all(word.isdigit() and 1 <= int(word) <= 50 for word in words):
        raise InputError("value_out_of_range", Where(item="horizons"), text or "—", range="1 <= horizons <= 50")
    return sorted({int(word) for word in words})


@dataclass(frozen=True)
class _Bands:
    """Errors of a model, what each origin knew of them, and whether its band held what came."""

    errors: Errors
    known: Known
    held: Floats

    @classmethod
    def of(cls, errors: Errors) -> _Bands:
        known = Known.of(errors.values, errors.rivals, errors.still, errors.period)
        return cls(errors, known, known.held())


def _scored(
    each: Yearly, origins: Origins, models: tuple[str, ...], horizon: int, bands: dict[str, _Bands]
) -> list[tuple[Any, ...]]:
    """Rows of one series and horizon."""
    came = origins.came[:, horizon - 1]
    losses = {name: np.abs(came - origins.forecasts[name][:, horizon - 1]) for name in models}
    means = {name: _mean(losses[name]) for name in BASELINES}
    best = min(means, key=lambda name: means[name])
    tests: dict[str, tuple[float, float, int]] = {}
    for name in (name for name in models if name not in BASELINES):
        both = np.isfinite(losses[name]) & np.isfinite(losses[best])
        statistic, p = diebold_mariano(losses[name][both], losses[best][both], horizon)
        tests[name] = (statistic, p, int(both.sum()))
    adjusted = dict(zip(tests, holm(np.array([p for _, p, _ in tests.values()])), strict=True))
    rows = []
    for name in models:
        loss = losses[name]
        known = np.isfinite(loss)
        statistic, p = (tests[name][0], float(adjusted[name])) if name in tests else (float("nan"), float("nan"))
        if name in BASELINES:
            verdict = "baseline"
        elif not known.any():
            verdict = "no forecast"
        elif not np.isfinite(p):
            verdict = "too few origins"
        elif p >= _CHANCE:
            verdict = "not better than naive"
        else:
            verdict = "better than naive" if statistic < 0 else "worse than naive"
        relative = _parts(loss, np.abs(came))
        bias = _parts(origins.forecasts[name][:, horizon - 1], came) - 1
        rank, inside = _by_known_errors(origins, name, horizon, bands[name])
        rows.append(
            (each.place, each.measure, float(horizon), name, verdict, float(known.sum()), _mean(relative),
             _mean(_parts(loss, origins.scale)), _mean(bias), rank, inside, best, statistic, p)
        )  # fmt: skip
    return rows


def _by_known_errors(origins: Origins, model: str, horizon: int, bands: _Bands) -> tuple[float, float]:
    """CRPS over the value and coverage of the 90 % band, each origin by the errors that it could know."""
    known = bands.known
    drawn, weights = known.quantiles(horizon)
    points, came = origins.forecasts[model][known.enough, horizon - 1], origins.came[known.enough, horizon - 1]
    rows = np.flatnonzero(np.isfinite(points) & np.isfinite(came) & (came != 0))
    values = bands.errors.around(points[rows, None], drawn[rows])
    ranks = crps_rows(values, came[rows], weights[rows]) / np.abs(came[rows])
    return _mean(ranks), _mean(bands.held[:, horizon - 1])


def _parts(values: Floats, of: Floats) -> Floats:
    """Values in parts of others; nan where those are zero: a share of nothing is no number."""
    return np.asarray(np.divide(values, of, out=np.full(len(values), np.nan), where=of != 0))


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
