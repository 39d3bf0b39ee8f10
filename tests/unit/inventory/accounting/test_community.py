"""The account of a community: groups, terms, sinks, and what must not be given together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import DoubleCountError, SchemaError
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.inventory.accounting.community import DISPLAYED, FORMULA, METHOD_ID, community, community_codes

Make = Callable[..., EmissionTable]
ITEMS = [
    "energy.electricity",
    "energy.gas",
    "transport",
    "municipal.sewage",
    "living.food",
    "living.respiration",
    "sink.plants",
]
VALUES = [5.0, 3.0, 4.0, 2.0, 1.0, 0.5, -1.5]
SCOPES = ["2", "1", "1", "3", "3", "biogenic", "sink"]
FLOWS = ["emission"] * 6 + ["removal"]


@pytest.fixture
def account(emissions: Callable[..., EmissionTable]) -> EmissionTable:
    return emissions(VALUES, sector=ITEMS, scope=SCOPES, flow=FLOWS)


def sums(table: EmissionTable) -> dict[str, float]:
    return dict(total(table, ["sector"], scopes="community_boundary").select("sector", "value").iter_rows())


def test_the_five_displayed_groups(account: EmissionTable) -> None:
    expected = {"energy": 8.0, "transport": 4.0, "municipal": 2.0, "living": 1.5, "sink": -1.5}
    assert sums(community(account)) == pytest.approx(expected, rel=1e-12)


def test_the_four_terms_of_the_formula(account: EmissionTable) -> None:
    """Ei holds municipal services and living: 2 + 1 + 0.5; E = 8 + 4 + 3.5 − 1.5 = 14."""
    made = community(account, groups="formula")
    assert sums(made) == pytest.approx({"Ee": 8.0, "Em": 4.0, "Ei": 3.5, "Eg": -1.5}, rel=1e-12)
    assert total(made, scopes="community_boundary")["value"][0] == pytest.approx(14.0, rel=1e-12)


def test_items_stay_items(account: EmissionTable) -> None:
    assert sums(community(account, groups="items")) == pytest.approx(dict(zip(ITEMS, VALUES, strict=True)), rel=1e-12)


@pytest.mark.parametrize("groups", ["displayed", "formula", "items"])
def test_rows_stand_in_the_order_of_the_printed_table(account: EmissionTable, groups: str) -> None:
    order = {
        "displayed": list(DISPLAYED),
        "formula": ["Ee", "Em", "Ei", "Eg"],
        "items": sorted(ITEMS, key=ITEMS.index),
    }[groups]
    sectors = community(account, groups=groups).to_polars()["sector"].to_list()
    heads = list(dict.fromkeys(sector.partition(".")[0] if groups == "items" else sector for sector in sectors))
    assert heads == list(dict.fromkeys(name.partition(".")[0] for name in order))


def test_scopes_and_flows_are_not_mixed(account: EmissionTable) -> None:
    rows = community(account).to_polars()
    energy = rows.filter(rows["sector"] == "energy").select("scope", "value").sort("scope").rows()
    assert energy == [("1", 3.0), ("2", 5.0)]
    assert rows.filter(rows["flow"] == "removal").select("sector", "scope", "value").rows() == [("sink", "sink", -1.5)]
    assert rows["method"].unique().to_list() == [METHOD_ID]


def test_an_item_without_number_keeps_its_notation(emissions: Make) -> None:
    table = emissions([None, 2.0], sector=["energy.gas", "living.food"], notation=["NE", None])
    rows = community(table).to_polars()
    assert rows.select("sector", "value", "notation").rows() == [("energy", None, "NE"), ("living", 2.0, None)]


def test_a_group_beside_its_own_item_is_refused(emissions: Make) -> None:
    with pytest.raises(DoubleCountError) as caught:
        community(emissions([8.0, 5.0], sector=["energy", "energy.electricity"]))
    (problem,) = caught.value.problems
    assert problem.code == "sum_parent_child"
    assert problem.found.startswith("energy ⊃ energy.")


def test_group_and_item_in_different_places_are_no_double_count(emissions: Make) -> None:
    table = emissions([8.0, 5.0], sector=["energy", "energy.electricity"], place=["a", "b"])
    assert total(community(table))["value"][0] == pytest.approx(13.0)


def test_a_sector_of_no_group_is_refused_with_the_groups(emissions: Make) -> None:
    with pytest.raises(SchemaError) as caught:
        community(emissions([1.0, 1.0, 1.0], sector=["industry", "energies.gas", "energy"]))
    assert [(p.code, p.found) for p in caught.value.problems] == [
        ("group_unknown", "energies.gas"),
        ("group_unknown", "industry"),
    ]


def test_a_sink_written_above_zero_is_refused(emissions: Make) -> None:
    """E = … − Eg: a sink that is written as an emission would be added instead of taken away."""
    with pytest.raises(SchemaError) as caught:
        community(emissions([0.07], sector="sink.plants", scope="sink"))
    assert caught.value.problems[0].code == "flow_sign"


def test_the_code_list_of_places_is_kept_and_that_of_sectors_is_not(emissions: Make) -> None:
    codes = {"place": CodeList("places", {"a": None}), "sector": community_codes()}
    made = community(emissions([1.0], sector="energy.gas", codes=codes))
    assert list(made.codes) == ["place"]


def test_the_code_list_knows_every_group_and_term() -> None:
    codes = community_codes()
    assert set(DISPLAYED) | set(FORMULA.values()) <= set(codes.parents)
    assert codes.parents["energy.gas"] == "energy"
    assert (codes.label("Ee", "en"), codes.label("energy", "zh")) == ("Energy use Ee", "居住用能")
