"""Spatial elements: what a territorial plan controls, what each needs of energy, and how form moves emissions.

Comes in: the csv files of this folder, which a planner can read and edit. Goes out: tables of the translation from energy
activity to spatial activity to land use, of intensities with range and source, and of published elasticities. Not for: applying
them.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.names import NAMES
from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import AMOUNT, PLACE, SCENARIO, UNIT
from citycarbon.data.library import shipped_rows

AMOUNTS = ("floor_area", "land_area", "residents", "residents_near_transit", "jobs", "length")
ZONES = ("severe_cold", "cold", "hot_summer_cold_winter", "hot_summer_warm_winter", "mild")
SIGNS = ("+", "-", "±", "0")

_ELEMENT = Column("element", required=True, empty=False, meaning=("spatial element", "空间要素"))


PROXY = Column("proxy", required=True, empty=False, meaning=("what shares are made from", "分配代理"))


class ProxyTable(Table):
    """Amounts by place that say where something is: floor area, population, road length, light."""

    named = (*NAMES, "source")

    columns = (
        PLACE,
        PROXY,
        Column("value", "number", required=True, low=0, meaning=("amount, in unit", "数量，单位见 unit")),
        UNIT,
        Column("source", meaning=("place that contains it; all places if empty", "所属上级地点；空为全部")),
        Column("sd", "number", low=0, meaning=("standard deviation of the amount", "数量的标准差")),
    )
    __slots__ = ()


class PlanChangeTable(Table):
    """Changes that a plan makes to present parcels, one rule a row, applied in their order."""

    columns = (
        Column(
            "plan_change", required=True, empty=False, meaning=("name of the change", "变更名称"), former=("change",)
        ),
        Column("place", meaning=("places, parted by |; all if empty", "地点，以 | 分隔；空为全部")),
        Column("element", meaning=("elements, parted by |; all if empty", "要素，以 | 分隔；空为全部")),
        Column("near", "number", low=0, unit="m", meaning=("only this near to a station", "距站点距离以内")),
        Column("multiplier", "number", low=0, unit="1", meaning=("amount times this", "数量倍数"), former=("factor",)),
        Column("new_element", meaning=("element of the new use of the land", "变更后的要素")),
        Column("new_ratio", "number", low=0, unit="1", meaning=("floor area ratio of the new use", "变更后的容积率")),
    )
    __slots__ = ()


class ElementTable(Table):
    """Amounts of spatial elements by place: floor area by use, land by use, residents, jobs, lengths."""

    columns = (
        PLACE,
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        _ELEMENT,
        AMOUNT,
        UNIT,
        Column("sector", required=True, empty=False, meaning=("sector of the spatial list", "国土空间要素部门")),
        Column("land", "number", low=0, unit="m2", meaning=("land on which it stands", "所占用地面积")),
        Column("climate_zone", allowed=ZONES, meaning=("climate zone of buildings", "建筑气候区")),
        Column("age", meaning=("age class of buildings", "建筑年代")),
        SCENARIO,
    )
    __slots__ = ()


class ElementFactorTable(Table):
    """Intensity of a spatial element: energy or emissions of one year per unit of it, with range and source."""

    holds_totals = True
    columns = (
        _ELEMENT,
        Column("activity", required=True, empty=False, meaning=("carrier, or land_or_service", "能源品种或土地与服务")),
        Column("value", "number", required=True, empty=False, meaning=("intensity of a year, in unit", "年强度")),
        Column("unit", required=True, empty=False, meaning=("unit over unit of the element", "单位")),
        Column("low", "number", meaning=("lower end of the range", "范围下限")),
        Column("high", "number", meaning=("upper end of the range", "范围上限")),
        Column("gas", meaning=("gas of an emission; empty for energy", "排放气体；能源为空")),
        Column("climate_zone", allowed=ZONES, meaning=("climate zone; all if empty", "气候区；空为全部")),
        Column("age", meaning=("age class; all if empty", "年代；空为全部")),
        Column("source", required=True, empty=False, meaning=("key of the source", "来源标识")),
        Column("quality", meaning=("how far it was checked", "核实程度")),
        Column("region", meaning=("where it was found", "地区")),
        Column("year", meaning=("year of the data", "数据年份")),
        Column("note", meaning=("what the source adds", "说明")),
    )
    __slots__ = ()


class TranslationTable(Table):
    """From energy activity to spatial activity to element of the plan: which land holds it and which sector it belongs to."""

    columns = (
        _ELEMENT,
        Column("name_en", meaning=("English name", "英文名")),
        Column("name_zh", meaning=("Chinese name", "中文名")),
        Column("energy_activity_en", meaning=("what needs energy", "能源活动（英文）")),
        Column("energy_activity_zh", meaning=("what needs energy, in Chinese", "能源活动")),
        Column("spatial_activity_en", meaning=("what people do there", "空间活动（英文）")),
        Column("spatial_activity_zh", meaning=("what people do there, in Chinese", "空间活动")),
        Column("sector", required=True, empty=False, meaning=("sector of the spatial list", "国土空间要素部门")),
        Column("land_use", meaning=("heads of land-use codes, parted by |", "用地代码（前段），以 | 分隔")),
        Column("amount", required=True, empty=False, allowed=AMOUNTS, meaning=("what is counted", "计量内容")),
        UNIT,
    )
    __slots__ = ()


class ElasticityTable(Table):
    """Published elasticities: change of emissions in per cent when a measure of form grows by one per cent."""

    columns = (
        Column("measure", required=True, empty=False, meaning=("measure of form", "形态指标")),
        Column("outcome", required=True, empty=False, meaning=("what it moves", "影响对象")),
        Column(
            "sector", required=True, empty=False, meaning=("head of the sectors that it moves, or *", "部门前段或 *")
        ),
        Column(
            "value",
            "number",
            unit="1",
            meaning=("elasticity; empty if only a direction is known", "弹性；空为仅知方向"),
        ),
        Column("low", "number", unit="1", meaning=("lower end of the range", "范围下限")),
        Column("high", "number", unit="1", meaning=("upper end of the range", "范围上限")),
        Column("sign", required=True, empty=False, allowed=SIGNS, meaning=("direction", "方向")),
        Column("sample", meaning=("sample", "样本")),
        Column("region", meaning=("where it was found", "地区")),
        Column("period", meaning=("when", "时期")),
        Column("approach", meaning=("how it was estimated", "估计方法")),
        Column("source", required=True, empty=False, meaning=("key of the source", "来源标识")),
        Column("note", meaning=("what the source adds", "说明")),
        Column("quality", meaning=("how far it was checked", "核实程度")),
    )
    __slots__ = ()


@cache
def element_rows() -> pl.DataFrame:
    """Give all shipped intensities: energy and emissions, and planning loads and water, which are neither."""
    numbers = [pl.col(name).cast(pl.Float64) for name in ("value", "low", "high")]
    return shipped_rows("library/elements.csv").with_columns(*numbers)


@cache
def translation() -> TranslationTable:
    """Give the shipped translation of energy activity to land use."""
    return TranslationTable(shipped_rows("library/element_translation.csv"))


@cache
def elasticities() -> ElasticityTable:
    """Give the shipped elasticities and directions."""
    numbers = [pl.col(name).cast(pl.Float64) for name in ("value", "low", "high")]
    return ElasticityTable(shipped_rows("library/elasticities.csv").with_columns(*numbers))


def element_factors(sources: list[str]) -> ElementFactorTable:
    """Choose intensities of energy and emissions by their sources.

    Parameters
    ----------
    sources
        Keys of sources.

    Raises
    ------
    InputError
        If a source has no intensity.

    Examples
    --------
    >>> element_factors(["gbt51161_2016"]).words("activity")
    ['electricity', 'electricity_equivalent', 'natural_gas']
    """
    rows = element_rows().filter(pl.col("kind").is_in(["energy", "emission"]))
    known = rows["source"].unique().sort().to_list()
    problems = Problems()
    for name in (name for name in sources if name not in known):
        problems.add("edition_unknown", Where(item=name), name, known=", ".join(known))
    problems.raise_all()
    kept = [column.name for column in ElementFactorTable.columns]
    return ElementFactorTable(rows.filter(pl.col("source").is_in(sources)).select(kept))


__all__ = [
    "AMOUNTS", "PROXY", "UNIT", "ElasticityTable", "ElementFactorTable", "ElementTable", "PlanChangeTable", "ProxyTable",
    "TranslationTable", "elasticities", "element_factors", "element_rows", "translation",
]  # fmt: skip
