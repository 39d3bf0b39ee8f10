"""Drawn paths of one series and model, and what is to be said of their bands.

Comes in: a series with forecasts from its past origins. Goes out: paths with labels and a finding.
Not for: tables (``forecast``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import polars as pl

from citycarbon.core.series import Floats
from citycarbon.strategy.projection.series.bands import past_coverage
from citycarbon.strategy.projection.series.models import BASELINES, forecasts_of
from citycarbon.strategy.projection.series.origins import Origins
from citycarbon.strategy.projection.series.yearly import Yearly

INTERVALS = ("bootstrap", "conformal")
NARROW = 0.8
"""Share of past values below which a band of 90 % is told to be too narrow."""


@dataclass(frozen=True)
class Paths:
    """Forecast of one series by one model: points (horizon,), drawn paths (draws, horizon), and what bands held so far."""

    each: Yearly
    model: str
    point: Floats
    draws: Floats
    coverage: float
    cases: int

    @property
    def times(self) -> list[str]:
        """Years that are forecast."""
        last = self.each.years[-1]
        return [str(last + self.each.step * (k + 1)) for k in range(len(self.point))]

    @property
    def labels(self) -> dict[str, str]:
        """Columns that are the same in every row."""
        return {"place": self.each.place, "measure": self.each.measure, "model": self.model, "scenario": "projected"}

    @property
    def finding(self) -> tuple[str, str]:
        """What is to be said of the band, in English and Chinese; empty if nothing is."""
        if not self.cases:
            return (
                "the past is too short to see how often bands of this model hold",
                "历史过短，无法检验该模型区间的覆盖率",
            )
        if not self.draws.std(axis=0).any():
            return (
                "errors of the past are nil: the band has no width and says nothing",
                "历史误差为零：区间无宽度，不说明问题",
            )
        if self.coverage >= NARROW:
            return ("", "")
        share = f"{100 * self.coverage:.0f}"
        return (
            f"too narrow in the past: bands of 90 % of this model held {share} % of {self.cases} values that came",
            f"历史上区间过窄：该模型 90% 区间仅覆盖 {self.cases} 个实际值的 {share}%",
        )

    def noted(self, rows: pl.DataFrame, before: tuple[str, str] = ("", "")) -> pl.DataFrame:
        """Rows with the finding after what is said in any case."""
        texts = ["; ".join(part for part in both if part) for both in zip(before, self.finding, strict=True)]
        english, chinese = texts[0] or None, texts[1].replace("; ", "；") or None
        return rows.with_columns(
            pl.lit(english, pl.String).alias("note_en"), pl.lit(chinese, pl.String).alias("note_zh")
        )

    def with_history(self) -> tuple[Floats, list[str]]:
        """Paths that begin with the observed values."""
        past = np.broadcast_to(self.each.values, (len(self.draws), len(self.each.values)))
        return np.concatenate([past, self.draws], axis=1), [*map(str, self.each.years), *self.times]


def paths_of(
    each: Yearly, origins: Origins, models: Sequence[str], horizon: int, draws: int, seed: int,
    intervals: str = "bootstrap", points: dict[str, Floats] | None = None,
) -> list[Paths]:  # fmt: skip
    """Draw paths of each model that gives a finite forecast and has made enough errors on past origins.

    ``points`` are the forecasts by model if they are known already.
    """
    made = []
    points = points or forecasts_of(BASELINES, each.values, horizon, seed) | forecasts_of(
        models, each.values, horizon, seed
    )
    for model in models:
        point = points[model]
        if not np.isfinite(point).all():
            continue
        errors = origins.errors(model, points)
        spread = errors.spread()
        if spread is None:
            continue
        # Seeds come from names, so that neither the unit nor another series or model changes what is drawn.
        generator = np.random.default_rng([seed, crc32(f"{each.name} · {model}".encode())])
        drawn = errors.around(point, spread.draws(draws, generator, intervals == "conformal"))
        made.append(
            Paths(each, model, point, drawn, *past_coverage(errors.values, errors.rivals, errors.still, errors.period))
        )
    return made
