"""What may be added: the one home of sums over rows of tables.

Comes in: rows of any table, in memory, and the columns that are kept apart. Goes out: the sums, or an error that names what
cannot be added. Not for: emission tables on lazy engines and their uncertainty (:mod:`citycarbon.core.totals`, which rests on
the checks here), and arrays of numeric work.

The rules are those of ``docs/tables.md``: scenario, basis and metric are alternatives and never add; gas only as CO2e; scopes
only by a rule; units only when there is one; never a period, place or sector with what is part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES, CodeList, nested_codes, nested_periods
from citycarbon.core.errors import Problems, Where

ALTERNATIVES = ("scenario", "basis", "metric")
"""Dimensions whose words exclude one another: never added."""
EXCLUSIVE = {"unit": "unit_mixed", "gas": "sum_gas", "scope": "sum_scope"}
"""Further columns of which a sum must have one word, and the code of the problem."""
NESTED = ("time", "place", "sector")
"""Dimensions in which one word may be a part of another."""
_EVERY = "all"
_SHOWN = 5


def number_sum(name: str = "value") -> pl.Expr:
    """Sum of the numbers of a group; empty where no row of it has a number, so that what is unknown never becomes nil."""
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)


def added(
    rows: pl.DataFrame,
    by: Sequence[str],
    *,
    codes: Mapping[str, CodeList] | None = None,
    values: Sequence[str] = ("value",),
    first: Sequence[str] = (),
    count: str | None = None,
    scopes: str | None = None,
    free: Sequence[str] = (),
) -> pl.DataFrame:
    """Sum numbers over every dimension that is not kept, if the rows are parts of one whole.

    Parameters
    ----------
    rows
        Rows of a table.
    by
        Columns that are kept; none for one sum.
    codes
        Code lists of place and sector, where known.
    values
        Columns that are added; a sum without any number is empty.
    first
        Columns of which the first text of a group is kept.
    count
        Name of a column with the number of rows, if wanted.
    scopes
        Rule by which scopes are added; rows of other scopes are left out.
    free
        Columns that the caller knows to be parts, such as gases that are counted and not added.

    Returns
    -------
    sums
        ``by``, ``values``, ``first`` and ``count``, in the order in which groups first stand.

    Raises
    ------
    DoubleCountError, UnitError
        If the rows of a group are not parts of one whole.

    Examples
    --------
    >>> rows = pl.DataFrame({"place": ["a", "a"], "time": ["2022", "2022-01"], "value": [3.0, 1.0]})
    >>> added(rows, ["place", "time"]).height
    2
    >>> try:
    ...     added(rows, ["place"])
    ... except InputError as error:
    ...     print(error.problems[0].code)
    sum_parent_child
    """
    if scopes is not None:
        rows = rows.filter(pl.col("scope").is_in(list(SCOPE_RULES[scopes])))
        free = (*free, "scope")
    check_parts(rows, by, codes=codes, free=free)
    made = [number_sum(name) for name in values] + [pl.col(name).drop_nulls().first() for name in first]
    made += [pl.len().cast(pl.Int64).alias(count)] if count else []
    return rows.group_by(list(by), maintain_order=True).agg(made) if by else rows.select(made)


def whole(
    rows: pl.DataFrame,
    name: str = "value",
    *,
    codes: Mapping[str, CodeList] | None = None,
    free: Sequence[str] = (),
) -> float:
    """Sum all rows, which must be parts of one whole; nil where there is none.

    Raises
    ------
    DoubleCountError, UnitError
        If they are not.
    """
    value = added(rows, [], codes=codes, values=[name], free=free)[name]
    return float(value[0] or 0.0) if len(value) else 0.0


def largest(rows: pl.DataFrame, kept: Sequence[str], *, free: Sequence[str] = ()) -> float:
    """Give the sum that is largest in size among those that are kept apart: years and alternatives have no sum of their own.

    Raises
    ------
    DoubleCountError, UnitError
        If the rows of a group are not parts of one whole.
    """
    known = added(rows, kept, free=free)["value"].drop_nulls()
    return float(known[int(known.abs().arg_max() or 0)]) if len(known) else 0.0


def check_parts(
    rows: pl.DataFrame,
    kept: Sequence[str] = (),
    *,
    codes: Mapping[str, CodeList] | None = None,
    free: Sequence[str] = (),
) -> None:
    """Refuse rows that agree in the kept columns and are not parts of one whole.

    Parameters
    ----------
    rows
        Rows that are about to be added, or joined, by the kept columns.
    kept
        Columns that tell the sums apart.
    codes
        Code lists of place and sector, where known.
    free
        Columns that need no check.

    Raises
    ------
    DoubleCountError, UnitError
        With everything that clashes.
    """
    problems = Problems()
    keys = [name for name in kept if name in rows.columns]
    for name in (*ALTERNATIVES, *EXCLUSIVE):
        if name in rows.columns and name not in keys and name not in free:
            shown = _several(rows, keys, name)
            if shown:
                clash(problems, name, shown)
    for name in NESTED:
        if name in rows.columns and name not in keys and name not in free:
            for pair in nested(rows, keys, name, (codes or {}).get(name))[:_SHOWN]:
                problems.add("sum_parent_child", Where(column=name), f"{pair[0]} ⊃ {pair[1]}", dimension=name)
    problems.raise_all()


def check_periods(rows: pl.DataFrame) -> None:
    """Refuse a table in which a year stands beside its months: they would be taken as times that follow one another.

    Raises
    ------
    DoubleCountError
        With the first such pairs.
    """
    problems = Problems()
    for pair in nested_periods(str(word) for word in rows["time"].unique().to_list())[:_SHOWN]:
        problems.add("sum_parent_child", Where(column="time"), f"{pair[0]} ⊃ {pair[1]}", dimension="time")
    problems.raise_all()


def yearly(rows: pl.DataFrame) -> pl.DataFrame:
    """Write the year of each row for its period, so that months and days add up to it.

    Raises
    ------
    DoubleCountError
        If a year stands beside its months: it would be counted twice.
    """
    check_periods(rows)
    return rows.with_columns(pl.col("time").cast(pl.String).str.slice(0, 4))


def clash(problems: Problems, name: str, shown: Iterable[str]) -> None:
    """Name words of a column that cannot be added to one another."""
    words, place = ", ".join(shown), Where(column=name)
    if name == "scope":
        problems.add("sum_scope", place, words, known=", ".join(SCOPE_RULES))
    elif name in EXCLUSIVE:
        problems.add(EXCLUSIVE[name], place, words)
    else:
        problems.add("sum_alternatives", place, words, dimension=name)


def _several(rows: pl.DataFrame, keys: list[str], name: str) -> list[str]:
    """Words of the first group that has more than one; ``all`` belongs to each basis and clashes with none."""
    words = pl.col(name).cast(pl.String)
    known = rows.filter(pl.col(name).is_not_null() & ((words != _EVERY) | pl.lit(name != "basis")))
    if known[name].n_unique() < 2:
        return []
    if not keys:
        return sorted(str(word) for word in known[name].unique().to_list())
    found = known.group_by(keys, maintain_order=True).agg(words.unique().sort()).filter(pl.col(name).list.len() > 1)
    return [str(word) for word in found[name][0]] if found.height else []


def nested(rows: pl.DataFrame, keys: Sequence[str], name: str, codes: CodeList | None) -> list[tuple[str, str]]:
    """Find words of one group of which one is a part of the other, by the calendar, a code list, or the dots of a code.

    Codes that only their dots tell apart from their parent must be of one place and time: two files of two districts may well
    be filed to different depths.
    """
    words = [str(word) for word in rows[name].unique().to_list() if word is not None]
    if name == "time":
        pairs = nested_periods(words)
    elif codes is not None:
        pairs = codes.nested(words)
    else:
        pairs = nested_codes(words) if name == "sector" else []
        keys = [*keys, *(each for each in ("place", "time") if each in rows.columns and each not in keys)]
    if not pairs or not keys:
        return pairs
    up, down = f"{name} above", f"{name} below"
    one = rows.select(*keys, pl.col(name).cast(pl.String)).unique(maintain_order=True)
    listed = pl.DataFrame(pairs, schema=[up, down], orient="row")
    children = one.join(listed, left_on=name, right_on=down, maintain_order="left_right")
    both = children.join(one, left_on=[*keys, up], right_on=[*keys, name], nulls_equal=True, maintain_order="left")
    return list(both.select(up, name).unique(maintain_order=True).iter_rows())
