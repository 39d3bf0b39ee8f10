"""Three GPC inventories of 2022 that CityCatalyst exported: two Brazilian cities and Arica in Chile.

Source: Open-Earth-Foundation/CityCatalyst at commit 47afbbb, ``hiap/app/cap_off_app/data/ghgi_exports`` and
``hiap-meed/data/inventories``. The files are not part of the project; without them these tests are skipped, and say so.

Tolerances: what the files print. Totals are printed to 0.001 t, gases as whole kilograms of gas times the potential of the
AR5 (28, 265), so that a sum may be off by the potential in kg; totals of several rows are exact sums, met to 1e-9 relative.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.datasets import find
from citycarbon.data.exchange.citycatalyst import read_citycatalyst, write_citycatalyst
from citycarbon.data.exchange.closure import in_tonnes
from citycarbon.data.exchange.ecrf.layout import named
from citycarbon.data.exchange.ecrf.reading import read_ecrf
from citycarbon.data.exchange.ecrf.writing import write_ecrf
from citycarbon.data.exchange.records import ECRF_HEADERS, RecordTable
from citycarbon.data.library import warming_metric
from citycarbon.inventory.accounting.reported import gpc_totals, recompute, reported_inventory

SET = "city_inventories_citycatalyst"
CITIES = ("BR_ACZ", "BR_ARC", "CL_ARI")
PATHS = {city: find(SET, f"inventory-{city}-2022.csv") for city in CITIES}
pytestmark = pytest.mark.skipif(
    None in PATHS.values() and not os.environ.get("CI"), reason=f"data set {SET} is not here (CITYCARBON_DATA)"
)
AR5 = warming_metric("AR5-GWP100")


def path(city: str) -> Path:
    found = PATHS[city]
    assert found is not None
    return found


def records(city: str, **more: Any) -> RecordTable:
    return read_citycatalyst(path(city), notation={"RN": "NO"}, **more)[0]


@pytest.mark.parametrize(("city", "keys", "kept"), [("BR_ACZ", 27, 44), ("BR_ARC", 29, 38)])
def test_the_key_rn_is_refused_until_someone_says_what_it_means(city: str, keys: int, kept: int) -> None:
    """CityCatalyst writes the initials of ``reason-NO`` and of ``reason-NE``: both are RN."""
    with pytest.raises(InputError, match="notation_unknown"):
        read_citycatalyst(path(city))
    held, report = read_citycatalyst(path(city), strict=False)
    assert held.to_polars().height == kept
    (problem,) = report.refused
    assert problem.found == f"RN × {keys}"
    assert records(city).to_polars()["notation"].drop_nulls().to_list() == ["NO"] * keys


@pytest.mark.parametrize(
    ("city", "units"),
    [("BR_ACZ", {"kg CO2e": 44, None: 27}), ("BR_ARC", {"kg CO2e": 38, None: 29}),
     ("CL_ARI", {"kg CO2e": 11, "t CO2e": 16, None: 24})],
)  # fmt: skip
def test_gas_columns_hold_kilograms_and_in_arica_also_tonnes(city: str, units: dict[str | None, int]) -> None:
    """In Arica 23 rows have no gases; of the chemical industry no unit closes."""
    assert Counter(records(city).to_polars()["gas_unit"].to_list()) == units


@pytest.mark.parametrize(
    ("city", "outcomes"),
    [
        ("BR_ACZ", {("sum of gases", "agrees"): 42, ("sum of gases", "rounding"): 2, ("not checked", "caveat"): 1}),
        ("BR_ARC", {("sum of gases", "agrees"): 36, ("sum of gases", "rounding"): 2, ("not checked", "caveat"): 1}),
        ("CL_ARI", {("sum of gases", "agrees"): 20, ("sum of gases", "rounding"): 7, ("sum of gases", "misfit"): 1,
                    ("one activity for all gases", "agrees"): 11, ("not checked", "caveat"): 2}),
    ],
)  # fmt: skip
def test_every_row_is_recomputed_or_counted(city: str, outcomes: dict[tuple[str, str], int]) -> None:
    table = records(city)
    found = recompute(table).to_polars()
    assert Counter(found.select("check", "verdict").rows()) == outcomes
    checked = found.filter(pl.col("check") == "sum of gases").height
    counted = found.filter(pl.col("check") == "not checked")["value"].sum()
    assert checked + counted == table.to_polars().height


def test_the_one_misfit_lacks_1910_tonnes() -> None:
    """IV.1 Chemical: 25,010.843 of CO2 and 1,667.594 of CH4 are 26,678.437; the total says 28,588.499 t CO2e."""
    found = recompute(records("CL_ARI")).to_polars().filter(pl.col("verdict") == "misfit")
    (row,) = found.iter_rows(named=True)
    assert row["item"] == "IV.1 Chemical (row 38)"
    assert row["difference"] == pytest.approx(25010.84295 + 1667.594025 - 28588.499, rel=1e-9)
    assert "N2O" in row["explanation_en"]


def test_mock_rows_of_arica_all_imply_the_same_round_amount() -> None:
    """Eleven rows, five of them named as mock data, were all made with an activity of 1000."""
    found = recompute(records("CL_ARI")).to_polars().filter(pl.col("check") == "one activity for all gases")
    assert found["value"].to_list() == pytest.approx([1000.0] * 11, rel=1e-9)
    _, report = read_citycatalyst(path("CL_ARI"))
    mock = [use for use in report.values if use.found == "Mock data"]
    assert [use.count for use in mock] == [7]


@pytest.mark.parametrize(
    ("city", "basic", "plus", "territorial"),
    [("BR_ACZ", 394612.551, 657045.862, 638155.940), ("BR_ARC", 289463.908, 349770.236, 258550.650)],
)
def test_totals_by_the_rules_of_the_gpc(city: str, basic: float, plus: float, territorial: float) -> None:
    """Sums made apart, by the first digits of the numbers: nothing of I.4.4, III.x.3 or VI stands in these files."""
    rows = records(city).to_polars().drop_nulls("emission_co2e")
    number, value = pl.col("gpc_number"), pl.col("emission_co2e")
    losses = number.str.contains(r"^I{1,2}\.\d\.3$")
    by_hand = rows.filter(number.str.contains("^I{1,3}\\.") & ~losses).select(value.sum()).item()
    assert by_hand == pytest.approx(basic, rel=1e-9)
    found = gpc_totals(reported_inventory(records(city))).to_polars().filter(sector="all", scope="all")
    totals = dict(found.select("gpc_level", "value").iter_rows())
    assert totals == pytest.approx({"BASIC": basic, "BASIC+": plus, "territorial": territorial}, rel=1e-9)


@pytest.mark.parametrize("city", CITIES)
def test_the_account_by_gas_adds_to_the_stated_total_within_rounding(city: str) -> None:
    table = records(city)
    stated = table.to_polars()["emission_co2e"].sum()
    assert reported_inventory(table).to_polars()["value"].sum() == pytest.approx(stated, rel=1e-12)
    by_gas = reported_inventory(table, gases="each").to_co2e(AR5).to_polars()["value"].sum()
    # Each of at most 44 rows may be off by one kg of N2O (265 kg CO2e) and of CH4 (28).
    assert by_gas == pytest.approx(stated, abs=44 * 0.293)


@pytest.mark.parametrize("city", CITIES)
def test_csv_to_records_to_ecrf_to_records(city: str, tmp_path: Path) -> None:
    """The chemical industry of Arica needs a stated unit: nothing of unknown unit is written under a heading of tonnes."""
    table = records(city, gas_unit="t CO2e")
    if city == "CL_ARI":
        with pytest.raises(InputError, match="gas_unit_open"):
            write_ecrf(tmp_path / "x.xlsx", {}, records(city))
    book, again = tmp_path / "a.xlsx", tmp_path / f"inventory-{city}-2022.csv"
    write_ecrf(book, {"Name of city": city, "Inventory year": "2022"}, table)
    _, read, _, report = read_ecrf(book, gas_unit="t CO2e")
    assert report.refused == ()
    assert [each for each in report.notes if each.id.startswith("summary")] == []
    columns = [*ECRF_HEADERS.values(), "gas_unit", "place"]
    assert read.to_polars().select(columns).equals(in_tonnes(named(table), AR5).select(columns))
    write_citycatalyst(again, table)
    stated = [name for name in table.to_polars().columns if not name.startswith("emission_") and name != "gas_unit"]
    back, _ = read_citycatalyst(again, gas_unit="kg CO2e")
    assert back.to_polars().select(stated).equals(table.to_polars().select(stated))
    assert in_tonnes(back.to_polars(), AR5).select(columns).equals(in_tonnes(table.to_polars(), AR5).select(columns))


@pytest.mark.skipif(
    shutil.which("soffice") is None and not os.environ.get("CI"), reason="LibreOffice (soffice) is not installed"
)
def test_libreoffice_recomputes_the_summary(tmp_path: Path) -> None:
    write_ecrf(tmp_path / "a.xlsx", {}, records("BR_ACZ"))
    # Saved by another library the formulas have no stored values: what comes back was computed.
    openpyxl.load_workbook(tmp_path / "a.xlsx").save(tmp_path / "b.xlsx")
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    kind = "xlsx:Calc MS Excel 2007 XML"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        kind,
        "--outdir",
        str(tmp_path / "c"),
        str(tmp_path / "b.xlsx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    sheet = openpyxl.load_workbook(tmp_path / "c" / "b.xlsx", data_only=True)["eCRF_2"]
    rows = {row[0]: row for row in sheet.iter_rows(values_only=True)}
    total = rows["Total Emissions (excluding generation of grid-supplied energy)"]
    # BASIC of the city, IV and V: all but the losses of the grid and journeys beyond the boundary, which stand outside.
    assert total[1] == pytest.approx(638155.940, rel=1e-9)
    assert total[3] == pytest.approx(14538.216, rel=1e-9)
    assert total[5] == pytest.approx(4351.706, rel=1e-9)
    assert not [cell for row in sheet.iter_rows(values_only=True) for cell in row if str(cell).startswith("#")]
