"""Layers from real life: what once crashed or gave a wrong figure in silence is read rightly, or refused by name."""

from __future__ import annotations

import json
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pyproj import CRS, Transformer

from citycarbon.core.errors import InputError, Problem
from citycarbon.core.tables import PlaceTable
from citycarbon.data.layers import Layer, read_layer, same_system
from citycarbon.data.layers.grids import square_layer
from citycarbon.data.layers.hexagons import hexagon_layer
from citycarbon.data.layers.raster import read_raster
from citycarbon.data.layers.writing import write_layer
from citycarbon.data.readers import read_table
from citycarbon.inventory.space.allocation.aggregate import layer_amounts
from citycarbon.studies import service

pytest.importorskip("h3")
rasterio = pytest.importorskip("rasterio")
UTM = "EPSG:32650"
X, Y = 500_000.0, 3_500_000.0


def problem(make: Any, *args: Any, **kwargs: Any) -> Problem:
    with pytest.raises(InputError) as caught:
        make(*args, **kwargs)
    (found,) = caught.value.problems
    assert found.text("zh")
    return found


def amounts(method: str, tables: dict[str, Path | str], unit: str = "m2", **more: Any) -> dict[str, float]:
    """Call a method on files and give its amounts by place."""
    names = {name: str(path) for name, path in tables.items()}
    parameters = {"proxy": "a", "unit": unit} | more.pop("parameters", {})
    _, made, _ = service.call(f"inventory.space.{method}", names, parameters, **more)
    return dict(made.to_polars().select("place", "value").iter_rows())


def layer_of(*shapes: Any, crs: str = UTM, **columns: list[Any]) -> Layer:
    places = columns.pop("place", [str(number) for number in range(len(shapes))])
    return Layer("a", pl.DataFrame({"place": places, **columns}), np.array(shapes, dtype=object), crs)


def geojson(folder: Path, *properties: dict[str, Any], crs: str = "EPSG::32650", name: str = "a.geojson") -> Path:
    """Write squares of 100 m beside one another."""
    features = [
        {"type": "Feature", "properties": each, "geometry": shapely.geometry.mapping(square(number))}
        for number, each in enumerate(properties)
    ]
    member = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{crs}"}}
    text = json.dumps({"type": "FeatureCollection", "crs": member, "features": features}, ensure_ascii=False)
    (folder / name).write_text(text, "utf-8")
    return folder / name


def square(number: int = 0, side: float = 100.0) -> Any:
    return shapely.box(X + side * number, Y, X + side * (number + 1), Y + side)


def gpkg(path: Path, wkb: list[bytes | None], crs: str | None = UTM, **columns: list[Any]) -> Path:
    fields = {"place": [f"p{number}" for number in range(len(wkb))], **columns}
    texts = {name: cells or pa.array(cells, pa.string()) for name, cells in fields.items()}
    table = pa.table({**texts, "geometry": pa.array(wkb, pa.binary())})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_arrow(table, path, driver="GPKG", geometry_name="geometry", geometry_type="Unknown", crs=crs)
    return path


def parquet(path: Path, wkb: list[bytes], **columns: Any) -> Path:
    system = CRS.from_user_input(UTM).to_json_dict()
    own = {"encoding": "WKB", "geometry_types": [], "crs": system}
    second = {name: own for name in columns if name.startswith("geom")}
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": own, **second}}
    table = pa.table(
        {"place": [f"p{number}" for number in range(len(wkb))], **columns, "geometry": pa.array(wkb, pa.binary())}
    )
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), path)
    return path


# Hexagons at the antimeridian and the poles

FIJI = "EPSG:3460"


def fiji(*spans: tuple[float, float]) -> Layer:
    to_metres = Transformer.from_crs(4326, FIJI, always_xy=True)
    shapes = [
        shapely.Polygon([to_metres.transform(*p) for p in ((w, -17), (e, -17), (e, -16.7), (w, -16.7))])
        for w, e in spans
    ]
    return layer_of(*shapes, crs=FIJI)


@pytest.mark.parametrize("resolution", [0, 1, 4, 6])
@pytest.mark.parametrize("spans", [((179.9, 180), (-180, -179.9)), ((179.9, -179.9),)])
def test_all_of_fiji_stands_on_hexagons(spans: tuple[tuple[float, float], ...], resolution: int):
    islands = fiji(*spans)
    cells = hexagon_layer("cells", islands, resolution)
    made = layer_amounts(islands, cells, proxy="area", unit="m2").to_polars()
    whole = shapely.area(islands.geometry).sum()
    assert whole == pytest.approx(707.7e6, rel=0.01)
    assert made["value"].sum() == pytest.approx(whole, rel=1e-9)
    assert made.filter(pl.col("place") == "not_placed")["value"].sum() == 0.0
    assert shapely.is_valid(cells.geometry).all()


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_cells_are_cut_where_the_system_ends(crs: str):
    islands = fiji((179.9, 180), (-180, -179.9)).to_crs("EPSG:4326").to_crs(crs)
    cells = hexagon_layer("cells", islands, 4)
    assert shapely.area(
        shapely.intersection(shapely.union_all(cells.geometry), shapely.union_all(islands.geometry))
    ) == (pytest.approx(shapely.area(islands.geometry).sum()))
    west, _, east, _ = shapely.bounds(shapely.get_parts(cells.geometry)).T
    assert (east - west).max() < (shapely.total_bounds(islands.geometry)[2] / 90)


def test_a_layer_of_the_world_and_of_a_pole():
    world = layer_of(shapely.box(-180, -90, 180, 90), crs="EPSG:4326")
    cells = hexagon_layer("cells", world, 0)
    assert len(cells.geometry) == 122
    assert shapely.area(cells.geometry).sum() == pytest.approx(360 * 180)
    for crs, box in (("EPSG:6932", (-1e5, -1e5, 1e5, 1e5)), ("EPSG:6931", (-1e6, -1e6, 1e6, 1e6))):
        polar = layer_of(shapely.box(*box), crs=crs)
        made = layer_amounts(polar, hexagon_layer("h", polar, 2), proxy="a", unit="m2").to_polars()
        assert made.filter(pl.col("place") == "not_placed")["value"][0] == 0.0


@pytest.mark.parametrize(("latitude", "crs"), [(69.6, "EPSG:32634"), (78.2, "EPSG:32633")])
def test_nothing_is_lost_at_high_latitudes(latitude: float, crs: str):
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(17.0, latitude)
    town = layer_of(shapely.box(x, y, x + 9000, y + 3000), crs=crs)
    for resolution in (3, 5, 7):
        made = layer_amounts(town, hexagon_layer("h", town, resolution), proxy="a", unit="m2").to_polars()
        assert made.filter(pl.col("place") == "not_placed")["value"][0] == 0.0


def test_cells_that_a_system_cannot_hold_are_refused():
    wide = layer_of(shapely.box(-2e6, 0, 3e6, 9.9e6))
    assert problem(hexagon_layer, "h", wide, 0).code == "cells_across"


def test_a_feature_across_the_meridian_is_cut_in_degrees_and_joined_in_metres():
    island = fiji((179.8, -179.8))
    degrees = island.to_crs("EPSG:4326")
    (shape,) = degrees.geometry
    assert shape.geom_type == "MultiPolygon"
    assert [part.bounds[0] for part in shape.geoms] == pytest.approx([179.8, -180])
    (back,) = degrees.to_crs(FIJI).geometry
    assert back.is_valid
    assert back.area == pytest.approx(island.geometry[0].area, rel=1e-4)
    grid = square_layer("g", degrees.to_crs(FIJI), 5000)
    made = layer_amounts(degrees.to_crs(FIJI), grid, proxy="a", unit="m2").to_polars()
    assert made["value"].sum() == pytest.approx(back.area)


def test_the_call_on_files_gives_all_hexagons(tmp_path: Path):
    islands = fiji((179.9, 180), (-180, -179.9))
    path = gpkg(tmp_path / "fiji.gpkg", list(shapely.to_wkb(islands.geometry)), crs=FIJI)
    made = amounts("layer_amounts", {"sources": path, "targets": f"h3:6:{path}"})
    assert made.pop("not_placed") == 0.0
    assert sum(made.values()) == pytest.approx(shapely.area(islands.geometry).sum())
    points = tmp_path / "pts.csv"
    points.write_text("x,y,value,unit\n179.95,-16.95,10,t\n", "utf-8")
    found = problem(
        service.call, "inventory.space.to_grid", {"points": str(points), "cells": f"h3:4:{path}"}, {"proxy": "j"}
    )
    assert found.code == "layer_no_grid"


# Curves, heights, second geometries


def doubles(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}d", *numbers)


def arc(x: float = X, y: float = Y, high: bool = False) -> bytes:
    """A circle of 50 m as CIRCULARSTRING."""
    points = [(x - 50, y), (x, y + 50), (x + 50, y), (x, y - 50), (x - 50, y)]
    body = b"".join(doubles(*point, *([7.0] if high else [])) for point in points)
    return struct.pack("<BII", 1, 8 + 1000 * high, 5) + body


def circle(high: bool = False) -> bytes:
    return struct.pack("<BII", 1, 10 + 1000 * high, 1) + arc(high=high)


def flat_square() -> bytes:
    return shapely.to_wkb(square())


def compound() -> bytes:
    """A ring of half an arc and a straight line, as CURVEPOLYGON of a COMPOUNDCURVE."""
    half = struct.pack("<BII", 1, 8, 3) + doubles(X, Y, X + 50, Y + 50, X + 100, Y)
    straight = struct.pack("<BII", 1, 2, 2) + doubles(X + 100, Y, X, Y)
    return struct.pack("<BII", 1, 10, 1) + struct.pack("<BII", 1, 9, 2) + half + straight


def surface(kind: int, part: int) -> bytes:
    """Two triangles that make a square of 100 m, with heights."""
    made = struct.pack("<BII", 1, kind, 2)
    for corners in (((0, 0), (100, 0), (0, 100), (0, 0)), ((100, 0), (100, 100), (0, 100), (100, 0))):
        made += struct.pack("<BIII", 1, part, 1, 4) + b"".join(doubles(X + x, Y + y, 5.0) for x, y in corners)
    return made


def walled() -> bytes:
    """A floor of 100 m and two upright walls, which cover no ground."""
    floor = ((0, 0, 0), (100, 0, 0), (100, 100, 0), (0, 100, 0), (0, 0, 0))
    wall = ((0, 0, 0), (100, 0, 0), (100, 0, 9), (0, 0, 9), (0, 0, 0))
    made = struct.pack("<BII", 1, 1015, 3)
    for ring in (floor, wall, tuple((y, x, z) for x, y, z in wall)):
        made += struct.pack("<BIII", 1, 1003, 1, 5) + b"".join(doubles(X + x, Y + y, z) for x, y, z in ring)
    return made


def many(code: int, *parts: bytes) -> bytes:
    return struct.pack("<BII", 1, code, len(parts)) + b"".join(parts)


CURVES = {
    "CURVEPOLYGON": (circle(), 7_854.0), "CURVEPOLYGON Z": (circle(high=True), 7_854.0), "COMPOUNDCURVE": (compound(), 3_927.0),
    "MULTISURFACE": (many(12, flat_square()), 10_000.0), "MULTISURFACE of a curve": (many(12, circle()), 7_854.0),
    "TIN": (surface(1016, 1017), 10_000.0), "POLYHEDRALSURFACE": (surface(1015, 1003), 10_000.0),
    "POLYHEDRALSURFACE with walls": (walled(), 10_000.0),
    "TRIANGLE": (struct.pack("<BIII", 1, 17, 1, 4) + doubles(X, Y, X + 100, Y, X, Y + 200, X, Y), 10_000.0),
    "collection of a polygon": (many(7, flat_square()), 10_000.0),
    "POLYGON Z": (shapely.to_wkb(shapely.force_3d(square(), 9)), 10_000.0),
    "big-endian": (shapely.to_wkb(square(), byte_order=0), 10_000.0),
}  # fmt: skip


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("form", ["gpkg", "parquet"])
def test_areas_of_curves_and_surfaces(name: str, form: str, tmp_path: Path):
    wkb, area = CURVES[name]
    path = tmp_path / f"a.{form}"
    (gpkg if form == "gpkg" else parquet)(path, [flat_square(), wkb])
    layer, _ = read_layer(path)
    assert shapely.area(layer.geometry) == pytest.approx([10_000, area], rel=1e-4)
    assert not shapely.has_z(layer.geometry).any()
    assert layer.rows["place"].to_list() == ["p0", "p1"]


def test_the_call_counts_a_circle(tmp_path: Path):
    path = gpkg(tmp_path / "arc.gpkg", [circle()])
    whole = gpkg(tmp_path / "ok.gpkg", [shapely.to_wkb(shapely.box(X - 100, Y - 100, X + 100, Y + 100))])
    made = amounts("layer_amounts", {"sources": path, "targets": whole})
    assert made == {"p0": pytest.approx(7_854, rel=1e-4), "not_placed": 0.0}


def test_lines_with_measures_and_arcs(tmp_path: Path):
    measured = struct.pack("<BII", 1, 2002, 2) + doubles(X, Y, 1, X + 30, Y + 40, 2)
    path = gpkg(tmp_path / "a.gpkg", [measured, many(11, arc())])
    layer, _ = read_layer(path)
    assert shapely.length(layer.geometry) == pytest.approx([50, 100 * np.pi], rel=1e-4)


@pytest.mark.parametrize(
    "parts", [(flat_square(), arc()), (circle(),), (flat_square(), shapely.to_wkb(shapely.Point(X, Y)))]
)
def test_a_collection_of_several_kinds_is_refused_with_its_row(parts: tuple[bytes, ...], tmp_path: Path):
    found = problem(read_layer, gpkg(tmp_path / "a.gpkg", [flat_square(), many(7, *parts)]))
    assert (found.code, found.where.rows) == ("geometry_collection", (2,))
    assert "CONVERT_TO_LINEAR" in found.fix("en")


def test_a_second_geometry_column_is_left_out(tmp_path: Path):
    second = pa.array([shapely.to_wkb(shapely.Point(X, Y))] * 2, pa.binary())
    layer, _ = read_layer(parquet(tmp_path / "a.parquet", [flat_square()] * 2, geom_point=second, n=[1, None]))
    assert layer.rows.columns == ["place", "n"]
    assert layer.rows["n"].dtype == pl.Int64
    assert shapely.area(layer.geometry).tolist() == [10_000, 10_000]
    layer, _ = read_layer(gpkg(tmp_path / "b.gpkg", [flat_square()], blob=[b"\x00\x01"]))
    assert layer.rows.columns == ["place"]
    point = {"type": "Point", "coordinates": [X, Y]}
    layer, _ = read_layer(geojson(tmp_path, {"place": "a", "centre": point}))
    assert json.loads(layer.rows["centre"][0]) == point


# Field names of shapefiles


def shapefile(path: Path, encoding: str, columns: dict[str, list[str]], note: str | None = None) -> Path:
    """Write a shapefile whose field names are cut at ten bytes, as GDAL does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.raw.write(
            path, np.array(shapely.to_wkb([square(n) for n in range(2)]), dtype=object),
            [np.array(cells, dtype=object) for cells in columns.values()],
            [f"f{number}" for number in range(len(columns))], driver="ESRI Shapefile", crs=UTM, geometry_type="Polygon",
            encoding=encoding,
        )  # fmt: skip
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    for number, name in enumerate(columns):
        data[32 + 32 * number : 43 + 32 * number] = name.encode(encoding)[:10].ljust(11, b"\x00")
    table.write_bytes(bytes(data))
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if note is not None:
        path.with_suffix(".cpg").write_text(note)
    return path


@pytest.mark.parametrize(
    ("encoding", "note", "names", "read"),
    [
        ("utf-8", "UTF-8", ["地块名称", "place"], ["地块名", "place"]),
        ("utf-8", None, ["地块名称", "place"], ["地块名", "place"]),
        ("gbk", "GBK", ["A地块名称面积", "place"], ["A地块名称", "place"]),
        ("gbk", None, ["A地块名称面积", "place"], ["A地块名称", "place"]),
        ("utf-8", "UTF-8", ["地块名称", "地块名字", "place"], ["地块名_1", "地块名_2", "place"]),
        ("gbk", "GBK", ["规划建设用地甲", "规划建设用地乙", "place"], ["规划建设用_1", "规划建设用_2", "place"]),
        ("gbk", "GBK", ["一二三四五", "place"], ["一二三四五", "place"]),
    ],
)
def test_cut_field_names_are_read_and_told_apart(
    encoding: str, note: str | None, names: list[str], read: list[str], tmp_path: Path
):
    columns = {name: [f"甲{number}", "乙方"] for number, name in enumerate(names)}
    layer, _ = read_layer(shapefile(tmp_path / "p.shp", encoding, columns, note))
    assert layer.rows.columns == read
    assert layer.rows.row(0) == tuple(f"甲{number}" for number in range(len(names)))
    assert layer.crs == UTM
    assert len(layer.geometry) == 2


@pytest.mark.parametrize(
    "note", ["ANSI 936", "OEM", "ANSI", "UTF8", "65001", "GB18030", "CP936", "OEM 936", "windows-936", "GBK\n"]
)
def test_notes_of_code_pages(note: str, tmp_path: Path):
    encoding = "utf-8" if note in ("UTF8", "65001") else "gbk"
    layer, _ = read_layer(shapefile(tmp_path / "p.shp", encoding, {"place": ["居住用地", "柳园小区"]}, note))
    assert layer.rows["place"].to_list() == ["居住用地", "柳园小区"]


def test_a_language_mark_of_the_table_tells_korean_from_chinese(tmp_path: Path):
    path = shapefile(tmp_path / "p.shp", "cp949", {"place": ["서울특별시", "부산"]})
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    data[29] = 0x4E
    path.with_suffix(".dbf").write_bytes(bytes(data))
    assert read_layer(path)[0].rows["place"].to_list() == ["서울특별시", "부산"]


# Codes stored as numbers


@pytest.mark.parametrize(
    "codes", [[440303.0, 440304.0], [440303, 440304], ["440303.0", "440304.0"], ["440303", "440304"]]
)
def test_codes_of_any_kind_name_the_same_places(codes: list[Any], tmp_path: Path):
    path = tmp_path / "d.gpkg"
    table = pa.table({"place": codes, "geometry": pa.array([shapely.to_wkb(square(n)) for n in range(2)], pa.binary())})
    pyogrio.write_arrow(table, path, driver="GPKG", geometry_name="geometry", geometry_type="Polygon", crs=UTM)
    made = amounts("layer_amounts", {"sources": path, "targets": path})
    assert set(made) == {"440303", "440304", "not_placed"}
    conditioned = amounts("layer_amounts", {"sources": path, "targets": path}, parameters={"condition": "place=440303"})
    assert sum(conditioned.values()) == pytest.approx(10_000)


def test_true_fractions_stay_and_large_codes_are_exact():
    layer = layer_of(square(), square(1), square(2), place=[440303001001.0, 1.5, None])
    assert layer.rows["place"].to_list() == ["440303001001", "1.5", None]


# Nodata that a raster does not declare


def tif(folder: Path, values: list[list[float]], dtype: str, nodata: float | None = None) -> Path:
    grid = np.array(values, dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            folder / "r.tif", "w", driver="GTiff", width=2, height=2, count=1, dtype=dtype, crs=UTM, nodata=nodata,
            transform=rasterio.transform.from_origin(X, Y + 200, 100, 100),
        ) as made:  # fmt: skip
            made.write(grid, 1)
    return folder / "r.tif"


@pytest.mark.parametrize(
    ("gap", "dtype"),
    [
        (-99999, "float32"), (-99999, "int32"), (-9999, "int16"), (-9999, "float64"), (65535, "uint16"), (255, "uint8"),
        (3.4028235e38, "float32"), (-3.4028235e38, "float32"), (1e31, "float64"), (-32768, "int16"), (-32768, "float32"),
        (2**31 - 1, "int32"), (-(2**31), "int32"), (2**32 - 1, "uint32"), (float("inf"), "float32"), (-128, "int8"),
    ],
)  # fmt: skip
def test_undeclared_nodata_is_refused_and_can_be_stated(gap: float, dtype: str, tmp_path: Path):
    path = tif(tmp_path, [[gap, 20], [20, 20]], dtype)
    places = gpkg(
        tmp_path / "t.gpkg",
        [
            shapely.to_wkb(shapely.box(X, Y, X + 100, Y + 200)),
            shapely.to_wkb(shapely.box(X + 100, Y, X + 200, Y + 200)),
        ],
    )
    tables: dict[str, Path | str] = {"raster": path, "targets": places}
    with pytest.raises(InputError) as caught:
        amounts("aggregate", tables, unit="person")
    (found,) = caught.value.problems
    assert (found.code, found.where.file, found.where.rows, found.where.column) == ("raster_nodata", "r.tif", (1,), "1")
    assert "--nodata" in found.fix("en")
    stated = amounts("aggregate", tables, unit="person", nodata=str(gap))
    assert stated == {"p0": 20.0, "p1": 40.0, "not_placed": 0.0}
    declared = tif(tmp_path, [[gap, 20], [20, 20]], dtype, nodata=gap)
    assert amounts("aggregate", {"raster": declared, "targets": places}, unit="person")["p0"] == 20.0


def test_a_true_value_that_looks_like_nodata_is_counted_when_it_is_said(tmp_path: Path):
    path = tif(tmp_path, [[255, 20], [20, 20]], "uint8")
    raster, origin = read_raster(path, nodata="none")
    assert sum(float(np.nansum(values)) for _, values in raster.blocks()) == 315
    assert origin.note.endswith("nodata: none")


@pytest.mark.parametrize(
    ("nodata", "dtype"), [("-99999", "uint8"), ("1.5", "int16"), ("gap", "float32"), ("-1", "uint16")]
)
def test_a_stated_nodata_that_the_type_cannot_hold_is_refused(nodata: str, dtype: str, tmp_path: Path):
    path = tif(tmp_path, [[1, 2], [3, 4]], dtype)
    found = problem(read_raster, path, nodata=nodata)
    assert (found.code, found.where.item) == ("parameter_wrong", "nodata")


# Properties, geometries and systems of other kinds


def test_properties_of_mixed_kinds_are_text(tmp_path: Path):
    cells: list[Any] = [1, "2", None, True, {"a": [1, "甲"]}, 1.5, 2**70]
    layer, _ = read_layer(geojson(tmp_path, *[{"place": f"p{n}", "m": cell} for n, cell in enumerate(cells)]))
    assert layer.rows["m"].to_list() == ["1", "2", None, "true", '{"a": [1, "甲"]}', "1.5", str(2**70)]
    assert layer.rows["m"].dtype == pl.String


@pytest.mark.parametrize("cells", [[True, False], [1, True], [1, "many"], [1.0, float("nan")], ["1", "x"]])
def test_what_is_no_amount_is_never_counted(cells: list[Any], tmp_path: Path):
    path = geojson(tmp_path, *[{"place": f"p{n}", "m": cell} for n, cell in enumerate(cells)])
    with pytest.raises(InputError) as caught:
        amounts("layer_amounts", {"sources": path, "targets": path}, unit="1", parameters={"column": "m"})
    assert caught.value.problems[0].code == "value_not_number"


def test_a_doubled_property_is_refused(tmp_path: Path):
    path = geojson(tmp_path, {"place": "a", "m": 1})
    path.write_text(path.read_text("utf-8").replace('"m": 1', '"m": 1, "m": 2'), "utf-8")
    found = problem(read_layer, path)
    assert (found.code, found.where.column) == ("column_duplicate", "m")


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (None, "geometry_missing"), (shapely.Polygon(), "geometry_missing"),
        (shapely.Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)]), "geometry_invalid"),
        (shapely.LineString([(X, Y), (X, float("inf"))]), "coordinates_out_of_range"),
        (shapely.LineString([(X, Y), (X, 1e300)]), "coordinates_out_of_range"),
    ],
)  # fmt: skip
def test_shapes_that_are_none_are_refused_with_their_row(shape: Any, code: str, tmp_path: Path):
    path = gpkg(tmp_path / "a.gpkg", [flat_square(), None if shape is None else shapely.to_wkb(shape)])
    found = problem(read_layer, path)
    assert found.code == code
    assert found.where.rows == (2,) or code == "coordinates_out_of_range"


def test_layers_without_features_or_system_or_in_feet(tmp_path: Path):
    assert problem(read_layer, gpkg(tmp_path / "a.gpkg", [])).code == "layer_empty"
    assert problem(read_layer, gpkg(tmp_path / "b.gpkg", [flat_square()], crs=None)).code == "crs_missing"
    assert read_layer(gpkg(tmp_path / "c.gpkg", [flat_square()], crs=None), crs=UTM)[0].crs == UTM
    feet = layer_of(shapely.box(980_000, 190_000, 981_000, 191_000), crs="EPSG:2263")
    assert problem(layer_amounts, feet, feet, proxy="a", unit="m2").code == "layer_in_degrees"
    degrees = layer_of(shapely.box(120, 31, 121, 32), crs="EPSG:4490")
    assert problem(layer_amounts, degrees, degrees, proxy="a", unit="m2").code == "layer_in_degrees"


def test_one_system_in_two_dialects_is_one_system(tmp_path: Path):
    text = "+proj=tmerc +lat_0=0 +lon_0=114.1 +k=1 +x_0=50000 +y_0=0 +ellps=GRS80 +units=m"
    own = CRS.from_user_input(text)
    old, new = own.to_wkt("WKT1_GDAL"), own.to_wkt("WKT2_2019")
    assert old != new
    assert same_system(old, new)
    assert not same_system(old, CRS.from_user_input(text.replace("114.1", "114.2")).to_wkt())
    path = gpkg(tmp_path / "a.gpkg", [shapely.to_wkb(shapely.box(49_000, 2_499_000, 49_100, 2_499_100))], crs=old)
    layer, _ = read_layer(path)
    other = Layer("b", layer.rows, layer.geometry, new)
    assert layer_amounts(layer, other, proxy="a", unit="m2").to_polars()["value"][0] == pytest.approx(10_000)


def test_a_call_names_one_of_several_layers(tmp_path: Path):
    path = tmp_path / "a.gpkg"
    for name, number in (("one", 0), ("two", 1)):
        table = pa.table({"place": [name], "geometry": pa.array([shapely.to_wkb(square(number))], pa.binary())})
        pyogrio.write_arrow(
            table,
            path,
            layer=name,
            driver="GPKG",
            geometry_name="geometry",
            geometry_type="Polygon",
            crs=UTM,
            append=path.exists(),
        )
    assert amounts("layer_amounts", {"sources": f"{path}#two", "targets": f"{path}#two"}) == {
        "two": 10_000.0,
        "not_placed": 0.0,
    }


# Codes of tables, and text that a format cannot hold


@pytest.mark.parametrize("codes", [[440303.0, 440304.0], [440303, 440304], ["440303.0", "440304"]])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_codes_of_tables_are_whole(codes: list[Any], kind: str, tmp_path: Path):
    frame = pl.DataFrame({"place": codes, "name_en": ["a", "b"]})
    path = tmp_path / f"places.{kind}"
    (frame.write_csv if kind == "csv" else frame.write_parquet)(path)
    table, _ = read_table(path, PlaceTable)
    assert table.to_polars()["place"].to_list() == ["440303", "440304"]


@pytest.mark.parametrize("text", ["𠮷野家", "绿🌳地", "长" * 128])
def test_text_that_a_shapefile_cannot_hold_is_refused_by_row(text: str, tmp_path: Path):
    layer = layer_of(square(), square(1), place=["甲", text])
    found = problem(write_layer, layer, tmp_path / "a.shp")
    assert (found.code, found.where.rows, found.where.column) == ("text_unwritable", (2,), "place")
    assert not list(tmp_path.iterdir())
    write_layer(layer, tmp_path / "a.gpkg")
    assert read_layer(tmp_path / "a.gpkg")[0].rows["place"].to_list() == ["甲", text]
