"""What of the form of places goes with their emissions: linear, spatial and local regression and a forest, held to places unseen.

Comes in: emissions by place, measures or amounts of the same places, and the places as a layer. Goes out: coefficients and
importances with honest skill. Not for: causes; a coefficient here says what goes together. Models by PySAL (spreg, mgwr) and
scikit-learn.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.data.layers import Layer
from citycarbon.data.layers.amounts import amounts_on, refuse_missing
from citycarbon.data.layers.blocks import spatial_folds
from citycarbon.data.shaping.parts import EVERY_SCOPE
from citycarbon.inventory.space.analysis.clusters import neighbours_of
from citycarbon.inventory.space.analysis.neighbourhoods import regular_width
from citycarbon.inventory.space.form.shape import check_areas
from citycarbon.inventory.space.on_places import OnPlaces, emissions_on
from citycarbon.inventory.space.tables import ProxyTable

Numbers = npt.NDArray[Any]
MODELS = ("mean", "ols", "spatial_lag", "spatial_error", "gwr", "forest")
_TREES = 300


class InfluenceTable(Table):
    """Coefficients of models of emissions, and the skill of each model on places that it has not seen."""

    columns = (
        Column("model", required=True, empty=False, allowed=MODELS, meaning=("model", "模型")),
        Column("term", required=True, empty=False, meaning=("measure, or a figure of the model", "解释变量或模型指标")),
        Column(
            "value",
            "number",
            required=True,
            unit="1",
            meaning=("standardised coefficient or figure", "标准化系数或指标"),
        ),
        Column("sd", "number", low=0, unit="1", meaning=("standard deviation", "标准差")),
        Column("p_value", "number", low=0, high=1, unit="1", meaning=("chance of it without a cause", "显著性概率")),
        Column("low", "number", unit="1", meaning=("5 % of places lie below (local models)", "局部系数 5% 分位")),
        Column("high", "number", unit="1", meaning=("5 % of places lie above (local models)", "局部系数 95% 分位")),
    )
    __slots__ = ()


@method(
    id="inventory.space.analysis.form_influence",
    gives=InfluenceTable,
    equation="z(E) = β z(X) + ε; + ρ W z(E); ε = λ W ε + u; β(place); forest",
    source="anselin_rey_2014",
    status="experimental",
    title=("Influence of form on emissions", "空间形态对排放的影响"),
    version=2,
)
def form_influence(
    emissions: EmissionTable,
    amounts: ProxyTable,
    places: Layer,
    *,
    block: float = 2000.0,
    folds: int = 5,
    seed: int = 1,
    local: bool = True,
    scopes: str = EVERY_SCOPE,
    time: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
    missing_is_zero: bool = False,
) -> InfluenceTable:
    """Regress emissions of places on their form in five ways and tell how each does on blocks of places that it has not seen.

    Parameters
    ----------
    emissions
        Emissions by place, of one gas and unit.
    amounts
        Measures of form by place, one proxy each; places that lack one are left out.
    places
        Polygons, in a projected system.
    block
        [m] Side of blocks that are held out together.
    folds
        [1] Number of groups of blocks.
    seed
        [1] Seed of blocks and forest.
    local
        Whether the geographically weighted regression is fitted, which takes longest.
    scopes
        Named rule by which scopes are added.
    time
        Year or other period that is wanted, where the rows hold several years.
    scenario
        Which scenario, where the rows hold several.
    basis
        Which alternative of accounting, where the rows hold several.
    missing_is_zero
        Whether an absent row of emissions means zero; else a gap is an error.

    Returns
    -------
    influence
        For each model its terms (standardised: sd of emissions for one sd of the measure; for the forest the permutation
        importance on held-out places), ``r2`` where it was fitted, and ``r2_held_out``, ``rank_correlation_held_out``,
        ``mae_held_out`` [sd of emissions] on held-out blocks, where lag and error models predict by their measures alone.
        ``mean`` is the baseline; ``places`` is how many were used; ``moran_residual`` with its p says whether OLS leaves a
        pattern. ``spatial_lag`` has ``lag``, ``spatial_error`` has ``error``.

    Raises
    ------
    CoverageError
        If fewer than ten places for each measure are known, or a measure is the same everywhere, or a place has no emissions.
    InputError
        If a place of a table is not in the layer, or the emissions are not parts of one whole.

    References
    ----------
    Anselin and Rey (2014), two-stage least squares and moments (spreg); Fotheringham et al. (2002), GWR with adaptive bisquare
    kernel and AICc (mgwr); Breiman (2001), random forests (scikit-learn); Roberts et al. (2017) for blocks.

    Examples
    --------
    >>> import shapely
    >>> n = range(144)
    >>> names, floor = [f"c{i}" for i in n], [float((i * 7) % 11 + 1) for i in n]
    >>> e = pl.DataFrame({"place": names, "time": "2022", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [2 * f + (i % 3) for f, i in zip(floor, n)], "unit": "t"})
    >>> a = pl.DataFrame({"place": names, "proxy": "floor area", "value": floor, "unit": "m2"})
    >>> x, y = [i % 12 for i in n], [i // 12 for i in n]
    >>> boxes = shapely.box(x, y, [i + 1 for i in x], [i + 1 for i in y])
    >>> cells = Layer("cells", pl.DataFrame({"place": names}), boxes, "EPSG:32650")
    >>> made = form_influence(EmissionTable(e), ProxyTable(a), cells, block=3.0, folds=4, local=False).to_polars()
    >>> made.filter((pl.col("model") == "ols") & (pl.col("term") == "r2_held_out"))["value"].item() > 0.9
    True
    """
    try:
        import sklearn  # noqa: F401 - named here, so that its absence is told before work is done
        import spreg  # noqa: F401
    except ImportError as error:
        raise InputError("extra_missing", Where(item="form_influence"), "spreg, scikit-learn", extra="geo") from error
    import shapely

    check_areas(places)
    found = emissions_on(
        emissions, places, scopes=scopes, time=time, scenario=scenario, basis=basis, missing_is_zero=missing_is_zero
    )
    y, x, names, chosen = _standard(found, amounts, places)
    points = shapely.centroid(chosen.geometry)
    place = shapely.get_coordinates(points)
    fold = spatial_folds(points, block, folds, seed)
    weights = neighbours_of(chosen, "knn")
    rows: list[tuple[Any, ...]] = [("mean", "places", float(len(y)), None, None, None, None)]
    rows += _held_out("mean", y, fold, lambda train, held: np.full(int(held.sum()), y[train].mean()))
    rows += _linear(y, x, names, fold, weights)
    rows += _spatial("spatial_lag", y, x, names, fold, weights, chosen)
    rows += _spatial("spatial_error", y, x, names, fold, weights, chosen)
    if local:
        rows += _gwr(y, x, names, fold, place)
    rows += _forest(y, x, names, fold, seed)
    schema = {"model": pl.String, "term": pl.String} | dict.fromkeys(
        ["value", "sd", "p_value", "low", "high"], pl.Float64
    )
    return InfluenceTable(pl.DataFrame(rows, schema=schema, orient="row"))


def _standard(found: OnPlaces, amounts: ProxyTable, places: Layer) -> tuple[Numbers, Numbers, list[str], Layer]:
    measures = amounts_on(amounts, found.names, places.name, "amounts")
    names, problems = sorted(measures), Problems()
    matrix = np.column_stack([measures[name][0] for name in names]) if names else np.empty((len(found.values), 0))
    known = np.isfinite(matrix).all(axis=1)
    matrix, values = matrix[known], found.values[known]
    refuse_missing([("emissions", values)], found.names.filter(pl.Series(known)), places.name)
    if len(values) < 10 * (len(names) + 1):
        problems.add("too_few_places", Where(item=places.name), len(values), needed=10 * (len(names) + 1))
        problems.raise_all()
    for number, name in enumerate(names):
        if np.ptp(matrix[:, number]) == 0:
            problems.add("proxy_zero", Where(item=name), name)
    if np.ptp(values) == 0:
        problems.add("proxy_zero", Where(item="emissions"), "value")
    problems.raise_all()
    chosen = Layer(places.name, places.rows.filter(pl.Series(known)), places.geometry[known], places.crs)
    return (values - values.mean()) / values.std(), (matrix - matrix.mean(0)) / matrix.std(0), names, chosen


def _held_out(
    model: str, y: Numbers, fold: Numbers, predict: Callable[[Numbers, Numbers], Numbers]
) -> list[tuple[Any, ...]]:
    """Skill of predictions of each fold by a model that is fitted to the others."""
    from scipy.stats import spearmanr

    made = np.zeros(len(y))
    for number in np.unique(fold):
        held = fold == number
        made[held] = predict(~held, held)
    r2 = 1 - float(((y - made) ** 2).sum() / ((y - y.mean()) ** 2).sum())
    rank = float(spearmanr(made, y).statistic) if np.ptp(made) > 0 else float("nan")
    figures = {"r2_held_out": r2, "rank_correlation_held_out": rank, "mae_held_out": float(np.abs(y - made).mean())}
    return [(model, name, value, None, None, None, None) for name, value in figures.items() if np.isfinite(value)]


def _linear(y: Numbers, x: Numbers, names: list[str], fold: Numbers, weights: Any) -> list[tuple[Any, ...]]:
    from esda import Moran
    from spreg import OLS

    fit = OLS(y[:, None], x, robust="white", nonspat_diag=False)
    rows: list[tuple[Any, ...]] = []
    for i, name in enumerate(names, start=1):
        rows.append(("ols", name, float(fit.betas[i, 0]), float(fit.std_err[i]), float(fit.t_stat[i][1]), None, None))
    rows.append(("ols", "r2", float(fit.r2), None, None, None, None))
    left = Moran(fit.u.ravel(), weights, permutations=0)
    rows.append(("ols", "moran_residual", float(left.I), None, float(left.p_norm), None, None))

    def predict(train: Numbers, held: Numbers) -> Numbers:
        beta = np.linalg.lstsq(_with_one(x[train]), y[train], rcond=None)[0]
        return np.asarray(_with_one(x[held]) @ beta)

    return rows + _held_out("ols", y, fold, predict)


def _with_one(x: Numbers) -> Numbers:
    return np.column_stack([np.ones(len(x)), x])


def _spatial(
    model: str, y: Numbers, x: Numbers, names: list[str], fold: Numbers, weights: Any, places: Layer
) -> list[tuple[Any, ...]]:
    from spreg import GM_Error, GM_Lag

    lag = model == "spatial_lag"

    def fitted(target: Numbers, matrix: Numbers, near: Any) -> Any:
        # spreg prints the names of its models.
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            return GM_Lag(target[:, None], matrix, w=near) if lag else GM_Error(target[:, None], matrix, w=near)

    fit = fitted(y, x, weights)
    terms = [*names, "lag" if lag else "error"]
    deviation, tests = np.asarray(fit.std_err).ravel(), fit.z_stat
    rows: list[tuple[Any, ...]] = []
    for i, name in enumerate(terms):
        known = i + 1 < len(deviation)
        spread, chance = (float(deviation[i + 1]), float(tests[i + 1][1])) if known else (None, None)
        rows.append((model, name, float(fit.betas[i + 1, 0]), spread, chance, None, None))
    rows.append((model, "r2", float(fit.pr2), None, None, None, None))

    def predict(train: Numbers, held: Numbers) -> Numbers:
        part = Layer(places.name, places.rows.filter(pl.Series(train)), places.geometry[train], places.crs)
        inner = fitted(y[train], x[train], neighbours_of(part, "knn"))
        # Without the neighbours' values only the measures speak; the level is that of the places that were seen.
        slope = inner.betas[1 : len(names) + 1, 0]
        return np.asarray(y[train].mean() + (x[held] - x[train].mean(axis=0)) @ slope)

    return rows + _held_out(model, y, fold, predict)


def _gwr(y: Numbers, x: Numbers, names: list[str], fold: Numbers, place: Numbers) -> list[tuple[Any, ...]]:
    from mgwr.gwr import GWR
    from mgwr.sel_bw import Sel_BW

    # One process: others would print warnings of their own and take longer to start than to count.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        least = regular_width(place, x, place, min(len(y) - 1, max(30, 5 * (x.shape[1] + 1))), len(y) - 1)
        width = Sel_BW(place, y[:, None], x, n_jobs=1).search(bw_min=least, bw_max=len(y) - 1, criterion="AICc")
        fit = GWR(place, y[:, None], x, width, n_jobs=1).fit()
        rows: list[tuple[Any, ...]] = []
        for i, name in enumerate(names):
            local = fit.params[:, i + 1]
            low, high = (float(each) for each in np.quantile(local, [0.05, 0.95]))
            rows.append(("gwr", name, float(local.mean()), float(local.std()), None, low, high))
        rows.append(("gwr", "bandwidth", float(width), None, None, None, None))
        rows.append(("gwr", "r2", float(fit.R2), None, None, None, None))

        def predict(train: Numbers, held: Numbers) -> Numbers:
            most = int(train.sum()) - 1
            inside = regular_width(place[train], x[train], place[held], min(int(width), most), most)
            # The library predicts at no more places than it has fitted, and once with each model.
            pieces = np.array_split(np.flatnonzero(held), -(-int(held.sum()) // (most + 1)))
            inner = [GWR(place[train], y[train][:, None], x[train], inside, n_jobs=1) for _ in pieces]
            made = [each.predict(place[at], x[at]).predictions for each, at in zip(inner, pieces, strict=True)]
            return np.concatenate(made).ravel()

        return rows + _held_out("gwr", y, fold, predict)


def _forest(y: Numbers, x: Numbers, names: list[str], fold: Numbers, seed: int) -> list[tuple[Any, ...]]:
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    gains = []

    def predict(train: Numbers, held: Numbers) -> Numbers:
        model = RandomForestRegressor(_TREES, min_samples_leaf=3, random_state=seed, n_jobs=1).fit(x[train], y[train])
        gains.append(permutation_importance(model, x[held], y[held], n_repeats=5, random_state=seed).importances_mean)
        return np.asarray(model.predict(x[held]))

    skill = _held_out("forest", y, fold, predict)
    gain, spread = np.mean(gains, axis=0), np.std(gains, axis=0)
    rows: list[tuple[Any, ...]] = []
    for i, name in enumerate(names):
        rows.append(("forest", name, float(gain[i]), float(spread[i]), None, None, None))
    whole = RandomForestRegressor(_TREES, min_samples_leaf=3, random_state=seed, n_jobs=1).fit(x, y)
    rows.append(("forest", "r2", float(whole.score(x, y)), None, None, None, None))
    return rows + skill
