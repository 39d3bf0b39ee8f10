"""Routes of studies, their results, tables, and where a number comes from.

Comes in: requests. Goes out: JSON, csv, parquet, arrow, files. Not for: changing anything.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import FileResponse, Response

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.api.answers import ERRORS, person_of, tagged
from citycarbon.interfaces.api.shapes import (
    ApprovalShape,
    Both,
    Decision,
    Limit,
    Offset,
    RowPage,
    StudyName,
    StudyPage,
    StudyShape,
    TableDetail,
    TableShape,
    Traced,
)
from citycarbon.interfaces.workbench import approval
from citycarbon.interfaces.workbench.asking import bench_of, origin_of
from citycarbon.interfaces.workbench.people import Person
from citycarbon.interfaces.workbench.work.threads import slowly
from citycarbon.studies.shelf import Entry
from citycarbon.studies.shelf.query import FORMATS, ask, json_rows, page, schema_of, write
from citycarbon.studies.shelf.tracing import trace

router = APIRouter(tags=["studies"], responses=ERRORS)
Asker = Annotated[Person, Depends(person_of)]
TableName = Annotated[
    str, Path(pattern=r"^[a-z0-9][A-Za-z0-9_ .-]{0,120}$", description="name of a table", examples=["emissions"])
]
PLAIN = ("sort", "columns", "offset", "limit", "lang")
FILES = ("report.html", "report.xlsx", "result.json")


class Format(StrEnum):
    """Formats of rows."""

    json = "json"
    csv = "csv"
    parquet = "parquet"
    arrow = "arrow"


def shape(entry: Entry, request: Request, person: Person) -> StudyShape:
    """The shape of a study."""
    return StudyShape(
        id=entry.id, title=Both(**entry.title), summary=Both(**entry.summary), public=bench_of(request).is_public(entry.id),
        can_run=entry.can_run, version=entry.version, role=person.role(entry.id),
    )  # fmt: skip


@router.get("/studies")
def list_studies(request: Request, person: Asker, offset: Offset = 0, limit: Limit = 100) -> StudyPage:
    """List the studies that you may read."""
    found = bench_of(request).studies(person)
    items = [shape(entry, request, person) for entry in found[offset : offset + limit]]
    return StudyPage(matched=len(found), offset=offset, items=items)


@router.get("/studies/{study}")
def get_study(request: Request, study: StudyName, person: Asker) -> StudyShape:
    """Describe a study."""
    return shape(bench_of(request).require(person, study), request, person)


@router.get("/studies/{study}/approval")
def get_approval(request: Request, study: StudyName, person: Asker) -> ApprovalShape:
    """Say whether the present version was approved."""
    bench = bench_of(request)
    entry = bench.require(person, study)
    return ApprovalShape(version=entry.version, state=approval.state_of(bench, entry))


@router.post("/studies/{study}/approval")
def post_approval(request: Request, study: StudyName, given: Decision, person: Asker) -> ApprovalShape:
    """Hand a version in (analyst), approve it or send it back (approver, and not who handed it in)."""
    bench = bench_of(request)
    entry = bench.require(person, study)
    state = approval.decide(bench, person, entry, given.act, given.version, given.note, origin_of(request))
    return ApprovalShape(version=entry.version, state=state)


@router.get("/studies/{study}/result", response_model=dict[str, Any])
def get_result(request: Request, study: StudyName, person: Asker) -> Response:
    """Give the index of a result: versions, hashes of inputs and tables, checks, totals."""
    entry = _with_result(request, person, study)
    return tagged(
        request, entry.version, lambda: json.dumps(entry.index, ensure_ascii=False).encode(), "application/json"
    )


@router.get("/studies/{study}/tables")
def list_tables(request: Request, study: StudyName, person: Asker) -> list[TableShape]:
    """List the tables of a result."""
    entry = _with_result(request, person, study)
    return [TableShape(name=name, **facts) for name, facts in entry.index["tables"].items()]


@router.get("/studies/{study}/tables/{table}")
def get_table(request: Request, study: StudyName, table: TableName, person: Asker) -> TableDetail:
    """Describe a table with its columns."""
    entry = _with_result(request, person, study)
    _known(entry, table)
    frame = bench_of(request).shelf.result(entry).tables[table]
    return TableDetail(name=table, columns=schema_of(frame), **entry.index["tables"][table])  # type: ignore[arg-type]


_SORT = Query("", max_length=500, description="columns joined by commas; a minus before one that falls")
_COLUMNS = Query("", max_length=2000, description="columns that are wanted, joined by commas")
_CONDITIONS = (
    "Every other word of the address is a condition on a column: `sector=transport`, `value.gt=100`, `place.in=a|b`,"
    " `sector.begins=energy`, `notation.empty=true`. Signs: `not`, `gt`, `gte`, `lt`, `lte`, `in`, `begins`, `contains`, `empty`."
)


@router.get(
    "/studies/{study}/tables/{table}/rows", response_model=RowPage, description=_CONDITIONS, summary="Ask for rows"
)
def get_rows(
    request: Request, study: StudyName, table: TableName, person: Asker, offset: Offset = 0, limit: Limit = 100,
    sort: str = _SORT, columns: str = _COLUMNS,
) -> Response:  # fmt: skip
    """Give rows of a table that meet conditions, page by page."""
    entry = _with_result(request, person, study)
    _known(entry, table)
    frame = bench_of(request).shelf.result(entry).tables[table]
    conditions = [(key, value) for key, value in request.query_params.multi_items() if key not in PLAIN]

    def make() -> tuple[bytes, dict[str, str]]:
        found = page(ask(frame, conditions, sort=sort, columns=columns), offset, limit)
        more = found.offset + found.rows.height < found.matched
        words = [*conditions, *(pair for pair in (("sort", sort), ("columns", columns)) if pair[1])]
        query = urlencode([*words, ("offset", str(offset + limit)), ("limit", str(limit))])
        onward = f"{request.url.path}?{query}" if more else None
        text = json.dumps(
            {"table": table, "matched": found.matched, "offset": offset, "next": onward}, ensure_ascii=False
        )
        links = {"link": f'<{onward}>; rel="next"'} if onward and onward.isascii() else {}
        return text[:-1].encode() + b', "rows": ' + json_rows(found.rows) + b"}", links

    return tagged(request, f"{entry.version}{request.url}", make, "application/json")


@router.get(
    "/studies/{study}/tables/{table}/rows.{kind}", description=_CONDITIONS, summary="Download rows", response_class=Response,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in FORMATS.values()}}},
)  # fmt: skip
def download_rows(
    request: Request,
    study: StudyName,
    table: TableName,
    kind: Format,
    person: Asker,
    sort: str = _SORT,
    columns: str = _COLUMNS,
) -> Response:
    """Give all rows of a table that meet conditions as a file."""
    entry = _with_result(request, person, study)
    _known(entry, table)
    frame = bench_of(request).shelf.result(entry).tables[table]
    conditions = [(key, value) for key, value in request.query_params.multi_items() if key not in PLAIN]
    name = f'attachment; filename="{study}-{table.replace(" ", "-")}.{kind.value}"'
    return tagged(
        request,
        f"{entry.version}{request.url}",
        lambda: write(ask(frame, conditions, sort=sort, columns=columns), kind.value),
        FORMATS[kind.value],
        **{"content-disposition": name},
    )


@router.get("/studies/{study}/trace", response_model=Traced)
def get_trace(
    request: Request, study: StudyName, person: Asker, offset: Offset = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 60,
    place: str | None = None, time: str | None = None, sector: str | None = None, activity: str | None = None,
    scope: str | None = None, gas: str | None = None, scenario: str | None = None, basis: str | None = None,
) -> Response:  # fmt: skip
    """Tell where a number comes from: its rows with activity, factors, methods and sources."""
    entry = _with_result(request, person, study)
    given = {"place": place, "time": time, "sector": sector, "activity": activity, "scope": scope, "gas": gas,
             "scenario": scenario, "basis": basis}  # fmt: skip
    asked = {key: value for key, value in given.items() if value is not None}
    shelf = bench_of(request).shelf

    def make() -> bytes:
        return json.dumps(trace(shelf, entry, asked, offset=offset, limit=limit), ensure_ascii=False).encode()

    return tagged(request, f"{entry.version}{request.url}", make, "application/json")


@router.get("/studies/{study}/files/{name}", response_class=Response)
async def get_file(
    request: Request, study: StudyName, person: Asker, name: Annotated[str, Path(max_length=100)]
) -> Response:
    """Download a report of a study: report-zh.pdf, report-en.pdf, report.html, report.xlsx or result.json."""
    return await slowly(_file, request, person, study, name)


def _file(request: Request, person: Person, study: str, name: str) -> Response:
    entry = _with_result(request, person, study)
    bench = bench_of(request)
    if name in bench.prints:
        named = f'attachment; filename="{study}-{name}"'
        tag = f"{entry.version}{name}"
        return tagged(
            request, tag, lambda: bench.printed(entry, name), "application/pdf", **{"content-disposition": named}
        )
    path = None if entry.results is None or name not in FILES else entry.results / name
    if path is None or not path.is_file():
        raise InputError("address_unknown", Where(item=request.url.path), name)
    headers = {"content-disposition": f'attachment; filename="{study}-{name}"', "content-security-policy": "sandbox"}
    return FileResponse(path, headers=headers)


def _with_result(request: Request, person: Person, study: str) -> Entry:
    entry = bench_of(request).require(person, study)
    if entry.results is None:
        raise InputError("result_missing", Where(item=study), study)
    return entry


def _known(entry: Entry, table: str) -> None:
    known = entry.index["tables"]
    if table not in known:
        raise InputError("table_unknown", Where(item=table), table, known=", ".join(known))
