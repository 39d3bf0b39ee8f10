"""Completeness: does every expected category have a number, a notation key with a reason, or silence.

Comes in: an account and the list of categories that it should have. Goes out: findings in plain words, one for each place, year
and category. Not for: filling the gaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import check_parts, yearly
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import PROVENANCE
from citycarbon.core.warming import BIOGENIC
from citycarbon.inventory.accounting.review.notations import ANY_ACTIVITY, NotationTable, place_of_row
from citycarbon.inventory.accounting.review.notations import METHOD_ID as NOTATION_METHOD
from citycarbon.inventory.accounting.review.words import sentences

METHOD_ID = "inventory.accounting.completeness"
_KEY_WORDS = {
    "NO": ("does not occur", "不发生"),
    "NE": ("is not estimated", "未估算"),
    "IE": ("is included elsewhere", "计入其他类别"),
    "C": ("is confidential", "保密"),
}


class ExpectedTable(Table):
    """Categories that an inventory should have: a code list, of which the codes without children are expected."""

    columns = (
        Column("code", required=True, empty=False, meaning=("sector code", "部门代码")),
        Column("parent", meaning=("parent code", "上级代码")),
        Column("gas", meaning=("gas that is expected; any if empty", "应有的气体；空为任意")),
        Column("scope", meaning=("scope of the code, not asked for", "该代码的范围，不作检查")),
        Column("level", meaning=("reporting level of the code, such as basic or basic+", "报告级别，如 basic、basic+")),
        Column("name_en", meaning=("English name", "英文名")),
        Column("name_zh", meaning=("Chinese name", "中文名")),
        Column("note", meaning=("remark", "说明")),
        PROVENANCE,
    )
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=FindingTable,
    equation="each expected category: a number, or NO / NE / IE / C with a reason",
    source="ipcc2006_v1_ch6",
    status="experimental",
    title=("Completeness", "完整性检查"),
    version=2,
)
def completeness(
    emissions: EmissionTable,
    expected: ExpectedTable,
    notations: NotationTable | None = None,
    *,
    levels: str = "",
    each_place: bool = False,
) -> FindingTable:
    """Tell for every expected category whether it has a number, a notation key with a reason, or nothing.

    A category whose parent has a number counts as included there. NO and IE with a reason are complete; NE and C are caveats,
    since their emissions are missing from the total. A key without a reason, and silence, are misfits.

    Parameters
    ----------
    emissions
        The account, with its rows without a number.
    expected
        Code list, for example the city list or the GPC list.
    notations
        Reasons of the notation keys.
    levels
        Reporting levels whose codes are expected, joined by commas, such as ``basic,basic+``; all codes if empty.
    each_place
        Whether every place must have every category; else all places together are one inventory.

    Returns
    -------
    findings
        For each year (and place, with ``each_place``) one row a category (``value`` counts its rows with a number) and a summary.

    Raises
    ------
    SchemaError
        If a category has a number and the notations give it a key, or the parents of ``expected`` are no tree.
    InputError
        If no code of the list has the named level.

    References
    ----------
    IPCC 2006 Guidelines, volume 1, chapter 6, table 6.1 (completeness), and chapter 8 (notation keys).

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2020", "sector": ["road"], "activity": "diesel", "scope": "1",
    ...                      "gas": "CO2", "value": [1.0], "unit": "t"})
    >>> wanted = ExpectedTable(pl.DataFrame({"code": ["road", "rail"]}))
    >>> completeness(EmissionTable(rows), wanted).to_polars().select("item", "verdict").rows()
    [('2020', 'misfit'), ('2020 rail', 'misfit'), ('2020 road', 'agrees')]
    """
    rows = yearly(emissions.to_polars()).filter(pl.col("gas") != BIOGENIC)
    reasons = None if notations is None else yearly(notations.to_polars())
    check_parts(rows, ["place", "time", "sector", "activity", "scope", "gas", "basis", "unit"])
    if reasons is not None:
        _refuse_contradictions(rows, reasons)
    if not each_place and rows["place"].n_unique() > 1:
        rows = rows.with_columns(pl.lit("").alias("place"))
        reasons = None if reasons is None else reasons.with_columns(pl.lit("").alias("place"))
    wanted = _wanted(expected, levels)
    cells = rows.select("place", "time").unique().join(wanted, how="cross")
    found = _with_keys(_with_numbers(cells, rows, expected), rows, reasons)
    told = sentences(_judged(found), _tell)
    parts = [told, _summaries(found), _unlisted(rows, expected)]
    made = pl.concat([_finding(part) for part in parts if part.height] or [_finding(told)])
    return FindingTable(made.sort("place", "item", "check"))


def _refuse_contradictions(rows: pl.DataFrame, reasons: pl.DataFrame) -> None:
    """A number and a notation key for one source cannot both hold."""
    keys = ["place", "time", "sector", "scope", "gas", "scenario"]
    numbers = rows.filter(pl.col("value").is_not_null()).select(*keys, pl.col("activity").alias("numbered")).unique()
    both = reasons.join(numbers, on=keys)
    both = both.filter((pl.col("activity") == ANY_ACTIVITY) | (pl.col("activity") == pl.col("numbered")))
    problems = Problems()
    for row in both.unique(["provenance_id", *keys], maintain_order=True).head(20).iter_rows(named=True):
        shown = f"{row['place']}, {row['time']}, {row['sector']}, {row['gas']}: {row['notation']}"
        problems.add(
            "notation_with_number", place_of_row(row, "notation"), shown, notation=row["notation"], sector=row["sector"]
        )
    problems.raise_all()


def _tree(expected: ExpectedTable) -> CodeList:
    rows = expected.to_polars().unique("code", maintain_order=True)
    return CodeList("expected", dict(rows.select("code", "parent").iter_rows()))


def _wanted(expected: ExpectedTable, levels: str) -> pl.DataFrame:
    """Codes without children, with their names; of the named levels where there are any."""
    rows = expected.to_polars()
    _tree(expected)
    leaves = rows.filter(~pl.col("code").is_in(rows["parent"].drop_nulls().unique().to_list()))
    if levels:
        named = [word.strip() for word in levels.split(",")]
        known = leaves["level"].drop_nulls().unique().sort().to_list()
        if wrong := [word for word in named if word not in known]:
            raise InputError(
                "parameter_wrong", Where(item="levels"), ", ".join(wrong), expected_value=", ".join(known) or "—"
            )
        leaves = leaves.filter(pl.col("level").is_in(named))
    return leaves.select("code", pl.col("gas").alias("wanted_gas"), "name_en", "name_zh")


def _covering(expected: ExpectedTable) -> pl.DataFrame:
    """Each code with itself and its ancestors: a number there covers the code."""
    tree = _tree(expected)
    pairs = [(code, up) for code in tree.parents for up in (code, *tree.ancestors(code))]
    return pl.DataFrame(pairs, schema={"code": pl.String, "sector": pl.String}, orient="row")


def _with_numbers(cells: pl.DataFrame, rows: pl.DataFrame, expected: ExpectedTable) -> pl.DataFrame:
    numbers = rows.filter(pl.col("value").is_not_null()).join(_covering(expected), on="sector")
    wanted = cells.select("place", "time", "code", "wanted_gas").join(numbers, on=["place", "time", "code"])
    wanted = wanted.filter(pl.col("wanted_gas").is_null() | (pl.col("wanted_gas") == pl.col("gas")))
    own = pl.col("sector") == pl.col("code")
    keys = ["place", "time", "code", "wanted_gas"]
    every = pl.col("basis") == "all"
    # Two bases state one source twice: it has the rows of one of them.
    of_basis = wanted.group_by([*keys, "basis"], maintain_order=True).agg(own.sum().alias("numbers"))
    numbers_of = of_basis.group_by(keys, maintain_order=True).agg(
        pl.col("numbers").filter(every).sum() + pl.col("numbers").filter(~every).max().fill_null(0)
    )
    counted = wanted.group_by(keys, maintain_order=True).agg(
        pl.col("sector").filter(~own).unique().sort().str.join(", ").alias("above"),
    )  # fmt: skip
    counted = counted.join(numbers_of, on=keys, nulls_equal=True, maintain_order="left")
    made = cells.join(counted, on=keys, how="left", nulls_equal=True)
    return made.with_columns(pl.col("numbers").fill_null(0), pl.col("above").fill_null(""))


def _with_keys(cells: pl.DataFrame, rows: pl.DataFrame, reasons: pl.DataFrame | None) -> pl.DataFrame:
    """Add the notation keys of each category, and which of them have no reason or no place where they are included."""
    noted = rows.filter(pl.col("notation").is_not_null())
    own = pl.when(pl.col("method") == NOTATION_METHOD).then(pl.col("rule"))
    noted = noted.select(
        "place", "time", pl.col("sector").alias("code"), "gas", "activity", "notation", own.alias("told")
    )
    if reasons is not None:
        stated = reasons.select("place", "time", pl.col("sector").alias("code"), "gas", "activity", "notation", "reason",
                                "included_in")  # fmt: skip
        one = ["place", "time", "code", "gas", "notation"]
        exact = stated.unique([*one, "activity"])
        noted = noted.join(exact, on=[*one, "activity"], how="left")
        whole = stated.filter(pl.col("activity") == ANY_ACTIVITY).drop("activity").unique(one)
        noted = noted.join(whole, on=one, how="left", suffix="_whole")
        # A key that only the reasons know is as good as a row of the account.
        alone = stated.join(noted, on=one, how="anti").with_columns(pl.lit(None, dtype=pl.String).alias("told"))
        noted = pl.concat([noted, alone], how="diagonal")
    else:
        empty = [pl.lit(None, dtype=pl.String).alias(name) for name in ("reason", "included_in")]
        noted = noted.with_columns(empty)
    more = [pl.col(name) for name in ("reason_whole", "included_in_whole") if name in noted.columns]
    reason = pl.coalesce("reason", *more[:1], "told")
    within = pl.coalesce("included_in", *more[1:], pl.col("told").str.extract(r"; included in (\S+)$"))
    numbered = (
        rows.filter(pl.col("value").is_not_null()).select("place", "time", pl.col("sector").alias("within")).unique()
    )
    noted = noted.with_columns(reason.alias("reason"), within.alias("within"))
    noted = noted.join(numbered.with_columns(pl.lit(True).alias("there")), on=["place", "time", "within"], how="left")
    lost = (pl.col("notation") == "IE") & pl.col("there").is_null()
    keys = cells.select("place", "time", "code", "wanted_gas").join(noted, on=["place", "time", "code"])
    keys = keys.filter(pl.col("wanted_gas").is_null() | (pl.col("wanted_gas") == pl.col("gas")))
    listed = keys.group_by("place", "time", "code", "wanted_gas", maintain_order=True).agg(
        pl.col("notation").unique().sort().alias("keys"),
        pl.col("reason").drop_nulls().unique().sort().str.join("; ").alias("reasons"),
        pl.col("reason").is_null().sum().alias("unreasoned"),
        pl.col("within").drop_nulls().unique().sort().str.join(", ").alias("within"),
        lost.sum().alias("lost"),
    )
    return cells.join(listed, on=["place", "time", "code", "wanted_gas"], how="left", nulls_equal=True)


def _judged(cells: pl.DataFrame) -> pl.DataFrame:
    """Give each category its state and verdict."""
    noted = pl.col("keys").is_not_null()
    number, above = pl.col("numbers") > 0, pl.col("above") != ""
    missing = pl.col("keys").list.contains("NE") | pl.col("keys").list.contains("C")
    state = (
        pl.when(noted & (pl.col("unreasoned") > 0)).then(pl.lit("no reason")).when(noted & (pl.col("lost") > 0))
        .then(pl.lit("lost")).when(number & noted).then(pl.lit("partly")).when(number).then(pl.lit("number"))
        .when(noted).then(pl.lit("key")).when(above).then(pl.lit("above")).otherwise(pl.lit("silent"))
    )  # fmt: skip
    rows = cells.with_columns(state.alias("state"))
    misfit = pl.col("state").is_in(["no reason", "lost", "silent"])
    verdict = (
        pl.when(misfit).then(pl.lit("misfit")).when(noted & missing).then(pl.lit("caveat")).otherwise(pl.lit("agrees"))
    )
    label = pl.concat_str(["time", "code", "wanted_gas"], separator=" ", ignore_nulls=True)
    return rows.with_columns(
        verdict.alias("verdict"), label.alias("item"), pl.lit("completeness").alias("check"),
        pl.col("numbers").cast(pl.Float64).alias("value"),
    )  # fmt: skip


def _tell(row: Mapping[str, Any]) -> tuple[str, str]:
    en = row["name_en"] or row["code"]
    zh = row["name_zh"] or row["code"]
    keys, within = ", ".join(row["keys"] or []), row["within"] or "—"
    said = "; ".join(_KEY_WORDS[key][0] for key in row["keys"] or [])
    said_zh = "；".join(_KEY_WORDS[key][1] for key in row["keys"] or [])
    why = row["reasons"] or "—"
    texts = {
        "number": (f"{en} has a number (rows: {row['numbers']}).", f"{zh}有数值（{row['numbers']} 行）。"),
        "partly": (
            f"{en} has numbers, and a part {said} ({keys}): {why}",
            f"{zh}有数值，另有一部分{said_zh}（{keys}）：{why}",
        ),
        "key": (f"{en} {said} ({keys}): {why}", f"{zh}{said_zh}（{keys}）：{why}"),
        "above": (
            f"{en} has no number of its own; its parent {row['above']} has.",
            f"{zh}无单独数值；上级 {row['above']} 有。",
        ),
        "silent": (
            f"{en} has neither a number nor a notation key. State its emissions, or NO, NE, IE or C with a reason.",
            f"{zh}既无数值也无标记。请给出排放量，或注明 NO、NE、IE、C 及原因。",
        ),
        "no reason": (f"{en} {said} ({keys}), and no reason is given.", f"{zh}{said_zh}（{keys}），但未说明原因。"),
        "lost": (
            f"{en} is said to be included in {within}, which has no number in this year.",
            f"{zh}注明计入 {within}，但该类别当年没有数值。",
        ),
    }
    return texts[row["state"]]


def _summaries(cells: pl.DataFrame) -> pl.DataFrame:
    """Say in one line a place and year how many of the categories have what."""
    rows = _judged(cells)
    counts = rows.group_by("place", "time", maintain_order=True).agg(
        pl.len().alias("wanted"),
        pl.col("state").is_in(["number", "partly", "above"]).sum().alias("numbers"),
        pl.col("state").is_in(["key", "lost", "no reason"]).sum().alias("noted"),
        (pl.col("state") == "silent").sum().alias("silent"),
        (pl.col("verdict") == "misfit").any().alias("misfit"),
        (pl.col("verdict") == "caveat").any().alias("caveat"),
    )
    verdict = pl.when("misfit").then(pl.lit("misfit")).when("caveat").then(pl.lit("caveat")).otherwise(pl.lit("agrees"))

    def tell(row: Mapping[str, Any]) -> tuple[str, str]:
        wanted, numbers, noted, silent = (row[name] for name in ("wanted", "numbers", "noted", "silent"))
        return (
            f"Of {wanted} expected categories {numbers} have a number, {noted} a notation key, {silent} nothing.",
            f"应有 {wanted} 个类别：{numbers} 个有数值，{noted} 个有标记，{silent} 个空缺。",
        )

    made = counts.with_columns(
        verdict.alias("verdict"), pl.col("time").alias("item"), pl.lit("completeness, all").alias("check"),
        (pl.col("numbers") + pl.col("noted")).cast(pl.Float64).alias("value"), pl.col("wanted").cast(pl.Float64).alias("goal"),
    )  # fmt: skip
    return sentences(made, tell)


def _unlisted(rows: pl.DataFrame, expected: ExpectedTable) -> pl.DataFrame:
    """Name the sectors of the account that the list does not know."""
    codes = expected.to_polars()["code"].unique().to_list()
    odd = (
        rows.filter(~pl.col("sector").is_in(codes))
        .group_by("place", "time", "sector", maintain_order=True)
        .agg(pl.len().alias("rows"))
    )

    def tell(row: Mapping[str, Any]) -> tuple[str, str]:
        return (
            f"{row['sector']} has rows ({row['rows']}) and is not in the list of expected categories.",
            f"{row['sector']} 有 {row['rows']} 行，但不在应有类别清单中。",
        )

    made = odd.with_columns(
        pl.format("{} {}", "time", "sector").alias("item"), pl.lit("completeness, not in the list").alias("check"),
        pl.lit("caveat").alias("verdict"), pl.col("rows").cast(pl.Float64).alias("value"),
    )  # fmt: skip
    return sentences(made, tell)


def _finding(rows: pl.DataFrame) -> pl.DataFrame:
    goal = pl.col("goal") if "goal" in rows.columns else pl.lit(None, dtype=pl.Float64)
    nothing = pl.lit(None, dtype=pl.Float64)
    return rows.select(
        "check", "place", "item", "value", goal.alias("expected"), nothing.alias("tolerance"),
        (pl.col("value") - goal).alias("difference"), pl.lit("1").alias("unit"), "verdict", "explanation_en", "explanation_zh",
    )  # fmt: skip
