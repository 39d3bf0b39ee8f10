"""Scenarios and measures will live here; nothing yet."""
