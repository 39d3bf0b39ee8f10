"""Checks of time series, each by one small series."""

from __future__ import annotations

import re

import polars as pl
import pytest

from citycarbon.core.errors import DoubleCountError, InputError
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.library import warming_metric
from citycarbon.inventory.accounting.review import consistency
from citycarbon.inventory.accounting.review.words import spans

ROW = {"place": "A", "sector": "road", "activity": "diesel", "scope": "1", "gas": "CO2", "unit": "t"}


def series(values: dict[int, float | None], **more: object) -> EmissionTable:
    """One series by year."""
    columns = {"time": [str(year) for year in values], "value": list(values.values())}
    return EmissionTable(pl.DataFrame({**ROW, **columns, **more}, schema_overrides={"value": pl.Float64}))


def findings(made: object) -> dict[str, list[str]]:
    """What was found, by check, without the quiet ones."""
    rows = made.to_polars().filter(pl.col("verdict") != "agrees")
    return {check[0]: part["item"].to_list() for check, part in rows.group_by("check", maintain_order=True)}


def test_a_quiet_series_agrees_with_every_check():
    """Seven checks without activity data, eight with them."""
    made = consistency(series({2019: 100, 2020: 110})).to_polars()
    assert made["verdict"].unique().to_list() == ["agrees"]
    assert made.height == 7


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({2019: 100, 2020: 130}, ["2020 road CO2"]), ({2019: 100, 2020: 74}, ["2020 road CO2"]),
        ({2019: 100, 2020: 125}, []), ({2019: 100, 2020: 75}, []), ({2018: -100, 2020: -150}, []),
        ({2018: 100, 2020: 160}, ["2020 road CO2"]),
    ],
)  # fmt: skip
def test_jumps_are_measured_a_year(values: dict, found: list[str]):
    """25 % a year is 56 % in two years; removals are measured by their size."""
    flow = "removal" if min(values.values()) < 0 else "emission"
    assert findings(consistency(series(values, flow=flow))).get("jump", []) == found


def test_a_jump_has_its_figures():
    """100 → 150 with a limit of 25."""
    row = consistency(series({2019: 100, 2020: 150})).to_polars().filter(pl.col("check") == "jump").row(0, named=True)
    assert (row["value"], row["expected"], row["difference"], row["tolerance"], row["unit"]) == (150, 100, 50, 25, "t")


def test_a_fall_to_zero_and_gaps():
    """Zero after 100; nothing for 2021, though another sector goes on; nothing at all for 2022."""
    more = pl.DataFrame(
        {**ROW, "sector": "rail", "time": ["2019", "2020", "2021", "2023"], "value": [10.0, 10, 10, 10]}
    )
    road = pl.DataFrame({**ROW, "time": ["2019", "2020", "2023"], "value": [100.0, 0.0, 5.0]})
    found = findings(consistency(EmissionTable(pl.concat([road.select(more.columns), more]))))
    assert found["sudden zero"] == ["2020 road CO2"]
    assert found["missing year"] == ["2021 road CO2", "2022"]
    assert spans([2011, 2012, 2013, 2015]) == "2011–2013, 2015"
    assert "jump" not in found


def test_a_series_that_ends_is_missing_and_a_notation_key_is_no_gap():
    """Rail stops after 2019; with NO in 2020 it is told."""
    rail = pl.DataFrame({**ROW, "sector": "rail", "time": ["2019"], "value": [10.0]})
    road = pl.DataFrame({**ROW, "time": ["2019", "2020"], "value": [1.0, 1.0]})
    table = EmissionTable(pl.concat([road, rail.select(road.columns)]))
    assert findings(consistency(table)) == {"missing year": ["2020 rail CO2"]}
    told = EmissionTable(pl.DataFrame({**ROW, "sector": "rail", "time": ["2020"], "value": [None], "notation": "NO"},
                                      schema_overrides={"value": pl.Float64}))  # fmt: skip
    assert findings(consistency(EmissionTable.stack([table, told]))) == {}


def test_changed_method_and_factor():
    """Both names stand in the sentence."""
    made = consistency(series({2019: 100, 2020: 101}, method=["m1", "m2"], factor_id=["f1", "f2"])).to_polars()
    rows = made.filter(pl.col("verdict") == "caveat")
    assert rows["check"].to_list() == ["factor", "method"]
    assert "f1 in 2019 (100 t) and f2 in 2020 (101 t)" in rows["explanation_en"][0]
    assert "方法在 2019 年为 m1" in rows["explanation_zh"][1]


def test_an_odd_implied_factor():
    """3.1, 3.1 and 31 t/t: a slipped point; units of the amounts are brought together."""
    used = pl.DataFrame({"place": "A", "time": ["2018", "2019", "2020"], "sector": "road", "activity": "diesel",
                         "value": [10.0, 10.0, 1000.0], "unit": ["t", "t", "kg"]})  # fmt: skip
    made = consistency(series({2018: 31, 2019: 31, 2020: 31}), ActivityTable(used)).to_polars()
    row = made.filter(pl.col("check") == "implied factor").row(0, named=True)
    assert row["item"] == "2020 road diesel CO2"
    assert row["value"] == pytest.approx(10 * row["expected"])
    assert row["unit"] == "t/kg"
    two = consistency(series({2019: 31, 2020: 31}), ActivityTable(used))
    assert findings(two) == {}


def test_mass_beside_co2e_is_found_and_never_added():
    """One source as CO2 and as CO2e: a finding here, an error in every sum without a metric."""
    frame = pl.DataFrame({**ROW, "time": "2020", "gas": ["CO2", "CO2e"], "value": [10.0, 11.0]})
    row = consistency(EmissionTable(frame)).to_polars().filter(pl.col("check") == "mass and CO2e").row(0, named=True)
    assert row["verdict"] == "misfit"
    with pytest.raises(DoubleCountError) as caught:
        total(EmissionTable(frame))
    assert [problem.code for problem in caught.value.problems] == ["sum_gas"]


def test_co2e_by_another_metric_is_refused():
    """What is CO2e by AR5 cannot become CO2e by AR6."""
    table = series({2020: 10}, gas="CO2e", metric="AR5-GWP100")
    with pytest.raises(DoubleCountError):
        table.to_co2e(warming_metric("AR6-GWP100"))


def test_location_and_market_stand_side_by_side_and_never_add():
    """5 t by location, 3 t by market: a finding here, an error in a total; with a basis each has its own sum."""
    frame = pl.DataFrame({**ROW, "time": "2020", "scope": "2", "basis": ["location", "market"], "value": [5.0, 3.0]})
    row = consistency(EmissionTable(frame)).to_polars().filter(pl.col("check") == "two bases").row(0, named=True)
    assert (row["value"], row["expected"]) == (5.0, 3.0)
    assert "location-based 5 t; market-based 3 t" in row["explanation_en"]
    with pytest.raises(DoubleCountError) as caught:
        total(EmissionTable(frame))
    assert [problem.code for problem in caught.value.problems] == ["sum_alternatives"]
    assert total(EmissionTable(frame), ["basis"])["value"].to_list() == [5.0, 3.0]


def test_sentences_are_in_both_languages():
    """Every row says something in English and Chinese."""
    made = consistency(series({2018: 100, 2020: 500, 2021: 0}, method=["a", "b", "b"])).to_polars()
    assert made["explanation_en"].null_count() == 0
    assert all(re.search("[\u4e00-\u9fff]", text) for text in made["explanation_zh"].to_list())


@pytest.mark.parametrize("name", ["jump", "factor_deviation"])
def test_limits_are_above_zero(name: str):
    """A limit of nothing would find everything."""
    with pytest.raises(InputError) as caught:
        consistency(series({2020: 1}), **{name: 0.0})
    assert caught.value.problems[0].where.item == name
