"""A reported inventory as an account: records under GPC numbers become emission rows.

Comes in: records as a reader of a GPC tool's file gives them. Goes out: emissions under GPC numbers with the scope of each
number, keys instead of numbers where the source has them. Not for: checking the figures (``recompute``).
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.tables import EmissionTable
from citycarbon.core.warming import BIOGENIC, EQUIVALENT, FOSSIL, METHANE, NON_FOSSIL, ORIGINS, WarmingMetric
from citycarbon.data.exchange.closure import closes, gas_tonnes
from citycarbon.data.exchange.gpc import gpc_code_list, gpc_numbers
from citycarbon.data.exchange.records import GAS_UNITS, GASES, UNNAMED, RecordTable
from citycarbon.data.library import warming_metric

METHOD_ID = "inventory.accounting.reported_inventory"
REPORTED = "reported"
_KEPT = (
    "place",
    "time",
    "sector",
    "activity",
    "scope",
    "gas",
    "value",
    "notation",
    "metric",
    "provenance_id",
    "methane_origin",
)


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = stated total of the record [t CO2e]; by gas: E_gas = CO2e_gas / GWP_gas where Σ gases = total",
    source="gpc_2021",
    status="reproduced",
    title=("Reported inventory", "报告清单"),
    version=2,
)
def reported_inventory(
    records: RecordTable, *, gas_metric: str = "AR5-GWP100", gases: Literal["total", "each"] = "total"
) -> EmissionTable:
    """Turn the records of a reported inventory into emission rows under GPC numbers.

    The scope is that of the GPC number, which is data (list ``gpc``): in sector III the last digit is no scope.

    Parameters
    ----------
    records
        Records with ``gpc_number``, ``inventory_year`` and ``emission_co2e`` [t CO2e] or a notation key.
    gas_metric
        Warming metric by which the source made its CO2e.
    gases
        ``total`` gives one CO2e row a record; ``each`` gives the mass of CO2, CH4 and N2O of every record whose gases add to
        its total within rounding, and CO2e of the others.

    Returns
    -------
    emissions
        [t] with scenario ``reported``; negative figures are removals; NO, NE, IE and C rows have no number; biogenic CO2 is a
        memo row. Records without a known GPC number and without figures give no row.

    Raises
    ------
    InputError
        If a record with figures has no known number or no year, or a record has neither a total nor a key.

    References
    ----------
    Global Protocol for Community-Scale Greenhouse Gas Inventories, version 1.1, chapter 4 (numbers, scopes, notation keys).

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"place": "A", "inventory_year": 2022, "gpc_number": ["III.1.2", "I.7.1"],
    ...                      "emission_co2e": [76907.577, None], "notation": [None, "NO"]})
    >>> reported_inventory(RecordTable(rows)).to_polars().select("sector", "scope", "value", "notation").rows()
    [('III.1.2', '3', 76907.577, None), ('I.7.1', '1', None, 'NO')]
    """
    metric = warming_metric(gas_metric)
    rows = _accounted(records)
    split = pl.lit(False)
    if gases == "each":
        for unit in GAS_UNITS:
            split = split | ((pl.col("gas_unit") == unit) & closes(unit, metric)).fill_null(False)
    marked = rows.with_columns(split.alias("split"))
    parts = [_totals(marked.filter(~pl.col("split")), metric), _each(marked.filter("split"), metric)]
    biogenic = marked.filter(pl.col("emission_biogenic").is_not_null()).with_columns(
        pl.lit(BIOGENIC).alias("gas"), pl.col("emission_biogenic").alias("value"), pl.lit("biogenic").alias("scope"),
        pl.lit(None, dtype=pl.String).alias("metric"), pl.lit(None, dtype=pl.String).alias("notation"),
    )  # fmt: skip
    made = pl.concat([*parts, biogenic.select(*_KEPT, "number")]).sort("number", maintain_order=True).drop("number")
    flow = pl.when(pl.col("value") < 0).then(pl.lit("removal")).otherwise(pl.lit("emission")).alias("flow")
    fixed = {"unit": "t", "scenario": REPORTED, "method": METHOD_ID}
    return EmissionTable(made.with_columns(flow), fixed=fixed, codes={"sector": gpc_code_list()})


def _accounted(records: RecordTable) -> pl.DataFrame:
    """Give the records that stand in the account, in words of an emission table; refuse what cannot be placed."""
    rows = records.to_polars().with_row_index("number")
    known = {number: scope for number, (scope, _) in gpc_numbers().items()}
    listed = pl.col("gpc_number").is_in(list(known)).fill_null(False)
    figure = pl.any_horizontal(pl.col(name).is_not_null() for name in ("emission_co2e", *GASES.values()))
    problems = Problems()
    broken = {
        "gpc_unknown": (figure & ~listed, "gpc_number", {"known": ", ".join([*list(known)[:6], "…"])}),
        "value_empty": (listed & pl.col("inventory_year").is_null(), "inventory_year", {"column": "inventory_year"}),
        "number_missing": (
            listed & pl.col("emission_co2e").is_null() & pl.col("notation").is_null(),
            "emission_co2e",
            {},
        ),
    }
    for code, (condition, column, facts) in broken.items():
        found = rows.filter(condition)
        if found.height:
            traces = found["provenance_id"].head(5).drop_nulls().to_list()
            shown = ", ".join(str(item) for item in found[column].head(5))
            problems.add(code, Where.of(traces, column), shown, **facts)
    problems.raise_all()
    return rows.filter(listed).with_columns(
        pl.col("inventory_year").cast(pl.String).alias("time"), pl.col("gpc_number").alias("sector"),
        pl.col("fuel_or_activity").fill_null(UNNAMED).alias("activity"),
        pl.col("gpc_number").replace_strict(known, return_dtype=pl.String).alias("scope"),
        methane_origins(pl.col("gpc_number")).alias("methane_origin"),
    )  # fmt: skip


def methane_origins(number: pl.Expr) -> pl.Expr:
    """Give the origin of the methane of a GPC number; none where the number does not settle it.

    Fugitive gas of mines, wells and pipes (I.7, I.8) and processes (IV.1) are fossil; burning (I, II), waste (III) and land and
    livestock (V) are not, as in ghg_protocol_gwp_2024.
    """
    fossil = number.str.contains(r"^(I\.[78]|IV\.1)(\.|$)")
    other = number.str.contains(r"^(I|II|III|V)(\.|$)")
    return pl.when(fossil).then(pl.lit(FOSSIL)).when(other).then(pl.lit(NON_FOSSIL))


def _totals(rows: pl.DataFrame, metric: WarmingMetric) -> pl.DataFrame:
    named = pl.when(pl.col("emission_co2e").is_not_null()).then(pl.lit(metric.name)).alias("metric")
    made = rows.with_columns(pl.lit(EQUIVALENT).alias("gas"), pl.col("emission_co2e").alias("value"), named)
    return made.select(*_KEPT, "number")


def _each(rows: pl.DataFrame, metric: WarmingMetric) -> pl.DataFrame:
    """Give the mass of each gas that a record states."""
    parts = []
    for gas, name in GASES.items():
        weight = pl.lit(metric.factors[gas])
        for origin in ORIGINS if gas == METHANE else ():
            # What the source stated in CO2e comes back as it stood if the same metric turns the mass again.
            weight = pl.when(pl.col("methane_origin") == origin).then(metric.potential(gas, origin)).otherwise(weight)
        mass = pl.lit(None, dtype=pl.Float64)
        for unit in GAS_UNITS:
            stated = gas_tonnes(gas, unit, metric)
            tonnes = stated / (metric.factors[gas] if unit in ("t", "kg") else weight)
            mass = pl.when(pl.col("gas_unit") == unit).then(tonnes).otherwise(mass)
        made = rows.filter(pl.col(name).is_not_null()).with_columns(
            mass.alias("value"), pl.lit(gas).alias("gas"), pl.lit(None, dtype=pl.String).alias("metric")
        )
        parts.append(made.select(*_KEPT, "number"))
    return pl.concat(parts)
