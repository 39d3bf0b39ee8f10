"""Factor look-up: the one factor that holds for a place, a year, a sector and an activity, and how it was found.

Comes in: distinct needs and a factor table. Goes out: one row per need and gas, with the factor, its unit and the rule by
which it was matched. A province falls to its grid or country, and a year to another year, only when the caller says so, and
the result says that it did. Not for: multiplying.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.uncertainty import FACTOR_ERRORS, error_of
from citycarbon.core.units import CARRIERS, conversion, gas_of, same_dimension, split_factor_unit, two_readings
from citycarbon.core.warming import BIOGENIC, EQUIVALENT
from citycarbon.data.classifications import classification, list_of
from citycarbon.data.regions import chain, fineness

YearRule = Literal["exact", "latest", "nearest"]
NEED = ("place", "time", "sector", "activity", "unit")


@dataclass(frozen=True)
class LookupRules:
    """What a look-up may do.

    ``region_fallback`` lets a province use its grid's or the country's factor where the edition publishes finer ones;
    ``year_rule`` is ``exact`` (the year is inside the validity), ``latest`` (else the latest earlier factor) or ``nearest``.
    """

    region_fallback: bool = False
    year_rule: YearRule = "exact"


def match_factors(
    needs: pl.DataFrame, regions: dict[str, str | None], factors: pl.DataFrame, rules: LookupRules
) -> pl.DataFrame:
    """Match every need to its factors.

    Parameters
    ----------
    needs
        Distinct rows of place, time, sector, activity, unit, and ``provenance_id`` of the first activity row.
    regions
        Place to region code; None where a place has no known region.
    factors
        Rows of a factor table.
    rules
        What the look-up may do.

    Returns
    -------
    matched
        The columns of the need, then gas, factor_value, factor_unit, factor_sd, factor_group, factor_distribution,
        factor_errors, factor_id, factor_region, rule.

    Raises
    ------
    UnitError
        Every need whose unit no factor of its activity can be turned into, at once.
    CoverageError
        Every need without a factor, and every need for which several factors fit, at once; CO2e beside single gases is such
        a case, because their sum would count one mass twice.
    """
    _refuse_coal_of_carriers(needs, factors)
    needs = needs.with_row_index("need").with_columns(
        pl.col("time").str.slice(0, 4).cast(pl.Int64).alias("year"),
        pl.col("place").replace_strict(regions, default=None, return_dtype=pl.String).alias("own_region"),
    )
    pairs = needs.join(_prepared(factors), on="activity", how="left", suffix="_factor")
    known = pairs.select("need", *NEED, "gas").unique().drop_nulls("gas")
    pairs = _fitting_units(pairs)
    _refuse_mixture(pairs, rules)
    pairs = _fitting_sector(pairs)
    pairs = _rank_regions(pairs, rules)
    pairs = _rank_years(pairs, rules)
    best = _best(pairs.filter(pl.col("usable")))
    _complain(needs, best, factors)
    chosen = best.with_columns(
        pl.format("{}; {}{}", pl.col("region_rule"), pl.col("year_rule"), pl.col("sector_rule")).alias("rule"),
        pl.coalesce(pl.col("error_group"), pl.col("factor_id")).alias("factor_group"),
    )
    own = error_of(pl.col("value"), pl.col("sd"), pl.col("distribution"), pl.col("factor_group"))
    chosen = chosen.with_columns(pl.coalesce(FACTOR_ERRORS, own).alias(FACTOR_ERRORS))
    chosen = _with_gaps(chosen, known)
    renamed = {"value": "factor_value", "unit_factor": "factor_unit", "sd": "factor_sd", "region": "factor_region",
               "distribution": "factor_distribution"}  # fmt: skip
    columns = ("factor_value", "factor_unit", "factor_sd", "factor_group", "factor_distribution", "factor_id",
               FACTOR_ERRORS)  # fmt: skip
    return chosen.rename(renamed).select(*NEED, "gas", *columns, "factor_region", "rule", "notation").sort(*NEED, "gas")


def _refuse_coal_of_carriers(needs: pl.DataFrame, factors: pl.DataFrame) -> None:
    """Electricity in tce and a factor per MWh, or the other way round, meet only by a reading that somebody states."""
    problems = Problems()
    pairs = needs.filter(pl.col("activity").is_in(CARRIERS)).select("activity", "unit").unique(maintain_order=True)
    for activity, unit in pairs.iter_rows():
        units = factors.filter(pl.col("activity") == activity)["unit"].unique().to_list()
        fitting = [per for each in units if same_dimension(unit, per := split_factor_unit(each)[1])]
        if fitting and all(two_readings(activity, unit, each) for each in fitting):
            mine = needs.filter((pl.col("activity") == activity) & (pl.col("unit") == unit)).row(0, named=True)
            place = _place_of(mine)
            where = Where(place.file, None, place.rows, "unit")
            problems.add("carrier_in_coal", where, f"{unit} ({activity})", activity=activity)
    problems.raise_all()


def _refuse_mixture(pairs: pl.DataFrame, rules: LookupRules) -> None:
    """Two editions that know the same activity are never mixed, not even where each lacks what the other has.

    Editions of single years are no mixture while each serves its own year only, which ``year_rule`` exact makes sure of.
    """
    named = pairs.filter(pl.col("factor_id").is_not_null() & pl.col("edition").is_not_null())
    if rules.year_rule == "exact":
        begun = pl.col("valid_from").fill_null(0) <= pl.col("year")
        named = named.filter(begun & (pl.col("valid_to").fill_null(9999) >= pl.col("year")))
    mixed = named.filter(pl.col("edition").n_unique().over("need") > 1)
    problems = Problems()
    for activity, editions in (
        mixed.group_by("activity", maintain_order=True).agg(pl.col("edition").unique().sort()).iter_rows()
    ):
        first = mixed.filter(pl.col("activity") == activity).row(0, named=True)
        problems.add("editions_mixed", _place_of(first), ", ".join(editions), activity=activity)
    problems.raise_all()


def _best(usable: pl.DataFrame) -> pl.DataFrame:
    """Keep a sector's own factor before a general one, then the nearest region, then the nearest year.

    Where one edition prints a figure per several units (km and mile), the one that turns into the activity's unit by a power
    of ten is kept, because the other is a rounded copy.
    """
    for rank in ("sector_rank", "region_rank", "year_gap"):
        usable = usable.filter(pl.col(rank) == pl.col(rank).min().over("need", "gas"))
    return usable.filter(pl.col("unit_rank") == pl.col("unit_rank").min().over("need", "gas", "edition"))


def _with_gaps(chosen: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Add a row without a number, marked NE, for each gas that the table knows for the activity and that found no factor."""
    single = chosen.group_by("need").agg((pl.col("gas") == EQUIVALENT).any().alias("whole")).filter(~pl.col("whole"))
    gaps = known.filter(pl.col("gas") != EQUIVALENT).join(single, on="need", how="semi")
    gaps = gaps.join(chosen.select("need", "gas"), on=["need", "gas"], how="anti")
    chosen = chosen.with_columns(pl.lit(None).cast(pl.String).alias("notation"))
    if not gaps.height:
        return chosen
    rows = gaps.with_columns(
        pl.lit("NE").alias("notation"),
        pl.lit("no factor of this gas fits the sector, unit, region and year").alias("rule"),
    )
    return pl.concat([chosen, rows], how="diagonal")


def _prepared(factors: pl.DataFrame) -> pl.DataFrame:
    finest = pl.col("region").replace_strict(
        {code: fineness(code) for code in factors["region"].unique().to_list()}, return_dtype=pl.Int64
    )
    group = ["activity", "gas", "quantity", "edition"]
    frame = factors.rename({"sector": "sector_factor"}) if "sector" in factors.columns else factors
    # A factor without an id is known by its row, so that errors of one factor stay one error and provenance has a name.
    row = pl.format("given table:{}", pl.int_range(1, pl.len() + 1))
    frame = frame.with_columns(pl.coalesce(pl.col("factor_id"), row).alias("factor_id"))
    return frame.with_columns(finest.alias("fineness")).with_columns(
        pl.col("fineness").max().over(group).alias("finest"),
        pl.col("region").n_unique().over(group).alias("regions"),
    )


def _fitting_units(pairs: pl.DataFrame) -> pl.DataFrame:
    """Of factors per mass, volume or energy keep those that the activity's unit can be turned into."""
    distinct = pairs.select("activity", "unit", "unit_factor").unique().drop_nulls().rows()
    fitting = [(*each, _unit_rank(*each[1:])) for each in distinct if _convertible(*each)]
    schema = {"activity": pl.String, "unit": pl.String, "unit_factor": pl.String, "unit_rank": pl.Int64}
    fits = pl.DataFrame(fitting, schema=schema, orient="row")
    kept = pairs.join(fits, on=["activity", "unit", "unit_factor"])
    rest = pairs.join(kept.select("need").unique(), on="need", how="anti").with_columns(
        pl.lit(0).cast(pl.Int64).alias("unit_rank")
    )
    misfits = rest.filter(pl.col("factor_id").is_not_null())
    problems = Problems()
    for _, group in misfits.sort("need").group_by("need", maintain_order=True):
        row = group.row(0, named=True)
        wanted = sorted({split_factor_unit(unit)[1] for unit in group["unit_factor"].to_list()})
        place = _place_of(row)
        where = Where(place.file, None, place.rows, "unit")
        problems.add("unit_dimension", where, f"{row['unit']} ({row['activity']})", expected_unit=", ".join(wanted))
    problems.raise_all()
    return pl.concat([kept, rest.select(kept.columns)])


def _convertible(activity: str, unit: str, factor_unit: str) -> bool:
    per = split_factor_unit(factor_unit)[1]
    # 100 tCO2 of coal are what it emits and no amount of it.
    return same_dimension(unit, per) and not two_readings(activity, unit, per) and gas_of(unit) in ("", gas_of(per))


def _unit_rank(unit: str, factor_unit: str) -> int:
    """Give 0 where the activity's unit is a power of ten of the factor's (t and kg), 1 where it is not (km and mile)."""
    step = math.log10(conversion(unit, split_factor_unit(factor_unit)[1]))
    return 0 if abs(step - round(step)) < 1e-9 else 1


def _fitting_sector(pairs: pl.DataFrame) -> pl.DataFrame:
    """A factor with a sector serves that sector only; one without serves every sector that has no factor of its own.

    Where the sectors of an edition are of a known list, a sector of another list is told: its own factor may be there by
    another name.
    """
    own = pl.col("sector_factor").is_not_null()
    fits = ~own | (pl.col("sector_factor") == pl.col("sector"))
    told = pairs.select("edition", "sector_factor").drop_nulls().unique().group_by("edition").agg("sector_factor")
    strange = [
        (edition, sector, listed)
        for edition, sectors in told.sort("edition").iter_rows()
        if (listed := list_of(sectors))
        for sector in pairs["sector"].drop_nulls().unique().to_list()
        if sector not in classification(listed)
    ]
    schema = {"edition": pl.String, "sector": pl.String, "sector_list": pl.String}
    pairs = pairs.join(pl.DataFrame(strange, schema=schema, orient="row"), on=["edition", "sector"], how="left")
    other = ~own & own.any().over("need", "gas", "edition") & pl.col("sector_list").is_not_null()
    rule = pl.format("; SECTOR {} is not of {}, by which the edition tells figures", "sector", "sector_list")
    return pairs.with_columns(
        (fits & pl.col("factor_id").is_not_null()).alias("usable"),
        pl.when(own).then(0).otherwise(1).alias("sector_rank"),
        pl.when(other).then(rule).otherwise(pl.lit("")).alias("sector_rule"),
    )


def _rank_regions(pairs: pl.DataFrame, rules: LookupRules) -> pl.DataFrame:
    known = [region for region in pairs["own_region"].unique().to_list() if region]
    ranks = pl.DataFrame(
        [(own, region, rank) for own in known for rank, region in enumerate(chain(own))],
        schema={"own_region": pl.String, "region": pl.String, "region_rank": pl.Int64},
        orient="row",
    )
    pairs = pairs.join(ranks, on=["own_region", "region"], how="left")
    unknown = pl.col("own_region").is_null()
    single = unknown & ((pl.col("region") == "world") | (pl.col("regions") == 1))
    coarser = (pl.col("fineness") < pl.col("finest")) & (pl.col("region") != pl.col("own_region"))
    allowed = (pl.col("region_rank").is_not_null() & (~coarser | rules.region_fallback)) | single
    rule = (
        pl.when(unknown)
        .then(pl.format("place has no region; the edition has one: {}", pl.col("region")))
        .when(pl.col("region") == pl.col("own_region"))
        .then(pl.format("region {}", pl.col("region")))
        .when(coarser)
        .then(pl.format("FALLBACK from {} to {}", pl.col("own_region"), pl.col("region")))
        .otherwise(pl.format("region {} holds for {}", pl.col("region"), pl.col("own_region")))
    )
    return pairs.with_columns(
        (pl.col("usable") & allowed.fill_null(False)).alias("usable"),
        pl.col("region_rank").fill_null(99),
        rule.alias("region_rule"),
    )


def _rank_years(pairs: pl.DataFrame, rules: LookupRules) -> pl.DataFrame:
    year, start, end = pl.col("year"), pl.col("valid_from"), pl.col("valid_to")
    before = (start - year).clip(lower_bound=0).fill_null(0)
    after = (year - end).clip(lower_bound=0).fill_null(0)
    gap = before + after
    allowed = {"exact": gap == 0, "latest": before == 0, "nearest": pl.lit(True)}[rules.year_rule]
    stated = pl.format("{}-{}", pl.col("valid_from").cast(pl.String).fill_null("…"), end.cast(pl.String).fill_null("…"))
    rule = (
        pl.when(gap == 0)
        .then(pl.format("valid {}", stated))
        .otherwise(pl.format("YEAR {} uses the factor valid {}", year, stated))
    )
    return pairs.with_columns(
        (pl.col("usable") & allowed).alias("usable"), gap.alias("year_gap"), rule.alias("year_rule")
    )


def _complain(needs: pl.DataFrame, best: pl.DataFrame, factors: pl.DataFrame) -> None:
    problems = Problems()
    missing = needs.join(best.select("need").unique(), on="need", how="anti").sort("need")
    for row in missing.head(50).iter_rows(named=True):
        of_activity = factors.filter(pl.col("activity") == row["activity"])
        if row["own_region"] is None and of_activity["region"].n_unique() > 1:
            # Without a region no factor of a regional edition can fit, so the region is what to mend.
            place = _place_of(row)
            problems.add("place_without_region", Where(place.file, None, place.rows, "place"), row["place"])
            continue
        regions = ", ".join(of_activity["region"].unique().sort().head(8).to_list())
        spans = of_activity.select(
            pl.format(
                "{}-{}",
                pl.col("valid_from").cast(pl.String).fill_null("…"),
                pl.col("valid_to").cast(pl.String).fill_null("…"),
            )
            .unique()
            .sort()
        )
        years = ", ".join(spans.to_series().head(6).to_list())
        if not of_activity.height:
            # An unknown activity is mended by a known one, not by another region or year.
            regions = ", ".join(factors["activity"].unique().sort().head(12).to_list())
        problems.add(
            "factor_missing",
            _place_of(row),
            f"{row['activity']}, {row['place']}, {row['time']}",
            activity=row["activity"],
            region=row["own_region"] or row["place"],
            year=row["year"],
            editions=_editions(factors),
            available=f"{regions or '—'}; {years or '—'}",
        )
    for (need, gas), group in _several(best).group_by(["need", "shown"], maintain_order=True):
        row = needs.row(int(str(need)), named=True)
        problems.add(
            "factor_ambiguous",
            _place_of(row),
            ", ".join(group["factor_id"].sort().to_list()),
            activity=f"{row['activity']} ({gas})" if gas else row["activity"],
            region=row["own_region"] or row["place"],
            year=row["year"],
            editions=_editions(group),
        )
    problems.raise_all()


def _several(best: pl.DataFrame) -> pl.DataFrame:
    """Rows of needs that have two factors for one gas, or CO2e beside a gas that it already holds."""
    twice = best.filter(pl.len().over("need", "gas") > 1).with_columns(pl.col("gas").alias("shown"))
    counted = best.filter((pl.col("gas") != BIOGENIC) & pl.col("gas").is_not_null())
    whole = pl.col("gas") == EQUIVALENT
    both = counted.filter(whole.any().over("need") & (~whole).any().over("need"))
    gases = pl.col("gas").unique().sort().str.join(", ").over("need").alias("shown")
    return pl.concat([twice, both.with_columns(gases)]).sort("need", "shown")


def _place_of(row: dict[str, object]) -> Where:
    return Where.of(row, "activity")


def _editions(factors: pl.DataFrame) -> str:
    return ", ".join(factors["edition"].drop_nulls().unique().sort().to_list()) or "the given table"
