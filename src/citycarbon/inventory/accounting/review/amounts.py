"""Amounts of activities beside emissions: the one unit of each activity, and how two inventories' units meet.

Comes in: an activity table. Goes out: amounts by place, year, sector and activity. Not for: factors.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError
from citycarbon.core.sums import added, yearly
from citycarbon.core.tables import ActivityTable
from citycarbon.core.units import conversion

AMOUNT = ("place", "time", "sector", "activity", "scenario")


def scale_of(unit: str, other: str) -> float | None:
    """Factor from one unit to another; None where one does not turn into the other."""
    try:
        return conversion(unit, other)
    except InputError:
        return None


def activity_amounts(activity: ActivityTable) -> pl.DataFrame:
    """Sum amounts by place, year, sector, activity and scenario.

    Returns
    -------
    amounts
        The keys, ``amount`` and ``amount_unit``. Every activity has the unit that comes first in the alphabet among its own; a
        sum with a part that does not turn into it is left out, so that no sum is of two kinds.
    """
    rows = yearly(activity.to_polars())
    first = pl.col("unit").min().over("activity")
    rows = rows.with_columns(first.alias("amount_unit"))
    pairs = rows.select("unit", "amount_unit").unique().rows()
    scales = pl.DataFrame(
        [(unit, other, scale_of(unit, other)) for unit, other in sorted(pairs)],
        schema={"unit": pl.String, "amount_unit": pl.String, "scale": pl.Float64},
        orient="row",
    )
    rows = rows.join(scales, on=["unit", "amount_unit"], how="left")
    keys = [*AMOUNT, "amount_unit"]
    rows = rows.with_columns((pl.col("value") * pl.col("scale")).alias("amount")).drop("unit")
    mixed = rows.filter(pl.col("amount").is_null()).select(keys).unique()
    return (
        added(rows, keys, codes=activity.codes, values=["amount"])
        .join(mixed, on=keys, how="anti", maintain_order="left")
        .select(*AMOUNT, "amount", "amount_unit")
    )
