"""Cells of a sheet that a reader of values does not show as they are: errors, formulas without a result that holds, numbers in
formats that say more than the number, and texts with raised, lowered or struck digits.

Comes in: the parts of a checked workbook and the name of a sheet. Goes out: texts to put in the place of cells, or one error
that names the cells. Not for: plain values, which fastexcel reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data.workbooks.formats import Shown, seen, shown
from citycarbon.data.workbooks.parts import Parts, walk

MOST = 20
_GLANCE = (b'"e"', b"'e'", b"<f", b":f", b"vertAlign", b"strike", b"&#", b"\x00")
"""Bytes of which at least one stands in a sheet that holds an odd cell; a sheet without any needs no walk."""
_PLACE = re.compile(r"([A-Z]+)([0-9]+)")
_ARITHMETIC = re.compile(r"[A-Z0-9$.\s()]*[-+*/^][A-Z0-9$.\s()+*/^-]*")
_DIGITS = re.compile(r"[\s0-9.,+\-年月日/]*[0-9][\s0-9.,+\-年月日/]*")
_RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_LOWERED = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_STROKE = "\u0336"
_OFF = ("0", "false", "none", "noStrike")


@dataclass
class Odd:
    """What is odd in a sheet: texts by row and column (from 0); the first and last column that hold anything (from 1).

    Where a cell is in ``exact``, its stored number holds beside the text.
    """

    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    exact: set[tuple[int, int]] = field(default_factory=set)
    first: int = 1
    last: int = 0


@dataclass(frozen=True)
class _Book:
    """What the sheets of a workbook share: where they are, formats, how days count, odd texts, whether results hold."""

    sheets: Mapping[str, str]
    formats: tuple[Shown, ...]
    strings: Mapping[int, str]
    from_1904: bool
    stale: str


def odd_cells(parts: Parts, where: Where) -> Odd:
    """Find the odd cells of a sheet.

    Raises
    ------
    InputError
        Error cells such as #DIV/0!, formulas that no program has computed or whose results may be old; at most 20 are named.
    """
    book = _book(parts)
    part = book.sheets.get(str(where.sheet))
    data = parts.read(part) if part else b""
    if not data:
        raise InputError("file_broken", where, str(where.sheet), kind="xlsx")
    special = any(each.special for each in book.formats)
    if not special and not book.strings and not any(sign in data for sign in _GLANCE):
        return Odd()
    scan = _Scan(book, where)
    walk(data, scan.start, scan.end, scan.text, where)
    scan.problems.raise_all()
    return Odd(scan.texts, scan.exact, scan.first or 1, scan.last)


def merged_ranges(parts: Parts, sheet: str) -> list[tuple[int, int, int, int]]:
    """Give the merged ranges of a sheet: first row, first column, last row, last column, all from 1."""
    part = _book(parts).sheets.get(sheet)
    found: list[tuple[int, int, int, int]] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        corners = _PLACE.findall(attributes.get("ref", "")) if name == "mergeCell" else []
        if len(corners) == 2:
            (left, top), (right, bottom) = corners
            found.append((int(top), column_number(left), int(bottom), column_number(right)))

    if part and b"mergeCell" in parts.read(part):
        parts.walk(part, start)
    return found


def column_number(letters: str) -> int:
    """Give the number of a column: A is 1.

    Examples
    --------
    >>> column_number("A"), column_number("AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Give the letters of a column: 1 is A.

    Examples
    --------
    >>> column_letters(1), column_letters(28)
    ('A', 'AB')
    """
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def _book(parts: Parts) -> _Book:
    links = parts.linked()
    sheets: dict[str, str] = {}
    facts: dict[str, Mapping[str, str]] = {}

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            key = next((value for item, value in attributes.items() if item.endswith(" id")), "")
            sheets[attributes.get("name", "")] = links.get(key, ("", ""))[1]
        elif name in ("workbookPr", "calcPr"):
            facts[name] = attributes

    parts.walk("xl/workbook.xml", start)
    of_kind = dict(links.values())
    from_1904 = _true(facts.get("workbookPr", {}).get("date1904"))
    styles = of_kind.get("styles", "")
    formats = _formats(parts, styles) if styles and parts.read(styles) else ()
    strings = _odd_strings(parts.read(of_kind.get("sharedStrings", "")), parts.shown)
    return _Book(sheets, formats, strings, from_1904, _stale(facts.get("calcPr", {})))


def _true(text: str | None) -> bool:
    return text is not None and text.lower() not in ("0", "false")


def _stale(facts: Mapping[str, str]) -> str:
    """Say why stored results may not be those of the formulas: by the file's own word; empty if they hold.

    Whoever asks for a full computation at the next opening has computed nothing: XlsxWriter stores 0 for every formula, openpyxl
    and others keep results of before. Under computation by hand results are as old as the last time somebody asked.
    """
    if _true(facts.get("fullCalcOnLoad")):
        return "fullCalcOnLoad"
    if facts.get("calcMode") == "manual":
        return "calcMode=manual"
    completed = facts.get("calcCompleted")
    return "calcCompleted=0" if completed is not None and not _true(completed) else ""


def _formats(parts: Parts, part: str) -> tuple[Shown, ...]:
    """Give the format of each cell style, in the order in which cells count them, and whether its font strikes out."""
    codes: dict[int, str] = {}
    found: list[tuple[int, int]] = []
    struck: list[bool] = []
    inside: list[str] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt" and attributes.get("numFmtId", "").isdigit():
            codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "xf" and "cellXfs" in inside:
            number, font = attributes.get("numFmtId", "0"), attributes.get("fontId", "0")
            found.append((int(number) if number.isdigit() else 0, int(font) if font.isdigit() else 0))
        elif name == "font" and "fonts" in inside:
            struck.append(False)
        elif name == "strike" and "fonts" in inside and struck:
            struck[-1] = attributes.get("val", "1") not in _OFF
        elif name in ("cellXfs", "fonts"):
            inside.append(name)

    def end(name: str) -> None:
        if name in ("cellXfs", "fonts"):
            inside.clear()

    parts.walk(part, start, end)
    through = dict(enumerate(struck))
    return tuple(replace(shown(number, codes.get(number)), struck=through.get(font, False)) for number, font in found)


class _Runs:
    """Puts a text of runs together, with raised, lowered and struck signs marked as such."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin a text."""
        self.marked = ""
        self.plain = ""
        self.odd = False
        self.kind = ""
        self.taken = False
        self.phonetic = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """See an element of a text."""
        if name == "r":
            self.kind = ""
        elif name == "rPh":
            self.phonetic = True
        elif name == "t":
            self.taken = not self.phonetic
        elif name == "vertAlign" and attributes.get("val") in ("superscript", "subscript"):
            self.kind = str(attributes["val"])
        elif name == "strike" and attributes.get("val", "1") not in _OFF:
            self.kind = "strike"

    def end(self, name: str) -> None:
        """See the end of an element."""
        if name == "t":
            self.taken = False
        elif name == "rPh":
            self.phonetic = False

    def text(self, text: str) -> None:
        """See text."""
        if not self.taken:
            return
        self.plain += text
        if self.kind == "superscript":
            text = text.translate(_RAISED)
        elif self.kind == "subscript":
            text = text.translate(_LOWERED)
        elif self.kind == "strike":
            text = "".join(f"{sign}{_STROKE}" for sign in text)
        self.marked += text

    @property
    def misleading(self) -> bool:
        """Whether the plain text would be taken for a number or time that nobody sees there."""
        return self.marked != self.plain and _DIGITS.fullmatch(self.plain) is not None


def _odd_strings(data: bytes, file: str) -> dict[int, str]:
    """Give the shared texts whose digits are partly raised, lowered or struck, by their number."""
    if not any(sign in data for sign in (b"vertAlign", b"strike", b"\x00")):
        return {}
    runs, found, count = _Runs(), {}, [0]

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if name == "si":
            runs.clear()
        runs.start(name, attributes)

    def end(name: str) -> None:
        runs.end(name)
        if name == "si":
            if runs.misleading:
                found[count[0]] = runs.marked
            count[0] += 1

    walk(data, start, end, runs.text, Where(file=file, item="sharedStrings.xml"))
    return found


class _Scan:
    """Goes through the cells of a sheet; cells and rows without a place of their own follow the one before."""

    def __init__(self, book: _Book, where: Where) -> None:
        self.book, self.where = book, where
        self.problems = Problems()
        self.texts: dict[tuple[int, int], str] = {}
        self.exact: set[tuple[int, int]] = set()
        self.first: int | None = None
        self.row = self.column = self.last = 0
        self.cell: Mapping[str, str] | None = None
        self.value: str | None = None
        self.formula: str | None = None
        self.into = ""
        self.runs = _Runs()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdigit() else self.row + 1
            self.column = 0
        elif name == "c":
            place = _PLACE.fullmatch(attributes.get("r", "").replace("$", "").upper())
            self.column = column_number(place[1]) if place else self.column + 1
            self.row = int(place[2]) if place else self.row
            self.cell, self.value, self.formula = attributes, None, None
            self.runs.clear()
        elif self.cell is None:
            return
        elif name == "v":
            self.value, self.into = "", "v"
        elif name == "f":
            self.formula, self.into = "", "f"
        elif self.cell.get("t") == "inlineStr":
            self.runs.start(name, attributes)

    def text(self, text: str) -> None:
        if self.into == "v":
            self.value = (self.value or "") + text
        elif self.into == "f":
            self.formula = (self.formula or "") + text
        elif self.cell is not None:
            self.runs.text(text)

    def end(self, name: str) -> None:
        if name in ("v", "f"):
            self.into = ""
        elif name == "c" and self.cell is not None:
            self._judge(self.cell)
            self.cell = None
        elif self.cell is not None:
            self.runs.end(name)

    def _judge(self, cell: Mapping[str, str]) -> None:
        kind, value = cell.get("t", "n"), (self.value or "").strip()
        # What the reader of values counts as a cell: it leaves out empty columns at both sides.
        if kind in ("inlineStr", "e") or self.value or (self.value is not None and kind == "str"):
            self.first = self.column if self.first is None else min(self.first, self.column)
            self.last = max(self.last, self.column)
        if kind == "e":
            self._note("cell_error", value or "#")
        elif self.formula is not None and self._uncomputed(kind, value):
            self._note("formula_uncomputed", "=" + self.formula)
        elif self.formula is not None and self.book.stale:
            self._note("formula_uncomputed", f"={self.formula} → {value or '—'} ({self.book.stale})")
        elif kind == "s" and self.book.strings and value.isdigit() and int(value) in self.book.strings:
            self.texts[self.row - 1, self.column - 1] = self.book.strings[int(value)]
        elif kind == "inlineStr" and self.runs.misleading:
            self.texts[self.row - 1, self.column - 1] = self.runs.marked
        elif kind in ("n", "d") and value:
            self._show(cell.get("s", "0"), value)

    def _uncomputed(self, kind: str, value: str) -> bool:
        """An empty text is a result that formulas give on purpose; one that only reckons gives none."""
        if value:
            return False
        empty_text = kind == "str" and self.value is not None
        return not empty_text or _ARITHMETIC.fullmatch(self.formula or "") is not None

    def _show(self, style: str, value: str) -> None:
        number = int(style) if style.isdigit() else 0
        format_ = self.book.formats[number] if number < len(self.book.formats) else None
        if format_ is None or not format_.special:
            return
        text = seen(value, format_, from_1904=self.book.from_1904)
        if format_.struck:
            text = "".join(f"{sign}{_STROKE}" for sign in text or value)
        if text is not None:
            self.texts[self.row - 1, self.column - 1] = text
            if format_.exact:
                self.exact.add((self.row - 1, self.column - 1))

    def _note(self, code: str, found: str) -> None:
        named = sum(1 for each in self.problems if each.code == code)
        if named < MOST:
            place = Where(self.where.file, self.where.sheet, (self.row,), column_letters(self.column))
            self.problems.add(code, place, found)
