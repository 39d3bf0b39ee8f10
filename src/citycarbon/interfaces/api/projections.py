"""Routes of projections: what levers can move, the answer to moves, and saved sets of moves.

Comes in: requests. Goes out: JSON. Not for: running studies.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.api.answers import ERRORS, person_of, tagged
from citycarbon.interfaces.api.shapes import Answered, Handles, LeverQuestion, SavedProjection, SavedShape, StudyName
from citycarbon.interfaces.workbench import audit, store
from citycarbon.interfaces.workbench.asking import bench_of, origin_of
from citycarbon.interfaces.workbench.people import Person
from citycarbon.strategy.projection.stocks.levers import Lever
from citycarbon.studies.levers.answering import Projection, answer, describe, projections_of, ready

router = APIRouter(tags=["projections"], responses=ERRORS)
Asker = Annotated[Person, Depends(person_of)]
StepName = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="step of the study", examples=["paths-to-2060"])
]


def prepared(request: Request, person: Person, study: str, step: str) -> tuple[Projection, str]:
    """A projection with its draws, made once for each version of a result."""
    bench = bench_of(request)
    entry = bench.require(person, study)
    result = bench.shelf.result(entry)
    draws = bench.settings.draws
    return bench.shelf.keep(entry, ("levers", step, draws), lambda: ready(result, step, draws)), entry.version


@router.get("/studies/{study}/projections")
def list_projections(request: Request, study: StudyName, person: Asker) -> list[str]:
    """List the steps whose projections levers can move."""
    bench = bench_of(request)
    return projections_of(bench.shelf.result(bench.require(person, study)))


@router.get("/studies/{study}/projections/{step}", response_model=Handles)
def get_projection(request: Request, study: StudyName, step: StepName, person: Asker) -> Response:
    """Say what levers can move: scenarios, drivers, their values and weights."""
    projection, version = prepared(request, person, study, step)
    return tagged(request, f"{version}-{step}", lambda: json.dumps(describe(projection)).encode(), "application/json")


@router.post("/studies/{study}/projections/{step}/answer", response_model=Answered)
def post_answer(request: Request, study: StudyName, step: StepName, question: LeverQuestion, person: Asker) -> Response:
    """Answer moves of drivers: bands, peak years and statements, as they were and moved. It changes nothing."""
    projection, _ = prepared(request, person, study, step)
    moves = [Lever(each.driver, each.change, each.reached) for each in question.levers]
    made = answer(projection, question.scenario, moves, by=question.by)
    return Response(json.dumps(made), media_type="application/json", headers={"cache-control": "no-store"})


@router.get("/studies/{study}/projections/{step}/saved")
def list_saved(request: Request, study: StudyName, step: StepName, person: Asker) -> list[SavedShape]:
    """List the sets of moves that were saved."""
    bench = bench_of(request)
    bench.require(person, study)
    query = sa.select(store.projections).where(store.projections.c.study == study).order_by(store.projections.c.id)
    with bench.engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    found: list[dict[str, Any]] = [{**row, **json.loads(row["settings"])} for row in rows]
    return [SavedShape.model_validate({k: v for k, v in each.items() if k not in ("settings", "study")})
            for each in found if each["step"] == step]  # fmt: skip


@router.post("/studies/{study}/projections/{step}/saved", status_code=201)
def save(request: Request, study: StudyName, step: StepName, given: SavedProjection, person: Asker) -> SavedShape:
    """Save a set of moves under a name; needs the role analyst."""
    bench = bench_of(request)
    bench.require(person, study, "analyst")
    projection, _ = prepared(request, person, study, step)
    answer(
        projection,
        given.scenario,
        [Lever(each.driver, each.change, each.reached) for each in given.levers],
        by=given.by,
    )
    settings = json.dumps({"step": step, **given.model_dump(exclude={"name"})}, ensure_ascii=False)
    at = store.now()
    values = {"study": study, "name": given.name, "settings": settings, "person": person.name, "at": at}
    with bench.engine.begin() as connection:
        key = connection.execute(sa.insert(store.projections).values(values)).inserted_primary_key
    audit.note(bench.engine, person.name, "projection", study, origin_of(request), name=given.name)
    return SavedShape(id=int(key[0]) if key else 0, step=step, person=person.name, at=at, **given.model_dump())


@router.delete("/studies/{study}/projections/{step}/saved/{number}", status_code=204)
def forget(
    request: Request, study: StudyName, step: StepName, number: Annotated[int, Path(ge=1, le=2**53)], person: Asker
) -> None:
    """Forget a saved set of moves; needs the role analyst."""
    bench = bench_of(request)
    bench.require(person, study, "analyst")
    mine = (store.projections.c.id == number, store.projections.c.study == study)
    with bench.engine.begin() as connection:
        gone = connection.execute(sa.delete(store.projections).where(*mine)).rowcount
    if not gone:
        raise InputError("address_unknown", Where(item=step), number)
    audit.note(bench.engine, person.name, "projection_end", study, origin_of(request), number=number)
