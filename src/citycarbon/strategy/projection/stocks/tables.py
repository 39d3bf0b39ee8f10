"""Tables of end-use models: paths of drivers, lines that multiply them, and the spread of each.

Comes in: nothing. Goes out: table classes. Not for: formulas (``formula``) and numbers (``paths``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from citycarbon.core import frames
from citycarbon.core.dimensions import DISTRIBUTIONS
from citycarbon.core.errors import Problem, Where, problem
from citycarbon.core.frames import Frame
from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import ACTIVITY, GAS, PLACE, PROVENANCE, SCOPE, SECTOR, UNIT

EVERY = "all"
"""Place or scenario of a row that holds for all of them."""


class PathTable(Table):
    """Paths of drivers: values at some years, and how to go from one to the next.

    A driver with one row stays as it is. ``growth`` goes at a constant rate, ``step`` holds a value until the next,
    ``smooth`` changes its rate gradually and never goes beyond the values on both sides.
    """

    columns = (
        Column("driver", required=True, empty=False, meaning=("population, floor area, intensity …", "驱动变量")),
        Column("place", default=EVERY, meaning=("place; all for every place", "地点；all 表示全部")),
        Column("scenario", default=EVERY, meaning=("scenario; all for every scenario", "情景；all 表示全部")),
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        Column("value", "number", required=True, empty=False, low=0, meaning=("value, in unit", "数值")),
        UNIT,
        Column(
            "interpolation", default="linear", allowed=("linear", "growth", "step", "smooth"),
            meaning=("how to go to the next value", "插值方式"),
        ),
        Column("share_of", meaning=("drivers with one name here are shares that add to 1", "同名者为份额，合计为 1")),
        Column("source", meaning=("source", "来源")),
        Column("quality", meaning=("quality of the figure, or a remark", "数据质量或说明")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()

    def _own_rules(self, frame: Frame, fixed: Mapping[str, str], where: Where) -> Iterable[Problem]:
        listed = frames.distinct_values(frame, "time") if "time" in frame.collect_schema().names() else [fixed["time"]]
        # Paths go from year to year: a month is no step of them.
        months = [str(word) for word in listed if len(str(word)) != len("YYYY")]
        if months:
            place = Where(where.file, where.sheet, (), "time")
            yield problem("time_not_year", place, ", ".join(months[:5]))


class LineTable(Table):
    """Lines of a model: each is one end use and carrier, and multiplies drivers."""

    columns = (
        Column("line", required=True, empty=False, meaning=("name of the line", "行名称")),
        PLACE,
        SECTOR,
        ACTIVITY,
        SCOPE,
        GAS,
        Column(
            "formula", required=True, empty=False,
            meaning=("drivers joined by * and /, with powers: price^-0.2", "驱动变量的乘除与幂"),
        ),
        Column("unit", required=True, empty=False, meaning=("unit of the result, a mass", "结果单位（质量）")),
        Column("metric", meaning=("warming metric of CO2e rows", "CO2e 行的增温潜势指标")),
        Column("source", meaning=("source", "来源")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


class SpreadTable(Table):
    """How uncertain a driver is: its level, in parts of the value, or its growth, in parts a year."""

    columns = (
        Column("driver", required=True, empty=False, meaning=("driver", "驱动变量")),
        Column("scenario", default=EVERY, meaning=("scenario; all for every scenario", "情景；all 表示全部")),
        Column("kind", required=True, empty=False, allowed=("level", "growth"), meaning=("what is uncertain", "不确定类型")),
        Column("sd", "number", required=True, empty=False, low=0, unit="1", meaning=("standard deviation", "标准差")),
        Column("distribution", default="normal", allowed=DISTRIBUTIONS, meaning=("shape of the uncertainty", "不确定性分布")),
        Column("error_group", meaning=("drivers with one name share their error", "同名的驱动变量共享误差")),
        Column("source", meaning=("source", "来源")),
        Column("quality", meaning=("quality of the figure, or a remark", "数据质量或说明")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


class CorrelationTable(Table):
    """Rank correlation of the errors of two drivers."""

    columns = (
        Column("first", required=True, empty=False, meaning=("driver or error group, kind behind a colon", "驱动变量或误差组")),
        Column("second", required=True, empty=False, meaning=("driver or error group, kind behind a colon", "驱动变量或误差组")),
        Column("correlation", "number", required=True, low=-1, high=1, unit="1", meaning=("of ranks", "秩相关系数")),
        Column("source", meaning=("source", "来源")),
    )  # fmt: skip
    __slots__ = ()


class CalibrationTable(Table):
    """What a model's base year says beside the inventory, and the factor that makes them equal."""

    holds_totals = True
    columns = (
        PLACE,
        SECTOR,
        Column("activity", default=EVERY, meaning=("carrier, or all of a sector", "能源品种或全部")),
        Column("time", "period", required=True, empty=False, meaning=("base year", "基准年")),
        Column("model_value", "number", required=True, unit="t", meaning=("by the model", "模型值")),
        Column("inventory_value", "number", required=True, unit="t", meaning=("by the inventory", "清单值")),
        Column(
            "multiplier",
            "number",
            low=0,
            unit="1",
            meaning=("factor on the lines; empty if none helps", "校准系数"),
            former=("factor",),
        ),
        Column("note_en", meaning=("what was changed, in English", "英文说明")),
        Column("note_zh", meaning=("what was changed, in Chinese", "中文说明")),
    )
    __slots__ = ()
