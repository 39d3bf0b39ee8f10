"""Features that lie across the 180th meridian or around a pole, in systems that end there and in others that do not.

Comes in: shapes in degrees. Goes out: their spans of longitude, and shapes cut at the meridian as RFC 7946 wants them. Not for:
systems of coordinates, which pyproj knows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

HALF, TURN = 180.0, 360.0
_SEAM, _ALIKE = 1e-6, 1e-6
"""Width [m] of the seam that is closed, and the share of the area that this may change."""


def unwrapped(shapes: Any, divided: bool) -> tuple[npt.NDArray[Any], ...]:
    """Give west, south, east and north of simple shapes; the east of one across the meridian is above 180.

    Parameters
    ----------
    shapes
        Shapes without parts, longitude and latitude [°].
    divided
        Whether their own system ends at the meridian, so that none crosses it and a wide one is truly wide.
    """
    import shapely

    west, south, east, north = shapely.bounds(shapes).T
    if not divided and len(shapes):
        turned = shapely.transform(shapes, lambda x, y: (np.where(x < 0, x + TURN, x), y), interleaved=False)
        other_west, _, other_east, _ = shapely.bounds(turned).T
        shorter = (other_east - other_west) < (east - west)
        west, east = np.where(shorter, other_west, west), np.where(shorter, other_east, east)
    return west, south, east, north


def wrapped(polygon: Any, pole: float = 0.0) -> Any:
    """Cut a polygon in degrees whose edges jump across the 180th meridian into parts on its two sides.

    Parameters
    ----------
    polygon
        Polygon without holes across the meridian; longitudes between -180 and 180 [°].
    pole
        Latitude of the pole around which it lies: 90 or -90 [°]; 0 if around none.

    Examples
    --------
    >>> import shapely
    >>> parts = wrapped(shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)]))
    >>> [part.bounds for part in parts.geoms]
    [(179.0, 0.0, 180.0, 1.0), (-180.0, 0.0, -179.0, 1.0)]
    """
    import shapely

    if pole:
        x, y = shapely.get_coordinates(shapely.get_exterior_ring(polygon))[:-1].T
        order = np.argsort(x)
        x, y = x[order], y[order]
        last, first = HALF - x[-1], x[0] + HALF
        level = y[-1] if last + first == 0 else (y[-1] * first + y[0] * last) / (last + first)
        rim = [(-HALF, level), *zip(x, y, strict=True), (HALF, level), (HALF, pole), (-HALF, pole)]
        return shapely.Polygon(rim)
    turned = shapely.transform(polygon, lambda x, y: (np.where(x < 0, x + TURN, x), y), interleaved=False)
    east = shapely.intersection(turned, shapely.box(0.0, -90.0, HALF, 90.0))
    west = shapely.intersection(turned, shapely.box(HALF, -90.0, TURN, 90.0))
    west = shapely.transform(west, lambda x, y: (x - TURN, y), interleaved=False)
    parts = [
        part
        for half in (east, west)
        for part in shapely.get_parts(half)
        if shapely.get_dimensions(part) == 2 and part.area > 0
    ]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def cut(shapes: Any) -> Any:
    """Cut the polygons among shapes in degrees that jump across the 180th meridian; the others stay as they are.

    Shapes come from a system that does not end there, so a step of more than half the globe between two points of a ring is the
    way round the other side.
    """
    import shapely

    rings = np.isin(shapely.get_type_id(shapes), (1, 3, 5, 6))
    west, _, east, _ = shapely.bounds(shapes).T if len(shapes) else np.zeros((4, 0))
    made = shapes.copy()
    for row in np.flatnonzero(rings & (east - west > HALF)):
        parts = [_cut_part(part) for part in shapely.get_parts(shapes[row])]
        simple = shapely.get_parts(np.array(parts, dtype=object))
        make = shapely.multipolygons if shapely.get_dimensions(shapes[row]) == 2 else shapely.multilinestrings
        made[row] = simple[0] if len(simple) == 1 else make(simple)
    return made


def _cut_part(part: Any) -> Any:
    import shapely

    x = shapely.get_coordinates(part)[:, 0]
    if not np.any(np.abs(np.diff(x)) > HALF):
        return part
    turned = shapely.transform(part, lambda x, y: (np.where(x < 0, x + TURN, x), y), interleaved=False)
    if np.any(np.abs(np.diff(shapely.get_coordinates(turned)[:, 0])) > HALF):
        return part
    halves = []
    for edge, shift in ((0.0, 0.0), (HALF, TURN)):
        half = shapely.intersection(turned, shapely.box(edge, -90.0, edge + HALF, 90.0))
        halves.append(shapely.transform(half, lambda x, y, by=shift: (x - by, y), interleaved=False))
    wanted = shapely.get_dimensions(part)
    kept = [piece for half in halves for piece in shapely.get_parts(half) if shapely.get_dimensions(piece) == wanted]
    return shapely.multipolygons(kept) if wanted == 2 else shapely.multilinestrings(kept)


def joined(moved: Any, degrees: Any) -> Any:
    """Join the parts of features that end at the 180th meridian on both sides, once they stand in a system that goes on there.

    Parameters
    ----------
    moved
        Shapes in the other system.
    degrees
        The same shapes in degrees.
    """
    import shapely

    west, _, east, _ = shapely.bounds(degrees).T if len(degrees) else np.zeros((4, 0))
    both = (west <= -HALF) & (east >= HALF) & (shapely.get_type_id(degrees) == 6)
    made = moved.copy()
    for row in np.flatnonzero(both & ~shapely.is_valid(moved)):
        # The two sides of the seam differ by the last digits of the projection.
        whole = shapely.union_all(shapely.get_parts(moved[row]), grid_size=_SEAM)
        made[row] = whole if abs(whole.area - moved[row].area) <= _ALIKE * whole.area else moved[row]
    return made
