"""Messages about places, factors, sums and parameters."""

from __future__ import annotations

from citycarbon.core.messages.message import Message, message

METHOD_MESSAGES: dict[str, Message] = {
    "place_unknown": message(
        "coverage",
        ("A place is not in the list of places or layer", "地点不在地点表或图层中"),
        ("one of {known}", "以下之一：{known}"),
        (
            "correct the name, leave its rows out, or add the place to the places table or layer",
            "改正名称，去掉这些行，或将该地点加入地点表或图层",
        ),
    ),
    "region_unknown": message(
        "coverage",
        ("A region is not known", "未知的区域"),
        ("a code or name of the region list, e.g. CN-JS or 江苏", "区域表中的代码或名称，如 CN-JS 或 江苏"),
        ("correct it; see 'citycarbon factors --regions'", "改正；见 'citycarbon factors --regions'"),
    ),
    "activity_elsewhere": message(
        "double_count",
        ("An activity belongs to another method", "该活动属于其他方法"),
        ("an activity of the kind {wanted}", "{wanted} 类的活动"),
        (
            "give the row to the method of its kind: a fuel that is burnt to combustion, a reductant to the process alone",
            "将该行交给对应的方法：作燃料的归燃烧，作还原剂的只归工业过程",
        ),
    ),
    "editions_mixed": message(
        "coverage",
        ("Two editions know the same activity", "两个版本都含有同一活动的因子"),
        ("one edition for {activity}", "{activity} 只用一个版本"),
        (
            "name one edition or set in this step; for a place that it lacks use another step, or region_fallback",
            "在该步骤中只写一个版本或组合；缺少的地点请另设步骤，或使用 region_fallback",
        ),
    ),
    "sum_scope_2_beside_plant": message(
        "double_count",
        ("Purchased electricity stands beside the fuel of the plant that made it", "外购电力与发电厂自身燃料并列计入"),
        ("scope 1 rows only", "仅范围一的行"),
        ("take the electricity and heat steps out of the table", "从该表中去掉电力与热力步骤"),
    ),
    "sum_two_steps": message(
        "double_count",
        ("One row of a file is counted by two steps of the account", "文件中的同一行被账户的两个步骤计入"),
        ("each row in one step", "每行只在一个步骤中"),
        (
            "take one of the steps out of 'account', or give it other rows",
            "从 'account' 中去掉一个步骤，或使用其他数据行",
        ),
    ),
    "place_without_region": message(
        "coverage",
        ("The region of a place is not known, and the factors differ by region", "地点所属区域未知，而因子因区域而异"),
        ("a place that is a region (江苏, CN-JS), or that has one", "地点本身为区域（江苏、CN-JS）或已注明所属区域"),
        (
            "add 'region' to the places table of the study, or --region CN-JS to 'citycarbon call'",
            "在研究的地点表中填写 'region'，或在 'citycarbon call' 中加 --region CN-JS",
        ),
    ),
    "code_cycle": message(
        "schema",
        ("A place or code is its own ancestor", "地点或代码是自身的上级"),
        ("a tree: every parent chain ends", "树状结构：上级链必须终止"),
        ("correct the parent column", "改正上级列"),
    ),
    "code_parent_unknown": message(
        "schema",
        ("A parent is not in the list itself", "上级不在列表中"),
        ("a parent that has its own row", "上级须有自己的一行"),
        ("add the parent, or correct its spelling", "补充该上级，或改正写法"),
    ),
    "classification_unknown": message(
        "coverage",
        ("No code list has this name", "没有该名称的分类清单"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the name of the list", "改正清单名称"),
    ),
    "format_unknown": message(
        "schema",
        ("No reader knows this format", "没有读取该格式的程序"),
        ("one of {known}", "以下之一：{known}"),
        ("correct 'format', or leave it out for a plain table", "改正 'format'；普通表格可省略该项"),
    ),
    "crosswalk_unknown": message(
        "coverage",
        ("There is no shipped crosswalk between these lists", "没有这两个清单之间的内置对照表"),
        ("one of {known}", "以下之一：{known}"),
        (
            "name another list, or give a crosswalk of your own: code, activity, scope, target, share",
            "改用其他清单，或提供自己的对照表：code, activity, scope, target, share",
        ),
    ),
    "sector_unknown": message(
        "coverage",
        ("A sector is not in the code list", "部门不在代码表中"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the code", "改正代码"),
    ),
    "gas_unknown": message(
        "coverage",
        ("No warming potential is known for this gas", "没有该气体的增温潜势"),
        ("a gas of the list for {metric}", "{metric} 表中的气体"),
        ("correct its name, or choose another metric", "改正气体名称，或另选指标"),
    ),
    "metric_unknown": message(
        "input",
        ("The warming metric is not known", "未知的增温潜势指标"),
        ("one of {known}", "以下之一：{known}"),
        ("correct 'gwp'", "改正 'gwp'"),
    ),
    "scope_not_of_number": message(
        "schema",
        ("A scope is not that of the GPC number", "范围与 GPC 编号不符"),
        ("scope {known}", "范围 {known}"),
        (
            "correct the sector or the scope; in sector III the last digit is no scope",
            "改正部门或范围；III 部门的末位数字不是范围",
        ),
    ),
    "sum_gas": message(
        "double_count",
        ("Different gases cannot be added", "不同气体不能相加"),
        ("one gas, or CO2e after to_co2e", "同一气体，或换算为 CO2e"),
        ("convert with to_co2e, or group by gas", "用 to_co2e 换算，或按气体分组"),
    ),
    "sum_scope": message(
        "double_count",
        ("Scopes are added only by a named rule", "范围只能按指定规则相加"),
        ("a rule: {known}", "规则：{known}"),
        ("name the rule, or group by scope", "指定规则，或按范围分组"),
    ),
    "sum_alternatives": message(
        "double_count",
        ("{dimension} holds alternatives, not parts", "{dimension} 是备选口径，不是组成部分"),
        ("one {dimension}, or a grouping by it", "单一 {dimension}，或按其分组"),
        ("filter to one of them", "筛选其中之一"),
    ),
    "sum_years": message(
        "double_count",
        ("Emissions of several years would be added into one figure", "不同年份的排放将被相加成一个数"),
        ("one year", "一个年份"),
        (
            "name one with 'time' where the method takes it, or filter the table to one year",
            "方法有 'time' 参数时用它指定一年，或将表筛选为一年",
        ),
    ),
    "periods_differ": message(
        "coverage",
        ("A place has no emissions in a month that other places have", "某地点缺少其他地点已有月份的排放"),
        ("the same months for every place", "每个地点的月份相同"),
        (
            "add the rows, writing 0 where nothing was emitted, or choose a month that all places have with 'time'",
            "补充这些行（没有排放时填写 0），或用 'time' 指定各地点都有的月份",
        ),
    ),
    "source_partly": message(
        "coverage",
        ("A source has a number in some years and none in this one", "某排放源在其他年份有数值，在该年没有"),
        ("a number, or NO, in each year that is added up", "每个相加的年份都有数值或 NO"),
        (
            "estimate it, mark it NO where it does not occur, or leave the source out of all years",
            "补充估算；未发生时标 NO；或在所有年份中去掉该排放源",
        ),
    ),
    "sum_without_number": message(
        "coverage",
        ("A sum has no number: its rows hold notation keys only", "合计没有数值：各行只有标记"),
        ("a number", "数值"),
        ("estimate it, or leave its rows out of the table", "补充估算值，或从表中去掉这些行"),
    ),
    "sum_parent_child": message(
        "double_count",
        ("A parent and its child would be added", "上级与下级将被重复相加"),
        ("either the parent or its children in {dimension}", "{dimension} 中只取上级或只取下级"),
        ("drop one of the levels", "去掉其中一级"),
    ),
    "codes_differ": message(
        "double_count",
        ("Tables with different code lists cannot be put together", "代码表不同的表不能合并"),
        ("one code list of {dimension}", "{dimension} 使用同一代码表"),
        ("regroup one of the tables first", "先将其中一张表重新归类"),
    ),
    "sum_two_methods": message(
        "double_count",
        ("One source is counted by two methods", "同一排放源被两种方法计入"),
        ("one method for each source", "每个排放源只用一种方法"),
        ("choose one of the methods, or give them different scenarios", "选择其中一种方法，或区分情景"),
    ),
    "factor_missing": message(
        "coverage",
        ("No factor fits", "没有匹配的因子"),
        (
            "a factor for {activity}, {region}, {year} in {editions}",
            "{editions} 中 {activity}、{region}、{year} 的因子",
        ),
        (
            "there are: {available}; choose another edition, allow region_fallback or another year_rule, or give your own factor",
            "现有：{available}；请改用其他版本，允许 region_fallback 或其他 year_rule，或提供自己的因子",
        ),
    ),
    "factor_ambiguous": message(
        "coverage",
        ("Several factors fit", "有多个匹配的因子"),
        ("exactly one factor for {activity}, {region}, {year}", "{activity}、{region}、{year} 只有一个因子"),
        ("name one edition: {editions}", "指定一个版本：{editions}"),
    ),
    "edition_unknown": message(
        "coverage",
        ("The factor library has no such edition", "因子库没有该版本"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the name; see 'citycarbon factors'", "改正名称；见 'citycarbon factors'"),
    ),
    "quantity_unknown": message(
        "coverage",
        ("The named editions have no such quantity", "所列版本中没有该物理量"),
        ("one of {known}", "以下之一：{known}"),
        ("correct 'quantities', or name another edition", "改正 'quantities'，或改用其他版本"),
    ),
    "notation_included_in": message(
        "schema",
        ("IE does not say where the emissions are included", "IE 未说明排放计入何处"),
        ("another sector that includes {sector}", "计入 {sector} 的另一部门"),
        ("fill 'included_in'", "填写 'included_in'"),
    ),
    "notation_with_number": message(
        "schema",
        ("A category has both a number and a notation key", "同一类别既有数值又有标记"),
        ("either a number or {notation} for {sector}", "{sector} 只有数值或只有 {notation}"),
        ("delete the notation key, or the rows with the number", "删除该标记，或删除有数值的行"),
    ),
    "denominator_missing": message(
        "coverage",
        ("No population, area or other denominator is given for a place and year", "缺少某地某年的人口、面积等分母"),
        ("a row for {place}, {year}", "{place}、{year} 的一行"),
        ("add the row, or leave the intensity out", "补充该行，或不计算强度"),
    ),
    "profile_incomplete": message(
        "coverage",
        ("A monthly profile does not cover the peak month or does not add up", "月度曲线未含高峰月或合计不为一"),
        ("twelve months with shares that add to 1", "十二个月份额合计为 1"),
        ("correct the profile", "改正曲线"),
    ),
    "balance_open": message(
        "schema",
        ("The energy balance of a fuel does not close", "某能源品种的平衡表不平衡"),
        (
            "supply + transformation - losses - final consumption = stated difference ({stated}), within {tolerance}, "
            "for {place}, {year}",
            "{place}、{year}：可供量 + 加工转换 − 损失 − 终端消费 = 平衡差额（{stated}），允差 {tolerance}",
        ),
        (
            "correct the figures (outflows and inputs are negative), state the row of the statistical difference, "
            "or raise 'tolerance'",
            "改正数值（调出与投入为负），补充平衡差额行，或放宽 'tolerance'",
        ),
    ),
    "balance_parts": message(
        "schema",
        ("The parts of a balance row do not add to it", "平衡表分项之和不等于合计行"),
        ("sum of the parts = {row}; what a row contains is no more than the row", "分项之和 = {row}；其中项不大于该行"),
        ("correct the parts or the row; delete what is incomplete", "改正分项或合计行；删除不完整的分项"),
    ),
    "balance_undivided": message(
        "schema",
        ("A balance row must be divided further", "平衡表某行需要进一步拆分"),
        ("the parts of {row}: {parts}", "{row} 的分项：{parts}"),
        (
            "give its parts; for a group of final consumption 'split' can name the sectors",
            "补充分项；终端消费的分组也可用 'split' 指定部门",
        ),
    ),
    "balance_equal_value": message(
        "schema",
        (
            "{activity} stands only at equal value, which contains the coal it took",
            "{activity} 只有等价值，其中含发电供热用煤",
        ),
        ("{activity} in physical units or at calorific value (当量值)", "{activity} 的实物量或当量值"),
        ("take the table in physical units or at calorific value", "使用实物量表或当量值表"),
    ),
    "balance_negative": message(
        "schema",
        ("More carbon leaves than enters", "输出的碳多于输入的碳"),
        ("carbon in >= carbon out for {place}, {year}", "{place}、{year} 输入碳不少于输出碳"),
        ("check masses and carbon contents", "检查质量和含碳量"),
    ),
    "recovery_exceeds": message(
        "schema",
        ("More methane is recovered than is generated", "回收的甲烷多于产生的甲烷"),
        ("methane recovered <= methane generated in {place}, {year}", "{place}、{year} 回收量不大于产生量"),
        (
            "check place, year, sector and unit of the recovery, and whether deposits of earlier years are missing",
            "检查回收量的地点、年份、部门和单位，以及是否缺少往年填埋量",
        ),
    ),
    "steam_state": message(
        "schema",
        (
            "No steam or water exists at this pressure and temperature as stated",
            "在给定压力和温度下不存在所述的蒸汽或水",
        ),
        ("a state that exists: {expected_state}", "存在的状态：{expected_state}"),
        ("check pressure (absolute) and temperature", "检查压力（绝对压力）和温度"),
    ),
    "monitor_gaps": message(
        "coverage",
        ("Readings are missing and no substitution was asked for", "监测数据缺失且未指定替代方法"),
        ("complete readings, or substitution = 'hj75'", "完整读数，或 substitution = 'hj75'"),
        ("state the substitution; what it fills is reported", "指定替代方法；被替代的数据会列出"),
    ),
    "monitor_availability": message(
        "coverage",
        ("Too little valid data for the substitution rule", "有效数据过少，无法替代"),
        ("availability of at least {limit}", "有效率至少 {limit}"),
        ("repair the monitor, or use another method for this period", "修复监测设备，或改用其他方法"),
    ),
    "group_unknown": message(
        "schema",
        ("A sector does not belong to a group of the account", "部门不属于核算的任何分组"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the sector", "改正部门"),
    ),
    "method_unknown": message(
        "input",
        ("No method has this id", "没有该标识的方法"),
        ("one of {known}", "以下之一：{known}"),
        ("see 'citycarbon methods'", "见 'citycarbon methods'"),
    ),
    "parameter_unknown": message(
        "input",
        ("The method has no such parameter or table", "该方法没有此参数或表"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the name", "改正名称"),
    ),
    "parameter_missing": message(
        "input",
        ("A table, column or parameter that the method needs is missing", "缺少方法所需的表、列或参数"),
        ("a value of {column}", "{column} 的取值"),
        ("state it; see 'citycarbon methods METHOD'", "补充；见 'citycarbon methods 方法'"),
    ),
    "parameter_wrong": message(
        "input",
        ("A parameter has a wrong value", "参数取值有误"),
        ("a value of this kind: {expected_value}", "此类取值：{expected_value}"),
        ("correct the value; see 'citycarbon methods METHOD'", "改正取值；见 'citycarbon methods 方法'"),
    ),
    "parameter_not_number": message(
        "input",
        ("A parameter must be a number", "参数应为数字"),
        ("a finite number", "有限的数字"),
        ("write a plain number, with a point for decimals", "写成普通数字，小数点为“.”"),
    ),
    "table_kind_wrong": message(
        "input",
        ("Another kind of table is needed here", "此处需要另一类表"),
        ("a table of the kind {wanted}", "{wanted} 类型的表"),
        (
            "name another step or file; 'citycarbon methods METHOD' says what a method takes and gives",
            "改用其他步骤或文件；'citycarbon methods 方法' 说明各方法的输入与输出",
        ),
    ),
    "parameter_section": message(
        "input",
        ("A name of the method stands under the wrong key of the step", "方法的名称写在了步骤的错误位置"),
        ("the name under '{section}'", "该名称写在 '{section}' 之下"),
        ("move it there", "移到该处"),
    ),
    "figure_weak": message(
        "coverage",
        ("A figure is weaker than the study allows: {figure}", "所用数值的质量低于研究要求：{figure}"),
        (
            "quality {demand}; this one, of edition {edition}, is not",
            "质量要求：{demand}；该数值（版本 {edition}）达不到",
        ),
        (
            "choose an edition that has it better, give a factor of your own with its quality, or lower the demand",
            "改用质量更好的版本，给出带质量标记的自有因子，或放宽要求",
        ),
    ),
    "edition_taken": message(
        "input",
        ("An edition of the factor library has this name already", "因子库中已有同名版本"),
        ("a name of your own, such as my-factors", "自己的名称，如 my-factors"),
        ("choose another name; two editions are never mixed", "另取名称；不同版本不会混用"),
    ),
    "result_missing": message(
        "input",
        ("There is no result here", "此处没有结果"),
        ("a folder that 'citycarbon run' wrote", "由 'citycarbon run' 写出的文件夹"),
        ("run the study first", "先运行研究"),
    ),
}
