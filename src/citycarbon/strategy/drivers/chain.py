"""Identities as chains of levels: population > gdp > energy by sector > co2 by sector.

Comes in: the text of a chain. Goes out: its levels; each level divided by the one before it is one factor, so that the factors of
a chain always multiply to its last level. Not for: figures (``levels``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from citycarbon.core.errors import InputError, Where

DIMENSIONS = ("all", "group", "place", "sector", "activity")
_LEVEL = re.compile(r"^(?:(?P<name>[^:]+):)?\s*(?P<measure>.+?)(?:\s+by\s+(?P<by>[a-z]+(?:\s*\+\s*[a-z]+)*))?"
                    r"(?:\s+in\s+(?P<only>[^:>]+))?$")  # fmt: skip

KAYA = "population > gdp > energy > co2"
"""Kaya (1990), with the measures named as here."""
IPAT = "population > gdp > co2"
"""Ehrlich and Holdren (1971)."""


@dataclass(frozen=True)
class Level:
    """One level of a chain: a measure and the dimensions that it keeps; ``place`` unless ``all`` or ``group`` is named.

    ``sectors`` names those that it covers; all of them if empty.
    """

    measure: str
    over: str
    kept: tuple[str, ...]
    name: str
    sectors: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [*([self.over] if self.over != "place" else []), *self.kept]
        covered = f" in {'|'.join(self.sectors)}" if self.sectors else ""
        return self.measure + (f" by {'+'.join(words)}" if words else "") + covered


def parse_chain(text: str) -> list[list[Level]]:
    """Parse identities that are joined by ``;``, each a chain of levels that are joined by ``>``.

    Raises
    ------
    InputError
        If a level cannot be read, a dimension is not known, or a level leaves a dimension out that an earlier one kept.
    """
    chains = [[_level(part) for part in each.split(">")] for each in text.split(";") if each.strip()]
    if not chains or any(len(chain) < 2 for chain in chains):
        raise InputError("chain_wrong", Where(item="chain"), text)
    order = {"all": 0, "group": 1, "place": 2}
    for chain in chains:
        for above, below in pairwise(chain):
            if order[below.over] < order[above.over] or not set(above.kept) <= set(below.kept):
                raise InputError("chain_wrong", Where(item="chain"), f"{above} > {below}")
    if len({chain[0].over for chain in chains}) > 1:
        raise InputError("chain_wrong", Where(item="chain"), text)
    return [_named(chain) for chain in chains]


def _level(text: str) -> Level:
    found = _LEVEL.match(text.strip())
    words = [word.strip() for word in (found["by"] or "").split("+") if word.strip()] if found else []
    over = [word for word in words if word in ("all", "group", "place")]
    if found is None or any(word not in DIMENSIONS for word in words) or len(over) > 1 or len(set(words)) < len(words):
        raise InputError("chain_wrong", Where(item="chain"), text.strip())
    kept = tuple(name for name in ("sector", "activity") if name in words)
    sectors = tuple(word.strip() for word in (found["only"] or "").split("|") if word.strip())
    return Level(found["measure"].strip(), over[0] if over else "place", kept, (found["name"] or "").strip(), sectors)


def _named(chain: Sequence[Level]) -> list[Level]:
    """Name each factor: as stated, or level by level before it."""
    named, above = [], None
    for level in chain:
        name = level.name or (str(level) if above is None else f"{level} / {above}")
        named.append(replace(level, name=name))
        above = level
    return named
