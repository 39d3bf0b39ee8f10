"""Emissions of large places shared out to small ones by proxies, sector by sector.

Comes in: emissions, amounts of proxies by place, and rules that say which proxy serves which sector. Goes out: emissions by the
small places, with a residual row for what no proxy can place. Not for: shares by geometry alone
(:mod:`citycarbon.inventory.space.shares`).
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.findings import FindingTable
from citycarbon.core.method import method
from citycarbon.core.sums import added
from citycarbon.core.tables import EmissionTable, PlaceTable
from citycarbon.data.layers.amounts import refuse_empty
from citycarbon.inventory.space.shares import moved
from citycarbon.inventory.space.tables import RESIDUAL, ProxyTable, RuleTable

STAY = "stay"
"""Proxy of sources that have a place of their own: stacks and other points."""
_EXACT = 1e-9


@method(
    id="inventory.space.allocate",
    gives=EmissionTable,
    equation="E_t = Σ_s E_s · Σ_p w_p · a_pt / Σ_t a_pt",
    source="gpc_2021",
    status="experimental",
    title=("Allocate by proxies", "按代理变量分配"),
    version=2,
)
def allocate(
    emissions: EmissionTable, proxies: ProxyTable, rules: RuleTable, places: PlaceTable | None = None
) -> EmissionTable:
    """Share out the emissions of each place and sector in proportion to the amounts of its proxies.

    Parameters
    ----------
    emissions
        Emissions of large places.
    proxies
        Amounts by small place. Rows with a ``source`` serve that large place only. Rows without one serve the large place that
        holds theirs by ``places``, and where none is known to hold it, all.
    rules
        Proxies of each sector with their weights. A sector takes the rule of its own code, else of the longest head of its code
        (``buildings`` for ``buildings.cooling``), else ``*``. The proxy ``stay`` leaves emissions at their place.
    places
        Parents of places: which parcel lies in which district.

    Returns
    -------
    emissions
        The same mass by small place, to 1e-9. What has no rule, or whose proxy is nowhere or zero, stands in ``not_placed``,
        and so does the part of a proxy that itself lies in no place.
        With an sd of the proxies, ``sd_placement`` is the sd of the share times the emissions (independent errors of places).

    Raises
    ------
    SchemaError
        If a rule names a proxy that has no amounts, an amount stands twice, or the weights of a sector are all zero.

    References
    ----------
    GPC 2021, chapter 5 (downscaling by proxies).

    Examples
    --------
    >>> import polars as pl
    >>> e = pl.DataFrame({"place": ["city"], "time": "2020", "sector": "homes", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [10.0], "unit": "t"})
    >>> a = pl.DataFrame({"place": ["p", "q"], "proxy": "floor area", "value": [3.0, 1.0], "unit": "m2"})
    >>> r = pl.DataFrame({"sector": ["*"], "proxy": ["floor area"]})
    >>> allocate(EmissionTable(e), ProxyTable(a), RuleTable(r)).to_polars().select("place", "value").rows()
    [('p', 7.5), ('q', 2.5)]
    """
    weights = _weights(rules, proxies)
    rows = emissions.to_polars().with_row_index("row")
    rule = _rule_of(rows["sector"].unique().sort().to_list(), weights["sector"].unique().to_list())
    needed = rows.select("row", "place", "sector").join(rule, on="sector", how="left")
    parts = needed.join(weights.rename({"sector": "rule"}), on="rule", how="left")
    stays = parts.filter(pl.col("proxy") == STAY).select(
        "row", pl.col("place").alias("target"), pl.col("weight").alias("share")
    )
    shares = _shares(_with_source(proxies.to_polars(), rows["place"].unique().to_list(), places))
    own = parts.join(
        shares.filter(pl.col("source").is_not_null()), left_on=["place", "proxy"], right_on=["source", "proxy"]
    )
    general = parts.join(shares.filter(pl.col("source").is_null()).drop("source"), on="proxy")
    served = own.select("row", "proxy").unique()
    general = general.join(served, on=["row", "proxy"], how="anti")
    columns = [
        "row",
        "target",
        (pl.col("weight") * pl.col("part")).alias("share"),
        (pl.col("weight") * pl.col("part_sd")).alias("sd"),
    ]
    placed = pl.concat([own.select(columns), general.select(columns)])
    placed = placed.group_by("row", "target", maintain_order=True).agg(
        pl.col("share").sum(), pl.when(pl.col("sd").count() > 0).then((pl.col("sd") ** 2).sum().sqrt()).alias("sd")
    )
    placed = pl.concat([placed, stays.with_columns(pl.lit(None, pl.Float64).alias("sd"))])
    rest = rows.select("row").join(
        placed.group_by("row", maintain_order=True).agg(pl.col("share").sum()), on="row", how="left"
    )
    rest = rest.select("row", pl.lit(RESIDUAL).alias("target"), (1 - pl.col("share").fill_null(0.0)).alias("share"))
    rest = rest.filter(pl.col("share") > 1e-12).with_columns(pl.lit(None, pl.Float64).alias("sd"))
    joined = rows.join(
        pl.concat([placed, rest]).rename({"sd": "share_sd"}), on="row", how="left", maintain_order="left_right"
    )
    joined = joined if joined["share_sd"].count() else joined.drop("share_sd")
    return moved(emissions, joined.drop("row"), "inventory.space.allocate")


def _weights(rules: RuleTable, proxies: ProxyTable) -> pl.DataFrame:
    """Weights of the proxies of each rule, adding to one."""
    frame = rules.to_polars().with_columns(pl.col("weight").fill_null(1.0))
    known = proxies.to_polars()["proxy"].unique().to_list()
    problems = Problems()
    for (name,) in (
        frame.filter(~pl.col("proxy").is_in([*known, STAY])).select("proxy").unique().sort("proxy").iter_rows()
    ):
        problems.add("proxy_unknown", Where(column="proxy", item=name), name, known=", ".join(sorted(known)))
    for (sector,) in (
        frame.filter(pl.struct("sector", "proxy").is_duplicated()).select("sector").unique().sort("sector").iter_rows()
    ):
        problems.add("row_duplicate", Where(item=sector), sector, key="sector, proxy")
    for sector, total in (
        frame.group_by("sector", maintain_order=True).agg(pl.col("weight").sum()).sort("sector").iter_rows()
    ):
        if total <= 0:
            problems.add("value_out_of_range", Where(column="weight", item=sector), total, range="Σ weight > 0")
    problems.raise_all()
    return frame.select("sector", "proxy", pl.col("weight") / pl.col("weight").sum().over("sector"))


def _rule_of(sectors: list[str], rules: list[str]) -> pl.DataFrame:
    """Find the rule of each sector: its code, the longest head of it, or the star."""

    def chosen(sector: str) -> str | None:
        words = sector.split(".")
        heads = [".".join(words[:length]) for length in range(len(words), 0, -1)]
        return next((head for head in [*heads, "*"] if head in rules), None)

    found = {"sector": sectors, "rule": [chosen(sector) for sector in sectors]}
    return pl.DataFrame(found, schema={"sector": pl.String, "rule": pl.String})


def _with_source(proxies: pl.DataFrame, large: list[str], places: PlaceTable | None) -> pl.DataFrame:
    """Say which large place each amount serves, where the tree of places knows it."""
    if places is None:
        return proxies
    parents = dict(places.to_polars().select("place", "parent").iter_rows())

    def holder(place: str) -> str | None:
        current: str | None = place
        for _ in range(len(parents) + 1):
            if current is None or current in large:
                return current
            current = parents.get(current)
        return None

    known = {place: holder(place) for place in proxies["place"].unique().to_list()}
    found = pl.col("place").replace_strict(known, return_dtype=pl.String)
    return proxies.with_columns(pl.coalesce(pl.col("source"), found).alias("source"))


def _shares(proxies: pl.DataFrame) -> pl.DataFrame:
    """Share of each place in the amounts of a proxy, with its sd; a proxy that is zero everywhere gives none."""
    refuse_empty(proxies, "proxies")
    frame = proxies.filter(pl.col("value").is_not_null())
    twice = frame.filter(pl.struct("source", "place", "proxy").is_duplicated())
    problems = Problems()
    for place, proxy in twice.select("place", "proxy").unique().sort("place", "proxy").head(5).iter_rows():
        problems.add("row_duplicate", Where(item=f"{place}, {proxy}"), place, key="place, proxy")
    mixed = (
        frame.group_by("proxy").agg(pl.col("unit").unique().sort()).filter(pl.col("unit").list.len() > 1).sort("proxy")
    )
    for proxy, units in mixed.iter_rows():
        problems.add("unit_mixed", Where(item=proxy, column="unit"), ", ".join(units))
    problems.raise_all()
    keys = ["source", "proxy"]
    whole, spread = pl.col("value").sum().over(keys), (pl.col("sd").fill_null(0.0) ** 2).sum().over(keys)
    part = pl.col("value") / whole
    variance = pl.col("sd").fill_null(0.0) ** 2 * (1 - 2 * part) + part**2 * spread
    stated = pl.col("sd").count().over(keys) > 0
    somewhere = (pl.col("value").sum().over(keys) > 0) & ((pl.col("place") != RESIDUAL) | (pl.col("value") > 0))
    made = frame.filter(somewhere).with_columns(
        part.alias("part"), pl.when(stated).then(variance.clip(lower_bound=0.0).sqrt() / whole).alias("part_sd")
    )
    return made.select(*keys, pl.col("place").alias("target"), "part", "part_sd")


@method(
    id="inventory.space.placement_check",
    gives=FindingTable,
    equation="Σ_t E_t = E; E_not_placed / E",
    source="gpc_2021",
    status="experimental",
    title=("Check of a placement", "落位核对"),
)
def placement_check(before: EmissionTable, after: EmissionTable) -> FindingTable:
    """Compare the totals of each sector before and after emissions were put on other places, and list what was not placed.

    Parameters
    ----------
    before
        Emissions at their own places.
    after
        The same emissions at other places.

    Returns
    -------
    findings
        One row a year, sector, gas and unit: both totals with the tolerance of 1e-9 of the mass; and one more, as a caveat, where
        a part was not placed.

    References
    ----------
    Law of conservation of the project's architecture.

    Examples
    --------
    >>> import polars as pl
    >>> e = pl.DataFrame({"place": ["a"], "time": "2020", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [1.0], "unit": "t"})
    >>> table = EmissionTable(e)
    >>> placement_check(table, table).to_polars()["verdict"].to_list()
    ['agrees']
    """
    keys = ["time", "scenario", "basis", "sector", "gas", "metric", "unit"]
    known = pl.col("value").is_not_null()
    first = added(
        before.to_polars().filter(known).with_columns(pl.col("value").abs().alias("size")),
        keys, values=["value", "size"], free=["scope"],
    ).rename({"value": "expected"})  # fmt: skip
    rest = pl.when(pl.col("place") == RESIDUAL).then(pl.col("value")).alias("rest")
    second = added(after.to_polars().filter(known).with_columns(rest), keys, values=["value", "rest"], free=["scope"])
    both = first.join(second, on=keys, how="full", coalesce=True, nulls_equal=True).sort(keys)
    both = both.with_columns(pl.col("value", "expected", "size", "rest").fill_null(0.0))
    item = pl.concat_str("time", "sector", "gas", separator=" ")
    difference = pl.col("value") - pl.col("expected")
    tolerance = pl.col("size") * _EXACT
    kept = both.select(
        pl.lit("placed = inventory").alias("check"), pl.lit("").alias("place"), item.alias("item"), "value", "expected",
        tolerance.alias("tolerance"), difference.alias("difference"), "unit",
        pl.when(difference.abs() <= tolerance).then(pl.lit("agrees")).otherwise(pl.lit("misfit")).alias("verdict"),
        pl.lit(None, pl.String).alias("explanation_en"), pl.lit(None, pl.String).alias("explanation_zh"),
    )  # fmt: skip
    left = both.filter(pl.col("rest").abs() > tolerance).select(
        pl.lit("not placed").alias("check"), pl.lit(RESIDUAL).alias("place"), item.alias("item"),
        pl.col("rest").alias("value"), pl.lit(0.0).alias("expected"), tolerance.alias("tolerance"),
        pl.col("rest").alias("difference"), "unit", pl.lit("caveat").alias("verdict"),
        pl.lit("no target or proxy takes this part; it stays in the total").alias("explanation_en"),
        pl.lit("该部分没有目标地块或代理变量，仍计入总量").alias("explanation_zh"),
    )  # fmt: skip
    return FindingTable(pl.concat([kept, left]))
