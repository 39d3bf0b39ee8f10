"""Grey models as numbers: GM(1,1), its metabolic form, and the grey power model with the power that fits best.

Comes in: a short positive series. Goes out: parameters, fitted values and forecasts. Not for: tables (``grey``).

Symbols: x0 the series, x1 its running sum, z1 the mean of neighbouring x1; x0(k) + a z1(k) = b z1(k)^α. α = 0 is GM(1,1) (Deng
1982), α = 2 the grey Verhulst model. The power model with the best α and metabolism is a *reading* of NMGM(1,1,α) of Wang et al.
(2018), whose abstract does not print the equation.
Source: deng_1982, wang_2018_nmgm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from citycarbon.core.series import Floats

LEAST = 4
"""Values that a grey model needs (deng_1982)."""
POWERS: Floats = np.round(np.arange(-1.0, 0.9905, 0.001), 3)
"""Powers that are tried; at 1 the model has no unique solution."""


@dataclass(frozen=True)
class GreyFit:
    """Parameters a (development coefficient), b (grey input) and the power α, with the series that they were fitted to."""

    a: float
    b: float
    power: float
    series: Floats

    def values(self, count: int) -> Floats:
        """Fitted values and forecasts: ``count`` values from the first of the series on."""
        made: Floats = _response(np.array([self.a]), np.array([self.b]), np.array([self.power]), self.series[0], count)[
            0
        ]
        return made

    @property
    def mape(self) -> float:
        """Mean absolute percentage error of the second to the last value [1]."""
        fitted = self.values(len(self.series))
        return float(np.abs(fitted[1:] / self.series[1:] - 1).mean())

    @property
    def _still(self) -> bool:
        """Whether the series is one value all along, which every grey model meets."""
        return bool((self.series == self.series[0]).all())

    @property
    def posterior_ratio(self) -> float:
        """C = S2 / S1: spread of the errors over spread of the series, both with all values; nil for a series of one value."""
        if self._still:
            return 0.0
        return float((self.series - self.values(len(self.series))).std() / self.series.std())

    @property
    def small_error_probability(self) -> float:
        """P: share of errors within 0.6745 S1 of their mean; one for a series of one value."""
        if self._still:
            return 1.0
        left = self.series - self.values(len(self.series))
        return float((np.abs(left - left.mean()) < 0.6745 * self.series.std()).mean())


def fit_grey(series: Floats, power: float = 0.0) -> GreyFit:
    """Fit by least squares for a given power.

    Examples
    --------
    >>> fit = fit_grey(np.array([2.874, 3.278, 3.337, 3.390, 3.679]))
    >>> round(fit.a, 8), round(fit.b, 8), fit.values(6).round(8).tolist()[-1]
    (-0.03720438, 3.06536331, 3.75065581)
    """
    a, b = _least_squares(np.asarray(series, dtype=float), np.array([power]))
    return GreyFit(float(a[0]), float(b[0]), float(power), np.asarray(series, dtype=float))


def fit_power(series: Floats) -> GreyFit:
    """Fit the power model with the power of least in-sample error; every tenth power is tried, then those near the best."""
    x = np.asarray(series, dtype=float)
    coarse = _best_power(x, POWERS[::10])
    near = int(np.abs(POWERS - coarse.power).argmin())
    return _best_power(x, POWERS[max(0, near - 12) : near + 13])


def _best_power(x: Floats, powers: Floats) -> GreyFit:
    a, b = _least_squares(x, powers)
    with np.errstate(all="ignore"):
        fitted = _response(a, b, powers, x[0], len(x))
        errors = np.abs(fitted[:, 1:] / x[1:] - 1).mean(axis=1)
    errors[~np.isfinite(errors)] = np.inf
    best = int(np.argmin(errors))
    if not np.isfinite(errors[best]):
        return fit_grey(x)
    return GreyFit(float(a[best]), float(b[best]), float(powers[best]), x)


def metabolic(series: Floats, horizon: int, *, power: bool = False) -> Floats:
    """Forecast step by step: after each step the oldest value goes, the forecast comes in, and the model is fitted again."""
    window = np.asarray(series, dtype=float).copy()
    made = np.empty(horizon)
    for step in range(horizon):
        fit = fit_power(window) if power else fit_grey(window)
        value = float(fit.values(len(window) + 1)[-1])
        if not (np.isfinite(value) and value > 0):
            made[step:] = np.nan
            break
        made[step] = value
        window = np.append(window[1:], value)
    return made


def class_ratios_valid(series: Floats) -> bool:
    """Tell whether x0(k−1)/x0(k) lie within (e^(−2/(n+1)), e^(2/(n+1))), where GM(1,1) is sound."""
    bound = np.exp(2 / (len(series) + 1))
    ratios = series[:-1] / series[1:]
    return bool(((ratios > 1 / bound) & (ratios < bound)).all())


def grade(posterior_ratio: float, small_error_probability: float) -> str:
    """Grade of a fit: good, qualified, just qualified, or not qualified."""
    for name, ratio, probability in (("good", 0.35, 0.95), ("qualified", 0.5, 0.8), ("just qualified", 0.65, 0.7)):
        if posterior_ratio <= ratio and small_error_probability >= probability:
            return name
    return "not qualified"


def _least_squares(x: Floats, powers: Floats) -> tuple[Floats, Floats]:
    """a and b for each power, by projecting z^α on what z does not explain."""
    running = np.cumsum(x)
    z = 0.5 * (running[1:] + running[:-1])
    scale = z.mean()
    u, y = z / scale, x[1:]
    with np.errstate(all="ignore"):
        w = u[None, :] ** powers[:, None]
        own = w - (w @ u / (u @ u))[:, None] * u
        b = own @ y / (own**2).sum(axis=1)
        slope = (y @ u - b * (w @ u)) / (u @ u)
        return -slope / scale, b / scale**powers


def _response(a: Floats, b: Floats, powers: Floats, first: float, count: int) -> Floats:
    """Time response, shape (powers, count): (x0(1)^(1−α) − b/a) e^(−ck) + b/a with c = a (1 − α).

    Written without b/a, which has no digits left where a series hardly grows: (1 − e^(−ck)) / a = (1 − α) k · (1 − e^(−ck)) / ck.
    """
    k = np.arange(count)[None, :]
    with np.errstate(all="ignore"):
        one = 1 - powers
        decay = (a * one)[:, None] * k
        part = np.where(decay == 0, 1.0, -np.expm1(-decay) / np.where(decay == 0, 1.0, decay))
        base = (first**one)[:, None] * np.exp(-decay) + (b * one)[:, None] * k * part
        running = base ** (1 / one)[:, None]
    made = np.diff(running, axis=1, prepend=0.0)
    made[:, 0] = first
    return np.asarray(made)
