"""The one home of folding: what is done to a text before it is compared with a name, or judged as a figure.

Comes in: texts. Goes out: texts. A name may be folded freely, since it only has to meet another name. A figure may not: whatever
has a digit as its compatibility form (①, ², ₁, ½, ⅣV, ١) would become one. Not for: deciding what a text means.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

CODED = ("place", "parent")
"""Columns of codes, which programs like to store as real numbers: 440303.0 is 440303."""
_WIDE = dict(zip("０１２３４５６７８９＋－．％，：／　", "0123456789+-.%,:/ ", strict=True)) | {"−": "-", "﹪": "%"}
"""Signs of Chinese input that differ from their own kind by nothing but width, and the sign that typesetters use for minus."""
_ODD = "[" + "".join(re.escape(sign) for sign in _WIDE) + "]"
_EXACT = 2.0**53
_WHOLE = r"^(\d+)\.0+$"


def simple(text: str) -> str:
    """Fold a header or word: width, case, spaces, underscores, dots and hyphens do not matter."""
    return re.sub(r"[\s_\-·:：]+", "", compatible(text)).casefold()


def codes_as_text(values: pl.Series) -> pl.Series:
    """Write codes as text: whole numbers without a fraction, whatever kind of number a program has made of them.

    Parameters
    ----------
    values
        Codes or names: text, whole or real numbers. What is no number is empty; a true fraction stays as it is.

    Examples
    --------
    >>> codes_as_text(pl.Series([440303.0, 1.5, None])).to_list(), codes_as_text(pl.Series(["440303.0", "a"])).to_list()
    (['440303', '1.5', None], ['440303', 'a'])
    """
    if values.dtype.is_float():
        column = pl.col(values.name)
        whole = (column == column.floor()) & (column.abs() < _EXACT)
        text = (
            pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        )
        return values.to_frame().select(pl.when(column.is_finite()).then(text).alias(values.name)).to_series()
    if values.dtype in (pl.List, pl.Struct, pl.Array, pl.Object):
        return pl.Series(
            values.name, [None if cell is None else str(cell) for cell in values.to_list()], dtype=pl.String
        )
    return values.cast(pl.String).str.replace(_WHOLE, "$1")


def compatible(text: str) -> str:
    """Give the compatibility form (NFKC) of a name: width, ligatures, raised and circled signs do not matter."""
    return unicodedata.normalize("NFKC", text)


def narrow(cells: pl.Series) -> pl.Series:
    """Fold the width of digits and signs, and nothing else: a mark beside a figure stays a mark.

    Examples
    --------
    >>> narrow(pl.Series(["１２０．５", "120①", "12²", "９５％"])).to_list()
    ['120.5', '120①', '12²', '95%']
    """
    if not cells.str.contains(_ODD).any():
        return cells
    return cells.str.replace_many(list(_WIDE), list(_WIDE.values()))
