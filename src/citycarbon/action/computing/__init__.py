"""Data-centre efficiency, cooling and placement will live here; nothing yet."""
