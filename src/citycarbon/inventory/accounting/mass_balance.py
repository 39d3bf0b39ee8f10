"""Process emissions by carbon mass balance: what goes in and does not come out in products and residues has become CO2.

Comes in: material streams with mass and carbon content. Goes out: scope 1 CO2 by place, time and sector.
Not for: streams whose carbon leaves as methane, which must be stated as products.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.chemistry import CARBON_TO_CO2
from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import AMOUNT, PLACE, PROVENANCE, SCENARIO, SECTOR, TIME, UNIT
from citycarbon.core.trace import file_of
from citycarbon.core.units import conversion

METHOD_ID = "inventory.accounting.mass_balance"
ROLES = ("input", "product", "residue")


class StreamTable(Table):
    """Material streams of a process: mass and carbon mass fraction of what enters and leaves."""

    columns = (
        PLACE, TIME, SECTOR,
        Column("stream", required=True, empty=False, meaning=("name of the material", "物料名称")),
        Column("role", required=True, empty=False, allowed=ROLES, meaning=("input, product or residue", "投入、产品或残余")),
        SCENARIO,
        AMOUNT, UNIT,
        Column("carbon_content", "number", required=True, empty=False, low=0, high=1, unit="1",
               meaning=("mass of carbon per mass", "含碳量（质量分数）")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = (Σ M_in · w_C − Σ M_product · w_C − Σ M_residue · w_C) · 44/12",
    source="unhabitat2023",
    status="reproduced",
    title=("Carbon mass balance", "碳质量平衡"),
)
def mass_balance(streams: StreamTable) -> EmissionTable:
    """Account process CO2 in scope 1 by the carbon that does not leave in products or residues.

    Parameters
    ----------
    streams
        Mass [t or what converts to it], carbon_content [1] and role of each stream.

    Returns
    -------
    emissions
        [t] of CO2, scope 1, one row for each place, time, sector and scenario; activity ``carbon_balance``.

    Raises
    ------
    SchemaError
        If more carbon leaves than enters; every such balance is named.

    References
    ----------
    Net-zero carbon cities roadmap 2023, section 3.1.1; equation as in IPCC 2006 volume 3, chapter 4 (Tier 2 balances).

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2020", "sector": "works", "stream": ["coke", "char"],
    ...                      "role": ["input", "residue"], "value": [100.0, 20.0], "unit": "t",
    ...                      "carbon_content": [0.85, 0.60]})
    >>> round(mass_balance(StreamTable(rows)).to_polars()["value"][0], 3)
    267.667
    """
    rows = streams.to_polars()
    scale = {unit: conversion(unit, "t") for unit in rows["unit"].unique().to_list()}
    sign = pl.when(pl.col("role") == "input").then(1.0).otherwise(-1.0)
    carbon = pl.col("value") * pl.col("unit").replace_strict(scale, return_dtype=pl.Float64) * pl.col("carbon_content")
    keys = ["place", "time", "sector", "scenario"]
    sums = (
        rows.with_columns((carbon * sign).alias("carbon"), carbon.alias("moved"))
        .group_by(keys, maintain_order=True)
        .agg(pl.col("carbon").sum(), pl.col("moved").sum(), pl.col("provenance_id").drop_nulls().first())
        .sort(keys)
    )
    problems = Problems()
    for row in sums.filter(pl.col("carbon") < -1e-9 * pl.col("moved")).iter_rows(named=True):
        problems.add(
            "balance_negative",
            Where(file=file_of(row["provenance_id"]), item=f"{row['place']}, {row['sector']}"),
            f"{row['carbon']:.6g} t C",
            place=row["place"],
            year=row["time"],
        )
    problems.raise_all()
    value = pl.max_horizontal(pl.col("carbon"), 0.0) * CARBON_TO_CO2
    made = sums.select(*keys, value.alias("value"), "provenance_id")
    fixed = {"activity": "carbon_balance", "scope": "1", "gas": "CO2", "unit": "t", "method": METHOD_ID}
    return EmissionTable(made, fixed=fixed, codes=streams.codes)
