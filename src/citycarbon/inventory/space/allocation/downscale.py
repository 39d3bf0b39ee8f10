"""Emissions of zones spread over fine cells: by area or weight, with limits, and smoothed across borders.

Comes in: emissions by zone, zones and cells as layers, weights and limits by cell. Goes out: emissions by cell that add back to
each zone. Not for: fitting weights (:mod:`citycarbon.inventory.space.allocation.skill`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.tables import EmissionTable
from citycarbon.data.layers import Layer
from citycarbon.data.layers.amounts import amounts_on, refuse_empty
from citycarbon.data.layers.naming import place_names
from citycarbon.inventory.space.overlay.grid_cells import added
from citycarbon.inventory.space.shares import moved, overlay
from citycarbon.inventory.space.tables import RESIDUAL, ProxyTable

Numbers = npt.NDArray[Any]
_ROUNDS = 200
_SAME = 1e-10


@method(
    id="inventory.space.downscale",
    gives=EmissionTable,
    equation="E_c = E_z · w_c·a_cz / Σ_c w_c·a_cz, E_c ≤ limit_c, smoothed while Σ_c E_c = E_z",
    source="tobler_1979",
    status="experimental",
    title=("Downscale to cells", "降尺度到格网"),
    version=2,
)
def downscale(
    emissions: EmissionTable,
    zones: Layer,
    cells: Layer,
    weights: ProxyTable | None = None,
    limits: ProxyTable | None = None,
    *,
    smoothing: int = 0,
) -> EmissionTable:
    """Spread the emissions of zones over cells: dasymetric, with limits, and pycnophylactic.

    Parameters
    ----------
    emissions
        Emissions by zone.
    zones
        Polygons of the zones, column ``place``.
    cells
        Polygons of the cells in the same projected system; neighbours for smoothing are known on square grids.
    weights
        One proxy by cell: density of emissions in it against other cells (dasymetric). Cells that are not listed get nothing.
        All cells alike if left out.
    limits
        The most that a cell may take of each row of the emissions, in their unit; cells that are not listed have no limit. What
        is over goes to other cells of the zone.
    smoothing
        [1] Rounds in which each cell is drawn to the mean of its neighbours and each zone is brought back to its total
        (pycnophylactic, Tobler 1979); 0 for none. Limits hold through it.

    Returns
    -------
    emissions
        By cell; each zone adds back to 1e-9. What a zone cannot place (no cell with weight, limits reached) is ``not_placed``,
        and so are emissions of a place that is no zone.

    Raises
    ------
    SchemaError
        If layers do not fit together or two features have one name, several proxies stand in one table, a weight or limit is of
        a place that is no cell, limits have another unit, smoothing is asked for without a square grid, or combined with
        emissions below zero.

    References
    ----------
    Tobler, W. R. (1979), Smooth pycnophylactic interpolation for geographical regions, JASA 74(367), 519-530.

    Examples
    --------
    >>> import polars as pl, shapely
    >>> e = pl.DataFrame({"place": ["z"], "time": "2020", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [9.0], "unit": "t"})
    >>> zone = Layer("zone", pl.DataFrame({"place": ["z"]}), shapely.box([0], [0], [20], [10]), "EPSG:32650")
    >>> boxes = shapely.box([0, 10], [0, 0], [10, 20], [10, 10])
    >>> cells = Layer("cells", pl.DataFrame({"place": ["a", "b"]}), boxes, "EPSG:32650")
    >>> people = ProxyTable(pl.DataFrame({"place": ["a", "b"], "proxy": "people", "value": [2.0, 1.0], "unit": "1"}))
    >>> downscale(EmissionTable(e), zone, cells, people).to_polars().select("place", "value").rows()
    [('a', 6.0), ('b', 3.0)]
    """
    _check(emissions, cells, weights, limits, smoothing)
    known, names = place_names(zones), place_names(cells)
    rows = emissions.to_polars().with_row_index("row")
    inside = rows.filter(pl.col("place").is_in(known.to_list()) & pl.col("value").is_not_null())
    found = overlay(zones, cells)
    density = _on_cells(weights, names, cells, "weights", unlisted=0.0 if weights is not None else 1.0)
    base = found.amount * density[found.target]
    numbers = dict(zip(known.to_list(), range(len(known)), strict=True))
    zone_of = np.array([numbers[place] for place in inside["place"]], dtype=np.int64)
    amounts = inside["value"].to_numpy()
    most = _on_cells(limits, names, cells, "limits", unlisted=np.inf)
    # Rows of one kind (sector, gas, year) in different zones make one surface; each is spread by itself.
    kind = [
        name
        for name in inside.columns
        if name in EmissionTable.dimensions[1:] or name in ("flow", "unit", "methane_origin")
    ]
    surface = inside.select(pl.struct(kind).rank("dense").alias("s"))["s"].to_numpy() if inside.height else np.empty(0)
    made = []
    for number in np.unique(surface):
        chosen = np.flatnonzero(surface == number)
        total = added(zone_of[chosen], amounts[chosen], len(known))
        spread = _spread(total, found.source, found.target, base, most, cells, smoothing)
        part = np.divide(spread, total[found.source], out=np.zeros_like(spread), where=total[found.source] != 0)
        of_zone = pl.DataFrame({"zone": found.source, "target": found.target, "share": part}).filter(
            pl.col("share") > 0
        )
        ids = pl.DataFrame({"row": inside["row"].gather(chosen), "zone": zone_of[chosen]})
        made.append(ids.join(of_zone, on="zone", how="inner", maintain_order="left_right").drop("zone"))
    return _assembled(emissions, rows, made, names)


def _assembled(
    emissions: EmissionTable, rows: pl.DataFrame, made: list[pl.DataFrame], names: pl.Series
) -> EmissionTable:
    kinds = {"row": pl.UInt32, "target": pl.String, "share": pl.Float64}
    parts = pl.concat([pl.DataFrame(schema=kinds)] + [
        part.select(pl.col("row").cast(pl.UInt32), names.gather(part["target"]).alias("target"), "share") for part in made
    ])  # fmt: skip
    rest = rows.select(pl.col("row").cast(pl.UInt32)).join(
        parts.group_by("row", maintain_order=True).agg(pl.col("share").sum()), on="row", how="left"
    )
    rest = rest.select("row", pl.lit(RESIDUAL).alias("target"), (1 - pl.col("share").fill_null(0.0)).alias("share"))
    parts = pl.concat([parts, rest.filter(pl.col("share") > _SAME)])
    joined = rows.with_columns(pl.col("row").cast(pl.UInt32)).join(
        parts, on="row", how="left", maintain_order="left_right"
    )
    scale = pl.col("share") / pl.col("share").sum().over("row")
    return moved(emissions, joined.with_columns(scale.alias("share")).drop("row"), "inventory.space.downscale")


def _check(
    emissions: EmissionTable, cells: Layer, weights: ProxyTable | None, limits: ProxyTable | None, smoothing: int
) -> None:
    problems = Problems()
    for name, table in (("weights", weights), ("limits", limits)):
        if table is None:
            continue
        proxies = table.words("proxy")
        if len(proxies) > 1:
            problems.add("proxy_several", Where(item=name), ", ".join(proxies))
        twice = table.to_polars().filter(pl.col("place").is_duplicated())["place"].unique(maintain_order=True)
        if len(twice):
            problems.add("row_duplicate", Where(item=name), ", ".join(twice.head(5)), key="place")
    units = set(emissions.words("unit"))
    if limits is not None and set(limits.words("unit")) != units:
        problems.add("unit_mixed", Where(item="limits"), ", ".join(sorted(units | set(limits.words("unit")))))
    if smoothing < 0:
        problems.add("parameter_wrong", Where(item="smoothing"), smoothing, expected_value="0, 1, 2 …")
    if smoothing and cells.grid is None:
        problems.add("layer_no_grid", Where(item=cells.name), cells.name)
    if (smoothing or limits is not None) and emissions.to_polars()["value"].min() is not None:
        low = emissions.to_polars().filter(pl.col("value") < 0)
        if low.height:
            problems.add("value_negative", Where(column="value"), low["value"][0])
    problems.raise_all()


def _on_cells(table: ProxyTable | None, names: pl.Series, cells: Layer, item: str, *, unlisted: float) -> Numbers:
    """Amounts of cells, with a number for those that the table does not list."""
    if table is None or not table.words("proxy"):
        return np.full(len(names), unlisted)
    refuse_empty(table.to_polars(), item)
    (listed, _), *_ = amounts_on(table, names, cells.name, item).values()
    return np.where(np.isfinite(listed), listed, unlisted)


def _spread(
    total: Numbers, zone: Any, cell: Any, base: Numbers, most: Numbers, cells: Layer, smoothing: int
) -> Numbers:
    """Spread totals of zones over pairs of zone and cell."""
    room = np.isfinite(most).any()
    amount = _within(total, zone, cell, base, most) if room else _scaled(total, zone, base)
    if not smoothing:
        return amount
    grid = cells.grid
    place = cells.rows["cell"].to_numpy()
    area = np.zeros(grid.columns * grid.rows)
    reach = added(zone, amount, len(total))
    for _ in range(smoothing):
        # Density of a cell is what all zones put there; its neighbours draw it towards their mean.
        surface = np.zeros(grid.columns * grid.rows)
        np.add.at(surface, place[cell], amount)
        area[:] = 0.0
        area[place[np.unique(cell)]] = 1.0
        smooth = _mean_of_neighbours(
            surface.reshape(grid.rows, grid.columns), area.reshape(grid.rows, grid.columns)
        ).ravel()
        factor = np.divide(smooth, surface, out=np.ones_like(smooth), where=surface > 0)[place[cell]]
        drawn = np.maximum(amount * factor, 0.0)
        # Where nothing was, the mean of the neighbours comes in by the zone's part of the cell.
        bare = surface[place[cell]] == 0
        whole = added(cell, base, len(place))[cell]
        drawn[bare] = (smooth[place[cell]] * np.divide(base, whole, out=np.zeros_like(base), where=whole > 0))[bare]
        drawn = np.where(base > 0, drawn, 0.0)
        amount = _within(reach, zone, cell, drawn, most) if room else _scaled(reach, zone, drawn)
    return amount


def _scaled(total: Numbers, zone: Any, base: Numbers) -> Numbers:
    sums = added(zone, base, len(total))
    return np.asarray(base * np.divide(total, sums, out=np.zeros_like(total), where=sums > 0)[zone])


def _within(total: Numbers, zone: Any, cell: Any, base: Numbers, most: Numbers) -> Numbers:
    """Spread by weight under limits of cells: what is over a limit goes on to cells that have room."""
    amount = np.zeros(len(base))
    left, open_ = total.copy(), base > 0
    for _ in range(_ROUNDS):
        given = _scaled(left, zone, np.where(open_, base, 0.0))
        filled = added(cell, amount + given, len(most))
        over = filled > most * (1 + 1e-15)
        before = added(cell, amount, len(most))
        extra = filled - before
        cut = np.ones(len(most))
        cut[over] = np.divide(
            np.maximum(most[over] - before[over], 0.0),
            extra[over],
            out=np.zeros(int(over.sum())),
            where=extra[over] > 0,
        )
        amount += given * cut[cell]
        open_ &= ~over[cell]
        left = total - added(zone, amount, len(total))
        if not over.any() or left.max(initial=0.0) <= _SAME * max(float(total.max(initial=0.0)), 1e-300):
            break
    return amount


def _mean_of_neighbours(surface: Numbers, present: Numbers) -> Numbers:
    """Mean of the four neighbours that are cells of some zone, and of the cell itself."""
    sums, count = surface * present, present.copy()
    for axis in (0, 1):
        for step in (1, -1):
            there = np.roll(surface * present, step, axis=axis)
            seen = np.roll(present, step, axis=axis)
            edge = [slice(None), slice(None)]
            edge[axis] = slice(0, 1) if step == 1 else slice(-1, None)
            there[tuple(edge)], seen[tuple(edge)] = 0.0, 0.0
            sums, count = sums + there, count + seen
    return np.asarray(np.divide(sums, count, out=np.zeros_like(sums), where=count > 0))


def smoothness(values: Numbers, rows: int, columns: int) -> float:
    """Give the sum of squared differences of neighbours, which smoothing brings down.

    Parameters
    ----------
    values
        Cells, shape (rows * columns,).
    rows, columns
        Shape of the grid [1].
    """
    if len(values) != rows * columns:
        raise InputError("parameter_wrong", Where(item="values"), len(values), expected_value=rows * columns)
    shaped = values.reshape(rows, columns)
    return float((np.diff(shaped, axis=0) ** 2).sum() + (np.diff(shaped, axis=1) ** 2).sum())
