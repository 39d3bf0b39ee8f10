"""From a table source of the study file to a checked table: files, data sets, wide files, the factor library.

Comes in: a :class:`~citycarbon.studies.study_file.TableSource`. Goes out: the table and what its content depends on.
Not for: running steps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.names import one_form, unknown
from citycarbon.core.results import Origin
from citycarbon.core.schema import Column
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.data import datasets, safety
from citycarbon.data.classifications import classification
from citycarbon.data.dynamics import DynamicModel, read_dynamic_model
from citycarbon.data.layers import VECTOR, Layer, read_layer
from citycarbon.data.layers.raster import Raster
from citycarbon.data.library import FactorLibrary, shipped_library
from citycarbon.data.library.elements import ElementFactorTable, element_factors
from citycarbon.data.printed.printed_totals import printed_totals
from citycarbon.data.readers import FileOptions, read_table, split_sheet
from citycarbon.data.regions import region_code
from citycarbon.data.shaping.columns import Wanted
from citycarbon.studies.catalogue import nearest
from citycarbon.studies.formats import read_format, refuse_idle, refuse_idle_of_plain
from citycarbon.studies.spatial.opening import open_layers
from citycarbon.studies.spatial.sound_places import check_levels
from citycarbon.studies.study_file import STUDY_FILE, LayerSource, Study, TableSource, UserFactors


class SectorTable(Table):
    """A code list of sectors of a study."""

    columns = (
        Column("code", required=True, empty=False, meaning=("sector code", "部门代码")),
        Column("parent", meaning=("parent code", "上级代码")),
        Column("name_en", meaning=("English name", "英文名")),
        Column("name_zh", meaning=("Chinese name", "中文名")),
    )
    __slots__ = ()

    def code_list(self, file: str | None) -> CodeList:
        """Give the tree of codes."""
        rows = self.to_polars()
        labels = {
            code: (en or code, zh or code) for code, en, zh in rows.select("code", "name_en", "name_zh").iter_rows()
        }
        return CodeList("sectors", dict(rows.select("code", "parent").iter_rows()), labels, file)


class AlreadyNamed(Exception):  # noqa: N818 - no error of its own
    """Something that is needed is broken, and its own problem says so already."""


@dataclass
class Desk:
    """What a study has read so far: each file once, its origin, places, sectors, layers and the factor library."""

    folder: Path
    study: Study
    origins: dict[str, Origin] = field(default_factory=dict)
    layers: dict[str, Layer | Raster] = field(default_factory=dict)
    places: PlaceTable | None = None
    place_codes: CodeList | None = None
    sector_codes: CodeList | None = None
    denominators: DenominatorTable | None = None
    library: FactorLibrary = field(default_factory=shipped_library)
    broken: set[str] = field(default_factory=set)
    metadata: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def open(self) -> None:
        """Read places, sectors, layers, denominators and the user's factors; every problem is raised at once.

        What could not be read is noted in ``broken``, so that nothing else complains of its absence.
        """
        problems = Problems()
        tasks = (self._open_places, self._open_sectors, self._open_factors, self._open_layers, self._add_features)
        for task in (*tasks, self._open_denominators):
            try:
                task()
            except InputError as error:
                problems.absorb(error)
        problems.raise_all()

    def _open_places(self) -> None:
        if self.study.places is None:
            return
        self.broken.add("places")
        table = self.table(self.study.places, PlaceTable)
        self.place_codes = sound_places(table, self.study.places.file)
        self.places = table
        self.broken.remove("places")

    def _open_sectors(self) -> None:
        if self.study.sectors is not None:
            table = self.table(self.study.sectors, SectorTable, unique=("code",))
            self.sector_codes = table.code_list(self.study.sectors.file)
        elif self.study.classification is not None:
            try:
                self.sector_codes = classification(self.study.classification)
            except InputError as error:
                raise _in_study(error, "classification") from error

    def _open_factors(self) -> None:
        problems = Problems()
        for mine in self.study.factors:
            try:
                refuse_taken(mine.edition, Where(file=STUDY_FILE, item=f"factors.{mine.edition}"))
                table = self.table(_as_source(mine), FactorTable)
                self.library = self.library.with_user(table, mine.edition)
            except InputError as error:
                self.broken.add(f"edition:{mine.edition}")
                problems.absorb(error)
        problems.raise_all()

    def _open_layers(self) -> None:
        self.layers, origins, broken, problems = open_layers(self.study.layers, self.path)
        self.origins |= {f"layer:{name}": origin for name, origin in origins.items()}
        self.broken |= {f"layer:{name}" for name in broken}
        problems.raise_all()

    def _add_features(self) -> None:
        """Make the features of layers with a parent places of their own."""
        with_parent = {name: source for name, source in self.study.layers.items() if source.parent is not None}
        if not with_parent:
            return
        if "places" in self.broken or any(f"layer:{name}" in self.broken for name in with_parent):
            # Without all its places no place of another file can be told to be wrong.
            self.broken.add("places")
            self.place_codes = None
            return
        self.broken.add("places")
        parts = [] if self.places is None else [self.places.to_polars()]
        problems = Problems()
        for name, source in with_parent.items():
            known = parts[0]["place"].to_list() if self.places is not None else []
            where = Where(file=STUDY_FILE, item=f"layers.{name}.parent")
            problems.extend(unknown([one_form(source.parent or "")], known, where))
            layer = self.layers[name]
            if isinstance(layer, Layer):
                known_places = pl.concat(parts, how="diagonal") if parts else pl.DataFrame({"place": []})
                parts.append(_feature_places(layer, source, known_places, name, problems))
        problems.raise_all()
        self.places = PlaceTable(pl.concat(parts, how="diagonal"))
        self.place_codes = self.places.code_list()
        check_levels(self.places, None)
        self.broken.remove("places")

    def _open_denominators(self) -> None:
        if self.study.denominators is not None:
            table = self.table(self.study.denominators, DenominatorTable)
            self.denominators = table.with_codes(place=self.place_codes) if self.place_codes is not None else table

    def path(self, file: str, dataset: str | None) -> tuple[Path, str]:
        """Give the path of a named file and the name to show for it."""
        if dataset is not None:
            return datasets.locate(dataset, file), f"{dataset}/{file}"
        return safety.inside(self.folder, file), file

    def model(self, file: str) -> DynamicModel:
        """Read a system-dynamics model of the study folder."""
        path, shown = self.path(file, None)
        made = read_dynamic_model(path, shown)
        self.origins[f"{shown}#"] = Origin(shown, safety.sha256(path), path.stat().st_size, 0, note="PySD")
        return made

    def table(self, source: TableSource, kind: type[Any], *, unique: Sequence[str] = ()) -> Any:
        """Read a table that comes from a file, a data set or the library (not from a step)."""
        if source.editions is not None:
            if kind is ElementFactorTable:
                return element_factors(source.editions)
            if kind is not FactorTable:
                raise InputError("table_kind_wrong", Where(), "FactorTable (editions)", wanted=kind.__name__)
            if any(f"edition:{name}" in self.broken for name in source.editions):
                raise AlreadyNamed
            return choose_factors(self.library, source.editions, source.quantities)
        name, sheet = split_sheet(str(source.file))
        path, shown = self.path(name, source.dataset)
        if source.format is not None:
            if source.columns is not None:
                mapping, _ = self.path(source.columns, None)
                source = source.model_copy(update={"columns": str(mapping)})
            table, origin, metadata = read_format(path, source, kind, shown, self._declared())
            self.metadata |= {shown: metadata} if metadata else {}
            self.origins[f"{shown}#{origin.sheet}"] = origin
            return table
        if path.suffix.lower() in VECTOR and (source.only or source.words):
            raise InputError("shape_idle", Where(file=shown), path.suffix.lower())
        if path.suffix.lower() in VECTOR:
            refuse_idle(["ignore"] if source.ignore else [], shown, path.suffix.lower())
            return self._wide(source, kind, path, shown)
        refuse_idle_of_plain(source, path.suffix.lower(), shown)
        declared = self._declared()
        codes = declared if kind in (ActivityTable, EmissionTable) else {}
        shape = Wanted(source.map, source.only, source.words, source.wide)
        cut = shape if source.only or source.words or source.wide else None
        options = FileOptions(
            source.sheet or sheet, source.encoding, source.map, source.ignore, source.set, codes, cut, declared
        )
        table, origin = read_table(path, kind, options, shown, unique=unique)
        self.origins[f"{shown}#{origin.sheet}"] = origin
        return table

    def _declared(self) -> dict[str, CodeList]:
        """Places and sectors that the study knows so far."""
        listed = {"place": self.place_codes, "sector": self.sector_codes}
        return {name: codes for name, codes in listed.items() if codes is not None}

    def _wide(self, source: TableSource, kind: type[Any], path: Path, shown: str) -> Any:
        """Read a layer's attributes, one value column for each fact, as a long table."""
        layer, origin = read_layer(path, layer=source.sheet, encoding=source.encoding, shown=shown)
        self.origins[f"{shown}#"] = origin
        rows = layer.rows
        problems = Problems()
        for name in (*source.map.values(), *source.wide):
            if name not in rows.columns:
                problems.add("map_unknown", Where(file=shown, column=name), name, known=", ".join(rows.columns))
        problems.raise_all()
        _refuse_text(rows, source.wide, shown)
        declared = {column.name: column for column in kind.columns}
        numbered = rows.with_row_index("row", offset=1)
        keys = [_cast(pl.col(header), declared.get(name)).alias(name) for name, header in source.map.items()]
        parts = []
        # A layer without value columns is a table as it stands: a list of places, for example.
        for column, constants in source.wide.items() or [("", {})]:
            texts = {**source.set, **constants}
            prefix = texts.pop("place_prefix", "")
            trace = pl.format("{}:{}", pl.lit(f"{shown}!{column}" if column else shown), pl.col("row"))
            made = [pl.lit(text).alias(name) for name, text in texts.items()]
            made += [pl.col(column).cast(pl.Float64, strict=False).alias("value")] if column else []
            made += [trace.alias("provenance_id")] if "provenance_id" in declared else []
            part = numbered.select(*keys, *made)
            parts.append(part.with_columns((pl.lit(prefix) + pl.col("place")).alias("place")) if prefix else part)
        long = pl.concat(parts)
        if "provenance_id" in long.columns:
            problems.extend(printed_totals(long, kind, Where(file=shown), self._declared()))
            problems.raise_all()
        return kind(long, where=Where(file=shown))


def _in_study(error: InputError, key: str) -> InputError:
    """Place the problems of a key at that key of the study file."""
    return InputError.several(replace(each, where=Where(file=STUDY_FILE, item=key)) for each in error.problems)


def _cast(values: pl.Expr, column: Column | None) -> pl.Expr:
    kinds = {"number": pl.Float64, "year": pl.Int64}
    return values.cast(kinds.get(column.kind, pl.String) if column is not None else pl.String)


def sound_places(places: PlaceTable, file: str | None) -> CodeList:
    """Give the tree of places after a look at it: in a study and in a call alike.

    Raises
    ------
    InputError
        A place twice, an unknown parent, a circle, a region that is not known, a level below one of its own or a finer one.
    """
    codes = places.code_list(file)
    _check_regions(places, file)
    check_levels(places, file)
    return codes


def _check_regions(places: PlaceTable, file: str | None) -> None:
    """Every stated region must be known, or no factor could ever be found for it."""
    problems = Problems()
    for place, region in places.to_polars().select("place", "region").iter_rows():
        if region and region_code(region) is None:
            problems.add("region_unknown", Where(file=file, column="region", item=place), region)
    problems.raise_all()


def _feature_places(
    layer: Layer, source: LayerSource, known: pl.DataFrame, name: str, problems: Problems
) -> pl.DataFrame:
    """Give the features of a layer as rows of a places table; each must have a name of its own."""
    level = pl.lit(source.level).cast(pl.String).alias("level")
    parent = pl.lit(one_form(source.parent or "")).alias("parent")
    rows = layer.rows.select("place").with_columns(parent, level)
    twice = rows.filter(pl.col("place").is_duplicated() | pl.col("place").is_in(known["place"].to_list()))
    if twice.height:
        shown = ", ".join(twice["place"].unique(maintain_order=True).head(5).to_list())
        where = Where(file=STUDY_FILE, item=f"layers.{name}.{'key' if source.key else 'prefix'}")
        problems.add("row_duplicate", where, shown, key="place")
    return rows


def _refuse_text(rows: pl.DataFrame, columns: Iterable[str], shown: str) -> None:
    """A value column of a wide file holds numbers; text would be lost on the way."""
    problems = Problems()
    for name in columns:
        numbers = rows[name].cast(pl.Float64, strict=False)
        bad = (numbers.is_null() & rows[name].is_not_null()).arg_true().head(5)
        if len(bad):
            where = Where(file=shown, rows=tuple(int(row) + 1 for row in bad), column=name)
            problems.add("value_not_number", where, ", ".join(str(cell) for cell in rows[name].gather(bad).to_list()))
    problems.raise_all()


def choose_factors(
    library: FactorLibrary, editions: Sequence[str], quantities: Sequence[str] | None = None
) -> FactorTable:
    """Choose factors of the library; an unknown name is answered with the names that are most like it.

    Raises
    ------
    CoverageError
        If an edition is not known, or the editions have no row of a quantity.
    """
    for name in editions:
        if name not in library.editions:
            known = ", ".join(nearest(name, library.editions))
            raise InputError("edition_unknown", Where(item=name), name, known=known)
    chosen = library.choose(editions, quantities)
    have = library.choose(editions).to_polars()["quantity"].unique().sort().to_list() if quantities else []
    problems = Problems()
    for name in (name for name in quantities or () if name not in have):
        problems.add("quantity_unknown", Where(item=name), name, known=", ".join(have))
    problems.raise_all()
    return chosen


def refuse_taken(edition: str, where: Where) -> None:
    """A user's edition needs a name of its own; under a shipped one the two would be mixed."""
    if edition in shipped_library().editions:
        raise InputError("edition_taken", where, edition)


def _as_source(mine: UserFactors) -> TableSource:
    return TableSource.model_validate(mine.model_dump(exclude={"edition"}))


def fingerprint(*parts: object) -> str:
    """Give a hash of plain values, for the step cache."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def table_hash(table: Table) -> str:
    """Give a hash of a table's content."""
    frame = table.to_polars()
    digest = hashlib.sha256(",".join(frame.columns).encode())
    for column in frame.get_columns():
        digest.update(str(column.dtype).encode())
        digest.update(column.hash(seed=1).to_numpy().tobytes())
    return digest.hexdigest()
