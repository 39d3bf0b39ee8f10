"""Protection around every request: headers, sizes, hosts, foreign forms; written as plain ASGI, so that streams stay streams.

Comes in: an ASGI application. Goes out: one that is protected. Not for: who may do what.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from citycarbon.core.errors import InputError, Lang, Where
from citycarbon.interfaces.workbench.asking import language_of
from citycarbon.interfaces.workbench.bench import Bench
from citycarbon.interfaces.workbench.problems import shape_of, status_of

POLICY = "; ".join([
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "style-src-attr 'unsafe-inline'", "img-src 'self' data: blob:",
    "font-src 'self'", "connect-src 'self'", "worker-src 'self' blob:", "child-src blob:", "form-action 'self'",
    "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'", "manifest-src 'self'",
])  # fmt: skip
"""Content security policy: no script or style but our own files; charts set style attributes, and nothing else may."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
SAFE = {"GET", "HEAD", "OPTIONS"}
UPLOAD = "/data/upload"
"""End of the addresses that take files; every other request body is small."""


class TooLargeError(HTTPException):
    """A request body that goes over its limit while it is read; the faces show it in their own way."""

    def __init__(self) -> None:
        super().__init__(413, headers={"connection": "close"})


class Guard:
    """Protect an application."""

    def __init__(self, app: Any, bench: Bench) -> None:
        self.app, self.bench = app, bench
        extra = {"strict-transport-security": "max-age=31536000"} if bench.settings.secure else {}
        self.headers = [(name.encode(), value.encode()) for name, value in {**HEADERS, **extra}.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Check the request, then hand it on with a counted body and protected headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.bench.settings.idle_stop:
            self.bench.asked()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _headed(send)
        limit = self.bench.settings.upload if scope["path"].endswith(UPLOAD) else self.bench.settings.body
        begun = False

        async def protected(message: Any) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                given = {name.lower() for name, _ in message["headers"]}
                missing = [pair for pair in self.headers if pair[0] not in given]
                message = {**message, "headers": [*message["headers"], *missing]}
            await send(message)

        try:
            self._check(scope, headers, limit)
            await self.app(scope, _counted(receive, limit), protected)
        except InputError as error:
            if begun:
                raise
            await _refuse(error, protected, language_of(HTTPConnection(scope)))

    def _check(self, scope: Any, headers: dict[str, str], limit: int) -> None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0].strip("[]")
        if self.bench.settings.hosts and name not in self.bench.settings.hosts:
            raise InputError("host_unknown", Where(item="Host"), host)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > limit:
            raise InputError("request_too_large", Where(item=scope["path"]), f"{int(length):,}", limit=_size(limit))
        if scope["method"] in SAFE:
            return
        # A form of another site: browsers say where a request comes from; programs without a cookie say nothing.
        site = headers.get("sec-fetch-site", "")
        origin = headers.get("origin", "")
        foreign = origin not in ("", "null") and urlsplit(origin).netloc != host
        if site in ("cross-site", "same-site") or foreign or (origin == "null" and "cookie" in headers):
            raise InputError("origin_foreign", Where(item="Origin"), origin or site)


def _headed(send: Any) -> Any:
    """Send the head of an answer and leave its body out: HEAD is GET without what follows."""

    async def headed(message: Any) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return headed


def _counted(receive: Any, limit: int) -> Any:
    """Count the bytes of a body as they come: a wrong or missing length hides nothing."""
    seen = 0

    async def counted() -> Any:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLargeError
        return message

    return counted


def _size(limit: int) -> str:
    return f"{limit / 1024**2:g} MB"


async def _refuse(error: InputError, send: Any, lang: Lang) -> None:
    body = json.dumps(shape_of(error, lang), ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status_of(error), "headers": headers})
    await send({"type": "http.response.body", "body": body})
