"""Layers with geometry: GeoPackage, GeoJSON and shapefile, coordinate system stated and never guessed.

Comes in: a path and what the study states about the layer. Goes out: a :class:`Layer` and its origin. Not for: analysis.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.results import Origin
from citycarbon.data import safety
from citycarbon.data.layers import antimeridian
from citycarbon.data.layers.curves import shapes_from_wkb
from citycarbon.data.layers.datums import WGS_84, change_datum, datum_of
from citycarbon.data.layers.geojson import read_geojson
from citycarbon.data.layers.shapefile import readable, shapefile_encoding
from citycarbon.data.spelling import codes_as_text, compatible

VECTOR = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".zip")
PARQUET = (".parquet", ".geoparquet")
"""Endings that are a layer only where a layer is asked for; elsewhere parquet is a table."""
_MARGIN = 10.0
"""Degrees by which a layer may lie outside the area of its coordinate system, as neighbouring zones are often borrowed."""
_MARKS = {".gpkg": b"SQLite format 3\x00", ".shp": b"\x00\x00\x27\x0a", ".fgb": b"fgb"}
"""First bytes of files: GDAL opens whatever it finds behind an ending, also a text that names other files."""
_DEGREES = (4326, 4490)
"""Registered systems that stand in files with the offset of web maps: WGS 84 and CGCS 2000 in degrees."""


@dataclass(frozen=True)
class Layer:
    """Features of one layer: attribute rows, shapely geometries in the same order, coordinate system."""

    name: str
    rows: pl.DataFrame
    geometry: Any
    crs: str
    grid: Any = None
    """The :class:`~citycarbon.data.layers.grids.SquareGrid` whose cells the features are, numbered by a column ``cell``."""

    def __post_init__(self) -> None:
        if "place" in self.rows.columns and self.rows["place"].dtype != pl.String:
            object.__setattr__(self, "rows", self.rows.with_columns(codes_as_text(self.rows["place"])))

    @property
    def is_geographic(self) -> bool:
        """Whether coordinates are longitude and latitude, so that areas in them mean nothing."""
        return bool(_system(self.crs).is_geographic)

    @property
    def is_metric(self) -> bool:
        """Whether coordinates are metres, so that areas are square metres: neither degrees nor feet."""
        return in_metres(self.crs)

    def moved_to(self, target: str) -> Any:
        """Give the geometry with each point brought to another coordinate system (pyproj, axis order x, y).

        Raises
        ------
        InputError
            If the other system has no place for a point.
        """
        import shapely
        from pyproj import Transformer

        if self.crs == target:
            return self.geometry
        mover: Any = Transformer.from_crs(self.crs, target, always_xy=True).transform
        moved = shapely.transform(self.geometry, mover, interleaved=False)
        if not np.isfinite(shapely.get_coordinates(moved)).all():
            bounds = ", ".join(f"{edge:g}" for edge in shapely.total_bounds(self.geometry))
            where = Where(item=self.name)
            raise InputError("coordinates_out_of_range", where, bounds, crs=target, area=_area(_system(target)))
        return moved

    def to_crs(self, target: str) -> Layer:
        """Transform to another coordinate system; features across the 180th meridian are cut in degrees."""
        if self.crs == target:
            return self
        moved = self.moved_to(target)
        here, there = self.is_geographic, _system(target).is_geographic
        if there and not here:
            moved = antimeridian.cut(moved)
        elif here and not there:
            moved = antimeridian.joined(moved, self.geometry)
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


@safety.netted
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
        (made, crs), used = _geojson(path, shown, crs), "utf-8"
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
        names = [name for name in container.namelist() if not name.endswith("/") and not _hidden(name)]
        inner = [name for name in names if Path(name).suffix.lower() in VECTOR[:-1]]
        if len(inner) != 1:
            raise InputError("archive_layers", Where(file=shown), ", ".join(inner) or "—", kinds=", ".join(VECTOR[:-1]))
        main = Path(inner[0])
        for name in names:
            # Side files lie beside their layer: another folder of the zip may hold those of another one by the same name.
            if Path(name).parent == main.parent and Path(name).stem.casefold() == main.stem.casefold():
                # Names are made anew, so that a member cannot climb out of the folder.
                (Path(folder) / f"layer{Path(name).suffix.lower()}").write_bytes(container.read(name))
        made, origin = read_layer(
            Path(folder) / f"layer{main.suffix.lower()}",
            layer=layer,
            crs=crs,
            encoding=encoding,
            shown=shown,
            repair=repair,
        )
    if made.name == "layer":
        made = Layer(main.stem, made.rows, made.geometry, made.crs)
    return made, Origin(
        shown, safety.sha256(path), path.stat().st_size, origin.rows, origin.encoding, origin.sheet, origin.note
    )


def _hidden(name: str) -> bool:
    """Tell whether a zip member is a shadow file that some systems add."""
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def _geojson(path: Path, shown: str, crs: str | None) -> tuple[Layer, str | None]:
    """Read GeoJSON; give the layer, and the system that the study, or else the file, states."""
    rows, geometry, own = read_geojson(path, shown, crs)
    if datum_of(own) and datum_of(crs) in (None, datum_of(own)):
        crs, own = crs or own, ""
    # RFC 7946: GeoJSON without the retired crs member is WGS 84 longitude and latitude, unless the study says otherwise.
    return Layer(Path(shown).stem, rows, geometry, agreed_crs(crs, own if own or crs else "EPSG:4326", shown)), crs


def _geoparquet(path: Path, shown: str, crs: str | None) -> Layer:
    """Read GeoParquet by its primary column; further columns of geometry are left out, whatever they hold."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    metadata = table.schema.metadata or {}
    if b"geo" not in metadata:
        raise InputError("file_broken", Where(file=shown), "no metadata 'geo'", kind="GeoParquet")
    about = json.loads(metadata[b"geo"])
    main, columns = about.get("primary_column"), about.get("columns") or {}
    if main not in columns or main not in table.column_names:
        raise InputError("geometry_missing", Where(file=shown), ", ".join(table.column_names)[:100])
    encoding = columns[main].get("encoding", "WKB")
    if encoding == "WKB":
        features = table.column(main).to_pylist()
    else:
        import geopandas

        features = list(geopandas.read_parquet(path, columns=[main]).geometry.to_wkb())
    own = columns[main].get("crs", "EPSG:4326") or ""
    rows = pl.DataFrame(pl.from_arrow(table.drop_columns([name for name in columns if name in table.column_names])))
    rows = _without_bytes(rows, len(features))
    stated = json.dumps(own) if isinstance(own, dict) else str(own)
    if not stated and crs is None:
        raise InputError("crs_missing", Where(file=shown), "—")
    return Layer(Path(shown).stem, rows, shapes_from_wkb(features, shown), agreed_crs(crs, stated, shown))


def _without_bytes(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """Leave out columns of bytes, such as a second geometry, which are no attributes."""
    kept = [name for name, kind in rows.schema.items() if kind != pl.Binary]
    return rows.select(kept) if kept else pl.DataFrame([{}] * count)


def _gdal(path: Path, shown: str, layer: str | None, crs: str | None, encoding: str | None) -> tuple[Layer, str]:
    try:
        # GDAL takes two seconds to import and is an extra.
        import pyarrow as pa
        import pyogrio
    except ImportError as error:
        raise InputError("extra_missing", Where(file=shown), "pyogrio", extra="geo") from error
    kind = path.suffix.lower()
    with path.open("rb") as stream:
        if stream.read(len(_MARKS[kind])) != _MARKS[kind]:
            raise InputError("file_broken", Where(file=shown), "no such first bytes", kind=kind.lstrip("."))
    used = shapefile_encoding(path, shown, encoding) if kind == ".shp" else None
    opened: AbstractContextManager[tuple[Path, dict[str, str]]] = nullcontext((path, {}))
    if kind == ".shp":
        opened = readable(path, used)
    with opened as (file, names):
        listed = pyogrio.list_layers(file)
        # Tables of attributes, such as styles that QGIS keeps in the file, are no layers.
        layers = [str(name) for name, what in listed if what is not None or layer == name]
        if kind == ".shp":
            layers = [path.stem]
        if layer is None and len(layers) > 1:
            raise InputError("layer_ambiguous", Where(file=shown), len(layers), layers=", ".join(layers))
        if layer is not None and layer not in layers:
            raise InputError("layer_missing", Where(file=shown, item=layer), layer, layers=", ".join(layers))
        if not layers and len(listed):
            raise InputError("geometry_missing", Where(file=shown), ", ".join(str(name) for name in listed[:, 0]))
        chosen = layer or (layers[0] if layers else "")
        if not chosen:
            raise InputError("layer_empty", Where(file=shown), "")
        meta, table = pyogrio.read_arrow(file, layer=None if kind == ".shp" else chosen, encoding=used)
    try:
        table.validate(full=True)
    except pa.ArrowInvalid as error:
        # What GDAL could not turn into UTF-8 it passes on as it was.
        raise InputError("encoding_wrong", Where(file=shown), str(error)[:100], encoding=used or "UTF-8") from error
    name = meta["geometry_name"] or "wkb_geometry"
    if name not in table.column_names:
        raise InputError("geometry_missing", Where(file=shown, item=layer), chosen)
    geometry = shapes_from_wkb(table.column(name).to_pylist(), shown)
    rows = _without_bytes(pl.DataFrame(pl.from_arrow(table.drop([name]))), len(geometry)).rename(names, strict=False)
    if not meta["crs"] and crs is None:
        raise InputError("crs_missing", Where(file=shown, item=layer), "—")
    return Layer(chosen, rows, geometry, agreed_crs(crs, meta["crs"] or "", shown)), used or "utf-8"


def agreed_crs(stated: str | None, own: str, shown: str) -> str:
    """The file's own coordinate system, which a stated one must not contradict."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    stated = compatible(stated).strip() if stated else stated
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
    if found is not None and wanted is not None and found.type_name.startswith("Engineering"):
        # A file of a drawing program says only that it counts in metres from somewhere.
        found = None
    if found is not None and wanted is not None and not found.equals(wanted, ignore_axis_order=True):
        raise InputError("crs_conflict", Where(file=shown), stated, expected_crs=found.to_string())
    chosen = wanted or found
    if chosen is None:
        raise InputError("crs_missing", Where(file=shown), "—")
    if chosen.is_compound or len(chosen.axis_info) > 2:
        # Heights play no part.
        chosen = chosen.to_2d()
    code = chosen.to_authority()
    if code == ("OGC", "CRS84"):
        return "EPSG:4326"
    return ":".join(code) if code else chosen.to_wkt()


@lru_cache(maxsize=256)
def _system(crs: str) -> Any:
    from pyproj import CRS

    return CRS.from_user_input(crs)


def in_metres(crs: str) -> bool:
    """Tell whether a coordinate system counts in metres: neither in degrees nor in feet."""
    system = _system(crs)
    return bool(system.is_projected and all(axis.unit_conversion_factor == 1.0 for axis in system.axis_info[:2]))


@lru_cache(maxsize=256)
def same_system(one: str, other: str) -> bool:
    """Tell whether two texts name one coordinate system, in whatever dialect; the order of axes plays no part.

    Examples
    --------
    >>> same_system("EPSG:4326", "OGC:CRS84"), same_system("EPSG:32650", "EPSG:32651")
    (True, False)
    """
    return one == other or bool(_system(one).equals(_system(other), ignore_axis_order=True))


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
    ends = shapely.bounds(layer.geometry)
    endless = np.flatnonzero(~np.isfinite(ends).all(axis=1))
    if len(endless):
        found = ", ".join(f"{edge:g}" for edge in ends[endless[0]])
        where = Where(file=shown, rows=tuple(int(i) + 1 for i in endless[:5]))
        problems.add("coordinates_out_of_range", where, found, crs=layer.crs, area=_area(_system(layer.crs)))
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


def _area(system: Any) -> str:
    """Say the area in degrees that a coordinate system is made for."""
    area = system.area_of_use
    return f"[{area.west:g}, {area.east:g}], [{area.south:g}, {area.north:g}]" if area is not None else "—"


def _missed_area(layer: Layer, bounds: list[float]) -> str:
    """Name the area in degrees that a coordinate system is made for, if the layer's middle lies 10 degrees or more outside."""
    from pyproj import Transformer

    system = _system(layer.crs)
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
    return "" if inside and not degrees else _area(system)
