"""What an energy balance says about itself: does it close, do its parts add up, what is not burnt, what must not count twice.

Comes in: an energy balance, and properties of fuels if the carbon of transformation is wanted. Goes out: findings, every
misfit shown and nothing forced. Not for: activity data, which ``inventory.sectors.energy_balance`` makes and which refuses a
table that does not close.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.sums import added
from citycarbon.core.tables import FactorTable
from citycarbon.data.exchange.balance_names import balance_columns, balance_rows
from citycarbon.inventory.sectors import balance_misfits, balance_notes
from citycarbon.inventory.sectors.balance_lines import KEYS, BalanceTable, Lines, columns_of_kind, settled
from citycarbon.inventory.sectors.balance_misfits import EXACT

METHOD_ID = "inventory.sectors.balance_check"
COLUMNS = [
    "check",
    "place",
    "item",
    "value",
    "expected",
    "tolerance",
    "unit",
    "verdict",
    "explanation_en",
    "explanation_zh",
]


@method(
    id=METHOD_ID,
    gives=FindingTable,
    equation="supply + transformation − losses − final consumption − statistical difference = 0, for each fuel",
    source="nbs_energy_balance",
    status="reproduced",
    title=("Check of an energy balance", "能源平衡表检查"),
)
def balance_check(
    balance: BalanceTable, factors: FactorTable | None = None, *, tolerance: float = 0.005
) -> FindingTable:
    """Check an energy balance and say what an inventory must know about it.

    Checks: ``balance`` (one line a fuel), ``statistical difference``, ``parts of a row``, ``contained in a row``,
    ``total consumption``, ``total column``, ``sign``. Notes (verdict ``caveat``): net import of electricity and heat,
    electricity made in the place beside electricity used, equal value suspected, raw materials and products that are not
    burnt, fuel lost, gases of blast furnaces beside the coke that they come from, carbon that transformation did not hand on.

    Parameters
    ----------
    balance
        The balance in physical units or coal equivalent.
    factors
        net_calorific_value and carbon_content of fuels; gives the carbon of coal washing, coking, refining and gas making.
    tolerance
        [1] misfit that is a caveat and no misfit, relative to the largest section, where printed digits do not explain it.

    Returns
    -------
    findings
        Figures in the unit of the fuel; ``item`` is year, fuel and row.

    Raises
    ------
    InputError
        If a row, fuel or unit is unknown, or a figure stands twice.

    References
    ----------
    China Energy Statistical Yearbook, explanatory notes on regional energy balances.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"row": ["可供本地区消费的能源量", "火力发电", "终端消费量", "平衡差额"],
    ...                       "value": [20092.2, -13728.2, 6423.0, -59.1]})
    >>> table = table.with_columns(place=pl.lit("A"), time=pl.lit("2005"), activity=pl.lit("原煤"), unit=pl.lit("万吨标准煤"))
    >>> balance_check(BalanceTable(table)).to_polars().select("check", "value", "expected", "verdict").row(0)
    ('balance', -59.0, -59.1, 'rounding')
    """
    problems = Problems()
    if not 0 <= tolerance < 1:
        problems.add("parameter_wrong", Where(item="tolerance"), tolerance, expected_value="0 <= tolerance < 1")
    problems.raise_all()
    lines = settled(balance)
    found = [
        _balances(lines, tolerance),
        _differences(lines, tolerance),
        _parts(lines, tolerance),
        _contained(lines),
        _consumption(lines, tolerance),
        _total_columns(lines, tolerance),
        _signs(lines),
        balance_notes.trade(lines),
        balance_notes.electricity_twice(lines),
        balance_notes.equal_value(lines),
        balance_notes.not_burnt(lines),
        balance_notes.derived_gases(lines),
        *([balance_notes.carbon(lines, factors)] if factors is not None else []),
    ]
    rows = pl.concat([each.select(COLUMNS) for each in found], how="vertical_relaxed")
    order = [column.name for column in FindingTable.columns]
    rows = rows.with_columns(pl.col("value", "expected", "tolerance").round(9))
    difference = (pl.col("value") - pl.col("expected")).round(9)
    return FindingTable(
        rows.with_columns(pl.when(difference == 0).then(0.0).otherwise(difference).alias("difference")).select(order)
    )


def item(*more: str) -> pl.Expr:
    """Write year, fuel and what else tells a finding."""
    return pl.concat_str([pl.col("time"), pl.col("activity"), *[pl.col(name) for name in more]], separator=" ")


def _verdict(difference: pl.Expr, rounding: pl.Expr, allowed: pl.Expr, size: pl.Expr) -> pl.Expr:
    noise = EXACT * size
    return (
        pl.when(difference.abs() <= noise).then(pl.lit("agrees"))
        .when(difference.abs() <= rounding + noise).then(pl.lit("rounding"))
        .when(difference.abs() <= allowed + noise).then(pl.lit("caveat"))
        .otherwise(pl.lit("misfit"))
    )  # fmt: skip


def _texts(en: pl.Expr, zh: pl.Expr) -> list[pl.Expr]:
    return [en.cast(pl.String).alias("explanation_en"), zh.cast(pl.String).alias("explanation_zh")]


def _balances(lines: Lines, tolerance: float) -> pl.DataFrame:
    rows = balance_misfits.identities(lines, tolerance)
    verdict = _verdict(pl.col("misfit"), pl.col("rounding"), pl.col("allowed"), pl.col("throughput"))
    verdict = pl.when(pl.col("checkable")).then(verdict).otherwise(pl.lit("caveat"))
    sums = [pl.col(name).round(6) for name in ("supply", "transformation", "losses", "final")]
    shown = pl.format("{} + ({}) − {} − {}", *sums)
    missing_en = "the table has no supply or no final consumption, so that nothing can be checked"
    missing_zh = "表中没有可供量或终端消费量，无法检查"
    share = (100 * pl.col("misfit").abs() / pl.col("throughput")).round(3)
    open_en = pl.format("{}; misfit of {} % of the largest section", shown, share)
    open_zh = pl.format("{}；不平衡量为最大一项的 {} %", shown, share)
    rows = rows.with_columns(verdict.alias("verdict"))
    closes = pl.col("verdict").is_in(["agrees", "rounding"])
    texts = [
        pl.when(~pl.col("checkable")).then(pl.lit(missing)).when(closes).then(shown).otherwise(text)
        for missing, text in ((missing_en, open_en), (missing_zh, open_zh))
    ]
    return rows.with_columns(
        pl.lit("balance").alias("check"), item().alias("item"), pl.col("computed").alias("value"),
        pl.col("allowed").alias("tolerance"), *_texts(*texts),
    )  # fmt: skip


def _differences(lines: Lines, tolerance: float) -> pl.DataFrame:
    """A stated difference that is large: the balance closes, and still does not know where the energy went."""
    rows = balance_misfits.identities(lines, tolerance)
    large = rows.filter((pl.col("stated").abs() > tolerance * pl.col("throughput")) & (pl.col("stated") != 0))
    share = (100 * pl.col("stated").abs() / pl.col("throughput")).round(2)
    return large.with_columns(
        pl.lit("statistical difference").alias("check"), item().alias("item"), pl.col("stated").alias("value"),
        pl.lit(0.0).alias("expected"), (tolerance * pl.col("throughput")).alias("tolerance"), pl.lit("caveat").alias("verdict"),
        *_texts(pl.format("the source states a difference of {} % of the largest section; it is not accounted", share),
                pl.format("原表平衡差额为最大一项的 {} %，未计入核算", share)),
    )  # fmt: skip


def _parts(lines: Lines, tolerance: float) -> pl.DataFrame:
    rows = balance_misfits.parts(lines, tolerance)
    size = pl.max_horizontal(pl.col("value").abs(), pl.col("expected").abs())
    verdict = _verdict(pl.col("difference"), pl.col("rounding"), pl.col("allowed"), size)
    rows = rows.with_columns(verdict.alias("verdict")).filter(pl.col("verdict") != "agrees")
    return rows.with_columns(
        pl.lit("parts of a row").alias("check"), item("row").alias("item"), pl.col("allowed").alias("tolerance"),
        *_texts(pl.lit("sum of the parts beside the row"), pl.lit("分项之和与合计行")),
    )  # fmt: skip


def _contained(lines: Lines) -> pl.DataFrame:
    return balance_misfits.contained(lines).with_columns(
        pl.lit("contained in a row").alias("check"), item("row").alias("item"), pl.lit(0.0).alias("tolerance"),
        pl.lit("misfit").alias("verdict"),
        *_texts(pl.lit("what a row contains is more than the row"), pl.lit("其中项大于该行")),
    )  # fmt: skip


def _consumption(lines: Lines, tolerance: float) -> pl.DataFrame:
    """Total consumption is final consumption, losses and what went into transformation; it is never added to them."""
    inputs = [pl.col(code) for code in balance_rows().filter(pl.col("parent") == "transformation")["code"]]
    taken = pl.sum_horizontal([pl.min_horizontal(each.fill_null(0.0), 0.0) for each in inputs])
    computed = pl.col("final").fill_null(0.0) + pl.col("losses").fill_null(0.0) - taken
    rows = lines.whole.filter(pl.col("total").is_not_null()).with_columns(computed.alias("value"))
    rows = rows.join(balance_misfits.digits(lines), on=list(KEYS), maintain_order="left")
    size, expected = pl.max_horizontal(pl.col("value").abs(), pl.col("total").abs()), pl.col("total")
    rounding = balance_misfits.rounding(len(inputs) + 3, size)
    allowed = pl.max_horizontal(rounding, tolerance * size)
    verdict = _verdict(pl.col("value") - expected, rounding, allowed, size).replace("misfit", "caveat")
    return rows.with_columns(
        pl.lit("total consumption").alias("check"), item().alias("item"), expected.alias("expected"),
        allowed.alias("tolerance"), verdict.alias("verdict"),
        *_texts(pl.lit("final consumption + losses + inputs of transformation; sources differ on coal washing"),
                pl.lit("终端消费 + 损失 + 加工转换投入；各地对煤炭洗选的处理不同")),
    )  # fmt: skip


def _total_columns(lines: Lines, tolerance: float) -> pl.DataFrame:
    """Totals of coal and of petroleum products beside their columns, row by row, where all have one unit."""
    parents = (
        balance_columns().filter(pl.col("parent").is_not_null()).select("parent", pl.col("code").alias("activity"))
    )
    facts = lines.facts.select("place", "time", "row", "activity", "value", "unit")
    sums = added(facts.join(parents, on="activity"), ["place", "time", "row", "parent", "unit"], count="n")
    keys = ["place", "time", "row", "unit"]
    both = facts.rename({"value": "expected"}).join(
        sums, left_on=[*keys, "activity"], right_on=[*keys, "parent"], maintain_order="left"
    )
    both = both.join(balance_misfits.digits(lines), on=list(KEYS), maintain_order="left")
    size = pl.max_horizontal(pl.col("value").abs(), pl.col("expected").abs())
    rounding = balance_misfits.rounding(pl.col("n") + 1, size)
    allowed = pl.max_horizontal(rounding, tolerance * size)
    verdict = _verdict(pl.col("value") - pl.col("expected"), rounding, allowed, size)
    both = both.with_columns(verdict.alias("verdict"), allowed.alias("tolerance")).filter(pl.col("verdict") != "agrees")
    return both.with_columns(
        pl.lit("total column").alias("check"), item("row").alias("item"), pl.col("verdict").replace("misfit", "caveat"),
        *_texts(pl.lit("sum of the columns beside the total column; the total is not accounted"),
                pl.lit("各品种之和与合计列；合计列不计入核算")),
    )  # fmt: skip


def _signs(lines: Lines) -> pl.DataFrame:
    carriers = pl.col("activity").is_in(columns_of_kind("fuel", "carrier", "total"))
    rows = balance_misfits.wrong_signs(lines).filter(carriers)
    plus = pl.col("sign") == "+"
    return rows.with_columns(
        pl.lit("sign").alias("check"), item("row").alias("item"), pl.lit(0.0).alias("expected"),
        pl.lit(0.0).alias("tolerance"), pl.lit("misfit").alias("verdict"),
        *_texts(pl.when(plus).then(pl.lit("this row cannot be negative"))
                .otherwise(pl.lit("outflows and inputs are negative in a balance")),
                pl.when(plus).then(pl.lit("该行不能为负")).otherwise(pl.lit("平衡表中调出与投入为负"))),
    )  # fmt: skip
