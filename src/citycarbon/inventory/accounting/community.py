"""The account of a community: energy, travel, living and green, E = Ee + Em + Ei − Eg.

Comes in: emission rows whose sectors are items of the account (``energy.electricity``, ``transport``, ``living.food`` …).
Goes out: rows by group. Not for: estimating the items.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.sums import check_parts, number_sum
from citycarbon.core.tables import EmissionTable

METHOD_ID = "inventory.accounting.community"
DISPLAYED: dict[str, tuple[str, str]] = {
    "energy": ("Household energy", "居住用能"),
    "transport": ("Transport", "交通"),
    "municipal": ("Municipal services", "市政"),
    "living": ("Living", "生活"),
    "sink": ("Carbon sink", "固碳"),
}
"""The five groups that the printed tables show (cciced2021, tables 3-1 and 3-2)."""
FORMULA = {"energy": "Ee", "transport": "Em", "municipal": "Ei", "living": "Ei", "sink": "Eg"}
"""The four terms of the formula; municipal services belong to living there (cciced2021, chapter 3)."""


def community_codes() -> CodeList:
    """Give the items of a community account as a code list."""
    items = {
        "energy.water": ("Water", "水"), "energy.electricity": ("Electricity", "电"), "energy.gas": ("Gas", "气"),
        "municipal.solid_waste": ("Solid waste", "固废"), "municipal.sewage": ("Sewage", "污水"),
        "living.respiration": ("Respiration", "呼吸"), "living.food": ("Food", "食物"), "sink.plants": ("Plants", "植物"),
    }  # fmt: skip
    terms = {"Ee": ("Energy use Ee", "用能 Ee"), "Em": ("Travel Em", "出行 Em"), "Ei": ("Living Ei", "衣食生活 Ei"),
             "Eg": ("Green sink Eg", "绿化固碳 Eg")}  # fmt: skip
    parents: dict[str, str | None] = {**dict.fromkeys(DISPLAYED, None), **dict.fromkeys(terms, None)}
    parents |= {item: item.partition(".")[0] for item in items}
    return CodeList("community", parents, {**DISPLAYED, **items, **terms})


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = Ee + Em + Ei − Eg",
    source="cciced2021",
    status="reproduced",
    title=("Community account", "社区碳核算"),
)
def community(
    emissions: EmissionTable, *, groups: Literal["displayed", "formula", "items"] = "displayed"
) -> EmissionTable:
    """Gather the items of a community account into its groups; sinks are removals, below zero.

    Parameters
    ----------
    emissions
        Rows whose sector is a group (``energy``, ``transport``, ``municipal``, ``living``, ``sink``) or an item of one,
        written ``group.item``.
    groups
        ``displayed`` gives the five groups of the printed tables, ``formula`` the four terms, ``items`` keeps the items.

    Returns
    -------
    emissions
        Same unit and gas, summed by place, time, group, scope, gas, scenario and basis; the total is the same to 1e-12.

    Raises
    ------
    SchemaError
        If a sector belongs to no group, or a sink is written as an emission: the formula takes it away, so it stands below
        zero.
    DoubleCountError
        If a group and one of its own items are both given for one place and time.

    References
    ----------
    CCICED 2021, chapter 3: E = Ee + Em + Ei − Eg; tables 3-1 and 3-2 show municipal services apart from living.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "time": "2020", "sector": ["energy.gas", "transport", "sink.plants"],
    ...     "activity": "reported", "scope": ["1", "1", "sink"], "gas": "CO2e", "value": [2.0, 1.0, -0.5], "unit": "t",
    ...     "flow": ["emission", "emission", "removal"]})
    >>> community(EmissionTable(rows), groups="formula").to_polars().select("sector", "value").rows()
    [('Ee', 2.0), ('Em', 1.0), ('Eg', -0.5)]
    """
    rows = emissions.to_polars()
    group = pl.col("sector").str.split(".").list.first()
    problems = Problems()
    unknown = rows.filter(~group.is_in(list(DISPLAYED)))["sector"].unique().sort().to_list()
    for sector in unknown:
        problems.add("group_unknown", Where(column="sector"), sector, known=", ".join(DISPLAYED))
    upside_down = rows.filter((group == "sink") & (pl.col("value") > 0))
    if upside_down.height:
        problems.add("flow_sign", Where(column="value", item=upside_down["place"][0]), upside_down["value"][0])
    _refuse_nested(rows, problems)
    problems.raise_all()
    target = {"displayed": group, "formula": group.replace_strict(FORMULA, default=None), "items": pl.col("sector")}[
        groups
    ]
    order = {name: rank for rank, name in enumerate((*DISPLAYED, *dict.fromkeys(FORMULA.values())))}
    keys = ["place", "time", "sector", "scope", "gas", "scenario", "basis", "flow", "unit", "metric", "methane_origin"]
    check_parts(rows, keys)
    made = (
        rows.with_columns(target.alias("sector"))
        .group_by(keys, maintain_order=True)
        .agg(number_sum(),
             pl.when(pl.col("value").count() == 0).then(pl.col("notation").first()).alias("notation"),
             pl.when(pl.col("activity").n_unique() == 1).then(pl.col("activity").first())
             .otherwise(pl.lit("several")).alias("activity"))
        .with_columns(pl.lit(METHOD_ID).alias("method"))
    )  # fmt: skip
    rank = pl.col("sector").str.split(".").list.first().replace_strict(order, default=99, return_dtype=pl.Int64)
    made = made.sort("place", "time", rank, *keys[2:])
    return EmissionTable(made, codes={key: code for key, code in emissions.codes.items() if key != "sector"})


def _refuse_nested(rows: pl.DataFrame, problems: Problems) -> None:
    """A group's own figure and the figures of its items are the same mass twice."""
    keys = ["place", "time", "scenario", "gas"]
    head = pl.col("sector").str.split(".").list.first()
    marked = rows.with_columns(head.alias("head"), (pl.col("sector") == head).alias("whole"))
    both = marked.group_by([*keys, "head"]).agg(pl.col("whole").any().alias("w"), (~pl.col("whole")).any().alias("p"))
    for row in both.filter(pl.col("w") & pl.col("p")).sort([*keys, "head"]).head(5).iter_rows(named=True):
        found = f"{row['head']} ⊃ {row['head']}.…  ({row['place']}, {row['time']})"
        problems.add("sum_parent_child", Where(column="sector"), found, dimension="sector")
