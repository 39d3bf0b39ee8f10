"""Cells of a sheet as texts and as exact numbers, every cell that is odd refused or shown as a person sees it.

Comes in: a path. Goes out: an opened workbook, with the names of its sheets and the cells of each. Not for: headers
and meaning (:mod:`citycarbon.data.sheets`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.data import safety
from citycarbon.data.printed.book_sheets import chosen_sheet, visible_sheets
from citycarbon.data.workbooks.cells import Odd, merged_ranges, odd_cells
from citycarbon.data.workbooks.parts import Parts, opened


@dataclass(frozen=True)
class Workbook:
    """An opened workbook: its file, the name to show, the names of its sheets in order."""

    path: Path
    shown: str
    names: tuple[str, ...]
    _book: Any

    @classmethod
    def open(cls, path: Path, shown: str) -> Workbook:
        """Open a workbook.

        Raises
        ------
        InputError
            If the file is no workbook, or would unpack to far too much.
        """
        import fastexcel

        safety.archive(path, shown, "xlsx")
        try:
            book = fastexcel.read_excel(path)
        except Exception as error:
            raise _broken(path, Where(file=shown), error) from error
        return cls(path, shown, tuple(book.sheet_names), book)

    def sheet(self, name: str | None) -> str:
        """Give the name of the wanted sheet: the only one that can be seen, if none is named.

        Raises
        ------
        InputError
            ``sheet_missing``, or ``sheet_ambiguous``.
        """
        return chosen_sheet(self._book, self.shown, name)

    @property
    def visible(self) -> list[str]:
        """Names of the sheets that a person sees."""
        return visible_sheets(self._book)

    def cells(self, sheet: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Give the cells of a sheet as texts, and beside them the exact numbers where a cell holds a number.

        Returns
        -------
        texts, numbers
            Frames of one shape; the first row is row 1. A share in per cent is the text ``95%``, a date whose format shows no day
            ``2020-08``, a raised digit ``12²``; a date without its year or an hour without its day says so, and is no period.

        Raises
        ------
        InputError
            Error cells, formulas without a result that holds, or a sheet that cannot be read.
        """
        where = Where(file=self.shown, sheet=sheet)
        try:
            # Without skip_rows blank rows at the top are left out, and every row number would be wrong.
            options: Any = {"header_row": None, "skip_rows": 0, "skip_whitespace_tail_rows": False}
            texts = self._book.load_sheet(sheet, dtypes="string", **options).to_polars()
            numbers = self._book.load_sheet(sheet, dtypes="float", **options).to_polars()
        except Exception as error:
            raise _broken(self.path, where, error) from error
        with opened(self.path, self.shown) as container:
            odd = odd_cells(Parts.of(container, self.shown), where)
        if odd.texts and odd.last - odd.first + 1 != texts.width:
            # Both readers must see the same columns, or a text would land in a wrong one.
            raise InputError("file_broken", where, f"{odd.last - odd.first + 1} ≠ {texts.width}", kind="xlsx")
        return _overlaid(texts, numbers, odd) if odd.texts else (texts, numbers)


def merged(path: Path, where: Where) -> list[tuple[int, int, int, int]]:
    """Give the merged ranges of a sheet that was read: first row, first column, last row, last column, all from 1."""
    shown = where.file or path.name
    with opened(path, shown) as container:
        return merged_ranges(Parts.of(container, shown), str(where.sheet))


def _broken(path: Path, where: Where, error: Exception) -> InputError:
    return InputError("file_broken", where, str(error).replace(str(path), where.file or path.name), kind="xlsx")


def _overlaid(texts: pl.DataFrame, numbers: pl.DataFrame, odd: Odd) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put what a person sees in the place of cells; a number stays beside its text only where both say the same."""
    columns: dict[int, dict[int, str]] = {}
    for (row, column), text in odd.texts.items():
        # The reader of values leaves out empty columns at the left.
        columns.setdefault(column - odd.first + 1, {})[row] = text
    seen, exact = texts.get_columns(), numbers.get_columns()
    for column, cells in columns.items():
        if not 0 <= column < len(seen):
            continue
        rows = [row for row in cells if row < texts.height]
        said = pl.Series([cells[row] for row in rows], dtype=pl.String)
        held = pl.Series([(row, column + odd.first - 1) in odd.exact for row in rows], dtype=pl.Boolean)
        seen[column] = seen[column].scatter(rows, said)
        lost = pl.Series(rows, dtype=pl.UInt32).filter(~held)
        exact[column] = exact[column].scatter(lost, None) if len(lost) else exact[column]
    return pl.DataFrame(seen), pl.DataFrame(exact)
