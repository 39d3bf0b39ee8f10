"""Stocks, ownership and sensitivity against the printed cases of the specification, section 7, and closed forms.

Sources: Weibull survival exp(-(age/12)^2.5) and sales of 1000, 1100 and 1200, computed for the specification; Gompertz and
logistic curves of the same section; Dargay, Gately and Sommer (2007) for the form; Ishigami and Homma (1990) with analytic
Sobol indices. Tolerances: half a unit of the last printed digit; Sobol indices to their own error at the sample that is used.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.dynamics import DynamicModel
from citycarbon.strategy.projection import (
    ownership,
    project,
    sensitivity,
    simulate,
    simulate_outcomes,
    simulate_peak,
    stock_and_flow,
    turnover,
)
from citycarbon.strategy.projection.stocks.model import models_of
from citycarbon.strategy.projection.stocks.saturation import CurveTable, gompertz, logistic
from citycarbon.strategy.projection.stocks.spreads import spreads_of
from citycarbon.strategy.projection.stocks.survival import survival
from citycarbon.strategy.projection.stocks.tables import CorrelationTable, LineTable, PathTable, SpreadTable
from citycarbon.strategy.projection.stocks.turnover import StockTable, VintageTable, cohorts_of


def paths(rows) -> PathTable:
    return PathTable(pl.DataFrame(rows, schema=["driver", "time", "value", "unit"], orient="row"))


def lines(*formulas: str, unit: str = "t") -> LineTable:
    rows = [(f"l{i}", "A", f"s{i}", "gas", "1", "CO2", f, unit) for i, f in enumerate(formulas)]
    names = ["line", "place", "sector", "activity", "scope", "gas", "formula", "unit"]
    return LineTable(pl.DataFrame(rows, schema=names, orient="row"))


def test_weibull_survival_and_a_fleet():
    left = survival("weibull", 12, 2.5, np.array([0.0, 5, 10, 15]))
    assert left == pytest.approx([1, 0.8940, 0.5305, 0.1743], abs=5e-5)
    assert 1000 * left[2] + 1100 * left[1] + 1200 * left[0] == pytest.approx(2713.8828, abs=5e-5)


def test_gompertz_and_logistic():
    made = gompertz(np.array([5.0, 10, 20, 30]), 500, -4.5, -0.15)
    assert made == pytest.approx([59.6777, 183.1897, 399.6409, 475.6192], abs=5e-5)
    assert logistic(np.array([10.0]), 400, 180, 0.12)[0] == pytest.approx(292.3707, abs=5e-5)


def test_ownership_follows_income_slowly():
    curve = {"driver": ["cars"], "form": ["gompertz"], "income": ["income"], "saturation": [500.0], "alpha": [-4.5],
             "beta": [-0.15], "initial": [100.0], "adjustment": [0.1], "unit": ["1"]}  # fmt: skip
    made = ownership(
        paths([("income", "2020", 20.0, "1")]), CurveTable(pl.DataFrame(curve)), start=2020, end=2022
    ).to_polars()
    target = 399.6409
    assert made["value"].to_list() == pytest.approx(
        [100, 100 + 0.1 * (target - 100), 100 + 0.19 * (target - 100)], abs=1e-3
    )


def test_turnover_keeps_the_balance_and_the_target():
    """S_t = S_{t-1} + N_t - D_t in every year, and what dies is what survival says."""
    made = turnover(
        paths([("floor", "2020", 100.0, "m2"), ("floor", "2040", 150.0, "m2"), ("floor", "2060", 120.0, "m2")]),
        StockTable(pl.DataFrame({"stock": ["floor"], "survival": ["weibull"], "life": [40.0], "shape": [3.0], "oldest": [1960.0],
                                 "past_growth": [0.02]})), start=2020, end=2060,
    ).to_polars()  # fmt: skip
    value = {name: part["value"].to_numpy() for (name,), part in made.group_by("driver", maintain_order=True)}
    stock, added, gone = value["floor"], value["floor added"], value["floor gone"]
    assert stock[1:] == pytest.approx(stock[:-1] + added[1:] - gone[1:], rel=1e-12)
    assert (gone >= -1e-12).all()
    assert stock[20] == pytest.approx(150)
    cohorts, new, dead = cohorts_of(np.full(3, 100.0), survival("fixed", 2, 0, np.arange(60.0)), 2000, 2020, 0.0)
    # With a life of exactly two years only the last three vintages are left, and a third goes each year.
    assert cohorts[:, 0][-5:].tolist() == pytest.approx([100 / 3, 100 / 3, 100 / 3, 0, 0])
    assert dead[1:].tolist() == pytest.approx([100 / 3, 100 / 3])
    assert new[1:].tolist() == pytest.approx([100 / 3, 100 / 3])


def test_attributes_average_over_vintages_and_retrofit():
    stocks = pl.DataFrame({"stock": ["floor"], "survival": ["fixed"], "life": [200.0], "oldest": [2019.0], "past_growth": [0.0],
                           "retrofit_rate": [0.5]})  # fmt: skip
    vintages = pl.DataFrame({"stock": "floor", "attribute": "heat", "vintage": [2000.0, 2021.0], "value": [100.0, 40.0],
                             "retrofitted": [60.0, None], "unit": "kWh/m2"})  # fmt: skip
    made = turnover(
        paths([("floor", "2020", 100.0, "m2"), ("floor", "2021", 150.0, "m2")]), StockTable(stocks), VintageTable(vintages),
        start=2020, end=2021,
    ).to_polars()  # fmt: skip
    heat = made.filter(pl.col("driver") == "heat")["value"].to_list()
    # 2021: 100 m2 of old stock, half of it retrofitted to 60, and 50 m2 of new.
    assert heat == pytest.approx([100, (50 * 100 + 50 * 60 + 50 * 40) / 150])


def test_lines_by_hand_with_units_and_powers():
    rows = [("people", "2020", 2e6, "person"), ("people", "2030", 2.2e6, "person"), ("use", "2020", 900.0, "kWh/person"),
            ("factor", "2020", 0.58, "kg/kWh"), ("price", "2020", 1.0, "1"), ("price", "2030", 1.21, "1")]  # fmt: skip
    made = project(
        paths(rows), lines("people * use * factor * price^-0.5", unit="kt"), start=2020, end=2030
    ).to_polars()
    assert made["value"].to_list()[0] == pytest.approx(2e6 * 900 * 0.58 / 1000)
    assert made["value"].to_list()[-1] == pytest.approx(2.2e6 * 900 * 0.58 / 1000 / 1.1)


def test_draws_without_spread_are_the_path_itself():
    rows = [("a", "2020", 5.0, "t"), ("a", "2030", 9.0, "t"), ("a", "2050", 3.0, "t"), ("b", "2020", 1.3, "1")]
    spread = SpreadTable(pl.DataFrame({"driver": ["a", "b"], "kind": ["level", "growth"], "sd": [0.0, 0.0]}))
    model = lines("a", "a * b")
    band = simulate(paths(rows), model, spread, start=2020, end=2050, draws=200, sectors=False).to_polars()
    for name in ("low", "lower", "upper", "high"):
        assert band[name].to_list() == band["value"].to_list()
    sure = (
        project(paths(rows), model, start=2020, end=2050)
        .to_polars()
        .group_by("time", maintain_order=True)
        .agg(pl.col("value").sum())
    )
    assert band["value"].to_list() == pytest.approx(sure["value"].to_list(), rel=1e-14)
    peak = simulate_peak(paths(rows), model, spread, start=2020, end=2050, draws=200).to_polars()
    assert peak.filter(pl.col("probability") == 1.0)["peak_time"].to_list() == ["2030"]


def test_a_growth_error_spreads_as_its_formula_says():
    """ln E(τ) has the standard deviation σ τ, and a level error its own: quantiles of a normal."""
    rows = [("a", "2020", 100.0, "t"), ("b", "2020", 1.0, "1")]
    spread = SpreadTable(pl.DataFrame({"driver": ["a", "b"], "kind": ["growth", "level"], "sd": [0.02, 0.1],
                                       "distribution": ["normal", "lognormal"]}))  # fmt: skip
    band = simulate(paths(rows), lines("a * b"), spread, start=2020, end=2030, draws=20_000, sectors=False).to_polars()
    sigma = np.sqrt(np.log1p(0.1**2))
    for year in (0, 10):
        width = 1.6449 * np.sqrt((0.02 * year) ** 2 + sigma**2)
        row = band.row(year, named=True)
        assert np.log(row["high"] / row["low"]) / 2 == pytest.approx(width, rel=0.02)


def test_correlated_errors_have_the_rank_correlation_that_was_asked_for():
    from scipy.stats import spearmanr

    rows = [("a", "2020", 100.0, "t"), ("b", "2020", 1.0, "1")]
    model = models_of(paths(rows), lines("a", "b * a"), 2020, 2021)[0]
    spread = SpreadTable(pl.DataFrame({"driver": ["a", "b"], "kind": "level", "sd": [0.1, 0.1]}))
    asked = CorrelationTable(pl.DataFrame({"first": ["a:level"], "second": ["b:level"], "correlation": [0.7]}))
    found = spreads_of(spread, model, asked)
    level, _ = found.draw(20_000, 1, "latin_hypercube")
    a, b = level[:, 0], level[:, 1] - level[:, 0]
    assert spearmanr(a, b).statistic == pytest.approx(0.7, abs=0.02)
    wrong = CorrelationTable(pl.DataFrame({"first": ["a:level"], "second": ["c:level"], "correlation": [0.7]}))
    with pytest.raises(InputError):
        spreads_of(spread, model, wrong)


def test_sobol_indices_of_a_product_of_lognormals():
    """For ln-normal levels the variance of a product is known: V_i = e^{σ_i²} − 1 over Π e^{σ²} − 1."""
    sds = np.array([0.3, 0.2, 0.1])
    rows = [("a", "2020", 100.0, "t"), ("b", "2020", 1.0, "1"), ("c", "2020", 1.0, "1")]
    spread = SpreadTable(
        pl.DataFrame({"driver": ["a", "b", "c"], "kind": "level", "sd": sds, "distribution": "lognormal"})
    )
    made = sensitivity(paths(rows), lines("a * b * c"), spread, start=2020, end=2021, samples=4096).to_polars()
    mine = made.filter(pl.col("outcome") == "sum").sort("parameter")
    whole = np.prod(1 + sds**2) - 1
    assert mine["first_order"].to_numpy() == pytest.approx(sds**2 / whole, abs=0.02)
    total = (1 - 1 / (1 + sds**2)) * np.prod(1 + sds**2) / whole
    assert mine["total_order"].to_numpy() == pytest.approx(total, abs=0.02)
    assert made.filter(pl.col("outcome") == "sum")["parameter"].to_list() == ["a:level", "b:level", "c:level"]


def test_chances_of_a_peak_never_fall_and_neutrality_is_found():
    rows = [("a", "2020", 80.0, "t"), ("a", "2030", 100.0, "t"), ("a", "2060", 20.0, "t"), ("sink", "2020", 30.0, "t")]
    sink = pl.DataFrame({"line": ["trees"], "place": ["A"], "sector": ["land"], "activity": ["trees"], "scope": ["sink"],
                         "gas": ["CO2"], "formula": ["sink"], "unit": ["t"]})  # fmt: skip
    model = LineTable(pl.concat([lines("a").to_polars(), LineTable(sink).to_polars()]))
    spread = SpreadTable(pl.DataFrame({"driver": ["a"], "kind": ["growth"], "sd": [0.01]}))
    peak = simulate_peak(paths(rows), model, spread, start=2020, end=2060, draws=4000).to_polars()
    assert peak["by_then"].is_sorted()
    assert peak["probability"].sum() == pytest.approx(1)
    said = simulate_outcomes(paths(rows), model, spread, start=2020, end=2060, draws=4000, by="2030, 2035").to_polars()
    value = dict(said.select("item", "value").iter_rows())
    assert value["peak_by_2030"] <= value["peak_by_2035"]
    # 100 falls by 8/3 a year after 2030; it meets the sink of 30 after 26.25 years, so from 2057 on the net is below zero.
    assert value["neutral_year"] == pytest.approx(2057, abs=1)
    assert "a growth" in said["note_en"][0]


@pytest.mark.parametrize(("change", "code"), [
    (lambda r: r[1:], "driver_missing"), (lambda r: [*r, r[0]], "row_duplicate"),
    (lambda r: [("people", "2025", 1.0, "person"), ("people", "2030", 1.0, "person"), *r[1:]], "path_short"),
    (lambda r: [("people", "2020", 1.0, "m"), *r[1:]], "formula_unit"),
    (lambda r: [*r[:1], ("use", "2020", 0.0, "t/person")], "driver_zero"),
])  # fmt: skip
def test_broken_models_are_told(change, code):
    rows = [("people", "2020", 1.0, "person"), ("use", "2020", 2.0, "t/person")]
    formula = "people / use" if code == "driver_zero" else "people * use"
    with pytest.raises(InputError) as caught:
        project(paths(change(rows)), lines(formula), start=2020, end=2030)
    assert code in {each.code for each in caught.value.problems}


def test_a_driver_missing_in_one_scenario_is_named():
    rows = [("a", "base", "2020", 1.0), ("a", "low", "2020", 1.0), ("b", "base", "2020", 1.0)]
    table = pl.DataFrame(rows, schema=["driver", "scenario", "time", "value"], orient="row").with_columns(
        unit=pl.lit("1")
    )
    with pytest.raises(InputError) as caught:
        project(PathTable(table), lines("a * b", unit="t"), start=2020, end=2030)
    assert any("low" in (each.where.item or "") for each in caught.value.problems)


def test_survival_that_does_not_fall_is_refused():
    for wrong in ((0.0, 1.0), (10.0, 0.0), (float("nan"), 1.0)):
        with pytest.raises(InputError):
            survival("weibull", *wrong, np.arange(3.0))
    with pytest.raises(InputError):
        survival("linear", 10, 1, np.arange(3.0))


def test_shares_that_do_not_add_up_are_refused():
    rows = [("coal", "2020", 0.6, "1"), ("gas", "2020", 0.5, "1"), ("use", "2020", 1.0, "t")]
    table = pl.DataFrame(rows, schema=["driver", "time", "value", "unit"], orient="row")
    table = table.with_columns(share_of=pl.Series(["mix", "mix", None]))
    with pytest.raises(InputError) as caught:
        project(PathTable(table), lines("use * coal", "use * gas"), start=2020, end=2030)
    assert caught.value.problems[0].code == "shares_not_one"
    assert caught.value.problems[0].found == "1.1"


def test_scenarios_of_stocks_and_vintages_are_told_apart_though_the_path_is_one():
    """The stock is the same in both scenarios; a faster retrofit and better new homes are not."""
    stocks = pl.DataFrame({"stock": "floor", "scenario": ["base", "fast"], "survival": "fixed", "life": 200.0, "oldest": 2019.0,
                           "past_growth": 0.0, "retrofit_rate": [0.0, 0.5]})  # fmt: skip
    vintages = pl.DataFrame({"stock": "floor", "attribute": "heat", "scenario": ["all", "all", "fast", "fast"],
                             "vintage": [2000.0, 2021.0, 2000.0, 2021.0], "value": [100.0, 40.0, 100.0, 10.0],
                             "retrofitted": [60.0, None, 60.0, None], "unit": "kWh/m2"})  # fmt: skip
    made = turnover(
        paths([("floor", "2020", 100.0, "m2"), ("floor", "2021", 150.0, "m2")]), StockTable(stocks), VintageTable(vintages),
        start=2020, end=2021,
    ).to_polars().filter((pl.col("driver") == "heat") & (pl.col("time") == "2021"))  # fmt: skip
    value = dict(made.select("scenario", "value").iter_rows())
    assert value["base"] == pytest.approx((100 * 100 + 50 * 40) / 150)
    assert value["fast"] == pytest.approx((50 * 100 + 50 * 60 + 50 * 10) / 150)


def test_a_place_keeps_its_own_vintages_before_those_of_every_place():
    stocks = pl.DataFrame(
        {"stock": ["floor"], "survival": ["fixed"], "life": [200.0], "oldest": [2000.0], "past_growth": [0.0]}
    )
    vintages = pl.DataFrame({"stock": "floor", "attribute": "heat", "place": ["all", "A"], "vintage": 1990.0,
                             "value": [100.0, 70.0], "unit": "kWh/m2"})  # fmt: skip
    floor = pl.DataFrame({"driver": "floor", "place": ["A", "B"], "time": "2020", "value": 10.0, "unit": "m2"})
    made = turnover(PathTable(floor), StockTable(stocks), VintageTable(vintages), start=2020, end=2021).to_polars()
    heat = made.filter((pl.col("driver") == "heat") & (pl.col("time") == "2020"))
    assert dict(heat.select("place", "value").iter_rows()) == pytest.approx({"A": 70.0, "B": 100.0})


def test_a_stock_of_nowhere_is_told():
    stocks = pl.DataFrame({"stock": ["floor", "floor"], "survival": "fixed", "life": 50.0, "oldest": 2000.0, "past_growth": 0.0,
                           "place": ["all", "all"]})  # fmt: skip
    with pytest.raises(InputError) as caught:
        turnover(paths([("floor", "2020", 1.0, "m2")]), StockTable(stocks), start=2020, end=2021)
    assert caught.value.problems[0].code == "stock_nowhere"


FLOOR_MDL = """{UTF-8}
Floor= INTEG ((Wanted - Floor)/Delay, 30) ~ m2/person ~ |
Wanted= 50 ~ m2/person ~ |
Delay= 10 ~ Year ~ |
INITIAL TIME = 2020 ~ Year ~ |
FINAL TIME = 2060 ~ Year ~ |
TIME STEP = 0.25 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
FLOOR_XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
  <header><vendor>x</vendor><product version="1.0">x</product></header>
  <sim_specs method="Euler" time_units="Year"><start>2020</start><stop>2060</stop><dt>0.25</dt></sim_specs>
  <model><variables>
    <stock name="Floor"><eqn>30</eqn><inflow>Building</inflow><units>m2/person</units></stock>
    <flow name="Building"><eqn>(Wanted-Floor)/Delay</eqn><units>m2/person/Year</units></flow>
    <aux name="Wanted"><eqn>50</eqn><units>m2/person</units></aux>
    <aux name="Delay"><eqn>10</eqn><units>Year</units></aux>
  </variables></model>
</xmile>"""


@pytest.mark.parametrize(("suffix", "text"), [(".mdl", FLOOR_MDL), (".xmile", FLOOR_XMILE)])
def test_stock_and_flow_follows_eulers_steps(suffix, text):
    """A stock that closes in on what is wanted has a closed form: W - (W - F0) (1 - dt/τ)^n after n steps."""
    model = DynamicModel(f"floor{suffix}", suffix, text)
    made = stock_and_flow(model, start=2020, end=2060, variables="Floor").to_polars()
    expected = [50 - 20 * (1 - 0.25 / 10) ** (4 * n) for n in range(41)]
    assert made["value"].to_list() == pytest.approx(expected, rel=1e-12)
    assert made["unit"].unique().to_list() == ["m2/person"]


def test_settings_of_a_model_by_scenario_and_year():
    settings = PathTable(pl.DataFrame({
        "driver": ["Delay", "Delay", "Wanted", "Wanted"], "scenario": ["all", "fast", "fast", "fast"],
        "value": [10.0, 5.0, 50.0, 70.0],
        "time": ["2020", "2020", "2020", "2060"], "unit": ["year", "year", "m2/person", "m2/person"],
    }))  # fmt: skip
    model = DynamicModel("floor.mdl", ".mdl", FLOOR_MDL)
    made = stock_and_flow(model, settings, start=2020, end=2060, variables="Floor").to_polars()
    assert made["scenario"].unique().to_list() == ["fast"], "what holds for all is no scenario of its own"
    floor, expected = 30.0, [30.0]
    for step in range(160):
        floor += 0.25 * ((50 + 20 * (0.25 * step) / 40) - floor) / 5
        expected += [floor] if step % 4 == 3 else []
    assert made["value"].to_list() == pytest.approx(expected, rel=1e-12)


def test_models_of_other_times_and_units():
    early = FLOOR_MDL.replace("2020 ~", "0 ~").replace("2060 ~", "40 ~")
    model = DynamicModel("floor.mdl", ".mdl", early)
    assert (
        stock_and_flow(model, start=2020, end=2022, variables="Floor", time_zero=2020).to_polars()["value"][0] == 30.0
    )
    cases = [
        (FLOOR_MDL.replace("30) ~ m2/person", "30) ~ "), None, "model_unit"),
        (FLOOR_MDL.replace("30) ~ m2/person", "30) ~ widgets"), None, "model_unit"),
        (early, None, "model_times"),
        (FLOOR_MDL.replace("Wanted= 50", "Wanted= -50"), None, "value_out_of_range"),
        (FLOOR_MDL, [("Delay", "2020", 10.0, "m2")], "measure_units"),
    ]
    for text, settings, code in cases:
        given = None if settings is None else paths(settings)
        with pytest.raises(InputError) as caught:
            stock_and_flow(DynamicModel("floor.mdl", ".mdl", text), given, start=2020, end=2050, variables="Floor")
        assert [each.code for each in caught.value.problems] == [code]


def test_long_formulas_keep_their_units():
    """Seven drivers with long units: the product is reckoned, not written out and read again."""
    table = pl.DataFrame({
        "driver": ["people", "cars", "share", "distance", "use", "factor", "price"], "time": "2020",
        "value": [1e4, 0.5, 0.4, 1e4, 2.0, 3.0, 2.0],
        "unit": ["万人", "vehicle/person", "1", "km/vehicle", "MJ/km", "kg/MJ", "1"],
    })  # fmt: skip
    formula = "people * cars * share * distance * use * factor * price^-0.5"
    made = project(PathTable(table), lines(formula), start=2020, end=2021).to_polars()["value"][0]
    assert made == pytest.approx(1e8 * 0.5 * 0.4 * 1e4 * 2 * 3 * 2**-0.5 / 1000, rel=1e-12)


def test_a_stock_made_of_several_drivers_has_their_unit():
    table = pl.DataFrame({
        "driver": ["people", "size", "coolers"], "time": "2020", "value": [2.0, 2.5, 1.5],
        "unit": ["万人", "person/household", "piece/household"],
    })  # fmt: skip
    stock = pl.DataFrame({"stock": ["sets"], "formula": ["people / size * coolers"], "survival": ["fixed"], "life": [50.0],
                          "oldest": [2000.0], "past_growth": [0.0]})  # fmt: skip
    made = (
        turnover(PathTable(table), StockTable(stock), start=2020, end=2021)
        .to_polars()
        .filter(pl.col("driver") == "sets")
    )
    assert made.select("value", "unit").row(0) == (pytest.approx(12_000.0), "piece")
    price = pl.DataFrame({"driver": ["price"], "time": "2020", "value": [2.0], "unit": ["CNY"]})
    broken = stock.with_columns(pl.lit("price^0.5").alias("formula"))
    with pytest.raises(InputError) as caught:
        turnover(PathTable(price), StockTable(broken), start=2020, end=2021)
    assert caught.value.problems[0].code == "unit_dimension"
