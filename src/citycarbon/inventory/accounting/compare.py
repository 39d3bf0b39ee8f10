"""Two or more inventories of one place side by side: why their totals differ, step by step as a waterfall.

Comes in: inventories as scenarios of one table or as two tables, and the activity amounts of each where they are known.
Goes out: steps from the first total to the second, which close. Not for: judging which inventory is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import ActivityTable, EmissionTable, Table
from citycarbon.core.tables.columns import UNIT
from citycarbon.inventory.accounting.review.account import Basis
from citycarbon.inventory.accounting.review.difference import PARTS, differences, part_column, same_gas, side_of
from citycarbon.inventory.accounting.review.words import figure, sentences

METHOD_ID = "inventory.accounting.compare"
STEPS = ("first", *PARTS, "second")
NONE, ALL = "none", "all"
_REASONS = {
    "boundary": ("only one of the two inventories counts it", "仅一份清单计入"),
    "gas": ("only one of the two inventories counts this gas", "仅一份清单计入该气体"),
    "metric": ("the warming potentials differ", "所用增温潜势不同"),
    "activity": ("the activity data differ", "活动数据不同"),
    "factor": ("the factors differ", "因子不同"),
    "method": ("the methods differ", "方法不同"),
    "not_separable": (
        "amounts or names that would tell activity from factor are not there",
        "缺少区分活动数据与因子所需的数量或名称",
    ),
}


class ComparisonTable(Table):
    """A waterfall from one inventory to another: a row starts where the row before it ends."""

    columns = (
        Column("scenario", required=True, empty=False, meaning=("inventory that is compared", "被比较的清单")),
        Column("reference", required=True, empty=False, meaning=("inventory that it is compared with", "参照清单")),
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        Column("order", "number", required=True, unit="1", meaning=("place in the waterfall", "瀑布图次序")),
        Column("step", required=True, empty=False, allowed=STEPS,
               meaning=("first and second are the totals, between them the reasons", "首尾为总量，其间为差异原因")),
        Column("category", required=True, empty=False, meaning=("sector; none where a step is empty", "部门；空步骤为 none")),
        Column("value", "number", required=True, meaning=("height of the bar, in unit", "数值")),
        Column("start", "number", required=True, meaning=("where the bar starts, in unit", "起点")),
        Column("end", "number", required=True, meaning=("where the bar ends, in unit", "终点")),
        UNIT,
        Column("explanation_en", meaning=("why, in English", "英文解释")),
        Column("explanation_zh", meaning=("why, in Chinese", "中文解释")),
    )  # fmt: skip
    __slots__ = ()


@dataclass(frozen=True)
class Inventory:
    """One inventory of a comparison: its label, rows, amounts, metric and, in a table of several, its scenario."""

    label: str
    emissions: EmissionTable
    activity: ActivityTable | None
    metric: str | None
    scenario: str | None


@method(
    id=METHOD_ID,
    gives=ComparisonTable,
    equation="E_2 = E_1 + boundary + gas + metric + activity + factor + method + rest;   Δ(A·F) = ΔA · mean(F) + ΔF · mean(A)",
    source="ipcc2006_v1_ch6",
    status="experimental",
    title=("Comparison of inventories", "清单比较"),
)
def compare(
    first: EmissionTable,
    second: EmissionTable | None = None,
    first_activity: ActivityTable | None = None,
    second_activity: ActivityTable | None = None,
    *,
    reference: str | None = None,
    metric: str | None = None,
    second_metric: str | None = None,
    scopes: str = "scope_1_2_3_sinks",
    basis: Basis | None = None,
) -> ComparisonTable:
    """Split the difference between inventories exactly into its reasons.

    Boundary: sectors and scopes, or activities inside them, that one inventory has and the other lacks. Gas: gases of a source
    that one lacks. Metric: other warming potentials. Activity and factor: with the amounts of both. If each inventory has
    activities of a sector that the other lacks, they may be one matter under two names: not separable.

    Parameters
    ----------
    first
        The reference inventory, or all inventories with a ``scenario`` each.
    second
        The other inventory.
    first_activity
        Amounts of the first inventory, or of all inventories with a ``scenario`` each; amounts without one hold for all.
    second_activity
        Amounts of the second inventory.
    reference
        Scenario that the others are compared with; needed without ``second``.
    metric
        Warming metric such as ``AR6-GWP100``; needed when the rows hold several gases.
    second_metric
        Warming metric of the compared inventories; ``metric`` if left out.
    scopes
        Named rule by which scopes are added.
    basis
        Which alternative of accounting, where the rows hold several.

    Returns
    -------
    comparison
        [t] For each compared inventory and year a waterfall: total of the reference, every step by sector, total of the other.

    Raises
    ------
    DoubleCountError
        If the rows of one inventory are not parts of one whole.
    InputError
        If the reference is not named or not there, or there is nothing to compare it with.

    References
    ----------
    IPCC 2006 Guidelines, volume 1, chapter 6, section 6.10 (comparison of national estimates).

    Examples
    --------
    >>> import polars as pl
    >>> rows = {"place": "A", "time": "2020", "activity": "diesel", "scope": "1", "gas": "CO2", "unit": "t"}
    >>> ours = EmissionTable(pl.DataFrame({**rows, "sector": ["road"], "value": [30.0]}))
    >>> theirs = EmissionTable(pl.DataFrame({**rows, "sector": ["road", "rail"], "value": [30.0, 5.0]}))
    >>> compare(ours, theirs).to_polars().filter(pl.col("value") != 0).select("step", "category", "start", "end").rows()
    [('first', 'all', 0.0, 30.0), ('boundary', 'rail', 30.0, 35.0), ('second', 'all', 0.0, 35.0)]
    """
    base, others = _inventories(first, second, first_activity, second_activity, reference, metric, second_metric)
    parts = [_waterfall(base, other, scopes, basis) for other in others]
    rows = pl.concat(parts).sort("scenario", "time", "order")
    return ComparisonTable(rows.select(column.name for column in ComparisonTable.columns))


def _inventories(
    first: EmissionTable,
    second: EmissionTable | None,
    first_activity: ActivityTable | None,
    second_activity: ActivityTable | None,
    reference: str | None,
    metric: str | None,
    second_metric: str | None,
) -> tuple[Inventory, list[Inventory]]:
    """Find the reference and the inventories that are compared with it."""
    other_metric = second_metric or metric
    if second is not None:
        labels = [words[0] if len(words := table.words("scenario")) == 1 else "" for table in (first, second)]
        named = labels if labels[0] != labels[1] and all(labels) else ["first", "second"]
        return (
            Inventory(named[0], first, first_activity, metric, reference),
            [Inventory(named[1], second, second_activity, other_metric, None)],
        )
    known = first.words("scenario")
    if reference is None:
        raise InputError(
            "parameter_missing", Where(item="reference"), ", ".join(known), column=f"reference ({', '.join(known)})"
        )
    if reference not in known or len(known) < 2:
        raise InputError("parameter_wrong", Where(item="reference"), reference, expected_value=" | ".join(known) or "—")
    return (
        Inventory(reference, first, first_activity, metric, reference),
        [Inventory(label, first, first_activity, other_metric, label) for label in known if label != reference],
    )


def _side(inventory: Inventory, scopes: str, basis: str | None) -> pl.DataFrame:
    return side_of(
        inventory.emissions, inventory.activity, metric=inventory.metric, scopes=scopes, basis=basis,
        scenario=inventory.scenario,
    )  # fmt: skip


def _waterfall(base: Inventory, other: Inventory, scopes: str, basis: str | None) -> pl.DataFrame:
    """Lay the parts of the difference out as bars, the largest of each step first."""
    sides = _side(base, scopes, basis), _side(other, scopes, basis)
    same_gas(sides[0], base.metric, sides[1], other.metric)
    sources = differences(*sides)
    bars = sources.group_by("time", pl.col("sector").alias("category"), maintain_order=True).agg(
        pl.col(part_column(part)).sum().alias(part) for part in PARTS
    )
    bars = bars.unpivot(list(PARTS), index=["time", "category"], variable_name="step").filter(pl.col("value") != 0)
    totals = sources.group_by("time", maintain_order=True).agg(
        pl.col("first_value").sum(), pl.col("second_value").sum()
    )
    steps = totals.select("time").join(pl.DataFrame({"step": PARTS}), how="cross")
    empty = steps.join(bars, on=["time", "step"], how="anti").with_columns(
        pl.lit(NONE).alias("category"), pl.lit(0.0).alias("value")
    )
    ends = [
        totals.select(
            "time", pl.lit(ALL).alias("category"), pl.lit(step).alias("step"), pl.col(f"{step}_value").alias("value")
        )
        for step in ("first", "second")
    ]
    rows = pl.concat([part.select("time", "step", "category", "value") for part in (*ends, bars, empty)])
    number = pl.col("step").replace_strict({step: i for i, step in enumerate(STEPS)}, return_dtype=pl.Int64)
    rows = rows.with_columns(number.alias("number")).sort("time", "number", -pl.col("value").abs(), "category")
    running = pl.when(pl.col("step") == "second").then(0.0).otherwise(pl.col("value")).cum_sum().over("time")
    whole = pl.col("step").is_in(["first", "second"])
    end = pl.when(whole).then(pl.col("value")).otherwise(running)
    rows = rows.with_columns(
        end.alias("end"), pl.when(whole).then(0.0).otherwise(running - pl.col("value")).alias("start"),
        pl.int_range(1, pl.len() + 1).over("time").cast(pl.Float64).alias("order"),
        pl.lit(base.label).alias("reference"), pl.lit(other.label).alias("scenario"), pl.lit("t").alias("unit"),
    )  # fmt: skip
    return sentences(rows, _tell)


def _tell(row: Mapping[str, Any]) -> tuple[str, str]:
    value = figure(row["value"], sign=row["step"] not in ("first", "second"))
    if row["step"] in ("first", "second"):
        label = row["reference"] if row["step"] == "first" else row["scenario"]
        return f"{label}, {row['time']}: {value} t.", f"{label}，{row['time']} 年：{value} 吨。"
    en, zh = _REASONS[row["step"]]
    if row["category"] == NONE:
        return f"{row['step'].replace('_', ' ')}: nothing.", "无。"
    return f"{row['category']}: {value} t, because {en}.", f"{row['category']}：{value} 吨，原因：{zh}。"
