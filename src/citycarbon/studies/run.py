"""Running a study: steps in the order of their needs, each cached, every problem collected.

Comes in: a study folder. Goes out: the tables of its steps and what was read. Not for: formulas, and not for the shape of the
result (:mod:`citycarbon.studies.assemble`).
"""

from __future__ import annotations

import graphlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

import citycarbon
from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problem, Problems, Where, problem
from citycarbon.core.method import Method, Parameter
from citycarbon.core.names import NAMES, one_form
from citycarbon.core.tables import ActivityTable, EmissionTable, PlaceTable, Table
from citycarbon.data.cell_values import number_of
from citycarbon.data.dynamics import DynamicModel
from citycarbon.data.layers import Layer
from citycarbon.data.layers.raster import Raster
from citycarbon.data.library import warming_metric
from citycarbon.data.regions import REGIONS
from citycarbon.data.safety import sha256
from citycarbon.studies.account import account_of, main_account
from citycarbon.studies.cache import StepCache
from citycarbon.studies.catalogue import find_method
from citycarbon.studies.catalogue import methods as all_methods
from citycarbon.studies.problem_places import at_step
from citycarbon.studies.sources import AlreadyNamed, Desk, fingerprint, table_hash
from citycarbon.studies.study_file import ACCOUNT, STUDY_FILE, Step, Study, TableSource, read_study

SECTIONS = ("tables", "layers", "models", "parameters")
"""Keys of a step under which the names of its method stand."""
Progress = Callable[[str, int, int], None]


@dataclass
class Run:
    """A run under way: the desk, the finished tables of steps, and which came from the cache."""

    study: Study
    desk: Desk
    tables: dict[str, Table] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    cached: list[str] = field(default_factory=list)
    _account: EmissionTable | None = None
    _main: EmissionTable | None = None

    def account(self) -> EmissionTable:
        """Give the account in its gases, from the finished steps of the account; it is put together once."""
        if self._account is None:
            self._account = account_of(self.study, self.tables, self.desk.place_codes, self.desk.sector_codes)
        return self._account

    def main(self) -> EmissionTable:
        """Give the account in t CO2e, whole in each alternative."""
        if self._main is None:
            self._main = main_account(self.study, self.account())
        return self._main


def execute(folder: Path, *, step_cache: StepCache | None = None, progress: Progress | None = None) -> Run:
    """Run the steps of a study, collecting every problem."""
    study = read_study(folder)
    problems = Problems()
    problems.extend(_wrong_words(study))
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
        if failed & _needed(study, step):
            failed.add(name)
            continue
        try:
            _step(run, step, step_cache, dry=len(problems) > 0)
        except InputError as error:
            problems.absorb(at_step(error, step, run.inputs.get(name, {})))
            failed.add(name)
        except AlreadyNamed:
            failed.add(name)
    problems.raise_all()
    return run


def _wrong_words(study: Study) -> list[Problem]:
    """Check what can be told before any file is read: the warming metric, and what account and maps are made of."""
    found: list[Problem] = []
    try:
        warming_metric(study.gwp)
    except InputError as error:
        found += [replace(each, where=Where(file=STUDY_FILE, item="gwp")) for each in error.problems]
    methods = {step.id: step.method for step in study.steps}
    named = [(f"account.{name}", name) for name in study.account]
    named += [(f"maps.{view.step}", view.step) for view in study.maps if view.step in methods]
    for item, name in named:
        known = all_methods().get(methods[name])
        if known is not None and not issubclass(known.gives, EmissionTable):
            found.append(
                problem(
                    "table_kind_wrong", Where(file=STUDY_FILE, item=item), known.gives.__name__, wanted="EmissionTable"
                )
            )
    return found


def _needed(study: Study, step: Step) -> set[str]:
    """Steps whose results a step needs; the whole account needs all of its steps."""
    named = {name for source in step.tables.values() for name in source.needed}
    return (named - {ACCOUNT}) | (set(study.account) if ACCOUNT in named else set())


def _order(study: Study, problems: Problems) -> list[str]:
    graph = {step.id: _needed(study, step) for step in study.steps}
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        problems.add("step_cycle", Where(file=STUDY_FILE), " → ".join(error.args[1]))
        problems.raise_all()
        raise AssertionError from error


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
        raise InputError("number_missing", Where(item=step, column="value"), f"{bad.height} ×")


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
        return [table_hash(value), {name: [codes.name, dict(codes.parents)] for name, codes in value.codes.items()}]
    if isinstance(value, Raster):
        # The file's own hash stands for its cells.
        return [sha256(value.path) if value.path else None, value.band, repr(value.grid), value.nodata]
    if isinstance(value, DynamicModel):
        return [value.name, value.suffix, value.sha256]
    if isinstance(value, Layer):
        import shapely

        return fingerprint(
            value.crs, value.rows.hash_rows().to_list(), [g.hex() for g in shapely.to_wkb(value.geometry)]
        )
    return value


def step_arguments(run: Run, step: Step, method: Method) -> dict[str, Any]:
    """Gather the tables, layers and parameters of a step; every problem at once.

    Raises
    ------
    InputError
        Every problem.
    AlreadyNamed
        If there is none here, and something that the step needs is broken elsewhere.
    """
    problems = Problems()
    waits = False
    known = {parameter.name: parameter for parameter in method.parameters}
    problems.extend(_misplaced(step, known))
    given: dict[str, Mapping[str, Any]] = {section: getattr(step, section) for section in SECTIONS}
    arguments: dict[str, Any] = {}
    for name, parameter in known.items():
        section = section_of(parameter)
        try:
            if name in given[section]:
                arguments[name] = _under_codes(run, _argument(run, step, parameter, section))
            elif any(name in names for names in given.values()):
                continue
            elif parameter.table is PlaceTable and "places" in run.desk.broken:
                waits = True
            elif parameter.table is PlaceTable and run.desk.places is not None:
                arguments[name] = run.desk.places
            elif not parameter.optional:
                where = Where(file=STUDY_FILE, item=step.id)
                problems.add("parameter_missing", where, name, column=name)
        except InputError as error:
            problems.absorb(at_step(error, step, {}))
        except AlreadyNamed:
            waits = True
    problems.raise_all()
    if waits:
        raise AlreadyNamed
    return arguments


def _argument(run: Run, step: Step, parameter: Parameter, section: str) -> Any:
    name = parameter.name
    if section == "tables":
        return _table(run, step, name, parameter)
    if section == "layers":
        return _layer(run, step, parameter)
    if section == "models":
        return run.desk.model(step.models[name])
    return checked_parameter(parameter, step.parameters[name], Where(STUDY_FILE, item=f"{step.id}.{name}"))


def _under_codes(run: Run, value: Any) -> Any:
    """Give a table the trees of the study as far as it names their codes; without a tree of places, that of the regions."""
    if not isinstance(value, Table):
        return value
    strict = isinstance(value, (ActivityTable, EmissionTable))
    codes: dict[str, CodeList] = {}
    for dimension, listed in (("place", run.desk.place_codes), ("sector", run.desk.sector_codes)):
        if dimension in value.codes or all(column.name != dimension for column in value.columns):
            continue
        if listed is not None and any(word in listed for word in value.words(dimension)):
            codes[dimension] = listed
        elif dimension == "place" and (listed is None or not strict):
            codes[dimension] = REGIONS
    return value.under(**codes) if codes else value


def _misplaced(step: Step, known: Mapping[str, Parameter]) -> list[Problem]:
    """Find names that the method does not know, and names under the wrong one of tables, layers and parameters."""
    found = []
    for section in SECTIONS:
        for name in getattr(step, section):
            where = Where(file=STUDY_FILE, item=f"{step.id}.{name}")
            if name not in known:
                found.append(problem("parameter_unknown", where, name, known=", ".join(known)))
            elif section != section_of(known[name]):
                found.append(problem("parameter_section", where, section, section=section_of(known[name])))
    return found


def section_of(parameter: Parameter) -> str:
    """Tell under which key of a step a parameter of a method stands."""
    if parameter.table is not None:
        return "tables"
    if issubclass(parameter.kind, DynamicModel):
        return "models"
    return "layers" if issubclass(parameter.kind, (Layer, Raster)) else "parameters"


def _layer(run: Run, step: Step, parameter: Parameter) -> Layer | Raster:
    name = step.layers[parameter.name]
    if f"layer:{name}" in run.desk.broken:
        raise AlreadyNamed
    found = run.desk.layers[name]
    if not isinstance(found, parameter.kind):
        where = Where(file=STUDY_FILE, item=f"{step.id}.{parameter.name}")
        raise InputError("table_kind_wrong", where, f"{type(found).__name__} ({name})", wanted=parameter.kind.__name__)
    return found


def _table(run: Run, step: Step, name: str, parameter: Parameter) -> Table:
    if parameter.table is None:
        raise AssertionError(name)
    return _sourced(run, step, name, step.tables[name], parameter.table)


def _sourced(run: Run, step: Step, name: str, source: TableSource, wanted: type[Table]) -> Table:
    if source.parts is not None:
        tables = [_sourced(run, step, name, each, wanted) for each in source.parts]
        return _stacked(run, step, name, tables, ["parts"] * len(tables), wanted)
    if source.step is not None:
        whole = source.step == ACCOUNT
        table = run.main() if whole else run.tables[source.step]
        if not isinstance(table, wanted):
            found = type(table).__name__
            where = Where(file=STUDY_FILE, item=f"{step.id}.{name}")
            raise InputError("table_kind_wrong", where, f"{found} ({source.step})", wanted=wanted.__name__)
        return table
    if source.steps is not None:
        return _stacked(run, step, name, [run.tables[each] for each in source.steps], source.steps, wanted)
    table = run.desk.table(source, wanted)
    if isinstance(table, (ActivityTable, EmissionTable)):
        codes = {"place": run.desk.place_codes, "sector": run.desk.sector_codes}
        table = table.with_codes(**{key: code for key, code in codes.items() if code is not None})
    return table


def _stacked(run: Run, step: Step, name: str, tables: list[Table], origins: list[str], wanted: type[Table]) -> Table:
    """Put several tables below one another."""
    for table, origin in zip(tables, origins, strict=True):
        if not isinstance(table, wanted):
            where = Where(file=STUDY_FILE, item=f"{step.id}.{name}")
            raise InputError("table_kind_wrong", where, f"{type(table).__name__} ({origin})", wanted=wanted.__name__)
    if wanted is EmissionTable:
        return EmissionTable.stack([table for table in tables if isinstance(table, EmissionTable)])
    made = wanted(pl.concat([table.to_polars() for table in tables]))
    if isinstance(made, ActivityTable):
        codes = {"place": run.desk.place_codes, "sector": run.desk.sector_codes}
        return made.with_codes(**{key: code for key, code in codes.items() if code is not None})
    return made


def checked_parameter(parameter: Parameter, value: Any, where: Where) -> Any:
    """Check a parameter value against the method's signature: choice, truth value, number, text."""
    if parameter.choices:
        if value not in parameter.choices:
            raise InputError("parameter_wrong", where, value, expected_value=" | ".join(parameter.choices))
    elif parameter.kind is bool:
        if str(value).lower() not in ("true", "false"):
            raise InputError("parameter_wrong", where, value, expected_value="true | false")
        value = str(value).lower() == "true"
    elif parameter.kind in (int, float):
        value = _number(parameter.kind, value, where)
    elif parameter.kind is str and not isinstance(value, str):
        raise InputError("parameter_wrong", where, value, expected_value=f'"{value}"')
    elif parameter.kind is str and parameter.name in NAMES:
        value = one_form(value)
    return value


def _number(kind: type, value: Any, where: Where) -> int | float:
    number = number_of(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        raise InputError("parameter_not_number", where, value)
    if kind is float:
        return float(number)
    if number != int(number):
        raise InputError("parameter_wrong", where, value, expected_value="1, 2, 3")
    return int(number)
