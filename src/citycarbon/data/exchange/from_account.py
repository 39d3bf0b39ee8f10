"""Records out of an account: emissions under GPC numbers become the rows that an eCRF workbook or a CityCatalyst csv holds.

Comes in: emissions under GPC numbers, their activity data and factors. Goes out: a :class:`RecordTable`; what has no GPC number
stands in a record without one, so that nothing is lost. Not for: regrouping to the GPC (``inventory.accounting.regroup``).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.core.units import conversion
from citycarbon.core.warming import BIOGENIC, EQUIVALENT
from citycarbon.data.classifications import RESIDUAL
from citycarbon.data.exchange.gpc import gpc_code_list, gpc_numbers
from citycarbon.data.exchange.records import GASES, RecordTable
from citycarbon.data.library import warming_metric

_KEYS = ["place", "time", "sector", "activity", "provenance_id", "notation"]
SHARED = "the activity stands under several GPC numbers and is not repeated here"


def records_from_emissions(
    emissions: EmissionTable,
    activity: ActivityTable | None = None,
    factors: FactorTable | None = None,
    *,
    metric: str,
    subsectors: Mapping[str, str] | None = None,
) -> RecordTable:
    """Make records of emissions that stand under GPC numbers.

    Parameters
    ----------
    emissions
        Emissions of one scenario and one basis (rows of basis ``all`` beside it), under GPC numbers.
    activity
        Activity rows; those of the same ``provenance_id`` give amount and unit, and with them the factors that were in
        effect [kg of gas per unit].
    factors
        Factors; their source and edition are named for each ``factor_id``.
    metric
        Warming metric of the CO2e that is reported.
    subsectors
        ``provenance_id`` to CRF sub-sector, where the account knows more than the GPC number says (institutional
        buildings, kind of generation).

    Returns
    -------
    records
        One record for each place, year, number, activity and source row; gases in t CO2e.

    Raises
    ------
    InputError
        If a sector is no GPC number, its scope is another one, or the rows hold alternatives.
    """
    rows = _checked(emissions)
    sums = _by_record(emissions.with_unit("t"), metric)
    made = rows.select([*_KEYS]).unique(maintain_order=True).join(sums, on=_KEYS, nulls_equal=True, how="left")
    made = _with_activity(made, activity)
    made = _with_factors(made, rows, factors)
    number = pl.col("sector").replace_strict(
        {code: code for code in gpc_numbers()}, default=None, return_dtype=pl.String
    )
    subsector = pl.col("provenance_id").replace_strict(dict(subsectors or {}), default=None, return_dtype=pl.String)
    outside = pl.when(pl.col("sector") == RESIDUAL).then(pl.lit(RESIDUAL))
    records = made.with_columns(
        pl.col("time").str.slice(0, 4).cast(pl.Int64).alias("inventory_year"), number.alias("gpc_number"),
        subsector.alias("crf_subsector"), outside.alias("crf_sector"), pl.col("activity").alias("fuel_or_activity"),
        pl.when(pl.any_horizontal(pl.col(name).is_not_null() for name in GASES.values())).then(pl.lit("t CO2e"))
        .alias("gas_unit"),
    )  # fmt: skip
    order = list(gpc_code_list().parents)
    rank = pl.col("sector").replace_strict({code: index for index, code in enumerate(order)}, return_dtype=pl.Int64)
    records = records.sort("place", "inventory_year", rank, "fuel_or_activity", "provenance_id", maintain_order=True)
    known = [column.name for column in RecordTable.columns if column.name in records.columns]
    return RecordTable(records.select(known))


def _checked(emissions: EmissionTable) -> pl.DataFrame:
    rows = emissions.to_polars()
    problems = Problems()
    scopes = {number: scope for number, (scope, _) in gpc_numbers().items()}
    for code in [code for code in rows["sector"].unique().sort() if code not in scopes and code != RESIDUAL]:
        problems.add("sector_unknown", Where(column="sector"), code, known=", ".join([*list(scopes)[:6], "…"]))
    due = pl.col("sector").replace_strict(scopes, default=None, return_dtype=pl.String)
    wrong = rows.filter(due.is_not_null() & pl.col("scope").is_in(["1", "2", "3"]) & (pl.col("scope") != due))
    for sector, scope in wrong.select("sector", "scope").unique().sort("sector", "scope").head(5).iter_rows():
        problems.add("scope_not_of_number", Where(column="scope"), f"{sector}: {scope}", known=scopes[sector])
    for dimension in ("scenario", "basis"):
        words = [word for word in rows[dimension].unique().sort().to_list() if word != "all"]
        if len(words) > 1:
            problems.add("sum_alternatives", Where(column=dimension), ", ".join(words), dimension=dimension)
    problems.raise_all()
    return rows


def _by_record(emissions: EmissionTable, metric: str) -> pl.DataFrame:
    """Sum the gases of each record in t CO2e; gases beside CO2, CH4 and N2O stand in the total alone."""
    potentials = warming_metric(metric)
    equivalent = emissions.to_co2e(potentials).to_polars()
    gases = emissions.to_polars().select("gas")
    # to_co2e keeps the order of rows, so that each row can be told the gas that it was.
    rows = equivalent.with_columns(gases["gas"].alias("was"))
    value, real = pl.col("value"), pl.col("gas") == EQUIVALENT
    methane = pl.col("was").str.starts_with("CH4")
    kinds = {gas: methane if gas == "CH4" else pl.col("was") == gas for gas in GASES}
    parts = [_sum(value.filter(kind)).alias(GASES[gas]) for gas, kind in kinds.items()]
    only_total = ~pl.col("was").is_in([*GASES, BIOGENIC]) & ~methane
    summed = rows.group_by(_KEYS, maintain_order=True).agg(
        *parts,
        _sum(value.filter(real)).alias("emission_co2e"),
        _sum(value.filter(~real)).alias("emission_biogenic"),
        only_total.any().alias("more"),
    )
    # Gases that do not make up the total are not shown as if they did.
    shown = [pl.when(~pl.col("more")).then(pl.col(name)).alias(name) for name in GASES.values()]
    return summed.with_columns(shown).drop("more")


def _sum(values: pl.Expr) -> pl.Expr:
    """Sum what is there; nothing is no zero."""
    return pl.when(values.is_not_null().any()).then(values.sum())


def _with_activity(made: pl.DataFrame, activity: ActivityTable | None) -> pl.DataFrame:
    """Add the amount of the source row, unless it stands under several numbers; and the factors in effect, kg per unit."""
    empty = [pl.lit(None, dtype=pl.Float64).alias("activity_value"), pl.lit(None, dtype=pl.String).alias("activity_unit"),
             pl.lit(None, dtype=pl.String).alias("activity_description"),
             pl.col("provenance_id").alias("activity_source")]  # fmt: skip
    if activity is None:
        return made.with_columns(empty)
    rows = activity.to_polars().select("provenance_id", "activity", "value", "unit", "quality")
    # Two steps that read one file hold the same row; two different amounts of one row are none.
    rows = rows.filter(pl.col("provenance_id").is_not_null()).unique()
    rows = rows.unique(["provenance_id", "activity"], keep="none")
    rows = rows.rename({"value": "activity_value", "unit": "activity_unit", "quality": "activity_quality"})
    joined = made.join(rows, on=["provenance_id", "activity"], how="left", maintain_order="left")
    shared = pl.struct("provenance_id", "activity").is_duplicated() & pl.col("activity_value").is_not_null()
    description = pl.when(shared).then(pl.lit(SHARED)).alias("activity_description")
    joined = joined.with_columns(
        description, *[pl.when(~shared).then(pl.col(name)).alias(name) for name in ("activity_value", "activity_unit")],
        pl.col("provenance_id").alias("activity_source"),
    )  # fmt: skip
    amount = pl.when(pl.col("activity_value") > 0).then(pl.col("activity_value"))
    total = (pl.col("emission_co2e") * conversion("t", "kg") / amount).alias("factor_co2e")
    unit = pl.when(total.is_not_null()).then(pl.format("kg CO2e/{}", pl.col("activity_unit"))).alias("factor_unit")
    return joined.with_columns(total, unit)


def _with_factors(made: pl.DataFrame, rows: pl.DataFrame, factors: FactorTable | None) -> pl.DataFrame:
    """Name the factors of each record and where they come from."""
    ids = rows.group_by(_KEYS).agg(pl.col("factor_id").drop_nulls().unique().sort().str.join("; ").alias("ids"))
    blank = pl.when(pl.col("ids") != "").then(pl.col("ids")).alias("factor_description")
    joined = made.join(ids, on=_KEYS, nulls_equal=True, how="left", maintain_order="left").with_columns(blank)
    if factors is None:
        return joined.drop("ids")
    known = factors.to_polars().select("factor_id", "source", "edition").unique("factor_id", keep="first")
    names = pl.concat_str([pl.col("source"), pl.col("edition")], separator=", ", ignore_nulls=True)
    parts = joined.select("ids").unique().with_columns(pl.col("ids").str.split("; ").alias("id")).explode("id")
    parts = parts.with_columns(pl.col("id").str.split("*")).explode("id").join(
        known.with_columns(names.alias("name")), left_on="id", right_on="factor_id"
    )  # fmt: skip
    sources = parts.group_by("ids").agg(pl.col("name").unique().sort().str.join("; ").alias("factor_source"))
    return joined.join(sources, on="ids", how="left", maintain_order="left").drop("ids")
