"""Totals: what adds, what never adds, and what an unknown figure does to a sum."""

from __future__ import annotations

import narwhals as nw
import polars as pl
import pytest

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import CoverageError, DoubleCountError, InputError, UnitError
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.core.warming import WarmingMetric

PLACES = CodeList("places", {"city": None, "north": "city", "south": "city", "block": "north"})
SECTORS = CodeList("sectors", {"energy": None, "buildings": "energy", "transport": "energy"})
METRIC = WarmingMetric("AR6-GWP100", {"CO2": 1.0, "N2O": 273.0}, "ipcc_ar6")


def refused(table: EmissionTable, by=(), **options) -> list[tuple[str, str, str | None]]:
    """Give the problems with which a total is refused as a double count."""
    with pytest.raises(DoubleCountError) as caught:
        total(table, by, **options)
    return [(item.code, item.found, item.where.column) for item in caught.value.problems]


def values(table: EmissionTable, by, column: str = "value", **options) -> dict:
    frame = total(table, by, **options)
    return dict(zip(frame.select(by).rows(), frame[column].to_list(), strict=True))


# --- plain sums ---------------------------------------------------------------------------------------------------------


def test_the_whole_is_one_row_with_its_unit_and_counts(emissions):
    frame = total(emissions([1.0, 2.0, 4.0], place=["a", "b", "c"]))
    assert frame.columns == ["value", "unit", "rows", "without_number"]
    assert frame.row(0) == (7.0, "t", 3, 0)


def test_groups_come_in_order_of_their_keys(emissions):
    frame = total(
        emissions([1.0, 2.0, 4.0, 8.0], place=["b", "a", "b", "a"], time=["2021", "2020", "2020", "2020"]),
        ["place", "time"],
    )
    assert frame.select("place", "time", "value").rows() == [
        ("a", "2020", 10.0),
        ("b", "2020", 4.0),
        ("b", "2021", 1.0),
    ]


def test_removals_are_subtracted(emissions):
    assert total(emissions([10.0, -4.0], flow=["emission", "removal"]))["value"].to_list() == [6.0]


def test_removals_can_be_kept_apart(emissions):
    table = emissions([10.0, -4.0], flow=["emission", "removal"])
    assert values(table, ["flow"]) == {("emission",): 10.0, ("removal",): -4.0}


def test_a_column_that_is_constant_can_be_a_group(rows):
    table = EmissionTable(rows([1.0, 2.0]).drop("scope"), fixed={"scope": "2"})
    assert total(table, ["scope", "scenario", "basis"]).row(0)[:4] == ("2", "observed", "all", 3.0)


def test_a_label_that_no_row_states_groups_under_null(emissions):
    frame = total(emissions([1.0, 2.0]), ["factor_id"])
    assert frame.row(0)[:2] == (None, 3.0)
    assert frame.schema["factor_id"] == pl.String


@pytest.mark.parametrize("by", [["colour"], ["value"], ["unit"], "place", ["place", "place"]])
def test_by_must_name_dimensions_each_once(emissions, by):
    with pytest.raises(InputError) as caught:
        total(emissions([1.0]), by)
    assert caught.value.problems[0].code == "parameter_wrong"


def test_a_categorical_column_sums_like_text(rows):
    frame = rows([1.0, 2.0, 4.0], place=["b", "a", "b"]).with_columns(pl.col("place", "gas").cast(pl.Categorical))
    assert values(EmissionTable(frame), ["place"]) == {("a",): 2.0, ("b",): 5.0}


def test_an_empty_table_has_no_groups(emissions):
    assert total(emissions([1.0]).filter(place="nowhere"), ["place"]).height == 0


# --- parent and child ---------------------------------------------------------------------------------------------------


def test_a_place_is_never_added_to_its_parent(emissions):
    table = emissions([10.0, 6.0], place=["city", "north"]).with_codes(place=PLACES)
    assert refused(table) == [("sum_parent_child", "city ⊃ north", "place")]


def test_a_place_is_never_added_to_its_grandparent(emissions):
    table = emissions([10.0, 6.0], place=["city", "block"]).with_codes(place=PLACES)
    assert refused(table, ["sector"]) == [("sum_parent_child", "city ⊃ block", "place")]


def test_levels_may_stand_side_by_side_where_places_are_kept_apart(emissions):
    table = emissions([10.0, 6.0], place=["city", "north"]).with_codes(place=PLACES)
    assert values(table, ["place"]) == {("city",): 10.0, ("north",): 6.0}


def test_the_parts_of_one_parent_add(emissions):
    table = emissions([4.0, 6.0], place=["north", "south"]).with_codes(place=PLACES)
    assert total(table)["value"].to_list() == [10.0]


def test_a_sector_is_never_added_to_its_parent(emissions):
    table = emissions([10.0, 6.0], sector=["energy", "transport"]).with_codes(sector=SECTORS)
    assert refused(table, ["place"]) == [("sum_parent_child", "energy ⊃ transport", "sector")]
    assert values(table, ["sector"]) == {("energy",): 10.0, ("transport",): 6.0}


@pytest.mark.parametrize(("long", "short"), [("2020", "2020-03"), ("2020-03", "2020-03-01"), ("2020", "2020-03-01")])
def test_a_period_is_never_added_to_one_that_holds_it(emissions, long, short):
    table = emissions([12.0, 1.0], time=[long, short])
    assert refused(table) == [("sum_parent_child", f"{long} ⊃ {short}", "time")]
    assert len(values(table, ["time"])) == 2


def test_periods_side_by_side_add(emissions):
    assert total(emissions([1.0, 2.0, 4.0], time=["2019", "2020-01", "2020-02"]))["value"].to_list() == [7.0]


# --- alternatives and what needs a rule ---------------------------------------------------------------------------------


def test_scopes_add_by_a_named_rule_only(emissions):
    table = emissions([1.0, 2.0, 4.0], scope=["1", "2", "3"])
    assert refused(table) == [("sum_scope", "1, 2, 3", "scope")]
    assert values(table, ["scope"]) == {("1",): 1.0, ("2",): 2.0, ("3",): 4.0}


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("territorial", 1.0),
        ("scope_1_2", 3.0),
        ("scope_1_2_3", 7.0),
        ("scope_1_2_3_sinks", 4.0),
        ("community_boundary", 20.0),
    ],
)
def test_each_scope_rule_adds_its_scopes(emissions, rule, value):
    # 1 + 2 + 4 by scope, a sink of −3 and 16 biogenic.
    table = emissions(
        [1.0, 2.0, 4.0, -3.0, 16.0],
        scope=["1", "2", "3", "sink", "biogenic"],
        flow=["emission", "emission", "emission", "removal", "emission"],
    )
    assert total(table, scopes=rule)["value"].to_list() == [value]


def test_a_scope_rule_holds_for_a_table_of_one_constant_scope(rows):
    table = EmissionTable(rows([5.0]).drop("scope"), fixed={"scope": "2"})
    assert total(table, ["place"], scopes="scope_1_2")["value"].to_list() == [5.0]
    assert total(table, ["place"], scopes="territorial").height == 0


def test_an_unknown_scope_rule_is_refused_with_the_known_ones(emissions):
    with pytest.raises(DoubleCountError) as caught:
        total(emissions([1.0]), scopes="everything")
    assert "scope_1_2" in caught.value.problems[0].expected()


def test_two_gases_never_add_before_they_are_co2_equivalent(emissions):
    table = emissions([1.0, 2.0], gas=["CO2", "N2O"])
    assert refused(table, ["place"]) == [("sum_gas", "CO2, N2O", "gas")]
    assert values(table, ["gas"]) == {("CO2",): 1.0, ("N2O",): 2.0}
    assert total(table.to_co2e(METRIC))["value"].to_list() == [547.0]


def test_biogenic_co2_never_slips_into_the_equivalent(emissions):
    table = emissions([1.0, 2.0, 4.0], gas=["CO2", "N2O", "CO2-biogenic"]).to_co2e(METRIC)
    assert refused(table) == [("sum_gas", "CO2-biogenic, CO2e", "gas")]
    assert values(table, ["gas"]) == {("CO2e",): 547.0, ("CO2-biogenic",): 4.0}


def test_scenarios_are_alternatives(emissions):
    table = emissions([1.0, 2.0], scenario=["observed", "low"])
    assert refused(table) == [("sum_alternatives", "low, observed", "scenario")]
    assert values(table, ["scenario"]) == {("observed",): 1.0, ("low",): 2.0}


def test_an_unstated_scenario_is_the_observed_one_and_an_alternative_to_others(emissions):
    assert refused(emissions([1.0, 2.0], scenario=[None, "low"])) == [("sum_alternatives", "low, observed", "scenario")]
    assert total(emissions([1.0, 2.0], scenario=[None, "observed"]))["value"].to_list() == [3.0]


def test_two_bases_are_alternatives_also_beside_all(emissions):
    table = emissions([1.0, 2.0, 4.0], basis=["all", "location", "market"])
    assert refused(table) == [("sum_alternatives", "location, market", "basis")]


@pytest.mark.parametrize(("basis", "value"), [("location", 3.0), ("market", 5.0), ("territorial", 9.0)])
def test_rows_that_hold_under_each_basis_add_to_any_one(emissions, basis, value):
    table = emissions([1.0, 2.0, 4.0, 8.0], basis=["all", "location", "market", "territorial"])
    assert total(table.filter(basis=["all", basis]))["value"].to_list() == [value]


def test_equivalents_by_two_metrics_never_add(emissions):
    table = emissions([1.0, 2.0], gas="CO2e", metric=["AR5-GWP100", "AR6-GWP100"])
    assert refused(table) == [("sum_alternatives", "AR5-GWP100, AR6-GWP100", "metric")]


def test_two_units_never_add(emissions):
    with pytest.raises(UnitError) as caught:
        total(emissions([1.0, 2.0], unit=["t", "kg"]))
    assert caught.value.problems[0].code == "unit_mixed"
    assert total(emissions([1.0, 2.0], unit=["t", "kg"]).with_unit("kg"))["value"].to_list() == [1002.0]


def test_every_broken_rule_is_told_at_once(emissions):
    table = emissions(
        [1.0, 2.0], gas=["CO2", "N2O"], scope=["1", "2"], scenario=["low", "high"], time=["2020", "2020-01"]
    )
    assert [code for code, _, _ in refused(table)] == ["sum_gas", "sum_alternatives", "sum_scope", "sum_parent_child"]


# --- one source, two methods --------------------------------------------------------------------------------------------


def test_one_source_under_two_methods_is_a_double_count_even_where_methods_are_kept_apart(emissions):
    table = emissions([1.0, 1.1], method=["tier1", "tier2"])
    found = refused(table)
    assert [(code, found) for code, found, _ in found] == [("sum_two_methods", "tier1 + tier2")]
    assert refused(table, ["method"])


@pytest.mark.parametrize(
    "difference",
    [{"place": ["a", "b"]}, {"time": ["2020", "2021"]}, {"sector": ["x", "y"]}, {"activity": ["diesel", "coal"]}],
)
def test_two_methods_for_two_sources_add(emissions, difference):
    assert total(emissions([1.0, 2.0], method=["tier1", "tier2"], **difference))["value"].to_list() == [3.0]


def test_one_method_may_hold_many_rows_of_one_source(emissions):
    assert total(emissions([1.0, 2.0], method="tier1"))["value"].to_list() == [3.0]


def test_two_methods_are_found_where_every_dimension_is_constant():
    frame = pl.DataFrame({"value": [1.0, 2.0], "method": ["tier1", "tier2"]})
    fixed = dict.fromkeys(("place", "sector", "activity", "gas"), "x") | {"time": "2020", "scope": "1", "unit": "t"}
    assert refused(EmissionTable(frame, fixed=fixed))[0][0] == "sum_two_methods"


# --- no silent number ---------------------------------------------------------------------------------------------------


def test_a_group_of_notation_keys_only_is_null_and_not_zero(emissions):
    table = emissions([None, None, 3.0], place=["a", "a", "b"], notation=["NE", "NO", None])
    frame = total(table, ["place"])
    assert frame.select("place", "value", "rows", "without_number").rows() == [("a", None, 2, 2), ("b", 3.0, 1, 0)]


def test_a_whole_of_notation_keys_only_is_null(emissions):
    assert total(emissions([None], notation="NE")).row(0) == (None, "t", 1, 1)


def test_a_zero_is_a_number(emissions):
    assert total(emissions([0.0, None], notation=[None, "NE"]))["value"].to_list() == [0.0]


def test_rows_without_number_are_counted_beside_the_sum(emissions):
    assert total(emissions([1.0, 2.0, None], notation=[None, None, "C"])).row(0) == (3.0, "t", 3, 1)


@pytest.mark.parametrize("notation", [False, True])
def test_a_row_with_neither_number_nor_key_is_an_error(notation):
    columns = {"value": [1.0, None]} | ({"notation": [None, None]} if notation else {})
    hole = pl.LazyFrame(columns, schema_overrides={"notation": pl.String} if notation else {})
    fixed = dict.fromkeys(("place", "sector", "activity", "gas"), "x") | {"time": "2020", "scope": "1", "unit": "t"}
    with pytest.raises(CoverageError) as caught:
        total(EmissionTable.trusted(nw.from_native(hole), fixed=fixed))
    assert (caught.value.problems[0].code, caught.value.problems[0].found) == ("number_missing", "1 ×")


def test_total_gives_back_the_kind_of_frame_that_it_got(rows):
    eager = rows([1.0])
    assert isinstance(total(EmissionTable(eager)), pl.DataFrame)
    assert isinstance(total(EmissionTable(eager.lazy())), pl.LazyFrame)
