"""A workbench on results of shipped studies: one that everyone may read, two that are closed, and people with roles."""

import shutil
from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient

from citycarbon.interfaces.command import PRINTS
from citycarbon.interfaces.serving import application, open_bench
from citycarbon.interfaces.workbench import people
from citycarbon.interfaces.workbench.bench import Bench
from citycarbon.interfaces.workbench.settings import settings_of

PASSWORD = "correct horse battery staple"
STUDIES = {"toy-city": True, "toy-future": False, "toy-land": False}


@dataclass
class Desk:
    """A workbench, its application, and clients of people."""

    bench: Bench
    app: object

    def client(self, name: str = "") -> TestClient:
        """A browser; signed in if a name is given."""
        made = TestClient(
            self.app, base_url="http://127.0.0.1:8470", follow_redirects=False, raise_server_exceptions=False
        )
        if name:
            answer = made.post("/sign-in", data={"name": name, "password": PASSWORD, "next": "/"})
            assert answer.status_code == 303, answer.text
        return made

    def form_key(self, name: str, client: TestClient) -> str:
        """The key that forms of a session carry."""
        key = client.cookies["citycarbon_session"]
        return people.person_of_session(self.bench.engine, key, 1.0).form


@pytest.fixture
def desk(served_results, tmp_path, monkeypatch):
    """A fresh workbench on SQLite."""
    yield from fresh_desk(served_results, tmp_path, monkeypatch)


def fresh_desk(served_results, tmp_path, monkeypatch, **settings):
    """A fresh workbench: toy-city is open data; alice reads toy-future, ana computes in toy-land, ada looks after all."""
    monkeypatch.setattr(people, "hasher", lambda: people.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    people._nobody.cache_clear()
    home = tmp_path / "home"
    for name in STUDIES:
        shutil.copytree(served_results / name, home / name)
    bench = open_bench(settings_of(home, **settings), PRINTS)
    for name, public in STUDIES.items():
        bench.publish(name, public)
    grants = {
        "alice": {"toy-future": "viewer"}, "ana": {"toy-land": "analyst"}, "rui": {"toy-land": "approver"},
        "ada": {"*": "administrator"},
    }  # fmt: skip
    with bench.engine.begin() as connection:
        for name, granted in grants.items():
            people.add_person(connection, name, PASSWORD, granted)
    yield Desk(bench, application(bench))
    bench.engine.dispose()
