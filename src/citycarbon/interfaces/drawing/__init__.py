"""What pages and reports draw alike: the data behind a page, charts, words and colours; no face of its own."""
