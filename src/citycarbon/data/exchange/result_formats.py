"""The formats that are written from a whole result and not record by record: IAMC, the provincial summary, the package.

Comes in: a name and what is stated. Goes out: a :class:`ResultFormat`. A further format is one more line of
:data:`RESULT_FORMATS`. Not for: the formats themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citycarbon.core.errors import Problems, Where
from citycarbon.data.exchange.iamc.reader import read_iamc
from citycarbon.data.exchange.iamc.table import IamcTable
from citycarbon.data.exchange.iamc.writer import write_definitions, write_iamc
from citycarbon.data.exchange.import_report import ColumnUse, ImportReport, note
from citycarbon.data.exchange.package.descriptions import Stated
from citycarbon.data.exchange.package.writer import write_package
from citycarbon.data.exchange.provincial.writer import write_provincial
from citycarbon.data.results import read_result

IAMC, PROVINCIAL, PACKAGE = "iamc", "provincial", "package"


@dataclass(frozen=True)
class ResultFormat:
    """One format: titles, endings of its files, names of what may be stated, and its writer.

    ``write(path, folder, options)`` writes a results folder and gives the files that it wrote.
    """

    title: tuple[str, str]
    endings: tuple[str, ...]
    options: tuple[str, ...]
    write: Callable[[Path, Path, Mapping[str, str]], list[Path]]


def write_result_as(name: str, path: Path, folder: Path, options: Mapping[str, str]) -> list[Path]:
    """Write a results folder in a named format; give the files that were written.

    Raises
    ------
    InputError
        If an option is not one of the format, or the result cannot be written so.
    """
    form = RESULT_FORMATS[name]
    problems = Problems()
    for each in (each for each in options if each not in form.options):
        problems.add("parameter_unknown", Where(item=each), each, known=", ".join(form.options))
    problems.raise_all()
    return form.write(path, folder, options)


def _write_iamc(path: Path, folder: Path, options: Mapping[str, str]) -> list[Path]:
    """A csv has no room for what its variables are: a code list is written beside it."""
    result = read_result(folder)
    write_iamc(path, result, **options)
    if path.suffix.lower() != ".csv":
        return [path]
    beside = path.with_suffix(".variables.yaml")
    write_definitions(beside, result, **options)
    return [path, beside]


def _write_provincial(path: Path, folder: Path, options: Mapping[str, str]) -> list[Path]:
    write_provincial(path, read_result(folder), **options)
    return [path]


def _write_package(path: Path, folder: Path, options: Mapping[str, str]) -> list[Path]:
    authors = tuple(name.strip() for name in options.get("authors", "").split(";") if name.strip())
    further = {key: text for key, text in options.items() if key != "authors"}
    write_package(path, folder, Stated(authors=authors, **further))
    return [path]


RESULT_FORMATS: dict[str, ResultFormat] = {
    IAMC: ResultFormat(("IAMC scenario format", "IAMC 情景数据格式"), (".csv", ".xlsx"), ("mass", "view"), _write_iamc),
    PROVINCIAL: ResultFormat(
        ("summary for a provincial bureau", "省级主管部门汇总表"),
        (".xlsx",),
        ("time", "scenario", "basis"),
        _write_provincial,
    ),
    PACKAGE: ResultFormat(
        ("citable package of a study", "可引用的研究数据包"),
        (".zip",),
        ("authors", "licence", "released", "version", "url"),
        _write_package,
    ),
}
"""Name of a format to what is known of it."""


def ingest_iamc(path: Path, options: Mapping[str, Any]) -> tuple[IamcTable, ImportReport]:
    """Read an IAMC file with a report of the import; of the options it knows ``encoding``.

    Raises
    ------
    InputError
        Every problem of the file, or an option that the format has no use for.
    """
    problems = Problems()
    for each in (each for each in options if each != "encoding"):
        problems.add("parameter_unknown", Where(item=each), each, known="encoding")
    problems.raise_all()
    table, origin = read_iamc(Path(path), encoding=options.get("encoding"))
    rows = table.to_polars()
    uses = tuple(ColumnUse(name, name, rows.height - rows[name].null_count()) for name in (*rows.columns,))
    notes = (note("iamc.footer", origin.note, origin.note, ()),) if origin.note else ()
    return table, ImportReport(IAMC, origin.name, origin.sha256, origin.rows, rows.height, uses, notes=notes)
