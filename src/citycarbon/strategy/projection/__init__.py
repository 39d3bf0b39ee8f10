"""Forecasts, stock models and peak distributions will live here; nothing yet."""
