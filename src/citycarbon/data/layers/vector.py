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
from citycarbon.data.layers.datums import WGS_84, change_datum, datum_of
from citycarbon.data.sheets import decode, looks_chinese

VECTOR = (".gpkg", ".geojson", ".json", ".shp", ".zip")
PARQUET = (".parquet", ".geoparquet")
"""Endings that are a layer only where a layer is asked for; elsewhere parquet is a table."""
_MARGIN = 10.0
"""Degrees by which a layer may lie outside the area of its coordinate system, as neighbouring zones are often borrowed."""
_DEGREES = (4326, 4490)
"""Registered systems that stand in files with the offset of web maps: WGS 84 and CGCS 2000 in degrees."""
_CODE_PAGES = {"65001": "utf-8", "utf8": "utf-8", "936": "gbk", "54936": "gb18030", "gb2312": "gbk", "gbk": "gbk"}


@dataclass(frozen=True)
class Layer:
    """Features of one layer: attribute rows, shapely geometries in the same order, coordinate system."""

    name: str
    rows: pl.DataFrame
    geometry: Any
    crs: str
    grid: Any = None
    """The :class:`~citycarbon.data.layers.grids.SquareGrid` whose cells the features are, numbered by a column ``cell``."""

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
    repair: bool = False,
) -> tuple[Layer, Origin]:
    """Read a vector layer.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile, GeoParquet, or a zip that holds exactly one of the first three.
    layer
        Layer of a GeoPackage with several.
    crs
        Coordinate system, needed where the file states none; a contradiction to the file is refused. ``GCJ-02`` and ``BD-09``
        say that the degrees carry the offset of Chinese web maps, which no file format can state: they are taken off, and
        the layer is WGS 84.
    encoding
        Attribute encoding of a shapefile; without it the .cpg file, else UTF-8 or GB18030 as the bytes prove.
    shown
        Name for messages.
    repair
        Mend rings that cross themselves and say in the origin how many; without it they are refused.

    Raises
    ------
    InputError
        Everything that is wrong with the layer.
    """
    shown = shown or path.name
    safety.present(path, shown)
    if path.suffix.lower() not in VECTOR + PARQUET:
        raise InputError("file_kind_unknown", Where(file=shown), path.suffix, kinds=", ".join(VECTOR + PARQUET))
    if path.suffix.lower() == ".zip":
        return _zipped(path, layer, crs, encoding, shown, repair)
    if path.suffix.lower() in (".geojson", ".json"):
        made, used = _geojson(path, shown, crs), "utf-8"
    elif path.suffix.lower() in PARQUET:
        made, used = _geoparquet(path, shown, crs), "utf-8"
    else:
        made, used = _gdal(path, shown, layer, crs, encoding)
    mended = 0
    if repair:
        made, mended = repaired(made)
    _check_geometry(made, shown)
    system, datum = made.crs, datum_of(crs)
    if datum is not None:
        made, system = _without_offset(made, datum), f"{datum} → {made.crs}"
    system += f"; {mended} features repaired" if mended else ""
    return made, Origin(shown, safety.sha256(path), path.stat().st_size, made.rows.height, used, layer or "", system)


def repaired(layer: Layer) -> tuple[Layer, int]:
    """Mend geometries that are not valid (GEOS, structure method); give the layer and how many there were.

    Lines and points that are left over when a polygon is mended are dropped; a feature of which nothing is left becomes empty,
    which :func:`read_layer` refuses.
    """
    import shapely

    broken = np.flatnonzero(~shapely.is_valid(layer.geometry) & ~shapely.is_missing(layer.geometry))
    if not len(broken):
        return layer, 0
    geometry = layer.geometry.copy()
    dimension = shapely.get_dimensions(geometry[broken])
    mended = shapely.make_valid(geometry[broken], method="structure", keep_collapsed=False)
    parts, owner = shapely.get_parts(mended, return_index=True)
    kept = shapely.get_dimensions(parts) == dimension[owner]
    whole = [shapely.union_all(parts[kept & (owner == number)]) for number in range(len(broken))]
    geometry[broken] = np.array(whole, dtype=object)
    return Layer(layer.name, layer.rows, geometry, layer.crs), len(broken)


def _without_offset(layer: Layer, datum: str) -> Layer:
    import shapely

    def moved(x: Any, y: Any) -> Any:
        return change_datum(x, y, source=datum, target=WGS_84)

    mover: Any = moved
    return Layer(layer.name, layer.rows, shapely.transform(layer.geometry, mover, interleaved=False), layer.crs)


def _zipped(
    path: Path, layer: str | None, crs: str | None, encoding: str | None, shown: str, repair: bool
) -> tuple[Layer, Origin]:
    safety.archive(path, shown, "zip")
    with zipfile.ZipFile(path) as container, TemporaryDirectory() as folder:
        inner = [
            name for name in container.namelist() if Path(name).suffix.lower() in VECTOR[:-1] and not _hidden(name)
        ]
        if len(inner) != 1:
            raise InputError("archive_layers", Where(file=shown), ", ".join(inner) or "—", kinds=", ".join(VECTOR[:-1]))
        stem = Path(inner[0]).stem
        for name in container.namelist():
            if Path(name).stem == stem and not name.endswith("/"):
                # Only the base name is used, so that a member cannot climb out of the folder.
                (Path(folder) / Path(name).name).write_bytes(container.read(name))
        made, origin = read_layer(
            Path(folder) / Path(inner[0]).name, layer=layer, crs=crs, encoding=encoding, shown=shown, repair=repair
        )
    return made, Origin(
        shown, safety.sha256(path), path.stat().st_size, origin.rows, origin.encoding, origin.sheet, origin.note
    )


def _hidden(name: str) -> bool:
    """Tell whether a zip member is a shadow file that some systems add."""
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def _geojson(path: Path, shown: str, crs: str | None) -> Layer:
    import shapely

    text, _ = decode(path.read_bytes(), shown)
    try:
        document = json.loads(text)
        features = document["features"] if isinstance(document, dict) else None
        if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
            raise ValueError("no list 'features'")
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
    member = document.get("crs")
    named = member.get("properties") if isinstance(member, dict) else None
    own = str((named.get("name") if isinstance(named, dict) else "") or "")
    own = own.replace("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326").replace("urn:ogc:def:crs:EPSG::", "EPSG:")
    # RFC 7946: GeoJSON without the retired crs member is WGS 84 longitude and latitude, unless the study says otherwise.
    return Layer(Path(shown).stem, rows, geometry, agreed_crs(crs, own if own or crs else "EPSG:4326", shown))


def _geoparquet(path: Path, shown: str, crs: str | None) -> Layer:
    try:
        import geopandas
        import pyarrow.lib
    except ImportError as error:
        raise InputError("extra_missing", Where(file=shown), "geopandas", extra="geo") from error
    try:
        frame = geopandas.read_parquet(path)
    except (ValueError, OSError, KeyError, pyarrow.lib.ArrowException) as error:
        raise InputError(
            "file_broken", Where(file=shown), str(error).partition("\n")[0][:200], kind="GeoParquet"
        ) from error
    rows = pl.from_pandas(frame.drop(columns=frame.geometry.name)) if frame.shape[1] > 1 else pl.DataFrame()
    own = frame.crs.to_wkt() if frame.crs is not None else ""
    if not own and crs is None:
        raise InputError("crs_missing", Where(file=shown), "—")
    return Layer(Path(shown).stem, rows, np.asarray(frame.geometry.array, dtype=object), agreed_crs(crs, own, shown))


def _gdal(path: Path, shown: str, layer: str | None, crs: str | None, encoding: str | None) -> tuple[Layer, str]:
    try:
        # GDAL takes two seconds to import and is an extra.
        import pyogrio
    except ImportError as error:
        raise InputError("extra_missing", Where(file=shown), "pyogrio", extra="geo") from error
    import shapely

    used = _shapefile_encoding(path, shown, encoding)
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer is None and len(layers) > 1:
            raise InputError("layer_ambiguous", Where(file=shown), len(layers), layers=", ".join(layers))
        if layer is not None and layer not in layers:
            raise InputError("layer_missing", Where(file=shown, item=layer), layer, layers=", ".join(layers))
        meta, table = pyogrio.read_arrow(path, layer=layer or layers[0], encoding=used)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, UnicodeError) as error:
        found = str(error).partition(";")[0].replace(f"{path.parent}/", "")
        raise InputError("file_broken", Where(file=shown), found, kind=path.suffix.lstrip(".")) from error
    name = meta["geometry_name"] or "wkb_geometry"
    if name not in table.column_names:
        raise InputError("geometry_missing", Where(file=shown, item=layer), layer or layers[0])
    geometry = shapely.from_wkb(np.array(table.column(name).to_pylist(), dtype=object))
    rows = pl.DataFrame(pl.from_arrow(table.drop([name])))
    if not meta["crs"] and crs is None:
        raise InputError("crs_missing", Where(file=shown, item=layer), "—")
    return Layer(layer or layers[0], rows, geometry, agreed_crs(crs, meta["crs"] or "", shown)), used or "utf-8"


def _shapefile_encoding(path: Path, shown: str, stated: str | None) -> str | None:
    """Find the attribute encoding of a shapefile: stated, else the .cpg file, else what the bytes prove; the bytes must fit."""
    if path.suffix.lower() != ".shp":
        return None
    table, note = _beside(path, ".dbf"), _beside(path, ".cpg")
    named = stated or (note.read_text("ascii", "replace").strip() if note else "")
    data = table.read_bytes()[: 4 * 1024**2] if table else b""
    header = int.from_bytes(data[8:10], "little")
    body = data[header:].replace(b"\x00", b" ")
    if named:
        return _fitting_codec(named, body, shown, table)
    if _fits(body, "utf-8"):
        return "utf-8" if table else None
    text = body.decode("gb18030", "replace")
    if looks_chinese(text.replace("\ufffd", "")):
        return "gb18030"
    raise InputError("encoding_unknown", Where(file=shown), text[:30])


def _beside(path: Path, suffix: str) -> Path | None:
    found = (path.with_suffix(suffix), path.with_suffix(suffix.upper()))
    return next((each for each in found if each.exists()), None)


def _fitting_codec(named: str, body: bytes, shown: str, table: Path | None) -> str:
    """Give a stated encoding in the spelling that GDAL knows, after a look at whether the attributes fit it."""
    plain = named.lower().replace("_", "-").removeprefix("cp").removeprefix("windows-").removeprefix("ms")
    name = _CODE_PAGES.get(plain, f"cp{plain}" if plain.isdigit() else named)
    try:
        fits = _fits(body, name)
    except LookupError as error:
        raise InputError("encoding_unsupported", Where(file=shown), named, known="UTF-8, GB18030, GBK") from error
    if not fits:
        where = Where(file=table.name if table else shown)
        raise InputError("encoding_wrong", where, shown, encoding=named)
    return name


def _fits(body: bytes, codec: str) -> bool:
    """Tell whether attribute bytes are text of an encoding; a few characters may be cut in half by the width of a field."""
    broken = body.decode(codec, "replace").count("\ufffd")
    return broken * 10 <= sum(1 for mark in body if mark > 127)


def agreed_crs(stated: str | None, own: str, shown: str) -> str:
    """The file's own coordinate system, which a stated one must not contradict."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        found = CRS.from_user_input(own) if own else None
        if datum_of(stated):
            # Such files call themselves WGS 84 or CGCS 2000, as no registered code stands for the offset.
            if found is None or any(found.equals(CRS.from_epsg(code), ignore_axis_order=True) for code in _DEGREES):
                return "EPSG:4326"
            raise InputError("crs_conflict", Where(file=shown), stated, expected_crs=found.to_string())
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

    problems = Problems()
    if not len(layer.geometry):
        problems.add("layer_empty", Where(file=shown), "")
        problems.raise_all()
    empty = np.flatnonzero(shapely.is_missing(layer.geometry) | shapely.is_empty(layer.geometry))
    if len(empty):
        problems.add("geometry_missing", Where(file=shown, rows=tuple(int(i) + 1 for i in empty[:5])), len(empty))
        problems.raise_all()
    broken = np.flatnonzero(~shapely.is_valid(layer.geometry))
    if len(broken):
        reason = shapely.is_valid_reason(layer.geometry[broken[0]])
        problems.add("geometry_invalid", Where(file=shown, rows=tuple(int(i) + 1 for i in broken[:5])), reason)
    bounds = [float(edge) for edge in shapely.total_bounds(layer.geometry)]
    area = _missed_area(layer, bounds)
    if area:
        west, south, east, north = bounds
        found = f"x [{west:g}, {east:g}], y [{south:g}, {north:g}]"
        problems.add("coordinates_out_of_range", Where(file=shown), found, crs=layer.crs, area=area)
    problems.raise_all()


def _missed_area(layer: Layer, bounds: list[float]) -> str:
    """Name the area in degrees that a coordinate system is made for, if the layer's middle lies 10 degrees or more outside."""
    from pyproj import CRS, Transformer

    system = CRS.from_user_input(layer.crs)
    west, south, east, north = bounds
    if system.is_geographic and (west < -180 or east > 180 or south < -90 or north > 90):
        return "[-180, 180], [-90, 90]"
    area = system.area_of_use
    if area is None or area.west > area.east:
        return ""
    move = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    x, y = move.transform((west + east) / 2, (south + north) / 2)
    inside = area.west - _MARGIN < x < area.east + _MARGIN and area.south - _MARGIN < y < area.north + _MARGIN
    # Metres that all look like degrees are degrees: UTM zones reach down to the equator.
    degrees = not system.is_geographic and west >= -180 and east <= 180 and south >= -90 and north <= 90
    return "" if inside and not degrees else f"[{area.west:g}, {area.east:g}], [{area.south:g}, {area.north:g}]"
