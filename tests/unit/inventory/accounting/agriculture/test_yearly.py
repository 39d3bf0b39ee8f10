"""Yearly factors for rows of one year, places of problems, and tables without rows."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.dimensions import CodeList
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.land_conversion import ConversionTable, PoolTable, land_conversion
from citycarbon.inventory.accounting.agriculture.livestock import HerdTable, livestock
from citycarbon.inventory.accounting.agriculture.managed_soils import managed_soils
from citycarbon.inventory.accounting.agriculture.rice_cultivation import RiceTable, rice_cultivation
from citycarbon.inventory.accounting.agriculture.yearly import per_year, where_of

GUIDE = shipped_library().choose(["provincial-guideline-2011"])
ROW = pl.DataFrame(
    {"place": ["江苏"], "time": ["2020"], "sector": ["agriculture.soils"], "activity": ["fertiliser_nitrogen"],
     "value": [1.0], "unit": ["t"]}
)  # fmt: skip


@pytest.mark.parametrize(
    ("printed", "unit", "value", "written"),
    [
        ("t/(ha*a)", "ha", 1.0, "t/ha"),
        ("kg/(m^2*a)", "ha", 10_000.0, "kg/ha"),
        ("kg/(m^2*a)", "亩", 2000 / 3, "kg/亩"),
        ("kg/(head*month)", "head", 12.0, "kg/head"),
        ("kg/ha", "ha", 1.0, "kg/ha"),
        ("kg/t", "ha", 1.0, "kg/t"),
    ],
)
def test_a_factor_per_stock_and_year_becomes_one_per_stock(printed: str, unit: str, value: float, written: str) -> None:
    table = FactorTable(
        pl.DataFrame({"activity": ["x"], "gas": ["CH4"], "value": [1.0], "sd": [0.5], "unit": [printed]})
    ).to_polars()
    made = per_year(table, [unit])
    assert made.select("value", "sd", "unit").row(0) == (pytest.approx(value), pytest.approx(value / 2), written)
    assert made.columns == table.columns


def test_a_row_is_found_in_its_file() -> None:
    where = where_of({"provenance_id": "farm.csv:7"}, "housing")
    assert (where.file, where.rows, where.column) == ("farm.csv", (7,), "housing")
    assert where_of({"provenance_id": None}, "housing").rows == ()


def test_tables_without_rows_give_tables_without_rows() -> None:
    none = ROW.head(0)
    pools = PoolTable(
        pl.DataFrame({"lucode": ["a"], "c_above": [1.0], "c_below": [1.0], "c_soil": [1.0], "c_dead": [0.0]})
    )
    changed = none.drop("activity").with_columns(from_land=pl.lit("a"), to_land=pl.lit("a"))
    for made in (
        livestock(HerdTable(none.drop("sector")), GUIDE),
        rice_cultivation(RiceTable(none), GUIDE),
        managed_soils(ActivityTable(none), GUIDE),
        land_conversion(ConversionTable(changed), pools),
    ):
        assert made.to_polars().height == 0


def test_code_lists_of_the_rows_stay_with_the_emissions() -> None:
    listed = CodeList("city", {"agriculture": None, "agriculture.soils": "agriculture"})
    made = managed_soils(ActivityTable(ROW, codes={"sector": listed}), GUIDE)
    assert made.codes["sector"].parents == listed.parents
