"""Clinker by its oxides, hand-worked: carbonate shares, kiln dust, units, and what cannot be."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError
from citycarbon.core.tables import EmissionTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.industry.clinker_chemistry import METHOD_ID, ClinkerTable, clinker_chemistry


def kiln(**cells: object) -> ClinkerTable:
    row: dict[str, object] = {
        "place": "A", "time": "2020", "sector": "process.cement", "value": 1000.0, "unit": "t", "calcium_oxide": 0.65,
        "magnesium_oxide": 0.02, "non_carbonate_calcium_oxide": 0.0, "non_carbonate_magnesium_oxide": 0.0,
    }  # fmt: skip
    return ClinkerTable(pl.DataFrame([{**row, **cells}]))


def account(edition: str = "ipcc2006", **cells: object) -> dict[str, object]:
    made = clinker_chemistry(kiln(**cells), shipped_library().choose([edition]))
    assert isinstance(made, EmissionTable)
    return made.to_polars().row(0, named=True)


def test_oxides_that_were_no_carbonate_are_taken_off() -> None:
    """(0.65 − 0.03)·44/56 + (0.02 − 0.005)·1.1 = 0.487143 + 0.0165 = 0.503643 t/t; the guideline adds no dust."""
    row = account("provincial-guideline-2011", non_carbonate_calcium_oxide=0.03, non_carbonate_magnesium_oxide=0.005)
    assert row["value"] == pytest.approx(1000 * (0.62 * 44 / 56 + 0.015 * 1.1), rel=1e-9)
    assert (row["scope"], row["gas"], row["activity"], row["method"]) == ("1", "CO2", "cement_clinker", METHOD_ID)


def test_dust_that_is_not_stated_is_the_dust_factor_of_the_edition() -> None:
    """0.65·0.785·1.02 = 0.520455, the 0.52 that IPCC prints as its default."""
    row = account(magnesium_oxide=0.0)
    assert row["value"] == pytest.approx(520.455, abs=1e-9)
    assert "ipcc2006.kd.cement_clinker" in str(row["factor_id"])


def test_dust_that_is_stated_replaces_the_dust_factor() -> None:
    """EF 0.51025, r = 0.337863; 40 t of dust calcined to 60 %: r·d/(1 − r·d) = 0.254256, that is 10.170 t."""
    row = account(magnesium_oxide=0.0, kiln_dust=40.0, dust_calcination=0.6)
    share = 0.51025 / 1.51025 * 0.6
    assert row["value"] == pytest.approx(510.25 + 40 * share / (1 - share), rel=1e-12)
    assert row["value"] == pytest.approx(520.420, abs=0.001)
    assert "kd" not in str(row["factor_id"])


def test_dust_that_was_never_calcined_or_is_none_adds_nothing() -> None:
    assert account(magnesium_oxide=0.0, kiln_dust=40.0, dust_calcination=0.0)["value"] == pytest.approx(510.25)
    assert account(magnesium_oxide=0.0, kiln_dust=0.0)["value"] == pytest.approx(510.25)


def test_units_and_uncertainty_of_the_clinker() -> None:
    row = account(magnesium_oxide=0.0, value=0.1, unit="万吨", sd=0.005, kiln_dust=0.0)
    assert row["value"] == pytest.approx(510.25)
    assert row["sd"] == pytest.approx(25.5125)
    assert row["sd_activity"] == pytest.approx(25.5125)


def test_what_cannot_be_is_refused_all_at_once() -> None:
    with pytest.raises(InputError) as caught:
        account(
            calcium_oxide=0.65, magnesium_oxide=0.4, non_carbonate_calcium_oxide=0.7, kiln_dust=3.0,
            provenance_id="kiln.csv:2",
        )  # fmt: skip
    codes = [problem.code for problem in caught.value.problems]
    assert codes == ["value_out_of_range", "value_out_of_range", "parameter_missing"]
    assert {problem.where.rows for problem in caught.value.problems} == {(2,)}


def test_a_percentage_is_no_share() -> None:
    with pytest.raises(InputError):
        kiln(calcium_oxide=65.0)


def test_a_share_that_is_not_stated_is_not_guessed() -> None:
    with pytest.raises(InputError):
        ClinkerTable(kiln().to_polars().drop("non_carbonate_calcium_oxide"))
    with pytest.raises(InputError):
        kiln(magnesium_oxide=None)


def test_two_editions_differ_and_none_is_missing() -> None:
    for editions, code in (
        (["ipcc2006", "provincial-guideline-2011"], "factor_ambiguous"),
        (["wbcsd-csi"], "factor_missing"),
    ):
        with pytest.raises(CoverageError) as caught:
            clinker_chemistry(kiln(), shipped_library().choose(editions))
        assert [problem.code for problem in caught.value.problems] == [code] * 3
