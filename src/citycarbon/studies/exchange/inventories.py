"""Inventories in and out: read the file of a GPC tool, write the account of a study for one.

Comes in: paths and plain values. Goes out: what was read with its report, or a file and what it holds. Not for: printing, and
not for the formats themselves (``citycarbon.data.exchange``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

import citycarbon
from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.results import StudyResult
from citycarbon.core.sums import whole
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.data.classifications import RESIDUAL
from citycarbon.data.exchange.ecrf.layout import INSTITUTIONAL
from citycarbon.data.exchange.formats import Ingested, exchange_format
from citycarbon.data.exchange.from_account import records_from_emissions
from citycarbon.data.exchange.gpc import gpc_numbers
from citycarbon.data.exchange.records import RecordTable
from citycarbon.data.exchange.result_formats import RESULT_FORMATS, write_result_as
from citycarbon.data.readers import read_table
from citycarbon.data.results import read_result
from citycarbon.inventory.accounting.regroup import CrosswalkTable, regroup

__all__ = ["RESULT_FORMATS", "Exported", "export", "export_result", "ingest"]
OWN_LIST = "city"
PUBLIC = "buildings.public"
OBSERVED = "observed"
BASIS = "location"
REPORTED = "inventory.accounting.reported_inventory"


@dataclass(frozen=True)
class Exported:
    """What an export holds: file, records, their total [t CO2e], what of it has no GPC number, scenario, basis, metric."""

    path: Path
    records: int
    total: float
    without_number: float
    scenario: str
    basis: str
    metric: str


def ingest(path: Path, name: str, options: Mapping[str, Any] | None = None) -> Ingested:
    """Read a file in a named exchange format; refused rows stand in the report and do not raise.

    Parameters
    ----------
    path
        The file.
    name
        Name of the format.
    options
        ``notation``, ``gas_unit``, ``gas_metric``, ``place``, ``year`` and ``encoding``, as far as they are stated.

    Raises
    ------
    InputError
        If the format is not known or the file cannot be read at all.
    """
    read = exchange_format(name, reading=True).read
    assert read is not None
    return read(Path(path), {key: value for key, value in (options or {}).items() if value})


def export(
    folder: Path, name: str, out: Path, *, scenario: str | None = None, basis: str = BASIS, classification: str = OWN_LIST,
    crosswalk: Path | None = None, place: str | None = None,
) -> Exported:  # fmt: skip
    """Write the account of a results folder in a named exchange format; what others reported is written as it stood.

    Parameters
    ----------
    folder
        Results folder of a study.
    name
        Name of the format.
    out
        File to write.
    scenario
        Scenario to report; ``observed`` or the only one if left out.
    basis
        Alternative to report beside the rows that are the same under each.
    classification
        List in which the sectors of the study stand, if they are no GPC numbers yet.
    crosswalk
        Own crosswalk to the GPC (code, activity, scope, target, share) for sectors that stand in no shipped list.
    place
        The one place to write; all of them if left out.

    Raises
    ------
    InputError
        If the sectors stand in no known list, or there is nothing to report.
    """
    form = exchange_format(name, reading=False)
    assert form.write is not None
    result = read_result(Path(folder))
    rows, chosen = _chosen(result.tables["emissions"], scenario, basis, folder, place)
    metric = str(result.meta["gwp"])
    records = _records(result, rows, classification, crosswalk)
    form.write(Path(out), _with_places(records, result), _metadata(result, records, metric), metric)
    made = records.to_polars()
    lost = whole(made.filter(pl.col("gpc_number").is_null()), "emission_co2e")
    return Exported(Path(out), made.height, whole(made, "emission_co2e"), lost, chosen, basis, metric)


def export_result(folder: Path, name: str, out: Path, options: Mapping[str, str | None]) -> list[Path]:
    """Write a results folder in a format that holds a whole result: ``iamc``, ``provincial`` or ``package``.

    Parameters
    ----------
    folder
        Results folder of a study.
    name
        Name of the format; one of :data:`RESULT_FORMATS`.
    out
        File to write.
    options
        What is stated, by name; what is None is not.

    Returns
    -------
    files
        The files that were written.

    Raises
    ------
    InputError
        If an option is not one of the format, or the result cannot be written so.
    """
    return write_result_as(
        name, Path(out), Path(folder), {key: text for key, text in options.items() if text is not None}
    )


def _records(result: StudyResult, rows: pl.DataFrame, classification: str, crosswalk: Path | None) -> RecordTable:
    """Give the reported records of the chosen rows as they stood, and records made of the other rows."""
    parts = []
    stood = result.tables.get("records")
    reported = (pl.col("method") == REPORTED).fill_null(False)
    if stood is not None:
        traces = rows.filter(reported)["provenance_id"].unique()
        parts.append(stood.filter(pl.col("provenance_id").is_in(traces.to_list())).drop("step"))
        rows = rows.filter(~reported)
    if rows.height:
        emissions, subsectors = _under_gpc(rows, classification, crosswalk)
        activity = result.tables["activity"].select(column.name for column in ActivityTable.columns)
        made = records_from_emissions(
            emissions,
            ActivityTable(activity),
            FactorTable(result.tables["factors"].select(column.name for column in FactorTable.columns)),
            metric=str(result.meta["gwp"]),
            subsectors=subsectors,
        )
        parts.append(made.to_polars())
    return RecordTable(pl.concat(parts, how="vertical_relaxed"))


def _chosen(
    rows: pl.DataFrame, scenario: str | None, basis: str, folder: Path, place: str | None
) -> tuple[pl.DataFrame, str]:
    """Take one scenario and one basis; alternatives are never added."""
    known = rows["scenario"].unique().sort().to_list()
    wanted = scenario or (OBSERVED if OBSERVED in known else known[0] if len(known) == 1 else "")
    problems = Problems()
    where = Where(file=str(folder))
    if wanted not in known:
        problems.add("value_not_listed", Where(str(folder), item="--scenario"), wanted or "—", known=", ".join(known))
    bases = [word for word in rows["basis"].unique().sort().to_list() if word != "all"]
    if bases and basis not in bases:
        problems.add("value_not_listed", Where(str(folder), item="--basis"), basis, known=", ".join(bases))
    places = rows["place"].unique().sort().to_list()
    if place is not None and place not in places:
        problems.add("place_unknown", Where(str(folder), item="--place"), place, known=", ".join(places))
    problems.raise_all()
    rows = rows if place is None else rows.filter(pl.col("place") == place)
    kept = rows.filter((pl.col("scenario") == wanted) & pl.col("basis").is_in(["all", basis]))
    if not kept.height:
        raise InputError("file_empty", where, "")
    return kept, wanted


def _under_gpc(rows: pl.DataFrame, classification: str, crosswalk: Path | None) -> tuple[EmissionTable, dict[str, str]]:
    """Give the emissions under GPC numbers, and the sub-sectors that the study's own list tells apart."""
    table = EmissionTable(rows)
    if set(table.words("sector")) <= {*gpc_numbers(), RESIDUAL}:
        return table, {}
    if crosswalk is not None:
        own, _ = read_table(crosswalk, CrosswalkTable)
        named = EmissionTable(rows, codes={"sector": CodeList("own", dict.fromkeys(table.words("sector")))})
        return regroup(named, own, to="gpc"), {}
    made: EmissionTable = regroup(table, to="gpc", classification_name=classification)
    public = rows.filter(pl.col("sector") == PUBLIC)["provenance_id"].drop_nulls().unique()
    others = set(rows.filter(pl.col("sector") != PUBLIC)["provenance_id"].drop_nulls())
    return made, {trace: INSTITUTIONAL for trace in public if trace not in others}


def _with_places(records: RecordTable, result: StudyResult) -> RecordTable:
    """These formats know one place; where a study has several, each record says its own."""
    rows = records.to_polars()
    if rows["place"].n_unique() == 1:
        return records
    names = {place: result.label(place) for place in rows["place"].unique()}
    said = pl.col("place").replace_strict(names, return_dtype=pl.String)
    text = pl.concat_str([said, pl.col("activity_description")], separator="; ", ignore_nulls=True)
    return RecordTable(rows.with_columns(text.alias("activity_description")))


def _metadata(result: StudyResult, records: RecordTable, metric: str) -> dict[str, str]:
    said = result.tables.get("record_metadata")
    if said is not None and said["file"].n_unique() == 1:
        return dict(said.select("name", "text").iter_rows())
    years = records.to_polars()["inventory_year"].unique().to_list()
    found = {
        "Name of city": str(result.meta["title"]["en"]),
        "Inventory tool used": f"citycarbon {citycarbon.__version__}",
        "Global Warming Potential": metric,
    }
    return {**found, "Inventory year": str(years[0])} if len(years) == 1 else found
