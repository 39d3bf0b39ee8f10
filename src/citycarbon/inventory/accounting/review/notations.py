"""Categories without a number, each with its notation key and the reason for it.

Comes in: the study's table of reasons. Goes out: rows without a number that an account stacks beside its numbers.
Not for: rows that a factor set leaves open, which the look-up marks NE of its own accord.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.dimensions import NOTATION_KEYS
from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import BASIS, GAS, PLACE, PROVENANCE, SCENARIO, SCOPE, SECTOR, TIME

METHOD_ID = "inventory.accounting.notation_rows"
ANY_ACTIVITY = "any"
"""Activity of a notation key that holds for the whole category."""
SOURCE = ("place", "time", "sector", "activity", "scope", "gas", "scenario", "basis")
_SHOWN = 20


class NotationTable(Table):
    """Why a category has no number: notation key, reason, and for IE the category that includes it."""

    columns = (
        PLACE, TIME, SECTOR,
        Column("activity", default=ANY_ACTIVITY, meaning=("activity; any for the whole category", "活动；any 表示整个类别")),
        SCOPE, GAS, SCENARIO, BASIS,
        Column("notation", required=True, empty=False, allowed=NOTATION_KEYS,
               meaning=("NO, NE, IE or C instead of a value", "代替数值的标记")),
        Column("reason", required=True, empty=False, meaning=("why there is no number", "无数值的原因")),
        Column("included_in", meaning=("for IE: sector that includes it", "IE 时：计入的部门")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = notation key (NO, NE, IE, C), no number",
    source="gpc_2021",
    status="experimental",
    title=("Notation keys", "标记行"),
)
def notation_rows(notations: NotationTable) -> EmissionTable:
    """Make a row without a number for each notation key, so that the account shows the gap and sums count it.

    Parameters
    ----------
    notations
        Notation keys with their reasons.

    Returns
    -------
    emissions
        Rows without a number; ``rule`` holds the reason, and for IE the category that includes the emissions.

    Raises
    ------
    SchemaError
        If an IE does not say where it is included, or is included in itself, or one source has two keys.

    References
    ----------
    GPC 2021, section 2.2 (notation keys); IPCC 2006 Guidelines, volume 1, chapter 8.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["waste"], "scope": ["1"], "gas": ["CH4"],
    ...                      "notation": ["IE"], "reason": ["burnt with power"], "included_in": ["power"]})
    >>> notation_rows(NotationTable(rows)).to_polars().select("value", "notation", "rule").rows()
    [(None, 'IE', 'burnt with power; included in power')]
    """
    rows = notations.to_polars()
    _check(rows)
    within = pl.format("{}; included in {}", pl.col("reason"), pl.col("included_in"))
    rule = pl.when(pl.col("included_in").is_null()).then(pl.col("reason")).otherwise(within)
    made = rows.select(
        *SOURCE, pl.lit(None, dtype=pl.Float64).alias("value"), "notation", "provenance_id", rule.alias("rule")
    )
    return EmissionTable(made, fixed={"unit": "t", "method": METHOD_ID}, codes=notations.codes)


def _check(rows: pl.DataFrame) -> None:
    problems = Problems()
    including = pl.col("included_in")
    wrong = rows.filter((pl.col("notation") == "IE") & (including.is_null() | (including == pl.col("sector"))))
    for row in wrong.head(_SHOWN).iter_rows(named=True):
        shown = f"{row['sector']} {row['gas']} {row['time']}: {row['included_in'] or '—'}"
        problems.add("notation_included_in", place_of_row(row, "included_in"), shown, sector=row["sector"])
    twice = rows.filter(pl.struct(SOURCE).is_duplicated()).unique(SOURCE, maintain_order=True)
    for row in twice.head(_SHOWN).iter_rows(named=True):
        shown = ", ".join(row[name] for name in SOURCE)
        problems.add("row_duplicate", place_of_row(row, "notation"), shown, key=", ".join(SOURCE))
    problems.raise_all()


def place_of_row(row: dict[str, str | None], column: str) -> Where:
    """Give the file and row that a row came from, as far as its provenance says."""
    return Where.of(row, column)
