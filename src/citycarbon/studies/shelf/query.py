"""Parts of a result's table: rows that meet conditions, sorted, a page of them, in the format that is asked for.

Comes in: a table and plain words from an address. Goes out: rows, or bytes of csv, parquet, arrow or json. Not for: sums.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from citycarbon.core.errors import Problems, Where

LARGEST_PAGE = 10_000
SIGNS: dict[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "": lambda column, value: column == value,
    "not": lambda column, value: column != value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "in": lambda column, value: column.is_in(value),
    "begins": lambda column, value: column.cast(pl.String).str.starts_with(str(value)),
    "contains": lambda column, value: column.cast(pl.String).str.contains(str(value), literal=True),
    "empty": lambda column, value: column.is_null() if value else column.is_not_null(),
}
"""Conditions: ``column=value``, ``column.gt=value``, ``column.in=a|b``, ``column.empty=true``."""
FORMATS = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A page of rows: what matched in all, and the rows from ``offset`` on."""

    rows: pl.DataFrame
    matched: int
    offset: int


def ask(
    frame: pl.DataFrame, conditions: Iterable[tuple[str, str]], *, sort: str = "", columns: str = ""
) -> pl.DataFrame:
    """Give the rows that meet all conditions.

    Parameters
    ----------
    frame
        A table.
    conditions
        Pairs of ``column`` or ``column.sign`` and text.
    sort
        Columns joined by commas, a minus before one that falls.
    columns
        Columns that are wanted, joined by commas; all if empty.

    Raises
    ------
    InputError
        Every column that is unknown and every value that cannot be read.
    """
    problems = Problems()
    tests = []
    for key, text in conditions:
        name, _, sign = key.rpartition(".") if key.rpartition(".")[2] in SIGNS and "." in key else (key, "", "")
        if name not in frame.columns:
            problems.add("column_unknown", Where(column=name), name, known=", ".join(frame.columns))
            continue
        value = _value(frame.schema[name], text, sign, name, problems)
        if value is not None:
            tests.append(SIGNS[sign](pl.col(name), value))
    order = [word.strip() for word in sort.split(",") if word.strip()]
    kept = [word.strip() for word in columns.split(",") if word.strip()]
    for word in (*(word.lstrip("-") for word in order), *kept):
        if word not in frame.columns:
            problems.add("column_unknown", Where(column=word), word, known=", ".join(frame.columns))
    problems.raise_all()
    found = frame.filter(*tests) if tests else frame
    if order:
        names = [word.lstrip("-") for word in order]
        found = found.sort(
            names, descending=[word.startswith("-") for word in order], nulls_last=True, maintain_order=True
        )
    return found.select(dict.fromkeys(kept)) if kept else found


def _value(kind: pl.DataType, text: str, sign: str, name: str, problems: Problems) -> Any:
    """Read a value as what its column holds."""
    if sign == "empty":
        if text not in ("true", "false"):
            problems.add("query_wrong", Where(column=name), text, wanted="true | false")
            return None
        return text == "true"
    words = text.split("|") if sign == "in" else [text]
    read: list[Any] = []
    for word in words:
        try:
            if sign in ("begins", "contains") or kind == pl.String:
                read.append(word)
            elif kind.is_integer():
                read.append(_whole(word))
            elif kind.is_float():
                read.append(float(word))
            elif kind == pl.Boolean and word in ("true", "false"):
                read.append(word == "true")
            else:
                raise ValueError(word)
        except (ValueError, OverflowError):
            problems.add("query_wrong", Where(column=name), word, wanted=str(kind))
            return None
    return read if sign == "in" else read[0]


def _whole(word: str) -> int:
    number = int(word)
    if abs(number) >= 2**63:
        raise ValueError(word)
    return number


def page(frame: pl.DataFrame, offset: int, limit: int) -> Page:
    """Cut a page out of rows."""
    return Page(frame.slice(offset, min(limit, LARGEST_PAGE)), frame.height, offset)


def write(frame: pl.DataFrame, kind: str) -> bytes:
    """Write rows as csv, parquet, an arrow stream or a json list; csv has text that a spreadsheet would run disarmed."""
    stream = io.BytesIO()
    if kind in ("csv", "json"):
        frame = _legible(frame)
    if kind == "parquet":
        frame.write_parquet(stream, compression="zstd")
    elif kind == "arrow":
        frame.write_ipc_stream(stream)
    elif kind == "csv":
        stream.write(b"\xef\xbb\xbf")
        disarmed(frame).write_csv(stream)
    else:
        return json_rows(frame)
    return stream.getvalue()


def _legible(frame: pl.DataFrame) -> pl.DataFrame:
    """Bytes, such as shapes, as hexadecimal text."""
    return frame.with_columns(
        pl.col(name).bin.encode("hex") for name, kind in frame.schema.items() if kind == pl.Binary
    )


def disarmed(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    wanted = [name for name, kind in frame.schema.items() if kind == pl.String]
    risky = r"^[=+\-@\t\r]"
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(risky)).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in wanted
    )


def json_rows(frame: pl.DataFrame) -> bytes:
    """Rows as a json list; numbers that json does not know are null."""
    floats = [name for name, kind in frame.schema.items() if kind.is_float()]
    safe = _legible(frame).with_columns(
        pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in floats
    )
    return safe.write_json().encode()


def schema_of(frame: pl.DataFrame) -> list[dict[str, str]]:
    """Columns with their kinds."""
    return [{"name": name, "kind": _kind(kind)} for name, kind in frame.schema.items()]


def _kind(kind: pl.DataType) -> str:
    if kind.is_integer():
        return "integer"
    if kind.is_float():
        return "number"
    if kind == pl.Binary:
        return "bytes"
    return "boolean" if kind == pl.Boolean else "text"
