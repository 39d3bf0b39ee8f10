"""Generation put to those who use it: power and heat made in the city, shared out over its end uses.

Comes in: emissions of scope 1 and who used how much electricity and heat. Goes out: the same emissions with generation at its
end uses, the total unchanged. Not for: purchased electricity (scope 2), which stands at its users already.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core import frames
from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.sums import added, check_parts, check_periods
from citycarbon.core.tables import ActivityTable, EmissionTable, PlaceTable
from citycarbon.core.uncertainty import shared_errors
from citycarbon.core.units import carrier_conversion

METHOD_ID = "inventory.accounting.end_use"
CARRIERS = {"energy.power_supplied": ("electricity", "MWh"), "energy.heat_supplied": ("heat", "GJ")}
"""Sector of generation to the carrier that it makes and the unit in which its use is compared."""
OUTSIDE = "outside_boundary"
_LINEAR = ("value", "sd", "sd_activity", "sd_factor", "energy", "standard_coal")


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_user = E_own + Σ_carrier E_generation · use_user / Σ use",
    source="leng2022_spatial",
    status="experimental",
    title=("Generation at its end uses", "发电供热分摊到终端"),
    version=2,
)
def end_use(emissions: EmissionTable, use: ActivityTable, built_up: PlaceTable | None = None) -> EmissionTable:
    """Put the emissions of power and heat plants to the end uses of their electricity and heat.

    Network losses take their share like a user and stay visible under their own sector. Generation without any known use
    stays where it is. Sinks, and scopes other than 1, are left out; a scope 2 row beside them would count the same
    electricity twice.

    Parameters
    ----------
    emissions
        Scope 1, sectors of the list ``city``; generation stands under energy.power_supplied and energy.heat_supplied.
    use
        Electricity [MWh or what converts to it] and heat [GJ] used, by place, time and sector, losses included.
    built_up
        Places of the built-up boundary; users elsewhere come out under the place ``outside_boundary``.

    Returns
    -------
    emissions
        [t] as they came in, with generation at its users; the rule of each such row says so.

    Raises
    ------
    DoubleCountError
        If scope 2 electricity or heat stands among the emissions, or use or generation is stated by the year here and by the
        month there.

    References
    ----------
    Tokyo's accounting of final consumption (Leng, Zhao and Yuan, section 3.1): generation is put to its consuming sectors.

    Examples
    --------
    >>> import polars as pl
    >>> plant = pl.DataFrame({"place": ["A"], "time": ["2022"], "sector": ["energy.power_supplied"],
    ...                       "activity": ["raw_coal"], "scope": ["1"], "gas": ["CO2"], "value": [10.0], "unit": ["t"]})
    >>> users = pl.DataFrame({"place": "A", "time": "2022", "sector": ["buildings.residential", "industry.other"],
    ...                       "activity": "electricity", "value": [1.0, 3.0], "unit": "MWh"})
    >>> made = end_use(EmissionTable(plant), ActivityTable(users)).to_polars()
    >>> sorted(made.select("sector", "value").rows())
    [('buildings.residential', 2.5), ('industry.other', 7.5)]
    """
    _refuse_scope_2(emissions)
    kept = emissions.filter(scope="1")
    rows = kept.to_polars()
    shares = _use_shares(use)
    check_periods(
        pl.concat([rows.filter(pl.col("sector").is_in(list(CARRIERS))).select("time"), shares.select("time")])
    )
    sectors = list(CARRIERS)
    keys = ["sector", "time", "scenario"]
    known = shares.select(keys).unique().with_columns(pl.lit(True).alias("used"))
    marked = rows.join(known, on=keys, how="left", maintain_order="left")
    plants = marked.filter(pl.col("used") & pl.col("sector").is_in(sectors)).drop("used")
    rest = marked.filter(pl.col("used").is_null() | ~pl.col("sector").is_in(sectors)).drop("used")
    parts = [rest]
    if plants.height:
        parts.append(_shared_out(plants, shares, kept))
    made = pl.concat(parts)
    if built_up is not None:
        inside = built_up.to_polars()["place"].to_list()
        place = pl.when(pl.col("place").is_in(inside)).then("place").otherwise(pl.lit(OUTSIDE))
        made = made.with_columns(place.alias("place"))
    return EmissionTable(made, codes={name: codes for name, codes in emissions.codes.items() if name != "place"})


def _refuse_scope_2(emissions: EmissionTable) -> None:
    problems = Problems()
    carriers = [carrier for carrier, _ in CARRIERS.values()]
    found = frames.small(emissions.filter(scope="2", activity=carriers).rows)
    if found.height:
        problems.add("sum_scope_2_beside_plant", Where(column="scope"), f"{found.height} ×")
    problems.raise_all()


def _use_shares(use: ActivityTable) -> pl.DataFrame:
    """Share of each user in the use of a carrier, by year and scenario."""
    rows = use.to_polars()
    parts = []
    for sector, (carrier, unit) in CARRIERS.items():
        mine = rows.filter((pl.col("activity") == carrier) & (pl.col("value") > 0))
        if not mine.height:
            continue
        scale = {each: carrier_conversion(carrier, each, unit) for each in mine["unit"].unique().to_list()}
        amount = pl.col("value") * pl.col("unit").replace_strict(scale, return_dtype=pl.Float64)
        mine = mine.select("time", "scenario", "place", "sector", amount.alias("amount"))
        check_parts(mine, ["time", "scenario"], codes=use.codes)
        sums = added(mine, ["time", "scenario", "place", "sector"], values=["amount"]).rename({"sector": "user"})
        share = pl.col("amount") / pl.col("amount").sum().over("time", "scenario")
        parts.append(
            sums.with_columns(share.alias("share"), pl.lit(sector).alias("sector"), pl.lit(carrier).alias("carrier"))
        )
    texts = dict.fromkeys(("time", "scenario", "place", "user", "sector", "carrier"), pl.String)
    return pl.concat(parts) if parts else pl.DataFrame(schema={**texts, "amount": pl.Float64, "share": pl.Float64})


def _shared_out(plants: pl.DataFrame, shares: pl.DataFrame, table: EmissionTable) -> pl.DataFrame:
    columns = plants.columns
    joined = plants.join(shares, on=["sector", "time", "scenario"], suffix="_user", maintain_order="left")
    groups = shared_errors(EmissionTable.trusted(frames.wrap(plants), codes=table.codes))
    split = frames.small(frames.wrap(joined).with_columns(*groups))
    came = pl.format("{}re-assigned from {} by use of {} × {}", pl.when(pl.col("rule").is_null()).then(pl.lit(""))
                     .otherwise(pl.format("{}; ", pl.col("rule"))), "sector", "carrier", pl.col("share").round(6))  # fmt: skip
    return split.with_columns(
        *((pl.col(name) * pl.col("share")).alias(name) for name in _LINEAR),
        came.alias("rule"),
        pl.col("user").alias("sector"),
        pl.col("place_user").alias("place"),
    ).select(columns)
