"""What a plan or a future land use would emit or use by a model of elements, and where the model does not know.

Comes in: a measure of places, amounts of elements at present and in the plan, a layer. Goes out: predictions with interval and
distance to what is known. Not for: intensities from literature (``inventory.sectors.spatial_elements``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.series import ALL, Floats, SeriesTable
from citycarbon.data.layers import Layer
from citycarbon.data.layers.amounts import checked_amounts
from citycarbon.data.layers.naming import place_names
from citycarbon.data.library.elements import ProxyTable
from citycarbon.strategy.projection.elements.importance import shuffled
from citycarbon.strategy.projection.elements.learners import Learnt, check_model, fit, learn
from citycarbon.strategy.projection.elements.samples import Samples, amounts_of, samples_of, units_of
from citycarbon.strategy.projection.elements.skill import flipped
from citycarbon.strategy.projection.elements.spread import (
    LEVEL,
    applicability,
    residuals_of,
    share_inside,
    total_range,
)
from citycarbon.strategy.projection.elements.tables import EVEN, INSIDE, OUTSIDE, ElementPredictionTable

WHOLE, CHANGES = "whole", "changes"
EMPTY, SHOW = "empty", "show"
_CHANCE = 0.05


@method(
    id="strategy.projection.elements.element_prediction",
    gives=ElementPredictionTable,
    equation="ŷ(plan) with 90 % of held-out errors; DI = distance to the nearest known place / mean distance",
    source="meyer_pebesma_2021",
    status="experimental",
    title=("Prediction of a plan", "规划方案的要素模型预测"),
)
def element_prediction(
    series: SeriesTable,
    elements: ProxyTable,
    cells: Layer,
    plan: ProxyTable,
    *,
    plan_lists: str,
    measure: str = "co2e",
    time: str | None = None,
    model: str = "boosting",
    outside: str = EMPTY,
    block: float = 2000.0,
    folds: int = 5,
    seed: int = 1,
) -> ElementPredictionTable:
    """Predict a plan or a future land use by a model of its elements, with interval, and say where the model does not know.

    Parameters
    ----------
    series
        Energy or emissions by place.
    elements
        Amounts of land-use elements by the same places, at present.
    cells
        Places with their geometry, in a projected system.
    plan
        Amounts of the same elements by place in the plan; places may be new.
    plan_lists
        ``whole``: an element that the plan does not list at its place is none; ``changes``: it stays as it is at present.
    measure
        Measure that is learnt.
    time
        Year of it, if the series has several.
    model
        ``linear``, ``boosting`` or ``network``.
    outside
        ``empty``: no value where the plan is unlike all that is known, and none of the total; ``show``: values with their
        verdict, without interval.
    block
        [m] Side of the square blocks that are held out together.
    folds
        [1] Number of groups of blocks.
    seed
        [1] Seed of folds and model.

    Returns
    -------
    prediction
        A row a place of the plan, then their sum. The interval of a place is that of errors of held-out places of its size, the
        interval of the sum that of sums of held-out blocks. ``outside``: an element beyond its largest known amount, or a
        dissimilarity above that of held-out places (upper whisker); ``element`` names the one that is farthest out. There is no
        interval there.

    Raises
    ------
    CoverageError
        If there are fewer than twenty places with evidence, or fewer blocks than folds.
    InputError
        A plan with elements or units that were not learnt; and as ``element_skill``.

    References
    ----------
    Meyer and Pebesma (2021) for the area of applicability; Lei et al. (2018) for intervals by held-out residuals.

    Examples
    --------
    >>> from citycarbon.strategy.projection.elements.sample_case import forty_places
    >>> series, elements, cells = forty_places()
    >>> plan = ProxyTable(pl.DataFrame({"place": ["c0", "c1"], "proxy": "floor", "value": [5.0, 60.0], "unit": "m2"}))
    >>> made = element_prediction(series, elements, cells, plan, plan_lists="changes", model="linear", block=200)
    >>> made.to_polars().select("place", pl.col("value", "present").round(6), "verdict").rows()
    [('c0', 10.0, 0.0, 'inside'), ('c1', None, 2.0, 'outside'), ('all', None, 2.0, 'outside')]
    """
    check_model(model)
    for name, given, words in (("plan_lists", plan_lists, (WHOLE, CHANGES)), ("outside", outside, (EMPTY, SHOW))):
        if given not in words:
            raise InputError("value_not_listed", Where(item=name), given, known=", ".join(words))
    samples = samples_of(series, elements, cells, measure, time, block, folds, seed)
    learnt = learn(model, samples, seed)
    places, wanted, present, area = _plan(samples, elements, cells, plan, plan_lists)
    whole = fit(model, samples, None, seed)
    near = applicability(samples, shuffled(samples, learnt, seed).mean(axis=0), seed)
    distance = near.distances(wanted)
    element, over = near.farthest(wanted)
    out = (distance > near.limit) | (over > 1 + 1e-9)
    value = whole.predict(wanted, area)
    low, high = residuals_of(learnt.predicted, samples.values).around(value)
    before = whole.predict(present, area)
    ratios = total_range(samples, learnt.predicted, len(places), seed)
    total = float(value.sum())
    frame = pl.DataFrame({
        "place": [*places, ALL],
        "value": [*value, total], "low": [*low, total * ratios[0]], "high": [*high, total * ratios[1]],
        "present": [*before, float(before.sum())],
        "dissimilarity": [*distance, None], "known_limit": [near.limit] * len(places) + [None],
        "verdict": [*np.where(out, OUTSIDE, INSIDE), OUTSIDE if out.any() else INSIDE],
        "element": [samples.elements[int(e)] if o else None for e, o in zip(element, out, strict=True)] + [None],
    }).with_columns(
        pl.lit(measure).alias("measure"), pl.lit(model).alias("model"), pl.lit(samples.unit).alias("unit"),
    )  # fmt: skip
    # Errors of known places say nothing of places unlike them.
    hidden = ("low", "high", "value") if outside == EMPTY else ("low", "high")
    inside = pl.when(pl.col("verdict") == INSIDE)
    frame = frame.with_columns(inside.then(pl.col(name)).alias(name) for name in hidden)
    return ElementPredictionTable(frame)


def _plan(
    samples: Samples, elements: ProxyTable, cells: Layer, plan: ProxyTable, plan_lists: str
) -> tuple[list[str], Floats, Floats, Floats]:
    """Places of the plan, their amounts in the plan and at present, and their area."""
    import shapely

    problems = Problems()
    names, units = units_of(plan, problems)
    learnt = dict(zip(samples.elements, samples.element_units, strict=True))
    for name, unit in zip(names, units, strict=True):
        if name not in learnt:
            problems.add(
                "value_not_listed", Where(item="plan", column="proxy"), name, known=", ".join(samples.elements)
            )
        elif unit != learnt[name]:
            problems.add("unit_mixed", Where(item=name, column="unit"), f"{learnt[name]}, {unit}")
    problems.raise_all()
    rows = checked_amounts(plan, "plan")
    places = rows["place"].unique(maintain_order=True).to_list()
    wanted = amounts_of(plan, places, samples.elements)
    present = amounts_of(elements, places, samples.elements)
    if plan_lists == CHANGES:
        listed = amounts_of(ProxyTable(rows.with_columns(pl.lit(1.0).alias("value"))), places, samples.elements) > 0
        wanted = np.where(listed, wanted, present)
    area = dict(zip(place_names(cells).to_list(), shapely.area(cells.geometry), strict=True))
    return places, wanted, present, np.array([area.get(place, 0.0) for place in places])


@method(
    id="strategy.projection.elements.element_check",
    gives=FindingTable,
    equation="share of held-out places inside the 90 % interval; p of beating an even spread",
    source="meyer_pebesma_2021",
    status="experimental",
    title=("Check of an element model", "空间要素模型核查"),
)
def element_check(
    series: SeriesTable,
    elements: ProxyTable,
    cells: Layer,
    prediction: ElementPredictionTable | None = None,
    *,
    measure: str = "co2e",
    time: str | None = None,
    model: str = "boosting",
    block: float = 2000.0,
    folds: int = 5,
    seed: int = 1,
) -> FindingTable:
    """Find what makes a model of elements doubtful: no skill on unseen blocks, narrow intervals, a plan unlike the present.

    Parameters
    ----------
    series
        Energy or emissions by place.
    elements
        Amounts of land-use elements by the same places.
    cells
        Places with their geometry, in a projected system.
    prediction
        What was predicted of a plan.
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
        [1] Seed of folds and model.

    Returns
    -------
    findings
        ``elements.skill``: a caveat where the model is not shown to beat spreading evenly over land. ``elements.interval``: a
        caveat where fewer held-out places lie inside the interval than chance allows. ``elements.outside``: a caveat for a plan
        with places outside what is known.

    Raises
    ------
    CoverageError
        If there are fewer than twenty places with evidence, or fewer blocks than folds.
    InputError
        As ``element_skill``.

    References
    ----------
    Meyer and Pebesma (2021); Roberts et al. (2017).

    Examples
    --------
    >>> from citycarbon.strategy.projection.elements.sample_case import forty_places
    >>> series, elements, cells = forty_places()
    >>> element_check(series, elements, cells, model="linear", block=200).to_polars()["verdict"].to_list()
    ['agrees', 'agrees']
    """
    check_model(model)
    samples = samples_of(series, elements, cells, measure, time, block, folds, seed)
    learnt = learn(model, samples, seed)
    rows = [_skill(samples, learnt, seed), _interval(samples, learnt)]
    if prediction is not None:
        rows.append(_outside(prediction, measure))
    schema = {column.name: pl.Float64 if column.kind == "number" else pl.String for column in FindingTable.columns}
    return FindingTable(pl.DataFrame(rows, schema=schema, orient="row"))


def _skill(samples: Samples, learnt: Learnt, seed: int) -> tuple[Any, ...]:
    even = learn(EVEN, samples, seed).predicted
    p = flipped(samples, learnt.predicted, even, seed)
    errors = [float(np.abs(each - samples.values).sum()) for each in (learnt.predicted, even)]
    good = errors[0] < errors[1] and p < _CHANCE
    texts = (
        ("on blocks that it has not seen, the model is better than an even spread over land",
         "在未见过的分块上，该模型优于按面积均摊")
        if good else
        ("on blocks that it has not seen, the model is not shown to be better than an even spread over land",
         "在未见过的分块上，未能证明该模型优于按面积均摊")
    )  # fmt: skip
    return _finding("elements.skill", learnt.model, p if np.isfinite(p) else 1.0, _CHANCE, good, texts)


def _interval(samples: Samples, learnt: Learnt) -> tuple[Any, ...]:
    share = share_inside(samples, learnt.predicted)
    # Twice the standard error of a share of as many blocks: places of a block are no independent witnesses.
    allowed = 2 * float(np.sqrt(LEVEL * (1 - LEVEL) / (samples.blocks.max() + 1)))
    good = share >= LEVEL - allowed
    texts = (
        (f"{share:.0%} of unseen places lie inside the interval of {LEVEL:.0%}",
         f"{share:.0%} 的未见地点落在 {LEVEL:.0%} 区间内")
        if good else
        (f"only {share:.0%} of unseen places lie inside the interval of {LEVEL:.0%}: it is too narrow",
         f"仅 {share:.0%} 的未见地点落在 {LEVEL:.0%} 区间内：区间偏窄")
    )  # fmt: skip
    return _finding("elements.interval", learnt.model, share, LEVEL, good, texts, allowed)


def _outside(prediction: ElementPredictionTable, measure: str) -> tuple[Any, ...]:
    rows = prediction.to_polars().filter(pl.col("place") != ALL)
    out = rows.filter(pl.col("verdict") == OUTSIDE)
    shown = ", ".join(f"{place} ({element})" for place, element in out.select("place", "element").head(5).iter_rows())
    more = " …" if out.height > 5 else ""
    texts = (
        ("every place of the plan is like places that the model knows", "规划地点均在模型已知范围内")
        if not out.height else
        (f"places of the plan are unlike all that the model knows: {shown}{more}",
         f"规划地点超出模型已知范围：{shown}{more}")
    )  # fmt: skip
    return _finding("elements.outside", measure, float(out.height), 0.0, not out.height, texts)


def _finding(
    check: str, item: str, value: float, expected: float, good: bool, texts: tuple[str, str],
    tolerance: float = 0.0,
) -> tuple[Any, ...]:  # fmt: skip
    verdict = "agrees" if good else "caveat"
    return (check, ALL, item, value, expected, tolerance, value - expected, "1", verdict, *texts)
