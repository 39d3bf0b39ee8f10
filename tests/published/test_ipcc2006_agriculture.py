"""Livestock, rice, soils and straw of the IPCC guidelines.

Sources: IPCC 2006 Guidelines, volume 4, section 10.2.2 (60 000 broilers a year that live 60 days are 9863 birds on average;
recalled, 95 %); Transition Element Framework, emission factors in g CO2e with the AR6 potentials 27.0 (CH4) and 273 (N2O),
which it derives from the guidelines of 2006 and their refinement of 2019: goat 135 000, sheep 216 000, horse 486 000 per head;
synthetic fertiliser 4 290 000 per tonne of nitrogen, on flooded rice 1 716 000 (EF1FR 0.004 of 2019); rice field 3 630 690 per
hectare (1.19 kg CH4 per hectare and day, 113 days, flooded throughout); agricultural residues 1 365 958.5 per tonne of dry
matter, with 1515 kg CO2 and a combustion factor of 0.85.

Tolerance: the population is printed as a whole number; the others are exact products, met to 1e-9 relative. Figures of 2019
that the library does not hold (1.19, 0.004, 0.85) are given here as a user's own factors.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable, FactorTable, PlaceTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.livestock import HerdTable, livestock
from citycarbon.inventory.accounting.agriculture.managed_soils import managed_soils
from citycarbon.inventory.accounting.agriculture.residue_burning import HarvestTable, residue_burning
from citycarbon.inventory.accounting.agriculture.rice_cultivation import RiceTable, rice_cultivation

CH4, N2O = 27.0, 273.0
BASE = {"place": "A", "time": "2020", "sector": "agriculture"}


def own(*rows: tuple[str, str, str | None, float, str]) -> FactorTable:
    names = ["quantity", "activity", "gas", "value", "unit"]
    return FactorTable(pl.DataFrame(rows, schema=names, orient="row").with_columns(edition=pl.lit("own")))


def test_sixty_thousand_broilers_are_9863_birds() -> None:
    """With 1 kg per bird and year the emission in kg is the average population of equation 10.1."""
    herd = HerdTable(pl.DataFrame({"place": ["A"], "time": ["2020"], "activity": ["broiler"], "value": [60_000.0],
                                   "unit": ["head"], "days_alive": [60.0]}))  # fmt: skip
    rows = livestock(herd, own(("manure_factor", "broiler", "CH4", 1.0, "kg/(head*a)"))).to_polars()
    birds = rows.filter((pl.col("sector") == "agriculture.manure") & (pl.col("gas") == "CH4"))["value"][0] * 1000
    assert birds == pytest.approx(9863, abs=0.5)


@pytest.mark.parametrize(("animal", "grams"), [("goat", 135_000), ("sheep", 216_000), ("horse", 486_000)])
def test_enteric_methane_of_one_head(animal: str, grams: float) -> None:
    """Table 10.10; sheep of a developed country."""
    herd = HerdTable(
        pl.DataFrame({"place": ["A"], "time": ["2020"], "activity": [animal], "value": [1.0], "unit": ["head"]})
    )
    known = shipped_library().choose(["ipcc2006"], ["enteric_factor"])
    places = PlaceTable(pl.DataFrame({"place": ["A"], "region": ["GB"]}))
    rows = livestock(herd, known, places).to_polars()
    enteric = rows.filter(pl.col("sector") == "agriculture.enteric")["value"].to_list()
    assert [value * CH4 * 1e6 for value in enteric] == pytest.approx([grams], rel=1e-9)


@pytest.mark.parametrize(("direct", "grams"), [(None, 4_290_000), (0.004, 1_716_000)])
def test_direct_nitrous_oxide_of_a_tonne_of_nitrogen(direct: float | None, grams: float) -> None:
    known = shipped_library().choose(["ipcc2006"]).to_polars()
    if direct is not None:
        changed = pl.when(pl.col("quantity") == "direct_nitrogen_factor").then(direct).otherwise(pl.col("value"))
        known = known.with_columns(changed.alias("value"))
    table = ActivityTable(pl.DataFrame({**BASE, "activity": ["fertiliser_nitrogen"], "value": [1.0], "unit": ["t"]}))
    rows = managed_soils(table, FactorTable(known)).to_polars()
    value = dict(rows.select("activity", "value").iter_rows())["fertiliser_nitrogen"]
    assert value * N2O * 1e6 == pytest.approx(grams, rel=1e-9)


def test_methane_of_a_hectare_of_rice() -> None:
    known = own(
        ("rice_baseline_factor", "rice_field", "CH4", 1.19, "kg/(ha*d)"),
        ("rice_scaling_factor", "continuously_flooded", "CH4", 1.0, "1"),
        ("rice_scaling_factor", "dry_up_to_180_days", "CH4", 1.0, "1"),
    )
    fields = pl.DataFrame({**BASE, "activity": ["single_rice"], "value": [1.0], "unit": ["ha"], "cultivation_days": [113.0],
                           "water_regime": ["continuously_flooded"], "pre_season_water": ["dry_up_to_180_days"]})  # fmt: skip
    rows = rice_cultivation(RiceTable(fields), known).to_polars()
    assert rows["value"][0] * CH4 * 1e6 == pytest.approx(3_630_690, rel=1e-9)


def test_a_tonne_of_dry_straw() -> None:
    """(2.7 · 27 + 0.07 · 273 + 1515) · 0.85 = 1365.9585 kg CO2e; the carbon dioxide is added here, the method leaves it out."""
    shipped = shipped_library().choose(["ipcc2006"], ["residue_burning_factor"]).to_polars()
    mine = own(
        ("residue_ratio", "straw", None, 1.0, "kg/kg"),
        ("dry_matter_fraction", "straw", None, 1.0, "kg/kg"),
        ("combustion_factor", "straw", None, 0.85, "kg/kg"),
    )
    known = FactorTable(pl.concat([shipped, mine.to_polars()]))
    harvest = pl.DataFrame({**BASE, "activity": ["straw"], "value": [1.0], "unit": ["t"], "burnt_share": [1.0]})
    rows = residue_burning(HarvestTable(harvest), known).to_polars()
    gases = dict(rows.select("gas", "value").iter_rows())
    grams = (gases["CH4"] * CH4 + gases["N2O"] * N2O + 0.85 * 1.515) * 1e6
    assert grams == pytest.approx(1_365_958.5, rel=1e-9)
