"""Dimensions and code lists: what may be summed, and inside which tree of codes.

Comes in: codes with parents. Goes out: checks that no parent is added to its child. Not for: the code lists themselves,
which are data (``citycarbon.data``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from citycarbon.core.errors import InputError, Problems, Where

SCOPE_RULES: dict[str, tuple[str, ...]] = {
    "territorial": ("1",),
    "scope_1_2": ("1", "2"),
    "scope_1_2_3": ("1", "2", "3"),
    "scope_1_2_3_sinks": ("1", "2", "3", "sink"),
    "community_boundary": ("1", "2", "3", "sink", "biogenic"),
}
"""Named rules by which scopes may be added; the GPC's rules by sector and scope come with the GPC code list."""

SCOPES = ("1", "2", "3", "sink", "biogenic")
BASES = ("all", "location", "market", "territorial", "consumption")
"""Alternatives of accounting; ``all`` marks rows that are the same under each alternative (fuel burnt on the spot)."""
NOTATION_KEYS = ("NO", "NE", "IE", "C")
FLOWS = ("emission", "removal")
DISTRIBUTIONS = ("normal", "lognormal", "uniform", "triangular", "discrete", "exact")


@dataclass(frozen=True)
class CodeList:
    """A named tree of codes (places, sectors): each code once, each with at most one parent.

    Parameters
    ----------
    name
        Name of the list, for example ``places`` or ``gpc``.
    parents
        Code to parent code; ``None`` marks a root.
    labels
        Code to (English, Chinese) label; codes without one are shown as they are.
    file
        File that the list was read from, for error messages.
    """

    name: str
    parents: Mapping[str, str | None]
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    file: str | None = None

    def __post_init__(self) -> None:
        problems = Problems()
        for code, parent in self.parents.items():
            if parent is not None and parent not in self.parents:
                problems.add("code_parent_unknown", Where(file=self.file, item=code), parent)
        problems.raise_all()
        for code in self.parents:
            seen = {code}
            step = self.parents[code]
            while step is not None:
                if step in seen:
                    # `step` stands on the cycle itself; `code` may only lead to it.
                    raise InputError("code_cycle", Where(file=self.file, item=step), step)
                seen.add(step)
                step = self.parents[step]

    def __contains__(self, code: str) -> bool:
        return code in self.parents

    @cached_property
    def known(self) -> str:
        """The codes as one line, for messages."""
        codes = list(self.parents)
        return ", ".join(codes[:12]) + (f" … ({len(codes)})" if len(codes) > 12 else "")

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Give the chain of parents of a code, nearest first."""
        chain: list[str] = []
        step = self.parents[code]
        while step is not None:
            chain.append(step)
            step = self.parents[step]
        return tuple(chain)

    def nested(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """Find pairs (parent, child) of which both are present; such codes must not be added."""
        present = set(codes)
        return [
            (up, code) for code in sorted(present & set(self.parents)) for up in self.ancestors(code) if up in present
        ]

    def label(self, code: str, lang: str = "en") -> str:
        """Give the label of a code in a language, or the code itself."""
        pair = self.labels.get(code)
        return code if pair is None else (pair[1] if lang == "zh" else pair[0]) or code


def one_list_each(listed: Iterable[Mapping[str, CodeList]]) -> dict[str, CodeList]:
    """Give the code lists of several tables by dimension; two that differ in their tree are refused.

    Raises
    ------
    DoubleCountError
        ``codes_differ``.
    """
    codes: dict[str, CodeList] = {}
    for dimension, each in (item for known in listed for item in known.items()):
        first = codes.setdefault(dimension, each)
        if dict(first.parents) != dict(each.parents):
            raise InputError(
                "codes_differ", Where(column=dimension), f"{first.known} | {each.known}", dimension=dimension
            )
    return codes


def nested_codes(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Find pairs of codes of which one says by its dots that it is a part of the other: 1.A and 1.A.2.

    For codes without a list; where there is one, its tree says what contains what.
    """
    present = set(codes)
    pairs = []
    for code in sorted(present):
        cuts = [place for place, mark in enumerate(code) if mark == "."]
        pairs += [(code[:cut], code) for cut in cuts if code[:cut] in present]
    return pairs


def nested_periods(periods: Iterable[str]) -> list[tuple[str, str]]:
    """Find pairs (longer period, period inside it) among ISO periods such as 2019 and 2019-07."""
    present = set(periods)
    pairs = []
    for period in sorted(present):
        pairs += [(period[:cut], period) for cut in (4, 7) if len(period) > cut and period[:cut] in present]
    return pairs
