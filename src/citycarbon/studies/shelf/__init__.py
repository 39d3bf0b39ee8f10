"""A shelf of studies and their results: found by name, opened lazily, asked for parts of tables."""

from citycarbon.studies.shelf.shelf import Entry, Shelf

__all__ = ["Entry", "Shelf"]
