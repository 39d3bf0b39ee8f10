"""Dispatch of generation, storage and flexible load will live here; nothing yet."""
