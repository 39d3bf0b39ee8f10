"""Coal equivalent of fuels and carriers."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, UnitError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.sectors.standard_coal import standard_coal


def used(*rows: tuple[str, float, str], **more: object) -> ActivityTable:
    frame = pl.DataFrame(rows, schema=["activity", "value", "unit"], orient="row")
    base = {"place": "A", "time": "2020", "sector": "s"}
    return ActivityTable(frame.with_columns(pl.lit(value).alias(name) for name, value in {**base, **more}.items()))


def properties(*rows: tuple[str, float, str, str]) -> FactorTable:
    """Rows of (quantity, value, unit, edition) of ``oil``."""
    frame = pl.DataFrame(rows, schema=["quantity", "value", "unit", "edition"], orient="row")
    return FactorTable(frame.with_columns(pl.lit("oil").alias("activity")))


PRINTED = ("standard_coal_coefficient", 1.4, "kgce/kg", "one")
CALORIFIC = ("net_calorific_value", 40.0, "MJ/kg", "one")


def tce(activity: ActivityTable, factors: FactorTable) -> list[float]:
    rows = standard_coal(activity, factors).to_polars()
    assert rows["unit"].unique().to_list() == ["tce"]
    return rows["value"].to_list()


def test_the_printed_coefficient_wins() -> None:
    assert tce(used(("oil", 2.0, "t")), properties(PRINTED, CALORIFIC)) == [pytest.approx(2.8)]


def test_else_the_calorific_value_over_29_3076() -> None:
    assert tce(used(("oil", 2.0, "t")), properties(CALORIFIC)) == [pytest.approx(80 / 29.3076, rel=1e-12)]


def test_energy_needs_no_property() -> None:
    made = tce(
        used(("electricity", 1000.0, "kWh"), ("heat", 29.3076, "GJ"), ("coal", 5.0, "吨标煤")), properties(PRINTED)
    )
    assert made == pytest.approx([0.1228350, 1.0, 5.0], rel=1e-6)


def test_rows_keep_their_order_and_errors_follow() -> None:
    rows = standard_coal(used(("oil", 2.0, "t"), ("oil", 500.0, "kg"), sd=0.5), properties(PRINTED)).to_polars()
    assert rows["value"].to_list() == pytest.approx([2.8, 0.7])
    assert rows["sd"].to_list() == pytest.approx([0.7, 0.0007])


def test_a_carrier_without_property_is_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        standard_coal(used(("peat", 1.0, "t"), provenance_id="fuel.csv:3"), shipped_library().choose(["cn-2020"]))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.file, problem.where.rows) == ("factor_missing", "fuel.csv", (3,))


def test_the_row_that_cannot_be_turned_is_named() -> None:
    """Peat in tonnes stands in the third row; oil in tonnes and peat in tce before it are fine."""
    rows = [("oil", 1.0, "t"), ("peat", 1.0, "tce"), ("peat", 1.0, "t")]
    table = used(*rows).to_polars().with_columns(pl.Series("provenance_id", ["f.csv:2", "f.csv:3", "f.csv:4"]))
    with pytest.raises(CoverageError) as caught:
        standard_coal(ActivityTable(table), properties(PRINTED))
    assert [problem.where.rows for problem in caught.value.problems] == [(4,)]


def test_plain_cubic_metres_are_not_normal_ones() -> None:
    with pytest.raises(UnitError) as caught:
        standard_coal(used(("natural_gas", 1.0, "Nm3")), shipped_library().choose(["cn-2008"]))
    (problem,) = caught.value.problems
    assert problem.code == "unit_dimension"
    assert "m^3" in problem.expected()


def test_two_editions_with_different_figures_are_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        standard_coal(
            used(("oil", 1.0, "t")), properties(PRINTED, ("standard_coal_coefficient", 1.5, "kgce/kg", "two"))
        )
    (problem,) = caught.value.problems
    assert problem.code == "factor_ambiguous"
    assert "one, two" in problem.fix()


def test_two_editions_with_one_figure_are_one() -> None:
    same = ("standard_coal_coefficient", 1.4, "tce/t", "two")
    assert tce(used(("oil", 1.0, "t")), properties(PRINTED, same)) == [pytest.approx(1.4)]


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(CoverageError) as caught:
        standard_coal(used(("peat", 1.0, "t"), ("straw", 1.0, "t")), properties(PRINTED))
    assert [problem.found for problem in caught.value.problems] == ["peat [t]", "straw [t]"]
