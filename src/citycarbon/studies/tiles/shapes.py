"""Shapes of a study's layers, kept with its result as a table, and the values that a map shows on them.

Comes in: layers of a run; later a result and a choice of year, sector, scenario and basis. Goes out: tables, arrays, summaries.
Not for: bytes of tiles (``tiling``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.results import StudyResult
from citycarbon.data.layers import Layer

PREFIX = "shape_"
CHOICE = ("time", "scenario", "basis")
"""What a map shows one of: these never add up."""
SAMPLE = 400
FARTHEST = 85.0511287798
Floats = NDArray[np.float64]


def shape_table(layer: Layer, extra: pl.DataFrame) -> pl.DataFrame:
    """Give a layer as a table: its columns, the box of each shape [degree], and the shape as WKB in longitude and latitude."""
    geometry = layer.to_crs("EPSG:4326").geometry if layer.crs != "EPSG:4326" else layer.geometry
    # A ten-millionth of a degree is a centimetre.
    rounded = shapely.set_precision(geometry, 1e-7, mode="pointwise")
    boxes = shapely.bounds(rounded)
    columns = [pl.Series(name, boxes[:, place]) for place, name in enumerate(("west", "south", "east", "north"))]
    return extra.with_columns(*columns, pl.Series("wkb", shapely.to_wkb(rounded), dtype=pl.Binary))


@dataclass(frozen=True)
class Shapes:
    """The shapes of one layer: their columns, their boxes (four rows), and WKB that is read where it is needed.

    ``middles`` are those of the boxes in Web Mercator: two rows, the world from 0 to 1, y down.
    """

    layer: str
    rows: pl.DataFrame
    boxes: Floats
    middles: Floats
    wkb: pl.Series

    @property
    def bounds(self) -> list[float]:
        """West, south, east, north of all shapes."""
        return [float(v) for v in (*np.nanmin(self.boxes[:2], axis=1), *np.nanmax(self.boxes[2:], axis=1))]

    @property
    def area(self) -> Floats:
        """Areas in hectares; NaN where they are not known."""
        if "area_ha" not in self.rows.columns:
            return np.full(self.rows.height, np.nan)
        return self.rows["area_ha"].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    def geometry(self, numbers: Any) -> Any:
        """Shapely geometries of some shapes, in longitude and latitude."""
        return shapely.from_wkb(self.wkb.gather(numbers).to_numpy())

    def column(self, name: str, numbers: Any) -> Any:
        """Texts of some shapes."""
        return self.rows[name].gather(numbers).cast(pl.String).to_numpy().astype(object)


def layers_of(result: StudyResult) -> list[str]:
    """Give the layers whose shapes a result keeps."""
    return sorted(name.removeprefix(PREFIX) for name in result.tables if name.startswith(PREFIX))


def shapes_of(result: StudyResult, layer: str) -> Shapes:
    """Read the shapes of a layer.

    Raises
    ------
    InputError
        ``layer_unknown``.
    """
    known = layers_of(result)
    if layer not in known:
        raise InputError("layer_unknown", Where(item=layer), layer, known=", ".join(known) or "—")
    rows = result.tables[PREFIX + layer]
    boxes = np.ascontiguousarray(rows.select("west", "south", "east", "north").to_numpy().T)
    middles = mercator((boxes[0] + boxes[2]) / 2, (boxes[1] + boxes[3]) / 2)
    return Shapes(layer, rows.drop("wkb", "west", "south", "east", "north"), boxes, np.stack(middles), rows["wkb"])


def mercator(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude [degree] to Web Mercator, the world from 0 to 1, y down; latitudes beyond its edge stand on it."""
    sine = np.sin(np.radians(np.clip(latitude, -FARTHEST, FARTHEST)))
    return (longitude + 180) / 360, 0.5 - np.arctanh(sine) / (2 * math.pi)


def choices_of(result: StudyResult, layer: str) -> dict[str, list[str]]:
    """Years, scenarios, bases and main sectors of which a layer has values; empty lists if it has none."""
    if "map_sectors" not in result.tables:
        return {name: [] for name in (*CHOICE, "sector")}
    order = {name: rank for rank, name in enumerate(result.meta.get("scenarios", []))}
    # A value by sector has one of all sectors beside it, in the smaller table.
    tables = {**dict.fromkeys(CHOICE, "maps"), "sector": "map_sectors"}
    made = {
        name: result.tables[table].filter(pl.col("layer") == layer)[name].unique().sort().to_list()
        for name, table in tables.items()
    }
    made["scenario"] = sorted(made["scenario"], key=lambda name: (order.get(name, 99), name))
    return made


def chosen(known: Mapping[str, list[str]], asked: Mapping[str, str]) -> dict[str, str]:
    """Complete a choice out of :func:`choices_of`: the last year, the first scenario and basis where nothing is asked; no sector
    means all of them.

    Raises
    ------
    InputError
        Every word that the layer does not have.
    """
    problems = Problems()
    made = {}
    for name in (*CHOICE, "sector"):
        text = asked.get(name, "")
        if text and text not in known[name]:
            problems.add("value_not_listed", Where(item=name), text, known=", ".join(known[name]) or "—")
        elif text:
            made[name] = text
        elif name != "sector" and known[name]:
            made[name] = known[name][-1] if name == "time" else known[name][0]
    problems.raise_all()
    return made


def values_of(result: StudyResult, shapes: Shapes, choice: Mapping[str, str]) -> Floats:
    """Emissions of each shape in tonnes of CO2e; NaN where there is no figure."""
    if "map_sectors" not in result.tables or not choice:
        return np.full(shapes.rows.height, np.nan)
    table = "map_sectors" if "sector" in choice else "maps"
    tests = [pl.col(name) == text for name, text in choice.items()]
    rows = result.tables[table].filter(pl.col("layer") == shapes.layer, *tests).select("place", "value")
    joined = shapes.rows.select(pl.col("place").cast(pl.String)).join(
        rows, on="place", how="left", maintain_order="left"
    )
    return joined["value"].fill_null(float("nan")).to_numpy()


def summary(values: Floats, area: Floats) -> dict[str, Any]:
    """Sum, counts, and quantiles of positive values and of values per hectare, from which classes are made."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        density = values / area
    return {
        "sum": float(values[known].sum()),
        "shapes": len(values),
        "without": int((~known).sum()),
        "zero": int((values[known] == 0).sum()),
        "negative": int((values[known] < 0).sum()),
        "total": _sample(values),
        "density": _sample(density),
    }


def _sample(values: Floats) -> list[float]:
    """At most 400 quantiles of the positive values, the largest included."""
    found = np.sort(values[np.isfinite(values) & (values > 0)])
    if len(found) <= SAMPLE:
        return [float(v) for v in found]
    return [float(v) for v in found[np.rint(np.linspace(0, len(found) - 1, SAMPLE)).astype(int)]]
