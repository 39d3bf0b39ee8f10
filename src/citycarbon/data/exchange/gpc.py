"""Reference numbers of the GPC: which scope and which reporting level each stands for.

Comes in: the shipped list ``gpc.csv``. Goes out: its rows, numbers with a level, and a code list. The scope is read from the
list, never from the last digit, which in sector III is no scope. Not for: totals (``inventory.accounting``).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.data.classifications import RESIDUAL, RESIDUAL_LABEL
from citycarbon.data.library import shipped_rows

LEVELS = ("basic", "basic+", "territorial", "other")


@cache
def gpc_rows() -> pl.DataFrame:
    """Give the list: code, parent, name_en, name_zh, scope, level, note; groups of numbers have neither scope nor level."""
    return shipped_rows("classifications/lists/gpc.csv")


@cache
def gpc_numbers() -> dict[str, tuple[str, str]]:
    """Give each number that emissions may stand under, with its scope and level."""
    rows = gpc_rows().filter(pl.col("level").is_not_null())
    return {code: (scope, level) for code, scope, level in rows.select("code", "scope", "level").iter_rows()}


@cache
def gpc_code_list() -> CodeList:
    """Give the numbers as a tree with labels, with the place for what no crosswalk maps."""
    rows = gpc_rows().select("code", "parent", "name_en", "name_zh").rows()
    parents = {code: parent for code, parent, _, _ in rows}
    labels = {code: (en, zh) for code, _, en, zh in rows}
    return CodeList("gpc", {**parents, RESIDUAL: None}, {**labels, RESIDUAL: RESIDUAL_LABEL})
