"""Water supply: what pumping and treating the water took elsewhere.

Comes in: water used. Goes out: scope 3 emissions. Not for: methane of wastewater treatment.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.inventory.accounting.apply import Account, match, multiply

METHOD_ID = "inventory.accounting.water"
SUPPLY = "tap_water"


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = Q_water · f_water",
    source="cciced2021",
    status="experimental",
    title=("Water supply", "用水"),
    version=2,
)
def water(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the emissions of water supply in scope 3.

    Parameters
    ----------
    activity
        Water used [m^3 or t], activity ``tap_water``.
    factors
        emission_factor of ``tap_water``. The editions differ fivefold (0.168 kg/t to 0.91 kg/m^3): name one.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t], scope 3.

    Raises
    ------
    CoverageError
        If the edition has no factor, or several editions were given.

    References
    ----------
    CCICED 2021, annex 3 (E_water = Q_water · f_water).

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> used = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["home"], "activity": ["tap_water"],
    ...                      "value": [1000.0], "unit": ["m^3"]})
    >>> water(ActivityTable(used), shipped_library().choose(["green-handbook"])).to_polars()["value"].to_list()
    [0.91]
    """
    rows = factors.to_polars().filter(pl.col("quantity") == "emission_factor")
    editions = rows.filter(pl.col("activity") == SUPPLY)["edition"].drop_nulls().unique().sort().to_list()
    if len(editions) > 1:
        # One prints its figure per tonne and another per m^3: the unit of a meter must not choose between them.
        raise InputError("editions_mixed", Where(column="activity"), ", ".join(editions), activity=SUPPLY)
    matched = match(activity, FactorTable(rows), places, year_rule=year_rule, region_fallback=region_fallback)
    return multiply(activity, matched, Account(METHOD_ID, "3"))
