"""What people do, as a table.

Comes in: facts with an amount. Goes out: the checked table. Not for: what they emit (``emission``).
"""

from __future__ import annotations

from citycarbon.core.tables.columns import (
    ACTIVITY,
    AMOUNT,
    PLACE,
    PROVENANCE,
    QUALITY,
    SCENARIO,
    SECTOR,
    TIME,
    UNCERTAINTY,
    UNIT,
)  # fmt: skip
from citycarbon.core.tables.table import Table


class ActivityTable(Table):
    """What people do: fuel burnt, electricity used, waste treated. One row is one fact; values are zero or more."""

    columns = (
        PLACE,
        TIME,
        SECTOR,
        ACTIVITY,
        SCENARIO,
        AMOUNT,
        UNIT,
        *UNCERTAINTY,
        QUALITY,
        PROVENANCE,
    )
    __slots__ = ()
