"""Decomposition (Kaya, LMDI, STIRPAT, Tapio) will live here; nothing yet."""
