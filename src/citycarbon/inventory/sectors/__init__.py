"""Drivers become activity data: peak-month meters, coal equivalents, energy balances, vehicles, fuel sold."""

from citycarbon.inventory.sectors.balance_check import balance_check
from citycarbon.inventory.sectors.energy_balance import energy_balance
from citycarbon.inventory.sectors.fuel_sales import fuel_sales, transport_reconcile
from citycarbon.inventory.sectors.implied_energy import implied_energy
from citycarbon.inventory.sectors.peak_month import peak_month
from citycarbon.inventory.sectors.standard_coal import standard_coal
from citycarbon.inventory.sectors.vehicle_use import vehicle_use

METHODS = (
    peak_month,
    standard_coal,
    implied_energy,
    energy_balance,
    balance_check,
    vehicle_use,
    fuel_sales,
    transport_reconcile,
)
