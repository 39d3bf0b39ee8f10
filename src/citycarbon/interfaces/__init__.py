"""Four faces of one study result (command line, API, web, reports) and the command that assembles them."""
