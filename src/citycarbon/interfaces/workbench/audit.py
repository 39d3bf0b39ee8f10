"""The log of what people did: each line carries the hash of the one before, so that a change or a gap shows.

Comes in: who did what to which study. Goes out: lines, and whether the chain holds. Not for: proof to outsiders; someone who can
write the database can write a whole new chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from threading import Lock
from typing import Any

import sqlalchemy as sa

from citycarbon.interfaces.workbench import store
from citycarbon.interfaces.workbench.store import now

_ONE = Lock()
START = "0" * 64


def note(engine: sa.Engine, person: str, act: str, study: str = "", origin: str = "", **what: Any) -> None:
    """Write one line."""
    with _ONE, engine.begin() as connection:
        store.hold(connection, store.LOGGING)
        last = connection.execute(sa.select(store.log.c.hash).order_by(store.log.c.number.desc()).limit(1)).scalar()
        line = {"at": round(now(), 3), "person": person[:120], "origin": origin[:64], "act": act, "study": study[:80],
                "what": json.dumps(what, ensure_ascii=False, sort_keys=True), "before": last or START}  # fmt: skip
        connection.execute(sa.insert(store.log).values(**line, hash=_hash(line)))


def _hash(line: dict[str, Any]) -> str:
    text = json.dumps(
        [line[name] for name in ("at", "person", "origin", "act", "study", "what", "before")], ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def lines(engine: sa.Engine, *, study: str = "", offset: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Give lines, the newest first."""
    query = sa.select(store.log).order_by(store.log.c.number.desc()).offset(offset).limit(limit)
    if study:
        query = query.where(store.log.c.study == study)
    with engine.connect() as connection:
        return [{**row._mapping, "what": json.loads(row.what)} for row in connection.execute(query)]


def broken_lines(engine: sa.Engine) -> list[int]:
    """Give the numbers of lines whose hash, or whose link to the line before, does not hold."""
    return list(_broken(engine))


def _broken(engine: sa.Engine) -> Iterator[int]:
    before = START
    with engine.connect() as connection:
        for row in connection.execute(sa.select(store.log).order_by(store.log.c.number)):
            line = dict(row._mapping)
            if line["before"] != before or line["hash"] != _hash(line):
                yield int(line["number"])
            before = line["hash"]
