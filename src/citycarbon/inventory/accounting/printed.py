"""Audit of printed tables: do parts add to totals, do ratios of tables agree, do computed figures meet reported ones.

Comes in: cells of a printed table as they stand, with their decimals. Goes out: findings, every misfit shown and nothing
forced. Not for: correcting the source.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import added, check_parts
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import PLACE, PROVENANCE, UNIT
from citycarbon.core.totals import total
from citycarbon.core.units import conversion
from citycarbon.inventory.accounting.intensity import IntensityTable


class PrintedTable(Table):
    """Cells of printed tables: table, place, item, the item it is part of, value, unit and printed decimals."""

    holds_totals = True
    columns = (
        Column("table", required=True, empty=False, meaning=("number of the table", "表号")),
        PLACE,
        Column("time", "period", meaning=("year", "年份")),
        Column("item", required=True, empty=False, meaning=("line of the table", "条目")),
        Column("part_of", meaning=("line that it adds to", "所属合计项")),
        Column("value", "number", required=True, empty=False, meaning=("as printed", "刊印值")),
        UNIT,
        Column(
            "decimals", "number", required=True, empty=False, low=0, high=9, meaning=("printed decimals", "小数位数")
        ),
        Column("note", meaning=("remark", "备注")),
        PROVENANCE,
    )
    __slots__ = ()


class RatioTable(Table):
    """Ratios that a source implies: scale · numerator · times / denominator should give another printed cell."""

    holds_totals = True
    columns = (
        Column("check", required=True, empty=False, meaning=("name of the check", "检查名称")),
        Column("place", required=True, empty=False, meaning=("place of the result", "地点")),
        Column("numerator", required=True, empty=False, meaning=("TABLE:item", "分子 表:条目")),
        Column("times", meaning=("TABLE:item that multiplies", "乘数 表:条目")),
        Column("denominator", meaning=("TABLE:item; 1 if left out", "分母 表:条目，缺省为 1")),
        Column("denominator_place", meaning=("if another place", "分母地点")),
        Column("scale", "number", required=True, empty=False, meaning=("constant", "系数")),
        Column(
            "expected_item", required=True, empty=False, meaning=("TABLE:item", "期望 表:条目"), former=("expected",)
        ),
        Column("tolerance", "number", low=0, meaning=("if wider than half a printed digit", "允差")),
    )
    __slots__ = ()


class ExplanationTable(Table):
    """Why a check does not come out: text in both languages, by check and place."""

    columns = (
        Column("check", required=True, empty=False, meaning=("name of the check", "检查名称")),
        PLACE,
        Column("explanation_en", required=True, empty=False, meaning=("why, in English", "英文解释")),
        Column("explanation_zh", required=True, empty=False, meaning=("why, in Chinese", "中文解释")),
    )
    __slots__ = ()


@method(
    id="inventory.accounting.printed_sums",
    gives=FindingTable,
    equation="|Σ parts − total| ≤ (n + 1) · ½ · 10⁻ᵈ",
    source="cciced2021",
    status="reproduced",
    title=("Do printed parts add up", "刊印分项是否等于合计"),
)
def printed_sums(printed: PrintedTable, explanations: ExplanationTable | None = None) -> FindingTable:
    """Add the parts of every printed total and say whether rounding explains the difference.

    Parameters
    ----------
    printed
        Cells with ``part_of`` naming the line they add to.
    explanations
        Known reasons of misfits.

    Returns
    -------
    findings
        One row a total: ``agrees``, ``rounding`` (n rounded parts and a rounded total can differ so much) or ``misfit``.

    Examples
    --------
    >>> import polars as pl
    >>> cells = pl.DataFrame({"table": "1", "place": "A", "item": ["a", "b", "t"], "part_of": ["t", "t", None],
    ...                       "value": [0.04, 0.34, 0.39], "unit": "t", "decimals": 2.0})
    >>> printed_sums(PrintedTable(cells)).to_polars()["verdict"].to_list()
    ['rounding']
    """
    rows = printed.to_polars()
    keys = ["table", "place", "time"]
    parts = rows.filter(pl.col("part_of").is_not_null())
    sums = added(parts, [*keys, "part_of"], count="n").rename({"value": "computed"})
    both = rows.join(sums, left_on=[*keys, "item"], right_on=[*keys, "part_of"], nulls_equal=True)
    half = 0.5 * 10.0 ** (-pl.col("decimals"))
    found = both.select(
        pl.format("sum of table {}", pl.col("table")).alias("check"), "place", "item", pl.col("computed").alias("value"),
        pl.col("value").alias("expected"), (half * (pl.col("n") + 1)).alias("tolerance"), "unit",
    )  # fmt: skip
    return _findings(found, explanations)


@method(
    id="inventory.accounting.printed_ratios",
    gives=FindingTable,
    equation="|scale · a · m / b − c| ≤ ½ · 10⁻ᵈ",
    source="cciced2021",
    status="reproduced",
    title=("Do printed tables agree", "刊印表之间是否一致"),
)
def printed_ratios(
    printed: PrintedTable, ratios: RatioTable, explanations: ExplanationTable | None = None
) -> FindingTable:
    """Recompute printed cells as ratios of other printed cells.

    Parameters
    ----------
    printed
        Cells of all tables.
    ratios
        Which cell over which cell should give which cell.
    explanations
        Known reasons of misfits.

    Returns
    -------
    findings
        One row a ratio; the tolerance is half a printed digit of the result, widened by the rounding of the two cells.

    Raises
    ------
    SchemaError
        If a ratio names a cell that is not there.

    Examples
    --------
    >>> import polars as pl
    >>> cells = pl.DataFrame({"table": ["1", "1", "2"], "place": "A", "item": ["people", "households", "size"],
    ...     "value": [10119.0, 4195.0, 2.41], "unit": "1", "decimals": [0.0, 0.0, 2.0]})
    >>> ratio = pl.DataFrame({"check": ["household size"], "place": ["A"], "numerator": ["1:people"],
    ...     "denominator": ["1:households"], "scale": [1.0], "expected_item": ["2:size"]})
    >>> printed_ratios(PrintedTable(cells), RatioTable(ratio)).to_polars()["verdict"].to_list()
    ['agrees']
    """
    cells = printed.to_polars().with_columns(pl.format("{}:{}", pl.col("table"), pl.col("item")).alias("cell"))
    wanted = ratios.to_polars().with_columns(
        pl.coalesce(pl.col("denominator_place"), pl.col("place")).alias("below_place")
    )
    problems = Problems()
    roles = (("numerator", "place"), ("times", "place"), ("denominator", "below_place"), ("expected_item", "place"))
    for role, place in roles:
        named = wanted.select(pl.col(place).alias("place"), pl.col(role).alias("cell")).unique().drop_nulls("cell")
        for item in named.join(cells, on=["place", "cell"], how="anti").sort("place", "cell").iter_rows(named=True):
            problems.add(
                "column_missing", Where(column=role, item=item["place"]), item["cell"], column=item["cell"], aliases="—"
            )
    problems.raise_all()
    slim = cells.select("place", "cell", "value", "unit", "decimals")
    joined = (
        wanted.join(slim, left_on=["place", "numerator"], right_on=["place", "cell"])
        .join(slim, left_on=["place", "times"], right_on=["place", "cell"], suffix="_times", how="left")
        .join(slim, left_on=["below_place", "denominator"], right_on=["place", "cell"], suffix="_below", how="left")
        .join(slim, left_on=["place", "expected_item"], right_on=["place", "cell"], suffix="_printed")
    )
    scale, value = pl.col("scale"), pl.col("value")
    times, below = pl.col("value_times").fill_null(1.0), pl.col("value_below").fill_null(1.0)
    computed = scale * value * times / below
    # How much the result moves by a cell's own rounding; not relative to the cell, which may be a printed zero.
    slopes = {
        "decimals": scale * times / below,
        "decimals_times": scale * value / below,
        "decimals_below": computed / below,
    }
    error = pl.sum_horizontal((_half_digit(name) * slope).abs() for name, slope in slopes.items())
    half = 0.5 * 10.0 ** (-pl.col("decimals_printed"))
    line = pl.col("expected_item").str.split(":").list.last()
    found = joined.select(
        "check", "place", line.alias("item"), computed.alias("value"), pl.col("value_printed").alias("expected"),
        pl.coalesce(pl.col("tolerance"), half + error).alias("tolerance"),
        pl.col("unit_printed").alias("unit"), half.alias("half"),
    )  # fmt: skip
    return _findings(found, explanations)


def _half_digit(decimals: str) -> pl.Expr:
    """Half a printed digit of a cell; a cell without decimals is a count and exact, one that is left out is a constant."""
    return pl.when(pl.col(decimals) > 0).then(0.5 * 10.0 ** (-pl.col(decimals))).otherwise(0.0)


@method(
    id="inventory.accounting.reconcile",
    gives=FindingTable,
    equation="|computed − reported| ≤ ½ · 10⁻ᵈ",
    source="cciced2021",
    status="reproduced",
    title=("Computed beside reported", "计算值与报告值对照"),
)
def reconcile(
    reported: PrintedTable,
    computed: IntensityTable,
    explanations: ExplanationTable | None = None,
    *,
    measure: str = "population",
) -> FindingTable:
    """Set computed intensities beside reported ones, to the printed rounding.

    Parameters
    ----------
    reported
        Printed cells; ``item`` is the sector.
    computed
        Intensities by place and sector.
    explanations
        Known reasons of misfits.
    measure
        Which intensities to take.

    Returns
    -------
    findings
        One row for each place and sector that both tables have, of the year that the printed cell states, if it states one.

    Examples
    --------
    >>> import polars as pl
    >>> cell = pl.DataFrame({"table": ["3-1"], "place": ["A"], "item": ["s"], "value": [0.94], "unit": ["t/person"],
    ...                      "decimals": [2.0]})
    >>> mine = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["s"], "measure": ["population"],
    ...                      "value": [0.9439], "unit": ["t/person"]})
    >>> reconcile(PrintedTable(cell), IntensityTable(mine)).to_polars()["verdict"].to_list()
    ['agrees']
    """
    mine = computed.to_polars().filter(pl.col("measure") == measure)
    return _beside(reported, mine, explanations)


@method(
    id="inventory.accounting.reconcile_totals",
    gives=FindingTable,
    equation="|Σ E − reported| ≤ ½ · 10⁻ᵈ",
    source="cciced2021",
    status="reproduced",
    title=("Computed totals beside reported", "计算总量与报告总量对照"),
)
def reconcile_totals(
    reported: PrintedTable,
    emissions: EmissionTable,
    explanations: ExplanationTable | None = None,
    *,
    scopes: str = "scope_1_2_3",
) -> FindingTable:
    """Set computed totals of places and sectors, all years together, beside reported ones.

    Parameters
    ----------
    reported
        Printed totals; ``item`` is the sector.
    emissions
        Computed rows of one gas.
    explanations
        Known reasons of misfits.
    scopes
        Named rule by which scopes are added.

    Returns
    -------
    findings
        One row for each place and sector that both tables have, in the printed unit.

    Examples
    --------
    >>> import polars as pl
    >>> cell = pl.DataFrame({"table": "t", "place": "A", "item": "works", "value": [3.04], "unit": "万t", "decimals": 2.0})
    >>> mine = pl.DataFrame({"place": "A", "time": "2025", "sector": "works", "activity": "x", "scope": "3", "gas": "CO2",
    ...                      "value": [30420.0], "unit": "t"})
    >>> reconcile_totals(PrintedTable(cell), EmissionTable(mine)).to_polars()["verdict"].to_list()
    ['agrees']
    """
    sums = pl.DataFrame(total(emissions, ["place", "sector"], scopes=scopes)).select("place", "sector", "value", "unit")
    return _beside(reported, sums, explanations)


def _beside(reported: PrintedTable, mine: pl.DataFrame, explanations: ExplanationTable | None) -> FindingTable:
    """Compare printed cells with computed rows of place and sector, in the printed unit and rounding."""
    check_parts(mine, ["place", "sector", "time"])
    both = reported.to_polars().join(mine, left_on=["place", "item"], right_on=["place", "sector"], suffix="_mine")
    if "time" in mine.columns:
        both = both.filter(pl.col("time").is_null() | (pl.col("time") == pl.col("time_mine")))
    scale = {pair: conversion(*pair) for pair in both.select("unit_mine", "unit").unique().iter_rows()}
    factor = pl.struct("unit_mine", "unit").map_elements(
        lambda pair: scale[(pair["unit_mine"], pair["unit"])], return_dtype=pl.Float64
    )
    found = both.select(
        pl.format("computed against table {}", pl.col("table")).alias("check"), "place", "item",
        (pl.col("value_mine") * factor).alias("value"), pl.col("value").alias("expected"),
        (0.5 * 10.0 ** (-pl.col("decimals"))).alias("tolerance"), "unit",
    )  # fmt: skip
    return _findings(found, explanations)


def _findings(found: pl.DataFrame, explanations: ExplanationTable | None) -> FindingTable:
    """Judge differences and attach explanations; a misfit without one says so."""
    difference = pl.col("value") - pl.col("expected")
    # Sums of decimals such as 0.1 + 0.2 carry binary noise of about 1e-16 of their size.
    slack = 1e-9 * (1 + pl.col("expected").abs())
    half = pl.col("half") if "half" in found.columns else pl.lit(0.0)
    single = found["check"].str.starts_with("computed").any() if found.height else False
    close = difference.abs() <= (pl.col("tolerance") if single else half) + slack
    verdict = (
        pl.when(close).then(pl.lit("agrees")).when(difference.abs() <= pl.col("tolerance") + slack)
        .then(pl.lit("rounding")).otherwise(pl.lit("misfit"))
    )  # fmt: skip
    rows = found.with_columns(difference.alias("difference"), verdict.alias("verdict"))
    known = (
        explanations.to_polars()
        if explanations is not None
        else pl.DataFrame(schema=dict.fromkeys([column.name for column in ExplanationTable.columns], pl.String))
    )
    rows = rows.join(known, on=["check", "place"], how="left", maintain_order="left")
    silent = (pl.col("verdict") == "misfit") & pl.col("explanation_en").is_null()
    told = pl.col("verdict") == "misfit"
    rows = rows.with_columns(
        pl.when(silent).then(pl.lit("not explained by the source")).when(told).then(pl.col("explanation_en"))
        .alias("explanation_en"),
        pl.when(silent).then(pl.lit("来源未作解释")).when(told).then(pl.col("explanation_zh")).alias("explanation_zh"),
    )  # fmt: skip
    return FindingTable(rows.select(column.name for column in FindingTable.columns).sort("check", "place", "item"))
