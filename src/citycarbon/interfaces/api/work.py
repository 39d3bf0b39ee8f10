"""Routes of jobs: asking for a run, how far it is as server-sent events, cancelling.

Comes in: requests. Goes out: JSON and events. Not for: the work.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.api.answers import ERRORS, person_of
from citycarbon.interfaces.api.shapes import JobQuestion, JobShape, StudyName
from citycarbon.interfaces.workbench import audit
from citycarbon.interfaces.workbench.asking import bench_of, origin_of
from citycarbon.interfaces.workbench.people import Person
from citycarbon.interfaces.workbench.work import jobs

router = APIRouter(tags=["jobs"], responses=ERRORS)
Asker = Annotated[Person, Depends(person_of)]
JobName = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="name of a job", examples=["0" * 32])]


def shape(job: dict[str, Any]) -> JobShape:
    """The shape of a job."""
    return JobShape.model_validate({name: job[name] for name in JobShape.model_fields})


def _mine(request: Request, person: Person, name: str, role: str = "viewer") -> dict[str, Any]:
    """A job of a study that someone may read; visitors see none."""
    bench = bench_of(request)
    if not person.known:
        raise InputError("sign_in_needed", Where(item="job"), "")
    found = jobs.job_of(bench.engine, name)
    if not bench.may_read(person, found["study"]):
        raise InputError("job_unknown", Where(item="job"), name)
    bench.require(person, found["study"], role)
    return found


@router.post("/studies/{study}/runs", status_code=202)
def ask_for_run(request: Request, study: StudyName, question: JobQuestion, person: Asker) -> JobShape:
    """Run a study, or check it; needs the role analyst. Follow the job by its events."""
    bench = bench_of(request)
    entry = bench.require(person, study, "analyst")
    if entry.folder is None:
        raise InputError("study_missing", Where(item=study), study)
    name = jobs.ask_for(bench.engine, question.kind, study, person.name)
    audit.note(bench.engine, person.name, question.kind, study, origin_of(request), job=name)
    bench.wake()
    return shape(jobs.job_of(bench.engine, name))


@router.get("/studies/{study}/jobs")
def list_jobs(request: Request, study: StudyName, person: Asker) -> list[JobShape]:
    """List the latest jobs of a study."""
    bench = bench_of(request)
    bench.require(person, study)
    if not person.known:
        raise InputError("sign_in_needed", Where(item="job"), "")
    return [shape(each) for each in jobs.jobs_of(bench.engine, study)]


@router.get("/jobs/{job}")
def get_job(request: Request, job: JobName, person: Asker) -> JobShape:
    """Say how far a job is, and how it ended."""
    return shape(_mine(request, person, job))


@router.delete("/jobs/{job}", status_code=202)
def cancel_job(request: Request, job: JobName, person: Asker) -> JobShape:
    """Ask for a job to end; needs the role analyst."""
    bench = bench_of(request)
    found = _mine(request, person, job, "analyst")
    jobs.cancel(bench.engine, job)
    audit.note(bench.engine, person.name, "job_cancel", found["study"], origin_of(request), job=job)
    return shape(jobs.job_of(bench.engine, job))


@router.get(
    "/jobs/{job}/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}}
)
def follow_job(request: Request, job: JobName, person: Asker) -> StreamingResponse:
    """Follow a job: an event ``progress`` whenever something changes, until it has ended."""
    _mine(request, person, job)
    return StreamingResponse(
        _events(request, job), media_type="text/event-stream", headers={"cache-control": "no-store"}
    )


async def _events(request: Request, name: str) -> AsyncIterator[str]:
    last = ""
    while not await request.is_disconnected():
        found = await run_in_threadpool(jobs.job_of, bench_of(request).engine, name)
        text = json.dumps({key: found[key] for key in ("state", "stage", "part")}, ensure_ascii=False)
        if text != last:
            yield f"event: progress\ndata: {text}\n\n"
            last = text
        if found["state"] in jobs.ENDED:
            return
        await asyncio.sleep(0.4)
