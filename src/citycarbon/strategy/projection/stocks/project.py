"""End-use accounting: drivers multiply to emissions, line by line and year by year.

Comes in: paths of drivers and lines. Goes out: emissions of every scenario and year. Not for: chances (``simulate``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from citycarbon.core.method import method
from citycarbon.core.tables import EmissionTable
from citycarbon.strategy.projection.stocks.model import Model, models_of
from citycarbon.strategy.projection.stocks.tables import CalibrationTable, LineTable, PathTable

METHOD_ID = "strategy.projection.stocks.project"


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_l(t) = Π_d x_d(t)^k: activity × intensity × factor",
    source="leap_2022",
    status="experimental",
    title=("End-use projection", "终端用能情景推演"),
)
def project(
    paths: PathTable, lines: LineTable, calibration: CalibrationTable | None = None, *, start: int, end: int
) -> EmissionTable:
    """Project emissions by end use: each line multiplies its drivers in each year of each scenario.

    Parameters
    ----------
    paths
        Values of drivers at some years; a driver of every place or scenario says ``all``.
    lines
        Lines: place, sector, carrier and formula; lines of scope ``sink`` count as removals.
    calibration
        Factors on lines, from ``calibrate``.
    start
        [1] First year.
    end
        [1] Last year.

    Returns
    -------
    emissions
        A row a line, year and scenario, in tonnes; ``provenance_id`` names the line.

    Raises
    ------
    InputError
        Formulas that cannot be read, drivers that are missing or do not cover the years, units that do not give a mass.

    References
    ----------
    Heaps (2022), LEAP: activity level × energy intensity × emission factor by end use. A grid that changes is a path of its
    factor.

    Examples
    --------
    >>> paths = pl.DataFrame({"driver": ["people", "people", "use", "factor"], "time": ["2020", "2022", "2020", "2020"],
    ...                       "value": [100.0, 120.0, 2.0, 0.5], "unit": ["person", "person", "MWh/person", "t/MWh"]})
    >>> lines = pl.DataFrame({"line": ["homes"], "place": ["A"], "sector": ["homes"], "activity": ["electricity"],
    ...                       "scope": ["2"], "gas": ["CO2"], "formula": ["people * use * factor"], "unit": ["t"]})
    >>> made = project(PathTable(paths), LineTable(lines), start=2020, end=2022).to_polars()
    >>> made.select("time", "scenario", "value").rows()
    [('2020', 'projected', 100.0), ('2021', 'projected', 110.0), ('2022', 'projected', 120.0)]
    """
    return EmissionTable(pl.concat([_rows(each) for each in models_of(paths, lines, start, end, calibration)]))


def _rows(model: Model) -> pl.DataFrame:
    count = len(model.years)
    repeat = np.repeat(np.arange(model.lines.height), count)
    labels = model.lines.select("place", "sector", "activity", "scope", "gas", "metric", "line")[repeat]
    flow = pl.when(pl.col("value") < 0).then(pl.lit("removal")).otherwise(pl.lit("emission")).alias("flow")
    return labels.rename({"line": "provenance_id"}).with_columns(
        pl.Series("time", np.tile(np.array(model.years).astype(str), model.lines.height)),
        pl.Series("value", model.values.ravel()), pl.lit("t").alias("unit"), pl.lit(model.scenario).alias("scenario"),
        pl.lit(METHOD_ID).alias("method"),
    ).with_columns(flow)  # fmt: skip
