"""What bands of forecasts hold, and what chances of a peak come true: planted series of forty values, ten more to come.

1. Share of values inside the band of 90 %, by process, horizon and model: for the model that made the series, for the one that
   the back-test chooses (smallest MASE over one, three and five steps among the candidates), and for every other one.
2. Chances of a peak in bins of a tenth, beside the share that came true.

    python benchmarks/bands.py                               all processes, 1,000 series each, two processes
    python benchmarks/bands.py --processes walk --series 100
    python benchmarks/bands.py --models naive,drift,arima --series 50
    python benchmarks/bands.py --keep DIRECTORY              forecasts are kept there, and taken from there if they are

The constants of ``bands`` were chosen on other draws of ``walk``, ``drift``, ``line``, ``near unit root`` and
``wandering slope``; the weight of rivals and the last widening were settled after looking at draws of ``walk`` and ``drift``
that are printed here.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from citycarbon.strategy.projection.outcomes import peak_positions
from citycarbon.strategy.projection.series.models import COMBINATION, forecasts_of
from citycarbon.strategy.projection.series.origins import Origins, roll_all
from citycarbon.strategy.projection.series.paths import Paths, paths_of
from citycarbon.strategy.projection.series.yearly import Yearly

KNOWN, AHEAD, FIRST, DRAWS = 40, 10, 15, 1000
CANDIDATES = "naive,drift,theta,ets,gm11,combination"
SHOWN = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
CHOSEN = "chosen"
MADE_BY = {
    "walk": "naive", "drift": "drift", "line": "ets", "seasonal": "seasonal-4", "seasonal walk": "seasonal-4",
    "local level": "ets", "near unit root": "naive",
    "damped trend": "ets", "heavy tails": "naive", "growth": "drift", "wandering slope": "ets",
}  # fmt: skip
"""Model that made each process, or comes nearest to it."""


def planted(process: str, count: int, seed: int = 15) -> np.ndarray:
    """Series of a process, shape (count, known and to come)."""
    generator = np.random.default_rng([seed, *process.encode()])
    shape, k = (count, KNOWN + AHEAD), np.arange(KNOWN + AHEAD)
    e = generator.standard_normal(shape)
    if process == "near unit root":
        made = np.empty(shape)
        made[:, 0] = 5 * e[:, 0] / np.sqrt(1 - 0.9**2)
        for t in range(1, shape[1]):
            made[:, t] = 0.9 * made[:, t - 1] + 5 * e[:, t]
        return 300 + made
    pattern = np.array([10.0, -5, 8, -13])[k % 4]
    if process == "seasonal walk":
        made = 500 + pattern + 5 * e
        for t in range(4, shape[1]):
            made[:, t] = made[:, t - 4] + 5 * e[:, t]
        return made
    steps = {
        "walk": 5 * e,
        "drift": 5 + 5 * e,
        "damped trend": 12 * 0.93**k + 4 * e,
        "heavy tails": 5 * generator.standard_t(5, shape),
        "seasonal": 1 + 2 * e,
        "local level": 2 * e,
        "growth": 0.04 + 0.06 * e,
        "wandering slope": 8 + np.cumsum(1.5 * generator.standard_normal(shape), axis=1) + 4 * e,
        "line": np.full(shape, 2.0),
    }[process]
    sums = np.cumsum(steps, axis=1)
    if process == "growth":
        return 30 * np.exp(sums)
    noise = {"line": 5 * e, "local level": 5 * generator.standard_normal(shape), "seasonal": pattern}
    return np.asarray(500 + sums + noise.get(process, 0.0))


@dataclass(frozen=True)
class Case:
    """What one series gave: inside the band by model and horizon, and peak chances with what came, by model."""

    inside: dict[str, np.ndarray]
    narrow: dict[str, bool]
    chances: dict[str, list[tuple[float, bool]]]
    chosen: str


def rolled(values: np.ndarray, models: tuple[str, ...]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Forecasts of a series from its past origins, and from its end."""
    single = tuple(name for name in models if name != COMBINATION)
    origins = roll_all([yearly(values)], single, AHEAD, FIRST, 1, 1)[0]
    return origins.forecasts, forecasts_of(single, values, AHEAD, 1)


def yearly(values: np.ndarray) -> Yearly:
    """A series of its known values."""
    return Yearly("A", "co2", tuple(range(1980, 1980 + len(values))), values, "t")


def judged(item: tuple[np.ndarray, dict, dict], models: tuple[str, ...], intervals: str) -> Case:
    """Hold bands and chances of one series against what came."""
    values, past, points = item
    each, came = yearly(values[:KNOWN]), values[KNOWN:]
    if COMBINATION in models:
        names = [name for name in models if name != COMBINATION and not name.startswith("seasonal")]
        past = past | {COMBINATION: np.mean([past[name] for name in names], axis=0)}
        points = points | {COMBINATION: np.mean([points[name] for name in names], axis=0)}
    origins = against(each, past)
    drawn = paths_of(each, origins, models, AHEAD, DRAWS, 1, intervals, points)
    inside, chances = {}, {}
    for path in drawn:
        low, high = np.quantile(path.draws, [0.05, 0.95], axis=0)
        inside[path.model] = (low <= came) & (came <= high)
        chances[path.model] = peaks(path, values)
    best = min(inside, key=lambda name: mase(origins, name))
    return Case(inside, {path.model: path.coverage < 0.8 for path in drawn}, chances, best)


def against(each: Yearly, past: dict[str, np.ndarray]) -> Origins:
    """Origins with forecasts that were kept."""
    bare = roll_all([each], ("naive",), AHEAD, FIRST, 1, 1)[0]
    return replace(bare, forecasts=past)


def mase(origins: Origins, model: str) -> float:
    """Mean MASE over one, three and five steps."""
    errors = np.abs(origins.came - origins.forecasts[model]) / origins.scale[:, None]
    made = np.nanmean(errors[:, [0, 2, 4]], axis=0).mean()
    return float(made) if np.isfinite(made) else np.inf


def peaks(path: Paths, values: np.ndarray) -> list[tuple[float, bool]]:
    """Chances that the peak is past, or comes within two or five years, each with what came."""
    paths, times = path.with_history()
    years = [int(time) for time in times]
    at, seen = peak_positions(paths, years)
    really, settled = peak_positions(values[None], years)
    made = []
    for last in (KNOWN - 1, KNOWN + 1, KNOWN + 4):
        chance = float((seen & (at <= last)).mean())
        made.append((chance, bool(settled[0] and really[0] <= last)))
    return made


def cases(
    process: str, count: int, models: tuple[str, ...], workers: int, keep: Path | None, intervals: str
) -> list[Case]:
    """Everything of one process."""
    values = planted(process, count)
    file = keep / f"{process.replace(' ', '_')}_{count}.npz" if keep else None
    single = [name for name in models if name != COMBINATION]
    with ProcessPoolExecutor(workers) as pool:
        if file and file.exists():
            known = np.load(file)
            arrays = [{m: known[f"{part} {m}"] for m in single} for part in ("past", "next")]
            made = [({m: arrays[0][m][i] for m in single}, {m: arrays[1][m][i] for m in single}) for i in range(count)]
        else:
            made = list(pool.map(partial(rolled, models=models), values[:, :KNOWN], chunksize=5))
            if file:
                arrays = {f"past {m}": np.array([past[m] for past, _ in made]) for m in single}
                np.savez(file, **arrays, **{f"next {m}": np.array([points[m] for _, points in made]) for m in single})
        items = [(row, past, points) for row, (past, points) in zip(values, made, strict=True)]
        return list(pool.map(partial(judged, models=models, intervals=intervals), items, chunksize=20))


def show_coverage(process: str, found: list[Case], models: tuple[str, ...]) -> None:
    """Print what the bands of each model hold."""
    own = MADE_BY[process]
    for model in (CHOSEN, own, *(name for name in models if name != own)):
        rows = [case.inside[case.chosen if model == CHOSEN else model] for case in found
                if (case.chosen if model == CHOSEN else model) in case.inside]  # fmt: skip
        flags = [case.narrow[case.chosen if model == CHOSEN else model] for case in found
                 if (case.chosen if model == CHOSEN else model) in case.inside]  # fmt: skip
        if not rows:
            continue
        mark = " (made it)" if model == own else ""
        share = np.mean(rows, axis=0)
        cells = " ".join(f"{share[h - 1]:5.3f}" for h in SHOWN)
        print(f"  {process:16s} {model + mark:22s} {cells}   {len(rows):5d}  {np.mean(flags):5.2f}")


def show_peaks(model: str, found: list[tuple[float, bool]]) -> None:
    """Print chances of a peak (past, within two years, within five) in bins that a hundred cases fall in."""
    if not found:
        return
    said, came = np.array([chance for chance, _ in found]), np.array([truth for _, truth in found], dtype=float)
    place = np.minimum((said * 10).astype(int), 9)
    for k in range(10):
        rows = place == k
        if rows.sum() >= 100:
            off = came[rows].mean() - said[rows].mean()
            mark = "" if abs(off) <= 0.10 else "   beyond 0.10"
            print(
                f"  {'':16s} {model:22s} a peak said {said[rows].mean():5.3f}, came {came[rows].mean():5.3f}, "
                f"of {rows.sum():5d}{mark}"
            )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", default=",".join(MADE_BY))
    parser.add_argument("--models", default=CANDIDATES)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--intervals", default="bootstrap")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    heads = " ".join(f"{h:>5d}" for h in SHOWN)
    print(
        f"Share inside the band of 90 %, by steps ahead; {KNOWN} values known; last column: bands told to be too narrow"
    )
    print(f"  {'process':16s} {'model':22s} {heads}  series  told", flush=True)
    begin = time.perf_counter()
    for process in asked.processes.split(","):
        own = MADE_BY[process]
        models = tuple(asked.models.split(","))
        if process.startswith("seasonal"):
            models = (*models, own)
        found = cases(process, asked.series, models, asked.workers, asked.keep, asked.intervals)
        show_coverage(process, found, models)
        show_peaks(CHOSEN, [each for case in found for each in case.chances[case.chosen]])
        show_peaks(own, [each for case in found for each in case.chances.get(own, [])])
        print(f"  {'':16s} {time.perf_counter() - begin:6.0f} s", flush=True)


if __name__ == "__main__":
    main()
