"""Contract of damaged files: no exception of a library reaches a user, whatever a file has suffered.

Each reader is given fifty damaged copies of a small sound file: cut off, with bytes turned, spliced, filled with other bytes, of
another kind. It reads them, or raises an InputError in both languages; nothing else. Every reader hangs in the one net of
``safety.reading``, which a contract holds.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import xlsxwriter
import yaml

import citycarbon.data
from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable
from citycarbon.data.dynamics import read_dynamic_model
from citycarbon.data.exchange.balances import read_balance
from citycarbon.data.exchange.citycatalyst import HEADERS, read_citycatalyst
from citycarbon.data.exchange.ecrf.reading import read_ecrf
from citycarbon.data.exchange.iamc.reader import read_iamc
from citycarbon.data.exchange.plain import read_activity
from citycarbon.data.exchange.records import ECRF_HEADERS
from citycarbon.data.exchange.sector_fuel import read_sector_fuel
from citycarbon.data.exchange.wide import read_wide
from citycarbon.data.layers import Layer, read_layer
from citycarbon.data.layers.grids import SquareGrid
from citycarbon.data.layers.raster import Raster, read_raster, write_cog
from citycarbon.data.layers.writing import write_layer
from citycarbon.data.readers import read_table
from citycarbon.data.results import INDEX, open_result, read_result
from citycarbon.data.safety import reading
from citycarbon.studies.study_file import STUDY_FILE, read_study

pytest.importorskip("geopandas")

COPIES = 50
UTM = "EPSG:32650"
CSV = (
    "place,time,sector,activity,value,unit\n东区,2022,homes,electricity,10,MWh\n西区,2022,homes,electricity,1020,MWh\n"
)
WIDE = "place,year,power\na,2022,1200\nb,2022,0\n"
COLUMNS = "header,role,sector,activity,unit\nplace,place,,,\nyear,time,,,\npower,value,homes,electricity,MWh\n"
IAMC = "Model,Scenario,Region,Variable,Unit,2010,2020\nM,S,World,Emissions|CO2,Mt CO2/yr,3,5\n"
BALANCE = "某市能源平衡表（实物量）,,\n2022年,,\n项目,原煤,电力\n,（万吨）,（亿千瓦小时）\n四、终端消费量,40,60\n1.工业,40,60\n"
CEADS = "province,year,sector,Raw Coal,Unit\nHebei,2019,Farming,10,Mt\n"
MODEL = """{UTF-8}
Floor= INTEG ((50 - Floor)/10, 30) ~ m2 ~ |
INITIAL TIME = 2020 ~ Year ~ |
FINAL TIME = 2022 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
XMILE = """<?xml version="1.0" encoding="utf-8"?><xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><name>a</name></header><sim_specs><start>0</start><stop>2</stop><dt>1</dt></sim_specs>
<model><variables><aux name="Floor"><eqn>5*2</eqn></aux></variables></model></xmile>"""
STUDY = {
    "citycarbon": 1, "id": "small", "title": {"en": "Small", "zh": "小"}, "gwp": "AR6-GWP100", "scopes": "scope_1_2",
    "steps": [{"id": "power", "method": "inventory.accounting.electricity", "tables": {"activity": "power.csv"}}],
    "account": ["power"],
}  # fmt: skip


def text(name: str, content: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_text(content, "utf-8")
        return folder / name

    return make


def book(name: str, **sheets: list[list[Any]]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        with xlsxwriter.Workbook(folder / name) as made:
            for title, rows in sheets.items():
                sheet = made.add_worksheet(title)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row)
        return folder / name

    return make


def cells_of(content: str) -> list[list[Any]]:
    return [line.split(",") for line in content.splitlines()]


def ecrf(folder: Path) -> Path:
    figures = [2022, "I.1.1", *[""] * 25, 5.0, *[""] * 5]
    sheets: dict[str, list[list[Any]]] = {
        "eCRF_1": [["", "Name of city", "A"], ["", "Inventory year", 2022]], "eCRF_2": [["Total", 1]],
        "eCRF_3": [list(ECRF_HEADERS), figures],
    }  # fmt: skip
    return book("a.xlsx", **sheets)(folder)


def lots() -> Layer:
    rows = pl.DataFrame({"place": ["甲", "乙"], "people": [1.5, 2.0]})
    return Layer(
        "lots", rows, shapely.box([500_000, 500_100], [3_500_000] * 2, [500_100, 500_200], [3_500_100] * 2), UTM
    )


def layer(kind: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        write_layer(lots(), folder / f"a.{kind}")
        return folder / f"a.{kind}"

    return make


def arcs(folder: Path) -> Path:
    """A GeoPackage whose features are arcs and triangles, which take ways of their own."""
    x, y = 500_000, 3_500_000
    circle = struct.pack("<BIIBII10d", 1, 10, 1, 1, 8, 5, x, y, x + 50, y + 50, x + 100, y, x + 50, y - 50, x, y)
    ring = struct.pack("<I12d", 4, x, y, 0, x + 9, y, 0, x, y + 9, 0, x, y, 0)
    surface = struct.pack("<BII", 1, 1016, 1) + struct.pack("<BII", 1, 1017, 1) + ring
    column = {"encoding": "WKB", "geometry_types": [], "crs": None}
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": column}}
    table = pa.table({"place": ["a", "b"], "geometry": pa.array([circle, surface], pa.binary())})
    path = folder / "arcs.parquet"
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), path)
    return path


def packed(folder: Path) -> Path:
    write_layer(lots(), folder / "in.shp")
    with zipfile.ZipFile(folder / "a.zip", "w") as made:
        for part in folder.glob("in.*"):
            made.write(part, part.name)
    return folder / "a.zip"


def raster(folder: Path) -> Path:
    grid = SquareGrid(500_000, 3_500_000, 10, 10, 20, 20, UTM)
    write_cog(
        folder / "a.tif", Raster("a", grid, values=np.arange(400.0).reshape(20, 20)), unit="person", title="people"
    )
    return folder / "a.tif"


def cells(path: Path) -> Any:
    return [values.sum() for _, values in read_raster(path)[0].blocks()]


def run(path: Path) -> Any:
    return read_dynamic_model(path, path.name).run((2021.0,) if path.suffix == ".mdl" else (1.0,), ())


def wide(path: Path) -> Any:
    columns = path.with_name("columns.csv")
    columns.write_text(COLUMNS, "utf-8")
    return read_wide(path, columns)


def result(folder: Path) -> Path:
    empty = {"format": 1, "tables": [], "layers": [], "inputs": [], "checks": [], "labels": {"a": ["a", "甲"]}}
    (folder / INDEX).write_text(json.dumps(empty, ensure_ascii=False), "utf-8")
    return folder / INDEX


def table(folder: Path) -> Path:
    pl.DataFrame({"place": ["a"], "time": ["2022"], "sector": ["homes"], "activity": ["electricity"], "value": [1.0],
                  "unit": ["MWh"]}).write_parquet(folder / "a.parquet")  # fmt: skip
    return folder / "a.parquet"


def parted(suffix: str) -> Callable[[Path], Any]:
    """Read the shapefile of which a part is damaged."""
    return lambda path: read_layer(path.with_suffix(".shp")) if path.suffix == suffix else None


def part_of_shapefile(suffix: str) -> Callable[[Path], Path]:
    return lambda folder: layer("shp")(folder).with_suffix(suffix)


ACTIVITY = book("a.xlsx", activity=[["place", "time", "sector", "activity", "value", "unit"],
                                    ["a", 2022, "homes", "electricity", 10, "MWh"]])  # fmt: skip
READERS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], Any]]] = {
    "csv": (text("a.csv", CSV), lambda path: read_table(path, ActivityTable)),
    "xlsx": (ACTIVITY, lambda path: read_table(path, ActivityTable)),
    "parquet": (table, lambda path: read_table(path, ActivityTable)),
    "plain import": (text("a.csv", CSV), lambda path: read_activity(path, {})),
    "wide": (text("a.csv", WIDE), wide),
    "iamc": (text("a.csv", IAMC), read_iamc),
    "iamc workbook": (book("a.xlsx", data=cells_of(IAMC)), read_iamc),
    "balance": (text("a.csv", BALANCE), lambda path: read_balance(path, place="某市")),
    "balance workbook": (book("a.xlsx", b=cells_of(BALANCE)), lambda path: read_balance(path, place="c")),
    "ceads": (text("a.csv", CEADS), read_sector_fuel),
    "citycatalyst": (text("a.csv", ",".join(HEADERS) + "\n"), read_citycatalyst),
    "ecrf": (ecrf, read_ecrf),
    "geojson": (layer("geojson"), read_layer),
    "gpkg": (layer("gpkg"), read_layer),
    "geoparquet": (layer("parquet"), read_layer),
    "arcs": (arcs, lambda path: read_layer(path, crs=UTM)),
    "shp": (part_of_shapefile(".shp"), parted(".shp")),
    "dbf": (part_of_shapefile(".dbf"), parted(".dbf")),
    "shx": (part_of_shapefile(".shx"), parted(".shx")),
    "prj": (part_of_shapefile(".prj"), parted(".prj")),
    "zip": (packed, read_layer),
    "tif": (raster, cells),
    "mdl": (text("a.mdl", MODEL), run),
    "xmile": (text("a.xmile", XMILE), run),
    "study": (text(STUDY_FILE, yaml.safe_dump(STUDY, allow_unicode=True)), lambda path: read_study(path.parent)),
    "result": (result, lambda path: (open_result(path.parent), read_result(path.parent))),
}  # fmt: skip


def damaged(sound: bytes, number: int) -> bytes:
    """Damage bytes in one of ten ways, the same way each time."""
    draw = random.Random(number)
    size = len(sound)
    at = draw.randrange(size)
    span = min(size - at, draw.choice((1, 3, 16, 200)))
    noise = bytes(draw.randrange(256) for _ in range(span))
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: sound[:at],
        lambda: sound[at:],
        lambda: sound[:at] + noise + sound[at + span :],
        lambda: sound[:at] + noise + sound[at:],
        lambda: sound[:at] + sound[at + span :],
        lambda: sound[:at] + bytes(span) + sound[at + span :],
        lambda: sound[:at] + b"\xff" * span + sound[at + span :],
        lambda: sound[:at] + sound[: size - at],
        lambda: bytes(byte ^ (1 << draw.randrange(8)) if draw.random() < 0.02 else byte for byte in sound),
        lambda: (
            (b"PK\x03\x04", b"%PDF-1.7", b"SQLite format 3\x00", b"II*\x00", b"{", b"PAR1")[number // 10 % 6]
            + sound[4:]
        ),
    )
    return ways[number % len(ways)]()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", READERS)
def test_fifty_damaged_copies_are_read_or_refused(name: str, tmp_path: Path) -> None:
    make, read = READERS[name]
    path = make(tmp_path)
    if name not in ("ceads", "citycatalyst"):
        read(path)
    sound = path.read_bytes()
    refused = 0
    for number in range(COPIES):
        path.write_bytes(damaged(sound, number))
        try:
            read(path)
        except InputError as error:
            refused += 1
            for problem in error.problems:
                assert problem.text("zh"), number
                assert str(tmp_path) not in problem.found, (number, problem.found)
        except BaseException as error:
            raise AssertionError(f"{name}, copy {number}: {type(error).__name__}: {error}") from error
    assert refused >= (1 if name in ("shx", "prj") else 5), refused


def test_every_reader_hangs_in_the_net() -> None:
    found, loose = [], []
    for module in pkgutil.walk_packages(citycarbon.data.__path__, "citycarbon.data."):
        members = vars(importlib.import_module(module.name))
        for name, member in members.items():
            if name.startswith("read_") and getattr(member, "__module__", "") == module.name:
                (found if getattr(member, "is_netted", False) else loose).append(name)
    # The first is a part of read_table, the others of readers in the net: they open no file of their own.
    assert sorted(loose) == ["read_geojson", "read_result", "read_table"]
    assert len(found) >= 13


def test_the_net_says_file_words_and_what_to_do_and_lets_others_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with pytest.raises(InputError) as caught, reading("a.gpkg", "gpkg", path):
        raise NotImplementedError(f"{path}: Nonlinear geometry types are not currently supported")
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.file) == ("file_broken", "a.gpkg")
    assert problem.found == "NotImplementedError: a.gpkg: Nonlinear geometry types are not currently supported"
    assert "save" in problem.fix("en")
    assert "保存" in problem.fix("zh")
    for passing in (KeyboardInterrupt(), MemoryError(), InputError("file_empty"), ImportError("x")):
        with pytest.raises(type(passing)), reading("a", "csv"):
            raise passing
