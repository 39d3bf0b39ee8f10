"""Levers on the drivers of an end-use model: a change that grows from the base year on, and what it does to every drawn path.

Comes in: a drawn model and changes of drivers. Goes out: a drawn model whose lines are moved, and how much each driver
weighs. Not for: what is made of the paths (``outcomes``), or changes of the model's form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.series import Floats
from citycarbon.strategy.projection.stocks.model import Model, path_of
from citycarbon.strategy.projection.stocks.simulate import Run
from citycarbon.strategy.projection.stocks.simulation import simulated, totals_of
from citycarbon.strategy.projection.stocks.tables import EVERY, PathTable

LEAST, MOST = -0.95, 3.0
"""Changes that a lever may have: a driver neither vanishes nor turns negative, and at most quadruples."""


@dataclass(frozen=True)
class Lever:
    """A driver and its change against the scenario, in parts, reached in a year and held from then on."""

    driver: str
    change: float
    reached: int


@dataclass(frozen=True)
class Handle:
    """A driver that a lever can move: its values and how much of the gross emissions of each year it moves.

    ``weight`` is the sum over lines of power times emissions, over all gross emissions: by how many per cent the total changes
    when the driver changes by one per cent.
    """

    driver: str
    unit: str
    first: float
    last: float
    weight_first: float
    weight_last: float
    share_of: str
    lines: int


@dataclass(frozen=True)
class Drawn:
    """One scenario with the draws of each line, so that moving a driver draws nothing again."""

    run: Run
    level: Floats
    growth: Floats
    members: Floats

    @property
    def model(self) -> Model:
        """The model of the scenario."""
        return self.run.model


def drawn_of(run: Run, draws: int, seed: int, *, sectors: bool = False) -> Drawn:
    """Keep the draws of a run.

    Parameters
    ----------
    run
        A drawn scenario.
    draws, seed
        Those with which it was drawn (Latin hypercube).
    sectors
        Whether its totals were asked by sector.
    """
    level, growth = run.spreads.draw(draws, seed, "latin_hypercube")
    return Drawn(run, level, growth, totals_of(run.model, sectors)[1])


def moved(drawn: Drawn, levers: Sequence[Lever]) -> Run:
    """Move drivers and give the drawn paths that follow.

    Parameters
    ----------
    drawn
        A scenario with its draws.
    levers
        Changes; several on one driver multiply.

    Returns
    -------
    run
        The same scenario with moved lines: E_l(t) Π_d (1 + c_d r_d(t))^k, where r goes straight from 0 in the first year to
        1 in the year in which the lever is reached. The first year never changes: a projection begins with its inventory.

    Raises
    ------
    InputError
        Drivers that no line has, changes and years that are out of range; everything at once.

    Examples
    --------
    >>> from citycarbon.strategy.projection.stocks.simulate import runs_of
    >>> from citycarbon.strategy.projection.stocks.tables import LineTable, PathTable
    >>> paths = PathTable(pl.DataFrame({"driver": "use", "time": "2020", "value": [10.0], "unit": "t"}))
    >>> lines = LineTable(pl.DataFrame({"line": ["x"], "place": ["A"], "sector": ["s"], "activity": ["gas"], "scope": ["1"],
    ...                                 "gas": ["CO2"], "formula": ["use"], "unit": ["t"]}))
    >>> run = runs_of(paths, lines, None, None, None, (2020, 2030), 10, 1, "latin_hypercube", False)[0]
    >>> moved(drawn_of(run, 10, 1), [Lever("use", -0.5, 2030)]).paths[0, 0, ::5].tolist()
    [10.0, 7.5, 5.0]
    """
    model = drawn.model
    years = np.array(model.years, dtype=float)
    problems = Problems()
    factor = np.ones_like(model.values)
    for lever in levers:
        where = Where(item=lever.driver)
        if lever.driver not in model.drivers:
            problems.add("value_not_listed", where, lever.driver, known=", ".join(model.drivers[:12]))
        if not LEAST <= lever.change <= MOST:
            problems.add("value_out_of_range", where, lever.change, range=f"{LEAST} <= change <= {MOST}")
        if not years[0] < lever.reached <= years[-1]:
            problems.add(
                "value_out_of_range", where, lever.reached, range=f"{years[0]:.0f} < reached <= {years[-1]:.0f}"
            )
    problems.raise_all()
    for lever in levers:
        ramp = np.clip((years - years[0]) / (lever.reached - years[0]), 0.0, 1.0)
        power = model.powers[:, model.drivers.index(lever.driver)]
        factor *= (1.0 + lever.change * ramp)[None, :] ** power[:, None]
    changed = replace(model, values=model.values * factor)
    return replace(drawn.run, model=changed, paths=simulated(changed, drawn.members, drawn.level, drawn.growth))


def handles_of(model: Model, paths: PathTable) -> list[Handle]:
    """Give the drivers that levers can move, those with the most weight first.

    Parameters
    ----------
    model
        A scenario.
    paths
        The paths that it was made of.

    Returns
    -------
    handles
        A driver that is a share of a whole carries the name of the whole: moving one share alone would break the sum. The
        constant amounts of single lines come last.
    """
    rows = paths.to_polars()
    mine = rows.filter(pl.col("scenario").is_in([model.scenario, EVERY]))
    gross = model.values[(model.lines["scope"] != "sink").to_numpy()].sum(axis=0)
    source = (model.lines["scope"] != "sink").to_numpy()
    shares = dict(rows.drop_nulls("share_of").select("driver", "share_of").iter_rows())
    parts = {str(driver): part for (driver,), part in mine.partition_by("driver", as_dict=True).items()}
    made = []
    for number, driver in enumerate(model.drivers):
        weight = model.powers[source, number] @ model.values[source] / np.where(gross == 0, 1.0, gross)
        part = parts[driver]
        place = EVERY if EVERY in part["place"] else str(part["place"][0])
        found = path_of(part, model.scenario, driver, place, model.years, {}, Problems())
        if found is not None:
            path, unit = found
            numbers = (float(path[0]), float(path[-1]), float(weight[0]), float(weight[-1]))
            lines = int(np.count_nonzero(model.powers[:, number]))
            made.append(Handle(driver, unit, *numbers, shares.get(driver, ""), lines))
    # What moves several lines, or moves by itself, comes before the constant amount of a single line.
    plain = {each.driver: each.lines == 1 and each.first == each.last for each in made}
    return sorted(made, key=lambda each: (plain[each.driver], -max(abs(each.weight_first), abs(each.weight_last))))
