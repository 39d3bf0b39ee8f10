"""The one judge of cells: which text is a number, a share in per cent, a period, an hour, and which is none of them.

Comes in: cells as text, and exact numbers of a workbook beside them. Goes out: numbers and marks of what is none, or periods in
ISO form. Nothing is folded before it is judged but the width of digits and signs. Not for: what a column means
(:mod:`citycarbon.data.typed`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from citycarbon.data.spelling import narrow

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
"""A plain number: digits of ASCII, one point, no separators, no marks."""
_PERCENT = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)\s*%$"
_GROUPED = r"^[+-]?[0-9]{1,3}([,\s\u00a0\u2009\u202f][0-9]{3})+(\.[0-9]+)?$"
_SEPARATORS = r"[,\s\u00a0\u2009\u202f]"
_NOT_FINITE = ["nan", "inf", "-inf", "infinity", "-infinity", "+inf", "1.#inf", "1.#qnan", "#n/a"]
_MONTH, _DAY = "([0-9]{1,2})", "([0-9]{1,2})"
_MIDNIGHT = r"(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?"
_YEAR_FORMS = (r"^([0-9]{4})(?:\.0+)?$", r"^([0-9]{4})\s*年(?:度|全年)?$")
_MONTH_FORMS = (
    rf"^([0-9]{{4}})-{_MONTH}$", rf"^([0-9]{{4}})/{_MONTH}$", rf"^([0-9]{{4}})\s*年\s*{_MONTH}\s*(?:月份?)?$",
    r"^([0-9]{4})(0[1-9]|1[0-2])$",
)  # fmt: skip
_DAY_FORMS = (
    rf"^([0-9]{{4}})-{_MONTH}-{_DAY}{_MIDNIGHT}$", rf"^([0-9]{{4}})/{_MONTH}/{_DAY}{_MIDNIGHT}$",
    rf"^([0-9]{{4}})\s*年\s*{_MONTH}\s*月\s*{_DAY}\s*[日号]?{_MIDNIGHT}$", r"^([0-9]{4})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$",
)  # fmt: skip
_HOUR = (
    r"^([0-9]{4})([-/年])([0-9]{1,2})([-/月])([0-9]{1,2})日?[ T]+([0-9]{1,2})"
    r"(?::([0-9]{1,2})(?::([0-9]{1,2}(?:\.[0-9]+)?))?)?$"
)
_TYPED_YEAR = r"^(1905-0[3-9]|1899-|1900-0[12])"
"""Where years such as 2022 and a mere 0 land when a workbook takes them for the number of a day."""
_PART_OF_YEAR = re.compile(
    r"(?P<span>(?<![0-9])[0-9]{1,2}\s*月?\s*[-‐-―~～－至到、]\s*[0-9]{1,2}\s*月|[上下]半年|(?:[一二三四1-4]|前[两二三])\s*季度|[Qq][1-4](?![0-9A-Za-z])"
    r"|(?<![A-Za-z])[Hh][12](?![0-9A-Za-z])|截[至止])|(?<![0-9])(?:1[0-2]|0?[1-9])\s*月(?!报)"
)
_WHOLE_YEAR = re.compile(r"(?<![0-9])0?1\s*月?\s*[-‐-―~～－至到]\s*12\s*月")
_POINTED = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$"
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"


@dataclass(frozen=True)
class Judged:
    """Numbers of a column of cells; which cells are plain numbers, which are shares in per cent, which are NaN or infinite.

    A share in per cent has its number in parts of one: ``95 %`` is 0.95.
    """

    values: pl.Series
    plain: pl.Series
    percent: pl.Series
    endless: pl.Series


def judge(cells: pl.Series, exact: pl.Series | None = None, *, grouped: bool = False) -> Judged:
    """Judge a column of cells.

    Parameters
    ----------
    cells
        Texts; empty cells are null.
    exact
        Numbers of a workbook beside them, which may be more exact than their texts; they count only where the text is a number.
    grouped
        Whether thousands may be set apart by commas or blanks, in groups of three, as printed tables do.

    Examples
    --------
    >>> judge(pl.Series(["120", "１２０", "120①", "12²", "95 %", "1,0"])).values.to_list()
    [120.0, 120.0, None, None, 0.95, None]
    """
    text = narrow(cells)
    if grouped:
        whole = text.str.contains(_GROUPED).fill_null(False)
        text = text.zip_with(~whole, text.str.replace_all(_SEPARATORS, ""))
    plain, percent = text.str.contains(NUMBER).fill_null(False), text.str.contains(_PERCENT).fill_null(False)
    values = text.set(~plain, None).cast(pl.Float64, strict=False)
    if percent.any():
        # The exponent moves the point as a person does; a division by 100 may miss by a bit.
        shares = (text.set(~percent, None).str.strip_chars_end("% ") + "e-2").cast(pl.Float64, strict=False)
        values = values.zip_with(~percent, shares)
    if exact is not None:
        good = (plain | percent) & exact.is_not_null()
        values = values.zip_with(~good, exact)
    endless = text.str.to_lowercase().is_in(_NOT_FINITE).fill_null(False) | (
        values.is_infinite().fill_null(False) & plain
    )
    return Judged(values, plain, percent, endless)


def two_readings(cells: pl.Series) -> pl.Series:
    """Tell which numbers of a file parted by semicolons may be thousands: ``1.234`` is 1234 where a comma stands for decimals.

    Examples
    --------
    >>> two_readings(pl.Series(["1.234", "0.234", "12.5", "1234.567"])).to_list()
    [True, False, False, False]
    """
    return narrow(cells).str.contains(_POINTED).fill_null(False)


def part_of_year(text: str, *, months: bool = True) -> str | None:
    """Give the words of a title or header that name a part of a year: 1-6月, 上半年, 三季度, Q1, or with ``months`` 7月.

    1-12月 is the whole of it.

    Examples
    --------
    >>> part_of_year("2022年1—6月能源平衡表"), part_of_year("2022年7月"), part_of_year("2022年7月", months=False)
    ('1—6月', '7月', None)
    """
    found = _PART_OF_YEAR.search(_WHOLE_YEAR.sub("", narrow(pl.Series([text]))[0]))
    return found.group() if found and (months or found["span"]) else None


def number_of(text: str) -> float | None:
    """Give the number that a text is, or nothing; the same judgement as for cells.

    Examples
    --------
    >>> number_of("1.5"), number_of("1_000"), number_of("12²")
    (1.5, None, None)
    """
    judged = judge(pl.Series([text.strip()], dtype=pl.String))
    return judged.values[0] if judged.plain[0] and not judged.endless[0] else None


def periods(cells: pl.Series, *, workbook: bool = False) -> pl.Series:
    """Write periods in ISO form; a text that is no year, month or day as a whole stays as it is, for the check to refuse.

    Parameters
    ----------
    cells
        Texts such as 2019, 2019年, 2019年7月, 2019/7, 201907, 2019年7月5日, or a day at 0:00.
    workbook
        Whether they come from a workbook, where a year typed into a cell of dates becomes a day of 1905.

    Examples
    --------
    >>> periods(pl.Series(["2019年7月", "2019/7/5", "2022年1-6月", "2022年1月①"])).to_list()
    ['2019-07', '2019-07-05', '2022年1-6月', '2022年1月①']
    """
    distinct = cells.unique().drop_nulls()
    text = narrow(distinct)
    made = pl.Series([None] * len(text), dtype=pl.String)
    for forms, parts in ((_YEAR_FORMS, 1), (_MONTH_FORMS, 2), (_DAY_FORMS, 3)):
        for form in forms:
            met = text.str.extract_groups(form).struct.unnest() if len(text) else pl.DataFrame()
            if not len(text):
                continue
            pieces = [met.to_series(0), *[met.to_series(number).str.zfill(2) for number in range(1, parts)]]
            joined = pl.select(pl.concat_str(pieces, separator="-")).to_series()
            made = made.zip_with(made.is_not_null(), joined)
    if workbook:
        early = distinct.str.contains(_TYPED_YEAR) & distinct.str.contains(r"[ T]00:00:00")
        made = made.set(early.fill_null(False), None)
    made = made.zip_with(made.is_not_null(), distinct)
    changed = dict(zip(distinct.to_list(), made.to_list(), strict=True))
    return cells.replace({old: new for old, new in changed.items() if old != new}) if changed else cells


def hours(cells: pl.Series) -> pl.Series:
    """Read hours as moments; what is no full hour of a day from 0 to 23 is null.

    A moment that a spreadsheet computed may lie a hundredth of a second beside the hour, and is that hour.

    Examples
    --------
    >>> hours(pl.Series(["2022-07-01 01", "2022/7/1 1:00", "2022-07-01 00:59:59.997", "2022-07-01 24:00"])).dt.hour().to_list()
    [1, 1, 1, None]
    """
    text = narrow(cells).str.replace(r"日\s*", "日 ").str.replace(r"\s*[时点]\s*$", ":00")
    met = text.str.extract_groups(_HOUR).struct.unnest()
    year, month, day, hour, minute, second = (
        met.to_series(number).fill_null("0").cast(pl.Float64) for number in (0, 2, 4, 5, 6, 7)
    )
    same = (met.to_series(1).replace("年", "月") == met.to_series(3)).fill_null(False)
    beside = minute * 60.0 + second
    # A lone digit after a day may be anything; with minutes, or two of them, it is an hour.
    same &= met.to_series(6).is_not_null() | (met.to_series(5).str.len_chars() == 2).fill_null(False)
    full = same & (hour < 24) & (minute < 60) & (second < 60) & ((beside < 0.5) | (beside > 3599.5))
    pieces = [year, month, day, hour + (beside > 1800.0).cast(pl.Float64)]
    parts = pl.DataFrame([piece.cast(pl.Int64).alias(name) for piece, name in zip(pieces, "ymdh", strict=True)])
    written = pl.format(
        "{}-{}-{}", "y", pl.col("m").cast(pl.String).str.zfill(2), pl.col("d").cast(pl.String).str.zfill(2)
    )
    days = parts.select(written.str.to_datetime("%Y-%m-%d", strict=False)).to_series()
    moments = parts.select(pl.lit(days) + pl.duration(hours="h")).to_series()
    return moments.set(~full.fill_null(False), None)


def visible(text: str) -> str:
    """Write signs that nobody sees as their code points, for a message."""
    return re.sub(f"[{_INVISIBLE}\u00a0\u2009\u202f\u3000]", lambda sign: f"<U+{ord(sign[0]):04X}>", text)


def trimmed(cells: pl.Expr) -> pl.Expr:
    """Strip blanks and signs that nobody sees from both ends; what is empty then is null."""
    return cells.str.strip_chars().str.strip_chars(_INVISIBLE).str.strip_chars().replace("", None)
