"""The uncertainty table, by hand and beside the draws."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from citycarbon.core.draws import UncertainRows, draw_totals
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.library import warming_metric
from citycarbon.inventory.accounting.review import uncertainty_table

ROW = {"place": "A", "time": "2020", "activity": "x", "scope": "1", "gas": "CO2e", "unit": "t"}


def line(made: object, **wanted: str) -> dict:
    """One row of the table."""
    rows = made.to_polars().filter(**wanted)
    assert rows.height == 1
    return rows.row(0, named=True)


def test_independent_categories_add_in_quadrature():
    """80 ± 3 and 20 ± 4: sd 5, 1.96·5/100 = 9.8 %; H: (1.96·3)² and (1.96·4)²; shares 9/25 and 16/25."""
    frame = pl.DataFrame({**ROW, "sector": ["power", "road"], "value": [80.0, 20.0], "sd": [3.0, 4.0]})
    made = uncertainty_table(EmissionTable(frame))
    power, whole = line(made, line="category", sector="power"), line(made, line="total")
    assert whole["sd"] == pytest.approx(5.0)
    assert whole["percent"] == pytest.approx(9.8)
    assert power["percent"] == pytest.approx(196 * 3 / 80)
    assert power["contribution"] == pytest.approx((1.96 * 3) ** 2)
    assert power["variance_share"] == pytest.approx(9 / 25)
    assert whole["contribution"] == pytest.approx(power["contribution"] + (1.96 * 4) ** 2)
    assert whole["sd_coverage"] == 1.0


def test_a_shared_error_adds_linearly():
    """3 and 4 that share their error make 7; each bears its part of it: 3·7/49 and 4·7/49."""
    frame = pl.DataFrame({**ROW, "sector": ["a", "b"], "value": [80.0, 20.0], "sd": [3.0, 4.0], "error_group": "grid"})
    made = uncertainty_table(EmissionTable(frame))
    assert line(made, line="total")["sd"] == pytest.approx(7.0)
    assert line(made, line="category", sector="a")["variance_share"] == pytest.approx(3 / 7)
    assert line(made, line="category", sector="b")["variance_share"] == pytest.approx(4 / 7)


def test_a_removal_with_a_shared_error_takes_variance_away():
    """+5 and −2 by one factor: sd 3; the removal's share is −2·3/9."""
    frame = pl.DataFrame({**ROW, "sector": ["a", "b"], "value": [50.0, -20.0], "sd": [5.0, 2.0], "error_group": "g",
                          "flow": ["emission", "removal"]})  # fmt: skip
    made = uncertainty_table(EmissionTable(frame))
    assert line(made, line="total")["sd"] == pytest.approx(3.0)
    assert line(made, line="category", sector="b")["variance_share"] == pytest.approx(-2 / 3)


def test_activity_and_factor_stand_apart():
    """3 of the activity and 4 of the factor make 5 of 100."""
    frame = pl.DataFrame(
        {**ROW, "sector": ["a"], "value": [100.0], "sd": [5.0], "sd_activity": [3.0], "sd_factor": [4.0]}
    )
    row = line(uncertainty_table(EmissionTable(frame)), line="category")
    assert (row["activity_percent"], row["factor_percent"], row["percent"]) == pytest.approx((5.88, 7.84, 9.8))


def test_numbers_are_those_of_the_account():
    """Value and sd of sectors and total equal core.totals."""
    frame = pl.DataFrame({**ROW, "sector": ["a", "a", "b"], "gas": ["CO2", "CH4", "CO2"], "value": [80.0, 1.0, 20.0],
                          "sd": [3.0, 0.5, 4.0], "error_group": ["g", None, "g"]})  # fmt: skip
    made = uncertainty_table(EmissionTable(frame), metric="AR6-GWP100")
    account = EmissionTable(frame).to_co2e(warming_metric("AR6-GWP100"))
    sums = total(account, ["sector"])
    for sector, value, sd in sums.select("sector", "value", "sd").rows():
        row = line(made, line="sector", sector=sector)
        assert (row["value"], row["sd"]) == pytest.approx((value, sd), rel=1e-12)
    assert line(made, line="total")["sd"] == pytest.approx(total(account)["sd"][0], rel=1e-12)
    assert line(made, line="category", sector="a", gas="CH4")["sd"] == pytest.approx(0.5 * 27.9)


def test_trend_columns():
    """C 70, D 60 of ΣC 100, ΣD 110; factor 10 %, activity 5 %: A = |9.9/100.7·100 − 10|, B = 0.6."""
    frame = pl.DataFrame({**ROW, "time": ["2010", "2010", "2020", "2020"], "sector": ["power", "road"] * 2,
                          "value": [70.0, 30.0, 60.0, 50.0]})  # fmt: skip
    value = pl.col("value")
    spread = frame.with_columns((value * 0.10 / 1.96).alias("sd_factor"), (value * 0.05 / 1.96).alias("sd_activity"))
    spread = spread.with_columns((pl.col("sd_factor") ** 2 + pl.col("sd_activity") ** 2).sqrt().alias("sd"))
    made = uncertainty_table(EmissionTable(spread), base_year=2010)
    row = line(made, time="2020", line="category", sector="power")
    sensitivity = abs(9.9 / 100.7 * 100 - 10)
    assert row["sensitivity_a"] == pytest.approx(sensitivity)
    assert row["sensitivity_b"] == pytest.approx(0.6)
    assert row["trend_factor_percent"] == pytest.approx(10 * sensitivity)
    assert row["trend_activity_percent"] == pytest.approx(0.6 * 5 * 2**0.5)
    assert row["trend_percent"] == pytest.approx(((10 * sensitivity) ** 2 + 18.0) ** 0.5)
    other = line(made, time="2020", line="category", sector="road")
    whole = line(made, time="2020", line="total")
    assert whole["trend_percent"] ** 2 == pytest.approx(row["trend_percent"] ** 2 + other["trend_percent"] ** 2)
    assert line(made, time="2010", line="total")["trend_percent"] is None


def test_one_factor_in_both_years_does_not_move_the_trend():
    """100 → 110 by one factor: whatever it is, the trend is +10 %."""
    frame = pl.DataFrame({**ROW, "time": ["2010", "2020"], "sector": "a", "value": [100.0, 110.0], "sd": [10.0, 11.0]})
    shared = uncertainty_table(EmissionTable(frame.with_columns(error_group=pl.lit("g"))), base_year=2010)
    assert line(shared, time="2020", line="total")["trend_shared_percent"] == pytest.approx(0.0, abs=1e-9)
    alone = line(uncertainty_table(EmissionTable(frame), base_year=2010), time="2020", line="total")
    # Without a common name the years are independent: 196·√((11/100)² + (110·10/100²)²).
    assert alone["trend_shared_percent"] == pytest.approx(196 * (0.11**2 + 0.11**2) ** 0.5)
    assert alone["trend_percent"] == pytest.approx(0.0, abs=1e-9)


def test_the_table_agrees_with_the_draws():
    """Tier 1 beside Monte Carlo: normal errors of up to 30 %, of which two share one factor; 20,000 draws, within 2 %."""
    means, sds = np.array([80.0, 20.0, 30.0, -10.0]), np.array([8.0, 6.0, 3.0, 3.0])
    groups = ["grid", "", "grid", ""]
    frame = pl.DataFrame({**ROW, "sector": list("abcd"), "value": means, "sd": sds, "flow": ["emission"] * 3 + ["removal"],
                          "error_group": [name or None for name in groups]})  # fmt: skip
    whole = line(uncertainty_table(EmissionTable(frame)), line="total")
    draws = draw_totals(UncertainRows(means, sds, ["normal"] * 4, groups), [0] * 4, 20000, seed=7)[:, 0]
    assert whole["sd"] == pytest.approx(draws.std(), rel=0.02)
    low, high = np.percentile(draws, [2.5, 97.5])
    assert whole["percent"] == pytest.approx(100 * (high - low) / 2 / whole["value"], rel=0.02)


def test_without_uncertainty_the_columns_are_empty():
    """No number is made up."""
    frame = pl.DataFrame({**ROW, "sector": ["a"], "value": [100.0]})
    row = line(uncertainty_table(EmissionTable(frame)), line="total")
    assert (row["value"], row["sd"], row["percent"], row["variance_share"]) == (100.0, None, None, None)
