"""Rice: seasons and regions, the daily formula, and what it asks for."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.rice_cultivation import METHOD_ID, RiceTable, rice_cultivation

KINDS = {
    "cultivation_days": pl.Float64, "amendment_rate": pl.Float64, "water_regime": pl.String, "pre_season_water": pl.String,
    "amendment": pl.String, "provenance_id": pl.String,
}  # fmt: skip
DAILY = {
    "cultivation_days": 100.0, "water_regime": "continuously_flooded", "pre_season_water": "dry_up_to_180_days",
}  # fmt: skip


def fields(*rows: dict[str, object]) -> RiceTable:
    base = {
        "place": "江苏", "time": "2020", "sector": "agriculture.rice", "activity": "single_rice", "value": 100.0, "unit": "ha",
    }  # fmt: skip
    return RiceTable(pl.DataFrame([{**dict.fromkeys(KINDS), **base, **row} for row in rows], schema_overrides=KINDS))


def made(
    *rows: dict[str, object], editions: tuple[str, ...] = ("provincial-guideline-2011", "ipcc2006")
) -> pl.DataFrame:
    return rice_cultivation(fields(*rows), shipped_library().choose(editions)).to_polars()


@pytest.mark.parametrize(
    ("place", "season", "factor"),
    [
        ("湖南", "early_rice", 241.0),
        ("广东", "late_rice", 273.2),
        ("黑龙江", "single_rice", 168.0),
        ("宁夏", "single_rice", 231.2),
    ],
)
def test_a_season_has_the_factor_of_its_region(place: str, season: str, factor: float) -> None:
    rows = made({"place": place, "activity": season})
    assert rows["value"].to_list() == pytest.approx([100 * factor / 1000])
    assert rows.select("scope", "gas", "sector", "method").rows() == [("1", "CH4", "agriculture.rice", METHOD_ID)]


def test_mu_are_turned_into_hectares() -> None:
    """15 mu are one hectare: 215.5 kg."""
    assert made({"value": 15.0, "unit": "亩"})["value"].to_list() == pytest.approx([0.2155])


def test_there_is_no_early_rice_in_the_north() -> None:
    with pytest.raises(InputError) as caught:
        made({"place": "北京", "activity": "early_rice"})
    assert [each.code for each in caught.value.problems] == ["factor_missing"]


@pytest.mark.parametrize(
    ("row", "factor"),
    [
        ({}, 1.3),
        ({"water_regime": "multiple_aeration"}, 1.3 * 0.52),
        ({"water_regime": "single_aeration", "pre_season_water": "flooded_before_season"}, 1.3 * 0.6 * 1.9),
        ({"amendment": "straw_within_30_days", "amendment_rate": 5.0}, 1.3 * 6**0.59),
        ({"amendment": "green_manure", "amendment_rate": 4.0, "water_regime": "drought_prone"}, 1.3 * 0.25 * 3**0.59),
        ({"water_regime": "upland_rice"}, 0.0),
    ],
)
def test_the_daily_formula(row: dict[str, object], factor: float) -> None:
    """100 ha for 100 days at the scaled daily factor: 10 t times the factor."""
    assert made({**DAILY, **row})["value"].to_list() == pytest.approx([10.0 * factor])


def test_the_daily_row_names_every_factor_and_how_they_met() -> None:
    row = made({**DAILY, "amendment": "compost", "amendment_rate": 1.0}).row(0, named=True)
    assert row["factor_id"].split("*") == [
        "ipcc2006.rb.rice_field.ch4", "ipcc2006.rs.continuously_flooded.ch4", "ipcc2006.rs.dry_up_to_180_days.ch4",
        "ipcc2006.ac.compost.ch4", "ipcc2006.ax.rice_field.ch4",
    ]  # fmt: skip
    assert row["rule"].startswith("daily factor 1.3 kg/(ha*d) × 100.0 d ×")


def test_both_forms_stand_in_one_table_in_the_order_of_the_rows() -> None:
    rows = made(DAILY, {"activity": "early_rice"}, DAILY)
    assert rows["activity"].to_list() == ["single_rice", "early_rice", "single_rice"]
    assert rows["value"].to_list() == pytest.approx([13.0, 21.14, 13.0])


def test_what_the_daily_formula_lacks_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        made(
            {"cultivation_days": 100.0, "amendment": "compost", "provenance_id": "rice.csv:2"},
            {**DAILY, "water_regime": "sometimes wet", "provenance_id": "rice.csv:3"},
        )
    found = [(each.code, each.where.column, each.where.rows) for each in caught.value.problems]
    assert found == [
        ("parameter_missing", "water_regime", (2,)),
        ("parameter_missing", "pre_season_water", (2,)),
        ("parameter_missing", "amendment / amendment_rate", (2,)),
        ("factor_missing", "water_regime", (3,)),
    ]


def test_two_daily_factors_are_ambiguous() -> None:
    shipped = shipped_library().choose(["ipcc2006"]).to_polars()
    second = shipped.filter(pl.col("quantity") == "rice_baseline_factor").with_columns(
        pl.lit(1.19).alias("value"), pl.lit("mine").alias("factor_id")
    )
    with pytest.raises(InputError) as caught:
        rice_cultivation(fields(DAILY), FactorTable(pl.concat([shipped, second])))
    assert [each.code for each in caught.value.problems] == ["factor_ambiguous"]
