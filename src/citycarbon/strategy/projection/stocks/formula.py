"""Formulas of lines: products and quotients of drivers, with powers.

Comes in: the text of a formula. Goes out: drivers and their powers. Not for: sums; what adds is a line of its own.
"""

from __future__ import annotations

import re

from citycarbon.core.errors import InputError, Where

_FACTOR = re.compile(r"^\s*(?P<name>[^*/^\s](?:[^*/^]*?[^*/^\s])?)\s*(?:\^\s*(?P<power>-?\d+(?:\.\d+)?))?\s*$")


def parse_formula(text: str, where: Where | None = None) -> dict[str, float]:
    """Read a formula as drivers and powers.

    Examples
    --------
    >>> parse_formula("people * floor area / homes * price^-0.2")
    {'people': 1.0, 'floor area': 1.0, 'homes': -1.0, 'price': -0.2}

    Raises
    ------
    InputError
        If it cannot be read, or names a driver twice.
    """
    found: dict[str, float] = {}
    sign = 1.0
    for part in re.split(r"([*/])", text):
        if part in ("*", "/"):
            sign = 1.0 if part == "*" else -1.0
            continue
        match = _FACTOR.match(part)
        # A sum is written as two lines.
        if match is None or match["name"] in found or re.search(r"\s[+-]\s", match["name"]):
            raise InputError("formula_wrong", where or Where(column="formula"), text)
        found[match["name"]] = sign * float(match["power"] or 1.0)
    return found
