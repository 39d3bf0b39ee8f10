"""Which parameter matters: Sobol indices and Morris effects of what an end-use model says.

Comes in: a model with spreads. Goes out: indices by parameter and outcome, with intervals. Not for: the outcomes (``simulate``).
Samples and estimators by SALib.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.series import Floats
from citycarbon.core.tables import Table
from citycarbon.strategy.projection.outcomes import peak_positions
from citycarbon.strategy.projection.stocks.model import Model, models_of
from citycarbon.strategy.projection.stocks.simulation import simulated, totals_of
from citycarbon.strategy.projection.stocks.spreads import Spreads, spreads_of
from citycarbon.strategy.projection.stocks.tables import CalibrationTable, LineTable, PathTable, SpreadTable

_UNKNOWN = 0.5
"""Error of an index above which nothing is said: a peak year that hardly moves has no variance to share out."""
OUTCOMES = ("peak_level", "peak_year", "end_level", "sum")


class SensitivityTable(Table):
    """How much of the variance of an outcome goes with each parameter, largest first."""

    columns = (
        Column("scenario", required=True, empty=False, meaning=("scenario", "情景")),
        Column("outcome", required=True, empty=False, allowed=OUTCOMES, meaning=("what varies", "结果指标")),
        Column("parameter", required=True, empty=False, meaning=("driver or error group, and kind", "参数")),
        Column("rank", "number", required=True, low=1, unit="1", meaning=("1 matters most", "排名")),
        Column("first_order", "number", unit="1", meaning=("share of variance alone (Sobol)", "一阶指数")),
        Column("first_order_error", "number", low=0, unit="1", meaning=("half width of 95 %", "一阶指数误差")),
        Column("total_order", "number", unit="1", meaning=("share with interactions (Sobol)", "总阶指数")),
        Column("total_order_error", "number", low=0, unit="1", meaning=("half width of 95 %", "总阶指数误差")),
        Column("mean_effect", "number", low=0, meaning=("mean absolute effect (Morris)", "平均绝对效应（Morris）")),
    )
    __slots__ = ()


@method(
    id="strategy.projection.stocks.sensitivity",
    gives=SensitivityTable,
    equation="S_i = V[E(Y | X_i)] / V(Y);  S_Ti = E[V(Y | X_~i)] / V(Y)",
    source="saltelli_2010",
    status="experimental",
    title=("Sensitivity", "敏感性分析"),
)
def sensitivity(
    paths: PathTable,
    lines: LineTable,
    spreads: SpreadTable,
    calibration: CalibrationTable | None = None,
    *,
    start: int,
    end: int,
    sampling: str = "sobol",
    samples: int = 512,
    seed: int = 1,
) -> SensitivityTable:
    """Say which parameters move peak level, peak year, the last year and the sum, of all places together.

    Parameters
    ----------
    paths
        Values of drivers at some years.
    lines
        Lines of the model, of one gas or CO2e.
    spreads
        Uncertainty of drivers; errors must not be correlated, or variance has no one owner.
    calibration
        Factors on lines, from ``calibrate``.
    start
        [1] First year of the model.
    end
        [1] Last year.
    sampling
        ``sobol``: shares of variance, (parameters + 2) × samples runs; ``morris``: mean effects over
        the central 95 % of each error, (parameters + 1) × samples runs.
    samples
        [1] Base sample of Sobol (a power of two), or trajectories of Morris.
    seed
        [1] Seed.

    Returns
    -------
    sensitivity
        By scenario, outcome and parameter; an outcome that does not vary, or whose indices are not known
        to 0.5, has no rows.

    Raises
    ------
    InputError
        No parameter with a spread; an unknown way of sampling; samples that are no power of two.

    References
    ----------
    Saltelli et al. (2010) and Morris (1991), as in SALib.

    Examples
    --------
    >>> paths = PathTable(pl.DataFrame({"driver": ["a", "b"], "time": "2020", "value": [100.0, 1.0], "unit": ["t", "1"]}))
    >>> line = {"line": "x", "place": "A", "sector": "s", "activity": "gas", "scope": "1", "gas": "CO2", "unit": "t"}
    >>> line["formula"] = "a * b"
    >>> spreads = SpreadTable(pl.DataFrame({"driver": ["a", "b"], "kind": "level", "sd": [0.1, 0.02]}))
    >>> made = sensitivity(paths, LineTable(pl.DataFrame([line])), spreads, start=2020, end=2030, samples=64).to_polars()
    >>> made.filter(pl.col("outcome") == "sum")["parameter"].to_list()
    ['a:level', 'b:level']
    """
    try:
        from SALib.analyze import morris as morris_effects
        from SALib.analyze import sobol as sobol_indices
        from SALib.sample import morris as morris_sample
        from SALib.sample import sobol as sobol_sample
    except ImportError as error:
        raise InputError("extra_missing", Where(item="sensitivity"), "SALib", extra="stats") from error
    if sampling not in ("sobol", "morris"):
        raise InputError("value_not_listed", Where(item="sampling"), sampling, known="sobol, morris")
    if not 2 <= samples <= 65_536 or (sampling == "sobol" and samples & (samples - 1)):
        raise InputError("value_out_of_range", Where(item="samples"), samples, range="2, 4, 8, 16 … 65536")
    # Morris steps between the ends of a range: those of a normal error are its central 95 %.
    bounds = [1e-9, 1 - 1e-9] if sampling == "sobol" else [0.025, 0.975]
    frames = []
    for model in models_of(paths, lines, start, end, calibration):
        found = spreads_of(spreads, model)
        if not found.names:
            raise InputError("spread_none", Where(item=model.scenario), "0")
        problem = {
            "num_vars": len(found.names),
            "names": list(found.names),
            "bounds": [bounds] * len(found.names),
        }
        if sampling == "sobol":
            numbers = sobol_sample.sample(problem, samples, calc_second_order=False, seed=seed)
        else:
            numbers = morris_sample.sample(problem, samples, seed=seed)
        for name, values in _outcomes(model, found, np.clip(numbers, 1e-9, 1 - 1e-9)).items():
            if np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())):
                continue
            if sampling == "sobol":
                # The estimator works on centred values; a large mean would only cost digits.
                made = sobol_indices.analyze(problem, values - values.mean(), calc_second_order=False, seed=seed)
                columns = {"first_order": made["S1"], "first_order_error": made["S1_conf"], "total_order": made["ST"],
                           "total_order_error": made["ST_conf"]}  # fmt: skip
                if max(np.max(made["S1_conf"]), np.max(made["ST_conf"])) > _UNKNOWN:
                    continue
                order = np.argsort(-np.asarray(made["ST"]))
            else:
                made = morris_effects.analyze(problem, numbers, values, seed=seed)
                columns = {"mean_effect": made["mu_star"]}
                order = np.argsort(-np.asarray(made["mu_star"]))
            frame = pl.DataFrame({key: np.asarray(value, dtype=float)[order] for key, value in columns.items()})
            frames.append(frame.with_columns(
                pl.lit(model.scenario).alias("scenario"), pl.lit(name).alias("outcome"),
                pl.Series("parameter", [found.names[i] for i in order]),
                pl.Series("rank", np.arange(1.0, len(order) + 1)),
            ))  # fmt: skip
    return SensitivityTable(pl.concat(frames, how="diagonal"))


def _outcomes(model: Model, spreads: Spreads, numbers: Floats) -> dict[str, Floats]:
    """Outcomes of gross emissions of all places, each of shape (runs,)."""
    level, growth = spreads.from_uniforms(numbers)
    _, members = totals_of(model, False)
    paths = simulated(model, members[:, :1], level, growth)[0]
    at, _ = peak_positions(paths, model.years)
    years = np.array(model.years, dtype=float)
    return {
        "peak_level": paths.max(axis=1),
        "peak_year": years[at],
        "end_level": paths[:, -1],
        "sum": paths.sum(axis=1),
    }
