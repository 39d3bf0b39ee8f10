"""Emissions of travel and freight from work done: passenger-kilometres and tonne-kilometres."""

from citycarbon.inventory.accounting.travel.transport_work import transport_work

METHODS = (transport_work,)
