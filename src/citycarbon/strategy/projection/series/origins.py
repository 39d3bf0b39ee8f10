"""Rolling origins: each model fitted to what was known at a time, and held against what came after.

Comes in: one series. Goes out: forecasts by origin and horizon as arrays. Not for: scores (``scores``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from citycarbon.core.series import Floats
from citycarbon.strategy.projection.series.bands import Spread, grows_by_rates, spread_of
from citycarbon.strategy.projection.series.models import (
    BASELINES,
    COMBINATION,
    LSTM,
    SLOW,
    forecasts_of,
    period_of,
    preload,
)
from citycarbon.strategy.projection.series.yearly import Yearly

_FEW = 40
"""Fits below which other processes would take longer to start than to work."""


@dataclass(frozen=True)
class Origins:
    """Forecasts of each model, shape (origins, horizon), and what came, of the same shape (nan beyond the end)."""

    forecasts: dict[str, Floats]
    came: Floats
    scale: Floats
    """Mean absolute step of the values known at each origin, for MASE."""

    values: Floats
    """The whole series."""

    def errors(self, model: str, points: dict[str, Floats] | None = None) -> Errors:
        """Errors of a model beside those of the baselines; ``points`` are forecasts from the end of the series.

        Errors are rates where the series grows by rates and every forecast is above zero.
        """
        names = [model, *(name for name in BASELINES if name != model and name in self.forecasts)]
        made = {name: self.forecasts[name] for name in names}
        ahead = {name: points[name] for name in names} if points else {}
        known = np.concatenate([each[np.isfinite(each)].ravel() for each in (*made.values(), *ahead.values())])
        if grows_by_rates(self.values) and bool((known > 0).all()):
            made = {name: np.log(each) for name, each in made.items()}
            ahead = {name: np.log(each) for name, each in ahead.items()}
            came, size, rates = np.log(self.came), 1.0, True
        else:
            came, size, rates = self.came, float(np.abs(self.values).mean()) or 1.0, False
        rivals = [((came - made[name]) / size, (made[name] - made[model]) / size) for name in names[1:]]
        apart = [(ahead[name] - ahead[model]) / size for name in names[1:]] if ahead else []
        still = names.index("naive") if "naive" in names else -1
        return Errors((came - made[model]) / size, rates, size, tuple(rivals), tuple(apart), still, period_of(model))


@dataclass(frozen=True)
class Errors:
    """Errors by origin and horizon: logarithms of what came over the forecast, or differences over the size of the series."""

    values: Floats
    rates: bool
    size: float
    rivals: tuple[tuple[Floats, Floats], ...] = ()
    """For each baseline its errors, and how far its forecasts lie from those of the model, both by origin and horizon."""
    apart: tuple[Floats, ...] = ()
    """How far the forecast of each baseline from the end of the series lies from that of the model."""
    still: int = -1
    """Which of the model and its rivals, in that order, forecasts no change."""
    period: int = 1
    """Steps after which the pattern of the model comes again."""

    def spread(self) -> Spread | None:
        """Spread of the errors to come."""
        rivals = [(each, apart) for (each, _), apart in zip(self.rivals, self.apart, strict=True)]
        return spread_of(self.values, rivals, self.still, self.period)

    def around(self, point: Floats, drawn: Floats) -> Floats:
        """Put drawn errors about a forecast."""
        return np.asarray(point * np.exp(drawn) if self.rates else point + self.size * drawn)


_Key = tuple[bytes, str, int, int]
_known: dict[_Key, Floats] = {}
"""Forecasts from origins that this process has made: the same values, model and origins give the same, so that a back-test, bands
and a peak of one series fit each model once. At most ``_MOST`` arrays are kept."""
_MOST = 4096
_LEAST_HORIZON = 10
"""Steps that are forecast in any case: a fit takes long, further steps do not, and the next question may ask for them."""


def roll_all(
    series: Sequence[Yearly], models: Sequence[str], horizon: int, first: int, seed: int, processes: int
) -> list[Origins]:
    """Forecast each series from each origin, from ``first`` known values on to one before the last.

    The baselines are there in any case: bands of other models are held against them. The combination is of those named.
    Other processes share the work where that pays; the result does not depend on how many.
    """
    single = [name for name in dict.fromkeys([*models, *BASELINES]) if name != COMBINATION]
    missing = [(each, name) for each in series for name in single if not _has(_key(each, name, first, seed), horizon)]
    work = partial(_rolled, horizon=max(horizon, _LEAST_HORIZON), first=first, seed=seed)
    slow = sum(max(0, len(each.values) - first) for each, name in missing if name in SLOW)
    count = min(processes or os.cpu_count() or 1, len(missing))
    # JAX has threads of its own, which do not survive a fork.
    alone = LSTM in single or "jax" in sys.modules
    if count > 1 and slow > _FEW and not alone:
        preload(single)
        with ProcessPoolExecutor(count) as pool:
            found = list(pool.map(work, missing, chunksize=max(1, len(missing) // (16 * count))))
    else:
        found = [work(item) for item in missing]
    for (each, name), forecasts in zip(missing, found, strict=True):
        if len(_known) >= _MOST:
            _known.pop(next(iter(_known)))
        _known[_key(each, name, first, seed)] = forecasts
    # Arrays of this call are taken from what was just made where the store was too small for all of them.
    fresh = {(id(each), name): forecasts for (each, name), forecasts in zip(missing, found, strict=True)}
    made = []
    for each in series:
        own = {
            name: (fresh[id(each), name] if (id(each), name) in fresh else _known[_key(each, name, first, seed)])[
                :, :horizon
            ]
            for name in single
        }
        made.append(_origins(each, own, models, horizon, first))
    return made


def _key(each: Yearly, model: str, first: int, seed: int) -> _Key:
    return each.values.tobytes(), model, first, seed


def _has(key: _Key, horizon: int) -> bool:
    return key in _known and _known[key].shape[1] >= horizon


def _rolled(item: tuple[Yearly, str], horizon: int, first: int, seed: int) -> Floats:
    """Forecasts of one series and model, shape (origins, horizon)."""
    each, model = item
    values = each.values
    return np.array([forecasts_of((model,), values[:end], horizon, seed)[model] for end in range(first, len(values))])


def _origins(each: Yearly, forecasts: dict[str, Floats], models: Sequence[str], horizon: int, first: int) -> Origins:
    values = each.values
    ends = range(first, len(values))
    came = np.full((len(ends), horizon), np.nan)
    for row, end in enumerate(ends):
        part = values[end : end + horizon]
        came[row, : len(part)] = part
    scale = np.array([np.abs(np.diff(values[:end])).mean() for end in ends])
    if COMBINATION in models:
        named = [forecasts[name] for name in models if name != COMBINATION]
        forecasts = forecasts | {COMBINATION: np.mean(named, axis=0) if named else np.full(came.shape, np.nan)}
    return Origins(forecasts, came, scale, values)
