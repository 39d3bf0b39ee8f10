"""Laws of the waste methods on drawn cases: scaling, order of rows, conservation of carbon, recovery, units.

Tolerances: 1e-9 relative is the project's conservation law; sums of a few dozen numbers in another order lose some 1e-14.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.waste.biological_treatment import biological_treatment
from citycarbon.inventory.accounting.waste.incineration import BurntWasteTable, incineration
from citycarbon.inventory.accounting.waste.landfill_decay import DepositTable, landfill_decay
from citycarbon.inventory.accounting.waste.landfill_mass_balance import LandfillTable, landfill_mass_balance
from citycarbon.inventory.accounting.waste.recovered import RecoveryTable
from citycarbon.inventory.accounting.waste.wastewater import (
    DomesticWastewaterTable,
    IndustrialWastewaterTable,
    domestic_wastewater,
    industrial_wastewater,
)

SLOW = settings(deadline=None, max_examples=20)
LAW = 1e-9
FACTORS = shipped_library().choose(["provincial-guideline-2011", "ipcc2006"])
AMOUNT = st.floats(0.0, 1e8, allow_nan=False).map(lambda amount: round(amount, 3))
KINDS = ("food_waste", "garden_waste", "paper_waste", "wood_waste", "textile_waste")
CLIMATES = ("boreal_temperate_dry", "boreal_temperate_wet", "tropical_dry", "tropical_wet")
SITES = ("managed_anaerobic", "managed_semi_aerobic", "unmanaged_deep", "unmanaged_shallow", "uncategorised")
DEPOSIT = st.fixed_dictionaries(
    {
        "place": st.sampled_from(("河北", "江苏")),
        "time": st.integers(1990, 2010).map(str),
        "activity": st.sampled_from(KINDS),
        "value": AMOUNT,
        "site": st.sampled_from(SITES),
        "cover": st.sampled_from(("covered", "uncovered")),
        "climate": st.sampled_from(CLIMATES),
        "delay": st.floats(0, 12).map(lambda months: round(months, 2)),
    }
)
DEPOSITS = st.lists(DEPOSIT, min_size=1, max_size=12)


def rows_of(rows: list[dict[str, Any]], **base: Any) -> pl.DataFrame:
    return pl.DataFrame([{**base, "unit": "t", **row} for row in rows], infer_schema_length=None)


def decayed(rows: list[dict[str, Any]], recovered: RecoveryTable | None = None, **window: int) -> EmissionTable:
    return landfill_decay(DepositTable(rows_of(rows, sector="waste.landfill")), FACTORS, recovered, **window)


def accounts(scale: float, unit: str, order: int) -> dict[str, pl.DataFrame]:
    """Every method on a few rows whose amounts are scaled, written in a unit, and turned about."""

    def rows(**columns: list[Any]) -> pl.DataFrame:
        frame = pl.DataFrame(columns).with_columns(
            place=pl.lit("江苏"), time=pl.lit("2020"), unit=pl.lit(unit), value=pl.col("value") * scale
        )
        return frame[::order]

    landfilled = rows(
        sector=["waste.landfill", "waste.landfill_outside"], activity=["food_waste", "paper_waste"],
        value=[120.0, 7.5], landfilled_share=[0.5, 1.0], site=["unmanaged_deep", "uncategorised"],
    )  # fmt: skip
    treated = rows(sector=["waste.biological"] * 2, activity=["composting", "anaerobic_digestion"], value=[3.0, 50.0])
    burnt = rows(
        sector=["waste.incineration"] * 3, activity=["municipal_solid_waste", "plastic_waste", "sewage_sludge"],
        value=[9.0, 2.0, 4.0], technology=["batch_stoker", None, "continuous_stoker"],
    )  # fmt: skip
    homes = rows(
        sector=["waste.wastewater_domestic"] * 3, value=[5.0, 8.0, 0.4],
        activity=["domestic_wastewater_bod", "domestic_wastewater_cod", "domestic_wastewater_protein"],
    )  # fmt: skip
    works = rows(
        sector=["waste.wastewater_industrial"] * 2, value=[5.0, 8.0],
        activity=["industrial_wastewater_cod", "starch_production_industry"],
    )  # fmt: skip
    made = {
        "landfill": landfill_mass_balance(LandfillTable(landfilled), FACTORS),
        "treated": biological_treatment(ActivityTable(treated), FACTORS),
        "burnt": incineration(BurntWasteTable(burnt), FACTORS),
        "homes": domestic_wastewater(DomesticWastewaterTable(homes), FACTORS),
        "works": industrial_wastewater(IndustrialWastewaterTable(works), FACTORS),
    }
    return {name: table.to_polars().sort("sector", "activity", "gas") for name, table in made.items()}


PLAIN = accounts(1.0, "t", 1)


@SLOW
@given(st.floats(1e-3, 1e6), st.sampled_from(("t", "kg", "万吨")), st.sampled_from((1, -1)))
def test_emissions_scale_with_the_amount_whatever_unit_and_order(scale: float, unit: str, order: int) -> None:
    tonnes = {"t": 1.0, "kg": 1e-3, "万吨": 1e4}[unit]
    for name, made in accounts(scale, unit, order).items():
        wanted = PLAIN[name]["value"].drop_nulls() * scale * tonnes
        assert made["value"].drop_nulls().to_list() == pytest.approx(wanted.to_list(), rel=LAW), name
        assert made["notation"].to_list() == PLAIN[name]["notation"].to_list()


@SLOW
@given(DEPOSITS, st.floats(1e-3, 1e3))
def test_decay_scales_with_the_deposits(rows: list[dict[str, Any]], scale: float) -> None:
    plain = decayed(rows, year_to=2030).to_polars()
    more = decayed([{**row, "value": row["value"] * scale} for row in rows], year_to=2030).to_polars()
    assert more["value"].to_list() == pytest.approx((plain["value"] * scale).to_list(), rel=LAW, abs=1e-300)


@SLOW
@given(DEPOSITS, st.randoms(use_true_random=False))
def test_the_order_of_deposits_changes_nothing(rows: list[dict[str, Any]], random: Any) -> None:
    turned = list(rows)
    random.shuffle(turned)
    first, second = (decayed(each, year_to=2020).to_polars() for each in (rows, turned))
    keys = ["place", "time", "sector", "activity", "scope", "gas", "factor_id"]
    assert first.select(keys).equals(second.select(keys))
    assert first["value"].to_list() == pytest.approx(second["value"].to_list(), rel=LAW, abs=1e-12)


@SLOW
@given(DEPOSITS)
def test_the_sum_over_all_years_is_the_potential(rows: list[dict[str, Any]]) -> None:
    """The mass balance books at once what the decay gives off: after 490 years the slowest k of 0.02 has left 6e-5."""
    balance = [
        {**{key: row[key] for key in row if key not in ("climate", "delay")}, "landfilled_share": 1.0} for row in rows
    ]
    table = LandfillTable(rows_of(balance, sector="waste.landfill"))
    wanted = landfill_mass_balance(table, FACTORS).to_polars()["value"].sum()
    fast = [{**row, "decay_rate": 0.5} for row in rows]
    assert decayed(fast, year_to=2110).to_polars()["value"].sum() == pytest.approx(wanted, rel=LAW, abs=1e-9)
    slow = decayed(rows, year_to=2500).to_polars()["value"].sum()
    assert slow == pytest.approx(wanted, rel=1e-4, abs=1e-9)
    assert slow <= wanted * (1 + LAW)


@SLOW
@given(DEPOSITS)
def test_a_window_shows_the_same_years(rows: list[dict[str, Any]]) -> None:
    whole = decayed(rows, year_to=2015).to_polars().filter(pl.col("time") >= "2012")
    part = decayed(rows, year_from=2012, year_to=2015).to_polars()
    assert part.select("place", "time", "activity").equals(whole.select("place", "time", "activity"))
    assert part["value"].to_list() == pytest.approx(whole["value"].to_list(), rel=LAW)


@SLOW
@given(DEPOSITS, st.floats(0, 1))
def test_recovery_takes_off_what_it_says(rows: list[dict[str, Any]], part: float) -> None:
    """Without oxidation the emissions of a place and year fall by exactly what is recovered, and none becomes negative."""
    bare = [{**row, "cover": "uncovered"} for row in rows]
    plain = decayed(bare, year_from=2011, year_to=2011).to_polars().group_by("place").agg(pl.col("value").sum())
    taken = plain.select("place", pl.col("value") * part).with_columns(
        time=pl.lit("2011"), sector=pl.lit("waste.landfill"), unit=pl.lit("t")
    )
    made = decayed(bare, RecoveryTable(taken), year_from=2011, year_to=2011).to_polars()
    assert made["value"].min() >= 0
    left = dict(made.group_by("place").agg(pl.col("value").sum()).iter_rows())
    assert left == pytest.approx({place: value * (1 - part) for place, value in plain.iter_rows()}, rel=1e-6, abs=1e-6)


@SLOW
@given(AMOUNT, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_burnt_carbon_is_fossil_or_biogenic(mass: float, carbon: float, fossil: float, oxidised: float) -> None:
    row = {"place": "A", "time": "2020", "activity": "waste", "value": mass, "carbon_content": carbon}
    row |= {"fossil_share": fossil, "combustion_efficiency": oxidised}
    table = BurntWasteTable(rows_of([row], sector="waste.incineration"))
    found = dict(incineration(table, FACTORS).to_polars().select("gas", "value").iter_rows())
    assert found["CO2"] + found["CO2-biogenic"] == pytest.approx(mass * carbon * oxidised * 44 / 12, rel=LAW, abs=1e-12)
