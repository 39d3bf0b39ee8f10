"""Routes of maps: layers with their choices, and vector tiles.

Comes in: requests. Goes out: JSON, Mapbox vector tiles. Not for: styles, and features for a GIS (``features``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from citycarbon.interfaces.api.answers import ERRORS, person_of, tagged
from citycarbon.interfaces.api.shapes import LayerSummary, LayerValues, StudyName
from citycarbon.interfaces.workbench.asking import bench_of
from citycarbon.interfaces.workbench.people import Person
from citycarbon.studies.shelf import Entry
from citycarbon.studies.study_file import LAYER_NAME
from citycarbon.studies.tiles.features import breakdown
from citycarbon.studies.tiles.kept import kept_choices, kept_shapes, kept_tile, kept_values
from citycarbon.studies.tiles.shapes import Floats, Shapes, chosen, layers_of, summary

router = APIRouter(tags=["maps"], responses=ERRORS)
Asker = Annotated[Person, Depends(person_of)]
LayerName = Annotated[str, Path(pattern=LAYER_NAME, description="layer of the study", examples=["parcels"])]
Word = Annotated[str, Query(max_length=200)]
Stamp = Annotated[str, Query(max_length=100, description="anything that tells versions apart for a cache")]
MVT = "application/vnd.mapbox-vector-tile"


def root_of(request: Request) -> str:
    """Address of the API as the asker reaches it."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def opened(request: Request, person: Person, study: str, layer: str) -> tuple[Entry, Shapes]:
    """Give a study that somebody may read, and the shapes of one of its layers."""
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
        _, shapes = opened(request, person, study, name)
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
    entry, shapes = opened(request, person, study, layer)
    choice, values = _valued(request, entry, shapes, _asked(time, scenario, basis, sector))

    def make() -> bytes:
        made = {"layer": layer, "choice": choice, "unit": "t CO2e", **summary(values, shapes.area)}
        return json.dumps(made).encode()

    return tagged(request, f"{entry.version}{layer}{choice}values", make, "application/json")


@router.get("/studies/{study}/layers/{layer}/places/{place:path}", response_model=dict[str, Any])
def get_place(
    request: Request, study: StudyName, layer: LayerName, place: Annotated[str, Path(max_length=200)], person: Asker,
    time: Word = "", scenario: Word = "", basis: Word = "",
) -> Response:  # fmt: skip
    """Break the emissions of a place of a layer down by main sector."""
    entry, shapes = opened(request, person, study, layer)
    result = bench_of(request).shelf.result(entry)
    choice = chosen(kept_choices(bench_of(request).shelf, entry, layer), _asked(time, scenario, basis, ""))

    def make() -> bytes:
        return json.dumps(breakdown(result, shapes, place, choice), ensure_ascii=False).encode()

    return tagged(request, f"{entry.version}{request.url}", make, "application/json")


@router.get("/studies/{study}/tiles/{layer}.json", response_model=dict[str, Any])
def get_tile_json(request: Request, study: StudyName, layer: LayerName, person: Asker) -> dict[str, Any]:
    """Describe the tiles of a layer (TileJSON 3.0)."""
    _, shapes = opened(request, person, study, layer)
    address = f"{root_of(request)}/studies/{study}/tiles/{quote(layer)}"
    fields = {"place": "text", "v": "t CO2e", "d": "t CO2e/ha", "class": "text"}
    squares = {"v": "t CO2e", "d": "t CO2e/ha", "n": "shapes in the square"}
    return {
        "tilejson": "3.0.0", "name": f"{study} {layer}", "tiles": [f"{address}/{{z}}/{{x}}/{{y}}.mvt"],
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
    time: Word = "", scenario: Word = "", basis: Word = "", sector: Word = "", v: Stamp = "",  # noqa: ARG001
) -> Response:  # fmt: skip
    """Give a vector tile: shapes with their values, or sums in squares where shapes are too small to see."""
    entry, shapes = opened(request, person, study, layer)
    choice, values = _valued(request, entry, shapes, _asked(time, scenario, basis, sector))
    shelf = bench_of(request).shelf

    def make() -> bytes:
        return kept_tile(shelf, entry, shapes, choice, values, (z, x, y))

    return tagged(request, f"{entry.version} {sorted(choice.items())}", make, MVT)
