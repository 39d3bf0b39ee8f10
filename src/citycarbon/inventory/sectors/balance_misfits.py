"""What does not add up in an energy balance: the identity of each fuel, parts and their wholes, signs.

Comes in: settled lines. Goes out: frames of differences with the size that printed digits explain. Not for: words about them,
which :mod:`citycarbon.inventory.sectors.balance_check` and the errors of ``energy_balance`` have.
"""

from __future__ import annotations

import polars as pl

from citycarbon.data.exchange.balance_names import balance_rows
from citycarbon.inventory.sectors.balance_lines import KEYS, SECTIONS, Lines, parts_of, row_codes, sum_of

EXACT = 1e-9
"""Relative noise of sums of binary numbers."""
WHOLE_NUMBERS = 0.02
"""Largest relative difference that rounding may explain in a table of whole numbers, which may as well be exact."""
REINPUTS = ("transformation.refining.oil_reinput", "transformation.gas_making.coke_reinput")
CONTAINED = ("final.industry.non_energy", "final.industry.own_use", "losses.network")


def digits(lines: Lines) -> pl.DataFrame:
    """Give half a printed digit of each fuel, read from the figure of the table that has most decimals.

    A yearbook prints a whole table to one digit. A table of whole numbers may be rounded or may be exact.

    Returns
    -------
    digits
        place, time, activity, half [in the unit of the fuel], whole_numbers.
    """
    shown = pl.col("value").round(9).cast(pl.String)
    decimals = (
        pl.when(shown.str.contains("e-")).then(9).otherwise(shown.str.extract(r"\.(\d*[1-9])0*$").str.len_chars())
    )
    most = decimals.fill_null(0).max().over("place", "time")
    found = lines.facts.with_columns(most.alias("decimals")).unique(KEYS, maintain_order=True)
    half = 0.5 * pl.lit(10.0).pow(-pl.col("decimals").cast(pl.Float64))
    return found.select(*KEYS, half.alias("half"), (pl.col("decimals") == 0).alias("whole_numbers"))


def rounding(count: int | pl.Expr, size: pl.Expr) -> pl.Expr:
    """Give the difference that printed digits explain: half a digit for each figure, and little where it is but a guess."""
    full = pl.col("half") * count
    return pl.when("whole_numbers").then(pl.min_horizontal(full, WHOLE_NUMBERS * size)).otherwise(full)


def identities(lines: Lines, tolerance: float) -> pl.DataFrame:
    """Compute supply + transformation − losses − final consumption of each fuel and set it beside the stated difference.

    Parameters
    ----------
    lines
        Settled balance.
    tolerance
        [1] of the largest of the four sections.

    Returns
    -------
    identities
        place, time, activity, unit, supply, transformation, losses, final, computed, stated, expected, misfit, throughput,
        allowed, rounding, open (the misfit is larger than rounding and tolerance) and checkable: whether the table has
        supply and final consumption at all.
    """
    present = [pl.col(name).is_not_null().any().over("place", "time").alias(f"has_{name}") for name in SECTIONS]
    rows = lines.whole.with_columns(*present, pl.col("difference").alias("stated"))
    stated_sum = lines.stated["transformation"]
    again = sum_of(REINPUTS).fill_null(0.0)
    doubtful = rows.select(stated_sum.is_null() & _reinput_beside(lines)).to_series()
    zero = [pl.col(name).fill_null(0.0) for name in SECTIONS]
    rows = rows.with_columns(zero).with_columns(
        pl.when(doubtful).then(again).otherwise(0.0).alias("again"), pl.col("stated").fill_null(0.0).alias("expected")
    )
    computed = pl.col("supply") + pl.col("transformation") - pl.col("losses") - pl.col("final")
    rows = rows.with_columns(computed.alias("computed")).with_columns(
        # Editions differ on whether the row of refining contains what is fed back: the reading that closes is meant.
        pl.when((pl.col("computed") + pl.col("again") - pl.col("expected")).abs()
                < (pl.col("computed") - pl.col("expected")).abs())
        .then(pl.col("computed") + pl.col("again")).otherwise(pl.col("computed")).alias("computed"),
        pl.max_horizontal(pl.col(name).abs() for name in SECTIONS).alias("throughput"),
    )  # fmt: skip
    rows = rows.join(digits(lines), on=list(KEYS), maintain_order="left").with_columns(
        (pl.col("computed") - pl.col("expected")).alias("misfit"),
        rounding(_figures(), pl.col("throughput")).alias("rounding"),
        (pl.col("has_supply") & pl.col("has_final")).alias("checkable"),
    )
    allowed = pl.max_horizontal(pl.col("rounding"), tolerance * pl.col("throughput")).alias("allowed")
    rows = rows.with_columns(allowed)
    beyond = pl.col("misfit").abs() > pl.col("allowed") + EXACT * pl.col("throughput")
    names = ["computed", "stated", "expected", "misfit", "throughput", "allowed", "rounding", "checkable"]
    return rows.with_columns((beyond & pl.col("checkable")).alias("open")).select(
        *KEYS, "unit", *SECTIONS, *names, "open"
    )


def _figures() -> pl.Expr:
    """Count the printed figures of an identity."""
    return pl.sum_horizontal(pl.col(name).ne(0.0).cast(pl.Int64) for name in (*SECTIONS, "expected"))


def _reinput_beside(lines: Lines) -> pl.Series:
    """Tell where something fed back stands beside a stated row of refining or gas making."""
    pairs = [(code, code.rpartition(".")[0]) for code in REINPUTS]
    both = [pl.col(code).is_not_null() & pl.col(parent).is_not_null() for code, parent in pairs]
    return lines.stated.select(pl.any_horizontal(both)).to_series()


def parts(lines: Lines, tolerance: float) -> pl.DataFrame:
    """Set every stated row beside the sum of its stated parts.

    Returns
    -------
    parts
        place, time, activity, unit, row, value (sum), expected (stated), difference, allowed, rounding, open.
    """
    half = digits(lines)
    found = []
    for code in row_codes():
        named = list(parts_of(code))
        if not named:
            continue
        rows = lines.whole.filter(lines.stated[code].is_not_null()).with_columns(sum_of(named).alias("sum"))
        expected = pl.col(code)
        if code == "transformation":
            other = pl.col("sum") + sum_of(REINPUTS).fill_null(0.0)
            nearer = (other - expected).abs() < (pl.col("sum") - expected).abs()
            rows = rows.with_columns(pl.when(nearer).then(other).otherwise(pl.col("sum")).alias("sum"))
        size = pl.max_horizontal(pl.col(name).abs() for name in (code, *named))
        made = rows.filter(pl.col("sum").is_not_null()).join(half, on=list(KEYS), maintain_order="left")
        found.append(
            made.select(*KEYS, "unit", pl.lit(code).alias("row"), pl.col("sum").alias("value"),
                        expected.alias("expected"), (pl.col("sum") - expected).alias("difference"),
                        rounding(len(named) + 1, size).alias("rounding"), size.alias("size"))
        )  # fmt: skip
    frame = pl.concat(found).with_columns(
        pl.max_horizontal(pl.col("rounding"), tolerance * pl.col("size")).alias("allowed")
    )
    beyond = pl.col("difference").abs() > pl.col("allowed") + EXACT * pl.col("size")
    return frame.with_columns(beyond.alias("open")).drop("size")


def contained(lines: Lines) -> pl.DataFrame:
    """Give rows that say "of which" more than the row they are of: place, time, activity, unit, row, value, expected."""
    half = digits(lines)
    found = []
    for code in CONTAINED:
        rows = lines.stated.join(half, on=list(KEYS), maintain_order="left")
        parent = code.rpartition(".")[0]
        more = rows.filter(pl.col(code) > pl.col(parent).fill_null(0.0) + 2 * pl.col("half"))
        more = more.filter(pl.lit(True) if code != "losses.network" else pl.col(parent).is_not_null())
        found.append(
            more.select(*KEYS, "unit", pl.lit(code).alias("row"), pl.col(code).alias("value"),
                        pl.col(parent).fill_null(0.0).alias("expected"))
        )  # fmt: skip
    return pl.concat(found)


def wrong_signs(lines: Lines) -> pl.DataFrame:
    """Give facts whose sign the row forbids, and outputs of fuel from power and heat plants: the facts, and ``sign``."""
    signs = dict(balance_rows().select("code", "sign").iter_rows())
    facts = lines.facts.with_columns(pl.col("row").replace_strict(signs, return_dtype=pl.String).alias("sign"))
    negative = (pl.col("sign") == "+") & (pl.col("value") < 0)
    positive = (pl.col("sign") == "-") & (pl.col("value") > 0)
    plants = pl.col("row").is_in(["transformation.thermal_power", "transformation.heat"])
    made = plants & (pl.col("value") > 0) & ~_may_be_made()
    return facts.with_columns(pl.when(made).then(pl.lit("-")).otherwise(pl.col("sign")).alias("sign")).filter(
        negative | positive | made
    )


def _may_be_made() -> pl.Expr:
    """Power and heat plants give electricity and heat, and totals may be positive whatever is in them."""
    carriers = ("electricity", "heat", "electricity_equal_value", "heat_equal_value", "energy_total",
                "energy_total_equal_value")  # fmt: skip
    return pl.col("activity").is_in(carriers)
