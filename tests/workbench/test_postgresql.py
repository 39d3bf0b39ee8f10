"""The workbench on PostgreSQL: what people, sessions, jobs, approval and the log promise holds there as on SQLite.

The tests of access and approval run again, on a server that this module starts; others need more than one connection at once.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from citycarbon.interfaces.workbench import audit, store
from citycarbon.interfaces.workbench.settings import settings_of
from citycarbon.interfaces.workbench.store import open_store
from citycarbon.interfaces.workbench.work import jobs

from .conftest import fresh_desk
from .test_access import (  # noqa: F401  # collected here again, with the fixture of this module
    test_a_closed_person_is_out_at_once,
    test_a_session_ends_by_itself,
    test_a_token_cannot_outgrow_its_person,
    test_a_token_does_no_more_than_it_was_given,
    test_an_administrator_changes_roles_and_passwords_of_others,
    test_lines_written_at_once_make_one_chain,
    test_lists_show_what_one_may_read,
    test_signing_in_begins_a_fresh_session_and_ends_the_old_one,
    test_tries_that_come_at_once_count_one_another,
    test_what_an_administrator_closes_is_closed_where_all_is_open,
    test_wrong_passwords_are_limited_by_name_and_unknown_names_look_alike,
)
from .test_approval import *  # noqa: F403

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def server_words():
    """The words before each program: PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def cluster():
    """A PostgreSQL server of its own, on a socket in an own folder; it listens to no network."""
    if not PROGRAMS and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    run = [*server_words()]
    programs = PROGRAMS[-1]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run(
        [*run, programs / "initdb", "-D", folder / "data", "-U", "city", "-A", "trust", "-E", "UTF8"], **quiet
    )
    options = f"-c listen_addresses= -k {folder} -c fsync=off"
    log = folder / "log"
    subprocess.run([*run, programs / "pg_ctl", "-D", folder / "data", "-o", options, "-l", log, "-w", "start"], **quiet)
    yield f"postgresql+psycopg://city@/{{}}?host={folder}"
    subprocess.run([*run, programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop"], **quiet)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(cluster):
    """The address of an empty database."""
    name = f"city_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(cluster.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return cluster.format(name)


@pytest.fixture
def desk(served_results, tmp_path, monkeypatch, database):
    """A fresh workbench on PostgreSQL."""
    yield from fresh_desk(served_results, tmp_path, monkeypatch, database=database)


def at_once(count, work):
    """Do something in several threads at once; give what came of each."""
    found, gate = [], threading.Barrier(count)

    def one():
        gate.wait()
        try:
            found.append(work())
        except Exception as error:  # the test looks at it
            found.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_processes_that_start_at_once_make_the_tables_once(database, tmp_path):
    engines = at_once(4, lambda: open_store(settings_of(tmp_path, database=database)))
    assert all(isinstance(each, sa.Engine) for each in engines), engines
    with engines[0].connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1
    for each in engines:
        each.dispose()


def test_a_job_is_taken_by_one_worker(desk):
    engine = desk.bench.engine
    names = [jobs.ask_for(engine, "run", f"study-{number}", "ana") for number in range(6)]
    workers = [jobs.Worker(engine, str(desk.bench.settings.home), ()) for _ in range(6)]
    taken = at_once(6, lambda: workers.pop()._claim())
    assert sorted(taken) == sorted(names)


def test_two_that_ask_for_one_study_at_once_are_not_both_heard(desk):
    made = at_once(5, lambda: jobs.ask_for(desk.bench.engine, "run", "toy-land", "ana"))
    assert sum(isinstance(each, str) for each in made) == 1, made


def test_the_log_of_several_processes_is_one_chain(database, tmp_path):
    engines = [open_store(settings_of(tmp_path, database=database)) for _ in range(3)]
    at_once(12, lambda: [audit.note(engines[n % 3], "ana", "run", "toy-city", number=n) for n in range(6)])
    with engines[0].connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(store.log)).scalar_one() == 72
    assert audit.broken_lines(engines[1]) == []
    for each in engines:
        each.dispose()
