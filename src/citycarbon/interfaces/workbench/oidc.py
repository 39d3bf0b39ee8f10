"""Signing in through an office's own service by OpenID Connect: code flow with PKCE, state and nonce.

Comes in: settings, what a browser brings back. Goes out: who the service says it is. Not for: what that person may do here, which
an administrator decides, and not for pages.

Nothing is asked of any service unless the settings name one. Follows OpenID Connect Core 1.0 (section 3.1), RFC 6749, RFC 7636.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import secrets
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.workbench.settings import Settings

LOG = logging.getLogger("citycarbon.oidc")
WAITS = 600.0
"""Seconds for which a begun sign-in may be ended."""
SCOPE = "openid profile email"
SIGNED = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that are taken: those of a key pair; never ``none``, never a shared secret."""


@dataclass(frozen=True)
class Begun:
    """A sign-in that has begun in a browser, kept in a cookie of that browser alone."""

    state: str
    nonce: str
    verifier: str
    onward: str
    at: float

    def written(self) -> str:
        """Text of the cookie."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()


@dataclass(frozen=True)
class Claimed:
    """Who a service says somebody is: issuer and its subject, which never change, and a name to show."""

    subject: str
    name: str


def begin(settings: Settings, onward: str) -> tuple[str, Begun]:
    """Give the address of the service to which the browser goes, and what it keeps meanwhile.

    Raises
    ------
    InputError
        ``oidc_failed`` if the service does not answer; ``extra_missing`` without the extra ``oidc``.
    """
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    begun = Begun(state, nonce, verifier, onward, time.time())
    with _client(settings) as client:
        address, _ = client.create_authorization_url(
            _described(settings)["authorization_endpoint"],
            state=begun.state,
            code_verifier=begun.verifier,
            nonce=begun.nonce,
        )
    return str(address), begun


def read(text: str) -> Begun | None:
    """Read the cookie of a begun sign-in; None if there is none that could be ended."""
    try:
        begun = Begun(**json.loads(base64.urlsafe_b64decode(text.encode())))
        return begun if 0 <= time.time() - begun.at < WAITS else None
    except (ValueError, TypeError):
        return None


def end(settings: Settings, begun: Begun | None, state: str, code: str) -> Claimed:
    """Exchange what the browser brought back for who it is.

    Raises
    ------
    InputError
        ``oidc_failed`` whatever is wrong; the reason stands in the log of the server.
    """
    if begun is None or not code or not hmac.compare_digest(begun.state.encode(), state.encode()):
        raise failed("the answer does not belong to a question of this browser")
    described = _described(settings)
    import httpx

    try:
        with _client(settings) as client:
            token = client.fetch_token(described["token_endpoint"], code=code, code_verifier=begun.verifier)
        keys = httpx.get(described["jwks_uri"], timeout=10.0).raise_for_status().json()
        claims = _checked(str(token["id_token"]), keys, settings, begun.nonce)
    except InputError:
        raise
    except Exception as error:  # a library of a foreign service may fail in any way; none of them lets anybody in
        raise failed(f"{type(error).__name__}: {error}") from error
    shown = next((str(claims[name]) for name in ("preferred_username", "email", "name") if claims.get(name)), "")
    return Claimed(f"{settings.oidc_issuer} {claims['sub']}", shown or str(claims["sub"]))


def _checked(text: str, keys: dict[str, Any], settings: Settings, nonce: str) -> dict[str, Any]:
    """Check the signature and the claims of an ID token."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    token = jwt.decode(text, KeySet.import_key_set(keys), algorithms=SIGNED)  # type: ignore[arg-type]
    rules = jwt.JWTClaimsRegistry(
        leeway=60, iss={"essential": True, "value": settings.oidc_issuer}, aud={"essential": True, "value": settings.oidc_client},
        nonce={"essential": True, "value": nonce}, exp={"essential": True}, sub={"essential": True},
    )  # fmt: skip
    rules.validate(token.claims)
    audience = token.claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if token.claims.get("azp", None if several else settings.oidc_client) != settings.oidc_client:
        raise failed("the token was made for another client")
    return dict(token.claims)


def _client(settings: Settings) -> Any:
    try:
        from authlib.integrations.httpx_client import OAuth2Client
    except ModuleNotFoundError as error:
        raise InputError("extra_missing", Where(item="oidc"), str(error.name), extra="oidc") from error
    secret = settings.oidc_secret.read_text("utf-8").strip() if settings.oidc_secret else None
    return OAuth2Client(
        settings.oidc_client, secret, scope=SCOPE, redirect_uri=f"{settings.address}/sign-in/oidc/back",
        code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic" if secret else "none",
        timeout=10.0, follow_redirects=False,
    )  # fmt: skip


def _described(settings: Settings) -> dict[str, Any]:
    return _discovered(settings.oidc_issuer, int(time.time() / 3600))


@lru_cache(maxsize=4)
def _discovered(issuer: str, _: int) -> dict[str, Any]:
    """Ask a service for its addresses, at most once an hour."""
    import httpx

    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise failed("the address of the service must begin with https://")
    try:
        answer = httpx.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout=10.0)
        found: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise failed(f"{type(error).__name__}: {error}") from error
    if found.get("issuer") != issuer:
        raise failed(f"the service calls itself {found.get('issuer')!r}, the settings call it {issuer!r}")
    return found


def failed(reason: str) -> InputError:
    """Note a reason in the log of the server, and give the error that a browser sees."""
    LOG.error("sign-in by OpenID Connect: %s", reason)
    return InputError("oidc_failed", Where(item="oidc"), "")
