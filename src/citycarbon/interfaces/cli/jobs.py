"""Long imports in the background: a process of its own that tells how far it is, and the command that asks it.

Comes in: a command line. Goes out: a folder with ``status.json``, ``output.txt`` and ``errors.txt``. Not for: the work itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.cli.app import WRONG_INPUT, Faces
from citycarbon.interfaces.cli.texts import say

VARIABLE = "CITYCARBON_JOB"
STATUS = "status.json"
RUNNING = 3
"""Exit code of a job that is still under way."""
_CHILD = "import sys; from citycarbon.interfaces.command import work; sys.exit(work(sys.argv[1:]))"


def note(**facts: Any) -> None:
    """Tell the job's folder how far the work is; without a job nothing is told."""
    folder = os.environ.get(VARIABLE)
    if folder:
        _write(Path(folder), {**_read(Path(folder)), **facts})


def _write(folder: Path, status: dict[str, Any]) -> None:
    fresh = folder / f"{STATUS}.new"
    fresh.write_text(json.dumps(status, ensure_ascii=False), "utf-8")
    fresh.replace(folder / STATUS)


def _read(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / STATUS).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return found


def start(arguments: list[str], folder: Path) -> Path:
    """Start a command in the background and give the folder of its job."""
    folder.mkdir(parents=True)
    _write(folder, {"state": "running", "stage": "starting", "command": arguments, "started": time.time()})
    environment = {**os.environ, VARIABLE: str(folder.resolve())}
    with (folder / "output.txt").open("wb") as output, (folder / "errors.txt").open("wb") as errors:
        # The words are those of this very command line; no shell reads them.
        child = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _CHILD, *arguments],
            stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=environment, start_new_session=True,
        )  # fmt: skip
    _write(folder, {"process": child.pid, **_read(folder)})
    return folder


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--wait", is_flag=True, help="wait until it has ended")
@click.option("--json", "as_json", is_flag=True, help="print the status as json")
@click.pass_context
def job(ctx: click.Context, folder: Path, wait: bool, as_json: bool) -> None:
    """Say how far the job of FOLDER is; exit code 0 done, 2 failed, 3 still running."""
    faces: Faces = ctx.obj
    status = _read(folder)
    if not status:
        raise InputError("file_missing", Where(file=str(folder / STATUS)), folder.name)
    while wait and status["state"] == "running" and _alive(int(status.get("process", os.getpid()))):
        time.sleep(0.2)
        status = _read(folder)
    if status["state"] == "running" and not _alive(int(status.get("process", os.getpid()))):
        status = {**_read(folder), "state": "failed"} if _read(folder)["state"] == "running" else _read(folder)
    if as_json:
        click.echo(json.dumps(status, ensure_ascii=False))
    else:
        rows = f" · {status['rows']:,}" if "rows" in status else ""
        took = status.get("seconds", round(time.time() - status["started"], 1))
        click.echo(f"{say('job_' + status['state'], faces.lang)} · {status['stage']}{rows} · {took} s")
        ended = "errors.txt" if status["state"] == "failed" else "output.txt"
        if status["state"] != "running":
            click.echo((folder / ended).read_text("utf-8").rstrip())
    ctx.exit({"running": RUNNING, "failed": WRONG_INPUT}.get(status["state"], 0))
