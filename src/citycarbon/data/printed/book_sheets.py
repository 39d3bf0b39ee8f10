"""Which sheet of a workbook is meant: the one that is named, or the only one that can be seen.

Comes in: an open workbook and what was stated. Goes out: the name of a sheet as the workbook spells it. Not for: its cells.
"""

from __future__ import annotations

from typing import Any

from citycarbon.core.errors import InputError, Where


def visible_sheets(book: Any) -> list[str]:
    """Give the names of the sheets that a person sees anything on; hidden ones hold lists and workings of programs."""
    names = list(book.sheet_names)
    if len(names) < 2:
        return names
    seen = [name for name in names if _visible(book, name)]
    if len(seen) > 1:
        # A new workbook has blank sheets behind the one that was used.
        seen = [name for name in seen if _filled(book, name)] or seen
    return seen or names


def _visible(book: Any, name: str) -> bool:
    try:
        return bool(book.load_sheet(name, header_row=None, n_rows=0).visible == "visible")
    except Exception:  # noqa: BLE001 - a chart sheet has no cells; whoever asks for it by name is told so
        return False


def _filled(book: Any, name: str) -> bool:
    try:
        sheet = book.load_sheet(name, header_row=None, dtypes="string")
        return bool(sheet.height and sheet.width)
    except Exception:  # noqa: BLE001 - whoever reads it is told what is wrong
        return False


def chosen_sheet(book: Any, shown: str, sheet: str | None) -> str:
    """Give the sheet that is meant; blanks around a name and its case do not matter where only one is like it.

    Raises
    ------
    InputError
        ``sheet_ambiguous`` if none is named and several can be seen, ``sheet_missing`` if there is none of that name.
    """
    names = [str(name) for name in book.sheet_names]
    if sheet is None:
        seen = visible_sheets(book)
        if len(seen) != 1:
            raise InputError("sheet_ambiguous", Where(file=shown), len(seen), sheets=", ".join(seen))
        return str(seen[0])
    if sheet in names:
        return sheet
    alike = [name for name in names if _folded(name) == _folded(sheet)]
    if len(alike) != 1:
        raise InputError("sheet_missing", Where(file=shown, sheet=sheet), sheet, sheets=", ".join(names))
    return str(alike[0])


def _folded(name: str) -> str:
    return name.strip().casefold()
