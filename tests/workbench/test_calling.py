"""Methods over HTTP: the same answer as on the command line, roles, problems, time."""

import time

import pytest

from citycarbon.core.errors import InputError
from citycarbon.interfaces.workbench.work.trying import try_method

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


def test_cells_of_json_are_judged_as_they_stand(ana):
    odd = [
        {"value": True},
        {"value": "120①"},
        {"value": "12²"},
        {"value": "1,000"},
        {"time": "2022年1-6月"},
        {"time": 44743},
    ]
    answer = ana.post(
        ADDRESS, json={"activity": [DIESEL] + [{**DIESEL, "place": f"p{n}", **cell} for n, cell in enumerate(odd)]}
    )
    assert answer.status_code == 422
    found = {each["code"]: each["where"]["rows"] for each in answer.json()["errors"]}
    assert found == {"value_not_number": [3, 4, 5, 6], "time_wrong": [7], "time_serial": [8]}


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


PAGE = "/methods/inventory.accounting.combustion"
ROWS = "place,time,sector,activity,value,unit\nworkshop,2022,industry,diesel,1000,kg\n"


def test_the_form_runs_a_method_on_pasted_rows(desk):
    ana = desk.client("ana")
    key = {"form_key": desk.form_key("ana", ana)}
    assert f'name="form_key" value="{key["form_key"]}"' in ana.get(PAGE).text
    given = {**key, "table.activity": ROWS, "parameter.year_rule": "exact", "act": "run"}
    made = ana.post(PAGE, data=given, files={"file.none": b""})
    assert made.status_code == 200, made.text
    assert "3.09591" in made.text.replace("3.095910", "3.09591")
    assert "library:cn-2008" in made.text
    tabs = ana.post(PAGE, data={**given, "table.activity": ROWS.replace(",", "\t")})
    assert "3.09591" in tabs.text
    saved = ana.post(PAGE, data={**given, "act": "csv"})
    assert saved.headers["content-type"].startswith("text/csv")
    assert saved.content.startswith(b"\xef\xbb\xbfplace,")


def test_the_form_takes_a_file_and_shows_every_problem_with_what_was_typed(desk):
    ana = desk.client("ana")
    key = {"form_key": desk.form_key("ana", ana), "act": "run"}
    chinese = "地点,年份,部门,能源品种,消费量（吨）\n一分厂,2022,industry,柴油,1\n".encode("gb18030")
    made = ana.post(PAGE, data=key, files={"file.activity": ("燃料.csv", chinese)})
    assert made.status_code == 200, made.text
    wrong = ana.post(PAGE, data={**key, "table.activity": ROWS.replace("1000", "10x0").replace("2022", "20222")})
    assert wrong.status_code == 422
    assert "10x0" in wrong.text
    assert "20222" in wrong.text
    assert wrong.text.count("10x0") >= 2, "the typed rows are still in the form"
    evil = ana.post(PAGE, data={**key, "table.activity": ROWS.replace("workshop", "<script>x</script>")})
    assert "<script>x" not in evil.text


def test_the_form_needs_a_role_and_its_key(desk):
    assert desk.client().post(PAGE, data={"act": "run"}).status_code == 401
    alice, ana = desk.client("alice"), desk.client("ana")
    assert alice.post(PAGE, data={"form_key": desk.form_key("alice", alice)}).status_code == 403
    assert ana.post(PAGE, data={"table.activity": ROWS}).status_code == 403
    assert 'id="call"' not in desk.client().get(PAGE).text
    assert 'id="call"' in ana.get(PAGE).text


def test_examples_fill_the_forms(desk):
    from citycarbon.data.method_examples import examples
    from citycarbon.interfaces.workbench.work.trying import Sent
    from citycarbon.studies.catalogue import methods

    found = examples()
    assert len(found) > 60
    for name, each in found.items():
        assert name in methods()
        assert {*each.tables, *each.words} <= {parameter.name for parameter in methods()[name].parameters}, name
    text = desk.client("ana").get(PAGE.replace("combustion", "electricity") + "?example=1").text
    assert "柳园小区" in text
    for name in (
        "inventory.accounting.electricity",
        "strategy.projection.stocks.project",
        "inventory.accounting.refrigerant",
    ):
        each = found[name]
        tables = {key: Sent(content.encode()) for key, content in each.tables.items()}
        factors = {key: word for key, word in each.words.items() if word.startswith("library:")}
        plain = {key: word for key, word in each.words.items() if key not in factors}
        assert try_method(name, {**tables, **factors}, plain, region=each.region or None).count > 0
