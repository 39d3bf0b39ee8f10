"""Local regressions where a measure is the same for all neighbours."""

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.tables import EmissionTable
from citycarbon.data.layers import Layer
from citycarbon.inventory.space.analysis.influence import form_influence
from citycarbon.inventory.space.analysis.neighbourhoods import LARGEST_CONDITION, regular_width
from citycarbon.inventory.space.tables import ProxyTable


def test_every_neighbourhood_of_the_width_can_be_solved():
    place = np.array([[float(i % 10), float(i // 10)] for i in range(100)])
    x = np.where(place[:, :1] < 6, 0.0, place[:, :1])
    width = regular_width(place, x, place, 9, 99)
    assert 9 < width < 99
    design = np.column_stack([np.ones(100), x])
    for point in place:
        distance = np.hypot(*(place - point).T)
        edge = np.sort(distance)[width - 1] * (1 + 1e-7)
        weight = np.where(distance < edge, (1 - (distance / edge) ** 2) ** 2, 0.0)
        assert np.linalg.cond((design * weight[:, None]).T @ design) < LARGEST_CONDITION


def test_a_width_that_serves_is_kept():
    place = np.array([[float(i), float(i * i % 7)] for i in range(50)])
    assert regular_width(place, place[:, 1:], place, 12, 49) == 12


def test_a_quarter_without_jobs_does_not_end_the_local_regression():
    pytest.importorskip("mgwr")
    n = 15
    names = [f"c{i}" for i in range(n * n)]
    column, row = np.arange(n * n) % n, np.arange(n * n) // n
    jobs = np.where(column < 9, 0.0, 1.0 + (column * 7 + row * 3) % 11)
    frame = {"place": names, "time": "2022", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
             "value": 3 * jobs + 1.0 + row % 3, "unit": "t"}  # fmt: skip
    amounts = {"place": names, "proxy": "jobs", "value": jobs, "unit": "person"}
    cells = Layer("cells", pl.DataFrame({"place": names}), shapely.box(column, row, column + 1, row + 1), "EPSG:32650")
    made = form_influence(EmissionTable(pl.DataFrame(frame)), ProxyTable(pl.DataFrame(amounts)), cells, block=3.0)
    rows = made.to_polars().filter(pl.col("model") == "gwr")
    assert rows.filter(pl.col("term") == "jobs")["value"].item() > 0
    assert rows.filter(pl.col("term") == "r2_held_out")["value"].item() > 0.5
