"""The same facts at other places: emissions of one set of places put on another by shares that add to one.

Comes in: emissions by place, and layers or shares from place to place. Goes out: emissions by the new places; what has no share
is kept as a residual row. Not for: shares from proxies (:mod:`citycarbon.inventory.space.allocation`).
"""

from __future__ import annotations

import narwhals as nw
import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.names import in_one_form
from citycarbon.core.sums import check_parts, number_sum
from citycarbon.core.tables import EmissionTable
from citycarbon.core.uncertainty import shared_errors
from citycarbon.data.layers import Layer, same_system
from citycarbon.data.layers.ground import refuse_off_ground
from citycarbon.data.layers.naming import place_names
from citycarbon.inventory.space.overlay.grid_cells import added, line_parts, polygon_parts
from citycarbon.inventory.space.overlay.pairs import Pairs, dimension_of, measure, pairs
from citycarbon.inventory.space.tables import RESIDUAL, ShareTable

_TINY = 1e-12
"""Share of a source below which a part is rounding of coordinates."""


@method(
    id="inventory.space.area_shares",
    gives=ShareTable,
    equation="share(s, t) = area(s ∩ t) / area(s), or length, or count",
    source="gpc_2021",
    status="experimental",
    title=("Shares by area, length or count", "按面积、长度或数量分摊份额"),
    version=3,
)
def area_shares(sources: Layer, targets: Layer, *, target_column: str = "place") -> ShareTable:
    """Share each source among target polygons: areas by area, lines by length, points by number.

    Parameters
    ----------
    sources
        Polygons, lines or points that are shared out; column ``place`` names them.
    targets
        Polygons that receive the shares, in the same projected coordinate system.
    target_column
        Column of the targets that names the target: ``place`` for single parcels, or a class column.

    Returns
    -------
    shares
        Shares [1]; what no target covers goes to ``not_placed``. Where targets overlap one another the shares are scaled back
        to the covered part.

    Raises
    ------
    SchemaError
        If the layers have different or unprojected coordinate systems, a column is missing, two features have one name or one has
        none, the sources mix areas, lines and points, the targets are no areas, or a source has no extent.

    References
    ----------
    Areal interpolation as in GPC 2021, chapter 5; exact geometry by GEOS, and by line integrals on regular grids.

    Examples
    --------
    >>> import polars as pl, shapely
    >>> cell = Layer("cell", pl.DataFrame({"place": ["c"]}), shapely.box([0], [0], [10], [10]), "EPSG:32650")
    >>> lots = Layer("lots", pl.DataFrame({"place": ["a"]}), shapely.box([0], [0], [4], [10]), "EPSG:32650")
    >>> area_shares(cell, lots).to_polars().select("target", "share").rows()
    [('a', 0.4), ('not_placed', 0.6)]
    """
    _check_layers(sources, targets, target_column)
    keys = place_names(sources)
    names = _targets(targets, target_column)
    found = overlay(sources, targets)
    parts = pl.DataFrame({"index": found.source, "target": names.gather(found.target), "amount": found.amount})
    parts = parts.group_by("index", "target", maintain_order=True).agg(number_sum("amount"))
    sums = pl.DataFrame({"index": np.arange(len(found.whole)), "whole": found.whole, "covered": found.covered})
    share = pl.col("amount") / pl.col("amount").sum().over("index") * pl.col("covered") / pl.col("whole")
    parts = parts.join(sums, on="index").with_columns(share.alias("share"))
    rest = sums.with_columns(
        (1 - pl.col("covered") / pl.col("whole")).clip(0.0, 1.0).alias("share"), pl.lit(RESIDUAL).alias("target")
    )
    made = pl.concat([parts.select("index", "target", "share"), rest.select("index", "target", "share")])
    made = made.filter(pl.col("share") > _TINY).with_columns(pl.col("share") / pl.col("share").sum().over("index"))
    return ShareTable(made.select(keys.gather(made["index"]).alias("place"), "target", "share").sort("place", "target"))


def _targets(targets: Layer, column: str) -> pl.Series:
    """Names of the targets: each its own, or a class of many, which must not be empty."""
    if column == "place":
        return place_names(targets)
    names = in_one_form(targets.rows[column].cast(pl.String))
    empty = (names.is_null() | (names == "")).fill_null(True).arg_true()
    if len(empty):
        where = Where(item=targets.name, column=column, rows=tuple(int(row) + 1 for row in empty.head(5)))
        raise InputError("value_empty", where, "", column=column)
    return names


def overlay(sources: Layer, targets: Layer) -> Pairs:
    """Measure each source in each target, on regular grids without intersections.

    Parameters
    ----------
    sources
        Polygons, lines or points.
    targets
        Polygons in the same coordinate system.

    Raises
    ------
    InputError
        If the layers do not fit together, or their areas are not those of the ground.
    """
    problems = Problems()
    check_pair(sources, targets, problems)
    problems.raise_all()
    dimension = dimension_of(sources.geometry)
    if targets.grid is None or dimension == 0:
        return pairs(sources.geometry, targets.geometry)
    parts = (polygon_parts if dimension == 2 else line_parts)(sources.geometry, targets.grid)
    place = np.full(targets.grid.columns * targets.grid.rows, -1)
    place[targets.rows["cell"].to_numpy()] = np.arange(targets.rows.height)
    target = place[parts.cell]
    kept = target >= 0
    feature, target, amount = parts.feature[kept], target[kept], parts.amount[kept]
    whole = measure(sources.geometry, dimension)
    covered = np.minimum(added(feature, amount, len(whole)), whole)
    return Pairs(feature, target, amount, whole, covered)


def check_pair(sources: Layer, targets: Layer, problems: Problems) -> None:
    """Add what keeps features of one layer from being laid over polygons of another.

    Parameters
    ----------
    sources
        Polygons, lines or points, of one kind.
    targets
        Polygons in the same system, whose areas are those of the ground.
    problems
        Gets ``layer_crs_mixed``, ``layer_in_degrees``, ``layer_scale``, ``layer_geometry_mixed`` or ``layer_not_areas``.
    """
    if not same_system(sources.crs, targets.crs):
        problems.add("layer_crs_mixed", Where(item=targets.name), targets.crs, expected_crs=sources.crs)
    refuse_off_ground(sources, problems)
    if len(sources.geometry) and dimension_of(sources.geometry) < 0:
        problems.add("layer_geometry_mixed", Where(item=sources.name), sources.name)
    if dimension_of(targets.geometry) != 2:
        problems.add("layer_not_areas", Where(item=targets.name), targets.name)


def _check_layers(sources: Layer, targets: Layer, target_column: str) -> None:
    problems = Problems()
    check_pair(sources, targets, problems)
    if target_column not in targets.rows.columns:
        known = ", ".join(targets.rows.columns)
        problems.add("parameter_wrong", Where(item="target_column"), target_column, expected_value=known)
    problems.raise_all()
    empty = np.flatnonzero(measure(sources.geometry, dimension_of(sources.geometry)) <= 0)
    if len(empty):
        rows = tuple(int(row) + 1 for row in empty[:5])
        problems.add("feature_without_extent", Where(item=sources.name, rows=rows), f"{len(empty)} ×")
    problems.raise_all()


@method(
    id="inventory.space.place_by_shares",
    gives=EmissionTable,
    equation="E_target = Σ_source E_source · share(source, target)",
    source="gpc_2021",
    status="experimental",
    title=("Put emissions on other places", "排放落到其他空间单元"),
)
def place_by_shares(emissions: EmissionTable, shares: ShareTable) -> EmissionTable:
    """Put emissions on target places by given shares; nothing is lost.

    Parameters
    ----------
    emissions
        Emissions by source place.
    shares
        Shares [1] of each source place, adding to 1 within 1e-9. A source without shares goes whole to ``not_placed``.

    Returns
    -------
    emissions
        The same mass by target place; the total agrees to 1e-9, and so does its sd. A row without a number keeps its notation
        key. Where shares state an sd, ``sd_placement`` says how far a target's value may be off for that reason.

    Raises
    ------
    SchemaError
        If the shares of a place do not add to one.

    References
    ----------
    Conservation rule of the project's architecture; downscaling by shares as in GPC 2021, chapter 5.

    Examples
    --------
    >>> import polars as pl
    >>> e = pl.DataFrame({"place": ["c"], "time": "2020", "sector": "s", "activity": "x", "scope": "2", "gas": "CO2",
    ...                   "value": [10.0], "unit": "t"})
    >>> w = pl.DataFrame({"place": "c", "target": ["home", "shop"], "share": [0.7, 0.3]})
    >>> place_by_shares(EmissionTable(e), ShareTable(w)).to_polars().select("place", "value").rows()
    [('home', 7.0), ('shop', 3.0)]
    """
    weights = shares.to_polars()
    sums = (
        weights.group_by("place", maintain_order=True)
        .agg(pl.col("share").sum())
        .filter((pl.col("share") - 1).abs() > 1e-9)
    )
    problems = Problems()
    for place, total in sums.sort("place").head(10).iter_rows():
        problems.add("value_out_of_range", Where(column="share", item=place), f"Σ = {total:.12g}", range="Σ share = 1")
    problems.raise_all()
    if not shares.has("sd"):
        weights = weights.drop("sd")
    joined = emissions.to_polars().join(
        weights.rename({"sd": "share_sd"}, strict=False), on="place", how="left", maintain_order="left"
    )
    joined = joined.with_columns(pl.col("target").fill_null(RESIDUAL), pl.col("share").fill_null(1.0))
    return moved(emissions, joined, "inventory.space.place_by_shares")


def moved(emissions: EmissionTable, joined: pl.DataFrame, method_id: str) -> EmissionTable:
    """Give emissions at targets from rows joined with their ``target``, ``share`` and, where known, ``share_sd``.

    Parameters
    ----------
    emissions
        The table that was joined.
    joined
        One row for each row of emissions and target.
    method_id
        Id of the method that moved them.

    Parts of one row share its error, so that the sd of a sum over all targets is that of the row. How uncertain the shares are
    stands apart in ``sd_placement``, which cancels in the sum.
    """
    share = pl.col("share")
    joined = joined.with_columns(pl.col("value") * share)
    if emissions.has("sd"):
        names = [name for name in ("sd", "sd_activity", "sd_factor") if name in joined.columns]
        split = nw.from_native(joined).with_columns(*shared_errors(emissions)).to_native()
        joined = split.with_columns(pl.col(names) * share)
    before = bool(joined["sd_placement"].count())
    placed = (pl.col("sd_placement").fill_null(0.0) * share) if before else pl.lit(0.0)
    uncertain = "share_sd" in joined.columns or before
    if "share_sd" in joined.columns:
        # The value is the part already; its whole is the value over the share.
        own = pl.when(share > 0).then(pl.col("value").abs() / share) * pl.col("share_sd")
        placed = (placed**2 + own.fill_null(0.0) ** 2).sqrt()
    if uncertain:
        joined = joined.with_columns(placed.alias("sd_placement"))
    keys = ["target", *EmissionTable.dimensions[1:], "flow", "unit", "metric", "notation", "methane_origin"]
    groups = [
        name
        for name in ("error_group", "activity_error_group", "distribution", "factor_errors")
        if emissions.has("sd") and name in joined.columns
    ]
    sums = [number_sum()]
    sums += [
        number_sum(name)
        for name in ("sd", "sd_activity", "sd_factor")
        if emissions.has("sd") and name in joined.columns
    ]
    if uncertain:
        sums.append(((pl.col("sd_placement") ** 2).sum().sqrt()).alias("sd_placement"))
    check_parts(joined, [*keys, *groups], codes={})
    made = joined.group_by([*keys, *groups], maintain_order=True).agg(*sums)
    made = made.rename({"target": "place"}).with_columns(pl.lit(method_id).alias("method"))
    codes = {name: code for name, code in emissions.codes.items() if name != "place"}
    return EmissionTable(made.sort("place", *EmissionTable.dimensions[1:], "flow", *groups), codes=codes)
