"""What of a series makes forecasts doubtful: a break in its growth, too few values, values near zero.

Comes in: series by year. Goes out: findings, which reach the report. Not for: errors of input.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.series import SeriesTable
from citycarbon.strategy.projection.series.yearly import Yearly, yearly_series

_CHANCE = 0.05
_FEW = 20


@method(
    id="strategy.projection.series.series_check",
    gives=FindingTable,
    equation="sup |Σ_{i≤t} (g_i − ḡ)| / (s √n), g = Δ ln y",
    source="ploberger_kraemer_1992",
    status="experimental",
    title=("Check of a series", "序列检查"),
    version=2,
)
def series_check(series: SeriesTable, *, measure: str | None = None, scenario: str | None = None) -> FindingTable:
    """Find what makes a series hard to forecast: a structural break in its growth, a short past, zeros.

    Parameters
    ----------
    series
        Values by year, without gaps; sectors and activities are added up.
    measure
        Measure that is wanted; all of them if left out.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    findings
        ``series.length``: a caveat below twenty values. ``series.constant``: a caveat where no value differs from the first, so
        that bands have no width. ``series.break``: a caveat where the growth rate has no one mean
        (OLS-CUSUM, p below 0.05), naming the year in which the running sum is farthest out. ``series.zero``: a caveat where
        percentages and grey models have no meaning.

    Raises
    ------
    CoverageError
        If a series has gaps or fewer than four values.

    References
    ----------
    Ploberger and Krämer (1992), CUSUM of least-squares residuals, as in statsmodels.

    Examples
    --------
    >>> values = [100 * 1.1 ** min(t, 12) * 0.97 ** max(0, t - 12) for t in range(24)]
    >>> rows = [("A", str(1990 + t), "co2", v * (1 + (t * 7 % 5) / 500), "t") for t, v in enumerate(values)]
    >>> table = SeriesTable(pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row"))
    >>> series_check(table).to_polars().select("check", "verdict", "item").rows()[1]
    ('series.break', 'caveat', 'co2 · 2002')
    """
    try:
        from statsmodels.stats.diagnostic import breaks_cusumolsresid
    except ImportError as error:
        raise InputError("extra_missing", Where(item="series_check"), "statsmodels", extra="stats") from error
    rows: list[tuple[Any, ...]] = []
    for each in yearly_series(series, measure, scenario):
        count = len(each.values)
        few = count < _FEW
        texts = (
            ("few values: the test of a model on its own past says little", "数据较少：历史回测说明力有限")
            if few
            else ("enough values to test models on the past", "数据量足以做历史回测")
        )
        rows.append(
            _row("series.length", each, each.measure, float(count), float(_FEW), "caveat" if few else "agrees", texts)
        )
        if count > 1 and not np.ptp(each.values):
            texts = (
                "no value differs from the first: a band about it has no width and says nothing",
                "各年数值相同：区间无宽度，不说明问题",
            )
            rows.append(_row("series.constant", each, each.measure, 0.0, 0.0, "caveat", texts))
        if (each.values <= 0).any():
            texts = (
                "values of zero or below have no growth rate and no percentage error",
                "零或负值没有增长率与百分比误差",
            )
            year = each.years[int(np.argmax(each.values <= 0))]
            rows.append(
                _row("series.zero", each, f"{each.measure} · {year}", float(each.values.min()), 0.0, "caveat", texts)
            )
            continue
        growth = np.diff(np.log(each.values))
        if count < 8 or np.ptp(growth) < 1e-12:
            continue
        left = growth - growth.mean()
        p = float(breaks_cusumolsresid(left, ddof=1)[1])
        at = each.years[int(np.abs(np.cumsum(left)).argmax()) + 1]
        broken = p < _CHANCE
        en = f"growth is not of one kind: it turns near {at}; models that see one trend will miss"
        zh = f"增长方式在 {at} 年前后改变，单一趋势模型不可靠"
        texts = (en, zh) if broken else ("growth is of one kind throughout", "增长方式前后一致")
        item = f"{each.measure} · {at}" if broken else each.measure
        rows.append(_row("series.break", each, item, p, _CHANCE, "caveat" if broken else "agrees", texts))
    schema = {column.name: pl.Float64 if column.kind == "number" else pl.String for column in FindingTable.columns}
    return FindingTable(pl.DataFrame(rows, schema=schema, orient="row"))


def _row(
    check: str, each: Yearly, item: str, value: float, expected: float, verdict: str, texts: tuple[str, str]
) -> tuple[Any, ...]:
    return (
        check,
        each.place,
        item,
        value,
        expected,
        0.0,
        value - expected,
        "1",
        verdict,
        texts[0] or None,
        texts[1] or None,
    )
