"""Ownership and floor area that follow income: Gompertz and logistic curves, with slow adjustment.

Comes in: a path of income, and curves. Goes out: a path of what each person has. Not for: the stock itself (``turnover``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.series import Floats
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PROVENANCE
from citycarbon.strategy.projection.stocks.model import Numbers, interpolated
from citycarbon.strategy.projection.stocks.tables import EVERY, PathTable

FORMS = ("gompertz", "logistic")


class CurveTable(Table):
    """Curves of saturation: what a person has at an income (gompertz), or after years (logistic)."""

    columns = (
        Column("driver", required=True, empty=False, meaning=("driver that the curve gives", "所给出的驱动变量")),
        Column("form", required=True, empty=False, allowed=FORMS, meaning=("form of the curve", "曲线形式")),
        Column("income", meaning=("driver of income (gompertz)", "收入驱动变量（Gompertz）")),
        Column("saturation", "number", required=True, empty=False, low=0, meaning=("upper level, in unit", "饱和水平")),
        Column("alpha", "number", unit="1", meaning=("α below zero (gompertz)", "参数 α（负）")),
        Column("beta", "number", unit="1", meaning=("β below zero, in 1/unit of income", "参数 β（负）")),
        Column("initial", "number", low=0, meaning=("level at the start (logistic, or known)", "起始水平")),
        Column("growth", "number", unit="1/yr", meaning=("rate (logistic)", "增长率（logistic）")),
        Column("adjustment", "number", low=0, high=1, unit="1/yr", meaning=("part of the way a year; 1 if empty", "年调整比例")),
        Column("unit", required=True, empty=False, meaning=("unit of the driver", "单位")),
        Column("source", meaning=("source", "来源")),
        Column("quality", meaning=("quality of the figure, or a remark", "数据质量或说明")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


def gompertz(income: Floats, saturation: float, alpha: float, beta: float) -> Floats:
    """V = γ exp(α exp(β G)).

    Examples
    --------
    >>> gompertz(np.array([5.0, 10.0, 20.0, 30.0]), 500, -4.5, -0.15).round(4).tolist()
    [59.6777, 183.1897, 399.6409, 475.6192]
    """
    return np.asarray(saturation * np.exp(alpha * np.exp(beta * np.asarray(income, dtype=float))))


def logistic(years: Numbers, saturation: float, initial: float, growth: float) -> Floats:
    """V = K / (1 + (K/V0 − 1) e^(−r t)).

    Examples
    --------
    >>> round(float(logistic(np.array([10.0]), 400, 180, 0.12)[0]), 4)
    292.3707
    """
    return np.asarray(saturation / (1 + (saturation / initial - 1) * np.exp(-growth * np.asarray(years, dtype=float))))


@method(
    id="strategy.projection.stocks.ownership",
    gives=PathTable,
    equation="V* = γ exp(α exp(β G));  V_t = V_{t-1} + θ (V* - V_{t-1})",
    source="dargay_2007",
    status="reproduced",
    title=("Ownership by income", "随收入的保有水平"),
)
def ownership(paths: PathTable, curves: CurveTable, *, start: int, end: int) -> PathTable:
    """Give what a person has, vehicles or floor area, as it follows income towards saturation.

    Parameters
    ----------
    paths
        Paths of income, for Gompertz curves.
    curves
        Curves; ``adjustment`` is how much of the way to the curve is gone in a year.
    start
        [1] First year.
    end
        [1] Last year.

    Returns
    -------
    paths
        The driver of each curve for every year, place and scenario of its income; those of logistic curves hold for all.

    Raises
    ------
    InputError
        An income without a path or parameters that a curve needs; everything at once.

    References
    ----------
    Dargay, Gately and Sommer (2007), equations 1 to 4. Their parameters for China (saturation 807, α −5.897, β −0.146 in thousand
    dollars of 1995) are recalled: a study that uses them says so in ``quality``.

    Examples
    --------
    >>> paths = PathTable(pl.DataFrame({"driver": "income", "time": ["2020", "2030"], "value": [10.0, 20.0], "unit": "1"}))
    >>> curve = pl.DataFrame({"driver": ["cars"], "form": ["gompertz"], "income": ["income"], "saturation": [500.0],
    ...                       "alpha": [-4.5], "beta": [-0.15], "unit": ["1"]})
    >>> ownership(paths, CurveTable(curve), start=2020, end=2030).to_polars()["value"].round(4).to_list()[::10]
    [183.1897, 399.6409]
    """
    rows = paths.to_polars()
    years = np.arange(start, end + 1)
    problems = Problems()
    made: list[pl.DataFrame] = []
    for curve in curves.to_polars().iter_rows(named=True):
        needed = ("income", "alpha", "beta") if curve["form"] == "gompertz" else ("initial", "growth")
        lacking = [name for name in needed if curve[name] is None]
        if lacking:
            problems.add("value_empty", Where(column=lacking[0], item=curve["driver"]), "", column=", ".join(lacking))
            continue
        if curve["form"] == "logistic":
            values = logistic(years - start, curve["saturation"], curve["initial"], curve["growth"])
            made.append(_rows(curve, years, values, EVERY, EVERY))
            continue
        income = rows.filter(pl.col("driver") == curve["income"])
        if not income.height:
            problems.add("driver_missing", Where(column="income", item=curve["income"]), curve["income"])
        for (place, scenario), part in income.sort("time").group_by("place", "scenario", maintain_order=True):
            at = part["time"].cast(pl.Int64).to_numpy()
            if len(at) > 1 and (at[0] > start or at[-1] < end):
                item = f"{curve['income']} · {place} · {scenario}"
                problems.add("path_short", Where(item=item), f"{at[0]}–{at[-1]}", years=f"{start}–{end}")
                continue
            level = part["value"].to_numpy()
            path = np.full(len(years), level[0]) if len(at) == 1 else interpolated(
                at, level, part["interpolation"].to_list(), years)  # fmt: skip
            wanted = gompertz(path, curve["saturation"], curve["alpha"], curve["beta"])
            made.append(
                _rows(curve, years, _adjusted(wanted, curve["initial"], curve["adjustment"]), str(place), str(scenario))
            )
    problems.raise_all()
    return PathTable(pl.concat(made))


def _adjusted(wanted: Floats, initial: float | None, share: float | None) -> Floats:
    """Go a share of the way to the curve each year."""
    if share is None or share == 1:
        return wanted
    made = np.empty(len(wanted))
    made[0] = wanted[0] if initial is None else initial
    for t in range(1, len(wanted)):
        made[t] = made[t - 1] + share * (wanted[t] - made[t - 1])
    return made


def _rows(curve: dict[str, object], years: Numbers, values: Floats, place: str, scenario: str) -> pl.DataFrame:
    return pl.DataFrame({"time": years.astype(str), "value": values}).with_columns(
        pl.lit(curve["driver"]).alias("driver"), pl.lit(place).alias("place"), pl.lit(scenario).alias("scenario"),
        pl.lit(curve["unit"]).alias("unit"), pl.lit("linear").alias("interpolation"),
        pl.lit(curve["source"]).cast(pl.String).alias("source"), pl.lit(curve["quality"]).cast(pl.String).alias("quality"),
    )  # fmt: skip
