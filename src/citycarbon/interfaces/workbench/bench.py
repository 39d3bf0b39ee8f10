"""The workbench that the faces share while it runs: settings, database, shelf of studies, jobs, and who may do what.

Comes in: settings and what writes reports. Goes out: a :class:`Bench`. Not for: HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import sqlalchemy as sa

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.interfaces.workbench import store
from citycarbon.interfaces.workbench.keeping import Answers, Unchanged, Watch
from citycarbon.interfaces.workbench.people import EVERY, Person, digest, person_of_session, person_of_token
from citycarbon.interfaces.workbench.settings import Settings
from citycarbon.interfaces.workbench.work.jobs import Worker
from citycarbon.studies.shelf import Entry, Shelf

Writer = Callable[[StudyResult, Path], None]
NOTED = 5.0
"""Seconds between notes that somebody asks."""
FRESH = 5.0
"""Seconds for which a session that ends by itself may still be taken for open."""


@dataclass
class Bench:
    """What every request needs."""

    settings: Settings
    engine: sa.Engine
    shelf: Shelf
    prints: Mapping[str, Writer] = field(default_factory=dict)
    worker: Worker | None = None
    answers: Answers = field(default_factory=Answers)
    _noted: float = -NOTED
    _printing: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        watch = Watch(self.engine)
        self._people: Unchanged[Person] = Unchanged(watch)
        self._public: Unchanged[dict[str, bool]] = Unchanged(watch, 1)

    def is_public(self, study: str) -> bool:
        """Tell whether everyone may read a study: by what an administrator decided, or else by the settings."""
        known = self._public.get("", self._decided)
        return known.get(study, bool({study, EVERY} & set(self.settings.public)))

    def _decided(self) -> dict[str, bool]:
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(store.studies.c.study, store.studies.c.public))
            return {row.study: bool(row.public) for row in rows}

    def person(self, key: str, *, token: bool) -> Person:
        """Tell who the key of a session or of a token belongs to; a visitor if it has ended."""

        def look() -> Person:
            if token:
                return person_of_token(self.engine, key)
            return person_of_session(self.engine, key, self.settings.session_hours)

        return self._people.get(_kept_as(key, token), look)

    def known_person(self, key: str, *, token: bool) -> Person | None:
        """Tell who a key belongs to without asking the database; None where that takes a question."""
        return self._people.peek(_kept_as(key, token))

    def publish(self, study: str, public: bool) -> None:
        """Open a study to everyone, or close it."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(store.studies).where(store.studies.c.study == study))
            connection.execute(sa.insert(store.studies).values(study=study, public=public, made=store.now()))

    def may_read(self, person: Person, study: str) -> bool:
        """Tell whether someone may read a study: by a role, or because it is public."""
        return person.may("viewer", study) or self.is_public(study)

    def require(self, person: Person, study: str, role: str = "viewer") -> Entry:
        """Give a study to someone who may see it.

        Raises
        ------
        InputError
            ``study_unknown`` for a study that is not there and for one that the person may not even read: nobody learns by
            asking which studies exist; ``sign_in_needed`` or ``role_missing`` for a public study that asks for more.
        """
        if not self.may_read(person, study):
            raise InputError("sign_in_needed" if not person.known else "study_unknown", Where(item="study"), study)
        entry = self.shelf.entry(study)
        if role != "viewer" and not person.may(role, study):
            needed(person, role, study)
        return entry

    def printed(self, entry: Entry, name: str) -> bytes:
        """Give a printed report, made once for each version of a result, one at a time."""

        def make() -> bytes:
            with self._printing, TemporaryDirectory() as folder:
                path = Path(folder) / name
                self.prints[name](self.shelf.result(entry), path)
                return path.read_bytes()

        return self.shelf.keep(entry, ("print", name), make)

    def asked(self) -> None:
        """Note that somebody asks; all processes of a workbench note it in one place, every few seconds."""
        if time.monotonic() - self._noted > NOTED:
            self._noted = time.monotonic()
            (self.settings.state / "asked").touch()

    def idle(self) -> float:
        """Seconds since somebody asked, to a few seconds."""
        return max(0.0, time.time() - (self.settings.state / "asked").stat().st_mtime)

    def wake(self) -> None:
        """Let the worker look at its queue now."""
        if self.worker is not None:
            self.worker.wake()

    def studies(self, person: Person) -> list[Entry]:
        """Give the studies that someone may read."""
        return [entry for entry in self.shelf.entries() if self.may_read(person, entry.id)]


def _kept_as(key: str, token: bool) -> str:
    """Keys end by themselves, which changes nothing in the database; so each is looked up again after a moment."""
    return f"{token} {digest(key)} {int(time.monotonic() / FRESH)}"


def needed_somewhere(person: Person, role: str) -> None:
    """Refuse whoever has a role in no study at all.

    Raises
    ------
    InputError
        ``sign_in_needed`` for visitors, ``role_missing`` for others.
    """
    if not any(person.may(role, study) for study in person.grants):
        needed(person, role)


def needed(person: Person, role: str, study: str = EVERY) -> None:
    """Refuse whoever lacks a role.

    Raises
    ------
    InputError
        ``sign_in_needed`` for visitors, ``role_missing`` for others.
    """
    if not person.known:
        raise InputError("sign_in_needed", Where(item=role), "")
    if not person.may(role, study):
        raise InputError("role_missing", Where(item=study), person.role(study) or "—", role=role)
