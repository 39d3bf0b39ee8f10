"""The service of features as OpenAPI 3.0: what programs of maps, and tests of the standard, read before they ask.

Comes in: the address of a service and its layers. Goes out: plain values. Not for: the description of the whole API, which
FastAPI writes as OpenAPI 3.1.
"""

from __future__ import annotations

from typing import Any

import citycarbon

MOST = 10_000
"""Features of one answer at most."""
_PART = "http://www.opengis.net/spec/ogcapi-features-{}/1.0/conf/{}"
CONFORMS = [_PART.format(1, name) for name in ("core", "oas30", "geojson")] + [_PART.format(2, "crs")]
"""Requirements classes that hold (OGC 17-069r4, OGC 18-058r1)."""


def _parameter(name: str, schema: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema, **more}


_TEXT = {"type": "string"}
_PLAIN = {"style": "form", "explode": False}
_FORM = _parameter("f", {"type": "string", "enum": ["json", "geojson"]}, "form of the answer", **_PLAIN)
_LANG = _parameter("lang", {"type": "string", "enum": ["en", "zh"]}, "language of titles and errors", **_PLAIN)
_CRS = _parameter("crs", {"type": "string", "format": "uri"}, "coordinate system of the answer", **_PLAIN)
_NUMBERS = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
ITEMS = [
    _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 100}, "most features", **_PLAIN),
    _parameter("offset", {"type": "integer", "minimum": 0, "default": 0}, "features to leave out", **_PLAIN),
    _parameter("bbox", _NUMBERS, "west, south, east, north", **_PLAIN),
    _parameter("bbox-crs", {"type": "string", "format": "uri"}, "coordinate system of bbox", **_PLAIN),
    _parameter("datetime", _TEXT, "a date, or an interval of dates, of the year of the emissions", **_PLAIN),
    _CRS,
    *[
        _parameter(name, _TEXT, f"{name} of the emissions", **_PLAIN)
        for name in ("time", "scenario", "basis", "sector")
    ],
]
"""Words of the query of features."""


def description(root: str, title: str, layers: list[str]) -> dict[str, Any]:
    """Describe the service.

    Parameters
    ----------
    root
        Address of the service.
    title
        Name of the study.
    layers
        Collections.

    Returns
    -------
    description
        OpenAPI 3.0.3.
    """
    collection = {"name": "layer", "in": "path", "required": True, "schema": {"type": "string", "enum": layers}}
    number = {"name": "number", "in": "path", "required": True, "schema": {"type": "string"}}
    one, several = "application/json", "application/geo+json"
    paths = {
        "/": ("landing", "Landing page", one, []),
        "/api": ("api", "This description", "application/vnd.oai.openapi+json;version=3.0", []),
        "/conformance": ("conformance", "What holds of the standard", one, []),
        "/collections": ("collections", "Layers", one, []),
        "/collections/{layer}": ("collection", "A layer", one, [collection]),
        "/collections/{layer}/items": ("items", "Features of a layer", several, [collection, *ITEMS]),
        "/collections/{layer}/items/{number}": ("item", "A feature", several, [collection, number, _CRS]),
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": citycarbon.__version__, "description": "Layers with their emissions."},
        "servers": [{"url": root}],
        "tags": [{"name": "features"}],
        "paths": {path: {"get": _operation(*facts)} for path, facts in paths.items()},
    }


def _operation(name: str, summary: str, kind: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    wrong = {
        status: {"description": text, "content": {"application/json": {"schema": {"type": "object"}}}}
        for status, text in (("400", "A word of the query is not known or cannot be read"), ("404", "Nothing is here"))
    }
    right = {"200": {"description": summary, "content": {kind: {"schema": {"type": "object"}}}}}
    return {
        "operationId": name, "summary": summary, "tags": ["features"], "parameters": [*parameters, _FORM, _LANG],
        "responses": right | wrong,
    }  # fmt: skip
