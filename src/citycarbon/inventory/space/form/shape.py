"""Shape of single outlines: size, compactness and complexity.

Comes in: a layer of polygons in a projected system. Goes out: measures of each feature. Not for: patterns of many patches
(:mod:`citycarbon.inventory.space.form.patches`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.data.layers import Layer
from citycarbon.data.layers.ground import refuse_off_ground
from citycarbon.data.layers.naming import place_names
from citycarbon.inventory.space.overlay.grid_cells import added
from citycarbon.inventory.space.overlay.pairs import dimension_of, measure
from citycarbon.inventory.space.tables import MeasureTable

Numbers = npt.NDArray[Any]
UNITS = {
    "area": "ha", "perimeter": "m", "richardson": "1", "cole": "1", "gyration": "m", "normalised_gyration": "1",
    "landscape_shape_index": "1", "fractal_dimension": "1",
}  # fmt: skip


def check_areas(layer: Layer) -> None:
    """Refuse a layer in degrees, one that has no areas, or features of nil area.

    Raises
    ------
    InputError
        In each case.
    """
    problems = Problems()
    refuse_off_ground(layer, problems)
    if dimension_of(layer.geometry) != 2:
        problems.add("layer_not_areas", Where(item=layer.name), layer.name)
    problems.raise_all()
    empty = np.flatnonzero(measure(layer.geometry, 2) <= 0)
    if len(empty):
        rows = tuple(int(row) + 1 for row in empty[:5])
        raise InputError("feature_without_extent", Where(item=layer.name, rows=rows), f"{len(empty)} ×")


@method(
    id="inventory.space.form.shape_measures",
    gives=MeasureTable,
    equation="Richardson 2√(πA)/P; Cole A/A_circle; √(A/2π)/r_rms; LSI P/4√A; FRAC 2 ln(P/4)/ln A",
    source="angel_2010",
    status="reproduced",
    title=("Shape of outlines", "轮廓形态"),
)
def shape_measures(places: Layer) -> MeasureTable:
    """Measure size, compactness and complexity of each feature.

    Parameters
    ----------
    places
        Polygons with a column ``place``, in a projected system with metres.

    Returns
    -------
    measures
        ``area`` [ha], ``perimeter`` [m] with holes, ``richardson`` [1], ``cole`` [1] (against the smallest circle around it),
        ``gyration`` [m] (mean distance to the centroid), ``normalised_gyration`` [1] (1 for a circle),
        ``landscape_shape_index`` [1] (1 for a square), ``fractal_dimension`` [1] (with lengths in m; none where the area is 1
        m2).

    Raises
    ------
    InputError
        If the layer stands in degrees or has no areas.

    References
    ----------
    Angel, S., Parent, J. and Civco, D. L. (2010), Ten compactness properties of circles; Richardson 1961; Cole 1964; McGarigal
    et al., FRAGSTATS, for LSI and FRAC of vector shapes.

    Examples
    --------
    >>> import shapely
    >>> square = Layer("s", pl.DataFrame({"place": ["a"]}), shapely.box([0], [0], [100], [100]), "EPSG:32650")
    >>> made = shape_measures(square).to_polars()
    >>> made.filter(pl.col("measure").is_in(["richardson", "cole"])).select(pl.col("value").round(6)).to_series().to_list()
    [0.886227, 0.63662]
    """
    check_areas(places)
    values = shape_values(places.geometry)
    names = place_names(places)
    parts = [
        pl.DataFrame({"place": names, "value": values[name]}).with_columns(
            pl.lit(name).alias("measure"), pl.lit(unit).alias("unit"), pl.int_range(pl.len()).alias("n")
        )
        for name, unit in UNITS.items()
    ]
    order = {name: number for number, name in enumerate(UNITS)}
    frame = pl.concat(parts).with_columns(pl.col("value").fill_nan(None)).filter(pl.col("value").is_not_null())
    frame = frame.sort("n", pl.col("measure").replace_strict(order, return_dtype=pl.Int64))
    return MeasureTable(frame.select("place", "measure", "value", "unit"))


def shape_values(geometry: Any) -> dict[str, Numbers]:
    """Give the measures of each polygon as arrays; the formulas stand in :func:`shape_measures`."""
    import shapely

    area, perimeter = np.asarray(shapely.area(geometry)), np.asarray(shapely.length(geometry))
    circle = np.pi * np.asarray(shapely.minimum_bounding_radius(geometry)) ** 2
    mean, square = _distances(geometry, area)
    with np.errstate(divide="ignore", invalid="ignore"):
        complexity = 2 * np.log(0.25 * perimeter) / np.log(area)
    return {
        "area": area / 1e4,
        "perimeter": perimeter,
        "richardson": 2 * np.sqrt(np.pi * area) / perimeter,
        "cole": area / circle,
        "gyration": mean,
        "normalised_gyration": np.sqrt(area / (2 * np.pi) / square),
        "landscape_shape_index": 0.25 * perimeter / np.sqrt(area),
        "fractal_dimension": np.where(np.isfinite(complexity), complexity, np.nan),
    }


def _distances(geometry: Any, area: Numbers) -> tuple[Numbers, Numbers]:
    """Mean distance and mean squared distance of all ground of a polygon to its centroid, exactly.

    Seen from the centroid, an edge at height h over which the foot runs from s to t adds the integral of r³/3 over the angle:
    (h/6)·[s·√(h²+s²) + h²·asinh(s/h)] between the two ends; squares add cross·(p² + p·q + q²)/12. Holes turn the other way.
    """
    import shapely

    parts, feature = shapely.get_parts(geometry, return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    owner = feature[part[ring[edge]]]
    middle = shapely.get_coordinates(shapely.centroid(geometry))
    p, q = points[edge] - middle[owner], points[edge + 1] - middle[owner]
    cross = p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]
    length = np.hypot(*(q - p).T)
    squares = cross * ((p * p).sum(1) + (p * q).sum(1) + (q * q).sum(1)) / 12
    with np.errstate(divide="ignore", invalid="ignore"):
        along = (q - p) / length[:, None]
        height = np.abs(cross) / length
    start, stop = (p * along).sum(1), (q * along).sum(1)

    def integral(foot: Numbers) -> Numbers:
        reach = np.hypot(height, foot)
        with np.errstate(divide="ignore", invalid="ignore"):
            bend = np.where(height > 0, height**2 * np.arcsinh(foot / np.where(height > 0, height, 1.0)), 0.0)
        return np.asarray(height / 6 * (foot * reach + bend))

    cubes = np.where(length > 0, np.sign(cross) * (integral(stop) - integral(start)), 0.0)
    return added(owner, cubes, len(area)) / area, added(owner, squares, len(area)) / area
