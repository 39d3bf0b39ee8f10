"""Identities of emissions: Kaya, IPAT, and the extension of Kaya by land use.

Comes in: a series of measures. Goes out: the factors of an identity by place and time, with what closes. Not for: effects of the
factors on a change (``lmdi``).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from citycarbon.core.errors import Problems
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.series import ALL, SeriesTable
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE, TIME, UNIT
from citycarbon.strategy.drivers.chain import IPAT, KAYA, parse_chain
from citycarbon.strategy.drivers.levels import Figures, figures_of
from citycarbon.strategy.drivers.lmdi import refuse_unexplained

LAND_USE = "population > land by sector > floor area by sector > energy by sector > co2 by sector"
"""Jiang et al. (2013): people, land per person, floor-area ratio, energy per floor area, emission factor."""


class FactorSeriesTable(Table):
    """Factors of an identity by place and time; the factors of one place, sector, activity and time multiply to its emissions."""

    columns = (
        PLACE,
        TIME,
        Column("sector", default=ALL, meaning=("sector of one code list", "部门（单一代码表）")),
        Column("activity", default=ALL, meaning=("carrier, process or service", "能源品种、过程或服务")),
        Column("order", "number", required=True, unit="1", meaning=("place in the chain", "在链中的次序")),
        Column("factor", required=True, empty=False, meaning=("factor, or the product of all", "驱动因子或其乘积")),
        Column("value", "number", required=True, meaning=("value, in unit", "数值")),
        UNIT,
        Column("growth", "number", unit="1/yr", meaning=("growth since the time before, a year", "较上期的年均增长率")),
        Column("residual", "number", unit="1", meaning=("product over measure, less 1", "乘积与实际值之比减 1")),
    )
    __slots__ = ()


def _identity(series: SeriesTable, chain: str, scenario: str | None) -> FactorSeriesTable:
    problems = Problems()
    parts = []
    for each in parse_chain(chain):
        figures = figures_of(series, each, scenario=scenario)
        refuse_unexplained(figures, problems)
        parts.append(figures)
    problems.raise_all()
    return FactorSeriesTable(pl.concat([_factors(figures) for figures in parts]))


def _factors(figures: Figures) -> pl.DataFrame:
    """Rows of the factors of one identity, and of their product beside the measure itself."""
    shape = np.broadcast_shapes(*(level.shape for level in figures.levels))
    levels = [np.broadcast_to(level, shape) for level in figures.levels]
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = [levels[0], *(below / above for above, below in pairwise(levels))]
        product = np.prod(factors, axis=0)
        residual = product / levels[-1] - 1
    units = [figures.units[0]]
    for above, below in pairwise(figures.units):
        units.append("1" if above == below else f"{below}/{above}" if "/" not in above else f"{below}/({above})")
    t, p, s, a = (axis.ravel() for axis in np.indices(shape))
    labels = pl.DataFrame(
        {
            "place": np.array(figures.places if shape[1] > 1 or len(figures.places) == 1 else [ALL])[p],
            "time": np.array(figures.times)[t],
            "sector": np.array(figures.sectors if shape[2] == len(figures.sectors) else [ALL])[s],
            "activity": np.array(figures.activities if shape[3] == len(figures.activities) else [ALL])[a],
        }
    )
    years = np.array([int(time[:4]) for time in figures.times], dtype=float)
    parts = []
    for number, (name, values, unit) in enumerate(
        [*zip(figures.names, factors, units, strict=True), ("product", product, figures.units[-1])], start=1
    ):
        with np.errstate(divide="ignore", invalid="ignore"):
            grown = (values[1:] / values[:-1]) ** (1 / np.diff(years)[:, None, None, None]) - 1
        growth = np.concatenate([np.full((1, *shape[1:]), np.nan), grown])
        left = residual if name == "product" else np.full(shape, np.nan)
        parts.append(
            labels.with_columns(
                pl.lit(float(number)).alias("order"), pl.lit(name).alias("factor"), pl.Series("value", values.ravel()),
                pl.lit(unit).alias("unit"), pl.Series("growth", growth.ravel()), pl.Series("residual", left.ravel()),
            )
        )  # fmt: skip
    made = pl.concat(parts).with_columns(
        pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in ("value", "growth", "residual")
    )
    return made.filter(pl.col("value").is_not_null()).sort("place", "sector", "activity", "time", "order")


@method(
    id="strategy.drivers.kaya",
    gives=FactorSeriesTable,
    equation="C = P · (G/P) · (E/G) · (C/E)",
    source="kaya_1990",
    status="reproduced",
    title=("Kaya identity", "Kaya 恒等式"),
    version=2,
)
def kaya(series: SeriesTable, *, chain: str = KAYA, scenario: str | None = None) -> FactorSeriesTable:
    """Split emissions into population, output per person, energy intensity of output, and carbon intensity of energy.

    Parameters
    ----------
    series
        Measures by place and time; values of zero or more.
    chain
        Levels from the first driver to emissions, joined by ``>``; each divided by the one before is a factor. Other names of
        measures, or sectors and activities, are written there.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    factors
        The factors in order and their product by place and time, with yearly growth; ``residual`` of the product is the product
        over the measure, less 1. Where emissions and their driver are both zero there is no factor and no row.

    Raises
    ------
    InputError
        Values below zero, or a driver at zero where what it drives is not.
    CoverageError
        Gaps.

    References
    ----------
    Kaya (1990), impact of carbon dioxide emission control on GNP growth.

    Examples
    --------
    >>> rows = [("A", "2020", "population", 1.4e9, "person"), ("A", "2020", "gdp", 9.8e13, "CNY"),
    ...         ("A", "2020", "energy", 5.39e9, "tce"), ("A", "2020", "co2", 1.1319e10, "t")]
    >>> frame = pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row")
    >>> made = kaya(SeriesTable(frame)).to_polars()
    >>> made["value"].round(8).to_list()
    [1400000000.0, 70000.0, 5.5e-05, 2.1, 11319000000.0]
    """
    return _identity(series, chain, scenario)


@method(
    id="strategy.drivers.ipat",
    gives=FactorSeriesTable,
    equation="I = P · A · T",
    source="ehrlich_holdren_1971",
    status="experimental",
    title=("IPAT identity", "IPAT 恒等式"),
    version=2,
)
def ipat(series: SeriesTable, *, chain: str = IPAT, scenario: str | None = None) -> FactorSeriesTable:
    """Split an impact into population, affluence and technology.

    Parameters
    ----------
    series
        Measures by place and time; values of zero or more.
    chain
        Levels from the first driver to emissions, joined by ``>``; each divided by the one before is a factor. Other names of
        measures, or sectors and activities, are written there.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    factors
        The factors in order and their product by place and time, with yearly growth; ``residual`` of the product is the product
        over the measure, less 1. Where emissions and their driver are both zero there is no factor and no row.

    Raises
    ------
    InputError
        Values below zero, or a driver at zero where what it drives is not.
    CoverageError
        Gaps.

    References
    ----------
    Ehrlich and Holdren (1971), impact of population growth.

    Examples
    --------
    >>> rows = [("A", "2020", "population", 10.0, "person"), ("A", "2020", "gdp", 500.0, "CNY"), ("A", "2020", "co2", 2.0, "t")]
    >>> frame = pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row")
    >>> ipat(SeriesTable(frame)).to_polars().select("factor", "value", "unit").rows()[1:3]
    [('gdp / population', 50.0, 'CNY/person'), ('co2 / gdp', 0.004, 't/CNY')]
    """
    return _identity(series, chain, scenario)


@method(
    id="strategy.drivers.land_use_kaya",
    gives=FactorSeriesTable,
    equation="C = Σ_i P · (L_i/P) · (F_i/L_i) · (E_i/F_i) · (C_i/E_i)",
    source="jiang_2013_kaya_land",
    status="experimental",
    title=("Kaya identity by land use", "土地利用扩展 Kaya 恒等式"),
    version=2,
)
def land_use_kaya(series: SeriesTable, *, chain: str = LAND_USE, scenario: str | None = None) -> FactorSeriesTable:
    """Split emissions of land uses into people, land per person, floor-area ratio, energy per floor area and emission factor.

    Parameters
    ----------
    series
        Measures by place and time; values of zero or more.
    chain
        Levels from the first driver to emissions, joined by ``>``; each divided by the one before is a factor. Other names of
        measures, or sectors and activities, are written there.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    factors
        The factors in order and their product by place and time, with yearly growth; ``residual`` of the product is the product
        over the measure, less 1. Where emissions and their driver are both zero there is no factor and no row.

    Raises
    ------
    InputError
        Values below zero, or a driver at zero where what it drives is not.
    CoverageError
        Gaps.

    References
    ----------
    Jiang et al. (2013), extension of Kaya to land use for planning, as source document 001 describes it (its paper was not at
    hand); the sinks of green land are a series of their own: land > removal by sector.

    Examples
    --------
    >>> rows = [("all", "population", 1000.0, "person"), ("homes", "land", 40.0, "ha"), ("homes", "floor area", 48e4, "m2"),
    ...         ("homes", "energy", 28.8e6, "kWh"), ("homes", "co2", 15.84e6, "kg")]
    >>> frame = pl.DataFrame(rows, schema=["sector", "measure", "value", "unit"], orient="row")
    >>> made = land_use_kaya(SeriesTable(frame.with_columns(place=pl.lit("A"), time=pl.lit("2020")))).to_polars()
    >>> made.filter(pl.col("sector") == "homes")["value"].round(6).to_list()[1:]
    [0.04, 12000.0, 60.0, 0.55, 15840000.0]
    """
    return _identity(series, chain, scenario)
