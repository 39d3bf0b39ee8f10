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

_SHAPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
_EXACT = 2**53
"""Whole numbers beyond which a floating-point number is no longer exact."""
_KINDS: dict[frozenset[type], Any] = {
    frozenset({bool}): pl.Boolean, frozenset({int}): pl.Int64, frozenset({float}): pl.Float64,
    frozenset({int, float}): pl.Float64, frozenset({str}): pl.String, frozenset(): pl.String,
}  # fmt: skip


def read_geojson(path: Path, shown: str, stated: str | None = None) -> tuple[pl.DataFrame, Any, str]:
    """Read a feature collection: rows, shapes, and the coordinate system of the retired member ``crs``, if there is one.

    A property that is a number in one feature and text, true or a list in another is text in all: ``1``, ``true`` and
    ``[1, 2]`` as JSON writes them. Nothing is a number that the file does not write as one.

    A file of one feature, or of one bare shape, is read as well. The ``id`` of features is a property ``id`` if they have none.

    Raises
    ------
    InputError
        What is no GeoJSON, a shape that is none, a property that stands twice in a feature, or a member ``crs`` that cannot be
        read where no system is stated.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _ in pairs]
            name = next(name for name in names if names.count(name) > 1)
            raise InputError("column_duplicate", Where(file=shown, column=name), name)
        return made

    text, _ = decode(path.read_bytes(), shown)
    document = json.loads(text, object_pairs_hook=once)
    features = _features(document, shown)
    own = _system_of(document, shown, stated)
    properties = [feature.get("properties") or {} for feature in features]
    if all(feature.get("id") is not None for feature in features) and not any("id" in each for each in properties):
        # The name of a feature stands beside its properties, where maps programs put it.
        properties = [{"id": feature["id"], **each} for feature, each in zip(features, properties, strict=True)]
    return _rows(properties), shapes_from_wkb(list(_shapes(features, shown)), shown), own


def _features(document: Any, shown: str) -> list[dict[str, Any]]:
    """Give the features of a collection, or the one feature or shape that the file is."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "Feature":
        return _checked([document], shown)
    if kind in _SHAPES:
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise InputError("file_broken", Where(file=shown), "no list 'features'", kind="GeoJSON")
    return _checked(features, shown)


def _checked(features: list[Any], shown: str) -> list[dict[str, Any]]:
    """Refuse features that are none, those of Esri's JSON with a hint at what they are."""
    for number, feature in enumerate(features, start=1):
        where = Where(file=shown, rows=(number,))
        sound = isinstance(feature, dict) and isinstance(feature.get("properties") or {}, dict)
        if not sound or not isinstance(feature.get("geometry") or {}, dict):
            raise InputError("file_broken", where, f"{json.dumps(feature)[:60]}", kind="GeoJSON")
        if "attributes" in feature and "properties" not in feature:
            raise InputError("file_broken", where, "'attributes', 'rings': Esri JSON", kind="GeoJSON")
    return features


def _shapes(features: list[dict[str, Any]], shown: str) -> Any:
    """Give the shapes as WKB; where one is none, say which."""
    import shapely

    texts = [json.dumps(each["geometry"]) if each.get("geometry") else None for each in features]
    try:
        shapes = shapely.from_geojson(np.array(texts, dtype=object))
    except shapely.errors.GEOSException:
        for number, text in enumerate(texts, start=1):
            try:
                shapely.from_geojson(text)
            except shapely.errors.GEOSException as error:
                found = str(error).rpartition("] ")[2].removeprefix("ParseException: ")[:120]
                raise InputError("geometry_invalid", Where(file=shown, rows=(number,)), found) from error
        raise
    return shapely.to_wkb(shapes, output_dimension=2)


def _system_of(document: Any, shown: str, stated: str | None) -> str:
    """Give the coordinate system that the retired member ``crs`` names; one that cannot be read is not passed over."""
    member = document.get("crs") if isinstance(document, dict) else None
    named = member.get("properties") if isinstance(member, dict) else None
    own = member if isinstance(member, str) else str((named.get("name") if isinstance(named, dict) else "") or "")
    if member and not own and stated is None:
        raise InputError("crs_unknown", Where(file=shown), json.dumps(member)[:80])
    return own.replace("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326").replace("urn:ogc:def:crs:EPSG::", "EPSG:")


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
