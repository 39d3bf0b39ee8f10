"""Coal methane, hand-worked: volume × density at 20 °C, recovery, flares, abandoned mines, and more recovered than released."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError, InputError
from citycarbon.core.tables import FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.industry.coal_fugitive import METHOD_ID, CoalMineTable, coal_fugitive

ROW = {"place": "A", "time": "2010", "sector": "fugitive.coal", "activity": "coal_underground_average", "value": 1e6,
       "unit": "t"}  # fmt: skip


def account(*editions: str, year_rule: str = "exact", **cells: object) -> pl.DataFrame:
    table = CoalMineTable(pl.DataFrame([{**ROW, **cells}]))
    factors = shipped_library().choose(list(editions) or ["ipcc2006"])
    return coal_fugitive(table, factors, year_rule=year_rule).to_polars()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("activity", "cubic_metres"),
    [
        ("coal_underground_low", 10.0), ("coal_underground_average", 18.0), ("coal_underground_high", 25.0),
        ("coal_underground_post_average", 2.5), ("coal_surface_average", 1.2), ("coal_surface_post_average", 0.1),
        ("coal_surface_post_low", 0.0),
    ],
)  # fmt: skip
def test_volume_times_density(activity: str, cubic_metres: float) -> None:
    row = account(activity=activity).row(0, named=True)
    assert row["value"] == pytest.approx(cubic_metres * 0.67e-3 * 1e6, rel=1e-12)
    assert (row["gas"], row["scope"], row["unit"], row["method"]) == ("CH4", "1", "t", METHOD_ID)
    assert row["factor_id"].endswith("*ipcc2006.rho.methane")


def test_gas_that_is_used_is_taken_off() -> None:
    """18e6 m³ less 5e6 m³, × 0.67 kg/m³ = 8710 t."""
    assert account(methane_used=5e6)["value"].to_list() == pytest.approx([8710.0])


def test_gas_that_is_flared_becomes_carbon_dioxide() -> None:
    """1e6 m³ flared at 98 %: 656.6 t CH4 less, 656.6 · 44/16 = 1805.65 t CO2."""
    found = dict(account(methane_flared=1e6).select("gas", "value").iter_rows())
    assert found == pytest.approx({"CH4": 12060.0 - 656.6, "CO2": 1805.65}, rel=1e-12)


def test_all_that_is_released_may_be_used_and_no_more() -> None:
    assert account(methane_used=18e6)["value"].to_list() == pytest.approx([0.0], abs=1e-9)
    with pytest.raises(InputError) as caught:
        account(methane_used=17e6, methane_flared=2e6, provenance_id="mines.csv:2")
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.rows) == ("value_out_of_range", (2,))


def test_provincial_kinds_and_the_enterprise_guide() -> None:
    assert account("provincial-guideline-2011", activity="coal_post_high_gas")["value"].to_list() == pytest.approx(
        [2010.0]
    )
    later = account("ndrc-enterprise-guides", activity="coal_surface", time="2020")
    assert later["value"].to_list() == pytest.approx([1340.0])
    with pytest.raises(CoverageError) as caught:
        account("provincial-guideline-2011", "ndrc-enterprise-guides", activity="coal_surface", time="2020")
    assert caught.value.problems[0].code == "editions_mixed"


def test_a_flare_needs_its_efficiency() -> None:
    with pytest.raises(CoverageError) as caught:
        account("provincial-guideline-2011", activity="coal_surface", methane_flared=10.0)
    assert [problem.code for problem in caught.value.problems] == ["factor_missing"]
    both = account("provincial-guideline-2011", "ipcc2006", activity="coal_surface", methane_flared=10.0)
    assert both["gas"].to_list() == ["CH4", "CO2"]


def test_abandoned_mines_have_factors_of_single_years() -> None:
    """3 gassy mines closed 1976 to 2000, inventory year 2010: 3 · 529 000 m³ · 0.67 kg/m³ = 1063.29 t."""
    mines = {"activity": "abandoned_mine_1976_2000", "value": 3.0, "unit": "1"}
    assert account(**mines)["value"].to_list() == pytest.approx([1063.29])
    with pytest.raises(CoverageError):
        account(**mines, time="2022")
    rows = account(**mines, time="2022", year_rule="latest")
    assert rows["value"].to_list() == pytest.approx([3 * 469000 * 0.67e-3])
    assert "YEAR 2022" in rows["rule"][0]


def test_uncertainty_is_that_of_the_gross_methane() -> None:
    row = account(sd=1e4, methane_used=5e6).row(0, named=True)
    assert row["sd"] == pytest.approx(120.6)


def test_rows_keep_their_own_recovery() -> None:
    frame = pl.DataFrame([
        {**ROW, "place": "B", "methane_used": 1e6, "provenance_id": "m:2"},
        {**ROW, "place": "A", "methane_used": 0.0, "provenance_id": "m:3"},
        {**ROW, "place": "B", "methane_used": 2e6, "provenance_id": "m:4"},
    ])  # fmt: skip
    rows = coal_fugitive(CoalMineTable(frame), shipped_library().choose(["ipcc2006"])).to_polars()
    assert dict(rows.select("provenance_id", "value").iter_rows()) == pytest.approx(
        {"m:2": 11390.0, "m:3": 12060.0, "m:4": 10720.0}
    )


def test_a_mine_with_a_factor_of_its_own() -> None:
    own = FactorTable(
        pl.DataFrame({
            "quantity": ["methane_volume", "density"], "activity": ["mine_7", "methane"], "gas": ["CH4", None],
            "value": [9.0, 0.7168], "unit": ["Nm3/t", "kg/Nm3"], "factor_id": ["mine 7", "methane at 0 °C"],
        })
    )  # fmt: skip
    rows = coal_fugitive(CoalMineTable(pl.DataFrame([{**ROW, "activity": "mine_7"}])), own).to_polars()
    assert rows["value"].to_list() == pytest.approx([9e6 * 0.7168e-3], rel=1e-9)


def test_burnt_coal_is_refused_and_density_is_never_a_default() -> None:
    with pytest.raises(DoubleCountError):
        account(activity="raw_coal")
    without = shipped_library().choose(["ipcc2006"]).to_polars().filter(pl.col("quantity") != "density")
    with pytest.raises(CoverageError) as caught:
        coal_fugitive(CoalMineTable(pl.DataFrame([ROW])), FactorTable(without))
    assert [problem.code for problem in caught.value.problems] == ["factor_missing"]
