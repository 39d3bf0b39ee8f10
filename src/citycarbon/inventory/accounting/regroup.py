"""The same emissions under another code list: GPC, IPCC, the provincial guideline, land use, end use.

Comes in: emissions whose sectors stand in one code list, and a crosswalk with shares. Goes out: the same emissions under the
codes of the other list, with a visible residual for what has no place there. Not for: other places or times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problem, Problems, Where, problem
from citycarbon.core.frames import Frame
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import MATCH, EmissionTable, Table
from citycarbon.core.tables.columns import PROVENANCE
from citycarbon.core.trace import row_of
from citycarbon.core.uncertainty import shared_errors
from citycarbon.data.classifications import RESIDUAL, classification, crosswalk_rows, unmapped_reasons

METHOD_ID = "inventory.accounting.regroup"
_KEYS = ("sector", "activity", "scope")
_LINEAR = ("value", "sd", "sd_activity", "sd_factor", "energy", "standard_coal")
_CLOSES = 1e-9


class CrosswalkTable(Table):
    """Where the codes of one list belong in another, with shares; a row may hold for one activity or scope only."""

    columns = (
        Column("code", required=True, empty=False, meaning=("code in the list that the rows have", "原清单代码")),
        Column("activity", meaning=("only for this activity; any if empty", "仅适用于该活动；空为任意")),
        Column("scope", meaning=("only for this scope; any if empty", "仅适用于该范围；空为任意")),
        Column("target", required=True, empty=False, meaning=("code in the other list", "目标清单代码")),
        Column("share", "number", required=True, empty=False, low=0, high=1, unit="1",
               meaning=("share of the emissions that goes there", "归入该代码的份额")),
        Column("note", meaning=("remark", "说明")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()

    def _own_rules(self, frame: Frame, fixed: Mapping[str, str], where: Where) -> Iterable[Problem]:  # noqa: ARG002
        """Shares of one code, activity and scope add to one."""
        rows = frames.small(frame)
        for name in ("activity", "scope", "provenance_id"):
            if name not in rows.columns:
                rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(name))
        keys = [pl.col("code"), pl.col("activity").fill_null(""), pl.col("scope").fill_null("")]
        sums = rows.group_by(keys, maintain_order=True).agg(pl.col("share").sum(), pl.col("provenance_id"))
        for row in sums.filter((pl.col("share") - 1).abs() > _CLOSES).sort("code").head(20).iter_rows(named=True):
            numbers = tuple(number for item in row["provenance_id"] if (number := row_of(item)))
            found = f"{row['code']} {row['activity']} {row['scope']}".strip() + f": Σ = {row['share']:g}"
            place = Where(where.file, where.sheet, numbers, "share")
            yield problem("value_out_of_range", place, found, range="Σ share = 1")


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_target = Σ_code share(code, activity, scope → target) · E_code; what has no target stays as not_mapped",
    source="gpc_2021",
    status="experimental",
    title=("Regroup to another code list", "转换到其他分类体系"),
)
def regroup(
    emissions: EmissionTable, crosswalk: CrosswalkTable | None = None, *, to: str, classification_name: str = ""
) -> EmissionTable:
    """Put emissions under the codes of another list; the total stays the same to the last digit that sums keep.

    The most specific row of the crosswalk holds: activity and scope, then activity, then scope, then the code alone; a code of
    which no row fits takes those of its nearest parent, unless the shipped list of unmapped codes names it. Emissions without
    any row, or the rest of shares that the crosswalk leaves open, go to ``not_mapped``.

    Parameters
    ----------
    emissions
        Rows whose sectors stand in one list; parts and their whole must not stand side by side.
    crosswalk
        Own crosswalk; the shipped one of the two lists if left out.
    to
        Name of the list that is wanted: ``gpc``, ``ipcc2006``, ``provincial``, ``crf``, ``spatial``, ``tokyo`` or ``city``.
    classification_name
        Name of the list in which the sectors stand; that of the table's own code list if left out.

    Returns
    -------
    emissions
        The same gases, places, times and units. A row that is split keeps one shared error, so that the uncertainty of the
        total does not change.

    Raises
    ------
    InputError
        If a list or crosswalk is not known, or a target is not in the list.
    DoubleCountError
        If a code and one of its parents both have rows.

    References
    ----------
    Global Protocol for Community-Scale Greenhouse Gas Inventories, version 1.1, table 3.1 and appendix A (sectors and the
    IPCC categories that they cover); each shipped crosswalk names its own source and quality.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2020", "sector": ["buildings.commercial", "energy.power_supplied"],
    ...                      "activity": "natural_gas", "scope": "1", "gas": "CO2", "value": [3.0, 5.0], "unit": "t"})
    >>> made = regroup(EmissionTable(rows), to="gpc", classification_name="city")
    >>> made.to_polars().select("sector", "value").rows()
    [('I.2.1', 3.0), ('I.4.4', 5.0)]
    """
    mapped = shares_of(emissions, to, crosswalk, classification_name)
    return _applied(emissions, mapped, classification(to))


def shares_of(
    emissions: EmissionTable, to: str, crosswalk: CrosswalkTable | None = None, classification_name: str = ""
) -> pl.DataFrame:
    """Give where each sector, activity and scope of a table goes: sector, activity, scope, target, share (adding to 1).

    The parameters and errors are those of :func:`regroup`.
    """
    codes = _own_codes(emissions, classification_name)
    target = classification(to)
    if codes.name == to:
        needs = _needs(emissions)
        _refuse_nested(needs, codes)
        return needs.with_columns(pl.col("sector").alias("target"), pl.lit(1.0).alias("share"))
    rules = crosswalk.to_polars() if crosswalk is not None else _shipped(codes.name, to)
    _check_targets(rules, target)
    needs = _needs(emissions)
    _refuse_nested(needs, codes)
    blocked = frozenset() if crosswalk is not None else frozenset(unmapped_reasons(codes.name, to))
    return _resolved(needs, rules, codes, blocked)


def _shipped(origin: str, to: str) -> pl.DataFrame:
    rows = crosswalk_rows(origin, to)
    return rows.with_columns(pl.lit(None, dtype=pl.String).alias("provenance_id"))


def _own_codes(emissions: EmissionTable, name: str) -> CodeList:
    known = emissions.codes.get("sector")
    if name:
        codes = classification(name)
        return emissions.with_codes(sector=codes).codes["sector"]
    if known is None:
        raise InputError("parameter_missing", Where(item="classification_name"), "", column="classification_name")
    return known


def _check_targets(rules: pl.DataFrame, target: CodeList) -> None:
    problems = Problems()
    for code in rules["target"].unique().sort().to_list():
        if code not in target:
            hits = rules.filter(pl.col("target") == code)["provenance_id"].drop_nulls().head(5).to_list()
            problems.add("sector_unknown", Where.of(hits, "target"), code, known=target.known)
    problems.raise_all()


def _needs(emissions: EmissionTable) -> pl.DataFrame:
    """Give the distinct sectors, activities and scopes of the rows, constants written out."""
    stored = [name for name in _KEYS if emissions.has(name)]
    found = frames.distinct(emissions.rows, stored) if stored else pl.DataFrame({"one": [1]})
    fill = [pl.lit(emissions.constant(name)).alias(name) for name in _KEYS if name not in stored]
    return found.with_columns(fill).select(_KEYS)


def _refuse_nested(needs: pl.DataFrame, codes: CodeList) -> None:
    problems = Problems()
    for parent, child in codes.nested(needs["sector"].unique().to_list())[:5]:
        problems.add("sum_parent_child", Where(column="sector"), f"{parent} ⊃ {child}", dimension="sector")
    problems.raise_all()


def _resolved(needs: pl.DataFrame, rules: pl.DataFrame, codes: CodeList, blocked: frozenset[str]) -> pl.DataFrame:
    """Find the rules of each need: by the nearest code that has any, then by how much a rule says."""
    by_code: dict[str, dict[tuple[str, str], list[tuple[str, float]]]] = {}
    for code, activity, scope, target, share in rules.select(
        "code", "activity", "scope", "target", "share"
    ).iter_rows():
        by_code.setdefault(code, {}).setdefault((activity or "", scope or ""), []).append((target, share))
    made = []
    for sector, activity, scope in needs.iter_rows():
        line = (sector, *codes.ancestors(sector)) if sector in codes else (sector,)
        keys = ((activity, scope), (activity, ""), ("", scope), ("", ""))
        found: list[tuple[str, float]] = []
        for code in line:
            found = next((by_code[code][key] for key in keys if key in by_code.get(code, {})), [])
            if found or code in blocked:
                break
        rest = 1.0 - sum(share for _, share in found)
        if rest > _CLOSES:
            found = [*found, (RESIDUAL, rest)]
        made += [(sector, activity, scope, target, share) for target, share in found]
    schema = {**dict.fromkeys([*_KEYS, "target"], pl.String), "share": pl.Float64}
    return pl.DataFrame(made, schema=schema, orient="row")


def _applied(emissions: EmissionTable, mapped: pl.DataFrame, target: CodeList) -> EmissionTable:
    """Join the shares and multiply whatever adds."""
    stored = [name for name in _KEYS if emissions.has(name)]
    rows: Any = emissions.rows
    rows = rows.drop(MATCH, strict=False)
    small = mapped.with_columns(
        pl.when(pl.col("sector") == pl.col("target")).then(None)
        .otherwise(pl.format("{} → {} × {}", "sector", "target", pl.col("share").round(6))).alias("regrouped")
    ).select(*(stored or ["target"]), *(["target"] if stored else []), "share", "regrouped")  # fmt: skip
    kinds = rows.collect_schema()
    other: Any = frames.like(small, rows)
    labels = [nw.col(name).cast(kinds[name]) for name in stored if kinds[name] != nw.String]
    other = other.with_columns(*labels) if labels else other
    joined = rows.join(other, on=stored, how="left") if stored else rows.join(other, how="cross")
    split = (mapped["share"] < 1).any()
    joined = joined.with_columns(*(shared_errors(emissions) if split else ()), *_rule(emissions))
    linear = [(nw.col(name) * nw.col("share")).alias(name) for name in _LINEAR if name in kinds]
    joined = joined.with_columns(*linear, nw.col("target").alias("sector")).drop("target", "share", "regrouped")
    fixed = {name: text for name, text in emissions.fixed.items() if name not in ("sector", "rule")}
    fixed = {name: text for name, text in fixed.items() if name not in joined.collect_schema().names()}
    order = [*kinds.names(), "sector", "rule", "error_group", "activity_error_group"]
    present = joined.collect_schema().names()
    joined = joined.select(*dict.fromkeys(name for name in order if name in present))
    return EmissionTable.trusted(joined, fixed=fixed, codes={**emissions.codes, "sector": target})


def _rule(emissions: EmissionTable) -> list[Any]:
    """Say in the rule of each row which code it came from."""
    came = nw.col("regrouped")
    before = emissions.text("rule")
    both = nw.concat_str([before.cast(nw.String), came], separator="; ")
    return [nw.when(came.is_null()).then(before).when(before.is_null()).then(came).otherwise(both).alias("rule")]
