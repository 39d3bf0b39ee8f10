"""Global warming potentials over 100 years of the second to sixth IPCC assessment reports, and of refrigerant blends.

Source: globalwarmingpotentials data set (public domain), built from the tables of the assessment reports (for the sixth: table
7.SM.7); the column AR5-CCF holds the fifth report's values with climate-carbon feedback. Blends: mass shares of ASHRAE
standard 34, multiplied out.

Tolerances: the potentials are copied figures, so equality. Blend values are printed with all their digits (shares have two
decimals and potentials at most one), so only floating-point rounding, 1e-9 relative.

Note on SF6 in AR6: this data set carries 25200, as printed in 2021; the corrected 24300 is the metric AR6-GWP100-corrected. The
test pins the copy that the library names as its source; a change of either is then seen.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.library import shipped_library, warming_metric
from citycarbon.inventory.accounting.refrigerant import ChargeTable, refrigerant

METRICS = ("SAR-GWP100", "AR4-GWP100", "AR5-GWP100", "AR5-CCF-GWP100", "AR6-GWP100")
TABLE: dict[str, tuple[float | None, ...]] = {
    "CH4": (21, 25, 28, 34, 27.9),
    "N2O": (310, 298, 265, 298, 273),
    "SF6": (23900, 22800, 23500, 26087, 25200),
    "NF3": (None, 17200, 16100, 17885, 17400),
    "CF4": (6500, 7390, 6630, 7349, 7380),
    "C2F6": (9200, 12200, 11100, 12340, 12400),
    "HFC-23": (11700, 14800, 12400, 13856, 14600),
    "HFC-32": (650, 675, 677, 817, 771),
    "HFC-125": (2800, 3500, 3170, 3691, 3740),
    "HFC-134a": (1300, 1430, 1300, 1549, 1530),
    "HFC-143a": (3800, 4470, 4800, 5508, 5810),
    "HFC-152a": (140, 124, 138, 167, 164),
    "HFC-227ea": (2900, 3220, 3350, 3860, 3600),
    "HFC-245fa": (None, 1030, 858, 1032, 962),
    "HCFC-22": (1500, 1810, 1760, 2106, 1960),
}
BLENDS = {
    "r410a": (2087.5, 1923.5, 2255.5),
    "r407c": (1773.85, 1624.21, 1907.93),
    "r404a": (3921.6, 3942.8, 4728.0),
}


def one_tonne(gas: str) -> EmissionTable:
    row = {"place": ["A"], "time": ["2020"], "sector": ["s"], "activity": ["leak"], "scope": ["1"], "gas": [gas]}
    return EmissionTable(pl.DataFrame({**row, "value": [1.0], "unit": ["t"]}))


@pytest.mark.parametrize("gas", TABLE)
@pytest.mark.parametrize("metric", METRICS)
def test_printed_potentials(gas: str, metric: str) -> None:
    """A tonne of the gas is as many tonnes of CO2e as the table prints; a gas that a report does not list is refused."""
    printed = TABLE[gas][METRICS.index(metric)]
    if printed is None:
        with pytest.raises(InputError) as caught:
            one_tonne(gas).to_co2e(warming_metric(metric))
        assert [item.code for item in caught.value.problems] == ["gas_unknown"]
        return
    rows = one_tonne(gas).to_co2e(warming_metric(metric)).to_polars()
    assert rows.select("gas", "metric", "value").rows() == [("CO2e", metric, printed)]


def test_fossil_methane_of_the_sixth_report() -> None:
    """AR6 tells fossil methane (29.8) from other methane (27.0); 27.9 is methane of unstated origin (table 7.SM.7)."""
    assert one_tonne("CH4-fossil").to_co2e(warming_metric("AR6-GWP100")).to_polars()["value"].to_list() == [29.8]
    assert one_tonne("CH4-non-fossil").to_co2e(warming_metric("AR6-GWP100")).to_polars()["value"].to_list() == [27.0]
    assert one_tonne("CO2").to_co2e(warming_metric("AR6-GWP100")).to_polars()["value"].to_list() == [1.0]


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("metric", ["AR4-GWP100", "AR5-GWP100", "AR6-GWP100"])
def test_blends(blend: str, metric: str) -> None:
    """A tonne of blend that leaks whole, through the refrigerant method: Σ share · GWP."""
    row = {
        "place": ["A"],
        "time": ["2020"],
        "sector": ["s"],
        "activity": [blend],
        "charge": [1000.0],
        "leak_rate": [1.0],
    }
    made = refrigerant(ChargeTable(pl.DataFrame(row)), shipped_library().choose(["ashrae-34"]))
    printed = BLENDS[blend][("AR4-GWP100", "AR5-GWP100", "AR6-GWP100").index(metric)]
    assert made.to_polars()["value"].sum() == pytest.approx(1.0, rel=1e-12)
    assert total(made.to_co2e(warming_metric(metric)))["value"][0] == pytest.approx(printed, rel=1e-9)


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        warming_metric("AR7-GWP100")
    assert caught.value.problems[0].code == "metric_unknown"
