"""Code lists of the field and the crosswalks between them, as data that a planner can read.

Comes in: the csv files of this folder. Goes out: a :class:`~citycarbon.core.dimensions.CodeList`, the rows of a list with
every column, or the rows of a crosswalk. Not for: applying a crosswalk to emissions (``inventory.accounting.regroup``).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.resources import files

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Where
from citycarbon.data.library import shipped_rows

RESIDUAL = "not_mapped"
"""Code of emissions for which a crosswalk knows no place; they stay in every total under this name."""
RESIDUAL_LABEL = ("Not in this list", "不在该清单中")


@cache
def classifications() -> pl.DataFrame:
    """Give the index of the lists: list, title_en, title_zh, source, quality, note."""
    return shipped_rows("classifications/lists.csv")


@cache
def crosswalks() -> pl.DataFrame:
    """Give the index of the crosswalks: from, to, source, quality, note."""
    return shipped_rows("classifications/crosswalks.csv")


@cache
def classification_rows(name: str) -> pl.DataFrame:
    """Give the rows of a list: code, parent, name_en, name_zh, note and the columns of that list.

    Raises
    ------
    InputError
        If no list has this name.
    """
    known = shipped_lists()
    if name not in known:
        raise InputError("classification_unknown", Where(item=name), name, known=", ".join(known))
    return shipped_rows(f"classifications/lists/{name}.csv")


@cache
def classification(name: str) -> CodeList:
    """Give a list as a tree of codes with labels, with a place for what no crosswalk maps.

    Raises
    ------
    InputError
        If no list has this name.
    """
    rows = classification_rows(name).select("code", "parent", "name_en", "name_zh").rows()
    parents = {code: parent for code, parent, _, _ in rows}
    labels = {code: (en, zh) for code, _, en, zh in rows}
    return CodeList(name, {**parents, RESIDUAL: None}, {**labels, RESIDUAL: RESIDUAL_LABEL})


@cache
def crosswalk_rows(origin: str, target: str) -> pl.DataFrame:
    """Give the rows of a shipped crosswalk: code, activity, scope, target, share, note.

    Raises
    ------
    InputError
        If there is no crosswalk between the two lists.
    """
    pairs = [name.replace("--", " → ") for name in _csv_names("crosswalks") if "--" in name]
    wanted = f"{origin} → {target}"
    if wanted not in pairs:
        raise InputError("crosswalk_unknown", Where(item=wanted), wanted, known=", ".join(pairs))
    rows = shipped_rows(f"classifications/crosswalks/{origin}--{target}.csv")
    return rows.with_columns(pl.col("share").cast(pl.Float64))


@cache
def unmapped_reasons(origin: str, target: str) -> dict[str, tuple[str, str]]:
    """Give the codes that a crosswalk leaves out on purpose, with the reason in English and Chinese."""
    rows = shipped_rows("classifications/crosswalks/unmapped.csv").filter(
        (pl.col("from") == origin) & (pl.col("to") == target)
    )
    return {code: (en, zh) for code, en, zh in rows.select("code", "reason_en", "reason_zh").iter_rows()}


def list_of(codes: Collection[str]) -> str | None:
    """Give the name of the shipped list that holds all of some codes; None if none does, or several do."""
    fitting = [name for name in shipped_lists() if all(code in classification(name) for code in codes)]
    return fitting[0] if len(fitting) == 1 else None


@cache
def shipped_lists() -> tuple[str, ...]:
    """Give the names of the lists that ship."""
    return _csv_names("lists")


def _csv_names(folder: str) -> tuple[str, ...]:
    place = files("citycarbon.data").joinpath("classifications", folder)
    return tuple(sorted(item.name.removesuffix(".csv") for item in place.iterdir() if item.name.endswith(".csv")))
