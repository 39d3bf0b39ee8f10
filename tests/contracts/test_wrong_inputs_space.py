"""Inputs from real life that once gave a figure without a word: emissions and amounts that meet a layer by the names of places.

Right, or refused by name; never a number that is not there. Files are made here, as their texts say.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.errors import InputError
from citycarbon.core.tables import EmissionTable, PlaceTable
from citycarbon.data.layers import Layer
from citycarbon.data.library.elements import ElasticityTable, ElementTable, PlanChangeTable
from citycarbon.inventory.sectors.spatial_elements.calibrate import calibrate
from citycarbon.inventory.sectors.spatial_elements.variant import plan_variant
from citycarbon.inventory.space import METHODS
from citycarbon.inventory.space.allocation.allocate import placement_check
from citycarbon.inventory.space.allocation.downscale import downscale
from citycarbon.inventory.space.allocation.skill import proxy_skill, proxy_weights
from citycarbon.inventory.space.analysis.clusters import autocorrelation, density, hot_spots
from citycarbon.inventory.space.analysis.influence import form_influence
from citycarbon.inventory.space.analysis.kernel import kernel_density
from citycarbon.inventory.space.form.structure import job_home_balance, polycentricity, sub_centres
from citycarbon.inventory.space.form.what_if import FormChangeTable, what_if
from citycarbon.inventory.space.plan import plan_effect
from citycarbon.inventory.space.shares import area_shares
from citycarbon.inventory.space.tables import PointTable, ProxyTable
from citycarbon.studies import service

UTM = "EPSG:32650"
SIDE = 6
ROW = {"time": "2022", "sector": "b", "activity": "electricity", "scope": "2", "gas": "CO2", "unit": "t"}
Rows = list[dict[str, Any]]


def emitted(*rows: dict[str, Any]) -> EmissionTable:
    return EmissionTable(pl.DataFrame([{**ROW, **row} for row in rows], infer_schema_length=None))


def squares(*names: str, side: float = 100.0) -> Layer:
    count = int(np.ceil(np.sqrt(len(names))))
    x, y = np.arange(len(names)) % count * side, np.arange(len(names)) // count * side
    return Layer("squares", pl.DataFrame({"place": names}), shapely.box(x, y, x + side, y + side), UTM)


def refused(act: Callable[[], Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        act()
    return [problem.code for problem in caught.value.problems]


def per_hectare(table: EmissionTable, layer: Layer, **options: Any) -> dict[str, float | None]:
    made = density(table, layer, **options).to_polars().filter(pl.col("measure") == "per_hectare")
    return dict(made.select("place", "value").iter_rows())


def test_alternatives_are_not_added_and_may_be_chosen():
    lots = squares("p1", "p2")
    bases = emitted(
        {"place": "p1", "basis": "location", "value": 10.0}, {"place": "p1", "basis": "market", "value": 4.0},
        {"place": "p2", "basis": "all", "value": 1.0},
    )  # fmt: skip
    assert refused(lambda: density(bases, lots)) == ["sum_alternatives"]
    assert per_hectare(bases, lots, basis="market") == {"p1": 4.0, "p2": 1.0}
    scenarios = emitted(
        {"place": "p1", "scenario": "reference", "value": 10.0}, {"place": "p1", "scenario": "deep", "value": 4.0}
    )
    assert refused(lambda: density(scenarios, lots)) == ["sum_alternatives"]
    assert per_hectare(scenarios, lots, scenario="deep") == {"p1": 4.0, "p2": None}
    metrics = emitted(
        *({"place": "p1", "gas": "CO2e", "metric": f"{name}-GWP100", "value": 10.0} for name in ("AR5", "AR6"))
    )
    assert refused(lambda: density(metrics, lots)) == ["sum_alternatives"]


def test_years_are_not_added_and_months_make_a_year_only_without_it():
    lots = squares("p1", "p2")
    years = emitted(
        {"place": "p1", "time": "2021", "value": 10.0}, {"place": "p1", "value": 12.0}, {"place": "p2", "value": 1.0}
    )
    assert refused(lambda: density(years, lots)) == ["sum_years"]
    assert per_hectare(years, lots, time="2022") == {"p1": 12.0, "p2": 1.0}
    months = [{"place": "p1", "time": "2022-01", "value": 10.0}, {"place": "p1", "time": "2022-02", "value": 20.0}]
    assert per_hectare(emitted(*months), lots)["p1"] == 30.0
    both = emitted(*months, {"place": "p1", "value": 30.0})
    assert set(refused(lambda: density(both, lots))) == {"sum_parent_child"}
    assert per_hectare(both, lots, time="2022-02")["p1"] == 20.0
    assert refused(lambda: density(years, lots, time="2023")) == ["value_not_listed"]


def test_what_is_not_estimated_or_not_there_is_empty_and_not_nil():
    table = emitted({"place": "p1", "value": None, "notation": "NE"}, {"place": "p2", "value": 2.0})
    made = density(table, squares("p1", "p2", "p3")).to_polars()
    assert made.select("value", "verdict").rows() == [(None, "no number"), (2.0, None), (None, "no data")]
    assert per_hectare(table, squares("p1", "p2", "p3"), missing_is_zero=True) == {"p1": None, "p2": 2.0, "p3": 0.0}


def test_emissions_at_a_place_that_the_layer_has_not_are_named():
    table = emitted({"place": "p1", "value": 10.0}, {"place": "p3", "value": 500.0})
    assert refused(lambda: density(table, squares("p1", "p2"))) == ["place_unknown"]
    placed = downscale(table, squares("p1", "p2"), squares("p1", "p2")).to_polars()
    assert dict(placed.select("place", "value").iter_rows()) == {"p1": 10.0, "not_placed": 500.0}
    rest = emitted({"place": "p1", "value": 10.0}, {"place": "not_placed", "value": 5.0})
    made = density(rest, squares("p1")).to_polars().select("place", "measure", "value", "unit").rows()
    assert made == [("p1", "per_hectare", 10.0, "t/ha"), ("not_placed", "emissions", 5.0, "t")]


def test_names_that_differ_only_in_their_characters_are_one():
    layer = squares("Sa\u0303o", "高新区（西） ", "ＡＢ１", "B\u200b", "⾼\u00a0新")
    names = ("S\u00e3o", "高新区(西)", "AB1", "B", "高 新")
    table = emitted(*({"place": name, "value": float(value)} for value, name in enumerate(names, start=1)))
    assert list(per_hectare(table, layer).values()) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert "not_placed" not in downscale(table, layer, layer).to_polars()["place"].to_list()
    people = pl.DataFrame({"place": ["高新区（西）"], "proxy": "people", "value": 2.0, "unit": "person"})
    made = density(table, layer, ProxyTable(people)).to_polars()
    assert made.filter((pl.col("measure") == "per_people") & (pl.col("place") == names[1]))["value"].item() == 1.0


def test_names_that_may_be_two_are_told_in_the_message():
    table = emitted({"place": "P1", "value": 1.0}, {"place": "440303.0", "value": 2.0})
    with pytest.raises(InputError) as caught:
        density(table, squares("p1", "440303.0"))
    assert [problem.found for problem in caught.value.problems] == ["440303.0 (≈ 440303)", "P1 (≈ p1)"]
    twice = [{"place": "高新区（西）", "value": 1.0}, {"place": "高新区(西)", "value": 2.0}]
    assert refused(lambda: emitted(*twice)) == ["names_alike"]
    assert refused(lambda: density(emitted({"place": "a", "value": 1.0}), squares("a（1）", "a(1)"))) == ["names_alike"]
    assert refused(lambda: density(emitted({"place": "a", "value": 1.0}), squares("a", " "))) == ["value_empty"]


def test_two_features_of_one_name_are_refused_in_a_call(tmp_path: Path):
    def written(name: str, *places: str) -> str:
        layer = squares(*places)
        member = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32650"}}
        features = [
            {"type": "Feature", "properties": {"place": place}, "geometry": json.loads(shapely.to_geojson(shape))}
            for place, shape in zip(places, layer.geometry, strict=True)
        ]
        text = json.dumps({"type": "FeatureCollection", "crs": member, "features": features})
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    same, targets = written("same.geojson", "p1", "p1"), written("targets.geojson", "t1", "t2")
    table = tmp_path / "em.csv"
    table.write_text("place,time,sector,activity,scope,gas,value,unit\np1,2022,b,electricity,2,CO2,10,t\n", "utf-8")
    for method, tables in (
        ("area_shares", {"sources": same, "targets": targets}), ("analysis.density", {"emissions": str(table), "places": same}),
        ("downscale", {"emissions": str(table), "zones": same, "cells": targets}),
        ("downscale", {"emissions": str(table), "zones": targets, "cells": same}),
    ):  # fmt: skip
        assert refused(lambda m=method, t=tables: service.call(f"inventory.space.{m}", t, {})) == ["row_duplicate"]
    tree = tmp_path / "places.csv"
    tree.write_text("place,parent,level\np1,p2,city\np2,,street\n", encoding="utf-8")
    given = {"emissions": str(table), "proxies": str(table), "rules": str(table), "places": str(tree)}
    assert "level_wrong" in refused(lambda: service.call("inventory.space.allocate", given, {}))


def test_a_kernel_narrower_than_its_cells_is_refused_and_what_no_cell_sees_is_told():
    cells = squares(*(f"c{n}" for n in range(36)))
    stacks = PointTable(
        pl.DataFrame({"x": [310.0, 9000.0], "y": [290.0, 0.0], "value": [10.0, 3.0]}), fixed={"unit": "t"}
    )
    for narrow in (10.0, 90.0, 199.0):
        assert refused(lambda width=narrow: kernel_density(stacks, cells, bandwidth=width)) == ["bandwidth_narrow"]
    made = kernel_density(stacks, cells, bandwidth=200.0).to_polars()
    mass = made.filter(pl.col("measure") == "kernel_density")["value"].sum() * 1e4
    assert mass == pytest.approx(10.0, rel=0.02)
    assert made.filter(pl.col("place") == "not_placed").select("measure", "value", "unit").rows() == [
        ("weight", 3.0, "t")
    ]


GRID = squares(*(f"c{n}" for n in range(SIDE * SIDE)))
NAMES = GRID.rows["place"].to_list()
MASS = [float((n * 7) % 11 + 1) for n in range(SIDE * SIDE)]
GOOD: Rows = [{"place": name, "value": value} for name, value in zip(NAMES, MASS, strict=True)]
FLOOR = ProxyTable(pl.DataFrame({"place": NAMES, "value": [3 * m + (i % 3) for i, m in enumerate(MASS)]}),
                   fixed={"proxy": "floor", "unit": "m2"})  # fmt: skip
OWN = ElasticityTable(pl.DataFrame({"measure": ["city_size"], "outcome": "CO2", "sector": "*", "value": [0.3], "sign": "+",
                                    "source": "jia2015"}))  # fmt: skip
LARGER = FormChangeTable(pl.DataFrame({"measure": ["city_size"], "change": [1.0]}))
ELEMENTS = ElementTable(pl.DataFrame({"place": NAMES, "element": "school", "value": 10.0, "land": 5.0}),
                        fixed={"time": "2022", "unit": "m2", "sector": "b"})  # fmt: skip


def traced(rows: Rows) -> EmissionTable:
    return emitted(*({**row, "provenance_id": f"elements:school:{n}"} for n, row in enumerate(rows, start=1)))


COLLAPSE: dict[str, Callable[[Rows, Layer], Any]] = {
    "inventory.space.analysis.density": lambda rows, cells: density(emitted(*rows), cells, FLOOR),
    "inventory.space.analysis.autocorrelation": lambda rows, cells: autocorrelation(
        emitted(*rows), cells, permutations=9
    ),
    "inventory.space.analysis.hot_spots": lambda rows, cells: hot_spots(emitted(*rows), cells, permutations=9),
    "inventory.space.analysis.form_influence": lambda rows, cells: form_influence(
        emitted(*rows), FLOOR, cells, block=200.0, folds=3, local=False
    ),
    "inventory.space.proxy_weights": lambda rows, _: proxy_weights(emitted(*rows), FLOOR),
    "inventory.space.proxy_skill": lambda rows, cells: proxy_skill(emitted(*rows), FLOOR, cells, block=200.0, folds=3),
    "inventory.space.form.what_if": lambda rows, _: what_if(emitted(*rows), LARGER, OWN),
    "inventory.space.plan_effect": lambda rows, _: plan_effect(ELEMENTS, ELEMENTS, traced(rows), traced(GOOD)),
    "inventory.sectors.spatial_elements.calibrate": lambda rows, _: calibrate(emitted(*rows), emitted(*GOOD)),
}
"""Methods whose answer has no year, scenario or basis of its own, or holds one against another."""
KEEP = {"inventory.space.place_by_shares", "inventory.space.allocate", "inventory.space.placement_check",
        "inventory.space.downscale"}  # fmt: skip
"""Methods of emissions that keep every dimension."""


def test_no_method_of_emissions_is_forgotten():
    taking = {each.id for each in METHODS if EmissionTable in each.takes}
    assert taking == {name for name in COLLAPSE if ".sectors." not in name} | KEEP


SPOILED: dict[str, tuple[Rows, set[str]]] = {
    "scenarios": ([*GOOD, {"place": "c0", "scenario": "deep", "value": 50.0}], {"sum_alternatives"}),
    "bases": ([{**GOOD[0], "basis": "location"}, *GOOD[1:], {"place": "c0", "basis": "market", "value": 50.0}],
              {"sum_alternatives"}),
    "metrics": ([{**row, "gas": "CO2e", "metric": "AR6-GWP100"} for row in GOOD]
                + [{"place": "c0", "gas": "CO2e", "metric": "AR5-GWP100", "value": 50.0}], {"sum_alternatives", "sum_gas"}),
    "gases": ([*GOOD, {"place": "c0", "gas": "CH4", "value": 50.0}], {"sum_gas"}),
    "units": ([*GOOD, {"place": "c0", "activity": "x", "unit": "kt", "value": 50.0}], {"unit_mixed"}),
    "years": ([*GOOD, {"place": "c0", "time": "2021", "value": 50.0}], {"sum_years"}),
    "a year beside its months": ([*GOOD, {"place": "c0", "time": "2022-01", "value": 50.0}], {"sum_parent_child"}),
}  # fmt: skip


@pytest.mark.parametrize("spoiled", SPOILED)
@pytest.mark.parametrize("method", COLLAPSE)
def test_alternatives_and_years_never_make_one_figure(method, spoiled):
    rows, codes = SPOILED[spoiled]
    if method.endswith("calibrate") and spoiled in ("years", "a year beside its months"):
        made = COLLAPSE[method](rows, GRID).to_polars()
        assert made.filter(pl.col("time") == "2022")["bottom_up"].item() == sum(MASS)
        return
    assert set(refused(lambda: COLLAPSE[method](rows, GRID))) & codes


@pytest.mark.parametrize("method", ["autocorrelation", "hot_spots", "form_influence", "proxy_skill"])
def test_statistics_of_places_take_no_gap_for_nil(method):
    act = next(each for name, each in COLLAPSE.items() if name.endswith(method))
    assert refused(lambda: act(GOOD[:-1], GRID)) == ["places_missing"]
    assert refused(lambda: act([*GOOD[:-1], {"place": "c35", "value": None, "notation": "NE"}], GRID)) == [
        "places_missing"
    ]
    assert refused(lambda: act([*GOOD[:-1], {"place": "C35", "value": 1.0}], GRID)) == ["place_unknown"]
    doubled = Layer(GRID.name, GRID.rows.with_columns(place=pl.col("place").replace("c1", "c0")), GRID.geometry, UTM)
    assert "row_duplicate" in refused(lambda: act(GOOD, doubled))


def test_sums_without_a_number_are_empty():
    bare: Rows = [{"place": "c0", "value": None, "notation": "NE"}]
    made = what_if(emitted(*bare), LARGER, OWN).to_polars()
    assert made.select("current", "difference", "elasticity").rows() == [(None, None, 0.3)]
    assert refused(lambda: plan_effect(ELEMENTS, ELEMENTS, traced(bare), traced(GOOD))) == ["sum_without_number"]
    found = calibrate(emitted(*GOOD), emitted(*bare)).to_polars()
    assert found["verdict"].to_list() == ["not in the inventory"]
    assert placement_check(emitted(*bare), emitted(*bare)).to_polars().is_empty()


def test_emissions_of_an_element_that_its_place_has_not_are_refused():
    strange: Rows = [*GOOD[1:], {"place": "c99", "value": 500.0}]
    assert refused(lambda: plan_effect(ELEMENTS, ELEMENTS, traced(strange), traced(GOOD))) == ["element_unnamed"]
    two = ElementTable(pl.concat([ELEMENTS.to_polars(), ELEMENTS.to_polars().with_columns(scenario=pl.lit("plan"))]))
    assert refused(lambda: plan_effect(two, ELEMENTS, traced(GOOD), traced(GOOD))) == ["sum_alternatives"]
    months = ElementTable(pl.concat([ELEMENTS.to_polars(), ELEMENTS.to_polars().with_columns(time=pl.lit("2022-01"))]))
    assert refused(lambda: plan_effect(months, ELEMENTS, traced(GOOD), traced(GOOD))) == ["sum_parent_child"]
    denser = PlanChangeTable(
        pl.DataFrame({"change": ["denser"], "element": ["school"], "factor": [1.5], "near": [10.0]})
    )
    assert refused(lambda: plan_variant(two, denser, GRID)) == ["sum_alternatives", "parameter_missing"][:1]
    stations = Layer("stations", pl.DataFrame({"place": ["s"]}), shapely.points([[0.0, 0.0]]), UTM)
    few = Layer("few", GRID.rows.head(3), GRID.geometry[:3], UTM)
    assert set(refused(lambda: plan_variant(ELEMENTS, denser, few, stations))) == {"place_unknown"}


def test_amounts_meet_the_layer_whole_or_are_refused():
    unknown = ProxyTable(pl.concat([FLOOR.to_polars(), FLOOR.to_polars().head(1).with_columns(place=pl.lit("c99"))]))
    twice = ProxyTable(pl.concat([FLOOR.to_polars(), FLOOR.to_polars().head(1)]))
    fewer = ProxyTable(FLOOR.to_polars().head(30))
    good = emitted(*GOOD)
    for act in (
        lambda amounts: density(good, GRID, amounts), lambda amounts: sub_centres(amounts, GRID),
        lambda amounts: form_influence(good, amounts, GRID, block=200.0, folds=3, local=False),
        lambda amounts: downscale(good, GRID, GRID, amounts),
        lambda amounts: proxy_skill(good, amounts, GRID, block=200.0, folds=3),
    ):  # fmt: skip
        assert refused(lambda a=act: a(unknown)) == ["place_unknown"]
        assert refused(lambda a=act: a(twice)) == ["row_duplicate"]
    assert refused(lambda: sub_centres(fewer, GRID)) == ["places_missing"]
    assert refused(lambda: proxy_weights(good, fewer)) == ["places_missing"]
    assert refused(lambda: polycentricity(twice)) == ["row_duplicate"]
    made = density(good, GRID, fewer).to_polars().filter(pl.col("place") == "c35", pl.col("measure") == "per_floor")
    assert made.select("value", "verdict").rows() == [(None, "no data")]
    jobs = pl.DataFrame({"place": ["a", "b", "a"], "proxy": ["jobs", "jobs", "residents"], "value": [1.0, 2.0, 3.0]})
    assert refused(lambda: job_home_balance(ProxyTable(jobs, fixed={"unit": "person"}))) == ["places_missing"]


def test_tables_and_trees_have_names_in_one_form():
    places = PlaceTable(pl.DataFrame({"place": ["市", "区（西）"], "parent": [None, " 市\ufeff"]}))
    codes = places.code_list()
    table = EmissionTable(
        pl.DataFrame([{**ROW, "place": "区(西)\u200b", "value": 1.0}]),
        codes={"place": codes},
        fixed={"scenario": "基准\u00a0"},
    )
    assert (table.words("place"), table.words("scenario")) == (["区(西)"], ["基准"])
    assert refused(lambda: area_shares(squares("a", "a\u200b"), squares("b"))) == ["names_alike"]
