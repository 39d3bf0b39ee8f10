"""People: passwords, sessions, API tokens, roles, and the first administrator.

Comes in: names, passwords, keys. Goes out: who someone is and what they may do. Not for: pages or HTTP.

Passwords are kept as Argon2id hashes. Keys of sessions and tokens are 256 random bits; only their SHA-256 is kept, so that a
copy of the database lets nobody in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from threading import BoundedSemaphore

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.interfaces.workbench import store
from citycarbon.interfaces.workbench.store import now

ROLES = ("viewer", "analyst", "approver", "administrator")
"""What someone may do, each including what stands before it: read; compute and upload; approve; look after people."""
EVERY = "*"
SHORTEST, LONGEST = 12, 200
TRIES, SPAN = 5, 900.0
"""Wrong passwords of one name within so many seconds before the name waits; of one origin it is ten times as many."""
_AT_ONCE = BoundedSemaphore(2)
"""Argon2 takes 64 MB and a core for each password: no more than two at a time."""


@dataclass(frozen=True)
class Person:
    """Who asks: a name, and the role in each study; ``*`` stands for all studies.

    ``form`` is the key that forms of this session carry; empty for tokens and visitors.
    """

    name: str = ""
    shown: str = ""
    number: int = 0
    grants: Mapping[str, str] = field(default_factory=dict)
    form: str = ""
    token: bool = False

    @property
    def known(self) -> bool:
        """Whether someone has signed in."""
        return bool(self.name)

    def role(self, study: str = EVERY) -> str:
        """Give the role in a study, or an empty word."""
        found = [self.grants[name] for name in (study, EVERY) if name in self.grants]
        return max(found, key=ROLES.index, default="")

    def may(self, role: str, study: str = EVERY) -> bool:
        """Tell whether the role in a study is at least this one."""
        own = self.role(study)
        return bool(own) and ROLES.index(own) >= ROLES.index(role)


VISITOR = Person()


@cache
def hasher() -> PasswordHasher:
    """Argon2id with the second recommended set of RFC 9106: 64 MiB, three passes."""
    return PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)


def digest(key: str) -> str:
    """Give what is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def setup_key(engine: sa.Engine) -> str | None:
    """Give the key of the page that makes the first administrator, or None if there is one.

    The key is made anew at each start, since only its hash is kept.
    """
    key = secrets.token_urlsafe(24)
    with engine.begin() as connection:
        if connection.execute(sa.select(sa.func.count()).select_from(store.people)).scalar_one():
            return None
        connection.execute(sa.delete(store.facts).where(store.facts.c.name == "setup"))
        connection.execute(sa.insert(store.facts).values(name="setup", value=digest(key)))
    return key


def may_set_up(engine: sa.Engine, key: str) -> bool:
    """Tell whether a key opens the page that makes the first administrator."""
    with engine.connect() as connection:
        kept = connection.execute(sa.select(store.facts.c.value).where(store.facts.c.name == "setup")).scalar()
    return kept is not None and hmac.compare_digest(kept, digest(key))


def make_first(engine: sa.Engine, key: str, name: str, password: str) -> int:
    """Make the first administrator; the key is then used up.

    Raises
    ------
    InputError
        If the key is wrong or used, or name or password will not do.
    """
    if not may_set_up(engine, key):
        raise InputError("setup_closed", Where(item="key"), "")
    with engine.begin() as connection:
        used = connection.execute(sa.delete(store.facts).where(store.facts.c.name == "setup")).rowcount
        if used != 1:
            raise InputError("setup_closed", Where(item="key"), "")
        return add_person(connection, name, password, {EVERY: "administrator"})


def add_person(
    connection: sa.Connection, name: str, password: str | None, granted: Mapping[str, str], *, shown: str = "",
    subject: str | None = None,
) -> int:  # fmt: skip
    """Add a person; give the number.

    Raises
    ------
    InputError
        If the name is taken or empty, a role is unknown, or the password is too short.
    """
    problems = Problems()
    name = name.strip()
    if not name or len(name) > 100 or any(ord(sign) < 32 for sign in name):
        problems.add("person_name", Where(item="name"), name)
    for role in granted.values():
        if role not in ROLES:
            problems.add("value_not_listed", Where(item="role"), role, known=", ".join(ROLES))
    if password is not None:
        _check_password(password, name, problems)
    taken = connection.execute(sa.select(store.people.c.id).where(store.people.c.name == name)).first()
    if taken:
        problems.add("person_taken", Where(item="name"), name)
    problems.raise_all()
    kept = None if password is None else _hashed(password)
    values = {"name": name, "shown": shown or name, "password": kept, "subject": subject, "active": True, "made": now()}
    number = connection.execute(sa.insert(store.people).values(values)).inserted_primary_key
    person = int(number[0]) if number else 0
    for study, role in granted.items():
        connection.execute(sa.insert(store.grants).values(person=person, study=study, role=role))
    return person


def _check_password(password: str, name: str, problems: Problems) -> None:
    if not SHORTEST <= len(password) <= LONGEST or password.lower() == name.lower() or len(set(password)) < 5:
        problems.add("password_weak", Where(item="password"), f"{len(password)}", least=SHORTEST)


def _hashed(password: str) -> str:
    with _AT_ONCE:
        return hasher().hash(password)


@cache
def _nobody() -> str:
    """A hash that no password opens, so that unknown names take as long as known ones."""
    return hasher().hash(secrets.token_urlsafe(32))


def change_password(engine: sa.Engine, number: int, password: str) -> None:
    """Set a password and end all sessions of the person.

    Raises
    ------
    InputError
        If it will not do.
    """
    with engine.begin() as connection:
        name = connection.execute(sa.select(store.people.c.name).where(store.people.c.id == number)).scalar_one()
        problems = Problems()
        _check_password(password, str(name), problems)
        problems.raise_all()
        connection.execute(
            sa.update(store.people).where(store.people.c.id == number).values(password=_hashed(password))
        )
        connection.execute(sa.delete(store.sessions).where(store.sessions.c.person == number))


def sign_in(engine: sa.Engine, name: str, password: str, origin: str, hours: float) -> tuple[str, Person]:
    """Check a password and open a session with a fresh key.

    Parameters
    ----------
    engine
        Database.
    name, password
        As typed.
    origin
        Network address of who asks.
    hours
        Length of the session without use.

    Returns
    -------
    key, person
        The key for the cookie, and who it is.

    Raises
    ------
    InputError
        ``too_many_tries`` or ``sign_in_wrong``; the same words for a wrong name and a wrong password.
    """
    name = name.strip()[:120]
    # The try is noted before the password is looked at: tries that come at once count one another.
    with engine.begin() as connection:
        store.hold(connection, store.SIGNING_IN)
        since = store.failures.c.at > now() - SPAN
        counts = [
            connection.execute(sa.select(sa.func.count()).select_from(store.failures).where(since, each)).scalar_one()
            for each in (store.failures.c.name == name.lower(), store.failures.c.origin == origin)
        ]
        if counts[0] >= TRIES or counts[1] >= 10 * TRIES:
            raise InputError("too_many_tries", Where(item="name"), "", minutes=int(SPAN // 60))
        noted = connection.execute(sa.insert(store.failures).values(name=name.lower(), origin=origin, at=now()))
        attempt = noted.inserted_primary_key[0] if noted.inserted_primary_key else 0
        query = sa.select(store.people.c.id, store.people.c.password).where(
            store.people.c.name == name, store.people.c.active
        )
        row = connection.execute(query).first()
    kept = row.password if row is not None and row.password else None
    if not _matches(kept or _nobody(), password[:LONGEST]) or kept is None or row is None:
        raise InputError("sign_in_wrong", Where(item="name"), "")
    with engine.begin() as connection:
        connection.execute(sa.delete(store.failures).where(store.failures.c.id == attempt))
        connection.execute(sa.delete(store.failures).where(store.failures.c.at < now() - 4 * SPAN))
        if hasher().check_needs_rehash(kept):
            connection.execute(
                sa.update(store.people).where(store.people.c.id == row.id).values(password=_hashed(password))
            )
    key = open_session(engine, int(row.id), hours)
    return key, person_of_session(engine, key, hours)


def _matches(kept: str, password: str) -> bool:
    with _AT_ONCE:
        try:
            return hasher().verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def open_session(engine: sa.Engine, number: int, hours: float) -> str:
    """Open a session of a person; give its key."""
    key = secrets.token_urlsafe(32)
    values = {"key": digest(key), "person": number, "form": secrets.token_urlsafe(24), "made": now(), "used": now(),
              "ends": now() + 3600 * hours}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(sa.delete(store.sessions).where(store.sessions.c.ends < now()))
        connection.execute(sa.insert(store.sessions).values(values))
    return key


def person_of_session(engine: sa.Engine, key: str, hours: float) -> Person:
    """Tell who a session belongs to; a visitor if it has ended. Using it makes it last longer, a week at most."""
    columns = (*_columns(), store.sessions.c.form, store.sessions.c.used, store.sessions.c.made)
    query = (
        sa.select(*columns).join(store.people, store.people.c.id == store.sessions.c.person)
        .where(store.sessions.c.key == digest(key), store.sessions.c.ends > now(), store.people.c.active)
    )  # fmt: skip
    with engine.connect() as connection:
        row = connection.execute(query).first()
        if row is None:
            return VISITOR
        granted = _grants(connection, row.id)
    if now() - row.used > 60:
        ends = min(now() + 3600 * hours, row.made + 7 * 86400)
        with engine.begin() as connection:
            connection.execute(
                sa.update(store.sessions).where(store.sessions.c.key == digest(key)).values(used=now(), ends=ends)
            )
    return Person(row.name, row.shown, row.id, granted, row.form)


def person_of_subject(engine: sa.Engine, subject: str, shown: str) -> tuple[int, str]:
    """Give the number and name of whom a sign-in service knows under a subject; one who is new gets an account without a role.

    A name that somebody else has here is never taken over: the newcomer's is told apart by a number.

    Raises
    ------
    InputError
        ``sign_in_wrong`` for somebody whose account was closed.
    """
    with engine.begin() as connection:
        store.hold(connection, store.SIGNING_IN)
        mine = sa.select(store.people.c.id, store.people.c.name, store.people.c.active).where(
            store.people.c.subject == subject[:400]
        )
        row = connection.execute(mine).first()
        if row is not None and not row.active:
            raise InputError("sign_in_wrong", Where(item="name"), "")
        if row is not None:
            return int(row.id), str(row.name)
        plain = "".join(sign for sign in shown if sign.isprintable()).strip()[:80] or "oidc"
        names = [plain, *(f"{plain} {number}" for number in range(2, 1000))]
        taken = set(connection.execute(sa.select(store.people.c.name).where(store.people.c.name.in_(names))).scalars())
        name = next(each for each in names if each not in taken)
        return add_person(connection, name, None, {}, subject=subject[:400]), name


def give_role(engine: sa.Engine, number: int, study: str, role: str) -> None:
    """Give somebody a role in a study or in all, in the place of the one there; no role takes it away.

    Raises
    ------
    InputError
        If there is no such role.
    """
    if role and role not in ROLES:
        raise InputError("value_not_listed", Where(item="role"), role, known=", ".join(ROLES))
    mine = (store.grants.c.person == number, store.grants.c.study == study)
    with engine.begin() as connection:
        connection.execute(sa.delete(store.grants).where(*mine))
        if role:
            connection.execute(sa.insert(store.grants).values(person=number, study=study, role=role))


def end_session(engine: sa.Engine, key: str) -> None:
    """End a session."""
    with engine.begin() as connection:
        connection.execute(sa.delete(store.sessions).where(store.sessions.c.key == digest(key)))


def make_token(engine: sa.Engine, person: Person, name: str, role: str, study: str, days: int) -> str:
    """Make an API token that can do no more than its person; it is shown this once.

    Raises
    ------
    InputError
        If the role is above the person's own, or the name or length will not do.
    """
    problems = Problems()
    if role not in ROLES[:3] or not person.may(role, study):
        problems.add(
            "value_not_listed", Where(item="role"), role, known=", ".join(r for r in ROLES[:3] if person.may(r, study))
        )
    if not name.strip() or len(name) > 100:
        problems.add("person_name", Where(item="name"), name)
    if not 1 <= days <= 366:
        problems.add("value_out_of_range", Where(item="days"), days, range="1 <= days <= 366")
    problems.raise_all()
    key = "cct_" + secrets.token_urlsafe(32)
    values = {"person": person.number, "name": name.strip(), "key": digest(key), "role": role, "study": study,
              "made": now(), "ends": now() + 86400 * days}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(sa.insert(store.tokens).values(values))
    return key


def person_of_token(engine: sa.Engine, key: str) -> Person:
    """Tell who a token belongs to; its role is the lower of its own and of its person now."""
    columns = (*_columns(), store.tokens.c.role, store.tokens.c.study, store.tokens.c.id.label("token"))
    query = (
        sa.select(*columns).join(store.people, store.people.c.id == store.tokens.c.person)
        .where(store.tokens.c.key == digest(key), store.tokens.c.ends > now(), store.people.c.active)
    )  # fmt: skip
    with engine.connect() as connection:
        row = connection.execute(query).first()
        if row is None:
            return VISITOR
        whole = Person(row.name, row.shown, row.id, _grants(connection, row.id))
    named = [row.study] if row.study != EVERY else list(whole.grants)
    granted = {study: min(own, row.role, key=ROLES.index) for study in named if (own := whole.role(study))}
    return Person(row.name, row.shown, row.id, granted, token=True)


def _columns() -> tuple[sa.Column[object], ...]:
    return (store.people.c.id, store.people.c.name, store.people.c.shown)


def _grants(connection: sa.Connection, number: int) -> dict[str, str]:
    rows = connection.execute(
        sa.select(store.grants.c.study, store.grants.c.role).where(store.grants.c.person == number)
    )
    return {row.study: row.role for row in rows}
