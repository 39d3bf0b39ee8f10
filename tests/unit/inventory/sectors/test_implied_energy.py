"""Energy worked back from emissions: a figure of the row's own sector goes before the general one."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError
from citycarbon.core.tables import EmissionTable, FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.sectors.implied_energy import implied_energy

CONTENT = {"quantity": "carbon_content", "value": 0.03, "unit": "t/GJ"}
OXIDATION = {"quantity": "oxidation_factor", "value": 1.0, "unit": "1"}


def printed(*sectors: str) -> EmissionTable:
    """110 t of CO2 of coal in each sector."""
    rows = {"place": "A", "time": "2019", "sector": list(sectors), "activity": "coal", "scope": "1", "gas": "CO2"}
    return EmissionTable(pl.DataFrame({**rows, "value": 110.0, "unit": "t"}))


def factors(*rows: dict[str, object]) -> FactorTable:
    return FactorTable(pl.DataFrame([{"activity": "coal", **row} for row in rows], infer_schema_length=None))


def test_a_sector_with_a_figure_of_its_own() -> None:
    """110 t / (0.03 · 1 · 44/12) = 1000 GJ; with an oxidation of 0.8 it is 1250 GJ."""
    known = factors(CONTENT, OXIDATION, {**OXIDATION, "sector": "homes", "value": 0.8})
    made = implied_energy(printed("homes", "steel"), known).to_polars()
    assert dict(made.select("sector", "value").iter_rows()) == {
        "homes": pytest.approx(1250.0), "steel": pytest.approx(1000.0),
    }  # fmt: skip


def test_a_sector_without_any_figure_is_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        implied_energy(printed("steel"), factors(CONTENT, {**OXIDATION, "sector": "homes"}))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.item) == ("factor_missing", "steel")


def test_two_figures_of_one_sector_are_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        implied_energy(printed("homes"), factors(CONTENT, OXIDATION, {**OXIDATION, "value": 0.9}))
    assert [each.code for each in caught.value.problems] == ["factor_ambiguous"]


def test_coal_of_households_by_the_edition_of_the_inventories() -> None:
    """1.4630 t of CO2 stand for one tonne of raw coal, 20.908 GJ; with one oxidation of 0.92 it was 16.5 GJ."""
    rows = (
        printed("urban", "textile")
        .to_polars()
        .with_columns(pl.lit("raw_coal").alias("activity"), pl.lit(1.463).alias("value"))
    )
    made = implied_energy(EmissionTable(rows), shipped_library().choose(["ceads-2018"])).to_polars()
    found = dict(made.select("sector", "value").iter_rows())
    assert found["urban"] == pytest.approx(20.908, rel=2e-4)
    assert found["textile"] == pytest.approx(16.478, rel=2e-4)
