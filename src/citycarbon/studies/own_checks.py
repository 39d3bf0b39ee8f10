"""What every run checks and says of its own accord: conservation, look-ups, recalled factors, notation keys, findings.

Comes in: a finished run with its account. Goes out: checks. Not for: checks that a method makes (findings come as tables).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import polars as pl

from citycarbon.core.findings import FindingTable
from citycarbon.core.results import Check, Severity
from citycarbon.core.sums import added, largest, whole
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.core.warming import BIOGENIC, METHANE, ORIGINS, WarmingMetric
from citycarbon.data.library import warming_metric
from citycarbon.strategy.drivers.effect_table import EffectTable
from citycarbon.strategy.projection.series.bands import LEVEL
from citycarbon.strategy.projection.series.forecast import ForecastTable
from citycarbon.strategy.projection.series.paths import NARROW
from citycarbon.strategy.projection.stocks.tables import CalibrationTable
from citycarbon.studies.run import Run

_SAME = 1e-9
"""Relative difference up to which two figures are one."""


def own_checks(run: Run, account: EmissionTable, main: EmissionTable, factors: pl.DataFrame) -> list[Check]:
    """Check the account itself: conservation, look-ups, recalled factors, notation keys, memo items, own factors."""
    rows = account.to_polars()
    made = [
        _conservation(main, run.study.scopes), *_placed(run), *_closed(run), *_uncalibrated(run), *_narrow(run), *_road_fuel(run),
        *_counted_twice(run),
    ]  # fmt: skip
    made += lookup_caveats(rows)
    recalled = factors.filter(pl.col("quality").str.starts_with("recalled"))
    if recalled.height:
        names = _first(recalled["factor_id"])
        en = f"{recalled.height} factors are recalled and not checked against the document: {names}"
        made.append(
            Check(
                "factor.recalled",
                "caveat",
                (en, f"{recalled.height} 个因子凭记忆录入，尚未与原文核对：{names}"),
                recalled.height,
            )
        )
    unknown = rows.filter(pl.col("value").is_null())
    if unknown.height:
        pairs = _first(unknown.select(pl.format("{} {} {}", "activity", "gas", "notation")).to_series().unique().sort())
        made.append(
            Check(
                "notation",
                "caveat",
                (f"{unknown.height} rows have no number: {pairs}", f"{unknown.height} 行没有数值：{pairs}"),
                unknown.height,
            )
        )
    memo = rows.filter(pl.col("gas") == BIOGENIC)
    if memo.height:
        made.append(
            Check(
                "biogenic",
                "note",
                ("biogenic CO2 is a memo item outside the total", "生物源 CO2 为备忘项，不计入总量"),
                largest(memo, ["time", "scenario", "basis"], free=["scope"]),
                unit="t",
            )
        )
    if run.study.uncertainty is not None:
        made += below_zero(rows)
    made += unstated_methane(rows, warming_metric(run.study.gwp))
    if run.desk.library.overridden:
        names = ", ".join(run.desk.library.overridden)
        made.append(
            Check("factor.override", "note", (f"your factor file replaces: {names}", f"您的因子文件替换了：{names}"))
        )
    return made


def below_zero(rows: pl.DataFrame) -> list[Check]:
    """Say where draws of a normal error reach below zero more than once in forty: an amount cannot."""
    whole = pl.col("sd_activity").is_null() & pl.col("sd_factor").is_null()
    wide = pl.when(whole).then("sd").otherwise("sd_activity") / pl.col("value") > 0.5
    activity = wide & (pl.col("distribution").fill_null("normal") == "normal")
    words = pl.col("factor_errors").str.replace_all("lognormal", "log").str.extract_all(r"normal \S+")
    sizes = words.list.eval(pl.element().str.strip_prefix("normal ").cast(pl.Float64))
    factor = (sizes.list.max() > 0.5).fill_null(False)
    found = rows.filter((pl.col("value") > 0) & (activity.fill_null(False) | factor))
    if not found.height:
        return []
    names = _first(found.select(pl.format("{} {}", "sector", "activity")).to_series().unique().sort())
    text = (
        f"{found.height} rows have a normal error of more than half of the figure, so that draws fall below zero: {names}; "
        "state lognormal",
        f"{found.height} 行的正态误差超过数值的一半，抽样会出现负值：{names}；请改用 lognormal",
    )
    return [Check("uncertainty.below_zero", "caveat", text, found.height)]


def unstated_methane(rows: pl.DataFrame, metric: WarmingMetric) -> list[Check]:
    """Say how much methane has no origin where the metric goes by it."""
    bare = (pl.col("gas") == METHANE) & pl.col("methane_origin").is_null() & (pl.col("value") != 0)
    found = rows.filter(bare)
    if not found.height or not metric.splits_methane:
        return []
    mass, name = largest(found, ["time", "scenario", "basis"], free=["place", "sector", "scope"]), metric.name
    unstated, fossil, other = (metric.potential(METHANE, origin) for origin in (None, *ORIGINS))
    en = f"{found.height} rows, {mass:.6g} t of CH4, do not say whether it is fossil: weighed by {unstated:g}"
    zh = f"{found.height} 行共 {mass:.6g} t CH4 未注明是否为化石来源：按 {unstated:g} 折算"
    text = (
        f"{en} ({name}: {fossil:g} fossil, {other:g} non-fossil); state methane_origin",
        f"{zh}（{name}：化石 {fossil:g}，非化石 {other:g}）；请填写 methane_origin",
    )
    return [Check("methane.unstated", "caveat", text, mass, unit="t")]


_LOCAL = r"((?:CN|GB)-\S+)"
"""Regions inside a country: whoever names none may well mean the country, and not one of its provinces."""


def lookup_caveats(rows: pl.DataFrame) -> list[Check]:
    """Say where a look-up used another region or another year, as the study allowed."""
    made = []
    for check, pattern, en, zh in (
        ("factor.region_fallback", r"FALLBACK from (\S+) to (\S+);", "a coarser region's factor", "更大区域的因子"),
        (
            "factor.region_unknown",
            rf"place has no region; the edition has one: {_LOCAL};",
            "a factor of a region that their places are not known to be in",
            "其地点未注明所在区域的区域因子",
        ),
        ("factor.year", r"YEAR (\d+) uses the factor valid ([^;\s]+)", "a factor of another year", "其他年份的因子"),
        (
            "factor.sector",
            r"SECTOR (\S+) is not of (\S+),",
            "the general figure of an edition that tells sectors of another list",
            "某版本的通用数值，而该版本按另一代码表区分部门",
        ),
    ):
        hits = rows.filter(pl.col("rule").str.contains(pattern))
        if hits.height:
            pairs = hits.select(pl.col("rule").str.extract_groups(pattern)).unnest("rule").unique(maintain_order=True)
            shown = _first(sorted(" → ".join(words) for words in pairs.iter_rows()), "; ")
            text = (f"{hits.height} rows use {en}: {shown}", f"{hits.height} 行使用了{zh}：{shown}")
            made.append(Check(check, "caveat", text, hits.height))
    return made


def _conservation(main: EmissionTable, scopes: str) -> Check:
    """The sums by place and by sector meet the total within 1e-9."""
    keys = ["time", "scenario", "basis"]
    every = pl.DataFrame(total(main, keys, scopes=scopes)).select(*keys, pl.col("value").alias("whole"))
    worst = 0.0
    for dimension in ("place", "sector", "activity"):
        parts = added(pl.DataFrame(total(main, [*keys, dimension], scopes=scopes)), keys)
        worst = max(worst, _miss(every.join(parts, on=keys, how="full", coalesce=True), "whole", "value"))
    text = ("parts by place, sector and activity add to the total", "按地点、部门、活动的分项之和等于总量")
    return Check("conservation", "ok" if worst <= 1e-9 else "misfit", text, worst, 0.0, 1e-9)


def _closed(run: Run) -> list[Check]:
    """Effects of a decomposition add up to the change."""
    made = []
    for name, table in run.tables.items():
        if isinstance(table, EffectTable):
            worst = float(table.to_polars()["residual"].abs().max() or 0.0)  # type: ignore[arg-type]
            text = (f"step {name}: effects add up to the change", f"步骤 {name}：各效应之和等于变化量")
            made.append(Check(f"decomposition.{name}", "ok" if worst <= 1e-9 else "misfit", text, worst, 0.0, 1e-9))
    return made


def _uncalibrated(run: Run) -> list[Check]:
    """What of the inventory a model has no line for, or misses by more than the limit."""
    made = []
    for name, table in run.tables.items():
        if not isinstance(table, CalibrationTable):
            continue
        rows = table.to_polars()
        left = rows.filter(pl.col("multiplier").is_null() & (pl.col("inventory_value") != 0))
        sizes = [each.with_columns(pl.col("inventory_value").abs()) for each in (left, rows)]
        part = whole(sizes[0], "inventory_value") / (whole(sizes[1], "inventory_value") or 1.0)
        words = _first([f"{p} {s} {a}" for p, s, a in left.select("place", "sector", "activity").iter_rows()])
        if left.height:
            text = (
                f"step {name}: {100 * part:.1f} % of the inventory is not in the model or beyond the limit: {words}",
                f"步骤 {name}：清单的 {100 * part:.1f}% 未被模型覆盖或超出限度：{words}",
            )
            made.append(Check(f"calibration.{name}", "caveat", text, part))
        far = rows["multiplier"].drop_nulls()
        if far.len():
            low, high = float(far.min()), float(far.max())  # type: ignore[arg-type]
            text = (
                f"step {name}: factors from {low:.3g} to {high:.3g}",
                f"步骤 {name}：校准系数 {low:.3g} 至 {high:.3g}",
            )
            made.append(Check(f"calibration.{name}", "note", text, high))
    return made


def _narrow(run: Run) -> list[Check]:
    """Forecasts whose bands held too little of the past."""
    made = []
    for name, table in run.tables.items():
        if not isinstance(table, ForecastTable):
            continue
        rows = table.to_polars().filter(pl.col("coverage") < NARROW)
        rows = rows.unique(["place", "measure", "model"], maintain_order=True).sort("coverage", maintain_order=True)
        if not rows.height:
            continue
        listed = list(rows.select("place", "measure", "model", "coverage").iter_rows())
        words = _first([f"{p} {m} {model} {100 * share:.0f} %" for p, m, model, share in listed])
        text = (
            f"step {name}: bands of 90 % held less than 80 % of the past, they are too narrow: {words}",
            f"步骤 {name}：90% 区间对历史的覆盖不足 80%，区间过窄：{words}",
        )
        made.append(Check(f"bands: {name}", "caveat", text, listed[0][3], LEVEL, unit="1"))
    return made


def _counted_twice(run: Run) -> list[Check]:
    """One source in two steps of the account, each from a file of its own."""
    keys = ["place", "time", "sector", "activity", "scope", "gas", "scenario", "basis"]
    parts: list[pl.DataFrame] = []
    for name in run.study.account:
        table = run.tables[name]
        if isinstance(table, EmissionTable) and not any(part["step"][0] == name for part in parts):
            rows = added(table.with_unit("t").to_polars(), keys, free=["metric"])
            rows = rows.filter(pl.col("value").is_not_null() & (pl.col("value") != 0))
            parts += [rows.with_columns(pl.lit(name).alias("step"))] if rows.height else []
    if len(parts) < 2:
        return []
    both = pl.concat(parts).filter(pl.col("step").n_unique().over(keys) > 1)
    if not both.height:
        return []
    size = pl.col("value").abs()
    found = both.group_by(keys, maintain_order=True).agg(
        pl.col("step").sort().str.join(" + "), ((size.max() - size.min()) <= _SAME * size.max()).alias("same")
    )
    named = pl.format("{}: {} {} {} {}", "step", *keys[:4])
    made = []
    for same, severity, en, zh in (
        (True, "misfit", "a source stands in two steps with the same figure", "同一排放源以相同数值出现在两个步骤中"),
        (
            False,
            "caveat",
            "a source stands in two steps, which must be parts of it",
            "同一排放源出现在两个步骤中，二者须为其不同部分",
        ),
    ):
        mine = found.filter(pl.col("same") == same)
        if mine.height:
            words = _first(mine.select(named).to_series().unique(maintain_order=True))
            made.append(
                Check("double.steps", cast(Severity, severity), (f"{en}: {words}", f"{zh}：{words}"), mine.height)
            )
    return made


SALES, DISTANCE = "inventory.sectors.fuel_sales", "inventory.sectors.vehicle_use"


def _road_fuel(run: Run) -> list[Check]:
    """One fuel of one place and year in the account by what was sold and by what was driven: two ways to count one thing."""
    steps = {step.id: step for step in run.study.steps}

    def behind(name: str) -> set[str]:
        direct = {each for source in steps[name].tables.values() for each in source.needed if each in steps}
        return {name, *(far for each in direct for far in behind(each))}

    used = {name for name in run.study.account if name in steps for name in behind(name)}
    by = {
        method: [(name, run.tables[name].to_polars()) for name in sorted(used) if steps[name].method == method]
        for method in (SALES, DISTANCE)
    }
    made = []
    for sold, sales in by[SALES]:
        for driven, distances in by[DISTANCE]:
            keys = ["place", "year", "activity", "scenario", "sector"]
            here, there = (part.with_columns(pl.col("time").str.slice(0, 4).alias("year")).select(keys).unique()
                           for part in (sales, distances))  # fmt: skip
            twice = here.join(there, on=keys[:-1], suffix="_driven")
            if not twice.height:
                continue
            named = (
                twice.select(keys[:3])
                .unique()
                .sort(keys[:3])
                .select(pl.format("{} {} {}", "place", "year", "activity"))
            )
            words = _first(named.to_series())
            text = (
                f"road fuel stands twice, by sales in step {sold} and by distance in step {driven}: {words}",
                f"道路燃料计了两次：步骤 {sold} 按销量，步骤 {driven} 按行驶里程：{words}",
            )
            # Buses that fill up at their depot are not in the sales of filling stations: another sector is asked about only.
            same = bool(twice.filter(pl.col("sector") == pl.col("sector_driven")).height)
            made.append(Check("road_fuel.twice", "misfit" if same else "caveat", text, float(twice.height)))
    return made


def _placed(run: Run) -> list[Check]:
    """What was put on other places adds back to what was taken."""
    made = []
    for name, arguments in run.inputs.items():
        source, target = arguments.get("emissions"), run.tables[name]
        if not isinstance(target, EmissionTable) or not isinstance(source, EmissionTable) or "shares" not in arguments:
            continue
        keys = ["time", "scope", "gas", "scenario", "basis", "metric"]
        free = [name for name in ("place", "sector") if name not in keys]
        before, after = (added(each.with_unit("t").to_polars(), keys, free=free) for each in (source, target))
        both = before.join(after, on=keys, how="full", coalesce=True, suffix="_after", nulls_equal=True)
        miss = _miss(both, "value", "value_after")
        text = (f"step {name}: emissions on other places add back", f"步骤 {name}：落到其他单元后总量守恒")
        made.append(Check(f"conservation.{name}", "ok" if miss <= 1e-9 else "misfit", text, miss, 0.0, 1e-9))
    return made


def _miss(pairs: pl.DataFrame, one: str, other: str) -> float:
    """Largest relative difference of two sums that should be the same."""
    first, second = pl.col(one).fill_null(0.0), pl.col(other).fill_null(0.0)
    size = pl.max_horizontal(first.abs(), second.abs())
    worst = pairs.select(pl.when(size > 0).then((first - second).abs() / size).otherwise(0.0).max()).item()
    return float(worst or 0.0)


def findings(run: Run) -> list[Check]:
    """Give the findings that methods of the study made, each as a check."""
    words: dict[str, Severity] = {"agrees": "ok", "rounding": "note", "misfit": "misfit", "caveat": "caveat"}
    texts = {
        "agrees": ("agrees to the last printed digit", "与刊印末位一致"),
        "rounding": ("differs within the rounding of the printed parts", "差异在刊印取整范围内"),
    }
    made = []
    for name in [step.id for step in run.study.steps]:
        table = run.tables[name]
        if not isinstance(table, FindingTable):
            continue
        for row in table.to_polars().iter_rows(named=True):
            told = (row["explanation_en"] or "", row["explanation_zh"] or "")
            text = told if told[0] else texts.get(row["verdict"], told)
            title = f"{row['check']}: {row['item']}"
            made.append(
                Check(title, words[row["verdict"]], text, row["value"], row["expected"], row["tolerance"],
                      row["unit"] or "", row["place"] or "")
            )  # fmt: skip
    return made


def caveats(run: Run) -> list[Check]:
    """Give the known gaps that the study states."""
    return [Check("study.caveat", "caveat", (text.en, text.zh)) for text in run.study.caveats]


def _first(names: Iterable[str], joint: str = ", ") -> str:
    """Names joined, of many the first six and a mark that there are more."""
    known = list(names)
    return joint.join([*known[:6], *(["…"] if len(known) > 6 else [])])
