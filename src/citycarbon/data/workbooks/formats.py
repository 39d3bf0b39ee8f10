"""What a number format shows of a number: a share in per cent, a day, a month, a year, an hour, or a day without its year.

Comes in: format codes and styles of a workbook. Goes out: a :class:`Shown` for each, and the text that a person sees where it
says something else than the number. Not for: decimals and colours.
"""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from citycarbon.data.workbooks import wording

_BUILT_IN = {
    9: "0%", 10: "0.00%", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
}  # fmt: skip
_CHINESE = {
    27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy", 31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"', 34: 'AM/PM h"时"mm"分"', 35: 'AM/PM h"时"mm"分"ss"秒"', 36: 'yyyy"年"m"月"',
    50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: 'm"月"d"日"', 55: 'AM/PM h"时"mm"分"',
    56: 'AM/PM h"时"mm"分"ss"秒"', 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip
"""Formats that Chinese Excel has by number alone (ECMA-376 part 1, 18.8.30, zh-cn): 57 is what 2020年8月 becomes when typed."""
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKETS = re.compile(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", re.IGNORECASE)
_NOON = re.compile(r"AM/PM|A/P|上午/下午", re.IGNORECASE)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_EPOCH = datetime.datetime(1899, 12, 30)
_LATER = 1462
"""Days between the two ways in which workbooks count days: from 1900, or from 1904."""
_LAST_SERIAL = 2958465
_LAST_YEAR = 2200
"""A number up to this one in a format of dates is rather a year that was typed into it than a day before 1907."""


_SPECIAL = ("percent", "month", "year", "no_year", "clock", "worded", "padded", "spanned")


@dataclass(frozen=True)
class Shown:
    """What a format shows: ``plain``, ``percent``, ``day``, ``moment``, ``month``, ``year``, ``no_year`` or ``clock``.

    ``worded`` is a number with words or without its thousands, ``padded`` one with zeros before it, ``spanned`` a date with words
    that make it none.
    """

    kind: str
    code: str
    by_number: bool = False
    struck: bool = False

    @property
    def special(self) -> bool:
        """Whether the plain reading of a cell says something else than what is seen."""
        return self.struck or self.kind in _SPECIAL or (self.by_number and self.kind != "plain")

    @property
    def exact(self) -> bool:
        """Whether the stored number is the one that is seen, only written otherwise."""
        return self.kind in ("percent", "padded") and not self.struck


def shown(number: int, code: str | None = None) -> Shown:
    """Tell what a format shows, by its number or its code.

    Examples
    --------
    >>> shown(57).kind, shown(200, "yyyy/m/d").kind, shown(200, "0.0%").kind, shown(200, "[h]:mm").kind
    ('month', 'day', 'percent', 'clock')
    """
    if code is None and number in _CHINESE:
        return Shown(_kind(_CHINESE[number]), _CHINESE[number], by_number=True)
    text = code if code is not None else _BUILT_IN.get(number, "General")
    return Shown(_told(_kind(text), text), text)


def _told(kind: str, code: str) -> str:
    """Look at what a format says beside its number or date."""
    if kind in ("plain", "percent") and wording.tells(code.replace("%", "") if kind == "percent" else code):
        return "worded"
    if kind == "plain" and re.fullmatch("0{2,}", code):
        return "padded"
    return "spanned" if kind in ("day", "moment", "month", "year") and wording.words_of_date(code) else kind


def _kind(code: str) -> str:
    first = _BRACKETS.sub("", _NOON.sub("h", _QUOTED.sub("", code))).split(";")[0].lower()
    if _ELAPSED.search(first):
        return "clock"
    if "general" in first:
        return "plain"
    if "%" in first:
        return "percent"
    if re.search(r"[0#?]", re.sub(r"[.,]0+", "", first)) and not re.search(r"[ydhs]", first):
        return "plain"
    year, day, hour = (bool(re.search(signs, first)) for signs in ("[ye]", "d", "[hs]"))
    month = "m" in first
    if not (year or day or hour or month):
        return "plain"
    if hour and not (year or day):
        return "clock"
    if not year:
        return "no_year"
    if hour:
        return "moment"
    return "day" if day else "month" if month else "year"


def seen(text: str, format_: Shown, *, from_1904: bool = False) -> str | None:
    """Give what is seen of a number in a special format; None if it is the number itself.

    Parameters
    ----------
    text
        The stored number.
    format_
        Its format.
    from_1904
        Whether the workbook counts days from 1904.

    Examples
    --------
    >>> seen("44044", shown(57)), seen("0.95", shown(9)), seen("44562", shown(200, "yyyy"))
    ('2020-08', '95%', '2022')
    """
    if format_.kind in ("plain", "percent"):
        return _percent(text) if format_.kind == "percent" else None
    if format_.kind == "padded":
        return text.zfill(len(format_.code)) if text.isdigit() else None
    if format_.kind == "worded":
        return wording.written(text, format_.code)
    moment = _moment(text, from_1904=from_1904)
    if moment is None:
        return None
    day = moment.date().isoformat()
    if format_.kind == "spanned" or (format_.kind in ("day", "month", "year") and _typed_year(text)):
        return f"{day} ({format_.code})"
    if format_.kind == "clock":
        return f"{_clock(text) or moment} ({format_.code})"
    if format_.kind == "no_year":
        return f"{day} ({format_.code})"
    midnight = moment.time() == datetime.time()
    last = calendar.monthrange(moment.year, moment.month)[1]
    if format_.kind == "month" and midnight and moment.day in (1, last):
        return day[:7]
    if format_.kind == "year" and midnight and day[5:] in ("01-01", "12-31"):
        return day[:4]
    return day if midnight else str(moment)


def _percent(text: str) -> str | None:
    try:
        number = (Decimal(text) * 100).normalize()
    except InvalidOperation:
        return None
    return f"{number:f}%" if number.is_finite() else None


def _moment(text: str, *, from_1904: bool) -> datetime.datetime | None:
    """Give the moment of a serial number, or of a date that is written out, to the second."""
    try:
        number = float(text) + (_LATER if from_1904 else 0)
    except ValueError:
        try:
            return datetime.datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)
        except ValueError:
            return None
    if not 0 <= number <= _LAST_SERIAL:
        return None
    return _EPOCH + datetime.timedelta(seconds=round(number * 86400))


def _typed_year(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,4}(\.0+)?", text)) and float(text) <= _LAST_YEAR


def _clock(text: str) -> str:
    """Write hours of a day or a duration; a number that is a day with its hours is none."""
    try:
        seconds = round(float(text) * 86400)
    except ValueError:
        return ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" if seconds < 1000 * 86400 else ""
