"""A year from its peak month."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, SchemaError
from citycarbon.core.tables import ActivityTable
from citycarbon.inventory.sectors.peak_month import ProfileTable, peak_month

SUMMER = [0.06, 0.06, 0.06, 0.06, 0.08, 0.10, 0.16, 0.16, 0.10, 0.06, 0.05, 0.05]


def meter(*rows: tuple[str, str, float], **more: object) -> ActivityTable:
    """Rows of (place, month, kWh)."""
    frame = pl.DataFrame(rows, schema=["place", "time", "value"], orient="row")
    base = {"sector": "home", "activity": "electricity", "unit": "kWh"}
    return ActivityTable(frame.with_columns(pl.lit(value).alias(name) for name, value in {**base, **more}.items()))


def profile(shares: list[float] = SUMMER, activity: str = "electricity") -> ProfileTable:
    return ProfileTable(pl.DataFrame({"activity": activity, "month": range(1, len(shares) + 1), "share": shares}))


def test_the_month_over_its_share_is_the_year() -> None:
    """320 kWh in July at 16 % of the year: 2000 kWh, of low quality."""
    rows = peak_month(meter(("A", "2020-07", 320.0)), profile()).to_polars()
    assert rows.select("place", "time", "value", "unit", "quality").rows() == [
        ("A", "2020", pytest.approx(2000.0), "kWh", "L")
    ]


def test_several_months_are_added_before_they_are_extended() -> None:
    """July and January: (320 + 120) / (0.16 + 0.06) = 2000, not the mean or the sum of two years."""
    rows = peak_month(meter(("A", "2020-07", 320.0), ("A", "2020-01", 120.0)), profile()).to_polars()
    assert rows["value"].to_list() == pytest.approx([2000.0])


def test_two_meters_of_one_month_count_its_share_once() -> None:
    rows = peak_month(meter(("A", "2020-07", 200.0), ("A", "2020-07", 120.0)), profile()).to_polars()
    assert rows["value"].to_list() == pytest.approx([2000.0])


def test_places_and_years_stay_apart() -> None:
    rows = peak_month(
        meter(("A", "2020-07", 16.0), ("B", "2020-07", 32.0), ("A", "2021-08", 48.0)), profile()
    ).to_polars()
    assert rows.select("place", "time", "value").rows() == [
        ("A", "2020", pytest.approx(100.0)), ("B", "2020", pytest.approx(200.0)), ("A", "2021", pytest.approx(300.0)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "shares",
    [
        SUMMER[:11],
        [*SUMMER[:11], 0.06],
        [*SUMMER[:11], 0.04],
        [],
    ],
)
def test_a_profile_that_is_no_year_is_refused(shares: list[float]) -> None:
    """Eleven months, more than one, less than one, or nothing at all."""
    frame = pl.DataFrame({"activity": ["electricity"] * len(shares), "month": range(1, len(shares) + 1), "share": shares},
                         schema={"activity": pl.String, "month": pl.Float64, "share": pl.Float64})  # fmt: skip
    with pytest.raises(CoverageError) as caught:
        peak_month(meter(("A", "2020-07", 320.0)), ProfileTable(frame))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.item) == ("profile_incomplete", "electricity")


def test_a_month_that_stands_twice_is_refused() -> None:
    twice = [(7, 0.08), (7, 0.08), *[(month, share) for month, share in enumerate(SUMMER, 1) if month != 7]]
    frame = pl.DataFrame(twice, schema=["month", "share"], orient="row").with_columns(
        pl.lit("electricity").alias("activity")
    )
    with pytest.raises(CoverageError):
        peak_month(meter(("A", "2020-07", 320.0)), ProfileTable(frame))


def test_an_activity_without_profile_is_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        peak_month(meter(("A", "2020-07", 320.0), activity="natural_gas"), profile())
    assert caught.value.problems[0].where.item == "natural_gas"


@pytest.mark.parametrize("time", ["2020", "2020-07-01"])
def test_a_reading_that_is_not_of_a_month_is_refused(time: str) -> None:
    with pytest.raises(SchemaError) as caught:
        peak_month(meter(("A", time, 320.0), provenance_id="meters.csv:4"), profile())
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.file, problem.where.rows) == ("time_not_month", "meters.csv", (4,))


def test_a_share_outside_zero_and_one_is_refused_at_the_table() -> None:
    with pytest.raises(SchemaError):
        profile([1.2, *SUMMER[1:]])
