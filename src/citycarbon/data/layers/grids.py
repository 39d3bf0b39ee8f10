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
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north in units of the coordinate system."""
        return self.left, self.top - self.rows * self.height, self.left + self.columns * self.width, self.top

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

    # The ground is asked here, since it is about layers and this module is what layers of cells are made of.
    from citycarbon.data.layers.ground import require_ground

    require_ground(layer)
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
