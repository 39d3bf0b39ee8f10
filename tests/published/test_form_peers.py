"""Form measures against independent programs on real data: momepy on buildings of Prague, pylandstats on Swiss land cover.

pylandstats counts the LSI of FRAGSTATS (edge over the least possible edge of as many cells) and leaves the rim of the raster out
of edges unless asked; the comparison asks for it and computes E/(4√A) from its class edge and area. Differences are rounding
(1e-6).
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.data.datasets import locate, missing_files
from citycarbon.data.layers import Layer, read_layer
from citycarbon.data.layers.raster import read_raster
from citycarbon.inventory.space.form.patches import raster_patches
from citycarbon.inventory.space.form.shape import shape_values

BUILDINGS, COVER = ("city_buildings", "bubenec_prague.gpkg"), ("rasters_swiss_landcover", "vaud_g100_clc00_V18_5.tif")


def here(name: str, file: str) -> Path:
    try:
        gone = file in missing_files(name)
    except Exception:
        gone = True
    if gone and not os.environ.get("CI"):
        pytest.skip(f"data set {name} is not here: citycarbon data get {name}")
    return locate(name, file)


@pytest.fixture(scope="module")
def buildings() -> Layer:
    layer, _ = read_layer(here(*BUILDINGS), layer="buildings")
    return layer.to_crs("EPSG:32633")


def test_outlines_meet_momepy_on_buildings(buildings):
    momepy = pytest.importorskip("momepy")
    geopandas = pytest.importorskip("geopandas")
    mine = shape_values(buildings.geometry)
    frame = geopandas.GeoSeries(buildings.geometry)
    # Cole's measure is momepy's circular compactness; Richardson's is the root of its isoperimetric quotient.
    np.testing.assert_allclose(mine["cole"], momepy.circular_compactness(frame).to_numpy(), rtol=1e-6)
    np.testing.assert_allclose(mine["richardson"] ** 2, 4 * np.pi * frame.area / frame.length**2, rtol=1e-12)
    np.testing.assert_allclose(mine["fractal_dimension"], momepy.fractal_dimension(frame).to_numpy(), rtol=1e-6)


def test_mean_distance_of_buildings_meets_points_inside(buildings):
    rng = np.random.default_rng(2)
    shape = buildings.geometry[int(np.argmax(shapely.area(buildings.geometry)))]
    west, south, east, north = shape.bounds
    x, y = rng.uniform(west, east, 400_000), rng.uniform(south, north, 400_000)
    inside = shapely.contains_xy(shape, x, y)
    middle = shape.centroid
    away = np.hypot(x[inside] - middle.x, y[inside] - middle.y)
    # 1e5 points and more: the mean is known to 0.3 %.
    assert shape_values(np.array([shape]))["gyration"][0] == pytest.approx(away.mean(), rel=5e-3)
    assert shape_values(np.array([shape]))["normalised_gyration"][0] == pytest.approx(
        np.sqrt(shape.area / (2 * np.pi)) / np.sqrt((away**2).mean()), rel=5e-3
    )


def test_patches_meet_pylandstats_on_land_cover():
    pls = pytest.importorskip("pylandstats")
    path = here(*COVER)
    raster, _ = read_raster(path)
    made = raster_patches(raster).to_polars()
    mine = {(item, name): value for item, name, value in made.select("item", "measure", "value").iter_rows()}
    theirs = pls.Landscape(str(path))
    table = theirs.compute_class_metrics_df(
        metrics=["total_area", "number_of_patches", "total_edge", "fractal_dimension_mn", "fractal_dimension_am"],
        metrics_kwargs={"total_edge": {"count_boundary": True}},
    )
    for code, row in table.iterrows():
        name = f"{code:g}"
        assert mine[name, "class_area"] == pytest.approx(row["total_area"], rel=1e-6)
        assert mine[name, "patches"] == row["number_of_patches"]
        index = 0.25 * row["total_edge"] / np.sqrt(row["total_area"] * 1e4)
        assert mine[name, "landscape_shape_index"] == pytest.approx(index, rel=1e-6)
        assert mine[name, "mean_fractal_dimension"] == pytest.approx(row["fractal_dimension_mn"], rel=1e-6)
        assert mine[name, "area_weighted_fractal_dimension"] == pytest.approx(row["fractal_dimension_am"], rel=1e-6)
    assert made.filter(pl.col("measure") == "patches")["value"].sum() > 100
