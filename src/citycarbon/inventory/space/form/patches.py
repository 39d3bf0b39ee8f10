"""Patterns of patches by class: shape index, fractal dimensions, largest patch, number, from layers or rasters of land cover.

Comes in: polygons with a class, or a raster of class codes. Goes out: measures of each class. Not for: single outlines
(:mod:`citycarbon.inventory.space.form.shape`).
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.data.layers import Layer
from citycarbon.data.layers.ground import refuse_grid_off_ground
from citycarbon.data.layers.raster import Raster
from citycarbon.data.spelling import codes_as_text
from citycarbon.inventory.space.form.shape import check_areas
from citycarbon.inventory.space.overlay.grid_cells import added
from citycarbon.inventory.space.tables import MeasureTable

Numbers = npt.NDArray[Any]
LEAST_PATCHES = 10
"""Patches below which the perimeter-area fractal dimension means nothing (FRAGSTATS)."""
MOST_CELLS = 100_000_000
"""Cells of a raster whose patches can be told in memory."""
_UNITS = {
    "class_area": "ha", "patches": "1", "largest_patch": "1", "landscape_shape_index": "1", "mean_fractal_dimension": "1",
    "area_weighted_fractal_dimension": "1", "perimeter_area_fractal_dimension": "1",
}  # fmt: skip


@method(
    id="inventory.space.form.patch_measures",
    gives=MeasureTable,
    equation="LSI = E/4√A; AWMPFD = Σ a_i/A · FRAC_i; PAFRAC = 2 / slope of ln p on ln a",
    source="mcgarigal_fragstats",
    status="reproduced",
    title=("Patches of classes, from a layer", "图层斑块形态"),
    version=2,
)
def patch_measures(parcels: Layer, *, class_column: str = "class") -> MeasureTable:
    """Measure the patches that parcels of one class make where they touch.

    Parameters
    ----------
    parcels
        Polygons with a class, in a projected system with metres.
    class_column
        Column of the class.

    Returns
    -------
    measures
        One row a class (``item``) and measure for the place ``layer name``: class area [ha], number of patches [1], share of the
        largest patch in the class [1], landscape shape index [1], mean and area-weighted fractal dimension [1], perimeter-area
        fractal dimension [1] (from ten patches on).

    Raises
    ------
    InputError
        If the layer stands in degrees, has no areas or no such column.

    References
    ----------
    McGarigal, K., Cushman, S. A. and Ene, E., FRAGSTATS v4: LSI, FRAC, AWMPFD (FRAC_AM), PAFRAC.

    Examples
    --------
    >>> import shapely
    >>> rows = pl.DataFrame({"place": ["a", "b"], "class": "home"})
    >>> lots = Layer("lots", rows, shapely.box([0, 10], 0, [10, 20], 10), "EPSG:32650")
    >>> made = patch_measures(lots).to_polars()
    >>> made.filter(pl.col("measure") == "patches")["value"].to_list()
    [1.0]
    """
    import shapely

    check_areas(parcels)
    if class_column not in parcels.rows.columns:
        known = ", ".join(parcels.rows.columns)
        raise InputError("parameter_wrong", Where(item="class_column"), class_column, expected_value=known)
    classes = codes_as_text(parcels.rows[class_column])
    parts = []
    for name in classes.drop_nulls().unique().sort():
        chosen = parcels.geometry[(classes == name).fill_null(False).to_numpy()]
        patches = shapely.get_parts(shapely.union_all(chosen))
        parts.append(_measures(name, shapely.area(patches), shapely.length(patches)))
    return _table(parcels.name, parts)


@method(
    id="inventory.space.form.raster_patches",
    gives=MeasureTable,
    equation="LSI = E/4√A; AWMPFD = Σ a_i/A · FRAC_i; PAFRAC = 2 / slope of ln p on ln a",
    source="mcgarigal_fragstats",
    status="validated",
    title=("Patches of classes, from a raster", "栅格斑块形态"),
    version=2,
)
def raster_patches(raster: Raster, *, neighbours: Literal["8", "4"] = "8") -> MeasureTable:
    """Measure the patches of each class of a land-cover raster.

    Parameters
    ----------
    raster
        Class codes by cell, in a projected system with metres.
    neighbours
        Whether cells that touch at a corner are one patch (``8``, the custom of the field) or not (``4``).

    Returns
    -------
    measures
        As for ``patch_measures``; perimeters follow cell edges, edges to nodata and to the rim of the raster included.

    Raises
    ------
    InputError
        If the raster stands in degrees or has more than 100 million cells.

    References
    ----------
    McGarigal, K., Cushman, S. A. and Ene, E., FRAGSTATS v4. LSI here is E/(4√A), without rounding A to whole cells.

    Examples
    --------
    >>> from citycarbon.data.layers.grids import SquareGrid
    >>> cover = Raster("cover", SquareGrid(0, 20, 10, 10, 2, 2, "EPSG:32650"), values=np.array([[1.0, 2.0], [1.0, 2.0]]))
    >>> made = raster_patches(cover).to_polars()
    >>> made.filter(pl.col("measure") == "class_area").select("item", "value").rows()
    [('1', 0.02), ('2', 0.02)]
    """
    from scipy import ndimage

    grid = raster.grid
    problems = Problems()
    refuse_grid_off_ground(raster.name, grid.crs, grid.bounds, problems)
    problems.raise_all()
    if grid.rows * grid.columns > MOST_CELLS:
        shown = f"{grid.rows * grid.columns:,}"
        raise InputError("grid_too_large", Where(item=raster.name), shown, limit=f"{MOST_CELLS:,}")
    values = np.concatenate([block for _, block in raster.blocks()])
    structure = np.ones((3, 3)) if neighbours == "8" else None
    parts = []
    for code in np.unique(values[np.isfinite(values)]):
        mask = values == code
        labels, count = ndimage.label(mask, structure=structure)
        flat = labels[mask]
        area = added(flat, None, count + 1)[1:] * grid.cell_area
        edge = _edges(mask, grid.width, grid.height)
        perimeter = added(flat, edge[mask], count + 1)[1:]
        parts.append(_measures(f"{code:g}", area, perimeter))
    return _table(raster.name, parts)


def _edges(mask: Any, width: float, height: float) -> Numbers:
    """Length of the edges of each cell to cells of another class, to nodata or to the rim."""
    wide = np.pad(mask, 1)
    middle = wide[1:-1, 1:-1]
    sides = [(wide[:-2, 1:-1], width), (wide[2:, 1:-1], width), (wide[1:-1, :-2], height), (wide[1:-1, 2:], height)]
    made = np.zeros(mask.shape)
    for other, length in sides:
        made += np.where(middle & ~other, length, 0.0)
    return made


def _measures(name: str, area: Numbers, perimeter: Numbers) -> dict[str, Any]:
    total, edge = float(area.sum()), float(perimeter.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        fractal = 2 * np.log(0.25 * perimeter) / np.log(area)
    usable = np.isfinite(fractal)
    weighted = float((area * fractal)[usable].sum() / area[usable].sum()) if usable.any() else math.nan
    return {
        "item": name,
        "class_area": total / 1e4,
        "patches": float(len(area)),
        "largest_patch": float(area.max()) / total,
        "landscape_shape_index": 0.25 * edge / math.sqrt(total),
        "mean_fractal_dimension": float(fractal[usable].mean()) if usable.any() else math.nan,
        "area_weighted_fractal_dimension": weighted,
        "perimeter_area_fractal_dimension": perimeter_area_dimension(area, perimeter),
    }


def perimeter_area_dimension(area: Numbers, perimeter: Numbers) -> float:
    """Give the perimeter-area fractal dimension of patches, NaN for fewer than ten or for patches of one size.

    Parameters
    ----------
    area
        Areas of the patches.
    perimeter
        Perimeters, same shape.
    """
    if len(area) < LEAST_PATCHES:
        return math.nan
    x, y = np.log(perimeter), np.log(area)
    spread = float(len(x) * (x * x).sum() - x.sum() ** 2)
    slope = float(len(x) * (x * y).sum() - x.sum() * y.sum())
    # Sums of logarithms of equal patches differ by rounding only.
    return 2 * spread / slope if abs(slope) > 1e-9 * len(x) ** 2 else math.nan


def _table(place: str, parts: list[dict[str, Any]]) -> MeasureTable:
    rows = [
        (place, name, part[name], unit, part["item"])
        for part in parts
        for name, unit in _UNITS.items()
        if not math.isnan(part[name])
    ]
    return MeasureTable(pl.DataFrame(rows, schema=["place", "measure", "value", "unit", "item"], orient="row"))
