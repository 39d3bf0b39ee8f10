"""How far off a model is on blocks that it has not seen, as intervals; and how far a place is from all that it knows.

Comes in: predictions of held-out places. Goes out: intervals and distances. Not for: fitting.
Source: lei_2018 (conformal intervals by held-out residuals), meyer_pebesma_2021 (area of applicability).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from citycarbon.core.series import Floats
from citycarbon.strategy.projection.elements.samples import Samples

LEVEL = 0.9
_BIN = 50
_LARGEST_BINS = 10


@dataclass(frozen=True)
class Residuals:
    """Errors of held-out places by size of the prediction: errors of large places are larger."""

    edges: Floats
    low: Floats
    high: Floats

    def around(self, predicted: Floats) -> tuple[Floats, Floats]:
        """Give the interval of 90 % around predictions, not below zero."""
        at = np.searchsorted(self.edges, predicted, side="right")
        return np.maximum(predicted + self.low[at], 0.0), np.maximum(predicted + self.high[at], 0.0)


def residuals_of(predicted: Floats, observed: Floats) -> Residuals:
    """Quantiles of errors within classes of the prediction, for finite samples.

    Examples
    --------
    >>> made = residuals_of(np.arange(100.0), np.arange(100.0) + np.tile([-1.0, 1.0], 50))
    >>> [each.tolist() for each in made.around(np.array([10.0, 90.0]))]
    [[9.0, 89.0], [11.0, 91.0]]
    """
    bins = int(np.clip(len(predicted) // _BIN, 1, _LARGEST_BINS))
    edges = np.quantile(predicted, np.arange(1, bins) / bins)
    number = np.searchsorted(edges, predicted, side="right")
    errors = observed - predicted
    low, high = np.empty(bins), np.empty(bins)
    for each in range(bins):
        part = np.sort(errors[number == each]) if (number == each).any() else np.sort(errors)
        count = len(part)
        # The rank that holds for a next value drawn alike: ⌈(n + 1) q⌉.
        rank = min(count, int(np.ceil((count + 1) * (1 + LEVEL) / 2)))
        high[each], low[each] = part[rank - 1], part[count - rank]
    return Residuals(edges, low, high)


def share_inside(samples: Samples, predicted: Floats) -> float:
    """Share of places inside the interval that the errors of the other folds give."""
    inside = 0
    for number in range(int(samples.folds.max()) + 1):
        held = samples.folds == number
        low, high = residuals_of(predicted[~held], samples.values[~held]).around(predicted[held])
        inside += int(((samples.values[held] >= low) & (samples.values[held] <= high)).sum())
    return inside / len(predicted)


def total_range(samples: Samples, predicted: Floats, places: int, seed: int, draws: int = 2000) -> tuple[float, float]:
    """Give the quantiles of 5 and 95 % of observed over predicted sums of as many held-out places.

    Places are drawn block by block, because errors of neighbours go together; of the last block no more than are wanted.
    """
    generator = np.random.default_rng(seed)
    order = np.argsort(samples.blocks, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(samples.blocks[order])) + 1)
    wanted = min(places, len(predicted))
    ratios = np.full(draws, np.nan)
    for draw in range(draws):
        taken: list[int] = []
        for block in generator.permutation(len(members)):
            taken += generator.permutation(members[block])[: wanted - len(taken)].tolist()
            if len(taken) >= wanted:
                break
        expected = float(predicted[taken].sum())
        if expected > 0:
            ratios[draw] = float(samples.values[taken].sum()) / expected
    low, high = np.nanquantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Applicability:
    """Distances between places in amounts of elements, weighted by importance and scaled by their own mean."""

    centre: Floats
    scale: Floats
    mean: float
    limit: float
    largest: Floats
    known: Floats

    def distances(self, amounts: Floats) -> Floats:
        """Dissimilarity index of places: distance to the nearest known place over the mean distance between known places."""
        from scipy.spatial import KDTree

        found, _ = KDTree(self.known).query((amounts - self.centre) * self.scale)
        return np.asarray(found / self.mean)

    def farthest(self, amounts: Floats) -> tuple[Floats, Floats]:
        """Give the element that is farthest out, and the largest ratio of an amount to what is known of it.

        Farthest is what goes beyond its largest known amount; within that, what lies farthest from the nearest known place.
        """
        from scipy.spatial import KDTree

        over = amounts / self.largest
        scaled = (amounts - self.centre) * self.scale
        _, nearest = KDTree(self.known).query(scaled)
        apart = np.abs(scaled - self.known[nearest])
        beyond = over.max(axis=1)
        return np.where(beyond > 1, over.argmax(axis=1), apart.argmax(axis=1)).astype(float), np.asarray(beyond)


def applicability(samples: Samples, importance: Floats, seed: int) -> Applicability:
    """Learn how far held-out places are from the rest; the limit is the upper whisker of that."""
    from scipy.spatial import KDTree
    from scipy.spatial.distance import pdist

    centre, sd = samples.amounts.mean(axis=0), samples.amounts.std(axis=0)
    weights = np.maximum(importance, 0.0)
    weights = weights / weights.max() if weights.max() > 0 else np.ones(len(weights))
    scale = np.divide(weights, sd, out=np.zeros(len(sd)), where=sd > 0)
    known = (samples.amounts - centre) * scale
    some = np.random.default_rng(seed).permutation(len(known))[:2000]
    mean = float(pdist(known[some]).mean()) or 1.0
    distances = np.zeros(len(known))
    for number in range(int(samples.folds.max()) + 1):
        held = samples.folds == number
        distances[held] = KDTree(known[~held]).query(known[held])[0] / mean
    low, high = np.quantile(distances, [0.25, 0.75])
    limit = float(distances[distances <= high + 1.5 * (high - low)].max())
    return Applicability(centre, scale, mean, limit, samples.amounts.max(axis=0), known)
