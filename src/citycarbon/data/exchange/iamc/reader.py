"""Reading IAMC files: wide or long, csv or a workbook whose sheets ``data``, ``data2`` … are all read.

Comes in: a path. Goes out: an :class:`~citycarbon.data.exchange.iamc.table.IamcTable` with its origin, or every problem of
the file at once. Not for: turning variables into an account, or checking that parents are the sums of their children.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.results import Origin
from citycarbon.data import safety
from citycarbon.data.cell_values import judge, periods, two_readings
from citycarbon.data.exchange.iamc.table import INDEX, IamcTable
from citycarbon.data.sheets import ROW, RawSheet, read_text, read_workbook
from citycarbon.data.workbooks.loading import Workbook

KINDS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
_BOOKS = (".xlsx", ".xlsm")
_YEAR = re.compile(r"([0-9]{4})(\.0+)?")
_LONG = ("year", "time")
_EXACT = "exact_"
_SHOWN = 20
"""Problems of one kind that are named one by one."""


@safety.netted
def read_iamc(
    path: Path,
    shown: str | None = None,
    *,
    encoding: str | None = None,
    ignore: Sequence[str] = (),
    empty_unit: str | None = None,
) -> tuple[IamcTable, Origin]:
    """Read a file in the IAMC format; an empty cell of a wide file is no figure, and never zero.

    Parameters
    ----------
    path
        csv or workbook. Of a workbook every sheet is read whose name begins with ``data``; a workbook with one sheet may
        name it as it likes.
    shown
        Name to show in messages and provenance; the file name by default.
    encoding
        Encoding of a text file, if it is to be stated.
    ignore
        Columns to leave out, in the spelling of the file.
    empty_unit
        What an empty unit stands for, for example ``dimensionless``; without it an empty unit is refused.

    Raises
    ------
    InputError
        Missing or unknown columns, empty names or units, cells that are no numbers, rows that stand there twice.
    """
    path, shown = Path(path), shown or Path(path).name
    safety.present(path, shown)
    if path.suffix.lower() not in KINDS:
        raise InputError("file_kind_unknown", Where(file=shown), path.suffix or "—", kinds=", ".join(KINDS))
    sheets = _sheets(path, shown, encoding)
    problems, parts, notes = Problems(), [], []
    for sheet in sheets:
        try:
            part, note = _rows(sheet, {name.casefold() for name in ignore}, empty_unit, problems)
            parts.append(part)
            notes += [note] if note else []
        except InputError as error:
            problems.absorb(error)
    _note_doubles(parts, Where(file=shown), problems)
    problems.raise_all()
    # Each sheet is in order already; only several must be put together.
    order = [*INDEX, "time"]
    whole = parts[0] if len(parts) == 1 else pl.concat(parts).sort(order, maintain_order=True)
    names = ", ".join(sheet.sheet for sheet in sheets if sheet.sheet)
    origin = Origin(shown, safety.sha256(path), path.stat().st_size, sum(sheet.rows.height for sheet in sheets),
                    sheets[0].encoding, names, "; ".join(notes))  # fmt: skip
    return IamcTable(whole.select(*order, "value", "provenance_id"), where=Where(file=shown)), origin


def _sheets(path: Path, shown: str, encoding: str | None) -> list[RawSheet]:
    """Read the raw cells of a text file, or of every sheet of a workbook that holds data."""
    if path.suffix.lower() not in _BOOKS:
        return [read_text(path, shown, encoding, notes=True)]
    names = Workbook.open(path, shown).visible
    wanted = [name for name in names if name.casefold().startswith("data")] or (names if len(names) == 1 else [])
    if not wanted:
        raise InputError("sheet_missing", Where(file=shown, sheet="data"), "data", sheets=", ".join(names))
    return [read_workbook(path, shown, name, notes=True) for name in wanted]


def _rows(sheet: RawSheet, ignore: set[str], empty_unit: str | None, problems: Problems) -> tuple[pl.DataFrame, str]:
    """Give the figures of one sheet as long rows in order, and a note on a footer that was left out."""
    places = _columns(sheet, ignore)
    frame, note = _without_footer(sheet, places)
    frame = frame.rename({cell: name for name, cell in places.items() if name in INDEX})
    if empty_unit is not None:
        frame = frame.with_columns(pl.col("unit").fill_null(empty_unit))
    for name in INDEX:
        empty = frame.filter(pl.col(name).is_null())
        if empty.height:
            problems.add("value_empty", sheet.where(name, _numbers(empty)), f"{empty.height} ×", column=name)
    years = {cell: name for name, cell in sorted(places.items()) if name.isdigit()}
    cells = list(years) or [places["value"]]
    named = [] if years else [_times(sheet, places, problems)]
    prefix = f"{sheet.file}#{sheet.sheet}" if sheet.sheet else sheet.file
    frame = frame.with_columns(*named, pl.format("{}:{}", pl.lit(prefix), ROW).alias("provenance_id"))
    frame = frame.with_columns(_exact(sheet, cells, frame.height))
    # Sorting the few series before they become many figures is far cheaper than sorting the figures.
    frame = frame.sort(*INDEX, *(["time"] if named else []), maintain_order=True).with_row_index("series")
    kept = ["series", ROW, *INDEX, *(["time"] if named else []), "provenance_id"]
    long = frame.unpivot(on=cells, index=kept, variable_name="cell", value_name="figure")
    exact = frame.select(f"{_EXACT}{cell}" for cell in cells).unpivot(value_name="exact")["exact"]
    long = long.with_columns(exact).filter(pl.col("figure").is_not_null())
    if years:
        long = long.with_columns(pl.col("cell").replace_strict(years, return_dtype=pl.String).alias("time"))
        long = long.sort("series", "time", maintain_order=True)
    return _numbered(sheet, long, problems), note


def _times(sheet: RawSheet, places: dict[str, str], problems: Problems) -> pl.Series:
    """Read the years of a long file; a day in a column of years is none."""
    name = _time_name(places)
    frame, _ = _without_footer(sheet, places)
    made = periods(frame[places[name]], workbook=sheet.numbers is not None)
    wrong = frame.filter(made.str.contains(r"^[0-9]{4}-[0-9-]+$").fill_null(False))
    if name == "year" and wrong.height:
        shown = ", ".join(wrong[places[name]].head(5).to_list())
        problems.add("value_not_whole", sheet.where(name, _numbers(wrong)), shown)
        made = made.str.replace(r"^([0-9]{4})-[0-9-]+$", "$1")
    return made.alias("time")


def _exact(sheet: RawSheet, cells: list[str], height: int) -> list[pl.Series]:
    """Give the exact floats of a workbook beside its texts; a text file has none."""
    if sheet.numbers is None:
        return [pl.repeat(None, height, dtype=pl.Float64, eager=True).alias(f"{_EXACT}{cell}") for cell in cells]
    return [sheet.numbers[cell].head(height).alias(f"{_EXACT}{cell}") for cell in cells]


def _time_name(places: dict[str, str]) -> str:
    return next(name for name in _LONG if name in places)


def _columns(sheet: RawSheet, ignore: set[str]) -> dict[str, str]:
    """Tell which cell column is which; years by their number, everything else by its name in any case."""
    problems = Problems()
    found: dict[str, str] = {}
    for index, header in enumerate(sheet.header):
        folded = header.casefold()
        if not header or folded in ignore:
            continue
        year = _YEAR.fullmatch(folded)
        name = year.group(1) if year else folded
        if name in found:
            problems.add("column_duplicate", sheet.where(header, (sheet.top,)), header)
        elif year or name in (*INDEX, *_LONG, "value"):
            found[name] = f"column_{index + 1}"
        else:
            known = ", ".join((*INDEX, "year", "value", "2020, 2030 …"))
            problems.add("column_unknown", sheet.where(header, (sheet.top,)), header, known=known)
    years = [name for name in found if name.isdigit()]
    wanted = [*INDEX, *([] if years else ["year", "value"])]
    missing = [name for name in wanted if name not in found and not (name == "year" and "time" in found)]
    for name in missing:
        problems.add("column_missing", sheet.where(name), "", column=name, aliases="—")
    both = [name for name in (*_LONG, "value") if name in found] if years else []
    both += [_LONG[1]] if not years and all(name in found for name in _LONG) else []
    for name in both:
        problems.add("column_duplicate", sheet.where(name, (sheet.top,)), f"{name}, {years[0] if years else 'year'}")
    problems.raise_all()
    return found


def _without_footer(sheet: RawSheet, places: dict[str, str]) -> tuple[pl.DataFrame, str]:
    """Leave out last rows that hold one text and nothing else: scenario data bases put their notice of copyright there."""
    filled = sheet.rows.select(
        pl.sum_horizontal(pl.col(cell).is_not_null() for cell in sheet.rows.columns if cell != ROW)
    ).to_series()
    kept = sheet.rows.height
    while kept and filled[kept - 1] == 1 and sheet.rows[places["model"]][kept - 1] is not None:
        kept -= 1
    if not kept or kept == sheet.rows.height:
        return sheet.rows, ""
    left = sheet.rows.slice(kept)
    return sheet.rows.head(kept), f"left out: {'; '.join(left[places['model']].to_list())}"[:500]


def _numbered(sheet: RawSheet, long: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    """Turn the cells into numbers; say which cells are none. Only cells that are no plain number are looked at closely."""
    plain = pl.col("figure").cast(pl.Float64, strict=False)
    # The number of a workbook counts only where its text is one: true is 1 to a computer, and no figure.
    long = long.with_columns(pl.when(plain.is_finite()).then(pl.coalesce("exact", plain)).alias("value"))
    odd = long.filter(pl.col("value").is_null())
    if odd.height:
        judged = judge(odd["figure"])
        odd = odd.with_columns(judged.values.set(~judged.plain, None).alias("value"))
        _note_texts(sheet, odd.filter(pl.col("value").is_null()), "value_not_number", problems)
        long = pl.concat([long.filter(pl.col("value").is_not_null()), odd]).sort("series", "time", maintain_order=True)
    if sheet.delimiter == ";":
        _note_texts(sheet, long.filter(two_readings(long["figure"])), "decimals_unclear", problems)
    return long.filter(pl.col("value").is_not_null()).with_columns(pl.lit(sheet.sheet).alias("sheet"))


def _note_texts(sheet: RawSheet, wrong: pl.DataFrame, code: str, problems: Problems) -> None:
    """Name the cells that are no numbers, or not one number, column by column."""
    for (cell,), part in wrong.group_by("cell", maintain_order=True):
        header = sheet.header[int(str(cell).removeprefix("column_")) - 1]
        shown = ", ".join(part["figure"].head(5).to_list()) + (f" … ({part.height})" if part.height > 5 else "")
        problems.add(code, sheet.where(header, _numbers(part)), shown)


def _note_doubles(parts: list[pl.DataFrame], where: Where, problems: Problems) -> None:
    """The same variable in the same year twice is two answers to one question, even if both are the same."""
    series = [part.select("sheet", ROW, *INDEX).unique() for part in parts]
    named = pl.concat(series) if series else pl.DataFrame()
    suspects = named.filter(pl.struct(INDEX).is_duplicated()).select(INDEX).unique() if named.height else named
    if not suspects.height:
        return
    keys = [*INDEX, "time"]
    figures = pl.concat(part.join(suspects, on=INDEX, how="semi", maintain_order="left") for part in parts)
    twice = figures.filter(pl.struct(keys).is_duplicated())
    found = twice.group_by(INDEX, maintain_order=True).agg(pl.col(ROW).unique().sort(), pl.col("sheet").unique().sort())
    for each in found.head(_SHOWN).iter_rows(named=True):
        place = Where(where.file, ", ".join(filter(None, each["sheet"])) or None, tuple(each[ROW][:5]))
        problems.add("row_duplicate", place, ", ".join(str(each[name]) for name in INDEX), key=", ".join(keys))


def _numbers(frame: pl.DataFrame) -> tuple[int, ...]:
    return tuple(int(row) for row in frame[ROW].unique().sort().head(5).to_list())
