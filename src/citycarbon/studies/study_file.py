"""The study file: what a study is made of, as declared in ``study.yaml``.

Comes in: YAML text. Goes out: a frozen :class:`Study`, or every wrong key at once with its line. Not for: opening the files
that a study names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data.library.quality import required
from citycarbon.data.safety import present, reading
from citycarbon.data.sheets import decode
from citycarbon.studies.study_problems import STUDY_FILE, line_of, problems_of, read_nodes

__all__ = ["STUDY_FILE", "Study", "TableSource", "parse_study", "read_study", "schema"]
_LARGEST = 4 * 1024**2
ACCOUNT = "account"
"""Name that stands for the whole account where a map asks for a step."""
_NAME = r"^[a-z0-9][a-z0-9_-]*$"
LAYER_NAME = r"^[^\s./\\?#%:*\"<>|\x00-\x1f\x7f][^/\\?#%:*\"<>|\x00-\x1f\x7f]{0,63}$"
"""Names of layers, in any script: they are parts of names of files and of addresses."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=20_000)


class Text(_Part):
    """A text in both languages."""

    en: str
    zh: str


class WideColumn(_Part):
    """One value column of a wide file: the constant columns that its cells belong to (sector, activity, unit …)."""

    model_config = ConfigDict(extra="allow", frozen=True)


class TableSource(_Part):
    """Where a table comes from: a file of the study, a data set, an earlier step, or the factor library."""

    file: str | None = Field(None, description="file inside the study folder, or of the data set")
    dataset: str | None = Field(None, description="named data set; see 'citycarbon data list'")
    step: str | None = Field(
        None, pattern=_NAME, description="id of an earlier step whose result is used, or account for the whole in CO2e"
    )
    steps: list[str] | None = Field(
        None, min_length=1, description="several steps whose tables are put below one another"
    )
    parts: list[TableSource] | None = Field(
        None, min_length=1, description="several sources of one table, put below one another"
    )
    editions: list[str] | None = Field(None, min_length=1, description="editions or sets of the factor library")
    quantities: list[str] | None = Field(None, description="only these quantities of the editions")
    sheet: str | None = Field(None, description="sheet of a workbook, or layer of a GeoPackage")
    encoding: str | None = Field(None, description="utf-8, gb18030 …; detected and reported if left out")
    map: dict[str, str] = Field(default_factory=dict, description="table column: file header")
    ignore: list[str] = Field(default_factory=list, description="file headers to leave out")
    set: dict[str, str] = Field(default_factory=dict, description="columns with one text in every row")
    format: str | None = Field(
        None, description="format of a neighbouring system: ceads, energy_balance, citycatalyst, ecrf"
    )
    only: dict[str, str] = Field(
        default_factory=dict, description="header: cells of the rows that are wanted, a|b or 1990..2019"
    )
    columns: str | None = Field(None, description="with format wide: file that says what each column is")
    words: dict[str, str] = Field(default_factory=dict, description="word of the file: what it means")
    wide: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="column of figures: the measure, sector, activity, unit … of its cells"
    )

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> TableSource:
        origins = (self.file, self.step, self.steps, self.parts, self.editions)
        if sum(item is not None for item in origins) != 1:
            raise ValueError("name exactly one of file, step, steps, parts, editions")
        of_file = ("dataset", "sheet", "encoding", "map", "ignore", "set", "format", "only", "words", "columns", "wide")
        idle = [name for name in of_file if getattr(self, name) and self.file is None]
        idle += ["columns"] if self.columns and self.format is None and "columns" not in idle else []
        idle += ["quantities"] if self.quantities and self.editions is None else []
        if idle:
            origin = "editions" if idle == ["quantities"] else "file"
            raise PydanticCustomError("idle_key", "{idle}", {"idle": ", ".join(idle), "origin": origin})
        return self

    @property
    def needed(self) -> list[str]:
        """Steps whose tables it uses, those of its parts too."""
        own = [*([self.step] if self.step else []), *(self.steps or ())]
        return [*own, *(name for part in self.parts or () for name in part.needed)]


class GridSource(_Part):
    """A grid made over another layer: square cells of a size in metres, or H3 hexagons of a resolution."""

    of: str = Field(description="layer that the grid covers")
    size: float | None = Field(None, gt=0, description="side of a square cell [m]")
    h3: int | None = Field(None, ge=0, le=15, description="H3 resolution")

    @model_validator(mode="after")
    def _one_kind(self) -> GridSource:
        if (self.size is None) == (self.h3 is None):
            raise ValueError("name exactly one of size, h3")
        return self


class LandUseColumn(_Part):
    """A column of land-use codes and the scheme that they belong to."""

    column: str
    scheme: str = Field("gb_2023", description="gb_2023, gb50137_2011, gbt21010_2017, euluc_1, euluc_2, osm")


class LayerSource(_Part):
    """A layer with geometry: file, raster or grid, key column, coordinate system if the file states none."""

    file: str | None = None
    grid: GridSource | None = Field(None, description="made over another layer instead of read from a file")
    dataset: str | None = None
    layer: str | None = None
    key: str | None = Field(None, description="column that names the place; row number if left out")
    prefix: str = Field("", description="text put before the key, so that layers do not share names")
    crs: str | None = None
    to_crs: str | None = Field(
        None, description="projected system to which the layer is brought, for example EPSG:4547"
    )
    within: str | None = Field(
        None, description="layer of polygons that should hold the features; a layer in another datum shows by it"
    )
    repair: bool = Field(False, description="mend rings that cross themselves, and say so, instead of refusing them")
    band: int | None = Field(None, ge=1, description="band of a raster; needed where it has several")
    nodata: float | Literal["none"] | None = Field(
        None, description="value of raster cells without data, if the file declares none; none if every value is true"
    )
    land_use: LandUseColumn | None = Field(None, description="land-use codes, brought to the national ones")
    encoding: str | None = None
    parent: str | None = Field(None, description="place that contains every feature; adds the features to the places")
    level: str | None = Field(None, description="level of the features as places: parcel, cell, building …")
    show: bool = Field(True, description="whether the report draws it")
    classes: dict[str, str] = Field(
        default_factory=dict, description="value of column 'class_column': name of the class"
    )
    class_column: str | None = None
    title: Text | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> LayerSource:
        if (self.file is None) == (self.grid is None):
            raise ValueError("name exactly one of file, grid")
        return self


class MapView(_Part):
    """A map: the emissions of a step, or of the whole ``account``, by place, drawn on a layer."""

    step: str
    layer: str
    files: list[Literal["gpkg", "parquet", "shp", "geojson", "tif", "pmtiles"]] = Field(
        default_factory=list,
        description="map files to write: GeoPackage, GeoParquet, shapefile, GeoJSON, COG, vector tiles",
    )


class ListView(_Part):
    """A view: the account seen through another code list, by a shipped crosswalk or one of the study's own."""

    to: str = Field(description="name of the code list: gpc, ipcc2006, provincial, crf, spatial, tokyo, city")
    crosswalk: TableSource | None = Field(None, description="own crosswalk: code, activity, scope, target, share")


class Step(_Part):
    """One step: a method, its tables and parameters."""

    id: str = Field(pattern=_NAME)
    title: Text | None = Field(None, description="name of the step's table in the report")
    method: str
    tables: dict[str, TableSource] = Field(default_factory=dict)
    layers: dict[str, str] = Field(default_factory=dict, description="layer parameter: name of a layer of the study")
    models: dict[str, str] = Field(default_factory=dict, description="model parameter: file of a system-dynamics model")
    parameters: dict[str, bool | int | float | str] = Field(default_factory=dict)


class UserFactors(_Part):
    """A user's own factor file and the edition name that its rows get."""

    file: str
    edition: str = Field(pattern=_NAME)
    sheet: str | None = None
    encoding: str | None = None
    map: dict[str, str] = Field(default_factory=dict)


class Uncertainty(_Part):
    """Monte Carlo of the totals: number of draws, seed, sampler."""

    draws: int = Field(10_000, ge=100, le=1_000_000)
    seed: int = Field(1, ge=0)
    sampler: Literal["latin_hypercube", "sobol", "random"] = "latin_hypercube"


class Study(_Part):
    """A study: a place, its data and the steps from data to account."""

    citycarbon: Literal[1] = Field(description="format of this file")
    id: str = Field(pattern=_NAME)
    title: Text
    summary: Text | None = None
    gwp: str = Field(description="warming metric, for example AR6-GWP100")
    scopes: str = Field("scope_1_2_3", description="named rule of the headline total")
    places: TableSource | None = None
    sectors: TableSource | None = Field(None, description="code list: code, parent, name_en, name_zh")
    classification: str | None = Field(
        None, description="shipped code list in which the sectors stand, instead of 'sectors': city, ceads, gpc …"
    )
    views: list[ListView] = Field(default_factory=list, description="further code lists that the account is shown in")
    denominators: TableSource | None = None
    layers: dict[Annotated[str, Field(pattern=LAYER_NAME)], LayerSource] = Field(default_factory=dict)
    factors: list[UserFactors] = Field(default_factory=list, description="the user's own factor files")
    steps: list[Step] = Field(min_length=1)
    account: list[str] = Field(min_length=1, description="steps whose emissions make up the account")
    show: list[str] = Field(default_factory=list, description="further steps whose tables are written and reported")
    maps: list[MapView] = Field(default_factory=list, description="maps of the report")
    labels: dict[str, Text] = Field(
        default_factory=dict, description="names of further codes, such as land-use classes"
    )
    uncertainty: Uncertainty | None = None
    quality: str | None = Field(
        None, description="weakest mark that a figure may have: at least secondary, at least recalled-90 …"
    )
    caveats: list[Text] = Field(default_factory=list, description="known gaps, shown in the report")


def read_study(folder: Path) -> Study:
    """Read and check ``study.yaml`` of a folder.

    Raises
    ------
    InputError
        If it is missing or wrong; every wrong key is named with its line.
    """
    path = folder / STUDY_FILE
    if not path.is_file():
        raise InputError("study_missing", Where(file=str(folder)), folder.name)
    size = path.stat().st_size
    if size > _LARGEST:
        raise InputError("file_too_large", Where(file=STUDY_FILE), f"{size / 1024**2:.1f} MB", limit="4 MB")
    if size:
        present(path, STUDY_FILE)
    with reading(STUDY_FILE, "YAML", path):
        text, _ = decode(path.read_bytes(), STUDY_FILE)
        return parse_study(text)


def parse_study(text: str) -> Study:
    """Parse the text of a study file.

    Raises
    ------
    SchemaError
        Every wrong key with its line, or every reference that leads nowhere.
    """
    node, content = read_nodes(text)
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        raise problems_of(error, node, Study) from error
    return _checked_steps(study, node)


def _checked_steps(study: Study, node: yaml.Node) -> Study:
    """Check step names and references that the schema cannot see."""
    problems = Problems()
    ids = [step.id for step in study.steps]
    if study.scopes not in SCOPE_RULES:
        where = Where(file=STUDY_FILE, rows=(line_of(node, ["scopes"]),), item="scopes")
        problems.add("study_key", where, study.scopes, expected_value=" | ".join(SCOPE_RULES))
    if study.quality is not None:
        try:
            required(study.quality, Where(file=STUDY_FILE, rows=(line_of(node, ["quality"]),), item="quality"))
        except InputError as error:
            problems.absorb(error)
    if study.sectors is not None and study.classification is not None:
        where = Where(file=STUDY_FILE, rows=(line_of(node, ["classification"]),), item="classification")
        problems.add("study_key", where, study.classification, expected_value="sectors | classification")
    for key, source in (("places", study.places), ("sectors", study.sectors), ("denominators", study.denominators)):
        if source is not None and source.file is None:
            where = Where(file=STUDY_FILE, rows=(line_of(node, [key]),), item=key)
            problems.add(
                "study_file_needed", where, source.step or ", ".join(source.steps or source.editions or ()), key=key
            )
    for name in dict.fromkeys(name for name in study.account if study.account.count(name) > 1):
        where = Where(file=STUDY_FILE, rows=(line_of(node, ["account"]),), item=f"account.{name}")
        problems.add("study_entry_double", where, name)
    for name in dict.fromkeys(name for name in ids if ids.count(name) > 1 or name == ACCOUNT):
        problems.add("step_duplicate", Where(file=STUDY_FILE, item=name), name)
    named = [(f"account.{name}", name) for name in study.account] + [(f"show.{name}", name) for name in study.show]
    named += [(f"maps.{view.step}", view.step) for view in study.maps if view.step != ACCOUNT]
    drawn = [view.layer for view in study.maps]
    for name in dict.fromkeys(name for name in drawn if drawn.count(name) > 1):
        # The page draws one map a layer; two of them would add up.
        where = Where(file=STUDY_FILE, rows=(line_of(node, ["maps"]),), item=f"maps.{name}")
        problems.add("study_entry_double", where, name)
    for view in study.maps:
        if view.layer not in study.layers:
            where = Where(file=STUDY_FILE, item=f"maps.{view.layer}")
            problems.add("layer_unknown", where, view.layer, known=", ".join(study.layers) or "—")
    for step in study.steps:
        named += [
            (f"{step.id}.{key}", name)
            for key, source in step.tables.items()
            for name in source.needed
            if name != ACCOUNT
        ]
        for key, layer in step.layers.items():
            if layer not in study.layers:
                where = Where(file=STUDY_FILE, item=f"{step.id}.layers.{key}")
                problems.add("layer_unknown", where, layer, known=", ".join(study.layers) or "—")
    for item, name in named:
        if name not in ids:
            problems.add("step_unknown", Where(file=STUDY_FILE, item=item), name, known=", ".join(ids))
    problems.raise_all()
    return study


def schema() -> dict[str, Any]:
    """Give the JSON schema of study files."""
    return Study.model_json_schema()
