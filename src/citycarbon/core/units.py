"""Units through pint, with the units that Chinese and GHG statistics use.

Comes in: unit texts such as ``万吨``, ``亿kWh``, ``kgce/kg``, ``kg/(m^2*a)``. Goes out: conversion factors as floats.
Units are checked and converted once, at a table's edge; inner loops see plain numbers. Not for: the mass of one gas as
CO2 equivalent, which is a metric (:mod:`citycarbon.core.warming`) and not a unit.

A volume of gas means nothing without its state: ``Nm3`` (0 °C), ``m3@15C`` and ``m3@20C`` (all at 101.325 kPa) turn into
one another and never into a plain ``m^3``. Source: ideal gas law; molar volume 22.414 L/mol at 0 °C, 101.325 kPa.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from citycarbon.core.errors import UnitError, Where

if TYPE_CHECKING:
    import pint

TCE_IN_GJ = 29.3076
"""Energy of one tonne of coal equivalent [GJ]: 7000 kcal/kg × 4.1868 kJ/kcal (gbt2589_2020)."""

_WORDS = {
    "吨标准煤": "tce", "吨标煤": "tce", "千克标准煤": "kgce", "公斤标准煤": "kgce", "克标准煤": "gce",
    "标准立方米": "Nm3", "标方": "Nm3", "标立方米": "Nm3", "立方米": "m^3", "立方": "m^3", "平方公里": "km^2",
    "平方千米": "km^2", "平方米": "m^2", "㎡": "m^2", "m²": "m^2", "m³": "m^3", "km²": "km^2", "公顷": "ha", "亩": "mu",
    "千瓦时": "kWh", "兆瓦时": "MWh", "度": "kWh", "百万千焦": "GJ", "吉焦": "GJ", "太焦": "TJ", "兆焦": "MJ",
    "千焦": "kJ", "焦耳": "J", "百万吨": "Mt", "千吨": "kilotonne", "kt": "kilotonne",
    "吨公里": "tkm", "人公里": "pkm", "车公里": "vkm",
    "公里": "km", "千米": "km", "千克": "kg", "公斤": "kg", "吨": "t", "克": "g", "升": "l", "元": "CNY", "人民币": "CNY",
    "人次": "person", "人": "person", "头": "head", "只": "head", "匹": "head", "羽": "head",
    "户": "household", "辆": "vehicle", "台": "piece", "套": "piece", "件": "piece", "unit": "piece", "units": "piece",
    "年": "a", "月": "month", "日": "day",
    "天": "day", "小时": "h", "千瓦": "kW", "兆瓦": "MW", "摄氏度": "degC", "℃": "degC", "％": "percent", "%": "percent",
    "m3@15C": "m3_15C", "m3@20C": "m3_20C", "m^3@15C": "m3_15C", "m^3@20C": "m3_20C", "m3@0C": "Nm3", "Nm^3": "Nm3",
    "Nm³": "Nm3", "passenger-km": "pkm", "vehicle-km": "vkm", "tonne-km": "tkm", "t-km": "tkm",
    "CO2eq": "", "CO2e": "", "CO2": "",
    "persons": "person", "people": "person", "capita": "person", "yr": "a", "m2": "m^2", "m3": "m^3", "km2": "km^2",
}  # fmt: skip
_WORDS |= {f"{mass}{gas}": mass for mass in ("g", "kg", "t", "Mt") for gas in ("CO2", "CO2e", "CO2eq")}
_WORDS |= {f"kt{gas}": "kilotonne" for gas in ("CO2", "CO2e", "CO2eq")}
_POWERS = {
    "万亿": "1e12",
    "百亿": "1e10",
    "十亿": "1e9",
    "亿": "1e8",
    "千万": "1e7",
    "百万": "1e6",
    "万": "1e4",
    "千": "1e3",
}
_BRACKETED = re.compile(r"[(（](?:[^()（）]|\([^()]*\))*[)）]")
_ASCII_WORD = re.compile(r"[A-Za-z]")
_TOKENS = re.compile(
    "|".join(
        (rf"(?<![A-Za-z_0-9^]){re.escape(word)}(?![A-Za-z_0-9])" if _ASCII_WORD.match(word) else re.escape(word))
        for word in sorted(_WORDS, key=len, reverse=True)
    )
)
_POWER_TOKENS = re.compile("(" + "|".join(sorted(_POWERS, key=len, reverse=True)) + r")\s*(?=[A-Za-z(])")
_TWO_READINGS = re.compile(
    r"(?<![A-Za-z_])((k|M|G|kilo|mega)?tons?|mt)(?![A-Za-z_])"  # a ton of 907, 1000 or 1016 kg; mt: million or milli
    r"|\([^()]*/(\d|[^()]*[·*])[^()]*\)"  # a stroke inside brackets with a product behind it
)
_REFUSED = re.compile(r"\*\*|\^(?![23](?![\d^.]))|\)\^|\d{5}|e\d\d\d|,(?!\d{3}(?!\d))|@|(?<!\de)[+-]")
_DEFINITIONS = (
    f"tonne_of_coal_equivalent = {TCE_IN_GJ} gigajoule = tce",
    "kilogram_of_coal_equivalent = 1e-3 tce = kgce",
    "gram_of_coal_equivalent = 1e-6 tce = gce",
    "person = [person]",
    "head = [head]",
    "household = [household]",
    "vehicle = [vehicle]",
    "piece = [piece]",
    "CNY = [currency_CNY]",
    "GBP = [currency_GBP]",
    "USD = [currency_USD]",
    "night = [night]",
    "room_night = [room_night]",
    "pkm = person * kilometer",
    "vkm = vehicle * kilometer",
    "tkm = metric_ton * kilometer",
    "mu = 666.6666666666666 * meter ** 2",
    "normal_cubic_meter = [gas_amount] = Nm3",
    "cubic_meter_at_15C = 0.9479437792816241 Nm3 = m3_15C",
    "cubic_meter_at_20C = 0.9317755415316391 Nm3 = m3_20C",
)


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Give the one unit registry; built on first use because it takes a third of a second."""
    import pint

    made: pint.UnitRegistry[Any] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True, cache_folder=None)
    for line in _DEFINITIONS:
        made.define(line)
    return made


def normalise(unit: str) -> str:
    """Turn a unit text in Chinese or in the field's spelling into one that pint reads.

    In ``kg/m²·年`` the dot binds what follows the stroke into the denominator, as printed tables mean it; a second stroke
    divides again (``t/万人/年``). A blank between two units is a product. A degree inside a larger unit is a difference, K.

    Raises
    ------
    UnitError
        If the text can be read in two ways: a product behind a stroke, or ``ton``, which has several sizes.

    Examples
    --------
    >>> normalise("万吨"), normalise("kg/m²·年"), normalise("亿kWh")
    ('1e4*t', 'kg/(m^2*a)', '1e8*kWh')
    """
    text = unit.strip().replace("×", "*").replace("（", "(").replace("）", ")").replace("²", "^2").replace("³", "^3")
    text = _TOKENS.sub(lambda match: _WORDS[match.group()], text)
    text = _POWER_TOKENS.sub(lambda match: _POWERS[match.group(1)] + "*", text)
    text = re.sub(r"\s+per\s+", "/", text)
    text = re.sub(r"(?<=[\w)])(\s+|\.)(?=[A-Za-z(])|(?<=\^[23])(?=[A-Za-z(])", "·", text.strip()).replace(" ", "")
    text = text if text == "degC" else re.sub(r"(?<![A-Za-z_])degC(?![A-Za-z_])", "K", text)
    head, *denominators = _between_strokes(text)
    if _TWO_READINGS.search(text):
        raise UnitError("unit_ambiguous", found=unit)
    return "/".join([head.replace("·", "*"), *(_denominator(part, unit) for part in denominators)])


def _between_strokes(text: str) -> list[str]:
    """Cut a unit text at the strokes that stand outside brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "(（") - (sign in ")）")
        if sign == "/" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def _denominator(part: str, unit: str) -> str:
    """Bracket what belongs together behind a stroke; refuse what may or may not belong to it."""
    if _BRACKETED.fullmatch(part):
        return part.replace("·", "*")
    if "*" in re.sub(r"1e\d+\*", "", part) or "(" in part:
        raise UnitError("unit_ambiguous", found=unit)
    return "(" + part.replace("·", "*") + ")" if "·" in part or part[:1].isdigit() else part


@lru_cache(maxsize=4096)
def parse(unit: str) -> pint.Quantity[Any]:
    """Read a unit text as a pint quantity (a magnitude and a unit).

    Raises
    ------
    UnitError
        If the text names no known unit, or can be read in two ways.
    """
    ureg = registry()
    if len(unit) > 60 or not re.fullmatch(r"[\w\s/*^().+\-·×（）%％℃㎡²³@,]*", unit):
        raise UnitError("unit_unknown", found=unit)
    text = normalise(unit)
    if _REFUSED.search(text):
        raise UnitError("unit_unknown", found=unit)
    try:
        quantity = ureg.Quantity(ureg.parse_expression(text) if text not in ("", "1") else 1.0)
        sound = 0 < float(quantity.magnitude) < float("inf")
    except Exception as error:
        raise UnitError("unit_unknown", found=unit) from error
    if not sound:
        raise UnitError("unit_unknown", found=unit)
    return quantity


@lru_cache(maxsize=4096)
def conversion(source: str, target: str) -> float:
    """Give the factor by which a figure in ``source`` is multiplied to be in ``target``.

    Raises
    ------
    UnitError
        If a unit is unknown, the two measure different things, or a scale with its own zero (°C) is to be converted, which
        no factor can do.

    Examples
    --------
    >>> conversion("万吨", "t"), round(conversion("GJ", "tce"), 6)
    (10000.0, 0.034121)
    """
    if source == target:
        return 1.0
    start, end = parse(source), parse(target)
    shifted = start.units != end.units and (_has_own_zero(start) or _has_own_zero(end))
    if start.dimensionality != end.dimensionality or shifted:
        raise UnitError("unit_dimension", found=source, expected_unit=target)
    return _tidy(float((start / end).to_base_units().magnitude))


def _product(units: Sequence[tuple[str, float]]) -> pint.Quantity[Any]:
    """Multiply units with their powers; only an index, of unit 1, may have a broken power."""
    made = registry().Quantity(1.0)
    for unit, power in units:
        if unit != "1" and power != int(power):
            raise UnitError("unit_dimension", found=f"{unit}^{power:g}", expected_unit="1")
        if unit != "1":
            made = made * parse(unit) ** int(power)
    return made


def product_conversion(units: Sequence[tuple[str, float]], target: str) -> float:
    """Give the factor by which a product of figures in ``units``, each with its power, is multiplied to be in ``target``.

    Raises
    ------
    UnitError
        If a unit is unknown, or the product measures something else.

    Examples
    --------
    >>> product_conversion([("万人", 1), ("kWh/person", 1), ("t/MWh", 1)], "t")
    10.0
    """
    made, end = _product(units), parse(target)
    if made.dimensionality != end.dimensionality:
        shown = " * ".join(f"({unit})" if power > 0 else f"1/({unit})" for unit, power in units if unit != "1")
        raise UnitError("unit_dimension", found=shown, expected_unit=target)
    return _tidy(float((made / end).to_base_units().magnitude))


def product_unit(units: Sequence[tuple[str, float]]) -> tuple[str, float]:
    """Write the unit of a product in the words of one of its parts if it can be, and the factor that this needs.

    Examples
    --------
    >>> product_unit([("万人", 1), ("m2/人", 1)])
    ('m2', 10000.0)
    >>> product_unit([("person", 1), ("person/household", -1)])
    ('household', 1.0)
    """
    made = _product(units)
    if made.dimensionless:
        return "1", _tidy(float(made.to_base_units().magnitude))
    for unit, power in units:
        head, *below = _between_strokes(unit)
        for word in (unit, head) if power > 0 else below:
            try:
                return word, product_conversion(units, word)
            except UnitError:
                continue
    parts = {str(name): int(power) for name, power in made.unit_items()}  # type: ignore[arg-type]
    above = "*".join(f"{name}^{power}" if power > 1 else name for name, power in parts.items() if power > 0)
    under = "*".join(f"{name}^{-power}" if power < -1 else name for name, power in parts.items() if power < 0)
    return (above or "1") + (f"/({under})" if under else ""), _tidy(float(made.magnitude))


def _has_own_zero(quantity: pint.Quantity[Any]) -> bool:
    return bool(registry().Quantity(0.0, quantity.units).to_base_units().magnitude != 0)


def same_dimension(first: str, second: str) -> bool:
    """Tell whether two units measure the same thing."""
    return bool(parse(first).dimensionality == parse(second).dimensionality)


def quotient(numerator: str, denominator: str) -> str:
    """Write the unit of a ratio, bracketed where it must be."""
    return f"{numerator}/({denominator})" if re.search(r"[/*·]", denominator) else f"{numerator}/{denominator}"


def split_factor_unit(unit: str, where: Where | None = None) -> tuple[str, str]:
    """Split a factor unit such as ``kg/(m^2*a)`` or ``kg/m^2/a`` into what is emitted and what it is per.

    Raises
    ------
    UnitError
        If there is no stroke, or the unit can be read in two ways.
    """
    normalise(unit)
    numerator, *denominators = _between_strokes(unit)
    if not numerator or not denominators or not all(denominators):
        raise UnitError("unit_dimension", where, unit, expected_unit="t/…")
    if len(denominators) > 1:
        return numerator, "·".join(denominators)
    inner = denominators[0]
    return numerator, inner[1:-1].strip() if _BRACKETED.fullmatch(inner) else inner


def _tidy(number: float) -> float:
    """Remove the last-bit noise of chained conversions (1000.0000000000001 is 1000)."""
    rounded = float(f"{number:.15g}")
    return rounded if abs(rounded - number) <= 4e-16 * abs(number) else number
