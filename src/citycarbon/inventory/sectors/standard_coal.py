"""Energy of fuels and carriers in tonnes of coal equivalent.

Comes in: activity data and properties. Goes out: activity rows in tce. Not for: the primary-energy equivalent of
electricity, which follows the year's coal rate of thermal plants and is stated, not assumed.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.core.units import conversion, quotient, same_dimension, split_factor_unit, two_readings

METHOD_ID = "inventory.sectors.standard_coal"
QUANTITIES = ("standard_coal_coefficient", "net_calorific_value")


@method(
    id=METHOD_ID,
    gives=ActivityTable,
    equation="tce = AD · p   or   tce = AD · NCV / 29.3076",
    source="gbt2589_2020",
    status="reproduced",
    title=("Coal equivalent", "折标准煤"),
    version=2,
)
def standard_coal(activity: ActivityTable, factors: FactorTable) -> ActivityTable:
    """Turn activity data into tonnes of coal equivalent.

    Parameters
    ----------
    activity
        Fuels and carriers by mass, volume or energy.
    factors
        standard_coal_coefficient, p [kgce per unit], or net_calorific_value; the printed coefficient wins.

    Returns
    -------
    activity
        The same rows with value [tce].

    Raises
    ------
    UnitError
        If a carrier's properties are per another kind of unit, such as plain m^3 for Nm3.
    CoverageError
        If a carrier has neither property in the given edition, or several editions print different figures.

    References
    ----------
    GB/T 2589-2020, appendices A and B; GB/T 2589-2008.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> fuel = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["s"], "activity": ["diesel"],
    ...                      "value": [1000.0], "unit": ["kg"]})
    >>> round(standard_coal(ActivityTable(fuel), shipped_library().choose(["cn-2008"])).to_polars()["value"][0], 4)
    1.4571
    """
    rows = activity.to_polars()
    problems = Problems()
    content = _tce_per_unit(rows, factors.to_polars(), problems)
    problems.raise_all()
    made = rows.join(content, on=["activity", "unit"], how="left", maintain_order="left").with_columns(
        pl.col("value") * pl.col("tce"), pl.col("sd") * pl.col("tce"), pl.lit("tce").alias("unit")
    )
    return ActivityTable(made.drop("tce"), codes=activity.codes)


def _tce_per_unit(rows: pl.DataFrame, factors: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    """Give tce per unit of each activity; note those that have no property, one of another dimension, or several."""
    found: list[tuple[str, str, float]] = []
    for name, unit in rows.select("activity", "unit").unique().sort("activity", "unit").iter_rows():
        if two_readings(name, unit):
            problems.add("carrier_in_coal", _place(rows, name, unit, "unit"), unit, activity=name)
            continue
        if same_dimension(unit, "tce"):
            found.append((name, unit, conversion(unit, "tce")))
            continue
        mine = factors.filter(pl.col("activity") == name)
        printed = _fitting(mine, "standard_coal_coefficient", unit) or _fitting(mine, "net_calorific_value", unit)
        if not printed or max(printed) - min(printed) > 1e-12 * max(printed):
            _complain(rows, name, unit, factors, printed, problems)
        else:
            found.append((name, unit, printed[0]))
    schema = {"activity": pl.String, "unit": pl.String, "tce": pl.Float64}
    return pl.DataFrame(found, schema=schema, orient="row")


def _fitting(mine: pl.DataFrame, quantity: str, unit: str) -> list[float]:
    """Figures of one quantity [tce per unit] that fit the unit of the activity."""
    return [
        value * conversion(factor_unit, quotient("tce", per)) * conversion(unit, per)
        for value, factor_unit in mine.filter(pl.col("quantity") == quantity).select("value", "unit").iter_rows()
        if same_dimension(unit, per := split_factor_unit(factor_unit)[1])
        and same_dimension(factor_unit, quotient("tce", per))
    ]


def _first(rows: pl.DataFrame, name: str, unit: str) -> dict[str, object]:
    return rows.filter((pl.col("activity") == name) & (pl.col("unit") == unit)).row(0, named=True)


def _place(rows: pl.DataFrame, name: str, unit: str, column: str) -> Where:
    return Where.of(_first(rows, name, unit), column)


def _complain(
    rows: pl.DataFrame, name: str, unit: str, factors: pl.DataFrame, printed: list[float], problems: Problems
) -> None:
    first = _first(rows, name, unit)
    place = _place(rows, name, unit, "activity")
    mine = factors.filter(pl.col("activity") == name, pl.col("quantity").is_in(QUANTITIES))
    editions = (mine if mine.height else factors)["edition"].drop_nulls().unique().sort().to_list()
    facts = {"activity": name, "region": "—", "year": first["time"], "editions": ", ".join(editions) or "—"}
    if printed:
        shown = ", ".join(f"{each:g} {quotient('tce', unit)}" for each in sorted(printed))
        problems.add("factor_ambiguous", place, shown, **facts)
    elif mine.height:
        wanted = sorted({split_factor_unit(each)[1] for each in mine["unit"].to_list()})
        where = Where(place.file, None, place.rows, "unit")
        problems.add("unit_dimension", where, f"{unit} ({name})", expected_unit=", ".join(wanted))
    else:
        problems.add("factor_missing", place, f"{name} [{unit}]", available="—", **facts)
