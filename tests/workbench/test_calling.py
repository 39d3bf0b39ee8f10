"""Methods over HTTP: the same answer as on the command line, roles, problems, time."""

import time

import pytest

from citycarbon.core.errors import InputError
from citycarbon.interfaces.workbench.trying import try_method

DIESEL = {"place": "workshop", "time": "2022", "sector": "industry", "activity": "diesel", "value": 1000, "unit": "kg"}
ADDRESS = "/api/v1/methods/inventory.accounting.combustion"


@pytest.fixture
def ana(desk):
    client = desk.client("ana")
    client.headers["x-form-key"] = desk.form_key("ana", client)
    return client


def test_a_method_answers_as_on_the_command_line(ana):
    made = ana.post(ADDRESS, json={"activity": [DIESEL]})
    assert made.status_code == 200, made.text
    answer = made.json()
    # The README's example: 1,000 kg of diesel give 3.09591 t CO2 by the default edition.
    co2 = [row for row in answer["rows"] if row["gas"] == "CO2"]
    assert co2[0]["value"] == pytest.approx(3.09591, abs=5e-6)
    assert answer["notes"] == {"factors": "library:cn-2008"}
    other = ana.post(ADDRESS, json={"activity": [DIESEL], "factors": "library:cn-enterprise"}).json()
    assert other["notes"] == {}


def test_every_problem_is_named(ana):
    rows = [{**DIESEL, "value": "1e3x"}, {**DIESEL, "unit": "bushel of coal"}, {**DIESEL, "time": "20222"}]
    answer = ana.post(ADDRESS, json={"activity": rows})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) >= 3
    formula = ana.post(ADDRESS, json={"activity": [{**DIESEL, "sector": "=1+1"}]})
    assert formula.json()["errors"][0]["code"] == "formula_cell"
    assert ana.post(ADDRESS, json={"activity": [{**DIESEL, "wrong": 1}]}).json()["errors"][0]["code"] == "request_wrong"
    assert ana.post(ADDRESS, json={}).status_code == 422
    assert ana.post(ADDRESS, json={"activity": [DIESEL], "factors": "/etc/passwd"}).status_code == 422
    assert ana.post(ADDRESS, json={"activity": [DIESEL], "factors": "library:../../x"}).status_code == 422


def test_only_those_who_compute_may_try(desk):
    assert desk.client().post(ADDRESS, json={"activity": [DIESEL]}).status_code == 401
    alice = desk.client("alice")
    key = {"x-form-key": desk.form_key("alice", alice)}
    assert alice.post(ADDRESS, json={"activity": [DIESEL]}, headers=key).status_code == 403


def test_a_method_that_takes_too_long_is_ended():
    begun = time.monotonic()
    with pytest.raises(InputError) as caught:
        try_method("inventory.accounting.combustion", {"activity": [DIESEL] * 3}, {}, seconds=0.001)
    assert caught.value.problems[0].code == "method_too_long"
    assert time.monotonic() - begun < 20


def test_every_method_that_can_be_sent_is_described(desk):
    made = desk.client().get("/api/v1/openapi.json").json()
    listed = desk.client().get("/api/v1/methods", params={"limit": 1000}).json()["items"]
    for each in listed:
        assert (f"/methods/{each['id']}" in made["paths"]) == each["callable"], each["id"]
    assert sum(each["callable"] for each in listed) > 80
