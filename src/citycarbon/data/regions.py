"""Regions and which contains which: province, power grid of each system, country, world.

Comes in: a region code or a Chinese or English name. Goes out: its code and the chain of regions that hold for it.
Not for: places of a study, which have a region each.
"""

from __future__ import annotations

from functools import cache

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


def fineness(region: str) -> int:
    """Rank regions: 3 city or province, 2 grid or group of provinces, 1 country, 0 world."""
    row = region_rows().get(region)
    if row is None:
        return 3
    if row["system"]:
        return 2
    return {"world": 0, "country": 1}.get(str(row["level"]), 3)
