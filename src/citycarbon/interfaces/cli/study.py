"""Commands about studies: demo, new, validate, run, report.

Comes in: folders. Goes out: results, reports and a short answer. Not for: formulas.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click
import polars as pl
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from citycarbon.core.errors import InputError
from citycarbon.core.results import StudyResult
from citycarbon.core.sums import added, whole
from citycarbon.data.examples import TEMPLATE, example_studies, examples_folder
from citycarbon.data.results import replacing, write_result
from citycarbon.interfaces.cli.app import Faces
from citycarbon.interfaces.cli.serve import in_background
from citycarbon.interfaces.cli.show import console, grid, number, strong, tonnes
from citycarbon.interfaces.cli.texts import name_of, say
from citycarbon.studies import service
from citycarbon.studies.cache import StepCache
from citycarbon.studies.exchange.map_files import FOLDER as MAPS

IDLE = 4 * 3600
"""Seconds without a request after which the server of a demo ends by itself."""
STUDY = click.argument("study", type=click.Path(path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="json")


def _run(folder: Path, out: Path, faces: Faces, cache: bool) -> StudyResult:
    from rich.console import Console

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(folder.name)

        def tell(step: str, index: int, count: int) -> None:
            bar.update(task, description=f"{folder.name}: {step} ({index + 1}/{count})")

        return service.run(folder, out, faces.reports, cache=StepCache() if cache else None, progress=tell)


@click.command()
@STUDY
@click.option(
    "--out", type=click.Path(path_type=Path), help="folder of the results; STUDY-results beside you by default"
)
@click.option("--no-cache", is_flag=True, help="compute every step again")
@JSON
@click.pass_obj
def run(faces: Faces, study: Path, out: Path | None, no_cache: bool, as_json: bool) -> None:
    """Run STUDY, a folder with study.yaml, and write results, report.html and report.xlsx."""
    target = out or Path.cwd() / f"{study.resolve().name}-results"
    result = _run(study, target, faces, cache=not no_cache)
    if as_json:
        click.echo((target / "result.json").read_text("utf-8"))
        return
    answer(result, faces.lang)
    click.echo(f"\n{say('written', faces.lang)} {target}\n{say('open', faces.lang)} {target / 'report.html'}")


@click.command()
@STUDY
@JSON
@click.pass_obj
def validate(faces: Faces, study: Path, as_json: bool) -> None:
    """Check STUDY completely, without writing anything."""
    result = service.validate(study)
    if as_json:
        click.echo(json.dumps({"errors": [], "study": result.meta["study"]}, ensure_ascii=False))
        return
    steps = len(result.meta["methods"])
    click.echo(say("valid", faces.lang).format(result.meta["study"], steps, len(result.origins)))


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--pdf", is_flag=True, help="write report-zh.pdf and report-en.pdf too")
@click.pass_obj
def report(faces: Faces, results: Path, pdf: bool) -> None:
    """Write report.html and report.xlsx of a RESULTS folder again, and the printed reports when they are asked for."""
    result = service.load(results)
    with replacing(results) as fresh:
        write_result(result, fresh)
        if (results / MAPS).is_dir():
            # Map files are made of the study's own layers, which a results folder does not hold.
            shutil.copytree(results / MAPS, fresh / MAPS)
        for name, write in {**faces.reports, **(faces.prints if pdf else {})}.items():
            write(result, fresh / name)
    click.echo(f"{say('written', faces.lang)} {results / 'report.html'}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def new(faces: Faces, folder: Path) -> None:
    """Make a study in a new FOLDER, a copy of the starter city to change."""
    made = service.new_study(folder, examples_folder() / TEMPLATE)
    click.echo(say("made", faces.lang).format(folder, len(made), folder))


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo-results"), help="folder of the results")
@click.option("--serve", is_flag=True, help="then serve them in the background, open to everyone on this machine")
@click.pass_obj
def demo(faces: Faces, out: Path, serve: bool) -> int:
    """Run every shipped study whose data are on this machine."""
    done: list[Path] = []
    code = 0
    for folder in example_studies():
        target = out / folder.name
        try:
            result = _run(folder, target, faces, cache=True)
        except InputError as error:
            if not all(item.code in ("dataset_missing", "extra_missing") for item in error.problems):
                raise
            _absent(folder, error, faces)
            continue
        answer(result, faces.lang, brief=True)
        click.echo("")
        done.append(target / "report.html")
    click.echo(say("demo_end", faces.lang))
    for path in done:
        click.echo(f"  {path.resolve()}")
    if serve:
        click.echo("\n" + say("demo_open", faces.lang))
        in_background(out, ["--public", "*", "--idle-stop", str(IDLE)], faces.lang)
        click.echo("")
    click.echo(say("demo_next", faces.lang))
    return code


def _absent(folder: Path, error: InputError, faces: Faces) -> None:
    click.echo(f"{folder.name}: {say('demo_missing', faces.lang)}")
    seen = dict.fromkeys(item.fix(faces.lang) for item in error.problems)  # type: ignore[arg-type]
    for fix in seen:
        click.echo(f"  {fix}")
    click.echo("")


def answer(result: StudyResult, lang: str, *, brief: bool = False) -> None:
    """Say the total first, then its parts, then what the checks found."""
    screen = console()
    screen.print(strong(result.meta["title"][lang]))
    for line in headline(result, lang):
        screen.print(line)
    if not brief:
        for table in (*_sectors(result, lang), *_places(result, lang)):
            screen.print("")
            screen.print(table)
        _misfits(result, lang, screen)
    counts = {
        kind: sum(check.severity == kind for check in result.checks) for kind in ("ok", "note", "caveat", "misfit")
    }
    screen.print(f"{say('checks', lang)}: " + say("checks_line", lang).format(**counts))


def headline(result: StudyResult, lang: str) -> list[str]:
    """One line a total: amount, year, scenario, basis, scopes, metric."""
    lines = []
    for total in shown_totals(result):
        span = f" ± {tonnes(total['sd'], lang)} {say('sd_span', lang)}" if total.get("sd") else ""
        parts = [total["time"], total["scenario"], total["basis"], result.meta["scopes"], result.meta["gwp"]]
        words = " · ".join(name_of(part, lang) for part in parts if part != "all")
        lines.append(f"  {tonnes(total['value'], lang)} CO2e{span} · {words}")
    return lines


_MOST_YEARS = 12


def shown_totals(result: StudyResult) -> list[dict[str, Any]]:
    """Totals of the account; works of many years are added up to one line, an inventory shows each year."""
    totals = pl.DataFrame(result.meta["totals"])
    order = {name: rank for rank, name in enumerate(result.meta.get("scenarios", []))}
    totals = totals.sort(
        pl.col("scenario").replace_strict(order, default=99, return_dtype=pl.Int64), maintain_order=True
    )
    rows = []
    for (scenario, basis), part in totals.group_by("scenario", "basis", maintain_order=True):
        if result.meta.get("yearly") and part.height > _MOST_YEARS:
            rows += part.sort("time").tail(1).to_dicts()
        elif part.height <= 3 or result.meta.get("yearly"):
            rows += part.to_dicts()
        else:
            years = part["time"].sort()
            span = f"{years[0]}-{years[-1]}"
            rows.append({"time": span, "scenario": scenario, "basis": basis, "value": whole(part), "sd": None})
    return rows


def _rows(result: StudyResult, view: str) -> pl.DataFrame:
    """Totals by sector or place; of an inventory of several years the last."""
    rows = result.tables["totals"].filter(pl.col("view") == view)
    if not result.meta.get("yearly"):
        return rows
    return rows.filter(pl.col("time") == pl.col("time").max().over("scenario", "basis"))


def _caption(result: StudyResult, part: pl.DataFrame, lang: str) -> str:
    years = [part["time"][0]] if result.meta.get("yearly") else []
    return " · ".join([*years, *(name_of(part[n][0], lang) for n in ("scenario", "basis") if part[n][0] != "all")])


def _sectors(result: StudyResult, lang: str) -> list[Any]:
    rows = _rows(result, "sector")
    tables = []
    for _, part in rows.group_by("scenario", "basis", maintain_order=True):
        sums = added(part, ["sector"]).drop_nulls("value").sort("value", descending=True)
        every = whole(sums)
        cells = [
            (result.label(name, lang), tonnes(value, lang), f"{100 * value / every:z.1f} %" if every else "—")
            for name, value in sums.iter_rows()
        ]
        heads = ((say("sector", lang), "left"), (say("value", lang), "right"), (say("share", lang), "right"))
        made = grid(heads, cells)
        made.title, made.title_justify = _caption(result, part, lang), "left"
        tables.append(made)
    return tables


def _places(result: StudyResult, lang: str) -> list[Any]:
    """Exact totals by place, all years of a scenario together, where there are few enough to read."""
    rows = _rows(result, "place")
    if rows["place"].n_unique() > 12:
        return []
    tables = []
    unit = "吨" if lang == "zh" else "t"
    for _, part in rows.group_by("scenario", "basis", maintain_order=True):
        sums = added(part, ["place"]).sort("value", descending=True, nulls_last=True)
        cells = [
            (
                result.label(name, lang),
                "—" if value is None else tonnes(value, lang) if abs(value) >= 1e8 else f"{value:z,.3f} {unit}",
            )
            for name, value in sums.iter_rows()
        ]
        made = grid(((say("place", lang), "left"), (say("value", lang), "right")), cells)
        made.title, made.title_justify = _caption(result, part, lang), "left"
        tables.append(made)
    return tables


def _check_name(result: StudyResult, name: str, lang: str) -> str:
    """Say what was checked: the study's own label, or the check and the label of its line."""
    head, _, item = name.partition(": ")
    if head in result.labels and not item.startswith(("energy", "transport", "municipal", "living", "sink", "total")):
        return result.label(head, lang)
    line = say("total", lang) if item == "total" else result.label(item, lang)
    return f"{result.label(head, lang)}: {line}" if item else result.label(head, lang)


def _misfits(result: StudyResult, lang: str, screen: Any) -> None:
    found = [check for check in result.checks if check.severity == "misfit"]
    if not found:
        return
    screen.print(f"\n{say('misfits', lang)}:")
    reasons: dict[str, list[Any]] = {}
    for check in found:
        reasons.setdefault(check.text[lang == "zh"], []).append(check)
    for why, checks in reasons.items():
        for check in checks:
            both = f"{say('computed', lang)} {number(check.value)}, {say('printed', lang)} {number(check.expected)}"
            screen.print(
                f"  {result.label(check.place, lang)} · {_check_name(result, check.id, lang)}: {both} {check.unit}"
            )
        screen.print(f"    → {why}", style="dim")
    screen.print("")
