"""The form that runs a method on rows that somebody pastes or sends, and what came of it.

Comes in: requests. Goes out: HTML, or csv. Not for: the method itself, which runs in a process of its own.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import polars as pl
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from citycarbon.core.errors import InputError
from citycarbon.core.method import Method, Parameter
from citycarbon.core.tables import FactorTable, PlaceTable
from citycarbon.data.library import shipped_library
from citycarbon.data.method_examples import MethodExample, examples
from citycarbon.interfaces.web.method_pages import show_method
from citycarbon.interfaces.workbench.asking import check_form, who
from citycarbon.interfaces.workbench.bench import needed_somewhere
from citycarbon.interfaces.workbench.work.threads import slowly
from citycarbon.interfaces.workbench.work.trying import PLAIN, Given, Sent, Tried, prepare, takes_rows, try_method
from citycarbon.studies.catalogue import find_method
from citycarbon.studies.service import LIBRARY, default_editions
from citycarbon.studies.shelf.query import write

SHOWN_ROWS = 200
HIDDEN = (
    "activity_error_group",
    "error_group",
    "provenance_id",
    "sd_activity",
    "sd_factor",
    "flow",
    "factor_errors",
    "methane_origin",
)
"""Columns that the page leaves out; the file has them."""


@dataclass(frozen=True)
class Field:
    """One field of the form: a table that is pasted, sent or chosen from the library, or a plain parameter."""

    name: str
    kind: str
    needed: bool
    meaning: str
    unit: str
    text: str
    choices: tuple[str, ...] = ()
    header: str = ""
    edition: str = ""


def form_of(method: Method, given: MethodExample | None) -> list[Field]:
    """Fields of a method, filled with what is given."""
    made = []
    for each in method.parameters:
        needed = not each.optional
        text = given.tables.get(each.name, "") if given else ""
        if each.table is FactorTable:
            usual = ",".join(default_editions(method.id))
            named = (given.words.get(each.name, "") if given else "").removeprefix(LIBRARY) or ("" if text else usual)
            known = tuple(sorted({*shipped_library().editions, *filter(None, (usual, named))}))
            made.append(Field(each.name, "factors", needed and not usual, each.meaning, "", text, known, edition=named))
        elif each.table is not None:
            columns = ",".join(column.name for column in each.table.columns if column.required)
            made.append(Field(each.name, "table", needed, each.meaning, "", text, header=columns))
        elif each.kind in PLAIN:
            made.append(_plain(each, given))
    return made


def _plain(each: Parameter, given: MethodExample | None) -> Field:
    default = each.default if isinstance(each.default, PLAIN) else ""
    text = (given.words.get(each.name) if given else None) or ("" if default == "" else str(default))
    if each.kind is bool:
        return Field(each.name, "choice", False, each.meaning, "", text.lower() or "false", ("true", "false"))
    if each.choices:
        return Field(each.name, "choice", not each.optional, each.meaning, "", text, each.choices)
    kind = "number" if each.kind in (int, float) else "text"
    return Field(each.name, kind, not each.optional, each.meaning, "" if each.unit == "1" else each.unit, text)


def takes_region(method: Method) -> bool:
    """Whether one region may be named for all places."""
    return any(each.table is PlaceTable for each in method.parameters)


def method_page(request: Request) -> Response:
    """A method with its form; ``?example=1`` fills it with the example of the documentation."""
    method = find_method(request.path_params["method"])
    given = examples().get(method.id)
    filled = given if request.query_params.get("example") == "1" else None
    if takes_rows(method) and any(who(request).may("analyst", study) for study in who(request).grants):
        # The first process of a kind takes seconds to begin; whoever looks at a form is about to send it.
        threading.Thread(target=prepare, daemon=True).start()
    return show_method(request, method, **_form(method, filled, given is not None))


def _form(method: Method, filled: MethodExample | None, has_example: bool) -> dict[str, Any]:
    return {
        "fields": form_of(method, filled) if takes_rows(method) else [], "example": has_example,
        "region": (filled.region if filled else "") if takes_region(method) else None,
    }  # fmt: skip


async def run_method(request: Request) -> Response:
    """Run a method on what the form holds; show every problem, or the rows, or give them as csv."""
    person = await run_in_threadpool(who, request)
    method = find_method(request.path_params["method"])
    needed_somewhere(person, "analyst")
    async with request.form(max_files=20, max_fields=400, max_part_size=2 * 1024**2) as form:
        check_form(person, str(form.get("form_key", "")))
        tables, plain, said = await _read(method, form)
        region = str(form.get("region", "")).strip()
        act = form.get("act")
    shown = _form(method, MethodExample(said, {**plain, **_editions(tables)}, region), method.id in examples())
    try:
        made = await slowly(try_method, method.id, tables, plain, region=region or None)
    except InputError as error:
        return await run_in_threadpool(show_method, request, method, error=error, **shown)
    if act == "csv":
        # A file that could not hold all rows says so in its name.
        cut = f"-first-{made.rows.height}-of-{made.count}" if made.count > made.rows.height else ""
        headers = {"content-disposition": f'attachment; filename="{method.id}{cut}.csv"', "cache-control": "no-store"}
        return Response(write(made.rows, "csv"), media_type="text/csv; charset=utf-8", headers=headers)
    return await run_in_threadpool(show_method, request, method, answer=answer_of(made), **shown)


def _editions(tables: dict[str, Given]) -> dict[str, str]:
    return {name: each for name, each in tables.items() if isinstance(each, str)}


async def _read(method: Method, form: FormData) -> tuple[dict[str, Given], dict[str, str], dict[str, str]]:
    """Give tables, plain parameters, and what was pasted, so that the page shows it again."""
    tables: dict[str, Given] = {}
    plain, said = {}, {}
    for each in method.parameters:
        file = form.get(f"file.{each.name}")
        pasted = str(form.get(f"table.{each.name}", ""))
        edition = str(form.get(f"library.{each.name}", ""))
        if each.table is None:
            text = str(form.get(f"parameter.{each.name}", "")).strip()
            if text:
                plain[each.name] = text
        elif isinstance(file, UploadFile) and file.filename:
            tables[each.name] = Sent(await file.read(), file.filename)
        elif pasted.strip():
            tables[each.name] = Sent(pasted.encode())
            said[each.name] = pasted
        elif edition:
            tables[each.name] = LIBRARY + edition
    return tables, plain, said


def answer_of(made: Tried) -> dict[str, Any]:
    """What the page shows of an answer: the first rows without empty columns, and how many there are."""
    rows = made.rows.head(SHOWN_ROWS)
    kept = [name for name in rows.columns if name not in HIDDEN and rows[name].null_count() < rows.height]
    numbers = [name for name in kept if rows.schema[name].is_numeric()]
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in kept if name not in numbers]
    cells = rows.select(*texts, *numbers).select(kept)
    return {
        "columns": kept, "numbers": numbers, "rows": cells.rows(), "count": made.count, "kept": made.rows.height,
        "notes": made.notes,
    }  # fmt: skip
