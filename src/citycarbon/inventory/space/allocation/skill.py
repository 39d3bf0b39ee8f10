"""How well proxies place emissions: combinations fitted to evidence, and skill on places that the fit has not seen.

Comes in: evidence by place (metered or simulated emissions), amounts of proxies, and where the places are. Goes out:
coefficients with their uncertainty, and skill under spatially blocked validation. Not for: the allocation itself
(:mod:`citycarbon.inventory.space.allocation.allocate`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.tables import EmissionTable
from citycarbon.data.layers import Layer
from citycarbon.data.layers.amounts import RESIDUALS, amounts_on, refuse_missing
from citycarbon.data.layers.blocks import spatial_folds
from citycarbon.data.layers.ground import require_ground
from citycarbon.data.shaping.parts import EVERY_SCOPE, sums
from citycarbon.inventory.space.on_places import emissions_on
from citycarbon.inventory.space.tables import ProxyTable, SkillTable, WeightTable

Numbers = npt.NDArray[Any]
FITTED, EVEN = "fitted combination", "even spread"


@method(
    id="inventory.space.proxy_weights",
    gives=WeightTable,
    equation="E_t = Σ_p β_p · a_pt + ε, β ≥ 0",
    source="lawson_hanson_1974",
    status="experimental",
    title=("Fit weights of proxies", "拟合代理权重"),
    version=2,
)
def proxy_weights(
    evidence: EmissionTable,
    proxies: ProxyTable,
    *,
    scopes: str = EVERY_SCOPE,
    time: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
    missing_is_zero: bool = False,
) -> WeightTable:
    """Fit emissions of places by amounts of several proxies, with coefficients that are not below zero.

    Parameters
    ----------
    evidence
        Emissions by place, of one gas and unit; all rows of a place are added.
    proxies
        Amounts by the same places; what they hold of other places is not used.
    scopes
        Named rule by which scopes are added.
    time
        Year or other period that is wanted, where the rows hold several years.
    scenario
        Which scenario, where the rows hold several.
    basis
        Which alternative of accounting, where the rows hold several.
    missing_is_zero
        Whether an absent row means zero; else a gap is an error.

    Returns
    -------
    weights
        Coefficient of each proxy in the unit of the emissions over that of the proxy, its sd (of the least-squares fit on the
        proxies that stay above zero, robust to unequal variance, HC1), the part of the fitted mass, and the variance inflation.

    Raises
    ------
    CoverageError
        If fewer places than proxies are known, a proxy is zero everywhere, or a place of the evidence has no amount of it.
    InputError
        If the evidence is not parts of one whole.

    References
    ----------
    Lawson, C. L. and Hanson, R. J. (1974), Solving least squares problems, chapter 23 (non-negative least squares, by SciPy).

    Examples
    --------
    >>> import polars as pl
    >>> e = pl.DataFrame({"place": ["a", "b", "c"], "time": "2020", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [2.0, 4.0, 6.0], "unit": "t"})
    >>> a = pl.DataFrame({"place": ["a", "b", "c"], "proxy": "floor area", "value": [1.0, 2.0, 3.0], "unit": "m2"})
    >>> made = proxy_weights(EmissionTable(e), ProxyTable(a)).to_polars()
    >>> made.select("proxy", pl.col("value").round(9), "unit").rows()
    [('floor area', 2.0, 't/m2')]
    """
    summed = sums(evidence, ["place"], scopes=scopes, time=time, scenario=scenario, basis=basis)
    summed = summed.filter(~pl.col("place").is_in(RESIDUALS) & pl.col("value").is_not_null()).sort("place")
    places, target = summed["place"], summed["value"].to_numpy()
    matrix, names, units = _matrix(
        target, amounts_on(proxies, places, "evidence", "proxies", missing_is_zero=missing_is_zero, all_known=False)
    )
    refuse_missing([(name, matrix[:, column]) for column, name in enumerate(names)], places, "evidence")
    if len(places) <= len(names):
        raise InputError("too_few_places", Where(item="evidence"), len(places), needed=len(names) + 1)
    beta = _fit(matrix, target)
    used = np.flatnonzero(beta > 0)
    spread = np.full(len(names), np.nan)
    spread[used] = _robust_sd(matrix[:, used], target - matrix @ beta)
    mass = beta * matrix.sum(axis=0)
    total = mass.sum()
    unit = summed["unit"][0]
    made = pl.DataFrame(
        {
            "proxy": names,
            "value": beta,
            "unit": [unit if each == "1" else f"{unit}/{each}" for each in units],
            "sd": spread,
            "share": mass / total if total > 0 else np.zeros(len(names)),
            "inflation": _inflation(matrix),
        }
    )
    return WeightTable(made.with_columns(pl.col("sd").fill_nan(None), pl.col("inflation").fill_nan(None)))


@method(
    id="inventory.space.proxy_skill",
    gives=SkillTable,
    equation="misplaced = Σ |Ê - E| / (2 Σ E)",
    source="roberts_2017",
    status="experimental",
    title=("Skill of proxies", "代理变量的检验"),
    version=2,
)
def proxy_skill(
    evidence: EmissionTable,
    proxies: ProxyTable,
    cells: Layer,
    *,
    block: float = 2000.0,
    folds: int = 5,
    seed: int = 1,
    scopes: str = EVERY_SCOPE,
    time: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
    missing_is_zero: bool = False,
) -> SkillTable:
    """Share the total of the evidence out by each proxy and by a fitted combination, and compare place by place.

    Parameters
    ----------
    evidence
        Emissions by place that serve as truth, of one gas and unit.
    proxies
        Amounts by the same places.
    cells
        Places with their geometry, in a projected system.
    block
        [m] Side of the square blocks that are held out together, so that neighbours of a place do not tell its value.
    folds
        [1] Number of groups of blocks; each is predicted by a fit to the others.
    seed
        [1] Seed of the draw of blocks.
    scopes
        Named rule by which scopes are added.
    time
        Year or other period that is wanted, where the rows hold several years.
    scenario
        Which scenario, where the rows hold several.
    basis
        Which alternative of accounting, where the rows hold several.
    missing_is_zero
        Whether an absent row means zero; else a gap is an error.

    Returns
    -------
    skill
        Variance explained, rank correlation and share of the mass misplaced. A single proxy needs no fit and sees the total
        alone; each place of the combination is predicted by a fit that has not seen its block. ``verdict`` marks the best single
        proxy, and says whether the combination misplaces less than it (``better``) or not (``not better``).

    Raises
    ------
    CoverageError
        If no proxy or no evidence lies in the cells, a cell has no evidence or no amount, or there are fewer blocks than folds.
    InputError
        If a place of a table is no cell, or the evidence is not parts of one whole.

    References
    ----------
    Roberts, D. R. et al. (2017), Cross-validation strategies for data with temporal, spatial, hierarchical or phylogenetic
    structure, Ecography 40, 913-929.

    Examples
    --------
    >>> import polars as pl, shapely
    >>> places = [f"c{i}" for i in range(8)]
    >>> e = pl.DataFrame({"place": places, "time": "2020", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [1.0, 2, 3, 4, 5, 6, 7, 8], "unit": "t"})
    >>> a = pl.DataFrame({"place": places, "proxy": "floor area", "value": [2.0, 4, 6, 8, 10, 12, 14, 16], "unit": "m2"})
    >>> boxes = shapely.box([10 * i for i in range(8)], [0] * 8, [10 * i + 10 for i in range(8)], [10] * 8)
    >>> cells = Layer("cells", pl.DataFrame({"place": places}), boxes, "EPSG:32650")
    >>> skill = proxy_skill(EmissionTable(e), ProxyTable(a), cells, block=20.0, folds=2).to_polars()
    >>> skill.filter(pl.col("proxy") == "floor area").select("misplaced", "verdict").rows()
    [(0.0, 'best single')]
    """
    import shapely

    if not block > 0 or folds < 2:
        raise InputError("parameter_wrong", Where(item="block, folds"), f"{block}, {folds}", expected_value="> 0, ≥ 2")
    require_ground(cells)
    found = emissions_on(
        evidence, cells, scopes=scopes, time=time, scenario=scenario, basis=basis, missing_is_zero=missing_is_zero
    )
    places, target = found.names, found.values
    listed = amounts_on(proxies, places, cells.name, "proxies", missing_is_zero=missing_is_zero)
    matrix, names, _ = _matrix(target, listed)
    fold = spatial_folds(shapely.centroid(cells.geometry), block, folds, seed)
    refuse_missing([("evidence", target), *((name, each) for name, (each, _) in listed.items())], places, cells.name)
    total = float(target.sum())
    predicted = {EVEN: np.asarray(shapely.area(cells.geometry), dtype=float)}
    predicted |= {name: matrix[:, column] for column, name in enumerate(names)}
    combined = np.zeros(len(places))
    for number in range(folds):
        held = fold == number
        combined[held] = matrix[held] @ _fit(matrix[~held], target[~held])
    predicted[FITTED] = combined
    scores = {name: _scores(_to_total(values, total), target) for name, values in predicted.items()}
    best = min(names, key=lambda name: scores[name][2])
    better = scores[FITTED][2] < scores[best][2] - 1e-9
    verdicts = {EVEN: "baseline", best: "best single", FITTED: "better" if better else "not better"}
    rows = [(name, *scores[name], len(places), folds, verdicts.get(name, "single")) for name in predicted]
    schema = ["proxy", "r2", "rank_correlation", "misplaced", "places", "folds", "verdict"]
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("places", "folds").cast(pl.Float64), pl.col("r2", "rank_correlation", "misplaced").fill_nan(None)
    )
    return SkillTable(frame)


def _matrix(target: Numbers, listed: dict[str, tuple[Numbers, str]]) -> tuple[Numbers, list[str], list[str]]:
    """Give amounts [places, proxies], names and units of the proxies."""
    problems = Problems()
    names = list(listed)
    for name, (column, _) in listed.items():
        if not np.nan_to_num(column).any():
            problems.add("proxy_zero", Where(item=name), name)
    if not names:
        problems.add("proxy_zero", Where(item="proxies"), "—")
    if not np.nan_to_num(target).any():
        problems.add("too_few_places", Where(item="evidence"), 0, needed=len(names) + 1)
    problems.raise_all()
    matrix = np.column_stack([column for column, _ in listed.values()])
    return matrix, names, [unit for _, unit in listed.values()]


def _fit(matrix: Numbers, target: Numbers) -> Numbers:
    """Fit coefficients that are not below zero; columns are brought to one size first."""
    from scipy.optimize import nnls

    size = np.linalg.norm(matrix, axis=0)
    size[size == 0] = 1.0
    beta, _ = nnls(matrix / size, target)
    return np.asarray(beta / size)


def _robust_sd(matrix: Numbers, residual: Numbers) -> Numbers:
    inverse = np.linalg.pinv(matrix.T @ matrix)
    middle = (matrix * residual[:, None] ** 2).T @ matrix
    scale = len(residual) / max(len(residual) - matrix.shape[1], 1)
    return np.asarray(np.sqrt(np.maximum(np.diag(inverse @ middle @ inverse) * scale, 0.0)))


def _inflation(matrix: Numbers) -> Numbers:
    """Variance inflation: diagonal of the inverse of the correlations."""
    if matrix.shape[1] < 2:
        return np.ones(matrix.shape[1])
    correlation = np.corrcoef(matrix, rowvar=False)
    if not np.isfinite(correlation).all() or np.linalg.cond(correlation) > 1e14:
        return np.full(matrix.shape[1], np.nan)
    return np.asarray(np.maximum(np.diag(np.linalg.inv(correlation)), 1.0))


def _to_total(values: Numbers, total: float) -> Numbers:
    whole = float(values.sum())
    return values * (total / whole) if whole > 0 else np.zeros_like(values)


def _scores(predicted: Numbers, observed: Numbers) -> tuple[float, float, float]:
    """Variance explained, Spearman's rank correlation, share of the mass misplaced."""
    from scipy.stats import spearmanr

    spread = float(((observed - observed.mean()) ** 2).sum())
    r2 = 1 - float(((predicted - observed) ** 2).sum()) / spread if spread > 0 else float("nan")
    constant = np.ptp(predicted) == 0 or np.ptp(observed) == 0
    rank = float("nan") if constant else float(spearmanr(predicted, observed).statistic)
    misplaced = float(np.abs(predicted - observed).sum()) / (2 * float(observed.sum()))
    return r2, rank, misplaced
