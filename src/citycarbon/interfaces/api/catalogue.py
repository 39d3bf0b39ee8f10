"""Routes of the method catalogue and the factor library.

Comes in: requests. Goes out: JSON and csv. Not for: methods inside studies.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

import citycarbon
from citycarbon.core.method import Method, Parameter
from citycarbon.data.library import shipped_library
from citycarbon.data.references import citation
from citycarbon.interfaces.api.answers import ERRORS, person_of, tagged
from citycarbon.interfaces.api.shapes import (
    Both,
    Limit,
    MethodDetail,
    MethodPage,
    MethodShape,
    Offset,
    ParameterShape,
    RowPage,
)
from citycarbon.interfaces.workbench.work.trying import takes_rows
from citycarbon.studies.catalogue import find_method, methods
from citycarbon.studies.shelf.query import ask, json_rows, page, write

router = APIRouter(tags=["catalogue"], responses=ERRORS, dependencies=[Depends(person_of)])
MethodId = Annotated[
    str,
    Path(pattern=r"^[a-z0-9_.]{1,120}$", description="id of a method", examples=["inventory.accounting.combustion"]),
]


def kind_of(parameter: Parameter) -> str:
    """What a parameter takes, in one word."""
    return parameter.table.__name__ if parameter.table else parameter.kind.__name__


def shape(method: Method) -> MethodShape:
    """The shape of a method."""
    return MethodShape(
        id=method.id, title=Both(en=method.title[0], zh=method.title[1]), status=method.status, version=method.version,
        equation=method.equation, source=method.source, citation=citation(method.source), gives=method.gives.__name__,
        callable=takes_rows(method),
    )  # fmt: skip


@router.get("/methods")
def list_methods(
    offset: Offset = 0, limit: Limit = 200, search: Annotated[str, Query(max_length=100)] = ""
) -> MethodPage:
    """List the methods of the catalogue."""
    word = search.lower()
    found = [each for each in methods().values() if word in f"{each.id} {' '.join(each.title)} {each.equation}".lower()]
    return MethodPage(matched=len(found), offset=offset, items=[shape(each) for each in found[offset : offset + limit]])


@router.get("/methods/{method}")
def get_method(method: MethodId) -> MethodDetail:
    """Describe a method: equation, source, parameters."""
    found = find_method(method)
    parameters = [
        ParameterShape(
            name=each.name, kind=kind_of(each), required=not each.optional, choices=list(each.choices or ()),
            default=None if each.default is None or each.table else _plain(each.default), meaning=each.meaning,
        )
        for each in found.parameters
    ]  # fmt: skip
    return MethodDetail(**shape(found).model_dump(), summary=found.summary, parameters=parameters)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool)) else None


@router.get("/factors", response_model=RowPage)
def list_factors(
    request: Request, offset: Offset = 0, limit: Limit = 100, search: Annotated[str, Query(max_length=100)] = "",
    edition: Annotated[str, Query(max_length=100)] = "", region: Annotated[str, Query(max_length=20)] = "",
    activity: Annotated[str, Query(max_length=100)] = "",
) -> Response:  # fmt: skip
    """List factors of the library with source, validity and quality."""

    def make() -> bytes:
        found = page(_factors(search, edition, region, activity), offset, limit)
        head = json.dumps({"table": "factors", "matched": found.matched, "offset": offset, "next": None})
        return head[:-1].encode() + b', "rows": ' + json_rows(found.rows) + b"}"

    return tagged(request, f"{citycarbon.__version__}{request.url}", make, "application/json")


@router.get("/factors.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def download_factors(
    request: Request, search: Annotated[str, Query(max_length=100)] = "",
    edition: Annotated[str, Query(max_length=100)] = "", region: Annotated[str, Query(max_length=20)] = "",
    activity: Annotated[str, Query(max_length=100)] = "",
) -> Response:  # fmt: skip
    """Download factors of the library."""
    name = {"content-disposition": 'attachment; filename="factors.csv"'}

    def make() -> bytes:
        return write(_factors(search, edition, region, activity), "csv")

    return tagged(request, f"{citycarbon.__version__}{request.url}", make, "text/csv; charset=utf-8", **name)


def _factors(search: str, edition: str, region: str, activity: str) -> pl.DataFrame:
    rows = shipped_library().rows
    given = {"edition": edition, "region": region, "activity": activity}
    found = ask(rows, [(key, value) for key, value in given.items() if value])
    if search:
        texts = [pl.col(name).fill_null("") for name, kind in rows.schema.items() if kind == pl.String]
        line = pl.concat_str(texts, separator=" ").str.to_lowercase()
        found = found.filter(line.str.contains(search.lower(), literal=True))
    return found
