"""The inventory of a study as one citable file: tables, sources, checks and what they mean, with check sums."""
