"""Sharing out by proxies: allocation, aggregation, grids, downscaling, and how well proxies do."""
