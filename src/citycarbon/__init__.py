"""citycarbon: a city knows its carbon, decides a strategy and acts on it.

The package is a house of layers (see ``docs/architecture.md``): ``core`` holds the tables and rules, ``data`` reads and
writes, ``inventory``, ``monitoring``, ``strategy`` and ``action`` hold methods, ``studies`` joins them, ``interfaces``
shows the result. Importing this module loads none of them.
"""

__version__ = "0.1.0"
