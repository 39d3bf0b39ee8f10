"""Monte Carlo draws: the shapes have their mean, sd and quantiles, groups share errors, a seed means one array."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from citycarbon.core.draws import SharedFactors, UncertainRows, draw, draw_totals, uniforms
from citycarbon.core.errors import InputError, SchemaError

SAMPLERS = ("latin_hypercube", "sobol", "random")
COUNT = 2**15


def uncertain(mean, sd, shape="normal", group=None) -> UncertainRows:
    shapes = [shape] * len(mean) if isinstance(shape, str) else shape
    return UncertainRows(np.array(mean, float), np.array(sd, float), shapes, group or [""] * len(mean))


def correlation(draws: np.ndarray, first: int, second: int) -> float:
    return float(np.corrcoef(draws[:, first], draws[:, second])[0, 1])


# --- shapes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("shape", ["normal", "lognormal", "uniform", "triangular", "discrete"])
@pytest.mark.parametrize("mean", [10.0, -10.0])
def test_each_shape_has_the_mean_and_sd_that_were_asked_for(shape, mean, sampler):
    draws = draw(uncertain([mean], [2.0], shape), COUNT, seed=1, sampler=sampler)[:, 0]
    # Five standard errors of a random sample; the stratified samplers do much better. The sd's error from the kurtosis.
    kurtosis = stats.kurtosis(draws, fisher=False)
    assert draws.mean() == pytest.approx(mean, abs=5 * 2.0 / math.sqrt(COUNT))
    assert draws.std() == pytest.approx(2.0, rel=5 * math.sqrt((kurtosis - 1) / 4 / COUNT) + 1e-4)


@pytest.mark.parametrize(
    ("shape", "reference"),
    [
        ("normal", stats.norm(10, 2)),
        ("lognormal", stats.lognorm(s=math.sqrt(math.log(1.04)), scale=10 / math.sqrt(1.04))),
        ("uniform", stats.uniform(10 - 2 * math.sqrt(3), 4 * math.sqrt(3))),
        ("triangular", stats.triang(0.5, 10 - 2 * math.sqrt(6), 4 * math.sqrt(6))),
    ],
)
def test_each_shape_has_the_quantiles_of_the_textbook(shape, reference):
    assert reference.mean() == pytest.approx(10)
    assert reference.std() == pytest.approx(2)
    draws = draw(uncertain([10.0], [2.0], shape), COUNT, seed=2)[:, 0]
    for level in (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99):
        # A Latin hypercube puts one point in each of 32768 strata: a quantile is off by a stratum or two at most.
        low, high = reference.ppf(level - 2 / COUNT), reference.ppf(level + 2 / COUNT)
        assert low <= np.quantile(draws, level) <= high


def test_discrete_takes_two_values_equally_often():
    draws = draw(uncertain([10.0], [2.0], "discrete"), 1000, seed=1)[:, 0]
    assert sorted(set(draws)) == [8.0, 12.0]
    assert (draws == 8.0).sum() == 500  # a Latin hypercube halves the unit interval exactly


def test_exact_has_no_error_whatever_its_sd_says():
    assert (draw(uncertain([10.0], [2.0], "exact"), 50, seed=1) == 10.0).all()


def test_a_lognormal_of_a_negative_mean_stays_negative():
    draws = draw(uncertain([-10.0, 10.0], [20.0, 20.0], "lognormal"), 4096, seed=3)
    assert (draws[:, 0] < 0).all()
    assert (draws[:, 1] > 0).all()
    # Median of a lognormal is the mean over sqrt(1 + cv²); a stratum either way.
    assert np.median(draws[:, 0]) == pytest.approx(-10 / math.sqrt(5), rel=2e-3)


@pytest.mark.parametrize("shape", ["normal", "lognormal", "uniform", "triangular", "discrete", "exact"])
def test_an_sd_of_nil_is_exact_in_each_shape(shape):
    assert (draw(uncertain([10.0, 0.0], [0.0, 0.0], shape), 64, seed=1) == [10.0, 0.0]).all()


def test_an_unstated_shape_is_normal():
    assert (draw(uncertain([5.0], [1.0], [""]), 64, seed=4) == draw(uncertain([5.0], [1.0]), 64, seed=4)).all()


def test_mixed_shapes_keep_each_row_in_its_place():
    shapes = ["exact", "discrete", "normal", "uniform", "lognormal", "triangular"]
    draws = draw(uncertain([1.0, 10.0, 100.0, 1e3, 1e4, 1e5], [0.1, 1.0, 10.0, 1e2, 1e3, 1e4], shapes), COUNT, seed=5)
    # The means lie a factor of ten apart, so a shuffled column cannot hide; 5 standard errors of 10 per cent.
    assert draws.mean(axis=0) == pytest.approx([1.0, 10.0, 100.0, 1e3, 1e4, 1e5], rel=5 * 0.1 / math.sqrt(COUNT))


# --- seeds and samplers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_seed_means_one_array(sampler):
    rows = uncertain([1.0] * 600, [0.1] * 600)
    first = draw(rows, 100, seed=7, sampler=sampler)
    assert first.shape == (100, 600)
    assert (first == draw(rows, 100, seed=7, sampler=sampler)).all()
    assert not (first == draw(rows, 100, seed=8, sampler=sampler)).any()


def test_the_samplers_differ():
    made = [draw(uncertain([1.0], [0.1]), 64, seed=7, sampler=sampler).tolist() for sampler in SAMPLERS]
    assert made[0] != made[1] != made[2] != made[0]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("count", [1, 2, 100, 128])
def test_uniform_numbers_lie_strictly_inside_zero_and_one(sampler, count):
    made = uniforms(count, 3, np.random.default_rng(1), sampler)
    assert made.shape == (count, 3)
    assert ((made > 0) & (made < 1)).all()


@pytest.mark.parametrize("number", [0.0, 1.0])
def test_a_generator_that_hits_the_edge_gives_no_infinite_draw(number, monkeypatch):
    class Edge:
        def random(self, size):
            return np.full(size, number)

    assert np.isfinite(stats.norm.ppf(uniforms(4, 2, Edge(), "random"))).all()


def test_a_latin_hypercube_has_one_point_in_each_stratum_of_each_row():
    made = uniforms(50, 4, np.random.default_rng(1), "latin_hypercube")
    assert (np.sort(np.floor(made * 50), axis=0) == np.arange(50)[:, None]).all()


def test_sobol_is_balanced_in_each_row_and_pair():
    made = uniforms(64, 2, np.random.default_rng(1), "sobol")
    assert (np.sort(np.floor(made * 64), axis=0) == np.arange(64)[:, None]).all()
    # A (0, m, 2)-net puts one of 64 points in each cell of an 8 × 8 grid.
    assert len(set(map(tuple, np.floor(made * 8).tolist()))) == 64


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_rows_of_different_blocks_are_independent(sampler):
    # Rows are drawn 512 at a time. Two scramblings of one Sobol dimension go together with up to 0.8 unless shuffled.
    draws = draw(uncertain([0.0] * 1100, [1.0] * 1100), 1024, seed=1, sampler=sampler)
    found = [abs(correlation(draws, i, 512 + i)) for i in range(20)] + [
        abs(correlation(draws, i, 1024 + i)) for i in range(20)
    ]
    # Standard error of a correlation of 1024 pairs is 0.031; the largest of 40 stays below 4.5 of them.
    assert max(found) < 0.14


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_rows_of_one_block_are_independent(sampler):
    draws = draw(uncertain([0.0] * 8, [1.0] * 8), 1024, seed=1, sampler=sampler)
    assert np.abs(np.corrcoef(draws.T) - np.eye(8)).max() < 0.14  # as above


# --- shared errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_rows_of_one_error_group_share_their_draws(sampler):
    rows = uncertain([10.0, 20.0, 5.0], [1.0, 4.0, 1.0], group=["grid", "grid", ""])
    draws = draw(rows, 1024, seed=1, sampler=sampler)
    standard = (draws - [10.0, 20.0, 5.0]) / [1.0, 4.0, 1.0]
    assert standard[:, 0] == pytest.approx(standard[:, 1], abs=1e-12)  # one subtraction's rounding
    assert abs(correlation(draws, 0, 2)) < 0.14  # as above


def test_rows_of_one_group_and_other_shapes_rise_together():
    rows = uncertain([10.0] * 4, [2.0] * 4, ["normal", "lognormal", "uniform", "triangular"], ["g"] * 4)
    ranks = np.argsort(np.argsort(draw(rows, 500, seed=1), axis=0), axis=0)
    assert (ranks == ranks[:, [0]]).all()


@pytest.mark.parametrize("shape", ["normal", "lognormal", "uniform", "triangular", "discrete"])
def test_a_removal_with_the_same_error_cancels_the_emission(shape):
    rows = uncertain([10.0, -10.0], [2.0, 2.0], shape, ["f", "f"])
    assert draw(rows, 500, seed=1).sum(axis=1) == pytest.approx(np.zeros(500), abs=1e-12)


def test_a_group_may_be_spread_over_many_blocks_of_rows():
    names = [f"g{i % 700}" for i in range(2100)]
    draws = draw(uncertain([0.0] * 2100, [1.0] * 2100, group=names), 64, seed=1)
    assert (draws[:, :700] == draws[:, 700:1400]).all()
    assert (draws[:, :700] == draws[:, 1400:]).all()


def test_a_group_across_the_edge_of_a_block_keeps_its_error():
    # 512 sources fill a block exactly; the last of them has one row more, which comes in the next pass.
    draws = draw(uncertain([0.0] * 513, [1.0] * 513, group=[*[f"g{i}" for i in range(512)], "g511"]), 64, seed=1)
    assert (draws[:, 512] == draws[:, 511]).all()


def test_one_group_of_many_rows_is_one_error():
    # 1500 rows of one group: more rows than a block, one source.
    draws = draw(uncertain([1.0] * 1500, [0.1] * 1500, group=["g"] * 1500), 64, seed=1)
    assert (draws == draws[:, [0]]).all()
    assert draws[:, 0].std() == pytest.approx(0.1, rel=0.1)


# --- totals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_draw_totals_is_draw_then_sum_for_the_same_seed(sampler):
    generator = np.random.default_rng(11)
    size = 1700
    shapes = generator.choice(["normal", "lognormal", "uniform", "triangular", "discrete", "exact"], size).tolist()
    groups = [f"g{i % 3}" if i % 2 else "" for i in range(size)]
    mean = generator.uniform(1, 100, size) * generator.choice([-1.0, 1.0], size)
    rows = UncertainRows(mean, np.abs(mean) * 0.3, shapes, groups)
    totals = generator.integers(0, 5, size)
    totals[:2] = (0, 4)
    draws = draw(rows, 37, seed=3, sampler=sampler)
    expected = np.stack([draws[:, totals == number].sum(axis=1) for number in range(5)], axis=1)
    # The order of 1700 additions differs; their terms cancel, so the scale is the sum of sizes.
    scale = np.abs(mean).sum()
    assert draw_totals(rows, totals, 37, seed=3, sampler=sampler) == pytest.approx(expected, abs=1e-13 * scale)


def test_a_total_that_no_row_adds_to_is_nil():
    made = draw_totals(uncertain([1.0, 2.0], [0.0, 0.0]), [0, 2], 4, seed=1)
    assert (made == [1.0, 0.0, 2.0]).all()


def test_no_rows_give_no_totals():
    assert draw(uncertain([], []), 5, seed=1).shape == (5, 0)
    assert draw_totals(uncertain([], []), [], 5, seed=1).shape == (5, 0)


def test_the_sd_of_a_total_follows_the_groups():
    shared = draw_totals(uncertain([1.0, 1.0], [3.0, 4.0], group=["g", "g"]), [0, 0], COUNT, seed=1)
    own = draw_totals(uncertain([1.0, 1.0], [3.0, 4.0]), [0, 0], COUNT, seed=1)
    # sd of an sd from n draws of a normal: 1/sqrt(2n); five of them.
    assert shared.std() == pytest.approx(7.0, rel=5 / math.sqrt(2 * COUNT))
    assert own.std() == pytest.approx(5.0, rel=5 / math.sqrt(2 * COUNT))


def factors(relative, group=None, index=None) -> SharedFactors:
    rows = uncertain([1.0] * len(relative), relative, group=group)
    return SharedFactors(np.array(index if index is not None else range(len(relative)), dtype=np.intp), rows)


def test_a_shared_factor_multiplies_its_rows_together():
    exact = uncertain([10.0, -10.0, 5.0], [0.0] * 3, "exact")
    made = draw_totals(exact, [0, 0, 1], COUNT, seed=1, shared=factors([0.1, 0.1], ["f", "f"], [0, 1]))
    assert made[:, 0] == pytest.approx(np.zeros(COUNT), abs=1e-12)  # the removal cancels the emission
    assert (made[:, 1] == 5.0).all()  # untouched row
    made = draw_totals(exact, [0, 0, 1], COUNT, seed=1, shared=factors([0.1, 0.1], ["f", "g"], [0, 1]))
    assert made[:, 0].std() == pytest.approx(math.sqrt(2), rel=5 / math.sqrt(2 * COUNT))


def test_own_error_times_shared_factor_has_goodmans_sd():
    # (10 ± 1) × (1 ± 0.1): 1 + 1 + 0.01
    made = draw_totals(uncertain([10.0], [1.0]), [0], COUNT, seed=1, shared=factors([0.1]))
    assert made.std() == pytest.approx(math.sqrt(2.01), rel=5 / math.sqrt(2 * COUNT))
    assert made.mean() == pytest.approx(10.0, abs=5 * math.sqrt(2.01 / COUNT))


def test_no_shared_factor_changes_nothing():
    rows = uncertain([10.0, 20.0], [1.0, 2.0])
    plain = draw_totals(rows, [0, 1], 64, seed=1)
    assert (draw_totals(rows, [0, 1], 64, seed=1, shared=factors([])) == plain).all()


# --- impossible inputs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "sd", "shape"),
    [
        (math.nan, 1.0, "normal"),
        (math.inf, 1.0, "normal"),
        (1.0, math.nan, "normal"),
        (1.0, math.inf, "uniform"),
        (1.0, -0.1, "normal"),
        (0.0, 1.0, "lognormal"),
        (1e-200, 1.0, "lognormal"),  # its variance overflows and every draw would be NaN
    ],
)
def test_figures_that_cannot_be_drawn_are_refused_with_their_row(mean, sd, shape):
    with pytest.raises(SchemaError) as caught:
        uncertain([1.0, mean], [0.1, sd], ["normal", shape])
    assert caught.value.problems[0].code == "draws_impossible"
    assert caught.value.problems[0].where.rows == (2,)


def test_an_unknown_shape_is_refused():
    with pytest.raises(InputError) as caught:
        draw(uncertain([1.0], [0.1], "cauchy"), 4, seed=1)
    assert (caught.value.problems[0].code, caught.value.problems[0].found) == ("value_not_listed", "cauchy")


@pytest.mark.parametrize("short", ["mean", "sd", "shape", "group"])
def test_arrays_of_unequal_length_are_refused(short):
    columns = {"mean": np.ones(3), "sd": np.ones(3), "shape": ["normal"] * 3, "group": [""] * 3}
    columns[short] = columns[short][:2]
    with pytest.raises(ValueError, match=r"shorter|longer"):
        UncertainRows(**columns)


@pytest.mark.parametrize("totals", [[0], [0, 1, 2], [0, -1]])
def test_totals_that_do_not_fit_the_rows_are_refused(totals):
    with pytest.raises(ValueError, match="one number"):
        draw_totals(uncertain([1.0, 2.0], [0.1, 0.1]), totals, 4, seed=1)
