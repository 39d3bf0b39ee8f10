"""From energy activity to spatial activity to land-use element, and back to the inventory by calibration."""
