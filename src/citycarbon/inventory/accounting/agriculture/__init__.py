"""Farming and land: animals, rice, soils, straw and the use of land, one module a method."""

from citycarbon.inventory.accounting.agriculture.land_conversion import land_conversion
from citycarbon.inventory.accounting.agriculture.land_use import land_use
from citycarbon.inventory.accounting.agriculture.livestock import livestock
from citycarbon.inventory.accounting.agriculture.managed_soils import managed_soils
from citycarbon.inventory.accounting.agriculture.residue_burning import residue_burning
from citycarbon.inventory.accounting.agriculture.rice_cultivation import rice_cultivation

METHODS = (livestock, rice_cultivation, managed_soils, residue_burning, land_use, land_conversion)
