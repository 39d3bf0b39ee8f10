"""Splitting a target between districts and sectors will live here; nothing yet."""
