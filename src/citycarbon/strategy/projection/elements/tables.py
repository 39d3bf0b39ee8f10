"""Tables of the spatial-element model: skill, importance, response, and what it predicts of a plan.

Comes in: nothing. Goes out: table classes. Not for: learning (``learners``).
"""

from __future__ import annotations

from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import UNIT

EVEN = "even"
MODELS = ("linear", "boosting", "network")
"""Linear intensities that are not below zero, gradient boosting, and a small neural network."""
INSIDE, OUTSIDE = "inside", "outside"

_MODEL = Column("model", required=True, empty=False, allowed=(EVEN, *MODELS), meaning=("model", "模型"))
_ELEMENT = Column("element", required=True, empty=False, meaning=("spatial element", "空间要素"))
_MEASURE = Column("measure", required=True, empty=False, meaning=("what is predicted", "预测对象"))


class ElementSkillTable(Table):
    """How well each model predicts places whose neighbourhood it has not seen."""

    columns = (
        _MODEL,
        _MEASURE,
        Column("r2", "number", high=1, unit="1", meaning=("variance explained", "决定系数")),
        Column("rank_correlation", "number", low=-1, high=1, unit="1", meaning=("Spearman's", "秩相关系数")),
        Column("misplaced", "number", low=0, unit="1", meaning=("share of the mass misplaced", "错置份额")),
        Column("mae", "number", low=0, meaning=("mean absolute error, in unit", "平均绝对误差")),
        Column("bias", "number", unit="1", meaning=("sum predicted over sum observed, less 1", "总量偏差")),
        Column("inside", "number", low=0, high=1, unit="1", meaning=("share inside the 90 % interval", "90% 区间覆盖率")),
        UNIT,
        Column("places", "number", low=0, unit="1", meaning=("places that were held out", "留出地点数")),
        Column("blocks", "number", low=0, unit="1", meaning=("blocks that were held out together", "空间分块数")),
        Column("reference", meaning=("simpler model that it is tested against", "对照模型")),
        Column("p_value", "number", low=0, high=1, unit="1", meaning=("of no difference", "无差异的概率")),
        Column("verdict", required=True, empty=False, meaning=("baseline, better, worse or not shown", "结论")),
    )  # fmt: skip
    __slots__ = ()


class ImportanceTable(Table):
    """How much worse a model predicts when an element is shuffled between places."""

    columns = (
        _ELEMENT,
        _MODEL,
        _MEASURE,
        Column(
            "importance", "number", required=True, unit="1", meaning=("rise of the mean absolute error", "误差上升幅度")
        ),
        Column("low", "number", unit="1", meaning=("lowest of the shufflings", "最低值")),
        Column("high", "number", unit="1", meaning=("highest of the shufflings", "最高值")),
        Column("inflation", "number", low=0, unit="1", meaning=("variance inflation by the others", "方差膨胀因子")),
    )
    __slots__ = ()


class ResponseTable(Table):
    """Mean prediction where one element is set to the same amount at every place, the others as they are."""

    columns = (
        _ELEMENT,
        _MODEL,
        _MEASURE,
        Column(
            "element_amount",
            "number",
            required=True,
            low=0,
            meaning=("amount of the element, in amount_unit", "要素数量"),
            former=("amount",),
        ),
        Column("amount_unit", required=True, empty=False, meaning=("unit of element_amount", "数量单位")),
        Column("value", "number", required=True, meaning=("mean prediction of a place, in unit", "平均预测值")),
        Column("low", "number", meaning=("lowest of the models of the folds, in unit", "各折模型最低值")),
        Column("high", "number", meaning=("highest of the models of the folds, in unit", "各折模型最高值")),
        UNIT,
    )
    __slots__ = ()


class ElementPredictionTable(Table):
    """What a model predicts of a plan, place by place and in total, and how far that is from all it has learnt."""

    holds_totals = True
    columns = (
        Column("place", required=True, empty=False, meaning=("place; all for their sum", "地点；all 为合计")),
        _MEASURE,
        _MODEL,
        Column("value", "number", low=0, meaning=("prediction, in unit; empty outside", "预测值；超出范围为空")),
        Column("low", "number", low=0, meaning=("5 %, in unit", "5% 分位")),
        Column("high", "number", low=0, meaning=("95 %, in unit", "95% 分位")),
        Column("present", "number", low=0, meaning=("the same model on the present, in unit", "现状的模型值")),
        UNIT,
        Column("dissimilarity", "number", low=0, unit="1", meaning=("distance to the nearest known place", "与训练样本的距离")),
        Column("known_limit", "number", low=0, unit="1", meaning=("distance up to which the skill holds", "适用范围上限")),
        Column("verdict", required=True, empty=False, allowed=(INSIDE, OUTSIDE), meaning=("inside what is known", "是否适用")),
        Column("element", meaning=("element that is farthest out", "最超出范围的要素")),
    )  # fmt: skip
    __slots__ = ()
