"""Pages about people: first administrator, signing in and out, own account, people, open data, the log.

Comes in: requests and their forms. Goes out: HTML or a way to the next page. Not for: what a study shows.
"""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.web.frame import page
from citycarbon.interfaces.workbench import audit, people, store
from citycarbon.interfaces.workbench.asking import bench_of, check_form, cookie_name, origin_of, who
from citycarbon.interfaces.workbench.bench import needed
from citycarbon.interfaces.workbench.people import Person
from citycarbon.interfaces.workbench.problems import status_of
from citycarbon.interfaces.workbench.work.threads import slowly


def to(address: str) -> RedirectResponse:
    """Send the browser to another page."""
    return RedirectResponse(address, status_code=303)


def own_address(text: str) -> str:
    """An address of this workbench to go on to; anything that could lead elsewhere becomes the list of studies."""
    plain = (
        text.startswith("/") and not text.startswith("//") and "\\" not in text and all(ord(sign) > 32 for sign in text)
    )
    return text if plain else "/"


async def fields(request: Request) -> dict[str, str]:
    """The text fields of a form; files are read elsewhere."""
    async with request.form(max_files=0, max_fields=200) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def signed_in(request: Request, key: str, address: str) -> Response:
    """Go on with the cookie of a fresh session."""
    bench = bench_of(request)
    answer = to(address)
    answer.set_cookie(
        cookie_name(bench),
        key,
        max_age=7 * 86400,
        path="/",
        httponly=True,
        samesite="lax",
        secure=bench.settings.secure,
    )
    return answer


def sign_in_page(request: Request, *, error: InputError | None = None, **shown: Any) -> Response:
    """The form for signing in, or for making the first administrator."""
    given = {"first": False, "key": "", "next": "/", "name": "", "oidc": bench_of(request).settings.oidc_name, **shown}
    problems = error.problems if error else ()
    return page(request, "sign_in", problems=problems, status=status_of(error) if error else 200, **given)


async def sign_in(request: Request) -> Response:
    """Show the form, or check it; a session that was there before ends, so that nobody can plant one."""
    if request.method == "GET":
        return sign_in_page(request, next=own_address(request.query_params.get("next", "/")))
    form, bench = await fields(request), bench_of(request)
    name, origin = form.get("name", ""), origin_of(request)
    try:
        given = (bench.engine, name, form.get("password", ""), origin, bench.settings.session_hours)
        key, person = await slowly(people.sign_in, *given)
    except InputError as error:
        await run_in_threadpool(audit.note, bench.engine, name, "sign_in_failed", "", origin)
        return sign_in_page(request, error=error, name=name, next=own_address(form.get("next", "/")))
    await run_in_threadpool(people.end_session, bench.engine, request.cookies.get(cookie_name(bench), ""))
    await run_in_threadpool(audit.note, bench.engine, person.name, "sign_in", "", origin)
    return signed_in(request, key, own_address(form.get("next", "/")))


async def sign_out(request: Request) -> Response:
    """End the session."""
    bench, person = bench_of(request), who(request)
    check_form(person, (await fields(request)).get("form_key", ""))
    people.end_session(bench.engine, request.cookies.get(cookie_name(bench), ""))
    audit.note(bench.engine, person.name, "sign_out", "", origin_of(request))
    answer = to("/")
    answer.delete_cookie(cookie_name(bench), path="/")
    return answer


async def setup(request: Request) -> Response:
    """Make the first administrator with the link that the server printed."""
    bench = bench_of(request)
    if request.method == "GET":
        key = request.query_params.get("key", "")
        if not people.may_set_up(bench.engine, key):
            raise InputError("setup_closed", None, "")
        return sign_in_page(request, first=True, key=key)
    form = await fields(request)
    name, key = form.get("name", ""), form.get("key", "")
    try:
        number = await slowly(people.make_first, bench.engine, key, name, form.get("password", ""))
    except InputError as error:
        if error.problems[0].code == "setup_closed":
            raise
        return sign_in_page(request, error=error, first=True, key=key, name=name)
    audit.note(bench.engine, name.strip(), "setup", "", origin_of(request))
    return signed_in(request, people.open_session(bench.engine, number, bench.settings.session_hours), "/")


def _known(request: Request) -> Person:
    person = who(request)
    if not person.known:
        needed(person, "viewer")
    return person


def _account_page(request: Request, person: Person, *, fresh: str = "", error: InputError | None = None) -> Response:
    bench = bench_of(request)
    with bench.engine.connect() as connection:
        query = sa.select(store.tokens).where(store.tokens.c.person == person.number, store.tokens.c.ends > time.time())
        listed = [dict(row._mapping) for row in connection.execute(query)]
    return page(
        request, "account", person=person, tokens=listed, fresh=fresh, studies=bench.studies(person),
        problems=error.problems if error else (), status=status_of(error) if error else 200,
        day=lambda at: time.strftime("%Y-%m-%d", time.localtime(at)),
    )  # fmt: skip


def account(request: Request) -> Response:
    """The page of one's own account."""
    return _account_page(request, _known(request))


async def make_token(request: Request) -> Response:
    """Make an API token and show it once."""
    bench, person, form = bench_of(request), _known(request), await fields(request)
    check_form(person, form.get("form_key", ""))
    days = int(form["days"]) if form.get("days", "").isdecimal() and len(form["days"]) < 6 else 0
    study = form.get("study", "*")
    try:
        key = people.make_token(bench.engine, person, form.get("name", ""), form.get("role", ""), study, days)
    except InputError as error:
        return _account_page(request, person, error=error)
    audit.note(
        bench.engine, person.name, "token", study if study != "*" else "", origin_of(request), name=form.get("name", "")
    )
    return _account_page(request, person, fresh=key)


async def end_token(request: Request) -> Response:
    """End one of one's own tokens."""
    bench, person = bench_of(request), _known(request)
    check_form(person, (await fields(request)).get("form_key", ""))
    number = int(request.path_params["number"])
    with bench.engine.begin() as connection:
        mine = (store.tokens.c.id == number, store.tokens.c.person == person.number)
        connection.execute(sa.delete(store.tokens).where(*mine))
    audit.note(bench.engine, person.name, "token_end", "", origin_of(request), token=number)
    return to("/account")


async def change_password(request: Request) -> Response:
    """Set a new password; all sessions end, and a fresh one begins."""
    bench, person, form = bench_of(request), _known(request), await fields(request)
    check_form(person, form.get("form_key", ""))
    hours = bench.settings.session_hours
    try:
        given = (bench.engine, person.name, form.get("now", ""), origin_of(request), hours)
        await slowly(people.sign_in, *given)
        await slowly(people.change_password, bench.engine, person.number, form.get("fresh", ""))
    except InputError as error:
        return _account_page(request, person, error=error)
    audit.note(bench.engine, person.name, "password", "", origin_of(request))
    return signed_in(request, people.open_session(bench.engine, person.number, hours), "/account")


def _people_page(request: Request, person: Person, *, error: InputError | None = None, name: str = "") -> Response:
    bench = bench_of(request)
    with bench.engine.connect() as connection:
        granted: dict[int, list[dict[str, Any]]] = {}
        for row in connection.execute(sa.select(store.grants).order_by(store.grants.c.study)):
            granted.setdefault(row.person, []).append({"study": row.study, "role": row.role})
        listed = [
            {"id": row.id, "name": row.name, "active": row.active, "grants": granted.get(row.id, [])}
            for row in connection.execute(sa.select(store.people).order_by(store.people.c.name))
        ]
    opened = [each.id for each in bench.shelf.entries() if bench.is_public(each.id)]
    return page(
        request, "people", person=person, listed=listed, studies=bench.shelf.entries(), open=opened, name=name,
        problems=error.problems if error else (), status=status_of(error) if error else 200,
    )  # fmt: skip


def list_people(request: Request) -> Response:
    """The page of all people, for administrators."""
    person = who(request)
    needed(person, "administrator")
    return _people_page(request, person)


async def add_person(request: Request) -> Response:
    """Add a person with a first password."""
    bench, person, form = bench_of(request), who(request), await fields(request)
    needed(person, "administrator")
    check_form(person, form.get("form_key", ""))
    granted = {form.get("study", "*"): form.get("role", "")}
    try:
        with bench.engine.begin() as connection:
            people.add_person(connection, form.get("name", ""), form.get("password", ""), granted)
    except InputError as error:
        return _people_page(request, person, error=error, name=form.get("name", ""))
    audit.note(bench.engine, person.name, "person", "", origin_of(request), name=form.get("name", ""), grants=granted)
    return to("/people")


async def change_person(request: Request) -> Response:
    """Give a role, take one away, or set a new password, which signs the person out everywhere."""
    bench, person, form = bench_of(request), who(request), await fields(request)
    needed(person, "administrator")
    check_form(person, form.get("form_key", ""))
    number, act = int(request.path_params["number"]), request.url.path.rpartition("/")[2]
    try:
        if number == person.number:
            raise InputError("person_self", Where(item="name"), person.name)
        if act == "password":
            await slowly(people.change_password, bench.engine, number, form.get("password", ""))
        else:
            study = form.get("study", "*")
            if study != "*":
                bench.shelf.entry(study)
            people.give_role(bench.engine, number, study, form.get("role", ""))
    except InputError as error:
        return _people_page(request, person, error=error)
    study, facts = (form.get("study", "*"), {"role": form.get("role", "")}) if act == "role" else ("", {})
    audit.note(bench.engine, person.name, f"person_{act}", study, origin_of(request), person_number=number, **facts)
    return to("/people")


async def switch_person(request: Request) -> Response:
    """Close a person, who is then signed out everywhere, or open one again."""
    bench, person = bench_of(request), who(request)
    needed(person, "administrator")
    check_form(person, (await fields(request)).get("form_key", ""))
    number, opened = int(request.path_params["number"]), request.url.path.endswith("/open")
    if number != person.number:
        with bench.engine.begin() as connection:
            connection.execute(sa.update(store.people).where(store.people.c.id == number).values(active=opened))
            connection.execute(sa.delete(store.sessions).where(store.sessions.c.person == number))
        audit.note(
            bench.engine,
            person.name,
            "person_open" if opened else "person_close",
            "",
            origin_of(request),
            person_number=number,
        )
    return to("/people")


async def open_study(request: Request) -> Response:
    """Open a study to everyone, or close it."""
    bench, person, form = bench_of(request), who(request), await fields(request)
    needed(person, "administrator")
    check_form(person, form.get("form_key", ""))
    entry = bench.require(person, request.path_params["study"])
    public = form.get("public") == "yes"
    bench.publish(entry.id, public)
    audit.note(bench.engine, person.name, "public", entry.id, origin_of(request), public=public)
    return to("/people")


def show_log(request: Request) -> Response:
    """The log, for administrators, with whether its chain holds."""
    bench, person = bench_of(request), who(request)
    needed(person, "administrator")
    text = request.query_params.get("offset", "0")
    offset = int(text) if text.isdecimal() and len(text) < 10 else 0
    found = audit.lines(bench.engine, offset=offset, limit=101)
    return page(
        request, "log", person=person, lines=found[:100], broken=audit.broken_lines(bench.engine),
        older=offset + 100 if len(found) > 100 else None,
        moment=lambda at: time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)),
    )  # fmt: skip
