"""The shipped factor library: every row loads, parses, has a source, and no two rows contradict; editions and overrides."""

from __future__ import annotations

import re
from itertools import combinations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError
from citycarbon.core.tables import FactorTable
from citycarbon.core.units import conversion, parse, same_dimension, split_factor_unit
from citycarbon.core.warming import BIOGENIC, EQUIVALENT
from citycarbon.data.classifications import classification
from citycarbon.data.library import (
    EXTRA_NAMES,
    FACTOR_FILES,
    FactorLibrary,
    activities,
    activity_names,
    gwp_rows,
    header_aliases,
    sets,
    shipped_library,
    shipped_rows,
    warming_metric,
)
from citycarbon.data.regions import region_rows

MULTIPLIED = ("emission_factor", "life_cycle_factor", "operating_margin", "build_margin", "residual_mix", "fossil_factor",
              "carbon_stock_flux")  # fmt: skip
QUALITIES = re.compile(r"verified|secondary|computed|recalled-\d\d")


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return shipped_library().rows


@pytest.mark.parametrize("name", FACTOR_FILES)
def test_every_file_is_a_factor_table(name: str) -> None:
    frame = shipped_rows(f"library/{name}.csv")
    assert frame.height > 0
    assert FactorTable(frame).to_polars().height == frame.height


def test_the_whole_library_is_a_factor_table(rows: pl.DataFrame) -> None:
    assert FactorTable(rows).to_polars().height == sum(
        shipped_rows(f"library/{name}.csv").height for name in FACTOR_FILES
    )


def test_ids_are_unique_and_tell_their_edition(rows: pl.DataFrame) -> None:
    assert rows["factor_id"].null_count() == 0
    assert rows["factor_id"].is_unique().all()
    named = pl.col("factor_id").str.starts_with(pl.format("{}.", pl.col("edition")))
    shortened = {"ndrc-enterprise-guides", "unit-constants"}
    assert set(rows.filter(~named)["edition"]) <= shortened


def test_every_figure_has_source_licence_and_quality(rows: pl.DataFrame) -> None:
    for column in ("source", "licence", "quality", "edition", "unit", "quantity"):
        assert rows[column].null_count() == 0, column
        assert not (rows[column].str.strip_chars() == "").any(), column
    assert all(QUALITIES.fullmatch(quality) for quality in rows["quality"].unique().to_list())


def test_every_source_is_in_the_bibliography(rows: pl.DataFrame) -> None:
    from importlib.resources import files

    text = files("citycarbon.data").joinpath("references.bib").read_text(encoding="utf-8")
    keys = set(re.findall(r"@\w+\{([^,\s]+)\s*,", text))
    assert set(rows["source"]) | set(gwp_rows()["source"]) <= keys


def test_what_is_not_confirmed_says_so(rows: pl.DataFrame) -> None:
    """A figure recalled with less than 85 per cent confidence carries a remark that it needs confirmation."""
    weak = rows.filter(pl.col("quality").str.extract(r"recalled-(\d\d)", 1).cast(pl.Int64) < 85)
    assert weak.height > 0
    told = pl.col("note").str.contains("confirm")
    assert weak.filter(~told.fill_null(False))["factor_id"].to_list() == []


def test_every_unit_parses_and_every_factor_is_a_mass_per_something(rows: pl.DataFrame) -> None:
    for unit in rows["unit"].unique().to_list():
        parse(unit)
    for unit in rows.filter(pl.col("quantity").is_in(MULTIPLIED))["unit"].unique().to_list():
        mass, per = split_factor_unit(unit)
        assert same_dimension(mass, "kg"), unit
        parse(per)


def test_units_divide_once(rows: pl.DataFrame) -> None:
    """kg/person/a would be split into kg and person/a, so that only persons per year could be multiplied: write brackets."""
    assert [unit for unit in rows["unit"].unique().to_list() if unit.count("/") > 1] == []
    for unit in ("t/(person*a)", "kg/(person*a)", "t/(ha*a)", "kg/(m^2*a)"):
        assert unit in rows["unit"].to_list()


def test_properties_have_the_units_of_their_quantity(rows: pl.DataFrame) -> None:
    kinds = {
        "carbon_content": "t/GJ",
        "oxidation_factor": "1",
        "leak_rate": "1/a",
        "blend_share": "1",
        "carbon_fraction": "1",
    }
    for quantity, unit in kinds.items():
        assert rows.filter(pl.col("quantity") == quantity)["unit"].unique().to_list() == [unit]
    for unit in rows.filter(pl.col("quantity") == "net_calorific_value")["unit"].unique().to_list():
        assert conversion(split_factor_unit(unit)[0], "kJ") == 1.0
    for unit in rows.filter(pl.col("quantity") == "standard_coal_coefficient")["unit"].unique().to_list():
        assert conversion(split_factor_unit(unit)[0], "kgce") == 1.0


def test_every_factor_names_its_gas_and_the_gas_has_a_warming_potential(rows: pl.DataFrame) -> None:
    multiplied = rows.filter(pl.col("quantity").is_in(MULTIPLIED))
    assert multiplied["gas"].null_count() == 0
    assert set(multiplied["gas"]) <= {*gwp_rows()["gas"].to_list(), EQUIVALENT, BIOGENIC}


def test_figures_that_cannot_be_negative_are_not(rows: pl.DataFrame) -> None:
    assert rows.filter((pl.col("value") < 0) & (pl.col("quantity") != "carbon_stock_flux"))["factor_id"].to_list() == []
    shares = ("oxidation_factor", "blend_share", "leak_rate", "carbon_fraction", "incineration_parameter")
    assert (
        rows.filter(pl.col("quantity").is_in(shares) & ~pl.col("value").is_between(0, 1))["factor_id"].to_list() == []
    )


def test_blends_are_whole(rows: pl.DataFrame) -> None:
    sums = rows.filter(pl.col("quantity") == "blend_share").group_by("edition", "activity").agg(pl.col("value").sum())
    assert sums["value"].to_list() == pytest.approx([1.0] * sums.height, abs=1e-12)


def test_regions_and_activities_are_known(rows: pl.DataFrame) -> None:
    assert set(rows["region"]) <= set(region_rows())
    assert set(rows.filter(pl.col("edition") != "uk-desnz-2025")["activity"]) <= set(activities()["activity"])


def test_a_sector_is_a_use_and_not_a_scope(rows: pl.DataFrame) -> None:
    """A factor with a sector serves only rows of that sector; a scope in its place would make it unusable."""
    used = rows.drop_nulls("sector")
    ceads = set(used.filter(pl.col("edition") == "ceads-2018")["sector"])
    assert ceads == {"farming", "construction", "trade_catering", "other_services", "urban", "rural"}
    assert ceads <= set(classification("ceads").parents)
    others = set(used.filter(pl.col("edition") != "ceads-2018")["sector"])
    assert others == {"energy_industries", "commercial", "residential", "road"}


def test_biogenic_carbon_dioxide_is_no_fossil_one(rows: pl.DataFrame) -> None:
    wood = rows.filter((pl.col("activity") == "wood") & (pl.col("value") == 112000))
    assert wood["gas"].to_list() == [BIOGENIC]


# --- rows that would contradict one another ---------------------------------------------------------------------------


def overlap(first: dict[str, object], second: dict[str, object]) -> bool:
    start = max(first["valid_from"] or 0, second["valid_from"] or 0)
    return start <= min(first["valid_to"] or 9999, second["valid_to"] or 9999)


def test_no_two_rows_of_one_fact_overlap_in_years(rows: pl.DataFrame) -> None:
    """One edition, activity, gas, region, sector and quantity: two rows must differ in years or in the kind of unit.

    Miles beside kilometres are the one allowed pair: the look-up takes the one of the meter's unit.
    """
    keys = ["edition", "activity", "gas", "region", "sector", "quantity"]
    doubled = rows.filter(pl.struct(keys).is_duplicated())
    assert doubled.height > 0
    found = []
    for _, group in doubled.group_by(keys):
        for first, second in combinations(group.to_dicts(), 2):
            one, other = str(first["unit"]), str(second["unit"])
            pair = {one, other} == {"kg/km", "kg/mile"}
            if overlap(first, second) and same_dimension(one, other) and not pair:
                found.append((first["factor_id"], second["factor_id"]))
    assert found == []


def test_years_are_in_order(rows: pl.DataFrame) -> None:
    assert rows.filter(pl.col("valid_from") > pl.col("valid_to"))["factor_id"].to_list() == []


def test_an_edition_has_co2e_or_single_gases_of_one_activity_and_not_both(rows: pl.DataFrame) -> None:
    counted = rows.filter(pl.col("quantity").is_in(MULTIPLIED) & (pl.col("gas") != BIOGENIC))
    whole = pl.col("gas") == EQUIVALENT
    kinds = counted.group_by("edition", "activity").agg(whole.any().alias("whole"), (~whole).any().alias("single"))
    assert kinds.filter(pl.col("whole") & pl.col("single")).height == 0


def test_a_carbon_content_has_its_oxidation_factor(rows: pl.DataFrame) -> None:
    content = rows.filter(pl.col("quantity") == "carbon_content")
    oxidation = rows.filter(pl.col("quantity") == "oxidation_factor")
    assert content.join(oxidation, on=["edition", "activity"], how="anti").height == 0


# --- editions and sets ------------------------------------------------------------------------------------------------


def test_sets_name_editions_that_hold_their_quantity(rows: pl.DataFrame) -> None:
    for name, quantity, edition in sets().select("set", "quantity", "edition").iter_rows():
        held = rows.filter((pl.col("edition") == edition) & (pl.col("quantity") == quantity))
        assert held.height > 0, (name, quantity)


def test_a_set_takes_each_quantity_from_its_edition() -> None:
    chosen = shipped_library().choose(["cn-2008"]).to_polars()
    pairs = {(quantity, edition) for quantity, edition in chosen.select("quantity", "edition").iter_rows()}
    assert pairs == {
        ("net_calorific_value", "gbt2589-2008"), ("standard_coal_coefficient", "gbt2589-2008"),
        ("carbon_content", "provincial-guideline-2011"), ("oxidation_factor", "provincial-guideline-2011"),
    }  # fmt: skip


def test_an_edition_is_taken_whole_and_quantities_may_be_chosen() -> None:
    library = shipped_library()
    assert library.choose(["mee-average"]).to_polars().height == 9
    assert library.choose(["mee-average"], ["residual_mix"]).to_polars()["quantity"].unique().to_list() == [
        "residual_mix"
    ]
    assert library.choose([]).to_polars().height == 0


def test_an_unknown_edition_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CoverageError) as caught:
        shipped_library().choose(["mee-average", "gbt2589-1990"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("edition_unknown", "gbt2589-1990")
    assert "ashrae-34" in problem.expected()


def test_editions_list_sets_too() -> None:
    names = shipped_library().editions
    assert {"cn-2008", "cn-2020", "cn-enterprise", "ipcc-2006", "gbt2589-2020"} <= set(names)
    assert list(names) == sorted(set(names))


# --- a user's own factors -----------------------------------------------------------------------------------------------

MINE = {"activity": "diesel", "quantity": "net_calorific_value", "value": 43000.0, "unit": "kJ/kg"}


def with_mine(*rows: dict[str, object]) -> FactorLibrary:
    return shipped_library().with_user(FactorTable(pl.DataFrame(list(rows), infer_schema_length=None)), "mine")


def test_a_users_row_gets_an_edition_and_an_id() -> None:
    library = with_mine(MINE, {**MINE, "activity": "gasoline"})
    chosen = library.choose(["mine"]).to_polars()
    assert chosen.select("activity", "factor_id", "edition").rows() == [
        ("diesel", "mine:1", "mine"), ("gasoline", "mine:2", "mine"),
    ]  # fmt: skip
    assert library.overridden == ()
    assert library.rows.height == shipped_library().rows.height + 2


def test_an_equal_id_replaces_the_shipped_row_visibly() -> None:
    name = "gbt2589-2008.ncv.diesel"
    library = with_mine({**MINE, "factor_id": name, "edition": "gbt2589-2008"})
    assert library.overridden == (name,)
    assert library.rows.height == shipped_library().rows.height
    chosen = library.choose(["cn-2008"]).to_polars().filter(pl.col("factor_id") == name)
    assert chosen["value"].to_list() == [43000.0]
    assert shipped_library().rows.filter(pl.col("factor_id") == name)["value"].to_list() == [42652.0]


def test_overrides_of_several_files_are_all_shown() -> None:
    first = with_mine({**MINE, "factor_id": "gbt2589-2008.ncv.diesel"})
    second = first.with_user(FactorTable(pl.DataFrame([{**MINE, "factor_id": "gbt2589-2008.ncv.gasoline"}])), "more")
    assert second.overridden == ("gbt2589-2008.ncv.diesel", "gbt2589-2008.ncv.gasoline")


def test_reversed_years_of_a_user_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        with_mine({**MINE, "valid_from": 2021, "valid_to": 2019})
    assert caught.value.problems[0].code == "years_reversed"


# --- names and metrics --------------------------------------------------------------------------------------------------


def test_activities_are_found_by_code_and_both_names() -> None:
    names = activity_names()
    for spelling in ("diesel", "柴油", "Diesel", "DIESEL"):
        assert names[spelling.casefold()] == "diesel"
    assert names["电"] == names["用电"] == "electricity"
    assert set(EXTRA_NAMES.values()) <= set(activities()["activity"])


def test_no_name_means_two_activities() -> None:
    seen: dict[str, str] = {}
    for code, zh, en in activities().select("activity", "name_zh", "name_en").iter_rows():
        for name in (code, zh, en):
            assert seen.setdefault(name, code) == code, name


def test_metrics_hold_carbon_dioxide_as_one() -> None:
    for name in gwp_rows()["metric"].unique().to_list():
        assert warming_metric(name).factors["CO2"] == 1.0
    assert gwp_rows().filter(pl.struct("gas", "metric").is_duplicated()).height == 0


def test_header_aliases_are_read() -> None:
    assert "数量" in header_aliases("value")
    assert header_aliases("no such column") == ()
