"""Years of emissions beside the dates and intervals of OGC API - Features.

Comes in: a period of the account, and ``datetime`` of a request. Goes out: whether they meet. Not for: choosing among years.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta

from citycarbon.core.errors import InputError, Where

_OPEN = ("", "..")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))?", re.I)
_DURATION = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
                       r"(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")  # fmt: skip
_LEAP = re.compile(r":60(?=[.Z+-]|$)", re.I)
_WANTED = "2022-01-31 | 2022-01-31T00:00:00Z | 2022-01-01/2022-12-31 | ../2022-12-31"


def interval_of(period: str) -> tuple[str, str]:
    """Give first and last second of a year, month or day in UTC, as RFC 3339 writes them."""
    year, month, day = (int(part) for part in (f"{period}-0-0".split("-"))[:3])
    first = datetime(year, month or 1, day or 1, tzinfo=UTC)
    end_month = month or 12
    last = datetime(year, end_month, day or calendar.monthrange(year, end_month)[1], tzinfo=UTC)
    end = last + timedelta(days=1, seconds=-1)
    return first.strftime("%Y-%m-%dT%H:%M:%SZ"), end.strftime("%Y-%m-%dT%H:%M:%SZ")


def period_meets(period: str, asked: str) -> bool:
    """Tell whether a period of the account meets a date or an interval of dates.

    Raises
    ------
    InputError
        ``query_wrong`` if it cannot be read.
    """
    parts = asked.split("/")
    if len(parts) > 2 or all(part in _OPEN for part in parts):
        raise InputError("query_wrong", Where(item="datetime"), asked, wanted=_WANTED)
    low, high = _ends(parts, asked)
    if low is not None and high is not None and low > high:
        raise InputError("query_wrong", Where(item="datetime"), asked, wanted=_WANTED)
    first, last = (datetime.fromisoformat(text) for text in interval_of(period))
    return (low is None or low <= last) and (high is None or high >= first)


def _ends(parts: list[str], asked: str) -> tuple[datetime | None, datetime | None]:
    """Give the ends of an interval, of which one may be a duration from the other."""
    first, last = parts[0].upper(), parts[-1].upper()
    if len(parts) == 2 and last.startswith("P"):
        low = _moment(parts[0], asked, last=False)
        return low, _after(low, last, asked, 1)
    if len(parts) == 2 and first.startswith("P"):
        high = _moment(parts[1], asked, last=True)
        return _after(high, first, asked, -1), high
    return _moment(parts[0], asked, last=False), _moment(parts[-1], asked, last=True)


def _after(start: datetime | None, duration: str, asked: str, sign: int) -> datetime:
    """Give the moment a duration after another, or before it."""
    found = _DURATION.fullmatch(duration)
    if start is None or found is None or not any(found.groups()) or duration.endswith("T"):
        raise InputError("query_wrong", Where(item="datetime"), asked, wanted=_WANTED)
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) * sign for part in found.groups())
    count = start.year * 12 + start.month - 1 + years * 12 + months
    try:
        year, month = divmod(count, 12)
        day = min(start.day, calendar.monthrange(year, month + 1)[1])
        shifted = start.replace(year=year, month=month + 1, day=day)
        return shifted + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError) as error:
        raise InputError("query_wrong", Where(item="datetime"), asked, wanted=_WANTED) from error


def _moment(text: str, asked: str, *, last: bool) -> datetime | None:
    """Read an end of an interval; a day is meant whole, an open end is none."""
    if text in _OPEN:
        return None
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        # RFC 3339 has leap seconds, Python has none.
        found = datetime.fromisoformat(_LEAP.sub(":59", text.upper().replace(" ", "T")))
    except ValueError as error:
        raise InputError("query_wrong", Where(item="datetime"), asked, wanted=_WANTED) from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
        return found + timedelta(days=1, seconds=-1) if last else found
    return found
