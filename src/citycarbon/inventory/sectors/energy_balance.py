"""From the energy balance table to activity data: who burns which fuel, and who uses electricity and heat.

Comes in: an energy balance, and shares if some rows belong to other sectors. Goes out: activity rows with sectors of the
city list. Not for: turning coal into coke or crude oil into petrol, where nothing is burnt; what
:func:`~citycarbon.inventory.sectors.balance_check.balance_check` says about it is a finding and no emission.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import check_parts, number_sum
from citycarbon.core.tables import ActivityTable, Table
from citycarbon.core.units import conversion
from citycarbon.data.exchange.balance_names import balance_columns, balance_rows, column_code, row_code
from citycarbon.data.library import shipped_rows
from citycarbon.inventory.sectors import balance_misfits
from citycarbon.inventory.sectors.balance_lines import (
    KEYS,
    BalanceTable,
    Lines,
    columns_of_kind,
    energy_unit,
    leaves,
    parts_of,
    place_of,
    settled,
    within,
)

METHOD_ID = "inventory.sectors.energy_balance"
TOLERANCE = 0.005
"""Misfit of a fuel that is accepted, relative to the largest section; a choice of this project, stated in the docs."""
PLANTS = ("transformation.thermal_power", "transformation.heat")
INDUSTRY, NON_ENERGY, OWN_USE = "final.industry", "final.industry.non_energy", "final.industry.own_use"
ENERGY_SECTOR = "energy.other"


class SplitTable(Table):
    """Shares of a balance row that belong to other sectors, for one fuel or all; what is left stays where the row is."""

    columns = (
        Column("row", required=True, empty=False,
               meaning=("row of the balance: code or printed name", "平衡表行：代码或刊印名称")),
        Column("activity", meaning=("fuel; every fuel if empty", "能源品种；空为全部")),
        Column("sector", required=True, empty=False, meaning=("sector that gets the share", "接收该份额的部门")),
        Column("share", "number", required=True, empty=False, low=0, high=1, unit="1", meaning=("of the row", "占该行的份额")),
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=ActivityTable,
    equation="AD = final consumption − raw materials, + |input of power and heat plants|;  electricity and heat where used",
    source="nbs_energy_balance",
    status="experimental",
    title=("Activity from the energy balance", "由能源平衡表得到活动数据"),
    version=2,
)
def energy_balance(
    balance: BalanceTable,
    split: SplitTable | None = None,
    *,
    carriers: Literal["all", "fuels", "electricity", "heat"] = "all",
    tolerance: float = TOLERANCE,
    industry_sector: str = "industry.other",
    other_sector: str = "buildings.public",
    losses: Literal["not_burnt", "burnt"] = "not_burnt",
    leave_out: str = "",
) -> ActivityTable:
    """Turn an energy balance into activity rows of fuels burnt and of electricity and heat used.

    Final consumption goes to the sector of its row, without what industry used as raw material; what power and heat plants
    took in goes to ``energy.power_supplied`` and ``energy.heat_supplied`` (fuel is counted where it is burnt, electricity and
    heat where they are used: the first is scope 1, the second scope 2, and one total holds only one of them). Coal washing,
    coking, refining and gas making turn fuels into fuels and burn none. Sub-totals, ``#`` rows, totals of columns, the row of
    total consumption and figures at equal value are never added to their parts. Lubricants, wax, white spirit and bitumen
    are no fuels: they count only where a plant burnt them.

    Parameters
    ----------
    balance
        The balance, in physical units or all in coal equivalent; energy becomes GJ (1 tce = 29.3076 GJ), electricity MWh.
    split
        Shares [1] of rows that belong to other sectors, such as petrol of services and households, which is transport.
    carriers
        ``fuels`` for combustion, ``electricity`` or ``heat`` for their own accounts, or ``all``.
    tolerance
        [1] misfit of a fuel's balance that is accepted, relative to its largest section, where digits do not explain it.
    industry_sector
        Sector of the row of industry.
    other_sector
        Sector of the row of other services.
    losses
        Whether fuel that was lost is taken as burnt; losses of electricity and heat are always rows of the networks.
    leave_out
        Columns that are not accounted, separated by commas (``other_energy``); the choice is the user's and visible.

    Returns
    -------
    activity
        Rows above zero in the balance's units, or GJ and MWh.

    Raises
    ------
    SchemaError
        If the balance of a fuel does not close, parts do not add to their row, consumption is negative, a figure stands
        twice, or a row has no sector; everything at once.
    UnitError
        If a unit is unknown, or one fuel has units of two kinds.

    References
    ----------
    China Energy Statistical Yearbook, regional energy balances; provincial inventory guideline 2011, chapter 1.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"row": ["可供本地区消费的能源量", "火力发电", "终端消费量", "工业", "#用作原料、材料"],
    ...                       "value": [100.0, -60.0, 40.0, 40.0, 5.0]})
    >>> table = table.with_columns(place=pl.lit("A"), time=pl.lit("2020"), activity=pl.lit("原煤"), unit=pl.lit("万吨"))
    >>> energy_balance(BalanceTable(table)).to_polars().select("sector", "activity", "value", "unit").rows()
    [('energy.power_supplied', 'raw_coal', 60.0, '万吨'), ('industry.other', 'raw_coal', 35.0, '万吨')]
    """
    problems = Problems()
    lines = settled(balance).without(_skipped(leave_out, problems))
    _check(lines, tolerance, problems)
    sectors = dict(balance_rows().select("code", "sector").iter_rows())
    sectors |= {INDUSTRY: industry_sector, "final.other": other_sector}
    _known_sectors({"industry_sector": industry_sector, "other_sector": other_sector}, problems)
    rows = pl.concat([_final(lines), _plants(lines), _losses(lines, losses)])
    rows = (
        rows.filter(pl.col("activity").is_in(_wanted(carriers)))
        .with_columns(
            pl.coalesce("sector", pl.col("row").replace_strict(sectors, return_dtype=pl.String)).alias("sector")
        )
        .filter(pl.col("value") != 0)
    )
    rows = _divided(rows, split, problems)
    _refuse_undivided(rows, lines, problems)
    made = _in_energy(rows, problems)
    problems.raise_all()
    made = made.filter(pl.col("value") > 0)
    order = pl.DataFrame({"row": balance_rows()["code"], "order": range(balance_rows().height)})
    made = made.join(order, on="row", maintain_order="left").sort("place", "time", "order", maintain_order=True)
    columns = ["place", "time", "sector", "activity", "value", "unit", "sd", "quality", "provenance_id"]
    return ActivityTable(made.select(columns))


def _wanted(carriers: str) -> list[str]:
    fuels = list(columns_of_kind("fuel"))
    return {"fuels": fuels, "all": [*fuels, "electricity", "heat"]}.get(carriers, [carriers])


def _skipped(leave_out: str, problems: Problems) -> list[str]:
    names = [name.strip() for name in leave_out.split(",") if name.strip()]
    codes = {name: column_code(name) for name in names}
    for name in (name for name, code in codes.items() if code is None):
        known = ", ".join(columns_of_kind("fuel", "carrier"))
        problems.add("parameter_wrong", Where(item="leave_out"), name, expected_value=known)
    return [code for code in codes.values() if code is not None]


def _known_sectors(given: dict[str, str], problems: Problems) -> None:
    known = shipped_rows("classifications/lists/city.csv")["code"].to_list()
    for item, sector in given.items():
        if sector not in known:
            problems.add("sector_unknown", Where(item=item), sector, known=", ".join(known[:12]) + " …")


def _check(lines: Lines, tolerance: float, problems: Problems) -> None:
    """Note every fuel whose balance does not close, every row whose parts do not add, and every wrong sign."""
    if not 0 <= tolerance < 1:
        problems.add("parameter_wrong", Where(item="tolerance"), tolerance, expected_value="0 <= tolerance < 1")
        tolerance = TOLERANCE
    used = pl.col("activity").is_in(columns_of_kind("fuel", "carrier"))
    for row in balance_misfits.identities(lines, tolerance).filter(pl.col("open") & used).iter_rows(named=True):
        share = abs(row["misfit"]) / row["throughput"] if row["throughput"] else 0.0
        found = (
            f"{row['activity']}: {row['supply']:g} + ({row['transformation']:g}) − {row['losses']:g} − {row['final']:g} = "
            f"{row['computed']:g} {row['unit']} ({row['misfit']:+.6g}, {share:.2%})"
        )
        facts = {"stated": "—" if row["stated"] is None else f"{row['stated']:g}", "tolerance": f"{tolerance:g}"}
        where = _where(lines, row, "difference" if row["stated"] is not None else "final")
        problems.add("balance_open", where, found, place=row["place"], year=row["time"], **facts)
    uneven = balance_misfits.parts(lines, tolerance).filter(pl.col("open") & used)
    uneven = pl.concat(
        [
            uneven.select(*KEYS, "unit", "row", "value", "expected"),
            balance_misfits.contained(lines).filter(used),
        ]
    )
    for row in uneven.iter_rows(named=True):
        found = f"{row['activity']}: {row['value']:g}, {row['expected']:g} {row['unit']}"
        problems.add("balance_parts", _where(lines, row, row["row"]), found, row=_printed(row["row"]))
    for (row, sign), group in (
        balance_misfits.wrong_signs(lines)
        .filter(used & ~pl.col("row").str.starts_with("supply"))
        .group_by("row", "sign", maintain_order=True)
    ):
        shown = ", ".join(f"{name} {value:g}" for name, value in group.select("activity", "value").head(5).iter_rows())
        facts = {"range": f"{_printed(str(row))} {'>=' if sign == '+' else '<='} 0"}
        problems.add("value_out_of_range", place_of(group, "value"), shown, **facts)
    _refuse_equal_value(lines, problems)


def _refuse_equal_value(lines: Lines, problems: Problems) -> None:
    """Electricity that stands only with the coal it took to make is no amount of electricity."""
    for carrier in ("electricity", "heat"):
        equal = lines.facts.filter(
            pl.col("activity") == f"{carrier}_equal_value", pl.col("row").str.starts_with("final")
        )
        own = lines.facts.filter(pl.col("activity") == carrier).select("place", "time").unique()
        lonely = equal.join(own, on=["place", "time"], how="anti")
        if lonely.height:
            problems.add(
                "balance_equal_value", place_of(lonely, "activity"), f"{carrier}_equal_value", activity=carrier
            )


def _where(lines: Lines, row: dict[str, object], code: str) -> Where:
    facts = lines.facts.filter(pl.all_horizontal(pl.col(name) == row[name] for name in KEYS))
    mine = facts.filter(pl.col("row") == code)
    return place_of(mine if mine.height else facts.filter(pl.col("row").is_in(["final", "supply"])))


def _printed(code: str) -> str:
    return str(balance_rows().filter(pl.col("code") == code)["name_zh"][0])


def _final(lines: Lines) -> pl.DataFrame:
    """Final consumption by row; industry without raw materials and without its plants' own use, which is a row of its own."""
    burnt = balance_columns().filter(pl.col("burnt") == "no")["code"].to_list()
    rows = _with_facts(leaves(lines, "final"), lines)
    inner = [NON_ENERGY, OWN_USE]
    inside = lines.facts.filter(pl.col("row").is_in(inner))
    check_parts(inside, KEYS)
    taken = inside.group_by(*KEYS, maintain_order=True).agg(
        number_sum().alias("taken"), (pl.col("sd").fill_null(0.0) ** 2).sum().alias("taken_square")
    )  # fmt: skip
    rows = rows.join(taken, on=list(KEYS), how="left", maintain_order="left")
    industry = (pl.col("row") == INDUSTRY) & pl.col("taken").is_not_null()
    stated = pl.col("sd").is_not_null() | (pl.col("taken_square") > 0)
    square = pl.col("sd").fill_null(0.0) ** 2 + pl.col("taken_square")
    # What is left is as uncertain as both figures together, for they were printed independently.
    rows = rows.with_columns(
        pl.when(industry).then(pl.col("value") - pl.col("taken")).otherwise(pl.col("value")).alias("value"),
        pl.when(industry & stated).then(square.sqrt()).otherwise(pl.col("sd")).alias("sd"),
    ).drop("taken", "taken_square")
    own = lines.facts.filter(pl.col("row") == OWN_USE).select(rows.drop("sector").columns)
    own = own.with_columns(pl.lit(None, dtype=pl.String).alias("sector"))
    return pl.concat([rows, own.select(rows.columns)]).filter(~pl.col("activity").is_in(burnt))


def _plants(lines: Lines) -> pl.DataFrame:
    """What power and heat plants took in, as positive amounts."""
    facts = lines.facts.filter(pl.col("row").is_in(PLANTS) & (pl.col("value") < 0))
    return _shaped(facts.with_columns(-pl.col("value")))


def _losses(lines: Lines, losses: str) -> pl.DataFrame:
    carriers = pl.col("activity").is_in(columns_of_kind("carrier"))
    lost = lines.whole.filter(pl.col("losses").is_not_null())
    rows = lost.select(*KEYS, pl.lit("losses").alias("row"), "unit", pl.col("losses").alias("value"))
    rows = _with_facts(rows, lines).with_columns(
        pl.when(~carriers).then(pl.lit(ENERGY_SECTOR)).otherwise(pl.col("sector")).alias("sector")
    )
    return rows if losses == "burnt" else rows.filter(carriers)


def _with_facts(rows: pl.DataFrame, lines: Lines) -> pl.DataFrame:
    """Give rows back their uncertainty and origin; a row that was blank has the origin of its first part."""
    exact = lines.facts.select(*KEYS, "row", "sd", "quality", "provenance_id")
    made = rows.join(exact, on=[*KEYS, "row"], how="left", maintain_order="left")
    section = pl.col("row").str.split(".").list.first()
    first = lines.facts.group_by(*KEYS, section.alias("section"), maintain_order=True).agg(
        pl.col("provenance_id").first().alias("first_part")
    )
    made = made.with_columns(section.alias("section")).join(
        first, on=[*KEYS, "section"], how="left", maintain_order="left"
    )
    return _shaped(made.with_columns(pl.coalesce("provenance_id", "first_part").alias("provenance_id")))


def _shaped(rows: pl.DataFrame) -> pl.DataFrame:
    names = [*KEYS, "row", "unit", "value", "sd", "quality", "provenance_id"]
    return rows.select(*names, pl.lit(None, dtype=pl.String).alias("sector"))


def _divided(rows: pl.DataFrame, split: SplitTable | None, problems: Problems) -> pl.DataFrame:
    """Give shares of rows to other sectors; the rest stays, so that nothing is lost."""
    if split is None:
        return rows
    shares = split.to_polars()
    codes = {name: row_code(name, "final") for name in shares["row"].unique().to_list()}
    fuels = {name: column_code(name) for name in shares["activity"].drop_nulls().unique().to_list()}
    for column, found in (("row", codes), ("activity", fuels)):
        for name in sorted(name for name, code in found.items() if code is None):
            here = ", ".join(sorted(set(rows[column].to_list())))
            problems.add("value_not_listed", Where(column=column), name, known=here)
    known = shipped_rows("classifications/lists/city.csv")["code"].to_list()
    for sector in shares.filter(~pl.col("sector").is_in(known))["sector"].unique(maintain_order=True).to_list():
        problems.add("sector_unknown", Where(column="sector"), sector, known=", ".join(known[:12]) + " …")
    shares = shares.with_columns(
        pl.col("row").replace_strict(codes, return_dtype=pl.String),
        pl.col("activity").replace_strict(fuels, return_dtype=pl.String, default=None),
        pl.col("activity").is_null().alias("general"),
    )
    _refuse_doubled(shares, problems)
    shares = _inherited(shares)
    # A share of one fuel takes the place of the shares of all fuels of the same row.
    single = shares.filter(~pl.col("general")).select("row", "activity", pl.col("sector").alias("target"), "share")
    named = single.select("row", "activity").unique()
    wide = rows.select("row", "activity").unique(maintain_order=True).join(named, on=["row", "activity"], how="anti")
    general = shares.filter("general").select("row", pl.col("sector").alias("target"), "share")
    every = pl.concat([single, wide.join(general, on="row").select(single.columns)])
    sums = every.group_by("row", "activity", maintain_order=True).agg(pl.col("share").sum())
    for row, activity, total in sums.filter(pl.col("share") > 1 + 1e-9).iter_rows():
        item = f"{row}, {activity}"
        problems.add("value_out_of_range", Where(column="share", item=item), f"Σ = {total:g}", range="Σ share <= 1")
    moved = rows.join(every, on=["row", "activity"], maintain_order="left")
    rest = rows.join(sums, on=["row", "activity"], how="left", maintain_order="left").with_columns(
        (1 - pl.col("share").fill_null(0.0)).alias("share"), pl.col("sector").alias("target")
    )
    both = pl.concat([rest.select(*rows.columns, "target", "share"), moved.select(*rows.columns, "target", "share")])
    both = both.filter(pl.col("share") > 1e-12).with_columns(
        pl.col("value") * pl.col("share"), pl.col("sd") * pl.col("share"), pl.col("target").alias("sector")
    )
    return both.drop("target", "share")


def _refuse_doubled(shares: pl.DataFrame, problems: Problems) -> None:
    keys = ["row", "activity", "sector"]
    for row, activity, sector in shares.filter(pl.struct(keys).is_duplicated()).select(keys).unique().rows():
        problems.add("row_duplicate", Where(column="row"), f"{row}, {activity or '—'}, {sector}", key=", ".join(keys))


def _inherited(shares: pl.DataFrame) -> pl.DataFrame:
    """Give the shares of a row to its parts, too: households may stand as one row or as urban and rural ones."""
    steps = [(code, part, depth) for code in shares["row"].drop_nulls().unique() for part, depth in within(code)]
    schema = {"row": pl.String, "part": pl.String, "depth": pl.Int64}
    every = shares.join(pl.DataFrame(steps, schema=schema, orient="row"), on="row", maintain_order="left")
    nearest = pl.col("depth") == pl.col("depth").min().over("part", "activity", "general")
    return every.filter(nearest).with_columns(pl.col("part").alias("row"))


def _refuse_undivided(rows: pl.DataFrame, lines: Lines, problems: Problems) -> None:
    """A group without its parts has no sector, and a fuel that went into transformation must say into which."""
    for row, group in rows.filter(pl.col("sector").is_null()).group_by("row", maintain_order=True):
        code = str(row[0])
        shown = ", ".join(group["activity"].unique(maintain_order=True).head(5).to_list())
        inner = ", ".join(_printed(part) for part in parts_of(code))
        problems.add("balance_undivided", place_of(group, "row"), shown, row=_printed(code), parts=inner)
    blank = pl.all_horizontal([pl.col(part).is_null() for part in parts_of("transformation")])
    whole = lines.whole.filter(blank & (pl.col("transformation") < 0))
    whole = whole.filter(pl.col("activity").is_in(columns_of_kind("fuel")))
    if whole.height:
        shown = ", ".join(whole["activity"].unique(maintain_order=True).head(5).to_list())
        facts = lines.facts.filter(
            pl.col("row") == "transformation", pl.col("activity").is_in(whole["activity"].to_list())
        )
        parts = ", ".join(_printed(part) for part in parts_of("transformation"))
        problems.add("balance_undivided", place_of(facts, "row"), shown, row=_printed("transformation"), parts=parts)


def _in_energy(rows: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    """Express energy (coal equivalent, heat) in GJ and electricity in MWh; physical units stay."""
    scales: list[tuple[str, str, str, float]] = []
    for activity, unit in rows.select("activity", "unit").unique(maintain_order=True).iter_rows():
        target, scale = unit, 1.0
        if energy_unit(unit):
            target = "MWh" if activity == "electricity" else "GJ"
            scale = conversion(unit, target)
        elif activity in columns_of_kind("carrier"):
            mine = rows.filter(pl.col("activity") == activity)
            problems.add("unit_dimension", place_of(mine, "unit"), f"{unit} ({activity})", expected_unit="kWh, GJ, tce")
        scales.append((activity, unit, target, scale))
    schema = {"activity": pl.String, "unit": pl.String, "target": pl.String, "scale": pl.Float64}
    table = pl.DataFrame(scales, schema=schema, orient="row")
    made = rows.join(table, on=["activity", "unit"], how="left", maintain_order="left")
    return made.with_columns(
        pl.col("value") * pl.col("scale"), pl.col("sd") * pl.col("scale"), pl.col("target").alias("unit")
    ).drop("target", "scale")
