"""What is kept between requests: small answers, and who someone is as long as the database has not changed.

Comes in: a key and what makes its value. Goes out: the value. Not for: results, which the shelf keeps.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

import sqlalchemy as sa

Value = TypeVar("Value")
LARGEST_ANSWER = 128 * 1024
KEPT_ANSWERS = 48 * 1024**2


class Answers:
    """Bytes of answers by key, up to a limit; what was not asked for longest is dropped. Large answers are not kept."""

    def __init__(self, largest: int = LARGEST_ANSWER, limit: int = KEPT_ANSWERS) -> None:
        self._largest, self._limit, self._bytes = largest, limit, 0
        self._kept: OrderedDict[str, tuple[bytes, dict[str, str]]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> tuple[bytes, dict[str, str]] | None:
        """Give an answer with its headers, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: str, content: bytes, headers: dict[str, str]) -> None:
        """Keep an answer if it is small."""
        if len(content) > self._largest:
            return
        with self._lock:
            if key not in self._kept:
                self._bytes += len(content) + len(key)
            self._kept[key] = (content, headers)
            while self._bytes > self._limit and self._kept:
                name, (gone, _) = self._kept.popitem(last=False)
                self._bytes -= len(gone) + len(name)


class Watch:
    """Tells whether the database may have changed, by this process or by another.

    SQLite counts the commits that other connections make; a connection that never writes sees every one of them. Other
    databases have no such count, so that nothing is known to be unchanged there.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._lock = Lock()
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._connection = sqlite3.connect(file, check_same_thread=False) if file else None

    def version(self) -> int | None:
        """Give a number that is another one after every change, or None where that cannot be told."""
        if self._connection is None:
            return None
        with self._lock:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


class Unchanged(Generic[Value]):
    """Values that hold as long as the database does not change."""

    def __init__(self, watch: Watch, most: int = 4096) -> None:
        self._watch, self._most, self._version = watch, most, -1
        self._kept: dict[str, Value] = {}
        self._lock = Lock()

    def peek(self, key: str) -> Value | None:
        """Give the value of a key if it is known and still holds."""
        version = self._watch.version()
        with self._lock:
            return self._kept.get(key) if version is not None and version == self._version else None

    def get(self, key: str, make: Callable[[], Value]) -> Value:
        """Give the value of a key; it is made again after every change."""
        version = self._watch.version()
        if version is None:
            return make()
        with self._lock:
            if version != self._version:
                self._kept, self._version = {}, version
            elif key in self._kept:
                return self._kept[key]
            elif len(self._kept) >= self._most:
                self._kept = {}
        # The version was read before the value is made: a change meanwhile makes the next question ask again.
        made = make()
        with self._lock:
            if self._version == version:
                self._kept[key] = made
        return made
