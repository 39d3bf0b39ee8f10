"""Messages about study files, their keys and steps."""

from __future__ import annotations

from citycarbon.core.messages.message import Message, message

STUDY_MESSAGES: dict[str, Message] = {
    "study_missing": message(
        "input",
        ("There is no study here", "此处没有研究"),
        ("a folder with study.yaml", "含 study.yaml 的文件夹"),
        ("'citycarbon new FOLDER' makes one", "'citycarbon new 文件夹' 可新建"),
    ),
    "study_yaml": message(
        "schema",
        ("study.yaml is not valid YAML", "study.yaml 不是有效的 YAML"),
        ("a YAML document", "YAML 文档"),
        (
            "mend the line; YAML indents with spaces, never tabs, and every bracket and quotation mark is closed",
            "修正该行；YAML 用空格缩进（不用制表符），括号和引号都要闭合",
        ),
    ),
    "study_alias": message(
        "schema",
        ("study.yaml uses a YAML alias", "study.yaml 使用了 YAML 别名"),
        ("every value written out", "每个值都直接写出"),
        ("write the value in place of the alias", "将别名替换为实际的值"),
    ),
    "study_deep": message(
        "schema",
        ("study.yaml is nested too deeply", "study.yaml 嵌套过深"),
        ("at most a dozen levels", "不超过十余层"),
        ("look for brackets that are opened and never closed", "检查未闭合的括号"),
    ),
    "study_shape": message(
        "schema",
        ("study.yaml does not hold keys with values", "study.yaml 的内容不是“键: 值”"),
        ("lines such as 'id: my-city'", "如 'id: my-city' 的行"),
        ("begin with a copy: 'citycarbon new FOLDER'", "可由样例开始：'citycarbon new 文件夹'"),
    ),
    "study_key_unknown": message(
        "schema",
        ("study.yaml has a key that is not known", "study.yaml 中有未知的键"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the spelling, or delete the key", "改正写法，或删去该键"),
    ),
    "study_key_missing": message(
        "schema",
        ("A key of study.yaml is missing", "study.yaml 缺少键"),
        ("the key '{key}'", "键 '{key}'"),
        ("add it; see the study reference in the docs", "补充该键；见文档中的研究参考"),
    ),
    "study_key_double": message(
        "schema",
        ("A key of study.yaml stands twice", "study.yaml 中的键出现两次"),
        ("each key once", "每个键只出现一次"),
        ("delete or rename one of them", "删除或改名其中之一"),
    ),
    "study_text": message(
        "schema",
        ("A value in study.yaml must be text", "study.yaml 中的值应为文字"),
        ("text", "文字"),
        ('put it in quotation marks, as in time: "2022"', '加上引号，如 time: "2022"'),
    ),
    "study_name": message(
        "schema",
        ("A name in study.yaml has signs that it may not have", "study.yaml 中的名称含有不允许的字符"),
        (
            "small letters, digits, - and _, as in my-city; of a layer up to 64 of any script, none of / \\ ? # % : * < >",
            "小写字母、数字、- 和 _，如 my-city；图层名可用任意文字，至多 64 字，不含 / \\ ? # % : * < >",
        ),
        ("change the name; titles may have any sign", "修改名称；标题可用任意字符"),
    ),
    "study_origin": message(
        "schema",
        ("A table or layer does not say in one way where it comes from", "表或图层的来源未注明或注明了多个"),
        (
            "exactly one of file, step, steps, editions; for a layer, of file, grid",
            "表：file、step、steps、editions 恰好其一；图层：file、grid 恰好其一",
        ),
        ("keep one of them", "只保留其中一个"),
    ),
    "study_key_idle": message(
        "schema",
        ("A key of study.yaml would have no effect here", "study.yaml 中的键在此处不起作用"),
        ("this key only beside '{origin}'", "该键只能与 '{origin}' 同用"),
        ("delete it, or name the table by '{origin}'", "删去该键，或改用 '{origin}' 指明表"),
    ),
    "study_file_needed": message(
        "schema",
        ("This table of the study must come from a file", "研究的这张表必须来自文件"),
        ("a file, as in '{key}: {key}.csv'", "文件，如 '{key}: {key}.csv'"),
        ("name a file of the study", "写出研究中的文件"),
    ),
    "study_entry_double": message(
        "double_count",
        ("A step stands twice in the account and would count twice", "步骤在账户中出现两次，会被重复计入"),
        ("each step once", "每个步骤只出现一次"),
        ("delete one of the entries", "删去其中一项"),
    ),
    "study_list_empty": message(
        "schema",
        ("A list in study.yaml is empty", "study.yaml 中的列表为空"),
        ("at least one entry", "至少一项"),
        ("add an entry, or delete the key", "补充一项，或删去该键"),
    ),
    "study_key": message(
        "schema",
        ("A value in study.yaml is not of the kind that its key needs", "study.yaml 中的值与键的要求不符"),
        ("a value of this kind: {expected_value}", "此类取值：{expected_value}"),
        ("correct the value; see the study reference in the docs", "改正取值；见文档中的研究参考"),
    ),
    "step_duplicate": message(
        "schema",
        ("Two steps have the same id", "两个步骤的标识相同"),
        ("ids that differ", "互不相同的标识"),
        ("rename one of them", "重命名其中之一"),
    ),
    "step_unknown": message(
        "schema",
        ("A step is named that does not exist", "引用了不存在的步骤"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the name", "改正名称"),
    ),
    "layer_unknown": message(
        "schema",
        ("A layer is named that the study does not have", "引用了研究中不存在的图层"),
        ("one of {known}", "以下之一：{known}"),
        ("correct the name, or add the layer under 'layers'", "改正名称，或在 'layers' 中补充该图层"),
    ),
    "step_cycle": message(
        "schema",
        ("Steps wait for one another in a circle", "步骤相互依赖成环"),
        ("steps that can be put in order", "可以排序的步骤"),
        ("break the circle", "断开循环"),
    ),
}
