"""Bring your own engine: each table operation and the accounting join give on every engine what they give on Polars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import CoverageError, DoubleCountError, SchemaError
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.totals import total
from citycarbon.core.warming import WarmingMetric
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.apply import Account, multiply
from citycarbon.inventory.accounting.combustion import combustion
from citycarbon.inventory.accounting.electricity import electricity

pytestmark = pytest.mark.engines

# Engines add in different orders; some ten additions of doubles differ by 1e-15, and 1e-12 is what the architecture promises.
SAME = 1e-12
ENGINES = ("polars", "polars-lazy", "pandas", "duckdb", "duckdb-separate", "spark")
LAZY = ("polars-lazy", "duckdb", "duckdb-separate", "spark")
METRIC = WarmingMetric("AR6-GWP100", {"CO2": 1.0, "CH4-fossil": 29.8, "CH4": 27.9, "N2O": 273.0}, "ipcc_ar6")


@dataclass(frozen=True)
class Engine:
    """An engine by name, and how a Polars frame becomes its frame."""

    name: str
    native: Callable[[pl.DataFrame], Any]


@pytest.fixture(params=ENGINES)
def engine(request, engine_module) -> Iterator[Engine]:
    """Each engine in turn."""
    name = request.param
    if name == "polars":
        yield Engine(name, lambda frame: frame)
    elif name == "polars-lazy":
        yield Engine(name, lambda frame: frame.lazy())
    elif name == "pandas":
        engine_module("pandas")
        yield Engine(name, lambda frame: frame.to_pandas())
    elif name == "duckdb":
        duckdb = engine_module("duckdb")
        yield Engine(name, lambda frame: duckdb.from_arrow(frame.to_arrow()))
    elif name == "duckdb-separate":
        connection = engine_module("duckdb").connect()
        yield Engine(name, lambda frame: connection.from_arrow(frame.to_arrow()))
        connection.close()
    else:
        session = request.getfixturevalue("spark")
        kinds = {pl.Float64: "double", pl.String: "string", pl.Int64: "bigint"}
        yield Engine(
            name,
            lambda frame: session.createDataFrame(
                frame.to_dicts(), ", ".join(f"`{column}` {kinds[type(kind)]}" for column, kind in frame.schema.items())
            ),
        )


def emission_rows() -> pl.DataFrame:
    """Two dozen rows with mixed units, scopes, gases, shared errors, removals and notation keys."""
    found = []
    for number in range(24):
        removal, unknown = number % 11 == 10, number % 7 == 6
        value = None if unknown else (-1.0 if removal else 1.0) * (number + 1) / 7
        found.append(
            {
                "place": "abc"[number % 3],
                "time": ("2019", "2020")[number % 2],
                "sector": ("industry", "buildings", "transport")[number // 8],
                "activity": ("diesel", "electricity")[number // 4 % 2],
                "scope": "123"[number % 4 % 3],
                "gas": ("CO2", "CH4-fossil", "N2O", "CO2-biogenic")[number % 4],
                "value": value,
                "unit": ("kg", "t", "万t")[number % 3],
                "sd": None if unknown or number % 5 == 0 else abs(value) / 10,
                "error_group": (None, "grid", "fuel")[number // 2 % 3],
                "flow": "removal" if removal else None,
                "notation": "NE" if unknown else None,
                "scenario": None if number % 2 else "observed",
                "provenance_id": f"facts.csv:{number + 2}",
            }
        )
    return pl.DataFrame(found, infer_schema_length=None)


def polars_of(made: Any) -> pl.DataFrame:
    """Collect a table or a native frame into Polars."""
    if isinstance(made, Table):
        return made.to_polars()
    frame = nw.from_native(made)
    return (frame.collect(backend="polars") if isinstance(frame, nw.LazyFrame) else frame).to_polars()


def assert_same(made: Any, expected: Any, key: Sequence[str] = ()) -> None:
    """Compare after sorting: words and nulls exactly, numbers to SAME."""
    found, wanted = polars_of(made), polars_of(expected)
    assert found.columns == wanted.columns
    order = list(key) or [name for name, kind in wanted.schema.items() if kind == pl.String]
    found, wanted = found.sort(order, nulls_last=True), wanted.sort(order, nulls_last=True)
    for name in wanted.columns:
        # pandas writes an empty number as NaN
        cells = [None if cell != cell else cell for cell in found[name].to_list()]
        if wanted.schema[name].is_float():
            assert cells == [
                None if cell is None else pytest.approx(cell, rel=SAME) for cell in wanted[name].to_list()
            ], name
        else:
            assert cells == wanted[name].to_list(), name


def pair(engine: Engine, frame: pl.DataFrame, **options: Any) -> tuple[EmissionTable, EmissionTable]:
    """The same emission table on the engine and on Polars."""
    return EmissionTable(engine.native(frame), **options), EmissionTable(frame, **options)


# --- table operations ---------------------------------------------------------------------------------------------------


def test_a_table_is_read_and_written_out(engine):
    made, expected = pair(engine, emission_rows())
    assert_same(made, expected, ["provenance_id"])
    assert made.to_polars()["scenario"].unique().to_list() == ["observed"]


def test_whole_numbers_become_numbers(engine):
    frame = emission_rows().filter(pl.col("value").is_not_null()).drop("notation", "sd", "flow")
    frame = frame.with_columns(value=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), time=pl.lit(2020, dtype=pl.Int64))
    made, expected = pair(engine, frame)
    assert_same(made, expected, ["provenance_id"])
    assert made.to_polars().schema["value"] == pl.Float64


def test_the_same_problems_are_found_in_the_same_rows(engine):
    frame = emission_rows().with_columns(
        sd=pl.when(pl.col("provenance_id") == "facts.csv:4").then(-1.0).otherwise("sd"),
        time=pl.when(pl.col("provenance_id") == "facts.csv:5").then(pl.lit("2020年")).otherwise("time"),
        scope=pl.when(pl.col("provenance_id") == "facts.csv:6").then(pl.lit("7")).otherwise("scope"),
        place=pl.when(pl.col("provenance_id") == "facts.csv:7").then(None).otherwise("place"),
        flow=pl.when(pl.col("provenance_id") == "facts.csv:3").then(pl.lit("removal")).otherwise("flow"),
        unknown=pl.lit(None, dtype=pl.String),
    )
    with pytest.raises(SchemaError) as caught:
        EmissionTable(engine.native(frame))
    assert [item.where.column for item in caught.value.problems] == ["unknown"]
    with pytest.raises(SchemaError) as caught:
        EmissionTable(engine.native(frame.drop("unknown")))
    assert {(item.code, item.where.column, item.where.rows) for item in caught.value.problems} == {
        ("value_empty", "place", (7,)),
        ("value_negative", "sd", (4,)),
        ("time_wrong", "time", (5,)),
        ("value_not_listed", "scope", (6,)),
        ("flow_sign", "value", ()),
    }


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 1e301])
def test_a_number_that_is_not_finite_is_refused(engine, number):
    frame = emission_rows().with_columns(value=pl.when(pl.col("value") > 2).then(number).otherwise("value"))
    with pytest.raises(SchemaError) as caught:
        EmissionTable(engine.native(frame))
    assert caught.value.problems[0].code == "value_not_finite"


@pytest.mark.parametrize(
    "wanted",
    [
        {"place": "a"},
        {"place": ["a", "c"], "gas": ["CO2", "N2O"]},
        {"scenario": "observed"},
        {"basis": "all"},
        {"basis": "market"},
        {"place": "nowhere"},
    ],
)
def test_filter(engine, wanted):
    made, expected = pair(engine, emission_rows())
    assert_same(made.filter(**wanted), expected.filter(**wanted), ["provenance_id"])


def test_with_unit(engine):
    made, expected = pair(engine, emission_rows())
    assert_same(made.with_unit("t"), expected.with_unit("t"), ["provenance_id"])
    assert_same(made.filter(unit="kg").with_unit("kt"), expected.filter(unit="kg").with_unit("kt"), ["provenance_id"])


def test_to_co2e_with_its_memo_rows(engine):
    made, expected = pair(engine, emission_rows())
    assert_same(made.to_co2e(METRIC), expected.to_co2e(METRIC), ["provenance_id"])
    plain = {"gas": ["CO2", "N2O"]}
    assert_same(made.filter(**plain).to_co2e(METRIC), expected.filter(**plain).to_co2e(METRIC), ["provenance_id"])


def test_stack(engine):
    frame = emission_rows()
    fixed = {"scope": "2", "basis": "market", "method": "m"}
    made, expected = pair(engine, frame)
    other = frame.drop("scope", "sd", "error_group").with_columns(energy=pl.lit(3.0))
    made_other, expected_other = pair(engine, other, fixed=fixed)
    stacked = EmissionTable.stack([made, made_other])
    assert_same(stacked, EmissionTable.stack([expected, expected_other]), ["provenance_id", "basis"])
    by = ["place", "basis", "gas"]
    assert_same(
        total(stacked.with_unit("t"), by, scopes="scope_1_2_3"),
        total(EmissionTable.stack([expected, expected_other]).with_unit("t"), by, scopes="scope_1_2_3"),
    )


@pytest.mark.parametrize(
    ("by", "scopes"),
    [
        (["gas"], "scope_1_2_3"),
        (["place", "gas"], "scope_1_2"),
        (["gas", "time", "sector", "scope"], None),
        (["place", "time", "sector", "activity", "scope", "gas", "flow", "error_group"], None),
        (["gas", "scenario", "basis", "method"], "territorial"),
    ],
)
def test_total_by_several_dimensions(engine, by, scopes):
    made, expected = pair(engine, emission_rows())
    found = total(made.with_unit("t"), by, scopes=scopes)
    assert_same(found, total(expected.with_unit("t"), by, scopes=scopes), by)
    assert type(found) is type(engine.native(pl.DataFrame({"place": ["a"]})))


def test_the_whole_in_co2_equivalent(engine):
    made, expected = pair(engine, emission_rows())
    wanted = total(expected.to_co2e(METRIC).filter(gas="CO2e").with_unit("t"), scopes="scope_1_2_3")
    assert wanted["value"][0] > 0
    assert wanted["sd"][0] > 0
    assert_same(total(made.to_co2e(METRIC).filter(gas="CO2e").with_unit("t"), scopes="scope_1_2_3"), wanted, ["unit"])


def test_a_group_of_notation_keys_only_is_null_and_not_zero(engine):
    frame = emission_rows().filter(pl.col("gas") == "CO2")
    frame = frame.with_columns(
        value=pl.when(pl.col("place") == "a").then(None).otherwise("value"),
        sd=pl.when(pl.col("place") == "a").then(None).otherwise("sd"),
        notation=pl.when((pl.col("place") == "a") | pl.col("value").is_null()).then(pl.lit("NO")),
    )
    found = polars_of(total(EmissionTable(engine.native(frame)).with_unit("t"), ["place"], scopes="scope_1_2_3"))
    cells = {row["place"]: row["value"] for row in found.sort("place").to_dicts()}
    assert cells["a"] is None or cells["a"] != cells["a"]  # pandas writes NaN
    assert cells["b"] > 0


def test_an_empty_selection_has_no_groups(engine):
    made, _ = pair(engine, emission_rows())
    found = total(made.filter(place="nowhere").with_unit("t"), ["place"])
    assert polars_of(found).height == 0


def test_the_rules_on_sums_hold(engine):
    frame = emission_rows().with_columns(scenario=pl.when(pl.col("place") == "a").then(pl.lit("low")))
    table = EmissionTable(engine.native(frame)).with_unit("t")
    with pytest.raises(DoubleCountError) as caught:
        total(table, ["place"])
    assert {item.code for item in caught.value.problems} == {"sum_gas", "sum_alternatives", "sum_scope"}
    places = CodeList("places", {"a": None, "b": "a", "c": "a"})
    nested = table.with_codes(place=places).filter(gas="CO2", scope="1")
    assert polars_of(total(nested.filter(place=["b", "c"]), ["time"])).height > 0
    with pytest.raises(DoubleCountError) as caught:
        total(nested, ["time", "scenario"])
    assert {item.code for item in caught.value.problems} == {"sum_parent_child"}


def test_codes_outside_the_list_are_found(engine):
    made, _ = pair(engine, emission_rows())
    with pytest.raises(CoverageError) as caught:
        made.with_codes(place=CodeList("places", {"a": None, "b": None}))
    assert [(item.found, len(item.where.rows)) for item in caught.value.problems] == [("c", 5)]


# --- the accounting join ------------------------------------------------------------------------------------------------

COEFFICIENTS = pl.DataFrame(
    [
        ("diesel", "t", "CO2", 3.1, 0.1, "d", None, 42.6),
        ("diesel", "t", "N2O", 2.5e-5, 1e-5, "n", None, 42.6),
        ("coal", "t", "CO2", 1.9, None, "c", None, 20.9),
        ("coal", "t", "N2O", None, None, None, "NE", 20.9),
        ("gas", "万m3", "CO2", 21.6, 0.5, "g", None, None),
    ],
    schema=["activity", "unit", "gas", "coefficient", "coefficient_sd", "factor_group", "notation", "energy"],
    orient="row",
).with_columns(factor_id=pl.format("id.{}", pl.col("factor_group")))


def activity_rows() -> pl.DataFrame:
    """Fuel of three places in two years, some with an uncertainty of its own."""
    found = []
    for number in range(18):
        fuel, unit = (("diesel", "t"), ("coal", "t"), ("gas", "万m3"))[number % 3]
        found.append(
            {
                "place": "abc"[number // 6],
                "time": ("2019", "2020")[number % 2],
                "sector": ("industry", "transport")[number // 2 % 2],
                "activity": fuel,
                "value": (number + 1) * 1.7,
                "unit": unit,
                "sd": 0.1 * number if number % 4 else None,
                "error_group": "meter" if number % 5 == 1 else None,
                "quality": "H",
                "provenance_id": f"fuels.csv:{number + 2}",
            }
        )
    return pl.DataFrame(found, infer_schema_length=None)


def test_the_join_multiplies_each_row_by_each_of_its_gases(engine):
    options = {"on": ("activity", "unit"), "working": ("energy",)}
    account = Account("test.join", "1")
    made = multiply(ActivityTable(engine.native(activity_rows())), COEFFICIENTS, account, **options)
    expected = multiply(ActivityTable(activity_rows()), COEFFICIENTS, account, **options)
    assert expected.to_polars().height == 18 + 6 + 6  # diesel and coal have two gases
    assert_same(made, expected, ["provenance_id", "gas"])
    # A hand-worked row: 1.7 t of diesel; the energy repeats for each gas.
    row = made.filter(gas="CO2", activity="diesel").to_polars().sort("value").row(0, named=True)
    assert (row["value"], row["energy"]) == pytest.approx((1.7 * 3.1, 1.7 * 42.6), rel=SAME)
    by = ["gas", "place", "sector"]
    assert_same(total(made, by), total(expected, by), by)


def test_a_constant_column_is_filtered_and_not_joined(engine):
    frame = activity_rows().filter(pl.col("activity") == "diesel").drop("activity", "unit")
    fixed = {"activity": "diesel", "unit": "t"}
    options = {"on": ("place", "activity", "unit")}
    coefficients = COEFFICIENTS.join(pl.DataFrame({"place": ["a", "b", "c"]}), how="cross")
    made = multiply(ActivityTable(engine.native(frame), fixed=fixed), coefficients, Account("m", "1"), **options)
    expected = multiply(ActivityTable(frame, fixed=fixed), coefficients, Account("m", "1"), **options)
    assert_same(made, expected, ["provenance_id", "gas"])
    assert made.to_polars().height == 12


def test_a_row_without_coefficient_raises_before_any_number_leaves(engine):
    frame = activity_rows().with_columns(
        activity=pl.when(pl.col("place") == "b").then(pl.lit("peat")).otherwise("activity")
    )
    activity = ActivityTable(engine.native(frame))
    join = {"on": ("activity", "unit")}
    if engine.name not in LAZY:
        with pytest.raises(CoverageError):
            multiply(activity, COEFFICIENTS, Account("m", "1"), **join)
        return
    table = multiply(activity, COEFFICIENTS, Account("m", "1"), **join)
    for refused in (
        lambda: total(table, ["gas"]),
        lambda: total(table, ["place", "gas"], scopes="territorial"),
        lambda: total(table.filter(gas="CO2")),
        lambda: total(table.with_unit("kg").to_co2e(METRIC)),
        lambda: total(EmissionTable.stack([table, table]), ["gas"]),
        table.to_polars,
        lambda: table.filter(gas="CO2").to_polars(),
    ):
        with pytest.raises(CoverageError) as caught:
            refused()
        assert caught.value.problems[0].code == "number_missing"


FUELS = pl.DataFrame(
    [
        ("A", "2019", "energy_industries", "bituminous_coal", 1200.0, "t"),
        ("A", "2019", "residential", "bituminous_coal", 3.5, "万吨"),
        ("B", "2019", "residential", "diesel", 800.0, "kg"),
        ("B", "2020", "commercial", "natural_gas", 40.0, "TJ"),
        ("B", "2020", "industry", "natural_gas", 2.0, "TJ"),
    ],
    schema=["place", "time", "sector", "activity", "value", "unit"],
    orient="row",
).with_columns(sd=pl.col("value") * 0.05, provenance_id=pl.format("fuels.csv:{}", pl.int_range(2, pl.len() + 2)))


@pytest.mark.parametrize("edition", ["cn-enterprise", "ipcc-2006"])
def test_combustion(engine, edition):
    factors = shipped_library().choose([edition])
    fuels = FUELS
    if edition == "cn-enterprise":
        fuels = FUELS.with_columns(activity=pl.lit("diesel"))
    made = combustion(ActivityTable(engine.native(fuels)), factors)
    expected = combustion(ActivityTable(fuels), factors)
    assert expected.to_polars()["value"].drop_nulls().min() > 0
    assert_same(made, expected, ["provenance_id", "gas"])
    by = ["place", "time", "gas", "method"]
    assert_same(total(made, by, scopes="territorial"), total(expected, by, scopes="territorial"), by)


POWER = pl.DataFrame(
    [
        ("site", "2019", "home", "electricity", 1601.0, "kWh"),
        ("site", "2019", "works", "electricity_contracted", 12.0, "万kWh"),
        ("quarter", "2019", "home", "electricity", 3.0, "GWh"),
        ("上海", "2019", "home", "electricity", 5.0, "MWh"),
    ],
    schema=["place", "time", "sector", "activity", "value", "unit"],
    orient="row",
).with_columns(provenance_id=pl.format("power.csv:{}", pl.int_range(2, pl.len() + 2)))
PLACES = pl.DataFrame(
    {"place": ["site", "quarter", "上海"], "parent": [None, "site", None], "region": ["CN-SH", None, "CN-SH"]}
)
CONTRACTS = pl.DataFrame(
    {
        "factor_id": ["mine.residual", "mine.wind"],
        "quantity": ["residual_mix", "emission_factor"],
        "activity": ["electricity", "electricity_contracted"],
        "gas": ["CO2", "CO2"],
        "region": ["CN", "CN"],
        "value": [0.65, 0.011],
        "unit": ["t/MWh", "kg/kWh"],
        "sd": [0.02, None],
        "edition": ["mine", "mine"],
    }
)


@pytest.mark.parametrize("basis", ["location", "market", "both"])
def test_electricity(engine, basis):
    margins = shipped_library().choose(["mee-baseline-2019"]).to_polars()
    factors = FactorTable(pl.concat([margins, FactorTable(CONTRACTS).to_polars()]))
    places = PlaceTable(PLACES)
    options = {"basis": basis, "operating_margin_weight": 0.75}
    made = electricity(ActivityTable(engine.native(POWER)), factors, places, **options)
    expected = electricity(ActivityTable(POWER), factors, places, **options)
    assert expected.to_polars().height == (8 if basis == "both" else 4)
    assert_same(made, expected, ["provenance_id", "basis"])
    by = ["place", "basis", "gas"]
    assert_same(total(made, by, scopes="scope_1_2"), total(expected, by, scopes="scope_1_2"), by)


def test_from_fuel_and_power_to_one_total_in_co2_equivalent(engine):
    fuels, power = FUELS.with_columns(place=pl.lit("site")), POWER.filter(pl.col("activity") == "electricity")
    library = shipped_library()

    def account(native: Callable[[pl.DataFrame], Any]) -> Any:
        burnt = combustion(ActivityTable(native(fuels)), library.choose(["ipcc-2006"]))
        used = electricity(ActivityTable(native(power)), library.choose(["mee-baseline-2019"]), PlaceTable(PLACES))
        return total(EmissionTable.stack([burnt, used]).to_co2e(METRIC), ["place", "time"], scopes="scope_1_2")

    assert_same(account(engine.native), account(lambda frame: frame), ["place", "time"])
