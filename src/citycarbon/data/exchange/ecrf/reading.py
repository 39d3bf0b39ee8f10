"""Reading eCRF workbooks: city and inventory on the first sheet, the summary on the second, the records on the third.

Comes in: an xlsx workbook with the sheets eCRF_1, eCRF_2 and eCRF_3. Goes out: metadata, records, summary and a report of the
import. Macros are refused. Not for: writing (:mod:`citycarbon.data.exchange.ecrf.writing`).

Known of CityCatalyst's own export (commit 47afbbb, ``ECRFDownloadService``): under headings that say metric tonnes its gas
columns and its summary hold kg CO2e, only the total column is in tonnes, and the year column stays unfilled. The unit of the
gases is therefore settled by sums, as for every file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.trace import row_of
from citycarbon.data import safety
from citycarbon.data.exchange import mapping
from citycarbon.data.exchange.closure import KG_PER_T
from citycarbon.data.exchange.ecrf.layout import SCOPE_WORDS, SCOPES, SHEETS, SummaryTable, metadata_lines, summary_of
from citycarbon.data.exchange.gpc import gpc_numbers
from citycarbon.data.exchange.import_report import ImportNote, ImportReport
from citycarbon.data.exchange.records import ECRF_HEADERS, GASES, RecordTable
from citycarbon.data.library import warming_metric
from citycarbon.data.sheets import read_workbook
from citycarbon.data.workbooks.loading import Workbook
from citycarbon.data.workbooks.parts import opened

FORMAT = "ecrf"
METRIC = "AR5-GWP100"
CITY, YEAR, POTENTIAL = "Name of city", "Inventory year", "Global Warming Potential"
_NEEDED = ("GPC ref. no.", "Notation key", "GHGs (metric tonnes CO2e) - Total CO2e")
_HALF = 0.5
Metadata = dict[str, str]


@safety.netted
def read_ecrf(
    path: Path,
    *,
    notation: Mapping[str, str] | None = None,
    gas_metric: str | None = None,
    gas_unit: str | None = None,
    place: str | None = None,
    year: int | None = None,
    strict: bool = True,
) -> tuple[Metadata, RecordTable, SummaryTable, ImportReport]:
    """Read an eCRF workbook.

    Parameters
    ----------
    path
        The workbook.
    notation
        What words mean that are no notation keys.
    gas_metric
        Warming metric of the file; read from the first sheet where it names AR4, AR5 or AR6, else AR5.
    gas_unit
        Unit of the gas columns in rows whose sum does not settle it.
    place, year
        Used where the workbook states none.
    strict
        Whether refused rows raise; if not they are listed in the report and left out of the records.

    Raises
    ------
    InputError
        What cannot be read at all, and with ``strict`` every refused row.
    """
    path = Path(path)
    safety.present(path, path.name)
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        raise InputError("file_kind_unknown", Where(file=path.name), path.suffix or "—", kinds=".xlsx")
    _refuse_macros(path)
    metadata = _metadata(path)
    sheet = read_workbook(path, path.name, SHEETS[2])
    reading = mapping.begin(sheet, ECRF_HEADERS, _NEEDED)
    named, stated = place or metadata.get(CITY), year or _year(metadata.get(YEAR))
    if named is None or (stated is None and reading.rows["inventory_year"].null_count()):
        column = CITY if named is None else YEAR
        raise InputError("value_empty", Where(path.name, SHEETS[0], (), column), "", column=column)
    reading.rows = reading.rows.with_columns(pl.col("inventory_year").fill_null(stated))
    metric = gas_metric or _metric(metadata)
    mapping.settle_notation(reading, notation or {}, "Notation key")
    mapping.settle_numbers(reading, "GPC ref. no.")
    mapping.settle_figures(reading, _NEEDED[2])
    mapping.settle_gases(reading, warming_metric(metric), gas_unit)
    mapping.list_sources(reading, "Activity data - Source")
    mapping.doubled(reading)
    _scope_notes(reading)
    records = mapping.finish(reading, named)
    summary = _summary(path)
    notes = [*reading.notes, *_kilograms(records), *_summary_notes(summary, records)]
    refused = mapping.refuse_or_return(reading.problems, strict=strict)
    report = ImportReport(
        FORMAT, path.name, safety.sha256(path), sheet.rows.height, records.to_polars().height, tuple(reading.columns),
        tuple(reading.values), tuple(notes), refused,
    )  # fmt: skip
    return metadata, records, summary, report


def _refuse_macros(path: Path) -> None:
    safety.archive(path, path.name, "xlsx")
    with opened(path, path.name) as container:
        macros = [name for name in container.namelist() if name.lower().endswith("vbaproject.bin")]
    if macros:
        raise InputError("workbook_macros", Where(file=path.name), macros[0])


def _grid(path: Path, sheet: str) -> pl.DataFrame:
    """Give the cells of a sheet that has no single header row, all text, from row 1 on; an absent sheet is refused."""
    book = Workbook.open(path, path.name)
    cells, _ = book.cells(book.sheet(sheet))
    return cells.with_columns(pl.all().str.strip_chars().replace("", None))


def _metadata(path: Path) -> Metadata:
    """Read label and value; a label may stand in the first or second column, its value next to it."""
    cells = _grid(path, SHEETS[0])
    known = {mapping.simple_heading(label): label for _, label in metadata_lines()}
    found: Metadata = {}
    for row in cells.iter_rows():
        for index, cell in enumerate(row[:2]):
            label = known.get(mapping.simple_heading(cell or ""))
            value = row[index + 1] if index + 1 < len(row) else None
            if label and value and value not in mapping.UNFILLED:
                found[label] = value
    return found


def _year(text: str | None) -> int | None:
    match = re.fullmatch(r"(\d{4})(\.0*)?", text or "")
    return int(match.group(1)) if match else None


def _metric(metadata: Metadata) -> str:
    found = re.search(r"\b(AR[456]|SAR)\b", metadata.get(POTENTIAL, ""))
    return f"{found.group(1)}-GWP100" if found else METRIC


def _scope_notes(reading: mapping.Reading) -> None:
    """Tell of rows whose scope word is not that of their GPC number."""
    scopes = {number: scope for number, (scope, _) in gpc_numbers().items()}
    stated = pl.col("crf_scope").replace_strict(SCOPE_WORDS, default=None, return_dtype=pl.String)
    due = pl.col("gpc_number").replace_strict(scopes, default=None, return_dtype=pl.String)
    differs = reading.rows.filter(stated.is_not_null() & (stated != due))
    reading.tell("scope_differs", "the scope word is not that of the GPC number; the number decides",
                 "范围文字与 GPC 编号不一致；以编号为准", differs)  # fmt: skip


def _kilograms(records: RecordTable) -> list[ImportNote]:
    rows = records.to_polars().filter(pl.col("gas_unit").is_in(["kg CO2e", "kg", "t"]))
    some = rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in GASES.values()))
    if not some.height:
        return []
    units = ", ".join(some["gas_unit"].unique().sort())
    text = (f"the gas columns are headed t CO2e and hold {units}", f"气体列标题为 t CO2e，实为 {units}")
    return [ImportNote("gases_not_tonnes", text, some.height)]


def _summary(path: Path) -> SummaryTable:
    """Read the matrix: every row whose first cell names a sector or a total, numbers where numbers stand."""
    cells = _grid(path, SHEETS[1])
    columns = [f"column_{index + 1}" for index in range(8)]
    cells.columns = [f"column_{index + 1}" for index in range(cells.width)]
    cells = cells.with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in columns if name not in cells.columns
    )
    label = pl.col("column_1")
    rows = cells.with_row_index("row", offset=1).filter(label.str.contains(" > ") | label.str.starts_with("Total"))
    names = [f"{scope}{end}" for scope in SCOPES for end in ("", "_notation")]
    made = rows.select(
        label.alias("summary_row"),
        *[
            (pl.col(column) if name.endswith("notation") else pl.col(column).cast(pl.Float64, strict=False)).alias(name)
            for column, name in zip(columns[1:7], names, strict=True)
        ],
        pl.col("column_8").alias("explanation"),
        pl.format("{}#{}:{}", pl.lit(path.name), pl.lit(SHEETS[1]), pl.col("row")).alias("provenance_id"),
    )
    return SummaryTable(made)


def _summary_notes(summary: SummaryTable, records: RecordTable) -> list[ImportNote]:
    """Set the stated summary beside the sums of the records; a cell that is a thousand times too large is in kg."""
    joined = summary.to_polars().join(summary_of(records).to_polars(), on="summary_row", suffix="_due")
    notes = []
    for scope in SCOPES:
        differs = joined.filter(pl.col(scope).fill_null(0.0).sub(pl.col(f"{scope}_due").fill_null(0.0)).abs() > _HALF)
        for row in differs.iter_rows(named=True):
            stated, due = row[scope] or 0.0, row[f"{scope}_due"] or 0.0
            kilograms = abs(stated / KG_PER_T - due) <= _HALF
            line = row_of(row["provenance_id"])
            end = ("; it is in kg", "；其单位为 kg") if kilograms else ("", "")
            english = (
                f"{row['summary_row']}, {scope}: the summary says {stated:.10g} t, the records add to {due:.10g} t"
            )
            chinese = f"{row['summary_row']}，{scope}：汇总表为 {stated:.10g} t，记录之和为 {due:.10g} t"
            name = "summary_in_kg" if kilograms else "summary_differs"
            notes.append(ImportNote(name, (english + end[0], chinese + end[1]), 1, (line,)))
    return notes
