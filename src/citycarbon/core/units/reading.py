"""From a unit text to a quantity: names of the list, powers before them, strokes, brackets and dots.

Comes in: unit texts as people write them, Chinese or not. Goes out: an expression of listed names, and the quantity that it
is. Not for: names and sizes (:mod:`citycarbon.core.units.names`) and conversions (:mod:`citycarbon.core.units.converting`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from citycarbon.core.errors import UnitError
from citycarbon.core.units.names import GASES, LENGTHS, MASSES, OTHERWISE, POWERS, TWO_READINGS, UNITS

if TYPE_CHECKING:
    import pint

_ALLOWED = re.compile(r"[A-Za-z0-9_\s/*^().+\-·×（）／%％‰℃°㎡㎥μµ⁰¹²³⁴⁵⁶⁷⁸⁹₂@,\u4e00-\u9fff]*")
_TOKEN = re.compile(
    r"(?P<state>N?[mM](?:\^?3)?@\d+C?(?![A-Za-z0-9]))"
    r"|(?P<number>\d+(?:,\d{3})*(?:\.\d+)?(?:[eE]-?\d+(?![A-Za-z0-9]))?)"
    r"|(?P<word>[A-Za-zμ_][A-Za-zμ_0-9]*(?:-(?:km|eq|e)(?![A-Za-z0-9]))?)"
    r"|(?P<han>[\u4e00-\u9fff]+)"
    r"|(?P<sign>[%‰℃])"
)
_STATES = {"0": "Nm3", "15": "m3_15C", "20": "m3_20C"}
_SIGNS = {"%": "percent", "‰": "permille", "℃": "degC"}
_BRACKETED = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
_POWER = "|".join(sorted(POWERS, key=len, reverse=True))
_INNER_STROKE = re.compile(r"\([^()]*/(\d|[^()]*[·*])[^()]*\)")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED_TEN = re.compile(r"(?<![\d.])10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_TEN = re.compile(r"(?<![\d.])10\s?\^\s?(1[0-2]|[1-9])(?!\d)\s*[*·]?\s*(?=([A-Za-zμ(\u4e00-\u9fff])?)")
_LOST = re.compile(r"10[1-9]|1010|1011|1012")
"""A power of ten whose exponent has lost its place: 104t was 10⁴t."""
_JOINED_GAS = re.compile(rf"(?<=[a-z])-({'|'.join(GASES)})(?![A-Za-z0-9-])")
_REFUSED = re.compile(r"\*\*|\^(?![23](?![\d^.]))|\)\^|\d{5}|e-?\d\d\d|,|@|[-+](?<!\de-)")


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Give the one unit registry, which knows the names of the list and no others; built on first use."""
    import pint

    made: pint.UnitRegistry[Any] = pint.UnitRegistry(None, autoconvert_offset_to_baseunit=True, cache_folder=None)
    for name, size, _, _ in UNITS:
        made.define(f"{name} = {size}" if size != "1" else f"{name} = []")
    return made


@cache
def spellings() -> dict[str, str]:
    """Give every spelling in letters, with the listed name (or a power of it) that it stands for."""
    found = {name: name for name, *_ in UNITS} | {each: name for name, _, more, _ in UNITS for each in more.split()}
    found |= {f"{length}{power}": f"{length}^{power}" for length in LENGTHS for power in "23"}
    found |= {f"{mass}{link}{gas}": found[mass] for mass in MASSES for gas in GASES for link in ("", "_")}
    return found


@cache
def chinese() -> dict[str, str]:
    """Give every Chinese name, without powers, with the listed name that it stands for."""
    return {each: name for name, _, _, names in UNITS for each in names.split()}


def normalise(unit: str) -> str:
    """Turn a unit text in Chinese or in the field's spelling into an expression of listed names.

    In ``kg/m²·年`` the dot binds what follows the stroke into the denominator, as printed tables mean it; a second stroke
    divides again (``t/万人/年``). A blank between two units is a product. A degree inside a larger unit is a difference, K.

    Raises
    ------
    UnitError
        If the text can be read in two ways: a product behind a stroke, or a name of two sizes, such as ``ton`` or ``gallon``;
        or if it holds a name that is not listed.

    Examples
    --------
    >>> normalise("万吨"), normalise("kg/m²·年"), normalise("亿kWh"), normalise("千吨标准煤")
    ('1e4*t', 'kg/(m^2*a)', '1e8*kWh', '1e3*tce')
    """
    text = _TOKEN.sub(lambda match: _named(match, unit), re.sub(r"\s+per\s+", "/", plain(unit)))
    # A gas that stood for itself leaves nothing; what touches or is parted by a blank or a full stop is a product.
    text = re.sub(r"\s*([/*·()^])\s*", r"\1", text.strip())
    text = re.sub(r"(?<=[\w)])(?:\s+(?=[A-Za-zμ(\d])|\.(?=[A-Za-zμ(])|(?=\())", "·", text)
    text = text if text == "degC" else re.sub(r"(?<![A-Za-z_])degC(?![A-Za-z_])", "K", text)
    if _INNER_STROKE.search(text):
        raise _two_readings(unit)
    head, *denominators = between_strokes(text)
    return "/".join([head.replace("·", "*"), *(_denominator(part, unit) for part in denominators)])


def plain(unit: str) -> str:
    """Write the signs of a unit text in one way; nothing is folded that the list of signs does not name."""
    text = _RAISED_TEN.sub(lambda found: f"10^{found[1].translate(_RAISED)}", unit.strip())
    text = text.replace("×", "*").replace("²", "^2").replace("³", "^3").replace("°C", "℃").replace("℃", "\0")
    text = unicodedata.normalize("NFKC", text).replace("\0", "℃")
    text = text.replace("二氧化碳当量", "CO2e").replace("二氧化碳", "CO2").replace("CO2当量", "CO2e")
    text = text.replace("甲烷", "CH4").replace("氧化亚氮", "N2O").replace("六氟化硫", "SF6")
    text = _TEN.sub(lambda found: f"1e{found[1]}{'·' if found[2] else ''}", text)
    text = _JOINED_GAS.sub(r" \1", text)
    text = text.replace("room-night", "room_night").replace("person-trip", "person_trip")
    text = re.sub(r"(?<![A-Za-z])Nm\^3", "Nm3", text.replace("CO2-eq", "CO2eq").replace("CO2-e", "CO2e"))
    # How the coal of electricity is counted stands in brackets behind the unit: 万吨标准煤（当量值）.
    text = re.sub(r"(标准煤|标煤|ce)\s*\(?(当量|等价)值?\)?", r"\1\2值", text).replace("ce当量值", "ce_calorific")
    return re.sub(r"\s+", " ", text)


def _named(match: re.Match[str], unit: str) -> str:
    """Give a token in the names of the list, parted from a token that touches it in front."""
    token, kind, text = match.group(), match.lastgroup, match.string
    before = text[match.start() - 1 : match.start()]
    part = "·" if kind != "number" and re.fullmatch(r"[\w%‰℃]", before) else ""
    if kind == "number":
        if _LOST.fullmatch(token):
            raise _two_readings(unit, f"10^{token[2:]}, or a figure in value")
        return token.replace(",", "")
    if kind == "sign":
        return part + _SIGNS[token]
    if kind == "state":
        return part + _state(token, unit)
    if kind == "han":
        return part + _chinese_name(token, text[match.end() :].lstrip(), unit)
    if token in GASES:
        return ""
    if token in spellings():
        return part + spellings()[token]
    raise _not_listed(token, unit)


def _state(token: str, unit: str) -> str:
    degrees = re.search(r"@(\d+)C", token)
    if degrees is None or degrees.group(1) not in _STATES or token[0] in "NM":
        raise UnitError("unit_unknown", found=unit)
    return _STATES[degrees.group(1)]


def _chinese_name(run: str, rest: str, unit: str) -> str:
    """A run of Chinese is powers and one name, or powers alone before a name in letters or a bracket."""
    if run in TWO_READINGS or run in OTHERWISE:
        raise _not_listed(run, unit)
    powers: list[str] = []
    left = run
    while left and left not in chinese():
        found = re.match(_POWER, left)
        if found is None:
            raise _not_listed(left, unit)
        powers.append(POWERS[found.group()])
        left = left[found.end() :]
    if not left and not re.match(r"[A-Za-zμ(%‰\u4e00-\u9fff]", rest):
        raise UnitError("unit_unknown", found=unit)
    return "·".join([*powers, chinese()[left]] if left else powers)


def _not_listed(token: str, unit: str) -> UnitError:
    """Say what to write instead of a name that is not on the list, where that is known."""
    if token in TWO_READINGS:
        return _two_readings(unit, TWO_READINGS[token])
    if token in OTHERWISE:
        return UnitError("unit_written_otherwise", found=unit, write=OTHERWISE[token])
    alike = sorted({name for spelling, name in spellings().items() if spelling.lower() == token.lower()})
    if len(alike) == 1:
        return UnitError("unit_written_otherwise", found=unit, write=alike[0])
    return UnitError("unit_unknown", found=unit)


def _two_readings(unit: str, write: str = "") -> UnitError:
    return UnitError("unit_ambiguous", found=unit, write=write or "kg/(m^2*a), kWh/(m^2*a)")


def between_strokes(text: str) -> list[str]:
    """Cut a unit text at the strokes that stand outside brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "/" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def is_bracketed(part: str) -> bool:
    """Tell whether a text is one pair of brackets with what it holds."""
    return bool(_BRACKETED.fullmatch(part))


def _denominator(part: str, unit: str) -> str:
    """Bracket what belongs together behind a stroke; refuse what may or may not belong to it."""
    if is_bracketed(part):
        return part.replace("·", "*")
    if "*" in part or "(" in part:
        raise _two_readings(unit)
    return "(" + part.replace("·", "*") + ")" if "·" in part else part


@lru_cache(maxsize=4096)
def parse(unit: str) -> pint.Quantity[Any]:
    """Read a unit text as a pint quantity (a magnitude and a unit).

    Raises
    ------
    UnitError
        If the text names no listed unit, or can be read in two ways.
    """
    if len(unit) > 60 or not _ALLOWED.fullmatch(unit):
        raise UnitError("unit_unknown", found=unit)
    text = normalise(unit)
    if _REFUSED.search(text):
        raise UnitError("unit_unknown", found=unit)
    try:
        ureg = registry()
        quantity = ureg.Quantity(ureg.parse_expression(text) if text not in ("", "1") else 1.0)
        sound = 0 < float(quantity.magnitude) < float("inf")
    except Exception as error:
        raise UnitError("unit_unknown", found=unit) from error
    if not sound:
        raise UnitError("unit_unknown", found=unit)
    return quantity
