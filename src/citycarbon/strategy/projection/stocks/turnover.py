"""Turnover of stocks by vintage: what is built or bought, what goes, and how the average changes with it.

Comes in: the stock that is wanted by year, survival, and what each vintage is like. Goes out: paths of stock, additions,
demolition and average attributes, to multiply in lines. Not for: emissions (``project``).

Symbols: S_t = S_{t−1} + N_t − D_t; D_t = Σ_v N_v [F(t−v) − F(t−v−1)]; N_t = S_t − S_{t−1} + D_t.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.series import Floats
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PROVENANCE, UNIT
from citycarbon.core.units import product_unit
from citycarbon.strategy.projection.stocks.formula import parse_formula
from citycarbon.strategy.projection.stocks.model import path_of
from citycarbon.strategy.projection.stocks.survival import SHAPES, survival
from citycarbon.strategy.projection.stocks.tables import EVERY, PathTable


class StockTable(Table):
    """Stocks: how long their members live, how old they are at the start, and how fast they are retrofitted."""

    columns = (
        Column("stock", required=True, empty=False, meaning=("name of the stock, a driver", "存量（驱动变量）")),
        Column("formula", meaning=("drivers that multiply to the stock wanted; its own path if empty", "存量公式")),
        Column("place", default=EVERY, meaning=("place; all for every place", "地点；all 表示全部")),
        Column("scenario", default=EVERY, meaning=("scenario; all for every scenario", "情景；all 表示全部")),
        Column("survival", required=True, empty=False, allowed=SHAPES, meaning=("shape of survival", "存活函数类型")),
        Column("life", "number", required=True, empty=False, low=0, unit="yr", meaning=("scale of survival", "寿命参数")),
        Column("shape", "number", low=0, unit="1", meaning=("shape; years for normal", "形状参数")),
        Column(
            "oldest", "number", required=True, empty=False, low=1800, high=2200, unit="yr",
            meaning=("first vintage", "最早建成年份"),
        ),
        Column(
            "past_growth", "number", required=True, empty=False, low=-0.5, high=0.5, unit="1/yr",
            meaning=("growth of additions before the start", "起始前新增量年增长率"),
        ),
        Column("retrofit_rate", "number", low=0, high=1, unit="1/yr", meaning=("old stock retrofitted a year", "年改造率")),
        Column("source", meaning=("source", "来源")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


class VintageTable(Table):
    """What a vintage is like: an attribute (energy per floor area, fuel per kilometre) by year, and after retrofit."""

    columns = (
        Column("stock", required=True, empty=False, meaning=("stock", "存量")),
        Column("attribute", required=True, empty=False, meaning=("attribute, a driver of lines", "属性（驱动变量）")),
        Column("place", default=EVERY, meaning=("place; all for every place", "地点；all 表示全部")),
        Column("scenario", default=EVERY, meaning=("scenario; all for every scenario", "情景；all 表示全部")),
        Column(
            "vintage", "number", required=True, empty=False, low=1800, high=2200, unit="yr",
            meaning=("from this year on", "建成年份起"),
        ),
        Column("value", "number", required=True, empty=False, low=0, meaning=("value, in unit", "数值")),
        Column("retrofitted", "number", low=0, meaning=("value after retrofit, in unit", "改造后数值")),
        UNIT,
        Column("source", meaning=("source", "来源")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id="strategy.projection.stocks.turnover",
    gives=PathTable,
    equation="S_t = S_{t-1} + N_t - D_t;  D_t = Σ_v N_v [F(t-v) - F(t-v-1)]",
    source="muller_2006",
    status="experimental",
    title=("Stock turnover", "存量更替"),
)
def turnover(
    paths: PathTable, stocks: StockTable, vintages: VintageTable | None = None, *, start: int, end: int
) -> PathTable:
    """Turn the stock that is wanted into additions, demolition and average attributes, vintage by vintage.

    Parameters
    ----------
    paths
        The stock wanted by year, as a driver of the stock's name.
    stocks
        Survival, oldest vintage, growth of additions before the start, and retrofit.
    vintages
        Attributes by vintage; a vintage keeps its own until it is retrofitted or gone.
    start
        [1] First year.
    end
        [1] Last year.

    Returns
    -------
    paths
        Drivers ``STOCK``, ``STOCK added``, ``STOCK gone``, ``STOCK retrofitted`` (share) and ``ATTRIBUTE`` (mean over the
        stock) for every year. Where the stock falls faster than members die, the rest is taken from the oldest: it counts as
        gone.

    Raises
    ------
    InputError
        Survival that does not fall from 1, a stock without a path, an attribute without a value for the oldest vintage.

    References
    ----------
    Müller (2006) for stocks driven by demand; the stock at the start has vintages whose additions grew at ``past_growth``.

    Examples
    --------
    >>> paths = PathTable(pl.DataFrame({"driver": "floor", "time": ["2020", "2030"], "value": [100.0, 130.0], "unit": "m2"}))
    >>> stocks = StockTable(pl.DataFrame({"stock": ["floor"], "survival": ["normal"], "life": [50.0], "shape": [10.0],
    ...                                   "oldest": [1960.0], "past_growth": [0.02]}))
    >>> made = turnover(paths, stocks, start=2020, end=2030).to_polars()
    >>> sorted(made["driver"].unique().to_list())
    ['floor', 'floor added', 'floor gone', 'floor retrofitted']
    """
    problems = Problems()
    if not 1900 <= start < end <= 2200:
        problems.add("value_out_of_range", Where(item="start"), f"{start}, {end}", range="1900 <= start < end <= 2200")
        problems.raise_all()
    rows, listed = paths.to_polars(), stocks.to_polars()
    made: list[pl.DataFrame] = []
    for (name,), own in listed.group_by("stock", maintain_order=True):
        kinds = None if vintages is None else vintages.to_polars().filter(pl.col("stock") == name)
        for at, stock in _members(str(name), own, kinds, rows, problems):
            try:
                found = _wanted(stock, rows, at, (start, end), problems)
                made += [] if found is None else _turned(stock, *found, at, kinds, start)
            except InputError as error:
                problems.absorb(error)
    problems.raise_all()
    return PathTable(pl.concat(made))


Place = tuple[str, str]
"""Place and scenario."""


def _members(
    name: str, own: pl.DataFrame, vintages: pl.DataFrame | None, rows: pl.DataFrame, problems: Problems
) -> list[tuple[Place, dict[str, Any]]]:
    """Places and scenarios of a stock, each with its row: whatever its drivers, its rows or its vintages tell apart."""
    drivers = {key for text in own["formula"].fill_null(name).unique().to_list() for key in parse_formula(text)}
    sources = [rows.filter(pl.col("driver").is_in(sorted(drivers))), own, *([] if vintages is None else [vintages])]
    known = [
        list(dict.fromkeys(word for each in sources for word in each[column].to_list() if word != EVERY)) or [EVERY]
        for column in ("place", "scenario")
    ]
    found, used = [], set()
    for at in product(*known):
        row = _closest(own.with_row_index("row"), at)
        if row is not None:
            used.add(row["row"])
            found.append((at, row))
    for number in (number for number in range(own.height) if number not in used):
        row = own.row(number, named=True)
        shown = "; ".join(", ".join(words[:8]) for words in known)
        problems.add(
            "stock_nowhere", Where(column="stock", item=name), f"{row['place']}, {row['scenario']}", known=shown
        )
    return found


def _closest(rows: pl.DataFrame, at: Place) -> dict[str, Any] | None:
    """The row of a place and scenario: its own before those of every place or scenario."""
    place, scenario = at
    fits = rows.filter(pl.col("place").is_in([place, EVERY]) & pl.col("scenario").is_in([scenario, EVERY]))
    ranked = fits.sort(pl.col("place") == EVERY, pl.col("scenario") == EVERY, maintain_order=True)
    return ranked.row(0, named=True) if ranked.height else None


def _wanted(
    stock: dict[str, Any], rows: pl.DataFrame, at: Place, span: tuple[int, int], problems: Problems
) -> tuple[Floats, str] | None:
    """The stock wanted by year and its unit: the product of its drivers, or its own path."""
    place, scenario = at
    years = tuple(range(span[0], span[1] + 1))
    target, units = np.ones(len(years)), []
    mine = rows.filter(pl.col("scenario").is_in([scenario, EVERY]))
    for name, power in parse_formula(stock["formula"] or stock["stock"]).items():
        found = path_of(mine, scenario, name, place, years, {}, problems)
        if found is None:
            return None
        target = target * found[0] ** power
        units.append((found[1], power))
    unit, factor = product_unit(units)
    return target * factor, unit


def _turned(
    stock: dict[str, Any], target: Floats, unit: str, at: Place, vintages: pl.DataFrame | None, start: int
) -> list[pl.DataFrame]:
    place, scenario = at
    end = start + len(target) - 1
    years = np.arange(start, end + 1)
    item = f"{stock['stock']} · {place} · {scenario}"
    shape = stock["shape"] if stock["shape"] is not None else 0.0
    oldest = int(stock["oldest"])
    if oldest >= start:
        raise InputError("value_out_of_range", Where(column="oldest", item=item), oldest, range=f"oldest < {start}")
    curve = survival(stock["survival"], float(stock["life"]), float(shape), np.arange(end - oldest + 2, dtype=float))
    cohorts, added, gone = cohorts_of(target, curve, oldest, start, float(stock["past_growth"]))
    rate = float(stock["retrofit_rate"] or 0.0)
    done = _retrofitted(cohorts, len(years), rate)
    name = stock["stock"]
    whole = cohorts.sum(axis=0)
    share = np.divide((cohorts * done).sum(axis=0), whole, out=np.zeros(len(years)), where=whole > 0)
    drivers: dict[str, tuple[Floats, str]] = {
        name: (target, unit), f"{name} added": (added, unit), f"{name} gone": (gone, unit),
        f"{name} retrofitted": (share, "1"),
    }  # fmt: skip
    drivers |= _attributes(name, at, vintages, cohorts, done, oldest)
    return [
        pl.DataFrame({"time": years.astype(str), "value": values}).with_columns(
            pl.lit(driver).alias("driver"), pl.lit(place).alias("place"), pl.lit(scenario).alias("scenario"),
            pl.lit(unit_).alias("unit"), pl.lit("linear").alias("interpolation"),
        )
        for driver, (values, unit_) in drivers.items()
    ]  # fmt: skip


def cohorts_of(
    target: Floats, curve: Floats, oldest: int, start: int, past_growth: float
) -> tuple[Floats, Floats, Floats]:
    """Give what is left of each vintage in each year.

    Parameters
    ----------
    target
        Stock wanted, shape (years,).
    curve
        Share that is left at ages 0, 1, 2 …
    oldest, start
        First vintage, and first year of the target.
    past_growth
        Growth a year of additions before the start.

    Returns
    -------
    cohorts, added, gone
        Shapes (vintages, years), (years,), (years,). ``added`` of the first year is what that vintage holds.
    """
    years = len(target)
    births = np.arange(oldest, start + years)
    before = births <= start
    cohorts = np.zeros((len(births), years))
    age = start - births[before]
    shares = (1 + past_growth) ** (births[before] - oldest) * curve[age]
    cohorts[before, 0] = target[0] * shares / shares.sum() if shares.sum() > 0 else 0.0
    added, gone = np.zeros(years), np.zeros(years)
    added[0] = cohorts[np.flatnonzero(before)[-1], 0]
    for t in range(1, years):
        ages = start + t - births
        alive = ages > 0
        left = np.zeros(len(births))
        old = curve[np.maximum(ages[alive] - 1, 0)]
        left[alive] = cohorts[alive, t - 1] * np.divide(
            curve[ages[alive]], old, out=np.zeros(alive.sum()), where=old > 0
        )
        missing = target[t] - left.sum()
        if missing >= 0:
            left[births == start + t] = missing
            added[t] = missing
        else:
            # The oldest go first where the stock falls faster than its members die.
            over = -missing
            cumulated = np.minimum(np.cumsum(left), over)
            left = left - np.diff(cumulated, prepend=0.0)
        cohorts[:, t] = left
        gone[t] = cohorts[:, t - 1].sum() + added[t] - left.sum()
    return cohorts, added, gone


def _retrofitted(cohorts: Floats, years: int, rate: float) -> Floats:
    """Share of each vintage that has been retrofitted: vintages of the start only, a constant share a year."""
    there = cohorts[:, 0] > 0
    done = 1 - (1 - rate) ** np.arange(years)
    return np.where(there[:, None], done[None, :], 0.0)


def _attributes(
    stock: str, at: Place, vintages: pl.DataFrame | None, cohorts: Floats, done: Floats, oldest: int
) -> dict[str, tuple[Floats, str]]:
    if vintages is None:
        return {}
    made = {}
    births = np.arange(oldest, oldest + len(cohorts))
    whole = cohorts.sum(axis=0)
    for (name,), every in vintages.group_by("attribute", maintain_order=True):
        best = _closest(every, at)
        if best is None:
            continue
        same = (pl.col("place") == best["place"]) & (pl.col("scenario") == best["scenario"])
        part = every.filter(same).sort("vintage")
        if part["unit"].n_unique() > 1 or part["vintage"].is_duplicated().any():
            shown = ", ".join(part["unit"].unique().sort().to_list())
            raise InputError("measure_units", Where(column="vintage", item=f"{stock} · {name}"), shown, measure=name)
        built = part["vintage"].to_numpy()
        if built[0] > oldest:
            raise InputError(
                "path_short", Where(column="vintage", item=f"{stock} · {name}"), f"{built[0]:g}", years=f"{oldest}–"
            )
        index = np.searchsorted(built, births, side="right") - 1
        own = part["value"].to_numpy()[index][:, None]
        after = part.select(pl.coalesce("retrofitted", "value")).to_series().to_numpy()[index][:, None]
        mean = np.divide(
            (cohorts * (own * (1 - done) + after * done)).sum(axis=0), whole, out=np.zeros(len(whole)), where=whole > 0
        )
        made[str(name)] = (mean, str(part["unit"][0]))
    return made
