"""Laws of farming and land on drawn cases: splitting, units, order, stock change as a difference of states.

Tolerances: sums of a few dozen floating-point numbers in another order differ by some 1e-14 of their size; 1e-9 of the sum of
absolute values is the project's conservation law.
"""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.land_conversion import ConversionTable, PoolTable, land_conversion
from citycarbon.inventory.accounting.agriculture.land_use import land_use
from citycarbon.inventory.accounting.agriculture.livestock import HerdTable, livestock
from citycarbon.inventory.accounting.agriculture.managed_soils import managed_soils
from citycarbon.inventory.accounting.agriculture.residue_burning import HarvestTable, residue_burning
from citycarbon.inventory.accounting.agriculture.rice_cultivation import RiceTable, rice_cultivation

SLOW = settings(deadline=None, max_examples=40)
AMOUNT = st.floats(0.0, 1e9, allow_nan=False)
USES = ("forest", "farm", "grass", "town")
ANIMALS = ("swine", "horse", "camel", "live_poultry")
LAND = ("cropland", "forest_land", "grassland", "water_area", "unused_land")
GUIDE = shipped_library().choose(["provincial-guideline-2011"])
IPCC = shipped_library().choose(["ipcc2006"])
PAPERS = shipped_library().choose(["china-literature-land"])
BASE = {"place": "江苏", "time": "2020", "sector": "s"}


def sums(made: EmissionTable) -> dict[tuple[str, str], float]:
    rows = made.to_polars().filter(pl.col("value").is_not_null())
    keys = ["sector", "gas"]
    return {(sector, gas): value for sector, gas, value in rows.group_by(keys).agg(pl.col("value").sum()).iter_rows()}


def herd(rows: list[tuple[str, float]], unit: str = "head") -> HerdTable:
    frame = pl.DataFrame(rows, schema=["activity", "value"], orient="row")
    return HerdTable(frame.with_columns(place=pl.lit("江苏"), time=pl.lit("2020"), unit=pl.lit(unit)))


@SLOW
@given(st.lists(st.tuples(st.sampled_from(ANIMALS), AMOUNT, st.floats(0, 1)), min_size=1, max_size=8))
def test_a_herd_may_be_counted_in_two_parts(rows: list[tuple[str, float, float]]) -> None:
    whole = livestock(herd([(animal, heads) for animal, heads, _ in rows]), GUIDE)
    parts = [(animal, heads * share) for animal, heads, share in rows]
    parts += [(animal, heads - heads * share) for animal, heads, share in rows]
    assert sums(livestock(herd(parts), GUIDE)) == pytest.approx(sums(whole), rel=1e-9, abs=1e-12)


@SLOW
@given(st.lists(st.tuples(st.sampled_from(ANIMALS), AMOUNT), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_order_and_unit_of_herds_do_not_matter(rows: list[tuple[str, float]], chance) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    first = sums(livestock(herd(rows), GUIDE))
    assert sums(livestock(herd(shuffled), GUIDE)) == pytest.approx(first, rel=1e-9, abs=1e-12)
    in_ten_thousands = [(animal, heads / 1e4) for animal, heads in rows]
    assert sums(livestock(herd(in_ten_thousands, "万头"), GUIDE)) == pytest.approx(first, rel=1e-9, abs=1e-12)


@SLOW
@given(AMOUNT, st.floats(1, 365))
def test_average_population_is_linear_in_days_and_heads(heads: float, days: float) -> None:
    """Heads that live a share of the year emit that share of what they would in a whole one."""
    rows = herd([("swine", heads)]).to_polars()
    short = livestock(HerdTable(rows.with_columns(days_alive=pl.lit(days))), GUIDE)
    whole = sums(livestock(HerdTable(rows), GUIDE))
    assert sums(short) == pytest.approx({key: value * days / 365 for key, value in whole.items()}, rel=1e-9, abs=1e-300)


@SLOW
@given(st.lists(st.tuples(st.sampled_from(LAND), AMOUNT), min_size=1, max_size=10))
def test_land_is_sources_plus_sinks_and_signs_follow_scopes(rows: list[tuple[str, float]]) -> None:
    frame = pl.DataFrame(rows, schema=["activity", "value"], orient="row").with_columns(
        unit=pl.lit("ha"), **{name: pl.lit(text) for name, text in BASE.items()}
    )
    made = land_use(ActivityTable(frame), PAPERS)
    written = made.to_polars()
    coefficient = dict(PAPERS.to_polars().select("activity", "value").iter_rows())
    net = sum(coefficient[use] * area for use, area in rows)
    scale = sum(abs(coefficient[use]) * area for use, area in rows)
    assert total(made, scopes="scope_1_2_3_sinks")["value"][0] == pytest.approx(net, abs=1e-9 * scale + 1e-300)
    assert written.filter((pl.col("scope") == "1") & (pl.col("value") < 0)).height == 0
    assert written.filter((pl.col("scope") == "sink") & (pl.col("value") > 0)).height == 0
    assert written.filter((pl.col("scope") == "sink") != (pl.col("flow") == "removal")).height == 0


STOCK = st.floats(0, 500, allow_nan=False)


@SLOW
@given(
    st.lists(st.tuples(st.sampled_from(USES), st.sampled_from(USES), st.floats(0, 1e6)), min_size=1, max_size=12),
    st.lists(st.tuples(STOCK, STOCK, STOCK, STOCK), min_size=len(USES), max_size=len(USES)),
)
def test_stock_change_is_the_stock_after_minus_the_stock_before(
    moves: list[tuple[str, str, float]], carbon: list[tuple[float, ...]]
) -> None:
    """Carbon is conserved: what is emitted is what the land holds less, however the areas moved; moving back undoes it."""
    names = ["c_above", "c_below", "c_soil", "c_dead"]
    pools = PoolTable(pl.DataFrame(carbon, schema=names, orient="row").with_columns(lucode=pl.Series(USES)))
    stock = {use: sum(parts) for use, parts in zip(USES, carbon, strict=True)}

    def emitted(rows: list[tuple[str, str, float]]) -> float:
        frame = pl.DataFrame(rows, schema=["from_land", "to_land", "value"], orient="row").with_columns(
            unit=pl.lit("ha"), **{name: pl.lit(text) for name, text in BASE.items()}
        )
        return float(land_conversion(ConversionTable(frame), pools).to_polars()["value"].sum())

    before = sum(stock[start] * area for start, _, area in moves)
    after = sum(stock[end] * area for _, end, area in moves)
    scale = 44 / 12 * (before + after)
    assert emitted(moves) == pytest.approx((before - after) * 44 / 12, abs=1e-9 * scale + 1e-300)
    back = [(end, start, area) for start, end, area in moves]
    assert emitted([*moves, *back]) == pytest.approx(0.0, abs=1e-9 * scale + 1e-300)


@SLOW
@given(AMOUNT, AMOUNT)
def test_nitrogen_adds_up_by_kind_and_way(fertiliser: float, manure: float) -> None:
    """Two kinds in one table emit what each emits alone, and the three ways add to one factor per kind."""
    frame = pl.DataFrame({"activity": ["fertiliser_nitrogen", "manure_nitrogen"], "value": [fertiliser, manure]})
    frame = frame.with_columns(unit=pl.lit("kg"), **{name: pl.lit(text) for name, text in BASE.items()})
    made = managed_soils(ActivityTable(frame), IPCC).to_polars()["value"].sum()
    per_tonne = {"fertiliser": 0.01 + 0.1 * 0.01 + 0.3 * 0.0075, "manure": 0.01 + 0.2 * 0.01 + 0.3 * 0.0075}
    expected = (fertiliser * per_tonne["fertiliser"] + manure * per_tonne["manure"]) * 44 / 28 / 1000
    assert made == pytest.approx(expected, rel=1e-9, abs=1e-300)


@SLOW
@given(st.floats(1, 366), st.floats(0, 20), st.sampled_from(["straw_within_30_days", "compost", "green_manure"]))
def test_organic_matter_never_lowers_methane_and_days_scale_it(days: float, rate: float, kind: str) -> None:
    base = {**BASE, "activity": "single_rice", "value": 10.0, "unit": "ha", "water_regime": "single_aeration",
            "pre_season_water": "dry_over_180_days"}  # fmt: skip
    rows = [{**base, "cultivation_days": days, "amendment": None, "amendment_rate": None},
            {**base, "cultivation_days": days, "amendment": kind, "amendment_rate": rate},
            {**base, "cultivation_days": 1.0, "amendment": kind, "amendment_rate": rate}]  # fmt: skip
    frame = pl.DataFrame(rows, schema_overrides={"amendment": pl.String, "amendment_rate": pl.Float64})
    plain, amended, one_day = rice_cultivation(RiceTable(frame), IPCC).to_polars()["value"].to_list()
    assert amended >= plain * (1 - 1e-12)
    assert amended == pytest.approx(one_day * days, rel=1e-9)


@SLOW
@given(AMOUNT, st.floats(0, 1))
def test_straw_burnt_and_kept_add_to_all_of_it(harvest: float, share: float) -> None:
    base = {**BASE, "activity": "maize_crop", "value": harvest, "unit": "t"}
    rows = pl.DataFrame([{**base, "burnt_share": part} for part in (share, 1 - share, 1.0)])
    factors = shipped_library().choose(["ipcc2006", "provincial-guideline-2011"])
    made = residue_burning(HarvestTable(rows), factors).to_polars()
    for gas in ("CH4", "N2O"):
        first, second, whole = made.filter(pl.col("gas") == gas)["value"].to_list()
        assert first + second == pytest.approx(whole, rel=1e-9, abs=1e-300)
