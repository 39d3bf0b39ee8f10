"""Travel and freight by work done: passenger-km, tonne-km or vehicle-km times a factor.

Comes in: transport work by mode. Goes out: emissions in the scope that the caller states. Not for: fuel that vehicles burnt,
which is ``combustion``, and not for the electricity of metros and trains, which is ``electricity``: one trip goes one way only.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.inventory.accounting.apply import Account, match, multiply

METHOD_ID = "inventory.accounting.transport_work"


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = Σ_k W_k · EF_k   (W: passenger-km, tonne-km or vehicle-km of mode k)",
    source="cciced2021",
    status="experimental",
    title=("Travel and freight by work done", "按运输周转量核算"),
    version=2,
    methane="non-fossil",
)
def transport_work(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    scope: Literal["1", "3"] = "3",
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account travel and freight by the work that each mode did.

    Parameters
    ----------
    activity
        Work of each mode, W [pkm, tkm or vkm and what converts to them]: ``bus``, ``metro``, ``rail_freight`` …
    factors
        emission_factor of each mode per passenger-km, tonne-km or vehicle-km. A factor per vehicle-km does not fit
        passenger-km: the number of people in a car is the caller's to state.
    places
        Regions of the places.
    scope
        ``3`` for trips that leave the city or whose fuel the city does not count, ``1`` for work done inside it. Factors of
        ready-made lists often include electricity: with ``1`` the caller says that they do not.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CO2 or CO2e, as the factors are.

    Raises
    ------
    CoverageError
        If a mode has no factor, or several editions have one.
    UnitError
        If a mode's factor is per another kind of work.

    References
    ----------
    CCICED 2021, annex 3: E_m = Σ A · L · GHG; GPC (2021), chapter 7, induced activity.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> work = pl.DataFrame({"place": "A", "time": "2022", "sector": "transport.metro", "activity": ["metro", "bus"],
    ...                      "value": [1e6, 2e6], "unit": "pkm"})
    >>> made = transport_work(ActivityTable(work), shipped_library().choose(["public-copy-personal"]))
    >>> [round(value, 6) for value in made.to_polars()["value"].to_list()]
    [15.0, 60.0]
    """
    ready = FactorTable(factors.to_polars().filter(pl.col("quantity") == "emission_factor"))
    matched = match(activity, ready, places, year_rule=year_rule, region_fallback=region_fallback)
    return multiply(activity, matched, Account(METHOD_ID, scope))
