"""Building works: new build, demolition, green retrofit and reinforcement, by floor area and year of works.

Comes in: floor areas of works with their years. Goes out: scope 3 emissions spread over the years of the works.
Not for: a bill of materials, which multiplies materials by their factors like any activity.
"""

from __future__ import annotations

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
    UNCERTAINTY,
    UNIT,
)
from citycarbon.inventory.accounting.apply import Account, match, multiply

METHOD_ID = "inventory.accounting.building_life_cycle"


class WorksTable(Table):
    """Building works: kind, floor area, first and last year."""

    columns = (
        PLACE,
        SECTOR,
        ACTIVITY,
        Column("year_from", "year", required=True, empty=False, low=1900, high=2200, meaning=("first year", "开始年")),
        Column("year_to", "year", required=True, empty=False, low=1900, high=2200, meaning=("last year", "结束年")),
        SCENARIO,
        AMOUNT,
        UNIT,
        *UNCERTAINTY,
        QUALITY,
        PROVENANCE,
    )
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = Σ_k A_k · f_k, spread evenly over the years of works",
    source="cciced2021",
    status="reproduced",
    title=("Building works over the life cycle", "建筑全生命周期工程"),
    version=2,
)
def building_life_cycle(
    works: WorksTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
) -> EmissionTable:
    """Account building works in scope 3, by year of works.

    Parameters
    ----------
    works
        Floor area [m^2] by kind of works (``new_build``, ``demolition``, ``green_retrofit``, ``structural_reinforcement``)
        with first and last year.
    factors
        life_cycle_factor of each kind per m^2.
    places
        Regions of the places.

    Returns
    -------
    emissions
        [t] of CO2, scope 3, one row for each works and year; the years of one works add to the whole.

    Raises
    ------
    SchemaError
        If the last year is before the first.
    CoverageError
        If a kind of works has no factor.

    References
    ----------
    CCICED 2021, chapter 4 part 2, tables 4-3 and 4-4; GB/T 51366-2019 for the stages.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> plan = pl.DataFrame({"place": "D", "sector": "works", "activity": ["demolition", "new_build"], "year_from": 2025,
    ...                      "year_to": 2035, "value": 46800.0, "unit": "m^2"})
    >>> made = building_life_cycle(WorksTable(plan), shipped_library().choose(["cciced-2021-communities"]))
    >>> round(made.to_polars()["value"].sum(), 6)
    30420.0
    """
    rows = works.to_polars()
    reversed_rows = rows.filter(pl.col("year_from") > pl.col("year_to"))
    if reversed_rows.height:
        problems = Problems()
        for row in reversed_rows.head(20).iter_rows(named=True):
            place = Where.of(row, "year_from")
            problems.add("years_reversed", place, f"{row['year_from']} > {row['year_to']}")
        raise InputError.several(problems)
    years = pl.int_ranges("year_from", pl.col("year_to") + 1).alias("year")
    count = pl.col("year_to") - pl.col("year_from") + 1
    spread = (
        rows.with_row_index("row")
        .with_columns(years, (pl.col("value") / count).alias("value"), (pl.col("sd") / count).alias("sd"))
        .explode("year")
        .with_columns(pl.col("year").cast(pl.String).alias("time"))
        .drop("year", "year_from", "year_to")
    )
    # A works is one estimate: its error is shared by its years.
    own = pl.coalesce(pl.col("error_group"), pl.col("provenance_id"), pl.format("works {}", pl.col("row")))
    spread = spread.with_columns(pl.when(pl.col("sd").is_not_null()).then(own).alias("error_group"))
    activity = ActivityTable(spread.drop("row"))
    stage = factors.to_polars().filter(pl.col("quantity").is_in(["life_cycle_factor", "emission_factor"]))
    matched = match(activity, FactorTable(stage), places)
    return multiply(activity, matched, Account(METHOD_ID, "3"))
