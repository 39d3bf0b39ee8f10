"""Lifestyle and technology effects with rebound will live here; nothing yet."""
