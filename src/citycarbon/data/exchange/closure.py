"""Does the arithmetic of a record close: gases against the stated total, and what unit of the gases makes it close.

Comes in: records. Goes out: the same rows with ``gas_unit`` where exactly one unit closes, and how far the others miss.
Nothing is guessed: a row that closes in no unit, or in two that say different things, is left open.
Not for: changing figures.

A figure is taken to be right to one unit of its last printed digit (tools round or cut). A gas in CO2e that is a whole
multiple of its warming potential in kg was rounded to a whole kg of gas before it was multiplied, and is right to that much.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.warming import WarmingMetric
from citycarbon.data.exchange.records import GASES, RecordTable

KG_PER_T = 1000.0
SLACK = 1e-9
_SCALES = {"t CO2e": (1.0, False), "kg CO2e": (KG_PER_T, False), "t": (1.0, True), "kg": (KG_PER_T, True)}
"""Unit of the gas columns: how many of it make a tonne, and whether it is mass of the gas."""


def last_digit(column: str) -> pl.Expr:
    """Give one unit of the last digit of a number written as short as possible, at most 1; null for an empty cell."""
    text = pl.col(column).cast(pl.String).str.to_lowercase()
    decimals = text.str.extract(r"\.(\d+?)0*(?:e|$)").str.len_chars().fill_null(0).cast(pl.Int64)
    plain = text.str.contains(r"\.0+(?:e|$)") | ~text.str.contains(r"\.")
    power = text.str.extract(r"e([+-]?\d+)$").cast(pl.Int64).fill_null(0)
    step = 10.0 ** (power - pl.when(plain).then(0).otherwise(decimals)).cast(pl.Float64)
    return pl.when(pl.col(column).is_not_null()).then(pl.min_horizontal(pl.lit(1.0), step))


def gas_tonnes(gas: str, unit: str, metric: WarmingMetric) -> pl.Expr:
    """Give a gas column of that unit in t CO2e."""
    per_tonne, mass = _SCALES[unit]
    figure = pl.col(GASES[gas]) / per_tonne * (metric.factors[gas] if mass else 1.0)
    # 3383912 kg is 3383.912 t: binary noise behind the fifteenth digit, which is all that workbooks keep, is left out.
    return figure.round_sig_figs(15)


def gas_error(gas: str, unit: str, metric: WarmingMetric) -> pl.Expr:
    """Give by how much a gas may be off [t CO2e] through rounding; an empty cell is exact."""
    per_tonne, mass = _SCALES[unit]
    potential = metric.factors[gas]
    own = last_digit(GASES[gas]) / per_tonne * (potential if mass else 1.0)
    kilograms = pl.col(GASES[gas]) / per_tonne * KG_PER_T
    whole = (kilograms - kilograms.round()).abs() <= 1e-6
    multiple = whole & (kilograms.round().cast(pl.Int64) % int(potential) == 0) if potential % 1 == 0 else pl.lit(False)
    step = pl.when(multiple & pl.lit(not mass)).then(potential / KG_PER_T).otherwise(0.0)
    return pl.max_horizontal(own, step).fill_null(0.0)


def gas_sum(unit: str, metric: WarmingMetric) -> tuple[pl.Expr, pl.Expr]:
    """Give the sum of the gases of a row [t CO2e] in a unit, empty if no gas stands there, and its rounding error."""
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in GASES.values())
    total = pl.sum_horizontal(gas_tonnes(gas, unit, metric).fill_null(0.0) for gas in GASES)
    return pl.when(some).then(total), pl.sum_horizontal(gas_error(gas, unit, metric) for gas in GASES)


def closes(unit: str, metric: WarmingMetric) -> pl.Expr:
    """Tell whether the gases, read in a unit, add to the stated total within rounding; null if either is absent."""
    total, error = gas_sum(unit, metric)
    allowed = error + last_digit("emission_co2e") + SLACK * pl.col("emission_co2e").abs()
    return (total - pl.col("emission_co2e")).abs() <= allowed


def with_gas_unit(rows: pl.DataFrame, metric: WarmingMetric, stated: str | None = None) -> pl.DataFrame:
    """Fill ``gas_unit``, and ``gas_unit_reason``: sum closes, no gases, no total, open, two units, or stated.

    Parameters
    ----------
    rows
        Record rows with the gas columns and the stated total.
    metric
        Warming potentials that the file was made with.
    stated
        Unit that the caller states for rows whose arithmetic does not settle it.
    """
    fits = [closes(unit, metric).fill_null(False).alias(f"fits {unit}") for unit in _SCALES]
    sums = [gas_sum(unit, metric)[0].alias(f"sum {unit}") for unit in _SCALES]
    marked = rows.with_columns(*fits, *sums)
    first = pl.coalesce(pl.when(pl.col(f"fits {unit}")).then(pl.lit(unit)) for unit in _SCALES)
    nearest = pl.coalesce(pl.when(pl.col(f"fits {unit}")).then(pl.col(f"sum {unit}")) for unit in _SCALES)
    # CO2 in kg of gas and in kg CO2e is one statement; two sums that differ are two.
    same = pl.all_horizontal(
        ~pl.col(f"fits {unit}") | ((pl.col(f"sum {unit}") - nearest).abs() <= SLACK * nearest.abs()) for unit in _SCALES
    )
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in GASES.values())
    decided = first.is_not_null() & same.fill_null(True)
    reason = (
        pl.when(~some).then(pl.lit("no gases")).when(decided).then(pl.lit("sum closes"))
        .when(pl.lit(stated is not None)).then(pl.lit("stated"))
        .when(pl.col("emission_co2e").is_null()).then(pl.lit("no total"))
        .when(first.is_not_null()).then(pl.lit("two units")).otherwise(pl.lit("open"))
    )  # fmt: skip
    unit = pl.when(decided & some).then(first).when(some).then(pl.lit(stated, dtype=pl.String))
    return marked.with_columns(unit.alias("gas_unit"), reason.alias("gas_unit_reason")).drop(
        *[f"fits {unit}" for unit in _SCALES], *[f"sum {unit}" for unit in _SCALES]
    )


def unit_of_file(rows: pl.DataFrame, metric: WarmingMetric) -> pl.Series:
    """Give for each row the unit that all rows of its file settle whose sums close, null where they settle none or several.

    Parameters
    ----------
    rows
        Rows that :func:`with_gas_unit` has marked.
    metric
        Warming potentials that the file was made with.
    """
    file = pl.coalesce(pl.col("provenance_id").str.extract(r"^(.*):\d+$"), pl.col("place")).alias("file")
    closed = rows.filter((pl.col("gas_unit_reason") == "sum closes") & (pl.col("emission_co2e") != 0)).with_columns(
        file
    )
    fits = closed.group_by("file").agg(closes(unit, metric).fill_null(False).all().alias(unit) for unit in _SCALES)
    # Kilograms of gas and of CO2e are told apart by CH4 and N2O alone; a file of CO2 settles the kilogram.
    named = pl.coalesce(pl.when(pl.col(unit)).then(pl.lit(unit)) for unit in _SCALES)
    tonnes = pl.col("t CO2e") | pl.col("t")
    single = ~(tonnes & (pl.col("kg CO2e") | pl.col("kg")))
    known = fits.select("file", pl.when(single).then(named).alias("of_file"))
    return rows.select(file).join(known, on="file", how="left", maintain_order="left")["of_file"]


def in_tonnes(rows: pl.DataFrame, metric: WarmingMetric) -> pl.DataFrame:
    """Write the gas columns in t CO2e wherever their unit is settled; other rows stay as they are."""

    def tonnes(gas: str) -> pl.Expr:
        figure = pl.col(GASES[gas])
        for unit in _SCALES:
            figure = pl.when(pl.col("gas_unit") == unit).then(gas_tonnes(gas, unit, metric)).otherwise(figure)
        return figure.alias(GASES[gas])

    settled = pl.when(pl.col("gas_unit").is_not_null()).then(pl.lit("t CO2e")).alias("gas_unit")
    return rows.with_columns(*[tonnes(gas) for gas in GASES], settled)


def refuse_open_gases(records: RecordTable) -> None:
    """Refuse to write rows under a heading with a unit when nobody knows theirs.

    Raises
    ------
    InputError
        If a row has gases and no ``gas_unit``.
    """
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in GASES.values())
    rows = records.to_polars().filter(some & pl.col("gas_unit").is_null())
    if rows.height:
        first = rows.head(5)
        traces = first["provenance_id"].drop_nulls().to_list()
        named = [
            f"{number} {name or ''}".strip() for number, name in first.select("gpc_number", "fuel_or_activity").rows()
        ]
        where = Where.of(traces, "gas_unit")
        raise InputError("gas_unit_open", where, "; ".join(named))
