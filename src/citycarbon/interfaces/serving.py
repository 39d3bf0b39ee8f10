"""The server: puts the faces that speak HTTP together behind one protection, and runs them.

Comes in: settings and what writes reports. Goes out: an ASGI application, or a running server. Not for: pages or routes.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from citycarbon.core.units import conversion
from citycarbon.data.library import shipped_library
from citycarbon.interfaces.api.app import VERSION
from citycarbon.interfaces.api.app import build as build_api
from citycarbon.interfaces.web.app import build as build_web
from citycarbon.interfaces.web.frame import shipped
from citycarbon.interfaces.workbench.bench import Bench, Writer
from citycarbon.interfaces.workbench.guard import Guard
from citycarbon.interfaces.workbench.people import setup_key
from citycarbon.interfaces.workbench.settings import Settings, settings_of
from citycarbon.interfaces.workbench.store import open_store
from citycarbon.interfaces.workbench.work.jobs import Worker
from citycarbon.interfaces.workbench.work.threads import limit_reads
from citycarbon.studies.catalogue import methods
from citycarbon.studies.shelf import Shelf
from citycarbon.studies.tiles.kept import open_maps

LOG = logging.getLogger("citycarbon.serving")
WARMING = 20.0
"""Seconds for which maps are made ready before anyone asks."""
SERVED = "CITYCARBON_SERVED"
"""Environment variable by which the first process tells the others what they serve."""
CHILD = ("-c", "import sys; from citycarbon.interfaces.command import work_off; sys.exit(work_off(sys.argv[1:]))")
"""How the process of a job begins."""


def open_bench(settings: Settings, prints: Mapping[str, Writer] | None = None) -> Bench:
    """Open the database and the shelf of a workbench."""
    engine = open_store(settings)
    return Bench(settings, engine, Shelf(settings.home), prints or {}, Worker(engine, str(settings.home), CHILD))


def warm(bench: Bench) -> None:
    """Load what first answers would wait for: units, the factor library, the files of pages, indexes of studies."""
    conversion("kg", "t")
    shipped_library()
    shipped()
    methods()
    begun = time.monotonic()
    for entry in bench.shelf.entries():
        try:
            open_maps(bench.shelf, entry)
        except Exception:  # whoever opens this study is told; the others are still made ready
            LOG.warning("the maps of %s could not be made ready", entry.id, exc_info=True)
        if time.monotonic() - begun > WARMING or bench.shelf.full():
            break


def application(bench: Bench) -> Starlette:
    """Make the whole application."""
    mounted = [Mount(f"/api/{VERSION}", build_api(bench)), Mount("/", build_web(bench))]

    @asynccontextmanager
    async def working(_: Starlette) -> AsyncIterator[None]:
        limit_reads()
        if bench.settings.idle_stop:
            bench.asked()
        threading.Thread(target=warm, args=(bench,), daemon=True).start()
        if bench.worker is not None:
            bench.worker.start()
        yield
        if bench.worker is not None:
            bench.worker.stop()

    app = Starlette(lifespan=working, routes=mounted, middleware=[Middleware(Guard, bench=bench)])
    app.state.bench = bench
    return app


def serve(
    home: Path, prints: Mapping[str, Writer], *, host: str, port: int, say: Any, workers: int = 1, factory: str = "",
    **given: object,
) -> None:  # fmt: skip
    """Run a workbench in this process, or in several, until it is stopped.

    Parameters
    ----------
    home
        Folder with studies and results.
    prints
        File name of a printed report to what writes it.
    host, port
        Where to listen.
    say
        Called with the key of a text and its values, to tell the address.
    workers
        Number of processes that answer.
    factory
        Where each of several processes finds what makes its application, which calls :func:`served`.
    given
        Settings that are not the defaults.
    """
    import uvicorn

    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    stated = {name: value for name, value in given.items() if value is not None}
    if "CITYCARBON_ADDRESS" not in os.environ:
        stated.setdefault("address", f"http://{shown}:{port}")
    settings = settings_of(home, **stated)
    # Opened here first, so that the database is brought up to date once, before any process serves.
    bench = open_bench(settings, prints)
    say("serving", settings.address)
    if key := setup_key(bench.engine):
        say("set_up", f"{settings.address}/setup?key={key}")
    sys.stdout.flush()
    if settings.idle_stop:
        bench.asked()
        threading.Thread(target=_end_when_idle, args=(bench,), daemon=True).start()
    if workers > 1:
        bench.engine.dispose()
        os.environ[SERVED] = json.dumps({"home": str(home), **stated})
    app = factory if workers > 1 else application(bench)
    uvicorn.run(
        app, host=host, port=port, workers=workers, factory=workers > 1, log_level="warning", server_header=False,
        timeout_keep_alive=15, h11_max_incomplete_event_size=64 * 1024, backlog=2048, proxy_headers=True,
        forwarded_allow_ips=",".join(settings.proxies),
    )  # fmt: skip


def served(prints: Mapping[str, Writer]) -> Starlette:
    """Make the application of one of several processes, with the settings that the first process left for it."""
    stated = json.loads(os.environ[SERVED])
    return application(open_bench(settings_of(Path(stated.pop("home")), **stated), prints))


def _end_when_idle(bench: Bench) -> None:
    """End the process when nobody has asked for anything for long enough."""
    while bench.idle() < bench.settings.idle_stop:
        time.sleep(min(30.0, bench.settings.idle_stop / 4))
    os.kill(os.getpid(), signal.SIGTERM)
