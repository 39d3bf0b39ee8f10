"""Laws of the industry methods on drawn cases: splitting, units, order, linearity, and conservation of recovered methane.

Tolerances: a handful of multiplications in another order differ by some 1e-15 of their size; 1e-9 is the project's
conservation law.
"""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from citycarbon.core.tables import ActivityTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.industry.clinker_chemistry import ClinkerTable, clinker_chemistry
from citycarbon.inventory.accounting.industry.coal_fugitive import CoalMineTable, coal_fugitive
from citycarbon.inventory.accounting.industry.electrical_equipment import ElectricalTable, electrical_equipment
from citycarbon.inventory.accounting.industry.process import process
from citycarbon.inventory.accounting.industry.steel_process import steel_process

SLOW = settings(deadline=None, max_examples=40)
AMOUNT = st.floats(1e-3, 1e8, allow_nan=False)
SHARE = st.floats(0.0, 1.0)
PROVINCIAL = shipped_library().choose(["provincial-guideline-2011"])
IPCC = shipped_library().choose(["ipcc2006"])
BASE = {"place": "A", "time": "2012", "sector": "process", "unit": "t"}


def rows(cells: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame([{**BASE, **each} for each in cells], infer_schema_length=None)


def gases(cells: list[dict[str, object]]) -> dict[str, float]:
    made = process(ActivityTable(rows(cells)), IPCC).to_polars()
    return dict(made.group_by("gas").agg(pl.col("value").sum()).iter_rows())


PRODUCTS = st.sampled_from(["cement_clinker", "aluminium_side_work_prebake", "silicon_carbide", "hcfc_22_old"])


@SLOW
@given(st.lists(st.tuples(PRODUCTS, AMOUNT, SHARE), min_size=1, max_size=6), st.randoms())
def test_splitting_and_order_of_output_change_no_gas(drawn: list[tuple[str, float, float]], random: object) -> None:
    whole = [{"activity": name, "value": amount} for name, amount, _ in drawn]
    parts = [{"activity": name, "value": amount * part} for name, amount, share in drawn for part in (share, 1 - share)]
    random.shuffle(parts)  # type: ignore[attr-defined]
    assert gases(parts) == pytest.approx(gases(whole), rel=1e-9, abs=1e-12)


@SLOW
@given(PRODUCTS, AMOUNT)
def test_the_unit_of_output_changes_nothing(name: str, amount: float) -> None:
    in_kilograms = [{"activity": name, "value": amount * 1000, "unit": "kg"}]
    assert gases(in_kilograms) == pytest.approx(gases([{"activity": name, "value": amount}]), rel=1e-12)


@SLOW
@given(AMOUNT, st.floats(0.5, 0.7), st.floats(0, 0.05), SHARE, SHARE)
def test_clinker_lies_between_none_and_all_of_its_carbonate(
    mass: float, lime: float, magnesia: float, first: float, second: float
) -> None:
    """E is linear in the carbonate share: the part and its complement add to the whole."""

    def account(part_lime: float, part_magnesia: float) -> float:
        cells = {
            "value": mass, "calcium_oxide": lime, "magnesium_oxide": magnesia, "kiln_dust": 0.0,
            "non_carbonate_calcium_oxide": lime * part_lime, "non_carbonate_magnesium_oxide": magnesia * part_magnesia,
        }  # fmt: skip
        return float(clinker_chemistry(ClinkerTable(rows([cells])), IPCC).to_polars()["value"][0])

    both = account(first, second) + account(1 - first, 1 - second)
    assert both == pytest.approx(account(0.0, 0.0), rel=1e-9)


@SLOW
@given(AMOUNT, AMOUNT, AMOUNT, st.floats(0, 16))
def test_steel_is_the_sum_of_fluxes_and_carbon(limestone: float, dolomite: float, iron: float, ratio: float) -> None:
    steel = iron * ratio
    cells = zip(
        ("limestone_flux", "dolomite_flux", "pig_iron", "crude_steel"), (limestone, dolomite, iron, steel), strict=True
    )
    made = steel_process(ActivityTable(rows([{"activity": a, "value": v} for a, v in cells])), PROVINCIAL).to_polars()
    wanted = 0.430 * limestone + 0.474 * dolomite + (0.041 * iron - 0.00248 * steel) * 44 / 12
    assert made["value"].sum() == pytest.approx(wanted, rel=1e-9)
    assert (made["value"] >= 0).all()


@SLOW
@given(AMOUNT, SHARE, SHARE)
def test_methane_is_emitted_used_or_burnt_and_nothing_is_lost(coal: float, caught: float, flared: float) -> None:
    """Released = emitted + used + burnt in the flare, whose carbon is that of the CO2."""
    assume(coal > 1.0)
    volume = coal * 18.0 * caught
    cells = {
        "activity": "coal_underground_average", "value": coal, "methane_used": volume * (1 - flared),
        "methane_flared": volume * flared,
    }  # fmt: skip
    found = dict(coal_fugitive(CoalMineTable(rows([cells])), IPCC).to_polars().select("gas", "value").iter_rows())
    used = volume * (1 - flared) * 0.67e-3
    burnt = found.get("CO2", 0.0) * 16 / 44
    assert found["CH4"] + used + burnt == pytest.approx(coal * 18.0 * 0.67e-3, rel=1e-9)
    assert found["CH4"] >= 0


@SLOW
@given(AMOUNT, SHARE, AMOUNT, SHARE, AMOUNT, SHARE)
def test_equipment_never_loses_more_than_it_holds(
    charge: float, leak: float, retired: float, recovery: float, filled: float, loss: float
) -> None:
    cells = {
        "activity": "switchgear", "charge": charge, "leak_rate": leak, "end_of_life": retired, "recovery": recovery,
        "filled": filled, "filling_loss": loss,
    }  # fmt: skip
    table = ElectricalTable(rows([cells]).drop("unit"))
    value = float(electrical_equipment(table, IPCC).to_polars()["value"][0])
    assert 0 <= value <= (charge + retired + filled) / 1000 * (1 + 1e-12)
