"""The same facts at other places: parcels, grids and classes, with totals kept."""

from citycarbon.inventory.space.shares import place_by_shares

METHODS = (place_by_shares,)
