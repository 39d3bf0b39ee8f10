"""Layers and rasters of other programs: areas that are none, files that are others, names and numbers that would be lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from citycarbon.core.errors import InputError, Problem
from citycarbon.data.layers import Layer, read_layer
from citycarbon.data.layers.ground import hectares
from citycarbon.data.layers.raster import read_raster
from citycarbon.data.layers.writing import write_layer
from citycarbon.inventory.space.allocation.aggregate import layer_amounts
from citycarbon.inventory.space.form.patches import raster_patches
from citycarbon.studies import service

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("geopandas")
UTM = "EPSG:32650"
X, Y = 500_000.0, 3_500_000.0
EMISSIONS = "place,time,sector,activity,scope,gas,value,unit\n" + "".join(
    f"{place},2022,b,electricity,2,CO2,{10 * place},t\n" for place in (1, 2, 3)
)


def problem(make: Any, *args: Any, **kwargs: Any) -> Problem:
    with pytest.raises(InputError) as caught:
        make(*args, **kwargs)
    (found,) = caught.value.problems
    assert found.text("zh")
    assert "{" not in found.fix("zh") + found.expected("zh")
    return found


def square(number: int = 0) -> Any:
    return shapely.box(X + 100 * number, Y, X + 100 * (number + 1), Y + 100)


def layer_of(*shapes: Any, crs: str = UTM, **columns: list[Any]) -> Layer:
    places = columns.pop("place", [f"p{number}" for number in range(len(shapes))])
    return Layer("a", pl.DataFrame({"place": places, **columns}), np.array(shapes, dtype=object), crs)


def near(crs: str, longitude: float, latitude: float, side: float = 2000.0) -> Any:
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(longitude, latitude)
    return shapely.box(x, y, x + side, y + side)


def geojson(folder: Path, features: list[dict[str, Any]], crs: Any = "EPSG:32650", name: str = "a.geojson") -> Path:
    member = (
        {} if crs is None else {"crs": crs if isinstance(crs, dict) else {"type": "name", "properties": {"name": crs}}}
    )
    text = json.dumps({"type": "FeatureCollection", **member, "features": features}, ensure_ascii=False)
    (folder / name).write_text(text, "utf-8")
    return folder / name


def feature(number: int = 0, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(square(number))}


def call(method: str, tables: dict[str, Path | str], **parameters: Any) -> list[tuple[Any, ...]]:
    _, made, _ = service.call(f"inventory.space.{method}", {n: str(p) for n, p in tables.items()}, parameters)
    return made.to_polars().rows()


# Areas that are not those of the ground


@pytest.mark.parametrize(
    ("crs", "longitude", "latitude", "better"),
    [
        ("EPSG:3857", 120.3, 31.5, "EPSG:4549"), ("ESRI:102100", 113.5, 23.0, "EPSG:4547"),
        ("EPSG:3395", 25.0, 60.2, "EPSG:32635"),
        ("EPSG:4087", 151.0, -33.8, "EPSG:32756"), ("EPSG:32649", 120.3, 31.5, "EPSG:4549"),
        ("EPSG:4326", 120.3, 31.5, "EPSG:4549"), ("EPSG:2263", -74.0, 40.7, "EPSG:32618"),
    ],
)  # fmt: skip
def test_areas_of_a_system_that_does_not_keep_them_are_refused(
    crs: str, longitude: float, latitude: float, better: str
):
    layer = layer_of(near(crs, longitude, latitude, 0.01 if crs == "EPSG:4326" else 2000.0), crs=crs)
    found = problem(layer_amounts, layer, layer, proxy="a", unit="m2")
    assert found.code == ("layer_in_degrees" if crs in ("EPSG:4326", "EPSG:2263") else "layer_scale")
    assert better in found.expected("en")
    true = layer.to_crs(better)
    assert layer_amounts(true, true, proxy="a", unit="ha").to_polars()["value"][0] == pytest.approx(
        hectares(layer)[0], rel=0.002
    )


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:32650", "EPSG:4547", "EPSG:2437", "ESRI:102025", "EPSG:6933"])
def test_areas_of_zones_and_of_equal_area_are_counted(crs: str):
    layer = layer_of(near(crs, 120.3, 31.5), crs=crs)
    assert layer_amounts(layer, layer, proxy="a", unit="m2").to_polars()["value"][0] == pytest.approx(4e6)


@pytest.mark.parametrize(
    ("method", "more"),
    [("analysis.density", {}), ("area_shares", {}), ("downscale", {}), ("form.shape_measures", {}),
     ("analysis.kernel_density", {"bandwidth": 9000.0}), ("proxy_skill", {"block": 100.0, "folds": 2})],
)  # fmt: skip
def test_every_method_of_areas_asks_for_the_ground(method: str, more: dict[str, Any], tmp_path: Path):
    path = tmp_path / "m.parquet"
    shape = near("EPSG:3857", 120.3, 31.5)
    write_layer(layer_of(shape, crs="EPSG:3857", place=["1"]), path)
    (tmp_path / "e.csv").write_text(EMISSIONS[: EMISSIONS.index("2,2022")], "utf-8")
    (tmp_path / "p.csv").write_text(f"x,y,value,unit\n{shape.centroid.x},{shape.centroid.y},1,t\n", "utf-8")
    (tmp_path / "x.csv").write_text("place,proxy,value,unit\n1,people,3,person\n", "utf-8")
    given = {"places": path, "sources": path, "targets": path, "zones": path, "cells": path, "emissions": tmp_path / "e.csv",
             "evidence": tmp_path / "e.csv", "points": tmp_path / "p.csv", "proxies": tmp_path / "x.csv"}  # fmt: skip
    wanted = {each.name for each in service.find_method(f"inventory.space.{method}").parameters}
    tables = {name: each for name, each in given.items() if name in wanted}
    assert problem(call, method, tables, **more).code == "layer_scale"


def test_layers_of_two_systems_are_never_laid_over_one_another(tmp_path: Path):
    write_layer(layer_of(square(), place=["1"]), tmp_path / "z.parquet")
    write_layer(layer_of(square(), place=["c"], crs="EPSG:4549"), tmp_path / "c.parquet")
    (tmp_path / "e.csv").write_text(EMISSIONS[: EMISSIONS.index("2,2022")], "utf-8")
    tables: dict[str, Path | str] = {
        "emissions": tmp_path / "e.csv", "zones": tmp_path / "z.parquet", "cells": tmp_path / "c.parquet",
    }  # fmt: skip
    assert problem(call, "downscale", tables).code == "layer_crs_mixed"


def test_cells_of_a_raster_are_of_the_ground(tmp_path: Path):
    shape = near("EPSG:3857", 120.3, 31.5)
    raster, _ = read_raster(
        tif(tmp_path, [[1, 2], [2, 1]], "uint8", crs="EPSG:3857", corner=(shape.bounds[0], shape.bounds[3]))
    )
    assert problem(raster_patches, raster).code == "layer_scale"


def test_points_in_degrees_are_not_taken_for_metres(tmp_path: Path):
    write_layer(layer_of(square()), tmp_path / "a.parquet")
    (tmp_path / "p.csv").write_text("x,y,value,unit\n117.0001,31.6,10,t\n", "utf-8")
    tables: dict[str, Path | str] = {"points": tmp_path / "p.csv", "cells": f"grid:50:{tmp_path / 'a.parquet'}"}
    assert problem(call, "to_grid", tables, proxy="s").code == "coordinates_out_of_range"


@pytest.mark.parametrize(
    ("shape", "unit", "value"),
    [
        (square(), "ha", 1.0), (square(), "km2", 0.01), (square(), "公顷", 1.0), (square(), "亩", 15.0),
        (shapely.LineString([(X, Y + 1), (X + 50, Y + 1)]), "km", 0.05), (shapely.Point(X + 1, Y + 1), "household", 1.0),
    ],
)  # fmt: skip
def test_areas_lengths_and_numbers_come_in_their_unit(shape: Any, unit: str, value: float):
    made = layer_amounts(layer_of(shape), layer_of(square()), proxy="a", unit=unit).to_polars()
    assert made["value"].to_list() == pytest.approx([value, 0.0])


@pytest.mark.parametrize(
    ("shape", "unit"), [(square(), "m"), (square(), "t"), (square(), "m3"), (square(), "1"), (shapely.Point(X + 1, Y + 1), "m2"),
                        (shapely.LineString([(X, Y), (X + 5, Y)]), "m2")],
)  # fmt: skip
def test_a_unit_of_something_else_is_refused(shape: Any, unit: str):
    assert problem(layer_amounts, layer_of(shape), layer_of(square()), proxy="a", unit=unit).code == "unit_dimension"


# Files that are others than their ending says, or want a part


def shapefile(folder: Path, name: str = "l", encoding: str = "UTF-8", **columns: list[str]) -> Path:
    fields = columns or {"place": ["a", "b"]}
    table = pa.table({**fields, "geometry": pa.array(shapely.to_wkb([square(n) for n in range(2)]), pa.binary())})
    path = folder / f"{name}.shp"
    pyogrio.write_arrow(
        table,
        path,
        driver="ESRI Shapefile",
        geometry_name="geometry",
        geometry_type="Polygon",
        crs=UTM,
        encoding=encoding,
    )
    return path


@pytest.mark.parametrize("name", ["v.gpkg", "v.shp", "v.fgb", "v.tif", "v.asc"])
def test_a_text_that_names_other_files_opens_none_of_them(name: str, tmp_path: Path):
    (tmp_path / "secret").mkdir()
    kind = Path(name).suffix
    if kind in (".tif", ".asc"):
        inner = tif(tmp_path / "secret", [[1, 2], [3, 4]], "uint8")
        text = (
            '<VRTDataset rasterXSize="2" rasterYSize="2"><SRS>EPSG:32650</SRS>'
            "<GeoTransform>500000,100,0,3500200,0,-100</GeoTransform>"
            f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>{inner}</SourceFilename></SimpleSource>'
            "</VRTRasterBand></VRTDataset>"
        )
    else:
        inner = shapefile(tmp_path / "secret")
        text = f'<OGRVRTDataSource><OGRVRTLayer name="l"><SrcDataSource>{inner}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    (tmp_path / name).write_text(text)
    found = problem(read_raster if kind in (".tif", ".asc") else read_layer, tmp_path / name)
    assert found.code in ("file_broken", "grid_text")
    assert "secret" not in found.found


def test_side_files_of_another_folder_of_a_zip_are_not_taken(tmp_path: Path):
    (tmp_path / "old").mkdir()
    right, wrong = shapefile(tmp_path), shapefile(tmp_path / "old", place=["x", "y"])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        for part in sorted(tmp_path.glob("l.*")):
            made.write(part, f"new/LOTS{part.suffix.upper()}" if part.suffix == ".dbf" else f"new/lots{part.suffix}")
        made.write(wrong.with_suffix(".dbf"), "old/lots.dbf")
        made.write(wrong.with_suffix(".dbf"), "../../lots.dbf")
    layer, origin = read_layer(tmp_path / "a.zip")
    assert (layer.name, layer.rows["place"].to_list(), origin.name) == ("lots", ["a", "b"], "a.zip")
    assert right.exists()


@pytest.mark.parametrize("change", ["no index", "capitals", "mixed"])
def test_parts_of_a_shapefile_are_found_and_its_index_made(change: str, tmp_path: Path):
    path = shapefile(tmp_path, place=["甲", "乙"])
    if change == "no index":
        path.with_suffix(".shx").unlink()
    else:
        for part in (".dbf", ".prj", ".shx", ".cpg"):
            path.with_suffix(part).rename(path.with_suffix(part.upper() if change == "capitals" else part.title()))
    before = sorted(each.name for each in tmp_path.iterdir())
    layer, _ = read_layer(path)
    assert (layer.rows["place"].to_list(), layer.crs) == (["甲", "乙"], UTM)
    assert sorted(each.name for each in tmp_path.iterdir()) == before


@pytest.mark.parametrize("note", ["ISO-8859-1", "1252", "88591", "Latin1"])
def test_a_cpg_that_makes_nonsense_of_chinese_is_doubted(note: str, tmp_path: Path):
    path = shapefile(tmp_path, encoding="GBK", place=["居住用地", "城市道路"])
    path.with_suffix(".cpg").write_text(note)
    found = problem(read_layer, path)
    assert (found.code, found.where.file, found.found) == ("encoding_doubtful", "l.cpg", note)
    assert read_layer(path, encoding="GBK")[0].rows["place"].to_list() == ["居住用地", "城市道路"]
    west = shapefile(tmp_path, "w", "ISO-8859-1", place=["École Élan", "ÉTÉ São"])
    west.with_suffix(".cpg").write_text(note)
    assert read_layer(west)[0].rows["place"].to_list() == ["École Élan", "ÉTÉ São"]


def test_tables_of_styles_are_no_layers(tmp_path: Path):
    write_layer(layer_of(square()), tmp_path / "a.gpkg")
    with sqlite3.connect(tmp_path / "a.gpkg") as base:
        base.execute("create table layer_styles(id integer primary key autoincrement, styleQML text)")
        base.execute(
            "insert into gpkg_contents(table_name, data_type, identifier) values('layer_styles', 'attributes', 's')"
        )
    base.close()
    assert read_layer(tmp_path / "a.gpkg")[0].rows["place"].to_list() == ["p0"]
    assert problem(read_layer, tmp_path / "a.gpkg", layer="layer_styles").code == "geometry_missing"


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ({"type": "Polygon", "coordinates": [[[120, 31], [121, 31], [121, 32], [120, 32]]]}, "geometry_invalid"),
        ({"type": "Point", "coordinates": ["120", "31"]}, "geometry_invalid"),
        ({"type": "Point", "coordinates": [None, 1]}, "geometry_invalid"), ({"type": "Circle"}, "geometry_invalid"),
        ([1, 2], "file_broken"), ({"rings": []}, "geometry_invalid"),
    ],
)  # fmt: skip
def test_a_shape_that_cannot_be_read_is_named_by_its_feature(geometry: Any, code: str, tmp_path: Path):
    path = geojson(tmp_path, [feature(place="a"), {"type": "Feature", "properties": {}, "geometry": geometry}])
    found = problem(read_layer, path)
    assert (found.code, found.where.rows) == (code, (2,))


def test_esri_json_and_properties_that_are_none_are_named(tmp_path: Path):
    found = problem(read_layer, geojson(tmp_path, [{"attributes": {"place": "a"}, "geometry": {"rings": [[[0, 0]]]}}]))
    assert "Esri" in found.found
    assert problem(read_layer, geojson(tmp_path, [{**feature(), "properties": [1]}])).where.rows == (1,)


def test_one_feature_or_one_shape_is_a_layer(tmp_path: Path):
    shape = shapely.geometry.mapping(shapely.box(120, 31, 121, 32))
    for document in ({"type": "Feature", "properties": {"place": "a"}, "geometry": shape}, shape):
        (tmp_path / "a.geojson").write_text(json.dumps(document))
        assert read_layer(tmp_path / "a.geojson")[0].geometry[0].area == pytest.approx(1.0)


@pytest.mark.parametrize(
    "member", [{"type": "link", "properties": {"href": "x"}}, {"type": "EPSG", "properties": {"code": 32650}}]
)
def test_a_system_that_a_file_names_otherwise_is_not_passed_over(member: dict[str, Any], tmp_path: Path):
    path = geojson(tmp_path, [feature(place="a")], crs=member)
    assert problem(read_layer, path).code == "crs_unknown"
    assert read_layer(path, crs=UTM)[0].crs == UTM


@pytest.mark.parametrize("stated", ["GCJ-02", "gcj02", "火星坐标系", "高德坐标"])
def test_an_offset_is_taken_off_whoever_states_it(stated: str, tmp_path: Path):
    shape = {"type": "Point", "coordinates": [116.410244, 39.916404]}
    features = [{"type": "Feature", "properties": {}, "geometry": shape}]
    made = [
        read_layer(geojson(tmp_path, features, crs="GCJ-02")),
        read_layer(geojson(tmp_path, features, crs=None), crs=stated),
    ]
    for layer, origin in made:
        assert shapely.get_coordinates(layer.geometry)[0] == pytest.approx([116.404, 39.915], abs=1e-6)
        assert origin.note == "GCJ-02 → EPSG:4326"
    assert read_layer(geojson(tmp_path, [feature()], crs=None), crs="ＥＰＳＧ：32650")[0].crs == UTM


# Names of features in a call


@pytest.mark.parametrize("column", ["place", "Place", "地点", "id", "ID"])
def test_a_column_that_names_places_names_them(column: str, tmp_path: Path):
    (tmp_path / "e.csv").write_text(EMISSIONS, "utf-8")
    path = geojson(tmp_path, [feature(number, **{column: code}) for number, code in enumerate((3, 2, 1))])
    rows = call("analysis.density", {"emissions": tmp_path / "e.csv", "places": path})
    assert [row[0] for row in rows] == ["3", "2", "1"]
    assert [row[2] for row in rows] == pytest.approx([30, 20, 10])


def test_ids_of_features_name_them(tmp_path: Path):
    (tmp_path / "e.csv").write_text(EMISSIONS, "utf-8")
    path = geojson(tmp_path, [{**feature(number), "id": code} for number, code in enumerate((3, 2, 1))])
    assert [row[2] for row in call("analysis.density", {"emissions": tmp_path / "e.csv", "places": path})] == [
        30,
        20,
        10,
    ]


@pytest.mark.parametrize(("codes", "code"), [((3, 3, 1), "row_duplicate"), ((3, None, 1), "value_empty")])
def test_ids_that_name_nothing_are_not_replaced_by_numbers(codes: tuple[Any, ...], code: str, tmp_path: Path):
    (tmp_path / "e.csv").write_text(EMISSIONS, "utf-8")
    path = geojson(tmp_path, [feature(number, id=each) for number, each in enumerate(codes)])
    assert problem(call, "analysis.density", {"emissions": tmp_path / "e.csv", "places": path}).code == code


def test_numbers_of_rows_are_said_with_the_result(tmp_path: Path):
    path = str(geojson(tmp_path, [feature(0, name="甲"), feature(1, name="乙")]))
    tables = {"sources": path, "targets": path}
    _, _, notes = service.call("inventory.space.layer_amounts", tables, {"proxy": "a", "unit": "m2"})
    assert notes == {"sources": "place = 1 … 2", "targets": "place = 1 … 2"}


# Rasters


def tif(
    folder: Path,
    values: Any,
    dtype: str,
    crs: str | None = UTM,
    corner: tuple[float, float] = (X, Y + 200),
    **more: Any,
) -> Path:
    grid = np.array(values, dtype=dtype)
    grid = grid if grid.ndim == 3 else grid[None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            folder / "r.tif", "w", driver="GTiff", width=2, height=2, count=len(grid), dtype=dtype, crs=crs,
            transform=rasterio.transform.from_origin(*corner, 100, 100), **more,
        ) as made:  # fmt: skip
            made.write(grid)
    return folder / "r.tif"


@pytest.mark.parametrize(
    ("gap", "dtype"),
    [(1e20, "float32"), (1e15, "float64"), (-999.9, "float32"), (-888888, "int32"), (-9999999, "float64"), (-1e10, "float32"),
     (-200, "float64"), (-1, "int16"), (-99, "int16"), (65535, "int32"), (65535, "float32"), (255, "int16"), (9999, "int16"),
     (99999, "uint32"), (32767, "float32")],
)  # fmt: skip
def test_customary_gaps_that_stand_apart_are_refused(gap: float, dtype: str, tmp_path: Path):
    path = tif(tmp_path, [[gap, 20], [20, 20]], dtype)
    raster, _ = read_raster(path)
    assert problem(list, raster.blocks()).code == "raster_nodata"
    stated, _ = read_raster(path, nodata=f"{gap:.10g}")
    assert np.nansum(next(stated.blocks())[1]) == 60
    true, _ = read_raster(path, nodata="none")
    assert np.nansum(next(true.blocks())[1]) == pytest.approx(60 + gap)


@pytest.mark.parametrize(
    "values", [[[255, 254], [250, 3]], [[-1, -3], [2, 5]], [[9999, 9998], [4, 0]], [[-1, -1], [-1, -1]]]
)
def test_numbers_among_their_like_are_counted(values: Any, tmp_path: Path):
    raster, _ = read_raster(tif(tmp_path, values, "int32"))
    assert next(raster.blocks())[1].sum() == np.sum(values)


def test_one_cell_below_the_sea_is_no_gap(tmp_path: Path):
    text = "ncols 20\nnrows 10\nxllcorner 500000\nyllcorner 3500000\ncellsize 100\n-1 " + "3 " * 199
    (tmp_path / "a.asc").write_text(text)
    raster, _ = read_raster(tmp_path / "a.asc", crs=UTM)
    assert next(raster.blocks())[1].sum() == 3 * 199 - 1


def test_a_band_of_several_is_asked_for(tmp_path: Path):
    path = tif(tmp_path, [[[1, 1], [1, 1]], [[5, 5], [5, 5]]], "uint8")
    assert problem(read_raster, path).code == "bands_several"
    write_layer(layer_of(shapely.box(X, Y, X + 200, Y + 200), place=["t"]), tmp_path / "t.parquet")
    given: dict[str, Path | str] = {"raster": f"{path}#2", "targets": tmp_path / "t.parquet"}
    assert call("aggregate", given, proxy="a", unit="person")[0][2] == 20.0
    with rasterio.open(path, "r+") as made:
        made.colorinterp = [rasterio.enums.ColorInterp.gray, rasterio.enums.ColorInterp.alpha]
    assert read_raster(path)[1].sheet == "band 1"


def test_a_raster_with_an_offset_is_refused(tmp_path: Path):
    path = tif(tmp_path, [[1, 2], [3, 4]], "uint8", "EPSG:4326", (120.0, 31.0), nodata=None)
    assert problem(read_raster, path, crs="GCJ-02").code in ("raster_offset", "coordinates_out_of_range")


@pytest.mark.parametrize(
    "body", ["1 2\n3\n", "1 2\n3 4\n5 6\n", "1 abc\n3 4\n", "1 ①\n3 4\n", "1 1,234\n3 4\n", "1 —\n3 4\n", ""]
)
def test_a_grid_of_text_has_a_number_for_each_cell(body: str, tmp_path: Path):
    head = "ncols 2\nnrows 2\nxllcorner 500000\nyllcorner 3500000\ncellsize 100\nNODATA_value -9999\n"
    (tmp_path / "a.asc").write_text(head + body, "utf-8")
    assert problem(read_raster, tmp_path / "a.asc", crs=UTM).code == "grid_text"
    (tmp_path / "a.asc").write_text(head + "1,5 -2e0\n  -9999\t3.25", "utf-8")
    raster, _ = read_raster(tmp_path / "a.asc", crs=UTM)
    assert np.nansum(next(raster.blocks())[1]) == 2.75


# What a written file would lose


def test_a_shapefile_says_what_its_fields_stand_for(tmp_path: Path):
    layer = layer_of(square(), t_residential_buildings=[1.0], t_residential_other=[2.0], 𠮷=[3.0])
    write_layer(layer, tmp_path / "a.shp", aliases={"place": ("place", "地点")})
    fields = pl.read_csv(tmp_path / "a.fields.csv")
    assert fields["field"].to_list() == read_layer(tmp_path / "a.shp")[0].rows.columns
    assert fields["column"].to_list() == layer.rows.columns
    assert fields.row(0) == ("地点", "place", "place", "地点")


@pytest.mark.parametrize("kind", ["gpkg", "shp", "geojson", "fgb", "parquet"])
def test_columns_that_differ_by_capitals_keep_their_numbers_and_are_read_again(kind: str, tmp_path: Path):
    layer = layer_of(
        square(), square(1), t_Homes=[1.0, float("nan")], t_homes=[3.0, 4.0], fid=["x", "y"], geometry=["u", "v"]
    )
    write_layer(layer, tmp_path / f"a.{kind}")
    again = read_layer(tmp_path / f"a.{kind}")[0].rows.sort("place")
    assert again["t_Homes"].to_list() == [1.0, None]
    assert again["t_homes_1"].to_list() == [3.0, 4.0]
    assert again["fid_1"].to_list() == ["x", "y"]
    assert again["geometry_1"].to_list() == ["u", "v"]


def test_digits_that_a_shapefile_would_cut_off_are_refused(tmp_path: Path):
    layer = layer_of(square(), square(1), v=[1.0, -1.5e25])
    found = problem(write_layer, layer, tmp_path / "a.shp")
    assert (found.code, found.where.rows, found.where.column) == ("number_unwritable", (2,), "v")
    assert not list(tmp_path.iterdir())
    shutil.rmtree(tmp_path)
