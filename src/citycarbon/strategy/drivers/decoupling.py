"""Decoupling of emissions from output after Tapio: elasticity and its eight states.

Comes in: a series of emissions and output. Goes out: elasticity and state by place and period. Not for: why it is so (``lmdi``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.series import (
    GroupTable,
    SeriesTable,
    check_complete,
    check_measures,
    check_single,
    check_units,
    chosen_scenario,
)
from citycarbon.core.sums import added, check_parts
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE

STATES = (
    "strong decoupling",
    "weak decoupling",
    "expansive coupling",
    "expansive negative decoupling",
    "strong negative decoupling",
    "weak negative decoupling",
    "recessive coupling",
    "recessive decoupling",
)
_LOW, _HIGH = 0.8, 1.2


class DecouplingTable(Table):
    """Elasticity of emissions to output and the state that it means."""

    columns = (
        PLACE,
        Column("time_from", "period", required=True, empty=False, meaning=("start of the change", "起始时期")),
        Column("time", "period", required=True, empty=False, meaning=("end of the change", "终止时期")),
        Column(
            "emission_change", "number", required=True, unit="1", meaning=("relative change of emissions", "排放变化率")
        ),
        Column(
            "output_change", "number", required=True, unit="1", meaning=("relative change of output", "经济产出变化率")
        ),
        Column("elasticity", "number", required=True, unit="1", meaning=("quotient of both", "脱钩弹性指数")),
        Column("state", required=True, empty=False, allowed=STATES, meaning=("state of decoupling", "脱钩状态")),
    )
    __slots__ = ()


@method(
    id="strategy.drivers.decoupling",
    gives=DecouplingTable,
    equation="D = (ΔC / C0) / (ΔG / G0)",
    source="tapio_2005",
    status="reproduced",
    title=("Tapio decoupling", "Tapio 脱钩"),
    version=2,
)
def decoupling(
    series: SeriesTable,
    groups: GroupTable | None = None,
    *,
    emissions: str = "co2",
    output: str = "gdp",
    periods: str = "",
    scenario: str | None = None,
) -> DecouplingTable:
    """Tell how emissions go with output, in the eight states of Tapio.

    Parameters
    ----------
    series
        Emissions and output by place and time; sectors and activities are added up. Output should be in constant prices.
    groups
        Group of each place; groups are then what is told apart.
    emissions
        Measure of emissions.
    output
        Measure of output.
    periods
        Times that bound the periods, joined by commas; all times that both measures have, if empty.
    scenario
        Scenario that is wanted, if the series has several.

    Returns
    -------
    decoupling
        Elasticity and state by place and period. The bounds 0.8 and 1.2 belong to the state below them; unchanged emissions count
        as weak (output grew) or weak negative (output fell).

    Raises
    ------
    InputError
        If output does not change over a period, starts at zero, or emissions start at zero; several units.
    CoverageError
        If a sector lacks a time that others have, a place of a group does, or a place lacks one of both measures.

    References
    ----------
    Tapio (2005); bounds as closed in the table of PMC10559243.

    Examples
    --------
    >>> rows = [("A", "2010", "co2", 100.0, "t"), ("A", "2015", "co2", 110.0, "t"), ("A", "2010", "gdp", 80.0, "CNY"),
    ...         ("A", "2015", "gdp", 100.0, "CNY")]
    >>> frame = pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row")
    >>> made = decoupling(SeriesTable(frame)).to_polars().select("elasticity", "state").row(0)
    >>> round(made[0], 12), made[1]
    (0.4, 'weak decoupling')
    """
    rows = series.to_polars()
    mine = chosen_scenario(rows.filter(pl.col("measure").is_in([emissions, output])), scenario)
    check_single(mine)
    check_units(mine)
    check_measures(mine, [emissions, output])
    check_complete(mine)
    mine = _grouped(mine, groups, series.codes)
    wide = added(mine, ["place", "time", "measure"], codes=series.codes).pivot(
        "measure", index=["place", "time"], values="value"
    )
    known = wide.drop_nulls([emissions, output]).sort("place", "time")
    if periods:
        words = [word.strip() for word in periods.split(",") if word.strip()]
        have = known["time"].unique().sort().to_list()
        if len(words) < 2 or sorted(set(words)) != words or any(word not in have for word in words):
            raise InputError("period_wrong", Where(item="periods"), periods, known=", ".join(have[:20]))
        known = known.filter(pl.col("time").is_in(words))
    pairs = known.with_columns(
        pl.col("time", emissions, output).shift(1).over("place").name.suffix("_from")
    ).drop_nulls("time_from")
    return DecouplingTable(_states(pairs, emissions, output))


def _grouped(rows: pl.DataFrame, groups: GroupTable | None, codes: Mapping[str, CodeList]) -> pl.DataFrame:
    """Put the name of its group in the place of each place; every place needs one, and every group all of its places."""
    if groups is None:
        return rows
    known = dict(groups.to_polars().select("place", "group").iter_rows())
    problems = Problems()
    for place in (place for place in rows["place"].unique().sort().to_list() if place not in known):
        problems.add("place_not_there", Where(column="group", item=place), place, known=", ".join(sorted(known)[:12]))
    problems.raise_all()
    # A year in which one member of a group is lacking would look like a fall of the group.
    places = rows.select("place", "measure").unique(maintain_order=True)
    wanted = places.join(
        rows.select("measure", "time").unique(maintain_order=True), on="measure", maintain_order="left"
    )
    lacking = wanted.join(rows, on=["place", "measure", "time"], how="anti", maintain_order="left")
    for place, measure, time in lacking.select("place", "measure", "time").head(5).iter_rows():
        problems.add("series_gap", Where(item=f"{place} · {time}"), "—", measure=measure)
    problems.raise_all()
    group = pl.col("place").replace_strict(known, return_dtype=pl.String)
    check_parts(rows.select("place", "time", group.alias("group")), ["time", "group"], codes=codes)
    return rows.with_columns(group)


def _states(pairs: pl.DataFrame, emissions: str, output: str) -> pl.DataFrame:
    c0, c1, g0, g1 = (pairs[name].to_numpy() for name in (f"{emissions}_from", emissions, f"{output}_from", output))
    problems = Problems()
    for number in np.flatnonzero((g0 <= 0) | (c0 <= 0) | (g1 == g0))[:5]:
        place, start, end = pairs.select("place", "time_from", "time").row(int(number))
        item = f"{place} · {start}–{end}"
        if g0[number] <= 0 or c0[number] <= 0:
            name, value = (output, g0[number]) if g0[number] <= 0 else (emissions, c0[number])
            problems.add("series_not_positive", Where(item=item), f"{value:g}", measure=name)
        else:
            problems.add("output_still", Where(item=item), f"{output} = {g0[number]:g}")
    problems.raise_all()
    dc, dg = c1 / c0 - 1, g1 / g0 - 1
    d = dc / dg
    near = np.round(d, 12)  # 8 % over 10 % is 0.8, whatever the last binary digit says
    grown = [dc < 0, near <= _LOW, near <= _HIGH]
    fallen = [dc > 0, near <= _LOW, near <= _HIGH]
    number = np.where(dg > 0, np.select(grown, [0, 1, 2], default=3), np.select(fallen, [4, 5, 6], default=7))
    return pairs.select("place", "time_from", "time").with_columns(
        pl.Series("emission_change", dc), pl.Series("output_change", dg), pl.Series("elasticity", d + 0.0),
        pl.Series("state", np.array(STATES)[number]),
    )  # fmt: skip
