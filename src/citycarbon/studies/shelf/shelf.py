"""Studies and results of one folder, by name.

Comes in: a folder with ``studies/NAME`` and ``results/NAME``, or with results folders directly, as ``citycarbon demo`` leaves
them. Goes out: entries and opened results, kept while they do not change. Not for: who may see them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.data.results import INDEX, open_result
from citycarbon.studies.study_file import STUDY_FILE, read_study

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Names of studies: no dot, no slash, so that no name leads out of the folder."""
STUDIES, RESULTS = "studies", "results"
KEPT_BYTES = 768 * 1024**2
"""Memory of what was made of results, before what was not asked for longest is dropped."""
Made = TypeVar("Made")


@dataclass(frozen=True)
class Entry:
    """One study: where it and its result are, and what it is called.

    ``version`` is the SHA-256 of the result's index, which holds the hash of every table; empty without a result.
    """

    id: str
    title: dict[str, str]
    summary: dict[str, str]
    folder: Path | None
    results: Path | None
    version: str
    index: dict[str, Any]

    @property
    def can_run(self) -> bool:
        """Whether its study file is here, so that it can be changed and run."""
        return self.folder is not None


class Shelf:
    """Studies and results of a folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock = RLock()
        self._entries: dict[str, tuple[tuple[Any, ...], Entry]] = {}
        self._made: OrderedDict[tuple[Any, ...], tuple[Any, int]] = OrderedDict()
        self._newest: dict[str, str] = {}
        self._bytes = 0

    def names(self) -> list[str]:
        """Give the names of all studies and results, in order."""
        found: set[str] = set()
        for parent, sign in ((self.home / STUDIES, STUDY_FILE), (self.home / RESULTS, INDEX), (self.home, INDEX)):
            if parent.is_dir():
                found |= {
                    path.name for path in parent.iterdir() if NAME.fullmatch(path.name) and (path / sign).is_file()
                }
        return sorted(found)

    def entries(self) -> list[Entry]:
        """Give all studies; one whose files cannot be read is left out here and told when it is opened."""
        made = []
        for name in self.names():
            try:
                made.append(self.entry(name))
            except InputError:
                made.append(
                    Entry(name, {"en": name, "zh": name}, {"en": "", "zh": ""}, self.folder(name), None, "", {})
                )
        return made

    def folder(self, name: str) -> Path | None:
        """Folder of a study, if it is here."""
        path = self.home / STUDIES / name
        return path if NAME.fullmatch(name) and (path / STUDY_FILE).is_file() else None

    def results(self, name: str) -> Path | None:
        """Folder of a result, if there is one."""
        if not NAME.fullmatch(name):
            return None
        return next((path for path in (self.home / RESULTS / name, self.home / name) if (path / INDEX).is_file()), None)

    def entry(self, name: str) -> Entry:
        """Give one study.

        Raises
        ------
        InputError
            ``study_unknown``; or what is wrong with its files.
        """
        folder, results = self.folder(name), self.results(name)
        if folder is None and results is None:
            raise InputError("study_unknown", Where(item="study"), name)
        stamp = (_stamp(folder / STUDY_FILE if folder else None), _stamp(results / INDEX if results else None))
        with self._lock:
            kept = self._entries.get(name)
            if kept is None or kept[0] != stamp:
                kept = (stamp, _entry(name, folder, results))
                self._entries[name] = kept
        return kept[1]

    def result(self, entry: Entry) -> StudyResult:
        """Open the result of a study; its tables are read when they are asked for.

        Raises
        ------
        InputError
            ``result_missing`` if it has not been run.
        """
        if entry.results is None:
            raise InputError("result_missing", Where(item=entry.id), entry.id)
        folder = entry.results
        return self.keep(entry, "result", lambda: open_result(folder))

    def keep(self, entry: Entry, what: Any, make: Callable[[], Made]) -> Made:
        """Give something made of a result, made once for each version of it; what was not asked for longest is dropped."""
        key = (entry.id, entry.version, what)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                found: Made = self._made[key][0]
                return found
        made = make()
        with self._lock:
            if self._newest.get(entry.id) != entry.version:
                self._newest[entry.id] = entry.version
                for old in [each for each in self._made if each[0] == entry.id and each[1] != entry.version]:
                    self._drop(old)
            if key not in self._made:
                size = size_of(made)
                self._made[key] = (made, size)
                self._bytes += size
            while self._bytes > KEPT_BYTES and len(self._made) > 1:
                self._drop(next(iter(self._made)))
        return made

    def full(self) -> bool:
        """Tell whether more than half of the memory for what is kept is used."""
        return self._bytes > KEPT_BYTES / 2

    def _drop(self, key: tuple[Any, ...]) -> None:
        self._bytes -= self._made.pop(key)[1]


def size_of(made: Any) -> int:
    """Memory that something takes, as far as it can be told: bytes, arrays, frames, and what is made of them."""
    if isinstance(made, bytes):
        return len(made) + 200
    if isinstance(made, pl.DataFrame | pl.Series):
        return int(made.estimated_size()) + 1_000
    if isinstance(made, np.ndarray):
        return int(made.nbytes) + 200
    if isinstance(made, StudyResult):
        # Its tables are read when they are asked for; they are counted as what they may become.
        return 8 * 1024**2
    if is_dataclass(made):
        return sum(size_of(getattr(made, each.name)) for each in fields(made))
    if isinstance(made, Mapping):
        return sum(size_of(each) for each in made.values()) + 1_000
    if isinstance(made, list | tuple):
        return sum(size_of(each) for each in made[:1_000]) + 64
    return 200


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    if path is None:
        return None
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def _entry(name: str, folder: Path | None, results: Path | None) -> Entry:
    if results is not None:
        content = (results / INDEX).read_bytes()
        try:
            index = json.loads(content)
            title, summary = dict(index["title"]), dict(index["summary"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError("file_broken", Where(file=INDEX), str(error), kind="result") from error
        return Entry(name, title, summary, folder, results, hashlib.sha256(content).hexdigest(), index)
    if folder is None:
        raise AssertionError(name)
    study = read_study(folder)
    both = {"en": study.summary.en, "zh": study.summary.zh} if study.summary else {"en": "", "zh": ""}
    return Entry(name, {"en": study.title.en, "zh": study.title.zh}, both, folder, None, "", {})
