"""Emissions that somebody else accounted for, taken as they stand.

Comes in: an emission table of a publisher. Goes out: the same emissions, with their publisher. Not for:
inventories with GPC numbers (``reported_inventory``), nor recomputing them.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.method import method
from citycarbon.core.tables import EmissionTable

METHOD_ID = "inventory.accounting.reported_emissions"


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = E_reported",
    source="gpc_2021",
    status="experimental",
    title=("Emissions as reported", "引用已发布排放"),
)
def reported_emissions(emissions: EmissionTable, *, publisher: str) -> EmissionTable:
    """Take emissions as somebody published them, so that they can be an account, a driver's measure or a start of projection.

    Parameters
    ----------
    emissions
        Emissions of gases, or CO2e with its metric.
    publisher
        Who published them; stands in the rule of each row.

    Returns
    -------
    emissions
        The same rows; ``rule`` says who reported them.

    References
    ----------
    GPC version 1.1, chapter 4: what is reported is marked as such.

    Examples
    --------
    >>> rows = pl.DataFrame({"place": ["CN"], "time": ["2021"], "sector": ["all"], "activity": ["all"], "scope": ["1"],
    ...                      "gas": ["CO2"], "value": [11472369170.0], "unit": ["t"]})
    >>> reported_emissions(EmissionTable(rows), publisher="GCB 2022").to_polars()["rule"].to_list()
    ['reported by GCB 2022']
    """
    rows = emissions.to_polars().with_columns(
        pl.lit(f"reported by {publisher}").alias("rule"), pl.lit(METHOD_ID).alias("method")
    )
    return EmissionTable(rows, codes=emissions.codes)
