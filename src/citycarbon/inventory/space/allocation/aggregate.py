"""Amounts gathered by place: from rasters, from features of another layer, from weighted points.

Comes in: a raster, a layer with numbers, or points. Goes out: amounts by place, with what no place takes as a residual row, so
that they add back to what came in. Not for: emissions (:mod:`citycarbon.inventory.space.shares`).
"""

from __future__ import annotations

from typing import Any, Literal

import narwhals as nw
import numpy as np
import polars as pl

from citycarbon.core import frames
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.sums import whole
from citycarbon.core.units import conversion, same_dimension
from citycarbon.data.layers import Layer, same_system
from citycarbon.data.layers.ground import refuse_point_degrees
from citycarbon.data.layers.naming import place_names
from citycarbon.data.layers.raster import Raster
from citycarbon.data.spelling import codes_as_text
from citycarbon.inventory.space.overlay.grid_cells import added, polygon_parts
from citycarbon.inventory.space.overlay.pairs import dimension_of
from citycarbon.inventory.space.shares import check_pair, overlay
from citycarbon.inventory.space.tables import RESIDUAL, PointTable, ProxyTable

_NO_COUNTS = ("m", "m2", "m3", "t", "GJ")
"""Units of what points have none of: a number of points is a number."""


@method(
    id="inventory.space.aggregate",
    gives=ProxyTable,
    equation="A_t = Σ_cells v · area(cell ∩ t) / area(cell)",
    source="gpc_2021",
    status="experimental",
    title=("Raster by place", "栅格汇总到地点"),
    version=2,
)
def aggregate(
    raster: Raster, targets: Layer, *, proxy: str, unit: str, statistic: Literal["sum", "mean"] = "sum"
) -> ProxyTable:
    """Add up, or average, the cells of a raster by place, each cell by the part of it that lies in the place.

    Parameters
    ----------
    raster
        Values by cell; read by blocks, so that it may be larger than memory. Cells without data count as nothing.
    targets
        Polygons with a column ``place``, in the coordinate system of the raster.
    proxy
        Name of the amounts.
    unit
        Unit of the amounts.
    statistic
        ``sum`` for amounts that add (people), ``mean`` for values that do not (light per area).

    Returns
    -------
    amounts
        By place in the order of the layer; for ``sum`` with a row ``not_placed``, so that all rows add to the sum of the raster.
        Where places overlap in a cell, its value is shared among them. A place without any data has no row.

    Raises
    ------
    SchemaError
        If the coordinate systems differ, or an amount is negative.

    References
    ----------
    Zonal statistics with exact coverage of cells; areas by line integrals.

    Examples
    --------
    >>> import numpy as np, polars as pl, shapely
    >>> from citycarbon.data.layers.grids import SquareGrid
    >>> people = Raster("people", SquareGrid(0, 20, 10, 10, 2, 2, "EPSG:32650"), values=np.array([[1.0, 2.0], [np.nan, 4.0]]))
    >>> west = Layer("west", pl.DataFrame({"place": ["w"]}), shapely.box([0], [0], [15], [20]), "EPSG:32650")
    >>> aggregate(people, west, proxy="population", unit="person").to_polars().select("place", "value").rows()
    [('w', 4.0), ('not_placed', 3.0)]
    """
    import shapely

    names = place_names(targets)
    problems = Problems()
    if not same_system(raster.crs, targets.crs):
        problems.add("layer_crs_mixed", Where(item=targets.name), targets.crs, expected_crs=raster.crs)
    if dimension_of(targets.geometry) != 2:
        problems.add("layer_not_areas", Where(item=targets.name), targets.name)
    problems.raise_all()
    tree = shapely.STRtree(targets.geometry)
    count = len(targets.geometry)
    sums, weights, rest = np.zeros(count), np.zeros(count), 0.0
    for start, values in raster.blocks():
        grid = raster.grid.window(start, len(values))
        flat = values.ravel()
        known = np.isfinite(flat)
        low = np.flatnonzero(known & (flat < 0) & (statistic == "sum"))
        if len(low):
            row, column = divmod(int(low[0]), grid.columns)
            where = Where(file=raster.name, rows=(start + row + 1,), column=str(column + 1))
            raise InputError("value_negative", where, flat[low[0]])
        box = shapely.box(
            grid.left, grid.top - grid.rows * grid.height, grid.left + grid.columns * grid.width, grid.top
        )
        near = np.sort(tree.query(box))
        parts = polygon_parts(targets.geometry[near], grid)
        fraction = parts.amount / grid.cell_area
        taken = added(parts.cell, fraction, len(flat))
        # Several places on the same ground share it; a cell gives no more than it has.
        fraction = fraction / np.maximum(taken, 1.0)[parts.cell]
        flat = np.where(known, flat, 0.0)
        owner = near[parts.feature]
        sums += added(owner, fraction * flat[parts.cell], count)
        weights += added(owner, fraction * known[parts.cell], count)
        rest += float((flat * np.maximum(1.0 - taken, 0.0)).sum())
    return _amounts(names, sums, weights, rest, proxy, unit, statistic)


def _amounts(
    names: pl.Series, sums: Any, weights: Any, rest: float, proxy: str, unit: str, statistic: str
) -> ProxyTable:
    with np.errstate(invalid="ignore", divide="ignore"):
        values = sums if statistic == "sum" else sums / weights
    made = pl.DataFrame({"place": names, "value": values, "weight": weights})
    made = made.filter(pl.col("weight") > 0).select("place", "value")
    if statistic == "sum":
        made = pl.concat([made, pl.DataFrame({"place": [RESIDUAL], "value": [rest]})])
    return ProxyTable(made, fixed={"proxy": proxy, "unit": unit})


@method(
    id="inventory.space.layer_amounts",
    gives=ProxyTable,
    equation="A_t = Σ_s a_s · share(s, t)",
    source="gpc_2021",
    status="experimental",
    title=("Amounts of one layer by place of another", "图层数量汇总到地点"),
    version=3,
)
def layer_amounts(
    sources: Layer, targets: Layer, *, proxy: str, unit: str, column: str = "", condition: str = ""
) -> ProxyTable:
    """Add up areas, lengths, numbers or a column of features by the places in which they lie.

    Parameters
    ----------
    sources
        Polygons, lines or points; a feature in several places is shared by area or length.
    targets
        Polygons with a column ``place``, in the same projected system.
    proxy
        Name of the amounts.
    unit
        Unit of the amounts: that of the column; of areas one of area (m2, ha, km2, 亩), of lengths one of length, of points
        one of counts.
    column
        Column of the sources with the amount of each whole feature; its area, length or number if left out.
    condition
        ``column=value`` that features must meet, for example ``class=industrial``; several values are parted by ``|``.

    Returns
    -------
    amounts
        By place in the order of the layer; a row ``not_placed`` holds what lies in no place.

    Raises
    ------
    SchemaError
        If the layers do not fit together, a column is missing, holds no number or is negative.

    References
    ----------
    Areal interpolation as in GPC 2021, chapter 5.

    Examples
    --------
    >>> import polars as pl, shapely
    >>> road = Layer("road", pl.DataFrame({"place": ["r"]}), shapely.linestrings([[[0, 5], [20, 5]]]), "EPSG:32650")
    >>> lots = Layer("lots", pl.DataFrame({"place": ["a"]}), shapely.box([0], [0], [15], [10]), "EPSG:32650")
    >>> layer_amounts(road, lots, proxy="road length", unit="m").to_polars().select("place", "value").rows()
    [('a', 15.0), ('not_placed', 5.0)]
    """
    chosen = _chosen(sources, condition)
    problems = Problems()
    check_pair(chosen, targets, problems)
    problems.raise_all()
    names = place_names(targets)
    if not chosen.rows.height:
        return ProxyTable(pl.DataFrame({"place": [RESIDUAL], "value": [0.0]}), fixed={"proxy": proxy, "unit": unit})
    found = overlay(chosen, targets)
    values = _column(chosen, column) if column else found.whole * _own_unit(chosen, unit)
    density = np.divide(values, found.whole, out=np.zeros_like(values), where=found.whole > 0)
    parts = added(found.source, found.amount, len(values))
    # Overlapping targets share the ground that they both cover.
    scale = np.divide(found.covered, parts, out=np.zeros_like(parts), where=parts > 0)
    amounts = found.amount * (density * scale)[found.source]
    sums = added(found.target, amounts, targets.rows.height)
    rest = float((values - density * found.covered).sum())
    rest = rest if rest > 1e-12 * float(values.sum()) else 0.0
    made = pl.DataFrame({"place": names, "value": sums})
    made = pl.concat([made, pl.DataFrame({"place": [RESIDUAL], "value": [rest]})])
    return ProxyTable(made, fixed={"proxy": proxy, "unit": unit})


def _own_unit(layer: Layer, unit: str) -> float:
    """Give what one m2, m or point is in a unit; refuse a unit that measures something else."""
    dimension = dimension_of(layer.geometry)
    if dimension > 0:
        return conversion(("", "m", "m2")[dimension], unit)
    if any(same_dimension(unit, each) for each in _NO_COUNTS):
        raise InputError("unit_dimension", Where(item="unit"), unit, expected_unit="1")
    return 1.0


def _chosen(layer: Layer, condition: str) -> Layer:
    if not condition:
        return layer
    name, _, words = condition.partition("=")
    if name.strip() not in layer.rows.columns or not words:
        known = ", ".join(layer.rows.columns)
        raise InputError(
            "parameter_wrong", Where(item="condition"), condition, expected_value=f"column=value ({known})"
        )
    wanted = [word.strip() for word in words.split("|")]
    met = codes_as_text(layer.rows[name.strip()]).is_in(wanted).fill_null(False)
    return Layer(layer.name, layer.rows.filter(met), layer.geometry[met.to_numpy()], layer.crs)


def _column(layer: Layer, column: str) -> Any:
    if column not in layer.rows.columns:
        known = ", ".join(layer.rows.columns)
        raise InputError("parameter_wrong", Where(item="column"), column, expected_value=known)
    cells = layer.rows[column]
    # What is true or false, or a day, is no amount, though it can be turned into a number.
    kept = cells.dtype.is_numeric() or cells.dtype == pl.String
    numbers = cells.cast(pl.Float64, strict=False) if kept else pl.Series([None] * len(cells), dtype=pl.Float64)
    lost = (cells.is_not_null() & ~numbers.is_finite().fill_null(False)).arg_true()
    if len(lost):
        where = Where(item=layer.name, column=column, rows=tuple(int(row) + 1 for row in lost.head(5)))
        raise InputError("value_not_number", where, layer.rows[column][int(lost[0])])
    low = (numbers < 0).fill_null(False).arg_true()
    if len(low):
        where = Where(item=layer.name, column=column, rows=tuple(int(row) + 1 for row in low.head(5)))
        raise InputError("value_negative", where, numbers[int(low[0])])
    return numbers.fill_null(0.0).to_numpy().copy()


@method(
    id="inventory.space.to_grid",
    gives=ProxyTable,
    equation="A_c = Σ_{points in c} w",
    source="gpc_2021",
    status="experimental",
    title=("Points by grid cell", "点汇总到格网"),
)
def to_grid(points: PointTable, cells: Layer, *, proxy: str) -> ProxyTable:
    """Add up weighted points by cell of a square grid, on the engine that holds the points.

    Parameters
    ----------
    points
        Weighted points in the coordinate system of the grid; may be a plan of Polars, DuckDB or Spark with many millions.
    cells
        Layer of a square grid. A point on a border belongs to the cell to the right or below.
    proxy
        Name of the amounts.

    Returns
    -------
    amounts
        By cell that holds a point, in the order of the grid; a row ``not_placed`` holds points in none.

    Raises
    ------
    SchemaError
        If the layer is no square grid, or the points have several units.

    References
    ----------
    Counting in square cells.

    Examples
    --------
    >>> import polars as pl, shapely
    >>> from citycarbon.data.layers.grids import square_layer
    >>> lots = Layer("lots", pl.DataFrame({"place": ["a"]}), shapely.box([0], [0], [500], [250]), "EPSG:32650")
    >>> grid = square_layer("grid", lots, 250.0)
    >>> points = pl.DataFrame({"x": [1.0, 2.0, 300.0], "y": [1.0, 1.0, 1.0], "value": [1.0, 2.0, 4.0], "unit": "t"})
    >>> to_grid(PointTable(points), grid, proxy="stacks").to_polars().select("place", "value").rows()
    [('r1c1', 3.0), ('r1c2', 4.0), ('not_placed', 0.0)]
    """
    grid = cells.grid
    if grid is None:
        raise InputError("layer_no_grid", Where(item=cells.name), cells.name)
    units = points.words("unit")
    if len(units) > 1:
        raise InputError("unit_mixed", Where(column="unit"), ", ".join(units))
    _refuse_degrees(points, cells)
    column = ((nw.col("x") - grid.left) / grid.width).floor()
    row = ((grid.top - nw.col("y")) / grid.height).floor()
    inside = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
    cell = nw.when(inside).then(row * grid.columns + column).otherwise(nw.lit(-1.0)).cast(nw.Int64)
    marked = points.rows.select(cell.alias("cell"), nw.col("value"))
    sums = frames.small(frames.grouped(marked, ["cell"], ["value"]))
    listed = cells.rows.select(pl.col("cell").cast(pl.Int64), place_names(cells)).with_row_index("order")
    made = sums.join(listed, on="cell", how="left").sort("order", "cell", nulls_last=True)
    rest = whole(made.filter(pl.col("place").is_null()))
    made = made.filter(pl.col("place").is_not_null()).select("place", "value")
    made = pl.concat([made, pl.DataFrame({"place": [RESIDUAL], "value": [float(rest or 0.0)]})])
    return ProxyTable(made, fixed={"proxy": proxy, "unit": units[0] if units else "1"})


def _refuse_degrees(points: PointTable, cells: Layer) -> None:
    """Refuse points in degrees beside cells in metres, by the ends of their coordinates."""
    ends = [getattr(nw.col(name), end)().alias(f"{name}_{end}") for name in ("x", "y") for end in ("min", "max")]
    west, east, south, north = frames.small(points.rows.select(*ends)).row(0)
    if west is not None:
        refuse_point_degrees(np.array([west, east]), np.array([south, north]), cells)
