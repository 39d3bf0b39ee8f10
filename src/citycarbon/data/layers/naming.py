"""The names of a layer's features: one each, none empty, no two alike, in the form in which tables have them.

Comes in: a layer, or a column that names its features. Goes out: the names. Not for: which column that is, which a study or a
call says.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.names import changed, clashes, in_one_form
from citycarbon.data.layers.vector import Layer
from citycarbon.data.spelling import codes_as_text

_SHOWN = 5


def place_names(layer: Layer) -> pl.Series:
    """Give the name of each feature of a layer, by which tables meet it.

    Every method that joins a table to features, in a study, in a call or from Python, takes the names from here.

    Parameters
    ----------
    layer
        Layer with a column ``place``.

    Raises
    ------
    InputError
        If there is no such column, a name is empty, or two features have one name.

    Examples
    --------
    >>> import shapely
    >>> lots = Layer("lots", pl.DataFrame({"place": ["a", "b（1）"]}), shapely.box([0, 1], 0, [1, 2], 1), "EPSG:32650")
    >>> place_names(lots).to_list()
    ['a', 'b(1)']
    """
    if "place" not in layer.rows.columns:
        raise InputError("column_missing", Where(item=layer.name), "", column="place", aliases="—")
    return sound_names(layer.rows["place"], Where(item=layer.name, column="place"))


def sound_names(names: pl.Series, where: Where) -> pl.Series:
    """Give names of features in the one form (:mod:`citycarbon.core.names`) after a look at whether they tell features apart.

    Parameters
    ----------
    names
        A name a feature; numbers become text, whole ones without a point.
    where
        File or layer and column, for messages; rows are features counted from 1.

    Raises
    ------
    InputError
        Names that are empty, twice there, or alike but for their characters.
    """
    words = codes_as_text(names)
    forms = changed(words)
    made = in_one_form(words)
    problems = Problems()
    empty = (made.is_null() | (made == "")).fill_null(True)
    if empty.any():
        problems.add("value_empty", _at(where, empty), "", column=where.column or "place")
    problems.extend(clashes(words.drop_nulls().unique(maintain_order=True), forms, where.column or "place", where))
    twice = made.is_duplicated() & ~empty & ~_alike(words, made)
    if twice.any():
        found = ", ".join(made.filter(twice).unique(maintain_order=True).head(_SHOWN).to_list())
        problems.add("row_duplicate", _at(where, twice), found, key="place")
    problems.raise_all()
    return made.alias("place")


def _alike(words: pl.Series, made: pl.Series) -> pl.Series:
    """Tell the features of a name that is written in several ways, which is told as such."""
    pairs = pl.DataFrame({"word": words, "form": made})
    return pairs.select(pl.col("word").n_unique().over("form") > 1).to_series()


def _at(where: Where, chosen: pl.Series) -> Where:
    rows = tuple(int(row) + 1 for row in chosen.arg_true().head(_SHOWN))
    return Where(where.file, where.sheet, rows, where.column, where.item)
