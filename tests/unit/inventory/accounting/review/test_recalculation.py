"""Recalculations, one reason at a time, then all at once."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import DoubleCountError
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.inventory.accounting.review import recalculation
from citycarbon.inventory.accounting.review.difference import PARTS, part_column

ROW = {"place": "A", "time": "2020", "sector": "road", "activity": "diesel", "scope": "1", "gas": "CO2", "unit": "t"}


def emissions(value: float, **more: object) -> EmissionTable:
    """One row."""
    return EmissionTable(pl.DataFrame({**ROW, **more, "value": [value]}))


def used(value: float, unit: str = "t", **more: object) -> ActivityTable:
    """Diesel burnt."""
    keys = {name: ROW[name] for name in ("place", "time", "sector", "activity")}
    return ActivityTable(pl.DataFrame({**keys, **more, "value": [value], "unit": unit}))


def parts(made: object, **wanted: str) -> dict[str, float]:
    """The parts of the difference that are not zero."""
    row = made.to_polars().filter(**(wanted or {"line": "total"})).row(0, named=True)
    found = {part: row[part_column(part)] for part in PARTS if row[part_column(part)] != 0}
    assert sum(found.values()) == pytest.approx(row["difference"], rel=1e-12, abs=1e-12)
    return found


def test_activity_and_factor():
    """10 t · 3 = 30 becomes 11 t · 4 = 44: ΔA·mean(F) = 1·3.5, ΔF·mean(A) = 1·10.5; amounts in kg and t."""
    made = recalculation(emissions(30), emissions(44), used(10), used(11000, "kg"))
    assert parts(made) == pytest.approx({"activity": 3.5, "factor": 10.5})
    row = made.to_polars().filter(line="category").row(0, named=True)
    assert (row["old_value"], row["new_value"]) == (30, 44)
    assert row["explanation_en"] == (
        "road, CO2, 2020: from 30 t to 44 t (+14 t), of which other activity data +3.5 t; another factor +10.5 t."
    )
    assert "由 30 吨改为 44 吨（+14 吨）" in row["explanation_zh"]


def test_a_changed_method_takes_the_coefficient():
    """The same with two methods: the coefficient is the method's."""
    made = recalculation(emissions(30, method="m1"), emissions(44, method="m2"), used(10), used(11))
    assert parts(made) == pytest.approx({"activity": 3.5, "method": 10.5})


def test_without_amounts_the_same_factor_means_activity():
    """One factor and one method: only the amount can differ."""
    same = {"method": "m", "factor_id": "f"}
    assert parts(recalculation(emissions(30, **same), emissions(33, **same))) == pytest.approx({"activity": 3.0})
    other = recalculation(emissions(30, **same), emissions(33, method="m", factor_id="g"))
    assert parts(other) == pytest.approx({"not_separable": 3.0})
    assert parts(recalculation(emissions(30), emissions(33))) == pytest.approx({"not_separable": 3.0})


def test_sources_of_one_side_are_boundary():
    """Rail is new."""
    both = EmissionTable.stack([emissions(30), emissions(5, sector="rail")])
    made = recalculation(emissions(30), both)
    assert parts(made) == {"boundary": 5.0}
    assert parts(made, sector="road") == {}
    text = made.to_polars().filter(sector="road")["explanation_en"][0]
    assert text == "road, CO2, 2020: 30 t, not changed."


def test_a_further_gas_is_gas():
    """CH4 of the same diesel was left out before: 0.1 t · 27.9."""
    both = EmissionTable.stack([emissions(30), emissions(0.1, gas="CH4")])
    assert parts(recalculation(emissions(30), both, metric="AR6-GWP100")) == pytest.approx({"gas": 2.79})


def test_another_metric():
    """1 t of CH4: 28 t by AR5-GWP100, 27.9 t by AR6-GWP100."""
    old = new = emissions(1, gas="CH4")
    made = recalculation(old, new, old_metric="AR5-GWP100", metric="AR6-GWP100")
    assert parts(made) == pytest.approx({"metric": -0.1})


def test_amount_factor_and_metric_at_once():
    """A 1 → 2, F 1 → 3, W 28 → 27.9; each part is the mean over the six orders of change."""
    made = recalculation(emissions(1, gas="CH4"), emissions(6, gas="CH4"), used(1), used(2),
                         old_metric="AR5-GWP100", metric="AR6-GWP100")  # fmt: skip
    of_activity = 1 * ((1 * 28 + 3 * 27.9) / 3 + (3 * 28 + 1 * 27.9) / 6)
    of_factor = 2 * ((1 * 28 + 2 * 27.9) / 3 + (2 * 28 + 1 * 27.9) / 6)
    of_metric = -0.1 * ((1 * 1 + 2 * 3) / 3 + (2 * 1 + 1 * 3) / 6)
    assert parts(made) == pytest.approx({"activity": of_activity, "factor": of_factor, "metric": of_metric})
    assert of_activity + of_factor + of_metric == pytest.approx(6 * 27.9 - 28)


def test_an_amount_from_nothing_is_activity():
    """0 t became 10 t at factor 3; there was no factor that could have changed."""
    assert parts(recalculation(emissions(0), emissions(30), used(0), used(10))) == pytest.approx({"activity": 30.0})


def test_emissions_without_an_amount_are_not_split():
    """5 t of CO2 from 0 t of diesel: no coefficient explains it."""
    assert parts(recalculation(emissions(5), emissions(30), used(0), used(10))) == pytest.approx(
        {"not_separable": 25.0}
    )


def test_amounts_of_two_kinds_are_not_split():
    """Litres do not turn into tonnes."""
    assert parts(recalculation(emissions(30), emissions(44), used(10), used(11, "l"))) == pytest.approx(
        {"not_separable": 14.0}
    )


def test_co2e_by_two_metrics_is_not_split():
    """The gases inside are not known."""
    old, new = emissions(28, gas="CO2e", metric="AR5-GWP100"), emissions(27, gas="CO2e", metric="AR6-GWP100")
    assert parts(recalculation(old, new, used(1), used(1))) == pytest.approx({"not_separable": -1.0})


def test_gases_beside_co2e_meet_as_co2e():
    """28 t CO2e became 1 t CO2 and 1 t CH4, at the same amount: 28.9 t, the factor's part 0.9."""
    new = EmissionTable.stack([emissions(1), emissions(1, gas="CH4")])
    made = recalculation(emissions(28, gas="CO2e"), new, used(10), used(10), metric="AR6-GWP100")
    assert parts(made) == pytest.approx({"factor": 0.9})


def test_mass_beside_co2e_needs_a_metric():
    """A tonne of CH4 is no tonne of CO2e."""
    with pytest.raises(DoubleCountError):
        recalculation(emissions(1, gas="CH4"), emissions(28, gas="CO2e"))


def test_years_stand_apart_and_close():
    """Two years; the total line of each is the sum of its categories."""
    old = EmissionTable.stack([emissions(30), emissions(20, time="2021"), emissions(7, sector="rail")])
    new = EmissionTable.stack([emissions(44), emissions(18, time="2021"), emissions(7, sector="rail")])
    rows = recalculation(old, new).to_polars()
    assert rows.filter(line="total").select("time", "old_value", "new_value").rows() == [
        ("2020", 37, 51),
        ("2021", 20, 18),
    ]
