"""Units of gas columns are settled by sums that close, and by nothing else; worked by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.exchange.closure import in_tonnes, last_digit, refuse_open_gases, with_gas_unit
from citycarbon.data.exchange.records import RecordTable
from citycarbon.data.library import warming_metric

AR5 = warming_metric("AR5-GWP100")


def rows(co2: float | None, ch4: float | None, n2o: float | None, total: float | None) -> pl.DataFrame:
    given = {"emission_co2": co2, "emission_ch4": ch4, "emission_n2o": n2o, "emission_co2e": total}
    return pl.DataFrame([given], schema=dict.fromkeys(given, pl.Float64))


@pytest.mark.parametrize(
    ("number", "digit"),
    [
        (12.5, 0.1),
        (12.0, 1.0),
        (7780.453, 0.001),
        (1e-5, 1e-5),
        (7.0554e-05, 1e-9),
        (2e12, 1.0),
        (-0.25, 0.01),
        (None, None),
    ],
)
def test_last_digit(number: float | None, digit: float | None) -> None:
    found = pl.DataFrame({"x": [number]}, schema={"x": pl.Float64}).select(last_digit("x")).item()
    assert found == (digit if digit is None else pytest.approx(digit))


@pytest.mark.parametrize(
    ("gases", "total", "unit", "reason"),
    [
        # 2 t CO2, 0.1 t CH4 = 2.8 t CO2e, 0.01 t N2O = 2.65 t CO2e: 7.45 t CO2e in four ways of writing it.
        ((2.0, 2.8, 2.65), 7.45, "t CO2e", "sum closes"),
        ((2000.0, 2800.0, 2650.0), 7.45, "kg CO2e", "sum closes"),
        ((2.0, 0.1, 0.01), 7.45, "t", "sum closes"),
        ((2000.0, 100.0, 10.0), 7.45, "kg", "sum closes"),
        # kg of CO2 and kg CO2e of CO2 say the same.
        ((47619.0, None, None), 47.619, "kg CO2e", "sum closes"),
        # 1818270.7 kg of CH4 cut to 1818270 and multiplied by 28: 20 kg lack, fewer than the 28 that cutting explains.
        ((None, 50911560.0, None), 50911.58, "kg CO2e", "sum closes"),
        # The same gap where the figure is no multiple of 28 was not made so.
        ((None, 50911561.0, None), 50911.58, None, "open"),
        ((25010.84295, 1667.594025, None), 28588.499, None, "open"),
        ((None, None, None), 5.0, None, "no gases"),
        ((1.0, None, None), None, None, "no total"),
        # One unit of the last digit of 1 t of CH4 is 28 t CO2e, so that 1 beside 1 may be either.
        ((None, 1.0, None), 1.0, None, "two units"),
        ((None, 1.5001, None), 1.5, "t CO2e", "sum closes"),
    ],
)  # fmt: skip
def test_unit_by_arithmetic(gases: tuple[Any, ...], total: float | None, unit: str | None, reason: str) -> None:
    found = with_gas_unit(rows(*gases, total), AR5).row(0, named=True)
    assert (found["gas_unit"], found["gas_unit_reason"]) == (unit, reason)


def test_a_stated_unit_serves_only_where_the_sum_settles_nothing() -> None:
    both = pl.concat([rows(2000.0, None, None, 2.0), rows(5.0, None, None, 100.0)])
    assert with_gas_unit(both, AR5, "t CO2e")["gas_unit"].to_list() == ["kg CO2e", "t CO2e"]


def test_tonnes_and_the_refusal_to_write_what_is_open() -> None:
    settled = with_gas_unit(rows(2000.0, 100.0, 10.0, 7.45), AR5).drop("gas_unit_reason")
    made = in_tonnes(settled, AR5).row(0, named=True)
    assert (made["emission_co2"], made["emission_ch4"], made["emission_n2o"]) == (2.0, 2.8, 2.65)
    assert made["gas_unit"] == "t CO2e"
    open_row = rows(5.0, None, None, 100.0).with_columns(
        pl.lit("A").alias("place"), pl.lit("IV.1").alias("gpc_number"), pl.lit("f.csv:7").alias("provenance_id")
    )
    with pytest.raises(InputError) as caught:
        refuse_open_gases(RecordTable(open_row))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.file, problem.where.rows) == ("gas_unit_open", "f.csv", (7,))
