"""The data command: open data sets on this machine and where they come from.

Comes in: names. Goes out: lists, paths, fetched files. Nothing is fetched but by ``data get``.
"""

from __future__ import annotations

import click

from citycarbon.data import datasets
from citycarbon.interfaces.cli.app import Faces
from citycarbon.interfaces.cli.show import console, strong
from citycarbon.interfaces.cli.texts import say


@click.group()
def data() -> None:
    """List, find or fetch open data sets."""


@data.command("list")
@click.pass_obj
def list_sets(faces: Faces) -> None:
    """List the data sets, whether they are here, and their licence."""
    screen = console()
    for each in datasets.register().values():
        missing = datasets.missing_files(each.name)
        state = say("here", faces.lang) if not missing else f"{say('absent', faces.lang)}: {', '.join(missing)}"
        screen.print(strong(each.name, f"  {each.title[faces.lang == 'zh']}"))
        screen.print(f"  {state}\n  {say('licence', faces.lang)}: {each.licence}")


@data.command("path")
@click.argument("name")
def path(name: str) -> None:
    """Print where the files of data set NAME are."""
    for each in datasets.data_set(name).files:
        click.echo(datasets.locate(name, each.name))


@data.command("get")
@click.argument("name")
@click.pass_obj
def get(faces: Faces, name: str) -> None:
    """Fetch data set NAME from its recorded public source, checked by SHA-256."""
    for each in datasets.fetch(name):
        click.echo(f"{say('fetched', faces.lang)} {each}")
