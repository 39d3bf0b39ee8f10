"""Laws of whole accounts on drawn cases: scaling, and how errors that are shared or independent add.

Tolerance: 1e-9 relative, the project's law; sums of a few dozen floating-point numbers lose some 1e-14.
"""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.core.totals import total
from citycarbon.core.warming import WarmingMetric
from citycarbon.data.library import shipped_library, warming_metric
from citycarbon.inventory.accounting.combustion import combustion
from citycarbon.inventory.accounting.industry.process import process
from citycarbon.inventory.accounting.regroup import regroup
from citycarbon.inventory.accounting.waste.biological_treatment import biological_treatment

SLOW = settings(deadline=None, max_examples=30)
AMOUNTS = st.lists(st.floats(0.1, 1e6), min_size=1, max_size=12)
METRIC: WarmingMetric = warming_metric("AR6-GWP100")


def rows(amounts: list[float], **columns: object) -> pl.DataFrame:
    base = {"place": "A", "time": "2022", "unit": "t", **columns}
    frame = pl.DataFrame({"value": amounts, "provenance_id": [f"f.csv:{index + 2}" for index in range(len(amounts))]})
    return frame.with_columns(pl.lit(value).alias(name) for name, value in base.items())


def account(amounts: list[float]) -> dict[str, float]:
    """Fuel, clinker and compost of the same amounts, in CO2e by GPC number."""
    library = shipped_library()
    parts = [
        combustion(ActivityTable(rows(amounts, sector="industry.other", activity="diesel")), library.choose(["cn-2008"])),
        process(ActivityTable(rows(amounts, sector="process.cement", activity="cement_clinker")),
                library.choose(["provincial-guideline-2011"])),
        biological_treatment(ActivityTable(rows(amounts, sector="waste.biological", activity="composting")),
                             library.choose(["ipcc2006"])),
    ]  # fmt: skip
    whole = EmissionTable.stack([part.with_unit("t") for part in parts]).to_co2e(METRIC).filter(gas="CO2e")
    named = regroup(whole, to="gpc", classification_name="city")
    return dict(pl.DataFrame(total(named, ["sector"])).select("sector", "value").iter_rows())


@SLOW
@given(amounts=AMOUNTS, k=st.floats(1e-3, 1e3))
def test_scaling_all_activity_scales_every_number_of_the_account(amounts: list[float], k: float) -> None:
    before, after = account(amounts), account([amount * k for amount in amounts])
    assert before.keys() == after.keys() == {"I.3.1", "IV.1", "III.2.1"}
    for code, value in before.items():
        assert after[code] == pytest.approx(value * k, rel=1e-9)


def spread(amounts: list[float], *, factor_sd: float | None, activity_sd: float | None) -> float:
    factor = {"factor_id": "f", "activity": "diesel", "gas": "CO2", "value": 3.0, "unit": "t/t"}
    factors = FactorTable(pl.DataFrame([{**factor, "sd": factor_sd}], schema_overrides={"sd": pl.Float64}))
    frame = rows(amounts, sector="industry.other", activity="diesel")
    if activity_sd is not None:
        frame = frame.with_columns(sd=pl.col("value") * activity_sd)
    made = process_of(frame, factors)
    return float(pl.DataFrame(total(made))["sd"][0])


def process_of(frame: pl.DataFrame, factors: FactorTable) -> EmissionTable:
    from citycarbon.inventory.accounting.apply import Account, match, multiply

    activity = ActivityTable(frame)
    return multiply(activity, match(activity, factors, None), Account("test", "1"))


@SLOW
@given(amounts=AMOUNTS, sd=st.floats(0.01, 0.5))
def test_one_shared_factor_spreads_linearly(amounts: list[float], sd: float) -> None:
    assert spread(amounts, factor_sd=sd, activity_sd=None) == pytest.approx(sum(amounts) * sd, rel=1e-9)


@SLOW
@given(amounts=AMOUNTS, sd=st.floats(0.01, 0.5))
def test_independent_meters_spread_by_squares(amounts: list[float], sd: float) -> None:
    expected = 3.0 * sd * math.sqrt(sum(amount**2 for amount in amounts))
    assert spread(amounts, factor_sd=None, activity_sd=sd) == pytest.approx(expected, rel=1e-9)
