"""Xinwu district: 3,999 cells, 2,033 parcels and classes of land use hold the same emissions, and no more than was metered.

The data set is not part of the project. Without it these tests are skipped, and say so; in CI they fail instead.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import polars as pl
import pyogrio
import pytest

from citycarbon.core.results import StudyResult
from citycarbon.core.tables import EmissionTable
from citycarbon.data.datasets import locate, missing_files
from citycarbon.data.examples import examples_folder
from citycarbon.studies.assemble import run_to_result
from citycarbon.studies.run import Run, execute

SET = "xinwu_wuxi_district"
FILES = ("xinwu_energy_250m.gpkg", "xinwu_land_use.gpkg", "xinwu_subway_stations.gpkg")
GRID = 0.5978  # t/MWh, Jiangsu 2022
USES = ("cooling_kwh", "heating_kwh", "other_electricity_kwh")
HERE = not set(missing_files(SET)) & set(FILES)
pytestmark = pytest.mark.skipif(
    not HERE and not os.environ.get("CI"), reason=f"data set {SET} is not here: citycarbon data get {SET}"
)


@pytest.fixture(scope="module")
def run() -> Run:
    return execute(examples_folder() / "xinwu")


@pytest.fixture(scope="module")
def result(run: Run) -> StudyResult:
    return run_to_result(run)


@pytest.fixture(scope="module")
def meters(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The attributes of the cells, read by GDAL alone."""
    path = locate(SET, FILES[0])
    if path.suffix == ".zip":
        folder = tmp_path_factory.mktemp("meters")
        with zipfile.ZipFile(path) as packed:
            packed.extract(packed.namelist()[0], folder)
        path = next(Path(folder).rglob("*.gpkg"))
    _, table = pyogrio.read_arrow(path, read_geometry=False)
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def by_hand(meters: pl.DataFrame) -> float:
    return sum(float(meters[name].sum()) for name in USES) * 1e-3 * GRID


def tonnes(table: object) -> float:
    assert isinstance(table, EmissionTable)
    return float(table.with_unit("t").to_polars()["value"].sum())


def test_size(result: StudyResult, meters: pl.DataFrame) -> None:
    assert meters.height == 3999
    assert result.tables["emissions"].height == 3 * 3999
    assert len(result.layers["parcels"]["features"]) == 2033


def test_total_is_kilowatt_hours_times_the_factor(result: StudyResult, meters: pl.DataFrame) -> None:
    (total,) = result.meta["totals"]
    assert total["value"] == pytest.approx(by_hand(meters), rel=1e-9)
    assert total["value"] > 0


@pytest.mark.parametrize("use", USES)
def test_each_use(use: str, result: StudyResult, meters: pl.DataFrame) -> None:
    sector = "buildings." + use.removesuffix("_kwh").removesuffix("_electricity")
    rows = result.tables["emissions"].filter(pl.col("sector") == sector)
    assert rows["value"].sum() == pytest.approx(float(meters[use].sum()) * 1e-3 * GRID, rel=1e-9)


def test_each_cell(result: StudyResult, meters: pl.DataFrame) -> None:
    cells = meters.select(
        pl.format("cell-{}", pl.col("grid_id_main").cast(pl.String)).alias("place"),
        (pl.sum_horizontal(USES) * 1e-3 * GRID).alias("expected"),
    )
    sums = result.tables["emissions"].group_by("place").agg(pl.col("value").sum())
    both = cells.join(sums, on="place", how="full", coalesce=True)
    assert both.height == 3999
    assert both["value"].to_list() == pytest.approx(both["expected"].to_list(), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("step", ["by-class", "by-parcel"])
def test_nothing_is_lost_on_other_places(step: str, run: Run, meters: pl.DataFrame) -> None:
    assert tonnes(run.tables[step]) == pytest.approx(by_hand(meters), rel=1e-9)


def test_parcels_and_classes_agree(run: Run) -> None:
    """What lies on the parcels of a class is what the class holds; the rest lies on no parcel in both."""
    parcels, classes = run.tables["by-parcel"].to_polars(), run.tables["by-class"].to_polars()
    of_class = dict(run.desk.layers["parcels"].rows.select("place", "class").iter_rows())
    named = parcels.with_columns(pl.col("place").replace_strict(of_class, default="not_placed").alias("class"))
    sums = dict(named.group_by("class").agg(pl.col("value").sum()).iter_rows())
    expected = dict(classes.group_by("place").agg(pl.col("value").sum()).iter_rows())
    assert set(sums) == set(expected)
    total = sum(expected.values())
    for name, value in expected.items():
        assert sums[name] == pytest.approx(value, abs=1e-9 * total), name


def test_conservation_is_reported(result: StudyResult) -> None:
    found = {check.id: check.severity for check in result.checks if check.id.startswith("conservation")}
    assert found == {"conservation": "ok", "conservation.by-class": "ok", "conservation.by-parcel": "ok"}


def test_caveats_say_that_it_is_simulated(result: StudyResult) -> None:
    texts = [check.text for check in result.checks if check.severity == "caveat"]
    assert any("simulated" in english and "模拟" in chinese for english, chinese in texts)


def test_layers_are_in_degrees_near_wuxi(result: StudyResult) -> None:
    for name in ("cells", "parcels", "stations"):
        geometry = result.layers[name]["features"][0]["geometry"]
        point = geometry["coordinates"]
        while isinstance(point[0], (list, tuple)):
            point = point[0]
        assert 120 < point[0] < 121, name
        assert 31 < point[1] < 32, name
