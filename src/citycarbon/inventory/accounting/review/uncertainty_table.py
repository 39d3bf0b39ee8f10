"""The uncertainty table of an inventory: by category, sector and total, in the columns of the IPCC's table 3.2.

Comes in: emissions with standard deviations. Goes out: intervals, what each category adds to the variance, and how sure the
trend since a base year is. Not for: asymmetric shapes, for which the totals are drawn (:mod:`citycarbon.core.draws`).
"""

from __future__ import annotations

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import GAS, UNIT
from citycarbon.core.totals import total
from citycarbon.inventory.accounting.review.account import (
    CATEGORY,
    Basis,
    ReviewedAccount,
    base_account,
    reviewed,
)
from citycarbon.inventory.accounting.review.words import NORMAL_95

METHOD_ID = "inventory.accounting.uncertainty_table"
_BOTH_YEARS = 2**0.5
"""Two years with independent errors of one size: their difference has √2 times the error."""
_ONE_PERCENT = 0.01


class UncertaintyTable(Table):
    """Uncertainty by category, sector and total; per cent are half of the 95 % interval."""

    columns = (
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        Column("line", required=True, empty=False, allowed=("category", "sector", "total"),
               meaning=("category (sector and gas), sector or total", "类别（部门×气体）、部门或总计")),
        Column("sector", required=True, empty=False, meaning=("sector, or total", "部门，或 total")),
        GAS,
        Column("value", "number", required=True, meaning=("emissions of the year, in unit", "当年排放量")),
        UNIT,
        Column("sd", "number", low=0, meaning=("standard deviation, in unit", "标准差")),
        Column("sd_coverage", "number", unit="1", low=0,
               meaning=("share of the amount whose uncertainty is stated", "已注明不确定性的份额")),
        Column("activity_percent", "number", unit="percent", low=0, meaning=("part of activity data (column E)", "活动数据部分")),
        Column("factor_percent", "number", unit="percent", low=0,
               meaning=("part from the factor, or all where it is not split (column F)", "因子部分；未拆分者全部计入")),
        Column("percent", "number", unit="percent", low=0, meaning=("combined (column G)", "合成不确定性")),
        Column("contribution", "number", unit="percent^2", low=0,
               meaning=("square of the line's interval in per cent of the total (column H)", "对总量方差的贡献（H 列）")),
        Column("variance_share", "number", unit="1",
               meaning=("share of the total's variance with shared errors kept; adds to 1", "占总方差份额（含共享误差）")),
        Column("base_value", "number", meaning=("emissions of the base year, in unit", "基准年排放量")),
        Column("sensitivity_a", "number", unit="percent", low=0,
               meaning=("change of the trend if the category is 1 % more in both years (column I)", "A 类敏感性")),
        Column("sensitivity_b", "number", unit="1", low=0,
               meaning=("change of the trend if the category is more in the year only (column J)", "B 类敏感性")),
        Column("trend_factor_percent", "number", unit="percent", low=0,
               meaning=("part of the trend's uncertainty from the factor (column K)", "趋势不确定性：因子部分")),
        Column("trend_activity_percent", "number", unit="percent", low=0,
               meaning=("part of the trend's uncertainty from activity data (column L)", "趋势不确定性：活动数据部分")),
        Column("trend_percent", "number", unit="percent", low=0,
               meaning=("uncertainty of the trend in percentage points (root of column M)", "趋势不确定性，百分点")),
        Column("trend_shared_percent", "number", unit="percent", low=0,
               meaning=("the same for the total with shared errors by their names", "同上，按共享误差组合成")),
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=UncertaintyTable,
    equation="U = 1.96 σ / |E|;   H = (U_i · E_i / ΣE)²;   share_i = Cov(E_i, ΣE) / Var(ΣE);   M = (A·U_F)² + (B·U_A·√2)²",
    source="ipcc2006_v1_ch3",
    status="reproduced",
    title=("Uncertainty table", "不确定性汇总表"),
)
def uncertainty_table(
    emissions: EmissionTable,
    base: EmissionTable | None = None,
    *,
    base_year: int | None = None,
    metric: str | None = None,
    scopes: str = "scope_1_2_3_sinks",
    basis: Basis | None = None,
    scenario: str | None = None,
) -> UncertaintyTable:
    """Tabulate the uncertainty of an inventory by category, sector and total (approach 1).

    Sums and standard deviations are those of the account: rows with one error group add their errors linearly. ``contribution``
    is the guidelines' column and adds to the total only without shared errors; ``variance_share`` always adds to one.
    Trend: the factor's error is the same in both years, the activity's is new each year; ``trend_percent`` takes categories as
    independent, as the guidelines do; ``trend_shared_percent`` goes by the names of the error groups alone.

    Parameters
    ----------
    emissions
        Rows with ``sd``; where ``sd_activity`` and ``sd_factor`` are not stated, the whole error counts as the factor's.
    base
        Rows of the base year, where they stand in another table.
    base_year
        [year] base year of the trend columns; without it, and without ``base``, they stay empty.
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
    uncertainty
        One row for each year and category, sector and total; figures are empty where no uncertainty is stated.

    Raises
    ------
    DoubleCountError
        If the rows are not parts of one whole.
    InputError
        If the base year is not there.

    References
    ----------
    IPCC 2006 Guidelines, volume 1, chapter 3, equations 3.1 and 3.2 and table 3.2.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2020", "sector": ["power", "road"], "activity": "x", "scope": "1",
    ...                      "gas": "CO2e", "value": [80.0, 20.0], "unit": "t", "sd": [3.0, 4.0]})
    >>> made = uncertainty_table(EmissionTable(rows)).to_polars()
    >>> [(s, round(u, 2), round(v, 2)) for s, u, v in made.select("sector", "percent", "variance_share").rows()[-3:]]
    [('power', 7.35, 0.36), ('road', 39.2, 0.64), ('total', 9.8, 1.0)]
    """
    account = reviewed(emissions, metric=metric, scopes=scopes, basis=basis, scenario=scenario)
    other = None
    if base is not None:
        other = reviewed(base, metric=metric, scopes=scopes, basis=basis, scenario=scenario)
    found = base_account(account, other, base_year)
    rows = _intervals(_lines(account), account)
    if found is not None:
        rows = _with_trend(rows, account, *found)
    declared = [column.name for column in UncertaintyTable.columns]
    empty = [pl.lit(None, dtype=pl.Float64).alias(name) for name in declared if name not in rows.columns]
    order = rows["line"].replace_strict({"category": 0, "sector": 1, "total": 2}, return_dtype=pl.Int64).alias("order")
    return UncertaintyTable(
        rows.with_columns(empty).with_columns(order).sort("time", "order", "sector", "gas").select(declared)
    )


def _lines(account: ReviewedAccount) -> pl.DataFrame:
    """Value and sd of every line, whole and by part."""
    gas = pl.lit(account.gas).alias("gas")
    made = []
    for line, table, keys in (
        ("category", account.by_gas, ["time", *CATEGORY]),
        ("sector", account.whole, ["time", "sector"]),
        ("total", account.whole, ["time"]),
    ):
        part = ReviewedAccount(table, table, account.gas, account.scopes)
        rows = part.sums(keys).select(*keys, "value", "sd", "sd_coverage")
        for name, column, group in (
            ("activity_percent", "sd_activity", "activity_error_group"),
            ("factor_percent", "sd_factor", "error_group"),
        ):
            spread = _part(table, column, group)
            only = ReviewedAccount(spread, spread, account.gas, account.scopes).sums(keys)
            rows = rows.join(only.select(*keys, pl.col("sd").alias(name)), on=keys, how="left")
        named = [pl.lit("total").alias("sector")] if line == "total" else []
        rows = rows.with_columns(pl.lit(line).alias("line"), *([] if line == "category" else [gas]), *named)
        made.append(rows.filter(pl.col("value").is_not_null()))
    return pl.concat(made, how="diagonal")


def _part(table: EmissionTable, column: str, group: str) -> EmissionTable:
    """Keep one part of the error under its own groups; an error that is not split counts as the factor's."""
    frame = table.rows
    names = frame.collect_schema().names()
    empty = nw.lit(None).cast(nw.Float64)
    parts = {name: nw.col(name) if name in names else empty for name in ("sd", "sd_activity", "sd_factor")}
    whole = parts["sd_activity"].is_null() & parts["sd_factor"].is_null()
    spread = (
        parts[column] if column == "sd_activity" else nw.when(whole).then(parts["sd"]).otherwise(parts["sd_factor"])
    )
    shared = nw.col(group) if group in names else nw.lit(table.constant(group)).cast(nw.String)
    frame = frame.with_columns(spread.alias("sd"), shared.alias("error_group"))
    frame = frame.drop(*[name for name in ("sd_activity", "sd_factor", "activity_error_group") if name in names])
    kept = ("error_group", "activity_error_group")
    fixed = {key: text for key, text in table.fixed.items() if key not in kept}
    return EmissionTable.trusted(frame, fixed=fixed, codes=table.codes)


def _intervals(rows: pl.DataFrame, account: ReviewedAccount) -> pl.DataFrame:
    """Turn standard deviations into per cent, contributions and shares of the variance."""
    whole = rows.filter(pl.col("line") == "total").select("time", pl.col("value").alias("whole"))
    rows = rows.join(whole, on="time", how="left")
    size = pl.col("value").abs()

    def relative(name: str) -> pl.Expr:
        return pl.when(size > 0).then(100 * NORMAL_95 * pl.col(name) / size)

    part = pl.when(pl.col("whole") != 0).then(100 * NORMAL_95 * pl.col("sd") / pl.col("whole"))
    rows = rows.with_columns(
        relative("sd").alias("percent"), relative("activity_percent").alias("activity_percent"),
        relative("factor_percent").alias("factor_percent"), (part * part).alias("contribution"), pl.lit("t").alias("unit"),
    ).drop("whole")  # fmt: skip
    return rows.join(variance_shares(account), on=["time", "line", *CATEGORY], how="left", nulls_equal=True)


def variance_shares(account: ReviewedAccount) -> pl.DataFrame:
    """Share of each line in the variance of its year's total: Cov(line, total) / Var(total), shared errors by their groups."""
    errors = _errors(account.by_gas)
    keys = ["time", *CATEGORY]
    if errors is None:
        return pl.DataFrame(
            schema={**dict.fromkeys(["time", "line", *CATEGORY], pl.String), "variance_share": pl.Float64}
        )
    # Sums of floating-point numbers depend on their order, so the order is settled first.
    errors = errors.sort(errors.columns)
    alone = (
        errors.filter(pl.col("group").is_null())
        .group_by(keys, maintain_order=True)
        .agg((pl.col("error") ** 2).sum().alias("covariance"))
    )
    shared = (
        errors.filter(pl.col("group").is_not_null())
        .group_by([*keys, "source", "group"], maintain_order=True)
        .agg(pl.col("error").sum())
    )
    together = pl.col("error") * pl.col("error").sum().over("time", "source", "group")
    shared = (
        shared.with_columns(together.alias("covariance"))
        .group_by(keys, maintain_order=True)
        .agg(pl.col("covariance").sum())
    )
    cells = pl.concat([alone, shared]).group_by(keys, maintain_order=True).agg(pl.col("covariance").sum())
    gas = pl.lit(account.gas).alias("gas")
    sectors = cells.group_by("time", "sector", maintain_order=True).agg(pl.col("covariance").sum()).with_columns(gas)
    totals = (
        cells.group_by("time", maintain_order=True)
        .agg(pl.col("covariance").sum())
        .with_columns(pl.lit("total").alias("sector"), gas)
    )
    whole = totals.select("time", pl.col("covariance").alias("variance"))
    lines = pl.concat(
        [
            rows.select(*keys, "covariance", pl.lit(line).alias("line"))
            for line, rows in (("category", cells), ("sector", sectors), ("total", totals))
        ]
    ).join(whole, on="time")
    share = pl.when(pl.col("variance") > 0).then(pl.col("covariance") / pl.col("variance"))
    return lines.select("time", "line", *CATEGORY, share.alias("variance_share"))


def _errors(table: EmissionTable) -> pl.DataFrame | None:
    """Write each row's errors out, one row an error: signed size, and the group that shares it.

    The parts are those of :func:`citycarbon.core.uncertainty.combined_sd`: factor, activity, and the rest of a product.
    """
    if not table.has("sd"):
        return None
    names = table.rows.collect_schema().names()
    wanted = ["time", *CATEGORY, "value", "sd", "sd_activity", "sd_factor", "error_group", "activity_error_group"]
    texts = [name for name in wanted if name not in names and name not in ("sd_activity", "sd_factor")]
    frame = table.rows.with_columns(*[table.text(name).alias(name) for name in texts]) if texts else table.rows
    rows = frames.small(frame.select(*[name for name in wanted if name in (*names, *texts)]))
    split = "sd_activity" in names and "sd_factor" in names
    if not split:
        rows = rows.with_columns(pl.lit(0.0).alias("sd_activity"), pl.col("sd").alias("sd_factor"))
    whole = pl.col("sd_activity").is_null() & pl.col("sd_factor").is_null()
    rows = rows.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)).with_columns(
        pl.when(whole).then(pl.col("sd")).otherwise(pl.col("sd_factor")).fill_null(0.0).alias("sd_factor"),
        pl.col("sd_activity").fill_null(0.0), pl.col("sd").fill_null(0.0),
    )  # fmt: skip
    rest = (pl.col("sd") ** 2 - pl.col("sd_activity") ** 2 - pl.col("sd_factor") ** 2).clip(lower_bound=0.0).sqrt()
    sign = pl.when(pl.col("value") < 0).then(-1.0).otherwise(1.0)
    nobody = pl.lit(None, dtype=pl.String)
    parts = [("factor", pl.col("sd_factor"), pl.col("error_group"))]
    if split:
        parts += [("activity", pl.col("sd_activity"), pl.col("activity_error_group")), ("rest", rest, nobody)]
    return pl.concat(
        [
            rows.select(
                "time", *CATEGORY, pl.lit(name).alias("source"), (error * sign).alias("error"), group.alias("group")
            )
            for name, error, group in parts
        ]
    )


def _with_trend(rows: pl.DataFrame, account: ReviewedAccount, base: ReviewedAccount, year: str) -> pl.DataFrame:
    """Add base values, sensitivities and the trend's uncertainty; the base year itself has no trend."""
    before = _lines(base).select("line", *CATEGORY, pl.col("value").alias("base_value"))
    base_sum = before.filter(pl.col("line") == "total")["base_value"][0]
    later = rows.select("time").unique().filter(pl.col("time") != year)
    rows = rows.join(later.join(before, how="cross"), on=["time", "line", *CATEGORY], how="full", coalesce=True)
    rows = rows.with_columns(
        pl.when(pl.col("time") != year).then(pl.col("base_value").fill_null(0.0)).alias("base_value"),
        pl.col("value").fill_null(0.0), pl.lit("t").alias("unit"),
    )  # fmt: skip
    now = pl.col("value").filter(pl.col("line") == "total").first().over("time")
    category = (pl.col("line") == "category") & (pl.col("time") != year)
    more_now, more_before = _ONE_PERCENT * pl.col("value") + now, _ONE_PERCENT * pl.col("base_value") + base_sum
    changed = (more_now - more_before) / more_before - (now - base_sum) / base_sum
    rows = rows.with_columns(
        pl.when(category).then((100 * changed).abs()).alias("sensitivity_a"),
        pl.when(category).then((pl.col("value") / base_sum).abs()).alias("sensitivity_b"),
    )
    rows = rows.with_columns(
        (pl.col("sensitivity_a") * pl.col("factor_percent")).alias("trend_factor_percent"),
        (pl.col("sensitivity_b") * pl.col("activity_percent") * _BOTH_YEARS).alias("trend_activity_percent"),
    )
    factor, activity = pl.col("trend_factor_percent"), pl.col("trend_activity_percent")
    stated = factor.is_not_null() | activity.is_not_null()
    squares = pl.when(stated).then(factor.fill_null(0.0) ** 2 + activity.fill_null(0.0) ** 2)
    rows = rows.with_columns(squares.alias("squares"))
    known = pl.col("squares").is_not_null().any().over("time") & (pl.col("line") == "total") & (pl.col("time") != year)
    whole = pl.when(known).then(pl.col("squares").sum().over("time"))
    rows = rows.with_columns(pl.coalesce(pl.col("squares"), whole).sqrt().alias("trend_percent")).drop("squares")
    return rows.join(_shared_trend(account, base, year, base_sum), on=["time", "line"], how="left")


def _shared_trend(account: ReviewedAccount, base: ReviewedAccount, year: str, base_sum: float) -> pl.DataFrame:
    """Uncertainty of (ΣE_t − ΣE_0) / ΣE_0 by the error groups: a weighted sum of the rows of both years."""
    found: list[tuple[str, str, float | None]] = []
    for later in (each for each in account.years if each != year):
        now = account.of_year(later)
        sums = now.sums()["value"].drop_nulls()
        if not len(sums):
            continue
        rows = EmissionTable.stack([_scaled(now.whole, 1 / base_sum), _scaled(base.whole, -sums[0] / base_sum**2)])
        change = frames.small(frames.wrap(total(rows, scopes=account.scopes)))
        spread = change["sd"][0] if "sd" in change.columns else None
        found.append((later, "total", None if spread is None else 100 * NORMAL_95 * spread))
    schema = {"time": pl.String, "line": pl.String, "trend_shared_percent": pl.Float64}
    return pl.DataFrame(found, schema=schema, orient="row")


def _scaled(table: EmissionTable, scale: float) -> EmissionTable:
    names = table.rows.collect_schema().names()
    made = [(nw.col("value") * scale).alias("value")]
    made += [(nw.col(name) * abs(scale)).alias(name) for name in ("sd", "sd_activity", "sd_factor") if name in names]
    return EmissionTable.trusted(table.rows.with_columns(*made), fixed=table.fixed, codes=table.codes)
