"""Fuel combustion from properties or Tier 1 factors, and every way in which it refuses."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, UnitError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.combustion import METHOD_ID, combustion


def fuel(activity: str, value: float, unit: str, **more: object) -> ActivityTable:
    row = {
        "place": "A",
        "time": "2020",
        "sector": "industry",
        "activity": activity,
        "value": value,
        "unit": unit,
        **more,
    }
    return ActivityTable(pl.DataFrame([row]))


def properties(ncv_unit: str = "MJ/kg") -> FactorTable:
    rows = [
        ("net_calorific_value", None, 40.0, ncv_unit),
        ("carbon_content", None, 0.02, "t/GJ"),
        ("oxidation_factor", None, 0.9, "1"),
    ]
    frame = pl.DataFrame(
        rows, schema=["quantity", "gas", "value", "unit"], orient="row", schema_overrides={"gas": pl.String}
    )
    return FactorTable(frame.with_columns(pl.lit("oil").alias("activity")))


@pytest.mark.parametrize(
    ("value", "unit", "tonnes", "gigajoule"),
    [(2.0, "t", 5.28, 80.0), (2000.0, "kg", 5.28, 80.0), (80.0, "GJ", 5.28, 80.0), (1.0, "tce", 1.9343016, 29.3076)],
)
def test_mass_or_energy_of_one_fuel(value: float, unit: str, tonnes: float, gigajoule: float) -> None:
    """40 GJ/t · 0.02 · 0.9 · 44/12 = 2.64 t/t; 29.3076 GJ · 0.066 t/GJ = 1.9343016 t."""
    row = combustion(fuel("oil", value, unit), properties()).to_polars().row(0, named=True)
    assert row["value"] == pytest.approx(tonnes, rel=1e-9)
    assert row["energy"] == pytest.approx(gigajoule, rel=1e-9)
    assert row["standard_coal"] == pytest.approx(gigajoule / 29.3076, rel=1e-9)
    assert (row["scope"], row["method"], row["gas"], row["basis"]) == ("1", METHOD_ID, "CO2", "all")


def test_plain_cubic_metres_are_not_normal_ones() -> None:
    """A gas whose calorific value is per Nm3 cannot be burnt in plain m³, nor the other way round."""
    assert combustion(fuel("oil", 1.0, "Nm3"), properties("MJ/Nm3")).to_polars()["value"][0] == pytest.approx(0.00264)
    for unit, per in (("m^3", "MJ/Nm3"), ("Nm3", "MJ/m^3")):
        with pytest.raises(UnitError) as caught:
            combustion(fuel("oil", 1.0, unit, provenance_id="gas.csv:7"), properties(per))
        (problem,) = caught.value.problems
        assert (problem.code, problem.where.file, problem.where.rows) == ("unit_dimension", "gas.csv", (7,))
        assert per.partition("/")[2] in problem.expected()


def test_gas_at_20_degrees_is_converted_to_normal_state() -> None:
    """1000 m³ at 20 °C are 931.7755 Nm3 (273.15 / 293.15)."""
    row = combustion(fuel("oil", 1000.0, "m3@20C"), properties("MJ/Nm3")).to_polars()
    assert row["value"][0] == pytest.approx(2.64 * 273.15 / 293.15, rel=1e-9)


def test_a_unit_of_another_dimension_is_refused() -> None:
    with pytest.raises(UnitError) as caught:
        combustion(fuel("diesel", 1.0, "km"), shipped_library().choose(["cn-2008"]))
    (problem,) = caught.value.problems
    assert problem.code == "unit_dimension"
    assert problem.expected() == "a unit that can be turned into GJ, t"


def test_an_unknown_fuel_is_refused_with_what_there_is() -> None:
    with pytest.raises(CoverageError) as caught:
        combustion(fuel("peat", 1.0, "t"), shipped_library().choose(["cn-2008"]))
    (problem,) = caught.value.problems
    assert problem.code == "factor_missing"
    assert "gbt2589-2008" not in problem.found
    assert "provincial-guideline-2011" in problem.expected()


def test_two_sets_for_one_fuel_are_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        combustion(fuel("diesel", 1.0, "t"), shipped_library().choose(["cn-2008", "cn-enterprise"]))
    (problem,) = caught.value.problems
    assert problem.code == "editions_mixed"
    assert "provincial-guideline-2011" in problem.found
    assert "ndrc-enterprise-guides" in problem.found


def test_a_gas_whose_factor_is_per_another_unit_is_not_estimated_and_not_forgotten() -> None:
    """CO2 per tonne and CH4 per TJ without a calorific value: for tonnes of fuel CH4 is NE."""
    chosen = FactorTable(
        pl.DataFrame({"activity": "oil", "gas": ["CO2", "CH4"], "value": [3.0, 3.0], "unit": ["t/t", "kg/TJ"]})
    )
    rows = combustion(fuel("oil", 1.0, "t"), chosen).to_polars().sort("gas")
    assert rows.select("gas", "value", "notation").rows() == [("CH4", None, "NE"), ("CO2", 3.0, None)]
    assert combustion(fuel("oil", 1.0, "TJ"), chosen).to_polars().filter(pl.col("notation") == "NE")[
        "gas"
    ].to_list() == ["CO2"]


def test_co2e_beside_single_gases_is_refused() -> None:
    """A factor in CO2e already holds the CO2: both would count one mass twice after to_co2e."""
    chosen = FactorTable(
        pl.DataFrame(
            {
                "activity": "oil",
                "gas": ["CO2", "CO2e"],
                "value": [3.0, 3.1],
                "unit": "t/t",
                "factor_id": ["single", "whole"],
            }
        )
    )
    with pytest.raises(CoverageError) as caught:
        combustion(fuel("oil", 1.0, "t"), chosen)
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("factor_ambiguous", "single, whole")


def test_the_factor_names_its_parts() -> None:
    row = combustion(fuel("diesel", 1.0, "t"), shipped_library().choose(["cn-2008"])).to_polars().row(0, named=True)
    parts = ["gbt2589-2008.ncv.diesel", "provincial-guideline-2011.of.diesel", "provincial-guideline-2011.cc.diesel"]
    assert row["factor_id"].split("*") == parts


def test_the_year_of_a_factor_counts() -> None:
    chosen = FactorTable(
        pl.DataFrame(
            {"activity": ["oil"], "gas": "CO2", "value": [3.0], "unit": "t/t", "valid_from": [2010], "valid_to": [2015]}
        )
    )
    with pytest.raises(CoverageError):
        combustion(fuel("oil", 1.0, "t"), chosen)
    assert combustion(fuel("oil", 1.0, "t"), chosen, year_rule="latest").to_polars()["value"][0] == 3.0


def test_zero_fuel_is_zero_and_not_missing() -> None:
    assert combustion(fuel("oil", 0.0, "t"), properties()).to_polars()["value"].to_list() == [0.0]
