"""Steel by the provincial guideline, hand-worked: fluxes, the carbon balance, its uncertainty, and negative balances."""

from __future__ import annotations

import math

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError, InputError
from citycarbon.core.tables import ActivityTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.industry.steel_process import METHOD_ID, steel_process

FACTORS = ["provincial-guideline-2011"]
WORKS = [("limestone_flux", 120.0), ("dolomite_flux", 50.0), ("pig_iron", 900.0), ("crude_steel", 1000.0)]


def works(rows: list[tuple[str, float]], **columns: object) -> ActivityTable:
    frame = pl.DataFrame(rows, schema=["activity", "value"], orient="row")
    fixed = {"place": "A", "time": "2020", "sector": "process.steel", "unit": "t"}
    extra = {
        name: pl.Series(name, cells) if isinstance(cells, list) else pl.lit(cells) for name, cells in columns.items()
    }
    return ActivityTable(
        frame.with_columns(**{name: pl.lit(text) for name, text in fixed.items()}).with_columns(**extra)
    )


def account(rows: list[tuple[str, float]], **columns: object) -> pl.DataFrame:
    return steel_process(works(rows, **columns), shipped_library().choose(FACTORS)).to_polars()


def test_fluxes_and_carbon_of_pig_iron() -> None:
    """120·0.430 = 51.6; 50·0.474 = 23.7; (900·4.1 % − 1000·0.248 %)·44/12 = (36.9 − 2.48)·44/12 = 126.2067 t."""
    rows = account(WORKS)
    found = dict(rows.select("activity", "value").iter_rows())
    assert found["limestone_flux"] == pytest.approx(51.6)
    assert found["dolomite_flux"] == pytest.approx(23.7)
    assert found["steel_decarburisation"] == pytest.approx(34.42 * 44 / 12, rel=1e-12)
    assert rows["value"].sum() == pytest.approx(201.506667, abs=1e-6)
    assert set(rows["method"]) == {METHOD_ID}
    assert set(rows["gas"]) == {"CO2"}
    assert "crude_steel" in rows.filter(pl.col("activity") == "steel_decarburisation")["factor_id"][0]


def test_fluxes_alone_and_a_balance_alone() -> None:
    assert account(WORKS[:2])["activity"].to_list() == ["limestone_flux", "dolomite_flux"]
    assert account(WORKS[2:])["activity"].to_list() == ["steel_decarburisation"]


def test_each_place_is_a_balance_of_its_own() -> None:
    rows = account(WORKS[2:] * 2, place=["A", "A", "B", "B"])
    assert rows.select("place", "value").rows() == [
        ("A", pytest.approx(126.206667, abs=1e-6)), ("B", pytest.approx(126.206667, abs=1e-6)),
    ]  # fmt: skip


def test_a_negative_balance_is_refused() -> None:
    """Steel from scrap alone: 1000 t of steel with no iron would take 2.48 t of carbon out of the air."""
    with pytest.raises(InputError) as caught:
        account([("pig_iron", 50.0), ("crude_steel", 1000.0)], provenance_id="works.csv:3")
    (problem,) = caught.value.problems
    assert problem.code == "balance_negative"
    assert problem.found.startswith("-0.43")
    assert problem.where.file == "works.csv"


def test_iron_without_steel_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        account([("pig_iron", 50.0)])
    assert [problem.code for problem in caught.value.problems] == ["parameter_missing"]


def test_uncertainty_of_a_balance() -> None:
    """sd of iron 9 t and steel 20 t: √((9·4.1 %)² + (20·0.248 %)²)·44/12; in one error group they subtract."""
    apart = account(WORKS[2:], sd=[9.0, 20.0])["sd"][0]
    assert apart == pytest.approx(math.hypot(9 * 0.041, 20 * 0.00248) * 44 / 12, rel=1e-12)
    shared = account(WORKS[2:], sd=[9.0, 20.0], error_group=["scale", "scale"])["sd"][0]
    assert shared == pytest.approx((9 * 0.041 - 20 * 0.00248) * 44 / 12, rel=1e-12)
    assert account(WORKS[2:])["sd"][0] is None


def test_fuel_and_other_processes_do_not_belong_here() -> None:
    with pytest.raises(DoubleCountError):
        account([*WORKS, ("coke", 400.0)])
    with pytest.raises(CoverageError) as caught:
        account([*WORKS, ("lime", 30.0)])
    assert [problem.code for problem in caught.value.problems] == ["factor_missing"]


def test_two_editions_are_never_mixed() -> None:
    with pytest.raises(CoverageError) as caught:
        steel_process(works(WORKS), shipped_library().choose([*FACTORS, "ipcc2006"]))
    assert {problem.code for problem in caught.value.problems} == {"editions_mixed"}
