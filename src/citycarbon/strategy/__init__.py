"""Decide: what drives emissions and where they go; scenarios, targets, economy and assessment will live here."""
