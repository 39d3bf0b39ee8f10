"""Rice, clinker and steel keep the errors of the figures of their formulas: in the sd, and in the draws by their shapes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from citycarbon.core.draws import draw_totals
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.rice_cultivation import RiceTable, rice_cultivation
from citycarbon.inventory.accounting.industry.clinker_chemistry import ClinkerTable, clinker_chemistry
from citycarbon.inventory.accounting.industry.steel_process import steel_process
from citycarbon.studies.total_draws import uncertain_rows


def with_errors(edition: str, **errors: tuple[float, str]) -> FactorTable:
    """The shipped figures of an edition with an sd over the value and a shape for some activities."""
    rows = shipped_library().choose([edition]).to_polars()
    for name, (relative, shape) in errors.items():
        mine = pl.col("activity") == name
        rows = rows.with_columns(
            pl.when(mine).then(pl.col("value") * relative).otherwise("sd").alias("sd"),
            pl.when(mine).then(pl.lit(shape)).otherwise("distribution").alias("distribution"),
        )
    return FactorTable(rows)


def drawn(made: EmissionTable) -> np.ndarray:
    own, shared = uncertain_rows(made.to_polars().with_columns(pl.col("sd").fill_null(0.0)))
    return draw_totals(own, [0] * len(own.mean), 8192, seed=1, shared=shared)[:, 0]


def kiln(**more: object) -> ClinkerTable:
    row = {"place": "A", "time": "2020", "sector": "process.cement", "value": 1000.0, "unit": "t", "calcium_oxide": 0.65,
           "magnesium_oxide": 0.02, "non_carbonate_calcium_oxide": 0.0, "non_carbonate_magnesium_oxide": 0.0}  # fmt: skip
    return ClinkerTable(pl.DataFrame([row | more]))


def works(iron: float = 1000.0, sd: float | None = None) -> ActivityTable:
    frame = {"place": "A", "time": "2020", "sector": "process.steel", "activity": ["pig_iron", "crude_steel"],
             "value": [iron, 1000.0], "unit": "t", "sd": [sd, None]}  # fmt: skip
    return ActivityTable(pl.DataFrame(frame, schema_overrides={"sd": pl.Float64}))


def field(**more: object) -> RiceTable:
    row = {"place": "CN", "time": "2020", "sector": "agriculture.rice", "activity": "single_rice", "value": 100.0,
           "unit": "ha", "cultivation_days": 100.0, "water_regime": "continuously_flooded",
           "pre_season_water": "dry_up_to_180_days"}  # fmt: skip
    return RiceTable(pl.DataFrame([row | more]))


def test_a_daily_factor_of_rice_keeps_its_error():
    plain = rice_cultivation(field(), with_errors("ipcc2006")).to_polars()
    made = rice_cultivation(field(), with_errors("ipcc2006", rice_field=(0.2, "uniform")))
    row = made.to_polars()
    assert plain["sd"][0] is None
    assert row["sd"][0] == pytest.approx(0.2 * row["value"][0])
    reach = 0.2 * 3**0.5
    assert np.quantile(drawn(made), (0, 1)) / row["value"][0] == pytest.approx([1 - reach, 1 + reach], rel=1e-3)
    both = rice_cultivation(
        field(), with_errors("ipcc2006", rice_field=(0.2, "normal"), continuously_flooded=(0.3, "lognormal"))
    )
    assert both.to_polars()["sd"][0] / row["value"][0] == pytest.approx((0.2**2 + 0.3**2) ** 0.5)


def test_organic_matter_of_rice_brings_its_error_by_its_part():
    more = {"amendment": "straw_within_30_days", "amendment_rate": 2.0}
    table = with_errors("ipcc2006", straw_within_30_days=(0.1, "normal"))
    row = rice_cultivation(field(**more), table).to_polars()
    figures = table.to_polars().filter(pl.col("activity") == "straw_within_30_days")["value"].to_list()
    part = 0.59 * 2 * figures[0] / (1 + 2 * figures[0])
    assert row["sd"][0] / row["value"][0] == pytest.approx(0.1 * part)


def test_clinker_keeps_the_errors_of_its_ratios_and_of_the_dust():
    table = with_errors("ipcc2006", calcium_oxide=(0.02, "normal"), cement_clinker=(0.01, "uniform"))
    row = clinker_chemistry(kiln(), table).to_polars()
    share = 0.65 * 0.785 / (0.65 * 0.785 + 0.02 * 1.092)
    assert row["sd"][0] / row["value"][0] == pytest.approx(((0.02 * share) ** 2 + 0.01**2) ** 0.5, rel=1e-3)
    assert row["sd_factor"][0] == row["sd"][0]
    assert drawn(clinker_chemistry(kiln(), table)).std() == pytest.approx(row["sd"][0], rel=0.02)
    own = clinker_chemistry(kiln(sd=50.0), table).to_polars()
    assert own["sd"][0] / own["value"][0] == pytest.approx(((0.02 * share) ** 2 + 0.01**2 + 0.05**2) ** 0.5, rel=1e-3)
    stated = clinker_chemistry(kiln(kiln_dust=0.0, dust_calcination=1.0), table).to_polars()
    assert stated["sd"][0] / stated["value"][0] == pytest.approx(0.02 * share, rel=1e-3)


def test_steel_keeps_the_errors_of_carbon_in_what_is_left():
    """1,000 t × 4.1 % ± 10 %, less 1,000 t × 0.248 % ± 20 %: both moved by their own carbon."""
    table = with_errors("provincial-guideline-2011", pig_iron=(0.1, "uniform"), crude_steel=(0.2, "normal"))
    made = steel_process(works(), table)
    row = made.to_polars().filter(pl.col("activity") == "steel_decarburisation")
    expected = 1000 * 44 / 12 * ((0.041 * 0.1) ** 2 + (0.00248 * 0.2) ** 2) ** 0.5
    assert row["value"][0] == pytest.approx(141.24, abs=0.01)
    assert row["sd"][0] == pytest.approx(expected)
    draws = drawn(made)
    assert draws.mean() == pytest.approx(row["value"][0], rel=1e-3)
    assert draws.std() == pytest.approx(expected, rel=0.02)
    own = steel_process(works(sd=100.0), table).to_polars()
    assert own["sd"][0] == pytest.approx((expected**2 + (100 * 0.041 * 44 / 12) ** 2) ** 0.5)
    bare = steel_process(works(), shipped_library().choose(["provincial-guideline-2011"])).to_polars()
    assert bare["sd"].to_list() == [None]
