"""Decide: drivers, projection, scenarios, targets, economy and assessment will live here; nothing yet."""
