"""Exact parts of polygons and lines in the cells of a regular grid, without intersecting a single pair of shapes.

Comes in: geometries and a :class:`~citycarbon.data.layers.grids.SquareGrid`. Goes out: arrays of feature, cell and area (or
length). Not for: targets of any other form (:mod:`citycarbon.inventory.space.overlay.pairs`).

The area of a polygon right of a vertical line is the integral of dy along its boundary there (Green's theorem). Boundaries are
cut where they cross grid lines; each piece gives its cell the part between itself and the right side, and all cells to its left
its height. Sums of pieces from the right give the area in every cell. Holes, parts and rings that touch need no care of their
own, since each ring counts with its direction. Cost grows with the boundary and not with area times cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from citycarbon.data.layers.grids import SquareGrid

Numbers = npt.NDArray[Any]
Indices = npt.NDArray[Any]

BATCH = 400_000
"""Vertices that are cut at a time, so that memory stays bounded."""
_NOTHING = 1e-13
"""Share of a cell below which a part is rounding."""


class Parts(NamedTuple):
    """Parts of features in cells: feature number, cell number, area or length in units of the coordinate system."""

    feature: Indices
    cell: Indices
    amount: Numbers


def polygon_parts(geometry: Any, grid: SquareGrid) -> Parts:
    """Give the area of each polygon in each cell that it meets.

    Parameters
    ----------
    geometry
        Valid polygons and multipolygons, array of shape (n,).
    grid
        The grid; parts outside it are left out.

    Returns
    -------
    parts
        Area [square units] of n polygons by cell, sorted by polygon and cell.
    """
    found = [_areas(*batch, grid) for batch in _batches(geometry, rings=True)]
    return _joined(found)


def line_parts(geometry: Any, grid: SquareGrid) -> Parts:
    """Give the length of each line in each cell that it meets.

    Parameters
    ----------
    geometry
        Lines and multilines, array of shape (n,).
    grid
        The grid; parts outside it are left out. A line on the border of two cells counts for the right or lower one.

    Returns
    -------
    parts
        Length [units] of n lines by cell, sorted by line and cell.
    """
    found = [_lengths(*batch, grid) for batch in _batches(geometry, rings=False)]
    return _joined(found)


def point_cells(x: Numbers, y: Numbers, grid: SquareGrid) -> Indices:
    """Give the cell of each point, -1 outside the grid; a point on a border belongs to the right or lower cell."""
    column = np.floor((x - grid.left) / grid.width)
    row = np.floor((grid.top - y) / grid.height)
    inside = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
    return np.where(inside, row * grid.columns + column, -1).astype(np.int64)


def added(index: Indices, amount: Any, count: int) -> Numbers:
    """Add amounts by index, in their order; without any, zeros.

    Parameters
    ----------
    index
        Number of the sum that each amount belongs to.
    amount
        Amounts, same shape.
    count
        Number of sums.
    """
    if not len(index):
        return np.zeros(count)
    return np.bincount(index, weights=amount, minlength=count)


def _joined(found: list[Parts]) -> Parts:
    if not found:
        return Parts(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    return Parts(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _batches(geometry: Any, *, rings: bool) -> Iterator[tuple[Indices, Numbers, Numbers, Numbers, Numbers]]:
    """Give the edges of features in batches: feature, start x and y, end x and y."""
    import shapely

    shapes = np.asarray(geometry, dtype=object)
    ends = np.cumsum(shapely.get_num_coordinates(shapes))
    start = 0
    while start < len(shapes):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + BATCH, side="right")))
        chosen = shapes[start:stop]
        parts, feature = shapely.get_parts(chosen, return_index=True)
        if rings:
            parts, ring = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
            feature = feature[ring]
        points, part = shapely.get_coordinates(parts, return_index=True)
        edge = np.flatnonzero(part[1:] == part[:-1])
        x, y = points[:, 0], points[:, 1]
        yield (feature[part[edge]].astype(np.int64) + start, x[edge], y[edge], x[edge + 1], y[edge + 1])
        start = stop


def _cut(u0: Numbers, v0: Numbers, u1: Numbers, v1: Numbers) -> tuple[Indices, Numbers, Numbers]:
    """Cut edges, in units of cells, where they cross whole numbers: edge of each piece, share of the edge at its two ends."""
    order, share = [np.arange(len(u0))], [np.zeros(len(u0))]
    for first, last in ((u0, u1), (v0, v1)):
        low, high = np.minimum(first, last), np.maximum(first, last)
        begin = np.floor(low) + 1
        count = np.maximum(np.ceil(high) - begin, 0).astype(np.int64)
        edge = np.repeat(np.arange(len(first)), count)
        step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        order.append(edge)
        share.append(np.clip((begin[edge] + step - first[edge]) / (last[edge] - first[edge]), 0.0, 1.0))
    edges, shares = np.concatenate(order), np.concatenate(share)
    if len(edges) > len(u0):
        # Edges come in order, shares within: one key sorts both, since a share is below one or ends its edge.
        sequence = np.lexsort((shares, edges))
        edges, shares = edges[sequence], shares[sequence]
    ends = np.append(shares[1:], 1.0)
    ends[np.append(edges[1:] != edges[:-1], True)] = 1.0
    return edges, shares, ends


def _areas(feature: Indices, x0: Numbers, y0: Numbers, x1: Numbers, y1: Numbers, grid: SquareGrid) -> Parts:
    u0, u1 = (x0 - grid.left) / grid.width, (x1 - grid.left) / grid.width
    v0, v1 = (grid.top - y0) / grid.height, (grid.top - y1) / grid.height
    # Far left of the grid and far right of it only the height of an edge counts, so it is brought near and cut less.
    u0, u1, v0, v1, feature = _near(u0, u1, v0, v1, feature, grid)
    edge, begin, end = _cut(u0, v0, u1, v1)
    run, rise = (u1 - u0)[edge], (v1 - v0)[edge]
    middle = u0[edge] + run * (begin + end) / 2
    row = np.floor(v0[edge] + rise * (begin + end) / 2).astype(np.int64)
    column = np.clip(np.floor(middle), -1, grid.columns).astype(np.int64)
    # Rows are counted downwards, which turns the direction of rings round.
    cover = -rise * (end - begin)
    inside = (row >= 0) & (row < grid.rows)
    owner, row, column, cover, middle = (
        feature[edge][inside],
        row[inside],
        column[inside],
        cover[inside],
        middle[inside],
    )
    return _sums(owner, row, column, cover, cover * (middle - column), grid)


def _near(u0: Numbers, u1: Numbers, v0: Numbers, v1: Numbers, feature: Indices, grid: SquareGrid) -> tuple[Any, ...]:
    """Leave out edges above and below the grid and level ones, which give nothing; move those far aside near to it."""
    kept = (np.maximum(v0, v1) > 0) & (np.minimum(v0, v1) < grid.rows) & (v0 != v1)
    u0, u1, v0, v1, feature = u0[kept], u1[kept], v0[kept], v1[kept], feature[kept]
    for aside, place in (((u0 < 0) & (u1 < 0), -0.5), ((u0 > grid.columns) & (u1 > grid.columns), grid.columns + 0.5)):
        u0[aside], u1[aside] = place, place
    return u0, u1, v0, v1, feature


def _sums(owner: Indices, row: Indices, column: Indices, cover: Numbers, inner: Numbers, grid: SquareGrid) -> Parts:
    """Add pieces by cell, carry covers to the left, and fill the cells between pieces."""
    if not len(owner):
        return _joined([])
    wide = grid.columns + 2
    line = owner * grid.rows + row
    key = line * wide + (column + 1)
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    cover, inner = np.add.reduceat(cover[order], first), np.add.reduceat(inner[order], first)
    key = key[first]
    line, column = key // wide, key % wide - 1
    # Sum of the covers to the right in the same line, from running totals of each line alone.
    right = _from_right(cover, np.flatnonzero(np.append(True, line[1:] != line[:-1])))
    area = right + inner
    follows = np.append(line[1:] == line[:-1], False)
    gap = np.where(follows, np.append(column[1:], 0) - column - 1, 0)
    # All cells between a piece and the next one to the right have the cover of what is to the right of the gap.
    gap = np.where(np.abs(right) > _NOTHING, np.maximum(gap, 0), 0)
    source = np.repeat(np.arange(len(gap)), gap)
    inside = np.arange(len(source)) - np.repeat(np.cumsum(gap) - gap, gap) + 1
    lines = np.concatenate([line, line[source]])
    columns = np.concatenate([column, column[source] + inside])
    amounts = np.concatenate([area, right[source]])
    kept = (columns >= 0) & (columns < grid.columns) & (amounts > _NOTHING)
    lines, columns, amounts = lines[kept], columns[kept], amounts[kept]
    feature, rows = np.divmod(lines, grid.rows)
    cells = rows * grid.columns + columns
    order = np.lexsort((cells, feature))
    return Parts(feature[order], cells[order], amounts[order] * grid.cell_area)


def _from_right(cover: Numbers, starts: Indices) -> Numbers:
    """Give for each piece the sum of the covers after it in its line; totals of other lines must not blur it."""
    lengths = np.diff(np.append(starts, len(cover)))
    out = np.zeros(len(cover))
    # Lines of one length are a matrix, whose rows are added by themselves: no error travels from line to line.
    for length in np.unique(lengths):
        chosen = starts[lengths == length]
        place = chosen[:, None] + np.arange(length)
        block = cover[place]
        out[place] = np.cumsum(block[:, ::-1], axis=1)[:, ::-1] - block
    return out


def _lengths(feature: Indices, x0: Numbers, y0: Numbers, x1: Numbers, y1: Numbers, grid: SquareGrid) -> Parts:
    u0, u1 = (x0 - grid.left) / grid.width, (x1 - grid.left) / grid.width
    v0, v1 = (grid.top - y0) / grid.height, (grid.top - y1) / grid.height
    edge, begin, end = _cut(u0, v0, u1, v1)
    middle = (begin + end) / 2
    column = np.floor(u0[edge] + (u1 - u0)[edge] * middle).astype(np.int64)
    row = np.floor(v0[edge] + (v1 - v0)[edge] * middle).astype(np.int64)
    length = np.hypot(x1 - x0, y1 - y0)[edge] * (end - begin)
    inside = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows) & (length > 0)
    cell = (row * grid.columns + column)[inside]
    key = feature[edge][inside] * (grid.columns * grid.rows) + cell
    found, place = np.unique(key, return_inverse=True)
    sums = added(place, length[inside], len(found))
    owner, cell = np.divmod(found, grid.columns * grid.rows)
    return Parts(owner, cell, sums)
