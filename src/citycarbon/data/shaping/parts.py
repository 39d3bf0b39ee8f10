"""Emissions as parts of one whole: one year, one scenario, one basis, chosen where a table holds several.

Comes in: an emission table and what is wanted of it. Goes out: the rows that may be added, or sums by some dimensions, for
methods whose answer has no year. Not for: answers by year, which :func:`~citycarbon.core.totals.total` gives.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from citycarbon.core import frames
from citycarbon.core.dimensions import SCOPE_RULES, nested_periods
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.layers.amounts import RESIDUALS

_SHOWN = 5
EVERY_SCOPE = "community_boundary"
"""Rule by which every scope is added, sinks and what burns of wood among them."""


def chosen_rows(
    emissions: EmissionTable, *, time: str | None = None, scenario: str | None = None, basis: str | None = None
) -> EmissionTable:
    """Give the rows of a period, scenario and basis, as far as they are named; rows of basis ``all`` belong to each.

    Raises
    ------
    InputError
        ``value_not_listed``: a choice is not there.
    """
    problems = Problems()
    times = emissions.words("time")
    inside = [each for each in times if time is None or each == time or each.startswith(f"{time}-")]
    known = {"scenario": emissions.words("scenario"), "basis": emissions.words("basis")}
    for name, wanted in (("scenario", scenario), ("basis", basis)):
        if wanted is None or wanted in known[name] or (name == "basis" and set(known[name]) <= {"all"}):
            continue
        problems.add("value_not_listed", Where(item=name), wanted, known=", ".join(known[name]) or "—")
    if times and not inside:
        problems.add("value_not_listed", Where(item="time"), time, known=", ".join(times[:12]))
    problems.raise_all()
    wanted_rows: dict[str, list[str]] = {}
    if time is not None:
        wanted_rows["time"] = inside
    if scenario is not None:
        wanted_rows["scenario"] = [scenario]
    if basis is not None:
        wanted_rows["basis"] = [basis, "all"]
    return emissions.filter(**wanted_rows) if wanted_rows else emissions


def one_whole(
    emissions: EmissionTable, *, time: str | None = None, scenario: str | None = None, basis: str | None = None
) -> EmissionTable:
    """Give the rows of one year, scenario and basis.

    Parameters
    ----------
    emissions
        Emissions.
    time
        Period that is wanted: its rows, or those of the months and days inside it. Without it the rows must lie in one year.
    scenario
        Scenario that is wanted.
    basis
        Alternative of accounting that is wanted; rows of ``all`` belong to each.

    Raises
    ------
    InputError
        If a choice is not there; ``sum_years`` if rows of several years are left, ``periods_differ`` if places state other months
        than one another, ``sum_alternatives`` if rows of several scenarios, bases or metrics are.
    """
    chosen = chosen_rows(emissions, time=time, scenario=scenario, basis=basis)
    years = sorted({each[:4] for each in chosen.words("time")})
    if len(years) > 1:
        raise InputError("sum_years", Where(column="time"), ", ".join(years))
    _check_periods(chosen)
    return chosen


def _check_periods(chosen: EmissionTable) -> None:
    """Refuse places of which one states other months of the year than another: January is no match for a whole year."""
    times = chosen.words("time")
    if len(times) < 2 or nested_periods(times):
        return
    rows = frames.distinct(chosen.rows.select(chosen.text("place"), chosen.text("time")), ["place", "time"])
    rows = rows.filter(~pl.col("place").is_in(RESIDUALS))
    wanted = rows.select("place").unique().join(rows.select("time").unique(), how="cross")
    lacking = wanted.join(rows, on=["place", "time"], how="anti").sort("place", "time")
    problems = Problems()
    for place, time in lacking.head(_SHOWN).iter_rows():
        problems.add("periods_differ", Where(column="time", item=str(place)), time)
    problems.raise_all()


def sums(
    emissions: EmissionTable,
    by: Sequence[str],
    *,
    scopes: str = EVERY_SCOPE,
    time: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
) -> pl.DataFrame:
    """Sum emissions of one year, scenario and basis by some dimensions, by the rules of :func:`~citycarbon.core.totals.total`.

    Returns
    -------
    sums
        The ``by`` columns, ``value`` (null where no row has a number), ``unit``, ``rows`` and ``without_number``.

    Raises
    ------
    InputError
        If the rows are not parts of one whole.

    Examples
    --------
    >>> rows = pl.DataFrame({"place": ["a", "a"], "time": ["2021", "2022"], "sector": "s", "activity": "x", "scope": "1",
    ...                      "gas": "CO2", "value": [1.0, 2.0], "unit": "t"})
    >>> sums(EmissionTable(rows), ["place"], time="2022")["value"].to_list()
    [2.0]
    """
    chosen = one_whole(emissions, time=time, scenario=scenario, basis=basis)
    made = frames.small(frames.wrap(total(chosen, by, scopes=scopes)))
    return made.select(*by, "value", "unit", "rows", "without_number")


def check_alike(tables: Sequence[EmissionTable], *, scopes: str | None = None) -> None:
    """Refuse tables that are held against one another and differ in unit, gas, metric, basis or scope.

    Parameters
    ----------
    tables
        Emission tables.
    scopes
        Rule by which the scopes of each are added; without it all must be of one scope.

    Raises
    ------
    InputError
        All of it at once.
    """
    problems = Problems()
    for column, code in (
        ("unit", "unit_mixed"),
        ("gas", "sum_gas"),
        ("metric", ""),
        ("basis", ""),
        ("scope", "sum_scope"),
    ):
        words = sorted(
            {word for table in tables for word in table.words(column)} - ({"all"} if column == "basis" else set())
        )
        if len(words) < 2 or (column == "scope" and scopes is not None):
            continue
        facts = {"dimension": column} if not code else {"known": ", ".join(SCOPE_RULES)} if column == "scope" else {}
        problems.add(code or "sum_alternatives", Where(column=column), ", ".join(words), **facts)
    problems.raise_all()
