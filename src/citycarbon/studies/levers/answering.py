"""Levers of a study's projection: what can be moved, and the answer to a set of moves.

Comes in: a result that kept the inputs of its projection. Goes out: bands, peaks and statements, moved and as they were. Not for:
formulas (``strategy.projection.stocks.levers``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.core.series import Floats, SeriesTable
from citycarbon.strategy.projection.outcomes import band_rows, peak_outcomes, peak_rows
from citycarbon.strategy.projection.stocks.levers import LEAST, MOST, Drawn, Handle, Lever, drawn_of, handles_of, moved
from citycarbon.strategy.projection.stocks.simulate import Run, runs_of, with_history
from citycarbon.strategy.projection.stocks.tables import (
    CalibrationTable,
    CorrelationTable,
    LineTable,
    PathTable,
    SpreadTable,
)
from citycarbon.studies.levers.inputs import table_name

KINDS = {"paths": PathTable, "lines": LineTable, "spreads": SpreadTable, "correlations": CorrelationTable,
         "calibration": CalibrationTable, "history": SeriesTable}  # fmt: skip
MOST_LEVERS = 40
MOST_BASES = 64


@dataclass(frozen=True)
class Projection:
    """A projection made ready: scenarios with their draws, and what was observed before."""

    step: str
    scenarios: Mapping[str, Drawn]
    handles: Mapping[str, list[Handle]]
    history: SeriesTable | None
    draws: int
    seed: int
    _bases: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict, compare=False)

    def base(self, scenario: str, by: tuple[int, ...]) -> dict[str, Any]:
        """What is said about a scenario as it is; the same for every answer."""
        if (scenario, by) not in self._bases:
            if len(self._bases) >= MOST_BASES:
                self._bases.clear()
            self._bases[scenario, by] = _said(self.scenarios[scenario].run, self.history, by)
        return self._bases[scenario, by]


def projections_of(result: StudyResult) -> list[str]:
    """Give the steps whose projections levers can move."""
    return list(result.meta.get("models", {}))


def ready(result: StudyResult, step: str, draws: int) -> Projection:
    """Draw the parameters of a projection once, for all answers that follow.

    Raises
    ------
    InputError
        ``step_unknown`` if the result has no such projection.
    """
    known = result.meta.get("models", {})
    if step not in known:
        raise InputError("step_unknown", Where(item=step), step, known=", ".join(known) or "—")
    given: dict[str, Any] = {name: KINDS[name](result.tables[table_name(step, name)]) for name in known[step]["tables"]}
    words = known[step]["parameters"]
    seed = int(words.get("seed", 1))
    span = (int(words["start"]), int(words["end"]))
    tables = (given["paths"], given["lines"], given.get("spreads"), given.get("correlations"), given.get("calibration"))
    runs = runs_of(*tables, span, draws, seed, "latin_hypercube", False)
    return Projection(
        step, {run.model.scenario: drawn_of(run, draws, seed) for run in runs},
        {run.model.scenario: handles_of(run.model, given["paths"]) for run in runs}, given.get("history"), draws, seed,
    )  # fmt: skip


def describe(projection: Projection) -> dict[str, Any]:
    """Say what can be moved: scenarios, years, and the drivers of each with values and weights."""
    first = next(iter(projection.scenarios.values()))
    return {
        "step": projection.step,
        "scenarios": list(projection.scenarios),
        "years": list(first.model.years),
        "draws": projection.draws,
        "range": [LEAST, MOST],
        "levers": {
            scenario: [
                {
                    "driver": each.driver, "unit": each.unit, "first": each.first, "last": each.last,
                    "weight_first": each.weight_first, "weight_last": each.weight_last, "share_of": each.share_of,
                }
                for each in handles
            ]
            for scenario, handles in projection.handles.items()
        },
    }  # fmt: skip


def answer(
    projection: Projection, scenario: str, levers: Sequence[Lever], *, by: Sequence[int] = (2030, 2035)
) -> dict[str, Any]:
    """Give the paths of a scenario as they were and as the levers move them.

    Parameters
    ----------
    projection
        A projection made ready.
    scenario
        One of its scenarios.
    levers
        Moves of drivers; none gives the scenario itself.
    by
        Years by which the chance of a peak is asked for.

    Returns
    -------
    answer
        For ``base`` and ``moved``: ``bands`` of gross and net emissions in tonnes, ``peak`` chances by year, ``outcomes``; and
        ``saved``, the difference of the medians summed over the years [t].

    Raises
    ------
    InputError
        An unknown scenario or driver, a share that would be moved alone, changes out of range.
    """
    if scenario not in projection.scenarios:
        raise InputError("value_not_listed", Where(item="scenario"), scenario, known=", ".join(projection.scenarios))
    if len(levers) > MOST_LEVERS:
        raise InputError("value_out_of_range", Where(item="levers"), len(levers), range=f"<= {MOST_LEVERS}")
    shares = {each.driver: each.share_of for each in projection.handles[scenario] if each.share_of}
    for lever in levers:
        if lever.driver in shares:
            raise InputError("lever_share", Where(item=lever.driver), lever.driver, whole=shares[lever.driver])
    drawn = projection.scenarios[scenario]
    base, after = drawn.run, moved(drawn, levers) if levers else drawn.run
    wanted = tuple(year for year in by if drawn.model.years[0] <= year <= drawn.model.years[-1])
    as_it_was = projection.base(scenario, wanted)
    parts = {"base": as_it_was, "moved": _said(after, projection.history, wanted) if levers else as_it_was}
    medians = [np.median(run.paths[0], axis=0) for run in (base, after)]
    return {
        "scenario": scenario,
        "years": list(drawn.model.years),
        **parts,
        "saved": float((medians[0] - medians[1]).sum()),
    }


def _said(run: Run, history: SeriesTable | None, by: Sequence[int]) -> dict[str, Any]:
    """Bands of the whole, and what is said about its gross emissions; the first totals of a run are those of all places."""
    whole = run.totals[0].place
    numbers = [number for number, each in enumerate(run.totals) if each.place == whole]
    times = [str(year) for year in run.model.years]
    bands = {run.totals[number].measure: _columns(band_rows(run.paths[number], times, "t", {})) for number in numbers}
    values, seen = with_history(run, numbers[0], history)
    past: Floats = values[0, : values.shape[1] - len(times)]
    return {
        "bands": bands,
        "past": {"time": seen[: len(past)], "value": [float(v) for v in past]},
        "peak": _columns(peak_rows(values, seen, {})),
        "outcomes": peak_outcomes(values, seen, "t", {}, by).to_dicts(),
    }


def _columns(frame: pl.DataFrame) -> dict[str, list[Any]]:
    floats = [name for name, kind in frame.schema.items() if kind == pl.Float64]
    return frame.with_columns(pl.col(name).round_sig_figs(7) for name in floats).to_dict(as_series=False)
