"""The web face as an application: addresses and how errors look.

Comes in: a workbench. Goes out: a Starlette application. Not for: the pages themselves.
"""

from __future__ import annotations

import logging
import secrets

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.web import (
    calling_pages,
    data_pages,
    method_pages,
    oidc_pages,
    people_pages,
    sheets,
    study_pages,
)
from citycarbon.interfaces.web.frame import page, static
from citycarbon.interfaces.workbench.asking import gone
from citycarbon.interfaces.workbench.bench import Bench
from citycarbon.interfaces.workbench.people import VISITOR
from citycarbon.interfaces.workbench.problems import BY_STATUS, status_of

LOG = logging.getLogger("citycarbon.web")
STUDY = "/s/{study}"


def routes() -> list[Route]:
    """Every address of the pages."""
    both = ["GET", "POST"]
    return [
        Route("/", study_pages.home),
        Route("/static/{hash}/{name}", static),
        Route("/sign-in", people_pages.sign_in, methods=both),
        Route("/sign-in/oidc", oidc_pages.begin),
        Route("/sign-in/oidc/back", oidc_pages.back),
        Route("/sign-out", people_pages.sign_out, methods=["POST"]),
        Route("/setup", people_pages.setup, methods=both),
        Route("/account", people_pages.account),
        Route("/account/tokens", people_pages.make_token, methods=["POST"]),
        Route("/account/tokens/{number:int}/end", people_pages.end_token, methods=["POST"]),
        Route("/account/password", people_pages.change_password, methods=["POST"]),
        Route("/people", people_pages.list_people),
        Route("/people", people_pages.add_person, methods=["POST"]),
        Route("/people/{number:int}/open", people_pages.switch_person, methods=["POST"]),
        Route("/people/{number:int}/close", people_pages.switch_person, methods=["POST"]),
        Route("/people/{number:int}/role", people_pages.change_person, methods=["POST"]),
        Route("/people/{number:int}/password", people_pages.change_person, methods=["POST"]),
        Route("/people/open/{study}", people_pages.open_study, methods=["POST"]),
        Route("/log", people_pages.show_log),
        Route("/methods", method_pages.catalogue),
        Route("/methods/{method}", calling_pages.method_page),
        Route("/methods/{method}", calling_pages.run_method, methods=["POST"]),
        Route("/factors", method_pages.factors),
        Route("/sheet", sheets.sheet, methods=["POST"]),
        Route("/compare", study_pages.compare),
        Route("/new", data_pages.new_study, methods=both),
        Route(STUDY, study_pages.study_page),
        Route(STUDY + "/data", data_pages.data_page),
        Route(STUDY + "/data/file", data_pages.input_file),
        Route(STUDY + "/data/upload", data_pages.upload, methods=["POST"]),
        Route(STUDY + "/data/undo", data_pages.undo, methods=["POST"]),
        Route(STUDY + "/data/review/{upload}", data_pages.show_review),
        Route(STUDY + "/data/review/{upload}", data_pages.answer_review, methods=["POST"]),
        Route(STUDY + "/approval", study_pages.decide, methods=["POST"]),
        Route(STUDY + "/run", data_pages.run, methods=["POST"]),
        Route(STUDY + "/jobs/{job}", data_pages.show_job),
        Route(STUDY + "/jobs/{job}/cancel", data_pages.cancel, methods=["POST"]),
        Route(STUDY + "/data/{tab}.json", study_pages.study_data),
        Route(STUDY + "/trace.json", study_pages.study_trace),
        Route(STUDY + "/{tab}", study_pages.study_page),
    ]


def build(bench: Bench) -> Starlette:
    """Make the application."""
    handlers = {
        InputError: show_input_error, HTTPException: show_http_error, ClientDisconnect: gone, Exception: show_failure,
    }  # fmt: skip
    app = Starlette(routes=routes(), exception_handlers=handlers)
    app.router.redirect_slashes = False
    app.state.bench = bench
    return app


def show_input_error(request: Request, error: Exception) -> Response:
    """Show what was wrong with what someone sent or asked."""
    if not isinstance(error, InputError):
        raise error
    visitor = VISITOR if error.problems[0].where.item == "Authorization" else None
    asks = error.problems[0].code == "sign_in_needed"
    return page(request, "problem", person=visitor, problems=error.problems, status=status_of(error), sign_in=asks)


def show_http_error(request: Request, error: Exception) -> Response:
    """Show an error of the framework, such as an unknown address, in our own shape."""
    if not isinstance(error, HTTPException):
        raise error
    code = BY_STATUS.get(error.status_code, "query_wrong")
    facts = {"limit": "—"} if code == "request_too_large" else {"role": "viewer"} if code == "role_missing" else {}
    facts |= {"wanted": "a form that can be read"} if code == "query_wrong" else {}
    return show_input_error(request, InputError(code, Where(item=request.url.path), "", **facts))


def show_failure(request: Request, error: Exception) -> Response:
    """Show that the server failed, with a number under which its log has the reason; nothing of the reason leaves the server."""
    number = secrets.token_hex(4)
    LOG.error("failure %s at %s", number, request.url.path, exc_info=error)
    return show_input_error(request, InputError("server_failed", Where(item=request.url.path), number, number=number))
