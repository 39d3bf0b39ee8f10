"""Missing is missing in drivers: a place, sector or carrier without the measure is refused by name and never counts as zero."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.series import GroupTable, SeriesTable
from citycarbon.strategy.drivers import compare_places, decoupling, ipat, kaya, land_use_kaya, lmdi, stirpat

Row = tuple[str, str, str, str, str, float]


def series(*rows: Row) -> SeriesTable:
    """Rows (place, time, sector, activity, measure, value)."""
    names = ["place", "time", "sector", "activity", "measure", "value"]
    return SeriesTable(pl.DataFrame(rows, schema=names, orient="row").with_columns(unit=pl.lit("t")))


def yearly(place: str, measure: str, *values: float, sector: str = "all", activity: str = "all") -> list[Row]:
    return [(place, str(2010 + 10 * i), sector, activity, measure, value) for i, value in enumerate(values)]


def problems(method: object, *args: object, **given: object) -> list[tuple[str, str | None]]:
    with pytest.raises(InputError) as caught:
        method(*args, **given)  # type: ignore[operator]
    return [(item.code, item.where.item) for item in caught.value.problems]


PEOPLE = [*yearly("A", "population", 100.0, 100.0), *yearly("C", "population", 100.0, 300.0)]
CO2 = yearly("A", "co2", 100.0, 100.0)
GROUPS = GroupTable(pl.DataFrame({"place": ["A", "C"], "group": ["g", "g"]}))
CHAINS = ("population > co2", "population by all > population > co2", "population by group > population > co2")


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("chain", CHAINS)
def test_a_place_without_the_measure_is_no_place_of_zero(chain: str, zero: bool) -> None:
    """A 100 to 100 people and tonnes, C 100 to 300 people and no co2: refused by name, with or without missing_is_zero."""
    found = problems(lmdi, series(*PEOPLE, *CO2), GROUPS, chain=chain, missing_is_zero=zero)
    assert found == [("place_without_measure", "C")]


def test_what_is_left_when_the_place_is_left_out() -> None:
    """Without C nobody grew and nothing shifted: effects of zero."""
    made = lmdi(series(*[row for row in PEOPLE if row[0] == "A"], *CO2), chain=CHAINS[1]).to_polars()
    assert made["value"].to_list() == [0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("reference", ["mean", "A", "C"])
def test_comparison_with_a_place_without_the_measure(reference: str) -> None:
    found = problems(compare_places, series(*PEOPLE, *CO2), chain="population > co2", reference=reference)
    assert found == [("place_without_measure", "C")]


def test_identities_refuse_a_place_without_the_measure() -> None:
    rows = [*PEOPLE, *CO2, *[(*row[:4], "gdp", row[5]) for row in PEOPLE]]
    energy = [(*row[:4], "energy", row[5]) for row in CO2]
    assert problems(ipat, series(*rows)) == [("place_without_measure", "C")]
    assert problems(kaya, series(*rows, *energy)) == [("place_without_measure", "C")] * 2
    parts = [(*row[:4], name, row[5]) for name in ("land", "floor area", "energy") for row in PEOPLE]
    assert problems(land_use_kaya, series(*PEOPLE, *CO2, *parts)) == [("place_without_measure", "C")]


def test_decoupling_refuses_a_place_of_a_group_without_emissions() -> None:
    gdp = [(*row[:4], "gdp", row[5]) for row in PEOPLE]
    assert problems(decoupling, series(*gdp, *CO2)) == [("place_without_measure", "C")]
    assert problems(decoupling, series(*gdp, *CO2), GROUPS) == [("place_without_measure", "C")]


def test_regression_names_the_places_that_it_left_out() -> None:
    rows = [row for place, shift in (("A", 1.0), ("B", 2.0), ("D", 3.0)) for t in range(8)
            for row in ((place, str(2010 + t), "all", "all", "population", shift + t**1.2),
                        (place, str(2010 + t), "all", "all", "co2", (shift + t) ** 0.8))]  # fmt: skip
    lacking = [("C", str(2010 + t), "all", "all", "population", 5.0 + t) for t in range(8)]
    made = stirpat(series(*rows, *lacking), drivers="population").to_polars()
    assert dict(made.select("term", "value").iter_rows())["left_out: C"] == 8.0


@pytest.mark.parametrize("by", ["sector", "activity"])
def test_a_sector_or_carrier_with_energy_and_no_emissions_is_a_gap(by: str) -> None:
    """Energy of coal without co2 of coal is no coal of zero; asked for, it is, and the total then is what is there."""
    rows = yearly("A", "energy", 5.0, 6.0, **{by: "x"}) + yearly("A", "energy", 1.0, 2.0, **{by: "y"})
    rows += yearly("A", "co2", 8.0, 9.0, **{by: "x"})
    chain = f"energy by {by} > co2 by {by}"
    assert problems(lmdi, series(*rows), chain=chain) == [
        ("series_gap", "A · y · 2010"),
        ("series_gap", "A · y · 2020"),
    ]
    made = lmdi(series(*rows), chain=chain, missing_is_zero=True).to_polars()
    assert made.filter(factor="total")["value"].to_list() == [1.0]


def test_a_carrier_that_a_place_does_not_use_is_no_gap() -> None:
    rows = [row for m, scale in (("energy", 1.0), ("co2", 2.0)) for place, carriers in (("A", "xy"), ("B", "x"))
            for c in carriers for row in yearly(place, m, 5.0 * scale, 6.0 * scale, activity=c)]  # fmt: skip
    made = lmdi(series(*rows), chain="energy by activity > co2 by activity").to_polars()
    assert made.filter(factor="total").select("place", "value").rows() == [("A", 4.0), ("B", 2.0)]


def test_a_part_that_others_state_is_a_gap_even_where_parts_are_added_up() -> None:
    """B burns x and y and states co2 of x only, where A states both; electricity, of which nobody states co2, is none."""
    rows = [row for place in "AB" for c in ("x", "y", "power") for row in yearly(place, "energy", 5.0, 6.0, activity=c)]
    rows += [row for place, carriers in (("A", "xy"), ("B", "x")) for c in carriers
             for row in yearly(place, "co2", 8.0, 9.0, activity=c)]  # fmt: skip
    found = problems(lmdi, series(*rows), chain="energy > co2")
    assert found == [("series_gap", "B · y · 2010"), ("series_gap", "B · y · 2020")]
    whole = [row for row in rows if row[0] == "A"]
    assert lmdi(series(*whole), chain="energy > co2").to_polars().filter(factor="total")["value"].to_list() == [2.0]


def test_identities_that_are_added_need_the_same_places() -> None:
    """B has firms and no homes: its sum would be that of the firms alone."""
    rows = [row for place in "AB" for m in ("output", "firms") for row in yearly(place, m, 5.0, 6.0)]
    rows += [row for m in ("population", "homes") for row in yearly("A", m, 1.0, 2.0)]
    chain = "output > firms ; population > homes"
    assert problems(lmdi, series(*rows), chain=chain) == [("place_without_measure", "B")]
    assert problems(compare_places, series(*rows), chain=chain) == [("place_without_measure", "B")]


def test_a_year_that_a_place_lacks_is_a_gap() -> None:
    short = [row for row in PEOPLE if row[:2] != ("C", "2020")] + CO2 + yearly("C", "co2", 7.0)
    found = problems(lmdi, series(*short), chain="population > co2")
    assert found == [("series_gap", "C · 2020"), ("series_gap", "C · 2020")]
