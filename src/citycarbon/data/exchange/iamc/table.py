"""Rows of the IAMC format, in which models of the climate report their pathways: one variable of one region in one year.

Comes in: a frame. Goes out: an :class:`IamcTable`, and the rows of it that are parts of nothing below them. Not for: files.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PROVENANCE

INDEX = ("model", "scenario", "region", "variable", "unit")
"""Columns that every file of the format has, in its order."""
LEVEL = "|"
"""Mark between the levels of a variable's name."""


class IamcTable(Table):
    """One row a figure: model, scenario, region, variable with levels parted by ``|``, unit, year, value."""

    columns = (
        Column("model", required=True, empty=False, meaning=("model that made the figure", "模型")),
        Column("scenario", required=True, empty=False, meaning=("scenario of the model", "情景")),
        Column("region", required=True, empty=False, meaning=("region as the file names it", "文件中的区域名称")),
        Column("variable", required=True, empty=False, meaning=("variable, levels parted by |", "变量，以 | 分级")),
        Column("unit", required=True, empty=False, meaning=("unit as the file writes it", "文件中的单位")),
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        Column("value", "number", required=True, empty=False, meaning=("figure, in unit", "数值，单位见 unit")),
        PROVENANCE,
    )
    __slots__ = ()


def without_sums(table: IamcTable) -> IamcTable:
    """Leave out every variable that has levels below it in the same model, scenario, region and unit.

    What is left adds without counting twice only where a variable's levels are its parts; the format does not promise that
    (``Primary Energy|Coal`` and ``Primary Energy|Fossil`` stand side by side in many files).

    Examples
    --------
    >>> rows = pl.DataFrame({"model": "m", "scenario": "s", "region": "r", "unit": "t", "time": "2020",
    ...                      "variable": ["Emissions|CO2", "Emissions|CO2|A", "Emissions|CO2|B"], "value": [3.0, 1.0, 2.0]})
    >>> without_sums(IamcTable(rows)).to_polars()["variable"].to_list()
    ['Emissions|CO2|A', 'Emissions|CO2|B']
    """
    rows = table.to_polars()
    keys = [name for name in INDEX if name != "variable"]
    named = rows.select(INDEX).unique()
    deepest = int(named["variable"].str.count_matches(LEVEL, literal=True).max() or 0)  # type: ignore[arg-type]
    levels = pl.col("variable").str.split(LEVEL)
    above = [
        named.filter(levels.list.len() > depth).select(*keys, levels.list.head(depth).list.join(LEVEL))
        for depth in range(1, deepest + 1)
    ]
    if not above:
        return table
    return IamcTable(rows.join(pl.concat(above).unique(), on=[*keys, "variable"], how="anti", maintain_order="left"))
