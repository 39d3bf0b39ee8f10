"""Clinker by its chemistry: the CaO and MgO that came from carbonates say how much CO2 left the kiln.

Comes in: clinker with its oxides, the parts of them that were no carbonate, and kiln dust. Goes out: scope 1 CO2. Not for:
plants that measure the carbonates that go in, and not for the fuel of the kiln.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, FactorTable, Table
from citycarbon.core.tables.columns import AMOUNT, PLACE, PROVENANCE, SCENARIO, SD, SECTOR, TIME, UNIT
from citycarbon.core.uncertainty import FACTOR_ERRORS, error_of_row, errors_of_product, errors_of_sum, relative_errors
from citycarbon.core.units import conversion
from citycarbon.inventory.accounting.industry.kinds import parameter, place_of

METHOD_ID = "inventory.accounting.clinker_chemistry"
CLINKER = "cement_clinker"
_OXIDES = ("calcium_oxide", "magnesium_oxide")


def _share(name: str, english: str, chinese: str) -> Column:
    return Column(name, "number", required=True, empty=False, low=0, high=1, unit="1", meaning=(english, chinese))


class ClinkerTable(Table):
    """Clinker output with its chemistry; what is not counted is written as 0, so that no share is left to a default."""

    columns = (
        PLACE, TIME, SECTOR,
        SCENARIO, AMOUNT, UNIT,
        SD,
        _share("calcium_oxide", "CaO per clinker", "熟料中氧化钙含量"),
        _share("magnesium_oxide", "MgO per clinker", "熟料中氧化镁含量"),
        _share("non_carbonate_calcium_oxide", "CaO per clinker that was no carbonate", "非碳酸盐来源氧化钙含量"),
        _share("non_carbonate_magnesium_oxide", "MgO per clinker that was no carbonate", "非碳酸盐来源氧化镁含量"),
        Column("kiln_dust", "number", low=0, unit="t", meaning=("dust that leaves the kiln for good", "离开窑系统的窑灰")),
        Column("dust_calcination", "number", low=0, high=1, unit="1",
               meaning=("share of the dust's carbonate that is calcined", "窑灰分解率")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = M_cl·EF·F_dust  or  E = M_cl·EF + M_d·EF_d;  EF = (w_CaO − n_CaO)·s_CaO + (w_MgO − n_MgO)·s_MgO",
    source="ipcc2006_v3_ch2",
    status="reproduced",
    title=("Clinker by chemistry", "水泥熟料（化学成分法）"),
    version=3,
)
def clinker_chemistry(clinker: ClinkerTable, factors: FactorTable) -> EmissionTable:
    """Account the process CO2 of clinker in scope 1 from its lime and magnesia.

    Dust that leaves the kiln has lost CO2 too. Where ``kiln_dust`` is stated, its own factor follows from the degree d of its
    calcination: EF_d = r·d / (1 − r·d) with r = EF / (1 + EF), the share of CO2 in the raw meal. Where it is not, F_dust of the
    factors stands for it: 1.02 of IPCC, 1 in the provincial guideline, which has no such term.

    Parameters
    ----------
    clinker
        Clinker, M_cl [t or what converts to it], its calcium_oxide, w_CaO [1], and magnesium_oxide, w_MgO [1], of which
        non_carbonate_calcium_oxide, n_CaO [1], and non_carbonate_magnesium_oxide, n_MgO [1], came from slag, ash and other
        material without carbonate; kiln_dust, M_d [t], with dust_calcination, d [1].
    factors
        stoichiometric_ratio s [t CO2/t] of ``calcium_oxide`` and ``magnesium_oxide``, and kiln_dust_factor, F_dust [1], of
        ``cement_clinker``; one edition.

    Returns
    -------
    emissions
        [t] of CO2, scope 1, activity ``cement_clinker``.

    Raises
    ------
    SchemaError
        If more of an oxide came from elsewhere than there is, or the oxides are more than the clinker.
    InputError
        If dust is stated without its calcination.
    CoverageError
        If a ratio or the dust factor is missing, or two editions differ.

    References
    ----------
    IPCC 2006 Guidelines, volume 3, chapter 2, equations 2.2, 2.4 and 2.5; WBCSD cement protocol for the dust.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> kiln = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["process.cement"], "value": [1000.0], "unit": ["t"],
    ...                      "calcium_oxide": [0.65], "magnesium_oxide": [0.0], "non_carbonate_calcium_oxide": [0.0],
    ...                      "non_carbonate_magnesium_oxide": [0.0], "kiln_dust": [0.0], "dust_calcination": [1.0]})
    >>> rows = clinker_chemistry(ClinkerTable(kiln), shipped_library().choose(["ipcc2006"])).to_polars()
    >>> [round(value, 2) for value in rows["value"]]
    [510.25]
    """
    rows = clinker.to_polars()
    problems = Problems()
    _check(rows, problems)
    known = factors.to_polars()
    ratios = {name: parameter(known, "stoichiometric_ratio", name, problems) for name in _OXIDES}
    bare = rows["kiln_dust"].is_null().any()
    dust = parameter(known, "kiln_dust_factor", CLINKER, problems) if bare else {"value": 1.0, "factor_id": None}
    problems.raise_all()
    parts = [
        (pl.col(name) - pl.col(f"non_carbonate_{name}")) * float(str(ratio["value"])) for name, ratio in ratios.items()
    ]
    scale = {unit: conversion(unit, "t") for unit in rows["unit"].unique().to_list()}
    calcined = pl.col("ratio") / (1 + pl.col("ratio")) * pl.col("dust_calcination")
    named = [str(ratio["factor_id"]) for ratio in ratios.values()]
    stated = pl.col("kiln_dust").is_not_null()
    made = rows.with_columns(
        sum(parts, pl.lit(0.0)).alias("ratio"),
        pl.col("unit").replace_strict(scale, return_dtype=pl.Float64).alias("scale"),
    ).with_columns(
        (pl.col("ratio") * pl.when(stated).then(1.0).otherwise(float(str(dust["value"])))).alias("coefficient"),
        (pl.col("kiln_dust") * calcined / (1 - calcined)).fill_null(0.0).alias("dust_emission"),
        pl.when(stated).then(pl.lit("*".join(named))).otherwise(pl.lit("*".join([*named, str(dust["factor_id"])])))
        .alias("factor_id"),
    )  # fmt: skip
    shares = [error_of_row(ratio, part / pl.col("ratio")) for ratio, part in zip(ratios.values(), parts, strict=True)]
    errors = errors_of_product(errors_of_sum(*shares), pl.when(~stated).then(error_of_row(dust)))
    whole = made.with_columns(errors.alias(FACTOR_ERRORS)).with_columns(
        (pl.col("value") * pl.col("scale") * pl.col("coefficient")).alias("clinker_emission"),
        (pl.col("sd") * pl.col("scale") * pl.col("coefficient")).alias("sd_activity"),
        relative_errors(pl.col(FACTOR_ERRORS)).alias("relative"),
    )
    # The error of the stated dust, whose own factor follows from the same oxides, is left out: it is a part of a part.
    own, of_factor = (
        pl.col("sd_activity").fill_null(0.0),
        pl.col("clinker_emission") * pl.col("relative").fill_null(0.0),
    )
    both = pl.col("sd_activity").is_not_null() | pl.col("relative").is_not_null()
    emissions = whole.select(
        *("place", "time", "sector", "scenario", "provenance_id", "factor_id", "sd_activity", FACTOR_ERRORS),
        (pl.col("clinker_emission") + pl.col("dust_emission")).alias("value"),
        pl.when(both).then((own**2 + of_factor**2 + (own * pl.col("relative").fill_null(0.0)) ** 2).sqrt()).alias("sd"),
        pl.when(pl.col("relative").is_not_null()).then(of_factor).alias("sd_factor"),
        pl.when(pl.col("relative").is_not_null()).then(pl.col("factor_id")).alias("error_group"),
    )
    fixed = {"activity": CLINKER, "scope": "1", "gas": "CO2", "unit": "t", "method": METHOD_ID}
    return EmissionTable(emissions, fixed=fixed, codes=clinker.codes)


def _check(rows: pl.DataFrame, problems: Problems) -> None:
    """What the columns' own bounds cannot see: parts above their whole, dust without its calcination."""
    for name in _OXIDES:
        other = f"non_carbonate_{name}"
        for row in rows.filter(pl.col(other) > pl.col(name)).head(20).iter_rows(named=True):
            where = place_of(row, other)
            problems.add("value_out_of_range", where, f"{row[other]:g}", range=f"0 <= {other} <= {row[name]:g}")
    both = pl.col("calcium_oxide") + pl.col("magnesium_oxide")
    for row in rows.filter(both > 1).head(20).iter_rows(named=True):
        found = f"{row['calcium_oxide'] + row['magnesium_oxide']:g}"
        limit = "calcium_oxide + magnesium_oxide <= 1"
        problems.add("value_out_of_range", place_of(row, "calcium_oxide"), found, range=limit)
    lonely = (pl.col("kiln_dust") > 0) & pl.col("dust_calcination").is_null()
    for row in rows.filter(lonely).head(20).iter_rows(named=True):
        problems.add(
            "parameter_missing", place_of(row, "dust_calcination"), row["kiln_dust"], column="dust_calcination"
        )
