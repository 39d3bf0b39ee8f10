"""Errors and signs in the shared multiplication: shared rows, removals, constant keys, order of rows."""

import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable
from citycarbon.core.totals import total
from citycarbon.core.warming import WarmingMetric
from citycarbon.inventory.accounting.apply import Account, multiply

ACCOUNT = Account("test", "1")
ONE = WarmingMetric("X", {"CO2": 1.0, "CH4": 1.0}, "test")


def activity(**columns):
    """Two rows of one carrier with an sd of 1 each."""
    rows = {"place": ["a", "b"], "time": "2020", "sector": "s", "activity": "x", "value": [10.0, 10.0], "unit": "t"}
    return ActivityTable(pl.DataFrame({**rows, **columns}))


def coefficients(values, gases=("CO2",), **columns):
    """Coefficients by gas for every place."""
    rows = [("x", gas, value) for gas, value in zip(gases, values, strict=True)]
    return pl.DataFrame(rows, schema=["activity", "gas", "coefficient"], orient="row").with_columns(
        pl.lit(value).alias(name) for name, value in columns.items()
    )


def test_gases_of_one_row_share_the_error_of_its_activity():
    table = activity(sd=[1.0, 0.0], provenance_id=["f:2", "f:3"])
    made = multiply(table, coefficients([2.0, 2.0], ("CO2", "CH4")), ACCOUNT, on=("activity",))
    sums = total(made.to_co2e(ONE), ["place"])
    # 1 t of activity error moves both gases by 2 t: together 4 t, not sqrt(8).
    assert dict(sums.select("place", "sd").iter_rows())["a"] == pytest.approx(4.0, rel=1e-12)


def test_activity_groups_are_not_taken_for_factor_groups():
    table = activity(sd=[0.0, 0.0], error_group=["meter", "meter"])
    made = multiply(table, coefficients([2.0], coefficient_sd=0.1), ACCOUNT, on=("activity",))
    # Without a factor group each row's factor error is its own: sqrt(1 + 1).
    assert total(made)["sd"][0] == pytest.approx(2**0.5, rel=1e-12)


def test_a_negative_coefficient_gives_removals_with_positive_parts_of_the_sd():
    made = multiply(activity(sd=[1.0, 1.0]), coefficients([-2.0]), ACCOUNT, on=("activity",)).to_polars()
    assert made["flow"].to_list() == ["removal", "removal"]
    assert made["sd_activity"].to_list() == [2.0, 2.0]


def test_keys_that_are_all_constant_are_joined_with_every_row():
    rows = pl.DataFrame({"place": ["a", "b"], "time": "2020", "sector": "s", "value": [1.0, 2.0], "unit": "t"})
    table = ActivityTable(rows, fixed={"activity": "x"})
    made = multiply(table, coefficients([3.0]), ACCOUNT, on=("activity",))
    assert made.to_polars()["value"].to_list() == [3.0, 6.0]


def test_rows_keep_their_order():
    count = 5_000
    rows = pl.DataFrame({"place": [f"p{i}" for i in range(count)], "time": "2020", "sector": "s", "activity": "x",
                         "value": [float(i) for i in range(count)], "unit": "t"})  # fmt: skip
    made = multiply(
        ActivityTable(rows), coefficients([1.0, 2.0], ("CO2", "CH4")), ACCOUNT, on=("activity",)
    ).to_polars()
    assert made["place"].to_list() == [f"p{i}" for i in range(count) for _ in range(2)]
    assert made["gas"].to_list() == ["CO2", "CH4"] * count
