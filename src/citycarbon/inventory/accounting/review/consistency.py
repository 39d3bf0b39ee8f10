"""Consistency of a time series: jumps, gaps, sudden zeros, changed methods and factors, odd implied factors, mixed accounting.

Comes in: the rows of several years, and the activity amounts where implied factors are wanted. Goes out: findings in plain words
with the figures. Not for: mending a series, which takes knowledge of the place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.sums import added, check_parts, number_sum, yearly
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.core.warming import BIOGENIC, EQUIVALENT
from citycarbon.inventory.accounting.review.account import TONNE
from citycarbon.inventory.accounting.review.amounts import activity_amounts
from citycarbon.inventory.accounting.review.words import figure, percent, sentences, spans

METHOD_ID = "inventory.accounting.consistency"
SERIES = ("place", "scenario", "basis", "sector", "scope", "gas")
_CHECKS = {
    "jump": ("no jump is larger than the limit", "没有超过限值的跳变"),
    "sudden zero": ("no series falls to zero", "没有序列突然为零"),
    "missing year": ("no year is missing", "没有缺失年份"),
    "method": ("no method changes between years", "各年方法一致"),
    "factor": ("no factor changes between years", "各年因子一致"),
    "implied factor": ("no implied factor is far from the others", "没有偏离的隐含因子"),
    "mass and CO2e": ("no source has a mass row and a CO2e row", "没有排放源同时有质量行与 CO2e 行"),
    "two bases": ("no place has two bases side by side", "没有两种口径并列"),
}
"""Name of each check to what is said when it finds nothing."""


@method(
    id=METHOD_ID,
    gives=FindingTable,
    equation="(1 − j)ⁿ <= E_t / E_t−n <= (1 + j)ⁿ;   |(E / AD) / median(E / AD) − 1| <= d",
    source="ipcc2006_v1_ch6",
    status="experimental",
    title=("Time-series consistency", "时间序列一致性检查"),
)
def consistency(
    emissions: EmissionTable,
    activity: ActivityTable | None = None,
    *,
    jump: float = 0.25,
    factor_deviation: float = 0.2,
) -> FindingTable:
    """Check the series of every category (place, sector, scope and gas) for what a reader would ask about.

    Parameters
    ----------
    emissions
        Rows of several years; each gas by its own mass, so no warming metric is needed.
    activity
        Amounts that the emissions were computed from; without them implied factors are not checked.
    jump
        [1] largest change from one year to the next that is not asked about.
    factor_deviation
        [1] largest deviation of an implied factor from the median of its activity and gas that is not asked about; three figures
        must be there to have a median.

    Returns
    -------
    findings
        A row for each thing found (``caveat``, or ``misfit`` where something is counted twice), and a row that ``agrees`` for
        each check that found nothing. ``value`` is the later figure, ``expected`` the earlier one or the median.

    Raises
    ------
    InputError
        If a limit is not above zero.

    References
    ----------
    IPCC 2006 Guidelines, volume 1, chapter 5 (time series) and chapter 6, table 6.1 (checks of trends and implied factors).

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": ["2019", "2020"], "sector": "road", "activity": "diesel", "scope": "1",
    ...                      "gas": "CO2", "value": [100.0, 150.0], "unit": "t"})
    >>> made = consistency(EmissionTable(rows)).to_polars().filter(pl.col("verdict") == "caveat")
    >>> made["explanation_en"].to_list()
    ['road, CO2, scope 1: from 100 t in 2019 to 150 t in 2020, a change of +50 %; the limit is 25 % a year.']
    """
    problems = Problems()
    for name, value in (("jump", jump), ("factor_deviation", factor_deviation)):
        if value <= 0:
            problems.add("parameter_wrong", Where(item=name), value, expected_value="> 0")
    problems.raise_all()
    rows = yearly(emissions.with_unit(TONNE).to_polars()).filter(pl.col("gas") != BIOGENIC)
    series = _series(rows)
    steps = _steps(series)
    found = [
        _jumps(steps, jump), _zeros(steps), _missing(series), _changed(steps, "method"), _changed(steps, "factor"),
        _double(rows), _bases(rows),
    ]  # fmt: skip
    checks = [name for name in _CHECKS if activity is not None or name != "implied factor"]
    if activity is not None:
        found.append(_implied(rows, activity, factor_deviation))
    made = pl.concat([_finding(part) for part in found])
    quiet = [name for name in checks if name not in made["check"].unique().to_list()]
    made = pl.concat([made, _quiet(quiet, made)])
    return FindingTable(made.sort("check", "place", "item", nulls_last=False))


def _series(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum each category and year, with the methods and factors that it rests on."""
    words = {"method": "methods", "factor_id": "factors"}
    joined = [pl.col(name).drop_nulls().unique().sort().str.join(" + ").alias(new) for name, new in words.items()]
    keys = [*SERIES, "time"]
    check_parts(rows, keys)
    made = rows.group_by(keys, maintain_order=True).agg(number_sum(), pl.col("notation").drop_nulls().first(), *joined)
    return made.with_columns(pl.col("time").cast(pl.Int64).alias("year")).sort(*SERIES, "year")


def _steps(series: pl.DataFrame) -> pl.DataFrame:
    """Each year with a number beside the one before it."""
    rows = series.filter(pl.col("value").is_not_null())
    before = [
        pl.col(name).shift(1).over(SERIES).alias(f"{name}_before") for name in ("year", "value", "methods", "factors")
    ]
    rows = rows.with_columns(before).filter(pl.col("year_before").is_not_null())
    return rows.with_columns((pl.col("year") - pl.col("year_before")).alias("years"))


def _name(row: Mapping[str, Any]) -> tuple[str, str]:
    """Name a series in both languages."""
    basis = "" if row["basis"] == "all" else f", {row['basis']}"
    scenario = "" if row["scenario"] == "observed" else f", {row['scenario']}"
    return (
        f"{row['sector']}, {row['gas']}, scope {row['scope']}{basis}{scenario}",
        f"{row['sector']}，{row['gas']}，范围 {row['scope']}{basis}{scenario}",
    )


def _item() -> pl.Expr:
    return pl.format("{} {} {}", "time", "sector", "gas").alias("item")


def _jumps(steps: pl.DataFrame, jump: float) -> pl.DataFrame:
    ratio, years = pl.col("value") / pl.col("value_before"), pl.col("years")
    up, down = (1 + jump) ** years.cast(pl.Float64), max(0.0, 1 - jump) ** years.cast(pl.Float64)
    # A fall to zero and a rise from zero have words of their own.
    rows = steps.filter((pl.col("value") != 0) & (pl.col("value_before") != 0)).filter((ratio > up) | (ratio < down))

    def tell(row: Mapping[str, Any]) -> tuple[str, str]:
        en, zh = _name(row)
        change = row["value"] / row["value_before"] - 1
        shown = f"{100 * change:+.3g} %"
        first, last = figure(row["value_before"]), figure(row["value"])
        return (
            f"{en}: from {first} t in {row['year_before']} to {last} t in {row['year']}, a change of {shown}; "
            f"the limit is {percent(jump)} a year.",
            f"{zh}：由 {row['year_before']} 年的 {first} 吨变为 {row['year']} 年的 {last} 吨，变化 {shown}；"
            f"限值为每年 {percent(jump)}。",
        )

    limit = (pl.col("value_before").abs() * (up - 1)).alias("tolerance")
    return _told(rows.with_columns(limit, pl.col("value_before").alias("expected")), "jump", tell)


def _zeros(steps: pl.DataFrame) -> pl.DataFrame:
    rows = steps.filter((pl.col("value") == 0) & (pl.col("value_before") != 0))

    def tell(row: Mapping[str, Any]) -> tuple[str, str]:
        en, zh = _name(row)
        first = figure(row["value_before"])
        return (
            f"{en}: {first} t in {row['year_before']}, zero in {row['year']}. If it no longer occurs, write NO.",
            f"{zh}：{row['year_before']} 年为 {first} 吨，{row['year']} 年为零。若不再发生，请注明 NO。",
        )

    return _told(rows.with_columns(pl.col("value_before").alias("expected")), "sudden zero", tell)


def _missing(series: pl.DataFrame) -> pl.DataFrame:
    """Years without a row: of a series between its first year and the place's last one, of a place between its years."""
    keys = ["place", "scenario"]
    whole = series.group_by(keys, maintain_order=True).agg(pl.col("year").unique().sort().alias("known"))
    whole = whole.with_columns(
        pl.int_ranges(pl.col("known").list.first(), pl.col("known").list.last() + 1).alias("span")
    )
    gaps = whole.with_columns(pl.col("span").list.set_difference("known").alias("lacking")).filter(
        pl.col("lacking").list.len() > 0
    )
    nothing = [pl.lit(None, dtype=pl.String).alias(name) for name in ("basis", "sector", "scope", "gas")]
    gaps = gaps.select(*keys, "lacking", *nothing)
    one = series.group_by(SERIES, maintain_order=True).agg(
        pl.col("year").unique().sort().alias("own"), pl.col("value").count().alias("numbers")
    )
    one = one.filter(pl.col("numbers") > 0).join(whole, on=keys)
    later = pl.col("known").list.set_difference("own")
    one = one.with_columns(later.alias("lacking"), pl.col("own").list.first().alias("first"))
    one = (
        one.explode("lacking")
        .filter(pl.col("lacking") > pl.col("first"))
        .group_by(SERIES, maintain_order=True)
        .agg(pl.col("lacking"))
    )
    rows = pl.concat([gaps, one], how="diagonal").with_columns(pl.col("lacking").list.sort())
    rows = rows.with_columns(pl.col("lacking").list.len().cast(pl.Float64).alias("value"))
    label = pl.concat_str(["sector", "gas"], separator=" ", ignore_nulls=True)
    years = pl.col("lacking").map_elements(lambda each: spans(each.to_list()), return_dtype=pl.String)
    rows = rows.with_columns(pl.concat_str([years, label], separator=" ").str.strip_chars().alias("item"))

    def tell(row: Mapping[str, Any]) -> tuple[str, str]:
        shown = spans(row["lacking"])
        if row["sector"] is None:
            return (
                f"No row at all for {shown}, between years that have rows.",
                f"{shown} 年没有任何数据，而前后年份有。",
            )
        en, zh = _name(row)
        return (
            f"{en}: no row for {shown}, though the place has other rows then. Add it, or a notation key.",
            f"{zh}：{shown} 年没有数据，而该地点其他类别有。请补充，或注明标记。",
        )

    return _told(rows, "missing year", tell, unit="year")


def _changed(steps: pl.DataFrame, check: str) -> pl.DataFrame:
    """Neighbouring years that rest on different methods, or factors."""
    now, before = f"{check}s", f"{check}s_before"
    known = (pl.col(now) != "") & (pl.col(before) != "")
    rows = steps.filter(known & (pl.col(now) != pl.col(before))).with_columns(pl.col("value_before").alias("expected"))
    words = {"method": ("method", "方法"), "factor": ("factor", "因子")}[check]

    def tell(row: Mapping[str, Any]) -> tuple[str, str]:
        en, zh = _name(row)
        first, last = figure(row["value_before"]), figure(row["value"])
        return (
            f"{en}: the {words[0]} is {row[before]} in {row['year_before']} ({first} t) "
            f"and {row[now]} in {row['year']} ({last} t). Is a part of the change only this?",
            f"{zh}：{words[1]}在 {row['year_before']} 年为 {row[before]}（{first} 吨），"
            f"{row['year']} 年为 {row[now]}（{last} 吨）。变化中是否有一部分由此造成？",
        )

    return _told(rows, check, tell)


def _implied(rows: pl.DataFrame, activity: ActivityTable, deviation: float) -> pl.DataFrame:
    """Emissions over amounts, beside the median of the same activity and gas."""
    keys = ["place", "time", "sector", "activity", "scenario"]
    sums = added(rows.filter(pl.col("value").is_not_null()), [*keys, "basis", "scope", "gas"])
    both = sums.join(activity_amounts(activity), on=keys).filter(pl.col("amount") > 0)
    kind = ["activity", "scope", "gas", "basis", "amount_unit"]
    factor = (pl.col("value") / pl.col("amount")).alias("value")
    both = both.with_columns(factor).with_columns(
        pl.col("value").median().over(kind).alias("expected"), pl.len().over(kind).alias("count")
    )
    far = (pl.col("value") - pl.col("expected")).abs() > deviation * pl.col("expected").abs()
    odd = both.filter((pl.col("count") >= 3) & far)
    unit = pl.format("t/{}", "amount_unit").alias("unit")
    odd = odd.with_columns(unit, (deviation * pl.col("expected").abs()).alias("tolerance"))

    def tell(row: Mapping[str, Any]) -> tuple[str, str]:
        en, zh = _name(row)
        value, middle = figure(row["value"]), figure(row["expected"])
        shown = f"{100 * (row['value'] / row['expected'] - 1):+.3g} %" if row["expected"] else "—"
        return (
            f"{en}, {row['activity']}, {row['time']}: {value} {row['unit']}, "
            f"the median is {middle} {row['unit']} ({shown}). Look for a wrong unit or amount.",
            f"{zh}，{row['activity']}，{row['time']} 年：{value} {row['unit']}，"
            f"中位数为 {middle} {row['unit']}（{shown}）。请检查单位或数量。",
        )

    label = pl.format("{} {} {} {}", "time", "sector", "activity", "gas").alias("item")
    return _told(odd.with_columns(label), "implied factor", tell, unit=None)


def _double(rows: pl.DataFrame) -> pl.DataFrame:
    """Sources that have both the mass of gases and CO2e: the CO2e would count them a second time."""
    keys = ["place", "time", "scenario", "basis", "sector", "activity", "scope"]
    numbers = rows.filter(pl.col("value").is_not_null())
    equal = added(numbers.filter(pl.col("gas") == EQUIVALENT), keys)
    masses = (
        numbers.filter(pl.col("gas") != EQUIVALENT)
        .group_by(keys, maintain_order=True)
        .agg(pl.col("gas").unique().sort().str.join(", ").alias("gases"))
    )
    both = equal.join(masses, on=keys).with_columns(pl.format("{} {} {}", "time", "sector", "activity").alias("item"))

    def tell(row: Mapping[str, Any]) -> tuple[str, str]:
        value = figure(row["value"])
        return (
            f"{row['sector']}, {row['activity']}, scope {row['scope']}: {value} t CO2e stand beside "
            f"the masses of {row['gases']}; together they would count one source twice.",
            f"{row['sector']}，{row['activity']}，范围 {row['scope']}：{value} 吨 CO2e 与 "
            f"{row['gases']} 的质量并列；相加会重复计算。",
        )

    return _told(both, "mass and CO2e", tell, verdict="misfit")


def _bases(rows: pl.DataFrame) -> pl.DataFrame:
    """Places and years with two bases: alternatives that no total adds."""
    stated = added(rows.filter(pl.col("basis") != "all"), ["place", "time", "scenario", "basis", "gas"], free=["scope"])
    gathered = (
        stated.sort("basis")
        .group_by("place", "time", "scenario", "gas", maintain_order=True)
        .agg(pl.col("basis").alias("bases"), pl.col("value").alias("values"))
    )
    both = gathered.filter(pl.col("bases").list.len() > 1).with_columns(
        pl.format("{} {}", "time", "gas").alias("item"), pl.col("values").list.first().alias("value"),
        pl.col("values").list.last().alias("expected"),
    )  # fmt: skip

    def tell(row: Mapping[str, Any]) -> tuple[str, str]:
        pairs = list(zip(row["bases"], row["values"], strict=True))
        en = "; ".join(f"{basis}-based {figure(value)} t" for basis, value in pairs)
        return (
            f"{row['gas']} is accounted side by side: {en}. They are alternatives and never added; choose one by 'basis'.",
            f"{row['gas']} 以两种口径并列：{en}。二者为备选口径，不相加；请用 'basis' 选择其一。",
        )

    return _told(both, "two bases", tell)


def _told(
    rows: pl.DataFrame,
    check: str,
    tell: Callable[[Mapping[str, Any]], tuple[str, str]],
    *,
    unit: str | None = TONNE,
    verdict: str = "caveat",
) -> pl.DataFrame:
    """Add the words and what every finding has."""
    if "item" not in rows.columns:
        rows = rows.with_columns(_item())
    fixed = [pl.lit(check).alias("check"), pl.lit(verdict).alias("verdict")]
    rows = rows.with_columns(fixed if unit is None else [*fixed, pl.lit(unit).alias("unit")])
    return sentences(rows, tell)


def _finding(rows: pl.DataFrame) -> pl.DataFrame:
    empty = [
        pl.lit(None, dtype=pl.Float64).alias(name) for name in ("expected", "tolerance") if name not in rows.columns
    ]
    rows = rows.with_columns(empty).with_columns((pl.col("value") - pl.col("expected")).alias("difference"))
    kinds = {"number": pl.Float64}
    return rows.select(pl.col(column.name).cast(kinds.get(column.kind, pl.String)) for column in FindingTable.columns)


def _quiet(names: list[str], like: pl.DataFrame) -> pl.DataFrame:
    """A row for each check that found nothing, so that its silence is no doubt."""
    rows = [
        {"check": name, "item": "all", "unit": "1", "verdict": "agrees", "explanation_en": _CHECKS[name][0],
         "explanation_zh": _CHECKS[name][1]}
        for name in names
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=like.schema)
