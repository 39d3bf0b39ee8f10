"""Records of an inventory as a GPC tool reports them: one row of an eCRF workbook's third sheet, with where it came from.

Comes in: what a reader of this folder took from a file. Goes out: a :class:`RecordTable`, figures and texts as they stood.
Not for: judging the figures (:mod:`citycarbon.data.exchange.closure`) or accounting with them (``inventory.accounting``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw

from citycarbon.core import frames
from citycarbon.core.dimensions import NOTATION_KEYS
from citycarbon.core.errors import Problem, Where, problem
from citycarbon.core.frames import Frame
from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE, PROVENANCE
from citycarbon.core.trace import row_of

GASES = {"CO2": "emission_co2", "CH4": "emission_ch4", "N2O": "emission_n2o"}
"""Gas to the column that holds it."""
GAS_UNITS = ("t CO2e", "kg CO2e", "t", "kg")
"""What the gas columns of a row may be in: CO2e, or mass of each gas."""
UNNAMED = "not_stated"
"""Activity of a record that names no fuel or activity."""

_PER_UNIT = "as factor_unit says"
_FACTOR_GASES = (("co2", "CO2"), ("ch4", "CH4"), ("n2o", "N2O"), ("co2e", "CO2e"), ("biogenic", "CO2-biogenic"))


def _number(name: str, unit: str, english: str, chinese: str, low: float | None = None) -> Column:
    return Column(name, "number", unit=unit, low=low, meaning=(english, chinese))


def _text(name: str, english: str, chinese: str) -> Column:
    return Column(name, meaning=(english, chinese))


_ECRF: tuple[tuple[str, Column], ...] = (
    ("Inventory year", Column("inventory_year", "year", low=1800, high=2200, meaning=("year of the inventory", "清单年份"))),
    ("GPC ref. no.", _text("gpc_number", "reference number of the GPC", "GPC 编号")),
    ("CRF - Sector", _text("crf_sector", "sector of the Common Reporting Framework", "CRF 部门")),
    ("CRF - Sub-sector", _text("crf_subsector", "sub-sector as the file names it", "CRF 子部门")),
    ("Scope", _text("crf_scope", "direct, indirect or outside the boundary", "直接、间接或边界外")),
    ("Fuel type or activity", _text("fuel_or_activity", "fuel or activity as the file names it", "燃料或活动名称")),
    ("Notation key", Column("notation", allowed=NOTATION_KEYS,
                            meaning=("NO, NE, IE or C instead of a value", "代替数值的标记"))),
    ("Activity data - Amount", _number("activity_value", "as activity_unit says", "amount of the activity", "活动水平")),
    ("Activity data - Unit", _text("activity_unit", "unit of the amount", "活动水平单位")),
    ("Activity data - Description and Methodology", _text("activity_description", "description, method", "说明与方法")),
    ("Activity data - Source", _text("activity_source", "source of the activity data", "活动数据来源")),
    ("Activity data - Data Quality", _text("activity_quality", "H, M or L", "活动数据质量：H、M、L")),
    ("Emission factor - Unit", _text("factor_unit", "unit of the emission factors", "排放因子单位")),
    *((f"Emission factor - {shown}", _number(f"factor_{name}", _PER_UNIT, f"emission factor of {gas}", f"{gas} 排放因子"))
      for name, gas, shown in ((name, gas, {"CO2e": "Total CO2e", "CO2-biogenic": "Biogenic CO2"}.get(gas, gas))
                               for name, gas in _FACTOR_GASES)),
    ("Emission factor - Oxidation factor", _number("oxidation_factor", "1", "share of carbon oxidised", "氧化率", 0)),
    ("Emission factor - Year", _text("factor_year", "year of the factor", "因子年份")),
    ("Emission factor - Scale", _text("factor_scale", "default, regional, own …", "因子适用层级")),
    ("Emission factor - Description", _text("factor_description", "description of the factor", "因子说明")),
    ("Emission factor - Source", _text("factor_source", "source of the factor", "因子来源")),
    ("Emission factor - Data Quality", _text("factor_quality", "H, M or L", "因子质量：H、M、L")),
    *((f"GHGs (metric tonnes CO2e) - {shown}", _number(f"emission_{name}", unit, english, chinese))
      for name, shown, unit, english, chinese in (
          ("co2", "CO2", "as gas_unit says", "CO2 of the record", "CO2 排放"),
          ("ch4", "CH4", "as gas_unit says", "CH4 of the record", "CH4 排放"),
          ("n2o", "N2O", "as gas_unit says", "N2O of the record", "N2O 排放"),
          ("co2e", "Total CO2e", "t", "stated total in t CO2e", "报告合计（t CO2e）"),
          ("biogenic", "Biogenic CO2", "t", "biogenic CO2, a memo", "生物源 CO2（备忘）"))),
    ("Activity data conversion - original activity", _number("original_activity", "as original_unit says",
                                                             "amount before conversion", "换算前数量")),
    ("Activity data conversion - original unit", _text("original_unit", "unit before conversion", "换算前单位")),
    ("Activity data conversion - conversion value", _number("conversion_value", "1", "unit over original unit", "换算系数")),
    ("Activity data conversion - override used?", _text("conversion_override", "whether a default was overridden",
                                                        "是否覆盖默认换算")),
)  # fmt: skip
ECRF_HEADERS: dict[str, str] = {header: column.name for header, column in _ECRF}
"""Heading of the 33 columns of sheet eCRF_3, in order, to the column of :class:`RecordTable`."""


class RecordTable(Table):
    """One row a record of a reported inventory: the 33 columns of sheet eCRF_3, place, origin and unit of the gas columns."""

    holds_totals = True
    columns = (
        PLACE,
        *(column for _, column in _ECRF),
        Column(
            "gas_unit", allowed=GAS_UNITS, meaning=("unit of the gas columns; empty if not settled", "气体列的单位")
        ),
        _text("inventory_reference", "identifier of the line in the tool that wrote it", "来源工具中的条目标识"),
        _text("source_id", "identifier of the data source in the tool that wrote it", "来源工具中的数据源标识"),
        PROVENANCE,
    )
    __slots__ = ()

    def _own_rules(self, frame: Frame, fixed: Mapping[str, str], where: Where) -> Iterable[Any]:  # noqa: ARG002
        names = frame.collect_schema().names()
        if not {"notation", "emission_co2e"} <= set(names):
            return
        figures = [name for name in ("emission_co2e", *GASES.values()) if name in names]
        anything = ~nw.all_horizontal(*[nw.col(name).is_null() for name in figures], ignore_nulls=False)
        both = frame.filter(~nw.col("notation").is_null() & anything)
        yield from _named(both, "notation_wrong", where, names)


def _named(frame: Frame, code: str, where: Where, names: list[str]) -> Iterable[Problem]:
    rows = frames.small(frame)
    if rows.height:
        numbers = tuple(row_of(item) for item in rows["provenance_id"].head(5)) if "provenance_id" in names else ()
        found = f"{rows['notation'][0]}, {rows['emission_co2e'][0]}"
        yield problem(code, Where(where.file, where.sheet, tuple(filter(None, numbers)), "notation"), found)
