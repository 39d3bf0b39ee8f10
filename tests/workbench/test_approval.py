"""Approval of a version: roles, four eyes, a run in between, and its history."""

import pytest

from .conftest import PASSWORD

ADDRESS = "/api/v1/studies/toy-land/approval"


@pytest.fixture
def people_of(desk):
    """Clients with the key of their forms."""
    found = {}
    for name in ("ana", "rui", "ada"):
        client = desk.client(name)
        client.headers["x-form-key"] = desk.form_key(name, client)
        found[name] = client
    return found


def test_a_version_is_handed_in_and_approved_by_somebody_else(desk, people_of):
    version = people_of["ana"].get(ADDRESS).json()
    assert version["state"] == "draft"
    body = {"version": version["version"], "note": "为何 <script>"}
    assert people_of["ana"].post(ADDRESS, json={**body, "act": "approve"}).status_code == 403
    assert (
        people_of["rui"].post(ADDRESS, json={**body, "act": "approve"}).json()["errors"][0]["code"] == "version_changed"
    )
    assert people_of["ana"].post(ADDRESS, json={**body, "act": "hand_in"}).json()["state"] == "handed_in"
    assert people_of["ana"].post(ADDRESS, json={**body, "act": "hand_in"}).status_code == 409
    assert people_of["rui"].post(ADDRESS, json={**body, "act": "approve"}).json()["state"] == "approved"
    page = people_of["rui"].get("/s/toy-land/reports?lang=zh").text
    assert "已批准" in page
    assert "<script>" not in page.replace('<script src="', "").replace('<script type="', "")
    log = people_of["ada"].get("/log?lang=en").text
    assert "approved a version" in log


def test_nobody_approves_what_they_handed_in(desk, people_of):
    version = people_of["rui"].get(ADDRESS).json()["version"]
    assert people_of["rui"].post(ADDRESS, json={"act": "hand_in", "version": version}).status_code == 200
    answer = people_of["rui"].post(ADDRESS, json={"act": "approve", "version": version})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "approve_own")
    assert people_of["ada"].post(ADDRESS, json={"act": "send_back", "version": version}).json()["state"] == "sent_back"
    assert people_of["ana"].post(ADDRESS, json={"act": "hand_in", "version": version}).json()["state"] == "handed_in"


def test_a_run_in_between_is_a_new_version(desk, people_of):
    version = people_of["ana"].get(ADDRESS).json()["version"]
    people_of["ana"].post(ADDRESS, json={"act": "hand_in", "version": version})
    path = desk.bench.settings.home / "toy-land" / "result.json"
    path.write_text(path.read_text("utf-8").replace('"format": 1', '"format":  1'), "utf-8")
    answer = people_of["rui"].post(ADDRESS, json={"act": "approve", "version": version})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "version_changed")
    assert people_of["rui"].get(ADDRESS).json()["state"] == "draft"


def test_visitors_and_others_decide_nothing(desk):
    body = {"act": "hand_in", "version": "x"}
    assert desk.client().post("/api/v1/studies/toy-city/approval", json=body).status_code == 401
    alice = desk.client("alice")
    key = {"x-form-key": desk.form_key("alice", alice)}
    assert alice.post("/api/v1/studies/toy-future/approval", json=body, headers=key).status_code == 403
    assert alice.post(ADDRESS, json=body, headers=key).status_code == 404
    assert PASSWORD not in alice.get("/account").text
