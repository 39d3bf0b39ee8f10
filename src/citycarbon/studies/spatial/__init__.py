"""Layers of a study: opened from files, grids and rasters, and written as files for maps."""
