"""The list of units is the only source of names: each size against the general registry, each Chinese name under each power."""

from __future__ import annotations

import math

import pint
import pytest

from citycarbon.core.errors import UnitError
from citycarbon.core.units import conversion, parse
from citycarbon.core.units.names import OTHERWISE, POWERS, TWO_READINGS, UNITS
from citycarbon.core.units.reading import chinese, spellings

EXACT = 1e-14

CALORIES = "the international table calorie of tce and toe, not the thermochemical one"
BRITISH = "the British thermal unit of the same table, not the rounded one of ISO"
OIL = "the barrel of petroleum, 42 US gallons, not the dry barrel"
# Whether the general registry has the acre of the survey foot too depends on its release.
ACRES = ("acre", "acres")
DIFFERENCES = {
    **dict.fromkeys(
        ("cal", "calorie", "calories", "kcal", "kilocalorie", "kilocalories", "Mcal", "megacalorie", "megacalories",
         "Gcal", "gigacalorie", "gigacalories"), CALORIES),
    **dict.fromkeys(
        ("Btu", "Btus", "BTU", "BTUs", "kBtu", "kBTU", "therm", "therms", "quad", "quads"), BRITISH),
    **dict.fromkeys(("bbl", "bbls", "barrel", "barrels", "kbbl"), OIL),
    **dict.fromkeys(ACRES, "the international acre, not the one of the US survey foot"),
    "kt": "a kilotonne, not a knot",
    "mu": "the Chinese 亩, not a millionth of an atomic mass unit",
    "Tj": "a terajoule, not a newton metre by another name",
    "unit": "a piece, not a micro-nit", "units": "a piece, not a micro-nit",
}  # fmt: skip


def test_the_general_registry_gives_every_shared_name_the_same_size_but_for_named_differences():
    general = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    shared, different = 0, set()
    for name in {*general._units, *spellings()}:
        try:
            ours = parse(name).to_base_units()
        except UnitError:
            continue
        try:
            theirs = general.Quantity(1.0, name).to_base_units()
        except Exception:
            continue
        shared += 1
        # Our base of mass is the gram, the general one is the kilogram.
        size = ours.magnitude * 1000.0 ** -float(ours.dimensionality.get("[mass]", 0))
        same = dict(ours.dimensionality) == dict(theirs.dimensionality.items())
        if not same or not math.isclose(size, theirs.magnitude, rel_tol=1e-12):
            different.add(name)
    assert shared > 200
    assert different | set(ACRES) == set(DIFFERENCES)


@pytest.mark.parametrize(
    "name",
    ["ton", "point", "pica", "nit", "u", "D", "dB", "pint", "cup", "stone", "hand", "link", "chain", "grade", "turn",
     "pi", "count", "byte", "bit", "kB", "are", "barn", "T", "G", "N", "V", "A", "F", "H", "R", "C", "S", "e", "c", "k",
     "cc2", "ms", "nm", "pg", "knot", "kn", "Da", "amu", "rpm", "cd", "lm", "lx", "Bq", "Sv", "mol", "rad", "deg",
     "hundredweight", "cwt", "dram", "grain", "gr", "slug", "ksi", "psi", "torr", "gauss", "oersted", "fermi", "x_unit",
     "survey_foot", "dry_barrel", "beer_barrel", "cal_th", "US_therm", "Btu_iso", "ton_TNT", "hour_angle", "kperson",
     "mkWh", "kha", "Mha", "cyear", "dday", "µnit", "fortnight", "century", "decade", "horsepower", "debye"],
)  # fmt: skip
def test_a_name_of_the_general_registry_that_the_field_does_not_use_is_refused(name):
    with pytest.raises(UnitError):
        parse(name)


@pytest.mark.parametrize("power", ["", *POWERS])
@pytest.mark.parametrize("blank", ["", " "])
def test_every_power_stands_before_every_chinese_name(power, blank):
    for name, meant in chinese().items():
        if not power or meant == "degC":
            continue
        if power + blank + name in chinese():
            continue
        assert conversion(power + blank + name, meant) == pytest.approx(float(POWERS[power]), rel=EXACT)


def test_a_chinese_name_that_begins_with_a_power_has_the_same_size_either_way():
    for name, meant in chinese().items():
        for power in (each for each in POWERS if name.startswith(each) and name[len(each) :] in chinese()):
            rest = chinese()[name[len(power) :]]
            assert conversion(meant, rest) == pytest.approx(float(POWERS[power]), rel=EXACT), name


def test_every_power_stands_before_every_name_in_letters():
    for power, size in POWERS.items():
        for name in (name for name, *_ in UNITS if name != "degC"):
            assert conversion(f"{power}{name}", name) == pytest.approx(float(size), rel=EXACT), name


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        # The printed figures of NIST SP 811, appendix B.
        ("bbl", "l", 158.987294928), ("barrels", "m3", 0.158987294928), ("万桶", "barrel", 1e4),
        ("us_gallon", "l", 3.785411784), ("imp_gallon", "l", 4.54609), ("美加仑", "us_gallon", 1.0),
        ("Btu", "J", 1055.05585262), ("MMBtu", "GJ", 1.05505585262), ("mmBTU", "kBtu", 1000.0),
        ("therm", "MJ", 105.505585262), ("百万英热单位", "MMBtu", 1.0), ("MMBtu", "Btu", 1e6), ("quad", "EJ", 1.05505585262),
        ("lb/MWh", "kg/MWh", 0.45359237), ("short_ton", "kg", 907.18474), ("acre", "m2", 4046.8564224),
        ("CCF", "ft3", 100.0), ("kcf", "m3", 28.316846592), ("MMcf", "CCF", 1e4), ("USRT", "kW", 3.5168528420667),
        # 7000 kcal make a kilogram of coal equivalent, 10 Gcal a tonne of oil equivalent.
        ("kcal", "kJ", 4.1868), ("7000 kcal", "kgce", 1.0), ("千卡", "kcal", 1.0), ("大卡/千克", "kJ/kg", 4.1868),
        ("百万千卡", "Gcal", 1.0), ("toe", "GJ", 41.868), ("万吨标准油", "ktoe", 10.0), ("toe", "tce", 10 / 7),
        ("Gcal", "GJ", 4.1868), ("cal", "J", 4.1868), ("吉卡", "Gcal", 1.0),
        # Powers before Chinese names.
        ("千吨标准煤", "tce", 1e3), ("百万吨标准煤", "tce", 1e6), ("千吨标煤", "ktce", 1.0), ("千吨公里", "tkm", 1e3),
        ("百万吨公里", "tkm", 1e6), ("千焦耳", "kJ", 1.0), ("兆焦耳", "MJ", 1.0), ("万焦耳", "J", 1e4),
        ("十万吨", "t", 1e5), ("千万千瓦时", "GWh", 10.0), ("千亿元", "亿元", 1000.0), ("百公里", "km", 100.0),
        ("升/百公里", "l/km", 0.01), ("10万吨", "t", 1e5), ("0.5 万吨", "t", 5e3), ("百万千瓦", "GW", 1.0),
        ("千公顷", "hm2", 1e3), ("hm²", "公顷", 1.0), ("万hm2", "亩", 15e4), ("万平方米", "m2", 1e4), ("㎥", "m^3", 1.0),
        ("斤", "kg", 0.5), ("公担", "kg", 100.0), ("两", "g", 50.0), ("担", "斤", 100.0),
        # One letter large or small, where only one reading is there.
        ("KWH", "kWh", 1.0), ("kwh", "kWh", 1.0), ("MWH", "MWh", 1.0), ("GWH", "GWh", 1.0), ("KG", "kg", 1.0),
        ("L", "l", 1.0), ("KM", "km", 1.0), ("kg/KWH", "kg/kWh", 1.0), ("Mg", "t", 1.0), ("mg", "g", 1e-3), ("Gg", "kt", 1.0),
        # Gases behind a mass.
        ("万吨二氧化碳当量", "t", 1e4), ("tCO2e/MWh", "t/MWh", 1.0), ("GgCO2-eq", "kt", 1.0), ("吨二氧化碳/吨", "t/t", 1.0),
        ("kgCO₂/kWh", "kg/kWh", 1.0), ("t CO2e/万元", "kg/元", 0.1),
        # Shares.
        ("%", "1", 0.01), ("％", "1", 0.01), ("‰", "1", 0.001), ("ppm", "1", 1e-6), ("%/a", "1/a", 0.01),
        ("°C", "℃", 1.0), ("MJ/m³", "kJ/m3", 1e3), ("kg per kWh", "kg/kWh", 1.0), ("t／tce", "t/tce", 1.0),
    ],
)  # fmt: skip
def test_a_listed_unit_has_its_size(source, target, factor):
    assert conversion(source, target) == pytest.approx(factor, rel=EXACT if factor != 3.5168528420667 else 1e-13)


@pytest.mark.parametrize("frame", ["{}", "kg/{}", "1000 {}"])
def test_a_name_of_two_sizes_is_refused_and_says_what_to_write(frame):
    for name, write in TWO_READINGS.items():
        with pytest.raises(UnitError) as caught:
            parse(frame.format(name))
        found = caught.value.problems[0]
        assert (found.code, write in found.expected("en")) == ("unit_ambiguous", True), name


@pytest.mark.parametrize(
    ("text", "write"),
    [("gallon", "imp_gallon"), ("MBtu", "MMBtu"), ("Mcf", "kcf"), ("tC", "44/12"), ("tC/TJ", "t/TJ"), ("mwh", "MWh"),
     ("冷吨", "USRT"), ("万方", "标方"), ("方", "平方米"), ("hp", "kW"), ("scf", "m3@15C"), ("mt", "Mt")],
)  # fmt: skip
def test_the_refusal_names_the_two_readings(text, write):
    with pytest.raises(UnitError) as caught:
        parse(text)
    assert write in caught.value.problems[0].expected("en")
    assert write in caught.value.problems[0].expected("zh")


@pytest.mark.parametrize(
    ("text", "write"),
    [("KGce", "kgce"), ("tCe", "tce"), ("kVAh", "kWh"), ("千乏时", "kWh"), ("degF", "degC"), ("M3", "m^3"), ("ppb", "1e-9"),
     ("KCal", "kcal"), ("CO2E", "tCO2e")],
)  # fmt: skip
def test_a_slip_of_the_pen_is_answered_with_the_right_name(text, write):
    with pytest.raises(UnitError) as caught:
        parse(text)
    found = caught.value.problems[0]
    if text == "CO2E":
        assert found.code == "unit_unknown"
    else:
        assert (found.code, write in found.expected("zh")) == ("unit_written_otherwise", True)


def test_no_name_is_both_listed_and_refused():
    assert not ({*spellings(), *chinese()} & {*TWO_READINGS, *OTHERWISE})
    assert not set(TWO_READINGS) & set(OTHERWISE)
    listed = [each for name, _, more, zh in UNITS for each in (name, *more.split(), *zh.split())]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    "text", ["t①", "m¹", "t₁", "吨标", "公斤吨", "万万万", "kg①/kWh", "t²²", "千卡路", "٣ t", "t\u200b"]
)
def test_a_mark_or_a_torn_name_is_no_unit(text):
    with pytest.raises(UnitError):
        parse(text)
