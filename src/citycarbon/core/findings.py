"""Findings: what a check computed, what it expected, and what the difference means.

Comes in: rows of checks. Goes out: a :class:`FindingTable`, which every face lists. Not for: errors of input.
"""

from __future__ import annotations

from citycarbon.core.schema import Column
from citycarbon.core.tables import Table

VERDICTS = ("agrees", "rounding", "misfit", "caveat")


class FindingTable(Table):
    """One row a check: ``agrees`` to the last printed digit, within ``rounding`` of printed parts, or a ``misfit``."""

    columns = (
        Column("check", required=True, empty=False, meaning=("what was checked", "检查内容")),
        Column("place", required=True, meaning=("place", "地点")),
        Column("item", required=True, meaning=("line that was checked", "条目")),
        Column("value", "number", required=True, meaning=("computed", "计算值")),
        Column("expected", "number", required=True, meaning=("printed or expected", "刊印值或期望值")),
        Column(
            "tolerance", "number", required=True, low=0, meaning=("largest difference that rounding explains", "允差")
        ),
        Column("difference", "number", required=True, meaning=("computed minus expected", "差值")),
        Column("unit", required=True, meaning=("unit of the figures", "单位")),
        Column("verdict", required=True, empty=False, allowed=VERDICTS, meaning=("outcome", "结论")),
        Column("explanation_en", meaning=("why, in English", "英文解释")),
        Column("explanation_zh", meaning=("why, in Chinese", "中文解释")),
    )
    __slots__ = ()
