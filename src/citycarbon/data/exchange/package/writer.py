"""Writing the results folder of a study as one reproducible archive.

Comes in: a results folder and what only a person can state. Goes out: a zip whose bytes depend on nothing but these.
Not for: the texts in it (:mod:`citycarbon.data.exchange.package.descriptions`).

Tables are checked against the SHA-256 that the run wrote into ``result.json``: what was changed afterwards is not packed.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data.exchange.package.descriptions import (
    Stated,
    citation_text,
    datapackage_text,
    readme_text,
    references_text,
    resource_name,
    sources_of,
    table_schema,
    title_of,
)  # fmt: skip
from citycarbon.data.results import INDEX, read_result
from citycarbon.data.safety import sha256
from citycarbon.data.writers import disarm, whole_file

SUMS = "SHA256SUMS"
CHECKS = "checks"
_STAMP = (1980, 1, 1, 0, 0, 0)
_PLAIN = re.compile(r"\w[\w.-]*")
"""Names of tables and layers; anything else could lead out of the folder into which an archive is unpacked."""
_ROWS = 100_000
_LARGE = 1 << 30
_MARK = b"\xef\xbb\xbf"
_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
    "json": "application/json",
}


def write_package(path: Path, folder: Path, stated: Stated | None = None) -> None:
    """Write a results folder as a citable package.

    The archive holds README.md, CITATION.cff, datapackage.json (Frictionless), references.bib, checks.csv, result.json, every
    table as csv and parquet, layers as GeoJSON, and SHA256SUMS. The same results and statements give the same bytes with the
    same compression library; the sums hold everywhere.

    Parameters
    ----------
    path
        Archive to write; it ends in ``.zip``.
    folder
        Results folder of a run.
    stated
        Authors, licence, date of release, version and address; what is not stated is said to be so.

    Raises
    ------
    InputError
        If the folder holds no result, a table of it was changed, or the archive cannot be written.
    """
    path, folder, stated = Path(path), Path(folder), stated or Stated()
    if path.suffix.lower() != ".zip":
        raise InputError("file_kind_unknown", Where(file=str(path)), path.suffix or "—", kinds=".zip")
    result = read_result(folder)
    # Shapes as bytes are for tiles; what they draw is in the package as GeoJSON.
    legible = {name: frame for name, frame in result.tables.items() if pl.Binary not in frame.schema.values()}
    result = replace(result, tables=legible)
    index = json.loads((folder / INDEX).read_text("utf-8"))
    _refuse_changed(folder, index)
    titles = {name: title_of(name, result.labels) for name in (*result.tables, CHECKS)}
    version = stated.version or _version(index)
    checks = pl.DataFrame([check.as_dict() for check in result.checks], schema=_CHECK_KINDS)
    with whole_file(path) as fresh, zipfile.ZipFile(fresh, "w") as archive:
        box = _Box(archive)
        resources = []
        for name, frame in sorted(result.tables.items()):
            resources += _put_table(box, folder, name, frame, titles[name])
        for name in sorted(result.layers):
            resources.append(_put_layer(box, folder, name))
        box.put_csv("checks.csv", checks)
        resources.append(box.resource(CHECKS, "checks.csv", "csv", table_schema(CHECKS, checks), titles[CHECKS]))
        box.put_file(INDEX, folder / INDEX)
        resources.append(box.resource("result", INDEX, "json", None, ("what the run wrote about itself", "运行记录")))
        sources = sources_of(index, result.tables["factors"])
        rows = {name: (frame.height, titles[name]) for name, frame in result.tables.items()}
        rows[CHECKS] = (checks.height, titles[CHECKS])
        box.put_text("references.bib", references_text(sources))
        box.put_text("CITATION.cff", citation_text(index, stated, version))
        box.put_text("README.md", readme_text(index, stated, rows, result.tables["factors"], version))
        box.put_text("datapackage.json", datapackage_text(index, stated, resources, sources, version))
        sums = "".join(f"{digest}  {name}\n" for name, (digest, _) in sorted(box.files.items()))
        box.put_text(SUMS, sums)


_CHECK_KINDS = {
    "id": pl.String, "severity": pl.String, "place": pl.String, "value": pl.Float64, "expected": pl.Float64,
    "tolerance": pl.Float64, "unit": pl.String, "en": pl.String, "zh": pl.String,
}  # fmt: skip


def _refuse_changed(folder: Path, index: dict[str, Any]) -> None:
    problems = Problems()
    for name, known in sorted(index["tables"].items()):
        if not _PLAIN.fullmatch(name):
            problems.add("file_broken", Where(file=INDEX), name, kind="result")
            continue
        found = sha256(folder / f"{name}.parquet")
        if found != known["sha256"]:
            problems.add("table_changed", Where(file=f"{name}.parquet"), found[:16])
    for name in (name for name in index["layers"] if not _PLAIN.fullmatch(name)):
        problems.add("file_broken", Where(file=INDEX), name, kind="result")
    problems.raise_all()


def _version(index: dict[str, Any]) -> str:
    """Give a version that says which result it is: the first digits of the SHA-256 of its tables' sums."""
    text = json.dumps(index["tables"], sort_keys=True)
    return f"{index['citycarbon']}+{hashlib.sha256(text.encode()).hexdigest()[:12]}"


class _Box:
    """An open archive: files go in with a fixed date, and their sums are kept."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.files: dict[str, tuple[str, int]] = {}

    def put(self, name: str, chunks: Iterator[bytes], *, large: bool = False, packed: bool = True) -> None:
        """Write the pieces of a file."""
        entry = zipfile.ZipInfo(name, _STAMP)
        entry.create_system, entry.external_attr = 3, 0o644 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        digest, size = hashlib.sha256(), 0
        with self.archive.open(entry, "w", force_zip64=large) as stream:
            for chunk in chunks:
                stream.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.files[name] = (digest.hexdigest(), size)

    def put_text(self, name: str, text: str) -> None:
        """Write a text in UTF-8."""
        self.put(name, iter([text.encode("utf-8")]))

    def put_csv(self, name: str, frame: pl.DataFrame) -> None:
        """Write a table as csv that a spreadsheet reads and does not run."""
        self.put(name, _csv(frame), large=frame.estimated_size() > _LARGE)

    def put_file(self, name: str, path: Path, *, packed: bool = True) -> None:
        """Copy a file."""
        self.put(name, _chunks(path), large=path.stat().st_size > _LARGE, packed=packed)

    def resource(
        self, name: str, path: str, form: str, schema: dict[str, Any] | None, titles: tuple[str, str]
    ) -> dict[str, Any]:
        """Describe a file for datapackage.json."""
        digest, size = self.files[path]
        made: dict[str, Any] = {
            "name": name, "path": path, "format": form, "mediatype": _MEDIA[form], "title": titles[0], "title_zh": titles[1],
            "hash": f"sha256:{digest}", "bytes": size,
        }  # fmt: skip
        if form == "csv":
            made |= {"profile": "tabular-data-resource", "encoding": "utf-8-sig", "schema": schema}
        return made


def _put_table(
    box: _Box, folder: Path, name: str, frame: pl.DataFrame, titles: tuple[str, str]
) -> list[dict[str, Any]]:
    """Write a table twice; the parquet file is the one that the run wrote."""
    key = resource_name(name)
    parquet, text = f"data/{name}.parquet", f"data/{name}.csv"
    box.put_csv(text, frame)
    box.put_file(parquet, folder / f"{name}.parquet", packed=False)
    return [
        box.resource(key, text, "csv", table_schema(name, frame), titles),
        box.resource(f"{key}-parquet", parquet, "parquet", None, titles),
    ]


def _put_layer(box: _Box, folder: Path, name: str) -> dict[str, Any]:
    path = f"data/layer_{name}.geojson"
    box.put_file(path, folder / f"layer_{name}.geojson")
    titles = (f"map layer {name} (WGS 84)", f"图层 {name}（WGS 84）")
    return box.resource(f"layer-{resource_name(name)}", path, "geojson", None, titles)


def _csv(frame: pl.DataFrame) -> Iterator[bytes]:
    """Give a table as pieces of csv, so that a large one is never all in memory."""
    yield _MARK + disarm(frame.head(0)).write_csv().encode("utf-8")
    for part in frame.iter_slices(_ROWS):
        yield disarm(part).write_csv(include_header=False).encode("utf-8")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk
