"""Fuel sold and the part of it that is burnt inside the boundary; and how it compares with what vehicles should have used.

Comes in: fuel sold with the share burnt inside. Goes out: activity rows, or findings on two sets of them. Not for: splitting
sales among sectors, which the shares of the rows must state.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import added, check_parts, number_sum
from citycarbon.core.tables import ActivityTable, Table
from citycarbon.core.tables.columns import (
    ACTIVITY,
    ERROR_GROUP,
    PLACE,
    PROVENANCE,
    QUALITY,
    SCENARIO,
    SECTOR,
    TIME,
    UNIT,
)
from citycarbon.core.units import conversion

SALES_ID = "inventory.sectors.fuel_sales"
RECONCILE_ID = "inventory.sectors.transport_reconcile"


class SalesTable(Table):
    """Fuel sold in a place and the share of it that is burnt inside the boundary."""

    columns = (
        PLACE, TIME, SECTOR, ACTIVITY,
        SCENARIO,
        Column("value", "number", required=True, empty=False, low=0, meaning=("amount sold, in unit", "销售量，单位见 unit")),
        UNIT,
        Column("share", "number", required=True, empty=False, low=0, high=1, unit="1",
               meaning=("burnt inside the boundary", "在边界内燃烧的份额")),
        Column("share_sd", "number", low=0, unit="1", meaning=("standard deviation of the share", "份额的标准差")),
        Column("sd", "number", low=0, meaning=("standard deviation of the amount sold, in unit", "销售量标准差，单位同 unit")),
        ERROR_GROUP, QUALITY, PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=SALES_ID,
    gives=ActivityTable,
    equation="AD = F_sold · s_inside",
    source="gpc_2021",
    status="experimental",
    title=("Fuel sold, part burnt inside", "燃料销售量中边界内燃烧部分"),
)
def fuel_sales(sales: SalesTable) -> ActivityTable:
    """Take the part of the fuel sold that is burnt inside the boundary.

    Parameters
    ----------
    sales
        Fuel sold, F_sold, and share burnt inside, s_inside [1]. There is no usual share: a city on a motorway sells much
        that burns elsewhere, so each row states its own, 1 for the plain fuel-sold approach.

    Returns
    -------
    activity
        The part burnt inside, in the unit of the row; what is left burns elsewhere and belongs to no row.

    Raises
    ------
    SchemaError
        If a share is missing or outside 0 to 1.

    References
    ----------
    GPC (2021), chapter 7: fuel sales approach and its adjustment for fuel used outside; IPCC 2006 volume 2, chapter 3, Tier 1.

    Examples
    --------
    >>> import polars as pl
    >>> sold = pl.DataFrame({"place": "A", "time": "2022", "sector": "transport.road", "activity": "diesel",
    ...                      "value": [500.0], "unit": "t", "share": [0.6]})
    >>> fuel_sales(SalesTable(sold)).to_polars().select("activity", "value", "unit").rows()
    [('diesel', 300.0, 't')]
    """
    rows = sales.to_polars()
    amount = (pl.col("value") * pl.col("sd_share")) ** 2 + (pl.col("share") * pl.col("sd_amount")) ** 2
    stated = pl.col("sd").is_not_null() | pl.col("share_sd").is_not_null()
    made = rows.with_columns(
        pl.col("share_sd").fill_null(0.0).alias("sd_share"), pl.col("sd").fill_null(0.0).alias("sd_amount")
    ).with_columns(
        pl.when(stated).then(amount.sqrt()).alias("sd"), (pl.col("value") * pl.col("share")).alias("value")
    )  # fmt: skip
    columns = ["place", "time", "sector", "activity", "scenario", "value", "unit", "sd", "error_group", "quality",
               "provenance_id"]  # fmt: skip
    return ActivityTable(made.select(columns), codes=sales.codes)


@method(
    id=RECONCILE_ID,
    gives=FindingTable,
    equation="d = Σ AD_distance − Σ AD_sales,   |d| ≤ tolerance · Σ AD_sales",
    source="ipcc2006_v2_ch3",
    status="experimental",
    title=("Distance against fuel sold", "里程法与销售量法对比"),
    version=2,
)
def transport_reconcile(by_distance: ActivityTable, by_sales: ActivityTable, *, tolerance: float = 0.1) -> FindingTable:
    """Compare the fuel that vehicles should have used with the fuel that was sold, per place, year and fuel.

    Parameters
    ----------
    by_distance
        Fuel by vehicles and distance, from ``vehicle_use``.
    by_sales
        Fuel by sales, from ``fuel_sales`` or the energy balance; only one of the two goes into an account.
    tolerance
        [1] difference that counts as agreement, relative to the sales; wider where both state an uncertainty.

    Returns
    -------
    findings
        One row a place, year and fuel in the unit of the sales: ``agrees`` within two standard deviations of the difference or
        the tolerance, ``misfit`` beyond, ``caveat`` where only one side has the fuel.

    Raises
    ------
    UnitError
        If a fuel stands in litres on one side and in tonnes on the other.

    References
    ----------
    IPCC 2006 Guidelines, volume 2, chapter 3, section 3.2.1: fuel sold and distance travelled should agree.

    Examples
    --------
    >>> import polars as pl
    >>> row = {"place": "A", "time": "2022", "sector": "transport.road", "activity": "diesel", "unit": "t"}
    >>> used, sold = (ActivityTable(pl.DataFrame(row | {"value": [value]})) for value in (330.0, 300.0))
    >>> found = transport_reconcile(used, sold).to_polars()
    >>> found.select("item", "value", "expected", "verdict").rows()
    [('2022 diesel', 330.0, 300.0, 'agrees')]
    """
    if not 0 <= tolerance < 1:
        where = Where(item="tolerance")
        raise InputError("parameter_wrong", where, tolerance, expected_value="0 <= tolerance < 1")
    first, second = by_distance.to_polars(), by_sales.to_polars()
    for table, rows in ((by_distance, first), (by_sales, second)):
        check_parts(rows, ["place", "time", "activity"], codes=table.codes, free=["unit"])
    problems = Problems()
    units = _common_units(first, second, problems)
    problems.raise_all()
    keys = ["place", "time", "activity"]
    both = _sums(first, units).join(_sums(second, units), on=keys, how="full", coalesce=True, suffix="_sold").sort(keys)
    variance = pl.col("sd").fill_null(0.0) ** 2 + pl.col("sd_sold").fill_null(0.0) ** 2
    allowed = pl.max_horizontal(tolerance * pl.col("value_sold"), 2.0 * variance.sqrt())
    difference = pl.col("value") - pl.col("value_sold")
    lonely = pl.col("value").is_null() | pl.col("value_sold").is_null()
    near = difference.abs() <= allowed * (1 + 1e-9)
    made = both.select(
        pl.lit("distance and sales").alias("check"),
        "place",
        pl.format("{} {}", pl.col("time"), pl.col("activity")).alias("item"),
        "value",
        pl.col("value_sold").alias("expected"),
        pl.when(~lonely).then(allowed).otherwise(0.0).alias("tolerance"),
        difference.alias("difference"),
        pl.coalesce("unit_sold", "unit").alias("unit"),
        pl.when(lonely).then(pl.lit("caveat")).when(near).then(pl.lit("agrees")).otherwise(pl.lit("misfit")).alias("verdict"),
        pl.when(lonely).then(pl.lit("only one of the two knows this fuel"))
        .otherwise(pl.lit("distance approach beside fuel sold; one account holds only one of them")).alias("explanation_en"),
        pl.when(lonely).then(pl.lit("只有一种方法含有该燃料"))
        .otherwise(pl.lit("里程法与销售量法对比；同一账户只用其中一种")).alias("explanation_zh"),
    )  # fmt: skip
    return FindingTable(made)


def _common_units(first: pl.DataFrame, second: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    """Give each fuel the unit of its first row of sales, and the factor of every other unit into it."""
    pairs = pl.concat([second.select("activity", "unit"), first.select("activity", "unit")]).unique(maintain_order=True)
    wanted: dict[str, str] = {}
    found: list[tuple[str, str, str, float]] = []
    for activity, unit in pairs.iter_rows():
        target = wanted.setdefault(activity, unit)
        try:
            found.append((activity, unit, target, conversion(unit, target)))
        except InputError as error:
            for each in error.problems:
                problems.add(each.code, Where(column="unit"), f"{unit} ({activity})", **dict(each.facts))
    schema = {"activity": pl.String, "unit": pl.String, "target": pl.String, "scale": pl.Float64}
    return pl.DataFrame(found, schema=schema, orient="row")


def _sums(rows: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Sum a fuel over sectors; errors of one group add as they are, others in quadrature."""
    scaled = rows.join(units, on=["activity", "unit"], how="left", maintain_order="left").with_columns(
        pl.col("value") * pl.col("scale"), pl.col("sd") * pl.col("scale")
    )
    group = pl.coalesce("error_group", pl.format("row {}", pl.int_range(pl.len())))
    keys = ["place", "time", "activity", "target"]
    grouped = added(
        scaled.with_columns(group.alias("group"), pl.col("sd").fill_null(0.0)).drop("unit"),
        [*keys, "group"],
        values=["value", "sd"],
    )
    both = grouped.group_by(keys, maintain_order=True).agg(number_sum(), (pl.col("sd") ** 2).sum().sqrt().alias("sd"))
    return both.rename({"target": "unit"})
