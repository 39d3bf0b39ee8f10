"""Building works: the years of works, their errors, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, SchemaError, UnitError
from citycarbon.core.tables import FactorTable
from citycarbon.core.totals import total
from citycarbon.inventory.accounting.building_life_cycle import METHOD_ID, WorksTable, building_life_cycle

FACTORS = FactorTable(
    pl.DataFrame(
        {
            "factor_id": ["new", "down"], "quantity": "life_cycle_factor", "activity": ["new_build", "demolition"],
            "gas": "CO2", "value": [600.0, 0.05], "unit": ["kg/m^2", "t/m^2"],
        }
    )
)  # fmt: skip


def works(*rows: dict[str, object]) -> WorksTable:
    base = {
        "place": "A", "sector": "works", "activity": "new_build", "year_from": 2025, "year_to": 2028, "value": 1000.0,
        "unit": "m^2",
    }  # fmt: skip
    return WorksTable(pl.DataFrame([{**base, **row} for row in rows], infer_schema_length=None))


def test_works_are_spread_evenly_over_their_years() -> None:
    """1000 m² · 0.6 t/m² over 2025 to 2028: 150 t in each of four years."""
    rows = building_life_cycle(works({}), FACTORS).to_polars().sort("time")
    assert rows["time"].to_list() == ["2025", "2026", "2027", "2028"]
    assert rows["value"].to_list() == pytest.approx([150.0] * 4, rel=1e-12)
    assert rows.select("scope", "gas", "method", "factor_id").unique().rows() == [("3", "CO2", METHOD_ID, "new")]


def test_works_of_one_year_stay_in_it() -> None:
    rows = building_life_cycle(works({"year_to": 2025}), FACTORS).to_polars()
    assert rows.select("time", "value").rows() == [("2025", pytest.approx(600.0))]


def test_works_that_overlap_add_by_year() -> None:
    table = building_life_cycle(
        works({"year_to": 2026}, {"activity": "demolition", "year_from": 2026, "year_to": 2026}), FACTORS
    )
    sums = total(table, ["time"])
    assert sums.select("time", "value").rows() == [("2025", pytest.approx(300.0)), ("2026", pytest.approx(350.0))]


@pytest.mark.parametrize("named", [{"provenance_id": "plan.csv:2"}, {"error_group": "survey"}, {}])
def test_the_error_of_one_works_is_shared_by_its_years(named: dict[str, str]) -> None:
    """1000 ± 100 m²: the sum over four years is 600 ± 60 t, not 600 ± 30, whether or not the row has a name."""
    whole = total(building_life_cycle(works({"sd": 100.0, **named}), FACTORS))
    assert whole["value"][0] == pytest.approx(600.0, rel=1e-12)
    assert whole["sd"][0] == pytest.approx(60.0, rel=1e-9)


def test_two_works_err_independently() -> None:
    """600 ± 60 t twice is 1200 ± 84.85 t."""
    whole = total(building_life_cycle(works({"sd": 100.0}, {"sd": 100.0, "place": "B"}), FACTORS))
    assert whole["sd"][0] == pytest.approx(60.0 * 2**0.5, rel=1e-9)


def test_other_area_units_are_converted() -> None:
    rows = building_life_cycle(works({"value": 0.1, "unit": "ha"}), FACTORS).to_polars()
    assert rows["value"].sum() == pytest.approx(600.0, rel=1e-12)


def test_reversed_years_are_refused_and_every_one_is_named() -> None:
    with pytest.raises(SchemaError) as caught:
        building_life_cycle(works({"year_from": 2030, "provenance_id": "plan.csv:5"}, {}, {"year_from": 2031}), FACTORS)
    found = [(p.code, p.where.file, p.where.rows, p.found) for p in caught.value.problems]
    assert found == [
        ("years_reversed", "plan.csv", (5,), "2030 > 2028"), ("years_reversed", None, (), "2031 > 2028"),
    ]  # fmt: skip


def test_works_without_factor_are_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        building_life_cycle(works({"activity": "gilding"}), FACTORS)
    assert {problem.code for problem in caught.value.problems} == {"factor_missing"}


def test_a_length_is_no_area() -> None:
    with pytest.raises(UnitError):
        building_life_cycle(works({"unit": "m"}), FACTORS)


def test_a_factor_that_ends_before_the_works_is_refused() -> None:
    ended = FactorTable(FACTORS.to_polars().with_columns(pl.lit(2026).cast(pl.Int64).alias("valid_to")))
    with pytest.raises(CoverageError) as caught:
        building_life_cycle(works({}), ended)
    assert sorted(problem.found[-4:] for problem in caught.value.problems) == ["2027", "2028"]
