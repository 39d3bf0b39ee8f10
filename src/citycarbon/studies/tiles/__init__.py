"""Maps as vector tiles and features: shapes kept with a result, values chosen by year and sector."""
