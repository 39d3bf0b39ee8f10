"""Uncertainty calculation sheets of a published inventory.

Source: Winther and Nielsen, Fuel use and emissions from non-road machinery in Denmark from 1985-2004 - and projections from
2005-2030, Danish Environmental Protection Agency 2006, annex 6 (tier 1 sheets for 2004): emission [t], uncertainty of the
emission factor [%], combined uncertainty [%], combined uncertainty as a share of the total [%], and overall uncertainty [%].

Tolerance: emissions are printed to the tonne and per cent to 0.001, so a row's share of the total can be off by
U · ½ t / Σ (1 + E / Σ) + 0.0005, and the overall figure by as much as the largest row. The activity uncertainty is printed to
1 %, too coarse to use; it follows from the combined and the factor's uncertainty.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.tables import EmissionTable
from citycarbon.inventory.accounting.review import uncertainty_table

FACTOR = 25.0
SHEETS = {
    "NOx": (
        18.634,
        [
            ("agriculture", 11837, 12, 27.839, 13.689), ("forestry", 135, 15, 29.155, 0.163),
            ("industry, construction machinery", 9899, 17, 30.414, 12.506), ("industry, other", 845, 21, 32.404, 1.138),
            ("household and gardening", 317, 17, 30.414, 0.401), ("boats", 1040, 21, 32.404, 1.400),
        ],
    ),
    "SO2": (
        17.273,
        [
            ("agriculture", 315, 12, 27.839, 12.786), ("forestry", 4, 15, 29.155, 0.166),
            ("industry, construction machinery", 241, 17, 30.414, 10.654), ("industry, other", 23, 21, 32.404, 1.074),
            ("household and gardening", 9, 17, 30.414, 0.412), ("boats", 95, 21, 32.404, 4.473),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("gas", SHEETS)
def test_shares_of_the_total_and_overall_uncertainty(gas: str) -> None:
    """Each row's combined uncertainty over the total, and the root of the sum of squares."""
    overall, rows = SHEETS[gas]
    frame = pl.DataFrame(rows, schema=["sector", "value", "printed", "combined", "share"], orient="row").cast(
        {"value": pl.Float64}
    )
    one_percent = pl.col("value") / 100 / 1.96
    spread = frame.select(
        "sector", "value", (one_percent * pl.col("combined")).alias("sd"), (one_percent * FACTOR).alias("sd_factor"),
        (one_percent * (pl.col("combined") ** 2 - FACTOR**2).sqrt()).alias("sd_activity"),
    )  # fmt: skip
    fixed = {"place": "DK", "time": "2004", "activity": "non-road", "scope": "1", "gas": gas, "unit": "t"}
    made = uncertainty_table(EmissionTable(spread, fixed=fixed)).to_polars()
    whole = sum(value for _, value, *_ in rows)
    found = {row["sector"]: row for row in made.filter(pl.col("line") == "category").iter_rows(named=True)}
    slack = [combined * 0.5 / whole * (1 + value / whole) + 0.0005 for _, value, _, combined, _ in rows]
    for (sector, _, printed, combined, share), allowed in zip(rows, slack, strict=True):
        assert found[sector]["contribution"] ** 0.5 == pytest.approx(share, abs=allowed), sector
        assert found[sector]["percent"] == pytest.approx(combined, rel=1e-9)
        assert round(found[sector]["activity_percent"]) == pytest.approx(printed, abs=1)
        assert found[sector]["factor_percent"] == pytest.approx(FACTOR, rel=1e-9)
    total = made.filter(pl.col("line") == "total").row(0, named=True)
    assert total["percent"] == pytest.approx(overall, abs=max(slack))
