"""Offsets of Chinese web maps: WGS 84, GCJ-02 and BD-09, both ways.

Comes in: longitudes and latitudes and the datum that their publisher states. Goes out: the same points in another datum.
Not for: surveyed systems such as CGCS 2000 or UTM zones, which pyproj knows; guessing the datum of a layer.

Neither offset was ever published. The formulas below are the ones that all open implementations share; against the maps
themselves their users report agreement within a few metres, and some residuals of 10 to 20 m. What is exact here is the way
back: it solves the formula and returns to the same point within a millimetre.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from citycarbon.core.errors import InputError, Where

Degrees = npt.NDArray[np.float64]

WGS_84, GCJ_02, BD_09 = "WGS 84", "GCJ-02", "BD-09"
DATUMS = (WGS_84, GCJ_02, BD_09)
"""Datums in the order in which the offsets are laid on."""

_SHIFTED = (
    (73.1246, 29.5297, 124.143255, 42.8899), (79.4462, 42.8899, 96.33, 49.2204), (109.6872, 39.3742, 135.0002, 54.1415),
    (82.9684, 26.7186, 97.0352, 29.5297), (97.0253, 20.414096, 124.367395, 29.5297),
    (107.975793, 17.871542, 111.744104, 20.414096),
)  # fmt: skip
_NOT_SHIFTED = (
    (119.921265, 21.785006, 122.497559, 25.398623), (101.8652, 20.0988, 106.665, 22.284), (106.4525, 20.4878, 108.051, 21.5422),
    (109.0323, 50.3257, 119.127, 55.8175), (127.7, 49.5574, 137.0227, 55.8175), (131.2662, 42.5692, 137.0227, 44.8922),
    (82.9684, 26.7186, 88.0, 27.75),
)  # fmt: skip
"""West, south, east and north of the areas that are shifted, and of the parts of them that are not.

The rectangles are those that the open implementations share, with two changes: theirs leave out Heihe (one began at
127.4568° E) and take in most of Nepal (the last one here). They say where the formula is applied and are no boundary: strips of
neighbouring countries lie inside.
"""
_AROUND = (72.0, 17.0, 136.0, 55.0)
"""A box round all areas with room for the largest offset."""
_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323
"""Krasovsky 1940 semi-major axis [m] and squared eccentricity, which the GCJ-02 formula takes for WGS 84 as well."""
_BAIDU = np.pi * 3000.0 / 180.0
_NAMES = {"GCJ02": GCJ_02, "火星": GCJ_02, "国测局": GCJ_02, "高德": GCJ_02, "腾讯": GCJ_02, "BD09": BD_09, "BD09LL": BD_09,
          "百度": BD_09}  # fmt: skip
_CLOSE = 1e-9
"""Degrees at which the way back has arrived: 0.1 mm."""
_STEPS = 30


def datum_of(stated: str | None) -> str | None:
    """Name the offset datum that a text means, in any spelling; None for everything else.

    Examples
    --------
    >>> datum_of("gcj02"), datum_of("BD_09"), datum_of("EPSG:4490")
    ('GCJ-02', 'BD-09', None)
    """
    plain = "".join(mark for mark in (stated or "").upper() if mark.isalnum()).removesuffix("系").removesuffix("坐标")
    return _NAMES.get(plain)


def is_shifted(longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Tell which points lie where map publishers lay the offset on.

    Parameters
    ----------
    longitude, latitude
        Degrees [°] in WGS 84, arrays of one shape.
    """
    return _shifted(np.asarray(longitude, float), np.asarray(latitude, float), 0.0)


def _shifted(x: Degrees, y: Degrees, margin: float) -> npt.NDArray[np.bool_]:
    def inside(areas: tuple[tuple[float, float, float, float], ...], room: float) -> npt.NDArray[np.bool_]:
        found = np.zeros(np.broadcast(x, y).shape, dtype=bool)
        for west, south, east, north in areas:
            found |= (x >= west - room) & (x <= east + room) & (y >= south - room) & (y <= north + room)
        return found

    return inside(_SHIFTED, margin) & ~inside(_NOT_SHIFTED, -margin)


def change_datum(
    longitude: npt.ArrayLike, latitude: npt.ArrayLike, *, source: str, target: str
) -> tuple[Degrees, Degrees]:
    """Move points from one datum to another.

    Parameters
    ----------
    longitude, latitude
        Degrees [°], arrays of one shape.
    source, target
        ``WGS 84``, ``GCJ-02`` or ``BD-09``.

    Returns
    -------
    longitude, latitude
        Degrees [°]. Points outside the shifted areas stay as they are, points inside come back within 0.1 mm. Where the offset
        carries a point over the rim of an area (up to 1.5 km), it lands on a point that was not shifted: of these two the
        way back gives the one inside.

    Raises
    ------
    InputError
        If a datum is not one of the three, a coordinate is no number or no degree, or the shapes differ.

    Examples
    --------
    >>> x, y = change_datum([116.404], [39.915], source="WGS 84", target="GCJ-02")
    >>> round(float(x[0]), 6), round(float(y[0]), 6)
    (116.410244, 39.916404)
    """
    for item, name in (("source", source), ("target", target)):
        if name not in DATUMS:
            raise InputError("parameter_wrong", Where(item=item), name, expected_value=", ".join(DATUMS))
    x, y = np.array(longitude, dtype=float), np.array(latitude, dtype=float)
    if x.shape != y.shape:
        raise InputError("parameter_wrong", Where(item="latitude"), y.shape, expected_value=x.shape)
    wrong = ~(np.isfinite(x) & np.isfinite(y) & (np.abs(x) <= 180.0) & (np.abs(y) <= 90.0))
    if wrong.any():
        place = int(np.flatnonzero(wrong.ravel())[0])
        found = f"{x.ravel()[place]}, {y.ravel()[place]}"
        where = Where(item="longitude, latitude", rows=(place + 1,))
        raise InputError("parameter_wrong", where, found, expected_value="[-180, 180], [-90, 90]")
    west, south, east, north = _AROUND
    near = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    true_x, true_y = x[near], y[near]
    for offset in reversed(_OFFSETS[: DATUMS.index(source)]):
        true_x, true_y = _back(offset, true_x, true_y)
    # Whether a point was shifted is a question about where it truly lies.
    # Solved points have an error, which must not put one on the rim outside.
    shifted = _shifted(true_x, true_y, 0.0 if source == WGS_84 else _CLOSE)
    near[near] = shifted
    here, there = true_x[shifted], true_y[shifted]
    for offset in _OFFSETS[: DATUMS.index(target)]:
        here, there = offset(here, there)
    if source != target:
        x[near], y[near] = here, there
    return x, y


def _to_gcj(longitude: Degrees, latitude: Degrees) -> tuple[Degrees, Degrees]:
    x, y = longitude - 105.0, latitude - 35.0
    root, product = np.sqrt(np.abs(x)), x * y
    waves = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * product + 0.2 * root
    north += 2.0 / 3.0 * (
        waves + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)
        + 160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)
    )  # fmt: skip
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * product + 0.1 * root
    east += 2.0 / 3.0 * (
        waves + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)
        + 150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)
    )  # fmt: skip
    # Metres to degrees on the ellipsoid: radius of the meridian northward, of the parallel eastward.
    angle = np.radians(latitude)
    bulge = 1.0 - _ECCENTRICITY * np.sin(angle) ** 2
    meridian = _AXIS * (1.0 - _ECCENTRICITY) / bulge**1.5
    parallel = _AXIS / np.sqrt(bulge) * np.cos(angle)
    return longitude + np.degrees(east / parallel), latitude + np.degrees(north / meridian)


def _to_baidu(longitude: Degrees, latitude: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(longitude, latitude) + 0.00002 * np.sin(latitude * _BAIDU)
    angle = np.arctan2(latitude, longitude) + 0.000003 * np.cos(longitude * _BAIDU)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


_OFFSETS = (_to_gcj, _to_baidu)


def _back(
    offset: Callable[[Degrees, Degrees], tuple[Degrees, Degrees]], longitude: Degrees, latitude: Degrees
) -> tuple[Degrees, Degrees]:
    """Solve offset(point) = given for the point: offsets change slowly, so each step leaves a small part of the error."""
    x, y = longitude.copy(), latitude.copy()
    for _ in range(_STEPS):
        moved_x, moved_y = offset(x, y)
        east, north = longitude - moved_x, latitude - moved_y
        x, y = x + east, y + north
        if not len(x) or max(np.abs(east).max(), np.abs(north).max()) < _CLOSE:
            break
    return x, y
