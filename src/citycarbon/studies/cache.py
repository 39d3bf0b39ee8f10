"""Cache of step results by the hash of all they depend on: a changed lever re-runs only what depends on it.

Comes in: a key and a table. Goes out: the same table, exactly. Also how a cancelled run goes on where it stopped.
Not for: results that a person keeps.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError
from citycarbon.core.frames import small, wrap
from citycarbon.core.tables import Table
from citycarbon.data.regions import REGIONS
from citycarbon.data.safety import sha256

VARIABLE = "CITYCARBON_CACHE"
LARGEST_COUNT = 400


def default_folder() -> Path:
    """Folder of the cache: CITYCARBON_CACHE, or the user's cache folder."""
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE])
    from platformdirs import user_cache_path

    return user_cache_path("citycarbon", appauthor=False) / "steps"


class StepCache:
    """Parquet files named by key; unreadable ones count as absent, the oldest are dropped beyond 400."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def get(self, key: str, kind: type[Table]) -> Table | None:
        """Give the stored table or None; one whose bytes are not those that were stored counts as absent."""
        path = self.folder / f"{key}.parquet"
        try:
            note = json.loads(path.with_suffix(".json").read_text("utf-8"))
            if sha256(path) != note["sha256"]:
                return None
            frame, fixed = pl.read_parquet(path), dict(note["fixed"])
            codes = {dimension: _code_list(plain) for dimension, plain in note["codes"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError, pl.exceptions.PolarsError):
            return None
        with suppress(OSError):
            os.utime(path)
        return kind.trusted(wrap(frame), fixed=fixed, codes=codes)

    def put(self, key: str, table: Table) -> None:
        """Store a table; a cache that cannot be written is no error."""
        fresh = self.folder / f".{key}.{os.getpid()}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            small(table.rows).write_parquet(fresh)
            codes = {dimension: _plain(listed) for dimension, listed in table.codes.items()}
            note = {"fixed": dict(table.fixed), "codes": codes, "sha256": sha256(fresh)}
            fresh.replace(self.folder / f"{key}.parquet")
            fresh.write_text(json.dumps(note), "utf-8")
            fresh.replace(self.folder / f"{key}.json")
            self._prune()
        except OSError:
            return
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def _prune(self) -> None:
        stored = sorted(self.folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
        for path in stored[:-LARGEST_COUNT]:
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)


def _plain(codes: CodeList) -> dict[str, Any]:
    labels = {code: list(pair) for code, pair in codes.labels.items()}
    return {"name": codes.name, "parents": dict(codes.parents), "labels": labels, "file": codes.file}


def _code_list(plain: dict[str, Any]) -> CodeList:
    """A table without its trees of codes would let a parent be added to its child."""
    if plain["name"] == REGIONS.name and not plain["parents"]:
        return REGIONS
    labels = {code: (en, zh) for code, (en, zh) in plain["labels"].items()}
    return CodeList(plain["name"], plain["parents"], labels, plain["file"])
