"""Purchased electricity: bases, margins, contracts, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError, InputError, UnitError
from citycarbon.core.tables import ActivityTable, FactorTable, PlaceTable
from citycarbon.core.totals import total
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.electricity import electricity, margins


def used(*rows: tuple[str, str, float]) -> ActivityTable:
    """Rows of (place, activity, MWh)."""
    frame = pl.DataFrame(rows, schema=["place", "activity", "value"], orient="row")
    return ActivityTable(frame.with_columns(time=pl.lit("2021"), sector=pl.lit("home"), unit=pl.lit("MWh")))


def factors(*rows: dict[str, object]) -> FactorTable:
    base = {"activity": "electricity", "gas": "CO2", "unit": "t/MWh", "region": "CN"}
    return FactorTable(pl.DataFrame([{**base, **row} for row in rows], infer_schema_length=None))


AVERAGE = {"factor_id": "average", "quantity": "emission_factor", "value": 0.5}
RESIDUAL = {"factor_id": "residual", "quantity": "residual_mix", "value": 0.6}
GREEN = {"factor_id": "wind", "quantity": "emission_factor", "activity": "electricity_contracted", "value": 0.0}
MIXED = used(("上海", "electricity", 70.0), ("上海", "electricity_contracted", 30.0))


def test_location_basis_does_not_see_contracts() -> None:
    """100 MWh at the grid average, contracted or not."""
    made = electricity(MIXED, factors(AVERAGE, RESIDUAL, GREEN)).to_polars()
    assert made["value"].sum() == pytest.approx(50.0, rel=1e-12)
    assert made.select("activity", "scope", "basis", "gas", "factor_id").unique().rows() == [
        ("electricity", "2", "location", "CO2", "average")
    ]


def test_market_basis_takes_the_contract_and_the_residual_mix() -> None:
    """70 MWh · 0.6 + 30 MWh · 0."""
    made = electricity(MIXED, factors(AVERAGE, RESIDUAL, GREEN), basis="market").to_polars()
    found = {row["activity"]: (row["value"], row["factor_id"]) for row in made.iter_rows(named=True)}
    assert found == {"electricity": (pytest.approx(42.0), "residual"), "electricity_contracted": (0.0, "wind")}


def test_both_bases_stand_side_by_side_and_never_add() -> None:
    made = electricity(MIXED, factors(AVERAGE, RESIDUAL, GREEN), basis="both")
    by_basis = total(made, ["basis"])
    assert dict(by_basis.select("basis", "value").iter_rows()) == pytest.approx({"location": 50.0, "market": 42.0})
    with pytest.raises(DoubleCountError):
        total(made)


def test_market_basis_without_residual_mix_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        electricity(MIXED, factors(AVERAGE, GREEN), basis="market")
    (problem,) = caught.value.problems
    assert problem.code == "parameter_missing"
    assert "residual_mix" in problem.expected()


def test_contracted_power_without_its_factor_is_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        electricity(MIXED, factors(AVERAGE, RESIDUAL), basis="market")
    (problem,) = caught.value.problems
    assert problem.code == "factor_missing"
    assert "electricity_contracted" in problem.found


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_a_weight_outside_zero_and_one_is_refused(weight: float) -> None:
    with pytest.raises(InputError) as caught:
        electricity(MIXED, factors(AVERAGE), operating_margin_weight=weight)
    assert caught.value.problems[0].code == "parameter_wrong"


OPERATING = {"factor_id": "om", "quantity": "operating_margin", "value": 0.8}
BUILD = {"factor_id": "bm", "quantity": "build_margin", "value": 0.4}


@pytest.mark.parametrize(("weight", "expected"), [(0.5, 0.6), (0.75, 0.7), (1.0, 0.8), (0.0, 0.4)])
def test_margins_are_weighted(weight: float, expected: float) -> None:
    made = electricity(used(("上海", "electricity", 1.0)), factors(OPERATING, BUILD), operating_margin_weight=weight)
    row = made.to_polars().row(0, named=True)
    assert row["value"] == pytest.approx(expected, rel=1e-12)
    assert row["factor_id"] == f"om*bm@{weight:g}"


def test_errors_of_margins_add_in_quadrature_with_the_weights() -> None:
    """(0.75 · 0.04)² + (0.25 · 0.16)² = 0.05²."""
    chosen = factors({**OPERATING, "sd": 0.04}, {**BUILD, "sd": 0.16})
    row = (
        electricity(used(("上海", "electricity", 1.0)), chosen, operating_margin_weight=0.75)
        .to_polars()
        .row(0, named=True)
    )
    assert row["sd"] == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize("stated", [0, 1])
def test_the_error_of_one_margin_is_not_lost(stated: int) -> None:
    """Only one of the margins states an error of 0.08: half of it, 0.04."""
    both = [OPERATING, BUILD]
    both[stated] = {**both[stated], "sd": 0.08}
    row = electricity(used(("上海", "electricity", 1.0)), factors(*both)).to_polars().row(0, named=True)
    assert row["sd"] == pytest.approx(0.04, rel=1e-9)


@pytest.mark.parametrize("alone", [OPERATING, BUILD])
def test_one_margin_alone_is_refused(alone: dict[str, object]) -> None:
    """Also beside an average of another edition: half a margin is not to be passed over."""
    for rows in ((alone,), (alone, {**AVERAGE, "edition": "other"})):
        with pytest.raises(InputError) as caught:
            electricity(used(("上海", "electricity", 1.0)), factors(*rows))
        assert caught.value.problems[0].code == "parameter_missing"


def test_margins_of_different_years_are_not_crossed() -> None:
    """Two years of one edition make two factors, each of its own year's margins, and not four."""
    years = [{"valid_from": year, "valid_to": year, "edition": "mine"} for year in (2020, 2021)]
    rows = factors(
        {**OPERATING, **years[0]}, {**BUILD, **years[0]}, {**OPERATING, **years[1], "value": 0.7}, {**BUILD, **years[1]}
    )
    made = margins(rows.to_polars(), 0.5).sort("valid_from")
    assert made.select("valid_from", "value").rows() == [(2020, pytest.approx(0.6)), (2021, pytest.approx(0.55))]
    assert electricity(used(("上海", "electricity", 1.0)), rows).to_polars()["value"][0] == pytest.approx(0.55)


def test_margins_pass_factors_through() -> None:
    rows = factors(AVERAGE).to_polars()
    assert margins(rows, 0.5).equals(rows)


def test_a_place_without_region_needs_an_edition_of_one_region() -> None:
    somewhere = used(("somewhere", "electricity", 1.0))
    assert electricity(somewhere, factors(AVERAGE)).to_polars()["value"][0] == pytest.approx(0.5)
    with pytest.raises(CoverageError) as caught:
        electricity(somewhere, shipped_library().choose(["mee-average-2021"]))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("place_without_region", "somewhere")


def test_places_of_a_study_have_regions() -> None:
    table = PlaceTable(pl.DataFrame({"place": ["somewhere"], "region": ["重庆"]}))
    somewhere = used(("somewhere", "electricity", 1.0))
    made = electricity(somewhere, shipped_library().choose(["mee-average-2021"]), table).to_polars()
    assert made["value"][0] == pytest.approx(0.4743, rel=1e-12)


def test_a_volume_is_no_electricity() -> None:
    frame = pl.DataFrame(
        {"place": ["上海"], "time": "2021", "sector": "home", "activity": "electricity", "value": [1.0], "unit": "m^3"}
    )
    with pytest.raises(UnitError) as caught:
        electricity(ActivityTable(frame), factors(AVERAGE))
    assert caught.value.problems[0].code == "unit_dimension"


def test_fuel_is_no_electricity() -> None:
    with pytest.raises(CoverageError):
        electricity(used(("上海", "diesel", 1.0)), factors(AVERAGE))
