"""Carbon mass balance: units, groups and negative balances."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import SchemaError, UnitError
from citycarbon.inventory.accounting.mass_balance import METHOD_ID, StreamTable, mass_balance


def streams(*rows: tuple[str, str, float, float], **more: object) -> pl.DataFrame:
    """Rows of (stream, role, mass, carbon content)."""
    frame = pl.DataFrame(rows, schema=["stream", "role", "value", "carbon_content"], orient="row")
    base = {"place": "works", "time": "2020", "sector": "steel", "unit": "t"}
    return frame.with_columns(pl.lit(value).alias(name) for name, value in {**base, **more}.items())


def test_inputs_less_products_and_residues() -> None:
    """(100·0.8 + 10·0.5 − 60·0.1 − 4·0.25) · 44/12 = 78 · 44/12 = 286 t."""
    frame = streams(
        ("coke", "input", 100.0, 0.8),
        ("oil", "input", 10.0, 0.5),
        ("steel", "product", 60.0, 0.1),
        ("slag", "residue", 4.0, 0.25),
    )
    row = mass_balance(StreamTable(frame)).to_polars().row(0, named=True)
    assert row["value"] == pytest.approx(286.0, rel=1e-12)
    filed = (row["activity"], row["scope"], row["gas"], row["unit"], row["method"])
    assert filed == ("carbon_balance", "1", "CO2", "t", METHOD_ID)


def test_units_are_converted() -> None:
    frame = pl.concat(
        [streams(("coke", "input", 0.01, 0.9), unit="万吨"), streams(("char", "residue", 20000.0, 0.6), unit="kg")]
    )
    assert mass_balance(StreamTable(frame)).to_polars()["value"][0] == pytest.approx((90 - 12) * 44 / 12, rel=1e-12)


def test_places_years_and_sectors_balance_by_themselves() -> None:
    one = ("coke", "input", 3.0, 1.0)
    frame = pl.concat(
        [streams(one), streams(one, place="mill"), streams(one, time="2021"), streams(one, sector="lime")]
    )
    made = mass_balance(StreamTable(frame)).to_polars()
    assert made.height == 4
    assert made["value"].to_list() == pytest.approx([11.0] * 4, rel=1e-12)


def test_every_negative_balance_is_named() -> None:
    good = streams(("coke", "input", 3.0, 1.0))
    bad = [
        streams(("steel", "product", 1.0, 0.5), place=place, provenance_id=f"{place}.csv:2")
        for place in ("mill", "forge")
    ]
    with pytest.raises(SchemaError) as caught:
        mass_balance(StreamTable(pl.concat([good, *bad], how="diagonal")))
    problems = caught.value.problems
    assert {problem.code for problem in problems} == {"balance_negative"}
    assert [(problem.where.file, problem.found) for problem in problems] == [
        ("forge.csv", "-0.5 t C"),
        ("mill.csv", "-0.5 t C"),
    ]


def test_rounding_of_the_computer_is_no_negative_balance() -> None:
    """0.1 + 0.2 − 0.3 is 5.6e-17 short of zero in binary: nothing left is nothing emitted."""
    frame = streams(("a", "input", 0.3, 1.0), ("b", "product", 0.1, 1.0), ("c", "product", 0.2, 1.0))
    assert mass_balance(StreamTable(frame)).to_polars()["value"].to_list() == [0.0]


def test_a_volume_is_no_mass() -> None:
    with pytest.raises(UnitError):
        mass_balance(StreamTable(streams(("gas", "input", 1.0, 0.5), unit="m^3")))


@pytest.mark.parametrize("row", [("x", "input", 1.0, 1.2), ("x", "input", -1.0, 0.5), ("x", "output", 1.0, 0.5)])
def test_impossible_streams_are_refused_at_the_table(row: tuple[str, str, float, float]) -> None:
    with pytest.raises(SchemaError):
        StreamTable(streams(row))
