"""What each perspective counts: territorial, with supply chain, final consumption, life cycle.

Comes in: the account, each scope as it was accounted. Goes out: for each perspective every sector and scope with its sum,
whether it is counted there and why not. Not for: the footprint itself, which is another sub-package's work.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.dimensions import NOTATION_KEYS
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import added
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import UNIT
from citycarbon.core.totals import total
from citycarbon.inventory.accounting.regroup import shares_of

GENERATION = "I.4.4"
"""GPC number of generation for the grid: what maps there is counted again where it is used."""
VIEWS = ("territorial", "supply_chain", "final_consumption", "life_cycle")
_KEYS = ("time", "scenario", "basis")
_REASONS = {
    "outside": ("emitted outside the boundary", "发生在边界之外"),
    "used": ("counted where the energy is used", "计入能源使用处"),
    "sink": ("removals and biogenic CO2 are stated apart", "清除与生物源 CO2 单列"),
    "footprint": ("needs an input-output table; not estimated here", "需要投入产出表；此处未估算"),
    "life": ("needs life-cycle inventories; not estimated here", "需要生命周期清单；此处未估算"),
}


class PerspectiveTable(Table):
    """Sums by perspective, sector and scope, with what is counted and what is not."""

    columns = (
        Column("perspective", required=True, empty=False, allowed=VIEWS, meaning=("point of view", "视角")),
        Column("sector", meaning=("sector; empty in the total", "部门；合计行为空")),
        Column("scope", meaning=("GHG Protocol scope", "范围")),
        Column("time", "period", meaning=("year", "年份")),
        Column("scenario", meaning=("scenario", "情景")),
        Column("basis", meaning=("location or market, if stated", "口径")),
        Column("value", "number", required=True, meaning=("emission, in unit", "排放量")),
        UNIT,
        Column("counted", required=True, empty=False, allowed=("yes", "no", "total"),
               meaning=("whether the perspective adds it", "是否计入")),
        Column("notation", allowed=NOTATION_KEYS, meaning=("key instead of a value", "代替数值的标记")),
        Column("reason_en", meaning=("why it is not counted, in English", "不计入的原因（英文）")),
        Column("reason_zh", meaning=("why it is not counted, in Chinese", "不计入的原因（中文）")),
    )  # fmt: skip
    __slots__ = ()


@method(
    id="inventory.accounting.points_of_view",
    gives=PerspectiveTable,
    equation="territorial: Σ scope 1; with supply chain: Σ scope 1 without generation for the grid + Σ scope 2 + Σ scope 3",
    source="gpc_2021",
    status="experimental",
    title=("Perspectives", "核算视角"),
)
def points_of_view(emissions: EmissionTable, *, classification_name: str = "") -> PerspectiveTable:
    """Say what each perspective counts; perspectives are alternatives and are never added.

    Territorial: all that is emitted inside the boundary. With supply chain: what is emitted inside without generation for
    others' use, and what purchased electricity, heat, water and materials took elsewhere; electricity is then counted once,
    where it is used. Final consumption and life cycle need a footprint and stand as not estimated until there is one.

    Parameters
    ----------
    emissions
        CO2e rows of one metric, every scope; location- and market-based rows stay side by side.
    classification_name
        Name of the list in which the sectors stand; that of the table's own code list if left out.

    Returns
    -------
    perspectives
        Sums by perspective, sector and scope with the reason of what is left out, and the total of each perspective.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2022", "gas": "CO2e", "unit": "t", "value": [5.0, 3.0, 2.0],
    ...                      "sector": ["energy.power_supplied", "buildings.commercial", "buildings.commercial"],
    ...                      "activity": ["raw_coal", "natural_gas", "electricity"], "scope": ["1", "1", "2"]})
    >>> made = points_of_view(EmissionTable(rows), classification_name="city").to_polars()
    >>> made.filter(pl.col("counted") == "total").select("perspective", "value").head(2).rows()
    [('territorial', 8.0), ('supply_chain', 5.0)]
    """
    keys = ["sector", "activity", "scope"]
    sums = pl.DataFrame(total(emissions, [*keys, *_KEYS])).select(*keys, *_KEYS, "value", "unit").sort(*keys, *_KEYS)
    shares = shares_of(emissions, "gpc", None, classification_name).filter(pl.col("target") == GENERATION)
    marked = sums.join(shares.select(*keys, "share"), on=keys, how="left", maintain_order="left")
    supplied = pl.col("share").fill_null(0.0)
    parts = []
    for view in VIEWS[:2]:
        counted = marked.with_columns(
            pl.lit(view).alias("perspective"), (pl.col("value") * supplied).alias("generation")
        )
        parts.append(_rows(counted, view))
    made = pl.concat(parts)
    counted_rows = made.filter(pl.col("counted") == "yes")
    totals = added(counted_rows, ["perspective", *_KEYS, "unit"], codes=emissions.codes, free=["scope"])
    totals = totals.with_columns(pl.lit("total").alias("counted"))
    hooks = sums.select(*_KEYS, "unit").unique(maintain_order=True)
    missing = [
        hooks.with_columns(
            pl.lit(view).alias("perspective"), pl.lit("total").alias("counted"), pl.lit("NE").alias("notation"),
            pl.lit(None, dtype=pl.Float64).alias("value"), *_reason(pl.lit(True), reason),
        )
        for view, reason in (("final_consumption", "footprint"), ("life_cycle", "life"))
    ]  # fmt: skip
    rows = pl.concat([made, totals, *missing], how="diagonal")
    order = pl.col("perspective").replace_strict({name: i for i, name in enumerate(VIEWS)}, return_dtype=pl.Int64)
    return PerspectiveTable(
        rows.sort(order, "counted", *_KEYS, "sector", "scope", descending=[False, True, *[False] * 5])
    )


def _reason(where: pl.Expr, name: str) -> list[pl.Expr]:
    english, chinese = _REASONS[name]
    return [
        pl.when(where).then(pl.lit(english)).alias("reason_en"),
        pl.when(where).then(pl.lit(chinese)).alias("reason_zh"),
    ]


def _rows(marked: pl.DataFrame, view: str) -> pl.DataFrame:
    """Split every sum into what the view counts and what it leaves out, with the reason."""
    first, aside = pl.col("scope") == "1", pl.col("scope").is_in(["sink", "biogenic"])
    if view == "territorial":
        yes = marked.filter(first)
        no = [(marked.filter(~first & ~aside), "outside"), (marked.filter(aside), "sink")]
    else:
        rest = pl.when(first).then(pl.col("value") - pl.col("generation")).otherwise(pl.col("value"))
        yes = marked.filter(~aside).with_columns(rest.alias("value"))
        used = marked.filter(first & (pl.col("generation") != 0)).with_columns(pl.col("generation").alias("value"))
        no = [(used, "used"), (marked.filter(aside), "sink")]
    by = ["perspective", "sector", "scope", *_KEYS, "unit"]
    parts = [added(yes, by).filter(pl.col("value") != 0).with_columns(pl.lit("yes").alias("counted"))]
    for rows, reason in no:
        sums = added(rows, by)
        parts.append(sums.with_columns(pl.lit("no").alias("counted"), *_reason(pl.lit(True), reason)))
    return pl.concat(parts, how="diagonal")
