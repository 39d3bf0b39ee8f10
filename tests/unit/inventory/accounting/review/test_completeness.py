"""Completeness and notation keys."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

import citycarbon
from citycarbon.core.errors import InputError
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.inventory.accounting.review import completeness, notation_rows
from citycarbon.inventory.accounting.review.completeness import ExpectedTable
from citycarbon.inventory.accounting.review.notations import NotationTable

ROW = {"place": "A", "time": "2020", "activity": "x", "scope": "1", "gas": "CO2", "unit": "t"}
KEY = {"place": "A", "time": "2020", "scope": "1", "gas": "CO2"}
LIST = ExpectedTable(
    pl.DataFrame({"code": ["energy", "energy.power", "energy.heat", "road", "rail", "waste"],
                  "parent": [None, "energy", "energy", None, None, None],
                  "name_en": ["Energy", "Power", "Heat", "Road", "Rail", "Waste"],
                  "name_zh": ["能源", "电力", "热力", "道路", "铁路", "废弃物"]})
)  # fmt: skip


def rows(*sectors: str) -> EmissionTable:
    """One tonne each."""
    return EmissionTable(pl.DataFrame({**ROW, "sector": list(sectors), "value": [1.0] * len(sectors)}))


def keys(*cells: tuple[str, str, str, str | None]) -> NotationTable:
    """Notation keys: sector, key, reason, included in."""
    names = ["sector", "notation", "reason", "included_in"]
    frame = pl.DataFrame(list(cells), schema=dict.fromkeys(names, pl.String), orient="row")
    return NotationTable(frame.with_columns(pl.lit(text).alias(name) for name, text in KEY.items()))


def states(made: object) -> dict[str, str]:
    """Verdict of each category."""
    found = made.to_polars().filter(pl.col("check") == "completeness")
    return {item.removeprefix("2020 "): verdict for item, verdict in found.select("item", "verdict").iter_rows()}


def test_number_key_and_silence():
    """Road has a number, rail does not occur, waste is not estimated, power is included in road's line, heat is silent."""
    notations = keys(
        ("rail", "NO", "no railway", None),
        ("waste", "NE", "no data", None),
        ("energy.power", "IE", "one meter", "road"),
    )
    made = completeness(EmissionTable.stack([rows("road"), notation_rows(notations)]), LIST, notations)
    assert states(made) == {
        "road": "agrees", "rail": "agrees", "waste": "caveat", "energy.power": "agrees", "energy.heat": "misfit",
    }  # fmt: skip
    summary = made.to_polars().filter(pl.col("check") == "completeness, all").row(0, named=True)
    assert summary["explanation_en"] == "Of 5 expected categories 1 have a number, 3 a notation key, 1 nothing."
    assert (summary["value"], summary["expected"], summary["verdict"]) == (4.0, 5.0, "misfit")


def test_reasons_may_stand_in_the_table_alone():
    """A key that only the reasons name counts as well."""
    made = completeness(rows("road", "energy", "waste"), LIST, keys(("rail", "NO", "no railway", None)))
    assert states(made)["rail"] == "agrees"


def test_a_number_at_the_parent_covers_its_children():
    """Heat and power are counted at energy."""
    made = completeness(rows("road", "rail", "waste", "energy"), LIST)
    assert set(states(made).values()) == {"agrees"}
    said = made.to_polars().filter(pl.col("item") == "2020 energy.heat").row(0, named=True)
    assert "its parent energy has" in said["explanation_en"]
    assert said["value"] == 0


def test_a_key_without_a_reason_is_a_misfit():
    """The look-up marks NE, and nobody says why."""
    ne = EmissionTable(pl.DataFrame({**ROW, "sector": ["rail"], "value": [None], "notation": ["NE"]},
                                    schema_overrides={"value": pl.Float64}))  # fmt: skip
    table = EmissionTable.stack([rows("road", "waste", "energy"), ne])
    assert states(completeness(table, LIST))["rail"] == "misfit"
    told = completeness(table, LIST, keys(("rail", "NE", "metered from 2022", None)))
    assert states(told)["rail"] == "caveat"
    said = told.to_polars().filter(pl.col("item") == "2020 rail").row(0, named=True)
    assert said["explanation_en"] == "Rail is not estimated (NE): metered from 2022"
    assert said["explanation_zh"] == "铁路未估算（NE）：metered from 2022"


def test_ie_must_lead_to_a_number():
    """Rail is said to be in road, and road has no number."""
    made = completeness(rows("waste", "energy"), LIST, keys(("rail", "IE", "one contract", "road"),
                                                            ("road", "C", "one operator", None)))  # fmt: skip
    assert states(made)["rail"] == "misfit"
    assert states(made)["road"] == "caveat"


def test_a_number_with_a_key_is_an_error():
    """Both cannot hold for one source and gas; another gas may have its own key."""
    with pytest.raises(InputError) as caught:
        completeness(rows("road", "rail"), LIST, keys(("rail", "NE", "no data", None)))
    assert [problem.code for problem in caught.value.problems] == ["notation_with_number"]
    methane = NotationTable(keys(("rail", "NE", "no data", None)).rows.to_native().with_columns(gas=pl.lit("CH4")))
    made = completeness(rows("road", "rail"), LIST, methane)
    assert states(made)["rail"] == "caveat"


def test_a_gas_may_be_expected():
    """CH4 of waste is wanted; CO2 alone does not do."""
    wanted = ExpectedTable(pl.DataFrame({"code": ["waste"], "gas": ["CH4"]}))
    assert states(completeness(rows("waste"), wanted)) == {"waste CH4": "misfit"}


def test_only_the_codes_of_a_level_are_expected():
    """BASIC asks for less than BASIC+; the shipped GPC list will do; a level that is not there is refused."""
    path = Path(citycarbon.__file__).parent / "data" / "classifications" / "lists" / "gpc.csv"
    gpc = ExpectedTable(pl.read_csv(path, infer_schema=False))
    basic = states(completeness(rows("I.1.1"), gpc, levels="basic"))
    assert basic["I.1.1"] == "agrees"
    assert basic["I.1.2"] == "misfit"
    assert "I.1.3" not in basic
    assert "I.1.3" in states(completeness(rows("I.1.1"), gpc, levels="basic, basic+"))
    with pytest.raises(InputError) as caught:
        completeness(rows("I.1.1"), gpc, levels="advanced")
    assert caught.value.problems[0].where.item == "levels"


def test_sectors_outside_the_list_are_named():
    """A misspelt sector would else be lost."""
    made = completeness(rows("raod"), LIST).to_polars()
    odd = made.filter(pl.col("check") == "completeness, not in the list")
    assert odd.select("item", "verdict").rows() == [("2020 raod", "caveat")]


def test_every_sentence_is_in_both_languages():
    """No finding without words."""
    made = completeness(rows("road", "odd"), LIST, keys(("rail", "NO", "none", None))).to_polars()
    assert made["explanation_en"].null_count() == 0
    assert all(re.search("[\u4e00-\u9fff]", text) for text in made["explanation_zh"].to_list())


def test_notation_rows_have_no_number_and_sums_skip_them():
    """They are counted, never zero."""
    made = notation_rows(keys(("rail", "NO", "no railway", None), ("waste", "IE", "burnt", "energy")))
    written = made.to_polars()
    assert written.select("value", "notation", "rule", "activity").rows() == [
        (None, "NO", "no railway", "any"), (None, "IE", "burnt; included in energy", "any"),
    ]  # fmt: skip
    sums = total(EmissionTable.stack([rows("road"), made]))
    assert sums.select("value", "rows", "without_number").row(0) == (1.0, 3, 2)


@pytest.mark.parametrize("within", [None, "rail"])
def test_ie_says_where(within: str | None):
    """Nowhere and in itself are refused."""
    with pytest.raises(InputError) as caught:
        notation_rows(keys(("rail", "IE", "somewhere", within)))
    assert [problem.code for problem in caught.value.problems] == ["notation_included_in"]


def test_one_source_has_one_key():
    """NO and NE of one source contradict."""
    with pytest.raises(InputError) as caught:
        notation_rows(keys(("rail", "NO", "none", None), ("rail", "NE", "unknown", None)))
    assert [problem.code for problem in caught.value.problems] == ["row_duplicate"]


def test_a_key_needs_a_reason():
    """An empty reason is refused at the table's edge."""
    with pytest.raises(InputError) as caught:
        keys(("rail", "NO", None, None))
    assert [problem.code for problem in caught.value.problems] == ["value_empty"]
