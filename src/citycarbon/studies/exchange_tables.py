"""Tables of a result that further formats need and that its sums do not hold: the trees of codes, and views gas by gas.

Comes in: a finished run and its account. Goes out: ``codes`` (the places and sectors that the account uses, with what stands
above them) and, if the study names views, ``view_gases``. Not for: writing files (``citycarbon.data.exchange``).
"""

from __future__ import annotations

import narwhals as nw
import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.sums import check_parts, number_sum
from citycarbon.core.tables import EmissionTable
from citycarbon.core.warming import methane_gas
from citycarbon.data.exchange.records import RecordTable
from citycarbon.studies.run import Run
from citycarbon.studies.views import regrouped_view

KEYS = ("code", "activity", "scope", "gas", "time", "scenario", "basis")
_ONE_FACT = ("provenance_id", "place", "time", "sector", "activity", "scope", "scenario", "basis")


def exchange_tables(run: Run, account: EmissionTable) -> dict[str, pl.DataFrame]:
    """Give the tables ``codes`` and ``view_gases``.

    Parameters
    ----------
    run
        The finished run.
    account
        The account, gas by gas, in t.

    Returns
    -------
    tables
        ``codes``: dimension (place or sector), code, parent, name_en, name_zh. ``view_gases``: list, code, activity, scope,
        gas, time, scenario, basis, value [t of the gas], unit, energy [GJ], notation, rows, without_number. ``records`` and
        ``record_metadata`` if the account holds inventories that others reported.
    """
    listed = {"place": run.desk.place_codes, "sector": run.desk.sector_codes}
    parts = [_codes(dimension, codes, account) for dimension, codes in listed.items() if codes is not None]
    tables = {"codes": pl.concat(parts)} if parts else {}
    tables |= _records(run)
    if run.study.views:
        seen = [_gases(regrouped_view(run, view, account), view.to) for view in run.study.views]
        tables["view_gases"] = pl.concat(seen).sort("list", *KEYS)
    return tables


def _records(run: Run) -> dict[str, pl.DataFrame]:
    """Give the records of reported inventories in the account as they stood, and what their files say of themselves."""
    found = [value.to_polars().with_columns(pl.lit(step).alias("step"))
             for step in run.study.account for value in run.inputs[step].values() if isinstance(value, RecordTable)]  # fmt: skip
    said = [(file, name, text) for file, each in run.desk.metadata.items() for name, text in each.items()]
    schema = dict.fromkeys(("file", "name", "text"), pl.String)
    tables = {"records": pl.concat(found)} if found else {}
    return {**tables, "record_metadata": pl.DataFrame(said, schema=schema, orient="row")} if said else tables


def _codes(dimension: str, codes: CodeList, account: EmissionTable) -> pl.DataFrame:
    """Give the used codes and what stands above them, in the order of their list."""
    wanted = {step for code in account.words(dimension) if code in codes for step in (code, *codes.ancestors(code))}
    rows = [(dimension, code, parent, codes.label(code, "en"), codes.label(code, "zh"))
            for code, parent in codes.parents.items() if code in wanted]  # fmt: skip
    schema = dict.fromkeys(("dimension", "code", "parent", "name_en", "name_zh"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _gases(table: EmissionTable, name: str) -> pl.DataFrame:
    """Sum a regrouped account by code, activity, scope and gas; the heat of a fuel, which each of its gases repeats, once."""
    rows = table.to_polars()
    first = pl.col("gas").rank("dense").over(_ONE_FACT) == 1
    # Methane is named by its origin, which its weight goes by; formats put it back into one column of masses.
    named = methane_gas(nw.col("gas"), nw.col("methane_origin")).alias("gas")
    rows = rows.with_columns(pl.when(first).then(pl.col("energy")).alias("energy")).rename({"sector": "code"})
    rows = nw.from_native(rows).with_columns(named).to_native()
    check_parts(rows, KEYS)
    sums = rows.group_by(KEYS, maintain_order=True).agg(
        number_sum(),
        pl.col("unit").first(),
        number_sum("energy"),
        pl.col("notation").drop_nulls().unique().sort().str.join(", ").replace("", None),
        pl.len().cast(pl.Int64).alias("rows"),
        pl.col("value").is_null().sum().cast(pl.Int64).alias("without_number"),
    )
    return sums.select(
        pl.lit(name).alias("list"), *KEYS, "value", "unit", "energy", "notation", "rows", "without_number"
    )
