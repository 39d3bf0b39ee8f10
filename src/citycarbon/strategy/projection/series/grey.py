"""Grey models of a short series, with the figures by which they are judged.

Comes in: series by year. Goes out: parameters, grade and validity of GM(1,1) and of the grey power model. Not for: forecasts with
intervals (``forecast``), nor whether they are any good on data unseen (``back_test``).
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.series import SeriesTable
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE
from citycarbon.strategy.projection.series.grey_models import (
    LEAST,
    GreyFit,
    class_ratios_valid,
    fit_grey,
    fit_power,
    grade,
)
from citycarbon.strategy.projection.series.yearly import yearly_series

GRADES = ("good", "qualified", "just qualified", "not qualified")


class GreyTable(Table):
    """Parameters and grade of grey models by place and measure, with the next values that they give."""

    columns = (
        PLACE,
        Column("measure", required=True, empty=False, meaning=("what is counted", "指标")),
        Column("model", required=True, empty=False, meaning=("model", "模型")),
        Column("development", "number", required=True, unit="1", meaning=("development coefficient a", "发展系数 a")),
        Column("grey_input", "number", required=True, unit="1", meaning=("grey input b", "灰作用量 b")),
        Column("power", "number", required=True, unit="1", meaning=("power of the running mean", "幂指数 α")),
        Column("mape", "number", required=True, low=0, unit="1", meaning=("error in sample", "拟合平均相对误差")),
        Column("posterior_ratio", "number", required=True, low=0, unit="1", meaning=("S2 over S1", "后验差比 C")),
        Column("small_errors", "number", required=True, low=0, unit="1", meaning=("share of small errors", "小误差概率 P")),
        Column("grade", required=True, allowed=GRADES, meaning=("grade of the fit", "精度等级")),
        Column("class_ratios", required=True, allowed=("valid", "outside"), meaning=("whether GM(1,1) is sound", "级比检验")),
        Column("reach", required=True, allowed=("long", "short", "none"), meaning=("how far it may reach", "适用预测期")),
        Column("next_value", "number", meaning=("next value, in the unit of the series", "下一期预测值")),
        Column("unit", required=True, empty=False, meaning=("unit of the series", "序列单位")),
    )  # fmt: skip
    __slots__ = ()


@method(
    id="strategy.projection.series.grey",
    gives=GreyTable,
    equation="x0(k) + a z1(k) = b z1(k)^α;  α = 0: GM(1,1)",
    source="deng_1982",
    status="reproduced",
    title=("Grey models", "灰色模型"),
    version=2,
)
def grey(series: SeriesTable, *, measure: str | None = None, last: int = 0, scenario: str | None = None) -> GreyTable:
    """Fit GM(1,1) and the grey power model (a reading of NMGM) and judge the fits.

    Parameters
    ----------
    series
        Values above zero by year, without gaps; sectors and activities are added up.
    measure
        Measure that is wanted; all of them if left out.
    last
        [1] Number of last values that are used; 0 for all.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    fits
        A row for ``gm11`` and one for ``mngm``. ``reach``: ``long`` for −a up to 0.3, ``short`` below 0.8, else ``none``; a good
        grade says that the past is fitted, not that the future is met.

    Raises
    ------
    InputError
        Values of zero or below, fewer than four values, gaps.

    References
    ----------
    Deng (1982); grades by the posterior ratio C and small-error probability P as in Chinese textbooks. The power model with the
    power of least in-sample error is a reading of NMGM(1,1,α) of Wang et al. (2018), whose equation was not seen.

    Examples
    --------
    >>> rows = [("A", str(2010 + t), "x", v, "t") for t, v in enumerate([2.874, 3.278, 3.337, 3.390, 3.679])]
    >>> table = SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))
    >>> made = grey(table).to_polars()
    >>> made.select("model", pl.col("development", "power", "next_value").round(5), "grade").rows()
    [('gm11', -0.0372, 0.0, 3.75066, 'good'), ('mngm', -0.07864, -0.135, 3.86256, 'good')]
    """
    problems = Problems()
    found = yearly_series(series, measure, scenario, least=LEAST)
    for each in found:
        low = each.values.min()
        if low <= 0:
            year = each.years[int(each.values.argmin())]
            problems.add("series_not_positive", Where(item=f"{each.name} · {year}"), f"{low:g}", measure=each.measure)
    if last and last < LEAST:
        problems.add("series_short", Where(item="last"), last, needed=LEAST)
    problems.raise_all()
    rows = []
    for each in found:
        values = each.values[-last:] if last else each.values
        valid = "valid" if class_ratios_valid(values) else "outside"
        for name, fit in (("gm11", fit_grey(values)), ("mngm", fit_power(values))):
            rows.append((each.place, each.measure, name, *_figures(fit), valid, _reach(fit.a), _next(fit), each.unit))
    schema = {column.name: pl.Float64 if column.kind == "number" else pl.String for column in GreyTable.columns}
    return GreyTable(pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("next_value").fill_nan(None)))


def _figures(fit: GreyFit) -> tuple[float, float, float, float, float, float, str]:
    ratio, small = fit.posterior_ratio, fit.small_error_probability
    return fit.a, fit.b, fit.power, fit.mape, ratio, small, grade(ratio, small)


def _reach(a: float) -> str:
    return "long" if -a <= 0.3 else "short" if -a < 0.8 else "none"


def _next(fit: GreyFit) -> float:
    return float(fit.values(len(fit.series) + 1)[-1])
