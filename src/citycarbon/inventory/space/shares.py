"""The same facts at other places: emissions of one set of places put on another by shares that add to one.

Comes in: emissions by place and shares from place to place. Goes out: emissions by the new places; what has no share
is kept as a residual row. Not for: making the shares from proxies.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.data.layers import Layer

RESIDUAL = "not_placed"


class ShareTable(Table):
    """Shares of a place in target places; the shares of one place add to one, a residual target included."""

    columns = (
        Column("place", required=True, empty=False, meaning=("source place", "源地点")),
        Column("target", required=True, empty=False, meaning=("target place or class", "目标地点或类别")),
        Column(
            "share", "number", required=True, empty=False, low=0, high=1, unit="1", meaning=("of the source", "份额")
        ),
    )
    __slots__ = ()


@method(
    id="inventory.space.area_shares",
    gives=ShareTable,
    equation="share(s, t) = area(s ∩ t) / area(s)",
    source="gpc_2021",
    status="experimental",
    title=("Shares by area", "按面积分摊份额"),
)
def area_shares(sources: Layer, targets: Layer, *, target_column: str = "place") -> ShareTable:
    """Share each source polygon among target polygons by area; what no target covers goes to ``not_placed``.

    Parameters
    ----------
    sources
        Polygons that are shared out; column ``place`` names them.
    targets
        Polygons that receive the shares, in the same projected coordinate system.
    target_column
        Column of the targets that names the target: ``place`` for single parcels, or a class column.

    Returns
    -------
    shares
        Shares [1]. Where targets overlap one another the shares are scaled back to the covered part.

    Raises
    ------
    SchemaError
        If the layers have different or unprojected coordinate systems, or the column is missing.

    References
    ----------
    Areal interpolation as in GPC 2021, chapter 5; exact geometry by GEOS.

    Examples
    --------
    >>> import polars as pl, shapely
    >>> cell = Layer("cell", pl.DataFrame({"place": ["c"]}), shapely.box([0], [0], [10], [10]), "EPSG:32650")
    >>> lots = Layer("lots", pl.DataFrame({"place": ["a"]}), shapely.box([0], [0], [4], [10]), "EPSG:32650")
    >>> area_shares(cell, lots).to_polars().rows()
    [('c', 'a', 0.4), ('c', 'not_placed', 0.6)]
    """
    # Geometry takes a third of a second to import, which a run without layers should not pay.
    import shapely

    _check_layers(sources, targets, target_column)
    tree = shapely.STRtree(targets.geometry)
    source, target = tree.query(sources.geometry, predicate="intersects")
    pieces = shapely.area(shapely.intersection(sources.geometry[source], targets.geometry[target]))
    whole = shapely.area(sources.geometry)
    names = targets.rows[target_column].cast(pl.String).gather(target)
    parts = pl.DataFrame({"index": source, "target": names, "area": pieces}).filter(pl.col("area") > 0)
    covered = shapely.area(_covered(sources, targets, source, target, len(whole)))
    sums = pl.DataFrame({"index": range(len(whole)), "whole": whole, "covered": covered})
    parts = (
        parts.group_by("index", "target", maintain_order=True)
        .agg(pl.col("area").sum())
        .join(sums.with_columns(pl.col("index").cast(parts["index"].dtype)), on="index")
    )
    parts = parts.with_columns(
        (pl.col("area") / pl.col("area").sum().over("index") * pl.col("covered") / pl.col("whole")).alias("share")
    )
    rest = sums.with_columns(
        (1 - pl.col("covered") / pl.col("whole")).clip(0.0, 1.0).alias("share"), pl.lit(RESIDUAL).alias("target")
    )
    keys = sources.rows["place"].cast(pl.String)
    made = pl.concat(
        [parts.select(pl.col("index").cast(pl.Int64), "target", "share"), rest.select("index", "target", "share")]
    )
    made = made.filter(pl.col("share") > 1e-12).with_columns(pl.col("share") / pl.col("share").sum().over("index"))
    return ShareTable(made.select(keys.gather(made["index"]).alias("place"), "target", "share").sort("place", "target"))


def _check_layers(sources: Layer, targets: Layer, target_column: str) -> None:
    problems = Problems()
    if sources.crs != targets.crs:
        problems.add("crs_conflict", Where(item=targets.name), targets.crs, expected_crs=sources.crs)
    if sources.is_geographic:
        problems.add("crs_conflict", Where(item=sources.name), sources.crs, expected_crs="a projected system")
    if target_column not in targets.rows.columns:
        known = ", ".join(targets.rows.columns)
        problems.add("parameter_wrong", Where(item="target_column"), target_column, expected_value=known)
    problems.raise_all()


def _covered(sources: Layer, targets: Layer, source: Any, target: Any, count: int) -> Any:
    """Part of each source that any target covers (targets united, so that overlaps count once)."""
    import shapely

    united = shapely.intersection(sources.geometry[source], targets.geometry[target])
    order = np.argsort(source, kind="stable")
    starts = np.searchsorted(np.asarray(source)[order], np.arange(count + 1))
    pieces = united[order]
    return np.array([shapely.union_all(pieces[starts[i] : starts[i + 1]]) for i in range(count)])


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
        The same mass by target place; the total agrees to 1e-9. A row without a number keeps its notation key.

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
    rows = emissions.to_polars()
    joined = rows.join(weights, on="place", how="left").with_columns(
        pl.col("target").fill_null(RESIDUAL), pl.col("share").fill_null(1.0)
    )
    keys = ["target", *EmissionTable.dimensions[1:], "flow", "unit", "metric", "notation"]
    moved = (pl.col("value") * pl.col("share")).sum()
    made = joined.group_by(keys, maintain_order=True).agg(
        pl.when(pl.col("value").count() > 0).then(moved).alias("value")
    )
    made = made.rename({"target": "place"}).with_columns(pl.lit("inventory.space.place_by_shares").alias("method"))
    codes = {name: code for name, code in emissions.codes.items() if name != "place"}
    return EmissionTable(made.sort("place", *EmissionTable.dimensions[1:], "flow"), codes=codes)
