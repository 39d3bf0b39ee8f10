"""Livestock: two sectors of one herd, housing, stage, temperature, short lives, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError
from citycarbon.core.tables import FactorTable, PlaceTable
from citycarbon.core.totals import total
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.livestock import METHOD_ID, HerdTable, livestock

GUIDE = "provincial-guideline-2011"
FARMS = "gbt32151.22-2024"
KINDS = {
    "value": pl.Float64, "sd": pl.Float64, "days_alive": pl.Float64, "mean_temperature": pl.Float64, "housing": pl.String,
    "stage": pl.String, "error_group": pl.String, "provenance_id": pl.String,
}  # fmt: skip


def herds(*rows: dict[str, object]) -> HerdTable:
    base = {"place": "江苏", "time": "2020", "activity": "dairy_cattle", "value": 1000.0, "unit": "head"}
    filled = [{**dict.fromkeys(KINDS), **base, **row} for row in rows]
    return HerdTable(pl.DataFrame(filled, schema_overrides=KINDS))


def made(*rows: dict[str, object], edition: str = GUIDE) -> pl.DataFrame:
    return livestock(herds(*rows), shipped_library().choose([edition])).to_polars()


def sums(frame: pl.DataFrame) -> dict[tuple[str, str], float]:
    keys = ["sector", "gas"]
    return {
        (sector.partition(".")[2], gas): value
        for sector, gas, value in frame.group_by(keys).agg(pl.col("value").sum()).sort(keys).iter_rows()
    }


def refused(*rows: dict[str, object], edition: str = GUIDE) -> list[tuple[str, str | None, str]]:
    with pytest.raises(InputError) as caught:
        made(*rows, edition=edition)
    return [(each.code, each.where.column, each.found) for each in caught.value.problems]


def test_one_herd_gives_two_sectors_and_two_gases() -> None:
    """1000 dairy cows of large farms in East China: 88.1 kg enteric, 8.33 kg CH4 and 2.065 kg N2O of manure each."""
    rows = made({"housing": "intensive"})
    assert sums(rows) == pytest.approx({("enteric", "CH4"): 88.1, ("manure", "CH4"): 8.33, ("manure", "N2O"): 2.065})
    assert rows.select("scope", "unit", "method", "flow").unique().rows() == [("1", "t", METHOD_ID, "emission")]
    assert rows["activity"].unique().to_list() == ["dairy_cattle"]
    assert rows["factor_id"].to_list() == [
        f"{GUIDE}.ent.dairy_cattle_intensive.ch4",
        f"{GUIDE}.man.dairy_cattle.ch4.cn-geo7-east",
        f"{GUIDE}.man.dairy_cattle.n2o.cn-geo7-east",
    ]


@pytest.mark.parametrize(("housing", "factor"), [("intensive", 52.9), ("household", 67.9), ("grazing", 85.3)])
def test_housing_chooses_the_enteric_factor_only(housing: str, factor: float) -> None:
    found = sums(made({"activity": "other_cattle", "housing": housing, "place": "内蒙古"}))
    assert found == pytest.approx({("enteric", "CH4"): factor, ("manure", "CH4"): 2.82, ("manure", "N2O"): 0.794})


@pytest.mark.parametrize(("stage", "factor"), [("young", 21.9), ("other_adult", 58.6), ("breeding", 109.9)])
def test_the_farm_standard_asks_for_the_stage(stage: str, factor: float) -> None:
    rows = made({"stage": stage, "time": "2024"}, edition=FARMS)
    assert sums(rows)[("enteric", "CH4")] == pytest.approx(factor)


def test_pigs_need_no_housing() -> None:
    assert sums(made({"activity": "swine", "place": "广东"})) == pytest.approx(
        {("enteric", "CH4"): 1.0, ("manure", "CH4"): 5.85, ("manure", "N2O"): 0.157}
    )


@pytest.mark.parametrize(("degrees", "factor"), [(-5.0, 9.0), (10.4, 9.0), (14.5, 13.0), (15.4, 13.0), (30.0, 31.0)])
def test_temperature_chooses_the_manure_factor_of_ipcc(degrees: float, factor: float) -> None:
    """Table 10.14, Asia, dairy: 9 at 10 °C and less, 13 at 15 °C, 31 at 28 °C and more; nitrous oxide is not estimated."""
    rows = made({"mean_temperature": degrees}, edition="ipcc2006")
    assert sums(rows)[("manure", "CH4")] == pytest.approx(factor)
    assert sums(rows)[("enteric", "CH4")] == pytest.approx(68.0)
    gap = rows.filter(pl.col("gas") == "N2O").row(0, named=True)
    assert (gap["value"], gap["notation"]) == (None, "NE")


def test_animals_that_live_less_than_a_year_count_by_their_days() -> None:
    """40 000 pigs fattened in 180 days are 40 000 · 180 / 365 = 19 726.03 pigs: 19.726 t enteric methane at 1 kg."""
    rows = made({"activity": "swine", "value": 4.0, "unit": "万头", "days_alive": 180.0})
    assert sums(rows)[("enteric", "CH4")] == pytest.approx(40_000 * 180 / 365 / 1000, rel=1e-12)


def test_poultry_have_no_enteric_factor_and_the_row_says_so() -> None:
    rows = made({"activity": "live_poultry", "value": 1e6})
    gap = rows.filter(pl.col("sector") == "agriculture.enteric").row(0, named=True)
    assert (gap["value"], gap["notation"]) == (None, "NE")
    assert "no enteric factor" in gap["rule"]
    assert sums(rows.filter(pl.col("value").is_not_null())) == pytest.approx(
        {("manure", "CH4"): 20.0, ("manure", "N2O"): 7.0}
    )


def test_a_missing_choice_is_asked_for_with_its_row() -> None:
    with pytest.raises(InputError) as caught:
        made(
            {"provenance_id": "herds.csv:2"},
            {"activity": "sheep", "provenance_id": "herds.csv:3"},
            {"activity": "unicorn", "provenance_id": "herds.csv:4"},
        )
    found = [(each.code, each.where.file, each.where.rows, each.where.column) for each in caught.value.problems]
    assert found == [
        ("parameter_missing", "herds.csv", (2,), "housing"),
        ("parameter_missing", "herds.csv", (3,), "housing"),
        ("factor_missing", "herds.csv", (4,), "activity"),
    ]
    assert "intensive, household, grazing" in caught.value.problems[0].expected()


def test_a_missing_temperature_or_stage_is_asked_for() -> None:
    assert refused({}, edition="ipcc2006") == [("parameter_missing", "mean_temperature", "dairy_cattle")]
    assert refused({"time": "2024"}, edition=FARMS) == [("parameter_missing", "stage", "dairy_cattle")]


def test_a_housing_that_the_guideline_does_not_print_has_no_factor() -> None:
    """Grazing buffalo have none; the household figure must not stand in."""
    assert refused({"activity": "buffalo", "housing": "grazing"}) == [("factor_missing", "housing", "buffalo, grazing")]


def test_buffalo_in_the_north_have_no_manure_factor() -> None:
    """The guideline prints a dash: a figure of one's own is needed, none of another region is taken."""
    with pytest.raises(CoverageError) as caught:
        made({"activity": "buffalo", "housing": "household", "place": "北京"})
    assert {each.code for each in caught.value.problems} == {"factor_missing"}


def test_months_are_refused() -> None:
    assert refused({"housing": "intensive", "time": "2020-06"}) == [("time_not_year", "time", "2020-06")]


def test_two_editions_are_not_mixed() -> None:
    both = shipped_library().choose([GUIDE, FARMS])
    with pytest.raises(InputError) as caught:
        livestock(herds({"activity": "swine", "time": "2024"}), both)
    assert {each.code for each in caught.value.problems} == {"editions_mixed"}


def test_a_place_takes_its_region_from_the_places_table() -> None:
    places = PlaceTable(pl.DataFrame({"place": ["north county"], "region": ["黑龙江"]}))
    rows = livestock(herds({"place": "north county", "activity": "swine"}), shipped_library().choose([GUIDE]), places)
    assert sums(rows.to_polars())[("manure", "CH4")] == pytest.approx(1.12)


@pytest.mark.parametrize("unit", ["kg/(head*a)", "kg/head", "g/头·年"])
def test_a_factor_of_ones_own_may_leave_out_the_year(unit: str) -> None:
    value = 2000.0 if unit.startswith("g") else 2.0
    own = pl.DataFrame(
        {"quantity": "enteric_factor", "activity": ["deer"], "gas": "CH4", "value": [value], "unit": unit}
    )
    rows = livestock(herds({"activity": "deer"}), FactorTable(own)).to_polars()
    assert rows.filter(pl.col("notation").is_null())["value"].to_list() == pytest.approx([2.0])


def test_the_error_of_a_count_is_one_error_in_all_its_gases() -> None:
    """sd of 10 % in the count, as CO2e by sector: the three parts add as 10 % of the sum, not in quadrature."""
    from citycarbon.data.library import warming_metric

    table = livestock(
        herds({"housing": "intensive", "sd": 100.0, "provenance_id": "herds.csv:2"}), shipped_library().choose([GUIDE])
    )
    whole = total(table.to_co2e(warming_metric("AR5-GWP100")))
    assert whole["sd"][0] == pytest.approx(0.1 * whole["value"][0], rel=1e-9)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("value", -1.0, "value_negative"),
        ("days_alive", 400.0, "value_out_of_range"),
        ("housing", "barn", "value_not_listed"),
    ],
)
def test_the_table_refuses_impossible_cells(column: str, value: object, code: str) -> None:
    with pytest.raises(InputError) as caught:
        herds({column: value})
    assert [each.code for each in caught.value.problems] == [code]
