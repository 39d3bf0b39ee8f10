"""Tables for further formats: trees of codes, and views whose gases add to the account."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.results import StudyResult
from citycarbon.studies import service

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def result() -> StudyResult:
    """The toy city, computed once."""
    return service.validate(ROOT / "examples" / "toy-city")


@pytest.mark.parametrize("dimension", ["place", "sector"])
def test_codes_hold_every_used_code_and_all_above_it(result: StudyResult, dimension: str) -> None:
    rows = result.tables["codes"].filter(pl.col("dimension") == dimension)
    known = set(rows["code"].to_list())
    assert rows["code"].is_unique().all()
    assert set(result.tables["emissions"][dimension].to_list()) <= known
    assert set(rows["parent"].drop_nulls().to_list()) <= known
    assert dict(rows.select("code", "name_zh").rows())[{"place": "p1", "sector": "buildings"}[dimension]]


def test_gases_of_each_view_add_to_the_account(result: StudyResult) -> None:
    keys = ["gas", "scope", "basis"]
    account = result.tables["emissions"].group_by(keys).agg(pl.col("value").sum()).sort(keys)
    for _, part in result.tables["view_gases"].group_by("list"):
        # Methane stands by its origin in a view, and as one gas in the account.
        one = part.with_columns(pl.col("gas").str.replace("^CH4-.*$", "CH4"))
        sums = one.group_by(keys).agg(pl.col("value").sum()).sort(keys)
        assert sums.select(keys).equals(account.select(keys))
        assert sums["value"].to_list() == pytest.approx(account["value"].to_list(), rel=1e-9)


def test_heat_of_a_fuel_counts_once_though_each_gas_repeats_it(result: StudyResult) -> None:
    rows = result.tables["emissions"].filter(pl.col("activity") == "diesel")
    one = ["provenance_id", "place", "time", "sector", "scope"]
    wanted = rows.group_by(one).agg(pl.col("energy").first())["energy"].sum()
    seen = result.tables["view_gases"].filter((pl.col("list") == "ipcc2006") & (pl.col("activity") == "diesel"))
    assert wanted > 0
    assert seen["energy"].sum() == pytest.approx(wanted, rel=1e-12)
