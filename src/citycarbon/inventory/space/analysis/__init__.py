"""Analysis of emissions in space: density, clusters, hot spots, and what of the form goes with them."""
