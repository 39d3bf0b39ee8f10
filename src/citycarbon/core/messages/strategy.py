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
    "scenario_single": message(
        "input",
        ("The table holds several scenarios, and this method takes one", "表中含有多个情景，而该方法只用一个"),
        ("rows of one scenario", "同一情景的行"),
        (
            "leave the others out: in a study 'only: {{scenario: NAME}}' of the table, else in the file",
            "去掉其他情景：在研究的表中写 'only: {{scenario: 名称}}'，或在文件中删去",
        ),
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
    "place_without_measure": message(
        "coverage",
        ("A place has no row of a measure", "某地点没有该指标的任何数据"),
        (
            "{measure} for each place of the identity; a missing row is no zero",
            "恒等式中每个地点都有 {measure}；缺数据不等于零",
        ),
        (
            "add its rows (0 where it is zero), or leave the place out of the file",
            "补充该地点的数据（确为零时填写 0），或从文件中去掉该地点",
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
    "formula_wrong": message(
        "input",
        ("The formula of a line cannot be read", "行公式无法解析"),
        (
            "drivers joined by * and /, each once, with powers such as price^-0.2",
            "用 * 与 / 连接的驱动变量，每个一次，可带幂次",
        ),
        (
            "write for example: people * floor area per person * intensity",
            "例如：people * floor area per person * intensity",
        ),
    ),
    "formula_unit": message(
        "unit",
        ("The drivers of a line do not multiply to its unit", "行内驱动变量的单位相乘与所述单位不符"),
        ("units that multiply to {unit}", "相乘后为 {unit} 的单位"),
        ("correct the unit of a driver or of the line", "改正驱动变量或该行的单位"),
    ),
    "power_unit": message(
        "unit",
        ("A driver with a power other than 1 has a unit", "带幂次的驱动变量带有单位"),
        ("an index without a unit (unit 1)", "无量纲指数（单位 1）"),
        ("state the driver as an index, for example 1.0 in the first year", "将该驱动变量写成指数，例如首年为 1.0"),
    ),
    "driver_missing": message(
        "coverage",
        ("A driver has no path in a scenario", "某情景缺少驱动变量的路径"),
        ("rows of the driver for the place or for all, in the scenario or in all", "该地点或 all、该情景或 all 的行"),
        ("add the rows, or correct the name in the formula", "补充数据，或改正公式中的名称"),
    ),
    "path_short": message(
        "coverage",
        ("A path does not cover the years", "路径未覆盖全部年份"),
        ("values from the first to the last of {years}", "覆盖 {years} 首末年份的数值"),
        (
            "add a value at the first or last year; nothing is drawn out beyond the data",
            "补充首年或末年的数值；不会外推",
        ),
    ),
    "survival_wrong": message(
        "input",
        ("Survival does not fall from 1", "存活函数不是由 1 递减"),
        ("parameters above zero, or shares that never rise", "参数大于零，或逐年不增的比例"),
        ("correct the parameters of survival", "改正存活参数"),
    ),
    "shares_not_one": message(
        "input",
        ("Shares do not add up to 1", "份额之和不为 1"),
        ("shares of {what} that add to 1", "{what} 的份额之和为 1"),
        ("correct the shares", "改正份额"),
    ),
    "correlation_wrong": message(
        "input",
        ("Correlations contradict one another", "相关系数互相矛盾"),
        ("a matrix that is positive semi-definite, of parameters that are drawn", "由已抽样参数构成的半正定矩阵"),
        ("make some correlations smaller, or correct the names", "减小部分相关系数，或改正名称"),
    ),
    "measure_several": message(
        "double_count",
        ("The history holds several measures, which do not add up", "历史序列含有多个指标，不能相加"),
        ("one measure of emissions", "一个排放指标"),
        ("give a series of emissions alone", "只提供排放序列"),
    ),
    "base_years_differ": message(
        "input",
        ("Scenarios differ in the base year, so that there is no one model to calibrate", "各情景基准年不同，无法校准"),
        ("the same drivers in the base year in every scenario", "基准年各情景的驱动变量相同"),
        ("let the paths of scenarios begin at the same values", "使各情景路径自相同数值起始"),
    ),
    "spread_none": message(
        "coverage",
        ("No driver has a spread, so nothing varies", "没有任何驱动变量给出不确定性"),
        ("a standard deviation above zero for at least one driver", "至少一个驱动变量的标准差大于零"),
        ("add rows to the table of spreads", "在不确定性表中补充数据"),
    ),
    "forecast_none": message(
        "coverage",
        ("No model gives a forecast of a series", "没有模型能预测该序列"),
        (
            "a model that suits the values; grey models need values above zero",
            "适合该数值的模型；灰色模型要求数值大于零",
        ),
        ("name other models, naive or drift among them", "换用其他模型，例如 naive 或 drift"),
    ),
    "stock_nowhere": message(
        "coverage",
        ("A stock is of a place or scenario that its drivers do not have", "存量所属地点或情景与其驱动变量不符"),
        ("a place and scenario of {known}", "以下地点与情景：{known}"),
        ("correct the place or scenario of the stock", "改正存量的地点或情景"),
    ),
    "model_beyond": message(
        "input",
        ("A model does more than compute, or is more than one model", "模型含有计算以外的内容，或包含多个子模型"),
        (
            "stocks, flows and formulas; no macros, no functions that read files",
            "存量、流量与公式；不含宏与读取文件的函数",
        ),
        (
            "put data into constants or tables of the model, and macros into formulas",
            "将数据写入模型常量或表函数，将宏展开为公式",
        ),
    ),
    "model_times": message(
        "coverage",
        ("The years do not lie in the time of the model", "年份不在模型的时间范围内"),
        ("times within {span}", "时间在 {span} 之内"),
        ("change start and end, the model's own times, or time_zero", "修改 start、end、模型时间设置或 time_zero"),
    ),
    "model_no_constant": message(
        "input",
        ("Only constants of a model can be set", "只能设定模型中的常量"),
        ("the name of a constant", "常量名称"),
        ("set the constants on which it rests", "改为设定其所依据的常量"),
    ),
    "model_subscripts": message(
        "input",
        ("A variable of the model has subscripts", "模型变量带有下标"),
        ("a variable of one value at a time", "每一时刻只有一个值的变量"),
        ("add a variable to the model that takes one element or their sum", "在模型中另设取单个元素或合计的变量"),
    ),
    "model_not_finite": message(
        "input",
        ("A variable of the model has no finite value", "模型变量出现非有限值"),
        ("numbers at every time", "各时刻均为有限数值"),
        ("look for divisions by zero and growth without limit", "检查除以零与无限增长"),
    ),
    "model_fails": message(
        "input",
        ("The model cannot be run", "模型无法运行"),
        ("a model that runs in the program that made it", "可在原程序中运行的模型"),
        ("run it there first, then simplify what is named here", "先在原程序中运行，再简化此处所指内容"),
    ),
    "model_unit": message(
        "unit",
        ("A variable of the model has no unit, or one that is not known", "模型变量缺少单位或单位未知"),
        ("a unit such as m2/person or kWh; Dmnl for none", "单位，如 m2/person、kWh；无量纲写 Dmnl"),
        ("state it in the model", "在模型中注明单位"),
    ),
    "mover_missing": message(
        "coverage",
        ("Emissions of the inventory have no rule that moves them", "清单中有排放没有对应的驱动规则"),
        ("a rule for every sector and carrier, {count} more", "每个部门与能源品种均有规则，尚缺 {count} 条"),
        (
            "add rules; an empty formula holds emissions as they are, and * is every sector",
            "补充规则；公式为空表示保持不变，* 表示全部部门",
        ),
    ),
    "mover_base": message(
        "input",
        ("A driver moves the base year away from the inventory", "驱动变量使基准年偏离清单"),
        ("drivers that multiply to 1 in {year}", "{year} 年各驱动变量之积为 1"),
        ("divide each driver by its value of the base year", "将驱动变量除以其基准年数值"),
    ),
    "lever_share": message(
        "input",
        ("A share cannot be moved alone", "份额不能单独调节"),
        ("a driver that is no share of {whole}", "不属于 {whole} 份额的驱动变量"),
        (
            "move another driver, or change all shares of {whole} in the paths of the study",
            "调节其他驱动变量，或在研究的路径表中同时修改 {whole} 的各份额",
        ),
    ),
}
