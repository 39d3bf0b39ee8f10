"""Composting, digestion, incineration and open burning by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError, SchemaError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.library import shipped_library, warming_metric
from citycarbon.inventory.accounting.waste.biological_treatment import biological_treatment
from citycarbon.inventory.accounting.waste.incineration import BurntWasteTable, incineration
from citycarbon.inventory.accounting.waste.recovered import RecoveryTable

BASE = {"place": "A", "time": "2020", "sector": "waste.incineration", "value": 1000.0, "unit": "t"}
BOTH = ("provincial-guideline-2011", "ipcc2006")


def burnt(*rows: dict[str, Any], editions: tuple[str, ...] = BOTH) -> pl.DataFrame:
    table = BurntWasteTable(pl.DataFrame([{**BASE, **row} for row in rows], infer_schema_length=None))
    return incineration(table, shipped_library().choose(editions)).to_polars()


def gases(rows: pl.DataFrame) -> dict[str, float | None]:
    return dict(rows.select("gas", "value").iter_rows())


def treated(*rows: dict[str, Any], recovered: RecoveryTable | None = None) -> pl.DataFrame:
    base = {**BASE, "sector": "waste.biological", "activity": "anaerobic_digestion"}
    table = ActivityTable(pl.DataFrame([{**base, **row} for row in rows], infer_schema_length=None))
    return biological_treatment(table, shipped_library().choose(["ipcc2006"]), recovered).to_polars()


def test_wet_and_dry_weight_agree_at_sixty_per_cent_moisture() -> None:
    """1000 t wet hold 400 t dry matter: 4 kg/t wet is 10 kg/t dry, 0.8 is 2, 0.24 is 0.6."""
    names = ("composting", "anaerobic_digestion")
    wet = treated(*({"activity": name} for name in names))
    dry = treated(*({"activity": f"{name}_dry", "value": 400.0} for name in names))
    assert wet["value"].to_list() == pytest.approx([4.0, 0.24, 0.8, 0.0], rel=1e-12)
    assert dry["value"].to_list() == pytest.approx(wet["value"].to_list(), rel=1e-12)


def test_recovered_methane_comes_off_and_nitrous_oxide_stays() -> None:
    base = {"place": "A", "time": "2020", "sector": "waste.biological", "unit": "kg"}
    rows = treated(
        {"activity": "composting", "sd": 100.0}, recovered=RecoveryTable(pl.DataFrame([{**base, "value": 500.0}]))
    )
    assert gases(rows) == pytest.approx({"CH4": 3.5, "N2O": 0.24}, rel=1e-12)
    assert dict(rows.select("gas", "sd").iter_rows()) == pytest.approx({"CH4": 0.4, "N2O": 0.024}, rel=1e-12)
    with pytest.raises(SchemaError) as caught:
        treated({}, recovered=RecoveryTable(pl.DataFrame([{**base, "value": 801.0}])))
    assert caught.value.problems[0].code == "recovery_exceeds"


def test_an_unknown_treatment_is_refused() -> None:
    with pytest.raises(CoverageError):
        treated({"activity": "mulching"})


def test_months_of_one_year_share_its_recovery() -> None:
    base = {"place": "A", "time": "2020", "sector": "waste.biological", "unit": "t", "value": 2.0}
    rows = treated(
        {"activity": "composting", "time": "2020-01"},
        {"activity": "composting", "time": "2020-02", "value": 3000.0},
        recovered=RecoveryTable(pl.DataFrame([base])),
    )
    assert rows.filter(pl.col("gas") == "CH4")["value"].to_list() == pytest.approx([4 - 0.5, 12 - 1.5], rel=1e-12)


def test_municipal_waste_in_a_furnace() -> None:
    """1000 t · 0.2 · 0.39 · 0.95 · 44/12 = 271.70 t fossil, · 0.61 = 424.97 t biogenic; 50 g N2O and 0.0002 kg CH4 per t."""
    rows = burnt({"activity": "municipal_solid_waste", "technology": "continuous_stoker"})
    wanted = {"CO2": 271.7, "CO2-biogenic": 424.966667, "CH4": 0.0002, "N2O": 0.05}
    assert gases(rows) == pytest.approx(wanted, rel=1e-8)
    assert rows["scope"].unique().to_list() == ["1"]


def test_the_biogenic_part_is_a_memo_of_its_own() -> None:
    base = {**BASE, "activity": "municipal_solid_waste", "technology": "batch_stoker"}
    table = incineration(BurntWasteTable(pl.DataFrame([base])), shipped_library().choose(BOTH))
    rows = table.to_co2e(warming_metric("AR5-GWP100")).to_polars()
    counted = rows.filter(pl.col("gas") == "CO2e")["value"].sum()
    assert counted == pytest.approx(271.7 + 0.06 * 28 + 0.06 * 265, rel=1e-9)
    assert rows.filter(pl.col("gas") == "CO2-biogenic").height == 1


def test_without_a_furnace_methane_and_nitrous_oxide_are_not_estimated() -> None:
    rows = burnt({"activity": "hazardous_waste"})
    assert gases(rows)["CO2"] == pytest.approx(1000 * 0.01 * 0.9 * 0.97 * 44 / 12, rel=1e-12)
    bare = rows.filter(pl.col("value").is_null())
    assert bare.select("gas", "notation", "factor_id").rows() == [("CH4", "NE", None), ("N2O", "NE", None)]


def test_sludge_is_biogenic() -> None:
    rows = gases(burnt({"activity": "sewage_sludge"}))
    assert rows["CO2"] == 0
    assert rows["CO2-biogenic"] == pytest.approx(1000 * 0.3 * 0.95 * 44 / 12, rel=1e-12)
    assert rows["N2O"] == pytest.approx(0.9, rel=1e-12)


def test_components_by_dry_weight() -> None:
    """Plastics 1.0 · 0.75 · 1 · 44/12 = 2.75 t/t; textiles 0.8 · 0.5 · 0.2 · 44/12 = 0.29333 t/t, 0.8 of it biogenic."""
    rows = burnt({"activity": "plastic_waste"}, {"activity": "textile_waste"}, editions=("ipcc2006",))
    carbon = rows.filter(pl.col("gas").str.starts_with("CO2")).sort("activity", "gas")
    wanted = [2750.0, 0.0, 293.333333, 1173.333333]
    assert carbon["value"].to_list() == pytest.approx(wanted, rel=1e-8)


def test_open_burning_oxidises_less() -> None:
    """0.58 instead of 0.95; 6.5 kg CH4 per t; N2O by dry weight, so without the dry matter it is not estimated."""
    rows = gases(burnt({"activity": "municipal_solid_waste_open_burning"}))
    assert rows["CO2"] == pytest.approx(165.88, rel=1e-12)
    assert (rows["CH4"], rows["N2O"]) == (pytest.approx(6.5, rel=1e-12), None)
    rows = gases(burnt({"activity": "municipal_solid_waste_open_burning", "dry_matter": 0.6}))
    assert rows["N2O"] == pytest.approx(1000 * 0.6 * 150e-6, rel=1e-12)


def test_own_composition_wins() -> None:
    row = {"activity": "refuse_derived_fuel", "carbon_content": 0.4, "fossil_share": 0.5, "combustion_efficiency": 1.0}
    rows = burnt(row)
    assert gases(rows)["CO2"] == pytest.approx(1000 * 0.4 * 0.5 * 44 / 12, rel=1e-12)
    stated = burnt({**row, "activity": "plastic_waste"})
    assert gases(stated)["CO2"] == pytest.approx(1000 * 0.4 * 0.5 * 44 / 12, rel=1e-12)
    assert rows.filter(pl.col("gas") == "CO2")["factor_id"].to_list() == [None]


def test_uncertainty_of_a_factor_goes_where_it_belongs() -> None:
    """The fossil share 0.39 ± 0.039 is 10 % of the fossil CO2 and 0.039/0.61 of the biogenic; CH4 has nothing of it."""
    table = shipped_library().choose(BOTH).to_polars()
    share = pl.col("activity") == "municipal_solid_waste_fossil_carbon"
    unsure = FactorTable(table.with_columns(pl.when(share).then(0.039).otherwise(pl.col("sd")).alias("sd")))
    base = {**BASE, "activity": "municipal_solid_waste", "technology": "continuous_stoker"}
    rows = incineration(BurntWasteTable(pl.DataFrame([base])), unsure).to_polars()
    found = dict(rows.select("gas", "sd").iter_rows())
    assert found["CO2"] == pytest.approx(27.17, rel=1e-9)
    assert found["CO2-biogenic"] == pytest.approx(424.966667 * 0.039 / 0.61, rel=1e-7)
    assert found["CH4"] is None


def test_unknown_waste_and_missing_dry_matter_are_refused() -> None:
    with pytest.raises(CoverageError) as caught:
        burnt({"activity": "tyres", "provenance_id": "w.csv:7"})
    assert {problem.where.rows for problem in caught.value.problems} == {(7,)}
    table = shipped_library().choose(["ipcc2006"]).to_polars().filter(pl.col("activity") != "plastic_waste_dry_matter")
    base = {**BASE, "activity": "plastic_waste"}
    with pytest.raises(InputError) as refused:
        incineration(BurntWasteTable(pl.DataFrame([base])), FactorTable(table))
    assert [(p.code, p.where.column) for p in refused.value.problems] == [("parameter_missing", "dry_matter")]
