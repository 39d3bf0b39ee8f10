"""Why the carbon changed: identities, decomposition without residual, regression of drivers, decoupling, comparison of cities."""

from citycarbon.strategy.drivers.decoupling import decoupling
from citycarbon.strategy.drivers.kaya import ipat, kaya, land_use_kaya
from citycarbon.strategy.drivers.lmdi import lmdi
from citycarbon.strategy.drivers.place_comparison import compare_places
from citycarbon.strategy.drivers.stirpat import stirpat

METHODS = (kaya, ipat, land_use_kaya, lmdi, compare_places, stirpat, decoupling)
