"""Straw burnt on the field: methane and nitrous oxide.

Comes in: harvests and the share of their straw that is burnt. Goes out: scope 1 emissions. Not for: carbon dioxide of straw,
which the next crop takes up again, nor straw burnt in stoves and power stations.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, FactorTable, PlaceTable, Table
from citycarbon.core.tables.columns import (
    ACTIVITY,
    AMOUNT,
    PLACE,
    PROVENANCE,
    QUALITY,
    SCENARIO,
    SECTOR,
    TIME,
    UNCERTAINTY,
    UNIT,
)
from citycarbon.inventory.accounting.agriculture.yearly import (
    GIVEN,
    ROW_KEY,
    chained,
    matched_rows,
    multiply_rows,
    with_keys,
)
from citycarbon.inventory.accounting.apply import Account

METHOD_ID = "inventory.accounting.residue_burning"
RESIDUE = "crop_residue"
STEPS = ("residue_ratio", "dry_matter_fraction", "combustion_factor")
"""From harvest to straw, to dry straw, to what burns of it where it is lit."""


class HarvestTable(Table):
    """Harvests by crop, with the share of the straw that is burnt on the field."""

    columns = (
        PLACE, TIME, SECTOR, ACTIVITY, SCENARIO, AMOUNT, UNIT, *UNCERTAINTY,
        Column("burnt_share", "number", required=True, empty=False, low=0, high=1, unit="1",
               meaning=("share of the straw that is burnt on the field", "露天焚烧比例")),
        QUALITY, PROVENANCE,
    )  # fmt: skip
    __slots__ = ()


@method(
    id=METHOD_ID,
    gives=EmissionTable,
    equation="E = harvest · residue_ratio · dry_matter_fraction · burnt_share · combustion_factor · EF",
    source="ipcc2006_v4_ch2",
    status="reproduced",
    title=("Field burning of straw", "秸秆露天焚烧"),
    version=2,
    methane="non-fossil",
)
def residue_burning(
    harvests: HarvestTable,
    factors: FactorTable,
    places: PlaceTable | None = None,
    *,
    year_rule: Literal["exact", "latest", "nearest"] = "exact",
    region_fallback: bool = False,
) -> EmissionTable:
    """Account the methane and nitrous oxide of straw burnt on the field in scope 1.

    Parameters
    ----------
    harvests
        Harvest [t] of ``rice_crop``, ``wheat_crop`` or ``maize_crop`` as statistics count it, and burnt_share [1].
    factors
        residue_ratio, dry_matter_fraction and combustion_factor [kg/kg] of the crop, and residue_burning_factor of
        ``crop_residue`` [g per kg of dry matter burnt].
    places
        Regions of the places.
    year_rule
        What a factor that does not cover the year may do.
    region_fallback
        Whether a coarser region may serve where the edition publishes finer ones.

    Returns
    -------
    emissions
        [t] of CH4 and N2O, scope 1.

    Raises
    ------
    CoverageError
        If one of the four figures of a crop is missing.
    UnitError
        If the harvest is no mass.

    References
    ----------
    IPCC 2006 Guidelines, volume 4, chapter 2, equation 2.27 with tables 2.5 and 2.6; straw per grain from the economic
    coefficients of the provincial guideline 2011.

    Examples
    --------
    >>> import polars as pl
    >>> from citycarbon.data.library import shipped_library
    >>> rows = pl.DataFrame({"place": ["江苏"], "time": ["2020"], "sector": ["agriculture.residue_burning"],
    ...                      "activity": ["wheat_crop"], "value": [1000.0], "unit": ["t"], "burnt_share": [0.1]})
    >>> made = residue_burning(HarvestTable(rows), shipped_library().choose(["ipcc2006", "provincial-guideline-2011"]))
    >>> [(gas, round(value, 5)) for gas, value in made.to_polars().select("gas", "value").rows()]
    [('CH4', 0.27571), ('N2O', 0.00715)]
    """
    rows = with_keys(harvests)
    known = factors.to_polars()

    def found(quantity: str, looked_up: pl.Expr, asked: pl.DataFrame) -> pl.DataFrame:
        of_quantity = known.filter(pl.col("quantity") == quantity)
        return matched_rows(asked, looked_up, of_quantity, places, year_rule=year_rule, region_fallback=region_fallback)

    # Each step works on the tonnes that the step before left, whatever the unit of the harvest.
    in_tonnes = rows.with_columns(pl.lit("t").alias("unit"))
    chain = found(STEPS[0], pl.col("activity"), rows)
    for step in STEPS[1:]:
        chain = chained(chain, found(step, pl.col("activity"), in_tonnes))
    chain = chained(chain, found("residue_burning_factor", pl.lit(RESIDUE), in_tonnes))
    shares = chain.join(rows.select(ROW_KEY, "burnt_share"), on=ROW_KEY, maintain_order="left")
    coefficients = shares.with_columns(pl.col("coefficient", "coefficient_sd") * pl.col("burnt_share"))
    return multiply_rows(rows, coefficients.select(ROW_KEY, *GIVEN), Account(METHOD_ID, "1"), harvests)
