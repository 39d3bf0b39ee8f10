"""End-use models with every parameter as a distribution: bands, peak years, neutrality and what they rest on.

Comes in: paths, lines, spreads of drivers, and what was observed before. Goes out: tables of bands, peaks and statements. Not
for: which parameter matters (``sensitivity``).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

import numpy as np
import polars as pl

from citycarbon.core.draws import Sampler, uniforms
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.series import Floats, SeriesTable, check_complete, single_scenario
from citycarbon.core.sums import added
from citycarbon.core.units import conversion
from citycarbon.strategy.projection.outcomes import (
    BandTable,
    OutcomeTable,
    PeakTable,
    band_rows,
    peak_outcomes,
    peak_rows,
)
from citycarbon.strategy.projection.stocks.model import Model, models_of
from citycarbon.strategy.projection.stocks.simulation import ALL, Total, simulated, totals_of
from citycarbon.strategy.projection.stocks.spreads import Spreads, spreads_of
from citycarbon.strategy.projection.stocks.tables import (
    CalibrationTable,
    CorrelationTable,
    LineTable,
    PathTable,
    SpreadTable,
)


@dataclass(frozen=True)
class Run:
    """Drawn paths of one scenario: totals, paths (totals, draws, years), the model and its spreads."""

    model: Model
    spreads: Spreads
    totals: list[Total]
    paths: Floats

    def labels(self, number: int) -> dict[str, str]:
        """Columns of a total."""
        each = self.totals[number]
        return {"place": each.place, "scenario": self.model.scenario, "measure": each.measure}


def runs_of(
    paths: PathTable, lines: LineTable, spreads: SpreadTable | None, correlations: CorrelationTable | None,
    calibration: CalibrationTable | None, years: tuple[int, int], draws: int, seed: int, sampler: str, sectors: bool,
) -> list[Run]:  # fmt: skip
    """Draw every scenario with the same numbers, so that scenarios differ by their paths alone.

    Raises
    ------
    InputError
        What is wrong with model or spreads; several gases; an unknown sampler.
    """
    problems = Problems()
    if not 1 <= draws <= 1_000_000:
        problems.add("value_out_of_range", Where(item="draws"), draws, range="1 <= draws <= 1000000")
    if sampler not in get_args(Sampler):
        problems.add("value_not_listed", Where(item="sampler"), sampler, known=", ".join(get_args(Sampler)))
    gases = lines.words("gas")
    if len(gases) > 1:
        problems.add("sum_alternatives", Where(column="gas"), ", ".join(gases), dimension="gas")
    problems.raise_all()
    made = []
    for model in models_of(paths, lines, *years, calibration):
        found = spreads_of(spreads, model, correlations)
        level, growth = found.draw(draws, seed, sampler)  # type: ignore[arg-type]
        totals, members = totals_of(model, sectors)
        made.append(Run(model, found, totals, simulated(model, members, level, growth)))
    return made


@method(
    id="strategy.projection.stocks.simulate",
    gives=BandTable,
    equation="E(t) = Σ_l E_l(t) Π_d (m_d e^{g_d τ})^k, m and g drawn",
    source="huo_2021",
    status="experimental",
    title=("Simulated paths", "蒙特卡罗情景路径"),
)
def simulate(
    paths: PathTable,
    lines: LineTable,
    spreads: SpreadTable | None = None,
    correlations: CorrelationTable | None = None,
    calibration: CalibrationTable | None = None,
    history: SeriesTable | None = None,
    *,
    start: int,
    end: int,
    draws: int = 10_000,
    seed: int = 1,
    sampler: str = "latin_hypercube",
    sectors: bool = True,
) -> BandTable:
    """Draw the parameters of an end-use model and give bands of its totals.

    Parameters
    ----------
    paths
        Values of drivers at some years.
    lines
        Lines: place, sector, carrier and formula; all of one gas, or CO2e.
    spreads
        Uncertainty of drivers: level, in parts of the value, and growth, added to the yearly rate. A driver without one is sure.
    correlations
        Rank correlations of errors.
    calibration
        Factors on lines, from ``calibrate``.
    history
        Observed emissions by place and year before the model, in a unit of mass.
    start
        [1] First year of the model.
    end
        [1] Last year.
    draws
        [1] Number of draws.
    seed
        [1] Seed; scenarios share their draws.
    sampler
        ``latin_hypercube``, ``sobol`` or ``random``.
    sectors
        Whether totals by sector are given too.

    Returns
    -------
    bands
        Median and quantiles of 5, 25, 75 and 95 % by place, scenario and year in tonnes; ``gross`` without removals, ``net`` with
        them; observed values without a band.

    Raises
    ------
    InputError
        What is wrong with paths, lines, spreads or correlations; several gases.

    References
    ----------
    Huo et al. (2021) for stock models with Monte Carlo; McKay et al. (1979) for Latin hypercube sampling.

    Examples
    --------
    >>> paths = pl.DataFrame({"driver": ["people", "use"], "time": "2020", "value": [100.0, 2.0], "unit": ["person", "t/person"]})
    >>> lines = pl.DataFrame({"line": ["homes"], "place": ["A"], "sector": ["homes"], "activity": ["gas"], "scope": ["1"],
    ...                       "gas": ["CO2"], "formula": ["people * use"], "unit": ["t"]})
    >>> spreads = pl.DataFrame({"driver": ["use"], "kind": ["level"], "sd": [0.1]})
    >>> made = simulate(PathTable(paths), LineTable(lines), SpreadTable(spreads), start=2020, end=2030, draws=500).to_polars()
    >>> made.select(pl.col("value", "low", "high").round(0)).row(0)
    (200.0, 167.0, 233.0)
    """
    runs = runs_of(paths, lines, spreads, correlations, calibration, (start, end), draws, seed, sampler, sectors)
    frames = [_observed(history, runs[0])] if history is not None else []
    for run in runs:
        times = [str(year) for year in run.model.years]
        for number, each in enumerate(run.totals):
            rows = band_rows(run.paths[number], times, "t", run.labels(number))
            frames.append(rows.with_columns(pl.lit(each.sector).alias("sector")))
    return BandTable(pl.concat(frames, how="diagonal"))


@method(
    id="strategy.projection.stocks.simulate_peak",
    gives=PeakTable,
    equation="P(peak = t) = share of draws whose highest value, history included, is at t",
    source="huo_2021",
    status="experimental",
    title=("Simulated peak years", "达峰年份分布（模拟）"),
)
def simulate_peak(
    paths: PathTable,
    lines: LineTable,
    spreads: SpreadTable | None = None,
    correlations: CorrelationTable | None = None,
    calibration: CalibrationTable | None = None,
    history: SeriesTable | None = None,
    *,
    start: int,
    end: int,
    draws: int = 10_000,
    seed: int = 1,
    sampler: str = "latin_hypercube",
    sectors: bool = False,
) -> PeakTable:
    """Tell how likely each year is to be that of the peak, by the draws of an end-use model.

    Parameters
    ----------
    paths
        Values of drivers at some years.
    lines
        Lines: place, sector, carrier and formula; all of one gas, or CO2e.
    spreads
        Uncertainty of drivers: level and growth.
    correlations
        Rank correlations of errors.
    calibration
        Factors on lines, from ``calibrate``.
    history
        Observed emissions by place and year before the model, in a unit of mass; the peak may be there.
    start
        [1] First year of the model.
    end
        [1] Last year.
    draws
        [1] Number of draws.
    seed
        [1] Seed; scenarios share their draws.
    sampler
        ``latin_hypercube``, ``sobol`` or ``random``.
    sectors
        Whether sectors are given too, named as measure.

    Returns
    -------
    peak
        Chance by year and up to it of gross emissions; a highest value within five years of the end is ``later``.

    Raises
    ------
    InputError
        What is wrong with paths, lines, spreads or correlations; several gases.

    References
    ----------
    Huo et al. (2021); Levin and Rich (2017) for what counts as a peak.

    Examples
    --------
    >>> paths = pl.DataFrame({"driver": "use", "time": ["2020", "2025", "2035"], "value": [1.0, 2.0, 1.0], "unit": "t"})
    >>> lines = pl.DataFrame({"line": ["x"], "place": ["A"], "sector": ["s"], "activity": ["gas"], "scope": ["1"], "gas": ["CO2"],
    ...                       "formula": ["use"], "unit": ["t"]})
    >>> simulate_peak(PathTable(paths), LineTable(lines), start=2020, end=2035, draws=10).to_polars().row(0)[4:]
    ('2025', 1.0, 1.0)
    """
    runs = runs_of(paths, lines, spreads, correlations, calibration, (start, end), draws, seed, sampler, sectors)
    frames = []
    for run in runs:
        for number, each in enumerate(run.totals):
            if each.measure == "net":
                continue
            labels = run.labels(number) | ({"measure": each.sector} if each.sector != ALL else {})
            frames.append(peak_rows(*with_history(run, number, history), labels))
    return PeakTable(pl.concat(frames))


@method(
    id="strategy.projection.stocks.simulate_outcomes",
    gives=OutcomeTable,
    equation="quantiles over draws of peak year, peak level, neutrality year and net emissions",
    source="huo_2021",
    status="experimental",
    title=("Peak and neutrality, with intervals", "达峰与中和结论及区间"),
    version=2,
)
def simulate_outcomes(
    paths: PathTable,
    lines: LineTable,
    spreads: SpreadTable | None = None,
    correlations: CorrelationTable | None = None,
    calibration: CalibrationTable | None = None,
    history: SeriesTable | None = None,
    *,
    start: int,
    end: int,
    by: str = "2030",
    draws: int = 10_000,
    seed: int = 1,
    sampler: str = "latin_hypercube",
) -> OutcomeTable:
    """State peak year and level, chances of a peak by given years, neutrality year and gap to sinks, each with its interval.

    Parameters
    ----------
    paths
        Values of drivers at some years.
    lines
        Lines: place, sector, carrier and formula; lines of scope ``sink`` are removals.
    spreads
        Uncertainty of drivers: level and growth.
    correlations
        Rank correlations of errors.
    calibration
        Factors on lines, from ``calibrate``.
    history
        Observed emissions by place and year before the model, in a unit of mass.
    start
        [1] First year of the model.
    end
        [1] Last year.
    by
        Years by which a peak is asked for, joined by commas.
    draws
        [1] Number of draws.
    seed
        [1] Seed; scenarios share their draws.
    sampler
        ``latin_hypercube``, ``sobol`` or ``random``.

    Returns
    -------
    outcomes
        By place and scenario: ``peak_year``, ``peak_level``, ``peak_by_2030``, ``peak_later``, ``neutral_year`` (net emissions
        at or below zero from then on), ``gap_2060`` (net emissions of the last year). The note names the three drivers whose
        errors go most with the peak level.

    Raises
    ------
    InputError
        What is wrong with paths, lines, spreads or correlations; several gases; years that cannot be read.

    References
    ----------
    Huo et al. (2021); Levin and Rich (2017). Intervals of chances are those of drawing alone (Wilson, 90 %): the model may be
    wrong.

    Examples
    --------
    >>> paths = pl.DataFrame({"driver": "use", "time": ["2020", "2025", "2035"], "value": [1.0, 2.0, 1.0], "unit": "t"})
    >>> lines = pl.DataFrame({"line": ["x"], "place": ["A"], "sector": ["s"], "activity": ["gas"], "scope": ["1"], "gas": ["CO2"],
    ...                       "formula": ["use"], "unit": ["t"]})
    >>> made = simulate_outcomes(PathTable(paths), LineTable(lines), start=2020, end=2035, draws=10).to_polars()
    >>> made.select("item", "value").rows()[:3]
    [('peak_year', 2025.0), ('peak_level', 2.0), ('peak_by_2030', 1.0)]
    """
    words = [word.strip() for word in by.split(",") if word.strip()]
    if not all(word.isdigit() and len(word) == 4 for word in words):
        raise InputError("value_out_of_range", Where(item="by"), by, range="YYYY, YYYY")
    runs = runs_of(paths, lines, spreads, correlations, calibration, (start, end), draws, seed, sampler, False)
    frames = []
    for run in runs:
        for number, each in enumerate(run.totals):
            labels = run.labels(number)
            if each.measure == "net":
                rows = _neutral(run, number, labels)
            else:
                values, times = with_history(run, number, history)
                rows = peak_outcomes(values, times, "t", labels, [int(word) for word in words])
            texts = [_notes(run, number, draws, seed, sampler)]
            if each.measure != "net":
                texts += _before(values, [int(time[:4]) for time in times])
            en, zh = ("; ".join(text[0] for text in texts), "；".join(text[1] for text in texts))
            frames.append(rows.with_columns(pl.lit(en).alias("note_en"), pl.lit(zh).alias("note_zh")))
    return OutcomeTable(pl.concat(frames))


def _neutral(run: Run, number: int, labels: dict[str, str]) -> pl.DataFrame:
    """Neutrality year and the gap of the last year."""
    net = run.paths[number]
    years = np.array(run.model.years, dtype=float)
    # From a year on at or below zero: the last year above zero, and the next.
    above = net > 0
    last = np.where(above.any(axis=1), above.shape[1] - 1 - above[:, ::-1].argmax(axis=1), -1)
    year = np.where(last + 1 < len(years), years[np.minimum(last + 1, len(years) - 1)], np.inf)
    low, middle, high = (
        float(v) if np.isfinite(v) else None for v in np.quantile(year, [0.05, 0.5, 0.95], method="lower")
    )
    gap = [float(v) for v in np.quantile(net[:, -1], [0.05, 0.5, 0.95])]
    rows = [("neutral_year", middle, low, high, "1"), (f"gap_{run.model.years[-1]}", gap[1], gap[0], gap[2], "t")]
    schema = {"item": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "unit": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.lit(text).alias(name) for name, text in labels.items())


def _notes(run: Run, number: int, draws: int, seed: int, sampler: str) -> tuple[str, str]:
    """Name the errors that go most with the highest level of a path, or with its net emissions in the last year."""
    from scipy.stats import rankdata

    names = run.spreads.names
    if not names:
        return f"no driver has a spread; {draws} equal paths", f"未给出任何驱动变量的不确定性；{draws} 条路径相同"
    numbers = uniforms(draws, len(names), np.random.default_rng(seed), sampler)  # type: ignore[arg-type]
    net = run.totals[number].measure == "net"
    top = run.paths[number][:, -1] if net else run.paths[number].max(axis=1)
    last = run.model.years[-1]
    en, zh = (f"net emissions of {last}", f"{last} 年净排放") if net else ("the highest level", "最高水平")
    if np.ptp(top) == 0:
        verb = "are" if net else "is"
        return f"{en} {verb} the same in all {draws} draws", f"{draws} 次抽样的{zh}相同"
    ranks = rankdata(top)
    going = [float(np.corrcoef(rankdata(numbers[:, i]), ranks)[0, 1]) for i in range(len(names))]
    best = sorted(range(len(names)), key=lambda i: -abs(going[i]))[:3]
    en_names = ", ".join(f"{names[i].replace(':', ' ')} ({going[i]:+.2f})" for i in best)
    zh_names = "、".join(f"{_chinese(names[i])}（{going[i]:+.2f}）" for i in best)
    return (
        f"{draws} draws; {en} {'go' if net else 'goes'} most with {en_names} (rank correlation)",
        f"{draws} 次抽样；{zh}主要取决于 {zh_names}，括号内为秩相关系数",
    )


def _chinese(name: str) -> str:
    """Name of an error in Chinese: of the growth or the level of its driver."""
    driver, _, kind = name.rpartition(":")
    return f"{driver} {'增长率' if kind == 'growth' else '水平'}"


def _before(values: Floats, years: list[int]) -> list[tuple[str, str]]:
    """What of the past is not seen: gaps between its years, and a highest value in the first of all."""
    gaps = [(a + 1, b - 1) for a, b in pairwise(years) if b - a > 1]
    shown = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in gaps)
    first = float((values.argmax(axis=1) == 0).mean())
    found = []
    if shown:
        found.append((f"years without a figure could hold a higher one: {shown}", f"以下年份无数据，可能更高：{shown}"))
    if first > 0:
        found.append((
            f"{years[0]}, the first year, is the highest in {first:.0%} of draws: a peak before it is not seen",
            f"{first:.0%} 的抽样以首年 {years[0]} 为最高：此前的峰值未见",
        ))  # fmt: skip
    return found


def with_history(run: Run, number: int, history: SeriesTable | None) -> tuple[Floats, list[str]]:
    """Paths that begin with what was observed before the first year of the model."""
    times = [str(year) for year in run.model.years]
    each = run.totals[number]
    if history is None or each.sector != ALL:
        return run.paths[number], times
    rows = _observed(history, run).filter(pl.col("place") == each.place).sort("time")
    if not rows.height:
        return run.paths[number], times
    past = np.broadcast_to(rows["value"].to_numpy(), (run.paths.shape[1], rows.height))
    return np.concatenate([past, run.paths[number]], axis=1), [*rows["time"].to_list(), *times]


def _observed(history: SeriesTable, run: Run) -> pl.DataFrame:
    """Observed emissions before the model, by place and for all places together, in tonnes."""
    start = run.model.years[0]
    rows = single_scenario(history.to_polars())
    check_complete(rows)
    problems = Problems()
    places = run.model.lines["place"].unique(maintain_order=True).to_list()
    for place in (name for name in rows["place"].unique(maintain_order=True).to_list() if name not in (*places, ALL)):
        problems.add("place_not_there", Where(column="place", item="history"), place, known=", ".join(places[:12]))
    problems.raise_all()
    measures = rows["measure"].unique().sort().to_list()
    if len(measures) > 1:
        raise InputError("measure_several", Where(column="measure", item="history"), ", ".join(measures))
    rows = rows.filter(pl.col("time").str.slice(0, 4).cast(pl.Int64) < start)
    scale = {unit: conversion(unit, "t") for unit in rows["unit"].unique().to_list()}
    value = pl.col("value") * pl.col("unit").replace_strict(scale, return_dtype=pl.Float64)
    rows = rows.with_columns(value)
    by = added(rows.drop("unit"), ["place", "time"], codes=history.codes).sort("place", "time")
    if len(places) > 1 and ALL not in rows["place"].to_list():
        # A year in which a place has no figure is none of the whole.
        whole = added(by, ["time"], codes=history.codes, count="places").filter(pl.col("places") == len(places))
        whole = whole.with_columns(pl.lit(ALL).alias("place"))
        by = pl.concat([by, whole.select("place", "time", "value")])
    return by.with_columns(
        pl.lit("gross").alias("measure"), pl.lit("observed").alias("scenario"), pl.lit("t").alias("unit"),
        pl.lit("all").alias("sector"),
    )  # fmt: skip
