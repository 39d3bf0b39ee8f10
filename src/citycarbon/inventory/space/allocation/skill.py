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
from citycarbon.data.layers.blocks import spatial_folds
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
)
def proxy_weights(evidence: EmissionTable, proxies: ProxyTable) -> WeightTable:
    """Fit emissions of places by amounts of several proxies, with coefficients that are not below zero.

    Parameters
    ----------
    evidence
        Emissions by place, of one unit; all rows of a place are added.
    proxies
        Amounts by the same places; a place without a proxy has none of it.

    Returns
    -------
    weights
        Coefficient of each proxy in the unit of the emissions over that of the proxy, its sd (of the least-squares fit on the
        proxies that stay above zero, robust to unequal variance, HC1), the part of the fitted mass, and the variance inflation.

    Raises
    ------
    CoverageError
        If fewer places than proxies are known, or a proxy is zero everywhere.

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
    places, target, matrix, names, units = _matrix(evidence, proxies)
    if len(places) <= len(names):
        raise InputError("too_few_places", Where(item="evidence"), len(places), needed=len(names) + 1)
    beta = _fit(matrix, target)
    used = np.flatnonzero(beta > 0)
    spread = np.full(len(names), np.nan)
    spread[used] = _robust_sd(matrix[:, used], target - matrix @ beta)
    mass = beta * matrix.sum(axis=0)
    total = mass.sum()
    unit = evidence.words("unit")[0]
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
)
def proxy_skill(
    evidence: EmissionTable, proxies: ProxyTable, cells: Layer, *, block: float = 2000.0, folds: int = 5, seed: int = 1
) -> SkillTable:
    """Share the total of the evidence out by each proxy and by a fitted combination, and compare place by place.

    Parameters
    ----------
    evidence
        Emissions by place that serve as truth, of one unit; places of ``cells`` that are not listed count as zero.
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

    Returns
    -------
    skill
        Variance explained, rank correlation and share of the mass misplaced. A single proxy needs no fit and sees the total
        alone; each place of the combination is predicted by a fit that has not seen its block. ``verdict`` marks the best single
        proxy, and says whether the combination misplaces less than it (``better``) or not (``not better``).

    Raises
    ------
    CoverageError
        If no proxy or no evidence lies in the cells, or there are fewer blocks than folds.

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
    wanted = cells.rows["place"].cast(pl.String).to_list()
    places, target, matrix, names, _ = _matrix(evidence, proxies, wanted)
    fold = spatial_folds(shapely.centroid(cells.geometry), block, folds, seed)
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


def _matrix(evidence: EmissionTable, proxies: ProxyTable, wanted: list[str] | None = None) -> tuple[Any, ...]:
    """Give places, evidence [places], amounts [places, proxies], names and units of the proxies."""
    problems = Problems()
    units = evidence.words("unit")
    if len(units) > 1:
        problems.add("unit_mixed", Where(item="evidence", column="unit"), ", ".join(units))
    rows = proxies.to_polars()
    mixed = (
        rows.group_by("proxy").agg(pl.col("unit").unique().sort()).filter(pl.col("unit").list.len() > 1).sort("proxy")
    )
    for name, several in mixed.iter_rows():
        problems.add("unit_mixed", Where(item=name, column="unit"), ", ".join(several))
    sums = evidence.to_polars().group_by("place", maintain_order=True).agg(pl.col("value").sum())
    places = wanted if wanted is not None else sums["place"].sort().to_list()
    base = pl.DataFrame({"place": places}, schema={"place": pl.String})
    target = base.join(sums, on="place", how="left", maintain_order="left")["value"].fill_null(0.0).to_numpy()
    names = rows["proxy"].unique(maintain_order=True).to_list()
    columns = []
    for name in names:
        amounts = rows.filter(pl.col("proxy") == name).group_by("place", maintain_order=True).agg(pl.col("value").sum())
        column = base.join(amounts, on="place", how="left", maintain_order="left")["value"].fill_null(0.0).to_numpy()
        if not column.any():
            problems.add("proxy_zero", Where(item=name), name)
        columns.append(column)
    if not names:
        problems.add("proxy_zero", Where(item="proxies"), "—")
    if not target.any():
        problems.add("too_few_places", Where(item="evidence"), 0, needed=len(names) + 1)
    problems.raise_all()
    kinds = [rows.filter(pl.col("proxy") == name)["unit"][0] for name in names]
    return places, target, np.column_stack(columns), names, kinds


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
