"""Composting and anaerobic digestion: methane and nitrous oxide per tonne of waste treated.

Comes in: waste treated by mass. Goes out: scope 1 CH4 and N2O. Not for: the CO2, which is biogenic, and not for the gas of a
digester that is burnt, which belongs to the energy sector.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.inventory.accounting.apply import match
from citycarbon.inventory.accounting.waste.filing import ROW, filed, multiplied, numbered
from citycarbon.inventory.accounting.waste.recovered import RecoveryTable, less_recovered, shares_left, with_year

METHOD_ID = "inventory.accounting.biological_treatment"
_KEYS = ("place", "time", "sector", "activity", "unit")


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_CH4 = M · EF_CH4 − R,  E_N2O = M · EF_N2O",
    source="ipcc2006_v5_ch4",
    status="experimental",
    title=("Biological treatment of waste", "废弃物生物处理"),
    version=2,
    methane="non-fossil",
)
def biological_treatment(
    activity: ActivityTable,
    factors: FactorTable,
    recovered: RecoveryTable | None = None,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the methane and nitrous oxide of composting and anaerobic digestion.

    Tier 1 of IPCC 2006 with the factors of the library.

    Parameters
    ----------
    activity
        Waste treated, M [t or what converts to it]: ``composting`` and ``anaerobic_digestion`` by wet weight,
        ``composting_dry`` and ``anaerobic_digestion_dry`` by dry weight.
    factors
        emission_factor of each activity and gas. The first printing of IPCC 2006 has 0.3 g N2O per kg composted and 1 g CH4 per
        kg digested (wet), the corrected one 0.24 and 0.8.
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
        [t] of CH4 and N2O; scope 1, or scope 3 for sectors that end in ``_outside``.

    Raises
    ------
    CoverageError
        If a treatment has no factor, or several.
    SchemaError
        If more methane is recovered than is generated.

    References
    ----------
    IPCC 2006 Guidelines, volume 5, chapter 4, equations 4.1 and 4.2, table 4.1.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> rows = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["waste.biological"], "activity": ["composting"],
    ...                      "value": [1000.0], "unit": ["t"]})
    >>> made = biological_treatment(ActivityTable(rows), shipped_library().choose(["ipcc2006"])).to_polars()
    >>> [(gas, round(tonnes, 6)) for gas, tonnes in made.select("gas", "value").iter_rows()]
    [('CH4', 4.0), ('N2O', 0.24)]
    """
    known = FactorTable(factors.to_polars().filter(pl.col("quantity") == "emission_factor"))
    matched = match(activity, known, places, year_rule=year_rule, region_fallback=region_fallback)
    rows = numbered(activity)
    coefficients = rows.select(ROW, *_KEYS).join(matched, on=_KEYS, maintain_order="left").drop(_KEYS)
    per_row = coefficients.filter(pl.col("gas") == "CH4").select(ROW, "coefficient")
    generated = with_year(rows.join(per_row, on=ROW, how="left")).with_columns(
        (pl.col("value") * pl.col("coefficient").fill_null(0.0)).alias("generated")
    )
    left = shares_left(generated, recovered)
    return filed(less_recovered(multiplied(rows, coefficients, METHOD_ID), left), METHOD_ID, activity.codes)
