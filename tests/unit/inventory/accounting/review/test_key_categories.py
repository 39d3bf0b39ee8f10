"""Key categories, worked by hand."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import DoubleCountError, InputError
from citycarbon.core.tables import EmissionTable
from citycarbon.inventory.accounting.review import key_categories
from citycarbon.inventory.accounting.review.account import reviewed

ROW = {"place": "A", "activity": "x", "scope": "1", "gas": "CO2e", "unit": "t"}


def table(values: dict[tuple[str, str], float], **more: object) -> EmissionTable:
    """Rows of CO2e by (year, sector)."""
    keys = list(values)
    columns = {"time": [key[0] for key in keys], "sector": [key[1] for key in keys], "value": list(values.values())}
    return EmissionTable(pl.DataFrame({**ROW, **columns, **more}))


def found(made: object, **wanted: str) -> pl.DataFrame:
    """Rows of a result."""
    rows = made.to_polars()
    return rows.filter(**wanted) if wanted else rows


def test_the_category_that_crosses_the_threshold_is_key():
    """70 + 26 = 96 % is the first sum over 95 %."""
    rows = found(key_categories(table({("2020", "power"): 70, ("2020", "road"): 26, ("2020", "waste"): 4})))
    assert rows.select("sector", "share", "cumulative", "key").rows() == [
        ("power", 0.7, 0.7, "yes"), ("road", 0.26, 0.96, "yes"), ("waste", 0.04, 1.0, "no"),
    ]  # fmt: skip
    assert rows["tier"].unique().to_list() == ["1"]


def test_a_sum_that_meets_the_threshold_is_enough():
    """60 + 35 = 95 % is reached, so the third category is not key, whatever binary fractions say."""
    rows = found(key_categories(table({("2020", "a"): 60, ("2020", "b"): 35, ("2020", "c"): 5})))
    assert rows["key"].to_list() == ["yes", "yes", "no"]


def test_removals_enter_the_level_by_their_size():
    """|−20| of 120."""
    rows = found(key_categories(table({("2020", "power"): 100, ("2020", "forest"): -20}, flow=["emission", "removal"])))
    assert rows["share"].to_list() == pytest.approx([100 / 120, 20 / 120])


def test_trend_with_a_new_category():
    """ΣE 100 → 110. T: power 0.7·|−10/70 − 0.1| = 0.17; rail (new) 10/100 = 0.1; road 0.26·|10/26 − 0.1| = 0.074; waste 0.004."""
    base = {("2010", "power"): 70, ("2010", "road"): 26, ("2010", "waste"): 4}
    now = {("2020", "power"): 60, ("2020", "road"): 36, ("2020", "waste"): 4, ("2020", "rail"): 10}
    rows = found(key_categories(table({**base, **now}), base_year=2010), assessment="trend")
    assert rows["sector"].to_list() == ["power", "rail", "road", "waste"]
    assert rows["weight"].to_list() == pytest.approx([0.17, 0.1, 0.074, 0.004])
    assert rows["share"].to_list() == pytest.approx([0.17 / 0.348, 0.1 / 0.348, 0.074 / 0.348, 0.004 / 0.348])
    assert rows["key"].to_list() == ["yes", "yes", "yes", "no"]
    assert rows["base_value"].to_list() == [70, 0, 26, 4]
    assert set(rows["time"].to_list()) == {"2020"}
    in_two = found(key_categories(table(now), table(base)), assessment="trend")
    assert in_two.equals(rows)


def test_trend_with_a_sink():
    """ΣE 80 → 70, −12.5 %. Power 100/120·0.125; forest 20/120·|−0.5 + 0.125|."""
    values = {("2010", "power"): 100, ("2010", "forest"): -20, ("2020", "power"): 100, ("2020", "forest"): -30}
    rows = found(
        key_categories(table(values, flow=["emission", "removal"] * 2), base_year=2010), assessment="trend"
    ).sort("sector")
    assert rows["weight"].to_list() == pytest.approx([20 / 120 * 0.375, 100 / 120 * 0.125])


def test_a_category_that_went_away_is_in_the_trend():
    """Base 50 + 50, now 50: T of the lost one 0.5·|−1 + 0.5| = 0.25, of the other 0.5·|0 + 0.5| = 0.25."""
    rows = found(key_categories(table({("2010", "a"): 50, ("2010", "b"): 50, ("2020", "a"): 50}), base_year=2010),
                 assessment="trend")  # fmt: skip
    assert rows.select("sector", "value").rows() == [("a", 50.0), ("b", 0.0)]
    assert rows["weight"].to_list() == pytest.approx([0.25, 0.25])


def test_tier_2_goes_by_uncertainty():
    """L·U: power 0.9·1.96·(1/90), waste 0.1·1.96·(4/10): the small one makes four fifths of the uncertainty."""
    rows = table({("2020", "power"): 90, ("2020", "waste"): 10}, sd=[1.0, 4.0])
    second = found(key_categories(rows), tier="2")
    assert second.select("sector", "key").rows() == [("waste", "yes"), ("power", "yes")]
    assert second["share"].to_list() == pytest.approx([0.8, 0.2])
    assert second["weight"].to_list() == pytest.approx([1.96 * 4 / 100, 1.96 * 1 / 100])
    assert second["percent"].to_list() == pytest.approx([196 * 0.4, 196 / 90])
    assert found(key_categories(rows, uncertainty_threshold=0.8), tier="2")["key"].to_list() == ["yes", "no"]


def test_a_category_without_uncertainty_is_not_assessed():
    """Its place in tier 2 is not known, and said so."""
    rows = found(key_categories(table({("2020", "power"): 90, ("2020", "waste"): 10}, sd=[1.0, None])), tier="2")
    assert rows.select("sector", "rank", "key").rows() == [("power", 1.0, "yes"), ("waste", None, "not assessed")]


def test_gases_are_categories_of_their_own():
    """1 t of CH4 is 27.9 t CO2e by AR6-GWP100."""
    frame = pl.DataFrame({**ROW, "time": "2020", "sector": "waste", "gas": ["CO2", "CH4"], "value": [10.0, 1.0]})
    rows = found(key_categories(EmissionTable(frame), metric="AR6-GWP100"))
    assert rows.select("sector", "gas").rows() == [("waste", "CH4"), ("waste", "CO2")]
    assert rows["value"].to_list() == pytest.approx([27.9, 10.0])


def test_months_count_as_their_year_and_units_meet():
    """Half a kilotonne in each of two months, by two methods."""
    frame = pl.DataFrame({**ROW, "time": ["2020-01", "2020-02"], "sector": "a", "value": [0.5, 0.5], "unit": "kt",
                          "method": ["m", "n"]})  # fmt: skip
    rows = found(key_categories(EmissionTable(frame)))
    assert rows.select("time", "value").rows() == [("2020", 1000.0)]


def test_two_gases_of_one_source_may_have_two_methods():
    """CO2 by a stack monitor, CH4 by a factor; but one gas, or CO2e beside a gas, by two methods is counted twice."""
    frame = {**ROW, "time": "2020", "sector": "a", "value": [10.0, 1.0], "method": ["m", "n"]}
    rows = found(key_categories(EmissionTable(pl.DataFrame({**frame, "gas": ["CO2", "CH4"]})), metric="AR6-GWP100"))
    assert rows["value"].to_list() == pytest.approx([27.9, 10.0])
    for gases in (["CO2", "CO2"], ["CO2", "CO2e"], ["CO2e", "CO2e"]):
        with pytest.raises(DoubleCountError) as caught:
            key_categories(EmissionTable(pl.DataFrame({**frame, "gas": gases})), metric="AR6-GWP100")
        assert [problem.code for problem in caught.value.problems] == ["sum_two_methods"]


def test_biogenic_co2_stays_out():
    """A memo item is no category."""
    frame = pl.DataFrame({**ROW, "time": "2020", "sector": "a", "gas": ["CO2", "CO2-biogenic"], "value": [1.0, 9.0]})
    assert found(key_categories(EmissionTable(frame)))["gas"].to_list() == ["CO2"]


def test_one_basis_is_chosen():
    """Location 5 or market 3, with 10 that is the same under both."""
    frame = pl.DataFrame({**ROW, "time": "2020", "sector": ["fuel", "power", "power"], "basis": ["all", "location", "market"],
                          "value": [10.0, 5.0, 3.0]})  # fmt: skip
    with pytest.raises(DoubleCountError):
        key_categories(EmissionTable(frame))
    rows = found(key_categories(EmissionTable(frame), basis="market"))
    assert rows.select("sector", "value").rows() == [("fuel", 10.0), ("power", 3.0)]


def test_mass_beside_co2e_is_refused():
    """CO2 in tonnes and CO2e in tonnes do not add without a metric."""
    frame = pl.DataFrame({**ROW, "time": "2020", "sector": ["a", "b"], "gas": ["CO2", "CO2e"], "value": [1.0, 2.0]})
    with pytest.raises(DoubleCountError) as caught:
        key_categories(EmissionTable(frame))
    assert [problem.code for problem in caught.value.problems] == ["sum_gas"]
    assert key_categories(EmissionTable(frame), metric="AR6-GWP100").to_polars().height == 2


@pytest.mark.parametrize(
    ("more", "item"),
    [
        ({"threshold": 0.0}, "threshold"), ({"uncertainty_threshold": 1.1}, "uncertainty_threshold"),
        ({"base_year": 1990}, "base_year"),
    ],
)  # fmt: skip
def test_wrong_parameters(more: dict, item: str):
    """Thresholds are shares, the base year is there."""
    with pytest.raises(InputError) as caught:
        key_categories(table({("2020", "a"): 1}), **more)
    assert [(problem.code, problem.where.item) for problem in caught.value.problems] == [("parameter_wrong", item)]


def test_a_base_table_of_several_years_needs_the_year():
    """Nothing is chosen in silence."""
    with pytest.raises(InputError) as caught:
        key_categories(table({("2020", "a"): 1}), table({("2010", "a"): 1, ("2011", "a"): 1}))
    assert caught.value.problems[0].code == "parameter_missing"


def test_a_base_year_of_nothing_is_refused():
    """A trend from zero has no size."""
    with pytest.raises(InputError):
        key_categories(table({("2010", "a"): 0, ("2020", "a"): 1}), base_year=2010)


def test_an_unknown_scope_rule_is_refused():
    """Scopes add by a named rule."""
    with pytest.raises(InputError):
        reviewed(table({("2020", "a"): 1}), scopes="everything")
