"""Monte Carlo of the account: totals by time, scenario, basis and sector as distributions.

Comes in: the account in CO2e, written out once for each alternative. Goes out: means, standard deviations and percentiles.
Not for: the draws themselves (:mod:`citycarbon.core.draws`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.draws import SharedFactors, UncertainRows, draw_totals
from citycarbon.core.errors import InputError
from citycarbon.core.tables import EmissionTable
from citycarbon.studies.problem_places import of_draws
from citycarbon.studies.run import Run

SORT = (
    "place",
    "time",
    "sector",
    "activity",
    "scope",
    "gas",
    "scenario",
    "basis",
    "method",
    "provenance_id",
    "factor_id",
)


def monte_carlo(run: Run, main: EmissionTable) -> pl.DataFrame:
    """Draw the totals by time, scenario, basis and sector: 5, 50 and 95 per cent beside the analytic mean and sd."""
    settings = run.study.uncertainty
    if settings is None:
        raise AssertionError
    chosen = total_scopes(main, run.study.scopes).to_polars().filter(pl.col("value").is_not_null())
    rows = chosen.sort(SORT).with_columns(pl.col("sd").fill_null(0.0))
    groups = rows.select("time", "scenario", "basis", "sector").unique().sort("time", "scenario", "basis", "sector")
    index = rows.join(groups.with_row_index("group"), on=groups.columns, maintain_order="left")["group"].to_list()
    try:
        own, shared = _uncertain(rows)
    except InputError as error:
        raise of_draws(error, rows) from error
    draws = draw_totals(own, index, settings.draws, seed=settings.seed, sampler=settings.sampler, shared=shared)
    made = [_quantiles(groups.row(i, named=True), draws[:, i]) for i in range(groups.height)]
    for key, part in groups.with_row_index("i").group_by("time", "scenario", "basis", maintain_order=True):
        whole = draws[:, part["i"].to_list()].sum(axis=1)
        names = dict(zip(("time", "scenario", "basis"), map(str, key), strict=True))
        made.append(_quantiles({**names, "sector": "total"}, whole))
    return pl.DataFrame(made)


def _uncertain(rows: pl.DataFrame) -> tuple[UncertainRows, SharedFactors]:
    """Split each row's error into its own (the activity's) and the one that it shares (the factor's)."""
    split = pl.col("sd_activity").is_not_null() | pl.col("sd_factor").is_not_null()
    own_sd = pl.when(split).then(pl.col("sd_activity").fill_null(0.0)).otherwise(pl.col("sd"))
    own_group = pl.when(split).then(pl.col("activity_error_group")).otherwise(pl.col("error_group"))
    relative = pl.when(split & (pl.col("value") != 0)).then(pl.col("sd_factor").fill_null(0.0) / pl.col("value").abs())
    shape = pl.col("distribution").fill_null("normal")
    frame = rows.select(
        "value", own_sd.alias("own_sd"), own_group.fill_null("").alias("own_group"), shape.alias("shape"),
        relative.fill_null(0.0).alias("relative"), pl.col("error_group").fill_null("").alias("shared_group"),
    ).with_row_index("row")  # fmt: skip
    own_shape = frame.select(pl.when(pl.col("own_sd") == 0).then(pl.lit("exact")).otherwise("shape"))
    own = UncertainRows(
        frame["value"].to_numpy(),
        frame["own_sd"].to_numpy(),
        own_shape.to_series().to_list(),
        frame["own_group"].to_list(),
    )
    shared = frame.filter(pl.col("relative") > 0)
    factors = UncertainRows(
        np.ones(shared.height),
        shared["relative"].to_numpy(),
        ["normal"] * shared.height,
        shared["shared_group"].to_list(),
    )
    return own, SharedFactors(shared["row"].to_numpy(), factors)


def _quantiles(names: dict[str, Any], draws: Any) -> dict[str, Any]:
    low, middle, high = np.quantile(draws, (0.05, 0.5, 0.95))
    spread = float(draws.std(ddof=1)) if draws.max() > draws.min() else 0.0
    stats = {"mean": float(draws.mean()), "sd": spread, "p05": low, "p50": middle, "p95": high}
    return {**names, **{key: float(value) for key, value in stats.items()}, "unit": "t", "draws": len(draws)}


def total_scopes(main: EmissionTable, scopes: str) -> EmissionTable:
    """Keep the rows that a scope rule adds."""
    return main.filter(scope=SCOPE_RULES[scopes])
