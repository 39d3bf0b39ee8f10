"""Refrigerants: what leaks in operation and what is not recovered at the end of life.

Comes in: charges of equipment. Goes out: scope 1 emissions of each gas of the blend. Not for: production of the gases.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, FactorTable, Table
from citycarbon.core.tables.columns import ACTIVITY, PLACE, PROVENANCE, SCENARIO, SECTOR, TIME
from citycarbon.core.uncertainty import FACTOR_ERRORS, error_of
from citycarbon.core.units import conversion
from citycarbon.data.library import gwp_rows

METHOD_ID = "inventory.accounting.refrigerant"


class ChargeTable(Table):
    """Refrigerant in equipment: charge, yearly leak rate, and what was retired with which recovery."""

    columns = (
        PLACE,
        TIME,
        SECTOR,
        ACTIVITY,
        SCENARIO,
        Column(
            "charge", "number", required=True, empty=False, low=0, unit="kg", meaning=("charge in use", "在用充注量")
        ),
        Column("leak_rate", "number", low=0, high=1, unit="1/a", meaning=("share lost in a year", "年泄漏率")),
        Column("end_of_life", "number", low=0, unit="kg", meaning=("charge retired in the year", "当年报废充注量")),
        Column("recovery", "number", low=0, high=1, unit="1", meaning=("share recovered at retirement", "回收率")),
        Column("equipment", meaning=("activity code of a default leak rate", "设备类型（用于缺省泄漏率）")),
        PROVENANCE,
    )
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E_g = s_g · (charge · leak_rate + end_of_life · (1 − recovery))",
    source="ipcc2006_v3_ch7",
    status="experimental",
    title=("Refrigerants", "制冷剂"),
    version=2,
)
def refrigerant(charges: ChargeTable, factors: FactorTable) -> EmissionTable:
    """Account refrigerant losses in scope 1, gas by gas.

    Parameters
    ----------
    charges
        Charge [kg], leak_rate [1/a], end_of_life [kg] and recovery [1] by refrigerant (a blend such as ``r410a``, or a gas
        such as ``HFC-134a``). A row without leak_rate needs ``equipment`` with a leak_rate among the factors.
    factors
        blend_share of each component of a blend, and leak_rate defaults.

    Returns
    -------
    emissions
        [t] of each component gas, scope 1; turn into CO2e by a named metric.

    Raises
    ------
    InputError
        If a leak rate, or the recovery of retired equipment, is not stated.
    CoverageError
        If an activity is neither a blend of the factors nor a gas, or equipment has several default leak rates.
    SchemaError
        If the shares of a blend do not add to one, as when two editions list the same blend.

    References
    ----------
    IPCC 2006 Guidelines, volume 3, chapter 7; GB/T 51366-2019 for building equipment.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> rows = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["offices"], "activity": ["r410a"],
    ...                      "charge": [100.0], "leak_rate": [0.05]})
    >>> made = refrigerant(ChargeTable(rows), shipped_library().choose(["ashrae-34"]))
    >>> made.to_polars().select("gas", "value").rows()
    [('HFC-125', 0.0025), ('HFC-32', 0.0025)]
    """
    rows = charges.to_polars()
    known = factors.to_polars()
    offered = known.filter(pl.col("quantity") == "leak_rate")
    rates = offered.select("activity", "value").unique()
    rows = _with_rates(rows, offered)
    problems = Problems()
    _check_defaults(rows, rates, problems)
    for row in rows.filter(pl.col("rate").is_null()).head(20).iter_rows(named=True):
        problems.add("parameter_missing", _where(row, "leak_rate"), row["activity"], column="leak_rate / equipment")
    unrecovered = (pl.col("end_of_life") > 0) & pl.col("recovery").is_null()
    for row in rows.filter(unrecovered).head(20).iter_rows(named=True):
        problems.add("parameter_missing", _where(row, "recovery"), row["activity"], column="recovery")
    shares = known.filter(pl.col("quantity") == "blend_share").select(
        "activity", "gas", pl.col("value").alias("mass_share"), "factor_id"
    )
    _check_blends(rows, shares, problems)
    named = set(shares["activity"].to_list())
    gases = set(gwp_rows()["gas"].to_list())
    for row in rows.filter(~pl.col("activity").is_in(named | gases)).head(20).iter_rows(named=True):
        problems.add(
            "factor_missing", _where(row, "activity"), row["activity"], activity=row["activity"], region="world",
            year=row["time"], editions="blend_share", available=", ".join(sorted(named)) or "—",
        )  # fmt: skip
    problems.raise_all()
    lost = pl.col("charge") * pl.col("rate") + (pl.col("end_of_life") * (1 - pl.col("recovery"))).fill_null(0.0)
    share = pl.col("charge") * pl.col("rate") / lost
    errors = error_of(pl.col("rate"), pl.col("rate_sd"), pl.col("rate_shape"), pl.col("error_group"), share)
    rows = rows.with_columns(
        (lost * conversion("kg", "t")).alias("lost"), errors.alias(FACTOR_ERRORS),
        (pl.col("charge") * pl.col("rate_sd") * conversion("kg", "t")).alias("lost_sd"),
    )  # fmt: skip
    pure = rows.filter(~pl.col("activity").is_in(named)).with_columns(
        pl.col("activity").alias("gas"),
        pl.lit(1.0).alias("mass_share"),
        pl.lit(None).cast(pl.String).alias("factor_id"),
    )
    parts = pl.concat([rows.join(shares, on="activity"), pure], how="diagonal").sort("provenance_id", "activity", "gas")
    made = parts.select(
        "place", "time", "sector", "activity", "scenario", "gas", (pl.col("lost") * pl.col("mass_share")).alias("value"),
        (pl.col("lost_sd") * pl.col("mass_share")).alias("sd"), "error_group", FACTOR_ERRORS,
        (pl.col("lost_sd") * pl.col("mass_share")).alias("sd_factor"), "provenance_id",
        pl.concat_str("rate_id", "factor_id", separator="*", ignore_nulls=True).replace("", None).alias("factor_id"),
    )  # fmt: skip
    if made["sd"].null_count() == made.height:
        made = made.drop("sd", "sd_factor", FACTOR_ERRORS)
    return EmissionTable(made, fixed={"scope": "1", "unit": "t", "method": METHOD_ID}, codes=charges.codes)


def _with_rates(rows: pl.DataFrame, offered: pl.DataFrame) -> pl.DataFrame:
    """Fill the rates that rows leave open from the equipment's default, with its error."""
    first = offered.sort("activity", "value").unique("activity", keep="last", maintain_order=True)
    joined = rows.join(
        first.select(
            pl.col("activity").alias("equipment"), pl.col("value").alias("default"), pl.col("sd").alias("rate_sd"),
            pl.col("distribution").alias("rate_shape"), pl.col("factor_id").alias("rate_id"),
            pl.coalesce("error_group", "factor_id").alias("error_group"),
        ),
        on="equipment", how="left", maintain_order="left",
    )  # fmt: skip
    open_rate = pl.col("leak_rate").is_null()
    return joined.with_columns(
        pl.coalesce("leak_rate", "default").alias("rate"),
        *(pl.when(open_rate).then(name).alias(name) for name in ("rate_sd", "rate_shape", "rate_id", "error_group")),
    ).drop("default")


def _check_defaults(rows: pl.DataFrame, rates: pl.DataFrame, problems: Problems) -> None:
    several = rates.filter(pl.col("activity").is_duplicated())["activity"].to_list()
    for row in (
        rows.filter(pl.col("leak_rate").is_null() & pl.col("equipment").is_in(several)).head(20).iter_rows(named=True)
    ):
        name = row["equipment"]
        shown = ", ".join(f"{each:g}" for each in rates.filter(pl.col("activity") == name)["value"].sort().to_list())
        facts = {"activity": name, "region": "—", "year": row["time"], "editions": "leak_rate"}
        problems.add("factor_ambiguous", _where(row, "equipment"), shown, **facts)


def _check_blends(rows: pl.DataFrame, shares: pl.DataFrame, problems: Problems) -> None:
    """A blend whose shares add to two is listed by two editions; half a blend has lost a component."""
    used = shares.filter(pl.col("activity").is_in(rows["activity"].unique().to_list()))
    sums = (
        used.group_by("activity", maintain_order=True)
        .agg(pl.col("mass_share").sum())
        .filter((pl.col("mass_share") - 1).abs() > 1e-6)
    )
    for blend, sum_of_shares in sums.sort("activity").iter_rows():
        where = Where(column="blend_share", item=blend)
        problems.add("value_out_of_range", where, f"Σ = {sum_of_shares:g}", range="Σ blend_share = 1")


def _where(row: dict[str, object], column: str) -> Where:
    return Where.of(row, column)
