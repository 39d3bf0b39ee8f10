"""Running a study: steps in the order of their needs, each cached, every problem collected.

Comes in: a study folder. Goes out: the tables of its steps and what was read. Not for: formulas, and not for the shape of the
result (:mod:`citycarbon.studies.assemble`).
"""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

import citycarbon
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import Method, Parameter
from citycarbon.core.tables import ActivityTable, EmissionTable, PlaceTable, Table
from citycarbon.data.layers import Layer
from citycarbon.studies.cache import StepCache
from citycarbon.studies.catalogue import find_method
from citycarbon.studies.sources import Desk, fingerprint, table_hash
from citycarbon.studies.study_file import STUDY_FILE, Step, Study, read_study

Progress = Callable[[str, int, int], None]


@dataclass
class Run:
    """A run under way: the desk, the finished tables of steps, and which came from the cache."""

    study: Study
    desk: Desk
    tables: dict[str, Table] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    cached: list[str] = field(default_factory=list)


def execute(folder: Path, *, step_cache: StepCache | None = None, progress: Progress | None = None) -> Run:
    """Run the steps of a study, collecting every problem."""
    study = read_study(folder)
    problems = Problems()
    order = _order(study, problems)
    run = Run(study, Desk(folder, study))
    try:
        run.desk.open()
    except InputError as error:
        problems.absorb(error)
    steps = {step.id: step for step in study.steps}
    failed: set[str] = set()
    for number, name in enumerate(order):
        step = steps[name]
        if progress:
            progress(name, number, len(order))
        if failed & {source.step for source in step.tables.values() if source.step}:
            failed.add(name)
            continue
        try:
            _step(run, step, step_cache, dry=len(problems) > 0)
        except InputError as error:
            problems.absorb(_at_step(error, name))
            failed.add(name)
    problems.raise_all()
    return run


def _order(study: Study, problems: Problems) -> list[str]:
    graph = {step.id: {source.step for source in step.tables.values() if source.step} for step in study.steps}
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        problems.add("step_cycle", Where(file=STUDY_FILE), " → ".join(error.args[1]))
        problems.raise_all()
        raise AssertionError from error


def _at_step(error: InputError, step: str) -> InputError:
    """Name the step in problems that do not know their place."""
    named = [
        problem
        if problem.where.item or problem.where.file
        else replace(problem, where=replace(problem.where, item=f"step {step}"))
        for problem in error.problems
    ]
    return InputError.several(named)


def _step(run: Run, step: Step, step_cache: StepCache | None, *, dry: bool) -> None:
    """Read what a step needs and run it; with ``dry`` (problems elsewhere) inputs are read and the step still tried."""
    method = find_method(step.method, Where(file=STUDY_FILE, item=step.id))
    arguments = step_arguments(run, step, method)
    run.inputs[step.id] = arguments
    key = step_key(method, arguments)
    stored = step_cache.get(key, method.gives) if step_cache and not dry else None
    if stored is not None:
        run.cached.append(step.id)
        run.tables[step.id] = stored
        return
    made = method(**arguments)
    if isinstance(made, EmissionTable):
        _refuse_numberless(made, step.id)
    run.tables[step.id] = made
    if step_cache and not dry:
        step_cache.put(key, made)


def _refuse_numberless(table: EmissionTable, step: str) -> None:
    rows = table.to_polars()
    bad = rows.filter(pl.col("value").is_null() & pl.col("notation").is_null())
    if bad.height:
        raise InputError("value_empty", Where(item=f"step {step}"), f"{bad.height} ×", column="value")


def step_key(method: Method, arguments: Mapping[str, Any]) -> str:
    """Give the cache key: method, its version, the package's own code, and the content of every input."""
    parts = {name: _content(value) for name, value in arguments.items()}
    return fingerprint(method.id, method.version, code_state(), pl.__version__, parts)


@cache
def code_state() -> str:
    """Give a fingerprint of the installed package, so that a changed formula never meets an old result."""
    home = Path(citycarbon.__file__).parent
    states = [
        (str(path.relative_to(home)), path.stat().st_size, path.stat().st_mtime_ns) for path in home.rglob("*.py")
    ]
    return fingerprint(citycarbon.__version__, sorted(states))


def _content(value: Any) -> Any:
    if isinstance(value, Table):
        return table_hash(value)
    if isinstance(value, Layer):
        import shapely

        return fingerprint(
            value.crs, value.rows.hash_rows().to_list(), [g.hex() for g in shapely.to_wkb(value.geometry)]
        )
    return value


def step_arguments(run: Run, step: Step, method: Method) -> dict[str, Any]:
    """Gather the tables, layers and parameters of a step; every problem at once."""
    problems = Problems()
    known = {parameter.name: parameter for parameter in method.parameters}
    given = {**step.tables, **step.layers, **step.parameters}
    for name in given:
        if name not in known:
            where = Where(file=STUDY_FILE, item=f"{step.id}.{name}")
            problems.add("parameter_unknown", where, name, known=", ".join(known))
    arguments: dict[str, Any] = {}
    for name, parameter in known.items():
        try:
            if name in step.tables and parameter.table is not None:
                arguments[name] = _table(run, step, name, parameter)
            elif name in step.layers:
                arguments[name] = _layer(run, step.layers[name])
            elif name in step.parameters:
                arguments[name] = checked_parameter(
                    parameter, step.parameters[name], Where(STUDY_FILE, item=f"{step.id}.{name}")
                )
            elif parameter.table is PlaceTable and run.desk.places is not None:
                arguments[name] = run.desk.places
            elif not parameter.optional:
                where = Where(file=STUDY_FILE, item=step.id)
                problems.add("parameter_missing", where, name, column=name)
        except InputError as error:
            problems.absorb(error)
    problems.raise_all()
    return arguments


def _layer(run: Run, name: str) -> Layer:
    if name not in run.desk.layers:
        raise InputError(
            "step_unknown", Where(file=STUDY_FILE, item=f"layers.{name}"), name, known=", ".join(run.desk.layers)
        )
    return run.desk.layers[name]


def _table(run: Run, step: Step, name: str, parameter: Parameter) -> Table:
    source, wanted = step.tables[name], parameter.table
    if wanted is None:
        raise AssertionError(name)
    if source.step is not None:
        table = run.tables[source.step]
        if not isinstance(table, wanted):
            found = type(table).__name__
            where = Where(file=STUDY_FILE, item=f"{step.id}.{name}")
            raise InputError("parameter_wrong", where, found, expected_value=wanted.__name__)
        return table
    table = run.desk.table(source, wanted)
    if isinstance(table, (ActivityTable, EmissionTable)):
        codes = {"place": run.desk.place_codes, "sector": run.desk.sector_codes}
        table = table.with_codes(**{key: code for key, code in codes.items() if code is not None})
    return table


def checked_parameter(parameter: Parameter, value: Any, where: Where) -> Any:
    """Check a parameter value against the method's signature: type, choice, finiteness."""
    if parameter.choices and value not in parameter.choices:
        raise InputError("parameter_wrong", where, value, expected_value=" | ".join(parameter.choices))
    if parameter.kind is bool and isinstance(value, str) and value.lower() in ("true", "false"):
        value = value.lower() == "true"
    try:
        if parameter.kind in (int, float) and not isinstance(value, bool):
            value = parameter.kind(value)
    except (TypeError, ValueError) as error:
        raise InputError("parameter_wrong", where, value, expected_value=parameter.kind.__name__) from error
    if parameter.kind in (bool, int, float, str) and not isinstance(value, parameter.kind):
        raise InputError("parameter_wrong", where, value, expected_value=parameter.kind.__name__)
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise InputError("parameter_wrong", where, value, expected_value="finite")
    return value
