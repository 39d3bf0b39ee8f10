"""Drivers and projection: decomposition against pair-by-pair code and bare numpy, draws against drawing alone, many forecasts.

1. LMDI of 1,000 regions, 50 sectors, 30 years and 5 factors against a plain pandas loop, against code that goes pair by pair and
   factor by factor as LMDIR does, and against the bare numpy formula. The two loops run on some of the regions, and their time is
   multiplied; they are linear in regions.
2. 10,000 draws of a model of 200 lines and 41 years against drawing its parameters alone.
3. 300 cities by six models with a back-test from every origin.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl

from citycarbon.core.series import SeriesTable
from citycarbon.strategy.drivers import lmdi
from citycarbon.strategy.drivers.logarithmic_mean import effects
from citycarbon.strategy.projection import back_test, forecast
from citycarbon.strategy.projection.stocks.model import models_of
from citycarbon.strategy.projection.stocks.simulation import simulated, totals_of
from citycarbon.strategy.projection.stocks.spreads import spreads_of
from citycarbon.strategy.projection.stocks.tables import LineTable, PathTable, SpreadTable

REGIONS, SECTORS, YEARS, FACTORS = 1000, 50, 30, 5
FEW_PANDAS, FEW_PAIRS = 20, 4
LINES, DRAWS = 200, 10_000
CITIES, VALUES, FIRST = 300, 19, 12
MODELS = "naive, drift, theta, ets, arima, gm11"


def seconds(task: Callable[[], object], rounds: int = 3) -> float:
    """Best time of a task."""
    best = math.inf
    for _ in range(rounds):
        begin = time.perf_counter()
        task()
        best = min(best, time.perf_counter() - begin)
    return best


def figures() -> np.ndarray:
    """Levels of a chain, shape (factors, years, regions, sectors)."""
    generator = np.random.default_rng(0)
    return np.cumprod(generator.uniform(0.5, 2, (FACTORS, YEARS, REGIONS, SECTORS)), axis=0)


def bare(levels: np.ndarray) -> np.ndarray:
    """The formula in numpy, nothing else."""
    v = levels[-1]
    weight = (v[1:] - v[:-1]) / np.log(v[1:] / v[:-1])
    x = [levels[0], *(levels[k] / levels[k - 1] for k in range(1, FACTORS))]
    return np.array([(weight * np.log(each[1:] / each[:-1])).sum(axis=2) for each in x])


def vectorised(levels: np.ndarray) -> np.ndarray:
    """Our arrays, zeros and gaps looked after."""
    parts = [each[..., None] for each in levels]
    made, _, _ = effects([each[:-1] for each in parts], [each[1:] for each in parts])
    return np.array([each.sum(axis=(2, 3)) for each in made])


def by_pandas(frame: pd.DataFrame) -> list[pd.Series]:
    """A region and pair of years at a time, sectors in pandas."""
    made = []
    names = [f"x{k}" for k in range(FACTORS)]
    for _, region in frame.groupby("region"):
        years = [part.set_index("sector")[names] for _, part in region.groupby("year")]
        for before, after in pairwise(years):
            v0, v1 = before.prod(axis=1), after.prod(axis=1)
            weight = (v1 - v0) / np.log(v1 / v0)
            made.append(np.log(after / before).mul(weight, axis=0).sum())
    return made


def pair_by_pair(x: np.ndarray) -> list[list[float]]:
    """A cell at a time: each pair of years, sector and factor, as LMDIR's Zij."""
    made = []
    for region in range(x.shape[2]):
        for t in range(YEARS - 1):
            sums = [0.0] * FACTORS
            for sector in range(SECTORS):
                v0, v1 = math.prod(x[:, t, region, sector]), math.prod(x[:, t + 1, region, sector])
                for k in range(FACTORS):
                    mean = v0 if v0 == v1 else (v1 - v0) / math.log(v1 / v0)
                    sums[k] += mean * math.log(x[k, t + 1, region, sector] / x[k, t, region, sector])
            made.append(sums)
    return made


def decomposition() -> None:
    """Print ratios of the decomposition."""
    levels = figures()
    x = np.concatenate([levels[:1], levels[1:] / levels[:-1]])
    floor, ours = seconds(lambda: bare(levels)), seconds(lambda: vectorised(levels))
    index = np.indices((YEARS, FEW_PANDAS, SECTORS)).reshape(3, -1)
    frame = pd.DataFrame({"year": index[0], "region": index[1], "sector": index[2]})
    for k in range(FACTORS):
        frame[f"x{k}"] = x[k, :, :FEW_PANDAS].ravel()
    pandas_time = seconds(lambda: by_pandas(frame), 1) * REGIONS / FEW_PANDAS
    pair_time = seconds(lambda: pair_by_pair(x[:, :, :FEW_PAIRS]), 1) * REGIONS / FEW_PAIRS
    table = SeriesTable(long(levels))
    chain = " > ".join(f"m{k} by sector" for k in range(FACTORS))
    whole = seconds(lambda: lmdi(table, chain=chain), 2)
    assert np.allclose(bare(levels), vectorised(levels), rtol=1e-6, atol=1e-6)
    print(f"\nLMDI: {REGIONS:,} regions, {SECTORS} sectors, {YEARS} years, {FACTORS} factors")
    print(f"  bare numpy formula            {floor:8.3f} s")
    print(f"  our arrays                    {ours:8.3f} s   {ours / floor:6.2f} x the floor (aim: at most 3)")
    print(
        f"  method, from a table of 7.5 M rows {whole:3.2f} s   {whole / floor:6.2f} x the floor, pivot and checks included"
    )
    for name, spent in (("pandas, a pair at a time", pandas_time), ("cell by cell as LMDIR", pair_time)):
        print(
            f"  {name:26s} {spent:9.1f} s   {spent / ours:6.0f} x our arrays (aim: 50), {spent / whole:3.0f} x the method"
        )


def long(levels: np.ndarray) -> pl.DataFrame:
    """The levels as a long table."""
    index = np.indices((YEARS, REGIONS, SECTORS)).reshape(3, -1)
    base = pl.DataFrame({
        "time": np.array([str(1990 + t) for t in range(YEARS)])[index[0]],
        "place": np.array([f"p{i}" for i in range(REGIONS)])[index[1]],
        "sector": np.array([f"s{i}" for i in range(SECTORS)])[index[2]],
    })  # fmt: skip
    parts = [
        base.with_columns(
            pl.lit(f"m{k}").alias("measure"), pl.Series("value", levels[k].ravel()), pl.lit("t").alias("unit")
        )
        for k in range(FACTORS)
    ]
    return pl.concat(parts)


def projection() -> None:
    """Print the ratio of a projection to drawing its parameters."""
    generator = np.random.default_rng(0)
    paths, lines, spreads = [("economy", "2020", 1.0, "1")], [], [("economy", "growth", 0.01, "normal")]
    for i in range(LINES):
        paths += [(f"activity {i}", "2020", float(generator.uniform(50, 150)), "PJ"),
                  (f"activity {i}", "2060", float(generator.uniform(50, 250)), "PJ"),
                  (f"factor {i}", "2020", 90.0, "t/TJ"), (f"factor {i}", "2060", 20.0, "t/TJ")]  # fmt: skip
        lines.append(
            (f"l{i}", "AB"[i % 2], f"s{i % 8}", "coal", "1", "CO2", f"activity {i} * factor {i} * economy", "t")
        )
        spreads += [(f"activity {i}", "growth", 0.005, "normal"), (f"factor {i}", "level", 0.05, "lognormal")]
    names = ["line", "place", "sector", "activity", "scope", "gas", "formula", "unit"]
    model = models_of(
        PathTable(pl.DataFrame(paths, schema=["driver", "time", "value", "unit"], orient="row")),
        LineTable(pl.DataFrame(lines, schema=names, orient="row")), 2020, 2060,
    )[0]  # fmt: skip
    table = SpreadTable(pl.DataFrame(spreads, schema=["driver", "kind", "sd", "distribution"], orient="row"))
    found = spreads_of(table, model)
    _, members = totals_of(model, True)
    drawing = seconds(lambda: found.draw(DRAWS, 1, "latin_hypercube"))

    def run() -> object:
        return simulated(model, members, *found.draw(DRAWS, 1, "latin_hypercube"))

    both = seconds(run)
    print(f"\nProjection: {DRAWS:,} draws of {len(found.names)} parameters, {LINES} lines, {len(model.years)} years")
    print(
        f"  drawing alone {drawing:6.3f} s, with the projection {both:6.3f} s   ratio {both / drawing:4.2f} (aim: at most 3)"
    )


def forecasts() -> None:
    """Print the time of many forecasts with their back-test."""
    generator = np.random.default_rng(3)
    rows = []
    for city in range(CITIES):
        values = 30 * np.exp(np.cumsum(generator.normal(0.04, 0.06, VALUES)))
        rows += [(f"c{city}", str(1997 + t), "co2", float(v), "Mt") for t, v in enumerate(values)]
    table = SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))
    begin = time.perf_counter()
    back_test(table, models=MODELS, horizons="1, 3", first=FIRST)
    forecast(table, models=MODELS, horizon=5, first=FIRST)
    spent = time.perf_counter() - begin
    print(f"\nForecasts: {CITIES} cities by six models, {VALUES - FIRST} origins each, and bands")
    print(f"  {spent:6.1f} s (aim: below 180)")


def main() -> None:
    """Run all three."""
    decomposition()
    projection()
    forecasts()


if __name__ == "__main__":
    main()
