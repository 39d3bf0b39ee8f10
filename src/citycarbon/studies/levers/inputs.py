"""What a projection was made of, kept with the result, so that a lever can change it without running the study again.

Comes in: a finished run. Goes out: tables ``model_STEP_ARGUMENT`` and the parameters of each such step. Not for: answering.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from citycarbon.core.tables import Table
from citycarbon.studies.run import Run

SIMULATE = "strategy.projection.stocks.simulate"
"""Method whose steps levers can move."""


def table_name(step: str, argument: str) -> str:
    """Name of the table that keeps an argument of a step."""
    return f"model_{step}_{argument}"


def model_tables(run: Run) -> dict[str, pl.DataFrame]:
    """Give the input tables of each simulated projection."""
    return {
        table_name(step, name): value.to_polars()
        for step, arguments in _simulated(run).items()
        for name, value in arguments.items()
        if isinstance(value, Table)
    }


def models_of_run(run: Run) -> dict[str, dict[str, Any]]:
    """Give the parameters and the table arguments of each simulated projection."""
    return {
        step: {
            "tables": sorted(name for name, value in arguments.items() if isinstance(value, Table)),
            "parameters": {name: value for name, value in sorted(arguments.items()) if not isinstance(value, Table)},
        }
        for step, arguments in _simulated(run).items()
    }


def _simulated(run: Run) -> dict[str, dict[str, Any]]:
    return {step.id: run.inputs[step.id] for step in run.study.steps if step.method == SIMULATE}
