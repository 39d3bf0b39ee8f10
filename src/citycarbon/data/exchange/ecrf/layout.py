"""How an eCRF workbook is laid out: names of the records, rows and columns of the summary, lines of the first sheet.

Comes in: the shipped csv files of this folder and records. Goes out: names of a GPC number in the Common Reporting Framework,
and the cells of the summary matrix computed from records. Not for: reading or writing workbooks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import polars as pl

from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PROVENANCE
from citycarbon.data.classifications import RESIDUAL
from citycarbon.data.exchange.records import RecordTable
from citycarbon.data.library import shipped_rows

SHEETS = ("eCRF_1", "eCRF_2", "eCRF_3")
SCOPES = ("direct", "indirect", "outside")
INSTITUTIONAL = "Institutional buildings & facilities"
INCLUDED = ("IE", "included in commercial buildings: GPC I.2 holds commercial and institutional buildings together")
SCOPE_WORDS = {"Direct emissions": "1", "Indirect emissions": "2", "Outside city boundary": "3"}


class SummaryTable(Table):
    """The matrix of sheet eCRF_2: sub-sector by direct, indirect and outside emissions [t CO2e], with notation keys."""

    columns = (
        Column("summary_row", required=True, empty=False, meaning=("sector and sub-sector", "部门与子部门")),
        *(
            column
            for scope, chinese in zip(SCOPES, ("直接", "间接", "边界外"), strict=True)
            for column in (
                Column(scope, "number", unit="t", meaning=(f"{scope} emissions, t CO2e", f"{chinese}排放，t CO2e")),
                Column(f"{scope}_notation", meaning=(f"notation key of {scope} emissions", f"{chinese}排放标记")),
            )
        ),
        Column("explanation", meaning=("why sources are left out", "未计入来源的说明")),
        PROVENANCE,
    )
    __slots__ = ()


@dataclass(frozen=True)
class SummaryRow:
    """One line of the summary: its label, group and kind, the GPC numbers of each column, and sub-sectors in or out."""

    label: str
    group: str
    kind: str
    numbers: dict[str, tuple[str, ...]]
    only: str
    excluding: tuple[str, ...]


@cache
def summary_rows() -> tuple[SummaryRow, ...]:
    """Give the lines of the summary in order."""
    made = []
    for row in shipped_rows("exchange/ecrf/summary.csv").iter_rows(named=True):
        numbers = {scope: tuple((row[scope] or "").split(";")) if row[scope] else () for scope in SCOPES}
        excluding = tuple((row["excluding"] or "").split(";")) if row["excluding"] else ()
        made.append(
            SummaryRow(row["summary_row"], row["group"] or "", row["kind"], numbers, row["only"] or "", excluding)
        )
    return tuple(made)


@cache
def record_names() -> dict[str, tuple[str, str, str]]:
    """Give for each GPC number the sector, sub-sector and scope word of the framework."""
    rows = shipped_rows("exchange/ecrf/records.csv").select("gpc_number", "crf_sector", "crf_subsector", "crf_scope")
    return {number: (sector, sub, scope) for number, sector, sub, scope in rows.iter_rows()}


@cache
def metadata_lines() -> tuple[tuple[str, str], ...]:
    """Give section and label of the lines of the first sheet."""
    return tuple((section or "", label) for section, label in shipped_rows("exchange/ecrf/metadata.csv").iter_rows())


def named(records: RecordTable) -> pl.DataFrame:
    """Give record rows whose empty sector, sub-sector and scope are filled in from their GPC number."""
    rows = records.to_polars()
    names = pl.DataFrame(
        [(number, *words) for number, words in record_names().items()],
        schema=["gpc_number", "sector_word", "subsector_word", "scope_word"], orient="row",
    )  # fmt: skip
    joined = rows.join(names, on="gpc_number", how="left", maintain_order="left")
    pairs = (("crf_sector", "sector_word"), ("crf_subsector", "subsector_word"), ("crf_scope", "scope_word"))
    return joined.with_columns(pl.coalesce(name, word).alias(name) for name, word in pairs).select(rows.columns)


def belongs(row: SummaryRow, scope: str) -> pl.Expr:
    """Tell which records belong to a cell of the summary."""
    subsector = pl.col("crf_subsector").fill_null("").str.to_lowercase()
    inside = pl.col("gpc_number").is_in(list(row.numbers[scope])).fill_null(False)
    if RESIDUAL in row.numbers[scope]:
        inside = inside | (pl.col("gpc_number").is_null() & (pl.col("crf_sector") == RESIDUAL))
    if row.only:
        inside = inside & (subsector == row.only.lower())
    for other in row.excluding:
        inside = inside & (subsector != other.lower())
    return inside


def summary_of(records: RecordTable) -> SummaryTable:
    """Compute the summary: a cell without any number shows its notation keys, a cell without any record is empty.

    Institutional buildings are IE where commercial ones have records and no record names them apart, as GPC I.2 holds both.
    """
    rows = named(records)
    made = []
    for line in summary_rows():
        cells: dict[str, object] = {"summary_row": line.label}
        if line.kind == "part":
            for scope in SCOPES:
                cells |= _cell(rows.filter(belongs(line, scope)), scope)
                if line.only == INSTITUTIONAL and cells[scope] is None and not cells[f"{scope}_notation"]:
                    some = rows.filter(pl.col("gpc_number").is_in(list(line.numbers[scope]))).height
                    cells |= {f"{scope}_notation": INCLUDED[0], "explanation": INCLUDED[1]} if some else {}
        made.append(cells)
    schema = {column.name: pl.Float64 if column.kind == "number" else pl.String for column in SummaryTable.columns}
    frame = pl.DataFrame(made, schema=schema)
    return SummaryTable(_with_totals(frame))


def _cell(rows: pl.DataFrame, scope: str) -> dict[str, object]:
    figures = rows["emission_co2e"].drop_nulls()
    keys = " / ".join(rows["notation"].drop_nulls().unique().sort().to_list())
    return {scope: figures.sum() if len(figures) else None, f"{scope}_notation": None if len(figures) else keys or None}


def _with_totals(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the groups up; the last total leaves out generation for the grid and what stands below it."""
    kinds = pl.DataFrame(
        [(line.label, line.group, line.kind) for line in summary_rows()],
        schema=["summary_row", "group", "kind"],
        orient="row",
    )
    joined = frame.join(kinds, on="summary_row", how="left", maintain_order="left")
    for scope in SCOPES:
        parts = joined.filter(pl.col("kind") == "part")
        sums = {group: _some(parts.filter(pl.col("group") == group)[scope]) for group in joined["group"].unique()}
        whole = _some(parts.filter(~pl.col("group").is_in(["generation", "memo"]))[scope])
        value = pl.when(pl.col("kind") == "total").then(pl.col("group").replace_strict(sums, return_dtype=pl.Float64))
        shown = value.when(pl.col("kind") == "grand").then(pl.lit(whole, dtype=pl.Float64)).otherwise(pl.col(scope))
        joined = joined.with_columns(shown.alias(scope))
    return joined.select(frame.columns)


def _some(series: pl.Series) -> float | None:
    kept = series.drop_nulls()
    return float(kept.sum()) if len(kept) else None
