"""What maps ask of a shelf again and again: shapes, choices, values, tiles, each made once for a version of a result.

Comes in: a shelf, an entry, a choice. Goes out: shapes and values. Not for: what stands in a tile (``tiling``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from citycarbon.studies.shelf import Entry, Shelf
from citycarbon.studies.tiles.shapes import Floats, Shapes, choices_of, chosen, layers_of, shapes_of, values_of
from citycarbon.studies.tiles.tiling import tile


def kept_shapes(shelf: Shelf, entry: Entry, layer: str) -> Shapes:
    """Give the shapes of a layer.

    Raises
    ------
    InputError
        ``layer_unknown``, ``result_missing``.
    """
    result = shelf.result(entry)
    return shelf.keep(entry, ("shapes", layer), lambda: shapes_of(result, layer))


def kept_choices(shelf: Shelf, entry: Entry, layer: str) -> dict[str, list[str]]:
    """Give the years, scenarios, bases and sectors of a layer."""
    return shelf.keep(entry, ("choices", layer), lambda: choices_of(shelf.result(entry), layer))


def kept_values(shelf: Shelf, entry: Entry, shapes: Shapes, asked: Mapping[str, str]) -> tuple[dict[str, str], Floats]:
    """Complete a choice, and give the values of a layer for it [t CO2e].

    Raises
    ------
    InputError
        Every word of the choice that the layer does not have.
    """
    choice = chosen(kept_choices(shelf, entry, shapes.layer), asked)
    key = ("values", shapes.layer, tuple(sorted(choice.items())))
    return choice, shelf.keep(entry, key, lambda: values_of(shelf.result(entry), shapes, choice))


def kept_tile(
    shelf: Shelf, entry: Entry, shapes: Shapes, choice: Mapping[str, str], values: Floats, address: tuple[int, int, int]
) -> bytes:
    """Give a tile by zoom, column and row."""
    key = ("tile", shapes.layer, tuple(sorted(choice.items())), *address)
    return shelf.keep(entry, key, lambda: tile(shapes, values, *address))


def open_maps(shelf: Shelf, entry: Entry) -> None:
    """Open what the first visit of a map needs, so that nobody waits for it: shapes, values, the tiles of the whole."""
    if entry.results is None:
        return
    for layer in layers_of(shelf.result(entry)):
        shapes = kept_shapes(shelf, entry, layer)
        choice, values = kept_values(shelf, entry, shapes, {})
        for address in tiles_of_the_whole(shapes):
            kept_tile(shelf, entry, shapes, choice, values, address)


def tiles_of_the_whole(shapes: Shapes) -> list[tuple[int, int, int]]:
    """Tiles of the zooms at which a screen shows the whole of a layer, 40 at most."""
    if not shapes.rows.height:
        return []
    left, top = shapes.middles.min(axis=1)
    right, low = shapes.middles.max(axis=1)
    wide = max(right - left, low - top, 2.0**-18)
    deepest = min(16, max(0, math.ceil(math.log2(4 / wide))))
    made = [
        (z, x, y)
        for z in range(max(0, deepest - 3), deepest + 1)
        for x in range(int(left * 2**z), int(right * 2**z) + 1)
        for y in range(int(top * 2**z), int(low * 2**z) + 1)
    ]
    return made[:40]
