"""Routes that run methods: one for each method whose tables can be sent as rows, made from the catalogue.

Comes in: requests. Goes out: JSON. Not for: the methods.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, create_model
from starlette.responses import Response

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import Method, Parameter
from citycarbon.core.tables import FactorTable, Table
from citycarbon.interfaces.api.answers import ERRORS, person_of
from citycarbon.interfaces.api.shapes import MethodAnswer
from citycarbon.interfaces.workbench.bench import needed_somewhere
from citycarbon.interfaces.workbench.people import Person
from citycarbon.interfaces.workbench.work.threads import slowly
from citycarbon.interfaces.workbench.work.trying import takes_rows, try_method
from citycarbon.studies.catalogue import methods
from citycarbon.studies.shelf.query import json_rows

Cell = StrictBool | StrictStr | StrictInt | StrictFloat | None
"""What JSON holds, as it stands: a truth value becomes no 1, and is refused by name where a number is wanted."""
STRICT = ConfigDict(extra="forbid")


_ROWS: dict[type[Table], type[BaseModel]] = {}


def row_shape(table: type[Table]) -> type[BaseModel]:
    """Shape of a row of a table, from its declared columns; one for each class."""
    if table not in _ROWS:
        fields: dict[str, Any] = {
            column.name: (
                Cell,
                Field(... if column.required else None, description=column.meaning[0], max_length=2000),
            )
            for column in table.columns
            if column.name != "provenance_id"
        }
        fields = {
            name: (kind, Field(info.default, description=info.description)) for name, (kind, info) in fields.items()
        }
        summary = (table.__doc__ or "").split("\n")[0]
        _ROWS[table] = create_model(f"{table.__name__}Row", __config__=STRICT, __doc__=summary, **fields)
    return _ROWS[table]


def question_shape(method: Method) -> type[BaseModel]:
    """Shape of what a method is asked with: its tables as rows, its parameters."""
    fields = {
        each.name: _field(each)
        for each in method.parameters
        if each.table is not None or each.kind in (str, int, float, bool)
    }
    name = "".join(word.title() for word in method.id.replace(".", "_").split("_")) + "Question"
    return create_model(name, __config__=STRICT, __doc__=method.summary, **fields)  # type: ignore[call-overload,no-any-return]


def _field(parameter: Parameter) -> tuple[Any, Any]:
    note = f"[{parameter.unit}] {parameter.meaning}" if parameter.unit not in ("", "1") else parameter.meaning
    if parameter.table is FactorTable:
        factor: Any = row_shape(FactorTable)
        kind: Any = str | list[factor] | None
        return kind, Field(None, description=note + "; or library:EDITION; the default editions if left out")
    if parameter.table is not None:
        row: Any = row_shape(parameter.table)
        rows: Any = list[row]
        return (
            (rows | None, Field(None, description=note)) if parameter.optional else (rows, Field(..., description=note))
        )
    kind = Literal[parameter.choices] if parameter.choices else parameter.kind
    return (kind | None, Field(None, description=note)) if parameter.optional else (kind, Field(..., description=note))


def analyst(person: Annotated[Person, Depends(person_of)]) -> Person:
    """Whoever computes in some study may try methods.

    Raises
    ------
    InputError
        ``sign_in_needed`` or ``role_missing``.
    """
    needed_somewhere(person, "analyst")
    return person


def endpoint(method: Method, shape: type[BaseModel]) -> Callable[..., Awaitable[Response]]:
    """The function that answers for a method."""
    tables = {each.name for each in method.parameters if each.table is not None}

    async def run(question: Any, person: Annotated[Person, Depends(analyst)]) -> Response:  # noqa: ARG001
        given = {name: value for name, value in question.model_dump(exclude_unset=True).items() if value is not None}
        rows = {name: value for name, value in given.items() if name in tables}
        plain = {name: value for name, value in given.items() if name not in tables}
        made = await slowly(try_method, method.id, rows, plain)
        head = {
            "method": method.id,
            "version": method.version,
            "table": made.table,
            "count": made.count,
            "notes": made.notes,
        }
        text = json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "rows": ' + json_rows(made.rows) + b"}"
        return Response(text, media_type="application/json", headers={"cache-control": "no-store"})

    run.__annotations__["question"] = shape
    return run


@cache
def router() -> APIRouter:
    """Make the routes, one a method; they are the same for every workbench."""
    made = APIRouter(tags=["methods"], responses=ERRORS)
    for each in methods().values():
        if takes_rows(each):
            made.add_api_route(
                f"/methods/{each.id}", endpoint(each, question_shape(each)), methods=["POST"], response_model=MethodAnswer,
                summary=each.title[0], description=f"{each.summary}\n\n{each.equation}",
                operation_id=f"run_{each.id.replace('.', '_')}",
            )  # fmt: skip

    @made.post("/methods/{method}", include_in_schema=False)
    def unknown(method: str, person: Annotated[Person, Depends(analyst)]) -> None:  # noqa: ARG001
        """Refuse a method that is not there, or whose tables are no rows."""
        if method in methods():
            raise HTTPException(405)
        raise InputError("method_unknown", Where(item=method), method, known=", ".join(list(methods())[:8]))

    return made
