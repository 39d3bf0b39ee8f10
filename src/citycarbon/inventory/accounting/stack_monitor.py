"""Continuous emission monitoring of a stack: concentration × flow at standard state, hour by hour.

Comes in: hourly readings, wet or dry. Goes out: scope 1 CO2 by place and period, substituted hours as rows of their own.
Not for: repairing a monitor whose data are mostly missing.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.chemistry import CO2_MOLAR_MASS, MOLAR_VOLUME
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import SERIAL, Column, serial_moment
from citycarbon.core.sums import added
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import PROVENANCE, SCENARIO, SECTOR
from citycarbon.data.cell_values import hours

METHOD_ID = "inventory.accounting.stack_monitor"
ICE_POINT, STANDARD_PRESSURE = 273.15, 101.325
FULL_AVAILABILITY, LEAST_AVAILABILITY = 0.90, 0.75
"""Availability classes of HJ 75-2017 (hj75_2017; recalled with 75 per cent confidence, confirm before official use)."""
WINDOWS = ((24, 180), (None, 720))
"""(longest gap in hours, valid hours to look back) at full availability; 2160 hours below it (hj75_2017, recalled)."""
LOW_WINDOW = 2160
_STACK = ("place", "sector", "scenario")
_HOUR = "%Y-%m-%d %H"


class StackTable(Table):
    """Hourly readings of a stack monitor; an empty cell, or an absent hour between two readings, is a missing reading."""

    columns = (
        Column("place", required=True, empty=False, meaning=("plant and stack", "企业与排口")),
        Column("hour", required=True, empty=False, meaning=("hour, like 2020-01-31 05", "小时，如 2020-01-31 05")),
        SECTOR,
        Column("concentration", "number", required=True, low=0, high=100, unit="percent",
               meaning=("CO2 by volume", "CO2 体积浓度")),
        Column("concentration_basis", required=True, empty=False, allowed=("dry", "wet"),
               meaning=("dry or wet gas", "干基或湿基")),
        Column("flow_rate", "number", required=True, low=0, unit="m^3/hour",
               meaning=("flow of wet gas at actual state", "工况湿烟气流量")),
        Column("flue_temperature", "number", required=True, low=-50, high=1500, unit="degC",
               meaning=("gas temperature", "烟气温度")),
        Column("flue_pressure", "number", required=True, low=20, high=500, unit="kPa",
               meaning=("absolute gas pressure", "烟气绝对压力")),
        Column("moisture", "number", required=True, low=0, high=1, unit="1",
               meaning=("water vapour by volume", "含湿量（体积分数）")),
        SCENARIO,
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = C/100 · Q_s · 273.15/(273.15+t_s) · P_s/101.325 · (1−X_sw) · 44.01/22.414 / 1000",
    source="hj76_2017",
    status="experimental",
    title=("Continuous emission monitoring", "烟气连续监测"),
)
def stack_monitor(
    readings: StackTable,
    *,
    period: Literal["year", "month", "day"] = "year",
    substitution: Literal["none", "hj75"] = "none",
) -> EmissionTable:
    """Account stack CO2 in scope 1 from hourly readings.

    Parameters
    ----------
    readings
        concentration [%], flow_rate [m^3/h, wet, actual], flue_temperature [°C], flue_pressure [kPa absolute] and
        moisture [1] by hour. A wet concentration needs no moisture correction.
    period
        Period of the result.
    substitution
        ``none`` refuses gaps; ``hj75`` fills an hour with the largest hourly emission of the last 180 valid hours (gap of at
        most 24 h) or 720 (longer), or 2160 where the availability is below 90 %; below 75 % it refuses. Before the first
        valid hour of a stack the first such hours serve. A stack that stands still has readings: a flow of zero.

    Returns
    -------
    emissions
        [t] of CO2, scope 1, activity ``flue_gas`` for measured and ``flue_gas_substituted`` for filled hours.

    Raises
    ------
    CoverageError
        If readings are missing and may not be filled.

    References
    ----------
    HJ 75-2017, HJ 76-2017 (formula as generally quoted; substitution classes recalled, confirm before official use).

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "S", "hour": ["2020-01-01 00"], "sector": "power", "concentration": [12.0],
    ...     "concentration_basis": "dry", "flow_rate": [1e6], "flue_temperature": [50.0], "flue_pressure": [101.325],
    ...     "moisture": [0.1]})
    >>> round(stack_monitor(StackTable(rows)).to_polars()["value"][0], 4)
    179.2474
    """
    rows = _every_hour(readings.to_polars())
    dry = pl.when(pl.col("concentration_basis") == "dry").then(1 - pl.col("moisture")).otherwise(1.0)
    kelvin = ICE_POINT + pl.col("flue_temperature")
    density = CO2_MOLAR_MASS / MOLAR_VOLUME / 1000.0
    rate = (
        pl.col("concentration") / 100.0 * pl.col("flow_rate") * (ICE_POINT / kelvin)
        * (pl.col("flue_pressure") / STANDARD_PRESSURE) * dry * density
    )  # fmt: skip
    rows = rows.with_columns(rate.alias("value")).sort(*_STACK, "hour")
    gaps = rows.filter(pl.col("value").is_null())
    activity = pl.lit("flue_gas")
    if gaps.height:
        if substitution == "none":
            shown = f"{gaps.height} h: {', '.join(gaps['hour'].head(3).to_list())}"
            raise InputError("monitor_gaps", _place(gaps, "hour"), shown)
        rows = _filled(rows)
        activity = pl.when(pl.col("measured")).then(pl.lit("flue_gas")).otherwise(pl.lit("flue_gas_substituted"))
    length = {"year": 4, "month": 7, "day": 10}[period]
    keys = ["place", "time", "sector", "activity", "scenario"]
    rows = rows.with_columns(pl.col("hour").str.slice(0, length).alias("time"), activity.alias("activity"))
    made = added(rows, keys, first=["provenance_id"]).sort(keys)
    fixed = {"scope": "1", "gas": "CO2", "unit": "t", "method": METHOD_ID}
    return EmissionTable(made, fixed=fixed, codes=readings.codes)


def _every_hour(rows: pl.DataFrame) -> pl.DataFrame:
    """Write hours in one form and give each stack a row for every hour from its first to its last."""
    problems = Problems()
    rows = rows.with_columns(hours(rows["hour"]).alias("start"))
    wrong = rows.filter(pl.col("start").is_null())
    if wrong.height and SERIAL.fullmatch(first := str(wrong["hour"][0])):
        problems.add("time_serial", _place(wrong, "hour"), first, moment=serial_moment(first))
    elif wrong.height:
        problems.add("time_not_hour", _place(wrong, "hour"), wrong["hour"][0])
    keys = [*_STACK, "start"]
    twice = rows.filter(pl.struct(keys).is_duplicated())
    if twice.height:
        problems.add("row_duplicate", _place(twice, "hour"), twice["hour"][0], key="place, sector, scenario, hour")
    problems.raise_all()
    whole = rows.group_by(_STACK, maintain_order=True).agg(
        pl.datetime_range(pl.col("start").min(), pl.col("start").max(), "1h").alias("start")
    )
    complete = whole.explode("start").join(rows.drop("hour"), on=keys, how="left", nulls_equal=True)
    return complete.with_columns(pl.col("start").dt.strftime(_HOUR).alias("hour")).drop("start")


def _place(rows: pl.DataFrame, column: str) -> Where:
    return Where.of(rows["provenance_id"].head(5).to_list(), column)


def _filled(rows: pl.DataFrame) -> pl.DataFrame:
    """Fill gaps of each stack by the largest recent valid hour; the look-back window follows availability and gap length."""
    stack = list(_STACK)
    rows = rows.with_columns(pl.col("value").is_not_null().alias("measured"))
    rows = rows.with_columns(pl.col("measured").mean().over(stack).alias("availability"))
    problems = Problems()
    for row in rows.unique(stack, keep="first", maintain_order=True).iter_rows(named=True):
        if row["availability"] < LEAST_AVAILABILITY:
            limit = f"{LEAST_AVAILABILITY:.0%}"
            problems.add("monitor_availability", Where(item=row["place"]), f"{row['availability']:.1%}", limit=limit)
    problems.raise_all()
    run = (pl.col("measured") != pl.col("measured").shift(1)).fill_null(True).cum_sum().over(stack)
    rows = rows.with_columns(run.alias("run")).with_columns(pl.len().over(*stack, "run").alias("gap"))
    recent = {}
    for window in (WINDOWS[0][1], WINDOWS[1][1], LOW_WINDOW):
        # The n-th last valid hours: roll over valid hours only, then carry forward into the gap.
        recent[window] = f"recent_{window}"
        valid = (
            rows.filter(pl.col("measured"))
            .with_columns(pl.col("value").rolling_max(window, min_samples=1).over(stack).alias(recent[window]))
            .select(*stack, "hour", recent[window])
        )
        first = pl.col("value").drop_nulls().head(window).max()
        rows = rows.join(valid, on=[*stack, "hour"], how="left", maintain_order="left").with_columns(
            pl.coalesce(pl.col(recent[window]).forward_fill(), first).over(stack)
        )
    full = pl.col("availability") >= FULL_AVAILABILITY
    substitute = (
        pl.when(full & (pl.col("gap") <= WINDOWS[0][0]))
        .then(pl.col(recent[WINDOWS[0][1]]))
        .when(full)
        .then(pl.col(recent[WINDOWS[1][1]]))
        .otherwise(pl.col(recent[LOW_WINDOW]))
    )
    return rows.with_columns(pl.coalesce(pl.col("value"), substitute).alias("value"))
