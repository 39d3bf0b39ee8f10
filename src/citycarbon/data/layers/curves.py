"""Shapes from well-known binary, with arcs as short straight lines and surfaces of triangles as polygons.

Comes in: the bytes of each feature, as GDAL or a parquet file gives them. Goes out: flat shapely geometries of points, lines and
polygons. Not for: drawing arcs, or heights and measures, which no method of a map counts.

GDAL makes straight lines of arcs; only features with an arc take that way.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from citycarbon.core.errors import InputError, Where

ARC_STEP = "1"
"""Angle [°] of the straight pieces that stand for an arc: a circle then lacks 5e-5 of its area."""
_FLAT, _COLLECTION = range(1, 7), 7
_CURVED = (*range(8, 15),)
_SURFACES = {15: 6, 16: 6, 17: 3}
"""Codes of polyhedral surfaces, networks of triangles and triangles, and of the polygons that have the same bytes."""


def shapes_from_wkb(features: Sequence[bytes | None], shown: str) -> Any:
    """Give the geometry of each feature in two dimensions; None where there is none.

    Parameters
    ----------
    features
        Well-known binary (OGC, ISO or EWKB) of each feature.
    shown
        Name of the file for messages.

    Raises
    ------
    InputError
        If a collection mixes points, lines and polygons, or holds arcs.

    Examples
    --------
    >>> import shapely
    >>> [shape.wkt for shape in shapes_from_wkb([shapely.to_wkb(shapely.Point(1, 2, 3))], "a.gpkg")]
    ['POINT (1 2)']
    """
    import shapely

    wkb = np.empty(len(features), dtype=object)
    wkb[:] = features
    kinds = np.array([_kind(each) for each in features], dtype=int)
    for row in np.flatnonzero(np.isin(kinds, list(_SURFACES))):
        wkb[row] = _as_polygons(bytes(wkb[row]))
    curved = np.flatnonzero(np.isin(kinds, _CURVED))
    if len(curved):
        wkb[curved] = _straightened([bytes(each) for each in wkb[curved]])
    geometry = shapely.from_wkb(wkb)
    for row in np.flatnonzero(np.isin(kinds, (15, 16))):
        geometry[row] = _footprint(geometry[row])
    for row in np.flatnonzero(kinds == _COLLECTION):
        geometry[row] = _of_one_kind(geometry[row], int(row), shown)
    return shapely.force_2d(geometry)


def _kind(wkb: bytes | None) -> int:
    """Give the code of a geometry without its marks for heights and measures; 0 if there is none."""
    if wkb is None or len(wkb) < 5:
        return 0
    code = int.from_bytes(wkb[1:5], "little" if wkb[0] else "big")
    return (code & 0x0FFFFFFF) % 1000


def _straightened(wkb: list[bytes]) -> Any:
    """Let GDAL make straight lines of arcs, by way of a file, since it reads arcs and gives lines."""
    import pyarrow as pa
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_ARC_STEPSIZE")
    pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": ARC_STEP})
    try:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "arcs.gpkg"
            table = pa.table({"geometry": pa.array(wkb, pa.binary())})
            pyogrio.write_arrow(
                table, file, driver="GPKG", geometry_name="geometry", geometry_type="Unknown", crs="EPSG:3857"
            )
            _, _, made, _ = pyogrio.raw.read(file)
    finally:
        pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": before})
    return made


def _as_polygons(wkb: bytes) -> bytes:
    """Write the codes of a surface anew, as each has the bytes of a polygon or of several."""
    made = bytearray(wkb)
    _recode(made, 0)
    return bytes(made)


def _recode(wkb: bytearray, at: int) -> int:
    order = "<" if wkb[at] else ">"
    (code,) = struct.unpack_from(f"{order}I", wkb, at + 1)
    kind = (code & 0x0FFFFFFF) % 1000
    high = ((code & 0x0FFFFFFF) // 1000 in (1, 3)) + ((code & 0x0FFFFFFF) // 1000 in (2, 3))
    high += bool(code & 0x80000000) + bool(code & 0x40000000)
    struct.pack_into(f"{order}I", wkb, at + 1, code - kind + _SURFACES.get(kind, kind))
    at += 9 if code & 0x20000000 else 5
    (count,) = struct.unpack_from(f"{order}I", wkb, at)
    at += 4
    for _ in range(count):
        if kind in (15, 16):
            at = _recode(wkb, at)
        else:
            (points,) = struct.unpack_from(f"{order}I", wkb, at)
            at += 4 + 8 * (2 + high) * points
    return at


def _footprint(surface: Any) -> Any:
    """Give the ground that the faces of a surface cover; upright faces cover none."""
    import shapely

    faces = shapely.get_parts(shapely.force_2d(surface))
    return shapely.union_all(faces[(shapely.area(faces) > 0) & shapely.is_valid(faces)])


def _of_one_kind(collection: Any, row: int, shown: str) -> Any:
    """Turn a collection whose parts are all points, lines or polygons into points, lines or polygons."""
    import shapely

    arcs = sorted(set(re.findall(r"[A-Z]*(?:CIRCULAR|CURVE|SURFACE)[A-Z]*", shapely.to_wkt(collection))))
    if arcs:
        # Parts of such a collection cannot even be taken out of it.
        raise InputError("geometry_collection", Where(file=shown, rows=(row + 1,)), ", ".join(arcs))
    parts = shapely.get_parts(collection)
    while np.any(shapely.get_type_id(parts) == _COLLECTION):
        parts = np.concatenate([shapely.get_parts(part) for part in parts])
    dimensions = np.unique(shapely.get_dimensions(parts[~shapely.is_empty(parts)]))
    if len(dimensions) > 1:
        names = ", ".join(sorted({part.geom_type for part in parts}))
        raise InputError("geometry_collection", Where(file=shown, rows=(row + 1,)), names)
    if not len(dimensions):
        return collection
    simple = shapely.get_parts(parts)
    make = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[int(dimensions[0])]
    return make(simple)
