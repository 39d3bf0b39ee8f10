"""Conversions: one unit into another, products of units, and the parts of a factor's unit.

Comes in: unit texts. Goes out: factors as floats, and unit texts. Not for: reading texts, which
:mod:`citycarbon.core.units.reading` does.

A volume of gas means nothing without its state: ``Nm3`` (0 °C), ``m3@15C`` and ``m3@20C`` (all at 101.325 kPa) turn into
one another and never into a plain ``m^3``. Source: ideal gas law; molar volume 22.414 L/mol at 0 °C, 101.325 kPa.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from citycarbon.core.errors import UnitError, Where
from citycarbon.core.units.reading import between_strokes, is_bracketed, normalise, parse, registry

if TYPE_CHECKING:
    import pint


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
        head, *below = between_strokes(_strokes(unit))
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
    numerator, *denominators = between_strokes(_strokes(unit))
    if not numerator or not denominators or not all(denominators):
        raise UnitError("unit_dimension", where, unit, expected_unit="t/…")
    if len(denominators) > 1:
        return numerator, "·".join(denominators)
    inner = denominators[0]
    return numerator, inner[1:-1].strip() if is_bracketed(inner) else inner


def _tidy(number: float) -> float:
    """Remove the last-bit noise of chained conversions (1000.0000000000001 is 1000)."""
    rounded = float(f"{number:.15g}")
    return rounded if abs(rounded - number) <= 4e-16 * abs(number) else number


def _strokes(unit: str) -> str:
    """Write strokes and brackets in one way, and leave the names as they were written."""
    return re.sub(r"\s+per\s+", "/", unit.replace("（", "(").replace("）", ")").replace("／", "/"))
