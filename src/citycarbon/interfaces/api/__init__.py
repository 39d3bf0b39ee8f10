"""The HTTP interface will live here; nothing yet."""
