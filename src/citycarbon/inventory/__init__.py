"""Know: activity data become a greenhouse-gas account and reach land, sinks and footprints."""
