"""Analytic uncertainty on hand-worked numbers: linear inside an error group, quadrature between groups."""

from __future__ import annotations

import math

import narwhals as nw
import polars as pl
import pytest

from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.core.uncertainty import product_sd
from citycarbon.core.warming import WarmingMetric

# All expected figures are exact by hand; a few additions and one root cost some units in the last place.
CLOSE = {"rel": 1e-12}


def sd(table: EmissionTable, by=(), **options) -> list[float | None]:
    return total(table, by, **options)["sd"].to_list()


def test_errors_of_their_own_combine_in_quadrature(emissions):
    # 3² + 4² = 5²
    assert sd(emissions([10.0, 10.0], sd=[3.0, 4.0])) == pytest.approx([5.0], **CLOSE)


def test_errors_of_one_group_add_linearly(emissions):
    assert sd(emissions([10.0, 10.0], sd=[3.0, 4.0], error_group="grid")) == pytest.approx([7.0], **CLOSE)


def test_groups_combine_in_quadrature_with_one_another_and_with_own_errors(emissions):
    # (3 + 4)² + (20 + 4)² = 25²; with an own error of 60: 25² + 60² = 65²
    table = emissions([1.0] * 4, sd=[3.0, 4.0, 20.0, 4.0], error_group=["a", "a", "b", "b"])
    assert sd(table) == pytest.approx([25.0], **CLOSE)
    table = emissions([1.0] * 5, sd=[3.0, 4.0, 20.0, 4.0, 60.0], error_group=["a", "a", "b", "b", None])
    assert sd(table) == pytest.approx([65.0], **CLOSE)


def test_two_rows_without_a_group_do_not_share_the_group_of_nobody(emissions):
    table = emissions([1.0, 1.0], sd=[3.0, 4.0], error_group=[None, None])
    assert sd(table) == pytest.approx([5.0], **CLOSE)


def test_a_removal_with_the_same_factor_error_cancels(emissions):
    columns = {"flow": ["emission", "removal"], "sd": [1.0, 1.0]}
    assert sd(emissions([10.0, -10.0], error_group="f", **columns)) == pytest.approx([0.0], abs=1e-12)
    assert sd(emissions([10.0, -10.0], **columns)) == pytest.approx([math.sqrt(2)], **CLOSE)
    # 3 − 1 = 2: a smaller removal cancels in part.
    partly = emissions([10.0, -4.0], flow=["emission", "removal"], sd=[3.0, 1.0], error_group="f")
    assert sd(partly) == pytest.approx([2.0], **CLOSE)


def test_error_groups_are_joined_inside_each_group_of_the_sum_only(emissions):
    table = emissions(
        [1.0] * 4, place=["a", "a", "b", "b"], sd=[3.0, 4.0, 3.0, 4.0], error_group=["g", "g", None, None]
    )
    assert sd(table, ["place"]) == pytest.approx([7.0, 5.0], **CLOSE)


def split_rows(emissions, **columns) -> EmissionTable:
    """Two rows of activity × factor: 10 ± 1 and 20 ± 2 times 2 ± 0.1.

    sd from the activity: 2 and 4. From the factor: 1 and 2. Product of both errors: 0.1 and 0.2.
    """
    own = [math.sqrt(4 + 1 + 0.01), math.sqrt(16 + 4 + 0.04)]
    return emissions([20.0, 40.0], sd=own, sd_activity=[2.0, 4.0], sd_factor=[1.0, 2.0], **columns)


def test_a_shared_factor_leaves_the_activities_independent(emissions):
    # factor (1 + 2)² = 9; activities 4 + 16; products 0.01 + 0.04
    assert sd(split_rows(emissions, error_group="f")) == pytest.approx([math.sqrt(29.05)], **CLOSE)


def test_a_shared_activity_error_has_its_own_group(emissions):
    # factor 1 + 4; activities (2 + 4)² = 36; products 0.05
    assert sd(split_rows(emissions, activity_error_group="m")) == pytest.approx([math.sqrt(41.05)], **CLOSE)


def test_both_parts_may_be_shared(emissions):
    table = split_rows(emissions, error_group="f", activity_error_group="m")
    assert sd(table) == pytest.approx([math.sqrt(9 + 36 + 0.05)], **CLOSE)


def test_nothing_shared_is_the_quadrature_of_the_rows(emissions):
    assert sd(split_rows(emissions)) == pytest.approx([math.sqrt(5.01 + 20.04)], **CLOSE)


def test_a_factor_part_and_an_activity_part_of_one_group_name_do_not_mix(emissions):
    table = split_rows(emissions, error_group=["x", None], activity_error_group=[None, "x"])
    assert sd(table) == pytest.approx([math.sqrt(5.01 + 20.04)], **CLOSE)


def test_rows_without_a_split_keep_their_group_beside_rows_with_one(emissions):
    # A stack of two methods: split rows share factor f with two rows that state only a whole sd of 3 and 4.
    whole = emissions([1.0, 1.0], place="b", sd=[3.0, 4.0], error_group="f")
    stacked = EmissionTable.stack([split_rows(emissions, error_group="f"), whole])
    # factor (1 + 2 + 3 + 4)² = 100; activities 20; products 0.05
    assert sd(stacked) == pytest.approx([math.sqrt(120.05)], **CLOSE)


def test_an_sd_that_is_not_stated_counts_nil_and_shows_in_the_coverage(emissions):
    frame = total(emissions([30.0, 10.0], sd=[3.0, None]))
    assert frame["sd"].to_list() == pytest.approx([3.0], **CLOSE)
    assert frame["sd_coverage"].to_list() == pytest.approx([0.75], **CLOSE)


def test_coverage_weighs_removals_by_their_size(emissions):
    frame = total(emissions([30.0, -10.0], flow=["emission", "removal"], sd=[None, 1.0]))
    assert frame["sd_coverage"].to_list() == pytest.approx([0.25], **CLOSE)


def test_a_group_that_states_no_sd_has_none_and_not_zero(emissions):
    frame = total(emissions([1.0, 2.0], place=["a", "b"], sd=[None, 0.0]), ["place"])
    assert frame["sd"].to_list() == [None, 0.0]
    assert frame["sd_coverage"].to_list() == [0.0, 1.0]


def test_a_table_without_sd_has_no_sd_column(emissions):
    assert "sd" not in total(emissions([1.0])).columns


def test_the_error_of_a_zero_is_not_lost(emissions):
    assert sd(emissions([0.0], sd=[2.0])) == pytest.approx([2.0], **CLOSE)


def test_a_notation_key_brings_no_error(emissions):
    frame = total(emissions([5.0, None], sd=[3.0, None], notation=[None, "NE"]))
    assert frame.select("value", "sd", "sd_coverage").row(0) == pytest.approx((5.0, 3.0, 1.0), **CLOSE)


def test_a_label_that_is_empty_is_a_group_of_its_own(emissions):
    table = emissions([1.0, 1.0, 1.0], factor_id=["f", None, None], sd=[1.0, 3.0, 4.0])
    assert sd(table, ["factor_id"]) == pytest.approx([5.0, 1.0], **CLOSE)


def test_a_total_by_error_group_gives_each_group_its_linear_sum(emissions):
    table = emissions([1.0, 1.0, 1.0], sd=[3.0, 4.0, 2.0], error_group=["g", "g", "h"])
    assert sd(table, ["error_group"]) == pytest.approx([7.0, 2.0], **CLOSE)


def test_sd_scales_with_unit_and_warming_potential(emissions):
    table = emissions([1.0, 2.0], gas=["CO2", "N2O"], sd=[3.0, 4.0], error_group="g")
    metric = WarmingMetric("M", {"CO2": 1.0, "N2O": 10.0}, "key")
    # (3 + 40) t = 43000 kg
    assert sd(table.to_co2e(metric).with_unit("kg")) == pytest.approx([43000.0], **CLOSE)


def test_a_categorical_key_and_group_work_like_text(rows):
    frame = rows([1.0, 1.0], place=["a", "a"], sd=[3.0, 4.0], error_group=["g", "g"])
    table = EmissionTable(frame.with_columns(pl.col("place", "error_group").cast(pl.Categorical)))
    assert sd(table, ["place"]) == pytest.approx([7.0], **CLOSE)


def product(a: float, sa: float | None, f: float, sf: float | None) -> float:
    cells = {"a": [a], "sa": [sa], "f": [f], "sf": [sf]}
    frame = nw.from_native(pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.Float64)), eager_only=True)
    made = frame.select(product_sd(nw.col("a"), nw.col("sa"), nw.col("f"), nw.col("sf")).alias("sd"))
    return made["sd"][0]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((10.0, 1.0), (2.0, 0.1), math.sqrt(4 + 1 + 0.01)),  # A²σF² + F²σA² + σA²σF²
        ((10.0, None), (2.0, 0.1), 1.0),
        ((10.0, 1.0), (2.0, None), 2.0),
        ((10.0, 1.0), (-2.0, 0.1), math.sqrt(5.01)),
        ((0.0, 1.0), (2.0, 0.1), math.sqrt(4 + 0.01)),
        ((0.0, 1.0), (0.0, 3.0), 3.0),  # two errors around nil: only their product is left
        ((10.0, 0.0), (2.0, 0.0), 0.0),
    ],
)
def test_the_sd_of_a_product_is_goodmans_exact_one(first, second, expected):
    assert product(*first, *second) == pytest.approx(expected, **CLOSE)


def test_a_total_repeats_to_the_last_digit():
    # The engine adds the rows of a group in parallel unless it is told their order; 2,000 rows and 100 repeats show it.
    n = range(2000)
    rows = pl.DataFrame(
        {
            "place": [f"place {i % 9}" for i in n],
            "time": "2020",
            "sector": [f"s{i % 5}" for i in n],
            "activity": [f"activity {i}" for i in n],
            "scope": "1",
            "gas": "CO2",
            "unit": "t",
            "value": [1 + i / 7 for i in n],
            "sd": [0.1 + (i % 97) / 13 for i in n],
            "error_group": [None if i % 3 else f"group {i % 400}" for i in n],
        }
    ).with_columns(sd_activity=pl.col("sd") * 0.3, sd_factor=pl.col("sd") * 0.4)
    table = EmissionTable(rows)
    found = {tuple(map(tuple, total(table, ["sector"]).select("value", "sd").rows())) for _ in range(100)}
    assert len(found) == 1
