"""Process emissions by product output: tonnes made × factor, as many gases as the edition has.

Comes in: product output, or input of a carbonate or process gas. Goes out: scope 1 emissions of each gas. Not for: fuel that is
burnt for heat, which is combustion, and not for a balance of carbon, which is :mod:`..mass_balance` or :mod:`.steel_process`.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.inventory.accounting.apply import Account, match, multiply
from citycarbon.inventory.accounting.industry.kinds import EMISSION_FACTOR, refuse_elsewhere

METHOD_ID = "inventory.accounting.process"
KIND = "process"


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_g = AD · EF_g",
    source="provincial_guideline_2011",
    status="experimental",
    title=("Industrial processes", "工业生产过程"),
    version=2,
    methane="fossil",
)
def process(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the emissions of industrial processes in scope 1 by product output.

    What is counted here must not be burnt in ``combustion`` too. Carbonates, acids and fluorinated gases hold no fuel. The
    factors of ferroalloys, lead, zinc, silicon carbide, ammonia, sinter, aluminium anodes and ``crude_steel_bof`` hold
    the carbon of coke, coal, gas or pitch that went in as reductant, anode or feedstock: leave those tonnes out of the fuel
    table. The notes of the factors say which. The default edition of China (clinker, lime, carbide) has the reductant of
    carbide in its factor; coke and coal of iron making stay in combustion, and :mod:`.steel_process` counts only fluxes and
    the carbon that leaves the pig iron.

    Parameters
    ----------
    activity
        Output of a product, AD [t], or what the factor is per: carbonate calcined [t], process gas used [t], substrate
        processed [m^2]. Clinker without that of calcium carbide slag, whose lime holds no carbonate.
    factors
        emission_factor of each process, one edition: those of clinker differ (0.538, 0.525, 0.5202).
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of each gas, scope 1, before any abatement: for plants that destroy N2O, HFC-23 or PFCs give a factor of your own.

    Raises
    ------
    DoubleCountError
        If a row is a fuel, electricity or another activity that is no process.
    CoverageError
        If a process, region or year has no factor, or two editions know it.

    References
    ----------
    Provincial inventory guideline 2011, chapter 2; IPCC 2006 Guidelines, volume 3, chapters 2 to 4 and 6.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> made = pl.DataFrame({"place": "A", "time": "2020", "sector": ["process.cement", "process.carbide"],
    ...                      "activity": ["cement_clinker", "calcium_carbide"], "value": [1000.0, 100.0], "unit": "t"})
    >>> rows = process(ActivityTable(made), shipped_library().choose(["provincial-guideline-2011"])).to_polars()
    >>> [round(value, 6) for value in rows["value"]]
    [538.0, 115.4]
    """
    refuse_elsewhere(activity, KIND)
    rows = factors.to_polars().filter(pl.col("quantity") == EMISSION_FACTOR)
    matched = match(activity, FactorTable(rows), places, year_rule=year_rule, region_fallback=region_fallback)
    return multiply(activity, matched, Account(METHOD_ID, "1"))
