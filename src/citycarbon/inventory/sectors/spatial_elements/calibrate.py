"""Bottom-up from spatial elements against top-down from statistics: what the range of intensities explains, and what it does not.

Comes in: emissions of elements with their range, and the inventory. Goes out: a calibration by sector, and the calibrated
emissions with the unexplained part as a row of its own. Not for: hiding a gap by scaling.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import UNIT
from citycarbon.core.totals import total
from citycarbon.data.shaping.parts import check_alike, chosen_rows

UNEXPLAINED = "unexplained"
"""Place of what elements do not explain."""


class ElementCalibrationTable(Table):
    """Bottom-up and top-down emissions of each sector, the factor that the range allows, and the rest."""

    holds_totals = True
    columns = (
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        Column("sector", required=True, empty=False, meaning=("sector of the comparison", "比较的部门")),
        Column("bottom_up", "number", required=True, meaning=("from elements, in unit", "要素自下而上值")),
        Column("top_down", "number", required=True, meaning=("of the inventory, in unit", "清单自上而下值")),
        Column(
            "multiplier",
            "number",
            required=True,
            unit="1",
            meaning=("factor that is applied", "采用的校准系数"),
            former=("factor",),
        ),
        Column("needed", "number", unit="1", meaning=("factor that would close the gap", "完全吻合所需系数")),
        Column(
            "lowest",
            "number",
            required=True,
            unit="1",
            meaning=("least factor that the range allows", "允许的最小系数"),
        ),
        Column(
            "highest",
            "number",
            required=True,
            unit="1",
            meaning=("largest factor that the range allows", "允许的最大系数"),
        ),
        Column("unexplained", "number", required=True, meaning=("inventory less calibrated elements", "未解释量")),
        Column("unexplained_share", "number", unit="1", meaning=("its part of the inventory", "未解释份额")),
        UNIT,
        Column("verdict", required=True, empty=False, meaning=("explained, partly or not at all", "结论")),
    )
    __slots__ = ()


@method(
    id="inventory.sectors.spatial_elements.calibrate",
    gives=ElementCalibrationTable,
    equation="k = clip(E_top / E_bottom, 1 - r, 1 + r); rest = E_top - k · E_bottom",
    source="leng2022_spatial",
    status="experimental",
    title=("Calibrate elements to the inventory", "空间要素与清单校准"),
    version=2,
)
def calibrate(
    bottom_up: EmissionTable,
    top_down: EmissionTable,
    *,
    range_share: float = 0.3,
    scopes: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
) -> ElementCalibrationTable:
    """Compare emissions of elements with the inventory sector by sector, and scale only as far as the intensities allow.

    Parameters
    ----------
    bottom_up
        Emissions from elements. Where rows state an sd, the range is two sd of the sector, with shared errors added.
    top_down
        Inventory in sectors that are heads of those of the elements (``buildings`` above ``buildings.public``), or the same.
    range_share
        [1] Range of sectors without an sd: 0.3 lets the factor lie between 0.7 and 1.3.
    scopes
        Named rule by which the scopes of both are added; without it both must be of one scope.
    scenario
        Which scenario, where the rows hold several.
    basis
        Which alternative of accounting, where the rows hold several.

    Returns
    -------
    calibration
        By year and sector of the inventory, and by sector of elements that no sector of the inventory holds. A sector of which
        the inventory has no number (a notation key) is not in the inventory.

    Raises
    ------
    InputError
        If the two differ in unit, gas, metric, basis or scope, either holds several scenarios, or a sector of the inventory is
        head of another one.

    References
    ----------
    Leng et al. (2022): bottom-up and top-down together.

    Examples
    --------
    >>> row = {"place": "p", "time": "2022", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2", "unit": "t"}
    >>> low = EmissionTable(pl.DataFrame([{**row, "value": 80.0}]))
    >>> top = EmissionTable(pl.DataFrame([{**row, "value": 120.0}]))
    >>> made = calibrate(low, top, range_share=0.25).to_polars()
    >>> made.select("multiplier", "needed", "unexplained", "verdict").rows()
    [(1.25, 1.5, 20.0, 'partly explained')]
    """
    bottom_up, top_down = (_of(each, scenario, basis) for each in (bottom_up, top_down))
    check_alike([bottom_up, top_down], scopes=scopes)
    unit = next(word for table in (bottom_up, top_down) for word in table.words("unit"))
    heads = _heads(top_down)
    low = _sums(bottom_up, heads, scopes)
    high = _sums(top_down, heads, scopes).drop("range")
    both = low.join(high, on=["time", "sector"], how="full", coalesce=True, suffix="_top")
    width = pl.col("range").fill_null(range_share)
    both = both.with_columns(
        pl.col("value").fill_null(0.0).alias("bottom_up"), pl.col("value_top").fill_null(0.0).alias("top_down"),
        (1 - width).clip(lower_bound=0.0).alias("lowest"), (1 + width).alias("highest"),
    )  # fmt: skip
    needed = pl.when(pl.col("bottom_up") != 0).then(pl.col("top_down") / pl.col("bottom_up"))
    both = both.with_columns(needed.alias("needed"))
    # Without an inventory there is nothing to fit to, and elements stay as they are.
    known = pl.col("value_top").is_not_null() & pl.col("needed").is_not_null()
    factor = pl.when(known).then(pl.col("needed").clip(pl.col("lowest"), pl.col("highest"))).otherwise(pl.lit(1.0))
    both = both.with_columns(factor.alias("multiplier"))
    rest = pl.col("top_down") - pl.col("multiplier") * pl.col("bottom_up")
    rest = pl.when(rest.abs() > 1e-9 * pl.col("top_down").abs()).then(rest).otherwise(0.0)
    both = both.with_columns(
        rest.alias("unexplained"),
        pl.when(pl.col("top_down") != 0).then(rest / pl.col("top_down")).alias("unexplained_share"),
    )
    closed = pl.col("unexplained") == 0
    verdict = (
        pl.when(pl.col("value_top").is_null()).then(pl.lit("not in the inventory"))
        .when(pl.col("value").is_null()).then(pl.lit("no element"))
        .when(closed).then(pl.lit("explained")).otherwise(pl.lit("partly explained"))
    )  # fmt: skip
    made = both.with_columns(verdict.alias("verdict"), pl.lit(unit).alias("unit")).sort("time", "sector")
    return ElementCalibrationTable(made.select([column.name for column in ElementCalibrationTable.columns]))


@method(
    id="inventory.sectors.spatial_elements.calibrated",
    gives=EmissionTable,
    equation="E' = k · E, and the rest as a row",
    source="leng2022_spatial",
    status="experimental",
    title=("Calibrated emissions of elements", "校准后的要素排放"),
)
def calibrated(bottom_up: EmissionTable, calibration: ElementCalibrationTable) -> EmissionTable:
    """Scale emissions of elements by the factors of a calibration and add what stays unexplained as rows of their own.

    Parameters
    ----------
    bottom_up
        Emissions from elements.
    calibration
        Factors by year and sector.

    Returns
    -------
    emissions
        By place, with one row ``unexplained`` for each sector that does not close; in sum the inventory, and
        what elements give in sectors that it does not have. Where elements give more
        than the inventory even at the least factor, that row is below zero: a correction, written as removal, and no sink.

    References
    ----------
    Leng et al. (2022).

    Examples
    --------
    >>> row = {"place": "p", "time": "2022", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2", "unit": "t"}
    >>> low = EmissionTable(pl.DataFrame([{**row, "value": 80.0}]))
    >>> top = EmissionTable(pl.DataFrame([{**row, "value": 120.0}]))
    >>> calibrated(low, calibrate(low, top, range_share=0.25)).to_polars().select("place", "value").rows()
    [('p', 100.0), ('unexplained', 20.0)]
    """
    known = calibration.to_polars()
    heads = known["sector"].unique().to_list()
    rows = bottom_up.to_polars()
    rows = rows.with_columns(_head(rows["sector"], heads).alias("head"))
    factors = known.select(pl.col("time"), pl.col("sector").alias("head"), "multiplier")
    scaled = rows.join(factors, on=["time", "head"], how="left", maintain_order="left")
    numbers = [name for name in ("value", "sd", "sd_activity", "sd_factor") if bottom_up.has(name)]
    scaled = scaled.with_columns(pl.col(numbers) * pl.col("multiplier").fill_null(1.0)).drop("multiplier", "head")
    gas = rows["gas"].unique()
    rest = known.filter(
        (pl.col("verdict") != "not in the inventory") & (pl.col("unexplained").abs() > 1e-9 * pl.col("top_down").abs())
    )
    flow = pl.when(pl.col("unexplained") < 0).then(pl.lit("removal")).otherwise(pl.lit("emission"))
    left = rest.select(
        pl.lit(UNEXPLAINED).alias("place"), "time", "sector", pl.lit("unexplained").alias("activity"),
        pl.lit(rows["scope"][0] if rows.height else "1").alias("scope"), pl.lit(gas[0] if len(gas) == 1 else "CO2e").alias("gas"),
        pl.col("unexplained").alias("value"), "unit", flow.alias("flow"),
    )  # fmt: skip
    frame = pl.concat([scaled, left], how="diagonal_relaxed")
    return EmissionTable(frame.with_columns(pl.lit("inventory.sectors.spatial_elements.calibrated").alias("method")))


def _of(table: EmissionTable, scenario: str | None, basis: str | None) -> EmissionTable:
    return chosen_rows(table, scenario=scenario, basis=basis)


def _heads(table: EmissionTable) -> list[str]:
    found = table.words("sector")
    inside = [(a, b) for a in found for b in found if b.startswith(a + ".")]
    if inside:
        shown = f"{inside[0][0]} ⊃ {inside[0][1]}"
        raise InputError("sum_parent_child", Where(column="sector"), shown, dimension="sector")
    return found


def _head(sectors: pl.Series, heads: list[str]) -> pl.Series:
    """Give the listed head of each sector, or the sector itself."""
    words = {}
    for sector in sectors.unique().to_list():
        parts = sector.split(".")
        candidates = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
        words[sector] = next((each for each in candidates if each in heads), sector)
    return sectors.replace_strict(words, return_dtype=pl.String) if words else sectors


def _sums(table: EmissionTable, heads: list[str], scopes: str | None) -> pl.DataFrame:
    """Sum by year and head, with two sd over the sum as range where it is stated (errors of one group are shared)."""
    rows = table.filter(scope=SCOPE_RULES[scopes]).to_polars() if scopes in SCOPE_RULES else table.to_polars()
    rows = rows.with_columns(_head(rows["sector"], heads).alias("sector"))
    keys = ["time", "sector"]
    # Codes of sectors stand for heads now, and an element may have two methods for two carriers.
    codes = {name: listed for name, listed in table.codes.items() if name != "sector"}
    summed = total(EmissionTable(rows.drop("method", "sd"), codes=codes), keys, scopes=scopes)
    value = pl.DataFrame(summed).filter(pl.col("value").is_not_null()).select(*keys, "value")
    stated = rows.filter(pl.col("sd").is_not_null())
    grouped = stated.with_row_index("n").with_columns(pl.col("error_group").fill_null(pl.format("row {}", "n")))
    shared = grouped.group_by([*keys, "error_group"], maintain_order=True).agg(pl.col("sd").sum())
    spread = shared.group_by(keys, maintain_order=True).agg((pl.col("sd") ** 2).sum().sqrt())
    made = value.join(spread, on=keys, how="left")
    return made.select(*keys, "value", (2 * pl.col("sd") / pl.col("value").abs()).fill_nan(None).alias("range"))
