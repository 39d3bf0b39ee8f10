"""The data behind ``report.html``: tables of the result as compact columns, with what a trace needs.

Comes in: a study result. Goes out: plain values for JSON. Not for: layout.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from citycarbon.core.results import StudyResult
from citycarbon.data.references import citation

VIEW_TABLES = ("views", "view_codes", "flows", "reporting_levels")
DRAWN = (
    ("factor", "start", "end", "order"),
    ("lower", "upper"),
    ("peak_time",),
    ("verdict", "best_naive"),
    ("note_en",),
)
"""Columns by which the page knows tables that it draws: effects, bands, peaks, back-tests, statements."""
LARGEST_DRAWN = 10_000
LARGEST_TRACE = 20_000
"""Rows that the page carries for tracing; the rest stays in ``emissions.parquet``, and the page says so."""


def columns(frame: pl.DataFrame) -> dict[str, Any]:
    """Give a frame as columns; repeated text is stored once and referred to by number."""
    made: dict[str, Any] = {"length": frame.height, "columns": {}}
    for name, kind in frame.schema.items():
        cells = frame[name].to_list()
        if kind == pl.String and frame.height > 20:
            words = list(dict.fromkeys(cells))
            number = {word: index for index, word in enumerate(words)}
            made["columns"][name] = {"words": words, "codes": [number[cell] for cell in cells]}
        else:
            made["columns"][name] = {"cells": cells}
    return made


def page_data(result: StudyResult) -> dict[str, Any]:
    """Gather everything that the page shows."""
    tables = result.tables
    rows = _trace_rows(result)
    factors = tables["factors"].select(
        "factor_id", "quantity", "activity", "gas", "region", "valid_from", "valid_to", "value", "unit", "edition", "source",
        "licence", "quality", "note",
    )  # fmt: skip
    methods = (
        tables["provenance"].select("method", "method_version", "equation").unique().drop_nulls("method").sort("method")
    )
    sources = sorted({*factors["source"].drop_nulls().to_list()})
    maps = tables.get("maps")
    return {
        "meta": dict(result.meta),
        "labels": {code: list(pair) for code, pair in result.labels.items()},
        "totals": columns(tables["totals"].drop("rows")),
        "uncertainty": columns(tables["uncertainty"]) if "uncertainty" in tables else None,
        "intensities": columns(tables["intensities"]) if "intensities" in tables else None,
        "denominators": columns(tables["denominators"]) if "denominators" in tables else None,
        "maps": columns(maps.select("layer", "place", "time", "scenario", "basis", "value"))
        if maps is not None
        else None,
        "layers": dict(result.layers),
        **{name: columns(tables[name]) if name in tables else None for name in VIEW_TABLES},
        "trace": columns(rows.head(LARGEST_TRACE)),
        "trace_total": rows.height,
        "factors": columns(factors),
        "methods": columns(methods),
        "citations": {key: citation(key) for key in sources},
        "checks": [check.as_dict() for check in result.checks],
        "origins": [
            {
                "name": o.name,
                "sheet": o.sheet,
                "sha256": o.sha256,
                "rows": o.rows,
                "encoding": o.encoding,
                "note": o.note,
            }
            for o in result.origins
        ],
        "shown": {name: _shown(tables[f"step_{name}"]) for name in _order(result)},
        "heights": {name: tables[f"step_{name}"].height for name in _order(result)},
    }


def _order(result: StudyResult) -> list[str]:
    """Further tables in the order of the study, then what it does not list."""
    there = [name.removeprefix("step_") for name in sorted(result.tables) if name.startswith("step_")]
    listed = [name for name in result.meta.get("show", []) if name in there]
    return [*listed, *(name for name in there if name not in listed)]


def _shown(frame: pl.DataFrame) -> dict[str, Any]:
    """A further table without its empty columns, at most 500 rows, or more where the page draws it."""
    drawn = any(set(wanted) <= set(frame.columns) for wanted in DRAWN)
    kept = [name for name in frame.columns if drawn or frame[name].null_count() < frame.height]
    return columns(frame.select(kept).head(LARGEST_DRAWN if drawn else 500))


def _trace_rows(result: StudyResult) -> pl.DataFrame:
    """Emission rows with the activity that stands behind each, largest first."""
    rows = result.tables["emissions_co2e"].select(
        "place", "time", "sector", "activity", "scope", "gas", "scenario", "basis", "value", "sd", "notation", "method",
        "provenance_id", "factor_id", "rule", "energy", "standard_coal",
    )  # fmt: skip
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
