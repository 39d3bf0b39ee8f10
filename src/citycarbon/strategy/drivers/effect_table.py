"""The table of effects, and the rows that a decomposition makes of its arrays.

Comes in: effects as arrays. Goes out: an :class:`EffectTable`, ready for a waterfall. Not for: the decomposition.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from citycarbon.core.schema import Column
from citycarbon.core.series import ALL, Floats
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import UNIT
from citycarbon.strategy.drivers.logarithmic_mean import logarithmic_mean

TOTAL = "total"


class EffectTable(Table):
    """What each factor added to a change of a measure; the last row of a change is its total.

    Rows with ``part_of`` are contributions of places or sectors to that whole and are not added to its own rows.
    """

    columns = (
        Column("place", required=True, empty=False, meaning=("place, or group of places", "地点或地点分组")),
        Column("part_of", meaning=("whole of which the row is a part", "所属整体")),
        Column("sector", default=ALL, meaning=("sector of one code list", "部门（单一代码表）")),
        Column("time_from", "period", required=True, empty=False, meaning=("start of the change", "起始时期")),
        Column("time", "period", required=True, empty=False, meaning=("end of the change", "终止时期")),
        Column("reference", meaning=("place or mean that a place is compared with", "对照地点或均值")),
        Column("order", "number", required=True, unit="1", meaning=("place in the chain", "在链中的次序")),
        Column("factor", required=True, empty=False, meaning=("factor, or total", "驱动因子或合计")),
        Column("value", "number", required=True, meaning=("additive effect, in unit", "加法效应")),
        Column(
            "ratio", "number", low=0, unit="1", meaning=("multiplicative effect; ratios multiply", "乘法效应（连乘）")
        ),
        Column("share", "number", unit="1", meaning=("effect in parts of the start", "效应占起点的比例")),
        Column("start", "number", meaning=("running total before the effect", "效应前累计值")),
        Column("end", "number", meaning=("running total after the effect", "效应后累计值")),
        UNIT,
        Column(
            "residual", "number", unit="1",
            meaning=("what effects leave of the change, in parts of the larger end", "残差占较大一端的比例"),
        ),
    )  # fmt: skip
    __slots__ = ()


def effect_rows(
    added: Floats, logs: Floats, before: Floats, after: Floats, names: Sequence[str],
    labels: dict[str, Sequence[str | None]], unit: str, base: Floats | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Give the rows of many changes.

    Parameters
    ----------
    added
        Effects, shape (changes, factors).
    logs
        Logarithms of the multiplicative effects, of the same shape; nan where there is none.
    before, after
        Value at both ends, shape (changes,).
    names
        Names of the factors.
    labels
        Column name to one text for each change.
    unit
        Unit of the values.
    base
        What shares refer to, where that is not ``before``: the start of the whole.
    """
    changes, factors = added.shape
    change = after - before
    left = (change - added.sum(axis=1)) / np.maximum(np.maximum(np.abs(before), np.abs(after)), np.finfo(float).tiny)
    base = before if base is None else base
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = np.exp(np.column_stack([logs, logs.sum(axis=1)]))
        shares = np.column_stack([added, change]) / np.where(base == 0, np.nan, base)[:, None]
    ratios[~np.isfinite(ratios)] = np.nan
    ends = before[:, None] + np.cumsum(added, axis=1)
    starts = np.column_stack([before, ends[:, :-1]])
    rows = factors + 1
    repeat = np.repeat(np.arange(changes), rows)
    texts = {name: pl.Series(name, list(words), dtype=pl.String)[repeat] for name, words in labels.items()}
    factor = pl.Series("factor", [*names, TOTAL], dtype=pl.String)[np.tile(np.arange(rows), changes)]
    figures = {
        "order": np.tile(np.arange(1.0, rows + 1), changes),
        "value": np.column_stack([added, change]).ravel(),
        "ratio": ratios.ravel(),
        "share": shares.ravel(),
        "start": np.column_stack([starts, before]).ravel(),
        "end": np.column_stack([ends, after]).ravel(),
        "residual": np.column_stack([np.full((changes, factors), np.nan), left]).ravel(),
    }
    frame = pl.DataFrame([*texts.values(), factor, *(pl.Series(name, each) for name, each in figures.items())])
    empty = [pl.col(name).fill_nan(None) for name in ("ratio", "share", "residual")]
    return frame.with_columns(*empty, pl.lit(unit).alias("unit"))


def log_ratios(added: Floats, before: Floats, after: Floats) -> Floats:
    """Give the logarithms of multiplicative effects: ln D_k = ΔV_k / L(V^T, V^0); nan where an end is zero.

    Parameters
    ----------
    added
        Effects, shape (…, factors).
    before, after
        Both ends of the whole, shape (…).
    """
    mean = logarithmic_mean(after, before)
    with np.errstate(divide="ignore", invalid="ignore"):
        made: Floats = added / np.where(mean == 0, np.nan, mean)[..., None]
    return made
