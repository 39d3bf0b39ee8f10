"""What the methods of farming and land have in common: yearly factors, rows with a coefficient each, sinks.

Comes in: tables of stocks (heads, hectares) and factors per stock and year. Goes out: factors per stock for the one year of a
row, and emission tables. Not for: the formulas, which stand in the method's own module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.errors import Problems, Where
from citycarbon.core.tables import MATCH, ActivityTable, EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.uncertainty import FACTOR_ERRORS, errors_of_product
from citycarbon.core.units import conversion, quotient, same_dimension, split_factor_unit
from citycarbon.data.lookup import NEED, YearRule
from citycarbon.inventory.accounting.apply import Account, match, multiply

ROW_KEY = "__row_key__"
"""Hidden column: number of a row, by which its own coefficients are found."""
JOIN = "*"
"""Between the ids of factors that were multiplied with one another."""
GIVEN = ("gas", "coefficient", "coefficient_sd", FACTOR_ERRORS, "factor_id", "factor_group", "rule", "notation")


def where_of(row: dict[str, Any], column: str) -> Where:
    """Say where a row of the user's file stands."""
    return Where.of(row, column)


def require_years(table: Table) -> None:
    """Refuse months and days: a factor per head or hectare and year times a stock is the emission of a whole year.

    Raises
    ------
    SchemaError
        Every time that is no year, at once.
    """
    problems = Problems()
    for word in table.words("time"):
        if len(word) != 4:
            problems.add("time_not_year", Where(column="time"), word)
    problems.raise_all()


def per_year(factors: pl.DataFrame, units: Sequence[str]) -> pl.DataFrame:
    """Write factors per stock and year, such as kg/(head*a), as factors per stock, for rows of one year.

    Parameters
    ----------
    factors
        Rows of a factor table.
    units
        Units in which the stocks are stated.

    Returns
    -------
    factors
        The same rows; those whose unit was per stock and year are per stock, others are as they were.
    """
    found = []
    for printed in factors["unit"].unique().sort().to_list():
        mass, per = split_factor_unit(printed)
        unit = next((unit for unit in units if same_dimension(f"({unit})*a", per)), None)
        if unit is not None:
            found.append((printed, quotient(mass, unit), conversion(f"({unit})*a", per)))
    scales = pl.DataFrame(found, schema={"unit": pl.String, "yearly": pl.String, "scale": pl.Float64}, orient="row")
    scale = pl.col("scale").fill_null(1.0)
    return (
        factors.join(scales, on="unit", how="left", maintain_order="left")
        .with_columns(pl.col("value") * scale, pl.col("sd") * scale, pl.coalesce("yearly", "unit").alias("unit"))
        .select(factors.columns)
    )


def with_keys(table: Table) -> pl.DataFrame:
    """Write a table out with a number for each row; rows with an error of their own keep it through several sums."""
    rows = table.to_polars()
    if rows["sd"].null_count() < rows.height:
        # One count of animals enters several emissions: its error is one error in all of them.
        rows = rows.with_columns(pl.coalesce("error_group", "provenance_id").alias("error_group"))
    return rows.with_columns(pl.int_range(pl.len()).cast(pl.String).alias(ROW_KEY))


def as_activity(rows: pl.DataFrame, table: Table) -> ActivityTable:
    """Wrap rows that a method derived from a checked table."""
    names = [column.name for column in ActivityTable.columns]
    empty = [name for name in ("sd", "distribution", "error_group") if rows[name].null_count() == rows.height]
    kept = [name for name in (*names, ROW_KEY) if name in rows.columns and name not in empty]
    return ActivityTable.trusted(frames.wrap(rows.select(kept)), codes=table.codes)


def matched_rows(
    rows: pl.DataFrame,
    looked_up: pl.Expr,
    factors: pl.DataFrame,
    places: PlaceTable | None,
    *,
    year_rule: YearRule,
    region_fallback: bool,
) -> pl.DataFrame:
    """Find the factor of each row: its key and, for each gas, the columns of a coefficient.

    Parameters
    ----------
    rows
        Rows with keys.
    looked_up
        Activity under which the factors know a row.
    factors
        Rows of one quantity.
    places, year_rule, region_fallback
        As in every look-up.
    """
    asked = rows.with_columns(looked_up.alias("activity"))
    table = ActivityTable.trusted(frames.wrap(asked.select(*NEED, "provenance_id")))
    found = match(table, FactorTable(factors), places, year_rule=year_rule, region_fallback=region_fallback)
    joined = asked.select(ROW_KEY, *NEED).join(found, on=list(NEED), how="inner", maintain_order="left")
    return joined.select(ROW_KEY, *GIVEN)


def chained(chain: pl.DataFrame, step: pl.DataFrame) -> pl.DataFrame:
    """Multiply what a row has so far with one more factor; errors add in quadrature, the last factor names the shared one."""
    pair = chain.join(step, on=ROW_KEY, how="inner", suffix="_of", maintain_order="left_right")
    first, second = pl.col("coefficient"), pl.col("coefficient_of")
    first_sd, second_sd = pl.col("coefficient_sd"), pl.col("coefficient_sd_of")
    sd = ((first_sd.fill_null(0.0) * second) ** 2 + (first * second_sd.fill_null(0.0)) ** 2).sqrt()
    return pair.with_columns(
        pl.col("gas_of").alias("gas"),
        (first * second).alias("coefficient"),
        pl.when(first_sd.is_not_null() | second_sd.is_not_null()).then(sd).alias("coefficient_sd"),
        errors_of_product(pl.col(FACTOR_ERRORS), pl.col(f"{FACTOR_ERRORS}_of")).alias(FACTOR_ERRORS),
        pl.concat_str("factor_id", "factor_id_of", separator=JOIN).alias("factor_id"),
        pl.col("factor_group_of").alias("factor_group"),
        pl.col("rule_of").alias("rule"),
        pl.coalesce("notation", "notation_of").alias("notation"),
    ).select(ROW_KEY, *GIVEN)


def multiply_rows(rows: pl.DataFrame, coefficients: pl.DataFrame, account: Account, table: Table) -> EmissionTable:
    """Multiply each row with its own coefficients."""
    made = multiply(as_activity(rows, table), coefficients, account, on=(ROW_KEY,))
    return EmissionTable.trusted(made.rows.drop(MATCH, strict=False), fixed=made.fixed, codes=made.codes)


def sinks_apart(emissions: EmissionTable) -> EmissionTable:
    """File what takes gas out of the air under scope ``sink`` and the rest under scope ``1``."""
    scope = nw.when(nw.col("value") < 0).then(nw.lit("sink")).otherwise(nw.lit("1")).alias("scope")
    fixed = {name: text for name, text in emissions.fixed.items() if name != "scope"}
    return EmissionTable.trusted(emissions.rows.with_columns(scope), fixed=fixed, codes=emissions.codes)
