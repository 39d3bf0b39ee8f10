"""Geometry of sharing: what part of a polygon, line or point lies in which cell or polygon."""
