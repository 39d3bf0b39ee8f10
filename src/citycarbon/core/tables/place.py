"""Places of a study, and what they are measured by, as tables.

Comes in: a tree of places; amounts of people, area or output. Goes out: the checked tables. Not for: shapes (``data.layers``).
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Where
from citycarbon.core.schema import Column
from citycarbon.core.tables.columns import AMOUNT, PLACE, PROVENANCE, TIME, UNIT
from citycarbon.core.tables.table import Table


class PlaceTable(Table):
    """Places of a study: a tree, each place with a level, a region whose factors hold for it, and names."""

    columns = (
        PLACE,
        Column("parent", meaning=("place that contains it", "上级地点")),
        Column("level", meaning=("city, district, street, community, parcel, building, cell", "层级")),
        Column("region", meaning=("region code or name whose factors hold", "适用因子的区域")),
        Column("name_zh", meaning=("Chinese name", "中文名")),
        Column("name_en", meaning=("English name", "英文名")),
    )
    __slots__ = ()

    def code_list(self, file: str | None = None) -> CodeList:
        """Give the tree of places as a code list; refuses cycles and unknown parents."""
        rows = self.to_polars()
        doubled = rows.filter(pl.col("place").is_duplicated())["place"].unique().sort().to_list()
        if doubled:
            where = Where(file=file, column="place")
            raise InputError.several(
                InputError("row_duplicate", where, place, key="place").problems[0] for place in doubled[:5]
            )
        parents = dict(rows.select("place", "parent").iter_rows())
        labels = {p: (en or p, zh or p) for p, en, zh in rows.select("place", "name_en", "name_zh").iter_rows()}
        return CodeList("places", parents, labels, file)


class DenominatorTable(Table):
    """Population, households, floor area, jobs or output of places: what an intensity is divided by."""

    columns = (
        PLACE,
        TIME,
        Column("measure", required=True, empty=False, meaning=("what is counted", "指标")),
        AMOUNT,
        UNIT,
        Column("source", meaning=("source", "来源")),
        PROVENANCE,
    )
    __slots__ = ()
