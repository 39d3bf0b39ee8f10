"""Commands that explain: methods and factors.

Comes in: ids and filters. Goes out: text, json or a file. Not for: computing.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import polars as pl

from citycarbon.core.method import Method, Parameter
from citycarbon.data.library import activities, activity_names, sets, shipped_library
from citycarbon.data.library.quality import counts
from citycarbon.data.references import citation
from citycarbon.data.regions import region_rows, require_region
from citycarbon.data.spelling import simple
from citycarbon.data.writers import write_table
from citycarbon.interfaces.cli.app import Faces
from citycarbon.interfaces.cli.show import console, frame_grid, grid, strong
from citycarbon.interfaces.cli.texts import say
from citycarbon.studies import service
from citycarbon.studies.catalogue import find_method, spoken


@click.command()
@click.argument("method_id", required=False)
@click.option("--json", "as_json", is_flag=True, help="print json")
@click.pass_obj
def methods(faces: Faces, method_id: str | None, as_json: bool) -> None:
    """List the methods, or explain METHOD_ID: equation, inputs, units, source, status."""
    if method_id is None:
        listed = list(service.catalogue().values())
        if as_json:
            click.echo(json.dumps([record(each) for each in listed], ensure_ascii=False, indent=1))
            return
        rows = [(each.id, each.label(faces.lang), each.status) for each in listed]
        heads = (("id", "left"), (say("title", faces.lang), "left"), (say("status", faces.lang), "left"))
        console().print(grid(heads, rows))
        return
    method = find_method(method_id)
    if as_json:
        click.echo(json.dumps(record(method), ensure_ascii=False, indent=1))
        return
    _explain(method, faces.lang)


def record(method: Method) -> dict[str, object]:
    """Give a method as plain values, for json and generated forms."""
    return {
        "id": method.id,
        "title": {"en": method.title[0], "zh": method.title[1]},
        "summary": method.summary,
        "equation": method.equation,
        "source": method.source,
        "citation": citation(method.source),
        "status": method.status,
        "version": method.version,
        "gives": method.gives.__name__,
        "parameters": [_parameter(each) for each in method.parameters],
    }


def _parameter(each: Parameter) -> dict[str, object]:
    made: dict[str, object] = {
        "name": each.name,
        "kind": each.table.__name__ if each.table else each.kind.__name__,
        "unit": each.unit,
        "optional": each.optional,
        "meaning": each.meaning,
    }
    if each.choices:
        made["choices"] = list(each.choices)
    if each.optional and each.table is None and isinstance(each.default, (bool, int, float, str)):
        made["default"] = each.default
    if each.table is not None:
        made["columns"] = [
            {"name": c.name, "required": c.required, "unit": c.unit, "en": c.meaning[0], "zh": c.meaning[1],
             "allowed": list(c.allowed)}
            for c in each.table.columns
        ]  # fmt: skip
    return made


def _explain(method: Method, lang: str) -> None:
    screen = console()
    screen.print(strong(method.id, f"  {method.label(lang)}"))
    screen.print(spoken(method.summary, lang)[0])
    screen.print(f"{say('equation', lang)}: {method.equation}")
    screen.print(f"{say('source', lang)}: {citation(method.source)} [{method.source}]")
    screen.print(f"{say('status', lang)}: {method.status}   {say('gives', lang)}: {method.gives.__name__}")
    for each in method.parameters:
        need = say("optional" if each.optional else "required", lang)
        kind = each.table.__name__ if each.table else (" | ".join(each.choices) or each.kind.__name__)
        unit = f" [{each.unit}]" if each.unit else ""
        default = (
            ""
            if not each.optional or each.table or each.default is None
            else f", {say('default', lang)} {each.default}"
        )
        screen.print(f"\n--{each.name}  {kind}{unit}, {need}{default}", style="bold")
        screen.print(f"  {spoken(each.meaning, lang)[0]}")
        if each.table is not None and each.table.__name__ != "PlaceTable":
            rows = [
                (c.name + ("*" if c.required else ""), c.unit or "|".join(c.allowed[:4]), c.meaning[lang == "zh"])
                for c in each.table.columns
            ]
            screen.print(
                grid(
                    (("  " + say("columns", lang), "left"), ("", "left"), ("", "left")),
                    [("  " + a, b, c) for a, b, c in rows],
                )
            )


@click.command()
@click.option("--activity", help="code or name, for example diesel or 柴油")
@click.option("--region", help="code or name, for example CN-JS or 江苏")
@click.option("--edition", help="edition, for example mee-average-2022")
@click.option("--quantity", help="for example emission_factor")
@click.option("--year", type=int, help="year of validity")
@click.option("--sets", "show_sets", is_flag=True, help="list the named fuel sets")
@click.option("--editions", "show_editions", is_flag=True, help="list the editions")
@click.option("--quality", "show_quality", is_flag=True, help="count the figures of each edition by quality mark")
@click.option("--regions", "show_regions", is_flag=True, help="list the regions")
@click.option("--activities", "show_activities", is_flag=True, help="list the activities")
@click.option("--out", type=click.Path(path_type=Path), help="csv, xlsx, parquet or json")
@click.option("--json", "as_json", is_flag=True, help="print json")
@click.pass_obj
def factors(
    faces: Faces,
    activity: str | None,
    region: str | None,
    edition: str | None,
    quantity: str | None,
    year: int | None,
    show_sets: bool,
    show_editions: bool,
    show_quality: bool,
    show_regions: bool,
    show_activities: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Search the factor library; every row has its edition, source, licence and quality."""
    if show_sets:
        title = "title_zh" if faces.lang == "zh" else "title_en"
        frame = (
            sets()
            .group_by("set", maintain_order=True)
            .agg(pl.col(title).drop_nulls().first(), pl.col("edition").unique())
        )
        frame = frame.with_columns(pl.col("edition").list.sort().list.join(", "))
    elif show_editions:
        frame = (
            shipped_library()
            .rows.group_by("edition")
            .agg(pl.len().alias("factors"), pl.col("source").first())
            .sort("edition")
        )
    elif show_quality:
        # The whole list, in the order of the page on quality.
        frame = counts() if edition is None else counts().filter(pl.col("edition") == edition)
    elif show_regions:
        frame = pl.DataFrame(list(region_rows().values()))
    elif show_activities:
        frame = activities()
    else:
        frame = _search(activity, region, edition, quantity, year)
    if out is not None:
        write_table(frame, out)
        click.echo(f"{say('written', faces.lang)} {out}")
        return
    if as_json:
        click.echo(json.dumps(frame.to_dicts(), ensure_ascii=False))
        return
    if not frame.height:
        click.echo(say("no_rows", faces.lang))
        return
    screen = console()
    if "factor_id" in frame.columns:
        frame = _short(frame)
    for part in frame_grid(frame, faces.lang, limit=500 if show_quality else 60):
        screen.print(part)


def _short(frame: pl.DataFrame) -> pl.DataFrame:
    """What a terminal has room for; ``--out`` and ``--json`` have every column."""
    from_, to = pl.col("valid_from").cast(pl.String), pl.col("valid_to").cast(pl.String)
    dated = pl.col("valid_from").is_not_null() | pl.col("valid_to").is_not_null()
    years = pl.when(dated).then(pl.format("{}-{}", from_.fill_null("…"), to.fill_null("…")))
    columns = ("activity", "quantity", "sector", "gas", "region")
    return frame.select(*columns, years.alias("years"), "value", "unit", "edition", "quality")


def _search(
    activity: str | None, region: str | None, edition: str | None, quantity: str | None, year: int | None
) -> pl.DataFrame:
    rows = shipped_library().rows if edition is None else shipped_library().choose([edition]).to_polars()
    if activity is not None:
        rows = rows.filter(pl.col("activity") == activity_names().get(simple(activity), activity))
    if region is not None:
        rows = rows.filter(pl.col("region") == require_region(region))
    if quantity is not None:
        rows = rows.filter(pl.col("quantity") == quantity)
    if year is not None:
        rows = rows.filter((pl.col("valid_from").fill_null(0) <= year) & (pl.col("valid_to").fill_null(9999) >= year))
    return rows
