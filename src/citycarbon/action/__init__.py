"""Act: schedules and designs that someone carries out will live here; nothing yet."""
