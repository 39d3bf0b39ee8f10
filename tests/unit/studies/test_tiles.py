"""Vector tiles: read back by mapbox-vector-tile, which is an independent program; sums, rings, properties and boxes."""

import math

import mapbox_vector_tile
import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.errors import InputError
from citycarbon.data.layers import Layer
from citycarbon.studies.tiles import tiling
from citycarbon.studies.tiles.encoding import encode_layer
from citycarbon.studies.tiles.shapes import Shapes, mercator, shape_table, summary
from citycarbon.studies.tiles.tiling import tile


def read(content, name="shapes"):
    return mapbox_vector_tile.decode(content, default_options={"y_coord_down": True})[name]["features"]


def shapes_of(geometry, area=None):
    extra = pl.DataFrame({"place": [f"p{i}" for i in range(len(geometry))], "area_ha": area or [1.0] * len(geometry)})
    table = shape_table(Layer("x", extra, np.asarray(geometry, dtype=object), "EPSG:4326"), extra)
    boxes = np.ascontiguousarray(table.select("west", "south", "east", "north").to_numpy().T)
    middles = np.stack(mercator((boxes[0] + boxes[2]) / 2, (boxes[1] + boxes[3]) / 2))
    return Shapes("x", extra, boxes, middles, table["wkb"])


def test_shapes_come_back_with_holes_parts_and_directions():
    ring = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)], [[(20, 20), (20, 40), (40, 40), (40, 20)]])
    both = shapely.MultiPolygon([shapely.box(200, 0, 220, 30), shapely.box(300, 300, 4000, 4090)])
    made = read(
        encode_layer("shapes", [ring, both, ring.reverse()], {"v": np.array([1.5, np.nan, -2.0])}, [7, 8, 4_000_000])
    )
    assert [each["id"] for each in made] == [7, 8, 4_000_000]
    assert [each["properties"] for each in made] == [{"v": 1.5}, {}, {"v": -2.0}]
    for each, wanted in zip(made, (ring, both, ring), strict=True):
        assert shapely.normalize(shapely.geometry.shape(each["geometry"])).equals(shapely.normalize(wanted))


def test_the_outer_ring_turns_as_the_specification_asks():
    """By the formula of surveyors in tile units, y down: outer rings positive, holes negative (specification 2.1, 4.3.3.3)."""
    holed = shapely.Polygon([(0, 0), (0, 100), (100, 100), (100, 0)], [[(20, 20), (40, 20), (40, 40), (20, 40)]])
    for given in (holed, holed.reverse()):
        feature = read(encode_layer("shapes", [given], {}, [0]))[0]
        outer, hole = (np.array(ring, dtype=float) for ring in feature["geometry"]["coordinates"])
        area = [float(np.sum(r[:-1, 0] * r[1:, 1] - r[1:, 0] * r[:-1, 1])) for r in (outer, hole)]
        assert area[0] > 0 > area[1]


def test_lines_points_and_what_vanishes():
    line = shapely.LineString([(0, 0), (0.2, 0.1), (50, 60), (50, 60)])
    assert read(encode_layer("shapes", [line], {}, [1]))[0]["geometry"]["coordinates"] == [[0, 0], [50, 60]]
    assert read(encode_layer("shapes", [shapely.Point(5, 9)], {}, [1]))[0]["geometry"]["coordinates"] == [5, 9]
    sliver = shapely.box(10, 10, 10.2, 90)
    assert encode_layer("shapes", [sliver, shapely.Polygon()], {}, [1, 2]) == b""
    kept = read(encode_layer("shapes", [sliver, shapely.box(0, 0, 9, 9)], {"v": np.array([1.0, 2.0])}, [1, 2]))
    assert [each["properties"] for each in kept] == [{"v": 2.0}], "properties stay with their shape"


def test_texts_are_kept_once_and_every_script_comes_back():
    names = np.array(["地块", "a", None, "地块"], dtype=object)
    made = read(encode_layer("shapes", shapely.box([0, 10, 20, 30], 0, [5, 15, 25, 35], 5), {"place": names}, range(4)))
    assert [each["properties"].get("place") for each in made] == ["地块", "a", None, "地块"]


@pytest.mark.parametrize("seed", range(5))
def test_random_shapes_come_back(seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 4000, (60, 2))
    shapes = shapely.buffer(shapely.points(points), rng.uniform(5, 300, 60), quad_segs=int(rng.integers(1, 9)))
    shapes = [a.difference(b) for a, b in zip(shapes, np.roll(shapes, 1), strict=True)]
    whole = [shapely.set_precision(each, 1.0) for each in shapes]
    kept = [number for number, each in enumerate(whole) if not each.is_empty]
    made = {
        each["id"]: shapely.geometry.shape(each["geometry"])
        for each in read(encode_layer("shapes", whole, {}, range(60)))
    }
    assert sorted(made) == kept
    for number in kept:
        assert made[number].area == pytest.approx(whole[number].area, abs=1e-6)


def test_a_tile_holds_what_touches_it_in_its_own_units():
    # Zoom 1, column 1, row 0 is the north-east quarter of the world.
    shapes = shapes_of([shapely.box(0, 0, 90, 66.51326044), shapely.box(-90, -40, -10, -10)])
    made = read(tile(shapes, np.array([5.0, 7.0]), 1, 1, 0))
    assert [each["properties"]["place"] for each in made] == ["p0"]
    # Latitude 66.51326044 is the middle of the quarter in Web Mercator, longitude 90 as well.
    assert shapely.geometry.shape(made[0]["geometry"]).bounds == (0, 2048, 2048, 4096)
    assert made[0]["properties"]["v"] == 5.0
    assert tile(shapes, np.array([5.0, 7.0]), 1, 0, 0) != b"", "the buffer of the neighbour shows the edge"
    assert tile(shapes, np.array([5.0, 7.0]), 5, 0, 0) == b""


def test_squares_add_up_to_the_shapes_over_all_tiles(monkeypatch):
    monkeypatch.setattr(tiling, "MOST_SHAPES", 10)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(120.2, 120.5, 900), rng.uniform(31.4, 31.7, 900)
    size = rng.uniform(0.0005, 0.004, 900)
    shapes = shapes_of(shapely.box(x, y, x + size, y + size), area=rng.uniform(1, 5, 900).tolist())
    values = rng.lognormal(0, 1, 900)
    values[::50] = np.nan
    z = 9
    columns = [int((lon + 180) / 360 * 2**z) for lon in (120.19, 120.51)]
    rows = [int((0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)) * 2**z) for lat in (31.71, 31.39)]
    sums, counts = 0.0, 0
    for column in range(columns[0], columns[1] + 1):
        for row in range(rows[0], rows[1] + 1):
            content = tile(shapes, values, z, column, row)
            for each in read(content, "squares") if content else []:
                sums += each["properties"].get("v", 0.0)
                counts += int(each["properties"]["n"])
    assert counts == 900
    # Properties are floats of 32 bits.
    assert sums == pytest.approx(np.nansum(values), rel=1e-6)


def test_a_shape_without_a_figure_has_none():
    made = read(tile(shapes_of([shapely.box(1, 1, 2, 2)]), np.array([np.nan]), 3, 4, 3))
    assert made[0]["properties"] == {"place": "p0"}


@pytest.mark.parametrize("address", [(-1, 0, 0), (23, 0, 0), (2, 4, 0), (2, 0, -1)])
def test_there_is_no_such_tile(address):
    with pytest.raises(InputError):
        tile(shapes_of([shapely.box(1, 1, 2, 2)]), np.array([1.0]), *address)


def test_summary_counts_what_it_leaves_out():
    made = summary(np.array([1.0, 0.0, -2.0, np.nan, 4.0]), np.array([2.0, 1.0, 1.0, 1.0, np.nan]))
    assert (made["sum"], made["without"], made["zero"], made["negative"]) == (3.0, 1, 1, 1)
    assert made["total"] == [1.0, 4.0]
    assert made["density"] == [0.5]
