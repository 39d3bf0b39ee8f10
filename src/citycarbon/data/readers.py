"""The reading desk: any readable file becomes a checked table, with its origin recorded.

Comes in: a path, the table class that is wanted, and what the study states about the file. Goes out: the table and its
:class:`~citycarbon.core.results.Origin`. Not for: layers with geometry (:mod:`citycarbon.data.layers`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problem, Problems, Where, problem
from citycarbon.core.names import one_form, unknown
from citycarbon.core.results import Origin
from citycarbon.core.schema import Column
from citycarbon.core.series import SERIES_KEYS, GroupTable, SeriesTable
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.trace import row_of
from citycarbon.core.units import parse
from citycarbon.data import safety
from citycarbon.data.cell_values import periods
from citycarbon.data.library import gas_names
from citycarbon.data.own_factors import settle_factors
from citycarbon.data.printed.nameless import nameless
from citycarbon.data.printed.printed_totals import printed_totals
from citycarbon.data.shaping.json_rows import read_json
from citycarbon.data.sheets import ROW, RawSheet, read_text, read_workbook
from citycarbon.data.spelling import CODED, codes_as_text
from citycarbon.data.typed import Matched, activity_codes, coded, match_headers, typed_frame
from citycarbon.data.workbooks.cells import column_letters
from citycarbon.data.workbooks.loading import merged

TABULAR = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet", ".json")
TableT = TypeVar("TableT", bound=Table)
KEYS: dict[type[Table], tuple[str, ...]] = {
    ActivityTable: ("place", "time", "sector", "activity", "scenario", "unit", "value"),
    EmissionTable: ("place", "time", "sector", "activity", "scope", "gas", "scenario", "basis", "unit", "value"),
    PlaceTable: ("place",),
    DenominatorTable: ("place", "time", "measure"),
    SeriesTable: SERIES_KEYS,
    GroupTable: ("place",),
}
"""Columns in which no two rows of a file may agree."""
TRACES = ("flow", "notation", "provenance_id", "factor_id", "method", "rule", "metric")
"""Columns by which a table that a method wrote tells where each row comes from."""
LABELS: dict[type[Table], tuple[str, ...]] = {
    ActivityTable: ("place", "time", "sector", "activity", "scenario", "unit"),
    EmissionTable: (*EmissionTable.dimensions, "time", "unit"),
}
"""Columns with few words in many rows, which are kept as dictionary codes: joins and sums then compare numbers."""


@dataclass(frozen=True)
class FileOptions:
    """What a study or caller states about a file: sheet, encoding, column mapping, columns to ignore, constants, rows wanted."""

    sheet: str | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    ignore: Sequence[str] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, CodeList] = field(default_factory=dict)
    shape: Callable[[RawSheet], RawSheet] | None = None
    declared: Mapping[str, CodeList] = field(default_factory=dict)
    """Places and sectors that a study knows, for tables whose words need not all be among them."""


def read_table(
    path: Path,
    table: type[TableT],
    options: FileOptions | None = None,
    shown: str | None = None,
    *,
    unique: Sequence[str] = (),
) -> tuple[TableT, Origin]:
    """Read a file as a table.

    Parameters
    ----------
    path
        File; ``NAME.xlsx#SHEET`` is split by the caller.
    table
        Class of the table that is wanted.
    options
        What is stated about the file.
    shown
        Name to show in messages and provenance; the file name by default.
    unique
        Columns that tell one row from another, for a table that :data:`KEYS` does not know.

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once.
    """
    made, origin, _ = read_reviewed(path, table, options, shown, unique=unique)
    return made, origin


@safety.netted
def read_reviewed(
    path: Path,
    table: type[TableT],
    options: FileOptions | None = None,
    shown: str | None = None,
    *,
    unique: Sequence[str] = (),
    tell: Callable[[str], None] | None = None,
) -> tuple[TableT, Origin, dict[str, str]]:
    """Read a file as :func:`read_table` does, and say which header became which column.

    ``tell`` is called at the start of each stage: ``reading``, ``typing``, ``checking``.
    """
    options = options or FileOptions()
    shown = shown or path.name
    safety.present(path, shown)
    tell = tell or (lambda _: None)
    suffix = path.suffix.lower()
    if suffix not in TABULAR:
        raise InputError("file_kind_unknown", Where(file=shown), suffix or "—", kinds=", ".join(TABULAR))
    headers: dict[str, str] = {}
    places = MergedPlaces(path, {})
    tell("reading")
    if suffix == ".parquet" and options.shape is not None:
        raise InputError("shape_idle", Where(file=shown), suffix)
    if suffix == ".parquet":
        (frame, traced), sheet, encoding, problems = _parquet(path, options, shown, table), "", "parquet", Problems()
    else:
        raw = raw_sheet(path, shown, options)
        raw = options.shape(raw) if options.shape is not None else raw
        tell("typing")
        matched = match_headers(raw, _with_given(table, options), options.mapping, options.ignore)
        frame, problems = typed_frame(raw, matched, options.given)
        sheet, encoding = raw.sheet, raw.encoding
        headers = {item.column.name: item.header for item in matched}
        places = MergedPlaces(path, {item.header: item.index + 1 for item in matched})
        traced = "provenance_id" in headers
    where = Where(file=shown, sheet=sheet or None)
    tell("checking")
    frame = _number_constants(frame, table, options.given, where, problems)
    if issubclass(table, FactorTable):
        frame, found = settle_factors(frame, where)
        problems.extend(_in_words_of_file(item, headers) for item in found)
    frame = encoded(frame, table)
    sums = printed_totals(frame, table, where, {**options.declared, **options.codes})
    named = {(item.where.column, item.found) for item in sums}
    unknown = [
        item for item in _unknown_codes(frame, options.codes, where) if (item.where.column, item.found) not in named
    ]
    nothing = nameless(frame, table, where)
    told = {(item.where.column, item.found) for item in nothing}
    unknown = [item for item in unknown if (item.where.column, item.found) not in told]
    problems.extend(_in_words_of_file(item, headers) for item in (*unknown, *nothing, *sums))
    checked = _check(frame, table, where, problems, headers, unique or _keys(table, traced), places)
    origin = Origin(shown, safety.sha256(path), path.stat().st_size, frame.height, encoding, sheet)
    return checked, origin, headers


def _number_constants(
    frame: pl.DataFrame, table: type[Table], given: Mapping[str, str], where: Where, problems: Problems
) -> pl.DataFrame:
    """Turn the texts that a study states for columns of numbers and times into what the cells of a file would become."""
    for column in (column for column in table.columns if column.name in given and column.kind != "text"):
        text = pl.Series(column.name, [given[column.name]], dtype=pl.String)
        item = Matched(column.name, 0, column, "")
        stated = RawSheet(
            where.file or "", where.sheet or "", (column.name,), pl.DataFrame({ROW: [0], "column_1": text})
        )
        made, found = typed_frame(stated, [item])
        for each in found:
            problems.add(
                each.code, Where(where.file, where.sheet, (), column.name), given[column.name], **dict(each.facts)
            )
        frame = frame.with_columns(pl.lit(made[column.name][0], dtype=made[column.name].dtype).alias(column.name))
    return frame


def _unknown_codes(frame: pl.DataFrame, codes: Mapping[str, CodeList], where: Where) -> list[Problem]:
    """Places and sectors that the study's lists do not have, told together with whatever else is wrong in the file."""
    found = []
    for column, listed in codes.items():
        used = frame[column].drop_nulls().unique(maintain_order=True).to_list() if column in frame.columns else []
        code = "place_unknown" if column == "place" else "sector_unknown"
        missing = [word for word in used if one_form(str(word)) not in listed]
        for word, each in zip(missing, unknown(missing, listed.parents, where, code=code), strict=False):
            rows = _rows(frame.filter(pl.col(column) == word))
            found.append(replace(each, where=Where(where.file, where.sheet, rows, column)))
    return found


def encoded(frame: pl.DataFrame, table: type[Table]) -> pl.DataFrame:
    """Dictionary-encode the labels of a table (:data:`LABELS`); every table writes them out as plain text again."""
    labels = next((names for kind, names in LABELS.items() if issubclass(table, kind)), ())
    present = [name for name in dict.fromkeys(labels) if name in frame.columns and frame[name].dtype == pl.String]
    return frame.with_columns(pl.col(name).cast(pl.Categorical) for name in present)


def _keys(table: type[Table], traced: bool) -> Sequence[str]:
    """Columns that tell rows apart; equal figures that a file traces to different rows or factors are different facts."""
    keys = next((keys for kind, keys in KEYS.items() if issubclass(table, kind)), ())
    return (*keys[:-1], *TRACES, keys[-1]) if traced and "value" in keys else keys


def _check(
    frame: pl.DataFrame, table: type[TableT], where: Where, problems: Problems, headers: Mapping[str, str],
    unique: Sequence[str], places: MergedPlaces,
) -> TableT:  # fmt: skip
    """Check values, units, dates and doubled rows in one go and raise every problem in the words of the file."""
    checked: TableT | None = None
    traced = "provenance_id" in {column.name for column in table.columns}
    found = [*_bad_units(frame, where), *_bad_dates(frame, table, where), *doubled_rows(frame, unique, where)]
    try:
        checked = table(frame if traced else frame.drop("provenance_id"), where=where)
    except InputError as error:
        # Without a trace the table counts its own rows, which are not those of the file.
        own = [item if traced else _with_file_rows(item, frame) for item in error.problems]
        # Years that run backwards were named with their rows already.
        found += [item for item in own if item.code != "years_reversed"]
    named = [_in_words_of_file(item, headers) for item in found]
    problems.extend(_of_merged(item, places) for item in named)
    problems.raise_all()
    if checked is None:
        raise AssertionError("a table was refused without a problem")
    return checked


@dataclass(frozen=True)
class MergedPlaces:
    """Where the columns of a workbook stand, to tell an empty cell from one that is part of merged cells."""

    path: Path
    columns: Mapping[str, int]


def _of_merged(item: Problem, places: MergedPlaces) -> Problem:
    """Say of an empty cell that it is part of merged cells, of which only the first one holds the value."""
    number = places.columns.get(str(item.where.column))
    if item.code != "value_empty" or number is None or places.path.suffix.lower() not in (".xlsx", ".xlsm"):
        return item
    for top, left, bottom, right in merged(places.path, item.where):
        if left <= number <= right and any(top <= row <= bottom for row in item.where.rows):
            return problem("cell_merged", item.where, f"{column_letters(left)}{top}:{column_letters(right)}{bottom}")
    return item


def _with_file_rows(item: Problem, frame: pl.DataFrame) -> Problem:
    traces = frame["provenance_id"]
    rows = tuple(row_of(traces[row - 1]) for row in item.where.rows if row <= frame.height)
    return replace(item, where=replace(item.where, rows=rows))


def _in_words_of_file(item: Problem, headers: Mapping[str, str]) -> Problem:
    """Name the column as the file does; an empty cell shows nothing as found."""
    column = item.where.column
    named = replace(item, where=replace(item.where, column=headers.get(column, column) if column else None))
    return replace(named, found="") if item.code == "value_empty" else named


def _bad_units(frame: pl.DataFrame, where: Where) -> list[Problem]:
    found = []
    for unit in frame["unit"].drop_nulls().unique().sort().to_list() if "unit" in frame.columns else []:
        try:
            parse(str(unit))
        except InputError as error:
            rows = _rows(frame.filter(pl.col("unit") == unit))
            told = error.problems[0]
            found.append(problem(told.code, Where(where.file, where.sheet, rows, "unit"), unit, **dict(told.facts)))
    return found


def _bad_dates(frame: pl.DataFrame, table: type[Table], where: Where) -> list[Problem]:
    """A day such as 2022-02-30 has the form of a period and does not exist."""
    found = []
    for name in (column.name for column in table.columns if column.kind == "period" and column.name in frame.columns):
        text = frame[name].cast(pl.String)
        day = text.str.contains(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$").fill_null(False)
        bad = frame.filter(day & text.str.to_date("%Y-%m-%d", strict=False).is_null())
        if bad.height:
            place = Where(where.file, where.sheet, _rows(bad), name)
            found.append(problem("time_wrong", place, ", ".join(bad[name].head(5).to_list())))
    return found


def doubled_rows(frame: pl.DataFrame, unique: Sequence[str], where: Where) -> list[Problem]:
    """The same figure for the same place, time, sector and activity twice is a double entry, not two facts, in any unit."""
    named = [name for name in unique if name in frame.columns]
    if not named:
        return []
    frame, keys = _in_one_unit(frame, named)
    twice = frame.filter(pl.struct(keys).is_duplicated() & pl.all_horizontal(pl.col(keys[0], keys[-1]).is_not_null()))
    found = []
    for first in twice.unique(keys, keep="first", maintain_order=True).head(20).iter_rows(named=True):
        rows = twice.filter(pl.all_horizontal(pl.col(key).eq_missing(pl.lit(first[key])) for key in keys))
        shown = ", ".join("—" if cell is None else str(cell) for cell in rows.select(named).row(0))
        place = Where(where.file, where.sheet, _rows(rows), named[0] if len(named) == 1 else None)
        found.append(problem("row_duplicate", place, shown, key=", ".join(named)))
    return found


def _in_one_unit(frame: pl.DataFrame, keys: list[str]) -> tuple[pl.DataFrame, list[str]]:
    """Put the amount in a unit of its dimension in the place of unit and value, where a file writes several units."""
    if not {"unit", "value"} <= set(keys) or frame["value"].dtype != pl.Float64 or frame["unit"].n_unique() < 2:
        return frame, keys
    sizes, kinds = {}, {}
    for unit in frame["unit"].cast(pl.String).drop_nulls().unique().to_list():
        try:
            base = parse(unit).to_base_units()
            sizes[unit], kinds[unit] = float(base.magnitude), str(base.units)
        except (InputError, ArithmeticError):
            sizes[unit], kinds[unit] = 1.0, unit
    unit = pl.col("unit").cast(pl.String)
    amount = pl.col("value") * unit.replace_strict(sizes, default=1.0, return_dtype=pl.Float64)
    frame = frame.with_columns(
        unit.replace_strict(kinds, default=None, return_dtype=pl.String).alias("\x00kind"),
        amount.round_sig_figs(12).alias("\x00amount"),
    )
    return frame, [*(key for key in keys if key not in ("unit", "value")), "\x00kind", "\x00amount"]


def _rows(frame: pl.DataFrame) -> tuple[int, ...]:
    return tuple(number for item in frame["provenance_id"].head(5).to_list() if (number := row_of(item)))


def _with_given(table: type[Table], options: FileOptions) -> list[Column]:
    """Columns that the study states as constants are not required in the file."""
    return [replace(column, required=column.required and column.name not in options.given) for column in table.columns]


@safety.netted
def raw_sheet(path: Path, shown: str, options: FileOptions) -> RawSheet:
    """Read the cells of a text file, a workbook or a JSON file of rows."""
    if path.suffix.lower() == ".json":
        return read_json(path, shown, options.encoding)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return read_workbook(path, shown, options.sheet)
    return read_text(path, shown, options.encoding)


def _periods_of(frame: pl.DataFrame, table: type[Table]) -> pl.DataFrame:
    """Write times of any type as those of a text file; what is no period stays as it is, to be refused."""
    for name in (column.name for column in table.columns if column.kind == "period" and column.name in frame.columns):
        kind = frame.schema[name]
        if kind.is_float():
            frame = frame.with_columns(codes_as_text(frame[name]).alias(name))
        elif kind == pl.Datetime:
            frame = frame.with_columns(pl.col(name).dt.to_string("%Y-%m-%d %H:%M:%S%.f"))
        if kind not in (pl.Boolean, pl.Duration, pl.Time):
            frame = frame.with_columns(periods(frame[name].cast(pl.String)).alias(name))
    return frame


def _parquet(path: Path, options: FileOptions, shown: str, table: type[Table]) -> tuple[pl.DataFrame, bool]:
    """Read parquet; column names are the table's own or mapped, text is never turned into numbers; tell if it has a trace."""
    try:
        frame = pl.read_parquet(path)
    except Exception as error:
        raise InputError("file_broken", Where(file=shown), str(error), kind="parquet") from error
    problems = Problems()
    for name, header in options.mapping.items():
        if header not in frame.columns:
            problems.add("map_unknown", Where(file=shown, column=name), header, known=", ".join(frame.columns))
    for name in (name for name in options.given if name in frame.columns and name not in options.ignore):
        problems.add("column_duplicate", Where(file=shown, column=name), f"{name}, set: {name}={options.given[name]}")
    problems.raise_all()
    # A mapped header wins over a column that already bears the name, as in text files.
    spare = [name for name in options.mapping if name in frame.columns and name not in options.mapping.values()]
    frame = frame.drop([*[name for name in options.ignore if name in frame.columns], *spare], strict=False)
    frame = frame.rename({header: name for name, header in options.mapping.items()}, strict=False)
    nested = [name for name, kind in frame.schema.items() if kind.is_nested() or kind in (pl.Object, pl.Binary)]
    for name in nested:
        problems.add("column_nested", Where(file=shown, column=name), str(frame.schema[name]))
    problems.raise_all()
    # Words may come as codes of a dictionary; as in text files, blanks around a name are no part of it, and a blank is empty.
    words = [name for name, kind in frame.schema.items() if kind in (pl.Categorical, pl.Enum)]
    frame = frame.with_columns(pl.col(name).cast(pl.String) for name in words)
    frame = frame.with_columns(
        pl.col(name).str.strip_chars().replace("", None) for name, kind in frame.schema.items() if kind == pl.String
    )
    frame = _periods_of(frame, table)
    frame = frame.with_columns(pl.lit(text).alias(name) for name, text in options.given.items())
    frame = frame.with_columns(codes_as_text(frame[name]) for name in CODED if name in frame.columns)
    if "activity" in frame.columns and frame["activity"].dtype == pl.String:
        frame = frame.with_columns(activity_codes(frame["activity"]))
    if "gas" in frame.columns and frame["gas"].dtype == pl.String:
        frame = frame.with_columns(coded(frame["gas"], gas_names()))
    if not frame.height:
        raise InputError("file_empty", Where(file=shown), "")
    traced = "provenance_id" in frame.columns
    if not traced:
        row = pl.int_range(1, pl.len() + 1)
        frame = frame.with_columns(pl.format("{}:{}", pl.lit(shown), row).alias("provenance_id"))
    return frame, traced


def split_sheet(name: str) -> tuple[str, str | None]:
    """Split ``book.xlsx#Sheet1`` into file and sheet."""
    file, mark, sheet = name.partition("#")
    return (file, sheet or None) if mark and file.lower().endswith((".xlsx", ".xlsm")) else (name, None)
