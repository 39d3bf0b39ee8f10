"""Who may see what, tried over every address: no page or table without its role, no study of others, no planted session."""

import re
import time

import pytest
import sqlalchemy as sa
from markupsafe import escape
from starlette.routing import Mount, Route

from citycarbon.core.errors import InputError
from citycarbon.interfaces.workbench import audit, people, store

from .conftest import PASSWORD

CLOSED = ["/s/toy-future", "/s/toy-future/inventory", "/s/toy-future/projection", "/s/toy-future/data/inventory.json",
          "/s/toy-future/trace.json", "/api/v1/studies/toy-future", "/api/v1/studies/toy-future/result",
          "/api/v1/studies/toy-future/tables", "/api/v1/studies/toy-future/tables/emissions",
          "/api/v1/studies/toy-future/tables/emissions/rows", "/api/v1/studies/toy-future/tables/emissions/rows.csv",
          "/api/v1/studies/toy-future/trace", "/api/v1/studies/toy-future/files/report.html",
          "/api/v1/studies/toy-future/projections", "/api/v1/studies/toy-future/layers", "/api/v1/studies/toy-future/ogc",
          "/s/toy-future/data", "/s/toy-future/data/file", "/api/v1/studies/toy-future/jobs",
          "/api/v1/studies/toy-future/approval",
          "/api/v1/studies/toy-future/ogc/conformance", "/api/v1/studies/toy-future/ogc/collections"]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_a_closed_study_is_open_to_its_people_alone(desk, address):
    assert desk.client().get(address).status_code == 401
    ana = desk.client("ana")
    others, absent = ana.get(address), ana.get(address.replace("toy-future", "no-such-study"))
    assert others.status_code == absent.status_code == 404
    plain = re.sub(r"toy-future|no-such-study", "X", others.text)
    assert plain == re.sub(r"toy-future|no-such-study", "X", absent.text), "nobody learns which studies exist"
    assert desk.client("alice").get(address).status_code in (200, 404 if "file" in address else 200)


def test_every_address_of_a_study_is_in_the_list_above_or_needs_a_form(desk):
    """A new route below a study must be tried here."""
    found = set()
    for mount in desk.app.routes:
        assert isinstance(mount, Mount)
        prefix = mount.path
        for route in mount.app.routes:
            path = getattr(route, "path", "")
            if "{study" in path and "GET" in (getattr(route, "methods", None) or set()):
                found.add(prefix + path)
    patterns = [
        re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path).replace(".", r"\.").replace(r"[^/]+\.", "[^/]+.") + "$")
        for path in found
    ]
    untried = [
        path
        for path, pattern in zip(found, patterns, strict=True)
        if not any(pattern.match(address) for address in CLOSED)
    ]
    further = {path for path in untried if re.search(r"\{(step|layer|upload|job)", path)}
    assert set(untried) == further
    for path in further:
        address = re.sub(r"\{number[^}]*\}|\{[zxy]\}", "0", re.sub(r"\{study\}", "toy-future", path))
        address = re.sub(r"\{[^}]*\}", "x", address)
        assert desk.client().get(address).status_code == 401, address
        assert desk.client("ana").get(address).status_code == 404, address


def test_lists_show_what_one_may_read(desk):
    names = {
        who: [each["id"] for each in desk.client(who).get("/api/v1/studies").json()["items"]]
        for who in ("", "alice", "ana", "ada")
    }
    assert names == {"": ["toy-city"], "alice": ["toy-city", "toy-future"], "ana": ["toy-city", "toy-land"],
                     "ada": ["toy-city", "toy-future", "toy-land"]}  # fmt: skip
    assert "Toy future" not in desk.client().get("/?lang=en").text


@pytest.mark.parametrize("address", ["/people", "/log"])
def test_pages_of_administrators(desk, address):
    assert desk.client().get(address).status_code == 401
    assert desk.client("rui").get(address).status_code == 403
    assert desk.client("ada").get(address).status_code == 200


def test_a_form_of_another_site_is_refused(desk):
    client = desk.client("ada")
    form = {"name": "eve", "password": PASSWORD, "role": "administrator", "study": "*"}
    assert client.post("/people", data=form).status_code == 403, "no key"
    good = {**form, "form_key": desk.form_key("ada", client)}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert client.post("/people", data=good, headers=headers).status_code == 403
    assert client.post("/people", data={**good, "form_key": "wrong"}).status_code == 403
    assert client.post("/people", data=good, headers={"origin": "http://127.0.0.1:8470"}).status_code == 303


def test_the_api_takes_a_cookie_for_changes_only_with_the_key_of_its_page(desk):
    client = desk.client("ana")
    address, body = "/api/v1/studies/toy-land/projections/x/saved", {"scenario": "a", "levers": [], "name": "n"}
    answer = client.post(address, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "form_stale")
    answer = client.post(address, json=body, headers={"x-form-key": desk.form_key("ana", client)})
    assert answer.json()["errors"][0]["code"] == "step_unknown"


def test_signing_in_begins_a_fresh_session_and_ends_the_old_one(desk):
    client = desk.client()
    client.cookies.set("citycarbon_session", "planted-by-someone", domain="127.0.0.1")
    client.post("/sign-in", data={"name": "alice", "password": PASSWORD})
    fresh = client.cookies["citycarbon_session"]
    assert fresh != "planted-by-someone"
    client.post("/sign-in", data={"name": "alice", "password": PASSWORD})
    assert client.cookies["citycarbon_session"] != fresh
    assert not people.person_of_session(desk.bench.engine, fresh, 1).known
    kept = client.cookies["citycarbon_session"]
    client.post("/sign-out", data={"form_key": desk.form_key("alice", client)})
    assert not people.person_of_session(desk.bench.engine, kept, 1).known


def test_the_cookie_is_closed_to_scripts_and_other_sites(desk):
    answer = desk.client().post("/sign-in", data={"name": "alice", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_the_database_holds_no_key_and_no_password(desk):
    client = desk.client("alice")
    text = b"".join(path.read_bytes() for path in desk.bench.settings.state.iterdir())
    assert client.cookies["citycarbon_session"].encode() not in text
    assert PASSWORD.encode() not in text
    assert desk.bench.settings.state.stat().st_mode & 0o077 == 0


def test_wrong_passwords_are_limited_by_name_and_unknown_names_look_alike(desk):
    client = desk.client()
    texts = set()
    for name in ("alice", "nobody"):
        answer = client.post("/sign-in?lang=en", data={"name": name, "password": "x" * 14})
        assert answer.status_code == 401
        texts.add(answer.text.replace(name, "NAME"))
    assert len(texts) == 1
    for _ in range(people.TRIES):
        last = client.post("/sign-in", data={"name": "alice", "password": "x" * 14})
    assert last.status_code == 429
    assert client.post("/sign-in", data={"name": "alice", "password": PASSWORD}).status_code == 429, (
        "the right one waits too"
    )
    assert client.post("/sign-in", data={"name": "ana", "password": PASSWORD}).status_code == 303


def test_tries_that_come_at_once_count_one_another(desk):
    from concurrent.futures import ThreadPoolExecutor

    def one(_):
        return desk.client().post("/sign-in", data={"name": "alice", "password": "y" * 14}).status_code

    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(one, range(24)))
    assert codes.count(401) <= people.TRIES
    assert set(codes) <= {401, 429}


def test_the_first_administrator_is_made_once_with_the_printed_link(desk, tmp_path):
    from starlette.testclient import TestClient

    from citycarbon.interfaces.serving import application, open_bench
    from citycarbon.interfaces.workbench.settings import settings_of

    bench = open_bench(settings_of(tmp_path))
    key = people.setup_key(bench.engine)
    client = TestClient(application(bench), follow_redirects=False)
    assert client.get("/setup?key=wrong").status_code == 403
    assert client.get(f"/setup?key={key}").status_code == 200
    weak = client.post("/setup", data={"key": key, "name": "root", "password": "short"})
    assert weak.status_code == 422
    assert client.post("/setup", data={"key": key, "name": "root", "password": PASSWORD}).status_code == 303
    assert client.get("/people").status_code == 200
    assert client.post("/setup", data={"key": key, "name": "evil", "password": PASSWORD}).status_code == 403
    assert people.setup_key(bench.engine) is None


def test_a_token_does_no_more_than_it_was_given(desk):
    client = desk.client("ada")
    form = {
        "form_key": desk.form_key("ada", client),
        "name": "reader",
        "role": "viewer",
        "study": "toy-land",
        "days": "3",
    }
    page = client.post("/account/tokens", data=form)
    token = re.search(r"cct_[\w-]+", page.text).group()
    program = desk.client()
    program.headers["authorization"] = f"Bearer {token}"
    assert program.get("/api/v1/studies/toy-land").json()["role"] == "viewer"
    assert program.get("/api/v1/studies/toy-future").status_code == 404
    body = {"scenario": "a", "levers": [], "name": "n"}
    assert program.post("/api/v1/studies/toy-land/projections/x/saved", json=body).status_code == 403
    assert program.get("/people").status_code == 403
    program.headers["authorization"] = "Bearer wrong"
    assert program.get("/api/v1/studies/toy-city").status_code == 401, "a wrong token is no visitor"


def test_a_token_cannot_outgrow_its_person(desk):
    client = desk.client("alice")
    form = {
        "form_key": desk.form_key("alice", client),
        "name": "x",
        "role": "analyst",
        "study": "toy-future",
        "days": "3",
    }
    assert client.post("/account/tokens", data=form).status_code == 422
    alice = people.person_of_session(desk.bench.engine, client.cookies["citycarbon_session"], 1)
    key = people.make_token(desk.bench.engine, alice, "x", "viewer", "toy-future", 3)
    with desk.bench.engine.begin() as connection:
        connection.execute(sa.delete(store.grants).where(store.grants.c.person == alice.number))
    assert not people.person_of_token(desk.bench.engine, key).grants


def test_a_closed_person_is_out_at_once(desk):
    alice, ada = desk.client("alice"), desk.client("ada")
    assert alice.get("/account").status_code == 200
    with desk.bench.engine.connect() as connection:
        number = connection.execute(sa.select(store.people.c.id).where(store.people.c.name == "alice")).scalar_one()
    assert ada.post(f"/people/{number}/close", data={"form_key": desk.form_key("ada", ada)}).status_code == 303
    assert alice.get("/account").status_code == 401
    assert desk.client().post("/sign-in", data={"name": "alice", "password": PASSWORD}).status_code == 401


def test_a_session_ends_by_itself(desk):
    client = desk.client("alice")
    with desk.bench.engine.begin() as connection:
        connection.execute(sa.update(store.sessions).values(ends=time.time() - 1))
    assert client.get("/account").status_code == 401


def test_after_signing_in_one_stays_on_this_site(desk):
    for bad in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/ x"):
        answer = desk.client().post("/sign-in", data={"name": "alice", "password": PASSWORD, "next": bad})
        assert answer.headers["location"] == "/"
    answer = desk.client().post(
        "/sign-in", data={"name": "alice", "password": PASSWORD, "next": "/s/toy-future?time=2020"}
    )
    assert answer.headers["location"] == "/s/toy-future?time=2020"


def test_every_answer_carries_the_headers_that_protect_it(desk):
    client = desk.client()
    static = re.search(r"/static/\w+/web.css", client.get("/").text).group()
    for address in (
        "/",
        "/sign-in",
        "/nothing",
        "/api/v1/",
        "/api/v1/nothing",
        static,
        "/s/toy-city/data/cockpit.json",
    ):
        headers = client.get(address).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_bodies_are_counted_whatever_they_say_about_themselves(desk):
    client = desk.client()
    limit = desk.bench.settings.body
    assert client.post("/sign-in", data={"name": "x" * (limit + 1)}).status_code == 413

    def parts():
        for _ in range(40):
            yield b"x" * (limit // 20)

    answer = client.post("/sign-in", content=parts(), headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413
    answer = client.post("/api/v1/studies/toy-city/projections/x/answer", content=parts())
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    "name", ["%2e%2e%2f", "..%2f..%2fetc", "toy-city%2f..%2ftoy-future", ".workbench", "toy-city%00", "%5c..%5c"]
)
def test_no_name_leads_out_of_the_shelf(desk, name):
    client = desk.client("ada")
    for address in (f"/s/{name}", f"/api/v1/studies/{name}", f"/api/v1/studies/{name}/tables/emissions/rows",
                    f"/api/v1/studies/toy-city/tables/{name}/rows", f"/api/v1/studies/toy-city/files/{name}",
                    f"/static/x/{name}"):  # fmt: skip
        assert client.get(address).status_code in (400, 404, 422), address


def test_text_of_a_study_stays_text(desk):
    """A title with markup, as someone could give a study of their own."""
    import json

    path = desk.bench.settings.home / "toy-city" / "result.json"
    index = json.loads(path.read_text("utf-8"))
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"
    index["title"] = {"en": evil, "zh": evil}
    path.write_text(json.dumps(index), "utf-8")
    client = desk.client()
    for address in ("/", "/s/toy-city", "/s/toy-city/inventory"):
        text = client.get(address).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "49" not in re.findall(r"<title>(.*?)</title>", text)[0]
    assert "<script>" not in client.get("/s/toy-city/data/cockpit.json").text


def test_a_name_with_markup_stays_text(desk):
    client = desk.client("ada")
    evil = "<b onmouseover=alert(1)>x</b>"
    form = {
        "form_key": desk.form_key("ada", client),
        "name": evil,
        "password": PASSWORD,
        "role": "viewer",
        "study": "*",
    }
    assert client.post("/people", data=form).status_code == 303
    for address in ("/people", "/log"):
        assert "<b onmouseover" not in client.get(address).text


def test_the_log_shows_a_change(desk):
    engine = desk.bench.engine
    desk.client("alice")
    audit.note(engine, "alice", "password")
    assert audit.broken_lines(engine) == []
    with engine.begin() as connection:
        connection.execute(sa.update(store.log).where(store.log.c.number == 1).values(person="someone else"))
    assert audit.broken_lines(engine) == [1]
    with engine.begin() as connection:
        connection.execute(sa.delete(store.log).where(store.log.c.number == 1))
    assert audit.broken_lines(engine) == [2]


def test_lines_written_at_once_make_one_chain(desk):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: audit.note(desk.bench.engine, f"p{n}", "sign_in"), range(40)))
    assert audit.broken_lines(desk.bench.engine) == []
    assert len(audit.lines(desk.bench.engine)) == 40


def test_a_person_needs_a_name_and_a_password_that_will_do(desk):
    with desk.bench.engine.begin() as connection, pytest.raises(InputError) as caught:
        people.add_person(connection, "alice", "aaaaaaaaaaaaaaa", {"*": "king"})
    assert [each.code for each in caught.value.problems] == ["value_not_listed", "password_weak", "person_taken"]


def test_routes_are_plain_or_mounted(desk):
    assert all(isinstance(route, (Mount, Route)) for route in desk.app.routes)


def test_what_an_administrator_closes_is_closed_where_all_is_open(desk):
    from dataclasses import replace

    desk.bench.settings = replace(desk.bench.settings, public=("*",))
    with desk.bench.engine.begin() as connection:
        connection.execute(sa.delete(store.studies))
    assert desk.client().get("/s/toy-future").status_code == 200
    ada = desk.client("ada")
    key = desk.form_key("ada", ada)
    ada.post("/people/open/toy-future", data={"form_key": key, "public": "no"})
    assert desk.client().get("/s/toy-future").status_code == 401
    made = ada.post("/new", data={"form_key": key, "name": "own-city", "template": "starter"})
    assert made.status_code == 303
    assert desk.client().get("/s/own-city/data").status_code == 401, "a study of one's own begins closed"


def test_a_total_without_a_number_does_not_break_the_list(desk):
    import json

    path = desk.bench.settings.home / "toy-city" / "result.json"
    index = json.loads(path.read_text("utf-8"))
    for row in index["totals"]:
        row["value"] = None
    path.write_text(json.dumps(index), "utf-8")
    answer = desk.client().get("/?lang=en")
    assert answer.status_code == 200
    assert "no total" in answer.text


def test_an_administrator_changes_roles_and_passwords_of_others(desk):
    ada, alice = desk.client("ada"), desk.client("alice")
    key = {"form_key": desk.form_key("ada", ada)}
    number = people.person_of_session(desk.bench.engine, alice.cookies["citycarbon_session"], 1).number
    assert alice.get("/s/toy-land").status_code == 404
    assert ada.post(f"/people/{number}/role", data={**key, "study": "toy-land", "role": "viewer"}).status_code == 303
    assert alice.get("/s/toy-land").status_code == 200
    assert ada.post(f"/people/{number}/role", data={**key, "study": "toy-future", "role": ""}).status_code == 303
    assert alice.get("/s/toy-future").status_code == 404
    assert ada.post(f"/people/{number}/role", data={**key, "study": "toy-land", "role": "king"}).status_code == 422
    assert ada.post(f"/people/{number}/role", data={**key, "study": "nothing", "role": "viewer"}).status_code == 404
    assert ada.post(f"/people/{number}/password", data={**key, "password": "short"}).status_code == 422
    assert alice.get("/account").status_code == 200
    fresh = "a wholly other sentence"
    assert ada.post(f"/people/{number}/password", data={**key, "password": fresh}).status_code == 303
    assert alice.get("/account").status_code == 401, "a new password ends every session"
    back = desk.client()
    assert back.post("/sign-in", data={"name": "alice", "password": fresh, "next": "/"}).status_code == 303
    mine = people.person_of_session(desk.bench.engine, ada.cookies["citycarbon_session"], 1).number
    assert ada.post(f"/people/{mine}/role", data={**key, "study": "*", "role": ""}).status_code == 422, (
        "nobody locks out themselves"
    )
    visitor_key = {"form_key": desk.form_key("alice", back)}
    assert back.post(f"/people/{mine}/role", data={**visitor_key, "study": "*", "role": ""}).status_code == 403
    log = ada.get("/log?lang=en").text
    assert "gave a role" in log
    assert "set a password" in log


def test_what_is_kept_between_requests_ends_with_a_change_by_another_process(desk):
    """Another connection to the database stands for another process."""
    import sqlite3

    client = desk.client("alice")
    assert client.get("/s/toy-future").status_code == 200
    other = sqlite3.connect(desk.bench.engine.url.database)
    other.execute("UPDATE grants SET role = 'none' WHERE study = 'toy-future'")
    other.execute("DELETE FROM grants")
    other.commit()
    other.close()
    assert client.get("/s/toy-future").status_code == 404


def test_whoever_goes_away_while_sending_is_no_failure(desk, caplog):
    """The connection breaks off in the middle of a form."""
    import threading

    import anyio

    sent = []
    pieces = iter([{"type": "http.request", "body": b"name=ad", "more_body": True}, {"type": "http.disconnect"}])

    async def receive():
        return next(pieces)

    async def send(message):
        sent.append(message)

    headers = [
        (b"host", b"127.0.0.1:8470"),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", b"100"),
    ]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/sign-in",
             "raw_path": b"/sign-in", "query_string": b"", "root_path": "", "scheme": "http", "headers": headers,
             "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8470), "state": {}}  # fmt: skip
    # In a thread of its own: the one of the tests may have a loop that runs already.
    thread = threading.Thread(target=anyio.run, args=(desk.app, scope, receive, send))
    thread.start()
    thread.join(20)
    assert sent[0]["status"] == 400
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    "evil", ["' OR '1'='1", "x'; DROP TABLE people; --", '" OR ""="', "{{ 7*7 }}", "${7*7}", "%00", "\\"]
)
def test_words_of_askers_are_never_code(desk, evil):
    """SQL and templates: words in every place where a page or the API takes one."""
    client, ada = desk.client(), desk.client("ada")
    api = "/api/v1/studies/toy-city"
    signed = client.post("/sign-in", data={"name": evil, "password": evil, "next": evil})
    assert signed.status_code in (401, 422, 429)
    assert "citycarbon_session" not in client.cookies
    asked = [
        (f"{api}/tables/emissions/rows", {"place": evil}), (f"{api}/tables/emissions/rows", {"sort": evil}),
        (f"{api}/tables/emissions/rows", {evil: "1"}), (f"{api}/trace", {"sector": evil}),
        (f"{api}/layers/parcels/values", {"sector": evil}), ("/api/v1/factors", {"search": evil}),
        ("/api/v1/methods", {"search": evil}), ("/methods", {"search": evil}), ("/factors", {"search": evil}),
        ("/compare", {"first": evil}), ("/api/v1/comparison", {"first": "toy-city", "second": "toy-city", "list": evil}),
        ("/s/toy-city/projection", {"moves": evil}), ("/sign-in", {"next": evil}),
    ]  # fmt: skip
    for address, query in asked:
        answer = ada.get(address, params=query)
        assert answer.status_code < 500, (address, query)
        if address in ("/methods", "/factors"):
            assert f'value="{escape(evil)}"' in answer.text, "what was asked stands in the field as it was typed"
    rows = ada.get(f"{api}/tables/emissions/rows", params={"place": evil}).json()
    assert rows["matched"] == 0
    key = desk.form_key("ada", ada)
    ada.post(
        "/people",
        data={"form_key": key, "name": evil, "password": "four words are long", "role": "viewer", "study": evil},
    )
    assert ada.get("/people").status_code == 200
    with desk.bench.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(store.people)).scalar_one() >= 4


def test_a_workbench_knows_how_long_nobody_has_asked(desk):
    import os
    from dataclasses import replace

    desk.bench.settings = replace(desk.bench.settings, idle_stop=100.0)
    desk.client().get("/")
    assert desk.bench.idle() < 5
    note = desk.bench.settings.state / "asked"
    os.utime(note, (time.time() - 500, time.time() - 500))
    assert desk.bench.idle() > 400
    desk.bench._noted = -1e9
    desk.client().get("/")
    assert desk.bench.idle() < 5
