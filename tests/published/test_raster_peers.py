"""Sums of rasters by place against exactextract, an independent program, on population of the Rhine-Neckar area.

exactextract keeps coverage as 32-bit numbers, so that sums agree to about 1e-6.
"""

from __future__ import annotations

import os

import geopandas
import numpy as np
import polars as pl
import pytest
import shapely
from exactextract import exact_extract

from citycarbon.data.datasets import locate, missing_files
from citycarbon.data.layers import Layer
from citycarbon.data.layers.raster import read_raster
from citycarbon.inventory.space.allocation.aggregate import aggregate

SET = "rasters_heidelberg"
PEOPLE = "GHS_POP_E2015_GLOBE_R2019A_54009_1K_V1_0.tif"
LIGHTS = "VNL_v2_npp_2020_global_vcmslcfg_c202102150000.average_masked.tif"
pytestmark = pytest.mark.skipif(
    bool({PEOPLE, LIGHTS} & set(missing_files(SET))) and not os.environ.get("CI"),
    reason=f"data set {SET} is not here: citycarbon data get {SET}",
)


@pytest.mark.parametrize(("file", "statistic"), [(PEOPLE, "sum"), (LIGHTS, "mean")])
def test_sums_and_means_meet_exactextract(file: str, statistic: str):
    path = locate(SET, file)
    raster, _ = read_raster(path)
    grid = raster.grid
    rng = np.random.default_rng(7)
    wide, high = grid.width * grid.columns, grid.height * grid.rows
    x = grid.left + rng.uniform(0.2, 0.8, 25) * wide
    y = grid.top - rng.uniform(0.2, 0.8, 25) * high
    circles = shapely.buffer(shapely.points(x, y), rng.uniform(1.5, 5, 25) * grid.width, quad_segs=5)
    kept = np.array([c for i, c in enumerate(circles) if not any(c.intersects(d) for d in circles[:i])], dtype=object)
    places = Layer("p", pl.DataFrame({"place": [str(i) for i in range(len(kept))]}), kept, grid.crs)
    mine = aggregate(raster, places, proxy="x", unit="1", statistic=statistic).to_polars()
    peer = exact_extract(str(path), geopandas.GeoDataFrame(geometry=kept, crs=grid.crs), statistic, output="pandas")[
        statistic
    ]
    found = mine.filter(pl.col("place") != "not_placed")["value"].to_numpy()
    assert len(found) == len(kept) > 5
    np.testing.assert_allclose(found, peer.to_numpy(), rtol=2e-6)
    if statistic == "sum":
        values = np.concatenate([block for _, block in raster.blocks()])
        assert mine["value"].sum() == pytest.approx(np.nansum(values), rel=1e-9)
