"""Sinks, ecological indices and the security pattern will live here; nothing yet."""
