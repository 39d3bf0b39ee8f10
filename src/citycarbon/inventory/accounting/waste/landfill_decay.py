"""Methane of landfills by first-order decay: what was deposited decades ago still gives gas today.

Comes in: waste deposited by kind and year, methane recovered. Goes out: scope 1 CH4 (scope 3 where the landfill lies outside)
of every year. Not for: waste burnt or composted, and not for the CO2 of the gas, which is biogenic.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import check_periods
from citycarbon.core.tables import EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.tables.columns import (
    ACTIVITY,
    AMOUNT,
    PLACE,
    PROVENANCE,
    QUALITY,
    SCENARIO,
    SD,
    SECTOR,
    TIME,
    UNIT,
)
from citycarbon.inventory.accounting.waste.filing import filed
from citycarbon.inventory.accounting.waste.landfill import (
    CLIMATES,
    SITE_COLUMNS,
    landfill_parameters,
    methane_potential,
    origin,
    waste_kind,
)
from citycarbon.inventory.accounting.waste.parameters import Source, Wanted, in_unit, with_parameters
from citycarbon.inventory.accounting.waste.recovered import RecoveryTable, less_recovered, shares_left, with_year

METHOD_ID = "inventory.accounting.landfill_decay"
MONTHS = 12.0
MIDDLE_OF_THE_YEAR = 6.0
"""Month until which, on average, the waste of a year has been deposited (ipcc2006_v5_ch3)."""
_GROUP = ("place", "time", "sector", "activity", "scenario")

_SPREAD = (
    "place", "sector", "activity", "scenario", "year", "value", "coefficient", "delay", "decay_rate", "oxidation", "sd",
    "relative_sd", "factor_errors", "provenance_id", "origin",
)  # fmt: skip
"""What a deposit takes along when it is spread over the years."""


class DepositTable(Table):
    """Waste deposited in landfills by year and kind of waste, with the site, the climate and own parameters where known."""

    columns = (
        PLACE,
        TIME,
        SECTOR,
        ACTIVITY,
        SCENARIO,
        AMOUNT,
        UNIT,
        SD,
        *SITE_COLUMNS,
        Column("climate", allowed=CLIMATES, meaning=("climate zone, chooses decay_rate", "气候带（决定 decay_rate）")),
        Column(
            "decay_rate",
            "number",
            low=0,
            high=5,
            unit="1/a",
            meaning=("first-order decay constant k", "一阶降解速率 k"),
        ),
        Column(
            "delay",
            "number",
            low=0,
            high=60,
            unit="month",
            meaning=("time from deposit to decay", "从填埋到开始降解的时间"),
        ),
        QUALITY,
        PROVENANCE,
    )
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_T = (Σ_x W_x · DOC · DOC_F · MCF · F · 16/12 · (e^(−k·(T−x−1+a)) − e^(−k·(T−x+a))) − R_T) · (1 − OX)",
    source="ipcc2006_v5_ch3",
    status="experimental",
    title=("Landfill methane by first-order decay", "填埋甲烷（一阶降解法）"),
    version=2,
    methane="non-fossil",
)
def landfill_decay(
    deposits: DepositTable,
    factors: FactorTable,
    recovered: RecoveryTable | None = None,
    places: PlaceTable | None = None,
    *,
    year_from: int | None = None,
    year_to: int | None = None,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the methane of landfills year by year, by the first-order decay of what was deposited.

    Tier 1 of IPCC 2006 with the parameters of the factor table, Tier 2 with the city's own deposits of past decades and own
    parameters. Waste x years old decays by e^(−k·x): with the delay d in months, a = (6 − d)/12 is the part of the year of
    deposit in which it already decays (0 at the default of six months, so that the first gas comes in the year after).

    Parameters
    ----------
    deposits
        Waste deposited [t or what converts to it, wet] by year and kind: ``food_waste``, ``garden_waste``, ``paper_waste``,
        ``wood_waste``, ``textile_waste``, ``industrial_waste``, ``sewage_sludge`` or ``municipal_solid_waste`` (mixed). A
        row without ``mcf`` needs ``site``, one without ``decay_rate`` needs ``climate``. Deposits of decades are needed: what
        is left out emits nothing. Mixed waste has no DOC in the library, because it follows from the composition.
    factors
        landfill_parameter rows. A kind of waste or climate that they lack is an error, not a guess.
    recovered
        Methane recovered, R [t or what converts to it], by place, year and sector.
    places
        Regions of the places.
    year_from
        [year] first year to account; without it the first year of deposit.
    year_to
        [year] last year to account; without it the last year of deposit.
    year_rule
        What a factor that does not cover the year of deposit may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CH4 by place, year, sector and kind of waste; scope 1, or scope 3 for sectors that end in ``_outside``. The
        activity part of ``sd`` adds deposits in quadrature, the factor part (without that of k and the delay) linearly,
        because deposits share their parameters.

    Raises
    ------
    InputError
        If a row states neither a parameter nor what chooses it, or the years are reversed.
    CoverageError
        If the factors lack a parameter, or have several.
    SchemaError
        If more methane is recovered in a year than is generated.

    References
    ----------
    IPCC 2006 Guidelines, volume 5, chapter 3, equations 3.1 to 3.6 and 3A1.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> waste = pl.DataFrame({"place": ["A"], "time": ["2000"], "sector": ["waste.landfill"], "activity": ["food_waste"],
    ...                       "value": [10000.0], "unit": ["t"], "site": ["managed_anaerobic"], "climate": ["tropical_wet"]})
    >>> made = landfill_decay(DepositTable(waste), shipped_library().choose(["ipcc2006"]), year_to=2002).to_polars()
    >>> [(row["time"], round(row["value"], 3)) for row in made.iter_rows(named=True)]
    [('2000', 0.0), ('2001', 164.84), ('2002', 110.496)]
    """
    rows = with_year(deposits.to_polars())
    check_periods(rows)
    first, last = _window(rows, year_from, year_to)
    source = Source(factors, ("landfill_parameter",), places, year_rule, region_fallback)
    decay_rate = Wanted(
        "decay_rate",
        (pl.format("{}_decay_rate_{}", waste_kind(), pl.col("climate")),),
        unit="1/a",
        choice="climate",
    )
    delay = Wanted("delay", (pl.lit("landfill_delay"),), unit="month")
    rows = with_parameters(rows, (*landfill_parameters(), decay_rate, delay), source)
    potential = in_unit(rows, "t") * methane_potential()
    rows = rows.with_columns(potential.alias("coefficient"), *origin(("decay_rate", "delay")))
    years = pl.DataFrame({"emission_year": range(first, last + 1)}, schema={"emission_year": pl.Int64})
    made = _of_years(rows, years)
    generated = (
        with_year(made)
        .group_by("place", "year", "sector", "scenario", maintain_order=True)
        .agg(pl.col("generated").sum())
    )
    left = shares_left(generated, recovered, (first, last))
    return filed(less_recovered(made, left), METHOD_ID, deposits.codes)


def _window(rows: pl.DataFrame, year_from: int | None, year_to: int | None) -> tuple[int, int]:
    """First and last year to account."""
    for name, year in (("year_from", year_from), ("year_to", year_to)):
        if year is not None and not 1800 <= year <= 2500:
            raise InputError("parameter_wrong", Where(item=name), year, expected_value="1800 … 2500")
    years = rows["year"]
    if year_to is None and not rows.height:
        raise InputError("parameter_missing", Where(item="year_to"), "", column="year_to")
    first = year_from if year_from is not None else int(years.min() if rows.height else year_to)  # type: ignore[arg-type]
    last = year_to if year_to is not None else int(years.max())  # type: ignore[arg-type]
    if first > last:
        raise InputError("years_reversed", Where(item="year_from, year_to"), f"{first} > {last}")
    return first, last


def _of_years(rows: pl.DataFrame, years: pl.DataFrame) -> pl.DataFrame:
    """Spread each deposit over the years: one product of deposits and years, then one sum."""
    part = MIDDLE_OF_THE_YEAR / MONTHS - pl.col("delay") / MONTHS
    end = (pl.col("emission_year") - pl.col("year") + part).clip(lower_bound=0.0)
    start = (pl.col("emission_year") - pl.col("year") + part - 1).clip(lower_bound=0.0)
    rate = pl.col("decay_rate")
    released = (-rate * start).exp() - (-rate * end).exp()
    # The same few texts stand behind many deposits, so that they travel as numbers.
    rows = rows.with_columns(pl.struct("factor_id", "rule").rank("dense").alias("origin"))
    texts = rows.select("origin", "factor_id", "rule").unique()
    grid = rows.select(_SPREAD).join(years, how="cross")
    grid = grid.filter(pl.col("emission_year") >= pl.col("year")).with_columns(
        (pl.col("coefficient") * released).alias("coefficient"),
        (1 - pl.col("oxidation")).alias("through"),
    )
    grid = grid.with_columns((pl.col("value") * pl.col("coefficient")).alias("generated"))
    emitted = pl.col("generated") * pl.col("through")
    deviation = pl.col("coefficient") * pl.col("through") * pl.col("sd")
    by = [name for name in _GROUP if name != "time"]
    made = grid.group_by(*by, "emission_year", maintain_order=True).agg(
        emitted.sum().alias("value"),
        pl.col("generated").sum(),
        _if_any((deviation**2).sum().sqrt(), pl.col("sd")).alias("sd_activity"),
        _if_any((emitted * pl.col("relative_sd")).sum(), pl.col("relative_sd")).alias("sd_factor"),
        # Deposits of one kind rest on one set of figures; where they do not, the sum has no shape of its own and is normal.
        pl.when(pl.col("factor_errors").drop_nulls().n_unique() == 1)
        .then(pl.col("factor_errors").drop_nulls().first())
        .alias("factor_errors"),
        pl.col("provenance_id").min(),
        pl.col("origin").unique(),
    )
    parts = [pl.col("sd_activity"), pl.col("sd_factor")]
    both = pl.sum_horizontal(part.fill_null(0.0) ** 2 for part in parts).sqrt()
    sd = pl.when(pl.any_horizontal(part.is_not_null() for part in parts)).then(both)
    time = pl.col("emission_year").cast(pl.String).alias("time")
    return _with_texts(made.with_columns(sd.alias("sd"), pl.lit("CH4").alias("gas"), time).sort(_GROUP), texts)


def _with_texts(made: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Write out which factors and rules stand behind each sum."""
    made = made.with_row_index("sum_number")
    behind = made.select("sum_number", "origin").explode("origin").join(texts, on="origin", how="left")
    for name, mark in (("factor_id", "*"), ("rule", " | ")):
        words = behind.select("sum_number", pl.col(name).str.split(mark)).explode(name).drop_nulls().unique()
        joined = (
            words.sort("sum_number", name).group_by("sum_number", maintain_order=True).agg(pl.col(name).str.join(mark))
        )
        made = made.join(joined, on="sum_number", how="left", maintain_order="left")
    return made.drop("sum_number", "origin")


def _if_any(total: pl.Expr, stated: pl.Expr) -> pl.Expr:
    """A sum of nothing is no zero: where no row states a deviation there is none."""
    return pl.when(stated.is_not_null().any()).then(total)
