"""The exchange formats of inventories, in one place: who reads a format, who writes it.

Comes in: a name. Goes out: an :class:`ExchangeFormat`. A further format is one more line of :data:`FORMATS`.
Not for: the formats themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citycarbon.core.errors import InputError, Where
from citycarbon.core.tables import Table
from citycarbon.data.exchange import citycatalyst, plain, wide
from citycarbon.data.exchange.ecrf.reading import FORMAT as ECRF
from citycarbon.data.exchange.ecrf.reading import read_ecrf
from citycarbon.data.exchange.ecrf.writing import write_ecrf
from citycarbon.data.exchange.import_report import ImportReport
from citycarbon.data.exchange.records import RecordTable
from citycarbon.data.exchange.result_formats import IAMC, RESULT_FORMATS, ingest_iamc


@dataclass(frozen=True)
class Ingested:
    """What reading a file gave: the main table, further tables by name, metadata and the report."""

    table: Table
    report: ImportReport
    metadata: Mapping[str, str]
    further: Mapping[str, Table]


@dataclass(frozen=True)
class ExchangeFormat:
    """One format: titles, ending of its files, its reader and its writer; either may be absent.

    ``read(path, options)`` gives what was read without raising for refused rows; ``write(path, records, metadata, metric)``
    writes records.
    """

    title: tuple[str, str]
    ending: str
    read: Callable[[Path, Mapping[str, Any]], Ingested] | None
    write: Callable[[Path, RecordTable, Mapping[str, str], str], None] | None


def _read_citycatalyst(path: Path, options: Mapping[str, Any]) -> Ingested:
    records, report = citycatalyst.read_citycatalyst(path, strict=False, **options)
    return Ingested(records, report, {}, {})


def _write_citycatalyst(path: Path, records: RecordTable, metadata: Mapping[str, str], metric: str) -> None:  # noqa: ARG001
    citycatalyst.write_citycatalyst(path, records, gas_metric=metric)


def _read_ecrf(path: Path, options: Mapping[str, Any]) -> Ingested:
    given = {name: value for name, value in options.items() if name != "encoding"}
    metadata, records, summary, report = read_ecrf(path, strict=False, **given)
    return Ingested(records, report, metadata, {"summary": summary})


def _write_ecrf(path: Path, records: RecordTable, metadata: Mapping[str, str], metric: str) -> None:
    write_ecrf(path, metadata, records, gas_metric=metric)


def _read_iamc(path: Path, options: Mapping[str, Any]) -> Ingested:
    table, report = ingest_iamc(path, options)
    return Ingested(table, report, {}, {})


def _read_activity(path: Path, options: Mapping[str, Any]) -> Ingested:
    table, report = plain.read_activity(path, options)
    return Ingested(table, report, {}, {})


def _read_wide(path: Path, options: Mapping[str, Any]) -> Ingested:
    if not options.get("columns"):
        raise InputError("parameter_missing", Where(item="--columns"), "", column="--columns")
    kept = {name: options.get(name) for name in ("given", "encoding", "tell")}
    table, report = wide.read_wide(path, Path(options["columns"]), **kept)
    return Ingested(table, report, {}, {})


FORMATS: dict[str, ExchangeFormat] = {
    wide.FORMAT: ExchangeFormat(
        ("wide table with a mapping file", "宽表（附列映射文件）"), ".parquet", _read_wide, None
    ),
    plain.FORMAT: ExchangeFormat(("plain table of activity data", "普通活动数据表"), ".parquet", _read_activity, None),
    citycatalyst.FORMAT: ExchangeFormat(
        ("CityCatalyst inventory csv", "CityCatalyst 清单 csv"), ".csv", _read_citycatalyst, _write_citycatalyst
    ),
    ECRF: ExchangeFormat(
        ("eCRF workbook of the Common Reporting Framework", "通用报告框架 eCRF 工作簿"),
        ".xlsx",
        _read_ecrf,
        _write_ecrf,
    ),
    IAMC: ExchangeFormat(RESULT_FORMATS[IAMC].title, ".csv", _read_iamc, None),
}
"""Name of a format to what is known of it."""


def exchange_format(name: str, *, reading: bool) -> ExchangeFormat:
    """Give a format that can be read, or one that can be written.

    Raises
    ------
    InputError
        If no format has this name, or it cannot do that.
    """
    able = [key for key, each in FORMATS.items() if (each.read if reading else each.write) is not None]
    if name not in able:
        able += [] if reading else list(RESULT_FORMATS)
        raise InputError("exchange_unknown", Where(item=name), name, known=", ".join(able))
    return FORMATS[name]
