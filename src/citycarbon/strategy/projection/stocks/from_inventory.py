"""A projection that starts from an inventory: every line of its base year, moved by drivers that rules name.

Comes in: emissions of a base year, and rules. Goes out: lines and their base values, for ``project`` and ``simulate``. Not for:
activity and intensity in units of their own, which are lines of a model.
"""

from __future__ import annotations

import narwhals as nw
import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import added, check_parts
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import PROVENANCE
from citycarbon.core.warming import methane_gas
from citycarbon.strategy.projection.stocks.formula import parse_formula
from citycarbon.strategy.projection.stocks.model import models_of
from citycarbon.strategy.projection.stocks.tables import EVERY, LineTable, PathTable

_KEYS = ("place", "sector", "activity", "scope", "gas", "metric", "flow")
_ANY = "*"
_EXACT = 1e-9


class MoverTable(Table):
    """Which drivers move which emissions of an inventory: the most exact rule holds."""

    columns = (
        Column(
            "sector", required=True, empty=False,
            meaning=("codes or heads of codes, parted by |, or *", "代码或代码前段，以 | 分隔；* 为全部"),
        ),
        Column("activity", default=_ANY, meaning=("carriers, parted by |, or *", "能源品种等，以 | 分隔；* 为全部")),
        Column("formula", meaning=("drivers that are 1 in the base year; held if empty", "基准年为 1 的驱动变量；空为不变")),
        Column("source", meaning=("source", "来源")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id="strategy.projection.stocks.inventory_lines",
    gives=LineTable,
    equation="E_l(t) = E_l(base) Π_d x_d(t)^k, x_d(base) = 1",
    source="leap_2022",
    status="experimental",
    title=("Lines from an inventory", "由清单生成模型行"),
    version=2,
)
def inventory_lines(
    emissions: EmissionTable,
    movers: MoverTable,
    paths: PathTable,
    *,
    year: int,
    basis: str = "location",
    place: str = "",
) -> LineTable:
    """Make a line of every place, sector, carrier, scope and gas of an inventory, with the drivers that move it.

    Parameters
    ----------
    emissions
        Inventory; removals become lines of scope ``sink``. Biogenic CO2 and rows without a number are left out.
    movers
        Rules by sector and carrier; every line needs one, and an empty formula holds it as it is.
    paths
        The drivers of the rules; each is 1 in the base year, so that the projection begins with the inventory.
    year
        [1] Base year.
    basis
        Alternative of accounting that is taken where there are several.
    place
        One place to which all places are added up; each its own if empty.

    Returns
    -------
    lines
        A line each, whose first driver is its base value, from ``inventory_paths``.

    Raises
    ------
    CoverageError
        Sectors and carriers without a rule, or a year without emissions.
    InputError
        Two rules of the same rank, formulas that cannot be read, drivers that are missing or not 1 in the base year, several
        scenarios.

    References
    ----------
    Heaps (2022): an inventory as current accounts, moved by growth of activity and change of intensity.

    Examples
    --------
    >>> row = {"place": "A", "time": "2020", "sector": "buildings.homes", "activity": "gas", "scope": "1", "gas": "CO2"}
    >>> emissions = EmissionTable(pl.DataFrame([row | {"value": 8.0, "unit": "t"}]))
    >>> movers = MoverTable(pl.DataFrame({"sector": ["buildings"], "formula": ["people * heat"]}))
    >>> paths = PathTable(pl.DataFrame({"driver": ["people", "heat"], "time": "2020", "value": 1.0, "unit": "1"}))
    >>> inventory_lines(emissions, movers, paths, year=2020).to_polars().select("line", "formula").row(0)
    ('A: buildings.homes gas 1 CO2', 'A: buildings.homes gas 1 CO2 * people * heat')
    """
    rows = _base(emissions, year, basis, place)
    formulas = _moved(rows, movers)
    made = LineTable(
        rows.with_columns(
            formula=pl.Series(
                [f"{line} * {each}" if each else line for line, each in zip(rows["line"], formulas, strict=True)]
            ),
            scope=pl.when(pl.col("flow") == "removal").then(pl.lit("sink")).otherwise("scope"),
            unit=pl.lit("t"),
        ).select("line", "place", "sector", "activity", "scope", "gas", "formula", "unit", "metric")
    )
    _check_base(rows, made, paths, year)
    return made


def _check_base(rows: pl.DataFrame, lines: LineTable, paths: PathTable, year: int) -> None:
    """Refuse drivers by which the base year would not be the inventory."""
    problems = Problems()
    begins = PathTable(pl.concat([_paths(rows, year), paths.to_polars()], how="diagonal"))
    wrong: dict[str, None] = {}
    for model in models_of(begins, lines, year, year + 1):
        ratio = np.abs(model.values[:, 0]) / rows["value"].to_numpy()
        for number in np.flatnonzero(np.abs(ratio - 1) > _EXACT):
            wrong[f"{rows['sector'][int(number)]} · {model.scenario}: {ratio[number]:.6g}"] = None
    for item in list(wrong)[:5]:
        problems.add(
            "mover_base", Where(column="value", item=item.rpartition(": ")[0]), item.rpartition(": ")[2], year=year
        )
    problems.raise_all()


@method(
    id="strategy.projection.stocks.inventory_paths",
    gives=PathTable,
    equation="x_l(t) = E_l(base)",
    source="leap_2022",
    status="experimental",
    title=("Base values from an inventory", "由清单生成基准值"),
    version=2,
)
def inventory_paths(emissions: EmissionTable, *, year: int, basis: str = "location", place: str = "") -> PathTable:
    """Give the base value of every line of an inventory as a driver that stays as it is.

    Parameters
    ----------
    emissions
        Inventory, as for ``inventory_lines``.
    year
        [1] Base year.
    basis
        Alternative of accounting that is taken where there are several.
    place
        One place to which all places are added up; each its own if empty.

    Returns
    -------
    paths
        A driver for each line, in tonnes.

    Raises
    ------
    CoverageError
        A year without emissions.
    InputError
        Several scenarios, an unknown basis.

    References
    ----------
    Heaps (2022): current accounts.

    Examples
    --------
    >>> row = {"place": "A", "time": "2020", "sector": "homes", "activity": "gas", "scope": "1", "gas": "CO2", "unit": "t"}
    >>> emissions = EmissionTable(pl.DataFrame([row | {"value": 8.0}, row | {"value": 2.0, "place": "B"}]))
    >>> inventory_paths(emissions, year=2020, place="town").to_polars().select("driver", "time", "value", "unit").rows()
    [('town: homes gas 1 CO2', '2020', 10.0, 't')]
    """
    return PathTable(_paths(_base(emissions, year, basis, place), year))


def _paths(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    return rows.select(pl.col("line").alias("driver"), "value").with_columns(
        place=pl.lit(EVERY), scenario=pl.lit(EVERY), time=pl.lit(str(year)), unit=pl.lit("t"), interpolation=pl.lit("linear"),
        source=pl.lit(f"inventory of {year}"),
    )  # fmt: skip


def _base(emissions: EmissionTable, year: int, basis: str, place: str) -> pl.DataFrame:
    """Emissions of the base year by line, in tonnes, removals above zero."""
    rows = (
        emissions.with_unit("t").to_polars().filter(pl.col("value").is_not_null() & (pl.col("gas") != "CO2-biogenic"))
    )
    bases = [each for each in rows["basis"].unique().sort().to_list() if each != EVERY]
    if bases and basis not in bases:
        raise InputError("value_not_listed", Where(item="basis"), basis, known=", ".join(bases))
    mine = rows.filter(pl.col("basis").is_in([EVERY, basis]) & (pl.col("time").str.slice(0, 4) == str(year)))
    if not mine.height:
        known = ", ".join(rows["time"].str.slice(0, 4).unique().sort().to_list()[-12:])
        raise InputError("period_wrong", Where(item="year"), year, known=known)
    mine = mine.with_columns(pl.col("place", "sector", "activity", "scope", "gas").cast(pl.String))
    # A line has no column for the origin of methane, which its potential goes by: the name of the gas says it.
    gas = methane_gas(nw.col("gas"), nw.col("methane_origin")).alias("gas")
    mine = nw.from_native(mine).with_columns(gas).to_native()
    # A line is one thing: neither two metrics of it nor, where places are added up, a place with its own parts.
    apart = [name for name in _KEYS if name != "metric" and not (place and name == "place")]
    check_parts(mine, apart, codes=emissions.codes)
    if place:
        mine = mine.with_columns(pl.lit(place).alias("place"))
    sums = added(mine, _KEYS, codes=emissions.codes).filter(pl.col("value") != 0).sort(_KEYS)
    # A name that the language of formulas reads as one driver.
    name = pl.format("{}: {} {} {} {}", "place", "sector", "activity", "scope", "gas").str.replace_all(r"[*/^]", "-")
    removal = pl.col("flow") == "removal"
    low = sums.filter((pl.col("value") < 0) & ~removal)
    problems = Problems()
    for row in low.head(5).iter_rows(named=True):
        item = f"{row['place']} · {row['sector']} · {row['activity']}"
        problems.add("value_out_of_range", Where(column="value", item=item), row["value"], range="≥ 0; flow = removal")
    problems.raise_all()
    named = sums.with_columns(name.alias("line"), pl.col("value").abs().alias("value"))
    return named.with_columns(
        pl.when(removal & (pl.col("scope") != "sink"))
        .then(pl.format("{} removal", "line"))
        .otherwise("line")
        .alias("line")
    )


def _moved(rows: pl.DataFrame, movers: MoverTable) -> list[str]:
    """Formula of each line by the most exact rule; what has none is named, all at once."""
    problems = Problems()
    rules = list(movers.to_polars().iter_rows(named=True))
    for rule in rules:
        try:
            parse_formula(rule["formula"] or "1", _where(rule))
        except InputError as error:
            problems.absorb(error)
    found = []
    missing: dict[str, None] = {}
    for sector, activity in rows.select("sector", "activity").iter_rows():
        ranked = sorted(
            (
                (rank, number)
                for number, rule in enumerate(rules)
                if (rank := _rank(rule, sector, activity)) is not None
            ),
            reverse=True,
        )
        if not ranked:
            missing[f"{sector} · {activity}"] = None
            continue
        best = [number for rank, number in ranked if rank == ranked[0][0]]
        if len({rules[number]["formula"] for number in best}) > 1:
            problems.add("row_duplicate", _where(rules[best[1]]), f"{sector} · {activity}", key="sector, activity")
        found.append(str(rules[best[0]]["formula"] or ""))
    if missing:
        shown = ", ".join(list(missing)[:8]) + (" …" if len(missing) > 8 else "")
        problems.add("mover_missing", Where(column="sector"), shown, count=len(missing))
    problems.raise_all()
    return found


def _rank(rule: dict[str, object], sector: str, activity: str) -> tuple[int, int] | None:
    """How exactly a rule names a sector and carrier; None if it does not."""
    sectors = [
        len(word) + 1 if word != _ANY else 0
        for word in (each.strip() for each in str(rule["sector"]).split("|"))
        if word == _ANY or sector == word or sector.startswith(word + ".")
    ]
    words = [each.strip() for each in str(rule["activity"]).split("|")]
    carrier = 1 if activity in words else 0 if _ANY in words else None
    return None if not sectors or carrier is None else (max(sectors), carrier)


def _where(rule: dict[str, object]) -> Where:
    return Where.of(rule, "formula", str(rule["sector"]))
