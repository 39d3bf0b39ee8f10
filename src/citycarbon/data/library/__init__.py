"""The shipped factor library: factors, activities, regions and warming potentials as data files with their sources.

Comes in: the csv files of this folder, or a user's own factor file. Goes out: a :class:`FactorLibrary`. Two editions are
never mixed silently: a look-up names its edition or set. Not for: matching factors to activity rows
(:mod:`citycarbon.data.lookup`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.tables import FactorTable
from citycarbon.core.warming import BIOGENIC, EQUIVALENT, WarmingMetric, choose_metric
from citycarbon.data.spelling import simple

FACTOR_FILES = (
    "fuels", "electricity", "heat", "water_waste", "industry", "buildings", "transport", "food_people", "refrigerants",
    "land", "uk", "agriculture",
    "fugitive",
)  # fmt: skip
_YEARS = {"valid_from": pl.Int64, "valid_to": pl.Int64, "value": pl.Float64, "sd": pl.Float64}


def shipped_rows(name: str) -> pl.DataFrame:
    """Read a shipped csv; everything is text but the declared numbers."""
    text = files("citycarbon.data").joinpath(name).read_bytes()
    frame = pl.read_csv(text, infer_schema=False, null_values=[""])
    return frame.with_columns(pl.col(column).cast(kind) for column, kind in _YEARS.items() if column in frame.columns)


@cache
def _aliases() -> dict[str, tuple[str, ...]]:
    rows = shipped_rows("headers.csv").group_by("column", maintain_order=True).agg("alias")
    return {column: tuple(alias) for column, alias in rows.iter_rows()}


def header_aliases(column: str) -> tuple[str, ...]:
    """Give the further header spellings that are read as a column."""
    return _aliases().get(column, ())


@cache
def activities() -> pl.DataFrame:
    """Give the activity list: code, Chinese and English name, kind."""
    return shipped_rows("library/activities.csv")


@cache
def activity_names() -> dict[str, str]:
    """Give folded spellings (code, Chinese, English) to activity codes."""
    names: dict[str, str] = {}
    for code, zh, en, _ in activities().iter_rows():
        for spelling in (zh, en, code):
            names[simple(spelling)] = code
    for spelling, code in EXTRA_NAMES.items():
        names.setdefault(simple(spelling), code)
    return names


EXTRA_NAMES = {
    "电": "electricity", "用电": "electricity", "电能": "electricity", "煤": "raw_coal", "气": "natural_gas",
    "燃气": "natural_gas", "管道天然气": "natural_gas", "水": "tap_water", "用水": "tap_water", "water": "tap_water",
    "蒸汽": "heat", "热": "heat", "热力": "heat", "petrol": "gasoline", "新建": "new_build", "拆除": "demolition",
    "绿色化改造": "green_retrofit", "结构加固": "structural_reinforcement",
}  # fmt: skip
"""Everyday spellings beside the list's own names."""


@cache
def gwp_rows() -> pl.DataFrame:
    """Give the warming potentials: gas, metric, value, source, quality."""
    return shipped_rows("library/gwp.csv")


@cache
def gas_names() -> dict[str, str]:
    """Give folded spellings of gases (CO₂, ch4, 甲烷) to their names; a gas that no metric lists keeps its own."""
    known = {simple(gas): gas for gas in [*gwp_rows()["gas"].unique().sort().to_list(), EQUIVALENT, BIOGENIC]}
    return known | {simple(spelling): gas for spelling, gas in GASES.items()}


GASES = {
    "二氧化碳": "CO2", "甲烷": "CH4", "氧化亚氮": "N2O", "一氧化二氮": "N2O", "六氟化硫": "SF6", "三氟化氮": "NF3",
    "二氧化碳当量": "CO2e", "CO2当量": "CO2e", "CO2eq": "CO2e", "CO2 equivalent": "CO2e", "carbon dioxide": "CO2",
    "methane": "CH4", "nitrous oxide": "N2O", "生物质二氧化碳": "CO2-biogenic",
}  # fmt: skip
"""Everyday spellings of gases beside their names."""


def warming_metric(name: str) -> WarmingMetric:
    """Give a named warming metric such as ``AR6-GWP100``.

    Raises
    ------
    InputError
        If no metric has this name.
    """
    rows = gwp_rows().select("gas", "metric", "value", "source").iter_rows()
    return choose_metric(name, ((str(g), str(m), float(v), str(s)) for g, m, v, s in rows))


@cache
def sets() -> pl.DataFrame:
    """Give the named fuel sets: which edition serves which quantity."""
    return shipped_rows("library/sets.csv")


@dataclass(frozen=True)
class FactorLibrary:
    """All factors at hand, shipped and the user's; a user's row replaces a shipped one of the same ``factor_id``.

    Parameters
    ----------
    rows
        Factor rows with every column of :class:`~citycarbon.core.tables.FactorTable`.
    overridden
        Ids of shipped factors that a user file replaced, to be shown.
    """

    rows: pl.DataFrame
    overridden: tuple[str, ...] = ()

    @property
    def editions(self) -> tuple[str, ...]:
        """Names of editions and sets, in order."""
        return tuple(sorted({*self.rows["edition"].drop_nulls().to_list(), *sets()["set"].to_list()}))

    def choose(self, editions: Sequence[str], quantities: Iterable[str] | None = None) -> FactorTable:
        """Give the factors of some editions or sets.

        Raises
        ------
        CoverageError
            If a name is no edition and no set.
        """
        wanted = pl.lit(False)
        for name in editions:
            members = sets().filter(pl.col("set") == name)
            if members.height:
                for quantity, edition in members.select("quantity", "edition").iter_rows():
                    wanted = wanted | ((pl.col("quantity") == quantity) & (pl.col("edition") == edition))
            elif name in self.editions:
                wanted = wanted | (pl.col("edition") == name)
            else:
                raise InputError("edition_unknown", Where(item=name), name, known=", ".join(self.editions))
        rows = self.rows.filter(wanted)
        if quantities is not None:
            rows = rows.filter(pl.col("quantity").is_in(list(quantities)))
        return FactorTable(rows)

    def with_user(self, factors: FactorTable, edition: str) -> FactorLibrary:
        """Add a user's factors under an edition of their own; equal ids replace shipped rows, visibly."""
        mine = factors.to_polars().with_columns(
            pl.coalesce(pl.col("edition"), pl.lit(edition)).alias("edition"),
            pl.coalesce(pl.col("factor_id"), pl.format("{}:{}", pl.lit(edition), pl.int_range(1, pl.len() + 1))).alias(
                "factor_id"
            ),
        )
        replaced = self.rows.filter(pl.col("factor_id").is_in(mine["factor_id"].to_list()))["factor_id"].to_list()
        kept = self.rows.filter(~pl.col("factor_id").is_in(replaced))
        return FactorLibrary(pl.concat([kept, mine.select(kept.columns)]), (*self.overridden, *replaced))


@cache
def shipped_library() -> FactorLibrary:
    """Give the library as shipped."""
    parts = [shipped_rows(f"library/{name}.csv") for name in FACTOR_FILES]
    order = [column.name for column in FactorTable.columns]
    rows = pl.concat(parts, how="vertical").with_columns(
        pl.lit(None).cast(pl.String).alias(name) for name in ("error_group", "factor_errors")
    )
    return FactorLibrary(rows.select(order))
