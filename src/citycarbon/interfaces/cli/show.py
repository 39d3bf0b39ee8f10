"""Showing results in a terminal: an answer first, then a table that fits 100 columns.

Comes in: frames and numbers. Goes out: text on standard output. Not for: files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from citycarbon.interfaces.cli.texts import say

WIDTH = 100
_TEXT = 20
_LESS = (
    "note_en", "note_zh", "first_order_error", "total_order_error", "order", "statistic", "lower", "upper", "crps", "bias",
    "mase", "start", "end", "best_naive", "tolerance", "difference", "small_errors", "grey_input", "development", "residual",
    "rank_correlation", "blocks", "reference",
)  # fmt: skip
"""Columns that a table on the screen does without if it is too wide, first to last; files and JSON have all."""


def console() -> Console:
    """Give a console of at most 100 columns; colour only on a terminal, and no mark-up out of the users' own names."""
    made = Console(highlight=False, markup=False)
    if made.is_terminal and made.width <= WIDTH:
        return made
    return Console(width=WIDTH, highlight=False, markup=False, soft_wrap=False)


def strong(first: str, rest: str = "") -> Text:
    """Give a line whose first part stands out."""
    return Text.assemble((first, "bold"), rest)


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with sensible digits and thousands separators; a missing one as a dash."""
    if value is None:
        return "—"
    size = abs(value)
    if size != 0 and (size >= 1e12 or size < 1e-3):
        return f"{value:.{digits - 1}e}"
    decimals = 0 if size >= 10 ** (digits - 1) else max(0, digits - 1 - (len(str(int(size))) - 1 if size >= 1 else -1))
    # Without the z a figure that rounds to nothing would bear a sign: -0.000.
    return f"{value:z,.{decimals}f}"


def tonnes(value: float | None, lang: str) -> str:
    """Write a mass as a reader of the language expects it: t, kt, Mt or 吨, 万吨, 亿吨."""
    if value is None:
        return "—"
    size = abs(value)
    if lang == "zh":
        for limit, unit in ((1e8, "亿吨"), (1e4, "万吨")):
            if size >= limit:
                return f"{number(value / limit)} {unit}"
        return f"{number(value)} 吨"
    if size >= 1e6:
        return f"{number(value / 1e6)} Mt"
    return f"{number(value)} t"


def grid(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> Grid:
    """Make a plain table; each column is (heading, left or right)."""
    made = Grid(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for heading, justify in columns:
        made.add_column(Text(heading), justify="right" if justify == "right" else "left", overflow="fold")
    for row in rows:
        made.add_row(*[Text(str(cell)) for cell in row])
    return made


def _too_many(columns: Sequence[tuple[str, str]], cells: Sequence[Sequence[Any]]) -> list[str]:
    """Name the columns that must go, of those that a first look misses least, so that a table fits the screen."""
    wide = {
        name: min(_TEXT, max(len(name), *(len(str(row[index])) for row in cells))) if cells else len(name)
        for index, (name, _) in enumerate(columns)
    }
    gone: list[str] = []
    for name in (name for name in _LESS if name in wide):
        if sum(wide.values()) + 2 * len(wide) <= WIDTH:
            break
        gone.append(name)
        del wide[name]
    return gone


def frame_grid(frame: pl.DataFrame, lang: str, limit: int = 30) -> list[Any]:
    """Make a table of a frame: empty columns are left out, columns with one value stand in a line above.

    Of texts in both languages only those of the reader are shown.
    """
    other = "_en" if lang == "zh" else "_zh"
    mine = "_zh" if lang == "zh" else "_en"
    foreign = [
        name for name in frame.columns if name.endswith(other) and name.removesuffix(other) + mine in frame.columns
    ]
    kept = [name for name in frame.columns if frame[name].null_count() < frame.height and name not in foreign]
    constant = [name for name in kept if frame[name].dtype == pl.String and frame[name].n_unique() == 1]
    shown = [name for name in kept if name not in constant]
    parts: list[Any] = []
    if constant:
        words = [f"{name}: {frame[name][0]}" for name in constant if name != "note"]
        parts.append(Text(" · ".join(words)))
    columns = [(name, "right" if frame[name].dtype.is_numeric() else "left") for name in shown]
    cells = [
        [number(cell, 6) if isinstance(cell, float) else ("" if cell is None else cell) for cell in row]
        for row in frame.select(shown).head(limit).iter_rows()
    ]
    left_out = _too_many(columns, cells)
    at = [index for index, (name, _) in enumerate(columns) if name not in left_out]
    parts.append(grid([columns[index] for index in at], [[row[index] for index in at] for row in cells]))
    if left_out:
        parts.append(say("left_out", lang).format(", ".join(left_out)))
    if frame.height > limit:
        parts.append(say("more", lang).format(frame.height - limit))
    return parts
