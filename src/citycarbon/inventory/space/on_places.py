"""Emissions on the features of a layer: the one join by place name of the spatial methods, with nothing dropped on the way.

Comes in: emissions by place, and a layer. Goes out: arrays in the order of the features, NaN where the table has no number. Not
for: sums, which are made by :mod:`citycarbon.data.shaping.parts`, and amounts (:mod:`citycarbon.data.layers.amounts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.tables import EmissionTable
from citycarbon.data.layers import Layer
from citycarbon.data.layers.amounts import RESIDUALS, filled, refuse_unknown
from citycarbon.data.layers.naming import place_names
from citycarbon.data.shaping.parts import EVERY_SCOPE, sums

Numbers = npt.NDArray[Any]
NO_ROW, NO_NUMBER = "no data", "no number"


@dataclass(frozen=True)
class OnPlaces:
    """Emissions of features: ``values`` [unit] of shape (features,), NaN where there is no number; ``why`` says why not.

    ``rest`` holds what lies at no place, by its residual place.
    """

    names: pl.Series
    values: Numbers
    why: pl.Series
    unit: str
    rest: dict[str, float]


def emissions_on(
    emissions: EmissionTable,
    places: Layer,
    *,
    scopes: str = EVERY_SCOPE,
    time: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
    missing_is_zero: bool = False,
) -> OnPlaces:
    """Give the emissions of each feature of a layer.

    Parameters
    ----------
    emissions
        Emissions by place.
    places
        Layer whose features are named.
    scopes, time, scenario, basis
        What is added and chosen, as :func:`~citycarbon.data.shaping.parts.sums` has it.
    missing_is_zero
        Whether a feature that the table has not at all emits nothing.

    Raises
    ------
    InputError
        If the rows are not parts of one whole, or a place of the emissions is not in the layer.
    """
    names = place_names(places)
    made = sums(emissions, ["place"], scopes=scopes, time=time, scenario=scenario, basis=basis)
    refuse_unknown(made["place"], names, places.name, "emissions")
    own = pl.DataFrame({"place": names}).join(made, on="place", how="left", maintain_order="left")
    absent = own["rows"].is_null()
    if absent.all() and not missing_is_zero:
        raise InputError("too_few_places", Where(item=places.name), 0, needed=1)
    values = filled(own["value"], absent, missing_is_zero=missing_is_zero)
    no_row = pl.lit(None if missing_is_zero else NO_ROW, pl.String)
    why = own.select(
        pl.when(pl.col("rows").is_null()).then(no_row).when(pl.col("value").is_null()).then(pl.lit(NO_NUMBER))
    ).to_series()
    rest = made.filter(pl.col("place").is_in(RESIDUALS) & ~pl.col("place").is_in(names.to_list()))
    left = {place: value for place, value in rest.select("place", "value").iter_rows() if value is not None}
    unit = made["unit"][0] if made.height else "t"
    return OnPlaces(names, values, why, unit, left)
