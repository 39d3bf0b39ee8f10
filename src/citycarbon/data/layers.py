"""Layers with geometry: GeoPackage, GeoJSON and shapefile, coordinate system stated and never guessed.

Comes in: a path and what the study states about the layer. Goes out: a :class:`Layer` and its origin. Not for: analysis.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.results import Origin
from citycarbon.data import safety
from citycarbon.data.sheets import decode, looks_chinese

VECTOR = (".gpkg", ".geojson", ".json", ".shp", ".zip")


@dataclass(frozen=True)
class Layer:
    """Features of one layer: attribute rows, shapely geometries in the same order, coordinate system."""

    name: str
    rows: pl.DataFrame
    geometry: Any
    crs: str

    @property
    def is_geographic(self) -> bool:
        """Whether coordinates are longitude and latitude, so that areas in them mean nothing."""
        from pyproj import CRS

        return bool(CRS.from_user_input(self.crs).is_geographic)

    def to_crs(self, target: str) -> Layer:
        """Transform to another coordinate system (pyproj, axis order x, y)."""
        import shapely
        from pyproj import Transformer

        if self.crs == target:
            return self
        change = Transformer.from_crs(self.crs, target, always_xy=True)
        mover: Any = change.transform
        moved = shapely.transform(self.geometry, mover, interleaved=False)
        return Layer(self.name, self.rows, moved, target)

    def geojson(self, digits: int = 6) -> Mapping[str, Any]:
        """Give a GeoJSON feature collection in WGS 84 with rounded coordinates."""
        import shapely

        degrees = self.to_crs("EPSG:4326")
        shapes = shapely.to_geojson(shapely.set_precision(degrees.geometry, 10.0**-digits, mode="pointwise"))
        features = [
            {"type": "Feature", "properties": row, "geometry": json.loads(shape)}
            for row, shape in zip(degrees.rows.to_dicts(), shapes, strict=True)
        ]
        return {"type": "FeatureCollection", "features": features}


def read_layer(
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    shown: str | None = None,
) -> tuple[Layer, Origin]:
    """Read a vector layer.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile, or a zip that holds exactly one of them.
    layer
        Layer of a GeoPackage with several.
    crs
        Coordinate system, needed where the file states none; a contradiction to the file is refused.
    encoding
        Attribute encoding of a shapefile; without it the .cpg file, else UTF-8 or GB18030 as the bytes prove.
    shown
        Name for messages.

    Raises
    ------
    InputError
        Everything that is wrong with the layer.
    """
    shown = shown or path.name
    safety.present(path, shown)
    if path.suffix.lower() not in VECTOR:
        raise InputError("file_kind_unknown", Where(file=shown), path.suffix, kinds=", ".join(VECTOR))
    if path.suffix.lower() == ".zip":
        return _zipped(path, layer, crs, encoding, shown)
    if path.suffix.lower() in (".geojson", ".json"):
        made, used = _geojson(path, shown, crs), "utf-8"
    else:
        made, used = _gdal(path, shown, layer, crs, encoding)
    _check_geometry(made, shown)
    return made, Origin(shown, safety.sha256(path), path.stat().st_size, made.rows.height, used, layer or "", made.crs)


def _zipped(path: Path, layer: str | None, crs: str | None, encoding: str | None, shown: str) -> tuple[Layer, Origin]:
    safety.archive(path, shown, "zip")
    with zipfile.ZipFile(path) as container, TemporaryDirectory() as folder:
        inner = [name for name in container.namelist() if Path(name).suffix.lower() in VECTOR[:-1]]
        if len(inner) != 1:
            raise InputError("file_broken", Where(file=shown), ", ".join(inner) or "—", kind="zip (one layer file)")
        stem = Path(inner[0]).stem
        for name in container.namelist():
            if Path(name).stem == stem and not name.endswith("/"):
                # Only the base name is used, so that a member cannot climb out of the folder.
                (Path(folder) / Path(name).name).write_bytes(container.read(name))
        made, origin = read_layer(
            Path(folder) / Path(inner[0]).name, layer=layer, crs=crs, encoding=encoding, shown=shown
        )
    return made, Origin(
        shown, safety.sha256(path), path.stat().st_size, origin.rows, origin.encoding, origin.sheet, origin.note
    )


def _geojson(path: Path, shown: str, crs: str | None) -> Layer:
    import shapely

    text, _ = decode(path.read_bytes(), shown)
    try:
        document = json.loads(text)
        features = document["features"]
        rows = pl.DataFrame([feature.get("properties") or {} for feature in features], infer_schema_length=None)
        shapes = np.array([json.dumps(f["geometry"]) if f.get("geometry") else None for f in features], dtype=object)
        geometry = shapely.from_geojson(shapes)
    except (
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
        shapely.errors.GEOSException,
        pl.exceptions.PolarsError,
    ) as error:
        raise InputError("file_broken", Where(file=shown), str(error), kind="GeoJSON") from error
    own = str(((document.get("crs") or {}).get("properties") or {}).get("name", "") or "")
    # RFC 7946: GeoJSON without the retired crs member is WGS 84 longitude and latitude.
    stated = own.replace("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326").replace("urn:ogc:def:crs:EPSG::", "EPSG:")
    return Layer(Path(shown).stem, rows, geometry, _agreed(crs, stated or "EPSG:4326", shown))


def _gdal(path: Path, shown: str, layer: str | None, crs: str | None, encoding: str | None) -> tuple[Layer, str]:
    try:
        # GDAL takes two seconds to import and is an extra.
        import pyogrio
    except ImportError as error:
        raise InputError("extra_missing", Where(file=shown), "pyogrio", extra="geo") from error
    import shapely

    used = encoding or _shapefile_encoding(path, shown)
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer is None and len(layers) > 1:
            raise InputError("sheet_ambiguous", Where(file=shown), len(layers), sheets=", ".join(layers))
        if layer is not None and layer not in layers:
            raise InputError("sheet_missing", Where(file=shown, sheet=layer), layer, sheets=", ".join(layers))
        meta, table = pyogrio.read_arrow(path, layer=layer or layers[0], encoding=used)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, UnicodeError) as error:
        raise InputError("file_broken", Where(file=shown), str(error), kind=path.suffix.lstrip(".")) from error
    name = meta["geometry_name"] or "wkb_geometry"
    geometry = shapely.from_wkb(np.array(table.column(name).to_pylist(), dtype=object))
    rows = pl.DataFrame(pl.from_arrow(table.drop([name])))
    if not meta["crs"] and crs is None:
        raise InputError("crs_missing", Where(file=shown, sheet=layer), "—")
    return Layer(layer or layers[0], rows, geometry, _agreed(crs, meta["crs"] or "", shown)), used or "utf-8"


def _shapefile_encoding(path: Path, shown: str) -> str | None:
    """Find the attribute encoding of a shapefile: .cpg if there is one, else what the bytes prove."""
    if path.suffix.lower() != ".shp":
        return None
    for note in (path.with_suffix(".cpg"), path.with_suffix(".CPG")):
        if note.exists():
            return note.read_text("ascii", "replace").strip() or None
    table = path.with_suffix(".dbf")
    if not table.exists():
        return None
    data = table.read_bytes()[: 4 * 1024**2]
    marks = bytes(mark for mark in data[32:] if mark > 127)
    if not marks:
        return "utf-8"
    header = int.from_bytes(data[8:10], "little")
    body = data[header:].replace(b"\x00", b" ")
    try:
        body.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        text = body.decode("gb18030", "replace")
    if looks_chinese(text.replace("\ufffd", "")):
        return "gb18030"
    raise InputError("encoding_unknown", Where(file=shown), text[:30])


def _agreed(stated: str | None, own: str, shown: str) -> str:
    """The file's own coordinate system, which a stated one must not contradict."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        found = CRS.from_user_input(own) if own else None
        wanted = CRS.from_user_input(stated) if stated else None
    except CRSError as error:
        raise InputError("crs_unknown", Where(file=shown), stated or own) from error
    if found is not None and wanted is not None and not found.equals(wanted, ignore_axis_order=True):
        raise InputError("crs_conflict", Where(file=shown), stated, expected_crs=found.to_string())
    chosen = wanted or found
    if chosen is None:
        raise InputError("crs_missing", Where(file=shown), "—")
    code = chosen.to_authority()
    return ":".join(code) if code else chosen.to_wkt()


def _check_geometry(layer: Layer, shown: str) -> None:
    import shapely
    from pyproj import CRS

    problems = Problems()
    if not len(layer.geometry):
        problems.add("file_empty", Where(file=shown), "")
        problems.raise_all()
    empty = np.flatnonzero(shapely.is_missing(layer.geometry) | shapely.is_empty(layer.geometry))
    if len(empty):
        problems.add("geometry_missing", Where(file=shown, rows=tuple(int(i) + 1 for i in empty[:5])), len(empty))
        problems.raise_all()
    broken = np.flatnonzero(~shapely.is_valid(layer.geometry))
    if len(broken):
        reason = shapely.is_valid_reason(layer.geometry[broken[0]])
        problems.add("geometry_invalid", Where(file=shown, rows=tuple(int(i) + 1 for i in broken[:5])), reason)
    if CRS.from_user_input(layer.crs).is_geographic:
        west, south, east, north = shapely.total_bounds(layer.geometry)
        if west < -180 or east > 180 or south < -90 or north > 90:
            found = f"{west:g}, {south:g} … {east:g}, {north:g}"
            problems.add("coordinates_out_of_range", Where(file=shown), found, crs=layer.crs)
    problems.raise_all()
