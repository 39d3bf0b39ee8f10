"""How far a forecast may be off: the spread of its errors by horizon, learnt from past origins, and paths drawn from it.

Comes in: errors of a model at past origins, shape (origins, horizon). Goes out: a :class:`Spread`, and paths whose quantiles are
the bands. Not for: forecasts (``models``), nor what a peak is (``outcomes``).

Errors of far horizons overlap, so that few of them are independent and their own quantiles hold far less than they say. Therefore
the variance is one curve over all horizons, ``s h^b``: ``b`` is 0 for noise about a line, 1 for a random walk, 2 for a slope that
is wrong, 3 for a slope that wanders. How likely each ``b`` is follows from the mean squares of the errors at every horizon, each
counted as often as it has errors that do not overlap; where the past says little, the random walk is presumed. The band mixes all
``b`` by these weights, with Student's t for the few errors that the scale rests on.

A model of a pattern that comes again repeats what stood one period before, so that its errors grow from cycle to cycle and not
within one: its ``h`` counts cycles. Errors of one cycle may overlap; how many they are worth follows from their correlation.

A model that is chosen because its errors were small may owe that to chance. Therefore the band also holds what the baselines, its
rivals, say, as likely as their errors one step ahead make them; the model keeps a quarter, so that its forecast lies inside.

A path is fractional Brownian motion of the same ``b`` (Mandelbrot and Van Ness 1968), so that its margins are the bands.
Source: mandelbrot_van_ness_1968; citycarbon_bands for what was set by simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from citycarbon.core.series import Floats

EXPONENTS: Floats = np.arange(0.0, 3.01, 0.5)
"""Powers of the horizon that the variance of errors may follow."""
_WALK, _FREE = 0.25, 0.25
"""Before errors are seen: a normal weight about the random walk (b = 1) with this deviation, and this share for any b alike
(citycarbon_bands)."""
_EVIDENCE = 2.5
"""Weight of a mean square for each error that does not overlap another (citycarbon_bands)."""
_OLDEST = 0.2
"""Weight of the oldest origin beside the newest, which is 1: models that knew little are a poor guide (citycarbon_bands)."""
WIDER = 1.02
"""Factor on the width of all bands, for what the fit to few errors misses (citycarbon_bands)."""
_SLOPE = 0.5
"""The variance is (1 + b h/2n) times as large where n errors are known, so little do they say of the slope (citycarbon_bands)."""
_OWN = 0.25
"""Least weight of a model beside its rivals: its forecast then lies inside its band."""
_STILL = 3.0
"""How much likelier a forecast of no change is than a trend before errors are seen: a trend of forty values is often chance,
and a chance of a peak that trusts it is too low (citycarbon_bands)."""
LEAST_ERRORS = 5
"""Errors one step ahead that a spread needs."""
LEVEL = 0.9
"""Share that the outer band is to hold."""
_NOTHING = 1e-12
"""Errors below this part of the mean size of the series are rounding."""


Rivals = Sequence[tuple[Floats, Floats]]
"""Errors of each baseline, and how far its forecasts lie from those of the model."""


@dataclass(frozen=True)
class Spread:
    """Errors that are likely, as a mixture: weight, variance at one step, exponent, and distance of the rival that it is of."""

    weights: Floats
    variances: Floats
    powers: Floats
    apart: Floats
    lengths: Floats
    """Cycles, shape (parts, horizon), that the variance grows with: steps but for a model of a pattern."""
    steps: Floats
    """Absolute errors of the model one step ahead, sorted."""
    known: float
    """Errors one step ahead, less those that go with others of their cycle."""

    def draws(self, count: int, generator: np.random.Generator, conformal: bool = False) -> Floats:
        """Draw errors, shape (count, horizon); each path comes with its mirror image about its own forecast."""
        half, horizon, known = -(-count // 2), self.apart.shape[1], self.known
        each = np.repeat(np.arange(len(self.weights)), _counts(self.weights, half))
        powers, scale, lengths = self.powers[each], np.sqrt(self.variances[each]), self.lengths[each]
        doubt = np.sqrt(1 + _SLOPE * powers[:, None] * lengths / known)
        if conformal:
            own = float(np.sqrt(self.weights @ self.variances)) or 1.0
            made = lengths ** (powers / 2)[:, None]
            scale = scale / own * self._ranked(generator.random(half), own)
        else:
            normal = generator.standard_normal((half, horizon))
            made = np.empty((half, horizon))
            for power in EXPONENTS:
                made[powers == power] = normal[powers == power] @ _root(float(power), horizon).T
            made = made * (lengths / np.arange(1, horizon + 1)) ** (powers / 2)[:, None]
            scale = scale * np.sqrt(known / generator.chisquare(known, half))
        made = WIDER * made * doubt * scale[:, None]
        return np.concatenate([self.apart[each] + made, self.apart[each] - made])[:count]

    def _ranked(self, level: Floats, scale: float) -> Floats:
        """Size of an error by its rank among the ``n`` known: that of rank (n + 1) level, by Student's t beyond the last."""
        from scipy.stats import t as student

        n = len(self.steps)
        rank = level * (n + 1)
        known = np.interp(rank, np.arange(n + 1), np.concatenate([[0.0], self.steps]))
        return np.asarray(
            np.where(rank <= n, known, np.maximum(self.steps[-1], scale * student.ppf((1 + level) / 2, n)))
        )


def spread_of(errors: Floats, rivals: Rivals = (), still: int = -1, period: int = 1) -> Spread | None:
    """Learn the spread of errors, shape (origins, horizon), nan where nothing came; None below five errors one step ahead.

    The distances of ``rivals`` are those of the forecast at hand, shape (horizon,); ``still`` says which part, the model being 0,
    forecasts no change; ``period`` is the length of the pattern that the model repeats.
    """
    first = errors[np.isfinite(errors[:, 0]), 0]
    if len(first) < LEAST_ERRORS:
        return None
    weights, variances, _ = _mixed([errors[None], *(each[None] for each, _ in rivals)], still, period)
    zero = np.zeros(errors.shape[1])
    apart = np.repeat(np.array([zero, *(each for _, each in rivals)]), len(EXPONENTS), axis=0)
    powers = np.tile(EXPONENTS, 1 + len(rivals))
    lengths = _lengths(errors.shape[1], len(rivals), period)
    return Spread(
        weights[0],
        variances[0],
        powers,
        apart,
        lengths,
        np.sort(np.abs(first)),
        float(_apart(errors[None, :, 0], period)[0]),
    )


@dataclass(frozen=True)
class Known:
    """What each origin could know of the errors of a model: a mixture, shape (origins, parts), by horizon where it differs."""

    errors: Floats
    weights: Floats
    sd: Floats
    apart: Floats
    counts: Floats
    independent: Floats
    """Errors one step ahead that each origin knew, less those that go together."""

    @classmethod
    def of(cls, errors: Floats, rivals: Rivals = (), still: int = -1, period: int = 1) -> Known:
        """Learn from errors, shape (origins, horizon), nan where nothing came, what stood at each origin; distances alike."""
        count, horizon = errors.shape
        came = np.arange(count)[:, None] + np.arange(horizon)[None, :]
        before = came[None] < np.arange(count)[:, None, None]
        weights, variances, counts = _mixed(
            [np.where(before, each[None], np.nan) for each in (errors, *(each for each, _ in rivals))], still, period
        )
        powers = np.tile(EXPONENTS, 1 + len(rivals))
        independent = _apart(np.where(before[:, :, 0], errors[None, :, 0], np.nan), period)
        lengths = _lengths(horizon, len(rivals), period)
        doubt = 1 + _SLOPE * powers[None, :, None] * lengths / np.maximum(independent, 1)[:, None, None]
        sd = WIDER * np.sqrt(variances[:, :, None] * lengths ** powers[:, None] * doubt)
        apart = np.array([np.zeros_like(errors), *(np.nan_to_num(each) for _, each in rivals)])
        return cls(
            errors, weights, sd, np.repeat(apart.transpose(1, 0, 2), len(EXPONENTS), axis=1), counts, independent
        )

    @property
    def enough(self) -> NDArray[np.bool_]:
        """Origins that knew five errors one step ahead or more."""
        return np.asarray(self.counts >= LEAST_ERRORS)

    def held(self) -> Floats:
        """Whether the band of 90 % held what came (1, 0), of the shape of the errors; nan where that is not known."""
        from scipy.special import stdtr

        rows = self.enough
        off = self.errors[rows][:, None, :] - self.apart[rows]
        off = np.where(np.abs(off) > _NOTHING, off, 0.0)
        with np.errstate(over="ignore"):
            below = stdtr(self.independent[rows, None, None], off / np.maximum(self.sd[rows], 1e-300))
        rank = (self.weights[rows][:, :, None] * below).sum(axis=1)
        made = np.full(self.errors.shape, np.nan)
        made[rows] = np.where(np.isfinite(self.errors[rows]), np.abs(rank - 0.5) <= LEVEL / 2, np.nan)
        return made

    def quantiles(self, horizon: int) -> tuple[Floats, Floats]:
        """Quantiles of the error at a horizon and their weights, both (origins that knew enough, numbers)."""
        from scipy.special import stdtrit

        rows = self.enough
        level = (np.arange(_POINTS) + 0.5) / _POINTS
        base = stdtrit(self.independent[rows, None], level[None, :])[:, None, :] * self.sd[rows, :, horizon - 1, None]
        made = (base + self.apart[rows, :, horizon - 1, None]).reshape(len(base), self.sd.shape[1] * _POINTS)
        return made, np.repeat(self.weights[rows] / _POINTS, _POINTS, axis=1)


def past_coverage(errors: Floats, rivals: Rivals = (), still: int = -1, period: int = 1) -> tuple[float, int]:
    """Share of what came in the past that lay inside the band of 90 % known then, and of how many values."""
    inside = Known.of(errors, rivals, still, period).held()
    inside = inside[np.isfinite(inside)]
    return (float(inside.mean()), len(inside)) if len(inside) else (float("nan"), 0)


_POINTS = 30
"""Quantiles of each exponent that a score is reckoned with."""


def grows_by_rates(values: Floats) -> bool:
    """Tell whether steps of logarithms explain a series of values above zero better than steps of values do.

    The two normal likelihoods are compared, the change of variables included; where they do not differ, values are taken.
    """
    if len(values) < 4 or not (values > 0).all():
        return False
    x = values / values.mean()
    plain, rates = np.diff(x), np.diff(np.log(x))
    a, b = plain.std(), rates.std()
    if min(a, b) < _NOTHING:
        return bool(b < _NOTHING <= a)
    return bool(-len(rates) * np.log(b) - np.log(x[1:]).sum() > -len(plain) * np.log(a) + 1e-9)


def _mixed(parts: Sequence[Floats], still: int, period: int) -> tuple[Floats, Floats, Floats]:
    """Weights and variances (sets, parts times exponents) of a model and its rivals, and how many errors the model has made.

    A part counts by the normal likelihood of its errors one step ahead, which no fit had seen.
    """
    fits = [_fitted(part, period if part is parts[0] else 1) for part in parts]
    counts = fits[0][2]
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.array(
            [(np.where(np.isfinite(part[:, :, 0]), part[:, :, 0], 0) ** 2).sum(axis=1) for part in parts]
        )
        means = squares / np.array([fit[2] for fit in fits])
    chance = -0.5 * counts * np.log(np.maximum(means, _NOTHING**2))
    chance = np.where(np.isfinite(chance), chance, -np.inf)
    chance[0] = np.where(np.isfinite(chance[0]), chance[0], 0.0)
    if still >= 0:
        chance[still] += np.log(_STILL)
    share = np.exp(chance - chance.max(axis=0))
    share = share / share.sum(axis=0)
    own = np.maximum(share[0], _OWN) if len(parts) > 1 else share[0]
    others = share[1:].sum(axis=0)
    share = np.concatenate(
        [own[None], share[1:] * np.divide(1 - own, others, out=np.zeros_like(own), where=others > 0)]
    )
    share = share / share.sum(axis=0)
    weights = np.concatenate([one[:, None] * fit[0] for one, fit in zip(share, fits, strict=True)], axis=1)
    return weights, np.concatenate([fit[1] for fit in fits], axis=1), counts


def _fitted(errors: Floats, period: int) -> tuple[Floats, Floats, Floats]:
    """Weights and variances (sets, exponents), and the number of errors one step ahead, of errors (sets, origins, horizon)."""
    known = np.isfinite(errors)
    counts = known.sum(axis=1).astype(float)
    ages = np.cumsum(known[:, ::-1, :1], axis=1)[:, ::-1] - 1
    weight = 1 - (1 - _OLDEST) * ages / np.maximum(counts[:, None, :1] - 1, 1)
    weight = np.where(known, np.clip(weight, _OLDEST, 1), 0)
    total = np.maximum(weight.sum(axis=1), 1e-300)
    squares = (np.where(known, errors, 0.0) ** 2 * weight).sum(axis=1) / total
    squares = np.where(squares < _NOTHING**2, 0.0, squares)
    cycles = _cycles(errors.shape[2], period)
    evidence = _EVIDENCE * counts / cycles
    growth = cycles ** EXPONENTS[:, None]
    whole = np.maximum(evidence.sum(axis=1), 1e-300)[:, None]
    variances = (evidence * squares) @ (1 / growth).T / whole
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = -0.5 * whole * np.log(variances) - 0.5 * evidence @ np.log(growth).T + _before()
        weights = np.exp(chance - chance.max(axis=1, keepdims=True))
    still = ~(squares > 0).any(axis=1)
    weights[still] = np.exp(_before())
    return weights / weights.sum(axis=1, keepdims=True), variances, counts[:, 0]


def _before() -> Floats:
    """Logarithm of the weight of each exponent before errors are seen."""
    near = np.exp(-0.5 * ((EXPONENTS - 1) / _WALK) ** 2)
    return np.asarray(np.log((1 - _FREE) * near / near.sum() + _FREE / len(EXPONENTS)))


def _apart(first: Floats, period: int) -> Floats:
    """How many errors one step ahead, shape (sets, origins), are worth as much as if none went with another of its cycle."""
    known = np.isfinite(first)
    counts = known.sum(axis=1).astype(float)
    values = np.where(known, first, 0.0)
    whole = np.maximum((values**2).sum(axis=1), 1e-300)
    shared = 1.0 + np.zeros(len(first))
    for lag in range(1, period):
        shared += 2 * (values[:, lag:] * values[:, :-lag]).sum(axis=1) / whole
    return np.asarray(counts / np.clip(shared, 1.0, period))


def _cycles(horizon: int, period: int) -> Floats:
    """Cycles that each step ahead is in, counted from 1; steps themselves where there is no pattern."""
    return np.asarray(np.ceil(np.arange(1, horizon + 1) / period))


def _lengths(horizon: int, rivals: int, period: int) -> Floats:
    """Cycles of a model and steps of its rivals, for every exponent, shape (parts, horizon)."""
    own = np.tile(_cycles(horizon, period), (len(EXPONENTS), 1))
    return np.concatenate([own, np.tile(_cycles(horizon, 1), (rivals * len(EXPONENTS), 1))])


def _counts(weights: Floats, number: int) -> NDArray[np.intp]:
    """Split a number by weights, to the nearest whole numbers that add up."""
    return np.asarray(
        np.diff(np.rint(np.concatenate([[0.0], np.cumsum(weights)]) / weights.sum() * number)), dtype=np.intp
    )


@lru_cache(maxsize=64)
def _root(power: float, horizon: int) -> Floats:
    """Matrix whose product with independent normal numbers has variance h^power, as fractional Brownian motion has up to 2."""
    h = np.arange(1, horizon + 1, dtype=float)
    if power >= 2:
        made = np.zeros((horizon, horizon))
        made[:, 0] = h ** (power / 2)
        return made
    apart = np.abs(h[:, None] - h[None, :])
    between = np.where(apart > 0, np.maximum(apart, 1.0) ** power, 0.0)
    return np.asarray(np.linalg.cholesky(0.5 * (h[:, None] ** power + h[None, :] ** power - between)))
