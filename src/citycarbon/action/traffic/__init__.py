"""Signals, lanes and routing with a real simulator will live here; nothing yet."""
