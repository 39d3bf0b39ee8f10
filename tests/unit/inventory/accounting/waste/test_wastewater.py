"""Wastewater by hand: BOD, COD by region, people, protein, industry, sludge, recovery and what is refused."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError, SchemaError, UnitError
from citycarbon.core.tables import PlaceTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.waste.recovered import RecoveryTable
from citycarbon.inventory.accounting.waste.wastewater import (
    DomesticWastewaterTable,
    IndustrialWastewaterTable,
    domestic_wastewater,
    industrial_wastewater,
)

BASE = {"place": "江苏", "time": "2020", "sector": "waste.wastewater_domestic", "value": 1000.0, "unit": "t"}
BOTH = ("provincial-guideline-2011", "ipcc2006")


def frame(rows: tuple[dict[str, Any], ...], **base: Any) -> pl.DataFrame:
    return pl.DataFrame([{**BASE, **base, **row} for row in rows], infer_schema_length=None)


def domestic(*rows: dict[str, Any], **options: Any) -> pl.DataFrame:
    table = DomesticWastewaterTable(frame(rows, activity="domestic_wastewater_bod"))
    return domestic_wastewater(table, shipped_library().choose(BOTH), **options).to_polars()


def industrial(*rows: dict[str, Any], **options: Any) -> pl.DataFrame:
    base = {"activity": "industrial_wastewater_cod", "sector": "waste.wastewater_industrial"}
    table = IndustrialWastewaterTable(frame(rows, **base))
    return industrial_wastewater(table, shipped_library().choose(BOTH), **options).to_polars()


def test_bod_by_the_national_average_and_by_treatment() -> None:
    """1000 t · 0.6 · 0.165 = 99 t; in a septic system · 0.5 = 300 t; a well managed aerobic plant gives none."""
    rows = domestic({}, {"treatment": "septic_system"}, {"treatment": "aerobic_well_managed"})
    assert rows["value"].to_list() == pytest.approx([99, 300, 0], rel=1e-12)
    assert rows.select("gas", "scope").unique().rows() == [("CH4", "1")]


@pytest.mark.parametrize(
    ("place", "ratio"),
    [
        ("北京", 0.45),
        ("辽宁", 0.46),
        ("江苏", 0.43),
        ("湖北", 0.49),
        ("广东", 0.47),
        ("四川", 0.51),
        ("新疆", 0.41),
        ("CN", 0.46),
    ],
)
def test_cod_becomes_bod_by_the_ratio_of_the_region(place: str, ratio: float) -> None:
    rows = domestic({"activity": "domestic_wastewater_cod", "place": place})
    assert rows["value"].to_list() == pytest.approx([1000 * ratio * 0.6 * 0.165], rel=1e-12)
    assert "domestic_wastewater_bod_cod_ratio" in rows["factor_id"][0]


def test_the_region_comes_from_the_places_table() -> None:
    places = PlaceTable(pl.DataFrame({"place": ["plant"], "region": ["广东"]}))
    row = {"activity": "domestic_wastewater_cod", "place": "plant"}
    assert domestic(row, places=places)["value"].to_list() == pytest.approx([1000 * 0.47 * 0.6 * 0.165], rel=1e-12)
    with pytest.raises(CoverageError) as caught:
        domestic(row)
    assert caught.value.problems[0].code == "place_without_region"


def test_cod_may_keep_its_own_capacity_and_ratio() -> None:
    rows = domestic({"activity": "domestic_wastewater_cod"}, cod_route="cod")
    assert rows["value"].to_list() == pytest.approx([1000 * 0.25 * 0.165], rel=1e-12)
    rows = domestic({"activity": "domestic_wastewater_cod", "bod_cod_ratio": 0.5})
    assert rows["value"].to_list() == pytest.approx([1000 * 0.5 * 0.6 * 0.165], rel=1e-12)


def test_people_by_the_days_of_the_period() -> None:
    """1000 people · 40 g · 365 d = 14.6 t BOD; · 0.6 · 0.5 = 4.38 t. A month has its own days, February 2020 has 29."""
    base = {"activity": "domestic_wastewater_population", "unit": "person", "treatment": "septic_system"}
    times = ("2020", "2020-02", "2020-02-03")
    rows = domestic(*({**base, "time": time} for time in times))
    assert dict(rows.select("time", "value").iter_rows()) == pytest.approx(
        {"2020": 4.38, "2020-02": 4.38 * 29 / 365, "2020-02-03": 4.38 / 365}, rel=1e-12
    )
    own = domestic({**base, "bod_per_person": 60.0, "unit": "万人", "value": 0.1})
    assert own["value"].to_list() == pytest.approx([4.38 * 1.5], rel=1e-12)


def test_protein_becomes_nitrous_oxide() -> None:
    """1 M people · 30 kg · 0.16 · 1.5 · 1.25 · 0.005 · 44/28 = 70.714 t N2O; the protein itself in tonnes gives the same."""
    base = {"activity": "domestic_wastewater_protein"}
    rows = domestic({**base, "value": 1e6, "unit": "person", "protein": 30.0}, {**base, "value": 30000.0})
    assert rows["value"].to_list() == pytest.approx([70.714286, 70.714286], rel=1e-7)
    assert rows["gas"].unique().to_list() == ["N2O"]
    with pytest.raises(InputError) as caught:
        domestic({**base, "value": 1e6, "unit": "person"})
    assert "protein_per_person" in caught.value.problems[0].found


def test_recovery_comes_off_methane_only() -> None:
    gas = {"place": "江苏", "time": "2020", "sector": "waste.wastewater_domestic", "value": 9.0, "unit": "t"}
    rows = domestic({}, {"activity": "domestic_wastewater_protein"}, recovered=RecoveryTable(pl.DataFrame([gas])))
    assert dict(rows.select("gas", "value").iter_rows()) == pytest.approx({"CH4": 90, "N2O": 2.357142857}, rel=1e-9)
    with pytest.raises(SchemaError):
        domestic({}, recovered=RecoveryTable(pl.DataFrame([{**gas, "value": 99.1}])))


def test_sludge_takes_its_load_along() -> None:
    rows = domestic({"sludge_removed": 200.0})
    assert rows["value"].to_list() == pytest.approx([79.2], rel=1e-12)
    with pytest.raises(InputError) as caught:
        domestic({"sludge_removed": 1001.0, "provenance_id": "s.csv:2"})
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.rows) == ("value_out_of_range", (2,))
    with pytest.raises(InputError) as refused:
        domestic({"activity": "domestic_wastewater_population", "unit": "person", "sludge_removed": 1.0})
    assert refused.value.problems[0].code == "parameter_wrong"


def test_wastewater_treated_outside_is_scope_3() -> None:
    assert domestic({"sector": "waste.wastewater_outside"})["scope"].to_list() == ["3"]


def test_wrong_units_and_activities_are_refused() -> None:
    with pytest.raises(UnitError) as caught:
        domestic({"unit": "person", "provenance_id": "s.csv:2"}, {"activity": "domestic_wastewater_cod", "unit": "m^3"})
    assert len(caught.value.problems) == 2
    with pytest.raises(UnitError):
        domestic({"activity": "domestic_wastewater_population", "unit": "t"})
    with pytest.raises(SchemaError):
        domestic({"activity": "rain"})


def test_industry_by_cod_and_by_output() -> None:
    """1000 t COD · 0.25 · 0.2 = 50 t ± 0.0577/0.2; 1000 t paper · 162 m³ · 9 kg = 1458 t COD · 0.25 · 0.8 = 291.6 t."""
    rows = industrial({}, {"activity": "pulp_and_paper_industry", "treatment": "anaerobic_reactor"})
    found = {activity: (value, sd) for activity, value, sd in rows.select("activity", "value", "sd").iter_rows()}
    assert found["industrial_wastewater_cod"] == pytest.approx((50, 50 * 0.05773502692 / 0.2), rel=1e-9)
    assert found["pulp_and_paper_industry"] == (pytest.approx(291.6, rel=1e-12), None)


def test_industry_with_its_own_figures() -> None:
    row = {"activity": "tannery", "wastewater_per_product": 30.0, "cod_concentration": 4.0, "mcf": 0.3, "b0": 0.2}
    assert industrial(row)["value"].to_list() == pytest.approx([1000 * 30 * 4 / 1000 * 0.2 * 0.3], rel=1e-12)
    with pytest.raises(CoverageError) as caught:
        industrial({"activity": "tannery"})
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError):
        industrial({**row, "sludge_removed": 1.0})
