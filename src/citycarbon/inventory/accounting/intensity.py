"""Intensities: emissions per person, per floor area or per output, always total divided by total.

Comes in: emissions and denominators. Goes out: a table of intensities, for single places and for groups of places.
Not for: averaging intensities, which is wrong for any group.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import DenominatorTable, EmissionTable, Table
from citycarbon.core.tables.columns import PLACE, SD, SECTOR, TIME, UNIT
from citycarbon.core.totals import total
from citycarbon.core.units import quotient

METHOD_ID = "inventory.accounting.intensity"


class IntensityTable(Table):
    """Intensities by place, time, sector and measure."""

    holds_totals = True
    columns = (
        PLACE,
        TIME,
        SECTOR,
        Column("scenario", meaning=("scenario", "情景")),
        Column("basis", meaning=("alternative of accounting", "核算口径")),
        Column("gas", meaning=("gas or CO2e", "气体或 CO2e")),
        Column("measure", required=True, empty=False, meaning=("what it is divided by", "除数")),
        Column("value", "number", required=True, meaning=("intensity, in unit", "强度")),
        UNIT,
        SD,
    )
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=IntensityTable,
    equation="i = Σ E / D",
    source="gpc_2021",
    status="reproduced",
    title=("Intensity", "排放强度"),
)
def intensity(
    emissions: EmissionTable, denominators: DenominatorTable, *, scopes: str = "scope_1_2_3"
) -> IntensityTable:
    """Divide emissions by population, floor area or another measure of the same place and year.

    Parameters
    ----------
    emissions
        Rows of one gas (or CO2e) and unit.
    denominators
        Measures by place and year.
    scopes
        Named rule by which scopes are added: territorial, scope_1_2, scope_1_2_3, scope_1_2_3_sinks, community_boundary.

    Returns
    -------
    intensities
        For each place, year, sector, scenario, basis and measure; sector ``total`` is the whole place.

    Raises
    ------
    CoverageError
        If a place and year of the emissions has no denominator at all.
    DoubleCountError
        If a measure is stated twice for one place and year.

    References
    ----------
    GPC 2021, chapter 4 (reporting per person and per area).

    Examples
    --------
    >>> import polars as pl
    >>> e = pl.DataFrame({"place": "A", "time": "2020", "sector": ["s", "t"], "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [3.0, 1.0], "unit": "t"})
    >>> d = pl.DataFrame({"place": ["A"], "time": ["2020"], "measure": ["population"], "value": [2.0], "unit": ["person"]})
    >>> intensity(EmissionTable(e), DenominatorTable(d)).to_polars().select("sector", "value").rows()
    [('s', 1.5), ('t', 0.5), ('total', 2.0)]
    """
    keys = ["place", "time", "scenario", "basis", "gas"]
    sums = pl.DataFrame(total(emissions, [*keys, "sector"], scopes=scopes))
    whole = pl.DataFrame(total(emissions, keys, scopes=scopes)).with_columns(pl.lit("total").alias("sector"))
    both = pl.concat([sums, whole], how="diagonal").with_columns(pl.col("time").str.slice(0, 4).alias("year"))
    below = denominators.to_polars().filter(pl.col("value") > 0)
    below = below.select("place", pl.col("time").alias("year"), "measure", pl.col("value").alias("divisor"),
                         pl.col("unit").alias("divisor_unit"))  # fmt: skip
    problems = Problems()
    keys_below = ["place", "year", "measure"]
    for row in below.filter(pl.struct(keys_below).is_duplicated()).unique(keys_below).sort(keys_below).iter_rows():
        problems.add("row_duplicate", Where(column="measure"), ", ".join(row[:3]), key=", ".join(keys_below))
    problems.raise_all()
    lonely = both.select("place", "year").unique().join(below, on=["place", "year"], how="anti").sort("place", "year")
    for place, year in lonely.head(20).iter_rows():
        problems.add("denominator_missing", Where(column="place"), f"{place}, {year}", place=place, year=year)
    problems.raise_all()
    made = both.join(below, on=["place", "year"])
    units = {(unit, per): quotient(unit, per) for unit, per in made.select("unit", "divisor_unit").unique().iter_rows()}
    named = pl.struct("unit", "divisor_unit").map_elements(
        lambda pair: units[(pair["unit"], pair["divisor_unit"])], return_dtype=pl.String
    )
    spread = [(pl.col("sd") / pl.col("divisor")).alias("sd")] if "sd" in made.columns else []
    made = made.with_columns((pl.col("value") / pl.col("divisor")).alias("value"), *spread, named.alias("unit"))
    wanted = [column.name for column in IntensityTable.columns if column.name in made.columns]
    return IntensityTable(made.select(wanted).sort("place", "time", "scenario", "basis", "measure", "sector"))
