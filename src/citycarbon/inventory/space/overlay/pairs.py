"""Parts of features in polygons of any form: areas of polygons, lengths of lines, places of points.

Comes in: source geometries of one dimension and target polygons. Goes out: arrays of source, target and measure, and what the
targets cover of each source. Not for: regular grids, which need no intersections
(:mod:`citycarbon.inventory.space.overlay.grid_cells`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from citycarbon.inventory.space.overlay.grid_cells import added

Numbers = npt.NDArray[Any]
Indices = npt.NDArray[Any]

BATCH = 50_000
"""Sources that are intersected at a time, so that memory stays bounded."""


class Pairs(NamedTuple):
    """Measure of each source in each target it meets, whole measure of each source, and the part that any target covers."""

    source: Indices
    target: Indices
    amount: Numbers
    whole: Numbers
    covered: Numbers


def dimension_of(geometry: Any) -> int:
    """Give 0 for points, 1 for lines, 2 for polygons, -1 for a mixture.

    Parameters
    ----------
    geometry
        Array of geometries.
    """
    import shapely

    found = np.unique(shapely.get_dimensions(geometry))
    return int(found[0]) if len(found) == 1 else -1


def measure(geometry: Any, dimension: int) -> Numbers:
    """Give area [square units], length [units] or 1 of each geometry, by its dimension.

    Parameters
    ----------
    geometry
        Array of geometries.
    dimension
        0 for points, 1 for lines, 2 for polygons.
    """
    import shapely

    if dimension == 2:
        return np.asarray(shapely.area(geometry), dtype=float)
    if dimension == 1:
        return np.asarray(shapely.length(geometry), dtype=float)
    return np.asarray(shapely.get_num_geometries(geometry), dtype=float)


def pairs(sources: Any, targets: Any) -> Pairs:
    """Measure the part of each source in each target polygon.

    Parameters
    ----------
    sources
        Polygons, lines or points, array of shape (n,), of one dimension.
    targets
        Polygons, array of shape (m,), in the same coordinate system.

    Returns
    -------
    pairs
        Pairs sorted by source and target. ``covered`` counts ground under several targets once.
    """
    import shapely

    dimension = dimension_of(sources)
    whole = measure(sources, dimension)
    tree = shapely.STRtree(targets)
    shapely.prepare(targets)
    loose = _loose(targets)
    found, covered = [], np.zeros(len(sources))
    for start in range(0, len(sources), BATCH):
        chosen = sources[start : start + BATCH]
        source, target, amount, pieces = _batch(chosen, targets, tree, dimension, whole[start : start + BATCH])
        united = added(source, amount, len(chosen))
        _count_once(united, source, target, pieces, chosen, loose, dimension)
        covered[start : start + BATCH] = united
        found.append((source + start, target, amount))
    source, target, amount = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((target, source))
    return Pairs(source[order], target[order], amount[order], whole, np.minimum(covered, whole))


def _batch(sources: Any, targets: Any, tree: Any, dimension: int, whole: Numbers) -> tuple[Any, ...]:
    """Intersect only where a target does not hold the whole source: most parcels lie inside one district."""
    import shapely

    source, target = tree.query(sources)
    inside = shapely.covers(targets[target], sources[source])
    amount = np.where(inside, whole[source], 0.0)
    crossing = np.flatnonzero(~inside & shapely.intersects(targets[target], sources[source]))
    pieces = np.full(len(source), None, dtype=object)
    pieces[crossing] = shapely.intersection(sources[source[crossing]], targets[target[crossing]])
    amount[crossing] = measure(pieces[crossing], dimension)
    if dimension == 0:
        amount[crossing] = np.where(shapely.is_empty(pieces[crossing]), 0.0, amount[crossing])
    kept = amount > 0
    return source[kept].astype(np.int64), target[kept].astype(np.int64), amount[kept], pieces[kept]


def _loose(targets: Any) -> npt.NDArray[np.bool_]:
    """Tell which targets are no clean part of a coverage: they overlap a neighbour, or their borders do not meet exactly."""
    import shapely

    if dimension_of(targets) != 2:
        return np.ones(len(targets), dtype=bool)
    return ~np.asarray(shapely.is_empty(shapely.coverage_invalid_edges(targets)))


def _count_once(
    united: Numbers,
    source: Indices,
    target: Indices,
    pieces: Any,
    sources: Any,
    loose: npt.NDArray[np.bool_],
    dimension: int,
) -> None:
    """Replace the sum of parts by the measure of their union, for sources that several loose targets share."""
    import shapely

    # Lines and points can lie on the border of two clean targets, polygons cannot.
    suspect = loose[target] if dimension == 2 else np.ones(len(target), dtype=bool)
    # Of two targets that overlap GEOS may find fault with one alone: the one that lies within the other.
    several = np.bincount(source, minlength=len(united)) > 1
    touched = np.bincount(source[suspect], minlength=len(united)) > 0
    chosen = np.flatnonzero((several & touched)[source])
    if not len(chosen):
        return
    lacking = np.array([piece is None for piece in pieces[chosen]])
    shapes = pieces[chosen]
    shapes[lacking] = sources[source[chosen][lacking]]
    owner = source[chosen]
    order = np.argsort(owner, kind="stable")
    owner, shapes = owner[order], shapes[order]
    starts = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    merged = np.array([shapely.union_all(group) for group in np.split(shapes, starts[1:])], dtype=object)
    united[owner[starts]] = measure(merged, dimension)
