"""Demand, pumps, leaks and aeration will live here; nothing yet."""
