"""The figures of a chain: one array a level, with every gap, wrong sign and driver at zero told at once.

Comes in: a series and the chain of an identity. Goes out: arrays of shape (times, places, sectors, activities), an axis that a
level does not keep having length one. Not for: effects (``logarithmic_mean``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.series import (
    ALL,
    DIMENSIONS,
    Dense,
    Floats,
    GroupTable,
    SeriesTable,
    check_measures,
    check_single,
    chosen_scenario,
    dense,
    labels_of,
)
from citycarbon.core.sums import check_parts
from citycarbon.strategy.drivers.chain import Level


@dataclass(frozen=True)
class Figures:
    """Arrays of the levels of one identity and the labels of their axes."""

    levels: list[Floats]
    names: list[str]
    times: tuple[str, ...]
    places: tuple[str, ...]
    sectors: tuple[str, ...]
    activities: tuple[str, ...]
    groups: tuple[str, ...]
    group_of: tuple[str, ...]
    units: list[str]
    over: str


def figures_of(
    series: SeriesTable,
    chain: Sequence[Level],
    groups: GroupTable | None = None,
    *,
    scenario: str | None = None,
    missing_is_zero: bool = False,
    together: bool = False,
) -> Figures:
    """Give the figures of a chain over the times that all its measures have.

    Parameters
    ----------
    series
        Measures by place and time.
    chain
        Levels of an identity.
    groups
        Group of each place; needed if the chain names ``group``.
    scenario
        Scenario that is wanted, if the series has several.
    missing_is_zero
        Whether an absent sector, carrier or time of a place that has the measure means zero. A place without any row of a
        measure is refused all the same: nobody knows what it emits.
    together
        Whether the caller adds places or takes their mean, whatever the chain says.

    Raises
    ------
    DoubleCountError
        If a place or sector stands beside one that contains it, and both would be added.
    InputError
        Gaps, places without a measure, two rows of one fact, several units, values below zero, places without a group.
    """
    wanted = list(dict.fromkeys(level.measure for level in chain))
    rows = series.to_polars()
    mine = chosen_scenario(rows.filter(pl.col("measure").cast(pl.String).is_in(wanted)), scenario)
    check_measures(mine, wanted)
    _check_parts(mine, chain, groups, series.codes, together=together)
    times = _common_times(mine, wanted)
    mine = mine.filter(pl.col("time").cast(pl.String).is_in(times))
    axes = {"time": times} | {name: labels_of(mine, name) for name in DIMENSIONS}
    problems = Problems()
    full = {name: _full(mine, name, axes, missing_is_zero, problems) for name in wanted}
    problems.raise_all()
    for name, array in full.items():
        _refuse_negative(array, name, problems)
    problems.raise_all()
    member = _members(axes["place"], groups, any(level.over == "group" for level in chain))
    shown = [_covered(full[level.measure], level, problems) for level in chain]
    problems.raise_all()
    if not missing_is_zero:
        _refuse_holes([full[level.measure] for level in chain], shown, chain, problems)
        problems.raise_all()
    levels = [_level(values, level, member) for values, level in zip(shown, chain, strict=True)]
    numbers, names = member
    return Figures(
        levels,
        [level.name for level in chain],
        times,
        axes["place"],
        axes["sector"],
        axes["activity"],
        names,
        tuple(names[number] for number in numbers) if names else (),
        [full[level.measure].unit for level in chain],
        chain[0].over,
    )


def _check_parts(
    rows: pl.DataFrame,
    chain: Sequence[Level],
    groups: GroupTable | None,
    codes: Mapping[str, CodeList],
    *,
    together: bool,
) -> None:
    """Sectors of a level are added, by themselves or with their effects; so are places, as far as the chain says."""
    for level in chain:
        mine = rows.filter(pl.col("measure").cast(pl.String) == level.measure)
        if level.sectors:
            mine = mine.filter(pl.col("sector").cast(pl.String).is_in(list(level.sectors)))
        check_parts(mine.select("place", "time", "sector"), ["place", "time"], codes=codes)
    over = "all" if together else chain[0].over
    mine = rows.select("place", "time").unique(maintain_order=True)
    if over == "group" and groups is not None:
        mine = mine.join(groups.to_polars().select("place", "group"), on="place", how="left", maintain_order="left")
    check_parts(mine, ["time", *([] if over == "all" else [over])], codes=codes)


def _common_times(rows: pl.DataFrame, measures: Sequence[str]) -> tuple[str, ...]:
    """Times that every measure has; a time inside that span which one lacks is a gap."""
    times = {name: set(labels_of(rows.filter(pl.col("measure").cast(pl.String) == name), "time")) for name in measures}
    common = sorted(set.intersection(*times.values()))
    if not common:
        shown = "; ".join(f"{name}: {min(have)}–{max(have)}" for name, have in times.items())
        raise InputError("series_gap", Where(column="time"), shown, measure=", ".join(measures))
    problems = Problems()
    for name, have in times.items():
        union = set.union(*times.values())
        for time in sorted(t for t in union if common[0] < t < common[-1] and t not in have)[:5]:
            problems.add("series_gap", Where(column="time", item=time), "—", measure=name)
    problems.raise_all()
    return tuple(common)


def refuse_other_places(parts: Sequence[Figures], problems: Problems) -> None:
    """Identities that are added to one whole must be of the same places."""
    every = sorted({place for each in parts for place in each.places})
    for each in parts:
        for place in (place for place in every if place not in each.places):
            problems.add("place_without_measure", Where(column="place", item=place), place, measure=each.names[-1])


def _full(
    rows: pl.DataFrame, measure: str, axes: dict[str, tuple[str, ...]], missing_is_zero: bool, problems: Problems
) -> Dense:
    """One measure over all dimensions; two rows of one fact and gaps in time are refused."""
    made = dense(rows, measure, DIMENSIONS, axes)
    empty = np.isnan(made.values)
    if empty.size - int(empty.sum()) != rows.select((pl.col("measure") == measure).sum()).item():
        check_single(rows)
    if missing_is_zero or not empty.any():
        return Dense(np.nan_to_num(made.values, nan=0.0), *_labels(made)) if empty.any() else made
    # A combination that never occurs is no gap; one that occurs at some times only is.
    partly = empty & ~empty.all(axis=0, keepdims=True)
    for t, p, s, a in np.argwhere(partly)[:5]:
        words = [made.places[p], *(w for w in (made.sectors[s], made.activities[a]) if w != ALL), made.times[t]]
        problems.add("series_gap", Where(item=" · ".join(words)), "—", measure=measure)
    return made


def _refuse_holes(full: Sequence[Dense], shown: Sequence[Floats], chain: Sequence[Level], problems: Problems) -> None:
    """Where a driver is above zero, what it drives must have a row: a sector of energy without its co2 is a gap.

    Inside a dimension that the upper level adds up, a part is missing only if other places have it: electricity may be energy
    without a row of co2 anywhere.
    """
    for number, (above, below) in enumerate(pairwise(chain)):
        if above.measure == below.measure:
            continue
        here, there, made = shown[number], shown[number + 1], full[number + 1]
        drop = tuple(axis for axis, name in ((2, "sector"), (3, "activity")) if name not in above.kept)
        found = (_sum(here, drop) > 0) & np.isnan(_sum(there, drop))
        if not found.any():
            found = (here > 0) & np.isnan(there) & _told_apart(there, made)
        for t, p, s, a in np.argwhere(found)[:5]:
            parts = ((made.sectors, s, 2), (made.activities, a, 3))
            words = [labels[i] for labels, i, axis in parts if len(labels) == found.shape[axis] and labels[i] != ALL]
            problems.add("series_gap", Where(item=" · ".join([made.places[p], *words, made.times[t]])), "—",
                         measure=below.measure)  # fmt: skip


def _told_apart(values: Floats, made: Dense) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Parts that some place has, in places that state the measure by parts and not as one row for all of them."""
    known = ~np.isnan(values).all(axis=(0, 1), keepdims=True)
    for axis, labels in ((2, made.sectors), (3, made.activities)):
        if len(labels) > 1 and ALL in labels:
            whole = ~np.isnan(np.take(values, [labels.index(ALL)], axis=axis)).all(axis=(0, 2, 3), keepdims=True)
            part = np.array([label != ALL for label in labels])
            known = known & ~whole & (part[:, None] if axis == 2 else part)
    return np.asarray(known)


def _labels(made: Dense) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], str]:
    return made.times, made.places, made.sectors, made.activities, made.unit


def _refuse_negative(made: Dense, measure: str, problems: Problems) -> None:
    with np.errstate(invalid="ignore"):
        below = made.values < 0
    for t, p, s, a in np.argwhere(below)[:5]:
        words = [made.places[p], *(w for w in (made.sectors[s], made.activities[a]) if w != ALL), made.times[t]]
        problems.add("driver_sign", Where(item=" · ".join([measure, *words])), f"{made.values[t, p, s, a]:g}")


def _members(
    places: tuple[str, ...], groups: GroupTable | None, needed: bool
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], tuple[str, ...]]:
    """Number of the group of each place, and the names of the groups."""
    if groups is None:
        if needed:
            raise InputError("parameter_missing", Where(item="groups"), "", column="groups")
        return np.zeros(len(places), dtype=np.int64), ()
    known = dict(groups.to_polars().select("place", "group").iter_rows())
    problems = Problems()
    for place in (place for place in places if place not in known):
        problems.add("place_not_there", Where(column="group", item=place), place, known=", ".join(sorted(known)[:12]))
    problems.raise_all()
    names = tuple(dict.fromkeys(known[place] for place in known if place in places))
    return np.array([names.index(known[place]) for place in places], dtype=np.int64), names


def _covered(made: Dense, level: Level, problems: Problems) -> Floats:
    """Leave out the sectors that a level does not cover."""
    for sector in (sector for sector in level.sectors if sector not in made.sectors):
        problems.add("value_not_listed", Where(item="chain"), sector, known=", ".join(made.sectors[:12]))
    if not level.sectors:
        return made.values
    outside = np.array([sector not in level.sectors for sector in made.sectors])
    values = made.values.copy()
    values[:, :, outside] = np.nan
    return values


def _level(
    full: Floats, level: Level, member: tuple[np.ndarray[tuple[int], np.dtype[np.int64]], tuple[str, ...]]
) -> Floats:
    """Sum the dimensions that a level does not keep; nan where nothing is."""
    drop = tuple(
        axis for axis, name in ((2, "sector"), (3, "activity")) if name not in level.kept and full.shape[axis] > 1
    )
    values = _sum(full, drop)
    if level.over == "all":
        return _sum(values, (1,))
    if level.over == "group":
        groups = np.stack([_sum(values[:, member[0] == g], (1,))[:, 0] for g in range(len(member[1]))], axis=1)
        return groups[:, member[0]]
    return values


def _sum(values: Floats, axes: tuple[int, ...]) -> Floats:
    if not axes:
        return values
    empty = np.isnan(values).all(axis=axes, keepdims=True)
    made: Floats = np.nansum(values, axis=axes, keepdims=True)
    made[empty] = np.nan
    return made
