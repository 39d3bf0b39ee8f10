"""H3 hexagons as places, also at the antimeridian and the poles.

Comes in: a layer to cover and a resolution. Goes out: a layer of the hexagons that meet it, in its coordinate system. Not for:
the values of cells, which stand in tables; square cells (:mod:`citycarbon.data.layers.grids`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.data.layers.antimeridian import unwrapped, wrapped
from citycarbon.data.layers.grids import LARGEST
from citycarbon.data.layers.vector import Layer

_KM_A_DEGREE = 111.0
_BAND = 60.0
"""Degrees of longitude that are searched at a time: H3 takes an edge of more than 180° for one round the other side."""
_OVERLAP = 1e-3
"""Degrees by which bands overlap, so that no centre is lost between them."""
_PIECES = 32
"""Pieces into which the width of a layer is cut before it is brought to degrees."""
_ALIKE = 0.1
"""Share by which the areas of a hexagon, whole and cut at the antimeridian, may differ, as its edges are bent there."""


def hexagon_layer(name: str, over: Layer, resolution: int, prefix: str = "") -> Layer:
    """Make a layer of the H3 hexagons that meet a layer, in the layer's coordinate system.

    Parameters
    ----------
    name
        Name of the layer.
    over
        Layer in any coordinate system; H3 itself counts in degrees of WGS 84.
    resolution
        H3 resolution [1] from 0 to 15; 8 has cells of about 0.7 km², 9 of about 0.1 km².
    prefix
        Text before the H3 index.

    Returns
    -------
    hexagons
        Each with its index as ``place``. A hexagon across the antimeridian is whole where the coordinate system is (a national
        grid of Fiji), and of two parts where the system itself ends there (degrees, web Mercator).

    Raises
    ------
    InputError
        If the resolution is none, H3 is not installed, there would be more cells than a layer may have, or the coordinate
        system cannot hold the cells.
    """
    import shapely

    if not 0 <= resolution <= 15:
        raise InputError("parameter_wrong", Where(item=name), resolution, expected_value="0 … 15")
    try:
        import h3
    except ImportError as error:
        raise InputError("extra_missing", Where(item=name), "h3", extra="geo") from error
    cells: set[str] = set()
    bands = _searched(over, 2.0 * h3.average_hexagon_edge_length(resolution, unit="km") / _KM_A_DEGREE)
    area = sum(float(b.area) * _KM_A_DEGREE**2 * math.cos(math.radians(shapely.centroid(b).y)) for b in bands)
    expected = area / h3.average_hexagon_area(resolution, unit="km^2")
    if expected > LARGEST:
        raise InputError("grid_too_large", Where(item=name), f"{expected:.3g}", limit=f"{LARGEST:,}")
    for band in bands:
        cells.update(h3.h3shape_to_cells(h3.geo_to_h3shape(band), resolution))
    found = sorted(cells)
    shapes = _shapes(name, found, resolution, over)
    met = (
        np.unique(shapely.STRtree(over.geometry).query(shapes, predicate="intersects")[0])
        if found
        else np.array([], int)
    )
    rows = pl.DataFrame({"place": found})[met].with_columns((pl.lit(prefix) + pl.col("place")).alias("place"))
    return Layer(name, rows, shapes[met], over.crs)


def _searched(over: Layer, margin: float) -> list[Any]:
    """Give polygons in degrees in which the centres of all cells lie that may meet a layer.

    Boxes of the features are widened by ``margin`` degrees of latitude, and by as many kilometres of longitude, which are more
    degrees the nearer the pole. Their hull is taken on the side of the globe where it is the smallest.
    """
    import shapely

    parts = shapely.get_parts(over.geometry)
    extent = np.ptp(shapely.total_bounds(over.geometry).reshape(2, 2), axis=0).max()
    if not over.is_geographic and extent > 0:
        # Straight lines of a projection are bent in degrees.
        parts = shapely.segmentize(parts, extent / _PIECES)
    degrees = Layer(over.name, pl.DataFrame(), parts, over.crs).moved_to("EPSG:4326")
    west, south, east, north = unwrapped(degrees, over.is_geographic)
    if not over.is_geographic:
        for pole in (90.0, -90.0):
            inside = _holds_pole(parts, over.crs, pole)
            south, north = np.where(inside & (pole < 0), pole, south), np.where(inside & (pole > 0), pole, north)
    south, north = south - margin, north + margin
    polar = np.minimum(np.maximum(np.abs(south), np.abs(north)), 89.99)
    side = margin / np.cos(np.radians(polar))
    whole = (south <= -90.0) | (north >= 90.0) | (east - west + 2 * side >= 360.0)
    start = _largest_gap(west - side, east + side, whole)
    left = (west - side - start) % 360.0
    right = left + (east - west) + 2 * side
    left, right = np.where(whole, 0.0, left), np.where(whole, 360.0, right)
    boxes = shapely.box(left, np.clip(south, -90, 90), right, np.clip(north, -90, 90))
    hull = shapely.convex_hull(shapely.union_all(boxes))
    bands = []
    first = math.floor(start / _BAND) * _BAND
    for number in range(14):
        edge = first + number * _BAND
        low, high = (0.0 if (at + 180.0) % 360.0 == 0 else _OVERLAP for at in (edge, edge + _BAND))
        piece = shapely.intersection(hull, shapely.box(edge - start - low, -90, edge - start + _BAND + high, 90))
        shift = start - 360.0 * math.floor((edge + 180.0) / 360.0)
        if piece.area > 0:
            bands.append(shapely.transform(piece, lambda x, y, by=shift: (x + by, y), interleaved=False))
    return bands


def _holds_pole(parts: Any, crs: str, pole: float) -> npt.NDArray[np.bool_]:
    import shapely
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(0.0, pole)
    known = math.isfinite(x) and math.isfinite(y)
    return shapely.intersects(parts, shapely.Point(x, y)) if known else np.zeros(len(parts), dtype=bool)


def _largest_gap(west: npt.NDArray[Any], east: npt.NDArray[Any], whole: npt.NDArray[Any]) -> float:
    """Give the longitude east of the widest gap between intervals, where a row of them begins without going round."""
    if whole.any():
        return -180.0
    order = np.argsort(west % 360.0)
    start, width = (west % 360.0)[order], (east - west)[order]
    end = np.maximum.accumulate(start + width)
    gaps = np.append(start[1:] - end[:-1], start[0] + 360.0 - end[-1])
    widest = int(np.argmax(gaps))
    return float(start[(widest + 1) % len(start)])


def _shapes(name: str, cells: list[str], resolution: int, over: Layer) -> Any:
    """Give the hexagons in the coordinate system of a layer."""
    import h3
    import shapely

    corners = [[(x, y) for y, x in h3.cell_to_boundary(cell)] for cell in cells]
    shapes = np.array([shapely.Polygon(each) for each in corners], dtype=object)
    west, _, east, _ = shapely.bounds(shapes).T if len(shapes) else np.zeros((4, 0))
    across = np.flatnonzero(east - west > 180.0)
    poles = {h3.latlng_to_cell(pole, 0.0, resolution): pole for pole in (90.0, -90.0)}
    cut = [wrapped(shapes[row], poles.get(cells[row], 0.0)) for row in across]
    if over.is_geographic:
        shapes[across] = cut
        return _moved(name, shapes, over.crs)
    made = _moved(name, shapes, over.crs)
    if len(across):
        parts = np.empty(len(cut), dtype=object)
        parts[:] = cut
        divided = _moved(name, parts, over.crs)
        sound = np.isclose(shapely.area(made[across]), shapely.area(divided), rtol=_ALIKE, atol=0.0)
        made[across] = np.where(sound, made[across], divided)
    if not np.isfinite(shapely.area(made)).all() or not shapely.is_valid(made).all():
        raise InputError("cells_across", Where(item=name), over.crs)
    return made


def _moved(name: str, shapes: Any, crs: str) -> Any:
    try:
        return Layer(name, pl.DataFrame(), shapes, "EPSG:4326").moved_to(crs)
    except InputError as error:
        raise InputError("cells_across", Where(item=name), crs) from error
