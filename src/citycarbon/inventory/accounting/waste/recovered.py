"""Methane that is recovered and burnt or used: it is taken off what a place generates in a year.

Comes in: methane generated and methane recovered. Goes out: which share of the generated methane is left. Not for: the CO2 and
the energy of the recovered gas, which belong to the energy sector.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems
from citycarbon.core.schema import Column
from citycarbon.core.sums import added, check_periods
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE, PROVENANCE, QUALITY, SCENARIO, SECTOR, TIME, UNIT
from citycarbon.inventory.accounting.waste.parameters import in_unit, place_of

KEYS = ("place", "year", "sector", "scenario")
_ROUNDING = 1e-9


class RecoveryTable(Table):
    """Methane recovered, by place, year and sector of the treatment; several plants of a place are added."""

    columns = (
        PLACE,
        TIME,
        SECTOR,
        SCENARIO,
        Column(
            "value", "number", required=True, empty=False, low=0, meaning=("methane recovered, in unit", "回收的甲烷量")
        ),
        UNIT,
        QUALITY,
        PROVENANCE,
    )
    __slots__ = ()


def with_year(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the year of each row as a number."""
    return rows.with_columns(pl.col("time").str.slice(0, 4).cast(pl.Int64).alias("year"))


def shares_left(
    generated: pl.DataFrame, recovered: RecoveryTable | None, years: tuple[int, int] | None = None
) -> pl.DataFrame:
    """Give the share of the generated methane that is not recovered.

    Parameters
    ----------
    generated
        place, year, sector, scenario and generated [t of CH4].
    recovered
        Methane recovered.
    years
        First and last year that are accounted; what was recovered in other years is left out.

    Returns
    -------
    left
        place, year, sector, scenario, left [1].

    Raises
    ------
    SchemaError
        Every place and year in which more is recovered than is generated.
    """
    sums = generated.group_by(KEYS, maintain_order=True).agg(pl.col("generated").sum())
    if recovered is None:
        return sums.select(*KEYS, pl.lit(1.0).alias("left"))
    rows = with_year(recovered.to_polars())
    # Here periods add up to their year, on both sides.
    check_periods(rows)
    if "time" in generated.columns:
        check_periods(generated)
    if years is not None:
        rows = rows.filter(pl.col("year").is_between(*years))
    masses = rows.with_columns((pl.col("value") * in_unit(rows, "t")).alias("taken")).drop("unit")
    taken = added(masses.sort("provenance_id", nulls_last=True), KEYS, values=["taken"], first=["provenance_id"])
    both = sums.join(taken, on=KEYS, how="full", coalesce=True).with_columns(
        pl.col("generated").fill_null(0.0), pl.col("taken").fill_null(0.0)
    )
    problems = Problems()
    excess = both.filter(pl.col("taken") > pl.col("generated") * (1 + _ROUNDING))
    for row in excess.sort(KEYS).head(20).iter_rows(named=True):
        shown = f"{row['taken']:.6g} t > {row['generated']:.6g} t"
        item = f"{row['place']}, {row['sector']}, {row['year']}"
        where = place_of(row, "value")
        problems.add("recovery_exceeds", where, f"{item}: {shown}", place=row["place"], year=row["year"])
    problems.raise_all()
    share = pl.when(pl.col("taken") > 0).then(1 - pl.col("taken") / pl.col("generated")).otherwise(1.0)
    return both.select(*KEYS, share.clip(0.0, 1.0).alias("left"))


def less_recovered(rows: pl.DataFrame, left: pl.DataFrame) -> pl.DataFrame:
    """Take the recovered methane off the CH4 rows, in proportion to what each generates; their sd stays as it is.

    The error of what is generated is not made smaller by a meter on the gas that is drawn off.
    """
    joined = with_year(rows).join(left, on=KEYS, how="left", maintain_order="left")
    share = pl.when(pl.col("gas") == "CH4").then(pl.col("left").fill_null(1.0)).otherwise(1.0)
    return joined.with_columns(pl.col("value") * share).drop("year", "left")
