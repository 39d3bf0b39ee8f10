"""Contract of broken places: wrong layers, datums, grids, rasters, codes and levels give one clear error with a place and a fix.

A small study with one step and a few layers is broken in one way at a time.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from citycarbon.core.errors import InputError
from citycarbon.core.messages import MESSAGES
from citycarbon.data.layers.datums import GCJ_02, WGS_84, change_datum
from citycarbon.studies.run import execute

pytest.importorskip("geopandas")

STUDY: dict[str, Any] = {
    "citycarbon": 1, "id": "small", "title": {"en": "Small", "zh": "小"}, "gwp": "AR6-GWP100", "scopes": "scope_1_2",
    "places": "places.csv",
    "layers": {
        "town": {"file": "town.geojson", "key": "id", "to_crs": "EPSG:32651"},
        "lots": {"file": "lots.geojson", "key": "id", "to_crs": "EPSG:32651", "within": "town",
                 "land_use": {"column": "use", "scheme": "gb50137_2011"}},
        "cells": {"grid": {"of": "lots", "size": 500}},
    },
    "steps": [
        {"id": "power", "method": "inventory.accounting.electricity",
         "tables": {"activity": "power.csv", "factors": {"editions": ["mee-average-2022"]}}},
        {"id": "shares", "method": "inventory.space.area_shares", "layers": {"sources": "town", "targets": "lots"}},
    ],
    "account": ["power"],
}  # fmt: skip
PLACES = "place,parent,level,region\ntown,,city,CN-JS\nwest,town,district,\n"
POWER = "place,time,sector,activity,value,unit\ntown,2022,homes,electricity,10,MWh\n"


def ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def collection(*features: tuple[dict[str, Any], list[list[float]]]) -> dict[str, Any]:
    listed = [
        {"type": "Feature", "properties": p, "geometry": {"type": "Polygon", "coordinates": [r]}} for p, r in features
    ]
    return {"type": "FeatureCollection", "features": listed}


TOWN = collection(({"id": "t"}, ring(120.30, 31.50, 120.40, 31.60)))
LOTS = collection(
    ({"id": "a", "use": "R21"}, ring(120.30, 31.50, 120.35, 31.60)),
    ({"id": "b", "use": "M1"}, ring(120.35, 31.50, 120.40, 31.60)),
)


def shifted(document: dict[str, Any]) -> dict[str, Any]:
    """Lay the offset of GCJ-02 on a layer."""
    made = copy.deepcopy(document)
    for feature in made["features"]:
        points = np.array(feature["geometry"]["coordinates"][0])
        x, y = change_datum(points[:, 0], points[:, 1], source=WGS_84, target=GCJ_02)
        feature["geometry"]["coordinates"] = [np.column_stack([x, y]).tolist()]
    return made


def study(folder: Path, change: Callable[[dict[str, Any], dict[str, Any]], None] | None = None) -> Path:
    """Write the small study, changed in its keys and files."""
    files: dict[str, Any] = {
        "town.geojson": copy.deepcopy(TOWN),
        "lots.geojson": copy.deepcopy(LOTS),
        "places.csv": PLACES,
        "power.csv": POWER,
    }
    keys = copy.deepcopy(STUDY)
    if change:
        change(keys, files)
    for name, content in {**files, "study.yaml": yaml.safe_dump(keys, allow_unicode=True)}.items():
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return folder


def set_use(keys: dict[str, Any], files: dict[str, Any], code: str) -> None:
    files["lots.geojson"]["features"][0]["properties"]["use"] = code


def set_ring(files: dict[str, Any], points: list[list[float]]) -> None:
    files["lots.geojson"]["features"][0]["geometry"]["coordinates"] = [points]


def in_degrees(keys: dict[str, Any]) -> None:
    for name in ("town", "lots"):
        keys["layers"][name].pop("to_crs")
    keys["layers"].pop("cells")


def mend(keys: dict[str, Any]) -> None:
    keys["layers"]["lots"].update(repair=True)


def features(files: dict[str, Any]) -> list[dict[str, Any]]:
    return files["lots.geojson"]["features"]


FAR = collection(({"id": "a", "use": "R21"}, ring(121.3, 31.5, 121.4, 31.6)))
ZONAL = {
    "id": "x", "method": "inventory.space.aggregate", "layers": {"raster": "town", "targets": "lots"},
    "parameters": {"proxy": "p", "unit": "1"},
}  # fmt: skip
BOW = [[120.30, 31.50], [120.35, 31.60], [120.35, 31.50], [120.30, 31.60], [120.30, 31.50]]
FLAT = [[120.30, 31.50], [120.35, 31.50], [120.32, 31.50], [120.30, 31.50]]
CASES: dict[str, tuple[str, Callable[[dict[str, Any], dict[str, Any]], Any]]] = {
    "degrees where areas are needed": ("layer_in_degrees", lambda k, _: in_degrees(k)),
    "two coordinate systems": ("layer_crs_mixed", lambda k, _: k["layers"]["town"].update(to_crs="EPSG:32650")),
    "unknown coordinate system": ("crs_unknown", lambda k, _: k["layers"]["town"].update(crs="EPSG:1")),
    "web-map offset passed as WGS 84": ("datum_suspect", lambda _, f: f.update({"lots.geojson": shifted(LOTS)})),
    "layer far from its boundary": ("outside_boundary", lambda _, f: f.update({"lots.geojson": FAR})),
    "ring that crosses itself": ("geometry_invalid", lambda _, f: set_ring(f, BOW)),
    "parcel without area": ("geometry_invalid", lambda _, f: set_ring(f, FLAT)),
    "parcel without area, mended": ("geometry_missing", lambda k, f: (mend(k), set_ring(f, FLAT))),
    "two parcels of one name": ("row_duplicate", lambda _, f: features(f)[1]["properties"].update(id="a")),
    "unknown land-use code": ("land_use_unknown", lambda k, f: set_use(k, f, "R9")),
    "unknown scheme of codes": ("land_use_scheme_unknown", lambda k, _: k["layers"]["lots"]["land_use"].update(scheme="nlcd")),
    "column of codes missing": ("map_unknown", lambda k, _: k["layers"]["lots"]["land_use"].update(column="zone")),
    "grid over an unknown layer": ("layer_unknown", lambda k, _: k["layers"]["cells"]["grid"].update(of="plots")),
    "boundary that is no layer": ("layer_unknown", lambda k, _: k["layers"]["lots"].update(within="country")),
    "grid of a metre": ("grid_too_large", lambda k, _: k["layers"]["cells"]["grid"].update(size=1)),
    "district below a parcel": ("level_wrong", lambda _, f: f.update({"places.csv": PLACES.replace(",,city", ",,parcel")})),
    "raster that is none": ("file_broken", lambda k, f: (k["layers"].update(r={"file": "r.tif"}), f.update({"r.tif": "?"}))),
    "polygons where a raster is needed": ("table_kind_wrong", lambda k, _: k["steps"].append(copy.deepcopy(ZONAL))),
    "file and grid at once": ("study_origin", lambda k, _: k["layers"]["cells"].update(file="lots.geojson")),
    "map on no layer": ("layer_unknown", lambda k, _: k.update(maps=[{"step": "power", "layer": "nowhere"}])),
    "two maps on a layer": ("study_entry_double", lambda k, _: k.update(maps=[{"step": "power", "layer": "lots"} for _ in "ab"])),
    "map file of no kind": ("study_key", lambda k, _: k.update(maps=[{"step": "power", "layer": "lots", "files": ["dwg"]}])),
}  # fmt: skip


def test_the_small_study_is_sound(tmp_path: Path):
    run = execute(study(tmp_path))
    assert run.desk.layers["lots"].rows["land_use"].to_list() == ["070102", "100101"]
    assert run.desk.origins["layer:lots"].note.endswith("100.0% within town")


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_gives_its_one_error(name: str, tmp_path: Path):
    code, change = CASES[name]
    with pytest.raises(InputError) as caught:
        execute(study(tmp_path, change))
    problems = caught.value.problems
    assert [problem.code for problem in problems] == [code], [problem.code for problem in problems]
    for lang in ("en", "zh"):
        text = problems[0].as_text(lang) if hasattr(problems[0], "as_text") else str(problems[0])
        assert "{" not in text.replace("{{", "").replace("{of", "").replace("{column", ""), text
    assert set(MESSAGES[code].fix) >= {"en", "zh"}
    assert problems[0].where.file or problems[0].where.item


def test_a_mended_ring_is_reported(tmp_path: Path):
    def change(keys: dict[str, Any], files: dict[str, Any]) -> None:
        keys["layers"]["lots"].update(repair=True)
        set_ring(files, BOW)

    run = execute(study(tmp_path, change))
    assert "1 features repaired" in run.desk.origins["layer:lots"].note


def test_a_declared_offset_is_taken_off_and_fits(tmp_path: Path):
    def change(keys: dict[str, Any], files: dict[str, Any]) -> None:
        keys["layers"]["lots"].update(crs="GCJ-02")
        files["lots.geojson"] = shifted(LOTS)

    run = execute(study(tmp_path, change))
    assert run.desk.origins["layer:lots"].note.endswith("100.0% within town")
