"""Landfills: decay by hand year by year, delay, recovery, oxidation, uncertainty, scope, own parameters and what is refused."""

from __future__ import annotations

from math import exp
from typing import Any

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError, SchemaError, UnitError
from citycarbon.core.tables import FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.waste.landfill_decay import METHOD_ID, DepositTable, landfill_decay
from citycarbon.inventory.accounting.waste.landfill_mass_balance import LandfillTable, landfill_mass_balance
from citycarbon.inventory.accounting.waste.recovered import RecoveryTable

BASE = {
    "place": "A",
    "time": "2000",
    "sector": "waste.landfill",
    "activity": "food_waste",
    "value": 10000.0,
    "unit": "t",
}
SITE = {"site": "managed_anaerobic", "climate": "tropical_wet"}


def frame(rows: tuple[dict[str, Any], ...], base: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{**base, **row} for row in rows], infer_schema_length=None)


def factors() -> FactorTable:
    return shipped_library().choose(["ipcc2006"])


def recovered(*rows: dict[str, Any]) -> RecoveryTable:
    base = {"place": "A", "time": "2002", "sector": "waste.landfill", "value": 20.0, "unit": "t"}
    return RecoveryTable(frame(rows, base))


def decayed(*rows: dict[str, Any], gas: RecoveryTable | None = None, **window: Any) -> pl.DataFrame:
    return landfill_decay(DepositTable(frame(rows, {**BASE, **SITE})), factors(), gas, **window).to_polars()


def by_year(rows: pl.DataFrame) -> dict[str, float]:
    return dict(rows.select("time", "value").iter_rows())


def test_one_deposit_year_by_year() -> None:
    """Potential 10 000 · 0.15 · 0.5 · 1 · 0.5 · 16/12 = 500 t; k = 0.4; nothing in the year of deposit."""
    rows = decayed({}, year_to=2003)
    wanted = {"2000": 0.0, "2001": 164.839977, "2002": 110.495541, "2003": 74.067376}
    assert by_year(rows) == pytest.approx(wanted, rel=1e-7)
    assert rows.select("scope", "gas", "unit", "method").unique().rows() == [("1", "CH4", "t", METHOD_ID)]
    assert set(rows["factor_id"][0].split("*")) == {
        "ipcc2006.lp.landfill_mcf_managed_anaerobic", "ipcc2006.lp.food_waste_doc", "ipcc2006.lp.landfill_docf",
        "ipcc2006.lp.landfill_methane_fraction", "ipcc2006.lp.landfill_oxidation_uncovered", "ipcc2006.lp.landfill_delay",
        "ipcc2006.lp.food_waste_decay_rate_tropical_wet",
    }  # fmt: skip


def test_the_closed_form_equals_the_recursion_of_the_guideline() -> None:
    """DDOCma_T = DDOCmd_T + DDOCma_(T−1)·e^−k, decomposed = DDOCma_(T−1)·(1 − e^−k), over uneven deposits."""
    amounts = [10000.0, 0.0, 7000.0, 12000.0, 300.0]
    rows = decayed(*({"time": str(2000 + n), "value": each} for n, each in enumerate(amounts)), year_to=2012)
    held, k, wanted = 0.0, 0.4, []
    for year in range(13):
        wanted.append(held * (1 - exp(-k)) * 0.5 * 16 / 12)
        held = (amounts[year] * 0.15 * 0.5 if year < len(amounts) else 0.0) + held * exp(-k)
    assert rows["value"].to_list() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("delay", "first", "second"),
    [
        (0.0, 1 - exp(-0.2), exp(-0.2) - exp(-0.6)),
        (3.0, 1 - exp(-0.1), exp(-0.1) - exp(-0.5)),
        (6.0, 0.0, 1 - exp(-0.4)),
        (12.0, 0.0, 1 - exp(-0.2)),
    ],
)
def test_the_delay_moves_the_start(delay: float, first: float, second: float) -> None:
    """IPCC: e^(−k·(13 − M)/12) is left of the year's deposit, M = 7 + delay being the month in which decay starts."""
    rows = decayed({"delay": delay}, year_to=2001)
    assert rows["value"].to_list() == pytest.approx([500 * first, 500 * second], rel=1e-12)


def test_recovery_comes_off_before_oxidation() -> None:
    """(110.495541 + 131.871982 − 20) · (1 − 0.1) in 2002: two deposits, one meter on the gas."""
    deposits = ({"cover": "covered"}, {"cover": "covered", "time": "2001", "value": 8000.0})
    rows = decayed(*deposits, gas=recovered({}), year_from=2002, year_to=2002)
    assert rows["value"].to_list() == pytest.approx([(110.495541 + 131.871982 - 20) * 0.9], rel=1e-7)


def test_recovery_is_shared_by_what_kinds_of_waste_generate() -> None:
    rows = decayed({}, {"activity": "paper_waste"}, gas=recovered({}, {"value": 10.0}), year_from=2002, year_to=2002)
    bare = decayed({}, {"activity": "paper_waste"}, year_from=2002, year_to=2002)
    assert rows["value"].sum() == pytest.approx(bare["value"].sum() - 30, rel=1e-12)
    share = (rows["value"] / bare["value"]).to_list()
    assert share[0] == pytest.approx(share[1], rel=1e-12)


@pytest.mark.parametrize(
    "row",
    [{"value": 110.6}, {"place": "B"}, {"time": "2000"}, {"sector": "waste.landfill_outside"}, {"scenario": "other"}],
)
def test_more_recovery_than_gas_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(SchemaError) as caught:
        decayed({}, gas=recovered({"scenario": "observed", "provenance_id": "gas.csv:3", **row}), year_to=2002)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.file, problem.where.rows) == ("recovery_exceeds", "gas.csv", (3,))


def test_recovery_outside_the_window_is_left_out() -> None:
    rows = decayed({}, gas=recovered({"time": "1999", "value": 1e6}), year_to=2001)
    assert by_year(rows)["2001"] == pytest.approx(164.839977, rel=1e-7)


def test_scope_follows_the_sector() -> None:
    sectors = ("waste.landfill", "waste.landfill_outside", "waste.landfill_imported")
    rows = decayed(*({"sector": sector} for sector in sectors), year_from=2001, year_to=2001)
    assert dict(rows.select("sector", "scope").iter_rows()) == dict(zip(sectors, "131", strict=True))


def test_own_parameters_win_and_need_no_choice() -> None:
    own = {"site": None, "climate": None, "mcf": 0.8, "doc": 0.14, "docf": 0.6, "methane_fraction": 0.55, "oxidation": 0.2,
           "decay_rate": 0.1, "delay": 6.0, "activity": "municipal_solid_waste"}  # fmt: skip
    rows = decayed(own, year_from=2001, year_to=2001)
    wanted = 10000 * 0.8 * 0.14 * 0.6 * 0.55 * 16 / 12 * (1 - exp(-0.1)) * 0.8
    assert rows.select("value", "factor_id").rows() == [(pytest.approx(wanted, rel=1e-12), None)]
    assert "decay_rate stated in the row" in rows["rule"][0]


def test_uncertainty_of_deposits_adds_in_quadrature_and_of_shared_factors_linearly() -> None:
    table = factors().to_polars()
    doc = pl.col("activity") == "food_waste_doc"
    unsure = FactorTable(table.with_columns(pl.when(doc).then(0.03).otherwise(pl.col("sd")).alias("sd")))
    deposits = ({"sd": 300.0, "time": "2000"}, {"sd": 400.0, "time": "2000"})
    rows = landfill_decay(DepositTable(frame(deposits, {**BASE, **SITE})), unsure, year_from=2001, year_to=2001)
    row = rows.to_polars().row(0, named=True)
    per_tonne = 0.05 * (1 - exp(-0.4))
    assert row["sd_activity"] == pytest.approx(500 * per_tonne, rel=1e-12)
    assert row["sd_factor"] == pytest.approx(20000 * per_tonne * 0.2, rel=1e-12)
    assert row["sd"] == pytest.approx((row["sd_activity"] ** 2 + row["sd_factor"] ** 2) ** 0.5, rel=1e-12)
    assert decayed({}, year_to=2001)["sd"].null_count() == 2


def test_missing_choices_and_parameters_are_told_together() -> None:
    """Industrial waste has no k in table 3.3, mixed waste no DOC: neither is guessed."""
    with pytest.raises(InputError) as caught:
        decayed(
            {"site": None, "provenance_id": "d.csv:2"},
            {"climate": None, "provenance_id": "d.csv:3"},
            {"activity": "industrial_waste", "provenance_id": "d.csv:4"},
            {"activity": "municipal_solid_waste", "provenance_id": "d.csv:5"},
        )
    found = {(problem.code, problem.where.rows, problem.where.column) for problem in caught.value.problems}
    assert found == {
        ("parameter_missing", (2,), "mcf"), ("parameter_missing", (3,), "decay_rate"),
        ("factor_missing", (4,), "activity"), ("factor_missing", (5,), "activity"),
    }  # fmt: skip
    shown = " ".join(problem.found for problem in caught.value.problems)
    assert "industrial_waste_decay_rate_tropical_wet" in shown
    assert "bulk_msw_doc" in shown


def test_two_figures_for_one_parameter_are_refused() -> None:
    table = factors().to_polars()
    other = table.filter(pl.col("activity") == "landfill_docf").with_columns(
        factor_id=pl.lit("mine"), value=pl.lit(0.77)
    )
    with pytest.raises(CoverageError) as caught:
        landfill_decay(DepositTable(frame(({},), {**BASE, **SITE})), FactorTable(pl.concat([table, other])))
    assert caught.value.problems[0].code == "factor_ambiguous"


def test_a_docf_of_the_waste_kind_wins() -> None:
    table = factors().to_polars()
    own = table.filter(pl.col("activity") == "landfill_docf").with_columns(
        factor_id=pl.lit("mine"), activity=pl.lit("food_waste_docf"), value=pl.lit(0.7)
    )
    deposits = DepositTable(frame(({},), {**BASE, **SITE}))
    rows = landfill_decay(deposits, FactorTable(pl.concat([table, own])), year_to=2001).to_polars()
    assert by_year(rows)["2001"] == pytest.approx(164.839977 * 1.4, rel=1e-7)


@pytest.mark.parametrize(("window", "code"), [((2005, 2001), "years_reversed"), ((None, 99999), "parameter_wrong")])
def test_impossible_years_are_refused(window: tuple[int | None, int], code: str) -> None:
    with pytest.raises(InputError) as caught:
        decayed({}, year_from=window[0], year_to=window[1])
    assert caught.value.problems[0].code == code


def test_other_units_are_converted_or_refused() -> None:
    assert by_year(decayed({"value": 1.0, "unit": "万吨"}, year_to=2001))["2001"] == pytest.approx(164.839977, rel=1e-7)
    with pytest.raises(UnitError):
        decayed({"unit": "m^3"})


@pytest.mark.parametrize(
    "row", [{"doc": 1.2}, {"site": "heap"}, {"climate": "polar"}, {"decay_rate": -0.1}, {"value": -1.0}]
)
def test_impossible_deposits_are_refused_at_the_table(row: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        decayed(row)


def test_mass_balance_by_hand() -> None:
    """(10 000 · 0.8 · L0 − 30) · 0.9 with L0 = 0.4 · 0.15 · 0.5 · 0.5 · 16/12 = 0.02: (160 − 30) · 0.9 = 117 t."""
    row = {"landfilled_share": 0.8, "site": "unmanaged_shallow", "cover": "covered", "sd": 500.0, "time": "2002"}
    table = LandfillTable(frame((row,), BASE))
    made = landfill_mass_balance(table, factors(), recovered({"value": 30.0})).to_polars().row(0, named=True)
    assert made["value"] == pytest.approx(117, rel=1e-12)
    assert made["sd"] == pytest.approx(500 * 0.8 * 0.02 * 0.9, rel=1e-12)
    assert (made["scope"], made["gas"]) == ("1", "CH4")
    with pytest.raises(SchemaError):
        landfill_mass_balance(table, factors(), recovered({"value": 160.1}))
