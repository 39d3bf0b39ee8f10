"""Fuel factors out of properties: net calorific value, carbon content and oxidation factor become factors per amount.

Comes in: a factor table that holds properties, or emission factors per energy. Goes out: emission factors per mass or volume
and per energy, and heat and coal equivalent per unit. Not for: choosing editions, which the caller does.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.chemistry import CARBON_TO_CO2
from citycarbon.core.errors import InputError, Where
from citycarbon.core.tables import FactorTable
from citycarbon.core.uncertainty import FACTOR_ERRORS, error_of, errors_of_product
from citycarbon.core.units import TCE_IN_GJ, conversion, quotient, same_dimension, split_factor_unit
from citycarbon.data.library.quality import weakest

_JOIN = "*"
_PART = (
    "activity", "sector", "factor_id", "value", "sd", "distribution", "error_group", FACTOR_ERRORS, "quality", "edition",
)  # fmt: skip


def fuel_factors(properties: FactorTable) -> FactorTable:
    """Combine properties to emission factors.

    CO2 = NCV · CC · OF · 44/12 per mass or volume, CC · OF · 44/12 per energy; emission factors per energy are carried over
    and, where a calorific value is there, also given per mass or volume. A property of one sector serves that sector only.
    Ids of combined factors name their parts, joined by ``*``. Relative standard deviations add in quadrature (independent
    parts); ``factor_errors`` keeps the shape of each part.

    Parameters
    ----------
    properties
        Rows with ``quantity`` net_calorific_value, carbon_content, oxidation_factor or emission_factor.

    Returns
    -------
    factors
        ``quantity`` emission_factor, one gas a row.
    """
    rows = properties.to_polars()
    ready = rows.filter(pl.col("quantity") == "emission_factor")
    carbon = _chain(rows)
    per_energy = pl.concat([ready, carbon]) if carbon.height else ready
    per_amount = _per_amount(per_energy, rows)
    return FactorTable(pl.concat([per_energy, per_amount]))


def _of(rows: pl.DataFrame, quantity: str) -> pl.DataFrame:
    """Rows of one quantity in canonical units: NCV in GJ per t or m^3, carbon content in t/GJ."""
    found = rows.filter(pl.col("quantity") == quantity)
    if quantity == "net_calorific_value":
        return _to_unit(found, lambda unit: f"GJ/{_amount(unit)}")
    if quantity == "carbon_content":
        return _to_unit(found, lambda _: "t/GJ")
    return found


def _amount(unit: str) -> str:
    per = split_factor_unit(unit)[1]
    if same_dimension(per, "kg"):
        return "t"
    return per if same_dimension(per, "Nm3") else "m^3"


def _to_unit(rows: pl.DataFrame, target: object) -> pl.DataFrame:
    units = {unit: target(unit) for unit in rows["unit"].unique().to_list()}  # type: ignore[operator]
    scale = {unit: conversion(unit, wanted) for unit, wanted in units.items()}
    factor = pl.col("unit").replace_strict(scale, return_dtype=pl.Float64) if scale else pl.lit(1.0)
    name = pl.col("unit").replace_strict(units, return_dtype=pl.String) if units else pl.col("unit")
    return rows.with_columns(pl.col("value") * factor, pl.col("sd") * factor, name)


def _chain(rows: pl.DataFrame) -> pl.DataFrame:
    """CC · OF · 44/12 [t CO2 per GJ] for each fuel that has both."""
    content, oxidation = _of(rows, "carbon_content"), _of(rows, "oxidation_factor")
    lonely = content.join(oxidation, on="activity", how="anti")["activity"].to_list()
    if lonely:
        raise InputError(
            "parameter_missing",
            Where(column="quantity"),
            ", ".join(lonely),
            column=f"oxidation_factor: {', '.join(lonely)}",
        )
    pair = _of_one_sector(content.join(oxidation.select(*_PART), on="activity", suffix="_of"), "_of")
    return (
        _combined(pair, "_of", CARBON_TO_CO2)
        .with_columns(pl.lit("emission_factor").alias("quantity"), pl.lit("CO2").alias("gas"))
        .select(rows.columns)
    )


def _of_one_sector(pair: pl.DataFrame, suffix: str) -> pl.DataFrame:
    """Keep the pairs that one sector can have; a property of one sector makes a factor of that sector only."""
    mine, other = pl.col("sector"), pl.col(f"sector{suffix}")
    fits = pair.filter(mine.is_null() | other.is_null() | (mine == other))
    return fits.with_columns(pl.coalesce(mine, other).alias("sector"))


def _per_amount(per_energy: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Multiply factors per energy by the calorific value of the fuel."""
    calorific = _of(rows, "net_calorific_value").select(*_PART, "unit")
    energetic = per_energy.filter(
        pl.col("unit").map_elements(
            lambda unit: same_dimension(split_factor_unit(unit)[1], "GJ"), return_dtype=pl.Boolean
        )
    )
    in_tonnes = _to_unit(energetic, lambda _: "t/GJ")
    pair = _of_one_sector(in_tonnes.join(calorific, on="activity", suffix="_ncv"), "_ncv")
    combined = _combined(pair, "_ncv", 1.0)
    amount = pl.col("unit_ncv").str.replace("GJ/", "t/", literal=True)
    return combined.with_columns(amount.alias("unit")).select(rows.columns)


def _combined(pair: pl.DataFrame, suffix: str, constant: float) -> pl.DataFrame:
    """Multiply two properties; quality is the weaker mark of the two, ids are joined."""
    first, second = pl.col("value"), pl.col(f"value{suffix}")
    relative = (
        (pl.col("sd").fill_null(0.0) / first) ** 2 + (pl.col(f"sd{suffix}").fill_null(0.0) / second) ** 2
    ).sqrt()
    stated = pl.col("sd").is_not_null() | pl.col(f"sd{suffix}").is_not_null()
    product = first * second * constant
    return pair.with_columns(
        product.alias("value"),
        pl.when(stated).then(product * relative).alias("sd"),
        pl.lit(None, pl.String).alias("distribution"),
        errors_of_product(errors_of_factor(), errors_of_factor(suffix)).alias(FACTOR_ERRORS),
        _weaker("quality", f"quality{suffix}").alias("quality"),
        pl.concat_str(pl.col(f"factor_id{suffix}"), pl.col("factor_id"), separator=_JOIN).alias("factor_id"),
        pl.when(pl.col(f"edition{suffix}") != pl.col("edition"))
        .then(pl.concat_str(pl.col(f"edition{suffix}"), pl.col("edition"), separator="+"))
        .otherwise(pl.col("edition"))
        .alias("edition"),
    )


def errors_of_factor(suffix: str = "") -> pl.Expr:
    """Errors of a factor in columns with a suffix: those of its parts, or its own shape."""
    columns = {name: pl.col(f"{name}{suffix}") for name in ("value", "sd", "distribution", "error_group", "factor_id")}
    shared = pl.coalesce(columns["error_group"], columns["factor_id"])
    own = error_of(columns["value"], columns["sd"], columns["distribution"], shared)
    return pl.coalesce(pl.col(f"{FACTOR_ERRORS}{suffix}"), own)


def _weaker(first: str, second: str) -> pl.Expr:
    """Give the weaker of two marks, by the one order of the library."""
    return pl.struct(first, second).map_elements(
        lambda pair: weakest((pair[first], pair[second])), return_dtype=pl.String, skip_nulls=False
    )


def heat_content(needs: pl.DataFrame, properties: FactorTable) -> pl.DataFrame:
    """Give heat [GJ] and coal equivalent [tce] of one unit of each activity.

    Parameters
    ----------
    needs
        Distinct ``activity`` and ``unit``.
    properties
        Rows with net_calorific_value and standard_coal_coefficient.

    Returns
    -------
    content
        activity, unit, energy [GJ per unit], standard_coal [tce per unit]; null where the properties do not say. A unit of
        energy needs no property. The printed coefficient wins over NCV / 29.3076, from which it is rounded.

    Raises
    ------
    CoverageError
        If several editions print different figures for one activity.
    """
    rows = properties.to_polars()
    calorific = _per_unit(rows.filter(pl.col("quantity") == "net_calorific_value"))
    coal = _per_unit(rows.filter(pl.col("quantity") == "standard_coal_coefficient"))
    found = []
    for activity, unit in needs.select("activity", "unit").unique().sort("activity", "unit").iter_rows():
        if same_dimension(unit, "GJ"):
            energy: float | None = conversion(unit, "GJ")
            tonnes: float | None = conversion(unit, "tce")
        else:
            energy = _content(calorific.get(activity, ()), unit, "GJ", activity)
            tonnes = _content(coal.get(activity, ()), unit, "tce", activity)
            if tonnes is None and energy is not None:
                tonnes = energy / TCE_IN_GJ
        found.append((activity, unit, energy, tonnes))
    schema = {"activity": pl.String, "unit": pl.String, "energy": pl.Float64, "standard_coal": pl.Float64}
    return pl.DataFrame(found, schema=schema, orient="row")


def _per_unit(rows: pl.DataFrame) -> dict[str, tuple[tuple[float, str], ...]]:
    found: dict[str, tuple[tuple[float, str], ...]] = {}
    for activity, value, unit in rows.select("activity", "value", "unit").iter_rows():
        found[activity] = (*found.get(activity, ()), (value, unit))
    return found


def _content(properties: tuple[tuple[float, str], ...], unit: str, target: str, activity: str) -> float | None:
    found = []
    for value, factor_unit in properties:
        per = split_factor_unit(factor_unit)[1]
        if same_dimension(quotient(target, per), factor_unit) and same_dimension(unit, per):
            found.append(value * conversion(factor_unit, quotient(target, per)) * conversion(unit, per))
    if found and max(found) - min(found) > 1e-12 * max(found):
        shown = ", ".join(f"{each:g} {quotient(target, unit)}" for each in sorted(found))
        facts = {"activity": activity, "region": "—", "year": "—", "editions": "—"}
        raise InputError("factor_ambiguous", Where(column="activity"), shown, **facts)
    return found[0] if found else None
