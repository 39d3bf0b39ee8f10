"""GeoJSON as attribute rows and shapes; properties of mixed kinds are text.

Comes in: a path. Goes out: rows, shapes and the coordinate system that the file names. Not for: what the columns mean.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.data.layers.curves import shapes_from_wkb
from citycarbon.data.sheets import decode

_EXACT = 2**53
"""Whole numbers beyond which a floating-point number is no longer exact."""
_KINDS: dict[frozenset[type], Any] = {
    frozenset({bool}): pl.Boolean, frozenset({int}): pl.Int64, frozenset({float}): pl.Float64,
    frozenset({int, float}): pl.Float64, frozenset({str}): pl.String, frozenset(): pl.String,
}  # fmt: skip


def read_geojson(path: Path, shown: str) -> tuple[pl.DataFrame, Any, str]:
    """Read a feature collection: rows, shapes, and the coordinate system of the retired member ``crs``, if there is one.

    A property that is a number in one feature and text, true or a list in another is text in all: ``1``, ``true`` and
    ``[1, 2]`` as JSON writes them. Nothing is a number that the file does not write as one.

    Raises
    ------
    InputError
        What is no feature collection, or a property that stands twice in a feature.
    """
    import shapely

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _ in pairs]
            name = next(name for name in names if names.count(name) > 1)
            raise InputError("column_duplicate", Where(file=shown, column=name), name)
        return made

    text, _ = decode(path.read_bytes(), shown)
    document = json.loads(text, object_pairs_hook=once)
    features = document["features"] if isinstance(document, dict) and "features" in document else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise InputError("file_broken", Where(file=shown), "no list 'features'", kind="GeoJSON")
    shapes = np.array([json.dumps(f["geometry"]) if f.get("geometry") else None for f in features], dtype=object)
    member = document.get("crs")
    named = member.get("properties") if isinstance(member, dict) else None
    own = str((named.get("name") if isinstance(named, dict) else "") or "")
    own = own.replace("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326").replace("urn:ogc:def:crs:EPSG::", "EPSG:")
    geometry = shapes_from_wkb(list(shapely.to_wkb(shapely.from_geojson(shapes), output_dimension=2)), shown)
    return _rows([feature.get("properties") or {} for feature in features]), geometry, own


def _rows(properties: list[dict[str, Any]]) -> pl.DataFrame:
    names = dict.fromkeys(name for each in properties for name in each)
    columns = [_column(name, [each.get(name) for each in properties]) for name in names]
    return pl.DataFrame(columns) if columns else pl.DataFrame([{}] * len(properties))


def _column(name: str, cells: list[Any]) -> pl.Series:
    kinds = frozenset(map(type, cells)) - {type(None)}
    wanted = _KINDS.get(kinds)
    if wanted is not None and int in kinds:
        most = max(abs(cell) for cell in cells if cell is not None)
        limit = _EXACT if float in kinds else 2**63 - 1
        wanted = wanted if most <= limit else None
    if wanted is not None:
        return pl.Series(name, cells, dtype=wanted)
    texts = [cell if cell is None or isinstance(cell, str) else json.dumps(cell, ensure_ascii=False) for cell in cells]
    return pl.Series(name, texts, dtype=pl.String)
