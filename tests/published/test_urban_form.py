"""Form measures against closed forms and against the printed figures of the project's specification (section 10).

Sources: closed forms of circle, square and rectangle; FRAGSTATS definitions; Gabaix and Ibragimov (2011) for rank - 1/2; Jia et
al. (2015) as cited in a review of 111 papers for city size. Tolerances: the specification prints six or seven digits, so half a
unit of the last one; a circle is a polygon of 4,096 corners, whose perimeter is 1e-7 short.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.tables import EmissionTable
from citycarbon.data.layers import Layer
from citycarbon.data.library.elements import elasticities
from citycarbon.inventory.space.form.patches import patch_measures, perimeter_area_dimension
from citycarbon.inventory.space.form.shape import shape_measures
from citycarbon.inventory.space.form.structure import polycentricity
from citycarbon.inventory.space.form.what_if import FormChangeTable, what_if
from citycarbon.inventory.space.tables import ProxyTable

SHAPES = {
    "circle": shapely.buffer(shapely.Point(500, 500), 300.0, quad_segs=1024),
    "square": shapely.box(0, 0, 100, 100),
    "rectangle": shapely.box(0, 0, 200, 50),
}
PRINTED = [
    ("circle", "richardson", 1.0), ("square", "richardson", 0.886227), ("rectangle", "richardson", 0.708982),
    ("square", "cole", 0.636620), ("square", "landscape_shape_index", 1.0), ("circle", "landscape_shape_index", 0.886227),
    ("rectangle", "landscape_shape_index", 1.25), ("square", "fractal_dimension", 1.0),
    ("rectangle", "fractal_dimension", 1.0484550), ("circle", "normalised_gyration", 1.0),
    # Closed forms: √(1/2π)/√(1/6) of a square; two thirds of the radius of a circle; (√2 + asinh 1)/6 of a square's side.
    ("square", "normalised_gyration", math.sqrt(3 / math.pi)), ("circle", "gyration", 200.0),
    ("square", "gyration", 100 * (math.sqrt(2) + math.asinh(1)) / 6),
]  # fmt: skip


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], float]:
    rows = pl.DataFrame({"place": list(SHAPES)})
    made = shape_measures(
        Layer("shapes", rows, np.array(list(SHAPES.values()), dtype=object), "EPSG:32650")
    ).to_polars()
    return {(place, name): value for place, name, value in made.select("place", "measure", "value").iter_rows()}


@pytest.mark.parametrize(("place", "name", "expected"), PRINTED)
def test_shape_measures_meet_closed_forms(found, place, name, expected):
    assert found[place, name] == pytest.approx(expected, rel=1e-6)


def test_mean_distance_of_a_ring_with_a_hole_is_that_of_its_parts():
    ring = shapely.Polygon([(0, 0), (90, 0), (90, 90), (0, 90)], [[(30, 30), (60, 30), (60, 60), (30, 60)]])
    layer = Layer("ring", pl.DataFrame({"place": ["r"]}), np.array([ring], dtype=object), "EPSG:32650")
    made = shape_measures(layer).to_polars().filter(pl.col("measure") == "gyration")["value"].item()
    whole = (math.sqrt(2) + math.asinh(1)) / 6
    assert made == pytest.approx((90**3 * whole - 30**3 * whole) / (90**2 - 30**2), rel=1e-12)


def test_squares_of_many_sizes_have_dimension_one():
    sides = np.arange(1.0, 21.0)
    assert perimeter_area_dimension(sides**2, 4 * sides) == pytest.approx(1.0, rel=1e-9)
    assert math.isnan(perimeter_area_dimension(sides[:9] ** 2, 4 * sides[:9]))
    assert math.isnan(perimeter_area_dimension(np.full(12, 4.0), np.full(12, 8.0)))


def test_area_weighted_dimension_of_two_patches():
    boxes = shapely.box([0, 1000], [0, 0], [100, 1200], [100, 50])
    layer = Layer("lots", pl.DataFrame({"place": ["a", "b"], "class": "home"}), boxes, "EPSG:32650")
    made = dict(patch_measures(layer).to_polars().select("measure", "value").iter_rows())
    assert made["area_weighted_fractal_dimension"] == pytest.approx(
        (10_000 * 1 + 10_000 * 1.0484550) / 20_000, rel=1e-7
    )
    assert made["landscape_shape_index"] == pytest.approx(0.25 * 900 / math.sqrt(20_000), rel=1e-12)


def test_patches_of_a_class_are_joined_where_parcels_touch():
    boxes = shapely.box([0, 100, 300], 0, [100, 200, 400], 100)
    layer = Layer("lots", pl.DataFrame({"place": list("abc"), "class": "home"}), boxes, "EPSG:32650")
    made = dict(patch_measures(layer).to_polars().select("measure", "value").iter_rows())
    assert (made["patches"], made["largest_patch"]) == (2.0, pytest.approx(2 / 3))


def test_rank_size_meets_the_printed_slopes():
    rows = pl.DataFrame({"place": list("abcde"), "proxy": "people", "value": [1000.0, 480, 340, 250, 205], "unit": "1"})
    made = dict(polycentricity(ProxyTable(rows)).to_polars().select("measure", "value").iter_rows())
    assert made["rank_size_slope"] == pytest.approx(-0.981625, abs=5e-7)
    assert made["rank_size_intercept"] == pytest.approx(6.890896, abs=5e-7)
    # ln(rank - 1/2) on ln size, as Gabaix and Ibragimov write it.
    assert made["rank_half_exponent"] == pytest.approx(-1.390379, abs=5e-7)


def test_places_of_one_size_are_fully_polycentric():
    rows = pl.DataFrame({"place": list("abcd"), "proxy": "people", "value": 5.0, "unit": "1"})
    made = dict(polycentricity(ProxyTable(rows)).to_polars().select("measure", "value").iter_rows())
    assert (made["green_polycentricity"], made["evenness"], made["primacy"]) == (1.0, 0.75, 0.25)


def test_city_size_in_beijing(emissions):
    own = elasticities().to_polars().filter(pl.col("source") == "jia2015")
    assert own.select("value", "region").rows() == [(0.32, "Beijing")]
    table = emissions([100.0])
    change = FormChangeTable(pl.DataFrame({"measure": ["city_size"], "change": [1.0]}))
    made = what_if(table, change, type(elasticities())(own)).to_polars()
    # 1.01^0.32 - 1 is printed as .3189 %.
    assert made["difference"].item() == pytest.approx(0.3189, abs=5e-5)
    assert isinstance(table, EmissionTable)
