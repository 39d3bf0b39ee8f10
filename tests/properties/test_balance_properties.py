"""Laws of the energy balance on drawn tables: order, units, parts and wholes, conservation under splitting.

Tolerances: sums of a dozen floating-point numbers in another order differ by some 1e-15 of their size; 1e-9 is the project's
conservation law. Drawn figures have one decimal, as printed tables have.
"""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycarbon.core.errors import InputError
from citycarbon.inventory.sectors.balance_check import balance_check
from citycarbon.inventory.sectors.balance_lines import BalanceTable, leaves, settled
from citycarbon.inventory.sectors.energy_balance import SplitTable, energy_balance

SLOW = settings(deadline=None, max_examples=25)
FIGURE = st.integers(0, 100_000).map(lambda tenths: tenths / 10)
ROWS = ("final.agriculture", "final.industry", "final.construction", "final.transport", "final.commerce", "final.other",
        "final.residential.urban", "final.residential.rural")  # fmt: skip
FUELS = ("raw_coal", "diesel", "coke")


@st.composite
def balances(draw: st.DrawFn) -> pl.DataFrame:
    """A closed balance: drawn consumption and plants, supply that meets them, every total stated."""
    rows: list[tuple[str, str, float]] = []
    for fuel in FUELS:
        final = {row: draw(FIGURE) for row in ROWS}
        power, heat = draw(FIGURE), draw(FIGURE)
        homes = final["final.residential.urban"] + final["final.residential.rural"]
        whole = sum(final.values())
        rows += [(row, fuel, value) for row, value in final.items()]
        rows += [("final.residential", fuel, homes), ("final", fuel, whole)]
        rows += [("transformation.thermal_power", fuel, -power), ("transformation.heat", fuel, -heat)]
        rows += [("transformation", fuel, -power - heat), ("supply", fuel, whole + power + heat)]
    frame = pl.DataFrame(rows, schema=["row", "activity", "value"], orient="row")
    return frame.with_columns(pl.col("value").round(1), place=pl.lit("A"), time=pl.lit("2022"), unit=pl.lit("万吨"))


def amounts(frame: pl.DataFrame, split: SplitTable | None = None) -> dict[tuple[str, str], float]:
    made = energy_balance(BalanceTable(frame), split).to_polars()
    return {(s, a): v for s, a, v in made.select("sector", "activity", "value").iter_rows()}


@SLOW
@given(balances(), st.randoms())
def test_order_of_rows_changes_nothing(frame, random):
    order = list(range(frame.height))
    random.shuffle(order)
    assert amounts(frame) == pytest.approx(amounts(frame[order]), rel=1e-12)
    first, second = (
        balance_check(BalanceTable(each)).to_polars().sort("check", "item") for each in (frame, frame[order])
    )
    assert first["verdict"].to_list() == second["verdict"].to_list()


@SLOW
@given(balances(), st.sampled_from([("吨", 1e4), ("kt", 10.0), ("Mt", 0.01)]))
def test_units_change_nothing(frame, unit):
    name, scale = unit
    other = frame.with_columns(pl.col("value") * scale, pl.lit(name).alias("unit"))
    first, second = amounts(frame), amounts(other)
    assert first.keys() == second.keys()
    assert all(second[key] == pytest.approx(value * scale, rel=1e-9) for key, value in first.items())


@SLOW
@given(balances())
def test_parts_alone_say_the_same_as_parts_and_wholes(frame):
    """Totals that may be left out are the sums of their parts, and are never added to them."""
    bare = frame.filter(~pl.col("row").is_in(["final", "final.residential", "transformation"]))
    assert amounts(frame) == pytest.approx(amounts(bare), rel=1e-12)
    lines = settled(BalanceTable(bare))
    whole = settled(BalanceTable(frame)).whole.sort("activity")
    assert lines.whole.sort("activity")["final"].to_list() == pytest.approx(
        whole["final"].to_list(), rel=1e-9, abs=1e-6
    )


@SLOW
@given(balances())
def test_every_unit_of_fuel_stands_in_one_row(frame):
    """What is burnt is final consumption and input of plants, which is what was supplied."""
    supplied = frame.filter(pl.col("row") == "supply")["value"].sum()
    assert sum(amounts(frame).values()) == pytest.approx(supplied, rel=1e-9, abs=1e-6)
    stated = frame.filter(pl.col("row") == "final")["value"].sum()
    assert leaves(settled(BalanceTable(frame)), "final")["value"].sum() == pytest.approx(stated, rel=1e-9, abs=1e-6)


@SLOW
@given(balances(), st.floats(0, 1), st.floats(0, 1))
def test_splitting_rows_keeps_the_fuel(frame, first, second):
    split = SplitTable(
        pl.DataFrame(
            {
                "row": ["final.other", "final.industry", "final.industry"], "activity": ["diesel", None, None],
                "sector": ["transport.road", "industry.ferrous", "industry.chemicals"],
                "share": [first, second / 2, second / 2],
            }
        )
    )  # fmt: skip
    plain, divided = amounts(frame), amounts(frame, split)
    for fuel in FUELS:
        sums = [sum(value for (_, name), value in found.items() if name == fuel) for found in (plain, divided)]
        assert sums[0] == pytest.approx(sums[1], rel=1e-9, abs=1e-9)


@SLOW
@given(balances(), st.sampled_from(FUELS), st.floats(0.02, 0.5))
def test_a_supply_that_is_off_is_found_and_refused(frame, fuel, share):
    size = frame.filter(pl.col("row") == "supply", pl.col("activity") == fuel)["value"][0]
    if size < 100:
        return
    wrong = (pl.col("row") == "supply") & (pl.col("activity") == fuel)
    off = frame.with_columns(
        pl.when(wrong).then(pl.col("value") * (1 + share)).otherwise(pl.col("value")).alias("value")
    )
    found = (
        balance_check(BalanceTable(off)).to_polars().filter(pl.col("check") == "balance", pl.col("verdict") == "misfit")
    )
    assert found["item"].to_list() == [f"2022 {fuel}"]
    with pytest.raises(InputError) as caught:
        amounts(off)
    assert [problem.code for problem in caught.value.problems] == ["balance_open"]
