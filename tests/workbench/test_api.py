"""The API: pages, conditions, formats, conditional requests, one shape of errors."""

import io

import polars as pl
import pytest

ROWS = "/api/v1/studies/toy-city/tables/emissions/rows"


def test_rows_meet_conditions_and_come_in_pages(desk):
    client = desk.client()
    frame = pl.read_parquet(desk.bench.settings.home / "toy-city" / "emissions.parquet")
    wanted = frame.filter(pl.col("sector").str.starts_with("buildings") & (pl.col("value") > 100))
    first = client.get(
        ROWS, params={"sector.begins": "buildings", "value.gt": "100", "limit": 2, "sort": "-value"}
    ).json()
    assert first["matched"] == wanted.height
    seen = [row["value"] for row in first["rows"]]
    following = first["next"]
    while following:
        more = client.get(following).json()
        seen += [row["value"] for row in more["rows"]]
        following = more["next"]
    assert seen == wanted["value"].sort(descending=True).to_list()


@pytest.mark.parametrize(
    ("params", "rows"),
    [({"scope.in": "1|2"}, lambda f: f.filter(pl.col("scope").is_in(["1", "2"]))),
     ({"notation.empty": "false"}, lambda f: f.filter(pl.col("notation").is_not_null())),
     ({"place.not": "p1"}, lambda f: f.filter(pl.col("place") != "p1")),
     ({"activity.contains": "coal"}, lambda f: f.filter(pl.col("activity").str.contains("coal", literal=True))),
     ({"activity.contains": ".*"}, lambda f: f.head(0)),
     ({"value.lte": "-1"}, lambda f: f.filter(pl.col("value") <= -1))],
)  # fmt: skip
def test_conditions(desk, params, rows):
    frame = pl.read_parquet(desk.bench.settings.home / "toy-city" / "emissions.parquet")
    assert desk.client().get(ROWS, params=params).json()["matched"] == rows(frame).height


def test_every_wrong_word_is_named_at_once(desk):
    answer = desk.client().get(ROWS, params={"nope": "1", "value.gt": "x", "sort": "wrong", "lang": "zh"})
    assert answer.status_code == 422
    found = {(each["code"], each["where"]["column"]) for each in answer.json()["errors"]}
    assert found == {("column_unknown", "nope"), ("query_wrong", "value"), ("column_unknown", "wrong")}
    assert "列" in answer.json()["errors"][0]["problem"]


def test_files_hold_the_same_rows(desk):
    client = desk.client()
    frame = pl.read_parquet(desk.bench.settings.home / "toy-city" / "emissions.parquet")
    read = {
        "csv": lambda b: pl.read_csv(b, infer_schema_length=None),
        "parquet": pl.read_parquet,
        "arrow": pl.read_ipc_stream,
        "json": pl.read_json,
    }
    for kind, reader in read.items():
        answer = client.get(f"{ROWS}.{kind}")
        made = reader(io.BytesIO(answer.content))
        assert made.height == frame.height
        assert made["value"].cast(pl.Float64).to_list() == frame["value"].to_list()
        assert "attachment" in answer.headers["content-disposition"]


def test_csv_has_formulas_of_text_disarmed(desk):
    path = desk.bench.settings.home / "toy-city" / "emissions.parquet"
    frame = pl.read_parquet(path).with_columns(pl.lit('=HYPERLINK("http://x")').alias("activity"))
    frame.write_parquet(path)
    text = desk.client().get(f"{ROWS}.csv").text
    assert "'=HYPERLINK" in text
    assert ',"=HYPERLINK' not in text


def test_a_known_answer_is_not_sent_again(desk):
    client = desk.client()
    for address in (
        ROWS,
        f"{ROWS}.csv",
        "/api/v1/studies/toy-city/result",
        "/api/v1/factors",
        "/s/toy-city/data/cockpit.json",
    ):
        first = client.get(address)
        again = client.get(address, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), address
        assert client.get(address, headers={"if-none-match": '"other"'}).status_code == 200


def test_a_new_result_has_a_new_tag(desk):
    client = desk.client()
    before = client.get(ROWS).headers["etag"]
    path = desk.bench.settings.home / "toy-city" / "result.json"
    path.write_text(path.read_text("utf-8").replace('"Toy city"', '"Toy town"'), "utf-8")
    after = client.get(ROWS)
    assert after.headers["etag"] != before
    assert client.get("/api/v1/studies/toy-city").json()["title"]["en"] == "Toy town"


def test_a_number_traces_to_row_factor_and_source(desk):
    found = (
        desk.client()
        .get("/api/v1/studies/toy-city/trace", params={"sector": "buildings.residential", "scope": "2"})
        .json()
    )
    row = found["rows"][0]
    assert row["provenance_id"] == "peak_meters.csv:2"
    factor = found["factors"][row["factor_id"]]
    assert row["amount"] * factor["value"] / 1000 == pytest.approx(row["value"], rel=1e-9)
    assert found["methods"][row["method"]]["equation"]
    assert found["citations"][factor["source"]]
    whole = desk.client().get("/api/v1/studies/toy-city/trace").json()["whole"]
    rows = pl.read_parquet(desk.bench.settings.home / "toy-city" / "emissions_co2e.parquet")
    assert whole == pytest.approx(rows.filter(pl.col("gas") == "CO2e")["value"].sum(), rel=1e-12)


def test_levers_answer_and_a_move_of_nothing_changes_nothing(desk):
    client = desk.client()
    address = "/api/v1/studies/toy-city/projections/paths-to-2060"
    known = client.get(address).json()
    still = client.post(f"{address}/answer", json={"scenario": "baseline", "levers": []}).json()
    assert still["base"] == still["moved"]
    assert still["saved"] == 0.0
    driver = known["levers"]["baseline"][0]["driver"]
    less = client.post(
        f"{address}/answer",
        json={"scenario": "baseline", "levers": [{"driver": driver, "change": -0.3, "reached": 2035}]},
    ).json()
    assert less["moved"]["bands"]["gross"]["value"][0] == less["base"]["bands"]["gross"]["value"][0], (
        "the first year stays"
    )
    assert less["moved"]["bands"]["gross"]["value"][-1] < less["base"]["bands"]["gross"]["value"][-1]
    assert less["saved"] > 0


def test_a_share_cannot_be_moved_alone_and_every_wrong_lever_is_named(desk):
    client = desk.client()
    address = "/api/v1/studies/toy-city/projections/paths-to-2060/answer"
    levers = [{"driver": "dragons", "change": 0.1, "reached": 2035}, {"driver": "output", "change": 9, "reached": 1999}]
    answer = client.post(address, json={"scenario": "baseline", "levers": levers})
    assert [each["code"] for each in answer.json()["errors"]] == [
        "value_not_listed",
        "value_out_of_range",
        "value_out_of_range",
    ]


def test_moves_are_saved_and_forgotten_by_analysts(desk):
    home = desk.bench.settings.home
    assert (home / "toy-land").is_dir()
    ada, address = desk.client("ada"), "/api/v1/studies/toy-city/projections/paths-to-2060/saved"
    key = {"x-form-key": desk.form_key("ada", ada)}
    body = {
        "name": "绿色 <b>",
        "scenario": "baseline",
        "levers": [{"driver": "output", "change": -0.1, "reached": 2040}],
    }
    assert desk.client().post(address, json=body).status_code == 401
    made = ada.post(address, json=body, headers=key)
    assert made.status_code == 201
    listed = desk.client().get(address).json()
    assert [each["name"] for each in listed] == ["绿色 <b>"]
    assert ada.delete(f"{address}/{listed[0]['id']}", headers=key).status_code == 204
    assert ada.delete(f"{address}/{listed[0]['id']}", headers=key).status_code == 404


def test_the_catalogue_and_the_factors_are_open(desk):
    client = desk.client()
    found = client.get("/api/v1/methods", params={"search": "combustion"}).json()
    assert "inventory.accounting.combustion" in [each["id"] for each in found["items"]]
    detail = client.get("/api/v1/methods/inventory.accounting.combustion").json()
    assert {each["name"] for each in detail["parameters"]} >= {"activity", "factors"}
    assert client.get("/api/v1/methods/no.such").status_code == 404
    factors = client.get("/api/v1/factors", params={"search": "diesel", "limit": 3}).json()
    assert len(factors["rows"]) == 3
    assert all(row["source"] for row in factors["rows"])
    page = client.get("/factors").text
    assert "What the figures rest on, by edition" in page
    assert "provincial-guideline-2025" in page
    assert client.get("/api/v1/factors.csv", params={"edition": "cn-2008"}).status_code in (200, 422)
