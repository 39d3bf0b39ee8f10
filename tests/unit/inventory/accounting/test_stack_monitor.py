"""Stack monitor: periods, gaps, substitution and what is refused."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError, SchemaError
from citycarbon.inventory.accounting.stack_monitor import METHOD_ID, StackTable, stack_monitor

TONNE_FLOW = 1000 * 22.414 / 44.01
"""Flow [m³/h] of pure CO2 at standard state that carries one tonne an hour."""


def readings(hours: Sequence[str], tonnes: Sequence[float | None], **more: object) -> StackTable:
    base = {
        "sector": "power", "concentration": 100.0, "concentration_basis": "wet", "flue_temperature": 0.0,
        "flue_pressure": 101.325, "moisture": 0.0, "place": "stack",
    }  # fmt: skip
    flow = [None if value is None else value * TONNE_FLOW for value in tonnes]
    frame = pl.DataFrame({"hour": hours, "flow_rate": flow}, schema_overrides={"flow_rate": pl.Float64})
    return StackTable(frame.with_columns(pl.lit(value).alias(name) for name, value in {**base, **more}.items()))


def day(date: str, count: int = 24) -> list[str]:
    return [f"{date} {hour:02d}" for hour in range(count)]


def values(table: pl.DataFrame) -> list[tuple[str, str, float]]:
    return [(t, a, round(v, 9)) for t, a, v in table.select("time", "activity", "value").iter_rows()]


def test_hours_add_to_the_period() -> None:
    hours = ["2020-12-31 22", "2020-12-31 23", "2021-01-01 00"]
    table = readings(hours, [1.0, 2.0, 4.0])
    assert values(stack_monitor(table).to_polars()) == [("2020", "flue_gas", 3.0), ("2021", "flue_gas", 4.0)]
    assert [t for t, _, _ in values(stack_monitor(table, period="month").to_polars())] == ["2020-12", "2021-01"]
    assert [t for t, _, _ in values(stack_monitor(table, period="day").to_polars())] == ["2020-12-31", "2021-01-01"]


def test_rows_are_filed_in_scope_1() -> None:
    row = stack_monitor(readings(day("2020-01-01", 1), [1.0])).to_polars().row(0, named=True)
    assert (row["scope"], row["gas"], row["unit"], row["method"]) == ("1", "CO2", "t", METHOD_ID)


def test_temperature_pressure_and_moisture_reduce_the_flow() -> None:
    """At 273.15 °C half the density, at 50.6625 kPa half again, with 20 % moisture four fifths of it (dry basis)."""
    state = {"flue_temperature": 273.15, "flue_pressure": 50.6625, "moisture": 0.2}
    wet = stack_monitor(readings(day("2020-01-01", 1), [1.0], **state)).to_polars()["value"][0]
    dry = stack_monitor(readings(day("2020-01-01", 1), [1.0], **state, concentration_basis="dry")).to_polars()["value"][
        0
    ]
    assert (wet, dry) == pytest.approx((0.25, 0.2), rel=1e-12)


def test_an_empty_reading_is_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        stack_monitor(readings(day("2020-01-01", 3), [1.0, None, 1.0]))
    (problem,) = caught.value.problems
    assert problem.code == "monitor_gaps"
    assert problem.found == "1 h: 2020-01-01 01"


def test_gaps_are_told_with_their_rows() -> None:
    hours = day("2020-01-01", 4)
    frame = (
        readings(hours, [1.0, None, None, 1.0])
        .to_polars()
        .with_columns(pl.Series("provenance_id", [f"stack.csv:{row}" for row in range(2, 6)]))
    )
    with pytest.raises(CoverageError) as caught:
        stack_monitor(StackTable(frame))
    (problem,) = caught.value.problems
    assert (problem.where.file, problem.where.rows, problem.where.column) == ("stack.csv", (3, 4), "hour")


def test_an_absent_hour_is_a_missing_reading() -> None:
    """23 rows of a day are not a day: the hour that is not there counts as a gap, and is filled as one."""
    hours = [hour for hour in day("2020-01-01") if not hour.endswith("05")]
    table = readings(hours, [1.0] * 23)
    with pytest.raises(CoverageError) as caught:
        stack_monitor(table)
    assert "2020-01-01 05" in caught.value.problems[0].found
    made = stack_monitor(table, substitution="hj75").to_polars()
    assert values(made) == [("2020", "flue_gas", 23.0), ("2020", "flue_gas_substituted", 1.0)]


def test_a_dry_reading_without_moisture_is_missing_and_a_wet_one_is_not() -> None:
    hours = day("2020-01-01", 1)
    none = pl.Series([None], dtype=pl.Float64)
    wet = StackTable(readings(hours, [1.0]).to_polars().with_columns(none.alias("moisture")))
    assert stack_monitor(wet).to_polars()["value"][0] == pytest.approx(1.0)
    with pytest.raises(CoverageError):
        stack_monitor(StackTable(wet.to_polars().with_columns(pl.lit("dry").alias("concentration_basis"))))


def test_a_gap_takes_the_largest_recent_hour() -> None:
    made = stack_monitor(readings(day("2020-01-01", 10), [1, 3, 2, 1, 1, None, 1, 1, 9, 1]), substitution="hj75")
    assert values(made.to_polars()) == [("2020", "flue_gas", 20.0), ("2020", "flue_gas_substituted", 3.0)]


def test_a_gap_before_the_first_valid_hour_takes_the_largest_of_the_first_hours() -> None:
    """Nothing stands before it to look back on; the single hour after it would be too kind."""
    made = stack_monitor(readings(day("2020-01-01", 10), [None, 1, 1, 4, 1, 1, 1, 1, 1, 1]), substitution="hj75")
    assert values(made.to_polars())[1] == ("2020", "flue_gas_substituted", 4.0)


def test_stacks_do_not_lend_one_another_hours() -> None:
    first = readings(day("2020-01-01", 10), [9.0] * 10, place="first").to_polars()
    second = readings(day("2020-01-01", 10), [1.0] * 5 + [None] + [1.0] * 4, place="second").to_polars()
    made = stack_monitor(StackTable(pl.concat([first, second])), substitution="hj75").to_polars()
    assert made.filter(pl.col("activity") == "flue_gas_substituted").select("place", "value").rows() == [
        ("second", pytest.approx(1.0))
    ]


def test_too_little_data_is_refused_and_names_the_stack() -> None:
    with pytest.raises(CoverageError) as caught:
        stack_monitor(readings(day("2020-01-01", 4), [1.0, None, None, 1.0]), substitution="hj75")
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.item, problem.found) == ("monitor_availability", "stack", "50.0%")
    assert "75%" in problem.expected()


def test_a_stack_without_a_single_reading_is_refused() -> None:
    with pytest.raises(CoverageError):
        stack_monitor(readings(day("2020-01-01", 4), [None] * 4), substitution="hj75")


@pytest.mark.parametrize(
    "hour", ["2020-01-01", "2020-01-01 24", "2020-13-01 05", "2020-02-30 05", "1 Jan 2020 05", "2020-01-01 5"]
)
def test_an_hour_that_is_none_is_refused(hour: str) -> None:
    with pytest.raises(SchemaError) as caught:
        stack_monitor(readings(["2020-01-01 00", hour], [1.0, 1.0]))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("time_not_hour", hour)


def test_one_hour_written_in_two_ways_is_one_hour() -> None:
    hours = ["2020-01-01 04", "2020-01-01T05:00", "2020-01-01 06:00:00"]
    assert stack_monitor(readings(hours, [1.0, 2.0, 3.0])).to_polars()["value"][0] == pytest.approx(6.0)
    with pytest.raises(DoubleCountError) as caught:
        stack_monitor(readings(["2020-01-01 05", "2020-01-01T05:00"], [1.0, 1.0]))
    assert caught.value.problems[0].code == "row_duplicate"


@pytest.mark.parametrize(
    ("column", "value"),
    [("concentration", 101.0), ("moisture", 1.2), ("flue_pressure", 0.1), ("concentration_basis", "damp")],
)
def test_impossible_readings_are_refused_at_the_table(column: str, value: object) -> None:
    with pytest.raises(SchemaError):
        readings(day("2020-01-01", 1), [1.0], **{column: value})
