"""Laws of regrouping on drawn accounts of the city list: every view keeps every total, whatever the rows.

Tolerance: 1e-9 of the sum of absolute values, the project's conservation law; a split by shares that add to one loses some 1e-16.
"""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.classifications import classification, classification_rows
from citycarbon.inventory.accounting.regroup import regroup

SLOW = settings(deadline=None, max_examples=40)
LEAVES = sorted(set(classification_rows("city")["code"]) - set(classification_rows("city")["parent"].drop_nulls()))
TARGETS = ("gpc", "ipcc2006", "provincial", "crf", "spatial", "tokyo")
ROW = st.fixed_dictionaries(
    {
        "sector": st.sampled_from(LEAVES),
        "activity": st.sampled_from(["raw_coal", "natural_gas", "gasoline", "electricity", "heat"]),
        "scope": st.sampled_from(["1", "2", "3"]),
        "gas": st.sampled_from(["CO2", "CH4", "N2O"]),
        "value": st.floats(-1e6, 1e9, allow_nan=False),
    }
)
ROWS = st.lists(ROW, min_size=1, max_size=30)


def table(rows: list[dict[str, object]], sd: float | None = None) -> EmissionTable:
    frame = pl.DataFrame(rows).with_columns(place=pl.lit("A"), time=pl.lit("2022"), unit=pl.lit("t"))
    frame = frame.with_columns(
        pl.when(pl.col("value") < 0).then(pl.lit("removal")).otherwise(pl.lit("emission")).alias("flow")
    )
    if sd is not None:
        frame = frame.with_columns(
            sd=pl.col("value").abs() * sd, provenance_id=pl.format("f.csv:{}", pl.int_range(2, pl.len() + 2))
        )
    return EmissionTable(frame, codes={"sector": classification("city")})


def by_gas(emissions: EmissionTable) -> dict[str, float]:
    return dict(pl.DataFrame(total(emissions, ["gas"], scopes="scope_1_2_3")).select("gas", "value").iter_rows())


@SLOW
@given(rows=ROWS, to=st.sampled_from(TARGETS))
def test_every_list_keeps_the_total_of_every_gas(rows: list[dict[str, object]], to: str) -> None:
    before = table(rows)
    whole = sum(abs(float(str(row["value"]))) for row in rows)
    for gas, value in by_gas(regroup(before, to=to)).items():
        assert value == pytest.approx(by_gas(before)[gas], abs=1e-9 * (whole or 1))


@SLOW
@given(rows=ROWS, to=st.sampled_from(TARGETS), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[dict[str, object]], to: str, order: object) -> None:
    shuffled = rows[:]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    sums = [
        pl.DataFrame(total(regroup(table(each), to=to), ["sector", "scope", "gas"])).select(
            "sector", "scope", "gas", "value"
        )
        for each in (rows, shuffled)
    ]
    assert sums[0].drop("value").equals(sums[1].drop("value"))
    whole = sum(abs(float(str(row["value"]))) for row in rows)
    assert float((sums[0]["value"] - sums[1]["value"]).abs().max() or 0.0) <= 1e-9 * (whole or 1)  # type: ignore[arg-type]


@SLOW
@given(rows=ROWS, k=st.floats(1e-3, 1e3))
def test_scaling_all_rows_scales_every_code(rows: list[dict[str, object]], k: float) -> None:
    more = [{**row, "value": float(str(row["value"])) * k} for row in rows]
    first, second = (regroup(table(each), to="gpc").to_polars() for each in (rows, more))
    assert (second["value"] - first["value"] * k).abs().max() <= 1e-9 * (1 + float(second["value"].abs().max()))  # type: ignore[operator,arg-type]


@SLOW
@given(rows=ROWS, to=st.sampled_from(TARGETS))
def test_a_common_parent_keeps_its_total_through_two_lists(rows: list[dict[str, object]], to: str) -> None:
    """Regrouping adds nothing and loses nothing, so all codes together, residual included, are the same whole."""
    direct = pl.DataFrame(total(regroup(table(rows), to=to), ["gas", "scope"]))
    other = pl.DataFrame(total(regroup(table(rows), to="gpc"), ["gas", "scope"]))
    both = direct.join(other, on=["gas", "scope"], suffix="_gpc")
    assert both.height == direct.height == other.height
    whole = sum(abs(float(str(row["value"]))) for row in rows)
    assert float((both["value"] - both["value_gpc"]).abs().max() or 0.0) <= 1e-9 * (whole or 1)  # type: ignore[arg-type]


@SLOW
@given(rows=st.lists(ROW.map(lambda row: {**row, "gas": "CO2"}), min_size=1, max_size=20), to=st.sampled_from(TARGETS))
def test_the_uncertainty_of_the_total_stays(rows: list[dict[str, object]], to: str) -> None:
    before = table(rows, sd=0.1)
    first = pl.DataFrame(total(before, scopes="scope_1_2_3"))["sd"][0]
    second = pl.DataFrame(total(regroup(before, to=to), scopes="scope_1_2_3"))["sd"][0]
    assert second == pytest.approx(first, rel=1e-9, abs=1e-9)
