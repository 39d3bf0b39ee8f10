"""The lines of an energy balance in one shape: codes settled, units made equal, and what each row really holds.

Comes in: a :class:`BalanceTable`, whatever spellings it has. Goes out: one line a place, year and fuel with a column for each
row of the balance, and the rows that stand for themselves (leaves). Not for: reading files
(``citycarbon.data.exchange.balances``) and not for judging the balance (:mod:`citycarbon.inventory.sectors.balance_check`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables.columns import PLACE, PROVENANCE, QUALITY, SD, TIME, UNIT
from citycarbon.core.units import conversion, parse, same_dimension
from citycarbon.data.exchange.balance_names import balance_columns, balance_rows, column_code, row_code

KEYS = ("place", "time", "activity")
SECTIONS = ("supply", "transformation", "losses", "final")


class BalanceTable(Table):
    """An energy balance in long form: what a row of the balance says about one fuel, with the balance's own signs."""

    holds_totals = True
    columns = (
        PLACE, TIME,
        Column("row", required=True, empty=False,
               meaning=("row of the balance: code or printed name", "平衡表行：代码或刊印名称")),
        Column("activity", required=True, empty=False, meaning=("fuel, electricity, heat or a total", "能源品种或合计列")),
        Column("value", "number", required=True, empty=False,
               meaning=("amount with the sign of the balance, in unit", "数量，按平衡表正负号，单位见 unit")),
        UNIT,
        SD,
        QUALITY, PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@dataclass(frozen=True)
class Lines:
    """A settled balance.

    Parameters
    ----------
    facts
        place, time, row, activity, value, unit, sd, quality, provenance_id: codes settled, one unit a fuel.
    stated
        One line a place, time and activity, ``unit``, and a column a row code with the figure as printed; null where blank.
    whole
        The same with each row as it stands or, where blank, the sum of its parts.
    """

    facts: pl.DataFrame
    stated: pl.DataFrame
    whole: pl.DataFrame

    def without(self, activities: Iterable[str]) -> Lines:
        """Leave out some columns."""
        kept = ~pl.col("activity").is_in(list(activities))
        return Lines(self.facts.filter(kept), self.stated.filter(kept), self.whole.filter(kept))


@cache
def row_codes() -> tuple[str, ...]:
    """Give all row codes in the order of the balance."""
    return tuple(balance_rows()["code"].to_list())


@cache
def parts_of(code: str, relation: str = "part") -> tuple[str, ...]:
    """Give the rows that add to a row (``part``), or that are contained in it (``of_which``)."""
    found = balance_rows().filter((pl.col("parent") == code) & (pl.col("relation") == relation))
    return tuple(found["code"].to_list())


@cache
def within(code: str) -> tuple[tuple[str, int], ...]:
    """Give a row and all rows that are parts of it, each with the number of steps down to it."""
    found = [(code, 0)]
    for part in parts_of(code):
        found += [(inner, steps + 1) for inner, steps in within(part)]
    return tuple(found)


@cache
def columns_of_kind(*kinds: str) -> tuple[str, ...]:
    """Give the columns that are fuels, carriers, totals or figures at equal value."""
    return tuple(balance_columns().filter(pl.col("kind").is_in(kinds))["code"].to_list())


def settled(balance: BalanceTable) -> Lines:
    """Turn names into codes and bring each fuel to one unit.

    Raises
    ------
    InputError
        Unknown rows and fuels, unknown units or units of two kinds for one fuel, doubled rows; all at once.
    """
    frame = balance.to_polars()
    problems = Problems()
    frame = _codes(frame, "row", {name: row_code(name) for name in frame["row"].unique().to_list()}, problems)
    names = {name: column_code(name) for name in frame["activity"].unique().to_list()}
    frame = _codes(frame, "activity", names, problems)
    problems.raise_all()
    frame = _one_unit(frame, problems)
    twice = frame.filter(pl.struct(*KEYS, "row").is_duplicated())
    for _, group in twice.group_by(*KEYS, "row", maintain_order=True):
        first = group.row(0, named=True)
        shown = ", ".join(str(first[name]) for name in (*KEYS, "row"))
        problems.add("row_duplicate", place_of(group), shown, key="place, time, row, activity")
    problems.raise_all()
    stated = _wide(frame)
    return Lines(frame, stated, _filled(stated))


def place_of(rows: pl.DataFrame, column: str | None = None) -> Where:
    """Give file and rows of some facts."""
    return Where.of(rows["provenance_id"].drop_nulls().head(5).to_list(), column)


def _codes(frame: pl.DataFrame, column: str, codes: dict[str, str | None], problems: Problems) -> pl.DataFrame:
    listed = balance_rows() if column == "row" else balance_columns()
    for name in sorted(name for name, code in codes.items() if code is None):
        known = ", ".join(listed["name_zh"].to_list())
        problems.add("value_not_listed", place_of(frame.filter(pl.col(column) == name), column), name, known=known)
    return frame.with_columns(pl.col(column).replace_strict(codes, return_dtype=pl.String, default=None))


def _one_unit(frame: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    """Convert each fuel to the unit of its first row; energy stands in GJ where rows are in coal equivalent."""
    pairs = frame.select("place", "time", "activity", "unit").unique(maintain_order=True)
    scales: list[tuple[str, str, str, str, str, float]] = []
    target: dict[tuple[str, str, str], str] = {}
    for place, time, activity, unit in pairs.iter_rows():
        try:
            parse(unit)
            wanted = target.setdefault((place, time, activity), unit)
            scales.append((place, time, activity, unit, wanted, conversion(unit, wanted)))
        except InputError as error:
            mine = frame.filter((pl.col("activity") == activity) & (pl.col("unit") == unit))
            for each in error.problems:
                problems.add(each.code, place_of(mine, "unit"), f"{unit} ({activity})", **dict(each.facts))
    problems.raise_all()
    names = ["place", "time", "activity", "unit", "wanted", "scale"]
    schema = dict.fromkeys(names[:5], pl.String) | {"scale": pl.Float64}
    table = pl.DataFrame(scales, schema=schema, orient="row")
    joined = frame.join(table, on=names[:4], how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("value") * pl.col("scale"), pl.col("sd") * pl.col("scale"), pl.col("wanted").alias("unit")
    ).drop("wanted", "scale")


def _wide(frame: pl.DataFrame) -> pl.DataFrame:
    """Put the rows of the balance side by side, all of the list, in its order."""
    made = frame.pivot(on="row", index=[*KEYS, "unit"], values="value", maintain_order=True)
    absent = [pl.lit(None, dtype=pl.Float64).alias(code) for code in row_codes() if code not in made.columns]
    return made.with_columns(absent).select(*KEYS, "unit", *row_codes())


def _filled(stated: pl.DataFrame) -> pl.DataFrame:
    """Fill a blank row with the sum of its parts (or, where it has none, of what it contains), from the bottom up."""
    whole = stated
    for code in reversed(row_codes()):
        parts = parts_of(code) or parts_of(code, "of_which")
        if parts and code != "final.industry":
            whole = whole.with_columns(pl.coalesce(pl.col(code), sum_of(parts)).alias(code))
    return whole


def sum_of(codes: Iterable[str]) -> pl.Expr:
    """Sum of rows; null where all of them are blank."""
    names = list(codes)
    known = pl.any_horizontal(pl.col(names).is_not_null())
    return pl.when(known).then(pl.sum_horizontal(pl.col(names).fill_null(0.0)))


def leaves(lines: Lines, section: str) -> pl.DataFrame:
    """Give the figures of a section that are not divided further: each unit of energy stands in one of them.

    Returns
    -------
    rows
        place, time, activity, row, unit, value; a row whose parts are stated is left out in their favour.
    """
    codes = [code for code in row_codes() if code.split(".")[0] == section]
    parts = {code: parts_of(code) for code in codes}
    found = []
    for code in (code for code in codes if code == section or code in _summed(section)):
        divided = (
            pl.any_horizontal([pl.col(part).is_not_null() for part in parts[code]]) if parts[code] else pl.lit(False)
        )
        whole = lines.whole.filter(pl.col(code).is_not_null() & ~divided)
        found.append(whole.select(*KEYS, pl.lit(code).alias("row"), "unit", pl.col(code).alias("value")))
    return pl.concat(found)


@cache
def _summed(section: str) -> frozenset[str]:
    """Rows of a section that are parts all the way up, so that none is contained in another."""
    found, new = set[str](), {section}
    while new:
        found |= new
        new = {part for code in new for part in parts_of(code)}
    return frozenset(found)


def energy_unit(unit: str) -> bool:
    """Tell whether a unit is one of energy (GJ, tce, kWh)."""
    return same_dimension(unit, "GJ")
