"""Inventories that come as a matrix of sectors and fuels: their cells as emissions, and whether their totals hold.

Comes in: cells and printed totals. Goes out: emissions with the printed totals left out, or findings on the totals.
Not for: reading the files (``data.exchange``).
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.sums import added
from citycarbon.core.tables import EmissionTable
from citycarbon.data.classifications import classification
from citycarbon.data.exchange.sector_fuel import SectorFuelTable

EMISSIONS_ID = "inventory.accounting.sector_fuel_emissions"
_KEYS = ("place", "time")


@method(
    id=EMISSIONS_ID,
    gives=EmissionTable,
    equation="E(sector, fuel) as printed; printed totals are left out",
    source="shan2018_ceads",
    status="experimental",
    title=("Emissions of a sector and fuel matrix", "分部门分燃料排放矩阵"),
)
def sector_fuel_emissions(matrix: SectorFuelTable) -> EmissionTable:
    """Take the cells of a printed matrix as CO2 emissions; no total is added to its parts.

    Parameters
    ----------
    matrix
        Cells and printed totals by sector and fuel. Cells that are zero make no row.

    Returns
    -------
    emissions
        CO2 in the printed unit, sectors of the list ``ceads``, scope as the source files each column.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2019", "sector": ["urban", None], "activity": ["lpg", "lpg"],
    ...                      "scope": "1", "part": ["cell", "fuel_total"], "value": [2.0, 2.0], "unit": "Mt"})
    >>> sector_fuel_emissions(SectorFuelTable(rows)).to_polars().select("sector", "value").rows()
    [('urban', 2.0)]
    """
    cells = matrix.to_polars().filter((pl.col("part") == "cell") & (pl.col("value") != 0))
    rows = cells.select("place", "time", "sector", "activity", "scope", "value", "unit", "provenance_id")
    fixed = {"gas": "CO2", "method": EMISSIONS_ID}
    return EmissionTable(rows, fixed=fixed, codes={"sector": classification("ceads")})


@method(
    id="inventory.accounting.sector_fuel_check",
    gives=FindingTable,
    equation="|Σ cells − printed total| ≤ 10⁻⁶ · total, or ≤ (n + 1) · ½ · 10⁻ᵈ of rounding",
    source="shan2018_ceads",
    status="experimental",
    title=("Do the totals of a matrix hold", "矩阵合计核对"),
)
def sector_fuel_check(matrix: SectorFuelTable, *, tolerance: float = 1e-6, decimals: int | None = None) -> FindingTable:
    """Add the cells of every sector, fuel and year and set the sums beside the printed totals.

    Parameters
    ----------
    matrix
        Cells and printed totals by sector and fuel; scope 2 columns are no part of the printed scope 1 total.
    tolerance
        [1] Relative difference up to which a sum agrees.
    decimals
        [1] Decimals to which the source rounds; without them no difference is put down to rounding.

    Returns
    -------
    findings
        One row a place and year that says how many totals agree, with the largest relative difference, and one row for each
        total that does not.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2019", "sector": ["urban", "rural", None], "activity": "lpg",
    ...                      "scope": "1", "part": ["cell", "cell", "fuel_total"], "value": [2.0, 3.0, 5.1], "unit": "Mt"})
    >>> sector_fuel_check(SectorFuelTable(rows)).to_polars().select("item", "verdict").rows()
    [('2019', 'misfit'), ('2019 · lpg', 'misfit')]
    """
    rows = matrix.to_polars()
    cells = rows.filter(pl.col("part") == "cell")
    first = cells.filter(pl.col("scope") == "1")
    sums = [
        _beside(rows, cells, "fuel_total", ["activity"]),
        _beside(rows, first, "sector_total", ["sector"]),
        _beside(rows, first, "total", []),
    ]
    found = pl.concat(sums, how="diagonal").with_columns((pl.col("value") - pl.col("expected")).alias("difference"))
    relative = pl.col("difference").abs() / pl.max_horizontal(pl.col("expected").abs(), 1e-12)
    half = 0.0 if decimals is None else 0.5 * 10.0**-decimals
    by_rounding = (pl.col("parts") + 1) * half + 1e-12
    found = found.with_columns(
        relative.alias("relative"),
        pl.when((relative <= tolerance) | (pl.col("difference").abs() <= 1e-12)).then(pl.lit("agrees"))
        .when(pl.col("difference").abs() <= by_rounding).then(pl.lit("rounding")).otherwise(pl.lit("misfit"))
        .alias("verdict"),
        pl.max_horizontal(tolerance * pl.col("expected").abs(), by_rounding).alias("tolerance"),
    )  # fmt: skip
    return FindingTable(pl.concat([_summary(found), _misses(found)]).sort("place", "item"))


def _beside(rows: pl.DataFrame, cells: pl.DataFrame, part: str, by: list[str]) -> pl.DataFrame:
    """Sums of cells beside the printed totals of one kind."""
    keys = [*_KEYS, *by]
    sums = added(cells, keys, count="parts", free=["scope"])
    printed = rows.filter(pl.col("part") == part).select(*keys, pl.col("value").alias("expected"), "unit")
    name = pl.col(by[0]) if by else pl.lit("total")
    return printed.join(sums, on=keys, how="left", maintain_order="left").select(
        *_KEYS, name.alias("line"), pl.col("value").fill_null(0.0), "expected", "unit", pl.col("parts").fill_null(0)
    )


def _summary(found: pl.DataFrame) -> pl.DataFrame:
    """One row a place and year: how many totals agree, and the worst of them."""
    agrees = pl.col("verdict") == "agrees"
    worst = pl.when((pl.col("verdict") == "misfit").any()).then(pl.lit("misfit"))
    grouped = found.group_by(_KEYS, maintain_order=True).agg(
        agrees.sum().alias("good"), pl.len().alias("all"), pl.col("relative").max().alias("value"),
        worst.when((pl.col("verdict") == "rounding").any()).then(pl.lit("rounding")).otherwise(pl.lit("agrees"))
        .alias("verdict"), (pl.col("verdict") == "rounding").sum().alias("rounded"),
        (pl.col("verdict") == "misfit").sum().alias("bad"),
    )  # fmt: skip
    zero, tolerance = pl.lit(0.0), pl.lit(1e-6)
    return grouped.select(
        pl.lit("totals of a matrix").alias("check"), "place", pl.col("time").alias("item"), "value", zero.alias("expected"),
        tolerance.alias("tolerance"), pl.col("value").alias("difference"), pl.lit("1").alias("unit"), "verdict",
        pl.format("{} of {} printed totals agree with their cells, {} within the rounding of the cells, {} not",
                  "good", "all", "rounded", "bad").alias("explanation_en"),
        pl.format("{} 个（共 {} 个）刊印合计与单元格之和一致，{} 个在取整范围内，{} 个不符", "good", "all", "rounded", "bad")
        .alias("explanation_zh"),
    )  # fmt: skip


def _misses(found: pl.DataFrame) -> pl.DataFrame:
    bad = found.filter(pl.col("verdict") == "misfit")
    return bad.select(
        pl.lit("totals of a matrix").alias("check"), "place", pl.format("{} · {}", "time", "line").alias("item"), "value",
        "expected", "tolerance", "difference", "unit", "verdict",
        pl.lit("the printed total is not the sum of its cells").alias("explanation_en"),
        pl.lit("刊印合计不等于各单元格之和").alias("explanation_zh"),
    )  # fmt: skip
