"""Processes by output: factors of one edition, several gases, region and year, uncertainty, and what does not belong here."""

from __future__ import annotations

import math

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError, UnitError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.industry.process import METHOD_ID, process

PROVINCIAL = "provincial-guideline-2011"


def made(activity: str, value: float = 1000.0, unit: str = "t", **columns: object) -> ActivityTable:
    row = {
        "place": ["A"],
        "time": ["2020"],
        "sector": ["process.other"],
        "activity": [activity],
        "value": [value],
        "unit": [unit],
    }
    return ActivityTable(pl.DataFrame({**row, **{name: [cell] for name, cell in columns.items()}}))


def gases(activity: str, edition: str, value: float = 1000.0, unit: str = "t") -> dict[str, float]:
    rows = process(made(activity, value, unit), shipped_library().choose([edition])).to_polars()
    assert set(rows["scope"]) == {"1"}
    assert set(rows["method"]) == {METHOD_ID}
    return dict(rows.select("gas", "value").iter_rows())


@pytest.mark.parametrize(("edition", "tonnes"), [(PROVINCIAL, 538.0), ("wbcsd-csi", 525.0), ("ipcc2006", 520.2)])
def test_clinker_by_edition(edition: str, tonnes: float) -> None:
    assert gases("cement_clinker", edition) == pytest.approx({"CO2": tonnes}, rel=1e-12)


@pytest.mark.parametrize("editions", [[PROVINCIAL, "wbcsd-csi"], ["wbcsd-csi", "ipcc2006"]])
def test_two_editions_of_clinker_are_never_mixed(editions: list[str]) -> None:
    with pytest.raises(CoverageError) as caught:
        process(made("cement_clinker"), shipped_library().choose(editions))
    assert [problem.code for problem in caught.value.problems] == ["editions_mixed"]


def test_a_process_has_all_gases_of_its_edition() -> None:
    """1000 t of aluminium from centre-worked prebake cells: 1600 t CO2, 0.4 kg/t CF4 and 0.04 kg/t C2F6."""
    found = gases("aluminium_centre_work_prebake", "ipcc2006")
    assert found == pytest.approx({"CO2": 1600.0, "CF4": 0.4, "C2F6": 0.04}, rel=1e-12)
    assert set(gases("aluminium_centre_work_prebake", PROVINCIAL)) == {"CF4", "C2F6"}


def test_factors_per_area() -> None:
    """20 000 m² of wafers: 0.9, 1.0, 0.04, 0.05, 0.04 and 0.2 kg/m²."""
    found = gases("semiconductor_wafers", "ipcc2006", 20000.0, "m^2")
    wanted = {"CF4": 18.0, "C2F6": 20.0, "HFC-23": 0.8, "C3F8": 1.0, "NF3": 0.8, "SF6": 4.0}
    assert found == pytest.approx(wanted, rel=1e-12)


def test_chinese_units_are_converted() -> None:
    assert gases("lime", PROVINCIAL, 2.0, "万吨") == pytest.approx({"CO2": 13660.0}, rel=1e-12)


def test_uncertainty_of_output_and_factor_add_in_quadrature() -> None:
    """Nitric acid, medium pressure: 7 kg/t with 20 % at 95 % is 10.204 % sd; output 5 %: together 11.363 % of 7 t."""
    table = made("nitric_acid_medium_pressure", sd=50.0)
    row = process(table, shipped_library().choose(["ipcc2006"])).to_polars().row(0, named=True)
    assert row["value"] == pytest.approx(7.0)
    assert row["sd_activity"] == pytest.approx(0.35)
    assert row["sd_factor"] == pytest.approx(7.0 * 0.2 / 1.96, rel=1e-4)
    assert row["sd"] == pytest.approx(7.0 * math.hypot(0.05, 0.2 / 1.96), rel=2e-3)


@pytest.mark.parametrize("activity", ["coke", "natural_gas", "electricity", "flat_glass", "gas_wellhead"])
def test_what_is_no_process_is_refused_with_its_row(activity: str) -> None:
    """IPCC has a factor per energy of coke in the same edition: as reductant it would be counted twice."""
    table = made(activity, 100.0, "GJ", provenance_id="works.csv:7")
    with pytest.raises(DoubleCountError) as caught:
        process(table, shipped_library().choose(["ipcc2006"]))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("activity_elsewhere", activity)
    assert (problem.where.file, problem.where.rows) == ("works.csv", (7,))
    assert "过程" in problem.fix("zh")


def test_a_process_of_ones_own_with_ones_own_factor() -> None:
    own = FactorTable(pl.DataFrame({"activity": ["our_kiln"], "gas": ["CO2"], "value": [0.3], "unit": ["t/t"]}))
    assert process(made("our_kiln"), own).to_polars()["value"].to_list() == pytest.approx([300.0])


def test_years_and_regions_follow_the_common_rules() -> None:
    factors = shipped_library().choose([PROVINCIAL])
    early = ActivityTable(made("lime").to_polars().with_columns(time=pl.lit("1999")))
    with pytest.raises(CoverageError):
        process(early, factors)
    rows = process(early, factors, year_rule="nearest").to_polars()
    assert rows["value"].to_list() == pytest.approx([683.0])
    assert "YEAR 1999" in rows["rule"][0]


def test_a_process_without_factor_and_a_wrong_unit_are_told() -> None:
    with pytest.raises(CoverageError) as caught:
        process(made("ammonia_gas_average"), shipped_library().choose([PROVINCIAL]))
    assert caught.value.problems[0].code == "factor_missing"
    with pytest.raises(UnitError):
        process(made("lime", 1.0, "m^3"), shipped_library().choose([PROVINCIAL]))


def test_other_figures_of_a_process_are_no_emission_factor() -> None:
    """Pig iron has a carbon fraction in the guideline; that is no factor of output."""
    with pytest.raises(CoverageError):
        process(made("pig_iron"), shipped_library().choose([PROVINCIAL]))
