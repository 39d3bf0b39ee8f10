"""Laws of places: what is moved between rasters, grids and polygons is neither lost nor made, whatever the geometry.

Shapes are drawn as unions and differences of boxes and stars, so that holes, islands, slivers, multipolygons and rings that touch
themselves all come up. The coverage of grid cells is held against intersections by GEOS, an independent computation.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from citycarbon.core.tables import EmissionTable
from citycarbon.data.layers import Layer
from citycarbon.data.layers.grids import SquareGrid, grid_over, square_layer
from citycarbon.data.layers.raster import Raster
from citycarbon.inventory.space.allocation.aggregate import aggregate, layer_amounts
from citycarbon.inventory.space.allocation.downscale import downscale
from citycarbon.inventory.space.overlay.grid_cells import line_parts, polygon_parts
from citycarbon.inventory.space.overlay.pairs import pairs
from citycarbon.inventory.space.shares import area_shares, place_by_shares
from citycarbon.inventory.space.tables import ProxyTable

UTM = "EPSG:32650"
BOW = shapely.Polygon(
    [(0, 0), (200, 0), (200, 200), (100, 100), (100, 300), (0, 300)], [[(100, 100), (50, 60), (20, 120)]]
)
"""A shell with a hole that touches it in one point."""


@st.composite
def shapes(draw: st.DrawFn, least: int = 1, most: int = 6) -> list[shapely.Geometry]:
    """Valid polygons and multipolygons inside about 1,000 m, some thinner than a millimetre."""
    made: list[shapely.Geometry] = []
    for _ in range(draw(st.integers(least, most))):
        seed = draw(st.integers(0, 2**32 - 1))
        rng = np.random.default_rng(seed)
        shape = star(rng)
        for _ in range(rng.integers(0, 4)):
            other = star(rng) if rng.random() < 0.6 else sliver(rng)
            shape = shape.difference(other) if rng.random() < 0.6 else shape.union(other)
        if rng.random() < 0.2:
            shape = affinity.translate(BOW, *rng.uniform(0, 700, 2))
        parts = [
            part
            for part in shapely.get_parts(shapely.make_valid(shape))
            if part.geom_type == "Polygon" and part.area > 1e-3
        ]
        whole = shapely.union_all(parts)
        if not whole.is_empty and whole.is_valid:
            made.append(whole)
    return made or [shapely.box(10, 10, 90, 90)]


def star(rng: np.random.Generator) -> shapely.Geometry:
    count = int(rng.integers(3, 12))
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    reach = rng.uniform(5, 400) * rng.uniform(0.2, 1.0, count)
    middle = rng.uniform(0, 1000, 2)
    return shapely.make_valid(
        shapely.Polygon(np.c_[middle[0] + reach * np.cos(angle), middle[1] + reach * np.sin(angle)])
    )


def sliver(rng: np.random.Generator) -> shapely.Geometry:
    x, y = rng.uniform(0, 900, 2)
    return shapely.box(x, y, x + rng.uniform(50, 500), y + 10.0 ** rng.uniform(-4, 0))


def layer(geometry: list[shapely.Geometry], prefix: str = "p") -> Layer:
    names = pl.DataFrame({"place": [f"{prefix}{number}" for number in range(len(geometry))]})
    return Layer(prefix, names, np.array(geometry, dtype=object), UTM)


def raster(seed: int, gaps: float, size: float = 30.0, rows: int = 34, columns: int = 37) -> Raster:
    rng = np.random.default_rng(seed)
    values = rng.uniform(0, 5, (rows, columns)) * 10.0 ** rng.integers(-3, 4, (rows, columns))
    values[rng.random(values.shape) < gaps] = np.nan
    return Raster("people", SquareGrid(-20.0, 1010.0, size, size, columns, rows, UTM), values=values)


@settings(max_examples=60, deadline=None)
@given(shapes(), st.sampled_from([(250.0, 130.0), (30.0, 30.0), (1000.0, 7.0)]))
def test_coverage_of_cells_is_what_intersections_say(geometry, size):
    grid = SquareGrid(-100.0, 1300.0, *size, columns=int(1500 // size[0]) + 1, rows=int(1500 // size[1]) + 1, crs=UTM)
    found = polygon_parts(np.array(geometry, dtype=object), grid)
    boxes = grid.boxes(np.arange(grid.columns * grid.rows))
    source, cell = shapely.STRtree(boxes).query(geometry, predicate="intersects")
    expected = np.zeros((len(geometry), len(boxes)))
    expected[source, cell] = shapely.area(shapely.intersection(np.array(geometry)[source], boxes[cell]))
    made = np.zeros_like(expected)
    made[found.feature, found.cell] = found.amount
    # Coordinates near 1,000 m carry errors of 1e-13 m, over boundaries of some kilometres.
    assert np.abs(made - expected).max() < 1e-6
    assert made.sum() == pytest.approx(expected.sum(), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(shapes())
def test_length_of_lines_in_cells_adds_to_the_line(geometry):
    lines = shapely.boundary(np.array(geometry, dtype=object))
    grid = SquareGrid(-1000.0, 3000.0, 77.0, 77.0, 60, 60, UTM)
    found = line_parts(lines, grid)
    sums = np.bincount(found.feature, weights=found.amount, minlength=len(lines))
    np.testing.assert_allclose(sums, shapely.length(lines), rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(shapes(most=8), st.integers(0, 10**6), st.sampled_from([0.0, 0.3, 0.95, 1.0]))
def test_a_raster_on_any_places_adds_to_the_raster(geometry, seed, gaps):
    cells = raster(seed, gaps)
    made = aggregate(cells, layer(geometry), proxy="population", unit="person").to_polars()
    # Some hundred thousand additions of numbers that differ by a factor of a million.
    assert made["value"].sum() == pytest.approx(np.nansum(cells.values), rel=1e-9, abs=1e-12)
    assert made["value"].min() >= 0


@settings(max_examples=25, deadline=None)
@given(shapes(most=5), st.integers(0, 10**6), st.sampled_from([0.0, 0.4]))
def test_from_cells_of_30_m_to_500_m_to_districts_and_back_nothing_is_lost(geometry, seed, gaps):
    cells = raster(seed, gaps)
    whole = float(np.nansum(cells.values))
    extent = layer([shapely.box(-100, -100, 1200, 1200)], "extent")
    coarse = square_layer("coarse", extent, 500.0)
    people = aggregate(cells, coarse, proxy="population", unit="person").to_polars()
    assert people["value"].sum() == pytest.approx(whole, rel=1e-9)
    emissions = EmissionTable(
        people.filter(pl.col("place") != "not_placed").select(
            "place", "value", *[pl.lit(word).alias(name) for name, word in WORDS.items()]
        )
    )
    districts = layer(geometry, "d")
    there = place_by_shares(emissions, area_shares(coarse, districts))
    assert there.to_polars()["value"].sum() == pytest.approx(whole, rel=1e-9)
    fine = square_layer("fine", extent, 30.0)
    back = place_by_shares(there.filter(place=districts.rows["place"].to_list()), area_shares(districts, fine))
    inside = there.to_polars().filter(pl.col("place") != "not_placed")["value"].sum()
    assert back.to_polars()["value"].sum() == pytest.approx(inside, rel=1e-9)


WORDS = {"time": "2020", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2", "unit": "t"}


@settings(max_examples=40, deadline=None)
@given(shapes(most=6), shapes(most=6))
def test_shares_of_a_source_add_to_one_and_lie_between_nil_and_one(first, second):
    made = area_shares(layer(first, "s"), layer(second, "t")).to_polars()
    sums = made.group_by("place").agg(pl.col("share").sum())["share"]
    assert sums.len() == len(first)
    np.testing.assert_allclose(sums.to_numpy(), 1.0, rtol=1e-12)
    assert made["share"].is_between(0.0, 1.0).all()


@settings(max_examples=40, deadline=None)
@given(shapes(most=5), shapes(most=5))
def test_what_targets_cover_is_the_union_and_not_the_sum(first, second):
    found = pairs(np.array(first, dtype=object), np.array(second, dtype=object))
    united = shapely.area(shapely.intersection(np.array(first), shapely.union_all(second)))
    np.testing.assert_allclose(found.covered, united, rtol=1e-9, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(shapes(most=5), shapes(most=5))
def test_amounts_of_features_add_to_their_sum(first, second):
    made = layer_amounts(layer(first, "s"), layer(second, "t"), proxy="land", unit="m2").to_polars()
    assert made["value"].sum() == pytest.approx(shapely.area(first).sum(), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.lists(st.floats(0.01, 1e6), min_size=3, max_size=3),
    st.integers(0, 12),
    st.booleans(),
    st.booleans(),
)
def test_each_zone_keeps_its_total_through_weights_limits_and_smoothing(seed, totals, smoothing, weighted, limited):
    rng = np.random.default_rng(seed)
    zones = layer([shapely.box(0, 0, 95, 210), shapely.box(95, 0, 260, 105), shapely.box(95, 105, 260, 210)], "z")
    cells = square_layer("cells", zones, 20.0)
    names = cells.rows["place"]
    rows = pl.DataFrame({"place": ["z0", "z1", "z2"], "value": totals})
    emissions = EmissionTable(rows.with_columns(pl.lit(word).alias(name) for name, word in WORDS.items()))
    amounts = rng.uniform(0, 3, len(names)) * (rng.random(len(names)) < 0.7)
    weights = ProxyTable(pl.DataFrame({"place": names, "value": amounts}), fixed={"proxy": "w", "unit": "1"})
    most = ProxyTable(
        pl.DataFrame({"place": names, "value": rng.uniform(0, 2, len(names)) * max(totals) / 20}),
        fixed={"proxy": "m", "unit": "t"},
    )
    made = downscale(
        emissions, zones, cells, weights if weighted else None, most if limited else None, smoothing=smoothing
    ).to_polars()
    assert made["value"].sum() == pytest.approx(sum(totals), rel=1e-9)
    placed = made.filter(pl.col("place") != "not_placed")
    assert (placed["value"] >= 0).all()
    if limited:
        over = (
            placed.group_by("place")
            .agg(pl.col("value").sum())
            .join(most.to_polars().select("place", top="value"), on="place")
        )
        assert (over["value"] <= over["top"] * (1 + 1e-9)).all()


def test_a_grid_begins_at_multiples_of_its_cell():
    grid = grid_over(layer([shapely.box(260.0, -10.0, 499.0, 240.0)]), 250.0)
    assert (grid.left, grid.top, grid.columns, grid.rows) == (250.0, 250.0, 1, 2)
