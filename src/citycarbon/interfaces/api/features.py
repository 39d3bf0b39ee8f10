"""Layers as OGC API - Features 1.0 asks for them: for QGIS, ArcGIS, GDAL and other programs of maps.

Comes in: requests. Goes out: JSON and GeoJSON, in longitude and latitude or in a system that the collection lists (part 2).
Not for: tiles (``maps``), and the description of the service, which ``features_description`` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.api.answers import ERRORS, person_of, tagged
from citycarbon.interfaces.api.features_description import CONFORMS, MOST, description
from citycarbon.interfaces.api.maps import LayerName, Word, list_layers, opened, root_of
from citycarbon.interfaces.api.shapes import Offset, StudyName
from citycarbon.interfaces.workbench.asking import bench_of, language_of
from citycarbon.interfaces.workbench.people import Person
from citycarbon.studies.shelf import Entry
from citycarbon.studies.tiles.features import feature, features
from citycarbon.studies.tiles.kept import kept_choices, kept_values
from citycarbon.studies.tiles.periods import interval_of, period_meets
from citycarbon.studies.tiles.shapes import Floats, Shapes
from citycarbon.studies.tiles.systems import CRS84, box_in, known_system, systems_at

Asker = Annotated[Person, Depends(person_of)]
JSON, GEOJSON = "application/json", "application/geo+json"
OAS30 = "application/vnd.oai.openapi+json;version=3.0"
Form = Annotated[Literal["json", "geojson"], Query(alias="f", description="form of the answer; there is one")]
Most = Annotated[int, Query(ge=1, description=f"most features of an answer; more than {MOST:,} count as {MOST:,}")]
System = Annotated[str, Query(max_length=200, description="address of the coordinate system of the answer")]
BoxSystem = Annotated[str, Query(alias="bbox-crs", max_length=200, description="address of the system of bbox")]


def one_form(form: Form = "json") -> None:
    """Take the word by which many programs ask for JSON."""


router = APIRouter(tags=["maps"], responses=ERRORS, dependencies=[Depends(one_form)])
FEATURES: dict[str, Any] = {"response_class": Response, "responses": {200: {"content": {GEOJSON: {}}}}}


def _link(href: str, rel: str, kind: str = JSON) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind}


def _service(request: Request, study: str) -> str:
    return f"{root_of(request)}/studies/{study}/ogc"


@router.get("/studies/{study}/ogc/", include_in_schema=False)
@router.get("/studies/{study}/ogc")
def landing(request: Request, study: StudyName, person: Asker) -> dict[str, Any]:
    """Begin here with a GIS: the landing page of OGC API - Features."""
    entry = bench_of(request).require(person, study)
    root, lang = _service(request, study), language_of(request)
    links = [_link(root, "self"), _link(f"{root}/conformance", "conformance"), _link(f"{root}/collections", "data"),
             _link(f"{root}/api", "service-desc", OAS30)]  # fmt: skip
    return {"title": entry.title[lang], "description": entry.summary[lang], "links": links}


@router.get("/studies/{study}/ogc/api", response_class=Response, responses={200: {"content": {OAS30: {}}}})
def service_description(request: Request, study: StudyName, person: Asker) -> Response:
    """Describe the service as OpenAPI 3.0, which programs of maps read."""
    entry = bench_of(request).require(person, study)
    names = [each.name for each in list_layers(request, study, person)]
    made = description(_service(request, study), entry.title[language_of(request)], names)
    return Response(json.dumps(made, ensure_ascii=False).encode(), media_type=OAS30)


@router.get("/studies/{study}/ogc/conformance/", include_in_schema=False)
@router.get("/studies/{study}/ogc/conformance")
def conformance(request: Request, study: StudyName, person: Asker) -> dict[str, list[str]]:
    """Say which parts of the standard hold."""
    bench_of(request).require(person, study)
    return {"conformsTo": CONFORMS}


@router.get("/studies/{study}/ogc/collections/", include_in_schema=False)
@router.get("/studies/{study}/ogc/collections")
def collections(request: Request, study: StudyName, person: Asker) -> dict[str, Any]:
    """List the layers as collections."""
    found = [_collection(request, person, study, each.name) for each in list_layers(request, study, person)]
    return {"links": [_link(f"{_service(request, study)}/collections", "self")], "collections": found}


@router.get("/studies/{study}/ogc/collections/{layer}/", include_in_schema=False)
@router.get("/studies/{study}/ogc/collections/{layer}")
def collection(request: Request, study: StudyName, layer: LayerName, person: Asker) -> dict[str, Any]:
    """Describe a layer as a collection."""
    return _collection(request, person, study, layer)


def _collection(request: Request, person: Person, study: str, layer: str) -> dict[str, Any]:
    entry, shapes = opened(request, person, study, layer)
    shelf = bench_of(request).shelf
    title = shelf.result(entry).label(f"layer:{layer}", language_of(request)).removeprefix("layer:")
    here = f"{_service(request, study)}/collections/{quote(layer)}"
    extent: dict[str, Any] = {"spatial": {"bbox": [shapes.bounds], "crs": CRS84}}
    if years := kept_choices(shelf, entry, layer)["time"]:
        first, last = interval_of(years[0])[0], interval_of(years[-1])[1]
        extent["temporal"] = {"interval": [[first, last]]}
    return {"id": layer, "title": title, "itemType": "feature", "extent": extent,
            "crs": list(systems_at(shapes.bounds)), "storageCrs": CRS84,
            "links": [_link(here, "self"), _link(f"{here}/items", "items", GEOJSON)]}  # fmt: skip


@router.get("/studies/{study}/ogc/collections/{layer}/items/", include_in_schema=False, response_class=Response)
@router.get("/studies/{study}/ogc/collections/{layer}/items", **FEATURES)
def items(
    request: Request, study: StudyName, layer: LayerName, person: Asker, bbox: Annotated[str, Query(max_length=200)] = "",
    bbox_crs: BoxSystem = CRS84, crs: System = CRS84, datetime: Word = "", limit: Most = 100, offset: Offset = 0,
    time: Word = "", scenario: Word = "", basis: Word = "", sector: Word = "",
) -> Response:  # fmt: skip
    """Give features with their emissions in tonnes of CO2e (t_co2e) and per hectare."""
    entry, shapes = opened(request, person, study, layer)
    listed = systems_at(shapes.bounds)
    system, box_system = known_system(crs, listed, "crs"), known_system(bbox_crs, listed, "bbox-crs")
    asked = {"time": time, "scenario": scenario, "basis": basis, "sector": sector}
    choice, values, there = _chosen(request, entry, shapes, asked, datetime)
    _refuse_empty(request)
    box = None if not bbox else box_in(_box(bbox), box_system)
    if box is not None and not (box[3] >= -90 and box[1] <= 90 and box[0] <= _TURNS and box[2] >= -_TURNS):
        # West and south are exchanged, or the system of the box is another.
        raise InputError("query_wrong", Where(item="bbox"), bbox, wanted="west,south,east,north")
    limit = min(limit, MOST)
    root = str(request.url.replace(query=""))
    stated = {"bbox": bbox, "datetime": datetime, "crs": "" if crs == CRS84 else crs,
              "bbox-crs": "" if bbox_crs == CRS84 else bbox_crs}  # fmt: skip
    given = {name: text for name, text in stated.items() if text} | {"limit": str(limit), **choice}

    def make() -> bytes:
        result = bench_of(request).shelf.result(entry)
        return features(shapes, values, result, choice, box, offset, limit, root, given, system=system, there=there)

    return tagged(request, f"{entry.version}{request.url}", make, GEOJSON, **{"content-crs": f"<{crs}>"})


def _chosen(
    request: Request, entry: Entry, shapes: Shapes, asked: Mapping[str, str], datetime: str
) -> tuple[dict[str, str], Floats, bool]:
    """Complete a choice; of the years that ``datetime`` names the last one. A layer without years has no time to meet."""
    shelf = bench_of(request).shelf
    wanted = dict(asked)
    years = kept_choices(shelf, entry, shapes.layer)["time"]
    met = [year for year in years if period_meets(year, datetime)] if datetime else years
    if datetime and met and not wanted["time"]:
        wanted["time"] = met[-1]
    try:
        choice, values = kept_values(shelf, entry, shapes, wanted)
    except InputError as error:
        # A value that the definition does not have is a bad request here.
        problem = error.problems[0]
        facts = dict(problem.facts)
        raise InputError("query_wrong", problem.where, problem.found, wanted=str(facts.get("known", "—"))) from error
    return choice, values, not years or choice.get("time") in met


@router.get("/studies/{study}/ogc/collections/{layer}/items/{number}", **FEATURES)
def item(
    request: Request, study: StudyName, layer: LayerName, number: Annotated[str, Path(max_length=40)], person: Asker,
    crs: System = CRS84,
) -> Response:  # fmt: skip
    """Give one feature."""
    entry, shapes = opened(request, person, study, layer)
    system = known_system(crs, systems_at(shapes.bounds), "crs")
    if not (number.isascii() and number.isdigit() and f"{int(number)}" == number and int(number) < shapes.rows.height):
        raise InputError("address_unknown", Where(item=request.url.path), number)
    shelf = bench_of(request).shelf
    choice, values = kept_values(shelf, entry, shapes, {})
    here = f"{_service(request, study)}/collections/{quote(layer)}"
    made = feature(shapes, values, shelf.result(entry), choice, int(number), system=system)
    made["links"] = [_link(f"{here}/items/{number}", "self", GEOJSON), _link(here, "collection")]
    content = json.dumps(made, ensure_ascii=False).encode()
    tag = f"{entry.version}{request.url}"
    return tagged(request, tag, lambda: content, GEOJSON, **{"content-crs": f"<{crs}>"})


_TURNS = 540.0
"""Degrees to which programs count longitudes that go round the globe."""


def _refuse_empty(request: Request) -> None:
    """Refuse a box or time that is named and empty: without it everything would be answered."""
    for name in ("bbox", "datetime"):
        if name in request.query_params and not request.query_params[name].strip():
            raise InputError("query_wrong", Where(item=name), "", wanted="—")


def _box(text: str) -> tuple[float, float, float, float]:
    """Read a box of four numbers: west, south, east, north; heights of six are left out."""
    try:
        parts = [float(word) for word in text.split(",")]
    except ValueError:
        parts = []
    if len(parts) == 6:
        parts = [parts[0], parts[1], parts[3], parts[4]]
    if len(parts) != 4 or not all(abs(part) <= 1e8 for part in parts) or parts[1] > parts[3]:
        raise InputError("query_wrong", Where(item="bbox"), text, wanted="west,south,east,north")
    return parts[0], parts[1], parts[2], parts[3]
