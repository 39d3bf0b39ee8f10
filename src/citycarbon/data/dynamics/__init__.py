"""System-dynamics models from files: Vensim and XMILE, translated by PySD and checked before they run.

Comes in: a ``.mdl`` or ``.xmile`` file. Goes out: a :class:`DynamicModel`. Not for: what its variables mean for emissions.
"""

from __future__ import annotations

from citycarbon.data.dynamics.model_file import SUFFIXES, DynamicModel, read_dynamic_model

__all__ = ["SUFFIXES", "DynamicModel", "read_dynamic_model"]
