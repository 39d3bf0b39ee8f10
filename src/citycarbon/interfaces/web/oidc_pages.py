"""Addresses of signing in through an office's own service.

Comes in: requests. Goes out: redirections, or the page *Sign in* with what went wrong. Not for: the checks (``workbench.oidc``).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.web.people_pages import own_address, sign_in_page, signed_in
from citycarbon.interfaces.workbench import audit, oidc, people
from citycarbon.interfaces.workbench.asking import bench_of, cookie_name, origin_of
from citycarbon.interfaces.workbench.bench import Bench
from citycarbon.interfaces.workbench.work.threads import slowly

COOKIE = "citycarbon_oidc"


def _cookie(bench: Bench) -> str:
    return f"__Host-{COOKIE}" if bench.settings.secure else COOKIE


def _needed(request: Request) -> Bench:
    bench = bench_of(request)
    if not bench.settings.oidc_issuer:
        raise InputError("address_unknown", Where(item=request.url.path), "")
    return bench


async def begin(request: Request) -> Response:
    """Send the browser to the service."""
    bench = _needed(request)
    onward = own_address(request.query_params.get("next", "/"))
    try:
        address, begun = await slowly(oidc.begin, bench.settings, onward)
    except InputError as error:
        return sign_in_page(request, error=error, next=onward)
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(
        _cookie(bench), begun.written(), max_age=int(oidc.WAITS), path="/", httponly=True, samesite="lax",
        secure=bench.settings.secure,
    )  # fmt: skip
    return answer


async def back(request: Request) -> Response:
    """Take what the service sends back; whoever is new here has an account and no role, until an administrator gives one."""
    bench = _needed(request)
    begun = oidc.read(request.cookies.get(_cookie(bench), ""))
    query, onward = request.query_params, begun.onward if begun else "/"
    try:
        claimed = await slowly(oidc.end, bench.settings, begun, query.get("state", ""), query.get("code", ""))
        number, name = await slowly(people.person_of_subject, bench.engine, claimed.subject, claimed.name)
    except InputError as error:
        answer: Response = sign_in_page(request, error=error, next=own_address(onward))
        answer.delete_cookie(_cookie(bench), path="/")
        return answer
    await slowly(people.end_session, bench.engine, request.cookies.get(cookie_name(bench), ""))
    key = await slowly(people.open_session, bench.engine, number, bench.settings.session_hours)
    await slowly(audit.note, bench.engine, name, "sign_in", "", origin_of(request), by="oidc")
    answer = signed_in(request, key, own_address(onward))
    answer.delete_cookie(_cookie(bench), path="/")
    return answer
