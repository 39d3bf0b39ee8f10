"""Parents beside their children where nobody states a list: dotted sectors, regions by any of their names, series of a study.

What contains what is known from the dots of a code, from the regions of the library, and from the trees of a study. No number
comes of adding both; kept apart they stay.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from citycarbon.core.dimensions import nested_codes
from citycarbon.core.errors import DoubleCountError
from citycarbon.core.series import GroupTable, SeriesTable
from citycarbon.core.sums import added
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.regions import REGIONS
from citycarbon.inventory.accounting.reported.time_series import time_series
from citycarbon.strategy.drivers import compare_places, decoupling, kaya, lmdi
from citycarbon.strategy.projection.series.yearly import yearly_series
from citycarbon.strategy.projection.stocks.project import project
from citycarbon.strategy.projection.stocks.tables import LineTable, PathTable
from citycarbon.studies import service
from citycarbon.studies.cache import StepCache

ROW = {"time": "2022", "sector": "b", "activity": "x", "scope": "1", "gas": "CO2", "unit": "t"}
EMISSIONS = "place,time,sector,activity,scope,gas,value,unit\n"
SERIES = "place,time,measure,value,unit\n"


def emitted(*rows: dict[str, Any]) -> EmissionTable:
    return EmissionTable(pl.DataFrame([{**ROW, **row} for row in rows]))


def measured(*rows: tuple[str, str, str, float], sector: str = "all") -> SeriesTable:
    frame = pl.DataFrame(rows, schema=["place", "time", "measure", "value"], orient="row")
    return SeriesTable(frame.with_columns(unit=pl.lit("t"), sector=pl.lit(sector)))


def both(*places: str) -> SeriesTable:
    """People and CO2 of two years."""
    return measured(*[(place, time, measure, 10.0 + number) for number, (place, time, measure) in enumerate(
        (p, t, m) for p in places for t in ("2010", "2020") for m in ("population", "co2"))])  # fmt: skip


def test_dots_of_a_code_say_what_contains_it():
    assert nested_codes(["1.A", "1.A.2", "1.AB", "1", "2"]) == [
        ("1", "1.A"),
        ("1", "1.A.2"),
        ("1.A", "1.A.2"),
        ("1", "1.AB"),
    ]
    own = emitted({"place": "p", "sector": "buildings", "value": 10.0},
                  {"place": "p", "sector": "buildings.residential", "value": 4.0})  # fmt: skip
    for act in (lambda: total(own), lambda: total(own, ["place", "time"]), lambda: added(own.to_polars(), ["place"]),
                lambda: time_series(own, by="total")):  # fmt: skip
        with pytest.raises(DoubleCountError, match=r"buildings ⊃ buildings.residential"):
            act()
    assert total(own, ["sector"])["value"].to_list() == [10.0, 4.0]


def test_two_places_may_be_filed_to_different_depths():
    table = emitted({"place": "p", "sector": "buildings", "value": 10.0},
                    {"place": "q", "sector": "buildings.residential", "value": 4.0})  # fmt: skip
    assert total(table)["value"].to_list() == [14.0]
    assert added(table.to_polars(), ["time"])["value"].to_list() == [14.0]


def test_a_region_stands_for_all_of_its_names():
    names = ["中国", "江苏省", "CN-GD", "Guangzhou", "d1", "440300"]
    inside = {
        ("CN-GD", "440300"),
        ("CN-GD", "Guangzhou"),
        *(("中国", name) for name in names if name not in ("中国", "d1")),
    }
    assert set(REGIONS.nested(names)) == inside
    table = emitted({"place": "中国", "value": 10.0}, {"place": "江苏", "value": 4.0}, {"place": "d1", "value": 1.0})
    with pytest.raises(DoubleCountError, match="中国 ⊃ 江苏"):
        total(table.under(place=REGIONS))
    assert total(table.under(place=REGIONS), ["place"]).height == 3
    assert total(table.filter(place=["江苏", "d1"]).under(place=REGIONS))["value"].to_list() == [5.0]


@pytest.mark.parametrize("method", ["accounting.key_categories", "accounting.uncertainty_table"])
def test_a_call_knows_regions(method: str, tmp_path: Path):
    (tmp_path / "em.csv").write_text(EMISSIONS + "中国,2022,b,x,1,CO2,10,t\n广东,2022,b,x,1,CO2,4,t\n", "utf-8")
    with pytest.raises(DoubleCountError, match="中国 ⊃ 广东"):
        service.call(f"inventory.{method}", {"emissions": str(tmp_path / "em.csv")}, {})


def test_drivers_do_not_add_a_country_to_its_provinces():
    table, plain = both("中国", "江苏", "广东").under(place=REGIONS), both("江苏", "广东").under(place=REGIONS)
    whole = "population by all > population > co2"
    group = GroupTable(pl.DataFrame({"place": ["中国", "江苏", "广东"], "group": ["a", "a", "b"]}))
    apart = GroupTable(pl.DataFrame({"place": ["中国", "江苏", "广东"], "group": ["a", "b", "b"]}))
    for act in (
        lambda: lmdi(table, chain=whole), lambda: compare_places(table, chain="population > co2"),
        lambda: lmdi(table, group, chain=whole.replace("all", "group")),
        lambda: decoupling(table, group, output="population"),
    ):  # fmt: skip
        with pytest.raises(DoubleCountError, match="中国 ⊃ 江苏"):
            act()
    assert lmdi(plain, chain=whole).to_polars().height
    assert lmdi(table, chain="population > co2").to_polars()["place"].unique().len() == 3
    assert lmdi(table, apart, chain=whole.replace("all", "group")).to_polars().height
    assert compare_places(table, chain="population > co2", reference="中国").to_polars().height
    assert decoupling(table, output="population").to_polars()["place"].unique().len() == 3


def test_series_and_lines_do_not_add_a_sector_to_its_part():
    rows = pl.concat([measured(*((p, t, "co2", 5.0) for p in "A" for t in ("2010", "2020")), sector=s).to_polars()
                      for s in ("industry", "industry.steel")])  # fmt: skip
    for act in (lambda: kaya(SeriesTable(pl.concat([rows, rows.with_columns(measure=pl.lit("gdp"))])), chain="gdp > co2"),
                lambda: yearly_series(SeriesTable(rows), least=2)):  # fmt: skip
        with pytest.raises(DoubleCountError, match=r"industry ⊃ industry.steel"):
            act()
    lines = pl.DataFrame({"line": ["a", "b"], "place": ["A", "A"], "sector": ["homes", "homes.cooking"], "activity": "gas",
                          "scope": "1", "gas": "CO2e", "formula": "people", "unit": "t"})  # fmt: skip
    people = pl.DataFrame(
        {"driver": "people", "place": "A", "time": ["2020", "2030"], "value": [1.0, 2.0], "unit": "t"}
    )
    with pytest.raises(DoubleCountError, match=r"homes ⊃ homes.cooking"):
        project(PathTable(people), LineTable(lines), start=2020, end=2030)
    nested = lines.with_columns(sector=pl.lit("homes"), place=pl.Series(["中国", "江苏"]))
    with pytest.raises(DoubleCountError, match="中国 ⊃ 江苏"):
        project(PathTable(people), LineTable(nested).under(place=REGIONS), start=2020, end=2030)


STUDY = """citycarbon: 1
id: s
title: {{en: "F", zh: "浮"}}
gwp: AR6-GWP100
{places}steps:
  - id: a
    method: inventory.accounting.combustion
    tables: {{activity: act.csv, factors: {{editions: [ipcc2006]}}}}
{more}account: [a]
"""
DRIVERS = """  - id: {name}
    method: strategy.drivers.lmdi
    tables: {{series: {name}.csv}}
    parameters: {{chain: "population by all > population > co2"}}
"""
ACTIVITY = "place,time,sector,activity,value,unit\n{one},2022,homes,diesel,10,t\n{two},2022,homes,diesel,4,t\n"


def test_the_account_of_a_study_knows_regions(tmp_path: Path):
    (tmp_path / "study.yaml").write_text(STUDY.format(places="", more=""), "utf-8")
    (tmp_path / "act.csv").write_text(ACTIVITY.format(one="广东", two="广州"), "utf-8")
    with pytest.raises(DoubleCountError, match="广东 ⊃ 广州"):
        service.validate(tmp_path)


def test_a_study_knows_its_own_tree_and_regions_in_series(tmp_path: Path):
    steps = {"own": ("city", "d1"), "others": ("中国", "江苏")}
    more = "".join(DRIVERS.format(name=name) for name in steps)
    (tmp_path / "study.yaml").write_text(STUDY.format(places="places: places.csv\n", more=more), "utf-8")
    (tmp_path / "places.csv").write_text(
        "place,parent,level,region\ncity,,city,江苏\nd1,city,district,\nd2,city,district,\n", "utf-8"
    )
    (tmp_path / "act.csv").write_text(ACTIVITY.format(one="d1", two="d2"), "utf-8")
    for name, places in steps.items():
        rows = (f"{p},{t},{m},{v},t\n" for p, v in zip(places, (37, 4), strict=True) for t in (2010, 2020)
                for m in ("population", "co2"))  # fmt: skip
        (tmp_path / f"{name}.csv").write_text(SERIES + "".join(rows), "utf-8")
    with pytest.raises(DoubleCountError) as caught:
        service.validate(tmp_path)
    assert [each.found for each in caught.value.problems] == ["city ⊃ d1", "中国 ⊃ 江苏"]


def test_a_cached_table_keeps_its_regions(tmp_path: Path):
    cache, table = (
        StepCache(tmp_path),
        ActivityTable(pl.DataFrame({**ROW, "place": ["江苏"], "value": 1.0}).drop("scope", "gas")),
    )
    cache.put("k", table.under(place=REGIONS))
    again = cache.get("k", ActivityTable)
    assert again is not None
    assert again.codes["place"] is REGIONS
