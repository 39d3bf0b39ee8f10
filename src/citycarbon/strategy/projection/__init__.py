"""Where the carbon goes: forecasts held to the past, stock models, and the peak as a distribution."""

from citycarbon.strategy.projection.series.back_test import back_test
from citycarbon.strategy.projection.series.checks import series_check
from citycarbon.strategy.projection.series.forecast import forecast, forecast_outcomes, forecast_peak
from citycarbon.strategy.projection.series.grey import grey

METHODS = (grey, series_check, back_test, forecast, forecast_peak, forecast_outcomes)
