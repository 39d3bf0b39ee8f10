"""The same facts at other places: parcels, grids and classes, with totals kept."""

from citycarbon.inventory.space.shares import area_shares, place_by_shares

METHODS = (area_shares, place_by_shares)
