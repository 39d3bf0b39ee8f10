"""The command that serves a folder of studies to browsers and programs, here or in the background.

Comes in: a folder. Goes out: a running server, or its address. Not for: what it answers.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import click

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.cli.app import Faces
from citycarbon.interfaces.cli.texts import say

STATE = ".workbench"
RECORD, LOG = "server.json", "server.log"
PORT = 8470
_CHILD = "import sys; from citycarbon.interfaces.command import main; sys.exit(main(sys.argv[1:]))"


@click.command()
@click.argument("home", type=click.Path(path_type=Path), default=Path())
@click.option("--host", default="127.0.0.1", help="address to listen at; this machine alone by default")
@click.option("--port", default=PORT, type=click.IntRange(1, 65535), help="port to listen at")
@click.option("--address", help="address by which browsers reach it, for example https://carbon.example.cn")
@click.option(
    "--public", multiple=True, metavar="STUDY", help="study that everyone may read; may be given again; '*' for all"
)
@click.option(
    "--workers", default=1, type=click.IntRange(1, 64), help="processes that answer; one a core serves many people"
)
@click.option("--background", is_flag=True, help="serve in the background and come back")
@click.option("--stop", is_flag=True, help="stop the server of HOME that runs in the background")
@click.option(
    "--idle-stop", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="end after so long without a request"
)
@click.pass_obj
def serve(
    faces: Faces, home: Path, host: str, port: int, address: str | None, public: tuple[str, ...], workers: int, background: bool,
    stop: bool, idle_stop: float,
) -> None:  # fmt: skip
    """Serve the studies and results of HOME as pages and as an API."""
    if faces.serve is None or not home.is_dir():
        raise InputError("file_missing", Where(file=str(home)), home.name)
    if stop:
        click.echo(say("stopped" if stop_server(home) else "not_serving", faces.lang))
        return
    if background:
        words = [
            "--host",
            host,
            "--idle-stop",
            str(idle_stop),
            "--workers",
            str(workers),
            *(["--address", address] if address else []),
        ]
        in_background(home, [*words, *(word for name in public for word in ("--public", name))], faces.lang, port)
        return

    def tell(key: str, *values: str) -> None:
        click.echo(say(key, faces.lang).format(*values))

    faces.serve(
        home,
        faces.prints,
        host=host,
        port=port,
        say=tell,
        workers=workers,
        address=address,
        public=public or None,
        idle_stop=idle_stop,
    )


def in_background(home: Path, words: Sequence[str], lang: str, port: int = PORT) -> None:
    """Start a server in the background, wait until it answers, and say its address; one that runs already is named."""
    state = home / STATE
    record = _record(home)
    if record is None:
        state.mkdir(exist_ok=True)
        port = _free(port)
        command = [
            sys.executable,
            "-c",
            _CHILD,
            "serve",
            str(home.resolve()),
            "--port",
            str(port),
            *words,
            "--lang",
            lang,
        ]
        with (state / LOG).open("wb") as log:
            # The words are those of this very command line; no shell reads them.
            child = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        address = f"http://127.0.0.1:{port}"
        record = {"process": child.pid, "address": address}
        (state / RECORD).write_text(json.dumps(record), "utf-8")
        for _ in range(600):
            if _answers(address) or child.poll() is not None:
                break
            time.sleep(0.1)
        click.echo((state / LOG).read_text("utf-8").rstrip())
    else:
        click.echo(say("serving_already", lang).format(record["address"]))
    click.echo(say("stop_with", lang).format(home))


def stop_server(home: Path) -> bool:
    """Stop the server of a folder that runs in the background; tell whether there was one."""
    record = _record(home)
    if record is None:
        return False
    os.kill(int(str(record["process"])), signal.SIGTERM)
    for _ in range(200):
        if not _answers(str(record["address"])):
            break
        time.sleep(0.1)
    (home / STATE / RECORD).unlink(missing_ok=True)
    return True


def _record(home: Path) -> dict[str, object] | None:
    """The server of a folder, if it still answers."""
    try:
        found: dict[str, object] = json.loads((home / STATE / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if _answers(str(found["address"])) else None


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/api/v1/", timeout=2) as answer:  # noqa: S310  # an address that we wrote
            return b'"citycarbon"' in answer.read(500)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _free(port: int) -> int:
    """The port, or the next one that nobody listens at."""
    for number in range(port, min(port + 50, 65536)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) != 0:
                return number
    return port
