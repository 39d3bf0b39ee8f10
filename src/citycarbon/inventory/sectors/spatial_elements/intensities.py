"""What spatial elements need and emit: amounts times intensities, with the range of each intensity as its error.

Comes in: elements by place and intensities with range and source. Goes out: activity data by carrier, which every method of
``inventory.accounting`` takes, and emissions or sinks of elements that are known by themselves. Not for: factors of carriers.
"""

from __future__ import annotations

import math

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.core.units import conversion
from citycarbon.data.library.elements import ElementFactorTable, ElementTable

WHOLE = "service"
"""Activity of emissions that an element has by itself."""
_EVEN = math.sqrt(12.0)
"""A range without a shape counts as even: sd = (high - low) / √12."""


@method(
    id="inventory.sectors.spatial_elements.element_activity",
    gives=ActivityTable,
    equation="A = amount · intensity",
    source="leng2022_spatial",
    status="experimental",
    title=("Energy of spatial elements", "空间要素的能源活动"),
)
def element_activity(
    elements: ElementTable, factors: ElementFactorTable, *, equivalent: str = "", skip_missing: bool = False
) -> ActivityTable:
    """Multiply amounts of elements by their energy intensities, carrier by carrier.

    Parameters
    ----------
    elements
        Amounts by place.
    factors
        Intensities of energy; of one element, climate zone and age class at most one for each carrier. A row with a zone or an
        age stands before one without. Rows with a gas are left out.
    equivalent
        Carrier that ``electricity_equivalent`` stands for (``electricity`` in most buildings); refused if it is left out.
    skip_missing
        Whether an element without an intensity is left out; refused otherwise.

    Returns
    -------
    activity
        Activity data of a year by place, sector and carrier. With a range, sd is that of an even distribution and shared by all
        places (error group ``element:NAME:CARRIER``).

    Raises
    ------
    CoverageError
        If an element has no intensity, or several.
    UnitError
        If an intensity is per another unit than the element is counted in.

    References
    ----------
    Leng et al. (2022): accounting from spatial elements.

    Examples
    --------
    >>> e = pl.DataFrame({"place": ["p"], "time": "2022", "element": "school", "value": [1000.0], "unit": "m2",
    ...                   "sector": "buildings.public.education"})
    >>> f = pl.DataFrame({"element": ["school"], "activity": "electricity", "value": [40.0], "unit": "kWh/m2", "source": "own"})
    >>> element_activity(ElementTable(e), ElementFactorTable(f)).to_polars().select("activity", "value", "unit").rows()
    [('electricity', 40000.0, 'kWh')]
    """
    rows = factors.to_polars().filter(pl.col("gas").is_null() | (pl.col("gas") == ""))
    rows = rows.with_columns(
        pl.col("activity").replace({"electricity_equivalent": equivalent or "electricity_equivalent"})
    )
    if not equivalent and "electricity_equivalent" in factors.words("activity"):
        used = set(elements.words("element")) & set(
            rows.filter(pl.col("activity") == "electricity_equivalent")["element"]
        )
        if used:
            where = Where(item="equivalent")
            raise InputError("parameter_missing", where, ", ".join(sorted(used)), column="equivalent")
    made = _matched(elements, rows, skip_missing=skip_missing)
    spread = (pl.col("high") - pl.col("low")) / _EVEN * pl.col("amount")
    error = pl.format("element:{}:{}", "element", "activity")
    frame = made.select(
        "place", "time", "sector", "activity", "scenario", pl.col("amount") * pl.col("intensity"),
        pl.col("numerator").alias("unit"), spread.alias("sd"),
        pl.when(spread.is_not_null()).then(pl.lit("uniform")).alias("distribution"),
        pl.when(spread.is_not_null()).then(error).alias("error_group"),
        pl.format("elements:{}:{}", "element", "row").alias("provenance_id"),
        pl.format("{} ({})", pl.col("quality").fill_null("—"), "source").alias("quality"),
    ).rename({"amount": "value"})  # fmt: skip
    return ActivityTable(frame)


@method(
    id="inventory.sectors.spatial_elements.element_emissions",
    gives=EmissionTable,
    equation="E = amount · intensity",
    source="leng2022_spatial",
    status="experimental",
    title=("Emissions and sinks of spatial elements", "空间要素的排放与碳汇"),
)
def element_emissions(
    elements: ElementTable, factors: ElementFactorTable, *, skip_missing: bool = True
) -> EmissionTable:
    """Multiply amounts of elements by intensities that are emissions or sinks already.

    Parameters
    ----------
    elements
        Amounts by place.
    factors
        Intensities with a gas; a value below zero is a sink.
    skip_missing
        Whether an element without such an intensity is left out; refused otherwise.

    Returns
    -------
    emissions
        Mass [t] by place and sector; scope 1, sinks as removals. The scope of services that others give is the user's to judge.

    Raises
    ------
    CoverageError
        If an element has several intensities of one gas, or none and that is not allowed.
    UnitError
        If an intensity is per another unit than the element is counted in.

    References
    ----------
    Leng et al. (2022): sinks by kind of green.

    Examples
    --------
    >>> e = pl.DataFrame({"place": ["p"], "time": "2022", "element": "forest", "value": [10.0], "unit": "ha", "sector": "green"})
    >>> f = pl.DataFrame({"element": ["forest"], "activity": "land_or_service", "gas": "CO2", "value": [-2.0], "unit": "t/ha",
    ...                   "source": "own"})
    >>> element_emissions(ElementTable(e), ElementFactorTable(f)).to_polars().select("scope", "flow", "value").rows()
    [('sink', 'removal', -20.0)]
    """
    rows = factors.to_polars().filter(pl.col("gas").is_not_null() & (pl.col("gas") != ""))
    made = _matched(elements, rows, skip_missing=skip_missing)
    units = {unit: conversion(unit, "t") for unit in made["numerator"].unique().sort()}
    scale = pl.Series([units[unit] for unit in made["numerator"].to_list()], dtype=pl.Float64)
    sink = pl.col("intensity") < 0
    spread = (pl.col("high") - pl.col("low")) / _EVEN * pl.col("amount") * pl.col("scale")
    frame = made.with_columns(scale.alias("scale")).select(
        "place", "time", "sector", pl.lit(WHOLE).alias("activity"), "gas", "scenario",
        pl.when(sink).then(pl.lit("sink")).otherwise(pl.lit("1")).alias("scope"),
        pl.when(sink).then(pl.lit("removal")).otherwise(pl.lit("emission")).alias("flow"),
        (pl.col("amount") * pl.col("intensity") * pl.col("scale")).alias("value"), pl.lit("t").alias("unit"),
        spread.alias("sd"),
        pl.when(spread.is_not_null()).then(pl.lit("uniform")).alias("distribution"),
        pl.when(spread.is_not_null()).then(pl.format("element:{}:{}", "element", "gas")).alias("error_group"),
        pl.lit("inventory.sectors.spatial_elements.element_emissions").alias("method"),
        pl.format("elements:{}:{}", "element", "row").alias("provenance_id"),
    )  # fmt: skip
    return EmissionTable(frame)


def _matched(elements: ElementTable, rows: pl.DataFrame, *, skip_missing: bool) -> pl.DataFrame:
    """Join elements with the intensities that fit best: stated zone and age before none."""
    left = elements.to_polars().with_row_index("row", offset=1).rename({"value": "amount", "unit": "amount_unit"})
    right = rows.select(
        "element", "activity", "gas", pl.col("value").alias("intensity"), pl.col("unit").str.split_exact("/", 1).alias("u"),
        "low", "high", pl.col("climate_zone").alias("zone"), pl.col("age").alias("built"), "source", "quality",
    ).unnest("u").rename({"field_0": "numerator", "field_1": "per"})  # fmt: skip
    both = left.join(right, on="element", how="left", maintain_order="left_right")
    fits = (pl.col("zone").is_null() | (pl.col("zone") == pl.col("climate_zone"))) & (
        pl.col("built").is_null() | (pl.col("built") == pl.col("age"))
    )
    both = both.with_columns(
        fits.fill_null(False).alias("fits"), (pl.col("per") == pl.col("amount_unit")).alias("same")
    )
    _complain(left, both, skip_missing)
    usable = both.filter(pl.col("fits") & pl.col("same").fill_null(False))
    closeness = pl.col("zone").is_not_null().cast(pl.Int8) + pl.col("built").is_not_null().cast(pl.Int8)
    keys = ["row", "activity", "gas"]
    best = usable.with_columns(closeness.alias("close")).filter(pl.col("close") == pl.col("close").max().over(keys))
    problems = Problems()
    several = best.filter(pl.struct(keys).is_duplicated())
    for element, activity in several.select("element", "activity").unique().sort("element", "activity").iter_rows():
        sources = (
            several.filter((pl.col("element") == element) & (pl.col("activity") == activity))["source"].unique().sort()
        )
        problems.add("element_factors_several", Where(item=element), activity, sources=", ".join(sources))
    problems.raise_all()
    return best


def _complain(left: pl.DataFrame, both: pl.DataFrame, skip_missing: bool) -> None:
    problems = Problems()
    found = both.group_by("row").agg(
        (pl.col("fits") & pl.col("same").fill_null(False)).any().alias("has"),
        pl.col("fits").any(),
        pl.col("per").drop_nulls().unique().sort(),
    )
    lacking = left.join(found.filter(~pl.col("has")), on="row").sort("element")
    for element, rows in lacking.group_by("element", maintain_order=True):
        first = rows.row(0, named=True)
        if first["fits"] and len(first["per"]) and not skip_missing:
            where = Where(item=str(element[0]), column="unit")
            problems.add("element_unit", where, first["amount_unit"], known=", ".join(first["per"]))
        elif not skip_missing:
            shown = f"{element[0]} ({rows.height} ×)"
            problems.add("element_factor_missing", Where(item=str(element[0])), shown)
    problems.raise_all()
