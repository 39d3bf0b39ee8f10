"""Land that changes its use: the carbon that its plants and soil lose or gain.

Comes in: areas by former and new use, with a stock change per hectare or carbon pools of each use. Goes out: emissions in scope
1 and removals in scope ``sink``. Not for: the slow change of soils over decades, which is booked at once here.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.chemistry import CARBON_TO_CO2
from citycarbon.core.errors import Problems
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.tables.columns import AMOUNT, PLACE, PROVENANCE, QUALITY, SCENARIO, SECTOR, TIME, UNCERTAINTY, UNIT
from citycarbon.core.uncertainty import FACTOR_ERRORS
from citycarbon.core.units import conversion
from citycarbon.inventory.accounting.agriculture.land_use import FLUX
from citycarbon.inventory.accounting.agriculture.yearly import (
    GIVEN,
    ROW_KEY,
    matched_rows,
    multiply_rows,
    per_year,
    require_years,
    sinks_apart,
    where_of,
    with_keys,
)
from citycarbon.inventory.accounting.apply import Account

METHOD_ID = "inventory.accounting.land_conversion"
POOLS = ("c_above", "c_below", "c_soil", "c_dead")
ENDS = ("from_land", "to_land")


class ConversionTable(Table):
    """Areas that changed from one use to another within the year."""

    columns = (
        PLACE,
        TIME,
        SECTOR,
        Column("from_land", required=True, empty=False, meaning=("use before", "转出地类")),
        Column("to_land", required=True, empty=False, meaning=("use after", "转入地类")),
        SCENARIO,
        AMOUNT,
        UNIT,
        *UNCERTAINTY,
        QUALITY,
        PROVENANCE,
    )
    __slots__ = ()


class PoolTable(Table):
    """Carbon of each land use in four pools, in the columns of InVEST."""

    columns = (
        Column("lucode", required=True, empty=False, meaning=("code of the land use", "地类代码")),
        *(
            Column(name, "number", required=True, empty=False, low=0, unit="t/ha", meaning=meaning)
            for name, meaning in zip(
                POOLS,
                (
                    ("carbon above ground", "地上生物量碳密度"),
                    ("carbon below ground", "地下生物量碳密度"),
                    ("carbon of the soil", "土壤碳密度"),
                    ("carbon of dead matter", "死亡有机质碳密度"),
                ),
                strict=True,
            )
        ),
        PROVENANCE,
    )
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = Σ A_ij · (C_i − C_j) · 44/12, C the sum of four pools; or E = Σ A_ij · EF_ij",
    source="ipcc2006_v4_ch2",
    status="experimental",
    title=("Land conversion", "土地转用"),
    version=2,
    methane="non-fossil",
)
def land_conversion(
    conversions: ConversionTable,
    pools: PoolTable | None = None,
    factors: FactorTable | None = None,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the carbon that land loses or gains when its use changes, all in the year of the change.

    A loss stands in scope 1, a gain in scope sink, as in ``land_use``.

    Parameters
    ----------
    conversions
        Area [ha, or what converts to it] from one use to another in a year.
    pools
        Carbon of each use [t/ha, as carbon]: above ground, below ground, soil and dead matter. A pool that is not known has
        no place here as an empty cell; state 0 only where there is none.
    factors
        Instead of pools: carbon_stock_flux [t/(ha*a) or t/ha] of CO2 of ``FROM_to_TO``, such as ``forest_to_built_up``, above
        zero where carbon is lost.
    places
        Regions of the places, for factors.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CO2, activity ``FROM_to_TO``: scope 1, or scope sink with flow removal and a value below zero.

    Raises
    ------
    InputError
        If neither pools nor factors are given, or both.
    SchemaError
        If a time is no year, or a land use stands twice among the pools.
    CoverageError
        If a land use has no pools, or a change no factor.

    References
    ----------
    IPCC 2006 Guidelines, volume 4, chapter 2, equation 2.5 (stock difference); the four pools are those of InVEST.

    Examples
    --------
    >>> import polars as pl
    >>> changed = pl.DataFrame({"place": "A", "time": "2020", "sector": "land.conversion", "from_land": ["forest"],
    ...                         "to_land": ["built_up"], "value": [10.0], "unit": "ha"})
    >>> stocks = pl.DataFrame({"lucode": ["forest", "built_up"], "c_above": [60.0, 5.0], "c_below": [15.0, 1.0],
    ...                        "c_soil": [90.0, 60.0], "c_dead": [5.0, 0.0]})
    >>> made = land_conversion(ConversionTable(changed), PoolTable(stocks))
    >>> round(made.to_polars()["value"][0], 3)
    3813.333
    """
    _one_of_two(pools, factors)
    require_years(conversions)
    rows = with_keys(conversions).with_columns(pl.format("{}_to_{}", "from_land", "to_land").alias("activity"))
    if pools is not None:
        coefficients = _stock_change(rows, pools)
    else:
        assert factors is not None
        flux = factors.to_polars().filter(pl.col("quantity") == FLUX)
        flux = per_year(flux, rows["unit"].unique().sort().to_list())
        coefficients = matched_rows(
            rows, pl.col("activity"), flux, places, year_rule=year_rule, region_fallback=region_fallback
        )
    return sinks_apart(multiply_rows(rows, coefficients, Account(METHOD_ID, "1"), conversions))


def _one_of_two(pools: PoolTable | None, factors: FactorTable | None) -> None:
    problems = Problems()
    if pools is None and factors is None:
        problems.add("parameter_missing", None, "—", column="pools / factors")
    if pools is not None and factors is not None:
        # Two answers to one question: which of them was meant is not for the program to say.
        problems.add("parameter_wrong", None, "pools, factors", expected_value="pools | factors")
    problems.raise_all()


def _stock_change(rows: pl.DataFrame, pools: PoolTable) -> pl.DataFrame:
    """Give each row what a hectare loses: the stock before minus the stock after, as CO2."""
    stocks = pools.to_polars().select(
        "lucode",
        "provenance_id",
        pl.sum_horizontal(*POOLS).alias("stock"),
        pl.col("lucode").is_duplicated().alias("twice"),
    )
    problems = Problems()
    for row in stocks.filter("twice").head(20).iter_rows(named=True):
        problems.add("row_duplicate", where_of(row, "lucode"), row["lucode"], key="lucode")
    known = set(stocks["lucode"].to_list())
    for column in ENDS:
        for row in rows.filter(~pl.col(column).is_in(list(known))).head(20).iter_rows(named=True):
            problems.add("factor_missing", where_of(row, column), row[column], activity=row[column], region=row["place"],
                         year=row["time"], editions="pools", available=", ".join(sorted(known)) or "—")  # fmt: skip
    problems.raise_all()
    stock = dict(stocks.select("lucode", "stock").iter_rows())
    hectares = {unit: conversion(unit, "ha") for unit in rows["unit"].unique().to_list()}
    before, after = (pl.col(name).replace_strict(stock, default=None, return_dtype=pl.Float64) for name in ENDS)
    area = pl.col("unit").replace_strict(hectares, default=None, return_dtype=pl.Float64)
    return rows.select(
        ROW_KEY,
        pl.lit("CO2").alias("gas"),
        ((before - after) * CARBON_TO_CO2 * area).alias("coefficient"),
        pl.lit(None).cast(pl.Float64).alias("coefficient_sd"),
        pl.lit(None).cast(pl.String).alias(FACTOR_ERRORS),
        pl.lit(None).cast(pl.String).alias("factor_id"),
        pl.lit(None).cast(pl.String).alias("factor_group"),
        pl.format("stock {} - {} t C/ha", before, after).alias("rule"),
        pl.lit(None).cast(pl.String).alias("notation"),
    ).select(ROW_KEY, *GIVEN)
