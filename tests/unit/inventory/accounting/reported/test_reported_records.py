"""Reported inventories as accounts, recomputed and totalled: hand-worked."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.tables import EmissionTable
from citycarbon.data.exchange.gpc import gpc_numbers
from citycarbon.data.exchange.records import RecordTable
from citycarbon.data.library import warming_metric
from citycarbon.inventory.accounting.reported import gpc_totals, recompute, reported_inventory

AR5 = warming_metric("AR5-GWP100")


def table(*rows: dict[str, Any]) -> RecordTable:
    kinds = {"number": pl.Float64, "year": pl.Int64}
    schema = {column.name: kinds.get(column.kind, pl.String) for column in RecordTable.columns}
    base = {**dict.fromkeys(schema), "place": "A", "inventory_year": 2022}
    numbered = [{**base, "provenance_id": f"r.csv:{number}", **row} for number, row in enumerate(rows, start=2)]
    return RecordTable(pl.DataFrame(numbered, schema=schema))


GASES = {"emission_co2": 2000.0, "emission_ch4": 2800.0, "emission_n2o": 2650.0, "gas_unit": "kg CO2e"}


def test_scope_comes_from_the_list_and_not_from_the_last_digit() -> None:
    records = table(
        *({"gpc_number": number, "emission_co2e": 1.0} for number in ("III.1.1", "III.1.2", "III.1.3", "I.1.3", "V.2"))
    )
    found = reported_inventory(records).to_polars().select("sector", "scope").rows()
    assert found == [("III.1.1", "1"), ("III.1.2", "3"), ("III.1.3", "1"), ("I.1.3", "3"), ("V.2", "1")]


def test_totals_keys_removals_and_provenance() -> None:
    records = table(
        {"gpc_number": "I.1.1", "emission_co2e": 7.45, "fuel_or_activity": "Gas", **GASES},
        {"gpc_number": "I.7.1", "notation": "NO"}, {"gpc_number": "V.2", "emission_co2e": -12.0},
        {"gpc_number": "I.1.1", "emission_co2e": 1.0, "emission_biogenic": 3.0}, {"gpc_number": None, "notation": "NE"},
    )  # fmt: skip
    rows = reported_inventory(records).to_polars()
    assert rows.select("sector", "activity", "gas", "value", "notation", "flow", "metric", "provenance_id").rows() == [
        ("I.1.1", "Gas", "CO2e", 7.45, None, "emission", "AR5-GWP100", "r.csv:2"),
        ("I.7.1", "not_stated", "CO2e", None, "NO", "emission", None, "r.csv:3"),
        ("V.2", "not_stated", "CO2e", -12.0, None, "removal", "AR5-GWP100", "r.csv:4"),
        ("I.1.1", "not_stated", "CO2e", 1.0, None, "emission", "AR5-GWP100", "r.csv:5"),
        ("I.1.1", "not_stated", "CO2-biogenic", 3.0, None, "emission", None, "r.csv:5"),
    ]  # fmt: skip
    assert set(rows["scenario"]) == {"reported"}
    assert set(rows["unit"]) == {"t"}


def test_by_gas_only_where_the_gases_make_up_the_total() -> None:
    """2000 kg CO2, 2800/28 = 100 kg CH4, 2650/265 = 10 kg N2O; the second record lacks 2 t and stays CO2e."""
    records = table(
        {"gpc_number": "I.1.1", "emission_co2e": 7.45, **GASES}, {"gpc_number": "I.3.1", "emission_co2e": 9.45, **GASES}
    )
    rows = reported_inventory(records, gases="each").to_polars()
    assert rows.select("sector", "gas", "value").rows() == [
        ("I.1.1", "CO2", 2.0), ("I.1.1", "CH4", pytest.approx(0.1)), ("I.1.1", "N2O", pytest.approx(0.01)),
        ("I.3.1", "CO2e", 9.45),
    ]  # fmt: skip
    whole = reported_inventory(records, gases="each").to_co2e(AR5).to_polars()["value"].sum()
    assert whole == pytest.approx(7.45 + 9.45, rel=1e-12)


def test_records_that_cannot_be_placed_are_refused_at_their_rows() -> None:
    records = table({"gpc_number": "X.1", "emission_co2e": 1.0}, {"gpc_number": "I.1.1"},
                    {"gpc_number": "I.1.1", "emission_co2e": 1.0, "inventory_year": None})  # fmt: skip
    with pytest.raises(InputError) as caught:
        reported_inventory(records)
    assert {(each.code, each.where.rows) for each in caught.value.problems} == {
        ("gpc_unknown", (2,)), ("number_missing", (3,)), ("value_empty", (4,)),
    }  # fmt: skip


def findings(*rows: dict[str, Any], **more: Any) -> dict[tuple[str, str], dict[str, Any]]:
    made = recompute(table(*rows), **more).to_polars()
    return {(row["check"], row["item"]): row for row in made.iter_rows(named=True)}


def test_activity_times_factor_with_units_that_convert() -> None:
    """10,000 MJ · (56.1 kg CO2 + 28 · 0.005 kg CH4 + 265 · 0.0001 kg N2O)/GJ = 10 GJ · 56.2665 kg/GJ = 0.562665 t."""
    row = {"gpc_number": "I.1.1", "activity_value": 10_000.0, "activity_unit": "MJ", "factor_unit": "kg/GJ",
           "factor_co2": 56.1, "factor_ch4": 0.005, "factor_n2o": 0.0001}  # fmt: skip
    good = findings({**row, "emission_co2e": 0.562665})["activity × factor", "I.1.1 (row 2)"]
    assert good["value"] == pytest.approx(0.562665, rel=1e-12)
    assert good["verdict"] == "agrees"
    assert findings({**row, "emission_co2e": 0.562})["activity × factor", "I.1.1 (row 2)"]["verdict"] == "rounding"
    bad = findings({**row, "emission_co2e": 0.662665})["activity × factor", "I.1.1 (row 2)"]
    assert bad["verdict"] == "misfit"
    assert "-15.09 %" in bad["explanation_en"]
    mixed = findings({**row, "emission_co2e": 562.665})["activity × factor", "I.1.1 (row 2)"]
    assert "1000" in mixed["explanation_en"]
    other = findings({**row, "emission_co2e": 0.562665}, gas_metric="AR6-GWP100")["activity × factor", "I.1.1 (row 2)"]
    assert other["value"] == pytest.approx(10 * (56.1 + 27.9 * 0.005 + 273 * 0.0001) / 1000, rel=1e-12)


def test_sums_and_the_gas_that_lacks() -> None:
    found = findings({"gpc_number": "IV.1", "fuel_or_activity": "Chemical", "emission_co2": 25010.84295,
                      "emission_ch4": 1667.594025, "emission_co2e": 28588.499})  # fmt: skip
    row = found["sum of gases", "IV.1 Chemical (row 2)"]
    assert row["verdict"] == "misfit"
    assert row["difference"] == pytest.approx(-1910.062025, rel=1e-9)
    assert "N2O" in row["explanation_en"]
    assert (
        findings({"gpc_number": "I.1.1", "emission_co2e": 7.45, **GASES})["sum of gases", "I.1.1 (row 2)"]["verdict"]
        == "agrees"
    )


def test_without_an_amount_all_gases_must_imply_the_same_one() -> None:
    """56,100 kg CO2 / 56.1 and 280 kg CO2e / (28 · 0.01) are both 1000 units; 140 kg CO2e of CH4 is 500."""
    row = {
        "gpc_number": "I.1.2",
        "factor_co2": 56.1,
        "factor_ch4": 0.01,
        "factor_unit": "kg/GJ",
        "emission_co2": 56100.0,
    }
    one = findings({**row, "emission_ch4": 280.0, "emission_co2e": 56.38})[
        "one activity for all gases", "I.1.2 (row 2)"
    ]
    assert (one["value"], one["expected"]) == (pytest.approx(1000.0), pytest.approx(1000.0))
    assert one["verdict"] in ("agrees", "rounding")
    two = findings(
        {**row, "factor_ch4": 0.010001, "factor_co2": 56.1001, "emission_ch4": 140.0, "emission_co2e": 56.24}
    )
    assert two["one activity for all gases", "I.1.2 (row 2)"]["verdict"] == "misfit"


def test_nothing_is_skipped_silently() -> None:
    rows: tuple[dict[str, Any], ...] = (
        {"gpc_number": "I.7.1", "notation": "NO"}, {"gpc_number": "I.1.1", "emission_co2e": 5.0},
        {"gpc_number": "I.1.1", "emission_co2e": 6.0, "activity_value": 9.0, "activity_unit": "TJ"},
        {"gpc_number": "I.1.1", "emission_co2e": 6.0, "activity_value": 9.0, "activity_unit": "MJ", "factor_co2": 1.0,
         "factor_unit": "kg/m3"}, {"gpc_number": "I.1.1", "emission_co2": 6.0},
        {"gpc_number": "I.1.1", "emission_co2e": 5.0},
    )  # fmt: skip
    found = findings(*rows)
    counted = {item: row["value"] for (check, item), row in found.items() if check == "not checked"}
    assert counted == {"key": 1.0, "total only": 2.0, "no factor": 1.0, "units": 1.0, "no total": 1.0}
    assert sum(counted.values()) == len(rows)
    assert [item for check, item in found if check == "the same record twice"] == ["I.1.1 (row 3)", "I.1.1 (row 7)"]
    assert "rows 3, 7" in found["not checked", "total only"]["explanation_en"]


def every(values: dict[str, float] | None = None) -> EmissionTable:
    """One row for each number: powers of two, so that every sum says which numbers are in it."""
    numbers = gpc_numbers()
    given = values or {number: 2.0**index for index, number in enumerate(numbers)}
    rows = pl.DataFrame({"place": "A", "time": "2022", "sector": list(given), "activity": "x",
                         "scope": [numbers[number][0] for number in given], "gas": "CO2e", "value": list(given.values()),
                         "unit": "t"})  # fmt: skip
    return EmissionTable(rows)


def test_basic_is_inside_basic_plus_and_holds_neither_generation_nor_foreign_waste() -> None:
    weights = {number: 2.0**index for index, number in enumerate(gpc_numbers())}
    totals = gpc_totals(every()).to_polars().filter(sector="all", scope="all")
    whole = dict(totals.select("gpc_level", "value").iter_rows())

    def members(level: str) -> set[str]:
        return {number for number, weight in weights.items() if int(whole[level]) & int(weight)}

    basic, plus = members("BASIC"), members("BASIC+")
    assert basic < plus
    assert plus - basic == {number for number in weights if number.startswith(("IV", "V."))} | {
        f"I.{n}.3" for n in range(1, 7)} | {f"II.{n}.3" for n in range(1, 5)}  # fmt: skip
    assert not plus & {"I.4.4", "III.1.3", "III.2.3", "III.3.3", "III.4.3", "VI.1"}
    assert {"III.1.2", "III.4.2", "I.4.1", "I.7.1"} <= basic
    assert members("territorial") == {number for number, (scope, _) in gpc_numbers().items() if scope == "1"}
    assert members("other scope 3") == {"VI.1"}


def test_sectors_and_scopes_add_to_the_whole() -> None:
    rows = gpc_totals(every()).to_polars()
    for level in ("BASIC", "BASIC+", "territorial"):
        part = rows.filter(gpc_level=level)
        whole = part.filter(sector="all", scope="all")["value"].item()
        assert part.filter((pl.col("sector") != "all") & (pl.col("scope") == "all"))["value"].sum() == whole
        assert part.filter((pl.col("sector") == "all") & (pl.col("scope") != "all"))["value"].sum() == whole
        assert part.filter((pl.col("sector") != "all") & (pl.col("scope") != "all"))["value"].sum() == whole


def test_keys_are_counted_and_never_zero() -> None:
    records = table({"gpc_number": "I.7.1", "notation": "NE"}, {"gpc_number": "II.1.1", "emission_co2e": 4.0},
                    {"gpc_number": "II.1.2", "notation": "IE"})  # fmt: skip
    rows = gpc_totals(reported_inventory(records)).to_polars().filter(gpc_level="BASIC", scope="all")
    found = {row["sector"]: (row["value"], row["without_number"]) for row in rows.iter_rows(named=True)}
    assert found == {"I": (None, 1.0), "II": (4.0, 1.0), "all": (4.0, 2.0)}


def test_uncertainty_is_carried_and_biogenic_left_out() -> None:
    frame = every({"I.1.1": 3.0, "I.2.1": 4.0}).to_polars().with_columns(sd=pl.Series([3.0, 4.0]))
    memo = frame.head(1).with_columns(gas=pl.lit("CO2-biogenic"), scope=pl.lit("biogenic"))
    row = (
        gpc_totals(EmissionTable(pl.concat([frame, memo])))
        .to_polars()
        .filter(gpc_level="BASIC", sector="all", scope="all")
    )
    assert row.select("value", "sd", "rows").row(0) == (7.0, pytest.approx(5.0), 2.0)


def test_gases_bases_and_foreign_sectors_are_refused() -> None:
    frame = every({"I.1.1": 3.0, "I.1.2": 4.0}).to_polars()
    cases = {
        "sum_gas": frame.with_columns(gas=pl.Series(["CO2", "CH4"])),
        "sum_alternatives": frame.with_columns(basis=pl.Series(["location", "market"])),
        "sector_unknown": frame.with_columns(sector=pl.Series(["I.1", "I.1.2"])),
    }
    for code, rows in cases.items():
        with pytest.raises(InputError, match=code):
            gpc_totals(EmissionTable(rows))
    mapped = every({"I.1.1": 3.0, "I.2.1": 4.0}).to_polars().with_columns(sector=pl.Series(["I.1.1", "not_mapped"]))
    totals = gpc_totals(EmissionTable(mapped)).to_polars().filter(sector="all", scope="all")
    assert dict(totals.select("gpc_level", "value").iter_rows())["BASIC"] == 3.0
