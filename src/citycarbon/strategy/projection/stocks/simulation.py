"""Ten thousand runs of an end-use model in seconds: totals of drawn paths, without holding every line.

Comes in: a model and draws of each line's level and growth. Goes out: totals by place and sector, shape (draws, years). Not for:
tables (``simulate``).

A line is a product of drivers, so a level error multiplies it, and a growth error multiplies it by e^(g τ) with τ years from the
start. Each year is the one before times e^g; lines are added by a matrix product, block by block of draws, so that a block
stays in the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from citycarbon.core.series import Floats
from citycarbon.strategy.projection.stocks.model import Model

_CELLS = 20_000
"""Numbers in a block of draws and lines: a sixth of a megabyte, which the cache of a core holds."""
_SUMS = 200_000
"""Numbers in the sums of a block: the transposition into the result would leave the cache with more."""
ALL = "all"


@dataclass(frozen=True)
class Total:
    """One sum of lines: its place and sector (``all`` for several), and whether removals are taken off."""

    place: str
    sector: str
    measure: str


def totals_of(model: Model, sectors: bool) -> tuple[list[Total], Floats]:
    """Give the sums that are wanted and the lines of each, shape (lines, totals)."""
    lines = model.lines
    places = lines["place"].unique(maintain_order=True).to_list()
    sink = (lines["scope"] == "sink").to_numpy()
    wanted = [*([ALL] if len(places) > 1 else []), *places]
    totals: list[Total] = []
    members: list[Floats] = []
    for place in wanted:
        here = np.ones(lines.height, dtype=bool) if place == ALL else (lines["place"] == place).to_numpy()
        totals.append(Total(place, ALL, "gross"))
        members.append((here & ~sink).astype(float))
        if sink.any():
            totals.append(Total(place, ALL, "net"))
            members.append(here.astype(float))
        if sectors:
            for sector in lines.filter(~(lines["scope"] == "sink"))["sector"].unique(maintain_order=True).to_list():
                part = here & ~sink & (lines["sector"] == sector).to_numpy()
                if part.any():
                    totals.append(Total(place, str(sector), "gross"))
                    members.append(part.astype(float))
    return totals, np.stack(members, axis=1)


def simulated(model: Model, members: Floats, level: Floats, growth: Floats) -> Floats:
    """Add up drawn lines.

    Parameters
    ----------
    model
        Model of one scenario.
    members
        Which lines each total adds, shape (lines, totals).
    level, growth
        Logarithm of the level, and growth a year, of each line, shape (draws, lines).

    Returns
    -------
    paths
        Shape (totals, draws, years), in tonnes.
    """
    draws, lines = level.shape
    years = len(model.years)
    # Lines whose errors are the same in every draw are one line; without any error there is one path.
    weights, level, growth = _joined(model.values, members, level, growth)
    lines = level.shape[1]
    out = np.empty((members.shape[1], draws, years))
    size = max(1, min(_CELLS // max(1, lines), _SUMS // max(1, years * len(out))))
    moves = bool(np.any(growth))
    for begin in range(0, draws, size):
        block = slice(begin, min(draws, begin + size))
        now = np.exp(level[block])
        step = np.exp(growth[block]) if moves else None
        sums = np.empty((years, len(now), members.shape[1]))
        for year in range(years):
            np.matmul(now, weights[year], out=sums[year])
            if step is not None:
                now *= step
        out[:, block] = sums.transpose(2, 1, 0)
    return out


def _joined(values: Floats, members: Floats, level: Floats, growth: Floats) -> tuple[Floats, Floats, Floats]:
    """Add up lines with equal errors beforehand: weights (years, groups, totals), level and growth (draws, groups)."""
    probe = np.concatenate([level[:3], growth[:3], level[-1:], growth[-1:]]).T
    _, first, group = np.unique(np.round(probe, 14), axis=0, return_index=True, return_inverse=True)
    group = group.ravel()
    same = np.array_equal(level[:, first][:, group], level) and np.array_equal(growth[:, first][:, group], growth)
    if not same:
        first, group = np.arange(level.shape[1]), np.arange(level.shape[1])
    gathered = (group[:, None] == np.arange(len(first))).astype(float)
    parts = values.T[:, :, None] * members[None, :, :]
    weights = np.einsum("lg,ylt->ygt", gathered, parts, optimize=True)
    return weights, level[:, first], growth[:, first]
