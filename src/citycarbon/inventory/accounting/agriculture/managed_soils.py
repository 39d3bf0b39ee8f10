"""Soils: nitrous oxide of the nitrogen that farming brings to fields, on the spot and from what drifts or washes away.

Comes in: nitrogen by kind. Goes out: scope 1 N2O, direct and indirect. Not for: methane of rice, burning of straw, lime.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.chemistry import NITROGEN_TO_N2O
from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.inventory.accounting.agriculture.yearly import (
    chained,
    matched_rows,
    multiply_rows,
    with_keys,
)
from citycarbon.inventory.accounting.apply import Account

METHOD_ID = "inventory.accounting.managed_soils"
INDIRECT = (
    ("nitrogen_deposition", "volatilised_fraction", "deposition_factor"),
    ("nitrogen_leaching", "leached_fraction", "leaching_factor"),
)
"""Way of the nitrogen, the share that takes it, and what becomes N2O there."""


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = Σ N · (EF_direct + Frac_volatilised · EF_deposition + Frac_leached · EF_leaching) · 44/28",
    source="ipcc2006_v4_ch11",
    status="reproduced",
    title=("Nitrous oxide of soils", "农用地氧化亚氮"),
    version=2,
    methane="non-fossil",
)
def managed_soils(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the nitrous oxide of nitrogen brought to soils in scope 1, direct and indirect.

    Parameters
    ----------
    activity
        Nitrogen [t, as N and not as fertiliser] by kind: ``fertiliser_nitrogen``, ``manure_nitrogen``, ``residue_nitrogen``;
        with IPCC also ``rice_field_nitrogen`` and nitrogen dropped on pasture; with the provincial guideline also
        ``excreted_nitrogen``, all that livestock excretes, of which it counts the deposition.
    factors
        direct_nitrogen_factor, deposition_factor and leaching_factor [kg N2O-N per kg N]; volatilised_fraction and
        leached_fraction [kg/kg]. In a dry region nothing is leached: give a leached_fraction of 0 of your own.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of N2O, scope 1. A kind of nitrogen has a direct row under its own name, and rows ``nitrogen_deposition`` and
        ``nitrogen_leaching``.

    Raises
    ------
    CoverageError
        If one of the five figures is missing for a kind of nitrogen.
    UnitError
        If the amount is no mass.

    References
    ----------
    IPCC 2006 Guidelines, volume 4, chapter 11, equations 11.1, 11.9 and 11.10; provincial guideline 2011, agriculture.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> rows = pl.DataFrame({"place": ["江苏"], "time": ["2020"], "sector": ["agriculture.soils"],
    ...                      "activity": ["fertiliser_nitrogen"], "value": [1000.0], "unit": ["t"]})
    >>> made = managed_soils(ActivityTable(rows), shipped_library().choose(["ipcc2006"]))
    >>> [(name, round(value, 4)) for name, value in made.to_polars().select("activity", "value").rows()]
    [('fertiliser_nitrogen', 15.7143), ('nitrogen_deposition', 1.5714), ('nitrogen_leaching', 3.5357)]
    """
    rows = with_keys(activity)
    known = factors.to_polars()

    def found(quantity: str, looked_up: pl.Expr, asked: pl.DataFrame) -> pl.DataFrame:
        of_quantity = known.filter(pl.col("quantity") == quantity)
        return matched_rows(asked, looked_up, of_quantity, places, year_rule=year_rule, region_fallback=region_fallback)

    account = Account(METHOD_ID, "1")
    direct = _as_n2o(found("direct_nitrogen_factor", pl.col("activity"), rows))
    tables = [multiply_rows(rows, direct, account, activity)]
    for way, fraction, factor in INDIRECT:
        share = found(fraction, pl.col("activity"), rows)
        # The second factor works on the tonnes that left the field, whatever the unit of what was brought to it.
        onward = found(factor, pl.lit(way), rows.with_columns(pl.lit("t").alias("unit")))
        coefficients = _as_n2o(chained(share, onward))
        placed = rows.with_columns(pl.lit(way).alias("activity"))
        tables.append(multiply_rows(placed, coefficients, account, activity))
    return EmissionTable.stack(tables)


def _as_n2o(found: pl.DataFrame) -> pl.DataFrame:
    return found.with_columns(pl.col("coefficient", "coefficient_sd") * NITROGEN_TO_N2O)
