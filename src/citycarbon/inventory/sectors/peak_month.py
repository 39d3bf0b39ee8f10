"""A year from the peak month: meter data of the highest month divided by that month's share of the year.

Comes in: peak-month readings and a monthly profile. Goes out: yearly activity. Not for: readings of all months.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import added
from citycarbon.core.tables import ActivityTable, Table

METHOD_ID = "inventory.sectors.peak_month"


class ProfileTable(Table):
    """Monthly profile of an activity: share of the year by month, adding to 1."""

    columns = (
        Column("activity", required=True, empty=False, meaning=("carrier", "能源品种")),
        Column("month", "number", required=True, empty=False, low=1, high=12, meaning=("1 to 12", "月份")),
        Column(
            "share", "number", required=True, empty=False, low=0, high=1, unit="1", meaning=("of the year", "全年份额")
        ),
        Column("source", meaning=("source", "来源")),
    )
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=ActivityTable,
    equation="AD_year = AD_month / s_month",
    source="cciced2021",
    status="experimental",
    title=("Year from peak month", "由高峰月推算全年"),
)
def peak_month(readings: ActivityTable, profile: ProfileTable) -> ActivityTable:
    """Extend peak-month meter data to the year by the month's share in a profile.

    Parameters
    ----------
    readings
        Meter data with monthly time (2020-08); several months of one meter are added before they are extended.
    profile
        Share of each month [1] by activity; twelve months that add to 1.

    Returns
    -------
    activity
        Yearly rows; quality is L where the year was extended.

    Raises
    ------
    CoverageError
        If a profile lacks a month, or does not add to 1 within 1e-6.
    SchemaError
        If a reading is not of a month.

    References
    ----------
    CCICED 2021, chapter 3 part 3: yearly use from the peak month by its ratio to the year.

    Examples
    --------
    >>> import polars as pl
    >>> meter = pl.DataFrame({"place": ["A"], "time": ["2020-08"], "sector": ["home"], "activity": ["electricity"],
    ...                       "value": [120.0], "unit": ["kWh"]})
    >>> share = [0.08] * 7 + [0.12] + [0.08] * 4
    >>> shares = pl.DataFrame({"activity": "electricity", "month": range(1, 13), "share": share})
    >>> peak_month(ActivityTable(meter), ProfileTable(shares)).to_polars().select("time", "value").rows()
    [('2020', 1000.0)]
    """
    rows = readings.to_polars()
    shares = profile.to_polars().with_columns(pl.col("month").cast(pl.Int64))
    problems = Problems()
    _check_profile(rows, shares, problems)
    for row in rows.filter(pl.col("time").str.len_chars() != 7).head(20).iter_rows(named=True):
        problems.add("time_not_month", Where.of(row, "time"), row["time"])
    problems.raise_all()
    monthly = rows.with_columns(
        pl.col("time").str.slice(0, 4).alias("year"), pl.col("time").str.slice(5, 2).cast(pl.Int64).alias("month")
    ).join(shares.select("activity", "month", "share"), on=["activity", "month"], maintain_order="left")
    keys = ["place", "year", "sector", "activity", "scenario", "unit"]
    by_month = added(monthly, [*keys, "month"], first=["share", "provenance_id"])
    made = added(by_month, keys, values=["value", "share"], first=["provenance_id"]).select(
        *keys, pl.col("value") / pl.col("share"), pl.lit("L").alias("quality"), "provenance_id"
    )
    return ActivityTable(made.rename({"year": "time"}), codes=readings.codes)


def _check_profile(rows: pl.DataFrame, shares: pl.DataFrame, problems: Problems) -> None:
    for activity in rows["activity"].unique().sort().to_list():
        mine = shares.filter(pl.col("activity") == activity)
        total = float(mine["share"].sum())
        months = sorted(mine["month"].to_list())
        if months != list(range(1, 13)) or abs(total - 1) > 1e-6:
            problems.add(
                "profile_incomplete", Where(column="share", item=activity), f"{len(months)} months, Σ = {total:g}"
            )
