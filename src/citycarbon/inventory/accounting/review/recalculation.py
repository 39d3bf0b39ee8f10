"""Recalculation: the same inventory before and after factors, methods or data were changed, and why it differs.

Comes in: the old and the new rows, and the activity amounts of each where they are known. Goes out: old value, new value and the
parts of the difference by category and year; the old result is kept. Not for: inventories of different makers
(:mod:`citycarbon.inventory.accounting.compare`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import ActivityTable, EmissionTable, Table
from citycarbon.core.tables.columns import GAS, UNIT
from citycarbon.core.warming import EQUIVALENT
from citycarbon.inventory.accounting.review.account import CATEGORY, Basis
from citycarbon.inventory.accounting.review.difference import PARTS, differences, part_column, same_gas, side_of
from citycarbon.inventory.accounting.review.words import figure, sentences

METHOD_ID = "inventory.accounting.recalculation"
_SMALL = 1e-9
WORDS = {
    "boundary": ("sources that only one of the two has", "仅一方有的排放源"),
    "gas": ("gases that only one of the two has", "仅一方有的气体"),
    "metric": ("another warming metric", "增温潜势指标不同"),
    "activity": ("other activity data", "活动数据不同"),
    "factor": ("another factor", "因子不同"),
    "method": ("another method", "方法不同"),
    "not_separable": ("not separable", "无法拆分"),
}
"""What each part of a difference is called in a sentence."""


class RecalculationTable(Table):
    """Old value, new value and the parts of the difference, by year and category and in total."""

    columns = (
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        Column("line", required=True, empty=False, allowed=("category", "total"),
               meaning=("category (sector and gas) or total", "类别（部门×气体）或总计")),
        Column("sector", required=True, empty=False, meaning=("sector, or total", "部门，或 total")),
        GAS,
        Column("old_value", "number", required=True, meaning=("before, in unit", "重算前")),
        Column("new_value", "number", required=True, meaning=("after, in unit", "重算后")),
        Column("difference", "number", required=True, meaning=("after minus before, in unit", "差值")),
        *(
            Column(part_column(part), "number", meaning=(f"of which: {WORDS[part][0]}", f"其中：{WORDS[part][1]}"))
            for part in PARTS
        ),
        UNIT,
        Column("explanation_en", meaning=("why, in English", "英文解释")),
        Column("explanation_zh", meaning=("why, in Chinese", "中文解释")),
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=RecalculationTable,
    equation="ΔE = boundary + gas + metric + activity + factor + method + not separable;   ΔA·F = ΔA · mean(F) + ΔF · mean(A)",
    source="ipcc2006_v1_ch5",
    status="experimental",
    title=("Recalculation", "重算说明"),
)
def recalculation(
    old: EmissionTable,
    new: EmissionTable,
    old_activity: ActivityTable | None = None,
    new_activity: ActivityTable | None = None,
    *,
    old_metric: str | None = None,
    metric: str | None = None,
    scopes: str = "scope_1_2_3_sinks",
    basis: Basis | None = None,
    scenario: str | None = None,
) -> RecalculationTable:
    """Explain the difference between an inventory and its recalculation, category by category.

    With the activity amounts of both, a change of the coefficient (mass over amount) is a change of ``method`` where the two
    name different methods, else of ``factor``. Without amounts a change under the same method and the same factor can only
    come from the activity; any other is ``not_separable``.

    Parameters
    ----------
    old
        Rows before.
    new
        Rows after.
    old_activity
        Amounts that the old rows were computed from.
    new_activity
        Amounts that the new rows were computed from.
    old_metric
        Warming metric of the old rows; ``metric`` if left out.
    metric
        Warming metric such as ``AR6-GWP100``; needed when the rows hold several gases.
    scopes
        Named rule by which scopes are added.
    basis
        Which alternative of accounting, where the rows hold several.
    scenario
        Which scenario, where the rows hold several.

    Returns
    -------
    recalculation
        Old and new value [t], their difference and its parts, which add to it within 1e-9.

    Raises
    ------
    DoubleCountError
        If the rows of one side are not parts of one whole.

    References
    ----------
    IPCC 2006 Guidelines, volume 1, chapter 5, sections 5.2 and 5.3 (recalculations and their documentation).

    Examples
    --------
    >>> import polars as pl
    >>> rows = {"place": "A", "time": "2020", "sector": "road", "activity": "diesel", "scope": "1", "gas": "CO2", "unit": "t"}
    >>> used = {"place": "A", "time": "2020", "sector": "road", "activity": "diesel", "unit": "t"}
    >>> made = recalculation(EmissionTable(pl.DataFrame({**rows, "value": [30.0]})),
    ...                      EmissionTable(pl.DataFrame({**rows, "value": [44.0]})),
    ...                      ActivityTable(pl.DataFrame({**used, "value": [10.0]})),
    ...                      ActivityTable(pl.DataFrame({**used, "value": [11.0]})))
    >>> made.to_polars().select("difference", "activity_part", "factor_part").row(0)
    (14.0, 3.5, 10.5)
    """
    chosen: dict[str, Any] = {"scopes": scopes, "basis": basis, "scenario": scenario}
    before = side_of(old, old_activity, metric=old_metric or metric, **chosen)
    after = side_of(new, new_activity, metric=metric, **chosen)
    same_gas(before, old_metric or metric, after, metric)
    sources = differences(before, after)
    sums = [pl.col(name).sum() for name in ("first_value", "second_value", *map(part_column, PARTS))]
    categories = (
        sources.group_by("time", *CATEGORY, maintain_order=True)
        .agg(sums)
        .with_columns(pl.lit("category").alias("line"))
    )
    gases = sorted({*before["gas"].to_list(), *after["gas"].to_list()})
    named = [pl.lit("total").alias("line"), pl.lit("total").alias("sector")]
    gas = pl.lit(gases[0] if len(gases) == 1 and metric is None else EQUIVALENT).alias("gas")
    totals = sources.group_by("time", maintain_order=True).agg(sums).with_columns(*named, gas)
    rows = pl.concat([categories, totals.select(categories.columns)])
    rows = rows.rename({"first_value": "old_value", "second_value": "new_value"})
    rows = rows.with_columns((pl.col("new_value") - pl.col("old_value")).alias("difference"), pl.lit("t").alias("unit"))
    rows = sentences(rows.sort("time", pl.col("line") == "total", *CATEGORY), _tell)
    return RecalculationTable(rows.select(column.name for column in RecalculationTable.columns))


def _tell(row: Mapping[str, Any]) -> tuple[str, str]:
    limit = _SMALL * max(abs(row["old_value"]), abs(row["new_value"]))
    parts = [(part, row[part_column(part)]) for part in PARTS if abs(row[part_column(part)]) > limit]
    name = "Total" if row["line"] == "total" else f"{row['sector']}, {row['gas']}"
    name_zh = "总量" if row["line"] == "total" else f"{row['sector']}，{row['gas']}"
    old, new = figure(row["old_value"]), figure(row["new_value"])
    if not parts:
        return f"{name}, {row['time']}: {new} t, not changed.", f"{name_zh}，{row['time']} 年：{new} 吨，未变。"
    change = figure(row["difference"], sign=True)
    en = "; ".join(f"{WORDS[part][0]} {figure(value, sign=True)} t" for part, value in parts)
    zh = "；".join(f"{WORDS[part][1]} {figure(value, sign=True)} 吨" for part, value in parts)
    return (
        f"{name}, {row['time']}: from {old} t to {new} t ({change} t), of which {en}.",
        f"{name_zh}，{row['time']} 年：由 {old} 吨改为 {new} 吨（{change} 吨），其中：{zh}。",
    )
