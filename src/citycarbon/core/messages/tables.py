"""Messages about columns, cells, units and times."""

from __future__ import annotations

from citycarbon.core.messages.message import Message, message

TABLE_MESSAGES: dict[str, Message] = {
    "column_missing": message(
        "schema",
        ("A column is missing", "缺少列"),
        ("column {column} (also accepted: {aliases})", "列 {column}（也接受：{aliases}）"),
        ("add the column, or map another column to it", "添加该列，或将其他列映射为该列"),
    ),
    "column_duplicate": message(
        "schema",
        ("Two columns have the same name or meaning", "两列名称或含义相同"),
        ("each column once", "每列只出现一次"),
        (
            "rename or delete one of them, or map the columns; a column of the file takes no constant by 'set'",
            "重命名或删除其中一列，或写出列映射；文件已有的列不能再用 'set' 指定",
        ),
    ),
    "column_unknown": message(
        "schema",
        ("A column is not known to this table", "该表没有这一列"),
        ("one of {known}", "以下之一：{known}"),
        ("map it, ignore it with 'ignore: [{found}]', or delete it", "映射该列，用 'ignore: [{found}]' 忽略，或删除"),
    ),
    "column_unnamed": message(
        "schema",
        ("A column has data and no name", "某列有数据但没有列名"),
        ("a name in the header row", "表头中的列名"),
        ("name the column, or delete it", "填写列名，或删除该列"),
    ),
    "map_unknown": message(
        "schema",
        ("The study names a column that the file does not have", "研究引用了文件中不存在的列"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the name of the column in the study", "改正研究中的列名"),
    ),
    "row_ragged": message(
        "schema",
        ("A row has another number of cells than the header", "某行的单元格数与表头不符"),
        ("{expected_cells} cells", "{expected_cells} 个单元格"),
        ("look for a stray comma or an unclosed quotation mark", "检查多余的逗号或未闭合的引号"),
    ),
    "quote_open": message(
        "schema",
        ("A quotation mark is opened and not closed, or stands inside a cell", "引号未闭合，或出现在单元格中间"),
        ("pairs of quotation marks around whole cells", "成对的引号，且包住整个单元格"),
        ("close the mark; inside a quoted cell write it twice", "补全引号；带引号的单元格内部须写两次"),
    ),
    "value_empty": message(
        "schema",
        ("A cell is empty", "单元格为空"),
        ("a value in every row of {column}", "{column} 每一行都有值"),
        ("fill it, or delete the row; an unknown figure is not zero", "填写或删除该行；未知数值不等于零"),
    ),
    "value_not_number": message(
        "schema",
        ("A cell that must be a number holds text", "应为数字的单元格含有文字"),
        ("a number, with a point for decimals", "数字，小数点为“.”"),
        (
            "remove words, units, footnote marks and thousands separators; a raised or circled digit is a mark",
            "去掉文字、单位、脚注标记和千位分隔符；上标数字和带圈数字是标记，不是数值",
        ),
    ),
    "decimals_unclear": message(
        "schema",
        (
            "In a file parted by semicolons a figure may be thousands or have decimals",
            "分号分隔的文件中，该数字可能是千位分隔，也可能是小数",
        ),
        ("1234 or 1.2340 for 1.234", "1.234 应写作 1234 或 1.2340"),
        (
            "write it without a separator of thousands, or save the file parted by commas or tabs",
            "去掉千位分隔符，或另存为逗号或制表符分隔的文件",
        ),
    ),
    "per_cent_misplaced": message(
        "schema",
        ("A per cent sign stands in a column that is no share", "非比例列中出现百分号"),
        ("a number in the unit of the column", "以该列单位表示的数字"),
        (
            "remove the sign, and state % as the unit if the column has one; in a workbook choose a plain number format",
            "去掉百分号；若有单位列可写 %；工作簿中请改用普通数字格式",
        ),
    ),
    "value_not_whole": message(
        "schema",
        ("A year is not a whole number", "年份不是整数"),
        ("a year such as 2022", "年份，如 2022"),
        ("correct the year", "改正年份"),
    ),
    "value_not_finite": message(
        "schema",
        ("A number is NaN or infinite", "数值为 NaN 或无穷大"),
        ("a finite number", "有限的数值"),
        ("correct the cell; for a figure that is not known delete the row", "改正单元格；未知数值请删除该行"),
    ),
    "value_negative": message(
        "schema",
        ("A number is negative that cannot be", "不能为负的数值为负"),
        ("zero or more", "零或正数"),
        ("correct the sign; what is taken away has its own flow or table", "改正符号；扣减项应使用专门的流向或表"),
    ),
    "sd_exact": message(
        "schema",
        ("A figure that is exact has a standard deviation", "注明为精确（exact）的数值却有标准差"),
        (
            "no sd, or a shape of the error: normal, lognormal, uniform, triangular",
            "不填 sd，或给出误差分布：normal、lognormal、uniform、triangular",
        ),
        ("delete the sd, or say how the error is distributed", "删除 sd，或注明误差的分布"),
    ),
    "value_out_of_range": message(
        "schema",
        ("A number is outside its possible range", "数值超出可能范围"),
        ("a value of this range: {range}", "范围：{range}"),
        ("check the figure and its unit; of a share write 0.95 or 95 %", "检查数值及其单位；比例写 0.95 或 95 %"),
    ),
    "value_not_listed": message(
        "schema",
        ("A word is not one of the allowed ones", "取值不在允许范围内"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the spelling", "改正写法"),
    ),
    "time_wrong": message(
        "schema",
        ("A time is not a period", "时间不是有效的时期"),
        ("a year, month or day: 2019, 2019-07 or 2019-07-31", "年、月或日：2019、2019-07 或 2019-07-31"),
        (
            "write one period in this form; a span (1-6月, 上半年, Q1, H1) is several: give its months, or the year",
            "按此格式书写单个时期；时段（1-6月、上半年、一季度、累计）包含多个时期，请分月或按年填写",
        ),
    ),
    "time_serial": message(
        "schema",
        ("A time is the bare number of a day in a spreadsheet", "时间是电子表格的日期序号"),
        ("a written date; {found} looks like {moment}", "写明的日期；{found} 似为 {moment}"),
        (
            "give the cells a date format and export again, or write the date",
            "将单元格设为日期格式后重新导出，或直接写出日期",
        ),
    ),
    "time_not_month": message(
        "schema",
        ("A month is needed, not a year or day", "需要月份，而不是年或日"),
        ("a month such as 2020-08", "月份，如 2020-08"),
        (
            "write the month; a date of a workbook is a month if its format shows no day, as yyyy-mm",
            "填写月份；工作簿中的日期，其格式不显示日（如 yyyy-mm）时按月份读取",
        ),
    ),
    "time_not_hour": message(
        "schema",
        ("A time is not an hour", "时间不是有效的小时"),
        (
            "an hour such as 2020-01-31 05 or 2020/1/31 5:00, from 00 to 23",
            "小时，如 2020-01-31 05 或 2020/1/31 5:00，00 至 23 时",
        ),
        (
            "write day and hour; 24:00 is 00:00 of the next day, and readings between hours are averaged first",
            "写出日期和小时；24:00 应写作次日 00:00，非整点读数请先求小时均值",
        ),
    ),
    "time_not_year": message(
        "schema",
        ("A year is needed, not a month or day", "需要年份，而不是月或日"),
        ("a year such as 2020", "年份，如 2020"),
        ("gather the rows to years, or state the yearly average", "按年汇总，或填写年均值"),
    ),
    "row_duplicate": message(
        "double_count",
        ("The same fact stands twice", "同一条记录出现两次"),
        ("one row for each {key}", "每个 {key} 只有一行"),
        ("delete what is there twice, or correct what should differ: {key}", "删除重复的行，或改正本应不同的列：{key}"),
    ),
    "names_alike": message(
        "schema",
        ("Two names of one table differ only in how their characters are written", "同一表中两个名称仅字符写法不同"),
        ("one spelling: {name}", "统一写法：{name}"),
        (
            "write both alike if they are one, or tell them apart by a letter or number that can be seen",
            "若为同一对象请统一写法，否则用看得见的字母或数字加以区分",
        ),
    ),
    "column_nested": message(
        "schema",
        ("A column holds lists, records or bytes", "列中为列表、结构或字节数据"),
        ("one number or text in each cell", "每个单元格只有一个数值或文字"),
        (
            "take the list or record apart into columns or rows and write the file again",
            "将其拆分为多列或多行后重新写出",
        ),
    ),
    "name_missing": message(
        "schema",
        ("A mark stands where a name should", "应为名称的单元格中只有符号或“同上”等"),
        ("the name of the place, sector or activity in every row", "每一行都写明地点、部门或活动的名称"),
        ("write the name; marks such as —, 〃, 同上 and N/A name nothing", "写出名称；—、〃、同上、N/A 等不是名称"),
    ),
    "code_cut": message(
        "schema",
        ("A code was cut to a power of ten, and its digits are lost", "代码变成了科学计数法，末位数字已丢失"),
        ("the whole code, such as 440303001001", "完整代码，如 440303001001"),
        (
            "format the column as text in the spreadsheet program and write the codes again",
            "在表格软件中将该列设为文本格式后重新填写代码",
        ),
    ),
    "total_row": message(
        "double_count",
        ("A row holds a sum of other rows", "某行是其他各行的合计"),
        (
            "parts alone: a sum beside its parts counts them twice, and a sum without them says not what it is of",
            "只有各分项：合计与分项并列会重复计算，单列合计又未说明属于何处",
        ),
        (
            "leave the row out, or name the place, sector or activity that it is; "
            "a whole that is declared above its parts in the places or sectors of a study may stay",
            "删去该行，或写明它所指的地点、部门或活动；已在研究的地点表或部门表中列为上级的可以保留",
        ),
    ),
    "years_overlap": message(
        "schema",
        ("Two rows of one factor hold for the same years", "同一因子的两行有效年份重叠"),
        ("years that do not overlap", "不重叠的年份"),
        ("correct valid_from and valid_to", "改正 valid_from 和 valid_to"),
    ),
    "years_reversed": message(
        "schema",
        ("The first year is later than the last", "起始年份晚于终止年份"),
        ("first year <= last year", "起始年份不晚于终止年份"),
        ("exchange the two years", "对调两个年份"),
    ),
    "unit_unknown": message(
        "unit",
        ("The unit is not known", "未知的单位"),
        ("a unit such as t, kWh, m^3, 万吨, 亿kWh", "单位，如 t、kWh、m^3、万吨、亿kWh"),
        ("correct the spelling; see the list of units in the docs", "改正写法；见文档中的单位表"),
    ),
    "unit_ambiguous": message(
        "unit",
        ("The unit can be read in two ways", "单位有两种读法"),
        ("one reading, such as {write}", "只有一种读法的单位，如 {write}"),
        (
            "put brackets around a denominator of several units, or write the one that is meant of those above",
            "多个单位的分母加括号，或写明上面所列的一种",
        ),
    ),
    "unit_written_otherwise": message(
        "unit",
        ("The unit is written otherwise here", "此单位须用另一种写法"),
        ("instead: {write}", "应写作：{write}"),
        ("write what is meant of the above; see the list of units in the docs", "改用上面的写法；见文档中的单位表"),
    ),
    "carrier_in_coal": message(
        "unit",
        (
            "Coal or oil equivalent of {activity} has two readings",
            "{activity} 的标准煤（油）量有当量值与等价值两种读法",
        ),
        (
            "kWh or GJ; or tce_calorific (吨标准煤当量值), by which 1 kWh is 0.1229 kgce; 1 toe is 41.868 GJ",
            "kWh 或 GJ；或写明 吨标准煤当量值（tce_calorific），即 1 kWh 为 0.1229 kgce；1 toe 为 41.868 GJ",
        ),
        (
            "state the calorific value in the unit; amounts at equal value are divided by the coal rate of their year first",
            "在单位中写明当量值；等价值须先除以当年供电（供热）煤耗",
        ),
    ),
    "unit_dimension": message(
        "unit",
        ("The unit measures something else", "单位的量纲不符"),
        ("a unit that can be turned into {expected_unit}", "可换算为 {expected_unit} 的单位"),
        (
            "check the unit; a gas volume of stated state (Nm3, m3@20C) and a plain m^3 do not convert: use the kind above",
            "检查单位；注明状态的气体体积（Nm3、m3@20C）与普通 m^3 不能互换，请使用上面所列的一种",
        ),
    ),
    "unit_mixed": message(
        "unit",
        ("Rows to be added have different units", "待相加的行单位不同"),
        ("one unit", "同一单位"),
        ("convert the table first", "先换算单位"),
    ),
    "unit_stated_twice": message(
        "unit",
        ("The unit is stated twice, and not the same", "单位注明了两次且不一致"),
        ("one unit, in the header or in the unit column", "只在表头或单位列中注明一个单位"),
        ("take the unit out of the header, or correct the unit column", "去掉表头中的单位，或改正单位列"),
    ),
    "factor_unit": message(
        "unit",
        ("A factor is not per amount of something", "因子的单位没有“每多少活动量”"),
        ("a mass per unit of activity, such as t/MWh or kg/m^3", "每单位活动量的质量，如 t/MWh 或 kg/m^3"),
        ("add what the factor is per", "补上分母单位"),
    ),
    "factor_gas_missing": message(
        "schema",
        ("An emission factor does not say which gas it is of", "排放因子未注明气体"),
        ("a gas in the column gas: CO2, CH4, N2O … or CO2e", "gas 列写明气体：CO2、CH4、N2O…… 或 CO2e"),
        ("add the gas; a factor of CO2 equivalent is of the gas CO2e", "补上气体；二氧化碳当量因子的气体写 CO2e"),
    ),
    "factor_quantity_unknown": message(
        "schema",
        ("No method knows this quantity of a factor", "没有方法使用这种因子数值含义"),
        ("one of {known}", "以下之一：{known}"),
        (
            "correct the word; a quantity of another package has a full stop in its name",
            "改正写法；其他软件包的数值含义名称中带点",
        ),
    ),
    "gas_of_unit": message(
        "unit",
        ("The unit names another gas than its row", "单位所写的气体与本行不符"),
        ("a unit of {gas}, such as {write}", "{gas} 的单位，如 {write}"),
        (
            "correct the gas or the unit: CO2 equivalents are rows of the gas CO2e, and carbon is no CO2 (× 12/44)",
            "改正气体或单位：二氧化碳当量的气体写 CO2e；碳不是二氧化碳（× 12/44）",
        ),
    ),
    "share_out_of_range": message(
        "schema",
        ("A share is not between 0 and 1", "份额不在 0 与 1 之间"),
        ("{range}: 0.98 with unit 1, or 98 with unit %", "{range}：写 0.98 而单位为 1，或写 98 而单位为 %"),
        ("write the share as a number up to 1, or give the unit %", "把份额写成不大于 1 的数，或把单位写成 %"),
    ),
    "factor_out_of_range": message(
        "schema",
        ("A figure is far outside what its quantity can be", "数值远超该量可能的范围"),
        ("{range} {expected_unit}", "{range}，单位 {expected_unit}"),
        ("check the unit and the decimal point against the source", "对照来源检查单位和小数点"),
    ),
    "number_missing": message(
        "coverage",
        ("A row has neither a number nor a notation key", "某行既无数值也无标记"),
        ("a number, or NO, NE, IE or C in its place", "数值，或以 NO、NE、IE、C 代替"),
        ("look for an activity that found no factor", "检查未匹配到因子的活动"),
    ),
    "notation_wrong": message(
        "schema",
        (
            "A row without a number has no notation key, or one with a number has one",
            "无数值的行缺少标记，或有数值的行带有标记",
        ),
        (
            "NO, NE, IE or C where there is no number, and nothing where there is one",
            "无数值时写 NO、NE、IE 或 C，有数值时留空",
        ),
        ("correct value or notation", "改正数值或标记"),
    ),
    "flow_sign": message(
        "schema",
        ("Sign and flow do not agree", "符号与流向不一致"),
        ("emissions zero or more, removals zero or less", "排放为零或正，清除（碳汇）为零或负"),
        ("correct the sign, or the flow", "改正符号或流向"),
    ),
    "draws_impossible": message(
        "schema",
        ("A distribution cannot be drawn with these figures", "无法按给定数值抽样"),
        ("figures that fit: {expected_shape}", "相符的数值：{expected_shape}"),
        ("correct value, sd or distribution", "改正 value、sd 或 distribution"),
    ),
}
