"""Layers as OGC API - Features: what part 1 and part 2 of the standard, and the programs that ask, hold a service to."""

from __future__ import annotations

import shutil
from urllib.parse import quote

import polars as pl
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import shape

from .conftest import fresh_desk

ROOT = "/api/v1/studies/toy-city/ogc"
ITEMS = f"{ROOT}/collections/parcels/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
PAGES = ["", "/conformance", "/collections", "/collections/parcels", "/collections/parcels/items",
         "/collections/parcels/items/3", "/api"]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_word_that_the_definition_lacks_is_a_bad_request(desk, page):
    client = desk.client()
    for words in ("place=p01", "nosuch=1", "crs84=x", "LIMIT=3"):
        answer = client.get(f"{ROOT}{page}?{words}")
        assert answer.status_code == 400, (page, words)
        assert answer.json()["errors"][0]["code"] == "query_unknown"
    assert client.get(f"{ROOT}{page}").status_code == 200
    assert client.get(f"{ROOT}{page}?f=json").status_code == 200
    assert client.get(f"{ROOT}{page}?f=html").status_code == 400


@pytest.mark.parametrize(
    "address", ["layers?nosuch=1", "layers/parcels/values?sectr=x", "trace?palce=p1", "tables?a=b"]
)
def test_other_addresses_do_not_ignore_words_either(desk, address):
    assert desk.client().get(f"/api/v1/studies/toy-city/{address}").status_code == 400


def test_a_limit_above_the_most_is_served_with_the_most(desk):
    client = desk.client()
    assert client.get(ITEMS, params={"limit": 100_000}).json()["numberReturned"] == 9
    assert client.get(ITEMS, params={"limit": 4}).json()["numberReturned"] == 4
    for wrong in ("0", "-1", "many", "1.5"):
        assert client.get(ITEMS, params={"limit": wrong}).status_code == 400


@pytest.mark.parametrize("page", [*PAGES, "/nothing"])
def test_head_answers_as_get_without_a_body(desk, page):
    client = desk.client()
    whole, head = client.get(ROOT + page), client.head(ROOT + page)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]
    assert head.headers.get("content-length") == whole.headers.get("content-length")


def test_head_of_a_table_and_of_a_page(desk):
    client = desk.client()
    assert client.head("/api/v1/studies/toy-city/tables/totals/rows.parquet").status_code == 200
    assert client.head("/").status_code == 200


def test_features_come_in_every_system_that_the_collection_lists(desk):
    client = desk.client()
    collection = client.get(f"{ROOT}/collections/parcels").json()
    assert collection["storageCrs"] == CRS84
    assert EPSG.format(4549) in collection["crs"], "three-degree zone of 120° E"
    plain = shape(client.get(f"{ITEMS}/3").json()["geometry"])
    for address in collection["crs"]:
        answer = client.get(ITEMS, params={"crs": address, "limit": 9})
        assert answer.headers["content-crs"] == f"<{address}>"
        one = client.get(f"{ITEMS}/3", params={"crs": address})
        assert one.json()["geometry"] == answer.json()["features"][3]["geometry"]
        system = "OGC:CRS84" if address == CRS84 else "EPSG:" + address.rpartition("/")[2]
        at = shapely.get_coordinates(plain)[0]
        wanted = Transformer.from_crs("OGC:CRS84", system).transform(*at)
        assert shapely.get_coordinates(shape(one.json()["geometry"]))[0] == pytest.approx(wanted, rel=1e-12)
    for wrong in (EPSG.format(4547), EPSG.format(99), "EPSG:3857", "x"):
        assert client.get(ITEMS, params={"crs": wrong}).status_code == 400


@pytest.mark.parametrize("code", [4326, 3857, 4490, 4549])
def test_a_box_may_stand_in_a_listed_system(desk, code):
    client = desk.client()
    west, south, east, north = 120.30, 31.55, 120.31, 31.557
    right = client.get(ITEMS, params={"bbox": f"{west},{south},{east},{north}"}).json()["numberMatched"]
    box = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}").transform_bounds(west, south, east, north)
    text = ",".join(f"{each:.9f}" for each in box)
    given = {"bbox": text, "bbox-crs": EPSG.format(code)}
    assert client.get(ITEMS, params=given).json()["numberMatched"] == right
    assert client.get(ITEMS, params=given | {"bbox-crs": EPSG.format(1)}).status_code == 400
    assert client.get(ITEMS, params={"bbox": "1,9,2,3"}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "matched"),
    [
        ("1990-01-01", 0),
        ("2022-06-30", 9),
        ("2022-06-30T12:00:00Z", 9),
        ("2021-12-31T23:30:00-01:00", 9),
        ("2021-12-31T23:59:59Z", 0),
        ("../2021-12-31", 0),
        ("2022-12-31/..", 9),
        ("/2022-01-01", 9),
        ("2000-01-01/2030-01-01", 9),
        ("2023-01-01/", 0),
        ("2022-04-02/P2D", 9),
        ("2021-12-01T00:00:00Z/P1M6DT12H31M12S", 9),
        ("2021-12-01/P4W", 0),
        ("P1Y/2022-12-31", 9),
        ("P1D/2022-01-01", 9),
        ("2022-12-31T23:59:60Z", 9),
    ],
)
def test_features_have_the_time_of_their_emissions(desk, asked, matched):
    assert desk.client().get(ITEMS, params={"datetime": asked}).json()["numberMatched"] == matched


@pytest.mark.parametrize(
    "asked",
    [
        "yesterday",
        "2022",
        "2022-13-01",
        "..",
        "../..",
        "2023-01-01/2022-01-01",
        "a/b/c",
        "2022-01-01/x",
        "",
        "2022-01-01/P",
        "P1Y/P1Y",
        "../P1D",
        "2022-01-01/P1DT",
        "2022-01-01/P9999Y",
        "2022-06-30T24:00:00Z",
    ],
)
def test_a_time_that_cannot_be_read_is_a_bad_request(desk, asked):
    assert desk.client().get(ITEMS, params={"datetime": asked}).status_code == 400


def test_values_that_are_not_there_are_bad_requests_and_names_nothing(desk):
    client = desk.client()
    assert client.get(ITEMS, params={"sector": "magic"}).status_code == 400
    for address in (f"{ROOT}/collections/nosuch", f"{ROOT}/collections/nosuch/items", f"{ROOT}/collections/a%20b/items",
                    f"{ITEMS}/99", f"{ITEMS}/abc", f"{ITEMS}/-1"):  # fmt: skip
        assert client.get(address).status_code == 404, address


def test_links_and_numbers_are_those_of_the_standard(desk):
    client = desk.client()
    landing = client.get(ROOT).json()
    ways = {each["rel"]: each for each in landing["links"]}
    assert set(ways) >= {"self", "conformance", "data", "service-desc"}
    assert ways["service-desc"]["type"] == client.get(ways["service-desc"]["href"]).headers["content-type"]
    listed = client.get(ways["conformance"]["href"]).json()["conformsTo"]
    assert {each.rpartition("/conf/")[2] for each in listed} == {"core", "oas30", "geojson", "crs"}
    collection = client.get(ways["data"]["href"]).json()["collections"][0]
    assert collection["extent"]["temporal"]["interval"] == [["2022-01-01T00:00:00Z", "2022-12-31T23:59:59Z"]]
    page = client.get(ITEMS, params={"limit": 4, "crs": EPSG.format(3857)}).json()
    onward = next(each["href"] for each in page["links"] if each["rel"] == "next")
    following = client.get(onward).json()
    assert page["numberMatched"] == following["numberMatched"] == 9
    assert [each["id"] for each in following["features"]] == [4, 5, 6, 7]
    assert client.get(onward).headers["content-crs"] == f"<{EPSG.format(3857)}>"
    one = client.get(f"{ITEMS}/3").json()
    assert {each["rel"] for each in one["links"]} >= {"self", "collection"}


def test_the_description_knows_every_word_that_is_answered(desk):
    client = desk.client()
    made = client.get(f"{ROOT}/api").json()
    assert made["openapi"].startswith("3.0")
    words = {each["name"]: each for each in made["paths"]["/collections/{layer}/items"]["get"]["parameters"]}
    assert words["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}
    assert (words["bbox"]["schema"]["minItems"], words["bbox"]["explode"]) == (4, False)
    real = client.get("/api/v1/openapi.json").json()
    path = "/studies/{study}/ogc/collections/{layer}/items"
    assert set(words) - {"lang"} == {each["name"] for each in real["paths"][path]["get"]["parameters"]} - {"study"}


def test_a_method_that_is_not_there_is_not_found(desk):
    client = desk.client("ana")
    form = {"x-form-key": desk.form_key("ana", client)}
    assert client.post("/api/v1/methods/nosuch", json={}, headers=form).status_code == 404


def test_every_word_that_pages_send_is_known(desk):
    client = desk.client()
    root = "/api/v1/studies/toy-city"
    choice = {"time": "2022", "scenario": "observed", "basis": "location"}
    assert client.get(f"{root}/tiles/parcels/11/1708/834.mvt", params={**choice, "v": "stamp"}).status_code == 200
    assert client.get(f"{root}/layers/parcels/values", params=choice).status_code == 200
    assert client.get(f"{root}/layers/parcels/places/p1", params=choice).status_code == 200
    assert client.get(f"{ITEMS}?limit=10000", params=choice).status_code == 200
    assert client.get("/api/v1/factors.csv", params={"search": "diesel", "lang": "zh"}).status_code == 200


@pytest.mark.parametrize(
    "page", ["", "/conformance", "/collections", "/collections/parcels", "/collections/parcels/items"]
)
def test_a_stroke_at_the_end_of_an_address_is_no_other_address(desk, page):
    client = desk.client()
    assert client.get(f"{ROOT}{page}/").json().keys() == client.get(f"{ROOT}{page}").json().keys()


@pytest.mark.parametrize(
    "words",
    ["limit=5&limit=7", "bbox=120,31,121,32&bbox=1,1,2,2", "bbox=", "datetime=", "lang=fr", "bbox=31,120,32,121",
     "bbox=600,31,700,32",
     "bbox=nan,0,1,1", "bbox=120,31,121", "bbox=120;31;121;32", "crs=", "offset="],
)  # fmt: skip
def test_words_that_would_be_ignored_in_part_are_bad_requests(desk, words):
    answer = desk.client().get(f"{ITEMS}?{words}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "query_wrong")


def test_boxes_of_six_numbers_and_round_the_globe_are_read(desk):
    client = desk.client()
    for box in ("120,31,0,121,32,100", "-181,-91,181,91", "170,-90,121,90"):
        assert client.get(ITEMS, params={"bbox": box}).json()["numberMatched"] == 9


def test_a_number_of_a_feature_is_written_in_one_way(desk):
    client = desk.client()
    assert [client.get(f"{ITEMS}/{number}").status_code for number in ("0", "%30", "00", "+0", "\uff10", "1e0")] == [
        200, 200, 404, 404, 404, 404,
    ]  # fmt: skip


def test_layers_may_have_chinese_names(served_results, tmp_path, monkeypatch):
    results = tmp_path / "results"
    shutil.copytree(served_results, results)
    for part in (results / "toy-city").rglob("*parcels*"):
        part.rename(part.with_name(part.name.replace("parcels", "地块 一")))
    for part in (results / "toy-city").rglob("*.json"):
        part.write_text(part.read_text("utf-8").replace("parcels", "地块 一"), "utf-8")
    for name in ("maps", "map_sectors"):
        table = results / "toy-city" / f"{name}.parquet"
        pl.read_parquet(table).with_columns(
            pl.col("layer").cast(pl.String).replace("parcels", "地块 一")
        ).write_parquet(table)
    for desk in fresh_desk(results, tmp_path, monkeypatch):
        client = desk.client()
        listed = client.get(f"{ROOT}/collections").json()["collections"]
        (mine,) = [each for each in listed if each["id"] == "地块 一"]
        for link in mine["links"]:
            assert link["href"].isascii()
            answer = client.get(link["href"])
            assert answer.status_code == 200
        assert answer.json()["numberMatched"] == 9
        assert client.get(f"{answer.json()['links'][0]['href']}").json()["numberReturned"] == 9
        assert client.get(f"/api/v1/studies/toy-city/tiles/{quote('地块 一')}.json").json()["tiles"][0].isascii()
        assert client.get(f"/api/v1/studies/toy-city/layers/{quote('地块 一')}/values").status_code == 200
