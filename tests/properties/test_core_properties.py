"""Laws of the core on generated tables: order, splitting and units change no total, parts add to the whole, draws agree."""

from __future__ import annotations

import math

import narwhals as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycarbon.core.draws import UncertainRows, draw, draw_totals
from citycarbon.core.errors import UnitError
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.core.uncertainty import product_sd
from citycarbon.core.units import conversion, parse
from citycarbon.core.warming import WarmingMetric

# The same examples in every run: a failure is a finding and no accident.
LAW = settings(derandomize=True, database=None, deadline=None, max_examples=60)

DIMENSIONS = ("place", "time", "sector", "activity")
UNITS = ("kg", "t", "万t", "kt", "吨", "万吨")
METRIC = WarmingMetric("AR6-GWP100", {"CO2": 1.0, "CH4-fossil": 29.8, "N2O": 273.0}, "ipcc_ar6")

sizes = st.floats(min_value=1e-6, max_value=1e9, allow_nan=False)
fact = st.fixed_dictionaries(
    {
        "place": st.sampled_from(["a", "b", "c"]),
        "time": st.sampled_from(["2019", "2020"]),
        "sector": st.sampled_from(["s", "t"]),
        "activity": st.sampled_from(["diesel", "coal", "gas"]),
        "scope": st.sampled_from(["1", "2", "3"]),
        "size": sizes,
        "removal": st.booleans(),
        "relative": st.floats(min_value=0.0, max_value=0.5),
        "error_group": st.sampled_from([None, "f", "g"]),
    }
)
facts = st.lists(fact, min_size=1, max_size=12)
keys = st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=3)


def frame_of(found: list[dict], gas: str = "CO2") -> pl.DataFrame:
    rows = pl.DataFrame(found, schema_overrides={"error_group": pl.String})
    sign = pl.when(pl.col("removal")).then(-1.0).otherwise(1.0)
    return rows.select(
        *DIMENSIONS,
        "scope",
        pl.lit(gas).alias("gas"),
        (sign * pl.col("size")).alias("value"),
        pl.lit("t").alias("unit"),
        (pl.col("size") * pl.col("relative")).alias("sd"),
        "error_group",
        pl.when(pl.col("removal")).then(pl.lit("removal")).otherwise(pl.lit("emission")).alias("flow"),
    )


def by_group(frame: pl.DataFrame, by: list[str], scopes: str = "scope_1_2_3") -> pl.DataFrame:
    return total(EmissionTable(frame), by, scopes=scopes)


def scale_of(frame: pl.DataFrame) -> float:
    """Size of what was added: the yardstick of rounding where removals cancel emissions."""
    return float(frame["value"].abs().sum())


def agree(first: pl.DataFrame, second: pl.DataFrame, by: list[str], scale: float, rel: float) -> None:
    """Values to ``rel`` of what was added; the sd, a root of a sum of squares, to its square root where groups cancel."""
    assert first.select(*by, "unit", "without_number").equals(second.select(*by, "unit", "without_number"))
    assert first["value"].to_list() == pytest.approx(second["value"].to_list(), rel=rel, abs=rel * scale)
    assert first["sd"].to_list() == pytest.approx(second["sd"].to_list(), rel=math.sqrt(rel), abs=rel * scale)


@LAW
@given(facts, keys, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_total(found, by, random):
    shuffled = random.sample(found, len(found))
    frame = frame_of(found)
    # A dozen additions in another order: some 1e-16 each.
    agree(by_group(frame, by), by_group(frame_of(shuffled), by), by, scale_of(frame), 1e-13)


@LAW
@given(facts, keys, st.lists(st.integers(1, 4), min_size=12, max_size=12))
def test_splitting_a_row_into_parts_changes_no_total(found, by, parts):
    # The parts of one row share its error, so they carry an error group; a row without a group would gain independence.
    grouped = [{**row, "error_group": row["error_group"] or f"own {i}"} for i, row in enumerate(found)]
    split = [{**row, "size": row["size"] / n} for row, n in zip(grouped, parts, strict=False) for _ in range(n)]
    frame = frame_of(grouped)
    whole, pieces = by_group(frame, by), by_group(frame_of(split), by)
    agree(whole.drop("rows"), pieces.drop("rows"), by, scale_of(frame), 1e-13)


@LAW
@given(facts, keys, st.sampled_from(UNITS))
def test_the_unit_changes_no_total(found, by, unit):
    frame = frame_of(found)
    scaled = frame.with_columns(pl.col("value", "sd") * conversion("t", unit), unit=pl.lit(unit))
    back = EmissionTable(scaled).with_unit("t")
    # Two multiplications a row: 1e-12 leaves room for a hundred roundings.
    agree(by_group(frame, by), total(back, by, scopes="scope_1_2_3"), by, scale_of(frame), 1e-12)


@LAW
@given(facts, keys, st.lists(st.sampled_from(UNITS), min_size=12, max_size=12))
def test_rows_of_mixed_units_add_like_rows_of_one(found, by, units):
    frame = frame_of(found)
    chosen = pl.Series("unit", units[: len(found)])
    scale = pl.Series([conversion("t", unit) for unit in chosen])
    mixed = frame.with_columns(pl.col("value", "sd") * scale, chosen)
    agree(
        by_group(frame, by),
        total(EmissionTable(mixed).with_unit("t"), by, scopes="scope_1_2_3"),
        by,
        scale_of(frame),
        1e-12,
    )


@LAW
@given(facts, keys)
def test_groups_add_back_to_the_whole(found, by):
    frame = frame_of(found)
    whole, parts = by_group(frame, []), by_group(frame, by)
    # The law of conservation asks for 1e-9.
    assert parts["value"].sum() == pytest.approx(whole["value"][0], rel=1e-9, abs=1e-9 * scale_of(frame))
    assert parts["rows"].sum() == whole["rows"][0] == len(found)


@LAW
@given(facts, st.lists(st.sampled_from(["CO2", "CH4-fossil", "N2O"]), min_size=12, max_size=12))
def test_co2_equivalent_of_the_whole_is_the_sum_of_its_gases(found, gases):
    frame = frame_of(found).with_columns(gas=pl.Series(gases[: len(found)]))
    by_gas = total(EmissionTable(frame), ["gas"], scopes="scope_1_2_3")
    expected = sum(METRIC.factors[gas] * value for gas, value in by_gas.select("gas", "value").iter_rows())
    equivalent = total(EmissionTable(frame).to_co2e(METRIC), scopes="scope_1_2_3")["value"][0]
    assert equivalent == pytest.approx(expected, rel=1e-9, abs=1e-9 * 273 * scale_of(frame))


@LAW
@given(facts)
def test_scope_rules_add_up_scope_by_scope(found):
    frame = frame_of(found)
    by_scope = dict(total(EmissionTable(frame), ["scope"]).select("scope", "value").iter_rows())
    for rule, scopes in (("territorial", "1"), ("scope_1_2", "12"), ("scope_1_2_3", "123")):
        parts = [by_scope[scope] for scope in scopes if scope in by_scope]
        made = by_group(frame, [], rule)
        if parts:
            assert made["value"][0] == pytest.approx(sum(parts), rel=1e-9, abs=1e-9 * scale_of(frame))
        else:
            assert made.height == 0


@LAW
@given(facts)
def test_error_groups_never_spread_less_than_nothing_nor_more_than_all_in_step(found):
    frame = frame_of(found)
    sd = by_group(frame, [])["sd"][0]
    assert 0 <= sd <= frame["sd"].sum() * (1 + 1e-12)


# --- Monte Carlo against the analytic sd --------------------------------------------------------------------------------

DRAWS = 8192


def spread_error(draws: np.ndarray) -> float:
    """Standard error of the sd of a sample, from its fourth moment."""
    centred = draws - draws.mean()
    variance = float((centred**2).mean())
    return math.sqrt(max(float((centred**4).mean()) - variance**2, 0.0) / len(draws)) / (2 * math.sqrt(variance))


@settings(LAW, max_examples=25)
@given(facts, st.sampled_from(["random", "latin_hypercube", "sobol"]))
def test_the_sd_of_a_sum_drawn_agrees_with_the_analytic_one(found, sampler):
    frame = frame_of(found)
    analytic = by_group(frame, [])
    rows = UncertainRows(
        frame["value"].to_numpy(), frame["sd"].to_numpy(), ["normal"] * len(found), frame["error_group"].to_list()
    )
    draws = draw_totals(rows, [0] * len(found), DRAWS, seed=2024, sampler=sampler)[:, 0]
    sd = analytic["sd"][0]
    if sd <= 1e-9 * scale_of(frame):  # all errors cancel: only rounding is left
        assert draws.std() <= 1e-8 * scale_of(frame)
        return
    # A sum of normals is normal, so this is exact; five standard errors of each estimate.
    assert draws.mean() == pytest.approx(analytic["value"][0], abs=5 * sd / math.sqrt(DRAWS) + 1e-12 * scale_of(frame))
    assert draws.std() == pytest.approx(sd, abs=5 * spread_error(draws))


figure = st.tuples(st.floats(-100, 100), st.floats(0.01, 50))


def goodman(first: tuple[float, float], second: tuple[float, float]) -> float:
    cells = {"a": [first[0]], "sa": [first[1]], "f": [second[0]], "sf": [second[1]]}
    frame = nw.from_native(pl.DataFrame(cells), eager_only=True)
    return float(frame.select(product_sd(*map(nw.col, cells)).alias("sd"))["sd"][0])


@LAW
@given(figure, figure)
def test_the_sd_of_a_product_is_the_one_of_its_moments(first, second):
    # Var(AF) = E[A²] E[F²] − (E[A] E[F])², the definition that Goodman's formula multiplies out.
    square = (first[0] ** 2 + first[1] ** 2) * (second[0] ** 2 + second[1] ** 2)
    variance = square - (first[0] * second[0]) ** 2
    # The difference loses digits where the relative errors are small: measured against the terms.
    assert goodman(first, second) ** 2 == pytest.approx(variance, rel=1e-9, abs=1e-12 * square)


@settings(LAW, max_examples=25)
@given(figure, figure, st.sampled_from(["random", "latin_hypercube", "sobol"]))
def test_the_sd_of_a_product_drawn_agrees_with_goodmans(first, second, sampler):
    rows = UncertainRows(np.array([first[0], second[0]]), np.array([first[1], second[1]]), ["normal"] * 2, ["", ""])
    draws = draw(rows, DRAWS, seed=2024, sampler=sampler).prod(axis=1)
    assert draws.std() == pytest.approx(goodman(first, second), abs=5 * spread_error(draws))


# --- units --------------------------------------------------------------------------------------------------------------

masses = st.sampled_from(["g", "kg", "t", "kt", "Mt", "万吨", "亿吨", "公斤", "kgCO2e"])
amounts = st.sampled_from(["kWh", "万kWh", "GJ", "tce", "万吨标准煤", "TJ", "亿度"])


@LAW
@given(st.one_of(st.tuples(masses, masses, masses), st.tuples(amounts, amounts, amounts)))
def test_conversions_chain_and_turn_back(units):
    first, second, third = units
    assert conversion(first, second) * conversion(second, third) == pytest.approx(conversion(first, third), rel=1e-14)
    assert conversion(first, second) * conversion(second, first) == pytest.approx(1.0, rel=1e-14)


@LAW
@given(masses, amounts, masses, amounts)
def test_a_factor_converts_as_its_two_parts_do(mass, amount, other_mass, other_amount):
    whole = conversion(f"{mass}/{amount}", f"{other_mass}/{other_amount}")
    assert whole == pytest.approx(conversion(mass, other_mass) / conversion(amount, other_amount), rel=1e-14)


@settings(LAW, max_examples=300)
@given(st.text(alphabet="tkgm2351e9^*/().·² 万年CO@+-", max_size=61))
def test_any_text_is_a_positive_finite_unit_or_a_unit_error(text):
    try:
        quantity = parse(text)
    except UnitError:
        return
    assert 0 < float(quantity.magnitude) < math.inf
