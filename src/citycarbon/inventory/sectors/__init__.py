"""Drivers become activity data: peak-month meters, coal equivalents, energy balances, vehicles, fuel sold."""

from citycarbon.inventory.sectors.balance_check import balance_check
from citycarbon.inventory.sectors.energy_balance import energy_balance
from citycarbon.inventory.sectors.fuel_sales import fuel_sales, transport_reconcile
from citycarbon.inventory.sectors.implied_energy import implied_energy
from citycarbon.inventory.sectors.peak_month import peak_month
from citycarbon.inventory.sectors.spatial_elements.calibrate import calibrate, calibrated
from citycarbon.inventory.sectors.spatial_elements.intensities import element_activity, element_emissions
from citycarbon.inventory.sectors.spatial_elements.of_parcels import elements_of_parcels
from citycarbon.inventory.sectors.spatial_elements.variant import plan_variant
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
    elements_of_parcels,
    element_activity,
    element_emissions,
    calibrate,
    calibrated,
    plan_variant,
)
