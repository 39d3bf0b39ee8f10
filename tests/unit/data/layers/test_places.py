"""Rasters, grids, written layers and land-use codes: read back by independent programs, and refused where they are wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.errors import InputError
from citycarbon.data.classifications import classification
from citycarbon.data.classifications.land_use import at_level, land_use, land_use_schemes
from citycarbon.data.layers import Layer, read_layer, repaired
from citycarbon.data.layers.grids import SquareGrid, square_layer
from citycarbon.data.layers.raster import Raster, read_raster, write_cog
from citycarbon.data.layers.writing import write_layer
from citycarbon.data.references import references

geopandas = pytest.importorskip("geopandas")
rasterio = pytest.importorskip("rasterio")
pyogrio = pytest.importorskip("pyogrio")

UTM = "EPSG:32650"
GRID = SquareGrid(500000.0, 3500000.0, 30.0, 30.0, 40, 30, UTM)
ALIASES = {
    "place": ("place", "地点"),
    "t_co2e": ("emissions", "排放吨"),
    "long_name_of_sector": ("long", "一个很长很长的中文字段名"),
}


def codes_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(InputError) as caught:
        call()
    return [problem.code for problem in caught.value.problems]


def layer() -> Layer:
    rows = pl.DataFrame({"place": ["甲", "乙"], "t_co2e": [1.25, None], "long_name_of_sector": [1.0, 2.0], "n": [1, 2]})
    shapes = np.array([shapely.box(500000, 3499000, 500100, 3499100), shapely.box(500100, 3499000, 500300, 3499100)])
    return Layer("lots", rows, shapes, UTM)


@pytest.mark.parametrize("kind", ["gpkg", "parquet", "shp", "geojson", "fgb"])
def test_a_written_layer_is_read_back_by_gdal_and_geopandas(tmp_path: Path, kind: str):
    path = tmp_path / f"lots.{kind}"
    write_layer(layer(), path, title="地块", aliases=ALIASES)
    frame = geopandas.read_parquet(path) if kind == "parquet" else geopandas.read_file(path)
    frame = frame.sort_values("排放吨" if kind == "shp" else "t_co2e")
    assert frame.crs.to_epsg() == (4326 if kind == "geojson" else 32650)
    assert frame["地点" if kind == "shp" else "place"].tolist() == ["甲", "乙"]
    assert frame["排放吨" if kind == "shp" else "t_co2e"].iloc[0] == 1.25
    assert frame["排放吨" if kind == "shp" else "t_co2e"].isna().tolist() == [False, True]
    area = frame.to_crs(32650).area.tolist()
    # GeoJSON keeps seven digits of a degree, a centimetre.
    assert area == pytest.approx([10_000, 20_000], rel=1e-4 if kind == "geojson" else 1e-9)
    assert not list(tmp_path.glob(".*")), "nothing half-written stays"


def test_geoparquet_is_read_and_refused_where_it_is_none(tmp_path: Path):
    write_layer(layer(), tmp_path / "lots.parquet")
    made, origin = read_layer(tmp_path / "lots.parquet")
    assert made.crs == UTM == origin.note
    assert made.rows["place"].to_list() == ["甲", "乙"]
    assert shapely.area(made.geometry).tolist() == [10_000.0, 20_000.0]
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "table.parquet")
    assert codes_of(lambda: read_layer(tmp_path / "table.parquet")) == ["file_broken"]
    (tmp_path / "none.parquet").write_bytes(b"PAR1 nothing PAR1")
    assert codes_of(lambda: read_layer(tmp_path / "none.parquet")) == ["file_broken"]
    assert codes_of(lambda: read_layer(tmp_path / "lots.parquet", crs="EPSG:32651")) == ["crs_conflict"]


def test_a_geopackage_has_chinese_aliases_and_parquet_both_languages(tmp_path: Path):
    import pyarrow.parquet as pq

    write_layer(layer(), tmp_path / "lots.gpkg", aliases=ALIASES)
    with sqlite3.connect(tmp_path / "lots.gpkg") as database:
        found = dict(database.execute("SELECT column_name, name FROM gpkg_data_columns"))
    assert found == {column: chinese for column, (_, chinese) in ALIASES.items()}
    write_layer(layer(), tmp_path / "lots.parquet", aliases=ALIASES)
    assert pq.read_schema(tmp_path / "lots.parquet").field("t_co2e").metadata[b"title_zh"].decode() == "排放吨"


def test_a_shapefile_is_gbk_and_its_names_fit(tmp_path: Path):
    write_layer(layer(), tmp_path / "lots.shp", aliases=ALIASES)
    assert (tmp_path / "lots.cpg").read_text().strip().upper().replace("CP936", "GBK") in ("GBK", "936")
    assert "甲".encode("gbk") in (tmp_path / "lots.dbf").read_bytes()
    names = pyogrio.read_info(tmp_path / "lots.shp")["fields"].tolist()
    assert names[:3] == ["地点", "排放吨", "一个很长很"]
    again, origin = read_layer(tmp_path / "lots.shp")
    assert again.rows["地点"].to_list() == ["甲", "乙"]
    assert origin.encoding.lower() in ("gbk", "cp936")


@pytest.mark.parametrize("maker", ["tippecanoe", "GDAL"])
def test_vector_tiles_hold_every_feature(tmp_path: Path, maker: str, monkeypatch: pytest.MonkeyPatch):
    if maker == "GDAL":
        monkeypatch.setattr("citycarbon.data.layers.writing._tippecanoe", lambda: None)
    from mapbox_vector_tile import decode
    from pmtiles.reader import MemorySource, Reader, all_tiles

    write_layer(layer(), tmp_path / "lots.pmtiles", title="地块")
    source = MemorySource((tmp_path / "lots.pmtiles").read_bytes())
    header = Reader(source).header()
    # 300 m fit on one tile up to zoom 14.
    assert (header["min_zoom"], header["max_zoom"]) == (14, 14)
    import gzip

    names = set()
    for (zoom, _, _), data in all_tiles(source):
        if zoom == 14:
            for feature in decode(gzip.decompress(data))["lots"]["features"]:
                names.add(feature["properties"]["place"])
    assert names == {"甲", "乙"}


def test_the_same_layer_gives_the_same_bytes(tmp_path: Path):
    for kind in ("gpkg", "geojson", "parquet", "pmtiles"):
        for name in ("a", "b"):
            (tmp_path / name).mkdir(exist_ok=True)
            write_layer(layer(), tmp_path / name / f"x.{kind}", aliases=ALIASES)
        assert (tmp_path / "a" / f"x.{kind}").read_bytes() == (tmp_path / "b" / f"x.{kind}").read_bytes(), kind
    from pmtiles.reader import MemorySource, Reader

    told = str(Reader(MemorySource((tmp_path / "a" / "x.pmtiles").read_bytes())).metadata())
    assert "/" not in told.replace("https://", "").replace("application/", ""), told


def test_an_unknown_ending_and_a_folder_are_refused(tmp_path: Path):
    assert codes_of(lambda: write_layer(layer(), tmp_path / "lots.dwg")) == ["file_kind_unknown"]
    (tmp_path / "x.gpkg").mkdir()
    assert codes_of(lambda: write_layer(layer(), tmp_path / "x.gpkg")) == ["file_is_folder"]


def test_a_raster_is_written_as_cog_and_read_by_blocks(tmp_path: Path):
    values = np.arange(1200.0).reshape(30, 40)
    values[3, 4] = np.nan
    write_cog(
        tmp_path / "r.tif", Raster("r", GRID, values=values), unit="t CO2e", title="排放", descriptions={"YEAR": "2022"}
    )
    with rasterio.open(tmp_path / "r.tif") as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (source.units, source.descriptions, source.tags()["YEAR"]) == (("t CO2e",), ("排放",), "2022")
    raster, origin = read_raster(tmp_path / "r.tif")
    assert raster.grid == GRID
    assert origin.note == UTM
    for size in (40, 333, 10**6):
        read = np.concatenate([block for _, block in raster.blocks(size)])
        np.testing.assert_array_equal(read, values)


def test_wrong_rasters_are_refused(tmp_path: Path):
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "width": 2, "height": 2}
    with rasterio.open(
        tmp_path / "none.tif", "w", **profile, transform=rasterio.transform.from_origin(0, 2, 1, 1)
    ) as made:
        made.write(np.ones((1, 2, 2), "float32"))
    assert codes_of(lambda: read_raster(tmp_path / "none.tif")) == ["crs_missing"]
    assert codes_of(lambda: read_raster(tmp_path / "none.tif", crs=UTM, band=2)) == ["parameter_wrong"]
    turned = rasterio.Affine(1, 0.5, 0, 0.5, -1, 0)
    with rasterio.open(tmp_path / "turned.tif", "w", **profile, transform=turned, crs=UTM) as made:
        made.write(np.ones((1, 2, 2), "float32"))
    assert codes_of(lambda: read_raster(tmp_path / "turned.tif")) == ["raster_turned"]
    assert codes_of(lambda: read_raster(tmp_path / "turned.tif", crs="EPSG:4326")) == ["raster_turned"]
    (tmp_path / "broken.tif").write_bytes(b"II*\x00 not a raster")
    assert codes_of(lambda: read_raster(tmp_path / "broken.tif")) == ["file_broken"]
    (tmp_path / "r.png").write_bytes(b"x")
    assert codes_of(lambda: read_raster(tmp_path / "r.png")) == ["file_kind_unknown"]


def test_a_raster_larger_than_a_block_is_never_held_whole(tmp_path: Path):
    grid = SquareGrid(0.0, 2000.0, 1.0, 1.0, 2000, 2000, UTM)
    profile = {
        "driver": "GTiff",
        "dtype": "uint8",
        "count": 1,
        "width": 2000,
        "height": 2000,
        "crs": UTM,
        "tiled": True,
    }
    with rasterio.open(
        tmp_path / "big.tif", "w", **profile, transform=rasterio.transform.from_origin(0, 2000, 1, 1)
    ) as made:
        made.write(np.ones((1, 2000, 2000), "uint8"))
    raster, _ = read_raster(tmp_path / "big.tif")
    assert raster.grid == grid
    sizes = [block.size for _, block in raster.blocks(100_000)]
    assert max(sizes) <= 100_000
    assert sum(sizes) == 4_000_000


def test_rings_that_cross_are_mended_and_counted(tmp_path: Path):
    bow = shapely.Polygon([(500000, 3499000), (500100, 3499100), (500100, 3499000), (500000, 3499100)])
    rows = pl.DataFrame({"place": ["a", "b"]})
    broken = Layer("lots", rows, np.array([bow, shapely.box(500200, 3499000, 500300, 3499100)], dtype=object), UTM)
    write_layer(broken, tmp_path / "x.gpkg")
    assert codes_of(lambda: read_layer(tmp_path / "x.gpkg")) == ["geometry_invalid"]
    made, origin = read_layer(tmp_path / "x.gpkg", repair=True)
    assert shapely.is_valid(made.geometry).all()
    assert origin.note == f"{UTM}; 1 features repaired"
    # Two triangles of a quarter of the square each.
    assert shapely.area(made.geometry[0]) == pytest.approx(5000.0)
    untouched, count = repaired(made)
    assert (untouched, count) == (made, 0)


def test_a_polygon_without_area_is_refused_even_when_mended(tmp_path: Path):
    flat = shapely.Polygon([(500000, 3499000), (500100, 3499000), (500050, 3499000)])
    write_layer(Layer("lots", pl.DataFrame({"place": ["a"]}), np.array([flat], dtype=object), UTM), tmp_path / "x.gpkg")
    assert codes_of(lambda: read_layer(tmp_path / "x.gpkg")) == ["geometry_invalid"]
    assert codes_of(lambda: read_layer(tmp_path / "x.gpkg", repair=True)) == ["geometry_missing"]


def test_cells_of_a_layer_are_named_by_row_and_column():
    cells = square_layer("g", layer(), 100.0, "c-")
    assert cells.rows["place"].to_list()[:3] == ["c-r1c1", "c-r1c2", "c-r1c3"]
    assert GRID.window(2, 3).top == GRID.top - 60
    assert shapely.bounds(GRID.boxes(np.array([41]))[0]).tolist() == [500030.0, 3499940.0, 500060.0, 3499970.0]
    assert codes_of(lambda: SquareGrid(0.0, 0.0, -1.0, 1.0, 1, 1, UTM)) == ["grid_wrong"]


def test_national_codes_have_24_111_and_40_classes_and_sound_parents():
    codes = [code for code in classification("land_use").parents if code != "not_mapped"]
    assert [sum(1 for code in codes if len(code) == length) for length in (2, 4, 6)] == [24, 111, 40]
    for code in codes:
        assert classification("land_use").parents[code] == (code[:-2] or None)


@pytest.mark.parametrize("name", land_use_schemes()["scheme"].to_list())
def test_each_scheme_leads_to_national_codes_and_is_sourced(name: str):
    scheme = land_use(name)
    assert set(scheme.targets.values()) <= set(classification("land_use").parents)
    assert set(scheme.fits.values()) <= {"exact", "broader", "narrower", "approximate"}
    assert land_use_schemes().filter(pl.col("scheme") == name)["source"].item() in references()


def test_codes_of_schemes_are_told_apart():
    assert land_use("gbt21010_2017").targets["0804"] != land_use("gb_2023").targets["0804"]
    assert land_use("osm").codes(pl.Series(["landuse=residential", "x=y"])).to_list() == ["0701", None]
    assert at_level(pl.Series(["070102", "14"]), 2).to_list() == ["0701", "14"]
    assert codes_of(lambda: at_level(pl.Series(["07"]), 4)) == ["parameter_wrong"]
    assert codes_of(lambda: land_use("nlcd")) == ["land_use_scheme_unknown"]
