"""Places with what is known of them: a measure, amounts of elements, and the block in which each lies.

Comes in: a series, amounts of elements, a layer. Goes out: :class:`Samples`, arrays to learn from. Not for: learning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.series import Floats, SeriesTable, check_complete, check_single, check_units, single_scenario
from citycarbon.core.sums import added
from citycarbon.data.layers import Layer
from citycarbon.data.layers.amounts import checked_amounts, refuse_unknown
from citycarbon.data.layers.blocks import spatial_blocks, spatial_folds
from citycarbon.data.layers.ground import require_ground
from citycarbon.data.layers.naming import place_names
from citycarbon.data.library.elements import ProxyTable

LEAST = 20
"""Places below which nothing is learnt; two for each element in any case."""


@dataclass(frozen=True)
class Samples:
    """Places that have evidence, in the order of the layer.

    ``values`` has the shape (places,), ``amounts`` (places, elements), ``area`` (places,) in square metres; ``blocks`` and
    ``folds`` number the block and fold of each place.
    """

    places: tuple[str, ...]
    measure: str
    unit: str
    elements: tuple[str, ...]
    element_units: tuple[str, ...]
    values: Floats
    amounts: Floats
    area: Floats
    blocks: npt.NDArray[np.int64]
    folds: npt.NDArray[np.int64]


def samples_of(
    series: SeriesTable, elements: ProxyTable, cells: Layer, measure: str, time: str | None, block: float, folds: int,
    seed: int,
) -> Samples:  # fmt: skip
    """Put evidence, elements and blocks side by side.

    A place without evidence teaches nothing and is left out; a place without an element has none of it.

    Raises
    ------
    InputError
        An unknown measure or time, several times, units that differ, a place that is not in the layer or twice there, an element
        that is zero everywhere, values below zero, too few places or blocks, a layer in degrees.
    """
    import shapely

    if not block > 0 or folds < 2:
        raise InputError("parameter_wrong", Where(item="block, folds"), f"{block}, {folds}", expected_value="> 0, ≥ 2")
    require_ground(cells)
    evidence, unit = _evidence(series, measure, time)
    named = place_names(cells)
    problems = Problems()
    for table, used in (("series", evidence["place"]), ("elements", elements.to_polars()["place"])):
        try:
            refuse_unknown(used, named, cells.name, table)
        except InputError as error:
            problems.absorb(error)
    names, units = units_of(elements, problems)
    problems.raise_all()
    checked_amounts(elements, "elements")
    joined = pl.DataFrame({"place": named}).with_row_index("row").join(evidence, on="place", maintain_order="left")
    low = joined.filter(pl.col("value") < 0).head(3)
    for place, value in low.select("place", "value").iter_rows():
        problems.add("value_out_of_range", Where(column="value", item=f"{measure} · {place}"), value, range="≥ 0")
    needed = max(LEAST, 2 * len(names))
    if joined.height < needed:
        raise InputError("too_few_places", Where(item=measure), joined.height, needed=needed)
    amounts = amounts_of(elements, joined["place"].to_list(), names)
    for number in np.flatnonzero(~amounts.any(axis=0)):
        problems.add("proxy_zero", Where(item=names[number]), names[number])
    problems.raise_all()
    geometry = np.asarray(cells.geometry, dtype=object)[joined["row"].to_numpy()]
    points = shapely.centroid(geometry)
    return Samples(
        tuple(joined["place"].to_list()), measure, unit, names, units, joined["value"].to_numpy(), amounts,
        np.asarray(shapely.area(geometry), dtype=float), spatial_blocks(points, block),
        spatial_folds(points, block, folds, seed),
    )  # fmt: skip


def _evidence(series: SeriesTable, measure: str, time: str | None) -> tuple[pl.DataFrame, str]:
    rows = single_scenario(series.to_polars())
    known = rows["measure"].unique().sort().to_list()
    if measure not in known:
        raise InputError("value_not_listed", Where(item="measure"), measure, known=", ".join(known[:12]) or "—")
    mine = rows.filter(pl.col("measure") == measure)
    times = mine["time"].unique().sort().to_list()
    if time is None and len(times) > 1:
        raise InputError("parameter_missing", Where(item="time"), ", ".join(times[:6]), column="time")
    if time is not None and time not in times:
        raise InputError("value_not_listed", Where(item="time"), time, known=", ".join(times[:12]))
    mine = mine.filter(pl.col("time") == (time or times[0]))
    check_single(mine)
    check_units(mine)
    check_complete(mine)
    return added(mine, ["place"]), str(mine["unit"][0])


def units_of(elements: ProxyTable, problems: Problems) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and units of elements, in the order of the table; several units of one element are a problem."""
    listed = elements.to_polars().group_by("proxy", maintain_order=True).agg(pl.col("unit").unique().sort())
    for name, units in listed.filter(pl.col("unit").list.len() > 1).iter_rows():
        problems.add("unit_mixed", Where(item=name, column="unit"), ", ".join(units))
    if not listed.height:
        problems.add("proxy_zero", Where(item="elements"), "—")
    return tuple(listed["proxy"].to_list()), tuple(units[0] for units in listed["unit"].to_list())


def amounts_of(elements: ProxyTable, places: list[str], names: tuple[str, ...]) -> Floats:
    """Amounts as an array of shape (places, elements); zero where a place has none."""
    sums = added(elements.to_polars(), ["place", "proxy"])
    made = np.zeros((len(places), len(names)))
    rows = pl.DataFrame({"place": places}, schema={"place": pl.String}).with_row_index("row")
    columns = pl.DataFrame({"proxy": names}, schema={"proxy": pl.String}).with_row_index("column")
    found = sums.join(rows, on="place").join(columns, on="proxy")
    made[found["row"].to_numpy(), found["column"].to_numpy()] = found["value"].to_numpy()
    return made
