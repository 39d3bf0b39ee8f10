"""Files of neighbouring systems as tables of a study: which reader serves which format.

Comes in: a path and the table source that names its format. Goes out: the table and its origin. Not for: plain tables, which
the readers of ``citycarbon.data`` know by their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.results import Origin
from citycarbon.core.tables import Table
from citycarbon.data.exchange.balances import read_balance
from citycarbon.data.exchange.citycatalyst import read_citycatalyst
from citycarbon.data.exchange.ecrf.reading import read_ecrf
from citycarbon.data.exchange.sector_fuel import read_sector_fuel
from citycarbon.data.exchange.wide import read_wide
from citycarbon.data.safety import sha256
from citycarbon.data.sheets import BOOKS
from citycarbon.inventory.sectors.balance_lines import BalanceTable
from citycarbon.studies.study_file import TableSource

Known = Mapping[str, CodeList]
Reader = Callable[[Path, TableSource, str, Known], tuple[Table, Origin, Mapping[str, str]]]
"""A reader gives the table, its origin and what the file says of itself."""
OPTIONS = ("sheet", "encoding", "map", "ignore", "set", "only", "columns", "words", "wide")
"""What a table source may state about its file."""


@dataclass(frozen=True)
class Format:
    """A reader, the options of a table source that it honours (others are refused), and the names that ``set`` may have."""

    read: Reader
    options: tuple[str, ...]
    names: tuple[str, ...]


def _ceads(path: Path, source: TableSource, shown: str, known: Known) -> tuple[Table, Origin, Mapping[str, str]]:  # noqa: ARG001
    place, time = source.set.get("place"), source.set.get("time")
    book = path.suffix.lower() in BOOKS
    idle = [name for name in (("only", "encoding") if book else ("sheet", "set")) if getattr(source, name)]
    refuse_idle(idle, shown, path.suffix.lower())
    table, origin = read_sector_fuel(
        path, shown, place=place, only=source.only, sheet=source.sheet, time=time, encoding=source.encoding
    )
    return table, origin, {}


def _balance(path: Path, source: TableSource, shown: str, known: Known) -> tuple[Table, Origin, Mapping[str, str]]:  # noqa: ARG001
    if "place" not in source.set:
        raise InputError("parameter_missing", Where(file=shown), "", column="set: {place: …}")
    place, time, unit = (source.set.get(name) for name in ("place", "time", "unit"))
    rows = read_balance(path, place=str(place), time=time, sheet=source.sheet, unit=unit, encoding=source.encoding)
    table = BalanceTable(rows, where=Where(file=shown))
    return table, Origin(shown, sha256(path), path.stat().st_size, rows.height, path.suffix.lstrip(".")), {}


def _records(path: Path, source: TableSource, shown: str, known: Known) -> tuple[Table, Origin, Mapping[str, str]]:  # noqa: ARG001
    """An inventory of a GPC tool; what its own words mean, and the unit of gas columns that no sum settles, are stated."""
    given: dict[str, Any] = {"notation": source.words, "gas_unit": source.set.get("gas_unit")}
    given |= {"place": source.set.get("place"), "year": _year(source, shown)}
    if "gas_metric" in source.set:
        given["gas_metric"] = source.set["gas_metric"]
    if source.format == "ecrf":
        metadata, records, _, report = read_ecrf(path, **given)
    else:
        metadata = {}
        records, report = read_citycatalyst(path, encoding=source.encoding, **given)
    origin = Origin(shown, report.sha256, path.stat().st_size, report.rows, path.suffix.lstrip("."))
    return records, origin, metadata


def _wide(path: Path, source: TableSource, shown: str, known: Known) -> tuple[Table, Origin, Mapping[str, str]]:
    if source.columns is None:
        raise InputError("parameter_missing", Where(file=shown), "", column="columns")
    table, report = read_wide(
        _with_sheet(path, source), Path(source.columns), given=source.set, encoding=source.encoding, shown=shown,
        declared=known,
    )  # fmt: skip
    return table, Origin(shown, report.sha256, path.stat().st_size, report.rows, path.suffix.lstrip(".")), {}


def _with_sheet(path: Path, source: TableSource) -> Path:
    return path.with_name(f"{path.name}#{source.sheet}") if source.sheet else path


def _year(source: TableSource, shown: str) -> int | None:
    text = source.set.get("year")
    if text is not None and not text.isdigit():
        raise InputError("value_not_number", Where(file=shown, item="set.year"), text)
    return None if text is None else int(text)


_OF_RECORDS = ("place", "year", "gas_unit", "gas_metric")
FORMATS: dict[str, Format] = {
    "citycatalyst": Format(_records, ("encoding", "set", "words"), _OF_RECORDS),
    "ecrf": Format(_records, ("set", "words"), _OF_RECORDS),
    "wide": Format(_wide, ("sheet", "encoding", "set", "columns"), ("place", "time")),
    "ceads": Format(_ceads, ("sheet", "encoding", "set", "only"), ("place", "time")),
    "energy_balance": Format(_balance, ("sheet", "encoding", "set"), ("place", "time", "unit")),
}
"""Format of a table source to its reader."""


def refuse_idle(idle: Iterable[str], shown: str, reader: str) -> None:
    """Refuse options of a table that its reader makes no use of: who states them expects that they count.

    Raises
    ------
    InputError
        ``option_idle`` for each.
    """
    problems = Problems()
    for name in idle:
        problems.add("option_idle", Where(file=shown, item=name), name, reader=reader)
    problems.raise_all()


def refuse_idle_of_plain(source: TableSource, suffix: str, shown: str) -> None:
    """Refuse what a plain file of this kind has no use for: the sheet of a csv, the encoding of a workbook."""
    book = suffix in BOOKS
    refuse_idle([name for name, counts in (("sheet", book), ("encoding", not book and suffix != ".parquet"))
                 if getattr(source, name) and not counts], shown, suffix)  # fmt: skip


def read_format(
    path: Path, source: TableSource, kind: type[Any], shown: str, known: Known | None = None
) -> tuple[Any, Origin, Mapping[str, str]]:
    """Read a file in the format that a table source names; ``known`` holds the places and sectors of the study.

    Raises
    ------
    InputError
        If the format is not known, gives another table than is wanted, makes no use of an option, or the file is broken.
    """
    name = str(source.format)
    if name not in FORMATS:
        raise InputError("format_unknown", Where(file=shown, item="format"), name, known=", ".join(FORMATS))
    reader = FORMATS[name]
    idle = [option for option in OPTIONS if getattr(source, option) and option not in reader.options]
    refuse_idle([*idle, *(f"set: {key}" for key in source.set if key not in reader.names)], shown, name)
    table, origin, metadata = reader.read(path, source, shown, known or {})
    if not isinstance(table, kind):
        raise InputError(
            "table_kind_wrong", Where(file=shown, item="format"), type(table).__name__, wanted=kind.__name__
        )
    return table, origin, metadata
