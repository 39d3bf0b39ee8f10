"""The data behind ``report.html``: tables of the result as compact columns, with what a trace needs.

Comes in: a study result. Goes out: plain values for JSON. Not for: layout.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from citycarbon.core.results import StudyResult
from citycarbon.data.references import citation
from citycarbon.studies.shelf.tracing import factor_rows, method_rows, traced_rows

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


HEAVY = ("trace", "maps", "factors", "shown", "views", "checks")
"""Groups of data that a page of the workbench may leave out; the report has them all."""


def page_data(result: StudyResult, groups: Collection[str] = HEAVY) -> dict[str, Any]:
    """Gather what a page shows.

    Parameters
    ----------
    result
        Result of a study.
    groups
        Which of :data:`HEAVY` it carries; totals, uncertainty, intensities and labels are always there.
    """
    tables = result.tables
    light = ("totals", "uncertainty", "intensities", "denominators")
    made: dict[str, Any] = {
        "meta": dict(result.meta),
        "labels": {code: list(pair) for code, pair in result.labels.items()},
        **{name: _table(result, name) for name in light},
        **dict.fromkeys((*VIEW_TABLES, "maps", "trace", "factors", "methods")),
        "layers": {}, "trace_total": 0, "citations": {}, "origins": [], "shown": {}, "heights": {}, "checks": [],
    }  # fmt: skip
    if "checks" in groups:
        made["checks"] = [check.as_dict() for check in result.checks]
    if "views" in groups:
        made |= {name: _table(result, name) for name in VIEW_TABLES}
    if "maps" in groups:
        made["layers"] = dict(result.layers)
        if "maps" in tables:
            made["maps"] = columns(tables["maps"].select("layer", "place", "time", "scenario", "basis", "value"))
    if "trace" in groups:
        rows = traced_rows(result)
        made |= {"trace": columns(rows.head(LARGEST_TRACE)), "trace_total": rows.height}
    if "factors" in groups:
        made |= _factors(result)
    if "shown" in groups:
        names = _order(result)
        made["shown"] = {name: _shown(tables[f"step_{name}"]) for name in names}
        made["heights"] = {name: tables[f"step_{name}"].height for name in names}
    return made


def _table(result: StudyResult, name: str) -> dict[str, Any] | None:
    if name not in result.tables:
        return None
    frame = result.tables[name]
    return columns(frame.drop("rows") if name == "totals" else frame)


def _factors(result: StudyResult) -> dict[str, Any]:
    factors = factor_rows(result)
    sources = sorted({*factors["source"].drop_nulls().to_list()})
    origins = [
        {"name": o.name, "sheet": o.sheet, "sha256": o.sha256, "rows": o.rows, "encoding": o.encoding, "note": o.note}
        for o in result.origins
    ]
    return {
        "factors": columns(factors),
        "methods": columns(method_rows(result)),
        "citations": {key: citation(key) for key in sources},
        "origins": origins,
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
