"""Activity data become emissions: one module a method, one shared multiplication."""

from citycarbon.inventory.accounting import agriculture, industry, perspectives, reported, review, travel
from citycarbon.inventory.accounting.building_life_cycle import building_life_cycle
from citycarbon.inventory.accounting.combustion import combustion
from citycarbon.inventory.accounting.community import community
from citycarbon.inventory.accounting.compare import compare
from citycarbon.inventory.accounting.electricity import electricity
from citycarbon.inventory.accounting.heat import heat
from citycarbon.inventory.accounting.intensity import intensity
from citycarbon.inventory.accounting.mass_balance import mass_balance
from citycarbon.inventory.accounting.printed import printed_ratios, printed_sums, reconcile, reconcile_totals
from citycarbon.inventory.accounting.refrigerant import refrigerant
from citycarbon.inventory.accounting.regroup import regroup
from citycarbon.inventory.accounting.reported.reported_emissions import reported_emissions
from citycarbon.inventory.accounting.reported.sector_fuel import sector_fuel_check, sector_fuel_emissions
from citycarbon.inventory.accounting.reported.time_series import time_series
from citycarbon.inventory.accounting.stack_monitor import stack_monitor
from citycarbon.inventory.accounting.waste import METHODS as WASTE_METHODS
from citycarbon.inventory.accounting.water import water

METHODS = (
    combustion,
    electricity,
    heat,
    mass_balance,
    stack_monitor,
    water,
    refrigerant,
    building_life_cycle,
    community,
    intensity,
    printed_sums,
    printed_ratios,
    reconcile,
    reconcile_totals,
    regroup,
    *perspectives.METHODS,
    sector_fuel_emissions,
    sector_fuel_check,
    *WASTE_METHODS,
    *industry.METHODS,
    *agriculture.METHODS,
    *review.METHODS,
    compare,
    reported_emissions,
    time_series,
    *reported.METHODS,
    *travel.METHODS,
)
