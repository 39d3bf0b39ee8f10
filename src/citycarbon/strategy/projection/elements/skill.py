"""Skill of spatial-element models on blocks that they have not seen, and whether a richer model is better than a simpler one.

Comes in: a measure of places, amounts of elements, a layer. Goes out: scores with a test. Not for: predicting (``prediction``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.series import Floats, SeriesTable
from citycarbon.data.layers import Layer
from citycarbon.data.library.elements import ProxyTable
from citycarbon.strategy.projection.elements.learners import check_model, learn
from citycarbon.strategy.projection.elements.samples import Samples, samples_of
from citycarbon.strategy.projection.elements.spread import share_inside
from citycarbon.strategy.projection.elements.tables import EVEN, MODELS, ElementSkillTable

_CHANCE = 0.05
_FLIPS = 9999
REFERENCE = {"linear": EVEN, "boosting": "linear", "network": "linear"}
"""The simpler model that each must beat: linear beats spreading evenly over land, richer ones beat linear."""


@method(
    id="strategy.projection.elements.element_skill",
    gives=ElementSkillTable,
    equation="misplaced = Σ |ŷ - y| / (2 Σ y), ŷ of blocks that the fit has not seen",
    source="roberts_2017",
    status="experimental",
    title=("Skill of element models", "空间要素模型的检验"),
)
def element_skill(
    series: SeriesTable,
    elements: ProxyTable,
    cells: Layer,
    *,
    measure: str = "co2e",
    time: str | None = None,
    models: str = "linear,boosting,network",
    block: float = 2000.0,
    folds: int = 5,
    seed: int = 1,
) -> ElementSkillTable:
    """Learn a measure of places from their elements, and hold each model against blocks that it has not seen.

    Parameters
    ----------
    series
        Energy or emissions by place; sectors and carriers are added up. A place without a row teaches nothing.
    elements
        Amounts of land-use elements by the same places; a place without a row has none.
    cells
        Places with their geometry, in a projected system.
    measure
        Measure that is learnt.
    time
        Year of it, if the series has several.
    models
        Models joined by commas: ``linear``, ``boosting``, ``network``.
    block
        [m] Side of the square blocks that are held out together, so that neighbours of a place do not tell its value.
    folds
        [1] Number of groups of blocks; each is predicted by a fit to the others.
    seed
        [1] Seed of folds, models and the test.

    Returns
    -------
    skill
        Scores of held-out places. ``linear`` is tested against spreading evenly over land, ``boosting`` and ``network`` against
        ``linear``: signs of the differences of blocks are flipped, p adjusted by Holm. ``better`` needs p below 0.05.

    Raises
    ------
    CoverageError
        If there are fewer than twenty places with evidence, or fewer blocks than folds.
    InputError
        Several years or units, values below zero, elements that are zero everywhere, a layer in degrees.

    References
    ----------
    Roberts et al. (2017) for blocked validation; Lei et al. (2018) for intervals by held-out residuals.

    Examples
    --------
    >>> from citycarbon.strategy.projection.elements.sample_case import forty_places
    >>> series, elements, cells = forty_places()
    >>> made = element_skill(series, elements, cells, models="linear", block=200).to_polars()
    >>> made.select("model", pl.col("r2").round(6), "reference", "verdict").rows()[1]
    ('linear', 1.0, 'even', 'better')
    """
    wanted = [name.strip() for name in models.split(",") if name.strip()]
    for name in wanted:
        check_model(name)
    if not wanted or len(set(wanted)) < len(wanted):
        raise InputError("parameter_wrong", Where(item="models"), models, expected_value=", ".join(MODELS))
    samples = samples_of(series, elements, cells, measure, time, block, folds, seed)
    order = [EVEN, *(name for name in MODELS if name in wanted)]
    predicted = {name: learn(name, samples, seed).predicted for name in order}
    tested = {name: REFERENCE[name] if REFERENCE[name] in predicted else EVEN for name in order[1:]}
    p = holm_of({name: flipped(samples, predicted[name], predicted[other], seed) for name, other in tested.items()})
    rows = [_row(samples, name, predicted, tested.get(name), p.get(name)) for name in order]
    schema = {column.name: pl.Float64 if column.kind == "number" else pl.String for column in ElementSkillTable.columns}
    return ElementSkillTable(pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None))


def _row(samples: Samples, name: str, predicted: dict[str, Floats], reference: str | None, p: float | None) -> Any:
    from scipy.stats import spearmanr

    made, observed = predicted[name], samples.values
    errors = np.abs(made - observed)
    spread, whole = float(((observed - observed.mean()) ** 2).sum()), float(observed.sum())
    constant = np.ptp(made) == 0 or np.ptp(observed) == 0
    verdict = "baseline"
    if reference is not None:
        better = errors.sum() < np.abs(predicted[reference] - observed).sum()
        verdict = "not shown" if p is None or not p < _CHANCE else "better" if better else "worse"
    return (
        name, samples.measure, 1 - float((errors**2).sum()) / spread if spread > 0 else None,
        None if constant else float(spearmanr(made, observed).statistic), float(errors.sum()) / (2 * whole) if whole else None,
        float(errors.mean()), float(made.sum()) / whole - 1 if whole else None, share_inside(samples, made), samples.unit,
        float(len(observed)), float(samples.blocks.max() + 1), reference, p, verdict,
    )  # fmt: skip


def flipped(samples: Samples, made: Floats, other: Floats, seed: int) -> float:
    """Chance that absolute errors of two models differ by as much if neither were better, by flipping signs of whole blocks."""
    gain = np.abs(other - samples.values) - np.abs(made - samples.values)
    blocks = np.bincount(samples.blocks, gain)
    blocks = blocks[blocks != 0]
    if len(blocks) < 6:
        return float("nan")
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (_FLIPS, len(blocks)))
    beyond = np.abs(signs @ blocks) >= np.abs(blocks.sum()) * (1 - 1e-12)
    return float((1 + beyond.sum()) / (1 + _FLIPS))


def holm_of(p: dict[str, float]) -> dict[str, float]:
    """Adjust the p values of several tests by Holm's steps."""
    known = sorted((value, name) for name, value in p.items() if np.isfinite(value))
    made, largest = {}, 0.0
    for step, (value, name) in enumerate(known):
        largest = max(largest, min(1.0, value * (len(known) - step)))
        made[name] = largest
    return made
