"""The API face as an application: routes under one version, one shape of errors, a complete description.

Comes in: a workbench. Goes out: a FastAPI application. Not for: the routes themselves.
"""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

import citycarbon
from citycarbon.core.errors import InputError
from citycarbon.interfaces.api import answers, calling, catalogue, comparing, features, maps, projections, studies, work
from citycarbon.interfaces.api.shapes import About, Link
from citycarbon.interfaces.workbench.asking import gone
from citycarbon.interfaces.workbench.bench import Bench

VERSION = "v1"
TEXT = """Everything that the pages show, for programs. Answers carry an ETag; ask again with If-None-Match. Lists come in pages.
Every error has one shape: code, problem, where, found, expected, fix. Send `Authorization: Bearer TOKEN`; what is open data needs
none. `lang=zh` or `lang=en` chooses the language of errors."""


def build(bench: Bench) -> FastAPI:
    """Make the application."""
    app = FastAPI(
        title="citycarbon", version=citycarbon.__version__, description=TEXT, docs_url=None, redoc_url=None,
        openapi_url="/openapi.json", redirect_slashes=False, dependencies=[Depends(answers.only_described)],
    )  # fmt: skip
    app.state.bench = bench
    app.add_exception_handler(InputError, answers.show_input_error)
    app.add_exception_handler(RequestValidationError, answers.show_validation)
    app.add_exception_handler(HTTPException, answers.show_http)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, answers.show_failure)

    @app.get("/", tags=["about"])
    def about(request: Request) -> About:
        """Say what answers here, and where to go on."""
        root = request.scope.get("root_path", "")
        ways = {"studies": "studies", "methods": "methods", "factors": "factors", "service-desc": "openapi.json"}
        links = [Link(href=f"{root}/{path}", rel=rel) for rel, path in ways.items()]
        return About(name="citycarbon", version=citycarbon.__version__, links=links)

    for router in (
        studies.router,
        comparing.router,
        maps.router,
        features.router,
        projections.router,
        work.router,
        catalogue.router,
        calling.router(),
    ):
        app.include_router(router)
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Say in the description how one signs in."""
    plain = app.openapi

    def described() -> dict[str, object]:
        made = plain()
        made.setdefault("components", {})["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": "citycarbon_session"},
        }  # fmt: skip
        made["security"] = [{"token": []}, {"session": []}, {}]
        return made

    app.openapi = described  # type: ignore[method-assign]
