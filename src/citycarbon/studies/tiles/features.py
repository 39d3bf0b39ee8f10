"""Features of a layer as GeoJSON with their emissions, and one place broken down by sector.

Comes in: shapes, values and a choice. Goes out: plain values and bytes. Not for: HTTP.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np
import polars as pl
import shapely

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.studies.tiles.shapes import Floats, Shapes
from citycarbon.studies.tiles.systems import moved

Box = tuple[float, float, float, float]


def feature(
    shapes: Shapes, values: Floats, result: StudyResult, choice: Mapping[str, str], number: int, *, system: str = "OGC:CRS84"
) -> dict[str, Any]:  # fmt: skip
    """Give one feature with its names, area and emissions, in a coordinate system."""
    row = shapes.rows.row(number, named=True)
    value = float(values[number])
    area = float(shapes.area[number])
    known = math.isfinite(value)
    place = str(row["place"])
    facts = {
        **row, "name_en": result.label(place), "name_zh": result.label(place, "zh"), **choice,
        "t_co2e": value if known else None,
        "t_co2e_ha": value / area if known and math.isfinite(area) and area > 0 else None,
    }  # fmt: skip
    shape = json.loads(shapely.to_geojson(moved(shapes.geometry([number])[0], system)))
    return {"type": "Feature", "id": number, "geometry": shape, "properties": facts}


def features(
    shapes: Shapes, values: Floats, result: StudyResult, choice: Mapping[str, str], box: Box | None, offset: int, limit: int,
    root: str, given: Mapping[str, str], *, system: str = "OGC:CRS84", there: bool = True,
) -> bytes:  # fmt: skip
    """Give a page of features as a GeoJSON collection with links, as OGC API - Features asks.

    Parameters
    ----------
    shapes, values, result, choice
        The layer and its emissions.
    box
        West, south, east, north [degree], if only a part is wanted.
    offset, limit
        Which of the features.
    root, given
        Address and words of the request, for links.
    system
        Coordinate system of the features.
    there
        Whether the layer has anything at the time that is asked for.
    """
    found = np.arange(shapes.rows.height if there else 0)
    if box is not None:
        west, south, east, north = box
        left, low, right, high = shapes.boxes
        # A box whose west lies east of its east goes over the date line.
        across = (left <= east) & (right >= west) if west <= east else (left <= east) | (right >= west)
        found = found[np.flatnonzero(across & (low <= north) & (high >= south))] if there else found
    shown = found[offset : offset + limit]
    links = [
        {"href": f"{root}?{urlencode({**given, 'offset': offset})}", "rel": "self", "type": "application/geo+json"}
    ]
    if offset + limit < len(found):
        following = urlencode({**given, "offset": offset + limit})
        links.append({"href": f"{root}?{following}", "rel": "next", "type": "application/geo+json"})
    made = {
        "type": "FeatureCollection", "numberMatched": len(found), "numberReturned": len(shown), "links": links,
        "features": [feature(shapes, values, result, choice, int(number), system=system) for number in shown],
    }  # fmt: skip
    return json.dumps(made, ensure_ascii=False).encode()


def breakdown(result: StudyResult, shapes: Shapes, place: str, choice: Mapping[str, str]) -> dict[str, Any]:
    """Break the emissions of a place down by main sector, and by year.

    Raises
    ------
    InputError
        If the layer has no such place.
    """
    mine = shapes.rows.filter(pl.col("place").cast(pl.String) == place)
    if not mine.height:
        raise InputError(
            "place_not_there", Where(item=place), place, known=", ".join(map(str, shapes.rows["place"][:8]))
        )
    row = mine.row(0, named=True)
    sectors: list[dict[str, Any]] = []
    years: list[dict[str, Any]] = []
    if choice and "map_sectors" in result.tables:
        at = pl.col("layer") == shapes.layer, pl.col("place") == place
        tests = [pl.col(name) == text for name, text in choice.items() if name != "sector"]
        found = result.tables["map_sectors"].filter(*at, *tests).sort("value", descending=True, nulls_last=True)
        sectors = found.select("sector", "value").to_dicts()
        others = [pl.col(name) == text for name, text in choice.items() if name not in ("time", "sector")]
        years = result.tables["maps"].filter(*at, *others).sort("time").select("time", "value").to_dicts()
    traced = "emissions_co2e" in result.tables and place in result.tables["emissions_co2e"]["place"]
    return {
        "layer": shapes.layer, "place": place, "name": {lang: result.label(place, lang) for lang in ("en", "zh")},
        "class": row.get("class"), "area_ha": row.get("area_ha"), "choice": dict(choice), "unit": "t CO2e", "sectors": sectors,
        "years": years, "traced": traced,
    }  # fmt: skip
