"""The about command: version, licences, what data ship and from where.

Goes out: text or json. Not for: searching factors.
"""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version

import click
import polars as pl

import citycarbon
from citycarbon.data import datasets
from citycarbon.data.library import shipped_library
from citycarbon.interfaces.cli.app import Faces
from citycarbon.interfaces.cli.show import console, grid
from citycarbon.interfaces.cli.texts import say

VENDORED = (
    ("Apache ECharts 6.1.0", "Apache-2.0", "report.html, serve"),
    ("MapLibre GL JS 6.17.0", "BSD-3-Clause", "serve"),
    ("Noto Sans CJK SC (subset)", "OFL-1.1", "report.pdf"),
)
"""Third-party files that ship inside the package; their licence texts stand beside them."""
LIBRARIES = (
    "polars",
    "narwhals",
    "pint",
    "numpy",
    "scipy",
    "CoolProp",
    "shapely",
    "pyproj",
    "pyogrio",
    "duckdb",
    "pyspark",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="print json")
@click.pass_obj
def about(faces: Faces, as_json: bool) -> None:
    """Show the version, the licences, and the data that ship."""
    rows = shipped_library().rows
    licences = rows.group_by("licence").agg(pl.len().alias("factors"), pl.col("edition").n_unique()).sort("licence")
    installed = {name: _version(name) for name in LIBRARIES}
    if as_json:
        found = {
            "citycarbon": citycarbon.__version__,
            "licence": "Apache-2.0",
            "factors": licences.to_dicts(),
            "data_sets": {each.name: each.licence for each in datasets.register().values()},
            "vendored": [list(each) for each in VENDORED],
            "libraries": installed,
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    screen = console()
    screen.print(f"citycarbon {citycarbon.__version__} · Apache-2.0", style="bold")
    screen.print(f"\n{say('factor_licences', faces.lang)} ({rows.height}):")
    heads = ((say("licence", faces.lang), "left"), ("factors", "right"), ("editions", "right"))
    screen.print(grid(heads, licences.rows()))
    screen.print(f"\n{say('data_licences', faces.lang)}:")
    for each in datasets.register().values():
        screen.print(f"  {each.name}: {each.licence}", markup=False)
    screen.print(f"\n{say('vendored', faces.lang)}:")
    for name, licence, where in VENDORED:
        screen.print(f"  {name}: {licence} ({where})")
    screen.print(f"\n{say('libraries', faces.lang)}: " + ", ".join(f"{n} {v}" for n, v in installed.items() if v))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
