"""What the faces call: validate a study, run it, run one method on files, make a new study, list what is there.

Comes in: paths and plain values. Goes out: results and records. Not for: printing.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import Method, Parameter
from citycarbon.core.results import StudyResult
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.data.dynamics import DynamicModel, read_dynamic_model
from citycarbon.data.layers import Layer, read_layer
from citycarbon.data.layers.grids import square_layer
from citycarbon.data.layers.hexagons import hexagon_layer
from citycarbon.data.layers.raster import Raster, read_raster
from citycarbon.data.library import FactorLibrary, shipped_library, shipped_rows
from citycarbon.data.library.quality import required
from citycarbon.data.readers import FileOptions, read_table, split_sheet
from citycarbon.data.regions import REGIONS, require_region
from citycarbon.data.results import read_result, replacing, write_result
from citycarbon.data.spelling import codes_as_text, simple
from citycarbon.studies.assemble import run_to_result
from citycarbon.studies.cache import StepCache
from citycarbon.studies.catalogue import find_method, methods
from citycarbon.studies.checks.resting import percent, recalled_part, refuse_weak
from citycarbon.studies.exchange.map_files import write_maps
from citycarbon.studies.own_checks import lookup_caveats
from citycarbon.studies.run import Progress, checked_parameter, execute, section_of
from citycarbon.studies.sources import choose_factors, refuse_taken, sound_places
from citycarbon.studies.study_file import STUDY_FILE

LIBRARY = "library:"
CHAIN = ("emission_factor", "carbon_content", "oxidation_factor", "operating_margin", "build_margin")
"""Quantities that an own emission factor of an activity makes needless."""


def validate(folder: Path, *, progress: Progress | None = None) -> StudyResult:
    """Check a whole study by computing it in memory; nothing is written.

    Raises
    ------
    InputError
        Every problem of the study.
    """
    return run_to_result(execute(folder, progress=progress))


def run(
    folder: Path,
    out: Path,
    reports: Mapping[str, Any] | None = None,
    *,
    cache: StepCache | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Run a study and write its results folder, whole or not at all.

    Parameters
    ----------
    folder
        Study folder.
    out
        Results folder; replaced only when everything went well.
    reports
        File name to a function that writes it from the result, given by the caller.
    cache
        Step cache, or None.
    progress
        Called before each step.

    Raises
    ------
    InputError
        Every problem; ``out`` is then as it was.
    """
    done = execute(folder, step_cache=cache, progress=progress)
    result = run_to_result(done)
    with replacing(out) as fresh:
        write_result(result, fresh)
        write_maps(done, result, fresh)
        for name, write in (reports or {}).items():
            write(result, fresh / name)
    return result


def load(folder: Path) -> StudyResult:
    """Read a results folder back."""
    return read_result(folder)


_PACKED = (".gpkg", ".gpkg.zip", ".zip")
"""Endings of files that may hold several layers."""


def call(
    method_id: str,
    tables: Mapping[str, str],
    parameters: Mapping[str, Any],
    *,
    options: FileOptions | None = None,
    user_factors: Path | None = None,
    region: str | None = None,
    crs: str | None = None,
    nodata: str | None = None,
    quality: str | None = None,
) -> tuple[Method, Table, dict[str, str]]:
    """Run one method on files.

    Parameters
    ----------
    method_id
        Id in the catalogue.
    tables
        Table or layer parameter to file (``book.xlsx#Sheet``, ``city.gpkg#layer``, ``people.tif#2`` for a band), or
        ``library:EDITION[,EDITION]`` for factors.
    parameters
        Plain parameters, text or typed.
    options
        What is stated about the files (encoding, sheet, constant columns); applies to tables that are not factors.
    user_factors
        A factor file whose rows are put before the library's.
    region
        Region of every place of the tables, where the places are no regions themselves.
    crs
        Coordinate system of layers and rasters whose files state none.
    nodata
        Value of raster cells without data that a file does not declare, or ``none`` if every value is true.
    quality
        Weakest mark that a figure may have, such as ``at least secondary``.

    Returns
    -------
    method, table, notes
        The method, what it gave, and which defaults were used: parameter to text, to be shown.

    Raises
    ------
    InputError
        Every problem of names, files and values.
    """
    method = find_method(method_id)
    known = {parameter.name: parameter for parameter in method.parameters}
    problems = Problems()
    notes: dict[str, str] = {}
    arguments: dict[str, Any] = {}
    for name in (*tables, *parameters):
        if name not in known:
            problems.add("parameter_unknown", Where(item=name), name, known=", ".join(known))
        elif (name in parameters) != (section_of(known[name]) == "parameters"):
            problems.add("parameter_section", Where(item=name), name, section=section_of(known[name]))
    library, mine = _library(user_factors)
    options = _shared(options or FileOptions(), [known[name] for name in tables if name in known], problems)
    for name, parameter in known.items():
        try:
            plain = section_of(parameter) == "parameters"
            if name in tables and not plain:
                if parameter.table is None and issubclass(parameter.kind, Layer):
                    arguments[name], note = _layer(tables[name], crs)
                    notes |= {name: note} if note else {}
                    continue
                arguments[name] = _argument(parameter, tables[name], library, options, crs, nodata)
            elif name in parameters and plain:
                arguments[name] = checked_parameter(parameter, parameters[name], Where(item=name))
            elif name in tables or name in parameters:
                continue
            elif parameter.table is FactorTable and (editions := default_editions(method_id)):
                arguments[name] = _put_before(library, mine, editions)
                notes[name] = LIBRARY + ",".join([*([mine] if mine else []), *editions])
            elif not parameter.optional:
                kind = parameter.table.__name__ if parameter.table else parameter.kind.__name__
                problems.add("parameter_missing", Where(item=method_id), f"--{name}", column=f"--{name} ({kind})")
        except InputError as error:
            problems.absorb(error)
    problems.raise_all()
    if region is not None:
        _give_region(arguments, known, region)
    made = method(**arguments)
    if quality is not None:
        _refuse_weak(made, arguments, quality)
    return method, made, notes


def _refuse_weak(made: Table, arguments: Mapping[str, Any], quality: str) -> None:
    """Hold the figures behind a table against a demand; a table without factors has none to hold."""
    required(quality, Where(item="--quality"))
    given = [each.to_polars() for each in arguments.values() if isinstance(each, FactorTable)]
    read = [each.to_polars() for each in arguments.values() if isinstance(each, ActivityTable)]
    if isinstance(made, EmissionTable) and given:
        activity = pl.concat([*read, pl.DataFrame(schema=_texts(ActivityTable))], how="diagonal_relaxed")
        refuse_weak(made.to_polars(), pl.concat(given, how="diagonal_relaxed"), activity, quality, None)


def _texts(kind: type[Table]) -> dict[str, type[pl.DataType]]:
    return {column.name: pl.Float64 if column.kind == "number" else pl.String for column in kind.columns}


def recalled_shares(table: EmissionTable) -> dict[str, str]:
    """Give the per cent of each gas that rests on recalled figures of the library; gases without any are left out."""
    found = {}
    rows = table.with_unit("t").to_polars().filter(pl.col("value").is_not_null())
    for gas in rows["gas"].unique().sort().to_list():
        share = recalled_part(rows.filter(pl.col("gas") == gas), shipped_library().rows)
        if share > 0:
            found[gas] = percent(100 * share)
    return found


def lookup_notes(table: EmissionTable) -> list[tuple[str, str]]:
    """Say in English and Chinese where a factor of another region or year stands behind rows."""
    return [each.text for each in lookup_caveats(table.to_polars())]


def _give_region(arguments: dict[str, Any], known: Mapping[str, Parameter], region: str) -> None:
    """Make a places table that puts every place of the given tables into one region."""
    code = require_region(region, Where(item="--region"))
    name = next((name for name, parameter in known.items() if parameter.table is PlaceTable), None)
    if name is None or name in arguments:
        raise InputError("parameter_unknown", Where(item="--region"), region, known=", ".join(known))
    places = {place for table in arguments.values() if isinstance(table, Table) and table.has("place")
              for place in table.to_polars()["place"].to_list()}  # fmt: skip
    arguments[name] = PlaceTable(pl.DataFrame({"place": sorted(places)}).with_columns(pl.lit(code).alias("region")))


def _library(user_factors: Path | None) -> tuple[FactorLibrary, str | None]:
    """Give the library with the user's factors, and the edition name that these got."""
    if user_factors is None:
        return shipped_library(), None
    refuse_taken(user_factors.stem, Where(file=user_factors.name))
    table, _ = read_table(user_factors, FactorTable)
    return shipped_library().with_user(table, user_factors.stem), user_factors.stem


def _put_before(library: FactorLibrary, mine: str | None, editions: list[str]) -> FactorTable:
    """Put the user's factors before the default editions: of what the user states for a year, the library stays silent.

    A province that the user does not name has then no factor: two editions of one activity are never mixed.
    """
    if mine is None:
        return library.choose(editions)
    own, rest = library.choose([mine]).to_polars(), library.choose(editions).to_polars()
    stated = own.select("activity", "quantity", "valid_from", "valid_to").rows()
    kept = [not any(_stands_for(row, each) for each in stated) for row in rest.iter_rows(named=True)]
    return FactorTable(pl.concat([own, rest.filter(pl.Series(kept, dtype=pl.Boolean))]))


def _stands_for(row: Mapping[str, Any], own: tuple[Any, ...]) -> bool:
    """Tell whether a factor of the user takes the place of a row of the library: the same matter in the same years."""
    activity, quantity, first, last = own
    same = row["quantity"] == quantity or (quantity == CHAIN[0] and row["quantity"] in CHAIN)
    if row["activity"] != activity or not same:
        return False
    return (row["valid_from"] or 0) <= (last or 9999) and (first or 0) <= (row["valid_to"] or 9999)


def _shared(options: FileOptions, parameters: list[Parameter], problems: Problems) -> FileOptions:
    """Constants and mappings hold for every table that has such a column; one that none has is a mistake."""
    tables = [each.table for each in parameters if each.table is not None and each.table is not FactorTable]
    declared = {column.name for table in tables for column in table.columns}
    for name in (*options.given, *options.mapping):
        if name not in declared:
            problems.add("column_unknown", Where(column=name), name, known=", ".join(sorted(declared)))
    return options


def _argument(
    parameter: Parameter, given: str, library: FactorLibrary, options: FileOptions, crs: str | None, nodata: str | None
) -> Any:
    if parameter.table is None:
        if issubclass(parameter.kind, DynamicModel):
            return read_dynamic_model(Path(given), Path(given).name)
        if issubclass(parameter.kind, Raster):
            name, band = _band_of(given)
            raster, _ = read_raster(Path(name), crs=crs, band=band, nodata=nodata)
            return raster
        raise AssertionError(parameter.name)
    if given.startswith(LIBRARY):
        return choose_factors(library, given.removeprefix(LIBRARY).split(","))
    name, sheet = split_sheet(given)
    declared = {column.name for column in parameter.table.columns}
    chosen = FileOptions()
    if parameter.table is not FactorTable:
        kept = {name: text for name, text in options.given.items() if name in declared}
        mapping = {name: header for name, header in options.mapping.items() if name in declared}
        chosen = replace(options, given=kept, mapping=mapping)
    if sheet:
        chosen = FileOptions(sheet, chosen.encoding, chosen.mapping, chosen.ignore, chosen.given)
    table, _ = read_table(Path(name), parameter.table, chosen, shown=Path(name).name)
    if isinstance(table, PlaceTable):
        sound_places(table, Path(name).name)
    return table.under(place=REGIONS) if "place" in declared else table


def _band_of(given: str) -> tuple[str, int | None]:
    """Take the number of a band off the name of a raster: ``people.tif#2``."""
    name, _, band = given.rpartition("#")
    return (
        (name, int(band)) if name and band.isascii() and band.isdigit() and not Path(given).exists() else (given, None)
    )


def _layer(given: str, crs: str | None = None) -> tuple[Layer, str]:
    """Read a layer, or make a grid over one: ``grid:250:FILE`` has cells of 250 m, ``h3:9:FILE`` hexagons of resolution 9.

    ``FILE.gpkg#NAME`` names one of several layers of a GeoPackage. Beside it stands what is to be said of its names.
    """
    kind, _, rest = given.partition(":")
    size, _, file = rest.partition(":")
    if kind not in ("grid", "h3") or not file:
        name, mark, inner = given.partition("#")
        known = bool(mark) and name.lower().endswith(_PACKED) and not Path(given).exists()
        layer, _ = read_layer(Path(name), layer=inner, crs=crs) if known else read_layer(Path(given), crs=crs)
        return _placed(layer)
    over, _ = _layer(file, crs)
    try:
        return (
            square_layer("cells", over, float(size)) if kind == "grid" else hexagon_layer("cells", over, int(size))
        ), ""
    except ValueError as error:
        raise InputError("parameter_not_number", Where(item=given), size) from error


def _placed(layer: Layer) -> tuple[Layer, str]:
    """Give a layer without a column ``place`` another that means it, or its column ``id``, as places; else the row numbers,
    which is said with the result.

    A column that is there counts, whether it tells features apart or not: methods that need names refuse one that does not.
    Row numbers beside it would meet codes of other places.
    """
    for wanted in (("place",), tuple(_PLACE_COLUMNS), ("id",)):
        found = [name for name in layer.rows.columns if name in wanted or simple(name) in wanted]
        exact = [name for name in found if name in wanted]
        if len(found) == 1 or len(exact) == 1:
            names = codes_as_text(layer.rows[(exact or found)[0]]).alias("place")
            return Layer(layer.name, layer.rows.with_columns(names), layer.geometry, layer.crs), ""
    numbers = pl.Series("place", [f"{row}" for row in range(1, layer.rows.height + 1)])
    return Layer(layer.name, layer.rows.with_columns(numbers), layer.geometry, layer.crs), f"place = 1 … {len(numbers)}"


_PLACE_COLUMNS = ("地点", "地点名称", "地点编码")
"""Columns of layers that mean ``place`` in Chinese, as the product's own shapefiles have them."""


def default_editions(method_id: str) -> list[str]:
    """Give the editions that ``call`` uses where none are named; they are printed with the result."""
    rows = shipped_rows("library/defaults.csv")
    return [edition for method, edition in rows.select("method", "edition").iter_rows() if method == method_id]


def catalogue() -> dict[str, Method]:
    """Give the method catalogue."""
    return methods()


def new_study(folder: Path, template: Path, titles: Mapping[str, str] | None = None) -> list[Path]:
    """Copy a template study into a new folder; its titles are those given, or the name of the folder.

    Raises
    ------
    InputError
        If the folder exists and is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("output_exists", Where(file=str(folder)), folder.name)
    try:
        shutil.copytree(template, folder, dirs_exist_ok=True)
    except OSError as error:
        raise InputError("output_unwritable", Where(file=str(folder)), str(error)) from error
    (folder / "README.md").unlink(missing_ok=True)
    _rename_study(folder, titles)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _rename_study(folder: Path, titles: Mapping[str, str] | None) -> None:
    """Give the copied study the name of its folder."""
    path = folder / STUDY_FILE
    name = folder.resolve().name
    code = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_") or "study"
    en, zh = (json.dumps((titles or {}).get(lang) or name, ensure_ascii=False) for lang in ("en", "zh"))
    text = re.sub(r"(?m)^id: .*$", f"id: {code}", path.read_text("utf-8"), count=1)
    text = re.sub(r"(?m)^title: .*$", lambda _: f"title: {{en: {en}, zh: {zh}}}", text, count=1)
    path.write_text(text, "utf-8")
