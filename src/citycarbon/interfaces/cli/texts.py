"""Words of the command line. Comes in: a key and a language. Goes out: the text. Not for: messages about input."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command: the module that holds it and what it does, in both languages."""

    module: str
    en: str
    zh: str


COMMANDS: dict[str, Command] = {
    "demo": Command("study", "run the studies that ship and say where to look", "运行自带研究并说明如何查看"),
    "new": Command("study", "make a study of your own from the starter city", "以起步城市为模板新建研究"),
    "validate": Command("study", "check a study and list every problem", "检查研究并列出所有问题"),
    "run": Command("study", "run a study and write its results and reports", "运行研究并写出结果与报告"),
    "report": Command("study", "write the reports of a results folder again", "由结果文件夹重新生成报告"),
    "call": Command("call", "run one method on your files", "对文件运行单个方法"),
    "ingest": Command("exchange", "read an inventory of another tool and review it", "读入其他工具的清单并核对"),
    "job": Command("jobs", "say how far an import in the background is", "查看后台导入的进度"),
    "serve": Command("serve", "serve studies as pages and as an API", "以网页和 API 提供研究服务"),
    "export": Command("exchange", "write an account for another tool", "将核算结果写成其他工具的格式"),
    "methods": Command("catalogue", "list the methods, or explain one", "列出方法，或说明某个方法"),
    "factors": Command("catalogue", "search the factor library", "检索因子库"),
    "about": Command("about", "show the version, licences and data that ship", "显示版本、许可与自带数据"),
    "data": Command("datasets", "list, find or fetch open data sets", "列出、查找或获取开放数据集"),
}
WORDS: dict[str, tuple[str, str]] = {
    "serving": ("citycarbon serves at {}", "citycarbon 服务地址：{}"),
    "serving_already": ("citycarbon serves at {} already", "citycarbon 已在运行：{}"),
    "stop_with": ("stop it with: citycarbon serve {} --stop", "停止：citycarbon serve {} --stop"),
    "stopped": ("stopped", "已停止"),
    "not_serving": ("no server of this folder runs in the background", "该文件夹没有在后台运行的服务"),
    "demo_open": ("Open the workbench in a browser:", "请在浏览器中打开平台："),
    "set_up": ("make the first administrator, once: {}", "创建首位管理员（一次性链接）：{}"),
    "job_started": ("working in the background; ask with: citycarbon job", "已在后台运行；查看进度：citycarbon job"),
    "job_running": ("running", "运行中"),
    "job_done": ("done", "已完成"),
    "job_failed": ("failed", "失败"),
    "about": (
        "citycarbon: a city knows its carbon, decides a strategy and acts on it.",
        "citycarbon：城市摸清碳家底、制定策略并付诸行动。",
    ),
    "lang": ("language of messages", "界面语言"),
    "commands": ("Commands", "命令"),
    "interrupted": ("Interrupted. Earlier results are untouched.", "已中断，原有结果未受影响。"),
    "problems": ("{} problem(s) found; nothing was written.", "发现 {} 个问题；未写入任何内容。"),
    "json": ("print json for machines", "输出 json"),
    "out": ("where to write", "输出位置"),
    "valid": ("{} is in order: {} steps, {} input files.", "{} 检查通过：{} 个步骤，{} 个输入文件。"),
    "no_cache": ("compute every step again", "不使用缓存，全部重算"),
    "written": ("written to", "已写入"),
    "open": ("open", "打开"),
    "sector": ("sector", "部门"),
    "scope": ("scope", "范围"),
    "value": ("emissions", "排放量"),
    "share": ("share", "占比"),
    "range": ("5-95 %", "5%—95%"),
    "checks": ("checks", "检查"),
    "checks_line": (
        "{ok} agree, {note} notes, {caveat} caveats, {misfit} misfits of sources: see the report",
        "{ok} 项一致，{note} 项说明，{caveat} 项限制，{misfit} 项来源不一致：详见报告",
    ),
    "misfits": ("misfits that the sources have with themselves or with the computation", "来源自身或与计算不一致之处"),
    "printed": ("printed", "刊印"),
    "computed": ("computed", "计算"),
    "place": ("place", "地点"),
    "left_out": ("not shown for width: {}; use --out or --json", "因宽度未显示：{}；请用 --out 或 --json"),
    "check": ("check", "检查项"),
    "step": ("step", "步骤"),
    "defaults": ("default used", "使用的缺省值"),
    "rows": ("{} rows", "{} 行"),
    "more": ("… {} more rows; use --out to get all", "… 另有 {} 行；用 --out 输出全部"),
    "inputs": ("tables and parameters", "表与参数"),
    "equation": ("equation", "公式"),
    "source": ("source", "来源"),
    "status": ("status", "状态"),
    "gives": ("gives", "输出"),
    "optional": ("optional", "可选"),
    "required": ("required", "必需"),
    "columns": ("columns", "列"),
    "default": ("default", "缺省"),
    "demo_missing": ("not run, what it needs is not here", "未运行，缺少所需数据或组件"),
    "demo_get": ("get them with", "获取方法"),
    "demo_end": ("Look at the reports in a browser:", "请在浏览器中查看报告："),
    "demo_next": ("A study of your own: citycarbon new my-city", "新建自己的研究：citycarbon new my-city"),
    "made": ("made {} with {} files; next: citycarbon run {}", "已新建 {}，共 {} 个文件；下一步：citycarbon run {}"),
    "here": ("on this machine", "本机已有"),
    "absent": ("not here", "本机没有"),
    "licence": ("licence", "许可"),
    "fetched": ("fetched", "已获取"),
    "no_rows": ("nothing fits", "没有匹配项"),
    "title": ("title", "名称"),
    "total": ("total", "合计"),
    "factor_licences": ("factors that ship, by licence", "自带因子（按许可）"),
    "data_licences": ("data sets that can be used and their licences (none ships)", "可用数据集及其许可（均不随包分发）"),
    "vendored": ("files of others that ship", "自带的第三方文件"),
    "libraries": ("libraries in use", "所用程序库"),
    "ingested": ("{} rows read, {} records", "读入 {} 行，{} 条记录"),
    "column": ("column", "列"),
    "field": ("read as", "读作"),
    "filled": ("filled", "非空"),
    "found": ("found", "原文"),
    "became": ("became", "转为"),
    "without_gpc": ("without a GPC number", "无 GPC 编号"),
    "sd_span": ("(1 sd)", "（1 倍标准差）"),
    "recalled_share": ("{}: {} % rests on recalled figures", "{}：{}% 依据凭记忆录入的数值"),
    "observed": ("observed", "现状"),
    "reported": ("reported", "报告值"),
    "computed_scenario": ("computed", "计算值"),
    "location": ("location-based", "基于位置"),
    "market": ("market-based", "基于市场"),
    "territorial": ("scope 1", "范围一"),
    "scope_1_2": ("scopes 1+2", "范围一+二"),
    "scope_1_2_3": ("scopes 1+2+3", "范围一+二+三"),
    "scope_1_2_3_sinks": ("scopes 1+2+3 and sinks", "范围一+二+三与碳汇"),
    "community_boundary": ("community boundary", "社区边界"),
}  # fmt: skip


def say(word: str, lang: str) -> str:
    """Give a word in a language."""
    return WORDS[word][1 if lang == "zh" else 0]


def name_of(code: str, lang: str) -> str:
    """Give the words of a scenario, basis or scope rule; the user's own names stay as they are."""
    if code == "computed":
        code = "computed_scenario"
    return say(code, lang) if code in WORDS else code
