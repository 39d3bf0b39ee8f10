"""Cells that stand where a name should and name nothing: dashes, 同上, N/A, errors as text, codes cut to a power of ten.

Comes in: the typed rows of a file and the class of table that they are to become. Goes out: a problem for each such word. Not
for: empty cells, which the table refuses, and words for totals (:mod:`citycarbon.data.printed.printed_totals`).
"""

from __future__ import annotations

import re

import polars as pl

from citycarbon.core.errors import Problem, Where, problem
from citycarbon.core.tables import Table
from citycarbon.core.trace import row_of
from citycarbon.data.printed.printed_totals import NAMES
from citycarbon.data.spelling import CODED, compatible

_NOTHING = frozenset((
    "n/a", "#n/a n/a", "null", "nan", "none", "nil", "无", "空", "不详", "不明", "同上", "同前", "同左", "ditto",
    "idem", "do.", "id.", "(空白)", "(blank)", "<na>",
))  # fmt: skip
_ERRORS = frozenset(
    ("#n/a", "#ref!", "#div/0!", "#value!", "#name?", "#num!", "#null!", "#spill!", "#calc!", "#getting_data")
)
ANY = "*"
"""Stands for every sector or place in tables of rules."""
_POWER_OF_TEN = re.compile(r"[0-9]\.[0-9]+[eE]\+?[0-9]+")


def nameless(frame: pl.DataFrame, table: type[Table], where: Where) -> list[Problem]:
    """Find words that are no names in columns that must name something.

    Parameters
    ----------
    frame
        Typed rows with ``provenance_id``.
    table
        Class of table that they are to become.
    where
        File and sheet.

    Returns
    -------
    problems
        ``name_missing``, ``cell_error`` or ``code_cut`` for each word of a column.
    """
    found = []
    for column in (each for each in table.columns if each.name in (*NAMES, *CODED) and each.name in frame.columns):
        words = frame[column.name].drop_nulls().unique(maintain_order=True).cast(pl.String).to_list()
        for word in words:
            code = _fault(word, coded=column.name in CODED)
            if code is None or (code == "name_missing" and column.empty):
                continue
            traces = frame.filter(pl.col(column.name).cast(pl.String) == word)["provenance_id"].head(5).to_list()
            rows = tuple(row for trace in traces if (row := row_of(trace)))
            found.append(problem(code, Where(where.file, where.sheet, rows, column.name), word))
    return found


def _fault(word: str, *, coded: bool) -> str | None:
    """Tell what is wrong with a word as a name.

    Examples
    --------
    >>> [_fault(word, coded=True) for word in ("—", "同上", "#REF!", "4.40303E+11", "NA", "*")]
    ['name_missing', 'name_missing', 'cell_error', 'code_cut', None, None]
    """
    folded = compatible(word).strip().casefold()
    if folded in _ERRORS:
        return "cell_error"
    if folded in _NOTHING or (folded and folded != ANY and re.fullmatch(r"[\W_]+", folded)):
        return "name_missing"
    return "code_cut" if coded and _POWER_OF_TEN.fullmatch(word) else None
