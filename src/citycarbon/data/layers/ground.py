"""Whether areas and lengths of a layer are those of the ground: in metres, in a system that keeps them where the layer lies.

Comes in: a layer, or a system and points in it. Goes out: nothing, a problem that names a better system, or areas in hectares.
Not for: shapes and their overlays, which take areas in the layer's own system for granted once this has been asked.

Web Mercator counts in metres and is wrong by half in China, a plate carrée by a fifth, a zone of another province by some per
cent; nothing in a file says so.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data.layers.vector import Layer, in_metres

TOLERANCE = 0.01
"""Share by which areas of a system may differ from those of the ground: a neighbouring zone of three degrees stays below."""
_LOOKED_AT = 200
"""Features of a layer that are looked at."""
_CHINA = (73.5, 15.0, 136.5, 55.0)


def refuse_off_ground(layer: Layer, problems: Problems) -> None:
    """Add a problem if areas and lengths of a layer are not those of the ground.

    Parameters
    ----------
    layer
        Features of any kind.
    problems
        Gets ``layer_in_degrees`` or ``layer_scale``.

    Examples
    --------
    >>> import polars as pl, shapely
    >>> lots = Layer("lots", pl.DataFrame({"place": ["a"]}), shapely.box([13.39e6], 3.7e6, 13.4e6, 3.71e6), "EPSG:3857")
    >>> found = Problems()
    >>> refuse_off_ground(lots, found)
    >>> [(problem.code, problem.found) for problem in found]
    [('layer_scale', 'EPSG:3857: × 1.38')]
    """
    _refuse(layer.name, layer.crs, _points(layer.geometry), problems)


def refuse_grid_off_ground(name: str, crs: str, box: tuple[float, float, float, float], problems: Problems) -> None:
    """Add a problem if the cells of a raster or grid are not those of the ground.

    Parameters
    ----------
    name
        Name of the raster.
    crs
        Its coordinate system.
    box
        West, south, east and north in it.
    problems
        Gets ``layer_in_degrees`` or ``layer_scale``.
    """
    west, south, east, north = box
    x, y = np.meshgrid([west, (west + east) / 2, east], [south, (south + north) / 2, north])
    _refuse(name, crs, np.column_stack([x.ravel(), y.ravel()]), problems)


def require_ground(layer: Layer) -> None:
    """Refuse a layer whose areas and lengths are not those of the ground.

    Raises
    ------
    InputError
        ``layer_in_degrees`` or ``layer_scale``.
    """
    problems = Problems()
    refuse_off_ground(layer, problems)
    problems.raise_all()


def hectares(layer: Layer) -> npt.NDArray[np.float64]:
    """Give the area [ha] of each polygon on the ground, whatever the system of the layer.

    Where areas of the system are not those of the ground, they are measured in an equal-area projection around its middle.
    """
    import shapely

    problems = Problems()
    refuse_off_ground(layer, problems)
    if not len(problems):
        return np.asarray(shapely.area(layer.geometry), dtype=float) / 1e4
    west, south, east, north = shapely.total_bounds(layer.to_crs("EPSG:4326").geometry)
    target = f"+proj=laea +lat_0={(south + north) / 2:.4f} +lon_0={(west + east) / 2:.4f} +ellps=WGS84 +units=m"
    return np.asarray(shapely.area(layer.to_crs(target).geometry), dtype=float) / 1e4


def _refuse(name: str, crs: str, points: npt.NDArray[Any], problems: Problems) -> None:
    if not in_metres(crs):
        problems.add("layer_in_degrees", Where(item=name), crs, better=_better(crs, points))
        return
    scale = _scales(crs, points)
    if not len(scale):
        return
    worst = float(scale[np.argmax(np.abs(scale - 1.0))])
    if abs(worst - 1.0) > TOLERANCE:
        problems.add("layer_scale", Where(item=name), f"{crs[:60]}: × {worst:.3g}", better=_better(crs, points))


def _points(geometry: Any) -> npt.NDArray[Any]:
    """Give corners of the boxes of features, evenly chosen from the whole layer."""
    import shapely

    step = max(1, len(geometry) // _LOOKED_AT)
    bounds = shapely.bounds(geometry[::step])
    return np.concatenate([bounds[:, :2], bounds[:, 2:]]) if len(geometry) else np.empty((0, 2))


@lru_cache(maxsize=64)
def _ways(crs: str) -> tuple[Any, float, float] | None:
    """Give the way from a system to degrees of its own datum, the axis [m] and squared eccentricity of that datum."""
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError, ProjError

    system = CRS.from_user_input(crs)
    if system.geodetic_crs is None or system.ellipsoid is None:
        return None
    try:
        way = Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
    except (CRSError, ProjError):
        return None
    long, short = system.ellipsoid.semi_major_metre, system.ellipsoid.semi_minor_metre
    return way, long, 1.0 - (short / long) ** 2


def _scales(crs: str, points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give how many times the ground an area of the system is at each point; points that the system has not are left out."""
    ways = _ways(crs)
    if ways is None or not len(points):
        return np.empty(0)
    way, axis, eccentricity = ways
    step = 10.0
    x, y = points[:, 0], points[:, 1]
    here, east, north = (np.stack(way.transform(x + dx, y + dy)) for dx, dy in ((0.0, 0.0), (step, 0.0), (0.0, step)))
    latitude = np.radians(here[1])
    bulge = 1.0 - eccentricity * np.sin(latitude) ** 2
    along = np.radians((east - here + 180.0) % 360.0 - 180.0)
    across = np.radians((north - here + 180.0) % 360.0 - 180.0)
    # Metres a radian: the parallel eastward, the meridian northward.
    parallel, meridian = axis / np.sqrt(bulge) * np.cos(latitude), axis * (1.0 - eccentricity) / bulge**1.5
    ground = np.abs(along[0] * across[1] - along[1] * across[0]) * parallel * meridian
    known = np.isfinite(ground) & (ground > 0) & np.isfinite(here).all(axis=0)
    scales: npt.NDArray[Any] = step**2 / ground[known]
    return scales


def _better(crs: str, points: npt.NDArray[Any]) -> str:
    """Name a system that keeps areas where points lie: a zone of CGCS2000 in China, of UTM elsewhere, a grid at the poles."""
    ways = _ways(crs)
    if ways is None or not len(points):
        return "EPSG:4547, EPSG:32650"
    longitude, latitude = ways[0].transform(points[:, 0], points[:, 1])
    known = np.isfinite(longitude) & np.isfinite(latitude)
    if not known.any():
        return "EPSG:4547, EPSG:32650"
    x, y = float(np.median(longitude[known])), float(np.median(latitude[known]))
    if _CHINA[0] < x < _CHINA[2] and _CHINA[1] < y < _CHINA[3]:
        # EPSG 4534 is the zone of 75° E, 4554 that of 135° E.
        return f"EPSG:{4534 + round((x - 75.0) / 3.0)}"
    if abs(y) > 84.0:
        return "EPSG:6931" if y > 0 else "EPSG:6932"
    return f"EPSG:{(32600 if y >= 0 else 32700) + int((x + 180.0) % 360.0 // 6) + 1}"


_FAR = 10_000.0
"""Metres between points and a layer from which on they are not of one area; no zone begins so near to its origin."""


def refuse_point_degrees(x: Any, y: Any, layer: Layer) -> None:
    """Refuse points that stand in degrees beside a layer in metres: none of them would lie where it is.

    Raises
    ------
    InputError
        ``coordinates_out_of_range``.
    """
    import shapely

    if not len(x) or not in_metres(layer.crs):
        return
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(layer.geometry))
    degrees = (np.abs(x) <= 180.0).all() and (np.abs(y) <= 90.0).all()
    apart = max(west - np.max(x), np.min(x) - east, south - np.max(y), np.min(y) - north)
    if degrees and apart > _FAR:
        found = f"x [{np.min(x):g}, {np.max(x):g}], y [{np.min(y):g}, {np.max(y):g}]"
        area = f"x [{west:g}, {east:g}], y [{south:g}, {north:g}]"
        raise InputError("coordinates_out_of_range", Where(item="points"), found, crs=layer.crs, area=area)
