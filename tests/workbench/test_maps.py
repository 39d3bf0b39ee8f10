"""Layers, tiles and features of the API."""

import mapbox_vector_tile
import polars as pl
import pytest

ROOT = "/api/v1/studies/toy-city"


def test_layers_name_their_choices(desk):
    (layer,) = desk.client().get(f"{ROOT}/layers").json()
    assert (layer["name"], layer["shapes"], layer["time"]) == ("parcels", 9, ["2022"])
    assert layer["title"] == {"en": "Parcels", "zh": "地块"}
    assert "transport" in layer["sector"]


def test_the_sum_of_a_map_is_that_of_its_table_and_sectors_add_up(desk):
    client = desk.client()
    whole = client.get(f"{ROOT}/layers/parcels/values").json()
    maps = pl.read_parquet(desk.bench.settings.home / "toy-city" / "maps.parquet")
    assert whole["sum"] == pytest.approx(maps["value"].sum(), rel=1e-12)
    sectors = client.get(f"{ROOT}/layers").json()[0]["sector"]
    parts = [client.get(f"{ROOT}/layers/parcels/values", params={"sector": each}).json()["sum"] for each in sectors]
    assert sum(parts) == pytest.approx(whole["sum"], rel=1e-9)
    places = [client.get(f"{ROOT}/layers/parcels/places/p{i}").json() for i in range(1, 10)]
    assert sum(row["value"] or 0.0 for each in places for row in each["sectors"]) == pytest.approx(
        whole["sum"], rel=1e-9
    )


def test_a_tile_carries_the_values_of_the_choice(desk):
    client = desk.client()
    answer = client.get(f"{ROOT}/tiles/parcels/11/1708/834.mvt")
    features = mapbox_vector_tile.decode(answer.content)["shapes"]["features"]
    rows = client.get(f"{ROOT}/tables/maps/rows").json()["rows"]
    wanted = {row["place"]: row["value"] for row in rows}
    assert {each["properties"]["place"]: each["properties"]["v"] for each in features} == pytest.approx(
        wanted, rel=1e-6
    )
    part = client.get(f"{ROOT}/tiles/parcels/11/1708/834.mvt", params={"sector": "transport"})
    assert part.headers["etag"] != answer.headers["etag"]
    assert client.get(f"{ROOT}/tiles/parcels/11/1708/834.mvt", params={"sector": "magic"}).status_code == 422
    described = client.get(f"{ROOT}/tiles/parcels.json").json()
    assert described["tiles"] == ["http://127.0.0.1:8470/api/v1/studies/toy-city/tiles/parcels/{z}/{x}/{y}.mvt"]


def test_features_follow_their_links(desk):
    client = desk.client()
    landing = client.get(f"{ROOT}/ogc").json()
    ways = {link["rel"]: link["href"] for link in landing["links"]}
    assert client.get(ways["conformance"]).json()["conformsTo"]
    collection = client.get(ways["data"]).json()["collections"][0]
    items = next(link["href"] for link in collection["links"] if link["rel"] == "items")
    seen, address = [], items + "?limit=4"
    while address:
        page = client.get(address)
        assert page.headers["content-type"] == "application/geo+json"
        made = page.json()
        seen += [each["properties"]["place"] for each in made["features"]]
        address = next((link["href"] for link in made["links"] if link["rel"] == "next"), "")
    assert seen == [f"p{i}" for i in range(1, 10)]
    one = client.get(f"{items}/3").json()
    assert one["properties"]["place"] == "p4"
    assert one["properties"]["t_co2e_ha"] == pytest.approx(one["properties"]["t_co2e"] / one["properties"]["area_ha"])
    box = client.get(items, params={"bbox": "120.30,31.55,120.31,31.557"}).json()
    assert 0 < box["numberMatched"] < 9
    for wrong in ("1,2,3", "a,b,c,d", "nan,1,2,3"):
        assert client.get(items, params={"bbox": wrong}).status_code == 400
    assert client.get(f"{items}/99").status_code == 404
