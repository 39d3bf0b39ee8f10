"""Files of neighbouring systems as tables of a study: which reader serves which format.

Comes in: a path and the table source that names its format. Goes out: the table and its origin. Not for: plain tables, which
the readers of ``citycarbon.data`` know by their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import Origin
from citycarbon.core.tables import Table
from citycarbon.data.exchange.balances import read_balance
from citycarbon.data.exchange.citycatalyst import read_citycatalyst
from citycarbon.data.exchange.ecrf.reading import read_ecrf
from citycarbon.data.exchange.sector_fuel import read_sector_fuel
from citycarbon.data.exchange.wide import read_wide
from citycarbon.data.safety import sha256
from citycarbon.inventory.sectors.balance_lines import BalanceTable
from citycarbon.studies.study_file import TableSource

Reader = Callable[[Path, TableSource, str], tuple[Table, Origin, Mapping[str, str]]]
"""A reader gives the table, its origin and what the file says of itself."""


def _ceads(path: Path, source: TableSource, shown: str) -> tuple[Table, Origin, Mapping[str, str]]:
    return *read_sector_fuel(path, shown, place=source.set.get("place"), only=source.only), {}


def _balance(path: Path, source: TableSource, shown: str) -> tuple[Table, Origin, Mapping[str, str]]:
    if "place" not in source.set:
        raise InputError("parameter_missing", Where(file=shown), "", column="set: {place: …}")
    place, time, unit = (source.set.get(name) for name in ("place", "time", "unit"))
    rows = read_balance(path, place=str(place), time=time, sheet=source.sheet, unit=unit, encoding=source.encoding)
    table = BalanceTable(rows, where=Where(file=shown))
    return table, Origin(shown, sha256(path), path.stat().st_size, rows.height, path.suffix.lstrip(".")), {}


def _records(path: Path, source: TableSource, shown: str) -> tuple[Table, Origin, Mapping[str, str]]:
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


def _wide(path: Path, source: TableSource, shown: str) -> tuple[Table, Origin, Mapping[str, str]]:
    if source.columns is None:
        raise InputError("parameter_missing", Where(file=shown), "", column="columns")
    table, report = read_wide(
        _with_sheet(path, source), Path(source.columns), given=source.set, encoding=source.encoding, shown=shown
    )
    return table, Origin(shown, report.sha256, path.stat().st_size, report.rows, path.suffix.lstrip(".")), {}


def _with_sheet(path: Path, source: TableSource) -> Path:
    return path.with_name(f"{path.name}#{source.sheet}") if source.sheet else path


def _year(source: TableSource, shown: str) -> int | None:
    text = source.set.get("year")
    if text is not None and not text.isdigit():
        raise InputError("value_not_number", Where(file=shown, item="set.year"), text)
    return None if text is None else int(text)


FORMATS: dict[str, Reader] = {
    "citycatalyst": _records,
    "ecrf": _records,
    "wide": _wide,
    "ceads": _ceads,
    "energy_balance": _balance,
}
"""Format of a table source to its reader."""


def read_format(path: Path, source: TableSource, kind: type[Any], shown: str) -> tuple[Any, Origin, Mapping[str, str]]:
    """Read a file in the format that a table source names.

    Raises
    ------
    InputError
        If the format is not known, gives another table than is wanted, or the file is broken.
    """
    name = str(source.format)
    if name not in FORMATS:
        raise InputError("format_unknown", Where(file=shown, item="format"), name, known=", ".join(FORMATS))
    table, origin, metadata = FORMATS[name](path, source, shown)
    if not isinstance(table, kind):
        raise InputError(
            "table_kind_wrong", Where(file=shown, item="format"), type(table).__name__, wanted=kind.__name__
        )
    return table, origin, metadata
