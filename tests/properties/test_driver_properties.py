"""Laws of decomposition: no residual, whatever the zeros; order and units change nothing; steps add up; signs are refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycarbon.core.errors import InputError
from citycarbon.core.series import GroupTable, SeriesTable
from citycarbon.strategy.drivers import compare_places, decoupling, kaya, lmdi

MEASURES = ("people", "output", "energy", "co2")


@st.composite
def cities(draw, zeros: bool = True):
    """Figures of two or three measures by sector for some places and times; below a zero everything is zero."""
    seed = draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    times, places, sectors = draw(st.integers(2, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    size = (times, places, sectors)
    spread = draw(st.sampled_from([0.01, 0.5, 3.0]))
    levels = [np.exp(generator.normal(3, spread, size))]
    for _ in MEASURES[1:]:
        factor = np.exp(generator.normal(0, spread, size))
        if zeros:
            factor[generator.random(size) < draw(st.sampled_from([0.0, 0.2, 0.6]))] = 0.0
        levels.append(levels[-1] * factor)
    return levels


def table(levels, unit: str = "t", scale: float = 1.0, order=None) -> SeriesTable:
    rows = []
    for name, values in zip(MEASURES, levels, strict=True):
        for t, p, s in np.ndindex(values.shape):
            value = float(values[t, p, s]) * (scale if name == "co2" else 1.0)
            rows.append((f"p{p}", str(2000 + t), f"s{s}", name, value, unit))
    if order is not None:
        rows = [rows[i] for i in order.permutation(len(rows))]
    return SeriesTable(pl.DataFrame(rows, schema=["place", "time", "sector", "measure", "value", "unit"], orient="row"))


CHAIN = "people by sector > output by sector > energy by sector > co2 by sector"


@settings(max_examples=60, deadline=None)
@given(cities())
def test_no_residual_with_zeros(levels):
    made = lmdi(table(levels), chain=CHAIN, by="sector").to_polars()
    totals = made.filter(pl.col("factor") == "total")
    size = np.maximum(1e-300, np.maximum(totals["start"].abs().to_numpy(), totals["end"].abs().to_numpy()))
    keys = ["place", "part_of", "sector", "time_from", "time"]
    sums = made.filter(pl.col("factor") != "total").group_by(keys, maintain_order=True).agg(pl.col("value").sum())
    assert np.abs(sums["value"].to_numpy() - totals["value"].to_numpy()).max() <= 1e-9 * size.max()
    assert (totals["residual"].abs().fill_null(0.0) < 1e-9).all()
    ratios = made.filter((pl.col("factor") != "total") & pl.col("part_of").is_null())
    products = ratios.group_by("place", "time", maintain_order=True).agg(
        pl.col("ratio").log().sum(), pl.col("ratio").null_count().alias("n")
    )
    whole = totals.filter(pl.col("part_of").is_null())
    for (log, empty), ratio in zip(products.select("ratio", "n").iter_rows(), whole["ratio"].to_list(), strict=True):
        if not empty:
            assert ratio == pytest.approx(np.exp(log), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(cities(), st.sampled_from([1e-6, 1000.0]))
def test_order_of_rows_and_unit_change_nothing(levels, scale):
    plain = lmdi(table(levels), chain=CHAIN).to_polars()
    mixed = lmdi(table(levels, order=np.random.default_rng(1)), chain=CHAIN).to_polars()
    assert np.allclose(plain["value"], mixed["value"], rtol=1e-9, atol=1e-12 * plain["end"].abs().max())
    scaled = lmdi(table(levels, scale=scale), chain=CHAIN).to_polars()
    assert np.allclose(plain["value"] * scale, scaled["value"], rtol=1e-9, atol=1e-9 * scale * plain["end"].abs().max())


@settings(max_examples=40, deadline=None)
@given(cities())
def test_chained_effects_add_to_the_total_and_steps_to_the_period(levels):
    last = str(2000 + levels[0].shape[0] - 1)
    steps = lmdi(table(levels), chain=CHAIN).to_polars()
    period = lmdi(table(levels), chain=CHAIN, periods=f"2000,{last}").to_polars()
    added = steps.group_by("place", "factor", maintain_order=True).agg(pl.col("value").sum())
    assert np.allclose(added["value"], period["value"], rtol=1e-9, atol=1e-9 * period["end"].abs().max())
    whole = period.filter(pl.col("factor") == "total")
    assert np.allclose(whole["value"], whole["end"] - whole["start"], atol=1e-9 * whole["end"].abs().max())


@settings(max_examples=30, deadline=None)
@given(cities(zeros=False))
def test_contributions_add_to_the_whole(levels):
    chain = "people by all > shift: people by sector > output by sector > energy by sector > co2 by sector"
    made = lmdi(table(levels), chain=chain, by="place").to_polars()
    parts = (
        made.filter(pl.col("part_of") == "all")
        .group_by("time", "factor", maintain_order=True)
        .agg(pl.col("value").sum())
    )
    whole = made.filter(pl.col("part_of").is_null()).select("time", "factor", pl.col("value").alias("all"))
    both = whole.join(parts, on=["time", "factor"])
    assert both.height == whole.height
    assert np.allclose(both["all"], both["value"], rtol=1e-9, atol=1e-9 * made["end"].abs().max())
    groups = GroupTable(pl.DataFrame({"place": [f"p{i}" for i in range(levels[0].shape[1])], "group": "g"}))
    grouped = lmdi(table(levels), groups, chain=chain.replace("by all", "by group")).to_polars()
    assert np.allclose(grouped["value"], whole["all"], rtol=1e-9, atol=1e-9 * made["end"].abs().max())


@settings(max_examples=30, deadline=None)
@given(cities(zeros=False))
def test_differences_of_places_turn_round_and_go_over_the_mean(levels):
    if levels[0].shape[1] < 2:
        return
    there = compare_places(table(levels), reference="p0", chain=CHAIN).to_polars().filter(pl.col("place") == "p1")
    back = compare_places(table(levels), reference="p1", chain=CHAIN).to_polars().filter(pl.col("place") == "p0")
    size = max(there["end"].abs().max(), back["end"].abs().max())
    assert np.allclose(there["value"], -back["value"], atol=1e-9 * size)
    mean = compare_places(table(levels), chain=CHAIN).to_polars()
    assert (mean.filter(pl.col("factor") == "total")["residual"].abs() < 1e-9).all()


@settings(max_examples=30, deadline=None)
@given(cities(zeros=False))
def test_factors_of_kaya_multiply_to_emissions(levels):
    made = kaya(table(levels), chain="people > output > energy > co2").to_polars()
    products = made.filter(pl.col("factor") == "product")
    assert (products["residual"].abs() < 1e-12).all()


def small(**values) -> SeriesTable:
    rows = [("A", str(2000 + t), name, float(v), "t") for name, series in values.items() for t, v in enumerate(series)]
    return SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))


@pytest.mark.parametrize(("values", "code"), [
    ({"people": [1, 2], "co2": [1, -1]}, "driver_sign"),
    ({"people": [1, -2], "co2": [1, 1]}, "driver_sign"),
    ({"people": [0, 2], "co2": [1, 1]}, "driver_zero"),
    ({"people": [1, 2]}, "measure_units"),
])  # fmt: skip
def test_figures_without_a_logarithm_are_refused(values, code):
    with pytest.raises(InputError) as caught:
        lmdi(small(**values), chain="people > co2")
    assert {each.code for each in caught.value.problems} == {code}


def test_gaps_doubles_periods_and_chains_are_refused():
    gap = SeriesTable(small(people=[1, 2, 3], co2=[1, 2, 3]).to_polars().filter(
        ~((pl.col("measure") == "co2") & (pl.col("time") == "2001"))))  # fmt: skip
    double = SeriesTable(pl.concat([small(people=[1, 2], co2=[1, 2]).to_polars()] * 2))
    fine = small(people=[1, 2], co2=[1, 2])
    for wrong, chain, periods, code in (
        (gap, "people > co2", "", "series_gap"), (double, "people > co2", "", "row_duplicate"),
        (fine, "people", "", "chain_wrong"), (fine, "people > co2 by moon", "", "chain_wrong"),
        (fine, "people > co2", "2000,1999", "period_wrong"), (fine, "people > co2", "2000", "period_wrong"),
        (fine, "people by sector > co2", "", "chain_wrong"),
    ):  # fmt: skip
        with pytest.raises(InputError) as caught:
            lmdi(wrong, chain=chain, periods=periods)
        assert caught.value.problems[0].code == code


def test_decoupling_refuses_output_that_stands_still():
    with pytest.raises(InputError) as caught:
        decoupling(small(co2=[1, 2], gdp=[3, 3]))
    assert caught.value.problems[0].code == "output_still"
