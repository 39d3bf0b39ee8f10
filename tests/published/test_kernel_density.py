"""Quartic kernel density against the value that the specification prints (section 8) and against its own integral.

One unit point, h = 1000 m, d = 300 m: 7.907773e-7 per m2, printed with seven digits.
"""

from __future__ import annotations

import math

import polars as pl
import pytest
import shapely

from citycarbon.core.errors import InputError
from citycarbon.data.layers import Layer
from citycarbon.data.layers.grids import square_layer
from citycarbon.inventory.space.analysis.kernel import kernel_density
from citycarbon.inventory.space.tables import PointTable

UTM = "EPSG:32650"


def points(*rows: tuple[float, float, float]) -> PointTable:
    return PointTable(pl.DataFrame(rows, schema=["x", "y", "value"], orient="row"), fixed={"unit": "t"})


def test_the_printed_value():
    cell = Layer("c", pl.DataFrame({"place": ["c"]}), shapely.box([299], [-1], [301], [1]), UTM)
    made = kernel_density(points((0.0, 0.0, 1.0)), cell, bandwidth=1000.0).to_polars()
    assert made.filter(pl.col("place") == "c")["value"].item() == pytest.approx(7.907773e-7, rel=5e-8)


def test_the_integral_is_the_weight():
    extent = Layer("e", pl.DataFrame({"place": ["e"]}), shapely.box([-2000], [-2000], [2000], [2000]), UTM)
    cells = square_layer("g", extent, 20.0)
    made = kernel_density(points((0.0, 0.0, 3.0), (310.0, -200.0, 4.0)), cells, bandwidth=1000.0).to_polars()
    # Middles of cells a fiftieth of the radius wide.
    assert made.filter(pl.col("measure") == "kernel_density")["value"].sum() * 400 == pytest.approx(7.0, rel=1e-5)


def test_the_default_bandwidth_by_hand():
    rows = [(0.0, 0.0, 1.0), (100.0, 0.0, 1.0), (0.0, 100.0, 1.0), (100.0, 100.0, 1.0)]
    cell = Layer("c", pl.DataFrame({"place": ["c"]}), shapely.box([0], [0], [1], [1]), UTM)
    made = kernel_density(points(*rows), cell).to_polars()
    # All four lie √5000 from the middle, which is less than √(1/ln 2) times it.
    assert made.filter(pl.col("measure") == "bandwidth")["value"].item() == pytest.approx(
        0.9 * math.sqrt(5000) * 4**-0.2
    )


def test_wrong_points_are_refused():
    cell = Layer("c", pl.DataFrame({"place": ["c"]}), shapely.box([0], [0], [1], [1]), UTM)
    for rows, options, code in (
        ([(0.0, 0.0, -1.0)], {"bandwidth": 5.0}, "value_negative"), ([(0.0, 0.0, 0.0)], {"bandwidth": 5.0}, "too_few_places"),
        ([(0.0, 0.0, 1.0)], {}, "parameter_missing"), ([(0.0, 0.0, 1.0)], {"bandwidth": -1.0}, "parameter_wrong"),
    ):  # fmt: skip
        with pytest.raises(InputError) as caught:
            kernel_density(points(*rows), cell, **options)
        assert caught.value.problems[0].code == code
