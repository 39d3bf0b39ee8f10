"""Which shapes stand in a tile, and what of them is drawn: each shape, or sums in squares where there are too many to see.

Comes in: shapes, values, and the address of a tile in the Web Mercator scheme. Goes out: bytes. Not for: styles.

Where a tile holds more shapes than a screen can show, it holds squares of a sixty-fourth of its side instead, each with the sum
of the values and the areas of the shapes whose middle lies in it: nothing is dropped, and the squares add up to the shapes.
"""

from __future__ import annotations

import math

import numpy as np
import shapely

from citycarbon.core.errors import InputError, Where
from citycarbon.studies.tiles.encoding import EXTENT, encode_layer
from citycarbon.studies.tiles.shapes import Floats, Shapes, mercator

DEEPEST = 22
MOST_SHAPES = 5_000
SQUARES = 64
_BUFFER = 64


def tile(shapes: Shapes, values: Floats, z: int, x: int, y: int) -> bytes:
    """Make a tile.

    Parameters
    ----------
    shapes, values
        Shapes of a layer and the value of each [t CO2e].
    z, x, y
        Zoom, column and row.

    Returns
    -------
    bytes
        A tile with one layer: ``shapes`` with properties ``place``, ``v`` [t], ``d`` [t/ha] and ``class``, or ``squares`` with
        ``v``, ``d`` and ``n``, the number of shapes. Empty where nothing is.

    Raises
    ------
    InputError
        If there is no such tile.
    """
    if not (0 <= z <= DEEPEST and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise InputError(
            "value_out_of_range", Where(item="tile"), f"{z}/{x}/{y}", range=f"0 <= z <= {DEEPEST}, 0 <= x, y < 2^z"
        )
    west, south, east, north = _box(z, x, y, _BUFFER / EXTENT)
    left, low, right, high = shapes.boxes
    hit = np.flatnonzero((left <= east) & (right >= west) & (low <= north) & (high >= south))
    if not len(hit):
        return b""
    if len(hit) > MOST_SHAPES:
        return _squares(shapes, values, hit, z, x, y)
    flat = shapely.transform(shapes.geometry(hit), lambda points: _to_tile(points, z, x, y))
    clipped = shapely.clip_by_rect(flat, -_BUFFER, -_BUFFER, EXTENT + _BUFFER, EXTENT + _BUFFER)
    # Half a tile unit is a sixteenth of a pixel: less is not seen.
    fine = shapely.simplify(clipped, 0.5, preserve_topology=False) if z < 16 else clipped
    shown = np.where(shapely.is_empty(fine), clipped, fine)
    with np.errstate(invalid="ignore", divide="ignore"):
        density = values[hit] / shapes.area[hit]
    columns = {"place": shapes.column("place", hit), "v": values[hit], "d": density}
    if "class" in shapes.rows.columns:
        columns["class"] = shapes.column("class", hit)
    return encode_layer("shapes", shown, columns, hit)


def _squares(
    shapes: Shapes, values: Floats, hit: np.ndarray[tuple[int], np.dtype[np.intp]], z: int, x: int, y: int
) -> bytes:
    """Sums in squares of the shapes whose middle lies in the tile."""
    # Fine squares of the whole world: those of this tile begin at its own.
    across, down = (
        np.floor(axis[hit] * (SQUARES << z)).astype(np.int64) - begin * SQUARES
        for axis, begin in zip(shapes.middles, (x, y), strict=True)
    )
    inside = (across >= 0) & (across < SQUARES) & (down >= 0) & (down < SQUARES)
    cell, mine = (down * SQUARES + across)[inside], hit[inside]
    value = values[mine]
    known = np.isfinite(value)
    count = np.bincount(cell, minlength=SQUARES**2)
    cell, mine, value = (cell, mine, value) if known.all() else (cell[known], mine[known], value[known])
    sums = np.bincount(cell, weights=value, minlength=SQUARES**2)
    ground = np.bincount(cell, weights=shapes.area[mine], minlength=SQUARES**2)
    some = np.bincount(cell, minlength=SQUARES**2) > 0
    used = np.flatnonzero(count)
    side = EXTENT / SQUARES
    begin, top = (used % SQUARES) * side, (used // SQUARES) * side
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {"v": np.where(some, sums, np.nan)[used], "d": np.where(some, sums / ground, np.nan)[used],
                   "n": count[used].astype(float)}  # fmt: skip
    return encode_layer("squares", shapely.box(begin, top, begin + side, top + side), columns, used)


def _box(z: int, x: int, y: int, buffer: float) -> tuple[float, float, float, float]:
    """West, south, east and north of a tile with a margin, in degrees."""
    size = 1 << z

    def latitude(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / size))))

    return ((x - buffer) / size * 360 - 180, latitude(min(size, y + 1 + buffer)), (x + 1 + buffer) / size * 360 - 180,
            latitude(max(0.0, y - buffer)))  # fmt: skip


def _to_tile(points: Floats, z: int, x: int, y: int) -> Floats:
    """Longitude and latitude to the units of a tile, y down."""
    across, down = mercator(points[:, 0], points[:, 1])
    return np.column_stack([across * (1 << z) - x, down * (1 << z) - y]) * EXTENT
