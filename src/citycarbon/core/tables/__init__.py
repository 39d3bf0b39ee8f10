"""The long tables: one row a fact, a frozen wrapper around the user's own frame."""

from citycarbon.core.tables.activity import ActivityTable
from citycarbon.core.tables.columns import OBSERVED
from citycarbon.core.tables.emission import MATCH, EmissionTable
from citycarbon.core.tables.factor import FactorTable
from citycarbon.core.tables.place import DenominatorTable, PlaceTable
from citycarbon.core.tables.table import Table

__all__ = [
    "MATCH",
    "OBSERVED",
    "ActivityTable",
    "DenominatorTable",
    "EmissionTable",
    "FactorTable",
    "PlaceTable",
    "Table",
]
