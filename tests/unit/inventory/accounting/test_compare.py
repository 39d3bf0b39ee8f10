"""Inventories side by side: every step of the waterfall by hand."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import DoubleCountError, InputError
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.inventory.accounting.compare import STEPS, compare

ROW = {"place": "A", "time": "2020", "activity": "diesel", "scope": "1", "gas": "CO2", "unit": "t"}


def inventory(values: dict[str, float], **more: object) -> EmissionTable:
    """Rows by sector."""
    return EmissionTable(pl.DataFrame({**ROW, "sector": list(values), "value": list(values.values()), **more}))


def amounts(values: dict[str, float], **more: object) -> ActivityTable:
    """Tonnes of diesel by sector."""
    frame = {"place": "A", "time": "2020", "activity": "diesel", "unit": "t", "sector": list(values)}
    return ActivityTable(pl.DataFrame({**frame, "value": list(values.values()), **more}))


def bars(made: object) -> list[tuple[str, str, float]]:
    """Steps that are not empty; the waterfall is checked on the way."""
    rows = made.to_polars()
    for _, part in rows.group_by("scenario", "time", maintain_order=True):
        assert part["order"].to_list() == list(range(1, part.height + 1))
        assert list(dict.fromkeys(part["step"].to_list())) == list(STEPS)
        inner = part.slice(1, part.height - 2)
        assert inner["start"].to_list() == pytest.approx([part["end"][0], *inner["end"].to_list()[:-1]])
        assert inner["end"][-1] == pytest.approx(part["end"][-1], rel=1e-12)
    return rows.filter(pl.col("value") != 0).select("step", "category", pl.col("value").round(9)).rows()


def test_all_steps_at_once():
    """Road: 10 t · 3 → 11 t · 4; rail only in the second; homes cannot be split, for want of amounts."""
    first = inventory({"road": 30, "homes": 20})
    second = inventory({"road": 44, "homes": 26, "rail": 5})
    made = compare(first, second, amounts({"road": 10}), amounts({"road": 11}))
    assert bars(made) == [
        ("first", "all", 50.0), ("boundary", "rail", 5.0), ("activity", "road", 3.5), ("factor", "road", 10.5),
        ("not_separable", "homes", 6.0), ("second", "all", 75.0),
    ]  # fmt: skip


def test_what_is_not_separable_is_named():
    """Its row is there even when it is empty."""
    rows = compare(inventory({"road": 30}), inventory({"road": 30})).to_polars()
    row = rows.filter(step="not_separable").row(0, named=True)
    assert (row["category"], row["value"], row["explanation_zh"]) == ("none", 0.0, "无。")


def test_scenarios_of_one_table():
    """Two compilers beside the official inventory; amounts carry the same labels."""
    table = EmissionTable.stack([
        inventory({"road": 30}, scenario="official"), inventory({"road": 33}, scenario="atlas"),
        inventory({"road": 30, "rail": 5}, scenario="study"),
    ])  # fmt: skip
    used = ActivityTable(pl.concat([amounts({"road": 10}, scenario="official").to_polars(),
                                    amounts({"road": 11}, scenario="atlas").to_polars()]))  # fmt: skip
    made = compare(table, first_activity=used, reference="official")
    rows = made.to_polars()
    assert rows["scenario"].unique().sort().to_list() == ["atlas", "study"]
    assert set(rows["reference"].to_list()) == {"official"}
    assert bars(made) == [
        ("first", "all", 30.0), ("activity", "road", 3.0), ("second", "all", 33.0),
        ("first", "all", 30.0), ("boundary", "rail", 5.0), ("second", "all", 35.0),
    ]  # fmt: skip


def test_gas_coverage_and_metric():
    """The first lacks N2O of road; the metric of the other moves CH4 of waste from 28 to 27.9 t."""
    first = EmissionTable.stack([inventory({"road": 30}), inventory({"waste": 1}, gas="CH4")])
    second = EmissionTable.stack(
        [inventory({"road": 30}), inventory({"waste": 1}, gas="CH4"), inventory({"road": 0.01}, gas="N2O")]
    )
    found = {
        step: value for step, _, value in bars(compare(first, second, metric="AR5-GWP100", second_metric="AR6-GWP100"))
    }
    assert found["gas"] == pytest.approx(2.73)
    assert found["metric"] == pytest.approx(-0.1)
    assert set(found) == {"first", "gas", "metric", "second"}


def test_names_that_may_mean_the_same_are_not_separated():
    """One has diesel and petrol, the other 'motor fuel': no boundary, one matter under two names."""
    first = EmissionTable.stack([inventory({"road": 30}), inventory({"road": 20}, activity="gasoline")])
    second = inventory({"road": 55}, activity="motor_fuel")
    assert bars(compare(first, second)) == [
        ("first", "all", 50.0),
        ("not_separable", "road", 5.0),
        ("second", "all", 55.0),
    ]
    more = EmissionTable.stack([first, inventory({"road": 5}, activity="lpg")])
    assert bars(compare(first, more))[1] == ("boundary", "road", 5.0)


def test_scopes_that_one_lacks_are_boundary():
    """Purchased electricity in scope 2 only in the second."""
    second = EmissionTable.stack([inventory({"road": 30}), inventory({"road": 4}, scope="2", activity="electricity")])
    assert bars(compare(inventory({"road": 30}), second))[1] == ("boundary", "road", 4.0)
    assert bars(compare(inventory({"road": 30}), second, scopes="territorial"))[-1] == ("second", "all", 30.0)


def test_sentences():
    """Who, why and how much."""
    rows = compare(inventory({"road": 30}), inventory({"road": 30, "rail": 5})).to_polars()
    row = rows.filter(step="boundary").row(0, named=True)
    assert row["explanation_en"] == "rail: +5 t, because only one of the two inventories counts it."
    assert row["explanation_zh"] == "rail：+5 吨，原因：仅一份清单计入。"


@pytest.mark.parametrize(("reference", "code"), [(None, "parameter_missing"), ("nobody", "parameter_wrong")])
def test_the_reference_is_named(reference: str | None, code: str):
    """Nothing is chosen in silence."""
    table = EmissionTable.stack([inventory({"road": 1}, scenario="a"), inventory({"road": 1}, scenario="b")])
    with pytest.raises(InputError) as caught:
        compare(table, reference=reference)
    assert caught.value.problems[0].code == code


def test_one_inventory_is_not_enough():
    """There is nothing to compare it with."""
    with pytest.raises(InputError):
        compare(inventory({"road": 1}), reference="observed")


def test_two_bases_are_not_compared_as_one():
    """Location and market must be chosen between."""
    both = inventory({"a": 5, "b": 3}, basis=["location", "market"], scope="2")
    with pytest.raises(DoubleCountError):
        compare(both, both)
    assert bars(compare(both, both, basis="market")) == [("first", "all", 3.0), ("second", "all", 3.0)]
