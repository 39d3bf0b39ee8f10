"""Industrial processes, product use, fluorinated gases and fugitive emissions: what is emitted without burning for heat."""

from citycarbon.inventory.accounting.industry.clinker_chemistry import clinker_chemistry
from citycarbon.inventory.accounting.industry.coal_fugitive import coal_fugitive
from citycarbon.inventory.accounting.industry.electrical_equipment import electrical_equipment
from citycarbon.inventory.accounting.industry.oil_gas_fugitive import oil_gas_fugitive
from citycarbon.inventory.accounting.industry.process import process
from citycarbon.inventory.accounting.industry.product_use import product_use
from citycarbon.inventory.accounting.industry.steel_process import steel_process

METHODS = (
    process,
    clinker_chemistry,
    steel_process,
    product_use,
    electrical_equipment,
    coal_fugitive,
    oil_gas_fugitive,
)
