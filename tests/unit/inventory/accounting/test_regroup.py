"""Regrouping to another code list: the most specific rule, residuals, conservation, shared errors, engines."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import DoubleCountError, InputError, SchemaError
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.inventory.accounting.regroup import CrosswalkTable, regroup

OWN = CodeList("own", {"industry": None, "industry.steel": "industry", "homes": None, "power": None})


def emissions(*rows: dict[str, object]) -> EmissionTable:
    base = {
        "place": "A",
        "time": "2020",
        "activity": "raw_coal",
        "scope": "1",
        "gas": "CO2",
        "value": 10.0,
        "unit": "t",
    }
    return EmissionTable(
        pl.DataFrame([{**base, **row} for row in rows], infer_schema_length=None), codes={"sector": OWN}
    )


def crosswalk(*rows: tuple[str, str | None, str | None, str, float]) -> CrosswalkTable:
    schema = {"code": pl.String, "activity": pl.String, "scope": pl.String, "target": pl.String, "share": pl.Float64}
    return CrosswalkTable(pl.DataFrame(rows, schema=schema, orient="row"))


def made(table: EmissionTable) -> list[tuple[str, float]]:
    return sorted(table.to_polars().select("sector", "value").rows())


def test_the_most_specific_rule_holds() -> None:
    rules = crosswalk(
        ("homes", None, None, "I.6.1", 1.0),
        ("homes", None, "2", "I.1.2", 1.0),
        ("homes", "gasoline", None, "II.1.1", 1.0),
        ("homes", "electricity", "2", "II.1.2", 1.0),
    )
    rows = emissions(
        {"sector": "homes", "value": 1.0},
        {"sector": "homes", "activity": "heat", "scope": "2", "value": 2.0},
        {"sector": "homes", "activity": "gasoline", "value": 4.0},
        {"sector": "homes", "activity": "electricity", "scope": "2", "value": 8.0},
    )
    assert made(regroup(rows, rules, to="gpc")) == [("I.1.2", 2.0), ("I.6.1", 1.0), ("II.1.1", 4.0), ("II.1.2", 8.0)]


def test_a_code_without_rules_takes_those_of_its_parent() -> None:
    rules = crosswalk(("industry", None, None, "I.3.1", 1.0))
    assert made(regroup(emissions({"sector": "industry.steel"}), rules, to="gpc")) == [("I.3.1", 10.0)]


def test_what_has_no_place_stays_visible() -> None:
    rules = crosswalk(("homes", None, None, "I.1.1", 1.0))
    table = regroup(emissions({"sector": "homes"}, {"sector": "power", "value": 5.0}), rules, to="gpc")
    assert made(table) == [("I.1.1", 10.0), ("not_mapped", 5.0)]
    assert total(table)["value"].to_list() == [15.0]
    assert table.to_polars().filter(pl.col("sector") == "not_mapped")["rule"].to_list() == ["power → not_mapped × 1.0"]


def test_shares_split_a_row_with_everything_that_adds() -> None:
    rules = crosswalk(("homes", None, None, "I.1.1", 0.25), ("homes", None, None, "II.1.1", 0.75))
    row = {
        "sector": "homes",
        "sd": 2.0,
        "energy": 40.0,
        "provenance_id": "f.csv:2",
        "factor_id": "f",
        "rule": "matched",
    }
    found = regroup(emissions(row), rules, to="gpc").to_polars().sort("sector")
    assert found.select("sector", "value", "sd", "energy").rows() == [
        ("I.1.1", 2.5, 0.5, 10.0), ("II.1.1", 7.5, 1.5, 30.0),
    ]  # fmt: skip
    assert found["provenance_id"].to_list() == ["f.csv:2"] * 2
    assert found["factor_id"].to_list() == ["f"] * 2
    assert found["rule"][0] == "matched; homes → I.1.1 × 0.25"


@pytest.mark.parametrize("parts", [{}, {"sd_activity": 1.2, "sd_factor": 1.6}])
def test_the_uncertainty_of_the_total_is_that_before(parts: dict[str, float]) -> None:
    rules = crosswalk(("homes", None, None, "I.1.1", 0.3), ("homes", None, None, "II.1.1", 0.7))
    before = emissions(
        {"sector": "homes", "sd": 2.0, **parts}, {"sector": "homes", "activity": "lpg", "sd": 2.0, **parts}
    )
    after = regroup(before, rules, to="gpc")
    assert total(after)["sd"][0] == pytest.approx(total(before)["sd"][0], rel=1e-12)
    shared = emissions(
        {"sector": "homes", "sd": 2.0, "error_group": "grid"},
        {"sector": "homes", "activity": "lpg", "sd": 2.0, "error_group": "grid"},
    )
    assert total(regroup(shared, rules, to="gpc"))["sd"][0] == pytest.approx(4.0, rel=1e-12)


def test_rows_without_a_number_keep_their_key() -> None:
    rows = emissions({"sector": "homes", "value": None, "notation": "NE"}, {"sector": "homes", "activity": "lpg"})
    rules = crosswalk(("homes", None, None, "I.1.1", 1.0))
    assert set(regroup(rows, rules, to="gpc").to_polars().select("value", "notation").rows()) == {
        (None, "NE"),
        (10.0, None),
    }


def test_parent_and_child_are_never_added() -> None:
    rules = crosswalk(("industry", None, None, "I.3.1", 1.0))
    with pytest.raises(DoubleCountError) as caught:
        regroup(emissions({"sector": "industry"}, {"sector": "industry.steel"}), rules, to="gpc")
    assert caught.value.problems[0].found == "industry ⊃ industry.steel"


def test_shares_that_do_not_add_to_one_are_refused() -> None:
    with pytest.raises(SchemaError) as caught:
        crosswalk(("homes", None, None, "I.1.1", 0.5), ("homes", None, None, "II.1.1", 0.4))
    assert caught.value.problems[0].found == "homes: Σ = 0.9"


def test_unknown_lists_targets_and_crosswalks_are_named() -> None:
    with pytest.raises(InputError) as caught:
        regroup(emissions({"sector": "homes"}), to="gpx")
    assert caught.value.problems[0].code == "classification_unknown"
    with pytest.raises(InputError) as caught:
        regroup(emissions({"sector": "homes"}), to="gpc")
    assert caught.value.problems[0].code == "crosswalk_unknown"
    with pytest.raises(InputError) as caught:
        regroup(emissions({"sector": "homes"}), crosswalk(("homes", None, None, "IX.1", 1.0)), to="gpc")
    assert (caught.value.problems[0].code, caught.value.problems[0].found) == ("sector_unknown", "IX.1")


def test_rows_in_no_list_need_its_name() -> None:
    rows = EmissionTable(emissions({"sector": "homes"}).to_polars())
    with pytest.raises(InputError) as caught:
        regroup(rows, to="gpc")
    assert caught.value.problems[0].code == "parameter_missing"


@pytest.mark.parametrize("engine", ["lazy", "duckdb", "categories"])
def test_every_engine_gives_the_same(engine: str) -> None:
    rules = crosswalk(("homes", None, None, "I.1.1", 0.25), ("homes", None, None, "II.1.1", 0.75))
    frame = emissions({"sector": "homes"}, {"sector": "power", "value": 3.0}).to_polars().select(
        "place", "time", "sector", "activity", "scope", "gas", "value", "unit"
    )  # fmt: skip
    native: object = frame.lazy()
    if engine == "duckdb":
        native = duckdb.connect().from_arrow(frame.to_arrow())
    elif engine == "categories":
        native = frame.with_columns(pl.col("sector", "activity", "scope").cast(pl.Categorical))
    table = EmissionTable(native, codes={"sector": OWN})
    assert made(regroup(table, rules, to="gpc")) == [("I.1.1", 2.5), ("II.1.1", 7.5), ("not_mapped", 3.0)]


def test_a_constant_sector_is_regrouped_too() -> None:
    frame = (
        emissions({"sector": "homes"}).to_polars().select("place", "time", "activity", "scope", "gas", "value", "unit")
    )
    table = EmissionTable(frame, fixed={"sector": "homes"}, codes={"sector": OWN})
    assert made(regroup(table, crosswalk(("homes", None, None, "I.1.1", 1.0)), to="gpc")) == [("I.1.1", 10.0)]
