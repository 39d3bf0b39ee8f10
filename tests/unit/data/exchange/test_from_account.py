"""Records out of an account: gases, totals, activity and factors in effect, and nothing lost; worked by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.data.exchange.from_account import SHARED, records_from_emissions

METRIC = "AR5-GWP100"


def emissions(*rows: dict[str, Any]) -> EmissionTable:
    base = {
        "place": "A",
        "time": "2022",
        "activity": "gas",
        "scope": "1",
        "unit": "t",
        "notation": None,
        "factor_id": "f1",
    }
    names = [*base, "sector", "gas", "value", "provenance_id"]
    schema = dict.fromkeys(names, pl.String) | {"value": pl.Float64}
    return EmissionTable(pl.DataFrame([{**dict.fromkeys(names), **base, **row} for row in rows], schema=schema))


def gas(name: str, value: float, sector: str = "I.1.1", row: int = 2, **more: Any) -> dict[str, Any]:
    return {"sector": sector, "gas": name, "value": value, "provenance_id": f"f.csv:{row}", **more}


def test_gases_of_one_row_become_one_record_in_co2e() -> None:
    """2 t CO2 + 0.1 t CH4 · 28 + 0.01 t N2O · 265 = 7.45 t CO2e of 100 GJ: 74.5 kg CO2e/GJ."""
    activity = ActivityTable(pl.DataFrame({"place": "A", "time": "2022", "sector": "I.1", "activity": "gas", "value": [100.0],
                                           "unit": "GJ", "provenance_id": "f.csv:2"}))  # fmt: skip
    factors = FactorTable(pl.DataFrame({"factor_id": ["f1"], "activity": "gas", "gas": "CO2", "value": [1.0], "unit": "t/GJ",
                                        "source": "book", "edition": "first"}))  # fmt: skip
    made = records_from_emissions(
        emissions(gas("CO2", 2.0), gas("CH4", 0.1), gas("N2O", 0.01)), activity, factors, metric=METRIC
    )
    (row,) = made.to_polars().iter_rows(named=True)
    assert row["emission_co2e"] == pytest.approx(7.45, rel=1e-12)
    assert (row["emission_co2"], row["emission_ch4"], row["emission_n2o"]) == pytest.approx((2.0, 2.8, 2.65), rel=1e-12)
    assert (row["gpc_number"], row["inventory_year"], row["gas_unit"]) == ("I.1.1", 2022, "t CO2e")
    assert (row["activity_value"], row["activity_unit"], row["factor_unit"]) == (100.0, "GJ", "kg CO2e/GJ")
    assert row["factor_co2e"] == pytest.approx(74.5, rel=1e-12)
    assert (row["factor_description"], row["factor_source"], row["activity_source"]) == ("f1", "book, first", "f.csv:2")


def test_other_gases_stand_in_the_total_alone_and_biogenic_co2_beside_it() -> None:
    made = records_from_emissions(
        emissions(
            gas("CO2", 1.0, "IV.2"), gas("SF6", 0.001, "IV.2"), gas("CH4-fossil", 1.0, "I.8.1", 4),
            gas("CO2-biogenic", 5.0, "I.1.1", 3, scope="biogenic"), gas("CH4", 0.5, "I.1.1", 3),
        ), metric="AR6-GWP100",
    ).to_polars()  # fmt: skip
    first, second, third = made.iter_rows(named=True)
    assert (first["gpc_number"], first["emission_biogenic"]) == ("I.1.1", 5.0)
    assert first["emission_co2e"] == pytest.approx(0.5 * 27.9, rel=1e-12)
    assert second["emission_ch4"] == pytest.approx(29.8, rel=1e-12)
    assert third["emission_co2"] is None
    assert third["emission_co2e"] == pytest.approx(1.0 + 0.001 * 25200, rel=1e-12)


def test_keys_removals_and_what_has_no_number_are_kept() -> None:
    made = records_from_emissions(
        EmissionTable(pl.DataFrame({
            "place": "A", "time": "2022", "sector": ["I.7.1", "V.2", "not_mapped"], "activity": "x", "scope": ["1", "1", "3"],
            "gas": "CO2", "value": [None, -12.0, 6.0], "unit": "t", "flow": ["emission", "removal", "emission"],
            "notation": ["NO", None, None], "provenance_id": ["a:1", "a:2", "a:3"]})), metric=METRIC,
    ).to_polars()  # fmt: skip
    assert made.select("gpc_number", "emission_co2e", "notation", "crf_sector").rows() == [
        ("I.7.1", None, "NO", None), ("V.2", -12.0, None, None), (None, 6.0, None, "not_mapped"),
    ]  # fmt: skip


def test_an_activity_under_two_numbers_is_not_counted_twice() -> None:
    activity = ActivityTable(pl.DataFrame({"place": "A", "time": "2022", "sector": "s", "activity": "gas", "value": [100.0],
                                           "unit": "GJ", "provenance_id": "f.csv:2"}))  # fmt: skip
    made = records_from_emissions(
        emissions(gas("CO2", 3.0), gas("CO2", 1.0, "I.2.1")), activity, metric=METRIC
    ).to_polars()
    assert made["activity_value"].to_list() == [None, None]
    assert made["factor_co2e"].to_list() == [None, None]
    assert made["activity_description"].to_list() == [SHARED, SHARED]
    assert made["emission_co2e"].sum() == 4.0


def test_subsectors_that_the_study_knows() -> None:
    made = records_from_emissions(
        emissions(gas("CO2", 3.0, "I.2.1", 2), gas("CO2", 1.0, "I.2.1", 3)), metric=METRIC,
        subsectors={"f.csv:3": "Institutional buildings & facilities"},
    ).to_polars()  # fmt: skip
    assert made["crf_subsector"].to_list() == [None, "Institutional buildings & facilities"]


def test_alternatives_wrong_scopes_and_foreign_sectors_are_refused() -> None:
    frame = emissions(gas("CO2", 1.0), gas("CO2", 1.0, "III.1.2"), gas("CO2", 1.0, "homes")).to_polars()
    doubled = pl.concat([frame.with_columns(basis=pl.lit("location")), frame.with_columns(basis=pl.lit("market"))])
    with pytest.raises(InputError) as caught:
        records_from_emissions(EmissionTable(doubled), metric=METRIC)
    assert {(each.code, each.found) for each in caught.value.problems} == {
        ("sector_unknown", "homes"), ("scope_not_of_number", "III.1.2: 1"), ("sum_alternatives", "location, market"),
    }  # fmt: skip
