"""Long work in processes of its own: a queue in the database, one process a job, progress, cancelling, an end that is told.

Comes in: what is to be done. Goes out: rows of jobs. Not for: the work itself, which the child process does
(:mod:`citycarbon.interfaces.workbench.working`).
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import sqlalchemy as sa

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.workbench import store
from citycarbon.interfaces.workbench.store import now

LOG = logging.getLogger("citycarbon.jobs")
ENDED = ("done", "failed", "cancelled")
LONGEST = 6 * 3600.0
SILENT = 120.0
"""Seconds after which a job whose worker says nothing counts as lost."""


def ask_for(engine: sa.Engine, kind: str, study: str, person: str, **facts: Any) -> str:
    """Put a job in the queue; give its name.

    Raises
    ------
    InputError
        ``study_busy`` if the study already has one that has not ended.
    """
    name = secrets.token_hex(16)
    values = {"id": name, "study": study, "kind": kind, "person": person, "state": "waiting", "stage": "", "part": 0.0,
              "facts": json.dumps(facts, ensure_ascii=False), "outcome": "{}", "worker": "",
              "made": now(), "seen": now()}  # fmt: skip
    with engine.begin() as connection:
        store.hold(connection, store.WORKING)
        open_ones = (store.jobs.c.study == study, store.jobs.c.state.not_in(ENDED))
        if connection.execute(sa.select(store.jobs.c.id).where(*open_ones)).first():
            raise InputError("study_busy", Where(item=study), study)
        connection.execute(sa.insert(store.jobs).values(values))
    return name


def job_of(engine: sa.Engine, name: str) -> dict[str, Any]:
    """Give a job.

    Raises
    ------
    InputError
        ``job_unknown``.
    """
    with engine.connect() as connection:
        row = connection.execute(sa.select(store.jobs).where(store.jobs.c.id == name)).first()
    if row is None:
        raise InputError("job_unknown", Where(item="job"), name)
    return _plain(row)


def jobs_of(engine: sa.Engine, study: str, limit: int = 20) -> list[dict[str, Any]]:
    """Give the jobs of a study, the newest first."""
    query = sa.select(store.jobs).where(store.jobs.c.study == study).order_by(store.jobs.c.made.desc()).limit(limit)
    with engine.connect() as connection:
        return [_plain(row) for row in connection.execute(query)]


def _plain(row: Any) -> dict[str, Any]:
    made = dict(row._mapping)
    return {**made, "facts": json.loads(made["facts"]), "outcome": json.loads(made["outcome"])}


def cancel(engine: sa.Engine, name: str) -> None:
    """Ask for a job to end; one that waits ends at once, one that runs when its worker sees it."""
    with engine.begin() as connection:
        mine = store.jobs.c.id == name
        waits = sa.update(store.jobs).where(mine, store.jobs.c.state == "waiting")
        connection.execute(waits.values(state="cancelled", seen=now()))
        connection.execute(
            sa.update(store.jobs).where(mine, store.jobs.c.state == "running").values(state="cancelling")
        )


class Worker:
    """Takes jobs from the queue, one at a time, and does each in a process of its own."""

    def __init__(self, engine: sa.Engine, home: str, command: tuple[str, ...]) -> None:
        self.engine, self.home, self.command = engine, home, command
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def stop(self) -> None:
        """End, and end the job that runs."""
        self._stop.set()
        self._wake.set()
        self._thread.join(20)

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                name = self._claim()
                if name is not None:
                    self._work(name)
                    continue
            except Exception:  # a worker that ends would leave every later job waiting for ever
                LOG.exception("a job could not be done")
            self._wake.wait(1.0)
            self._wake.clear()

    def _claim(self) -> str | None:
        """Take the oldest job that waits; mark those whose worker was lost."""
        with self.engine.begin() as connection:
            store.hold(connection, store.WORKING)
            lost = sa.update(store.jobs).where(
                store.jobs.c.state.in_(("running", "cancelling")), store.jobs.c.seen < now() - SILENT
            )
            connection.execute(lost.values(state="failed", outcome=json.dumps({"lost": True})))
            waits = (
                sa.select(store.jobs.c.id).where(store.jobs.c.state == "waiting").order_by(store.jobs.c.made).limit(1)
            )
            name = connection.execute(waits).scalar()
            if name is not None:
                mine = sa.update(store.jobs).where(store.jobs.c.id == name)
                connection.execute(mine.values(state="running", worker=self.name, seen=now()))
        return name

    def _work(self, name: str) -> None:
        job = job_of(self.engine, name)
        # The words are this program's own and a name that was checked; no shell reads them.
        child = subprocess.Popen(  # noqa: S603
            [sys.executable, *self.command, self.home, job["kind"], job["study"], json.dumps(job["facts"])],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        said: dict[str, Any] = {}
        errors: list[str] = []
        readers = [threading.Thread(target=_listen, args=(child.stdout, said), daemon=True),
                   threading.Thread(target=_collect, args=(child.stderr, errors), daemon=True)]  # fmt: skip
        for reader in readers:
            reader.start()
        ended = self._watch(name, child, said)
        for reader in readers:
            reader.join(5)
        outcome = said.get("outcome", {})
        if ended == "failed" and not outcome:
            LOG.error("job %s: %s", name, "".join(errors)[-4000:])
            outcome = {"broken": True}
        values = {"state": ended, "outcome": json.dumps(outcome, ensure_ascii=False), "seen": now()}
        if ended == "done":
            values["part"] = 1.0
        with self.engine.begin() as connection:
            connection.execute(sa.update(store.jobs).where(store.jobs.c.id == name).values(values))

    def _watch(self, name: str, child: subprocess.Popen[str], said: dict[str, Any]) -> str:
        """Tell the database how far a job is until it has ended; end it when someone asks."""
        begun = time.monotonic()
        while True:
            try:
                code = child.wait(0.3)
                return "done" if code == 0 and "outcome" in said and "errors" not in said["outcome"] else "failed"
            except subprocess.TimeoutExpired:
                pass
            with self.engine.begin() as connection:
                mine = store.jobs.c.id == name
                connection.execute(
                    sa.update(store.jobs)
                    .where(mine)
                    .values(stage=said.get("stage", ""), part=said.get("part", 0.0), seen=now())
                )
                state = connection.execute(sa.select(store.jobs.c.state).where(mine)).scalar()
            if state == "cancelling" or self._stop.is_set() or time.monotonic() - begun > LONGEST:
                os.killpg(child.pid, signal.SIGTERM)
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
                return "cancelled" if state == "cancelling" else "failed"


def _listen(stream: Any, said: dict[str, Any]) -> None:
    """Read what a child says, a line of json at a time."""
    for line in stream:
        try:
            said.update(json.loads(line))
        except ValueError:
            continue


def _collect(stream: Any, errors: list[str]) -> None:
    for line in stream:
        errors.append(line)
        del errors[:-200]
