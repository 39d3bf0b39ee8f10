"""Land as it lies: what a hectare of each use gives off or takes up in a year, by coefficient.

Comes in: areas by use. Goes out: scope 1 emissions and removals of scope ``sink``. Not for: land that changes its use
(:mod:`.land_conversion`), nor built-up land, whose emissions are those of its energy use.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.method import method
from citycarbon.core.tables import MATCH, ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.inventory.accounting.agriculture.yearly import per_year, require_years, sinks_apart
from citycarbon.inventory.accounting.apply import Account, match, multiply

METHOD_ID = "inventory.accounting.land_use"
FLUX = "carbon_stock_flux"


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = Σ area · flux, flux > 0 an emission, flux < 0 a removal",
    source="china_land_use_literature",
    status="reproduced",
    title=("Land use", "土地利用"),
    version=2,
    methane="non-fossil",
)
def land_use(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account yearly emissions of land in scope 1 and its removals in scope sink, by area and coefficient.

    The total by the scope rule ``territorial`` then holds what land gives off, with all other emissions on the spot, and no
    sink; ``scope_1_2_3_sinks`` also takes away what land takes up. A forest therefore never hides an emission unless the
    reader asks for the net.

    Parameters
    ----------
    activity
        Area [ha, or what converts to it] in a year by use: ``cropland``, ``forest_land``, ``grassland`` …
    factors
        carbon_stock_flux [t/(ha*a)] of CO2, below zero where the land takes up. Chinese papers print tonnes of carbon: a
        figure of your own must be turned into CO2, × 44/12.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CO2: scope 1, or scope sink with flow removal and a value below zero.

    Raises
    ------
    SchemaError
        If a time is no year.
    CoverageError
        If a use has no coefficient; built-up land has none in the sets of Chinese papers.

    References
    ----------
    Coefficients of Chinese land-use papers (recalled, 85 %); Lyu et al. 2023 for Guangdong.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> rows = pl.DataFrame({"place": "A", "time": "2020", "sector": ["land.cropland", "land.forest"],
    ...                      "activity": ["cropland", "forest_land"], "value": [1000.0, 500.0], "unit": "ha"})
    >>> made = land_use(ActivityTable(rows), shipped_library().choose(["china-literature-land"]))
    >>> [(scope, round(value, 1)) for scope, value in made.to_polars().select("scope", "value").rows()]
    [('1', 1547.3), ('sink', -1180.7)]
    """
    require_years(activity)
    flux = factors.to_polars().filter(pl.col("quantity") == FLUX)
    flux = per_year(flux, activity.words("unit"))
    found = match(activity, FactorTable(flux), places, year_rule=year_rule, region_fallback=region_fallback)
    made = multiply(activity, found, Account(METHOD_ID, "1"))
    plain = made.rows.drop(MATCH, strict=False)
    return sinks_apart(EmissionTable.trusted(plain, fixed=made.fixed, codes=made.codes))
