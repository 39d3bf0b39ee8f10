"""Writing one table for a person or a program: csv, xlsx, parquet or json, whole or not at all.

Comes in: a frame and a path. Goes out: a file, written beside its target and then renamed. Text that a spreadsheet would take
for a formula is disarmed. Not for: results folders (:mod:`citycarbon.data.results`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from citycarbon.core.errors import InputError, Where

WRITABLE = (".csv", ".xlsx", ".parquet", ".json")
_FORMULA_START = r"^[=+\-@\t\r]"


def disarm(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    text = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA_START))
        .then(pl.lit("'") + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in text
    )


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a table in the format of the file's ending.

    Raises
    ------
    InputError
        If the ending is not known or the folder cannot be written.
    """
    writers: dict[str, Callable[[pl.DataFrame, Path], None]] = {
        ".csv": _csv,
        ".xlsx": _xlsx,
        ".parquet": lambda rows, target: rows.write_parquet(target, compression="zstd"),
        ".json": _json,
    }
    suffix = path.suffix.lower()
    if suffix not in writers:
        raise InputError("file_kind_unknown", Where(file=str(path)), suffix or "—", kinds=", ".join(WRITABLE))
    # A negative zero is a zero.
    frame = frame.with_columns(
        pl.when(pl.col(name) == 0).then(0.0).otherwise(pl.col(name)).cast(kind).alias(name)
        for name, kind in frame.schema.items()
        if kind.is_float()
    )
    with whole_file(path) as fresh:
        writers[suffix](frame, fresh)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a name beside ``path`` to write to, and put that file in its place when the block ends well.

    Raises
    ------
    InputError
        If a folder stands there, or the folder cannot be written.
    """
    if path.is_dir():
        raise InputError("file_is_folder", Where(file=str(path)), path.name)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield fresh
        fresh.replace(path)
    except OSError as error:
        raise InputError("output_unwritable", Where(file=str(path)), error.strerror or str(error)) from error
    finally:
        fresh.unlink(missing_ok=True)


def _csv(frame: pl.DataFrame, target: Path) -> None:
    # The byte-order mark lets spreadsheet programs in Chinese systems read UTF-8.
    disarm(frame).write_csv(target, include_bom=True)


def _json(frame: pl.DataFrame, target: Path) -> None:
    target.write_text(json.dumps(frame.to_dicts(), ensure_ascii=False, indent=1, default=str) + "\n", "utf-8")


def _xlsx(frame: pl.DataFrame, target: Path) -> None:
    import xlsxwriter

    with (
        target.open("wb") as stream,
        xlsxwriter.Workbook(stream, {"strings_to_formulas": False, "strings_to_urls": False}) as book,
    ):
        frame.write_excel(book, autofit=True)
