"""Consumption footprints by input-output tables and life cycles will live here; nothing yet."""
