"""Raw cells: csv and workbooks as frames of text, with the row number that the user sees.

Comes in: a checked path. Goes out: :class:`RawSheet`, all text, header read but not interpreted. Not for: types and meaning
of columns (:mod:`citycarbon.data.typed`).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data import safety

ROW = "\x00row"
ENCODINGS = ("utf-8-sig", "utf-8", "gb18030", "gbk", "gb2312", "utf-16")
_DELIMITERS = {".tsv": "\t", ".csv": ",", ".txt": ","}
_FORMULA = r"^\s*[=@]|^\s*[+\-][^\d.\s]"


@dataclass(frozen=True)
class RawSheet:
    """Header and rows of one sheet; column ``\\x00row`` holds the row number; ``numbers`` holds exact workbook floats."""

    file: str
    sheet: str
    header: tuple[str, ...]
    rows: pl.DataFrame
    encoding: str = ""
    numbers: pl.DataFrame | None = None

    def where(self, column: str | None = None, rows: tuple[int, ...] = ()) -> Where:
        """Give a place inside this sheet."""
        return Where(file=self.file, sheet=self.sheet or None, rows=rows, column=column)


def read_text(path: Path, shown: str, encoding: str | None = None) -> RawSheet:
    """Read a csv, tsv or txt file; the encoding is the stated one, or UTF-8, or else GB18030 if the text proves it."""
    safety.text_lines(path, shown)
    text, used = decode(path.read_bytes(), shown, encoding)
    delimiter = _DELIMITERS[path.suffix.lower()]
    first = text[: text.find("\n")] if "\n" in text else text
    if path.suffix.lower() != ".tsv" and "," not in first:
        delimiter = next((mark for mark in (";", "\t") if mark in first), delimiter)
    header = tuple(next(csv.reader(io.StringIO(first.strip("\r")), delimiter=delimiter), []))
    if not any(name.strip() for name in header):
        raise InputError("file_empty", Where(file=shown, rows=(1,)), "")
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode("utf-8")),
            has_header=False,
            skip_rows=0,
            infer_schema=False,
            separator=delimiter,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError as error:
        raise _ragged(text, shown, delimiter, len(header)) from error
    if frame.width < len(header):
        header = header[: frame.width]
    frame.columns = [f"column_{index + 1}" for index in range(frame.width)]
    frame = frame.with_row_index(ROW, offset=1).slice(1)
    return _tidy(RawSheet(shown, "", header, frame, used))


def decode(data: bytes, shown: str, encoding: str | None = None) -> tuple[str, str]:
    """Decode bytes and say how: the stated encoding must fit; otherwise UTF-8 (with or without mark), UTF-16, GB18030."""
    where = Where(file=shown)
    if encoding is not None:
        name = encoding.lower().replace("_", "-")
        if name not in ENCODINGS:
            raise InputError("encoding_unknown", where, encoding)
        try:
            return data.decode("utf-8-sig" if name == "utf-8" else name), name
        except UnicodeError as error:
            raise InputError("encoding_wrong", where, str(error), encoding=encoding) from error
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("encoding_unknown", where, "NUL bytes")
    for name, mark in (("utf-16", (b"\xff\xfe", b"\xfe\xff")), ("utf-8-sig", b"\xef\xbb\xbf")):
        if data.startswith(mark):
            try:
                return data.decode(name), name
            except UnicodeError as error:
                raise InputError("encoding_wrong", where, str(error), encoding=name) from error
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise InputError("encoding_unknown", where, str(error)) from error
    if not looks_chinese(text):
        raise InputError("encoding_unknown", where, text[:40])
    return text, "gb18030"


def looks_chinese(text: str) -> bool:
    """Tell whether text decoded as GB18030 reads as Chinese: nearly all of its non-ASCII marks are common Han characters."""
    marks = [mark for mark in text[:200_000] if ord(mark) > 127]
    common = sum(
        1
        for mark in marks
        if "\u4e00" <= mark <= "\u9fff" or "\uff00" <= mark <= "\uffef" or mark in "。、“”‘’（）《》—…·℃㎡×°"
    )
    # Level-1 GB 2312 characters (the 3,755 common ones) have lead bytes B0-D7; random bytes seldom stay there.
    level1 = sum(1 for mark in marks if "\u4e00" <= mark <= "\u9fff" and 0xB0 <= _lead(mark) <= 0xD7)
    return bool(marks) and common / len(marks) > 0.9 and level1 / len(marks) > 0.6


def _lead(mark: str) -> int:
    return mark.encode("gb18030")[0]


def _ragged(text: str, shown: str, delimiter: str, width: int) -> InputError:
    """Find the rows whose cell count differs; only reached when the fast reader has refused the file."""
    problems = Problems()
    longest = 0
    try:
        csv.field_size_limit(safety.LONGEST_LINE)
        reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        for cells in reader:
            longest = max(longest, max(map(len, cells), default=0))
            if cells and len(cells) != width and len(problems) < 20:
                problems.add("row_ragged", Where(file=shown, rows=(reader.line_num,)), len(cells), expected_cells=width)
    except csv.Error as error:
        return InputError("row_ragged", Where(file=shown, rows=(reader.line_num,)), str(error), expected_cells=width)
    if not len(problems):
        return InputError("file_broken", Where(file=shown), "", kind="csv")
    return InputError.several(problems)


def read_workbook(path: Path, shown: str, sheet: str | None = None) -> RawSheet:
    """Read one sheet of an xlsx workbook; a workbook with several sheets needs a name."""
    import fastexcel

    has_errors = safety.archive(path, shown, "xlsx")
    where = Where(file=shown, sheet=sheet)
    try:
        book = fastexcel.read_excel(path)
    except Exception as error:
        raise InputError("file_broken", where, str(error), kind="xlsx") from error
    if sheet is None:
        if len(book.sheet_names) != 1:
            raise InputError("sheet_ambiguous", where, len(book.sheet_names), sheets=", ".join(book.sheet_names))
        sheet = book.sheet_names[0]
    if sheet not in book.sheet_names:
        raise InputError("sheet_missing", where, sheet, sheets=", ".join(book.sheet_names))
    where = Where(file=shown, sheet=sheet)
    try:
        options: Any = {"header_row": None, "skip_whitespace_tail_rows": False}
        cells = book.load_sheet(sheet, dtypes="string", **options).to_polars()
        numbers = book.load_sheet(sheet, dtypes="float", **options).to_polars()
    except Exception as error:
        raise InputError("file_broken", where, str(error), kind="xlsx") from error
    if cells.height == 0:
        raise InputError("file_empty", where, "")
    if has_errors:
        _refuse_error_cells(path, shown, sheet, book.sheet_names)
    filled = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    top = filled.arg_true()
    if not len(top):
        raise InputError("file_empty", where, "")
    start = int(top[0])
    header = tuple(str(cell or "") for cell in cells.row(start))
    body = cells.with_row_index(ROW, offset=1).slice(start + 1)
    names = [ROW, *[f"column_{index + 1}" for index in range(len(header))]]
    exact = numbers.with_row_index(ROW, offset=1).slice(start + 1)
    exact.columns = names
    body.columns = names
    return _tidy(RawSheet(shown, sheet, header, body, "xlsx", exact))


def _refuse_error_cells(path: Path, shown: str, sheet: str, names: list[str]) -> None:
    problems = Problems()
    for row, column, text in error_cells(path, sheet, names):
        problems.add("cell_error", Where(file=shown, sheet=sheet, rows=(row,), column=column), text)
    problems.raise_all()


def error_cells(path: Path, sheet: str, names: list[str]) -> list[tuple[int, str, str]]:
    """Find error cells such as #DIV/0! of a sheet: (row, column letters, text), at most 20."""
    with zipfile.ZipFile(path) as container:
        parts = sorted(
            (name for name in container.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)),
            key=lambda name: int(re.findall(r"\d+", name)[-1]),
        )
        number = names.index(sheet)
        if number >= len(parts):
            return []
        xml = container.read(parts[number]).decode("utf-8", "replace")
    pattern = re.compile(r'<c r="([A-Z]+)(\d+)"[^>]*t="e"[^>]*>(?:<f>.*?</f>|<f/>)?<v>([^<]*)</v>', re.S)
    return [(int(row), column, text) for column, row, text in pattern.findall(xml)[:20]]


def _tidy(sheet: RawSheet) -> RawSheet:
    """Trim cells, drop blank rows, and refuse broken headers, endless cells and formulas that came as text."""
    header = tuple(name.strip().strip("\ufeff").strip() for name in sheet.header)
    cells = [name for name in sheet.rows.columns if name != ROW]
    rows = sheet.rows.with_columns(pl.col(cells).str.strip_chars().replace("", None))
    keep = pl.any_horizontal(pl.col(cells).is_not_null())
    numbers = sheet.numbers.filter(rows.select(keep).to_series()) if sheet.numbers is not None else None
    rows = rows.filter(keep)
    problems = Problems()
    if not rows.height:
        problems.add("file_empty", sheet.where(), "")
    lengths = rows.select(pl.col(cells).str.len_bytes().max())
    for index, cell in enumerate(cells):
        name = header[index] if index < len(header) else ""
        longest = lengths[cell][0] if rows.height else 0
        if longest and longest > safety.LONGEST_CELL:
            bad = rows.filter(pl.col(cell).str.len_bytes() > safety.LONGEST_CELL)[ROW].head(5).to_list()
            problems.add("cell_too_long", sheet.where(name, tuple(bad)), f"{longest} B", limit=safety.LONGEST_CELL)
            continue
        formulas = rows.filter(pl.col(cell).str.contains(_FORMULA))
        if formulas.height:
            found = formulas[cell][0]
            problems.add("formula_cell", sheet.where(name, tuple(formulas[ROW].head(5).to_list())), found)
        if not name and rows[cell].null_count() < rows.height:
            problems.add("column_unnamed", sheet.where(f"{index + 1}"), rows[cell].drop_nulls()[0])
    lowered = [name.casefold() for name in header if name]
    for name in dict.fromkeys(name for name in lowered if lowered.count(name) > 1):
        problems.add("column_duplicate", sheet.where(name, (1,)), name)
    problems.raise_all()
    return RawSheet(sheet.file, sheet.sheet, header, rows, sheet.encoding, numbers)
