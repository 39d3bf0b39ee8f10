"""Units of this field: an own list of names, read from text and converted; nothing of a general registry is known.

Comes in: unit texts such as ``万吨``, ``亿kWh``, ``kgce/kg``, ``kg/(m^2*a)``. Goes out: conversion factors as floats.
Units are checked and converted once, at a table's edge; inner loops see plain numbers. Not for: the mass of one gas as
CO2 equivalent, which is a metric (:mod:`citycarbon.core.warming`) and not a unit.
"""

from citycarbon.core.units.carriers import CARRIERS, carrier_conversion, two_readings
from citycarbon.core.units.converting import (
    conversion,
    product_conversion,
    product_unit,
    quotient,
    same_dimension,
    split_factor_unit,
)
from citycarbon.core.units.gases import gas_clashes, gas_of
from citycarbon.core.units.names import TCE_IN_GJ
from citycarbon.core.units.reading import normalise, parse, registry

__all__ = [
    "CARRIERS",
    "TCE_IN_GJ",
    "carrier_conversion",
    "conversion",
    "gas_clashes",
    "gas_of",
    "normalise",
    "parse",
    "product_conversion",
    "product_unit",
    "quotient",
    "registry",
    "same_dimension",
    "split_factor_unit",
    "two_readings",
]
