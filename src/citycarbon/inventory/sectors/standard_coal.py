"""Energy of fuels and carriers in tonnes of coal equivalent.

Comes in: activity data and properties. Goes out: activity rows in tce. Not for: the primary-energy equivalent of
electricity, which follows the year's coal rate of thermal plants and is stated, not assumed.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import row_of
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.core.units import conversion, quotient, same_dimension, split_factor_unit

METHOD_ID = "inventory.sectors.standard_coal"


@method(
    id=METHOD_ID,
    gives=ActivityTable,
    equation="tce = AD · p   or   tce = AD · NCV / 29.3076",
    source="gbt2589_2020",
    status="reproduced",
    title=("Coal equivalent", "折标准煤"),
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
    CoverageError
        If a carrier has neither property in the given edition.

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
    content, missing = _tce_per_unit(rows, factors.to_polars())
    problems = Problems()
    for name, unit in missing:
        first = rows.filter((pl.col("activity") == name) & (pl.col("unit") == unit)).row(0, named=True)
        source = str(first["provenance_id"] or "")
        number = row_of(source)
        place = Where(file=source.rpartition(":")[0] or None, rows=(number,) if number else (), column="activity")
        editions = ", ".join(factors.to_polars()["edition"].drop_nulls().unique().sort().to_list())
        problems.add(
            "factor_missing", place, f"{name} [{unit}]", activity=name, region="—", year=first["time"],
            editions=editions or "—", available="—",
        )  # fmt: skip
    problems.raise_all()
    made = rows.join(content, on=["activity", "unit"], how="left", maintain_order="left").with_columns(
        pl.col("value") * pl.col("tce"), pl.col("sd") * pl.col("tce"), pl.lit("tce").alias("unit")
    )
    return ActivityTable(made.drop("tce"), codes=activity.codes)


def _tce_per_unit(rows: pl.DataFrame, factors: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    found: list[tuple[str, str, float]] = []
    missing: list[tuple[str, str]] = []
    for name, unit in rows.select("activity", "unit").unique().sort("activity", "unit").iter_rows():
        if same_dimension(unit, "tce"):
            found.append((name, unit, conversion(unit, "tce")))
            continue
        mine = factors.filter(pl.col("activity") == name)
        for quantity in ("standard_coal_coefficient", "net_calorific_value"):
            fits = [
                value * conversion(factor_unit, quotient("tce", per)) * conversion(unit, per)
                for value, factor_unit in mine.filter(pl.col("quantity") == quantity)
                .select("value", "unit")
                .iter_rows()
                if same_dimension(unit, per := split_factor_unit(factor_unit)[1])
                and same_dimension(factor_unit, quotient("tce", per))
            ]
            if fits:
                found.append((name, unit, fits[0]))
                break
        else:
            missing.append((name, unit))
    schema = {"activity": pl.String, "unit": pl.String, "tce": pl.Float64}
    return pl.DataFrame(found, schema=schema, orient="row"), missing
