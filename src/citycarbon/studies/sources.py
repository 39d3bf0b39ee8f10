"""From a table source of the study file to a checked table: files, data sets, wide files, the factor library.

Comes in: a :class:`~citycarbon.studies.study_file.TableSource`. Goes out: the table and what its content depends on.
Not for: running steps.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.results import Origin
from citycarbon.core.schema import Column
from citycarbon.core.tables import FactorTable, PlaceTable, Table
from citycarbon.data import datasets, safety
from citycarbon.data.layers import VECTOR, Layer, read_layer
from citycarbon.data.library import FactorLibrary, shipped_library
from citycarbon.data.readers import FileOptions, read_table, split_sheet
from citycarbon.studies.study_file import LayerSource, Study, TableSource, UserFactors


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


@dataclass
class Desk:
    """What a study has read so far: each file once, its origin, places, sectors, layers and the factor library."""

    folder: Path
    study: Study
    origins: dict[str, Origin] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    places: PlaceTable | None = None
    place_codes: CodeList | None = None
    sector_codes: CodeList | None = None
    library: FactorLibrary = field(default_factory=shipped_library)

    def open(self) -> None:
        """Read places, sectors, layers and the user's factors; every problem is raised at once."""
        problems = Problems()
        for task in (self._open_places, self._open_sectors, self._open_factors, self._open_layers):
            try:
                task()
            except InputError as error:
                problems.absorb(error)
        problems.raise_all()
        self._add_features()

    def _open_places(self) -> None:
        if self.study.places is not None:
            self.places = self.table(self.study.places, PlaceTable)
            self.place_codes = self.places.code_list(self.study.places.file)

    def _open_sectors(self) -> None:
        if self.study.sectors is not None:
            self.sector_codes = self.table(self.study.sectors, SectorTable).code_list(self.study.sectors.file)

    def _open_factors(self) -> None:
        problems = Problems()
        for mine in self.study.factors:
            try:
                table = self.table(_as_source(mine), FactorTable)
                self.library = self.library.with_user(table, mine.edition)
            except InputError as error:
                problems.absorb(error)
        problems.raise_all()

    def _open_layers(self) -> None:
        problems = Problems()
        for name, source in self.study.layers.items():
            try:
                self.layers[name] = self._layer(name, source)
            except InputError as error:
                problems.absorb(error)
        problems.raise_all()

    def _add_features(self) -> None:
        """Make the features of layers with a parent places of their own."""
        parts = [] if self.places is None else [self.places.to_polars()]
        for name, source in self.study.layers.items():
            if source.parent is not None:
                rows = (
                    self.layers[name]
                    .rows.select("place")
                    .with_columns(
                        pl.lit(source.parent).alias("parent"), pl.lit(source.level).cast(pl.String).alias("level")
                    )
                )
                parts.append(rows)
        if len(parts) > (self.places is not None):
            self.places = PlaceTable(pl.concat(parts, how="diagonal"))
            self.place_codes = self.places.code_list()

    def path(self, file: str, dataset: str | None) -> tuple[Path, str]:
        """Give the path of a named file and the name to show for it."""
        if dataset is not None:
            return datasets.locate(dataset, file), f"{dataset}/{file}"
        return safety.inside(self.folder, file), file

    def _layer(self, name: str, source: LayerSource) -> Layer:
        path, shown = self.path(source.file, source.dataset)
        layer, origin = read_layer(path, layer=source.layer, crs=source.crs, encoding=source.encoding, shown=shown)
        self.origins[f"layer:{name}"] = origin
        keys = layer.rows[source.key] if source.key else pl.Series(range(1, layer.rows.height + 1))
        rows = layer.rows.with_columns((pl.lit(source.prefix) + keys.cast(pl.String)).alias("place"))
        if source.class_column:
            classes = rows[source.class_column].cast(pl.String)
            other = source.classes.get("*")
            known = {key: text for key, text in source.classes.items() if key != "*"}
            rows = rows.with_columns(
                classes.replace_strict(known, default=other, return_dtype=pl.String).alias("class")
            )
        return Layer(name, rows, layer.geometry, layer.crs)

    def table(self, source: TableSource, kind: type[Any]) -> Any:
        """Read a table that comes from a file, a data set or the library (not from a step)."""
        if source.editions is not None:
            return self.library.choose(source.editions, source.quantities)
        name, sheet = split_sheet(str(source.file))
        path, shown = self.path(name, source.dataset)
        if source.wide or path.suffix.lower() in VECTOR:
            return self._wide(source, kind, path, shown)
        options = FileOptions(source.sheet or sheet, source.encoding, source.map, source.ignore, source.set)
        table, origin = read_table(path, kind, options, shown)
        self.origins[f"{shown}#{origin.sheet}"] = origin
        return table

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
        numbered = rows.with_row_index("row", offset=1)
        keys = [pl.col(header).cast(pl.String).alias(name) for name, header in source.map.items()]
        parts = []
        for column, constants in source.wide.items():
            texts = {**source.set, **constants}
            prefix = texts.pop("place_prefix", "")
            trace = pl.format("{}!{}:{}", pl.lit(shown), pl.lit(column), pl.col("row")).alias("provenance_id")
            value = pl.col(column).cast(pl.Float64, strict=False).alias("value")
            part = numbered.select(*keys, value, *[pl.lit(text).alias(name) for name, text in texts.items()], trace)
            parts.append(part.with_columns((pl.lit(prefix) + pl.col("place")).alias("place")) if prefix else part)
        return kind(pl.concat(parts), where=Where(file=shown))


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
