"""Purchased electricity, location- and market-based, from any grid series or from combined margins.

Comes in: electricity used, contracted electricity marked as such. Goes out: scope 2 emissions on one basis or both side by
side, never added. Not for: the electricity that a city generates, whose fuel is scope 1.
"""

from __future__ import annotations

from typing import Literal

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.core.uncertainty import FACTOR_ERRORS, error_of, errors_of_sum
from citycarbon.inventory.accounting.apply import Account, match, multiply

METHOD_ID = "inventory.accounting.electricity"
GRID = "electricity"
CONTRACTED = "electricity_contracted"


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = AD · EF,   EF = w_OM · OM + (1 − w_OM) · BM for margins",
    source="ghg_protocol_scope2",
    status="reproduced",
    title=("Purchased electricity", "外购电力"),
    version=2,
    methane="non-fossil",
)
def electricity(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    basis: Literal["location", "market", "both"] = "location",
    operating_margin_weight: float = 0.5,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account purchased electricity in scope 2.

    Parameters
    ----------
    activity
        Electricity used [kWh or what converts to it]: ``electricity`` from the grid, ``electricity_contracted`` where a
        contract or certificate names the generation.
    factors
        Grid averages (emission_factor), or operating_margin and build_margin. The market basis also needs residual_mix for
        grid electricity and an emission_factor of ``electricity_contracted``.
    places
        Regions of the places; a province belongs to a grid.
    basis
        Location-based, market-based, or both as alternatives.
    operating_margin_weight
        [1] weight of the operating margin, w_OM; 0.5 by default, 0.75 for wind and solar power (CDM tool 07).
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CO2 (or CO2e), scope 2, basis ``location`` or ``market``.

    Raises
    ------
    CoverageError
        If a place or year has no factor, or several.
    InputError
        If the market basis lacks a residual mix, or a grid has one margin and not the other.

    References
    ----------
    GHG Protocol Scope 2 Guidance (2015); CDM methodological tool 07; MEE baseline and average grid factors.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> used = pl.DataFrame({"place": ["上海"], "time": ["2019"], "sector": ["home"], "activity": ["electricity"],
    ...                      "value": [1601.0], "unit": ["kWh"]})
    >>> made = electricity(ActivityTable(used), shipped_library().choose(["mee-baseline-2019"]))
    >>> round(made.to_polars()["value"][0], 4)
    0.9439
    """
    if not 0 <= operating_margin_weight <= 1:
        raise InputError(
            "parameter_wrong",
            Where(item="operating_margin_weight"),
            operating_margin_weight,
            expected_value="0 <= operating_margin_weight <= 1",
        )
    rows = factors.to_polars()
    made = []
    for each in ("location", "market") if basis == "both" else (basis,):
        table, chosen = _location(activity, rows) if each == "location" else (activity, _market(rows))
        ready = FactorTable(margins(chosen, operating_margin_weight))
        matched = match(table, ready, places, year_rule=year_rule, region_fallback=region_fallback)
        made.append(multiply(table, matched, Account(METHOD_ID, "2", each)))
    return made[0] if len(made) == 1 else EmissionTable.stack(made)


def _location(activity: ActivityTable, rows: pl.DataFrame) -> tuple[ActivityTable, pl.DataFrame]:
    """On the location basis a contract changes nothing: contracted electricity counts as grid electricity."""
    used = frames.distinct_values(activity.rows, "activity") if activity.has("activity") else []
    if CONTRACTED in used:
        renamed = nw.when(nw.col("activity").cast(nw.String) == CONTRACTED).then(nw.lit(GRID))
        frame = activity.rows.with_columns(renamed.otherwise(nw.col("activity").cast(nw.String)).alias("activity"))
        activity = ActivityTable.trusted(frame, fixed=activity.fixed, codes=activity.codes)
    quantities = ("emission_factor", "operating_margin", "build_margin")
    return activity, rows.filter(pl.col("quantity").is_in(quantities) & (pl.col("activity") == GRID))


def _market(rows: pl.DataFrame) -> pl.DataFrame:
    """On the market basis grid electricity has the residual mix and contracted electricity its own factor."""
    residual = rows.filter((pl.col("quantity") == "residual_mix") & (pl.col("activity") == GRID))
    own = rows.filter((pl.col("quantity") == "emission_factor") & (pl.col("activity") == CONTRACTED))
    if not residual.height:
        raise InputError("parameter_missing", Where(column="quantity"), "—", column="residual_mix (market basis)")
    return pl.concat([residual.with_columns(pl.lit("emission_factor").alias("quantity")), own])


def margins(rows: pl.DataFrame, weight: float) -> pl.DataFrame:
    """Combine operating and build margins of one grid, edition and validity; rows that are factors already pass through.

    Standard deviations add in quadrature with the weights (independent margins).

    Raises
    ------
    InputError
        If a grid has one margin and not the other.
    """
    ready = rows.filter(pl.col("quantity") == "emission_factor")
    operating = rows.filter(pl.col("quantity") == "operating_margin")
    build = rows.filter(pl.col("quantity") == "build_margin")
    if not operating.height and not build.height:
        return ready
    keys = ["activity", "gas", "region", "edition", "unit", "valid_from", "valid_to"]
    both = operating.join(
        build.select(*keys, "value", "sd", "factor_id", "distribution", "error_group"),
        on=keys,
        suffix="_bm",
        how="full",
        coalesce=True,
        nulls_equal=True,
    )
    lonely = both.filter(pl.col("value").is_null() | pl.col("value_bm").is_null())["region"].to_list()
    if lonely:
        raise InputError(
            "parameter_missing", Where(column="quantity"), ", ".join(lonely), column="operating_margin, build_margin"
        )
    parts = [(weight * pl.col("sd")).fill_null(0.0) ** 2, ((1 - weight) * pl.col("sd_bm")).fill_null(0.0) ** 2]
    stated = pl.col("sd").is_not_null() | pl.col("sd_bm").is_not_null()
    whole = weight * pl.col("value") + (1 - weight) * pl.col("value_bm")
    errors = [
        error_of(pl.col(f"value{end}"), pl.col(f"sd{end}"), pl.col(f"distribution{end}"),
                 pl.coalesce(f"error_group{end}", f"factor_id{end}"), part * pl.col(f"value{end}") / whole)
        for end, part in (("", weight), ("_bm", 1 - weight)) if part
    ]  # fmt: skip
    combined = both.with_columns(
        errors_of_sum(*errors).alias(FACTOR_ERRORS),
        pl.lit(None, pl.String).alias("distribution"),
        pl.when(stated).then(pl.sum_horizontal(parts).sqrt()).alias("sd"),
        (weight * pl.col("value") + (1 - weight) * pl.col("value_bm")).alias("value"),
        pl.lit("emission_factor").alias("quantity"),
        pl.format("{}*{}@{}", pl.col("factor_id"), pl.col("factor_id_bm"), pl.lit(f"{weight:g}")).alias("factor_id"),
    )
    return pl.concat([ready, combined.select(rows.columns)])
