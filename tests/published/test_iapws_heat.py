"""Steam and hot water: IAPWS-IF97 enthalpies, heat of purchased steam, its coal equivalent and emission.

Sources: IAPWS Industrial Formulation 1997, release of 2007, table 15 (verification values of region 2) and the saturation
table; feed-water convention, hot-water heat capacity and 0.11 t/GJ of the enterprise accounting guides; GB/T 2589
(0.03412 kgce/MJ); a worked example with 2.7725 t CO2 per tce (29.3076 GJ × 94.6 kg/GJ).

Tolerances: IF97 prints nine digits of its verification values and asks programs to meet them, so 1e-8 relative. Steam-table
enthalpies are printed to 0.1 kJ/kg, so 0.05; what is computed from one of them carries that half digit on: 100 t × 0.05 kJ/kg
is 0.005 GJ, 0.0002 tce and 0.0006 t. The hot-water figures have no table value in them: 1e-9 relative.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.heat import SteamTable, heat, heat_of

BASE = {"place": ["works"], "time": ["2020"], "sector": ["industry"]}


def enthalpy(medium: str, pressure: float, temperature: float | None = None) -> float:
    """Enthalpy [kJ/kg] of a state: heat [GJ] of 1000 t over water of zero enthalpy."""
    state = {"medium": [medium], "mass": [1000.0], "pressure": [pressure], "temperature": [temperature]}
    rows = SteamTable(pl.DataFrame({**BASE, **state}, schema_overrides={"temperature": pl.Float64}))
    return float(heat_of(rows.to_polars(), 0.0)[0])


@pytest.mark.parametrize(
    ("kelvin", "pressure", "printed"),
    [
        (300.0, 0.0035, 2549.91145),
        (700.0, 0.0035, 3335.68375),
        (700.0, 30.0, 2631.49474),
    ],
)
def test_verification_values_of_region_2(kelvin: float, pressure: float, printed: float) -> None:
    """Table 15 of the release: specific enthalpy at three states of region 2."""
    assert enthalpy("superheated_steam", pressure, kelvin - 273.15) == pytest.approx(printed, rel=1e-8)


def test_the_liquid_state_of_region_1_is_no_steam() -> None:
    """300 K at 3 MPa (115.331273 kJ/kg) is water: as steam it is refused, not given the enthalpy of water."""
    with pytest.raises(InputError) as caught:
        enthalpy("superheated_steam", 3.0, 300.0 - 273.15)
    assert [item.code for item in caught.value.problems] == ["steam_state"]


@pytest.mark.parametrize(("pressure", "printed"), [(1.0, 2777.1), (0.10142, 2675.6)])
def test_saturated_steam(pressure: float, printed: float) -> None:
    """1.0 MPa, and 100 °C, whose saturation pressure is 0.10142 MPa."""
    assert enthalpy("saturated_steam", pressure) == pytest.approx(printed, abs=0.05)


def test_saturated_steam_of_one_atmosphere() -> None:
    """2675.6 is often set beside 0.1013 MPa, but belongs to 100 °C; IF97 gives 2675.52 at 0.1013 MPa, hence 0.1."""
    assert enthalpy("saturated_steam", 0.1013) == pytest.approx(2675.6, abs=0.1)


def test_saturation_temperature_of_one_megapascal() -> None:
    """179.89 °C: steam of 179.90 °C exists as superheated steam, of 179.88 °C it does not (printed to 0.01 K)."""
    assert enthalpy("superheated_steam", 1.0, 179.90) == pytest.approx(2777.1, abs=0.1)
    with pytest.raises(InputError):
        enthalpy("superheated_steam", 1.0, 179.87)


def test_a_hundred_tonnes_of_saturated_steam() -> None:
    """100 t at 1.0 MPa over feed water of 83.7 kJ/kg: 269.34 GJ, 9.18988 tce, 29.6274 t CO2."""
    state = {"medium": ["saturated_steam"], "mass": [100.0], "pressure": [1.0]}
    factors = shipped_library().choose(["ndrc-enterprise-guides", "gbt2589-2020"])
    made = heat(SteamTable(pl.DataFrame({**BASE, **state})), factors, feed_water_enthalpy=83.7)
    row = made.to_polars().row(0, named=True)
    assert row["energy"] == pytest.approx(269.34, abs=0.005)
    assert row["standard_coal"] == pytest.approx(9.18988, abs=0.0002)
    assert row["value"] == pytest.approx(29.6274, abs=0.0006)
    assert row["standard_coal"] / row["energy"] == pytest.approx(0.03412, rel=1e-9)
    assert (row["scope"], row["gas"], row["unit"]) == ("2", "CO2", "t")


def water(mass: float, supply: float, back: float) -> SteamTable:
    state = {"medium": ["hot_water"], "mass": [mass], "temperature": [supply], "return_temperature": [back]}
    return SteamTable(pl.DataFrame({**BASE, **state}))


def test_a_thousand_tonnes_of_hot_water() -> None:
    """1000 t from 80 to 20 °C: 251.208 GJ with 4.1868 kJ/(kg K)."""
    made = heat(water(1000.0, 80.0, 20.0), shipped_library().choose(["ndrc-enterprise-guides"])).to_polars()
    assert made["energy"][0] == pytest.approx(251.208, rel=1e-9)
    assert made["value"][0] == pytest.approx(251.208 * 0.11, rel=1e-9)


def test_a_thousand_megajoules_by_standard_coal() -> None:
    """1000 MJ is 0.03412 tce and, with 2.7725 t per tce, 0.0945977 t CO2.

    A public copy of this example prints 2772.5 for the emission: it multiplies by the factor of a tonne of coal equivalent
    without turning the heat into coal first. That figure, in kilograms or tonnes, must not come out.
    """
    mass = 1.0 / (4.1868 * 50.0 * 1e-3)
    factors = shipped_library().choose(["gbt2589-2020", "tce-ipcc-bituminous"])
    row = heat(water(mass, 70.0, 20.0), factors, route="standard_coal").to_polars().row(0, named=True)
    assert row["energy"] == pytest.approx(1.0, rel=1e-9)
    assert row["standard_coal"] == pytest.approx(0.03412, rel=1e-9)
    assert row["value"] == pytest.approx(0.0945977, rel=1e-9)
    assert row["value"] * 1000 < 2772.5 / 10


def test_coal_equivalent_of_bituminous_coal() -> None:
    """29.3076 GJ × 94.6 kg/GJ = 2.77250 t per tce: the convention that the example rests on, one of several."""
    library = shipped_library().rows.filter(
        pl.col("activity") == "standard_coal", pl.col("quantity") == "emission_factor"
    )
    kept = dict(library.select("edition", "value").iter_rows())
    assert kept["tce-ipcc-bituminous"] == pytest.approx(29.3076 * 0.0946, abs=5e-5)
    assert kept == {
        "tce-ipcc-bituminous": 2.7725,
        "tce-raw-coal": 2.66,
        "public-copy-everyday": 2.493,
        "tce-carbon-067": 2.4567,
    }
    assert kept["tce-carbon-067"] == pytest.approx(0.67 * 44 / 12, abs=5e-5)
