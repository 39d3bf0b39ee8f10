"""Units: what Chinese and greenhouse-gas statistics write means what it says, and nothing else passes."""

from __future__ import annotations

import time

import pytest

from citycarbon.core.errors import UnitError, Where
from citycarbon.core.units import conversion, normalise, parse, quotient, same_dimension, split_factor_unit

# One rounding of a double is 1.1e-16; a conversion chains a handful of them.
EXACT = 1e-14


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        # coal equivalent: 7000 kcal/kg of 4.1868 kJ
        ("tce", "GJ", 29.3076),
        ("kgce", "MJ", 29.3076),
        ("gce", "kJ", 29.3076),
        ("tce", "kWh", 29.3076e6 / 3600),
        ("吨标准煤", "kgce", 1000.0),
        ("万吨标煤", "tce", 1e4),
        ("千克标准煤", "kgce", 1.0),
        # masses
        ("万吨", "t", 1e4),
        ("万吨", "kg", 1e7),
        ("百万吨", "万吨", 100.0),
        ("千吨", "t", 1e3),
        ("kt", "t", 1e3),
        ("Mt", "t", 1e6),
        ("kt", "万吨", 0.1),
        ("公斤", "kg", 1.0),
        ("亿吨", "Mt", 100.0),
        ("kgCO2e", "t", 1e-3),
        ("ktCO2", "t", 1e3),
        ("t CO2e", "kg", 1e3),
        # energy
        ("亿kWh", "GWh", 100.0),
        ("亿千瓦时", "万kWh", 1e4),
        ("万度", "MWh", 10.0),
        ("kWh", "MJ", 3.6),
        ("百万千焦", "GJ", 1.0),
        ("TJ", "GJ", 1e3),
        # volumes, areas
        ("万m³", "m^3", 1e4),
        ("亿立方米", "万m3", 1e4),
        ("km²", "公顷", 100.0),
        ("公顷", "亩", 15.0),
        ("平方公里", "m2", 1e6),
        # money, people, traffic
        ("万元", "元", 1e4),
        ("亿元", "CNY", 1e8),
        ("万人", "persons", 1e4),
        ("人次", "capita", 1.0),
        ("亿吨公里", "tkm", 1e8),
        ("vkm", "辆·km", 1.0),
        ("pkm", "人·km", 1.0),
        ("万车公里", "vehicle-km", 1e4),
        ("度/台", "kWh/unit", 1.0),
        # per amount
        ("t/万元", "kg/元", 0.1),
        ("kg/m²·年", "t/(m^2*a)", 1e-3),
        ("千克/人·天", "kg/(person*a)", 365.25),
        ("GJ/万Nm3", "MJ/Nm3", 0.1),
        ("tCO2/MWh", "kg/kWh", 1.0),
        ("L/100km", "l/km", 0.01),
        ("t/万人/年", "kg/(人·年)", 0.1),
        ("%", "1", 0.01),
    ],
)  # fmt: skip
def test_a_unit_of_the_field_converts_by_its_defined_factor(source, target, factor):
    assert conversion(source, target) == pytest.approx(factor, rel=EXACT)
    assert conversion(target, source) == pytest.approx(1 / factor, rel=EXACT)


def test_conversion_has_no_last_bit_noise():
    assert conversion("万吨", "t") == 10000.0
    assert conversion("t", "kg") == 1000.0
    assert conversion("kg", "t") == 0.001


@pytest.mark.parametrize(
    "text", ["kg/m²·年", "kg/m2·a", "kg/(m^2*a)", "kg/（m²·年）", "kg/m²/年", "kg/m^2/a", "kg/m2.a", "千克/平方米·年"]
)
def test_a_figure_per_area_and_year_is_divided_by_both(text):
    # 5 kg/(m2 a) on 200 m2 over 3 years are 3 t: the year stands in the denominator in every spelling.
    assert 5 * conversion(text, "t/(m^2*a)") * 200 * 3 == pytest.approx(3.0, rel=EXACT)
    assert same_dimension(text, "kg/(m^2*a)")
    assert not same_dimension(text, "kg/m^2")


def test_area_times_year_is_a_product():
    assert conversion("m²·a", "m^2*day") == pytest.approx(365.25, rel=EXACT)
    assert conversion("万m²·年", "m2 a") == pytest.approx(1e4, rel=EXACT)


def test_gas_volumes_at_stated_states_follow_the_ideal_gas_law():
    # n = p V / (R T): at equal pressure the amount in a cubic metre goes as 1/T.
    amount = {"Nm3": 1 / 273.15, "m3@15C": 1 / 288.15, "m3@20C": 1 / 293.15}
    for source, high in amount.items():
        for target, low in amount.items():
            # Tolerance: the definitions carry 16 digits.
            assert conversion(source, target) == pytest.approx(high / low, rel=1e-15 * 10)


def test_molar_volume_of_a_normal_cubic_metre_is_the_textbook_one():
    # V/n = R T / p = 8.314462618 * 273.15 / 101325 = 22.414 L/mol; m3@20C: 24.055 L/mol (four printed digits).
    litres = 8.314462618 * 273.15 / 101325 * 1000
    assert litres == pytest.approx(22.414, abs=5e-4)
    assert litres / conversion("m3@20C", "Nm3") == pytest.approx(24.055, abs=5e-4)


@pytest.mark.parametrize("gas", ["Nm3", "Nm³", "标方", "m3@15C", "m³@20C", "m^3@20C"])
def test_a_gas_volume_never_turns_into_a_plain_volume(gas):
    with pytest.raises(UnitError) as caught:
        conversion(gas, "m3")
    assert caught.value.problems[0].code == "unit_dimension"


@pytest.mark.parametrize("state", ["m3@25C", "m3@", "m3@20", "t@20C", "@"])
def test_a_state_that_is_not_defined_is_refused(state):
    # pint would read "m3@25C" as 25 cubic metres times a coulomb.
    with pytest.raises(UnitError):
        parse(state)


@pytest.mark.parametrize(
    ("first", "second"),
    [("km", "person"), ("vkm", "km"), ("pkm", "vkm"), ("tkm", "pkm"), ("万元", "USD"), ("kWh", "kW"), ("kg", "kg/a"),
     ("person", "household"), ("night", "room_night"), ("t", "t^2"), ("kt", "km/h")],
)  # fmt: skip
def test_different_measures_do_not_convert(first, second):
    with pytest.raises(UnitError) as caught:
        conversion(first, second)
    assert caught.value.problems[0].code == "unit_dimension"
    assert not same_dimension(first, second)


@pytest.mark.parametrize(
    "text",
    ["kg/m^2*a", "kWh/m²*年", "W/m^2*K", "kg/(m^2)·a", "t/(m^2)(a)", "(kg/m²·a)", "(t/万人)·年", "kWh/m2 a*h",
     "ton", "tons", "万ton", "kton", "mt", "kg/ton"],
)  # fmt: skip
def test_a_text_with_two_readings_is_refused_as_ambiguous(text):
    with pytest.raises(UnitError) as caught:
        parse(text)
    assert caught.value.problems[0].code == "unit_ambiguous"


@pytest.mark.parametrize(
    "text",
    ["9**9**9", "9^9^9", "2^3^3^3^3", "((((2^3)^3)^3)^3)^3", "1e99*1e99*1e99*1e99*t", "1e999 t", "99999999 t", "m^2.5",
     "0 t", "-1 t", "t-t", "t+t", "t-0.5t", "t/0", "1,5 t", "inf*t", "nan*t", "t" * 61, "(" * 60, ")" * 60, "/" * 60,
     "^" * 60, "t/" * 30, "9^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2", "__import__('os')", "().__class__", "kg; import os",
     "[1]*9", "lambda: 1", "x", "万", "kg/", "/kg", "()", "kg()", "per", "\x00", "kg\x1b", "10^99 t"],
)  # fmt: skip
def test_a_hostile_or_unknown_text_is_refused_fast(text):
    start = time.perf_counter()
    with pytest.raises(UnitError) as caught:
        parse(text)
    # A power tower would run for years; the registry alone needs a third of a second once.
    assert time.perf_counter() - start < 2
    assert caught.value.problems[0].code in ("unit_unknown", "unit_ambiguous")


def test_a_blank_between_two_units_is_a_product_and_not_another_unit():
    # Without the blank "m s" would be a millisecond.
    assert conversion("m s", "m*s") == 1.0
    with pytest.raises(UnitError):
        parse("ms")
    assert conversion("亿 kWh", "kWh") == 1e8


def test_a_degree_inside_a_larger_unit_is_a_difference():
    # 4.1868 kJ/(kg °C) are 4.1868 kJ/(kg K), not 4.1868/274.15.
    assert conversion("kJ/(kg·℃)", "kJ/(kg*K)") == 1.0
    assert conversion("W/m²·℃", "W/(m^2*K)") == 1.0


@pytest.mark.parametrize(("source", "target"), [("℃", "K"), ("K", "摄氏度"), ("degC", "degF")])
def test_a_temperature_with_its_own_zero_has_no_conversion_factor(source, target):
    with pytest.raises(UnitError):
        conversion(source, target)


def test_the_same_temperature_scale_converts_to_itself():
    assert conversion("℃", "degC") == 1.0


def test_an_empty_unit_and_one_are_a_pure_number():
    assert conversion("", "1") == 1.0
    assert conversion("1", "%") == pytest.approx(100.0, rel=EXACT)


def test_normalise_writes_what_pint_reads():
    assert normalise("万吨") == "1e4*t"
    assert normalise("t/万元") == "t/(1e4*CNY)"
    assert normalise("kg CO2e/kWh") == "kg/kWh"
    assert normalise("t/万人/年") == "t/(1e4*person)/a"


@pytest.mark.parametrize(
    ("unit", "parts"),
    [
        ("kg/kWh", ("kg", "kWh")),
        ("kg/(m^2*a)", ("kg", "m^2*a")),
        ("kg/m²·年", ("kg", "m²·年")),
        ("kg/（m²·年）", ("kg", "m²·年")),
        ("t/万元", ("t", "万元")),
        ("kg/m^2/a", ("kg", "m^2·a")),
        ("t/(t/h)", ("t", "t/h")),
        (" kg CO2e / kWh ", ("kg CO2e", "kWh")),
    ],
)
def test_a_factor_unit_splits_at_its_stroke(unit, parts):
    assert split_factor_unit(unit) == parts


@pytest.mark.parametrize("unit", ["kg/kWh", "kg/(m^2*a)", "kg/m²·年", "t/万人/年", "kg/m^2/a", "g/人·km"])
def test_the_two_parts_of_a_factor_unit_make_the_whole_again(unit):
    mass, per = split_factor_unit(unit)
    assert conversion(quotient(mass, per), unit) == pytest.approx(1.0, rel=EXACT)


@pytest.mark.parametrize("unit", ["kg", "/t", "t/", "", "t//a"])
def test_a_factor_unit_without_two_parts_is_refused_with_its_place(unit):
    with pytest.raises(UnitError) as caught:
        split_factor_unit(unit, Where("factors.csv", None, (7,), "unit"))
    assert caught.value.problems[0].where.rows == (7,)


@pytest.mark.parametrize("unit", ["kg/m^2*a", "t/(m^2)*(a)", "t/ton"])
def test_a_factor_unit_with_two_readings_is_refused(unit):
    with pytest.raises(UnitError) as caught:
        split_factor_unit(unit)
    assert caught.value.problems[0].code == "unit_ambiguous"


def test_quotient_brackets_only_where_it_must():
    assert quotient("t", "kWh") == "t/kWh"
    assert quotient("t", "m^2*a") == "t/(m^2*a)"
    assert quotient("t", "m²·a") == "t/(m²·a)"
    assert quotient("t", "km/h") == "t/(km/h)"
