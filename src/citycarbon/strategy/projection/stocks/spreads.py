"""Drawing the uncertain parameters of a model: levels and growth of drivers, shared and correlated errors.

Comes in: spreads, correlations, and a model. Goes out: arrays of draws of each line's level and growth. Not for: what follows
from them (``simulation``). Latin hypercube and Sobol numbers by scipy.stats.qmc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from citycarbon.core.draws import REACH, Sampler, UncertainRows, shaped, uniforms
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.series import Floats
from citycarbon.strategy.projection.stocks.model import Model
from citycarbon.strategy.projection.stocks.tables import EVERY, CorrelationTable, SpreadTable


@dataclass(frozen=True)
class Spreads:
    """Uncertain parameters of one scenario.

    ``names`` are ``driver:kind`` or ``group:kind`` of each error, ``rows`` the shapes, ``source`` the error that each row takes,
    ``level`` and ``growth`` the power of each row in each line, shape (rows, lines).
    """

    names: tuple[str, ...]
    rows: UncertainRows
    source: np.ndarray[tuple[int], np.dtype[np.intp]]
    level: Floats
    growth: Floats
    mixing: Floats | None

    def from_uniforms(self, numbers: Floats) -> tuple[Floats, Floats]:
        """Logarithm of the level and growth of each line, shapes (draws, lines), from uniform numbers (draws, errors).

        Raises
        ------
        InputError
            If a level is drawn at or below zero.
        """
        from scipy.special import ndtr, ndtri

        if self.mixing is not None:
            numbers = np.clip(ndtr(ndtri(numbers) @ self.mixing.T), 1e-12, 1 - 1e-12)
        drawn = shaped(self.rows, numbers, self.source)
        levels = np.abs(self.level).any(axis=1)
        low = float(drawn[:, levels].min()) if levels.any() else 1.0
        if low <= 0:
            row = int(np.flatnonzero(levels)[int(drawn[:, levels].min(axis=0).argmin())])
            where = Where(column="sd", item=self.names[self.source[row]])
            raise InputError(
                "draws_impossible", where, f"{low:.3g}", expected_shape="level > 0: lognormal, or a smaller sd"
            )
        logs = np.zeros_like(drawn)
        logs[:, levels] = np.log(drawn[:, levels])
        return logs @ self.level, drawn @ self.growth

    def draw(self, count: int, seed: int, sampler: Sampler) -> tuple[Floats, Floats]:
        """Draw all parameters, and give the level and growth of each line."""
        if not self.names:
            lines = self.level.shape[1]
            return np.zeros((count, lines)), np.zeros((count, lines))
        return self.from_uniforms(uniforms(count, len(self.names), np.random.default_rng(seed), sampler))


def spreads_of(spreads: SpreadTable | None, model: Model, correlations: CorrelationTable | None = None) -> Spreads:
    """Give the uncertain parameters that matter to a model.

    Raises
    ------
    InputError
        A driver that no line uses, two spreads of one driver and kind, a growth that is lognormal, correlations that contradict
        one another or name what is not drawn.
    """
    count = len(model.lines)
    empty = UncertainRows(np.empty(0), np.empty(0), [], [])
    if spreads is None:
        return Spreads((), empty, np.empty(0, dtype=np.intp), np.zeros((0, count)), np.zeros((0, count)), None)
    rows = spreads.to_polars().filter(pl.col("scenario").is_in([model.scenario, EVERY]))
    problems = Problems()
    for driver, kind, distribution, sd in rows.select("driver", "kind", "distribution", "sd").iter_rows():
        if driver not in model.drivers:
            known = ", ".join(model.drivers[:12])
            problems.add("value_not_listed", Where(column="driver", item=driver), driver, known=known)
        reach = REACH.get(distribution or "normal", 0.0) * sd
        if kind == "level" and reach > 1:
            shape = f"{distribution}: sd <= {1 / REACH[distribution]:.4g}"
            problems.add("draws_impossible", Where(column="sd", item=driver), f"{sd:g}", expected_shape=shape)
        if kind == "growth" and distribution == "lognormal":
            problems.add(
                "value_not_listed",
                Where(column="distribution", item=driver),
                "lognormal",
                known="normal, uniform, triangular",
            )
    for driver, kind in (
        rows.filter(pl.struct("driver", "kind").is_duplicated())
        .select("driver", "kind")
        .unique()
        .sort("driver", "kind")
        .iter_rows()
    ):
        problems.add(
            "row_duplicate", Where(column="driver", item=driver), f"{driver}:{kind}", key="driver, kind, scenario"
        )
    problems.raise_all()
    rows = rows.filter(pl.col("sd") > 0)
    names: dict[str, int] = {}
    source, level, growth = [], [], []
    for driver, kind, group in rows.select("driver", "kind", "error_group").iter_rows():
        source.append(names.setdefault(f"{group or driver}:{kind}", len(names)))
        power = model.powers[:, model.drivers.index(driver)]
        level.append(power if kind == "level" else np.zeros(count))
        growth.append(power if kind == "growth" else np.zeros(count))
    kinds = rows["kind"].to_list()
    shapes = [word or "normal" for word in rows["distribution"].to_list()]
    means = np.array([1.0 if kind == "level" else 0.0 for kind in kinds])
    uncertain = UncertainRows(means, rows["sd"].to_numpy(), shapes, [""] * len(kinds))
    size = (len(kinds), count)
    return Spreads(
        tuple(names), uncertain, np.array(source, dtype=np.intp), np.array(level).reshape(size),
        np.array(growth).reshape(size), _mixing(tuple(names), correlations),
    )  # fmt: skip


def _mixing(names: tuple[str, ...], correlations: CorrelationTable | None) -> Floats | None:
    """Root of the correlation matrix of normal scores; rank correlation ρ asks for 2 sin(πρ/6) (Pearson 1907)."""
    if correlations is None or not names:
        return None
    matrix = np.eye(len(names))
    problems = Problems()
    for first, second, value in correlations.to_polars().select("first", "second", "correlation").iter_rows():
        at = [names.index(name) if name in names else -1 for name in (first, second)]
        if -1 in at or at[0] == at[1]:
            problems.add("correlation_wrong", Where(column="first"), f"{first}, {second}")
            continue
        matrix[at[0], at[1]] = matrix[at[1], at[0]] = 2 * np.sin(np.pi * value / 6)
    problems.raise_all()
    values, vectors = np.linalg.eigh(matrix)
    if values.min() < -1e-9:
        raise InputError("correlation_wrong", Where(column="correlation"), f"{values.min():.3g}")
    return np.asarray(vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T)
