"""Quality marks of figures: their order, the weaker of several, and what the shipped library rests on.

Comes in: marks as they stand in the column ``quality``. Goes out: ranks, classes and counts by edition. Not for: the share of
a total (:mod:`citycarbon.studies.checks.resting`) and not for ratings of activity data, which whoever collects them gives.

The order, strongest first, and why:

1. ``verified``, ``seen`` and H: somebody saw the figure in the source itself.
2. ``secondary``, ``computed`` and M: it stands in a copy, which may have slips, or follows by the arithmetic of the note from
   figures that do. Neither is nearer to the source than the other; both can be looked up again by anyone.
3. ``abstract``: read from an abstract or a summary, which leaves out the conditions.
4. ``recalled-N`` and L: nobody can look it up. N per cent is how sure the memory is, and orders them among themselves.
5. no mark, or a remark that is no mark: nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.data.library import shipped_library, shipped_rows

CLASSES = ("verified", "secondary", "abstract", "recalled", "unmarked")
"""Classes of marks, strongest first."""
_WORDS = {"verified": 0, "seen": 0, "h": 0, "secondary": 1, "computed": 1, "m": 1, "abstract": 2, "recalled": 3, "l": 3}
_MARK = re.compile(
    r"(verified|seen|secondary|computed|abstract|recalled|[HML])(?:[- ](\d{1,2})(?: ?%)?)?(?:\W.*)?", re.S
)
_LIMIT = re.compile(r"(?:(?:at least|不低于|至少)\s*)?(verified|secondary|computed|abstract|recalled(?:-\d\d)?)")
UNMARKED = len(CLASSES) - 1.0
"""Rank of a figure of which nothing is known."""


def rank(mark: str | None) -> float:
    """Give the rank of a mark: 0 for the strongest class, a part of one more for each per cent of doubt of a memory.

    Examples
    --------
    >>> [rank(each) for each in ("verified", "computed", "recalled-95", "recalled 80 %", "L", None)]
    [0.0, 1.0, 3.05, 3.2, 3.5, 4.0]
    """
    found = _MARK.fullmatch((mark or "").strip())
    if found is None:
        return UNMARKED
    word, sure = found.group(1).lower(), found.group(2)
    if word in ("recalled", "l"):
        return round(3 + (100 - int(sure)) / 100, 2) if sure else 3.5
    return float(_WORDS[word])


def class_of(number: float) -> str:
    """Give the class of a rank."""
    return CLASSES[int(number)]


def weakest(marks: Iterable[str | None]) -> str | None:
    """Give the weakest of some marks; no mark is the weakest of all."""
    return max(marks, key=rank, default=None)


def required(text: str, where: Where | None = None) -> float:
    """Give the rank that a demand such as ``at least secondary`` still allows.

    Raises
    ------
    InputError
        If the text names no mark.

    Examples
    --------
    >>> required("at least secondary"), required("recalled-90"), required("不低于 verified")
    (1.0, 3.1, 0.0)
    """
    found = _LIMIT.fullmatch(text.strip())
    if found is None:
        known = "at least verified | at least secondary | at least abstract | at least recalled-90"
        raise InputError("parameter_wrong", where or Where(item="quality"), text, expected_value=known)
    # Every memory, however weak, is 'recalled'; none is without a mark.
    return 3.99 if found.group(1) == "recalled" else rank(found.group(1))


def counts() -> pl.DataFrame:
    """Count the shipped figures by edition, or by source where a list has no editions, and by class of mark.

    Returns
    -------
    counts
        kind (factors, elements, elasticities), edition, rows, and one column a class that occurs.
    """
    parts = [shipped_library().rows.select(pl.lit("factors").alias("kind"), "edition", "quality")]
    for name in ("elements", "elasticities"):
        rows = shipped_rows(f"library/{name}.csv")
        parts.append(rows.select(pl.lit(name).alias("kind"), pl.col("source").alias("edition"), "quality"))
    marked = pl.concat(parts).with_columns(classes(pl.col("quality")).alias("class"))
    counted = [(pl.col("class") == each).sum().cast(pl.Int64).alias(each) for each in CLASSES]
    made = marked.group_by("kind", "edition", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("rows"), *counted)
    order = {kind: number for number, kind in enumerate(marked["kind"].unique(maintain_order=True))}
    return made.sort(pl.col("kind").replace_strict(order), "edition").drop("unmarked")


def classes(mark: pl.Expr) -> pl.Expr:
    """Give the class of a column of marks."""
    return mark.map_batches(
        lambda marks: marks.replace_strict(
            {each: class_of(rank(each)) for each in marks.unique().to_list()}, return_dtype=pl.String
        ),
        return_dtype=pl.String,
    )
