"""Series of named quantities: what decomposition and projection read and write.

Comes in: rows of place, time and measure. Goes out: a checked :class:`SeriesTable`, and dense arrays of it for numeric work.
Not for: emissions with gases and scopes (:class:`~citycarbon.core.tables.EmissionTable`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.schema import Column
from citycarbon.core.sums import check_periods
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE, PROVENANCE, SCENARIO, SD, TIME, UNIT

ALL = "all"
"""Label of a row that stands for all sectors or all activities."""
DIMENSIONS = ("place", "sector", "activity")
Floats = NDArray[np.float64]


class SeriesTable(Table):
    """A quantity over time: population, output, energy, emissions. One row is one place, time and measure.

    ``sector`` and ``activity`` say what part of the measure a row is; a row that leaves them out stands for all of it.
    """

    columns = (
        PLACE,
        TIME,
        Column("sector", default=ALL, meaning=("sector of one code list", "部门（单一代码表）")),
        Column("activity", default=ALL, meaning=("carrier, process or service", "能源品种、过程或服务")),
        Column("measure", required=True, empty=False, meaning=("what is counted", "指标")),
        SCENARIO,
        Column("value", "number", required=True, empty=False, meaning=("amount, in unit", "数量，单位见 unit")),
        UNIT,
        SD,
        Column("source", meaning=("source", "来源")),
        PROVENANCE,
    )
    __slots__ = ()


SERIES_KEYS = ("place", "time", "sector", "activity", "measure", "scenario")
"""Columns in which no two rows of a series may agree."""


class GroupTable(Table):
    """Places and the group that each belongs to: provinces in the east, centre and west."""

    columns = (
        PLACE,
        Column("group", required=True, empty=False, meaning=("group of places", "地点分组")),
        Column("name_en", meaning=("English name", "英文名")),
        Column("name_zh", meaning=("Chinese name", "中文名")),
    )
    __slots__ = ()


@dataclass(frozen=True)
class Dense:
    """One measure as an array of shape (times, places, sectors, activities); ``nan`` where there is no row."""

    values: Floats
    times: tuple[str, ...]
    places: tuple[str, ...]
    sectors: tuple[str, ...]
    activities: tuple[str, ...]
    unit: str


def where_of(row: dict[str, object], column: str = "value") -> Where:
    """Say where a row of a table came from."""
    item = " · ".join(str(row[name]) for name in ("place", "time", "measure") if row.get(name))
    return Where.of(row, column, item or None)


def check_single(rows: pl.DataFrame) -> None:
    """Refuse two rows of one place, time, sector, activity, measure and scenario.

    Raises
    ------
    SchemaError
        With the first such rows.
    """
    keys = [name for name in SERIES_KEYS if name in rows.columns]
    problems = Problems()
    for row in rows.filter(pl.struct(keys).is_duplicated()).head(5).iter_rows(named=True):
        problems.add("row_duplicate", where_of(row, "measure"), row["measure"], key=", ".join(keys))
    problems.raise_all()


def check_units(rows: pl.DataFrame) -> None:
    """Refuse measures that stand in several units: they are about to be added or compared.

    Raises
    ------
    UnitError
        With each such measure.
    """
    problems = Problems()
    units = rows.group_by("measure", maintain_order=True).agg(pl.col("unit").unique().sort())
    for measure, listed in units.filter(pl.col("unit").list.len() > 1).iter_rows():
        problems.add("measure_units", Where(column="unit", item=measure), ", ".join(listed), measure=measure)
    problems.raise_all()


def check_measures(rows: pl.DataFrame, measures: Sequence[str]) -> None:
    """Refuse places that have one of the measures and no row of another: what is not stated is no zero.

    Raises
    ------
    CoverageError
        With each such place and measure.
    """
    problems = Problems()
    places = labels_of(rows, "place")
    for name in measures:
        have = set(labels_of(rows.filter(pl.col("measure").cast(pl.String) == name), "place"))
        if not have:
            problems.add("measure_units", Where(item=name), "—", measure=name)
            continue
        for place in (place for place in places if place not in have):
            problems.add("place_without_measure", Where(column="place", item=place), place, measure=name)
    problems.raise_all()


def check_complete(rows: pl.DataFrame) -> None:
    """Refuse series whose parts do not have the same times: a sector that lacks a year would look like a fall of the sum.

    Raises
    ------
    CoverageError
        With the first sectors or activities that lack a time which others of the place and measure have.
    """
    keys = ["place", "measure", "scenario"]
    parts = rows.select(*keys, "sector", "activity").unique(maintain_order=True)
    if parts.select(pl.struct(keys).is_duplicated().any()).item() is not True:
        return
    wanted = parts.join(rows.select(*keys, "time").unique(maintain_order=True), on=keys, maintain_order="left")
    lacking = wanted.join(rows, on=[*keys, "sector", "activity", "time"], how="anti", maintain_order="left")
    problems = Problems()
    for row in lacking.head(5).iter_rows(named=True):
        words = [row["place"], *(row[name] for name in ("sector", "activity") if row[name] != ALL), row["time"]]
        problems.add("series_gap", Where(item=" · ".join(words)), "—", measure=row["measure"])
    problems.raise_all()


def single_scenario(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of a table that must have one scenario, for methods that let nobody choose.

    Raises
    ------
    InputError
        ``scenario_single`` if it has several.
    """
    known = rows["scenario"].cast(pl.String).unique().sort().to_list()
    if len(known) > 1:
        raise InputError("scenario_single", Where(column="scenario"), ", ".join(known))
    return rows


def chosen_scenario(rows: pl.DataFrame, scenario: str | None = None) -> pl.DataFrame:
    """Keep one scenario, whose rows must be parts that add and times that follow one another.

    Raises
    ------
    InputError
        If the table has several scenarios and none is named, or not the named one.
    DoubleCountError
        If a year stands beside its months, or a row for all sectors or activities beside one of them.
    """
    known = rows["scenario"].unique().sort().to_list()
    if scenario is None and len(known) > 1:
        raise InputError("scenario_needed", Where(column="scenario"), ", ".join(known))
    if scenario is not None and scenario not in known:
        raise InputError("value_not_listed", Where(column="scenario"), scenario, known=", ".join(known) or "—")
    chosen = rows if scenario is None else rows.filter(pl.col("scenario") == scenario)
    check_periods(chosen)
    _check_wholes(chosen)
    return chosen


def _check_wholes(rows: pl.DataFrame) -> None:
    """Refuse a row that stands for all sectors, or all activities of a sector, beside a row of one of them."""
    problems = Problems()
    for name, kept in (("sector", ("place", "time", "measure")), ("activity", ("place", "time", "measure", "sector"))):
        keys, words = list(kept), pl.col(name).cast(pl.String)
        if rows[name].n_unique() < 2:
            continue
        both = rows.group_by(keys).agg(
            (words == ALL).any().alias("whole"), words.filter(words != ALL).min().alias("part")
        )
        for row in both.filter(pl.col("whole") & pl.col("part").is_not_null()).sort(keys).head(5).iter_rows(named=True):
            item = " · ".join(str(row[key]) for key in ("place", "time", "measure"))
            problems.add("sum_parent_child", Where(column=name, item=item), f"{ALL} ⊃ {row['part']}", dimension=name)
    problems.raise_all()


def dense(rows: pl.DataFrame, measure: str, kept: Sequence[str], axes: dict[str, tuple[str, ...]]) -> Dense:
    """Give a measure as an array, summed over the dimensions that are not kept.

    Parameters
    ----------
    rows
        Rows of a series of one scenario.
    measure
        Measure that is wanted; it must have one unit.
    kept
        Which of place, sector and activity are kept.
    axes
        Labels of ``time`` and of each kept dimension, in order.

    Raises
    ------
    SchemaError
        If the measure has several units.
    """
    mine = rows.filter(pl.col("measure") == measure)
    units = mine["unit"].unique().sort().to_list()
    if len(units) != 1:
        raise InputError("measure_units", Where(item=measure), ", ".join(units) or "—", measure=measure)
    sizes = [len(axes["time"]), *(len(axes[name]) if name in kept else 1 for name in DIMENSIONS)]
    index = np.zeros(mine.height, dtype=np.int64)
    for name, size in zip(("time", *DIMENSIONS), sizes, strict=True):
        index *= size
        if name == "time" or name in kept:
            index += _positions(mine[name], axes[name])
    flat = np.full(int(np.prod(sizes)), np.nan)
    values = mine["value"].to_numpy()
    if len(values) and (np.bincount(index, minlength=1).max() > 1):
        # Several rows add up: in the order of the file, so that the sum repeats to the last digit.
        sums = np.bincount(index, weights=values, minlength=len(flat))
        flat[np.unique(index)] = sums[np.unique(index)]
    else:
        flat[index] = values
    labels = {name: axes[name] if name in kept else (ALL,) for name in DIMENSIONS}
    return Dense(
        flat.reshape(sizes), axes["time"], labels["place"], labels["sector"], labels["activity"], str(units[0])
    )


def _positions(column: pl.Series, labels: tuple[str, ...]) -> NDArray[np.int64]:
    """Number of each label among the labels of an axis."""
    return column.cast(pl.String).cast(pl.Enum(list(labels))).to_physical().to_numpy().astype(np.int64)


def labels_of(rows: pl.DataFrame, name: str) -> tuple[str, ...]:
    """Distinct labels of a column, in order."""
    return tuple(str(word) for word in rows[name].unique().cast(pl.String).sort().to_list())
