"""eCRF workbooks of the Common Reporting Framework: city and inventory, summary, records."""

from citycarbon.data.exchange.ecrf.reading import read_ecrf
from citycarbon.data.exchange.ecrf.writing import write_ecrf

__all__ = ["read_ecrf", "write_ecrf"]
