"""The ingest and export commands: inventories of other tools in, accounts of studies out.

Comes in: a file and its format, or a results folder. Goes out: a review of the import on screen and a table, or a file.
Not for: reading or writing formats.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from citycarbon.core.errors import InputError, Lang, Problems, Where
from citycarbon.data.exchange.import_report import ImportReport
from citycarbon.data.exchange.plain import FORMAT as PLAIN
from citycarbon.data.exchange.wide import FORMAT as WIDE
from citycarbon.data.writers import write_table
from citycarbon.interfaces.cli import jobs
from citycarbon.interfaces.cli.app import WRONG_INPUT, Faces, show_problems
from citycarbon.interfaces.cli.show import console, grid, number, strong
from citycarbon.interfaces.cli.texts import say
from citycarbon.studies import exchange


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", required=True, help="activity or wide (csv, xlsx), citycatalyst (csv), ecrf (xlsx) or iamc"
)
@click.option(
    "--notation", multiple=True, metavar="WORD=KEY", help="what a word that is no notation key means, e.g. RN=NO"
)
@click.option("--gas-unit", help="unit of the gas columns where sums do not settle it: 't CO2e', 'kg CO2e', t or kg")
@click.option("--gas-metric", help="warming metric that the file was made with, e.g. AR5-GWP100")
@click.option("--place", help="place, where the file states none")
@click.option("--year", type=int, help="year, where the file states none")
@click.option("--encoding", help="encoding of text files; detected if left out")
@click.option("--out", type=click.Path(path_type=Path), help="csv, xlsx, parquet or json to write the records to")
@click.option(
    "--map", "mapped", multiple=True, metavar="COLUMN=HEADER", help="which header of a plain table is a column"
)
@click.option("--set", "given", multiple=True, metavar="COLUMN=TEXT", help="a column of a plain table with one text")
@click.option("--ignore", multiple=True, metavar="HEADER", help="header of a plain table to leave out")
@click.option("--columns", type=click.Path(path_type=Path), help="mapping file of a wide table: header, role, sector …")
@click.option("--background", type=click.Path(path_type=Path), help="work in the background; new folder for its status")
@click.option("--json", "as_json", is_flag=True, help="print the report as json")
@click.pass_context
def ingest(
    ctx: click.Context,
    /,
    file: Path,
    form: str,
    notation: tuple[str, ...],
    out: Path | None,
    background: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Read FILE, an inventory of another tool or a plain table, and say what became of every column and coded value."""
    faces: Faces = ctx.obj
    if background is not None:
        if background.exists():
            raise InputError("output_exists", Where(file=str(background)), background.name)
        click.echo(f"{say('job_started', faces.lang)} {jobs.start(_without_background(faces), background)}")
        return
    started = time.perf_counter()
    with _progress(file) as tell:
        made = exchange.ingest(file, form, _reading(form, notation, options, tell))
        if out is not None and not made.report.refused:
            tell("writing")
            write_table(made.table.to_polars(), out)
    jobs.note(stage="end", rows=made.report.records, reading=round(time.perf_counter() - started, 2))
    lang: Lang = "zh" if faces.lang == "zh" else "en"
    if as_json:
        report = made.report.as_dict(lang)
        click.echo(
            json.dumps({**report, "metadata": dict(made.metadata), "errors": report["refused"]}, ensure_ascii=False)
        )
    else:
        _show(made.report, lang)
    if made.report.refused:
        if not as_json:
            show_problems(InputError.several(made.report.refused), faces)
        ctx.exit(WRONG_INPUT)
    if out is not None and not as_json:
        console().print(f"{say('written', faces.lang)} {out}")


def _reading(form: str, notation: tuple[str, ...], options: dict[str, Any], tell: Any) -> dict[str, Any]:
    """What a reader is told: plain tables have columns to map, the others coded words."""
    _refuse_idle(form, {**options, "notation": notation})
    words = {name: options.pop(name) for name in ("mapped", "given", "ignore", "columns")}
    if form == WIDE:
        given = _pairs(words["given"], "--set", "COLUMN=TEXT")
        return {"encoding": options["encoding"], "given": given, "columns": words["columns"], "tell": tell}
    if form != PLAIN:
        return {**options, "notation": _pairs(notation)}
    mapping = _pairs(words["mapped"], "--map", "COLUMN=HEADER")
    given = _pairs(words["given"], "--set", "COLUMN=TEXT")
    return {
        "encoding": options["encoding"],
        "mapping": mapping,
        "given": given,
        "ignore": words["ignore"],
        "tell": tell,
    }


_OPTIONS = {
    "mapped": "--map", "given": "--set", "ignore": "--ignore", "columns": "--columns", "encoding": "--encoding",
    "notation": "--notation", "gas_unit": "--gas-unit", "gas_metric": "--gas-metric", "place": "--place", "year": "--year",
}  # fmt: skip
_RECORDS = ("notation", "gas_unit", "gas_metric", "place", "year")
_HEEDED = {
    WIDE: ("given", "columns", "encoding"), PLAIN: ("mapped", "given", "ignore", "encoding"),
    "citycatalyst": (*_RECORDS, "encoding"), "ecrf": _RECORDS, "iamc": ("encoding",),
}  # fmt: skip
"""Format to the options that its reader heeds."""


def _refuse_idle(form: str, options: dict[str, Any]) -> None:
    """Refuse options that the format makes no use of: who states them expects that they count."""
    heeded = _HEEDED.get(form, tuple(_OPTIONS))
    idle = [word for name, word in _OPTIONS.items() if options.get(name) and name not in heeded]
    if idle:
        raise InputError(
            "parameter_unknown", Where(item=", ".join(idle)), form, known=", ".join(_OPTIONS[name] for name in heeded)
        )


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[str], None]]:
    """Show the stages of an import on standard error, and note them for a job."""
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=Console(stderr=True),
                  transient=True) as bar:  # fmt: skip
        task = bar.add_task(file.name)

        def tell(stage: str) -> None:
            bar.update(task, description=f"{file.name}: {stage}")
            jobs.note(stage=stage)

        yield tell


def _without_background(faces: Faces) -> list[str]:
    """The words of this command line without the request to go to the background."""
    words = [*faces.arguments]
    for at, word in enumerate(words):
        if word == "--background":
            return words[:at] + words[at + 2 :]
        if word.startswith("--background="):
            return words[:at] + words[at + 1 :]
    return words


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.argument("form", metavar="FORMAT")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="file to write")
@click.option("--scenario", help="scenario to report; observed, or the only one, if left out")
@click.option("--basis", default=exchange.BASIS, show_default=True, help="location or market, for purchased energy")
@click.option("--classification", default=exchange.OWN_LIST, show_default=True, help="list in which the sectors stand")
@click.option("--crosswalk", type=click.Path(path_type=Path), help="own crosswalk of the sectors to GPC numbers")
@click.option("--place", help="the one place to write; all of them if left out")
@click.option("--set", "given", multiple=True, metavar="NAME=TEXT", help="what else the format lets one state")
@click.pass_context
def export(
    ctx: click.Context, results: Path, form: str, out: Path, scenario: str | None, basis: str, classification: str,
    crosswalk: Path | None, place: str | None, given: tuple[str, ...],
) -> None:  # fmt: skip
    """Write the account of RESULTS, a results folder, in FORMAT: ecrf, citycatalyst, iamc, provincial or package."""
    faces: Faces = ctx.obj
    stated = _pairs(given, "--set", "NAME=TEXT")
    if form in exchange.RESULT_FORMATS:
        _export_result(ctx, results, form, out, stated)
        return
    if stated:
        raise InputError("parameter_unknown", Where(item="--set"), ", ".join(stated), known="—")
    made = exchange.export(
        results,
        form,
        out,
        scenario=scenario,
        basis=basis,
        classification=classification,
        crosswalk=crosswalk,
        place=place,
    )
    screen = console()
    screen.print(strong(f"{number(made.total, 7)} t CO2e", f"  {say('rows', faces.lang).format(made.records)}"))
    screen.print(f"{made.metric} · {made.scenario} · {made.basis}")
    if made.without_number:
        screen.print(f"{say('without_gpc', faces.lang)}: {number(made.without_number, 7)} t CO2e")
    screen.print(f"{say('written', faces.lang)} {made.path}")


def _export_result(ctx: click.Context, results: Path, form: str, out: Path, stated: dict[str, str]) -> None:
    """Formats of a whole result take only what is stated on the line; a default of other formats is no statement."""
    named = [
        name
        for name in ("scenario", "basis", "classification", "crosswalk", "place")
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    ]
    options = {**{name: str(ctx.params[name]) for name in named}, **stated}
    for path in exchange.export_result(results, form, out, options):
        console().print(f"{say('written', ctx.obj.lang)} {path}")


def _show(report: ImportReport, lang: Lang) -> None:
    """The answer first: how many rows became records; then columns, values and notes."""
    screen = console()
    answer = say("ingested", lang).format(report.rows, report.records)
    screen.print(strong(answer, f"  {report.file}  sha256 {report.sha256[:12]}"))
    heads = [(say("column", lang), "left"), (say("field", lang), "left"), (say("filled", lang), "right")]
    screen.print(grid(heads, [(use.header, use.field or "—", use.filled) for use in report.columns]))
    heads = [(say("column", lang), "left"), (say("found", lang), "left"), (say("became", lang), "left"), ("n", "right")]
    values = [(use.column, use.found or "—", use.became or "—", use.count) for use in report.values]
    if values:
        screen.print("")
        screen.print(grid(heads, values))
    for each in report.notes:
        rows = ", ".join(str(row) for row in each.rows[:8]) + (" …" if len(each.rows) > 8 else "")
        screen.print(f"· {each.text[lang == 'zh']} ({each.count}: {rows})")


def _pairs(words: tuple[str, ...], option: str = "--notation", form: str = "WORD=KEY") -> dict[str, str]:
    problems = Problems()
    for word in words:
        if "=" not in word:
            problems.add("parameter_wrong", Where(item=option), word, expected_value=form)
    problems.raise_all()
    return {key: value for key, _, value in (word.partition("=") for word in words)}
