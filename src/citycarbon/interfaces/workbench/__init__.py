"""What the pages and the API share: people, access, jobs, the log, settings and protection; no face of its own."""
