"""Oil and gas: facilities or throughput, the state of the gas, ranges as uncertainty, and what does not belong here."""

from __future__ import annotations

import math

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError, UnitError
from citycarbon.core.tables import ActivityTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.industry.oil_gas_fugitive import METHOD_ID, oil_gas_fugitive

PROVINCIAL, DEVELOPING, DEVELOPED = (
    "provincial-guideline-2011", "ipcc2006-oil-gas-developing", "ipcc2006-oil-gas-developed",
)  # fmt: skip


def account(activity: str, value: float, unit: str, *editions: str) -> pl.DataFrame:
    row = {
        "place": "A",
        "time": "2020",
        "sector": "fugitive.oil_gas",
        "activity": activity,
        "value": value,
        "unit": unit,
    }
    return oil_gas_fugitive(ActivityTable(pl.DataFrame([row])), shipped_library().choose(list(editions))).to_polars()


@pytest.mark.parametrize(
    ("activity", "tonnes"),
    [
        ("gas_wellhead", 2.5),
        ("gas_gathering_station", 27.9),
        ("gas_compressor_station", 85.05),
        ("oil_joint_station", 1.4),
    ],
)
def test_facilities(activity: str, tonnes: float) -> None:
    row = account(activity, 10.0, "1", PROVINCIAL).row(0, named=True)
    assert row["value"] == pytest.approx(10 * tonnes)
    assert (row["gas"], row["scope"], row["method"]) == ("CH4", "1", METHOD_ID)


def test_throughput_of_the_provincial_guideline() -> None:
    """2 亿 m³ consumed · 133 t per 亿 m³ = 266 t; 500 万 t refined · 5000 t per 亿 t = 250 t."""
    assert account("gas_consumption", 2.0, "亿m^3", PROVINCIAL)["value"].to_list() == pytest.approx([266.0])
    assert account("oil_refining_throughput", 500.0, "万吨", PROVINCIAL)["value"].to_list() == pytest.approx([250.0])
    assert account("gas_consumption", 2e8, "m3@20C", PROVINCIAL)["value"].to_list() == pytest.approx([266.0])


def test_distribution_of_gas_and_the_state_of_a_meter() -> None:
    """1e9 m³ at 15 °C: 1.8 t CH4 per 1e6 m³ (1.1 to 2.5). At 20 °C a cubic metre holds 288.15/293.15 of that."""
    at_15 = account("gas_distribution", 1e9, "m3@15C", DEVELOPING)
    methane = at_15.filter(pl.col("gas") == "CH4").row(0, named=True)
    assert methane["value"] == pytest.approx(1800.0)
    assert methane["sd"] == pytest.approx(1400.0 / 2 / math.sqrt(3), rel=1e-5)
    assert set(at_15["gas"]) == {"CH4", "CO2"}
    at_20 = account("gas_distribution", 1e9, "m3@20C", DEVELOPING).filter(pl.col("gas") == "CH4")["value"][0]
    assert at_20 == pytest.approx(1800.0 * 288.15 / 293.15, rel=1e-6)


def test_a_plain_cubic_metre_of_gas_is_refused() -> None:
    with pytest.raises(UnitError):
        account("gas_distribution", 1e9, "m^3", DEVELOPING)


def test_flaring_has_three_gases() -> None:
    """1000 m³ of oil: 25 kg CH4, 40.5 t CO2, 0.64 kg N2O by the middle of the ranges."""
    found = dict(account("oil_production_flaring", 1000.0, "m^3", DEVELOPING).select("gas", "value").iter_rows())
    assert found == pytest.approx({"CH4": 0.025, "CO2": 40.5, "N2O": 0.00064})


def test_developed_and_developing_are_two_editions() -> None:
    assert account("gas_distribution", 1e6, "m3@15C", DEVELOPED)["value"].sum() == pytest.approx(1.1 + 0.051)
    with pytest.raises(CoverageError) as caught:
        account("gas_distribution", 1e6, "m3@15C", DEVELOPED, DEVELOPING)
    assert caught.value.problems[0].code == "editions_mixed"


def test_burnt_gas_is_refused_and_a_count_is_no_mass() -> None:
    with pytest.raises(DoubleCountError):
        account("natural_gas", 1e6, "m^3", PROVINCIAL)
    with pytest.raises(UnitError):
        account("gas_wellhead", 10.0, "t", PROVINCIAL)
