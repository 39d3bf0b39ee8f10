"""How the API answers: conditional requests, headers, errors in one shape.

Comes in: content and a tag. Goes out: responses. Not for: routes.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.interfaces.api import shapes
from citycarbon.interfaces.workbench.asking import bench_of, check_form, known, language_of, who
from citycarbon.interfaces.workbench.people import Person
from citycarbon.interfaces.workbench.problems import BY_STATUS, shape_of, status_of

LOG = logging.getLogger("citycarbon.api")
FORM_HEADER = "x-form-key"
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": shapes.Problems, "description": text}
    for status, text in {
        400: "A part of the address cannot be read", 401: "Sign in, or send a token", 403: "Your role does not allow this",
        404: "There is nothing here, or it is not open to you",
        409: "The study is being worked on, or its version changed", 413: "Too large", 422: "Wrong input; every problem is named",
    }.items()
}  # fmt: skip
"""What every route may answer besides its own shape."""


async def person_of(request: Request) -> Person:
    """Tell who asks; a change that comes with a cookie must carry the key of its page."""
    person = known(request)
    if person is None:
        person = await run_in_threadpool(who, request)
    if request.method not in ("GET", "HEAD", "OPTIONS") and person.known:
        check_form(person, request.headers.get(FORM_HEADER, ""))
    return person


def _query_words(wanted: Dependant) -> Iterator[str]:
    """Words of the query that a route and what it depends on take."""
    yield from (str(field.alias) for field in wanted.query_params)
    for each in wanted.dependencies:
        yield from _query_words(each)


FREE = {"rows"}
"""Last words of addresses whose query is made of the columns of a table."""


def only_described(request: Request) -> None:
    """Refuse words of a query that the description does not have: a filter that is ignored answers with more than was asked.

    Raises
    ------
    InputError
        ``query_unknown`` with every such word; ``query_wrong`` for a word that stands twice, of which one would be ignored, and
        for a language that there is not.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or route.path.rpartition("/")[2].partition(".")[0] in FREE:
        return
    known = {*_query_words(route.dependant), "lang"}
    problems = Problems()
    for word in sorted(set(request.query_params) - known):
        problems.add("query_unknown", Where(item=word[:100]), word[:100], known=", ".join(sorted(known)))
    for word in sorted(set(request.query_params) & known):
        given = request.query_params.getlist(word)
        if len(given) > 1:
            problems.add("query_wrong", Where(item=word), " | ".join(given)[:100], wanted=f"{word}=…, once")
        elif word == "lang" and given[0] not in ("en", "zh"):
            problems.add("query_wrong", Where(item=word), given[0][:100], wanted="en | zh")
    problems.raise_all()


Made = bytes | tuple[bytes, dict[str, str]]


def tagged(request: Request, tag: str, make: Callable[[], Made], kind: str, **headers: str) -> Response:
    """Answer with content that belongs to a tag, or that the asker has it already; it is made only where it is needed.

    Parameters
    ----------
    request
        What is asked, by somebody who may read it.
    tag
        Names the content wholly, with the version of the result that it is made of.
    make
        Gives the content, or content and headers that belong to it; small ones are kept.
    kind
        Media type.
    headers
        Headers that do not depend on the content.
    """
    answers = bench_of(request).answers
    key = f"{request.url.path} {tag}"
    mark = f'"{hashlib.sha256(tag.encode()).hexdigest()[:24]}"'
    given = {"etag": mark, "cache-control": "private, no-cache", "vary": "cookie, authorization", **headers}
    if mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=given)
    found = answers.get(key)
    if found is None:
        made = make()
        found = made if isinstance(made, tuple) else (made, {})
        answers.put(key, *found)
    if request.headers.get("if-none-match", "").strip() == "*":
        return Response(status_code=304, headers=given)
    return Response(found[0], media_type=kind, headers={**given, **found[1]})


def show_input_error(request: Request, error: Exception) -> Response:
    """Answer with every problem."""
    if not isinstance(error, InputError):
        raise error
    status = status_of(error)
    headers = {"www-authenticate": 'Bearer realm="citycarbon"'} if status == 401 else {}
    return JSONResponse(shape_of(error, language_of(request)), status_code=status, headers=headers)


def show_validation(request: Request, error: Exception) -> Response:
    """Bring the framework's words about a wrong request into our shape."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = Problems()
    for each in error.errors()[:50]:
        place = ".".join(str(part) for part in each["loc"])
        found = "" if each["type"] == "missing" else str(each.get("input", ""))[:100]
        # What stands in the address is a bad request; a body that can be read is wrong input.
        code = {"query": "query_wrong", "path": "address_unknown"}.get(str(each["loc"][0]), "request_wrong")
        problems.add(code, Where(item=place), found, wanted=str(each["msg"]))
    return show_input_error(request, InputError.several(list(problems)))


def show_http(request: Request, error: Exception) -> Response:
    """Bring an error of the framework into our shape."""
    if not isinstance(error, HTTPException):
        raise error
    code = BY_STATUS.get(error.status_code, "query_wrong")
    facts = {
        "query_wrong": {"wanted": str(error.detail)},
        "request_too_large": {"limit": "—"},
        "role_missing": {"role": "viewer"},
    }
    answer = show_input_error(request, InputError(code, Where(item=request.url.path), "", **facts.get(code, {})))
    for name, value in (error.headers or {}).items():
        answer.headers.setdefault(name, value)
    return answer


def show_failure(request: Request, error: Exception) -> Response:
    """Say that the server failed, with a number under which its log has the reason."""
    number = secrets.token_hex(4)
    LOG.error("failure %s at %s", number, request.url.path, exc_info=error)
    return show_input_error(request, InputError("server_failed", Where(item=request.url.path), number, number=number))
