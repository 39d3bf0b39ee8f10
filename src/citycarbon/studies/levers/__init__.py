"""Levers: a projection of a study answered at once after a driver is changed."""
