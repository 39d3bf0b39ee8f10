"""What a provincial summary says: one year of one scenario by the codes of the provincial guideline, gas by gas.

Comes in: a study result whose study names the view ``provincial``. Goes out: the lines of the tables and the rows behind them.
Not for: cells (:mod:`citycarbon.data.exchange.provincial.writer`).

Emissions of scope 1 and sinks stand at the guideline's codes 1 to 5; the memo items M are in no total. Whatever else the
account holds is shown below the table under a line of its own, so that table, memo items and these lines are the whole account.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.core.sums import added
from citycarbon.core.units import conversion, same_dimension
from citycarbon.core.warming import BIOGENIC, EQUIVALENT
from citycarbon.data.classifications import RESIDUAL, classification
from citycarbon.data.library import warming_metric

VIEW = "provincial"
MEMO = "M"
LAND = "4"
ENERGY = "1"
MASS_GASES = ("CO2", "CH4", "N2O")
"""Columns in mass of the gas; the families behind them stand in CO2e."""
FAMILIES = ("HFC", "PFC", "SF6", "OTHER")
_OTHER_SCOPES = ("2", "3", "sink")
_SCOPE_WORDS = {
    "1": ("范围一", "scope 1"),
    "2": ("范围二", "scope 2"),
    "3": ("范围三", "scope 3"),
    "sink": ("碳汇", "sinks"),
}


@dataclass(frozen=True)
class Line:
    """A line of table 1: its code, the code above it, names, depth, and whether rows stand at it directly."""

    code: str
    parent: str | None
    name_zh: str
    name_en: str
    depth: int
    direct: bool


@dataclass(frozen=True)
class Content:
    """All that the workbook shows: the chosen year, scenario and basis, lines, and the rows that the formulas add."""

    time: str
    scenario: str
    basis: str
    metric: str
    lines: tuple[Line, ...]
    apart: tuple[Line, ...]
    rows: pl.DataFrame
    fuels: pl.DataFrame
    activity: pl.DataFrame
    spread: pl.DataFrame


def provincial_content(
    result: StudyResult, *, time: str | None = None, scenario: str | None = None, basis: str | None = None
) -> Content:
    """Choose one year, scenario and basis of a result and give what the workbook shows.

    Parameters
    ----------
    result
        Result of a study with ``views: [{to: provincial}]``.
    time, scenario, basis
        Which year, scenario and alternative; each may be left out where the account has only one.

    Raises
    ------
    InputError
        If the study does not name the view, or the account has several years, scenarios or alternatives and none is named.
    """
    seen = result.tables.get("view_gases")
    if seen is None or not seen.filter(pl.col("list") == VIEW).height:
        raise InputError("view_missing", Where(item="views"), str(result.meta["study"]), view=VIEW)
    seen = seen.filter(pl.col("list") == VIEW)
    time = _chosen("time", seen["time"], time)
    if len(time) != 4:
        raise InputError("export_not_yearly", Where(column="time"), time, format=VIEW)
    seen = seen.filter(pl.col("time") == time)
    scenario = _chosen("scenario", seen["scenario"], scenario)
    seen = seen.filter(pl.col("scenario") == scenario)
    named = seen["basis"].filter(seen["basis"] != "all")
    basis = _chosen("basis", named, basis) if named.len() else "all"
    metric = str(result.meta["gwp"])
    rows = _placed(seen.filter(pl.col("basis").is_in(["all", basis])), metric)
    lines, apart = _lines(rows)
    activity = _activity(result, time, scenario)
    return Content(time, scenario, basis, metric, lines, apart, rows, _fuels(result, rows, activity), activity,
                   _spread(result, time, scenario, basis))  # fmt: skip


def _chosen(name: str, values: pl.Series, given: str | None) -> str:
    """Take what is named, or the only one there is; never a guess."""
    known = values.unique().sort().to_list()
    if given is None and len(known) == 1:
        return str(known[0])
    if given not in known:
        raise InputError("value_not_listed", Where(item=name), given or "—", known=", ".join(known))
    return str(given)


def _placed(seen: pl.DataFrame, metric: str) -> pl.DataFrame:
    """Give each row its line in table 1, its column, and its weight in CO2e; biogenic CO2 weighs nothing."""
    factors = {EQUIVALENT: 1.0, BIOGENIC: 0.0, **warming_metric(metric).factors}
    biogenic = (pl.col("gas") == BIOGENIC) | (pl.col("scope") == "biogenic")
    listed = pl.col("scope").is_in(["1", "sink"]) | pl.col("code").str.starts_with(MEMO)
    line = (
        pl.when(biogenic).then(pl.lit("B"))
        .when(pl.col("code") == RESIDUAL).then(pl.lit("N") + pl.col("scope"))
        .when(listed).then(pl.col("code"))
        .otherwise(pl.lit("S") + pl.col("scope"))
    )  # fmt: skip
    gas = pl.col("gas")
    family = (
        pl.when(gas == BIOGENIC).then(pl.lit("CO2"))
        .when(gas.is_in(MASS_GASES)).then(gas)
        .when(gas.str.starts_with("CH4-")).then(pl.lit("CH4"))
        .when(gas.str.starts_with("HFC-")).then(pl.lit("HFC"))
        .when(gas.str.contains(r"^(PFC-|(c-)?C\d*F\d+$)")).then(pl.lit("PFC"))
        .when(gas == "SF6").then(pl.lit("SF6"))
        .otherwise(pl.lit("OTHER"))
    )  # fmt: skip
    weight = gas.replace_strict(factors, return_dtype=pl.Float64)
    return seen.select(line.alias("line"), "code", "activity", "scope", "gas", family.alias("family"),
                       pl.col("value").alias("mass"), weight.alias("gwp"), "energy", "notation").sort(
        "line", "activity", "scope", "gas"
    )  # fmt: skip


def _lines(rows: pl.DataFrame) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Give every code of the guideline in its order, and the lines that stand apart and have rows."""
    tree = classification(VIEW)
    used = set(rows["line"].to_list())
    lines = tuple(
        Line(code, up, tree.label(code, "zh"), tree.label(code, "en"), len(tree.ancestors(code)), code in used)
        for code, up in tree.parents.items()
        if code != RESIDUAL
    )
    words = {"B": ("生物源 CO2（备忘，不计入总量）", "Biogenic CO2 (memo, in no total)")}
    for scope, (zh, en) in _SCOPE_WORDS.items():
        words[f"N{scope}"] = (f"省级清单中没有对应项（{zh}）", f"No place in the provincial list ({en})")
        if scope in _OTHER_SCOPES:
            words[f"S{scope}"] = (f"其他{zh}排放", f"Other {en} emissions")
    apart = tuple(Line(code, None, zh, en, 0, True) for code, (zh, en) in words.items() if code in used)
    return lines, apart


def _activity(result: StudyResult, time: str, scenario: str) -> pl.DataFrame:
    """Give the activity rows of the year, a row that two steps read only once."""
    rows = result.tables["activity"].filter((pl.col("time").str.slice(0, 4) == time) & (pl.col("scenario") == scenario))
    keys = ["place", "time", "sector", "activity", "value", "unit", "provenance_id"]
    return rows.unique(keys, keep="first", maintain_order=True)


def _fuels(result: StudyResult, rows: pl.DataFrame, activity: pl.DataFrame) -> pl.DataFrame:
    """Give what is burnt or leaks under energy activities: activity, amount and unit where they add, heat."""
    mine = rows.filter((pl.col("line") == ENERGY) | pl.col("line").str.starts_with(f"{ENERGY}."))
    # The heat of a fuel stands once, whatever its gases.
    heat = added(mine, ["activity"], values=["energy"], free=["gas", "scope", "unit"])
    emitted = result.tables["emissions"].filter(pl.col("scope") == "1")
    facts = emitted.select("provenance_id", "activity").drop_nulls().unique()
    burnt = activity.join(facts, on=["provenance_id", "activity"], how="semi", maintain_order="left")
    amounts = [(name, *_added(part)) for (name,), part in burnt.group_by("activity", maintain_order=True)]
    schema = {"activity": pl.String, "amount": pl.Float64, "unit": pl.String}
    used = pl.DataFrame(amounts, schema=schema, orient="row")
    listed = heat.join(used, on="activity", how="left").sort(
        "energy", "activity", descending=[True, False], nulls_last=True
    )
    return listed.with_row_index("number", offset=1).with_columns(pl.col("number").cast(pl.Int64))


def _added(part: pl.DataFrame) -> tuple[float | None, str]:
    """Add amounts in the unit of the first row; amounts of two kinds are not added."""
    units = part["unit"].unique(maintain_order=True).to_list()
    if any(not same_dimension(units[0], unit) for unit in units[1:]):
        return None, "; ".join(units)
    scale = part["unit"].replace_strict({unit: conversion(unit, units[0]) for unit in units}, return_dtype=pl.Float64)
    return float((part["value"] * scale).sum()), units[0]


def _spread(result: StudyResult, time: str, scenario: str, basis: str) -> pl.DataFrame:
    """Give value and standard deviation of each code of the view, as the study's own scopes have them."""
    seen = result.tables["views"].filter(
        (pl.col("list") == VIEW) & (pl.col("time") == time) & (pl.col("scenario") == scenario)
        & pl.col("basis").is_in(["all", basis])
    )  # fmt: skip
    for name in ("sd", "sd_coverage"):
        if name not in seen.columns:
            seen = seen.with_columns(pl.lit(None, dtype=pl.Float64).alias(name))
    return seen.select("code", "scope", "value", "sd", "sd_coverage").sort("code", "scope")
