"""Settings of a workbench: where its files are, how it is reached, and its limits.

Comes in: a folder and environment variables. Goes out: a frozen record. Not for: secrets, which stand in the database or a file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

STATE = ".workbench"
"""Folder inside the workbench's folder that holds the database, uploads and job logs."""
MEGABYTE = 1024**2


@dataclass(frozen=True)
class Settings:
    """How a workbench runs.

    Parameters
    ----------
    home
        Folder with studies and results.
    database
        Address of the database in the words of SQLAlchemy; SQLite inside the folder if left out.
    address
        Address by which browsers reach it, for example ``https://carbon.example.cn``; cookies are for TLS alone when it says so.
    public
        Studies that everyone may read without signing in; ``*`` for all.
    hosts
        Names by which it may be asked; any if empty.
    upload
        Largest upload [byte].
    body
        Largest request of another kind [byte].
    session_hours
        Length of a session without use [h].
    draws
        Draws of the quick answer of levers.
    idle_stop
        Seconds without a request after which it ends by itself; never if 0.
    proxies
        Addresses of proxies that are believed about who asks.
    oidc_issuer, oidc_client, oidc_secret, oidc_name
        A service for signing in by OpenID Connect: its issuer, our name there, the file that holds our secret, and what people
        call it.
    """

    home: Path
    database: str = ""
    address: str = "http://127.0.0.1:8470"
    public: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    upload: int = 200 * MEGABYTE
    body: int = 2 * MEGABYTE
    session_hours: float = 12.0
    draws: int = 1_000
    idle_stop: float = 0.0
    proxies: tuple[str, ...] = field(default=("127.0.0.1", "::1"))
    oidc_issuer: str = ""
    oidc_client: str = ""
    oidc_secret: Path | None = None
    oidc_name: str = ""

    @property
    def state(self) -> Path:
        """Folder of the database, uploads and job logs."""
        return self.home / STATE

    @property
    def database_url(self) -> str:
        """Address of the database."""
        return self.database or f"sqlite:///{self.state / 'workbench.sqlite'}"

    @property
    def secure(self) -> bool:
        """Whether browsers come by TLS."""
        return self.address.startswith("https://")


def settings_of(home: Path, **given: object) -> Settings:
    """Give the settings of a folder: what is given, then environment variables, then defaults."""
    stated: dict[str, object] = {}
    if database := os.environ.get("CITYCARBON_DATABASE"):
        stated["database"] = database
    if hosts := os.environ.get("CITYCARBON_HOSTS"):
        stated["hosts"] = tuple(name.strip() for name in hosts.split(",") if name.strip())
    if address := os.environ.get("CITYCARBON_ADDRESS"):
        stated["address"] = address.rstrip("/")
    if issuer := os.environ.get("CITYCARBON_OIDC_ISSUER"):
        stated["oidc_issuer"] = issuer
        stated["oidc_client"] = os.environ.get("CITYCARBON_OIDC_CLIENT", "citycarbon")
        stated["oidc_name"] = os.environ.get("CITYCARBON_OIDC_NAME", "OpenID Connect")
        if secret := os.environ.get("CITYCARBON_OIDC_SECRET_FILE"):
            stated["oidc_secret"] = Path(secret)
    return Settings(home.resolve(), **{**stated, **{k: v for k, v in given.items() if v is not None}})  # type: ignore[arg-type]
