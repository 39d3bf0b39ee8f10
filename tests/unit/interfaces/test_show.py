"""Tables on the screen fit it, and say what they leave out."""

from __future__ import annotations

import io

import polars as pl
from rich.console import Console

from citycarbon.interfaces.cli.show import frame_grid


def printed(frame: pl.DataFrame, lang: str = "en") -> str:
    screen = Console(width=100, record=True, file=io.StringIO())
    for part in frame_grid(frame, lang):
        screen.print(part)
    return screen.export_text()


def test_a_table_that_is_too_wide_does_without_what_a_first_look_misses_least():
    names = ["place", "factor", "value", "start", "end", "order", "residual"]
    frame = pl.DataFrame({name: ["some longer words", "other longer words"] for name in names})
    text = printed(frame)
    assert "not shown for width: order, start; use --out or --json" in text
    assert "residual" in text.splitlines()[0]
    assert all(len(line) <= 100 for line in text.splitlines())


def test_a_table_that_fits_keeps_all():
    text = printed(
        pl.DataFrame({"place": ["A", "B"], "start": [1.0, 2.0], "end": [2.0, 3.0], "order": [1.0, 2.0]}), "zh"
    )
    assert text.splitlines()[0].split() == ["place", "start", "end", "order"]
