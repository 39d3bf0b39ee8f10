"""Opening the layers of a study: files with features, rasters, grids made over other layers, chosen features and their rings.

Comes in: what the study states about its layers. Goes out: layers and rasters with the place of each feature. Not for: reading
tables (:mod:`citycarbon.studies.sources`).
"""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.names import in_one_form
from citycarbon.core.results import Origin
from citycarbon.data.classifications.land_use import LandUse, land_use
from citycarbon.data.layers import Layer, read_layer, repaired
from citycarbon.data.layers.grids import square_layer
from citycarbon.data.layers.hexagons import hexagon_layer
from citycarbon.data.layers.naming import sound_names
from citycarbon.data.layers.raster import RASTER, Raster, read_raster
from citycarbon.data.spelling import codes_as_text
from citycarbon.studies.spatial.sound_places import check_within
from citycarbon.studies.study_file import STUDY_FILE, LayerSource

Find = Callable[[str, str | None], tuple[Path, str]]


def open_layers(
    sources: Mapping[str, LayerSource], find: Find
) -> tuple[dict[str, Layer | Raster], dict[str, Origin], set[str], Problems]:
    """Open all layers of a study, those made over others after them.

    Parameters
    ----------
    sources
        Name to what the study states.
    find
        Gives path and shown name of a file and data set.

    Returns
    -------
    layers, origins, broken, problems
        What could be opened, where it came from, names of the rest, and everything that is wrong.
    """
    layers: dict[str, Layer | Raster] = {}
    origins: dict[str, Origin] = {}
    broken: set[str] = set()
    problems = Problems()
    for name in _order(sources, problems, broken):
        source = sources[name]
        if name in broken:
            continue
        if _needs(source) & broken:
            broken.add(name)
            continue
        try:
            if source.grid is not None:
                layers[name] = _gridded(name, source, layers[source.grid.of])
            else:
                layers[name], origins[name] = _opened(name, source, find)
            boundary, mine = layers.get(source.within or ""), layers[name]
            if isinstance(boundary, Layer) and isinstance(mine, Layer) and name in origins:
                note = check_within(name, mine, boundary)
                origins[name] = replace(origins[name], note=f"{origins[name].note}; {note}")
        except InputError as error:
            broken.add(name)
            problems.absorb(error)
    return layers, origins, broken, problems


def _order(sources: Mapping[str, LayerSource], problems: Problems, broken: set[str]) -> list[str]:
    graph: dict[str, set[str]] = {}
    for name, source in sources.items():
        graph[name] = _needs(source) & set(sources)
        for over in sorted(_needs(source) - set(sources)):
            where = Where(file=STUDY_FILE, item=f"layers.{name}.{'grid.of' if source.grid is not None else 'within'}")
            problems.add("layer_unknown", where, over, known=", ".join(sources))
            broken.add(name)
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        problems.add("step_cycle", Where(file=STUDY_FILE, item="layers"), " → ".join(error.args[1]))
        broken.update(error.args[1])
        return [name for name in sources if name not in broken]


def _needs(source: LayerSource) -> set[str]:
    """Layers that must be open before this one."""
    return {name for name in (source.grid.of if source.grid is not None else None, source.within) if name is not None}


def _gridded(name: str, source: LayerSource, over: Layer | Raster) -> Layer:
    grid = source.grid
    if grid is None or not isinstance(over, Layer):
        where = Where(file=STUDY_FILE, item=f"layers.{name}.grid.of")
        raise InputError("layer_not_areas", where, over.name)
    if grid.size is not None:
        return square_layer(name, over, grid.size, source.prefix)
    return hexagon_layer(name, over, grid.h3 or 0, source.prefix)


def _opened(name: str, source: LayerSource, find: Find) -> tuple[Layer | Raster, Origin]:
    path, shown = find(str(source.file), source.dataset)
    inner = path.suffixes[-2:-1] if path.suffix.lower() == ".zip" else [path.suffix]
    if inner and inner[0].lower() in RASTER:
        idle = [key for key in ("key", "class_column", "parent", "layer", "to_crs", "land_use") if getattr(source, key)]
        if idle:
            where = Where(file=STUDY_FILE, item=f"layers.{name}")
            raise InputError("study_key", where, ", ".join(idle), expected_value="crs, band, nodata, show, title")
        return read_raster(path, crs=source.crs, band=source.band, shown=shown, nodata=source.nodata)
    layer, origin = read_layer(
        path, layer=source.layer, crs=source.crs, encoding=source.encoding, shown=shown, repair=source.repair
    )
    if source.to_crs:
        layer = repaired(layer.to_crs(source.to_crs))[0] if source.repair else layer.to_crs(source.to_crs)
    return _named(name, source, layer, shown), origin


def _named(name: str, source: LayerSource, layer: Layer, shown: str) -> Layer:
    """Give each feature its place, class and land-use code."""
    problems = Problems()
    columns = ("key", source.key), ("class_column", source.class_column), ("land_use.column", _use_column(source))
    for role, column in columns:
        if column is not None and column not in layer.rows.columns:
            where = Where(file=shown, column=column, item=f"layers.{name}.{role}")
            problems.add("map_unknown", where, column, known=", ".join(layer.rows.columns) or "—")
    problems.raise_all()
    keys = layer.rows[source.key] if source.key else pl.Series(range(1, layer.rows.height + 1))
    rows = layer.rows
    try:
        names = sound_names(keys, Where(file=shown, column=source.key))
        rows = rows.with_columns(in_one_form(source.prefix + names).alias("place"))
    except InputError as error:
        problems.absorb(error)
    if source.class_column:
        classes = _classes(codes_as_text(rows[source.class_column]), source, shown, problems)
        rows = rows.with_columns(classes.alias("class"))
    if source.land_use is not None:
        rows = rows.with_columns(_land_use(rows, source, shown, problems).alias("land_use"))
    problems.raise_all()
    return Layer(name, rows, layer.geometry, layer.crs)


def _use_column(source: LayerSource) -> str | None:
    return source.land_use.column if source.land_use is not None else None


def _land_use(rows: pl.DataFrame, source: LayerSource, shown: str, problems: Problems) -> pl.Series:
    """Bring a column of land-use codes to the national codes; a code that no list has is an error."""
    if source.land_use is None:
        raise AssertionError
    scheme: LandUse = land_use(source.land_use.scheme)
    values = codes_as_text(rows[source.land_use.column]).str.strip_chars()
    codes = scheme.codes(values)
    missing = (codes.is_null()).arg_true()
    if len(missing):
        found = ", ".join(str(word) for word in values.gather(missing).unique(maintain_order=True).head(5).to_list())
        where = Where(file=shown, rows=tuple(int(row) + 1 for row in missing.head(5)), column=source.land_use.column)
        problems.add("land_use_unknown", where, found, scheme=scheme.name, known=", ".join(scheme.known[:12]))
    return codes


def _classes(values: pl.Series, source: LayerSource, shown: str, problems: Problems) -> pl.Series:
    """Name the class of each feature; without ``*`` a value that is not listed is an error, without a list it is its own."""
    known = {key: text for key, text in source.classes.items() if key != "*"}
    if not source.classes:
        return values
    missing = values.filter(~values.is_in(list(known)) | values.is_null())
    if len(missing) and "*" not in source.classes:
        rows = tuple(int(row) + 1 for row in (~values.is_in(list(known))).fill_null(True).arg_true().head(5))
        found = ", ".join(str(value) for value in missing.unique(maintain_order=True).head(5).to_list())
        problems.add("value_not_listed", Where(file=shown, rows=rows, column=source.class_column), found,
                     known=", ".join(known))  # fmt: skip
    return values.replace_strict(known, default=source.classes.get("*"), return_dtype=pl.String)
