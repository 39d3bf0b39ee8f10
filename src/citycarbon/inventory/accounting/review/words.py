"""Words of the review: figures as a reader expects them, in sentences of two languages.

Comes in: numbers in tonnes, shares. Goes out: short texts. Not for: layout, which the faces do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

NORMAL_95 = 1.96
"""Standard deviations on either side of the mean that hold 95 % of a normal distribution (IPCC 2006, volume 1, chapter 3)."""


def figure(value: float | None, *, sign: bool = False) -> str:
    """Write a number with at most a few digits and thousands separators."""
    if value is None:
        return "—"
    mark = "+" if sign and value >= 0 else ""
    size = abs(value)
    if size >= 100:
        return f"{mark}{value:,.0f}"
    if size >= 1:
        return f"{mark}{value:.4g}"
    return f"{mark}{value:.3g}"


def percent(share: float | None) -> str:
    """Write a share as per cent."""
    return "—" if share is None else f"{100 * share:.3g} %"


def spans(years: Sequence[int]) -> str:
    """Write sorted years as single years and spans: 2011–2013, 2015."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)


def sentences(rows: pl.DataFrame, tell: Callable[[Mapping[str, Any]], tuple[str, str]]) -> pl.DataFrame:
    """Add ``explanation_en`` and ``explanation_zh`` to a small table by telling each row."""
    told = rows.select(pl.struct(pl.all()).alias("row"))["row"].map_elements(
        lambda row: dict(zip(("explanation_en", "explanation_zh"), tell(row), strict=True)),
        return_dtype=pl.Struct({"explanation_en": pl.String, "explanation_zh": pl.String}),
    )
    return (
        rows.hstack(told.struct.unnest())
        if rows.height
        else rows.with_columns(
            pl.lit(None, dtype=pl.String).alias("explanation_en"), pl.lit(None, dtype=pl.String).alias("explanation_zh")
        )
    )
