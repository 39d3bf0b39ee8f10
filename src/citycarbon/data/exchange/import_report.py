"""What an import did with every column and every coded value of a file, what it refused and why, and what does not add up.

Comes in: what a reader noted. Goes out: an :class:`ImportReport`, in both languages, for every face. Not for: printing it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from citycarbon.core.errors import InputError, Lang, Problem


@dataclass(frozen=True)
class ColumnUse:
    """A column of the file: which field it became (``None``: none of ours), how many cells hold something."""

    header: str
    field: str | None
    filled: int


@dataclass(frozen=True)
class ValueUse:
    """A coded value of a column: what it became, in how many rows, and the first rows."""

    column: str
    found: str
    became: str | None
    count: int
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class ImportNote:
    """Something a reader of the import must know: text (English, Chinese), how many rows, the first of them."""

    id: str
    text: tuple[str, str]
    count: int
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """The mapping review of one file.

    Parameters
    ----------
    format
        Name of the format.
    file
        File that was read, and its SHA-256.
    sha256
        Its SHA-256.
    rows
        Data rows of the file, and how many became records.
    records
        Rows that became records.
    columns
        What became of each column.
    values
        What became of each coded value: notation keys, GPC numbers, units of gas columns.
    notes
        Checks and remarks.
    refused
        Problems, each with its rows; these rows are no records.
    """

    format: str
    file: str
    sha256: str
    rows: int
    records: int
    columns: tuple[ColumnUse, ...] = ()
    values: tuple[ValueUse, ...] = ()
    notes: tuple[ImportNote, ...] = ()
    refused: tuple[Problem, ...] = field(default=())

    def raise_refused(self) -> None:
        """Raise one error with everything that was refused, or return if nothing was."""
        if self.refused:
            raise InputError.several(self.refused)

    def as_dict(self, lang: Lang = "en") -> dict[str, Any]:
        """Give plain values for json."""
        which = int(lang == "zh")
        return {
            "format": self.format, "file": self.file, "sha256": self.sha256, "rows": self.rows, "records": self.records,
            "columns": [{"header": c.header, "field": c.field, "filled": c.filled} for c in self.columns],
            "values": [
                {"column": v.column, "found": v.found, "became": v.became, "count": v.count, "rows": list(v.rows)}
                for v in self.values
            ],
            "notes": [{"id": n.id, "text": n.text[which], "count": n.count, "rows": list(n.rows)} for n in self.notes],
            "refused": [each.as_dict(lang) for each in self.refused],
        }  # fmt: skip


def note(name: str, english: str, chinese: str, rows: Iterable[int]) -> ImportNote:
    """Make a note of rows; the first twenty are listed."""
    numbers = sorted(rows)
    return ImportNote(name, (english, chinese), len(numbers), tuple(numbers[:20]))
