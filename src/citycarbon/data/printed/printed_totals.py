"""Rows that hold a printed total: 合计, 全市, Total, or a name whose figures are the sums of all others.

Comes in: the typed rows of a file and the class of table that they are to become. Goes out: a problem for each such row. Not for:
tables that print totals on purpose (``holds_totals``), and not for codes of a list, whose tree keeps a parent from its child.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from functools import cache

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import Problem, Where, problem
from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.trace import row_of
from citycarbon.data.library import activity_names
from citycarbon.data.spelling import simple

NAMES = (
    "place", "sector", "activity", "vehicle", "stream", "element", "equipment", "stage", "housing", "site", "treatment",
    "technology", "from_land", "to_land", "driver", "medium",
)  # fmt: skip
"""Columns that say of what a figure is."""
SUBJECTS = ("measure", "proxy", "driver", "stock", "attribute")
"""Columns that say what is counted; figures of two of them are never added."""
AMOUNTS = ("value", "charge", "mass", "vehicles")
REMARKS = (
    "provenance_id", "quality", "source", "note", "error_group", "activity_error_group", "method", "factor_id", "rule",
    "name_en", "name_zh", "licence", "distribution", "edition",
)  # fmt: skip
LARGEST_SUMMED = 20_000
"""Rows up to which sums are looked for: printed tables are small, and a large table is read faster without."""
PROOF = 4.0
"""Digits that must agree before a row without a telling name is taken for the sum of the others: one chance in ten thousand."""
ALWAYS, BESIDE = "always", "beside"

_SIMPLIFIED = str.maketrans("總総計區縣國體數業會匯併該當國個", "总总计区县国体数业会汇并该当国个")
_OF_WHICH = re.compile(
    r"\s*(?:其中|[#]\s*[\u4e00-\u9fff]|[内含]\s*:|包括\s*:|thereof\b|of which\b|incl(?:uding|\.)?\s*:)"
)
_NUMBERING = re.compile(
    r"^\s*(?:[(]?[一二三四五六七八九十]+[)]?\s*[、.,)]|[(]?[0-9ivx]{1,4}[)]?\s*[、.)])\s*|[\s*†‡]*[0-9①-⑳]?\s*$"
)
_BRACKETS = re.compile(r"[(\[【〔{<《]([^()\[\]【】〔〕{}<>《》]*)[)\]】〕}>》]")
_SUM = "合计|总计|小计|共计|累计|总和|汇总|加总"
_HAN_ALWAYS = re.compile(
    rf"(?:{_SUM}).*|.*(?:{_SUM}|之和)|其中.*|合?共(?:[0-9]+[个家户处座台辆区县镇]?)?|通计|计|总|总数|总量|总体|全部|合计数"
)
_WHOLE = "市|区|县|省|国|州|镇|乡|旗|盟|域|港|岛|厂|校|村|园|园区|街道|社区|公司|集团|社会|行业|部门|地区|系统|球|体"
_HAN_BESIDE = re.compile(
    rf"(?:全|本|整个)(?:{_WHOLE})(?:域|范围|口径|辖区|地区|平均|平均值|总.*|用电.*|用能.*|排放.*)?|.*(?:总量|总数|总额)|总.*[量耗额]|所有(?:{_WHOLE}|行业|用户)?|平均|平均值|均值"
)
_ALWAYS = frozenset((
    "total", "totals", "sum", "sums", "subtotal", "subtotals", "sub total", "sub totals", "totale", "totaal", "gesamt",
    "insgesamt", "summe", "zwischensumme", "gesamtsumme", "somme", "suma", "soma", "razem", "итого", "всего", "合計",
    "sum total", "toplam", "jumlah", "합계", "총계", "tot", "ttl", "σ", "トータル", "소계", "tổng", "tổng cộng",
))  # fmt: skip
_LAST = ("total", "totals", "subtotal", "subtotals")
_AFTER_TOTAL = frozenset((
    "of", "for", "all", "in", "by", "and", "city", "citywide", "district", "districts", "area", "areas", "region", "county",
    "province", "town", "country", "national", "municipal", "municipality", "emission", "emissions", "consumption", "demand",
    "sector", "sectors", "energy", "use", "usage", "electricity", "power", "fuel", "fuels", "sum", "final", "primary", "value",
    "amount", "places", "urban", "rural", "industry", "transport", "buildings", "sales", "supply", "general", "row",
))  # fmt: skip
_OF_ALL = frozenset((
    "of", "districts", "sectors", "places", "fuels", "areas", "regions", "zones", "counties", "cities", "towns", "villages",
    "streets", "parcels", "provinces", "municipalities", "sources", "activities", "categories", "types", "uses", "users",
    "customers", "buildings", "city", "county", "province", "country", "energy", "together", "combined",
))  # fmt: skip
_BESIDE = frozenset(
    ("all", "overall", "aggregate", "whole city", "entire city", "citywide", "city wide", "average", "mean")
)


@cache
def total_word(name: str) -> str | None:
    """Tell whether a name is the word for a total.

    Returns
    -------
    when
        ``always`` for a word that names nothing but a sum (合计, Subtotal), ``beside`` for one that names a whole, which is wrong
        only beside its parts (全市, All), None for a name.

    Examples
    --------
    >>> [total_word(name) for name in ("合　计", "Total (all districts)", "全市", "Totnes", "全椒县")]
    ['always', 'always', 'beside', None, None]
    """
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_SIMPLIFIED)
    bare = _BRACKETS.sub(" ", folded)
    if _OF_WHICH.match(folded):
        return ALWAYS
    found = {_word(bare), _word(_NUMBERING.sub("", bare)), *(_word(inner) for inner in _BRACKETS.findall(folded))}
    return ALWAYS if ALWAYS in found else BESIDE if BESIDE in found else None


def _word(text: str) -> str | None:
    squeezed = re.sub(r"[\W_]+", "", text)
    if _HAN_ALWAYS.fullmatch(squeezed):
        return ALWAYS
    if _HAN_BESIDE.fullmatch(squeezed):
        return BESIDE
    words = re.findall(r"[^\W\d_]+", text)
    phrase = " ".join(words)
    if (
        phrase in _ALWAYS
        or (words and words[-1] in _LAST)
        or phrase.startswith(
            ("of which", "grand total", "sub total", "sum of ", "total excl", "total incl", "total ghg")
        )
    ):
        return ALWAYS
    if len(words) > 1 and words[0] in _LAST and words[1] in _AFTER_TOTAL:
        return ALWAYS
    return BESIDE if phrase in _BESIDE or (len(words) > 1 and words[0] == "all" and words[1] in _OF_ALL) else None


def printed_totals(
    frame: pl.DataFrame, table: type[Table], where: Where, known: Mapping[str, CodeList] | None = None
) -> list[Problem]:
    """Find the rows of a file that are sums of others.

    Parameters
    ----------
    frame
        Typed rows with ``provenance_id``.
    table
        Class of table that they are to become.
    where
        File and sheet.
    known
        Column to the codes that a study declares for it: a declared 全市 stands in a tree, and its tree keeps it from its parts.

    Returns
    -------
    problems
        ``total_row`` for each name of a column that is a total.
    """
    amount = next((name for name in AMOUNTS if name in frame.columns and frame[name].dtype.is_numeric()), None)
    if table.holds_totals or amount is None or not frame.height:
        return []
    found = []
    for column in (column for column in table.columns if column.name in NAMES and column.name in frame.columns):
        listed = (known or {}).get(column.name)
        names = [str(name) for name in frame[column.name].drop_nulls().unique(maintain_order=True).to_list()]
        free = [name for name in names if not _is_code(name, column, listed)]
        told = [name for name in free if _by_word(frame, column, name)]
        summed = _by_sum(frame, column.name, amount, set(free) - set(told)) if not told else {}
        for name in (*told, *summed):
            rows = frame.filter(pl.col(column.name).cast(pl.String) == name)["provenance_id"].head(5).to_list()
            place = Where(where.file, where.sheet, tuple(row for item in rows if (row := row_of(item))), column.name)
            found.append(problem("total_row", place, name + summed.get(name, "")))
    return found


def _is_code(name: str, column: Column, listed: CodeList | None) -> bool:
    """A declared code, the default of the column, and an activity of the library are no totals."""
    if name == column.default or (listed is not None and name in listed):
        return True
    return column.name == "activity" and (simple(name) in activity_names() or name in _activity_codes())


@cache
def _activity_codes() -> frozenset[str]:
    return frozenset(activity_names().values())


def _by_word(frame: pl.DataFrame, column: Column, name: str) -> bool:
    """Tell whether a name is a total: by itself, or beside others of what it is the whole of."""
    when = total_word(name)
    return when == ALWAYS or (when == BESIDE and _beside(frame, column.name, name))


def _beside(frame: pl.DataFrame, column: str, name: str) -> bool:
    """Tell whether another name stands where this one does: same subject, and for parts of a place same place and time."""
    same = [key for key in SUBJECTS if key in frame.columns]
    same += [] if column == "place" else [key for key in ("place", "time") if key in frame.columns]
    here = pl.col(column).cast(pl.String) == name
    mine, others = frame.filter(here), frame.filter(~here)
    if not same:
        return others.height > 0
    return mine.select(same).unique().join(others.select(same).unique(), on=same, how="semi").height > 0


def _by_sum(frame: pl.DataFrame, column: str, amount: str, names: set[str]) -> dict[str, str]:
    """Find names whose figure is the sum of all others wherever it stands beside two or more, to more digits than chance."""
    if frame.height > LARGEST_SUMMED or len(names) < 1 or frame[column].n_unique() < 3:
        return {}
    keys = [
        key for key, kind in frame.schema.items()
        if key not in (column, *REMARKS) and kind in (pl.String, pl.Categorical) and key != amount
    ]  # fmt: skip
    rows = frame.select(pl.col(column).cast(pl.String).alias("name"), (pl.struct(keys) if keys else pl.lit(0)).alias("group"),
                        pl.col(amount).cast(pl.Float64).alias("value"))  # fmt: skip
    rows = rows.group_by("group", "name", maintain_order=True).agg(pl.col("value").sum(), pl.len().alias("each"))
    rows = rows.with_columns(
        (pl.col("value").sum().over("group") - pl.col("value")).alias("others"),
        pl.len().over("group").alias("names"),
        (pl.col("value") != 0).sum().over("group").alias("filled"),
    ).filter((pl.col("names") > 2) & pl.col("name").is_in(list(names)))
    # Printed figures are rounded each for itself: their sum may miss by half of the last digit for each of them.
    step = _last_digit(frame[amount])
    apart = (pl.col("value") - pl.col("others")).abs()
    rows = rows.with_columns(
        (apart <= 1e-9 * pl.col("value").abs()).alias("exact"), (0.5 * step * pl.col("names")).alias("slack")
    )
    agrees = pl.col("exact") | (apart <= pl.col("slack") * (1 + 1e-9))
    whole = rows.group_by("name", maintain_order=True).agg(agrees.all().alias("all"))
    hits = rows.join(whole.filter("all"), on="name", how="semi").filter((pl.col("value") != 0) & (pl.col("filled") > 2))
    wanted = PROOF + math.log10(max(frame[column].n_unique(), 1))
    found = {}
    for (name,), part in hits.group_by("name", maintain_order=True):
        if sum(_proof(*row) for row in part.select("value", "exact", "slack").rows()) >= wanted:
            value = part["value"][0]
            found[str(name)] = f" ({value:.10g} = {part['names'][0] - 1} ×)"
    return found


def _proof(value: float, exact: bool, slack: float) -> float:
    """Digits by which a sum agrees: all of them, or those before what rounding leaves open."""
    return float(_digits(value)) if exact else max(math.log10(abs(value) / (2.0 * slack)), 0.0)


def _last_digit(values: pl.Series) -> float:
    """Give one unit of the last decimal that any figure has, at most 1."""
    decimals = values.cast(pl.Float64).cast(pl.String).str.extract(r"^-?[0-9]+\.([0-9]*[1-9])0*$").str.len_chars().max()
    return float(10.0 ** -int(decimals or 0))  # type: ignore[arg-type]


def _digits(value: float) -> int:
    """Significant digits of a figure as written; a round number proves little."""
    return len(f"{abs(value):.12g}".partition("e")[0].replace(".", "").strip("0"))
