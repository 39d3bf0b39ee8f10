"""A unit that names a gas is held against the gas of its row, and a factor says of which gas it is, at every door."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.core.units import conversion, gas_clashes, gas_of
from citycarbon.data.library import shipped_library
from citycarbon.data.readers import read_table
from citycarbon.inventory.accounting.combustion import combustion

ROW = {"place": ["A"], "time": ["2022"], "sector": ["s"], "activity": ["x"], "value": [28.0]}
HEAD = "quantity,activity,gas,region,value,unit\n"


def codes(caught: pytest.ExceptionInfo[InputError]) -> list[tuple[str, tuple[int, ...]]]:
    return [(item.code, item.where.rows) for item in caught.value.problems]


def read(tmp_path: Path, text: str, table: type = FactorTable):
    (tmp_path / "own.csv").write_text(text, "utf-8")
    return read_table(tmp_path / "own.csv", table)[0].to_polars()


@pytest.mark.parametrize(
    ("unit", "gas"),
    [("kgCO2e/t", "CO2e"), ("kg CO2-eq/t", "CO2e"), ("tCO₂e", "CO2e"), ("万吨二氧化碳当量", "CO2e"), ("g CO2 per kWh", "CO2"),
     ("kg-CO2/kWh", "CO2"), ("kgCH4/head/a", "CH4"), ("千克甲烷/头", "CH4"), ("gN2O/t", "N2O"), ("t/tCO2", ""), ("kg/t", "")],
)  # fmt: skip
def test_the_gas_of_a_unit_is_the_one_above_its_stroke(unit, gas):
    assert gas_of(unit) == gas


def test_a_gas_changes_no_size_and_nitrogen_is_no_gas():
    assert conversion("kgCH4/head/a", "kg/(head*a)") == conversion("kg-CO2/kWh", "kg/kWh") == 1.0
    for unit in ("kgN2O-N/kgN", "tC/TJ", "CH4t"):
        with pytest.raises(InputError):
            conversion(unit, "1")


@pytest.mark.parametrize(
    ("gas", "unit", "clash"),
    [("CH4", "kgCO2e/t", True), ("N2O", "kg CO2e/t", True), ("CH4", "kgCO2/t", True), ("SF6", "tCO2e/t", True),
     ("CO2", "kgCH4/t", True), ("CO2e", "kgCH4/t", True), ("HFC-134a", "kgCO2e/t", True), ("CO2", "kgCO2e/t", False),
     ("CO2e", "kgCO2/t", False), ("CO2-biogenic", "kgCO2/t", False), ("CH4", "kgCH4/t", False), ("CH4", "kg/t", False)],
)  # fmt: skip
def test_a_factor_in_the_mass_of_another_gas_is_refused_in_its_file(tmp_path, gas, unit, clash):
    assert gas_clashes(gas, unit) == clash
    text = f"{HEAD}emission_factor,y,CO2,CN,1,t/t\nemission_factor,x,{gas},CN,28,{unit}\n"
    if not clash:
        assert read(tmp_path, text)["gas"].to_list() == ["CO2", gas]
        return
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert codes(caught) == [("gas_of_unit", (3,))]


def test_carbon_is_no_carbon_dioxide(tmp_path):
    """74.1 tCO2/TJ as a carbon content would be 3.67 times too much."""
    assert read(tmp_path, f"{HEAD}carbon_content,x,,CN,20.2,t/TJ\n")["value"].to_list() == [20.2]
    with pytest.raises(InputError) as caught:
        read(tmp_path, f"{HEAD}carbon_content,x,,CN,74.1,tCO2/TJ\n")
    assert codes(caught) == [("gas_of_unit", (2,))]


@pytest.mark.parametrize("unit", ["tCO2e", "t CO2", "万吨二氧化碳当量"])
def test_emissions_of_methane_in_co2e_are_refused(tmp_path, unit):
    head = "place,time,sector,activity,scope,gas,value,unit\n"
    with pytest.raises(InputError) as caught:
        read(tmp_path, f"{head}A,2022,s,x,1,CO2,1,tCO2\nA,2022,s,x,1,CH4,28,{unit}\n", EmissionTable)
    assert codes(caught) == [("gas_of_unit", (3,))]
    with pytest.raises(InputError):
        EmissionTable(pl.DataFrame({**ROW, "scope": "1", "gas": "CH4"}), fixed={"unit": unit})
    EmissionTable(pl.DataFrame({**ROW, "scope": "1", "gas": "CO2e", "unit": unit}))


def test_what_was_emitted_is_no_amount():
    factor = FactorTable(pl.DataFrame({"activity": ["x"], "gas": "CO2", "value": 2.66, "unit": "t/t"}))
    assert combustion(ActivityTable(pl.DataFrame({**ROW, "unit": "t"})), factor).to_polars()["value"][0] == 74.48
    with pytest.raises(InputError) as caught:
        combustion(ActivityTable(pl.DataFrame({**ROW, "unit": "tCO2"})), factor)
    assert [item.code for item in caught.value.problems] == ["unit_dimension"]


def test_a_factor_without_a_gas_is_refused_and_never_weighed_as_co2(tmp_path):
    for text in (HEAD + "emission_factor,x,CO2,CN,1,t/t\n,x,,CN,28,kg/t\n", "activity,value,unit\nx,28,kg/t\n"):
        with pytest.raises(InputError) as caught:
            read(tmp_path, text)
        assert [item.code for item in caught.value.problems] == ["factor_gas_missing"]
    rows = shipped_library().rows.filter(pl.col("quantity") == "emission_factor")
    assert rows["gas"].null_count() == 0


@pytest.mark.parametrize(
    ("written", "gas"),
    [("CO₂", "CO2"), ("ch4", "CH4"), ("甲烷", "CH4"), ("二氧化碳", "CO2"), ("CO2eq", "CO2e"), ("二氧化碳当量", "CO2e"),
     ("sf6", "SF6"), ("hfc-134a", "HFC-134a"), ("NOx", "NOx")],
)  # fmt: skip
def test_gases_are_known_by_their_usual_spellings(tmp_path, written, gas):
    assert read(tmp_path, f"{HEAD}emission_factor,x,{written},CN,1,t/t\n")["gas"].to_list() == [gas]
    pl.DataFrame({"activity": ["x"], "gas": written, "value": 1.0, "unit": "t/t"}).write_parquet(
        tmp_path / "own.parquet"
    )
    assert read_table(tmp_path / "own.parquet", FactorTable)[0].to_polars()["gas"].to_list() == [gas]


@pytest.mark.parametrize(
    ("written", "quantity"),
    [("氧化率", "oxidation_factor"), ("Oxidation factor", "oxidation_factor"), ("oxidation_rate", None), ("OF", None),
     ("manure_factor_at_15", "manure_factor_at_15"), ("other.quantity", "other.quantity")],
)  # fmt: skip
def test_a_quantity_that_no_method_knows_is_refused_and_not_left_unused(tmp_path, written, quantity):
    text = f"{HEAD}{written},x,CH4,CN,0.5,{'kg/head' if 'manure' in written else '1'}\n"
    if quantity:
        assert read(tmp_path, text)["quantity"].to_list() == [quantity]
        return
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert codes(caught) == [("factor_quantity_unknown", (2,))]
