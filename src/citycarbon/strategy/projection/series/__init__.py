"""Where a series goes: grey, statistical and neural forecasts, held to origins that they have not seen."""
