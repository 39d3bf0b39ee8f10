"""Energy worked back from emissions: how much heat of a fuel stands behind a printed figure.

Comes in: CO2 of fuels, and the carbon content and oxidation by which the source made it. Goes out: energy as activity data
that say what they are. Not for: accounting, since the emissions would only come out as they went in.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.chemistry import CARBON_TO_CO2
from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.sums import check_parts
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.core.units import conversion

QUALITY = "L: back-calculated from emissions, no statistic"


@method(
    id="inventory.sectors.implied_energy",
    gives=ActivityTable,
    equation="Q = E_CO2 / (CC · OF · 44/12)",
    source="ipcc2006_v2_eq2_1",
    status="experimental",
    title=("Energy implied by emissions", "由排放反推的能源"),
    version=2,
)
def implied_energy(emissions: EmissionTable, factors: FactorTable) -> ActivityTable:
    """Work the energy of fuels back from their CO2.

    Parameters
    ----------
    emissions
        CO2 of fuels in scope 1; other gases, scopes and activities that are no fuel of the factors are left out.
    factors
        carbon_content [t/GJ] and oxidation_factor [1] of each fuel, one of each; one that names a sector goes before the
        general one in that sector.

    Returns
    -------
    activity
        Heat content [GJ] by place, time, sector and fuel, marked as back-calculated in its quality.

    Raises
    ------
    CoverageError
        If a fuel has a carbon content and no oxidation factor, or several that differ.

    References
    ----------
    IPCC 2006 Guidelines, volume 2, equation 2.1, solved for the fuel.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": ["A"], "time": ["2019"], "sector": ["urban"], "activity": ["natural_gas"],
    ...                      "scope": ["1"], "gas": ["CO2"], "value": [55.612], "unit": ["t"]})
    >>> known = pl.DataFrame({"quantity": ["carbon_content", "oxidation_factor"], "activity": "natural_gas",
    ...                       "value": [0.01532, 0.99], "unit": ["t/GJ", "1"]})
    >>> implied_energy(EmissionTable(rows), FactorTable(known)).to_polars()["value"].round(1).to_list()
    [1000.0]
    """
    chain = _per_energy(factors.to_polars())
    rows = emissions.with_unit("t").to_polars().filter((pl.col("gas") == "CO2") & (pl.col("scope") == "1"))
    keys = ["place", "time", "sector", "activity", "scenario"]
    check_parts(rows, keys)
    own, general = chain.drop_nulls("sector"), chain.filter(pl.col("sector").is_null()).drop("sector")
    made = (
        rows.join(own, on=["activity", "sector"], how="left", maintain_order="left")
        .join(general, on="activity", how="left", maintain_order="left", suffix="_general")
        .with_columns(pl.coalesce("coefficient", "coefficient_general"))
    )
    missing = made.filter(pl.col("activity").is_in(own["activity"].to_list()) & pl.col("coefficient").is_null())
    problems = Problems()
    for name, sector in missing.select("activity", "sector").unique().sort("activity", "sector").iter_rows():
        facts = {"activity": f"{name} ({sector})", "region": "—", "year": "—", "editions": "—", "available": "—"}
        problems.add("factor_missing", Where(column="sector", item=sector), f"{name}, {sector}", **facts)
    problems.raise_all()
    made = made.drop_nulls("coefficient").select(
        *keys, (pl.col("value") / pl.col("coefficient")).alias("value"), "provenance_id"
    )
    return ActivityTable(made, fixed={"unit": "GJ", "quality": QUALITY}, codes=emissions.codes)


def _per_energy(known: pl.DataFrame) -> pl.DataFrame:
    """Give CC · OF · 44/12 [t/GJ] of each fuel, and of each sector that has a figure of its own."""
    carbon, oxidation = (_one_each(known, name) for name in ("carbon_content", "oxidation_factor"))
    chain = carbon.join(oxidation, on="activity", how="left", suffix="_of")
    problems = Problems()
    for name in chain.filter(pl.col("value_of").is_null())["activity"].unique().sort().to_list():
        facts = {"activity": name, "region": "—", "year": "—", "editions": "oxidation_factor", "available": "—"}
        problems.add("factor_missing", Where(column="activity", item=name), name, **facts)
    problems.raise_all()
    mine, other = pl.col("sector"), pl.col("sector_of")
    chain = chain.filter(mine.is_null() | other.is_null() | (mine == other))
    scale = {unit: conversion(unit, "t/GJ") for unit in chain["unit"].unique().to_list()}
    coefficient = pl.col("value") * pl.col("unit").replace_strict(scale, return_dtype=pl.Float64) * pl.col("value_of")
    # Where both parts have a figure of one sector, the pair of the two goes before a pair with a general part.
    exact = mine.is_not_null().cast(pl.Int64) + other.is_not_null().cast(pl.Int64)
    chain = chain.select("activity", pl.coalesce(mine, other).alias("sector"), exact.alias("exact"),
                         (coefficient * CARBON_TO_CO2).alias("coefficient"))  # fmt: skip
    chain = chain.filter(pl.col("exact") == pl.col("exact").max().over("activity", "sector"))
    return chain.drop("exact")


def _one_each(known: pl.DataFrame, quantity: str) -> pl.DataFrame:
    """Give the one figure of each activity and sector; two that differ are refused, since they would name two editions."""
    rows = known.filter(pl.col("quantity") == quantity)
    rows = rows.unique(["activity", "sector", "value", "unit"], maintain_order=True)
    problems = Problems()
    several = rows.filter(pl.struct("activity", "sector").is_duplicated())
    for name in several["activity"].unique().sort().to_list():
        shown = ", ".join(f"{each:g}" for each in several.filter(pl.col("activity") == name)["value"].to_list())
        facts = {"activity": name, "region": "—", "year": "—", "editions": quantity}
        problems.add("factor_ambiguous", Where(column="activity", item=name), shown, **facts)
    problems.raise_all()
    return rows.select("activity", "sector", "value", "unit")
