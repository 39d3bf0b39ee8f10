"""Readings and their quality, alerts, the tamper-evident ledger, accounts and credits will live here; nothing yet."""
