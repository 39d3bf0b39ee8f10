"""One method on rows that somebody sends, in a process of its own that ends in time.

Comes in: a method's id, rows of its tables, parameters. Goes out: the rows that it gives. Not for: studies.
"""

from __future__ import annotations

import csv
import io
import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import Method
from citycarbon.studies import service

SECONDS = 30.0
MOST_ROWS = 10_000
PLAIN = (str, int, float, bool)
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet", ".json")
_AT_ONCE = BoundedSemaphore(2)


@dataclass(frozen=True)
class Sent:
    """A file that somebody sends: its bytes and its name, of which only the ending is used."""

    content: bytes
    name: str = "rows.csv"


Given = str | Sequence[Mapping[str, Any]] | Sent


@dataclass(frozen=True)
class Tried:
    """What a method gave: the class of its table, rows, how many there are in all, and the defaults that were used."""

    table: str
    rows: pl.DataFrame
    count: int
    notes: dict[str, str]


def takes_rows(method: Method) -> bool:
    """Whether all that a method needs can be sent as rows and plain values."""
    return all(each.table is not None or each.optional or each.kind in PLAIN for each in method.parameters)


@cache
def _context() -> BaseContext:
    """Processes that begin with everything loaded, where the system can fork from a server; elsewhere each loads its own."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["citycarbon.interfaces.workbench.work.trying", "citycarbon.studies.service"])
    return context


@cache
def prepare() -> None:
    """Start what processes of methods begin from, once; it takes seconds, and answers need not wait for it."""
    child = _context().Process(target=int, daemon=True)  # type: ignore[attr-defined]
    child.start()
    child.join()


def try_method(
    method: str,
    tables: Mapping[str, Given],
    parameters: Mapping[str, Any],
    *,
    region: str | None = None,
    seconds: float = SECONDS,
) -> Tried:
    """Run a method on rows.

    Parameters
    ----------
    method
        Id in the catalogue.
    tables
        Table parameter to its rows or a file, or to ``library:EDITION`` for factors.
    parameters
        Plain parameters.
    region
        Region of every place, where the places are no regions themselves.
    seconds
        Time after which it is ended.

    Raises
    ------
    InputError
        Every problem of the input; ``method_too_long`` if it does not end in time.
    """
    with _AT_ONCE, TemporaryDirectory() as folder:
        given = {name: _file(Path(folder), name, rows) for name, rows in tables.items()}
        receiving, sending = multiprocessing.Pipe(duplex=False)
        child = _context().Process(target=_run, args=(sending, method, given, dict(parameters), region), daemon=True)  # type: ignore[attr-defined]
        child.start()
        sending.close()
        try:
            if not receiving.poll(seconds):
                raise InputError("method_too_long", Where(item=method), f"{seconds:g} s", seconds=f"{seconds:g}")
            kind, answer = receiving.recv()
        except EOFError as error:
            raise InputError("method_too_long", Where(item=method), "", seconds=f"{seconds:g}") from error
        finally:
            receiving.close()
            child.kill()
            child.join()
    if kind == "problems":
        raise InputError.several(answer)
    table, content, count, notes = answer
    return Tried(table, pl.read_ipc(io.BytesIO(content)), count, notes)


def _file(folder: Path, name: str, rows: Given) -> str:
    """Write rows as a file that the readers know, so that they are checked like every other input."""
    if isinstance(rows, Sent):
        ending = Path(rows.name).suffix.lower()
        # Pasted from a spreadsheet, columns are parted by tabs.
        tabs = ending == ".csv" and b"\t" in rows.content.partition(b"\n")[0]
        path = folder / f"{name}{'.tsv' if tabs else ending if ending in ENDINGS else '.csv'}"
        path.write_bytes(rows.content)
        return str(path)
    if isinstance(rows, str):
        if rows.startswith(service.LIBRARY):
            return rows
        raise InputError("value_not_listed", Where(item=name), rows, known=f"{service.LIBRARY}EDITION")
    path = folder / f"{name}.csv"
    header = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header or ["place"], restval="")
        writer.writeheader()
        writer.writerows({key: "" if cell is None else cell for key, cell in row.items()} for row in rows)
    return str(path)


def _run(
    sending: Connection, method: str, tables: dict[str, str], parameters: dict[str, Any], region: str | None
) -> None:
    """In the process of its own: run, and send what came of it."""
    try:
        _, made, notes = service.call(method, tables, parameters, region=region)
    except InputError as error:
        sending.send(("problems", error.problems))
        return
    frame = made.to_polars()
    stream = io.BytesIO()
    frame.head(MOST_ROWS).write_ipc(stream)
    sending.send(("made", (type(made).__name__, stream.getvalue(), frame.height, notes)))
