"""Regions and which contains which: province, power grid of each system, country, world.

Comes in: a region code or a Chinese or English name. Goes out: its code, the chain of regions that hold for it, and the tree of
regions that keeps a province from its country where nobody states a tree of places. Not for: places of a study, which have a
region each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Where
from citycarbon.data.library import shipped_rows
from citycarbon.data.spelling import simple


@cache
def _spellings() -> dict[str, str]:
    names: dict[str, str] = {}
    for row in shipped_rows("library/regions.csv").iter_rows(named=True):
        if row["system"]:
            names[simple(row["region"])] = row["region"]
            continue
        for spelling in (row["region"], row["name_zh"], row["name_en"], *(row["aliases"] or "").split(";")):
            if spelling:
                names.setdefault(simple(spelling), row["region"])
    return names


@cache
def region_rows() -> dict[str, dict[str, str | None]]:
    """Give code to row (names, level, parent, system)."""
    return {row["region"]: row for row in shipped_rows("library/regions.csv").iter_rows(named=True)}


def region_code(name: str) -> str | None:
    """Give the code of a region written as code, Chinese name, English name or administrative number, or None."""
    return _spellings().get(simple(name))


def require_region(name: str, where: Where | None = None) -> str:
    """Give the code of a region or raise.

    Raises
    ------
    CoverageError
        If nothing is known under this name.
    """
    code = region_code(name)
    if code is None:
        raise InputError("region_unknown", where, name)
    return code


@cache
def chain(region: str) -> tuple[str, ...]:
    """Give the regions that hold for a region, nearest first: itself, its parents, their grids, country, world."""
    rows = region_rows()
    found: list[str] = []
    step: str | None = region
    while step:
        found.append(step)
        found += [grid for grid in _grids().get(step, ()) if grid not in found]
        step = rows[step]["parent"] if step in rows else None
    head = [code for code in found if code not in ("CN", "GB", "world")]
    return (*head, *[code for code in found if code not in head])


@cache
def _grids() -> dict[str, tuple[str, ...]]:
    members: dict[str, tuple[str, ...]] = {}
    for _, region, member in shipped_rows("library/region_members.csv").iter_rows():
        members[member] = (*members.get(member, ()), region)
    return members


@dataclass(frozen=True)
class RegionTree(CodeList):
    """Regions by any of their names among other places: 中国 contains 江苏 and Jiangsu, and of d1 it knows nothing."""

    def __contains__(self, code: str) -> bool:
        return True

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Give the codes of the regions that contain a place, nearest first; none for a place that is no region."""
        known = region_code(code)
        return chain(known)[1:] if known is not None else ()

    def nested(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """Find pairs of names of which the first is a region that contains the second."""
        known = {name: code for name in sorted(set(codes)) if (code := region_code(name)) is not None}
        named: dict[str, list[str]] = {}
        for name, code in known.items():
            named.setdefault(code, []).append(name)
        return [(up, name) for name in known for code in self.ancestors(name) for up in named.get(code, ())]


REGIONS = RegionTree("regions", {})
"""Code list of places for tables to which nobody gives one."""


def fineness(region: str) -> int:
    """Rank regions: 3 city or province, 2 grid or group of provinces, 1 country, 0 world."""
    row = region_rows().get(region)
    if row is None:
        return 3
    if row["system"]:
        return 2
    return {"world": 0, "country": 1}.get(str(row["level"]), 3)
