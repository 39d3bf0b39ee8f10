"""The call command: any method of the catalogue on files.

Comes in: a method id and ``--NAME VALUE`` for its tables and parameters. Goes out: the resulting table on screen or in a
file. Not for: studies.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import polars as pl
from rich.text import Text

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.readers import FileOptions
from citycarbon.data.writers import write_table
from citycarbon.interfaces.cli.app import Faces
from citycarbon.interfaces.cli.show import console, frame_grid, strong
from citycarbon.interfaces.cli.texts import say
from citycarbon.studies import service
from citycarbon.studies.catalogue import find_method
from citycarbon.studies.run import section_of


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("method_id")
@click.option("--out", type=click.Path(path_type=Path), help="csv, xlsx, parquet or json to write the whole table to")
@click.option("--region", help="region of every place, for example CN-JS or 江苏")
@click.option("--user-factors", type=click.Path(path_type=Path), help="your own factor file, put before the library")
@click.option("--quality", help="weakest mark that a figure may have, for example 'at least secondary'")
@click.option("--encoding", help="encoding of text files; detected if left out")
@click.option("--set", "given", multiple=True, metavar="COLUMN=TEXT", help="a column with one text in every row")
@click.option("--map", "mapping", multiple=True, metavar="COLUMN=HEADER", help="which header of the file is a column")
@click.option("--crs", help="coordinate system of layers whose files state none, for example EPSG:4547")
@click.option("--nodata", help="value of raster cells without data that the file does not declare, or none")
@click.option("--json", "as_json", is_flag=True, help="print the rows as json")
@click.pass_context
def call(
    ctx: click.Context,
    method_id: str,
    out: Path | None,
    region: str | None,
    user_factors: Path | None,
    quality: str | None,
    encoding: str | None,
    given: tuple[str, ...],
    mapping: tuple[str, ...],
    crs: str | None,
    nodata: str | None,
    as_json: bool,
) -> None:
    """Run METHOD_ID on files: --TABLE FILE for each table, --PARAMETER VALUE for each parameter.

    Factors may be 'library:EDITION'. 'citycarbon methods METHOD_ID' lists what it takes.
    """
    faces: Faces = ctx.obj
    tables, parameters = _given(ctx.args, method_id)
    options = FileOptions(encoding=encoding, mapping=_pairs(mapping, "--map"), given=_pairs(given, "--set"))
    method, made, notes = service.call(
        method_id,
        tables,
        parameters,
        options=options,
        user_factors=user_factors,
        region=region,
        crs=crs,
        nodata=nodata,
        quality=quality,
    )
    frame = made.to_polars()
    if out is not None:
        write_table(frame, out)
    if as_json:
        click.echo(json.dumps({"method": method.id, "defaults": notes, "rows": frame.to_dicts()}, ensure_ascii=False))
        return
    screen = console()
    if isinstance(made, EmissionTable):
        for line in _totals(made):
            screen.print(line)
        for gas, share in service.recalled_shares(made).items():
            screen.print(say("recalled_share", faces.lang).format(gas, share))
        for english, chinese in service.lookup_notes(made):
            screen.print(chinese if faces.lang == "zh" else english)
    for name, text in notes.items():
        screen.print(f"{say('defaults', faces.lang)}: --{name} {text}")
    for part in frame_grid(_short(frame), faces.lang):
        screen.print(part)
    if out is not None:
        screen.print(f"{say('written', faces.lang)} {out}")


_MOST_YEARS = 6


def _totals(table: EmissionTable) -> list[Text | str]:
    """The answer first: the sum of each gas and year, as far as it may be summed; of many years the first and the last."""
    years = sorted({time[:4] for time in table.words("time")})
    shown = years if len(years) <= _MOST_YEARS else [years[0], years[-1]]
    lines: list[Text | str] = []
    for year in shown:
        mine = table.filter(time=[time for time in table.words("time") if time[:4] == year])
        try:
            sums = pl.DataFrame(total(mine, ["gas", "basis", "scenario"], scopes="community_boundary"))
        except InputError:
            return []
        when = f" · {year}" if len(years) > 1 else ""
        for row in sums.iter_rows(named=True):
            kind = "" if row["basis"] == "all" else f" ({row['basis']}-based)"
            value = "—" if row["value"] is None else f"{row['value']:z.6g}"
            lines.append(strong(f"{value} {row['unit']} {row['gas']}", kind + when))
    return lines + _working(table.to_polars())


def _working(rows: pl.DataFrame) -> list[str]:
    """Heat and coal equivalent repeat for each gas and basis of a row, so they are added over one gas and basis only."""
    first = (
        rows.filter((pl.col("gas") == rows["gas"][0]) & (pl.col("basis") == rows["basis"][0])) if rows.height else rows
    )
    found = []
    for name, unit in (("energy", "GJ"), ("standard_coal", "tce")):
        if first[name].null_count() < first.height:
            found.append(f"{first[name].sum():z.7g} {unit}")
    return [" · ".join(found)] if found else []


def _short(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave out what a terminal has no room for; ``--out`` has it."""
    hidden = (
        "sd_activity",
        "sd_factor",
        "factor_errors",
        "methane_origin",
        "activity_error_group",
        "error_group",
        "method",
        "flow",
        "provenance_id",
    )
    return frame.select(name for name in frame.columns if name not in (*hidden, "rule", "factor_id"))


def _given(words: list[str], method_id: str) -> tuple[dict[str, str], dict[str, str]]:
    """Split the free options into tables and parameters by the method's own signature."""
    known = {parameter.name: parameter for parameter in find_method(method_id).parameters}
    problems = Problems()
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, mark, value = word.removeprefix("--").partition("=")
        name = name.replace("-", "_")
        if not word.startswith("--") or name not in known:
            options = ", ".join(f"--{key}" for key in known)
            problems.add("parameter_unknown", Where(item=method_id), word, known=options)
            if rest and not rest[0].startswith("--"):
                rest.pop(0)
            continue
        if not mark:
            if not rest:
                problems.add("parameter_missing", Where(item=f"--{name}"), word, column=f"--{name} VALUE")
                break
            value = rest.pop(0)
        found[name] = value
    problems.raise_all()
    tables = {name: value for name, value in found.items() if section_of(known[name]) != "parameters"}
    return tables, {name: value for name, value in found.items() if name not in tables}


def _pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    problems = Problems()
    for word in words:
        if "=" not in word:
            problems.add("parameter_wrong", Where(item=option), word, expected_value="COLUMN=TEXT")
    problems.raise_all()
    return dict(word.split("=", 1) for word in words)
