"""How the rows of the waste sector are filed: one multiplication per row and gas, and the scope that the sector says.

Comes in: rows with a coefficient for each gas. Goes out: an emission table. Not for: the formulas of the coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.tables import ActivityTable, EmissionTable, Table
from citycarbon.inventory.accounting.apply import Account, multiply

ROW = "row_number"
"""Number of an activity row, on which its coefficients are joined."""
OUTSIDE = "_outside"
"""Sectors with this ending are of waste treated outside the city."""


def numbered(table: Table) -> pl.DataFrame:
    """Give the rows of an activity table, or of one with further columns, with their number."""
    return table.to_polars().with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))


def multiplied(rows: pl.DataFrame, coefficients: pl.DataFrame, method: str) -> pl.DataFrame:
    """Multiply each row by the coefficient of each of its gases.

    Parameters
    ----------
    rows
        Columns of an activity table and ``row_number``.
    coefficients
        row_number, gas, coefficient [t per unit of the row], and where known coefficient_sd, factor_id, rule, notation.
    method
        Id of the method.

    Returns
    -------
    rows
        Columns of an emission table; those that are empty throughout are left out.
    """
    declared = [column.name for column in ActivityTable.columns if column.name in rows.columns]
    used = _without_empty(rows.select(*declared, ROW))
    activity = ActivityTable.trusted(nw.from_native(used, eager_only=True))
    coefficients = coefficients.with_columns(pl.col("factor_id").alias("factor_group"))
    made = multiply(activity, coefficients, Account(method, "1"), on=(ROW,)).to_polars()
    return _without_empty(made)


def filed(rows: pl.DataFrame, method: str, codes: Mapping[str, CodeList]) -> EmissionTable:
    """Make the emission table [t]: scope 1 inside the city, scope 3 where the sector says that it is treated outside."""
    outside = pl.col("sector").str.ends_with(OUTSIDE)
    fixed = {"unit": "t", "method": method}
    scope = pl.when(outside).then(pl.lit("3")).otherwise(pl.lit("1")).alias("scope")
    declared = [column.name for column in EmissionTable.columns if column.name not in fixed]
    rows = rows.with_columns(scope)
    return EmissionTable(rows.select(name for name in declared if name in rows.columns), fixed=fixed, codes=codes)


def _without_empty(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out columns without any text or number: an absent column and an empty one mean the same."""
    full = [name for name in rows.columns if not rows.height or rows[name].null_count() < rows.height]
    return rows.select(name for name in rows.columns if name in full or name == "value")
