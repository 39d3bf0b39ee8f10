"""Tables, dimensions, units, uncertainty, provenance, errors and the method record: free of files and of any domain.

Nothing here reads a disk or calls a table engine by name; tables are narwhals over the user's own frame.
"""
