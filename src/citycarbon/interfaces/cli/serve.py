"""The command that serves a folder of studies to browsers and programs.

Comes in: a folder. Goes out: a running server. Not for: what it answers.
"""

from __future__ import annotations

from pathlib import Path

import click

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.cli.app import Faces
from citycarbon.interfaces.cli.texts import say


@click.command()
@click.argument("home", type=click.Path(path_type=Path), default=Path())
@click.option("--host", default="127.0.0.1", help="address to listen at; this machine alone by default")
@click.option("--port", default=8470, type=click.IntRange(1, 65535), help="port to listen at")
@click.option("--address", help="address by which browsers reach it, for example https://carbon.example.cn")
@click.option(
    "--public", multiple=True, metavar="STUDY", help="study that everyone may read; may be given again; '*' for all"
)
@click.pass_obj
def serve(faces: Faces, home: Path, host: str, port: int, address: str | None, public: tuple[str, ...]) -> None:
    """Serve the studies and results of HOME as pages and as an API."""
    if faces.serve is None or not home.is_dir():
        raise InputError("file_missing", Where(file=str(home)), home.name)

    def tell(key: str, *values: str) -> None:
        click.echo(say(key, faces.lang).format(*values))

    faces.serve(home, faces.reports, host=host, port=port, say=tell, address=address, public=public or None)
