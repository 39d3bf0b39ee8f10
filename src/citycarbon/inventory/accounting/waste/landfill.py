"""What the two landfill methods share: columns of deposits, their parameters, and methane per tonne of waste.

Comes in: rows of waste in landfills. Goes out: the rows with MCF, DOC, DOC_F, F and OX, and the methane that a tonne can give.
Not for: when it is given off, which :mod:`.landfill_decay` computes.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from citycarbon.core.chemistry import CARBON_TO_METHANE
from citycarbon.core.schema import Column
from citycarbon.inventory.accounting.waste.parameters import Wanted, factor_errors, factor_ids, relative_sd, rules

SITES = ("managed_anaerobic", "managed_semi_aerobic", "unmanaged_deep", "unmanaged_shallow", "uncategorised")
COVERS = ("uncovered", "covered")
_FACTORS = ("mcf", "doc", "docf", "methane_fraction")
CLIMATES = ("boreal_temperate_dry", "boreal_temperate_wet", "tropical_dry", "tropical_wet")

SITE_COLUMNS = (
    Column("site", allowed=SITES, meaning=("kind of site, chooses mcf", "填埋场类型（决定 mcf）")),
    Column("cover", default="uncovered", allowed=COVERS,
           meaning=("whether the cover oxidises methane, chooses oxidation", "覆盖层（决定 oxidation）")),
    Column("mcf", "number", low=0, high=1, unit="1", meaning=("methane correction factor", "甲烷修正因子")),
    Column("doc", "number", low=0, high=1, unit="1",
           meaning=("degradable organic carbon per mass of wet waste", "可降解有机碳（湿重质量分数）")),
    Column("docf", "number", low=0, high=1, unit="1", meaning=("share of doc that decomposes", "可分解的 DOC 比例")),
    Column("methane_fraction", "number", low=0, high=1, unit="1",
           meaning=("methane in landfill gas by volume", "填埋气中甲烷体积分数")),
    Column("oxidation", "number", low=0, high=1, unit="1",
           meaning=("share of methane oxidised in the cover", "覆盖层甲烷氧化比例")),
)  # fmt: skip


def waste_kind() -> pl.Expr:
    """Name under which parameters of a kind of waste are listed; mixed municipal waste is ``bulk_msw``."""
    return pl.col("activity").replace({"municipal_solid_waste": "bulk_msw"})


def landfill_parameters() -> tuple[Wanted, ...]:
    """Parameters of the methane that waste can give."""
    return (
        Wanted("mcf", (pl.format("landfill_mcf_{}", pl.col("site")),), choice="site"),
        Wanted("doc", (pl.format("{}_doc", waste_kind()),)),
        Wanted("docf", (pl.format("{}_docf", waste_kind()), pl.lit("landfill_docf"))),
        Wanted("methane_fraction", (pl.lit("landfill_methane_fraction"),)),
        Wanted("oxidation", (pl.format("landfill_oxidation_{}", pl.col("cover")),)),
    )


def methane_potential() -> pl.Expr:
    """L0 = MCF · DOC · DOC_F · F · 16/12 [t CH4 per t of waste]."""
    product = pl.col("mcf") * pl.col("doc") * pl.col("docf") * pl.col("methane_fraction")
    return product * CARBON_TO_METHANE


def origin(further: Sequence[str] = ()) -> tuple[pl.Expr, ...]:
    """Columns factor_id, rule, relative_sd and factor_errors of the emission; ``further`` parameters have no error."""
    columns = [*_FACTORS, "oxidation", *further]
    errors = (relative_sd(_FACTORS, complements=("oxidation",)), factor_errors(_FACTORS, complements=("oxidation",)))
    return factor_ids(columns), rules(columns), *errors
