"""CityCatalyst's inventory csv: eighteen columns, one row a record.

Comes in: a csv that CityCatalyst exported, or records. Goes out: records with a report of the import, or such a csv.
Not for: eCRF workbooks (:mod:`citycarbon.data.exchange.ecrf.reading`).

Known of this export (CityCatalyst at commit 47afbbb, ``CSVDownloadService``): totals are t CO2e; gas columns are kg of gas times
the AR5 potential, so kg CO2e; the factor unit is ``kg/m3`` for numbers that end in 1 and ``kg/TJ`` for the others, whatever
unit the factor was really in; the notation key is made of the initials of an internal reason. Files edited by hand differ, so
none of this is taken for granted: units of gases are settled by sums that close, keys that are none are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.data import safety
from citycarbon.data.exchange import mapping
from citycarbon.data.exchange.closure import KG_PER_T, gas_tonnes, refuse_open_gases
from citycarbon.data.exchange.import_report import ImportReport
from citycarbon.data.exchange.records import GASES, RecordTable
from citycarbon.data.library import warming_metric
from citycarbon.data.sheets import read_text
from citycarbon.data.writers import write_table

FORMAT = "citycatalyst"
METRIC = "AR5-GWP100"
HEADERS: dict[str, str] = {
    "Inventory Reference": "inventory_reference",
    "GPC Reference Number": "gpc_number",
    "Subsector name": "crf_subsector",
    "Notation Key": "notation",
    "Total Emissions": "emission_co2e",
    "Total Emission Units": "total_unit",
    "Activity type": "fuel_or_activity",
    "Activity Value": "activity_value",
    "Activity Units": "activity_unit",
    "Emission Factor - CO2": "factor_co2",
    "Emission Factor - CH4": "factor_ch4",
    "Emission Factor - N2O": "factor_n2o",
    "Emission Factor - Unit": "factor_unit",
    "CO2 Emissions": "emission_co2",
    "CH4 Emissions": "emission_ch4",
    "N2O Emissions": "emission_n2o",
    "Data source ID": "source_id",
    "Data source name": "activity_source",
}
"""Heading to field; ``total_unit`` must be t CO2e and is then no field of its own."""
TOTAL_UNIT = "t CO2e"


@safety.netted
def read_citycatalyst(
    path: Path,
    *,
    notation: Mapping[str, str] | None = None,
    gas_metric: str = METRIC,
    gas_unit: str | None = None,
    place: str | None = None,
    year: int | None = None,
    encoding: str | None = None,
    strict: bool = True,
) -> tuple[RecordTable, ImportReport]:
    """Read an inventory csv of CityCatalyst.

    Parameters
    ----------
    path
        The csv.
    notation
        What words mean that are no notation keys, for example ``{"RN": "NO"}``.
    gas_metric
        Warming metric that the file was made with.
    gas_unit
        Unit of the gas columns in rows whose sum does not settle it.
    place, year
        The file states neither; without them they are read from a file name such as ``inventory-CL_ARI-2022.csv``.
    encoding
        Encoding, if it is to be stated.
    strict
        Whether refused rows raise; if not they are listed in the report and left out of the records.

    Raises
    ------
    InputError
        What cannot be read at all, and with ``strict`` every refused row.
    """
    path = Path(path)
    safety.present(path, path.name)
    if path.suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise InputError("file_kind_unknown", Where(file=path.name), path.suffix or "—", kinds=".csv")
    sheet = read_text(path, path.name, encoding)
    reading = mapping.begin(sheet, HEADERS, tuple(HEADERS)[1:6])
    named_place, named_year = _name_parts(path.stem)
    place, year = place or named_place, year or named_year
    if place is None or year is None:
        column = "place" if place is None else "inventory_year"
        raise InputError("value_empty", Where(file=path.name, column=column), path.name, column=column)
    reading.rows = reading.rows.with_columns(pl.lit(year, dtype=pl.Int64).alias("inventory_year"))
    _check_total_unit(reading)
    mapping.settle_notation(reading, notation or {}, "Notation Key")
    mapping.settle_numbers(reading, "GPC Reference Number")
    mapping.settle_figures(reading, "Total Emissions")
    mapping.settle_gases(reading, warming_metric(gas_metric), gas_unit)
    mapping.list_sources(reading, "Data source name")
    mapping.doubled(reading)
    records = mapping.finish(reading, place)
    refused = mapping.refuse_or_return(reading.problems, strict=strict)
    report = ImportReport(
        FORMAT, path.name, safety.sha256(path), sheet.rows.height, records.to_polars().height, tuple(reading.columns),
        tuple(reading.values), tuple(reading.notes), refused,
    )  # fmt: skip
    return records, report


def _name_parts(stem: str) -> tuple[str | None, int | None]:
    """Read place and year of CityCatalyst's own file names, ``inventory-PLACE-YEAR``."""
    parts = stem.removeprefix("inventory-").rpartition("-")
    spans = re.search(r"(?:19|20)[0-9]{2}$", parts[0])
    if not stem.startswith("inventory-") or not parts[2].isdigit() or len(parts[2]) != 4 or spans:
        return None, None
    return parts[0] or None, int(parts[2])


def _check_total_unit(reading: mapping.Reading) -> None:
    """The total must say t CO2e, in every row that has one."""
    index = next((i for i, use in enumerate(reading.columns) if use.field == "total_unit"), None)
    if index is None:
        return
    unit = reading.sheet.rows[f"column_{index + 1}"]
    bare = unit.is_null() & reading.rows["emission_co2e"].is_not_null()
    wrong = reading.rows.filter(bare | (unit != TOTAL_UNIT).fill_null(False))
    if wrong.height:
        shown = ", ".join(unit.filter((unit != TOTAL_UNIT).fill_null(False)).unique().to_list()[:5]) or "—"
        reading.refuse(wrong, "value_not_listed", "Total Emission Units", shown, known=TOTAL_UNIT)


def write_citycatalyst(path: Path, records: RecordTable, *, gas_metric: str = METRIC) -> None:
    """Write records as an inventory csv of CityCatalyst: totals in t CO2e, gases in kg CO2e as that tool does.

    Raises
    ------
    InputError
        If the unit of the gases of a row is not settled, or the file cannot be written.
    """
    rows, metric = records.to_polars(), warming_metric(gas_metric)
    refuse_open_gases(records)
    gases = []
    figure: pl.Expr
    for gas, name in GASES.items():
        figure = pl.when(pl.col("gas_unit") == "kg CO2e").then(pl.col(name))
        for unit in ("t CO2e", "t", "kg"):
            kilograms = (gas_tonnes(gas, unit, metric) * KG_PER_T).round_sig_figs(15)
            figure = pl.when(pl.col("gas_unit") == unit).then(kilograms).otherwise(figure)
        gases.append(figure.alias(name))
    total = pl.when(pl.col("emission_co2e").is_not_null() | pl.col("notation").is_not_null()).then(pl.lit(TOTAL_UNIT))
    made = rows.with_columns(*gases, total.alias("total_unit"), pl.col("inventory_reference").fill_null("N/A"))
    made = made.select(pl.col(name).alias(header) for header, name in HEADERS.items())
    if Path(path).suffix.lower() != ".csv":
        raise InputError("file_kind_unknown", Where(file=str(path)), Path(path).suffix or "—", kinds=".csv")
    write_table(made, Path(path))
