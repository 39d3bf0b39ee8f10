"""Whether places fit together: levels of the tree, and layers against the boundary that is declared for them.

Comes in: the places of a study, and layers with their boundary. Goes out: problems. Not for: mending.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.tables import PlaceTable
from citycarbon.data.layers import Layer
from citycarbon.data.layers.datums import BD_09, GCJ_02, WGS_84, change_datum
from citycarbon.inventory.space.overlay.pairs import dimension_of, measure
from citycarbon.studies.study_file import STUDY_FILE

LEVELS = (
    ("world",), ("country",), ("province", "region"), ("city", "prefecture"), ("district", "county"),
    ("street", "town", "township"), ("community", "village", "neighbourhood"), ("parcel", "plot", "lot"),
    ("building", "household"),
)  # fmt: skip
"""Levels from the widest; other words (cell, station, park) may stand anywhere below."""
_INSIDE = 0.999
_EXPLAINED = 0.3
_LEAST = 0.5


def check_levels(places: PlaceTable, file: str | None) -> None:
    """Refuse a place whose parent is of the same or a finer level.

    Parameters
    ----------
    places
        Tree of places.
    file
        File that lists them, for messages.

    Raises
    ------
    InputError
        The first ten such places.
    """
    rank = {word: number for number, words in enumerate(LEVELS) for word in words}
    rows = places.to_polars().select("place", "parent", pl.col("level").str.to_lowercase())
    upper = rows.select(pl.col("place").alias("parent"), pl.col("level").alias("above"))
    both = rows.join(upper, on="parent").with_columns(
        *[
            pl.col(n).replace_strict(rank, default=None, return_dtype=pl.Int64).alias(f"{n}_rank")
            for n in ("level", "above")
        ]
    )
    problems = Problems()
    for place, level, above in (
        both.filter(pl.col("level_rank") <= pl.col("above_rank")).select("place", "level", "above").head(10).iter_rows()
    ):
        problems.add("level_wrong", Where(file=file, column="level", item=place), f"{level} < {above}",
                     known=" > ".join(words[0] for words in LEVELS))  # fmt: skip
    problems.raise_all()


def check_within(name: str, layer: Layer, boundary: Layer) -> str:
    """Tell how much of a layer lies in its boundary; refuse one that fits better once a web-map offset is taken off.

    Parameters
    ----------
    name
        Name of the layer, for messages.
    layer
        Features.
    boundary
        Polygons that should hold them.

    Returns
    -------
    note
        Share inside, for the origin of the layer.

    Raises
    ------
    InputError
        If the offset of GCJ-02 or BD-09 explains what lies outside, or most of the layer lies outside.
    """
    import shapely

    here = layer.to_crs(boundary.crs)
    whole = shapely.union_all(boundary.geometry)
    inside = _share(here.geometry, whole)
    if inside < _INSIDE:
        degrees = layer.to_crs("EPSG:4326")
        for datum in (GCJ_02, BD_09):
            moved = Layer(name, layer.rows, _without(degrees.geometry, datum), "EPSG:4326").to_crs(boundary.crs)
            better = _share(moved.geometry, whole)
            if better - inside > _EXPLAINED * (1 - inside):
                found = f"{inside:.1%}; {datum}: {better:.1%}"
                raise InputError("datum_suspect", Where(file=STUDY_FILE, item=f"layers.{name}.crs"), found, datum=datum)
        if inside < _LEAST:
            where = Where(file=STUDY_FILE, item=f"layers.{name}.within")
            raise InputError("outside_boundary", where, f"{inside:.1%}", boundary=boundary.name)
    return f"{inside:.1%} within {boundary.name}"


def _share(geometry: Any, whole: Any) -> float:
    import shapely

    dimension = dimension_of(geometry)
    parts = shapely.intersection(geometry, whole)
    if dimension == 0:
        return float((~shapely.is_empty(parts)).mean())
    total = float(measure(geometry, dimension).sum())
    return float(measure(parts, dimension).sum()) / total if total > 0 else 0.0


def _without(geometry: Any, datum: str) -> Any:
    import shapely

    def moved(x: Any, y: Any) -> Any:
        return change_datum(x, y, source=datum, target=WGS_84)

    mover: Any = moved
    return shapely.transform(geometry, mover, interleaved=False)
