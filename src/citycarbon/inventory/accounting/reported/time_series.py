"""An account as series: what decomposition, forecasts and calibration read.

Comes in: emissions, activity data and denominators of one or more years. Goes out: a series of their measures by place, time,
sector and activity. Not for: changing figures; energy is added up as its units allow, emissions as CO2 equivalent or as one gas.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES, CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.series import ALL, SeriesTable
from citycarbon.core.sums import added, check_parts, yearly
from citycarbon.core.tables import ActivityTable, DenominatorTable, EmissionTable
from citycarbon.core.units import carrier_conversion
from citycarbon.core.warming import BIOGENIC


@method(
    id="inventory.accounting.time_series",
    gives=SeriesTable,
    equation="m(place, time, sector, activity) = Σ rows",
    source="gpc_2021",
    status="experimental",
    title=("Account as series", "账户转为时间序列"),
    version=2,
)
def time_series(
    emissions: EmissionTable | None = None,
    activity: ActivityTable | None = None,
    denominators: DenominatorTable | None = None,
    series: SeriesTable | None = None,
    *,
    measure: str = "co2e",
    energy_measure: str = "energy",
    energy_unit: str = "",
    unit: str = "t",
    scopes: str = "scope_1_2_3",
    by: str = "activity",
) -> SeriesTable:
    """Put an account, its activity data and its denominators in one series of measures.

    Parameters
    ----------
    emissions
        Emissions of one gas or of CO2e; biogenic CO2 and rows without a number are left out.
    activity
        Activity data, all convertible to ``energy_unit``.
    denominators
        Population, output, floor area; each keeps its own measure and unit.
    series
        Further measures, taken as they stand.
    measure
        Name of the emissions in the series.
    energy_measure
        Name of the activity data in the series.
    energy_unit
        Unit of the activity data; needed with ``activity``.
    unit
        Unit of the emissions.
    scopes
        Named rule of the scopes that are added up.
    by
        ``activity``: sectors and carriers are kept apart; ``sector``: carriers are added up; ``total``: all are. An account that
        leaves out what is zero has the same rows in every year only once it is added up.

    Returns
    -------
    series
        Measures by place, year, sector, activity and scenario.

    Raises
    ------
    DoubleCountError
        If the emissions hold several gases, or alternatives of accounting, or a sector with its part is to be added.
    CoverageError
        If a source without a number in one year, which has one in others, is part of a sum; NO is none.
    UnitError
        If activity data do not convert.
    InputError
        If the rule of scopes, or ``by``, is not known.

    References
    ----------
    GPC version 1.1, table 4.2, for what may be added.

    Examples
    --------
    >>> e = pl.DataFrame({"place": "A", "time": ["2020", "2021"], "sector": "s", "activity": "coal", "scope": "1", "gas": "CO2e",
    ...                   "metric": "AR6-GWP100", "value": [2.0, 3.0], "unit": "kt"})
    >>> time_series(EmissionTable(e)).to_polars().select("time", "measure", "value", "unit").rows()
    [('2020', 'co2e', 2000.0, 't'), ('2021', 'co2e', 3000.0, 't')]
    """
    if by not in _LESS:
        raise InputError("value_not_listed", Where(item="by"), by, known=", ".join(_LESS))
    parts = []
    if emissions is not None:
        if scopes not in SCOPE_RULES:
            raise InputError("value_not_listed", Where(item="scopes"), scopes, known=", ".join(SCOPE_RULES))
        parts.append(_emissions(emissions.filter(scope=SCOPE_RULES[scopes]), measure, unit, by))
    if activity is not None:
        if not energy_unit:
            raise InputError("parameter_missing", Where(item="energy_unit"), "", column="energy_unit")
        parts.append(_activity(activity, energy_measure, energy_unit))
    if denominators is not None:
        rows = denominators.to_polars()
        parts.append(rows.select("place", "time", "measure", "value", "unit", "source", "provenance_id"))
    if series is not None:
        parts.append(series.to_polars())
    if not parts:
        column = "emissions, activity, denominators, series"
        raise InputError("parameter_missing", Where(item="emissions"), "", column=column)
    return SeriesTable(pl.concat(parts, how="diagonal"))


_SHOWN = 5
_NESTED = ("place", "time", "sector")
_LESS: dict[str, tuple[str, ...]] = {"activity": (), "sector": ("activity",), "total": ("activity", "sector")}
"""What is added up by each ``by``."""


def _emissions(emissions: EmissionTable, measure: str, unit: str, by: str) -> pl.DataFrame:
    rows = emissions.with_unit(unit).to_polars().filter(pl.col("gas") != BIOGENIC)
    _refuse_gaps(rows.with_columns(pl.lit(ALL).alias(name) for name in _LESS[by]), rows)
    rows = rows.filter(pl.col("value").is_not_null())
    check_parts(rows, ["scenario", "scope", *_NESTED])
    made = _summed(rows.with_columns(pl.lit(measure).alias("measure"), pl.lit(unit).alias("unit")), emissions.codes)
    if not _LESS[by]:
        return made
    check_parts(made, [*_KEYS[:2], *(name for name in _KEYS[2:] if name not in _LESS[by])], codes=emissions.codes)
    return _summed(made.with_columns(pl.lit(ALL).alias(name) for name in _LESS[by]), emissions.codes)


def _refuse_gaps(shown: pl.DataFrame, rows: pl.DataFrame) -> None:
    """A source that has a number in other years and none in this one would look like a fall of the sum that it is part of."""
    keys = ["place", "sector", "activity", "scope", "gas", "scenario", "basis"]
    number, sums = pl.col("value").is_not_null(), ["place", "time", "sector", "activity", "scenario"]
    known = rows.with_row_index("row").with_columns(number.any().over(keys).alias("elsewhere"))
    partly = shown.with_row_index("row").with_columns(number.any().over(sums).alias("partly")).select("row", "partly")
    gaps = known.join(partly, on="row").filter(~number & pl.col("elsewhere") & pl.col("partly"))
    problems = Problems()
    for row in gaps.filter(pl.col("notation").fill_null("") != "NO").head(_SHOWN).iter_rows(named=True):
        item = " · ".join(str(row[name]) for name in ("place", "sector", "activity", "time"))
        problems.add("source_partly", Where(column="value", item=item), row["notation"] or "—")
    problems.raise_all()


def _activity(activity: ActivityTable, measure: str, unit: str) -> pl.DataFrame:
    rows = activity.to_polars()
    pairs = rows.select("activity", "unit").unique(maintain_order=True).rows()
    scales = [(name, word, carrier_conversion(name, word, unit)) for name, word in pairs]
    schema = {"activity": pl.String, "unit": pl.String, "scale": pl.Float64}
    table = pl.DataFrame(scales, schema=schema, orient="row")
    rows = rows.join(table, on=["activity", "unit"], how="left", maintain_order="left")
    value = pl.col("value") * pl.col("scale")
    return _summed(
        rows.with_columns(value, pl.lit(measure).alias("measure"), pl.lit(unit).alias("unit")), activity.codes
    )


_KEYS = ("place", "time", "sector", "activity", "measure", "scenario", "unit")


def _summed(rows: pl.DataFrame, codes: Mapping[str, CodeList]) -> pl.DataFrame:
    return added(yearly(rows), _KEYS, codes=codes, first=["provenance_id"], free=["scope"])
