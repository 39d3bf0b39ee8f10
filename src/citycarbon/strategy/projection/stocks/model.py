"""An end-use model as arrays: drivers by year, and lines as products of them.

Comes in: paths and lines as tables. Goes out: a :class:`Model` for one scenario. Not for: drawing (``simulation``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.series import Floats
from citycarbon.core.sums import check_parts
from citycarbon.core.units import conversion, product_conversion
from citycarbon.strategy.projection.stocks.formula import parse_formula
from citycarbon.strategy.projection.stocks.tables import EVERY, CalibrationTable, LineTable, PathTable

Numbers = NDArray[Any]
_SHARES = 1e-6
PROJECTED = "projected"
"""Scenario of a model whose paths name none."""


@dataclass(frozen=True)
class Model:
    """One scenario: value of each line and year, and the power of each driver in each line.

    ``values`` has the shape (lines, years) in tonnes of its gas, ``powers`` (lines, drivers).
    """

    scenario: str
    years: tuple[int, ...]
    lines: pl.DataFrame
    drivers: tuple[str, ...]
    values: Floats
    powers: Floats


def models_of(
    paths: PathTable, lines: LineTable, start: int, end: int, calibration: CalibrationTable | None = None
) -> list[Model]:
    """Give the model of each scenario.

    Parameters
    ----------
    paths
        Values of drivers at some years.
    lines
        Lines of the model.
    start, end
        First and last year.
    calibration
        Factors on the lines of a place, sector and carrier.

    Raises
    ------
    DoubleCountError
        If a place or sector of the lines contains another.
    InputError
        Formulas that cannot be read, drivers that are missing in a scenario or do not cover the years, units that do not give the
        stated mass, two values of one driver and year; everything at once.
    """
    problems = Problems()
    if not 1900 <= start < end <= 2200:
        problems.add("value_out_of_range", Where(item="start"), f"{start}, {end}", range="1900 <= start < end <= 2200")
        problems.raise_all()
    rows = paths.to_polars()
    keys = ["driver", "place", "scenario", "time"]
    for row in rows.filter(pl.struct(keys).is_duplicated()).head(5).iter_rows(named=True):
        problems.add("row_duplicate", _where(row), row["driver"], key=", ".join(keys))
    for row in rows.filter(pl.col("time").str.len_chars() != 4).head(3).iter_rows(named=True):
        problems.add("time_not_year", _where(row, "time"), row["time"])
    listed = lines.to_polars()
    # Lines are added to one path: a city with its districts, or a sector with its parts, would be counted twice.
    check_parts(listed.select("place"), codes=lines.codes)
    check_parts(listed.select("place", "sector", "activity"), ["place", "activity"], codes=lines.codes)
    for row in listed.filter(pl.col("line").is_duplicated()).head(5).iter_rows(named=True):
        problems.add("row_duplicate", _where(row, "line"), row["line"], key="line")
    formulas = []
    for row in listed.iter_rows(named=True):
        try:
            formulas.append(parse_formula(row["formula"], _where(row, "formula")))
        except InputError as error:
            problems.absorb(error)
    problems.raise_all()
    names = [name for name in rows["scenario"].unique(maintain_order=True).to_list() if name != EVERY] or [PROJECTED]
    years = tuple(range(start, end + 1))
    made = [_model(name, rows, listed, formulas, years, problems) for name in names]
    for name in names:
        _check_shares(rows, name, listed["place"].unique(maintain_order=True).to_list(), years, problems)
    problems.raise_all()
    scale = _signs(listed) * _calibrated(listed, calibration)
    return [replace(each, values=each.values * scale[:, None]) for each in made]


def _check_shares(
    rows: pl.DataFrame, scenario: str, places: Sequence[str], years: tuple[int, ...], problems: Problems
) -> None:
    """Shares of one whole add to 1 in every year."""
    mine = rows.filter(pl.col("scenario").is_in([scenario, EVERY]))
    for (whole,), part in rows.drop_nulls("share_of").group_by("share_of", maintain_order=True):
        drivers = part["driver"].unique(maintain_order=True).to_list()
        for place in places:
            known: dict[tuple[str, str], tuple[Floats, str] | None] = {}
            # What has no path is told where it is used.
            found = [path_of(mine, scenario, driver, place, years, known, Problems()) for driver in drivers]
            total = np.sum([each[0] for each in found if each is not None], axis=0)
            wrong = np.flatnonzero(np.abs(total - 1) > _SHARES)
            if any(each is not None for each in found) and len(wrong):
                where = Where(column="value", item=f"{whole} · {place} · {scenario} · {years[wrong[0]]}")
                problems.add("shares_not_one", where, f"{total[wrong[0]]:.6g}", what=whole)
                break


def _signs(lines: pl.DataFrame) -> Floats:
    """Removals are negative."""
    return np.where(lines["scope"].to_numpy() == "sink", -1.0, 1.0)


def _calibrated(lines: pl.DataFrame, calibration: CalibrationTable | None) -> Floats:
    """Factor of each line: that of its carrier, or of all of its sector, or 1."""
    if calibration is None:
        return np.ones(lines.height)
    known = {
        row[:3]: row[3]
        for row in calibration.to_polars().select("place", "sector", "activity", "multiplier").iter_rows()
    }
    found = [
        next((known[key] for key in ((p, s, a), (p, s, EVERY)) if known.get(key) is not None), 1.0)
        for p, s, a in lines.select("place", "sector", "activity").iter_rows()
    ]
    return np.array(found, dtype=float)


def _where(row: dict[str, object], column: str = "driver") -> Where:
    named = row.get("line") or row.get("driver")
    return Where.of(row, column, str(named))


def _model(
    scenario: str, rows: pl.DataFrame, lines: pl.DataFrame, formulas: Sequence[dict[str, float]], years: tuple[int, ...],
    problems: Problems,
) -> Model:  # fmt: skip
    drivers = tuple(dict.fromkeys(name for formula in formulas for name in formula))
    mine = rows.filter(pl.col("scenario").is_in([scenario, EVERY]))
    known: dict[tuple[str, str], tuple[Floats, str] | None] = {}
    values = np.ones((lines.height, len(years)))
    powers = np.zeros((lines.height, len(drivers)))
    for number, (row, formula) in enumerate(zip(lines.iter_rows(named=True), formulas, strict=True)):
        units = []
        for name, power in formula.items():
            found = path_of(mine, scenario, name, str(row["place"]), years, known, problems)
            if found is None:
                continue
            path, unit = found
            units.append((unit, power))
            powers[number, drivers.index(name)] = power
            with np.errstate(divide="ignore", invalid="ignore"):
                values[number] *= path**power
        if not np.isfinite(values[number]).all():
            problems.add("driver_zero", _where(row, "formula"), row["formula"], above="/", below=row["line"])
        if len(units) == len(formula):
            values[number] *= _scale(row, units, problems)
    return Model(scenario, years, lines, drivers, values, powers)


def _scale(row: dict[str, object], units: Sequence[tuple[str, float]], problems: Problems) -> float:
    """Factor from the units of the drivers to tonnes."""
    for unit, power in units:
        if power not in (1.0, -1.0) and unit != "1":
            problems.add("power_unit", _where(row, "formula"), f"{unit}^{power:g}")
            return 1.0
    try:
        return product_conversion(units, str(row["unit"])) * conversion(str(row["unit"]), "t")
    except InputError:
        shown = " ".join(f"{'·' if power > 0 else '/'} ({unit})" for unit, power in units if unit != "1").lstrip("· ")
        problems.add("formula_unit", _where(row, "unit"), f"{shown or '1'} → {row['unit']}", unit=row["unit"])
        return 1.0


def path_of(
    rows: pl.DataFrame, scenario: str, driver: str, place: str, years: tuple[int, ...],
    known: dict[tuple[str, str], tuple[Floats, str] | None], problems: Problems,
) -> tuple[Floats, str] | None:  # fmt: skip
    """Path of a driver at a place: its own, or that of every place; own scenario before every scenario."""
    if (driver, place) in known:
        return known[driver, place]
    found = None
    for where in (place, EVERY):
        for name in (scenario, EVERY):
            part = rows.filter((pl.col("driver") == driver) & (pl.col("place") == where) & (pl.col("scenario") == name))
            if part.height and found is None:
                found = part.sort("time")
    known[driver, place] = None if found is None else _yearly(found, scenario, driver, years, problems)
    if found is None:
        problems.add("driver_missing", Where(column="driver", item=f"{driver} · {place} · {scenario}"), driver)
    return known[driver, place]


def _yearly(
    rows: pl.DataFrame, scenario: str, driver: str, years: tuple[int, ...], problems: Problems
) -> tuple[Floats, str] | None:
    units = rows["unit"].unique().sort().to_list()
    if len(units) > 1:
        problems.add("measure_units", Where(item=driver), ", ".join(units), measure=driver)
        return None
    at, values = rows["time"].cast(pl.Int64).to_numpy(), rows["value"].to_numpy()
    if len(at) == 1:
        return np.full(len(years), values[0]), str(units[0])
    if at[0] > years[0] or at[-1] < years[-1]:
        problems.add(
            "path_short", Where(item=f"{driver} · {scenario}"), f"{at[0]}–{at[-1]}", years=f"{years[0]}–{years[-1]}"
        )
        return None
    return interpolated(at, values, rows["interpolation"].to_list(), np.array(years)), str(units[0])


def interpolated(at: Numbers, values: Floats, kinds: Sequence[str], years: Numbers) -> Floats:
    """Go from value to value, each step by the way of the value that it starts from.

    Examples
    --------
    >>> interpolated(np.array([2020, 2022]), np.array([1.0, 4.0]), ["growth", "linear"], np.array([2020, 2021, 2022])).tolist()
    [1.0, 2.0, 4.0]
    >>> at, values = np.array([2020, 2030, 2040]), np.array([1.0, 2.0, 2.0])
    >>> interpolated(at, values, ["smooth"] * 3, np.array([2025, 2030, 2035])).round(3).tolist()
    [1.61, 2.0, 2.0]
    """
    index = np.clip(np.searchsorted(at, years, side="right") - 1, 0, len(at) - 2)
    part = (years - at[index]) / (at[index + 1] - at[index])
    low, high = values[index], values[index + 1]
    kind = np.array(kinds)[index]
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = low * (high / low) ** part
    # From or to zero there is no rate of growth; the way is straight.
    straight = low + (high - low) * part
    made = np.where((kind == "growth") & (low > 0) & (high > 0), grown, straight)
    if "smooth" in kinds:
        made = np.where(kind == "smooth", _smooth(at, values, years), made)
    return np.asarray(np.where(kind == "step", np.where(part >= 1, high, low), made))


def _smooth(at: Numbers, values: Floats, years: Numbers) -> Floats:
    """Monotone cubic through the values, of logarithms if all are above zero (fritsch_butland_1984, by SciPy)."""
    from scipy.interpolate import PchipInterpolator

    if (values > 0).all():
        return np.asarray(np.exp(PchipInterpolator(at, np.log(values))(years)))
    return np.asarray(PchipInterpolator(at, values)(years))
