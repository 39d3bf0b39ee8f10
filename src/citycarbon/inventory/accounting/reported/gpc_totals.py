"""Totals of the GPC: BASIC, BASIC+, territorial, and what stands apart, by sector and scope.

Comes in: emissions under GPC numbers in one CO2e. Goes out: a table of totals; rows without a number are counted, never added
as zero. Not for: regrouping (``regroup``).
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import PLACE, UNIT
from citycarbon.core.totals import total
from citycarbon.core.warming import BIOGENIC, EQUIVALENT
from citycarbon.data.classifications import RESIDUAL
from citycarbon.data.exchange.gpc import gpc_numbers, gpc_rows
from citycarbon.data.library import warming_metric

METHOD_ID = "inventory.accounting.gpc_totals"
LEVELS: dict[str, tuple[str, ...]] = {"BASIC": ("basic",), "BASIC+": ("basic", "basic+")}
"""Reporting level to the levels of numbers that it adds."""
ALL = "all"


class GpcTotalTable(Table):
    """Totals by reporting level, sector and scope; ``all`` stands for a sum over every sector or scope of the level."""

    columns = (
        PLACE,
        Column("time", "period", required=True, empty=False, meaning=("year", "年份")),
        Column("scenario", meaning=("scenario", "情景")),
        Column("basis", meaning=("alternative of accounting", "核算口径")),
        Column("gpc_level", required=True, empty=False,
               meaning=("BASIC, BASIC+, territorial, other scope 3 or not mapped", "BASIC、BASIC+、属地、其他范围三或未归类")),
        Column("sector", required=True, empty=False, meaning=("sector I to VI, or all", "部门 I—VI 或 all")),
        Column("scope", required=True, empty=False, meaning=("scope, or all", "范围，或 all")),
        Column("value", "number", required=True, meaning=("sum, in unit; empty if no row has a number", "合计；均无数值时为空")),
        UNIT,
        Column("rows", "number", unit="1", meaning=("rows that were added", "相加的行数")),
        Column("without_number", "number", unit="1", meaning=("rows with a notation key instead", "以标记代替数值的行数")),
        Column("sd", "number", low=0, meaning=("standard deviation, in unit", "标准差")),
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=GpcTotalTable,
    equation="BASIC = Σ numbers of level basic; BASIC+ = BASIC + Σ level basic+; territorial = Σ scope 1",
    source="gpc_2021",
    status="reproduced",
    title=("Totals of the GPC", "GPC 总量"),
)
def gpc_totals(emissions: EmissionTable, *, gas_metric: str | None = None, basis: str | None = None) -> GpcTotalTable:
    """Sum emissions under GPC numbers to BASIC, BASIC+ and the territorial total, by sector and scope.

    BASIC holds scopes 1 and 2 of I and II but not generation for the grid (I.4.4), and the city's own waste wherever it is
    treated (III.x.1, III.x.2). BASIC+ adds grid losses and journeys beyond the boundary (I.x.3, II.x.3), IV and V. Neither holds
    waste from elsewhere (III.x.3). The territorial total is all scope 1. Which number is of which level is data: list ``gpc``.

    Parameters
    ----------
    emissions
        Rows under GPC numbers, as ``regroup`` to ``gpc`` or ``reported_inventory`` gives them.
    gas_metric
        Warming metric by which gases become CO2e; if left out the rows must be CO2e.
    basis
        Alternative that is taken beside the rows of basis ``all``; if left out the rows must hold one only.

    Returns
    -------
    totals
        A row for each level, sector and scope, with ``all`` for sums over them; other scope 3 (VI.1) and what no crosswalk maps
        (``not_mapped``) stand apart; the count of rows with a notation key is given.

    Raises
    ------
    InputError
        If a sector is no number of the GPC.
    DoubleCountError
        If the rows hold several gases or alternatives.

    References
    ----------
    Global Protocol for Community-Scale Greenhouse Gas Inventories, version 1.1, section 4.3 and table 4.2 (reporting levels).

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2022", "sector": ["I.1.1", "I.4.4", "III.1.2", "III.1.3", "I.1.3"],
    ...     "activity": "x", "scope": ["1", "1", "3", "1", "3"], "gas": "CO2e", "value": [1.0, 10.0, 2.0, 20.0, 4.0],
    ...     "unit": "t"})
    >>> made = gpc_totals(EmissionTable(rows)).to_polars().filter(sector="all", scope="all")
    >>> dict(made.select("gpc_level", "value").iter_rows())
    {'BASIC': 3.0, 'BASIC+': 7.0, 'territorial': 31.0}
    """
    rows = emissions.rows.filter(~(emissions.text("gas") == BIOGENIC))
    fossil = EmissionTable.trusted(rows, fixed=emissions.fixed, codes=emissions.codes)
    if basis is not None:
        fossil = fossil.filter(basis=["all", basis])
    if gas_metric is not None:
        fossil = fossil.to_co2e(warming_metric(gas_metric))
    _check(fossil)
    words = set(fossil.words("sector"))
    numbers = gpc_numbers()
    levels = {name: [n for n in numbers if numbers[n][1] in kinds] for name, kinds in LEVELS.items()}
    levels["territorial"] = [number for number in numbers if numbers[number][0] == "1"]
    levels["other scope 3"] = [number for number in numbers if numbers[number][1] == "other"]
    levels[RESIDUAL] = [RESIDUAL]
    parts = [_sums(fossil.filter(sector=kept), name) for name, kept in levels.items() if words & set(kept)]
    made = pl.concat(parts) if parts else pl.DataFrame(schema=_schema())
    return GpcTotalTable(made)


def _check(emissions: EmissionTable) -> None:
    problems = Problems()
    known = set(gpc_numbers()) | {RESIDUAL}
    for code in [code for code in emissions.words("sector") if code not in known]:
        problems.add("sector_unknown", Where(column="sector"), code, known=", ".join([*list(gpc_numbers())[:6], "…"]))
    problems.raise_all()
    gases = emissions.words("gas")
    if gases not in ([], [EQUIVALENT]):
        raise InputError("sum_gas", Where(column="gas"), ", ".join(gases))
    bases = [word for word in emissions.words("basis") if word != "all"]
    if len(bases) > 1:
        raise InputError("sum_alternatives", Where(column="basis"), ", ".join(bases), dimension="basis")


def _sums(emissions: EmissionTable, level: str) -> pl.DataFrame:
    """Sum one level by sector and scope, by either, and as a whole."""
    rows = emissions.to_polars()
    basis = next((word for word in emissions.words("basis") if word != "all"), "all")
    roots = {code: _root(code) for code in emissions.words("sector")}
    grouped = rows.with_columns(
        pl.col("sector").replace_strict(roots, return_dtype=pl.String), pl.lit(basis).alias("basis")
    )
    held = [name for name in grouped.columns if grouped[name].null_count() < grouped.height or name == "value"]
    table = EmissionTable(grouped.select(held))
    parts = []
    for by in (["sector", "scope"], ["sector"], ["scope"], []):
        sums = pl.DataFrame(total(table, ["place", "time", "scenario", *by], scopes="scope_1_2_3"))
        named = [pl.lit(ALL).alias(name) for name in ("sector", "scope") if name not in by]
        parts.append(sums.with_columns(*named, pl.lit(level).alias("gpc_level"), pl.lit(basis).alias("basis")))
    made = pl.concat(parts, how="diagonal")
    names = [*_schema()]
    made = made.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in names if name not in made.columns)
    return made.select(names).cast(_schema()).sort("place", "time", "scenario", "sector", "scope")  # type: ignore[arg-type]


def _root(code: str) -> str:
    parents = dict(gpc_rows().select("code", "parent").iter_rows())
    while parents.get(code):
        code = parents[code]
    return code


def _schema() -> dict[str, pl.DataType | type[pl.DataType]]:
    return {column.name: pl.Float64 if column.kind == "number" else pl.String for column in GpcTotalTable.columns}
