"""Signing in by OpenID Connect, against a real provider on the loopback."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
import sqlalchemy as sa

from citycarbon.interfaces.workbench import oidc, people, store
from citycarbon.interfaces.workbench.oidc import Begun

BASE = "http://127.0.0.1:8470"


@pytest.fixture(scope="module")
def provider():
    with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def office(desk, provider, tmp_path):
    """A workbench that knows the provider."""
    oidc._discovered.cache_clear()
    secret = tmp_path / "secret"
    secret.write_text("a secret of this test\n", "utf-8")
    desk.bench.settings = replace(
        desk.bench.settings,
        address=BASE,
        oidc_issuer=provider,
        oidc_client="citycarbon",
        oidc_secret=secret,
        oidc_name="Office",
    )
    return desk


def come_back(client, subject):
    """Go to the provider, sign in there, and give the address to which it sends the browser back."""
    begun = client.get("/sign-in/oidc", params={"next": "/s/toy-future"})
    assert begun.status_code == 303, begun.text
    away = begun.headers["location"]
    asked = parse_qs(urlsplit(away).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{BASE}/sign-in/oidc/back"]
    answer = httpx.post(away, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"].removeprefix(BASE)


def test_the_page_offers_it_where_it_is_set_up(desk, provider):
    assert desk.client().get("/sign-in/oidc").status_code == 404
    assert "/sign-in/oidc" not in desk.client().get("/sign-in").text


def test_whoever_is_new_has_an_account_and_no_role(office):
    assert "Sign in with Office" in office.client().get("/sign-in?lang=en").text
    client = office.client()
    answer = client.get(come_back(client, "li.ming@example.cn"))
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/s/toy-future"
    assert client.get("/account").status_code == 200
    assert client.get("/s/toy-future").status_code == 404, "nobody has given a role yet"
    with office.bench.engine.connect() as connection:
        row = connection.execute(sa.select(store.people).where(store.people.c.subject.is_not(None))).one()
    assert row.password is None
    people.give_role(office.bench.engine, row.id, "toy-future", "viewer")
    assert client.get("/s/toy-future").status_code == 200
    again = office.client()
    assert again.get(come_back(again, "li.ming@example.cn")).status_code == 303
    with office.bench.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(store.people)).scalar_one() == 5


def test_a_name_of_somebody_else_is_not_taken_over(office):
    client = office.client()
    client.get(come_back(client, "ada"))
    text = client.get("/account?lang=en").text
    assert "ada 2" in text
    assert client.get("/people").status_code == 403


def test_an_answer_belongs_to_the_question_of_one_browser(office):
    victim, attacker = office.client(), office.client()
    address = come_back(attacker, "mallory@example.cn")
    for each in (victim, office.client()):
        answer = each.get(address)
        assert answer.status_code == 422
        assert "citycarbon_session" not in each.cookies
    other = office.client()
    come_back(other, "somebody@example.cn")
    assert other.get(address).status_code == 422, "another question's state"
    assert attacker.get(address).status_code == 422 or attacker.cookies, "its own question is answered once"
    assert attacker.get(address).status_code == 422


def test_a_closed_account_stays_closed(office):
    client = office.client()
    client.get(come_back(client, "gone@example.cn"))
    with office.bench.engine.begin() as connection:
        connection.execute(sa.update(store.people).where(store.people.c.name.startswith("gone")).values(active=False))
    again = office.client()
    assert again.get(come_back(again, "gone@example.cn")).status_code == 401


@pytest.mark.parametrize("change", ["nonce", "client", "issuer", "late"])
def test_a_token_for_another_question_is_refused(office, change):
    client = office.client()
    query = parse_qs(urlsplit(come_back(client, "eve@example.cn")).query)
    begun = oidc.read(client.cookies["citycarbon_oidc"])
    settings = office.bench.settings
    if change == "nonce":
        begun = replace(begun, nonce="another")
    if change == "late":
        begun = oidc.read(replace(begun, at=begun.at - 3600).written())
    if change == "client":
        settings = replace(settings, oidc_client="another")
    if change == "issuer":
        settings = replace(settings, oidc_issuer=settings.oidc_issuer + "/other")
    with pytest.raises(oidc.InputError) as caught:
        oidc.end(settings, begun, query["state"][0], query["code"][0])
    assert caught.value.problems[0].code == "oidc_failed"


def test_a_service_that_is_not_there_is_told(office):
    office.bench.settings = replace(office.bench.settings, oidc_issuer="http://127.0.0.1:9/")
    assert office.client().get("/sign-in/oidc").status_code == 422
    office.bench.settings = replace(office.bench.settings, oidc_issuer="http://login.example.cn")
    assert office.client().get("/sign-in/oidc").status_code == 422, "no plain http beyond this machine"


@pytest.mark.parametrize("text", ["", "x", "e30=", "bnVsbA==", "eyJzdGF0ZSI6MX0="])
def test_a_cookie_of_anything_else_is_nothing(text):
    assert oidc.read(text) is None
    assert isinstance(oidc.read(Begun("s", "n", "v", "/", oidc.time.time()).written()), Begun)
