"""Methane of landfills by mass balance: all that the waste of a year will ever give, booked in that year.

Comes in: municipal waste generated and its landfilled share. Goes out: scope 1 CH4. Not for: years of rising or falling
deposits, where the gas of a year is not that of the year's waste (use first-order decay).
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.tables.columns import (
    ACTIVITY,
    AMOUNT,
    PLACE,
    PROVENANCE,
    QUALITY,
    SCENARIO,
    SECTOR,
    TIME,
    UNCERTAINTY,
    UNIT,
)
from citycarbon.inventory.accounting.waste.filing import ROW, filed, multiplied, numbered
from citycarbon.inventory.accounting.waste.landfill import SITE_COLUMNS, landfill_parameters, methane_potential, origin
from citycarbon.inventory.accounting.waste.parameters import Source, in_unit, with_parameters
from citycarbon.inventory.accounting.waste.recovered import RecoveryTable, less_recovered, shares_left, with_year

METHOD_ID = "inventory.accounting.landfill_mass_balance"


class LandfillTable(Table):
    """Waste generated and the share that is landfilled, with the site and own parameters where known."""

    columns = (
        PLACE, TIME, SECTOR, ACTIVITY, SCENARIO, AMOUNT, UNIT, *UNCERTAINTY, QUALITY,
        Column("landfilled_share", "number", required=True, empty=False, low=0, high=1, unit="1",
               meaning=("share of the waste that is landfilled", "填埋处理比例")),
        *SITE_COLUMNS,
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = (MSW_T · MSW_F · L0 − R) · (1 − OX), L0 = MCF · DOC · DOC_F · F · 16/12",
    source="provincial_guideline_2011",
    status="experimental",
    title=("Landfill methane by mass balance", "填埋甲烷（质量平衡法）"),
    version=2,
    methane="non-fossil",
)
def landfill_mass_balance(
    landfilled: LandfillTable,
    factors: FactorTable,
    recovered: RecoveryTable | None = None,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the methane of landfilled waste in the year of its deposit, as the provincial guideline does.

    Tier 1. The whole potential is booked at once, so that a single year is too high while deposits grow and too low when
    they have ended; over all years it equals first-order decay.

    Parameters
    ----------
    landfilled
        Waste generated, MSW_T [t or what converts to it, wet], and landfilled_share, MSW_F [1], by kind of waste
        (``municipal_solid_waste`` needs its own ``doc``). A row without ``mcf`` needs ``site``.
    factors
        landfill_parameter rows: MCF of the site, DOC of the waste, DOC_F, F and OX.
    recovered
        Methane recovered, R [t or what converts to it], by place, year and sector.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CH4; scope 1, or scope 3 for sectors that end in ``_outside``.

    Raises
    ------
    InputError
        If a row states neither a parameter nor what chooses it.
    CoverageError
        If the factors lack a parameter, or have several.
    SchemaError
        If more methane is recovered than is generated.

    References
    ----------
    Provincial inventory guideline 2011, chapter 6 (waste); IPCC 1996 revised, volume 3, equation 1 of chapter 6.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> waste = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["waste.landfill"],
    ...                       "activity": ["municipal_solid_waste"], "value": [10000.0], "unit": ["t"],
    ...                       "landfilled_share": [1.0], "site": ["managed_anaerobic"], "doc": [0.14]})
    >>> made = landfill_mass_balance(LandfillTable(waste), shipped_library().choose(["ipcc2006"]))
    >>> round(made.to_polars()["value"][0], 4)
    466.6667
    """
    rows = numbered(landfilled)
    source = Source(factors, ("landfill_parameter",), places, year_rule, region_fallback)
    rows = with_parameters(rows, landfill_parameters(), source)
    gross = in_unit(rows, "t") * pl.col("landfilled_share") * methane_potential()
    rows = rows.with_columns(gross.alias("gross"), *origin())
    net = pl.col("gross") * (1 - pl.col("oxidation"))
    coefficients = rows.select(
        ROW,
        pl.lit("CH4").alias("gas"),
        net.alias("coefficient"),
        (net * pl.col("relative_sd")).alias("coefficient_sd"),
        "factor_errors",
        "factor_id",
        "rule",
    )
    generated = with_year(rows).with_columns((pl.col("value") * pl.col("gross")).alias("generated"))
    left = shares_left(generated, recovered)
    return filed(less_recovered(multiplied(rows, coefficients, METHOD_ID), left), METHOD_ID, landfilled.codes)
