"""Figures of a chart as a workbook."""

import io

import openpyxl

GIVEN = {"name": "toy-city-structure", "title": "By sector", "note": "t CO2e · 2022", "head": ["sector", "total"],
         "rows": [["=1+1", 2.5], ["工业", None], ["@x", -3]]}  # fmt: skip


def test_numbers_are_numbers_and_text_is_text(desk):
    answer = desk.client().post("/sheet", json=GIVEN)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="toy-city-structure.xlsx"'
    page = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in page["A"]] == ["By sector", "t CO2e · 2022", None, "sector", "=1+1", "工业", "@x"]
    assert page["A5"].data_type == "s", "text that looks like a formula is none"
    assert (page["B5"].value, page["B6"].value, page["B7"].value) == (2.5, None, -3)


def test_what_cannot_be_read_is_named(desk):
    client = desk.client()
    for wrong in (
        b"",
        b"[]",
        b'{"name": 1}',
        b'{"name":"x","head":[],"rows":[[NaN]]}',
        b'{"name":"x","head":["a"],"rows":[[{}]]}',
    ):
        answer = client.post("/sheet", content=wrong)
        assert answer.status_code == 422, wrong
    sly = client.post("/sheet", json={**GIVEN, "name": '../"\r\nx: y'})
    assert sly.headers["content-disposition"] == 'attachment; filename="x-y.xlsx"'
    assert client.post("/sheet", json=GIVEN, headers={"origin": "http://elsewhere.example"}).status_code == 403
