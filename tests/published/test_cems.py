"""Continuous emission monitoring: standard-state formula and substitution windows.

Sources: HJ 76-2017 and HJ 75-2017 in the form generally quoted. E [t/h] = C/100 · Q_s · 273.15/(273.15 + t_s) · P_s/101.325 ·
(1 − X_sw) · 44.01/22.414 / 1000; the moisture term falls away where the concentration is of wet gas. Missing hours by HJ 75:
the largest hourly emission of the last 180 valid hours (gap of at most 24 h) or 720 (longer) at an availability of 90 % or
more, of the last 2160 valid hours from 75 % to 90 %, no substitution below.

Tolerances: the density is printed with seven digits, so 5e-7; everything else is worked out by hand from the formula and met
to 1e-9 relative. The substituted hours are copies of measured ones, so 1e-9 as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl
import pytest

from citycarbon.core.chemistry import CO2_MOLAR_MASS, MOLAR_VOLUME
from citycarbon.core.errors import InputError
from citycarbon.inventory.accounting.stack_monitor import StackTable, stack_monitor

TONNE_FLOW = 1000 * 22.414 / 44.01
"""Flow [m³/h] of pure CO2 at standard state that carries one tonne an hour."""


def one_hour(basis: str, moisture: float | None) -> float:
    row = {
        "place": ["stack"], "hour": ["2020-01-01 00"], "sector": ["power"], "concentration": [12.0],
        "concentration_basis": [basis], "flow_rate": [1e6], "flue_temperature": [50.0], "flue_pressure": [98.0],
        "moisture": [moisture],
    }  # fmt: skip
    frame = pl.DataFrame(row, schema_overrides={"moisture": pl.Float64})
    return float(stack_monitor(StackTable(frame)).to_polars()["value"][0])


def hours(values: Mapping[int, float | None], count: int) -> StackTable:
    """Pure CO2 at standard state: hour ``i`` emits ``values[i]`` tonnes (1 if not named, a missing reading if None)."""
    start = datetime(2020, 1, 1)
    emitted = [values.get(i, 1.0) for i in range(count)]
    return StackTable(
        pl.DataFrame(
            {
                "place": "stack", "hour": [f"{start + timedelta(hours=i):%Y-%m-%d %H}" for i in range(count)],
                "sector": "power", "concentration": 100.0, "concentration_basis": "wet",
                "flow_rate": [None if value is None else value * TONNE_FLOW for value in emitted],
                "flue_temperature": 0.0, "flue_pressure": 101.325, "moisture": 0.0,
            }
        )
    )  # fmt: skip


def substituted(values: Mapping[int, float | None], count: int) -> float:
    """Tonnes in substituted hours over the whole period."""
    rows = stack_monitor(hours(values, count), substitution="hj75").to_polars()
    return float(rows.filter(pl.col("activity") == "flue_gas_substituted")["value"].sum())


def gap(start: int, length: int) -> dict[int, float | None]:
    return dict.fromkeys(range(start, start + length))


def test_density() -> None:
    """44.01 / 22.414 = 1.963505 kg/Nm³."""
    density = CO2_MOLAR_MASS / MOLAR_VOLUME
    assert density == pytest.approx(1.963505, abs=5e-7)


def test_dry_concentration() -> None:
    """12 % dry, 10⁶ m³/h of wet gas at 50 °C and 98 kPa with 10 % moisture.

    By hand: 0.12 × 10⁶ × 273.15 / 323.15 × 98 / 101.325 × 0.9 = 88 293.81 Nm³ of CO2, × 1.963505 / 1000 = 173.3653 t.
    """
    volume = 0.12 * 1e6 * 273.15 / 323.15 * 98.0 / 101.325 * 0.9
    assert volume == pytest.approx(88293.81, abs=0.005)
    assert one_hour("dry", 0.1) == pytest.approx(volume * 44.01 / 22.414 / 1000, rel=1e-9)
    assert one_hour("dry", 0.1) == pytest.approx(173.3653, abs=5e-5)


def test_wet_concentration() -> None:
    """A wet concentration needs no moisture: 0.9 falls away, and an empty moisture does not matter."""
    assert one_hour("wet", 0.1) == pytest.approx(one_hour("dry", 0.1) / 0.9, rel=1e-9)
    assert one_hour("wet", None) == pytest.approx(one_hour("wet", 0.1), rel=1e-12)


def test_a_short_gap_looks_back_180_valid_hours() -> None:
    """Gap of 24 h at hour 400: hour 220 is the 180th valid hour before it, hour 219 the 181st."""
    assert substituted({220: 5.0, 219: 7.0, **gap(400, 24)}, 1000) == pytest.approx(24 * 5.0, rel=1e-9)
    assert substituted({219: 7.0, **gap(400, 24)}, 1000) == pytest.approx(24 * 1.0, rel=1e-9)


def test_a_long_gap_looks_back_720_valid_hours() -> None:
    """Gap of 25 h at hour 800: hour 80 is the 720th valid hour before it, hour 79 the 721st."""
    assert substituted({80: 5.0, 79: 7.0, **gap(800, 25)}, 1500) == pytest.approx(25 * 5.0, rel=1e-9)
    assert substituted({79: 7.0, **gap(800, 25)}, 1500) == pytest.approx(25 * 1.0, rel=1e-9)


def test_valid_hours_are_counted_not_clock_hours() -> None:
    """An earlier gap of 20 h takes no place in the window: its 180 hours reach 20 clock hours further back."""
    earlier = gap(300, 20)
    made = substituted({200: 5.0, 199: 7.0, **earlier, **gap(400, 10)}, 1000)
    assert made == pytest.approx(20 * 7.0 + 10 * 5.0, rel=1e-9)


def test_between_75_and_90_per_cent_2160_hours_count() -> None:
    """3000 h with 330 missing (89 %): even a short gap looks back 2160 valid hours.

    Hours 100 to 399 are missing and take the 3 of hour 50. The 30 h at 2690 look back over 2160 valid hours: hour 530 is the
    2160th, hour 529 the 2161st.
    """
    values = {50: 3.0, 530: 5.0, 529: 7.0, **gap(100, 300), **gap(2690, 30)}
    assert substituted(values, 3000) == pytest.approx(300 * 3.0 + 30 * 5.0, rel=1e-9)


def test_ninety_per_cent_is_full_availability() -> None:
    """100 of 1000 h missing is still 90 %: 720 hours count (from hour 130); with 101 missing 2160 do, and hour 129 is in."""
    values = {130: 5.0, 129: 9.0}
    assert substituted({**values, **gap(850, 100)}, 1000) == pytest.approx(100 * 5.0, rel=1e-9)
    assert substituted({**values, **gap(850, 101)}, 1000) == pytest.approx(101 * 9.0, rel=1e-9)


def test_below_75_per_cent_there_is_no_substitution() -> None:
    assert substituted(gap(750, 250), 1000) == pytest.approx(250.0, rel=1e-9)
    with pytest.raises(InputError) as caught:
        substituted(gap(749, 251), 1000)
    assert [item.code for item in caught.value.problems] == ["monitor_availability"]


def test_measured_and_substituted_hours_stay_apart() -> None:
    """The measured hours keep their own sum; together they are the whole."""
    rows = stack_monitor(hours(gap(400, 24), 1000), substitution="hj75").to_polars()
    assert dict(rows.select("activity", "value").iter_rows()) == pytest.approx(
        {"flue_gas": 976.0, "flue_gas_substituted": 24.0}, rel=1e-9
    )
