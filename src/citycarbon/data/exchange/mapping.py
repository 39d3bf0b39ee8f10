"""From the raw cells of a reported inventory to records: recognised headings, typed cells, coded values, refusals.

Comes in: a raw sheet and which heading is which field. Goes out: records and the notes of the import. What is not in a
published list (notation keys, GPC numbers) is refused unless the caller says what it means. Not for: opening files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from citycarbon.core.dimensions import NOTATION_KEYS
from citycarbon.core.errors import InputError, Problem, Problems, problem
from citycarbon.core.schema import Column
from citycarbon.core.warming import WarmingMetric
from citycarbon.data.cell_values import judge
from citycarbon.data.classifications import RESIDUAL
from citycarbon.data.exchange.closure import with_gas_unit
from citycarbon.data.exchange.gpc import gpc_numbers
from citycarbon.data.exchange.import_report import ColumnUse, ImportNote, ValueUse, note
from citycarbon.data.exchange.records import GASES, RecordTable
from citycarbon.data.sheets import ROW, RawSheet
from citycarbon.data.typed import Matched, typed_frame

FIRST = 5
MOST_OPEN = 20
"""Rows of open gases that are described one by one."""
UNFILLED = ("Please select",)
"""Words that a template shows where nothing was filled in."""
KNOWN_INITIALS = {
    "RN": "reason-NO | reason-NE",
    "RI": "reason-IE",
    "RC": "reason-C",
    "CI": "confidential-information",
}
"""CityCatalyst writes the initials of an internal reason in place of the key; what is known of them is told, not applied."""
_FIGURES = ("emission_co2e", *GASES.values())


@dataclass
class Reading:
    """A reading under way: rows so far, and what is to be told of them."""

    sheet: RawSheet
    rows: pl.DataFrame
    columns: list[ColumnUse]
    values: list[ValueUse] = field(default_factory=list)
    notes: list[ImportNote] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)

    def refuse(self, rows: pl.DataFrame, code: str, column: str, found: str, **facts: str) -> None:
        """Refuse rows with one problem."""
        numbers = rows[ROW].to_list()
        self.bad.update(numbers)
        self.problems.append(problem(code, self.sheet.where(column, tuple(numbers[:FIRST])), found, **facts))

    def tell(self, name: str, english: str, chinese: str, rows: pl.DataFrame) -> None:
        """Note something about rows, if there are any."""
        if rows.height:
            self.notes.append(note(name, english, chinese, rows[ROW].to_list()))


def simple_heading(text: str) -> str:
    """Fold a heading: case and runs of blanks do not matter."""
    return re.sub(r"\s+", " ", text).strip().casefold()


def match_fields(
    sheet: RawSheet, headings: Mapping[str, str], needed: tuple[str, ...]
) -> tuple[list[Matched], list[ColumnUse]]:
    """Recognise headings; a heading of nobody's is listed as unused, a needed one that lacks is refused.

    Raises
    ------
    SchemaError
        If needed headings are absent.
    """
    known = {simple_heading(heading): name for heading, name in headings.items()}
    declared = {column.name: column for column in RecordTable.columns}
    matched, uses = [], []
    for index, header in enumerate(sheet.header):
        name = known.get(simple_heading(header))
        filled = sheet.rows.height - sheet.rows[f"column_{index + 1}"].null_count()
        uses.append(ColumnUse(header, name, filled))
        if name in declared:
            matched.append(Matched(header, index, declared[name], ""))
    problems = Problems()
    found = {use.field for use in uses}
    for heading in [heading for heading, name in headings.items() if heading in needed and name not in found]:
        problems.add("column_missing", sheet.where(heading), "", column=heading, aliases="—")
    problems.raise_all()
    return matched, uses


def begin(sheet: RawSheet, headings: Mapping[str, str], needed: tuple[str, ...]) -> Reading:
    """Type the cells of a sheet; cells that must be numbers and are not refuse their rows."""
    unfilled = [pl.col(name).replace(list(UNFILLED), None) for name in sheet.rows.columns if name != ROW]
    plain = sheet.rows.with_columns(unfilled)
    cleared = replace(sheet, rows=plain)
    matched, uses = match_fields(cleared, headings, needed)
    # Keys of other tools are no words of ours yet: they pass as text and are settled by `settle_notation`.
    frame, found = typed_frame(cleared, matched)
    reading = Reading(cleared, frame.with_columns(plain[ROW]), uses)
    headers = {use.field: use.header for use in uses if use.field}
    for item in found:
        bad = _rows_of(cleared, item, matched)
        reading.bad.update(bad)
        reading.problems.append(item)
    missing = [column for column in RecordTable.columns if column.name not in reading.rows.columns]
    reading.rows = reading.rows.with_columns(_empty(column) for column in missing)
    _refuse_bounds(reading, headers)
    changed = sheet.rows.filter(pl.any_horizontal(pl.col("^column_.*$").is_in(list(UNFILLED))))
    reading.tell("unfilled", f"cells that still say {UNFILLED[0]!r} were read as empty",
                 f"仍为“{UNFILLED[0]}”的单元格按空值读入", changed)  # fmt: skip
    return reading


def _empty(column: Column) -> pl.Expr:
    kind = {"number": pl.Float64, "year": pl.Int64}.get(column.kind, pl.String)
    return pl.lit(None, dtype=kind).alias(column.name)


def _rows_of(sheet: RawSheet, item: Problem, matched: list[Matched]) -> list[int]:
    """Find all rows of a problem of cells, of which the problem itself names the first five."""
    column = next((each for each in matched if each.header == item.where.column), None)
    if column is None or len(item.where.rows) < FIRST:
        return list(item.where.rows)
    cells = sheet.rows[f"column_{column.index + 1}"]
    judged = judge(cells)
    good = judged.plain | judged.percent if column.column.unit == "1" else judged.plain
    return sheet.rows.filter(cells.is_not_null() & (~good | judged.endless))[ROW].to_list()


def _refuse_bounds(reading: Reading, headers: Mapping[str, str]) -> None:
    for column in [each for each in RecordTable.columns if each.kind in ("number", "year")]:
        low, high = column.low, column.high
        value = pl.col(column.name)
        outside = (value < low if low is not None else pl.lit(False)) | (
            value > high if high is not None else pl.lit(False)
        )
        wrong = reading.rows.filter(outside & ~pl.col(ROW).is_in(list(reading.bad)))
        if wrong.height:
            shown = ", ".join(str(cell) for cell in wrong[column.name].head(FIRST))
            limits = f"{'' if low is None else f'{low:g} <= '}{column.name}{'' if high is None else f' <= {high:g}'}"
            reading.refuse(wrong, "value_out_of_range", headers.get(column.name, column.name), shown, range=limits)


def settle_notation(reading: Reading, meanings: Mapping[str, str], header: str) -> None:
    """Keep NO, NE, IE and C; take other words only as the caller says; refuse the rest.

    Raises
    ------
    InputError
        If the caller's meaning is no notation key.
    """
    problems = Problems()
    for found, became in meanings.items():
        if became not in NOTATION_KEYS:
            problems.add(
                "value_not_listed", reading.sheet.where(header), f"{found}={became}", known=", ".join(NOTATION_KEYS)
            )
    problems.raise_all()
    counts = (
        reading.rows.filter(pl.col("notation").is_not_null()).group_by("notation").agg(pl.col(ROW)).sort("notation")
    )
    for word, numbers in counts.iter_rows():
        own = word if word in NOTATION_KEYS else None
        settled = meanings.get(word, own)
        reading.values.append(ValueUse(header, word, settled, len(numbers), tuple(numbers[:FIRST])))
        if settled is None:
            rows = reading.rows.filter(pl.col("notation") == word)
            origin = KNOWN_INITIALS.get(word, "?")
            reading.refuse(rows, "notation_unknown", header, f"{word} × {len(numbers)}", word=word, origin=origin)
    reading.rows = reading.rows.with_columns(pl.col("notation").replace(dict(meanings)))


def settle_numbers(reading: Reading, header: str) -> None:
    """Count the GPC numbers; refuse rows with figures under a number that the list does not have or under none."""
    known = list(gpc_numbers())
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in _FIGURES)
    number = pl.col("gpc_number")
    for word, rows in reading.rows.sort(ROW).group_by("gpc_number", maintain_order=True):
        name = word[0]
        became = name if name in known else None
        reading.values.append(
            ValueUse(header, "" if name is None else str(name), became, rows.height, tuple(rows[ROW].head(FIRST)))
        )
    unknown = reading.rows.filter(number.is_not_null() & ~number.is_in(known))
    for word in unknown.filter(some)["gpc_number"].unique(maintain_order=True):
        rows = unknown.filter(some & (number == word))
        reading.refuse(rows, "gpc_unknown", header, str(word), known=_nearby(str(word), known))
    bare = reading.rows.filter(number.is_null() & some & (pl.col("crf_sector").ne_missing(RESIDUAL)))
    if bare.height:
        reading.refuse(bare, "gpc_unknown", header, f"— × {bare.height}", known=", ".join([*known[:6], "…"]))
    reading.tell(
        "outside_gpc", "rows without figures whose number is no GPC number are kept as they are and enter no account",
        "无数值且编号不属于 GPC 的行原样保留，不进入核算", reading.rows.filter((number.is_null() | ~number.is_in(known)) & ~some),
    )  # fmt: skip


def _nearby(word: str, known: list[str]) -> str:
    """The numbers of the same sector, or the first of the list."""
    head = word.split(".")[0] + "."
    return ", ".join([code for code in known if code.startswith(head)] or [*known[:6], "…"])


def list_sources(reading: Reading, header: str) -> None:
    """Name every data source that the file states: invented or mock data show themselves by their name."""
    for (word,), rows in reading.rows.sort(ROW).group_by("activity_source", maintain_order=True):
        if word is not None:
            reading.values.append(ValueUse(header, str(word), str(word), rows.height, tuple(rows[ROW].head(FIRST))))


def settle_figures(reading: Reading, header: str) -> None:
    """Refuse rows with a key and a figure, and rows of a GPC number with neither."""
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in _FIGURES)
    both = reading.rows.filter(pl.col("notation").is_not_null() & some)
    if both.height:
        shown = ", ".join(
            f"{key}, {value}" for key, value in both.select("notation", "emission_co2e").head(FIRST).rows()
        )
        reading.refuse(both, "notation_wrong", header, shown)
    neither = reading.rows.filter(
        pl.col("notation").is_null()
        & ~some
        & pl.col("gpc_number").is_not_null()
        & ~pl.col(ROW).is_in(list(reading.bad))
    )
    if neither.height:
        reading.refuse(neither, "number_missing", header, f"{neither.height} ×")
    reading.tell("negative", "negative emissions outside V (land use)", "V（土地利用）以外的负排放",
                 reading.rows.filter((pl.col("emission_co2e") < 0) & ~pl.col("gpc_number").str.starts_with("V.")))  # fmt: skip


def settle_gases(reading: Reading, metric: WarmingMetric, stated: str | None) -> None:
    """Decide the unit of the gas columns by sums that close, row by row, and say so."""
    rows = with_gas_unit(reading.rows, metric, stated)
    numbers = rows.group_by("gas_unit", "gas_unit_reason").agg(pl.col(ROW).sort()).sort("gas_unit", "gas_unit_reason")
    for unit, reason, found in numbers.iter_rows():
        reading.values.append(ValueUse("gas columns", reason, unit, len(found), tuple(found[:FIRST])))
    open_rows = rows.filter(pl.col("gas_unit_reason").is_in(["open", "two units", "stated", "no total"]))
    for row in open_rows.head(MOST_OPEN).iter_rows(named=True):
        gases = " + ".join(f"{gas} {row[name]:g}" for gas, name in GASES.items() if row[name] is not None)
        what = f"{row['gpc_number']} {row['fuel_or_activity'] or ''}".strip()
        total = "—" if row["emission_co2e"] is None else f"{row['emission_co2e']:.10g}"
        unit = row["gas_unit"] or "?"
        reading.notes.append(note(
            "gases_open", f"{what}: {gases} do not add to {total} t CO2e in any unit; unit of the gases: {unit}",
            f"{what}：{gases} 以任何单位都不等于合计 {total} t CO2e；气体单位：{unit}", [row[ROW]]))  # fmt: skip
    reading.tell("gases_open_more", "further rows whose gases do not add to their total in any unit",
                 "其余气体之和不等于合计的行", open_rows.slice(MOST_OPEN))  # fmt: skip
    for gas, name in GASES.items():
        potential = metric.factors[gas]
        held = rows.filter((pl.col("gas_unit") == "kg CO2e") & pl.col(name).is_not_null())
        if gas != "CO2" and held.height and (held[name] % potential == 0).all():
            reading.tell(f"metric_{gas}", f"every {gas} figure in kg CO2e is a whole multiple of {potential:g} ({metric.name})",
                         f"以 kg CO2e 计的 {gas} 全为 {potential:g} 的整数倍（{metric.name}）", held)  # fmt: skip
    reading.rows = rows.drop("gas_unit_reason")


def finish(reading: Reading, place: str) -> RecordTable:
    """Make the table of the rows that nothing speaks against."""
    good = reading.rows.filter(~pl.col(ROW).is_in(list(reading.bad)))
    named = good.with_columns(pl.lit(place).alias("place"))
    return RecordTable(named.select(column.name for column in RecordTable.columns), where=reading.sheet.where())


def doubled(reading: Reading) -> None:
    """Tell of rows that say the same in every field."""
    fields = [
        column.name for column in RecordTable.columns if column.name not in ("place", "provenance_id", "gas_unit")
    ]
    twice = reading.rows.filter(pl.struct(fields).is_duplicated() & pl.col("emission_co2e").is_not_null())
    reading.tell("doubled", "rows that say the same in every field: one source may stand twice",
                 "各列完全相同的行：同一来源可能重复", twice)  # fmt: skip


def refuse_or_return(problems: list[Problem], *, strict: bool) -> tuple[Problem, ...]:
    """Raise what was refused, or give it to be told."""
    kept = tuple(dict.fromkeys(problems))
    if strict and kept:
        raise InputError.several(kept)
    return kept
