"""Where a number comes from: emission rows with their activity, factors, methods and sources.

Comes in: a result and what the number is of (place, sector, year …). Goes out: rows, and the factors and methods that they name.
Not for: layout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.core.sums import whole
from citycarbon.data.references import citation
from citycarbon.studies.shelf.shelf import Entry, Shelf

LARGEST = 60
KEYS = ("place", "time", "sector", "activity", "scope", "gas", "scenario", "basis")
"""What a number may be asked by."""
SHOWN = (*KEYS, "value", "sd", "notation", "method", "provenance_id", "factor_id", "rule", "energy", "standard_coal")


def traced_rows(result: StudyResult) -> pl.DataFrame:
    """Emission rows in CO2e with the activity that stands behind each, the largest first."""
    rows = result.tables["emissions_co2e"].select(SHOWN)
    activity = result.tables["activity"]
    if activity.height:
        keys = ["provenance_id", "time", "sector", "activity"]
        used = activity.select(*keys, pl.col("value").alias("amount"), pl.col("unit").alias("amount_unit"), "quality")
        rows = rows.join(used.unique(keys, keep="first", maintain_order=True), on=keys, how="left", nulls_equal=True)
    else:
        empty = [
            pl.lit(None).cast(kind).alias(name) for name, kind in (("amount", pl.Float64), ("amount_unit", pl.String))
        ]
        rows = rows.with_columns(*empty, pl.lit(None).cast(pl.String).alias("quality"))
    order = pl.col("value").abs().fill_null(0.0)
    return rows.sort(order, "place", "time", "sector", "activity", "gas", descending=[True, *[False] * 5])


def _whole(rows: pl.DataFrame) -> float | None:
    """Sum of the CO2e of rows, if it is one: not of alternatives, which exclude one another."""
    try:
        return whole(rows.filter(pl.col("gas") == "CO2e"), free=["scope"])
    except InputError:
        return None


def factor_rows(result: StudyResult) -> pl.DataFrame:
    """The factors behind a result, as a trace shows them."""
    return result.tables["factors"].select(
        "factor_id", "quantity", "activity", "gas", "region", "valid_from", "valid_to", "value", "unit", "edition", "source",
        "licence", "quality", "note",
    )  # fmt: skip


def method_rows(result: StudyResult) -> pl.DataFrame:
    """The methods behind a result with their equations."""
    named = result.tables["provenance"].select("method", "method_version", "equation")
    return named.unique().drop_nulls("method").sort("method")


def trace(
    shelf: Shelf, entry: Entry, asked: Mapping[str, str], *, offset: int = 0, limit: int = LARGEST
) -> dict[str, Any]:
    """Give the rows behind a number.

    Parameters
    ----------
    shelf, entry
        Where the study is.
    asked
        Column to text: place, time, sector, activity, scope, gas, scenario, basis. Rows of basis ``all`` belong to every basis.
    offset, limit
        Which of the rows.

    Returns
    -------
    trace
        ``rows``, ``count``, ``whole`` (sum of CO2e in tonnes; none where the rows are alternatives, or a year and its months),
        ``factors``, ``methods``, ``citations`` that the rows name.

    Raises
    ------
    InputError
        If something is asked by another word.
    """
    for name in asked:
        if name not in KEYS:
            raise InputError("column_unknown", Where(column=name), name, known=", ".join(KEYS))
    result = shelf.result(entry)
    rows = shelf.keep(entry, "trace", lambda: traced_rows(result))
    tests = [
        pl.col(name).is_in([text, "all"]) if name == "basis" else pl.col(name) == text for name, text in asked.items()
    ]
    found = rows.filter(*tests) if tests else rows
    shown = found.slice(offset, limit)
    ids = {part for each in shown["factor_id"].drop_nulls() for part in re.sub(r"@[\d.]+$", "", each).split("*")}
    factors = factor_rows(result).filter(pl.col("factor_id").is_in(sorted(ids)))
    named = method_rows(result).filter(pl.col("method").is_in(shown["method"].drop_nulls().unique().to_list()))
    return {
        "rows": shown.to_dicts(),
        "count": found.height,
        "whole": _whole(found),
        "factors": {row["factor_id"]: row for row in factors.to_dicts()},
        "methods": {row["method"]: row for row in named.to_dicts()},
        "citations": {key: citation(key) for key in factors["source"].drop_nulls().unique().sort()},
    }
