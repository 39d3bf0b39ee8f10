"""Trajectories, surveys and vehicle emissions will live here; nothing yet."""
