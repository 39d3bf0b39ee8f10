"""Which elements a model rests on, and how its prediction moves with each.

Comes in: a measure of places, amounts of elements, a layer. Goes out: permutation importance and partial dependence. Not for:
causes; elements that stand together share their importance.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.series import Floats, SeriesTable
from citycarbon.data.layers import Layer
from citycarbon.data.library.elements import ProxyTable
from citycarbon.strategy.projection.elements.learners import Learnt, check_model, fit, learn
from citycarbon.strategy.projection.elements.samples import Samples, samples_of
from citycarbon.strategy.projection.elements.tables import ImportanceTable, ResponseTable

REPEATS = 10
_POINTS, _PLACES = 20, 1000


@method(
    id="strategy.projection.elements.element_importance",
    gives=ImportanceTable,
    equation="I_j = MAE(ŷ with element j shuffled) / MAE(ŷ) - 1",
    source="fisher_2019",
    status="experimental",
    title=("Importance of elements", "空间要素的重要性"),
)
def element_importance(
    series: SeriesTable,
    elements: ProxyTable,
    cells: Layer,
    *,
    measure: str = "co2e",
    time: str | None = None,
    model: str = "boosting",
    block: float = 2000.0,
    folds: int = 5,
    seed: int = 1,
) -> ImportanceTable:
    """Shuffle each element among held-out places, and see how much worse the prediction becomes.

    Parameters
    ----------
    series
        Energy or emissions by place.
    elements
        Amounts of land-use elements by the same places.
    cells
        Places with their geometry, in a projected system.
    measure
        Measure that is learnt.
    time
        Year of it, if the series has several.
    model
        ``linear``, ``boosting`` or ``network``.
    block
        [m] Side of the square blocks that are held out together.
    folds
        [1] Number of groups of blocks.
    seed
        [1] Seed of folds, model and shuffling.

    Returns
    -------
    importance
        Rise of the mean absolute error of held-out places, relative to it, with the range of ten shufflings; the most important
        first. ``inflation`` says how far the other elements tell this one: above ten, importance is shared among them.

    Raises
    ------
    CoverageError
        If there are fewer than twenty places with evidence, or fewer blocks than folds.
    InputError
        As ``element_skill``.

    References
    ----------
    Fisher, Rudin and Dominici (2019), All models are wrong, but many are useful, on permutation importance (Breiman 2001).

    Examples
    --------
    >>> from citycarbon.strategy.projection.elements.sample_case import forty_places
    >>> series, elements, cells = forty_places()
    >>> element_importance(series, elements, cells, block=200).to_polars()["element"].to_list()
    ['floor', 'road']
    """
    check_model(model)
    samples = samples_of(series, elements, cells, measure, time, block, folds, seed)
    rise = shuffled(samples, learn(model, samples, seed), seed)
    frame = pl.DataFrame({
        "element": samples.elements, "importance": rise.mean(axis=0), "low": rise.min(axis=0), "high": rise.max(axis=0),
        "inflation": inflation(samples.amounts),
    })  # fmt: skip
    frame = frame.with_columns(
        pl.lit(model).alias("model"), pl.lit(measure).alias("measure"), pl.col("inflation").fill_nan(None)
    )
    return ImportanceTable(frame.sort("importance", descending=True, maintain_order=True))


def shuffled(samples: Samples, learnt: Learnt, seed: int) -> Floats:
    """Relative rise of the mean absolute error, shape (repeats, elements)."""
    draws = np.random.default_rng(seed)
    base = float(np.abs(learnt.predicted - samples.values).sum())
    errors = np.zeros((REPEATS, len(samples.elements)))
    for number, fitted in enumerate(learnt.fitted):
        held = samples.folds == number
        amounts, area, values = samples.amounts[held], samples.area[held], samples.values[held]
        for repeat in range(REPEATS):
            order = draws.permutation(len(values))
            for element in range(amounts.shape[1]):
                mixed = amounts.copy()
                mixed[:, element] = amounts[order, element]
                errors[repeat, element] += float(np.abs(fitted.predict(mixed, area) - values).sum())
    # A model without error has no scale of its own; the observed sum serves.
    return np.asarray((errors - base) / (base if base > 1e-9 * samples.values.sum() else samples.values.sum()))


def inflation(amounts: Floats) -> Floats:
    """Variance inflation of each element by the others; nan where another tells it exactly."""
    varied = np.ptp(amounts, axis=0) > 0
    made = np.full(amounts.shape[1], np.nan)
    if varied.sum() < 2:
        made[varied] = 1.0
        return made
    correlation = np.corrcoef(amounts[:, varied], rowvar=False)
    if np.linalg.cond(correlation) < 1e12:
        made[varied] = np.maximum(np.diag(np.linalg.inv(correlation)), 1.0)
    return made


@method(
    id="strategy.projection.elements.element_response",
    gives=ResponseTable,
    equation="f_j(x) = mean over places of ŷ(x_j = x, the others as they are)",
    source="friedman_2001",
    status="experimental",
    title=("Response to elements", "空间要素的响应"),
)
def element_response(
    series: SeriesTable,
    elements: ProxyTable,
    cells: Layer,
    *,
    measure: str = "co2e",
    time: str | None = None,
    model: str = "boosting",
    grid_points: int = _POINTS,
    block: float = 2000.0,
    folds: int = 5,
    seed: int = 1,
) -> ResponseTable:
    """Set one element to the same amount at every place and take the mean prediction: partial dependence.

    Parameters
    ----------
    series
        Energy or emissions by place.
    elements
        Amounts of land-use elements by the same places.
    cells
        Places with their geometry, in a projected system.
    measure
        Measure that is learnt.
    time
        Year of it, if the series has several.
    model
        ``linear``, ``boosting`` or ``network``.
    grid_points
        [1] Number of amounts between the quantiles of 1 and 99 % of an element; not beyond them.
    block
        [m] Side of the square blocks that are held out together.
    folds
        [1] Number of groups of blocks.
    seed
        [1] Seed of folds, model and the thousand places over which the mean is taken.

    Returns
    -------
    response
        Mean prediction by element and amount, with the range over the models of the folds.

    Raises
    ------
    CoverageError
        If there are fewer than twenty places with evidence, or fewer blocks than folds.
    InputError
        As ``element_skill``.

    References
    ----------
    Friedman (2001), section 8.2. Where elements stand together, some of the places over which the mean is taken do not exist.

    Examples
    --------
    >>> from citycarbon.strategy.projection.elements.sample_case import forty_places
    >>> series, elements, cells = forty_places()
    >>> made = element_response(series, elements, cells, model="linear", grid_points=3, block=200).to_polars()
    >>> made.filter(pl.col("element") == "floor").select("element_amount", pl.col("value").round(6)).rows()
    [(0.0, 0.0), (3.0, 6.0), (6.0, 12.0)]
    """
    check_model(model)
    if not 2 <= grid_points <= 200:
        raise InputError("value_out_of_range", Where(item="grid_points"), grid_points, range="2 – 200")
    samples = samples_of(series, elements, cells, measure, time, block, folds, seed)
    learnt = learn(model, samples, seed)
    whole = fit(model, samples, None, seed)
    some = np.sort(np.random.default_rng(seed).permutation(len(samples.values))[:_PLACES])
    parts = []
    for number, element in enumerate(samples.elements):
        low, high = np.quantile(samples.amounts[:, number], [0.01, 0.99])
        amounts = np.linspace(low, high, grid_points)
        set_ = np.tile(samples.amounts[some], (grid_points, 1))
        set_[:, number] = np.repeat(amounts, len(some))
        area = np.tile(samples.area[some], grid_points)
        means = [each.predict(set_, area).reshape(grid_points, -1).mean(axis=1) for each in (whole, *learnt.fitted)]
        part = {
            "element_amount": amounts,
            "value": means[0],
            "low": np.min(means, axis=0),
            "high": np.max(means, axis=0),
        }
        unit = samples.element_units[number]
        parts.append(
            pl.DataFrame(part).with_columns(pl.lit(element).alias("element"), pl.lit(unit).alias("amount_unit"))
        )
    return ResponseTable(
        pl.concat(parts).with_columns(
            pl.lit(model).alias("model"), pl.lit(measure).alias("measure"), pl.lit(samples.unit).alias("unit")
        )
    )
