"""Layers with geometry: formats, encodings of shapefiles, coordinate systems stated and never guessed."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from citycarbon.core.errors import InputError
from citycarbon.data.layers import Layer, read_layer
from citycarbon.data.layers.datums import change_datum

BOX = shapely.box(120.3, 31.5, 120.4, 31.6)
NAMES = ["居住用地", "商业服务业设施用地", "柳园小区"]


def written(
    path: Path, shapes: Any = None, crs: str | None = "EPSG:4490", names: list[str] | None = None, **options: Any
) -> Path:
    """Write features with a Chinese field, by GDAL."""
    shapes = [BOX] * len(names or NAMES) if shapes is None else shapes
    wkb = np.array([None if each is None else shapely.to_wkb(each) for each in shapes], dtype=object)
    fields = {"名称": np.array((names or NAMES)[: len(shapes)], dtype=object), "area_m2": np.arange(len(shapes)) + 0.5}
    kinds = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a layer without coordinate system is wanted at times
        pyogrio.raw.write(path, wkb, list(fields.values()), list(fields), driver=kinds[path.suffix], crs=crs,
                          geometry_type="Polygon", **options)  # fmt: skip
    return path


def shapefile(path: Path, encoding: str, note: str | None, **options: Any) -> Path:
    """Write a shapefile whose .cpg says what is wanted, or nothing."""
    written(path, encoding=encoding, **options)
    cpg = path.with_suffix(".cpg")
    cpg.unlink(missing_ok=True)
    if note is not None:
        cpg.write_text(note)
    return path


def code(caught: pytest.ExceptionInfo[InputError]) -> str:
    return caught.value.problems[0].code


def collection(*features: Any, **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **members, "features": list(features)})


def feature(x: float = 120.3, y: float = 31.5, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [x, y]}}


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson"])
def test_formats(suffix: str, tmp_path: Path) -> None:
    system = "EPSG:4326" if suffix == ".geojson" else "EPSG:4490"
    layer, origin = read_layer(written(tmp_path / f"lots{suffix}", crs=system))
    assert layer.rows["名称"].to_list() == NAMES
    assert layer.rows["area_m2"].to_list() == [0.5, 1.5, 2.5]
    assert layer.crs == system
    assert shapely.equals(layer.geometry, BOX).all()
    assert (origin.name, origin.rows, origin.note) == (f"lots{suffix}", 3, system)


@pytest.mark.parametrize(
    ("encoding", "note", "used"),
    [
        ("GBK", None, "gb18030"), ("GBK", "GBK", "gbk"), ("GBK", "936", "gbk"), ("GBK", "CP936", "gbk"), ("GBK", "GB2312", "gbk"),
        ("UTF-8", None, "utf-8"), ("UTF-8", "UTF-8\n", "UTF-8"), ("UTF-8", "65001", "utf-8"), ("UTF-8", "utf8", "utf-8"),
    ],
)  # fmt: skip
def test_shapefile_encodings(encoding: str, note: str | None, used: str, tmp_path: Path) -> None:
    layer, origin = read_layer(shapefile(tmp_path / "lots.shp", encoding, note))
    assert layer.rows["名称"].to_list() == NAMES
    assert origin.encoding.lower() == used.lower()


@pytest.mark.parametrize(
    ("encoding", "note", "stated", "expected"),
    [
        ("GBK", "UTF-8", None, "encoding_wrong"),
        ("GBK", None, "utf-8", "encoding_wrong"),
        ("GBK", "klingon", None, "encoding_unsupported"),
        ("GBK", None, "klingon", "encoding_unsupported"),
    ],
)
def test_shapefile_encodings_that_do_not_fit(
    encoding: str, note: str | None, stated: str | None, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        read_layer(shapefile(tmp_path / "lots.shp", encoding, note), encoding=stated)
    assert code(caught) == expected


def test_a_stated_encoding_wins_over_the_note(tmp_path: Path) -> None:
    layer, _ = read_layer(shapefile(tmp_path / "lots.shp", "GBK", "ISO-8859-1"), encoding="gbk")
    assert layer.rows["名称"].to_list() == NAMES


def test_side_files_in_capitals(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "lots.shp", "GBK", None)
    path.with_suffix(".dbf").rename(tmp_path / "lots.DBF")
    assert read_layer(path)[0].rows["名称"].to_list() == NAMES


def test_ascii_attributes_need_no_encoding(tmp_path: Path) -> None:
    path = tmp_path / "lots.shp"
    wkb = np.array([shapely.to_wkb(BOX)], dtype=object)
    pyogrio.raw.write(path, wkb, [np.array(["a"], dtype=object)], ["id"], crs="EPSG:4490", geometry_type="Polygon")
    path.with_suffix(".cpg").unlink()
    assert read_layer(path)[1].encoding == "utf-8"


@pytest.mark.parametrize("missing", [".shx", ".shp"])
def test_shapefile_without_a_part(missing: str, tmp_path: Path) -> None:
    path = shapefile(tmp_path / "lots.shp", "UTF-8", None)
    path.with_suffix(missing).unlink()
    if missing == ".shx":
        # The index is made anew, and not left behind.
        assert read_layer(path)[0].rows["名称"].to_list() == NAMES
        assert not path.with_suffix(missing).exists()
        return
    with pytest.raises(InputError) as caught:
        read_layer(path)
    assert code(caught) == "file_missing"
    assert str(tmp_path) not in caught.value.problems[0].found


def test_zip_of_a_shapefile(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "lots.shp", "GBK", None)
    packed = tmp_path / "lots.zip"
    with zipfile.ZipFile(packed, "w") as made:
        for part in tmp_path.glob("lots.*"):
            if part != packed:
                made.write(part, f"folder/{part.name}")
        made.writestr("__MACOSX/folder/._lots.shp", b"shadow")
        made.writestr("read me.txt", "x")
    layer, origin = read_layer(packed)
    assert layer.rows["名称"].to_list() == NAMES
    assert (origin.name, origin.encoding, origin.size) == ("lots.zip", "gb18030", packed.stat().st_size)
    assert path.exists()


@pytest.mark.parametrize("names", [(), ("a.shp", "b.shp"), ("a.txt",)])
def test_zip_without_exactly_one_layer(names: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    with pytest.raises(InputError) as caught:
        read_layer(path)
    assert code(caught) == "archive_layers"


def test_a_zip_member_cannot_climb_out(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("../../a.geojson", collection(feature(id=1)))
    assert read_layer(path)[0].rows.height == 1
    assert {each.name for each in tmp_path.rglob("*")} == {"sub", "a.zip"}


def test_transformation_to_wgs_84(tmp_path: Path) -> None:
    """EPSG:4547 is CGCS2000, 3-degree zone, central meridian 114 E: x 500 km is that meridian."""
    box = shapely.box(500_000, 2_500_000, 501_000, 2_501_000)
    layer, _ = read_layer(written(tmp_path / "lots.gpkg", [box], "EPSG:4547"))
    assert not layer.is_geographic
    moved = layer.to_crs("EPSG:4326")
    assert moved.is_geographic
    before, after = shapely.get_coordinates(layer.geometry), shapely.get_coordinates(moved.geometry)
    assert after[before[:, 0] == 500_000, 0] == pytest.approx(114.0, abs=1e-9)
    back = Transformer.from_crs("EPSG:4326", "EPSG:4547", always_xy=True).transform(after[:, 0], after[:, 1])
    assert np.column_stack(back) == pytest.approx(before, abs=1e-3)
    ring = layer.geojson(5)["features"][0]["geometry"]["coordinates"][0]
    assert all(round(number, 5) == number for point in ring for number in point)


def test_geojson_keeps_attributes() -> None:
    import polars as pl

    layer = Layer("a", pl.DataFrame({"place": ["p"]}), np.array([BOX]), "EPSG:4326")
    assert layer.to_crs("EPSG:4326") is layer
    assert layer.geojson()["features"][0]["properties"] == {"place": "p"}


@pytest.mark.parametrize(
    ("member", "stated", "crs"),
    [
        (None, None, "EPSG:4326"), (None, "EPSG:4490", "EPSG:4490"), ("EPSG:4490", None, "EPSG:4490"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", None, "EPSG:4326"), ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490", "EPSG:4490"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "EPSG:4326"),
    ],
)  # fmt: skip
def test_coordinate_system_of_geojson(member: str | None, stated: str | None, crs: str, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    members = {"crs": {"type": "name", "properties": {"name": member}}} if member else {}
    path.write_text(collection(feature(id=1), **members))
    assert read_layer(path, crs=stated)[0].crs == crs


@pytest.mark.parametrize(
    ("own", "stated", "expected"),
    [
        (None, None, "crs_missing"), ("EPSG:4490", "EPSG:4547", "crs_conflict"), ("EPSG:4490", "no such", "crs_unknown"),
        (None, "EPSG:0", "crs_unknown"), (None, "EPSG:4547", "coordinates_out_of_range"), (None, "EPSG:32650",
         "coordinates_out_of_range"),
    ],
)  # fmt: skip
def test_coordinate_system_of_geopackage(own: str | None, stated: str | None, expected: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_layer(written(tmp_path / "lots.gpkg", crs=own), crs=stated)
    assert code(caught) == expected


def test_a_neighbouring_zone_may_be_borrowed(tmp_path: Path) -> None:
    """Wuxi (120.3 E) in the zone of 117 E is unusual and legal."""
    move = Transformer.from_crs("EPSG:4326", "EPSG:4548", always_xy=True)
    box = shapely.transform(np.array([BOX]), move.transform, interleaved=False)
    assert read_layer(written(tmp_path / "lots.gpkg", box, None), crs="EPSG:4548")[0].crs == "EPSG:4548"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1]", "file_broken"), ('{"type": "Feature"}', "geometry_missing"), ('{"features": ["x"]}', "file_broken"),
        ('{"features": {}}', "file_broken"), ("{", "file_broken"), ("[" * 100_000, "file_broken"), (collection(), "layer_empty"),
        (collection(feature(), crs="x"), "crs_unknown"), (collection(feature(a=1), feature(a="x")), None),
        (collection({"type": "Feature", "properties": None, "geometry": None}), "geometry_missing"),
        (collection({**feature(), "geometry": {"type": "Blob", "coordinates": [1, 2]}}), "geometry_invalid"),
        (collection(feature(500_000, 3_400_000)), "coordinates_out_of_range"),
        (collection(feature(31.5, 120.3)), "coordinates_out_of_range"),
    ],
)  # fmt: skip
def test_odd_geojson(text: str, expected: str | None, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text)
    if expected is None:
        assert read_layer(path)[0].rows.height >= 1
        return
    with pytest.raises(InputError) as caught:
        read_layer(path)
    assert code(caught) == expected


def test_layers_of_a_geopackage(tmp_path: Path) -> None:
    path = written(tmp_path / "lots.gpkg", layer="a")
    written(path, layer="b", append=True, names=["x"])
    assert read_layer(path, layer="b")[0].rows["名称"].to_list() == ["x"]
    for layer, expected in ((None, "layer_ambiguous"), ("c", "layer_missing")):
        with pytest.raises(InputError) as caught:
            read_layer(path, layer=layer)
        assert code(caught) == expected


def test_a_table_without_geometry(tmp_path: Path) -> None:
    path = tmp_path / "lots.gpkg"
    pyogrio.raw.write(path, None, [np.array([1])], ["x"], layer="a", driver="GPKG", geometry_type=None, crs=None)
    with pytest.raises(InputError) as caught:
        read_layer(path)
    assert code(caught) == "geometry_missing"


def test_features_without_attributes(tmp_path: Path) -> None:
    path = tmp_path / "lots.gpkg"
    wkb = np.array([shapely.to_wkb(BOX)] * 2, dtype=object)
    pyogrio.raw.write(path, wkb, [], [], layer="a", driver="GPKG", geometry_type="Polygon", crs="EPSG:4490")
    layer, origin = read_layer(path)
    assert (layer.rows.height, origin.rows, len(layer.geometry)) == (2, 2, 2)


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.kml"])
def test_text_under_a_layer_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("hello")
    with pytest.raises(InputError) as caught:
        read_layer(tmp_path / name)
    assert code(caught) == ("file_kind_unknown" if name.endswith("kml") else "file_broken")


@pytest.mark.parametrize("own", [None, "EPSG:4326", "EPSG:4490"])
@pytest.mark.parametrize(("stated", "datum"), [("gcj02", "GCJ-02"), ("BD-09", "BD-09")])
def test_offset_of_web_maps_is_taken_off_where_the_study_states_it(
    own: str | None, stated: str, datum: str, tmp_path: Path
) -> None:
    def moved(x: Any, y: Any) -> Any:
        return change_datum(x, y, source="WGS 84", target=datum)

    shifted: Any = shapely.transform(BOX, moved, interleaved=False)
    path = written(tmp_path / "lots.gpkg", [shifted], own)
    layer, origin = read_layer(path, crs=stated)
    assert layer.crs == "EPSG:4326"
    assert origin.note == f"{datum} → EPSG:4326"
    assert shapely.equals_exact(layer.geometry[0], BOX, tolerance=1e-8, normalize=True)


def test_an_offset_is_never_taken_off_projected_coordinates(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_layer(written(tmp_path / "lots.gpkg", crs="EPSG:32650"), crs="GCJ-02")
    assert code(caught) == "crs_conflict"
