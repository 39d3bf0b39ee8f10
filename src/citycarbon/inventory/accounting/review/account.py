"""The account that is reviewed: one scenario, one basis, one unit, calendar years, and gases that are comparable.

Comes in: emission rows as methods made them. Goes out: the same rows in tonnes of CO2e (or of their one gas) with the gas still
named, and their sums by category. Not for: rules on what may be added, which :mod:`citycarbon.core.totals` keeps and which are
asked here once, before anything is reviewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.tables import MATCH, EmissionTable
from citycarbon.core.totals import total
from citycarbon.core.warming import BIOGENIC, EQUIVALENT
from citycarbon.data.library import warming_metric

Basis = Literal["location", "market", "territorial", "consumption"]
TONNE = "t"
CATEGORY = ("sector", "gas")
_GAS = "__gas__"


@dataclass(frozen=True)
class ReviewedAccount:
    """Rows that may be compared.

    Parameters
    ----------
    by_gas
        Rows in tonnes of CO2e (or of the one gas), each under the gas that it was before the conversion.
    whole
        The same rows under one gas, so that they add.
    gas
        Gas that the sums are in.
    scopes
        Named rule by which scopes are added.
    """

    by_gas: EmissionTable
    whole: EmissionTable
    gas: str
    scopes: str

    def categories(self, keys: Sequence[str] = ("time", *CATEGORY)) -> pl.DataFrame:
        """Sum by category: ``value`` [t], and ``sd`` [t] with ``sd_coverage`` (null where no uncertainty is stated)."""
        return _with_spread(total(self.by_gas, list(keys), scopes=self.scopes))

    def sums(self, keys: Sequence[str] = ("time",)) -> pl.DataFrame:
        """Sum over gases: ``value`` [t], ``sd`` [t] and ``sd_coverage``."""
        return _with_spread(total(self.whole, list(keys), scopes=self.scopes))

    @property
    def years(self) -> list[str]:
        """Years of the rows, in order."""
        return self.whole.words("time")

    def of_year(self, year: str) -> ReviewedAccount:
        """Keep one year."""
        return ReviewedAccount(self.by_gas.filter(time=year), self.whole.filter(time=year), self.gas, self.scopes)


def reviewed(
    emissions: EmissionTable,
    *,
    metric: str | None = None,
    scopes: str,
    basis: str | None = None,
    scenario: str | None = None,
) -> ReviewedAccount:
    """Bring emissions to one scenario, one basis, tonnes, years and comparable gases.

    Biogenic CO2 is a memo item and left out.

    Raises
    ------
    DoubleCountError
        If the rows are not parts of one whole: several gases without a metric, several bases or scenarios without a choice, a
        parent beside its child, a year beside its months, one source under two methods.
    """
    if scopes not in SCOPE_RULES:
        raise InputError("sum_scope", Where(item=scopes), scopes, known=", ".join(SCOPE_RULES))
    table = emissions.filter(scope=SCOPE_RULES[scopes])
    if scenario is not None:
        table = table.filter(scenario=scenario)
    if basis is not None:
        table = table.filter(basis=[basis, "all"])
    gases = [gas for gas in table.words("gas") if gas != BIOGENIC]
    table = _plain(table.filter(gas=gases).with_unit(TONNE))
    equivalent = table
    if metric is not None:
        equivalent = _kept(table).to_co2e(warming_metric(metric))
    # The one place where every rule on sums is asked; later sums only regroup what passed here. Two gases of one source may
    # have two methods, so methods are asked gas by gas.
    total(table, ["gas"], scopes=scopes)
    _refuse_co2e_by_another_method(table)
    equivalent = _without_column(equivalent, "method")
    total(equivalent, scopes=scopes)
    whole, by_gas = _yearly(equivalent), _yearly(equivalent)
    if metric is not None and table.has("gas"):
        whole = _without_column(whole, _GAS)
        frame = by_gas.rows
        frame = (frame.drop("gas") if by_gas.has("gas") else frame).rename({_GAS: "gas"})
        by_gas = EmissionTable.trusted(frame, fixed=_fixed_without(by_gas, "gas"), codes=by_gas.codes)
    elif metric is not None and gases:
        fixed = {**_fixed_without(by_gas, "gas"), "gas": gases[0]}
        by_gas = EmissionTable.trusted(by_gas.rows, fixed=fixed, codes=by_gas.codes)
    gas = EQUIVALENT if metric is not None else (gases[0] if gases else EQUIVALENT)
    return ReviewedAccount(by_gas, whole, gas, scopes)


def base_account(
    account: ReviewedAccount, base: ReviewedAccount | None, base_year: int | None
) -> tuple[ReviewedAccount, str] | None:
    """Find the base year: in a table of its own, or among the years of the account; None if neither is named.

    Raises
    ------
    InputError
        If the base year is not there, or the base table has several years and none is named.
    """
    if base is None and base_year is None:
        return None
    source = account if base is None else base
    if base_year is None and len(source.years) != 1:
        known = ", ".join(source.years)
        raise InputError("parameter_missing", Where(item="base"), known, column=f"base_year ({known})")
    year = source.years[0] if base_year is None else str(base_year)
    if year not in source.years:
        raise InputError(
            "parameter_wrong", Where(item="base_year"), year, expected_value=", ".join(source.years) or "—"
        )
    chosen = source.of_year(year)
    sums = chosen.sums()["value"].drop_nulls()
    if not len(sums) or sums[0] == 0:
        found = f"{year}: Σ E = 0"
        raise InputError("parameter_wrong", Where(item="base_year"), found, expected_value="Σ E ≠ 0")
    return chosen, year


def _refuse_co2e_by_another_method(table: EmissionTable) -> None:
    """CO2e may hold any gas: beside a gas of its source it must come from the same method, or the source is counted twice."""
    if not (table.has("method") and table.has("gas")) or EQUIVALENT not in table.words("gas"):
        return
    keys = [name for name in EmissionTable.dimensions if name != "gas" and table.has(name)]
    rows = frames.distinct(table.rows, [*keys, "gas", "method"])
    parts = (
        rows.with_columns(pl.lit(0).alias("one"))
        .group_by([*keys, "one"], maintain_order=True)
        .agg(pl.col("gas").unique().alias("gases"), pl.col("method").unique().sort().alias("methods"))
    )
    both = pl.col("gases").list.contains(EQUIVALENT) & (pl.col("gases").list.len() > 1)
    problems = Problems()
    for row in parts.filter(both & (pl.col("methods").list.len() > 1)).sort(keys).head(5).iter_rows(named=True):
        found = " + ".join(map(str, row["methods"]))
        problems.add("sum_two_methods", Where(item=", ".join(str(row[key]) for key in keys)), found)
    problems.raise_all()


def _plain(table: EmissionTable) -> EmissionTable:
    """Forget the hidden coefficient number: sums by it would not know the columns that are changed here."""
    return _without_column(table, MATCH)


def _without_column(table: EmissionTable, column: str) -> EmissionTable:
    if column not in table.rows.collect_schema().names():
        return EmissionTable.trusted(table.rows, fixed=table.fixed, codes=table.codes)
    return EmissionTable.trusted(table.rows.drop(column), fixed=table.fixed, codes=table.codes)


def _kept(table: EmissionTable) -> EmissionTable:
    """Remember the gas of each row, which the conversion to CO2e takes away."""
    if not table.has("gas"):
        return table
    frame = table.rows.with_columns(nw.col("gas").cast(nw.String).alias(_GAS))
    return EmissionTable.trusted(frame, fixed=table.fixed, codes=table.codes)


def _fixed_without(table: EmissionTable, name: str) -> dict[str, str]:
    return {key: text for key, text in table.fixed.items() if key != name}


def _yearly(table: EmissionTable) -> EmissionTable:
    """Write years for months and days."""
    if all(len(period) == 4 for period in table.words("time")):
        return table
    fixed = dict(table.fixed)
    frame: frames.Frame = table.rows
    if table.has("time"):
        frame = frame.with_columns(nw.col("time").cast(nw.String).str.slice(0, 4).alias("time"))
    else:
        fixed["time"] = fixed["time"][:4]
    return EmissionTable.trusted(frame, fixed=fixed, codes=table.codes)


def _with_spread(sums: object) -> pl.DataFrame:
    """Give the sums as a Polars frame that has ``sd`` and ``sd_coverage`` in every case."""
    frame = frames.small(frames.wrap(sums))
    missing = [
        pl.lit(None, dtype=pl.Float64).alias(name) for name in ("sd", "sd_coverage") if name not in frame.columns
    ]
    return frame.with_columns(missing) if missing else frame
