"""Purchased steam and hot water, from meter readings of mass, pressure and temperature.

Comes in: readings. Goes out: scope 2 emissions with heat [GJ] and coal equivalent [tce] of each row. Not for: heat that is
already billed in GJ, which is an activity row of ``heat`` and goes through the same factors.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.tables.columns import PLACE, PROVENANCE, SCENARIO, SECTOR, TIME
from citycarbon.core.trace import file_of, row_of
from citycarbon.core.units import conversion
from citycarbon.inventory.accounting.apply import Account, match, multiply

METHOD_ID = "inventory.accounting.heat"
FEED_WATER_ENTHALPY = 83.74
"""Enthalpy of feed water at 20 °C [kJ/kg] that the enterprise guides assume (ndrc_enterprise_guides)."""
WATER_HEAT_CAPACITY = 4.1868
"""Heat capacity of water that the guides assume [kJ/(kg K)] (ndrc_enterprise_guides)."""
MEDIA = ("saturated_steam", "superheated_steam", "hot_water")


class SteamTable(Table):
    """Readings of steam and hot-water meters: one row a period and a meter."""

    columns = (
        PLACE,
        TIME,
        SECTOR,
        Column("medium", required=True, empty=False, allowed=MEDIA, meaning=("what flows", "介质")),
        Column("mass", "number", required=True, empty=False, low=0, unit="t", meaning=("mass that flowed", "质量")),
        Column("pressure", "number", low=0, unit="MPa", meaning=("absolute pressure", "绝对压力")),
        Column("temperature", "number", low=0, high=800, unit="degC", meaning=("supply temperature", "供汽或供水温度")),
        Column("return_temperature", "number", low=0, high=374, unit="degC", meaning=("of returned water", "回水温度")),
        Column("feed_enthalpy", "number", low=0, unit="kJ/kg", meaning=("enthalpy of feed water", "给水焓")),
        SCENARIO,
        PROVENANCE,
    )
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="Q = m · (h(p, T) − h_fw) · 10⁻³,   E = Q · EF   or   E = Q · 0.03412 · EF_tce",
    source="iapws_if97",
    status="reproduced",
    title=("Purchased steam and hot water", "外购蒸汽与热水"),
    version=2,
    methane="non-fossil",
)
def heat(
    readings: SteamTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    feed_water_enthalpy: float = FEED_WATER_ENTHALPY,
    route: Literal["energy", "standard_coal"] = "energy",
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account purchased steam and hot water in scope 2.

    Parameters
    ----------
    readings
        Mass [t], pressure [MPa, absolute], temperature [°C] of steam or hot water.
    factors
        emission_factor of ``heat`` per energy, or of ``standard_coal`` per tce, and the coefficient of ``heat``.
    places
        Regions of the places.
    feed_water_enthalpy
        [kJ/kg] enthalpy of the water that the boiler was fed with, where a row states none; 83.74 is water of 20 °C.
    route
        ``energy`` multiplies heat by t/GJ; ``standard_coal`` turns it into tce first and multiplies by t/tce.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CO2, scope 2, with ``energy`` [GJ] and ``standard_coal`` [tce].

    Raises
    ------
    SchemaError
        If no steam or water exists in the stated state; every bad row is named.

    References
    ----------
    IAPWS-IF97 (2007 revision) through CoolProp; enterprise accounting guides for feed water and hot water.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> steam = pl.DataFrame({"place": ["A"], "time": ["2020"], "sector": ["works"], "medium": ["saturated_steam"],
    ...                       "mass": [100.0], "pressure": [1.0]})
    >>> made = heat(SteamTable(steam), shipped_library().choose(["ndrc-enterprise-guides"]), feed_water_enthalpy=83.7)
    >>> round(made.to_polars()["energy"][0], 2)
    269.34
    """
    rows = readings.to_polars()
    joules = heat_of(rows, feed_water_enthalpy)
    table = rows.select("place", "time", "sector", "scenario", "provenance_id").with_columns(joules.alias("value"))
    unit, name = ("GJ", "heat") if route == "energy" else ("tce", "standard_coal")
    content = _coal_content(factors)
    if route == "standard_coal":
        table = table.with_columns(pl.col("value") * content)
    activity = ActivityTable(table.with_columns(pl.lit(unit).alias("unit"), pl.lit(name).alias("activity")))
    chosen = FactorTable(factors.to_polars().filter(pl.col("quantity") == "emission_factor"))
    matched = match(activity, chosen, places, year_rule=year_rule, region_fallback=region_fallback)
    per_gj = 1.0 if route == "energy" else 1.0 / content
    matched = matched.with_columns(pl.lit(per_gj).alias("energy"), pl.lit(per_gj * content).alias("standard_coal"))
    return multiply(activity, matched, Account(METHOD_ID, "2", "location"), working=("energy", "standard_coal"))


def _coal_content(factors: FactorTable) -> float:
    """Give the coal equivalent of heat [tce/GJ]: the one printed coefficient, or the energy of coal equivalent."""
    printed = factors.to_polars().filter(
        (pl.col("quantity") == "standard_coal_coefficient") & (pl.col("activity") == "heat")
    )
    found = {value * conversion(unit, "tce/GJ") for value, unit in printed.select("value", "unit").iter_rows()}
    if len(found) > 1:
        editions = ", ".join(printed["edition"].drop_nulls().unique().sort().to_list()) or "—"
        facts = {"activity": "heat", "region": "—", "year": "—", "editions": editions}
        shown = ", ".join(f"{each:g} tce/GJ" for each in sorted(found))
        raise InputError("factor_ambiguous", Where(column="activity"), shown, **facts)
    return found.pop() if found else conversion("GJ", "tce")


def heat_of(rows: pl.DataFrame, feed_water_enthalpy: float) -> pl.Series:
    """Give the heat of each reading [GJ]: steam by its enthalpy over feed water, hot water by its temperature drop."""
    medium = rows["medium"].to_numpy()
    column = {
        name: rows[name].to_numpy().astype(float) for name in ("mass", "pressure", "temperature", "return_temperature")
    }
    feed = rows["feed_enthalpy"].fill_null(feed_water_enthalpy).to_numpy().astype(float)
    problems = Problems()
    enthalpy = np.full(len(rows), np.nan)
    steam = medium == "saturated_steam"
    hot = medium == "superheated_steam"
    water = medium == "hot_water"
    _require(rows, ~np.isfinite(column["pressure"]) & (steam | hot), "pressure [MPa]", problems)
    _require(rows, ~np.isfinite(column["temperature"]) & (hot | water), "temperature [°C]", problems)
    _require(rows, ~np.isfinite(column["return_temperature"]) & water, "return_temperature [°C]", problems)
    problems.raise_all()
    enthalpy[steam] = _enthalpy(column["pressure"][steam], None)
    enthalpy[hot] = _enthalpy(column["pressure"][hot], column["temperature"][hot])
    _require(rows, ~np.isfinite(enthalpy) & steam, "saturated steam: 0.000612 <= pressure <= 22.06 MPa", problems)
    _require(rows, ~np.isfinite(enthalpy) & hot, "superheated steam: hotter than saturation, below 800 °C", problems)
    drop = column["temperature"] - column["return_temperature"]
    _require(rows, water & (drop < 0), "hot water: temperature >= return_temperature", problems)
    gain = np.where(water, WATER_HEAT_CAPACITY * drop, enthalpy - feed)
    _require(rows, ~water & np.isfinite(gain) & (gain < 0), "feed enthalpy below that of the steam", problems)
    problems.raise_all()
    return pl.Series("heat", column["mass"] * gain * 1e-3)


def _enthalpy(pressure: np.ndarray, temperature: np.ndarray | None) -> np.ndarray:
    """Specific enthalpy [kJ/kg] by IAPWS-IF97 of saturated (no temperature) or superheated steam; NaN where none exists."""
    if not len(pressure):
        return np.empty(0)
    # CoolProp takes three seconds to import, which a run without steam should not pay.
    from CoolProp.CoolProp import PropsSI

    pascal = pressure * 1e6
    inside = (pascal >= 611.7) & (pascal <= 22.06e6)
    made = np.full(len(pascal), np.nan)
    if temperature is None:
        if inside.any():
            made[inside] = np.atleast_1d(PropsSI("H", "P", pascal[inside], "Q", 1.0, "IF97::Water"))
        return made / 1e3
    kelvin = temperature + 273.15
    saturated = np.full(len(pascal), -np.inf)
    if inside.any():
        saturated[inside] = np.atleast_1d(PropsSI("T", "P", pascal[inside], "Q", 1.0, "IF97::Water"))
    fine = (kelvin > saturated) & (pascal > 0) & (pascal <= 100e6) & (kelvin <= 1073.15)
    fine &= (pascal <= 22.06e6) | (kelvin > 647.096)
    if fine.any():
        made[fine] = np.atleast_1d(PropsSI("H", "P", pascal[fine], "T", kelvin[fine], "IF97::Water"))
    return made / 1e3


def _require(rows: pl.DataFrame, bad: np.ndarray, expected: str, problems: Problems) -> None:
    if not bad.any():
        return
    where = np.flatnonzero(bad)[:5]
    sources = [str(rows["provenance_id"][int(i)] or "") for i in where]
    numbers = tuple(row_of(source) or int(i) + 1 for source, i in zip(sources, where, strict=True))
    shown = "; ".join(
        ", ".join(f"{name}={rows[name][int(i)]}" for name in ("medium", "pressure", "temperature")) for i in where[:3]
    )
    file = file_of(sources[0])
    problems.add("steam_state", Where(file=file, rows=numbers), shown, expected_state=expected)
