"""Collection routes, incentives and treatment choice will live here; nothing yet."""
