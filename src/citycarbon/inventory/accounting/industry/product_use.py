"""Product use: lubricants and waxes that oxidise in use, solvents that evaporate, N2O that is supplied.

Comes in: amounts sold or used. Goes out: scope 1 emissions. Not for: waste oil that is burnt, which is combustion or waste, and
not for refrigerants and electrical equipment, which have methods of their own.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.chemistry import CARBON_TO_CO2
from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.core.uncertainty import FACTOR_ERRORS, errors_of_product
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.apply import Account, match, multiply
from citycarbon.inventory.accounting.fuels import errors_of_factor, fuel_factors
from citycarbon.inventory.accounting.industry.kinds import EMISSION_FACTOR, codes_of, refuse_elsewhere

METHOD_ID = "inventory.accounting.product_use"
KIND = "product_use"
OXIDISED, CONTENT, FRACTION = "oxidised_during_use", "non_energy_carbon_content", "carbon_fraction"
_FUEL_WORDS = {CONTENT: "carbon_content", OXIDISED: "oxidation_factor"}


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = AD · NCV · CC · ODU · 44/12   or   E = AD · w_C · ODU · 44/12   or   E_g = AD · EF_g",
    source="ipcc2006_v3_ch5",
    status="experimental",
    title=("Product use", "产品使用"),
    version=3,
)
def product_use(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the emissions of products in use in scope 1.

    Lubricants, waxes and white spirit of the energy balance that are counted here are its non-energy use: their rows stay out
    of ``combustion``. What of them is burnt later as waste belongs to combustion or to waste, and the two shares differ.

    Parameters
    ----------
    activity
        Products used, AD, by mass or energy (``lubricants``, ``lubricating_oil``, ``grease``, ``paraffin_wax``), solvents that
        evaporate (``solvent_nmvoc``), N2O supplied (``n2o_medical``, ``n2o_propellant``).
    factors
        non_energy_carbon_content, CC, oxidised_during_use, ODU, and net_calorific_value, NCV, of products; carbon_fraction,
        w_C, and oxidised_during_use of solvents; or emission_factor.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of each gas, scope 1.

    Raises
    ------
    DoubleCountError
        If a row is a fuel or another activity that is no product in use.
    CoverageError
        If a product has no carbon content or no share that oxidises.

    References
    ----------
    IPCC 2006 Guidelines, volume 3, chapter 5, equations 5.2 and 5.4, and chapter 8, equation 8.24.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> used = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["product_use.other"], "activity": ["lubricants"],
    ...                      "value": [100.0], "unit": ["t"]})
    >>> rows = product_use(ActivityTable(used), shipped_library().choose(["ipcc2006"])).to_polars()
    >>> [round(value, 3) for value in rows["value"]]
    [58.96]
    """
    rows = factors.to_polars()
    oxidised = _oxidised(rows)
    refuse_elsewhere(activity, KIND, also=oxidised)
    chain = FactorTable(pl.concat([_by_energy(rows), _by_mass(rows), _direct(rows, oxidised)]))
    matched = match(activity, chain, places, year_rule=year_rule, region_fallback=region_fallback)
    return multiply(activity, matched, Account(METHOD_ID, "1"))


def _oxidised(rows: pl.DataFrame) -> list[str]:
    """Products that may stand in an energy balance as fuels and are used here: what has a share that oxidises."""
    both = pl.concat([frame.select("activity", "quantity") for frame in (rows, shipped_library().rows)])
    return both.filter(pl.col("quantity") == OXIDISED)["activity"].unique().sort().to_list()


def _by_energy(rows: pl.DataFrame) -> pl.DataFrame:
    """CC · ODU · 44/12 per energy and, with a calorific value, per mass: the chain of fuels with ODU as the burnt share."""
    content = rows.filter(pl.col("quantity") == CONTENT)
    names = content["activity"].unique().to_list()
    parts = rows.filter(
        pl.col("quantity").is_in([CONTENT, OXIDISED, "net_calorific_value"]) & pl.col("activity").is_in(names)
    ).with_columns(pl.col("quantity").replace(_FUEL_WORDS))
    return fuel_factors(FactorTable(parts)).to_polars() if content.height else rows.head(0)


def _by_mass(rows: pl.DataFrame) -> pl.DataFrame:
    """w_C · ODU · 44/12 per mass for what has a carbon fraction and a share that oxidises."""
    share = rows.filter(pl.col("quantity") == OXIDISED).select(
        "activity", "edition", "factor_id", "value", "sd", "distribution", "error_group", FACTOR_ERRORS
    )
    content = rows.filter(pl.col("quantity") == FRACTION)
    lonely = content.filter(pl.col("activity").is_in(list(codes_of(KIND)))).join(share, on="activity", how="anti")
    if lonely.height:
        names = ", ".join(lonely["activity"].unique().sort().to_list())
        raise InputError("parameter_missing", Where(column="quantity"), names, column=f"{OXIDISED}: {names}")
    pair = content.join(share, on="activity", suffix="_share")
    relative = (
        (pl.col("sd").fill_null(0.0) / pl.col("value")) ** 2
        + (pl.col("sd_share").fill_null(0.0) / pl.col("value_share")) ** 2
    ).sqrt()
    stated = pl.col("sd").is_not_null() | pl.col("sd_share").is_not_null()
    product = pl.col("value") * pl.col("value_share") * CARBON_TO_CO2
    return pair.with_columns(
        product.alias("value"),
        pl.when(stated).then(product * relative).alias("sd"),
        pl.lit(None, pl.String).alias("distribution"),
        errors_of_product(errors_of_factor(), errors_of_factor("_share")).alias(FACTOR_ERRORS),
        pl.lit("t/t").alias("unit"),
        pl.lit("CO2").alias("gas"),
        pl.lit(EMISSION_FACTOR).alias("quantity"),
        pl.concat_str("factor_id", "factor_id_share", separator="*", ignore_nulls=True).alias("factor_id"),
    ).select(rows.columns)


def _direct(rows: pl.DataFrame, oxidised: list[str]) -> pl.DataFrame:
    """Emission factors of products; a factor of burning the same product as fuel is not one of them."""
    fuel = pl.col("activity").is_in(oxidised)
    return rows.filter((pl.col("quantity") == EMISSION_FACTOR) & ~fuel)
