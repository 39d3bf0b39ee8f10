"""What published evidence says if the form of a city changed: interval, and where studies disagree.

Comes in: emissions, changes of measures of form, and elasticities with their sources. Goes out: the emissions that each body of
evidence leads to. Not for: adding effects up, which studies of single measures do not allow.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import whole
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.data.library.elements import ElasticityTable, elasticities
from citycarbon.data.shaping.parts import EVERY_SCOPE, one_whole, sums
from citycarbon.inventory.space.tables import UNIT


class FormChangeTable(Table):
    """Changes of the form of a city, each in per cent of the measure."""

    columns = (
        Column("measure", required=True, empty=False, meaning=("measure of form", "形态指标")),
        Column(
            "change", "number", required=True, empty=False, low=-99.9, unit="%", meaning=("change of it", "变化幅度")
        ),
    )
    __slots__ = ()


class WhatIfTable(Table):
    """Emissions under a change of form, by the evidence on one measure and outcome."""

    columns = (
        Column("measure", required=True, empty=False, meaning=("measure of form", "形态指标")),
        Column("outcome", required=True, empty=False, meaning=("what the studies looked at", "研究对象")),
        Column("change", "number", required=True, unit="%", meaning=("change of the measure", "形态变化")),
        Column("current", "number", required=True, meaning=("emissions that it moves, in unit", "受影响的排放")),
        Column("difference", "number", meaning=("change of emissions, middle of the evidence", "排放变化（中位）")),
        Column("low", "number", meaning=("least change of emissions", "排放变化下限")),
        Column("high", "number", meaning=("largest change of emissions", "排放变化上限")),
        UNIT,
        Column("elasticity", "number", unit="1", meaning=("median elasticity", "弹性中位数")),
        Column("studies", "number", required=True, unit="1", meaning=("findings with a number", "有数值的结论数")),
        Column("up", "number", required=True, unit="1", meaning=("findings of more emissions", "增排结论数")),
        Column("down", "number", required=True, unit="1", meaning=("findings of fewer emissions", "减排结论数")),
        Column("unclear", "number", required=True, unit="1", meaning=("findings of neither", "不明确结论数")),
        Column("verdict", required=True, empty=False, meaning=("whether the evidence agrees", "证据是否一致")),
        Column("source", required=True, meaning=("keys of the sources", "来源标识")),
    )
    __slots__ = ()


@method(
    id="inventory.space.form.what_if",
    gives=WhatIfTable,
    equation="ΔE = E · ((1 + c/100)^ε - 1)",
    source="jia2015",
    status="reproduced",
    title=("What if the form changed", "形态变化情景"),
    version=2,
)
def what_if(
    emissions: EmissionTable,
    changes: FormChangeTable,
    evidence: ElasticityTable | None = None,
    *,
    scopes: str = EVERY_SCOPE,
    time: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
) -> WhatIfTable:
    """Apply published elasticities to a change of form, measure by measure and outcome by outcome.

    Parameters
    ----------
    emissions
        Emissions of one gas and unit.
    changes
        Changes of measures of form in per cent.
    evidence
        Own elasticities instead of the shipped ones.
    scopes
        Named rule by which scopes are added.
    time
        Year or other period that is wanted, where the rows hold several years.
    scenario
        Which scenario, where the rows hold several.
    basis
        Which alternative of accounting, where the rows hold several.

    Returns
    -------
    effects
        One row a measure and outcome of the studies. The middle is the median elasticity; the interval spans all findings with
        their own ranges, and takes in nil where a finding has a direction but no number and points the other way. ``verdict``
        is ``agrees``, ``conflicting``, or ``direction only`` where no finding has a number. Rows are alternatives: their
        effects do not add. Where the emissions have no number for the sectors that an outcome moves, none is given.

    Raises
    ------
    CoverageError
        If a measure has no evidence.
    InputError
        If the emissions are not parts of one whole: several units, gases, years, scenarios, bases or metrics, a year beside its
        months, a place beside what contains it.

    References
    ----------
    Jia et al. (2015), as cited in a review of 111 papers: city size in Beijing, elasticity 0.32; 1.01^0.32 - 1 = 0.319 %.

    Examples
    --------
    >>> e = pl.DataFrame({"place": ["c"], "time": "2020", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [100.0], "unit": "t"})
    >>> bigger = FormChangeTable(pl.DataFrame({"measure": ["city_size"], "change": [1.0]}))
    >>> own = pl.DataFrame({"measure": ["city_size"], "outcome": "total CO2", "sector": "*", "value": [0.32], "sign": "+",
    ...                     "source": "jia2015"})
    >>> made = what_if(EmissionTable(e), bigger, ElasticityTable(own)).to_polars()
    >>> made.select(pl.col("difference").round(4), "verdict").rows()
    [(0.3189, 'agrees')]
    """
    known = (evidence or elasticities()).to_polars()
    wanted = changes.to_polars()
    problems = Problems()
    for name in wanted["measure"].to_list():
        if name not in known["measure"].to_list():
            listed = ", ".join(known["measure"].unique().sort())
            problems.add("measure_unknown", Where(column="measure", item=name), name, known=listed)
    for name in wanted.filter(pl.col("measure").is_duplicated())["measure"].unique().sort():
        problems.add("row_duplicate", Where(item=name), name, key="measure")
    problems.raise_all()
    chosen = one_whole(emissions, time=time, scenario=scenario, basis=basis)
    sums(chosen, [], scopes=scopes)  # sectors are added below by their heads: none may hold another
    rows = sums(chosen, ["sector"], scopes=scopes)
    made = []
    both = known.join(wanted, on="measure").sort("measure", "outcome", "source")
    for (measure, outcome), group in both.group_by("measure", "outcome", maintain_order=True):
        made.append(_effect(str(measure), str(outcome), group, rows))
    frame = pl.DataFrame(made, infer_schema_length=None)
    floats = [c.name for c in WhatIfTable.columns if c.kind == "number"]
    unit = rows["unit"][0] if rows.height else "t"
    frame = frame.with_columns(pl.col(floats).cast(pl.Float64), pl.lit(unit).alias("unit"))
    return WhatIfTable(frame.select([column.name for column in WhatIfTable.columns]))


def _effect(measure: str, outcome: str, group: pl.DataFrame, rows: pl.DataFrame) -> dict[str, object]:
    head, change = group["sector"][0], float(group["change"][0])
    moved = (
        rows if head == "*" else rows.filter((pl.col("sector") == head) | pl.col("sector").str.starts_with(f"{head}."))
    )
    current = whole(moved, free=["scope"]) if moved["value"].count() else None
    base = 1 + change / 100
    numbers = group.filter(pl.col("value").is_not_null())
    signs = group["sign"].to_list()
    up, down = signs.count("+"), signs.count("-")
    grows = {sign: (1 if change > 0 else -1) * {"+": 1, "-": -1}.get(sign, 0) for sign in set(signs)}
    middle = float(numbers["value"].median() or 0.0)  # type: ignore[arg-type]
    found: dict[str, object] = {
        "difference": None, "low": None, "high": None, "elasticity": middle if numbers.height else None
    }  # fmt: skip
    if numbers.height and current is not None:
        ends = pl.concat([numbers["value"], numbers["low"].drop_nulls(), numbers["high"].drop_nulls()])
        effects = [current * (base**e - 1) for e in ends.to_list()]
        bare = group.filter(pl.col("value").is_null())["sign"].to_list()
        # A direction without a number can only say that nil, or the other side of it, is not ruled out.
        effects += [0.0 for sign in bare if grows[sign] * sum(effects) <= 0]
        found |= {"difference": current * (base**middle - 1), "low": min(effects), "high": max(effects)}
    verdict = "conflicting" if (up and down) or "±" in signs else "agrees" if numbers.height else "direction only"
    return {
        "measure": measure, "outcome": outcome, "change": change, "current": current, **found,
        "studies": numbers.height, "up": up, "down": down, "unclear": len(signs) - up - down, "verdict": verdict,
        "source": "; ".join(group["source"].unique().sort().to_list()),
    }  # fmt: skip
