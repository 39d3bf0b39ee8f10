"""SF6 of electrical equipment, hand-worked: use, retirement, filling, defaults by kind, and what must be stated."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError
from citycarbon.core.tables import FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.industry.electrical_equipment import (
    METHOD_ID,
    ElectricalTable,
    electrical_equipment,
)

ROW = {
    "place": "A",
    "time": "2020",
    "sector": "product_use.electrical_equipment",
    "activity": "closed_pressure_equipment",
}


def account(edition: str = "ipcc2006", **cells: object) -> dict[str, object]:
    table = ElectricalTable(pl.DataFrame([{**ROW, **cells}]))
    return electrical_equipment(table, shipped_library().choose([edition])).to_polars().row(0, named=True)


def test_use_retirement_and_filling() -> None:
    """10 000 kg · 0.5 % + 400 kg · (1 − 95 %) + 600 kg · 2 % = 50 + 20 + 12 = 82 kg."""
    row = account(
        charge=10000.0, leak_rate=0.005, end_of_life=400.0, recovery=0.95, filled=600.0, filling_loss=0.02
    )  # fmt: skip
    assert row["value"] == pytest.approx(0.082, rel=1e-12)
    assert (row["gas"], row["scope"], row["method"], row["factor_id"]) == ("SF6", "1", METHOD_ID, None)


def test_rates_that_are_not_stated_come_from_the_kind_of_equipment() -> None:
    """1000 kg · 2.6 % + 200 kg · 8.5 % = 26 + 17 = 43 kg; the row says which factors served."""
    row = account(charge=1000.0, filled=200.0)
    assert row["value"] == pytest.approx(0.043, rel=1e-12)
    assert row["factor_id"] == "ipcc2006.leak.closed_pressure_equipment.sf6*ipcc2006.fill.closed_pressure_equipment.sf6"


def test_the_provincial_guideline_counts_filling_only() -> None:
    row = account("provincial-guideline-2011", activity="power_equipment", filled=100.0)
    assert row["value"] == pytest.approx(0.0086, rel=1e-12)
    with pytest.raises(InputError) as caught:
        account("provincial-guideline-2011", activity="power_equipment", charge=100.0)
    assert caught.value.problems[0].code == "parameter_missing"


def test_a_stated_rate_wins_and_another_gas_keeps_its_name() -> None:
    row = account(charge=1000.0, leak_rate=0.01, gas="CF4")
    assert (row["gas"], row["value"]) == ("CF4", pytest.approx(0.01))


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({}, "parameter_missing"),
        ({"end_of_life": 5.0}, "parameter_missing"),
        ({"charge": 5.0, "leak_rate": 0.1, "gas": "SF7"}, "gas_unknown"),
        ({"charge": 5.0, "activity": "fridge"}, "parameter_missing"),
        ({"charge": -5.0}, "value_negative"),
        ({"charge": 5.0, "leak_rate": 2.6}, "value_out_of_range"),
    ],
)
def test_bad_rows(cells: dict[str, object], code: str) -> None:
    with pytest.raises(InputError) as caught:
        account(provenance_id="sf6.csv:4", **cells)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.where.rows == (4,)


def test_several_defaults_of_one_kind_are_refused() -> None:
    rates = pl.DataFrame(
        {"quantity": "leak_rate", "activity": "closed_pressure_equipment", "value": [0.026, 0.007], "unit": "1/a",
         "factor_id": ["europe", "japan"]}
    )  # fmt: skip
    with pytest.raises(CoverageError) as caught:
        electrical_equipment(ElectricalTable(pl.DataFrame([{**ROW, "charge": 1.0}])), FactorTable(rates))
    assert (caught.value.problems[0].code, caught.value.problems[0].found) == ("factor_ambiguous", "europe, japan")
