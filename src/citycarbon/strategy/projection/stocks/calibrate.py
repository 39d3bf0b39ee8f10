"""Calibration: the base year of a model brought to the inventory, with what was changed.

Comes in: a model and the inventory. Goes out: a factor for each place, sector and carrier. Not for: hiding what does not fit;
what no factor can mend says so.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.sums import added
from citycarbon.core.tables import EmissionTable
from citycarbon.strategy.projection.stocks.model import models_of
from citycarbon.strategy.projection.stocks.tables import EVERY, CalibrationTable, LineTable, PathTable


@method(
    id="strategy.projection.stocks.calibrate",
    gives=CalibrationTable,
    equation="f = E_inventory / E_model, by place, sector and carrier",
    source="leap_2022",
    status="experimental",
    title=("Calibration to the inventory", "按清单校准"),
)
def calibrate(
    paths: PathTable,
    lines: LineTable,
    emissions: EmissionTable,
    *,
    year: int,
    by: str = "activity",
    limit: float = 3.0,
) -> CalibrationTable:
    """Find the factors by which lines meet the inventory in a base year.

    Parameters
    ----------
    paths
        Values of drivers at some years.
    lines
        Lines of the model.
    emissions
        Inventory of the same sectors and gas.
    year
        [1] Base year.
    by
        ``activity``: a factor for each carrier of a sector; ``sector``: one for each sector.
    limit
        [1] Largest factor, and smallest as its inverse; beyond it no factor is given.

    Returns
    -------
    calibration
        Model and inventory side by side with the factor; an empty factor where one of both is zero or the factor would be
        beyond the limit, with the reason.

    Raises
    ------
    InputError
        Several gases, scenarios that differ in the base year, an unknown ``by``.

    References
    ----------
    Heaps (2022): base-year calibration by sector.

    Examples
    --------
    >>> paths = PathTable(pl.DataFrame({"driver": ["use"], "time": ["2020"], "value": [100.0], "unit": ["t"]}))
    >>> both = {"place": "A", "sector": "s", "activity": "gas", "scope": "1", "gas": "CO2", "unit": "t"}
    >>> line, found = both | {"line": "x", "formula": "use"}, both | {"time": "2020", "value": 110.0}
    >>> made = calibrate(paths, LineTable(pl.DataFrame([line])), EmissionTable(pl.DataFrame([found])), year=2020)
    >>> round(made.to_polars()["multiplier"].item(), 9)
    1.1
    """
    if by not in ("activity", "sector"):
        raise InputError("value_not_listed", Where(item="by"), by, known="activity, sector")
    if limit < 1:
        raise InputError("value_out_of_range", Where(item="limit"), limit, range="limit >= 1")
    models = (
        models_of(paths, lines, year, year + 1) if _covers(paths, year + 1) else models_of(paths, lines, year - 1, year)
    )
    keys = ["place", "sector", *(["activity"] if by == "activity" else [])]
    sums = []
    for model in models:
        column = model.years.index(year)
        frame = model.lines.select("place", "sector", "activity", "gas").with_columns(
            pl.Series("model_value", model.values[:, column])
        )
        sums.append(frame.group_by(keys, maintain_order=True).agg(pl.col("model_value").sum()).sort(keys))
    for other in sums[1:]:
        if not other.equals(sums[0]):
            raise InputError("base_years_differ", Where(item=str(year)), ", ".join(each.scenario for each in models))
    gases = {*lines.words("gas"), *emissions.words("gas")}
    if len(gases) > 1:
        raise InputError("sum_alternatives", Where(column="gas"), ", ".join(sorted(gases)), dimension="gas")
    mine = emissions.with_unit("t").to_polars().filter(pl.col("time").str.slice(0, 4) == str(year))
    if not mine.height:
        raise InputError("period_wrong", Where(item="year"), year, known=", ".join(emissions.words("time")[-12:]))
    inventory = added(mine, keys, codes=emissions.codes, free=["scope"]).rename({"value": "inventory_value"})
    both = (
        sums[0]
        .join(inventory, on=keys, how="full", coalesce=True)
        .with_columns(pl.col("model_value", "inventory_value").fill_null(0.0))
    )
    ratio = pl.col("inventory_value") / pl.col("model_value")
    fits = (pl.col("model_value") != 0) & (pl.col("inventory_value") != 0) & ratio.is_between(1 / limit, limit)
    none = pl.col("model_value") == 0
    made = both.sort(keys).with_columns(
        pl.when(fits).then(ratio).alias("multiplier"), pl.lit(str(year)).alias("time"),
        _said(fits, none, ("lines multiplied by the factor", "the model has no line for it", "the inventory has none",
                           "beyond the limit: look at the model")).alias("note_en"),
        _said(fits, none, ("各行乘以系数", "模型没有对应的行", "清单中没有", "超出限度，请检查模型")).alias("note_zh"),
    )  # fmt: skip
    if by == "sector":
        made = made.with_columns(pl.lit(EVERY).alias("activity"))
    return CalibrationTable(made.select(column.name for column in CalibrationTable.columns))


def _said(fits: pl.Expr, none: pl.Expr, words: tuple[str, str, str, str]) -> pl.Expr:
    """What was done, or why nothing was."""
    empty = pl.col("inventory_value") == 0
    made = pl.when(fits).then(pl.lit(words[0])).when(none).then(pl.lit(words[1])).when(empty).then(pl.lit(words[2]))
    return made.otherwise(pl.lit(words[3]))


def _covers(paths: PathTable, year: int) -> bool:
    """Whether paths reach a year."""
    return max((int(time[:4]) for time in paths.words("time")), default=0) >= year
