"""Uploads, jobs and new studies over HTTP: roles, other people's uploads, bombs, formulas, names that lead elsewhere."""

import io
import re
import time
import zipfile

import pytest

from citycarbon.interfaces.workbench import uploads
from citycarbon.interfaces.workbench.people import add_person
from citycarbon.interfaces.workbench.work import jobs

from .conftest import PASSWORD


@pytest.fixture
def own(desk):
    """A study of ana's own, and her client."""
    with desk.bench.engine.begin() as connection:
        add_person(connection, "bo", PASSWORD, {"my-city": "analyst"})
    ada = desk.client("ada")
    key = desk.form_key("ada", ada)
    made = ada.post(
        "/new", data={"form_key": key, "name": "my-city", "title_en": "Mine", "title_zh": "我的", "template": "starter"}
    )
    assert made.headers["location"] == "/s/my-city/data"
    return ada, key


def send(client, key, name, content, wanted="fuels.activity"):
    files = {"file": (name, content, "text/csv")}
    return client.post("/s/my-city/data/upload", data={"form_key": key, "key": wanted}, files=files)


def test_a_study_begins_as_a_copy_with_its_own_title(desk, own):
    ada, key = own
    assert "我的" in ada.get("/s/my-city/data?lang=zh").text
    again = ada.post("/new", data={"form_key": key, "name": "my-city", "template": "starter"})
    assert again.status_code == 409
    for name in ("../evil", "a/b", "UP", "", ".workbench", "x" * 65):
        assert ada.post("/new", data={"form_key": key, "name": name, "template": "starter"}).status_code == 409
    assert ada.post("/new", data={"form_key": key, "name": "fine", "template": "../../etc"}).status_code == 422
    alice = desk.client("alice")
    assert alice.get("/new").status_code == 403
    assert desk.client().get("/new").status_code == 401


def test_uploads_need_the_role_and_the_form(desk, own):
    _, _ = own
    good = b"place,time,sector,activity,value,unit\np3,2022,industry.energy,diesel,5,t\n"
    assert send(desk.client(), "", "x.csv", good).status_code == 401
    alice = desk.client("alice")
    assert send(alice, desk.form_key("alice", alice), "x.csv", good).status_code == 404
    bo = desk.client("bo")
    assert send(bo, "wrong", "x.csv", good).status_code == 403
    assert send(bo, desk.form_key("bo", bo), "x.csv", good).status_code == 303


def test_an_upload_belongs_to_who_sent_it(desk, own):
    ada, key = own
    address = send(ada, key, "x.csv", b"place,time\n1,2\n").headers["location"]
    assert ada.get(address).status_code == 200
    bo = desk.client("bo")
    assert bo.get(address).status_code == 422
    assert bo.post(address, data={"form_key": desk.form_key("bo", bo), "act": "take"}).status_code == 422
    for name in ("%2e%2e%2f", "0" * 32, "x"):
        assert ada.get(f"/s/my-city/data/review/{name}").status_code in (404, 422)


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.csv",
        "..\\..\\x.csv",
        "\u202egnp.csv",
        "<img src=x onerror=alert(1)>.csv",
        "a" * 300 + ".csv",
    ],
)
def test_names_of_files_stay_names(desk, own, name):
    ada, key = own
    address = send(ada, key, name, b"place,time\n1,2\n").headers["location"]
    record = uploads.folder_of(desk.bench.settings, address.rpartition("/")[2])
    files = [path for path in record.iterdir() if path.name != ".record"]
    assert len(files) == 1
    assert files[0].suffix == ".csv"
    assert files[0].parent == record
    text = ada.get(address).text
    assert "<img" not in text


def test_formulas_and_scripts_in_cells_are_refused_or_stay_text(desk, own):
    ada, key = own
    content = b'place,time,sector,activity,value,unit\n<script>alert(1)</script>,2022,=cmd|x,@SUM(A1),"=1+1",t\n'
    text = ada.get(send(ada, key, "x.csv", content).headers["location"]).text
    assert "<script>alert" not in text
    assert "formula" in text.lower() or "公式" in text


def test_a_bomb_is_refused(desk, own):
    ada, key = own
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 * 1024**2))
    begun = time.monotonic()
    answer = ada.get(send(ada, key, "x.xlsx", stream.getvalue()).headers["location"])
    assert answer.status_code == 200
    assert "archive_bomb" in answer.text or "unpack" in answer.text
    assert time.monotonic() - begun < 30


def test_an_upload_over_the_limit_is_refused(desk, own):
    from dataclasses import replace

    ada, key = own
    desk.bench.settings = replace(desk.bench.settings, upload=50_000)
    assert send(ada, key, "x.csv", b"x" * 60_000).status_code == 413


def test_a_run_over_http(desk, own):
    """The queue, its own process, progress, the end, and results that pages then show."""
    ada, key = own
    desk.bench.worker.start()
    try:
        asked = ada.post("/api/v1/studies/my-city/runs", json={"kind": "run"}, headers={"x-form-key": key})
        assert asked.status_code == 202
        job = asked.json()["id"]
        again = ada.post("/api/v1/studies/my-city/runs", json={}, headers={"x-form-key": key})
        assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "study_busy")
        with ada.stream("GET", f"/api/v1/jobs/{job}/events") as events:
            text = "".join(events.iter_text())
        assert '"state": "done"' in text
        assert text.count("event: progress") >= 2
        assert ada.get(f"/api/v1/jobs/{job}").json()["outcome"]["study"] == "my-city"
        assert ada.get("/api/v1/studies/my-city/tables").status_code == 200
        assert (desk.bench.settings.home / "results" / "my-city" / "report.xlsx").is_file()
    finally:
        desk.bench.worker.stop()
    assert desk.client().get(f"/api/v1/jobs/{job}").status_code == 401
    assert desk.client("alice").get(f"/api/v1/jobs/{job}").status_code == 404
    assert desk.client("alice").get(f"/s/my-city/jobs/{job}").status_code == 404


def test_a_job_that_waits_or_runs_can_be_cancelled(desk, own):
    ada, key = own
    name = jobs.ask_for(desk.bench.engine, "run", "my-city", "ada")
    assert ada.request("DELETE", f"/api/v1/jobs/{name}", headers={"x-form-key": key}).json()["state"] == "cancelled"
    running = jobs.ask_for(desk.bench.engine, "run", "my-city", "ada")
    desk.bench.worker.start()
    try:
        for _ in range(100):
            if jobs.job_of(desk.bench.engine, running)["state"] == "running":
                break
            time.sleep(0.05)
        jobs.cancel(desk.bench.engine, running)
        for _ in range(200):
            if jobs.job_of(desk.bench.engine, running)["state"] == "cancelled":
                break
            time.sleep(0.1)
        assert jobs.job_of(desk.bench.engine, running)["state"] == "cancelled"
    finally:
        desk.bench.worker.stop()
    assert not (desk.bench.settings.home / "results" / "my-city").exists()


def test_a_job_whose_worker_was_lost_does_not_hold_its_study(desk, own):
    import sqlalchemy as sa

    from citycarbon.interfaces.workbench import store

    name = jobs.ask_for(desk.bench.engine, "run", "my-city", "ada")
    with desk.bench.engine.begin() as connection:
        connection.execute(sa.update(store.jobs).values(state="running", seen=time.time() - 1000, worker="gone"))
    assert desk.bench.worker._claim() is None
    assert jobs.job_of(desk.bench.engine, name)["state"] == "failed"
    jobs.ask_for(desk.bench.engine, "run", "my-city", "ada")


def test_input_files_are_given_by_name_and_no_other(desk, own):
    ada, _ = own
    assert ada.get("/s/my-city/data/file", params={"name": "fuels.csv"}).status_code == 200
    for name in ("study.yaml", "../my-city/fuels.csv", "/etc/passwd", "", "fuels.csv\x00"):
        assert ada.get("/s/my-city/data/file", params={"name": name}).status_code == 404
    assert re.search(
        "attachment", ada.get("/s/my-city/data/file", params={"name": "fuels.csv"}).headers["content-disposition"]
    )
