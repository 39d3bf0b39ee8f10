"""Does a reported inventory follow from its own figures: activity times factor, gases to total, one activity for all gases.

Comes in: records. Goes out: a finding for every check that a record allows, and a count of the records that allow none, with
the reason. Not for: correcting figures, or checking them against other factors.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError
from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.units import conversion
from citycarbon.core.warming import WarmingMetric
from citycarbon.data.exchange.closure import (
    KG_PER_T,
    SLACK,
    gas_error,
    gas_sum,
    gas_tonnes,
    last_digit,
    unit_of_file,
    with_gas_unit,
)
from citycarbon.data.exchange.records import GAS_UNITS, GASES, RecordTable
from citycarbon.data.library import warming_metric

METHOD_ID = "inventory.accounting.recompute"
PRODUCT, SUM, ACTIVITY, NONE, TWICE = (
    "activity × factor", "sum of gases", "one activity for all gases", "not checked", "the same record twice",
)  # fmt: skip
_FACTORS = {"CO2": "factor_co2", "CH4": "factor_ch4", "N2O": "factor_n2o"}


@method(
    id=METHOD_ID,
    gives=FindingTable,
    equation="AD · Σ EF_gas · GWP_gas = E; Σ CO2e_gas = E; E_gas / (EF_gas · GWP_gas) is one AD for all gases",
    source="gpc_2021",
    status="reproduced",
    version=2,
    title=("Recompute a reported inventory", "复算报告清单"),
)
def recompute(records: RecordTable, *, gas_metric: str = "AR5-GWP100") -> FindingTable:
    """Recompute every record of a reported inventory from the figures that it states itself.

    Parameters
    ----------
    records
        Records; units of activity and factor are converted where they fit one another. Gases whose sum settles no unit are read
        in the unit that every other row of their file settles.
    gas_metric
        Warming metric by which the source made its CO2e.

    Returns
    -------
    findings
        For a record with amount and factors: their product beside the stated total. With gases and a total: their sum beside
        it. With factors and gases but no amount: the amount that each gas implies, which must be one. ``agrees`` to the last
        printed digit, ``rounding`` if rounded figures explain it, else ``misfit`` with what is known of the reason. Records
        that allow no check are counted by reason (verdict ``caveat``), records that stand twice are named.

    References
    ----------
    Global Protocol for Community-Scale Greenhouse Gas Inventories, version 1.1, equation 5.1 (activity times factor).

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "inventory_year": 2022, "gpc_number": ["I.1.1", "III.4.1"],
    ...     "activity_value": [10.0, None], "activity_unit": ["TJ", None], "factor_co2": [56100.0, None],
    ...     "factor_unit": ["kg/TJ", None], "emission_co2e": [561.0, 5.5], "emission_ch4": [None, 2.0],
    ...     "emission_n2o": [None, 3.0]})
    >>> made = recompute(RecordTable(rows)).to_polars()
    >>> made.select("check", "value", "expected", "verdict").rows()
    [('activity × factor', 561.0, 561.0, 'agrees'), ('sum of gases', 5.0, 5.5, 'rounding')]
    """
    metric = warming_metric(gas_metric)
    rows = records.to_polars().with_row_index("order").with_columns(pl.col("order").cast(pl.Int64))
    settled = with_gas_unit(rows.drop("gas_unit"), metric)
    of_file = unit_of_file(settled, metric)
    rows = settled.with_columns(pl.coalesce(settled["gas_unit"], rows["gas_unit"], of_file).alias("gas_unit"))
    rows = rows.with_columns(_item().alias("item"), _unit_scale(rows).alias("unit_scale"))
    parts = [_products(rows, metric), _sums(rows, metric), _implied(rows, metric)]
    checked = pl.concat(parts).sort("order", maintain_order=True)
    open_rows = rows.filter(~pl.col("order").is_in(checked["order"].to_list()))
    found = _judged(checked, rows)
    return FindingTable(pl.concat([found, _unchecked(open_rows, rows.height), _doubled(rows)]))


def _item() -> pl.Expr:
    """Name a record: number, activity, and the row that it came from."""
    row = pl.col("provenance_id").str.extract(r":(\d+)$")
    parts = [pl.col("gpc_number").fill_null("—"), pl.col("fuel_or_activity"), pl.format("(row {})", row)]
    return pl.concat_str(parts, separator=" ", ignore_nulls=True)


def _unit_scale(rows: pl.DataFrame) -> pl.Series:
    """Give t of gas per (activity unit × factor) for each row, null where the two units do not fit one another."""
    scales: dict[tuple[str, str], float | None] = {}
    for activity, factor in rows.select("activity_unit", "factor_unit").unique().drop_nulls().iter_rows():
        top, mark, below = factor.replace(" CO2e", "").partition("/")
        try:
            scales[(activity, factor)] = conversion(activity, below) * conversion(top, "t") if mark else None
        except InputError:
            scales[(activity, factor)] = None
    pairs = rows.select("activity_unit", "factor_unit").iter_rows()
    return pl.Series([scales.get(pair) for pair in pairs], dtype=pl.Float64)


def _has_factor() -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_not_null() for name in (*_FACTORS.values(), "factor_co2e"))


def _products(rows: pl.DataFrame, metric: WarmingMetric) -> pl.DataFrame:
    """Activity × factor × potential against the stated total; a factor of CO2e counts alone."""
    fits = pl.col("activity_value").is_not_null() & _has_factor() & pl.col("unit_scale").is_not_null()
    gases = pl.sum_horizontal((pl.col(name) * metric.factors[gas]).fill_null(0.0) for gas, name in _FACTORS.items())
    errors = pl.sum_horizontal(
        (last_digit(name) * metric.factors[gas]).fill_null(0.0) for gas, name in _FACTORS.items()
    )
    single = pl.any_horizontal(pl.col(name).is_not_null() for name in _FACTORS.values())
    factor = pl.when(single).then(gases).otherwise(pl.col("factor_co2e"))
    slope = pl.when(single).then(errors).otherwise(last_digit("factor_co2e"))
    amount, scale = pl.col("activity_value"), pl.col("unit_scale")
    off = (amount.abs() * slope + last_digit("activity_value") * factor.abs()) * scale * 0.5
    return _check(rows.filter(fits & pl.col("emission_co2e").is_not_null()), PRODUCT, amount * factor * scale, off)


def _sums(rows: pl.DataFrame, metric: WarmingMetric) -> pl.DataFrame:
    """Σ gases against the stated total, where the unit of the gases is settled or was stated."""
    parts = []
    for unit in GAS_UNITS:
        total, error = gas_sum(unit, metric)
        some = rows.filter((pl.col("gas_unit") == unit) & total.is_not_null() & pl.col("emission_co2e").is_not_null())
        parts.append(_check(some, SUM, total, error))
    # Gases of a file that settles no unit are shown as if they were t CO2e, as the heading of the framework says.
    total, error = gas_sum("t CO2e", metric)
    some = rows.filter(pl.col("gas_unit").is_null() & total.is_not_null() & pl.col("emission_co2e").is_not_null())
    return pl.concat([*parts, _check(some, SUM, total, error)])


def _implied(rows: pl.DataFrame, metric: WarmingMetric) -> pl.DataFrame:
    """Without an amount, two gases with factors imply it twice; the least and the greatest must be one."""
    parts = []
    for unit in [unit for unit in GAS_UNITS if rows.filter(pl.col("gas_unit") == unit).height]:
        amounts, errors = [], []
        for gas, name in _FACTORS.items():
            potential = pl.col(name) * metric.factors[gas]
            usable = pl.col(GASES[gas]).is_not_null() & (pl.col(name) != 0)
            amounts.append(pl.when(usable).then(gas_tonnes(gas, unit, metric) * KG_PER_T / potential))
            own = gas_error(gas, unit, metric) * KG_PER_T / potential.abs()
            own = own + amounts[-1].abs() * (last_digit(name) / pl.col(name)).abs()
            errors.append(pl.when(usable).then(own))
        several = pl.sum_horizontal(amount.is_not_null().cast(pl.Int64) for amount in amounts) > 1
        some = rows.filter((pl.col("gas_unit") == unit) & pl.col("activity_value").is_null() & several)
        made = _check(some, ACTIVITY, pl.max_horizontal(amounts), pl.sum_horizontal(e.fill_null(0.0) for e in errors),
                      expected=pl.min_horizontal(amounts), own=pl.lit(0.0))  # fmt: skip
        parts.append(made.with_columns(pl.lit("amount that the factors imply").alias("unit")))
    empty = _check(rows.head(0), ACTIVITY, pl.col("emission_co2e"), pl.lit(0.0))
    return pl.concat([empty, *parts])


def _check(
    rows: pl.DataFrame,
    name: str,
    value: pl.Expr,
    error: pl.Expr,
    *,
    expected: pl.Expr | None = None,
    own: pl.Expr | None = None,
) -> pl.DataFrame:
    due = pl.col("emission_co2e") if expected is None else expected
    digit = last_digit("emission_co2e") if own is None else own
    return rows.select(
        pl.lit(name).alias("check"), "place", "item", value.alias("value"), due.alias("expected"),
        (error + digit).cast(pl.Float64).alias("tolerance"), pl.lit("t CO2e").alias("unit"),
        (digit * 0.5).cast(pl.Float64).alias("half"), "order",
    )  # fmt: skip


def _judged(checked: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    exact = pl.col("value") - pl.col("expected")
    noise = exact.abs() <= 1e-12 * pl.col("expected").abs()
    difference = pl.when(noise).then(0.0).otherwise(exact)
    slack = SLACK * (1 + pl.col("expected").abs())
    verdict = (
        pl.when(difference.abs() <= pl.col("half") + slack).then(pl.lit("agrees"))
        .when(difference.abs() <= pl.col("tolerance") + slack).then(pl.lit("rounding")).otherwise(pl.lit("misfit"))
    )  # fmt: skip
    made = checked.with_columns(difference.alias("difference"), verdict.alias("verdict"))
    ratio = pl.col("value") / pl.col("expected")
    share = (difference / pl.col("expected") * 100).round(2)
    thousand = ((ratio / KG_PER_T - 1).abs() < 1e-3) | ((ratio * KG_PER_T - 1).abs() < 1e-3)
    absent = _absent_gases(rows)
    made = made.join(absent, on="order", how="left", maintain_order="left")
    english = (
        pl.when(thousand).then(pl.lit("off by a factor of 1000: kg and t were mixed up"))
        .when((pl.col("check") == SUM) & (difference < 0) & (pl.col("absent") != ""))
        .then(pl.format("the gases stated lack {} t CO2e ({} %); nothing is stated for {}", difference.abs().round(3),
                        share.abs(), "absent"))
        .otherwise(pl.format("differs by {} % and rounding does not explain it", share))
    )  # fmt: skip
    chinese = (
        pl.when(thousand).then(pl.lit("相差 1000 倍：kg 与 t 混淆"))
        .when((pl.col("check") == SUM) & (difference < 0) & (pl.col("absent") != ""))
        .then(pl.format("所列气体少 {} t CO2e（{}%）；未列 {}", difference.abs().round(3), share.abs(), "absent"))
        .otherwise(pl.format("相差 {}%，舍入无法解释", share))
    )  # fmt: skip
    wrong = pl.col("verdict") == "misfit"
    texts = [
        pl.when(wrong).then(text).alias(name)
        for text, name in ((english, "explanation_en"), (chinese, "explanation_zh"))
    ]
    return made.with_columns(texts).select(column.name for column in FindingTable.columns)


def _absent_gases(rows: pl.DataFrame) -> pl.DataFrame:
    words = [pl.when(pl.col(name).is_null()).then(pl.lit(gas)) for gas, name in GASES.items()]
    others = pl.concat_str([*words, pl.lit("other gases")], separator=", ", ignore_nulls=True)
    return rows.select("order", others.alias("absent"))


def _unchecked(rows: pl.DataFrame, whole: int) -> pl.DataFrame:
    """Count by reason the records that allow no check."""
    misfit = pl.col("activity_value").is_not_null() & _has_factor() & pl.col("unit_scale").is_null()
    bare = pl.col("activity_value").fill_null(0.0) == 0.0
    reasons = (
        pl.when(pl.col("notation").is_not_null()).then(pl.lit("key"))
        .when(pl.col("emission_co2e").is_null()).then(pl.lit("no total"))
        .when(misfit).then(pl.lit("units"))
        .when(bare).then(pl.lit("total only")).otherwise(pl.lit("no factor"))
    )  # fmt: skip
    first = pl.col("provenance_id").str.extract(r":(\d+)$").drop_nulls().head(12).str.join(", ").alias("rows")
    marked = rows.with_columns(reasons.alias("reason"))
    counted = marked.group_by("reason", "place", maintain_order=True).agg(pl.len().alias("count"), first)
    texts = pl.DataFrame([(key, *pair) for key, pair in _REASONS.items()], schema=["reason", "en", "zh"], orient="row")
    made = counted.join(texts, on="reason", maintain_order="left").select(
        pl.lit(NONE).alias("check"), "place", pl.col("reason").alias("item"), pl.col("count").cast(pl.Float64).alias("value"),
        pl.lit(float(whole)).alias("expected"), pl.lit(None, dtype=pl.Float64).alias("tolerance"),
        pl.lit(None, dtype=pl.Float64).alias("difference"), pl.lit("records").alias("unit"), pl.lit("caveat").alias("verdict"),
        pl.format("{}: rows {}", "en", "rows").alias("explanation_en"),
        pl.format("{}：第 {} 行", "zh", "rows").alias("explanation_zh"),
    )  # fmt: skip
    return made.select(column.name for column in FindingTable.columns)


_REASONS = {
    "key": ("a notation key stands in place of a number", "以标记代替数值"),
    "no total": ("gases without a total", "有气体而无合计"),
    "units": ("the unit of the factor does not fit that of the activity", "因子单位与活动单位不符"),
    "total only": ("a total without amount, factor or gases", "只有合计，无活动水平、因子或气体"),
    "no factor": ("an amount and a total, and neither factor nor gases", "有活动水平与合计，无因子与气体"),
}
"""Why a record allows no check."""


def _doubled(rows: pl.DataFrame) -> pl.DataFrame:
    """Name records that say the same in every field but their row."""
    fields = [name for name in rows.columns if name not in ("order", "item", "provenance_id", "gas_unit_reason")]
    twice = rows.filter(pl.struct(fields).is_duplicated() & pl.col("emission_co2e").is_not_null())
    made = twice.select(
        pl.lit(TWICE).alias("check"), "place", "item", pl.col("emission_co2e").alias("value"),
        pl.col("emission_co2e").alias("expected"), pl.lit(0.0).alias("tolerance"), pl.lit(0.0).alias("difference"),
        pl.lit("t CO2e").alias("unit"), pl.lit("caveat").alias("verdict"),
        pl.lit("another record says the same in every field").alias("explanation_en"),
        pl.lit("另有一条各列相同的记录").alias("explanation_zh"),
    )  # fmt: skip
    return made.select(column.name for column in FindingTable.columns)
