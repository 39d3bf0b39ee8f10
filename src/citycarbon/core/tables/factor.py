"""Emission factors and properties, as a table.

Comes in: figures with source and validity. Goes out: the checked table. Not for: finding one (``citycarbon.data.lookup``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw

from citycarbon.core import frames
from citycarbon.core.errors import InputError, Where
from citycarbon.core.frames import Frame
from citycarbon.core.schema import Column
from citycarbon.core.tables.columns import ACTIVITY, QUALITY, UNCERTAINTY, UNIT
from citycarbon.core.tables.table import Table
from citycarbon.core.units import quantities


class FactorTable(Table):
    """Emission factors and properties: value per activity unit, with source, region and years of validity."""

    holds_totals = True
    columns = (
        Column("factor_id", meaning=("identifier in the library", "因子标识")),
        Column("quantity", default="emission_factor", meaning=("what the figure is", "数值含义")),
        ACTIVITY,
        Column("sector", meaning=("only if it depends on the use", "仅当与用途有关时填写")),
        Column("gas", meaning=("gas that is emitted", "排放的气体")),
        Column("region", default="world", meaning=("region of validity", "适用区域")),
        Column("valid_from", "year", low=1800, high=2200, meaning=("first year", "起始年份")),
        Column("valid_to", "year", low=1800, high=2200, meaning=("last year", "终止年份")),
        Column("value", "number", required=True, empty=False, meaning=("figure, in unit", "数值，单位见 unit")),
        UNIT,
        *UNCERTAINTY,
        Column("factor_errors", meaning=("errors of its parts, if it was combined", "合成因子各部分的误差")),
        Column("edition", meaning=("named set that it belongs to", "所属版本")),
        Column("source", meaning=("key in references.bib", "参考文献键")),
        Column("licence", meaning=("licence of the figure", "许可")),
        QUALITY,
        Column("note", meaning=("remark", "说明")),
    )
    __slots__ = ()

    def _own_rules(self, frame: Frame, fixed: Mapping[str, str], where: Where) -> Iterable[Any]:
        yield from quantities.factor_problems(frame, fixed, where)
        names = frame.collect_schema().names()
        if "valid_from" not in names or "valid_to" not in names:
            return
        bad = frames.small(frame.filter(nw.col("valid_from") > nw.col("valid_to")).select("activity").head(3))
        for activity in bad["activity"].to_list():
            yield InputError("years_reversed", Where(where.file, where.sheet, (), "valid_from", activity)).problems[0]

    def _settled(self, frame: Frame, fixed: Mapping[str, str]) -> Frame:
        return quantities.settled(frame, fixed)
