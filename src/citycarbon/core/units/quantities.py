"""What each quantity of a factor table may be: its units, and the bounds that nothing in nature or in a method leaves.

Comes in: rows of a factor table, shipped or a user's. Goes out: every row whose unit measures something else or whose figure
cannot be, and the factor by which a pure number is brought to the unit of its quantity, so that 98 % and 0.98 are one figure.
Not for: whether a figure is good; bounds are wide on purpose and stop shares above one, slips of a thousand and wrong signs.

Bounds follow from definitions (a share, 44/12 t of CO2 from a tonne of carbon) or stand well outside what the sources of the
library print (ipcc2006_v2_ch1 for calorific values and carbon contents).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.chemistry import CARBON_TO_CO2
from citycarbon.core.errors import InputError, Problem, Where, problem
from citycarbon.core.frames import Frame
from citycarbon.core.units import conversion, gas_clashes, gas_of, same_dimension, split_factor_unit

Kind = Literal["share", "rate", "ratio", "property", "factor", "flux"]
PURE: tuple[Kind, ...] = ("share", "rate", "ratio")
"""Kinds that are plain numbers, or plain numbers a year: their figures are brought to one unit before a method sees them."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity of a factor table.

    Parameters
    ----------
    name
        Word of the column ``quantity``.
    kind
        ``share`` (0 to 1), ``rate`` (a share a year), ``ratio`` (a plain number that may pass one), ``property``, ``factor``
        (mass of a gas per amount; never negative), ``flux`` (mass that may go either way).
    limits
        Unit, lowest and highest figure in it, for each dimension in which the quantity is stated; the first is the usual one.
    activity
        Pattern of the activities that are meant, where one quantity holds several parameters.
    zero
        Whether zero is right although it lies below the lowest figure.
    """

    name: str
    kind: Kind
    limits: tuple[tuple[str, float | None, float | None], ...]
    activity: str = ""
    zero: bool = False

    @property
    def unit(self) -> str:
        """The usual unit."""
        return self.limits[0][0]


_SHARE = (("1", 0.0, 1.0),)
_MASS_SHARE = (("kg/kg", 0.0, 1.0),)
_CARBON = (("t/GJ", 0.001, 0.1),)

QUANTITIES: tuple[Quantity, ...] = (
    # Fuels. Hydrogen has 142 MJ/kg (gross), the poorest gas that is burnt some 3 MJ/m3, liquids up to 42 GJ/m3.
    Quantity("net_calorific_value", "property",
             (("kJ/kg", 500.0, 145e3), ("kJ/m^3", 500.0, 60e6), ("kJ/Nm3", 500.0, 150e3))),
    Quantity("carbon_content", "property", _CARBON, zero=True),
    Quantity("non_energy_carbon_content", "property", _CARBON, zero=True),
    Quantity("oxidation_factor", "share", _SHARE),
    Quantity("oxidised_during_use", "share", _SHARE),
    Quantity("standard_coal_coefficient", "property",
             (("kgce/kg", 0.0, 6.0), ("kgce/m^3", 0.0, 2000.0), ("kgce/Nm3", 0.0, 10.0), ("kgce/kWh", 0.03, 1.0))),
    Quantity("density", "property", (("kg/m^3", 0.01, 25e3), ("kg/Nm3", 0.01, 20.0))),
    # Processes.
    Quantity("carbon_fraction", "share", _SHARE),
    Quantity("stoichiometric_ratio", "ratio", (("t/t", 0.0, CARBON_TO_CO2),)),
    Quantity("kiln_dust_factor", "ratio", (("1", 1.0, 2.0),)),
    Quantity("flare_efficiency", "share", _SHARE),
    Quantity("methane_volume", "property", (("m3@20C/t", 0.0, 500.0), ("m3@20C/1", 0.0, 1e9))),
    # Cooling and switchgear.
    Quantity("blend_share", "share", _SHARE),
    Quantity("leak_rate", "rate", (("1/a", 0.0, 1.0), ("1", 0.0, 1.0))),
    Quantity("filling_loss", "share", _SHARE),
    # Farming and land.
    Quantity("combustion_factor", "share", _MASS_SHARE),
    Quantity("dry_matter_fraction", "share", _MASS_SHARE),
    Quantity("deposition_factor", "share", _MASS_SHARE),
    Quantity("direct_nitrogen_factor", "share", _MASS_SHARE),
    Quantity("leached_fraction", "share", _MASS_SHARE),
    Quantity("leaching_factor", "share", _MASS_SHARE),
    Quantity("volatilised_fraction", "share", _MASS_SHARE),
    Quantity("residue_ratio", "ratio", (("kg/kg", 0.0, 20.0),)),
    Quantity("residue_burning_factor", "factor", (("g/kg", 0.0, 4000.0),)),
    Quantity("enteric_factor", "factor", (("kg/(head*a)", 0.0, 500.0), ("kg/head", 0.0, 500.0))),
    Quantity("manure_factor", "factor", (("kg/(head*a)", 0.0, 500.0), ("kg/head", 0.0, 500.0))),
    Quantity("rice_baseline_factor", "factor", (("kg/(ha*d)", 0.0, 50.0), ("kg/ha", 0.0, 5000.0))),
    Quantity("rice_scaling_factor", "ratio", (("1", 0.0, 10.0),)),
    Quantity("amendment_exponent", "ratio", (("1", 0.0, 2.0),)),
    Quantity("amendment_conversion_factor", "property", (("ha/t", 0.0, 10.0), ("1", 0.0, 10.0))),
    Quantity("carbon_stock_flux", "flux", (("t/(ha*a)", -5000.0, 5000.0), ("t/ha", -5000.0, 5000.0))),
    # Waste and wastewater: one quantity, several parameters.
    Quantity("landfill_parameter", "share", _SHARE, "_doc$|^landfill_(docf|mcf_.*|methane_fraction|oxidation_.*)$"),
    Quantity("landfill_parameter", "rate", (("1/a", 0.0, 5.0),), "_decay_rate"),
    Quantity("landfill_parameter", "property", (("month", 0.0, 120.0),), "^landfill_delay$"),
    Quantity("incineration_parameter", "share", _SHARE),
    Quantity("incineration_gas_factor", "factor", (("g/t", 0.0, 1e6),)),
    Quantity("wastewater_parameter", "share", _SHARE,
             "_mcf|_ratio$|^wastewater_b0_|_per_removed_|^effluent_n2o_|_fossil_carbon$|_leakage$|^protein_nitrogen_fraction$"),
    Quantity("wastewater_parameter", "ratio", (("1", 1.0, 5.0),), "_protein_factor$"),
    Quantity("wastewater_parameter", "property", (("g/(person*day)", 0.0, 1000.0),), "_per_person$"),
    Quantity("wastewater_parameter", "property", (("kg/m^3", 0.0, 1000.0),), "_industry_cod$"),
    Quantity("wastewater_parameter", "property", (("m^3/t", 0.0, 10e3),), "_wastewater_per_product$"),
    # Mass of a gas per amount. The poorest plants emit 0.3 kg of CO2 per MJ; what is per area may be a removal.
    Quantity("emission_factor", "factor", (("t/GJ", 0.0, 10.0), ("t/ha", None, None), ("", 0.0, None))),
    Quantity("life_cycle_factor", "factor", (("t/GJ", 0.0, 10.0), ("", 0.0, None))),
    Quantity("operating_margin", "factor", (("t/GJ", 0.0, 10.0),)),
    Quantity("build_margin", "factor", (("t/GJ", 0.0, 10.0),)),
    Quantity("residual_mix", "factor", (("t/GJ", 0.0, 10.0),)),
    Quantity("fossil_factor", "factor", (("t/GJ", 0.0, 10.0),)),
)  # fmt: skip
"""Every quantity of the library but ``equivalence``, which is a definition."""

_SERIES = re.compile(r"_at_\d+$")
"""Manure factors by temperature are one quantity: ``manure_factor_at_15``."""


def of(name: str) -> tuple[Quantity, ...]:
    """Give what is known of a quantity; nothing for a word that a method of another distribution may use."""
    return tuple(each for each in QUANTITIES if each.name == _SERIES.sub("", name))


def share_columns() -> frozenset[str]:
    """Give the quantities that are shares or yearly rates up to one; columns of tables with these names have these bounds."""
    plain = (each for each in QUANTITIES if each.kind in ("share", "rate") and not each.activity)
    return frozenset(each.name for each in plain if each.limits[0][1:] == (0.0, 1.0))


@lru_cache(maxsize=4096)
def scale_of(name: str, unit: str) -> float:
    """Give the factor that brings a pure number to the unit of its quantity; 1 for quantities that are no pure numbers.

    Examples
    --------
    >>> scale_of("oxidation_factor", "%"), scale_of("leak_rate", "%"), scale_of("net_calorific_value", "MJ/kg")
    (0.01, 0.01, 1.0)
    """
    for each in of(name):
        if each.kind in PURE and not each.activity:
            for wanted, *_ in each.limits:
                if same_dimension(unit, wanted):
                    return conversion(unit, wanted)
    return 1.0


def factor_problems(frame: Frame, fixed: Mapping[str, str], where: Where) -> list[Problem]:
    """Name the rows whose unit is not one of their quantity, or whose figure is outside what the quantity can be.

    Parameters
    ----------
    frame
        Rows of a factor table.
    fixed
        Columns that have one text in every row.
    where
        File and sheet; rows are counted from one.
    """
    words = ("quantity", "activity", "gas", "unit")
    present = frame.collect_schema().names()
    rows = frames.small(frame.select(*[name for name in (*words, "value") if name in present]))
    constant = {"quantity": "emission_factor", **fixed}
    given = [pl.lit(constant.get(name)).alias(name) for name in words if name not in present]
    rows = rows.with_columns(*given).with_columns(pl.col(*words).cast(pl.String)).with_row_index("row", offset=1)
    rows = rows.with_columns(pl.col("quantity").fill_null("emission_factor"))
    found: list[Problem] = []
    for (name, unit), group in rows.group_by("quantity", "unit", maintain_order=True):
        for each in of(str(name)):
            part = group.filter(pl.col("activity").str.contains(each.activity)) if each.activity else group
            if unit is not None and part.height:
                found += _problems(each, str(name), str(unit), part, where)
                found += _gas_problems(each, str(unit), part, where)
    return sorted(found, key=lambda item: item.where.rows)


def settled(frame: Frame, fixed: Mapping[str, str]) -> Frame:
    """Bring pure numbers to the unit of their quantity, with their standard deviations: 98 % becomes 0.98."""
    present = frame.collect_schema().names()
    named = nw.col("quantity").cast(nw.String) if "quantity" in present else nw.lit(fixed.get("quantity", ""))
    unit = nw.col("unit").cast(nw.String) if "unit" in present else nw.lit(fixed.get("unit", ""))
    pairs = frames.small(frame.select(named.alias("quantity"), unit.alias("unit")).unique()).drop_nulls().rows()
    for name, word in sorted(pairs):
        scale = scale_of(name, word)
        if scale == 1.0:
            continue
        mine = (named == name) & (unit == word)
        numbers = [column for column in ("value", "sd") if column in present]
        scaled = [nw.when(mine).then(nw.col(each) * scale).otherwise(nw.col(each)).alias(each) for each in numbers]
        written = nw.when(mine).then(nw.lit(of(name)[0].unit)).otherwise(unit).alias("unit")
        frame = frame.with_columns(*scaled, written)
    return frame


def _problems(quantity: Quantity, name: str, unit: str, rows: pl.DataFrame, where: Where) -> Iterator[Problem]:
    place = Where(where.file, where.sheet, _rows(rows), "unit", where.item)
    try:
        limit = _limit(quantity, unit)
    except InputError as error:
        # A unit that nobody knows is named by the check of units, where rows come from a file.
        if error.problems[0].code != "unit_unknown":
            yield problem(error.problems[0].code, place, unit, **dict(error.problems[0].facts))
        return
    if limit is None:
        yield _wrong_unit(quantity, name, unit, place)
        return
    wanted, low, high = limit
    figure = pl.col("value") * (conversion(unit, wanted) if wanted else 1.0)
    outside = figure < low - 1e-9 * abs(low) if low is not None else pl.lit(False)
    if high is not None:
        outside = outside | (figure > high + 1e-9 * abs(high))
    if quantity.zero:
        outside = outside & (pl.col("value") != 0)
    bad = rows.filter(outside)
    if not bad.height:
        return
    values = bad["value"].head(5).to_list()
    shown = ", ".join(f"{value:g}" for value in values) + (f" … ({bad.height})" if bad.height > 5 else "")
    place = Where(where.file, where.sheet, _rows(bad), "value", where.item)
    if quantity.kind == "factor" and max(values) < 0:
        yield problem("value_negative", place, shown)
        return
    code = "share_out_of_range" if quantity.kind in ("share", "rate") and high == 1 else "factor_out_of_range"
    upper = "" if high is None else f" <= {high:.4g}"
    yield problem(code, place, f"{shown} {unit}", range=f"{low:.4g} <= {name}{upper}", expected_unit=wanted or unit)


def _gas_problems(quantity: Quantity, unit: str, rows: pl.DataFrame, where: Where) -> Iterator[Problem]:
    """Name the emission factors without a gas, and the units that speak of another gas than the row, or of CO2 for carbon."""
    bare = rows.filter(pl.col("gas").is_null())
    if quantity.kind == "factor" and bare.height:
        yield problem("factor_gas_missing", Where(where.file, where.sheet, _rows(bare), "gas", where.item))
    if not gas_of(unit):
        return
    meant = "C" if quantity.limits == _CARBON else None
    gases = [meant] if meant else rows["gas"].drop_nulls().unique(maintain_order=True).to_list()
    for gas in (gas for gas in gases if gas_clashes(gas, unit)):
        mine = rows if meant else rows.filter(pl.col("gas") == gas)
        place = Where(where.file, where.sheet, _rows(mine), "unit", where.item)
        yield problem("gas_of_unit", place, f"{unit} ({gas})", gas=gas, write=quantity.unit or "t/…")


def _rows(rows: pl.DataFrame) -> tuple[int, ...]:
    return tuple(rows["row"].head(5).to_list())


def _wrong_unit(quantity: Quantity, name: str, unit: str, place: Where) -> Problem:
    wanted = ", ".join(unit for unit, *_ in quantity.limits if unit) or "t/…"
    if quantity.kind == "factor" and "/" not in unit:
        return problem("factor_unit", place, unit)
    return problem("unit_dimension", place, f"{unit} ({name})", expected_unit=wanted)


@lru_cache(maxsize=4096)
def _limit(quantity: Quantity, unit: str) -> tuple[str, float | None, float | None] | None:
    """Give the bounds for the dimension of a unit; None if the quantity is not stated in it."""
    for limit in quantity.limits:
        if limit[0] and same_dimension(unit, limit[0]):
            return limit
    for limit in quantity.limits:
        if not limit[0] and "/" in unit and same_dimension(split_factor_unit(unit)[0], "t"):
            return limit
    return None
