"""Travel and freight by work done."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.inventory.accounting.travel.transport_work import transport_work

FACTORS = FactorTable(
    pl.DataFrame(
        {
            "activity": ["bus", "rail_freight", "car_petrol"], "gas": "CO2e", "value": [0.03, 8.0, 0.18],
            "unit": ["kg/pkm", "g/tkm", "kg/vkm"], "sd": [0.003, None, None], "edition": "x",
        }
    )
)  # fmt: skip


def work(**row: object) -> ActivityTable:
    base = {"place": "A", "time": "2022", "sector": "transport.road.public", "activity": "bus", "unit": "pkm"}
    return ActivityTable(pl.DataFrame([base | row]))


@pytest.mark.parametrize(
    ("row", "tonnes"),
    [
        ({"value": 2e6}, 60.0),  # 2e6 pkm · 0.03 kg
        ({"value": 2.0, "unit": "百万人公里"}, 60.0),
        ({"activity": "rail_freight", "value": 5.0, "unit": "万吨公里"}, 0.4),  # 5e4 tkm · 8 g
        ({"activity": "car_petrol", "value": 1000.0, "unit": "车公里"}, 0.18),
    ],
)
def test_work_times_factor(row: dict[str, object], tonnes: float) -> None:
    made = transport_work(work(**row), FACTORS).to_polars().row(0, named=True)
    assert (made["value"], made["scope"], made["gas"]) == (pytest.approx(tonnes), "3", "CO2e")
    assert made["method"] == "inventory.accounting.transport_work"


def test_scope_and_uncertainty() -> None:
    """10 % of the factor and 5 % of the work: √125 = 11.18 % (with the small product term)."""
    made = transport_work(work(value=1e6, sd=5e4), FACTORS, scope="1").to_polars().row(0, named=True)
    assert made["scope"] == "1"
    assert made["sd"] == pytest.approx(30.0 * (0.0125 + 0.1**2 * 0.05**2) ** 0.5, rel=1e-6)


def test_people_are_no_vehicles_and_unknown_modes_have_no_factor() -> None:
    with pytest.raises(InputError) as caught:
        transport_work(work(activity="car_petrol", value=1.0), FACTORS)
    assert [problem.code for problem in caught.value.problems] == ["unit_dimension"]
    with pytest.raises(InputError) as caught:
        transport_work(work(activity="sledge", value=1.0), FACTORS)
    assert [problem.code for problem in caught.value.problems] == ["factor_missing"]
