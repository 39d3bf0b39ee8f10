"""eCRF workbooks: our own layout read back cell by cell, a foreign one read with its faults, and recomputed by LibreOffice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.exchange.ecrf.layout import metadata_lines, record_names, summary_of, summary_rows
from citycarbon.data.exchange.ecrf.reading import read_ecrf
from citycarbon.data.exchange.ecrf.writing import write_ecrf
from citycarbon.data.exchange.gpc import gpc_numbers
from citycarbon.data.exchange.records import ECRF_HEADERS, RecordTable

FIELDS = list(ECRF_HEADERS.values())
META = {
    "Name of city": "湖城 Lake City", "Country": "Nowhere", "Inventory year": "2022", "Global Warming Potential": "AR5",
    "Resident population within city boundary": "120000", "Compiler name": "=HYPERLINK(\"x\")",
    "Land area (km2) within city boundary": "81.5",
}  # fmt: skip


def record(number: str | None, total: float | None = None, **more: Any) -> dict[str, Any]:
    """One record with what is stated; the rest is empty."""
    base: dict[str, Any] = dict.fromkeys([column.name for column in RecordTable.columns])
    return {
        **base,
        "place": META["Name of city"],
        "inventory_year": 2022,
        "gpc_number": number,
        "emission_co2e": total,
        **more,
    }


def table(*rows: dict[str, Any]) -> RecordTable:
    kinds = {"number": pl.Float64, "year": pl.Int64}
    return RecordTable(
        pl.DataFrame(list(rows), schema={c.name: kinds.get(c.kind, pl.String) for c in RecordTable.columns})
    )


def full() -> RecordTable:
    """A record with each of the 33 columns filled, keys, a removal, waste treated outside and from elsewhere, generation."""
    every = {
        "crf_sector": "Stationary energy", "crf_subsector": "Residential buildings", "crf_scope": "Direct emissions",
        "fuel_or_activity": "天然气", "activity_value": 132.79, "activity_unit": "TJ", "activity_description": "sales",
        "activity_source": "=cmd|' /C calc'!A0", "activity_quality": "H", "factor_unit": "kg/TJ", "factor_co2": 56100.0,
        "factor_ch4": 5.0, "factor_n2o": 0.1, "factor_co2e": 56266.5, "factor_biogenic": 0.0, "oxidation_factor": 1.0,
        "factor_year": "2006", "factor_scale": "IPCC default", "factor_description": "+1 tier", "factor_source": "-unknown",
        "factor_quality": "@M", "emission_co2": 7449.519, "emission_ch4": 18.5906, "emission_n2o": 3.518935,
        "emission_biogenic": 0.5, "original_activity": 3.41, "original_unit": "10^6 m3", "conversion_value": 38.94,
        "conversion_override": "no", "gas_unit": "t CO2e",
    }  # fmt: skip
    return table(
        record("I.1.1", 7471.628535, **every), record("I.2.1", 10.0), record("I.2.2", notation="NE"),
        record("I.4.4", 99.0, crf_subsector="CHP generation"), record("I.4.4", 5.0), record("III.1.2", 3.25),
        record("III.1.3", 40.0), record("V.2", -12.5), record("VI.1", 8.0), record("I.7.1", notation="NO"),
        record("I.8.1", notation="NE"), record(None, 6.0, crf_sector="not_mapped"),
    )  # fmt: skip


def cells(path: Path, *, values: bool = True) -> dict[tuple[str, str], Any]:
    """Every cell of a workbook that carries something."""
    book = openpyxl.load_workbook(path, data_only=values)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
    }  # fmt: skip


def readable(records: RecordTable) -> RecordTable:
    """Without the texts that start like a formula, which every reader of the project refuses."""
    plain = pl.col(pl.String).str.strip_prefix("=").str.strip_prefix("@").str.strip_prefix("-")
    return RecordTable(records.to_polars().with_columns(plain))


def test_layout_names_every_number_once_and_loses_none() -> None:
    assert set(record_names()) == set(gpc_numbers())
    words = {"1": "Direct emissions", "2": "Indirect emissions", "3": "Outside city boundary"}
    assert all(names[2] == words[gpc_numbers()[number][0]] for number, names in record_names().items())
    placed = {number for line in summary_rows() for numbers in line.numbers.values() for number in numbers}
    assert set(gpc_numbers()) <= placed


def test_summary_keeps_generation_and_waste_from_elsewhere_out_of_the_total() -> None:
    rows = {row["summary_row"]: row for row in summary_of(full()).to_polars().iter_rows(named=True)}
    grand = rows["Total Emissions (excluding generation of grid-supplied energy)"]
    assert grand["direct"] == pytest.approx(7471.628535 + 10.0 - 12.5, rel=1e-12)
    assert grand["outside"] == 3.25
    assert grand["indirect"] is None
    assert rows["Generation of grid-supplied energy > CHP generation"]["direct"] == 99.0
    assert rows["Generation of grid-supplied energy > Not split"]["direct"] == 5.0
    assert rows["Not in the total > Waste from outside the city"]["direct"] == 40.0
    assert rows["Not in the total > Other scope 3"]["outside"] == 8.0
    assert rows["Not in the total > Without a GPC number"]["direct"] == 6.0
    assert rows["Stationary energy > Fugitive emissions"]["direct_notation"] == "NE / NO"


def test_institutional_is_included_elsewhere_unless_it_is_split() -> None:
    label = "Stationary energy > Institutional buildings & facilities"
    row = summary_of(full()).to_polars().row(by_predicate=pl.col("summary_row") == label, named=True)
    assert (row["direct"], row["direct_notation"], row["indirect_notation"], row["outside_notation"]) == (
        None,
        "IE",
        "IE",
        None,
    )
    split = table(record("I.2.1", 10.0), record("I.2.1", 4.0, crf_subsector="Institutional buildings & facilities"))
    rows = {each["summary_row"]: each for each in summary_of(split).to_polars().iter_rows(named=True)}
    assert rows[label]["direct"] == 4.0
    assert rows["Stationary energy > Commercial buildings & facilities"]["direct"] == 10.0
    assert rows["Total Stationary Energy"]["direct"] == 14.0


def test_written_cells_are_typed_and_no_input_text_is_a_formula(tmp_path: Path) -> None:
    write_ecrf(tmp_path / "a.xlsx", META, full())
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["eCRF_1", "eCRF_2", "eCRF_3"]
    sheet = book["eCRF_3"]
    assert [cell.value for cell in sheet[1]] == list(ECRF_HEADERS)
    by_name = dict(zip(FIELDS, sheet[2], strict=True))
    assert (by_name["activity_source"].data_type, by_name["activity_source"].value) == ("s", "=cmd|' /C calc'!A0")
    assert [by_name[name].data_type for name in ("factor_description", "factor_source", "factor_quality")] == ["s"] * 3
    assert [by_name[name].data_type for name in ("inventory_year", "emission_co2e", "factor_year")] == ["n"] * 3
    formulas = {key for key, value in cells(tmp_path / "a.xlsx", values=False).items() if str(value).startswith("=")}
    compiler = next(key for key, value in cells(tmp_path / "a.xlsx").items() if value == META["Compiler name"])
    assert book[compiler[0]][compiler[1]].data_type == "s"
    texts = {key for key in formulas if book[key[0]][key[1]].data_type == "f"}
    assert {key[0] for key in texts} == {"eCRF_2"}
    assert len(texts) > 10


def test_every_cell_survives_reading_and_writing_again(tmp_path: Path) -> None:
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    meta = {label: f"text {number}" for number, (_, label) in enumerate(metadata_lines())} | {
        **META,
        "Compiler name": "Li",
    }
    records = readable(full())
    write_ecrf(first, meta, records)
    metadata, again, summary, report = read_ecrf(first)
    assert metadata == meta
    assert again.to_polars().select(FIELDS).equals(_filled(records))
    assert report.refused == ()
    assert [note for note in report.notes if note.id.startswith("summary")] == []
    assert summary.to_polars().height == len(summary_rows())
    write_ecrf(second, metadata, again)
    assert cells(second) == cells(first)
    assert cells(second, values=False) == cells(first, values=False)


def _filled(records: RecordTable) -> pl.DataFrame:
    """Records with the names that the writer gives from the GPC number."""
    rows = records.to_polars()
    for index, name in enumerate(("crf_sector", "crf_subsector", "crf_scope")):
        words = {number: names[index] for number, names in record_names().items()}
        due = pl.col("gpc_number").replace_strict(words, default=None, return_dtype=pl.String)
        rows = rows.with_columns(pl.coalesce(name, due).alias(name))
    return rows.select(FIELDS)


@pytest.mark.skipif(
    shutil.which("soffice") is None and not os.environ.get("CI"), reason="LibreOffice (soffice) is not installed"
)
def test_libreoffice_recomputes_the_same_totals_and_finds_no_error(tmp_path: Path) -> None:
    path, out = tmp_path / "a.xlsx", tmp_path / "out"
    write_ecrf(path, META, full())
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    # Converted to csv by way of a recalculation: the cached values are thrown away first.
    book = openpyxl.load_workbook(path)
    stripped = tmp_path / "stripped.xlsx"
    book.save(stripped)
    kind = "xlsx:Calc MS Excel 2007 XML"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(out), str(stripped)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    computed, written = cells(out / "stripped.xlsx"), cells(path)
    assert [key for key, value in computed.items() if isinstance(value, str) and value.startswith("#")] == []
    numbers = {key: value for key, value in written.items() if key[0] == "eCRF_2" and isinstance(value, float | int)}
    assert len(numbers) > 10
    for key, value in numbers.items():
        assert computed[key] == pytest.approx(value, rel=1e-12), key


def foreign(path: Path, *, macros: bool = False) -> Path:
    """A workbook as another tool writes it: other headings' case, unfilled year, kg under a heading of tonnes, bare rows."""
    book = openpyxl.Workbook()
    first = book.active
    first.title = "eCRF_1"
    for row in ((None, "Type", "GPC BASIC"), ("Boundary", "Name of city", "Foreign"), (None, "Inventory year", 2021)):
        first.append(row)
    second = book.create_sheet("eCRF_2")
    for row in (
        (None,),
        ("Sectors",),
        (None, "Emissions in tCO2e"),
        ("Stationary energy > Residential buildings", "7450", None, "0"),
    ):
        second.append(row)
    third = book.create_sheet("eCRF_3")
    third.append([header.upper() if header == "Scope" else header for header in ECRF_HEADERS] + ["Extra"])
    base = dict.fromkeys(FIELDS)
    rows = [
        {"gpc_number": "I.1.1", "crf_scope": "Indirect emissions", "emission_co2": 2000, "emission_ch4": 2800,
         "emission_n2o": 2650, "emission_co2e": 7.45, "inventory_year": "Please select"},
        {"gpc_number": None, "crf_sector": "IPPU", "notation": "NE", "inventory_year": "Please select"},
        {"gpc_number": "II.5.3", "notation": "NE", "inventory_year": "Please select"},
    ]  # fmt: skip
    for row in rows:
        third.append([*{**base, **row}.values(), "x"])
    book.save(path)
    return path


def test_a_foreign_workbook_is_read_with_its_faults_told(tmp_path: Path) -> None:
    metadata, records, summary, report = read_ecrf(foreign(tmp_path / "f.xlsx"))
    assert metadata == {"Type": "GPC BASIC", "Name of city": "Foreign", "Inventory year": "2021"}
    rows = records.to_polars()
    assert rows["inventory_year"].to_list() == [2021] * 3
    assert rows["gas_unit"].to_list() == ["kg CO2e", None, None]
    assert rows["provenance_id"][0] == "f.xlsx#eCRF_3:2"
    assert summary.to_polars()["direct"].to_list() == [7450.0]
    notes = {note.id: note.count for note in report.notes}
    assert notes["unfilled"] == 3
    assert notes["scope_differs"] == 1
    assert notes["gases_not_tonnes"] == 1
    assert notes["summary_in_kg"] == 1
    assert notes["outside_gpc"] == 2
    assert next(use.field for use in report.columns if use.header == "Extra") is None


def test_without_city_or_year_it_is_refused(tmp_path: Path) -> None:
    path = foreign(tmp_path / "f.xlsx")
    book = openpyxl.load_workbook(path)
    book["eCRF_1"]["C2"] = None
    book.save(path)
    with pytest.raises(InputError, match="value_empty"):
        read_ecrf(path)
    _, records, _, _ = read_ecrf(path, place="Named")
    assert records.to_polars()["place"].unique().to_list() == ["Named"]


def test_unknown_labels_long_texts_and_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column_unknown"):
        write_ecrf(tmp_path / "a.xlsx", {"Mayor": "x"}, full())
    with pytest.raises(InputError, match="cell_too_long"):
        write_ecrf(tmp_path / "a.xlsx", {"Country": "x" * 40_000}, full())
    with pytest.raises(InputError, match="file_kind_unknown"):
        write_ecrf(tmp_path / "a.xls", META, full())
    with pytest.raises(InputError, match="output_unwritable"):
        write_ecrf(tmp_path / "absent" / "a.xlsx", META, full())
    assert list(tmp_path.iterdir()) == []
