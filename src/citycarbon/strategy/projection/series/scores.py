"""How good forecasts are: MAPE, MASE, CRPS, coverage, and the test of Diebold and Mariano.

Comes in: forecasts and what came. Goes out: scores. Not for: making forecasts (``models``).
Source: hyndman_2006 (MASE), gneiting_2007 (CRPS), diebold_mariano_1995, harvey_1997 (small samples), holm_1979.
"""

from __future__ import annotations

import numpy as np

from citycarbon.core.series import Floats


def crps(sample: Floats, came: float, weights: Floats | None = None) -> float:
    """Continuous ranked probability score of values, equally likely without weights: mean |X − y| − ½ mean |X − X'|.

    Examples
    --------
    >>> crps(np.array([1.0, 3.0]), 2.0)
    0.5
    """
    x = np.atleast_2d(np.asarray(sample, dtype=float))
    w = np.full(x.shape, 1 / x.shape[1]) if weights is None else np.atleast_2d(weights)
    return float(crps_rows(x, np.array([came]), w)[0])


def crps_rows(samples: Floats, came: Floats, weights: Floats) -> Floats:
    """CRPS of each row of weighted values, shape (rows, values), against what came."""
    order = np.argsort(samples, axis=1)
    x, w = np.take_along_axis(samples, order, axis=1), np.take_along_axis(weights, order, axis=1)
    half_spread = ((2 * np.cumsum(w, axis=1) - w - 1) * w * x).sum(axis=1)
    # Rounding may leave a score of zero a little below it.
    return np.asarray(np.maximum(0.0, (w * np.abs(x - came[:, None])).sum(axis=1) - half_spread))


def diebold_mariano(first: Floats, second: Floats, horizon: int) -> tuple[float, float]:
    """Compare losses of two forecasts of the same origins, corrected for small samples.

    Parameters
    ----------
    first, second
        Losses in order of their origins, of equal length n.
    horizon
        Steps ahead; errors of overlapping forecasts go together up to horizon − 1 steps.

    Returns
    -------
    statistic, p
        Below zero where the first is better; two-sided p by Student's t with n − 1 degrees of freedom. nan where errors do
        not differ at all or n is below horizon + 2.

    Examples
    --------
    >>> t, p = diebold_mariano(np.array([1.0, 1.2, 0.9, 1.1, 1.0, 0.8]), np.array([2.0, 2.1, 1.9, 2.3, 2.2, 1.8]), 1)
    >>> t < 0 and p < 0.01
    True
    """
    from scipy.stats import t as student

    d = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    n = len(d)
    if n < horizon + 2:
        return float("nan"), float("nan")
    centred = d - d.mean()
    lags = [float((centred[k:] * centred[: n - k]).sum()) / n for k in range(horizon)]
    variance = (lags[0] + 2 * sum(lags[1:])) / n
    if variance <= 0:
        # The plain estimate can fall below zero; weights of Bartlett cannot.
        variance = (lags[0] + 2 * sum((1 - k / horizon) * lags[k] for k in range(1, horizon))) / n
    if variance <= 0:
        return float("nan"), float("nan")
    small = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    if small <= 0:
        return float("nan"), float("nan")
    statistic = float(d.mean() / np.sqrt(variance) * np.sqrt(small))
    return statistic, float(2 * student.sf(abs(statistic), n - 1))


def holm(p: Floats) -> Floats:
    """Adjust p values of several tests by Holm's steps; nan stays nan.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p, dtype=float)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    made = np.full(len(p), np.nan)
    steps = np.minimum(1.0, p[order] * np.arange(len(order), 0, -1))
    made[order] = np.maximum.accumulate(steps) if len(order) else steps
    return made
