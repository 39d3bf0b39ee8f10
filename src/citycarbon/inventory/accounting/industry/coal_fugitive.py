"""Methane of coal: what mining, handling and abandoned mines release, less what is used or flared.

Comes in: coal output by kind of mine, or numbers of abandoned mines, and recovered methane. Goes out: scope 1 methane, and CO2 of
flares. Not for: engines and boilers that burn mine gas, which is combustion, and not for burning coal seams.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable, Table
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
from citycarbon.core.units import conversion, quotient, split_factor_unit
from citycarbon.inventory.accounting.apply import Account, match, multiply
from citycarbon.inventory.accounting.industry.kinds import EMISSION_FACTOR, parameter, place_of, refuse_elsewhere

METHOD_ID = "inventory.accounting.coal_fugitive"
KIND = "coal_mine"
METHANE_TO_CO2 = 44.0 / 16.0
"""Mass of CO2 per mass of burnt methane."""
_RECOVERED = ("methane_used", "methane_flared")
_STATE = "m3@20C"


class CoalMineTable(Table):
    """Coal output or mines, with the methane that was caught and used or flared."""

    columns = (
        PLACE, TIME, SECTOR, ACTIVITY, SCENARIO, AMOUNT, UNIT, *UNCERTAINTY,
        Column("methane_used", "number", low=0, unit=_STATE,
               meaning=("mine methane that was used, at 20 °C", "利用的甲烷量（20 °C）")),
        Column("methane_flared", "number", low=0, unit=_STATE,
               meaning=("mine methane that was flared, at 20 °C", "火炬销毁的甲烷量（20 °C）")),
        QUALITY, PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_CH4 = AD·V·ρ − (V_used + V_flared·η)·ρ;  E_CO2 = V_flared·η·ρ·44/16",
    source="ipcc2006_v2_ch4",
    status="experimental",
    title=("Methane of coal mining", "煤炭开采与矿后活动甲烷逃逸"),
    version=2,
    methane="fossil",
)
def coal_fugitive(
    mines: CoalMineTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the methane of coal mining, handling and abandoned mines in scope 1.

    Gas that is caught and burnt for heat or power is taken off here and its CO2 belongs to ``combustion``; flared gas is taken
    off here and its CO2 counted here.

    Parameters
    ----------
    mines
        Coal output, AD [t or what converts to it], by kind of mine (``coal_underground_average``, ``coal_surface``, …) and
        again by its post-mining activity; or abandoned gassy mines that are not flooded [1]. methane_used, V_used, and
        methane_flared, V_flared [m3@20C of pure methane], stand in the row whose gas they are.
    factors
        methane_volume, V [m3@20C per t or per mine], and density, ρ [kg/m3@20C], of ``methane``; flare_efficiency, η [1], of
        ``methane_flare`` where gas is flared. emission_factor serves too.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do; abandoned mines have factors of single years.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CH4, net, and of CO2 from flares, scope 1. ``sd`` is that of the gross methane; recovered gas is taken as exact.

    Raises
    ------
    DoubleCountError
        If a row is burnt coal or another activity that is no mine.
    SchemaError
        If more methane is recovered than the row releases.
    CoverageError
        If a volume, the density or the flare efficiency is missing, or two editions differ.

    References
    ----------
    IPCC 2006 Guidelines, volume 2, chapter 4, equations 4.1.1 to 4.1.10 and table 4.1.6; provincial inventory guideline 2011,
    section 1.3.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> mine = pl.DataFrame({"place": "A", "time": "2020", "sector": "fugitive.coal", "unit": "t",
    ...                      "activity": ["coal_underground_average", "coal_underground_post_average"],
    ...                      "value": [1e6, 1e6], "methane_used": [3e6, 0.0]})
    >>> rows = coal_fugitive(CoalMineTable(mine), shipped_library().choose(["ipcc2006"])).to_polars()
    >>> [(gas, round(value, 6)) for gas, value in rows.select("gas", "value").rows()]
    [('CH4', 10050.0), ('CH4', 1675.0)]
    """
    refuse_elsewhere(mines, KIND)
    rows = mines.to_polars()
    known = factors.to_polars()
    caught = pl.sum_horizontal(pl.col(name).fill_null(0.0) for name in _RECOVERED)
    has_flare = bool((rows["methane_flared"].fill_null(0.0) > 0).any())
    problems = Problems()
    density_row = parameter(known, "density", "methane", problems)
    flare_row = parameter(known, "flare_efficiency", "methane_flare", problems) if has_flare else {}
    problems.raise_all()
    density = float(str(density_row["value"])) * conversion(str(density_row["unit"]), f"t/{_STATE}")
    burnt = float(str(flare_row["value"])) if flare_row else 0.0
    released = _released(rows, _mass_factors(known, density_row), places, year_rule, region_fallback)
    _refuse_more_than_released(rows, released, caught * density)
    taken = rows.select(
        ((pl.col("methane_used").fill_null(0.0) + pl.col("methane_flared").fill_null(0.0) * burnt) * density).alias(
            "off"
        ),
        (pl.col("methane_flared").fill_null(0.0) * burnt * density * METHANE_TO_CO2).alias("flare"),
    )
    net = pl.concat([released, taken], how="horizontal").with_columns(
        pl.max_horizontal(pl.col("value") - pl.col("off"), 0.0).alias("value")
    )
    flared = net.filter(pl.col("flare") > 0).with_columns(
        pl.col("flare").alias("value"),
        pl.lit("CO2").alias("gas"),
        *(pl.lit(None).cast(pl.Float64).alias(name) for name in ("sd", "sd_activity", "sd_factor")),
        pl.lit(str(flare_row.get("factor_id"))).alias("factor_id"),
    )
    made = pl.concat([net, flared]).drop("off", "flare")
    return EmissionTable(made, codes=mines.codes)


def _released(
    rows: pl.DataFrame,
    factors: FactorTable,
    places: PlaceTable | None,
    year_rule: Literal["exact", "latest", "nearest"],
    region_fallback: bool,
) -> pl.DataFrame:
    """Gross methane of each row, in the order of the rows: one gas, so one row each."""
    activity = ActivityTable(rows.drop(_RECOVERED))
    matched = match(activity, factors, places, year_rule=year_rule, region_fallback=region_fallback)
    return multiply(activity, matched, Account(METHOD_ID, "1")).to_polars()


def _mass_factors(rows: pl.DataFrame, density: dict[str, object]) -> FactorTable:
    """V · ρ as an emission factor; ids name both. Methane factors by mass are carried over."""
    volumes = rows.filter(pl.col("quantity") == "methane_volume")
    per_mass = f"{split_factor_unit(str(density['unit']))[1]}"
    units = {unit: split_factor_unit(unit) for unit in volumes["unit"].unique().to_list()}
    scale = {unit: conversion(amount, per_mass) for unit, (amount, _) in units.items()}
    written = {unit: quotient("kg", per) for unit, (_, per) in units.items()}
    factor = pl.col("unit").replace_strict(scale, return_dtype=pl.Float64) if units else pl.lit(1.0)
    name = pl.col("unit").replace_strict(written, return_dtype=pl.String) if units else pl.col("unit")
    weight = factor * float(str(density["value"])) * conversion(str(density["unit"]), f"kg/{per_mass}")
    combined = volumes.with_columns(
        pl.col("value") * weight,
        pl.col("sd") * weight,
        # The density is taken as exact, so that the shape is that of the volume, under the name of both.
        name.alias("unit"),
        pl.lit(EMISSION_FACTOR).alias("quantity"),
        pl.concat_str(pl.col("factor_id"), pl.lit(density["factor_id"]), separator="*", ignore_nulls=True).alias(
            "factor_id"
        ),
    )
    # Fuels have methane factors too; their rows were refused before, so that none of them can match.
    own = rows.filter((pl.col("quantity") == EMISSION_FACTOR) & (pl.col("gas") == "CH4"))
    return FactorTable(pl.concat([combined, own]))


def _refuse_more_than_released(rows: pl.DataFrame, released: pl.DataFrame, caught: pl.Expr) -> None:
    if released.height != rows.height:
        raise InputError("factor_ambiguous", Where(column="activity"), "CH4", activity="coal", region="—", year="—",
                         editions="—")  # fmt: skip
    both = rows.with_columns(caught.alias("caught"), released["value"].alias("released"))
    problems = Problems()
    for row in both.filter(pl.col("caught") > pl.col("released") * (1 + 1e-9)).head(20).iter_rows(named=True):
        problems.add(
            "value_out_of_range",
            place_of(row, "methane_used"),
            f"{row['caught']:.6g} t CH4",
            range=f"methane_used + methane_flared <= {row['released']:.6g} t CH4",
        )
    problems.raise_all()
