"""Names of an energy balance table: which spelling means which row of the balance and which column (fuel).

Comes in: names as yearbooks print them, with numbering, marks of sub-totals and signs. Goes out: codes of the lists
``energy_balance_rows.csv`` and ``energy_balance_columns.csv``. Not for: reading files
(:mod:`citycarbon.data.exchange.balances`).
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from citycarbon.data.library import shipped_rows
from citycarbon.data.spelling import compatible

_SIGNS = re.compile(r"\([+\-−–—、,/正负增减\s]*\)")
_NUMBERING = re.compile(r"^(其中[::]?|#|\*|[一二三四五六七八九十]+[、.,]|\([一二三四五六七八九十\d]+\)|\d+[.、,)]*)")
_POINTS = re.compile(r"[\s()\[\]、,。.;:·&/_\-−–—+#*]|[和及与]")
_ENGLISH_AND = re.compile(r"\band\b|\bof\b|\bthe\b", re.IGNORECASE)


def folded(name: str) -> str:
    """Fold a name for comparison: width, case, blanks, numbering, ``#``, ``其中:``, signs such as (-) and punctuation.

    Examples
    --------
    >>> folded("（二）加工转换投入(-)产出(+)量"), folded("  # 用作原料、材料"), folded("1.工 业")
    ('加工转换投入产出量', '用作原料材料', '工业')
    """
    text = re.sub(r"\s+", " ", compatible(name)).strip()
    text = _ENGLISH_AND.sub("", text).replace(" ", "")
    text = _SIGNS.sub("", text)
    before = ""
    while before != text:
        before, text = text, _NUMBERING.sub("", text)
    return _POINTS.sub("", text).casefold()


@cache
def balance_rows() -> pl.DataFrame:
    """Give the list of balance rows: code, parent, names, kind, sign, relation to the parent, sector, aliases."""
    return shipped_rows("classifications/lists/energy_balance_rows.csv")


@cache
def balance_columns() -> pl.DataFrame:
    """Give the list of balance columns: activity or total, parent, names, kind, usual unit, whether it is burnt."""
    return shipped_rows("classifications/lists/energy_balance_columns.csv")


@cache
def row_spellings() -> dict[str, tuple[str, ...]]:
    """Give folded spellings and the codes that each may mean; recovered energy stands in two sections."""
    return _spellings(balance_rows())


@cache
def column_spellings() -> dict[str, tuple[str, ...]]:
    """Give folded spellings of columns and their codes."""
    return _spellings(balance_columns())


def _spellings(listed: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, zh, en, alias in listed.select("code", "name_zh", "name_en", "alias").iter_rows():
        for spelling in dict.fromkeys(folded(name) for name in (zh, en, *(alias or "").split("|")) if name):
            found[spelling] = (*found.get(spelling, ()), code)
        found.setdefault(folded(code), (code,))
    return found


def row_code(name: str, section: str | None = None) -> str | None:
    """Give the code of a row name; a name that stands in two sections needs the section in which it was found.

    Parameters
    ----------
    name
        Code, or name as printed.
    section
        Code of the section (``supply``, ``transformation`` …) that the row stands under, if known.

    Examples
    --------
    >>> row_code("6.制气"), row_code("回收能", "supply"), row_code("回收能"), row_code("城乡")
    ('transformation.gas_making', 'supply.recovered', None, None)
    """
    if name in set(balance_rows()["code"]):
        return name
    codes = row_spellings().get(folded(name), ())
    if len(codes) > 1:
        codes = tuple(code for code in codes if section is not None and code.split(".")[0] == section)
    return codes[0] if len(codes) == 1 else None


def column_code(name: str) -> str | None:
    """Give the code of a column name, or None.

    Examples
    --------
    >>> column_code("原 煤"), column_code("电力（等价值）"), column_code("木炭")
    ('raw_coal', 'electricity_equal_value', None)
    """
    if name in set(balance_columns()["code"]):
        return name
    codes = column_spellings().get(folded(name), ())
    return codes[0] if len(codes) == 1 else None
