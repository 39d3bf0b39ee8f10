"""Factor look-up: regions, years, sectors, units, and the complaints."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, UnitError
from citycarbon.core.tables import FactorTable
from citycarbon.data.lookup import LookupRules, match_factors
from citycarbon.data.regions import region_code
from citycarbon.studies.own_checks import lookup_caveats

EXACT = LookupRules()
FALLBACK = LookupRules(region_fallback=True)


def need(*rows: dict[str, str]) -> pl.DataFrame:
    base = {
        "place": "江苏",
        "time": "2020",
        "sector": "home",
        "activity": "power",
        "unit": "MWh",
        "provenance_id": None,
    }
    return pl.DataFrame([{**base, **row} for row in rows or ({},)], schema_overrides={"provenance_id": pl.String})


def factors(*rows: dict[str, object]) -> pl.DataFrame:
    base = {"activity": "power", "gas": "CO2", "value": 1.0, "unit": "t/MWh", "region": "CN", "edition": "one"}
    return FactorTable(pl.DataFrame([{**base, **row} for row in rows], infer_schema_length=None)).to_polars()


def found(table: pl.DataFrame, rules: LookupRules = EXACT, needs: pl.DataFrame | None = None) -> pl.DataFrame:
    needs = need() if needs is None else needs
    regions = {place: region_code(place) for place in needs["place"].to_list()}
    return match_factors(needs, regions, table, rules)


def values(table: pl.DataFrame, rules: LookupRules = EXACT, needs: pl.DataFrame | None = None) -> list[float | None]:
    return found(table, rules, needs)["factor_value"].to_list()


def refusal(table: pl.DataFrame, rules: LookupRules = EXACT, needs: pl.DataFrame | None = None) -> list[str]:
    with pytest.raises(CoverageError) as caught:
        found(table, rules, needs)
    return [problem.code for problem in caught.value.problems]


# --- regions ----------------------------------------------------------------------------------------------------------


def test_the_nearest_region_wins() -> None:
    table = factors(
        {"value": 1.0},
        {"value": 2.0, "region": "CN-GRID7-EAST"},
        {"value": 3.0, "region": "CN-JS"},
        {"region": "world"},
    )
    assert values(table) == [3.0]
    assert found(table)["rule"].to_list() == ["region CN-JS; valid …-…"]


def test_a_country_factor_holds_where_the_edition_has_nothing_finer() -> None:
    assert values(factors({"value": 7.0})) == [7.0]
    assert found(factors({}))["rule"].to_list() == ["region CN holds for CN-JS; valid …-…"]


def test_a_coarser_region_needs_leave_where_the_edition_prints_finer_ones() -> None:
    """The edition prints Shanghai and the country: Jiangsu may not silently take the country's."""
    table = factors({"value": 1.0}, {"value": 2.0, "region": "CN-SH"})
    assert refusal(table) == ["factor_missing"]
    assert values(table, FALLBACK) == [1.0]
    assert found(table, FALLBACK)["rule"].to_list() == ["FALLBACK from CN-JS to CN; valid …-…"]


def test_with_leave_the_nearest_of_the_coarser_regions_is_taken() -> None:
    table = factors({"value": 1.0}, {"value": 2.0, "region": "CN-GRID7-EAST"}, {"region": "CN-SH"})
    assert values(table, FALLBACK) == [2.0]


def test_editions_do_not_fill_each_others_gaps() -> None:
    """One edition of provinces and one of the country: Jiangsu, which the first lacks, is not served by the second."""
    table = factors({"value": 1.0}, {"value": 2.0, "region": "CN-SH", "edition": "two"})
    for rules in (EXACT, FALLBACK):
        assert refusal(table, rules) == ["editions_mixed"]


def test_editions_of_single_years_serve_their_years() -> None:
    """The ministry prints an edition a year: two years need both, and neither year sees the other's edition."""
    table = factors(
        {"value": 1.0, "valid_from": 2021, "valid_to": 2021},
        {"value": 2.0, "valid_from": 2022, "valid_to": 2022, "edition": "two"},
    )
    years = need({"time": "2021"}, {"time": "2022"})
    assert values(table, needs=years) == [1.0, 2.0]
    assert refusal(table, needs=need({"time": "2023"})) == ["factor_missing"]
    assert refusal(table, LookupRules(year_rule="latest"), need({"time": "2023"})) == ["editions_mixed"]


def test_a_foreign_region_never_serves() -> None:
    assert refusal(factors({"region": "GB"})) == ["factor_missing"]
    assert refusal(factors({"region": "CN-SH"}), FALLBACK) == ["factor_missing"]


def test_a_country_does_not_take_the_factor_of_a_province() -> None:
    assert refusal(factors({"region": "CN-JS"}), FALLBACK, need({"place": "中国"})) == ["factor_missing"]


def test_a_city_takes_its_province() -> None:
    assert values(factors({"region": "CN-GD", "value": 5.0}), needs=need({"place": "深圳"})) == [5.0]


def test_a_place_without_region_takes_an_edition_of_one_region_and_says_so() -> None:
    somewhere = need({"place": "somewhere"})
    table = factors({"value": 4.0, "region": "GB"})
    assert values(table, needs=somewhere) == [4.0]
    assert found(table, needs=somewhere)["rule"][0].startswith("place has no region; the edition has one: GB")
    assert refusal(factors({}, {"region": "GB"}), FALLBACK, somewhere) == ["place_without_region"]
    assert values(factors({}, {"region": "world", "value": 6.0}), needs=somewhere) == [6.0]


# --- years ------------------------------------------------------------------------------------------------------------

YEARS = ({"value": 1.0, "valid_from": 2015, "valid_to": 2016}, {"value": 2.0, "valid_from": 2019, "valid_to": 2021})


def in_year(year: str, rule: str, *rows: dict[str, object]) -> list[float | None]:
    return values(factors(*(rows or YEARS)), LookupRules(year_rule=rule), need({"time": year}))


@pytest.mark.parametrize(
    ("year", "value"), [("2015", 1.0), ("2016", 1.0), ("2019", 2.0), ("2021", 2.0), ("2020-07", 2.0)]
)
def test_both_ends_of_a_validity_count(year: str, value: float) -> None:
    for rule in ("exact", "latest", "nearest"):
        assert in_year(year, rule) == [value]


@pytest.mark.parametrize("year", ["2014", "2017", "2022"])
def test_exact_refuses_other_years(year: str) -> None:
    assert refusal(factors(*YEARS), needs=need({"time": year})) == ["factor_missing"]


def test_latest_looks_back_only() -> None:
    assert in_year("2018", "latest") == [1.0]
    assert in_year("2030", "latest") == [2.0]
    assert refusal(factors(*YEARS), LookupRules(year_rule="latest"), need({"time": "2014"})) == ["factor_missing"]


def test_nearest_looks_both_ways() -> None:
    assert in_year("2014", "nearest") == [1.0]
    assert in_year("2018", "nearest") == [2.0]


def test_two_years_equally_near_are_not_chosen_between() -> None:
    apart = ({"value": 1.0, "valid_to": 2018}, {"value": 2.0, "valid_from": 2020})
    assert refusal(factors(*apart), LookupRules(year_rule="nearest"), need({"time": "2019"})) == ["factor_ambiguous"]


def test_open_ends_are_open() -> None:
    assert in_year("1990", "exact", {"valid_to": 2000}) == [1.0]
    assert in_year("2050", "exact", {"valid_from": 2000}) == [1.0]
    assert in_year("1990", "exact", {}) == [1.0]


def test_the_rule_names_the_year_that_was_taken() -> None:
    rules = LookupRules(year_rule="latest")
    assert found(factors(*YEARS), rules, need({"time": "2030"}))["rule"].to_list() == [
        "region CN holds for CN-JS; YEAR 2030 uses the factor valid 2019-2021"
    ]


def test_the_region_counts_before_the_year() -> None:
    """With 'nearest' Jiangsu keeps its own factor of 2015 rather than the country's of 2020."""
    table = factors({"value": 1.0, "region": "CN-JS", "valid_to": 2015}, {"value": 2.0})
    assert values(table, LookupRules(year_rule="nearest")) == [1.0]


# --- sectors and gases --------------------------------------------------------------------------------------------------


def test_a_sector_has_its_own_factor_and_others_the_general_one() -> None:
    table = factors({"value": 1.0}, {"value": 2.0, "sector": "road"})
    assert values(table, needs=need({"sector": "road"})) == [2.0]
    assert values(table) == [1.0]


def test_a_sector_factor_that_does_not_hold_here_leaves_the_general_one_in_force() -> None:
    """The road factor is British and of another year: the road in Jiangsu keeps the general factor, and nothing is NE."""
    road = need({"sector": "road"})
    for misfit in ({"region": "GB"}, {"valid_from": 2025}, {"unit": "t/t"}):
        table = factors({"value": 1.0}, {"value": 9.0, "sector": "road", **misfit})
        assert found(table, needs=road).select("factor_value", "notation").rows() == [(1.0, None)]


def test_a_gas_without_factor_for_the_sector_is_not_estimated() -> None:
    table = factors({"value": 1.0}, {"value": 2.0, "gas": "CH4", "sector": "road"})
    rows = found(table).sort("gas")
    assert rows.select("gas", "factor_value", "notation").rows() == [("CH4", None, "NE"), ("CO2", 1.0, None)]
    assert found(table, needs=need({"sector": "road"}))["notation"].null_count() == 2


def test_a_need_that_only_gaps_would_serve_is_missing() -> None:
    assert refusal(factors({"sector": "road"})) == ["factor_missing"]


def test_gases_are_matched_one_by_one() -> None:
    """CO2 is printed for the province, CH4 for the country."""
    table = factors({"value": 1.0, "region": "CN-JS"}, {"value": 2.0, "gas": "CH4", "region": "CN"})
    assert dict(found(table).select("gas", "factor_value").iter_rows()) == {"CO2": 1.0, "CH4": 2.0}


def test_co2e_is_not_a_gas_beside_others() -> None:
    assert refusal(factors({}, {"gas": "CO2e"})) == ["factor_ambiguous"]
    assert values(factors({"gas": "CO2e", "value": 3.0}, {"gas": "CO2", "unit": "t/t"})) == [3.0]
    with_memo = found(factors({"gas": "CO2e"}, {"gas": "CO2-biogenic"}))
    assert with_memo["gas"].to_list() == ["CO2-biogenic", "CO2e"]


# --- units ------------------------------------------------------------------------------------------------------------


def test_a_factor_per_the_right_kind_of_unit_is_picked() -> None:
    table = factors({"value": 1.0, "unit": "t/MWh"}, {"value": 2.0, "unit": "t/t"})
    assert values(table) == [1.0]
    assert values(table, needs=need({"unit": "kg"})) == [2.0]
    assert values(table, needs=need({"unit": "GJ"})) == [1.0]


def test_a_unit_of_no_factor_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnitError) as caught:
        found(factors({"unit": "t/MWh"}, {"unit": "t/t"}), needs=need({"unit": "m^3", "provenance_id": "use.csv:8"}))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.file, problem.where.rows) == ("unit_dimension", "use.csv", (8,))
    assert problem.expected() == "a unit that can be turned into MWh, t"


def test_every_unit_problem_is_told() -> None:
    with pytest.raises(UnitError) as caught:
        found(factors({}), needs=need({"unit": "m^3"}, {"unit": "kg"}, {}))
    assert len(caught.value.problems) == 2


def test_kilometres_and_miles_of_one_edition_are_one_factor() -> None:
    """0.16 kg/km is printed as 0.2575 kg/mile too: the figure of the meter's own kind of unit is the one that counts."""
    table = factors({"value": 0.16, "unit": "kg/km"}, {"value": 0.2575, "unit": "kg/mile"})
    for unit, value in (("km", 0.16), ("万km", 0.16), ("m", 0.16), ("mile", 0.2575)):
        assert values(table, needs=need({"unit": unit})) == [value]


def test_kilometres_of_one_edition_and_miles_of_another_are_two_factors() -> None:
    table = factors({"unit": "kg/km"}, {"unit": "kg/mile", "edition": "two"})
    assert refusal(table, needs=need({"unit": "km"})) == ["editions_mixed"]


# --- complaints -------------------------------------------------------------------------------------------------------


def test_two_factors_for_one_need_are_refused_and_named() -> None:
    table = factors({"factor_id": "b"}, {"factor_id": "a"})
    with pytest.raises(CoverageError) as caught:
        found(table, needs=need({"provenance_id": "use.csv:3"}))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found, problem.where.rows) == ("factor_ambiguous", "a, b", (3,))
    assert "one" in problem.fix()


def test_two_editions_for_one_need_are_refused_and_named() -> None:
    table = factors({"factor_id": "b"}, {"factor_id": "a", "edition": "two"})
    with pytest.raises(CoverageError) as caught:
        found(table, needs=need({"provenance_id": "use.csv:3"}))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found, problem.where.rows) == ("editions_mixed", "one, two", (3,))


def test_missing_and_ambiguous_needs_are_told_together() -> None:
    table = factors({"factor_id": "a"}, {"factor_id": "b"})
    assert refusal(table, needs=need({}, {"activity": "peat"})) == ["factor_missing", "factor_ambiguous"]


def test_a_missing_factor_says_what_there_is() -> None:
    with pytest.raises(CoverageError) as caught:
        found(factors({"region": "CN-SH", "valid_from": 2010, "valid_to": 2015}), needs=need({"time": "2020"}))
    (problem,) = caught.value.problems
    assert problem.expected() == "a factor for power, CN-JS, 2020 in one"
    assert "CN-SH; 2010-2015" in problem.fix()


def test_an_empty_table_refuses_every_need() -> None:
    assert refusal(factors({}).clear()) == ["factor_missing"]


def test_a_table_without_ids_serves_and_names_its_rows() -> None:
    table = factors({"value": 1.0}, {"value": 2.0, "gas": "CH4"})
    assert table["factor_id"].null_count() == 2
    rows = found(table)
    assert rows.select("gas", "factor_id", "factor_group").rows() == [
        ("CH4", "given table:2", "given table:2"), ("CO2", "given table:1", "given table:1"),
    ]  # fmt: skip
    assert refusal(factors({}, {})) == ["factor_ambiguous"]


def test_rows_that_share_an_error_keep_their_group() -> None:
    assert found(factors({"error_group": "sampling", "factor_id": "f"}))["factor_group"].to_list() == ["sampling"]


def test_the_order_of_factors_does_not_matter() -> None:
    table = factors(
        {"value": 1.0}, {"value": 2.0, "region": "CN-JS"}, {"gas": "CH4", "value": 3.0}, {"region": "GB", "value": 4.0}
    )
    assert found(table, needs=need({}, {"place": "上海"}))["factor_value"].to_list() == (
        found(table.reverse(), needs=need({}, {"place": "上海"}))["factor_value"].to_list()
    )


def test_a_sector_of_another_list_than_the_edition_s_is_told_where_its_own_figure_may_be_there_by_another_name():
    """Coal of ``residential`` took the oxidation of industry, a quarter more than that of ``urban``, without a word."""
    table = factors({"sector": None, "value": 0.92}, {"sector": "urban", "value": 0.725})
    needs = need({"sector": "residential"}, {"sector": "urban"}, {"sector": "other_manufacturing"})
    made = found(table, needs=needs)
    told = dict(made.select("sector", "rule").iter_rows())
    assert made["factor_value"].to_list() == [0.92, 0.92, 0.725]
    assert told["residential"].endswith("; SECTOR residential is not of ceads, by which the edition tells figures")
    assert "SECTOR" not in told["urban"] + told["other_manufacturing"]
    checks = lookup_caveats(pl.DataFrame({"rule": list(told.values())}))
    assert [each.id for each in checks] == ["factor.sector"]
    assert checks[0].text[1].endswith("residential → ceads")
    for last in ("2020-2020", "2020-2020; SECTOR a is not of ceads, by which the edition tells figures"):
        rule = pl.DataFrame({"rule": [f"region CN; YEAR 2024 uses the factor valid {last}"]})
        assert lookup_caveats(rule)[0].text[0].endswith("2024 → 2020-2020")
