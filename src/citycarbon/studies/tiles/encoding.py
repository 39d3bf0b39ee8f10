"""Mapbox vector tiles (version 2.1) from arrays of shapes, without a loop over vertices.

Comes in: shapes in tile units and columns of properties. Goes out: the bytes of one layer of a tile. Not for: choosing shapes.

The library ``mapbox-vector-tile`` needs 80 microseconds a square; a tile of some thousand parcels would hold a core for half a
second. The tests read these tiles back with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

EXTENT = 4096
POINT, LINE, POLYGON = 1, 2, 3
_MOVE, _CLOSE = 9, 15
Whole = NDArray[np.int64]


def encode_layer(name: str, shapes: Any, columns: Mapping[str, Any], numbers: Any) -> bytes:
    """Encode one layer.

    Parameters
    ----------
    name
        Name of the layer.
    shapes
        Shapely geometries in tile units, y down; of one dimension.
    columns
        Name to values of the shapes: numbers (NaN is left out) or text (None is left out).
    numbers
        Number of each feature.

    Returns
    -------
    bytes
        The layer as a field of a tile; shapes that vanish when they are rounded are left out.
    """
    kind, owner, stream, lengths = _commands(np.asarray(shapes, dtype=object))
    if not len(owner):
        return b""
    body, ends = _varints(stream)
    at = np.concatenate([[0], ends[np.cumsum(lengths) - 1]])
    tags, values = _properties({key: np.asarray(column)[owner] for key, column in columns.items()}, len(owner))
    ids = np.asarray(numbers, dtype=np.int64)[owner]
    parts = [_field(1, name.encode())]
    for row in range(len(owner)):
        geometry = body[at[row] : at[row + 1]]
        feature = (b"\x08" + _varint(int(ids[row])) + b"\x12" + _varint(len(tags[row])) + tags[row] + b"\x18" + bytes([kind])
                   + b"\x22" + _varint(len(geometry)) + geometry)  # fmt: skip
        parts.append(b"\x12" + _varint(len(feature)) + feature)
    parts += [_field(3, key.encode()) for key in columns]
    parts += [values, b"\x28" + _varint(EXTENT), b"\x78\x02"]
    return _field(3, b"".join(parts))


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varints(values: Whole) -> tuple[bytes, Whole]:
    """Write numbers as varints; give the bytes and where each number ends."""
    sizes = np.ones(len(values), dtype=np.int64)
    for shift in (7, 14, 21, 28):
        sizes += values >= 1 << shift
    ends = np.cumsum(sizes)
    out = np.zeros(int(ends[-1]), dtype=np.uint8)
    starts = ends - sizes
    for place in range(int(sizes.max())):
        mine = sizes > place
        more = (sizes[mine] > place + 1) * 128
        out[starts[mine] + place] = (values[mine] >> (7 * place) & 127) | more
    return out.tobytes(), ends


def _properties(columns: Mapping[str, Any], count: int) -> tuple[list[bytes], bytes]:
    """Tags of each feature, and the values that they point to: numbers as floats, equal texts once."""
    tags: list[list[bytes]] = [[] for _ in range(count)]
    parts: list[bytes] = []
    seen = 0
    for number, column in enumerate(columns.values()):
        key = _varint(number)
        if column.dtype.kind in "fiu":
            known = np.flatnonzero(np.isfinite(column.astype(float)))
            packed = np.zeros((len(known), 7), dtype=np.uint8)
            packed[:, :3] = (0x22, 5, 0x15)
            packed[:, 3:] = column[known].astype("<f4").view(np.uint8).reshape(-1, 4)
            parts.append(packed.tobytes())
            for place, row in enumerate(known.tolist()):
                tags[row].append(key + _varint(seen + place))
            seen += len(known)
        else:
            words = {
                word: place
                for place, word in enumerate(dict.fromkeys(word for word in column.tolist() if word is not None))
            }
            parts += [_field(4, _field(1, str(word).encode())) for word in words]
            for row, word in enumerate(column.tolist()):
                if word is not None:
                    tags[row].append(key + _varint(seen + words[word]))
            seen += len(words)
    return [b"".join(each) for each in tags], b"".join(parts)


def _commands(shapes: NDArray[Any]) -> tuple[int, Whole, Whole, Whole]:
    """Drawing commands: kind of geometry, row of each feature that is left, the numbers, and how many belong to each feature."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    # A clipped shape may be a collection of several kinds; what has the most dimensions counts.
    inner, outer = shapely.get_parts(parts, return_index=True)
    owner = owner[outer]
    dimension = shapely.get_dimensions(inner)
    empty = np.zeros(0, dtype=np.int64)
    if not len(inner) or dimension.max() < 0:
        return POLYGON, empty, empty, empty
    kept = dimension == dimension.max()
    inner, owner = inner[kept], owner[kept]
    kind = (POINT, LINE, POLYGON)[int(dimension.max())]
    first = np.ones(len(inner), dtype=bool)
    if kind == POLYGON:
        rings, of = shapely.get_rings(inner, return_index=True)
        first = np.concatenate([[True], of[1:] != of[:-1]])
        inner, owner = rings, owner[of]
    points, ring = shapely.get_coordinates(inner, return_index=True)
    if kind == POINT:
        return _points(np.rint(points).astype(np.int64), owner[ring])
    return _rings(np.rint(points).astype(np.int64), ring, first, owner, kind)


def _points(at: Whole, owner: Whole) -> tuple[int, Whole, Whole, Whole]:
    """Single points: one move each."""
    rows, first = np.unique(owner, return_index=True)
    at = at[first]
    stream = np.column_stack([np.full(len(rows), _MOVE), _zigzag(at)]).ravel()
    return POINT, rows, stream, np.full(len(rows), 3)


def _rings(at: Whole, ring: Whole, first: Any, owner: Whole, kind: int) -> tuple[int, Whole, Whole, Whole]:
    """Lines and rings: move to the first vertex, lines to the others, rings closed."""
    same = np.concatenate([[False], (ring[1:] == ring[:-1]) & (at[1:] == at[:-1]).all(axis=1)])
    at, ring = at[~same], ring[~same]
    if kind == POLYGON:
        at, ring, first, owner = _turned(at, ring, first, owner)
    count = np.bincount(ring, minlength=len(owner))
    good = count >= (3 if kind == POLYGON else 2)
    if kind == POLYGON:
        # A hole goes with its outer ring.
        group = np.cumsum(first) - 1
        good &= good[np.flatnonzero(first)][group]
    keep = good[ring]
    at, ring = at[keep], (np.cumsum(good) - 1)[ring[keep]]
    owner, count = owner[good], count[good]
    if not len(owner):
        return kind, owner, owner, owner
    begins = np.concatenate([[0], np.cumsum(count)[:-1]])
    fresh = np.concatenate([[True], owner[1:] != owner[:-1]])
    step = np.diff(at, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    step[begins[fresh]] = at[begins[fresh]]
    zig = _zigzag(step)
    tail = 1 if kind == POLYGON else 0
    sizes = 2 * count + 2 + tail
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    stream = np.zeros(int(sizes.sum()), dtype=np.int64)
    stream[starts] = _MOVE
    stream[starts + 3] = ((count - 1) << 3) | 2
    if tail:
        stream[starts + sizes - 1] = _CLOSE
    within = np.arange(len(at)) - begins[ring]
    place = starts[ring] + np.where(within == 0, 1, 4 + 2 * (within - 1))
    stream[place], stream[place + 1] = zig[:, 0], zig[:, 1]
    rows = owner[fresh]
    lengths = np.add.reduceat(sizes, np.flatnonzero(fresh))
    return kind, rows, stream, lengths


def _turned(at: Whole, ring: Whole, first: Any, owner: Whole) -> tuple[Whole, Whole, Any, Whole]:
    """Open rings, outer ones with positive area in tile units and holes with negative, as the specification asks."""
    rings = len(owner)
    last = np.concatenate([ring[1:] != ring[:-1], [True]])
    start = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1])
    closed = np.zeros(len(at), dtype=bool)
    ends = np.flatnonzero(last)
    closed[ends[(at[ends] == at[start]).all(axis=1) & (ends > start)]] = True
    at, ring = at[~closed], ring[~closed]
    count = np.bincount(ring, minlength=rings)
    begin = np.concatenate([[0], np.cumsum(count)[:-1]])
    place = np.arange(len(at))
    following = np.where(place == begin[ring] + count[ring] - 1, begin[ring], place + 1)
    cross = at[:, 0] * at[following, 1] - at[following, 0] * at[:, 1]
    area = np.bincount(ring, weights=cross.astype(float), minlength=rings)
    wrong = np.where(first, area < 0, area > 0)
    mirrored = np.where(wrong[ring], 2 * begin[ring] + count[ring] - 1 - place, place)
    at = at[mirrored]
    flat = area == 0
    keep = ~flat[ring]
    return at[keep], ring[keep], first, owner


def _zigzag(values: Whole) -> Whole:
    return np.asarray((values << 1) ^ (values >> 63))
