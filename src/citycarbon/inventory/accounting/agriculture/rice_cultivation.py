"""Rice: methane of flooded fields, by area and region, or by days, water and organic matter.

Comes in: harvested areas by season. Goes out: scope 1 methane. Not for: nitrous oxide of the same fields
(:mod:`.managed_soils`).
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.tables.columns import (
    ACTIVITY,
    AMOUNT,
    PLACE,
    PROVENANCE,
    QUALITY,
    SCENARIO,
    SECTOR,
    TIME,
    UNCERTAINTY,
    UNIT,
)
from citycarbon.core.uncertainty import FACTOR_ERRORS, error_of, error_of_row, errors_of_product, relative_errors
from citycarbon.core.units import conversion, split_factor_unit
from citycarbon.inventory.accounting.agriculture.yearly import (
    GIVEN,
    JOIN,
    ROW_KEY,
    matched_rows,
    multiply_rows,
    where_of,
    with_keys,
)
from citycarbon.inventory.accounting.apply import Account

METHOD_ID = "inventory.accounting.rice_cultivation"
FIELD = "rice_field"
BASELINE, SCALING, AMENDED, EXPONENT = (
    "rice_baseline_factor", "rice_scaling_factor", "amendment_conversion_factor", "amendment_exponent",
)  # fmt: skip
WATER = ("water_regime", "pre_season_water")


class RiceTable(Table):
    """Harvested areas by season; with cultivation_days, water and organic matter for the daily formula."""

    columns = (
        PLACE, TIME, SECTOR, ACTIVITY, SCENARIO, AMOUNT, UNIT, *UNCERTAINTY,
        Column("cultivation_days", "number", low=1, high=366, unit="day",
               meaning=("days from planting to harvest; asks for the daily formula", "生长期天数（按日因子计算时）")),
        Column("water_regime", meaning=("water during the season, code of the factors", "生长期水分管理")),
        Column("pre_season_water", meaning=("water before the season, code of the factors", "种植前水分状况")),
        Column("amendment", meaning=("organic matter that is worked in, code of the factors", "有机添加物种类")),
        Column("amendment_rate", "number", low=0, unit="t/ha",
               meaning=("organic matter: dry straw, else fresh weight", "有机添加物用量（秸秆为干重，其余为鲜重）")),
        QUALITY, PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = A · EF; or E = A · t · EF_c · SF_w · SF_p · (1 + ROA · CFOA)^0.59",
    source="ipcc2006_v4_ch5",
    status="reproduced",
    title=("Rice fields", "稻田"),
    version=3,
    methane="non-fossil",
)
def rice_cultivation(
    fields: RiceTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the methane of rice fields in scope 1.

    Parameters
    ----------
    fields
        Harvested area [ha, or what converts to it] of ``single_rice``, ``early_rice`` and ``late_rice``, each season by itself.
        A row with cultivation_days [day] uses the daily formula and needs water_regime and pre_season_water; organic
        matter needs amendment and amendment_rate [t/ha].
    factors
        emission_factor [kg/ha] of the season; or rice_baseline_factor [kg/(ha*d)] and amendment_exponent [1] of
        ``rice_field``, rice_scaling_factor [1] of each water code and amendment_conversion_factor [ha/t].
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CH4, scope 1.

    Raises
    ------
    InputError
        If the daily formula lacks the water or the amount of organic matter.
    CoverageError
        If a season has no factor for its region, or a code none in the factors.

    References
    ----------
    IPCC 2006 Guidelines, volume 4, chapter 5, equations 5.1 to 5.3; provincial guideline 2011, agriculture.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> rows = pl.DataFrame({"place": "江苏", "time": "2020", "sector": "agriculture.rice", "activity": ["single_rice"],
    ...                      "value": [100.0], "unit": "ha"})
    >>> made = rice_cultivation(RiceTable(rows), shipped_library().choose(["provincial-guideline-2011"]))
    >>> round(made.to_polars()["value"][0], 3)
    21.55
    """
    rows = with_keys(fields)
    known = factors.to_polars()
    daily = pl.col("cultivation_days").is_not_null()
    parts = []
    if rows.filter(~daily).height or not rows.height:
        seasonal = known.filter(pl.col("quantity") == "emission_factor")
        parts.append(
            matched_rows(
                rows.filter(~daily), pl.col("activity"), seasonal, places,
                year_rule=year_rule, region_fallback=region_fallback,
            )
        )  # fmt: skip
    if rows.filter(daily).height:
        parts.append(_daily(rows.filter(daily), known))
    return multiply_rows(rows, pl.concat(parts), Account(METHOD_ID, "1"), fields)


def _daily(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Equation 5.2: the daily factor of a field flooded throughout, scaled by water and organic matter."""
    problems = Problems()
    _refuse_gaps(rows, problems)
    base = _one_figure(known, BASELINE, FIELD, problems)
    exponent = _one_figure(known, EXPONENT, FIELD, problems) if rows["amendment"].null_count() < rows.height else None
    for column in WATER:
        rows = _with_figure(rows, known, SCALING, column, problems)
    rows = _with_figure(rows, known, AMENDED, "amendment", problems)
    problems.raise_all()
    assert base is not None
    figure, unit, name = float(str(base["value"])), str(base["unit"]), str(base["factor_id"])
    mass, per = split_factor_unit(unit)
    areas = {area: conversion(f"({area})*d", per) for area in rows["unit"].unique().to_list()}
    scale = pl.col("unit").replace_strict(areas, return_dtype=pl.Float64) * conversion(mass, "t")
    power = float(str(exponent["value"])) if exponent else 0.0
    matter = pl.col("amendment_rate").fill_null(0.0) * pl.col("amendment_figure").fill_null(0.0)
    added = (matter + 1.0) ** power
    # (1 + m)^p varies with m by p m / (1 + m) and with p by p ln(1 + m), over its value and those of m and p.
    errors = errors_of_product(
        error_of_row(base), *(pl.col(f"{column}_error") for column in WATER),
        _weighted("amendment", power * matter / (matter + 1.0)),
        *([pl.when(matter > 0).then(error_of_row(exponent, power * (matter + 1.0).log()))] if exponent else []),
    )  # fmt: skip
    scaled = pl.col("water_regime_figure") * pl.col("pre_season_water_figure") * added
    ids = [pl.lit(name), *(pl.col(f"{column}_id") for column in (*WATER, "amendment"))]
    ids += [pl.when(pl.col("amendment").is_not_null()).then(pl.lit(str(exponent["factor_id"])))] if exponent else []
    coefficient = pl.col("cultivation_days") * scale * figure * scaled
    return (
        rows.with_columns(errors.alias(FACTOR_ERRORS))
        .select(
            ROW_KEY,
            pl.lit("CH4").alias("gas"),
            coefficient.alias("coefficient"),
            (coefficient * relative_errors(pl.col(FACTOR_ERRORS))).alias("coefficient_sd"),
            FACTOR_ERRORS,
            pl.concat_str(*ids, separator=JOIN, ignore_nulls=True).alias("factor_id"),
            pl.lit(name).alias("factor_group"),
            pl.format("daily factor {} {} × {} d × {}", pl.lit(figure), pl.lit(unit), "cultivation_days", scaled).alias(
                "rule"
            ),
            pl.lit(None).cast(pl.String).alias("notation"),
        )
        .select(ROW_KEY, *GIVEN)
    )


def _refuse_gaps(rows: pl.DataFrame, problems: Problems) -> None:
    """The daily formula has no default for the water, and organic matter has none for its amount."""
    pairs = pl.col("amendment").is_null() != pl.col("amendment_rate").is_null()
    gaps = {column: rows.filter(pl.col(column).is_null()) for column in WATER}
    gaps["amendment / amendment_rate"] = rows.filter(pairs)
    for column, missing in gaps.items():
        for row in missing.head(20).iter_rows(named=True):
            problems.add("parameter_missing", where_of(row, column), row["activity"], column=column)


def _with_figure(
    rows: pl.DataFrame, known: pl.DataFrame, quantity: str, column: str, problems: Problems
) -> pl.DataFrame:
    """Put the figure of each code of a column beside it, and its id."""
    codes = rows[column].drop_nulls().unique().sort().to_list()
    found = [(code, _one_figure(known, quantity, code, problems, rows, column)) for code in codes]
    words = ("value", "factor_id", "sd", "distribution", "error_group")
    kinds = {column: pl.String, f"{column}_figure": pl.Float64, f"{column}_id": pl.String, f"{column}_sd": pl.Float64,
             f"{column}_shape": pl.String, f"{column}_group": pl.String}  # fmt: skip
    figures = [(code, *(figure[word] for word in words)) for code, figure in found if figure is not None]
    table = pl.DataFrame(figures, schema=kinds, orient="row")
    joined = rows.join(table, on=column, how="left", maintain_order="left")
    return joined.with_columns(_weighted(column).alias(f"{column}_error"))


def _weighted(column: str, weight: pl.Expr | None = None) -> pl.Expr:
    """Error of the figure that stands beside a code."""
    value, sd, shape = (pl.col(f"{column}_{word}") for word in ("figure", "sd", "shape"))
    return error_of(value, sd, shape, pl.coalesce(f"{column}_group", f"{column}_id"), weight)


def _one_figure(
    known: pl.DataFrame,
    quantity: str,
    code: str,
    problems: Problems,
    rows: pl.DataFrame | None = None,
    column: str = "factors",
) -> dict[str, object] | None:
    """Give the one row of a code; none and several are problems."""
    of_quantity = known.filter(pl.col("quantity") == quantity)
    words = ("value", "unit", "factor_id", "sd", "distribution", "error_group")
    found = of_quantity.filter(pl.col("activity") == code).select(words).unique(maintain_order=True)
    if found.height == 1:
        row = found.row(0, named=True)
        return {**row, "factor_id": str(row["factor_id"] or f"given:{quantity}.{code}")}
    using = rows.filter(pl.col(column) == code).row(0, named=True) if rows is not None else None
    where = where_of(using, column) if using else Where(column=column)
    facts = {"activity": f"{quantity} {code}", "region": "world", "year": using["time"] if using else "—",
             "editions": ", ".join(known["edition"].drop_nulls().unique().sort().to_list()) or "the given table"}  # fmt: skip
    if found.height:
        problems.add("factor_ambiguous", where, ", ".join(str(name) for name in found["factor_id"].to_list()), **facts)
    else:
        there = ", ".join(of_quantity["activity"].unique().sort().to_list())
        problems.add("factor_missing", where, code, **facts, available=there or "—")
    return None
