"""Who asks, and in which language: read from a request's token, cookie and words.

Comes in: a Starlette request. Goes out: a person and a language. Not for: what they may do.
"""

from __future__ import annotations

import hmac

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from citycarbon.core.errors import InputError, Lang, Where
from citycarbon.interfaces.workbench.bench import Bench
from citycarbon.interfaces.workbench.people import VISITOR, Person

COOKIE, LANGUAGE, THEME = "citycarbon_session", "citycarbon_lang", "citycarbon_theme"


def cookie_name(bench: Bench) -> str:
    """Name of the session's cookie; with TLS browsers hold it to this host and to TLS by its name."""
    return f"__Host-{COOKIE}" if bench.settings.secure else COOKIE


def bench_of(request: HTTPConnection) -> Bench:
    """The workbench of a request."""
    bench: Bench = request.app.state.bench
    return bench


def known(request: HTTPConnection) -> Person | None:
    """Tell who asks where no question to the database is needed for it; None otherwise."""
    bench, header = bench_of(request), request.headers.get("authorization", "")
    if header:
        kind, _, key = header.partition(" ")
        found = bench.known_person(key.strip(), token=True) if kind.lower() == "bearer" else None
        return found if found is not None and found.known else None
    key = request.cookies.get(cookie_name(bench), "")
    return bench.known_person(key, token=False) if key else VISITOR


def who(request: HTTPConnection) -> Person:
    """Tell who asks.

    Raises
    ------
    InputError
        For a token that is unknown or has ended: it is never taken for a visitor.
    """
    bench = bench_of(request)
    header = request.headers.get("authorization", "")
    if header:
        kind, _, key = header.partition(" ")
        person = bench.person(key.strip(), token=True) if kind.lower() == "bearer" else VISITOR
        if not person.known:
            raise InputError("sign_in_needed", Where(item="Authorization"), kind[:20])
        return person
    key = request.cookies.get(cookie_name(bench), "")
    return bench.person(key, token=False) if key else VISITOR


def gone(_: Request, __: Exception) -> Response:
    """Whoever asked has gone away in the middle of it: nobody hears the answer, and nothing has failed."""
    return Response(status_code=400)


def check_form(person: Person, key: str) -> None:
    """Refuse a form that did not come from a page of this session; tokens need none, since no browser sends them by itself.

    Raises
    ------
    InputError
        ``form_stale``.
    """
    if not person.token and (not person.form or not hmac.compare_digest(person.form.encode(), key.encode())):
        raise InputError("form_stale", Where(item="form_key"), "")


def origin_of(request: HTTPConnection) -> str:
    """Network address of who asks; behind a proxy that is trusted, the one that it tells."""
    return request.client.host if request.client else ""


def language_of(request: HTTPConnection) -> Lang:
    """Language of an answer: ``lang`` of the address, then the cookie, then what the browser prefers."""
    for stated in (request.query_params.get("lang"), request.cookies.get(LANGUAGE)):
        if stated in ("zh", "en"):
            return "zh" if stated == "zh" else "en"
    for part in request.headers.get("accept-language", "").lower().split(","):
        word = part.split(";")[0].strip()
        if word.startswith(("zh", "en")):
            return "zh" if word.startswith("zh") else "en"
    return "en"
