"""Key categories: which few categories make the level, the trend and the uncertainty of an inventory.

Comes in: an inventory, and a base year where trends are asked for. Goes out: categories in order of weight, with the running sum
that decides which are key. Not for: choosing methods, which the key categories only give priority to.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import GAS, SECTOR, UNIT
from citycarbon.inventory.accounting.review.account import (
    CATEGORY,
    Basis,
    ReviewedAccount,
    base_account,
    reviewed,
)
from citycarbon.inventory.accounting.review.words import NORMAL_95

METHOD_ID = "inventory.accounting.key_categories"
_ROUNDING = 1e-12


class KeyCategoryTable(Table):
    """Categories by assessment and tier, the weightiest first."""

    columns = (
        Column("time", "period", required=True, empty=False, meaning=("year that is assessed", "评估年份")),
        Column("assessment", required=True, empty=False, allowed=("level", "trend"),
               meaning=("level or trend", "水平评估或趋势评估")),
        Column("tier", required=True, empty=False, allowed=("1", "2"),
               meaning=("1 by emissions, 2 by emissions and uncertainty", "1 按排放量，2 按排放量与不确定性")),
        Column("rank", "number", unit="1", meaning=("place in the order, 1 is the weightiest", "排序")),
        SECTOR,
        GAS,
        Column("value", "number", required=True, meaning=("emissions of the year, in unit", "当年排放量")),
        Column("base_value", "number", meaning=("emissions of the base year, in unit", "基准年排放量")),
        UNIT,
        Column("percent", "number", unit="percent", low=0, meaning=("half of the 95 % interval", "95% 区间半宽占比")),
        Column("weight", "number", unit="1", low=0,
               meaning=("level assessment L, trend assessment T, or these times uncertainty", "L、T 或其与不确定性之积")),
        Column("share", "number", unit="1", low=0, meaning=("share of the sum of all weights", "占全部权重之和的份额")),
        Column("cumulative", "number", unit="1", low=0, meaning=("running sum of the shares", "累计份额")),
        Column("key", required=True, empty=False, allowed=("yes", "no", "not assessed"),
               meaning=("whether it is a key category", "是否关键类别")),
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=KeyCategoryTable,
    equation="L = |E_t| / Σ|E_t|;   T = |E_0| / Σ|E_0| · |(E_t − E_0) / |E_0| − (ΣE_t − ΣE_0) / |ΣE_0||;   LU = L·U, TU = T·U",
    source="ipcc2006_v1_ch4",
    status="experimental",
    title=("Key categories", "关键类别分析"),
)
def key_categories(
    emissions: EmissionTable,
    base: EmissionTable | None = None,
    *,
    threshold: float = 0.95,
    uncertainty_threshold: float = 0.90,
    base_year: int | None = None,
    metric: str | None = None,
    scopes: str = "scope_1_2_3_sinks",
    basis: Basis | None = None,
    scenario: str | None = None,
) -> KeyCategoryTable:
    """Rank the categories (sector and gas) of an inventory by level, trend and uncertainty.

    The category that carries the running sum over the threshold is still key. Removals enter by their size. A category that is
    zero in the base year has T = |E_t| / Σ|E_0| (equation 4.3).

    Parameters
    ----------
    emissions
        Rows of one or more years; each year gets a level assessment.
    base
        Rows of the base year, where they stand in another table.
    threshold
        [1] share of the sum of weights that the key categories make up, tier 1; 0.95 in the guidelines.
    uncertainty_threshold
        [1] the same for tier 2; 0.90 in the guidelines.
    base_year
        [year] base year of the trend assessment; without it, and without ``base``, there is none.
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
    categories
        One row for each year, assessment, tier and category. Tier 2 is there if a standard deviation is stated; a category
        without one is ``not assessed``.

    Raises
    ------
    DoubleCountError
        If the rows are not parts of one whole.
    InputError
        If the base year is not there or a threshold is not between 0 and 1.

    References
    ----------
    IPCC 2006 Guidelines, volume 1, chapter 4, equations 4.1 to 4.5.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2020", "sector": ["power", "road", "waste"], "activity": "x", "scope": "1",
    ...                      "gas": "CO2e", "value": [70.0, 26.0, 4.0], "unit": "t"})
    >>> key_categories(EmissionTable(rows)).to_polars().select("sector", "cumulative", "key").rows()
    [('power', 0.7, 'yes'), ('road', 0.96, 'yes'), ('waste', 1.0, 'no')]
    """
    _check_thresholds({"threshold": threshold, "uncertainty_threshold": uncertainty_threshold})
    account = reviewed(emissions, metric=metric, scopes=scopes, basis=basis, scenario=scenario)
    other = None
    if base is not None:
        other = reviewed(base, metric=metric, scopes=scopes, basis=basis, scenario=scenario)
    found = base_account(account, other, base_year)
    parts = [_level(account, threshold, uncertainty_threshold)]
    if found is not None:
        parts.append(_trend(account, *found, threshold, uncertainty_threshold))
    order = ["time", "assessment", "tier", "rank", "sector", "gas"]
    made = pl.concat(parts, how="diagonal").sort(order, nulls_last=True)
    return KeyCategoryTable(made.select(column.name for column in KeyCategoryTable.columns))


def _check_thresholds(given: dict[str, float]) -> None:
    problems = Problems()
    for name, value in given.items():
        if not 0 < value <= 1:
            problems.add("parameter_wrong", Where(item=name), value, expected_value="0 < … <= 1")
    problems.raise_all()


def _categories(account: ReviewedAccount) -> pl.DataFrame:
    """Sums by year, sector and gas with U, the half-width of the 95 % interval in per cent; rows without a number drop out."""
    size = pl.col("value").abs()
    spread = pl.when(size > 0).then(100 * NORMAL_95 * pl.col("sd") / size)
    rows = account.categories().filter(pl.col("value").is_not_null())
    return rows.select("time", *CATEGORY, "value", "sd", spread.alias("percent"), pl.lit("t").alias("unit"))


def _level(account: ReviewedAccount, threshold: float, uncertainty_threshold: float) -> pl.DataFrame:
    size = pl.col("value").abs()
    whole = size.sum().over("time")
    rows = _categories(account).with_columns(
        pl.lit("level").alias("assessment"), pl.lit(None, pl.Float64).alias("base_value")
    )
    first = rows.with_columns(pl.when(whole > 0).then(size / whole).otherwise(0.0).alias("weight"))
    # L·U is taken from the standard deviation itself, so that a category whose parts cancel to nothing keeps its weight.
    second = rows.with_columns(pl.when(whole > 0).then(NORMAL_95 * pl.col("sd") / whole).alias("weight"))
    return _ranked(first, second, threshold, uncertainty_threshold)


def _trend(
    account: ReviewedAccount, base: ReviewedAccount, year: str, threshold: float, uncertainty_threshold: float
) -> pl.DataFrame:
    before = _categories(base).select(*CATEGORY, pl.col("value").alias("base_value"))
    now = _categories(account).filter(pl.col("time") != year)
    years = now.select("time").unique()
    rows = years.join(before, how="cross").join(now, on=["time", *CATEGORY], how="full", coalesce=True)
    rows = rows.with_columns(
        pl.col("value").fill_null(0.0), pl.col("base_value").fill_null(0.0), pl.lit("t").alias("unit"),
        pl.lit("trend").alias("assessment"),
    )  # fmt: skip
    base_size, base_sum = (float(each.sum()) for each in (before["base_value"].abs(), before["base_value"]))
    own = (pl.col("value") - pl.col("base_value")) / pl.col("base_value").abs()
    common = (pl.col("value").sum().over("time") - base_sum) / abs(base_sum)
    share = pl.col("base_value").abs() / base_size
    usual, fresh = share * (own - common).abs(), (pl.col("value") / base_size).abs()
    weight = pl.when(pl.col("base_value") == 0).then(fresh).otherwise(usual)
    first = rows.with_columns(weight.alias("weight"))
    second = first.with_columns((pl.col("weight") * pl.col("percent") / 100).alias("weight"))
    return _ranked(first, second, threshold, uncertainty_threshold)


def _ranked(first: pl.DataFrame, second: pl.DataFrame, threshold: float, uncertainty_threshold: float) -> pl.DataFrame:
    """Order each assessment by weight; the second tier is there only where an uncertainty is stated."""
    parts = [_cumulated(first, threshold).with_columns(pl.lit("1").alias("tier"))]
    stated = second.filter((pl.col("sd").is_not_null()).any().over("time"))
    if stated.height:
        parts.append(_cumulated(stated, uncertainty_threshold).with_columns(pl.lit("2").alias("tier")))
    return pl.concat(parts).drop("sd")


def _cumulated(rows: pl.DataFrame, threshold: float) -> pl.DataFrame:
    whole = pl.col("weight").sum().over("time")
    known = pl.col("weight").is_not_null()
    share = pl.when(known & (whole > 0)).then(pl.col("weight") / whole).when(known).then(0.0)
    rows = rows.with_columns(share.alias("share")).sort(
        ["time", "share", *CATEGORY], descending=[False, True, False, False], nulls_last=True
    )
    before = pl.col("cumulative") - pl.col("share")
    rows = rows.with_columns(
        pl.col("share").cum_sum().over("time").alias("cumulative"),
        pl.when(known).then(pl.int_range(1, pl.len() + 1).over("time")).cast(pl.Float64).alias("rank"),
    )
    key = (before < threshold - _ROUNDING) & (pl.col("share") > 0)
    return rows.with_columns(
        pl.when(~known).then(pl.lit("not assessed")).when(key).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("key")
    )
