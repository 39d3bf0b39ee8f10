"""One form of names, so that a place of a table and the same place of a layer meet whatever program wrote them.

Comes in: words of the columns that name something. Goes out: the words in one form, and hints where two names look alike and
are not one. Not for: what a name means, which code lists say.

Names are one if they differ only by how a character is composed (NFC, NFD), by the width of letters, digits, signs and brackets,
by spaces at the ends or several inside, by kinds of space, by marks that are not seen (zero width, byte-order mark, soft hyphen)
or by a Kangxi radical that stands for its character. Case and everything that can be seen tell names apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.errors import Problem, Where, problem
from citycarbon.core.frames import Frame
from citycarbon.core.trace import row_of

NAMES = ("place", "parent", "target", "sector", "activity", "scenario", "proxy", "element", "measure", "code")
"""Columns of tables whose words are names that other tables and layers use too."""
_INVISIBLE = (
    r"\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
)
_SPACE = r"\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_WIDE = r"\uff01-\uffee\u2e80-\u2fd5"
_SUSPECT = rf"[{_INVISIBLE}{_WIDE}\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\t\n\v\f\r]|^ | $|  "
_FOLDED = {"<wide>", "<narrow>"}
_RADICALS = range(0x2E80, 0x2FD6)
_SHOWN = 5
_KNOWN = 12
_LISTED = 20
"""Names that are told to be unknown; who has more has another table than was meant."""


def one_form(text: str) -> str:
    """Give the one form of a name.

    Examples
    --------
    >>> one_form("高新区（西） ") == "高新区(西)", one_form("Sa\\u0303o") == "S\\u00e3o", one_form("a\\u200b\\u00a0 b")
    (True, True, 'a b')
    """
    text = re.sub(rf"[{_INVISIBLE}]", "", "".join(_folded(mark) for mark in text))
    return re.sub(rf"[{_SPACE}]+", " ", unicodedata.normalize("NFC", text)).strip(" ")


def _folded(mark: str) -> str:
    """Give a letter of another width, or a radical, as the plain letter."""
    if mark.isascii():
        return mark
    kind, _, code = unicodedata.decomposition(mark).partition(" ")
    if kind in _FOLDED or (kind == "<compat>" and ord(mark) in _RADICALS):
        return "".join(chr(int(each, 16)) for each in code.split())
    return mark


def changed(words: pl.Series) -> dict[str, str]:
    """Give the words of a series that are not in the one form, each with that form."""
    found = words.drop_nulls().unique(maintain_order=True)
    suspect = found.str.contains(_SUSPECT) | (found != found.str.normalize("NFC"))
    pairs = ((word, one_form(word)) for word in found.filter(suspect).to_list())
    return {word: form for word, form in pairs if form != word}


def in_one_form(words: pl.Series) -> pl.Series:
    """Give a series of texts with every word in the one form; other kinds of series stay as they are."""
    if words.dtype != pl.String:
        return words
    forms = changed(words)
    return words.replace(list(forms), list(forms.values())) if forms else words


def clashes(words: Iterable[str], forms: Mapping[str, str], column: str, where: Where | None = None) -> list[Problem]:
    """Name words of one table that become one name by their form: they may be one place or two, and only the user can say.

    Words that differ by spaces at their ends or kinds of space alone are one.
    """
    groups: dict[str, dict[str, str]] = {}
    for word in words:
        seen = re.sub(rf"[{_SPACE}]+", " ", word).strip(" ")
        groups.setdefault(forms.get(word, word), {}).setdefault(seen, word)
    where = where or Where()
    return [
        problem("names_alike", Where(where.file, where.sheet, (), column, form),
                " | ".join(f"{word!r} {_written(word)}" for word in list(alike.values())[:_SHOWN]), name=form)
        for form, alike in sorted(groups.items()) if len(alike) > 1
    ][:_SHOWN]  # fmt: skip


def _written(word: str) -> str:
    """Show what tells a word from its form: its characters that are not in it, by number."""
    form = one_form(word)
    odd = [f"U+{ord(mark):04X}" for mark in word if mark not in form]
    return f"({', '.join(odd[:4])})" if odd else ""


def names_in_one_form(frame: Frame, columns: Iterable[str], where: Where | None = None) -> tuple[Frame, list[Problem]]:
    """Bring the names of a frame to one form, on its own engine; only the distinct words are looked at.

    Returns
    -------
    frame, problems
        The frame, and two names that would become one.
    """
    problems: list[Problem] = []
    kinds = frame.collect_schema()
    for column in (name for name in columns if name in kinds and frames.text_type(kinds[name])):
        words = _words(frame, column)
        forms = changed(words)
        if not forms:
            continue
        problems += [
            replace(each, where=replace(each.where, rows=_rows(frame, column, each.where.item)))
            for each in clashes(words, forms, column, where)
        ]
        frame = _replaced(frame, column, forms)
    return frame, problems


def _rows(frame: Frame, column: str, form: str | None) -> tuple[int, ...]:
    """Rows of the file that hold a name in any of its spellings."""
    words = [word for word in _words(frame, column) if one_form(word) == form]
    if "provenance_id" not in frame.collect_schema().names():
        return ()
    bad = frames.small(frame.filter(nw.col(column).cast(nw.String).is_in(words)).select("provenance_id").head(_SHOWN))
    return tuple(number for trace in bad["provenance_id"].to_list() if (number := row_of(trace)))


def _words(frame: Frame, column: str) -> pl.Series:
    """Distinct words of a column; a frame of Polars tells them of one column several times as fast as of a table of one."""
    if frame.implementation is nw.Implementation.POLARS and isinstance(frame, nw.DataFrame):
        found: pl.Series = frame.to_native()[column].unique()
    else:
        found = frames.distinct(frame, [column])[column]
    return found.cast(pl.String).drop_nulls().sort()


def _replaced(frame: Frame, column: str, forms: Mapping[str, str]) -> Frame:
    if frame.implementation is nw.Implementation.POLARS:
        kind = frame.to_native().collect_schema()[column]
        text = pl.col(column).cast(pl.String).replace(list(forms), list(forms.values()))
        kept = pl.Categorical if kind == pl.Categorical else pl.String
        return frames.wrap(frame.to_native().with_columns(text.cast(kept).alias(column)))
    old, new = f"{column}_as_written", f"{column}_in_form"
    known = frames.like(pl.DataFrame({old: list(forms), new: list(forms.values())}), frame)
    order = frame.collect_schema().names()
    text = nw.col(column).cast(nw.String)
    joined = frame.with_columns(text.alias(column)).join(known, left_on=column, right_on=old, how="left")
    return joined.with_columns(nw.coalesce(nw.col(new), nw.col(column)).alias(column)).select(*order)


def _loose(name: str) -> str:
    text = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", re.sub(r"\.0+$", "", name))).casefold()
    return text.lstrip("0") or text


def unknown(names: Iterable[str], known: Iterable[str], where: Where, *, code: str = "place_unknown") -> list[Problem]:
    """Name what is not known, one problem a name, and beside it (≈) the known name that it most likely means.

    Parameters
    ----------
    names
        Names of a table.
    known
        Names that there are: of a list, of a layer.
    where
        File, column or layer, for messages.
    code
        Problem code; its message has the fact ``known``.
    """
    listed = dict.fromkeys(known)
    missing = [name for name in dict.fromkeys(names) if name not in listed]
    loose: dict[str, str] = {}
    for each in listed if missing else ():
        loose.setdefault(_loose(each), each)
    shown = ", ".join(list(listed)[:_KNOWN]) + (f" … ({len(listed)})" if len(listed) > _KNOWN else "")
    found = []
    for name in missing[:_LISTED]:
        like = loose.get(_loose(name))
        found.append(problem(code, where, f"{name} (≈ {like})" if like else name, known=shown or "—"))
    return found
