"""The page Data: what a study reads, uploads with a review, jobs, the way back, and new studies.

Comes in: requests with forms and files. Goes out: HTML or a way to the next page. Not for: what is right about a file, which
:mod:`citycarbon.studies.intake` knows.
"""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from citycarbon.core.errors import InputError, Where
from citycarbon.data.examples import example_studies
from citycarbon.interfaces.web.frame import page
from citycarbon.interfaces.web.people_pages import fields, to
from citycarbon.interfaces.workbench import audit, uploads
from citycarbon.interfaces.workbench.asking import bench_of, check_form, origin_of, who
from citycarbon.interfaces.workbench.bench import needed
from citycarbon.interfaces.workbench.people import Person
from citycarbon.interfaces.workbench.problems import status_of
from citycarbon.interfaces.workbench.work import jobs
from citycarbon.studies import service
from citycarbon.studies.intake.inputs import Input, codes_of, input_of, inputs_of
from citycarbon.studies.intake.review import kept_files, put_back, review, take
from citycarbon.studies.shelf import Entry
from citycarbon.studies.shelf.shelf import NAME, STUDIES


def data_page(request: Request) -> Response:
    """What a study reads, its jobs, and what can be put back."""
    person, bench = who(request), bench_of(request)
    entry = bench.require(person, request.path_params["study"])
    return _data_page(request, person, entry)


def _data_page(request: Request, person: Person, entry: Entry, *, error: InputError | None = None) -> Response:
    bench = bench_of(request)
    inputs: list[Input] = []
    problems = list(error.problems) if error else []
    if entry.folder is not None:
        try:
            inputs = inputs_of(entry.folder)
        except InputError as wrong:
            problems += wrong.problems
    sizes = {each.file: _size(entry.folder, each.file) for each in inputs}
    return page(
        request, "data", person=person, study=entry, tab="data", inputs=inputs, sizes=sizes, problems=problems,
        origins=entry.index.get("inputs", []), jobs=jobs.jobs_of(bench.engine, entry.id) if person.known else [],
        kept=kept_files(entry.folder) if entry.folder and person.may("analyst", entry.id) else [],
        status=status_of(error) if error else 200, moment=_moment,
    )  # fmt: skip


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _size(folder: Path | None, file: str) -> int | None:
    path = folder / file if folder else None
    return path.stat().st_size if path is not None and path.is_file() else None


def input_file(request: Request) -> Response:
    """Download a file that a study reads."""
    person, bench = who(request), bench_of(request)
    entry = bench.require(person, request.path_params["study"])
    name = request.query_params.get("name", "")
    known = {each.file for each in inputs_of(entry.folder)} if entry.folder else set()
    if entry.folder is None or name not in known or not (entry.folder / name).is_file():
        raise InputError("address_unknown", Where(item="name"), name)
    headers = {"content-security-policy": "sandbox"}
    return FileResponse(
        entry.folder / name, filename=Path(name).name, headers=headers, media_type="application/octet-stream"
    )


def _working(request: Request) -> tuple[Person, Entry, Path]:
    """Who works on a study that can be changed here."""
    person, bench = who(request), bench_of(request)
    entry = bench.require(person, request.path_params["study"], "analyst")
    if entry.folder is None:
        raise InputError("study_missing", Where(item=entry.id), entry.id)
    return person, entry, entry.folder


async def upload(request: Request) -> Response:
    """Take an uploaded file in and go on to its review."""
    person, entry, folder = await run_in_threadpool(_working, request)
    bench = bench_of(request)
    async with request.form(max_files=1, max_fields=10) as form:
        check_form(person, str(form.get("form_key", "")))
        file, key = form.get("file"), str(form.get("key", ""))
        if not isinstance(file, UploadFile) or not file.filename:
            wrong = InputError("file_missing", Where(item="file"), "")
            return await run_in_threadpool(_data_page, request, person, entry, error=wrong)
        await run_in_threadpool(input_of, folder, key)
        record, path = uploads.begin(bench.settings, entry.id, person.name, key, file.filename)
        await run_in_threadpool(_save, file, path)
    audit.note(bench.engine, person.name, "upload", entry.id, origin_of(request), file=record.file, key=key)
    return to(f"/s/{entry.id}/data/review/{record.id}")


def _save(file: UploadFile, path: Path) -> None:
    file.file.seek(0)
    with path.open("wb") as target:
        shutil.copyfileobj(file.file, target, 1024 * 1024)


def show_review(request: Request) -> Response:
    """Show what an uploaded file looks like to the study."""
    person, entry, folder = _working(request)
    record, path = uploads.read(bench_of(request).settings, request.path_params["upload"], entry.id, person.name)
    return _review_page(request, person, entry, folder, record, path)


def _review_page(
    request: Request,
    person: Person,
    entry: Entry,
    folder: Path,
    record: uploads.Upload,
    path: Path,
    error: InputError | None = None,
) -> Response:
    item = input_of(folder, record.key)
    found, problems = None, error.problems if error else ()
    try:
        found = review(path, item, record.said, codes_of(folder))
        problems = problems or found.problems
    except InputError as wrong:
        problems = wrong.problems
    return page(
        request, "review", person=person, study=entry, tab="data", item=item, record=record, found=found, problems=problems,
        mended=len(record.said.edits), ignored=record.said.ignore,
    )  # fmt: skip


async def answer_review(request: Request) -> Response:
    """Note what a person says about a file; take it over or throw it away when asked to."""
    person, entry, folder = await run_in_threadpool(_working, request)
    bench = bench_of(request)
    record, path = uploads.read(bench.settings, request.path_params["upload"], entry.id, person.name)
    async with request.form(max_files=0, max_fields=2000) as form:
        given = {name: str(value) for name, value in form.items()}
    check_form(person, given.get("form_key", ""))
    if given.get("act") == "discard":
        uploads.throw_away(bench.settings, record.id)
        return to(f"/s/{entry.id}/data#main")
    record = uploads.say(bench.settings, record, _said(given))
    if given.get("act") != "take":
        return to(f"/s/{entry.id}/data/review/{record.id}#problems")
    item = await run_in_threadpool(input_of, folder, record.key)
    try:
        kept = await run_in_threadpool(take, folder, item, path, record.said)
    except InputError as error:
        return await run_in_threadpool(_review_page, request, person, entry, folder, record, path, error)
    uploads.throw_away(bench.settings, record.id)
    audit.note(bench.engine, person.name, "data", entry.id, origin_of(request), file=item.file, upload=record.file, kept=kept,
               mended=len(record.said.edits))  # fmt: skip
    # The address of the review ends in a fragment, which browsers carry on where the next one has none.
    return to(f"/s/{entry.id}/data#main")


def _said(given: dict[str, str]) -> dict[str, Any]:
    """Read the review form: ``column.N`` says what header N is, ``cell.ROW.N`` the text of a cell under header N."""
    headers = {name.removeprefix("header."): text for name, text in given.items() if name.startswith("header.")}
    mapping, ignore = {}, []
    for number, header in headers.items():
        wanted = given.get(f"column.{number}", "auto")
        if wanted == "ignore":
            ignore.append(header)
        elif wanted != "auto":
            mapping[wanted] = header
    edits = []
    for name, text in given.items():
        match = re.fullmatch(r"cell\.(\d{1,9})\.(\d{1,4})", name)
        if match and match[2] in headers and text != given.get(f"was.{match[1]}.{match[2]}"):
            edits.append((int(match[1]), headers[match[2]], text[:32_767]))
    said: dict[str, Any] = {"edits": edits}
    if headers:
        said |= {"mapping": mapping, "ignore": ignore}
    if given.get("encoding", "") in ("utf-8", "gb18030", "auto"):
        said["encoding"] = None if given["encoding"] == "auto" else given["encoding"]
    if "sheet" in given:
        said["sheet"] = given["sheet"].strip()[:100] or None
    return said


async def undo(request: Request) -> Response:
    """Put a kept file back in its place."""
    person, entry, folder = await run_in_threadpool(_working, request)
    bench, form = bench_of(request), await fields(request)
    check_form(person, form.get("form_key", ""))
    file = await run_in_threadpool(put_back, folder, form.get("name", ""))
    audit.note(
        bench.engine, person.name, "data_back", entry.id, origin_of(request), file=file, kept=form.get("name", "")
    )
    return to(f"/s/{entry.id}/data")


async def run(request: Request) -> Response:
    """Put a run of the study into the queue and go on to its progress."""
    person, entry, _ = await run_in_threadpool(_working, request)
    bench, form = bench_of(request), await fields(request)
    check_form(person, form.get("form_key", ""))
    kind = "check" if form.get("kind") == "check" else "run"
    try:
        name = jobs.ask_for(bench.engine, kind, entry.id, person.name)
    except InputError as error:
        return await run_in_threadpool(_data_page, request, person, entry, error=error)
    audit.note(bench.engine, person.name, kind, entry.id, origin_of(request), job=name)
    bench.wake()
    return to(f"/s/{entry.id}/jobs/{name}")


def _job(request: Request, person: Person) -> dict[str, Any]:
    bench = bench_of(request)
    entry = bench.require(person, request.path_params["study"])
    found = jobs.job_of(bench.engine, request.path_params["job"])
    if found["study"] != entry.id or not person.known:
        raise InputError("job_unknown", Where(item="job"), found["id"])
    return found


def show_job(request: Request) -> Response:
    """How far a job is, and how it ended."""
    person, bench = who(request), bench_of(request)
    found = _job(request, person)
    return page(
        request, "job", person=person, study=bench.shelf.entry(found["study"]), tab="data", job=found, moment=_moment
    )


async def cancel(request: Request) -> Response:
    """Ask for a job to end."""
    person, entry, _ = await run_in_threadpool(_working, request)
    check_form(person, (await fields(request)).get("form_key", ""))
    found = _job(request, person)
    jobs.cancel(bench_of(request).engine, found["id"])
    audit.note(bench_of(request).engine, person.name, "job_cancel", entry.id, origin_of(request), job=found["id"])
    return to(f"/s/{entry.id}/jobs/{found['id']}")


async def new_study(request: Request) -> Response:
    """Make a study of one's own from one that ships."""
    person, bench = await run_in_threadpool(who, request), bench_of(request)
    needed(person, "analyst")
    templates = [path.name for path in example_studies()]
    if request.method == "GET":
        return page(request, "new", person=person, templates=templates, problems=(), given={})
    form = await fields(request)
    check_form(person, form.get("form_key", ""))
    name, template = form.get("name", "").strip(), form.get("template", "")
    try:
        if not NAME.fullmatch(name) or name in bench.shelf.names():
            raise InputError("study_exists", Where(item="name"), name)
        if template not in templates:
            raise InputError("value_not_listed", Where(item="template"), template, known=", ".join(templates))
        source = next(path for path in example_studies() if path.name == template)
        titles = {"en": form.get("title_en", "").strip() or name, "zh": form.get("title_zh", "").strip() or name}
        await run_in_threadpool(service.new_study, bench.settings.home / STUDIES / name, source, titles)
    except InputError as error:
        return page(
            request,
            "new",
            person=person,
            templates=templates,
            problems=error.problems,
            given=form,
            status=status_of(error),
        )
    # A study of one's own is closed until an administrator opens it, also where the shipped ones are open to all.
    await run_in_threadpool(bench.publish, name, False)
    audit.note(bench.engine, person.name, "study", name, origin_of(request), template=template)
    return to(f"/s/{name}/data")
