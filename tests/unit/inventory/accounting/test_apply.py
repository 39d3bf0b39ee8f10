"""Emission = activity × factor: regions of places, needs, units of factors, and the multiplication itself."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError, UnitError
from citycarbon.core.tables import ActivityTable, FactorTable, PlaceTable
from citycarbon.core.totals import total
from citycarbon.core.warming import WarmingMetric
from citycarbon.inventory.accounting.apply import Account, match, multiply, needs_of, per_unit, regions_of

ACCOUNT = Account("test.method", "1", "location")


def activity(**columns: object) -> ActivityTable:
    base = {"place": "A", "time": "2020", "sector": "s", "activity": "diesel", "value": 2.0, "unit": "kg"}
    listed = {name: cell if isinstance(cell, list) else [cell] for name, cell in {**base, **columns}.items()}
    longest = max(map(len, listed.values()))
    return ActivityTable(pl.DataFrame({name: cell * (longest // len(cell)) for name, cell in listed.items()}))


def factors(*rows: dict[str, object]) -> FactorTable:
    base = {"activity": "diesel", "gas": "CO2", "value": 3.0, "unit": "t/t"}
    return FactorTable(pl.DataFrame([{**base, **row} for row in rows or ({},)], infer_schema_length=None))


def places(*rows: tuple[str, str | None, str | None]) -> PlaceTable:
    schema = {"place": pl.String, "parent": pl.String, "region": pl.String}
    return PlaceTable(pl.DataFrame(rows, schema=schema, orient="row"))


# --- regions ----------------------------------------------------------------------------------------------------------


def test_a_place_that_is_a_region_needs_no_table() -> None:
    assert regions_of(["上海", "CN-JS", "somewhere"], None) == {"上海": "CN-SH", "CN-JS": "CN-JS", "somewhere": None}


def test_a_place_takes_its_own_region_then_that_of_its_nearest_parent() -> None:
    table = places(
        ("city", None, "江苏"), ("district", "city", None), ("street", "district", "Shanghai"), ("lane", "street", None)
    )
    found = regions_of(["lane", "street", "district", "city"], table)
    assert found == {"lane": "CN-SH", "street": "CN-SH", "district": "CN-JS", "city": "CN-JS"}


def test_a_place_without_region_in_the_table_may_be_a_region_itself() -> None:
    table = places(("上海", None, None), ("home", None, None))
    assert regions_of(["上海", "home", "not listed"], table) == {"上海": "CN-SH", "home": None, "not listed": None}


def test_an_unknown_region_is_refused_with_its_place() -> None:
    with pytest.raises(CoverageError) as caught:
        regions_of(["A"], places(("A", None, "Atlantis")))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.item, problem.found) == ("region_unknown", "A", "Atlantis")


# --- needs and matches --------------------------------------------------------------------------------------------------


def test_needs_are_distinct_and_remember_their_first_row() -> None:
    table = activity(place=["A", "A", "B"], value=[1.0, 2.0, 3.0], provenance_id=["f.csv:4", "f.csv:2", "f.csv:3"])
    needs = needs_of(table)
    assert needs.select("place", "unit", "provenance_id").rows() == [("A", "kg", "f.csv:2"), ("B", "kg", "f.csv:3")]


def test_needs_write_constants_out() -> None:
    frame = pl.DataFrame({"place": ["A"], "time": ["2020"], "activity": ["diesel"], "value": [1.0]})
    needs = needs_of(ActivityTable(frame, fixed={"sector": "s", "unit": "kg"}))
    assert needs.select("place", "time", "sector", "activity", "unit").rows() == [("A", "2020", "s", "diesel", "kg")]


def test_coefficients_are_tonnes_per_unit_of_the_activity() -> None:
    """3 kg per kg is 0.003 t per kg; 74.1 kg/GJ is 0.0741 t per GJ and 0.26676 t per MWh."""
    matched = match(activity(), factors({"value": 3.0, "unit": "kg/kg", "sd": 0.5}), None)
    assert matched.select("coefficient", "coefficient_sd").rows() == [(pytest.approx(0.003), pytest.approx(0.0005))]
    power = match(activity(unit="MWh"), factors({"value": 74.1, "unit": "kg/GJ"}), None)
    assert power["coefficient"][0] == pytest.approx(0.0741 * 3.6, rel=1e-12)


def test_a_factor_whose_numerator_is_no_mass_is_refused() -> None:
    matched = match(activity(), factors(), None).with_columns(pl.lit("kWh/kg").alias("factor_unit"))
    with pytest.raises(UnitError):
        per_unit(matched.drop("scale", "coefficient", "coefficient_sd"))


# --- multiplication -----------------------------------------------------------------------------------------------------


def test_value_scope_basis_method_and_factor_are_filed() -> None:
    table = activity(value=[2.0, 5.0], scenario=["observed", "low"])
    made = multiply(table, match(table, factors({"factor_id": "f"}), None), ACCOUNT).to_polars()
    assert made["value"].to_list() == pytest.approx([0.006, 0.015], rel=1e-12)
    filed = made.select("scope", "basis", "method", "unit", "gas", "factor_id", "flow").unique().rows()
    assert filed == [("1", "location", "test.method", "t", "CO2", "f", "emission")]
    assert made["scenario"].to_list() == ["observed", "low"]


def test_the_rule_of_the_match_is_on_the_row() -> None:
    table = activity(place="上海", value=1.0, unit="t", time="2024")
    found = match(table, factors({"valid_to": 2022, "region": "CN"}), None, year_rule="latest")
    made = multiply(table, found, ACCOUNT).to_polars()
    assert made["rule"].to_list() == ["region CN holds for CN-SH; YEAR 2024 uses the factor valid …-2022"]


def test_every_gas_has_its_row() -> None:
    table = activity(value=10.0, unit="GJ")
    chosen = factors({"unit": "kg/GJ", "value": 74.1}, {"gas": "CH4", "unit": "g/GJ", "value": 3.0})
    made = multiply(table, match(table, chosen, None), ACCOUNT).to_polars()
    assert dict(made.select("gas", "value").iter_rows()) == pytest.approx({"CO2": 0.741, "CH4": 3e-5}, rel=1e-12)


def test_uncertainty_of_a_product_is_exact_and_its_parts_are_kept() -> None:
    """A = 10 ± 1, F = 3 ± 0.3 t/t: sd² = (3·1)² + (10·0.3)² + (1·0.3)² = 18.09; parts 3 and 3."""
    table = activity(value=10.0, unit="t", sd=1.0, error_group="scale 1")
    made = multiply(table, match(table, factors({"factor_id": "f", "sd": 0.3}), None), ACCOUNT).to_polars()
    row = made.row(0, named=True)
    assert row["sd"] == pytest.approx(18.09**0.5, rel=1e-12)
    assert (row["sd_activity"], row["sd_factor"]) == pytest.approx((3.0, 3.0), rel=1e-12)
    assert (row["activity_error_group"], row["error_group"]) == ("scale 1", "f")


def test_uncertainty_that_is_not_stated_stays_empty() -> None:
    table = activity(value=[10.0, 10.0], unit="t", sd=[1.0, None], place=["A", "B"])
    made = multiply(table, match(table, factors(), None), ACCOUNT).to_polars().sort("place")
    assert made["sd"].to_list() == [pytest.approx(3.0), None]


def test_rows_of_one_factor_share_its_error() -> None:
    """Two rows of 10 t with F = 3 ± 0.3: each 3 t from the factor, together 6 and not 4.24."""
    table = activity(value=[10.0, 10.0], unit="t", place=["A", "B"])
    made = multiply(table, match(table, factors({"sd": 0.3}), None), ACCOUNT)
    assert total(made)["sd"][0] == pytest.approx(6.0, rel=1e-12)


def test_gases_of_one_row_share_the_error_of_its_activity() -> None:
    """1 ± 0.1 GJ emits CO2 and CH4: as CO2e 2 + 3 = 5 ± 0.5 t, since both come from the same meter."""
    table = activity(value=1.0, unit="GJ", sd=0.1, provenance_id="meters.csv:2")
    chosen = factors({"unit": "t/GJ", "value": 2.0}, {"gas": "CH4", "unit": "t/GJ", "value": 1.5})
    made = multiply(table, match(table, chosen, None), ACCOUNT)
    summed = total(made.to_co2e(WarmingMetric("double", {"CO2": 1.0, "CH4": 2.0}, "test")))
    assert summed.select("value", "sd").rows() == [(pytest.approx(5.0), pytest.approx(0.5))]


def test_a_factor_below_zero_makes_removals() -> None:
    """2 ha of forest take 2 · 2.4 t out of the air; cropland beside it emits."""
    table = activity(activity=["forest", "cropland"], unit="ha", sd=0.5)
    chosen = factors(
        {"activity": "forest", "unit": "t/ha", "value": -2.4}, {"activity": "cropland", "unit": "t/ha", "value": 1.5}
    )
    rows = multiply(table, match(table, chosen, None), ACCOUNT).to_polars().sort("activity")
    assert rows.select("activity", "value", "flow").rows() == [
        ("cropland", pytest.approx(3.0), "emission"), ("forest", pytest.approx(-4.8), "removal"),
    ]  # fmt: skip
    assert rows["sd_activity"].to_list() == pytest.approx([0.75, 1.2])


def test_rows_keep_the_order_of_the_activity() -> None:
    table = activity(place=["C", "A", "B"], value=[1.0, 2.0, 3.0], unit="t")
    chosen = factors({}, {"gas": "CH4", "value": 1.0})
    rows = multiply(table, match(table, chosen, None), ACCOUNT).to_polars()
    assert rows.select("place", "gas").rows() == [(place, gas) for place in "CAB" for gas in ("CH4", "CO2")]


def test_working_columns_are_multiplied_too() -> None:
    table = activity(value=4.0, unit="t")
    coefficients = match(table, factors(), None).with_columns(pl.lit(42.0).alias("energy"))
    made = multiply(table, coefficients, ACCOUNT, working=["energy"]).to_polars()
    assert made.select("value", "energy").rows() == [(12.0, 168.0)]


def test_constants_of_the_activity_filter_the_coefficients() -> None:
    frame = pl.DataFrame(
        {"place": ["A", "B"], "time": ["2020", "2020"], "activity": ["diesel", "diesel"], "value": [1.0, 2.0]}
    )
    table = ActivityTable(frame, fixed={"sector": "s", "unit": "t"})
    made = multiply(table, match(table, factors(), None), ACCOUNT).to_polars()
    assert made.select("place", "sector", "unit", "value").rows() == [("A", "s", "t", 3.0), ("B", "s", "t", 6.0)]


def test_a_lazy_frame_gives_a_lazy_table_with_the_same_numbers() -> None:
    table = activity(value=[2.0, 5.0], place=["A", "B"])
    lazy = ActivityTable(table.to_polars().lazy())
    made = multiply(lazy, match(lazy, factors(), None), ACCOUNT)
    eager = multiply(table, match(table, factors(), None), ACCOUNT)
    assert made.to_polars().sort("place").equals(eager.to_polars().sort("place"))


def test_a_row_without_coefficient_is_an_error_and_not_a_zero() -> None:
    table = activity(place=["A", "B"])
    coefficients = match(table, factors(), None).filter(pl.col("place") == "A")
    with pytest.raises(CoverageError) as caught:
        multiply(table, coefficients, ACCOUNT)
    (problem,) = caught.value.problems
    assert problem.code == "factor_missing"
    assert "B" in problem.found


def test_the_notation_of_a_gap_reaches_the_emission() -> None:
    table = activity(value=1.0, unit="GJ")
    chosen = factors({"unit": "kg/GJ"}, {"gas": "CH4", "unit": "kg/GJ", "sector": "road"})
    made = multiply(table, match(table, chosen, None), ACCOUNT).to_polars().sort("gas")
    assert made.select("gas", "value", "notation").rows() == [("CH4", None, "NE"), ("CO2", pytest.approx(0.003), None)]


def test_code_lists_of_the_activity_are_kept() -> None:
    table = activity().with_codes(place=places(("A", None, None)).code_list())
    made = multiply(table, match(table, factors(), None), ACCOUNT)
    assert "A" in made.codes["place"]


def test_all_missing_factors_are_told_at_once() -> None:
    table = activity(activity=["diesel", "peat", "straw"], value=[1.0, 1.0, 1.0], provenance_id=["f:1", "f:2", "f:3"])
    with pytest.raises(InputError) as caught:
        match(table, factors(), None)
    assert [(p.code, p.where.rows) for p in caught.value.problems] == [
        ("factor_missing", (2,)),
        ("factor_missing", (3,)),
    ]


@pytest.mark.parametrize("labels", [pl.String, pl.Categorical])
def test_rows_keep_their_order_and_their_own_coefficient(labels: type[pl.DataType]) -> None:
    rng = np.random.default_rng(3)
    names = [f"fuel-{index}" for index in range(7)]
    pick = rng.integers(0, 7, 1000)
    rows = pl.DataFrame({"place": "a", "time": "2020", "sector": "s", "unit": "t", "value": rng.random(1000)})
    rows = rows.with_columns(pl.Series("activity", [names[index] for index in pick]))
    table = ActivityTable(rows.with_columns(pl.col("place", "time", "sector", "activity").cast(labels)))
    values = rng.random(7)
    coefficients = pl.DataFrame({"activity": names[::-1], "gas": "CO2", "coefficient": values[::-1]})
    made = multiply(table, coefficients, ACCOUNT, on=["activity"]).to_polars()
    assert made["activity"].to_list() == rows["activity"].to_list()
    assert np.array_equal(made["value"].to_numpy(), rows["value"].to_numpy() * values[pick])
