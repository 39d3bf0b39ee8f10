"""Logarithmic mean Divisia index decomposition: over time, over regions, and between two places.

Comes in: a series of measures and the identity as a chain. Goes out: effects that add to the change and multiply to its ratio.
Not for: models with coefficients (``stirpat``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.series import ALL, Floats, GroupTable, SeriesTable
from citycarbon.strategy.drivers.chain import parse_chain
from citycarbon.strategy.drivers.effect_table import EffectTable, effect_rows, log_ratios
from citycarbon.strategy.drivers.levels import Figures, figures_of, refuse_other_places
from citycarbon.strategy.drivers.logarithmic_mean import effects, unexplained

Numbers = NDArray[Any]
Label = tuple[str, str | None, str]
_KINDS = ("whole", "place", "sector")


@method(
    id="strategy.drivers.lmdi",
    gives=EffectTable,
    equation="ΔV_k = Σ_i L(V_i^T, V_i^0) ln(x_ik^T / x_ik^0);  D_k = exp(ΔV_k / L(V^T, V^0))",
    source="ang_2005",
    status="validated",
    title=("LMDI-I decomposition", "LMDI-I 指数分解"),
    version=2,
)
def lmdi(
    series: SeriesTable,
    groups: GroupTable | None = None,
    *,
    chain: str = "population > gdp > energy > co2",
    periods: str = "",
    chained: bool = True,
    by: str = "whole",
    scenario: str | None = None,
    missing_is_zero: bool = False,
) -> EffectTable:
    """Decompose changes of a measure into effects of the factors of an identity, with no residual.

    Parameters
    ----------
    series
        Measures by place and time, and by sector and activity where the chain keeps them; values of zero or more.
    groups
        Group of each place, if the chain names ``group``.
    chain
        Levels from the first driver to the measure that is decomposed, joined by ``>``; each divided by the one before is a
        factor. ``energy by sector+activity`` keeps sectors and activities; ``by all`` or ``by group`` adds places up, so that the
        next level by place shows the shift between them; ``name: measure`` names a factor; ``in industry|services`` covers some
        sectors only. Identities of parts of the measure, such as firms and homes, are joined by ``;``.
    periods
        Times that bound the periods, joined by commas; if empty, all times that every measure of the chain has.
    chained
        Whether each period is decomposed step by step over its times and added up, or from its first to its last time at once.
    by
        ``whole``: one set of effects a place, or a whole of places. ``place``: also what each place contributes to a whole.
        ``sector``: also what each sector contributes.
    scenario
        Scenario that is wanted, if the series has several.
    missing_is_zero
        Whether an absent sector, carrier or time of a place that has the measure means zero; else a gap is an error. A place
        without any row of a measure is always one.

    Returns
    -------
    effects
        For each place and period a row a factor and a row ``total``: ``value`` adds to the change, ``ratio`` multiplies to the
        ratio of both ends (empty where an end is zero), ``start`` and ``end`` run from one end to the other, ``residual`` is
        what is left. Rows with ``part_of`` are contributions; over parts and factors their ratios multiply to that of the whole.

    Raises
    ------
    InputError
        An unreadable chain or period, values below zero, a driver at zero where what it drives is not.
    CoverageError
        Gaps, or places without a group.

    References
    ----------
    Ang (2005), table 2, for LMDI-I; Ang, Zhang and Choi (1998), table 2, for zeros; a factor whose ratio is zero to zero counts
    as unchanged, m factors that come from zero together share the change.

    Examples
    --------
    >>> rows = [("A", t, s, m, v, "PJ") for m, t, s, v in [
    ...     ("output", "2000", "1", 10), ("output", "2000", "2", 40), ("output", "2010", "1", 40), ("output", "2010", "2", 40),
    ...     ("energy", "2000", "1", 30), ("energy", "2000", "2", 20), ("energy", "2010", "1", 80), ("energy", "2010", "2", 16)]]
    >>> frame = pl.DataFrame(rows, schema=["place", "time", "sector", "measure", "value", "unit"], orient="row")
    >>> made = lmdi(SeriesTable(frame), chain="output > output by sector > energy by sector").to_polars()
    >>> made["value"].round(6).to_list()
    [32.384638, 38.284867, -24.669505, 46.0]
    """
    if by not in _KINDS:
        raise InputError("value_not_listed", Where(item="by"), by, known=", ".join(_KINDS))
    problems = Problems()
    identities = []
    parsed = parse_chain(chain)
    kept = {"whole", *(["place"] if parsed[0][0].over != "place" else []), *parsed[0][-1].kept}
    if by not in kept or (by == "place" and parsed[0][-1].over == "all"):
        raise InputError("value_not_listed", Where(item="by"), by, known=", ".join(k for k in _KINDS if k in kept))
    for each in parsed:
        figures = figures_of(series, each, groups, scenario=scenario, missing_is_zero=missing_is_zero)
        refuse_unexplained(figures, problems)
        identities.append(figures)
    refuse_other_places(identities, problems)
    problems.raise_all()
    times, identities = _same_span(identities)
    bounds = _bounds(times, periods)
    steps = np.arange(bounds[0], bounds[-1] + 1) if chained else np.array(bounds)
    parts = [_Parts.of(figures, steps) for figures in identities]
    wholes = _gathered(parts, "whole")
    kinds = ["whole"] if by == "whole" else ["whole", by]
    frames = [_rows(_gathered(parts, kind), wholes, times, steps, bounds) for kind in kinds]
    return EffectTable(pl.concat([frame for frame in frames if frame.height]))


@dataclass(frozen=True)
class _Parts:
    """Effects of one identity: an array (steps, places, sectors) a factor, and both ends."""

    figures: Figures
    added: list[Floats]
    before: Floats
    after: Floats

    @classmethod
    def of(cls, figures: Figures, steps: Numbers) -> _Parts:
        start = [level[steps[:-1]] for level in figures.levels]
        end = [level[steps[1:]] for level in figures.levels]
        made, before, after = effects(start, end)
        return cls(figures, [each.sum(axis=3) for each in made], before.sum(axis=3), after.sum(axis=3))

    def reduced(self, kind: str) -> tuple[list[Label], list[Floats], Floats, Floats]:
        """Labels (place, part of, sector) and arrays (steps, labels) of one kind of rows."""
        over, places = self.figures.over, self.figures.places
        if kind == "place":
            if over == "place":
                return [], [], np.empty((0, 0)), np.empty((0, 0))
            of = [ALL] * len(places) if over == "all" else self.figures.group_of
            labels: list[Label] = [(place, whole, ALL) for place, whole in zip(places, of, strict=True)]
            return labels, *self._each(lambda values: values.sum(axis=2))
        units = {"place": places, "all": (ALL,), "group": self.figures.groups}[over]
        if kind == "whole":
            return [(unit, None, ALL) for unit in units], *self._each(lambda values: self._units(values).sum(axis=2))
        parts: list[Label] = [(unit, unit, sector) for unit in units for sector in self.figures.sectors]
        return parts, *self._each(lambda values: self._units(values).reshape(len(values), -1))

    def _each(self, of: Callable[[Floats], Floats]) -> tuple[list[Floats], Floats, Floats]:
        return [of(each) for each in self.added], of(self.before), of(self.after)

    def _units(self, values: Floats) -> Floats:
        """Sum places to what is decomposed: each place, groups, or all."""
        if self.figures.over == "place":
            return values
        if self.figures.over == "all":
            return np.asarray(values.sum(axis=1, keepdims=True))
        member = np.array(self.figures.group_of)
        return np.stack([values[:, member == name].sum(axis=1) for name in self.figures.groups], axis=1)


@dataclass(frozen=True)
class _Gathered:
    """Effects of all identities by label: added (steps, labels, factors), before and after (steps, labels)."""

    labels: list[Label]
    names: list[str]
    added: Floats
    before: Floats
    after: Floats
    unit: str


def _gathered(parts: Sequence[_Parts], kind: str) -> _Gathered:
    names = list(dict.fromkeys(name for each in parts for name in each.figures.names))
    reduced = [each.reduced(kind) for each in parts]
    labels = list(dict.fromkeys(label for each in reduced for label in each[0]))
    steps = len(parts[0].before)
    added = np.zeros((steps, len(labels), len(names)))
    before, after = np.zeros((steps, len(labels))), np.zeros((steps, len(labels)))
    number = {label: i for i, label in enumerate(labels)}
    for each, (mine, effect, low, high) in zip(parts, reduced, strict=True):
        at = np.array([number[label] for label in mine], dtype=int)
        if not len(at):
            continue
        for name, values in zip(each.figures.names, effect, strict=True):
            added[:, at, names.index(name)] += values
        before[:, at] += low
        after[:, at] += high
    return _Gathered(labels, names, added, before, after, parts[0].figures.units[-1])


def _rows(
    part: _Gathered, whole: _Gathered, times: Sequence[str], steps: Numbers, bounds: Sequence[int]
) -> pl.DataFrame:
    """Rows of all periods: steps inside a period add up, and their ratios multiply."""
    position = {label[0]: i for i, label in enumerate(whole.labels)}
    own = np.array([position[of if of is not None else place] for place, of, _ in part.labels], dtype=int)
    logs = log_ratios(part.added, whole.before[:, own], whole.after[:, own])
    edges = np.searchsorted(steps, bounds)
    first, last = edges[:-1], edges[1:] - 1
    added = np.add.reduceat(part.added, first, axis=0)
    logs = np.add.reduceat(logs, first, axis=0)
    periods, count = len(first), len(part.labels)
    before, after, base = part.before[first], part.after[last], whole.before[first][:, own]
    place, of, sector = ([label[i] for label in part.labels for _ in range(periods)] for i in range(3))
    texts: dict[str, Sequence[str | None]] = {
        "place": [str(word) for word in place], "part_of": of, "sector": sector,
        "time_from": [times[b] for b in bounds[:-1]] * count, "time": [times[b] for b in bounds[1:]] * count,
    }  # fmt: skip
    factors = len(part.names)

    def by_label(values: Floats) -> Floats:
        return np.swapaxes(values, 0, 1).reshape(-1, *values.shape[2:])

    return effect_rows(
        by_label(added).reshape(-1, factors), by_label(logs).reshape(-1, factors), by_label(before), by_label(after),
        part.names, texts, part.unit, by_label(base),
    )  # fmt: skip


def refuse_unexplained(figures: Figures, problems: Problems) -> None:
    """A driver at zero cannot drive something that is not."""
    for number, wrong in unexplained(figures.levels):
        for t, p, s, a in np.argwhere(wrong)[:5]:
            axes = (figures.times[t], figures.places, figures.sectors, figures.activities)
            words = [axis[i] for axis, i in zip(axes[1:], (p, s, a), strict=True) if len(axis) > i and axis[i] != ALL]
            value = figures.levels[number][t, p, s, a]
            problems.add(
                "driver_zero", Where(item=" · ".join([*words, axes[0]])), f"{value:g}", above=figures.names[number - 1],
                below=figures.names[number],
            )  # fmt: skip


def _same_span(identities: list[Figures]) -> tuple[tuple[str, ...], list[Figures]]:
    """Cut identities that are added to the times that all of them have; they must end in one unit."""
    times = tuple(sorted(set.intersection(*(set(each.times) for each in identities))))
    units = sorted({each.units[-1] for each in identities})
    if len(units) > 1:
        raise InputError("measure_units", Where(item="chain"), ", ".join(units), measure=identities[0].names[-1])
    if len(times) < 2:
        raise InputError("series_short", Where(column="time"), ", ".join(times) or "—", needed=2)
    cut = []
    for each in identities:
        at = [each.times.index(time) for time in times]
        cut.append(replace(each, levels=[level[at] for level in each.levels], times=times))
    return times, cut


def _bounds(times: Sequence[str], periods: str) -> list[int]:
    """Positions of the times that bound the periods."""
    words = [word.strip() for word in periods.split(",") if word.strip()] if periods else list(times)
    known = ", ".join(times if len(times) <= 12 else [*times[:5], "…", *times[-5:]])
    if any(word not in times for word in words) or len(words) < 2 or sorted(set(words)) != words:
        raise InputError("period_wrong", Where(item="periods"), periods or "—", known=known)
    return [times.index(word) for word in words]
