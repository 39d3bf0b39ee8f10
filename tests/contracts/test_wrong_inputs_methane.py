"""Methane weighs by its origin in AR6: 29.8 fossil, 27.0 otherwise, by method; what nobody stated is said and never silent."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.core.totals import total
from citycarbon.data.exchange.from_account import records_from_emissions
from citycarbon.data.exchange.records import RecordTable
from citycarbon.data.library import gwp_rows, shipped_library, warming_metric
from citycarbon.inventory import accounting
from citycarbon.inventory.accounting.reported.reported_inventory import reported_inventory
from citycarbon.inventory.space.shares import ShareTable, place_by_shares
from citycarbon.studies.own_checks import unstated_methane

AR6, AR5 = warming_metric("AR6-GWP100"), warming_metric("AR5-GWP100")
METHODS = {method.id.rpartition(".")[2]: method for method in accounting.METHODS}
ROW = {"place": "A", "time": "2020", "sector": "s", "scope": "1", "unit": "t"}


def methane(*origins: str | None) -> EmissionTable:
    """A tonne of each origin."""
    frame = pl.DataFrame({"methane_origin": list(origins)}, schema={"methane_origin": pl.String})
    return EmissionTable(frame.with_columns(**{k: pl.lit(v) for k, v in ROW.items()}, activity=pl.lit("x"),
                                            gas=pl.lit("CH4"), value=pl.lit(1.0)))  # fmt: skip


def made(name: str, activity: str, value: float, unit: str, edition: str, **more: object) -> EmissionTable:
    method = METHODS[name]
    row = {"place": "A", "time": "2020", "sector": "s", "activity": activity, "value": value, "unit": unit} | more
    row = {key: word for key, word in row.items() if word is not None}
    table = method.parameters[0].table
    assert table is not None
    found = method(table(pl.DataFrame([row])), shipped_library().choose(edition.split()))
    assert isinstance(found, EmissionTable)
    return found


def weight(emissions: EmissionTable, metric: str = "AR6-GWP100") -> float:
    """CO2e of the methane over its mass."""
    gas = emissions.filter(gas="CH4")
    return float(gas.to_co2e(warming_metric(metric)).to_polars()["value"].sum() / gas.to_polars()["value"].sum())


def test_a_million_tonnes_of_coal_underground() -> None:
    """12,060 t of methane × 29.8 are 359,388 t CO2e (336,474 with one figure for all methane)."""
    mine = made("coal_fugitive", "coal_underground_average", 1.0, "Mt", "ipcc2006")
    assert total(mine)["value"].to_list() == pytest.approx([12_060.0])
    assert total(mine.to_co2e(AR6))["value"].to_list() == pytest.approx([359_388.0])


FOSSIL = [
    ("coal_fugitive", "coal_surface_average", 1.0, "Mt", "ipcc2006", {}),
    ("coal_fugitive", "coal_underground_post_average", 1.0, "Mt", "ipcc2006", {"methane_used": 1e5}),
    ("oil_gas_fugitive", "gas_distribution", 1e9, "m3@15C", "ipcc2006-oil-gas-developing", {}),
    ("process", "silicon_carbide", 1.0, "t", "ipcc2006", {}),
]
OTHER = [
    ("biological_treatment", "composting", 1.0, "t", "ipcc2006", {}),
    ("combustion", "natural_gas", 1.0, "TJ", "ipcc2006", {"sector": "residential"}),
    ("combustion", "wood", 1.0, "TJ", "ipcc2006", {"sector": "energy_industries"}),
    (
        "livestock",
        "dairy_cattle",
        100.0,
        "head",
        "ipcc2006",
        {"place": "江苏", "sector": None, "mean_temperature": 15.0},
    ),
]


@pytest.mark.parametrize(("case", "potential"), [(c, 29.8) for c in FOSSIL] + [(c, 27.0) for c in OTHER],
                         ids=lambda case: f"{case[0]} {case[1]}" if isinstance(case, tuple) else str(case))  # fmt: skip
def test_each_method_gives_its_methane(
    case: tuple[str, str, float, str, str, dict[str, object]], potential: float
) -> None:
    name, activity, value, unit, edition, more = case
    found = made(name, activity, value, unit, edition, **more)
    assert weight(found) == pytest.approx(potential)
    assert weight(found, "AR5-GWP100") == pytest.approx(28.0)
    assert weight(found, "AR6-GWP20") == pytest.approx({29.8: 82.5, 27.0: 79.7}[potential])


def test_methane_of_waste_and_rice_is_not_fossil() -> None:
    rows = {"site": "managed_anaerobic", "doc": 0.14, "landfilled_share": 1.0}
    landfill = made("landfill_mass_balance", "municipal_solid_waste", 10_000.0, "t", "ipcc2006", **rows)
    assert total(landfill.to_co2e(AR6))["value"][0] == pytest.approx(466.6667 * 27.0, rel=1e-6)
    for method in METHODS.values():
        if ".waste." in method.function.__module__ or ".agriculture." in method.function.__module__:
            assert method.methane == "non-fossil" or method.gives is not EmissionTable, method.id


def test_every_library_activity_with_methane_belongs_to_a_method_that_knows_its_origin() -> None:
    """A method that can give CH4 by a shipped factor states an origin."""
    silent = {"stack_monitor", "building_life_cycle", "refrigerant", "electrical_equipment", "clinker_chemistry",
              "mass_balance", "water", "product_use"}  # fmt: skip
    for name, method in METHODS.items():
        if method.gives is EmissionTable and any(p.table is FactorTable for p in method.parameters):
            assert method.methane or name in silent, name


def test_own_factors_of_methane_go_by_the_method() -> None:
    own = FactorTable(pl.DataFrame({"activity": ["x"], "gas": ["CH4"], "value": [1.0], "unit": ["t/t"]}))
    used = ActivityTable(pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["s"], "activity": ["x"],
                                       "value": [1.0], "unit": ["t"]}))  # fmt: skip
    assert weight(METHODS["combustion"](used, own)) == pytest.approx(27.0)


def test_unstated_methane_says_so() -> None:
    """Rows of others that do not say: 27.9, in the rule of the row and as a finding with the mass."""
    table = methane("fossil", "non-fossil", None)
    rows = table.to_co2e(AR6).to_polars()
    assert rows["value"].to_list() == [29.8, 27.0, 27.9]
    assert rows["rule"].to_list() == [None, None, "CH4 of unstated origin × 27.9"]
    found = unstated_methane(table.to_polars(), AR6)
    assert [(check.id, check.severity, check.value) for check in found] == [("methane.unstated", "caveat", 1.0)]
    assert unstated_methane(table.to_polars(), AR5) == []
    assert table.to_co2e(AR5).to_polars()["value"].to_list() == [28.0] * 3


def test_an_unknown_origin_is_refused() -> None:
    with pytest.raises(InputError):
        methane("biogas")


def test_mass_of_methane_is_one_gas() -> None:
    table = methane("fossil", "non-fossil", None)
    assert total(table)["value"].to_list() == [3.0]
    assert sorted(pl.DataFrame(total(table, ["methane_origin"])).select("methane_origin", "value").rows(),
                  key=str) == [("fossil", 1.0), ("non-fossil", 1.0), (None, 1.0)]  # fmt: skip


def test_methane_keeps_its_origin_on_other_places() -> None:
    shares = ShareTable(pl.DataFrame({"place": "A", "target": ["b", "c"], "share": [0.25, 0.75]}))
    moved = place_by_shares(methane("fossil", "non-fossil"), shares)
    assert total(moved.to_co2e(AR6))["value"][0] == pytest.approx(56.8)


@pytest.mark.parametrize(("number", "potential"), [("I.7.1", 29.8), ("I.8.1", 29.8), ("IV.1", 29.8), ("I.1.1", 27.0),
                                                   ("III.1.1", 27.0), ("V.1", 27.0), ("II.1.1", 27.0)])  # fmt: skip
def test_reported_methane_goes_by_its_number(number: str, potential: float) -> None:
    record = {"place": "A", "inventory_year": 2022, "gpc_number": number, "emission_co2e": 56.0, "emission_ch4": 56.0,
              "gas_unit": "t CO2e"}  # fmt: skip
    rows = reported_inventory(RecordTable(pl.DataFrame([record])), gas_metric="AR5-GWP100", gases="each")
    assert total(rows.to_co2e(AR6))["value"][0] == pytest.approx(2.0 * potential)
    again = reported_inventory(RecordTable(pl.DataFrame([record])), gas_metric="AR6-GWP100", gases="each")
    assert total(again.to_co2e(AR6))["value"][0] == pytest.approx(56.0)


def test_exports_put_both_origins_into_one_column() -> None:
    rows = methane("fossil", "non-fossil").to_polars().with_columns(sector=pl.lit("I.8.1"))
    record = records_from_emissions(EmissionTable(rows), metric="AR6-GWP100").to_polars()
    assert record["emission_ch4"].sum() == pytest.approx(56.8)
    assert record["emission_co2e"].sum() == pytest.approx(56.8)


def test_sulphur_hexafluoride_as_printed_and_as_corrected() -> None:
    """25,200 of 2021 and 24,300 of the GHG Protocol's list are metrics of two names, alike in all else."""
    corrected = warming_metric("AR6-GWP100-corrected")
    assert (AR6.factors["SF6"], corrected.factors["SF6"]) == (25_200.0, 24_300.0)
    assert {gas for gas in AR6.factors if AR6.factors[gas] != corrected.factors[gas]} == {"SF6"}
    assert AR6.factors.keys() == corrected.factors.keys()
    assert "ghg_protocol_gwp_2024" in corrected.sources
    row = EmissionTable(pl.DataFrame({**ROW, "activity": "x", "gas": ["SF6"], "value": [1.0]}))
    assert row.to_co2e(corrected).to_polars()["metric"].to_list() == ["AR6-GWP100-corrected"]
    assert gwp_rows().select("gas", "metric").is_unique().all()


def test_the_record_of_a_method_says_its_methane() -> None:
    assert "methane" in {field.name for field in dataclasses.fields(METHODS["combustion"])}
