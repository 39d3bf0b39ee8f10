"""Refrigerants: leaks, retirement, blends, pure gases, defaults and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError, SchemaError
from citycarbon.core.tables import FactorTable
from citycarbon.data.library import shipped_library, warming_metric
from citycarbon.inventory.accounting.refrigerant import METHOD_ID, ChargeTable, refrigerant

NUMBERS = ("charge", "leak_rate", "end_of_life", "recovery")


def charges(*rows: dict[str, object]) -> ChargeTable:
    base = {
        "place": "A",
        "time": "2020",
        "sector": "offices",
        "activity": "r410a",
        "charge": 100.0,
        "provenance_id": None,
    }
    filled = [{**dict.fromkeys((*NUMBERS, "equipment")), **base, **row} for row in rows]
    kinds = {**dict.fromkeys(NUMBERS, pl.Float64), "equipment": pl.String, "provenance_id": pl.String}
    return ChargeTable(pl.DataFrame(filled, schema_overrides=kinds))


def made(*rows: dict[str, object], editions: tuple[str, ...] = ("ashrae-34", "ipcc2006")) -> pl.DataFrame:
    return refrigerant(charges(*rows), shipped_library().choose(editions)).to_polars()


def test_leak_and_retirement_by_component() -> None:
    """100 kg · 5 % + 20 kg · (1 − 0.75) = 10 kg of R-407C: 2.3 kg HFC-32, 2.5 kg HFC-125, 5.2 kg HFC-134a."""
    rows = made({"activity": "r407c", "leak_rate": 0.05, "end_of_life": 20.0, "recovery": 0.75})
    found = dict(rows.select("gas", "value").iter_rows())
    assert found == pytest.approx({"HFC-125": 0.0025, "HFC-134a": 0.0052, "HFC-32": 0.0023}, rel=1e-12)
    assert rows.select("scope", "unit", "method").unique().rows() == [("1", "t", METHOD_ID)]
    assert all(name.startswith("ashrae-34.blend.r407c") for name in rows["factor_id"].to_list())


@pytest.mark.parametrize("gas", ["HFC-134a", "SF6", "HCFC-22"])
def test_a_pure_gas_is_its_own_component(gas: str) -> None:
    rows = made({"activity": gas, "leak_rate": 0.1})
    assert rows.select("gas", "value", "factor_id").rows() == [(gas, pytest.approx(0.01), None)]


def test_a_default_rate_follows_the_equipment() -> None:
    """Stationary air conditioning loses 5.5 % a year by default; a stated rate wins."""
    rows = made(
        {"equipment": "air_conditioning_stationary", "sector": "a"},
        {"equipment": "air_conditioning_stationary", "leak_rate": 0.01, "sector": "b"},
    )
    sums = rows.group_by("sector").agg(pl.col("value").sum()).sort("sector")
    assert sums["value"].to_list() == pytest.approx([0.0055, 0.001], rel=1e-12)


def test_a_missing_leak_rate_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        made({"provenance_id": "cooling.csv:3"}, {"equipment": "teapot", "provenance_id": "cooling.csv:4"})
    assert [(p.code, p.where.file, p.where.rows) for p in caught.value.problems] == [
        ("parameter_missing", "cooling.csv", (3,)), ("parameter_missing", "cooling.csv", (4,)),
    ]  # fmt: skip


def test_retirement_without_recovery_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        made({"leak_rate": 0.0, "end_of_life": 10.0})
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.column) == ("parameter_missing", "recovery")
    assert made({"leak_rate": 0.0, "end_of_life": 0.0})["value"].to_list() == [0.0, 0.0]


@pytest.mark.parametrize("name", ["r-410a", "freon", "R22"])
def test_what_is_neither_blend_nor_gas_is_refused(name: str) -> None:
    """A hyphen does not make a gas: r-410a would otherwise pass as a gas without warming potential."""
    with pytest.raises(CoverageError) as caught:
        made({"activity": name, "leak_rate": 0.1})
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("factor_missing", name)
    assert "r410a" in problem.fix()


def test_a_blend_that_two_editions_list_is_refused() -> None:
    """Its shares would add to two, and the leak would count twice."""
    rows = shipped_library().choose(["ashrae-34"]).to_polars()
    twice = pl.concat([rows, rows.with_columns(pl.lit("mine").alias("edition"))])
    with pytest.raises(SchemaError) as caught:
        refrigerant(charges({"leak_rate": 0.1}), FactorTable(twice))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.item, problem.found) == ("value_out_of_range", "r410a", "Σ = 2")


def test_a_blend_that_lost_a_component_is_refused() -> None:
    rows = shipped_library().choose(["ashrae-34"]).to_polars().filter(pl.col("gas") != "HFC-32")
    with pytest.raises(SchemaError):
        refrigerant(charges({"leak_rate": 0.1}), FactorTable(rows))
    sound = refrigerant(charges({"activity": "r404a", "leak_rate": 0.1}), FactorTable(rows))
    assert sound.to_polars()["value"].sum() == pytest.approx(0.01)


def test_two_default_rates_are_refused_unless_the_row_states_one() -> None:
    rows = shipped_library().choose(["ashrae-34", "ipcc2006"]).to_polars()
    leak = rows.filter(pl.col("activity") == "air_conditioning_stationary").with_columns(
        pl.lit(0.02).alias("value"), pl.lit("mine").alias("factor_id")
    )
    both = FactorTable(pl.concat([rows, leak]))
    with pytest.raises(CoverageError) as caught:
        refrigerant(charges({"equipment": "air_conditioning_stationary"}), both)
    assert caught.value.problems[0].code == "factor_ambiguous"
    stated = refrigerant(charges({"equipment": "air_conditioning_stationary", "leak_rate": 0.1}), both)
    assert stated.to_polars()["value"].sum() == pytest.approx(0.01)


@pytest.mark.parametrize("row", [{"leak_rate": 1.5}, {"leak_rate": -0.1}, {"recovery": 1.1}, {"charge": -1.0}])
def test_impossible_charges_are_refused_at_the_table(row: dict[str, object]) -> None:
    with pytest.raises(SchemaError):
        charges({"leak_rate": 0.1, **row})


def test_gases_are_added_only_as_co2e() -> None:
    table = refrigerant(charges({"leak_rate": 0.1}), shipped_library().choose(["ashrae-34"]))
    rows = table.to_co2e(warming_metric("AR5-GWP100")).to_polars()
    assert rows["value"].sum() == pytest.approx(0.01 * 1923.5, rel=1e-12)
