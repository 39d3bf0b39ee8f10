"""Results folder of a study: written whole or not at all, read back for reports.

Comes in: a :class:`~citycarbon.core.results.StudyResult`. Goes out: a folder with parquet tables, layers and
``result.json``. The same result gives the same bytes. Not for: reports, which faces make of it.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import Check, Origin, StudyResult
from citycarbon.data import safety

FORMAT = 1
INDEX = "result.json"


def write_parquet(frame: pl.DataFrame, path: Path) -> str:
    """Write a table so that equal rows give equal bytes; give the SHA-256 of the file."""
    frame.write_parquet(path, compression="zstd", compression_level=3, statistics=True)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give a fresh folder beside ``folder`` and put it in its place when the block ends well; otherwise leave all as it was.

    Raises
    ------
    InputError
        If ``folder`` is not empty and holds no earlier result, or cannot be written.
    """
    where, folder = Where(file=str(folder)), folder.resolve()
    if not folder.name:
        raise InputError("output_exists", where, str(folder))
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        _recover(folder)
        if folder.exists() and not _replaceable(folder):
            raise InputError("output_exists", where, folder.name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
    except OSError as error:
        raise InputError("output_unwritable", where, error.strerror or str(error)) from error
    try:
        yield fresh
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    except OSError as error:
        raise InputError("output_unwritable", where, error.strerror or str(error)) from error
    finally:
        # Whatever ended the block, an interrupt between the two renames included, one of the two results stands.
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _recover(folder: Path) -> None:
    """Put back the earlier result of a run that was killed between its two renames."""
    left = [] if folder.exists() else sorted(folder.parent.glob(f".{glob.escape(folder.name)}.*.old"))
    if left:
        left[-1].rename(folder)


def _replaceable(folder: Path) -> bool:
    """A folder may be replaced if it is empty or holds an earlier result of citycarbon."""
    if not folder.is_dir():
        return False
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
    except (OSError, ValueError):
        return not any(folder.iterdir())
    return isinstance(index, dict) and {"format", "citycarbon", "tables"} <= set(index)


def write_result(result: StudyResult, folder: Path) -> dict[str, Any]:
    """Write tables, layers and ``result.json`` into a folder; give what ``result.json`` holds."""
    hashes = {}
    for name, frame in sorted(result.tables.items()):
        hashes[name] = write_parquet(frame, folder / f"{name}.parquet")
    for name, layer in sorted(result.layers.items()):
        text = json.dumps(layer, ensure_ascii=False, separators=(",", ":"))
        (folder / f"layer_{name}.geojson").write_text(text, "utf-8")
    index = {
        "format": FORMAT,
        **result.meta,
        "tables": {name: {"rows": result.tables[name].height, "sha256": hashes[name]} for name in sorted(hashes)},
        "layers": sorted(result.layers),
        "inputs": [vars_of(origin) for origin in result.origins],
        "checks": [check.as_dict() for check in result.checks],
        "labels": {code: list(pair) for code, pair in sorted(result.labels.items())},
    }
    text = json.dumps(index, ensure_ascii=False, indent=1, sort_keys=False)
    (folder / INDEX).write_text(text + "\n", "utf-8")
    return index


def vars_of(origin: Origin) -> dict[str, Any]:
    """Give an origin as plain values."""
    return {name: getattr(origin, name) for name in ("name", "sha256", "size", "rows", "encoding", "sheet", "note")}


Part = TypeVar("Part")


class Lazy(Mapping[str, Part], Generic[Part]):
    """Parts of a result that are read when they are first asked for, and kept."""

    def __init__(self, names: list[str], read: Callable[[str], Part]) -> None:
        self._names, self._read, self._kept, self._lock = dict.fromkeys(names), read, dict[str, Part](), Lock()

    def __getitem__(self, name: str) -> Part:
        if name not in self._names:
            raise KeyError(name)
        with self._lock:
            if name not in self._kept:
                self._kept[name] = self._read(name)
            return self._kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def open_result(folder: Path) -> StudyResult:
    """Open a results folder; its tables and layers are read when they are asked for.

    Raises
    ------
    InputError
        If the folder holds no result; while reading, if a table is broken.
    """
    return _result(folder, lazy=True)


def read_result(folder: Path) -> StudyResult:
    """Read a results folder back.

    Raises
    ------
    InputError
        If the folder holds no result.
    """
    return _result(folder, lazy=False)


def _result(folder: Path, *, lazy: bool) -> StudyResult:
    path = folder / INDEX
    if not folder.exists():
        _recover(folder.resolve())
    if not path.is_file():
        raise InputError("result_missing", Where(file=str(folder)), folder.name)
    with safety.reading(str(path), "result", path):
        index = json.loads(path.read_text("utf-8"))
        tables: Mapping[str, pl.DataFrame] = Lazy(list(index["tables"]), lambda name: _table(folder, name))
        layers: Mapping[str, Any] = Lazy(list(index["layers"]), lambda name: _layer(folder, name))
        if not lazy:
            tables, layers = dict(tables), dict(layers)
        origins = tuple(Origin(**each) for each in index["inputs"])
        checks = tuple(
            Check(
                c["id"],
                c["severity"],
                (c["en"], c["zh"]),
                c["value"],
                c["expected"],
                c["tolerance"],
                c["unit"],
                c["place"],
            )
            for c in index["checks"]
        )
        labels = {code: (pair[0], pair[1]) for code, pair in index["labels"].items()}
    skip = ("format", "tables", "layers", "inputs", "checks", "labels")
    return StudyResult({k: v for k, v in index.items() if k not in skip}, tables, layers, origins, checks, labels)


def _table(folder: Path, name: str) -> pl.DataFrame:
    path = folder / f"{name}.parquet"
    with safety.reading(str(path), "result", path):
        return pl.read_parquet(path)


def _layer(folder: Path, name: str) -> Any:
    path = folder / f"layer_{name}.geojson"
    with safety.reading(str(path), "result", path):
        return json.loads(path.read_text("utf-8"))
