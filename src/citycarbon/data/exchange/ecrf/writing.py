"""Writing eCRF workbooks: typed cells, a summary that recomputes over the records, and no formula out of input text.

Comes in: metadata, records and explanations. Goes out: a workbook of three sheets, whole or not at all. Our own layout of the
public framework; no template of another project is used. Not for: reading.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data import safety
from citycarbon.data.classifications import RESIDUAL
from citycarbon.data.exchange.closure import in_tonnes, refuse_open_gases
from citycarbon.data.exchange.ecrf.layout import (
    SCOPES,
    SHEETS,
    SummaryRow,
    metadata_lines,
    named,
    summary_of,
    summary_rows,
)
from citycarbon.data.exchange.records import ECRF_HEADERS, RecordTable
from citycarbon.data.library import warming_metric

METRIC = "AR5-GWP100"
CREATED = datetime(2000, 1, 1)
_NUMERIC = re.compile(r"[+-]?(0|[1-9]\d{0,14})(\.\d{1,10})?")
_NUMBER_LABELS = (
    "Inventory year", "Heating degree days (HDD, °C)", "Cooling degree days (CDD, °C)", "Land area (km2) within city boundary",
    "Resident population within city boundary", "GDP (US$) of economic activity within city boundary",
    "Year of audit/verification",
)  # fmt: skip
_HEADINGS = (
    "Direct Emissions", "Indirect emissions from the use of grid-supplied electricity, heat, steam and/or cooling",
    "Emissions occurring outside the city boundary as a result of in-city activities",
)  # fmt: skip
_EXPLAIN = (
    "Please explain any excluded sources, identify any emissions covered under an ETS and provide any other comments"
)
_FIRST = 3
"""Row (from 0) of the first line of the summary."""


def write_ecrf(
    path: Path,
    metadata: Mapping[str, str],
    records: RecordTable,
    *,
    explanations: Mapping[str, str] | None = None,
    gas_metric: str = METRIC,
) -> None:
    """Write an eCRF workbook.

    Parameters
    ----------
    path
        Workbook to write; it ends in ``.xlsx``.
    metadata
        Label of the first sheet to its text; unknown labels are refused.
    records
        Records; gases are written in t CO2e.
    explanations
        Line of the summary to its explanation.
    gas_metric
        Warming metric by which gases in mass become CO2e.

    Raises
    ------
    InputError
        If the unit of gases is not settled, a text is too long for a cell, a label is unknown, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise InputError("file_kind_unknown", Where(file=str(path)), path.suffix or "—", kinds=".xlsx")
    refuse_open_gases(records)
    rows = in_tonnes(named(records), warming_metric(gas_metric)).select(list(ECRF_HEADERS.values()))
    _check_texts(path, rows, metadata, explanations or {})
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    try:
        with fresh.open("wb") as stream, xlsxwriter.Workbook(stream, options) as book:
            # Every formula is written with its result, which a reader may trust as it stands.
            book.calc_on_load = False
            book.set_properties({"comments": "citycarbon", "created": CREATED})
            sheets = [book.add_worksheet(name) for name in SHEETS]
            styles = {
                "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
                "sum": book.add_format({"bold": True, "num_format": "#,##0.000", "top": 1}),
                "number": book.add_format({"num_format": "#,##0.000"}),
            }
            _write_metadata(sheets[0], metadata, styles)
            _write_summary(sheets[1], records, explanations or {}, styles, rows.height)
            _write_records(sheets[2], rows, styles)
        fresh.replace(path)
    except OSError as error:
        raise InputError("output_unwritable", Where(file=str(path)), error.strerror or str(error)) from error
    finally:
        fresh.unlink(missing_ok=True)


def _check_texts(path: Path, rows: pl.DataFrame, metadata: Mapping[str, str], explanations: Mapping[str, str]) -> None:
    """Refuse texts that a cell cannot hold and labels that the framework does not have; nothing is cut silently."""
    problems = Problems()
    labels = {label for _, label in metadata_lines()}
    lines = {line.label for line in summary_rows()}
    for label in [label for label in metadata if label not in labels]:
        problems.add("column_unknown", Where(str(path), SHEETS[0]), label, known=", ".join(sorted(labels)))
    for label in [label for label in explanations if label not in lines]:
        problems.add("column_unknown", Where(str(path), SHEETS[1]), label, known=", ".join(sorted(lines)))
    texts = {**metadata, **explanations}
    long = [label for label, text in texts.items() if len(str(text)) > safety.LONGEST_CELL]
    words = [name for name, kind in rows.schema.items() if kind == pl.String]
    long += [name for name in words if (rows[name].str.len_chars() > safety.LONGEST_CELL).any()]
    for name in long:
        problems.add("cell_too_long", Where(file=str(path), column=name), name, limit=safety.LONGEST_CELL)
    problems.raise_all()


def _write_metadata(sheet: Any, metadata: Mapping[str, str], styles: Mapping[str, Any]) -> None:
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 48)
    sheet.set_column(2, 2, 60)
    before = ""
    for index, (section, label) in enumerate(metadata_lines()):
        if section != before:
            sheet.write_string(index, 0, section, styles["head"])
        before = section
        sheet.write_string(index, 1, label)
        value = str(metadata.get(label, ""))
        if label in _NUMBER_LABELS and _NUMERIC.fullmatch(value):
            sheet.write_number(index, 2, float(value))
        elif value:
            sheet.write_string(index, 2, value)


def _write_records(sheet: Any, rows: pl.DataFrame, styles: Mapping[str, Any]) -> None:
    sheet.freeze_panes(1, 2)
    for column, header in enumerate(ECRF_HEADERS):
        sheet.write_string(0, column, header, styles["head"])
    for column, (name, kind) in enumerate(rows.schema.items()):
        years = name == "factor_year"
        for row, cell in enumerate(rows[name].to_list(), start=1):
            if cell is None:
                continue
            if kind != pl.String or (years and _NUMERIC.fullmatch(cell)):
                sheet.write_number(row, column, float(cell))
            else:
                sheet.write_string(row, column, cell)


def _write_summary(
    sheet: Any, records: RecordTable, explanations: Mapping[str, str], styles: Mapping[str, Any], height: int
) -> None:
    sheet.set_column(0, 0, 56)
    sheet.set_column(1, 6, 18)
    sheet.set_column(7, 7, 60)
    sheet.freeze_panes(_FIRST, 1)
    sheet.write_string(1, 0, "Sectors and Sub-Sectors", styles["head"])
    for index, heading in enumerate(_HEADINGS):
        sheet.merge_range(1, 1 + 2 * index, 1, 2 + 2 * index, heading, styles["head"])
        sheet.write_string(2, 1 + 2 * index, "Emissions in tCO2e", styles["head"])
        sheet.write_string(2, 2 + 2 * index, "Notation key (if needed)", styles["head"])
    sheet.merge_range(1, 7, 2, 7, _EXPLAIN, styles["head"])
    values = summary_of(records).to_polars()
    for index, line in enumerate(summary_rows()):
        cells = values.row(index, named=True)
        row = _FIRST + index
        sheet.write_string(row, 0, line.label, styles["sum"] if line.kind != "part" else None)
        for number, scope in enumerate(SCOPES):
            if cells[scope] is not None:
                style = styles["number" if line.kind == "part" else "sum"]
                sheet.write_formula(row, 1 + 2 * number, _formula(line, scope, height), style, cells[scope])
            if cells[f"{scope}_notation"]:
                sheet.write_string(row, 2 + 2 * number, cells[f"{scope}_notation"])
        text = explanations.get(line.label) or cells["explanation"]
        if text:
            sheet.write_string(row, 7, text)


def _formula(line: SummaryRow, scope: str, height: int) -> str:
    """Sum over the records for a part, over the parts for a total; every text in it is our own list's, never the input's."""
    if line.kind == "part":
        found = [_sumifs(number, line, height) for number in line.numbers[scope]]
        return "=" + "+".join(found)
    column = 1 + 2 * SCOPES.index(scope)
    wanted = [
        _FIRST + index
        for index, other in enumerate(summary_rows())
        if other.kind == "part"
        and (other.group == line.group if line.kind == "total" else other.group not in ("generation", "memo"))
    ]
    return "=SUM(" + ",".join(xl_rowcol_to_cell(row, column) for row in wanted) + ")"


def _sumifs(number: str, line: SummaryRow, height: int) -> str:
    names = list(ECRF_HEADERS.values())

    def span(name: str) -> str:
        letter = xl_col_to_name(names.index(name))
        return f"{SHEETS[2]}!${letter}$2:${letter}${height + 1}"

    named = "crf_sector" if number == RESIDUAL else "gpc_number"
    parts = [span("emission_co2e"), span(named), f'"{number}"']
    if line.only:
        parts += [span("crf_subsector"), f'"{line.only}"']
    for other in line.excluding:
        parts += [span("crf_subsector"), f'"<>{other}"']
    return f"SUMIFS({','.join(parts)})"
