"""Reading and writing, the factor library, code lists, regions and data sets: the only method-free room that touches disk."""
