"""Joins that lose something: months beside other months, sources in two steps, numbers that are not known, factors of elsewhere.

Right, refused by name, or told; never a figure of what is only half there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.data.layers import Layer
from citycarbon.inventory.accounting.electricity import electricity
from citycarbon.inventory.accounting.perspectives.end_use import end_use
from citycarbon.inventory.accounting.reported.time_series import time_series
from citycarbon.inventory.space.allocation.allocate import allocate
from citycarbon.inventory.space.allocation.downscale import downscale
from citycarbon.inventory.space.analysis.clusters import density
from citycarbon.inventory.space.analysis.influence import _gwr
from citycarbon.inventory.space.form.structure import polycentricity
from citycarbon.inventory.space.tables import ProxyTable, RuleTable
from citycarbon.studies import service

ROW = {"time": "2022", "sector": "b", "activity": "x", "scope": "1", "gas": "CO2", "unit": "t"}


def emitted(*rows: dict[str, Any]) -> EmissionTable:
    return EmissionTable(pl.DataFrame([{**ROW, **row} for row in rows], infer_schema_length=None))


def squares(*names: str) -> Layer:
    x = np.arange(len(names)) % 9 * 100.0
    y = np.arange(len(names)) // 9 * 100.0
    return Layer("squares", pl.DataFrame({"place": names}), shapely.box(x, y, x + 100.0, y + 100.0), "EPSG:32650")


def amounts(**values: float | None) -> ProxyTable:
    frame = pl.DataFrame(
        {"place": list(values), "value": list(values.values())}, schema_overrides={"value": pl.Float64}
    )
    return ProxyTable(frame, fixed={"proxy": "people", "unit": "person"})


def refused(act: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(InputError) as caught:
        act()
    return [(problem.code, problem.found) for problem in caught.value.problems]


def test_months_of_one_place_are_no_match_for_other_months_of_another():
    lots = squares("p", "q")
    table = emitted({"place": "p", "time": "2022-01", "value": 1.0}, {"place": "p", "time": "2022-02", "value": 2.0},
                    {"place": "q", "time": "2022-02", "value": 4.0})  # fmt: skip
    assert refused(lambda: density(table, lots)) == [("periods_differ", "2022-01")]
    made = density(table, lots, time="2022-02").to_polars().filter(pl.col("measure") == "per_hectare")
    assert made["value"].to_list() == [2.0, 4.0]
    rest = emitted({"place": "p", "time": "2022-01", "value": 1.0}, {"place": "p", "time": "2022-02", "value": 2.0},
                   {"place": "not_placed", "time": "2022-01", "value": 9.0})  # fmt: skip
    assert density(rest, squares("p")).to_polars()["value"][0] == 3.0


def test_use_by_the_month_is_not_left_out_of_a_year():
    plant = emitted({"place": "A", "sector": "energy.power_supplied", "value": 10.0})
    use = pl.DataFrame({"place": ["A", "B"], "time": ["2022", "2022-03"], "sector": "homes", "activity": "electricity",
                        "value": [1.0, 3.0], "unit": "MWh"})  # fmt: skip
    assert refused(lambda: end_use(plant, ActivityTable(use))) == [("sum_parent_child", "2022 ⊃ 2022-03")]
    monthly = ActivityTable(use.with_columns(time=pl.lit("2022-03")))
    assert refused(lambda: end_use(plant, monthly)) == [("sum_parent_child", "2022 ⊃ 2022-03")]
    whole = end_use(plant, ActivityTable(use.with_columns(time=pl.lit("2022")))).to_polars()
    assert sorted(whole.select("place", "value").rows()) == [("A", 2.5), ("B", 7.5)]


@pytest.mark.parametrize("by", ["activity", "sector", "total"])
def test_a_source_that_is_not_estimated_in_one_year_is_no_fall(by: str):
    def rows(notation: str) -> EmissionTable:
        return emitted(
            *({"place": "p", "time": time, "value": 5.0} for time in ("2020", "2021")),
            {"place": "p", "time": "2020", "activity": "y", "value": 3.0},
            {"place": "p", "time": "2021", "activity": "y", "value": None, "notation": notation},
        )

    if by == "activity":
        assert time_series(rows("NE"), by=by).to_polars().height == 3, "the gap of y stays a gap"
        return
    assert refused(lambda: time_series(rows("NE"), by=by)) == [("source_partly", "NE")]
    assert sorted(time_series(rows("NO"), by=by).to_polars()["value"]) == [5.0, 8.0]
    never = emitted({"place": "p", "value": 5.0}, {"place": "p", "activity": "y", "value": None, "notation": "NE"})
    assert time_series(never, by=by).to_polars()["value"].to_list() == [5.0]


def test_an_unknown_amount_is_not_nil():
    zone, cells = squares("z"), squares("z")
    two = Layer("cells", pl.DataFrame({"place": ["a", "b"]}), shapely.box([0, 50], 0, [50, 100], 100), "EPSG:32650")
    table = emitted({"place": "z", "value": 10.0})
    rules = RuleTable(pl.DataFrame({"sector": ["*"], "proxy": ["people"]}))
    assert cells.rows.height == 1
    unknown = amounts(a=1.0, b=None)
    for act in (lambda: downscale(table, zone, two, unknown), lambda: downscale(table, zone, two, limits=ProxyTable(
                    unknown.to_polars().with_columns(unit=pl.lit("t")))),
                lambda: allocate(table, unknown, rules), lambda: polycentricity(amounts(a=3.0, b=None, c=2.0))):  # fmt: skip
        assert refused(act) == [("places_missing", "b")]
    assert downscale(table, zone, two, amounts(a=1.0)).to_polars()["place"].to_list() == ["a"], "not listed has none"
    assert polycentricity(amounts(a=3.0, c=2.0)).to_polars().height


def test_more_places_may_be_held_out_than_are_fitted():
    at = np.stack(np.divmod(np.arange(45), 9), axis=1).astype(float)
    x = np.sin(np.arange(45))[:, None]
    held = np.where(np.arange(45) < 10, 0, 1)
    made = _gwr(x[:, 0] * 2 + at[:, 0] / 9, x, ["x"], held, at)
    assert {row[1]: row[2] for row in made}["r2_held_out"] > 0.5


STUDY = """citycarbon: 1
id: s
title: {en: "F", zh: "浮"}
gwp: AR6-GWP100
steps:
  - id: a
    method: inventory.accounting.combustion
    tables: {activity: a.csv, factors: {editions: [ipcc2006]}}
  - id: b
    method: inventory.accounting.combustion
    tables: {activity: b.csv, factors: {editions: [ipcc2006]}}
account: [a, b]
"""
HEAD = "place,time,sector,activity,value,unit\n"


def test_one_source_in_two_steps_is_told(tmp_path: Path):
    first = ("homes,diesel,10,t", "shops,diesel,10,t", "farms,diesel,10,t", "works,diesel,10,t")
    second = ("homes,diesel,0.01,kt", "shops,diesel,11,t", "farms,gasoline,10,t")
    (tmp_path / "study.yaml").write_text(STUDY, "utf-8")
    (tmp_path / "a.csv").write_text(HEAD + "".join(f"d1,2022,{row}\n" for row in first), "utf-8")
    (tmp_path / "b.csv").write_text(
        HEAD + "".join(f"d1,2022,{row}\n" for row in second) + "d1,2021,works,diesel,10,t\n", "utf-8"
    )
    found = [each for each in service.validate(tmp_path).checks if each.id == "double.steps"]
    assert [each.severity for each in found] == ["misfit", "caveat"]
    for each, name in zip(found, ("homes", "shops"), strict=True):
        assert all(text.endswith(f"a + b: d1 2022 {name} diesel") for text in each.text)


def test_a_call_tells_factors_of_another_region_or_year():
    def of(region: str, first: int, last: int, **options: Any) -> list[str]:
        factor = pl.DataFrame({"factor_id": "f", "quantity": "emission_factor", "activity": "electricity", "gas": "CO2",
                               "region": region, "valid_from": [float(first)], "valid_to": [float(last)], "value": 0.5,
                               "unit": "kg/kWh", "source": "lab"})  # fmt: skip
        use = pl.DataFrame([{**ROW, "place": "d1", "activity": "electricity", "value": 1.0, "unit": "MWh"}])
        made = electricity(ActivityTable(use.drop("scope", "gas")), FactorTable(factor), **options)
        return [english for english, _ in service.lookup_notes(made)]

    assert of("CN", 2020, 2030) == []
    assert of("world", 2020, 2030) == []
    (told,) = of("CN-ZJ", 2020, 2030)
    assert "region that their places are not known to be in: CN-ZJ" in told
    (told,) = of("CN", 2010, 2020, year_rule="latest")
    assert "another year: 2022 → 2010-2020" in told
