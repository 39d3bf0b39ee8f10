"""What drawn paths say: bands, the peak as a distribution, neutrality, always with an interval.

Comes in: paths as arrays of shape (draws, times). Goes out: rows of tables. Not for: drawing (``series``, ``stocks``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from citycarbon.core.schema import Column
from citycarbon.core.series import Floats
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE, SCENARIO, TIME, UNIT

Positions = NDArray[np.intp]
Flags = NDArray[np.bool_]
LATER = "later"
"""Time of a peak that no path of this length can show."""
SETTLED = 5
"""Years that must follow a highest value before it counts as a peak (levin_rich_2017); one nearer to the end is ``later``."""
_LABELS = (
    PLACE,
    SCENARIO,
    Column("model", meaning=("model", "模型")),
    Column("measure", required=True, empty=False, meaning=("what is counted", "指标")),
)


class BandTable(Table):
    """Paths with bands, for fan charts: median and quantiles by time; observed values have no band."""

    columns: ClassVar[tuple[Column, ...]] = (
        *_LABELS,
        Column("sector", default="all", meaning=("sector of one code list", "部门（单一代码表）")),
        TIME,
        Column("value", "number", required=True, empty=False, meaning=("median, or observed", "中位数或观测值")),
        Column("low", "number", meaning=("5 % of draws lie below", "5% 分位")),
        Column("lower", "number", meaning=("25 % of draws lie below", "25% 分位")),
        Column("upper", "number", meaning=("75 % of draws lie below", "75% 分位")),
        Column("high", "number", meaning=("95 % of draws lie below", "95% 分位")),
        UNIT,
    )
    __slots__ = ()


class PeakTable(Table):
    """Chance of the peak by year; ``later`` is the chance that it lies at the end of the paths or beyond."""

    columns: ClassVar[tuple[Column, ...]] = (
        *_LABELS,
        Column("peak_time", required=True, empty=False, meaning=("year of the peak, or later", "达峰年份，或更晚")),
        Column("probability", "number", required=True, low=0, high=1, unit="1", meaning=("chance of it", "概率")),
        Column(
            "by_then", "number", required=True, low=0, high=1, unit="1", meaning=("chance by then", "累计概率")
        ),
    )  # fmt: skip
    __slots__ = ()


class OutcomeTable(Table):
    """Statements about paths, each with its interval: peak year and level, chance of a peak by a year, gap to sinks."""

    columns = (
        *_LABELS,
        Column("item", required=True, empty=False, meaning=("what is stated", "结论项")),
        Column("value", "number", meaning=("median, or chance", "中位数或概率")),
        Column("low", "number", meaning=("5 % of draws lie below", "5% 分位")),
        Column("high", "number", meaning=("95 % of draws lie below", "95% 分位")),
        UNIT,
        Column("note_en", meaning=("what it rests on, in English", "英文说明")),
        Column("note_zh", meaning=("what it rests on, in Chinese", "中文说明")),
    )
    __slots__ = ()


def band_rows(paths: Floats, times: Sequence[str], unit: str, labels: dict[str, str]) -> pl.DataFrame:
    """Quantiles of paths (draws, times) as rows of a band table."""
    low, lower, middle, upper, high = np.quantile(paths, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    frame = pl.DataFrame(
        {"time": list(times), "value": middle, "low": low, "lower": lower, "upper": upper, "high": high}
    )
    return frame.with_columns(*(pl.lit(text).alias(name) for name, text in labels.items()), pl.lit(unit).alias("unit"))


def peak_positions(paths: Floats, years: Sequence[int]) -> tuple[Positions, Flags]:
    """Position of the highest value of each path, the earliest of equal ones, and whether enough years follow it."""
    at = np.asarray(np.argmax(paths, axis=1))
    last = np.asarray(years)
    return at, last[at] + SETTLED <= last[-1]


def peak_rows(paths: Floats, times: Sequence[str], labels: dict[str, str]) -> pl.DataFrame:
    """Chance of the peak at each time; a highest value within five years of the end counts as later.

    Parameters
    ----------
    paths
        Shape (draws, times), history included.
    times
        Labels of the times.
    labels
        Columns that are the same in every row.
    """
    years = [int(time[:4]) for time in times]
    at, seen = peak_positions(paths, years)
    share = np.bincount(at[seen], minlength=len(times)) / len(paths)
    able = [i for i, year in enumerate(years) if year + SETTLED <= years[-1]]
    first = next((i for i in able if share[i] > 0), able[-1] if able else 0)
    shown = [i for i in able if i >= first]
    names = [*(times[i] for i in shown), LATER]
    chance = [*(float(share[i]) for i in shown), float((~seen).mean())]
    frame = pl.DataFrame({"peak_time": names, "probability": chance, "by_then": np.minimum(1.0, np.cumsum(chance))})
    return frame.with_columns(pl.lit(text).alias(name) for name, text in labels.items())


def peak_outcomes(
    paths: Floats, times: Sequence[str], unit: str, labels: dict[str, str], by: Sequence[int] = (2030,),
    worth: Callable[[int | None], float] | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Peak year and level with intervals, the chance of no peak in sight, and the chance of a peak by given years.

    ``worth`` gives for a year, or None for the whole span, how many independent cases a chance rests on; the draws if left out.
    """
    cases = worth or (lambda _: float(len(paths)))
    years = np.array([int(time[:4]) for time in times])
    at, seen = peak_positions(paths, years.tolist())
    rows: list[tuple[str, float | None, float | None, float | None, str]] = []
    # A quantile of the year that falls among paths without a peak in sight stays empty.
    year = np.where(seen, years[at], np.inf)
    low, middle, high = (
        float(v) if np.isfinite(v) else None for v in np.quantile(year, [0.05, 0.5, 0.95], method="lower")
    )
    rows.append(("peak_year", middle, low, high, "1"))
    level = paths[np.arange(len(paths)), at]
    if seen.any():
        a, b, c = (float(v) for v in np.quantile(level[seen], [0.05, 0.5, 0.95]))
        rows.append(("peak_level", b, a, c, unit))
    for target in by:
        if target > years[-1]:
            # No path goes so far: the chance up to its end would be told as one of later.
            rows.append((f"peak_by_{target}", None, None, None, "1"))
            continue
        chance = float((year <= target).mean())
        rows.append((f"peak_by_{target}", chance, *_chance_interval(chance, cases(target)), "1"))
    late = float((~seen).mean())
    rows.append(("peak_later", late, *_chance_interval(late, cases(None)), "1"))
    schema = {"item": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "unit": pl.String}
    made = pl.DataFrame(rows, schema=schema, orient="row")
    return made.with_columns(pl.lit(text).alias(name) for name, text in labels.items())


def _chance_interval(chance: float, draws: float) -> tuple[float, float]:
    """Wilson interval of 90 % for a share of a number of cases."""
    z = 1.6448536269514722
    middle = (chance + z * z / (2 * draws)) / (1 + z * z / draws)
    width = z / (1 + z * z / draws) * np.sqrt(chance * (1 - chance) / draws + z * z / (4 * draws * draws))
    return max(0.0, round(float(middle - width), 9)), min(1.0, round(float(middle + width), 9))
