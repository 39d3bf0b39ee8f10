"""Fuel combustion: activity data × net calorific value × carbon content × oxidation factor × 44/12, or Tier 1 factors.

Comes in: fuel use by mass, volume or energy. Goes out: emissions by gas with heat content and coal equivalent of each row.
Not for: electricity and purchased heat, and not for the non-energy use of fuels.
"""

from __future__ import annotations

from typing import Literal

from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.inventory.accounting.apply import Account, match, multiply
from citycarbon.inventory.accounting.fuels import fuel_factors, heat_content

METHOD_ID = "inventory.accounting.combustion"


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = AD · NCV · CC · OF · 44/12   or   E = AD · NCV · EF",
    source="ipcc2006_v2_eq2_1",
    status="reproduced",
    title=("Fuel combustion", "燃料燃烧"),
    version=3,
    methane="non-fossil",
)
def combustion(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the emissions of burnt fuels in scope 1.

    Parameters
    ----------
    activity
        Fuel burnt, AD, by mass, volume or energy (t, m^3, GJ, tce and what converts to them).
    factors
        Properties of each fuel: net_calorific_value, carbon_content and oxidation_factor, or emission_factor per energy or
        amount. One edition or set; see ``citycarbon factors --sets``.
    places
        Regions of the places; without it a place must be a region itself or the edition must have one region.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of each gas, scope 1, with working columns ``energy`` [GJ] and ``standard_coal`` [tce].

    Raises
    ------
    CoverageError
        If a fuel, region or year has no factor, or several.

    References
    ----------
    IPCC 2006 Guidelines, volume 2, chapter 2, equation 2.1; GB/T 2589; provincial inventory guideline 2011.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> fuel = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["industry"], "activity": ["diesel"],
    ...                      "value": [1000.0], "unit": ["kg"]})
    >>> rows = combustion(ActivityTable(fuel), shipped_library().choose(["cn-2008"])).to_polars()
    >>> [round(rows[name][0], 4) for name in ("value", "standard_coal")]
    [3.0959, 1.4571]
    """
    chain = fuel_factors(factors)
    matched = match(activity, chain, places, year_rule=year_rule, region_fallback=region_fallback)
    content = heat_content(matched.select("activity", "unit"), factors)
    working = [name for name in ("energy", "standard_coal") if content[name].null_count() < content.height]
    matched = matched.join(content, on=["activity", "unit"], how="left", maintain_order="left")
    return multiply(activity, matched, Account(METHOD_ID, "1"), working=working)
