"""Data quality: how much of an inventory rests on high, medium or low activity data and factors.

Comes in: emissions, and the activity rows and factors that they were computed from. Goes out: shares of the total by rating.
Not for: giving ratings, which whoever collects the data does.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import added, yearly
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, Table
from citycarbon.core.tables.columns import UNIT
from citycarbon.core.warming import BIOGENIC
from citycarbon.data.library import warming_metric
from citycarbon.inventory.accounting.review.account import TONNE, Basis, reviewed

METHOD_ID = "inventory.accounting.data_quality"
RATINGS = ("H", "M", "L")
NOT_RATED = "not rated"
FACTOR_MARKS = {"verified": "H", "secondary": "M", "computed": "M", "recalled": "L"}
"""Marks of the factor library: seen in the source itself, in a copy or derived, or entered from memory."""
_KEYS = ("place", "time", "sector", "activity", "scenario")


class DataQualityTable(Table):
    """Emissions by rating of their activity data, of their factors, and of the weaker of the two."""

    columns = (
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        Column("sector", required=True, empty=False, meaning=("sector, or total", "部门，或 total")),
        Column("aspect", required=True, empty=False, allowed=("activity", "factor", "both"),
               meaning=("activity data, factor, or the weaker of both", "活动数据、因子，或两者中较低者")),
        Column("rating", required=True, empty=False, allowed=(*RATINGS, NOT_RATED),
               meaning=("H, M, L or not rated", "H、M、L 或未评级")),
        Column("value", "number", required=True, low=0, meaning=("sum of sizes of emissions, in unit", "排放量绝对值之和")),
        UNIT,
        Column("share", "number", required=True, unit="1", low=0, high=1, meaning=("share of the sector or total", "份额")),
        Column("rows", "number", required=True, unit="1", low=0, meaning=("rows with this rating", "行数")),
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=DataQualityTable,
    equation="share(rating) = Σ_rating |E| / Σ|E|;   rating of a row = the lower of activity and factor",
    source="gpc_2021",
    status="experimental",
    title=("Data quality", "数据质量评级"),
)
def data_quality(
    emissions: EmissionTable,
    activity: ActivityTable | None = None,
    factors: FactorTable | None = None,
    *,
    metric: str | None = None,
    scopes: str = "scope_1_2_3_sinks",
    basis: Basis | None = None,
    scenario: str | None = None,
) -> DataQualityTable:
    """Give the share of emissions that rests on high (H), medium (M) and low (L) data.

    A quality that is H, M or L, or begins with it and a word break, is that rating. The factor library's marks count as H
    (verified), M (secondary, computed) and L (recalled). A row with several factors has the lowest of them; one whose data or
    factor has no rating is ``not rated``, and so is the weaker of both unless the other is L already.

    Parameters
    ----------
    emissions
        Rows with ``provenance_id`` and ``factor_id``.
    activity
        Activity rows with ``quality``; found by their row in the file, else by place, year, sector and activity.
    factors
        Factors with ``quality``; found by ``factor_id``.
    metric
        Warming metric such as ``AR6-GWP100``; needed when the rows hold several gases.
    scopes
        Named rule by which scopes are added.
    basis
        Which alternative of accounting, where the rows hold several.
    scenario
        Which scenario, where the rows hold several.

    Returns
    -------
    quality
        [t] and share by year, sector (and ``total``), aspect and rating.

    Raises
    ------
    DoubleCountError
        If the rows are not parts of one whole.

    References
    ----------
    GPC 2021, section 5.6 (data quality H, M, L).

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2020", "sector": ["road", "rail"], "activity": "diesel", "scope": "1",
    ...                      "gas": "CO2", "value": [75.0, 25.0], "unit": "t"})
    >>> used = pl.DataFrame({"place": "A", "time": "2020", "sector": ["road", "rail"], "activity": "diesel", "value": [3.0, 1.0],
    ...                      "unit": "t", "quality": ["H", "L estimate"]})
    >>> made = data_quality(EmissionTable(rows), ActivityTable(used)).to_polars()
    >>> made.filter(pl.col("sector") == "total", pl.col("aspect") == "activity").select("rating", "share").rows()
    [('H', 0.75), ('L', 0.25)]
    """
    reviewed(emissions, metric=metric, scopes=scopes, basis=basis, scenario=scenario)
    table = emissions if scenario is None else emissions.filter(scenario=scenario)
    table = table if basis is None else table.filter(basis=[basis, "all"])
    table = table.filter(scope=SCOPE_RULES[scopes]).with_unit(TONNE)
    gases = [gas for gas in table.words("gas") if gas != BIOGENIC]
    table = table.filter(gas=gases)
    table = table if metric is None else table.to_co2e(warming_metric(metric))
    rows = yearly(table.to_polars()).filter(pl.col("value").is_not_null()).with_row_index("number")
    rows = _of_factor(_of_activity(rows, activity), factors)
    rated = pl.max_horizontal("activity", "factor")
    known = pl.col("activity").is_not_null() & pl.col("factor").is_not_null()
    weaker = pl.when(known | (rated == len(RATINGS))).then(rated)
    rows = rows.with_columns(weaker.alias("both"), pl.col("value").abs())
    return DataQualityTable(_shares(rows))


def _rank(quality: pl.Expr) -> pl.Expr:
    """Turn a quality into 1 (H), 2 (M) or 3 (L); null where it says neither."""
    letter = quality.str.extract(r"^([HML])(?:\W.*)?$")
    mark = quality.str.extract(r"^([a-z]+)").replace_strict(FACTOR_MARKS, default=None, return_dtype=pl.String)
    ranks = {rating: number for number, rating in enumerate(RATINGS, start=1)}
    return pl.coalesce(letter, mark).replace_strict(ranks, default=None, return_dtype=pl.Int64)


def _of_activity(rows: pl.DataFrame, activity: ActivityTable | None) -> pl.DataFrame:
    """Rate each row by its activity row, or by the lowest of the activity rows of its kind."""
    rows = rows.rename({"activity": "kind"})
    nothing = pl.lit(None, dtype=pl.Int64).alias("activity")
    if activity is None:
        return rows.with_columns(nothing)
    known = (
        yearly(activity.to_polars()).with_columns(_rank(pl.col("quality")).alias("rank")).rename({"activity": "kind"})
    )
    keys = [name if name != "activity" else "kind" for name in _KEYS]
    worst = pl.when(pl.col("rank").is_null().any()).then(None).otherwise(pl.col("rank").max())
    single = (
        known.filter(pl.col("provenance_id").is_not_null())
        .group_by("provenance_id", maintain_order=True)
        .agg(worst.alias("row_rank"))
    )
    alike = known.group_by(keys, maintain_order=True).agg(worst.alias("kind_rank"))
    rows = rows.join(single.with_columns(pl.lit(True).alias("traced")), on="provenance_id", how="left").join(
        alike, on=keys, how="left"
    )
    rank = pl.when(pl.col("traced")).then(pl.col("row_rank")).otherwise(pl.col("kind_rank"))
    return rows.with_columns(rank.alias("activity"))


def _of_factor(rows: pl.DataFrame, factors: FactorTable | None) -> pl.DataFrame:
    """Rate each row by the lowest of its factors."""
    if factors is None:
        return rows.with_columns(pl.lit(None, dtype=pl.Int64).alias("factor"))
    known = factors.to_polars().select("factor_id", _rank(pl.col("quality")).alias("rank")).drop_nulls("factor_id")
    known = known.group_by("factor_id", maintain_order=True).agg(pl.col("rank").max())
    ids = rows.select("number", pl.col("factor_id").str.split("*")).explode("factor_id").drop_nulls()
    found = ids.with_columns(pl.col("factor_id").str.strip_chars()).join(known, on="factor_id", how="left")
    worst = pl.when(pl.col("rank").is_null().any()).then(None).otherwise(pl.col("rank").max())
    return rows.join(found.group_by("number", maintain_order=True).agg(worst.alias("factor")), on="number", how="left")


def _shares(rows: pl.DataFrame) -> pl.DataFrame:
    aspects = ["activity", "factor", "both"]
    long = rows.select("time", "sector", "value", *aspects).unpivot(
        aspects, index=["time", "sector", "value"], variable_name="aspect", value_name="rank"
    )
    long = pl.concat([long, long.with_columns(pl.lit("total").alias("sector"))])
    sums = added(long, ["time", "sector", "aspect", "rank"], count="rows").with_columns(pl.col("rows").cast(pl.Float64))
    whole = pl.col("value").sum().over("time", "sector", "aspect")
    ratings = dict(enumerate(RATINGS, start=1))
    order = pl.col("aspect").replace_strict(
        {name: number for number, name in enumerate(aspects)}, return_dtype=pl.Int64
    )
    made = sums.with_columns(
        pl.when(whole > 0).then(pl.col("value") / whole).otherwise(0.0).clip(0.0, 1.0).alias("share"),
        pl.col("rank").replace_strict(ratings, default=NOT_RATED, return_dtype=pl.String).alias("rating"),
        pl.lit(TONNE).alias("unit"),
    ).sort("time", pl.col("sector") == "total", "sector", order, "rank", nulls_last=True)  # fmt: skip
    return made.select(column.name for column in DataQualityTable.columns)
