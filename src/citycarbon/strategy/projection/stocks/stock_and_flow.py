"""Stock-and-flow models with feedback, from Vensim or XMILE, as drivers of end-use lines.

Comes in: a model file, and other values of its constants by scenario. Goes out: paths of its variables. Not for: translating the
file (``data.dynamics``), nor emissions (``project``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.units import conversion, parse, same_dimension
from citycarbon.data.dynamics import DynamicModel
from citycarbon.strategy.projection.stocks.model import PROJECTED
from citycarbon.strategy.projection.stocks.tables import EVERY, PathTable

_NO_UNIT = ("dmnl", "dimensionless", "1", "nil")
_TIMES = re.compile(r"\b(year|month|week|day|hour)s?\b", re.IGNORECASE)
"""Words of time, which models write as they like."""


@method(
    id="strategy.projection.stocks.stock_and_flow",
    gives=PathTable,
    equation="dS/dt = inflow(S, t) - outflow(S, t), by Euler's steps of the model",
    source="martin_martinez_2022",
    status="reproduced",
    title=("Stock-and-flow model", "存量流量模型"),
)
def stock_and_flow(
    model: DynamicModel,
    settings: PathTable | None = None,
    *,
    start: int,
    end: int,
    variables: str = "",
    time_zero: int = 0,
) -> PathTable:
    """Run a stock-and-flow model with feedback and give its variables as drivers by year.

    Parameters
    ----------
    model
        A Vensim (``.mdl``) or XMILE (``.xmile``, ``.stmx``) model whose time is in years.
    settings
        Other values of its constants, by scenario; a driver is the name of a constant. One year sets it throughout, several are a
        path, straight from value to value. Each scenario is a run.
    start
        [1] First year.
    end
        [1] Last year.
    variables
        Variables joined by commas; all that are no constants if empty.
    time_zero
        [1] Year at which the model's time is zero; 0 if its time is the year.

    Returns
    -------
    paths
        A row a variable, scenario and year, in the unit that the model states; for every place.

    Raises
    ------
    InputError
        A model that cannot be read or does more than compute, variables or constants that it does not have, years outside its
        own, units that are not known.

    References
    ----------
    Martin-Martinez et al. (2022), PySD: system dynamics modeling in Python; the model's own time step by Euler's method.

    Examples
    --------
    >>> text = '''{UTF-8}
    ... Floor= INTEG ((Wanted - Floor)/Delay, 30) ~ m2/person ~ |
    ... Wanted= 50 ~ m2/person ~ |
    ... Delay= 10 ~ Year ~ |
    ... INITIAL TIME = 2020 ~ Year ~ |
    ... FINAL TIME = 2030 ~ Year ~ |
    ... TIME STEP = 1 ~ Year ~ |
    ... SAVEPER = 1 ~ Year ~ |
    ... '''
    >>> made = stock_and_flow(DynamicModel("floor.mdl", ".mdl", text), start=2020, end=2022, variables="Floor").to_polars()
    >>> made.select("driver", "time", pl.col("value").round(6), "unit").rows()
    [('Floor', '2020', 30.0, 'm2/person'), ('Floor', '2021', 32.0, 'm2/person'), ('Floor', '2022', 33.8, 'm2/person')]
    """
    if not start < end:
        raise InputError("value_out_of_range", Where(item="start"), f"{start}, {end}", range="start < end")
    wanted = tuple(dict.fromkeys(name.strip() for name in variables.split(",") if name.strip()))
    years = tuple(range(start, end + 1))
    scenarios = _settings(settings, time_zero)
    parts = []
    for scenario, given in scenarios.items():
        values, units = model.run(tuple(float(year - time_zero) for year in years), wanted, given)
        problems = Problems()
        _check_settings(settings, units, model.name, problems)
        for name, each in values.items():
            unit = _unit(name, units[name], model.name, problems)
            if (each < 0).any():
                item = f"{name} · {scenario} · {years[int(np.argmax(each < 0))]}"
                problems.add("value_out_of_range", Where(file=model.name, item=item), f"{each.min():g}", range="≥ 0")
            row = pl.DataFrame({"time": [str(year) for year in years], "value": each})
            parts.append(row.with_columns(driver=pl.lit(name), scenario=pl.lit(scenario), unit=pl.lit(unit)))
        problems.raise_all()
    return PathTable(
        pl.concat(parts).with_columns(
            place=pl.lit(EVERY), interpolation=pl.lit("linear"), source=pl.lit(model.name, dtype=pl.String)
        )
    )


def _settings(settings: PathTable | None, time_zero: int) -> Mapping[str, Mapping[str, Mapping[float, float]]]:
    """Constants by scenario; what holds for every scenario stands in each."""
    if settings is None:
        return {PROJECTED: {}}
    rows = settings.to_polars()
    problems = Problems()
    for driver, place in rows.filter(pl.col("place") != EVERY).select("driver", "place").head(3).iter_rows():
        problems.add("value_not_listed", Where(column="place", item=driver), place, known=EVERY)
    keys = ["driver", "scenario", "time"]
    for driver, *_ in rows.filter(pl.struct(keys).is_duplicated()).select(keys).head(3).iter_rows():
        problems.add("row_duplicate", Where(column="driver"), driver, key=", ".join(keys))
    problems.raise_all()
    names = [name for name in rows["scenario"].unique(maintain_order=True).to_list() if name != EVERY] or [PROJECTED]
    made: dict[str, dict[str, dict[float, float]]] = {}
    for name in names:
        made[name] = {}
        for kind in (EVERY, name):
            for (driver,), part in rows.filter(pl.col("scenario") == kind).group_by("driver", maintain_order=True):
                times = [float(time) - time_zero for time in part["time"].to_list()]
                made[name][str(driver)] = dict(zip(times, part["value"].to_list(), strict=True))
    return made


def _check_settings(settings: PathTable | None, units: Mapping[str, str], file: str, problems: Problems) -> None:
    """A setting stands in the unit of its constant."""
    if settings is None:
        return
    for name, given in settings.to_polars().select("driver", "unit").unique(maintain_order=True).iter_rows():
        stated = units.get(name, "")
        if not stated:
            continue
        ours, theirs = _unit(name, given, "settings", problems), _unit(name, stated, file, problems)
        if ours != theirs and not (same_dimension(ours, theirs) and conversion(ours, theirs) == 1):
            problems.add("measure_units", Where(file=file, item=name), f"{given}, {stated}", measure=name)


def _unit(name: str, stated: str, file: str, problems: Problems) -> str:
    """Bring the unit of the model to ours; a variable without one is a problem, not a number without unit."""
    if stated.lower() in _NO_UNIT:
        return "1"
    unit = _TIMES.sub(lambda found: found.group(1).lower(), stated)
    try:
        if not unit:
            raise InputError("unit_unknown", Where(), "—")
        parse(unit)
    except InputError:
        problems.add("model_unit", Where(file=file, item=name), stated or "—")
        return "1"
    return unit
