"""Fuel of fleets by number, distance and consumption, worked by hand."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.inventory.sectors.vehicle_use import FleetTable, vehicle_use


def fleet(*rows: dict[str, object]) -> FleetTable:
    base = {"place": "A", "time": "2022", "sector": "transport.road.private", "vehicle": "car", "activity": "gasoline"}
    return FleetTable(pl.DataFrame([base | row for row in rows], infer_schema_length=None))


def one(**row: object) -> dict[str, object]:
    return vehicle_use(fleet(row)).to_polars().row(0, named=True)


@pytest.mark.parametrize(
    ("row", "value", "unit"),
    [
        # 1000 cars · 12000 km · 8 L/100 km = 960 000 L; · 0.75 kg/L = 720 t
        ({"value": 8.0, "unit": "L/100km", "density": 0.75}, 720.0, "t"),
        ({"value": 8.0, "unit": "L/100km"}, 960_000.0, "l"),
        # 15 kWh/100 km = 1 800 000 kWh
        ({"value": 15.0, "unit": "kWh/100km", "activity": "electricity"}, 1800.0, "MWh"),
        # 0.06 kg/km = 720 000 kg; a density changes nothing about a mass
        ({"value": 0.06, "unit": "kg/km", "density": 0.75}, 720.0, "t"),
        # 7 m^3/100 km is a volume; gas of stated state keeps it
        ({"value": 7.0, "unit": "Nm3/100km", "activity": "natural_gas"}, 840_000.0, "Nm3"),
        ({"value": 7.0, "unit": "m^3/100km", "activity": "natural_gas"}, 840_000_000.0, "l"),
    ],
)
def test_number_times_distance_times_consumption(row: dict[str, object], value: float, unit: str) -> None:
    made = one(vehicles=1000.0, distance=12000.0, **row)
    assert (made["value"], made["unit"]) == (pytest.approx(value), unit)


def test_shares_of_uncertainty_add_in_quadrature() -> None:
    """3 % of vehicles, 4 % of distance, 12 % of consumption: 13 %."""
    made = one(
        vehicles=1000.0, vehicles_sd=30.0, distance=10000.0, distance_sd=400.0, value=10.0, sd=1.2, unit="kg/100km"
    )
    assert made["value"] == pytest.approx(1000.0)
    assert made["sd"] == pytest.approx(130.0)
    assert one(vehicles=1.0, distance=1.0, value=1.0, unit="kg/km")["sd"] is None
    assert one(vehicles=0.0, vehicles_sd=1.0, distance=1.0, value=1.0, unit="kg/km")["sd"] == pytest.approx(0.001)


def test_wrong_units_are_named_together() -> None:
    rows = [{"vehicles": 1.0, "distance": 1.0, "value": 1.0, "unit": unit} for unit in ("L", "kg/km", "furlong/x")]
    with pytest.raises(InputError) as caught:
        vehicle_use(fleet(*rows))
    assert [problem.code for problem in caught.value.problems] == ["unit_dimension", "unit_unknown"]


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        fleet({"vehicles": -1.0, "distance": 1.0, "value": 1.0, "unit": "kg/km"})
    assert [problem.code for problem in caught.value.problems] == ["value_negative"]
