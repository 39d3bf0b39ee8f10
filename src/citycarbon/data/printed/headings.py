"""What stands around a table in a sheet: titles above the header, a line of units below it, notes under the last row.

Comes in: the first and last lines of a sheet as cells, with the row numbers that the user sees. Goes out: nothing, or one error
that says which row looks like what; Excel's own line ``sep=;`` is read. Not for: balance tables, whose reader knows their titles.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from citycarbon.core.errors import InputError, Where
from citycarbon.core.units import parse

_SIGNED = re.compile(
    r"\s*(填表|制表|审核|复核|负责|统计|报出|打印|单位|日期|联系|电话|prepared|checked|approved|date)\w*\s*[:：]",
    re.IGNORECASE,
)
LOOKED_AT = 25
"""Lines at the top and at the end that are looked at."""
Lines = Sequence[tuple[int, Sequence[str]]]
_SEPARATOR = re.compile(r'"?sep=(.)"?[\s,;]*$', re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[\d,， ]*\.?\d+([eE][+-]?\d+)?%?")
_YEAR = re.compile(r"(1[89]|20|21)\d{2}(\.0+)?")
_UNIT_LINE = re.compile(r"\s*(计量)?(单位|單位|unit|units)\s*[:：]", re.IGNORECASE)
_NOTE = re.compile(
    r"\s*([(（\[【]?\s*(附?[注註]|说明|說明|备注|備註|资料来源|資料來源|数据来源|數據來源|来源|來源|单位|單位|计量单位"
    r"|填表|制表|审核|复核|负责人|打印日期|制表日期|報表|source|sources|note|notes|notice|remark|remarks|unit|units|data|copyright"
    r"|last updated|footnote)"
    r"\s*\d*\s*[)）\]】]?\s*([:：.、]|$)|©|\(c\)|[*※†‡①②③⑴]|[注註]\d|\d+\s*[)）、.．]\s*[^\d\s]|[\[【]\d+[\]】])",
    re.IGNORECASE,
)


def separator(text: str) -> str | None:
    """Give the mark that Excel's own first line ``sep=;`` names, or None."""
    found = _SEPARATOR.match(text.partition("\n")[0].rstrip("\r"))
    return found.group(1) if found else None


def delimiter_of(first: str, more: Sequence[str], usual: str) -> str:
    """Tell what parts the cells: what stands in the first line and as often in another, or else in most, as below a title."""
    if usual == "\t":
        return usual
    marks = (usual, ";", "\t", "|")
    lines = [line for line in (first, *more) if line.strip()]
    for mark in (mark for mark in marks if mark in first):
        if any(line.count(mark) == first.count(mark) for line in lines[1:]):
            return mark
    # The first line stands alone: a title, or a header whose rows have another number of cells.
    even = {mark: _evenly(lines[1:], mark) for mark in marks}
    best = max(even, key=lambda mark: even[mark])
    here = next((mark for mark in marks if mark in first), usual)
    return best if even[best] > max(even[here], 1) else here


def _evenly(lines: Sequence[str], mark: str) -> int:
    """Give how many lines hold a mark equally often."""
    counted = [line.count(mark) for line in lines if mark in line]
    return max((counted.count(each) for each in set(counted)), default=0)


def text_lines(text: str, delimiter: str, above: int) -> list[tuple[int, list[str]]]:
    """Part the first lines of a text into cells; the row number is the line where a row begins."""
    found: list[tuple[int, list[str]]] = []
    before = 0
    reader = csv.reader(io.StringIO(text[:200_000]), delimiter=delimiter)
    try:
        for cells in reader:
            found.append((above + before + 1, cells))
            before = reader.line_num
            if len(found) == LOOKED_AT:
                break
    except csv.Error:
        return found
    return found


def last_lines(text: str, delimiter: str, above: int) -> list[tuple[int, list[str]]]:
    """Part the last lines of a text into cells; a line with a quotation mark may be part of a longer cell and ends the look."""
    lines = text.rstrip().rsplit("\n", LOOKED_AT)
    start = text.rstrip().count("\n") + above + 2 - len(lines)
    found: list[tuple[int, list[str]]] = []
    for index in range(len(lines) - 1, 0, -1):
        line = lines[index].rstrip("\r")
        if line.count('"') % 2:
            break
        found.insert(0, (start + index, next(csv.reader([line], delimiter=delimiter), [])))
    return found


def refuse_titles(lines: Lines, where: Where, *, corner: bool = False) -> None:
    """Refuse a sheet whose first row is a title, or whose second is a line of units, in one problem.

    Parameters
    ----------
    lines
        First lines of the sheet, header first.
    where
        File and sheet.
    corner
        Whether the second row may hold units, as in a matrix whose reader knows them.

    Raises
    ------
    InputError
        ``title_row`` or ``unit_row``.
    """
    rows = [(number, [str(cell or "").strip() for cell in cells]) for number, cells in lines]
    rows = [(number, cells) for number, cells in rows if any(cells)]
    if len(rows) < 2:
        return
    head = _header_below(rows)
    if head:
        above = rows[:head]
        place = Where(where.file, where.sheet, tuple(number for number, _ in above[:5]))
        title = " · ".join(cell for _, cells in above for cell in dict.fromkeys(cells) if cell)
        numbers = ", ".join(str(number) for number, _ in above)
        raise InputError("title_row", place, title[:120], rows=numbers, header=rows[head][0])
    if not corner and _units(rows):
        found = ", ".join(cell for cell in rows[1][1] if cell)
        raise InputError("unit_row", Where(where.file, where.sheet, (rows[1][0],)), found[:120], row=rows[1][0])


def _header_below(rows: Lines) -> int:
    """Give the number of lines above the header; 0 if the first line is it."""
    top = [cell for cell in rows[0][1] if cell]
    spread = len(top) > 1 and len(set(top)) == 1
    stated = any(_UNIT_LINE.match(cell) for cell in top)
    for index, (_, cells) in enumerate(rows[1:], start=1):
        filled = [cell for cell in cells if cell]
        wide = len(filled) > len(set(top)) if spread or stated else len(filled) >= 2 * len(top)
        if len(filled) > 1 and wide and _names(filled):
            return index
        if any(_NUMBER.fullmatch(cell) and not _YEAR.fullmatch(cell) for cell in filled):
            return 0
    return 0


def _names(cells: Sequence[str]) -> bool:
    """Tell whether cells read as headers: different words, or years after a word."""
    folded = [cell.casefold() for cell in cells]
    plain = [cell for cell in cells if _NUMBER.fullmatch(cell)]
    return len(set(folded)) == len(folded) and all(_YEAR.fullmatch(cell) for cell in plain) and len(plain) < len(cells)


def _units(rows: Lines) -> bool:
    """Tell whether the second line names units: no number in it, and a unit above figures."""
    second, below = rows[1][1], [cells for _, cells in rows[2:]]
    filled = [(index, cell) for index, cell in enumerate(second) if cell]
    if not below or not filled or any(_NUMBER.fullmatch(cell) for _, cell in filled):
        return False
    figures = [
        index for index, _ in filled
        if all(index < len(cells) and _NUMBER.fullmatch(cells[index] or "0") for cells in below)
    ]  # fmt: skip
    return bool(figures) and all(_is_unit(second[index]) for index in figures) and all(
        index in figures or _is_unit(cell) or _UNIT_LINE.match(cell + ":") for index, cell in filled
    )  # fmt: skip


def _is_unit(text: str) -> bool:
    bare = text.strip("()（）[]【】 ")
    for words in (bare, _UNIT_LINE.sub("", bare)):
        try:
            parse(words)
        except InputError:
            continue
        return True
    return bool(_UNIT_LINE.match(text)) or bare in ("-", "—", "—", "/")


def notes_below(lines: Lines, width: int) -> list[int]:
    """Give the rows at the end that are notes: one text in the first cell, which says so or has no cells beside it."""
    found: list[int] = []
    for number, cells in reversed(list(lines)):
        texts = [str(cell or "").strip() for cell in cells]
        filled = [cell for cell in texts if cell]
        if not filled:
            continue
        alone = len(filled) == 1 and texts[0] != ""
        marked = bool(_NOTE.match(filled[0])) and texts[0] != ""
        # A second text may stand in the line, such as the date of print; its first then says outright that it is a note.
        noted = marked and (len(filled) == 1 or (len(filled) == 2 < width and bool(re.search(r"[:：]|^©", filled[0]))))
        sentence = alone and width > 2 and (len(texts) == 1 or len(filled[0]) >= 8) and not _NUMBER.fullmatch(filled[0])
        signed = len(filled) > 1 and len(filled) < width and all(_SIGNED.match(cell) for cell in filled)
        if not (sentence or noted or signed):
            break
        found.insert(0, number)
    return found


def refuse_notes(lines: Lines, width: int, where: Where) -> None:
    """Refuse notes below a table in one problem.

    Raises
    ------
    InputError
        ``notes_below``.
    """
    rows = notes_below(lines, width)
    if not rows:
        return
    first = next(cells for number, cells in lines if number == rows[0])
    text = next(str(cell) for cell in first if cell)
    numbers = ", ".join(str(row) for row in rows)
    raise InputError("notes_below", Where(where.file, where.sheet, tuple(rows[:5])), text[:120], rows=numbers)
