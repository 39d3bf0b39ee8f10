"""The gas that a unit names: ``kgCO2e/t`` is a mass of CO2e, ``kgCH4/(head*a)`` a mass of methane.

Comes in: a unit text, and the gas of its row. Goes out: whether they contradict. A unit converts as if the gas were not there, so
that 28 kgCO2e of methane would be 28 kg of methane, and 74 tCO2/TJ of carbon 74 t of carbon. Not for: weighing one gas against
another, which is a metric (:mod:`citycarbon.core.warming`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from citycarbon.core.units.names import GASES
from citycarbon.core.units.reading import between_strokes, plain

_NAMED = re.compile(f"({'|'.join(sorted(GASES, key=len, reverse=True))})(?![A-Za-z0-9])")
_CARBON_DIOXIDE = ("CO2", "CO2e", "CO2-biogenic")
"""A tonne of carbon dioxide is a tonne of CO2e, and authors write the one for the other."""


@lru_cache(maxsize=4096)
def gas_of(unit: str) -> str:
    """Give the gas that a unit names above its first stroke; nothing if it names none.

    Examples
    --------
    >>> gas_of("kgCO2e/t"), gas_of("千克甲烷/头"), gas_of("t/tCO2"), gas_of("kg/kWh")
    ('CO2e', 'CH4', '', '')
    """
    head = between_strokes(re.sub(r"\s+per\s+", "/", plain(unit)))[0]
    found = _NAMED.search(head)
    return found.group().replace("CO2eq", "CO2e") if found else ""


def gas_clashes(gas: str, unit: str) -> bool:
    """Tell whether a unit names another gas than its row.

    Examples
    --------
    >>> gas_clashes("CH4", "kgCO2e/t"), gas_clashes("CO2e", "kgCO2/t"), gas_clashes("CH4", "kg/t")
    (True, False, False)
    """
    named = gas_of(unit)
    return bool(named) and named != gas and not (named in _CARBON_DIOXIDE and gas in _CARBON_DIOXIDE)
