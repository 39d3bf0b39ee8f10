"""Effects by the logarithmic mean: what each factor of an identity adds to a change, with nothing left over.

Comes in: the levels of a chain as arrays at the start and end of changes. Goes out: effects as arrays. Not for: tables.

Symbols: V_i = Π_k x_ik; L(a, b) = (a − b)/(ln a − ln b), L(a, a) = a, L(0, ·) = 0; ΔV_k = Σ_i L(V_i^T, V_i^0) ln(x_ik^T/x_ik^0).
A factor that goes to or from zero takes the whole change of its part (analytic limits of Ang, Zhang and Choi 1998, table 2); m
factors that do so together share it, as δ → 0 in all of them gives. A ratio of zero to zero counts as unchanged.
Source: ang_2005, ang_zhang_choi_1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from citycarbon.core.series import Floats


def logarithmic_mean(a: Floats, b: Floats) -> Floats:
    """Give L(a, b) of positive or zero numbers, element by element.

    Examples
    --------
    >>> round(float(logarithmic_mean(np.array([96.0]), np.array([50.0]))[0]), 6)
    70.516977
    >>> logarithmic_mean(np.array([3.0, 0.0]), np.array([3.0, 2.0])).tolist()
    [3.0, 0.0]
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        return _mean(a, b, np.log(a) - np.log(b))


def _mean(a: Floats, b: Floats, d: Floats) -> Floats:
    """L from the difference d of the logarithms; the same d that the factors add to, so that effects close."""
    with np.errstate(divide="ignore", invalid="ignore"):
        made: Floats = a - b
        made /= d
        near = np.abs(d) < 1e-4
        if near.any():
            # b (e^d − 1)/d by its series: the quotient would lose digits.
            x = d[near]
            made[near] = b[near] * (1 + x / 2 + x * x / 6 + x * x * x / 24)
        made[~np.isfinite(d)] = 0.0
    return made


def effects(start: Sequence[Floats], end: Sequence[Floats]) -> tuple[list[Floats], Floats, Floats]:
    """Give the additive effect of each factor on each part.

    Parameters
    ----------
    start, end
        Levels of a chain at both ends, of shapes that broadcast to that of the last one; values of zero or more, nan where a part
        does not exist.

    Returns
    -------
    effects, before, after
        An array for each factor, and the last level at both ends (nan as zero). Effects add to ``after − before``.
    """
    shape = np.broadcast_shapes(*(np.shape(each) for each in (*start, *end)))
    before = np.nan_to_num(np.broadcast_to(start[-1], shape), nan=0.0)
    after = np.nan_to_num(np.broadcast_to(end[-1], shape), nan=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = [np.log(b) - np.log(a) for a, b in zip(start, end, strict=True)]
    weight = _mean(after, before, np.broadcast_to(steps[-1], shape))
    sound = all(np.isfinite(step).all() for step in steps)
    made: list[Floats] = []
    for above, step in zip([None, *steps[:-1]], steps, strict=True):
        with np.errstate(invalid="ignore"):
            moved = step if above is None else step - above
        if not sound:
            moved = np.where(np.isfinite(moved), moved, 0.0)
        made.append(weight * moved)
    if not sound:
        _limits(made, start, end, before, after)
    return made, before, after


def _limits(made: list[Floats], start: Sequence[Floats], end: Sequence[Floats], before: Floats, after: Floats) -> None:
    """Put the analytic limits where a part comes from or goes to zero."""
    for values, change in ((start, after), (end, -before)):
        zero = [np.nan_to_num(np.asarray(each), nan=0.0) == 0 for each in values]
        # A factor is zero where its level is and the level above is not: below it everything is zero over zero.
        fell = [zero[0], *(z & ~up for up, z in pairwise(zero))]
        fell = [np.broadcast_to(each, before.shape) for each in fell]
        gone = zero[-1] & (change != 0)
        count = np.sum(fell, axis=0)
        for effect, each in zip(made, fell, strict=True):
            effect[gone] = 0.0
            hit = gone & each
            effect[hit] = change[hit] / count[hit]


def unexplained(levels: Sequence[Floats]) -> list[tuple[int, Floats]]:
    """Find where a level is zero and the one below it is not: number of the lower level, and a mask over its shape."""
    found = []
    for number, (above, below) in enumerate(pairwise(levels), start=1):
        wrong = (np.nan_to_num(above, nan=0.0) == 0) & (np.nan_to_num(below, nan=0.0) != 0)
        if wrong.any():
            found.append((number, wrong))
    return found
