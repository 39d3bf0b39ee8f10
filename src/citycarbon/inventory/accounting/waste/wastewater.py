"""Wastewater: methane of the organic load of homes and industry, nitrous oxide of the nitrogen that people excrete.

Comes in: BOD, COD, people, protein or industrial output. Goes out: scope 1 CH4 and N2O. Not for: the power of the plants, and
not for sludge, which is landfilled, burnt or composted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from citycarbon.core.chemistry import NITROGEN_TO_N2O
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
from citycarbon.core.units import conversion, same_dimension
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
from citycarbon.inventory.accounting.waste.recovered import RecoveryTable, less_recovered, shares_left, with_year

DOMESTIC_ID = "inventory.accounting.domestic_wastewater"
INDUSTRIAL_ID = "inventory.accounting.industrial_wastewater"
DAYS_OF_A_YEAR = 365.0
"""Days of a year as the guidelines count them (ipcc2006_v5_ch6)."""
BOD, COD = "domestic_wastewater_bod", "domestic_wastewater_cod"
PEOPLE, PROTEIN = "domestic_wastewater_population", "domestic_wastewater_protein"
INDUSTRIAL_COD = "industrial_wastewater_cod"
TREATMENTS = (
    "sea_river_lake", "stagnant_sewer", "flowing_sewer", "aerobic_well_managed", "aerobic_overloaded",
    "anaerobic_digester_sludge", "anaerobic_reactor", "anaerobic_shallow_lagoon", "anaerobic_deep_lagoon", "septic_system",
    "latrine_dry_family", "latrine_dry_communal", "latrine_wet", "latrine_sediment_removed",
)  # fmt: skip

_TREATMENT_COLUMNS = (
    Column("treatment", allowed=TREATMENTS, meaning=("treatment or discharge, chooses mcf", "处理或排放方式（决定 mcf）")),
    Column("mcf", "number", low=0, high=1, unit="1", meaning=("methane correction factor", "甲烷修正因子")),
    Column("b0", "number", low=0, unit="kg/kg", meaning=("methane per BOD or COD at most, B0", "甲烷最大产生能力 B0")),
    Column("sludge_removed", "number", low=0, meaning=("BOD or COD removed with sludge, in unit", "随污泥去除的量，单位同 unit")),
)  # fmt: skip


class DomesticWastewaterTable(Table):
    """Organic load of domestic wastewater as BOD, COD or people, and protein eaten, with own parameters where known."""

    columns = (
        PLACE, TIME, SECTOR,
        Column("activity", required=True, empty=False, allowed=(BOD, COD, PEOPLE, PROTEIN),
               meaning=("what the amount counts", "数量所指")),
        SCENARIO, AMOUNT, UNIT, *UNCERTAINTY, QUALITY,
        *_TREATMENT_COLUMNS,
        Column("bod_cod_ratio", "number", low=0, high=1, unit="kg/kg", meaning=("BOD per COD", "BOD 与 COD 之比")),
        Column("bod_per_person", "number", low=0, unit="g/(person*day)",
               meaning=("BOD per person and day", "人均日 BOD 产生量")),
        Column("protein", "number", low=0, unit="kg/(person*a)",
               meaning=("protein eaten per person and year", "人均年蛋白质消费量")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


class IndustrialWastewaterTable(Table):
    """Organic load of industrial wastewater as COD, or output of an industry, with own parameters where known."""

    columns = (
        PLACE, TIME, SECTOR, ACTIVITY, SCENARIO, AMOUNT, UNIT, *UNCERTAINTY, QUALITY,
        *_TREATMENT_COLUMNS,
        Column("wastewater_per_product", "number", low=0, unit="m^3/t",
               meaning=("wastewater per mass of product", "单位产品废水量")),
        Column("cod_concentration", "number", low=0, unit="kg/m^3", meaning=("COD of the wastewater", "废水 COD 浓度")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=DOMESTIC_ID,
    gives=EmissionTable,
    equation="E_CH4 = (TOW − S) · B0 · MCF − R;  E_N2O = Pop · Protein · F_NPR · F_NON-CON · F_IND-COM · EF · 44/28",
    source="provincial_guideline_2011",
    status="experimental",
    title=("Domestic wastewater", "生活污水"),
    version=2,
    methane="non-fossil",
)
def domestic_wastewater(
    wastewater: DomesticWastewaterTable,
    factors: FactorTable,
    recovered: RecoveryTable | None = None,
    places: PlaceTable | None = None,
    *,
    cod_route: Literal["bod", "cod"] = "bod",
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the methane and nitrous oxide of domestic wastewater.

    Tier 1. Each row gives one gas: BOD, COD or people give CH4, protein gives N2O; BOD and people of the same wastewater in two
    rows would count it twice.

    Parameters
    ----------
    wastewater
        ``domestic_wastewater_bod`` or ``domestic_wastewater_cod``: load of the wastewater, TOW [t or what converts to it];
        ``domestic_wastewater_population``: people [person], whose load is BOD per person and day over the days of the period;
        ``domestic_wastewater_protein``: protein eaten [t], or people [person] with ``protein``. ``treatment`` chooses the MCF
        of IPCC; without it the national average of the edition holds.
    factors
        wastewater_parameter rows: MCF, B0, BOD/COD by region, BOD per person, and the four factors of nitrogen.
    recovered
        Methane recovered, R [t or what converts to it], by place, year and sector.
    places
        Regions of the places, by which the BOD/COD ratio is chosen.
    cod_route
        ``bod`` turns COD into BOD by the ratio of the region and takes B0 per BOD; ``cod`` takes B0 per COD.
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
        If a parameter has no figure, or several.
    SchemaError
        If more methane is recovered than is generated, or more is removed with sludge than there is.

    References
    ----------
    Provincial inventory guideline 2011, chapter 6; IPCC 2006 Guidelines, volume 5, chapter 6, equations 6.1, 6.3, 6.7, 6.8.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> load = pl.DataFrame({"place": ["江苏"], "time": ["2020"], "sector": ["waste.wastewater_domestic"],
    ...                      "activity": ["domestic_wastewater_cod"], "value": [1000.0], "unit": ["t"]})
    >>> factors = shipped_library().choose(["provincial-guideline-2011", "ipcc2006"])
    >>> round(domestic_wastewater(DomesticWastewaterTable(load), factors).to_polars()["value"][0], 3)
    42.57
    """
    source = Source(factors, ("wastewater_parameter",), places, year_rule, region_fallback)
    rows = numbered(wastewater)
    counted = _counted(rows)
    wanted = _domestic_parameters(cod_route, counted)
    rows = with_parameters(rows, wanted, source)
    _refuse_sludge(rows, pl.col("activity").is_in([PEOPLE, PROTEIN]))
    rows = rows.with_columns(_amount(rows, counted).alias("amount"))
    per_person = pl.col("bod_per_person") * _days() * conversion("g", "t")
    ratio = pl.col("bod_cod_ratio") if cod_route == "bod" else pl.lit(1.0)
    of_people = pl.col("protein") * _days() / DAYS_OF_A_YEAR * conversion("kg", "t")
    eaten = pl.when(pl.col("unit").is_in(counted)).then(of_people).otherwise(1.0)
    nitrogen = pl.col("nitrogen_of_protein") * pl.col("not_eaten") * pl.col("co_discharged") * pl.col("effluent")
    activity = pl.col("activity")
    load = pl.when(activity == PEOPLE).then(per_person).when(activity == COD).then(ratio).otherwise(1.0)
    methane = load * pl.col("b0") * pl.col("mcf") * _kept()
    is_protein = pl.col("activity") == PROTEIN
    gas = pl.when(is_protein).then(pl.lit("N2O")).otherwise(pl.lit("CH4"))
    coefficient = pl.when(is_protein).then(eaten * nitrogen * NITROGEN_TO_N2O).otherwise(methane) * pl.col("amount")
    rows = rows.with_columns(gas.alias("gas"), coefficient.alias("coefficient"))
    return _finished(rows, wanted, recovered, DOMESTIC_ID, wastewater)


@method(
    id=INDUSTRIAL_ID,
    gives=EmissionTable,
    equation="E = Σ_i (TOW_i − S_i) · B0 · MCF − R,  TOW_i = COD or P_i · W_i · COD_i",
    source="ipcc2006_v5_ch6",
    status="experimental",
    title=("Industrial wastewater", "工业废水"),
    version=2,
    methane="non-fossil",
)
def industrial_wastewater(
    wastewater: IndustrialWastewaterTable,
    factors: FactorTable,
    recovered: RecoveryTable | None = None,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the methane of industrial wastewater from its COD, or from the output of an industry.

    Tier 1 with the figures of the library, Tier 2 with measured COD and own MCF.

    Parameters
    ----------
    wastewater
        ``industrial_wastewater_cod``: COD of the wastewater that is treated on site or discharged [t or what converts to
        it]; any other activity is an industry with its output P [t], such as ``pulp_and_paper_industry``, and needs its
        wastewater per product W and COD. ``treatment`` chooses the MCF of IPCC; without it the average of the edition holds.
    factors
        wastewater_parameter rows: MCF, B0 per COD, and W and COD of industries.
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
    CoverageError
        If a parameter has no figure, or several.
    SchemaError
        If more methane is recovered than is generated, or more is removed with sludge than there is.

    References
    ----------
    IPCC 2006 Guidelines, volume 5, chapter 6, equations 6.4 to 6.6, tables 6.8 and 6.9; provincial guideline 2011.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> load = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["waste.wastewater_industrial"],
    ...                      "activity": ["industrial_wastewater_cod"], "value": [1000.0], "unit": ["t"],
    ...                      "treatment": ["anaerobic_reactor"]})
    >>> made = industrial_wastewater(IndustrialWastewaterTable(load), shipped_library().choose(["ipcc2006"]))
    >>> made.to_polars()["value"].to_list()
    [200.0]
    """
    source = Source(factors, ("wastewater_parameter",), places, year_rule, region_fallback)
    by_output = pl.col("activity") != INDUSTRIAL_COD
    wanted = (
        *_common("industrial_wastewater_mcf", pl.lit("wastewater_b0_cod"), pl.lit(True)),
        Wanted(
            "wastewater_per_product",
            (pl.format("{}_wastewater_per_product", pl.col("activity")),),
            unit="m^3/t",
            needed=by_output,
        ),
        Wanted("cod_concentration", (pl.format("{}_cod", pl.col("activity")),), unit="kg/m^3", needed=by_output),
    )
    rows = with_parameters(numbered(wastewater), wanted, source)
    _refuse_sludge(rows, by_output)
    per_output = pl.col("wastewater_per_product") * pl.col("cod_concentration") * conversion("kg", "t")
    load = pl.when(by_output).then(per_output).otherwise(1.0) * in_unit(rows, "t")
    methane = load * pl.col("b0") * pl.col("mcf") * _kept()
    rows = rows.with_columns(pl.lit("CH4").alias("gas"), methane.alias("coefficient"))
    return _finished(rows, wanted, recovered, INDUSTRIAL_ID, wastewater)


def _common(average: str, b0: pl.Expr, needed: pl.Expr) -> tuple[Wanted, Wanted]:
    chosen = pl.when(pl.col("treatment").is_null()).then(pl.lit(average))
    mcf = chosen.otherwise(pl.format("wastewater_mcf_{}", pl.col("treatment")))
    return Wanted("mcf", (mcf,), needed=needed), Wanted("b0", (b0,), needed=needed)


def _domestic_parameters(cod_route: str, counted: list[str]) -> tuple[Wanted, ...]:
    activity = pl.col("activity")
    protein, by_cod = activity == PROTEIN, activity == COD
    per_cod = by_cod & pl.lit(cod_route == "cod")
    b0 = pl.when(per_cod).then(pl.lit("wastewater_b0_cod")).otherwise(pl.lit("wastewater_b0_bod"))
    by_head = protein & pl.col("unit").is_in(counted)
    return (
        *_common("domestic_wastewater_mcf", b0, ~protein),
        Wanted("bod_cod_ratio", (pl.lit("domestic_wastewater_bod_cod_ratio"),), needed=by_cod & ~per_cod),
        Wanted(
            "bod_per_person",
            (pl.lit("domestic_wastewater_bod_per_person"),),
            unit="g/(person*day)",
            needed=activity == PEOPLE,
        ),
        Wanted("protein", (pl.lit("protein_per_person"),), unit="kg/(person*a)", needed=by_head),
        Wanted("nitrogen_of_protein", (pl.lit("protein_nitrogen_fraction"),), needed=protein),
        Wanted("not_eaten", (pl.lit("non_consumed_protein_factor"),), needed=protein),
        Wanted("co_discharged", (pl.lit("co_discharged_protein_factor"),), needed=protein),
        Wanted("effluent", (pl.lit("effluent_n2o_nitrogen_factor"),), needed=protein),
    )


def _counted(rows: pl.DataFrame) -> list[str]:
    """Units that count people."""
    return [unit for unit in rows["unit"].unique().to_list() if same_dimension(unit, "person")]


def _amount(rows: pl.DataFrame, counted: list[str]) -> pl.Series:
    """Tonnes or persons per unit of each row."""
    people = pl.col("activity") == PEOPLE
    people = people | ((pl.col("activity") == PROTEIN) & pl.col("unit").is_in(counted))
    parts = [
        part.select(ROW, in_unit(part, target).alias("amount"))
        for part, target in ((rows.filter(people), "person"), (rows.filter(~people), "t"))
    ]
    return pl.concat(parts).sort(ROW)["amount"]


def _days() -> pl.Expr:
    """Days of the period: 365 of a year, as the guidelines count, those of the month, or one."""
    time = pl.col("time")
    month = (time.str.slice(0, 7) + "-01").str.to_date(strict=False).dt.month_end().dt.day().cast(pl.Float64)
    return (
        pl.when(time.str.len_chars() == 4)
        .then(DAYS_OF_A_YEAR)
        .when(time.str.len_chars() == 7)
        .then(month)
        .otherwise(1.0)
    )


def _kept() -> pl.Expr:
    """Share of the load that does not leave with the sludge."""
    removed = pl.col("sludge_removed").fill_null(0.0)
    return pl.when(removed > 0).then(1 - removed / pl.col("value")).otherwise(1.0)


def _refuse_sludge(rows: pl.DataFrame, no_load: pl.Expr) -> None:
    """Refuse more sludge than load, and sludge where the amount is no load."""
    problems = Problems()
    removed = pl.col("sludge_removed").fill_null(0.0)
    for row in rows.filter((removed > 0) & no_load).head(20).iter_rows(named=True):
        shown = f"{row['activity']}: {row['sludge_removed']:g}"
        problems.add("parameter_wrong", place_of(row, "sludge_removed"), shown, expected_value="BOD, COD")
    for row in rows.filter((removed > pl.col("value")) & ~no_load).head(20).iter_rows(named=True):
        shown = f"{row['sludge_removed']:g} > {row['value']:g}"
        problems.add("value_out_of_range", place_of(row, "sludge_removed"), shown, range="sludge_removed <= value")
    problems.raise_all()


def _finished(
    rows: pl.DataFrame,
    wanted: Sequence[Wanted],
    recovered: RecoveryTable | None,
    method_id: str,
    wastewater: DomesticWastewaterTable | IndustrialWastewaterTable,
) -> EmissionTable:
    columns = [item.column for item in wanted]
    sd = pl.col("coefficient") * relative_sd(columns)
    coefficients = rows.select(
        ROW,
        "gas",
        "coefficient",
        sd.alias("coefficient_sd"),
        factor_errors(columns),
        factor_ids(columns),
        rules(columns),
    )
    amount = pl.when(pl.col("gas") == "CH4").then(pl.col("value") * pl.col("coefficient")).otherwise(0.0)
    left = shares_left(with_year(rows).with_columns(amount.alias("generated")), recovered)
    return filed(less_recovered(multiplied(rows, coefficients, method_id), left), method_id, wastewater.codes)
