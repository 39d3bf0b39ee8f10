"""The browser workbench will live here; nothing yet."""
