"""Fuel and electricity of vehicles: how many there are, how far each goes, what it takes for a hundred kilometres.

Comes in: a fleet by class and fuel. Goes out: activity rows of fuel or electricity. Not for: single trips or trajectories
(``inventory.mobility``), and not for what was sold at the pump (:mod:`citycarbon.inventory.sectors.fuel_sales`).
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import ActivityTable, Table
from citycarbon.core.tables.columns import ERROR_GROUP, PLACE, PROVENANCE, QUALITY, SCENARIO, SECTOR, TIME
from citycarbon.core.units import conversion, same_dimension

METHOD_ID = "inventory.sectors.vehicle_use"
TARGETS = {"t/km": "t", "l/km": "l", "kWh/km": "MWh", "Nm3/km": "Nm3"}
"""What a vehicle may take for a distance, and the unit of the result: mass, volume, energy, gas of stated state."""


class FleetTable(Table):
    """Vehicles of one class and fuel: number, yearly distance of each, consumption for a distance."""

    columns = (
        PLACE, TIME, SECTOR,
        Column("vehicle", required=True, empty=False, meaning=("class of vehicle", "车型")),
        Column("activity", required=True, empty=False, meaning=("fuel or electricity", "燃料或电力")),
        SCENARIO,
        Column("vehicles", "number", required=True, empty=False, low=0, unit="vehicle", meaning=("number of vehicles", "车辆数")),
        Column("distance", "number", required=True, empty=False, low=0, unit="km",
               meaning=("of one vehicle in the period", "单车行驶里程")),
        Column("value", "number", required=True, empty=False, low=0,
               meaning=("consumption for a distance, in unit", "单位里程能耗，单位见 unit")),
        Column("unit", required=True, empty=False, meaning=("such as L/100km, kWh/100km, kg/km", "如 L/100km、kWh/100km、kg/km")),
        Column("density", "number", low=0.01, high=25, unit="kg/l",
               meaning=("of the fuel, to turn litres into tonnes", "燃料密度")),
        Column("vehicles_sd", "number", low=0, unit="vehicle", meaning=("standard deviation of vehicles", "车辆数标准差")),
        Column("distance_sd", "number", low=0, unit="km", meaning=("standard deviation of distance", "里程标准差")),
        Column("sd", "number", low=0, meaning=("standard deviation of consumption, in unit", "能耗标准差，单位同 unit")),
        ERROR_GROUP, QUALITY, PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=ActivityTable,
    equation="AD = N · L · c   (· ρ for litres)",
    source="ipcc2006_v2_ch3",
    status="experimental",
    title=("Fuel of vehicles by distance", "按车辆里程计算燃料消耗"),
)
def vehicle_use(fleet: FleetTable) -> ActivityTable:
    """Compute fuel and electricity of vehicles from number, distance and consumption.

    Parameters
    ----------
    fleet
        vehicles, N, distance of one, L [km], consumption, c, and for litres the density, ρ [kg/l]. Without a density litres
        stay litres, which only factors per volume can account.

    Returns
    -------
    activity
        One row a class and fuel: [t], [l], [MWh] or [Nm3]; standard deviations of the parts add in
        quadrature (independent parts). Distance outside the boundary is in it: state distances inside where scope 1 is meant.

    Raises
    ------
    UnitError
        If a consumption is not for a distance, or is neither mass, volume nor energy.

    References
    ----------
    IPCC 2006 Guidelines, volume 2, chapter 3, equation 3.2.6 (fuel from vehicles, distance and consumption).

    Examples
    --------
    >>> import polars as pl
    >>> cars = pl.DataFrame({"place": "A", "time": "2022", "sector": "transport.road.private", "vehicle": "car",
    ...     "activity": "gasoline", "vehicles": [1000.0], "distance": [12000.0], "value": [8.0], "unit": "L/100km",
    ...     "density": [0.75]})
    >>> vehicle_use(FleetTable(cars)).to_polars().select("activity", "value", "unit").rows()
    [('gasoline', 720.0, 't')]
    """
    rows = fleet.to_polars()
    problems = Problems()
    scales = [(unit, *_per_km(unit, rows, problems)) for unit in rows["unit"].unique(maintain_order=True).to_list()]
    problems.raise_all()
    schema = {"unit": pl.String, "target": pl.String, "scale": pl.Float64}
    rows = rows.join(pl.DataFrame(scales, schema=schema, orient="row"), on="unit", how="left", maintain_order="left")
    weighed = (pl.col("target") == "l") & pl.col("density").is_not_null()
    mass = pl.when(weighed).then(pl.col("density") / 1000.0).otherwise(1.0)
    scale = pl.col("scale") * mass
    means = {"vehicles_sd": "vehicles", "distance_sd": "distance", "sd": "value"}
    amount = pl.col("vehicles") * pl.col("distance") * pl.col("value") * scale
    # In absolute terms, so that a fleet of none may still be uncertain.
    parts = [
        (pl.col(sd).fill_null(0.0) * pl.reduce(lambda a, b: a * b, [pl.col(m) for m in means.values() if m != mean]))
        ** 2
        for sd, mean in means.items()
    ]
    stated = pl.any_horizontal(pl.col(*means).is_not_null())
    made = rows.with_columns(
        amount.alias("value"),
        pl.when(stated).then(pl.sum_horizontal(parts).sqrt() * scale).alias("sd"),
        pl.when(weighed).then(pl.lit("t")).otherwise(pl.col("target")).alias("unit"),
    )
    columns = ["place", "time", "sector", "activity", "scenario", "value", "unit", "sd", "error_group", "quality",
               "provenance_id"]  # fmt: skip
    return ActivityTable(made.select(columns), codes=fleet.codes)


def _per_km(unit: str, rows: pl.DataFrame, problems: Problems) -> tuple[str, float]:
    """Give the unit of the result and the amount of it that one unit of consumption is for a kilometre."""
    first = rows.filter(pl.col("unit") == unit).row(0, named=True)
    where = Where.of(first, "unit")
    try:
        for per_km, target in TARGETS.items():
            if same_dimension(unit, per_km):
                return target, conversion(unit, f"{target}/km")
        problems.add("unit_dimension", where, unit, expected_unit=", ".join(TARGETS))
    except InputError as error:
        for each in error.problems:
            problems.add(each.code, where, unit, **dict(each.facts))
    return "", 0.0
