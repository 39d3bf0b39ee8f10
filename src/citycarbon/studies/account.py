"""The account of a study: the emissions of its steps as one table, nothing counted twice, each alternative whole.

Comes in: the finished tables of the steps that make up the account. Goes out: the account in its gases, in CO2e, and written out
once for each alternative. Not for: running steps.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.sums import check_periods
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.warming import WarmingMetric
from citycarbon.data.library import warming_metric
from citycarbon.data.regions import REGIONS
from citycarbon.studies.problem_places import of_gases
from citycarbon.studies.study_file import STUDY_FILE, Study


def account_of(
    study: Study, tables: Mapping[str, Table], places: CodeList | None, sectors: CodeList | None
) -> EmissionTable:
    """Stack the emissions of the account's steps in tonnes.

    Raises
    ------
    InputError
        If a step gives no emissions, a row of a file stands in two steps, a place or sector is not listed, or a year stands
        beside its months: the account of the year would lack what stands under the months, or count it twice.
    """
    parts = []
    seen: list[pl.DataFrame] = []
    for name in study.account:
        table = tables[name]
        if not isinstance(table, EmissionTable):
            where = Where(file=STUDY_FILE, item=f"account.{name}")
            raise InputError("table_kind_wrong", where, type(table).__name__, wanted="EmissionTable")
        parts.append(table.with_unit("t"))
        seen.append(parts[-1].to_polars().with_columns(pl.lit(name).alias("step")))
    _refuse_twice(pl.concat(seen))
    check_periods(pl.concat([each.select("time") for each in seen]))
    stacked = EmissionTable.stack(parts).under(place=REGIONS)
    codes = {"place": places, "sector": sectors}
    return stacked.with_codes(**{key: code for key, code in codes.items() if code is not None})


def _refuse_twice(rows: pl.DataFrame) -> None:
    """Refuse a row of a file that two steps of the account have counted for the same gas, scenario and basis."""
    keys = ["provenance_id", "time", "sector", "activity", "gas", "scenario", "basis"]
    known = rows.filter(pl.col("provenance_id").is_not_null())
    twice = known.group_by(keys).agg(pl.col("step").unique().sort()).filter(pl.col("step").list.len() > 1).sort(keys)
    problems = Problems()
    for row in twice.head(10).iter_rows(named=True):
        place = Where.of(row, item="account")
        problems.add("sum_two_steps", place, " + ".join(row["step"]))
    problems.raise_all()


def equivalent_of(account: EmissionTable, metric: WarmingMetric) -> EmissionTable:
    """Turn an account into CO2e; problems name the rows whose gas has no warming potential."""
    try:
        return account.to_co2e(metric)
    except InputError as error:
        raise of_gases(error, account) from error


def by_alternative(table: EmissionTable) -> EmissionTable:
    """Write the account out once for each alternative (location, market …) that a scenario has.

    Rows of basis ``all`` belong to each alternative of their scenario; a scenario without any keeps ``all``.
    """
    known = table.to_polars().select("scenario", "basis").unique().sort("scenario", "basis")
    parts = []
    for (scenario,), part in known.group_by("scenario", maintain_order=True):
        mine = table.filter(scenario=str(scenario))
        for basis in [name for name in part["basis"].to_list() if name != "all"] or ["all"]:
            chosen = mine.filter(basis=("all", basis))
            rows = chosen.rows.drop("basis") if chosen.has("basis") else chosen.rows
            parts.append(EmissionTable.trusted(rows, fixed={**chosen.fixed, "basis": basis}, codes=chosen.codes))
    return EmissionTable.stack(parts)


def main_account(study: Study, account: EmissionTable) -> EmissionTable:
    """Give the account in t CO2e by the study's metric, whole in each alternative: what totals and reviews start from."""
    equivalent = equivalent_of(account, warming_metric(study.gwp)).with_unit("t")
    return by_alternative(equivalent.filter(gas="CO2e"))
