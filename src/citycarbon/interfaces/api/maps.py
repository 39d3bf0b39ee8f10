"""Routes of maps: layers with their choices, vector tiles, and features as OGC API - Features asks.

Comes in: requests. Goes out: JSON, GeoJSON, Mapbox vector tiles. Not for: styles.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.api.answers import ERRORS, person_of, tagged
from citycarbon.interfaces.api.shapes import LayerSummary, LayerValues, Limit, Offset, StudyName
from citycarbon.interfaces.workbench.asking import bench_of, language_of
from citycarbon.interfaces.workbench.people import Person
from citycarbon.studies.shelf import Entry
from citycarbon.studies.tiles.features import breakdown, feature, features
from citycarbon.studies.tiles.kept import kept_choices, kept_shapes, kept_tile, kept_values
from citycarbon.studies.tiles.shapes import Floats, Shapes, chosen, layers_of, summary

router = APIRouter(tags=["maps"], responses=ERRORS)
Asker = Annotated[Person, Depends(person_of)]
LayerName = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="layer of the study", examples=["parcels"])
]
Word = Annotated[str, Query(max_length=200)]
MVT, GEOJSON = "application/vnd.mapbox-vector-tile", "application/geo+json"
CONFORMS = [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson")]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def root_of(request: Request) -> str:
    """Address of the API as the asker reaches it."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def _opened(request: Request, person: Person, study: str, layer: str) -> tuple[Entry, Shapes]:
    bench = bench_of(request)
    entry = bench.require(person, study)
    return entry, kept_shapes(bench.shelf, entry, layer)


def _valued(request: Request, entry: Entry, shapes: Shapes, asked: Mapping[str, str]) -> tuple[dict[str, str], Floats]:
    return kept_values(bench_of(request).shelf, entry, shapes, asked)


def _asked(time: str, scenario: str, basis: str, sector: str) -> dict[str, str]:
    return {"time": time, "scenario": scenario, "basis": basis, "sector": sector}


@router.get("/studies/{study}/layers")
def list_layers(request: Request, study: StudyName, person: Asker) -> list[LayerSummary]:
    """List the layers of a study that can be drawn, with the years, scenarios, bases and sectors that they have values of."""
    bench = bench_of(request)
    entry = bench.require(person, study)
    result = bench.shelf.result(entry)
    made = []
    for name in layers_of(result):
        _, shapes = _opened(request, person, study, name)
        titles = {lang: result.label(f"layer:{name}", lang).removeprefix("layer:") for lang in ("en", "zh")}
        made.append(
            LayerSummary(
                name=name,
                title=titles,
                shapes=shapes.rows.height,
                bounds=shapes.bounds,
                **kept_choices(bench.shelf, entry, name),
            )
        )
    return made


@router.get("/studies/{study}/layers/{layer}/values", response_model=LayerValues)
def get_values(
    request: Request, study: StudyName, layer: LayerName, person: Asker, time: Word = "", scenario: Word = "", basis: Word = "",
    sector: Word = "",
) -> Response:  # fmt: skip
    """Sum up the values of a layer for a choice, with quantiles for classes."""
    entry, shapes = _opened(request, person, study, layer)
    choice, values = _valued(request, entry, shapes, _asked(time, scenario, basis, sector))

    def make() -> bytes:
        made = {"layer": layer, "choice": choice, "unit": "t CO2e", **summary(values, shapes.area)}
        return json.dumps(made).encode()

    return tagged(request, f"{entry.version}{layer}{choice}values", make, "application/json")


@router.get("/studies/{study}/layers/{layer}/places/{place}", response_model=dict[str, Any])
def get_place(
    request: Request, study: StudyName, layer: LayerName, place: Annotated[str, Path(max_length=200)], person: Asker,
    time: Word = "", scenario: Word = "", basis: Word = "",
) -> Response:  # fmt: skip
    """Break the emissions of a place of a layer down by main sector."""
    entry, shapes = _opened(request, person, study, layer)
    result = bench_of(request).shelf.result(entry)
    choice = chosen(kept_choices(bench_of(request).shelf, entry, layer), _asked(time, scenario, basis, ""))

    def make() -> bytes:
        return json.dumps(breakdown(result, shapes, place, choice), ensure_ascii=False).encode()

    return tagged(request, f"{entry.version}{request.url}", make, "application/json")


@router.get("/studies/{study}/tiles/{layer}.json", response_model=dict[str, Any])
def get_tile_json(request: Request, study: StudyName, layer: LayerName, person: Asker) -> dict[str, Any]:
    """Describe the tiles of a layer (TileJSON 3.0)."""
    _, shapes = _opened(request, person, study, layer)
    root = root_of(request)
    fields = {"place": "text", "v": "t CO2e", "d": "t CO2e/ha", "class": "text"}
    squares = {"v": "t CO2e", "d": "t CO2e/ha", "n": "shapes in the square"}
    return {
        "tilejson": "3.0.0", "name": f"{study} {layer}", "tiles": [f"{root}/studies/{study}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": 0, "maxzoom": 18, "bounds": shapes.bounds,
        "vector_layers": [{"id": "shapes", "fields": fields}, {"id": "squares", "fields": squares}],
    }  # fmt: skip


@router.get(
    "/studies/{study}/tiles/{layer}/{z}/{x}/{y}.mvt",
    response_class=Response,
    responses={200: {"content": {MVT: {}}}, 204: {}},
)
def get_tile(
    request: Request, study: StudyName, layer: LayerName, z: Annotated[int, Path(ge=0, le=22)],
    x: Annotated[int, Path(ge=0, le=2**22)], y: Annotated[int, Path(ge=0, le=2**22)], person: Asker,
    time: Word = "", scenario: Word = "", basis: Word = "", sector: Word = "",
) -> Response:  # fmt: skip
    """Give a vector tile: shapes with their values, or sums in squares where shapes are too small to see."""
    entry, shapes = _opened(request, person, study, layer)
    choice, values = _valued(request, entry, shapes, _asked(time, scenario, basis, sector))
    shelf = bench_of(request).shelf

    def make() -> bytes:
        return kept_tile(shelf, entry, shapes, choice, values, (z, x, y))

    return tagged(request, f"{entry.version} {sorted(choice.items())}", make, MVT)


@router.get("/studies/{study}/ogc")
def landing(request: Request, study: StudyName, person: Asker) -> dict[str, Any]:
    """Begin here with a GIS: the landing page of OGC API - Features."""
    entry = bench_of(request).require(person, study)
    root = f"{root_of(request)}/studies/{study}/ogc"
    service = f"{root_of(request)}/openapi.json"
    ways = [(root, "self", "application/json"), (f"{root}/conformance", "conformance", "application/json"),
            (f"{root}/collections", "data", "application/json"),
            (service, "service-desc", "application/vnd.oai.openapi+json;version=3.0")]  # fmt: skip
    return {"title": entry.title[language_of(request)], "description": entry.summary[language_of(request)],
            "links": [{"href": href, "rel": rel, "type": kind} for href, rel, kind in ways]}  # fmt: skip


@router.get("/studies/{study}/ogc/conformance")
def conformance(request: Request, study: StudyName, person: Asker) -> dict[str, list[str]]:
    """Say which parts of the standard hold."""
    bench_of(request).require(person, study)
    return {"conformsTo": CONFORMS}


@router.get("/studies/{study}/ogc/collections")
def collections(request: Request, study: StudyName, person: Asker) -> dict[str, Any]:
    """List the layers as collections."""
    root = f"{root_of(request)}/studies/{study}/ogc/collections"
    found = [_collection(request, person, study, each.name, root) for each in list_layers(request, study, person)]
    return {"links": [{"href": root, "rel": "self", "type": "application/json"}], "collections": found}


@router.get("/studies/{study}/ogc/collections/{layer}")
def collection(request: Request, study: StudyName, layer: LayerName, person: Asker) -> dict[str, Any]:
    """Describe a layer as a collection."""
    root = f"{root_of(request)}/studies/{study}/ogc/collections"
    return _collection(request, person, study, layer, root)


def _collection(request: Request, person: Person, study: str, layer: str, root: str) -> dict[str, Any]:
    _, shapes = _opened(request, person, study, layer)
    bench = bench_of(request)
    result = bench.shelf.result(bench.shelf.entry(study))
    title = result.label(f"layer:{layer}", language_of(request)).removeprefix("layer:")
    links = [{"href": f"{root}/{layer}", "rel": "self", "type": "application/json"},
             {"href": f"{root}/{layer}/items", "rel": "items", "type": GEOJSON}]  # fmt: skip
    return {"id": layer, "title": title, "itemType": "feature", "crs": [CRS84], "links": links,
            "extent": {"spatial": {"bbox": [shapes.bounds], "crs": CRS84}}}  # fmt: skip


@router.get(
    "/studies/{study}/ogc/collections/{layer}/items",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}},
)
def items(
    request: Request, study: StudyName, layer: LayerName, person: Asker, bbox: Annotated[str, Query(max_length=200)] = "",
    limit: Limit = 100, offset: Offset = 0, time: Word = "", scenario: Word = "", basis: Word = "", sector: Word = "",
) -> Response:  # fmt: skip
    """Give features with their emissions in tonnes of CO2e (t_co2e) and per hectare."""
    entry, shapes = _opened(request, person, study, layer)
    choice, values = _valued(request, entry, shapes, _asked(time, scenario, basis, sector))
    box = _box(bbox)
    root = str(request.url.replace(query=""))
    given = {**({"bbox": bbox} if bbox else {}), "limit": str(limit), **choice}

    def make() -> bytes:
        return features(shapes, values, bench_of(request).shelf.result(entry), choice, box, offset, limit, root, given)

    return tagged(request, f"{entry.version}{request.url}", make, GEOJSON)


@router.get(
    "/studies/{study}/ogc/collections/{layer}/items/{number}",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}},
)
def item(
    request: Request, study: StudyName, layer: LayerName, number: Annotated[int, Path(ge=0, le=2**53)], person: Asker
) -> Response:
    """Give one feature."""
    entry, shapes = _opened(request, person, study, layer)
    choice, values = _valued(request, entry, shapes, {})
    if number >= shapes.rows.height:
        raise InputError("address_unknown", Where(item=request.url.path), number)
    result = bench_of(request).shelf.result(entry)
    content = json.dumps(feature(shapes, values, result, choice, number), ensure_ascii=False).encode()
    return tagged(request, f"{entry.version}{request.url}", lambda: content, GEOJSON)


def _box(text: str) -> tuple[float, float, float, float] | None:
    """Read a box of four numbers: west, south, east, north."""
    if not text:
        return None
    try:
        parts = [float(word) for word in text.split(",")]
    except ValueError:
        parts = []
    if len(parts) == 6:
        parts = [parts[0], parts[1], parts[3], parts[4]]
    if len(parts) != 4 or not all(abs(part) <= 1e6 for part in parts):
        raise InputError("query_wrong", Where(item="bbox"), text, wanted="west,south,east,north")
    return parts[0], parts[1], parts[2], parts[3]
