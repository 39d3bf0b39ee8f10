"""Drivers become activity data: peak-month meters, coal equivalents."""

from citycarbon.inventory.sectors.peak_month import peak_month
from citycarbon.inventory.sectors.standard_coal import standard_coal

METHODS = (peak_month, standard_coal)
