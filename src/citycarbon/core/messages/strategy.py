"""Messages about series, drivers and projections.

Comes in: nothing. Goes out: templates by code, in English and Chinese. Not for: columns and cells as such (``tables``).
"""

from __future__ import annotations

from citycarbon.core.messages.message import Message, message

STRATEGY_MESSAGES: dict[str, Message] = {
    "scenario_needed": message(
        "input",
        ("The series holds several scenarios", "序列含有多个情景"),
        ("one scenario", "一个情景"),
        ("name the wanted one by the parameter 'scenario'", "用参数 'scenario' 指定情景"),
    ),
    "measure_units": message(
        "unit",
        ("A measure is not there, or has several units", "指标不存在或单位不一致"),
        ("rows of {measure} in one unit", "{measure} 的行，单位一致"),
        ("add the rows, or convert them to one unit", "补充数据，或换算为同一单位"),
    ),
    "chain_wrong": message(
        "input",
        ("The chain of an identity cannot be read", "恒等式链无法解析"),
        (
            "levels joined by '>', each 'measure', 'measure by sector+activity' or 'name: measure by place in a|b'; "
            "dimensions: all, group, place, sector, activity",
            "用 '>' 连接的层级，每级写作 'measure'、'measure by sector+activity' 或 'name: measure by place in a|b'；"
            "维度：all、group、place、sector、activity",
        ),
        (
            "write for example: population > gdp > energy by sector > co2 by sector",
            "例如：population > gdp > energy by sector > co2 by sector",
        ),
    ),
    "series_gap": message(
        "coverage",
        ("A series has a gap", "序列缺少数据"),
        ("a value of {measure} for each place, sector and time", "每个地点、部门与时期都有 {measure} 的数值"),
        (
            "add the row; where nothing happened write 0 or set missing_is_zero",
            "补充该行；确实为零时填写 0 或设置 missing_is_zero",
        ),
    ),
    "driver_zero": message(
        "input",
        ("A driver is zero where what it drives is not", "驱动因子为零而被驱动量不为零"),
        ("{above} above zero wherever {below} is", "{below} 不为零处 {above} 须大于零"),
        (
            "correct the figures, or give what has no driver an identity of its own after ';'",
            "改正数值，或在 ';' 之后为没有驱动因子的部分另写恒等式",
        ),
    ),
    "driver_sign": message(
        "input",
        ("A quantity changes its sign or is negative, so that it has no logarithm", "数量为负或变号，无法取对数"),
        ("values of zero or more", "大于或等于零的数值"),
        ("leave removals out and decompose them apart", "去掉清除量并单独分解"),
    ),
    "period_wrong": message(
        "input",
        (
            "The periods cannot be read, or name a time that the series does not have",
            "时段无法解析，或序列中没有该时期",
        ),
        ("two or more times of the series in order, joined by commas", "序列中的两个以上时期，按先后用逗号连接"),
        ("name some of {known}", "从以下时期中选择：{known}"),
    ),
    "place_not_there": message(
        "coverage",
        ("A place is not in the series", "序列中没有该地点"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the name of the place", "改正地点名称"),
    ),
    "output_still": message(
        "input",
        ("Output does not change, so that decoupling is not defined", "经济产出没有变化，脱钩指数无定义"),
        ("output that differs at both ends of a period", "时段两端的产出不同"),
        ("choose other periods", "选择其他时段"),
    ),
    "series_not_positive": message(
        "input",
        ("A value is zero or negative where its logarithm is needed", "需要取对数的数值为零或负"),
        ("values above zero of {measure}", "{measure} 的数值须大于零"),
        ("correct the figures, or leave the place out", "改正数值，或去掉该地点"),
    ),
    "series_short": message(
        "coverage",
        ("A series is too short", "序列太短"),
        ("at least {needed} values", "至少 {needed} 个数值"),
        (
            "add earlier times, or choose another model or a shorter horizon",
            "补充更早的数据，或换用其他模型、缩短预测期",
        ),
    ),
    "terms_dependent": message(
        "input",
        ("Explanatory terms depend on one another or never change", "解释变量线性相关或没有变化"),
        ("terms of which none follows from the others", "互不决定的解释变量"),
        ("leave one of them out", "去掉其中一个"),
    ),
}
