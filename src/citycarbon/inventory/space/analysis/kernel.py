"""Kernel density: weighted points spread over their surroundings, for maps of stacks, meters and traces.

Comes in: weighted points and the places at whose middle the density is wanted. Goes out: density by place. Not for: placing
emissions, which adds up to their total (:mod:`citycarbon.inventory.space.allocation`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.data.layers import Layer
from citycarbon.data.layers.ground import refuse_point_degrees
from citycarbon.data.layers.naming import place_names
from citycarbon.inventory.space.form.shape import check_areas
from citycarbon.inventory.space.overlay.grid_cells import added
from citycarbon.inventory.space.tables import RESIDUAL, MeasureTable, PointTable

Numbers = npt.NDArray[Any]
LEAST_CELLS = 2.0
"""Sides of a cell that a bandwidth must span; below it middles of cells miss the mass by up to 13 % (1.25), then by all of it."""
BATCH = 20_000
"""Places whose neighbours are held at a time."""


@method(
    id="inventory.space.analysis.kernel_density",
    gives=MeasureTable,
    equation="f = Σ w · 3/(πh²) · (1 - (d/h)²)², d < h",
    source="silverman_1986",
    status="reproduced",
    title=("Kernel density", "核密度"),
    version=2,
)
def kernel_density(points: PointTable, places: Layer, *, bandwidth: float = 0.0) -> MeasureTable:
    """Spread weighted points over a circle by the quartic kernel and read the density at the middle of each place.

    Parameters
    ----------
    points
        Weighted points in the coordinate system of the places; weights above zero.
    places
        Polygons with a column ``place``, in a projected system with metres.
    bandwidth
        [m] Radius of the circle; 0 for 0.9 · min(standard distance, √(1/ln 2) · median distance) · n^-0.2. At least twice the
        square root of the area of each place that holds a point.

    Returns
    -------
    measures
        ``kernel_density`` [unit/m2] of each place and ``bandwidth`` [m] for ``city``. The integral over the plane is the sum of
        the weights; values at the middle of square cells, times their areas, meet it within 2 % for each point at the least
        bandwidth, and within 0.2 % at twice it. Points whose circle reaches no middle stand in a row ``not_placed`` with the
        measure ``weight`` [unit].

    Raises
    ------
    InputError
        If there are no points, several units, a weight below zero, or all points lie on one spot and no bandwidth is given; if
        the bandwidth is so narrow beside the places that their middles would miss what lies in them.

    References
    ----------
    Silverman, B. W. (1986), Density estimation, equation 4.5; the default bandwidth is the one in use in GIS (as recalled).

    Examples
    --------
    >>> import shapely
    >>> one = PointTable(pl.DataFrame({"x": [0.0], "y": [0.0], "value": [1.0], "unit": "t"}))
    >>> cell = Layer("cell", pl.DataFrame({"place": ["c"]}), shapely.box([299], [-1], [301], [1]), "EPSG:32650")
    >>> made = kernel_density(one, cell, bandwidth=1000.0).to_polars()
    >>> made.filter(pl.col("measure") == "kernel_density").select((pl.col("value") * 1e7).round(6)).item()
    7.907773
    """
    import shapely
    from scipy.spatial import cKDTree

    check_areas(places)
    rows = points.to_polars().filter(pl.col("value") != 0)
    units = points.words("unit")
    if len(units) > 1:
        raise InputError("unit_mixed", Where(column="unit"), ", ".join(units))
    if rows.is_empty():
        raise InputError("too_few_places", Where(item="points"), 0, needed=1)
    if rows.filter(pl.col("value") < 0).height:
        raise InputError("value_negative", Where(item="points", column="value"), rows["value"].min())
    refuse_point_degrees(rows["x"].to_numpy(), rows["y"].to_numpy(), places)
    if bandwidth < 0:
        raise InputError("parameter_wrong", Where(item="bandwidth"), bandwidth, expected_value="≥ 0")
    place, weight = rows.select("x", "y").to_numpy(), rows["value"].to_numpy()
    radius = bandwidth or _default(place, weight)
    names = place_names(places)
    _wide_enough(radius, place, places, names)
    middles = shapely.get_coordinates(shapely.centroid(places.geometry))
    tree = cKDTree(place)
    density, seen = np.zeros(len(middles)), np.zeros(len(place), dtype=bool)
    for start in range(0, len(middles), BATCH):
        chosen = cKDTree(middles[start : start + BATCH])
        near = chosen.sparse_distance_matrix(tree, radius, output_type="coo_matrix")
        seen[near.col] = True
        part = weight[near.col] * (1 - (near.data / radius) ** 2) ** 2
        density[start : start + BATCH] = added(near.row, part, chosen.n) * 3 / (math.pi * radius**2)
    frame = pl.DataFrame({"place": names, "value": density}).select(
        "place", pl.lit("kernel_density").alias("measure"), "value", pl.lit(f"{units[0]}/m2").alias("unit")
    )
    own = pl.DataFrame({"place": ["city"], "measure": ["bandwidth"], "value": [radius], "unit": ["m"]})
    lost = float(weight[~seen].sum())
    rest = pl.DataFrame({"place": [RESIDUAL], "measure": ["weight"], "value": [lost], "unit": [units[0]]})
    return MeasureTable(pl.concat([own, frame, rest.filter(pl.col("value") > 0)]))


def _wide_enough(radius: float, points: Numbers, places: Layer, names: pl.Series) -> None:
    """Refuse a circle so small beside the places which hold points that it would slip between their middles."""
    import shapely

    _, owner = shapely.STRtree(places.geometry).query(shapely.points(points), predicate="intersects")
    size = np.sqrt(np.asarray(shapely.area(places.geometry)))
    least = LEAST_CELLS * size
    narrow = np.unique(owner[least[owner] > radius * (1 + 1e-9)])
    if len(narrow):
        widest = int(narrow[np.argmax(least[narrow])])
        where = Where(item=f"bandwidth · {places.name}: {names[widest]}")
        raise InputError("bandwidth_narrow", where, f"{radius:g} m", least=f"{least[widest]:.6g}")


def _default(place: Numbers, weight: Numbers) -> float:
    """Bandwidth from the spread of the points, counted by their weights."""
    middle = np.average(place, axis=0, weights=weight)
    away = np.hypot(*(place - middle).T)
    order = np.argsort(away, kind="stable")
    half = np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)
    spread = math.sqrt(float(np.average(away**2, weights=weight)))
    radius = 0.9 * min(spread, math.sqrt(1 / math.log(2)) * float(away[order][half])) * len(weight) ** -0.2
    if not radius > 0:
        raise InputError("parameter_missing", Where(item="bandwidth"), "0", column="bandwidth")
    return float(radius)
