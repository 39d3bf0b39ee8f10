"""Grids as places: square cells in a projected system, and H3 hexagons.

Comes in: a layer or bounds to cover and the size of a cell. Goes out: a :class:`SquareGrid`, or a layer of cells with the place
of each. Not for: the values of cells, which stand in tables and rasters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.data.layers.vector import Layer

LARGEST = 20_000_000
"""Cells that a layer of a grid may have; beyond it a raster is the right form."""


@dataclass(frozen=True)
class SquareGrid:
    """Rectangular cells in rows from the top and columns from the left.

    ``left`` and ``top`` are the corner of the first cell, ``width`` and ``height`` the size of a cell, all in units of the
    coordinate system [m] or [°].
    """

    left: float
    top: float
    width: float
    height: float
    columns: int
    rows: int
    crs: str

    def __post_init__(self) -> None:
        numbers = (self.left, self.top, self.width, self.height)
        sound = all(math.isfinite(number) for number in numbers) and self.width > 0 and self.height > 0
        if not sound or self.columns < 1 or self.rows < 1:
            raise InputError("grid_wrong", Where(item="grid"), f"{numbers}, {self.columns} × {self.rows}")

    @property
    def cell_area(self) -> float:
        """Area of a cell in square units of the coordinate system."""
        return self.width * self.height

    def names(self, cells: npt.NDArray[Any], prefix: str = "") -> pl.Series:
        """Name cells by row and column, counted from one: ``r1c1`` is the upper left cell."""
        number = pl.Series("cell", cells, dtype=pl.Int64)
        parts = pl.DataFrame({"r": number // self.columns + 1, "c": number % self.columns + 1})
        return parts.select(pl.format("{}r{}c{}", pl.lit(prefix), "r", "c").alias("place")).to_series()

    def boxes(self, cells: npt.NDArray[Any]) -> Any:
        """Give the rectangles of cells."""
        import shapely

        row, column = np.divmod(np.asarray(cells), self.columns)
        left = self.left + column * self.width
        top = self.top - row * self.height
        return shapely.box(left, top - self.height, left + self.width, top)

    def window(self, first: int, count: int) -> SquareGrid:
        """Give some rows of the grid as a grid of its own."""
        top = self.top - first * self.height
        return SquareGrid(self.left, top, self.width, self.height, self.columns, count, self.crs)


def grid_over(layer: Layer, size: float) -> SquareGrid:
    """Give the grid of square cells that covers a layer; its corners are multiples of the cell size.

    Parameters
    ----------
    layer
        Layer in a projected coordinate system.
    size
        Side of a cell [m].

    Raises
    ------
    InputError
        If the layer stands in degrees, or the grid would be beyond measure.

    Examples
    --------
    >>> import shapely
    >>> lots = Layer("lots", pl.DataFrame({"place": ["a"]}), shapely.box([10], [10], [510], [260]), "EPSG:32650")
    >>> grid = grid_over(lots, 250.0)
    >>> grid.left, grid.top, grid.columns, grid.rows
    (0.0, 500.0, 3, 2)
    """
    import shapely

    if layer.is_geographic:
        raise InputError("crs_conflict", Where(item=layer.name), layer.crs, expected_crs="a projected system")
    if not (math.isfinite(size) and size > 0):
        raise InputError("grid_wrong", Where(item=layer.name), size)
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(layer.geometry))
    left, top = math.floor(west / size) * size, math.ceil(north / size) * size
    columns, rows = max(1, math.ceil((east - left) / size)), max(1, math.ceil((top - south) / size))
    if columns * rows > LARGEST:
        raise InputError("grid_too_large", Where(item=layer.name), f"{columns} × {rows}", limit=f"{LARGEST:,}")
    return SquareGrid(left, top, size, size, columns, rows, layer.crs)


def square_layer(name: str, over: Layer, size: float, prefix: str = "") -> Layer:
    """Make a layer of the square cells that meet a layer.

    Parameters
    ----------
    name
        Name of the layer.
    over
        Layer in a projected coordinate system; cells that none of its features meets are left out.
    size
        Side of a cell [m].
    prefix
        Text before the cell's name.
    """
    import shapely

    grid = grid_over(over, size)
    tree = shapely.STRtree(over.geometry)
    cells = np.arange(grid.columns * grid.rows)
    boxes = grid.boxes(cells)
    met = np.unique(tree.query(boxes, predicate="intersects")[0])
    rows = pl.DataFrame({"place": grid.names(met, prefix), "cell": met})
    return Layer(name, rows, boxes[met], over.crs, grid)


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

    Raises
    ------
    InputError
        If the resolution is none, H3 is not installed, or there would be more cells than a layer may have.
    """
    import shapely

    if not 0 <= resolution <= 15:
        raise InputError("parameter_wrong", Where(item=name), resolution, expected_value="0 … 15")
    try:
        import h3
    except ImportError as error:
        raise InputError("extra_missing", Where(item=name), "h3", extra="geo") from error
    outline = shapely.convex_hull(shapely.union_all(shapely.envelope(over.to_crs("EPSG:4326").geometry)))
    area = float(shapely.area(outline)) * 111.0**2 * math.cos(math.radians(shapely.centroid(outline).y))
    expected = area / h3.average_hexagon_area(resolution, unit="km^2")
    if expected > LARGEST:
        raise InputError("grid_too_large", Where(item=name), f"{expected:.3g}", limit=f"{LARGEST:,}")
    # A ring more than the hull, since cells count by their centre and a rim may stick out.
    wide = shapely.buffer(outline, 2 * h3.average_hexagon_edge_length(resolution, unit="km") / 90.0)
    cells = sorted(h3.h3shape_to_cells(h3.geo_to_h3shape(wide), resolution))
    shapes = [[(x, y) for y, x in h3.cell_to_boundary(cell)] for cell in cells]
    hexagons = Layer(name, pl.DataFrame({"place": cells}), np.array([shapely.Polygon(s) for s in shapes]), "EPSG:4326")
    moved = hexagons.to_crs(over.crs)
    met = np.unique(shapely.STRtree(over.geometry).query(moved.geometry, predicate="intersects")[0])
    rows = moved.rows[met].with_columns((pl.lit(prefix) + pl.col("place")).alias("place"))
    return Layer(name, rows, moved.geometry[met], over.crs)
