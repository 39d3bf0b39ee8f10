"""Geometry from files: vector layers, and the datum in which their degrees stand.

Comes in: paths and what the study states about a layer. Goes out: layers in a known coordinate system. Not for: analysis, which
is :mod:`citycarbon.inventory.space`.
"""

from __future__ import annotations

from citycarbon.data.layers.vector import VECTOR, Layer, in_metres, read_layer, repaired, same_system

__all__ = ["VECTOR", "Layer", "in_metres", "read_layer", "repaired", "same_system"]
