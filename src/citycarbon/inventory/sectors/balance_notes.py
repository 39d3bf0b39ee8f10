"""What an inventory must know about an energy balance that closes: trade, double counting, what is not burnt, carbon.

Comes in: settled lines. Goes out: frames of findings, verdict ``caveat``. Not for: misfits
(:mod:`citycarbon.inventory.sectors.balance_misfits`).
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.tables import FactorTable
from citycarbon.core.units import conversion, same_dimension, split_factor_unit
from citycarbon.data.exchange.balance_names import balance_columns
from citycarbon.inventory.sectors.balance_lines import Lines, columns_of_kind, energy_unit, sum_of

TRADE = ("supply.from_provinces", "supply.import", "supply.to_provinces", "supply.export")
THERMAL, HEATING = "transformation.thermal_power", "transformation.heat"
FUEL_TO_FUEL = (
    "transformation.coal_washing", "transformation.coking", "transformation.refining", "transformation.gas_making",
    "transformation.gas_liquefaction", "transformation.coal_products",
)  # fmt: skip
HIGHEST_EFFICIENCY = 0.65
"""No fleet of thermal plants turns more of its fuel into electricity: the best single plants reach about 0.62."""
DERIVED = ("blast_furnace_gas", "converter_gas")


def note(
    rows: pl.DataFrame, check: str, item: pl.Expr, value: pl.Expr, expected: pl.Expr, texts: tuple[pl.Expr, pl.Expr]
) -> pl.DataFrame:
    """Give findings that are caveats."""
    return rows.with_columns(
        pl.lit(check).alias("check"), item.alias("item"), value.cast(pl.Float64).alias("value"),
        expected.cast(pl.Float64).alias("expected"), pl.lit(0.0).alias("tolerance"), pl.lit("caveat").alias("verdict"),
        texts[0].cast(pl.String).alias("explanation_en"), texts[1].cast(pl.String).alias("explanation_zh"),
    )  # fmt: skip


def _item() -> pl.Expr:
    return pl.format("{} {}", pl.col("time"), pl.col("activity"))


def trade(lines: Lines) -> pl.DataFrame:
    """Net import of electricity and heat: what the place took from elsewhere and burnt nothing for itself."""
    rows = lines.whole.filter(pl.col("activity").is_in(["electricity", "heat"])).with_columns(
        sum_of(TRADE).alias("net")
    )
    rows = rows.filter(pl.col("net").is_not_null())
    used = (100 * pl.col("net") / (pl.col("final") + pl.col("losses").fill_null(0.0))).round(1)
    texts = (
        pl.format("net import, {} % of consumption and losses", used),
        pl.format("净调入量，占消费与损失的 {} %", used),
    )
    return note(rows, "net import", _item(), pl.col("net"), pl.lit(0.0), texts)


def electricity_twice(lines: Lines) -> pl.DataFrame:
    """Electricity and heat that local plants made from fuel stand in scope 1 as fuel and in scope 2 as use."""
    found = []
    for carrier, plant in (("electricity", THERMAL), ("heat", HEATING)):
        fuels = pl.col("activity").is_in(columns_of_kind("fuel"))
        burning = lines.whole.filter(fuels & (pl.col(plant) < 0)).select("place", "time").unique()
        rows = lines.whole.filter(pl.col("activity") == carrier, pl.col(plant) > 0, pl.col("final") > 0)
        rows = rows.join(burning, on=["place", "time"], how="semi")
        share = (100 * pl.col(plant) / pl.col("final")).round(1)
        en = (
            "made here from fuel that is counted in scope 1 (energy.power_supplied, energy.heat_supplied): {} % of what is "
            "used here and counted in scope 2; one total may hold only one of the two"
        )
        zh = "本地火电或供热产出，其燃料已计入范围一，相当于本地消费量（范围二）的 {} %；同一合计中只能计入其一"
        texts = (pl.format(en, share), pl.format(zh, share))
        found.append(note(rows, "made and used here", _item(), pl.col(plant), pl.col("final"), texts))
    return pl.concat(found)


def equal_value(lines: Lines) -> pl.DataFrame:
    """A table in energy whose plants give nearly all their fuel back as electricity states electricity at equal value."""
    frame = lines.facts.filter(pl.col("row") == THERMAL, pl.col("activity").is_in(columns_of_kind("fuel", "carrier")))
    units = {unit: conversion(unit, "tce") for unit in frame["unit"].unique().to_list() if energy_unit(unit)}
    frame = frame.filter(pl.col("unit").is_in(list(units)))
    tonnes = pl.col("value") * pl.col("unit").replace_strict(units, return_dtype=pl.Float64, default=None)
    made = frame.with_columns(tonnes.alias("tce")).group_by("place", "time", maintain_order=True).agg(
        pl.col("tce").filter(pl.col("activity") == "electricity").sum().alias("output"),
        -pl.col("tce").filter(pl.col("tce") < 0).sum().alias("input"),
    )  # fmt: skip
    odd = made.filter(pl.col("input") > 0, pl.col("output") > HIGHEST_EFFICIENCY * pl.col("input"))
    odd = odd.with_columns(pl.lit("electricity").alias("activity"), pl.lit("1").alias("unit"))
    texts = (
        pl.lit("thermal power gives back more of its fuel than any plant can: electricity seems to stand at equal value "
               "(等价值), or fuels are missing; take physical units or calorific value"),
        pl.lit("火力发电产出与投入之比超过任何电厂的效率：电力可能为等价值，或缺少投入的品种；请使用实物量或当量值"),
    )  # fmt: skip
    rows = note(odd, "equal value", _item(), pl.col("output") / pl.col("input"), pl.lit(HIGHEST_EFFICIENCY), texts)
    return rows.with_columns(pl.lit("misfit").alias("verdict"))


def not_burnt(lines: Lines) -> pl.DataFrame:
    """Raw materials, products that are no fuels, and fuel that was lost: in the balance and not in combustion."""
    whole = lines.whole.filter(pl.col("activity").is_in(columns_of_kind("fuel")))
    products = balance_columns().filter(pl.col("burnt") == "no")["code"].to_list()
    kinds = (
        ("raw materials", "final.industry.non_energy", pl.lit(True), "used as raw material and not burnt",
         "用作原料、材料，不计入燃烧"),
        ("products that are no fuels", "final", pl.col("activity").is_in(products),
         "final consumption of a product that is no fuel; process and product use account for it",
         "非燃料产品的终端消费，由工业过程与产品使用核算"),
        ("fuel lost", "losses", pl.lit(True), "lost and not burnt, unless 'losses' says so",
         "损失量不计入燃烧，除非 'losses' 另有规定"),
    )  # fmt: skip
    found = []
    for check, row, which, en, zh in kinds:
        rows = whole.filter(which & (pl.col(row).fill_null(0.0) != 0))
        found.append(note(rows, check, _item(), pl.col(row), pl.lit(0.0), (pl.lit(en), pl.lit(zh))))
    return pl.concat(found)


def derived_gases(lines: Lines) -> pl.DataFrame:
    """Blast-furnace and converter gas hold carbon of coke that the table already counts as burnt in industry."""
    coke = lines.whole.filter(pl.col("activity") == "coke", pl.col("final.industry") > 0)
    coke = coke.select("place", "time", pl.col("final.industry").alias("coke"), pl.col("unit").alias("coke_unit"))
    burnt = pl.col("final").fill_null(0.0) - sum_of([THERMAL, HEATING]).fill_null(0.0)
    gases = lines.whole.filter(pl.col("activity").is_in(DERIVED)).with_columns(burnt.alias("burnt"))
    rows = gases.filter(pl.col("burnt") > 0).join(coke, on=["place", "time"], maintain_order="left")
    en = "burnt, and made from coke of which industry used {} {}: if all that coke counts as burnt, its carbon counts twice"
    zh = "该煤气来自焦炭，而工业终端已消费焦炭 {} {}；若焦炭全部计为燃烧，则同一部分碳被重复计算"
    texts = (pl.format(en, "coke", "coke_unit"), pl.format(zh, "coke", "coke_unit"))
    return note(rows, "gas made from coke", _item(), pl.col("burnt"), pl.lit(0.0), texts)


def carbon(lines: Lines, factors: FactorTable) -> pl.DataFrame:
    """Carbon that went into a transformation of fuels and did not come out in fuels [t C]: a finding, no emission."""
    facts = lines.facts.filter(pl.col("row").is_in(FUEL_TO_FUEL), pl.col("activity").is_in(columns_of_kind("fuel")))
    pairs = facts.select("activity", "unit").unique(maintain_order=True)
    known = [(name, unit, _carbon_of(name, unit, factors.to_polars())) for name, unit in pairs.iter_rows()]
    schema = {"activity": pl.String, "unit": pl.String, "content": pl.Float64}
    contents = pl.DataFrame(known, schema=schema, orient="row")
    joined = facts.join(contents, on=["activity", "unit"], how="left", maintain_order="left").drop("unit")
    without = pl.col("activity").filter(pl.col("content").is_null()).unique(maintain_order=True).str.join(", ")
    rows = joined.group_by("place", "time", "row", maintain_order=True).agg(
        (pl.col("value") * pl.col("content")).filter(pl.col("value") > 0).sum().alias("out"),
        -(pl.col("value") * pl.col("content")).filter(pl.col("value") < 0).sum().alias("in"),
        without.alias("without"),
    )  # fmt: skip
    rows = rows.with_columns(pl.lit("t").alias("unit"), pl.col("row").alias("activity"))
    lacking = pl.col("without") != ""
    en = "carbon of the outputs beside carbon of the inputs [t C]; a fuel was made of a fuel, the difference is no emission"
    zh = "产出与投入的含碳量（t C）；能源品种之间的转换，差额不作为排放"
    texts = (
        pl.when(lacking).then(pl.format(en + "; not known: {}", "without")).otherwise(pl.lit(en)),
        pl.when(lacking).then(pl.format(zh + "；缺少含碳量：{}", "without")).otherwise(pl.lit(zh)),
    )
    # A side that lacks a fuel would be compared with a side that does not.
    sides = [pl.when(~lacking).then(pl.col(name) + 0.0) for name in ("out", "in")]
    return note(rows, "carbon of transformation", _item(), sides[0], sides[1], texts)


def _carbon_of(activity: str, unit: str, rows: pl.DataFrame) -> float | None:
    """Carbon [t C] of one unit of a fuel; None where the properties do not say, or say two things."""
    mine = rows.filter(pl.col("activity") == activity)
    contents = {
        value * conversion(per, "t/GJ")
        for value, per in mine.filter(pl.col("quantity") == "carbon_content").select("value", "unit").iter_rows()
        if same_dimension(per, "t/GJ")
    }
    if energy_unit(unit):
        heats = {conversion(unit, "GJ")}
    else:
        heats = {
            value * conversion(per, f"GJ/({amount})") * conversion(unit, amount)
            for value, per in mine.filter(pl.col("quantity") == "net_calorific_value")
            .select("value", "unit")
            .iter_rows()
            if same_dimension(unit, amount := split_factor_unit(per)[1])
        }
    if len(contents) != 1 or len(heats) != 1:
        return None
    return float(contents.pop() * heats.pop())
