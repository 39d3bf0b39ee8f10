"""Monte Carlo of the account: totals by time, scenario, basis and sector as distributions.

Comes in: the account in CO2e, written out once for each alternative. Goes out: means, standard deviations and percentiles.
Not for: the draws themselves (:mod:`citycarbon.core.draws`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.draws import REACH, SharedFactors, UncertainRows, draw_totals
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.tables import EmissionTable
from citycarbon.core.uncertainty import FACTOR_ERRORS, parts_of, relative_of
from citycarbon.studies.problem_places import of_draws
from citycarbon.studies.run import Run

_SAME = 1e-6
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
        own, shared = uncertain_rows(rows)
    except InputError as error:
        raise of_draws(error, rows) from error
    draws = draw_totals(own, index, settings.draws, seed=settings.seed, sampler=settings.sampler, shared=shared)
    made = [_quantiles(groups.row(i, named=True), draws[:, i]) for i in range(groups.height)]
    for key, part in groups.with_row_index("i").group_by("time", "scenario", "basis", maintain_order=True):
        whole = draws[:, part["i"].to_list()].sum(axis=1)
        names = dict(zip(("time", "scenario", "basis"), map(str, key), strict=True))
        made.append(_quantiles({**names, "sector": "total"}, whole))
    return pl.DataFrame(made)


def uncertain_rows(rows: pl.DataFrame) -> tuple[UncertainRows, SharedFactors]:
    """Split the error of each row into its own (the activity's) and those that it shares (the factors'), each by its shape.

    Raises
    ------
    InputError
        If a shape cannot be drawn: a bounded one that reaches below zero, a lognormal one of zero.
    """
    split = pl.col("sd_activity").is_not_null() | pl.col("sd_factor").is_not_null()
    nothing = pl.col("value") == 0
    frame = rows.select(
        "value", FACTOR_ERRORS, "sd_factor",
        pl.when(split).then(pl.col("sd_activity").fill_null(0.0)).otherwise("sd").alias("own_sd"),
        pl.when(split).then("activity_error_group").otherwise("error_group").fill_null("").alias("own_group"),
        pl.when(pl.col("distribution").is_null()).then(pl.lit("normal")).otherwise("distribution").alias("shape"),
        pl.when(split & ~nothing).then(pl.col("sd_factor") / pl.col("value").abs()).fill_null(0.0).alias("relative"),
        pl.col("error_group").fill_null("").alias("shared_group"),
        (split & nothing & (pl.col("sd_factor") > 0)).fill_null(False).alias("added"),
    ).with_row_index("row")  # fmt: skip
    parts = _parts(frame)
    # A factor of zero has no relative error: its error is added, in its own shape.
    alone = parts.filter(pl.col("added")).unique("row", keep="first").select("row", pl.col("part_shape"), "name")
    frame = frame.join(alone, on="row", how="left", maintain_order="left").with_columns(
        pl.when("added").then("sd_factor").otherwise("own_sd").alias("own_sd"),
        pl.when("added").then(pl.coalesce("part_shape", pl.lit("normal"))).otherwise("shape").alias("shape"),
        pl.when("added").then(pl.coalesce("name", "shared_group")).otherwise("own_group").alias("own_group"),
    )
    shared = parts.filter(~pl.col("added") & (pl.col("relative") > 0))
    _refuse_below_zero(frame, shared)
    own_shape = frame.select(pl.when(pl.col("own_sd") == 0).then(pl.lit("exact")).otherwise("shape"))
    own = UncertainRows(
        frame["value"].to_numpy(),
        frame["own_sd"].to_numpy(),
        own_shape.to_series().to_list(),
        frame["own_group"].to_list(),
    )
    factors = UncertainRows(
        np.ones(shared.height), shared["size"].to_numpy(), shared["part_shape"].to_list(), shared["name"].to_list()
    )
    gain = shared["relative"].to_numpy() / shared["whole"].to_numpy()
    gain[np.abs(gain - 1) < _SAME] = 1.0
    term, weight = shared["term"].to_numpy(), shared["weight"].to_numpy()
    return own, SharedFactors(shared["row"].to_numpy(), factors, term, weight, gain)


def _parts(frame: pl.DataFrame) -> pl.DataFrame:
    """Write out the factors behind each row; a row that says nothing of them has one, of its group and normal."""
    texts = frame[FACTOR_ERRORS].drop_nulls().unique().sort().to_list()
    told = [(text, relative_of(parts), *part) for text in texts for parts in [parts_of(text)] for part in parts]
    names = {FACTOR_ERRORS: pl.String, "whole": pl.Float64, "term": pl.Int64, "weight": pl.Float64,
             "part_shape": pl.String, "size": pl.Float64, "name": pl.String}  # fmt: skip
    listed = pl.DataFrame(told, schema=names, orient="row")
    uncertain = frame.filter((pl.col("relative") > 0) | pl.col("added"))
    joined = uncertain.join(listed, on=FACTOR_ERRORS, how="left", maintain_order="left_right")
    return joined.with_columns(
        pl.col("whole").fill_null(pl.col("relative")), pl.col("term").fill_null(0), pl.col("weight").fill_null(1.0),
        pl.col("part_shape").fill_null("normal"), pl.col("size").fill_null(pl.col("relative")),
        pl.coalesce("name", "shared_group").alias("name"),
    )  # fmt: skip


def _refuse_below_zero(frame: pl.DataFrame, shared: pl.DataFrame) -> None:
    """Refuse bounded shapes that reach below zero where an amount or a factor cannot be; a normal one is told by a finding."""
    problems = Problems()
    for rows, shape, size in (
        (frame.filter(pl.col("value") > 0), "shape", pl.col("own_sd") / pl.col("value")),
        (shared.filter(pl.col("value") > 0), "part_shape", pl.col("size")),
    ):
        reach = pl.col(shape).replace_strict(REACH, default=0.0, return_dtype=pl.Float64)
        for row in rows.filter(reach * size > 1 + _SAME).unique(shape, keep="first", maintain_order=True).to_dicts():
            kind = row[shape]
            # The sd of a factor is not in the file of the amounts: its name says where to look.
            of_whom = f" ({row['name']})" if shape == "part_shape" and row["name"] else ""
            problems.add("draws_impossible", Where(rows=(row["row"] + 1,)), f"{kind}, value {row['value']:.6g}{of_whom}",
                         expected_shape=f"{kind}: sd <= value / {REACH[kind]:.4g}")  # fmt: skip
    problems.raise_all()


def _quantiles(names: dict[str, Any], draws: Any) -> dict[str, Any]:
    low, middle, high = np.quantile(draws, (0.05, 0.5, 0.95))
    spread = float(draws.std(ddof=1)) if draws.max() > draws.min() else 0.0
    stats = {"mean": float(draws.mean()), "sd": spread, "p05": low, "p50": middle, "p95": high}
    return {**names, **{key: float(value) for key, value in stats.items()}, "unit": "t", "draws": len(draws)}


def total_scopes(main: EmissionTable, scopes: str) -> EmissionTable:
    """Keep the rows that a scope rule adds."""
    return main.filter(scope=SCOPE_RULES[scopes])
