"""A made-up case to try element models on: forty plots in a row whose emissions are two tonnes a square metre of floor.

Comes in: nothing. Goes out: the three tables that the methods take. Not for: anything real.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import shapely

from citycarbon.core.series import SeriesTable
from citycarbon.data.layers import Layer
from citycarbon.data.library.elements import ProxyTable

COUNT, SIDE = 40, 100


def forty_places() -> tuple[SeriesTable, ProxyTable, Layer]:
    """Give emissions, amounts of ``floor`` and ``road``, and plots of 100 m; roads have nothing to do with emissions.

    Examples
    --------
    >>> [len(each.to_polars()) for each in forty_places()[:2]]
    [40, 80]
    """
    rows = pl.DataFrame({"number": range(COUNT)}).with_columns(pl.format("c{}", "number").alias("place"))
    floor = (pl.col("number") % 7).cast(pl.Float64)
    measured = rows.select(
        "place", pl.lit("2020").alias("time"), pl.lit("co2e").alias("measure"), value=2 * floor, unit=pl.lit("t")
    )
    parts = [("floor", floor, "m2"), ("road", 1 + pl.col("number").cast(pl.Float64) % 3, "m")]
    amounts = [rows.select("place", proxy=pl.lit(name), value=value, unit=pl.lit(unit)) for name, value, unit in parts]
    west = SIDE * np.arange(COUNT, dtype=float)
    low = np.zeros(COUNT)
    boxes = shapely.box(west, low, west + SIDE, low + SIDE)
    return (
        SeriesTable(measured),
        ProxyTable(pl.concat(amounts)),
        Layer("plots", rows.select("place"), boxes, "EPSG:32650"),
    )
