"""Amounts of places on the features of a layer, with nothing dropped on the way and nothing taken for nil unasked.

Comes in: a proxy table and the places that are wanted. Goes out: arrays in their order, NaN where there is no number. Not for:
emissions (:mod:`citycarbon.inventory.space.on_places`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.names import unknown
from citycarbon.data.library.elements import ProxyTable

Numbers = npt.NDArray[Any]
RESIDUALS = ("not_placed", "unexplained")
"""Places of what lies nowhere: not placed by shares, not explained by elements."""
_SHOWN = 8


def filled(numbers: pl.Series, absent: pl.Series, *, missing_is_zero: bool) -> Numbers:
    """Give numbers with NaN where there is none, and nil where there is no row if that is what it means.

    An empty cell or a notation key is never nil.
    """
    values = numbers.cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
    if missing_is_zero:
        values[absent.to_numpy()] = 0.0
    return values


def amounts_on(
    amounts: ProxyTable,
    names: pl.Series,
    where: str,
    table: str,
    *,
    missing_is_zero: bool = False,
    all_known: bool = True,
) -> dict[str, tuple[Numbers, str]]:
    """Give the amounts of each proxy at places, NaN where there is none, with their unit.

    Parameters
    ----------
    amounts
        Amounts by place.
    names
        Places in the order that is wanted.
    where
        Name of the layer or list of these places, for messages.
    table
        Name of the table, for messages.
    missing_is_zero
        Whether a place that a proxy does not list has none of it.
    all_known
        Whether amounts at other places are refused.

    Raises
    ------
    InputError
        If a proxy has several units or lists a place twice, or an amount stands at a place that is not there.
    """
    rows = checked_amounts(amounts, table)
    if all_known:
        refuse_unknown(rows["place"], names, where, table)
    base = pl.DataFrame({"place": names})
    found = {}
    for proxy in rows["proxy"].unique(maintain_order=True):
        mine = rows.filter(pl.col("proxy") == proxy)
        joined = base.join(mine, on="place", how="left", maintain_order="left")
        values = filled(joined["value"], joined["unit"].is_null(), missing_is_zero=missing_is_zero)
        found[str(proxy)] = (values, str(mine["unit"][0]))
    return found


def checked_amounts(amounts: ProxyTable, table: str) -> pl.DataFrame:
    """Give the rows of amounts after a look at units and at places that a proxy lists twice.

    Raises
    ------
    InputError
        ``unit_mixed``, ``row_duplicate``.
    """
    rows = amounts.to_polars()
    problems = Problems()
    twice = rows.filter(pl.struct("place", "proxy").is_duplicated() & ~pl.col("place").is_in(RESIDUALS))
    for place, proxy in twice.select("place", "proxy").unique(maintain_order=True).head(_SHOWN).iter_rows():
        problems.add("row_duplicate", Where(item=f"{table}: {place}, {proxy}"), place, key="place, proxy")
    units = rows.group_by("proxy", maintain_order=True).agg(pl.col("unit").unique().sort())
    for proxy, several in units.filter(pl.col("unit").list.len() > 1).iter_rows():
        problems.add("unit_mixed", Where(item=f"{table}: {proxy}", column="unit"), ", ".join(several))
    problems.raise_all()
    return rows


def refuse_empty(rows: pl.DataFrame, table: str) -> None:
    """Refuse places that a table lists without a number, where those that it does not list have none: unknown is not nil.

    Raises
    ------
    InputError
        ``places_missing``.
    """
    empty = rows.filter(pl.col("value").is_null() & ~pl.col("place").is_in(RESIDUALS))["place"]
    refuse_missing([(table, np.full(len(empty), np.nan))], empty, table)


def refuse_missing(values: Sequence[tuple[str, Numbers]], names: pl.Series, layer: str) -> None:
    """Refuse places without a number in any of several tables: a statistic of places would take them for nil.

    Parameters
    ----------
    values
        Name of the table or proxy, and its numbers in the order of the places.
    names
        Places.
    layer
        Name of their layer.

    Raises
    ------
    InputError
        ``places_missing``.
    """
    problems = Problems()
    for table, numbers in values:
        lacking = np.flatnonzero(~np.isfinite(numbers))
        if len(lacking):
            shown = ", ".join(str(names[int(row)]) for row in lacking[:_SHOWN])
            found = shown + (f" … ({len(lacking)})" if len(lacking) > _SHOWN else "")
            problems.add("places_missing", Where(item=layer), found, table=table)
    problems.raise_all()


def refuse_unknown(used: Iterable[str], names: pl.Series, layer: str, table: str) -> None:
    """Refuse places of a table that a layer has not; residual places are none.

    Raises
    ------
    InputError
        ``place_unknown``, each with the name in the layer that it most likely means.
    """
    problems = Problems()
    listed = [place for place in used if place not in RESIDUALS]
    problems.extend(unknown(listed, names.to_list(), Where(item=f"{table} → {layer}", column="place")))
    problems.raise_all()


def require_one(amounts: ProxyTable, table: str) -> str:
    """Give the one proxy of a table.

    Raises
    ------
    InputError
        If there are several, or none.
    """
    proxies = amounts.words("proxy")
    if len(proxies) != 1:
        raise InputError("proxy_several", Where(item=table), ", ".join(proxies) or "—")
    return proxies[0]
