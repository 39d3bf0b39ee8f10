"""Shares of high, medium and low data."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.inventory.accounting.review import data_quality

ROW = {"place": "A", "time": "2020", "scope": "1", "gas": "CO2", "unit": "t"}


def emissions(**more: object) -> EmissionTable:
    """60, 30 and 10 t of three rows of one file."""
    frame = {**ROW, "sector": ["road", "road", "rail"], "activity": ["diesel", "gasoline", "diesel"],
             "value": [60.0, 30.0, 10.0], "provenance_id": ["f.csv:2", "f.csv:3", "f.csv:4"],
             "factor_id": ["f1", "f1*f2", "f3"]}  # fmt: skip
    return EmissionTable(pl.DataFrame({**frame, **more}))


def activity(qualities: list[str | None]) -> ActivityTable:
    """The three rows of the file."""
    frame = {"place": "A", "time": "2020", "sector": ["road", "road", "rail"], "activity": ["diesel", "gasoline", "diesel"],
             "value": 1.0, "unit": "t", "quality": qualities,
             "provenance_id": ["f.csv:2", "f.csv:3", "f.csv:4"]}  # fmt: skip
    return ActivityTable(pl.DataFrame(frame))


FACTORS = FactorTable(
    pl.DataFrame({"factor_id": ["f1", "f2", "f3"], "activity": "x", "gas": "CO2", "value": 1.0, "unit": "t/t",
                  "quality": ["verified", "recalled-85", "secondary"]})
)  # fmt: skip


def shares(made: object, sector: str = "total") -> dict[tuple[str, str], float]:
    """Share by aspect and rating."""
    rows = made.to_polars().filter(pl.col("sector") == sector)
    return {(aspect, rating): share for aspect, rating, share in rows.select("aspect", "rating", "share").iter_rows()}


def test_shares_by_rating_and_the_weaker_of_both():
    """H 60, M 30, L 10 by activity; H 60, M 10, L 30 by factor; so H 60 and L 40 by the weaker."""
    found = shares(data_quality(emissions(), activity(["H", "M metered", "L"]), FACTORS))
    assert found == pytest.approx({
        ("activity", "H"): 0.6, ("activity", "M"): 0.3, ("activity", "L"): 0.1,
        ("factor", "H"): 0.6, ("factor", "M"): 0.1, ("factor", "L"): 0.3, ("both", "H"): 0.6, ("both", "L"): 0.4,
    })  # fmt: skip


def test_sectors_stand_beside_the_total():
    """Road is 90 t: two thirds H."""
    assert shares(data_quality(emissions(), activity(["H", "M", "L"])), "road")[("activity", "H")] == pytest.approx(
        2 / 3
    )


def test_what_is_not_rated_is_shown():
    """A remark is no rating; the weaker of both is known only where one is L."""
    found = shares(data_quality(emissions(), activity([None, "Mostly guessed", "L"]), FACTORS))
    assert found[("activity", "not rated")] == pytest.approx(0.9)
    assert found[("both", "not rated")] == pytest.approx(0.6)
    assert found[("both", "L")] == pytest.approx(0.4)
    assert shares(data_quality(emissions())) == {("activity", "not rated"): 1.0, ("factor", "not rated"): 1.0,
                                                 ("both", "not rated"): 1.0}  # fmt: skip


def test_rows_without_a_trace_are_found_by_their_kind():
    """Two activity rows of one kind: the lower one holds."""
    rows = activity(["H", "M", "L"]).to_polars().with_columns(pl.lit(None, pl.String).alias("provenance_id"))
    doubled = ActivityTable(pl.concat([rows, rows.head(1).with_columns(quality=pl.lit("L"))]))
    found = shares(data_quality(emissions(), doubled))
    assert found[("activity", "L")] == pytest.approx(0.7)


def test_removals_count_by_their_size_and_gases_by_their_weight():
    """−10 t weighs as 10 t; 1 t of CH4 as 27.9 t."""
    found = data_quality(
        emissions(value=[60.0, 30.0, -10.0], flow=["emission", "emission", "removal"]), activity(["H", "M", "L"])
    )
    assert shares(found)[("activity", "L")] == pytest.approx(0.1)
    found = data_quality(
        emissions(gas=["CO2", "CO2", "CH4"], value=[60.0, 30.0, 1.0]), activity(["H", "M", "L"]), metric="AR6-GWP100"
    )
    assert shares(found)[("activity", "L")] == pytest.approx(27.9 / 117.9)
