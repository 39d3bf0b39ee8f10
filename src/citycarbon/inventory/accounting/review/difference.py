"""Two inventories of one place, source by source: what of their difference is boundary, gas, metric, activity, method, factor.

Comes in: two sets of emission rows, and the activity amounts of each where they are known. Goes out: one row a source with both
values and the parts of the difference, which add to it. Not for: summing the parts, which the methods do.

A source is place, year, sector, scope, activity and gas; E = A · F · W: amount A, factor F = mass / A, warming potential W.
A change of all three is shared out symmetrically (Shapley): each gets the mean of its effect over every order of change, so
for two of them ΔE = ΔA · mean(F) + ΔF · mean(A), and nothing is left over.
"""

from __future__ import annotations

import narwhals as nw
import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.errors import InputError, Where
from citycarbon.core.sums import number_sum, yearly
from citycarbon.core.tables import OBSERVED, ActivityTable, EmissionTable
from citycarbon.core.warming import BIOGENIC, EQUIVALENT, methane_gas
from citycarbon.data.library import warming_metric
from citycarbon.inventory.accounting.review.account import TONNE, reviewed
from citycarbon.inventory.accounting.review.amounts import AMOUNT, activity_amounts, scale_of

PARTS = ("boundary", "gas", "metric", "activity", "factor", "method", "not_separable")
_BROAD = ("place", "time", "sector", "scope")
SOURCE = (*_BROAD, "activity", "gas")


def part_column(part: str) -> str:
    """Name of the column of a part."""
    return f"{part}_part"


def side_of(
    emissions: EmissionTable,
    activity: ActivityTable | None,
    *,
    metric: str | None,
    scopes: str,
    basis: str | None,
    scenario: str | None,
) -> pl.DataFrame:
    """Write one inventory out by source: mass, weight (warming potential), amount, methods, factors and metric.

    Raises
    ------
    DoubleCountError
        If the rows are not parts of one whole, or the amounts are of several scenarios and none is named.
    """
    # Asked for its refusals: here the rows are needed with what they rest on, which sums forget.
    reviewed(emissions, metric=metric, scopes=scopes, basis=basis, scenario=scenario)
    table = emissions if scenario is None else emissions.filter(scenario=scenario)
    table = table if basis is None else table.filter(basis=[basis, "all"])
    rows = yearly(table.filter(scope=SCOPE_RULES[scopes]).with_unit(TONNE).to_polars())
    rows = rows.filter(pl.col("value").is_not_null() & (pl.col("gas") != BIOGENIC))
    rows = _weighed(rows, metric)
    label = pl.when(pl.col("gas") == EQUIVALENT).then(pl.coalesce("metric", pl.lit(metric, dtype=pl.String)))
    words = [pl.col(name).drop_nulls().unique().sort().str.join(" + ").alias(name) for name in ("method", "factor_id")]
    made = (
        rows.with_columns(label.alias("metric"))
        .group_by(SOURCE, maintain_order=True)
        .agg(number_sum().alias("mass"), _weight().alias("weight"), pl.col("metric").drop_nulls().first(), *words)
    )
    made = made.with_columns(pl.lit(metric, dtype=pl.String).alias("used_metric"))
    return _with_amounts(made, activity, scenario)


def _weighed(rows: pl.DataFrame, metric: str | None) -> pl.DataFrame:
    """Add the warming potential of each gas, of methane by its origin; one without a metric, since then there is one gas only."""
    known = {} if metric is None else dict(warming_metric(metric).factors)
    key = methane_gas(nw.col("gas"), nw.col("methane_origin")).alias("listed")
    named = nw.from_native(rows).with_columns(key).to_native()
    gases = named["listed"].unique().sort().to_list()
    weights = {gas: 1.0 if metric is None or gas == EQUIVALENT else known[gas] for gas in gases}
    weight = pl.col("listed").replace_strict(weights, return_dtype=pl.Float64) if weights else pl.lit(None, pl.Float64)
    return named.with_columns(weight.alias("weight")).drop("listed")


def _weight() -> pl.Expr:
    """Potential of a source: methane of two origins has the mean by mass."""
    mass = number_sum()
    mean = (pl.col("value") * pl.col("weight")).sum() / mass
    return pl.when((pl.col("weight").n_unique() > 1) & (mass != 0)).then(mean).otherwise(pl.col("weight").first())


def _with_amounts(rows: pl.DataFrame, activity: ActivityTable | None, scenario: str | None) -> pl.DataFrame:
    if activity is None:
        nothing = [pl.lit(None, dtype=pl.Float64).alias("amount"), pl.lit(None, dtype=pl.String).alias("amount_unit")]
        return rows.with_columns(nothing)
    known = activity.words("scenario")
    if scenario is None and len(known) > 1:
        raise InputError("sum_alternatives", Where(column="scenario"), ", ".join(known), dimension="scenario")
    if scenario is not None and known != [OBSERVED]:
        # Amounts of other scenarios say nothing of this one; amounts without a scenario hold for all.
        activity = activity.filter(scenario=scenario)
    keys = [name for name in AMOUNT if name != "scenario"]
    return rows.join(activity_amounts(activity).drop("scenario"), on=keys, how="left")


def same_gas(first: pl.DataFrame, first_metric: str | None, second: pl.DataFrame, second_metric: str | None) -> None:
    """Refuse to set the mass of a gas beside another gas or CO2e: without a metric both sides need one and the same gas."""
    sides = ((first, first_metric), (second, second_metric))
    gases = sorted({gas for side, _ in sides for gas in side["gas"].to_list()})
    masses = [gas for side, metric in sides if metric is None for gas in side["gas"].to_list() if gas != EQUIVALENT]
    if len(gases) > 1 and masses:
        raise InputError("sum_gas", Where(column="gas"), ", ".join(gases))


def differences(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Set two sides beside one another and share out the difference of each source.

    Returns
    -------
    sources
        The columns of a source, ``first_value`` and ``second_value`` [t], and one column [t] for each of :data:`PARTS`
        (named by :func:`part_column`), which add to the difference.
    """
    first, second = _same_gases(first, second)
    kept = ["mass", "weight", "amount", "amount_unit", "method", "factor_id", "metric"]
    left, right = (
        side.select(*SOURCE, *[pl.col(name).alias(f"{label}_{name}") for name in kept])
        for label, side in (("first", first), ("second", second))
    )
    both = left.join(right, on=list(SOURCE), how="full", coalesce=True)
    both = _one_unit(both).with_columns(
        (pl.col(f"{label}_mass") * pl.col(f"{label}_weight")).fill_null(0.0).alias(f"{label}_value")
        for label in ("first", "second")
    )
    return _shared_out(_placed(both)).sort(SOURCE)


def _same_gases(first: pl.DataFrame, second: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where one side has only CO2e of a source and the other its gases, bring both to CO2e: their gases cannot be compared."""
    keys = [*_BROAD, "activity"]
    sets = [
        side.group_by(keys, maintain_order=True).agg(pl.col("gas").unique().sort().str.join("+").alias(label))
        for label, side in (("one", first), ("two", second))
    ]
    differ = sets[0].join(sets[1], on=keys).filter(pl.col("one") != pl.col("two"))
    mixed = (pl.col("one").str.split("+").list.contains(EQUIVALENT)) | (
        pl.col("two").str.split("+").list.contains(EQUIVALENT)
    )
    chosen = differ.filter(mixed).select(*keys, pl.lit(True).alias("brought"))

    def brought(side: pl.DataFrame) -> pl.DataFrame:
        rows = side.join(chosen, on=keys, how="left")
        plain = rows.filter(pl.col("brought").is_null()).drop("brought")
        found = rows.filter(pl.col("brought"))
        words = [
            pl.col(name).filter(pl.col(name) != "").unique().sort().str.join(" + ") for name in ("method", "factor_id")
        ]
        sums = found.group_by(keys, maintain_order=True).agg(
            (pl.col("mass") * pl.col("weight")).sum().alias("mass"),
            pl.coalesce("metric", "used_metric").drop_nulls().first().alias("metric"),
            pl.col("used_metric").first(), pl.col("amount").first(), pl.col("amount_unit").first(), *words,
        )  # fmt: skip
        sums = sums.with_columns(pl.lit(1.0).alias("weight"), pl.lit(EQUIVALENT).alias("gas"))
        return pl.concat([plain, sums.select(plain.columns)])

    return brought(first), brought(second)


def _one_unit(both: pl.DataFrame) -> pl.DataFrame:
    """Express the second amount in the first one's unit; amounts that do not meet count as not known."""
    units = ["first_amount_unit", "second_amount_unit"]
    pairs = both.select(units).unique().drop_nulls().sort(units).rows()
    scales = pl.DataFrame(
        [(one, two, scale_of(two, one)) for one, two in pairs],
        schema={units[0]: pl.String, units[1]: pl.String, "scale": pl.Float64},
        orient="row",
    )
    return both.join(scales, on=units, how="left").with_columns(pl.col("second_amount") * pl.col("scale")).drop("scale")


def _placed(both: pl.DataFrame) -> pl.DataFrame:
    """Tell sources that both sides have from those of one side only, and why the other lacks them."""
    here = [pl.col(f"{label}_mass").is_not_null().alias(label) for label in ("first", "second")]
    rows = both.with_columns(here)
    rows = rows.with_columns(
        (pl.col("first").any().over(_BROAD) & pl.col("second").any().over(_BROAD)).alias("sector_in_both"),
        (pl.col("first").any().over(*_BROAD, "activity") & pl.col("second").any().over(*_BROAD, "activity")).alias(
            "same"
        ),
    )
    lone_first = (pl.col("first") & ~pl.col("same")).any().over(_BROAD)
    lone_second = (pl.col("second") & ~pl.col("same")).any().over(_BROAD)
    place = (
        pl.when(pl.col("first") & pl.col("second")).then(pl.lit("both"))
        .when(~pl.col("sector_in_both")).then(pl.lit("boundary"))
        .when(pl.col("same")).then(pl.lit("gas"))
        # Each side has activities of this sector that the other lacks: one of them may be the other under another name.
        .when(lone_first & lone_second).then(pl.lit("not_separable"))
        .otherwise(pl.lit("boundary"))
    )  # fmt: skip
    return rows.with_columns(place.alias("where")).drop("first", "second", "sector_in_both", "same")


def _mean(one: tuple[pl.Expr, pl.Expr], two: tuple[pl.Expr, pl.Expr]) -> pl.Expr:
    """Mean product of two factors over the orders in which a third one may change first, between them, or last."""
    return (one[0] * two[0] + one[1] * two[1]) / 3 + (one[1] * two[0] + one[0] * two[1]) / 6


def _shared_out(rows: pl.DataFrame) -> pl.DataFrame:
    """Give each part of the difference its column."""
    amount, mass, weight = (
        (pl.col(f"first_{name}"), pl.col(f"second_{name}")) for name in ("amount", "mass", "weight")
    )
    zero = tuple((a == 0) & (m == 0) for a, m in zip(amount, mass, strict=True))
    plain = tuple(pl.when(a > 0).then(m / a) for a, m in zip(amount, mass, strict=True))
    # No amount and no emission: the factor is then the other side's, and the whole change is one of activity.
    factor = (
        pl.when(zero[0]).then(plain[1]).otherwise(plain[0]),
        pl.when(zero[1]).then(plain[0]).otherwise(plain[1]),
    )
    here = pl.col("where") == "both"
    known = here & factor[0].is_not_null() & factor[1].is_not_null()
    of_activity = (amount[1] - amount[0]) * _mean(factor, weight)
    of_factor = (factor[1] - factor[0]) * _mean(amount, weight)
    of_metric = (weight[1] - weight[0]) * pl.when(known).then(_mean(amount, factor)).otherwise((mass[0] + mass[1]) / 2)
    of_mass = (mass[1] - mass[0]) * (weight[0] + weight[1]) / 2
    methods = _differ("method")
    # One metric against another, both already in CO2e: the gases are not known, so the difference is of everything.
    blind = here & (pl.col("first_metric") != pl.col("second_metric")).fill_null(False)
    traced = here & ~known & ~methods & (pl.col("first_factor_id") == pl.col("second_factor_id")) & (
        pl.col("first_factor_id").fill_null("") != ""
    )  # fmt: skip
    difference = pl.col("second_value") - pl.col("first_value")
    nothing = here & ~known & ~traced & (mass[0] != mass[1])
    shares = {
        "boundary": pl.when(pl.col("where") == "boundary").then(difference),
        "gas": pl.when(pl.col("where") == "gas").then(difference),
        "metric": pl.when(here & ~blind).then(of_metric),
        "activity": pl.when(known & ~blind).then(of_activity).when(traced & ~blind).then(of_mass),
        "factor": pl.when(known & ~blind & ~methods).then(of_factor),
        "method": pl.when(known & ~blind & methods).then(of_factor),
        "not_separable": pl.when(blind | (pl.col("where") == "not_separable"))
        .then(difference)
        .when(nothing)
        .then(of_mass),
    }
    made = [share.fill_null(0.0).alias(part_column(name)) for name, share in shares.items()]
    return rows.with_columns(made).select(*SOURCE, "first_value", "second_value", *map(part_column, PARTS))


def _differ(name: str) -> pl.Expr:
    first, second = pl.col(f"first_{name}").fill_null(""), pl.col(f"second_{name}").fill_null("")
    return (first != "") & (second != "") & (first != second)
