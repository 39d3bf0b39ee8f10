"""Two inventories of the workbench side by side: totals, sectors in a list that both know, and the reasons of the difference.

Comes in: two results and which year, scenario and basis of each. Goes out: plain values. Not for: the split itself, which is the
method ``inventory.accounting.compare``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.results import StudyResult
from citycarbon.core.sums import added, whole
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.data.classifications import classification
from citycarbon.inventory.accounting.compare import compare

OWN = "own"
"""The studies' own sectors, by their first part."""
CHOICE = ("time", "scenario", "basis")
_ALL = "all"


@dataclass(frozen=True)
class Side:
    """One inventory: its study, the version of its result, the result, and the year, scenario and basis that are meant."""

    study: str
    version: str
    result: StudyResult
    choice: Mapping[str, str]


def accounts_of(result: StudyResult) -> list[dict[str, str]]:
    """Give the accounts of a result, each a year, scenario and basis; the first scenario and the last year come first."""
    order = {name: rank for rank, name in enumerate(result.meta.get("scenarios", []))}
    whole = result.tables["totals"].filter((pl.col("view") == "whole") & pl.col("value").is_not_null())
    rows = [{name: str(row[name]) for name in CHOICE} for row in whole.select(CHOICE).unique().to_dicts()]
    rows.sort(key=lambda row: row["basis"])
    rows.sort(key=lambda row: row["time"], reverse=True)
    return sorted(rows, key=lambda row: order.get(row["scenario"], len(order)))


def side_of(study: str, version: str, result: StudyResult, asked: Mapping[str, str]) -> Side:
    """Complete a choice of year, scenario and basis.

    Raises
    ------
    InputError
        If the result has no such account.
    """
    known = accounts_of(result)
    fitting = [row for row in known if all(not asked.get(name) or row[name] == asked[name] for name in CHOICE)]
    if not fitting:
        problems = Problems()
        for name in CHOICE:
            words = list(dict.fromkeys(row[name] for row in known))
            if asked.get(name) and (asked[name] not in words or not known):
                problems.add("value_not_listed", Where(item=name), asked[name], known=", ".join(words) or "—")
        problems.raise_all()
        raise InputError("value_not_listed", Where(item=study), " · ".join(filter(None, asked.values())),
                         known="; ".join(" · ".join(row.values()) for row in known[:12]) or "—")  # fmt: skip
    return Side(study, version, result, fitting[0])


def comparison(first: Side, second: Side, *, listed: str = "") -> dict[str, Any]:
    """Set two inventories beside one another.

    Parameters
    ----------
    first, second
        The reference and the other inventory.
    listed
        Code list of the sectors; the first one that both have if left out.

    Returns
    -------
    comparison
        ``sides`` with total [t CO2e], people and rules; ``lists`` that both know; ``rows`` of the chosen list with both values
        [t CO2e]; ``notes`` on what differs in how they count; ``waterfall``, rows of the method's table, where the two share
        places, else empty.

    Raises
    ------
    InputError
        A list that one of them lacks.
    """
    lists = [name for name in _lists(first.result) if name in _lists(second.result)]
    chosen = listed or next(name for name in (*[each for each in lists if each != OWN], OWN) if name in lists)
    if chosen not in lists:
        raise InputError("value_not_listed", Where(item="list"), chosen, known=", ".join(lists))
    left, right = (_by_sector(side, chosen) for side in (first, second))
    joined = left.join(right, on="code", how="full", coalesce=True, suffix="_second")
    rows = joined.rename({"value": "first", "value_second": "second"}).sort(
        pl.max_horizontal(pl.col("first").abs(), pl.col("second").abs()), "code", descending=[True, False]
    )
    notes, steps = notes_of(first, second), []
    try:
        steps = waterfall(first, second)
    except InputError:
        # Each inventory was added up by its own rules; only their sources, side by side, cannot be told apart.
        notes.append("not_split")
    names = {**_names(first.result, chosen), **_names(second.result, chosen)}
    return {
        "sides": [_facts(first), _facts(second)], "lists": lists, "list": chosen,
        "rows": [{**row, "name": names.get(row["code"]) or _label(first, second, row["code"])} for row in rows.to_dicts()],
        "notes": notes, "waterfall": steps,
        "labels": {**dict(second.result.labels), **dict(first.result.labels)},
    }  # fmt: skip


def _lists(result: StudyResult) -> list[str]:
    views = result.tables["views"]["list"].unique().sort().to_list() if "views" in result.tables else []
    return [*[name for name in result.meta.get("views", []) if name in views], OWN]


def _mine(frame: pl.DataFrame, choice: Mapping[str, str]) -> pl.DataFrame:
    """Rows of an account; rows of basis ``all`` belong to every basis."""
    same = [pl.col(name) == choice[name] for name in ("time", "scenario")]
    return frame.filter(*same, pl.col("basis").is_in([choice["basis"], _ALL]))


def _by_sector(side: Side, listed: str) -> pl.DataFrame:
    """Sums by root code of a list [t CO2e]."""
    if listed == OWN:
        rows = _mine(side.result.tables["totals"].filter(pl.col("view") == "sector"), side.choice)
        coded = rows.select(pl.col("sector").str.split(".").list.first().alias("code"), "value")
    else:
        parents = side.result.tables["view_codes"].filter(pl.col("list") == listed)
        parent = dict(parents.select("code", "parent").iter_rows())
        rows = _mine(side.result.tables["views"].filter(pl.col("list") == listed), side.choice)
        roots = {code: _root(code, parent) for code in rows["code"].unique()}
        coded = rows.select(pl.col("code").replace_strict(roots, return_dtype=pl.String), "value")
    known = coded.filter(pl.col("value").is_not_null())
    return added(known, ["code"]).sort("code")


def _root(code: str, parent: Mapping[str, str | None]) -> str:
    seen: set[str] = set()
    while (above := parent.get(code)) and code not in seen:
        seen.add(code)
        code = above
    return code


def _names(result: StudyResult, listed: str) -> dict[str, list[str]]:
    if listed == OWN or "view_codes" not in result.tables:
        return {}
    rows = result.tables["view_codes"].filter(pl.col("list") == listed)
    return {code: [en, zh] for code, en, zh in rows.select("code", "name_en", "name_zh").iter_rows()}


def _label(first: Side, second: Side, code: str) -> list[str]:
    shipped = classification("city").labels
    return list(first.result.labels.get(code) or second.result.labels.get(code) or shipped.get(code) or (code, code))


def _facts(side: Side) -> dict[str, Any]:
    whole = _mine(side.result.tables["totals"].filter(pl.col("view") == "whole"), side.choice).row(0, named=True)
    return {
        "study": side.study, "title": dict(side.result.meta["title"]), "choice": dict(side.choice), "value": whole["value"],
        "sd": whole["sd"], "people": _people(side), "scopes": side.result.meta["scopes"], "gwp": side.result.meta["gwp"],
    }  # fmt: skip


def _people(side: Side) -> float | None:
    """People of all places that have emissions, where every one of them has a figure; else none."""
    if "denominators" not in side.result.tables:
        return None
    time = side.choice["time"][:4]
    rows = side.result.tables["denominators"].filter(pl.col("measure") == "population", pl.col("time") == time)
    places = _mine(side.result.tables["totals"].filter(pl.col("view") == "place"), side.choice)["place"]
    mine = rows.filter(pl.col("place").is_in(places.implode()))
    return whole(mine) if mine["place"].n_unique() == places.n_unique() and mine.height else None


def notes_of(first: Side, second: Side) -> list[str]:
    """Words for what makes the two not alike: another warming metric, another rule of scopes, other years or bases."""
    pairs = {
        "gwp": [side.result.meta["gwp"] for side in (first, second)],
        "scopes": [side.result.meta["scopes"] for side in (first, second)],
        **{name: [side.choice[name] for side in (first, second)] for name in ("time", "basis")},
    }
    found = [name for name, (one, two) in pairs.items() if one != two]
    return [*found, *([] if _common_places(first, second) else ["places"])]


def _common_places(first: Side, second: Side) -> bool:
    sets = [set(_mine(side.result.tables["emissions"], side.choice)["place"].unique()) for side in (first, second)]
    return bool(sets[0] & sets[1])


def waterfall(first: Side, second: Side) -> list[dict[str, Any]]:
    """Split the difference into its reasons, where both count the same places; other years count as one."""
    if not _common_places(first, second) or first.result.meta["scopes"] != second.result.meta["scopes"]:
        return []
    tables = [_tables(side, first.choice["time"], name) for side, name in ((first, "first"), (second, "second"))]
    made = compare(
        tables[0][0], tables[1][0], tables[0][1], tables[1][1], metric=str(first.result.meta["gwp"]),
        second_metric=str(second.result.meta["gwp"]), scopes=str(first.result.meta["scopes"]),
    )  # fmt: skip
    rows: list[dict[str, Any]] = made.to_polars().to_dicts()
    return rows


def _tables(side: Side, time: str, label: str) -> tuple[EmissionTable, ActivityTable | None]:
    """Emissions and amounts of an account, under one year and a scenario of its own."""
    named = [pl.lit(time).alias("time"), pl.lit(label).alias("scenario")]
    rows = _mine(side.result.tables["emissions"], side.choice).with_columns(*named, pl.lit(_ALL).alias("basis"))
    activity = side.result.tables["activity"]
    mine = activity.filter(
        pl.col("time") == side.choice["time"], pl.col("scenario").fill_null(_ALL).is_in([side.choice["scenario"], _ALL])
    )
    known = [column.name for column in ActivityTable.columns if column.name in mine.columns]
    amounts = ActivityTable(mine.select(known).with_columns(named)) if mine.height else None
    return EmissionTable(rows), amounts
