"""Tables: what a table refuses, what a column that is absent means, and that no operation changes the table itself."""

from __future__ import annotations

import math

import narwhals as nw
import polars as pl
import pytest

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import CoverageError, DoubleCountError, InputError, SchemaError, UnitError, Where
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.core.warming import WarmingMetric, choose_metric

METRIC = WarmingMetric("AR6-GWP100", {"CO2": 1.0, "CH4-fossil": 29.8, "N2O": 273.0}, "ipcc_ar6")
ACTIVITY = {"place": ["a"], "time": ["2020"], "sector": ["s"], "activity": ["diesel"], "value": [1.0], "unit": ["t"]}


def activity(**columns) -> ActivityTable:
    return ActivityTable(pl.DataFrame({**ACTIVITY, **columns}))


def codes_of(error) -> list[tuple[str, str | None]]:
    return [(item.code, item.where.column) for item in error.value.problems]


# --- refusals -----------------------------------------------------------------------------------------------------------


def test_every_missing_and_unknown_column_is_told_at_once():
    frame = pl.DataFrame({"place": ["a"], "time": ["2020"], "value": [1.0], "colour": ["red"]})
    with pytest.raises(SchemaError) as caught:
        ActivityTable(frame, where=Where("fuels.csv"))
    assert codes_of(caught) == [
        ("column_missing", "sector"),
        ("column_missing", "activity"),
        ("column_missing", "unit"),
        ("column_unknown", "colour"),
    ]
    assert all(item.where.file == "fuels.csv" for item in caught.value.problems)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (math.nan, "value_not_finite"),
        (math.inf, "value_not_finite"),
        (-math.inf, "value_not_finite"),
        (None, "value_empty"),
        (-1.0, "value_negative"),
    ],
)
def test_an_activity_value_is_a_finite_number_of_zero_or_more(value, code):
    with pytest.raises(SchemaError) as caught:
        activity(value=[value])
    assert (code, "value") in codes_of(caught)


def test_zero_is_a_fact_and_accepted():
    assert activity(value=[0.0]).to_polars()["value"].to_list() == [0.0]


def test_the_first_offending_rows_are_named_with_their_values():
    frame = pl.DataFrame(ACTIVITY).select(pl.all().repeat_by(8).explode()).with_columns(
        value=pl.Series([1.0, -2.0, 1.0, -4.0, -5.0, -6.0, -7.0, -8.0])
    )  # fmt: skip
    with pytest.raises(SchemaError) as caught:
        ActivityTable(frame)
    found = caught.value.problems[0]
    assert found.where.rows == (2, 4, 5, 6, 7)
    assert found.found == "-2.0, -4.0, -5.0, -6.0, -7.0 … (6)"


def test_rows_are_named_as_the_file_numbers_them_where_the_provenance_says_so():
    frame = pl.DataFrame(ACTIVITY).with_columns(value=-1.0, provenance_id=pl.lit("fuels.csv:12"))
    with pytest.raises(SchemaError) as caught:
        ActivityTable(frame, where=Where("fuels.csv"))
    assert caught.value.problems[0].where.rows == (12,)


def test_text_in_a_number_column_is_refused():
    with pytest.raises(SchemaError) as caught:
        activity(value=["12"])
    assert codes_of(caught) == [("value_not_number", "value")]


@pytest.mark.parametrize("period", ["2020", "2020-01", "2020-12", "2020-02-29", "1850"])
def test_iso_periods_are_accepted(period):
    assert activity(time=[period]).to_polars()["time"].to_list() == [period]


@pytest.mark.parametrize(
    "period", ["20", "2020-13", "2020-00", "2020-1", "2020-01-32", "2020/01", "2020年", "2020-", "2020.0"]
)
def test_other_periods_are_refused(period):
    with pytest.raises(SchemaError) as caught:
        activity(time=[period])
    assert codes_of(caught) == [("time_wrong", "time")]


def test_an_empty_period_is_an_empty_cell():
    with pytest.raises(SchemaError) as caught:
        activity(time=[""])
    assert codes_of(caught) == [("value_empty", "time")]


def test_a_whole_number_year_and_number_are_cast_once():
    table = activity(time=[2020], value=[3])
    assert table.to_polars().select("time", "value").row(0) == ("2020", 3.0)


@pytest.mark.parametrize("column", ["place", "time", "sector", "activity", "unit"])
def test_a_dimension_is_never_empty(column):
    with pytest.raises(SchemaError) as caught:
        activity(**{column: pl.Series([None], dtype=pl.String)})
    assert ("value_empty", column) in codes_of(caught)


def test_an_exact_figure_has_no_sd():
    """The analytic sum took the sd, the draws did not."""
    with pytest.raises(SchemaError) as caught:
        activity(sd=[0.1], distribution=["exact"])
    assert codes_of(caught) == [("sd_exact", "sd")]
    for sd, shape in ((0.0, "exact"), (None, "exact"), (0.1, "normal"), (0.1, None)):
        frame = pl.DataFrame({**ACTIVITY, "sd": [sd], "distribution": [shape]}, schema_overrides={"sd": pl.Float64})
        assert ActivityTable(frame.with_columns(pl.col("distribution").cast(pl.String))).has("sd")


def test_a_negative_or_infinite_sd_and_an_unknown_distribution_are_all_told():
    with pytest.raises(SchemaError) as caught:
        ActivityTable(pl.DataFrame({**ACTIVITY, "sd": [-0.1], "distribution": ["cauchy"]}))
    assert codes_of(caught) == [("value_negative", "sd"), ("value_not_listed", "distribution")]
    with pytest.raises(SchemaError):
        activity(sd=[math.inf])


def test_factors_may_be_negative_but_their_years_may_not_be_reversed_or_far_away():
    factor = {"activity": ["forest"], "gas": ["CO2"], "value": [-2.0], "unit": ["t/ha"]}
    assert FactorTable(pl.DataFrame(factor)).to_polars()["region"].to_list() == ["world"]
    with pytest.raises(SchemaError) as caught:
        FactorTable(pl.DataFrame({**factor, "valid_from": [2021], "valid_to": [2020]}))
    assert codes_of(caught) == [("years_reversed", "valid_from")]
    with pytest.raises(SchemaError) as caught:
        FactorTable(pl.DataFrame({**factor, "valid_from": [20200]}))
    assert codes_of(caught) == [("value_out_of_range", "valid_from")]


def test_a_denominator_may_not_be_negative():
    row = {"place": ["a"], "time": ["2020"], "measure": ["population"], "value": [-1.0], "unit": ["person"]}
    with pytest.raises(SchemaError):
        DenominatorTable(pl.DataFrame(row))


# --- emission rows: number or notation key, sign and flow ---------------------------------------------------------------


@pytest.mark.parametrize(("value", "notation"), [(None, None), (1.0, "NO"), (0.0, "IE")])
def test_an_emission_has_a_number_or_a_notation_key_and_not_both(emissions, value, notation):
    with pytest.raises(SchemaError) as caught:
        emissions([value], notation=[notation])
    assert ("notation_wrong", "value") in codes_of(caught)


@pytest.mark.parametrize("key", ["NO", "NE", "IE", "C"])
def test_a_notation_key_stands_in_place_of_a_number(emissions, key):
    assert emissions([None], notation=key).to_polars().select("value", "notation").row(0) == (None, key)


def test_an_emission_without_number_and_without_notation_column_is_refused(emissions):
    with pytest.raises(SchemaError):
        emissions([1.0, None])


def test_not_a_number_is_no_missing_number(emissions):
    with pytest.raises(SchemaError) as caught:
        emissions([math.nan], notation="NE")
    assert ("value_not_finite", "value") in codes_of(caught)


@pytest.mark.parametrize(("value", "flow"), [(-1.0, None), (-1.0, "emission"), (1.0, "removal")])
def test_sign_and_flow_agree(emissions, value, flow):
    with pytest.raises(SchemaError) as caught:
        emissions([value], flow=[flow])
    assert ("flow_sign", "value") in codes_of(caught)


def test_a_negative_row_needs_the_word_removal_even_where_the_column_is_absent(emissions):
    with pytest.raises(SchemaError):
        emissions([-1.0])
    assert emissions([-1.0], flow="removal").to_polars()["value"].to_list() == [-1.0]
    assert emissions([0.0], flow="removal").to_polars()["value"].to_list() == [0.0]


@pytest.mark.parametrize(
    ("column", "word"), [("scope", "4"), ("basis", "both"), ("flow", "avoided"), ("notation", "NA")]
)
def test_a_closed_list_refuses_other_words(emissions, column, word):
    with pytest.raises(SchemaError) as caught:
        emissions([None if column == "notation" else 1.0], **{column: word})
    assert ("value_not_listed", column) in codes_of(caught)


# --- frozen, constants, defaults ----------------------------------------------------------------------------------------


def test_a_table_is_frozen(emissions):
    table = emissions([1.0])
    for name in ("_frame", "rows", "anything"):
        with pytest.raises(AttributeError):
            setattr(table, name, None)
    table.fixed["scope"] = "2"
    table.codes["place"] = None
    assert table.fixed == {}
    assert table.codes == {}


def test_operations_leave_the_table_as_it_was(emissions):
    table = emissions([1.0, 2.0], gas=["CO2", "N2O"])
    before = table.to_polars()
    table.filter(gas="CO2")
    table.with_unit("kg")
    table.to_co2e(METRIC)
    EmissionTable.stack([table, table])
    assert table.to_polars().equals(before)


def test_absent_columns_have_their_default_when_written_out(emissions):
    written = emissions([1.0]).to_polars()
    assert written.columns == [column.name for column in EmissionTable.columns]
    assert written.select("scenario", "basis", "flow", "method", "sd").row(0) == (
        "observed",
        "all",
        "emission",
        None,
        None,
    )
    assert written.schema["sd"] == pl.Float64
    assert written.schema["method"] == pl.String


def test_an_empty_cell_means_the_same_as_an_absent_column(emissions):
    table = emissions([1.0, 2.0], scenario=[None, "low"], basis=[None, "market"])
    assert table.to_polars()["scenario"].to_list() == ["observed", "low"]
    assert table.to_polars()["basis"].to_list() == ["all", "market"]
    assert table.filter(scenario="observed").to_polars()["value"].to_list() == [1.0]


def test_an_empty_categorical_cell_has_its_default_too(rows):
    frame = rows([1.0, 2.0], scenario=[None, "low"]).with_columns(pl.col("scenario").cast(pl.Categorical))
    assert EmissionTable(frame).to_polars()["scenario"].to_list() == ["observed", "low"]


def test_a_fixed_column_holds_for_every_row(rows):
    frame = rows([1.0, 2.0]).drop("scope", "unit", "time")
    table = EmissionTable(frame, fixed={"scope": "2", "unit": "kg", "time": "2021"})
    assert not table.has("scope")
    assert table.constant("scope") == "2"
    assert table.words("scope") == ["2"]
    assert table.to_polars().select("scope", "unit", "time").unique().row(0) == ("2", "kg", "2021")


@pytest.mark.parametrize(
    ("fixed", "code"),
    [
        ({"scope": "99"}, "value_not_listed"),
        ({"scope": ""}, "value_empty"),
        ({"time": "20-20"}, "time_wrong"),
        ({"value": "1"}, "value_not_number"),
        ({"colour": "red"}, "column_unknown"),
        ({"gas": "CH4"}, "column_duplicate"),
    ],
)
def test_a_fixed_column_obeys_the_rules_of_a_stored_one(rows, fixed, code):
    frame = rows([1.0]).drop("scope", "time", "value", strict=False)
    frame = frame.with_columns(**{name: pl.lit("1") for name in ("scope",) if name not in fixed})
    frame = frame.with_columns(**{name: pl.lit("2020") for name in ("time",) if name not in fixed})
    frame = frame if "value" in fixed else frame.with_columns(value=1.0)
    with pytest.raises(SchemaError) as caught:
        EmissionTable(frame, fixed=fixed)
    assert [item.code for item in caught.value.problems] == [code]


def test_a_fixed_notation_key_and_a_number_contradict(rows):
    with pytest.raises(SchemaError):
        EmissionTable(rows([1.0]), fixed={"notation": "NE"})


def test_repr_names_columns_and_no_data(emissions):
    assert repr(emissions([123.456])).startswith("<EmissionTable ")
    assert "123" not in repr(emissions([123.456]))


# --- code lists ---------------------------------------------------------------------------------------------------------

PLACES = CodeList("places", {"city": None, "north": "city", "south": "city"})


def test_every_code_outside_the_list_is_told_with_its_row(rows):
    frame = rows([1.0, 2.0, 3.0], place=["north", "east", "west"], provenance_id=["f.csv:2", "f.csv:3", "f.csv:4"])
    with pytest.raises(CoverageError) as caught:
        EmissionTable(frame).with_codes(place=PLACES)
    assert [(item.code, item.found, item.where.rows) for item in caught.value.problems] == [
        ("place_unknown", "east", (3,)),
        ("place_unknown", "west", (4,)),
    ]
    assert caught.value.problems[0].where.file == "f.csv"


def test_codes_are_checked_when_given_to_the_table_itself_and_for_fixed_columns(rows):
    with pytest.raises(CoverageError):
        EmissionTable(rows([1.0], place="east"), codes={"place": PLACES})
    with pytest.raises(CoverageError):
        EmissionTable(rows([1.0]).drop("place"), fixed={"place": "east"}, codes={"place": PLACES})
    sectors = CodeList("sectors", {"transport": None})
    with pytest.raises(CoverageError) as caught:
        EmissionTable(rows([1.0]), codes={"sector": sectors})
    assert caught.value.problems[0].code == "sector_unknown"


def test_code_lists_travel_with_every_operation(emissions):
    table = emissions([1.0], place="north").with_codes(place=PLACES)
    for made in (
        table.filter(place="north"),
        table.with_unit("kg"),
        table.to_co2e(METRIC),
        EmissionTable.stack([table]),
    ):
        assert made.codes == {"place": PLACES}


def test_a_places_table_gives_its_tree_and_refuses_a_place_twice():
    frame = pl.DataFrame({"place": ["city", "north"], "parent": [None, "city"], "name_zh": ["市", None]})
    tree = PlaceTable(frame).code_list("places.csv")
    assert tree.ancestors("north") == ("city",)
    assert tree.label("city", "zh") == "市"
    assert tree.label("north", "zh") == "north"
    with pytest.raises(DoubleCountError) as caught:
        PlaceTable(pl.concat([frame, frame])).code_list("places.csv")
    assert [(item.code, item.found) for item in caught.value.problems] == [
        ("row_duplicate", "city"),
        ("row_duplicate", "north"),
    ]


# --- filter -------------------------------------------------------------------------------------------------------------


def test_filter_keeps_the_words_asked_for(emissions):
    table = emissions([1.0, 2.0, 4.0], place=["a", "b", "c"], gas=["CO2", "CO2", "N2O"])
    assert table.filter(place="a").to_polars()["value"].to_list() == [1.0]
    assert table.filter(place=["a", "c"]).to_polars()["value"].to_list() == [1.0, 4.0]
    assert table.filter(place=["a", "c"], gas="N2O").to_polars()["value"].to_list() == [4.0]
    assert table.filter(place=[]).to_polars().height == 0


def test_filter_by_a_constant_keeps_all_or_nothing(emissions):
    table = emissions([1.0, 2.0])
    assert table.filter(scenario="observed").to_polars().height == 2
    assert table.filter(scenario="low").to_polars().height == 0


def test_filter_by_an_unknown_column_is_an_error_with_the_known_ones(emissions):
    with pytest.raises(SchemaError) as caught:
        emissions([1.0]).filter(colour="red")
    assert codes_of(caught) == [("column_unknown", "colour")]


def test_filter_cannot_hide_a_row_that_lacks_its_label():
    # A lazy left join leaves gas and value empty where nothing matched; a filter by gas must not swallow that row.
    hole = pl.LazyFrame({"value": [1.0, None], "gas": ["CO2", None]}, schema={"value": pl.Float64, "gas": pl.String})
    fixed = dict.fromkeys(("place", "sector", "activity"), "x") | {"time": "2020", "scope": "1", "unit": "t"}
    broken = EmissionTable.trusted(nw.from_native(hole), fixed=fixed)
    with pytest.raises(CoverageError):
        broken.filter(gas="CO2").to_polars()


# --- units --------------------------------------------------------------------------------------------------------------


def test_with_unit_converts_mixed_units_and_every_standard_deviation(rows):
    frame = rows([1.0, 1.0, 1.0], unit=["kg", "t", "万t"], sd=[0.1] * 3, sd_activity=[0.2] * 3, sd_factor=[0.3] * 3)
    table = EmissionTable(frame).with_unit("t")
    written = table.to_polars()
    assert table.fixed["unit"] == "t"
    for column, base in (("value", 1.0), ("sd", 0.1), ("sd_activity", 0.2), ("sd_factor", 0.3)):
        # One multiplication: one rounding.
        assert written[column].to_list() == pytest.approx([base * 1e-3, base, base * 1e4], rel=1e-15)


def test_with_unit_leaves_working_columns_alone(rows):
    frame = rows([1.0], unit="kg", energy=[5.0], standard_coal=[7.0])
    assert EmissionTable(frame).with_unit("t").to_polars().select("energy", "standard_coal").row(0) == (5.0, 7.0)


def test_with_unit_of_a_fixed_unit_and_of_an_empty_table(emissions, rows):
    fixed = EmissionTable(rows([2.0]).drop("unit"), fixed={"unit": "kt"})
    assert fixed.with_unit("t").to_polars().select("value", "unit").row(0) == (2000.0, "t")
    assert emissions([1.0]).filter(place="nowhere").with_unit("kg").to_polars().height == 0


def test_with_unit_refuses_what_is_no_mass(emissions):
    with pytest.raises(UnitError):
        emissions([1.0]).with_unit("kWh")
    with pytest.raises(UnitError):
        emissions([1.0], unit="kWh").with_unit("t")


# --- CO2 equivalent -----------------------------------------------------------------------------------------------------


def test_to_co2e_multiplies_each_gas_by_its_own_factor_and_records_the_metric(rows):
    frame = rows([10.0, 1.0, 1.0], gas=["CO2", "CH4-fossil", "N2O"], sd=[1.0, 0.1, 0.2])
    table = EmissionTable(frame).to_co2e(METRIC)
    written = table.to_polars()
    assert written["value"].to_list() == [10.0, 29.8, 273.0]
    assert written["sd"].to_list() == pytest.approx([1.0, 2.98, 54.6], rel=1e-15)
    assert written["gas"].unique().to_list() == ["CO2e"]
    assert written["metric"].unique().to_list() == ["AR6-GWP100"]


def test_to_co2e_of_one_fixed_gas(rows):
    table = EmissionTable(rows([2.0]).drop("gas"), fixed={"gas": "N2O"}).to_co2e(METRIC)
    assert table.to_polars().select("value", "gas", "metric").row(0) == (546.0, "CO2e", "AR6-GWP100")


def test_biogenic_co2_stays_a_memo_row_of_its_own_gas(emissions):
    written = emissions([10.0, 7.0], gas=["CO2", "CO2-biogenic"]).to_co2e(METRIC).to_polars()
    assert written.select("gas", "value").rows() == [("CO2e", 10.0), ("CO2-biogenic", 7.0)]
    alone = emissions([7.0], gas="CO2-biogenic").to_co2e(METRIC).to_polars()
    assert alone.select("gas", "value").rows() == [("CO2-biogenic", 7.0)]


def test_every_gas_that_the_metric_does_not_list_is_an_error_and_never_a_one(emissions):
    with pytest.raises(CoverageError) as caught:
        emissions([1.0, 1.0, 1.0], gas=["CO2", "SF6", "CH4"]).to_co2e(METRIC)
    assert [item.found for item in caught.value.problems] == ["CH4", "SF6"]


def test_to_co2e_twice_by_one_metric_changes_nothing(emissions):
    once = emissions([1.0, 2.0], gas=["N2O", "CO2-biogenic"]).to_co2e(METRIC)
    assert once.to_co2e(METRIC).to_polars().equals(once.to_polars())


def test_co2e_by_one_metric_cannot_be_relabelled_as_another(emissions):
    old = emissions([1.0], gas="CH4-fossil").to_co2e(WarmingMetric("AR4-GWP100", {"CH4-fossil": 25.0}, "ipcc_ar4"))
    with pytest.raises(DoubleCountError) as caught:
        old.to_co2e(METRIC)
    assert caught.value.problems[0].found == "AR4-GWP100, AR6-GWP100"


def test_a_metric_is_chosen_by_name_or_refused_with_the_known_names():
    listed = [("CO2", "A", 1.0, "s1"), ("N2O", "A", 273.0, "s1"), ("N2O", "B", 298.0, "s2")]
    assert choose_metric("A", iter(listed)).factors == {"CO2": 1.0, "N2O": 273.0}
    assert choose_metric("B", listed).source == "s2"
    with pytest.raises(InputError) as caught:
        choose_metric("C", listed)
    assert caught.value.problems[0].expected() == "one of A, B"


# --- stack --------------------------------------------------------------------------------------------------------------


def test_stack_writes_constants_out_and_fills_the_rest_with_null(rows):
    first = EmissionTable(rows([1.0]).drop("scope"), fixed={"scope": "1", "method": "m1"})
    second = EmissionTable(rows([2.0], sd=[0.5], energy=[9.0]).drop("scope"), fixed={"scope": "2", "basis": "market"})
    stacked = EmissionTable.stack([first, second]).to_polars()
    assert stacked.select("value", "scope", "basis", "method", "sd", "energy", "scenario").rows() == [
        (1.0, "1", "all", "m1", None, None, "observed"),
        (2.0, "2", "market", None, 0.5, 9.0, "observed"),
    ]


def test_stack_joins_labels_of_different_kinds(rows):
    first = EmissionTable(rows([1.0], place="a").with_columns(pl.col("place").cast(pl.Categorical)))
    second = EmissionTable(rows([2.0], place="b"))
    assert EmissionTable.stack([first, second]).to_polars()["place"].to_list() == ["a", "b"]
    assert EmissionTable.stack([second, first]).to_polars()["place"].to_list() == ["b", "a"]


def test_stack_refuses_code_lists_that_contradict(emissions):
    other = CodeList("other places", {"north": None})
    first = emissions([1.0], place="north").with_codes(place=PLACES)
    second = emissions([2.0], place="north").with_codes(place=other)
    with pytest.raises(DoubleCountError) as caught:
        EmissionTable.stack([first, second])
    assert caught.value.problems[0].code == "codes_differ"
    same = CodeList("places read again", dict(PLACES.parents), file="again.csv")
    assert EmissionTable.stack([first, emissions([2.0], place="south").with_codes(place=same)]).to_polars().height == 2


def test_a_row_without_number_and_key_is_never_written_out():
    hole = nw.from_native(pl.LazyFrame({"value": [None]}, schema={"value": pl.Float64}))
    fixed = dict.fromkeys(("place", "sector", "activity", "gas"), "x") | {"time": "2020", "scope": "1", "unit": "t"}
    with pytest.raises(CoverageError) as caught:
        EmissionTable.trusted(hole, fixed=fixed).to_polars()
    assert caught.value.problems[0].code == "number_missing"
