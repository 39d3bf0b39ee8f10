"""Fixtures that several test folders share: an emission table with few words, a table engine, a Spark session."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from citycarbon.core.tables import EmissionTable

EMISSION = {
    "place": "a", "time": "2020", "sector": "industry", "activity": "diesel", "scope": "1", "gas": "CO2", "unit": "t",
}  # fmt: skip
NUMBERS = ("value", "sd", "sd_activity", "sd_factor", "energy", "standard_coal")


def emission_frame(value: Sequence[float | None], **columns: Any) -> pl.DataFrame:
    """Give emission rows; a column that is not named has one word, a single word holds for all rows."""
    filled = {**EMISSION, **columns}
    listed = {name: [cell] * len(value) if isinstance(cell, str) else list(cell) for name, cell in filled.items()}
    kinds = {name: pl.Float64 if name in NUMBERS else pl.String for name in listed}
    return pl.DataFrame({"value": list(value), **listed}, schema={"value": pl.Float64, **kinds})


@pytest.fixture(scope="session")
def rows() -> Callable[..., pl.DataFrame]:
    """Emission rows as a Polars frame."""
    return emission_frame


@pytest.fixture(scope="session")
def emissions() -> Callable[..., EmissionTable]:
    """An emission table of few words."""

    def make(value: Sequence[float | None], codes: Mapping[str, Any] | None = None, **columns: Any) -> EmissionTable:
        return EmissionTable(emission_frame(value, **columns), codes=codes)

    return make


def needed(module: str) -> ModuleType:
    """Import an engine; without it the test is skipped, but never in CI."""
    return importlib.import_module(module) if os.environ.get("CI") else pytest.importorskip(module)


@pytest.fixture(scope="session")
def engine_module() -> Callable[[str], ModuleType]:
    """Import an engine by its module name, or skip outside CI."""
    return needed


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session of two threads without its web page."""
    session_class = needed("pyspark.sql").SparkSession
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = session_class.builder.master("local[2]").appName("citycarbon tests")
    for key, setting in {
        # Tests are over before the second compiler of the virtual machine would pay off.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
    }.items():
        builder = builder.config(key, setting)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


SERVED = ("toy-city", "toy-future", "toy-land")


@pytest.fixture(scope="session")
def served_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folders of three shipped studies, run once for all test processes; read, and copied where a test writes."""
    from citycarbon.studies import service

    base = tmp_path_factory.getbasetemp()
    home = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "served-results"
    examples = Path(__file__).parents[1] / "examples"
    home.mkdir(exist_ok=True)
    for name in SERVED:
        try:
            (home / f".{name}.begun").mkdir()
        except FileExistsError:
            # Another process makes it.
            for _ in range(6000):
                if (home / f".{name}.done").exists():
                    break
                time.sleep(0.1)
        else:
            service.run(examples / name, home / name, {})
            (home / f".{name}.done").touch()
    return home
