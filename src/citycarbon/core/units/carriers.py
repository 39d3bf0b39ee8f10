"""Electricity and heat in coal or oil equivalent: two readings, of which only the one that the unit names is taken.

Comes in: a carrier and the unit of its amount. Goes out: a conversion, or the question which reading is meant. A kWh is 0.1229
kgce at calorific value (当量值) and some 0.3 kgce at equal value (等价值), which holds the coal it took to make; a table in tce
that does not say which may be 2.4 times too large. Tables in toe count power in both ways, too. Not for: fuels, whose coal
equivalent is their own heat, and printed balances, whose titles say which.
"""

from __future__ import annotations

import re

from citycarbon.core.errors import UnitError, Where
from citycarbon.core.units.converting import conversion, same_dimension
from citycarbon.core.units.reading import normalise

CARRIERS = ("electricity", "electricity_contracted", "heat")
"""Activities whose coal equivalent has two readings."""

_COAL = re.compile(r"(?<!\w)(tce|kgce|gce|ktce|Mtce|toe|kgoe|ktoe|Mtoe)(?!\w)")


def in_coal(unit: str) -> bool:
    """Tell whether a unit counts in coal or oil equivalent without saying by which reading."""
    return bool(_COAL.search(normalise(unit)))


def two_readings(activity: str, unit: str, target: str = "1") -> bool:
    """Tell whether an amount of a carrier would go from coal equivalent to another unit, or back, by a reading not stated.

    Examples
    --------
    >>> two_readings("electricity", "tce", "MWh"), two_readings("electricity", "tce_calorific", "MWh")
    (True, False)
    >>> two_readings("electricity", "tce", "万吨标准煤"), two_readings("raw_coal", "tce", "GJ")
    (False, False)
    """
    return activity in CARRIERS and in_coal(unit) != in_coal(target) and not _stated(unit, target)


def _stated(unit: str, target: str) -> bool:
    return "_calorific" in normalise(unit) + normalise(target)


def carrier_conversion(activity: str, unit: str, target: str, where: Where | None = None) -> float:
    """Give the factor by which an amount of an activity in ``unit`` is multiplied to be in ``target``.

    Raises
    ------
    UnitError
        If the units measure different things, or the amount is electricity or heat in coal equivalent of unstated reading.
    """
    if two_readings(activity, unit, target) and same_dimension(unit, target):
        raise UnitError("carrier_in_coal", where or Where(column="unit"), unit, activity=activity)
    return conversion(unit, target)
