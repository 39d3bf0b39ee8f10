"""The database of a workbench: people, sessions, tokens, grants, approvals, saved projections, jobs and the log.

Comes in: settings. Goes out: an engine and its tables. Not for: what the rows mean, which the modules beside it know.
"""

from __future__ import annotations

import time
from importlib.resources import as_file, files
from typing import Any

import sqlalchemy as sa

from citycarbon.interfaces.workbench.settings import Settings

metadata = sa.MetaData()
_text, _number = sa.String, sa.Float

people = sa.Table(
    "people", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", _text(120), nullable=False, unique=True),
    sa.Column("shown", _text(120), nullable=False),
    sa.Column("password", _text(400), nullable=True),
    sa.Column("subject", _text(400), nullable=True, unique=True),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
    sa.Column("made", _number, nullable=False),
)  # fmt: skip
grants = sa.Table(
    "grants", metadata,
    sa.Column("person", sa.Integer, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("study", _text(80), primary_key=True),
    sa.Column("role", _text(20), nullable=False),
)  # fmt: skip
sessions = sa.Table(
    "sessions", metadata,
    sa.Column("key", _text(64), primary_key=True),
    sa.Column("person", sa.Integer, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    sa.Column("form", _text(64), nullable=False),
    sa.Column("made", _number, nullable=False),
    sa.Column("used", _number, nullable=False),
    sa.Column("ends", _number, nullable=False),
)  # fmt: skip
tokens = sa.Table(
    "tokens", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person", sa.Integer, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", _text(120), nullable=False),
    sa.Column("key", _text(64), nullable=False, unique=True),
    sa.Column("role", _text(20), nullable=False),
    sa.Column("study", _text(80), nullable=False),
    sa.Column("made", _number, nullable=False),
    sa.Column("ends", _number, nullable=False),
    sa.Column("used", _number, nullable=True),
)  # fmt: skip
failures = sa.Table(
    "failures", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", _text(120), nullable=False, index=True),
    sa.Column("origin", _text(64), nullable=False, index=True),
    sa.Column("at", _number, nullable=False),
)  # fmt: skip
facts = sa.Table(
    "facts", metadata,
    sa.Column("name", _text(60), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)  # fmt: skip
studies = sa.Table(
    "studies", metadata,
    sa.Column("study", _text(80), primary_key=True),
    sa.Column("public", sa.Boolean, nullable=False, default=False),
    sa.Column("made", _number, nullable=False),
)  # fmt: skip
log = sa.Table(
    "log", metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", _number, nullable=False),
    sa.Column("person", _text(120), nullable=False),
    sa.Column("origin", _text(64), nullable=False),
    sa.Column("act", _text(60), nullable=False),
    sa.Column("study", _text(80), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("before", _text(64), nullable=False),
    sa.Column("hash", _text(64), nullable=False, unique=True),
)  # fmt: skip
approvals = sa.Table(
    "approvals", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("study", _text(80), nullable=False, index=True),
    sa.Column("version", _text(64), nullable=False),
    sa.Column("state", _text(20), nullable=False),
    sa.Column("person", _text(120), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at", _number, nullable=False),
)  # fmt: skip
projections = sa.Table(
    "projections", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("study", _text(80), nullable=False, index=True),
    sa.Column("name", _text(120), nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("person", _text(120), nullable=False),
    sa.Column("at", _number, nullable=False),
)  # fmt: skip
jobs = sa.Table(
    "jobs", metadata,
    sa.Column("id", _text(32), primary_key=True),
    sa.Column("study", _text(80), nullable=False, index=True),
    sa.Column("kind", _text(40), nullable=False),
    sa.Column("person", _text(120), nullable=False),
    sa.Column("state", _text(20), nullable=False, index=True),
    sa.Column("stage", _text(200), nullable=False),
    sa.Column("part", _number, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("worker", _text(80), nullable=False),
    sa.Column("made", _number, nullable=False),
    sa.Column("seen", _number, nullable=False),
)  # fmt: skip


def open_store(settings: Settings) -> sa.Engine:
    """Open the database, bring it to the present form, and give its engine."""
    settings.state.mkdir(parents=True, exist_ok=True)
    settings.state.chmod(0o700)
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            url, connect_args={"timeout": 20, "check_same_thread": False}, pool_size=8, max_overflow=40
        )
        sa.event.listen(engine, "connect", _careful)
    else:
        engine = sa.create_engine(url, pool_size=5, max_overflow=10, pool_pre_ping=True)
    _bring_up_to_date(engine)
    return engine


def _careful(connection: Any, _: Any) -> None:
    """SQLite: readers beside one writer, and references that hold."""
    cursor = connection.cursor()
    for order in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA foreign_keys=ON"):
        cursor.execute(order)
    cursor.close()


def _bring_up_to_date(engine: sa.Engine) -> None:
    """Run the migrations that the database lacks, one process at a time."""
    from alembic import command
    from alembic.config import Config

    with (
        as_file(files("citycarbon.interfaces.workbench").joinpath("migrations")) as folder,
        engine.begin() as connection,
    ):
        if engine.dialect.name == "postgresql":
            hold(connection, MIGRATING)
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def hold(connection: sa.Connection, what: int) -> None:
    """Let one process at a time go on from here to the end of the transaction; what is read after this stays true until then.

    Parameters
    ----------
    connection
        A connection in a transaction.
    what
        Number of what is held, in a database that can hold single things; SQLite holds its only write lock.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("UPDATE facts SET value = value WHERE name = ''")
    else:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": 84708470 + what})


MIGRATING, LOGGING, SIGNING_IN, WORKING = 0, 1, 2, 3
