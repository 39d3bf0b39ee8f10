"""A plain file cut to what a study wants: some rows, other words, and columns of figures put below one another.

Comes in: the raw cells of a file and what the study states. Goes out: raw cells again, each row with its number in the file.
Not for: files of neighbouring systems (``data.exchange``), which have readers of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from citycarbon.core.errors import InputError, Problems
from citycarbon.data.cell_values import judge, part_of_year
from citycarbon.data.sheets import ROW, RawSheet
from citycarbon.data.spelling import narrow
from citycarbon.data.typed import contradicted

_RANGE = re.compile(r"^(-?[\d.]+)?\.\.(-?[\d.]+)?$")


@dataclass(frozen=True)
class Wanted:
    """What of a file is wanted.

    Parameters
    ----------
    keys
        Table column to file header, for the columns that say what a row is.
    only
        File header to the cells that are wanted: ``China|India``, or ``1990..2019`` for numbers.
    words
        Cell of a key column to what it means.
    wide
        Header of a column of figures to the constant columns of its cells. Columns that are neither here nor in ``keys`` are left
        out, and empty cells make no row.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    wide: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __call__(self, raw: RawSheet) -> RawSheet:
        """Cut a sheet.

        Raises
        ------
        InputError
            Headers that the file does not have, or no row left.
        """
        problems = Problems()
        known = ", ".join(filter(None, raw.header))
        for header in dict.fromkeys([*self.only, *self.wide, *(self.keys.values() if self.wide else ())]):
            if header not in raw.header:
                problems.add("map_unknown", raw.where(header, (raw.top,)), header, known=known)
        problems.raise_all()
        self._check_heads(raw, problems)
        problems.raise_all()
        kept = self._rows(raw)
        renamed = self._words(kept)
        return _long(renamed, self.keys, self.wide) if self.wide else renamed

    def _check_heads(self, raw: RawSheet, problems: Problems) -> None:
        """Refuse columns whose header states another unit than the study, or a part of a year that the study does not."""
        for header, texts in self.wide.items():
            place = raw.where(header, (raw.top,))
            if stated := contradicted(header, texts.get("unit") or ""):
                problems.add("unit_stated_twice", place, f"{header}: {stated}; {texts['unit']}")
            part = part_of_year(header, months=False) if "time" not in texts else None
            if part is not None:
                problems.add("time_wrong", place, part)

    def _rows(self, raw: RawSheet) -> RawSheet:
        if not self.only:
            return raw
        wanted = pl.lit(True)
        for header, text in self.only.items():
            cells = pl.col(_cell(raw, header)).str.strip_chars()
            span = _RANGE.match(text)
            if span:
                number = pl.lit(_judged(raw, header))
                wanted &= number >= float(span[1]) if span[1] else number.is_not_null()
                wanted &= number <= float(span[2]) if span[2] else number.is_not_null()
            else:
                wanted &= cells.is_in([word.strip() for word in text.split("|")])
        mask = raw.rows.select(wanted.fill_null(False)).to_series()
        if not mask.any():
            shown = "; ".join(f"{header}: {text}" for header, text in self.only.items())
            raise InputError("rows_none_wanted", raw.where(), shown)
        numbers = raw.numbers.filter(mask) if raw.numbers is not None else None
        return replace(raw, rows=raw.rows.filter(mask), numbers=numbers)

    def _words(self, raw: RawSheet) -> RawSheet:
        if not self.words:
            return raw
        changed = [
            pl.col(_cell(raw, header)).replace(dict(self.words))
            for header in dict.fromkeys(self.keys.values())
            if header in raw.header
        ]
        return replace(raw, rows=raw.rows.with_columns(changed))


def _judged(raw: RawSheet, header: str) -> pl.Series:
    """Give the numbers of a column by which rows are chosen; a figure with a mark is no row to be lost in silence.

    Raises
    ------
    InputError
        ``value_not_number`` for cells that begin like a number and are none; other words are outside every range.
    """
    cells = raw.rows[_cell(raw, header)]
    judged = judge(cells)
    wrong = raw.rows.filter(~judged.plain & narrow(cells).str.contains(r"^\s*[+-]?\.?[0-9]").fill_null(False))
    if wrong.height:
        shown = ", ".join(wrong[_cell(raw, header)].head(5).to_list())
        raise InputError("value_not_number", raw.where(header, tuple(wrong[ROW].head(5).to_list())), shown)
    return judged.values.set(judged.endless, None)


def _cell(raw: RawSheet, header: str) -> str:
    return f"column_{raw.header.index(header) + 1}"


def _long(raw: RawSheet, keys: Mapping[str, str], wide: Mapping[str, Mapping[str, str]]) -> RawSheet:
    """Put columns of figures below one another; every row says which cell it came from."""
    prefix = f"{raw.file}#{raw.sheet}" if raw.sheet else raw.file
    constants = list(dict.fromkeys(name for each in wide.values() for name in each))
    parts, exact = [], []
    for header, texts in wide.items():
        filled = raw.rows[_cell(raw, header)].is_not_null()
        part = raw.rows.filter(filled)
        trace = pl.format("{}!{}:{}", pl.lit(prefix), pl.lit(header), pl.col(ROW)).alias("provenance_id")
        labels = [pl.lit(texts.get(name)).cast(pl.String).alias(name) for name in constants]
        named = [pl.col(_cell(raw, head)).alias(f"key_{name}") for name, head in keys.items()]
        parts.append(part.select(ROW, *named, *labels, pl.col(_cell(raw, header)).alias("value"), trace))
        if raw.numbers is not None:
            exact.append(raw.numbers.filter(filled)[_cell(raw, header)].alias("value"))
    long = pl.concat(parts)
    names = [name for name in long.columns if name != ROW]
    headers = tuple(keys[name.removeprefix("key_")] if name.startswith("key_") else name for name in names)
    rows = long.select(ROW, *(pl.col(name).alias(f"column_{i + 1}") for i, name in enumerate(names)))
    numbers = None
    if raw.numbers is not None:
        value = pl.concat(exact)
        empty = pl.lit(None, dtype=pl.Float64)
        numbers = pl.DataFrame({"value": value}).select(
            (pl.col("value") if name == "value" else empty).alias(f"column_{i + 1}") for i, name in enumerate(names)
        )
    return replace(raw, header=headers, rows=rows, numbers=numbers)
