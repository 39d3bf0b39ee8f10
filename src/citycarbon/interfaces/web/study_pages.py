"""The pages of a study and the list of studies, with the data that they draw.

Comes in: requests. Goes out: HTML and JSON. Not for: uploads, methods and people, which have rooms of their own.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.drawing.kit import embed
from citycarbon.interfaces.drawing.page_data import page_data
from citycarbon.interfaces.web.frame import TABS, Tab, fragment, page
from citycarbon.interfaces.web.people_pages import fields, to
from citycarbon.interfaces.workbench import approval
from citycarbon.interfaces.workbench.asking import bench_of, check_form, origin_of, who
from citycarbon.interfaces.workbench.people import Person
from citycarbon.interfaces.workbench.problems import status_of
from citycarbon.studies.shelf import Entry
from citycarbon.studies.shelf.tracing import trace

REPORTS = ("report.html", "report.xlsx", "result.json")


def home(request: Request) -> Response:
    """The list of studies."""
    person = who(request)
    entries = bench_of(request).studies(person)
    cards = [(entry, headline(entry)) for entry in entries]
    return page(request, "home", person=person, cards=cards)


def headline(entry: Entry) -> dict[str, Any] | None:
    """Total of the last year of the first scenario [t CO2e], for the list of studies; nothing where a year has no number."""
    totals = entry.index.get("totals", [])
    if not totals:
        return None
    first = (entry.index.get("scenarios") or [totals[0]["scenario"]])[0]
    mine = [row for row in totals if row["scenario"] == first] or totals
    last = max(mine, key=lambda row: str(row["time"]))
    years = {row["time"] for row in mine if row["basis"] == last["basis"]}
    summed = not entry.index.get("yearly") and len(years) > 1
    values = [row["value"] for row in mine if row["basis"] == last["basis"]] if summed else [last["value"]]
    if any(value is None for value in values):
        return None
    value = sum(values)
    return {"value": value, "time": f"{min(years)}–{max(years)}" if summed else last["time"]}


def compare(request: Request) -> Response:
    """Two inventories side by side; the browser asks for them."""
    person = who(request)
    entries = [entry for entry in bench_of(request).studies(person) if entry.results is not None]
    return page(request, "compare", person=person, studies=[{"id": each.id, "title": each.title} for each in entries])


def tab_of(name: str) -> Tab:
    """Give a page of a study by name.

    Raises
    ------
    InputError
        ``address_unknown``.
    """
    for each in TABS:
        if each.name == name:
            return each
    raise InputError("address_unknown", Where(item=name), name)


def study_page(request: Request) -> Response:
    """A page of a study that draws its data in the browser."""
    person, bench = who(request), bench_of(request)
    tab = tab_of(request.path_params.get("tab", "cockpit"))
    entry = bench.require(person, request.path_params["study"])
    template = tab.name if tab.name in ("map", "projection", "reports") else "charts"
    if entry.results is None:
        template = "not_run"
    shown: dict[str, Any] = {"tab": tab.name, "parts": tab.parts, "stamp": entry.version[:16]}
    if tab.name == "reports" and entry.results is not None:
        return reports_page(request, person, entry)
    return page(request, template, person=person, study=entry, **shown)


def reports_page(request: Request, person: Person, entry: Entry, error: InputError | None = None) -> Response:
    """What can be downloaded, and what was decided about the version."""
    bench, folder = bench_of(request), entry.results
    files = [name for name in REPORTS if folder is not None and (folder / name).is_file()]
    return page(
        request, "reports", person=person, study=entry, tab="reports", reports=[*bench.prints, *files],
        tables=fragment(request, "table_list", f"{entry.id} {entry.version}", lambda: {"study": entry}),
        approval=approval.state_of(bench, entry), decisions=approval.history(bench, entry.id)[:20],
        problems=error.problems if error else (), status=status_of(error) if error else 200,
        moment=lambda at: time.strftime("%Y-%m-%d %H:%M", time.localtime(at)),
    )  # fmt: skip


async def decide(request: Request) -> Response:
    """Hand a version in, approve it, or send it back."""
    person, bench = await run_in_threadpool(who, request), bench_of(request)
    entry = bench.require(person, request.path_params["study"])
    form = await fields(request)
    check_form(person, form.get("form_key", ""))
    given = (
        bench,
        person,
        entry,
        form.get("act", ""),
        form.get("version", ""),
        form.get("note", ""),
        origin_of(request),
    )
    try:
        await run_in_threadpool(approval.decide, *given)
    except InputError as error:
        if error.problems[0].code in ("role_missing", "sign_in_needed"):
            raise
        return await run_in_threadpool(reports_page, request, person, entry, error)
    return to(f"/s/{entry.id}/reports#version")


def study_data(request: Request) -> Response:
    """The data of a page, made once for each version of a result."""
    person, bench = who(request), bench_of(request)
    tab = tab_of(request.path_params["tab"])
    entry = bench.require(person, request.path_params["study"])
    result = bench.shelf.result(entry)

    def packed() -> bytes:
        return gzip.compress(str(embed(page_data(result, tab.data))).encode(), 6, mtime=0)

    content = bench.shelf.keep(entry, ("page", tab.name), packed)
    return conditional(request, content, f"{entry.version}-{tab.name}")


def study_trace(request: Request) -> Response:
    """The rows behind a number."""
    person, bench = who(request), bench_of(request)
    entry = bench.require(person, request.path_params["study"])
    asked = {key: value for key, value in request.query_params.items() if key not in ("v", "lang")}
    tag = f"{entry.id} {entry.version} {sorted(asked.items())}"
    kept = bench.answers.get(f"trace {tag}")
    if kept is None:
        kept = (gzip.compress(str(embed(trace(bench.shelf, entry, asked))).encode(), 1, mtime=0), {})
        bench.answers.put(f"trace {tag}", *kept)
    return conditional(request, kept[0], tag)


def conditional(request: Request, packed: bytes, tag: str) -> Response:
    """Answer with compressed JSON, or that the browser has it already."""
    mark = f'"{hashlib.sha256(tag.encode()).hexdigest()[:24]}"'
    headers = {"etag": mark, "cache-control": "private, no-cache", "vary": "cookie, accept-encoding"}
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type="application/json", headers={**headers, "content-encoding": "gzip"})
    return Response(gzip.decompress(packed), media_type="application/json", headers=headers)
