"""Draws use the shape of every factor: alone, in products and sums, shared between rows; what cannot be drawn is refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from citycarbon.core.draws import draw_totals
from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.core.uncertainty import Part, parts_of, relative_of
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting import METHODS
from citycarbon.inventory.space.shares import ShareTable, place_by_shares
from citycarbon.studies.own_checks import below_zero
from citycarbon.studies.total_draws import uncertain_rows

BY_NAME = {method.id.rpartition(".")[2]: method for method in METHODS}
COUNT = 8192
LEVELS = (0.05, 0.5, 0.95)


def factors(*rows: dict[str, object]) -> FactorTable:
    return FactorTable(
        pl.DataFrame([{"activity": "x", "gas": "CO2", "unit": "t/t", **row} for row in rows], infer_schema_length=None)
    )


def used(value: float = 1000.0, activity: str = "x", **more: object) -> ActivityTable:
    row = {"place": "A", "time": "2020", "sector": "s", "activity": activity, "value": value, "unit": "t", **more}
    return ActivityTable(pl.DataFrame([row]))


def draws(*tables: EmissionTable) -> np.ndarray:
    rows = EmissionTable.stack(list(tables)).to_polars().with_columns(pl.col("sd").fill_null(0.0))
    own, shared = uncertain_rows(rows.filter(pl.col("value").is_not_null()))
    return draw_totals(own, [0] * len(own.mean), COUNT, seed=1, shared=shared)[:, 0]


SHAPES = {
    "lognormal": stats.lognorm(s=np.log(2) ** 0.5, scale=2 / 2**0.5),
    "normal": stats.norm(2, 2),
}


@pytest.mark.parametrize("where", ["factor", "activity"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_factor_is_drawn_by_its_own_shape(shape: str, where: str) -> None:
    """1,000 t × 2 ± 2 t/t, lognormal: 359.6, 1,414.2 and 5,562.3 t, whichever of both is uncertain."""
    error = {"distribution": shape}
    if where == "factor":
        made = BY_NAME["combustion"](used(), factors({"value": 2.0, "sd": 2.0, **error}))
    else:
        made = BY_NAME["combustion"](used(sd=1000.0, **error), factors({"value": 2.0}))
    found = np.quantile(draws(made), LEVELS)
    assert found == pytest.approx(1000 * SHAPES[shape].ppf(LEVELS), rel=0.01)
    if shape == "lognormal":
        assert found == pytest.approx([359.6, 1414.2, 5562.3], rel=0.01)


@pytest.mark.parametrize(("shape", "sd", "reference"), [
    ("uniform", 1.0, stats.uniform(2 - 3**0.5, 2 * 3**0.5)),
    ("triangular", 0.8, stats.triang(0.5, 2 - 0.8 * 6**0.5, 1.6 * 6**0.5)),
])  # fmt: skip
def test_bounded_shapes_keep_their_bounds(shape: str, sd: float, reference: object) -> None:
    made = BY_NAME["combustion"](used(), factors({"value": 2.0, "sd": sd, "distribution": shape}))
    assert np.quantile(draws(made), LEVELS) == pytest.approx(1000 * reference.ppf(LEVELS), rel=0.01)  # type: ignore[attr-defined]
    two = BY_NAME["combustion"](used(), factors({"value": 2.0, "sd": sd, "distribution": "discrete"}))
    assert sorted(set(draws(two).round(6))) == pytest.approx([1000 * (2 - sd), 1000 * (2 + sd)])


FUEL = (
    {
        "quantity": "net_calorific_value",
        "value": 20.0,
        "unit": "GJ/t",
        "sd": 4.0,
        "distribution": "uniform",
        "factor_id": "n",
    },
    {
        "quantity": "carbon_content",
        "value": 0.025,
        "unit": "t/GJ",
        "sd": 0.02,
        "distribution": "lognormal",
        "factor_id": "c",
    },
    {
        "quantity": "oxidation_factor",
        "value": 0.9,
        "unit": "1",
        "sd": 0.02,
        "distribution": "triangular",
        "factor_id": "o",
    },
)


def test_a_product_of_factors_draws_each_by_its_shape() -> None:
    """NCV uniform, carbon content lognormal, oxidation triangular: the quantiles of the product, drawn apart."""
    made = BY_NAME["combustion"](used(), factors(*FUEL))
    generator = np.random.default_rng(1)
    size = 1_000_000
    sigma = np.log1p(0.8**2) ** 0.5
    reference = (
        generator.uniform(20 - 4 * 3**0.5, 20 + 4 * 3**0.5, size)
        * 0.025 * np.exp(sigma * generator.standard_normal(size) - sigma**2 / 2)
        * generator.triangular(0.9 - 0.02 * 6**0.5, 0.9, 0.9 + 0.02 * 6**0.5, size) * 44 / 12 * 1000
    )  # fmt: skip
    found = draws(made)
    assert np.quantile(found, LEVELS) == pytest.approx(np.quantile(reference, LEVELS), rel=0.03)
    assert (found > 0).all()


def test_a_calorific_value_is_shared_by_the_gases_that_it_serves() -> None:
    """Both gases rest on one NCV: their sum spreads as one uniform figure, not as two."""
    known = factors(FUEL[0], *({"value": 0.05, "unit": "t/GJ", "gas": gas} for gas in ("CO2", "N2O")))
    made = BY_NAME["combustion"](used(), known)
    assert np.quantile(draws(made), (0.0, 1.0)) == pytest.approx(
        [2000 * (1 - 0.2 * 3**0.5), 2000 * (1 + 0.2 * 3**0.5)], rel=2e-3
    )


def test_rows_of_one_factor_share_a_draw() -> None:
    known = factors({"value": 2.0, "sd": 2.0, "distribution": "lognormal"})
    two = [BY_NAME["combustion"](used(500.0, sector=sector), known) for sector in ("s", "r")]
    assert np.quantile(draws(*two), LEVELS) == pytest.approx([359.6, 1414.2, 5562.3], rel=0.01)


def test_margins_of_a_grid_are_drawn_as_a_sum() -> None:
    """Half of a lognormal margin on top of half of an exact one: never below the exact half."""
    rows = [{"quantity": f"{name}_margin", "activity": "electricity", "value": 1.0, "unit": "t/MWh", "edition": "own", **error}
            for name, error in (("operating", {"sd": 1.0, "distribution": "lognormal"}), ("build", {}))]  # fmt: skip
    activity = ActivityTable(pl.DataFrame([{"place": "A", "time": "2020", "sector": "s", "activity": "electricity",
                                            "value": 100.0, "unit": "MWh"}]))  # fmt: skip
    made = BY_NAME["electricity"](activity, factors(*rows), operating_margin_weight=0.5)
    margin = stats.lognorm(s=np.log(2) ** 0.5, scale=1 / 2**0.5)
    assert np.quantile(draws(made), LEVELS) == pytest.approx(50 + 50 * margin.ppf(LEVELS), rel=0.01)


def test_a_shape_survives_on_other_places() -> None:
    made = BY_NAME["combustion"](used(sd=0.0), factors({"value": 2.0, "sd": 2.0, "distribution": "lognormal"}))
    moved = place_by_shares(made, ShareTable(pl.DataFrame({"place": "A", "target": ["b", "c"], "share": [0.5, 0.5]})))
    assert np.quantile(draws(moved), LEVELS) == pytest.approx([359.6, 1414.2, 5562.3], rel=0.01)


def test_shares_of_landfill_parameters_and_their_complement() -> None:
    """Oxidation enters as 1 − OX: a uniform OX of 0.2 ± 0.05 makes the methane uniform."""
    library = shipped_library().choose(["ipcc2006"]).to_polars()
    name = pl.col("activity") == "landfill_oxidation_covered"
    assert library.filter(name).height
    figures = {"value": pl.lit(0.2), "sd": pl.lit(0.05), "distribution": pl.lit("uniform")}
    own = library.with_columns(pl.when(name).then(new).otherwise(old).alias(old) for old, new in figures.items())
    method = BY_NAME["landfill_mass_balance"]
    row = {"place": "A", "time": "2020", "sector": "s", "activity": "municipal_solid_waste", "value": 100.0, "unit": "t",
           "landfilled_share": 1.0, "site": "managed_anaerobic", "doc": 0.14, "cover": "covered"}  # fmt: skip
    made = method(method.parameters[0].table(pl.DataFrame([row])), FactorTable(own))
    mean = made.to_polars()["value"][0]
    reach = 0.05 * 3**0.5 / 0.8
    assert np.quantile(draws(made), (0.0, 1.0)) == pytest.approx([mean * (1 - reach), mean * (1 + reach)], rel=1e-3)


def test_default_leak_rates_bring_their_error() -> None:
    known = factors({"quantity": "leak_rate", "activity": "chiller", "value": 0.1, "unit": "1/a", "sd": 0.05,
                     "distribution": "uniform", "gas": None})  # fmt: skip
    method = BY_NAME["refrigerant"]
    row = {"place": "A", "time": "2020", "sector": "s", "activity": "HFC-32", "charge": 1000.0, "equipment": "chiller"}
    found = draws(method(method.parameters[0].table(pl.DataFrame([row])), known))
    assert np.quantile(found, (0.0, 1.0)) == pytest.approx(
        [0.1 * (1 - 0.5 * 3**0.5), 0.1 * (1 + 0.5 * 3**0.5)], rel=1e-3
    )


@pytest.mark.parametrize(("shape", "sd"), [("uniform", 1.2), ("triangular", 0.9), ("discrete", 2.1)])
@pytest.mark.parametrize("where", ["factor", "activity"])
def test_shapes_that_reach_below_zero_are_refused(shape: str, sd: float, where: str) -> None:
    error = {"distribution": shape}
    if where == "factor":
        made = BY_NAME["combustion"](used(), factors({"value": 2.0, "sd": sd, "factor_id": "f1", **error}))
    else:
        made = BY_NAME["combustion"](used(sd=500.0 * sd, **error), factors({"value": 2.0}))
    with pytest.raises(InputError) as caught:
        draws(made)
    assert [item.code for item in caught.value.problems] == ["draws_impossible"]
    # The error of a factor is named by its factor, which stands in another file than the amount.
    assert ("(f1)" in str(caught.value.problems[0].found)) == (where == "factor")


def test_a_lognormal_factor_of_zero_is_refused_and_a_normal_one_is_drawn() -> None:
    zero = [
        BY_NAME["combustion"](used(), factors({"value": 0.0, "sd": 0.5, "distribution": shape}))
        for shape in ("lognormal", "normal")
    ]
    with pytest.raises(InputError) as caught:
        draws(zero[0])
    assert [item.code for item in caught.value.problems] == ["draws_impossible"]
    assert draws(zero[1]).std() == pytest.approx(500.0, rel=0.01)


def test_a_wide_normal_error_is_told() -> None:
    """A normal 2 ± 2 falls below zero and is a caveat; a lognormal one is none."""
    known = {shape: factors({"value": 2.0, "sd": 2.0, "distribution": shape}) for shape in ("normal", "lognormal")}
    told = {shape: below_zero(BY_NAME["combustion"](used(), table).to_polars()) for shape, table in known.items()}
    assert [check.severity for check in told["normal"]] == ["caveat"]
    assert told["lognormal"] == []
    assert [c.id for c in below_zero(BY_NAME["combustion"](used(sd=600.0), factors({"value": 2.0})).to_polars())] == [
        "uncertainty.below_zero"
    ]


def test_the_text_of_errors_is_read_back() -> None:
    text = "0.5 lognormal 0.25 a b:1 + 0.5 normal 0.1 c * 1.0 uniform 0.2 ncv:x"
    parts = parts_of(text)
    assert parts[:2] == [Part(0, 0.5, "lognormal", 0.25, "a b:1"), Part(0, 0.5, "normal", 0.1, "c")]
    assert parts[2] == Part(1, 1.0, "uniform", 0.2, "ncv:x")
    assert relative_of(parts) == pytest.approx((0.125**2 + 0.05**2 + 0.2**2) ** 0.5)
