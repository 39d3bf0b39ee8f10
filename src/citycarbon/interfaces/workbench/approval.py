"""Approval of a version of an inventory: handed in by an analyst, approved or sent back by somebody else.

Comes in: a study's entry and a person. Goes out: states and their history. Not for: what a version holds, which its hash says.

A version is the hash of the result's index, which holds the hash of every table: a new run is a new version, and what was
approved stays approved for the old one alone.
"""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.workbench import audit, store
from citycarbon.interfaces.workbench.bench import Bench
from citycarbon.interfaces.workbench.people import Person
from citycarbon.interfaces.workbench.store import now
from citycarbon.studies.shelf import Entry

State = Literal["draft", "handed_in", "approved", "sent_back"]
ACTS: dict[str, tuple[str, State]] = {
    "hand_in": ("analyst", "handed_in"),
    "approve": ("approver", "approved"),
    "send_back": ("approver", "sent_back"),
}
"""What can be done: the role that it needs, and the state that follows."""


def history(bench: Bench, study: str) -> list[dict[str, Any]]:
    """Everything that was decided about a study's versions, the newest first."""
    query = sa.select(store.approvals).where(store.approvals.c.study == study).order_by(store.approvals.c.id.desc())
    with bench.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def state_of(bench: Bench, entry: Entry) -> State:
    """State of the present version: draft, handed_in, approved or sent_back."""
    return next((row["state"] for row in history(bench, entry.id) if row["version"] == entry.version), "draft")


def decide(bench: Bench, person: Person, entry: Entry, act: str, version: str, note: str, origin: str = "") -> State:
    """Hand a version in, approve it, or send it back; give the new state.

    Parameters
    ----------
    bench, person, entry
        Where, who, and which study.
    act
        ``hand_in``, ``approve`` or ``send_back``.
    version
        The version that the person looked at.
    note
        Why.
    origin
        Network address, for the log.

    Raises
    ------
    InputError
        ``role_missing``; ``version_changed`` if a run came in between or the version is not in the state that this asks for;
        ``approve_own`` if the person handed it in.
    """
    if act not in ACTS:
        raise InputError("value_not_listed", Where(item="act"), act, known=", ".join(ACTS))
    role, following = ACTS[act]
    bench.require(person, entry.id, role)
    with bench.engine.begin() as connection:
        store.hold(connection, store.WORKING)
        mine = (store.approvals.c.study == entry.id, store.approvals.c.version == version)
        last = connection.execute(
            sa.select(store.approvals).where(*mine).order_by(store.approvals.c.id.desc()).limit(1)
        ).first()
        state = last.state if last else "draft"
        wanted = ("draft", "sent_back") if act == "hand_in" else ("handed_in",)
        if version != entry.version or not version or state not in wanted:
            raise InputError(
                "version_changed", Where(item="version"), f"{version[:12]} · {state}", state=" | ".join(wanted)
            )
        if act != "hand_in" and last is not None and last.person == person.name:
            raise InputError("approve_own", Where(item=entry.id), person.name)
        values = {
            "study": entry.id,
            "version": version,
            "state": following,
            "person": person.name,
            "note": note[:2000],
            "at": now(),
        }
        connection.execute(sa.insert(store.approvals).values(values))
    audit.note(bench.engine, person.name, act, entry.id, origin, version=version, note=note[:2000])
    return following
