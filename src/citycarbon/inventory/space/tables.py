"""Tables of the spatial methods: shares, proxies, rules, weights, skill, and measures of places.

Comes in and goes out of every method of :mod:`citycarbon.inventory.space`. Not for: geometry, which stands in layers.
"""

from __future__ import annotations

from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE, UNIT
from citycarbon.data.library.elements import PROXY, ProxyTable

RESIDUAL = "not_placed"
"""Place of what no target takes."""

PLACE = PLACE


class ShareTable(Table):
    """Shares of a place in target places; the shares of one place add to one, a residual target included."""

    columns = (
        Column("place", required=True, empty=False, meaning=("source place", "源地点")),
        Column("target", required=True, empty=False, meaning=("target place or class", "目标地点或类别")),
        Column(
            "share", "number", required=True, empty=False, low=0, high=1, unit="1", meaning=("of the source", "份额")
        ),
        Column("sd", "number", low=0, unit="1", meaning=("standard deviation of the share", "份额的标准差")),
    )
    __slots__ = ()


class RuleTable(Table):
    """Which proxies share out which sector, and with what weight."""

    columns = (
        Column("sector", required=True, empty=False, meaning=("code, the head of codes, or *", "代码、代码前段或 *")),
        Column(
            "proxy", required=True, empty=False, meaning=("proxy, or 'stay' for what keeps its place", "代理，或 stay")
        ),
        Column("weight", "number", low=0, unit="1", meaning=("part of the sector; 1 if empty", "权重；空为 1")),
    )
    __slots__ = ()


class PointTable(Table):
    """Weighted points in a projected coordinate system: stacks, meters, positions."""

    columns = (
        Column("x", "number", required=True, empty=False, unit="m", meaning=("east", "东坐标")),
        Column("y", "number", required=True, empty=False, unit="m", meaning=("north", "北坐标")),
        Column("value", "number", required=True, empty=False, meaning=("weight, in unit", "权重，单位见 unit")),
        UNIT,
    )
    __slots__ = ()


class WeightTable(Table):
    """Coefficients of a combination of proxies and how sure they are."""

    columns = (
        PROXY,
        Column("value", "number", required=True, meaning=("coefficient, in unit", "系数，单位见 unit")),
        UNIT,
        Column("sd", "number", low=0, meaning=("standard deviation of the coefficient", "系数的标准差")),
        Column("share", "number", low=0, high=1, unit="1", meaning=("part of the mass that it explains", "解释的份额")),
        Column("inflation", "number", low=0, unit="1", meaning=("variance inflation by the others", "方差膨胀因子")),
    )
    __slots__ = ()


class SkillTable(Table):
    """How well shares made from a proxy meet evidence that they have not seen."""

    columns = (
        PROXY,
        Column("r2", "number", high=1, unit="1", meaning=("variance explained", "决定系数")),
        Column("rank_correlation", "number", low=-1, high=1, unit="1", meaning=("Spearman's", "秩相关系数")),
        Column("misplaced", "number", low=0, high=1, unit="1", meaning=("share of the mass misplaced", "错置份额")),
        Column("places", "number", low=0, unit="1", meaning=("places that were held out", "留出地点数")),
        Column("folds", "number", low=0, unit="1", meaning=("spatial folds", "空间折数")),
        Column("verdict", required=True, empty=False, meaning=("best single, better or worse", "结论")),
    )
    __slots__ = ()


class MeasureTable(Table):
    """Measures of places: form, density, concentration, each with its unit."""

    columns = (
        PLACE,
        Column("measure", required=True, empty=False, meaning=("what is measured", "指标")),
        Column("value", "number", required=True, meaning=("measure, in unit", "指标值，单位见 unit")),
        UNIT,
        Column("item", meaning=("class or sector that it is of", "所属类别或部门")),
        Column("p_value", "number", low=0, high=1, unit="1", meaning=("chance of it without a cause", "显著性概率")),
        Column("verdict", meaning=("class of the result", "结论类别")),
    )
    __slots__ = ()


__all__ = [
    "PLACE", "PROXY", "RESIDUAL", "UNIT", "MeasureTable", "PointTable", "ProxyTable", "RuleTable", "ShareTable", "SkillTable",
    "WeightTable",
]  # fmt: skip
