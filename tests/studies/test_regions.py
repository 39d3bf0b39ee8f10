"""Provinces by region and Japanese prefectures: effects close, parts add up, and the states are those of the figures."""

from __future__ import annotations

import os

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.series import GroupTable, SeriesTable
from citycarbon.data import datasets
from citycarbon.data.examples import examples_folder
from citycarbon.strategy.drivers import lmdi
from citycarbon.studies.service import validate

SETS = ("china_ceads", "japan_prefecture_co2_long2020")


@pytest.fixture(scope="module")
def result():
    if any(datasets.missing_files(name) for name in SETS) and not os.environ.get("CI"):
        pytest.skip("data sets china_ceads and japan_prefecture_co2_long2020 are not at hand")
    return validate(examples_folder() / "regions")


def test_provinces_and_regions_add_up_to_the_nation(result):
    nation, regions = result.tables["step_nation"], result.tables["step_by-region"]
    whole = nation.filter(pl.col("part_of").is_null())
    parts = (
        nation.filter(pl.col("part_of") == "all")
        .group_by("time", "factor", maintain_order=True)
        .agg(pl.col("value").sum())
    )
    both = whole.join(parts, on=["time", "factor"], suffix="_parts")
    assert both.height == 3 * 6
    assert both["value_parts"].to_list() == pytest.approx(both["value"].to_list(), rel=1e-9, abs=1)
    totals = regions.filter(pl.col("factor") == "total").group_by("time").agg(pl.col("value").sum()).sort("time")
    expected = whole.filter(pl.col("factor") == "total").sort("time")
    assert totals["value"].to_list() == pytest.approx(expected["value"].to_list(), rel=1e-9)
    assert (regions["residual"].abs().drop_nulls() < 1e-12).all()


def test_a_province_without_emissions_is_left_out_by_name_or_refused(result):
    """Without the CO2 of Guangdong, population drove 240.0 Mt of 2010 to 2015 and shifts between regions 6.94 Mt; figures
    reckoned apart. Guangdong with people and no CO2 is no Guangdong of zero (248.7 and 2.97 Mt)."""
    measures = pl.read_csv(examples_folder() / "regions" / "measures.csv", schema_overrides={"time": pl.String})
    names = ["place", "time", "measure", "value", "unit"]
    co2 = result.tables["emissions"].with_columns(pl.lit("co2").alias("measure")).select(names)
    rows = pl.concat([measures.select(names).cast({"value": pl.Float64}), co2])
    groups = GroupTable(pl.read_csv(examples_folder() / "regions" / "groups.csv"))
    chain = "population by all > population by group > population > gdp > co2"
    here = pl.col("place") == "Guangdong"
    made = lmdi(SeriesTable(rows.filter(~here)), groups, chain=chain, periods="2010,2015").to_polars()
    assert [round(value / 1e6, 2) for value in made["value"].head(2)] == [239.96, 6.94]
    with pytest.raises(InputError) as caught:
        lmdi(SeriesTable(rows.filter(~here | (pl.col("measure") != "co2"))), groups, chain=chain)
    assert [(item.code, item.found) for item in caught.value.problems] == [("place_without_measure", "Guangdong")]


def test_every_region_decoupled_more_from_period_to_period(result):
    """CEADs emissions over output in prices of 2000: by hand from the two tables, 2010 to 2015 in the east."""
    made = result.tables["step_decoupling"]
    east = made.filter((pl.col("place") == "east") & (pl.col("time") == "2015")).row(0, named=True)
    assert east["state"] == "weak decoupling"
    assert east["elasticity"] == pytest.approx(east["emission_change"] / east["output_change"], rel=1e-12)
    for _, part in made.sort("time").group_by("place", maintain_order=True):
        assert part["elasticity"].is_sorted(descending=True)


def test_regional_emissions_are_sums_of_the_provinces(result):
    groups = pl.read_csv(examples_folder() / "regions" / "groups.csv").select("place", "group")
    co2 = result.tables["emissions"].join(groups, on="place").group_by("group", "time").agg(pl.col("value").sum())
    value = {(g, t): v for g, t, v in co2.iter_rows()}
    for row in result.tables["step_decoupling"].iter_rows(named=True):
        change = value[row["place"], row["time"]] / value[row["place"], row["time_from"]] - 1
        assert row["emission_change"] == pytest.approx(change, rel=1e-9)


def test_japan_closes_over_prefectures_sectors_and_fuels(result):
    japan = result.tables["step_japan"]
    whole = japan.filter(pl.col("part_of").is_null() & (pl.col("factor") == "total"))
    assert (whole["residual"].abs() < 1e-12).all()
    # Thousand tonnes of 2007 and 2015, summed over the columns of the file.
    assert whole["start"].to_list()[0] == pytest.approx(1_293_700, abs=100)
    assert whole["end"].to_list()[-1] == pytest.approx(1_129_200, abs=300)
    assert japan.filter(pl.col("part_of") == "all")["place"].n_unique() == 47


def test_no_model_is_called_better_in_many_provinces(result):
    """30 provinces by 4 models by 2 horizons at 5 % each: a handful by chance at most."""
    scores = result.tables["step_back-test"].filter(pl.col("verdict") != "baseline")
    assert scores.height == 240
    assert (scores["verdict"] == "better than naive").sum() <= 12
