"""What a number format writes beside a number, or takes from it: words, units, powers, thousands that are left out.

Comes in: a format code and a stored number as text. Goes out: whether the format tells more than the number, and the text that a
person sees. ``0"万"`` shows 5万 for 5, ``0!.0,`` shows 1.2 for 1200: read as 5 and 1200 they would be other figures than those on
the screen. Not for: dates (:mod:`citycarbon.data.workbooks.formats`), decimals, colours and signs of money.
"""

from __future__ import annotations

import re

_PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|_.|\*.|\[[^\]]*\]|(?P<bare>[\u2e80-\u9fff\uff00-\uffef%‰‱℃°]+)|General'
)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)\]")
_SCALED = re.compile(r"[0#?],+(?![0#?,])")
_SIGNS = "%‰‱≈~<>±×†‡§*"
_PERIOD_WORDS = re.compile(r"年度|[年月日号]")
_DATE_WORDS = re.compile(r"上午|下午|星期|周|月份|[年月日号时点分秒T]|AM|PM", re.IGNORECASE)


def tells(code: str) -> bool:
    """Tell whether a format of numbers says more than the number in any of its sections.

    Examples
    --------
    >>> [tells(code) for code in ('0"万吨"', "#,##0,", "#,##0.00", '_ * #,##0.00_ ;_ * "-"??_ ', '0"年"')]
    [True, True, False, False, False]
    """
    return any(_worded(section) or _hidden(section) for section in _sections(code))


def written(text: str, code: str) -> str | None:
    """Give what is seen of a number; None if it is the number itself.

    Examples
    --------
    >>> written("5", '0"万"'), written("12000", "0!.0,"), written("95", '0"%"'), written("5", "#,##0.00")
    ('5万', '12000 (0!.0,)', '95%', None)
    """
    section = _section_for(text, _sections(code))
    if _hidden(section):
        return f"{text} ({code})"
    if not _worded(section):
        return None
    before, after = _around(section)
    return f"{before}{text}{after}" if re.search(r"[0#?]|General", _without_words(section)) else before or after


def words_of_date(code: str) -> bool:
    """Tell whether a format of dates says more than the date: ``yyyy"年1-"m"月"`` shows a span for its last month.

    Examples
    --------
    >>> words_of_date('yyyy"年"m"月"'), words_of_date('yyyy"年1-"m"月"'), words_of_date('"截至"yyyy"年"m"月"')
    (False, True, True)
    """
    words = "".join(_words(piece) for piece in _PIECE.finditer(_sections(code)[0]))
    return any(sign.isalnum() or sign in _SIGNS for sign in _DATE_WORDS.sub("", words))


def _sections(code: str) -> list[str]:
    """Part a code at the semicolons that stand outside quotation marks."""
    parts = [""]
    for piece in re.findall(r'"[^"]*"?|[\\!].|\[[^\]]*\]|.', code):
        if piece == ";":
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _section_for(text: str, sections: list[str]) -> str:
    """Give the section by which a number is shown: by its own conditions, or by sign."""
    try:
        number = float(text)
    except ValueError:
        return sections[0]
    found = [_CONDITION.search(section) for section in sections]
    if any(found):
        holds = {"<": number.__lt__, ">": number.__gt__, "=": number.__eq__, "<=": number.__le__, ">=": number.__ge__,
                 "<>": number.__ne__}  # fmt: skip
        for condition, section in zip(found, sections, strict=True):
            if condition is None or holds[condition[1]](float(condition[2])):
                return section
        return sections[-1]
    numbers = sections[:3]
    if number < 0 and len(numbers) > 1:
        return numbers[1]
    return numbers[2] if number == 0 and len(numbers) > 2 else numbers[0]


def _words(piece: re.Match[str]) -> str:
    return next((each for each in (piece["quoted"], piece["escaped"], piece["bare"]) if each is not None), "")


def _without_words(section: str) -> str:
    return _PIECE.sub(lambda piece: "General" if piece.group() == "General" else "", section)


def _around(section: str) -> tuple[str, str]:
    """Give the words before and behind the digits."""
    words = [(piece.start(), _words(piece)) for piece in _PIECE.finditer(section)]
    digits = [place.start() for place in re.finditer(r"[0#?]|General", _PIECE.sub(_masked, section))]
    first = digits[0] if digits else len(section)
    return "".join(word for at, word in words if at < first), "".join(word for at, word in words if at > first)


def _masked(piece: re.Match[str]) -> str:
    return piece.group() if piece.group() == "General" else "\x00" * len(piece.group())


def _worded(section: str) -> bool:
    """Tell whether the words of a section mean something: letters, digits, a sign such as %; not money, brackets or a dash."""
    words = _PERIOD_WORDS.sub("", "".join(_words(piece) for piece in _PIECE.finditer(section)))
    return any(sign.isalnum() or sign in _SIGNS for sign in words)


def _hidden(section: str) -> bool:
    """Tell whether thousands are left out, or a point stands among the digits that is none of the number."""
    return bool(_SCALED.search(_without_words(section))) or bool(
        re.search(r'[0#?,](?:"[.,·]"|[\\!][.,·])[0#?]', section)
    )
