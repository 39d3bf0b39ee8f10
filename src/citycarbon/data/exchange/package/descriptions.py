"""The texts of a package: datapackage.json, CITATION.cff, README.md and the references that its factors name.

Comes in: what ``result.json`` says, the tables and what the caller states. Goes out: texts; equal input, equal bytes.
Not for: the archive (:mod:`citycarbon.data.exchange.package.writer`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from citycarbon.core.schema import Column
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable, FactorTable
from citycarbon.data.library import shipped_rows, warming_metric
from citycarbon.data.references import bibtex, citation

UNSTATED = "authors not stated"
UNLICENSED = "未注明，使用前请询问作者 / not stated: ask the authors before use"
_HOW_TO_READ = (
    "每个表有两份：`data/*.parquet` 为原样，`data/*.csv`（UTF-8，带 BOM）供表格软件打开；"
    "csv 中以 = + - @ 开头的文字前加了撇号，以免被当作公式执行。`datapackage.json` 说明每一列；"
    "`SHA256SUMS` 可用 `sha256sum -c SHA256SUMS` 核对；`result.json` 列出输入文件的 SHA-256。", "",
    "Each table comes twice: `data/*.parquet` as it is, `data/*.csv` (UTF-8 with mark) for spreadsheets; there, text that "
    "begins with = + - @ has an apostrophe before it, so that no program runs it as a formula. `datapackage.json` describes "
    "every column; `sha256sum -c SHA256SUMS` checks the files; `result.json` lists the input files with their SHA-256.", "",
)  # fmt: skip
TITLES = {
    "emissions": ("the account, gas by gas", "核算结果（分气体）"),
    "emissions_co2e": ("the account in CO2e by the study's metric", "核算结果（按研究的增温潜势折为 CO2 当量）"),
    "activity": ("activity data of all steps", "各步骤的活动数据"),
    "factors": ("factors behind the account, with source and licence", "所用因子及其来源与许可"),
    "provenance": (
        "source row, file, factor, method and equation of each figure",
        "每个数值的来源行、文件、因子、方法与公式",
    ),
    "quality": ("how much of the total rests on figures of which quality", "总量依据各类质量数值的份额"),
    "totals": ("sums by place, sector, scope and activity", "按地点、部门、范围、活动的合计"),
    "intensities": ("emissions per person or area", "单位人口或面积的排放"),
    "denominators": ("population, area and other denominators", "人口、面积等分母"),
    "uncertainty": ("Monte Carlo of the totals", "总量的蒙特卡洛模拟"),
    "views": ("the account by other code lists", "按其他分类体系的核算结果"),
    "view_codes": ("codes of these lists", "这些分类体系的代码"),
    "view_gases": ("the account by other code lists, gas by gas", "按其他分类体系分气体的核算结果"),
    "codes": ("places and sectors of the account, with what stands above them", "核算所用的地点与部门代码及其上级"),
    "flows": ("flows from carrier through sector to end use", "从能源品种经部门到终端的流向"),
    "maps": ("emissions by place on the maps", "地图上各地点的排放"),
    "checks": ("checks and known gaps", "核查与已知缺口"),
}
"""Table to what it holds."""
Titles = tuple[str, str]
KNOWN: dict[str, tuple[Column, ...]] = {
    "emissions": EmissionTable.columns, "emissions_co2e": EmissionTable.columns, "activity": ActivityTable.columns,
    "factors": FactorTable.columns, "denominators": DenominatorTable.columns,
}  # fmt: skip
_NAME = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True)
class Stated:
    """What only a person can say of a package: authors, licence (SPDX id) and date of release, version and where it lies."""

    authors: tuple[str, ...] = ()
    licence: str | None = None
    released: str | None = None
    version: str | None = None
    url: str | None = None


def title_of(table: str, labels: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Say what a table holds (English, Chinese): our own words, or the title that the study gives a step."""
    step = table.removeprefix("step_")
    named = TITLES.get(table) or labels.get(f"step:{step}")
    return named or (f"table {table} of the study", f"研究的表 {table}")


def resource_name(table: str) -> str:
    """Give a table the name of a resource: lower case letters, digits, dots, strokes."""
    return _NAME.sub("-", table.lower()).strip("-")


def table_schema(table: str, frame: pl.DataFrame) -> dict[str, Any]:
    """Give the schema of a table: every column with type, meaning in both languages and unit."""
    meanings = {column.name: column for column in KNOWN.get(table, ())}
    listed = _nomenclature()
    fields = []
    for name, kind in frame.schema.items():
        entry: dict[str, Any] = {"name": name, "type": _type(kind)}
        column = meanings.get(name)
        english, chinese = (
            column.meaning if column is not None and column.meaning[0] else listed.get(name, ("", "", ""))[:2]
        )
        if english:
            entry |= {"description": english, "description_zh": chinese}
        unit = (column.unit if column is not None else "") or listed.get(name, ("", "", ""))[2]
        entry |= {"unit": unit} if unit else {}
        if column is not None and column.allowed:
            entry["constraints"] = {"enum": list(column.allowed)}
        fields.append(entry)
    return {"fields": fields, "missingValues": [""]}


def _type(kind: pl.DataType) -> str:
    if kind == pl.Boolean:
        return "boolean"
    return "integer" if kind.is_integer() else "number" if kind.is_numeric() else "string"


def _nomenclature() -> dict[str, tuple[str, str, str]]:
    rows = shipped_rows("nomenclature.csv").select("name", "meaning_en", "meaning_zh", "unit").rows()
    return {name: (en or "", zh or "", unit or "") for name, en, zh, unit in rows}


def sources_of(index: Mapping[str, Any], factors: pl.DataFrame) -> list[str]:
    """Give the keys of the references that the package stands on: of its factors and of its warming metric."""
    keys = {key.strip() for text in factors["source"].drop_nulls().to_list() for key in text.split(";")}
    return sorted(keys | set(warming_metric(str(index["gwp"])).sources))


def references_text(keys: Iterable[str]) -> str:
    """Give the entries of the bibliography; a key that it does not know is named as such."""
    entries = [bibtex(key) or f"% {key}: stated by the study, not in the bibliography of citycarbon" for key in keys]
    return "\n\n".join(entries) + "\n"


def datapackage_text(
    index: Mapping[str, Any], stated: Stated, resources: list[dict[str, Any]], sources: list[str], version: str
) -> str:
    """Give datapackage.json."""
    made: dict[str, Any] = {
        "profile": "data-package",
        "name": resource_name(str(index["study"])),
        "title": index["title"]["en"], "title_zh": index["title"]["zh"],
        "description": index["summary"]["en"], "description_zh": index["summary"]["zh"],
        "version": version,
        **({"homepage": stated.url} if stated.url else {}),
        **({"created": stated.released} if stated.released else {}),
        **({"licenses": [{"name": stated.licence}]} if stated.licence else {}),
        **({"contributors": [{"title": name, "role": "author"} for name in stated.authors]} if stated.authors else {}),
        "sources": [{"title": citation(key)} for key in sources],
        "resources": resources,
        "citycarbon": {name: index[name] for name in ("citycarbon", "gwp", "scopes", "scenarios", "methods", "totals", "inputs")},
    }  # fmt: skip
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def citation_text(index: Mapping[str, Any], stated: Stated, version: str) -> str:
    """Give CITATION.cff; authors that nobody has stated are said to be so, not made up."""
    quoted = [json.dumps(text, ensure_ascii=False) for text in (stated.authors or (UNSTATED,))]
    lines = [
        "cff-version: 1.2.0",
        'message: "If you use these data, please cite them as below, and the sources of their factors in references.bib."',
        "type: dataset",
        f"title: {json.dumps(index['title']['en'], ensure_ascii=False)}",
        "authors:",
        *[f"  - name: {name}" for name in quoted],
        f"version: {json.dumps(version)}",
        *([f"date-released: {json.dumps(stated.released)}"] if stated.released else []),
        *([f"license: {json.dumps(stated.licence)}"] if stated.licence else []),
        *([f"url: {json.dumps(stated.url)}"] if stated.url else []),
        f"abstract: {json.dumps(index['summary']['en'] or index['title']['en'], ensure_ascii=False)}",
        'keywords: ["greenhouse gas inventory", "city"]',
    ]
    return "\n".join(lines) + "\n"


def readme_text(
    index: Mapping[str, Any],
    stated: Stated,
    tables: Mapping[str, tuple[int, Titles]],
    factors: pl.DataFrame,
    version: str,
) -> str:
    """Give README.md in Chinese and English: what it is, what is in it, how to cite it, what limits it."""
    licences = factors.group_by(pl.col("licence").fill_null("—")).agg(pl.len()).sort("licence").rows()
    totals = [
        f"| {each['time']} | {each['scenario']} | {each['basis']} | {_figure(each['value'])} | {_figure(each.get('sd'))} |"
        for each in index["totals"]
    ]
    gaps = [check for check in index["checks"] if check["severity"] in ("caveat", "misfit")]
    lines = [
        f"# {index['title']['zh']} / {index['title']['en']}", "",
        str(index["summary"]["zh"]), "", str(index["summary"]["en"]), "",
        f"版本 version `{version}` · citycarbon {index['citycarbon']} · {index['gwp']} · {index['scopes']}", "",
        "## 总量 Totals (t CO2e)", "", "| 年份 year | 情景 scenario | 口径 basis | 排放量 emissions | 标准差 sd |",
        "|---|---|---|---|---|", *totals, "",
        "## 内容 Content", "", "| 表 table | 行数 rows | 内容 | content |", "|---|---|---|---|",
        *[f"| `{name}` | {rows} | {titles[1]} | {titles[0]} |" for name, (rows, titles) in sorted(tables.items())], "",
        *_HOW_TO_READ,
        "## 引用 Citation", "",
        "见 `CITATION.cff`；因子的来源见 `references.bib`。 / See `CITATION.cff` and, for factors, `references.bib`.", "",
        f"作者 authors: {', '.join(stated.authors) or '未注明 / ' + UNSTATED}", "",
        f"许可 licence: {stated.licence or UNLICENSED}", "",
        "因子各有许可 / factors have licences of their own: " + ", ".join(f"{name} ({count})" for name, count in licences), "",
        "## 已知缺口 Known gaps", "",
        *([f"- {each['zh']} / {each['en']}" for each in gaps] or ["—"]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:,.3f}"
