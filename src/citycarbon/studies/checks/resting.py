"""How much of a total rests on figures of which quality, and the refusal of figures weaker than a study allows.

Comes in: emission rows with the ids of their factors, the factors with their marks, and activity rows whose quality is such a
mark (element intensities). Goes out: shares of the total by the weakest mark behind each row, or every figure that is too weak
with the rows that use it. Not for: the order of marks (:mod:`citycarbon.data.library.quality`), and not for ratings H, M, L of
activity data (:mod:`citycarbon.inventory.accounting.review.data_quality`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.errors import Problems, Where
from citycarbon.core.results import Check
from citycarbon.core.sums import added
from citycarbon.core.trace import file_of, row_of
from citycarbon.core.warming import BIOGENIC
from citycarbon.data.library.quality import CLASSES, class_of, rank, required

NO_FACTOR = "no factor"
"""Class of rows to which no factor was applied: reported, measured, modelled."""
RECALLED = "recalled"
_KEYS = ["place", "time", "sector", "activity", "scenario"]
_WHOLE = ["time", "scenario", "basis"]
_LIBRARY_MARK = r"^(recalled|secondary|abstract|seen|computed|verified)\b"


def parts_of(factor_id: str) -> list[str]:
    """Give the parts of a combined id: joined by ``*``, the last with the share that was taken of it."""
    return [part.partition("@")[0] for part in factor_id.split("*")]


def resting(rows: pl.DataFrame, factors: pl.DataFrame, activity: pl.DataFrame, scopes: str) -> pl.DataFrame:
    """Share the size of the emissions by the weakest mark behind each row.

    Parameters
    ----------
    rows
        Emission rows in t CO2e with ``factor_id``.
    factors
        Factors with ``factor_id`` and ``quality``.
    activity
        Activity rows; those whose quality is a mark of the library count with their factor.
    scopes
        Named rule by which scopes are added.

    Returns
    -------
    shares
        time, scenario, basis, class, value [t], share [1], rows; of each account, classes from strong to weak. A sink counts
        with its size, so that it hides nothing.
    """
    counted = rows.filter(
        pl.col("value").is_not_null() & (pl.col("gas") != BIOGENIC) & pl.col("scope").is_in(list(SCOPE_RULES[scopes]))
    )
    ranks = _ranks(
        counted["factor_id"].drop_nulls().unique().to_list(), dict(factors.select("factor_id", "quality").iter_rows())
    )
    found = (
        pl.col("factor_id").replace_strict(ranks, default=None, return_dtype=pl.Float64)
        if ranks
        else pl.lit(None, pl.Float64)
    )
    marked = counted.with_columns(found.alias("mark"), pl.col("value").abs())
    marked = marked.join(_of_activity(activity), on=_KEYS, how="left").with_columns(
        pl.max_horizontal("mark", "intensity").alias("mark")
    )
    named = {number: class_of(number) for number in marked["mark"].drop_nulls().unique().to_list()}
    label = (
        pl.col("mark").replace_strict(named, default=None, return_dtype=pl.String) if named else pl.lit(None, pl.String)
    )
    labelled = _by_account(marked.with_columns(label.fill_null(NO_FACTOR).alias("class")))
    sums = added(labelled, [*_WHOLE, "class"], count="rows", free=["place", "sector", "scope", "gas"])
    whole = pl.col("value").sum().over(_WHOLE)
    order = {name: number for number, name in enumerate((*CLASSES, NO_FACTOR))}
    made = sums.with_columns(pl.when(whole > 0).then(pl.col("value") / whole).otherwise(0.0).alias("share"))
    made = made.sort(*_WHOLE, pl.col("class").replace_strict(order, return_dtype=pl.Int64))
    return made.select(*_WHOLE, "class", "value", pl.lit("t").alias("unit"), "share", "rows")


def recalled_part(rows: pl.DataFrame, factors: pl.DataFrame) -> float:
    """Give the part of the size of some rows of one gas that rests on recalled factors [1]."""
    ids = rows["factor_id"].drop_nulls().unique().to_list()
    used = {part for each in ids for part in parts_of(each)}
    marks = dict(factors.filter(pl.col("factor_id").is_in(sorted(used))).select("factor_id", "quality").iter_rows())
    ranks = _ranks(ids, {part: marks.get(part, "verified") for part in used})
    weak = [each for each, number in ranks.items() if class_of(number) == RECALLED]
    size = pl.col("value").abs()
    whole = float(rows.select(size.sum()).item())
    return float(rows.filter(pl.col("factor_id").is_in(weak)).select(size.sum()).item()) / whole if whole else 0.0


def _by_account(rows: pl.DataFrame) -> pl.DataFrame:
    """Put rows that hold for every basis into each of the account's bases."""
    bases = [basis for basis in rows["basis"].unique().sort().to_list() if basis != "all"]
    if not bases:
        return rows
    shared = rows.filter(pl.col("basis") == "all")
    return pl.concat(
        [rows.filter(pl.col("basis") != "all"), *(shared.with_columns(pl.lit(b).alias("basis")) for b in bases)]
    )


def _ranks(ids: Iterable[str], marks: Mapping[str, str | None]) -> dict[str, float]:
    """Give the rank of the weakest part of each id."""
    return {each: max(rank(marks.get(part)) for part in parts_of(each)) for each in ids}


def _of_activity(activity: pl.DataFrame) -> pl.DataFrame:
    """Give the weakest library mark of the activity rows of one kind: an intensity of the library is a figure, too."""
    rows = activity.filter(pl.col("quality").str.contains(_LIBRARY_MARK))
    known = {mark: rank(mark) for mark in rows["quality"].unique().to_list()}
    number = pl.col("quality").replace_strict(known, return_dtype=pl.Float64) if known else pl.lit(None, pl.Float64)
    return rows.group_by(_KEYS).agg(number.max().alias("intensity"))


def recalled_share(shares: pl.DataFrame) -> Check | None:
    """Say how much of the total rests on recalled figures, as a caveat; of several accounts the least and the most."""
    if not shares.height:
        return None
    each = shares.group_by(_WHOLE).agg(pl.col("share").filter(pl.col("class") == RECALLED).sum())["share"] * 100
    low, high = float(each.min()), float(each.max())  # type: ignore[arg-type]
    if high == 0:
        return None
    shown = percent(high) if percent(low) == percent(high) else f"{percent(low)}–{percent(high)}"
    text = (
        f"{shown} % of the total rests on recalled figures, which nobody has checked against their source",
        f"总量的 {shown}% 依据凭记忆录入、尚未与原文核对的数值",
    )
    return Check("factor.recalled_share", "caveat", text, high, unit="%")


def percent(number: float) -> str:
    """Write per cent with one digit; what is too little to be seen is not shown as nothing."""
    return "<0.1" if 0 < number < 0.05 else f"{number:.1f}"


def refuse_weak(
    rows: pl.DataFrame, factors: pl.DataFrame, activity: pl.DataFrame, demand: str, file: str | None
) -> None:
    """Refuse every figure that is weaker than demanded, with the rows that use it.

    Raises
    ------
    CoverageError
        Every weak factor, and every activity row that is made with a weak figure of the library.
    """
    limit = required(demand, Where(file=file, item="quality"))
    known = {
        name: (mark, edition) for name, mark, edition in factors.select("factor_id", "quality", "edition").iter_rows()
    }
    used = rows.filter(pl.col("factor_id").is_not_null() & pl.col("value").is_not_null())
    users: dict[str, set[str]] = {}
    for name, trace in used.select("factor_id", "provenance_id").unique().iter_rows():
        for part in parts_of(name):
            users.setdefault(part, set()).update([trace] if trace else [])
    problems = Problems()
    for name in sorted(users):
        mark, edition = known.get(name, (None, None))
        if rank(mark) > limit:
            where = _where(users[name], "activity", name)
            problems.add("figure_weak", where, mark or "—", figure=name, edition=edition or "—", demand=demand)
    marked = activity.filter(pl.col("quality").str.contains(_LIBRARY_MARK))
    for mark, group in marked.group_by("quality", maintain_order=True):
        if rank(str(mark[0])) > limit:
            names = ", ".join(
                group.select(pl.format("{} ({})", "activity", "sector")).to_series().unique().sort().head(5)
            )
            where = _where(set(group["provenance_id"].drop_nulls().to_list()), "quality", names)
            problems.add("figure_weak", where, mark[0], figure=names, edition="—", demand=demand)
    problems.raise_all()


def _where(traces: set[str], column: str, item: str) -> Where:
    """Place a figure at the rows of the first file that uses it."""
    known = sorted((file_of(trace) or "", row_of(trace), trace) for trace in traces if row_of(trace))
    return Where.of([trace for file, _, trace in known if file == known[0][0]], column, item)
