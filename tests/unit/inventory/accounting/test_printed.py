"""Audit of printed tables: verdicts, tolerances, explanations and lost cells."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from citycarbon.core.errors import DoubleCountError, SchemaError, UnitError
from citycarbon.core.findings import FindingTable
from citycarbon.core.tables import EmissionTable
from citycarbon.inventory.accounting.intensity import IntensityTable
from citycarbon.inventory.accounting.printed import (
    ExplanationTable,
    PrintedTable,
    RatioTable,
    printed_ratios,
    printed_sums,
    reconcile,
    reconcile_totals,
)


def cells(*rows: tuple[str, str, str, str | None, float, int], unit: str = "t") -> PrintedTable:
    """Rows of (table, place, item, part of, value, decimals)."""
    frame = pl.DataFrame(rows, schema=["table", "place", "item", "part_of", "value", "decimals"], orient="row",
                         schema_overrides={"part_of": pl.String, "value": pl.Float64, "decimals": pl.Float64})  # fmt: skip
    return PrintedTable(frame.with_columns(pl.lit(unit).alias("unit")))


def known(check: str, place: str) -> ExplanationTable:
    row = {"check": [check], "place": [place], "explanation_en": ["misprint"], "explanation_zh": ["印刷错误"]}
    return ExplanationTable(pl.DataFrame(row))


def row_of(found: FindingTable) -> dict[str, object]:
    rows = found.to_polars()
    assert rows.height == 1
    return rows.row(0, named=True)


# --- sums -------------------------------------------------------------------------------------------------------------


def sum_of(parts: list[float], printed: float, decimals: int = 2, **more: object) -> dict[str, object]:
    rows = [("1", "A", f"part {i}", "whole", value, decimals) for i, value in enumerate(parts)]
    return row_of(printed_sums(cells(*rows, ("1", "A", "whole", None, printed, decimals)), **more))


def test_an_exact_sum_agrees() -> None:
    """0.1 + 0.2 is 0.30000000000000004 in binary and agrees with a printed 0.3."""
    found = sum_of([0.1, 0.2], 0.3)
    assert (found["verdict"], found["item"], found["check"]) == ("agrees", "whole", "sum of table 1")


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [(0.33, "agrees"), (0.34, "rounding"), (0.35, "rounding"), (0.36, "misfit"), (0.29, "misfit")],
)
def test_three_parts_and_a_total_may_differ_by_two_last_digits(printed: float, verdict: str) -> None:
    """Tolerance (3 + 1) · 0.005 = 0.02; the computed sum is 0.33."""
    found = sum_of([0.11, 0.11, 0.11], printed)
    assert found["verdict"] == verdict
    assert found["tolerance"] == pytest.approx(0.02, rel=1e-12)
    assert found["difference"] == pytest.approx(0.33 - printed, abs=1e-12)


def test_a_misfit_is_explained_or_says_that_nothing_explains_it() -> None:
    silent = sum_of([1.0, 1.0], 3.0)
    assert (silent["explanation_en"], silent["explanation_zh"]) == ("not explained by the source", "来源未作解释")
    told = sum_of([1.0, 1.0], 3.0, explanations=known("sum of table 1", "A"))
    assert (told["verdict"], told["explanation_en"], told["explanation_zh"]) == ("misfit", "misprint", "印刷错误")


def test_what_fits_is_not_explained_away() -> None:
    assert sum_of([1.0, 1.0], 2.0, explanations=known("sum of table 1", "A"))["explanation_en"] is None


def test_tables_places_and_levels_add_apart() -> None:
    table = cells(
        ("1", "A", "x", "group", 1.0, 0), ("1", "A", "group", "whole", 1.0, 0), ("1", "A", "whole", None, 1.0, 0),
        ("1", "B", "x", "group", 2.0, 0), ("1", "B", "group", None, 2.0, 0), ("2", "A", "x", "group", 5.0, 0),
        ("2", "A", "group", None, 5.0, 0),
    )  # fmt: skip
    found = printed_sums(table).to_polars()
    assert found.height == 4
    assert set(found["verdict"]) == {"agrees"}


# --- ratios -----------------------------------------------------------------------------------------------------------


def ratio(**more: object) -> RatioTable:
    base = {"check": "ratio", "place": "A", "numerator": "1:a", "denominator": "1:b", "scale": 1.0, "expected": "2:c"}
    return RatioTable(pl.DataFrame([{**base, **more}]))


def quotient_of(a: float, b: float, c: float, decimals: tuple[int, int, int], **more: object) -> dict[str, object]:
    table = cells(
        ("1", "A", "a", None, a, decimals[0]),
        ("1", "A", "b", None, b, decimals[1]),
        ("2", "A", "c", None, c, decimals[2]),
    )
    return row_of(printed_ratios(table, ratio(**more)))


def test_counts_are_exact() -> None:
    """10 / 4 = 2.5 against 3 printed whole: half a digit, and not a hair more for the two counts."""
    found = quotient_of(10, 4, 3, (0, 0, 0))
    assert (found["value"], found["tolerance"], found["verdict"]) == (2.5, 0.5, "agrees")
    assert quotient_of(10, 4, 2.4, (0, 0, 1))["verdict"] == "misfit"


def test_rounded_cells_widen_the_tolerance() -> None:
    """1.0 / 2.0 with half digits of 0.05: 0.05 / 2 + 0.5 · 0.05 / 2 = 0.0375, and 0.05 of the result."""
    found = quotient_of(1.0, 2.0, 0.5, (1, 1, 1))
    assert found["tolerance"] == pytest.approx(0.0875, rel=1e-12)
    assert quotient_of(1.0, 2.0, 0.58, (1, 1, 1))["verdict"] == "rounding"
    assert quotient_of(1.0, 2.0, 0.6, (1, 1, 1))["verdict"] == "misfit"


def test_a_stated_tolerance_replaces_the_computed_one() -> None:
    assert quotient_of(10, 4, 2.7, (0, 0, 1), tolerance=0.2)["verdict"] == "rounding"
    assert quotient_of(10, 4, 2.8, (0, 0, 1), tolerance=0.2)["verdict"] == "misfit"


def test_a_printed_zero_over_something_is_zero() -> None:
    """A zero with decimals has a rounding of its own and no relative one: 0.00 / 2.00 against 0.0 agrees."""
    found = quotient_of(0.0, 2.0, 0.0, (2, 2, 1), scale=100.0)
    assert found["verdict"] == "agrees"
    assert found["tolerance"] == pytest.approx(0.05 + 100 * 0.005 / 2, rel=1e-12)


def test_the_scale_counts() -> None:
    assert quotient_of(1, 4, 25, (0, 0, 0), scale=100.0)["value"] == 25.0


def test_the_denominator_may_stand_at_another_place() -> None:
    table = cells(("1", "A", "a", None, 10, 0), ("1", "B", "b", None, 5, 0), ("2", "A", "c", None, 2, 0))
    found = row_of(printed_ratios(table, ratio(denominator_place="B")))
    assert (found["place"], found["value"], found["verdict"]) == ("A", 2.0, "agrees")


def test_cells_that_are_not_there_are_refused() -> None:
    table = cells(("1", "A", "a", None, 10, 0))
    with pytest.raises(SchemaError) as caught:
        printed_ratios(table, ratio())
    assert sorted((p.code, p.found) for p in caught.value.problems) == [
        ("column_missing", "1:b"),
        ("column_missing", "2:c"),
    ]


def product(**more: object) -> dict[str, object]:
    """2.0 · 3.0 (one decimal each), optionally over 4."""
    table = cells(
        ("1", "A", "a", None, 2.0, 1),
        ("1", "A", "m", None, 3.0, 1),
        ("1", "A", "b", None, 4, 0),
        ("2", "A", "c", None, 6, 0),
    )
    base = {"check": "product", "place": "A", "numerator": "1:a", "times": "1:m", "scale": 1.0, "expected": "2:c"}
    return row_of(printed_ratios(table, RatioTable(pl.DataFrame([{**base, **more}]))))


def test_a_product_of_two_cells() -> None:
    """Half digits of 0.05: 3 · 0.05 + 2 · 0.05 = 0.25, and 0.5 of the whole result. Nothing divides."""
    found = product()
    assert (found["value"], found["verdict"], found["item"]) == (6.0, "agrees", "c")
    assert found["tolerance"] == pytest.approx(0.75, rel=1e-12)


def test_a_product_over_a_count() -> None:
    found = product(denominator="1:b")
    assert (found["value"], found["tolerance"], found["verdict"]) == (1.5, pytest.approx(0.5 + 0.25 / 4), "misfit")


# --- computed beside reported -------------------------------------------------------------------------------------------


def computed(*rows: tuple[str, str, str, float, str]) -> IntensityTable:
    """Rows of (time, sector, measure, value, unit)."""
    frame = pl.DataFrame(rows, schema=["time", "sector", "measure", "value", "unit"], orient="row")
    return IntensityTable(frame.with_columns(pl.lit("A").alias("place")))


REPORTED = cells(("3-1", "A", "home", None, 0.94, 2), unit="t/person")


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.9449, "agrees"), (0.9351, "agrees"), (0.9451, "misfit"), (0.93, "misfit")]
)
def test_half_a_last_digit_decides(value: float, verdict: str) -> None:
    found = row_of(reconcile(REPORTED, computed(("2020", "home", "population", value, "t/person"))))
    assert (found["verdict"], found["check"]) == (verdict, "computed against table 3-1")
    assert found["tolerance"] == pytest.approx(0.005, rel=1e-12)


def test_units_are_converted_before_comparing() -> None:
    found = row_of(reconcile(REPORTED, computed(("2020", "home", "population", 940.0, "kg/person"))))
    assert (found["value"], found["verdict"]) == (pytest.approx(0.94), "agrees")
    with pytest.raises(UnitError):
        reconcile(REPORTED, computed(("2020", "home", "population", 940.0, "kg/m^2")))


def test_only_the_named_measure_is_compared() -> None:
    both = computed(
        ("2020", "home", "population", 0.94, "t/person"), ("2020", "home", "households", 2.2, "t/household")
    )
    assert row_of(reconcile(REPORTED, both))["verdict"] == "agrees"
    assert reconcile(REPORTED, both, measure="floor_area").to_polars().height == 0


def test_a_printed_year_is_compared_with_that_year() -> None:
    years = computed(("2020", "home", "population", 0.94, "t/person"), ("2035", "home", "population", 1.4, "t/person"))
    dated = PrintedTable(REPORTED.to_polars().with_columns(pl.lit("2020").alias("time")))
    assert row_of(reconcile(dated, years))["verdict"] == "agrees"
    assert reconcile(REPORTED, years).to_polars()["verdict"].to_list() == ["agrees", "misfit"]


def test_an_explanation_belongs_to_its_check_and_place() -> None:
    table = computed(("2020", "home", "population", 0.5, "t/person"))
    told = row_of(reconcile(REPORTED, table, known("computed against table 3-1", "A")))
    other = row_of(reconcile(REPORTED, table, known("computed against table 3-1", "B")))
    assert told["explanation_en"] == "misprint"
    assert other["explanation_en"] == "not explained by the source"


# --- computed totals beside reported ------------------------------------------------------------------------------------


def test_totals_add_years_and_stay_in_their_scopes(emissions: Callable[..., EmissionTable]) -> None:
    """1000 t in each of three years are 0.30 万t; scope 3 stays out where the rule says so."""
    table = emissions(
        [1000.0, 1000.0, 1000.0, 500.0], time=["2025", "2026", "2027", "2025"], scope=["1", "1", "1", "3"]
    )
    cell = cells(("t", "a", "industry", None, 0.30, 2), unit="万t")
    found = row_of(reconcile_totals(cell, table, scopes="territorial"))
    assert (found["value"], found["verdict"], found["unit"]) == (pytest.approx(0.3), "agrees", "万t")
    assert row_of(reconcile_totals(cell, table))["verdict"] == "misfit"
    assert row_of(reconcile_totals(cell, table))["value"] == pytest.approx(0.35)


def test_totals_of_alternatives_are_refused(emissions: Callable[..., EmissionTable]) -> None:
    table = emissions([1.0, 1.0], basis=["location", "market"])
    with pytest.raises(DoubleCountError):
        reconcile_totals(cells(("t", "a", "industry", None, 1.0, 0)), table)
