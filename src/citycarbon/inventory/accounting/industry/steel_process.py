"""Steel making by the provincial guideline: fluxes that calcine, and the carbon that pig iron has and steel has not.

Comes in: limestone and dolomite used, pig iron used, steel made. Goes out: scope 1 CO2. Not for: coke and coal of the blast
furnace, which stay in combustion.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.chemistry import CARBON_TO_CO2
from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable
from citycarbon.core.trace import file_of
from citycarbon.core.uncertainty import FACTOR_ERRORS, PLUS, error_of
from citycarbon.inventory.accounting.apply import Account, match, multiply
from citycarbon.inventory.accounting.industry.kinds import EMISSION_FACTOR, refuse_elsewhere

METHOD_ID = "inventory.accounting.steel_process"
FLUXES = ("limestone_flux", "dolomite_flux")
IRON, STEEL = "pig_iron", "crude_steel"
BALANCE = "steel_decarburisation"
_KEYS = ["place", "time", "sector", "scenario"]


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = Σ M_flux · EF_flux + (M_iron · w_iron − M_steel · w_steel) · 44/12",
    source="provincial_guideline_2011",
    status="experimental",
    title=("Steel making", "钢铁生产过程"),
    version=3,
    methane="fossil",
)
def steel_process(
    activity: ActivityTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the process CO2 of steel making in scope 1: fluxes, and carbon that leaves the pig iron.

    Coke, coal and gas of iron making stay in ``combustion`` whole, as in the guideline. The carbon of the pig iron came from that
    coke, so the guideline counts it in both places, 0.15 t CO2 per t of iron; this method follows it. Do not use
    ``crude_steel_bof`` of IPCC in ``process`` beside it, and leave out lime that was calcined in a lime works.

    Parameters
    ----------
    activity
        ``limestone_flux`` and ``dolomite_flux`` used, M_flux, ``pig_iron`` used for steel, M_iron, and ``crude_steel`` made,
        M_steel [t or what converts to it]. Pig iron and steel of one place, time, sector and scenario are one balance.
    factors
        emission_factor, EF_flux, of the fluxes and carbon_fraction, w_iron and w_steel [1], of pig iron and steel.
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CO2, scope 1: a row for each flux row, and ``steel_decarburisation`` for each balance.

    Raises
    ------
    SchemaError
        If a balance is negative: the steel has more carbon than the pig iron that went in, as with scrap.
    InputError
        If pig iron stands without steel.
    CoverageError
        If a factor is missing, or two editions know it.

    References
    ----------
    Provincial inventory guideline 2011, section 2.3: limestone 0.430, dolomite 0.474, pig iron 4.1 %, steel 0.248 % carbon.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> works = pl.DataFrame({"place": "A", "time": "2020", "sector": "process.steel",
    ...                       "activity": ["limestone_flux", "pig_iron", "crude_steel"], "value": [100.0, 1000.0, 1000.0],
    ...                       "unit": "t"})
    >>> rows = steel_process(ActivityTable(works), shipped_library().choose(["provincial-guideline-2011"])).to_polars()
    >>> [(row[0], round(row[1], 3)) for row in rows.select("activity", "value").rows()]
    [('limestone_flux', 43.0), ('steel_decarburisation', 141.24)]
    """
    refuse_elsewhere(activity, "process")
    rows = factors.to_polars()
    flux = (pl.col("quantity") == EMISSION_FACTOR) & pl.col("activity").is_in(FLUXES)
    carbon = (pl.col("quantity") == "carbon_fraction") & pl.col("activity").is_in([IRON, STEEL])
    made_of = pl.concat([rows.filter(flux), _as_factors(rows.filter(carbon))])
    # One look-up for all rows, so that every missing factor is told at once.
    matched = match(activity, FactorTable(made_of), places, year_rule=year_rule, region_fallback=region_fallback)
    fluxes = multiply(activity.filter(activity=FLUXES), matched, Account(METHOD_ID, "1"))
    balance = _balance(activity, matched)
    fixed = {"activity": BALANCE, "scope": "1", "gas": "CO2", "unit": "t", "method": METHOD_ID}
    whole = EmissionTable(balance, fixed=fixed, codes=activity.codes)
    return EmissionTable.stack([fluxes, whole])


def _as_factors(fractions: pl.DataFrame) -> pl.DataFrame:
    """Write w · 44/12 as tonnes of CO2 per tonne, so that the rules of region and year are those of all factors."""
    return fractions.with_columns(
        pl.col("value") * CARBON_TO_CO2,
        pl.col("sd") * CARBON_TO_CO2,
        pl.lit("t/t").alias("unit"),
        pl.lit("CO2").alias("gas"),
        pl.lit(EMISSION_FACTOR).alias("quantity"),
    )


def _balance(activity: ActivityTable, matched: pl.DataFrame) -> pl.DataFrame:
    """Carbon of pig iron less carbon of steel, one row for each place, time, sector and scenario."""
    both = activity.filter(activity=[IRON, STEEL]).to_polars()
    given = ("coefficient", "factor_value", "factor_sd", "factor_distribution", "factor_group", "factor_id", "rule")
    coefficients = matched.select("place", "time", "sector", "activity", "unit", *given)
    rows = both.join(
        coefficients, on=["place", "time", "sector", "activity", "unit"], how="left", maintain_order="left"
    )
    sign = pl.when(pl.col("activity") == IRON).then(1.0).otherwise(-1.0)
    own = pl.format("row {}", pl.int_range(pl.len()))
    rows = rows.with_columns(
        (pl.col("value") * pl.col("coefficient") * sign).alias("carbon"),
        (pl.col("sd") * pl.col("coefficient") * sign).alias("spread"),
        pl.coalesce(pl.col("error_group"), own).alias("shared"),
    )
    sums = (
        rows.group_by(_KEYS, maintain_order=True)
        .agg(
            pl.col("carbon").sum().alias("value"),
            (pl.col("value") * pl.col("coefficient")).sum().alias("moved"),
            (pl.col("activity") == STEEL).any().alias("has_steel"),
            pl.col("provenance_id").drop_nulls().first(),
            pl.col("factor_id").unique().sort().str.join("*"),
            pl.col("rule").unique().sort().str.join(" | "),
        )
        .sort(_KEYS)
    )
    _refuse(sums)
    # Errors add linearly inside a named group and in quadrature between groups.
    spread = (
        rows.filter(pl.col("spread").is_not_null())
        .group_by(*_KEYS, "shared", maintain_order=True)
        .agg(pl.col("spread").sum())
        .group_by(_KEYS, maintain_order=True)
        .agg((pl.col("spread") ** 2).sum().sqrt().alias("sd_activity"))
    )
    sums = sums.join(spread, on=_KEYS, how="left", maintain_order="left")
    sums = sums.join(_factor_part(rows, sums), on=_KEYS, how="left", maintain_order="left")
    either = pl.col("sd_activity").is_not_null() | pl.col("sd_factor").is_not_null()
    together = (pl.col("sd_activity").fill_null(0.0) ** 2 + pl.col("sd_factor").fill_null(0.0) ** 2).sqrt()
    stated = pl.when(pl.col("sd_factor").is_not_null())
    return sums.select(
        *_KEYS, pl.max_horizontal(pl.col("value"), 0.0), pl.when(either).then(together).alias("sd"), "sd_activity", "sd_factor",
        FACTOR_ERRORS, stated.then(pl.col("factor_id")).alias("error_group"), "provenance_id", "factor_id", "rule",
    )  # fmt: skip


def _factor_part(rows: pl.DataFrame, sums: pl.DataFrame) -> pl.DataFrame:
    """Errors of the carbon shares: each with what it moves over the whole, that of the steel with a sign of its own."""
    whole = sums.select(*_KEYS, pl.col("value").alias("balance"))
    moved = rows.filter(pl.col("factor_sd") > 0).join(whole, on=_KEYS, maintain_order="left")
    shares = moved.group_by(
        *_KEYS, "factor_group", "factor_value", "factor_sd", "factor_distribution", maintain_order=True
    )
    parts = shares.agg(pl.col("carbon").sum(), pl.col("balance").first())
    text = error_of(
        pl.col("factor_value"), pl.col("factor_sd"), pl.col("factor_distribution"), pl.col("factor_group"),
        pl.when(pl.col("balance") > 0).then(pl.col("carbon") / pl.col("balance")),
    )  # fmt: skip
    sizes = (pl.col("carbon") * pl.col("factor_sd") / pl.col("factor_value")) ** 2
    made = parts.with_columns(text.alias(FACTOR_ERRORS), sizes.alias("sd_factor")).group_by(_KEYS, maintain_order=True)
    return made.agg(pl.col("sd_factor").sum().sqrt(), pl.col(FACTOR_ERRORS).drop_nulls().str.join(PLUS))


def _refuse(sums: pl.DataFrame) -> None:
    problems = Problems()
    for row in sums.filter(~pl.col("has_steel")).head(20).iter_rows(named=True):
        problems.add("parameter_missing", _where(row), IRON, column=f"activity {STEEL}")
    short = (pl.col("value") < -1e-9 * pl.col("moved")) & pl.col("has_steel")
    for row in sums.filter(short).head(20).iter_rows(named=True):
        found = f"{row['value'] / CARBON_TO_CO2:.6g} t C"
        problems.add("balance_negative", _where(row), found, place=row["place"], year=row["time"])
    problems.raise_all()


def _where(row: dict[str, object]) -> Where:
    return Where(file=file_of(row["provenance_id"]), item=f"{row['place']}, {row['sector']}")
