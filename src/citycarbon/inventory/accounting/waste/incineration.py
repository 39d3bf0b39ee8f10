"""Incineration and open burning of waste: fossil CO2, biogenic CO2 as a memo, CH4 and N2O.

Comes in: waste burnt by kind. Goes out: scope 1 emissions by gas. Not for: plants that recover energy, whose same rows belong
to a sector of the energy industries, nor for the fuel that keeps a furnace alight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from citycarbon.core.chemistry import CARBON_TO_CO2
from citycarbon.core.errors import Problems
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
from citycarbon.core.warming import BIOGENIC
from citycarbon.inventory.accounting.waste.filing import ROW, filed, multiplied, numbered
from citycarbon.inventory.accounting.waste.parameters import (
    Source,
    Wanted,
    factor_errors,
    factor_ids,
    in_unit,
    place_of,
    relative_sd,
    rules,
    with_parameters,
)

METHOD_ID = "inventory.accounting.incineration"
OPEN = "_open_burning"
"""Ending of activities that are burnt in the open."""
TECHNOLOGIES = (
    "continuous_stoker", "continuous_fluidised_bed", "semi_continuous_stoker", "semi_continuous_fluidised_bed",
    "batch_stoker", "batch_fluidised_bed",
)  # fmt: skip


class BurntWasteTable(Table):
    """Waste burnt by kind, with the furnace and own properties of the waste where known."""

    columns = (
        PLACE, TIME, SECTOR, ACTIVITY, SCENARIO, AMOUNT, UNIT, *UNCERTAINTY, QUALITY,
        Column("technology", allowed=TECHNOLOGIES, meaning=("furnace, chooses CH4 and N2O", "焚烧炉类型（决定 CH4、N2O）")),
        Column("carbon_content", "number", low=0, high=1, unit="1",
               meaning=("carbon per mass of wet waste, CCW", "含碳量（湿重质量分数）")),
        Column("fossil_share", "number", low=0, high=1, unit="1", meaning=("fossil share of the carbon", "矿物碳比例")),
        Column("combustion_efficiency", "number", low=0, high=1, unit="1",
               meaning=("share of the carbon that is oxidised", "碳氧化比例（燃烧效率）")),
        Column("dry_matter", "number", low=0, high=1, unit="1",
               meaning=("dry matter per mass of wet waste", "干物质含量")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_CO2 = Σ IW · CCW · FCF · EF · 44/12;  E_bio = Σ IW · CCW · (1 − FCF) · EF · 44/12;  E_g = Σ IW · EF_g",
    source="provincial_guideline_2011",
    status="experimental",
    title=("Incineration of waste", "废弃物焚烧"),
    version=2,
    methane="non-fossil",
)
def incineration(
    burnt: BurntWasteTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the gases of burnt waste; CO2 of the fossil carbon counts, CO2 of the biogenic carbon is a memo.

    Tier 1 with the figures of the library, Tier 2 with the city's own composition.

    Parameters
    ----------
    burnt
        Waste burnt, IW [t or what converts to it, wet]. Kinds with figures of the provincial guideline:
        ``municipal_solid_waste``, ``hazardous_waste``, ``sewage_sludge``; by components with those of IPCC 2006:
        ``paper_waste``, ``textile_waste``, ``food_waste``, ``wood_waste``, ``garden_waste``, ``nappy_waste``,
        ``rubber_leather_waste``, ``plastic_waste``, ``inert_waste``. Waste burnt in the open has the kind's name with
        ``_open_burning`` behind it. Components beside the whole of the same waste would count it twice. Plants with energy
        recovery take a sector of the energy industries.
    factors
        incineration_parameter rows: carbon (by wet weight, or by dry weight with the dry matter), fossil share, share
        oxidised; incineration_gas_factor rows: CH4 and N2O, where known.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CO2, CO2-biogenic, CH4 and N2O; scope 1, or scope 3 for sectors that end in ``_outside``. CH4 and N2O need
        ``technology`` (open burning: its N2O needs the dry matter); without a figure the row has no number but the mark NE.

    Raises
    ------
    CoverageError
        If the carbon, its fossil share or the share oxidised has no figure, or several.
    InputError
        If carbon is known by dry weight only and the dry matter is not.

    References
    ----------
    Provincial inventory guideline 2011, chapter 6; IPCC 2006 Guidelines, volume 5, chapter 5, equations 5.1 to 5.5.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> waste = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["waste.incineration"],
    ...                       "activity": ["municipal_solid_waste"], "value": [1000.0], "unit": ["t"]})
    >>> made = incineration(BurntWasteTable(waste), shipped_library().choose(["provincial-guideline-2011"])).to_polars()
    >>> [(row["gas"], row["notation"] or round(row["value"], 2)) for row in made.iter_rows(named=True)]
    [('CH4', 'NE'), ('CO2', 271.7), ('CO2-biogenic', 424.97), ('N2O', 'NE')]
    """
    source = Source(factors, ("incineration_parameter", "incineration_gas_factor"), places, year_rule, region_fallback)
    rows = numbered(burnt)
    by_dry_weight = _by_dry_weight(source.names)
    rows = rows.with_columns(by_dry_weight.alias("by_dry_weight"), _open().alias("open_burning"))
    rows = with_parameters(rows, _parameters(), source)
    _refuse_unknown_dry_matter(rows)
    return filed(multiplied(rows, _coefficients(rows), METHOD_ID), METHOD_ID, burnt.codes)


def _kind() -> pl.Expr:
    return pl.col("activity").str.strip_suffix(OPEN)


def _open() -> pl.Expr:
    return pl.col("activity").str.ends_with(OPEN)


def _by_dry_weight(known: list[str]) -> pl.Expr:
    """Kinds whose carbon the factor table gives by dry weight only."""
    wet, dry = pl.format("{}_total_carbon", _kind()), pl.format("{}_carbon_of_dry_matter", _kind())
    return ~wet.is_in(known) & dry.is_in(known)


def _dry() -> pl.Expr:
    """Rows whose carbon comes from the dry weight; a carbon content that the row states wins."""
    return pl.col("by_dry_weight") & pl.col("carbon_content").is_null()


def _parameters() -> tuple[Wanted, ...]:
    kind, open_burning = _kind(), pl.col("open_burning")
    regime = pl.col("technology").str.replace("_(stoker|fluidised_bed)$", "")
    efficiency = pl.when(open_burning).then(pl.lit("open_burning_combustion_efficiency"))
    return (
        Wanted("carbon_content", (pl.format("{}_total_carbon", kind),), needed=~pl.col("by_dry_weight")),
        Wanted("carbon_of_dry_matter", (pl.format("{}_carbon_of_dry_matter", kind),), needed=_dry()),
        Wanted(
            "dry_matter",
            (pl.format("{}_dry_matter", kind),),
            needed=_dry() | open_burning,
            optional=True,
        ),
        Wanted("fossil_share", (pl.format("{}_fossil_carbon", kind),)),
        Wanted(
            "combustion_efficiency",
            (
                efficiency.otherwise(pl.format("{}_combustion_efficiency", kind)),
                efficiency.otherwise(pl.lit("incineration_combustion_efficiency")),
            ),
        ),
        Wanted(
            "methane",
            (
                pl.when(open_burning)
                .then(pl.lit("open_burning_ch4"))
                .otherwise(pl.format("{}_incineration_ch4_{}", kind, pl.col("technology"))),
                pl.format("{}_incineration_ch4", kind),
            ),
            optional=True,
        ),
        Wanted(
            "nitrous_oxide",
            (pl.format("{}_incineration_n2o_{}", kind, regime), pl.format("{}_incineration_n2o", kind)),
            needed=~open_burning,
            optional=True,
        ),
        Wanted("nitrous_oxide_dry", (pl.lit("open_burning_n2o"),), needed=open_burning, optional=True),
    )


def _refuse_unknown_dry_matter(rows: pl.DataFrame) -> None:
    problems = Problems()
    for row in rows.filter(_dry() & pl.col("dry_matter").is_null()).head(20).iter_rows(named=True):
        problems.add("parameter_missing", place_of(row, "dry_matter"), row["activity"], column="dry_matter")
    problems.raise_all()


def _coefficients(rows: pl.DataFrame) -> pl.DataFrame:
    """Tonnes of each gas per unit of waste; a gas without a figure is marked NE."""
    rows = rows.with_columns(in_unit(rows, "t").alias("tonnes"))
    dry, wet = rows.filter(_dry()), rows.filter(~_dry())
    dry_carbon = pl.col("carbon_of_dry_matter") * pl.col("dry_matter")
    nitrous = pl.col("nitrous_oxide_dry") * pl.col("dry_matter")
    in_the_open, in_furnaces = rows.filter(pl.col("open_burning")), rows.filter(~pl.col("open_burning"))
    parts = [
        *_of_carbon(dry, dry_carbon, ("carbon_of_dry_matter", "dry_matter")),
        *_of_carbon(wet, pl.col("carbon_content"), ("carbon_content",)),
        _of_gas(rows, "CH4", pl.col("methane"), ("methane",)),
        _of_gas(in_the_open, "N2O", nitrous, ("nitrous_oxide_dry", "dry_matter")),
        _of_gas(in_furnaces, "N2O", pl.col("nitrous_oxide"), ("nitrous_oxide",)),
    ]
    return pl.concat(parts).sort(ROW, "gas")


def _of_carbon(rows: pl.DataFrame, carbon: pl.Expr, columns: Sequence[str]) -> list[pl.DataFrame]:
    """CO2 of the fossil carbon, and of the biogenic carbon as a memo."""
    oxidised = carbon * pl.col("combustion_efficiency") * CARBON_TO_CO2
    fossil, used = pl.col("fossil_share"), (*columns, "combustion_efficiency")
    return [
        _of_gas(rows, "CO2", oxidised * fossil, (*used, "fossil_share")),
        _of_gas(rows, BIOGENIC, oxidised * (1 - fossil), used, ("fossil_share",)),
    ]


def _of_gas(
    rows: pl.DataFrame, gas: str, coefficient: pl.Expr, columns: Sequence[str], complements: Sequence[str] = ()
) -> pl.DataFrame:
    per_unit = pl.col("tonnes") * coefficient
    used = (*columns, *complements)
    bare = coefficient.is_null()
    missing = pl.lit("no figure for this gas, waste and furnace")
    return rows.select(
        ROW,
        pl.lit(gas).alias("gas"),
        per_unit.alias("coefficient"),
        (per_unit * relative_sd(columns, complements)).alias("coefficient_sd"),
        factor_errors(columns, complements),
        pl.when(~bare).then(factor_ids(used)).alias("factor_id"),
        pl.when(bare).then(missing).otherwise(rules(used)).alias("rule"),
        pl.when(bare).then(pl.lit("NE")).alias("notation"),
    )
