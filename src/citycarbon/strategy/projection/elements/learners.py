"""Models that learn a measure of places from amounts of elements, and their predictions of blocks that they have not seen.

Comes in: :class:`Samples`. Goes out: fitted models and predictions. Not for: tables. The learners are those of scikit-learn.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from citycarbon.core.errors import InputError, Where
from citycarbon.core.series import Floats
from citycarbon.strategy.projection.elements.samples import Samples
from citycarbon.strategy.projection.elements.tables import EVEN, MODELS

_NEURONS = (32, 16)
_ROUNDS, _RATE, _LEAVES = 200, 0.05, 8


@dataclass(frozen=True)
class Learnt:
    """A model of each fold, fitted to the other folds, and what each predicts of its own fold."""

    model: str
    fitted: tuple[Any, ...]
    predicted: Floats


def check_model(model: str, known: tuple[str, ...] = MODELS) -> None:
    """Refuse a model that is not known."""
    if model not in known:
        raise InputError("value_not_listed", Where(item="model"), model, known=", ".join(known))


def fit(model: str, samples: Samples, chosen: Any = None, seed: int = 1) -> Any:
    """Fit a model to the chosen places, or to all; what it predicts is not below zero.

    ``linear`` is least squares with intensities that are not below zero and no constant, so that land without elements has
    nothing. ``boosting`` is gradient boosting on histograms, trees of eight leaves. ``network`` has two hidden layers on square
    roots of the amounts, all brought to one scale.
    """
    taken = np.ones(len(samples.values), dtype=bool) if chosen is None else chosen
    amounts, values = samples.amounts[taken], samples.values[taken]
    if model == EVEN:
        return _Even(float(values.sum() / samples.area[taken].sum()))
    learner = _learner(model, seed, len(values))
    with warnings.catch_warnings():
        # A network that still improves at its last round is told by its skill.
        warnings.simplefilter("ignore")
        learner.fit(amounts, values)
    return _Bounded(learner)


def _learner(model: str, seed: int, count: int) -> Any:
    try:
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.ensemble import HistGradientBoostingRegressor
        from sklearn.linear_model import LinearRegression
        from sklearn.neural_network import MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer, StandardScaler
    except ImportError as error:
        raise InputError("extra_missing", Where(item=model), "scikit-learn", extra="stats") from error
    if model == "linear":
        return LinearRegression(positive=True, fit_intercept=False)
    if model == "boosting":
        return HistGradientBoostingRegressor(
            max_iter=_ROUNDS, learning_rate=_RATE, max_leaf_nodes=_LEAVES, min_samples_leaf=max(2, min(20, count // 10)),
            early_stopping=False, random_state=seed,
        )  # fmt: skip
    network = MLPRegressor(hidden_layer_sizes=_NEURONS, alpha=0.1, max_iter=300, random_state=seed)
    return TransformedTargetRegressor(
        make_pipeline(FunctionTransformer(np.sqrt), StandardScaler(), network), transformer=StandardScaler()
    )


@dataclass(frozen=True)
class _Even:
    density: float

    def predict(self, _amounts: Floats, area: Floats) -> Floats:
        return self.density * area


@dataclass(frozen=True)
class _Bounded:
    learner: Any

    def predict(self, amounts: Floats, _area: Floats) -> Floats:
        return np.asarray(np.maximum(self.learner.predict(amounts), 0.0), dtype=float)


def learn(model: str, samples: Samples, seed: int = 1) -> Learnt:
    """Fit a model to all folds but one, for each, and predict the one."""
    predicted = np.zeros(len(samples.values))
    fitted = []
    for number in range(int(samples.folds.max()) + 1):
        held = samples.folds == number
        fitted.append(fit(model, samples, ~held, seed))
        predicted[held] = fitted[-1].predict(samples.amounts[held], samples.area[held])
    return Learnt(model, tuple(fitted), predicted)
