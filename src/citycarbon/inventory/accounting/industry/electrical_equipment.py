"""SF6 of electrical equipment: what leaks in use, what is lost at retirement, what is lost when equipment is filled.

Comes in: charges of switchgear and transformers, or SF6 used to make them. Goes out: scope 1 emissions of the gas. Not for:
refrigerants, which are :mod:`..refrigerant`, and not for making the gas, which is a process.
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import Problems
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, FactorTable, Table
from citycarbon.core.tables.columns import ACTIVITY, PLACE, PROVENANCE, SCENARIO, SECTOR, TIME
from citycarbon.core.uncertainty import FACTOR_ERRORS, error_of, errors_of_sum
from citycarbon.core.units import conversion
from citycarbon.data.library import gwp_rows
from citycarbon.inventory.accounting.industry.kinds import place_of

METHOD_ID = "inventory.accounting.electrical_equipment"
_RATES = (("charge", "leak_rate"), ("filled", "filling_loss"))


class ElectricalTable(Table):
    """Gas in electrical equipment: installed, retired and filled in the year, with the shares that are lost."""

    columns = (
        PLACE, TIME, SECTOR, ACTIVITY, SCENARIO,
        Column("gas", default="SF6", meaning=("gas in the equipment; SF6 if not stated", "设备内气体；未注明为 SF6")),
        Column("charge", "number", low=0, unit="kg", meaning=("charge installed and in use", "在用充注量")),
        Column("leak_rate", "number", low=0, high=1, unit="1/a", meaning=("share lost in a year", "年泄漏率")),
        Column("end_of_life", "number", low=0, unit="kg", meaning=("charge retired in the year", "当年报废充注量")),
        Column("recovery", "number", low=0, high=1, unit="1", meaning=("share recovered at retirement", "回收率")),
        Column("filled", "number", low=0, unit="kg",
               meaning=("gas used to make or install equipment", "设备生产与安装用气量")),
        Column("filling_loss", "number", low=0, high=1, unit="1",
               meaning=("share lost in making and installing", "生产与安装泄漏率")),
        PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = charge · leak_rate + end_of_life · (1 − recovery) + filled · filling_loss",
    source="ipcc2006_v3_ch8",
    status="experimental",
    title=("Electrical equipment", "电力设备"),
    version=2,
)
def electrical_equipment(installations: ElectricalTable, factors: FactorTable) -> EmissionTable:
    """Account losses of SF6 and like gases from electrical equipment in scope 1.

    Parameters
    ----------
    installations
        Charge [kg] with leak_rate [1/a], end_of_life [kg] still in retired equipment with recovery [1], and gas filled [kg] in
        making and installing with filling_loss [1]. A rate that a row does not state comes from the factors by the row's
        activity (``sealed_pressure_equipment``, ``closed_pressure_equipment``, ``power_equipment``); a recovery never does.
    factors
        leak_rate [1/a] and filling_loss [1] of kinds of equipment, one edition.

    Returns
    -------
    emissions
        [t] of each gas, scope 1; turn into CO2e by a named metric.

    Raises
    ------
    InputError
        If a row has no amount, a rate is not to be had, or the recovery of retired equipment is not stated.
    CoverageError
        If a gas is not known, or a kind of equipment has several default rates.

    References
    ----------
    IPCC 2006 Guidelines, volume 3, chapter 8, equation 8.1 and tables 8.2 and 8.3; provincial inventory guideline 2011,
    section 2.9.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> rows = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["product_use.electrical_equipment"],
    ...                      "activity": ["closed_pressure_equipment"], "charge": [5000.0], "end_of_life": [100.0],
    ...                      "recovery": [0.9]})
    >>> made = electrical_equipment(ElectricalTable(rows), shipped_library().choose(["ipcc2006"])).to_polars()
    >>> [(row[0], round(row[1], 6)) for row in made.select("gas", "value").rows()]
    [('SF6', 0.14)]
    """
    rows = installations.to_polars()
    known = factors.to_polars()
    problems = Problems()
    _check(rows, problems)
    for amount, rate in _RATES:
        rows = _with_rate(rows, known, amount, rate, problems)
    problems.raise_all()
    lost = (
        (pl.col("charge") * pl.col("leak_rate")).fill_null(0.0)
        + (pl.col("end_of_life") * (1 - pl.col("recovery"))).fill_null(0.0)
        + (pl.col("filled") * pl.col("filling_loss")).fill_null(0.0)
    )
    parts = [(amount, rate) for amount, rate in _RATES]
    square = pl.sum_horizontal(((pl.col(amount) * pl.col(f"{rate}_sd")) ** 2).fill_null(0.0) for amount, rate in parts)
    stated = pl.any_horizontal((pl.col(amount) * pl.col(f"{rate}_sd")).is_not_null() for amount, rate in parts)
    spread = pl.when(stated).then(square.sqrt() * conversion("kg", "t"))
    errors = errors_of_sum(
        *(error_of(pl.col(rate), pl.col(f"{rate}_sd"), pl.col(f"{rate}_shape"), pl.col(f"{rate}_group"),
                   pl.col(amount) * pl.col(rate) / lost) for amount, rate in parts)
    )  # fmt: skip
    named = pl.concat_str("leak_rate_id", "filling_loss_id", separator="*", ignore_nulls=True)
    made = rows.select(
        "place", "time", "sector", "activity", "scenario", "gas", (lost * conversion("kg", "t")).alias("value"),
        spread.alias("sd"), spread.alias("sd_factor"), errors.alias(FACTOR_ERRORS),
        "provenance_id", pl.when(named != "").then(named).alias("factor_id"),
    )  # fmt: skip
    made = made.with_columns(pl.when(pl.col("sd").is_not_null()).then("factor_id").alias("error_group"))
    if made["sd"].null_count() == made.height:
        made = made.drop("sd", "sd_factor", FACTOR_ERRORS, "error_group")
    return EmissionTable(made, fixed={"scope": "1", "unit": "t", "method": METHOD_ID}, codes=installations.codes)


def _check(rows: pl.DataFrame, problems: Problems) -> None:
    amounts = ("charge", "end_of_life", "filled")
    empty = pl.all_horizontal(pl.col(name).is_null() for name in amounts)
    for row in rows.filter(empty).head(20).iter_rows(named=True):
        problems.add("parameter_missing", place_of(row, "charge"), row["activity"], column=" / ".join(amounts))
    unrecovered = (pl.col("end_of_life") > 0) & pl.col("recovery").is_null()
    for row in rows.filter(unrecovered).head(20).iter_rows(named=True):
        problems.add("parameter_missing", place_of(row, "recovery"), row["activity"], column="recovery")
    gases = set(gwp_rows()["gas"].to_list())
    for row in rows.filter(~pl.col("gas").is_in(gases)).head(20).iter_rows(named=True):
        problems.add("gas_unknown", place_of(row, "gas"), row["gas"], metric="—")


def _with_rate(rows: pl.DataFrame, known: pl.DataFrame, amount: str, rate: str, problems: Problems) -> pl.DataFrame:
    """Fill the rates that rows leave open from the factors of their activity; remember which factor served."""
    offered = known.filter(pl.col("quantity") == rate).sort("factor_id")
    needed = (pl.col(amount) > 0) & pl.col(rate).is_null()
    several = offered.group_by("activity", maintain_order=True).agg(
        pl.col("value").n_unique().alias("count"), "factor_id"
    )
    twice = several.filter(pl.col("count") > 1)
    for row in (
        rows.filter(needed & pl.col("activity").is_in(twice["activity"].to_list())).head(20).iter_rows(named=True)
    ):
        ids = twice.filter(pl.col("activity") == row["activity"])["factor_id"].item()
        facts = {"activity": row["activity"], "region": "—", "year": row["time"], "editions": rate}
        problems.add("factor_ambiguous", place_of(row, rate), ", ".join(map(str, ids)), **facts)
    first = offered.unique("activity", keep="first", maintain_order=True)
    joined = rows.join(
        first.select(
            "activity",
            pl.col("value").alias("offered"),
            pl.col("factor_id").alias(f"{rate}_id"),
            pl.col("sd").alias(f"{rate}_sd"),
            pl.col("distribution").alias(f"{rate}_shape"),
            pl.coalesce("error_group", "factor_id").alias(f"{rate}_group"),
        ),
        on="activity",
        how="left",
        maintain_order="left",
    )
    for row in joined.filter(needed & pl.col("offered").is_null()).head(20).iter_rows(named=True):
        problems.add("parameter_missing", place_of(row, rate), row["activity"], column=rate)
    return joined.with_columns(
        pl.coalesce(pl.col(rate), pl.col("offered")).alias(rate),
        *(
            pl.when(needed).then(pl.col(f"{rate}_{end}")).alias(f"{rate}_{end}")
            for end in ("id", "sd", "shape", "group")
        ),
    ).drop("offered")
