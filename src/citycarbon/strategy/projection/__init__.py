"""Where the carbon goes: forecasts held to the past, stock models, and the peak as a distribution."""

from citycarbon.strategy.projection.elements.importance import element_importance, element_response
from citycarbon.strategy.projection.elements.prediction import element_check, element_prediction
from citycarbon.strategy.projection.elements.skill import element_skill
from citycarbon.strategy.projection.series.back_test import back_test
from citycarbon.strategy.projection.series.checks import series_check
from citycarbon.strategy.projection.series.forecast import forecast, forecast_outcomes, forecast_peak
from citycarbon.strategy.projection.series.grey import grey
from citycarbon.strategy.projection.stocks.calibrate import calibrate
from citycarbon.strategy.projection.stocks.from_inventory import inventory_lines, inventory_paths
from citycarbon.strategy.projection.stocks.project import project
from citycarbon.strategy.projection.stocks.saturation import ownership
from citycarbon.strategy.projection.stocks.sensitivity import sensitivity
from citycarbon.strategy.projection.stocks.simulate import simulate, simulate_outcomes, simulate_peak
from citycarbon.strategy.projection.stocks.stock_and_flow import stock_and_flow
from citycarbon.strategy.projection.stocks.turnover import turnover

METHODS = (
    grey,
    series_check,
    back_test,
    forecast,
    forecast_peak,
    forecast_outcomes,
    ownership,
    turnover,
    stock_and_flow,
    project,
    inventory_lines,
    inventory_paths,
    calibrate,
    simulate,
    simulate_peak,
    simulate_outcomes,
    sensitivity,
    element_skill,
    element_importance,
    element_response,
    element_prediction,
    element_check,
)
