"""Levers on drivers: moved lines by hand, the same draws, weights, and what is refused."""

import numpy as np
import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.strategy.projection.stocks.levers import Lever, drawn_of, handles_of, moved
from citycarbon.strategy.projection.stocks.simulate import runs_of
from citycarbon.strategy.projection.stocks.tables import LineTable, PathTable, SpreadTable

PATHS = PathTable(
    pl.DataFrame({
        "driver": ["people", "people", "use", "price", "clean", "dirty"],
        "time": ["2020", "2030", "2020", "2020", "2020", "2020"],
        "value": [100.0, 200.0, 2.0, 4.0, 0.25, 0.75],
        "unit": ["person", "person", "t/person", "1", "1", "1"],
        "share_of": [None, None, None, None, "mix", "mix"],
    })
)  # fmt: skip
LINES = LineTable(
    pl.DataFrame({
        "line": ["homes", "works", "woods"],
        "place": ["A"] * 3,
        "sector": ["homes", "works", "land"],
        "activity": ["gas"] * 3,
        "scope": ["1", "1", "sink"],
        "gas": ["CO2"] * 3,
        "formula": ["people * use * dirty", "people * use * price^-0.5", "people * use * clean"],
        "unit": ["t"] * 3,
    })
)  # fmt: skip


def drawn(spreads=None, draws=200):
    run = runs_of(PATHS, LINES, spreads, None, None, (2020, 2030), draws, 3, "latin_hypercube", False)[0]
    return drawn_of(run, draws, 3)


def test_a_change_grows_to_its_year_and_then_holds():
    gross = moved(drawn(), [Lever("use", -0.5, 2025)]).paths[0, 0]
    before = drawn().run.paths[0, 0]
    ramp = np.minimum(np.arange(11) / 5, 1.0)
    assert gross == pytest.approx(before * (1 - 0.5 * ramp), rel=1e-12)
    assert gross[0] == before[0]


def test_the_power_of_a_driver_counts_and_levers_multiply():
    run = moved(drawn(), [Lever("price", 3.0, 2030), Lever("use", 0.1, 2030)])
    # In 2030: 200 people; homes 200 * 2.2 * 0.75, works 200 * 2.2 * 16^-0.5.
    assert run.paths[0, 0, -1] == pytest.approx(330.0 + 110.0, rel=1e-12)
    # Net emissions take off the woods, 200 * 2.2 * 0.25.
    assert run.paths[1, 0, -1] == pytest.approx(330.0, rel=1e-12)


def test_nothing_moved_gives_the_same_draws():
    made = drawn(SpreadTable(pl.DataFrame({"driver": ["use"], "kind": ["growth"], "sd": [0.01]})))
    assert np.array_equal(moved(made, []).paths, made.run.paths)
    assert np.array_equal(moved(made, [Lever("use", 0.0, 2030)]).paths, made.run.paths)


def test_a_move_keeps_the_relative_spread_of_its_draws():
    made = drawn(
        SpreadTable(pl.DataFrame({"driver": ["use"], "kind": ["level"], "sd": [0.1], "distribution": ["lognormal"]}))
    )
    after = moved(made, [Lever("use", -0.2, 2030)]).paths[0]
    assert after[:, -1] == pytest.approx(0.8 * made.run.paths[0][:, -1], rel=1e-12)


def test_weights_are_the_change_of_the_total_for_a_change_of_the_driver():
    base = drawn()
    handles = {each.driver: each for each in handles_of(base.model, PATHS)}
    for driver in ("people", "use", "price"):
        step = 1e-6
        after = moved(base, [Lever(driver, step, 2030)]).paths[0, 0, -1]
        slope = (after / base.run.paths[0, 0, -1] - 1) / step
        assert handles[driver].weight_last == pytest.approx(slope, rel=1e-5)
    assert handles["dirty"].share_of == handles["clean"].share_of == "mix"
    assert (handles["people"].first, handles["people"].last, handles["people"].unit) == (100.0, 200.0, "person")


def test_every_wrong_lever_is_named():
    with pytest.raises(InputError) as caught:
        moved(
            drawn(),
            [
                Lever("luck", 0.1, 2025),
                Lever("use", -1.0, 2025),
                Lever("use", 0.1, 2020),
                Lever("use", float("nan"), 2025),
            ],
        )
    assert [each.code for each in caught.value.problems] == ["value_not_listed", *["value_out_of_range"] * 3]
