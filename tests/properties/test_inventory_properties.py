"""Laws of the inventory on drawn cases: conservation under splitting, placing, spreading and grouping; unit invariance.

Tolerances: sums of a few dozen floating-point numbers in another order differ by some 1e-14 of their size; 1e-9 of the sum of
absolute values is the project's conservation law, 1e-12 is what a single multiplication and conversion may lose.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.core.totals import total
from citycarbon.core.units import conversion
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.apply import Account, match, multiply
from citycarbon.inventory.accounting.building_life_cycle import WorksTable, building_life_cycle
from citycarbon.inventory.accounting.combustion import combustion
from citycarbon.inventory.accounting.community import community
from citycarbon.inventory.accounting.electricity import margins
from citycarbon.inventory.accounting.mass_balance import StreamTable, mass_balance
from citycarbon.inventory.sectors.standard_coal import standard_coal
from citycarbon.inventory.space.shares import ShareTable, place_by_shares

SLOW = settings(deadline=None, max_examples=60)
AMOUNT = st.floats(0.0, 1e9, allow_nan=False)
TINY = 1e-300
"""Below this, binary numbers lose digits one by one, and no share of them can be exact."""
POSITIVE = st.floats(1e-3, 1e6, allow_nan=False)
ACCOUNT = Account("test", "1")
FACTORS = FactorTable(
    pl.DataFrame(
        {
            "factor_id": ["oil", "gas", "ch4"], "activity": ["oil", "gas", "oil"], "gas": ["CO2", "CO2", "CH4"],
            "value": [3.1, 2.7, 0.2], "unit": ["t/t", "kg/kg", "g/kg"],
        }
    )
)  # fmt: skip


def activity(rows: Sequence[tuple[str, str, float]]) -> ActivityTable:
    """Rows of (place, activity, tonnes)."""
    frame = pl.DataFrame(rows, schema=["place", "activity", "value"], orient="row")
    return ActivityTable(frame.with_columns(time=pl.lit("2020"), sector=pl.lit("s"), unit=pl.lit("t")))


def by_place_and_gas(table: ActivityTable) -> dict[tuple[str, str], float]:
    made = multiply(table, match(table, FACTORS, None), ACCOUNT)
    sums = total(made, ["place", "gas"])
    return {(place, gas): value for place, gas, value in sums.select("place", "gas", "value").iter_rows()}


@SLOW
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["oil", "gas"]), AMOUNT, st.floats(0, 1)),
        min_size=1,
        max_size=8,
    )
)
def test_splitting_activity_rows_changes_no_sum(drawn: list[tuple[str, str, float, float]]) -> None:
    """A row of 10 t, or two of 3 and 7: the emission by place and gas is the same."""
    whole = [(place, name, amount) for place, name, amount, _ in drawn]
    parts = [(place, name, amount * share) for place, name, amount, part in drawn for share in (part, 1 - part)]
    assert by_place_and_gas(activity(parts)) == pytest.approx(by_place_and_gas(activity(whole)), rel=1e-9, abs=1e-9)


@SLOW
@given(st.permutations(range(6)), st.lists(AMOUNT, min_size=6, max_size=6))
def test_the_order_of_rows_changes_no_sum(order: list[int], amounts: list[float]) -> None:
    rows = [("ab"[i % 2], ("oil", "gas")[i % 3 % 2], amount) for i, amount in enumerate(amounts)]
    shuffled = activity([rows[i] for i in order])
    assert by_place_and_gas(shuffled) == pytest.approx(by_place_and_gas(activity(rows)), rel=1e-9, abs=1e-9)


@SLOW
@given(AMOUNT, st.floats(0, 100))
def test_emission_is_proportional_to_activity(amount: float, times: float) -> None:
    once = by_place_and_gas(activity([("a", "oil", amount)]))
    more = by_place_and_gas(activity([("a", "oil", amount * times)]))
    assert more == pytest.approx({key: value * times for key, value in once.items()}, rel=1e-12, abs=1e-12)


# --- places -----------------------------------------------------------------------------------------------------------


def emission_rows(values: Sequence[float], **columns: object) -> pl.DataFrame:
    base = {"time": "2020", "activity": "x", "scope": "1", "gas": "CO2", "unit": "t", "place": "a", "sector": "s"}
    frame = pl.DataFrame({"value": list(values)}, schema={"value": pl.Float64})
    named = {
        name: pl.Series(cell) if isinstance(cell, list) else pl.lit(cell) for name, cell in {**base, **columns}.items()
    }
    return frame.with_columns(**named)


@st.composite
def placed(draw: st.DrawFn) -> tuple[EmissionTable, ShareTable]:
    """Emissions and removals of up to four places, and shares of some of them in up to five targets."""
    places = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=8))
    values = draw(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=len(places), max_size=len(places)))
    flow = ["removal" if value < 0 else "emission" for value in values]
    table = EmissionTable(emission_rows(values, place=places, flow=flow, sector=draw(st.sampled_from(["s", "t"]))))
    weights = []
    for place in draw(st.sets(st.sampled_from("abcd"))):
        sizes = draw(st.lists(st.integers(0, 1000), min_size=1, max_size=5).filter(sum))
        weights += [(place, f"target {i}", size / sum(sizes)) for i, size in enumerate(sizes)]
    schema = {"place": pl.String, "target": pl.String, "share": pl.Float64}
    return table, ShareTable(pl.DataFrame(weights, schema=schema, orient="row"))


@SLOW
@given(placed())
def test_placing_conserves_every_flow(case: tuple[EmissionTable, ShareTable]) -> None:
    """Emissions and removals each keep their sum to 1e-9, whatever the shares; nothing gets another sign."""
    table, shares = case
    made = place_by_shares(table, shares)
    before, after = table.to_polars(), made.to_polars()
    for flow in ("emission", "removal"):
        was = before.filter(pl.col("flow") == flow)["value"]
        now = after.filter(pl.col("flow") == flow)["value"]
        assert now.sum() == pytest.approx(was.sum(), abs=1e-9 * was.abs().sum() + TINY)
    assert after.filter((pl.col("flow") == "removal") & (pl.col("value") > 0)).height == 0


@SLOW
@given(placed())
def test_placing_where_everything_is_already_changes_nothing(case: tuple[EmissionTable, ShareTable]) -> None:
    table, _ = case
    same = ShareTable(pl.DataFrame({"place": list("abcd"), "target": list("abcd"), "share": 1.0}))
    was = total(table, ["place", "flow"]).sort("place", "flow")
    now = total(place_by_shares(table, same), ["place", "flow"]).sort("place", "flow")
    assert now.select("place", "flow").equals(was.select("place", "flow"))
    assert now["value"].to_list() == pytest.approx(was["value"].to_list(), rel=1e-9, abs=1e-6)


# --- works ------------------------------------------------------------------------------------------------------------


@SLOW
@given(
    st.integers(1950, 2150), st.integers(0, 40), AMOUNT, st.sampled_from(["new_build", "demolition", "green_retrofit"])
)
def test_the_years_of_works_add_to_the_whole(start: int, length: int, area: float, kind: str) -> None:
    factors = shipped_library().choose(["cciced-2021-communities"], ["life_cycle_factor"])
    per_area = dict(factors.to_polars().select("activity", "value").iter_rows())[kind]
    row = {
        "place": ["a"], "sector": ["works"], "activity": [kind], "year_from": [start], "year_to": [start + length],
        "value": [area], "unit": ["m^2"],
    }  # fmt: skip
    made = building_life_cycle(WorksTable(pl.DataFrame(row)), factors).to_polars()
    assert made["time"].sort().to_list() == [str(year) for year in range(start, start + length + 1)]
    assert made["value"].sum() == pytest.approx(area * per_area, rel=1e-9)
    assert made["value"].max() == pytest.approx(made["value"].min(), rel=1e-12)


# --- communities ------------------------------------------------------------------------------------------------------

ITEMS = (
    "energy.electricity",
    "energy.gas",
    "energy.water",
    "transport",
    "municipal.sewage",
    "living.food",
    "sink.plants",
)
CASE = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(ITEMS), AMOUNT), min_size=1, max_size=12)


@SLOW
@given(CASE)
def test_groups_terms_and_items_hold_the_same_mass(drawn: list[tuple[str, str, float]]) -> None:
    """E = Ee + Em + Ei − Eg: each grouping keeps the sum of each place, sinks below zero."""
    sink = [item.startswith("sink") for _, item, _ in drawn]
    table = EmissionTable(
        emission_rows(
            [-value if is_sink else value for (_, _, value), is_sink in zip(drawn, sink, strict=True)],
            place=[place for place, _, _ in drawn], sector=[item for _, item, _ in drawn],
            scope=["sink" if is_sink else "3" for is_sink in sink],
            flow=["removal" if is_sink else "emission" for is_sink in sink],
        )
    )  # fmt: skip
    before = table.to_polars().group_by("place").agg(pl.col("value").sum(), pl.col("value").abs().sum().alias("size"))
    for groups in ("displayed", "formula", "items"):
        made = community(table, groups=groups).to_polars()
        after = dict(made.group_by("place").agg(pl.col("value").sum()).iter_rows())
        for place, value, size in before.iter_rows():
            assert after[place] == pytest.approx(value, abs=1e-9 * size + TINY)
    formula = community(table, groups="formula").to_polars()
    assert set(formula["sector"]) <= {"Ee", "Em", "Ei", "Eg"}
    assert (formula.filter(pl.col("sector") == "Eg")["value"] <= 0).all()


# --- units ------------------------------------------------------------------------------------------------------------

MASSES = st.sampled_from(["kg", "t", "kt", "万吨", "g", "lb"])
ENERGIES = st.sampled_from(["GJ", "MJ", "TJ", "kWh", "MWh", "tce", "kgce", "吨标准煤", "亿kWh"])


def burnt(value: float, unit: str, edition: str) -> pl.DataFrame:
    row = {
        "place": ["a"],
        "time": ["2020"],
        "sector": ["commercial"],
        "activity": ["diesel"],
        "value": [value],
        "unit": [unit],
    }
    table = ActivityTable(pl.DataFrame(row))
    return combustion(table, shipped_library().choose([edition])).to_polars().sort("gas")


@SLOW
@given(POSITIVE, MASSES, MASSES, st.sampled_from(["cn-2008", "cn-2020", "cn-enterprise", "ipcc-2006"]))
def test_combustion_does_not_depend_on_the_unit_of_mass(value: float, first: str, second: str, edition: str) -> None:
    one, other = burnt(value, first, edition), burnt(value * conversion(first, second), second, edition)
    for column in ("value", "energy", "standard_coal"):
        assert other[column].to_list() == pytest.approx(one[column].to_list(), rel=1e-12)


@SLOW
@given(POSITIVE, ENERGIES, ENERGIES, st.sampled_from(["cn-2008", "ipcc-2006"]))
def test_combustion_does_not_depend_on_the_unit_of_energy(value: float, first: str, second: str, edition: str) -> None:
    one, other = burnt(value, first, edition), burnt(value * conversion(first, second), second, edition)
    assert one["energy"][0] == pytest.approx(value * conversion(first, "GJ"), rel=1e-12)
    for column in ("value", "energy", "standard_coal"):
        assert other[column].to_list() == pytest.approx(one[column].to_list(), rel=1e-12)


@SLOW
@given(POSITIVE, st.sampled_from(["cn-2008", "cn-2020", "cn-enterprise", "ipcc-2006"]))
def test_mass_and_its_energy_emit_the_same(value: float, edition: str) -> None:
    """A tonne of diesel, or the GJ that its calorific value says it holds."""
    mass = burnt(value, "t", edition)
    energy = burnt(mass["energy"][0], "GJ", edition)
    assert energy["value"].to_list() == pytest.approx(mass["value"].to_list(), rel=1e-12)


@SLOW
@given(POSITIVE, MASSES, MASSES)
def test_coal_equivalent_does_not_depend_on_the_unit(value: float, first: str, second: str) -> None:
    factors = shipped_library().choose(["cn-2020"])

    def tce(amount: float, unit: str) -> float:
        row = {
            "place": ["a"],
            "time": ["2020"],
            "sector": ["s"],
            "activity": ["coke"],
            "value": [amount],
            "unit": [unit],
        }
        return float(standard_coal(ActivityTable(pl.DataFrame(row)), factors).to_polars()["value"][0])

    assert tce(value * conversion(first, second), second) == pytest.approx(tce(value, first), rel=1e-12)


# --- balances and margins -----------------------------------------------------------------------------------------------


@SLOW
@given(POSITIVE, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_carbon_is_conserved(mass: float, content: float, kept: float, split: float) -> None:
    """Carbon in = carbon in product and residue + 12/44 of the CO2, however the rest is split."""
    carbon = mass * content * kept
    rows = [
        ("in", "input", mass, content),
        ("out", "product", carbon * split, 1.0),
        ("ash", "residue", carbon * (1 - split), 1.0),
    ]
    frame = pl.DataFrame(rows, schema=["stream", "role", "value", "carbon_content"], orient="row")
    base = {"place": "a", "time": "2020", "sector": "s", "unit": "t"}
    made = mass_balance(StreamTable(frame.with_columns(pl.lit(text).alias(name) for name, text in base.items())))
    assert made.to_polars()["value"][0] * 12 / 44 + carbon == pytest.approx(mass * content, rel=1e-9, abs=1e-12)


@SLOW
@given(st.floats(0, 1), st.floats(0, 2), st.floats(0, 2))
def test_a_combined_margin_lies_between_its_margins(weight: float, operating: float, build: float) -> None:
    rows = FactorTable(
        pl.DataFrame(
            {
                "quantity": ["operating_margin", "build_margin"], "activity": "electricity", "gas": "CO2",
                "value": [operating, build], "unit": "t/MWh",
            }
        )
    )  # fmt: skip
    (value,) = margins(rows.to_polars(), weight)["value"].to_list()
    assert min(operating, build) - 1e-12 <= value <= max(operating, build) + 1e-12
    assert value == pytest.approx(weight * operating + (1 - weight) * build, abs=1e-12)
