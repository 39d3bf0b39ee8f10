"""Why one city emits more than another: the difference of two places, or of a place and the mean, by one identity.

Comes in: a series of measures of several places. Goes out: effects by factor. Not for: changes over time (``lmdi``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.series import ALL, Floats, SeriesTable
from citycarbon.strategy.drivers.chain import parse_chain
from citycarbon.strategy.drivers.effect_table import EffectTable, effect_rows, log_ratios
from citycarbon.strategy.drivers.levels import Figures, figures_of, refuse_other_places
from citycarbon.strategy.drivers.lmdi import refuse_unexplained
from citycarbon.strategy.drivers.logarithmic_mean import effects

MEAN = "mean"


@method(
    id="strategy.drivers.compare_places",
    gives=EffectTable,
    equation="V^A − V^B = Σ_k Σ_i L(V_i^A, V_i^B) ln(x_ik^A / x_ik^B)",
    source="ang_2015_spatial",
    status="experimental",
    title=("Comparison of places", "城市间差异分解"),
    version=2,
)
def compare_places(
    series: SeriesTable,
    *,
    reference: str = MEAN,
    chain: str = "population > gdp > energy > co2",
    times: str = "",
    scenario: str | None = None,
    missing_is_zero: bool = False,
) -> EffectTable:
    """Decompose the difference between each place and a reference place, or the mean of all places.

    Parameters
    ----------
    series
        Measures by place and time; values of zero or more.
    reference
        Place with which the others are compared; ``mean`` for the mean of each level over all places, so that any two places
        compare by the difference of their rows.
    chain
        Levels as in ``lmdi``; it may keep sectors and activities, each place apart.
    times
        Times to compare, joined by commas; the last one that all measures have, if empty.
    scenario
        Scenario that is wanted, if the series has several.
    missing_is_zero
        Whether an absent sector, carrier or time of a place that has the measure means zero; else a gap is an error. A place
        without any row of a measure is always one.

    Returns
    -------
    effects
        For each place and time a row a factor and a row ``total``, from the reference (``start``) to the place (``end``).

    Raises
    ------
    InputError
        An unreadable chain, a reference or time that is not there, values below zero.

    References
    ----------
    Ang, Xu and Su (2015), spatial index decomposition, multi-regional model with the mean of regions.

    Examples
    --------
    >>> import polars as pl
    >>> rows = [("A", "population", 2.0), ("A", "co2", 8.0), ("B", "population", 1.0), ("B", "co2", 2.0)]
    >>> frame = pl.DataFrame(rows, schema=["place", "measure", "value"], orient="row")
    >>> table = SeriesTable(frame.with_columns(time=pl.lit("2020"), unit=pl.lit("t")))
    >>> made = compare_places(table, reference="B", chain="population > co2").to_polars()
    >>> made.select("place", "factor", "value").with_columns(pl.col("value").round(6)).rows()
    [('A', 'population', 3.0), ('A', 'co2 / population', 3.0), ('A', 'total', 6.0)]
    """
    chains = parse_chain(chain)
    if chains[0][0].over != "place":
        raise InputError("chain_wrong", Where(item="chain"), chain)
    problems = Problems()
    parts = []
    for each in chains:
        figures = figures_of(
            series, each, scenario=scenario, missing_is_zero=missing_is_zero, together=reference == MEAN
        )
        refuse_unexplained(figures, problems)
        parts.append(figures)
    refuse_other_places(parts, problems)
    problems.raise_all()
    places = parts[0].places
    if reference != MEAN and reference not in places:
        raise InputError("place_not_there", Where(item="reference"), reference, known=", ".join(places[:12]))
    chosen = _times(parts, times)
    others = [place for place in places if place != reference]
    names = list(dict.fromkeys(name for each in parts for name in each.names))
    added = np.zeros((len(others), len(chosen), len(names)))
    before, after = np.zeros(added.shape[:2]), np.zeros(added.shape[:2])
    for figures in parts:
        _add(figures, reference, others, chosen, names, added, before, after)
    count = len(chosen)
    labels: dict[str, Sequence[str | None]] = {
        "place": [place for place in others for _ in range(count)],
        "part_of": [None] * (len(others) * count),
        "sector": [ALL] * (len(others) * count),
        "time_from": chosen * len(others),
        "time": chosen * len(others),
        "reference": [reference] * (len(others) * count),
    }
    flat = added.reshape(-1, len(names))
    ends = before.ravel(), after.ravel()
    made = effect_rows(flat, log_ratios(flat, *ends), *ends, names, labels, parts[0].units[-1])
    return EffectTable(made)


def _times(parts: list[Figures], times: str) -> list[str | None]:
    known = sorted(set.intersection(*(set(each.times) for each in parts)))
    words = [word.strip() for word in times.split(",") if word.strip()] or known[-1:]
    if not words or any(word not in known for word in words):
        raise InputError("period_wrong", Where(item="times"), times or "—", known=", ".join(known[-12:]))
    return list(words)


def _add(
    figures: Figures, reference: str, others: list[str], times: list[str | None], names: list[str],
    added: Floats, before: Floats, after: Floats,
) -> None:  # fmt: skip
    """Add the effects of one identity."""
    at = [figures.times.index(str(time)) for time in times]
    here = [figures.places.index(place) for place in others]
    levels = [np.nan_to_num(level[at], nan=0.0) for level in figures.levels]
    if reference == MEAN:
        base = [level.mean(axis=1, keepdims=True) for level in levels]
    else:
        base = [level[:, [figures.places.index(reference)]] for level in levels]
    made, low, high = effects([np.broadcast_to(b, m[:, here].shape) for b, m in zip(base, levels, strict=True)],
                              [m[:, here] for m in levels])  # fmt: skip
    for name, values in zip(figures.names, made, strict=True):
        added[:, :, names.index(name)] += values.sum(axis=(2, 3)).T
    before += low.sum(axis=(2, 3)).T
    after += high.sum(axis=(2, 3)).T
