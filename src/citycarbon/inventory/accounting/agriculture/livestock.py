"""Animals: methane of digestion, methane and nitrous oxide of manure.

Comes in: herds by kind of animal. Goes out: scope 1 emissions in two sectors, enteric fermentation and manure management.
Not for: nitrogen that is spread on fields (:mod:`.managed_soils`).
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.errors import Problems
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.tables.columns import ACTIVITY, PLACE, PROVENANCE, QUALITY, SCENARIO, TIME, UNCERTAINTY, UNIT
from citycarbon.core.uncertainty import FACTOR_ERRORS
from citycarbon.data.lookup import YearRule
from citycarbon.inventory.accounting.agriculture.yearly import (
    GIVEN,
    ROW_KEY,
    matched_rows,
    multiply_rows,
    per_year,
    require_years,
    where_of,
    with_keys,
)
from citycarbon.inventory.accounting.apply import Account

METHOD_ID = "inventory.accounting.livestock"
HOUSINGS = ("intensive", "household", "grazing")
STAGES = ("young", "other_adult", "breeding")
ENTERIC, MANURE, MANURE_AT = "enteric_factor", "manure_factor", "manure_factor_at_"
COLDEST, WARMEST = 10, 28
"""Mean yearly temperatures of the outer columns of IPCC table 10.14 [°C]: 10 or less, 28 or more."""
DAYS = 365


class HerdTable(Table):
    """Animals by kind, with what the factors of some guidelines also ask for."""

    columns = (
        PLACE, TIME,
        ACTIVITY, SCENARIO,
        Column(
            "value",
            "number",
            required=True,
            empty=False,
            low=0,
            meaning=("animals, or animals produced in the year", "存栏数，或年内出栏数"),
        ),
        UNIT, *UNCERTAINTY,
        Column("housing", allowed=HOUSINGS, meaning=("large farm, household or grazing", "饲养方式：规模化、农户或放牧")),
        Column("stage", allowed=STAGES, meaning=("young, other adult or breeding", "畜龄：当年生、其他成年或繁殖母畜")),
        Column("days_alive", "number", low=1, high=DAYS, unit="day",
               meaning=("days that an animal lives, if under a year", "饲养天数（不足一年时）")),
        Column("mean_temperature", "number", low=-30, high=40, unit="degC",
               meaning=("mean yearly temperature", "年均气温")),
        QUALITY, PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = N · EF, N = animals · days_alive / 365 where animals live less than a year",
    source="ipcc2006_v4_ch10",
    status="reproduced",
    title=("Livestock", "畜禽"),
    version=2,
    methane="non-fossil",
)
def livestock(
    herds: HerdTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the methane of digestion and the methane and nitrous oxide of manure in scope 1.

    Parameters
    ----------
    herds
        Yearly animals [head] by kind (``dairy_cattle``, ``swine`` …). ``housing`` (provincial guideline) or ``stage`` (GB/T
        32151.22) chooses the enteric factor where the edition has several; ``days_alive`` [day] turns animals produced
        in the year into the average number; ``mean_temperature`` [degC] chooses the manure factor of IPCC.
    factors
        enteric_factor and manure_factor [kg/(head*a)]; manure_factor_at_10 to manure_factor_at_28 by temperature.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CH4 and N2O, scope 1, sectors ``agriculture.enteric`` and ``agriculture.manure``. Where the edition knows the
        animal and not the source (poultry have no enteric factor) the row is marked NE, not estimated.

    Raises
    ------
    SchemaError
        If a time is no year.
    InputError
        If the factors of an animal depend on housing, stage or temperature, and the row does not state it.
    CoverageError
        If the factors do not know an animal, or have no figure for its region.

    References
    ----------
    IPCC 2006 Guidelines, volume 4, chapter 10, equations 10.1, 10.19 and 10.22; provincial guideline 2011, agriculture.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> rows = pl.DataFrame({"place": ["江苏"], "time": ["2020"], "activity": ["dairy_cattle"], "value": [1000.0],
    ...                      "unit": ["head"], "housing": ["intensive"]})
    >>> made = livestock(HerdTable(rows), shipped_library().choose(["provincial-guideline-2011"]))
    >>> made.to_polars().select("sector", "gas", "value").rows()
    [('agriculture.enteric', 'CH4', 88.1), ('agriculture.manure', 'CH4', 8.33), ('agriculture.manure', 'N2O', 2.065)]
    """
    require_years(herds)
    rows = _average_population(with_keys(herds))
    known = factors.to_polars()
    known = known.filter(pl.col("quantity").str.starts_with(MANURE) | (pl.col("quantity") == ENTERIC))
    known = per_year(known, rows["unit"].unique().sort().to_list())
    rows = _named_factors(rows, known)
    _refuse_unstated(rows, known)
    search = _Search(places, year_rule, region_fallback)
    tables = []
    for sector, name, gases in (
        ("agriculture.enteric", "enteric", ("CH4",)),
        ("agriculture.manure", "manure", ("CH4", "N2O")),
    ):
        placed = rows.with_columns(pl.lit(sector).alias("sector"))
        coefficients = search.coefficients(placed, known, name, gases)
        tables.append(multiply_rows(placed, coefficients, Account(METHOD_ID, "1"), herds))
    return EmissionTable.stack(tables)


class _Search:
    """The rules of a look-up, for the two sources."""

    def __init__(self, places: PlaceTable | None, year_rule: YearRule, region_fallback: bool) -> None:
        self.places, self.year_rule, self.region_fallback = places, year_rule, region_fallback

    def coefficients(self, rows: pl.DataFrame, known: pl.DataFrame, name: str, gases: tuple[str, ...]) -> pl.DataFrame:
        """Give each row its factors; a gas that the edition does not know for this source is marked NE."""
        parts = []
        for quantity in rows[f"{name}_quantity"].drop_nulls().unique().sort().to_list():
            parts.append(
                matched_rows(
                    rows.filter(pl.col(f"{name}_quantity") == quantity),
                    pl.col(f"{name}_activity"),
                    known.filter(pl.col("quantity") == quantity),
                    self.places,
                    year_rule=self.year_rule,
                    region_fallback=self.region_fallback,
                )
            )
        wanted = rows.select(ROW_KEY).join(pl.DataFrame({"gas": gases}), how="cross")
        found = pl.concat(parts) if parts else None
        if found is not None:
            wanted = wanted.join(found, on=[ROW_KEY, "gas"], how="anti")
        gaps = wanted.with_columns(
            pl.lit(None).cast(pl.Float64).alias("coefficient"),
            pl.lit(None).cast(pl.Float64).alias("coefficient_sd"),
            pl.lit(None).cast(pl.String).alias(FACTOR_ERRORS),
            pl.lit(None).cast(pl.String).alias("factor_id"),
            pl.lit(None).cast(pl.String).alias("factor_group"),
            pl.lit(f"the factors have no {name} factor of this gas for the animal").alias("rule"),
            pl.lit("NE").alias("notation"),
        ).select(ROW_KEY, *GIVEN)
        return gaps if found is None else pl.concat([found, gaps])


def _average_population(rows: pl.DataFrame) -> pl.DataFrame:
    """Equation 10.1: what is born and sold within the year counts by the days that it lives."""
    share = pl.col("days_alive").fill_null(DAYS) / DAYS
    return rows.with_columns(pl.col("value") * share, pl.col("sd") * share)


def _named_factors(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Say under which name and quantity the factors know each herd; null where they do not."""
    enteric = known.filter(pl.col("quantity") == ENTERIC)["activity"].unique()
    manure = known.filter(pl.col("quantity") == MANURE)["activity"].unique()
    by_temperature = known.filter(pl.col("quantity").str.starts_with(MANURE_AT))["activity"].unique()
    housed, staged = (pl.format("{}_{}", "activity", name) for name in ("housing", "stage"))
    names = [pl.when(name.is_in(enteric.implode())).then(name) for name in (housed, staged, pl.col("activity"))]
    degrees = pl.col("mean_temperature").round(mode="half_away_from_zero").clip(COLDEST, WARMEST).cast(pl.Int64)
    plain = pl.col("activity").is_in(manure.implode())
    at = pl.col("activity").is_in(by_temperature.implode()) & pl.col("mean_temperature").is_not_null()
    quantity = pl.when(plain).then(pl.lit(MANURE)).when(at).then(pl.format("{}{}", pl.lit(MANURE_AT), degrees))
    rows = rows.with_columns(
        pl.coalesce(names).alias("enteric_activity"),
        quantity.alias("manure_quantity"),
        pl.col("activity").alias("manure_activity"),
    )
    found = pl.col("enteric_activity").is_not_null()
    return rows.with_columns(pl.when(found).then(pl.lit(ENTERIC)).alias("enteric_quantity"))


def _refuse_unstated(rows: pl.DataFrame, known: pl.DataFrame) -> None:
    """A choice that the factors leave to the row is never made for it; an animal that they do not know is named."""
    problems = Problems()
    enteric = set(known.filter(pl.col("quantity") == ENTERIC)["activity"].to_list())
    warm = set(known.filter(pl.col("quantity").str.starts_with(MANURE_AT))["activity"].to_list())
    animals = ", ".join(known["activity"].unique().sort().to_list())
    editions = ", ".join(known["edition"].drop_nulls().unique().sort().to_list()) or "the given table"
    for row in rows.filter(pl.col("enteric_activity").is_null()).head(50).iter_rows(named=True):
        animal = row["activity"]
        for column, words in (("housing", HOUSINGS), ("stage", STAGES)):
            there = [word for word in words if f"{animal}_{word}" in enteric]
            if there and row[column] is None:
                problems.add(
                    "parameter_missing", where_of(row, column), animal, column=f"{column} ({', '.join(there)})"
                )
            elif there:
                problems.add("factor_missing", where_of(row, column), f"{animal}, {row[column]}", activity=animal,
                             region=row["place"], year=row["time"], editions=editions, available=", ".join(there))  # fmt: skip
    for row in rows.filter(pl.col("manure_quantity").is_null()).head(50).iter_rows(named=True):
        animal = row["activity"]
        chosen = any(f"{animal}_{word}" in enteric for word in (*HOUSINGS, *STAGES))
        if animal in warm:
            column = "mean_temperature"
            problems.add("parameter_missing", where_of(row, column), animal, column=column)
        elif row["enteric_activity"] is None and not chosen:
            problems.add("factor_missing", where_of(row, "activity"), animal, activity=animal, region=row["place"],
                         year=row["time"], editions=editions, available=animals or "—")  # fmt: skip
    problems.raise_all()
