"""The computable general equilibrium model will live here; nothing yet."""
