"""Which rows and columns of a plain file are wanted, and files with one column a measure."""
