"""Two inventories side by side."""

import pytest

ADDRESS = "/api/v1/comparison"


@pytest.fixture
def ada(desk):
    return desk.client("ada")


def test_two_years_are_split_into_reasons_that_add_up(ada):
    asked = {"first": "toy-future", "second": "toy-future", "first_time": "2024", "second_time": "2005"}
    made = ada.get(ADDRESS, params=asked).json()
    totals = [side["value"] for side in made["sides"]]
    assert totals == pytest.approx([sum(row[key] for row in made["rows"]) for key in ("first", "second")], rel=1e-12)
    steps = made["waterfall"]
    assert steps[0]["end"] == pytest.approx(totals[0], rel=1e-12)
    assert steps[-1]["end"] == pytest.approx(totals[1], rel=1e-12)
    assert sum(row["value"] for row in steps[1:-1]) == pytest.approx(totals[1] - totals[0], rel=1e-9)
    assert made["notes"] == ["time"]


def test_the_total_is_that_of_the_inventory_in_every_list(ada):
    whole = ada.get("/api/v1/studies/toy-city/tables/totals/rows", params={"view": "whole"}).json()["rows"][0]["value"]
    lists = ada.get(ADDRESS, params={"first": "toy-city", "second": "toy-city"}).json()["lists"]
    assert {"gpc", "ipcc2006", "own"} <= set(lists)
    for each in lists:
        made = ada.get(ADDRESS, params={"first": "toy-city", "second": "toy-city", "list": each}).json()
        assert sum(row["first"] for row in made["rows"]) == pytest.approx(whole, rel=1e-9), each
        assert all(row["first"] == row["second"] for row in made["rows"])


def test_what_is_not_alike_is_said(ada):
    made = ada.get(ADDRESS, params={"first": "toy-city", "second": "toy-future"}).json()
    assert {"scopes", "places", "time"} <= set(made["notes"])
    assert made["waterfall"] == []
    assert {row["code"]: row["name"] for row in made["rows"]}["transport"] == ["Transport", "交通"]


@pytest.mark.parametrize(
    "asked",
    [{"first_time": "1999"}, {"second_scenario": "none"}, {"list": "x"}, {"first_basis": "market-based or not"}],
)
def test_what_is_not_there_is_an_error(ada, asked):
    answer = ada.get(ADDRESS, params={"first": "toy-city", "second": "toy-future", **asked})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "value_not_listed"


def test_both_studies_must_be_open_to_who_asks(desk):
    alice = desk.client("alice")
    assert alice.get(ADDRESS, params={"first": "toy-city", "second": "toy-future"}).status_code == 200
    assert alice.get(ADDRESS, params={"first": "toy-city", "second": "toy-land"}).status_code == 404
    assert desk.client().get(ADDRESS, params={"first": "toy-future", "second": "toy-city"}).status_code == 401
    listed = alice.get("/compare").text
    assert "toy-future" in listed
    assert "toy-land" not in listed
