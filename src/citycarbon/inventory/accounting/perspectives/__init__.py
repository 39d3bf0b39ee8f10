"""The account from several points of view: where it is emitted, with its supply chain, at its end uses."""

from citycarbon.inventory.accounting.perspectives.end_use import end_use
from citycarbon.inventory.accounting.perspectives.points_of_view import points_of_view

METHODS = (points_of_view, end_use)
