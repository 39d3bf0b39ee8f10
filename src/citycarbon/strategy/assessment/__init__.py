"""Indicators, grading and city classification will live here; nothing yet."""
