"""Fuel sold inside and burnt inside, and sales beside distance."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable
from citycarbon.inventory.sectors.fuel_sales import SalesTable, fuel_sales, transport_reconcile

BASE = {"place": "A", "time": "2022", "sector": "transport.road", "unit": "t"}


def sales(**row: object) -> SalesTable:
    return SalesTable(pl.DataFrame([BASE | {"activity": "diesel"} | row]))


def fuel(*rows: dict[str, object]) -> ActivityTable:
    return ActivityTable(pl.DataFrame([BASE | {"activity": "diesel"} | row for row in rows], infer_schema_length=None))


def test_the_share_burnt_inside() -> None:
    row = fuel_sales(sales(value=500.0, share=0.6)).to_polars().row(0, named=True)
    assert (row["value"], row["unit"], row["sd"]) == (300.0, "t", None)


def test_uncertainty_of_amount_and_share() -> None:
    """500 ± 10 and 0.6 ± 0.016: parts 6 and 8, together 10."""
    row = fuel_sales(sales(value=500.0, sd=10.0, share=0.6, share_sd=0.016)).to_polars().row(0, named=True)
    assert row["sd"] == pytest.approx(10.0)


@pytest.mark.parametrize("share", [1.2, -0.1, None])
def test_a_share_is_stated_and_between_zero_and_one(share: float | None) -> None:
    with pytest.raises(InputError):
        sales(value=1.0, share=share)


@pytest.mark.parametrize(
    ("used", "sold", "verdict"),
    [
        ([{"value": 330.0}], [{"value": 300.0}], "agrees"),
        ([{"value": 331.0}], [{"value": 300.0}], "misfit"),
        # 2 · √(30² + 40²) = 100 explains 90
        ([{"value": 390.0, "sd": 30.0}], [{"value": 300.0, "sd": 40.0}], "agrees"),
        # sectors are summed, and kg turned into t
        (
            [{"value": 100_000.0, "unit": "kg"}, {"value": 200.0, "sector": "transport.rail"}],
            [{"value": 300.0}],
            "agrees",
        ),
    ],
)
def test_distance_beside_sales(used: list[dict[str, object]], sold: list[dict[str, object]], verdict: str) -> None:
    (found,) = transport_reconcile(fuel(*used), fuel(*sold)).to_polars().to_dicts()
    assert (found["verdict"], found["expected"], found["unit"]) == (verdict, 300.0, "t")


def test_errors_of_one_group_add_and_others_do_not() -> None:
    """Two rows ± 30: together 60 in one group, 42.4 otherwise; 2 sd explain 100 only in the first case."""
    for group, verdict in (("g", "agrees"), (None, "misfit")):
        rows = [{"value": 200.0, "sd": 30.0, "error_group": group, "sector": sector} for sector in ("a", "b")]
        (found,) = transport_reconcile(fuel(*rows), fuel({"value": 300.0})).to_polars().to_dicts()
        assert found["verdict"] == verdict


def test_a_fuel_on_one_side_only_is_a_caveat() -> None:
    found = transport_reconcile(fuel({"value": 1.0}), fuel({"value": 2.0, "activity": "lpg"})).to_polars()
    assert found.select("item", "value", "expected", "verdict").rows() == [
        ("2022 diesel", 1.0, None, "caveat"),
        ("2022 lpg", None, 2.0, "caveat"),
    ]


def test_litres_beside_tonnes_and_wild_tolerances_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        transport_reconcile(fuel({"value": 1.0, "unit": "l"}), fuel({"value": 2.0}))
    assert [problem.code for problem in caught.value.problems] == ["unit_dimension"]
    with pytest.raises(InputError) as caught:
        transport_reconcile(fuel({"value": 1.0}), fuel({"value": 2.0}), tolerance=-1)
    assert [problem.code for problem in caught.value.problems] == ["parameter_wrong"]
