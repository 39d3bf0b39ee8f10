"""STIRPAT: emissions regressed on population, affluence and technology, with elasticities and their intervals.

Comes in: a series of measures of one place over time, or of a panel of places. Goes out: coefficients with standard deviation,
interval, and what limits them. Not for: identities that close (``lmdi``). Regression by statsmodels, ridge by scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.series import Floats, SeriesTable, check_complete, check_single, check_units, chosen_scenario
from citycarbon.core.sums import added
from citycarbon.core.tables import Table

MODELS = ("auto", "ols", "ridge", "fixed_effects")
LARGEST_INFLATION = 10.0
"""Variance inflation above which coefficients of least squares say little; ``auto`` then adds ridge (marquardt_1970)."""
_DRAWS = 1000
_LEAST_CLUSTERS = 10


class CoefficientTable(Table):
    """Coefficients of a regression of logarithms, which are elasticities, and figures of the model."""

    columns = (
        Column("model", required=True, empty=False, allowed=MODELS[1:], meaning=("model", "模型")),
        Column("term", required=True, empty=False, meaning=("driver, or a figure of the model", "解释变量或模型指标")),
        Column("value", "number", required=True, unit="1", meaning=("elasticity or figure", "弹性系数或指标值")),
        Column("sd", "number", low=0, unit="1", meaning=("standard deviation", "标准差")),
        Column("low", "number", unit="1", meaning=("lower end of the interval", "区间下限")),
        Column("high", "number", unit="1", meaning=("upper end of the interval", "区间上限")),
        Column("p_value", "number", low=0, high=1, unit="1", meaning=("chance of it without a cause", "显著性概率")),
        Column("inflation", "number", low=0, unit="1", meaning=("variance inflation factor", "方差膨胀因子")),
    )
    __slots__ = ()


@dataclass(frozen=True)
class _Sample:
    """Logarithms: y (n,), x (n, terms), names of the terms, and the places of the rows."""

    y: Floats
    x: Floats
    terms: list[str]
    places: NDArray[Any]
    times: NDArray[Any]
    left_out: dict[str, int]


@method(
    id="strategy.drivers.stirpat",
    gives=CoefficientTable,
    equation="ln I = a + b ln P + c ln A + d ln T (+ e (ln A)^2) + ε",
    source="york_2003",
    status="reproduced",
    title=("STIRPAT regression", "STIRPAT 回归"),
    version=2,
)
def stirpat(
    series: SeriesTable,
    *,
    impact: str = "co2",
    drivers: str = "population, gdp / population, energy / gdp",
    model: str = "auto",
    quadratic: str = "",
    time_effects: bool = False,
    confidence: float = 0.95,
    seed: int = 1,
    scenario: str | None = None,
) -> CoefficientTable:
    """Regress the logarithm of an impact on logarithms of its drivers.

    Parameters
    ----------
    series
        Measures by place and time, all above zero; sectors and activities are added up.
    impact
        Measure that is explained.
    drivers
        Measures that explain, joined by commas; ``gdp / population`` is a quotient of two.
    model
        ``ols``; ``ridge`` with the penalty chosen by leave-one-out; ``fixed_effects`` of places, for panels, with errors
        clustered by place; ``auto``: fixed effects for several places, else ordinary least squares and, if a variance inflation
        is above ten, ridge too.
    quadratic
        Driver whose squared logarithm is added (environmental Kuznets term), as it stands in ``drivers``.
    time_effects
        Whether fixed effects are also of times.
    confidence
        [1] Probability of the intervals.
    seed
        [1] Seed of the bootstrap of ridge.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    coefficients
        A row a term and, as further rows, ``r2``, ``observations``, ``left_out`` (places and times that lack a measure, and a row
        for each such place by its name), ``places``, ``penalty`` of ridge, and ``turning_point`` in the unit of the driver, with
        its interval by the delta method and ``turning_point_inside`` (1 if the data reach it).
        Intervals of ridge are of a residual bootstrap at the chosen penalty; they leave its bias out.

    Raises
    ------
    InputError
        Values of zero or below, terms that depend on one another, unknown measures.
    CoverageError
        Fewer than two observations more than terms.

    References
    ----------
    York, Rosa and Dietz (2003) for the model; Hoerl and Kennard (1970) for ridge.

    Examples
    --------
    >>> p, a = [100, 102, 104.5, 106, 108.2, 110.9], [2, 2.15, 2.1, 2.42, 2.6, 2.71]
    >>> rows = [("A", str(2010 + t), m, v) for t in range(6) for m, v in (("population", p[t]), ("gdp", a[t] * p[t]),
    ...         ("co2", 3 * p[t] ** 0.8 * a[t] ** 0.6))]
    >>> frame = pl.DataFrame(rows, schema=["place", "time", "measure", "value"], orient="row", strict=False)
    >>> table = SeriesTable(frame.with_columns(unit=pl.lit("t")))
    >>> made = stirpat(table, drivers="population, gdp / population", model="ols").to_polars()
    >>> made["value"].round(6).to_list()[1:3]
    [0.8, 0.6]
    """
    try:
        import sklearn  # noqa: F401 - named here, so that its absence is told before work is done
        import statsmodels.api  # noqa: F401
    except ImportError as error:
        raise InputError("extra_missing", Where(item="stirpat"), "statsmodels, scikit-learn", extra="stats") from error
    if model not in MODELS:
        raise InputError("value_not_listed", Where(item="model"), model, known=", ".join(MODELS))
    if not 0 < confidence < 1:
        raise InputError("value_out_of_range", Where(item="confidence"), confidence, range="0 < confidence < 1")
    sample = _sample(series, impact, drivers, quadratic, scenario)
    panel = len(set(sample.places.tolist())) > 1
    if model == "fixed_effects" or (model == "auto" and panel):
        return CoefficientTable(_frame(_fixed_effects(sample, quadratic, time_effects, confidence)))
    inflation = _inflation(sample.x)
    rows = []
    if model in ("auto", "ols"):
        rows += _ols(sample, quadratic, confidence, inflation)
    if model == "ridge" or (model == "auto" and inflation.max() > LARGEST_INFLATION):
        rows += _ridge(sample, confidence, seed, inflation)
    return CoefficientTable(_frame(rows))


def _sample(series: SeriesTable, impact: str, drivers: str, quadratic: str, scenario: str | None) -> _Sample:
    terms = [" / ".join(part.strip() for part in each.split("/")) for each in drivers.split(",") if each.strip()]
    wanted = list(dict.fromkeys([impact, *(part for term in terms for part in term.split(" / "))]))
    rows = series.to_polars()
    mine = chosen_scenario(rows.filter(pl.col("measure").is_in(wanted)), scenario)
    check_single(mine)
    check_units(mine)
    check_complete(mine)
    have = mine["measure"].unique().to_list()
    problems = Problems()
    for name in (name for name in wanted if name not in have):
        problems.add("measure_units", Where(item=name), "—", measure=name)
    square = " / ".join(part.strip() for part in quadratic.split("/")) if quadratic else ""
    if square and square not in terms:
        problems.add("value_not_listed", Where(item="quadratic"), quadratic, known=", ".join(terms))
    problems.raise_all()
    every = added(mine, ["place", "time", "measure"], codes=series.codes).pivot(
        "measure", index=["place", "time"], values="value"
    )
    wide = every.drop_nulls(wanted).sort("place", "time")
    for name in wanted:
        for place, time, value in wide.filter(pl.col(name) <= 0).select("place", "time", name).head(5).iter_rows():
            problems.add("series_not_positive", Where(item=f"{place} · {time}"), f"{value:g}", measure=name)
    problems.raise_all()
    logs = {name: np.log(wide[name].to_numpy()) for name in wanted}
    columns = [logs[a[0]] - logs[a[1]] if len(a) == 2 else logs[a[0]] for a in (term.split(" / ") for term in terms)]
    names = [f"ln {term}" for term in terms]
    if square:
        columns.append(columns[terms.index(square)] ** 2)
        names.append(f"(ln {square})^2")
    x = np.column_stack(columns)
    if len(x) < x.shape[1] + 3:
        raise InputError("series_short", Where(item=impact), len(x), needed=x.shape[1] + 3)
    return _Sample(logs[impact], x, names, wide["place"].to_numpy(), wide["time"].to_numpy(), _left_out(every, wide))


def _left_out(every: pl.DataFrame, kept: pl.DataFrame) -> dict[str, int]:
    """How many times of each place lack a measure."""
    lacking = every.join(kept, on=["place", "time"], how="anti")
    return dict(lacking.group_by("place").len().sort("place").iter_rows())


def _refuse_dependent(x: Floats, terms: list[str]) -> None:
    """Terms that follow from one another have no coefficients of their own."""
    scale = x.std(axis=0)
    centred = (x - x.mean(axis=0)) / np.where(scale == 0, 1, scale)
    if np.linalg.matrix_rank(centred, tol=1e-9 * np.sqrt(len(x))) < x.shape[1]:
        still = [term for term, spread in zip(terms, scale, strict=True) if spread < 1e-12]
        raise InputError("terms_dependent", Where(item="drivers"), ", ".join(still or terms))


def _inflation(x: Floats) -> Floats:
    """Variance inflation of each term: diagonal of the inverse of the correlations."""
    if x.shape[1] == 1:
        return np.ones(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.corrcoef(x, rowvar=False)
    if not np.isfinite(correlation).all():
        return np.full(x.shape[1], np.inf)
    return np.asarray(np.diag(np.linalg.pinv(correlation, hermitian=True)))


Row = tuple[str, str, float, float | None, float | None, float | None, float | None, float | None]


def _rows_of(
    model: str, fit: Any, terms: list[str], constant: bool, confidence: float, inflation: Floats | None
) -> list[Row]:
    """Rows of a fit of statsmodels."""
    interval = np.asarray(fit.conf_int(1 - confidence))
    names = [*(["constant"] if constant else []), *terms]
    grown = [None] * int(constant) + ([None] * len(terms) if inflation is None else [float(v) for v in inflation])
    return [
        (model, name, float(fit.params[i]), float(fit.bse[i]), float(interval[i, 0]), float(interval[i, 1]),
         float(fit.pvalues[i]), grown[i])
        for i, name in enumerate(names)
    ]  # fmt: skip


def _figure(model: str, name: str, value: float) -> Row:
    return (model, name, float(value), None, None, None, None, None)


def _left_out_rows(model: str, sample: _Sample) -> list[Row]:
    """How many observations were left out, and of which places."""
    named = [_figure(model, f"left_out: {place}", count) for place, count in sample.left_out.items()]
    return [_figure(model, "left_out", sum(sample.left_out.values())), *named]


def _ols(sample: _Sample, quadratic: str, confidence: float, inflation: Floats) -> list[Row]:
    import statsmodels.api as sm

    _refuse_dependent(sample.x, sample.terms)
    fit = sm.OLS(sample.y, sm.add_constant(sample.x, has_constant="add")).fit()
    rows = _rows_of("ols", fit, sample.terms, True, confidence, inflation)
    rows += _turning_point("ols", sample, fit.params[1:], fit.cov_params()[1:, 1:], quadratic, confidence)
    return [
        *rows,
        _figure("ols", "r2", fit.rsquared),
        _figure("ols", "observations", len(sample.y)),
        *_left_out_rows("ols", sample),
    ]


def _fixed_effects(sample: _Sample, quadratic: str, time_effects: bool, confidence: float) -> list[Row]:
    """Within estimator, by dummies of places (and times); errors clustered by place."""
    import statsmodels.api as sm

    places, place = np.unique(sample.places, return_inverse=True)
    y, x = _within(sample.y[:, None], place)[:, 0], _within(sample.x, place)
    absorbed = len(places)
    if time_effects:
        times, time = np.unique(sample.times, return_inverse=True)
        dummies = _within((time[:, None] == np.arange(1, len(times))).astype(float), place)
        project = dummies @ np.linalg.pinv(dummies)
        y, x = y - project @ y, x - project @ x
        absorbed += len(times) - 1
    _refuse_dependent(x, sample.terms)
    if len(y) <= absorbed + x.shape[1]:
        raise InputError("series_short", Where(item="fixed_effects"), len(y), needed=absorbed + x.shape[1] + 1)
    if len(places) >= _LEAST_CLUSTERS:
        fit = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": place}, use_t=True)
    else:
        # Few clusters make errors look tiny; plain errors with the degrees of freedom that the effects used up.
        plain = sm.OLS(y, x)
        plain.df_resid = len(y) - absorbed - x.shape[1]
        fit = plain.fit()
    rows = _rows_of("fixed_effects", fit, sample.terms, False, confidence, _inflation(x))
    rows += _turning_point("fixed_effects", sample, fit.params, fit.cov_params(), quadratic, confidence)
    left, whole = float((fit.resid**2).sum()), float((y**2).sum())
    figures = {
        "r2": 1 - left / whole if whole else float("nan"),
        "observations": len(y),
        "places": len(places),
    }
    figured = [_figure("fixed_effects", name, value) for name, value in figures.items()]
    return rows + figured + _left_out_rows("fixed_effects", sample)


def _within(values: Floats, group: NDArray[Any]) -> Floats:
    """Take the mean of its group off each row."""
    count = np.bincount(group)
    means = np.stack([np.bincount(group, weights=column) / count for column in values.T], axis=1)
    return np.asarray(values - means[group])


def _turning_point(
    model: str, sample: _Sample, params: Floats, covariance: Floats, quadratic: str, confidence: float
) -> list[Row]:
    """Where the quadratic curve turns: exp(−b / 2c), with the delta method on its logarithm."""
    if not quadratic:
        return []
    from scipy.stats import norm

    base = sample.terms.index(sample.terms[-1].removeprefix("(").removesuffix(")^2"))
    b, c = float(params[base]), float(params[-1])
    if c == 0:
        return []
    point = -b / (2 * c)
    slope = np.array([-1 / (2 * c), b / (2 * c * c)])
    at = np.ix_([base, len(params) - 1], [base, len(params) - 1])
    spread = float(np.sqrt(max(0.0, slope @ covariance[at] @ slope)))
    width = float(norm.ppf(0.5 + confidence / 2)) * spread
    low, high = sample.x[:, base].min(), sample.x[:, base].max()
    if abs(point) + width > 600:
        return [_figure(model, "turning_point_inside", 0.0)]
    value = float(np.exp(point))
    row: Row = (model, "turning_point", value, value * spread, float(np.exp(point - width)), float(np.exp(point + width)),
                None, None)  # fmt: skip
    return [row, _figure(model, "turning_point_inside", float(low <= point <= high))]


def _ridge(sample: _Sample, confidence: float, seed: int, inflation: Floats) -> list[Row]:
    """Ridge on standardised terms; the penalty with the least leave-one-out error."""
    from sklearn.linear_model import RidgeCV

    centre, scale = sample.x.mean(axis=0), sample.x.std(axis=0)
    if (scale < 1e-12).any():
        raise InputError("terms_dependent", Where(item="drivers"), ", ".join(np.array(sample.terms)[scale < 1e-12]))
    z = (sample.x - centre) / scale
    penalty = float(RidgeCV(alphas=np.logspace(-6, 4, 101)).fit(z, sample.y).alpha_)
    hat = np.linalg.solve(z.T @ z + penalty * np.eye(z.shape[1]), z.T)
    level = sample.y.mean()
    beta = hat @ (sample.y - level)
    left = sample.y - level - z @ beta
    generator = np.random.default_rng(seed)
    # Residuals shrink by the degrees of freedom that the fit used up.
    free = max(1.0, len(left) - 1 - float(np.trace(z @ hat)))
    drawn = generator.choice(left * np.sqrt(len(left) / free), size=(_DRAWS, len(left)))
    boots = ((z @ beta)[None, :] + drawn) @ hat.T / scale
    low, high = np.quantile(boots, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    value, spread = beta / scale, boots.std(axis=0)
    rows: list[Row] = [("ridge", "constant", float(level - centre @ value), None, None, None, None, None)]
    for i, term in enumerate(sample.terms):
        grown = float(inflation[i]) if np.isfinite(inflation[i]) else None
        rows.append(("ridge", term, float(value[i]), float(spread[i]), float(low[i]), float(high[i]), None, grown))
    whole = float(((sample.y - level) ** 2).sum())
    figures = {
        "r2": 1 - float((left**2).sum()) / whole,
        "observations": len(left),
        "penalty": penalty,
    }
    return rows + [_figure("ridge", name, number) for name, number in figures.items()] + _left_out_rows("ridge", sample)


def _frame(rows: list[Row]) -> pl.DataFrame:
    numbers = ["value", "sd", "low", "high", "p_value", "inflation"]
    schema = {"model": pl.String, "term": pl.String} | dict.fromkeys(numbers, pl.Float64)
    made = pl.DataFrame(rows, schema=schema, orient="row")
    return made.with_columns(pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in numbers)
