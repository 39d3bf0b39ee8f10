"""The series that forecasting works on: one place and measure, equally spaced, without gaps.

Comes in: a series table. Goes out: arrays with their times. Not for: forecasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.series import Floats, SeriesTable, check_complete, check_single, check_units, chosen_scenario
from citycarbon.core.sums import added


@dataclass(frozen=True)
class Yearly:
    """One series: place, measure, years and values."""

    place: str
    measure: str
    years: tuple[int, ...]
    values: Floats
    unit: str

    @property
    def step(self) -> int:
        """Years between two values."""
        return self.years[1] - self.years[0] if len(self.years) > 1 else 1

    @property
    def name(self) -> str:
        """Place and measure, for messages."""
        return f"{self.place} · {self.measure}"


def yearly_series(
    series: SeriesTable, measure: str | None = None, scenario: str | None = None, *, least: int = 4
) -> list[Yearly]:
    """Give the series of a table, one for each place and measure; sectors and activities are added up.

    Parameters
    ----------
    series
        Rows by year.
    measure
        Measure that is wanted; all of them if left out.
    scenario
        Scenario that is wanted, if there are several.
    least
        Values that a series must have.

    Raises
    ------
    InputError
        Times that are no years, gaps, several units, too few values; everything at once.
    """
    rows = series.to_polars()
    if measure is not None:
        if measure not in rows["measure"].unique().to_list():
            raise InputError("measure_units", Where(item=measure), "—", measure=measure)
        rows = rows.filter(pl.col("measure") == measure)
    rows = chosen_scenario(rows, scenario)
    check_single(rows)
    check_complete(rows)
    problems = Problems()
    for time in rows.filter(pl.col("time").str.len_chars() != 4)["time"].unique().sort().head(3).to_list():
        problems.add("time_not_year", Where(column="time"), time)
    problems.raise_all()
    check_units(rows)
    sums = added(rows, ["place", "measure", "time"], codes=series.codes, first=["unit"])
    made = []
    for (place, name), part in sums.sort("place", "measure", "time").group_by("place", "measure", maintain_order=True):
        years = tuple(int(time) for time in part["time"].to_list())
        found = Yearly(str(place), str(name), years, part["value"].to_numpy(), str(part["unit"][0]))
        if len(years) < least:
            problems.add("series_short", Where(item=found.name), len(years), needed=least)
        for missing in _gaps(years):
            problems.add("series_gap", Where(item=f"{found.name} · {missing}"), "—", measure=found.measure)
        made.append(found)
    problems.raise_all()
    return made


def _gaps(years: Sequence[int]) -> list[int]:
    """Years that are missing between the first and the last, at the smallest step that occurs."""
    if len(years) < 3:
        return []
    step = int(np.diff(years).min())
    return [year for year in range(years[0], years[-1], step) if year not in years][:5]
