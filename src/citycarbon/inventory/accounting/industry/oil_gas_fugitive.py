"""Fugitive emissions of oil and gas: facilities counted, or throughput, × factor.

Comes in: numbers of facilities, or oil and gas that pass a stage. Goes out: scope 1 methane, and the CO2 and N2O of venting and
flaring where the edition has them. Not for: gas that is burnt for heat or power, which is combustion.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.inventory.accounting.apply import Account, match, multiply
from citycarbon.inventory.accounting.industry.kinds import EMISSION_FACTOR, refuse_elsewhere

METHOD_ID = "inventory.accounting.oil_gas_fugitive"
KIND = "oil_gas"


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_g = N · EF_g   or   E_g = Q · EF_g",
    source="ipcc2006_v2_ch4",
    status="experimental",
    title=("Fugitive emissions of oil and gas", "油气系统逃逸"),
    version=2,
    methane="fossil",
)
def oil_gas_fugitive(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account fugitive emissions of oil and gas systems in scope 1.

    A stage (production, processing, transmission, distribution, refining) is counted once: by its facilities or by its
    throughput. The codes differ, so the program cannot see that a wellhead and a gas field are the same stage.

    Parameters
    ----------
    activity
        Number of facilities, N [1] (``gas_wellhead``, ``gas_compressor_station``, …; sub-annual periods need their share of
        the year), or throughput, Q [m^3 of oil, t of oil, m3@15C of gas].
    factors
        emission_factor of each stage, one edition. IPCC volumes of gas are at 15 °C: meters in ``Nm3`` or ``m3@20C`` are
        converted, a plain ``m^3`` of gas is refused.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of each gas, scope 1. Ranges of the source are uniform distributions: the factors of production span fifty times.

    Raises
    ------
    DoubleCountError
        If a row is a fuel or another activity that is no stage of oil and gas.
    CoverageError
        If a stage, region or year has no factor, or two editions know it.

    References
    ----------
    IPCC 2006 Guidelines, volume 2, chapter 4, equation 4.2.1 and tables 4.2.4 and 4.2.5; provincial inventory guideline 2011,
    section 1.4.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> field = pl.DataFrame({"place": "A", "time": "2020", "sector": "fugitive.oil_gas",
    ...                       "activity": ["gas_wellhead", "gas_compressor_station"], "value": [120.0, 2.0], "unit": "1"})
    >>> rows = oil_gas_fugitive(ActivityTable(field), shipped_library().choose(["provincial-guideline-2011"])).to_polars()
    >>> rows.select("gas", "value").rows()
    [('CH4', 300.0), ('CH4', 170.1)]
    """
    refuse_elsewhere(activity, KIND)
    rows = factors.to_polars().filter(pl.col("quantity") == EMISSION_FACTOR)
    matched = match(activity, FactorTable(rows), places, year_rule=year_rule, region_fallback=region_fallback)
    return multiply(activity, matched, Account(METHOD_ID, "1"))
