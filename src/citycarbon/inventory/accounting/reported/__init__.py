"""Inventories that others reported: as an account, recomputed row by row, and in the totals of the GPC."""

from citycarbon.inventory.accounting.reported.gpc_totals import gpc_totals
from citycarbon.inventory.accounting.reported.recompute import recompute
from citycarbon.inventory.accounting.reported.reported_inventory import reported_inventory

METHODS = (reported_inventory, recompute, gpc_totals)
