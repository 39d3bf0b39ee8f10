"""Waste: landfills, biological treatment, incineration and wastewater; one module a method."""

from citycarbon.inventory.accounting.waste.biological_treatment import biological_treatment
from citycarbon.inventory.accounting.waste.incineration import incineration
from citycarbon.inventory.accounting.waste.landfill_decay import landfill_decay
from citycarbon.inventory.accounting.waste.landfill_mass_balance import landfill_mass_balance
from citycarbon.inventory.accounting.waste.wastewater import domestic_wastewater, industrial_wastewater

METHODS = (
    landfill_decay,
    landfill_mass_balance,
    biological_treatment,
    incineration,
    domestic_wastewater,
    industrial_wastewater,
)
